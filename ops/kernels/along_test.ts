// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { assertSameNumbers } from "../core/testing/functions.ts";
import { signature as argmax } from "../reductions/argmax.ts";
import { signature as cumsum } from "../reductions/cumsum.ts";
import { signature as max } from "../reductions/max.ts";
import { signature as min } from "../reductions/min.ts";
import { cumulate, extremes, isFar, isLong, places, turned } from "./along.ts";

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
  for (const [n, m, p] of [[3, 5, 7], [1, 9, 2], [9, 2, 1], [1, 4, 40]]) {
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
        extremes(x, n, m, p, y, sign);
        assertSameNumbers(y, right, what);
      }
    });
  }

  it("argmax has the bits of its loop", () => {
    for (const { x, n, m, p, what } of cases()) {
      const [y, right] = [new Int32Array(n * p), new Int32Array(n * p)];
      (argmax.spec.forward as Loop)({ x, y: right, n, m, p });
      places(x, n, m, p, y as never);
      assertEquals(y, right, what);
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

  it("is chosen where it is worth it, never along the last axis", () => {
    assertEquals([isFar(2 ** 18, 2), isFar(2 ** 18, 1), isFar(99, 99)], [
      true,
      false,
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
    for (const [n, m, p] of [[2, 8, 16], [1, 3, 100], [40, 9, 1], [4, 1, 64]]) {
      const x = Float32Array.from({ length: n * m * p }, (_, i) => i);
      const dy = x.map((v) => v * 1000), z = x.map(() => NaN);
      let calls = 0;
      const isDone = turned([x, dy], z, n, m, p, ([x, dy], z, rows) => {
        calls++;
        assertEquals(rows, n * p);
        for (let row = 0; row < rows; row++) {
          for (let j = 0; j < m; j++) {
            const at = row * m + j;
            z[at] = x[at] + dy[at] + j / 8 + row / 1024;
          }
        }
        return true;
      });
      assert(isDone);
      assertEquals(calls, 1);
      const expected = x.map((v, i) => {
        const j = Math.floor(i / p) % m;
        const row = Math.floor(i / (m * p)) * p + i % p;
        return v + 1000 * v + j / 8 + row / 1024;
      });
      assertSameNumbers(z, expected, `${n}×${m}×${p}`);
    }
  });

  it("makes no result where there is none, or no kernel", () => {
    const x = Float32Array.from({ length: 256 }, (_, i) => i);
    const z = new Float32Array(256);
    let first: number[] = [];
    const look = (rows: number) =>
      turned([x], undefined, 1, 16, rows, ([x]) => {
        first = [...x.subarray(0, 3)];
        return true;
      });
    assert(look(16));
    assertEquals(first, [0, 16, 32]);
    assert(turned([x], undefined, 16, 16, 1, ([found]) => found === x));
    assert(!turned([x], z, 1, 16, 16, (_, out) => out.fill(1) === x));
    assert(z.every((value) => value === 0));
    const never = () => {
      throw new Error("called");
    };
    assert(!turned([x.subarray(0, 255)], z, 1, 51, 5, never));
    assert(!turned([new Float64Array(256)], z, 1, 16, 16, never));
  });
});
