// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { flaws, missing } from "./form.ts";
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

  it("finds a gradient that is computed from one that is not given", () => {
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
      `"A_{ii} = X_i" is wrong: the left has the index i twice, so it speaks of a diagonal only`,
    ]);
  });

  it("finds a chain whose links do not meet, be it equal to one", () => {
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

  it("finds a shape that is said twice", () => {
    const formula = tex`X \in \mathbb{R}^{n}`;
    assertEquals(flawsWith(formula, formula), [
      `"${formula}" is wrong: line 13 says it already`,
    ]);
  });
});

describe("missing()", () => {
  it("finds nothing on a page that is whole", () => {
    assertEquals(missing(pageWith()), []);
  });

  it("demands formulas as matrices where the output is their product", () => {
    assertEquals(missing(pageWith(tex`Y = X X^{\mathsf{T}} X`)), [
      "f.ts: The page has no formula for ∂E/∂X as a whole",
    ]);
  });
});
