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

import { showShape } from "../_checks.ts";
import type { Shape, Tensor } from "../tensor.ts";

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
  /** The slopes on the left and the right of one element, for a relative step.
   */
  sided(element: number, t: number): [number, number];
  /** The numeric gradient with respect to another input, where there is one. */
  gradientBy(input: number): Float64Array | undefined;
}

/** Tensors and Jacobians above this size get only the cheap hypotheses. */
export const LIMIT = 1e6;

/** Stands before a constant factor that is wrong as well. */
const BESIDES = "; besides, ";

/** A relative difference at which a prediction still counts as right. */
const PRECISION = 1e-5;

/** The likely causes of a wrong gradient, the most specific first. */
export function diagnose(facts: Facts): string[] {
  const evidence = new Evidence(facts);
  const partly: string[] = [];
  for (const hypotheses of HYPOTHESES) {
    const causes = hypotheses.flatMap((explain) => explain(evidence) ?? []);
    const wholly = causes.filter((cause) => !cause.includes(BESIDES));
    partly.push(...causes.filter((cause) => cause.includes(BESIDES)));
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

// ---------------------------------------------------------------- hypotheses

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
  ],
  [factor, added],
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
  return ratio === undefined ? undefined : nameRatio(ratio, facts);
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
      if (showShape(order.map((k) => shape[k])) !== showShape(wanted)) continue;
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
    const wanted = showShape(long(shapeOf(evidence.facts)));
    for (const axes of subsets(shape)) {
      const kept = shape.filter((_, k) => !axes.includes(k));
      if (showShape(long(kept)) !== wanted) continue;
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
      if (showShape(long(kept)) !== showShape(long(gradient.shape))) continue;
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
        showShape(shape) === showShape(facts.inputs[k].shape) &&
        isMultiple(Float64Array.from(data), other, PRECISION) === 1
      ) {
        return `it is the gradient with respect to ${name}: the backward functions stand in the order of the inputs`;
      }
    }
  },
];

// ---------------------------------------------------------------- predictions

/** Other values of `dout`, each the signature of a mistake. */
function* otherDouts(
  { shape, data }: Tensor,
): Generator<[dout: Float64Array, text: string]> {
  const dout = Float64Array.from(data);
  yield [ones(dout.length), "dout is not used, as if it were 1 everywhere"];
  yield [dout.map((d) => d * d), "dout enters squared"];
  yield [dout.map(Math.abs), "the sign of dout is lost"];
  if (dout.length > LIMIT) return;
  for (const axes of subsets(shape)) {
    const its = axes.length > 1 ? "their" : "its";
    const at = axes.map((axis) => indexAlong(shape, axis));
    for (const [which, edge] of EDGES) {
      yield [
        dout.map((d, i) =>
          at.every((at, a) => at(i) === edge(shape[axes[a]])) ? d : 0
        ),
        `${describeAxes(axes)} of dout ${
          be(axes)
        } not summed: only ${its} ${which} index is used`,
      ];
    }
    for (const [verb, how] of COLLAPSES) {
      yield [
        collapse(dout, shape, axes, how),
        `${describeAxes(axes)} of dout ${be(axes)} ${verb} too early`,
      ];
    }
  }
  for (const [axis, n] of shape.entries()) {
    const at = indexAlong(shape, axis);
    for (const [which, edge] of EDGES) {
      yield [
        dout.map((d, i) => at(i) === edge(n) ? 0 : d),
        `a loop bound along axis ${axis} of dout is off by one: its ${which} index is left out`,
      ];
    }
    yield* shifts(dout, shape, axis, "dout");
  }
  for (const [order, moved] of reorders(dout, shape)) {
    yield [moved, describeOrder("dout", order)];
  }
}

/** Other inputs; the mistake is undone where the gradient becomes right. */
function* otherInputs(
  { names, inputs, output, dout }: Facts,
): Generator<[inputs: Tensor[], text: string]> {
  for (const [k, x] of inputs.entries()) {
    const shape = showShape(x.shape);
    for (const [l, y] of inputs.entries()) {
      if (l === k || showShape(y.shape) !== shape) continue;
      yield [
        inputs.with(k, y),
        `it reads ${names[k]} where ${names[l]} is meant`,
      ];
      if (k < l) {
        yield [
          inputs.with(k, y).with(l, x),
          `${names[k]} and ${names[l]} are exchanged`,
        ];
      }
    }
    for (const [name, y] of [["the output", output], ["dout", dout]] as const) {
      if (showShape(y.shape) !== shape) continue;
      yield [inputs.with(k, y), `it reads ${names[k]} where ${name} is meant`];
    }
    if (x.data.length > LIMIT) continue;
    const values = Float64Array.from(x.data);
    for (const [, data] of reorders(values, x.shape)) {
      yield [
        inputs.with(k, { shape: x.shape, data }),
        `${
          names[k]
        } is used without its transpose, or transposed where it should not be`,
      ];
    }
    for (const axis of x.shape.keys()) {
      for (const [data, text] of shifts(values, x.shape, axis, names[k])) {
        yield [inputs.with(k, { shape: x.shape, data }), text];
      }
    }
  }
}

/** Known tensors of the shape of the input. */
function sameShape(facts: Facts): [name: string, values: Float64Array][] {
  const shape = showShape(shapeOf(facts));
  return [
    ...facts.inputs.map((x, k) => [facts.names[k], x] as const),
    ["dout", facts.dout] as const,
    ["the output", facts.output] as const,
  ]
    .filter(([, x]) => showShape(x.shape) === shape)
    .map(([name, x]) => [name, Float64Array.from(x.data)]);
}

/** The gradients with respect to the inputs of the same shape. */
function gradients(facts: Facts): [name: string, values: Float64Array][] {
  const shape = showShape(shapeOf(facts));
  return facts.inputs.flatMap((x, k) => {
    const gradient = k === facts.input ? undefined : facts.gradientBy(k);
    return gradient === undefined || showShape(x.shape) !== shape
      ? []
      : [[`the gradient with respect to ${facts.names[k]}`, gradient] as [
        string,
        Float64Array,
      ]];
  });
}

const EDGES: readonly [name: string, index: (n: number) => number][] = [
  ["first", () => 0],
  ["last", (n) => n - 1],
];

type Collapse = (sum: number, count: number, first: number) => number;
const total: Collapse = (sum) => sum;

/** What an axis can wrongly be replaced by. */
const COLLAPSES: readonly [verb: string, how: Collapse][] = [
  ["summed", total],
  ["averaged", (sum, count) => sum / count],
  ["read at index 0 only", (_sum, _count, first) => first],
];

const POWERS: readonly [power: number, text: (name: string) => string][] = [
  [1, (name) => `there is a factor ${name} too many`],
  [-1, (name) => `a factor ${name} is missing`],
  [2, (name) => `there is a factor ${name}² too many`],
  [-2, (name) => `a factor ${name}² is missing`],
];

// ------------------------------------------------------------------ evidence

/** The facts, with what is needed to compare a prediction with them. */
class Evidence {
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
function isMultiple(
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

// --------------------------------------------------------------------- words

/** What a constant ratio of analytic and numeric suggests, if anything. */
function nameRatio(ratio: number, facts: Facts): string | undefined {
  if (near(ratio, 1)) return undefined;
  const prefix = `ratio ${showRatio(ratio)}: `;
  if (near(ratio, -1)) return `${prefix}the sign is wrong`;
  const size = Math.abs(ratio);
  const sign = ratio < 0 ? ", and the sign is wrong" : "";
  for (const [count, where] of counts(facts)) {
    if (near(size, count)) {
      return `${prefix}the factor ${
        fraction(1, count)
      } is missing, as of a mean over the ${where}${sign}`;
    }
    if (near(size, 1 / count)) {
      return `${prefix}a factor ${count} is missing, as where a mean is taken over the ${where} and a sum is meant${sign}`;
    }
    if (near(size, Math.sqrt(count)) && !Number.isInteger(Math.sqrt(count))) {
      return `${prefix}the factor 1/√${count} is missing, for the ${where}${sign}`;
    }
    if (
      near(size, 1 / Math.sqrt(count)) && !Number.isInteger(Math.sqrt(count))
    ) {
      return `${prefix}a factor √${count} is missing, for the ${where}${sign}`;
    }
  }
  for (let q = 1; q <= 12; q++) {
    const p = Math.round(size * q);
    if (p > 0 && p <= 12 && near(size, p / q)) {
      return `${prefix}a factor ${fraction(q, p)} is missing${sign}`;
    }
  }
}

/** The words for a constant factor besides another mistake. */
function sayRatio(ratio: number, facts: Facts): string | undefined {
  if (ratio === 1) return "";
  const name = nameRatio(ratio, facts);
  return name === undefined ? undefined : BESIDES + name;
}

/** The numbers of elements over which something could be summed. */
function* counts(
  { input, names, inputs, output }: Facts,
): Generator<[count: number, where: string]> {
  const named = inputs.map((x, k) => [names[k], x.shape] as const);
  const own = named.splice(input, 1);
  for (
    const [name, shape] of [
      ...own,
      ["the output", output.shape] as const,
      ...named,
    ]
  ) {
    for (const axes of subsets(shape)) {
      const count = axes.reduce((count, k) => count * shape[k], 1);
      if (count > 2) {
        yield [count, `${count} elements of ${describeAxes(axes)} of ${name}`];
      }
    }
  }
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= PRECISION * Math.abs(b);
}

function fraction(numerator: number, denominator: number): string {
  if (denominator === 1) return `${numerator}`;
  return numerator === 1 && denominator === 2
    ? "½"
    : `${numerator}/${denominator}`;
}

function describeAxes(axes: readonly number[]): string {
  return axes.length === 1
    ? `axis ${axes[0]}`
    : `axes ${axes.slice(0, -1).join(", ")} and ${axes.at(-1)}`;
}

function be(axes: readonly number[]): string {
  return axes.length === 1 ? "was" : "were";
}

function describeOrder(what: string, order: readonly number[]): string {
  const moved = order.filter((k, axis) => k !== axis).sort((a, b) => a - b);
  if (order.length === 2) return `${what} is transposed`;
  return moved.length === 2
    ? `${describeAxes(moved)} of ${what} are transposed`
    : `the axes of ${what} are permuted`;
}

function describeSlice(shape: Shape, axis: number, index: number): string {
  if (shape.length !== 2) return `index ${index} of axis ${axis}`;
  return `${axis === 0 ? "row" : "column"} ${index}`;
}

/** A number as the messages write it: enough digits to see what differs. */
export function showNumber(value: number): string {
  return String(Number(value.toPrecision(9)));
}

/** A ratio: two decimals if they are the whole of it. */
export function showRatio(ratio: number): string {
  const plain = ratio.toFixed(2);
  return Math.abs(ratio - Number(plain)) < 1e-8 * Math.abs(ratio)
    ? plain
    : String(Number(ratio.toPrecision(7)));
}

/** The index of an element, as in `[0, 2]`. */
export function showIndex(element: number, shape: Shape): string {
  return `[${indexOf(element, shape).join(", ")}]`;
}

/** The index of the element at a place of the data, one number for each axis.
 */
export function indexOf(element: number, shape: Shape): number[] {
  return shape.map((_, axis) => indexAlong(shape, axis)(element));
}

// -------------------------------------------------------------------- shapes

function shapeOf({ inputs, input }: Facts): Shape {
  return inputs[input].shape;
}

/** The dimensions that are not 1. */
function long(shape: Shape): Shape {
  return shape.filter((n) => n !== 1);
}

/** From a place in the data to the index along one axis. */
function indexAlong(shape: Shape, axis: number): (place: number) => number {
  const step = stepOf(shape, axis);
  return (place) => Math.floor(place / step) % shape[axis];
}

/** How far apart in the data neighbors along an axis are. */
function stepOf(shape: Shape, axis: number): number {
  return shape.slice(axis + 1).reduce((step, n) => step * n, 1);
}

/** All sets of axes that are longer than 1, single axes first. */
function subsets(shape: Shape): number[][] {
  const axes = Array.from(shape.keys()).filter((axis) => shape[axis] > 1)
    .slice(0, 5);
  return Array.from(
    { length: 2 ** axes.length - 1 },
    (_, bits) => axes.filter((_, k) => (bits + 1) >> k & 1),
  )
    .sort((a, b) => a.length - b.length);
}

/** All orders of so many axes but the given one; of many, only the swaps. */
function permutations(rank: number): number[][] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  if (rank > 4) {
    return axes.flatMap((a) =>
      axes.slice(a + 1).map((b) => axes.with(a, b).with(b, a))
    );
  }
  const orders = (left: number[]): number[][] =>
    left.length === 0
      ? [[]]
      : left.flatMap((axis) =>
        orders(left.filter((k) => k !== axis)).map((rest) => [axis, ...rest])
      );
  return orders(axes).slice(1);
}

/** The elements of the tensor whose axis `k` is axis `order[k]` of this one. */
function transpose(
  data: Float64Array,
  shape: Shape,
  order: readonly number[],
): Float64Array {
  const target = order.map((k) => shape[k]);
  const at = target.map((_, k) => indexAlong(target, k));
  const steps = order.map((k) => stepOf(shape, k));
  return data.map((_, place) => {
    let source = 0;
    for (let k = 0; k < at.length; k++) source += at[k](place) * steps[k];
    return data[source];
  });
}

/** The same shape over the data in another order of axes, both ways. */
function* reorders(
  data: Float64Array,
  shape: Shape,
): Generator<[order: number[], data: Float64Array]> {
  // A permutation of one axis, or of a long tensor, is not worth trying.
  if (data.length > LIMIT) return;
  for (const order of permutations(shape.length)) {
    const inverse = order.map((_, k) => order.indexOf(k));
    yield [order, transpose(data, shape, order)];
    yield [order, transpose(data, order.map((k) => shape[k]), inverse)];
  }
}

/** Every element replaced by the one `by` further on, zero past the edge. */
function shift(
  data: Float64Array,
  shape: Shape,
  axis: number,
  by: number,
  cyclic = false,
): Float64Array {
  const at = indexAlong(shape, axis);
  const [n, step] = [shape[axis], stepOf(shape, axis)];
  return data.map((_, place) => {
    const index = at(place);
    const moved = cyclic ? (index + by + n) % n : index + by;
    return moved < 0 || moved >= n ? 0 : data[place + (moved - index) * step];
  });
}

function* shifts(
  data: Float64Array,
  shape: Shape,
  axis: number,
  name: string,
): Generator<[data: Float64Array, text: string]> {
  if (shape[axis] < 2) return;
  for (const by of [1, -1]) {
    for (const cyclic of [true, false]) {
      yield [
        shift(data, shape, axis, by, cyclic),
        `${name} is read one index off along axis ${axis}`,
      ];
    }
  }
}

/** Each element replaced by what `how` makes of those along some axes. */
function collapse(
  data: Float64Array,
  shape: Shape,
  axes: readonly number[],
  how: Collapse,
): Float64Array {
  const at = axes.map((axis) => indexAlong(shape, axis));
  const steps = axes.map((axis) => stepOf(shape, axis));
  const count = axes.reduce((count, axis) => count * shape[axis], 1);
  const home = data.map((_, place) =>
    at.reduce((home, at, k) => home - at(place) * steps[k], place)
  );
  const sums = new Float64Array(data.length);
  for (const [place, value] of data.entries()) sums[home[place]] += value;
  return home.map((first) => how(sums[first], count, data[first]));
}

/** The sums along some axes, without those axes. */
function sumOver(
  data: Tensor["data"],
  shape: Shape,
  axes: readonly number[],
): Float64Array {
  const at = axes.map((axis) => indexAlong(shape, axis));
  return collapse(Float64Array.from(data), shape, axes, total)
    .filter((_, place) => at.every((at) => at(place) === 0));
}

function ones(length: number): Float64Array {
  return new Float64Array(length).fill(1);
}

/** The inner product of two tensors as lists. */
export function dot(a: Tensor["data"], b: Tensor["data"]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The largest absolute value; 0 of nothing. */
function largest(values: Float64Array): number {
  return values.reduce((largest, v) => Math.max(largest, Math.abs(v)), 0);
}
