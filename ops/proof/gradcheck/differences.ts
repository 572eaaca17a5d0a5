// Copyright 2026 the Adjoint authors. MIT license.

// Difference quotients, and their limits for steps to 0.

import { showShape } from "../../_checks.ts";
import type { Tensor } from "../../tensor.ts";
import { call, type Point, Problem, STEP } from "./functions.ts";

/** The relative step from which the second look starts. */
const LARGEST_STEP = 2 ** -4;

/** The part of the tolerance within which one look is enough. */
export const SURE = 1e-3;

/** `dout` times the slope of the output along a direction. */
interface Slope {
  readonly value: number;
  /** What the rounding of the output can add to it. */
  readonly noise: number;
  /** The direction, after the rounding of its ends. */
  readonly moved: Float64Array;
}

/** The outputs on both sides of the point, `t v` away. */
export function bothSides(
  { forward, inputs, output }: Point,
  k: number,
  from: number,
  v: Float64Array,
  t: number,
): { ahead: Tensor["data"]; behind: Tensor["data"]; moved: Float64Array } {
  const { shape, data } = inputs[k];
  const plus = data.slice();
  const minus = data.slice();
  const moved = v.map((v, i) => {
    plus[from + i] += t * v;
    minus[from + i] -= t * v;
    return (plus[from + i] - minus[from + i]) / (2 * t);
  });
  const [ahead, behind] = [plus, minus].map((data) => {
    const { result } = call(forward, inputs.with(k, { shape, data }));
    if (showShape(result.shape) !== showShape(output.shape)) {
      throw new Problem(
        `${forward.label} gives outputs of different shapes for inputs of one shape: ${
          showShape(output.shape)
        }, then ${showShape(result.shape)}`,
      );
    }
    return result.data;
  });
  return { ahead, behind, moved };
}

/** How an output changes; one that stays infinite or NaN does not. */
export function change(from: number, to: number): number {
  return Object.is(from, to) ? 0 : to - from;
}

/**
 * The central difference along `v`, which starts at element `from`. `touched`
 * collects the outputs that have changed: if one then stays the same at a
 * smaller step, its rounding has swallowed the change.
 */
export function central(
  point: Point,
  k: number,
  from: number,
  v: Float64Array,
  t: number,
  touched: Set<number>,
): Slope {
  const { ahead, behind, moved } = bothSides(point, k, from, v, t);
  const dout = point.dout.data;
  let value = 0;
  for (let i = 0; i < dout.length; i++) {
    const rise = change(behind[i], ahead[i]);
    if (rise === 0) continue;
    value += dout[i] * rise;
    touched.add(i);
  }
  let size = 0;
  for (const i of touched) {
    size += Math.abs(dout[i]) * (Math.abs(ahead[i]) + Math.abs(behind[i]));
  }
  const noise = 4 * Number.EPSILON * size;
  return { value: value / (2 * t), noise: noise / (2 * t), moved };
}

/** A difference quotient, or how far it is from what it should be. */
export interface Quotient {
  readonly value: number;
  /** What the rounding of the output can add to the value. */
  readonly noise: number;
  /** The slope itself, which errors are relative to. */
  readonly slope: number;
}

/** The limit of a quotient for steps to 0. */
export interface Limit extends Quotient {
  /** How far the value can be off. */
  readonly error: number;
  /** The smallest step that went into it. */
  readonly t: number;
}

/**
 * The limit by Ridders' method: of all extrapolations, the one that is
 * relatively best, up to the first that is good enough. Absolute errors would
 * favor the far side of a pole, where slopes are small. Steps at which the
 * function throws or is not finite are left out.
 */
export function extrapolate(
  quotient: (t: number) => Quotient,
  enough: number,
): Limit {
  let best: Limit = {
    value: NaN,
    noise: 0,
    slope: NaN,
    error: Infinity,
    t: STEP,
  };
  let quality = Infinity;
  let previous: number[] = [];
  for (let t = LARGEST_STEP; t >= 2 ** -40 && quality > enough; t /= 4) {
    const { value, noise, slope } = quotientOrNaN(quotient, t);
    const row = Number.isFinite(value) ? [value] : [];
    for (let i = 1; i <= previous.length && row.length > 0; i++) {
      // The step is a quarter, and the error a series in its square.
      row.push(row[i - 1] + (row[i - 1] - previous[i - 1]) / (16 ** i - 1));
      const error = noise + Math.max(
        Math.abs(row[i] - row[i - 1]),
        Math.abs(row[i] - previous[i - 1]),
      );
      // Of a slope of 0, the error may be that the rounding has swallowed it.
      const relative = error === 0 ? 0 : error / Math.abs(slope);
      if (relative < quality) {
        quality = relative;
        best = { value: row[i], noise, slope, error, t };
      }
    }
    previous = row;
  }
  return best;
}

/**
 * The slope that the rounding of the output can hide even at the largest step,
 * along a direction of size 1; as small as can be where all numbers are smaller
 * than the normal ones.
 */
export function hidden({ output, dout }: Point): number {
  let size = 0;
  for (const [i, z] of output.data.entries()) {
    if (Number.isFinite(z)) size += Math.abs(dout.data[i] * z);
  }
  return Math.max(4 * Number.EPSILON * size / LARGEST_STEP, 2 ** -1000);
}

function quotientOrNaN(quotient: (t: number) => Quotient, t: number): Quotient {
  try {
    return quotient(t);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { value: NaN, noise: 0, slope: NaN };
  }
}
