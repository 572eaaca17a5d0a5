// Copyright 2026 the Adjoint authors. MIT license.

// What a textbook may write on a page: each formula is put on the page of an
// operation, as one more, and must hold there, or be refused.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as sigmoid from "../activations/sigmoid.ts";
import sigmoidPage from "../activations/sigmoid.ts" with { type: "text" };
import * as matmul from "../products/matmul.ts";
import matmulPage from "../products/matmul.ts" with { type: "text" };
import * as softmax from "../rows/softmax.ts";
import softmaxPage from "../rows/softmax.ts" with { type: "text" };
import { prove } from "./chain.ts";
import * as crossEntropy from "./fixtures/cross_entropy.ts";
import crossEntropyPage from "./fixtures/cross_entropy.ts" with {
  type: "text",
};
import * as layerNorm from "./fixtures/layer_norm.ts";
import layerNormPage from "./fixtures/layer_norm.ts" with { type: "text" };
import * as relu from "./fixtures/relu.ts";
import reluPage from "./fixtures/relu.ts" with { type: "text" };
import { operation } from "./operation.ts";

const PAGES = {
  cross_entropy: [crossEntropyPage, crossEntropy],
  layer_norm: [layerNormPage, layerNorm],
  matmul: [matmulPage, matmul],
  relu: [reluPage, relu],
  sigmoid: [sigmoidPage, sigmoid],
  softmax: [softmaxPage, softmax],
} as const;

type Name = keyof typeof PAGES;

/** What the first two links say of a page with formulas more, each in a block. */
function failures(name: Name, formulas: readonly string[]): string[] {
  const [page, exports] = PAGES[name];
  const blocks = formulas.map((tex) =>
    ` * \`\`\`math\n * ${tex.replaceAll("\n", "\n * ")}\n * \`\`\`\n *\n`
  );
  const [before, after] = page.split(" * ## Special points\n");
  const more = `${before}${blocks.join("")} * ## Special points\n${after}`;
  const op = operation(`${name}.ts`, more, exports);
  return (["page = code", "page = calculus"] as const).flatMap((link) =>
    prove(op, link).flatMap(({ failures }) => failures)
  );
}

const tex = String.raw;
const d = (of: string, by: string) =>
  tex`\frac{\partial ${of}}{\partial ${by}}`;
const dX = d("E", "X_i");
const dY = d("E", "Y_i");

/** Formulas that are right. */
const RIGHT: [Name, string][] = [
  ["relu", tex`Y_i = \frac{1}{2} \left( X_i + |X_i| \right)`],
  ["relu", tex`Y_i = \tfrac12 (X_i + \lvert X_i \rvert)`],
  ["relu", tex`Y_i = X_i [X_i > 0]`],
  ["relu", tex`Y_i = \mathbf{1}[X_i > 0] X_i`],
  ["relu", tex`Y_i = X_i \mathbf{1}_{X_i > 0}`],
  ["relu", tex`Y = \max(X, 0)`],
  ["relu", tex`Y = X \odot [X > 0]`],
  ["relu", tex`Y_i = -\min\{0, -X_i\}`],
  ["relu", tex`Y_i = X_i \frac{1 + \operatorname{sign}(X_i)}{2}`],
  ["relu", tex`r(x) = \max(0, x), \quad Y_i = r(X_i), \quad Y = r(X)`],
  ["relu", tex`${d("E", "X")} = ${d("E", "Y")} \odot [X > 0]`],
  ["relu", tex`${dX} = ${dY}\, \mathbf{1}_{\{X_i > 0\}}`],
  ["relu", tex`${dX} = \sum_a ${d("E", "Y_a")} \delta_{ai} [X_a > 0]`],
  ["relu", tex`${d("Y_a", "X_i")} = 0 \quad \text{if } a \ne i`],
  ["relu", tex`${d("Y_i", "X_i")} = [X_i > 0]`],
  ["relu", tex`\left. ${d("Y_i", "X_i")} \right|_{X = 0} = 0`],
  [
    "relu",
    tex`\begin{aligned}
${dX} &= \sum_{a=1}^{n} ${d("E", "Y_a")} ${d("Y_a", "X_i")} \\
  &= ${d("E", "Y_i")} \begin{cases}
    1 & \text{if } X_i > 0 \\
    0 & \text{otherwise}
  \end{cases}
\end{aligned}`,
  ],
  ["sigmoid", tex`Y_i = \frac{1}{2} \left( 1 + \tanh \frac{X_i}{2} \right)`],
  ["sigmoid", tex`Y_i = 1 - \frac{1}{1 + \exp X_i}`],
  ["sigmoid", tex`Y_i = (1 + e^{-X_i})^{-1}`],
  ["sigmoid", tex`Y_i = e^{-\log(1 + e^{-X_i})}`],
  ["sigmoid", tex`\tau(x) = \frac{1}{1 + e^{-x}}, \quad Y = \tau(X)`],
  ["sigmoid", tex`${d("E", "X")} = ${d("E", "Y")} \odot Y \odot (1 - Y)`],
  ["sigmoid", tex`${dX} = ${dY} \frac{1}{4 \cosh^2(X_i / 2)}`],
  ["sigmoid", tex`\left. ${d("Y_i", "X_i")} \right|_{X = 0} = \frac{1}{4}`],
  ["softmax", tex`Y_{ijk} = \frac{1}{\sum_b e^{X_{ibk} - X_{ijk}}}`],
  ["softmax", tex`\sum_a Y_{iak} = 1`],
  ["softmax", tex`1 - Y_{ijk} = \sum_{b \ne j} Y_{ibk}`],
  ["softmax", tex`\ell_{ik} = \log \sum_a e^{X_{iak}}`],
  ["softmax", tex`X_{ijk} - \ell_{ik} = \log Y_{ijk}`],
  ["softmax", tex`\prod_j Y_{ijk} = e^{\sum_a X_{iak} - m \ell_{ik}}`],
  ["matmul", tex`Z_{ik} = \sum_j X_{ij} Y_{jk}`],
  ["matmul", tex`Z_{ik} = \sum_{a=0}^{n - 1} X_{i, a+1} Y_{a + 1, k}`],
  ["matmul", tex`Z_{ik} = \sum_{j \in \{1, \dots, n\}} X_{ij} Y_{jk}`],
  ["matmul", tex`Z_{ik} = X_{i1} Y_{1k} + \sum_{j > 1} X_{ij} Y_{jk}`],
  ["matmul", tex`Z_{ik} = X_i^{\mathsf{T}} (Y^{\mathsf{T}})_k`],
  [
    "matmul",
    tex`U_{ij} = \begin{cases} X_{i, j - 1} & \text{if } 1 < j \\
  0 & \text{otherwise} \end{cases}, \quad U \in \mathbb{R}^{m \times (n + 1)}`,
  ],
  ["matmul", tex`Z_{ik} = \sum_{j=2}^{n + 1} U_{ij} Y_{j - 1, k}`],
  ["matmul", tex`Z_{ik} = \sum_j U_{ij} (Y_{\max(1, j - 1), k})`],
  ["matmul", tex`Z^{\mathsf{T}} = Y^{\mathsf{T}} X^{\mathsf{T}}`],
  [
    "matmul",
    tex`\lVert Z \rVert^2 = \langle Z, X Y \rangle
  = \operatorname{tr}(Z^{\mathsf{T}} Z) = \sum_{i,k} Z_{ik}^2`,
  ],
  [
    "cross_entropy",
    tex`\delta_{j t_i} X_{ij} = [j = t_i] X_{ij}`,
  ],
];

/** Formulas that are not. */
const WRONG: [Name, string][] = [
  ["relu", tex`Y_i = |X_i|`],
  ["relu", tex`Y_i = X_i [X_i < 0]`],
  ["relu", tex`\left. ${d("Y_i", "X_i")} \right|_{X = 0} = \frac{1}{2}`],
  ["relu", tex`${d("Y_a", "X_i")} = 0`],
  ["relu", tex`${d("Y_a", "X_i")} = [X_i > 0]`],
  ["sigmoid", tex`Y_i = \tanh \frac{X_i}{2}`],
  ["sigmoid", tex`${d("E", "X")} = ${d("E", "Y")} \odot Y`],
  ["sigmoid", tex`\left. ${d("Y_i", "X_i")} \right|_{X = 0} = \frac{1}{2}`],
  ["softmax", tex`\sum_a Y_{aik} = 1`],
  ["softmax", tex`1 - Y_{ijk} = \sum_{b \ne k} Y_{ibk}`],
  ["matmul", tex`Z_{ik} = \sum_{j \ne i} X_{ij} Y_{jk}`],
  ["matmul", tex`Z_{ik} = \sum_{j > 1} X_{ij} Y_{jk}`],
  ["matmul", tex`\lVert Z \rVert = \langle Z, X Y \rangle`],
  ["cross_entropy", tex`\delta_{j t_i} X_{ij} = [j > t_i] X_{ij}`],
];

const NAMES = Object.keys(PAGES) as Name[];

function formulasOf(name: Name, all: typeof RIGHT): string[] {
  return all.filter(([op]) => op === name).map(([, tex]) => tex);
}

describe("the formulas of a textbook", () => {
  for (const name of NAMES) {
    it(`hold on the page of ${name}`, () => {
      assertEquals(failures(name, formulasOf(name, RIGHT)), []);
    });

    it(`are refused there where they are wrong`, () => {
      const formulas = formulasOf(name, WRONG);
      const found = failures(name, formulas);
      for (const tex of formulas) {
        assert(
          found.some((failure) => failure.includes(`"${tex}" is wrong: `)),
          `${tex}: ${found.join("\n")}`,
        );
      }
    });
  }
});
