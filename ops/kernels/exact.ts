// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # How exact the elementary functions are
 *
 * There are $`2^{32}`$ float32 numbers, few enough to try them all. The right result
 * for each is computed in float64, by a formula that loses no digits there: its error
 * is a billionth of what is measured.
 *
 * The unit is the distance between the two float32 numbers around the exact value,
 * one unit in the last place (ulp). The nearest number is at most half a unit away. It
 * may be infinity, which takes the place of the next number.
 *
 * @module
 */

import type { Name } from "./elementary.ts";

/** Functions of one number with a bound of the error, in units in the last place. */
export type Function = Exclude<
  Name,
  "silu" | "gelu" | "geluTanh" | "elu" | "power"
>;

/** The bounds, and the functions in float64. */
export const FUNCTIONS: Readonly<
  Record<Function, { bound: number; of: (x: number) => number }>
> = {
  exp: {
    bound: 1,
    of: (x) => x > 89 ? Infinity : x < -105 ? 0 : Math.exp(x),
  },
  expm1: {
    bound: 2,
    of: (x) =>
      x > 89
        ? Infinity
        : x < -40
        ? -1
        : Math.abs(x) < SMALL
        ? x * (1 + x * (1 / 2 + x * (1 / 6 + x / 24)))
        : Math.expm1(x),
  },
  log: { bound: 1, of: Math.log },
  tanh: {
    bound: 1,
    of: (x) =>
      Math.abs(x) > 20
        ? Math.sign(x)
        : Math.abs(x) < SMALL
        ? x * (1 - x * x * (1 / 3 - x * x * 2 / 15))
        : Math.tanh(x),
  },
  logistic: {
    bound: 2,
    of: (x) =>
      x > 40
        ? 1
        : x < -105
        ? 0
        : Math.abs(x) < SMALL
        ? 1 / 2 + x * (1 / 4 - x * x / 48)
        : 1 / (1 + Math.exp(-x)),
  },
  softplus: {
    bound: 2,
    of: (x) =>
      x > 40
        ? x
        : x < -105
        ? 0
        : Math.abs(x) < SMALL
        ? Math.LN2 + x * (1 / 2 + x / 8)
        : Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  },
};

/** Below it, a few terms of a series suffice; they take less time. */
const SMALL = 2 ** -12;

/** The largest error that was found, and for which number. */
export interface Found {
  error: number;
  at: number;
}

/** Numbers that are tried at a time. */
const BLOCK = 2 ** 14;

/**
 * Tries a function on every `step`-th of the numbers whose bits are at least `from`
 * and below `to`. Its results must be NaN and 0 of the right sign where the exact
 * ones are.
 */
export function largestError(
  name: Function,
  f: (x: Float32Array, z: Float32Array) => void,
  [from, to, step]: readonly [number, number, number],
): Found {
  const { of } = FUNCTIONS[name];
  const bits = new Uint32Array(BLOCK), x = new Float32Array(bits.buffer);
  const z = new Float32Array(BLOCK);
  const found = { error: 0.5, at: NaN };
  for (let next = from; next < to;) {
    const count = Math.min(BLOCK, Math.ceil((to - next) / step));
    for (let i = 0; i < count; i++, next += step) bits[i] = next;
    f(x, z);
    for (let i = 0; i < count; i++) {
      const y = z[i], exact = of(x[i]), nearest = Math.fround(exact);
      if (y === nearest && y !== 0 || Object.is(y, nearest)) continue;
      // A unit is more than this share of the number; to compute it takes time.
      const share = Math.abs(exact) * 2 ** -24;
      if (Math.abs(y - exact) <= found.error * share) continue;
      const error = errorOf(y, exact);
      if (error <= found.error) continue;
      if (!(error < 10)) {
        throw new Error(`${name}(${x[i]}) is ${y}, not ${exact}`);
      }
      found.error = error;
      found.at = x[i];
    }
  }
  return found;
}

/** How far a number is from the exact one, in units in the last place of that. */
function errorOf(y: number, exact: number): number {
  if (Number.isNaN(y) || Number.isNaN(exact) || y === 0 && exact === 0) {
    return Infinity;
  }
  const infinity = 2 ** 128;
  const near = Math.min(Math.max(y, -infinity), infinity);
  return Math.abs(near - exact) / unitOf(exact);
}

/** The distance of the numbers around another one. */
export function unitOf(x: number): number {
  const size = Math.min(Math.max(Math.abs(x), 2 ** -126), 2 ** 128 - 2 ** 104);
  // The exponent of a float64.
  return 2 ** (Math.floor(Math.log2(size)) - 23);
}
