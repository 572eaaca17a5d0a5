// Copyright 2026 the Adjoint authors. MIT license.

/**
 * How far rounding may take a result from the truth, found by trying: the results
 * in float64 are computed anew with every input moved by a millionth of itself, at
 * random. How far a result moves is the sum of its terms, as far as that shows in
 * a sum of random signs; so the bound is generous, and a wrong term or a wrong
 * factor is still far beyond it.
 *
 * @module
 */

import { hash } from "./draw.ts";

/** Half a unit in the last place of 1, in each element type. */
export const UNIT = { float32: 2 ** -24, float64: 2 ** -53 };

/** The smallest number and the largest. */
const RANGE = {
  float32: [2 ** -149, (2 - 2 ** -23) * 2 ** 127],
  float64: [Number.MIN_VALUE, Number.MAX_VALUE],
};

const MOVES = 4;
const STEP = 2 ** -20;

/** The truth of the elements of a result, and how far each moves. */
export interface Truth {
  values: Float64Array;
  /** The size of the terms of each element. */
  sizes: Float64Array;
  /** How many numbers the result was computed from. */
  count: number;
}

/** The truth of a function of numbers, which is called several times. */
export function truthOf(
  f: (move: (x: number, tensor: number, i: number) => number) => Float64Array[],
  count: number,
): Truth[] {
  const all = f((x) => x).map((values) => ({
    values,
    sizes: values.map(Math.abs),
    count,
  }));
  for (let k = 0; k < MOVES; k++) {
    const moved = f((x, tensor, i) =>
      x * (1 + STEP * (hash(k, tensor, i) / 2 ** 31 - 1))
    );
    moved.forEach((values, r) => {
      const { values: at, sizes } = all[r];
      for (let i = 0; i < values.length; i++) {
        // Numbers between -1 and 1 have a mean square of a third. Squares of tiny
        // numbers would be 0.
        const moved = Math.sqrt(3 / MOVES) * (values[i] - at[i]) / STEP;
        sizes[i] = Math.hypot(sizes[i], moved);
      }
    });
  }
  return all;
}

/** Fails where a result is further from the truth than rounding can take it. */
export function assertClose(
  actual: ArrayLike<number>,
  { values, sizes, count }: Truth,
  dtype: "float32" | "float64",
  what: string,
): void {
  const [smallest, largest] = RANGE[dtype];
  const factor = 16 * Math.sqrt(count + 1) * UNIT[dtype];
  for (let i = 0; i < values.length; i++) {
    const truth = values[i];
    // Where a result or its terms overflow, it depends on the order of sums.
    if (!(sizes[i] < largest)) continue;
    const bound = factor * sizes[i] + (count + 1) * smallest;
    const distance = Math.abs(actual[i] - truth);
    if (distance <= bound) continue;
    throw new Error(
      `${what}[${i}] is ${
        actual[i]
      }, not ${truth}, ${distance} away where ${bound} is allowed`,
    );
  }
}
