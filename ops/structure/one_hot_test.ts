// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Tensor, tensor, zeros } from "../tensor.ts";
import { oneHot } from "./one_hot.ts";
import * as op from "./one_hot.ts";
import source from "./one_hot.ts" with { type: "text" };
import goldens from "../goldens/one_hot.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const int32 = { dtype: "int32" } as const;

describe("oneHot()", () => {
  it("has an axis more than the indices, of literal size", () => {
    const y: Tensor<[2, 1, 3]> = oneHot(tensor([[1], [2]], int32), {
      classes: 3,
    });
    assertEquals(y, tensor([[[0, 1, 0]], [[0, 0, 1]]]));
    const row: Tensor<[3]> = oneHot(tensor([0], [], int32), { classes: 3 });
    assertEquals(row, tensor([1, 0, 0]));
    assertEquals(oneHot(zeros([0], int32), { classes: 3 }), zeros([0, 3]));
  });

  it("refuses indices that are no class, and a number that is none", () => {
    for (const index of [3, -1]) {
      const error = assertThrows(
        () => oneHot(tensor([0, index], int32), { classes: 3 }),
        RangeError,
      );
      assertEquals(
        error.message,
        `Cannot compute oneHot as every element of indices must be from 0 to 2: element 1 is ${index}`,
      );
    }
    const indices = tensor([0], int32);
    for (const classes of [0, -1, 1.5, NaN]) {
      assertThrows(() => oneHot(indices, { classes }), RangeError, "classes");
    }
    assertThrows(
      // @ts-expect-error The number of classes is not given.
      () => oneHot(indices),
      TypeError,
      "classes must be given",
    );
  });
});

describeProof("ops/structure/one_hot.ts", source, op, goldens);
