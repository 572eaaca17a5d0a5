// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, tensor, zeros } from "../tensor.ts";
import { scatterAdd, scatterAddD, scatterAddDy } from "./scatter_add.ts";
import * as op from "./scatter_add.ts";
import source from "./scatter_add.ts" with { type: "text" };
import goldens from "../goldens/scatter_add.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const int32 = { dtype: "int32" } as const;

describe("scatterAdd()", () => {
  it("adds along any axis", () => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    const indices = tensor([[1, 0, 1], [1, 0, 0], [1, 1, 0]], int32);
    const y = tensor([[10, 10, 10], [20, 20, 20], [30, 30, 30]]);
    const expected = tensor([[1, 32, 53], [64, 35, 16]]);
    assertEquals(scatterAdd(x, indices, y, { axis: 0 }), expected);
    assertEquals(scatterAdd(x, indices, y, { axis: -2 }), expected);
    assertEquals(x, tensor([[1, 2, 3], [4, 5, 6]])); // It is not written to.
  });

  it("adds repeated indices in order, and rounds once", () => {
    const indices = zeros([4], int32);
    const f64 = { dtype: "float64" } as const;
    const y = tensor([1e16, 1, -1e16, 1], f64);
    const z = scatterAdd(tensor([1], f64), indices, y);
    assertEquals(z.data[0], 1 + 1e16 + 1 - 1e16 + 1);
    const many = scatterAdd(tensor([2 ** 24]), zeros([16], int32), ones([16]));
    assertEquals(many, tensor([2 ** 24 + 16]));
  });

  it("refuses what is not a place of the axis, and shapes that do not fit", () => {
    const x = zeros([3]);
    for (const index of [3, -1]) {
      const indices = tensor([0, index], int32);
      assertThrows(
        () => scatterAdd(x, indices, ones([2])),
        RangeError,
        `indices must be from 0 to 2: element 1 is ${index}`,
      );
    }
    assertThrows(
      // @ts-expect-error There are two indices for three elements.
      () => scatterAdd(x, zeros([2], int32), ones([3])),
      TypeError,
      "indices is [2], y is [3]",
    );
  });

  it("adds nothing where there is nothing", () => {
    const x = tensor([1, 2]), none = zeros([0], int32), y = zeros([0]);
    assertEquals(scatterAdd(x, none, y), x);
    assertEquals(scatterAddD(x, none, y, x), { x, y });
  });
});

describe("scatterAddDy()", () => {
  it("takes the gradient of the element that was added to", () => {
    const indices = tensor([[2, 2], [0, 1]], int32);
    const dout = tensor([[1, 2, 3], [4, 5, 6]]);
    assertEquals(
      scatterAddDy(zeros([2, 3]), indices, zeros([2, 2]), dout),
      tensor([[3, 3], [4, 5]]),
    );
  });
});

describeProof("ops/structure/scatter_add.ts", source, op, goldens);
