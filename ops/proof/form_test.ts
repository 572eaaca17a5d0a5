// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { flaws, missing } from "./form.ts";
import * as layerNorm from "./fixtures/layer_norm.ts";
import layerNormPage from "./fixtures/layer_norm.ts" with { type: "text" };
import * as relu from "./fixtures/relu.ts";
import page from "./fixtures/relu.ts" with { type: "text" };
import { operation } from "./operation.ts";

const tex = String.raw;

const [dX, dY] = ["X_i", "Y_i"].map((variable) =>
  tex`\frac{\partial E}{\partial ${variable}}`
);

/** The page with some formulas at the end of its introduction. */
function pageWith(...formulas: string[]) {
  const text = formulas.map((formula) => "$`" + formula + "`$").join(" ");
  const heading = "## Shapes";
  const source = page.replace(heading, () => `${text}\n *\n * ${heading}`);
  return operation("f.ts", source, relu);
}

function flawsWith(...formulas: string[]): string[] {
  return flaws(pageWith(...formulas))
    .map((flaw) => flaw.replace(/^f\.ts:\d+:\d+: /, ""));
}

describe("flaws()", () => {
  it("finds none on a page that is right", () => {
    assertEquals(flawsWith(), []);
    assertEquals(
      flawsWith(
        tex`${dX} = ${dY} [X_i > 0]`,
        tex`\frac{\partial Y_i}{\partial X_i} = [X_i > 0]`,
        tex`X \in \mathbb{R}^{n}`,
      ),
      [],
    );
  });

  it("finds a formula that is true of anything", () => {
    for (const side of [dY, dX, "Y_i", "X Y_i"]) {
      for (
        const formula of [`${side} = ${side}`, `${dX} = ${side} = ${side}`]
      ) {
        assertEquals(
          flawsWith(formula)[0],
          `"${formula}" is wrong: it says nothing, as two of its sides are the same`,
        );
      }
    }
  });

  it("finds a gradient that is computed from a gradient that is not given", () => {
    const source = page.replaceAll(dX, () => "X_i")
      .replace("## Shapes", () => `$\`${dX} = ${dX} + 0\`$\n *\n * ## Shapes`);
    assertEquals(
      flaws(operation("f.ts", source, relu)).map((flaw) =>
        flaw.replace(/^.* is wrong: /, "")
      ),
      ["it has ∂E/∂X on the right, which is not given"],
    );
  });

  it("finds an element that has an index twice", () => {
    const formula = tex`\delta_{ii} = 1, A_{ii} = X_i`;
    assertEquals(flawsWith(formula), [
      `"A_{ii} = X_i" is wrong: the left has the index i twice, so it covers only a diagonal`,
    ]);
  });

  it("finds an index that is defined", () => {
    assertEquals(flawsWith("i = 2"), [
      '"i = 2" is wrong: i is an index on this page',
    ]);
  });

  it("finds a chain whose links do not meet, even if it is equal to one", () => {
    const formula =
      tex`${dX} = \sum_{a=1}^{n} \frac{\partial E}{\partial Y_i} \frac{\partial Y_a}{\partial X_i}`;
    assertEquals(flawsWith(formula), [
      `"${formula}" is wrong: in a chain of derivatives, the variable below must be the next one above`,
    ]);
  });

  it("finds a gradient that is computed from itself", () => {
    const formula = tex`${dX} = ${dX} [X_i > 0]`;
    assertEquals(flawsWith(formula), [
      `"${formula}" is wrong: it has ∂E/∂X on the right, which is not given`,
    ]);
  });

  it("finds a function that is defined in two ways", () => {
    const [first, second] = [tex`\sigma(x) = x`, tex`\sigma(x) = 2 x`];
    assertEquals(flawsWith(first, second, first), [
      `"${second}" is wrong: line 13 defines σ in another way`,
    ]);
  });

  it("finds a function that is known, and another here", () => {
    const formula = (sign: string) =>
      tex`\operatorname{erfc}(z) = 1 ${sign} \operatorname{erf}(z)`;
    assertEquals(flawsWith(formula("-")), []);
    assertEquals(flawsWith(formula("+")), [
      `"${
        formula("+")
      }" is wrong: erfc already has a meaning: at z = -1.25 it is 1.9229001282564582, this is 0.07709987174354177`,
    ]);
    const unknown = tex`\operatorname{sgn}(x) = \frac{x}{n}`;
    assertEquals(flawsWith(unknown), [
      `"${unknown}" is wrong: sign already has a meaning, and does not depend on n`,
    ]);
  });

  it("finds a shape that is said of some gradients only", () => {
    const formula = tex`\frac{\partial E}{\partial \gamma} \in \mathbb{R}^{n}`;
    const source = layerNormPage.replace(
      "## Shapes",
      () => `$\`${formula}\`$\n *\n * ## Shapes`,
    );
    const line = (row: string) =>
      source.slice(0, source.indexOf(row)).split("\n").length;
    assertEquals(
      flaws(operation("f.ts", source, layerNorm)),
      [
        `f.ts:${
          line("| $`X`$")
        }:6: The page does not say what shape ∂E/∂X has, as it does of others`,
        `f.ts:${
          line("| $`\\beta`$")
        }:6: The page does not say what shape ∂E/∂β has, as it does of others`,
      ],
    );
  });

  it("finds a shape that is said twice", () => {
    const formula = tex`X \in \mathbb{R}^{n}`;
    assertEquals(flawsWith(formula, formula), [
      `"${formula}" is wrong: line 13 already says it`,
    ]);
  });
});

describe("missing()", () => {
  it("finds nothing on a page that is whole", () => {
    assertEquals(missing(pageWith()), []);
  });

  it("demands formulas as matrices where the output is their product", () => {
    const product = tex`Y = X X^{\mathsf{T}} X`;
    assertEquals(missing(pageWith(product)), [
      "f.ts:19:6: The page has no formula for ∂E/∂X as a whole",
    ]);
    const whole = page
      .replaceAll(dX, () => tex`\frac{\partial E}{\partial X}`)
      .replaceAll(`${dY} [`, () => tex`\frac{\partial E}{\partial Y} \odot [`)
      .replaceAll("[X_i > 0]", "[X > 0]")
      .replace("## Shapes", () => `$\`${product}\`$\n *\n * ## Shapes`);
    assertEquals(missing(operation("f.ts", whole, relu)), [
      "f.ts:19:6: The page has no formula for the elements of ∂E/∂X",
    ]);
  });

  it("demands a formula for each output and gradient, in each section", () => {
    const without = (section: string, from: string, to: string) => {
      const [before, after] = page.split(`## ${section}\n`);
      return missing(
        operation(
          "f.ts",
          `${before}## ${section}\n${after.replace(from, () => to)}`,
          relu,
        ),
      );
    };
    assertEquals(
      missing(operation("f.ts", page.replaceAll(dX, () => "X_i"), relu)),
      [
        "f.ts:17:6: The page has no formula for ∂E/∂X by the inputs, definitions and dout",
      ],
    );
    assertEquals(without("Forward", "Y_i =", "X_i ="), [
      "f.ts:18:6: The section Forward has no formula for Y",
    ]);
    assertEquals(without("Backward", dX, "X_i"), [
      "f.ts:17:6: The section Backward has no formula for ∂E/∂X",
    ]);
    // What is in the documentation of a function is no introduction.
    assertEquals(
      missing(operation(
        "f.ts",
        page.replace("Y_i = \\max(X_i, 0), \\qquad\n * ", () => "")
          .replace(
            "export function relu",
            (all) => `/** $\`Y_i = \\max(X_i, 0)\`$ */\n${all}`,
          ),
        relu,
      )),
      [
        "f.ts:17:6: The page must begin with the formulas of the output and of each gradient: there is none for Y",
      ],
    );
  });
});
