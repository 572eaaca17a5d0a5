// Copyright 2026 the Adjoint authors. MIT license.

/**
 * How far a correct computation may be from the truth: running error analysis
 * (Higham, Accuracy and Stability of Numerical Algorithms, section 3.3) over 64
 * digits, so that neither overflow nor cancellation spoils the bound itself.
 *
 * Code need not compute a formula as it is written. So every input is assumed to
 * be off by one rounding, which makes the bound proportional to the condition of
 * the function, and sums may be computed in any order.
 *
 * @module
 */

import type { Field } from "./language/expression.ts";
import { FUNCTIONS } from "./language/functions.ts";
import type { Digits } from "./digits.ts";

/** The largest ε of all types with bounds, that of float32. */
const LARGEST = 2 ** -24;

/** A number and its error, in units of ε, to first order. */
export interface Bounded<D> {
  value: D;
  /** The error of the terms. */
  error: D;
  /** The terms of a sum: their absolute values together, and how many. */
  size: D;
  terms: number;
}

/** The field of numbers with their errors. */
export class Bounds<D> implements Field<Bounded<D>> {
  readonly #d: Digits<D>;
  readonly #zero: D;

  constructor(digits: Digits<D>) {
    this.#d = digits;
    this.#zero = digits.constant(0);
  }

  /** An input: it is wrong by one rounding. */
  input = (value: D): Bounded<D> => {
    return this.#rounded(value, this.#abs(value));
  };

  /** What is exact. */
  exact = (value: D): Bounded<D> => {
    return this.#rounded(value, this.#zero);
  };

  /** The error of a number, in units of ε. */
  error({ error, size, terms }: Bounded<D>): D {
    if (terms < 2) return error;
    const d = this.#d;
    return d.add(error, d.multiply(d.constant(terms - 1), size));
  }

  constant = (value: number, text?: string): Bounded<D> => {
    const exactly = this.#d.constant(value, text);
    return text === undefined ? this.exact(exactly) : this.input(exactly);
  };

  add = (a: Bounded<D>, b: Bounded<D>): Bounded<D> => {
    const d = this.#d;
    return {
      value: d.add(a.value, b.value),
      error: d.add(a.error, b.error),
      size: d.add(a.size, b.size),
      terms: a.terms + b.terms,
    };
  };

  sum = (terms: readonly Bounded<D>[]): Bounded<D> =>
    terms.reduce((a, b) => this.add(a, b));

  multiply = (a: Bounded<D>, b: Bounded<D>): Bounded<D> => {
    const d = this.#d;
    const value = d.multiply(a.value, b.value);
    const [ofA, ofB] = [this.error(a), this.error(b)];
    let error = d.add(
      d.multiply(this.#abs(a.value), ofB),
      d.multiply(this.#abs(b.value), ofA),
    );
    // If both are 0 by cancellation, nothing remains to first order.
    if (d.compare(error, this.#zero) === 0) {
      error = d.multiply(d.multiply(ofA, ofB), d.constant(LARGEST));
    }
    return this.#rounded(
      value,
      error,
      this.#isSign(a) || this.#isSign(b) ? 0 : 1,
    );
  };

  divide = (a: Bounded<D>, b: Bounded<D>): Bounded<D> => {
    const d = this.#d;
    const value = d.divide(a.value, b.value);
    const above = d.add(
      this.error(a),
      d.multiply(this.#abs(value), this.error(b)),
    );
    return this.#rounded(value, d.divide(above, this.#abs(b.value)), 1);
  };

  power = (base: Bounded<D>, exponent: Bounded<D>): Bounded<D> => {
    const d = this.#d;
    const value = d.power(base.value, exponent.value);
    const relative = d.divide(
      d.multiply(this.#abs(exponent.value), this.error(base)),
      this.#abs(base.value),
    );
    const log = this.#abs(d.call("log", base.value));
    return this.#rounded(
      value,
      d.multiply(
        this.#abs(value),
        d.add(relative, d.multiply(log, this.error(exponent))),
      ),
      4,
    );
  };

  integerPower = (base: Bounded<D>, exponent: number): Bounded<D> => {
    const d = this.#d;
    const value = d.integerPower(base.value, exponent);
    if (exponent === 0) return this.exact(value);
    const slope = d.multiply(
      d.constant(Math.abs(exponent)),
      this.#abs(d.integerPower(base.value, exponent - 1)),
    );
    return this.#rounded(
      value,
      d.multiply(slope, this.error(base)),
      Math.abs(exponent),
    );
  };

  call = (name: Parameters<Field<D>["call"]>[0], x: Bounded<D>): Bounded<D> => {
    const d = this.#d;
    const value = d.call(name, x.value);
    const error = this.error(x);
    const { derivative, units = 4 } = FUNCTIONS[name];
    // At the edge of its domain a function may have no slope: sqrt at 0.
    if (d.compare(error, this.#zero) === 0) {
      return this.#rounded(value, this.#zero, units);
    }
    const slope = derivative(d, x.value, value);
    return this.#rounded(value, d.multiply(this.#abs(slope), error), units);
  };

  compare = (a: Bounded<D>, b: Bounded<D>): number => {
    return this.#d.compare(a.value, b.value);
  };

  toInteger = (x: Bounded<D>): number => {
    return this.#d.toInteger(x.value);
  };

  /** A number that was rounded this many times. */
  #rounded(value: D, error: D, roundings = 0): Bounded<D> {
    const d = this.#d;
    const size = this.#abs(value);
    const own = roundings === 0
      ? error
      : d.add(error, d.multiply(d.constant(roundings), size));
    return { value, error: own, size, terms: 1 };
  }

  #isSign({ value }: Bounded<D>): boolean {
    const d = this.#d;
    return d.compare(this.#abs(value), d.constant(1)) === 0;
  }

  #abs(x: D): D {
    const d = this.#d;
    return d.compare(x, this.#zero) < 0 ? d.multiply(d.constant(-1), x) : x;
  }
}
