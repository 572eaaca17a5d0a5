// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, tensor, zeros } from "../tensor.ts";
import { dropout, dropoutD, dropoutDx } from "./dropout.ts";
import * as op from "./dropout.ts";
import source from "./dropout.ts" with { type: "text" };
import goldens from "../goldens/dropout.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const uint8 = { dtype: "uint8" } as const;

describe("dropout()", () => {
  it("drops nothing of itself, and divides by what is kept", () => {
    const mask = ones([2, 2], uint8);
    const x = tensor([[1, -2], [3, 0]]);
    assertEquals(dropout(x, mask, { rate: 0 }), x);
    assertEquals(
      dropout(x, mask, { rate: 0.75 }),
      tensor([[4, -8], [12, 0]]),
    );
  });

  it("gives zeros if the rate is 1, for any mask and numbers", () => {
    const x = tensor([NaN, Infinity, 1]), dout = tensor([1, NaN, Infinity]);
    for (const mask of [ones([3], uint8), zeros([3], uint8)]) {
      assertEquals(dropout(x, mask, { rate: 1 }), zeros([3]));
      assertEquals(dropoutDx(x, mask, dout, { rate: 1 }), zeros([3]));
    }
  });

  it("leaves no trace of what is dropped", () => {
    const mask = tensor([0, 1], uint8);
    const x = tensor([NaN, 3]), dout = tensor([Infinity, 5]);
    assertEquals(dropout(x, mask), tensor([0, 6]));
    assertEquals(dropoutD(x, mask, dout), { x: tensor([0, 10]) });
  });

  it("refuses a rate that is not a probability, and a mask that is none", () => {
    const x = ones([2]), mask = ones([2], uint8);
    for (const rate of [-0.1, 1.1, NaN, Infinity]) {
      const error = assertThrows(() => dropout(x, mask, { rate }), RangeError);
      assertEquals(
        error.message,
        `Cannot compute dropout as rate must be a number at least 0 and at most 1: it is ${rate}`,
      );
    }
    assertThrows(
      () => dropout(x, tensor([1, 2], uint8)),
      RangeError,
      "every element of mask must be from 0 to 1: element 1 is 2",
    );
    assertThrows(
      // @ts-expect-error The mask has another shape.
      () => dropout(x, ones([3], uint8)),
      TypeError,
    );
    assertThrows(
      // @ts-expect-error The mask holds floats.
      () => dropout(x, ones([2])),
      TypeError,
      "mask must hold integers",
    );
  });
});

describeProof("ops/structure/dropout.ts", source, op, goldens);
