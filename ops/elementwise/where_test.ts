// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, tensor } from "../tensor.ts";
import { where, whereD, whereDx, whereDy } from "./where.ts";
import * as op from "./where.ts";
import source from "./where.ts" with { type: "text" };
import goldens from "../goldens/where.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("where()", () => {
  it("takes any integer but 0 for yes, of any type", () => {
    const [x, y] = [tensor([1, 2, 3, 4]), tensor([5, 6, 7, 8])];
    for (const dtype of ["uint8", "int32", "uint16"] as const) {
      const mask = tensor([1, 0, 200, 0], { dtype });
      assertEquals(where(mask, x, y), tensor([1, 6, 3, 8]));
    }
    const mask = tensor([-1, 0, -0, 2], { dtype: "int8" });
    assertEquals(where(mask, x, y), tensor([1, 6, 7, 4]));
  });

  it("gives 0 for elements that are not taken, whatever they are", () => {
    const mask = tensor([[1, 0], [0, 1]], { dtype: "uint8" });
    const x = tensor([[1, NaN], [Infinity, 2]]);
    const y = tensor([[NaN, 3], [4, -Infinity]]);
    const dout = tensor([[NaN, Infinity], [5, 6]]);
    assertEquals(where(mask, x, y), tensor([[1, 3], [4, 2]]));
    const dx = tensor([[NaN, 0], [0, 6]]), dy = tensor([[0, Infinity], [5, 0]]);
    assertEquals(whereD(mask, x, y, dout), { x: dx, y: dy });
    assertEquals(whereDx(mask, x, y, dout), dx);
    assertEquals(whereDy(mask, x, y, dout), dy);
  });

  it("refuses a mask that has another shape, or is not a tensor of integers", () => {
    const x = ones([2, 3]);
    const data = new Uint8Array(6);
    assertThrows(
      () => where({ shape: [3, 2], data } as never, x, x),
      TypeError,
      "the shape of mask must equal the shape of x",
    );
    assertThrows(() => where(x as never, x, x), TypeError, "mask");
  });
});

describeProof("ops/elementwise/where.ts", source, op, goldens);
