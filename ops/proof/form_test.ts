// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as addBias from "../arithmetic/add_bias.ts";
import page from "../arithmetic/add_bias.ts" with { type: "text" };
import addBiasGoldens from "../goldens/add_bias.json" with { type: "json" };
import { decodeGoldens } from "../goldens/goldens.ts";
import { flaws } from "./form.ts";
import { operation } from "./operation.ts";

const tex = String.raw;
const goldens = decodeGoldens(addBiasGoldens);

const [dX, dy, dZ] = ["X_{ijk}", "y_j", "Z_{ijk}"].map((variable) =>
  tex`\frac{\partial E}{\partial ${variable}}`
);

/** The flaws of the page with some formulas at the end of its introduction. */
function flawsWith(...formulas: string[]): string[] {
  const text = formulas.map((formula) => "$`" + formula + "`$").join(" ");
  const heading = "## Shapes";
  const source = page.replace(heading, () => `${text}\n *\n * ${heading}`);
  return flaws(operation("f.ts", source, addBias, goldens))
    .map((flaw) => flaw.replace(/^f\.ts:\d+: /, ""));
}

describe("flaws()", () => {
  it("finds none on a page that is right", () => {
    assertEquals(flawsWith(), []);
    assertEquals(
      flawsWith(
        tex`${dX} = ${dZ}`,
        tex`Z_{abc} = X_{abc} + y_b`,
        tex`y \in \mathbb{R}^{m}`,
        tex`\frac{\partial E}{\partial X_{ijk}} = \sum_{a=1}^{n} \sum_{b=1}^{m} \sum_{c=1}^{p} \frac{\partial E}{\partial Z_{abc}} \frac{\partial Z_{abc}}{\partial X_{ijk}}`,
      ),
      [],
    );
  });

  it("finds a formula that is true of anything", () => {
    for (const side of [dZ, dX, "Z_{ijk}", tex`y \mathbf{1}_p^{\mathsf{T}}`]) {
      const formula = `${side} = ${side}`;
      assertEquals(flawsWith(formula), [
        `"${formula}" is wrong: it says nothing, as two of its sides are the same`,
      ]);
    }
    const chain = tex`${dX} = ${dZ} = ${dZ}`;
    assertEquals(flawsWith(chain), [
      `"${chain}" is wrong: it says nothing, as two of its sides are the same`,
    ]);
  });

  it("finds a gradient that is computed from one that is not given", () => {
    const formula = tex`${dy} = \sum_{i=1}^{n} \sum_{k=1}^{p} ${dX}`;
    assertEquals(flawsWith(formula), [
      `"${formula}" is wrong: it has ∂E/∂X on the right, which is not given`,
    ]);
  });

  it("finds a formula that speaks of a diagonal only", () => {
    for (
      const [formula, index] of [
        [tex`\frac{\partial Z_{jbk}}{\partial y_j} = \delta_{bj}`, "j"],
        [tex`\frac{\partial Z_{ibi}}{\partial y_j} = \delta_{bj}`, "i"],
        [tex`Z_{ijj} = X_{ijj} + y_j`, "j"],
      ]
    ) {
      assertEquals(flawsWith(formula), [
        `"${formula}" is wrong: the left has the index ${index} twice, so it speaks of a diagonal only`,
      ]);
    }
  });

  it("finds a chain whose links do not meet, be it equal to one", () => {
    // ∂Z/∂X is 0 unless b is j, so that this is true.
    const formula =
      tex`${dX} = \sum_{a=1}^{n} \sum_{b=1}^{m} \sum_{c=1}^{p} \frac{\partial E}{\partial Z_{ajc}} \frac{\partial Z_{abc}}{\partial X_{ijk}}`;
    assertEquals(flawsWith(formula), [
      `"${formula}" is wrong: in a chain of derivatives, the variable below must be the next one above`,
    ]);
  });

  it("finds a shape that is said twice, and one that is not said", () => {
    const formula = tex`Z_i \in \mathbb{R}^{m \times p}`;
    assertEquals(flawsWith(formula).length, 1);
    const source = page.replace(
      tex`\frac{\partial E}{\partial y} \in`,
      () => tex`y \in`,
    );
    assertEquals(flaws(operation("f.ts", source, addBias, goldens)), [
      "f.ts: The page does not say what shape ∂E/∂y has",
    ]);
  });
});
