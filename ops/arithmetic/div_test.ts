// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { div, divD, divDx, divDy } from "./div.ts";
import { ones, scalar, tensor, zeros } from "../tensor.ts";
import * as op from "./div.ts";
import source from "./div.ts" with { type: "text" };
import goldens from "../goldens/div.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("div()", () => {
  it("divides tensors of one shape element by element", () => {
    const [x, y] = [tensor([[1, 2], [3, 4]]), tensor([[2, 4], [8, -1]])];
    const dout = tensor([[1, 10], [100, 1000]]);
    assertEquals(div(x, y), tensor([[0.5, 0.5], [0.375, -4]]));
    assertEquals(divD(x, y, dout), {
      x: tensor([[0.5, 2.5], [12.5, -1000]]),
      y: tensor([[-0.25, -1.25], [-4.6875, -4000]]),
    });
  });

  it("repeats either operand, or both", () => {
    const column = tensor([[4], [8]]), row = tensor([1, 2]);
    assertEquals(div(column, row), tensor([[4, 2], [8, 4]]));
    assertEquals(div(row, column), tensor([[0.25, 0.5], [0.125, 0.25]]));
    assertEquals(div(scalar(1), row), tensor([1, 0.5]));
  });

  it("refuses shapes that do not fit", () => {
    assertThrows(
      // @ts-expect-error 2 is neither 3 nor 1.
      () => div(zeros([2, 3]), zeros([2])),
      TypeError,
      "x is 2×3, y is [2]",
    );
  });

  it("squares no divisor", () => {
    for (const value of [1e200, 1e-200]) {
      const x = tensor([value], { dtype: "float64" });
      const dout = ones([1], { dtype: "float64" });
      assertEquals([...divDy(x, x, dout).data], [-(1 / value)]);
    }
  });
});

describe("the gradients of operands that are broadcast", () => {
  it("have the operand's shape, and are sums over where it was repeated", () => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    const dout = tensor([[1, 1, 1], [10, 10, 10]]);
    assertEquals(
      divDy(x, tensor([[1, 2, 4]]), dout),
      tensor([[-41, -13, -3.9375]]),
    );
    assertEquals(divDy(x, scalar(1), dout), scalar(-156));
    assertEquals(divDx(scalar(1), ones([2, 3]), dout), scalar(33));
  });
});

describeProof("ops/arithmetic/div.ts", source, op, goldens);
