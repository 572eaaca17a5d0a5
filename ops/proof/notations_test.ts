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
  ["relu", tex`Y_i \ge 0`],
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
  ["sigmoid", tex`0 < Y_i < 1`],
  ["sigmoid", tex`${d("Y_i", "X_i")} \le \frac{1}{4}`],
  ["sigmoid", tex`Y_i = e^{-\log(1 + e^{-X_i})}`],
  ["sigmoid", tex`\tau(x) = \frac{1}{1 + e^{-x}}, \quad Y = \tau(X)`],
  ["sigmoid", tex`${d("E", "X")} = ${d("E", "Y")} \odot Y \odot (1 - Y)`],
  ["sigmoid", tex`${dX} = ${dY} \frac{1}{4 \cosh^2(X_i / 2)}`],
  ["sigmoid", tex`\left. ${d("Y_i", "X_i")} \right|_{X = 0} = \frac{1}{4}`],
  ["sigmoid", tex`\frac{1}{4} = \left. ${d("Y_i", "X_i")} \right|_{X = 0}`],
  ["sigmoid", tex`4 \left. ${d("Y_i", "X_i")} \right|_{X_i = 0} = 1`],
  [
    "sigmoid",
    tex`f(x) = 1 + e^{-x}, g(x, y) = \frac{x}{f(y)}, Y_i = g(1, X_i), Y = g(1, X)`,
  ],
  ["softmax", tex`M_{ik} = \max_a X_{iak} = \max_{1 \le a \le m} X_{iak}`],
  [
    "softmax",
    tex`Y_{ijk} = \frac{e^{X_{ijk} - M_{ik}}}{\sum_{b=1}^{m} e^{X_{ibk} - M_{ik}}}`,
  ],
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
  ["matmul", tex`Z = X \operatorname{diag}(\mathbf{1}_n) Y`],
  ["matmul", tex`P = X Y, \quad \sum_k P_{ik} = \sum_k Z_{ik}`],
  ["matmul", tex`(1 - X)_{ij} + (-X)_{ij} = 1 - 2 X_{ij}`],
  ["matmul", tex`\left( \frac{X}{2} \right)_{ij} = \tfrac12 X_{ij}`],
  [
    "matmul",
    tex`\sum_{j=1}^{n} X_{ij} = \sum_{a=1}^{\lceil n / 2 \rceil} X_{i, 2a - 1}
  + \sum_{a=1}^{\lfloor n / 2 \rfloor} X_{i, 2a}`,
  ],
  [
    "matmul",
    tex`V_{ij} = X_{i, 2j - 1}, V \in \mathbb{R}^{m \times \lceil n / 2 \rceil}`,
  ],
  ["matmul", tex`X_{i, (j - 1 + n) \bmod n + 1} = X_{ij}`],
  [
    "matmul",
    tex`\lVert Z \rVert^2 = \langle Z, X Y \rangle
  = \operatorname{tr}(Z^{\mathsf{T}} Z) = \sum_{i,k} Z_{ik}^2`,
  ],
  ["sigmoid", tex`\operatorname{erfc}(z) = 1 - \operatorname{erf}(z)`],
  ["sigmoid", tex`\operatorname{sgn}(x) = [x > 0] - [x < 0]`],
  [
    "layer_norm",
    tex`${d("E", "X_{ij}")} = \frac{1}{s_i} ${d("E", tex`\hat{X}_{ij}`)}
  + \frac{1}{n} ${d("E", tex`\mu_i`)} + \frac{\hat{X}_{ij}}{n} ${
      d("E", "s_i")
    }`,
  ],
  [
    "cross_entropy",
    tex`\delta_{j t_i} X_{ij} = [j = t_i] X_{ij}`,
  ],
  [
    "cross_entropy",
    tex`${d("E", tex`X_{i\,t_i}`)} = ${
      d("E", "y")
    } \frac{1}{q} (P_{i\,t_i} - 1) \quad \text{if } t_i \ne g`,
  ],
];

/** Formulas that are not, and what is said of them, where it is not two numbers. */
const WRONG: [Name, string, string?][] = [
  ["relu", tex`Y_i = |X_i|`],
  [
    "relu",
    tex`Y_i = \max(X_i, 0) \delta_{aa}`,
    "the index a is neither summed over nor on the left",
  ],
  ["relu", tex`\sum_i Y_i < 0`, "it does not hold"],
  ["relu", "n = 5", "the left is 2, the right is 5"],
  ["relu", "i = 5", "i is an index on this page"],
  [
    "relu",
    tex`Y_i = \begin{cases} X_i & X_i > 0 \\ -X_i & X_i > 0 \\ 0 & \text{otherwise} \end{cases}`,
    "no point reaches both sides of the condition X_{i} > 0",
  ],
  ["relu", "Q_i > 0", "nothing says what the index i runs over"],
  ["relu", "0 = 0 X", "the left is a number, the right is 2"],
  [
    "relu",
    tex`\delta_{ab} = \delta_{ba}`,
    "nothing says what the index a runs over",
  ],
  [
    "relu",
    tex`X \in \mathbb{R}^{q}`,
    "the table of shapes has no dimension q",
  ],
  [
    "relu",
    tex`Y^{\mathsf{T}} = \max(X, 0)`,
    "the left is a row of 2, the right is 2",
  ],
  [
    "relu",
    "A_a = 7",
    tex`nothing says what the index a of A runs over: state the shape, A \in \mathbb{R}^{m \times n}`,
  ],
  [
    "relu",
    tex`E = \sum_i ${dY} Y_i`,
    "of the loss E only the derivatives are known",
  ],
  [
    "relu",
    "Y_i = Q X_i",
    "at i = 1: the right has no value as the page does not say what Q is",
  ],
  [
    "relu",
    tex`${d("Q", "X_i")} = 1`,
    "at i = 1: the page does not say what Q is",
  ],
  [
    "relu",
    "B_i = X_i X",
    "at i = 1: an element of B must be a number: it is 2",
  ],
  [
    "relu",
    "C_i = X_i, \\quad C_1 = C_{n + 1}",
    "the right has no value as C is 2 and has no element (3)",
  ],
  [
    "relu",
    tex`X_i \in \{1, \dots, n\}`,
    "it is not about an input of integers",
  ],
  [
    "relu",
    tex`X_{2 a} \in \mathbb{R}`,
    "nothing says what the index a runs over",
  ],
  [
    "relu",
    tex`g(x) = x, \quad Y_i = g(X_i, 0)`,
    "at i = 1: the right has no value as g takes 1 argument, and has 2 here",
  ],
  ["relu", tex`Y_i = X_i [X_i < 0]`],
  ["relu", tex`\left. ${d("Y_i", "X_i")} \right|_{X = 0} = \frac{1}{2}`],
  ["relu", tex`${d("Y_a", "X_i")} = 0`],
  ["relu", tex`${d("Y_a", "X_i")} = [X_i > 0]`],
  ["sigmoid", tex`Y_i = \tanh \frac{X_i}{2}`],
  ["sigmoid", tex`${d("E", "X")} = ${d("E", "Y")} \odot Y`],
  ["sigmoid", tex`\left. ${d("Y_i", "X_i")} \right|_{X = 0} = \frac{1}{2}`],
  ["sigmoid", tex`\frac{1}{2} = \left. ${d("Y_i", "X_i")} \right|_{X = 0}`],
  [
    "sigmoid",
    tex`\left. ${d("Y_i", "X_i")} \right|_{X = 0} = \frac{0}{0}`,
    "at i = 1: the page gives NaN, the code gives 0.25",
  ],
  ["sigmoid", tex`Y_i > \frac{1}{2}`, "it does not hold at i = "],
  [
    "sigmoid",
    tex`${d("Y_i", "X_i")} < \frac{1}{4}`,
    "it does not hold at i = ",
  ],
  ["sigmoid", tex`2 \left. ${d("Y_i", "X_i")} \right|_{X = 0} = 1`],
  [
    "sigmoid",
    tex`f(x) = 1 + e^{-x}, g(x, y) = \frac{x}{f(y)}, Y_i = g(X_i, 1)`,
  ],
  ["softmax", tex`\max_a X_{iak} = \min_a X_{iak}`],
  ["softmax", tex`\max_a X_{iak} = \max_a X_{kai}`],
  ["softmax", tex`\sum_a Y_{aik} = 1`],
  ["softmax", tex`1 - Y_{ijk} = \sum_{b \ne k} Y_{ibk}`],
  ["matmul", tex`Z_{ik} = \sum_{j \ne i} X_{ij} Y_{jk}`],
  ["matmul", tex`Z_{ik} = \sum_{j > 1} X_{ij} Y_{jk}`],
  ["matmul", tex`\lVert Z \rVert = \langle Z, X Y \rangle`],
  [
    "matmul",
    tex`Z^{\mathsf{T}} = X Y`,
    "; the left is 4×2, the right is 2×4",
  ],
  ["matmul", "0 Z = 0 X", "the left is 2×4, the right is 2×3"],
  ["matmul", tex`Z = \operatorname{diag}(X) Y`, "diag must have a vector"],
  [
    "matmul",
    tex`\operatorname{tr}(X) = 0`,
    "tr must have a square matrix",
  ],
  [
    "sigmoid",
    tex`\operatorname{erfc}(z) = 1 + \operatorname{erf}(z)`,
    "erfc already has a meaning: at z = -1.25 it is 1.9229001282564582, this is 0.07709987174354177",
  ],
  [
    "matmul",
    tex`\sum_{j=1}^{n} X_{ij} = \sum_{a=1}^{\lceil n / 2 \rceil} X_{i, 2a - 1}
  + \sum_{a=1}^{\lceil n / 2 \rceil} X_{i, 2a - 1}`,
  ],
  [
    "matmul",
    tex`W_{ij} = X_{i, 2j - 1}, W \in \mathbb{R}^{m \times \lfloor n / 2 \rfloor + 1}`,
    "X is 2×2 and has no element (1, 3)",
  ],
  ["matmul", tex`X_{i, (j + n) \bmod n + 1} = X_{ij}`],
  [
    "matmul",
    tex`X_{i, j / 2} = X_{ij}`,
    "at i = 1, j = 1: j / 2 is not a whole number: it is 1 ∕ 2",
  ],
  [
    "cross_entropy",
    tex`${d("E", tex`X_{i\,t_i}`)} = ${
      d("E", "y")
    } \frac{1}{q} P_{i\,t_i} \quad \text{if } t_i \ne g`,
  ],
  [
    "cross_entropy",
    tex`t_i \in \{1, \dots, t_1\}`,
    "a dimension must not depend on an element",
  ],
  ["cross_entropy", tex`\delta_{j t_i} X_{ij} = [j > t_i] X_{ij}`],
];

const NAMES = Object.keys(PAGES) as Name[];

function formulasOf(name: Name, all: typeof WRONG) {
  return all.filter(([op]) => op === name)
    .map(([, tex, says = ""]) => ({ tex, says }));
}

describe("the formulas of a textbook", () => {
  for (const name of NAMES) {
    it(`hold on the page of ${name}`, () => {
      const formulas = formulasOf(name, RIGHT).map(({ tex }) => tex);
      assertEquals(failures(name, formulas), []);
    });

    it(`are refused there where they are wrong`, () => {
      const formulas = formulasOf(name, WRONG);
      const found = failures(name, formulas.map(({ tex }) => tex));
      for (const { tex, says } of formulas) {
        const line = tex.replace(/\s+/g, " ");
        assert(
          found.some((failure) => {
            const [, wrong, why] =
              /^\w+\.ts:\d+:\d+: "(.*)" is wrong: (.*)$/.exec(failure) ?? [];
            return line.includes(wrong) && why.includes(says);
          }),
          `${tex}: ${found.join("\n")}`,
        );
      }
    });
  }
});
