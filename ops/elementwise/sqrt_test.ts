// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { sqrt, sqrtD, sqrtDx } from "./sqrt.ts";
import * as op from "./sqrt.ts";
import source from "./sqrt.ts" with { type: "text" };
import goldens from "../goldens/sqrt.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const f64 = (...values: number[]) => tensor(values, { dtype: "float64" });

describe("sqrt()", () => {
  it("is the nearest number, and its gradient half of the reciprocal", () => {
    for (const x of [5e-324, 1e-308, 0.3, 2, 1e4, 1e300]) {
      assertEquals(sqrt(f64(x)).data[0], Math.sqrt(x));
      assertEquals(sqrtDx(f64(x), f64(3)).data[0], 3 / (2 * Math.sqrt(x)));
    }
  });

  it("is vertical at 0, and has nothing below it", () => {
    assertEquals(sqrt(tensor([0, -0, -1])), tensor([0, -0, NaN]));
    assertEquals(
      sqrtD(tensor([0, -0, -1]), tensor([1, 1, 1])).x,
      tensor([Infinity, -Infinity, NaN]),
    );
  });
});

describeProof("ops/elementwise/sqrt.ts", source, op, goldens);
