// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { exp, expD, expDx } from "./exp.ts";
import * as op from "./exp.ts";
import source from "./exp.ts" with { type: "text" };
import goldens from "../goldens/exp.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const f64 = (...values: number[]) => tensor(values, { dtype: "float64" });

describe("exp()", () => {
  /** A few units in the last place. */
  const near = (actual: number, expected: number) =>
    assertAlmostEquals(actual, expected, 2 ** -51 * Math.abs(expected));

  it("is its own derivative, from where it vanishes to where it overflows", () => {
    // Rounded from 60 digits by mpmath.
    const known = [
      [0, 1],
      [1, 2.718281828459045],
      [-20, 2.061153622438558e-9],
      [700, 1.0142320547350045e304],
      [-700, 9.859676543759771e-305],
      [-740, 4.2e-322],
      [1e4, Infinity],
      [-1e4, 0],
    ];
    for (const [x, y] of known) {
      const [[own], [slope]] = [exp(f64(x)).data, expDx(f64(x), f64(1)).data];
      if (y === Infinity) assertEquals([own, slope], [y, y]);
      else {
        near(own, y);
        near(slope, y);
      }
    }
  });

  it("computes float32 in float64, and rounds once", () => {
    const x = tensor([0.3, -7.7, 88.8]);
    const wide = { ...x, data: Float64Array.from(x.data) };
    assertEquals(exp(x).data, Float32Array.from(exp(wide).data));
    const [dout, dwide] = [
      tensor([3, 3, 1e-10]),
      f64(3, 3, Math.fround(1e-10)),
    ];
    const dx = Float32Array.from(expD(wide, dwide).x.data);
    assertEquals(expDx(x, dout).data, dx);
    assertEquals(Number.isFinite(dx[2]), true); // Y itself overflows there.
  });
});

describeProof("ops/elementwise/exp.ts", source, op, goldens);
