// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { abs, absD, absDx } from "./abs.ts";
import * as op from "./abs.ts";
import source from "./abs.ts" with { type: "text" };
import goldens from "../goldens/abs.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const f64 = (...values: number[]) => tensor(values, { dtype: "float64" });

describe("abs()", () => {
  it("has a slope of 1 above 0, of −1 below, and of 0 at the kink", () => {
    const x = [-2, -5e-324, -0, 0, 5e-324, 2];
    assertEquals(abs(f64(...x)), f64(2, 5e-324, 0, 0, 5e-324, 2));
    assertEquals(
      absDx(f64(...x), f64(3, 3, 3, 3, 3, 3)),
      f64(-3, -3, 0, 0, 3, 3),
    );
  });

  it("multiplies by the 0 of the kink, so that NaN and infinity show", () => {
    assertEquals(
      absD(tensor([0, 0, NaN, 1]), tensor([NaN, Infinity, 1, Infinity])).x,
      tensor([NaN, NaN, 0, Infinity]),
    );
  });
});

describeProof("ops/elementwise/abs.ts", source, op, goldens);
