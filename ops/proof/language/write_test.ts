// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Expr, KindName, Said, Statement } from "./expression.ts";
import { broken, mistakesIn } from "./mutants.ts";
import { Names, parseFormula } from "./parse.ts";
import { KINDS } from "./table.ts";
import { partsOf } from "./walk.ts";
import { writeStatement, writeTex, writeUnicode } from "./write.ts";

const { raw } = String;

/** At least one formula for each kind. */
const EXAMPLES: Record<KindName, string[]> = {
  number: ["2", "0.1", raw`10^{-5}`, raw`\pi`, raw`\infty`],
  symbol: ["X", raw`\hat{X}`, "y'", "d_k", raw`W_{\mathrm{ih}}`],
  element: [
    "X_{ij}",
    raw`X_{n, c, s i + a - 1, 2 (j - 1)}`,
    raw`X_{i t_i}`,
    "X_{1, 12}",
    raw`(X Y)_{ij}`,
    raw`\sigma(X)_{ij}`,
    raw`X_{\lfloor (i + 1) / 2 \rfloor}`,
    raw`\gamma_{\alpha i}`,
  ],
  partial: [raw`\frac{\partial E}{\partial \hat{X}_{ij}}`],
  add: ["X + Y - 2", "-X + (Y - (X - Y))"],
  negative: ["-X", "-(X + Y)", "X (-Y)_i"],
  product: [
    "2 X Y",
    raw`2 \cdot 3 X`,
    raw`X \cdot (Y + 1) X`,
    raw`(X Y) Z`,
    raw`X \left( \sum_j Y_j \right) Y`,
  ],
  hadamard: [
    raw`X \odot Y`,
    raw`X \odot Y \odot (1 - Y)`,
    raw`X \oslash (Y \odot X)`,
    raw`(X \oslash Y) \odot X Y`,
    raw`\left( \sum_j X_j \right) \odot Y`,
  ],
  fraction: [raw`\frac{X + 1}{2}`, "X / 2", "2 X / (Y_1 + 1)", "(X / 2) Y"],
  power: ["x^2", "x_i^{-1}", "(x + 1)^{x}", raw`\exp(x)^2`, "(x^2)^3"],
  call: [
    raw`e^{-x}`,
    raw`\log(1 + x)`,
    raw`\operatorname{erf}(x)`,
    raw`\max(x, 0, 1)`,
    raw`|x - 1|`,
    raw`\sqrt{x}`,
    raw`\sigma(x)`,
    raw`f(x, y)`,
    raw`\operatorname{diag}(y)`,
  ],
  reduce: [
    raw`\sum_j X_{ij} Y_j`,
    raw`\sum_{j=1}^{n - 1} X_{ij}`,
    raw`\sum_{a, b} X_{ab}`,
    raw`\sum_{j \ne i} X_j`,
    raw`\sum_{j=1, j \ne i}^{n} X_j`,
    raw`\sum_{1 \le j < i, X_j > 0} X_j`,
    raw`\sum_{j=\max(1, i)}^{\min(n, i)} X_j`,
    raw`\sum_{j : X_j > 0, Y_j > 1} X_j`,
    raw`\prod_j (X_j y)`,
    raw`\max_k X_{ik}`,
    raw`\operatorname*{argmax}_k X_{ik}`,
    raw`\sum_j \left( X_j + 1 \right)`,
    raw`\sum_i \prod_j X_{ij}`,
  ],
  cases: [
    raw`\begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}`,
    raw`2 \begin{cases} x & \text{if } 0 < x \le 1 \\ y & \text{if } x \ne 0 \end{cases}`,
  ],
  iverson: [raw`[x > 0] y`, raw`\mathbf{1}[x > 0 \land y \le 1]`],
  compare: [raw`[0 < x \le y]`, raw`x \ge y`],
  logic: [raw`[x > 0 \lor y > 0]`],
  transpose: [
    raw`X^{\mathsf{T}}`,
    raw`(X Y)^{\mathsf{T}}`,
    raw`X_i^{\mathsf{T}}`,
    raw`\left( \frac{\partial E}{\partial Y} \right)^{\mathsf{T}} X`,
  ],
  inner: [raw`\langle X, Y + 1 \rangle`],
  delta: [raw`\delta_{ij}`, raw`\delta_{i, j + 1}`],
  ones: [raw`\mathbf{1}_{m \times n}`, raw`\mathbf{1}_{n - 1}`],
  norm: [raw`\lVert x \rVert`, raw`\lVert x \rVert_1^2`],
  at: [raw`\left. \frac{\partial Y}{\partial X} \right|_{X = 0, Y = 1}`],
};

const STATEMENTS = [
  "Y_i = X_i = 2",
  raw`Y_i = X_i \quad \text{if } i \ne 1`,
  raw`\sigma(x) = \frac{1}{1 + e^{-x}}`,
  raw`X \in \mathbb{R}^{m \times n}, Y \in \mathbb{R}^{m \times n}`,
  raw`X \in \mathbb{R}^{m \times (n - a + 1)}`,
  raw`x \in \mathbb{R}`,
  raw`Y_i = \sum_{j=1}^{c} X_{ij}`,
  raw`t_i \in \{1, \dots, c\}`,
  raw`m \times (p - r + 1)`,
  "x > 0",
];

const names = new Names();
for (const name of ["X", "Y", "x", "y", "d_k", "m", "n"]) names.addSymbol(name);
names.add(raw`\sigma(x) = x, f(x, y) = x`);

/** What a statement says, apart from where it is. */
function saidIn({ tex: _, offset: _at, ...said }: Statement): Said {
  return said as Said;
}

function kindsIn(expr: Expr): KindName[] {
  return [expr.kind, ...partsOf(expr, KINDS).flatMap(kindsIn)];
}

const everything = [...Object.values(EXAMPLES).flat(), ...STATEMENTS];

describe("writeStatement()", () => {
  for (const [kind, texs] of Object.entries(EXAMPLES)) {
    it(`writes what is read as the same ${kind}`, () => {
      for (const tex of texs) {
        const [said] = parseFormula(tex, names);
        const expr = said.kind === "condition" ? said.condition : said.kind ===
            "expression"
          ? said.expr
          : undefined;
        assert(
          expr !== undefined && kindsIn(expr).includes(kind as KindName),
          tex,
        );
        const [again] = parseFormula(writeTex(expr), names);
        assertEquals(saidIn(again), saidIn(said), tex);
      }
    });
  }

  it("writes statements of every kind", () => {
    for (const tex of STATEMENTS) {
      const [said] = parseFormula(tex, names);
      const [again] = parseFormula(writeStatement(said), names);
      assertEquals(saidIn(again), saidIn(said), tex);
    }
  });
});

/** A formula of each kind, and of what brackets must keep apart. */
const UNICODE: [string, string][] = [
  [raw`W_{jl} = \sum_{i=1}^{m} Y_{ij} X_{il}`, "Wⱼₗ = Σᵢ Yᵢⱼ Xᵢₗ"],
  [
    raw`\frac{\partial E}{\partial \hat{X}_{ij}} = X_{ib} + \gamma_{\alpha}`,
    "∂E/∂X̂ᵢⱼ = X[i, b] + γ[α]",
  ],
  [
    raw`\frac{\partial E}{\partial X} = \left( \frac{\partial E}{\partial Y} \right)^{\mathsf{T}} X`,
    "∂E/∂X = (∂E/∂Y)ᵀ X",
  ],
  ["Y_i = X_{i - 1} - 10^{-5}", "Yᵢ = Xᵢ₋₁ − 10⁻⁵"],
  ["Y_i = X_{2 (i - 1)}", "Yᵢ = X[2 (i − 1)]"],
  ["Y_{ij} = X_{i, 2 j + 1}", "Yᵢⱼ = X[i, 2j + 1]"],
  ["Y_i = X_{i t_i}", "Yᵢ = X[i, tᵢ]"],
  [raw`Y_k = X_{\lfloor (k - 1) / m \rfloor}`, "Yₖ = X[⌊(k − 1) / m⌋]"],
  [raw`y = \sum_{j=1}^{i} X_{ij}`, "y = Σⱼ₌₁ⁱ Xᵢⱼ"],
  [raw`y = \sum_{j=2}^{n} X_j`, "y = Σⱼ₌₂ⁿ Xⱼ"],
  [raw`y = \sum_{b=j}^{m} X_b + X_j`, "y = Σ[b = j…m] X[b] + Xⱼ"],
  [raw`y = \sum_{1 \le j < i, X_j > 0} X_j`, "y = Σ[j = 1…i − 1, Xⱼ > 0] Xⱼ"],
  [raw`y = \prod_{j \ne i} X_j`, "y = ∏[j ≠ i] Xⱼ"],
  [raw`y = \sum_{a, j : X_a > X_j} Y_j`, "y = Σ[a, j: Xₐ > Xⱼ] Yⱼ"],
  [raw`y = \max_k X_{ik}`, "y = maxₖ Xᵢₖ"],
  [raw`y = \frac{1}{n} \sum_j X_j`, "y = 1∕n Σⱼ Xⱼ"],
  [raw`y = \frac{1}{m n} \sum_j X_j`, "y = (1 ∕ (m n)) Σⱼ Xⱼ"],
  [raw`y = x \frac{1}{n}`, "y = x ∕ n"],
  [raw`y = \frac{\frac{x}{m}}{n} + \frac{1}{2}`, "y = (x ∕ m) ∕ n + ½"],
  [raw`y = \frac{\sum_j X_j}{n}`, "y = (Σⱼ Xⱼ) ∕ n"],
  [raw`y = \frac{x}{\sum_j X_j Y_j}`, "y = x ∕ Σⱼ Xⱼ Yⱼ"],
  [raw`y = \left( \sum_j X_j \right) x`, "y = (Σⱼ Xⱼ) x"],
  [raw`y = 2 \cdot 3 x`, "y = 2 · 3 x"],
  [raw`y = -(x - (y - 1))`, "y = −(x − (y − 1))"],
  [raw`y = X_i^{-\beta - 1} \sqrt{x}^2 (x^2)^3`, "y = Xᵢ^(−β − 1) (√x)² (x²)³"],
  [raw`y = e^{-|x|} \sqrt{x + 1}`, "y = exp(−|x|) √(x + 1)"],
  [raw`y = \sigma(x) f(x, \infty)`, "y = σ(x) f(x, ∞)"],
  [raw`Y = (X \oslash Y) \odot (1 - Y)`, "Y = (X ⊘ Y) ⊙ (1 − Y)"],
  [
    raw`y = 2 \begin{cases} x & \text{if } x > 0 \\ 0 & \text{otherwise} \end{cases}`,
    "y = 2 (x if x > 0, else 0)",
  ],
  [
    raw`y = \mathbf{1}[x > 0 \lor y \ne 1] [x \le 0]`,
    "y = 𝟏[x > 0 or y ≠ 1] [x ≤ 0]",
  ],
  [raw`y = \langle X, Y \rangle \delta_{ij}`, "y = ⟨X, Y⟩ δᵢⱼ"],
  [raw`Y = \mathbf{1}_{m \times n} \lVert x \rVert_1`, "Y = 𝟏[m×n] ‖x‖₁"],
  [
    raw`y = \left. \frac{\partial Y}{\partial X} \right|_{X = 0}`,
    "y = (∂Y/∂X)|[X = 0]",
  ],
  [raw`d_k = y' \quad \text{if } i \ne j`, "dₖ = y′ if i ≠ j"],
];

describe("writeUnicode()", () => {
  it("writes equations on one line, with brackets where Unicode has no subscript", () => {
    for (const [tex, expected] of UNICODE) {
      const [said] = parseFormula(tex, names);
      assert(said.kind === "equation", tex);
      assertEquals(writeUnicode(said.sides, said.where), expected, tex);
    }
  });

  it("has a test for every kind", () => {
    const found = UNICODE.flatMap(([tex]) => {
      const [said] = parseFormula(tex, names);
      return said.kind === "equation" ? said.sides.flatMap(kindsIn) : [];
    });
    assertEquals(
      Object.keys(KINDS).filter((kind) => !found.includes(kind as KindName)),
      [],
    );
  });
});

describe("broken()", () => {
  const statements = everything.flatMap((tex) => parseFormula(tex, names));
  const mistakes = mistakesIn(statements);

  it("makes mistakes that are written, and read as such or refused", () => {
    let count = 0;
    let refused = 0;
    for (const said of statements) {
      if (said.kind !== "expression") continue;
      for (const { operator, mutant } of broken(said.expr, mistakes)) {
        count++;
        const tex = writeTex(mutant);
        let again: Statement;
        try {
          [again] = parseFormula(tex, names);
        } catch {
          refused++; // What is refused has been noticed.
          continue;
        }
        // X_{12} has two indices.
        if (/_\{12\}/.test(tex)) continue;
        assertEquals(
          saidIn(again) as unknown,
          mutant.kind === "compare" || mutant.kind === "logic"
            ? { kind: "condition", condition: mutant }
            : { kind: "expression", expr: mutant },
          `${operator}: ${tex}`,
        );
      }
    }
    assert(count > 500, `${count}`);
    assert(refused < count / 50, `${refused} of ${count}`);
  });

  it("breaks every kind of node but a derivative, whose variables it breaks", () => {
    for (const [kind, texs] of Object.entries(EXAMPLES)) {
      const found = texs.flatMap((tex) => {
        const [said] = parseFormula(tex, names);
        const own = (e: Expr): Expr[] => [
          ...e.kind === kind ? [e] : [],
          ...partsOf(e, KINDS).flatMap(own),
        ];
        return (said.kind === "condition"
          ? own(said.condition)
          : said.kind === "expression"
          ? own(said.expr)
          : []).flatMap((e) => [...broken(e, mistakes)]);
      });
      assert(found.length > 0, kind);
    }
  });

  it("makes as many mistakes of one sort at a place as requested", () => {
    const [said] = parseFormula(raw`X_{ij}`, names);
    if (said.kind !== "expression") throw new Error("no expression");
    const some = [...broken(said.expr, mistakes, 1)];
    assertEquals(some.map(({ operator }) => operator), ["index", "symbol"]);
  });

  it("makes the mistakes that people make", () => {
    const expect = (tex: string, ...others: string[]) => {
      const [said] = parseFormula(tex, names);
      const expr = said.kind === "expression" ? said.expr : undefined;
      const found = [...broken(expr!, mistakes)].map(({ mutant }) =>
        writeTex(mutant).replaceAll(/\\(left|right)(?![a-z])|\s/g, "")
      );
      for (const other of others) {
        const plain = other.replaceAll(/_(\w)/g, "_{$1}")
          .replaceAll(/\s/g, "");
        assert(found.includes(plain), `${plain} of ${tex}: ${found}`);
      }
    };
    expect(
      raw`\sum_{j=1}^{n} X_{ij}`,
      "X_{ij}",
      raw`\sum_{j=1}^{m} X_{ij}`,
      raw`\sum_{j=2}^{n} X_{ij}`,
      raw`\sum_{j=1}^{n-1} X_{ij}`,
      raw`\sum_{j=1}^{n} X_{ji}`,
      raw`\sum_{j=1}^{n} Y_{ij}`,
      raw`\sum_{i=1}^{n} X_{ij}`,
    );
    expect(raw`[X_i > 0]`, raw`[X_i \ge 0]`, "[X_i < 0]", "1 - [X_i > 0]");
    expect(raw`\max(x, 0)`, raw`\min(x, 0)`, "0", "x");
    expect(raw`X \odot Y`, "X Y", raw`X \oslash Y`, "X");
    expect("x^2", "x", "x^{-2}", "x^{3}");
    expect(raw`\frac{X}{2}`, raw`\frac{2}{X}`, "X");
    expect(
      raw`\begin{cases} x & \text{if } x > 0 \\
        y & \text{otherwise} \end{cases}`,
      raw`\begin{cases} y & \text{if } x > 0 \\
        x & \text{otherwise} \end{cases}`,
    );
    expect(raw`\log(x)`, raw`\exp(x)`, "x");
    expect("X_{i+a}", "X_{i}", "X_{i+a-1}");
    expect("-x", "x");
    expect("X Y", "Y X");
    expect(raw`\max(X, 0) Y`, raw`Y \max(X, 0)`);
    expect(raw`\operatorname{diag}(y) X`, raw`X \operatorname{diag}(y)`);
    expect(raw`\sum_{j=1}^{n} X_{ij}`, raw`\sum_{j=1}^{c} X_{ij}`);
  });
});
