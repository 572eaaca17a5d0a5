// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Random } from "./inputs.ts";
import { digits } from "./digits.ts";
import { numbers } from "./language/fields.ts";
import type { Field } from "./language/expression.ts";
import { bounds } from "./truth.ts";

const ε = 2 ** -53;

/** What formulas give over a field. */
type Formula = <T>(f: Field<T>, x: readonly T[]) => T;

const minus = <T>(f: Field<T>, a: T, b: T) =>
  f.add(a, f.multiply(f.constant(-1), b));

const FORMULAS: Record<string, Formula> = {
  "a sum": (f, x) => x.reduce(f.add),
  "a difference of products": (f, x) =>
    minus(f, f.multiply(x[0], x[1]), f.multiply(x[2], x[3])),
  "a quotient of differences": (f, x) =>
    f.divide(minus(f, x[0], x[1]), minus(f, x[2], x[3])),
  "a softmax": (f, x) =>
    f.divide(
      f.call("exp", x[0]),
      x.map((a) => f.call("exp", a)).reduce(f.add),
    ),
  "1 − σ": (f, x) => {
    const one = f.constant(1);
    return minus(f, one, f.divide(one, f.add(one, f.call("exp", x[0]))));
  },
  "powers and roots": (f, x) =>
    f.call("sqrt", f.add(f.integerPower(x[0], 2), f.integerPower(x[1], 4))),
  "the logarithm of a power": (f, x) =>
    f.call("log", f.power(f.integerPower(x[0], 2), f.constant(0.3, "0.3"))),
};

describe("Bounds", () => {
  for (const [name, formula] of Object.entries(FORMULAS)) {
    it(`is above the error of floating point, and not by far: ${name}`, () => {
      const random = new Random(5);
      let largest = 0;
      for (let i = 0; i < 200; i++) {
        const scale = random.pick([1e-3, 1, 1, 8, 300]);
        const x = Array.from({ length: 5 }, () => scale * random.either());
        const inputs = x.map((v) => bounds.input(digits.constant(v)));
        const { value, ...rest } = formula(bounds, inputs);
        const error = digits.toNumber(bounds.error({ value, ...rest })) * ε;
        const found = formula(numbers, x);
        const minusFound = digits.constant(-found);
        const off = Math.abs(digits.toNumber(digits.add(value, minusFound)));
        if (!Number.isFinite(found)) continue;
        assert(off <= error + 2 ** -1022, `${x}: ${off} ≤ ${error}`);
        if (error > 0) largest = Math.max(largest, off / error);
      }
      assert(largest > 0.01, `${largest}`);
    });
  }

  it("counts the terms of a sum in any order", () => {
    const terms = Array.from(
      { length: 8 },
      () => bounds.exact(digits.constant(1)),
    );
    const sum = (order: typeof terms) =>
      digits.toNumber(bounds.error(order.reduce(bounds.add)));
    const [a, b, c, d, ...rest] = terms;
    const tree = [bounds.add(a, b), bounds.add(c, d), ...rest];
    assertEquals(sum(terms), 7 * 8);
    assertEquals(sum(tree), 7 * 8);
  });

  it("does not overflow", () => {
    const x = bounds.call("exp", bounds.input(digits.constant(1e4)));
    const y = bounds.divide(x, bounds.add(x, x));
    const error = digits.toNumber(bounds.error(y));
    assert(error > 1e4 && error < 1e5);
  });

  it("takes what is exact as exact", () => {
    const one = bounds.constant(1);
    assertEquals(digits.toNumber(bounds.error(one)), 0);
    const minusOne = bounds.multiply(bounds.constant(-1), one);
    assertEquals(digits.toNumber(bounds.error(minusOne)), 0);
    const tenth = bounds.constant(0.1, "0.1");
    assertEquals(digits.toNumber(bounds.error(tenth)), 0.1);
    const root = bounds.call("sqrt", bounds.constant(0));
    assertEquals(digits.toNumber(bounds.error(root)), 0);
  });
});
