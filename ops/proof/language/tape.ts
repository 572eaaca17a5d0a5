// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Derivatives over any field: each number remembers what it was computed from,
 * and the chain rule runs backward along that.
 *
 * @module
 */

import type { Field, FunctionName } from "./expression.ts";
import { FUNCTIONS } from "./functions.ts";

/** A number that remembers what it was computed from. */
export interface Tracked<T> {
  readonly value: T;
  /** Its place in the order of computation. */
  readonly order: number;
  /** What it hangs on, if it hangs on a variable. */
  readonly of: readonly Tracked<T>[];
  /** Its derivative with respect to each of these. */
  readonly slopes: () => readonly T[];
  /** Whether it is a variable, or hangs on one. */
  readonly varies: boolean;
}

const none = () => [];

/** A field of numbers that remember. */
export class Tape<T> implements Field<Tracked<T>> {
  readonly base: Field<T>;
  #order = 0;
  readonly #zero: T;
  readonly #one: T;

  constructor(base: Field<T>) {
    this.base = base;
    this.#zero = base.constant(0);
    this.#one = base.constant(1);
  }

  /** A number with respect to which is differentiated. */
  variable = (value: T): Tracked<T> => ({
    value,
    order: this.#order++,
    of: [],
    slopes: none,
    varies: true,
  });

  /** A number that does not change. */
  fixed = (value: T): Tracked<T> => ({
    value,
    order: this.#order++,
    of: [],
    slopes: none,
    varies: false,
  });

  /** The same number as one of its own, with respect to which is differentiated. */
  named = (x: Tracked<T>): Tracked<T> => ({
    value: x.value,
    order: this.#order++,
    of: x.varies ? [x] : [],
    slopes: () => [this.#one],
    varies: true,
  });

  #computed(
    value: T,
    of: readonly Tracked<T>[],
    slopes: () => readonly T[],
  ): Tracked<T> {
    const varies = of.some((x) => x.varies);
    return {
      value,
      order: this.#order++,
      of: varies ? of : [],
      slopes: varies ? slopes : none,
      varies,
    };
  }

  constant = (value: number, text?: string): Tracked<T> =>
    this.fixed(this.base.constant(value, text));

  add = (a: Tracked<T>, b: Tracked<T>): Tracked<T> =>
    this.#computed(
      this.base.add(a.value, b.value),
      [a, b],
      () => [this.#one, this.#one],
    );

  multiply = (a: Tracked<T>, b: Tracked<T>): Tracked<T> =>
    this.#computed(
      this.base.multiply(a.value, b.value),
      [a, b],
      () => [b.value, a.value],
    );

  divide = (a: Tracked<T>, b: Tracked<T>): Tracked<T> => {
    const { base } = this;
    const value = base.divide(a.value, b.value);
    return this.#computed(value, [a, b], () => [
      base.divide(this.#one, b.value),
      base.multiply(base.constant(-1), base.divide(value, b.value)),
    ]);
  };

  power = (a: Tracked<T>, b: Tracked<T>): Tracked<T> => {
    const { base } = this;
    const value = base.power(a.value, b.value);
    return this.#computed(value, [a, b], () => [
      base.multiply(
        b.value,
        base.power(a.value, base.add(b.value, base.constant(-1))),
      ),
      // Of a fixed exponent nobody asks, and a < 0 has no logarithm.
      b.varies ? base.multiply(value, base.call("log", a.value)) : this.#zero,
    ]);
  };

  integerPower = (a: Tracked<T>, n: number): Tracked<T> => {
    const { base } = this;
    return this.#computed(base.integerPower(a.value, n), [a], () => [
      n === 0
        ? this.#zero
        : base.multiply(base.constant(n), base.integerPower(a.value, n - 1)),
    ]);
  };

  call = (name: FunctionName, x: Tracked<T>): Tracked<T> => {
    const { base } = this;
    const value = base.call(name, x.value);
    return this.#computed(
      value,
      [x],
      () => [FUNCTIONS[name].derivative(base, x.value, value)],
    );
  };

  compare = (a: Tracked<T>, b: Tracked<T>): number =>
    this.base.compare(a.value, b.value);

  toInteger = (x: Tracked<T>): number => this.base.toInteger(x.value);

  sum = (terms: readonly Tracked<T>[]): Tracked<T> => {
    const values = terms.map((t) => t.value);
    const value = this.base.sum === undefined
      ? values.reduce(this.base.add)
      : this.base.sum(values);
    return this.#computed(value, terms, () => terms.map(() => this.#one));
  };

  /**
   * The derivatives of Σ weightₖ · ofₖ with respect to each of some numbers, in
   * one sweep.
   */
  gradient(
    of: readonly Tracked<T>[],
    weights: readonly T[],
    by: readonly Tracked<T>[],
  ): T[] {
    const { base } = this;
    const parts = new Map<Tracked<T>, T[]>();
    const reached = new Set<Tracked<T>>();
    const reach = (start: Tracked<T>) => {
      const left = [start];
      for (let x = left.pop(); x !== undefined; x = left.pop()) {
        if (!x.varies || reached.has(x)) continue;
        reached.add(x);
        left.push(...x.of);
      }
    };
    of.forEach((x, i) => {
      reach(x);
      (parts.get(x) ?? parts.set(x, []).get(x)!).push(weights[i]);
    });
    const totals = new Map<Tracked<T>, T>();
    for (const x of [...reached].sort((a, b) => b.order - a.order)) {
      const terms = parts.get(x);
      if (terms === undefined) continue;
      const total = terms.length > 2 && base.sum
        ? base.sum(terms)
        : terms.reduce(base.add);
      totals.set(x, total);
      if (x.of.length === 0) continue;
      const slopes = x.slopes();
      for (const [i, parent] of x.of.entries()) {
        if (!parent.varies) continue;
        const term = slopes[i] === this.#one
          ? total
          : base.multiply(total, slopes[i]);
        const known = parts.get(parent);
        if (known === undefined) parts.set(parent, [term]);
        else known.push(term);
      }
    }
    return by.map((x) => totals.get(x) ?? this.#zero);
  }
}
