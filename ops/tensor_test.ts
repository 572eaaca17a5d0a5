// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotStrictEquals,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  type DType,
  ones,
  reshape,
  scalar,
  type Tensor,
  tensor,
  zeros,
} from "./tensor.ts";
import page from "./tensor.ts" with { type: "text" };

const f32 = (...values: number[]) => new Float32Array(values);
const f64 = (...values: number[]) => new Float64Array(values);

const anything = (value: unknown) => value as never;

/** Calls that must fail: the call, the class of its error, its message. */
type Refusals = [() => unknown, typeof TypeError | typeof RangeError, string][];

function assertAllRefused(refusals: Refusals): void {
  for (const [call, ErrorClass, message] of refusals) {
    const error = assertThrows(call, ErrorClass);
    assertStrictEquals(error.constructor, ErrorClass);
    assertStrictEquals(error.message, message);
  }
}

/** What each function that takes a shape says of a wrong one. */
function wrongShapes(
  act: string,
  name: string,
  call: (shape: never) => unknown,
): Refusals {
  const array =
    `Cannot ${act} as ${name} must be an array of dimensions: it is`;
  const number =
    `Cannot ${act} as every dimension in ${name} must be a number: dimension 1 is`;
  const integer =
    `Cannot ${act} as every dimension in ${name} must be a non-negative integer: dimension 1 is`;
  const below =
    `Cannot ${act} as every dimension in ${name} must be below 2^53: dimension 1 is`;
  const size =
    `Cannot ${act} as the number of elements must be below 2^53: ${name} is`;
  const cases: [unknown, Refusals[0][1], string][] = [
    [6, TypeError, `${array} 6`],
    ["2×3", TypeError, `${array} "2×3"`],
    [new Int32Array([2, 3]), TypeError, `${array} an Int32Array`],
    [[2, "3"], TypeError, `${number} "3"`],
    [[2, null], TypeError, `${number} null`],
    [[2, undefined], TypeError, `${number} undefined`],
    [[2, {}], TypeError, `${number} an Object`],
    [[2, -3], RangeError, `${integer} -3`],
    [[2, 1.5], RangeError, `${integer} 1.5`],
    [[2, NaN], RangeError, `${integer} NaN`],
    [[2, Infinity], RangeError, `${integer} Infinity`],
    [[2, 2 ** 53], RangeError, `${below} 9007199254740992`],
    [[2, 1e300], RangeError, `${below} 1e+300`],
    [
      [2 ** 26, 2 ** 27],
      RangeError,
      `${size} 67108864×134217728, which is 9.01e+15`,
    ],
  ];
  return cases.map(([shape, ErrorClass, message]) => [
    () => call(anything(shape)),
    ErrorClass,
    message,
  ]);
}

describe("tensor()", () => {
  it("takes its shape from nested arrays", () => {
    const cases: [Tensor, number[], Tensor["data"]][] = [
      [tensor(5), [], f32(5)],
      [tensor([]), [0], f32()],
      [tensor([1, 2]), [2], f32(1, 2)],
      [tensor([[], []]), [2, 0], f32()],
      [tensor([[1, 2, 3], [4, 5, 6]]), [2, 3], f32(1, 2, 3, 4, 5, 6)],
      [tensor([[[1], [2]], [[3], [4]]]), [2, 2, 1], f32(1, 2, 3, 4)],
    ];
    for (const [x, shape, data] of cases) assertEquals(x, { shape, data });
  });

  it("takes a flat list and a shape", () => {
    const cases: [Tensor, number[], Tensor["data"]][] = [
      [tensor([1, 2, 3, 4, 5, 6], [2, 3]), [2, 3], f32(1, 2, 3, 4, 5, 6)],
      [tensor([7], []), [], f32(7)],
      [tensor([7], [1, 1, 1]), [1, 1, 1], f32(7)],
      [tensor([], [2, 0, 3]), [2, 0, 3], f32()],
    ];
    for (const [x, shape, data] of cases) assertEquals(x, { shape, data });
  });

  it("is float32, or float64 where it is asked for", () => {
    const values = [[0.1, 1 / 3]] as const;
    assertEquals(tensor(values).data, f32(0.1, 1 / 3));
    assertEquals(tensor(values, { dtype: "float32" }).data, f32(0.1, 1 / 3));
    assertEquals(tensor(values, { dtype: "float64" }).data, f64(0.1, 1 / 3));
    assertEquals(tensor(values, {}).data, f32(0.1, 1 / 3));
    assertEquals(
      tensor([0.1, 1 / 3], [2, 1], { dtype: "float64" }),
      { shape: [2, 1], data: f64(0.1, 1 / 3) },
    );
  });

  it("keeps NaN, infinity and the sign of zero", () => {
    const { data } = tensor([[NaN, -Infinity], [Infinity, -0]]);
    const expected = [NaN, -Infinity, Infinity, -0];
    assert(data.every((value, i) => Object.is(value, expected[i])));
  });

  it("takes options where the shape is undefined, as where it is not given", () => {
    const shape = anything(undefined);
    const nested = tensor([[1, 2]], { dtype: "float64" });
    assertEquals(
      tensor([[1, 2]] as never, shape, { dtype: "float64" }),
      nested,
    );
    assertEquals(tensor(nested.data, shape, { dtype: "float64" }).shape, [2]);
    assertAllRefused([
      [
        () => tensor([1], shape, anything(5)),
        TypeError,
        'Cannot create a tensor as options must be an object such as { dtype: "float64" }: it is 5',
      ],
      [
        () => tensor(nested.data, shape, { dtype: "float32" }),
        TypeError,
        "Cannot create a tensor as values must have the element type asked for: values is float64, dtype is float32",
      ],
    ]);
  });

  it("has no elements if there are none, even if Array.prototype has some", () => {
    const { prototype } = Array as unknown as { prototype: unknown[] };
    prototype[0] = [1, 2];
    try {
      assertEquals(tensor([]).shape, [0]);
      assertEquals(tensor([[], []]).shape, [2, 0]);
    } finally {
      delete prototype[0];
    }
  });

  it("takes a typed array as it is, and its element type with it", () => {
    const shared = new SharedArrayBuffer(32);
    for (
      const data of [
        f32(1, 2, 3, 4),
        f64(1, 2, 3, 4),
        f64(0, 0, 1, 2, 3, 4).subarray(2),
        new Float32Array(shared as never, 4, 4),
        new Float64Array(shared as never),
      ]
    ) {
      assertStrictEquals(tensor(data).data, data);
      assertEquals(tensor(data).shape, [4]);
      assertStrictEquals(tensor(data, [2, 2]).data, data);
      assertEquals(tensor(data, [2, 2]).shape, [2, 2]);
    }
    assertEquals(tensor(f64(1), { dtype: "float64" }).data, f64(1));
  });

  it("copies numbers and shapes, and writes to neither", () => {
    const values = Object.freeze([1, 2]) as number[];
    const shape = [2, 1];
    const x = tensor(values, shape);
    shape[0] = 9;
    assertEquals(x, { shape: [2, 1], data: f32(1, 2) });
    const y = tensor(f32(1, 2), Object.freeze([1, 2]));
    assertEquals(y.shape, [1, 2]);
  });

  it("refuses ragged arrays", () => {
    const ragged =
      "Cannot create a tensor as nested arrays must not be ragged: at depth";
    assertAllRefused([
      [
        () => tensor([[1, 2], [3]]),
        TypeError,
        `${ragged} 1 one is an array of 2, another is an array of 1`,
      ],
      [
        () => tensor([[1], [2, 3]]),
        TypeError,
        `${ragged} 1 one is an array of 1, another is an array of 2`,
      ],
      [
        () => tensor([[], [1]]),
        TypeError,
        `${ragged} 1 one is an array of 0, another is an array of 1`,
      ],
      [
        () => tensor([[1], 2]),
        TypeError,
        `${ragged} 1 one is an array of 1, another is 2`,
      ],
      [
        () => tensor([[[1], [2]], [[3], [4, 5]]]),
        TypeError,
        `${ragged} 2 one is an array of 1, another is an array of 2`,
      ],
    ]);
  });

  it("refuses elements that are not numbers", () => {
    const no = "Cannot create a tensor as every element must be a number:";
    const of = (values: unknown, shape?: number[]) => () =>
      shape ? tensor(anything(values), shape) : tensor(anything(values));
    assertAllRefused([
      [of(null), TypeError, `${no} element 0 is null`],
      [of(undefined), TypeError, `${no} element 0 is undefined`],
      [of("1"), TypeError, `${no} element 0 is "1"`],
      [of({ length: 1 }), TypeError, `${no} element 0 is an Object`],
      [of([1, "2"]), TypeError, `${no} element 1 is "2"`],
      [of([[1, 2], [3, null]]), TypeError, `${no} element 3 is null`],
      [of([1, [2]]), TypeError, `${no} element 1 is an Array`],
      [of([f32(1), f32(2)]), TypeError, `${no} element 0 is a Float32Array`],
      // deno-lint-ignore no-sparse-arrays
      [of([1, , 3]), TypeError, `${no} element 1 is undefined`],
      // deno-lint-ignore no-sparse-arrays
      [of([1, , 3], [3]), TypeError, `${no} element 1 is undefined`],
      [of([1, true], [2]), TypeError, `${no} element 1 is true`],
      [of([[1, 2]], [1]), TypeError, `${no} element 0 is an Array`],
    ]);
  });

  it("refuses a shape that is not the number of elements", () => {
    const no =
      "Cannot create a tensor as values must have as many elements as the shape: shape is";
    assertAllRefused([
      [
        () => tensor([1, 2, 3], [2, 2]),
        TypeError,
        `${no} 2×2, values has 3`,
      ],
      [() => tensor([1], [0]), TypeError, `${no} [0], values has 1`],
      [() => tensor([], []), TypeError, `${no} [], values has 0`],
      [
        () => tensor(f32(1, 2, 3), [2, 2]),
        TypeError,
        `${no} 2×2, values has 3`,
      ],
      [() => tensor(f32(), [2, 2]), TypeError, `${no} 2×2, values has 0`],
    ]);
  });

  it("refuses arrays that hold themselves, or far too much", () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic, cyclic);
    let shared: unknown = 1;
    for (let depth = 0; depth < 50; depth++) shared = [shared, shared];
    assertAllRefused([
      [
        () => tensor(anything(cyclic)),
        TypeError,
        "Cannot create a tensor as arrays must be nested at most 64 deep: values is deeper",
      ],
      [
        () => tensor(anything(shared)),
        RangeError,
        `Cannot create a tensor as there is no memory for the result: ${
          2 ** 50
        } elements of float32 are ${2 ** 52} bytes`,
      ],
    ]);
  });

  it("refuses more empty arrays than can be looked at", () => {
    const must =
      "Cannot create a tensor as there must be at most 134217728 empty arrays";
    const nested = (depth: number): never => {
      let values: unknown = [];
      for (let i = 0; i < depth; i++) values = [values, values];
      return anything(values);
    };
    assertAllRefused([
      [
        () => tensor(nested(60)),
        RangeError,
        `${must}: values is 2×2×2×…×2×2×0 of 61 dimensions, which has ${
          2 ** 60
        }`,
      ],
      [
        () => tensor(anything([Object.assign([[]], { length: 2 ** 27 + 1 })])),
        RangeError,
        `${must}: values is 1×134217729×0, which has 134217729`,
      ],
      // As many may be there, but these are not: the second is a hole.
      [
        () => tensor(anything(Object.assign([[]], { length: 2 ** 27 }))),
        TypeError,
        "Cannot create a tensor as nested arrays must not be ragged: at depth 1 one is an array of 0, another is undefined",
      ],
    ]);
    const { shape } = tensor(nested(10)) as Tensor;
    assertEquals(shape, [...Array(10).fill(2), 0]);
  });

  it("refuses values that are no array where a shape is given", () => {
    const no =
      "Cannot create a tensor as values must be an array where a shape is given: it is";
    assertAllRefused([
      [() => tensor(anything(5), [1]), TypeError, `${no} 5`],
      [() => tensor(anything(null), [1]), TypeError, `${no} null`],
    ]);
  });

  it("refuses typed arrays of other kinds", () => {
    const bytes = new ArrayBuffer(8);
    const kinds: [ArrayBufferView, string][] = [
      [new Uint8ClampedArray(bytes), "a Uint8ClampedArray"],
      [new BigInt64Array(bytes), "a BigInt64Array"],
      [new DataView(bytes), "a DataView"],
    ];
    for (const [values, shown] of kinds) {
      for (const shape of [undefined, [1]]) {
        const error = assertThrows(
          () => tensor(anything(values), anything(shape)),
          TypeError,
        );
        assertStringIncludes(error.message, "Cannot create a tensor as ");
        assertStringIncludes(
          error.message,
          `must be a typed array of numbers, such as a Float32Array or an Int32Array: it is ${shown}`,
        );
      }
    }
  });

  it("refuses a typed array of another element type than is asked for", () => {
    const no =
      "Cannot create a tensor as values must have the element type asked for: values is";
    assertAllRefused([
      [
        () => tensor(f32(1), { dtype: "float64" }),
        TypeError,
        `${no} float32, dtype is float64`,
      ],
      [
        () => tensor(f64(1), [1], { dtype: "float32" }),
        TypeError,
        `${no} float64, dtype is float32`,
      ],
    ]);
  });

  it("refuses shapes that are none", () => {
    const act = "create a tensor";
    assertAllRefused([
      ...wrongShapes(act, "shape", (shape) => tensor([1, 2, 3], shape)),
      ...wrongShapes(act, "shape", (shape) => tensor(f32(1, 2, 3), shape)),
    ]);
  });
});

describe("scalar()", () => {
  it("has no dimensions and one element", () => {
    assertEquals(scalar(2), { shape: [], data: f32(2) });
    assertEquals(scalar(0.1, { dtype: "float64" }).data, f64(0.1));
    assert(Object.is(scalar(-0).data[0], -0));
    assert(Number.isNaN(scalar(NaN).data[0]));
  });

  it("refuses what is not a number", () => {
    const no = "Cannot create a scalar as value must be a number: it is";
    assertAllRefused([
      [() => scalar(anything(undefined)), TypeError, `${no} undefined`],
      [() => scalar(anything(null)), TypeError, `${no} null`],
      [() => scalar(anything("1")), TypeError, `${no} "1"`],
      [() => scalar(anything([1])), TypeError, `${no} an Array`],
      [() => scalar(anything(1n)), TypeError, `${no} 1n`],
    ]);
  });
});

for (const [constructor, value] of [[zeros, 0], [ones, 1]] as const) {
  const act = `create ${constructor.name}`;

  describe(`${constructor.name}()`, () => {
    it(`has ${value} in every place`, () => {
      for (const shape of [[], [3], [2, 3], [2, 1, 2], [2, 0], [0]]) {
        const size = shape.reduce((a, b) => a * b, 1);
        const values: number[] = Array(size).fill(value);
        assertEquals(constructor(shape), { shape, data: f32(...values) });
        assertEquals(
          constructor(shape, { dtype: "float64" }),
          { shape, data: f64(...values) },
        );
      }
    });

    it("copies the shape, and makes new elements at each call", () => {
      const shape = [2, 3];
      const x = constructor(shape);
      assert(x.shape !== shape);
      assert(x.data.buffer !== constructor(shape).data.buffer);
      assertEquals(constructor(Object.freeze([2, 3] as const)), x);
    });

    it("refuses shapes that are none", () => {
      assertAllRefused([
        [
          () => constructor(anything(undefined)),
          TypeError,
          `Cannot ${act} as shape must be an array of dimensions: it is undefined`,
        ],
        ...wrongShapes(act, "shape", (shape) => constructor(shape)),
      ]);
    });

    it("says how much memory there is not", () => {
      assertAllRefused([
        [
          () => constructor([2 ** 25, 2 ** 26]),
          RangeError,
          `Cannot ${act} as there is no memory for the result: 2251799813685248 elements of float32 are 9007199254740992 bytes`,
        ],
        [
          () => constructor([2 ** 50], { dtype: "float64" }),
          RangeError,
          `Cannot ${act} as there is no memory for the result: 1125899906842624 elements of float64 are 9007199254740992 bytes`,
        ],
      ]);
    });
  });
}

describe("every new tensor", () => {
  it("and its shape can be written to, and are of no other", () => {
    const makes = [
      () => tensor([[1, 2]]),
      () => tensor([]),
      () => tensor([1, 2], [2]),
      () => tensor(f32(1, 2), [2]),
      () => scalar(1),
      () => zeros([2]),
      () => zeros([]),
      () => ones([2]),
      () => reshape(ones([2]), [1, 2]),
    ];
    for (const make of makes) {
      const [a, b] = [make(), make()];
      assert(a !== b && a.shape !== b.shape);
      assert(!Object.isFrozen(a) && !Object.isFrozen(a.shape));
    }
  });

  it("is refused for its options before its shape", () => {
    for (const create of [zeros, ones]) {
      const wrong = [anything(3), { dtype: anything("int7") }] as const;
      const error = assertThrows(() => create(...wrong), TypeError);
      assertMatch(error.message, /int7/);
    }
  });
});

describe("options", () => {
  it("are refused where the element type is unknown", () => {
    const calls: [string, (dtype: DType) => unknown][] = [
      ["create a tensor", (dtype) => tensor([1], { dtype })],
      ["create a tensor", (dtype) => tensor([1], [1], { dtype })],
      ["create a tensor", (dtype) => tensor(f32(1), { dtype })],
      ["create a scalar", (dtype) => scalar(1, { dtype })],
      ["create zeros", (dtype) => zeros([1], { dtype })],
      ["create ones", (dtype) => ones([1], { dtype })],
    ];
    const kinds: [unknown, string][] = [
      ["float16", '"float16"'],
      ["Float32", '"Float32"'],
      [32, "32"],
      [Float64Array, "a function"],
      // What is taken for false is no element type, either.
      ["", '""'],
      [0, "0"],
      [false, "false"],
    ];
    for (const [act, call] of calls) {
      assertAllRefused(kinds.map(([dtype, shown]) => [
        () => call(anything(dtype)),
        TypeError,
        `Cannot ${act} as dtype must be one of float32, float64, int8, int16, int32, uint8, uint16, uint32: it is ${shown}`,
      ]));
    }
  });
});

describe("integers", () => {
  const RANGES = {
    int8: [-128, 127],
    int16: [-32768, 32767],
    int32: [-(2 ** 31), 2 ** 31 - 1],
    uint8: [0, 255],
    uint16: [0, 65535],
    uint32: [0, 2 ** 32 - 1],
  } as const;

  for (const [name, [from, to]] of Object.entries(RANGES)) {
    const dtype = name as keyof typeof RANGES;

    it(`are made of numbers, of those that ${name} holds`, () => {
      const x = tensor([[from, 0], [1, to]], { dtype });
      assertEquals(x.shape, [2, 2]);
      assertEquals(x.data.constructor.name.toLowerCase(), `${name}array`);
      assertEquals([...x.data], [from, 0, 1, to]);
      assertEquals(tensor([from, to], [2, 1], { dtype }).data[1], to);
      assertEquals(scalar(to, { dtype }).data[0], to);
      assertEquals(ones([2], { dtype }).data[1], 1);
      assertEquals(
        zeros([2], { dtype }).data,
        ones([2], { dtype }).data.map(() => 0),
      );
      assertStrictEquals(tensor(x.data, [4]).data, x.data);
      assertStrictEquals(reshape(x, [4]).data, x.data);
    });

    it(`are refused where ${name} does not hold them`, () => {
      for (const value of [from - 1, to + 1, 0.5, NaN, Infinity]) {
        const no = `every element must be an integer of ${name}: element`;
        assertAllRefused([
          [
            () => tensor([0, value], { dtype }),
            RangeError,
            `Cannot create a tensor as ${no} 1 is ${value}`,
          ],
          [
            () => tensor([value], [1], { dtype }),
            RangeError,
            `Cannot create a tensor as ${no} 0 is ${value}`,
          ],
          [
            () => scalar(value, { dtype }),
            RangeError,
            `Cannot create a scalar as ${no} 0 is ${value}`,
          ],
        ]);
      }
    });
  }
});

describe("proxies that are revoked", () => {
  it("are refused by the name of the argument that they are", () => {
    for (const target of [[], {}]) {
      const { proxy, revoke } = Proxy.revocable(target, {});
      revoke();
      const value = anything(proxy);
      const no = "must be readable: reading it throws";
      assertAllRefused([
        [
          () => tensor([1], value),
          TypeError,
          `Cannot create a tensor as shape ${no}`,
        ],
        [
          () => tensor([1], [1], value),
          TypeError,
          `Cannot create a tensor as options ${no}`,
        ],
        [() => zeros(value), TypeError, `Cannot create zeros as shape ${no}`],
        [
          () => zeros([1], value),
          TypeError,
          `Cannot create zeros as options ${no}`,
        ],
      ]);
    }
  });
});

describe("what cannot be read", () => {
  it("is named, and what was thrown is the cause", () => {
    const cause = new Error("no");
    const unlisted = new Proxy({}, {
      ownKeys() {
        throw cause;
      },
    });
    const { proxy: revoked, revoke } = Proxy.revocable([1], {});
    revoke();
    const calls: [() => unknown, string, unknown][] = [
      [() => zeros([1], anything(unlisted)), "create zeros as options", cause],
      [() => tensor(revoked), "create a tensor as values", undefined],
      [() => tensor([[1], revoked]), "create a tensor as values", undefined],
      [
        () => zeros([1], anything(revoked)),
        "create zeros as options",
        undefined,
      ],
    ];
    for (const [call, act, expected] of calls) {
      const error = assertThrows(call, TypeError);
      assertEquals(
        error.message,
        `Cannot ${act} must be readable: reading it throws`,
      );
      if (expected !== undefined) assertStrictEquals(error.cause, expected);
      else assert(error.cause instanceof TypeError);
    }
  });
});

describe("options without an element type", () => {
  it("are refused where something else was meant", () => {
    const must = 'as options must be an object such as { dtype: "float64" }:';
    const found: [unknown, string][] = [
      [{ dType: "float64" }, 'it has "dType"'],
      [{ length: 1, 0: 3 }, 'it has "0"'],
      [zeros([2]), 'it has "shape"'],
      [{ [Symbol("dtype")]: "float64" }, "it has Symbol(dtype)"],
      [{ dtype: "float64", more: 1 }, 'it has "more"'],
      [new Map([["dtype", "float64"]]), "it is a Map"],
      [Promise.resolve({ dtype: "float64" }), "it is a Promise"],
      [new Set([1]), "it is a Set"],
    ];
    for (const [options, is] of found) {
      const value = anything(options);
      assertAllRefused([
        [
          () => zeros([1], value),
          TypeError,
          `Cannot create zeros ${must} ${is}`,
        ],
        [() => ones([1], value), TypeError, `Cannot create ones ${must} ${is}`],
        [
          () => scalar(1, value),
          TypeError,
          `Cannot create a scalar ${must} ${is}`,
        ],
        [
          () => tensor([1], value),
          TypeError,
          `Cannot create a tensor ${must} ${is}`,
        ],
      ]);
    }
  });
});

describe("options that are no object", () => {
  it("are refused, as they would be ignored", () => {
    const no =
      'as options must be an object such as { dtype: "float64" }: it is "float64"';
    const options = anything("float64");
    assertAllRefused([
      [() => zeros([1], options), TypeError, `Cannot create zeros ${no}`],
      [() => ones([1], options), TypeError, `Cannot create ones ${no}`],
      [() => scalar(1, options), TypeError, `Cannot create a scalar ${no}`],
      [
        () => tensor([1], [1], options),
        TypeError,
        `Cannot create a tensor ${no}`,
      ],
    ]);
  });
});

describe("reshape()", () => {
  it("keeps the very elements", () => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    for (const shape of [[6], [3, 2], [1, 6, 1], [2, 3]]) {
      const y = reshape(x, shape);
      assertEquals(y.shape, shape);
      assertStrictEquals(y.data, x.data);
      assertNotStrictEquals(y.shape as unknown, shape);
    }
    assertEquals(x.shape, [2, 3]);
    assertEquals(reshape(scalar(3), [1, 1]), tensor([[3]]));
    assertEquals(reshape(tensor([[3]]), []), scalar(3));
    assertEquals(reshape(zeros([2, 0]), [0, 3, 4]), zeros([0, 3, 4]));
  });

  it("refuses an x whose memory is lost while the shape is read", () => {
    for (const length of [0, 6]) {
      const data = new Float32Array(length);
      const shape = Object.defineProperty([length], 0, {
        get() {
          data.buffer.transfer();
          return length;
        },
      });
      assertAllRefused([[
        () => reshape({ shape: [length], data }, shape),
        TypeError,
        "Cannot reshape x as the data of x must have a buffer: it has been transferred or has shrunk",
      ]]);
    }
  });

  it("refuses another number of elements", () => {
    const no =
      "Cannot reshape x as the number of elements must stay the same: x is";
    assertAllRefused([
      [() => reshape(zeros([2, 3]), [5]), TypeError, `${no} 2×3, shape is [5]`],
      [() => reshape(zeros([0]), []), TypeError, `${no} [0], shape is []`],
      [() => reshape(zeros([2]), [0]), TypeError, `${no} [2], shape is [0]`],
    ]);
  });

  it("refuses shapes that are none, and what is not a tensor", () => {
    assertAllRefused([
      ...wrongShapes("reshape x", "shape", (s) => reshape(zeros([2, 3]), s)),
      ...wrongShapes(
        "reshape x",
        "the shape of x",
        (shape) => reshape({ shape, data: f32(1) }, [1]),
      ),
      [
        () => reshape(anything(null), [1]),
        TypeError,
        "Cannot reshape x as x must be a tensor { shape, data }: it is null",
      ],
      [
        () => reshape({ shape: [2], data: f32(1) }, [1]),
        TypeError,
        "Cannot reshape x as the data of x must have as many elements as its shape: x is [2], its data has 1",
      ],
    ]);
  });
});

describe("the page of tensors", () => {
  const text = page.replaceAll(/\n \* ?/g, " ");

  it("says where an element is", () => {
    const [, index, dims, place] =
      /Element `\((.+?)\)` of a tensor of shape `(.+?)` is `data\[(.+?)\]`/
        .exec(text)!;
    const [i, j, k] = index.split(", ");
    const at = new Function(i, j, k, ...dims.split("×"), `return ${place}`);
    const values = [1, 2].map((a) =>
      [3, 4, 5].map((b) => [6, 7, 8, 9].map((c) => 100 * a + 10 * b + c))
    );
    const { shape, data } = tensor(values);
    values.forEach((matrix, a) =>
      matrix.forEach((row, b) =>
        row.forEach((value, c) => {
          assertEquals(data[at(a, b, c, ...shape)], value);
        })
      )
    );
  });

  it("says how many dimensions there may be", () => {
    const most = Number(/has at most (\d+) dimensions/.exec(text)![1]);
    assertEquals(zeros(Array(most).fill(1)).shape.length, most);
    assertThrows(() => zeros(Array(most + 1).fill(1)), TypeError);
  });
});
