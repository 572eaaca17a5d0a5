// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Many float64 numbers, of which the result is known, and what tests of long sums have
 * in common.
 *
 * @module
 */

import { assertAlmostEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Tensor, tensor } from "../../tensor.ts";
import { product } from "./draw.ts";

/** A tensor of two numbers: `b` at every so many places, and `a` between them. */
export function ofTwo<const S extends readonly number[]>(
  shape: S,
  every: number,
  a: number,
  b: number,
): { readonly shape: S; readonly data: Float64Array<ArrayBuffer> } {
  const data = new Float64Array(product(shape));
  for (let i = 0; i < data.length; i++) data[i] = i % every ? a : b;
  return { shape, data };
}

type Vector = Tensor<[number], Float64Array<ArrayBuffer>>;

/** Tests that a loss, the mean over the elements, keeps its digits to a tolerance. */
export function describeLongMean(
  loss: (x: Vector, target: Vector) => Tensor<[], Float64Array<ArrayBuffer>>,
  tolerance: number,
): void {
  describe(`${loss.name}() of many float64 numbers`, () => {
    it("keeps its digits", () => {
      const n = 300_007, float64 = { dtype: "float64" } as const;
      const terms = [[0.1, 0.7], [4, 0.2]].map(([x, t]) =>
        loss(tensor([x], float64), tensor([t], float64)).data[0]
      );
      const x = new Float64Array(n).fill(0.1).fill(4, n - 1);
      const t = new Float64Array(n).fill(0.7).fill(0.2, n - 1);
      const right = ((n - 1) * terms[0] + terms[1]) / n;
      const { data: [found] } = loss(
        { shape: [n], data: x },
        { shape: [n], data: t },
      );
      assertAlmostEquals(found, right, tolerance * right);
    });
  });
}
