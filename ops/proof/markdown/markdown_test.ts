// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import readme from "../../../README.md" with { type: "text" };
import clampPage from "../../elementwise/clamp.ts" with { type: "text" };
import huberPage from "../../losses/huber.ts" with { type: "text" };
import maxPoolPage from "../../convolution/max_pool2d.ts" with { type: "text" };
import layerNormPage from "../../normalization/layer_norm.ts" with {
  type: "text",
};
import matmulPage from "../../products/matmul.ts" with { type: "text" };
import cumsumPage from "../../reductions/cumsum.ts" with { type: "text" };
import softmaxPage from "../../rows/softmax.ts" with { type: "text" };
import embeddingPage from "../../structure/embedding.ts" with { type: "text" };
import { exitCodeOf, mendOf, prove, type World } from "../cli.ts";
import { provePage } from "./prove.ts";
import { docComments } from "../comments.ts";
import { Random } from "../inputs.ts";
import { PageError } from "../language/expression.ts";
import { broken, mistakesIn } from "../language/mutants.ts";
import { writeTex } from "../language/write.ts";
import { oneLine } from "../page.ts";
import { PLAIN } from "../report.ts";
import { mathIn } from "./math.ts";
import { readMarkdown } from "./read.ts";

const tex = String.raw;

/** Our own pages, as Markdown without their code. */
const PAGES: Record<string, string> = {
  clamp: clampPage,
  cumsum: cumsumPage,
  embedding: embeddingPage,
  huber: huberPage,
  layerNorm: layerNormPage,
  matmul: matmulPage,
  maxPool2d: maxPoolPage,
  softmax: softmaxPage,
};

function markdownOf(source: string): string {
  const { text } = docComments(source).find(({ text }) =>
    /^@module\b/m.test(text)
  )!;
  return text.replace(/^@module.*$/m, "");
}

/** The verdicts as signs: ✓ ✗ – and = for definitions; ? cannot be read. */
function signs(text: string): string {
  const { verdicts, unread } = provePage(text, "page.md");
  const sign = { defines: "=", holds: "✓", wrong: "✗", open: "–" };
  return verdicts.map(({ verdict }) => sign[verdict]).join("") +
    "?".repeat(unread.length);
}

/** The one wrong formula of a page. */
function wrongIn(text: string) {
  const wrong = provePage(text, "page.md").verdicts
    .filter(({ verdict }) => verdict === "wrong");
  assertEquals(wrong.length, 1, JSON.stringify(wrong));
  return wrong[0];
}

describe("a Markdown page", () => {
  it("is read in every notation of formulas", () => {
    const text = tex`
Inline $y = a x$, GitHub's $${"`"}z = b y${"`"}$, \(u = c z\),
$$v = d u$$ \[w = e v\]

${"```"}math
s = f w
${"```"}

\begin{align}
t &= g s \\
q &= h t
  + p
\end{align}

No formulas: \$5 and $6, ${"`$x = 1$`"}, and

${"```"}ts
const price = "$r = 1$";
${"```"}
`;
    assertEquals(
      mathIn(text).map(({ tex }) => oneLine(tex)),
      [
        "y = a x",
        "z = b y",
        "u = c z",
        "v = d u",
        "w = e v",
        "s = f w",
        "t = g s",
        "q = h t + p",
      ],
    );
    for (const { tex, places } of mathIn(text)) {
      assertEquals(text[places[0]].trim(), tex[0].trim());
    }
  });

  it("is judged with shapes inferred from indices and products", () => {
    const { inferred, verdicts } = provePage(
      tex`
$h = \tanh(W_1 x + b_1)$, $y = W_2 h + b_2$, $L = \frac{1}{2} \|y - t\|^2$.

$$\delta_2 = \frac{\partial L}{\partial y} = y - t, \quad
\frac{\partial L}{\partial W_2} = \delta_2 h^T$$
$$\delta_1 = (W_2^T \delta_2) \odot (1 - h \odot h), \quad
\frac{\partial L}{\partial W_1} = \delta_1 x^T, \quad
\frac{\partial L}{\partial b_1} = \delta_1$$
`,
      "page.md",
    );
    assertEquals(
      verdicts.map(({ verdict }) => verdict).join(),
      "defines,defines,defines,holds,holds,defines,holds,holds",
    );
    assertStringIncludes(inferred.join("\n"), "W_1 is m×n, x is n, b_1 is m");
    assertStringIncludes(inferred.join("\n"), "L is a number");
  });

  it("may name the loss, its gradients and σ² as its author likes", () => {
    // Ioffe and Szegedy, "Batch Normalization", 2015, section 3.
    const page = tex`
$\mu = \frac{1}{m} \sum_{i=1}^m x_i$, $\sigma^2 = \frac{1}{m} \sum_{i=1}^m (x_i - \mu)^2$,
$\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}$, $y_i = \gamma \hat x_i + \beta$.

\begin{align}
\frac{\partial \ell}{\partial \hat{x}_i} &= \frac{\partial \ell}{\partial y_i} \cdot \gamma \\
\frac{\partial \ell}{\partial \sigma^2} &= \sum_{i=1}^m \frac{\partial \ell}{\partial \hat{x}_i} \cdot (x_i - \mu) \cdot \frac{-1}{2} (\sigma^2 + \epsilon)^{-3/2} \\
\frac{\partial \ell}{\partial \mu} &= \left( \sum_{i=1}^m \frac{\partial \ell}{\partial \hat{x}_i} \cdot \frac{-1}{\sqrt{\sigma^2+\epsilon}} \right) + \frac{\partial \ell}{\partial \sigma^2} \cdot \frac{\sum_{i=1}^m -2(x_i - \mu)}{m} \\
\frac{\partial \ell}{\partial x_i} &= \frac{\partial \ell}{\partial \hat{x}_i} \cdot \frac{1}{\sqrt{\sigma^2 + \epsilon}} + \frac{\partial \ell}{\partial \sigma^2} \cdot \frac{2(x_i-\mu)}{m} + \frac{\partial \ell}{\partial \mu} \cdot \frac{1}{m} \\
\frac{\partial \ell}{\partial \gamma} &= \sum_{i=1}^m \frac{\partial \ell}{\partial y_i} \cdot \hat{x}_i
\end{align}
`;
    assertEquals(signs(page), "====✓✓✓✓✓");
    const { verdicts, inferred } = provePage(page, "page.md");
    assertStringIncludes(verdicts[1].tex, tex`\sigma^2 = `);
    assertEquals(inferred[0], "ℓ is the loss E");

    assertEquals(
      signs(tex`$Y = X W$, $dW = X^T dY$, $dX = dY W^\top$`),
      "=✓✓",
    );
    assertEquals(
      signs(
        tex`$y = a x$: $\frac{dL}{dx} = \frac{dL}{dy} a$, $\nabla_a L = \frac{\partial L}{\partial y} x$`,
      ),
      "=✓✓",
    );
    assertEquals(
      signs(
        tex`$s_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$, $L = -\sum_i y_i \log s_i$, $\sum_i y_i = 1$, $\frac{\partial L}{\partial z_i} = s_i - y_i$`,
      ),
      "===✓",
    );
  });

  it("may go on in another block, and say where a formula holds", () => {
    assertEquals(
      signs(tex`
$$a_j = \frac{e^{z_j}}{\sum_k e^{z_k}}$$
$$\frac{\partial a_j}{\partial z_i} = a_i (1 - a_i), \quad i = j$$
$$\frac{\partial a_j}{\partial z_i} = -a_i a_j, \quad i \ne j$$
$$L = -\sum_k y_k \log a_k$$
$$\frac{\partial L}{\partial z_i} = -\sum_k y_k \frac{1}{a_k} \frac{\partial a_k}{\partial z_i}$$
$$= -y_i (1 - a_i) + \sum_{k \ne i} y_k a_i$$
`),
      "=✓✓=✓✓",
    );
  });

  it("may number its layers", () => {
    assertEquals(
      signs(
        tex`$h = W^{(1)} x$, $o = W^{(2)} h$, $\frac{\partial J}{\partial W^{(2)}} = \frac{\partial J}{\partial o} h^\top$, $\frac{\partial J}{\partial h} = {W^{(2)}}^\top \frac{\partial J}{\partial o}$`,
      ),
      "==✓✓",
    );
  });

  it("may have rows for vectors, as x W and xᵀ say", () => {
    const row =
      tex`$h = x W + b$, $\frac{\partial L}{\partial W} = x^\top \frac{\partial L}{\partial h}$, $\frac{\partial L}{\partial b} = \frac{\partial L}{\partial h}$, `;
    const dx =
      tex`$\frac{\partial L}{\partial x} = \frac{\partial L}{\partial h} W^\top$`;
    assertEquals(signs(row + dx), "=✓✓✓");
    // Where xᵀ is what is wrong, the gradient of x says that it is not a number.
    assertEquals(signs(row.replace(tex`x^\top`, "x") + dx), "=✗✓✓");
    const scaled = tex`$Y = k X$, $dX = k dY$, `;
    assertEquals(signs(scaled + tex`$dk = dY \odot X$`), "=✓✗");
    assertEquals(signs(scaled + tex`$dX^\top = k dY^\top$`), "=✓✓");
    // A column stays one.
    assertEquals(
      signs(
        tex`$z = W x + b$, $\frac{\partial L}{\partial W} = \frac{\partial L}{\partial z} x^\top$, $\frac{\partial L}{\partial x} = W^\top \frac{\partial L}{\partial z}$`,
      ),
      "=✓✓",
    );
  });

  it("that counts from 0 is not accused", () => {
    const why = (text: string) =>
      provePage(text, "page.md").verdicts.map(({ why }) => why ?? "").join(
        "\n",
      );
    const conv =
      tex`$y_i = \sum_{k=0}^{K-1} w_k x_{i+k}$, $\frac{\partial L}{\partial w_k} = \sum_{i=0}^{n-K} \frac{\partial L}{\partial y_i} x_{i+k}$`;
    assertEquals(signs(conv), "––");
    assertMatch(why(conv), /\ny has no value as w is 3 and has no element/);
    // As a number, too, i does not only number elements.
    const scale =
      tex`$y_i = k i x_i$, $\frac{\partial E}{\partial k} = \sum_{i=0}^{n-1} i \frac{\partial E}{\partial y_i} x_i$`;
    assertEquals(signs(scale), "=–");
    assertMatch(
      why(scale),
      /the page counts elements from 0, and they are counted from 1 here: .*\(0\)$/,
    );
    assertEquals(signs(scale.replace("i=0", "i=2")), "=✗");
  });

  it("has vectors where one is transposed, though no letter is capital", () => {
    assertEquals(
      signs(
        tex`$c = \frac{a^T b}{\|a\| \|b\|}$, $\frac{\partial c}{\partial a} = \frac{b}{\|a\| \|b\|} - c \frac{a}{\|a\|^2}$`,
      ),
      "=✓",
    );
    assertStringIncludes(
      provePage("$c = a^T b$", "page.md").inferred.join(),
      "c is a number, a is m, b is m",
    );
  });

  it("may state shapes in words, a table or a line", () => {
    const conv =
      tex`$y_i = \sum_a w_a x_{i+a-1}$, $\frac{\partial L}{\partial w_a} = \sum_i \frac{\partial L}{\partial y_i} x_{i+a-1}$`;
    const { inferred } = provePage(conv, "page.md");
    assertStringIncludes(inferred.join(), "y is |i|, w is |a|, x is ");
    assertEquals(signs(conv), "=✓");
    assertEquals(
      signs(
        tex`${conv}, $w \in \mathbb{R}^3$, $x \in \mathbb{R}^7$, $y \in \mathbb{R}^5$`,
      ),
      "=✓",
    );
    // With no room for the window there is no such element.
    assertEquals(
      signs(
        tex`${conv}, $w \in \mathbb{R}^3$, $x \in \mathbb{R}^4$, $y \in \mathbb{R}^5$`,
      ),
      "––",
    );
    assertEquals(
      signs(
        `| symbol | shape |\n|--|--|\n| $A$ | $m \\times n$ |\n| $k$ | a number |\n\n$B = k A$, $\\frac{\\partial L}{\\partial A} = k \\frac{\\partial L}{\\partial B}$, $\\frac{\\partial L}{\\partial k} = \\sum_{i,j} \\frac{\\partial L}{\\partial B_{ij}} A_{ij}$`,
      ),
      "=✓✓",
    );
  });

  it("holds in numerator layout, transposed, and says so", () => {
    const { verdicts: [, verdict] } = provePage(
      tex`$Y = X W$, $\frac{\partial L}{\partial X} = W \left(\frac{\partial L}{\partial Y}\right)^T$`,
      "page.md",
    );
    assertEquals(verdict.verdict, "holds");
    assertEquals(verdict.transposed, true);
  });
});

describe("a wrong formula", () => {
  const LINEAR = tex`$Y = X W + B$, `;

  it("is refuted with the smallest counterexample", () => {
    const { counterexample, line, column, why } = wrongIn(
      tex`# A page

$y = x^2$, $\frac{dE}{dx} = x \frac{dE}{dy}$`,
    );
    assertEquals([line, column], [3, 13]);
    assertEquals(why, undefined);
    const { given, page, calculus } = counterexample!;
    assertEquals(Object.keys(given), ["x", "∂E/∂y"]);
    assertEquals(calculus, 2 * page);
    assertEquals(page, Number(given.x) * Number(given["∂E/∂y"]));
  });

  const MENDS: [what: string, page: string, mend: RegExp][] = [
    [
      "without a transpose",
      LINEAR + tex`$dX = dY W$`,
      /^a transpose is missing: .*W\^\{\\mathsf\{T\}\}$/,
    ],
    [
      "in the wrong order",
      tex`$z = A u$, $\frac{\partial L}{\partial u} = \frac{\partial L}{\partial z} A^T$`,
      /^the order is wrong: A\^\{\\mathsf\{T\}\} /,
    ],
    [
      "without its sum",
      tex`$y_{ij} = x_{ij} + b_j$, $\frac{\partial L}{\partial b_j} = \frac{\partial L}{\partial y_{ij}}$`,
      /^the sum over i is missing: \\sum_\{i\}/,
    ],
    [
      "of the wrong sign",
      tex`$y = \cos(x)$, $\frac{dE}{dx} = \sin(x) \frac{dE}{dy}$`,
      /^the sign is wrong: -/,
    ],
    [
      "without a factor of 2",
      tex`$\ell = \sum_i (p_i - t_i)^2$, $\frac{\partial E}{\partial p_i} = \frac{\partial E}{\partial \ell} (p_i - t_i)$`,
      /^a factor of 2 is missing: 2 /,
    ],
    [
      "with ε outside of the root",
      tex`$v = \sum_i x_i^2$, $y = \frac{1}{\sqrt{v + \epsilon}}$, $\frac{dE}{dv} = -\frac{1}{2} \frac{dE}{dy} \left( \frac{1}{\sqrt{v} + \epsilon} \right)^3$`,
      /^\\epsilon must be under the root: /,
    ],
    [
      "that forgets the path through the statistics",
      tex`$\mu = \frac{1}{N} \sum_i x_i$, $\hat{x}_i = x_i - \mu$, $y_i = \gamma_i \hat{x}_i$, $\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial y_i} \gamma_i$`,
      /^the path through μ is missing/,
    ],
  ];
  for (const [what, page, mend] of MENDS) {
    it(`${what} gets its mend`, () => {
      assertMatch(mendOf(wrongIn(page)), mend);
    });
  }

  it("names the assumption under which it would hold", () => {
    const { mend } = wrongIn(
      tex`$s_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$, $L = -\sum_i y_i \log s_i$, $\frac{\partial L}{\partial z_i} = s_i - y_i$`,
    );
    assertEquals(mend, "it would hold if y summed to 1");
  });

  it("has no mend where no small change makes it right", () => {
    const { mend } = wrongIn(
      tex`$y = \sin(x)$, $\frac{dE}{dx} = \log(x^2 + 3)$`,
    );
    assertEquals(mend, undefined);
  });
});

// Formulas that are wrong in public, in our own notation.
describe("what is wrong on the internet", () => {
  const NORM = tex`
$\mu = \frac{1}{N} \sum_i x_i$, $\sigma^2 = \frac{1}{N} \sum_i (x_i - \mu)^2$,
$\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}$, $y_i = \gamma_i \hat{x}_i$,
$g_i = \frac{\partial L}{\partial y_i} \gamma_i$. `;

  it("layer norm whose gradient has no mean term", () => {
    // A page on layer norm in a large training set of mathematics.
    const right =
      tex`$\frac{\partial L}{\partial x_i} = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \left( g_i - \frac{1}{N} \sum_j g_j - \hat{x}_i \frac{1}{N} \sum_j g_j \hat{x}_j \right)$`;
    assertEquals(signs(NORM + right), "=====✓");
    const wrong = right.replace(tex`- \frac{1}{N} \sum_j g_j -`, "-");
    assert(wrong !== right);
    assertEquals(signs(NORM + wrong), "=====✗");
    assertMatch(wrongIn(NORM + wrong).mend!, /^the path through μ is missing/);
  });

  it("σ + ε for √(σ² + ε)", () => {
    // Two derivations of the layer norm place ε differently.
    const of = (root: string) =>
      NORM +
      tex`$\frac{\partial L}{\partial \mu} = -\sum_i g_i \frac{1}{${root}}$`;
    assertEquals(signs(of(tex`\sqrt{\sigma^2 + \epsilon}`)), "=====✓");
    assertStringIncludes(
      wrongIn(of(tex`\sqrt{\sigma^2} + \epsilon`)).mend!,
      "must be under the root",
    );
  });

  it("batch norm whose gradient takes the statistics for constants", () => {
    // CrypTen, pull request 143.
    const wrong =
      tex`$\frac{\partial L}{\partial x_i} = \frac{g_i}{\sqrt{\sigma^2 + \epsilon}}$`;
    assertMatch(
      wrongIn(NORM + wrong).mend!,
      /^the path through μ and σ² is missing/,
    );
  });

  it("a power that has the gradient of a rectifier", () => {
    // ocannl, issue 73.
    const power = tex`$y = x^3$, `;
    assertEquals(
      signs(power + tex`$\frac{dE}{dx} = 3 x^2 \frac{dE}{dy}$`),
      "=✓",
    );
    assertEquals(
      signs(power + tex`$\frac{dE}{dx} = [x > 0] \frac{dE}{dy}$`),
      "=✗",
    );
  });

  it("a softmax whose gradient has only the diagonal", () => {
    const softmax = tex`$s_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$, `;
    assertEquals(
      signs(
        softmax +
          tex`$\frac{\partial E}{\partial z_i} = s_i \left( \frac{\partial E}{\partial s_i} - \sum_j \frac{\partial E}{\partial s_j} s_j \right)$`,
      ),
      "=✓",
    );
    assertEquals(
      signs(
        softmax +
          tex`$\frac{\partial E}{\partial z_i} = \frac{\partial E}{\partial s_i} s_i (1 - s_i)$`,
      ),
      "=✗",
    );
  });
});

describe("our own pages without their code", () => {
  for (const [name, source] of Object.entries(PAGES)) {
    it(`${name}: all of it holds`, () => {
      assertMatch(signs(markdownOf(source)), /^[=✓]*✓[=✓]*$/);
    });
  }

  it("are refuted when one of their gradients is broken", () => {
    const random = new Random(5);
    let refuted = 0;
    for (const name of ["matmul", "softmax", "huber", "layerNorm", "matmul"]) {
      const text = markdownOf(PAGES[name]);
      const { definitions, page } = readMarkdown(text);
      const equation = random.pick(
        definitions.equations.filter(({ key, sides, formula }) =>
          key?.startsWith("∂E/") && sides.length === 2 && formula.isBlock &&
          formula.statements.length === 1
        ),
      );
      const statements = page.formulas.flatMap(({ statements }) => statements);
      const [left, right] = equation.sides;
      // A sign or a factor, which changes every value.
      const { mutant } = random.pick(
        [...broken(right, mistakesIn(statements))].filter(({ operator }) =>
          ["sign", "factor", "number", "order"].includes(operator)
        ),
      );
      let wrong = text;
      for (const { tex: found, places } of mathIn(text).toReversed()) {
        if (oneLine(found) !== equation.formula.tex) continue;
        wrong = `${wrong.slice(0, places[0])}${writeTex(left)} = ${
          writeTex(mutant)
        }\n${wrong.slice(places.at(-1))}`;
      }
      assert(wrong !== text);
      assertMatch(signs(wrong), /✗/);
      refuted++;
    }
    assertEquals(refuted, 5);
  });
});

describe("bad input", () => {
  it("is named with line and column, and the rest is judged", () => {
    const { verdicts, unread } = provePage(
      tex`$y = 2 x$
and $z = \foo{3}$ and $u = (1$
$\frac{dE}{dx} = 2 \frac{dE}{dy}$`,
      "page.md",
    );
    assertEquals(verdicts.map(({ verdict }) => verdict), ["defines", "holds"]);
    assertEquals(unread.map(({ line, column }) => [line, column]), [
      [2, 10],
      [2, 28],
    ]);
    assertStringIncludes(unread[1].why, "not closed");
  });

  it("a gradient of nothing that the page defines is not judged", () => {
    const { verdicts } = provePage(
      tex`$\frac{\partial E}{\partial x} = 2 \frac{\partial E}{\partial y}$`,
      "page.md",
    );
    assertEquals(verdicts.map(({ verdict }) => verdict), ["open"]);
    assertMatch(
      verdicts[0].why!,
      /the page has no formula by which E would depend on x/,
    );
  });

  it("d ∕ dx before what it is of is not a quotient", () => {
    for (const d of ["d", tex`\mathrm{d}`, tex`\partial`]) {
      assertEquals(
        signs(tex`$y = x^2$, $\frac{${d}}{${d} x} y = 2 x$`),
        "=?",
      );
    }
  });

  it("nothing is accused that the page does not connect", () => {
    // What p is cannot be read, so L does not depend on z here.
    assertEquals(
      signs(
        tex`$p = \text{softmax}(z)$, $L = -\sum_k y_k \log p_k$, $\frac{\partial L}{\partial z_k} = p_k - y_k$`,
      ),
      "=–?",
    );
    // s is not a loss, but something that the page does not define.
    assertEquals(signs(tex`$\frac{\partial s}{\partial z} = s (1 - s)$`), "–");
    // A sample's number is not an exponent; K is a size.
    assertEquals(
      signs(
        tex`$L = \sum_{n=1}^{N} y^{(n)}$, $M = \sum_{i=1}^{K} x_i$, $K = 3$`,
      ),
      "=–?",
    );
  });

  it("shapes that contradict each other", () => {
    assertThrows(
      () =>
        provePage(
          tex`$A \in \mathbb{R}^{m \times n}$, $B \in \mathbb{R}^{m \times p}$, $C = A B$`,
          "page.md",
        ),
      PageError,
      "page.md:1:1: Cannot infer the shapes as no choice of them fits the formulas of C",
    );
  });

  it("a page of more than a megabyte, or of too many formulas", () => {
    assertThrows(
      () => provePage("x".repeat(2 ** 20 + 1), "page.md"),
      PageError,
      "at most 1048576 characters: it has 1048577",
    );
    assertThrows(
      () => provePage("$x$ ".repeat(5001), "page.md"),
      PageError,
      "page.md:1:20002: Cannot read the page as it may have at most 5000 formulas",
    );
  });

  it("a sum without end", () => {
    assertEquals(signs(tex`$y = \sum_{i=1}^{1000000000} i x$`), "?");
    assertEquals(signs(tex`$y = \sum_{i=1}^{10} i x$`), "=");
  });

  it("brackets without end, and time that is up", () => {
    const deep = `$y = ${"{".repeat(5000)}x${"}".repeat(5000)}$`;
    assertEquals(signs(deep).at(-1), "?");
    let now = 0;
    const { verdicts } = provePage(
      "$y = 2 x$, $z = 3 y$, $u = 4 z$",
      "page.md",
      2,
      () => now++,
    );
    assertEquals(verdicts.map(({ verdict }) => verdict), [
      "defines",
      "defines",
      "open",
    ]);
    assertEquals(verdicts[2].why, "time ran out");
  });
});

describe("prove()", () => {
  const files: Record<string, string> = {
    "right.md": tex`$y = 2 x$, $\frac{dE}{dx} = 2 \frac{dE}{dy}$`,
    "wrong.md": tex`$y = 2 x$, $\frac{dE}{dx} = 3 \frac{dE}{dy}$`,
    "empty.md": "No formulas.",
  };

  async function run(...args: string[]) {
    const printed: string[] = [];
    const world: World = {
      read: (path) => Promise.resolve(files[path]),
      print: (text) => void printed.push(text),
      error: (text) => void printed.push(text),
      proveModule: () => Promise.reject(new Error("no thread")),
      now: () => 0,
      style: PLAIN,
    };
    return { code: await prove(args, world), text: printed.join("\n") };
  }

  it("exits with 0, 1 or 2", async () => {
    assertEquals((await run("right.md")).code, 0);
    assertEquals((await run("right.md", "wrong.md")).code, 1);
    assertEquals((await run("empty.md")).code, 2);
    assertEquals((await run("right.md", "empty.md")).code, 2);
    assertEquals((await run()).code, 2);
    assertEquals(exitCodeOf([]), 0);
  });

  it("judges the others where a page cannot be read", async () => {
    files["odd.md"] = tex`$A \in \mathbb{R}^{m \times n}$, $B = A A$`;
    const { code, text } = await run("odd.md", "right.md");
    assertEquals(code, 2);
    assertMatch(
      text,
      /^error: odd\.md:1:1: Cannot infer the shapes[^]*1 hold, 0 wrong/,
    );
    assertEquals((await run("odd.md", "wrong.md")).code, 1);
  });

  it("prints a line for each formula, with the counterexample", async () => {
    const { text } = await run("wrong.md");
    assertStringIncludes(text, "wrong.md:1:13 ✗ is wrong");
    assertMatch(text, /for ∂E∕∂y = \d, x = \d|for x = \d, ∂E\/∂y = \d/);
    assertMatch(text, /the page gives \d+, calculus gives \d+/);
    assertStringIncludes(
      text,
      "0 hold, 1 wrong, 1 definitions, 0 not judged, 0 cannot be read",
    );
  });

  it("prints what the README shows", async () => {
    const [, page] = /^```md\n([\s\S]*?)^```$/m.exec(readme)!;
    const [, shown] = /^```text\n(notes\.md\n[\s\S]*?)\n```$/m.exec(readme)!;
    files["notes.md"] = page;
    assertEquals((await run("notes.md")).text, shown);
  });

  it("has help, JSON and a limit in seconds", async () => {
    const help = await run("--help");
    assertEquals(help.code, 0);
    assertStringIncludes(help.text, "--json");
    const { text } = await run("wrong.md", "--json");
    const { ok, pages } = JSON.parse(text);
    assertEquals(ok, false);
    assertEquals(pages[0].verdicts[1].verdict, "wrong");
    let message = "";
    await run("right.md", "--seconds=-1").catch((e) => message = e.message);
    assertEquals(
      message,
      "Cannot stop after -1 seconds as that must be a number above 0",
    );
  });
});

describe("the derivation of a gradient", () => {
  /** The formulas of the derivation of the wrong gradient of a page. */
  const steps = (page: string) => wrongIn(page).derivation;

  it("has the letters of the page", () => {
    assertEquals(
      steps(
        tex`$z_{nk} = \sum_m x_{nm} w_{mk}$, $\frac{\partial L}{\partial w_{mk}} = 0$`,
      ),
      [
        tex`\frac{\partial E}{\partial w_{mk}} = \sum_{n} \frac{\partial E}{\partial z_{nk}} x_{nm}`,
      ],
    );
  });

  it("is found for one that holds, too", () => {
    const { verdicts } = provePage(
      tex`$y = x^2$, $\frac{\partial L}{\partial x} = 2 x \frac{\partial L}{\partial y}$`,
      "page.md",
    );
    assertEquals(verdicts.map(({ derivation }) => derivation), [undefined, [
      tex`\frac{\partial E}{\partial x} = \frac{\partial E}{\partial y} \cdot 2 x`,
    ]]);
  });

  it("sums over what is not its own", () => {
    assertEquals(
      steps(
        tex`$y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}$, $\frac{\partial L}{\partial x_i} = 1$`,
      ),
      [
        tex`\frac{\partial E}{\partial x_{i}} = \frac{\partial E}{\partial y_{i}} \frac{\exp\left( x_{i} \right)}{\sum_{j} \exp\left( x_{j} \right)} - \sum_{j} \frac{\partial E}{\partial y_{j}} \frac{\exp\left( x_{j} \right) \exp\left( x_{i} \right)}{\left( \sum_{k} \exp\left( x_{k} \right) \right)^{2}}`,
      ],
    );
  });

  it("keeps the condition of a sum", () => {
    assertEquals(
      steps(
        tex`$y_i = \sum_{j : j \le i} x_j$, $\frac{\partial L}{\partial x_j} = 1$`,
      ),
      [
        tex`\frac{\partial E}{\partial x_{j}} = \sum_{i : j \le i} \frac{\partial E}{\partial y_{i}}`,
      ],
    );
  });

  it("goes by way of what the page defines", () => {
    assertEquals(
      steps(
        tex`$\mu = \frac{1}{n} \sum_{i=1}^n x_i$, $y_i = \frac{x_i - \mu}{\sqrt{v_i + \epsilon}}$, $\frac{\partial L}{\partial x_i} = 1$`,
      ),
      [
        tex`\frac{\partial E}{\partial \mu} = -\sum_{i} \frac{\partial E}{\partial y_{i}} \frac{1}{\sqrt{v_{i} + \epsilon}}`,
        tex`\frac{\partial E}{\partial x_{i}} = \frac{\partial E}{\partial \mu} \frac{1}{n} + \frac{\partial E}{\partial y_{i}} \frac{1}{\sqrt{v_{i} + \epsilon}}`,
      ],
    );
  });

  it("is by elements for matrices", () => {
    assertEquals(steps(tex`$Y = X W$, $dX = dY W$`), [
      tex`\frac{\partial E}{\partial X_{ij}} = \sum_{k} \frac{\partial E}{\partial Y_{ik}} W_{jk}`,
    ]);
    assertEquals(
      steps(tex`$Y = \tanh(A^T X)$, $\frac{\partial L}{\partial A} = 0$`),
      [
        tex`\frac{\partial E}{\partial A_{ij}} = \sum_{k} \frac{\partial E}{\partial Y_{jk}} \left( 1 - \tanh\left( \sum_{l} A_{lj} X_{lk} \right)^{2} \right) X_{ik}`,
      ],
    );
  });

  const SLOPES: [forward: string, slope: string][] = [
    [tex`x^3`, "3 x^{2}"],
    [tex`\log x`, tex`\frac{1}{x}`],
    [tex`\sqrt{x}`, tex`\frac{1}{2 \sqrt{x}}`],
    [tex`\sin x`, tex`\cos\left( x \right)`],
    [tex`\cos x`, tex`-\sin\left( x \right)`],
    [tex`a^x`, tex`a^{x} \log\left( a \right)`],
    [
      tex`\begin{cases} 3 x & \text{if } x > 1 \\ 0 & \text{otherwise} \end{cases}`,
      tex`3 \left[ x > 1 \right]`,
    ],
  ];
  for (const [forward, slope] of SLOPES) {
    it(`knows the slope of ${forward}`, () => {
      assertEquals(steps(tex`$y = ${forward}$, $\frac{dy}{dx} = x - 7$`), [
        tex`\frac{\partial y}{\partial x} = ${slope}`,
      ]);
    });
  }

  it("is none where it is not known", () => {
    assertEquals(
      steps(
        tex`$y = \max_i x_i$, $\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial y}$`,
      ),
      undefined,
    );
  });
});

describe("notations that the whole page explains", () => {
  const holds = (page: string) => assertMatch(signs(page), /^[=✓]*✓$/, page);

  it("σ′ is the slope of a function of the page", () => {
    const sigmoid =
      tex`$\sigma(x) = \frac{1}{1 + e^{-x}}$, $a_i = \sigma(z_i)$, `;
    for (const slope of [tex`\sigma'(z_i)`, tex`\sigma^{\prime}(z_i)`]) {
      holds(
        sigmoid +
          tex`$\frac{\partial L}{\partial z_i} = \frac{\partial L}{\partial a_i} ${slope}$`,
      );
    }
    const said = (right: string) =>
      sigmoid +
      tex`$\sigma'(x) = ${right}$, $\frac{\partial L}{\partial z_i} = \frac{\partial L}{\partial a_i} \sigma'(z_i)$`;
    holds(said(tex`\sigma(x) (1 - \sigma(x))`));
    assertMatch(signs(said(tex`\sigma(x) (2 - \sigma(x))`)), /✗/);
    // Of a function that the page does not define nothing is known.
    assertMatch(
      signs(tex`$a = 2 z$, $\frac{\partial L}{\partial z} = f'(z)$`),
      /[–?✗]/,
    );
  });

  it("sums from 0 count elements as those from 1 do", () => {
    const mean = (right: string) =>
      tex`$y = \frac{1}{n} \sum_{i=0}^{n-1} x_i$, $\frac{\partial L}{\partial x_i} = ${right} \frac{\partial L}{\partial y}$`;
    holds(mean(tex`\frac{1}{n}`));
    assertMatch(signs(mean(tex`\frac{2}{n}`)), /✗$/);
    const scale =
      tex`$y_i = k x_i$, $\frac{\partial L}{\partial k} = \sum_{i=0}^{n-1} \frac{\partial L}{\partial y_i} x_i$`;
    holds(scale);
    holds(scale.replace("0}^{n-1}", "1}^{n}"));
    // Where the number of an element is a number in the formula, it does matter.
    assertMatch(
      signs(
        tex`$y = \sum_{i=0}^{n-1} i x_i$, $\frac{\partial L}{\partial x_i} = i \frac{\partial L}{\partial y}$`,
      ),
      /–/,
    );
  });

  it("W_f is a matrix of its own where f is a gate", () => {
    const gate = (f: string) =>
      tex`$f = \sigma(W_f x + U_f h + b_f)$, $\sigma(x) = \frac{1}{1+e^{-x}}$, $c = f \odot p$, $\frac{\partial L}{\partial W_f} = \left(\frac{\partial L}{\partial c} \odot p \odot f \odot (1 - ${f})\right) x^T$`;
    holds(gate("f"));
    assertMatch(signs(gate("p")), /✗/);
    // Q says what q is a label of.
    const projections = (right: string) =>
      tex`$Q = X W_q$, $K = X W_k$, $S = Q K^T$, $\frac{\partial L}{\partial Q} = \frac{\partial L}{\partial S} K$, $\frac{\partial L}{\partial W_q} = ${right}$`;
    holds(projections(tex`X^T \frac{\partial L}{\partial Q}`));
    assertMatch(
      signs(projections(tex`X^T \frac{\partial L}{\partial K}`)),
      /✗|–/,
    );
    // An index stays one.
    holds(
      tex`$y_i = \sum_f W_f x_{if}$, $\frac{\partial L}{\partial W_f} = \sum_i \frac{\partial L}{\partial y_i} x_{if}$`,
    );
  });

  it("∂ log p is ∂ p ∕ p", () => {
    const page = (right: string) =>
      tex`$p_i = \frac{e^{-(x_i - m)^2/2}}{Z}$, $\frac{\partial \log p_i}{\partial m} = ${right}$`;
    holds(page("x_i - m"));
    assertMatch(signs(page("m - x_i")), /✗$/);
  });
});

describe("layouts and time", () => {
  const page = (second: string) =>
    tex`$Y = X W$, $\frac{\partial L}{\partial X} = W \left( \frac{\partial L}{\partial Y} \right)^T$, $\frac{\partial L}{\partial W} = ${second}$`;

  it("says where a page mixes layouts", () => {
    const mixes = (second: string) =>
      provePage(page(second), "page.md").inferred.filter((text) =>
        text.startsWith("the page mixes layouts")
      );
    assertEquals(
      mixes(tex`\left( \frac{\partial L}{\partial Y} \right)^T X`),
      [],
    );
    assertEquals(mixes(tex`X^T \frac{\partial L}{\partial Y}`).length, 1);
  });

  it("stops in the middle of a formula", () => {
    let now = 0;
    // Every look at the clock takes a second.
    const { verdicts } = provePage(
      page(tex`X^T \frac{\partial L}{\partial Y}`),
      "page.md",
      4500,
      () => now += 1000,
    );
    assert(verdicts.some(({ why }) => why === "time ran out"));
  });
});

describe("what is not a mistake", () => {
  it("a derivative of what cannot be read", () => {
    const page = tex`$L = l(o, y)$, $J = L + s$, $s = 3 u$, `;
    const verdicts = (text: string) =>
      provePage(page + text, "page.md").verdicts.filter(({ verdict }) =>
        verdict !== "defines"
      );
    const [by] = verdicts(tex`$\frac{\partial J}{\partial L} = 1$`);
    assert(by.verdict !== "wrong");
    const [own] = verdicts(tex`$\frac{\partial s}{\partial u} = 2$`);
    assertEquals(own.verdict, "wrong");
  });

  it("the gradient of a loss that follows the last output", () => {
    const page = tex`$Y = X W$, $\frac{\partial L}{\partial Y} = Y - T$, `;
    const x = (right: string) =>
      signs(page + tex`$\frac{\partial L}{\partial X} = ${right}$`);
    assertEquals(x(tex`\frac{\partial L}{\partial Y} W^T`), "=–✓");
    assertEquals(x(tex`\frac{\partial L}{\partial Y} W`), "=–✗");
  });

  it("a condition, or a power of a tensor", () => {
    const why = (text: string) =>
      provePage(text, "page.md").verdicts.map(({ why }) => why ?? "").join();
    assertMatch(
      why(tex`$y = \sin(\theta)$ and, at the end, $\cos(\theta) = -1$`),
      /a condition/,
    );
    assertMatch(
      signs(tex`$x = z^1$, $z^{i+1} = z^i W + b$, $z = W u$`),
      /^[=–?]*$/,
    );
  });
});
