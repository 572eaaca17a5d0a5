// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { evaluate, freeIndices, type Scope, type Value } from "./evaluate.ts";
import {
  algebra,
  algebraVariable,
  areEqual,
  digits64,
  exactly,
  magnitudes,
  numbers,
} from "./fields.ts";
import { EvaluationError, type Expr, parseFormula } from "./formula.ts";
import { Sizes } from "./page.ts";

function read(tex: string): Expr {
  const [statement] = parseFormula(tex);
  if (statement.kind === "expression") return statement.expr;
  throw new Error(`"${tex}" is no expression`);
}

const sizes = new Sizes();
sizes.bind(["m", "n"], [2, 3], "A");

const TENSORS: Record<string, Value<number>> = {
  A: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
  B: { shape: [3, 2], data: [1, 0, 0, 1, 1, 1] },
  T: { shape: [2, 1, 2], data: [1, 2, 3, 4] },
  u: { shape: [2], data: [10, 20] },
  v: { shape: [3], data: [1, 2, 3] },
  s: { shape: [], data: [5] },
  E: { shape: [0, 3], data: [] },
};

const scope: Scope<number> = {
  field: numbers,
  sizes,
  axes: () => [],
  symbol: (name) => TENSORS[name],
  partial: () => TENSORS.A,
};

/** The value of a formula where the indices are these, counted from 1. */
function value(tex: string, indices: Record<string, number> = {}) {
  const places = Object.entries(indices).map(([name, i]) =>
    [name, [i - 1]] as const
  );
  return evaluate(read(tex), scope, new Map(places));
}

const vector = (...data: number[]) => ({ shape: [data.length], data });
const number = (x: number) => ({ shape: [], data: [x] });

describe("evaluate()", () => {
  it("takes elements and slices", () => {
    assertEquals(value("A_{ij}", { i: 2, j: 3 }), number(6));
    assertEquals(value("A_{1j}", { j: 2 }), number(2));
    assertEquals(value("A_i", { i: 2 }), vector(4, 5, 6));
    assertEquals(value("T_{i}", { i: 2 }), { shape: [1, 2], data: [3, 4] });
    assertEquals(
      value(String.raw`\frac{\partial E}{\partial A_{ij}}`, { i: 1, j: 3 }),
      number(3),
    );
  });

  it("multiplies matrices, columns, rows and numbers", () => {
    assertEquals(value("A B"), { shape: [2, 2], data: [4, 5, 10, 11] });
    assertEquals(value("A v"), vector(14, 32));
    assertEquals(value("u^T A"), { ...vector(90, 120, 150), row: true });
    assertEquals(value("u v^T"), {
      shape: [2, 3],
      data: [10, 20, 30, 20, 40, 60],
    });
    assertEquals(value("v^T v"), number(14));
    assertEquals(value("s u"), vector(50, 100));
    assertEquals(value("u s"), vector(50, 100));
    assertEquals(value(String.raw`\frac{u}{s}`), vector(2, 4));
    assertEquals(value("-u"), vector(-10, -20));
    assertEquals(value("E^T E"), { shape: [3, 3], data: Array(9).fill(0) });
  });

  it("transposes", () => {
    assertEquals(value("A^T"), { shape: [3, 2], data: [1, 4, 2, 5, 3, 6] });
    assertEquals(value("(u^T)^T"), vector(10, 20));
    assertEquals(value("s^T"), number(5));
  });

  it("sums, and knows ones, deltas and inner products", () => {
    assertEquals(
      value(String.raw`\sum_{j=1}^{n} A_{ij}`, { i: 2 }),
      number(15),
    );
    assertEquals(value(String.raw`\sum_{i=1}^{m} A_i`), vector(5, 7, 9));
    assertEquals(value(String.raw`A \mathbf{1}_n`), vector(6, 15));
    assertEquals(value(String.raw`\langle A, A \rangle`), number(91));
    assertEquals(value(String.raw`\delta_{ij}`, { i: 1, j: 1 }), number(1));
    assertEquals(value(String.raw`\delta_{ij}`, { i: 1, j: 2 }), number(0));
    assertEquals(value("A + A - 2 A").data, Array(6).fill(0));
  });

  it("refuses what has no value", () => {
    const refused: [string, string][] = [
      ["A A", "2×3 times 2×3 has no product"],
      ["T u", "a tensor of shape 2×1×2 is not a matrix"],
      ["u + v", "2 and 3 cannot be added"],
      ["u + u^T", "2 and a row of 2 cannot be added"],
      ["s + u", "a number and 2 cannot be added"],
      [
        String.raw`\langle u, v \rangle`,
        "2 and 3 cannot have an inner product",
      ],
      [String.raw`\frac{s}{u}`, "a fraction must have a number below"],
      ["A_{ij}", "nothing says what the index i is"],
      ["A_{31}", "A is 2×3 and has no element (3, 1)"],
      ["u_{11}", "u has 1 axes, and 2 indices here"],
      ["(A B)_{111}", "the tensor has 2 axes, and 3 indices here"],
      [String.raw`\mathbf{1}_q`, "the table of shapes has no dimension q"],
    ];
    for (const [tex, reason] of refused) {
      assertThrows(() => value(tex), EvaluationError, reason);
    }
  });
});

describe("freeIndices()", () => {
  it("finds what is not summed over, in order", () => {
    const tex = String.raw`\sum_{j=1}^{n} A_{ij} B_{jk} \delta_{ab} + A_{1j}`;
    assertEquals(freeIndices(read(tex)), ["i", "k", "a", "b", "j"]);
  });
});

describe("the fields", () => {
  it("keep 64 digits of the very number that the bits hold", () => {
    const tenth = digits64.add(exactly(0.1), digits64.constant(0));
    assertEquals(
      tenth.toString(),
      "0.1000000000000000055511151231257827021181583404541015625",
    );
    const third = digits64.divide(exactly(1), exactly(3));
    assertEquals(third.toString(), `0.${"3".repeat(64)}`);
    assertEquals(
      digits64.multiply(third, exactly(3)).toString(),
      `0.${"9".repeat(64)}`,
    );
  });

  it("count the terms and add up their sizes", () => {
    const lifted: Scope<{ size: number; terms: number }> = {
      ...scope,
      field: magnitudes,
      symbol: (name) => ({
        ...TENSORS[name],
        data: TENSORS[name].data.map(magnitudes.constant),
      }),
      partial: () => ({ shape: [], data: [] }),
    };
    const at = (tex: string) => evaluate(read(tex), lifted, new Map()).data[0];
    assertEquals(at("-A v"), { size: 14, terms: 3 });
    assertEquals(at(String.raw`\frac{u_1}{2} - s`), { size: 10, terms: 2 });
  });

  it("find algebra equal that is written differently", () => {
    const [a, b] = ["a", "b"].map((name) => algebraVariable(name, [0]));
    const sum = algebra.add(algebra.multiply(a, b), a);
    assertEquals(areEqual(sum, algebra.add(a, algebra.multiply(b, a))), true);
    assertEquals(areEqual(sum, algebra.add(a, algebra.multiply(b, b))), false);
    const half = algebra.divide(algebra.add(a, a), algebra.constant(2));
    assertEquals(areEqual(half, a), true);
  });
});
