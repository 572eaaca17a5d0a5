// Copyright 2026 the Adjoint authors. MIT license.

// What is known about a gradient that is wrong, and how a prediction is tried.

import type { F64, Shape } from "../core/types.ts";
import { dot, largest } from "./numbers.ts";
import { LIMIT } from "./shapes.ts";
import type { Value } from "./subject.ts";

/** What is known about one input whose gradient is wrong. */
export interface Facts {
  /** Which input it is. */
  readonly input: number;
  readonly names: readonly string[];
  readonly inputs: readonly Value[];
  readonly output: Value<F64>;
  readonly dout: Value<F64>;
  /** The gradient as the backward function gave it. */
  readonly analytic: F64;
  /** The true gradient, if every element was differentiated. */
  readonly numeric?: F64;
  /** The places of the wrong elements, if every element was compared. */
  readonly wrong?: readonly number[];
  /** Random directions for an input whose Jacobian is too large to build. */
  readonly directions: readonly F64[];
  /** How well the forward function resolves all this. */
  readonly precision: number;
  /** `J v`, for a direction or for the unit vector of one element. */
  push(v: F64 | number): F64;
  /** The gradient at other arguments, if the functions accept them. */
  pull(inputs: readonly Value[], dout: F64): F64 | undefined;
  /** The numeric gradient with respect to another input, if there is one. */
  gradientBy(input: number): F64 | undefined;
}

/** The shape of the input in question. */
export function shapeOf({ inputs, input }: Facts): Shape {
  return inputs[input].shape;
}

/** The facts, with what is needed to compare a prediction with them. */
export class Evidence {
  readonly facts: Facts;
  /** The relative difference up to which a prediction is right. */
  readonly tolerance: number;
  /** The ratio of analytic and numeric, if it is the same everywhere. */
  readonly ratio: number | undefined;
  /** All elements if the Jacobian is small, otherwise random directions. */
  readonly #along: readonly (number | F64)[];
  /** `J v` for each of them. */
  readonly #pushed: readonly F64[];
  /** The analytic and the numeric gradient along each of them. */
  readonly #analytic: F64;
  readonly #numeric: F64;

  constructor(facts: Facts) {
    const { analytic, numeric, output, dout, precision } = facts;
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
    this.tolerance = Math.min(precision, gap * 1e-3);
    this.ratio = isMultiple(this.#analytic, this.#numeric, this.tolerance);
  }

  #project(gradient: F64): F64 {
    return Float64Array.from(
      this.#along,
      (v) => typeof v === "number" ? gradient[v] : dot(gradient, v),
    );
  }

  /**
   * Whether a gradient in which a mistake is undone is the numeric one: the
   * constant factor that is left, 1 if none is.
   */
  explains(undone: F64): number | undefined {
    return this.#leaves(this.#project(undone), this.#numeric);
  }

  /** Whether the gradient is the one that belongs to another `dout`. */
  produces(dout: F64): number | undefined {
    const predicted = Float64Array.from(this.#pushed, (jv) => dot(jv, dout));
    return this.#leaves(this.#analytic, predicted);
  }

  #leaves(found: F64, predicted: F64): number | undefined {
    const ratio = isMultiple(found, predicted, this.tolerance);
    // A ratio is one more unknown: of few numbers it would explain anything.
    return ratio !== 1 && found.length < 3 ? undefined : ratio;
  }
}

/** The constant `c` of `found = c · predicted`, if there is one. */
export function isMultiple(
  found: F64,
  predicted: F64,
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

/** Whether two numbers are equal, as far as can be told. */
export function isNear(a: number, b: number, { precision }: Facts): boolean {
  return Math.abs(a - b) <= precision * Math.abs(b);
}
