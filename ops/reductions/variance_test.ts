// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, scalar, tensor, zeros } from "../tensor.ts";
import { variance, varianceD, varianceDx } from "./variance.ts";
import * as op from "./variance.ts";
import source from "./variance.ts" with { type: "text" };
import goldens from "../goldens/variance.json" with { type: "json" };
import { describeNearLoops } from "../core/testing/near_loops.ts";
import { describeProof } from "../core/testing/describe_proof.ts";

const float64 = { dtype: "float64" } as const;

describe("variance()", () => {
  it("is over one axis, some, all or none", () => {
    const x = tensor([[[1, 2], [3, 6]], [[5, 2], [7, 10]]]);
    assertEquals(variance(x, { axes: [1] }), tensor([[2, 8], [2, 32]]));
    assertEquals(
      variance(x, { axes: [1, 2], correction: 0, keepDims: true }),
      tensor([[[3.5]], [[8.5]]]),
    );
    assertEquals(variance(x, { correction: 0 }), scalar(8.25));
    assertEquals(variance(x, { axes: [], correction: 0 }), zeros([2, 2, 2]));
  });

  it("has all its digits where the mean is large beside the deviation", () => {
    // Elements whose mean is 1e6 exactly, and whose variance is nearly 1e-6.
    const deviations = Array.from({ length: 1000 }, (_, i) => {
      const size = Math.round((0.5 + i / 1000) * 2 ** 20) / 2 ** 30;
      return [size, -size];
    }).flat();
    const exact = deviations.reduce((sum, d) => sum + d * d, 0) / 2000;
    assert(exact > 0.9e-6 && exact < 1.3e-6);
    const x = tensor(deviations.map((d) => 1e6 + d), float64);
    const found = variance(x, { correction: 0 }).data[0];
    assertAlmostEquals(found / exact, 1, 1e-13);
  });

  it("has all its digits in float32, too, with the mean 1000 and the variance 1", () => {
    const deviations = Array.from({ length: 100 }, (_, i) => {
      const size = Math.round((0.5 + i / 100) * 2 ** 12) / 2 ** 12;
      return [size, -size];
    }).flat();
    const exact = deviations.reduce((sum, d) => sum + d * d, 0) / 200;
    const x = tensor(deviations.map((d) => 1000 + d));
    assertEquals(variance(x, { correction: 0 }), scalar(exact));
  });

  it("is exactly 0 where all elements are equal, however large their sum", () => {
    const x = tensor(Array(1001).fill(0.1), float64);
    assertAlmostEquals(variance(x).data[0], 0, 1e-40);
    assertEquals(variance(ones([7])), scalar(0));
  });

  it("is NaN of one element or none, unless nothing is corrected", () => {
    assertEquals(variance(tensor([5])), scalar(NaN));
    assertEquals(variance(zeros([2, 0]), { axes: [1] }), tensor([NaN, NaN]));
    assertEquals(variance(zeros([2, 0]), { axes: [0] }), zeros([0]));
    assertEquals(variance(tensor([5]), { correction: 0 }), scalar(0));
  });
});

describe("variance() of long columns", () => {
  it("keeps its digits", () => {
    const m = 300_007, data = new Float64Array(2 * m).fill(0.1);
    data[0] = data[2 * m - 1] = 0.13;
    const y = variance({ shape: [m, 2] as const, data }, { axes: [0] }).data;
    const right = (data[0] - data[1]) ** 2 / m;
    assertAlmostEquals(y[0], right, 1e-12 * right);
    assertAlmostEquals(y[1], right, 1e-12 * right);
  });
});

describe("varianceDx()", () => {
  it("adds up to 0, as all elements may be shifted", () => {
    const x = tensor([1e6 + 0.125, 1e6 - 0.75, 1e6 + 0.5], float64);
    const dx = varianceDx(x, scalar(1, float64));
    assertAlmostEquals(dx.data.reduce((a, b) => a + b), 0, 1e-15);
    assertAlmostEquals(dx.data[1], -17 / 24, 1e-15);
    assertEquals(varianceD(x, scalar(1, float64)), { x: dx });
  });

  it("takes the correction, the axes and keepDims of the call", () => {
    const x = tensor([[1, 3], [2, 8]]);
    assertEquals(
      varianceDx(x, tensor([[1], [2]]), {
        axes: [1],
        correction: 0,
        keepDims: true,
      }),
      tensor([[-1, 1], [-6, 6]]),
    );
  });
});

describeProof("ops/reductions/variance.ts", source, op, goldens);

// Rows, columns, several slices of them, and few numbers.
describeNearLoops(op.signature, [
  { inputs: { x: [3000] } },
  { inputs: { x: [40, 50] }, options: { axes: [1], correction: 0 } },
  { inputs: { x: [40, 50] }, options: { axes: [0], correction: 2 } },
  { inputs: { x: [3, 50, 30] }, options: { axes: [1] } },
  { inputs: { x: [2, 200, 3, 5] }, options: { axes: [1, 2] } },
  { inputs: { x: [3, 5, 4] }, options: { axes: [1] } },
]);
