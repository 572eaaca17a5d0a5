// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { arena } from "../arena.ts";
import type { Numbers } from "../core/arrays.ts";
import { sumOf } from "../core/sums.ts";
import { uniform } from "../random/uniform.ts";
import { argmax } from "../reductions/argmax.ts";
import { max } from "../reductions/max.ts";
import { zeros } from "../tensor.ts";
import { bytesOf, platform } from "./platform.ts";
import {
  addBias,
  addBiasBy,
  addBiasRows,
  extremesAlong,
  extremesBy,
  load,
  placesAlong,
  placesBy,
  spread,
  sumAll,
  sumAxis,
  sumBy,
  sumChannels,
  sumRows,
  sumRowsBy,
  turner,
  turnerOf,
} from "./stream.ts";

type Data = Numbers;

const ARRAYS = [Float32Array, Float64Array];

/** Around the sizes where something changes, chunks and blocks among them. */
// deno-fmt-ignore
const LENGTHS = [0, 1, 3, 4, 5, 63, 64, 65, 1023, 1024, 1025, 511, 512, 513,
  20_000, 32_767, 32_768, 32_769, 65_537, 100_001];

/**
 * Multiples of 2^-30 of many sizes, whose sums depend on the order of the
 * additions.
 */
function rough(kind: typeof ARRAYS[number], length: number): Data {
  let state = 12;
  const data = new kind(length);
  for (let i = 0; i < length; i++) {
    state = state * 48271 % (2 ** 31 - 1); // Park and Miller.
    data[i] = (state / 2 ** 30 - 1) * 2 ** (state % 40);
  }
  return data;
}

/** The sum of multiples of 2^-30, as so many of them. */
function exactly(x: Iterable<number>): bigint {
  let sum = 0n;
  for (const value of x) sum += BigInt(value * 2 ** 30);
  return sum;
}

function assertSameBits(actual: Data, expected: Data, what: string): void {
  assertEquals(actual.length, expected.length, what);
  const at = actual.findIndex((value, i) => !Object.is(value, expected[i]));
  assert(at < 0, `${what}: ${at} is ${actual[at]}, not ${expected[at]}`);
}

describe("sumAll()", () => {
  it("is within its bound of the truth, and the same with and without vectors", () => {
    for (const kind of ARRAYS) {
      for (const length of LENGTHS) {
        const x = rough(kind, length);
        const sum = sumAll(x);
        assertEquals(sum, sumOf(x, 0, x.length), `${kind.name} ${length}`);
        assertEquals(sum, sumBy(undefined, x), `${kind.name} ${length}`);
        const error = Number(exactly(x) - exactly([sum])) / 2 ** 30;
        const sizes = Number(exactly(x.map(Math.abs))) / 2 ** 30;
        const bound = (length / 1024 + 131) * 2 ** -53 * sizes;
        assert(Math.abs(error) <= bound, `${length}: ${error} > ${bound}`);
      }
    }
  });

  it("has the chains that the page shows, up to the end of each half", () => {
    // Beside a 1 in another chain, two half units are lost one by one, and are
    // kept where they meet in a chain of their own.
    const lost = 2 ** -53;
    for (const length of [7, 11, 14, 15, 1021, 1022, 1023, 1024]) {
      const half = Math.ceil(length / 8) * 4;
      for (const [from, to] of [[0, half], [half, length]]) {
        for (let i = Math.max(from + 4, to - 8); i < to; i++) {
          for (let one = from; one < from + 4; one++) {
            if ((i - one) % 4 === 0) continue;
            const x = new Float32Array(length);
            x[one] = 1;
            x[i] = x[i - 4] = lost;
            const what = `${length} ${i} ${one}`;
            assertEquals(sumAll(x), 1 + 2 * lost, what);
            assertEquals(sumOf(x, 0, length), 1 + 2 * lost, what);
          }
        }
      }
    }
  });

  it("keeps its bound on 16 million numbers", () => {
    // Each but the first would be lost in a float32 sum; in float64 no
    // addition rounds.
    const x = new Float32Array(2 ** 24).fill(2 ** -24);
    x[0] = 2 ** 20;
    assertEquals(sumAll(x), 2 ** 20 + 1 - 2 ** -24);
  });

  it("reads a view at any offset", () => {
    const all = rough(Float32Array, 10_000);
    const view = all.subarray(3, 9_000);
    assertEquals(sumAll(view), sumAll(view.slice()));
  });

  it("carries NaN and infinity", () => {
    for (const length of [10, 5000, 20_000]) {
      const x = new Float32Array(length);
      x[length - 1] = Infinity;
      assertEquals(sumAll(x), Infinity);
      x[length >> 1] = -Infinity;
      assertEquals(sumAll(x), NaN);
      assertEquals(
        sumAll(new Float32Array(length).fill(3e38)),
        length * x.fill(3e38)[0],
      );
    }
  });
});

describe("extremesAlong()", () => {
  // Around the lengths of vectors, of four of them, and of chunks of both types.
  // deno-fmt-ignore
  const SHAPES = [
    ...Array.from({ length: 60 }, (_, m) => [64, m + 16, 1]),
    [3000, 17, 1], [5, 16_383, 1], [5, 16_384, 1], [3, 32_768, 1], [3, 32_769, 1], [2, 70_001, 1],
    ...Array.from({ length: 45 }, (_, p) => [2, 128, p + 4]),
    [3, 1, 600], [1, 9, 16_384], [2, 20_000, 7], [4, 40, 1000],
  ];

  it("has the bits of Math.max and Math.min, wherever the extremes are", () => {
    for (const kind of ARRAYS) {
      for (const [n, m, p] of SHAPES) {
        for (const [sign, f] of [[1, Math.max], [-1, Math.min]] as const) {
          const x = rough(kind, n * m * p), right = new kind(n * p);
          right.fill(sign * -Infinity);
          for (let at = 0; at < n * p; at++) {
            const first = Math.floor(at / p) * m * p + at % p;
            // One is at the end, others before it.
            const place = Math.max(m - 1 - 3 * (at % 5), 0);
            x[first + place * p] = sign * (2 ** 50 + at * 2 ** 30);
            for (let j = 0; j < m; j++) {
              right[at] = f(right[at], x[first + j * p]);
            }
          }
          const y = new kind(n * p);
          assert(extremesAlong(x, n, m, p, y, sign));
          assertSameBits(y, right, `${kind.name} ${n}×${m}×${p}, ${sign}`);
        }
      }
    }
  });

  it("finds NaN anywhere, and tells 0 from −0", () => {
    for (const kind of ARRAYS) {
      for (
        const [m, p] of [[16, 1], [37, 1], [40_000, 1], [103, 5], [16, 39]]
      ) {
        const n = Math.ceil(1024 / m);
        for (let j = 0; j < m; j += Math.ceil(m / 40)) {
          for (const sign of [1, -1] as const) {
            const x = new kind(n * m * p), y = new kind(n * p), k = j % p;
            const found = (value: number) => {
              x[j * p + k] = value;
              assert(extremesAlong(x, n, m, p, y, sign));
              return y[k];
            };
            x.fill(3);
            assertEquals(found(NaN), NaN);
            assertEquals(y.filter((value) => value !== 3).length, 1);
            // The larger zero is 0, wherever it is, and the smaller is −0.
            x.fill(-0 * sign);
            assert(Object.is(found(0 * sign), 0 * sign), `${m} ${j} ${sign}`);
            x.fill(-sign * Infinity);
            assertEquals(found(-sign * Infinity), -sign * Infinity);
          }
        }
      }
    }
  });

  it("leaves what is short to loops, and all without vectors", () => {
    const x = new Float32Array(40_000), y = new Float32Array(20_000);
    const isTaken = (n: number, m: number, p: number) =>
      extremesAlong(x, n, m, p, y, 1);
    assert(!isTaken(200, 15, 1));
    assert(isTaken(32, 16, 1));
    assert(!isTaken(7, 73, 1));
    assert(!isTaken(1, 1000, 3));
    assert(isTaken(1, 128, 4));
    assert(!isTaken(2, 127, 4));
    assert(!isTaken(1, 1, 32_769));
    assert(!extremesBy(undefined, x, 30, 100, 1, y, 1));
  });

  it("reads and writes in an arena", () => {
    const make = () => {
      const x = zeros([40, 100]);
      x.data.set(rough(Float32Array, 4000));
      return { rows: max(x), columns: max(x, { axis: 0 }) };
    };
    assertEquals(arena(make), make());
  });
});

/** Where the largest numbers are, the first of several, or the first NaN. */
function placesOf(x: Data, n: number, m: number, p: number): Int32Array {
  return Int32Array.from({ length: n * p }, (_, at) => {
    const first = Math.floor(at / p) * m * p + at % p;
    const line = Array.from({ length: m }, (_, j) => x[first + j * p]);
    const nan = line.findIndex(Number.isNaN);
    return nan >= 0 ? nan : line.indexOf(Math.max(...line));
  });
}

describe("placesAlong()", () => {
  // Around the lengths of vectors, of four of them, and of chunks of both types.
  // deno-fmt-ignore
  const SHAPES = [
    ...Array.from({ length: 36 }, (_, m) => [40, m + 16, 1]),
    [3000, 17, 1], [5, 16_384, 1],
    ...Array.from({ length: 14 }, (_, p) => [2, 128, p + 4]),
    [3, 1, 600], [1, 9, 16_384], [2, 10_000, 7], [4, 40, 1000],
  ];

  it("finds the first of the largest numbers, or of NaN", () => {
    for (const kind of ARRAYS) {
      for (const [n, m, p] of SHAPES) {
        const x = rough(kind, n * m * p), y = new Int32Array(n * p);
        const name = `${kind.name} ${n}×${m}×${p}`;
        const put = (by: number, value: number) => {
          for (let at = 0; at < n * p; at += by) {
            const first = Math.floor(at / p) * m * p + at % p;
            const j = m - 1 - at % Math.min(m, 40);
            x[first + j * p] = value;
            x[first + (m + j >> 1) * p] = value;
          }
          assert(placesAlong(x, n, m, p, y), name);
          assertEquals(y, placesOf(x, n, m, p), `${name}, ${value}`);
        };
        put(1, -Infinity);
        put(1, 2 ** 50);
        put(3, Infinity);
        put(5, NaN);
      }
    }
  });

  it("takes the first of 0 and −0, and of nothing but −∞", () => {
    for (const kind of ARRAYS) {
      for (const [n, m, p] of [[32, 16, 1], [1, 37, 16]]) {
        const x = new kind(n * m * p), y = new Int32Array(n * p);
        for (const fill of [[0, -0], [-0, 0], [-Infinity], [NaN]]) {
          x.forEach((_, i) => x[i] = fill[i % fill.length]);
          y.fill(7);
          assert(placesAlong(x, n, m, p, y));
          assertEquals(y.findIndex((at) => at !== 0), -1, `${fill}`);
        }
      }
    }
  });

  it("leaves what is short or long to loops, and all without vectors", () => {
    const x = new Float32Array(40_000), y = new Int32Array(20_000);
    const isTaken = (n: number, m: number, p: number) =>
      placesAlong(x, n, m, p, y);
    assert(!isTaken(200, 15, 1));
    assert(isTaken(32, 16, 1));
    assert(!isTaken(7, 73, 1));
    assert(isTaken(1, 32_768, 1));
    assert(!isTaken(1, 32_769, 1));
    assert(!isTaken(1, 1000, 3));
    assert(isTaken(1, 128, 4));
    assert(!isTaken(1, 127, 4));
    assert(!isTaken(1, 1, 32_769));
    assert(!placesBy(undefined, x, 30, 100, 1, y));
    const wide = new Float64Array(2000);
    assert(placesAlong(wide, 1, 1000, 2, y));
  });

  it("reads in an arena what it reads elsewhere", () => {
    const make = () => {
      const x = zeros([40, 100]);
      x.data.set(rough(Float32Array, 4000));
      return { rows: argmax(x), columns: argmax(x, { axis: 0 }) };
    };
    assertEquals(arena(make), make());
  });
});

describe("addBias()", () => {
  it("adds the bias of each row, with and without vectors", () => {
    for (const kind of ARRAYS) {
      // deno-fmt-ignore
      const shapes = [[1, 1, 1], [40, 3, 1], [3, 40, 1], [5, 3, 7], [2, 3, 65],
        [7, 11, 16], [9, 100, 17], [1, 2, 20_000], [3, 20_001, 1], [0, 3, 4],
        [2, 3, 0], [1, 300_000, 1], [3, 1, 10_923], [5, 29, 113]];
      for (const [n, m, p] of shapes) {
        const x = rough(kind, n * m * p);
        const y = rough(kind, m).reverse();
        const expected = x.map((value, i) => value + y[Math.floor(i / p) % m]);
        const without: typeof addBias = (...args) =>
          addBiasBy(undefined, ...args);
        for (const f of [addBias, addBiasRows, without]) {
          const z = new kind(x.length).fill(NaN);
          f(x, y, p, z);
          assertSameBits(z, expected, `${f.name} ${n}×${m}×${p}`);
        }
      }
    }
  });

  it("keeps the sign of zero: -0 plus -0 is -0, and 0 beside it", () => {
    for (const kind of ARRAYS) {
      for (const length of [4, 100]) {
        const z = new kind(2 * length).fill(NaN);
        addBias(new kind(2 * length).fill(-0), new kind([-0, 0]), length, z);
        assert(z.every((v, i) => Object.is(v, i < length ? -0 : 0)));
      }
    }
  });

  it("uses larger chunks where the cache is too small, to the same effect", () => {
    const [m, p] = [7, 1001];
    const x = rough(Float32Array, 350 * m * p);
    const y = rough(Float32Array, m);
    const [z, expected] = [x.slice(), x.slice()];
    addBias(x, y, p, z);
    addBiasRows(x, y, p, expected);
    assertSameBits(z, expected, "large");
  });
});

describe("sumChannels()", () => {
  it("sums each channel over all slices, and is exact where the sums are", () => {
    for (const kind of ARRAYS) {
      for (
        const [n, m, p] of [
          [3, 5, 1],
          [4, 2, 9],
          [1, 3, 100],
          [0, 2, 3],
          [3000, 3, 2],
          [2, 9000, 1],
          [1, 2, 7000],
        ]
      ) {
        const x = new kind(n * m * p).map((_, i) => i * i % 101 - 50);
        const sums = new kind(m).fill(NaN);
        sumChannels(x, n, m, p, sums);
        const expected = new kind(m);
        x.forEach((value, i) => expected[Math.floor(i / p) % m] += value);
        assertSameBits(sums, expected, `${n}×${m}×${p}`);
      }
    }
  });
});

describe("sumRows()", () => {
  it("has the bits of the sum of each row, with and without vectors", () => {
    for (const kind of ARRAYS) {
      // deno-fmt-ignore
      for (const m of [0, 1, 2, 7, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 255,
        1023, 1024, 1025, 1030, 4099, 32_768, 32_769]) {
        for (const n of [1, 2, 20]) {
          // The rows begin at any offset.
          const x = rough(kind, n * m + 3).subarray(3);
          const [y, other] = [new kind(n), new kind(n)];
          sumRows(x, n, m, y);
          sumRowsBy(undefined, x, n, m, other);
          assertSameBits(y, other, `${kind.name} ${n}×${m}`);
          if (kind === Float64Array || m < 32) continue;
          for (let i = 0; i < n; i++) {
            const row = x.subarray(i * m, i * m + m);
            assertEquals(y[i], Math.fround(sumOf(row, 0, row.length)), `${n}×${m} ${i}`);
          }
        }
      }
    }
  });

  it("sums rows of an arena in place, and no others", () => {
    const x = arena((step) => {
      const x = uniform([70, 33], { seed: 1 });
      const y = new Float32Array(70);
      sumRows(x.data.subarray(33), 69, 33, y);
      return { x: step.keep(x), y };
    });
    const right = new Float32Array(70);
    sumRowsBy(undefined, x.x.data.subarray(33), 69, 33, right);
    assertSameBits(x.y, right, "in an arena");
  });
});

describe("sumAxis()", () => {
  it("sums the middle axis in float64, whatever axes are around it", () => {
    for (const kind of ARRAYS) {
      for (
        const [n, m, p] of [
          [1, 5000, 1],
          [3, 5, 1],
          [4, 2, 9],
          [1, 3, 100],
          [2, 50, 100],
          [2, 0, 3],
          [1, 0, 1],
          [0, 2, 3],
          [2, 3, 0],
          [1, 1, 1],
        ]
      ) {
        const x = new kind(n * m * p).map((_, i) => i * i % 101 - 50);
        const sums = new kind(n * p).fill(NaN);
        sumAxis(x, n, m, p, sums);
        const expected = new kind(n * p);
        x.forEach((value, i) =>
          expected[Math.floor(i / (m * p)) * p + i % p] += value
        );
        assertSameBits(sums, expected, `${n}×${m}×${p}`);
      }
    }
  });

  it("rounds a float32 sum once", () => {
    const x = new Float32Array([1, 7, 2 ** -24, 7, 2 ** -24, 7]);
    const sums = new Float32Array(2);
    sumAxis(x, 1, 3, 2, sums);
    assertEquals([...sums], [1 + 2 ** -23, 21]);
  });
});

describe("long sums of float64 numbers", () => {
  // Added one by one, the errors are 1e-12 and more of the sum.
  const count = 2 ** 20;
  const assertRight = (sums: Float64Array, each: number) => {
    for (const sum of sums) assertAlmostEquals(sum, each * 0.1, 4e-14 * each);
  };

  it("have the error of few, along rows, down columns, and of channels", () => {
    const x = new Float64Array(count).fill(0.1);
    for (const p of [1, 3, 64, count]) {
      const m = Math.floor(count / p), y = new Float64Array(p);
      sumAxis(x.subarray(0, m * p), 1, m, p, y);
      assertRight(y, m);
      const rows = new Float64Array(m);
      sumRows(x.subarray(0, m * p), m, p, rows);
      assertRight(rows, p);
      for (const n of [1, 3, 5000]) {
        const q = Math.floor(count / n / p), sums = new Float64Array(p);
        sumChannels(x.subarray(0, n * p * q), n, p, q, sums);
        assertRight(sums, n * q);
      }
    }
  });

  it("have it between axes that stay", () => {
    const x = new Float64Array(count).fill(0.1), y = new Float64Array(4 * 32);
    sumAxis(x, 4, count / 128, 32, y);
    assertRight(y, count / 128);
  });
});

describe("spread()", () => {
  it("copies, or sums what was repeated, with either sign; zeros have that of the loop", () => {
    for (const kind of ARRAYS) {
      for (
        const [n, p] of [[0, 3], [0, 1], [6, 6], [70, 70], [6, 2], [1000, 10], [
          7,
          1,
        ]]
      ) {
        const z = new kind(n).map((_, i) => i % p === 0 ? 0 : i * i % 101 - 50);
        for (const sign of [1, -1] as const) {
          const x = new kind(p), expected = new kind(p);
          spread(z, x, sign);
          z.forEach((v, i) =>
            expected[i % p] = n === p ? sign * v : expected[i % p] + sign * v
          );
          assertSameBits(x, expected, `${kind.name} ${n} ${p} ${sign}`);
        }
      }
    }
  });
});

describe("the chains of sumChannels()", () => {
  it("are four from the first number on, however few there are", () => {
    const LARGE = 1e16; // Beside it, 1 is lost.
    const sums = new Float64Array(1);
    const cases: [number[], number][] = [
      [[LARGE, 1, -LARGE], 1], // First and third are added first,
      [[1, LARGE, 0, -LARGE], 1], // and so are second and fourth;
      [[LARGE, 1, 0, 0, -LARGE], 1], // the fifth is of the first chain.
      [[LARGE, -LARGE, 1, 0], 0], // What is of two chains meets last.
    ];
    for (const [numbers, sum] of cases) {
      sumChannels(
        Float64Array.from(numbers),
        1,
        1,
        numbers.length,
        sums,
      );
      assertEquals(sums[0], sum, `${numbers}`);
    }
  });
});

describe("bytesOf()", () => {
  it("has the bytes that atob has, be there padding or not", () => {
    const all = Array.from({ length: 256 }, (_, i) => i);
    for (const bytes of [[], [7], [255, 0], [1, 2, 3], all]) {
      const base64 = btoa(String.fromCharCode(...bytes));
      assertEquals(bytesOf(base64), Uint8Array.from(bytes));
    }
  });
});

describe("turnerOf()", () => {
  it("makes columns rows and back, wherever a square begins and ends", () => {
    const tool = turnerOf(load(platform.WebAssembly))!;
    for (const m of [0, 1, 3, 4, 5, 8, 11, 40]) {
      for (const p of [1, 2, 3, 4, 5, 7, 9, 12, 21]) {
        for (const slices of [1, 3]) {
          const size = slices * m * p;
          const x = Float32Array.from({ length: size + 9 }, (_, i) => i);
          for (const first of [0, 1, 2].filter((first) => first < p)) {
            const part = { slices, m, p, first, cols: p - first };
            const what = JSON.stringify(part);
            const rows = tool.rows(1, slices * part.cols * m + 1);
            rows.fill(-1);
            tool.turn(1, tool.place(1, x, 9, size), part);
            const right = [];
            for (let i = 0; i < slices; i++) {
              for (let k = first; k < p; k++) {
                for (let j = 0; j < m; j++) {
                  right.push(x[9 + (i * m + j) * p + k]);
                }
              }
            }
            assertSameBits(rows, Float32Array.from([...right, -1]), what);
            const z = new Float32Array(size + 9);
            const at = tool.place(2, z, 9, size);
            tool.rows(2, rows.length).set(rows.map((value) => value));
            tool.turnBack(2, at, part);
            tool.writeBack(2, z, 9, size);
            assertSameBits(
              z,
              x.map((value, at) => at < 9 || (at - 9) % p < first ? 0 : value),
              what,
            );
          }
        }
      }
    }
  });

  it("has room for so many numbers, and needs vectors", () => {
    const tool = turnerOf(load(platform.WebAssembly))!;
    const x = new Float32Array(2 ** 17 + 1);
    assertEquals(tool.place(0, x, 0, 2 ** 17 + 1), 0);
    const [a, b, c] = [0, 1, 2].map((k) => tool.place(k, x, 1, 2 ** 17));
    assert(a > 0 && b - a > 2 ** 19 && c - b === b - a);
    assertEquals(turnerOf(undefined), undefined);
    assertEquals(turner(2 ** 19 + 1), undefined);
    assertEquals(turner(2 ** 19)!.rows(2, 2 ** 19).length, 2 ** 19);
  });
});

describe("load()", () => {
  it("finds nothing where WebAssembly, or a part of it, is absent or forbidden", () => {
    const { validate, Module, Memory, Instance } = platform.WebAssembly!;
    const whole = { validate, Module, Memory, Instance };
    assert(load(whole) !== undefined);
    assertEquals(load(undefined), undefined);
    assertEquals(load({ ...whole, validate: () => false }), undefined);
    class Forbidden {
      constructor() {
        throw new Error("Refused by the content security policy");
      }
    }
    for (const part of ["Module", "Memory", "Instance"]) {
      assertEquals(load({ ...whole, [part]: Forbidden }), undefined);
    }
  });

  it("makes kernels with views of both kinds", () => {
    const kernels = load(platform.WebAssembly)!;
    const x = rough(Float32Array, 2000);
    assertEquals(sumBy(kernels, x), sumOf(x, 0, x.length));
    for (const kind of ARRAYS) {
      const [x, y] = [rough(kind, 2000), rough(kind, 4)];
      const [z, expected] = [new kind(2000), new kind(2000)];
      addBiasBy(kernels, x, y, 5, z);
      addBiasRows(x, y, 5, expected);
      assertSameBits(z, expected, kind.name);
    }
  });

  it("takes less than 12 MB of memory, which is not touched before it is used", () => {
    const { heap32, heap64 } = load(platform.WebAssembly)!;
    assertEquals(heap32.byteLength, 185 * 2 ** 16);
    assertEquals(heap64.byteLength, 185 * 2 ** 16);
  });

  it("gets the memory that it needs even if a prototype is polluted", () => {
    // deno-lint-ignore no-explicit-any
    const polluted = Object.prototype as any;
    for (
      const [name, value] of [
        ["shared", true],
        ["maximum", 1],
        ["address", "i64"],
      ] as const
    ) {
      Object.defineProperty(polluted, name, { value, configurable: true });
      try {
        const { heap32, heap64 } = load(platform.WebAssembly)!;
        assert(heap32.buffer instanceof ArrayBuffer);
        assert(heap32.buffer === heap64.buffer);
      } finally {
        delete polluted[name];
      }
    }
  });

  it("needs no atob, which an audio worklet has not", () => {
    const { atob } = globalThis;
    Object.assign(globalThis, { atob: undefined });
    try {
      assert(load(platform.WebAssembly) !== undefined);
    } finally {
      Object.assign(globalThis, { atob });
    }
  });
});
