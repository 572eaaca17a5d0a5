// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Gradient check
 *
 * Checks whether backward functions compute the gradients of a forward function.
 * The verdict is that they are right, that one is wrong and what the likely
 * mistake is, or that the forward function does not permit a verdict.
 *
 * ```math
 * \sum_{i=1}^{m} D_i \sum_{j=1}^{n} J_{ij} V_j
 *   = \sum_{j=1}^{n} \left( \sum_{i=1}^{m} D_i J_{ij} \right) V_j
 * ```
 *
 * ## What is compared
 *
 * $`Z = f(X)`$ is the forward function at one of its inputs, with the others held
 * fixed, $`J`$ its Jacobian, and $`D`$ is `dout`, the gradient of the loss with respect
 * to $`Z`$. The left side is the slope of the loss along a direction $`V`$. The
 * backward function claims to compute the sum in the brackets, so it is right if and
 * only if the equation holds for every $`V`$. The left side needs nothing but the
 * forward function. With its outputs on both sides of the point, $`A = f(X + tV)`$ and
 * $`B = f(X - tV)`$, it is nearly
 *
 * ```math
 * S = \frac{1}{2t} \sum_{i=1}^{m} D_i (A_i - B_i)
 * ```
 *
 * **Each element.** $`V`$ moves one element at a time. That takes two calls of
 * `forward` for every element of the inputs, and compares every element of the
 * gradient separately.
 *
 * **Random directions.** $`V`$ moves all elements of one input. That takes two
 * calls for each direction, whatever the size. Elements whose part in the right
 * side is $`2^{16}`$ times smaller than the largest, or 0, get their own
 * direction, as their errors would not show among the others. A wrong gradient
 * passes only if its error is orthogonal to all directions, or so small that the
 * sum hides it: among $`n`$ elements, one that is wrong by less than about
 * $`10^{-6} \sqrt{n}`$ of the largest in its group. If a direction fails, halving
 * it repeatedly finds a wrong element in $`\log_2 n`$ steps, and no gradient is
 * called wrong before such an element has been compared by itself.
 *
 * The number of calls decides between the two, never the clock: elements for the
 * smallest inputs, up to 10000 calls, and directions for the others. The option
 * `budget` sets another number, and `fast` chooses one way for all inputs.
 *
 * `dout` is random, of both signs, and away from 0: with ones, a backward
 * function that forgets `dout`, or transposes it, would pass. And the sum of a
 * normalized row, or of probabilities, does not depend on the row, so its
 * gradient is 0, and a mistake may not show. The report warns of such a `dout`.
 *
 * ## What the forward function resolves
 *
 * Inputs in float32 are copied into float64, because a difference of two float32
 * numbers keeps few digits. But a function may compute in float32 inside, and its
 * result may be a small difference of large numbers: $`\log(e^x + 1) - x`$ has ten
 * digits left at $`x = 13`$, and none at 40. So the check assumes nothing. The function
 * is called at steps from seven times the size of an element down to $`10^{-13}`$ of
 * it, each a quarter of the one before, and the slopes themselves show how well they
 * are known. This is their error, relative to the derivative:
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
 * Long steps have a truncation error, short ones a rounding error, and both can
 * be seen from outside. Ridders' method extrapolates the slopes $`S_k`$ to step
 * 0: it removes one power $`p`$ of the square of the step after another, and
 * computes the next estimates from the estimates $`P`$,
 *
 * ```math
 * Q_k = P_k + \frac{P_k - P_{k-1}}{16^p - 1}
 * ```
 *
 * Their error is about the change that the last power made, $`c`$. If smaller
 * steps contradict a right estimate, the reason is rounding, whose share of a
 * slope grows as the step shrinks. So rounding adds to the output at least
 *
 * ```math
 * q = \max_{j=k+1}^{l} |S_j - Q_k| T_j
 * ```
 *
 * and the results themselves are rounded, with $`\varepsilon = 2^{-52}`$, or
 * $`2^{-23}`$ if all of them are float32 numbers, which adds
 *
 * ```math
 * r = \varepsilon \sqrt{\sum_{i=1}^{m} D_i^2 \max(|A_i|, |B_i|, |Z_i|)^2}
 * ```
 *
 * An output that does not move, but did at a larger step, may be flat, or
 * rounding has swallowed the change. That can hide as much as the output moved at
 * the smallest step at which it did, $`u`$, but no more than rounding does to
 * numbers of its size, $`w`$, and to the output in other directions, $`o`$:
 *
 * ```math
 * h = \min(u, 4 (w + o))
 * ```
 *
 * At a kink, such as that of $`\max(x, 0)`$ at 0, the slopes ahead and behind
 * differ by as much at every step; those of a smooth function differ by less, the
 * smaller the step. The second part is removed from these differences,
 *
 * ```math
 * G_k = \frac{1}{T_k} \sum_{i=1}^{m} D_i (A_{ki} - 2 Z_i + B_{ki})
 * ```
 *
 * and the rest bounds how far a kink has turned the slope:
 *
 * ```math
 * \kappa = \frac{1}{6} |4 G_{k+1} - G_k|
 * ```
 *
 * Many float32 libraries compute elementary functions by polynomials. Their error
 * is smooth, so no step shows it, but it jumps where two of them meet. So a
 * function in float32 is called at 64 points of a line, half the scale to either
 * side, and the sixth differences of its output $`Y`$ show by how many roundings
 * it is off:
 *
 * ```math
 * y = \frac{\max_{k=1}^{58} |Y_k - 6 Y_{k+1} + 15 Y_{k+2} - 20 Y_{k+3}
 *   + 15 Y_{k+4} - 6 Y_{k+5} + Y_{k+6}|}{10 \varepsilon \max_{k=1}^{64} |Y_k|}
 * ```
 *
 * The error may change by that over a tenth of the scale, so a slope is off by
 *
 * ```math
 * g = 10 \min(y, 64) r
 * ```
 *
 * and in float64 by nothing, $`g = 0`$. All of this together bounds the error of
 * an estimate. The numeric value is the estimate with the least, relative to the
 * slope:
 *
 * ```math
 * e = c + \kappa + g + \frac{4 (q + r) + h}{T_k}
 * ```
 *
 * Most elements need none of this: at the first step,
 * $`t = \sqrt[3]{\varepsilon} \approx 6 \cdot 10^{-6}`$, the two sides agree to a
 * hundredth of the tolerance, which no wrong gradient does by chance. A step of 1
 * is as long as the element, or the root mean square of its input if that is
 * larger. If that is not conclusive, the element alone and 1 are tried, too.
 *
 * ## The verdict
 *
 * An element whose analytic value is $`a`$ and whose numeric value is $`s`$ is
 * right if $`|a - s|`$ is at most
 *
 * ```math
 * b = \alpha + \rho |s| + e
 * ```
 *
 * with $`\rho`$ and $`\alpha`$ as in PyTorch: `rtol`, $`10^{-6}`$ by default,
 * below any mistake that someone makes in a formula, and `atol`, 0 by default.
 * For a random direction, the root of the sum of squares of $`a_j V_j`$ replaces
 * $`|s|`$. What seems wrong at first is compared again, at all steps.
 *
 * - **right**: all agree, and $`e`$ of all elements together is at most $`1/16`$
 *   of the gradient or of the slopes around the point. The report says how much
 *   is not resolved if that is more than the tolerance: a smaller mistake stays
 *   unseen, and so does one in a single element beside far larger ones.
 * - **wrong**: one disagrees.
 * - **cannot tell**: the forward function hides its own gradient at this point,
 *   or has no slope at any element, or cannot be called. The report says which,
 *   and what to do.
 *
 * At a kink, a jump or a pole there is no gradient to check, only a choice: such
 * elements are counted and skipped. In random directions they are found by
 * halving, and with them all elements of the same value.
 *
 * The check is repeated near the point, up to a fifth of each element away and
 * with `dout` of the other sign: a result that is right only at one point is not
 * the gradient, or is left over from an earlier call. This is skipped if a
 * function throws there, or if the output is not finite.
 *
 * A cause is stated only after it has been tried: with the mistake undone, the
 * gradient agrees, at the point and near it.
 *
 * ## What else is found
 *
 * - A function that gives another result when it is called again, or after
 *   another function was called: randomness, or state kept between calls. A layer
 *   that keeps its input is checked as an object with `forward` and `backward`.
 * - A function that writes to its arguments. It gets copies, so the caller's
 *   tensors are safe, and the check is still right.
 * - A result that is not a tensor, or a gradient of another shape than its input's.
 * - An output that is NaN, or nowhere finite, or of integers.
 * - A function that throws.
 *
 * A function that never returns cannot be stopped from outside. The number of
 * calls is bounded, whatever the functions return.
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
 * right. A check of more than a thousand calls shows its progress on a terminal.
 *
 * @throws {GradcheckError} If a gradient is wrong, if its verdict is "cannot
 * tell", or if there is a problem.
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
