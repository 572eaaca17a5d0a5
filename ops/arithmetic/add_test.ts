// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { add, addD, addDx, addDy } from "./add.ts";
import { scalar, tensor, zeros } from "../tensor.ts";
import * as op from "./add.ts";
import source from "./add.ts" with { type: "text" };
import goldens from "../goldens/add.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("add()", () => {
  it("adds tensors of one shape element by element", () => {
    const [x, y] = [tensor([[1, 2], [3, 4]]), tensor([[5, 6], [7, 8]])];
    const dout = tensor([[1, 10], [100, 1000]]);
    assertEquals(add(x, y), tensor([[6, 8], [10, 12]]));
    assertEquals(addD(x, y, dout), {
      x: tensor([[1, 10], [100, 1000]]),
      y: tensor([[1, 10], [100, 1000]]),
    });
  });

  it("repeats either operand, or both", () => {
    const column = tensor([[1], [2]]), row = tensor([3, 4]);
    assertEquals(add(column, row), tensor([[4, 5], [5, 6]]));
  });

  it("refuses shapes that do not fit", () => {
    assertThrows(
      // @ts-expect-error 2 is neither 3 nor 1.
      () => add(zeros([2, 3]), zeros([2])),
      TypeError,
      "x is 2×3, y is [2]",
    );
  });

  it("takes no part of the operands into the gradients", () => {
    const x = tensor([NaN, Infinity]);
    assertEquals(addDx(x, x, tensor([2, 3])), tensor([2, 3]));
  });
});

describe("the gradients of operands that are broadcast", () => {
  it("have the operand's shape, and are sums over where it was repeated", () => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    const dout = tensor([[1, 1, 1], [10, 10, 10]]);
    assertEquals(addDy(x, zeros([1, 3]), dout), tensor([[11, 11, 11]]));
    assertEquals(addDy(x, scalar(0), dout), scalar(33));
    assertEquals(addDx(scalar(0), x, dout), scalar(33));
  });
});

describeProof("ops/arithmetic/add.ts", source, op, goldens);
