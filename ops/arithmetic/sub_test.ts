// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { sub, subD, subDx, subDy } from "./sub.ts";
import { scalar, tensor, zeros } from "../tensor.ts";
import * as op from "./sub.ts";
import source from "./sub.ts" with { type: "text" };
import goldens from "../goldens/sub.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("sub()", () => {
  it("subtracts tensors of one shape element by element", () => {
    const [x, y] = [tensor([[1, 2], [3, 4]]), tensor([[5, 6], [7, 8]])];
    const dout = tensor([[1, 10], [100, 1000]]);
    assertEquals(sub(x, y), tensor([[-4, -4], [-4, -4]]));
    assertEquals(subD(x, y, dout), {
      x: tensor([[1, 10], [100, 1000]]),
      y: tensor([[-1, -10], [-100, -1000]]),
    });
  });

  it("repeats either operand, or both", () => {
    const column = tensor([[1], [2]]), row = tensor([3, 4]);
    assertEquals(sub(column, row), tensor([[-2, -3], [-1, -2]]));
  });

  it("refuses shapes that do not fit", () => {
    assertThrows(
      // @ts-expect-error 2 is neither 3 nor 1.
      () => sub(zeros([2, 3]), zeros([2])),
      TypeError,
      "x is 2×3, y is [2]",
    );
  });

  it("is not the same the other way round", () => {
    const x = tensor([5, 7]), y = scalar(2), dout = tensor([1, 10]);
    assertEquals(sub(x, y), tensor([3, 5]));
    assertEquals(sub(y, x), tensor([-3, -5]));
    assertEquals(subDx(y, x, dout), scalar(11));
    assertEquals(subDy(y, x, dout), tensor([-1, -10]));
  });
});

describe("the gradients of operands that are broadcast", () => {
  it("have the operand's shape, and are sums over where it was repeated", () => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    const dout = tensor([[1, 1, 1], [10, 10, 10]]);
    assertEquals(subDy(x, zeros([1, 3]), dout), tensor([[-11, -11, -11]]));
    assertEquals(subDy(x, scalar(0), dout), scalar(-33));
    assertEquals(subDx(scalar(0), x, dout), scalar(33));
  });
});

describeProof("ops/arithmetic/sub.ts", source, op, goldens);
