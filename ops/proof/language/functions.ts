// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The functions of one number, one entry each: TeX, value, derivative, algebra.
 *
 * A number of another kind (64 digits, an error bound, a derivative) follows from
 * the entry: its condition number and its chain rule are the derivative's.
 *
 * @module
 */

import type { Field, FunctionName } from "./expression.ts";

/** What is known of a function. */
export interface Known {
  /** How it is written, besides \operatorname{name}. */
  tex?: string;
  /** Its value in floating point. */
  number(x: number): number;
  /** How many units of rounding it may be off by; 4 by default. */
  units?: number;
  /** Its derivative at x, where the function is y, over any field. */
  derivative<T>(f: Field<T>, x: T, y: T): T;
  /** mathjs's expression for it, of x, if mathjs has a derivative of that. */
  mathjs?: string;
}

const one = <T>(f: Field<T>) => f.constant(1);
const minus = <T>(f: Field<T>, a: T, b: T) =>
  f.add(a, f.multiply(f.constant(-1), b));
const over = <T>(f: Field<T>, x: T) => f.divide(one(f), x);
const squared = <T>(f: Field<T>, x: T) => f.multiply(x, x);

/** Every function; a new one is one entry. */
export const FUNCTIONS: Record<FunctionName, Known> = {
  exp: {
    tex: "\\exp",
    number: Math.exp,
    derivative: (_f, _x, y) => y,
    mathjs: "exp(x)",
  },
  log: {
    tex: "\\log",
    number: Math.log,
    derivative: (f, x) => over(f, x),
    mathjs: "log(x)",
  },
  log1p: {
    number: Math.log1p,
    derivative: (f, x) => over(f, f.add(one(f), x)),
    mathjs: "log(1 + x)",
  },
  expm1: {
    number: Math.expm1,
    derivative: (f, x) => f.call("exp", x),
    mathjs: "exp(x) - 1",
  },
  sqrt: {
    number: Math.sqrt,
    derivative: (f, _x, y) => f.divide(f.constant(0.5), y),
    mathjs: "sqrt(x)",
  },
  sin: {
    tex: "\\sin",
    number: Math.sin,
    derivative: (f, x) => f.call("cos", x),
    mathjs: "sin(x)",
  },
  cos: {
    tex: "\\cos",
    number: Math.cos,
    derivative: (f, x) => f.multiply(f.constant(-1), f.call("sin", x)),
    mathjs: "cos(x)",
  },
  tan: {
    tex: "\\tan",
    number: Math.tan,
    derivative: (f, _x, y) => f.add(one(f), squared(f, y)),
    mathjs: "tan(x)",
  },
  atan: {
    tex: "\\arctan",
    number: Math.atan,
    derivative: (f, x) => over(f, f.add(one(f), squared(f, x))),
    mathjs: "atan(x)",
  },
  sinh: {
    tex: "\\sinh",
    number: Math.sinh,
    derivative: (f, x) => f.call("cosh", x),
    mathjs: "sinh(x)",
  },
  cosh: {
    tex: "\\cosh",
    number: Math.cosh,
    derivative: (f, x) => f.call("sinh", x),
    mathjs: "cosh(x)",
  },
  tanh: {
    tex: "\\tanh",
    number: Math.tanh,
    derivative: (f, _x, y) => minus(f, one(f), squared(f, y)),
    mathjs: "tanh(x)",
  },
  erf: {
    number: erf,
    units: 8,
    // 2 ∕ √π · exp(−x²), with 2 ∕ √π = erf's own slope at 0.
    derivative: (f, x) =>
      f.multiply(
        f.constant(2 / Math.sqrt(Math.PI), "2/sqrt(pi)"),
        f.call("exp", f.multiply(f.constant(-1), squared(f, x))),
      ),
  },
  erfc: {
    number: erfc,
    units: 12,
    derivative: (f, x) =>
      f.multiply(
        f.constant(-2 / Math.sqrt(Math.PI), "-2/sqrt(pi)"),
        f.call("exp", f.multiply(f.constant(-1), squared(f, x))),
      ),
  },
};

/**
 * The error function in floating point: its series near 0, and 1 − erfc further
 * out (Abramowitz and Stegun 7.1.6).
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (!(a < 2)) return a > 6 ? Math.sign(x) : Math.sign(x) * (1 - erfc(a));
  let term = x * expOfSquare(x);
  let sum = term;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= 2 * x * x / (2 * n + 1);
    sum += term;
  }
  return 2 / Math.sqrt(Math.PI) * sum;
}

/** 1 − erf, by a continued fraction further out (7.1.14). */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x < 0.5) return 1 - erf(x);
  let fraction = 0;
  for (let n = Math.ceil(30 + 700 / (x * x)); n > 0; n--) {
    fraction = n / 2 / (x + fraction);
  }
  return expOfSquare(x) / Math.sqrt(Math.PI) / (x + fraction);
}

/** e^{−x²}; the rounding of x² would be multiplied by x². */
function expOfSquare(x: number): number {
  if (Math.abs(x) > 28) return 0;
  const near = Math.fround(x); // Its square is exact.
  return Math.exp(-near * near) * Math.exp((near - x) * (near + x));
}
