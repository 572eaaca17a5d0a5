// Copyright 2026 the Adjoint authors. MIT license.

// The causes of a wrong gradient: those that explain it at two points.

import { isSameShape } from "../core/checks.ts";
import type { F64 } from "../core/types.ts";
import { diagnose, diagnoseShape, type Diagnosis, kindOf } from "./diagnose.ts";
import type { Facts } from "./facts.ts";
import { differentiate, type Found, isSmall } from "./elements.ts";
import { randomNumbers, scaleOf } from "./numbers.ts";
import { type Point, rise, STEP } from "./resolution.ts";
import { Problem, type Value } from "./subject.ts";

/** What is known about the gradients at a point. */
export interface Known {
  readonly point: Point;
  /** The gradients as the functions gave them. */
  readonly gradients: readonly (Value<F64> | undefined)[];
  readonly found: readonly (Found | undefined)[];
}

/** The number of random directions for an input that is too large. */
const DIRECTIONS = 8;

/** A prediction must be this close, or as close as the function resolves. */
const PRECISION = 1e-5;

/** What may be wrong with the gradient with respect to one input. */
export function explain(
  known: Known,
  input: number,
  elsewhere: Known | undefined,
  resolution: number,
): Diagnosis {
  const here = diagnoseAt(known, input, resolution);
  const gradient = elsewhere?.gradients[input];
  if (gradient === undefined || here.causes.length === 0) return here;
  // A coincidence at one point does not repeat at another.
  const kinds = new Set(
    diagnoseAt(elsewhere!, input, resolution).causes.map(kindOf),
  );
  return {
    ...here,
    causes: here.causes.filter((cause) => kinds.has(kindOf(cause))),
  };
}

function diagnoseAt(
  { point, gradients, found }: Known,
  input: number,
  resolution: number,
): Diagnosis {
  const { subject, inputs, output, dout } = point;
  const gradient = gradients[input]!;
  const { shape } = inputs[input];
  const data = inputs[input].data as F64;
  const hasShape = isSameShape(gradient.shape, shape);
  const scales = scaleOf(data);
  const random = randomNumbers(1);
  const along = (from: number, v: F64): F64 =>
    rise(point, { input, from, v, a: new Float64Array(v.length) }, STEP);
  const numericOf = (k: number): F64 | undefined =>
    found[k]?.numeric ??
      (inputs[k].data instanceof Float64Array && isSmall(point, k)
        ? differentiate(point, k)
        : undefined);
  const facts: Facts = {
    input,
    names: subject.names,
    inputs,
    output,
    dout,
    analytic: hasShape ? gradient.data : new Float64Array(data.length),
    numeric: numericOf(input),
    wrong: found[input]?.checked === "elements"
      ? found[input].wrong
      : undefined,
    directions: Array.from(
      { length: DIRECTIONS },
      () => scales.map((scale) => scale * random()),
    ),
    precision: Math.min(1e-3, Math.max(PRECISION, 4 * resolution)),
    push(v) {
      if (typeof v !== "number") return along(0, v);
      const scale = scales[v] || 1;
      return along(v, Float64Array.of(scale)).map((z) => z / scale);
    },
    pull(inputs, data) {
      const pulled = subject.gradient(input, inputs, { ...dout, data });
      return pulled?.data.length === gradient.data.length
        ? pulled.data
        : undefined;
    },
    gradientBy: numericOf,
  };
  try {
    return hasShape ? diagnose(facts) : diagnoseShape(facts, gradient);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { causes: [] };
  }
}
