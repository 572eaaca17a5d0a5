// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { withFormulas, withLinks } from "./formulas.ts";

/** A module, with a formula in the page and a comment of its function. */
const module = (tex: string, comment: string) => `
/**
 * # Square
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $\`X\`$ | $\`n\`$ | input \`x\` |
 * | $\`Y\`$ | $\`n\`$ | output |
 *
 * ## Forward
 *
 * \`\`\`math
 * ${tex}
 * \`\`\`
 *
 * ## Special points
 *
 * | at | $\`Y\`$ |
 * | -- | ----- |
 * | \`x = 0\` | \`0\` |
 *
 * ## Cost
 *
 * ## Example
 *
 * ## References
 *
 * @module
 */

${comment}
export function square() {}
`;

const TEX = "Y_i = X_i^2 = X_i X_i, \\quad Z_i = 2 X_i";
const LONG = "Y_i = " + Array(30).fill("X_i^2").join(" + ");

describe("withFormulas()", () => {
  const written = (comment: string, tex = TEX) =>
    withFormulas(module(tex, comment), "square.ts");

  it("replaces a formula that the page no longer has by the first of its left side", () => {
    assertEquals(
      written(
        "/** Squares: `Yᵢ = Xᵢ³`, where `Zⱼ = `.\n *\n * @param x `a = b`.\n */",
      ),
      module(
        TEX,
        "/** Squares: `Yᵢ = Xᵢ²`, where `Zᵢ = 2 Xᵢ`.\n *\n * @param x `a = b`.\n */",
      ),
    );
  });

  it("keeps every formula that the page has", () => {
    for (const formula of ["Yᵢ = Xᵢ Xᵢ", "Yᵢ = Xᵢ² = Xᵢ Xᵢ", "Yᵢ = Xᵢ²"]) {
      const source = module(TEX, `/** Squares\n * it: \`${formula}\`. */`);
      assertEquals(withFormulas(source, "square.ts"), source);
    }
  });

  it("writes lines of at most 80 columns, and a formula whole if it fits", () => {
    assertStringIncludes(
      written(`/** ${"word ".repeat(14)}\`Yᵢ = 0\`. */`),
      `/** ${"word ".repeat(14).trim()}\n * \`Yᵢ = Xᵢ²\`. */`,
    );
    const [first, second, third] = written("/** It is `Yᵢ = 0`. */", LONG)
      .split("/** It is").at(-1)!.split("\n");
    assertEquals(first, "");
    assertEquals(second.startsWith(" * `Yᵢ = Xᵢ² + "), true);
    assertEquals([...second].length <= 80 && third.startsWith(" * Xᵢ²"), true);
  });

  it("refuses a formula of something that the page has no formula for", () => {
    assertThrows(
      () => written("/** Squares: `Wᵢ = 2`. */"),
      Error,
      'square.ts: Cannot write "Wᵢ = 2" in the comment of square() as the page has no formula for Wᵢ',
    );
  });

  it("leaves a module without a forward formula as it is", () => {
    const source = "/** Draws: `X = 1`. */\nexport function draw() {}";
    assertEquals(withFormulas(source, "draw.ts"), source);
  });
});

describe("withLinks()", () => {
  it("ends each function's comment with the page, and leaves others as they are", () => {
    const page = "https://example.com/square";
    const type = "/** A number. */\nexport type N = number;\n";
    const source = (tag: string, one: string) =>
      `${type}/** Squares.\n *\n * @param x A number.\n${tag} */\nexport function square() {}\n\n${one}\nexport function root() {}\n`;
    const linked = source(
      ` *\n * @see ${page}\n`,
      `/** Takes a root.\n *\n * @see ${page}\n */`,
    );
    assertEquals(withLinks(source("", "/** Takes a root. */"), page), linked);
    assertEquals(withLinks(linked, page), linked);
    assertEquals(withLinks(linked.replaceAll("com", "org"), page), linked);
  });
});
