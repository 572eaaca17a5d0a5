// Copyright 2026 the Adjoint authors. MIT license.

// The calls of the kernel, watched by a kernel of TypeScript: where the operands
// stand, which pieces of the work they are, and what is made of them.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Numbers } from "../core/arrays.ts";
import {
  type Ahead,
  compute,
  copyIn,
  type Engine,
  type Gemm,
} from "./engine.ts";
import { type Matrix, transpose } from "./matrix.ts";
import { naive } from "./naive.ts";

type Data = Numbers;

const ARRAYS = [Float32Array, Float64Array];
const START = 4096;
/** Rows and columns that the packed Y may have more than Y. */
const PADDING = 8;
const VECTOR = 16;

type Job = [...Parameters<Gemm>, ...Ahead];

/** Where a part of the memory begins and ends, in bytes. */
type Range = [name: string, from: number, to: number];

function assertApart(ranges: Range[]): void {
  const inOrder = ranges.toSorted(([, a], [, b]) => a - b);
  for (const [i, [name, , end]] of inOrder.slice(0, -1).entries()) {
    const [next, start] = inOrder[i + 1];
    assert(end <= start, `${name} ends at ${end}, ${next} begins at ${start}`);
  }
}

/** An engine whose kernel multiplies as the definition says, and records jobs. */
function createEngine(
  hasThreads = false,
  limit = 2 ** 26,
  bytes = START,
  depth = 1,
  from = Infinity,
) {
  let buffer = new ArrayBuffer(bytes);
  const jobs: { size: number; job: Job }[] = [];
  const memory = {
    get buffer() {
      return buffer;
    },
    grow(pages: number): number {
      assert(pages > 0 && Number.isInteger(pages), `It grows by ${pages}`);
      const before = buffer.byteLength;
      buffer = buffer.transfer(before + 65536 * pages);
      return before / 65536;
    },
  };

  const multiply = (size: 4 | 8, job: Job) => {
    jobs.push({ size, job });
    // deno-fmt-ignore
    const [m, n, p, x, xRowStep, xColStep, y, yRowStep, yColStep,
      z, zStep, base, baseStep, , space, packed, X, i0, j0] = job;
    const heap = size === 4 ? engine.heap32 : engine.heap64;
    assert(heap.buffer === buffer, "A view of the memory as it was");
    if (hasThreads && X) copyIn(heap, x / size, X, i0, j0, m, n);
    assertEquals(space, 0);
    if (from === Infinity) assertEquals(x, START);
    const ranges: Range[] = [
      ["space", 0, START],
      ["x", x, x + size * m * n + VECTOR],
      ["y", y, y + size * n * p + VECTOR],
      ["z", z, z + zStep * m],
    ];
    if (base !== 0 && base !== z) {
      ranges.push(["bias", base, base + size * p]);
    }
    if (hasThreads && packed > 0 && m >= 48) {
      const length = size * (n + PADDING) * (p + PADDING);
      ranges.push(["packed", packed, packed + length]);
    }
    ranges.push(["end", buffer.byteLength, Infinity]);
    // A tensor that is used in place has gaps, which others may lie in.
    const copied = ranges.filter(([, at], i) => i === 0 || at < from);
    assertApart(from === Infinity ? ranges : copied);
    for (const [name, at] of copied.slice(1)) {
      if (at === buffer.byteLength) continue;
      assertEquals(at % 64, 0, `${name} is not at the start of a cache line`);
    }
    const at = (address: number) => heap[address / size];
    for (let i = 0; i < m; i++) {
      for (let k = 0; k < p; k++) {
        let sum = base === 0 ? 0 : at(base + i * baseStep + k * size);
        for (let j = 0; j < n; j++) {
          sum += at(x + i * xRowStep + j * xColStep) *
            at(y + j * yRowStep + k * yColStep);
        }
        heap[(z + i * zStep + k * size) / size] = sum;
      }
    }
  };

  const engine: Engine = {
    memory,
    hasThreads,
    depth,
    start: START,
    limit,
    from,
    gemm32: (...job) => multiply(4, job),
    gemm64: (...job) => multiply(8, job),
    heap32: new Float32Array(buffer),
    heap64: new Float64Array(buffer),
    plans: [],
  };
  return { engine, jobs };
}

/** A matrix of small integers; the gaps between its rows are NaN. */
function make(
  kind: typeof ARRAYS[number],
  rows: number,
  cols: number,
  seed: number,
  gap = 0,
): Matrix {
  const rowStep = cols + gap;
  const data = new kind(rows * rowStep + gap).fill(gap > 0 ? NaN : 0);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      data[i * rowStep + j] = (seed * (i + 1) + 7 * j + i * j) % 11 - 5;
    }
  }
  return { data, rows, cols, rowStep, colStep: 1 };
}

function assertSame(actual: Data, expected: Data, what: string): void {
  assertEquals(actual.length, expected.length, what);
  const at = actual.findIndex((value, i) => !Object.is(value, expected[i]));
  assert(at < 0, `${what}: ${at} is ${actual[at]}, not ${expected[at]}`);
}

/** Computes a product and checks it; the result is the jobs that it took. */
function multiply(
  watched: ReturnType<typeof createEngine>,
  x: Matrix,
  y: Matrix,
  bias?: Data,
  size?: number,
) {
  const kind = x.data instanceof Float32Array ? Float32Array : Float64Array;
  const [z, expected] = [1, 2].map(() => new kind(x.rows * y.cols));
  watched.jobs.length = 0;
  assert(compute(watched.engine, x, y, z, bias, size));
  naive(x, y, expected, bias);
  assertSame(z, expected, `${x.rows}×${x.cols} by ${y.rows}×${y.cols}`);
  return watched.jobs.slice();
}

/** Every layout of two factors. */
function* factors(
  kind: typeof ARRAYS[number],
  m: number,
  n: number,
  p: number,
) {
  for (const gap of [0, 3]) {
    const [x, xt] = [make(kind, m, n, 3, gap), make(kind, n, m, 5, gap)];
    const [y, yt] = [make(kind, n, p, 4, gap), make(kind, p, n, 6, gap)];
    yield [x, y];
    yield [transpose(xt), y];
    yield [x, transpose(yt)];
    yield [transpose(xt), transpose(yt)];
  }
}

// deno-fmt-ignore
const SHAPES = [[1, 1, 1], [2, 3, 5], [7, 1, 300], [300, 2, 3], [3, 300, 2], [30, 31, 33], [5, 16, 200]];

for (const hasThreads of [false, true]) {
  describe(`compute() with ${hasThreads ? "several threads" : "one thread"}`, () => {
    it("keeps the operands apart, and gives the product, whatever the layout", () => {
      for (const kind of ARRAYS) {
        const watched = createEngine(hasThreads);
        for (const [m, n, p] of SHAPES) {
          const bias = make(kind, 1, p, 9).data;
          for (const [x, y] of factors(kind, m, n, p)) {
            assertEquals(multiply(watched, x, y).length, 1);
            assertEquals(multiply(watched, x, y, bias).length, 1);
          }
        }
      }
    });

    it("grows by what the operands take, to the byte", () => {
      // Memory grows by pages. It is too small by any missing 128 bytes for some
      // of these sizes that it may have before.
      for (const [m, n, p] of [[3, 4, 5], [2, 3, 100], [9, 60, 4]]) {
        const x = make(Float64Array, m, n, 1), y = make(Float64Array, n, p, 2);
        for (let more = 0; more < 65536; more += 128) {
          const watched = createEngine(hasThreads, undefined, START + more);
          assertEquals(multiply(watched, x, y).length, 1);
        }
      }
      // The results stand in the same place, but the second may need more memory;
      // it may need 4 bytes more than there are.
      const [x, y] = [make(Float32Array, 3, 1, 1), make(Float32Array, 1, 1, 2)];
      const [u, v] = [make(Float32Array, 3, 2, 1), make(Float32Array, 2, 1, 2)];
      for (let more = 0; more < 4096; more += 8) {
        const watched = createEngine(hasThreads, undefined, START + more);
        assertEquals(multiply(watched, x, y).length, 1);
        assertEquals(multiply(watched, u, v).length, 1);
      }
    });

    it("tells a result from one of another type in the same place", () => {
      const watched = createEngine(hasThreads);
      for (
        const [kind, n] of [[Float32Array, 1], [Float64Array, 65]] as const
      ) {
        const [x, y] = [make(kind, 3, n, 1), make(kind, n, 5, 2)];
        const [{ size, job }] = multiply(watched, x, y);
        assertEquals(job[9] / size, 1152);
      }
    });

    it("sums float32 numbers in float64 where it is told to", () => {
      const watched = createEngine(hasThreads);
      for (const [x, y] of factors(Float32Array, 5, 7, 11)) {
        const bias = make(Float32Array, 1, 11, 9).data;
        for (const size of [4, 8, undefined]) {
          const jobs = multiply(watched, x, y, bias, size);
          assertEquals(jobs.map((job) => job.size), [size ?? 4]);
        }
      }
    });
  });
}

/** Bytes that a piece of the work takes, of so many rows and columns. */
function bytesOf(
  [m, n, p]: readonly number[],
  size: number,
): number {
  return size * (m * n + n * p + (m + 1) * p);
}

for (const hasThreads of [false, true]) {
  describe(`pieces for ${hasThreads ? "several threads" : "one thread"}`, () => {
    const LIMIT = 20_000;
    // deno-fmt-ignore
    const shapes = [[100, 5, 7], [7, 400, 5], [5, 7, 300], [64, 64, 64], [33, 90, 91],
      [90, 33, 91], [91, 90, 33], [128, 64, 32], [32, 128, 64], [64, 32, 128], [200, 3, 200],
      [1, 5000, 1], [700, 1, 1], [1, 1, 700], [100, 100, 99], [99, 100, 100], [100, 99, 100]];

    it("make the product, whatever the layout", () => {
      for (const kind of ARRAYS) {
        const numbers = hasThreads ? 400 : 300;
        const limit = numbers * kind.BYTES_PER_ELEMENT;
        const watched = createEngine(hasThreads, limit);
        // deno-fmt-ignore
        const small = [[30, 5, 7], [7, 60, 5], [5, 7, 40], [12, 13, 14], [14, 12, 13], [13, 14, 12], [1, 300, 1], [1, 10, 80], [1, 8, 64]];
        for (const [m, n, p] of small) {
          const bias = make(kind, 1, p, 9).data;
          for (const [x, y] of factors(kind, m, n, p)) {
            assert(multiply(watched, x, y).length > 1);
            multiply(watched, x, y, bias);
          }
        }
      }
    });

    it("may be single numbers", () => {
      for (const kind of ARRAYS) {
        const size = kind.BYTES_PER_ELEMENT;
        const limit = bytesOf([1, 1, 1], size);
        const watched = createEngine(hasThreads, limit);
        for (const [m, n, p] of [[1, 2, 1], [1, 3, 1], [3, 3, 3]]) {
          for (const [x, y] of factors(kind, m, n, p)) {
            assertEquals(multiply(watched, x, y).length, m * n * p);
          }
        }
      }
    });

    it("are whole blocks along n, so that the bits are those of one piece", () => {
      const DEPTH = 8;
      // deno-fmt-ignore
      for (const [m, n, p] of [[1, 100, 3], [60, 61, 2], [3, 64, 60], [2, 7, 90], [50, 24, 49]]) {
        const watched = createEngine(hasThreads, 1600, START, DEPTH);
        const [x, y] = [make(Float32Array, m, n, 1), make(Float32Array, n, p, 2)];
        const jobs = multiply(watched, x, y);
        assert(jobs.length > 1);
        assert(jobs.every(({ job }) => job[1] % DEPTH === n % DEPTH || job[1] % DEPTH === 0));
        assert(jobs.every(({ job }) => job[1] % DEPTH === 0 || job[18] + job[1] === n));
        assert(jobs.every(({ job }) => job[18] % DEPTH === 0));
        assert(jobs.every(({ job: [m, n, p] }) => bytesOf([m, n, p], 4) <= 1600));
      }
    });

    it("are no larger than allowed, and no smaller than they need be", () => {
      const watched = createEngine(hasThreads, LIMIT);
      for (const shape of shapes) {
        const [m, n, p] = shape;
        const [x, y] = [
          make(Float64Array, m, n, 1),
          make(Float64Array, n, p, 2),
        ];
        const jobs = multiply(watched, x, y);
        const pieces = jobs.map(({ job }) => job.slice(0, 3) as number[]);
        for (const piece of pieces) {
          assert(
            bytesOf(piece, 8) <= LIMIT,
            `${piece} of ${shape}`,
          );
        }
        const first = pieces[0];
        const cut = [0, 1, 2].filter((side) => first[side] < shape[side]);
        if (cut.length === 0) continue;
        const larger = cut.map((side) => first.with(side, 2 * first[side]));
        assert(
          larger.some((piece) => bytesOf(piece, 8) > LIMIT),
          `${first} of ${shape} is smaller than it need be`,
        );
        // What was cut was the longest side when it was.
        for (const side of cut) {
          for (const other of first) {
            assert(
              2 * first[side] >= other,
              `${first} of ${shape} is not compact`,
            );
          }
        }
        const flops = pieces.reduce((sum, [m, n, p]) => sum + m * n * p, 0);
        assertEquals(flops, m * n * p);
      }
    });

    it("are one where all of it is just what is allowed", () => {
      for (const shape of shapes) {
        for (const size of [4, 8]) {
          const [m, n, p] = shape;
          const [x, y] = [
            make(Float32Array, m, n, 1),
            make(Float32Array, n, p, 2),
          ];
          const bytes = bytesOf(shape, size);
          const just = createEngine(hasThreads, bytes);
          assertEquals(multiply(just, x, y, undefined, size).length, 1);
          const less = createEngine(hasThreads, bytes - 1);
          assert(multiply(less, x, y, undefined, size).length > 1);
        }
      }
    });
  });
}

describe("compute() with tensors that lie in its memory", () => {
  const FROM = START + 2 ** 15;

  /** A function that puts numbers into the memory of an engine, behind each other. */
  function placing({ engine: { memory } }: ReturnType<typeof createEngine>) {
    let at = FROM;
    return <T extends Data>(data: T): T => {
      const kind = data instanceof Float32Array ? Float32Array : Float64Array;
      const placed = new kind(memory.buffer as ArrayBuffer, at, data.length);
      placed.set(data);
      at += (data.length + 8) * 8;
      return placed as Data as T;
    };
  }

  for (const threads of [false, true]) {
    const who = threads ? "several threads" : "one thread";
    it(`uses each where it lies, in any layout, and copies the others, for ${who}`, () =>
      usesEach(threads));
  }

  function usesEach(hasThreads: boolean): void {
    for (const kind of ARRAYS) {
      // deno-fmt-ignore
      for (const [m, n, p] of [[9, 5, 11], [2, 3, 1], [1, 7, 90], [49, 3, 5]]) {
        for (const [x, y] of factors(kind, m, n, p)) {
          for (let inside = 1; inside < 8; inside++) {
            for (const bias of [undefined, make(kind, 1, p, 9).data]) {
              const watched = createEngine(
                hasThreads,
                2 ** 14,
                FROM + 2 ** 17,
                1,
                FROM,
              );
              const place = placing(watched);
              const of = (a: Matrix, bit: number): Matrix =>
                inside & bit ? { ...a, data: place(a.data) } : a;
              const [u, v] = [of(x, 1), of(y, 2)];
              const own = new kind(m * p + 2).fill(NaN);
              const whole = inside & 4 ? place(own) : own;
              const z = whole.subarray(1, 1 + m * p) as Data;
              const right = new kind(m * p);
              naive(x, y, right, bias);
              assert(compute(watched.engine, u, v, z, bias));
              const what = `${inside}: ${m}×${n} by ${n}×${p}`;
              assertSame(z, right, what);
              assertEquals([whole[0], whole[m * p + 1]], [NaN, NaN], what);
              const [{ job }] = watched.jobs;
              assertEquals(watched.jobs.length, 1);
              const places = [job[3], job[6], job[9]];
              const [packed, copied] = job.slice(15);
              assertEquals([packed !== 0, copied], [
                hasThreads,
                inside & 1 ? undefined : u,
              ]);
              for (const [i, data] of [u.data, v.data, z].entries()) {
                if (inside & 1 << i) {
                  assertEquals(places[i], data.byteOffset, what);
                } else assert(places[i] >= START && places[i] < FROM, what);
              }
            }
          }
        }
      }
    }
  }

  it("makes a long thin product at once, as only what is copied takes room", () => {
    const long = 2 ** 19, limit = 5 * 2 ** 20, from = START + 2 ** 23;
    // deno-fmt-ignore
    for (const [m, n, p, place] of [
      [long, 3, 1, "x"], [1, 3, long, "y"], [3, long, 3, "xy"],
    ] as const) {
      const bytes = from + 2 ** 24;
      const { engine, jobs } = createEngine(false, limit, bytes, 1, from);
      let at = from;
      const [x, y] = [make(Float32Array, m, n, 1), make(Float32Array, n, p, 2)]
        .map((a, i) => {
          if (!place.includes("xy"[i])) return a;
          const data = new Float32Array(
            engine.memory.buffer,
            at,
            a.data.length,
          );
          data.set(a.data);
          at += data.byteLength;
          return { ...a, data };
        });
      const z = new Float32Array(m * p), right = new Float32Array(m * p);
      naive(x, y, right);
      assert(compute(engine, x, y, z, undefined));
      assertSame(z, right, `${m}×${n} by ${n}×${p}`);
      assertEquals(jobs.length, 1);
      const behind = (START + 2 ** 22) / 4;
      assert(engine.heap32.subarray(behind, behind + 64).every((x) => x === 0));
    }
  });

  it("lets threads pack Y ahead if there is room for it, up to the last byte", () => {
    const x = make(Float64Array, 60, 20, 1), y = make(Float64Array, 20, 30, 2);
    const right = new Float64Array(1800);
    naive(x, y, right);
    const packedFor = (limit: number) => {
      const watched = createEngine(true, limit, FROM + 2 ** 17, 1, FROM);
      const place = placing(watched);
      const z = place(new Float64Array(1800));
      const [u, v] = [x, y].map((a) => ({ ...a, data: place(a.data) }));
      assert(compute(watched.engine, u, v, z, undefined));
      assertSame(z, right, `${limit}`);
      return watched.jobs[0].job[15];
    };
    const packed = packedFor(2 ** 14);
    const end = packed + 8 * (20 + PADDING) * (30 + PADDING);
    assert(packed > START && end < FROM);
    assertEquals(packedFor((end - START) / 2), packed);
    assertEquals(packedFor((end - START) / 2 - 1), 0);
  });

  it("copies if another element type is computed in, or there is no room", () => {
    const watched = createEngine(false, 2 ** 14, FROM + 2 ** 17, 1, FROM);
    const place = placing(watched);
    const [x, y] = [make(Float32Array, 3, 4, 1), make(Float32Array, 4, 5, 2)];
    const placed = { ...x, data: place(x.data) };
    const [z, right] = [new Float32Array(15), new Float32Array(15)];
    naive(x, y, right);
    assert(compute(watched.engine, placed, y, z, undefined, 8));
    assertSame(z, right, "float64");
    assertEquals(watched.jobs[0].job[3], START);
    // Y takes more than the limit, so it is worked through in pieces.
    const wide = make(Float32Array, 4, 2000, 2);
    const [long, all] = [new Float32Array(6000), new Float32Array(6000)];
    naive(x, wide, all);
    assert(compute(watched.engine, placed, wide, long, undefined));
    assertSame(long, all, "in pieces");
    assert(watched.jobs.length > 2);
  });
});

describe("compute()", () => {
  it("says that Y is read in place only where that is less work than packing", () => {
    const watched = createEngine();
    const form = (x: Matrix, y: Matrix) => multiply(watched, x, y)[0].job[13];
    const tall = make(Float32Array, 200, 150, 3);
    const flat = make(Float32Array, 12, 150, 3);
    const small = make(Float32Array, 150, 3, 4);
    const large = make(Float32Array, 150, 400, 4);
    assertEquals(form(tall, small), 1);
    assertEquals(form(flat, large), 1);
    assertEquals(form(tall, large), 0);
    // What is stored by columns cannot be read by rows.
    const columns = transpose(make(Float32Array, 400, 150, 4));
    assertEquals(form(flat, columns), 0);
    assertEquals(form(tall, transpose(make(Float32Array, 3, 150, 4))), 0);
  });

  it("says that one matrix is thin where the other is long, and its lines are many", () => {
    const formOf = (
      m: number,
      n: number,
      p: number,
      kind: typeof ARRAYS[number] = Float32Array,
      limit = 2 ** 26,
    ) =>
      multiply(
        createEngine(false, limit),
        make(kind, m, n, 1),
        make(kind, n, p, 2),
      ).map(({ job }) => job[13]);
    const [COLUMNS, ROWS] = [3, 4];
    const isThin = (
      few: number,
      terms: number,
      lines: number,
      kind = ARRAYS[0],
    ) => {
      const forms = [
        ...formOf(lines, terms, few, kind),
        ...formOf(few, terms, lines, kind),
      ];
      // All pieces have the form of the whole.
      return forms.includes(COLUMNS) && forms.includes(ROWS) &&
        forms.every((form) => form === COLUMNS || form === ROWS);
    };
    // Two are always thin, if there are 32 lines of 16 terms.
    assert(isThin(1, 16, 32) && isThin(2, 16, 32));
    assert(!isThin(2, 15, 32) && !isThin(2, 16, 31) && !isThin(3, 16, 32));
    // Eight, if they have 64 terms and there are more than a megabyte of lines.
    assert(isThin(8, 64, 4097) && !isThin(9, 64, 4097));
    assert(!isThin(8, 64, 4096) && !isThin(8, 63, 5000));
    assert(isThin(3, 64, 2049, Float64Array));
    assert(!isThin(3, 64, 2048, Float64Array));
    assertEquals(formOf(2, 16, 40), [ROWS]);
    assertEquals(formOf(40, 16, 2), [COLUMNS]);
    assertEquals(
      new Set(formOf(40, 900, 1, Float32Array, 2 ** 14)),
      new Set([3]),
    );
  });

  it("works through thin matrices in pieces that stay in the cache", () => {
    const watched = createEngine();
    const sizes = (m: number, n: number, p: number) =>
      multiply(
        watched,
        make(Float32Array, m, n, 1),
        make(Float32Array, n, p, 2),
      )
        .map(({ job: [m, n, p] }) => bytesOf([m, n, p], 4));
    const thin = sizes(100_000, 3, 3);
    assert(thin.length > 1 && thin.every((bytes) => bytes <= 2 ** 20));
    assert(thin[0] > 2 ** 19);
    assertEquals(sizes(24, 24, 12_000).length, 1);
  });

  it("copies short rows, together or number by number", () => {
    const ROWS = 1000;
    for (const gap of [0, 1]) {
      const a = make(Float32Array, ROWS + 1, 3, 1, gap);
      const heap = new Float32Array(3 * ROWS + 2).fill(NaN);
      copyIn(heap, 1, a, 1, 0, ROWS, 3);
      for (let i = 0; i < 3 * ROWS; i++) {
        const at = (Math.floor(i / 3) + 1) * a.rowStep + i % 3;
        assertEquals(heap[1 + i], a.data[at]);
      }
      assertEquals([heap[0], heap.at(-1)], [NaN, NaN]);
    }
  });

  it("takes no more memory than it needs", () => {
    const watched = createEngine();
    const bytes = () => watched.engine.memory.buffer.byteLength;
    const y = make(Float32Array, 4, 5, 1);
    multiply(watched, make(Float32Array, 3, 4, 1), y);
    assertEquals(bytes(), START + 65536);
    const before = watched.engine.memory.buffer;
    multiply(watched, make(Float32Array, 4, 4, 1), y);
    assert(watched.engine.memory.buffer === before, "It grows again");
    multiply(watched, make(Float32Array, 20_000, 4, 1), y);
    // 80,000 numbers, 20, 100,030, a bias, and gaps of up to 79 numbers.
    assert(bytes() <= START + 4 * (180_050 + 4 * 80 + 69) + 65536);
  });

  it("tells small products apart, whichever came before", () => {
    const watched = createEngine();
    const sizes = [1, 2, 3, 7, 16, 17];
    const all = ARRAYS.flatMap((kind) =>
      sizes.flatMap((m) =>
        sizes.flatMap((n) => sizes.flatMap((p) => [...factors(kind, m, n, p)]))
      )
    );
    // Each after each of some others.
    for (const step of [1, 5, 17]) {
      for (let i = 0; i < all.length; i++) {
        const [x, y] = all[i * step % all.length];
        const [{ job }] = multiply(watched, x, y);
        assertEquals(job.slice(0, 3), [x.rows, x.cols, y.cols]);
        multiply(watched, x, y);
      }
    }
  });

  it("makes a view of a small result once", () => {
    const watched = createEngine();
    const [x, y] = [make(Float32Array, 4, 5, 1), make(Float32Array, 5, 6, 2)];
    multiply(watched, x, y);
    const before = watched.engine.plans.slice();
    multiply(watched, x, y);
    assertEquals(before.filter((plan) => plan !== undefined).length, 1);
    before.forEach((plan, i) => assert(plan === watched.engine.plans[i]));
  });

  it("makes plans of small products only, on one thread", () => {
    // Operands, result and a row are 2^14 numbers, or just more.
    const sizes = [[8191, 1, 1, 2 ** 14, 1], [8192, 1, 1, 2 ** 14 + 2, 0]];
    for (const hasThreads of [false, true]) {
      for (const [m, n, p, numbers, count] of sizes) {
        assertEquals(m * n + n * p + (m + 1) * p, numbers);
        const watched = createEngine(hasThreads);
        const x = make(Float32Array, m, n, 1), y = make(Float32Array, n, p, 2);
        multiply(watched, x, y);
        const plans = watched.engine.plans.filter((plan) => plan !== undefined);
        assertEquals(plans.length, hasThreads ? 0 : count);
      }
    }
  });

  it("says so where the memory cannot grow, and writes nothing", () => {
    const { engine } = createEngine();
    const full = {
      ...engine,
      memory: {
        buffer: engine.memory.buffer,
        grow: () => {
          throw new RangeError("Out of memory");
        },
      },
    };
    const x = make(Float32Array, 3, 3, 1);
    const z = new Float32Array(9).fill(-7);
    assertEquals(compute(full, x, x, z, undefined), false);
    assertEquals([...new Set(z)], [-7]);
  });
});
