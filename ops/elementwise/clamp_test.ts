// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, tensor } from "../tensor.ts";
import { clamp, clampD, clampDx } from "./clamp.ts";
import * as op from "./clamp.ts";
import source from "./clamp.ts" with { type: "text" };
import goldens from "../goldens/clamp.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("clamp()", () => {
  const x = tensor([-1e4, -2, -1, 0, 1, 2, 1e4]);

  it("keeps each element between the bounds", () => {
    assertEquals(
      clamp(x, { min: -1, max: 1.5 }),
      tensor([-1, -1, -1, 0, 1, 1.5, 1.5]),
    );
    assertEquals(clamp(x, { min: 3, max: 3 }), tensor(Array(7).fill(3)));
  });

  it("has no bound where none is given", () => {
    assertEquals(clamp(x), x);
    assertEquals(clamp(x, { min: 0 }), tensor([0, 0, 0, 0, 1, 2, 1e4]));
    assertEquals(clamp(x, { max: 0 }), tensor([-1e4, -2, -1, 0, 0, 0, 0]));
    assertEquals(clamp(x, { min: -Infinity, max: undefined }), x);
  });

  it("rounds a bound to the element type", () => {
    assertEquals(clamp(tensor([0]), { min: 0.1 }), tensor([0.1]));
    const f64 = tensor([0], { dtype: "float64" });
    assertEquals(clamp(f64, { min: 0.1 }).data[0], 0.1);
  });

  it("refuses bounds with nothing between them, and NaN", () => {
    assertThrows(
      () => clamp(x, { min: 2, max: 1 }),
      RangeError,
      "Cannot compute clamp as min must be a number at most max: min is 2, max is 1",
    );
    assertThrows(
      () => clampDx(x, x, { min: Infinity, max: -Infinity }),
      RangeError,
      "min is Infinity, max is -Infinity",
    );
    assertThrows(() => clamp(x, { max: NaN }), RangeError, "max");
  });
});

describe("clampD()", () => {
  it("passes on what is strictly between the bounds", () => {
    const x = tensor([-2, -1, 0, 1, 2, NaN]);
    const expected = tensor([0, 0, 1, 0, 0, 0]);
    const bounds = { min: -1, max: 1 };
    assertEquals(clampDx(x, ones([6]), bounds), expected);
    assertEquals(clampD(x, ones([6]), bounds), { x: expected });
    assertEquals(clampDx(x, ones([6])), tensor([1, 1, 1, 1, 1, 0]));
  });

  it("passes infinity if there is no bound, as PyTorch's does", () => {
    const x = tensor([-Infinity, Infinity, NaN]);
    assertEquals(clampDx(x, ones([3])), tensor([1, 1, 0]));
    assertEquals(clampDx(x, ones([3]), { min: 0 }), tensor([0, 1, 0]));
    assertEquals(clampDx(x, ones([3]), { max: 0 }), tensor([1, 0, 0]));
  });
});

describeProof("ops/elementwise/clamp.ts", source, op, goldens);
