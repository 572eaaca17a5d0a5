// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Gradient check
 *
 * Says whether backward functions compute the gradients of a forward function, or
 * that neither can be told, and what is likely wrong where one is wrong.
 *
 * ```math
 * \sum_{i=1}^{m} D_i \sum_{j=1}^{n} J_{ij} V_j
 *   = \sum_{j=1}^{n} \left( \sum_{i=1}^{m} D_i J_{ij} \right) V_j
 * ```
 *
 * ## What is compared
 *
 * $`Z = f(X)`$ is the forward function at one of its inputs, with the others held
 * fixed, $`J`$ its Jacobian, and $`D`$ is `dout`, the gradient of the loss with
 * respect to $`Z`$. Along a direction $`V`$ the loss rises by the left side. The
 * backward function claims to compute what stands in the brackets, so the equation
 * holds for every $`V`$ if, and only if, it is right. The left side needs nothing
 * but the forward function. With its outputs on both sides of the point,
 * $`A = f(X + tV)`$ and $`B = f(X - tV)`$, it is nearly
 *
 * ```math
 * S = \frac{1}{2t} \sum_{i=1}^{m} D_i (A_i - B_i)
 * ```
 *
 * **Each element.** $`V`$ is one element at a time: two calls of `forward` for
 * every element of the inputs, and every element of the gradient is compared with
 * a number of its own.
 *
 * **Random directions.** $`V`$ has all elements of one input: two calls for each
 * direction, whatever the size. One direction more is taken for each group of
 * elements whose part in the right side is $`2^{16}`$ times smaller than the
 * largest, or 0: beside the others their errors would not show. A wrong gradient
 * passes a random direction only where its error is orthogonal to it, or so small
 * that the sum hides it: among $`n`$ elements, one that is wrong by less than about
 * $`10^{-6} \sqrt{n}`$ of the largest in its group. Where a direction fails, halving
 * it again and again finds a wrong element in $`\log_2 n`$ steps, and no gradient is
 * called wrong before such an element has been looked at by itself.
 *
 * Which of the two it is follows from the number of calls, never from the clock:
 * the elements of the smallest inputs, as far as 10000 calls go, and directions for
 * the others. `budget` is another number, `fast` decides by itself.
 *
 * `dout` is random, of both signs, and away from 0: with ones, a backward function
 * that forgets `dout`, or transposes it, would pass. And the sum of a row that is
 * normalized, or of probabilities, is the same whatever the row is, so that its
 * gradient is 0, where mistakes may not show: the report says so of such a `dout`.
 *
 * ## What the forward function resolves
 *
 * Everything runs in float64: inputs in float32 are copied into it, as a
 * difference of two float32 numbers keeps few digits. But a function may compute
 * in float32 inside, and what it computes may be a small difference of large
 * numbers: of $`\log(e^x + 1) - x`$ at $`x = 13`$ there are ten digits, at 40 none.
 * So nothing is assumed. The function is asked at steps from seven times the size
 * of an element down to $`10^{-13}`$ of it, each a quarter of the one before, and
 * the slopes say how well they are known. This is how far they are from the
 * derivative, relative to it:
 *
 * ```text
 * error
 *       1 | * * x x                     + + + + + + * * * *
 *         |     *                     +         x x
 *         |         x           + + +       x x
 *    1e-3 |       *   x       +         x x               o
 *         |         *   x   +         x                 o
 *         |           * + *       x x                 o
 *    1e-6 |             o   x x x               o o o
 *         |               o                   o
 *         |                               o o
 *    1e-9 |                 o         o o
 *         |                   o   o o
 *         |
 *   1e-12 |                     o
 *         +------------------------------------------------
 *           7           1e-3      1e-6      1e-9      1e-12  step
 *
 * o  exp(x) at 1
 * x  log(exp(x) + 1) - x at 13
 * +  exp(x) at 1, in float32 inside
 * *  more than one of them
 * ```
 *
 * Long steps are off by what they cut from the Taylor series, short ones by
 * rounding. Both are seen from outside. Ridders' method extrapolates the slopes
 * $`S_k`$ to step 0; where $`P`$ are its estimates without a power $`p`$ of the
 * step's square, the next are
 *
 * ```math
 * Q_k = P_k + \frac{P_k - P_{k-1}}{16^p - 1}
 * ```
 *
 * and off by what the last power has changed, $`c`$. A slope that is right may be
 * contradicted by smaller steps, but only by rounding, whose part of a slope grows
 * as the step shrinks. So what rounding adds to the output is, at least,
 *
 * ```math
 * q = \max_{j=k+1}^{l} |S_j - Q_k| T_j
 * ```
 *
 * and that of the results themselves, with $`\varepsilon = 2^{-52}`$, or
 * $`2^{-23}`$ if all results are float32 numbers:
 *
 * ```math
 * r = \varepsilon \sqrt{\sum_{i=1}^{m} D_i^2 \max(|A_i|, |B_i|, |Z_i|)^2}
 * ```
 *
 * An output that stays as it is, but moves at a larger step, may be flat there, or
 * its rounding has swallowed the change. It can hide as much as it has moved at the
 * smallest step at which it did, $`u`$, and no more than rounding does to numbers of
 * its size, $`w`$, and to the output in other directions, $`o`$:
 *
 * ```math
 * h = \min(u, 4 (w + o))
 * ```
 *
 * At a kink, such as that of $`\max(x, 0)`$ at 0, the slopes ahead and behind
 * differ by the same angle however small the step is; of a smooth function they
 * differ by less, the smaller the step. What is left of the angles
 *
 * ```math
 * G_k = \frac{1}{T_k} \sum_{i=1}^{m} D_i (A_{ki} - 2 Z_i + B_{ki})
 * ```
 *
 * when that is taken away bounds how far a kink has turned the slope:
 *
 * ```math
 * \kappa = \frac{1}{6} |4 G_{k+1} - G_k|
 * ```
 *
 * A function in float32 may have polynomials in the place of its elementary
 * functions. They are off smoothly, which no step shows, but where two of them meet
 * the function jumps. So it is asked at 64 points of a line, half the scale to
 * either side, and the sixth differences of an output $`Y`$ say by how many
 * roundings it is off:
 *
 * ```math
 * y = \frac{\max_{k=1}^{58} |Y_k - 6 Y_{k+1} + 15 Y_{k+2} - 20 Y_{k+3}
 *   + 15 Y_{k+4} - 6 Y_{k+5} + Y_{k+6}|}{10 \varepsilon \max_{k=1}^{64} |Y_k|}
 * ```
 *
 * A slope can be off by that over a tenth of the scale, in float64 by nothing:
 *
 * ```math
 * g = 10 \min(y, 64) r
 * ```
 *
 * All of it together is how far an estimate can be off, and the one that is known
 * best, relative to the slope, is the numeric value:
 *
 * ```math
 * e = c + \kappa + g + \frac{4 (q + r) + h}{T_k}
 * ```
 *
 * Most elements need none of this: at the first step,
 * $`t = \sqrt[3]{\varepsilon} \approx 6 \cdot 10^{-6}`$, the two sides agree to a
 * hundredth of the tolerance, which no wrong gradient does by chance. The step is
 * relative to the element, or to the root mean square of its input where that is
 * larger; where that does not tell, also to the element alone, and to 1.
 *
 * ## The verdict
 *
 * An element whose analytic value is $`a`$ and whose numeric value is $`s`$ is right
 * if $`|a - s|`$ is at most
 *
 * ```math
 * b = \alpha + \rho |s| + e
 * ```
 *
 * with $`\rho`$ and $`\alpha`$ as in PyTorch: `rtol`, $`10^{-6}`$ by default, below
 * any mistake that someone makes in a formula, and `atol`, 0 by default. A random
 * direction has the root of the sum of squares of $`a_j V_j`$ in the place of
 * $`|s|`$. What is wrong at first sight is looked at again, at all steps.
 *
 * - **right**: all agree, and $`e`$ of all elements together is at most $`1/16`$ of
 *   the gradient or of the slopes around the point. What is not resolved is said
 *   where it is more than the tolerance: a smaller mistake stays unseen. Single
 *   elements that are hidden beside far larger ones do pass.
 * - **wrong**: one disagrees.
 * - **cannot tell**: the forward function hides its own gradient here, or has no
 *   slope at any element, or cannot be called. The report says which, and what to
 *   do.
 *
 * Where the function has a kink, a jump or a pole, there is no gradient to check,
 * only a choice: such elements are counted and left out. In random directions they
 * are found by halving, and with them all elements of the same value.
 *
 * A second look is taken near the point, away by up to a fifth of each element and
 * with `dout` of the other sign: what is right at one point alone is no gradient,
 * or keeps what an earlier call has computed. If a function throws there, or the
 * output is not finite, this is left out.
 *
 * A stated cause has been tried: with the mistake undone, the gradient agrees, and
 * it does so near the point, too.
 *
 * ## What else is found
 *
 * - A function that gives another result when it is called again, or after
 *   another function was called: randomness, or state kept between calls. A layer
 *   that keeps its input is checked as an object with `forward` and `backward`.
 * - A function that writes to its arguments. It gets copies, so the caller's
 *   tensors are safe, and the check is still right.
 * - A result that is no tensor, or a gradient of another shape than its input's.
 * - An output that is NaN, or nowhere finite, or of integers.
 * - A function that throws.
 *
 * ## Example
 *
 * ```ts
 * import { gradcheck } from "@adjoint/ops/gradcheck";
 * import { type Tensor, tensor } from "@adjoint/ops/tensor";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const square = ({ shape, data }: Tensor): Tensor => ({
 *   shape,
 *   data: data.map((v) => v * v),
 * });
 * const squareDx = ({ shape, data }: Tensor, dout: Tensor): Tensor => ({
 *   shape,
 *   data: data.map((v, i) => 2 * v * dout.data[i]!),
 * });
 * const wrongDx = ({ shape, data }: Tensor, dout: Tensor): Tensor => ({
 *   shape,
 *   data: data.map((v, i) => v * dout.data[i]!),
 * });
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * assert(gradcheck(square, [squareDx], [x]).ok);
 *
 * const report = gradcheck(square, [wrongDx], [x]);
 * assertEquals(report.verdict, "wrong");
 * assertEquals(report.inputs[0]!.wrong, 6);
 * assertEquals(report.inputs[0]!.causes, ["ratio 0.50: a factor 2 is missing"]);
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.autograd.gradcheck`, which has the fast mode too.
 * - HIPS autograd: `autograd.test_util.check_grads`, the check in one equation.
 * - J. J. Moré and S. M. Wild,
 *   [Estimating derivatives of noisy
 *   simulations](https://doi.org/10.1145/2168773.2168777), ACM Transactions on
 *   Mathematical Software 38, 2012: rounding measured from outside.
 * - C. J. F. Ridders,
 *   [Accurate computation of F'(x) and F'(x)
 *   F''(x)](https://doi.org/10.1016/S0141-1195(82)80057-0), Advances in
 *   Engineering Software 4, 1982.
 *
 * @module
 */

import { checkArguments } from "./gradcheck/arguments.ts";
import { check } from "./gradcheck/check.ts";
import { progress } from "./gradcheck/progress.ts";
import type { Gradcheck, GradcheckReport } from "./gradcheck/types.ts";

export type {
  AnyTensor,
  BackwardFunctions,
  FunctionOf,
  Gradcheck,
  GradcheckElement,
  GradcheckInput,
  GradcheckOptions,
  GradcheckReport,
  GradcheckSkipped,
  Gradients,
  LiteralShapeOf,
  Outputs,
  RightShapes,
  Shaped,
  ShapeOf,
  TensorFunction,
  Verdict,
  WrongShape,
  WrongShapes,
} from "./gradcheck/types.ts";

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
 * assertEquals(error.report.verdict, "wrong");
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

/** Checks gradients as {@linkcode gradcheck} does, and throws unless all are
 * right. A check of more than a thousand calls shows on a terminal how far it is.
 *
 * @throws {GradcheckError} If a gradient is wrong, cannot be told, or there is a
 * problem.
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
export const assertGradcheck: Gradcheck<void> = (...args: unknown[]) => {
  const report = check(checkArguments(args), progress());
  if (!report.ok) throw new GradcheckError(report);
};

/** Checks gradients against differences of the forward function.
 *
 * It is called with the forward function, the backward functions, the inputs and
 * options, or with an object that has both functions, the inputs and options, as
 * `Gradcheck` says. The functions get copies of the inputs in float64;
 * tensors of integers (labels, indices, masks) get none and have no gradient. An
 * input without a gradient may be infinite.
 *
 * @throws {TypeError} If an argument or an option is of the wrong kind, if
 * there are not as many backward functions or names as inputs, or if `dout` has
 * another shape than the output.
 * @throws {RangeError} If an input or `dout` is not finite, if `dout` is zero
 * everywhere, or if an option is out of range.
 *
 * @example One backward function for each input
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
 *
 * @example All gradients at once
 * ```ts
 * import { gradcheck } from "@adjoint/ops/gradcheck";
 * import { matmul, matmulD } from "@adjoint/ops/matmul";
 * import { ones } from "@adjoint/ops/tensor";
 * import { assert } from "@std/assert";
 *
 * assert(gradcheck(matmul, matmulD, [ones([2, 3]), ones([3, 2])]).ok);
 * ```
 *
 * @example A layer that keeps its input
 * ```ts
 * import { gradcheck } from "@adjoint/ops/gradcheck";
 * import { relu, reluDx } from "@adjoint/ops/relu";
 * import { type Tensor, tensor } from "@adjoint/ops/tensor";
 * import { assert } from "@std/assert";
 *
 * class Relu {
 *   #x: Tensor | undefined;
 *   forward(x: Tensor): Tensor {
 *     this.#x = x;
 *     return relu(x);
 *   }
 *   backward(dout: Tensor): Tensor {
 *     return reluDx(this.#x!, dout);
 *   }
 * }
 * assert(gradcheck(new Relu(), [tensor([1, -2, 3])]).ok);
 * ```
 */
export const gradcheck: Gradcheck<GradcheckReport> = (
  ...args: unknown[]
): GradcheckReport => check(checkArguments(args));
