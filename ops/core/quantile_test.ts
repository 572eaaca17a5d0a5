// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { log, quantile, root } from "./quantile.ts";

/** Places and 22 digits of the quantile, by mpmath. */
const KNOWN: [number, number][] = [
  [0, -8.292361075813595538234],
  [1, -8.16070784085858317554],
  [2 ** 10, -7.331562494594736504846],
  [2 ** 30, -5.166578119641677519777],
  [2 ** 45 + 12345, -2.660067468499282428056],
  [2 ** 49, -1.534120544352545860339],
  [675539944105574, -1.439531470938455836912], // Where the regions meet.
  [675539944105575, -1.439531470938455052609],
  [2 ** 50 + 7, -1.150349380376004133347],
  [2 ** 51, -0.6744897501960815685161],
  [2 ** 52 - 1, -1.391458212335883461117e-16],
  [2 ** 52, 1.391458212335883461117e-16],
  [2 ** 52 + 2 ** 50, 0.318639363964375309414],
  [2 ** 53 - 2 ** 49, 1.534120544352546763077],
  [2 ** 53 - 2 ** 40 - 3, 3.668329285120741569232],
  [2 ** 53 - 1, 8.292361075813595538234],
];

describe("quantile()", () => {
  it("is right to a few ulp", () => {
    for (const [k, z] of KNOWN) {
      assertAlmostEquals(quantile(k) / z, 1, 2e-15, `${k}`);
    }
  });

  it("is odd, and grows", () => {
    let last = -Infinity;
    for (let i = 0; i < 1000; i++) {
      const k = Math.floor(i * 2 ** 53 / 1000);
      assertEquals(quantile(2 ** 53 - 1 - k), -quantile(k));
      assert(quantile(k) > last);
      last = quantile(k);
    }
  });
});

describe("root() and log()", () => {
  it("are those of the engine to a few ulp", () => {
    for (let x = 2 ** -60; x < 2 ** 60; x *= 1.37) {
      assertAlmostEquals(root(x) / Math.sqrt(x), 1, 5e-16, `${x}`);
      if (x < 1) assertAlmostEquals(log(x) / Math.log(x), 1, 5e-16, `${x}`);
    }
    assertEquals([root(0.25), root(9), root(2 ** 40)], [0.5, 3, 2 ** 20]);
  });
});
