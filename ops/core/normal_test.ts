// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  add,
  type Digits,
  digits64,
  divide,
  exactly,
  multiply,
  pi,
  sqrt,
  subtract,
  toNumber,
} from "../proof/language/digits.ts";
import { density, normal } from "./normal.ts";

const half = exactly(0.5);
const square = (x: Digits) => multiply(x, x);

/** Φ(x) in 77 digits. */
const cdf = (x: number) =>
  multiply(
    half,
    digits64.call("erfc", divide(exactly(-x), sqrt(exactly(2)))),
  );

/** φ(x) in 77 digits. */
const pdf = (x: number) =>
  divide(
    digits64.call("exp", multiply(exactly(-0.5), square(exactly(x)))),
    sqrt(add(pi, pi)),
  );

/** Numbers everywhere, with all bits: also where one formula ends. */
function* numbers() {
  for (let i = 0; i < 500; i++) {
    yield (i * 0.618033988749895 % 1) * 48 - 39;
    yield (i * 0.618033988749895 % 1) * 4 - 2;
  }
  for (const x of [0.66291, 5.656854249492381, 37.416573867739416, 39]) {
    for (const d of [-1e-10, 0, 1e-10]) yield* [x + d, -x - d];
  }
  yield* [0, 1e-300, -1e-8, 1e-8, 1e4, -1e4];
}

function assertNear(actual: number, truth: Digits, what: string) {
  const expected = toNumber(truth);
  const error = Math.abs(toNumber(subtract(exactly(actual), truth)));
  const bound = 4 * Math.max(2 ** -52 * Math.abs(expected), 2 ** -1074);
  assert(error <= bound, `${what}: ${actual} for ${expected}`);
}

describe("normal() and density()", () => {
  it("are right to four units in the last place, near 0 and far from it", () => {
    for (const x of numbers()) {
      const [p, d] = [cdf(x), pdf(x)];
      assertNear(normal(x, 1), p, `Φ(${x})`);
      assertNear(normal(x, x), multiply(exactly(x), p), `${x} Φ(${x})`);
      assertNear(density(x, 1), d, `φ(${x})`);
      assertNear(density(x, x), multiply(exactly(x), d), `${x} φ(${x})`);
    }
  });

  it("have their limits at the infinities, and pass NaN on", () => {
    assertEquals(normal(Infinity, 1), 1);
    assertEquals(normal(-Infinity, 1), 0);
    assertEquals(density(Infinity, 1), 0);
    assertEquals(density(-Infinity, 1), 0);
    assertEquals(normal(-Infinity, -Infinity), NaN);
    assertEquals(normal(NaN, 1), NaN);
    assertEquals(density(NaN, 1), NaN);
    assertEquals(normal(1e200, 1e200), 1e200);
    assertEquals(density(1e200, 1e200), 0);
  });
});
