// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, reshape, tensor, zeros } from "../tensor.ts";
import { rope, ropeD, ropeDx } from "./rope.ts";
import * as op from "./rope.ts";
import source from "./rope.ts" with { type: "text" };
import goldens from "../goldens/rope.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const x = reshape(tensor([...Array(24).keys()].map((i) => i % 7)), [3, 2, 4]);

describe("rope()", () => {
  it("turns features that are side by side, by their position", () => {
    const f64 = { dtype: "float64" } as const;
    const y = rope(tensor([[5, 6, 7, 8], [1, 0, 0, 1]], f64));
    const slow = 10000 ** -0.5;
    const right = [
      ...[5, 6, 7, 8],
      ...[Math.cos(1), Math.sin(1), -Math.sin(slow), Math.cos(slow)],
    ];
    right.forEach((value, i) => assertAlmostEquals(y.data[i], value, 1e-15));
  });

  it("has the position on the second-last axis", () => {
    const whole = rope(x);
    for (let i = 0; i < 3; i++) {
      const rows = tensor(x.data.slice(8 * i, 8 * i + 8), [2, 4]);
      assertEquals(rope(rows).data, whole.data.slice(8 * i, 8 * i + 8));
    }
  });

  it("continues a sequence where the offset says", () => {
    const long = rope(ones([5, 4]));
    const late = rope(ones([2, 4]), { offset: 3 });
    assertEquals(late.data, long.data.slice(12));
  });

  it("refuses an odd number of features, and what has no position", () => {
    assertThrows(
      () => rope(zeros([2, 3])),
      TypeError,
      "Cannot compute rope as axis 1 of x must be 2*m: x is 2×3",
    );
    assertThrows(
      () => rope(zeros([4])),
      TypeError,
      "Cannot compute rope as x must have rank 2 or more, as n… p 2*m: x is [4]",
    );
    assertThrows(
      () => rope(x, { base: 0 }),
      RangeError,
      "Cannot compute rope as base must be a number above 0: it is 0",
    );
  });
});

describe("ropeD()", () => {
  it("turns back", () => {
    const y = rope(x, { base: 50, offset: 7 });
    const back = ropeDx(x, y, { base: 50, offset: 7 });
    back.data.forEach((value, i) => assertAlmostEquals(value, x.data[i], 1e-5));
    assertEquals(ropeD(x, y, { base: 50, offset: 7 }), { x: back });
  });
});

describeProof("ops/attention/rope.ts", source, op, goldens);
