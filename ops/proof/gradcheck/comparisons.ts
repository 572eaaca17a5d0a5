// Copyright 2026 the Adjoint authors. MIT license.

// Compares a gradient with the differences: each element, or directions.

import { dtypeOf, showShape } from "../../_checks.ts";
import type { Shape, Tensor } from "../../tensor.ts";
import type { GradcheckElement, GradcheckInput } from "../gradcheck.ts";
import { LIMIT } from "./facts.ts";
import {
  central,
  extrapolate,
  hidden,
  type Limit,
  type Quotient,
  SURE,
} from "./differences.ts";
import { type Check, type Point, Problem, STEP } from "./functions.ts";
import { dot } from "./shapes.ts";
import { norm } from "./tensors.ts";
import { indexOf } from "./words.ts";

/** What was found out about the gradient with respect to one input. */
export interface Found {
  readonly numeric?: Float64Array;
  /** The places of the wrong elements, where all were compared. */
  readonly wrong?: readonly number[];
}

/** Compares a gradient, and writes the result down. */
export function compare(
  point: Point,
  k: number,
  gradient: Tensor,
  directions: number,
  result: GradcheckInput,
): Found {
  const { label } = point.backward[k]!;
  const { shape, data } = point.inputs[k];
  if (dtypeOf(gradient) === "float32" && data.length > 0) {
    point.problems.push(
      new Problem(`${label} returns float32 for inputs in float64`),
    );
  }
  if (showShape(gradient.shape) !== showShape(shape)) {
    const transposed = showShape(gradient.shape.toReversed());
    point.problems.push(
      new Problem(
        `${label} returns a gradient of shape ${
          showShape(gradient.shape)
        } for ${result.name} of shape ${showShape(shape)}${
          transposed === showShape(shape) ? ", a transposed shape" : ""
        }`,
      ),
    );
    return isSmall(point, k) ? { numeric: differentiate(point, k) } : {};
  }
  const a = Float64Array.from(gradient.data);
  if (directions === 0 || data.length === 0) {
    return compareElements(point, k, a, result);
  }
  const failed = compareDirections(point, k, a, directions, result);
  if (failed === undefined) return {};
  if (isSmall(point, k)) {
    result.wrong = 0;
    return compareElements(point, k, a, result);
  }
  const place = locate(point, k, a, failed);
  const { numeric } = compareElement(point, k, place, a[place]);
  result.worst = element(place, shape, a[place], numeric);
  return {};
}

/** Whether the elements of an input can be compared where directions fail. */
export function isSmall({ inputs, output }: Point, k: number): boolean {
  const size = inputs[k].data.length;
  return size * Math.max(size, output.data.length) <= LIMIT;
}

function compareElements(
  point: Point,
  k: number,
  analytic: Float64Array,
  result: GradcheckInput,
): Found {
  const numeric = new Float64Array(analytic.length);
  const wrong: number[] = [];
  for (const [i, a] of analytic.entries()) {
    const found = compareElement(point, k, i, a);
    numeric[i] = found.numeric;
    if (!found.right) wrong.push(i);
  }
  const errors = analytic.map((a, i) => Math.abs(a - numeric[i]));
  result.checked = "elements";
  result.compared = analytic.length;
  result.wrong = wrong.length;
  result.relativeError = relative(errors, numeric);
  result.maxError = errors.reduce((max, e) => Math.max(max, e), 0);
  const badness = (i: number) =>
    Number.isFinite(errors[i]) ? errors[i] : Infinity;
  const worst = wrong.reduce(
    (worst, i) => badness(i) > badness(worst) ? i : worst,
    wrong[0],
  );
  if (worst !== undefined) {
    const { shape } = point.inputs[k];
    result.worst = element(worst, shape, analytic[worst], numeric[worst]);
  }
  return { numeric, wrong };
}

/** The numeric value of one element, and whether the analytic one is right. */
function compareElement(
  point: Point,
  k: number,
  i: number,
  a: number,
): { numeric: number; right: boolean } {
  const { rtol, atol } = point;
  const v = point.scales[k].subarray(i, i + 1);
  const touched = new Set<number>();
  const quotient = (t: number): Quotient => {
    const { value, noise, moved } = central(point, k, i, v, t, touched);
    const slope = value / moved[0];
    return { value: slope, noise: noise / moved[0], slope };
  };
  const agrees = (n: number, error: number) =>
    Number.isFinite(a - n) && Math.abs(a - n) <=
      rtol * Math.max(Math.abs(a), Math.abs(n)) +
        (atol ?? 2 * error + hidden(point) / v[0]);

  const { value } = quotient(STEP);
  const enough = rtol * SURE;
  if (Math.abs(a - value) <= enough * Math.abs(value)) {
    return { numeric: value, right: true };
  }
  const limit = extrapolate(quotient, enough);
  const better = limit.error < Math.abs(a - value) || !Number.isFinite(value);
  return {
    numeric: better ? limit.value : value,
    right: agrees(value, 0) || agrees(limit.value, limit.error),
  };
}

/** The numeric gradient alone, by one look at each element. */
export function differentiate(point: Point, k: number): Float64Array {
  return point.scales[k].map((scale, i) => {
    const v = Float64Array.of(scale);
    const { value, moved } = central(point, k, i, v, STEP, new Set());
    return value / moved[0];
  });
}

/** A direction in which a gradient is wrong, and the step that shows it. */
interface Direction {
  readonly v: Float64Array;
  readonly t: number;
}

/** Compares random directions: the first that fails, if one does. */
function compareDirections(
  point: Point,
  k: number,
  analytic: Float64Array,
  count: number,
  result: GradcheckInput,
): Direction | undefined {
  const { rtol, atol } = point;
  const errors = new Float64Array(count);
  const slopes = new Float64Array(count);
  let failed: Direction | undefined;
  for (let n = 0; n < count; n++) {
    const v = randomDirection(point, k);
    const touched = new Set<number>();
    const quotient = (t: number) =>
      residual(point, k, analytic, 0, v, t, touched);
    const first = quotient(STEP);
    const size = norm(analytic.map((a, i) => a * v[i]));
    const agrees = ({ value, slope }: Quotient, error: number) =>
      Number.isFinite(value) &&
      Math.abs(value) <= rtol * Math.max(size, Math.abs(slope)) +
          (atol === undefined ? 2 * error + hidden(point) : atol * norm(v));

    let limit: Limit = { ...first, error: 0, t: STEP };
    // A gradient that is not finite fails without a second look.
    if (!(Math.abs(first.value) <= rtol * SURE * size) && size < Infinity) {
      const second = extrapolate(quotient, rtol * SURE);
      const better = second.error < Math.abs(first.value);
      if (better || !Number.isFinite(first.value)) limit = second;
    }
    errors[n] = Math.abs(limit.value);
    slopes[n] = limit.slope;
    if (agrees(first, 0) || agrees(limit, limit.error)) continue;
    result.wrong++;
    failed ??= { v, t: limit.t };
  }
  result.checked = "directions";
  result.compared = count;
  result.relativeError = relative(errors, slopes);
  result.maxError = errors.reduce((max, e) => Math.max(max, e), 0);
  return failed;
}

/** How far the two sides of the equation are apart, along a direction. */
function residual(
  point: Point,
  k: number,
  analytic: Float64Array,
  from: number,
  v: Float64Array,
  t: number,
  touched: Set<number> = new Set(),
): Quotient {
  const { value, noise, moved } = central(point, k, from, v, t, touched);
  const part = analytic.subarray(from, from + v.length);
  return { value: value - dot(part, moved), noise, slope: value };
}

/** A wrong element, by halving a direction that fails. */
function locate(
  point: Point,
  k: number,
  analytic: Float64Array,
  { v, t }: Direction,
): number {
  const broken = analytic.findIndex((a) => !Number.isFinite(a));
  if (broken >= 0) return broken;
  let [from, to] = [0, v.length];
  let whole = residual(point, k, analytic, from, v, t).value;
  while (to - from > 1) {
    const middle = from + to >> 1;
    const part = v.subarray(from, middle);
    const half = residual(point, k, analytic, from, part, t).value;
    // Both sides are linear in the direction: what the lower half does not
    // account for, the upper half does.
    if (Math.abs(half) >= Math.abs(whole - half)) {
      [to, whole] = [middle, half];
    } else {
      [from, whole] = [middle, whole - half];
    }
  }
  return from;
}

export function randomDirection(
  { scales, random }: Check,
  k: number,
): Float64Array {
  return scales[k].map((scale) => scale * random());
}

/** The norm of the errors, relative to that of the values. */
function relative(errors: Float64Array, values: Float64Array): number {
  const error = norm(errors);
  return error === 0 ? 0 : error / norm(values);
}

function element(
  place: number,
  shape: Shape,
  analytic: number,
  numeric: number,
): GradcheckElement {
  return {
    index: indexOf(place, shape),
    analytic,
    numeric,
    ratio: analytic / numeric,
  };
}
