// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { elu, eluD, eluDx } from "./elu.ts";
import * as op from "./elu.ts";
import source from "./elu.ts" with { type: "text" };
import goldens from "../goldens/elu.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

/** x, elu at x and its derivative there, rounded from 60 digits by mpmath. */
const KNOWN = [
  [0, 0, 1],
  [1e-7, 1e-7, 1],
  [-1e-7, -9.999999500000016e-8, 0.999999900000005],
  [0.3, 0.3, 1],
  [-1, -0.6321205588285577, 0.36787944117144233],
  [3, 3, 1],
  [9, 9, 1],
  [19.5, 19.5, 1],
  [20.1, 20.1, 1],
  [-40, -1, 4.248354255291589e-18],
  [100, 100, 1],
  [-300, -1, 5.148200222412013e-131],
  [360, 360, 1],
  [700, 700, 1],
  [-745, -1, 5e-324],
  [1e4, 10000, 1],
  [-1e4, -1, 0],
] as const;

const f64 = (...values: number[]) => tensor(values, { dtype: "float64" });

/** A few units in the last place. */
const near = (actual: number, expected: number) =>
  assertAlmostEquals(actual, expected, 2 ** -50 * Math.abs(expected));

describe("elu()", () => {
  it("is right to a few units in the last place, near 0 and far from it", () => {
    for (const [x, y, dx] of KNOWN) {
      near(elu(f64(x)).data[0], y);
      near(eluDx(f64(x), f64(1)).data[0], dx);
      near(eluDx(f64(x), f64(-3)).data[0], -3 * dx);
    }
  });

  it("computes float32 in float64, and rounds once", () => {
    for (const [x] of KNOWN) {
      const [a, b] = [tensor([x]), f64(Math.fround(x))];
      assertEquals(elu(a).data[0], Math.fround(elu(b).data[0]));
      const dx = eluDx(b, f64(1)).data[0];
      assertEquals(eluDx(a, tensor([1])).data[0], Math.fround(dx));
    }
  });

  it("multiplies the left side by alpha, and not the right one", () => {
    for (const alpha of [2, 0.5, -3, 0]) {
      for (const [x, y, dx] of KNOWN) {
        const factor = x > 0 ? 1 : alpha;
        near(elu(f64(x), { alpha }).data[0], factor * y);
        near(eluDx(f64(x), f64(1), { alpha }).data[0], factor * dx);
      }
    }
  });

  it("has the slope of the left side at 0, and keeps the sign of zeros", () => {
    const zeros = new Float32Array([0, -0]);
    for (const alpha of [2, 0.5, -3]) {
      assertEquals(elu(tensor(zeros), { alpha }).data, zeros);
      assertEquals(
        eluD(tensor(zeros), tensor([1, 1]), { alpha }).x,
        tensor([alpha, alpha]),
      );
    }
  });

  it("passes NaN on, and has a place for infinities", () => {
    assertEquals(
      elu(tensor([NaN, Infinity, -Infinity]), { alpha: 2 }),
      tensor([NaN, Infinity, -2]),
    );
    assertEquals(
      eluDx(
        tensor([NaN, Infinity, -Infinity, -1, 1]),
        tensor([1, 1, 1, NaN, Infinity]),
        { alpha: 2 },
      ),
      tensor([NaN, 1, 0, NaN, Infinity]),
    );
  });
});

describeProof("ops/activations/elu.ts", source, op, goldens);
