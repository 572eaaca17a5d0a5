// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { maximum, maximumD, maximumDx, maximumDy } from "./maximum.ts";
import { ones, scalar, tensor, zeros } from "../tensor.ts";
import * as op from "./maximum.ts";
import source from "./maximum.ts" with { type: "text" };
import goldens from "../goldens/maximum.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("maximum()", () => {
  it("takes the larger of two numbers, and gives it the gradient", () => {
    const [x, y] = [tensor([[1, -2], [3, 4]]), tensor([[5, -6], [3, 8]])];
    const dout = tensor([[1, 10], [100, 1000]]);
    assertEquals(maximum(x, y), tensor([[5, -2], [3, 8]]));
    assertEquals(maximumD(x, y, dout), {
      x: tensor([[0, 10], [50, 0]]),
      y: tensor([[1, 0], [50, 1000]]),
    });
  });

  it("repeats either operand, or both", () => {
    const column = tensor([[1], [4]]), row = tensor([2, 3]);
    assertEquals(maximum(column, row), tensor([[2, 3], [4, 4]]));
    assertEquals(maximum(scalar(0), tensor([-1, 1])), tensor([0, 1]));
  });

  it("refuses shapes that do not fit", () => {
    assertThrows(
      // @ts-expect-error 2 is neither 3 nor 1.
      () => maximum(zeros([2, 3]), zeros([2])),
      TypeError,
      "x is 2×3, y is [2]",
    );
  });

  it("gives half of the gradient to each at a tie, of zeros of either sign, too", () => {
    const x = tensor([0, -0, 2]), y = tensor([-0, 0, 2]), dout = ones([3]);
    const half = tensor([0.5, 0.5, 0.5]);
    assertEquals(maximumD(x, y, dout), { x: half, y: half });
  });

  it("lets nothing through to the smaller number: no NaN, and no infinity", () => {
    const x = tensor([1]), y = tensor([2]);
    for (const value of [NaN, Infinity]) {
      const dout = tensor([value]);
      assertEquals(maximumD(x, y, dout), { x: tensor([0]), y: dout });
    }
  });
});

describe("the gradients of operands that are broadcast", () => {
  it("have the operand's shape, and are sums over where it was repeated", () => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    const dout = tensor([[1, 1, 1], [10, 10, 10]]);
    assertEquals(
      maximumDy(x, tensor([[4, 2, 9]]), dout),
      tensor([[6, 0.5, 11]]),
    );
    assertEquals(maximumDx(scalar(4), x, dout), scalar(8));
  });
});

describeProof("ops/arithmetic/maximum.ts", source, op, goldens);
