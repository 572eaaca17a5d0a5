// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Log-softmax
 *
 * Computes the logarithms of the probabilities that {@link [softmax] softmax} gives
 * for the numbers along an axis.
 *
 * ```math
 * Y_{ijk} = X_{ijk} - \log \sum_{a=1}^{m} e^{X_{iak}}, \qquad
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ijk}}
 *   - e^{Y_{ijk}} \sum_{a=1}^{m} \frac{\partial E}{\partial Y_{iak}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m \times p`$ | input `x` |
 * | $`Y`$ | $`n \times m \times p`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times m \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page is written for the middle axis of three. In general the option
 * `axis` names the axis, the last by default; the axes before it count as one
 * of size $`n`$, those after it as one of size $`p`$.
 *
 * ## Forward
 *
 * The logarithm of a quotient is a difference, and the logarithm of an exponential is
 * its exponent. So the logarithm of softmax is, along the axis, with the other two
 * indices fixed:
 *
 * ```math
 * Y_{ijk} = X_{ijk} - \log \sum_{a=1}^{m} e^{X_{iak}}
 * ```
 *
 * ## Derivation
 *
 * Call the sum $`s_{ik}`$. One of its terms contains $`X_{ijk}`$, and the derivative
 * of $`e^{X_{ijk}}`$ is $`e^{X_{ijk}}`$ itself:
 *
 * ```math
 * s_{ik} = \sum_{a=1}^{m} e^{X_{iak}}
 * ```
 *
 * ```math
 * \frac{\partial s_{ik}}{\partial X_{ijk}} = e^{X_{ijk}}
 * ```
 *
 * An output $`Y_{ibk} = X_{ibk} - \log s_{ik}`$ depends on $`X_{ijk}`$ always through
 * the sum, and directly if $`b`$ is $`j`$. The Kronecker delta $`\delta_{bj}`$ is 1
 * then, and 0 otherwise. The derivative of $`\log u`$ is $`1 / u`$, and an exponential
 * over the sum is a probability, $`e^{Y_{ijk}}`$:
 *
 * ```math
 * \frac{\partial Y_{ibk}}{\partial X_{ijk}}
 *   = \delta_{bj} - \frac{e^{X_{ijk}}}{s_{ik}}
 *   = \delta_{bj} - e^{Y_{ijk}}
 * ```
 *
 * The loss depends on $`X_{ijk}`$ through every output along the axis, so the chain
 * rule sums over them all. The delta leaves one term of the first sum, and the
 * probability is common to all terms of the second:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{b=1}^{m} \frac{\partial E}{\partial Y_{ibk}}
 *     \left( \delta_{bj} - e^{Y_{ijk}} \right)
 *   = \frac{\partial E}{\partial Y_{ijk}}
 *     - e^{Y_{ijk}} \sum_{b=1}^{m} \frac{\partial E}{\partial Y_{ibk}}
 * ```
 *
 * If the loss is minus one of the outputs, as in
 * {@link [cross-entropy] crossEntropy}, the gradient is the difference between the
 * probabilities and the ideal ones: 1 for that output, 0 for the others.
 *
 * ## Backward
 *
 * {@linkcode logSoftmaxDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ijk}}
 *   - e^{Y_{ijk}} \sum_{a=1}^{m} \frac{\partial E}{\partial Y_{iak}}
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks, and equal numbers are no special case.
 * An element of −∞ has the probability 0, whose logarithm is −∞, which is how masks
 * work. If all are −∞, there is no distribution, and the result is NaN, as in
 * PyTorch.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[2], [2]]], axis = 1, dout = [[[1], [0]]]` | `[[[-0.69314718055994531], [-0.69314718055994531]]]` | `[[[0.5], [-0.5]]]` | same | same | same | |
 * | `x = [[[1e4], [-1e4]]], axis = 1, dout = [[[1], [0]]]` | `[[[0], [-2e4]]]` | `[[[0], [0]]]` | same | same | same | |
 * | `x = [[[40], [0]]], axis = 1, dout = [[[1], [0]]]` | `[[[-4.248354e-18], [-40]]]` | `[[[4.248354e-18], [-4.248354e-18]]]` | `y = [[[0], [-40]]], dx = [[[0], [-4.248354e-18]]]` | `y = [[[0], [-40]]], dx = [[[0], [-4.248354e-18]]]` | `y = [[[0], [-40]]], dx = [[[0], [-4.248354e-18]]]` | PyTorch rounds 1 + e⁻⁴⁰ to 1 |
 * | `x = [[[0], [-∞]]], axis = 1, dout = [[[1], [2]]]` | `[[[0], [-∞]]]` | `[[[-2], [2]]]` | same | same | same | |
 * | `x = [[[-∞], [-∞]]], axis = 1` | `[[[NaN], [NaN]]]` | `[[[NaN], [NaN]]]` | same | same | same | |
 * | `x = [[[∞], [0]]], axis = 1` | `[[[NaN], [NaN]]]` | `[[[NaN], [NaN]]]` | same | same | same | |
 * | `x = [[[NaN], [0]]], axis = 1` | `[[[NaN], [NaN]]]` | `[[[NaN], [NaN]]]` | same | same | same | |
 * | `x = [[[2], [2]]], axis = 1, dout = [[[∞], [0]]]` | `[[[-0.69314718055994531], [-0.69314718055994531]]]` | `[[[NaN], [-∞]]]` | same | same | same | |
 * | `x = [[[]]], axis = 2` | `[[[]]]` | `[[[]]]` | same | same | same | |
 *
 * ## Stability
 *
 * Taking the logarithm of the result of softmax fails if a probability is too small
 * for a floating-point number: it is 0, and its logarithm −∞ where it should be
 * below −745 in float64, or −103 in float32. The formula above has no such
 * logarithm. But its exponentials overflow above 709 in float64, or 88 in float32.
 * Subtracting the maximum $`c_{ik}`$ from every element changes no difference, and
 * leaves no exponent above 0:
 *
 * ```math
 * c_{ik} = \max_{a} X_{iak}
 * ```
 *
 * ```math
 * Y_{ijk} = (X_{ijk} - c_{ik}) - \log \sum_{a=1}^{m} e^{X_{iak} - c_{ik}}
 * ```
 *
 * One term of the sum is 1. The code adds up the others alone, and takes the
 * logarithm of 1 plus their sum with `Math.log1p`, so that the result of the most
 * probable element keeps its digits when its probability is nearly 1.
 *
 * In the gradient of the most probable element, with the index $`b`$, the
 * probability times the sum may be nearly the gradient of the output, and their
 * difference has few correct digits or none. What cancels is the element's own
 * term of the sum. Its factor, 1 minus the probability of the element, is the
 * probability of all others:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ibk}}
 *   = \frac{\partial E}{\partial Y_{ibk}} \sum_{a \ne b} e^{Y_{iak}}
 *   - e^{Y_{ibk}} \sum_{a \ne b} \frac{\partial E}{\partial Y_{iak}}
 * ```
 *
 * This holds for every $`b`$; the code uses it only for the maximum, and for the
 * first of equal ones.
 *
 * ## Cost
 *
 * One exponential for each element and one logarithm for each row, in three
 * passes along the axis: the maximum, the sum, the difference. The backward pass
 * computes the exponentials again and keeps those of one row in memory. It needs
 * $`X`$, but not $`Y`$.
 *
 * ## Example
 *
 * ```ts
 * import { logSoftmax, logSoftmaxDx } from "@adjoint/ops/log-softmax";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1000, 1000], [0, -1000]]);
 * const dout = tensor([[-1, 0], [0, -1]]);
 *
 * assertEquals(logSoftmax(x), tensor([[-Math.LN2, -Math.LN2], [0, -1000]]));
 * assertEquals(logSoftmaxDx(x, dout), tensor([[-0.5, 0.5], [1, -1]]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.log_softmax(x, axis)`
 * - JAX: `jax.nn.log_softmax(x, axis)`
 * - TensorFlow: `tf.nn.log_softmax(x, axis)`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { axis } from "../core/options.ts";
import { LONG, sumOf } from "../core/sums.ts";
import type {
  AxisOptions,
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { turned } from "../kernels/along.ts";
import { logSoftmaxDRows, shiftRows } from "../kernels/elementary.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("logSoftmax", {
  inputs: { x: "n… m p…" },
  options: { axis: axis("m", -1) },
  outputs: { y: "n… m p…" },

  forward({ x, y, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const at = (j: number) => (i * m + j) * p + k;
        const b = largest(x, at, m), c = x[at(b)]; // cᵢₖ = maxⱼ Xᵢⱼₖ
        let rest = 0; // Σⱼ exp(Xᵢⱼₖ − cᵢₖ) without the 1 at the maximum
        for (let j = 0; j < m;) {
          let sum = 0; // of so few numbers that rounding errors do not add up
          for (const end = Math.min(j + LONG, m); j < end; j++) {
            if (j !== b) sum += Math.exp(x[at(j)] - c);
          }
          rest += sum;
        }
        const log = Number.isFinite(c) ? Math.log1p(rest) : NaN;
        for (let j = 0; j < m; j++) {
          y[at(j)] = x[at(j)] - c - log; // Yᵢⱼₖ = (Xᵢⱼₖ − cᵢₖ) − log Σₐ exp(Xᵢₐₖ − cᵢₖ)
        }
      }
    }
  },

  backward({ x, dy, dx, n, m, p }) {
    const e = new Float64Array(m), d = new Float64Array(m);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const at = (j: number) => (i * m + j) * p + k;
        const b = largest(x, at, m), c = x[at(b)]; // cᵢₖ = maxⱼ Xᵢⱼₖ
        let rest = 0, others = 0; // Σ exp(Xᵢⱼₖ − cᵢₖ) and Σ ∂E/∂Yᵢⱼₖ, but for b
        for (let j = 0; j < m; j++) {
          e[j] = Math.exp(x[at(j)] - c);
          if (j === b) continue;
          rest += e[j];
          others += d[j] = dy[at(j)];
        }
        if (m > LONG) {
          rest = sumOf(e, 0, b) + sumOf(e, b + 1, m);
          others = sumOf(d, 0, b) + sumOf(d, b + 1, m);
        }
        const s = Number.isFinite(c) ? 1 + rest : NaN;
        const sum = others + dy[at(b)];
        for (let j = 0; j < m; j++) {
          // ∂E/∂Xᵢⱼₖ = ∂E/∂Yᵢⱼₖ − exp(Yᵢⱼₖ) Σₐ ∂E/∂Yᵢₐₖ
          dx[at(j)] = j === b && Number.isFinite(sum)
            ? (dy[at(b)] * rest - others) / s
            : dy[at(j)] - e[j] / s * sum;
        }
      }
    }
  },

  kernels: {
    forward: (env) =>
      turned(env, [env.x], env.y, ([x], y, rows, m) => {
        return shiftRows(x, y, rows, m, (_, rest) => Math.log1p(rest));
      }),
    backward: (env) =>
      turned(env, [env.x, env.dy], env.dx, ([x, dy], dx, rows, m) => {
        return logSoftmaxDRows(x, dy, dx, rows, m);
      }),
  },
});

/** The position of the largest number of a row, or of a NaN if there is one. */
function largest(x: Float, at: (j: number) => number, m: number): number {
  let b = 0;
  for (let j = 1; j < m; j++) {
    if (x[at(j)] > x[at(b)] || Number.isNaN(x[at(j)])) b = j;
  }
  return b;
}

/** The logarithms of probabilities along an axis:
 * `Yᵢⱼₖ = Xᵢⱼₖ − log(Σₐ exp(Xᵢₐₖ))`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param options The axis, the last one by default.
 * @returns The logarithms `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { logSoftmax } from "@adjoint/ops/log-softmax";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(logSoftmax(tensor([7, 7])), tensor([-Math.LN2, -Math.LN2]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/log-softmax
 */
export function logSoftmax<
  S extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  options?: AxisOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode logSoftmax}:
 * `∂E/∂Xᵢⱼₖ = ∂E/∂Yᵢⱼₖ − exp(Yᵢⱼₖ) Σₐ ∂E/∂Yᵢₐₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param dout The gradient of the loss with respect to the logarithms, of the
 * shape of `x`.
 * @param options The axis, the last one by default.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/log-softmax
 */
export function logSoftmaxD<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: AxisOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode logSoftmax} with respect to `x`:
 * `∂E/∂Xᵢⱼₖ = ∂E/∂Yᵢⱼₖ − exp(Yᵢⱼₖ) Σₐ ∂E/∂Yᵢₐₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param dout The gradient of the loss with respect to the logarithms, of the
 * shape of `x`.
 * @param options The axis, the last one by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/log-softmax
 */
export function logSoftmaxDx<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: AxisOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
