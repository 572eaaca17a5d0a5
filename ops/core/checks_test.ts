// Copyright 2026 the Adjoint authors. MIT license.

// What the functions say of arguments that only JavaScript can make, to the
// letter: the errors that a person reads who has made a mistake of that kind.

import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  matmul,
  reshape,
  scalar,
  sum,
  sumDx,
  type Tensor,
  tensor,
} from "../../mod.ts";
import { ones, zeros } from "../tensor.ts";
import { blank, checkNoOptions, newSlot, readTensor } from "./checks.ts";

const anything = (value: unknown) => value as never;

type Kind = typeof TypeError | typeof RangeError;

/** Asserts the class, the whole message, and what caused the error. */
function assertRefused(
  call: () => unknown,
  ErrorClass: Kind,
  message: string,
  cause?: unknown,
): void {
  let error: unknown;
  try {
    call();
  } catch (thrown) {
    error = thrown;
  }
  assert(error instanceof Error, `It is not refused: ${message}`);
  assertStrictEquals(error.message, message);
  assertStrictEquals(error.constructor, ErrorClass);
  assertStrictEquals(error.cause, cause);
}

const CAUSE = new Error("The getter of another");

function fail(): never {
  throw CAUSE;
}

/** A list that answers otherwise for some of its properties. */
function strange(list: unknown[], traps: Record<string, () => unknown>) {
  return new Proxy(list, {
    get: (target, key) =>
      typeof key === "string" && key in traps
        ? traps[key]()
        : Reflect.get(target, key),
  });
}

function revoked(value: object): object {
  const { proxy, revoke } = Proxy.revocable(value, {});
  revoke();
  return proxy;
}

function withoutMemory(data: Float32Array<ArrayBuffer>): Float32Array {
  data.buffer.transfer();
  return data;
}

describe("messages", () => {
  const no = "Cannot create a scalar as value must be a number: it is";

  it("show every kind of value in a few words", () => {
    const values: [unknown, string][] = [
      [undefined, "undefined"],
      [null, "null"],
      [true, "true"],
      ["", '""'],
      ['a "quote"', '"a \\"quote\\""'],
      [7n, "7n"],
      [Symbol("s"), "Symbol(s)"],
      [Symbol(), "Symbol()"],
      [() => 1, "a function"],
      [class {}, "a function"],
      [[1], "an Array"],
      [{}, "an Object"],
      [Object.create(null), "an Object"],
      [new Map(), "a Map"],
      [new Error(), "an Error"],
      [new Int8Array(1), "an Int8Array"],
      [new Uint8Array(1), "a Uint8Array"],
      [{ [Symbol.toStringTag]: "Elephant" }, "an Elephant"],
      [{ [Symbol.toStringTag]: "Omelette" }, "an Omelette"],
      [{ [Symbol.toStringTag]: "Unicorn" }, "a Unicorn"],
    ];
    for (const [value, shown] of values) {
      assertRefused(() => scalar(anything(value)), TypeError, `${no} ${shown}`);
    }
  });

  it("show at most the first 40 characters of a text", () => {
    const text = "0123456789".repeat(5);
    const first = text.slice(0, 40);
    const tag = { [Symbol.toStringTag]: text };
    const values: [unknown, string][] = [
      [text, `"${first}"`],
      [first, `"${first}"`],
      [Symbol(text), `Symbol(${first})`],
      [tag, `a ${first}`],
    ];
    for (const [value, shown] of values) {
      assertRefused(() => scalar(anything(value)), TypeError, `${no} ${shown}`);
    }
  });

  it("show the longest texts that there can be", () => {
    const text = "s".repeat(2 ** 29 - 24);
    const tag = { [Symbol.toStringTag]: text };
    const first = text.slice(0, 40);
    const values: [unknown, string][] = [
      [text, `"${first}"`],
      [Symbol(text), `Symbol(${first})`],
      [tag, "an Object"],
    ];
    for (const [value, shown] of values) {
      assertRefused(() => scalar(anything(value)), TypeError, `${no} ${shown}`);
    }
  });

  it("show what an object says that it is where that is a few words", () => {
    const tags: [string, string][] = [
      ["Array Iterator", "an Array Iterator"],
      ["WebAssembly.Memory", "a WebAssembly.Memory"],
      ["iterator", "an iterator"],
      ["", "an Object"],
      [".", "an Object"],
      ["Thing.", "an Object"],
      ["a: b", "an Object"],
      ["two\nlines", "an Object"],
    ];
    for (const [tag, shown] of tags) {
      const value = { [Symbol.toStringTag]: tag };
      assertRefused(() => scalar(anything(value)), TypeError, `${no} ${shown}`);
    }
  });

  it("show the first and the last dimensions where there are many", () => {
    const shape = [0, 1, 2, 3, 4, 5, 6, 7];
    const x = (shape: readonly number[]) => ({
      shape,
      data: new Float32Array(),
    });
    const must =
      "Cannot compute sumDx as out must have the shape of the result";
    assertRefused(
      () => sumDx(x(shape), scalar(1), { out: anything(x([...shape, 8])) }),
      TypeError,
      `${must}: out is 0×1×2×…×6×7×8 of 9 dimensions, the result is 0×1×2×3×4×5×6×7`,
    );
    const large = Array(63).fill(2 ** 53 - 1);
    const hidden = large.with(30, 1);
    const start = "9007199254740991×9007199254740991";
    const shown = `0×${start}×…×${start}×9007199254740991 of 64 dimensions`;
    assertRefused(
      () =>
        sumDx(x([0, ...large]), scalar(1), {
          out: anything(x([0, ...hidden])),
        }),
      TypeError,
      `${must}: out is ${shown}, the result is ${shown}`,
    );
  });

  it("show integers of up to 64 bits", () => {
    const values: [bigint, string][] = [
      [2n ** 63n - 1n, "9223372036854775807n"],
      [-(2n ** 63n), "-9223372036854775808n"],
      [2n ** 63n, "a huge bigint"],
      [-(2n ** 63n) - 1n, "a huge bigint"],
      [10n ** 100n, "a huge bigint"],
    ];
    for (const [value, shown] of values) {
      assertRefused(() => scalar(anything(value)), TypeError, `${no} ${shown}`);
    }
  });

  it("show an object that does not say what it is", () => {
    const secret = Object.defineProperty({}, Symbol.toStringTag, { get: fail });
    for (const value of [secret, revoked({}), revoked([])]) {
      assertRefused(
        () => reshape({ shape: [1], data: anything(value) }, [1]),
        TypeError,
        "Cannot reshape x as the data of x must be a typed array of numbers, such as a Float32Array or an Int32Array: it is an Object",
      );
    }
  });
});

/** Functions that take a tensor: an operation, and one that is none. */
const TAKERS: [act: string, name: string, call: (x: never) => unknown][] = [
  ["compute sum", "x", (x) => sum(x)],
  ["compute sumDx", "dout", (dout) => sumDx(ones([1]), dout)],
  ["compute sum", "out", (out) => sum(ones([1]), { out })],
  ["reshape x", "x", (x) => reshape(x, [1])],
];

describe("a slot", () => {
  const slot = newSlot();
  const read = (shape: unknown[], length: number) =>
    readTensor("try", "x", { shape, data: new Float32Array(length) }, slot);

  it("keeps its shape while tensors have that shape", () => {
    const one = read([], 1);
    assertEquals({ ...one, data: 0 }, { ...newSlot(), name: "x", data: 0 });
    const { shape } = read([2, 3], 6);
    assertStrictEquals(read([2, 3], 6).shape, shape);
    assertEquals(read([2, 4], 8).shape, [2, 4]);
    assertEquals([slot.size, shape], [8, [2, 3]]);
  });

  it("takes no shape for its own that only begins as it does", () => {
    for (const shape of [[2, undefined], [2, 4, undefined], [undefined]]) {
      read([2, 4], 8);
      assertThrows(() => read(shape, 8), TypeError);
      assertEquals([slot.shape, slot.size], [[2, 4], 8]);
    }
  });
});

describe("a tensor", () => {
  const data = new Float32Array(1);

  it("is refused where it cannot be read, with the reason", () => {
    for (const [act, name, call] of TAKERS) {
      const no = `Cannot ${act} as`;
      const getters = [
        Object.defineProperty({ data }, "shape", { get: fail }),
        Object.defineProperty({ shape: [1] }, "data", { get: fail }),
      ];
      for (const x of getters) {
        assertRefused(
          () => call(anything(x)),
          TypeError,
          `${no} ${name} must be readable: reading it throws`,
          CAUSE,
        );
      }
      const shapes = [
        strange([1], { length: fail }),
        strange([1], { 0: fail }),
        strange([1, 1], { 1: fail }),
        strange([1, 1, 1], { 2: fail }),
      ];
      for (const shape of shapes) {
        assertRefused(
          () => call(anything({ shape, data })),
          TypeError,
          `${no} the shape of ${name} must be readable: reading it throws`,
          CAUSE,
        );
      }
    }
  });

  it("is refused where its shape has no length that a list can have", () => {
    for (const [act, name, call] of TAKERS) {
      const lengths: [unknown, string][] = [
        [65, "65"],
        [2 ** 32, "4294967296"],
        [1.5, "1.5"],
        [-1, "-1"],
        ["2", '"2"'],
        [null, "null"],
        [{}, "an Object"],
      ];
      for (const [length, shown] of lengths) {
        const shape = strange([1], { length: () => length });
        assertRefused(
          () => call(anything({ shape, data })),
          TypeError,
          `Cannot ${act} as the shape of ${name} must have at most 64 dimensions: it has ${shown}`,
        );
      }
      assertRefused(
        () => call(anything({ shape: Array(65).fill(1), data })),
        TypeError,
        `Cannot ${act} as the shape of ${name} must have at most 64 dimensions: it has 65`,
      );
    }
  });

  it("is refused if its dimensions are invalid, even if their product is right", () => {
    const rest = "must be a non-negative integer: dimension";
    for (const [act, name, call] of TAKERS) {
      const every = `Cannot ${act} as every dimension in the shape of ${name}`;
      const shapes: [unknown[], Kind, string][] = [
        [[1.5, 2], RangeError, `${every} ${rest} 0 is 1.5`],
        [[2, 1.5], RangeError, `${every} ${rest} 1 is 1.5`],
        [[-1, -3], RangeError, `${every} ${rest} 0 is -1`],
        [["1", 3], TypeError, `${every} must be a number: dimension 0 is "1"`],
        [[3, "1"], TypeError, `${every} must be a number: dimension 1 is "1"`],
        [
          [[3], 1],
          TypeError,
          `${every} must be a number: dimension 0 is an Array`,
        ],
      ];
      for (const [shape, Class, message] of shapes) {
        const data = new Float32Array(3);
        assertRefused(() => call(anything({ shape, data })), Class, message);
      }
    }
  });

  it("is refused if it has a different number of elements", () => {
    for (const [act, name, call] of TAKERS) {
      for (const length of [0, 1, 2, 3, 4, 6, 8, 11, 13]) {
        assertRefused(
          () =>
            call(anything({ shape: [6, 2], data: new Float32Array(length) })),
          TypeError,
          `Cannot ${act} as the data of ${name} must have as many elements as its shape: ${name} is 6×2, its data has ${length}`,
        );
      }
    }
  });

  it("has up to 64 dimensions", () => {
    const x = { shape: Array(64).fill(1), data: new Float32Array([7]) };
    assertEquals(sum(x), scalar(7));
    assertEquals(sumDx(x, scalar(3)), {
      shape: x.shape,
      data: new Float32Array([3]),
    });
    assertEquals(ones(x.shape).shape, x.shape);
    assertEquals(reshape(scalar(1), x.shape).shape, x.shape);
    let nested: unknown = 5;
    for (let depth = 0; depth < 64; depth++) nested = [nested];
    assertEquals(tensor(anything(nested)) as Tensor, {
      shape: x.shape,
      data: new Float32Array([5]),
    });
    assertRefused(
      () => tensor(anything([nested])),
      TypeError,
      "Cannot create a tensor as arrays must be nested at most 64 deep: values is deeper",
    );
  });

  it("is refused if its memory is gone, even without elements", () => {
    for (const [act, name, call] of TAKERS) {
      assertRefused(
        () =>
          call(anything({
            shape: [0],
            data: withoutMemory(new Float32Array(3)),
          })),
        TypeError,
        `Cannot ${act} as the data of ${name} must have a buffer: it has been transferred or has shrunk`,
      );
    }
    const buffer = new ArrayBuffer(8, { maxByteLength: 8 });
    const beyond = new Float32Array(buffer, 4, 0);
    assertEquals(sum({ shape: [0], data: beyond }), scalar(0));
    buffer.resize(0);
    assertRefused(
      () => sum({ shape: [0], data: beyond }),
      TypeError,
      "Cannot compute sum as the data of x must have a buffer: it has been transferred or has shrunk",
    );
    assertRefused(
      () => tensor(beyond),
      TypeError,
      "Cannot create a tensor as values must have a buffer: it has been transferred or has shrunk",
    );
  });

  it("may have any dimensions besides a 0", () => {
    // The product of the others is more than a number can be.
    const others = Array(30).fill(2 ** 52);
    for (const shape of [[0, ...others], [...others, 0], [3, 0, ...others]]) {
      const x = { shape, data: new Float32Array() };
      assertEquals(sum(x), scalar(0));
      assertEquals(sumDx(x, scalar(1)), x);
      assertEquals(zeros(shape), x);
      assertEquals(reshape(x, [0]).shape, [0]);
    }
    const huge = { shape: [2 ** 27, 2 ** 27], data: new Float32Array() };
    assertRefused(
      () => sum(huge),
      RangeError,
      "Cannot compute sum as the number of elements must be below 2^53: the shape of x is 134217728×134217728, which is 1.80e+16",
    );
  });

  it("has no dimension -0", () => {
    const shapes = [
      sumDx({ shape: [-0], data: new Float32Array() }, scalar(1)).shape,
      zeros([-0, 2]).shape,
      reshape(zeros([0]), [-0, 1, 1]).shape,
      tensor([], [-0]).shape,
    ];
    for (const [n] of shapes) assert(Object.is(n, 0));
  });
});

describe("a result", () => {
  const cause = new RangeError("Array buffer allocation failed");

  /** Calls `f` where there is no memory for arrays of a kind. */
  function withoutMemoryFor(
    kind: "Float32Array" | "Float64Array",
    f: () => void,
  ): void {
    const { [kind]: before } = globalThis;
    Object.assign(globalThis, {
      [kind]: class {
        constructor() {
          throw cause;
        }
      },
    });
    try {
      f();
    } finally {
      Object.assign(globalThis, { [kind]: before });
    }
  }

  it("is refused if there is no memory for it", () => {
    const no = "as there is no memory for the result:";
    withoutMemoryFor("Float32Array", () => {
      assertRefused(
        () => scalar(1),
        RangeError,
        `Cannot create a scalar ${no} 1 elements of float32 are 4 bytes`,
        cause,
      );
    });
  });
});

describe("typed arrays", () => {
  it("are refused where they hold other numbers", () => {
    for (const shape of [[], [[1]]]) {
      assertRefused(
        () => tensor(anything(new BigInt64Array(1)), ...shape as [never]),
        TypeError,
        "Cannot create a tensor as values must be a typed array of numbers, such as a Float32Array or an Int32Array: it is a BigInt64Array",
      );
    }
  });
});

describe("lists of numbers", () => {
  const act = "create a tensor";

  it("are refused where they cannot be read, with the reason", () => {
    const lists: unknown[] = [
      strange([1, 2], { length: fail }),
      strange([1, 2], { 0: fail }),
      strange([1, 2], { 1: fail }),
      [[1, 2], strange([1, 2], { length: fail })],
      [[1, 2], strange([1, 2], { 1: fail })],
    ];
    for (const list of lists) {
      assertRefused(
        () => tensor(anything(list)),
        TypeError,
        `Cannot ${act} as values must be readable: reading it throws`,
        CAUSE,
      );
    }
    for (const list of lists.slice(0, 3)) {
      assertRefused(
        () => tensor(anything(list), [2]),
        TypeError,
        `Cannot ${act} as values must be readable: reading it throws`,
        CAUSE,
      );
    }
  });

  it("are refused where they have no length that a list can have", () => {
    const lengths: [unknown, string][] = [
      [1.5, "1.5"],
      [-1, "-1"],
      [2 ** 53, "9007199254740992"],
      [NaN, "NaN"],
      ["1", '"1"'],
      [undefined, "undefined"],
    ];
    for (const [length, shown] of lengths) {
      const list = strange([1], { length: () => length });
      for (
        const call of [
          () => tensor(anything(list)),
          () => tensor(anything(list), [1]),
        ]
      ) {
        assertRefused(
          call,
          TypeError,
          `Cannot ${act} as the length of values must be an integer: it is ${shown}`,
        );
      }
    }
  });

  it("are refused where they are ragged, by what is found there", () => {
    const ragged =
      `Cannot ${act} as nested arrays must not be ragged: at depth`;
    const cases: [unknown, string][] = [
      [[[1, 2], [3]], "1 one is an array of 2, another is an array of 1"],
      [[[1], 2], "1 one is an array of 1, another is 2"],
      [[[1], null], "1 one is an array of 1, another is null"],
      [[[1], "2"], '1 one is an array of 1, another is "2"'],
      [[[1], { length: 1 }], "1 one is an array of 1, another is an Object"],
      [[[[1]], [[2], 3]], "1 one is an array of 1, another is an array of 2"],
      [[[[1]], [[]]], "2 one is an array of 1, another is an array of 0"],
    ];
    for (const [values, found] of cases) {
      assertRefused(
        () => tensor(anything(values)),
        TypeError,
        `${ragged} ${found}`,
      );
    }
  });
});

describe("every property", () => {
  /** How often each property of an object was asked for. */
  function counted<T extends object>(object: T): [T, Map<PropertyKey, number>] {
    const counts = new Map<PropertyKey, number>();
    const proxy = new Proxy(object, {
      get(target, key) {
        counts.set(key, (counts.get(key) ?? 0) + 1);
        return Reflect.get(target, key);
      },
    });
    return [proxy, counts];
  }

  function attempt(call: () => unknown): void {
    try {
      call();
    } catch {
      // What is counted is what it has read.
    }
  }

  it("of a tensor and of its shape is read once, right or wrong", () => {
    for (const [act, name, call] of TAKERS) {
      const shapes = [[], [0], [1], [2, 2], [0, 2], [2, 2, 2], [1, 1, 1, 1]];
      for (
        const dims of [...shapes, [-1, 2], [2, 2 ** 53], Array(65).fill(1)]
      ) {
        const data = new Float32Array(4);
        const [shape, ofShape] = counted(dims);
        const [x, ofX] = counted({ shape, data });
        attempt(() => call(anything(x)));
        for (const [key, count] of [...ofX, ...ofShape]) {
          assertStrictEquals(count, 1, `${act}: ${String(key)} of ${name}`);
        }
        assert(ofX.size === 2 && ofShape.size > 0);
      }
    }
  });

  it("of values, of a shape and of options is read once", () => {
    const lists = [[1, 2, 3], [[1, 2], [3, 4]], [[[1]]], [[], []], [[1], [
      2,
      3,
    ]]];
    for (const list of [...lists, [], [undefined], [1, "2"]]) {
      let all: Map<PropertyKey, number>[] = [];
      const watch = (value: unknown): unknown => {
        if (!Array.isArray(value)) return value;
        const [proxy, counts] = counted(value.map(watch));
        all = [...all, counts];
        return proxy;
      };
      attempt(() => tensor(anything(watch(list))));
      attempt(() => tensor(anything(watch(list)), [list.length]));
      const counts = all.flatMap((counts) => [...counts.values()]);
      assert(counts.length > 1 && counts.every((count) => count === 1));
    }
    for (const dims of [[4], [2, 2], [2, 2, 1], [3], [-1], Array(65).fill(1)]) {
      const makers: ((shape: never, options: never) => unknown)[] = [
        zeros,
        ones,
        (shape, options) => tensor([1, 2, 3, 4], shape, options),
        (shape, options) => tensor(new Float32Array(4), shape, options),
        (shape) => reshape(ones([4]), shape),
      ];
      for (const make of makers) {
        const [shape, ofShape] = counted(dims);
        const [options, ofOptions] = counted({ dtype: "float32" });
        attempt(() => make(anything(shape), anything(options)));
        assert(ofShape.size > 0);
        for (const count of [...ofShape.values(), ...ofOptions.values()]) {
          assertStrictEquals(count, 1);
        }
      }
    }
  });

  it("of a list is what it was, where it answers otherwise later", () => {
    const inTurn = (...values: unknown[]) => () =>
      values.length > 1 ? values.shift() : values[0];
    const x = ones([2, 2]);
    const shape = strange([2, 2], { length: inTurn(3, 2) });
    assertRefused(
      () => matmul(anything({ shape, data: x.data }), x),
      TypeError,
      "Cannot multiply x by y as every dimension in the shape of x must be a number: dimension 2 is undefined",
    );
    const list = Object.defineProperty([1, 2], 0, { get: inTurn(5, null) });
    assertEquals(tensor(list), tensor([5, 2]));
    const values = strange([1, 2, 3], { length: inTurn(3, 2) });
    assertEquals(tensor(anything(values)) as Tensor, tensor([1, 2, 3]));
  });
});

describe("lists that say they are huge", () => {
  const act = "create a tensor";
  const long = (first: unknown, length: number) =>
    strange([first], { length: () => length });

  it("are refused if there is no memory for their numbers", () => {
    for (const shape of [[], [[2 ** 52]]]) {
      let error: unknown;
      try {
        tensor(anything(long(1, 2 ** 52)), ...shape as [never]);
      } catch (thrown) {
        error = thrown;
      }
      assert(error instanceof RangeError);
      assertStrictEquals(
        error.message,
        `Cannot ${act} as there is no memory for the result: 4503599627370496 elements of float32 are 18014398509481984 bytes`,
      );
    }
    assertRefused(
      () => tensor(anything(long(long(1, 2 ** 27), 2 ** 27))),
      RangeError,
      `Cannot ${act} as the number of elements must be below 2^53: values is 134217728×134217728, which is 1.80e+16`,
    );
  });

  it("are refused for their first element before memory is asked for", () => {
    for (const first of [undefined, "1"]) {
      assertRefused(
        () => tensor(anything(long(first, 2 ** 52))),
        TypeError,
        `Cannot ${act} as every element must be a number: element 0 is ${
          first === undefined ? first : '"1"'
        }`,
      );
    }
  });
});

describe("options and shapes of constructors", () => {
  const makers: [string, (shape: never, options?: never) => unknown][] = [
    ["create zeros", zeros],
    ["create ones", ones],
    ["create a tensor", (shape, options) => tensor([1], shape, options)],
  ];

  it("are refused where they cannot be read, with the reason", () => {
    const options = Object.defineProperty({}, "dtype", { get: fail });
    for (const [act, make] of makers) {
      assertRefused(
        () => make(anything([1]), anything(options)),
        TypeError,
        `Cannot ${act} as options must be readable: reading it throws`,
        CAUSE,
      );
      assertRefused(
        () => make(anything(strange([1], { 0: fail }))),
        TypeError,
        `Cannot ${act} as shape must be readable: reading it throws`,
        CAUSE,
      );
    }
    assertRefused(
      () => reshape(scalar(1), anything(strange([1], { 0: fail }))),
      TypeError,
      "Cannot reshape x as shape must be readable: reading it throws",
      CAUSE,
    );
  });

  it("are refused where they are null or a list, or cannot be read", () => {
    const unreadable = "must be readable: reading it throws";
    for (const [act, make] of makers) {
      assertRefused(
        () => make(anything([1]), anything(null)),
        TypeError,
        `Cannot ${act} as options must be an object such as { dtype: "float64" }: it is null`,
      );
      assertRefused(
        () => make(anything([1]), anything(strange([], { length: fail }))),
        TypeError,
        `Cannot ${act} as options must be an object such as { dtype: "float64" }: it is an Array`,
      );
      assertRefused(
        () => make(anything(null)),
        TypeError,
        `Cannot ${act} as shape must be an array of dimensions: it is null`,
      );
      assertRefused(
        () => make(anything(strange([1], { length: fail }))),
        TypeError,
        `Cannot ${act} as shape ${unreadable}`,
        CAUSE,
      );
    }
    assertRefused(
      () => tensor(anything("12"), [2]),
      TypeError,
      'Cannot create a tensor as values must be an array where a shape is given: it is "12"',
    );
  });

  it("ask for float32 if the element type is null or missing", () => {
    const options = anything({ dtype: null });
    assertEquals(zeros([1], options), zeros([1]));
    assertEquals(ones([1], options), ones([1]));
    assertEquals(scalar(1, options), scalar(1));
    assertEquals(tensor([1], options), tensor([1]));
    const empty = new Float32Array();
    assertEquals(tensor(empty, options), { shape: [0], data: empty });
  });

  it("are refused if there is not enough memory", () => {
    assertRefused(
      () => reshape(scalar(1), [2 ** 27, 2 ** 27]),
      RangeError,
      "Cannot reshape x as the number of elements must be below 2^53: shape is 134217728×134217728, which is 1.80e+16",
    );
    for (const [act, make] of makers) {
      assertRefused(
        () => make(anything([2 ** 27, 2 ** 27])),
        RangeError,
        `Cannot ${act} as the number of elements must be below 2^53: shape is 134217728×134217728, which is 1.80e+16`,
      );
    }
  });
});

describe("options of a function that has none", () => {
  it("are refused, whatever they are", () => {
    for (const [value, found] of [[{}, "an Object"], [null, "null"]] as const) {
      assertRefused(
        () => checkNoOptions("try", value),
        TypeError,
        `Cannot try as there must be no options: options is ${found}`,
      );
    }
    checkNoOptions("try", undefined);
  });
});

describe("blank()", () => {
  it("makes a list of any length without holes, and calls no setter", () => {
    for (let length = 0; length < 6; length++) {
      Object.defineProperty(Array.prototype, 0, {
        set() {
          throw new Error("A setter of others");
        },
        configurable: true,
      });
      let list: unknown[];
      try {
        list = blank(length);
      } finally {
        delete (Array.prototype as unknown[])[0];
      }
      assertEquals(list.length, length);
      for (let i = 0; i < length; i++) assert(Object.hasOwn(list, i));
    }
  });
});
