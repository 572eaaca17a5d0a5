// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, type Tensor, tensor, zeros } from "../tensor.ts";
import { embedding, embeddingD, embeddingDw } from "./embedding.ts";
import * as op from "./embedding.ts";
import source from "./embedding.ts" with { type: "text" };
import goldens from "../goldens/embedding.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const w = tensor([[1, 2], [3, 4], [5, 6]]);

describe("embedding()", () => {
  it("takes indices of any shape and of any type of integers", () => {
    for (const dtype of ["uint8", "int32", "uint16"] as const) {
      const one = tensor([1], [], { dtype });
      assertEquals(embedding(w, one), tensor([3, 4]));
      const many = tensor([[0, 2], [1, 1]], { dtype });
      const y: Tensor<[2, 2, 2]> = embedding(w, many);
      assertEquals(y, tensor([[[1, 2], [5, 6]], [[3, 4], [3, 4]]]));
    }
  });

  it("refuses indices out of range, and what is not an integer", () => {
    for (const index of [3, -1]) {
      const indices = tensor([0, index], { dtype: "int32" });
      const error = assertThrows(() => embedding(w, indices), RangeError);
      assertEquals(
        error.message,
        `Cannot compute embedding as every element of indices must be from 0 to 2: element 1 is ${index}`,
      );
      assertThrows(() => embeddingD(w, indices, ones([2, 2])), RangeError);
    }
    assertThrows(
      // @ts-expect-error Floats are no indices.
      () => embedding(w, tensor([0, 1])),
      TypeError,
      "indices must hold integers",
    );
  });
});

describe("embeddingDw()", () => {
  it("adds up the gradients of a row that is looked up often", () => {
    const indices = tensor([1, 1, 0, 1], { dtype: "int32" });
    const dout = tensor([[1, 2], [10, 20], [5, 6], [100, 200]]);
    assertEquals(
      embeddingDw(w, indices, dout),
      tensor([[5, 6], [111, 222], [0, 0]]),
    );
  });

  it("rounds the sum once", () => {
    // Added up in float32, each 1 would be lost.
    const indices = zeros([17], { dtype: "int32" });
    const dout = ones([17, 1]);
    dout.data[0] = 2 ** 24;
    const dw = embeddingDw(tensor([[0]]), indices, dout);
    assertEquals(dw.data[0], 2 ** 24 + 16);
  });

  it("gives the same bits for the same call", () => {
    const indices = zeros([4], { dtype: "int32" });
    const dout = tensor([[1e16], [1], [-1e16], [1]], { dtype: "float64" });
    const dw = embeddingDw(zeros([1, 1], { dtype: "float64" }), indices, dout);
    assertEquals(dw.data[0], 1e16 + 1 - 1e16 + 1); // In the order of the places.
  });

  it("is 0 where nothing is looked up", () => {
    const none = zeros([0], { dtype: "int32" });
    assertEquals(embedding(w, none), zeros([0, 2]));
    assertEquals(embeddingDw(w, none, zeros([0, 2])), zeros([3, 2]));
  });
});

describeProof("ops/structure/embedding.ts", source, op, goldens);
