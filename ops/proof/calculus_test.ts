// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as crossEntropy from "./fixtures/cross_entropy.ts";
import crossEntropyPage from "./fixtures/cross_entropy.ts" with {
  type: "text",
};
import * as layerNorm from "./fixtures/layer_norm.ts";
import layerNormPage from "./fixtures/layer_norm.ts" with { type: "text" };
import * as relu from "./fixtures/relu.ts";
import reluPage from "./fixtures/relu.ts" with { type: "text" };
import { digits } from "./digits.ts";
import { draw, Random } from "./inputs.ts";
import { numbers as numberField } from "./language/fields.ts";
import { FUNCTIONS } from "./language/functions.ts";
import { operation } from "./operation.ts";
import { Point } from "./point.ts";

const tex = String.raw;
const entries = Object.entries;

function pointOf(page: string, exports: object): Point {
  const op = operation("f.ts", page, exports);
  return new Point(op, draw(op, "plain", 0, new Random(3)));
}

/** The derivatives as numbers. */
function partial(point: Point, of: string, by: string) {
  const { shape, data } = point.calculus.partial(of, by);
  return { shape, data: data.map(digits.toNumber) };
}

describe("Calculus", () => {
  it("differentiates the loss by inputs and by what the page defines", () => {
    const point = pointOf(layerNormPage, layerNorm);
    const { sizes, inputs, douts } = point.draw;
    const [, gamma] = inputs;
    const hat = partial(point, "E", tex`\hat{X}`);
    assertEquals(hat.shape, sizes.shape(["m", "n"]));
    // ∂E/∂X̂ = ∂E/∂Y γ, to the last digit of a product.
    hat.data.forEach((x, at) => {
      assertEquals(x, douts[0].data[at] * gamma.data[at % sizes.of("n")]);
    });
    assertEquals(partial(point, "E", "X").shape, inputs[0].shape);
    assertEquals(partial(point, "E", tex`\gamma`).shape, gamma.shape);
  });

  it("differentiates what the page defines by what it depends on", () => {
    const point = pointOf(layerNormPage, layerNorm);
    const { sizes } = point.draw;
    const [m, n] = sizes.shape(["m", "n"]);
    const { shape, data } = partial(point, tex`\mu`, "X");
    assertEquals(shape, [m, m, n]);
    data.forEach((x, at) => {
      const [row, of] = [Math.floor(at / (m * n)), Math.floor(at / n) % m];
      assertEquals(x, row === of ? 1 / n : 0);
    });
    // The deviation depends on the mean, through every difference: they cancel.
    const { data: slopes } = partial(point, "s", tex`\mu`);
    assert(slopes.every((x) => Math.abs(x) < 1e-60));
  });

  it("takes the branch that holds at the point", () => {
    const point = pointOf(reluPage, relu);
    const { data: [x] } = point.draw.inputs[0];
    const { data } = partial(point, "Y", "X");
    assertEquals(data, [
      Number(x > 0),
      0,
      0,
      Number(point.draw.inputs[0].data[1] > 0),
    ]);
  });

  it("differentiates a product of an element with itself", () => {
    const page = reluPage.replaceAll(tex`\max(X_i, 0)`, tex`X_i X_i`);
    const point = pointOf(page, relu);
    const { data: [x] } = point.draw.inputs[0];
    assertEquals(partial(point, "Y", "X").data[0], 2 * x);
  });

  it("differentiates every function as its table has it", () => {
    for (const [name, { tex: own, number, derivative }] of entries(FUNCTIONS)) {
      const of = own ?? tex`\operatorname{${name}}`;
      const page = reluPage.replaceAll(
        tex`\max(X_i, 0)`,
        () => tex`${of} \left( 2 + X_i \right)`,
      );
      const point = pointOf(page, relu);
      const { data } = partial(point, "Y", "X");
      const numbers = point.draw.inputs[0].data;
      numbers.forEach((x, at) => {
        const right = derivative(numberField, 2 + x, number(2 + x));
        const found = data[at * numbers.length + at];
        assertAlmostEquals(found, right, 1e-12 * Math.abs(right), name);
      });
    }
  });

  it("follows indices that are data", () => {
    const point = pointOf(crossEntropyPage, crossEntropy);
    const { data } = partial(point, "E", "X");
    const rows = point.draw.sizes.of("n");
    // A row of the gradient sums to 0, as the probabilities sum to 1.
    for (let i = 0; i < rows; i++) {
      const c = data.length / rows;
      const sum = data.slice(i * c, (i + 1) * c).reduce((a, b) => a + b);
      assert(Math.abs(sum) < 1e-15);
    }
  });
});
