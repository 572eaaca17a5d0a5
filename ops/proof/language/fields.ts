// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Floating point.
 *
 * @module
 */

import type { Field } from "./expression.ts";
import { FUNCTIONS } from "./functions.ts";

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : a === b ? 0 : NaN;
}

/** Floating point. */
export const numbers: Field<number> = {
  constant: (value) => value,
  add: (a, b) => a + b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  power: (a, b) => a ** b,
  integerPower: (a, n) => a ** n,
  call: (name, x) => FUNCTIONS[name].number(x),
  compare,
  toInteger: (x) => Number.isInteger(x) ? x : NaN,
  sum: (terms) => terms.reduce((a, b) => a + b),
};
