// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { maxPool2d, maxPool2dD, maxPool2dDx } from "./max_pool2d.ts";
import { ones, tensor, zeros } from "../tensor.ts";
import * as op from "./max_pool2d.ts";
import source from "./max_pool2d.ts" with { type: "text" };
import goldens from "../goldens/max_pool2d.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const x = tensor([[1, 5, 2, 0], [3, 4, 4, 4], [7, 0, 1, 2], [1, 2, 6, 3]]);

describe("maxPool2d()", () => {
  it("takes the largest element of each window, as in the drawing", () => {
    assertEquals(maxPool2d(x, { size: 2 }), tensor([[5, 4], [7, 6]]));
    assertEquals(
      maxPool2dDx(x, tensor([[1, 2], [3, 4]]), { size: 2 }),
      tensor([[0, 1, 0, 0], [0, 0, 2, 0], [3, 0, 0, 0], [0, 0, 4, 0]]),
    );
  });

  it("has windows that overlap, and of another height than width", () => {
    const options = { size: [1, 3], stride: [3, 1] } as const;
    assertEquals(maxPool2d(x, options), tensor([[5, 5], [6, 6]]));
    const { x: dx } = maxPool2dD(x, tensor([[1, 2], [4, 8]]), options);
    assertEquals(
      dx,
      tensor([[0, 3, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 12, 0]]),
    );
  });

  it("never takes the padding, whatever is next to it", () => {
    const low = tensor([[-3e38, -2], [-Infinity, -1e-45]]);
    assertEquals(
      maxPool2d(low, { size: 2, padding: 1 }),
      tensor([[-3e38, -2], [-Infinity, -1e-45]]),
    );
  });

  it("takes any leading axes", () => {
    assertEquals(maxPool2d(zeros([2, 3, 4, 5]), { size: 2 }).shape, [
      2,
      3,
      2,
      2,
    ]);
    assertEquals(maxPool2d(zeros([0, 3, 4, 5]), { size: 2 }).shape, [
      0,
      3,
      2,
      2,
    ]);
  });

  it("gives a tie to its first element, across rows, too", () => {
    const tied = tensor([[0, 9, 9], [9, 9, 0]]);
    assertEquals(
      maxPool2dDx(tied, tensor([[1]]), { size: [2, 3] }),
      tensor([[0, 1, 0], [0, 0, 0]]),
    );
    assertEquals(
      maxPool2dDx(tied, tensor([[1, 2]]), { size: 2, stride: 1 }),
      tensor([[0, 3, 0], [0, 0, 0]]),
    );
  });

  it("adds up overlapping gradients in float64", () => {
    const peak = tensor([[1, 0, 2, 0, 1]]);
    const dout = tensor([[2 ** 24, 1, 1]]);
    assertEquals(
      maxPool2dDx(peak, dout, { size: [1, 3], stride: 1 }).data[2],
      2 ** 24 + 2,
    );
  });

  it("refuses what makes no windows", () => {
    const refuse = (options: object, why: string) =>
      assertThrows(() => maxPool2d(x, options as never), Error, why);
    refuse({}, "size must be given");
    refuse({ size: 0 }, "size must be an integer at least 1: it is 0");
    refuse({ size: [2, 1.5] }, "size[1] must be an integer at least 1");
    refuse({ size: 2, stride: 0 }, "stride must be an integer at least 1");
    refuse({ size: 3, padding: 2 }, "padding[0] must be");
    assertThrows(
      () => maxPool2d(ones([0, 4]), { size: 2, padding: 1 }),
      RangeError,
      "h must be at least 1 where axis 0 of the result is (h+2*p-r)/s+1: it is 0",
    );
    refuse(
      { size: [5, 1] },
      "axis 0 of the result, (h+2*p-r)/s+1, must be at least 1: it is 0 where h is 4, p is 0, r is 5, s is 5",
    );
    assertThrows(
      () => maxPool2dDx(x, ones([2, 3]), { size: 2 }),
      TypeError,
      "dout is 2×3",
    );
  });
});

describeProof("ops/convolution/max_pool2d.ts", source, op, goldens);
