// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Numbers } from "../core/arrays.ts";
import { blocked } from "./blocked.ts";
import { type Matrix, matrix, transpose } from "./matrix.ts";
import { compute, type Engine, SPACE } from "./engine.ts";
import { multiply } from "./multiply.ts";
import { naive } from "./naive.ts";
import { PAGE, platform, type Wasm } from "./platform.ts";
import { createEngine, simd, simdOn, simdPrecise } from "./simd.ts";

type Data = Numbers;
type Kernel = typeof naive;

const ARRAYS = [Float32Array, Float64Array];

/** Around the sides of a tile and of the blocks, and around the crossover. */
// deno-fmt-ignore
const EDGES = [0, 1, 3, 4, 5, 15, 16, 17, 95, 96, 97, 127, 128, 129, 255, 256, 257];

/** Around the sides of a tile and of the blocks of the SIMD kernel. */
// deno-fmt-ignore
const SIMD_EDGES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 24, 25, 119, 120, 121, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025];

/** Park and Miller's generator: the same integers below 2^31 in every run. */
function* randomIntegers(seed: number): Generator<number, never> {
  while (true) yield seed = seed * 48271 % (2 ** 31 - 1);
}

const random = randomIntegers(12);

/** Numbers whose sums round, so that a sum in another order has other bits. */
const rough = () =>
  (random.next().value / 2 ** 30 - 1) * 2 ** (random.next().value % 4);

const integer = (bound: number) => () =>
  random.next().value % (2 * bound + 1) - bound;

interface Layout {
  transposed?: boolean;
  /** How many numbers stand between two rows, and after the last. */
  gap?: number;
}

const LAYOUTS: [string, Layout, Layout][] = [
  ["X Y", {}, {}],
  ["Xᵀ Y", { transposed: true, gap: 1 }, {}],
  ["X Yᵀ", {}, { transposed: true, gap: 2 }],
  ["Xᵀ Yᵀ", { transposed: true }, { transposed: true }],
  ["X Y with gaps of NaN", { gap: 3 }, { gap: 5 }],
];

/** A matrix of numbers from `next`; the gaps between its rows are NaN. */
function make<R extends number, C extends number>(
  kind: typeof ARRAYS[number],
  rows: R,
  cols: C,
  next: () => number,
  { transposed = false, gap = 0 }: Layout = {},
): Matrix<R, C> {
  if (transposed) return transpose(make(kind, cols, rows, next, { gap }));
  const rowStep = cols + gap;
  const data = new kind(rows * rowStep + gap).fill(NaN);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) data[i * rowStep + j] = next();
  }
  return { data, rows, cols, rowStep, colStep: 1 };
}

function run(kernel: Kernel, x: Matrix, y: Matrix, bias?: Data): Data {
  const kind = x.data instanceof Float32Array ? Float32Array : Float64Array;
  const size = x.rows * y.cols;
  const room = new kind(size + 9).fill(-7);
  kernel(x, y, room, bias);
  assert(room.subarray(size).every((v) => v === -7), "Written beyond the end");
  return room.subarray(0, size);
}

function assertSameBits(actual: Data, expected: Data, what: string): void {
  assertEquals(actual.length, expected.length, what);
  let at = 0;
  while (at < actual.length && Object.is(actual[at], expected[at])) at++;
  assert(
    at === actual.length,
    `${what}: element ${at} is ${actual[at]}, not ${expected[at]}`,
  );
}

/** The element as an exact integer, by arithmetic that never rounds. */
function exact(x: Matrix, y: Matrix, i: number, k: number): bigint {
  let sum = 0n;
  for (let j = 0; j < x.cols; j++) {
    sum += BigInt(x.data[i * x.rowStep + j * x.colStep]) *
      BigInt(y.data[j * y.rowStep + k * y.colStep]);
  }
  return sum;
}

for (const kernel of [naive, blocked, simd]) {
  describe(`${kernel.name}()`, () => {
    it("computes a small product by hand", () => {
      const X = matrix(new Float32Array([1, 2, 3, 4, 5, 6]), 2, 3);
      const Y = matrix(new Float32Array([1, -1, 2, 0, 0, 3]), 3, 2);
      const bias = new Float32Array([10, 20]);
      assertEquals([...run(kernel, X, Y)], [5, 8, 14, 14]);
      assertEquals([...run(kernel, X, Y, bias)], [15, 28, 24, 34]);
      assertEquals([...run(kernel, transpose(Y), transpose(X))], [
        5,
        14,
        8,
        14,
      ]);
      assertEquals([...run(kernel, transpose(X), X)], [
        ...[17, 22, 27],
        ...[22, 29, 36],
        ...[27, 36, 45],
      ]);
    });

    it("obeys the transposition law, (X Y)ᵀ = Yᵀ Xᵀ", () => {
      for (const kind of ARRAYS) {
        const [m, n, p] = [21, 130, 19];
        const [x, y] = [make(kind, m, n, rough), make(kind, n, p, rough)];
        const z = run(kernel, x, y);
        const t = run(kernel, transpose(y), transpose(x));
        const back = z.map((_, at) => t[(at % p) * m + Math.floor(at / p)]);
        assertSameBits(back, z, kind.name);
      }
    });

    it("gives a column of the product for a column of the second factor", () => {
      for (const kind of ARRAYS) {
        const [m, n, p] = [18, 131, 22];
        const [x, y] = [make(kind, m, n, rough), make(kind, n, p, rough)];
        const z = run(kernel, x, y);
        for (let k = 0; k < p; k++) {
          const column = { ...y, data: y.data.subarray(k), cols: 1 };
          assertSameBits(
            run(kernel, x, column),
            z.filter((_, at) => at % p === k),
            `column ${k}`,
          );
        }
      }
    });

    it("keeps NaN and infinity in their row and column", () => {
      const [m, n, p] = [19, 129, 21];
      for (const poison of [NaN, Infinity]) {
        const x = make(Float64Array, m, n, () => 0);
        const y = make(Float64Array, n, p, () => 0);
        x.data[7 * n + 128] = poison;
        y.data[128 * p + 9] = poison;
        const z = run(kernel, x, y);
        // In the corner NaN · NaN, or ∞ · ∞; elsewhere 0 · NaN, or 0 · ∞.
        z.forEach((value, at) => {
          const [i, k] = [Math.floor(at / p), at % p];
          const expected = i === 7 && k === 9
            ? poison
            : i === 7 || k === 9
            ? NaN
            : 0;
          assertEquals(value, expected);
        });
      }
    });
  });
}

describe("blocked() beside naive()", () => {
  for (const kind of ARRAYS) {
    for (const [name, ofX, ofY] of LAYOUTS) {
      it(`has the same bits at the edges of all blocks: ${name}, ${kind.name}`, () => {
        for (const edge of EDGES) {
          for (const [m, n, p] of [[edge, 6, 7], [5, edge, 7], [5, 6, edge]]) {
            const x = make(kind, m, n, rough, ofX);
            const y = make(kind, n, p, rough, ofY);
            const bias = make(kind, 1, p, rough).data;
            const what = `${m}×${n} by ${n}×${p}`;
            assertSameBits(run(blocked, x, y), run(naive, x, y), what);
            assertSameBits(
              run(blocked, x, y, bias),
              run(naive, x, y, bias),
              `${what} with a bias`,
            );
          }
        }
      });
    }

    it(`has the same bits over several blocks each way: ${kind.name}`, () => {
      const [m, n, p] = [97, 257, 259];
      const x = make(kind, m, n, rough);
      const y = make(kind, n, p, rough);
      assertSameBits(run(blocked, x, y), run(naive, x, y), kind.name);
    });

    it(`has the bias in each of several blocks each way: ${kind.name}`, () => {
      for (const [m, n, p] of [[97, 1, 257], [193, 130, 513]]) {
        const x = make(kind, m, n, rough);
        const y = make(kind, n, p, rough);
        const bias = make(kind, 1, p, rough).data;
        assertSameBits(
          run(blocked, x, y, bias),
          run(naive, x, y, bias),
          `${m}×${n} by ${n}×${p}`,
        );
      }
    });
  }

  it("keeps nothing from the call before", () => {
    const full = make(Float64Array, 100, 130, () => NaN);
    for (const size of [1, 3, 5, 17]) {
      run(blocked, full, transpose(full));
      const x = make(Float64Array, size, size, rough);
      assertSameBits(run(blocked, x, x), run(naive, x, x), `size ${size}`);
    }
  });

  it("differs in its bits from a sum in another order", () => {
    // Without this, equal bits would say nothing about the order of the sums.
    const x = make(Float64Array, 8, 64, rough);
    const y = make(Float64Array, 64, 8, rough);
    const [u, v] = [x, y].map((a) => ({
      ...a,
      data: a.data.slice().reverse(),
    }));
    const z = run(blocked, u, v).reverse();
    assert(run(blocked, x, y).some((value, at) => value !== z[at]));
  });
});

for (const kernel of [naive, blocked]) {
  describe(`the sums of ${kernel.name}()`, () => {
    it("is exact where the sums are, and rounds them once where they are not", () => {
      // Up to 2^24 an integer is a float32; sums of 32 such products are below
      // 2^53, exact in float64, and rounded only when they are stored.
      for (const kind of ARRAYS) {
        for (const [m, n, p] of [[7, 32, 9], [33, 17, 21], [1, 32, 1]]) {
          const x = make(kind, m, n, integer(2 ** 24));
          const y = make(kind, n, p, integer(2 ** 24));
          const z = run(kernel, x, y);
          for (let i = 0; i < m; i++) {
            for (let k = 0; k < p; k++) {
              const [expected] = new kind([Number(exact(x, y, i, k))]);
              assertEquals(z[i * p + k], expected);
            }
          }
        }
      }
    });
  });
}

describe("simd() beside blocked()", () => {
  // Where every sum is an integer that the element type holds, nothing is
  // rounded: then another order gives the same bits.
  const small = integer(64);

  for (const kind of ARRAYS) {
    for (const [name, ofX, ofY] of LAYOUTS) {
      it(`has the same bits at the edges of all blocks: ${name}, ${kind.name}`, () => {
        for (const edge of SIMD_EDGES) {
          for (const [m, n, p] of [[edge, 6, 7], [7, edge, 9], [5, 6, edge]]) {
            const x = make(kind, m, n, small, ofX);
            const y = make(kind, n, p, small, ofY);
            const bias = make(kind, 1, p, small).data;
            const what = `${m}×${n} by ${n}×${p}`;
            assertSameBits(run(simd, x, y), run(blocked, x, y), what);
            assertSameBits(
              run(simd, x, y, bias),
              run(blocked, x, y, bias),
              `${what} with a bias`,
            );
          }
        }
      });

      it(`has the same bits over several blocks each way: ${name}, ${kind.name}`, () => {
        const [m, n, p] = [131, 257, 1041];
        const x = make(kind, m, n, small, ofX);
        const y = make(kind, n, p, small, ofY);
        assertSameBits(run(simd, x, y), run(blocked, x, y), kind.name);
      });
    }

    it(`has the same bits where one matrix is thin: ${kind.name}`, () => {
      // deno-fmt-ignore
      const terms = [16, 17, 18, 19, 127, 128, 129, 131, 255, 256, 257, 515];
      for (const lines of [32, 33, 34, 35, 1030]) {
        for (const n of lines > 1000 ? [128, 259] : terms) {
          for (const few of lines > 1000 ? [1, 2, 3, 7, 8] : [1, 2]) {
            for (const [m, p] of [[few, lines], [lines, few]]) {
              for (const [name, ofX, ofY] of LAYOUTS) {
                const x = make(kind, m, n, small, ofX);
                const y = make(kind, n, p, small, ofY);
                const bias = n % 2 ? make(kind, 1, p, small).data : undefined;
                assertSameBits(
                  run(simd, x, y, bias),
                  run(naive, x, y, bias),
                  `${name}: ${m}×${n} by ${n}×${p}`,
                );
              }
            }
          }
        }
      }
      // Longer than what is packed at once, and than the sums of all at once.
      const [x, y] = [[1, 8200], [8200, 33]].map(([rows, cols]) =>
        make(kind, rows, cols, () => random.next().value % 7 - 3)
      );
      const wide = make(kind, 5, 40, small), flat = make(kind, 40, 9001, small);
      const pairs = [
        [x, y],
        [x, transpose(make(kind, 33, 8200, () => 3))],
        [transpose(y), transpose(x)],
        [wide, flat],
        [transpose(flat), transpose(wide)],
      ];
      for (const [x, y] of pairs) {
        const what = `${x.rows}×${x.cols} by ${y.cols}`;
        assertSameBits(run(simd, x, y), run(naive, x, y), what);
      }
    });

    it(`has an infinity only where it belongs, in a thin product: ${kind.name}`, () => {
      const [n, lines] = [131, 35];
      const data = new kind(n * lines).fill(1);
      data[5 * n + n - 1] = Infinity; // The last term of line 5.
      data[6 * n + n - 2] = NaN;
      const y = matrix(new kind(n).fill(2), n, 1);
      const large = matrix(data, lines, n);
      for (
        const z of [
          run(simd, large, y),
          run(simd, transpose(y), transpose(large)),
        ]
      ) {
        assertEquals(
          [...z],
          Array.from(
            { length: lines },
            (_, i) => i === 5 ? Infinity : i === 6 ? NaN : 2 * n,
          ),
        );
      }
      const columns = matrix(data.slice(), n, lines), at = n * lines - 1;
      columns.data.fill(1)[at] = Infinity;
      const z = run(simd, transpose(y), columns);
      assertEquals([...z].indexOf(Infinity), lines - 1);
      assert(z.subarray(0, lines - 1).every((v) => v === 2 * n));
    });

    it(`gives a small product the bits that its rows have in a larger one: ${kind.name}`, () => {
      // More than 120 rows are several blocks of X.
      for (const [, layout, other] of LAYOUTS) {
        for (
          const [m, n, p] of [
            [4, 41, 31],
            [16, 16, 16],
            [17, 128, 9],
            [23, 127, 24],
            [120, 33, 65],
          ]
        ) {
          const X = make(kind, 127, n, rough, layout);
          const Y = make(kind, n, p, rough, other);
          const bias = make(kind, 1, p, rough).data;
          for (const added of [undefined, bias]) {
            const all = run(simd, X, Y, added);
            const few = run(simd, { ...X, rows: m }, Y, added);
            assertSameBits(few, all.subarray(0, m * p), `${[m, n, p]}`);
          }
        }
      }
    });

    it(`rounds a sum once for each term: ${kind.name}`, () => {
      const half = kind === Float32Array ? 2 ** -24 : 2 ** -53;
      // deno-fmt-ignore
      for (const [m, n, p] of [[9, 200, 11], [7, 3000, 5], [2, 3000, 40], [40, 3000, 2]]) {
        const x = make(kind, m, n, rough);
        const y = make(kind, n, p, rough);
        const z = run(simd, x, y);
        const truth = run(naive, x, y);
        const sizes = run(
          naive,
          { ...x, data: x.data.map(Math.abs) },
          { ...y, data: y.data.map(Math.abs) },
        );
        // float64 has no better truth here than the naive sum, with its error.
        const steps = Math.min(n, 128) + n / 128 + 1 +
          (kind === Float32Array ? 0 : n);
        z.forEach((value, at) =>
          assert(Math.abs(value - truth[at]) <= steps * half * sizes[at])
        );
      }
    });
  }

  it("takes the last result for one of another element type nowhere", () => {
    // Both results have 296 numbers, and begin at the same byte of the memory.
    for (const [kind, n] of [[Float32Array, 31], [Float64Array, 14]] as const) {
      const x = make(kind, 8, n, integer(64)),
        y = make(kind, n, 37, integer(64));
      assertSameBits(run(simd, x, y), run(naive, x, y), kind.name);
    }
  });

  it("sums each half of more than 128 terms on its own", () => {
    // Whatever follows 2²⁴ in a float32 sum is lost, but as a sum of its own it is not.
    for (const [n, kept] of [[128, 0], [130, 62], [200, 100], [256, 128]]) {
      const x = matrix(new Float32Array(7 * n).fill(1), 7, n);
      const y = matrix(new Float32Array(9 * n).fill(1), n, 9);
      y.data.fill(2 ** 24, 0, 9);
      const z = new Float32Array(63);
      simd(x, y, z);
      assert(z.every((sum) => sum === 2 ** 24 + kept), `${n}: ${z}`);
    }
  });

  it("works through what is larger than its memory in pieces", () => {
    const signs = <R extends number, C extends number>(rows: R, cols: C) => {
      const data = new Float32Array(rows * cols);
      // There are so many that most of them are copies.
      for (let i = 0; i < Math.min(4099, data.length); i++) {
        data[i] = random.next().value % 3 - 1;
      }
      for (let n = 4099; n < data.length; n *= 2) data.copyWithin(n, 0, n);
      return matrix(data, rows, cols);
    };
    const long = 6_000_000;
    for (const [m, n, p] of [[long, 1, 2], [1, long, 2], [2, 1, long]]) {
      const x = signs(m, n), y = signs(n, p), bias = signs(1, p).data;
      assertSameBits(
        run(simd, x, y, bias),
        run(naive, x, y, bias),
        `${m}×${n} by ${n}×${p}`,
      );
    }
  });
});

/** An engine whose memory cannot grow. */
function fullEngine(): Engine {
  const engine = createEngine()!;
  return {
    ...engine,
    memory: {
      buffer: engine.memory.buffer,
      grow: () => {
        throw new RangeError("Out of memory");
      },
    },
  };
}

describe("createEngine()", () => {
  const wasm = platform.WebAssembly!;
  /** WebAssembly as an older runtime has it. */
  const older = (is: Partial<Wasm>): Wasm => ({
    validate: (bytes) => wasm.validate(bytes),
    Module: wasm.Module,
    Instance: wasm.Instance,
    Memory: wasm.Memory,
    ...is,
  });
  const x = make(Float32Array, 61, 300, integer(64));
  const y = make(Float32Array, 300, 43, integer(64));

  it("takes plain SIMD where there are no relaxed multiply-adds", () => {
    let tries = 0;
    const engine = createEngine(older({
      validate: (bytes) => tries++ > 0 && wasm.validate(bytes),
    }))!;
    for (const kind of ARRAYS) {
      const [u, v] = [x, y].map((a) => ({ ...a, data: kind.from(a.data) }));
      const z = new kind(61 * 43);
      assert(compute(engine, u, v, z, undefined));
      assertSameBits(z, run(blocked, u, v), kind.name);
    }
    assertEquals(tries, 2);
  });

  it("gives nothing without SIMD or WebAssembly", () => {
    assertEquals(createEngine(older({ validate: () => false })), undefined);
    const Module = class {
      constructor() {
        throw new EvalError("Refused to compile");
      }
    };
    assertEquals(createEngine(older({ Module })), undefined);
    const Memory = class {
      constructor() {
        throw new RangeError("Out of memory");
      }
    } as unknown as Wasm["Memory"];
    assertEquals(createEngine(older({ Memory })), undefined);
    // WebKit compiles even where the page forbids it.
    assertEquals(createEngine(older({ Instance: Module as never })), undefined);
  });

  it("works on at most 64 MB at once", () => {
    const engine = createEngine()!;
    const [m, p] = [7_000_000, 2];
    const x = { ...make(Float32Array, 1, 1, () => 1), rows: m };
    x.data = new Float32Array(m).fill(1);
    const y = make(Float32Array, 1, p, () => 3);
    const z = new Float32Array(m * p);
    assert(compute(engine, x, y, z, undefined));
    assert(z.every((value) => value === 3));
    // Beside them lie the packed blocks, and gaps.
    assert(engine.memory.buffer.byteLength <= SPACE + 2 ** 26 + 2 * PAGE);
  });

  it("gets the memory that it needs even if a prototype is polluted", () => {
    // deno-lint-ignore no-explicit-any
    const polluted = Object.prototype as any;
    for (const [name, value] of [["shared", true], ["maximum", 1]]) {
      Object.defineProperty(polluted, name as string, {
        value,
        configurable: true,
      });
      try {
        const { memory, heap32, heap64 } = createEngine()!;
        assert(memory.buffer instanceof ArrayBuffer);
        assert(heap32.buffer === memory.buffer);
        assert(heap64.buffer === memory.buffer);
      } finally {
        delete polluted[name as string];
      }
    }
  });

  it("computes the same even if a prototype is polluted", () => {
    // deno-lint-ignore no-explicit-any
    const polluted = Object.prototype as any;
    let i = 0;
    const x = make(Float32Array, 20, 20, () => i++ % 7);
    const y = make(Float32Array, 20, 20, () => i++ % 5);
    const expected = new Float32Array(400);
    assert(compute(createEngine()!, x, y, expected, undefined));
    for (const name of ["hasThreads", "result"]) {
      Object.defineProperty(polluted, name, {
        get: () => true, // There is no setter: to write it throws.
        configurable: true,
      });
      try {
        const z = new Float32Array(400);
        assert(compute(createEngine()!, x, y, z, undefined));
        assertEquals(z, expected);
      } finally {
        delete polluted[name];
      }
    }
  });

  it("needs no atob, which an audio worklet has not", () => {
    const { atob } = globalThis;
    Object.assign(globalThis, { atob: undefined });
    try {
      assert(createEngine(wasm) !== undefined);
    } finally {
      Object.assign(globalThis, { atob });
    }
  });

  it("says so where the memory cannot grow, and writes nothing", () => {
    const full = fullEngine();
    const z = new Float32Array(61 * 43).fill(-7);
    assertEquals(compute(full, x, y, z, undefined), false);
    assertEquals([...new Set(z)], [-7]);
  });
});

describe("simdOn()", () => {
  it("leaves the product to the blocked kernel without an engine or memory", () => {
    const full = fullEngine();
    for (const kind of ARRAYS) {
      const x = make(kind, 21, 300, rough);
      const y = make(kind, 300, 23, rough, { transposed: true });
      const bias = make(kind, 1, 23, rough).data;
      for (const given of [undefined, full]) {
        for (const base of [undefined, bias]) {
          assertSameBits(
            run((...args) => simdOn(given, ...args), x, y, base),
            run(blocked, x, y, base),
            kind.name,
          );
        }
      }
    }
  });
});

describe("multiply()", () => {
  it("gives the sums of the naive kernel below the crossover", () => {
    for (const kind of ARRAYS) {
      for (
        const [m, n, p] of [[4, 6, 5], [1, 124, 1], [0, 99, 9], [9, 0, 9]]
      ) {
        const [x, y] = [make(kind, m, n, rough), make(kind, n, p, rough)];
        const bias = make(kind, 1, p, rough).data;
        const z = run(multiply, x, y, bias);
        assertSameBits(z, run(naive, x, y, bias), `${m}×${n}×${p}`);
      }
    }
  });

  it("gives the sums of the naive kernel where there are one or two", () => {
    for (const kind of ARRAYS) {
      for (const [m, n, p] of [[1, 5000, 1], [2, 70, 1], [1, 2100, 2]]) {
        const [x, y] = [make(kind, m, n, rough), make(kind, n, p, rough)];
        const bias = make(kind, 1, p, rough).data;
        const z = run(multiply, x, y, bias);
        assertSameBits(z, run(naive, x, y, bias), `${m}×${n}×${p}`);
      }
    }
  });

  it("gives the sums of the SIMD kernel in float64 between the crossovers", () => {
    // In float64, they differ from the naive kernel's where multiply-adds are
    // fused.
    for (const kind of ARRAYS) {
      for (
        const [m, n, p] of [[5, 5, 5], [3, 42, 1], [1, 42, 3], [15, 16, 17]]
      ) {
        const x = make(kind, m, n, rough);
        const y = make(kind, n, p, rough, { transposed: true });
        const bias = make(kind, 1, p, rough).data;
        const z = run(multiply, x, y, bias);
        const expected = run(simdPrecise, x, y, bias);
        assertSameBits(z, expected, `${kind.name} ${m}×${n}×${p}`);
      }
    }
  });

  it("rounds small sums of float32 once, when they are stored", () => {
    for (const [m, n, p] of [[5, 5, 5], [15, 16, 17], [1, 4095, 1]]) {
      const next = integer(2 ** 20);
      const x = make(Float32Array, m, n, next);
      const y = make(Float32Array, n, p, next, { transposed: true });
      const data = run(multiply, x, y);
      for (let i = 0; i < m; i++) {
        for (let k = 0; k < p; k++) {
          const expected = Math.fround(Number(exact(x, y, i, k)));
          assertEquals(data[i * p + k], expected, `${m}×${n}×${p}`);
        }
      }
    }
  });

  it("gives the sums of the SIMD kernel from the crossover on", () => {
    for (const kind of ARRAYS) {
      for (const [m, n, p] of [[16, 16, 16], [3, 1366, 1], [33, 99, 9]]) {
        const [x, y] = [make(kind, m, n, rough), make(kind, n, p, rough)];
        const bias = make(kind, 1, p, rough).data;
        const z = run(multiply, x, y, bias);
        assertSameBits(z, run(simd, x, y, bias), `${m}×${n}×${p}`);
      }
    }
  });
});

describe("transpose()", () => {
  it("exchanges the dimensions and the steps, over the same data", () => {
    const a = make(Float32Array, 2, 3, rough);
    const t = transpose(a);
    assertEquals([t.rows, t.cols, t.rowStep, t.colStep], [3, 2, 1, 3]);
    assert(t.data === a.data);
    assertEquals(transpose(t), a);
  });
});
