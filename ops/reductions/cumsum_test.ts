// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { reshape, scalar, tensor, zeros } from "../tensor.ts";
import { cumsum, cumsumD, cumsumDx } from "./cumsum.ts";
import * as op from "./cumsum.ts";
import source from "./cumsum.ts" with { type: "text" };
import goldens from "../goldens/cumsum.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("cumsum()", () => {
  it("works along any axis, counted from either end", () => {
    const x = tensor([[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]]);
    const along = tensor([
      [[1, 2], [4, 6], [9, 12]],
      [[7, 8], [16, 18], [27, 30]],
    ]);
    assertEquals(cumsum(x, { axis: 1 }), along);
    assertEquals(cumsum(x, { axis: -2 }), along);
    assertEquals(
      cumsum(x),
      tensor([[[1, 3], [3, 7], [5, 11]], [[7, 15], [9, 19], [11, 23]]]),
    );
    assertThrows(() => cumsum(scalar(1)), TypeError, "rank 1 or more");
    assertEquals(cumsum(zeros([2, 0])), zeros([2, 0]));
  });

  it("adds in float64 and rounds each sum once", () => {
    const tiny = 2 ** -24; // Lost where it is added to a float32 of 1.
    assertEquals(cumsum(tensor([1, tiny, tiny])).data[2], 1 + 2 * tiny);
    const { data } = cumsum(tensor(Array(1e5).fill(0.1)));
    assertEquals(data[99_999], Math.fround(1e5 * Math.fround(0.1)));
  });
});

describe("cumsumDx()", () => {
  it("is a cumulative sum from the end", () => {
    const x = zeros([2, 3]), dout = tensor([[1, 2, 3], [10, 20, 30]]);
    const dx = tensor([[6, 5, 3], [60, 50, 30]]);
    assertEquals(cumsumDx(x, dout), dx);
    assertEquals(cumsumD(x, dout), { x: dx });
    assertEquals(
      cumsumDx(reshape(x, [3, 2]), reshape(dout, [3, 2]), { axis: 0 }),
      tensor([[24, 42], [23, 40], [20, 30]]),
    );
  });
});

describeProof("ops/reductions/cumsum.ts", source, op, goldens);
