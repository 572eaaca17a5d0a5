// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What is wrong with a gradient that failed `gradcheck`.
 *
 * Each mistake that people make has its own signature: a gradient that is
 * transposed becomes the numeric one when it is transposed back, a backward
 * function that sums `dout` over one index too few computes exactly
 * $`J^{\mathsf{T}} D'`$, where $`D'`$ is `dout` with a zero slice. So a
 * diagnosis is a list of hypotheses. Each predicts numbers from one mistake and
 * is told only if the numbers are those that were found, to 5 digits and to a
 * thousandth of the discrepancy to be explained.
 *
 * There are two kinds of prediction, and both need only products with the
 * Jacobian $`J`$ of the forward function, so they work for inputs that are too
 * large for their elements to be looked at one by one:
 *
 * - the gradient, with the mistake undone, is the numeric one;
 * - the gradient is the one that belongs to another `dout`.
 *
 * @module
 */

import { isSameShape } from "../core/checks.ts";
import type { Tensor } from "./floats.ts";
import { Evidence, type Facts, isMultiple, LIMIT, PRECISION } from "./facts.ts";
import {
  COLLAPSES,
  gradients,
  otherDouts,
  otherInputs,
  POWERS,
  sameShape,
} from "./predictions.ts";
import {
  collapse,
  indexAlong,
  long,
  ones,
  permutations,
  reorders,
  shapeOf,
  shift,
  subsets,
  sumOver,
  transpose,
} from "./shapes.ts";
import {
  be,
  BESIDES,
  describeAxes,
  describeOrder,
  describeSlice,
  nameRatio,
  near,
  sayRatio,
  showIndex,
  showNumber,
  showRatio,
} from "./words.ts";

/** The likely causes of a wrong gradient, the most specific first. */
export function diagnose(facts: Facts): string[] {
  const evidence = new Evidence(facts);
  let partly: string[] = [];
  for (const hypotheses of HYPOTHESES) {
    const causes = hypotheses.flatMap((explain) => explain(evidence) ?? []);
    const wholly = causes.filter((cause) => !cause.includes(BESIDES));
    partly = [...partly, ...causes.filter((cause) => cause.includes(BESIDES))];
    if (wholly.length > 0) return [...wholly, ...partly];
  }
  return partly.length > 0 ? partly : everywhere(evidence);
}

/** The likely causes of a gradient of the wrong shape. */
export function diagnoseShape(facts: Facts, gradient: Tensor): string[] {
  const evidence = new Evidence(facts);
  for (const explain of SHAPE_HYPOTHESES) {
    const cause = explain(evidence, gradient);
    if (cause !== undefined) return [cause];
  }
  return [];
}

type Hypothesis = (evidence: Evidence) => string | undefined;

/**
 * In each tier all are tried. A tier is reached if none above it explains the
 * gradient, or only with a constant factor besides.
 */
const HYPOTHESES: readonly (readonly Hypothesis[])[] = [
  [numericNotFinite, kink],
  [analyticNotFinite, zero],
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
  [notLinearInDout, region],
];

function numericNotFinite({ facts }: Evidence): string | undefined {
  const bad = facts.numeric?.findIndex((n) => !Number.isFinite(n)) ?? -1;
  if (bad < 0) return undefined;
  return `the difference quotient is ${facts.numeric![bad]} at ${
    facts.names[facts.input]
  } ${
    showIndex(bad, shapeOf(facts))
  }: the function has a pole there, or its domain ends`;
}

/**
 * At a kink the slopes on the two sides differ however small the step is; of a
 * smooth function they differ by less, the smaller the step.
 */
function kink({ facts }: Evidence): string | undefined {
  const { wrong } = facts;
  if (wrong === undefined || wrong.length === 0) return undefined;
  const atKink = (element: number) => {
    const [left, right] = facts.sided(element, 2 ** -12);
    const [nearLeft, nearRight] = facts.sided(element, 2 ** -18);
    const size = Math.abs(left) + Math.abs(right) +
      Math.abs(facts.analytic[element]);
    const jump = Math.abs(right - left);
    return jump > 1e-3 * size && Math.abs(nearRight - nearLeft) > jump / 2;
  };
  return wrong.slice(0, 32).every(atKink)
    ? `the function has a kink or a jump at ${facts.names[facts.input]} ${
      showIndex(wrong[0], shapeOf(facts))
    }: gradcheck needs a point where it is smooth`
    : undefined;
}

function analyticNotFinite({ facts }: Evidence): string | undefined {
  const { analytic } = facts;
  const first = analytic.findIndex((a) => !Number.isFinite(a));
  if (first < 0) return undefined;
  const value = analytic[first];
  const count = analytic.reduce(
    (count, a) => count + (Number.isFinite(a) ? 0 : 1),
    0,
  );
  return `the gradient is not finite in ${count} of ${analytic.length} elements, the first is ${value} at ${
    showIndex(first, shapeOf(facts))
  }: ${
    Number.isNaN(value)
      ? "an index past the end of an array, or 0/0"
      : "a division by 0, or an overflow"
  }`;
}

function zero({ facts }: Evidence): string | undefined {
  return facts.analytic.every((a) => a === 0)
    ? "the gradient is zero everywhere: it is not computed, or not stored"
    : undefined;
}

function constantRatio({ facts, ratio }: Evidence): string | undefined {
  if (ratio === undefined) return undefined;
  const [z] = facts.output.data;
  const size = Math.abs(z);
  const isOutput = facts.output.data.length === 1 && !near(size, 1);
  if (isOutput && near(Math.abs(ratio), size)) {
    return `ratio ${showRatio(ratio)}: a factor 1/output is missing${
      ratio * z < 0 ? ", and the sign is wrong" : ""
    }`;
  }
  return nameRatio(ratio, facts);
}

function otherDout(evidence: Evidence): string | undefined {
  for (const [dout, text] of otherDouts(evidence.facts.dout)) {
    const ratio = evidence.produces(dout);
    if (ratio !== undefined) return text + ratio;
  }
}

function transposed(evidence: Evidence): string | undefined {
  const { facts } = evidence;
  for (const [order, c] of reorders(facts.analytic, shapeOf(facts))) {
    const ratio = evidence.explains(c);
    if (ratio !== undefined) {
      return describeOrder("the gradient", order) + ratio;
    }
  }
}

/** The backward function is right for other arguments than it reads. */
function otherArguments(evidence: Evidence): string | undefined {
  const { facts } = evidence;
  for (const [inputs, text] of otherInputs(facts)) {
    const gradient = facts.pull(inputs, facts.dout);
    const ratio = gradient && evidence.explains(gradient);
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
      return `it is the gradient with respect to ${name}: the backward functions stand in the order of the inputs`;
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

/** Compared without the edges, which can be anything. */
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

/** Right but for the edges, if an input is moved against the mistake. */
function readShifted({ facts, tolerance }: Evidence): string | undefined {
  const { numeric, inputs, names } = facts;
  const shape = shapeOf(facts);
  if (numeric === undefined || numeric.length > LIMIT) return undefined;
  for (const [k, x] of inputs.entries()) {
    if (!isSameShape(x.shape, shape)) continue;
    for (const [axis, n] of shape.entries()) {
      const at = indexAlong(shape, axis);
      for (const by of [1, -1]) {
        const inner = (_: number, i: number) =>
          at(i) + by >= 0 && at(i) + by < n;
        const data = shift(Float64Array.from(x.data), shape, axis, -by);
        const gradient = facts.pull(inputs.with(k, { shape, data }), facts.dout)
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
    if (evidence.explains(undone) === "") {
      return `the sign is wrong where ${name} is negative`;
    }
  }
}

function isDout({ facts, tolerance }: Evidence): string | undefined {
  const same = isSameShape(facts.dout.shape, shapeOf(facts)) &&
    isMultiple(facts.analytic, Float64Array.from(facts.dout.data), tolerance);
  return same === 1 ? "the gradient is dout itself" : undefined;
}

/** The ratio of analytic and numeric is, element by element, a known tensor. */
function factor({ facts, tolerance }: Evidence): string | undefined {
  const { analytic, numeric } = facts;
  if (numeric === undefined || numeric.length < 2) return undefined;
  const known = sameShape(facts);
  const times = (values: Float64Array, power: number) =>
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
        return `a factor ${read} stands where ${meant} is meant${constant}`;
      }
    }
  }
}

function added({ facts, tolerance }: Evidence): string | undefined {
  const { analytic, numeric } = facts;
  if (numeric === undefined || numeric.length < 3) return undefined;
  const rest = analytic.map((a, i) => a - numeric[i]);
  const sized = Math.max(PRECISION, tolerance * 1e3);
  if (isMultiple(rest, ones(rest.length), sized) !== undefined) {
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
  const { shape, data } = facts.dout;
  const doubled = facts.pull(facts.inputs, {
    shape,
    data: data.map((d) => 2 * d),
  });
  const growth = doubled && isMultiple(doubled, facts.analytic, PRECISION);
  if (doubled === undefined || growth !== undefined && near(growth, 2)) {
    return undefined;
  }
  return growth === 1
    ? "the gradient does not depend on dout"
    : "the gradient is not linear in dout, as every gradient is";
}

/** Where the wrong elements are, if some are right. */
function region({ facts }: Evidence): string | undefined {
  const { analytic, wrong } = facts;
  const shape = shapeOf(facts);
  if (wrong === undefined || wrong.length === 0) return undefined;
  if (wrong.length === analytic.length) return undefined;
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
    const where = `${count}, all in ${describeSlice(shape, axis, index)}`;
    const edge = index === 0 || index === n - 1;
    if (!edge || wrong.length * n !== analytic.length) return where;
    return `${where}${
      wrong.every((i) => analytic[i] === 0) ? ", which is left zero" : ""
    }: a loop bound along axis ${axis} is off by one`;
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

/** Nothing fits. */
function everywhere({ facts, ratio }: Evidence): string[] {
  if (ratio !== undefined) {
    return [`every element has the ratio ${showRatio(ratio)}`];
  }
  const count = facts.wrong?.length;
  return count === undefined || count < facts.analytic.length ? [] : [
    `${count} of ${count} elements are wrong, in no pattern that gradcheck knows`,
  ];
}

type ShapeHypothesis = (
  evidence: Evidence,
  gradient: Tensor,
) => string | undefined;

const SHAPE_HYPOTHESES: readonly ShapeHypothesis[] = [
  function permutedShape(evidence, { shape, data }) {
    const wanted = shapeOf(evidence.facts);
    for (const order of permutations(shape.length)) {
      if (!isSameShape(order.map((k) => shape[k]), wanted)) continue;
      const c = transpose(Float64Array.from(data), shape, order);
      if (evidence.explains(c) === "") {
        return describeOrder("the gradient", order);
      }
    }
  },
  function notReshaped(evidence, { data }) {
    if (data.length !== evidence.facts.analytic.length) return undefined;
    return evidence.explains(Float64Array.from(data)) === ""
      ? "its elements are right, only its shape is not"
      : undefined;
  },
  function notSummed(evidence, { shape, data }) {
    const wanted = long(shapeOf(evidence.facts));
    for (const axes of subsets(shape)) {
      const kept = shape.filter((_, k) => !axes.includes(k));
      if (!isSameShape(long(kept), wanted)) continue;
      if (evidence.explains(sumOver(data, shape, axes)) === "") {
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
      const data = Float64Array.from(gradient.data);
      if (isMultiple(data, sums, tolerance) === 1) {
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
        isMultiple(Float64Array.from(data), other, PRECISION) === 1
      ) {
        return `it is the gradient with respect to ${name}: the backward functions stand in the order of the inputs`;
      }
    }
  },
];
