// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { log, logD, logDx } from "./log.ts";
import * as op from "./log.ts";
import source from "./log.ts" with { type: "text" };
import goldens from "../goldens/log.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const f64 = (...values: number[]) => tensor(values, { dtype: "float64" });

describe("log()", () => {
  /** A few units in the last place. */
  const near = (actual: number, expected: number) =>
    assertAlmostEquals(actual, expected, 2 ** -51 * Math.abs(expected));

  it("is right to the last digits, near 1 and far from it", () => {
    // Rounded from 60 digits by mpmath.
    const known = [
      [1, 0],
      [1.0000001, 9.999999505838704e-8],
      [0.9999999, -1.0000000494736474e-7],
      [10, 2.302585092994046],
      [1e-300, -690.7755278982137],
      [5e-324, -744.4400719213812],
      [1e300, 690.7755278982137],
    ];
    for (const [x, y] of known) {
      near(log(f64(x)).data[0], y);
      near(logDx(f64(x), f64(-3)).data[0], -3 / x);
    }
  });

  it("has no value below 0, and the formula's gradient", () => {
    assertEquals(
      log(tensor([0, -0, -1, Infinity])),
      tensor([-Infinity, -Infinity, NaN, Infinity]),
    );
    assertEquals(
      logD(tensor([0, -0, -2, Infinity]), tensor([1, 1, 1, 1])).x,
      tensor([Infinity, -Infinity, -0.5, 0]),
    );
  });
});

describeProof("ops/elementwise/log.ts", source, op, goldens);
