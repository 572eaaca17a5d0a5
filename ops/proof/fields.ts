// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The kinds of number that a formula is evaluated over: floating point, 64
 * digits, the size of its terms, and algebra.
 *
 * @module
 */

import { all, type BigNumber, create, type MathNode } from "mathjs";
import type { Field } from "./evaluate.ts";

const math = create(all);
const math64 = create(all, { number: "BigNumber", precision: 64 });

/** Floating point, by mathjs. */
export const numbers: Field<number> = {
  constant: (value) => value,
  add: (a, b) => math.add(a, b),
  multiply: (a, b) => math.multiply(a, b),
  divide: (a, b) => math.divide(a, b),
};

/** Decimal numbers of 64 digits, by mathjs: the truth. */
export const digits64: Field<BigNumber> = {
  constant: exactly,
  add: (a, b) => math64.add(a, b),
  multiply: (a, b) => math64.multiply(a, b) as BigNumber,
  divide: (a, b) => math64.divide(a, b) as BigNumber,
};

/** The first 64 digits of the very number that the bits hold, not of its name. */
export function exactly(value: number): BigNumber {
  return math64.bignumber(value.toPrecision(64));
}

/** How large a sum is, term by term, and how many terms it has. */
export interface Magnitude {
  /** The sum of the absolute values of the terms. */
  size: number;
  /** The number of terms. */
  terms: number;
}

/**
 * The field in which a formula tells its rounding error: a sum of k terms is
 * wrong by at most k·ε times the sum of their absolute values (Higham, Accuracy
 * and Stability of Numerical Algorithms, section 3.1).
 */
export const magnitudes: Field<Magnitude> = {
  constant: (value) => ({ size: Math.abs(value), terms: 1 }),
  add: (a, b) => ({ size: a.size + b.size, terms: a.terms + b.terms }),
  multiply: (a, b) => ({ size: a.size * b.size, terms: a.terms * b.terms }),
  divide: (a, b) => ({ size: a.size / b.size, terms: a.terms * b.terms }),
};

/** Algebra, by mathjs. What is 0 or 1 is folded, to keep the sums short. */
export const algebra: Field<MathNode> = {
  constant: (value) => new math.ConstantNode(value),
  add: (a, b) => isConstant(a, 0) ? b : isConstant(b, 0) ? a : node("+", a, b),
  multiply: (a, b) => {
    if (isConstant(a, 0) || isConstant(b, 1)) return a;
    if (isConstant(b, 0) || isConstant(a, 1)) return b;
    return node("*", a, b);
  },
  divide: (a, b) => node("/", a, b),
};

function isConstant(node: MathNode, value: number): boolean {
  return "value" in node && node.value === value;
}

function node(op: "+" | "-" | "*" | "/", a: MathNode, b: MathNode): MathNode {
  const names = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
  } as const;
  return new math.OperatorNode(op, names[op], [a, b]) as MathNode;
}

/** The derivative of an expression with respect to a variable. */
export function derivative(of: MathNode, by: MathNode): MathNode {
  // `simplify` after each derivative would take most of the time of the proof.
  return math.simplifyCore(
    math.derivative(of, by.toString(), { simplify: false }),
  );
}

/** The value of an expression where its variables have these. */
export function valueAt(
  of: MathNode,
  variables: Record<string, number>,
): number {
  return of.evaluate(variables);
}

const decided = new Map<string, boolean>();

/** Whether algebra finds two expressions equal. */
export function areEqual(a: MathNode, b: MathNode): boolean {
  if (a.toString() === b.toString()) return true;
  const difference = node("-", a, b);
  const name = difference.toString();
  let equal = decided.get(name);
  if (equal === undefined) {
    equal = math.simplify(difference).toString() === "0";
    decided.set(name, equal);
  }
  return equal;
}

/** The variable for one element of a tensor. */
export function algebraVariable(name: string, at: readonly number[]): MathNode {
  return new math.SymbolNode([name, ...at.map((i) => i + 1)].join("_"));
}
