// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { avgPool2d, avgPool2dD, avgPool2dDx } from "./avg_pool2d.ts";
import { ones, tensor, zeros } from "../tensor.ts";
import * as op from "./avg_pool2d.ts";
import source from "./avg_pool2d.ts" with { type: "text" };
import goldens from "../goldens/avg_pool2d.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const x = tensor([[1, 5, 2, 0], [3, 7, 4, 6], [8, 0, 1, 2]]);

describe("avgPool2d()", () => {
  it("takes the mean of each window", () => {
    assertEquals(avgPool2d(x, { size: 2 }), tensor([[4, 3]]));
    assertEquals(
      avgPool2d(x, { size: [3, 1], stride: 1 }),
      tensor([[4, 4, Math.fround(7 / 3), Math.fround(8 / 3)]]),
    );
  });

  it("counts the padding, on every side", () => {
    assertEquals(
      avgPool2d(ones([3, 3]), { size: 2, padding: 1 }),
      tensor([[0.25, 0.5], [0.5, 1]]),
    );
    assertEquals(
      avgPool2d(ones([1, 2]), { size: [2, 1], padding: [1, 0], stride: 1 }),
      tensor([[0.5, 0.5], [0.5, 0.5]]),
    );
  });

  it("gives each element the windows that contain it", () => {
    const options = { size: [1, 2], stride: 1 } as const;
    assertEquals(
      avgPool2dDx(tensor([[1, 2, 3]]), tensor([[2, 8]]), options),
      tensor([[1, 5, 4]]),
    );
    assertEquals(
      avgPool2dD(x, tensor([[4, 8]]), { size: 2 }).x,
      tensor([[1, 1, 2, 2], [1, 1, 2, 2], [0, 0, 0, 0]]),
    );
  });

  it("takes any leading axes", () => {
    assertEquals(
      avgPool2d(ones([2, 3, 4, 5]), { size: 2 }),
      ones([2, 3, 2, 2]),
    );
    assertEquals(avgPool2d(zeros([2, 0, 4, 5]), { size: 2 }).shape, [
      2,
      0,
      2,
      2,
    ]);
  });

  it("sums in float64, and rounds once", () => {
    const big = tensor([[2 ** 24, 1, 1, 2 ** 24]]);
    assertEquals(avgPool2d(big, { size: [1, 4] }), tensor([[2 ** 23 + 0.5]]));
    const huge = tensor([[3e38, 3e38]]);
    assertEquals(avgPool2d(huge, { size: [1, 2] }), tensor([[3e38]]));
  });

  it("refuses what makes no windows", () => {
    const refuse = (options: object, why: string) =>
      assertThrows(() => avgPool2d(x, options as never), Error, why);
    refuse({}, "size must be given");
    refuse({ size: [2, 0] }, "size[1] must be an integer at least 1: it is 0");
    refuse({ size: 2, stride: -1 }, "stride must be an integer at least 1");
    refuse({ size: 2, padding: [0, 2] }, "padding[1] must be");
    assertThrows(
      () => avgPool2d(ones([4, 0]), { size: 2, padding: 1 }),
      RangeError,
      "l must be at least 1 where axis 1 of the result is (l+2*q-v)/t+1: it is 0",
    );
    refuse({ size: [1, 5] }, "must be at least 1: it is 0 where l is 4");
  });
});

describeProof("ops/convolution/avg_pool2d.ts", source, op, goldens);
