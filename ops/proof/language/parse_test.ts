// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Expr, FormulaError, offsetOf } from "./expression.ts";
import { Names, parseFormula } from "./parse.ts";
import { writeStatement } from "./write.ts";

const { raw } = String;

const symbol = (name: string): Expr => ({ kind: "symbol", name });
const number = (value: number): Expr => ({ kind: "number", value });
const element = (name: string, ...indices: (string | number)[]): Expr => ({
  kind: "element",
  of: symbol(name),
  indices,
});

/** A page that defines σ, f of two numbers, and these symbols. */
function page(...formulas: string[]): Names {
  const names = new Names();
  for (const name of ["X", "Y", "x", "y", "d_k"]) names.addSymbol(name);
  names.add(raw`\sigma(x) = \frac{1}{1 + e^{-x}}, f(x, y) = x - y`);
  for (const tex of formulas) names.add(tex);
  return names;
}

/** The expression that a formula is. */
function read(tex: string): Expr {
  const [statement, ...rest] = parseFormula(tex, page(tex));
  assertEquals(rest, []);
  if (statement.kind === "expression") return statement.expr;
  throw new Error(`"${tex}" is not an expression`);
}

/** What a formula says, in the form in which we write it. */
function written(tex: string): string {
  return parseFormula(tex, page(tex)).map(writeStatement).join(", ")
    .replaceAll(/\\(left|right)(?![a-zA-Z])/g, "").replaceAll(/\s+/g, "");
}

function reads(cases: Record<string, string>): void {
  for (const [tex, other] of Object.entries(cases)) {
    assertEquals(written(tex), other.replaceAll(/\s+/g, ""), tex);
  }
}

function refuses(cases: Record<string, string>): void {
  for (const [tex, message] of Object.entries(cases)) {
    const error = assertThrows(
      () => parseFormula(tex, page(tex)),
      FormulaError,
      undefined,
      tex,
    );
    assertStringIncludes(error.message, message, tex);
    // Never the name of a node of the parser.
    assertEquals(
      /ordgroup|supsub|mathord|textord|genfrac|leftright|undefined/.test(
        error.message,
      ),
      false,
      error.message,
    );
  }
}

describe("parseFormula()", () => {
  it("reads elements, slices and names", () => {
    assertEquals(read("X_{ij}"), element("X", "i", "j"));
    assertEquals(read("X_{i,j}"), element("X", "i", "j"));
    assertEquals(read("X_{1j}"), element("X", 1, "j"));
    assertEquals(read("X_{12}"), element("X", 1, 2));
    assertEquals(read("X_{12,3}"), element("X", 12, 3));
    assertEquals(read("X_{i'}"), element("X", "i'"));
    assertEquals(read("X'_{i}"), element("X'", "i"));
    assertEquals(read(raw`\hat{X}_{ij}`), element(raw`\hat{X}`, "i", "j"));
    assertEquals(read(raw`\hat X_i`), element(raw`\hat{X}`, "i"));
    assertEquals(read(raw`\bar x`), symbol(raw`\bar{x}`));
    assertEquals(read(raw`\ell_i`), element(raw`\ell`, "i"));
    assertEquals(read(raw`\boldsymbol{\mu}`), symbol(raw`\boldsymbol{\mu}`));
    // The page has a dimension d_k; W_ih has an upright subscript.
    assertEquals(read("d_k"), symbol("d_k"));
    assertEquals(
      read(raw`W_{\mathrm{ih}}`),
      symbol(raw`W_{\mathrm{ih}}`),
    );
  });

  it("reads shifted, strided and data indices", () => {
    assertEquals(read("X_{i+a}"), {
      kind: "element",
      of: symbol("X"),
      indices: [{ kind: "add", left: "i", right: "a" }],
    });
    assertEquals(read(raw`X_{n,\,c,\,si+a-1}`), {
      kind: "element",
      of: symbol("X"),
      indices: ["n", "c", {
        kind: "subtract",
        left: {
          kind: "add",
          left: { kind: "multiply", left: "s", right: "i" },
          right: "a",
        },
        right: 1,
      }],
    });
    const data = { kind: "data", of: element("t", "i") };
    for (const tex of [raw`X_{i\,t_i}`, "X_{i t_i}", "X_{i, t_i}"]) {
      assertEquals(read(tex) as unknown, {
        kind: "element",
        of: symbol("X"),
        indices: ["i", data],
      });
    }
    assertEquals(read(raw`\delta_{j t_i}`) as unknown, {
      kind: "delta",
      indices: ["j", data],
    });
    reads({
      [raw`X_{\lfloor i / 2 \rfloor}`]: raw`X_{\lfloor i / 2 \rfloor}`,
      [raw`X_{\left\lceil \frac{i}{2} \right\rceil}`]:
        raw`X_{\lceil i / 2 \rceil}`,
      [raw`X_{2(i - 1) + 1}`]: raw`X_{2 (i - 1) + 1}`,
      [raw`X_{(i + 1) \bmod n}`]: raw`X_{(i + 1) \bmod n}`,
      [raw`X_{-i}`]: raw`X_{-i}`,
      [raw`X_{2 \cdot i}`]: raw`X_{2 i}`,
      [raw`X \in \mathbb{R}^{n_1 \times n_2}`]:
        raw`X \in \mathbb{R}^{n_1 \times n_2}`,
    });
  });

  it("reads what a mathematician reads", () => {
    assertEquals(read("-x^2"), {
      kind: "negative",
      of: { kind: "power", base: symbol("x"), exponent: number(2) },
    });
    assertEquals(read(raw`\exp(-x)^2`), {
      kind: "power",
      base: {
        kind: "call",
        name: "exp",
        of: [{ kind: "negative", of: symbol("x") }],
      },
      exponent: number(2),
    });
    assertEquals(read(raw`\sum_j a_j b_j + c`), {
      kind: "add",
      terms: [
        {
          kind: "reduce",
          operation: "sum",
          indices: ["j"],
          body: {
            kind: "product",
            factors: [element("a", "j"), element("b", "j")],
          },
        },
        symbol("c"),
      ],
    });
    // ⊙ binds less than a product, more than a sum.
    assertEquals(read(raw`X \odot Y x + y`), {
      kind: "add",
      terms: [
        {
          kind: "hadamard",
          left: symbol("X"),
          right: { kind: "product", factors: [symbol("Y"), symbol("x")] },
        },
        symbol("y"),
      ],
    });
    assertEquals(read(raw`y(1 - y)`), {
      kind: "product",
      factors: [
        symbol("y"),
        {
          kind: "add",
          terms: [number(1), { kind: "negative", of: symbol("y") }],
        },
      ],
    });
    assertEquals(read("2 x / n"), {
      kind: "fraction",
      above: { kind: "product", factors: [number(2), symbol("x")] },
      below: symbol("n"),
      slash: true,
    });
    reads({
      [raw`e^{-x}`]: raw`\exp(-x)`,
      [raw`\mathrm{e}^x`]: raw`\exp(x)`,
      [raw`\exp x + 1`]: raw`\exp(x) + 1`,
      [raw`\log x^2`]: raw`\log(x^{2})`,
      [raw`\ln x`]: raw`\log(x)`,
      [raw`\tanh^2 x`]: raw`\tanh(x)^{2}`,
      [raw`y \log x`]: raw`y \log(x)`,
      [raw`\log \sum_j e^{x_j}`]: raw`\log(\sum_{j} \exp(x_{j}))`,
      [raw`\operatorname{erf} x + \mathrm{erf}(x)`]:
        raw`\operatorname{erf}(x) + \operatorname{erf}(x)`,
      [raw`|x| + \left|x\right| + \lvert x \rvert`]: raw`|x| + |x| + |x|`,
      [raw`\left| |x| - 1 \right|`]: raw`| |x| - 1 |`,
      [raw`\|x\|^2 + \lVert x \rVert_1`]:
        raw`\lVert x\rVert^{2} + \lVert x \rVert_{1}`,
      [raw`\max\{0, x\}`]: raw`\max(0, x)`,
      [raw`\max(x, y, 1)`]: raw`\max(x, y, 1)`,
      [raw`\frac1n\sum_{i=1}^n x_i`]: raw`\frac{1}{n} \sum_{i=1}^{n} x_{i}`,
      [raw`\sigma(X) Y`]: raw`\sigma(X) Y`,
      [raw`\sigma\left(x\right)^2`]: raw`\sigma(x)^{2}`,
      [raw`f(x, 1)`]: raw`f(x, 1)`,
      [raw`x(1 - x)`]: raw`x \cdot (1 - x)`,
      [raw`10^{-5} x`]: raw`10^{-5} x`,
      [raw`x \mathbin{\frac12} y`]: raw`x \frac{1}{2} y`,
      [raw`0.5 \cdot 2`]: raw`0.5 \cdot 2`,
      [raw`\tfrac12 x`]: raw`\frac{1}{2} x`,
      [raw`\bigl( x + y \bigr) x`]: raw`(x + y) x`,
      [raw`\prod_j (x_j y)`]: raw`\prod_{j} (x_{j} y)`,
      [raw`2 \pi x`]: raw`2 \pi x`,
      [raw`\max_k X_{ik} - 1`]: raw`\max_{k} X_{ik} - 1`,
      [raw`X^T Y + X^\top Y + X^{\mathsf{T}} Y`]: raw`X^{\mathsf{T}} Y +
        X^{\mathsf{T}} Y + X^{\mathsf{T}} Y`,
    });
  });

  it("reads every form of a sum's range", () => {
    reads({
      [raw`\sum_j x_j`]: raw`\sum_{j} x_{j}`,
      [raw`\sum_{a,b} X_{ab}`]: raw`\sum_{a, b} X_{ab}`,
      [raw`\sum_{ab} X_{ab}`]: raw`\sum_{a, b} X_{ab}`,
      [raw`\sum_{j=0}^{n-1} x_{j+1}`]: raw`\sum_{j=0}^{n - 1} x_{j + 1}`,
      [raw`\sum_{j=i}^n x_j`]: raw`\sum_{j=i}^{n} x_{j}`,
      [raw`\sum_{j \ne i} x_j`]: raw`\sum_{j \ne i} x_{j}`,
      [raw`\sum_{j \not= i} x_j`]: raw`\sum_{j \ne i} x_{j}`,
      [raw`\sum_{j \le i} x_j`]: raw`\sum_{j \le i} x_{j}`,
      [raw`\sum_{1 \le j < i} x_j`]: raw`\sum_{j=1}^{i - 1} x_{j}`,
      [raw`\sum_{1 \le a \le n, 0 \le b < m} X_{ab}`]:
        raw`\sum_{a=1}^{n} \sum_{b=0}^{m - 1} X_{ab}`,
      [raw`\max_{\substack{1 \le a \le r \\ 1 \le s i + a \le n}} x_{si+a}`]:
        raw`\max_{a=1, 1 \le s i + a \le n}^{r} x_{s i + a}`,
      [raw`\sum_{j = \max(1, i - r)}^{\min(n, i + r)} x_j`]:
        raw`\sum_{j=\max(1, i - r)}^{\min(n, i + r)} x_{j}`,
      [raw`\sum_{j=1}^{\min(n, i + \lfloor (r - 1)/2 \rfloor)} x_j`]:
        raw`\sum_{j=1}^{\min(n, i + \lfloor (r - 1) / 2 \rfloor)} x_{j}`,
      [raw`\sum_{j : t_j = i} x_j`]: raw`\sum_{j : t_{j} = i} x_{j}`,
      [raw`\sum_{k \le i, k \ne j} x_k`]: raw`\sum_{k \le i, k \ne j} x_{k}`,
      [raw`\sum_{j=1, j \ne i}^n x_j`]: raw`\sum_{j=1, j \ne i}^{n} x_{j}`,
      [raw`\sum_{\substack{j=1 \\ j \ne i}}^n x_j`]:
        raw`\sum_{j=1, j \ne i}^{n} x_{j}`,
      [raw`\sum_{j : x_j > 0} x_j`]: raw`\sum_{j : x_{j} > 0} x_{j}`,
      [raw`\sum_{j \in \{1, \dots, n\}} x_j`]: raw`\sum_{j=1}^{n} x_{j}`,
      [raw`\arg\max_j x_j`]: raw`\operatorname*{argmax}_{j} x_{j}`,
    });
  });

  it("reads cases and conditions", () => {
    const relu = raw`\begin{cases} x & \text{if } x > 0 \\
      0 & \text{otherwise} \end{cases}`;
    reads({
      [relu]: relu,
      [raw`\begin{cases} x, & x > 0, \\ 0, & \text{else.} \end{cases}`]: relu,
      [
        raw`\begin{cases} x & \text{if } 0 < x \le 1 \text{ and } y \ge 0 \\
        0 & \text{otherwise} \end{cases}`
      ]: raw`\begin{cases} x & \text{if } 0 < x \le 1 \land y \ge 0 \\
        0 & \text{otherwise} \end{cases}`,
      [raw`[x_i > 0] y`]: raw`[x_{i} > 0] y`,
      [raw`\mathbf{1}[x > 0]`]: raw`\mathbf{1}[x > 0]`,
      [raw`\mathbf{1}_{x_i > 0}`]: raw`\mathbf{1}[x_{i} > 0]`,
      [raw`\mathbf{1}_{\{x_i > 0\}}`]: raw`\mathbf{1}[x_{i} > 0]`,
      [raw`\mathbb{1}(x \ne 0)`]: raw`\mathbf{1}[x \ne 0]`,
      [raw`\mathbf{1}_{m \times n}`]: raw`\mathbf{1}_{m \times n}`,
    });
  });

  it("reads statements of every kind", () => {
    const kinds = (tex: string) =>
      parseFormula(tex, page(tex)).map(({ kind }) => kind);
    assertEquals(kinds("Y = X = x"), ["equation"]);
    assertEquals(kinds(raw`Y = X, \quad x = y`), ["equation", "equation"]);
    assertEquals(kinds(raw`Y = X \qquad x = y`), ["equation", "equation"]);
    assertEquals(kinds(raw`Y = X \text{ and } x = y`), [
      "equation",
      "equation",
    ]);
    assertEquals(kinds(raw`\sigma(x) = x`), ["function"]);
    assertEquals(kinds(raw`X \in \mathbb{R}^{m \times (n - a + 1)}`), [
      "membership",
    ]);
    assertEquals(kinds(raw`t_i \in \{1, \dots, n\}`), ["range"]);
    assertEquals(kinds("x > 0"), ["condition"]);
    assertEquals(kinds(raw`m \times (p - 1)`), ["shape"]);
    assertEquals(kinds("x"), ["expression"]);
  });

  it("reads where an equation holds", () => {
    const says = raw`Y_{i} = 0 \quad \text{if } x_{i} \ne 1`;
    reads({
      [raw`Y_i = 0 \quad \text{if } x_i \ne 1`]: says,
      [raw`Y_i = 0, \quad x_i \ne 1`]: says,
      [raw`Y_i = 0 \text{ for } x_i \ne 1`]: says,
      [raw`Y_i = x_i, \quad i = 1, \dots, n`]:
        raw`Y_{i} = x_{i} \quad \text{if } 1 \le i \le n`,
    });
  });

  it("reads the rows of aligned as steps and statements", () => {
    const tex = raw`\begin{aligned} Y_i &= x_i + y \\
      &\quad + 1 \\ &= y \\ X_i &= 2 \end{aligned}`;
    const statements = parseFormula(tex, page(tex));
    assertEquals(
      statements.map(({ tex }) => tex.replaceAll(/ +/g, " ")),
      [raw`Y_i = x_i + y \quad + 1 = y`, "X_i = 2"],
    );
    assertEquals(statements.map(writeStatement), [
      "Y_{i} = x_{i} + y + 1 = y",
      "X_{i} = 2",
    ]);
  });

  it("reads a derivative at a place", () => {
    reads({
      [raw`\left.\frac{\partial Y}{\partial X}\right|_{X=0} = 0`]:
        raw`. \frac{\partial Y}{\partial X} |_{X = 0} = 0`,
      [raw`\frac{\partial E}{\partial \hat{X}_{ij}}`]:
        raw`\frac{\partial E}{\partial \hat{X}_{ij}}`,
    });
  });

  it("says where each statement is, and in what TeX", () => {
    const tex = raw`Y = \frac{x}{\hat{y}}, \quad X = \left( y \right).`;
    assertEquals(
      parseFormula(tex, page(tex)).map(({ tex }) => tex),
      [raw`Y = \frac{x}{\hat{y}}`, raw`X = \left( y \right)`],
    );
    const words = raw`Y = \frac{x}{2} \text{ and } \hat{X} = y`;
    assertEquals(
      parseFormula(words, page(words)).map(({ tex }) => tex),
      [raw`Y = \frac{x}{2}`, raw`\hat{X} = y`],
    );
  });

  it("notes where expressions are", () => {
    const [said] = parseFormula(raw`Y = x + \exp(y)`, page());
    const [left, right] = said.kind === "equation" ? said.sides : [];
    assertEquals([offsetOf(left), offsetOf(right)], [0, 4]);
  });

  it("refuses what is ambiguous", () => {
    refuses({
      [raw`\phi(x)`]: raw`\phi(…) can be a product or a call: define the
        function`.replaceAll(/\s+/g, " "),
      [raw`H(x_i)`]: "H(…) can be a product or a call",
      [raw`X * Y`]: raw`write nothing between matrices, \cdot between numbers`,
      [raw`X \circ Y`]: raw`write \odot`,
      [raw`\exp x y`]: "it is ambiguous where the argument of exp ends",
      [raw`\log x / 2`]: "it is ambiguous where the argument of log ends",
      [raw`x / y z`]: "a/bc is ambiguous",
      [raw`x / y / z`]: "a/bc is ambiguous",
      [raw`x \oslash y \odot z`]: "what follows ⊘ is ambiguous",
      [raw`\prod_j x_j y`]: raw`whether the \prod extends over all`,
      [raw`\max_k X_{ik} y`]: raw`whether the \max extends over all`,
      [raw`\max_k X_{ik} \odot y`]: raw`whether the \max extends over all`,
      [raw`\max_k X_{ik} / y`]: raw`whether the \max extends over all`,
      [raw`\prod_j (x_j) y`]: raw`whether the \prod extends over all`,
      [raw`\sum_j x_j + y_j`]: raw`the \sum over j ends at the next + or -`,
      [raw`x - \sum_j x_j - y_j`]: raw`the \sum over j ends`,
      [raw`\sum_j -x_j`]: "must be in brackets if it begins with a sign",
      [raw`\tanh^{-1} x`]: "is ambiguous: write it after the brackets",
      [raw`||x| - 1|`]: "bars within bars",
      [raw`x \pm y`]: "has two meanings at once",
      [raw`{x + y} z`]: "braces alone group nothing that a reader sees",
      [raw`\frac{d y}{d x}`]: "must be written with ∂",
      [raw`e^x_i`]: "the index is attached to e",
      [raw`[x > 0 \land y > 0 \lor x = y]`]: "and and or together",
    });
  });

  it("takes e and δ for symbols where the page has them", () => {
    const names = page();
    for (const name of ["e", raw`\delta`]) names.addSymbol(name);
    const kinds = (tex: string) => {
      const [said] = parseFormula(tex, names);
      return said.kind === "expression" ? said.expr.kind : said.kind;
    };
    assertEquals(kinds("e_i^2"), "power");
    assertEquals(kinds("e'"), "symbol");
    assertEquals(kinds(raw`\delta`), "symbol");
    assertEquals(kinds(raw`\delta_i`), "element");
    assertEquals(kinds(raw`\delta_{ij}`), "delta");
    assertThrows(
      () => parseFormula("e^{-x}", names),
      FormulaError,
      raw`write \exp(…)`,
    );
  });

  it("refuses what it does not know, in TeX's terms", () => {
    refuses({
      "e + 1": "e alone is not defined",
      [raw`\sigma x`]: raw`\sigma is a function: write \sigma(…)`,
      [raw`\sigma^2(x)`]: raw`\sigma is a function: write \sigma(…)`,
      [raw`\exp -x`]: "write the argument of exp in brackets",
      [raw`\log_2 x`]: "as a fraction of two",
      [raw`\exp(x, y)`]: "exp must have one argument",
      [raw`\int x`]: raw`"\int" has no meaning here`,
      [raw`\binom{n}{k}`]: raw`"\binom{…}{…}" has no meaning here`,
      [raw`\sqrt[3]{x}`]: "write the root as a power",
      [raw`\sum x_j`]: "it must say its index",
      [raw`\sum_{j=1} x_j`]: "it must say where it ends",
      [raw`\sum_j^n x_j`]: "it must say where it begins",
      [raw`\sum_{j \in \mathcal{J}} x_j`]:
        raw`a set must have the form \{1, \dots, n\}`,
      [raw`\sum_{j \in \{1, 2, 3\}} x_j`]:
        raw`a set must have the form \{1, \dots, n\}`,
      [raw`\sum_{1=j}^n x_j`]: "it must say its index",
      [raw`\sum_{2 < 3} x_j`]: "it must say its index",
      [raw`\sum_{j, 2} x_j`]: "it must say its index",
      [raw`\arg\sup_j x_j`]: raw`"\arg" has no meaning here`,
      [raw`\frac{\partial E}{x}`]: "must have ∂ above and below",
      [raw`\frac{\partial^2 E}{\partial x^2}`]: "only first derivatives",
      [raw`\frac{\partial E}{\partial (x + y)}`]: "∂ must be in front of one",
      [raw`\mathbf{1}`]: "must have its shape as subscript",
      [raw`\delta`]: "the Kronecker delta must have two indices",
      [raw`\delta_i`]: "the Kronecker delta must have two indices",
      [raw`\delta_{ijk}`]: "the Kronecker delta must have two indices",
      [raw`[x]`]: "square brackets hold a condition",
      [raw`x + `]: "something is missing at the end",
      [raw`(x`]: raw`"(" is not closed`,
      [raw`x)`]: raw`")" is not expected here`,
      "= x": "something is missing at the end",
      "/ x": "/ must have something in front of it",
      [raw`\quad`]: "there is nothing in it",
      [raw`\left( x \right] y`]: 'the bracket "(" is closed by "]"',
      "(x]": 'the bracket "(" is closed by "]"',
      "[x > 0)": 'the bracket "[" is closed by ")"',
      "(|x) y": 'the bracket "|" is not closed',
      "|(x]|": 'the bracket "(" is closed by "]"',
      "{x_i}_j": raw`braces alone group nothing that a reader sees`,
      [raw`\xcancel{x}`]: raw`"\xcancel{x}" has no meaning here`,
      [raw`\overbrace{x}`]: raw`"\overbrace{x}" has no meaning here`,
      [raw`\hat{xy}`]: raw`"\hat{xy}" has no meaning here`,
      [raw`\overline{x + y}`]: raw`"\overline{…}" has no meaning here`,
      [raw`\begin{pmatrix} x \end{pmatrix}`]:
        raw`"\begin{…}" has no meaning here`,
      [raw`x \notin \mathbb{R}`]: '"∉" is not expected here',
      [raw`Y|_{X = 0}`]:
        raw`a value at a place must be written \left. … \right|_{X = 0}`,
      [raw`Y \big|_{X = 0}`]:
        raw`a value at a place must be written \left. … \right|_{X = 0}`,
      [raw`\left. Y \right|`]:
        "a bar at the right must have the place, |_{X = 0}",
      [raw`\left. Y \right|_{X}`]:
        "a bar at the right must have the place, |_{X = 0}",
      [raw`\left. Y \right|_{X + 1 = 0}`]:
        "a place must be given by symbols, |_{X = 0}",
      [raw`Y = \left\lfloor x \right\rfloor`]:
        "⌊ ⌋ and ⌈ ⌉ can only be in an index or a dimension: write the quotient where the index is used",
      [raw`\tau_j = \lfloor j / c \rfloor + 1`]:
        "⌊ ⌋ and ⌈ ⌉ can only be in an index or a dimension",
      [raw`\sigma`]: raw`\sigma is a function: write \sigma(…)`,
      [raw`\sigma'(x)`]:
        raw`\sigma' has no meaning here: write the derivative as ∂ over ∂`,
      [raw`f(x, y) = x = y`]:
        "the definition of a function must have one right side",
      [raw`\tanh_i x`]: raw`\tanh must have no index`,
      [raw`X^{\circ 2}`]:
        "write a power of elements as one of each element, X_{ij}^2",
      [raw`X^{\mathsf{T} 2}`]: '"2" is not expected here',
      "(2)_i": "a number must have no index",
      "(x_i)_j": "an element must have no further index",
      [raw`\langle X \rangle`]:
        "⟨ ⟩ must hold two tensors with a comma between them",
      [raw`\lVert x \rVert_p`]:
        'the index of a norm must be 1, 2 or F: it is "p"',
      [raw`\text{foo}`]: raw`\text{foo}`,
      [raw`x = 1.5.2`]: "1.5.2 is not a number",
      [raw`2_i`]: "a number must have no index",
      [raw`X \in \mathbb{Q}`]: raw`after ∈ there must be \mathbb{R}^{…}`,
      [raw`n_1 \times \cdots \times n_r`]: "one letter for each axis",
      [raw`x \approx y`]: raw`"\approx" is not expected here`,
      [raw`\nabla x`]: raw`"\nabla" has no meaning here`,
      [raw`\foo`]: "Undefined control sequence",
    });
  });

  it("refuses what is not an index or a dimension", () => {
    refuses({
      "X_{}": "an index is missing",
      "X_{i,}": "an index is missing",
      "X_{i +}": "an index is missing",
      "X_{:, j}": '":" is not an index',
      [raw`X_{\cdot j}`]: raw`"\cdot" is not an index`,
      "X_{i * 2}": '"*" is not an index',
      [raw`X_{\mathbf{ij}}`]: raw`"\mathbf{ij}" is not an index`,
      [raw`X_{\hat{ij}}`]: raw`"\hat{ij}" is not an index`,
      [raw`X_{\overline{ij}}`]: raw`"\overline{…}" is not an index`,
      [raw`X_{\sqrt{i}}`]: raw`"\sqrt{…}" is not an index`,
      [raw`X_{\text{the last}}`]: raw`"\text{the last}" is not an index`,
      [raw`X_{\operatorname{a*}}`]: raw`"\operatorname{a*}" is not an index`,
      [raw`X_{\begin{matrix} i \end{matrix}}`]:
        raw`"\begin{…}" is not an index`,
      "X_{a/bc}": "a/bc is ambiguous: add brackets",
      "X_{(i + 1}": 'the bracket "(" is not closed',
      "X_{[i + 1]}": 'the bracket "[" has no meaning in an index',
      [raw`X_{\left| i \right|}`]: 'the bracket "|" has no meaning in an index',
      [raw`X_{\max(i)}`]: raw`\max must have two numbers in an index`,
      [raw`X_{\lfloor i \rfloor}`]:
        "⌊ ⌋ and ⌈ ⌉ must hold a division in an index",
      "X_{i^2}": "an index must have no exponent",
      [raw`m \times \cdots`]: "a shape must have one letter for each axis",
      [raw`\lfloor n \rfloor`]: "⌊ ⌋ and ⌈ ⌉ must hold a division in an index",
      [raw`m \times`]: "a shape must be dimensions with × between them",
      [raw`X \in \mathbb{R}^{m \times \times n}`]:
        "a shape must be dimensions with × between them",
      [raw`X \in \mathbb{R}^{n_{i+1}}`]: '"n" is not a dimension',
    });
  });

  it("refuses cases and conditions that say too little", () => {
    const cases = (rows: string) => raw`\begin{cases} ${rows} \end{cases}`;
    refuses({
      [cases(raw`1 \\ 2 & \text{if } x > 0`)]:
        "only the last of the cases may be without a condition",
      [cases(raw`1 & \text{whenever } x > 0 \\ 2 & \text{else}`)]:
        raw`the second column of cases must begin with \text{if} or be \text{otherwise}`,
      [cases(raw`1 & \text{otherwise } x > 0`)]:
        raw`nothing may follow \text{otherwise}`,
      [cases(raw`1 & \text{if } x \\ 2 & \text{else}`)]:
        "a case must have a condition, x > 0",
      [cases(raw`1 & \text{if} \\ 2 & \text{else}`)]:
        "a case must have a condition, x > 0",
      [raw`Y = x \text{ if } X + 1`]:
        raw`a condition must follow the word, i \ne j`,
      [raw`f(x, y) = x \text{ if } x > 0`]:
        "a condition must follow an equation; in the definition of a function write cases",
      "[x > 0": 'the bracket "[" is not closed',
    });
  });

  it("says where in the TeX it is wrong", () => {
    const at = (tex: string) =>
      assertThrows(() => parseFormula(tex, page(tex)), FormulaError).offset;
    assertEquals(at(raw`x = y + \int x`), 7);
    assertEquals(at(raw`x = y / x z`), 10);
    assertEquals(at(raw`x = \phi(y)`), 4);
    assertEquals(at("x + "), 3);
    assertEquals(at(raw`\begin{cases} 1 & 2 \end{cases}`), 18);
    assertEquals(at(raw`\begin{cases} 1 & \text{if} \end{cases}`), 24);
    assertEquals(at("x = (y + 1]"), 10);
    assertEquals(at("x = X_{i + }"), 9);
    assertEquals(at(raw`Y = x \text{ if } y`), 18);
  });
});
