// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { linear } from "../products/linear.ts";
import { relu } from "../activations/relu.ts";
import type { Tensor } from "../tensor.ts";
import { heNormal, heUniform } from "./he.ts";
import { normal } from "./normal.ts";
import { uniform } from "./uniform.ts";

const f64 = { dtype: "float64" } as const;

describe("heUniform() and heNormal()", () => {
  it("are uniform and normal numbers of the right scale", () => {
    const shape = [5, 3, 3, 3] as const; // 27 go in.
    const share = (1 + 0.5 ** 2) * 27;
    const options = { seed: 4, ...f64 };
    const u = uniform(shape, { ...options, low: -1, high: 1 });
    heUniform(shape, { ...options, slope: 0.5 }).data.forEach((v, i) =>
      assert(Math.abs(v - Math.sqrt(6 / share) * u.data[i]) < 1e-15)
    );
    const z = normal(shape, { ...options, std: Math.sqrt(2 / share) });
    heNormal(shape, { ...options, slope: 0.5 }).data.forEach((v, i) =>
      assert(Math.abs(v - z.data[i]) < 1e-15)
    );
  });

  it("keep a signal as large as it is, through layers of ReLU", () => {
    for (const f of [heUniform, heNormal]) {
      let x: Tensor<readonly [64, 256]> = normal([64, 256], { seed: 0 });
      for (let seed = 1; seed <= 10; seed++) {
        x = linear(relu(x), f([256, 256], { seed }), null) as typeof x;
      }
      const square = x.data.reduce((sum, v) => sum + v * v, 0) / x.data.length;
      assert(square > 0.4 && square < 2.5, `${square}`);
    }
  });

  it("refuse what is not a shape of weights, and allow empty ones", () => {
    for (const f of [heUniform, heNormal]) {
      assertThrows(
        () => f([3], { seed: 1 }),
        TypeError,
        "shape must have two dimensions or more, those of the outputs and of the inputs first: it is [3]",
      );
      assertThrows(
        () => f([3, 2], { seed: 1, slope: NaN }),
        RangeError,
        "slope",
      );
      assertEquals(f([2, 0], { seed: 1 }).shape, [2, 0]);
    }
  });
});
