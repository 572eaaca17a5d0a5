// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Bounds } from "./bounds.ts";
import { digits } from "./digits.ts";
import {
  add,
  type Digits,
  exactly,
  multiply,
  subtract,
} from "./language/digits.ts";
import type { Field, FunctionName } from "./language/expression.ts";
import { numbers } from "./language/fields.ts";
import { FUNCTIONS } from "./language/functions.ts";
import { total } from "./language/values.ts";

/** Numbers that are always the same, from −1 to 1. */
function drawing(seed: number): () => number {
  let state = seed * 2654435 % 2147483647;
  return () => {
    state = state * 16807 % 2147483647;
    return state / 2147483647 * 2 - 1;
  };
}

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

const bounds = new Bounds(digits);

function errorOf(found: number, truth: Digits): number {
  return Math.abs(digits.toNumber(subtract(exactly(found), truth)));
}

describe("Bounds", () => {
  for (
    const [what, unit, field] of [
      ["float64", 2 ** -53, numbers],
      ["float32", 2 ** -24, singles],
    ] as const
  ) {
    for (const [name, formula] of Object.entries(FORMULAS)) {
      it(`bound the error of ${name} in ${what}, and by not much more`, () => {
        const random = drawing(name.length);
        let closest = 0;
        for (let i = 0; i < 60; i++) {
          const scale = [1, 0.01, 8][i % 3];
          const xs = Array.from(
            { length: 5 },
            () => field.constant(random() * scale),
          );
          const exact = formula(bounds, xs.map(exactly).map(bounds.exact));
          const error = unit * digits.toNumber(bounds.error(exact));
          const found = errorOf(formula(field, xs), exact.value);
          assert(found <= error + 2 ** -1074, `${xs}: ${found} > ${error}`);
          closest = Math.max(closest, found / error);
        }
        assert(closest > 1 / 50, `${closest}`);
      });

      it(`bound what inputs wrong by one rounding do to ${name} in ${what}`, () => {
        const random = drawing(name.length + 1);
        for (let i = 0; i < 30; i++) {
          const xs = Array.from(
            { length: 3 },
            () => field.constant(random() * 3),
          );
          const given = formula(bounds, xs.map(exactly).map(bounds.input));
          const error = unit * digits.toNumber(bounds.error(given));
          const wrong = xs.map((x, k) => {
            const by = (k % 2 === 0 ? unit : -unit) * random();
            return multiply(exactly(x), add(exactly(1), exactly(by)));
          });
          const truth = formula(digits, wrong);
          const found = Math.abs(digits.toNumber(subtract(given.value, truth)));
          assert(found <= error, `${xs}: ${found} > ${error}`);
        }
      });
    }
  }

  it("take what is exact as exact", () => {
    const errorOfConstant = (value: number, text?: string) =>
      digits.toNumber(bounds.error(bounds.constant(value, text)));
    assertEquals(errorOfConstant(3), 0);
    assertEquals(errorOfConstant(0.5), 0);
    assert(errorOfConstant(0.1, "0.1") > 0);
    assert(errorOfConstant(Math.PI, "\\pi") > 0);
  });
});
