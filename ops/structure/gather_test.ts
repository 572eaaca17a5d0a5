// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, tensor, zeros } from "../tensor.ts";
import { gather, gatherDx } from "./gather.ts";
import * as op from "./gather.ts";
import source from "./gather.ts" with { type: "text" };
import goldens from "../goldens/gather.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const int32 = { dtype: "int32" } as const;

describe("gather()", () => {
  it("takes along any axis, as many as there are indices", () => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    const rows = tensor([[1, 0, 1], [0, 0, 0], [1, 1, 0]], int32);
    const expected = tensor([[4, 2, 6], [1, 2, 3], [4, 5, 3]]);
    assertEquals(gather(x, rows, { axis: 0 }), expected);
    assertEquals(gather(x, rows, { axis: -2 }), expected);
    const none = zeros([2, 0], int32);
    assertEquals(gather(x, none), zeros([2, 0]));
    assertEquals(gatherDx(x, none, zeros([2, 0])), zeros([2, 3]));
  });

  it("refuses what is not a place of the axis, and other sizes of other axes", () => {
    const x = zeros([2, 3]);
    for (const index of [3, -1]) {
      const error = assertThrows(
        () => gather(x, tensor([[0], [index]], int32)),
        RangeError,
      );
      assertEquals(
        error.message,
        `Cannot compute gather as every element of indices must be from 0 to 2: element 1 is ${index}`,
      );
    }
    assertThrows(
      () => gather(x, zeros([1, 3], int32)),
      TypeError,
      "the axes n of x must equal the axes n of indices: x is 2×3, indices is 1×3",
    );
    assertThrows(
      // @ts-expect-error The indices need as many axes as the tensor.
      () => gather(x, zeros([2], int32)),
      TypeError,
    );
  });
});

describe("gatherDx()", () => {
  it("adds up what was taken often, in order, and rounds once", () => {
    const indices = zeros([1, 4], int32);
    const f64 = { dtype: "float64" } as const;
    const dout = tensor([[1e16, 1, -1e16, 1]], f64);
    const dx = gatherDx(zeros([1, 1], f64), indices, dout);
    assertEquals(dx.data[0], 1e16 + 1 - 1e16 + 1);
    const many = ones([1, 17]);
    many.data[0] = 2 ** 24;
    const sum = gatherDx(zeros([1, 1]), zeros([1, 17], int32), many);
    assertEquals(sum.data[0], 2 ** 24 + 16);
  });
});

describeProof("ops/structure/gather.ts", source, op, goldens);
