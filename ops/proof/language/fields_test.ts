// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  type Digits,
  digits64,
  exactly,
  subtract,
  toNumber,
} from "./digits.ts";
import type { Field, FunctionName } from "./expression.ts";
import { type Bounded, ErrorBounds, numbers } from "./fields.ts";
import { FUNCTIONS } from "./functions.ts";
import { drawing } from "./language_testing.ts";
import { total } from "./values.ts";

/** Arithmetic that rounds every result to float32. */
const singles: Field<number> = {
  ...numbers,
  constant: Math.fround,
  add: (a, b) => Math.fround(a + b),
  multiply: (a, b) => Math.fround(a * b),
  divide: (a, b) => Math.fround(a / b),
  power: (a, b) => Math.fround(a ** b),
  integerPower: (a, n) => Math.fround(a ** n),
  call: (name, x) => Math.fround(FUNCTIONS[name].number(x)),
  sum: (terms) => terms.reduce((a, b) => Math.fround(a + b)),
};

/** Expressions of some numbers over any field. */
const FORMULAS: Record<string, <T>(f: Field<T>, x: readonly T[]) => T> = {
  sum: (f, x) => total(f, x),
  "sum in another order": (f, x) => x.reduce((a, b) => f.add(b, a)),
  products: (f, x) => x.reduce(f.multiply),
  quotients: (f, x) => x.reduce(f.divide),
  cancellation: (f, [a, b]) =>
    f.add(
      f.multiply(f.add(a, b), f.add(a, b)),
      f.multiply(f.constant(-1), f.add(f.multiply(a, a), f.multiply(b, b))),
    ),
  softmax: (f, x) => {
    const all = x.map((a) => f.call("exp", a));
    return f.divide(all[0], total(f, all));
  },
  "a norm": (f, x) => f.call("sqrt", total(f, x.map((a) => f.multiply(a, a)))),
  "log 1 + e^x": (f, [a]) =>
    f.call("log", f.add(f.constant(1), f.call("exp", a))),
  sigmoid: (f, [a]) =>
    f.divide(
      f.constant(1),
      f.add(f.constant(1), f.call("exp", f.multiply(f.constant(-1), a))),
    ),
  gelu: (f, [a]) =>
    f.multiply(
      f.multiply(f.constant(0.5), a),
      f.add(
        f.constant(1),
        f.call("erf", f.divide(a, f.call("sqrt", f.constant(2)))),
      ),
    ),
  "a power": (f, [a]) =>
    f.power(f.add(f.multiply(a, a), f.constant(0.25)), f.constant(1.7)),
  "whole powers": (f, [a, b]) =>
    f.add(f.integerPower(a, 5), f.integerPower(b, -3)),
  variance: (f, x) => {
    const n = f.constant(x.length);
    const mean = f.divide(total(f, x), n);
    const minus = f.multiply(f.constant(-1), mean);
    return f.divide(
      total(f, x.map((a) => f.integerPower(f.add(a, minus), 2))),
      n,
    );
  },
  decimal: (f, [a]) => f.multiply(f.constant(0.1, "0.1"), a),
};

for (const name of Object.keys(FUNCTIONS) as FunctionName[]) {
  FORMULAS[name] = (f, [a]) =>
    f.call(
      name,
      name === "log" || name === "sqrt" || name === "log1p"
        ? f.add(f.multiply(a, a), f.constant(0.25))
        : a,
    );
}

function errorOf(found: number, truth: Digits): number {
  return Math.abs(toNumber(subtract(exactly(found), truth)));
}

describe("ErrorBounds", () => {
  for (
    const [what, unit, field] of [
      ["float64", 2 ** -53, numbers],
      ["float32", 2 ** -24, singles],
    ] as const
  ) {
    for (const [name, formula] of Object.entries(FORMULAS)) {
      it(`bounds the error of ${name} in ${what}, and by not much more`, () => {
        const bounds = new ErrorBounds(unit);
        const random = drawing(name.length);
        let closest = 0;
        for (let i = 0; i < 60; i++) {
          const scale = [1, 0.01, 8][i % 3];
          const xs = Array.from(
            { length: 5 },
            () => field.constant(random() * scale),
          );
          const truth = formula(digits64, xs.map(exactly));
          const exact = (value: number): Bounded => ({ value, error: 0 });
          const { error } = formula(bounds, xs.map(exact));
          const found = errorOf(formula(field, xs), truth);
          assert(found <= error, `${xs}: ${found} > ${error}`);
          closest = Math.max(closest, found / error);
        }
        assert(closest > 1 / 50, `${closest}`);
      });

      it(`bounds what an input wrong by one ε does to ${name} in ${what}`, () => {
        const bounds = new ErrorBounds(unit);
        const random = drawing(name.length + 1);
        for (let i = 0; i < 30; i++) {
          const xs = Array.from(
            { length: 3 },
            () => field.constant(random() * 3),
          );
          const { value, error } = formula(bounds, xs.map(bounds.given));
          const wrong = xs.map((x, k) =>
            x * (1 + (k % 2 === 0 ? 2 : -2) * unit * random())
          );
          const found = errorOf(value, formula(digits64, wrong.map(exactly)));
          assert(found <= error, `${xs}: ${found} > ${error}`);
        }
      });
    }
  }

  it("says nothing of NaN and infinity, and does not hide them", () => {
    const bounds = new ErrorBounds();
    assertEquals(bounds.add(bounds.given(Infinity), bounds.given(1)), {
      value: Infinity,
      error: 0,
    });
    assertEquals(bounds.given(NaN), { value: NaN, error: 0 });
    const zero = { value: 0, error: 0 };
    assertEquals(bounds.divide(bounds.constant(1), zero).value, Infinity);
    const near = { value: 1e-20, error: 1e-16 };
    assertEquals(bounds.divide(bounds.constant(1), near).error, Infinity);
    assertEquals(bounds.call("sqrt", zero), { value: 0, error: 2 ** -1074 });
  });

  it("takes what is exact as exact", () => {
    const bounds = new ErrorBounds();
    assertEquals(bounds.constant(3).error, 0);
    assertEquals(bounds.constant(0.5).error, 0);
    assert(bounds.constant(0.1, "0.1").error > 0);
    assert(bounds.constant(Math.PI, "\\pi").error > 0);
  });
});
