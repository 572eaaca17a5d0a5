// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What is wrong with a gradient that failed `gradcheck`.
 *
 * Each mistake that people make has its own signature: a gradient that is
 * transposed becomes the numeric one when it is transposed back, a backward
 * function that sums `dout` over one index too few computes exactly
 * $`J^{\mathsf{T}} D'`$, where $`D'`$ is `dout` with a zero slice. So a diagnosis
 * is a list of hypotheses. Each predicts numbers from one mistake and is reported
 * only if they match those found, to 5 digits and to a thousandth of the
 * discrepancy to be explained.
 *
 * There are two kinds of prediction, and both need only products with the
 * Jacobian $`J`$ of the forward function, so they also work for inputs that are
 * too large to compare element by element:
 *
 * - the gradient, with the mistake undone, is the numeric one;
 * - the gradient is the one that belongs to another `dout`.
 *
 * @module
 */

import { isSameShape } from "../core/checks.ts";
import type { F64 } from "../core/types.ts";
import { Evidence, type Facts, isMultiple, isNear, shapeOf } from "./facts.ts";
import {
  COLLAPSES,
  gradients,
  otherDouts,
  otherInputs,
  POWERS,
  sameShape,
} from "./predictions.ts";
import { BESIDES, nameRatio, sayRatio } from "./ratios.ts";
import {
  collapse,
  indexAlong,
  LIMIT,
  long,
  permutations,
  reorders,
  shift,
  subsets,
  sumOver,
  transpose,
} from "./shapes.ts";
import type { Value } from "./subject.ts";
import {
  be,
  describeAxes,
  describeOrder,
  describeSlice,
  showIndex,
  showNumber,
  showRatio,
} from "./words.ts";

/** What is likely wrong with a gradient. */
export interface Diagnosis {
  /** The likely causes, the most specific first. */
  readonly causes: readonly string[];
  /** What is seen, if no cause is known. */
  readonly pattern?: string | undefined;
}

/** The likely causes of a wrong gradient. */
export function diagnose(facts: Facts): Diagnosis {
  const evidence = new Evidence(facts);
  let partly: string[] = [];
  for (const hypotheses of HYPOTHESES) {
    const causes = hypotheses.flatMap((explain) => explain(evidence) ?? []);
    const wholly = causes.filter((cause) => !cause.includes(BESIDES));
    partly = [...partly, ...causes.filter((cause) => cause.includes(BESIDES))];
    if (wholly.length > 0) {
      partly = [...wholly, ...partly];
      break;
    }
  }
  return { causes: partly, pattern: patternOf(evidence) };
}

/** The likely causes of a gradient of the wrong shape. */
export function diagnoseShape(
  facts: Facts,
  gradient: Value<F64>,
): Diagnosis {
  const evidence = new Evidence(facts);
  for (const explain of SHAPE_HYPOTHESES) {
    const cause = explain(evidence, gradient);
    if (cause !== undefined) return { causes: [cause] };
  }
  return { causes: [] };
}

/**
 * The words without their numbers, which may differ at another point although the
 * cause is the same.
 */
export function kindOf(cause: string): string {
  return cause.replaceAll(/^ratio \S+: /g, "");
}

type Hypothesis = (evidence: Evidence) => string | undefined;

/**
 * In each tier all are tried. A tier is reached if none above it explains the
 * gradient, or only with a constant factor besides.
 */
const HYPOTHESES: readonly (readonly Hypothesis[])[] = [
  [zero],
  [constantRatio],
  [
    otherDout,
    transposed,
    otherArguments,
    gradientOfAnother,
    collapsed,
    shifted,
    readShifted,
    signs,
  ],
  [factor, added, isDout],
  [notLinearInDout],
];

function zero({ facts }: Evidence): string | undefined {
  return facts.analytic.every((a) => a === 0)
    ? "the gradient is zero everywhere"
    : undefined;
}

function constantRatio({ facts, ratio }: Evidence): string | undefined {
  if (ratio === undefined) return undefined;
  const [z] = facts.output.data;
  const size = Math.abs(z);
  const isOutput = facts.output.data.length === 1 && !isNear(size, 1, facts);
  if (isOutput && isNear(Math.abs(ratio), size, facts)) {
    return `ratio ${showRatio(ratio)}: a factor 1/output is missing${
      ratio * z < 0 ? ", and the sign is wrong" : ""
    }`;
  }
  return nameRatio(ratio, facts);
}

function otherDout(evidence: Evidence): string | undefined {
  for (const [dout, text] of otherDouts(evidence.facts.dout)) {
    const ratio = sayRatio(evidence.produces(dout), evidence.facts);
    if (ratio !== undefined) return text + ratio;
  }
}

function transposed(evidence: Evidence): string | undefined {
  const { facts } = evidence;
  for (const [order, c] of reorders(facts.analytic, shapeOf(facts))) {
    const ratio = sayRatio(evidence.explains(c), facts);
    if (ratio !== undefined) {
      return describeOrder("the gradient", order) + ratio;
    }
  }
}

/** The backward function is right, but reads the wrong arguments. */
function otherArguments(evidence: Evidence): string | undefined {
  const { facts } = evidence;
  for (const [inputs, text] of otherInputs(facts)) {
    const gradient = facts.pull(inputs, facts.dout.data);
    const ratio = gradient && sayRatio(evidence.explains(gradient), facts);
    if (ratio !== undefined) return text + ratio;
  }
}

function gradientOfAnother(
  { facts, tolerance }: Evidence,
): string | undefined {
  for (const [k, name] of facts.names.entries()) {
    const other = k === facts.input ? undefined : facts.gradientBy(k);
    if (
      other?.length === facts.analytic.length &&
      isMultiple(facts.analytic, other, tolerance) === 1
    ) {
      return `it is the gradient with respect to ${name}: the backward functions must be in the order of the inputs`;
    }
  }
}

function collapsed(evidence: Evidence): string | undefined {
  const { facts, tolerance } = evidence;
  const { analytic, numeric } = facts;
  if (numeric === undefined || numeric.length > LIMIT) return undefined;
  for (const axes of subsets(shapeOf(facts))) {
    for (const [verb, how] of COLLAPSES) {
      const prediction = collapse(numeric, shapeOf(facts), axes, how);
      if (isMultiple(analytic, prediction, tolerance) === 1) {
        return `${describeAxes(axes)} of the gradient ${
          be(axes)
        } ${verb}, though ${facts.names[facts.input]} has ${
          axes.length > 1 ? "them" : "it"
        }`;
      }
    }
  }
}

/** Compared without the edges, which may have any value. */
function shifted({ facts, tolerance }: Evidence): string | undefined {
  const { analytic, numeric } = facts;
  if (numeric === undefined) return undefined;
  const shape = shapeOf(facts);
  for (const [axis, n] of shape.entries()) {
    const at = indexAlong(shape, axis);
    for (const by of [1, -1]) {
      const inner = (_: number, i: number) => at(i) + by >= 0 && at(i) + by < n;
      const moved = shift(numeric, shape, axis, by).filter(inner);
      const same = isMultiple(analytic.filter(inner), moved, tolerance) === 1;
      const still = numeric.filter(inner);
      if (
        same && moved.length > 1 && isMultiple(still, moved, tolerance) !== 1
      ) {
        return `the gradient is shifted by one along axis ${axis}: index i holds the value of index i ${
          by > 0 ? "+" : "−"
        } 1`;
      }
    }
  }
}

/** Right except at the edges, if an input is moved against the mistake. */
function readShifted({ facts, tolerance }: Evidence): string | undefined {
  const { numeric, inputs, names } = facts;
  const shape = shapeOf(facts);
  if (numeric === undefined || numeric.length > LIMIT) return undefined;
  for (const [k, x] of inputs.entries()) {
    if (!isSameShape(x.shape, shape)) continue;
    if (!(x.data instanceof Float64Array)) continue;
    const values = x.data;
    for (const [axis, n] of shape.entries()) {
      const at = indexAlong(shape, axis);
      for (const by of [1, -1]) {
        const inner = (_: number, i: number) =>
          at(i) + by >= 0 && at(i) + by < n;
        const data = shift(values, shape, axis, -by);
        const gradient = facts.pull(
          inputs.with(k, { shape, data }),
          facts.dout.data,
        )
          ?.filter(inner);
        const wanted = numeric.filter(inner);
        if (
          gradient !== undefined && wanted.length > 1 &&
          isMultiple(gradient, wanted, tolerance) === 1 &&
          isMultiple(facts.analytic.filter(inner), wanted, tolerance) !== 1
        ) {
          return `${names[k]} is read one index off along axis ${axis}`;
        }
      }
    }
  }
}

/** The sign is wrong where an input is negative, as of an absolute value. */
function signs(evidence: Evidence): string | undefined {
  const { facts } = evidence;
  for (const [name, values] of sameShape(facts)) {
    const undone = facts.analytic.map((a, i) => values[i] < 0 ? -a : a);
    if (evidence.explains(undone) === 1) {
      return `the sign is wrong where ${name} is negative`;
    }
  }
}

function isDout({ facts, tolerance }: Evidence): string | undefined {
  const same = isSameShape(facts.dout.shape, shapeOf(facts)) &&
    isMultiple(facts.analytic, facts.dout.data, tolerance);
  return same === 1 ? "the gradient is dout itself" : undefined;
}

/** The ratio of analytic and numeric is, element by element, a known tensor. */
function factor({ facts, tolerance }: Evidence): string | undefined {
  const { analytic, numeric } = facts;
  if (numeric === undefined || numeric.length < 2) return undefined;
  const known = sameShape(facts);
  const times = (values: F64, power: number) =>
    isMultiple(
      analytic,
      numeric.map((n, i) => n * values[i] ** power),
      tolerance,
    );
  for (const [name, values] of known) {
    for (const [power, text] of POWERS) {
      const ratio = times(values, power);
      const constant = ratio && sayRatio(ratio, facts);
      if (constant !== undefined) return text(name) + constant;
    }
  }
  for (const [read, a] of known) {
    for (const [meant, b] of known) {
      const ratio = a === b ? undefined : times(a.map((v, i) => v / b[i]), 1);
      const constant = ratio && sayRatio(ratio, facts);
      if (constant !== undefined) {
        return `a factor ${read} is used instead of ${meant}${constant}`;
      }
    }
  }
}

function added({ facts, tolerance }: Evidence): string | undefined {
  const { analytic, numeric } = facts;
  if (numeric === undefined || numeric.length < 3) return undefined;
  const rest = analytic.map((a, i) => a - numeric[i]);
  const sized = Math.max(facts.precision, tolerance * 1e3);
  if (isMultiple(rest, rest.map(() => 1), sized) !== undefined) {
    return `a constant ${showNumber(rest[0])} is added to every element`;
  }
  for (const [name, values] of [...sameShape(facts), ...gradients(facts)]) {
    const ratio = isMultiple(rest, values, sized);
    if (ratio !== undefined) {
      return `${showNumber(ratio)} times ${name} is added to the gradient`;
    }
  }
}

/** A gradient is linear in `dout`, whatever the function is. */
function notLinearInDout({ facts }: Evidence): string | undefined {
  const { inputs, dout, analytic, precision } = facts;
  if (!analytic.every(Number.isFinite)) return undefined;
  const [doubled, opposite] = [2, -1].map((factor) =>
    facts.pull(inputs, dout.data.map((d) => factor * d))
  );
  if (doubled === undefined || opposite === undefined) return undefined;
  const isSame = (other: F64) => other.every((v, i) => v === analytic[i]);
  if (isSame(doubled) && isSame(opposite)) {
    return "the gradient does not depend on dout";
  }
  const growth = isMultiple(doubled, analytic, precision);
  return growth !== undefined && isNear(growth, 2, facts)
    ? undefined
    : "the gradient is not linear in dout, as every gradient is";
}

/** What is seen, if no known cause explains it. */
function patternOf({ facts, ratio }: Evidence): string | undefined {
  const { analytic, wrong, names, input } = facts;
  const size = analytic.length;
  const broken = analytic.findIndex((a) => !Number.isFinite(a));
  if (broken >= 0) {
    const count = analytic.filter((a) => !Number.isFinite(a)).length;
    return `the gradient is not finite in ${count} of ${size} elements, the first is ${
      analytic[broken]
    } at ${names[input]} ${showIndex(broken, shapeOf(facts))}`;
  }
  if (ratio !== undefined) {
    return `every element has the ratio ${showRatio(ratio)}`;
  }
  if (wrong === undefined || wrong.length === 0) return undefined;
  return wrong.length === size
    ? `${size} of ${size} elements are wrong, in no pattern that gradcheck knows`
    : region(facts, wrong);
}

/** Where the wrong elements are, if some are right. */
function region(facts: Facts, wrong: readonly number[]): string {
  const { analytic } = facts;
  const shape = shapeOf(facts);
  const count = `${wrong.length} of ${analytic.length} elements are wrong`;
  if (wrong.length === 1) {
    const place = showIndex(wrong[0], shape);
    return `only ${place} is wrong, of ${analytic.length} elements`;
  }
  const isWrong = new Set(wrong);
  const right = Array.from(analytic.keys()).filter((i) => !isWrong.has(i));
  for (const [axis, n] of shape.entries()) {
    const at = indexAlong(shape, axis);
    const index = at(wrong[0]);
    if (n < 2 || !wrong.every((i) => at(i) === index)) continue;
    const isZero = wrong.every((i) => analytic[i] === 0);
    return `${count}, all in ${describeSlice(shape, axis, index)}${
      isZero ? ", which is left zero" : ""
    }`;
  }
  for (const [axis, n] of shape.entries()) {
    const at = indexAlong(shape, axis);
    const index = at(right[0]);
    if (n < 2 || !right.every((i) => at(i) === index)) continue;
    return `${count}, all but those in ${describeSlice(shape, axis, index)}`;
  }
  const first = wrong.slice(0, 5).map((i) => showIndex(i, shape)).join(", ");
  return `${count}: ${first}${wrong.length > 5 ? ", …" : ""}`;
}

type ShapeHypothesis = (
  evidence: Evidence,
  gradient: Value<F64>,
) => string | undefined;

const SHAPE_HYPOTHESES: readonly ShapeHypothesis[] = [
  function permutedShape(evidence, { shape, data }) {
    const wanted = shapeOf(evidence.facts);
    for (const order of permutations(shape.length)) {
      if (!isSameShape(order.map((k) => shape[k]), wanted)) continue;
      const c = transpose(data, shape, order);
      if (evidence.explains(c) === 1) {
        return describeOrder("the gradient", order);
      }
    }
  },
  function notReshaped(evidence, { data }) {
    if (data.length !== evidence.facts.analytic.length) return undefined;
    return evidence.explains(data) === 1
      ? "its elements are right, only its shape is not"
      : undefined;
  },
  function notSummed(evidence, { shape, data }) {
    const wanted = long(shapeOf(evidence.facts));
    for (const axes of subsets(shape)) {
      const kept = shape.filter((_, k) => !axes.includes(k));
      if (!isSameShape(long(kept), wanted)) continue;
      if (evidence.explains(sumOver(data, shape, axes)) === 1) {
        return `${describeAxes(axes)} ${be(axes)} not summed`;
      }
    }
  },
  function summedTooFar({ facts, tolerance }, gradient) {
    const { numeric } = facts;
    const shape = shapeOf(facts);
    for (const axes of numeric === undefined ? [] : subsets(shape)) {
      const kept = shape.filter((_, k) => !axes.includes(k));
      if (!isSameShape(long(kept), long(gradient.shape))) continue;
      const sums = sumOver(numeric!, shape, axes);
      if (isMultiple(gradient.data, sums, tolerance) === 1) {
        return `${describeAxes(axes)} ${be(axes)} summed, though ${
          facts.names[facts.input]
        } has ${axes.length > 1 ? "them" : "it"}`;
      }
    }
  },
  function ofAnother({ facts }, { shape, data }) {
    for (const [k, name] of facts.names.entries()) {
      const other = facts.gradientBy(k);
      if (
        k !== facts.input && other !== undefined &&
        isSameShape(shape, facts.inputs[k].shape) &&
        isMultiple(data, other, facts.precision) === 1
      ) {
        return `it is the gradient with respect to ${name}: the backward functions must be in the order of the inputs`;
      }
    }
  },
];
