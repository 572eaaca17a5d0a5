// Copyright 2026 the Adjoint authors. MIT license.

// What is known about a gradient that failed, and how a prediction is tried.

import type { Tensor } from "./floats.ts";
import { dot, largest } from "./shapes.ts";
import { sayRatio } from "./words.ts";

/** What is known about one input when its gradient has failed. */
export interface Facts {
  /** Which input it is. */
  readonly input: number;
  readonly names: readonly string[];
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
  readonly dout: Tensor;
  /** The gradient as the backward function gave it. */
  readonly analytic: Float64Array;
  /** The true gradient, where every element was differentiated. */
  readonly numeric?: Float64Array;
  /** The places of the wrong elements, where every element was compared. */
  readonly wrong?: readonly number[];
  /** Random directions for an input whose Jacobian is too large to build. */
  readonly directions: readonly Float64Array[];
  /** `J v`, for a direction or for the unit vector of one element. */
  push(v: Float64Array | number): Float64Array;
  /** The backward function at other arguments, if it bears them. */
  pull(inputs: readonly Tensor[], dout: Tensor): Float64Array | undefined;
  /** The slopes left and right of one element, for a relative step. */
  sided(element: number, t: number): [number, number];
  /** The numeric gradient with respect to another input, where there is one. */
  gradientBy(input: number): Float64Array | undefined;
}

/** Tensors and Jacobians above this size get only the cheap hypotheses. */
export const LIMIT = 1e6;

/** A relative difference at which a prediction still counts as right. */
export const PRECISION = 1e-5;

/** The facts, with what is needed to compare a prediction with them. */
export class Evidence {
  readonly facts: Facts;
  /** The relative difference up to which a prediction is right. */
  readonly tolerance: number;
  /** The ratio of analytic and numeric, where it is the same everywhere. */
  readonly ratio: number | undefined;
  /** All elements where the Jacobian is small, else random directions. */
  readonly #along: readonly (number | Float64Array)[];
  /** `J v` for each of them. */
  readonly #pushed: readonly Float64Array[];
  /** The analytic and the numeric gradient along each of them. */
  readonly #analytic: Float64Array;
  readonly #numeric: Float64Array;

  constructor(facts: Facts) {
    const { analytic, numeric, output, dout } = facts;
    const small = analytic.length * output.data.length <= LIMIT;
    this.facts = facts;
    this.#along = small ? Array.from(analytic.keys()) : facts.directions;
    this.#pushed = this.#along.map((v) => facts.push(v));
    this.#analytic = this.#project(analytic);
    this.#numeric = small && numeric !== undefined
      ? numeric
      : Float64Array.from(this.#pushed, (jv) => dot(jv, dout.data));
    const gap = largest(this.#analytic.map((a, p) => a - this.#numeric[p])) /
      Math.max(largest(this.#analytic), largest(this.#numeric));
    this.tolerance = Math.min(PRECISION, gap * 1e-3);
    this.ratio = isMultiple(this.#analytic, this.#numeric, this.tolerance);
  }

  #project(gradient: Float64Array): Float64Array {
    return Float64Array.from(
      this.#along,
      (v) => typeof v === "number" ? gradient[v] : dot(gradient, v),
    );
  }

  /**
   * Whether a gradient in which a mistake is undone is the numeric one: the
   * words for the constant factor that is left, none if it is 1.
   */
  explains(undone: Float64Array): string | undefined {
    return this.#leaves(this.#project(undone), this.#numeric);
  }

  /** Whether the gradient is the one that belongs to another `dout`. */
  produces(dout: Float64Array): string | undefined {
    const predicted = Float64Array.from(this.#pushed, (jv) => dot(jv, dout));
    return this.#leaves(this.#analytic, predicted);
  }

  #leaves(found: Float64Array, predicted: Float64Array): string | undefined {
    const ratio = isMultiple(found, predicted, this.tolerance);
    // A ratio is one more unknown: of few numbers it would explain anything.
    return ratio === undefined || ratio !== 1 && found.length < 3
      ? undefined
      : sayRatio(ratio, this.facts);
  }
}

/** The constant `c` of `found = c · predicted`, if there is one. */
export function isMultiple(
  found: Float64Array,
  predicted: Float64Array,
  tolerance: number,
): number | undefined {
  const size = largest(predicted);
  if (!(size > 0 && size < Infinity)) return undefined;
  // Scaled by the largest element, as squares of tiny numbers underflow.
  const unit = predicted.map((p) => p / size);
  const c = dot(found, unit) / dot(unit, unit) / size;
  const rest = largest(found.map((f, i) => f - c * predicted[i]));
  if (c === 0 || !(rest <= tolerance * largest(found))) return undefined;
  return Math.abs(c - 1) <= tolerance ? 1 : c;
}
