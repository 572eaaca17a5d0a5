// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { EvaluationError, type Scope, type Value } from "./expression.ts";
import { evaluate, freeIndices, indexRanges } from "./evaluate.ts";
import { numbers } from "./fields.ts";
import { Names, parseFormula } from "./parse.ts";

const { raw } = String;

const SIZES: Record<string, number> = { m: 2, n: 3, s: 2 };

const SYMBOLS: Record<string, Value<number>> = {
  X: { shape: [2, 3], data: [1, -2, 3, 4, 0.5, -6] },
  W: { shape: [2, 3], data: [2, 1, -1, 3, 5, 0.25] },
  x: { shape: [3], data: [0.5, -1.5, 2] },
  t: { shape: [2], data: [3, 1] },
  c: { shape: [], data: [0.75] },
  T: { shape: [1, 2, 2], data: [1, 2, 3, 4] },
  "\\hat{X}": { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
};

const AXES: Record<string, string[]> = {
  X: ["m", "n"],
  W: ["m", "n"],
  x: ["n"],
  t: ["m"],
  "\\hat{X}": ["m", "n"],
};

/** σ, one that calls it, and one of two numbers. */
const DEFINED = [
  raw`\sigma(x) = \frac{1}{1 + e^{-x}}`,
  raw`h(x) = 2 \sigma(x) + c`,
  raw`f(x, y) = x y^2`,
];

const defined = new Names();
DEFINED.forEach((tex) => defined.add(tex));
const FUNCTIONS = DEFINED.flatMap((tex) => parseFormula(tex, defined))
  .filter((said) => said.kind === "function");

const scope: Scope<number> = {
  field: numbers,
  sizes: { has: (name) => name in SIZES, of: (name) => SIZES[name] },
  axes: (name) => AXES[name] ?? [],
  symbol: (name) => {
    if (name in SYMBOLS) return SYMBOLS[name];
    if (name in SIZES) return { shape: [], data: [SIZES[name]] };
    throw new EvaluationError(`the page does not say what ${name} is`);
  },
  partial: (of, by) => ({
    shape: [2, 3],
    data: of === "E" && by === "X" ? [10, 20, 30, 40, 50, 60] : [],
  }),
  function: (name) => FUNCTIONS.find((said) => said.name === name),
};

function value(tex: string, indices: Record<string, number> = {}) {
  const names = new Names();
  for (const name of [...Object.keys(SYMBOLS), "m", "n", "s"]) {
    names.addSymbol(name);
  }
  for (const tex of [...DEFINED, "g(x) = x"]) names.add(tex);
  names.add(tex);
  const [said] = parseFormula(tex, names);
  const expr = said.kind === "expression"
    ? said.expr
    : said.kind === "condition"
    ? said.condition
    : undefined;
  if (expr === undefined) throw new Error(tex);
  return evaluate(expr, scope, new Map(Object.entries(indices)));
}

function number(tex: string, indices: Record<string, number> = {}): number {
  const { shape, data } = value(tex, indices);
  assertEquals(shape, [], tex);
  return data[0];
}

const sigma = (x: number) => 1 / (1 + Math.exp(-x));

/** Formulas of numbers, at i = 1 and j = 2, and what they are. */
const VALUES: Record<string, number> = {
  "3": 3,
  "0.25": 0.25,
  "10^{-5}": 1e-5,
  [raw`\pi`]: Math.PI,
  [raw`-\infty`]: -Infinity,
  "c": 0.75,
  "n": 3,
  "X_{ij}": -2,
  "X_{i, j + 1}": 3,
  "X_{i, sj - 1}": 3,
  [raw`X_{i\,t_i}`]: 3,
  [raw`X_{\lfloor 5 / s \rfloor, \lceil 5 / s \rceil}`]: -6,
  [raw`X_{i, 5 \bmod 3}`]: -2,
  "i + j": 3,
  [raw`\hat{X}_{ij}`]: 2,
  [raw`\frac{\partial E}{\partial X_{ij}}`]: 20,
  "1 + 2 - 3 + c": 0.75,
  "-c^2": -0.5625,
  "(-c)^2": 0.5625,
  "(-1)^{i + j}": -1,
  "2 c / n": 0.5,
  [raw`\frac{1 + c}{n - 1}`]: 0.875,
  "c^{-1}": 1 / 0.75,
  [raw`c^{\frac12}`]: Math.sqrt(0.75),
  "e^{-c}": Math.exp(-0.75),
  [raw`\exp(c) + \log c + \ln(c)`]: Math.exp(0.75) + 2 * Math.log(0.75),
  [raw`\operatorname{log1p}(c)`]: Math.log1p(0.75),
  [raw`\operatorname{expm1}(c)`]: Math.expm1(0.75),
  [raw`\sqrt{c + 1}`]: Math.sqrt(1.75),
  [raw`\tanh c + \sinh(c) \cosh(c)`]: Math.tanh(0.75) + Math.sinh(1.5) / 2,
  [raw`\sin(c) + \cos(c) + \tan(c) + \arctan(c)`]: Math.sin(0.75) +
    Math.cos(0.75) + Math.tan(0.75) + Math.atan(0.75),
  [raw`\operatorname{erf}(c)`]: 0.7111556336535151,
  [raw`\operatorname{erfc}(c)`]: 0.2888443663464849,
  [raw`|X_{ij}| + \lvert c \rvert`]: 2.75,
  [raw`\operatorname{sign}(X_{ij}) + \operatorname{sgn}(0)`]: -1,
  [raw`\max(X_{ij}, c, 0.5) + \min(X_{ij}, c)`]: -1.25,
  [raw`\sigma(X_{ij})`]: sigma(-2),
  [raw`\sigma(\sigma(c))^2`]: sigma(sigma(0.75)) ** 2,
  [raw`h(c)`]: 2 * sigma(0.75) + 0.75,
  [raw`f(c, 2)`]: 3,
  // j within the brackets is another one.
  [raw`i + \sum_i X_{i1}`]: 6,
  [raw`\sum_j \left( \sum_j x_j \right) X_{1j}`]: 2,
  [raw`\mathbf{1}_{n - 3}^{\mathsf{T}} \mathbf{1}_{n - 3}`]: 0,
  [raw`\sum_k X_{ik}`]: 2,
  [raw`\sum_{k=1}^{n} X_{ik}`]: 2,
  [raw`\sum_{k=0}^{n-1} X_{i, k + 1}`]: 2,
  [raw`\sum_{k \ne j} X_{ik}`]: 4,
  [raw`\sum_{k < j} X_{ik}`]: 1,
  [raw`\sum_{k=j}^{n} X_{ik}`]: 1,
  [raw`\sum_{k : X_{ik} > 0} X_{ik}`]: 4,
  [raw`\sum_{1 \le a \le m, 1 < b \le n} X_{ab}`]: -4.5,
  [raw`\max_{1 \le k \le n, 1 \le 2k - 1 \le n} X_{i, 2k - 1}`]: 3,
  [raw`\sum_{k=\max(i, j)}^{\min(n, 5)} X_{ik}`]: 1,
  [raw`\sum_{k=1, k \ne j}^{n} k^2`]: 10,
  [raw`\sum_{a, b} X_{ab} W_{ab}`]: 2 - 2 - 3 + 12 + 2.5 - 1.5,
  [raw`\sum_a \sum_{b} X_{ab} W_{ab}`]: 2 - 2 - 3 + 12 + 2.5 - 1.5,
  [raw`\sum_{k = 2}^{1} X_{ik}`]: 0,
  [raw`\prod_k X_{ik}`]: -6,
  [raw`\prod_{k = 2}^{1} X_{ik}`]: 1,
  [raw`\max_k X_{ik}`]: 3,
  [raw`\min_{k \ne j} X_{ik}`]: 1,
  [raw`\arg\max_k X_{ik}`]: 3,
  [raw`\operatorname*{argmin}_k X_{ik}`]: 2,
  [raw`\sum_k x_k c - 1`]: -0.25,
  [raw`\frac1n \sum_k x_k`]: 1 / 3,
  [raw`[X_{ij} > 0] + [X_{ij} \le -2] + [i \ne j]`]: 2,
  [raw`\mathbf{1}[X_{ij} < 0 \land c = 1]`]: 0,
  [raw`\mathbf{1}_{X_{ij} < 0 \lor c = 1}`]: 1,
  [raw`[-3 < X_{ij} < 0]`]: 1,
  [
    raw`\begin{cases} c & \text{if } X_{ij} > 0 \\
    2c & \text{if } X_{ij} < -1 \\ 3c & \text{otherwise} \end{cases}`
  ]: 1.5,
  [raw`\delta_{ij} + \delta_{i 1} + \delta_{j t_i}`]: 1,
  [raw`\langle X, W \rangle`]: 10,
  [raw`\lVert x \rVert^2`]: 0.25 + 2.25 + 4,
  [raw`\lVert x \rVert_2`]: Math.sqrt(6.5),
  [raw`\lVert x \rVert_1`]: 4,
  [raw`x^{\mathsf{T}} x`]: 6.5,
  [raw`(X W^{\mathsf{T}})_{ij}`]: 3 - 10 + 0.75,
  [raw`\operatorname{tr}(X W^{\mathsf{T}})`]: -3 + 13,
};

/** Formulas of tensors. */
const TENSORS: Record<string, { shape: number[]; data: number[] }> = {
  "X_i": { shape: [3], data: [1, -2, 3] },
  [raw`X \odot W`]: { shape: [2, 3], data: [2, -2, -3, 12, 2.5, -1.5] },
  [raw`X \oslash W`]: { shape: [2, 3], data: [0.5, -2, -3, 4 / 3, 0.1, -24] },
  "1 - 2X": { shape: [2, 3], data: [-1, 5, -5, -7, 0, 13] },
  "X x": { shape: [2], data: [9.5, -10.75] },
  [raw`\max(X, 0)`]: { shape: [2, 3], data: [1, 0, 3, 4, 0.5, 0] },
  [raw`|X|`]: { shape: [2, 3], data: [1, 2, 3, 4, 0.5, 6] },
  [raw`[X > 0]`]: { shape: [2, 3], data: [1, 0, 1, 1, 1, 0] },
  [raw`\operatorname{diag}(x)`]: {
    shape: [3, 3],
    data: [0.5, 0, 0, 0, -1.5, 0, 0, 0, 2],
  },
  [raw`\mathbf{1}_m x^{\mathsf{T}}`]: {
    shape: [2, 3],
    data: [0.5, -1.5, 2, 0.5, -1.5, 2],
  },
  [raw`\sum_k X_k`]: { shape: [3], data: [5, -1.5, -3] },
  "X c": { shape: [2, 3], data: [0.75, -1.5, 2.25, 3, 0.375, -4.5] },
  [raw`f(X, W)`]: { shape: [2, 3], data: [4, -2, 3, 36, 12.5, -0.375] },
  [raw`f(x, 2)`]: { shape: [3], data: [2, -6, 8] },
};

describe("evaluate()", () => {
  it("gives every notation the value that a reader gives it", () => {
    for (const [tex, expected] of Object.entries(VALUES)) {
      const found = number(tex, { i: 1, j: 2 });
      if (Number.isFinite(expected)) {
        assertAlmostEquals(found, expected, 1e-14, tex);
      } else assertEquals(found, expected, tex);
    }
  });

  it("gives tensors their elements and shape", () => {
    for (const [tex, { shape, data }] of Object.entries(TENSORS)) {
      const found = value(tex, { i: 1, j: 2 });
      assertEquals(found.shape, shape, tex);
      found.data.forEach((x, i) => assertAlmostEquals(x, data[i], 1e-14, tex));
    }
    const { data } = value(raw`\sigma(X)`);
    assertEquals(data.map((x) => Math.abs(x) <= 1).every(Boolean), true);
    assertAlmostEquals(data[1], sigma(-2), 1e-15);
  });

  it("passes NaN on, except where a condition does not hold of it", () => {
    assertEquals(number(raw`\max(\frac{0}{0}, 1)`), NaN);
    assertEquals(number(raw`\left| \frac{0}{0} \right|`), NaN);
    assertEquals(number(raw`[\frac{0}{0} > 0] + [\frac{0}{0} \ne 1]`), 1);
  });

  it("refuses what has no value, in words", () => {
    const cases: Record<string, string> = {
      "X^2":
        "the power of a tensor can be a product of matrices or one of elements: write it by elements, or with ⊙",
      "X^{-1}": "the inverse of a matrix has no meaning here",
      "X W": "2×3 times 2×3 has no product",
      "X + x": "2×3 and 3 cannot be added",
      [raw`X \odot x`]: "2×3 and 3 cannot be multiplied element by element",
      [raw`\frac{1}{x}`]:
        "a fraction must have a number below (⊘ divides element by element)",
      "X_{i, 4}": "X is 2×3 and has no element (1, 4)",
      "X_{i, 0}": "X is 2×3 and has no element (1, 0)",
      "x_{ij}": "x has 1 axis, and 2 indices here",
      "X_k": "nothing says what the index k is",
      [raw`\sum_k k`]:
        raw`nothing says what the index k runs over: write its range, \sum_{k=1}^{n}`,
      [raw`\max_{k < 1} X_{ik}`]: "an empty set has no maximum",
      "Q": "the page does not say what Q is",
      "g(c)": "the page does not say what g(…) is",
      "f(c)": "f takes 2 arguments, and has 1 here",
      "f(X, x)": "2×3 and 3 cannot be arguments of f",
      "T X": "a tensor of shape 1×2×2 is not a matrix",
      [raw`T^{\mathsf{T}}`]: "a tensor of shape 1×2×2 has no transpose",
      [raw`\operatorname{diag}(X)`]: "diag must have a vector",
      [raw`\operatorname{diag}(x^{\mathsf{T}})`]: "diag must have a vector",
      [raw`\operatorname{tr}(X)`]: "tr must have a square matrix",
      [raw`\max_k X_k`]: raw`\max must be followed by a number`,
      "X_{i, x_1}": "an index that is data must be a whole number",
      "X_{i, j/4}": "j / 4 is not a whole number: it is 2 ∕ 4",
      [raw`\left. X \right|_{c = 0}`]: "a value at a place is not known here",
      [raw`\left. X \right|_{c = x}`]: "a place must be a number",
      [raw`\begin{cases} 1 & \text{if } c > 1 \end{cases}`]:
        "none of the cases holds",
      [raw`\lVert X \rVert_2`]:
        "the 2-norm of a matrix is its largest singular value: write ‖ ‖_F or ‖ ‖ for the root of the sum of squares",
    };
    for (const [tex, message] of Object.entries(cases)) {
      const error = assertThrows(
        () => value(tex, { i: 1, j: 2 }),
        EvaluationError,
        undefined,
        tex,
      );
      assertEquals(error.message, message, tex);
    }
  });
});

describe("freeIndices() and indexRanges()", () => {
  it("find the indices that are left open, and what they run over", () => {
    const tex = raw`\sum_k X_{ik} W_{i, sj - 1} + \delta_{il}`;
    const [said] = parseFormula(tex);
    if (said.kind !== "expression") throw new Error(tex);
    assertEquals(freeIndices(said.expr, scope.sizes), ["i", "j", "l"]);
    assertEquals([...indexRanges(said.expr, scope)], [["i", 2]]);
  });

  it("know the axes of what indices are applied to", () => {
    const cases: Record<string, Record<string, number>> = {
      "X_{ij}": { i: 2, j: 3 },
      [raw`(X^{\mathsf{T}})_{ij}`]: { i: 3, j: 2 },
      "(-X)_{ij}": { i: 2, j: 3 },
      "(1 - X)_{ij}": { i: 2, j: 3 },
      [raw`(c \odot X)_{ij}`]: { i: 2, j: 3 },
      [raw`(X^{\mathsf{T}} W)_{ij}`]: { i: 3, j: 3 },
      "(2 X c)_{ij}": { i: 2, j: 3 },
      "(2 c)_{i}": {},
      [raw`\left( \frac{X}{2} \right)_{ij}`]: { i: 2, j: 3 },
      [raw`\left( \sum_k X_k \right)_{i}`]: { i: 3 },
      [raw`\max(0, X)_{ij}`]: { i: 2, j: 3 },
      [raw`(\mathbf{1}_{m \times s})_{ij}`]: { i: 2, j: 2 },
      [raw`\lVert X \rVert_{1} i`]: {},
      [raw`\frac{\partial E}{\partial X_{ij}}`]: { i: 2, j: 3 },
      [raw`\left( \frac{\partial E}{\partial X} \right)_{ij}`]: { i: 2, j: 3 },
    };
    for (const [tex, ranges] of Object.entries(cases)) {
      const [said] = parseFormula(tex);
      if (said.kind !== "expression") throw new Error(tex);
      assertEquals(
        Object.fromEntries(indexRanges(said.expr, scope)),
        ranges,
        tex,
      );
    }
  });
});
