// Copyright 2026 the Adjoint authors. MIT license.

// The check as a whole: what the functions are asked, in which order, and what
// follows from the answers.

import { isFloat, isSameShape, showShape } from "../core/checks.ts";
import type { F64 } from "../core/types.ts";
import type { Arguments } from "./arguments.ts";
import type { Obstacle } from "./compare.ts";
import { compareElsewhere, elsewhere } from "./elsewhere.ts";
import { explain, type Known } from "./explain.ts";
import { compareDirections } from "./directions.ts";
import { compareElements, type Found, type How, isSmall } from "./elements.ts";
import { norm, ownScales, randomNumbers, scaleOf } from "./numbers.ts";
import { report } from "./report.ts";
import { type Point, STEP } from "./resolution.ts";
import { indexOf } from "./shapes.ts";
import {
  difference,
  isSameForm,
  Problem,
  readDout,
  Subject,
  type Value,
} from "./subject.ts";
import type { GradcheckInput, GradcheckReport } from "./types.ts";
import { showIndex } from "./words.ts";

/** The calls for comparing elements, by default. */
const BUDGET = 10_000;

/** The part of a gradient that may be hidden by rounding. */
const TELLING = 1 / 16;

/** Checks the gradients. */
export function check(
  { forward, backward, inputs, names, isNamed, options }: Arguments,
  progress?: (calls: number) => void,
): GradcheckReport {
  const { fast, budget = BUDGET, directions = 4, seed = 0 } = options;
  const subject = new Subject(forward, backward, names, isNamed, progress);
  const problems = new Set<Problem>();
  const random = randomNumbers(seed);
  const how: How = {
    rtol: options.rtol ?? 1e-6,
    atol: options.atol ?? 0,
    random,
  };
  const results = inputs.map((x, k) => newResult(names[k], x));
  const attempt = <T>(part: () => T): T | undefined => {
    try {
      return part();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.add(error);
    }
  };
  let hasGradient = (k: number) =>
    backward.kind === "all"
      ? inputs[k].data instanceof Float64Array
      : backward.functions[k] !== null;
  attempt(() => {
    const start = look(subject, inputs, options.dout, random, problems);
    if (start === undefined) return;
    const { point, gradients, isPure } = start;
    for (const [k, name] of subject.names.entries()) results[k].name = name;
    const hasFailed = problems.size > 0 && gradients.every((g) => !g);
    if (backward.kind === "all" && !hasFailed) {
      hasGradient = (k) => gradients[k] !== undefined;
    }
    const chosen = choose(gradients, point, fast, budget);
    const found = gradients.map((gradient, k) =>
      gradient && isPure(k) && hasShape(point, k, gradient, problems)
        ? attempt(() =>
          compare(
            point,
            k,
            gradient.data,
            chosen.has(k) ? 0 : directions,
            how,
            budget,
          )
        )
        : undefined
    );
    for (const [k, f] of found.entries()) {
      if (f) summarize(f, gradients[k]!.data, point.inputs[k], results[k]);
      if (options.dout !== undefined) warn(point, results[k]);
    }
    const here: Known = { point, gradients, found };
    const other = elsewhere(here, how);
    for (const [k, gradient] of gradients.entries()) {
      if (gradient === undefined || !isPure(k)) continue;
      const result = results[k];
      const isShaped = found[k] !== undefined;
      if (result.verdict === "wrong" || !isShaped) {
        const { causes, pattern } = explain(here, k, other, result.resolution);
        result.causes = [...causes];
        if (causes.length === 0 && pattern) result.pattern = pattern;
      } else if (other !== undefined) {
        const text = compareElsewhere(here, other, k, how);
        if (text === undefined) continue;
        problems.add(new Problem(text));
        result.verdict = "wrong";
      }
    }
  });
  return report(
    subject,
    results,
    problems,
    how.rtol,
    hasGradient,
    fast === undefined,
  );
}

function newResult(name: string, { shape, data }: Value): GradcheckInput {
  return {
    name,
    shape,
    elements: data.length,
    verdict: "right",
    checked: "nothing",
    compared: 0,
    wrong: 0,
    skipped: { kinks: 0, jumps: 0, edges: 0 },
    relativeError: 0,
    resolution: 0,
    maxError: 0,
    causes: [],
  };
}

/**
 * Calls all functions, again and again with the same arguments. Returns nothing
 * if the forward function cannot be differentiated.
 */
function look(
  subject: Subject,
  inputs: readonly Value[],
  givenDout: unknown,
  random: () => number,
  problems: Set<Problem>,
) {
  const { forward } = subject;
  const overwrites = (label: string, place: number, how: string) => {
    const name = subject.names[place] ?? "dout";
    problems.add(new Problem(`${label} overwrites ${name}: ${how}`));
  };
  const output = subject.output(inputs, overwrites);
  if (!output.parts.some(({ dtype }) => isFloat(dtype))) {
    throw new Problem(
      `${forward.label} returns integers, which have no gradient`,
      "cannot tell",
    );
  }
  const nan = output.data.findIndex((z) => Number.isNaN(z));
  if (nan >= 0) {
    problems.add(
      new Problem(
        `${forward.label} returns NaN at ${
          showIndex(nan, output.shape)
        }: nothing can be compared there`,
        "cannot tell",
      ),
    );
  } else if (output.data.length > 0 && !output.data.some(Number.isFinite)) {
    problems.add(
      new Problem(
        `${forward.label} returns no finite number: nothing can be compared`,
        "cannot tell",
      ),
    );
  }
  const dout = givenDout === undefined
    ? { ...output, data: output.data.map(random) }
    : readDout(givenDout, output);

  const again = (when: string): boolean => {
    const next = subject.output(inputs);
    const change = isSameForm(output, next) || output.parts.length > 1
      ? difference(output, next)
      : difference(
        { ...output, shape: output.parts[0].shape },
        { ...next, shape: next.parts[0].shape },
      );
    if (change === undefined) return true;
    problems.add(
      new Problem(
        `${forward.label} gives another result ${when}: ${change}`,
        "cannot tell",
      ),
    );
    return false;
  };
  if (!again("when it is called again")) return undefined;

  const near = subject.tryOutput(move(inputs, random, STEP, scaleOf));
  const away = subject.tryOutput(move(inputs, random, 1 / 8, ownOf));
  // Small multiples of one number may all be float32 numbers by chance.
  const isRounded =
    [near, away].every((z) =>
      z === undefined || isFloat32(output.data, z.data)
    ) && (near ?? away) !== undefined;
  const point: Point = {
    subject,
    inputs,
    output,
    dout,
    epsilon: isRounded ? 2 ** -23 : Number.EPSILON,
    noises: new Map(),
    roughness: new Map(),
  };

  const tell = (problem: Problem) => problems.add(problem);
  const gradients = subject.gradients(inputs, dout, tell, overwrites);
  again("after the backward functions were called");
  subject.tryOutput(move(inputs, random, STEP, scaleOf));
  const impure = new Set<number>();
  const second = subject.gradients(inputs, dout, () => {});
  for (const [k, gradient] of gradients.entries()) {
    const next = second[k];
    if (gradient === undefined || next === undefined) continue;
    const change = difference(gradient, next);
    if (change === undefined) continue;
    impure.add(k);
    problems.add(
      new Problem(
        `${
          subject.labelOf(k)
        } gives another result when it is called again: ${change}${
          readsForward(point, k, move(inputs, random, STEP, scaleOf))
            ? ", unless forward has just been called: pass an object { forward, backward } whose backward takes dout alone"
            : ""
        }`,
      ),
    );
  }
  return { point, gradients, isPure: (k: number) => !impure.has(k) };
}

/** Whether a gradient is the same if forward is called before it. */
function readsForward(
  { subject, inputs, dout }: Point,
  k: number,
  others: readonly Value[],
): boolean {
  const [first, second] = [others, inputs].map((before) => {
    subject.tryOutput(before);
    subject.tryOutput(inputs);
    return subject.gradient(k, inputs, dout);
  });
  return first !== undefined && second !== undefined &&
    difference(first, second) === undefined;
}

/** Float inputs moved a little; integer ones are labels or masks. */
function move(
  inputs: readonly Value[],
  random: () => number,
  part: number,
  scales: (x: F64) => F64,
): Value[] {
  return inputs.map(({ shape, data }) => {
    if (!(data instanceof Float64Array)) return { shape, data };
    const by = scales(data);
    return { shape, data: data.map((x, i) => x + part * by[i] * random()) };
  });
}

function ownOf(x: F64): F64 {
  return ownScales(x, scaleOf(x));
}

/** Whether all that differs in another output is in float32. */
function isFloat32(output: F64, other: F64): boolean {
  const moved = other.filter((z, i) => z !== output[i]);
  return moved.every((z) => Math.fround(z) === z) &&
    moved.some((z) => Number.isFinite(z) && !Number.isInteger(z));
}

/** Which inputs are compared by elements: the smallest ones, within the budget.
 */
function choose(
  gradients: readonly (Value<F64> | undefined)[],
  { inputs }: Point,
  fast: boolean | undefined,
  budget: number,
): Set<number> {
  const places = Array.from(gradients.keys()).filter((k) => gradients[k]);
  if (fast !== undefined) return new Set(fast ? [] : places);
  const size = (k: number) => inputs[k].data.length;
  let left = budget;
  return new Set(
    places.sort((a, b) => size(a) - size(b))
      .filter((k) => (left -= 2 * size(k)) >= 0),
  );
}

function hasShape(
  { subject, inputs }: Point,
  k: number,
  gradient: Value<F64>,
  problems: Set<Problem>,
): boolean {
  const { shape } = inputs[k];
  if (isSameShape(gradient.shape, shape)) return true;
  const isTransposed = isSameShape(gradient.shape.toReversed(), shape);
  problems.add(
    new Problem(
      `${subject.labelOf(k)} returns a gradient of shape ${
        showShape(gradient.shape)
      } for ${subject.names[k]} of shape ${showShape(shape)}${
        isTransposed ? ", a transposed shape" : ""
      }`,
    ),
  );
  return false;
}

function compare(
  point: Point,
  k: number,
  gradient: F64,
  directions: number,
  how: How,
  budget: number,
): Found {
  const found = directions === 0 || gradient.length === 0
    ? compareElements(point, k, gradient, how)
    : compareDirections(point, k, gradient, directions, how);
  const [first] = found.findings;
  if (first?.problem && found.findings.every(({ problem }) => problem)) {
    throw first.problem;
  }
  const isDoubted = found.findings.some(({ verdict }) => verdict !== "right");
  return directions > 0 && isDoubted && isSmall(point, k) &&
      2 * gradient.length <= budget
    ? compareElements(point, k, gradient, how)
    : found;
}

/**
 * Warns that the gradient of a plain sum is 0 if that may hide a mistake: the sum
 * of a normalized row, or of probabilities, is the same whatever the input is.
 */
function warn({ dout: { data } }: Point, result: GradcheckInput): void {
  const isPlain = data.every((d) => d === data[0]);
  if (!isPlain || result.verdict !== "right" || !(result.resolution >= 1)) {
    return;
  }
  result.reason = `dout is ${
    data[0]
  } everywhere, and the gradient of the sum of the output is 0 here, so mistakes may not show: leave dout out, and it is random`;
}

/** Summarizes all comparisons. */
function summarize(
  { checked, findings, numeric, wrong, skipped, worst, isUntraced }: Found,
  analytic: F64,
  { shape }: Value,
  result: GradcheckInput,
): void {
  const counted = findings.filter(({ verdict }) =>
    verdict === "right" || verdict === "wrong"
  );
  const list = (of: (finding: typeof counted[number]) => number) =>
    Float64Array.from(counted, of);
  const at = (obstacle: Obstacle) =>
    Array.from(skipped.values()).filter((why) => why === obstacle).length;
  result.checked = checked;
  result.compared = counted.length;
  result.skipped = { kinks: at("kink"), jumps: at("jump"), edges: at("edge") };
  result.wrong = checked === "elements"
    ? wrong.length
    : worst === undefined
    ? 0
    : Math.max(1, counted.filter(({ verdict }) => verdict === "wrong").length);
  result.analytic = analytic;
  if (numeric) result.numeric = numeric;
  const gap = list(({ residual }) => Math.abs(residual));
  result.maxError = gap.reduce((max, e) => Math.max(max, e), 0);
  // Two values that cannot be told from 0 are the same.
  const error = norm(
    list(({ verdict, size, error, residual }) =>
      verdict === "right" && size <= error ? 0 : residual
    ),
  );
  const slope = norm(list(({ slope }) => slope));
  result.relativeError = error === 0 ? 0 : error / slope;
  const hidden = norm(list(({ error }) => error));
  const size = norm(list(({ slope, size }) => Math.max(Math.abs(slope), size)));
  const around = norm(list(({ reach }) => reach));
  result.resolution = hidden === 0 ? 0 : hidden / size;
  if (worst !== undefined) {
    const { place, numeric } = worst;
    result.worst = {
      index: indexOf(place, shape),
      analytic: analytic[place],
      numeric,
      ratio: analytic[place] / numeric,
    };
  }
  if (result.wrong > 0) {
    result.verdict = "wrong";
  } else if (counted.length === 0 && findings.length > 0) {
    result.verdict = "cannot tell";
    result.reason =
      "the function has no slope at any element: check it at another point";
  } else if (isUntraced) {
    result.verdict = "cannot tell";
    result.reason =
      "random directions disagree, but no element was found that is wrong: check it element by element, or at another point";
  } else if (hidden > TELLING * Math.max(size, around)) {
    result.verdict = "cannot tell";
    result.reason = `the forward function resolves the gradient to ±${
      hidden.toExponential(1)
    } here, and its norm is ${
      size.toExponential(1)
    }: check it at a point where the gradient is larger, or make the rounding of the forward function smaller`;
  }
}
