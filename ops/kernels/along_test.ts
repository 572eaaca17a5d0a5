// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { assertSameNumbers } from "../core/testing/functions.ts";
import { signature as argmax } from "../reductions/argmax.ts";
import { signature as cumsum } from "../reductions/cumsum.ts";
import { signature as max } from "../reductions/max.ts";
import { signature as min } from "../reductions/min.ts";
import { cumulate, extremes, isFar, isLong, places } from "./along.ts";

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
