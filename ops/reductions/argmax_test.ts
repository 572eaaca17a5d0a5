// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { embedding } from "../structure/embedding.ts";
import { type Tensor, tensor, zeros } from "../tensor.ts";
import { argmax } from "./argmax.ts";
import * as op from "./argmax.ts";
import source from "./argmax.ts" with { type: "text" };
import goldens from "../goldens/argmax.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const int32 = { dtype: "int32" } as const;

describe("argmax()", () => {
  const x = tensor([[[1, 9], [7, 2], [3, 9]], [[5, 3], [-4, 8], [5, 8]]]);

  it("works along any axis, which goes, or stays with the size 1", () => {
    assertEquals(argmax(x), tensor([[1, 0, 1], [0, 1, 1]], int32));
    assertEquals(argmax(x, { axis: 1 }), tensor([[1, 0], [0, 1]], int32));
    assertEquals(
      argmax(x, { axis: -2, keepDims: true }),
      tensor([[[1, 0]], [[0, 1]]], int32),
    );
    const float64 = tensor([1, 4, 2], { dtype: "float64" });
    assertEquals(argmax(float64), tensor([1], [], int32));
  });

  it("gives integers, whose shape is known, and which index a tensor", () => {
    const rows: Tensor<[2, 3], Int32Array<ArrayBuffer>> = argmax(x);
    const w = tensor([[10, 20], [30, 40]]);
    assertEquals(embedding(w, rows).shape, [2, 3, 2]);
  });

  it("takes the first of the largest, and the first NaN before all", () => {
    const of = (...x: number[]) => argmax(tensor(x)).data[0];
    assertEquals(of(3, 3, 3), 0);
    assertEquals(of(1, 3, 3), 1);
    assertEquals(of(-Infinity, -Infinity), 0);
    assertEquals(of(1, NaN, Infinity, NaN), 1);
    assertEquals(of(NaN, 1), 0);
  });

  it("writes to an out of integers, and to no other", () => {
    const out = zeros([2, 2], int32);
    assertStrictEquals(argmax(x, { axis: 1, out }), out);
    assertEquals([...out.data], [1, 0, 0, 1]);
    assertThrows(
      // @ts-expect-error The result has integers.
      () => argmax(x, { axis: 1, out: zeros([2, 2]) }),
      TypeError,
      "Cannot compute argmax as out must be int32: it is float32",
    );
  });

  it("refuses an axis without elements, and takes others that are empty", () => {
    assertThrows(
      () => argmax(zeros([2, 0])),
      TypeError,
      "Cannot compute argmax as axis 1 of x must not be empty: x is 2×0",
    );
    assertEquals(argmax(zeros([0, 3])), zeros([0], int32));
  });
});

describeProof("ops/reductions/argmax.ts", source, op, goldens);
