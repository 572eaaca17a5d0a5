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
 * two calls for each direction, whatever the size. A wrong gradient passes one
 * random direction only where its error is orthogonal to it, or so small that
 * the inner product hides it: among $`n`$ elements, one that is wrong by less
 * than about $`10^{-6} \sqrt{n}`$ of its size. Where a direction fails, the
 * elements of a small input (up to 1000, and a million entries in its Jacobian)
 * are compared one by one, and decide; in a large one, halving the direction
 * again and again finds a wrong element in $`\log_2 n`$ steps.
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
 * times 1 if the input is zeros. The quotient is taken over the step as it was
 * rounded, and the outputs are subtracted before the inner product, so outputs
 * that do not move cancel exactly.
 *
 * **The second look.** Where the two sides differ by more than a thousandth of
 * the tolerance, the derivative is taken again from steps of $`2^{-4}`$,
 * $`2^{-6}`$, … $`2^{-40}`$, extrapolated to step 0 (Ridders' method) until an
 * estimate is good enough: 4 to 38 more calls. Its estimate comes with an error
 * of its own, which includes the rounding of the outputs. That makes up for a
 * point close to a pole, a sharp bend, and a long sum's own rounding.
 *
 * **The tolerance.** An element is wrong if the numbers of both looks say so:
 * if the analytic value $`a`$ and the numeric value $`n`$ are further apart
 * than
 *
 * ```math
 * |a - n| \le r \, \max(|a|, |n|) + t
 * ```
 *
 * allows. $`r`$ is `rtol`, $`10^{-6}`$ by default: ten thousand times what the
 * difference itself is off by, and below any mistake that someone makes in a
 * formula. $`t`$ is `atol`, by default twice the error of the estimate and what
 * the rounding of the output hides at any step, so it needs no choice by hand;
 * a right gradient of a smooth function passes, be its elements large, small or
 * zero. A random direction has the root of the sum of squares of $`a_e V_e`$ in
 * the place of $`\max(|a|, |n|)`$.
 *
 * For the operations of this library the two sides agree to $`10^{-8}`$ or
 * better, as `relativeError` reports.
 *
 * ## What else is found
 *
 * - A function that gives another result when it is called again, or after
 *   another function was called: randomness, or state kept between calls.
 * - A function that writes to its arguments. It gets copies, so the caller's
 *   tensors are safe, and the check is still right.
 * - A result that is not a tensor; an output or gradient in float32 for inputs
 *   in float64; a forward function that rounds to float32 on its way.
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
 * const map = (f: (v: number, i: number) => number, { shape, data }: Tensor) => ({
 *   shape,
 *   data: data.map(f),
 * });
 * const square = (x: Tensor) => map((v) => v * v, x);
 * const squareDx = (x: Tensor, dout: Tensor) =>
 *   map((v, i) => 2 * v * dout.data[i], x);
 * const wrongDx = (x: Tensor, dout: Tensor) =>
 *   map((v, i) => v * dout.data[i], x);
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

import { checkTensor, dtypeOf, show, showShape } from "../_checks.ts";
import type { Shape, Tensor } from "../tensor.ts";
import {
  diagnose,
  diagnoseShape,
  dot,
  type Facts,
  indexOf,
  LIMIT,
  showIndex,
  showNumber,
  showRatio,
} from "./_diagnose.ts";

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
export type TensorFunction = (...inputs: any[]) => Tensor;

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
  dout?: Tensor;
  /** Whether to compare random directions, instead of every element.
   *
   * @default {false}
   */
  fast?: boolean;
  /** How many random directions to compare for each input, in fast mode.
   *
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
   * these are the inner products with them.
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
  /** What was found. */
  readonly report: GradcheckReport;

  /** Makes an error of a report.
   *
   * @param report The report, whose `message` and `cause` are the error's.
   */
  constructor(report: GradcheckReport) {
    super(
      report.message,
      "cause" in report ? { cause: report.cause } : undefined,
    );
    this.name = "GradcheckError";
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
  inputs: readonly Tensor[],
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
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): GradcheckReport {
  checkArguments(forward, backward, inputs, options);
  const { fast = false, directions = 4, seed = 0, rtol = 1e-6 } = options;
  const names = options.names ?? nameInputs(backward);
  const lifted = inputs.map(lift);
  const check: Check = {
    forward: { f: forward, label: forward.name || "the forward function" },
    backward: backward.map((f, k) =>
      f && { f, label: f.name || `the backward function of ${names[k]}` }
    ),
    names,
    inputs: lifted,
    scales: lifted.map(({ data }) => scaleOf(data)),
    rtol,
    atol: options.atol,
    random: randomNumbers(seed),
    problems: [],
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

  const output = attempt(check, () => callForward(check, check.inputs));
  if (output !== undefined) {
    const dout = options.dout === undefined
      ? { shape: output.shape, data: output.data.map(check.random) }
      : lift(checkDout(options.dout, output.shape));
    const point: Point = { ...check, output, dout };
    const gradients = checkPurity(point);
    const found = gradients.map((gradient, k) =>
      gradient &&
      attempt(check, () =>
        compare(point, k, gradient, fast ? directions : 0, results[k]))
    );
    for (const k of found.keys()) {
      attempt(check, () => explain(point, k, gradients, found, results[k]));
    }
  }
  return report(check, results);
}

// ----------------------------------------------------------------- the check

interface Named {
  readonly f: TensorFunction;
  readonly label: string;
}

/** What is checked, and how. */
interface Check {
  readonly forward: Named;
  readonly backward: readonly (Named | null)[];
  readonly names: readonly string[];
  readonly inputs: readonly Tensor[];
  /** For each element, the size of which its steps are fractions. */
  readonly scales: readonly Float64Array[];
  readonly rtol: number;
  readonly atol: number | undefined;
  readonly random: () => number;
  readonly problems: Problem[];
}

/** A check whose forward function has been seen to work. */
interface Point extends Check {
  readonly output: Tensor;
  readonly dout: Tensor;
}

/** What a function under test did that it must not do. */
class Problem extends Error {}

/** Runs a part of the check, which a problem ends. */
function attempt<T>(check: Check, part: () => T): T | undefined {
  try {
    return part();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    check.problems.push(error);
    return undefined;
  }
}

/** Calls a function with copies: what it returns, and what it made of them. */
function call(
  { f, label }: Named,
  args: readonly Tensor[],
): { result: Tensor; left: Tensor[] } {
  const left = args.map(copy);
  let result: Tensor;
  try {
    result = f(...left);
  } catch (cause) {
    throw new Problem(
      `${label} throws ${
        cause instanceof Error ? `${cause.name}: ${cause.message}` : show(cause)
      }`,
      { cause },
    );
  }
  try {
    checkTensor(ACT, `the result of ${label}`, result);
  } catch (error) {
    throw new Problem((error as Error).message);
  }
  // A function may return the same buffer in every call.
  return { result: copy(result), left };
}

/** Calls a function, and reports the arguments that it wrote to. */
function audit(check: Check, f: Named, args: readonly Tensor[]): Tensor {
  const { result, left } = call(f, args);
  for (const [k, x] of args.entries()) {
    const change = difference(x, left[k]);
    if (change !== undefined) {
      check.problems.push(
        new Problem(
          `${f.label} overwrites ${check.names[k] ?? "dout"}: ${change}`,
        ),
      );
    }
  }
  return result;
}

function callForward(check: Check, inputs: readonly Tensor[]): Tensor {
  const output = audit(check, check.forward, inputs);
  if (dtypeOf(output) === "float32") {
    throw new Problem(
      `${check.forward.label} returns float32 for inputs in float64: a difference quotient needs float64`,
    );
  }
  return output;
}

/**
 * Calls all functions again and again with the same arguments. The gradients,
 * where there are any; none if the forward function cannot be differentiated.
 */
function checkPurity(point: Point): (Tensor | undefined)[] {
  const { forward, backward, inputs, output, dout, problems } = point;
  const before = problems.length;
  const expect = (
    label: string,
    when: string,
    first: Tensor,
    again: Tensor,
  ) => {
    const change = difference(first, again);
    if (change !== undefined) {
      problems.push(
        new Problem(`${label} gives another result ${when}: ${change}`),
      );
    }
  };
  const again = (when: string) =>
    attempt(
      point,
      () => expect(forward.label, when, output, call(forward, inputs).result),
    );

  again("when it is called again");
  const elsewhere = tryForward(point, nudge(point));
  if (elsewhere !== undefined && isRounded(output, elsewhere)) {
    problems.push(
      new Problem(
        `${forward.label} rounds to float32: a difference quotient needs float64`,
      ),
    );
  }
  if (problems.length > before) return inputs.map(() => undefined);

  const gradients = backward.map((f) =>
    f === null
      ? undefined
      : attempt(point, () => audit(point, f, [...inputs, dout]))
  );
  again("after the backward functions were called");
  tryForward(point, nudge(point));
  for (const [k, gradient] of gradients.entries()) {
    const f = backward[k];
    if (f === null || gradient === undefined) continue;
    attempt(point, () =>
      expect(
        f.label,
        "when it is called again",
        gradient,
        call(f, [...inputs, dout]).result,
      ));
  }
  return gradients;
}

/** Inputs a little way off. */
function nudge({ inputs, scales, random }: Check): Tensor[] {
  return inputs.map(({ shape, data }, k) => ({
    shape,
    data: data.map((x, i) => x + STEP * scales[k][i] * random()),
  }));
}

/** The output elsewhere, where the function may well refuse to work. */
function tryForward(
  { forward }: Check,
  inputs: readonly Tensor[],
): Tensor | undefined {
  try {
    return call(forward, inputs).result;
  } catch {
    return undefined;
  }
}

/** Whether all that differs in another output is in float32. */
function isRounded(output: Tensor, elsewhere: Tensor): boolean {
  const moved = elsewhere.data.filter((z, i) => z !== output.data[i]);
  return moved.every((z) => Math.fround(z) === z) &&
    moved.some((z) => Number.isFinite(z) && !Number.isInteger(z));
}

// -------------------------------------------------------- difference quotients

/** The relative step of a central difference, see the module's page. */
const STEP = Math.cbrt(Number.EPSILON);

/** The relative step from which the second look starts. */
const LARGEST_STEP = 2 ** -4;

/** The part of the tolerance within which one look is enough. */
const SURE = 1e-3;

/** `dout` times the slope of the output along a direction. */
interface Slope {
  readonly value: number;
  /** What the rounding of the output can add to it. */
  readonly noise: number;
  /** The direction, after the rounding of its ends. */
  readonly moved: Float64Array;
}

/** The outputs on both sides of the point, `t v` away. */
function bothSides(
  { forward, inputs, output }: Point,
  k: number,
  from: number,
  v: Float64Array,
  t: number,
): { ahead: Tensor["data"]; behind: Tensor["data"]; moved: Float64Array } {
  const { shape, data } = inputs[k];
  const plus = data.slice();
  const minus = data.slice();
  const moved = v.map((v, i) => {
    plus[from + i] += t * v;
    minus[from + i] -= t * v;
    return (plus[from + i] - minus[from + i]) / (2 * t);
  });
  const [ahead, behind] = [plus, minus].map((data) => {
    const { result } = call(forward, inputs.with(k, { shape, data }));
    if (showShape(result.shape) !== showShape(output.shape)) {
      throw new Problem(
        `${forward.label} gives outputs of different shapes for inputs of one shape: ${
          showShape(output.shape)
        }, then ${showShape(result.shape)}`,
      );
    }
    return result.data;
  });
  return { ahead, behind, moved };
}

/** How an output changes; one that stays infinite or NaN does not. */
function change(from: number, to: number): number {
  return Object.is(from, to) ? 0 : to - from;
}

/**
 * The central difference along `v`, which starts at element `from`. `touched`
 * collects the outputs that have changed: if one then stays the same at a
 * smaller step, its rounding has swallowed the change.
 */
function central(
  point: Point,
  k: number,
  from: number,
  v: Float64Array,
  t: number,
  touched: Set<number>,
): Slope {
  const { ahead, behind, moved } = bothSides(point, k, from, v, t);
  const dout = point.dout.data;
  let value = 0;
  for (let i = 0; i < dout.length; i++) {
    const rise = change(behind[i], ahead[i]);
    if (rise === 0) continue;
    value += dout[i] * rise;
    touched.add(i);
  }
  let size = 0;
  for (const i of touched) {
    size += Math.abs(dout[i]) * (Math.abs(ahead[i]) + Math.abs(behind[i]));
  }
  const noise = 4 * Number.EPSILON * size;
  return { value: value / (2 * t), noise: noise / (2 * t), moved };
}

/** A difference quotient, or how far it is from what it should be. */
interface Quotient {
  readonly value: number;
  /** What the rounding of the output can add to the value. */
  readonly noise: number;
  /** The slope itself, which errors are relative to. */
  readonly slope: number;
}

/** The limit of a quotient for steps to 0. */
interface Limit extends Quotient {
  /** How far the value can be off. */
  readonly error: number;
  /** The smallest step that went into it. */
  readonly t: number;
}

/**
 * The limit by Ridders' method: of all extrapolations, the one that is
 * relatively best, up to the first that is good enough. Absolute errors would
 * favor the far side of a pole, where slopes are small. Steps at which the
 * function throws or is not finite are left out.
 */
function extrapolate(quotient: (t: number) => Quotient, enough: number): Limit {
  let best: Limit = {
    ...{ value: NaN, noise: 0, slope: NaN },
    ...{ error: Infinity, t: STEP },
  };
  let quality = Infinity;
  let previous: number[] = [];
  for (let t = LARGEST_STEP; t >= 2 ** -40 && quality > enough; t /= 4) {
    const { value, noise, slope } = quotientOrNaN(quotient, t);
    const row = Number.isFinite(value) ? [value] : [];
    for (let i = 1; i <= previous.length && row.length > 0; i++) {
      // The step is a quarter, and the error a series in its square.
      row.push(row[i - 1] + (row[i - 1] - previous[i - 1]) / (16 ** i - 1));
      const error = noise + Math.max(
        Math.abs(row[i] - row[i - 1]),
        Math.abs(row[i] - previous[i - 1]),
      );
      // Of a slope of 0, the error may be that the rounding has swallowed it.
      const relative = error === 0 ? 0 : error / Math.abs(slope);
      if (relative < quality) {
        quality = relative;
        best = { value: row[i], noise, slope, error, t };
      }
    }
    previous = row;
  }
  return best;
}

/**
 * The slope that the rounding of the output can hide even at the largest step,
 * along a direction of size 1; as small as can be where all numbers are smaller
 * than the normal ones.
 */
function hidden({ output, dout }: Point): number {
  let size = 0;
  for (const [i, z] of output.data.entries()) {
    if (Number.isFinite(z)) size += Math.abs(dout.data[i] * z);
  }
  return Math.max(4 * Number.EPSILON * size / LARGEST_STEP, 2 ** -1000);
}

function quotientOrNaN(quotient: (t: number) => Quotient, t: number): Quotient {
  try {
    return quotient(t);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { value: NaN, noise: 0, slope: NaN };
  }
}

// ---------------------------------------------------------------- comparisons

/** What was found out about the gradient with respect to one input. */
interface Found {
  readonly numeric?: Float64Array;
  /** The places of the wrong elements, where all were compared. */
  readonly wrong?: readonly number[];
}

/** Compares a gradient, and writes the result down. */
function compare(
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
function isSmall({ inputs, output }: Point, k: number): boolean {
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
function differentiate(point: Point, k: number): Float64Array {
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

function randomDirection(
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

// ----------------------------------------------------------------- the report

/** Adds the likely causes to the result of a gradient that is wrong. */
function explain(
  point: Point,
  k: number,
  gradients: readonly (Tensor | undefined)[],
  found: readonly (Found | undefined)[],
  result: GradcheckInput,
): void {
  const { names, inputs, output, dout, scales } = point;
  const gradient = gradients[k];
  const known = found[k];
  if (gradient === undefined || known === undefined) return;
  const { shape, data } = inputs[k];
  const hasShape = showShape(gradient.shape) === showShape(shape);
  if (hasShape && result.wrong === 0) return;
  const facts: Facts = {
    ...{ input: k, names, inputs, output, dout, ...known },
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
        { ...point, problems: [] },
        () => call(point.backward[k]!, args).result,
      );
      return pulled?.data.length === data.length
        ? Float64Array.from(pulled.data)
        : undefined;
    },
    sided(i, t) {
      const v = scales[k].subarray(i, i + 1);
      const { ahead, behind } = bothSides(point, k, i, v, t);
      const rise = (from: Tensor["data"], to: Tensor["data"]) =>
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
  const texts = [...new Set(problems.map(({ message }) => message))];
  const ok = texts.length === 0 && inputs.every(({ wrong }) => wrong === 0);
  const thrown = problems.find((problem) => "cause" in problem);
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
  const lines = [
    `${name}: ${wrong > 0 ? "wrong" : "right"}, ${count}, ${error}`,
  ];
  if (worst !== undefined) {
    const { index, analytic, numeric, ratio } = worst;
    lines.push(
      `    worst at [${index.join(", ")}]: analytic ${
        showNumber(analytic)
      }, numeric ${showNumber(numeric)}${
        Number.isFinite(ratio) ? `, ratio ${showRatio(ratio)}` : ""
      }`,
    );
  }
  return [...lines, ...causes];
}

// ------------------------------------------------------------- the arguments

const ACT = "run gradcheck";

function checkArguments(
  forward: TensorFunction,
  backward: readonly (TensorFunction | null)[],
  inputs: readonly Tensor[],
  options: GradcheckOptions,
): void {
  const kind = (ok: boolean, must: string, is: () => string) => {
    if (!ok) throw new TypeError(`Cannot ${ACT} as ${must}: ${is()}`);
  };
  const range = (ok: boolean, must: string, is: () => string) => {
    if (!ok) throw new RangeError(`Cannot ${ACT} as ${must}: ${is()}`);
  };
  const it = (value: unknown) => () => `it is ${show(value)}`;

  kind(
    typeof forward === "function",
    "forward must be a function",
    it(forward),
  );
  kind(
    Array.isArray(backward),
    "backward must be an array of functions",
    it(backward),
  );
  kind(Array.isArray(inputs), "inputs must be an array of tensors", it(inputs));
  kind(
    backward.length === inputs.length,
    "there must be one backward function for each input",
    () => `there are ${backward.length} for ${inputs.length}`,
  );
  for (const [k, f] of backward.entries()) {
    kind(
      typeof f === "function" || f === null,
      "every backward function must be a function or null",
      () => `number ${k} is ${show(f)}`,
    );
  }
  kind(
    typeof options === "object" && options !== null,
    "options must be an object",
    it(options),
  );

  const { dout, fast, directions, seed, rtol, atol, names } = options;
  kind(
    fast === undefined || typeof fast === "boolean",
    "fast must be a boolean",
    it(fast),
  );
  for (
    const [name, value] of Object.entries({ directions, seed, rtol, atol })
  ) {
    if (value === undefined) continue;
    kind(typeof value === "number", `${name} must be a number`, it(value));
    if (name === "directions" || name === "seed") {
      range(
        Number.isSafeInteger(value),
        `${name} must be an integer`,
        it(value),
      );
    } else {
      range(
        value >= 0 && value < Infinity,
        `${name} must be finite and not negative`,
        it(value),
      );
    }
  }
  range(
    directions === undefined || directions > 0,
    "directions must be positive",
    it(directions),
  );
  if (names !== undefined) {
    kind(
      Array.isArray(names) && names.every((name) => typeof name === "string"),
      "names must be an array of strings",
      it(names),
    );
    kind(
      names.length === inputs.length,
      "there must be one name for each input",
      () => `there are ${names.length} for ${inputs.length}`,
    );
  }

  const tensors = inputs.map((x, k) =>
    [names?.[k] ?? `input ${k}`, x] as const
  );
  if (dout !== undefined) tensors.push(["dout", dout]);
  for (const [name, x] of tensors) {
    checkTensor(ACT, name, x);
    const i = x.data.findIndex((v) => !Number.isFinite(v));
    range(
      i < 0,
      `every element of ${name} must be finite`,
      () => `element ${showIndex(i, x.shape)} is ${x.data[i]}`,
    );
  }
  range(
    dout === undefined || dout.data.length === 0 ||
      dout.data.some((d) => d !== 0),
    "dout must not be zero everywhere",
    () => "every gradient would be right",
  );
}

function checkDout(dout: Tensor, shape: Shape): Tensor {
  if (showShape(dout.shape) !== showShape(shape)) {
    throw new TypeError(
      `Cannot ${ACT} as dout must have the shape of the output: dout is ${
        showShape(dout.shape)
      }, the output is ${showShape(shape)}`,
    );
  }
  return dout;
}

/** What stands after the last `D` of each name, where that tells them apart. */
function nameInputs(backward: readonly (TensorFunction | null)[]): string[] {
  const names = backward.map((f) => /D([a-z]\w*)$/.exec(f?.name ?? "")?.[1]);
  return names.map((name, k) =>
    name === undefined || names.indexOf(name) !== names.lastIndexOf(name)
      ? `input ${k}`
      : name
  );
}

// -------------------------------------------------------------------- tensors

/** A copy, which no one else can write to. */
function copy({ shape, data }: Tensor): Tensor {
  return { shape: [...shape], data: data.slice() };
}

/** A copy in float64. */
function lift({ shape, data }: Tensor): Tensor {
  return { shape: [...shape], data: Float64Array.from(data) };
}

/** In words, where two tensors first differ; every bit counts. */
function difference(before: Tensor, after: Tensor): string | undefined {
  if (showShape(before.shape) !== showShape(after.shape)) {
    return `its shape was ${showShape(before.shape)}, is ${
      showShape(after.shape)
    }`;
  }
  const i = before.data.findIndex((v, i) => !Object.is(v, after.data[i]));
  if (i < 0) return undefined;
  return `element ${showIndex(i, before.shape)} was ${before.data[i]}, is ${
    after.data[i]
  }`;
}

/** The size of each element, or the typical size where that is larger. */
function scaleOf(values: Tensor["data"]): Float64Array {
  const data = Float64Array.from(values);
  const largest = data.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  // Below, a step would be lost to underflow.
  if (largest < 1e-290) return data.fill(1);
  const rms = norm(data) / Math.sqrt(data.length);
  return data.map((x) => Math.max(Math.abs(x), rms));
}

/** The Euclidean norm, also where the squares are out of range. */
function norm(data: Float64Array): number {
  const largest = data.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  if (!(largest > 0 && largest < Infinity)) return largest;
  const unit = data.map((x) => x / largest);
  return largest * Math.sqrt(dot(unit, unit));
}

/** Numbers between 0.5 and 1.5 of either sign, by the generator mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  const next = () => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, state | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
  return () => (0.5 + next()) * (next() < 0.5 ? -1 : 1);
}
