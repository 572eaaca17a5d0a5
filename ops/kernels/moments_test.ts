// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { arena } from "../arena.ts";
import type { Numbers } from "../core/arrays.ts";
import { describeNearLoops } from "../core/testing/near_loops.ts";
import { signature as batchNorm } from "../normalization/batch_norm.ts";
import {
  layerNorm,
  signature as layerNorm_,
} from "../normalization/layer_norm.ts";
import { rmsNorm, signature as rmsNorm_ } from "../normalization/rms_norm.ts";
import { variance, varianceDx } from "../reductions/variance.ts";
import { ones, scalar, type Tensor, tensor, zeros } from "../tensor.ts";
import {
  dotsOf,
  load,
  mix,
  momentsOf,
  scaleRows,
  scaleRowsD,
  squaresAlong,
} from "./moments.ts";

const ARRAYS = [Float32Array, Float64Array];

/** Whole numbers far from 0, each of which counts in the sums. */
function whole(kind: typeof ARRAYS[number], size: number): Numbers {
  let state = 12;
  return new kind(size).map(() => {
    state = state * 48271 % (2 ** 31 - 1); // Park and Miller.
    return 60_000 + state % 2039;
  });
}

/** The sums along the middle axis, which are exact: of the numbers, and of the squares
 * of their differences from the mean. */
function sumsOf(x: Numbers, n: number, m: number, p: number) {
  const sums: number[] = [], squares: number[] = [];
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < p; k++) {
      let sum = 0n, square = 0n;
      for (let j = 0; j < m; j++) {
        const value = BigInt(x[(i * m + j) * p + k]);
        sum += value;
        square += value * value;
      }
      sums.push(Number(sum));
      squares.push(Number(BigInt(m) * square - sum * sum) / m);
    }
  }
  return { sums, squares };
}

function assertNear(found: number, right: number, what: string, by = 1e-12) {
  assertAlmostEquals(found, right, by * Math.abs(right), what);
}

/** A sum of squares for each of n·p places. */
function squaresBy(x: Numbers, n: number, m: number, p: number) {
  const found: number[] = Array(n * p).fill(NaN);
  const isDone = squaresAlong(x, n, m, p, (squares, at) => {
    found[at] = squares;
  });
  return isDone ? found : undefined;
}

/** Around the lengths of vectors, of four of them, and of chunks of both types. */
// deno-fmt-ignore
const SHAPES = [
  ...Array.from({ length: 20 }, (_, m) => [300, m + 1, 1]),
  ...Array.from({ length: 10 }, (_, p) => [2, 300, p + 2]),
  [2, 8191, 1], [2, 8192, 1], [2, 8193, 1], [2, 16_385, 1], [3, 40_001, 1], [1, 16_389, 1],
  [5000, 1, 1], [5000, 3, 1], [30, 701, 1], [2, 3000, 37], [3, 5, 2048], [1, 40_000, 2], [2, 256, 33],
];

describe("squaresAlong()", () => {
  it("is right for rows and columns of any length", () => {
    for (const kind of ARRAYS) {
      for (const [n, m, p] of SHAPES) {
        const x = whole(kind, n * m * p), what = `${kind.name} ${n}×${m}×${p}`;
        const found = squaresBy(x, n, m, p);
        assert(found, what);
        sumsOf(x, n, m, p).squares.forEach((right, at) =>
          assertNear(found[at], right, `${what}: ${at}`, 1e-11)
        );
      }
    }
  });

  it("keeps its digits if the first number is far from all others", () => {
    for (const kind of ARRAYS) {
      for (const [n, m, p] of [[1, 1e6, 1], [1, 100_000, 2], [4, 512, 1]]) {
        const x = whole(kind, n * m * p).map((value, i) =>
          i % (m * p) < p ? 2 ** 23 : value
        );
        const found = squaresBy(x, n, m, p)!;
        sumsOf(x, n, m, p).squares.forEach((right, at) =>
          // In float32, as many bits are lost as the length of a chunk has.
          assertNear(
            found[at],
            right,
            `${kind.name} ${n}×${m}×${p}`,
            kind === Float64Array ? 1e-12 : p > 1 ? 1e-9 : 1e-10,
          )
        );
      }
    }
  });

  it("keeps them in float32 if they hardly differ", () => {
    for (const [m, p] of [[600, 1], [600, 5], [50_000, 5]]) {
      const small = Float32Array.from(
        whole(Float32Array, m * p),
        (value) => value % 3,
      );
      const found = squaresBy(small.map((value) => 2 ** 23 + value), 1, m, p)!;
      sumsOf(small, 1, m, p).squares.forEach((right, at) =>
        assertNear(found[at], right, `${m}×${p}: ${at}`)
      );
    }
  });

  it("keeps them in long float64 columns", () => {
    const m = 300_007, x = new Float64Array(2 * m).fill(0.1);
    x[0] = x[2 * m - 1] = 0.13;
    const right = (x[0] - x[1]) ** 2 * (m - 1) / m;
    for (const found of squaresBy(x, 1, m, 2)!) {
      assertNear(found, right, "", 3e-13);
    }
  });

  it("keeps them in float64 if the mean is 1e9 times the deviation", () => {
    for (const [m, p] of [[600, 1], [50_000, 1], [600, 5], [50_000, 5]]) {
      const x = Float64Array.from(
        whole(Float64Array, m * p),
        (value) => 2 ** 40 + (value - 61_000) * 2 ** -10,
      );
      const scaled = x.map((value) => (value - 2 ** 40) * 2 ** 10);
      const found = squaresBy(x, 1, m, p)!;
      sumsOf(scaled, 1, m, p).squares.forEach((right, at) =>
        assertNear(found[at], right * 2 ** -20, `${m}×${p}: ${at}`, 1e-12)
      );
    }
  });

  it("is 0 of equal numbers, and of one", () => {
    for (const kind of ARRAYS) {
      const x = new kind(1000).fill(3);
      for (
        const [n, m, p] of [[1, 1000, 1], [10, 100, 1], [1, 500, 2], [
          1000,
          1,
          1,
        ]]
      ) {
        assertEquals(squaresBy(x, n, m, p), Array(n * p).fill(0));
      }
      const tenths = squaresBy(new kind(1001).fill(0.1), 1, 1001, 1)!;
      assert(tenths[0] >= 0 && tenths[0] < 1e-30);
    }
  });

  it("leaves the rest to loops: few numbers, long rows of columns, what is not finite", () => {
    for (const kind of ARRAYS) {
      assertEquals(squaresBy(new kind(255), 1, 255, 1), undefined);
      assertEquals(squaresBy(new kind(256), 1, 256, 1), [0]);
      assertEquals(squaresBy(new kind(2044), 4, 1, 511), undefined);
      assert(squaresBy(new kind(512), 1, 1, 512));
      assertEquals(squaresBy(new kind(4 * 2049), 1, 4, 2049), undefined);
      for (const value of [NaN, Infinity, -Infinity]) {
        for (
          const [n, m, p] of [[1, 40_000, 1], [40, 1000, 1], [1, 20_000, 2]]
        ) {
          for (const at of [0, 777, 39_999]) {
            const x = new kind(40_000);
            x[at] = value;
            assertEquals(squaresBy(x, n, m, p), undefined, `${value} ${at}`);
          }
        }
      }
    }
  });
});

describe("scaleRows()", () => {
  it("subtracts the mean, scales by row and column, and shifts by column", () => {
    for (const kind of ARRAYS) {
      for (const [n, m, p] of SHAPES) {
        if (p > 1 || m < 4) continue;
        const x = whole(kind, n * m), z = new kind(n * m);
        const gamma = new kind(m).map((_, j) => 1 + j % 5);
        const beta = new kind(m).map((_, j) => j % 7 - 3);
        const { sums, squares } = sumsOf(x, n, m, 1);
        const factor = (found: number, i: number) => {
          assertNear(found, squares[i], `${n}×${m}: ${i}`);
          return 2 + i % 3;
        };
        assert(
          scaleRows(x, z, n, m, { factor, gamma, beta, isCentered: true }),
        );
        for (let at = 0; at < n * m; at++) {
          const i = Math.floor(at / m), j = at % m;
          const d = (x[at] - sums[i] / m) * (2 + i % 3);
          const right = gamma[j] * d + beta[j];
          const by = kind === Float32Array ? 2 ** -23 : 2 ** -34;
          assertAlmostEquals(
            z[at],
            right,
            by * (4 + Math.abs(right)),
            `${n}×${m}: ${at}`,
          );
        }
      }
    }
  });

  it("subtracts nothing where the squares are of the numbers themselves", () => {
    for (const kind of ARRAYS) {
      for (const [n, m] of [[300, 4], [7, 100], [2, 20_000]]) {
        const x = new kind(n * m).map((_, i) => i % 31 === 5 ? -0 : i % 29 - 9);
        const other = { factor: () => 1, gamma: 1, beta: 0, isCentered: true };
        scaleRows(whole(kind, n * m), new kind(n * m), n, m, other);
        const z = new kind(n * m);
        const factor = (squares: number, i: number) => {
          let right = 0;
          for (let j = i * m; j < i * m + m; j++) right += x[j] ** 2;
          assertEquals(squares, right);
          return 0.5 + i;
        };
        assert(
          scaleRows(x, z, n, m, {
            factor,
            gamma: -2,
            beta: -0,
            isCentered: false,
          }),
        );
        const right = x.map((value, at) =>
          -2 * (value * (0.5 + Math.floor(at / m)))
        );
        assert(
          z.every((value, at) => Object.is(value, right[at])),
          `${kind.name} ${n}×${m}`,
        );
      }
    }
  });

  it("leaves few numbers to the loop, and what is not finite", () => {
    const how = { factor: () => 1, gamma: 1, beta: 0 };
    for (const kind of ARRAYS) {
      for (const isCentered of [false, true]) {
        const scale = (x: Numbers, n: number, m: number) =>
          scaleRows(x, new kind(n * m), n, m, { ...how, isCentered });
        const least = isCentered ? 256 : 512;
        assert(!scale(new kind(least - 1), 1, least - 1));
        assert(scale(new kind(least), 4, least / 4));
        assert(scale(new kind(4000), 1000, 4));
        assert(!scale(new kind(3000), 1000, 3));
        for (const [n, m] of [[40, 1000], [2, 20_000]]) {
          const x = new kind(40_000);
          x[777] = NaN;
          assert(!scale(x, n, m));
        }
      }
    }
  });

  it("leaves all to the loop where there are no vectors", () => {
    const x = new Float32Array(1000),
      how = { factor: () => 1, gamma: 1, beta: 0 };
    assertEquals(load(undefined), undefined);
    assert(!squaresAlong(x, 1, 1000, 1, () => {}, null));
    assert(!scaleRows(x, x, 1, 1000, { ...how, isCentered: true }, null));
  });
});

/** n×m×p, as rows and as columns of every rest, of many and few channels, and longer than
 * a chunk. */
// deno-fmt-ignore
const CHANNELS = [
  ...Array.from({ length: 9 }, (_, m) => [1024 + 311 % (m + 7), m + 1, 1 + 3 % (m + 1)]),
  ...Array.from({ length: 9 }, (_, p) => [25, 3, 28 + p]),
  [1100, 1, 1], [24, 2048, 1], [30, 66, 31], [2, 3000, 40], [2, 2, 16_384], [2, 3, 16_385], [1, 1, 40_003],
];

/** Numbers for channels; the same in every run. */
const numbers = (kind: typeof ARRAYS[number], size: number, seed = 5) =>
  new kind(size).map((_, i) => Math.sin((i + 1) * seed) * (1 + i % 3));

describe("momentsOf(), dotsOf() and mix()", () => {
  it("are right for channels of any number and length", () => {
    for (const [n, m, p] of CHANNELS) {
      const size = n * m * p, what = `${n}×${m}×${p}`;
      const x = whole(Float32Array, size) as Float32Array<ArrayBuffer>;
      const dy = x.map((_, i) => i % 11 - 5);
      const channel = (at: number) => Math.floor(at / p) % m;
      const right = Array.from({ length: m }, () => [0n, 0n, 0n, 0n]);
      x.forEach((value, at) => {
        const of = right[channel(at)], [v, w] = [BigInt(value), BigInt(dy[at])];
        [v, v * v, w, w * (v - 61_000n)].forEach((term, k) => of[k] += term);
      });
      const found = momentsOf(x, { n, m, p }), count = BigInt(n * p);
      const dots = dotsOf(x, dy, { n, m, p }, new Float64Array(m).fill(61_000));
      assert(found && dots, what);
      right.forEach(([sum, square, sumY, dot], j) => {
        const squares = Number(count * square - sum * sum) / (n * p);
        assertNear(found.means[j], Number(sum) / (n * p), `${what}: ${j}`);
        assertNear(found.squares[j], squares, `${what}: ${j}`, 1e-11);
        assertEquals(
          [dots.sums[j], dots.dots[j]],
          [sumY, dot].map(Number),
          what,
        );
      });
      const [from, ofX, ofY, added] = [1, 2, 3, 4].map((k) =>
        numbers(Float64Array, m, k) as Float64Array<ArrayBuffer>
      );
      from.forEach((_, j) => from[j] += 61_000);
      const z = new Float32Array(size), one = new Float32Array(size);
      assert(mix(x, dy, z, { n, m, p }, { from, ofX, ofY, added }), what);
      assert(mix(x, undefined, one, { n, m, p }, { from, ofX }), what);
      for (let at = 0; at < size; at++) {
        const j = channel(at), first = (x[at] - from[j]) * ofX[j];
        const second = first + added[j] + dy[at] * ofY[j];
        assertNear(one[at], first, `${what}: ${at}`, 2 ** -24);
        assertAlmostEquals(
          z[at],
          second,
          2 ** -24 * Math.abs(second) + 1e-9,
          `${what}: ${at}`,
        );
      }
    }
  });

  it("keep their digits if the first number is far from all others", () => {
    for (const [n, m, p] of [[500, 7, 1], [50, 3, 400], [1, 2, 50_000]]) {
      const x = whole(Float32Array, n * m * p);
      for (let j = 0; j < m; j++) x[j * p] = 2 ** 23;
      const { means, squares } = momentsOf(x, { n, m, p })!;
      for (let j = 0; j < m; j++) {
        const own: number[] = [];
        x.forEach((v, at) => Math.floor(at / p) % m === j && own.push(v));
        const right = sumsOf(Float32Array.from(own), 1, n * p, 1);
        assertNear(means[j], right.sums[0] / (n * p), `${n}×${m}×${p}`);
        assertNear(squares[j], right.squares[0], `${n}×${m}×${p}`, 1e-10);
      }
    }
  });

  it("leave the rest to loops", () => {
    const take = (
      x: Numbers,
      n: number,
      m: number,
      p: number,
      given?: null,
    ) => {
      const c = { n, m, p }, zeros = new Float64Array(m), z = x.slice();
      const ofX = zeros.map(() => 1);
      return [
        momentsOf(x, c, given) !== undefined,
        dotsOf(x, x, c, zeros, given) !== undefined,
        mix(x, x, z, c, { from: zeros, ofX }, given),
      ];
    };
    const no = [false, false, false], yes = [true, true, true];
    const of = (n: number, m: number, p: number) =>
      take(new Float32Array(n * m * p), n, m, p);
    assertEquals(of(1, 1, 1023), no);
    assertEquals(of(1, 1, 1024), yes);
    assertEquals(take(new Float64Array(1024), 1, 1, 1024), no);
    assertEquals(take(new Float32Array(1024), 1, 1, 1024, null), no);
    // Columns that are too many, or too short, but no rows.
    assertEquals([of(24, 2048, 1), of(24, 2049, 1)], [yes, no]);
    assertEquals([of(24, 50, 1), of(23, 50, 1)], [yes, no]);
    assertEquals([of(24, 66, 31), of(24, 67, 31)], [yes, no]);
    assertEquals(of(1, 67, 32), yes);
    for (const odd of [NaN, Infinity, -Infinity]) {
      for (const [n, m, p] of [[600, 2, 1], [4, 2, 200], [1, 1, 20_000]]) {
        for (const at of [0, 777]) {
          const x = new Float32Array(n * m * p);
          x[at] = odd;
          assertEquals(take(x, n, m, p), [false, false, true]);
        }
      }
      const x = new Float32Array(1200), c = { n: 600, m: 2, p: 1 };
      const tame = Float64Array.of(1, 1), wild = Float64Array.of(1, odd);
      for (const name of ["from", "ofX", "ofY", "added"]) {
        const how = { from: tame, ofX: tame, ofY: tame, added: tame };
        assert(mix(x, x, x.slice(), c, how));
        assert(!mix(x, x, x.slice(), c, { ...how, [name]: wild }), name);
      }
    }
  });
});

describe("scaleRowsD()", () => {
  it("leaves the rest to the loop", () => {
    const take = (x: Numbers, dy: Numbers, m: number, given?: null) =>
      [true, false].map((isCentered) =>
        scaleRowsD(x, dy, undefined, x.length / m, m, {
          factor: () => 1,
          gamma: 1,
          isCentered,
        }, given) !== undefined
      );
    const x = (size: number) => new Float32Array(size);
    assertEquals(take(x(511), x(511), 7), [false, false]);
    assertEquals(take(x(512), x(512), 8), [true, true]);
    assertEquals(take(x(700), x(700), 7), [false, false]);
    assertEquals(take(x(512), x(512), 8, null), [false, false]);
    const wide = new Float64Array(512);
    assertEquals(take(wide, wide, 8), [false, false]);
    assertEquals(take(x(16_384), x(16_384), 16_384), [true, true]);
    assertEquals(take(x(16_385), x(16_385), 16_385), [false, false]);
    for (const odd of [NaN, Infinity, -Infinity]) {
      for (const at of [0, 511, 39_999]) {
        const wild = x(40_000);
        wild[at] = odd;
        assertEquals(take(wild, x(40_000), 100), [false, false]);
        assertEquals(take(x(40_000), wild, 100), [false, false]);
      }
    }
  });
});

/** Around vectors, and rows that are many or long. */
// deno-fmt-ignore
const ROWS = [[1100, 1], [301, 2], [300, 7], [128, 8], [100, 9], [93, 11], [70, 16], [9, 217], [3, 2450], [1, 16_384], [2, 16_385]];

describeNearLoops(
  layerNorm_,
  ROWS.map(([n, m]) => ({ inputs: { x: [n, m], gamma: [m], beta: [m] } })),
);

describeNearLoops(
  rmsNorm_,
  ROWS.map(([n, m]) => ({ inputs: { x: [n, m], gamma: [m] } })),
);

describe("the operations that use them", () => {
  it("give the gradients that are asked for alone", () => {
    const x = { shape: [120, 10], data: whole(Float32Array, 1200) };
    const gamma = { shape: [10], data: numbers(Float32Array, 10) };
    const dout = { shape: [120, 10], data: numbers(Float32Array, 1200) };
    for (const s of [layerNorm_, rmsNorm_, batchNorm]) {
      const inputs = s === rmsNorm_
        ? [x, gamma, dout]
        : [x, gamma, gamma, dout];
      const all = s.backward<Record<string, Tensor>>(inputs);
      for (const [name, right] of Object.entries(all)) {
        assertEquals(
          s.gradient<Tensor>(name, inputs),
          right,
          `${s.name} ${name}`,
        );
      }
    }
  });

  it("have the same bits in an arena", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const kind = dtype === "float32" ? Float32Array : Float64Array;
      for (const [n, m] of [[40, 100], [3, 20_001]]) {
        const make = () => {
          const x = zeros([n, m], { dtype }), gamma = zeros([m], { dtype });
          x.data.set(whole(kind, n * m));
          gamma.data.set(whole(kind, m));
          return [x, gamma] as const;
        };
        const all = () => {
          const [x, gamma] = make();
          return [
            variance(x),
            variance(x, { axes: [0] }),
            variance(x, { axes: [1] }),
            varianceDx(x, scalar(2, { dtype })),
            layerNorm(x, gamma, gamma),
            rmsNorm(x, gamma),
          ].map(({ data }) => data.slice());
        };
        assertEquals(arena(() => ({ all: all() })).all, all());
      }
    }
  });

  it("take null for ones, and for zeros", () => {
    for (const [n, m] of [[40, 100], [3, 20_001]]) {
      const x = zeros([n, m]), one = ones([m]);
      x.data.set(whole(Float32Array, n * m));
      assertEquals(layerNorm(x, null, null), layerNorm(x, one, zeros([m])));
      assertEquals(rmsNorm(x, null), rmsNorm(x, one));
    }
  });

  it("give a row what is not finite alone", () => {
    const x = zeros([30, 20]);
    x.data.forEach((_, i) => x.data[i] = i % 7);
    x.data[25] = NaN;
    const y = layerNorm(x, null, null), r = rmsNorm(x, null);
    const v = variance(x, { axes: [1] });
    for (let i = 0; i < 30; i++) {
      assertEquals(Number.isNaN(y.data[20 * i]), i === 1);
      assertEquals(Number.isNaN(r.data[20 * i]), i === 1);
      assertEquals(Number.isNaN(v.data[i]), i === 1);
    }
    const one = layerNorm(tensor(x.data.subarray(40, 60), [1, 20]), null, null);
    assertEquals(y.data.subarray(40, 60), one.data);
  });
});
