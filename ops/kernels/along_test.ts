// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { assertSameNumbers } from "../core/testing/functions.ts";
import { arena } from "../arena.ts";
import { signature as argmax } from "../reductions/argmax.ts";
import { signature as cumsum } from "../reductions/cumsum.ts";
import { signature as max } from "../reductions/max.ts";
import { signature as mean } from "../reductions/mean.ts";
import { signature as min } from "../reductions/min.ts";
import { signature as prod } from "../reductions/prod.ts";
import { signature as sum } from "../reductions/sum.ts";
import { scalar, tensor, zeros } from "../tensor.ts";
import {
  cumulate,
  extremesInOrder,
  isFar,
  isLong,
  multiplyAlong,
  placesInOrder,
  repeatAlong,
  shareExtremes,
  turned,
} from "./along.ts";

const SPECIAL = [0, -0, NaN, Infinity, -Infinity, 1, -1, 1e30, 0.1];

/** Numbers, and special ones among them so often. */
function data(size: number, often: number) {
  return Float32Array.from(
    { length: size },
    (_, i) =>
      i % often === 0
        ? SPECIAL[i / often % SPECIAL.length]
        : Math.sin(i * i) * 4,
  );
}

type Loop = (env: Record<string, unknown>) => void;

/** Every n×m×p, and numbers for it, with a result of each kind to write to. */
function* cases() {
  for (
    const [n, m, p] of [[3, 5, 7], [1, 9, 2], [9, 2, 1], [1, 4, 40], [5, 60, 1]]
  ) {
    for (const often of [2, 5, 1000]) {
      const x = data(n * m * p, often);
      yield { x, n, m, p, what: `${n}×${m}×${p}, ${often}` };
    }
  }
}

describe("along an axis, in the order of memory", () => {
  for (const [signature, sign] of [[max, 1], [min, -1]] as const) {
    it(`${signature.name} has the bits of its loop`, () => {
      for (const { x, n, m, p, what } of cases()) {
        const [y, right] = [new Float32Array(n * p), new Float32Array(n * p)];
        (signature.spec.forward as Loop)({ x, y: right, n, m, p });
        extremesInOrder(x, n, m, p, y, sign);
        assertSameNumbers(y, right, what);
      }
    });
  }

  for (const [signature, sign] of [[max, 1], [min, -1]] as const) {
    it(`the gradient of ${signature.name} has the bits of its loop`, () => {
      for (const Data of [Float32Array, Float64Array]) {
        for (
          const [n, m, p, isFast] of [
            ...[[3, 9, 1, true], [9, 2, 1, true], [2, 255, 1, true]] as const,
            ...[[3, 260, 1, true], [2, 600, 64, false]] as const,
            // By vectors, by rows, and rows too long for the vectors.
            ...[[2, 1100, 65, true], [1, 2 ** 18, 3, true]] as const,
            ...[[1, 40, 2 ** 14 + 1, true], [1, 2 ** 15, 3, false]] as const,
          ] as const
        ) {
          for (const often of [2, 5, 1000]) {
            const x = Data.from(data(n * m * p, often)).map((value) =>
              Math.round(4 * value) / 4 // So that there are ties.
            );
            const dy = Data.from(data(n * p, 1000));
            const [dx, right] = [new Data(n * m * p), new Data(n * m * p)];
            (signature.spec.backward as Loop)({ x, dy, dx: right, n, m, p });
            const what = `${Data.name} ${n}×${m}×${p}, ${often}`;
            assertEquals(shareExtremes(x, dy, dx, n, m, p, sign), isFast, what);
            if (isFast) assertSameNumbers(dx, right, what);
          }
        }
      }
    });
  }

  it("argmax has the bits of its loop", () => {
    for (const { x, n, m, p, what } of cases()) {
      const [y, right] = [new Int32Array(n * p), new Int32Array(n * p)];
      (argmax.spec.forward as Loop)({ x, y: right, n, m, p });
      placesInOrder(x, n, m, p, y as never);
      assertEquals(y, right, what);
    }
  });

  for (const [signature, divides] of [[sum, false], [mean, true]] as const) {
    it(`the gradient of ${signature.name} has the bits of its loop`, () => {
      for (const Data of [Float32Array, Float64Array]) {
        for (const [n, m, p] of [[2, 128, 1], [3, 43, 3], [1, 4, 32]]) {
          const dy = Data.from(data(n * p, 5));
          const [dx, right] = [new Data(n * m * p), new Data(n * m * p)];
          (signature.spec.backward as Loop)({ dy, dx: right, n, m, p });
          assert(repeatAlong(dy, dx, n, m, p, divides ? m : undefined));
          assertSameNumbers(dx, right, `${n}×${m}×${p}`);
        }
      }
      const x = new Float32Array(127);
      assert(!repeatAlong(x, x, 1, 127, 1));
      assert(!repeatAlong(x, x, 1, 0, 1));
      assert(!repeatAlong(x, new Float32Array(381), 1, 3, 127));
    });
  }

  it("prod has the bits of its loop, or NaN for what is near to an end", () => {
    for (
      const [n, m, p] of [
        [2, 100, 64],
        [1, 67, 67],
        ...[1, 2, 3, 4, 5, 9].map((n) => [n, 31, 1]),
        ...[2, 3, 4, 5, 9].map((p) => [2, 31, p]),
      ]
    ) {
      for (
        const [Data, scale, isTame] of [
          [Float32Array, 1, true],
          [Float32Array, 2 ** -12, true],
          [Float32Array, 2 ** -13, false],
          [Float64Array, 2 ** 33, true],
          [Float64Array, 2 ** -12, true],
          [Float64Array, 2 ** 34, false],
          [Float64Array, 2 ** -13, false],
          [Float32Array, 0, false],
          [Float32Array, NaN, false],
        ] as const
      ) {
        const x = new Data(n * m * p).map((_, i) =>
          (i % 7 === 3 ? -1 : 1) * (1 + i % 13 / 1024)
        );
        // The last of the lines, of which some come back after they were near.
        for (let j = 0; j < m; j++) {
          const at = (n * m - m + j) * p + p - 1;
          if (j < 31) x[at] *= scale === 0 && j !== 9 ? 1 : scale;
          else if (scale > 0) x[at] = Math.sign(x[at]);
        }
        const y = new Data(n * p), right = new Data(n * p);
        (prod.spec.forward as Loop)({ x, y: right, n, m, p });
        multiplyAlong(x, n, m, p, y);
        const name = `${n} ${m} ${p} ${Data.name} ${scale}`;
        const last = n * p - 1;
        const isFloat32 = Data === Float32Array;
        if (isTame && !isFloat32 || scale === 1) {
          assertSameNumbers(y, right, name);
        }
        assertEquals(Number.isFinite(y[last]), isTame, name);
        assertSameNumbers(y.subarray(0, last), right.subarray(0, last), name);
        (prod.spec.kernels!.forward as Loop)({ x, y, n, m, p });
        assertSameNumbers(y, right, name);
      }
    }
  });

  it("prodD has the bits of its loop, wherever a line leaves the range", () => {
    for (const [n, m, p] of [[9, 17, 1], [2, 17, 3], [2, 17, 4], [1, 17, 9]]) {
      for (const Data of [Float32Array, Float64Array]) {
        for (let i = 0; i < n * p; i++) {
          for (
            const [scale, dout] of [
              [1, 1],
              [0, 1],
              [2 ** -30, 1],
              [2 ** 30, 1],
              [NaN, 1],
              [1, 0],
              [1, -Infinity],
              [1, NaN],
              [1, 2 ** -120],
              [2 ** -14, 2 ** -40],
              [2 ** 14, 2 ** 40],
            ]
          ) {
            const x = new Data(n * m * p).map((_, i) =>
              (i % 7 === 3 ? -1 : 1) * (1 + i % 13 / 1024)
            );
            const dy = new Data(n * p).map((_, i) => 1 / (i + 3));
            dy[i] = dout;
            for (let j = 0; j < m; j++) {
              const at = (Math.floor(i / p) * m + j) * p + i % p;
              x[at] *= scale === 0 && j !== 5 ? 1 : scale;
            }
            const dx = new Data(x.length), right = new Data(x.length);
            const { backward, kernels } = prod.spec;
            (backward as Loop)({ x, dy, dx: right, n, m, p });
            (kernels!.backward as Loop)({ x, dy, dx, n, m, p });
            assertSameNumbers(
              dx,
              right,
              `${n} ${m} ${p} ${i} ${scale} ${dout}`,
            );
          }
        }
      }
    }
  });

  it("prod finds each line whose product leaves the range and comes back", () => {
    const { forward, backward, kernels } = prod.spec, m = 17;
    for (const [n, p] of [[9, 1], [2, 3], [2, 4], [1, 9], [1, 32]]) {
      for (const Data of [Float32Array, Float64Array]) {
        for (let line = 0; line < Math.min(n * p, 9); line++) {
          for (const power of [127, -127, 62, -62]) {
            for (const dout of [1, 2 ** 100, 2 ** -100]) {
              const x = new Data(n * m * p).map((_, i) => 1 + i % 13 / 1024);
              const dy = new Data(n * p).fill(1), y = new Data(n * p);
              dy[line] = dout;
              for (let j = 0; j < m; j++) {
                const at = (Math.floor(line / p) * m + j) * p + line % p;
                x[at] *= 2 ** (j < 9 ? power : -power);
              }
              const right = y.slice(), dx = x.slice(), rightD = x.slice();
              const env = { x, dy, n, m, p };
              (forward as Loop)({ ...env, y: right });
              (kernels!.forward as Loop)({ ...env, y });
              (backward as Loop)({ ...env, dx: rightD });
              (kernels!.backward as Loop)({ ...env, dx });
              const name = `${n} ${p} ${line} ${power} ${dout}`;
              assertSameNumbers(y, right, name);
              assertSameNumbers(dx, rightD, `${name}, the gradient`);
            }
          }
        }
      }
    }
  });

  it("cumsum has the bits of its loops", () => {
    for (const { x, n, m, p, what } of cases()) {
      const [y, right] = [x.slice(), x.slice()];
      (cumsum.spec.forward as Loop)({ x, y: right, n, m, p });
      cumulate(x, n, m, p, y, false);
      assertSameNumbers(y, right, what);
      (cumsum.spec.backward as Loop)({ dy: x, dx: right, n, m, p });
      cumulate(x, n, m, p, y, true);
      assertSameNumbers(y, right, `${what}, backward`);
    }
  });

  it("is chosen where it is worth it", () => {
    assertEquals([isFar(2 ** 18, 2), isFar(3, 1), isFar(99, 99)], [
      true,
      true,
      false,
    ]);
    assertEquals([isLong(2 ** 15, 2), isLong(2 ** 20, 1), isLong(99, 99)], [
      true,
      false,
      false,
    ]);
  });
});

describe("turned()", () => {
  it("gives a kernel rows, and writes what it makes of them where they were", () => {
    // The last five do not fit at once: slices, columns, more than can be copied, columns
    // longer than all, and both.
    for (
      const [n, m, p, most] of [
        ...[[2, 8, 16, 32], [1, 3, 100, 100], [40, 9, 1, 40], [4, 2, 64, 256]],
        ...[[5, 5, 13, 65], [3, 6, 15, 45], [3, 7, 17, 51], [1, 130, 2, 2]],
        ...[[99, 40, 20, 800], [2, 300, 200, 96], [1, 1000, 133, 48]],
        ...[[1, 8000, 40, 32], [1, 40_000, 2, 2], [1, 33_000, 18, 16]],
      ]
    ) {
      const x = Float32Array.from({ length: n * m * p }, (_, i) => i % 97);
      const dy = x.map((v) => v * 100), z = x.map(() => NaN);
      let next = 0, largest = 0;
      const kernel: Parameters<typeof turned>[3] = (
        inputs,
        z,
        rows,
        m,
        first,
      ) => {
        const [x, dy] = inputs;
        assertEquals(first, next);
        next += rows;
        largest = Math.max(largest, rows);
        assertEquals([x, dy, z].map((data) => data.length), [
          rows * m,
          rows * m,
          rows * m,
        ]);
        for (let at = 0; at < rows * m; at++) {
          const j = at % m, row = first + Math.floor(at / m);
          z[at] = x[at] + dy[at] + j % 8 / 8 + row % 64 / 1024;
        }
        return true;
      };
      assert(turned({ n, m, p }, [x, dy], z, kernel));
      assertEquals([next, largest], [n * p, most]);
      const expected = x.map((v, i) => {
        const j = Math.floor(i / p) % m;
        const row = Math.floor(i / (m * p)) * p + i % p;
        return v + 100 * v + j % 8 / 8 + row % 64 / 1024;
      });
      assertSameNumbers(z, expected, `${n}×${m}×${p}`);
    }
  });

  it("leaves rows of one number to the loop", () => {
    const x = new Float32Array(1000);
    for (const [n, p] of [[1000, 1], [1, 1000]]) {
      assert(!turned({ n, m: 1, p }, [x], x, () => true));
    }
  });

  it("does the same with what lies in an arena, all of it or some", () => {
    for (const [n, m, p] of [[3, 7, 30], [1, 600, 301], [2, 50, 40]]) {
      const size = n * m * p;
      const x = Float32Array.from({ length: size }, (_, i) => i % 1013);
      const y = Float32Array.from({ length: size }, (_, i) => i % 89 / 128);
      const right = x.map((value, at) => value + y[at]);
      for (let mixed = 0; mixed < 8; mixed++) {
        const found = arena(() => {
          const here = zeros([3, size + 3]).data;
          const [a, b, z] = [x, y, x].map((data, k) => {
            // At any place, of a vector or a line.
            const from = k * (size + 3) + k + 1;
            const own = mixed >> k & 1
              ? here.subarray(from, from + size)
              : new Float32Array(size);
            if (k < 2) own.set(data);
            return own;
          });
          assert(turned({ n, m, p }, [a, b], z, ([a, b], z) => {
            a.forEach((value, at) => z[at] = value + b[at]);
            return true;
          }));
          return { z: tensor(z), edge: scalar(here[2 * size + 8]) };
        });
        assertSameNumbers(found.z.data, right, `${n}×${m}×${p}, ${mixed}`);
        if (mixed < 4) assertEquals(found.edge.data[0], 0);
      }
    }
  });

  it("makes no result if there is none, or no kernel", () => {
    const x = Float32Array.from({ length: 256 }, (_, i) => i);
    const z = new Float32Array(256);
    let first: number[] = [];
    const look = (rows: number) =>
      turned({ n: 1, m: 16, p: rows }, [x], undefined, ([x]) => {
        first = [...x.subarray(0, 3)];
        return true;
      });
    assert(look(16));
    assertEquals(first, [0, 16, 32]);
    const last = { n: 16, m: 16, p: 1 }, square = { n: 1, m: 16, p: 16 };
    assert(turned(last, [x], undefined, ([found]) => found === x));
    assert(!turned(square, [x], z, (_, out) => out.fill(1) === x));
    assert(z.every((value) => value === 0));
    const never = () => {
      throw new Error("called");
    };
    assert(!turned({ n: 1, m: 51, p: 5 }, [x.subarray(0, 255)], z, never));
    assert(!turned(square, [new Float64Array(256)], z, never));
  });
});
