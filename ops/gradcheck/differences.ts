// Copyright 2026 the Adjoint authors. MIT license.

// Difference quotients, and their limits for steps to 0.

import { isSameShape, showShape } from "../core/checks.ts";
import type { Tensor } from "./floats.ts";
import { attempt, call, type Point, Problem, STEP } from "./functions.ts";

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

/** The relative steps that show which outputs an input moves at all. */
const FAR = [2 ** 3, 2 ** 12];

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
    const x = data[from + i];
    plus[from + i] += t * v;
    // As far as the other end after its rounding, so that a minimum is flat.
    minus[from + i] = x - (plus[from + i] - x);
    return (plus[from + i] - minus[from + i]) / (2 * t);
  });
  const [ahead, behind] = [plus, minus].map((data) => {
    const { result } = call(forward, inputs.with(k, { shape, data }));
    if (!isSameShape(result.shape, output.shape)) {
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

/** How many roundings an output near 0, as at a minimum, may have cost. */
const ROUNDINGS = 2 ** 8;

/** A line through the point: one element moves, or several. */
export class Line {
  readonly #point: Point;
  readonly #k: number;
  readonly #from: number;
  readonly #v: Float64Array;
  /**
   * The outputs that have moved: if one then stays the same at a smaller step,
   * its rounding has swallowed the change.
   */
  readonly #moved: Set<number> = new Set();
  #widest = 0;
  /**
   * How steep the output is at the largest step, on both sides and without
   * regard to signs: also at a minimum, more than 0.
   */
  reach = 0;

  constructor(point: Point, k: number, from: number, v: Float64Array) {
    this.#point = point;
    this.#k = k;
    this.#from = from;
    this.#v = v;
  }

  /** The central difference. */
  slope(t: number): Slope {
    const { output, dout } = this.#point;
    const { ahead, behind, moved } = this.#ends(t);
    let [value, reach, size] = [0, 0, 0];
    for (const i of this.#moved) {
      const weight = Math.abs(dout.data[i]);
      const z = output.data[i];
      value += dout.data[i] * change(behind[i], ahead[i]);
      reach += weight *
        (Math.abs(change(z, ahead[i])) + Math.abs(change(z, behind[i])));
      size += weight * (Math.abs(ahead[i]) + Math.abs(behind[i]));
    }
    if (t > this.#widest && Number.isFinite(reach)) {
      [this.#widest, this.reach] = [t, reach / (2 * t)];
    }
    const noise = 4 * Number.EPSILON * size;
    return { value: value / (2 * t), noise: noise / (2 * t), moved };
  }

  /**
   * The slope that rounding can hide even at the largest step: that of the
   * outputs that move, and at a minimum that of the point. Where none moves, all
   * may still do so by less than rounding shows, even far away. As small as can
   * be where all numbers are smaller than the normal ones.
   */
  hidden(): number {
    for (const t of FAR) {
      attempt({ ...this.#point, problems: new Set() }, () => this.#ends(t));
    }
    const { output, dout } = this.#point;
    const [outputs, step] = this.#moved.size > 0
      ? [this.#moved, LARGEST_STEP]
      : [output.data.keys(), Math.max(...FAR)];
    let size = ROUNDINGS * this.reach;
    for (const i of outputs) {
      const z = output.data[i];
      if (Number.isFinite(z)) size += Math.abs(dout.data[i] * z);
    }
    return Math.max(4 * Number.EPSILON * size / step, 2 ** -1000);
  }

  #ends(t: number): ReturnType<typeof bothSides> {
    const ends = bothSides(this.#point, this.#k, this.#from, this.#v, t);
    const z = this.#point.output.data;
    for (const [i, ahead] of ends.ahead.entries()) {
      if (change(z[i], ahead) !== 0 || change(z[i], ends.behind[i]) !== 0) {
        this.#moved.add(i);
      }
    }
    return ends;
  }
}

/** The relative error from which a slope could as well be 0. */
const VAGUE = 0.1;

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
 * favor the far side of a pole, where slopes are small; they decide only where
 * the limit cannot be told from 0. Steps at which the
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
    let row = Number.isFinite(value) ? [value] : [];
    for (let i = 1; i <= previous.length && row.length > 0; i++) {
      // The step is a quarter, and the error a series in its square.
      const next = row[i - 1] + (row[i - 1] - previous[i - 1]) / (16 ** i - 1);
      row = [...row, next];
      const error = noise + Math.max(
        Math.abs(row[i] - row[i - 1]),
        Math.abs(row[i] - previous[i - 1]),
      );
      // Its own slope, as that of a long step may be far from the limit.
      const limit = slope + row[i] - value;
      // Of a slope of 0, the error may be that the rounding has swallowed it.
      const relative = error === 0 ? 0 : error / Math.abs(limit);
      // Those that cannot be told from 0 have no relative error to speak of.
      const told = relative < VAGUE;
      if (told ? relative < quality : quality >= VAGUE && error < best.error) {
        quality = relative;
        best = { value: row[i], noise, slope: limit, error, t };
      }
    }
    previous = row;
  }
  return best;
}

function quotientOrNaN(quotient: (t: number) => Quotient, t: number): Quotient {
  try {
    return quotient(t);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { value: NaN, noise: 0, slope: NaN };
  }
}
