// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, scalar, tensor, zeros } from "../tensor.ts";
import { mean, meanD, meanDx } from "./mean.ts";
import * as op from "./mean.ts";
import source from "./mean.ts" with { type: "text" };
import goldens from "../goldens/mean.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("mean()", () => {
  const x = tensor([[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 18]]]);

  it("averages over one axis, some, all or none", () => {
    assertEquals(mean(x, { axes: [1] }), tensor([[3, 4], [9, 12]]));
    assertEquals(mean(x, { axes: [2, 0] }), tensor([4.5, 6.5, 10]));
    assertEquals(mean(x), scalar(7));
    assertEquals(mean(x, { axes: [] }), x);
    assertEquals(mean(x, { axes: [0, -2], keepDims: true }).shape, [1, 1, 2]);
  });

  it("is NaN where there are no elements, and empty where there are no means", () => {
    assertEquals(mean(zeros([0])), scalar(NaN));
    assertEquals(mean(zeros([2, 0]), { axes: [1] }), tensor([NaN, NaN]));
    assertEquals(mean(zeros([2, 0]), { axes: [0] }), zeros([0]));
  });

  it("adds in float64 and rounds once, after the division", () => {
    const tiny = 2 ** -24; // Lost where it is added to a float32 of 1.
    const x = tensor([1, tiny, tiny, tiny, 0, 0, 0, 0]);
    assertEquals(mean(x).data[0], (1 + 4 * tiny) / 8);
    assertEquals(mean(tensor([3e38, 3e38, 3e38])), scalar(3e38));
    const tensorOfThirds = tensor([1, 0, 0], { dtype: "float64" });
    assertEquals(mean(tensorOfThirds).data[0], 1 / 3);
  });
});

describe("meanDx()", () => {
  it("shares dout out in equal parts", () => {
    const x = zeros([2, 4]), dout = tensor([4, -8]);
    const dx = tensor([[1, 1, 1, 1], [-2, -2, -2, -2]]);
    assertEquals(meanDx(x, dout, { axes: [1] }), dx);
    assertEquals(meanD(x, dout, { axes: [1] }), { x: dx });
    assertEquals(meanDx(ones([4]), scalar(NaN)), tensor([NaN, NaN, NaN, NaN]));
    assertEquals(meanDx(zeros([0]), scalar(1)), zeros([0]));
  });
});

describeProof("ops/reductions/mean.ts", source, op, goldens);
