// Copyright 2026 the Adjoint authors. MIT license.

// Compares a gradient with the differences: each element, or directions.

import { isSameShape, showShape } from "../core/checks.ts";
import type { Shape } from "../core/types.ts";
import { dtypeOf, type Tensor } from "./floats.ts";
import type { GradcheckElement, GradcheckInput } from "../gradcheck.ts";
import { LIMIT } from "./facts.ts";
import {
  extrapolate,
  type Limit,
  Line,
  type Quotient,
  SURE,
} from "./differences.ts";
import {
  attempt,
  call,
  type Check,
  move,
  type Point,
  Problem,
  STEP,
  tryForward,
} from "./functions.ts";
import { dot, largest } from "./shapes.ts";
import { difference, norm, ownScales, scaleOf } from "./tensors.ts";
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
    point.problems.add(
      new Problem(`${label} returns float32 for inputs in float64`),
    );
  }
  if (!isSameShape(gradient.shape, shape)) {
    const isTransposed = isSameShape(gradient.shape.toReversed(), shape);
    point.problems.add(
      new Problem(
        `${label} returns a gradient of shape ${
          showShape(gradient.shape)
        } for ${result.name} of shape ${showShape(shape)}${
          isTransposed ? ", a transposed shape" : ""
        }`,
      ),
    );
    return isSmall(point, k) ? { numeric: differentiate(point, k) } : {};
  }
  const a = Float64Array.from(gradient.data);
  if (directions === 0 || data.length === 0) {
    return compareElements(point, k, gradient, result);
  }
  const failed = compareDirections(point, k, gradient, directions, result);
  if (failed === undefined) return {};
  if (isSmall(point, k)) {
    return compareElements(point, k, gradient, result);
  }
  const place = locate(point, k, a, failed);
  const { value } = compareElement(point, k, place, a[place]);
  result.worst = element(place, shape, a[place], value);
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
  gradient: Tensor,
  result: GradcheckInput,
): Found {
  const analytic = Float64Array.from(gradient.data);
  const looks = Array.from(
    analytic,
    (a, i) => compareElement(point, k, i, a),
  );
  const numeric = Float64Array.from(looks, ({ value }) => value);
  const wrong = Array.from(looks.keys()).filter((i) => !looks[i].right);
  const worst = wrong.reduce(
    (worst, i) => badness(looks[i]) > badness(looks[worst]) ? i : worst,
    wrong[0],
  );
  result.checked = "elements";
  summarize(point, k, gradient, looks, result);
  if (worst !== undefined) {
    const { shape } = point.inputs[k];
    result.worst = element(worst, shape, analytic[worst], numeric[worst]);
  }
  return { numeric, wrong };
}

/** What the two looks say about one element, or about one direction. */
interface Look {
  /** The numeric value, or how far it is from the analytic one. */
  readonly value: number;
  readonly slope: number;
  /** The size of what the slope was compared with. */
  readonly size: number;
  /** How far the two sides are apart. */
  readonly gap: number;
  readonly right: boolean;
  /** How far they may be apart; 0 where the first look was enough. */
  readonly slack: number;
  readonly reach: number;
  /** The step that shows it. */
  readonly t: number;
}

/** Whether a quotient has the limit that it should have. */
function look(
  { rtol, atol }: Point,
  line: Line,
  quotient: (t: number) => Quotient,
  target: number,
  size: number,
  unit: number,
  absolute: number,
): Look {
  const first = quotient(STEP);
  const gapOf = ({ value }: Quotient) => Math.abs(value - target);
  // A gradient that is not finite fails without a second look.
  if (size === Infinity || gapOf(first) <= rtol * SURE * size) {
    const gap = gapOf(first);
    const reach = Math.abs(first.slope);
    const right = size < Infinity;
    return { ...first, size, gap, right, slack: 0, reach, t: STEP };
  }
  const second = extrapolate(quotient, rtol * SURE);
  const near = (limit: Quotient, slack: number) =>
    gapOf(limit) <= rtol * Math.max(size, Math.abs(limit.slope)) + slack;
  const agrees = near(first, 0) || near(second, 0);
  const hidden = agrees || atol !== undefined ? 0 : line.hidden() / unit;
  const slack = atol === undefined
    ? 2 * second.error + hidden
    : atol * absolute;
  const better = second.error < gapOf(first) || !Number.isFinite(first.value);
  const limit: Limit = better ? second : { ...first, error: 0, t: STEP };
  return {
    ...limit,
    size,
    gap: gapOf(limit),
    right: agrees || near(first, atol === undefined ? hidden : slack) ||
      near(second, slack),
    slack,
    reach: line.reach / unit,
  };
}

/** The part of its slope that a look can be off by and still tell. */
const TELLING = 1e-2;

function isTelling({ slack, slope, reach }: Look): boolean {
  return slack <= TELLING * Math.max(Math.abs(slope), reach);
}

/** The numeric value of one element, and whether the analytic one is right. */
function compareElement(
  point: Point,
  k: number,
  i: number,
  a: number,
): Look {
  const at = (scale: number): Look => {
    const line = new Line(point, k, i, Float64Array.of(scale));
    const quotient = (t: number): Quotient => {
      const { value, noise, moved } = line.slope(t);
      const slope = value / moved[0];
      return { value: slope, noise: noise / moved[0], slope };
    };
    return look(point, line, quotient, a, Math.abs(a), scale, 1);
  };
  const scale = point.scales[k][i];
  const found = at(scale);
  const own = Math.abs(point.inputs[k].data[i]);
  if (found.right && isTelling(found) || own === 0 || own > scale / 16) {
    return found;
  }
  // The step may be too long for an element that is much smaller than others.
  const closer = at(own);
  const quality = ({ slack, slope, reach }: Look) =>
    Number.isFinite(slope)
      ? slack / Math.max(Math.abs(slope), reach)
      : Infinity;
  return quality(closer) < quality(found) ? closer : found;
}

/** Writes down what all looks together say. */
function summarize(
  point: Point,
  k: number,
  gradient: Tensor,
  looks: readonly Look[],
  result: GradcheckInput,
): void {
  const list = (of: (look: Look) => number) => Float64Array.from(looks, of);
  const size = (look: Look) => Math.max(look.size, Math.abs(look.slope));
  result.compared = looks.length;
  result.wrong = looks.filter(({ right }) => !right).length;
  result.maxError = list(({ gap }) => gap)
    .reduce((max, e) => Math.max(max, e), 0);
  // Two values that cannot be told from 0 are the same.
  const errors = list((look) =>
    look.right && look.size <= look.slack ? 0 : look.gap
  );
  result.relativeError = relative(errors, list(({ slope }) => slope));
  if (result.wrong > 0 || point.atol !== undefined) return;

  const slack = norm(list(({ slack }) => slack));
  const scale = norm(list((look) => Math.max(size(look), look.reach)));
  if (slack > TELLING * scale || !(result.relativeError < 0.5)) {
    [result.checked, result.compared] = ["nothing", 0];
    point.problems.add(
      new Problem(
        `cannot tell: the rounding of the output hides the gradient by ${result.name}: its norm is ${
          norm(list(({ size }) => size)).toExponential(1)
        }, difference quotients are off by up to ${slack.toExponential(1)}`,
      ),
    );
  }
  const isOff = ({ gap, slack, size }: Look) =>
    gap > 4 * slack && gap > 1e-9 * size;
  const { data } = gradient;
  if (
    data instanceof Float64Array && data.every((a) => Math.fround(a) === a) &&
    data.filter((a) => !Number.isInteger(a)).length >= 3 &&
    looks.filter(isOff).length >= Math.min(3, looks.length)
  ) {
    point.problems.add(
      new Problem(
        `${
          point.backward[k]!.label
        } rounds to float32: the gradient by ${result.name} is off by ${
          result.relativeError.toExponential(1)
        }`,
      ),
    );
  }
}

/** The numeric gradient alone, by one look at each element. */
export function differentiate(point: Point, k: number): Float64Array {
  return point.scales[k].map((scale, i) => {
    const line = new Line(point, k, i, Float64Array.of(scale));
    const { value, moved } = line.slope(STEP);
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
  gradient: Tensor,
  count: number,
  result: GradcheckInput,
): Direction | undefined {
  const analytic = Float64Array.from(gradient.data);
  let failed: Direction | undefined;
  const all = Array.from({ length: count }, () => point.scales[k]);
  const groups = [...all, ...smaller(point, k, analytic)];
  const looks = groups.map((scales) => {
    let v = scales.map((scale) => scale * point.random());
    let found = compareDirection(point, k, analytic, v);
    if (!Number.isFinite(found.slope)) {
      // The steps may be too long for the smallest elements.
      v = ownScales(point.inputs[k].data, scales).map((own, i) =>
        scales[i] === 0 ? 0 : own * point.random()
      );
      found = compareDirection(point, k, analytic, v);
    }
    if (!found.right) failed ??= { v, t: found.t };
    return found;
  });
  result.checked = "directions";
  summarize(point, k, gradient, looks, result);
  return failed;
}

function compareDirection(
  point: Point,
  k: number,
  analytic: Float64Array,
  v: Float64Array,
): Look {
  const line = new Line(point, k, 0, v);
  const quotient = (t: number) => residual(line, analytic, t);
  const size = norm(analytic.map((a, i) => a * v[i]));
  return look(point, line, quotient, 0, size, 1, norm(v));
}

/**
 * The scales of the elements whose part in a direction is far below the
 * largest, which would hide them: one group for each order of magnitude.
 */
function smaller(
  { inputs, scales }: Point,
  k: number,
  analytic: Float64Array,
): Float64Array[] {
  const parts = analytic.map((a, i) => Math.abs(a * scales[k][i]));
  const most = largest(parts);
  if (!(most < Infinity)) return [];
  const groups = new Map<number, Set<number>>();
  for (const [i, part] of parts.entries()) {
    const order = Math.floor(Math.log2(most / part) / 16) || 0;
    if (order === 0) continue;
    const places = groups.get(order);
    if (places === undefined) groups.set(order, new Set([i]));
    else places.add(i);
  }
  return Array.from(groups.values(), (places) => {
    const own = scaleOf(Float64Array.from(places, (i) => inputs[k].data[i]));
    const group = new Float64Array(parts.length);
    let n = 0;
    for (const i of places) group[i] = own[n++];
    return group;
  });
}

/**
 * Checks the gradients that are right at another point too, along a direction,
 * and that they are the same again at the first: both fail where a function
 * keeps what it has once computed.
 */
export function checkMemory(
  point: Point,
  gradients: readonly (Tensor | undefined)[],
  results: readonly GradcheckInput[],
): void {
  const inputs = move(point);
  const output = tryForward(point, inputs);
  if (
    output === undefined || !output.data.every(Number.isFinite) ||
    !isSameShape(output.shape, point.output.shape)
  ) return;
  const dout = { ...output, data: output.data.map(point.random) };
  const other: Point = { ...point, inputs, output, dout, problems: new Set() };
  for (const [k, gradient] of gradients.entries()) {
    const { checked, wrong, shape } = results[k];
    if (gradient === undefined || checked === "nothing" || wrong > 0) continue;
    const f = point.backward[k]!;
    const keeps = attempt(other, () => {
      const { result } = call(f, [...inputs, dout]);
      if (difference(gradient, call(f, [...point.inputs, point.dout]).result)) {
        return true;
      }
      if (!isSameShape(result.shape, shape)) return false;
      const analytic = Float64Array.from(result.data);
      const v = ownScales(inputs[k].data, point.scales[k])
        .map((scale) => scale * point.random());
      const { right, gap, size, slope, slack } = compareDirection(
        other,
        k,
        analytic,
        v,
      );
      // Far less than what a mistake makes, far more than what rounding does.
      return !right && gap > 10 * slack &&
        gap > 1e-3 * Math.max(size, Math.abs(slope));
    });
    if (keeps) {
      point.problems.add(
        new Problem(
          `${f.label} seems to keep what it computed in an earlier call: it is wrong elsewhere`,
        ),
      );
    }
  }
}

/** How far the two sides of the equation are apart, along a line. */
function residual(line: Line, part: Float64Array, t: number): Quotient {
  const { value, noise, moved } = line.slope(t);
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
  const apart = (from: number, to: number) =>
    residual(
      new Line(point, k, from, v.subarray(from, to)),
      analytic.subarray(from, to),
      t,
    ).value;
  let whole = apart(from, to);
  while (to - from > 1) {
    const middle = from + to >> 1;
    const half = apart(from, middle);
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

/** How bad a wrong element is. */
function badness({ gap }: Look): number {
  return Number.isFinite(gap) ? gap : Infinity;
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
