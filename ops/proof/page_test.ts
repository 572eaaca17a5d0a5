// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { op as declare } from "../core/op.ts";
import { integer, number } from "../core/options.ts";
import * as mul from "../arithmetic/mul.ts";
import mulPage from "../arithmetic/mul.ts" with { type: "text" };
import matmulPage from "../products/matmul.ts" with { type: "text" };
import crossEntropyPage from "./fixtures/cross_entropy.ts" with {
  type: "text",
};
import * as layerNorm from "./fixtures/layer_norm.ts";
import layerNormPage from "./fixtures/layer_norm.ts" with { type: "text" };
import * as relu from "./fixtures/relu.ts";
import source from "./fixtures/relu.ts" with { type: "text" };
import { operation } from "./operation.ts";
import { PageError, readPage } from "./page.ts";

const tex = String.raw;

/** The page of relu with one thing changed. */
function changed(from: string, to: string): string {
  assertStringIncludes(source, from);
  return source.replace(from, () => to);
}

describe("readPage()", () => {
  it("reads the table of shapes", () => {
    const { title, inputs, outputs, options } = readPage(layerNormPage);
    const short = (variables: typeof inputs) =>
      variables.map(({ symbol, parameter, shape }) => [
        symbol,
        parameter,
        shape,
      ]);
    assertEquals(title, "Layer normalization");
    assertEquals(short(inputs), [
      ["X", "x", ["m", "n"]],
      [tex`\gamma`, "gamma", ["n"]],
      [tex`\beta`, "beta", ["n"]],
    ]);
    assertEquals(short(outputs), [["Y", "", ["m", "n"]]]);
    assertEquals(short(options), [[tex`\varepsilon`, "eps", []]]);
    assertEquals(readPage(crossEntropyPage).outputs[0].shape, []);
  });

  it("reads every formula, with its place and section", () => {
    const { formulas } = readPage(matmulPage);
    const lines = matmulPage.split("\n");
    for (const { tex, line, column } of formulas) {
      const first = lines[line - 1].slice(column - 1);
      const text = [first, ...lines.slice(line, line + 8)].join(" ")
        .replaceAll(" * ", " ").replace(/\s+/g, " ").trim();
      assert(text.startsWith(tex), `${line}:${column} is ${text}, not ${tex}`);
    }
    const inline = matmulPage.match(/\$`/g)?.length ?? 0;
    const fences = matmulPage.match(/^ \* ```math$/gm)?.length ?? 0;
    assertEquals(formulas.length, inline + fences);
    assertEquals(
      [...new Set(formulas.map(({ section }) => section))].slice(0, 4),
      [
        "",
        "Shapes",
        "Forward",
        "Derivation",
      ],
    );
  });

  it("reads special points and references, with the line of each row", () => {
    const { special, references } = readPage(source);
    const lines = source.split("\n");
    assertEquals(special.map(({ at }) => at), ["x = 0", "x = NaN"]);
    for (const { at, line } of special) {
      assertStringIncludes(lines[line - 1], at);
    }
    assertEquals(references.JAX, "jax.nn.relu(x)");
  });

  it("refuses a page that has not the form of one, in one line with its place", () => {
    const dout = "| $`" + tex`\frac{\partial E}{\partial Y}` + "`$ |";
    const wrong: [string, string][] = [
      [
        changed("@module", ""),
        "f.ts:1:1: Cannot read the page as there is no @module comment",
      ],
      [
        changed("# ReLU", ""),
        "f.ts:3:3: Cannot read the page as it has no title",
      ],
      [
        changed("## Cost", "## Costs"),
        'f.ts:53:4: Cannot read the page as its sections must be Shapes, Forward, Derivation, Backward, Special points, Stability, Cost, Example, References, in this order: "Costs" is not expected here',
      ],
      [
        changed("## References", "### References"),
        'in this order: there is no "References"',
      ],
      [
        changed("input `x`", "argument `x`"),
        'f.ts:17:22: Cannot read the table of shapes as a role must begin with "input `name`"',
      ],
      [
        changed("| $`X`$ |", "| X |"),
        'f.ts:17:6: Cannot read the table of shapes as this cell must be one formula: it is "X"',
      ],
      [
        changed("| $`X`$ | $`n`$ |", "| $`X`$ | $`X Y`$ and $`n`$ |"),
        "this cell must be one formula",
      ],
      [
        changed("| $`X`$ | $`n`$ |", "| $`X`$ | $`n > 1`$ |"),
        'f.ts:17:14: Cannot read the table of shapes as "$`n > 1`$" is not a shape',
      ],
      [
        changed("| $`X`$ | $`n`$ |", "| $`X`$ | $`n`$ | 7 |"),
        "its rows must be | symbol | shape | role |: this one has 4 cells",
      ],
      [
        changed(" * | $`Y`$ | $`n`$ | output |\n", ""),
        "f.ts:13:13: Cannot read the table of shapes as it must name the outputs",
      ],
      [
        changed(`${dout} $\`n\`$`, `${dout} $\`m\`$`),
        "f.ts:19:6: Cannot read the table of shapes as dout must be the gradient of E with respect to an output",
      ],
      [
        changed(dout, dout.replace("E", "X")),
        "dout must be the gradient of E with respect to an output",
      ],
      [
        changed("| $`X`$ | $`n`$ |", "| $`X + 1`$ | $`n`$ |"),
        'f.ts:17:6: Cannot read the table of shapes as the first cell must be a symbol: it is "$`X + 1`$"',
      ],
      [
        changed("| $`X`$ | $`n`$ |", "| $`X`$ | $`n^2`$ |"),
        'f.ts:17:14: Cannot read the table of shapes as "$`n^2`$" is not a shape',
      ],
      [
        changed("| $`X`$ | $`n`$ |", "| $`X`$ | $`n, m`$ |"),
        'f.ts:17:14: Cannot read the table of shapes as "$`n, m`$" is not a shape',
      ],
      [
        changed(
          "| $`Y`$ | $`n`$ |",
          "| $`k`$ | real | option `k` |\n * | $`Y`$ | $`n`$ |",
        ),
        'f.ts:18:14: Cannot read the table of shapes as an option must be a number, integer or flag: it is "real"',
      ],
      [
        changed(
          "| $`Y`$ | $`n`$ |",
          "| $`Z`$ | $`n`$ | output `z` |\n * | $`Y`$ | $`n`$ |",
        ),
        "f.ts:13:13: Cannot read the table of shapes as it has no row for the gradient with respect to Z",
      ],
      [
        changed("`x = 0` |", "`x = ` |"),
        "f.ts:50:6: Special points: `x =` must have a number, brackets or a word at its end",
      ],
      [
        changed("| same | same | same |", "| same | same |"),
        "f.ts:50:6: Special points: a row must have 6 cells",
      ],
    ];
    for (const [text, reason] of wrong) {
      const { message } = assertThrows(() => readPage(text, "f.ts"), PageError);
      assertStringIncludes(message, reason);
      assert(/^f\.ts:\d+:\d+: [^\n]*$/.test(message), message);
    }
  });

  it("refuses math that is not in a fence or in $`…`$, with its place", () => {
    for (const bare of ["$X$", "$$Z = X Y$$", "5 $", "\\(Z = Y X\\)"]) {
      const { message } = assertThrows(
        () => readPage(changed("Keeps what is", bare), "f.ts"),
        PageError,
      );
      assertStringIncludes(message, "f.ts:6:");
      assertStringIncludes(message, "Cannot read a bare $ or \\(");
    }
    readPage(changed("Keeps what is", "`$X` is code:"));
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
        () => readPage(changed("Keeps what is", fence)),
        PageError,
        "Cannot read the math as its fence must be ```math in the first column",
      );
    }
  });

  it("refuses a formula that it cannot parse, with its place", () => {
    const { message } = assertThrows(
      () =>
        readPage(
          changed(
            tex` * Y_i = \max(X_i, 0)
 *   =`,
            tex` * Y_i = \max(X_i, 0)
 *   = \foo{X} =`,
          ),
          "f.ts",
        ),
      PageError,
    );
    assert(/^f\.ts:25:\d+: [^\n]*\\foo[^\n]*$/.test(message), message);
  });
});

describe("operation()", () => {
  /** The message for a page of relu whose signature is another. */
  const refusal = (page: string, exports: object = relu) => {
    const { message } = assertThrows(
      () => operation("f.ts", page, exports),
      PageError,
    );
    assert(/^f\.ts:\d+:\d+: [^\n]*$/.test(message), message);
    return message.replace(/^f\.ts:\d+:\d+: /, "");
  };
  const declared = (spec: object) => ({
    ...relu,
    signature: declare("relu", { ...relu.signature.spec, ...spec }),
  });

  it("knows inputs, options and what the page defines", () => {
    const { inputs, options, floats, definitions } = operation(
      "f.ts",
      layerNormPage,
      layerNorm,
    );
    assertEquals(inputs.map(({ parameter }) => parameter), [
      "x",
      "gamma",
      "beta",
    ]);
    assertEquals(Object.keys(options), ["eps"]);
    assertEquals(floats.length, 3);
    assertEquals(definitions.symbols, ["G", tex`\mu`, "s", tex`\hat{X}`]);
    assertEquals(definitions.targets, [
      "Y",
      "∂E/∂X",
      tex`∂E/∂\gamma`,
      tex`∂E/∂\beta`,
    ]);
  });

  it("refuses a table that is not the signature's", () => {
    assertEquals(
      refusal(source, declared({ inputs: { x: "n…", z: "n…" } })),
      "The table of shapes is not that of the signature: the inputs are x, z, in the table x",
    );
    assertEquals(
      refusal(
        source,
        declared({ inputs: { x: "n… m" }, outputs: { y: "n… m" } }),
      ),
      "The table of shapes is not that of the signature: X is n in the table, n… m in the code",
    );
    assertEquals(
      refusal(changed("| $`X`$ | $`n`$ |", "| $`X`$ | $`m`$ |")),
      "The table of shapes is not that of the signature: X is m in the table, n… in the code",
    );
    assertEquals(
      refusal(source, declared({ options: { slope: number(0.5) } })),
      "The table of shapes is not that of the signature: there is no row for the option slope",
    );
    assertEquals(
      refusal(changed(
        " * | $`Y`$ | $`n`$ | output |\n",
        " * | $`Y`$ | $`n`$ | output |\n * | $`k`$ | number | option `k` |\n",
      )),
      "The table of shapes is not that of the signature: there is no option k that is a number or a flag",
    );
  });

  it("demands that an output has the shape that the inputs broadcast to", () => {
    const wrong = mulPage.replaceAll(
      /(\| \$`(?:Z|.*partial Z\})`\$ \| \$`)n \\times m/g,
      "$1m",
    );
    assertEquals(
      refusal(wrong, mul),
      "The table of shapes is not that of the signature: Z is m in the table, n… ∨ m… in the code",
    );
  });

  it("compares dimensions that are expressions as numbers", () => {
    const convolved = (dim: string) =>
      changed("| $`X`$ | $`n`$ |", "| $`X`$ | $`" + dim + "`$ |").replace(
        " * | $`Y`$ | $`n`$ | output |\n",
        () =>
          " * | $`Y`$ | $`n`$ | output |\n * | $`s`$ | integer | option `stride` |\n",
      );
    const exports = declared({
      inputs: { x: "(n-1)*stride+3" },
      outputs: { y: "n" },
      options: { stride: integer(1, { from: 1 }) },
    });
    // ⌊ ⌋ and the like are compared by their values, too.
    const others: [string, string][] = [
      [tex`(n - 1) s + \left\lfloor 7 / 2 \right\rfloor`, ""],
      [tex`(n - 1) s + \lceil 5 / 2 \rceil`, ""],
      [tex`\lfloor n / s \rfloor`, "⌊n∕s⌋"],
      [tex`\lceil n / (s + 1) \rceil`, "⌈n∕(s + 1)⌉"],
      [tex`2 \times \max(n, s) \bmod 7`, "2×(max(n, s)) mod 7"],
      [tex`n \times \min(n, 3)`, "n×min(n, 3)"],
    ];
    for (const [dim, shown] of others) {
      if (shown === "") operation("f.ts", convolved(dim), exports);
      else {
        assertEquals(
          refusal(convolved(dim), exports),
          `The table of shapes is not that of the signature: X is ${shown} in the table, (n-1)*stride+3 in the code`,
        );
      }
    }
    operation("f.ts", convolved("(n - 1) s + 3"), exports);
    operation("f.ts", convolved(tex`s n - s + 3`), exports);
    assertEquals(
      refusal(convolved("(n - 1) s + 2"), exports),
      "The table of shapes is not that of the signature: X is ((n - 1)·s) + 2 in the table, (n-1)*stride+3 in the code",
    );
  });

  it("refuses a module that lacks an export", () => {
    assertEquals(
      refusal(source, {}),
      "Cannot find the operation as the module must export its signature",
    );
    assertEquals(
      refusal(source, { ...relu, reluDx: undefined }),
      "Cannot find the operation as the module must export relu, reluD, reluDx: it exports relu, reluD, reluDx, signature",
    );
  });
});
