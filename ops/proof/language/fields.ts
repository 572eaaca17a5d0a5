// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Floating point, and floating point with a bound of its error.
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

/** A number, and how far it may be from what exact arithmetic would give. */
export interface Bounded {
  value: number;
  error: number;
}

/** What is lost where a number is too small to be normal. */
const TINY = 2 ** -1074;

/** Functions are right within so many units of rounding, if nothing else is said. */
const FUNCTION = 4;

/**
 * Running error analysis (Higham, Accuracy and Stability of Numerical Algorithms,
 * section 3.3): each operation adds its own rounding, `unit` relative to its
 * result, to what it makes of the errors of its operands. A sum may be taken in
 * any order.
 *
 * It bounds the error of code that uses another formula, too, if the inputs are
 * `given`: that takes them as wrong by one ε, which a stable formula may make of
 * them.
 */
export class ErrorBounds implements Field<Bounded> {
  readonly unit: number;

  /** The unit of rounding: 2⁻⁵³ for float64, 2⁻²⁴ for float32. */
  constructor(unit = 2 ** -53) {
    this.unit = unit;
  }

  /** An input, taken as wrong by one ε. */
  given = (value: number): Bounded => ({
    value,
    error: finite(2 * this.unit * Math.abs(value)),
  });

  constant = (value: number, text?: string): Bounded => {
    const isExact = text === undefined && Math.fround(value) === value;
    return { value, error: isExact ? 0 : finite(this.unit * Math.abs(value)) };
  };

  add = (a: Bounded, b: Bounded): Bounded =>
    this.#rounded(a.value + b.value, a.error + b.error);

  multiply = (a: Bounded, b: Bounded): Bounded =>
    this.#rounded(
      a.value * b.value,
      product(a.error, Math.abs(b.value)) +
        product(b.error, Math.abs(a.value)) + product(a.error, b.error),
    );

  divide = (a: Bounded, b: Bounded): Bounded => {
    const value = a.value / b.value;
    const below = Math.abs(b.value) - b.error;
    return this.#rounded(
      value,
      below > 0
        ? (a.error + product(b.error, Math.abs(value))) / below
        : b.error === 0
        ? 0 // Division by an exact 0.
        : Infinity,
    );
  };

  power = (a: Bounded, b: Bounded): Bounded => {
    const value = a.value ** b.value;
    const relative = product(Math.abs(b.value), a.error) /
        Math.max(Math.abs(a.value) - a.error, 0) +
      product(b.error, Math.abs(Math.log(Math.abs(a.value))));
    return this.#rounded(
      value,
      a.error + b.error === 0
        ? 0
        : product(Math.abs(value), Math.expm1(relative)),
      FUNCTION,
    );
  };

  integerPower = (a: Bounded, n: number): Bounded => {
    const value = a.value ** n;
    const size = Math.abs(a.value);
    const other = n < 0 ? size - a.error : size + a.error;
    return this.#rounded(
      value,
      a.error === 0 ? 0 : other > 0
        ? Math.abs(other ** n - size ** n) +
          // That difference is itself rounded.
          FUNCTION * this.unit * other ** n
        : Infinity,
      FUNCTION,
    );
  };

  call: Field<Bounded>["call"] = (name, x) => {
    const known = FUNCTIONS[name];
    const value = known.number(x.value);
    // The largest slope within the error, at its ends or between them.
    const slope = Math.max(
      ...[x.value - x.error, x.value, x.value + x.error].map((at) =>
        Math.abs(known.derivative(numbers, at, known.number(at)))
      ),
    );
    return this.#rounded(
      value,
      x.error === 0 ? 0 : Number.isNaN(slope) ? Infinity : slope * x.error,
      known.units ?? FUNCTION,
    );
  };

  compare = (a: Bounded, b: Bounded): number => compare(a.value, b.value);

  toInteger = (x: Bounded): number => numbers.toInteger(x.value);

  sum = (terms: readonly Bounded[]): Bounded => {
    let value = 0;
    let size = 0;
    let error = 0;
    for (const term of terms) {
      value += term.value;
      size += Math.abs(term.value);
      error += term.error;
    }
    return this.#rounded(
      value,
      error + (terms.length - 1) * this.unit * (size + error),
      0,
    );
  };

  #rounded(value: number, error: number, units = 1): Bounded {
    return {
      value,
      error: Number.isFinite(value)
        ? error + units * this.unit * Math.abs(value) + (units > 0 ? TINY : 0)
        : 0,
    };
  }
}

/** Nothing can be said of the error of NaN and infinity. */
function finite(error: number): number {
  return Number.isFinite(error) ? error : 0;
}

/** 0 · ∞ is 0 where an error is none. */
function product(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}
