// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { axes, integer } from "../core/options.ts";
import { bindPoint } from "./bind.ts";
import type { Declared } from "../goldens/cases.ts";
import { readAssignments, SpecialPointError } from "./special.ts";

describe("bindPoint()", () => {
  const declared: Declared = {
    inputs: {
      logits: "n c",
      x: "n…",
      labels: { shape: "n", integer: { from: 0 } },
      b: { shape: "c", optional: true },
    },
    options: { ignore: integer(-100), axes: axes("n") },
    outputs: { y: "" },
  };
  const bind = (at: string, declaredAs = declared) =>
    bindPoint(declaredAs, { at, given: readAssignments(at) });
  const inputs = "logits = [[0, -∞]], x = [], labels = [-100]";

  it("gives each argument its kind", () => {
    const bound = bind(
      `${inputs}, ignore = 2, axes = [0, -1], keepDims = true, dout = 3`,
    );
    assertEquals(bound, {
      dtype: "float64",
      inputs: {
        logits: { shape: [1, 2], data: new Float64Array([0, -Infinity]) },
        x: { shape: [0], data: new Float64Array() },
        labels: { shape: [1], data: new Int32Array([-100]) },
        b: null,
      },
      options: { ignore: 2, axes: [0, -1], keepDims: true },
      dout: { y: 3 },
    });
  });

  it("takes a number for a tensor of one element, of the rank needed", () => {
    const { inputs, dtype } = bind(
      "logits = 1, x = 2, labels = 3, b = 4, dtype = float32",
    );
    assertEquals(dtype, "float32");
    assertEquals(inputs, {
      logits: { shape: [1, 1], data: new Float32Array([1]) },
      x: { shape: [1], data: new Float32Array([2]) },
      labels: { shape: [1], data: new Int32Array([3]) },
      b: { shape: [1], data: new Float32Array([4]) },
    });
    const row: Declared = { inputs: { x: "n… m p…" }, outputs: { y: "n…" } };
    assertEquals(bind("x = 1", row).inputs.x!.shape, [1]);
    const scalar: Declared = { inputs: { x: "" }, outputs: { y: "" } };
    assertEquals(bind("x = 1", scalar).inputs.x!.shape, []);
  });

  it("gives each of several outputs its dout", () => {
    const two: Declared = { inputs: { x: "n" }, outputs: { h: "n", c: "n" } };
    assertEquals(bind("x = [1, 2], dout.c = [0, 1]", two).dout, {
      c: { shape: [2], data: new Float64Array([0, 1]) },
    });
  });

  for (
    const [at, message] of [
      ["x = [1]", "must give a value for logits"],
      ["logits = null", "must give numbers for logits"],
      [`${inputs}, z = 1`, "gives a value for z, which is not an input"],
      [`${inputs}, dout.z = 1`, "gives a value for dout.z, which is no"],
      [`${inputs}, dout = null`, "must give numbers for dout"],
      [`${inputs}, dtype = int8`, "must have a dtype of float32 or float64"],
    ]
  ) {
    it(`refuses \`${at}\``, () => {
      assertThrows(() => bind(at), SpecialPointError, `\`${at}\` ${message}`);
    });
  }
});
