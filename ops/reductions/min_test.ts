// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { withoutKernels } from "../core/op.ts";
import { reshape, scalar, tensor, zeros } from "../tensor.ts";
import { min, minD, minDx } from "./min.ts";
import * as op from "./min.ts";
import source from "./min.ts" with { type: "text" };
import goldens from "../goldens/min.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("min()", () => {
  it("works along any axis, which goes, or stays with the size 1", () => {
    const x = tensor([[[1, 9], [7, 2]], [[5, 3], [-4, 8]]]);
    assertEquals(min(x), tensor([[1, 2], [3, -4]]));
    assertEquals(min(x, { axis: 0 }), tensor([[1, 3], [-4, 2]]));
    assertEquals(
      min(x, { axis: -2, keepDims: true }),
      tensor([[[1, 2]], [[-4, 3]]]),
    );
  });

  it("refuses an axis without elements, and takes others that are empty", () => {
    const refused = [
      () => min(zeros([2, 0])),
      () => min(zeros([0, 3]), { axis: 0 }),
      () => minDx(zeros([2, 0]), zeros([2])),
    ];
    for (const call of refused) {
      assertThrows(call, TypeError, "of x must not be empty: x is ");
    }
    assertThrows(
      () => min(zeros([2, 0])),
      TypeError,
      "Cannot compute min as axis 1 of x must not be empty: x is 2×0",
    );
    assertEquals(min(zeros([0, 3])), zeros([0]));
    assertEquals(minDx(zeros([0, 3]), zeros([0])), zeros([0, 3]));
  });

  it("takes NaN for the smallest, wherever it is", () => {
    for (const x of [[NaN, 1, 2], [1, NaN, 2], [-Infinity, 1, NaN]]) {
      assertEquals(min(tensor(x)), scalar(NaN));
      assertEquals(minDx(tensor(x), scalar(0)), tensor([NaN, NaN, NaN]));
    }
  });
});

describe("min() of many numbers", () => {
  it("is that of their loop along any axis, where there are NaN and zeros", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const x = zeros([3, 70, 65], { dtype });
      x.data.forEach((_, i) => x.data[i] = Math.sin(i * i) * 4);
      x.data[1234] = NaN;
      for (let i = 5000; i < 10_000; i++) x.data[i] = i % 67 === 0 ? 0 : -0;
      for (const axis of [0, 1, 2]) {
        const loop = withoutKernels(op.signature).forward([x], { axis });
        assertEquals(min(x, { axis }), loop, `${axis}`);
      }
    }
  });
});

describe("minDx()", () => {
  it("gives all to the smallest, wherever it is", () => {
    const x = tensor([[1, 2, 3], [3, 1, 2], [2, 3, 1]]);
    const dx = tensor([[5, 0, 0], [0, 6, 0], [0, 0, 7]]);
    assertEquals(minDx(x, tensor([5, 6, 7])), dx);
    assertEquals(minD(x, tensor([5, 6, 7])), { x: dx });
    const kept = reshape(tensor([5, 6, 7]), [3, 1]);
    assertEquals(minDx(x, kept, { keepDims: true }), dx);
  });

  it("is shared by those that tie", () => {
    const x = tensor([[2, 2, 2, 2], [3, 2, 3, 2]]);
    assertEquals(
      minDx(x, tensor([4, 4])),
      tensor([[1, 1, 1, 1], [0, 2, 0, 2]]),
    );
  });
});

describeProof("ops/reductions/min.ts", source, op, goldens);
