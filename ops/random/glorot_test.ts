// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { glorotNormal, glorotUniform } from "./glorot.ts";
import { normal } from "./normal.ts";
import { uniform } from "./uniform.ts";

const f64 = { dtype: "float64" } as const;

describe("glorotUniform() and glorotNormal()", () => {
  it("are uniform and normal numbers of the right scale", () => {
    // Outputs, inputs and a window of 9: 27 go in, and 45 come out.
    const shape = [5, 3, 3, 3] as const;
    const bound = 2 * Math.sqrt(6 / 72);
    const options = { seed: 4, ...f64 };
    const u = uniform(shape, { ...options, low: -1, high: 1 });
    glorotUniform(shape, { ...options, gain: 2 }).data.forEach((v, i) =>
      assert(Math.abs(v - bound * u.data[i]) < 1e-15)
    );
    const z = normal(shape, { ...options, std: 2 * Math.sqrt(2 / 72) });
    glorotNormal(shape, { ...options, gain: 2 }).data.forEach((v, i) =>
      assert(Math.abs(v - z.data[i]) < 1e-15)
    );
  });

  it("have the deviation that they promise", () => {
    const shape = [300, 200] as const, std = Math.sqrt(2 / 500);
    for (const f of [glorotUniform, glorotNormal]) {
      const { data } = f(shape, { seed: 1, ...f64 });
      const square = data.reduce((sum, v) => sum + v * v, 0) / data.length;
      assert(Math.abs(Math.sqrt(square) / std - 1) < 0.01);
    }
  });

  it("refuse what is not a shape of weights, and allow empty ones", () => {
    for (const f of [glorotUniform, glorotNormal]) {
      assertThrows(
        () => f([3], { seed: 1 }),
        TypeError,
        "shape must have two dimensions or more, those of the outputs and of the inputs first: it is [3]",
      );
      assertThrows(() => f([3, 2], { seed: 1, gain: -1 }), RangeError, "gain");
      assertEquals(f([0, 0], { seed: 1 }).shape, [0, 0]);
    }
  });
});
