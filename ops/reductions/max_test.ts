// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { withoutKernels } from "../core/op.ts";
import { reshape, scalar, tensor, zeros } from "../tensor.ts";
import { max, maxD, maxDx } from "./max.ts";
import * as op from "./max.ts";
import source from "./max.ts" with { type: "text" };
import goldens from "../goldens/max.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("max()", () => {
  it("works along any axis, which goes, or stays with the size 1", () => {
    const x = tensor([[[1, 9], [7, 2]], [[5, 3], [-4, 8]]]);
    assertEquals(max(x), tensor([[9, 7], [5, 8]]));
    assertEquals(max(x, { axis: 0 }), tensor([[5, 9], [7, 8]]));
    assertEquals(
      max(x, { axis: -2, keepDims: true }),
      tensor([[[7, 9]], [[5, 8]]]),
    );
  });

  it("refuses an axis without elements, and takes others that are empty", () => {
    const refused = [
      () => max(zeros([2, 0])),
      () => max(zeros([0, 3]), { axis: 0 }),
      () => maxDx(zeros([2, 0]), zeros([2])),
    ];
    for (const call of refused) {
      assertThrows(call, TypeError, "of x must not be empty: x is ");
    }
    assertThrows(
      () => max(zeros([2, 0])),
      TypeError,
      "Cannot compute max as axis 1 of x must not be empty: x is 2×0",
    );
    assertEquals(max(zeros([0, 3])), zeros([0]));
    assertEquals(maxDx(zeros([0, 3]), zeros([0])), zeros([0, 3]));
  });

  it("takes NaN for the largest, wherever it is", () => {
    for (const x of [[NaN, 1, 2], [1, NaN, 2], [Infinity, 1, NaN]]) {
      assertEquals(max(tensor(x)), scalar(NaN));
      assertEquals(maxDx(tensor(x), scalar(0)), tensor([NaN, NaN, NaN]));
    }
  });
});

describe("max() of many numbers", () => {
  it("is that of their loop along any axis, where there are NaN and zeros", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const x = zeros([3, 70, 65], { dtype });
      x.data.forEach((_, i) => x.data[i] = Math.sin(i * i) * 4);
      x.data[1234] = NaN;
      for (let i = 5000; i < 10_000; i++) x.data[i] = i % 67 === 0 ? 0 : -0;
      for (const axis of [0, 1, 2]) {
        const loop = withoutKernels(op.signature).forward([x], { axis });
        assertEquals(max(x, { axis }), loop, `${axis}`);
      }
    }
  });
});

describe("maxDx()", () => {
  it("gives all to the largest, wherever it is", () => {
    const x = tensor([[1, 2, 3], [3, 1, 2], [2, 3, 1]]);
    const dx = tensor([[0, 0, 5], [6, 0, 0], [0, 7, 0]]);
    assertEquals(maxDx(x, tensor([5, 6, 7])), dx);
    assertEquals(maxD(x, tensor([5, 6, 7])), { x: dx });
    const kept = reshape(tensor([5, 6, 7]), [3, 1]);
    assertEquals(maxDx(x, kept, { keepDims: true }), dx);
  });

  it("is shared by those that tie", () => {
    const x = tensor([[2, 2, 2, 2], [-1, 2, -1, 2]]);
    assertEquals(
      maxDx(x, tensor([4, 4])),
      tensor([[1, 1, 1, 1], [0, 2, 0, 2]]),
    );
  });
});

describeProof("ops/reductions/max.ts", source, op, goldens);
