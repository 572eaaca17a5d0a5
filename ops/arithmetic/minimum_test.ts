// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { minimum, minimumD, minimumDx, minimumDy } from "./minimum.ts";
import { ones, scalar, tensor, zeros } from "../tensor.ts";
import * as op from "./minimum.ts";
import source from "./minimum.ts" with { type: "text" };
import goldens from "../goldens/minimum.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("minimum()", () => {
  it("takes the smaller of two numbers, and gives it the gradient", () => {
    const [x, y] = [tensor([[1, -2], [3, 4]]), tensor([[5, -6], [3, 8]])];
    const dout = tensor([[1, 10], [100, 1000]]);
    assertEquals(minimum(x, y), tensor([[1, -6], [3, 4]]));
    assertEquals(minimumD(x, y, dout), {
      x: tensor([[1, 0], [50, 1000]]),
      y: tensor([[0, 10], [50, 0]]),
    });
  });

  it("repeats either operand, or both", () => {
    const column = tensor([[1], [4]]), row = tensor([2, 3]);
    assertEquals(minimum(column, row), tensor([[1, 1], [2, 3]]));
    assertEquals(minimum(scalar(0), tensor([-1, 1])), tensor([-1, 0]));
  });

  it("refuses shapes that do not fit", () => {
    assertThrows(
      // @ts-expect-error 2 is neither 3 nor 1.
      () => minimum(zeros([2, 3]), zeros([2])),
      TypeError,
      "x is 2×3, y is [2]",
    );
  });

  it("gives half of the gradient to each at a tie, of zeros of either sign, too", () => {
    const x = tensor([0, -0, 2]), y = tensor([-0, 0, 2]), dout = ones([3]);
    const half = tensor([0.5, 0.5, 0.5]);
    assertEquals(minimumD(x, y, dout), { x: half, y: half });
  });

  it("lets nothing through to the larger number: no NaN, and no infinity", () => {
    const x = tensor([2]), y = tensor([1]);
    for (const value of [NaN, Infinity]) {
      const dout = tensor([value]);
      assertEquals(minimumD(x, y, dout), { x: tensor([0]), y: dout });
    }
  });
});

describe("the gradients of operands that are broadcast", () => {
  it("have the operand's shape, and are sums over where it was repeated", () => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    const dout = tensor([[1, 1, 1], [10, 10, 10]]);
    assertEquals(
      minimumDy(x, tensor([[4, 2, 9]]), dout),
      tensor([[5, 10.5, 0]]),
    );
    assertEquals(minimumDx(scalar(4), x, dout), scalar(25));
  });
});

describeProof("ops/arithmetic/minimum.ts", source, op, goldens);
