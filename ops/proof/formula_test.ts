// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Expr, FormulaError, parseFormula } from "./formula.ts";

const symbol = (name: string): Expr => ({ kind: "symbol", name });
const element = (name: string, ...indices: string[]): Expr => ({
  kind: "element",
  of: symbol(name),
  indices,
});

/** The expression that a formula is. */
function read(tex: string): Expr {
  const [statement, ...rest] = parseFormula(tex);
  assertEquals(rest, []);
  if (statement.kind === "expression") return statement.expr;
  throw new Error(`"${tex}" is no expression`);
}

describe("parseFormula()", () => {
  it("reads elements and slices of tensors", () => {
    assertEquals(read("X"), symbol("X"));
    assertEquals(read("X_{ij}"), element("X", "i", "j"));
    assertEquals(read("X_{i,j}"), element("X", "i", "j"));
    assertEquals(read("X_i"), element("X", "i"));
    assertEquals(read("X_{1j}"), element("X", "1", "j"));
  });

  it("reads sums as far as the next plus sign", () => {
    assertEquals(read(String.raw`\sum_{j=1}^{n} X_j Y_j + b - 2`), {
      kind: "add",
      terms: [
        {
          kind: "sum",
          index: "j",
          to: "n",
          body: {
            kind: "product",
            factors: [element("X", "j"), element("Y", "j")],
          },
        },
        symbol("b"),
        { kind: "negative", of: { kind: "number", value: 2 } },
      ],
    });
    assertEquals(read(String.raw`\sum_{i \in \mathcal{I}} X_i`), {
      kind: "sum",
      index: "i",
      to: "⋯",
      body: element("X", "i"),
    });
  });

  it("reads products, with and without a sign", () => {
    const product = {
      kind: "product" as const,
      factors: [symbol("a"), symbol("b")],
    };
    for (
      const tex of ["a b", String.raw`a \cdot b`, "a * b", String.raw`a \, b`]
    ) {
      assertEquals(read(tex), product);
    }
    assertEquals(read("-a b"), { kind: "negative", of: product });
  });

  it("reads transposes, whatever they are written with", () => {
    const transpose = { kind: "transpose" as const, of: symbol("Y") };
    for (const mark of ["T", String.raw`\top`, String.raw`{\mathsf{T}}`]) {
      assertEquals(read(`Y^${mark}`), transpose);
    }
    assertEquals(read("(Y^T)_{kj}"), {
      kind: "element",
      of: transpose,
      indices: ["k", "j"],
    });
    assertEquals(
      read(String.raw`\left( (Y)^T \right)_{kj}`),
      read("(Y^T)_{kj}"),
    );
  });

  it("reads derivatives and fractions", () => {
    assertEquals(
      read(String.raw`\frac{\partial Z_{ik}}{\partial X_{ij}}`),
      {
        kind: "partial",
        of: element("Z", "i", "k"),
        by: element("X", "i", "j"),
      },
    );
    assertEquals(read(String.raw`\frac{1}{2}`), {
      kind: "fraction",
      above: { kind: "number", value: 1 },
      below: { kind: "number", value: 2 },
    });
  });

  it("reads ones, deltas, inner products and numbers", () => {
    const ones = { kind: "ones" as const, shape: ["m", "n"] };
    assertEquals(read(String.raw`\mathbf{1}_{m \times n}`), ones);
    assertEquals(read(String.raw`\mathbb{1}_{m \times n}`), ones);
    assertEquals(read(String.raw`\mathbf{1}_p^{\mathsf{T}}`), {
      kind: "transpose",
      of: { kind: "ones", shape: ["p"] },
    });
    assertEquals(read(String.raw`\delta_{ij}`), {
      kind: "delta",
      indices: ["i", "j"],
    });
    assertEquals(read(String.raw`\langle A, B \rangle`), {
      kind: "inner",
      left: symbol("A"),
      right: symbol("B"),
    });
    assertEquals(read("12.5"), { kind: "number", value: 12.5 });
  });

  it("reads several statements, each with its own TeX", () => {
    const tex = String
      .raw`Z = X Y, \qquad X \in \mathbb{R}^{m \times 3}, y \in \mathbb{R}`;
    assertEquals(parseFormula(tex), [
      {
        tex: "Z = X Y",
        kind: "equation",
        sides: [
          symbol("Z"),
          { kind: "product", factors: [symbol("X"), symbol("Y")] },
        ],
      },
      {
        tex: String.raw`X \in \mathbb{R}^{m \times 3}`,
        kind: "membership",
        of: symbol("X"),
        shape: ["m", 3],
      },
      {
        tex: String.raw`y \in \mathbb{R}`,
        kind: "membership",
        of: symbol("y"),
        shape: [],
      },
    ]);
    assertEquals(parseFormula(String.raw`n_1 \times \cdots \times n_r`), [{
      tex: String.raw`n_1 \times \cdots \times n_r`,
      kind: "shape",
      shape: ["n_1", "⋯", "n_r"],
    }]);
  });

  it("refuses what it does not know, and quotes the formula", () => {
    const refused: [string, string][] = [
      ["X^2", "the only exponent known is the transpose"],
      ["X^{TT}", "the only exponent known is the transpose"],
      [String.raw`X^{\mathsf{TT}}`, "the only exponent known is the transpose"],
      [String.raw`\mathcal{IJ}`, '"font" has no meaning here'],
      ["2^T", "a number must have neither indices nor exponents"],
      [String.raw`Z = \text{add}(X)`, '"text" has no meaning here'],
      [String.raw`\sqrt{X}`, '"sqrt" has no meaning here'],
      [String.raw`\sum_j X_j`, "a sum must say its index and range"],
      [String.raw`\sum_{j=0}^n X_j`, "a sum must run from 1 to a dimension"],
      [String.raw`\sum_{j=1}^{\infty} X_j`, "is not a dimension"],
      [String.raw`\frac{\partial E}{X}`, "must have ∂ above and below"],
      [String.raw`\frac{\partial E}{\partial X Y}`, "before one variable"],
      [String.raw`\mathbf{1}`, "must have its shape as subscript"],
      [String.raw`\mathbf{10}_p`, '"font" has no meaning here'],
      [String.raw`\sum_{i \in \mathcal{IJ}} X_i`, "a sum must run from 1"],
      [String.raw`\sum_{i \in \mathcal{I} 2} X_i`, "a sum must run from 1"],
      [String.raw`X \in \mathbb{RN}^{m}`, "after ∈ there must be"],
      [String.raw`\delta_{i}`, "must have two indices"],
      [String.raw`X \in \mathbb{N}_0`, "after ∈ there must be"],
      [String.raw`m \times`, "dimensions with × between them"],
      [String.raw`\left[ X \right]`, "the bracket [ has no meaning here"],
      ["X_{+}", '"+" is not an index'],
      ["(X", '"(" is not closed'],
      ["X)", '")" is not expected there'],
      ["X +", "something is missing at the end"],
      ["+", "something is missing at the end"],
      [String.raw`X \cdot`, "something is missing at the end"],
      [String.raw`\cdot X`, '"\\cdot" is not expected there'],
      [String.raw`\frac{1}`, "Unexpected end of input"],
    ];
    for (const [tex, reason] of refused) {
      const error = assertThrows(() => parseFormula(tex), FormulaError, reason);
      assertEquals(
        error.message.startsWith(`Cannot parse the formula "${tex}": `),
        true,
      );
    }
  });
});
