// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import readme from "../../README.md" with { type: "text" };
import source from "../products/matmul.ts" with { type: "text" };
import { EvaluationError, parseFormula } from "./formula.ts";
import { indexTuples, PageError, readPage, Sizes } from "./page.ts";

/** The page of matmul with one thing changed. */
function changed(from: string, to: string): string {
  assertStringIncludes(source, from);
  return source.replace(from, () => to);
}

describe("readPage()", () => {
  it("reads the table of shapes", () => {
    const { inputs, output } = readPage(source);
    assertEquals(inputs, [
      { symbol: "X", parameter: "x", shape: ["m", "n"] },
      { symbol: "Y", parameter: "y", shape: ["n", "p"] },
    ]);
    assertEquals(output, { symbol: "Z", parameter: "", shape: ["m", "p"] });
  });

  it("reads every formula, with its line and the function it belongs to", () => {
    const { formulas } = readPage(source);
    const lines = source.split("\n");
    for (const { tex, line } of formulas) {
      const text = lines.slice(line - 1, line + 8).join(" ");
      const page = text.replaceAll(" * ", " ").replace(/\s+/g, " ");
      assertStringIncludes(page, tex);
    }
    const inline = source.match(/\$`/g)?.length ?? 0;
    const fences = source.match(/^ \* ```math$/gm)?.length ?? 0;
    assertEquals(formulas.length, inline + fences);
    assertEquals(
      new Set(formulas.map(({ owner }) => owner)),
      new Set([undefined, "matmul", "matmulDx", "matmulDy"]),
    );
  });

  it("refuses a page that has not the form of one", () => {
    const wrong: [string, string][] = [
      [changed("@module", ""), "there is no @module comment"],
      [changed("# Matrix multiplication", ""), "it has no title"],
      [changed("## Cost", "### Cost"), "its sections must be Shapes, Forward"],
      [changed("input `x`", "argument `x`"), "a role must begin with"],
      [changed("| $`X`$ |", "| X |"), "the cell must be one formula"],
      [
        changed("| $`X`$ | $`m \\times n`$ |", "| $`X`$ | $`2m`$ |"),
        '"$`2m`$" is not a shape',
      ],
      [changed("| output |", "| `dout` |"), "a role must begin with"],
      [
        changed(" * | $`Z`$ | $`m \\times p`$ | output |\n", ""),
        "the table must name the inputs and the output",
      ],
      [
        changed(
          "| $`\\frac{\\partial E}{\\partial Z}`$ | $`m \\times p`$",
          "| $`\\frac{\\partial E}{\\partial Z}`$ | $`p \\times m`$",
        ),
        "dout must be the gradient with respect to Z and have its shape",
      ],
      [
        changed(
          "| $`\\frac{\\partial E}{\\partial Z}`$ |",
          "| $`\\frac{\\partial X}{\\partial Z}`$ |",
        ),
        "dout must be the gradient with respect to Z and have its shape",
      ],
    ];
    for (const [text, reason] of wrong) {
      assertThrows(() => readPage(text), PageError, reason);
    }
  });

  it("refuses math that is not in a fence or in $`…`$, with its line", () => {
    for (const bare of ["$X$", "$$Z = X Y$$", "5 $", "\\(Z = Y X\\)"]) {
      assertThrows(
        () => readPage(changed("Multiplies two matrices:", bare)),
        PageError,
        "Line 6: Cannot read a bare $",
      );
    }
    readPage(changed("Multiplies two matrices:", "`$X` is code:"));
  });

  it("refuses a fence of math that it does not read, but a site would", () => {
    const fences = [
      "- In a list:\n *   ```math\n *   Z = Y X\n *   ```",
      "> ```math\n * > Z = Y X\n * > ```",
      "\n *  ```math\n *  Z = Y X\n *  ```",
      "\n * ~~~math\n * Z = Y X\n * ~~~",
      "\n * ````math\n * Z = Y X\n * ````",
      "\n * ```math x\n * Z = Y X\n * ```",
      "\n * ```math \n * Z = Y X\n * ```",
      "\n * ```latex\n * Z = Y X\n * ```",
      "\n * ``` math\n * Z = Y X\n * ```",
      '<code class="language-math">Z = Y X</code>',
    ];
    for (const fence of fences) {
      assertThrows(
        () => readPage(changed("Multiplies two matrices:", fence)),
        PageError,
        "Cannot read the math as its fence must be ```math in the first column",
      );
    }
  });

  it("refuses a formula that it cannot parse, with its line", () => {
    assertThrows(
      () => readPage(changed("Z = X Y", "Z = \\operatorname{mul}(X, Y)")),
      PageError,
      'Line 9: Cannot parse the formula "Z = \\operatorname{mul}(X, Y)"',
    );
  });
});

describe("the README", () => {
  it("has no formula that does not stand on the page", () => {
    const page = readPage(source).formulas
      .flatMap(({ statements }) => statements.map(({ tex }) => tex));
    const [, tex] = /^```math\n([\s\S]*?)^```/m.exec(readme)!;
    const statements = parseFormula(tex);
    assertEquals(statements.length, 3);
    assertEquals(statements.filter(({ tex }) => !page.includes(tex)), []);
  });
});

describe("Sizes", () => {
  it("knows what each dimension is", () => {
    const sizes = new Sizes();
    sizes.bind(["m", "n"], [2, 3], "X");
    sizes.bind(["n", 1], [3, 1], "Y");
    assertEquals(sizes.shape(["n", "m", 7]), [3, 2, 7]);
    assertEquals(sizes.range("m"), [[0], [1]]);
    assertThrows(() => sizes.of("p"), EvaluationError, "no dimension p");
    assertThrows(() => sizes.range("⋯"), EvaluationError, "of any rank");
  });

  it("refuses shapes that disagree with the page", () => {
    const sizes = new Sizes();
    sizes.bind(["m", "n"], [2, 3], "X");
    assertThrows(
      () => sizes.bind(["n", "p"], [4, 5], "Y"),
      PageError,
      "The page says that Y has the shape n×p: it is 4×5 where m = 2, n = 3",
    );
    assertThrows(
      () => sizes.bind(["n"], [4, 6, 3], "X"),
      PageError,
      "The page says that X has the shape n: it is 4×6×3",
    );
    assertThrows(
      () => sizes.bind([], [1], "y"),
      PageError,
      "The page says that y has the shape of a scalar: it is 1",
    );
    assertThrows(() => sizes.bind([2], [3], "y"), PageError);
  });

  it("takes any rank for one with dots, the same everywhere", () => {
    const sizes = new Sizes();
    sizes.bind(["n_1", "⋯", "n_r"], [2, 1, 2], "X");
    assertEquals(sizes.range("⋯").length, 4);
    assertThrows(
      () => sizes.bind(["n_1", "⋯", "n_r"], [4], "Y"),
      PageError,
      "The page says that Y has the shape n_1×⋯×n_r: it is 4",
    );
  });
});

describe("indexTuples()", () => {
  it("runs through a shape, the last index fastest", () => {
    assertEquals(indexTuples([]), [[]]);
    assertEquals(indexTuples([2, 0]), []);
    assertEquals(indexTuples([2, 2]), [[0, 0], [0, 1], [1, 0], [1, 1]]);
  });
});
