// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, scalar, tensor, zeros } from "../tensor.ts";
import { norm, normD, normDx } from "./norm.ts";
import * as op from "./norm.ts";
import source from "./norm.ts" with { type: "text" };
import goldens from "../goldens/norm.json" with { type: "json" };
import { describeNearLoops } from "../core/testing/near_loops.ts";
import { describeProof } from "../core/testing/describe_proof.ts";

const float64 = { dtype: "float64" } as const;

describe("norm()", () => {
  it("is over one axis, some, all or none", () => {
    const x = tensor([[[3, 4], [0, 0]], [[0, -5], [12, 0]]]);
    assertEquals(norm(x, { axes: [2] }), tensor([[5, 0], [5, 12]]));
    assertEquals(
      norm(x, { axes: [1, 2], keepDims: true }),
      tensor([[[5]], [[13]]]),
    );
    assertEquals(norm(x, { axes: [2, 0] }).data[1], 12);
    assertEquals(norm(x), scalar(Math.fround(Math.sqrt(194))));
    assertEquals(norm(x, { axes: [] }).data[5], 5);
  });

  it("neither overflows nor vanishes in either element type", () => {
    for (const scale of [1e30, 1e-30, 1e38, 1e-38]) {
      const y = norm(tensor([3 * scale / 10, 4 * scale / 10])).data[0];
      assertAlmostEquals(y / scale, 0.5, 1e-7);
    }
    for (const scale of [1e200, 1e-200, 1e307, 1e-300]) {
      const y = norm(tensor([3 * scale, 4 * scale], float64)).data[0];
      assertAlmostEquals(y / scale, 5, 1e-15);
    }
    assertEquals(norm(tensor([5e-324], float64)).data[0], 5e-324);
    assertEquals(norm(tensor([1e-45, 0])).data[0], Math.fround(1e-45));
    const most = Number.MAX_VALUE;
    assertEquals(norm(tensor([most], float64)).data[0], most);
  });
});

describe("norm() of a long row", () => {
  it("keeps its digits, and those of its gradient", () => {
    const m = 300_007, x = { shape: [m] as const, data: new Float64Array(m) };
    x.data.fill(0.1)[m - 1] = 100;
    const right = Math.sqrt((m - 1) / 100 + 1e4);
    assertAlmostEquals(norm(x).data[0], right, 1e-13 * right);
    const { data } = normDx(x, scalar(1, float64));
    assertAlmostEquals(data[0], 0.1 / right, 1e-13 / right);
    assertAlmostEquals(data[m - 1], 100 / right, 1e-11 / right);
  });
});

describe("normDx()", () => {
  it("points along the elements, with the length of dout, however short they are", () => {
    for (const scale of [1, 1e200, 1e-200, 1e307, 1e-300]) {
      const x = tensor([3 * scale, -4 * scale], float64);
      const { data } = normDx(x, scalar(10, float64));
      assertAlmostEquals(data[0], 6, 1e-14);
      assertAlmostEquals(data[1], -8, 1e-14);
    }
    // The length itself overflows, but not what each has of it.
    const huge = tensor([1.5e308, 1.5e308], float64);
    assertEquals(norm(huge).data[0], Infinity);
    const { data } = normDx(huge, scalar(1, float64));
    assertAlmostEquals(data[0], Math.SQRT1_2, 1e-15);
  });

  it("is 0 where all elements are, in that row alone", () => {
    const x = tensor([[0, 0], [3, 4], [0, -0]]);
    const dx = normDx(x, tensor([1, 5, -1]), { axes: [-1] });
    assertEquals([...dx.data].map((v) => v + 0), [0, 0, 3, 4, 0, 0]);
    assertEquals(normD(x, tensor([1, 5, -1]), { axes: [-1] }), { x: dx });
    assertEquals(normDx(zeros([0]), scalar(1)), zeros([0]));
  });
});

describeProof("ops/reductions/norm.ts", source, op, goldens);

// Rows, columns, several slices of them, and few numbers.
describeNearLoops(op.signature, [
  { inputs: { x: [3000] } },
  { inputs: { x: [40, 50] }, options: { axes: [1] } },
  { inputs: { x: [40, 50] }, options: { axes: [0] } },
  { inputs: { x: [3, 50, 30] }, options: { axes: [1], keepDims: true } },
  { inputs: { x: [2, 200, 3, 5] }, options: { axes: [1, 2] } },
  { inputs: { x: [3, 5, 4] }, options: { axes: [1] } },
]);

describe("the length of zeros, by kernels", () => {
  it("has the gradient 0, and no other", () => {
    for (const axis of [0, 1]) {
      const x = zeros([40, 40]), dout = ones([40]);
      x.data[43] = 2;
      const { x: dx } = op.normD(x, dout, { axes: [axis] });
      assertEquals(
        Array.from(dx.data),
        Array.from(x.data, (_, at) => at === 43 ? 1 : 0),
      );
    }
  });
});
