// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Arena, arena, type ArenaOptions } from "./arena.ts";
import { broadcastTo } from "./structure/broadcast_to.ts";
import { randomFrom } from "./goldens/random.ts";
import { argmax } from "./reductions/argmax.ts";
import { add } from "./arithmetic/add.ts";
import { linear } from "./products/linear.ts";
import { lstmCell } from "./recurrent/lstm_cell.ts";
import { matmul, matmulD, matmulDx, matmulDy } from "./products/matmul.ts";
import { concat } from "./structure/concat.ts";
import { conv2d } from "./convolution/conv2d.ts";
import { dtypeOf } from "./core/checks.ts";
import { maxPool2d } from "./convolution/max_pool2d.ts";
import { softmax } from "./rows/softmax.ts";
import { startThreads, stopThreads } from "./threads.ts";
import { gradcheck } from "./gradcheck.ts";
import { normal } from "./random/normal.ts";
import { oneHot } from "./structure/one_hot.ts";
import { relu } from "./activations/relu.ts";
import { FROM, reserved } from "./core/memory.ts";
import { ones, reshape, scalar, type Tensor, tensor, zeros } from "./tensor.ts";
import { type Memory, platform } from "./kernels/platform.ts";

type Any = Tensor<readonly number[], Float32Array<ArrayBuffer>>;

const isInside = ({ data }: { data: ArrayBufferView }) =>
  reserved !== undefined && data.buffer === reserved.buffer;

/** Numbers whose sums round. */
function rough(m: number, n: number, kind: "float32" | "float64" = "float32") {
  const data = (kind === "float32" ? new Float32Array(m * n) : new Float64Array(
    m * n,
  )).map((_, i) => 1 / (i % 97 - 31.4));
  return { shape: [m, n] as [number, number], data } as Tensor<
    [number, number],
    Float32Array<ArrayBuffer>
  >;
}

/** A copy in the arena that is open. */
function here<S extends readonly number[]>(
  { shape, data }: Tensor<S, Float32Array<ArrayBuffer>>,
): Tensor<S, Float32Array<ArrayBuffer>> {
  const dtype = data instanceof Float32Array ? "float32" : "float64";
  const copy = zeros([data.length], { dtype: dtype as "float32" }).data;
  copy.set(data);
  return { shape, data: copy };
}

const HAS_ENDED =
  "Cannot compute relu as the arena of x must be open: it has ended";

describe("arena()", () => {
  it("holds the results until its end, one after the other, in memory that is reused", () => {
    const x = tensor([[-1, 2], [3, -4]]);
    const at: number[][] = [];
    for (let i = 0; i < 3; i++) {
      const step = arena();
      const y = relu(x), z = add(y, y);
      assert(isInside(y) && isInside(z));
      assertEquals([...z.data], [0, 4, 6, 0]);
      assertEquals(y.data.byteOffset % 64, 0);
      at.push([y.data.byteOffset, z.data.byteOffset]);
      step.end();
      assert(!isInside(relu(x)));
    }
    assertEquals(at[0][1] - at[0][0], 64);
    assertEquals([at[1], at[2]], [at[0], at[0]]);
  });

  it("ends with the block, even by an error", () => {
    const x = tensor([1]);
    assertThrows(
      () => {
        using _ = arena();
        assert(isInside(relu(x)));
        throw new Error("mine");
      },
      Error,
      "mine",
    );
    assert(!isInside(relu(x)));
  });

  it("keeps the memory flat", () => {
    const x = ones([16, 16]);
    let at: number | undefined;
    for (let i = 0; i < 20_000; i++) {
      using _ = arena();
      at ??= matmul(x, x).data.byteOffset + 1024;
      const { data } = matmul(x, x);
      assert(data.byteOffset <= at && data[0] === 16);
    }
  });

  it("has the new tensors of every constructor, which are what they are elsewhere", () => {
    arena(() => void ones([1000]).data.fill(NaN));
    using _ = arena();
    const made = [
      zeros([3]),
      ones([2, 2]),
      scalar(7),
      tensor([[1, 2]]),
      tensor([1, 2], [2, 1]),
      normal([5], { seed: 1 }),
    ];
    assert(made.every(isInside));
    assertEquals(made.slice(0, 5).map(({ data }) => [...data]), [
      [0, 0, 0],
      [1, 1, 1, 1],
      [7],
      [1, 2],
      [1, 2],
    ]);
    const types = [
      "float64",
      "int8",
      "int16",
      "int32",
      "uint8",
      "uint16",
      "uint32",
    ] as const;
    for (const dtype of types) {
      const x = zeros([3], { dtype }), y = zeros([3], { dtype });
      assert(isInside(x) && isInside(y));
      assert(x.data.constructor.name.toLowerCase().startsWith(dtype));
      x.data.fill(3);
      assertEquals([...y.data], [0, 0, 0]);
    }
    assert(!isInside(zeros([0])));
    const data = new Float32Array(2);
    assertStrictEquals(tensor(data).data, data);
    assertEquals([...argmax(tensor([1, 3, 2])).data], [1]);
    assert(isInside(argmax(tensor([1, 3, 2]))));
    assert(isInside(concat([ones([1]), ones([1])])));
    assert(
      Object.values(lstmCell(
        ...[[1, 1], [1, 2], [1, 2], [8, 1], [8, 2], [8]].map((shape) =>
          ones(shape)
        ) as unknown as Parameters<typeof lstmCell>,
      )).every(isInside),
    );
  });

  it("nests, and ends in reverse order", () => {
    const x = tensor([1]);
    const outer = arena(), w = relu(x), inner = arena(), z = relu(x);
    assert(z.data.byteOffset > w.data.byteOffset);
    assertThrows(
      () => outer.end(),
      Error,
      "Cannot end an arena as those begun after it must have ended: one has not",
    );
    inner.end();
    assertEquals([...relu(w).data], [1]);
    assertEquals(relu(x).data.byteOffset, z.data.byteOffset + 64);
    outer.end();
    for (const ended of [inner, outer]) {
      assertThrows(
        () => ended[Symbol.dispose](),
        Error,
        "Cannot end an arena as it must be open: it has ended",
      );
    }
    assert(!isInside(relu(x)));
  });

  it("refuses tensors that have ended, by name, as input and as out, before it writes", () => {
    const x = tensor([1]);
    const step = arena(), z = relu(x);
    const inner = arena(), y = relu(x);
    inner.end();
    assertThrows(() => relu(y), TypeError, HAS_ENDED);
    assertThrows(
      () => step.keep(y),
      TypeError,
      "Cannot keep x as the arena of x must be open: it has ended",
    );
    step.end();
    assertThrows(() => relu(z), TypeError, HAS_ENDED);
    assertThrows(
      () => relu(x, { out: z }),
      TypeError,
      "the arena of out must be open: it has ended",
    );
    assertThrows(
      () => concat([x, z]),
      TypeError,
      "must be open: it has ended",
    );
  });

  it("refuses a tensor whose arena ends while a later argument is read", () => {
    const y = tensor([[1, 2], [3, 4]]);
    const message = (name: string) =>
      `the arena of ${name} must be open: it has ended`;
    /** A right tensor whose rank does something when it is first read. */
    const when = (read: () => void) => {
      let isRead = false;
      const shape = new Proxy(y.shape, {
        get(target, key) {
          if (key === "length" && !isRead) {
            isRead = true;
            read();
          }
          return Reflect.get(target, key);
        },
      });
      return { shape, data: y.data.slice() };
    };
    type Call = (x: typeof y, late: typeof y) => unknown;
    const calls: [Call, name: string][] = [
      [(x, late) => matmul(x, late), "x"],
      [(x, late) => matmul(x, y, { out: late }), "x"],
      [(x, late) => matmulDx(y, x, late), "y"],
      [(x, late) => matmulDy(y, y, x, { out: late }), "dout"],
      [(x, late) => matmulD(y, y, y, { out: { x, y: late } }), "out.x"],
      [(x, late) => concat([x, late]), "x[0]"],
      [(x, late) => reshape(x, late.shape), "x"],
    ];
    for (const [call, name] of calls) {
      using _ = arena();
      const inner = arena(), x = here(y);
      const late = when(() => inner.end());
      assertThrows(() => call(x, late), TypeError, message(name));
      // One that ends beside them changes nothing.
      const x2 = here(y), other = arena();
      call(x2, when(() => other.end()));
    }
  });

  it("refuses an out that overlaps an input there, by a byte range, and no other", () => {
    using _ = arena();
    const all = zeros([12]).data;
    const x = { shape: [4] as [4], data: all.subarray(0, 4) };
    const over = { shape: [4] as [4], data: all.subarray(3, 7) };
    const beside = { shape: [4] as [4], data: all.subarray(4, 8) };
    x.data.fill(5);
    assertThrows(
      () => relu(x, { out: over }),
      TypeError,
      "out must not share memory with x: they share 4 bytes",
    );
    assertEquals([...all], [5, 5, 5, 5, 0, 0, 0, 0, 0, 0, 0, 0]);
    assertStrictEquals(relu(x, { out: beside }), beside);
    assertEquals([...all], [5, 5, 5, 5, 5, 5, 5, 5, 0, 0, 0, 0]);
  });

  it("serves no tensor that is made after an await, unless it is told to", async () => {
    const x = tensor([1]);
    const outer = arena({ acrossAwait: true });
    await null;
    assert(isInside(relu(x)));
    const inner = arena();
    const before = relu(x);
    assert(isInside(before));
    await null;
    assert(!isInside(relu(x)));
    assertEquals([...relu(before).data], [1]);
    const within = arena();
    assert(isInside(relu(x)));
    within.end();
    assert(!isInside(relu(x)));
    inner.end();
    assert(isInside(relu(x)));
    outer.end();
    // Another task makes tensors while the arena is open.
    const other = (async () => {
      await null;
      await null;
      return relu(x);
    })();
    const step = arena();
    const made = await other;
    assert(!isInside(made));
    step.end();
  });

  it("goes on with ordinary arrays where it is full", () => {
    using _ = arena();
    const size = reserved!.buffer.byteLength / 4;
    const large = zeros([size], { dtype: "uint8" });
    assert(isInside(large));
    assert(!isInside(zeros([size - 1], { dtype: "int32" })));
    const x = tensor([3]);
    assert(isInside(x));
    assertEquals([...relu(x).data], [3]);
  });

  it("says what is wrong with options", () => {
    const shape =
      "options must be an object such as { bytes, checked, acrossAwait }";
    const wrong: [unknown, string][] = [
      [7, `Cannot begin an arena as ${shape}: it is 7`],
      [null, `Cannot begin an arena as ${shape}: it is null`],
      [{ size: 1 }, `Cannot begin an arena as ${shape}: it has "size"`],
      [
        { checked: 1 },
        "Cannot begin an arena as checked must be a boolean: it is 1",
      ],
      [
        { acrossAwait: "" },
        'Cannot begin an arena as acrossAwait must be a boolean: it is ""',
      ],
      [
        { bytes: "1" },
        'Cannot begin an arena as bytes must be an integer from 1 to 4000000000: it is "1"',
      ],
    ];
    for (const [options, message] of wrong) {
      assertThrows(() => arena(options as ArenaOptions), TypeError, message);
      assertThrows(
        () => arena(() => 1, options as ArenaOptions),
        TypeError,
        message,
      );
    }
    for (const bytes of [0, -1, 1.5, NaN, 4e9 + 1]) {
      assertThrows(
        () => arena({ bytes }),
        RangeError,
        `Cannot begin an arena as bytes must be an integer from 1 to 4000000000: it is ${bytes}`,
      );
    }
    assert(!isInside(relu(tensor([1]))), "An arena has begun");
  });

  it("has as many bytes as are asked for first, and others must be content with them", () => {
    const x = tensor([1]);
    const small = arena(), inside = relu(x), memory = reserved!.buffer;
    const bytes = memory.byteLength + 1;
    assertThrows(
      () => arena({ bytes }),
      RangeError,
      `Cannot begin an arena as the first one open must ask for as many bytes as those begun after it: bytes is ${bytes}`,
    );
    arena({ bytes: 1 }).end();
    small.end();
    const large = arena({ bytes });
    assert(reserved!.buffer.byteLength > bytes && reserved!.buffer !== memory);
    const z = matmul(zeros([20, 20]), ones([20, 20]));
    assert(isInside(z) && z.data.every((v) => v === 0));
    assertThrows(() => relu(inside), TypeError, HAS_ENDED);
    large.end();
    assert(!isInside(arena(() => relu(x))));
  });

  it("takes less if there is less, and none if there is none", () => {
    const x = tensor([-1, 2]);
    const wasm = platform.WebAssembly!;
    const bytes = reserved!.buffer.byteLength + 2;
    const pages: number[] = [];
    try {
      platform.WebAssembly = {
        ...wasm,
        validate: (bytes) => wasm.validate(bytes),
        Module: wasm.Module,
        Instance: wasm.Instance,
        Memory: class {
          constructor(limits: { initial: number; maximum?: number }) {
            pages.push(limits.initial);
            assertEquals(limits.maximum, limits.initial);
            if (limits.initial * 65536 > bytes / 4 + FROM) {
              throw new RangeError();
            }
            return new wasm.Memory(limits);
          }
        } as unknown as new () => Memory,
      };
      arena(() => assert(isInside(relu(x))), { bytes });
      assert(pages.length > 1 && pages.at(-1)! < pages[0]);
      platform.WebAssembly = undefined;
      arena(() => {
        const z = relu(x);
        assert(!isInside(z) && reserved === undefined);
        assertEquals([...add(z, z).data], [0, 4]);
      }, { bytes: bytes + 1 });
    } finally {
      platform.WebAssembly = wasm;
    }
    arena(() => assert(isInside(relu(x))), { bytes: bytes + 2 });
  });
});

describe("arena() of a function", () => {
  it("gives copies of the tensors in the result that lie in the arena, and no others", () => {
    const x = tensor([-1, 2]);
    const date = new Date(0);
    const z = arena(() => relu(x));
    assert(!isInside(z));
    assertEquals(z, tensor([0, 2]));
    const found = arena((step) => {
      assertEquals([...step.keep(x).data], [-1, 2]);
      return { x, list: [relu(x), 1, null], y: relu(x), date, none: undefined };
    });
    assertStrictEquals(found.x.data, x.data);
    assertStrictEquals(found.date, date);
    assertEquals(found.list, [tensor([0, 2]), 1, null]);
    assertEquals(found.y, tensor([0, 2]));
    assert(!isInside(found.y));
    using _ = arena();
    const w = relu(x);
    assertStrictEquals(arena(() => w).data, w.data);
    assert(!isInside(arena(() => relu(w))));
  });

  it("ends where the function throws, or leaves an arena open, or ends it itself", () => {
    const x = tensor([1]);
    assertThrows(
      () =>
        arena(() => {
          arena();
          throw new Error("mine");
        }),
      Error,
      "mine",
    );
    assert(!isInside(relu(x)));
    assertThrows(() => arena(() => void arena()), Error, "one has not");
    assert(!isInside(relu(x)));
    assertEquals(arena((step) => (step.end(), 7)), 7);
    assertThrows(
      () => arena(async () => await null),
      TypeError,
      "Cannot run a function in an arena as it must be synchronous: its result is a promise",
    );
    assert(!isInside(relu(x)));
  });
});

describe("keep()", () => {
  it("copies a tensor of any element type to a new array", () => {
    const step = arena();
    const z = step.keep(relu(tensor([[-1, 2]])));
    const i = step.keep(tensor([1, 2], { dtype: "uint16" }));
    step.end();
    assertEquals(z, tensor([[0, 2]]));
    assertEquals(i, tensor([1, 2], { dtype: "uint16" }));
    assertEquals([z.data.byteOffset, z.data.buffer.byteLength], [0, 8]);
  });

  it("refuses what is not a tensor", () => {
    using step = arena();
    assertThrows(
      () => step.keep(7 as unknown as Any),
      TypeError,
      "Cannot keep x as x must be a tensor { shape, data }: it is 7",
    );
  });
});

describe("a checked arena", () => {
  it("uses no memory twice, fills it with NaN, and is refused for good", () => {
    const x = tensor([1, 2]);
    const seen = new Set<number>(), stale: Any[] = [];
    for (let i = 0; i < 5; i++) {
      using _ = arena({ checked: i !== 3 });
      const z = relu(x), w = relu(tensor([1, 2], { dtype: "float64" }));
      for (const { data } of [z, w]) {
        assert(!seen.has(data.byteOffset));
        if (i !== 3) seen.add(data.byteOffset);
      }
      if (i !== 3) stale.push(z, w as unknown as Any);
    }
    arena(() => {
      const z = relu(x);
      for (const y of stale) {
        assert(y.data.every(Number.isNaN));
        assertThrows(() => relu(y), TypeError, HAS_ENDED);
      }
      assertEquals([...relu(z).data], [1, 2]);
    });
  });

  it("is checked within, and makes what is around it checked", () => {
    const x = tensor([1]);
    const stale: Any[] = [];
    const outer = arena({ checked: true });
    arena(() => void stale.push(relu(x)));
    const live = relu(x);
    assertThrows(() => relu(stale[0]), TypeError, HAS_ENDED);
    assertEquals([...relu(live).data], [1]);
    outer.end();
    stale.push(live);
    const plain = arena(), first = relu(x);
    arena(() => void stale.push(relu(x)), { checked: true });
    assertEquals([...relu(first).data], [1]);
    plain.end();
    stale.push(first);
    using _ = arena();
    const now = Array.from({ length: 9 }, () => relu(x));
    for (const y of stale) assertThrows(() => relu(y), TypeError, HAS_ENDED);
    for (const y of now) assertEquals([...relu(y).data], [1]);
  });

  it("goes on for ever, in one memory after the other", () => {
    const room = reserved!.end - FROM, size = Math.floor(room / 3);
    const memories = new Set<ArrayBuffer>(),
      stale: Tensor<[number], Uint8Array<ArrayBuffer>>[] = [];
    for (let i = 0; i < 5; i++) {
      using _ = arena({ checked: true });
      const large = zeros([size], { dtype: "uint8" });
      assert(isInside(large));
      stale.push(large);
      memories.add(reserved!.buffer);
      assert(reserved!.end - FROM >= room);
    }
    assert(memories.size > 1);
    using _ = arena();
    for (const x of stale) {
      assert(x.data[0] === 255 && x.data[size - 1] === 255);
      assertThrows(
        () => oneHot(x, { classes: 300 }),
        TypeError,
        "must be open: it has ended",
      );
    }
  });

  it("fills ordinary arrays with NaN, too, where it is full", () => {
    const size = reserved!.end / 4;
    const leaked: Any[] = [];
    const kept = arena(() => {
      const z = zeros([size]);
      leaked.push(z);
      return [z];
    }, { checked: true });
    assert(!isInside(kept[0]) && kept[0].data[1] === 0);
    assert(
      Number.isNaN(leaked[0].data[0]) && Number.isNaN(leaked[0].data[size - 1]),
    );
    arena(() => leaked.push(zeros([size])));
    assertEquals(leaked[1].data[size - 1], 0);
  });
});

describe("any program of arenas", () => {
  /** What a program does next, drawn by a seed. */
  function run(seed: number): void {
    const choose = (() => {
      const random = randomFrom(seed);
      return (bound: number) => Math.floor(random() * bound / 2 ** 32);
    })();
    interface Own {
      step: Arena;
      isChecked: boolean;
      own: { x: Any; value: number }[];
    }
    const open: Own[] = [], closed: Arena[] = [], kept: Own["own"] = [];
    const gone: Any[] = [];
    let count = 0;
    const checkAll = () => {
      for (const { x, value } of [...open.flatMap(({ own }) => own), ...kept]) {
        assert(x.data.every((v) => v === value), `${seed}: ${value}`);
      }
      for (const x of gone) assertThrows(() => relu(x), TypeError, HAS_ENDED);
    };
    const end = ({ step, own, isChecked }: Own) => {
      if (own.length > 0 && choose(2) === 0) {
        const { x, value } = own[choose(own.length)];
        kept.push({ x: step.keep(x), value });
      }
      if (choose(2) === 0) step.end();
      else step[Symbol.dispose]();
      closed.push(step);
      if (isChecked) {
        for (const { x } of own) {
          if (isInside(x)) gone.push(x);
          else assert(x.data.every(Number.isNaN));
        }
      }
    };
    for (let i = 0; i < 60; i++) {
      const what = choose(8), last = open.at(-1);
      if (what === 0) {
        const checked = choose(3) === 0;
        const step = arena({ checked });
        const isChecked = checked || (last?.isChecked ?? false);
        open.push({ step, isChecked, own: [] });
      } else if (what === 1 && last !== undefined) end(open.pop()!);
      else if (what === 2 && open.length > 1) {
        const { step } = open[choose(open.length - 1)];
        assertThrows(() => step.end(), Error, "one has not");
      } else if (what === 3 && closed.length > 0) {
        const step = closed[choose(closed.length)];
        assertThrows(() => step.end(), Error, "it has ended");
      } else {
        const value = ++count;
        const x = zeros([choose(40) === 0 ? 2 ** 16 : choose(50)]);
        x.data.fill(value);
        const made = choose(2) === 0 ? x : relu(x);
        if (last === undefined) kept.push({ x: made, value });
        else last.own.push({ x: made, value }, { x, value });
      }
      if (i % 5 === 0) checkAll();
    }
    while (open.length > 0) end(open.pop()!);
    checkAll();
  }

  it("leaves every live tensor as it is, and refuses what has ended", () => {
    for (let seed = 0; seed < 40; seed++) run(seed);
  });
});

describe("a size beyond the memory", () => {
  it("is refused in an arena as elsewhere, and the arena goes on", () => {
    using _ = arena();
    const x = tensor([[1, 2]]);
    for (const n of [2 ** 40, 2 ** 52]) {
      assertThrows(
        () => zeros([n]),
        RangeError,
        "Cannot create zeros as there is no memory for the result",
      );
      assertThrows(() => broadcastTo(x, [n, 2]), RangeError, "Cannot ");
    }
    const z = relu(x);
    assert(isInside(z));
    assertEquals([...z.data], [1, 2]);
  });
});

describe("products of tensors in an arena", () => {
  it("are made in place: the same bits, and nothing beside is touched", () => {
    // deno-fmt-ignore
    const shapes = [[16, 16, 16], [17, 33, 19], [1, 300, 40], [3, 1400, 5], [13, 700, 9], [25, 130, 131], [121, 257, 8], [50, 257, 500], [2, 700, 500], [500, 700, 3]];
    for (const kind of ["float32", "float64"] as const) {
      for (const [m, n, p] of shapes) {
        const x = rough(m, n, kind), y = rough(n, p, kind);
        const dz = rough(m, p, kind);
        const z = matmul(x, y), dx = matmulDx(x, y, dz);
        const dy = matmulDy(x, y, dz);
        for (let inside = 1; inside < 8; inside++) {
          using _ = arena();
          const [X, Y, dZ] = [
            inside & 1 ? here(x) : x,
            inside & 2 ? here(y) : y,
            inside & 4 ? here(dz) : dz,
          ];
          const what = `${kind} ${m}×${n}×${p}, ${inside}`;
          const before = here(rough(1, 9)),
            out = here(z),
            after = here(rough(1, 9));
          out.data.fill(NaN);
          assertEquals(matmul(X, Y).data, z.data, what);
          assertEquals(matmul(X, Y, { out }).data, z.data, what);
          assertEquals([before.data, after.data], [
            rough(1, 9).data,
            rough(1, 9).data,
          ]);
          const both = matmulD(X, Y, dZ);
          assertEquals([both.x.data, both.y.data], [dx.data, dy.data], what);
          if (inside === 7) {
            const ordinary = { shape: z.shape, data: z.data.slice() };
            assertEquals(matmul(X, Y, { out: ordinary }).data, z.data, what);
          }
        }
      }
    }
  });

  it("are made in place of views, which lie where they lie, and have a bias", () => {
    using _ = arena();
    const x = rough(20, 30), w = rough(21, 30), b = rough(1, 21);
    const bias = { shape: [21] as [21], data: b.data };
    const all = zeros([20 * 30 + 3]).data;
    const view = { shape: x.shape, data: all.subarray(1, 601) };
    view.data.set(x.data);
    const expected = linear(x, w, bias);
    assertEquals(linear(view, here(w), here(bias)).data, expected.data);
    assertEquals(linear(view, w, null).data, linear(x, w, null).data);
    assertEquals([...all.subarray(601), all[0]], [0, 0, 0]);
  });

  it("are computed in pieces if the copies do not fit at once", () => {
    // X has not, or Y has not.
    const x = rough(7500, 2300), y = rough(2300, 3), z = matmul(x, y);
    const u = rough(2, 2300),
      v = { shape: [2300, 7500] as [2300, 7500], data: x.data };
    const w = matmul(u, v);
    using _ = arena();
    assertEquals(matmul(x, here(y)).data, z.data);
    assertEquals(matmul(here(u), v).data, w.data);
  });
});

describe("an arena that begins while threads run", () => {
  it("is shared: products are made in place on all threads, with the same bits", async () => {
    const single = arena();
    assertEquals(single.isShared, false);
    single.end();
    // Rows for each thread; columns, as there are few rows; no room to pack Y.
    // deno-fmt-ignore
    const shapes: ["float32" | "float64", number, number, number][] = [["float32", 200, 200, 200], ["float64", 201, 301, 150], ["float32", 8, 1000, 1001], ["float64", 96, 2100, 4100]];
    const cases = shapes.map(([kind, m, n, p]) => {
      const x = rough(m, n, kind), y = rough(n, p, kind);
      return { x, y, z: matmul(x, y) };
    });
    const wide = rough(64, 40), kernels = [relu(wide), softmax(wide)];
    const image = { shape: [1, 4, 64, 10] as const, data: wide.data };
    const w = rough(4, 36).data;
    const filters = { shape: [4, 4, 3, 3] as const, data: w };
    const convolved = conv2d(image, filters, null);
    const pooled = maxPool2d(image, { size: 2 });
    await startThreads(2);
    try {
      using step = arena();
      assert(step.isShared);
      for (const { x, y, z } of cases) {
        for (const inside of [7, 3, 5, 6, 0]) {
          using _ = arena();
          const before = zeros([9]);
          const out = inside & 4 ? zeros(z.shape, { dtype: dtypeOf(z) }) : z;
          const after = zeros([9]);
          const own = inside & 4
            ? out
            : { shape: z.shape, data: z.data.map(() => 7) };
          matmul(inside & 1 ? here(x) : x, inside & 2 ? here(y) : y, {
            out: own as typeof z,
          });
          assertEquals(own.data, z.data, `${x.shape} ${y.shape} ${inside}`);
          assert([...before.data, ...after.data].every((v) => v === 0));
        }
      }
      // The other kernels compute there, too, each on this thread.
      assertEquals(relu(here(wide)).data, kernels[0].data);
      assertEquals(softmax(here(wide)).data, kernels[1].data);
      const there = { shape: image.shape, data: here(wide).data };
      assertEquals(conv2d(there, filters, null).data, convolved.data);
      assertEquals(maxPool2d(there, { size: 2 }).data, pooled.data);
      const z = relu(wide);
      assert(z.data.buffer as ArrayBufferLike instanceof SharedArrayBuffer);
      assert(step.keep(z).data.buffer instanceof ArrayBuffer);
      assert(
        relu(wide, { out: step.keep(z) }).data.buffer instanceof ArrayBuffer,
      );
    } finally {
      stopThreads();
    }
    using after = arena();
    assert(!after.isShared);
    assertEquals(relu(wide).data, kernels[0].data);
  });
});

describe("gradcheck() in an arena", () => {
  it("finds a right gradient right", () => {
    using _ = arena({ checked: true });
    const x = tensor([[1, -2], [3, 4]], { dtype: "float64" });
    gradcheck(
      (x: typeof x_) => matmul(x, x),
      (x: typeof x_, dz: typeof x_) =>
        add(matmulDx(x, x, dz), matmulDy(x, x, dz)),
      [x],
    );
  });
});

declare const x_: Tensor<[2, 2], Float64Array<ArrayBuffer>>;
