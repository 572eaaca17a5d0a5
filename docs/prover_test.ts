// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { provePage } from "../ops/proof/markdown/prove.ts";
import { formulasOf, numberOf, pageOf } from "./browser/prover/page.ts";
import { EXAMPLES } from "./pages/prover.ts";

const lines = (forward: string) =>
  formulasOf({ forward, backward: "" }).map(({ tex }) => tex);

describe("the boxes of the prover", () => {
  it("hold a formula a line", () => {
    assertEquals(lines("y = x\n\n z = 2 y \n"), ["y = x", "z = 2 y"]);
  });

  it("take the signs around a formula away", () => {
    assertEquals(lines("$$y = x$$\n\\[z = 2 y\\]\n$u = 1$"), [
      "y = x",
      "z = 2 y",
      "u = 1",
    ]);
  });

  it("join what goes on in the next line", () => {
    assertEquals(lines("y = a\n+ b\n- c\nz = \\frac{a\n}{b}"), [
      "y = a + b - c",
      "z = \\frac{a }{b}",
    ]);
    const cases = "\\begin{cases}\n1 & \\text{if } x > 0 \\\\\n0\n\\end{cases}";
    assertEquals(lines(`y = ${cases}`).length, 1);
  });

  it("are a page whose lines lead back to the formulas", () => {
    const formulas = formulasOf({
      forward: "y = x^2\nz = y",
      backward: "\\frac{dz}{dx} = x",
    });
    const { verdicts } = provePage(pageOf(formulas), "page");
    const [wrong] = verdicts.filter(({ verdict }) => verdict === "wrong");
    assertEquals(formulas[numberOf(wrong.line)], {
      box: "backward",
      tex: "\\frac{dz}{dx} = x",
    });
  });
});

describe("the examples of the prover", () => {
  for (const { title, forward, backward, holds } of EXAMPLES) {
    it(`${title} ${holds ? "holds" : "is wrong"}`, () => {
      const page = pageOf(formulasOf({ forward, backward }));
      const { verdicts, unread } = provePage(page, "page");
      const found = verdicts.filter(({ verdict }) => verdict !== "defines");
      assertEquals(unread, []);
      assertEquals(
        found.map(({ verdict }) => verdict),
        found.map(() => holds ? "holds" : "wrong"),
      );
    });
  }
});
