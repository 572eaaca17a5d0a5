// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Gradient check
 *
 * Says whether backward functions compute the gradients of a forward function,
 * and where they do not, what is likely wrong with them.
 *
 * ```math
 * \left\langle \frac{\partial E}{\partial Z}, J V \right\rangle
 *   = \left\langle J^{\mathsf{T}} \frac{\partial E}{\partial Z}, V \right\rangle
 * ```
 *
 * ## What is compared
 *
 * $`Z = f(X)`$ is the forward function at one of its inputs, with the others
 * held fixed, and $`J`$ is its Jacobian. For every direction $`V`$ that
 * $`X`$ can move in, $`J V`$ is how $`Z`$ moves. The backward function claims
 * to compute $`J^{\mathsf{T}} \frac{\partial E}{\partial Z}`$, so the equation
 * holds for every $`V`$ if, and only if, it is right. The left side needs
 * nothing but the forward function:
 *
 * ```math
 * J V \approx \frac{f(X + h V) - f(X - h V)}{2 h}
 * ```
 *
 * **Each element** (the default). $`V`$ is one element at a time: two calls of
 * `forward` for every element of the inputs, and every element of the gradient
 * is compared with a number of its own.
 *
 * **Random directions** (`fast: true`). $`V`$ has all elements of one input:
 * two calls for each direction, whatever the size. Element $`e`$ of the gradient
 * $`a`$ has the part $`a_e V_e`$ in the right side. One direction more is taken
 * for each group of elements whose part is $`2^{16}`$ times smaller than the
 * largest, or 0: beside the others their errors would not show. A
 * wrong gradient passes one random direction only where its error is orthogonal
 * to it, or so small that the inner product hides it: among $`n`$ elements, one
 * that is wrong by less than about $`10^{-6} \sqrt{n}`$ of the largest in its
 * group. Where a direction fails, the elements of a small input (up to 1000,
 * and a million entries in its Jacobian) are compared one by one, and decide; in
 * a large one, halving the direction again and again finds a wrong element in
 * $`\log_2 n`$ steps.
 *
 * `dout`, $`\frac{\partial E}{\partial Z}`$, is random too, of both signs, and
 * away from 0: with ones, a backward function that forgets `dout`, or
 * transposes it, would pass.
 *
 * ## Precision
 *
 * Everything runs in float64. Inputs in float32 are copied into float64, since
 * a difference of two float32 numbers keeps too few digits: the functions must
 * therefore work for both element types.
 *
 * **The step.** A central difference is off by about $`h^2`$ for what it cuts
 * from the Taylor series, and by about $`\varepsilon / h`$ for the rounding of
 * $`f`$, with $`\varepsilon = 2^{-52}`$. The sum is least where the two are
 * alike, at $`h = \sqrt[3]{\varepsilon} \approx 6 \cdot 10^{-6}`$, and is then
 * about $`10^{-10}`$. The step is relative to the input: $`h`$ times the size
 * of the element or the root mean square of the input, whichever is larger, or
 * times 1 if the input is zeros, or all of it below $`10^{-290}`$. The quotient
 * is taken over the step as it was rounded, and the outputs are subtracted before
 * the inner product, so outputs that do not move cancel exactly. Both ends are
 * equally far, so the quotient is 0 at the minimum of a square.
 *
 * **The second look.** Where the two sides differ by more than a thousandth of
 * the tolerance, the derivative is taken again from steps of $`2^{-4}`$,
 * $`2^{-6}`$, … $`2^{-40}`$, extrapolated to step 0 (Ridders' method) until an
 * estimate is good enough: 4 to 42 more calls. Its estimate comes with an error
 * of its own, which includes the rounding of the outputs. That makes up for a
 * point close to a pole, a sharp bend, and a long sum's own rounding. Where even
 * that does not tell, and the element is much smaller than its input's root mean
 * square, the step is taken relative to the element alone, once more. Of
 * numbers so large that the steps skip whole periods, as `sin` at
 * $`10^{12}`$, it tells nothing; and at a minimum of an output that is a
 * difference of larger numbers, as 1 minus a cosine, their rounding may look like
 * a gradient.
 *
 * **The tolerance.** An element is right if, in either look, its analytic value
 * $`a`$ and its numeric value $`n`$ are as close as this:
 *
 * ```math
 * |a - n| \le r \, \max(|a|, |n|) + t
 * ```
 *
 * $`r`$ is `rtol`, $`10^{-6}`$ by default: ten thousand times what the
 * difference itself is off by, and below any mistake that someone makes in a
 * formula. $`t`$ is `atol`, by default twice the error of the estimate and what
 * the rounding of the output hides at any step, so it needs no choice by hand.
 * Only outputs that move with the element count, as steps of up to $`2^{12}`$
 * show; where none moves, all count, with what their rounding hides at that step.
 * A random direction has the root of the sum of squares of $`a_e V_e`$ in the
 * place of $`\max(|a|, |n|)`$.
 *
 * **What cannot be told.** If the default $`t`$ of all elements together is more
 * than a hundredth of the gradient and of the slopes around the point, the
 * digits are gone: that is a problem of its own, and the check does not pass.
 * Single elements that are hidden beside far larger ones do pass, and zeros
 * pass where the step moves no output, be it that rounding swallows it.
 *
 * For the operations of this library the two sides agree to $`10^{-8}`$ or
 * better, as `relativeError` reports.
 *
 * ## What else is found
 *
 * - A function that gives another result when it is called again, or after
 *   another function was called: randomness, or state kept between calls.
 * - A backward function that is wrong at another point, with another `dout`:
 *   it keeps what an earlier call computed. Both are random, and away from the
 *   point by up to a fifth of each element; if a function throws there, or the
 *   output is not finite, this is left out.
 * - A function that writes to its arguments. It gets copies, so the caller's
 *   tensors are safe, and the check is still right.
 * - A result that is not a tensor; an output or gradient in float32 for inputs
 *   in float64; a function that rounds to float32 on its way.
 * - An output that is NaN, or nowhere finite.
 * - A gradient of another shape than its input's.
 * - A function that throws.
 *
 * A kink, such as that of `max(x, 0)` at 0, has no gradient to check, only a
 * choice: it is reported as what it is.
 *
 * ## Example
 *
 * ```ts
 * import { gradcheck } from "@adjoint/ops/gradcheck";
 * import { type Tensor, tensor } from "@adjoint/ops/tensor";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const square = ({ shape, data }: Tensor) => ({
 *   shape,
 *   data: data.map((v) => v * v),
 * });
 * const squareDx = ({ shape, data }: Tensor, dout: Tensor) => ({
 *   shape,
 *   data: data.map((v, i) => 2 * v * dout.data[i]),
 * });
 * const wrongDx = ({ shape, data }: Tensor, dout: Tensor) => ({
 *   shape,
 *   data: data.map((v, i) => v * dout.data[i]),
 * });
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * assert(gradcheck(square, [squareDx], [x]).ok);
 *
 * const report = gradcheck(square, [wrongDx], [x]);
 * assertEquals(report.inputs[0].wrong, 6);
 * assertEquals(report.inputs[0].causes, ["ratio 0.50: a factor 2 is missing"]);
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.autograd.gradcheck`, which has the fast mode too.
 * - HIPS autograd: `autograd.test_util.check_grads`, the check in one equation.
 * - J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd edition, 2006,
 *   section 8.1: the step of a finite difference.
 * - C. J. F. Ridders,
 *   [Accurate computation of F'(x) and F'(x)
 *   F''(x)](https://doi.org/10.1016/S0141-1195(82)80057-0), Advances in
 *   Engineering Software 4, 1982.
 *
 * @module
 */

import { isSameShape, showShape } from "./core/checks.ts";
import type { Numbers } from "./core/arrays.ts";
import type { Tensor as Floats } from "./gradcheck/floats.ts";
import type { Float, Shape, Tensor } from "./core/types.ts";
import {
  type Arguments,
  checkArguments,
  checkDout,
  nameInputs,
} from "./gradcheck/arguments.ts";
import {
  checkMemory,
  compare,
  differentiate,
  type Found,
  isSmall,
  randomDirection,
} from "./gradcheck/comparisons.ts";
import { diagnose, diagnoseShape } from "./gradcheck/diagnose.ts";
import type { Facts } from "./gradcheck/facts.ts";
import { bothSides, change } from "./gradcheck/differences.ts";
import {
  attempt,
  call,
  callForward,
  type Check,
  checkPurity,
  nameOf,
  type Point,
  STEP,
} from "./gradcheck/functions.ts";
import { dot } from "./gradcheck/shapes.ts";
import { lift, randomNumbers, scaleOf } from "./gradcheck/tensors.ts";
import { showNumber, showRatio } from "./gradcheck/words.ts";

/** A function from tensors to a tensor, forward or backward.
 *
 * @example Usage
 * ```ts
 * import type { TensorFunction } from "@adjoint/ops/gradcheck";
 * import { matmul, matmulDx } from "@adjoint/ops/matmul";
 *
 * const functions: TensorFunction[] = [matmul, matmulDx];
 * ```
 */
// deno-lint-ignore no-explicit-any -- any function of tensors fits, whatever its shapes
export type TensorFunction = (...inputs: any[]) => Tensor<Shape, Float>;

/** Options of {@linkcode gradcheck} and {@linkcode assertGradcheck}.
 *
 * @example Usage
 * ```ts
 * import { assertGradcheck, type GradcheckOptions } from "@adjoint/ops/gradcheck";
 * import { sum, sumDx } from "@adjoint/ops/sum";
 * import { ones } from "@adjoint/ops/tensor";
 *
 * const options: GradcheckOptions = { fast: true, directions: 2 };
 * assertGradcheck(sum, [sumDx], [ones([100, 100])], options);
 * ```
 */
export interface GradcheckOptions {
  /** The gradient of the loss with respect to the output.
   *
   * By default random numbers between 0.5 and 1.5 and of either sign: with
   * ones, a backward function that forgets or transposes `dout` would pass.
   */
  dout?: Tensor<Shape, Float> | undefined;
  /** Whether to compare random directions, instead of every element.
   *
   * @default {false}
   */
  fast?: boolean;
  /** How many random directions to compare for each input, in fast mode: 65536
   * at most.
   *
   * Elements whose part is far smaller than the largest get one more.
   * One finds almost every mistake; each more makes it likelier that the error
   * of a single element stands out.
   *
   * @default {4}
   */
  directions?: number;
  /** The seed of all random numbers, an integer.
   *
   * The same seed gives the same numbers, so a failure can be repeated.
   *
   * @default {0}
   */
  seed?: number;
  /** The relative tolerance.
   *
   * @default {1e-6}
   */
  rtol?: number;
  /** The absolute tolerance, in the units of the gradient.
   *
   * By default what the difference quotient can be off by, estimated for each
   * element. A number takes the place of that estimate: needed only where
   * `forward` is less precise than float64.
   */
  atol?: number;
  /** What to call the inputs in the report.
   *
   * By default the name of the backward function after its last `D`: `x` for
   * `matmulDx`. Where there is none, `input 0` and so on.
   */
  names?: readonly string[];
}

/** One element of a gradient, as two ways of computing it see it.
 *
 * @example Usage
 * ```ts
 * import { type GradcheckElement, gradcheck } from "@adjoint/ops/gradcheck";
 * import { scalar, type Tensor } from "@adjoint/ops/tensor";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const identity = (x: Tensor) => x;
 * const twice = (_x: Tensor, dout: Tensor) => scalar(2 * dout.data[0], { dtype: "float64" });
 *
 * const report = gradcheck(identity, [twice], [scalar(3)], { dout: scalar(1) });
 * const worst: GradcheckElement = report.inputs[0].worst!;
 * assertEquals(worst.index, []);
 * assertEquals(worst.analytic, 2);
 * assertAlmostEquals(worst.numeric, 1);
 * ```
 */
export interface GradcheckElement {
  /** The index of the element, counted from 0, one number for each axis. */
  index: number[];
  /** What the backward function computes. */
  analytic: number;
  /** What the difference quotient of the forward function says. */
  numeric: number;
  /** `analytic / numeric`. */
  ratio: number;
}

/** What {@linkcode gradcheck} found for one input.
 *
 * @example Usage
 * ```ts
 * import { gradcheck, type GradcheckInput } from "@adjoint/ops/gradcheck";
 * import { sum, sumDx } from "@adjoint/ops/sum";
 * import { ones } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x: GradcheckInput = gradcheck(sum, [sumDx], [ones([2, 3])]).inputs[0];
 * assertEquals([x.name, x.elements, x.wrong], ["x", 6, 0]);
 * ```
 */
export interface GradcheckInput {
  /** What the input is called. */
  name: string;
  /** The shape of the input. */
  shape: Shape;
  /** The number of its elements. */
  elements: number;
  /**
   * What was compared: every element, random directions, or nothing, since
   * there is no backward function or a problem made it impossible. In fast
   * mode, the elements of a small input whose directions disagree are compared
   * instead.
   */
  checked: "elements" | "directions" | "nothing";
  /** How many elements or directions were compared. */
  compared: number;
  /** How many of them disagree. */
  wrong: number;
  /**
   * The distance of the analytic from the numeric gradient, relative to the
   * numeric one, as Euclidean norms over all that was compared. Of directions
   * these are the inner products with them. Right elements that cannot be told
   * from 0 have no error.
   */
  relativeError: number;
  /** The largest absolute difference of all that was compared. */
  maxError: number;
  /** The worst element, where one is wrong. */
  worst?: GradcheckElement;
  /** What is likely wrong with the gradient, the most specific first. */
  causes: string[];
}

/** What {@linkcode gradcheck} found.
 *
 * @example Usage
 * ```ts
 * import { gradcheck, type GradcheckReport } from "@adjoint/ops/gradcheck";
 * import { sum, sumDx } from "@adjoint/ops/sum";
 * import { ones } from "@adjoint/ops/tensor";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const report: GradcheckReport = gradcheck(sum, [sumDx], [ones([2, 3])]);
 * assert(report.ok);
 * assertEquals(report.problems, []);
 * ```
 */
export interface GradcheckReport {
  /** Whether all gradients are right and there is no problem. */
  ok: boolean;
  /** One entry for each input, in order. */
  inputs: GradcheckInput[];
  /** What is wrong besides the numbers, a sentence each. */
  problems: string[];
  /** The whole report as text, several lines. */
  message: string;
  /** What a function under test threw first, if one did. */
  cause?: unknown;
}

/** What {@linkcode assertGradcheck} throws: its message is the report's.
 *
 * @example Usage
 * ```ts
 * import { assertGradcheck, GradcheckError } from "@adjoint/ops/gradcheck";
 * import { sum } from "@adjoint/ops/sum";
 * import { ones, type Tensor } from "@adjoint/ops/tensor";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const wrongDx = (x: Tensor, _dout: Tensor) => x;
 *
 * const error = assertThrows(
 *   () => assertGradcheck(sum, [wrongDx], [ones([2, 3])]),
 *   GradcheckError,
 * );
 * assertEquals(error.report.ok, false);
 * assertEquals(error.message, error.report.message);
 * ```
 */
export class GradcheckError extends Error {
  /** What errors of this class are called. */
  override readonly name: string = "GradcheckError";
  /** What was found. */
  readonly report: GradcheckReport;

  /** Makes an error of a report.
   *
   * @param report The report, whose `message` and `cause` are the error's.
   */
  constructor(report: GradcheckReport) {
    super(
      report.message,
      Object.hasOwn(report, "cause") ? { cause: report.cause } : undefined,
    );
    this.report = report;
  }
}

/** Checks gradients against difference quotients, and throws if one is wrong.
 *
 * @param forward The function from the inputs to the output.
 * @param backward The gradient with respect to each input, as
 * {@linkcode gradcheck} has it.
 * @param inputs The point to check at.
 * @param options How to check.
 * @throws {GradcheckError} If a gradient is wrong, or there is a problem.
 * @throws {TypeError} As {@linkcode gradcheck} does.
 * @throws {RangeError} As {@linkcode gradcheck} does.
 *
 * @example Usage
 * ```ts
 * import { assertGradcheck } from "@adjoint/ops/gradcheck";
 * import { matmul, matmulDx, matmulDy } from "@adjoint/ops/matmul";
 * import { tensor } from "@adjoint/ops/tensor";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * const y = tensor([[1, 0], [0, 1], [1, 1]]);
 *
 * assertGradcheck(matmul, [matmulDx, matmulDy], [x, y]);
 * ```
 */
export function assertGradcheck(
  forward: TensorFunction,
  backward: readonly (TensorFunction | null)[],
  inputs: readonly Tensor<Shape, Float>[],
  options?: GradcheckOptions,
): void {
  const report = gradcheck(forward, backward, inputs, options);
  if (!report.ok) throw new GradcheckError(report);
}

/** Checks gradients against difference quotients of the forward function.
 *
 * @param forward The function from the inputs to the output. It is called with
 * copies of the inputs in float64.
 * @param backward One function for each input, which gets all inputs and then
 * `dout`, and returns the gradient with respect to that input; `null` for an input that has
 * no gradient, which is skipped.
 * @param inputs The point to check at: tensors of any number and shape. The
 * function should be smooth there.
 * @param options How to check.
 * @returns What was found.
 * @throws {TypeError} If an argument or an option is of the wrong kind, if
 * there are not as many backward functions or names as inputs, or if `dout` has
 * another shape than the output.
 * @throws {RangeError} If an input or `dout` is not finite, if `dout` is zero
 * everywhere, or if an option is out of range.
 *
 * @example Usage
 * ```ts
 * import { gradcheck } from "@adjoint/ops/gradcheck";
 * import { matmul, matmulDx, matmulDy } from "@adjoint/ops/matmul";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assert } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * const y = tensor([[1, 0], [0, 1], [1, 1]]);
 *
 * const report = gradcheck(matmul, [matmulDx, matmulDy], [x, y]);
 * assert(report.ok, report.message);
 * assert(report.inputs.every((input) => input.relativeError < 1e-8));
 * ```
 */
export function gradcheck(
  forward: TensorFunction,
  backward: readonly (TensorFunction | null)[],
  inputs: readonly Tensor<Shape, Float>[],
  options?: GradcheckOptions,
): GradcheckReport {
  return check(forward, checkArguments(forward, backward, inputs, options));
}

function check(
  forward: TensorFunction,
  { backward, inputs, options }: Arguments,
): GradcheckReport {
  const { fast = false, directions = 4, seed = 0, rtol = 1e-6 } = options;
  const names = options.names ?? nameInputs(backward);
  const lifted = inputs.map(lift);
  const checked: Check = {
    forward: { f: forward, label: nameOf(forward) || "the forward function" },
    backward: backward.map((f, k) =>
      f && { f, label: nameOf(f) || `the backward function of ${names[k]}` }
    ),
    names,
    inputs: lifted,
    scales: lifted.map(({ data }) => scaleOf(data)),
    rtol,
    atol: options.atol,
    random: randomNumbers(seed),
    problems: new Set(),
  };
  const results = lifted.map(({ shape, data }, k): GradcheckInput => ({
    name: names[k],
    shape,
    elements: data.length,
    checked: "nothing",
    compared: 0,
    wrong: 0,
    relativeError: 0,
    maxError: 0,
    causes: [],
  }));

  const output = attempt(checked, () => callForward(checked, checked.inputs));
  if (output !== undefined) {
    const dout = options.dout === undefined
      ? { shape: output.shape, data: output.data.map(checked.random) }
      : lift(checkDout(options.dout, output.shape));
    const point: Point = { ...checked, output, dout };
    const gradients = checkPurity(point);
    const found = gradients.map((gradient, k) =>
      gradient &&
      attempt(checked, () =>
        compare(point, k, gradient, fast ? directions : 0, results[k]))
    );
    checkMemory(point, gradients, results);
    for (const k of found.keys()) {
      attempt(checked, () => explain(point, k, gradients, found, results[k]));
    }
  }
  return report(checked, results);
}

/** Adds the likely causes to the result of a gradient that is wrong. */
function explain(
  point: Point,
  k: number,
  gradients: readonly (Floats | undefined)[],
  found: readonly (Found | undefined)[],
  result: GradcheckInput,
): void {
  const { names, inputs, output, dout, scales } = point;
  const gradient = gradients[k];
  const known = found[k];
  if (gradient === undefined || known === undefined) return;
  const { shape, data } = inputs[k];
  const hasShape = isSameShape(gradient.shape, shape);
  if (hasShape && result.wrong === 0) return;
  const facts: Facts = {
    input: k,
    names,
    inputs,
    output,
    dout,
    ...known,
    analytic: hasShape
      ? Float64Array.from(gradient.data)
      : new Float64Array(data.length),
    directions: Array.from({ length: 8 }, () => randomDirection(point, k)),
    push(v) {
      const [from, direction] = typeof v === "number"
        ? [v, scales[k].subarray(v, v + 1)]
        : [0, v];
      const sides = bothSides(point, k, from, direction, STEP);
      const { ahead, behind, moved } = sides;
      const unit = 2 * STEP * (typeof v === "number" ? moved[0] : 1);
      return Float64Array.from(ahead, (z, i) => change(behind[i], z) / unit);
    },
    pull(inputs, dout) {
      const args = [...inputs, dout];
      const pulled = attempt(
        { ...point, problems: new Set() },
        () => call(point.backward[k]!, args).result,
      );
      return pulled?.data.length === data.length
        ? Float64Array.from(pulled.data)
        : undefined;
    },
    sided(i, t) {
      const v = scales[k].subarray(i, i + 1);
      const { ahead, behind } = bothSides(point, k, i, v, t);
      const rise = (from: Numbers, to: Numbers) =>
        dot(dout.data, to.map((z, i) => change(from[i], z))) / (t * v[0]);
      return [rise(behind, output.data), rise(output.data, ahead)];
    },
    gradientBy: (other) =>
      found[other]?.numeric ??
        (isSmall(point, other) ? differentiate(point, other) : undefined),
  };
  result.causes = hasShape ? diagnose(facts) : diagnoseShape(facts, gradient);
}

function report(
  { backward, problems }: Check,
  inputs: GradcheckInput[],
): GradcheckReport {
  const texts = [...new Set(Array.from(problems, ({ message }) => message))];
  const ok = texts.length === 0 && inputs.every(({ wrong }) => wrong === 0);
  const thrown = Array.from(problems).find((problem) =>
    Object.hasOwn(problem, "cause")
  );
  const lines = [
    `gradcheck ${ok ? "passed" : "failed"}`,
    ...texts.map((text) => `  problem: ${text}`),
    ...inputs.flatMap((input, k) => describe(input, backward[k] === null)),
  ];
  return {
    ok,
    inputs,
    problems: texts,
    message: lines.join("\n"),
    ...thrown && { cause: thrown.cause },
  };
}

/** The lines of the report about one input. */
function describe(input: GradcheckInput, skipped: boolean): string[] {
  const { checked, compared, wrong, worst } = input;
  const name = `  ${input.name} ${showShape(input.shape)}`;
  const causes = input.causes.map((cause) => `    likely cause: ${cause}`);
  if (skipped) return [`${name}: skipped, it has no backward function`];
  if (checked === "nothing") return [`${name}: not compared`, ...causes];
  if (compared === 0) return [`${name}: right, it has no elements`];
  const what = checked === "elements" ? "element" : "random direction";
  const count = `${wrong > 0 ? `${wrong} of ` : ""}${compared} ${what}${
    compared === 1 ? "" : "s"
  }`;
  const error = `relative error ${input.relativeError.toExponential(1)}`;
  return [
    `${name}: ${wrong > 0 ? "wrong" : "right"}, ${count}, ${error}`,
    ...wrong > 0 && worst !== undefined ? [describeWorst(worst)] : [],
    ...causes,
  ];
}

function describeWorst(
  { index, analytic, numeric, ratio }: GradcheckElement,
): string {
  return `    worst at [${index.join(", ")}]: analytic ${
    showNumber(analytic)
  }, numeric ${showNumber(numeric)}${
    Number.isFinite(ratio) ? `, ratio ${showRatio(ratio)}` : ""
  }`;
}
