// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { assertType, type IsExact } from "@std/testing/types";
import { mul, mulD, mulDx, mulDy } from "./mul.ts";
import {
  ones,
  scalar,
  type Shape,
  type Tensor,
  tensor,
  zeros,
} from "../tensor.ts";
import * as op from "./mul.ts";
import source from "./mul.ts" with { type: "text" };
import goldens from "../goldens/mul.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const unknown = (n: number): number => n;

describe("mul()", () => {
  it("multiplies tensors of one shape element by element", () => {
    const [x, y] = [tensor([[1, 2], [3, 4]]), tensor([[5, 6], [7, 8]])];
    const dout = tensor([[1, 10], [100, 1000]]);
    assertEquals(mul(x, y), tensor([[5, 12], [21, 32]]));
    assertEquals(mulD(x, y, dout), {
      x: tensor([[5, 60], [700, 8000]]),
      y: tensor([[1, 20], [300, 4000]]),
    });
  });

  it("repeats either operand, or both", () => {
    const column = tensor([[1], [2]]), row = tensor([3, 4]);
    assertEquals(mul(column, row), tensor([[3, 4], [6, 8]]));
    assertEquals(mul(row, column), tensor([[3, 4], [6, 8]]));
    assertEquals(mul(scalar(2), row), tensor([6, 8]));
    assertEquals(mul(zeros([0, 1]), ones([3])), zeros([0, 3]));
  });

  it("refuses shapes that do not fit", () => {
    assertThrows(
      // @ts-expect-error 2 is neither 3 nor 1.
      () => mul(zeros([2, 3]), zeros([2])),
      TypeError,
      "the shapes of x and y must broadcast, each axis equal or 1, counted from the last: x is 2×3, y is [2]",
    );
    assertThrows(
      // @ts-expect-error The gradient has the shape of the output.
      () => mulDx(zeros([2, 1]), zeros([3]), zeros([2, 1])),
      TypeError,
      "dout",
    );
  });

  it("has the shape of the result in its type", () => {
    const z = mul(zeros([2, 1, 3]), zeros([4, 1]));
    assertType<IsExact<typeof z, Tensor<[2, 4, 3]>>>(true);
    const row = mul(zeros([unknown(5), 3]), zeros([3]));
    assertType<IsExact<typeof row, Tensor<[number, 3]>>>(true);
    const any = mul(zeros([2, 3] as number[]), zeros([3]));
    assertType<IsExact<typeof any, Tensor<Shape>>>(true);
    const dy = mulDy(zeros([2, 3]), zeros([1, 3]), zeros([2, 3]));
    assertType<IsExact<typeof dy, Tensor<[1, 3]>>>(true);
    assertEquals([z.shape, row.shape, any.shape, dy.shape], [
      [2, 4, 3],
      [5, 3],
      [2, 3],
      [1, 3],
    ]);
  });
});

describe("the gradients of operands that are broadcast", () => {
  // As in the report tfjs 8721, of a product of matrices: the gradient kept the
  // shape of the output.
  it("have the operand's shape, and are sums over where it was repeated (tfjs 8721)", () => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    const dout = tensor([[1, 1, 1], [10, 10, 10]]);
    assertEquals(mulDy(x, tensor([1, 1, 1]), dout), tensor([41, 52, 63]));
    assertEquals(mulDy(x, tensor([[1, 1, 1]]), dout), tensor([[41, 52, 63]]));
    assertEquals(mulDy(x, tensor([[1], [1]]), dout), tensor([[6], [150]]));
    assertEquals(mulDy(x, scalar(1), dout), scalar(156));
    assertEquals(mulDx(scalar(1), x, dout), scalar(156));
    assertEquals(
      mulD(tensor([[1], [2]]), tensor([3, 4]), ones([2, 2])),
      { x: tensor([[7], [7]]), y: tensor([3, 3]) },
    );
  });

  it("are zeros where the operand was repeated no times", () => {
    assertEquals(mulDy(zeros([0, 3]), ones([3]), zeros([0, 3])), zeros([3]));
  });

  it("are summed in float64", () => {
    const x = tensor([[2 ** 24], [1], [1]]);
    assertEquals(
      mulDy(x, tensor([1]), ones([3, 1])),
      tensor([2 ** 24 + 2]),
    );
  });
});

describeProof("ops/arithmetic/mul.ts", source, op, goldens);
