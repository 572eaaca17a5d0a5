// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Log-sum-exp
 *
 * Computes the logarithm of the sum of the exponentials along an axis: a smooth
 * maximum.
 *
 * ```math
 * Y_{ik} = \log \sum_{j=1}^{m} e^{X_{ijk}}, \qquad
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ik}} e^{X_{ijk} - Y_{ik}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m \times p`$ | input `x` |
 * | $`Y`$ | $`n \times p`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page is written for the middle axis of three. In general the option `axis`
 * names the axis, the last by default; the axes before it count as one of size
 * $`n`$, those after it as one of size $`p`$. With `keepDims`, the axis stays,
 * with size 1.
 *
 * ## Forward
 *
 * Along the axis, with the other two indices fixed:
 *
 * ```math
 * Y_{ik} = \log \sum_{j=1}^{m} e^{X_{ijk}}
 * ```
 *
 * The largest term dominates the sum. The result is at least the maximum, and
 * exceeds it by at most $`\log m`$, and by exactly that if all elements are
 * equal.
 *
 * ## Derivation
 *
 * Call the sum $`s_{ik}`$. One of its terms contains $`X_{ijk}`$, and the derivative
 * of an exponential is the exponential itself:
 *
 * ```math
 * s_{ik} = \sum_{j=1}^{m} e^{X_{ijk}}
 * ```
 *
 * ```math
 * \frac{\partial s_{ik}}{\partial X_{ijk}} = e^{X_{ijk}}
 * ```
 *
 * The derivative of $`\log u`$ is $`1 / u`$. An element acts on the one output that
 * has its $`i`$ and $`k`$. With the Kronecker delta, which is 1 where its two indices
 * are equal and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_{ac}}{\partial X_{ijk}}
 *   = \delta_{ai} \delta_{ck} \frac{e^{X_{ijk}}}{s_{ik}}
 * ```
 *
 * Since $`Y_{ik}`$ is the logarithm of $`s_{ik}`$, the quotient is one exponential,
 * $`e^{X_{ijk} - Y_{ik}}`$. The chain rule sums over every element of $`Y`$, and the
 * deltas leave one:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{a=1}^{n} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial Y_{ac}} \frac{\partial Y_{ac}}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ik}} e^{X_{ijk} - Y_{ik}}
 * ```
 *
 * The factors are the probabilities of {@link [softmax] softmax}. They add up to 1,
 * so they divide the gradient among the elements, and the largest elements get most
 * of it.
 *
 * ## Backward
 *
 * {@linkcode logSumExpDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ik}} e^{X_{ijk} - Y_{ik}}
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks, and equal numbers have equal
 * gradients. An element of −∞ adds nothing and gets a gradient of 0, which is how
 * masks work. If all are −∞, the sum is 0 and its logarithm −∞; the share of each
 * is 0 divided by 0, so the gradient is NaN, as in PyTorch. The sum of no
 * elements is 0, too, so the result is −∞.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[2], [2]]], axis = 1` | `[[2.69314718055994531]]` | `[[[0.5], [0.5]]]` | same | same | same | |
 * | `x = [[[1e4], [-1e4]]], axis = 1` | `[[1e4]]` | `[[[1], [0]]]` | same | same | same | |
 * | `x = [[[0], [-40]]], axis = 1` | `[[4.248354e-18]]` | `[[[1], [4.248354e-18]]]` | `y = [[0]]` | `y = [[0]]` | `y = [[0]]` | PyTorch rounds 1 + e⁻⁴⁰ to 1 |
 * | `x = [[[-1e4], [-1e4]]], axis = 1, dtype = float32` | `[[-9999.307]]` | `[[[0.5], [0.5]]]` | `dx = [[[0.499894], [0.499894]]]` | same | same | PyTorch computes the gradient from the rounded output |
 * | `x = [[[0], [-∞]]], axis = 1` | `[[0]]` | `[[[1], [0]]]` | same | same | same | |
 * | `x = [[[-∞], [-∞]]], axis = 1` | `[[-∞]]` | `[[[NaN], [NaN]]]` | same | same | same | |
 * | `x = [[[∞], [0]]], axis = 1` | `[[∞]]` | `[[[NaN], [0]]]` | same | same | same | |
 * | `x = [[[NaN], [∞]]], axis = 1` | `[[NaN]]` | `[[[NaN], [NaN]]]` | same | same | same | |
 * | `x = [[[]]], axis = 2` | `[[-∞]]` | `[[[]]]` | same | same | same | |
 *
 * ## Stability
 *
 * Above about 709, $`e^{X_{ijk}}`$ overflows in float64, above 88 in float32. If all
 * elements are below −745, or −103 in float32, all terms are 0, and the logarithm is
 * −∞. The exponential of the maximum $`c_{ik}`$ is a factor that can be taken out of
 * the sum, and its logarithm is the maximum itself. Then no exponent is above 0, and
 * one is 0:
 *
 * ```math
 * c_{ik} = \max_{a} X_{iak}
 * ```
 *
 * ```math
 * Y_{ik} = c_{ik} + \log \sum_{j=1}^{m} e^{X_{ijk} - c_{ik}}
 * ```
 *
 * One term of the sum is 1. If the maximum is near 0 and the other elements are far
 * below it, the logarithm is nearly the whole result, and adding 1 would round away
 * the other terms. So the code adds up the other terms alone, and takes the
 * logarithm of 1 plus their sum with `Math.log1p`.
 *
 * The exponent $`X_{ijk} - Y_{ik}`$ of the gradient contains the rounding error of
 * $`Y_{ik}`$: up to 0.0005 for a float32 near 10000, which becomes the relative error
 * of the gradient. The quotient does not need $`Y`$, and its values add up to 1:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}} = \frac{\partial E}{\partial Y_{ik}}
 *   \frac{e^{X_{ijk} - c_{ik}}}{\sum_{a=1}^{m} e^{X_{iak} - c_{ik}}}
 * ```
 *
 * This is what the code computes.
 *
 * ## Cost
 *
 * One exponential for each element and one logarithm for each result, in two
 * passes along the axis: the maximum, the sum. The backward pass computes both
 * again, makes one more pass, and keeps the exponentials of one row in memory. It
 * needs $`X`$, but not $`Y`$.
 *
 * ## Example
 *
 * ```ts
 * import { logSumExp, logSumExpDx } from "@adjoint/ops/log-sum-exp";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1000, -Infinity], [0, 0]]);
 *
 * assertEquals(logSumExp(x), tensor([1000, Math.LN2]));
 * assertEquals(logSumExp(x, { keepDims: true }).shape, [2, 1]);
 * assertEquals(logSumExpDx(x, tensor([1, 2])), tensor([[1, 0], [1, 1]]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.logsumexp(x, axis, keepDims)`
 * - JAX: `jax.nn.logsumexp(x, axis=axis, keepdims=keepDims)`
 * - TensorFlow: `tf.reduce_logsumexp(x, axis=axis, keepdims=keepDims)`
 * - P. Blanchard, D. J. Higham, N. J. Higham, *Accurately computing the log-sum-exp
 *   and softmax functions*, 2021:
 *   [doi:10.1093/imanum/draa038](https://doi.org/10.1093/imanum/draa038).
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { axis } from "../core/options.ts";
import { LONG, sumOf } from "../core/sums.ts";
import type {
  Float,
  GradientOptions,
  Options,
  ReduceAxisOptions,
  Reduced,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { turned } from "../kernels/along.ts";
import { expRows, peakRows } from "../kernels/elementary.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("logSumExp", {
  inputs: { x: "n… m p…" },
  options: { axis: axis("m", -1, { reduced: true }) },
  outputs: { y: "n… p…" },

  forward({ x, y, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const at = (j: number) => (i * m + j) * p + k;
        const b = largest(x, at, m);
        const c = m > 0 ? x[at(b)] : -Infinity; // cᵢₖ = maxⱼ Xᵢⱼₖ
        let rest = 0; // Σⱼ exp(Xᵢⱼₖ − cᵢₖ) without the 1 at the maximum
        for (let j = 0; j < m;) {
          let sum = 0; // of so few numbers that rounding errors do not add up
          for (const end = Math.min(j + LONG, m); j < end; j++) {
            if (j !== b) sum += Math.exp(x[at(j)] - c);
          }
          rest += sum;
        }
        // Yᵢₖ = cᵢₖ + log Σⱼ exp(Xᵢⱼₖ − cᵢₖ)
        y[i * p + k] = Number.isFinite(c) ? c + Math.log1p(rest) : c;
      }
    }
  },

  backward({ x, dy, dx, n, m, p }) {
    const e = new Float64Array(m);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const at = (j: number) => (i * m + j) * p + k;
        const c = x[at(largest(x, at, m))]; // cᵢₖ = maxⱼ Xᵢⱼₖ
        let s = 0; // Σⱼ exp(Xᵢⱼₖ − cᵢₖ)
        for (let j = 0; j < m; j++) s += e[j] = Math.exp(x[at(j)] - c);
        if (m > LONG) s = sumOf(e, 0, m);
        if (c === Infinity) s = 1; // What is finite beside ∞ has no share.
        for (let j = 0; j < m; j++) {
          // ∂E/∂Xᵢⱼₖ = ∂E/∂Yᵢₖ exp(Xᵢⱼₖ − cᵢₖ) ∕ Σₐ exp(Xᵢₐₖ − cᵢₖ)
          dx[at(j)] = dy[i * p + k] * (e[j] / s);
        }
      }
    }
  },

  kernels: {
    forward: (env) => {
      const { y } = env;
      return turned(
        env,
        [env.x],
        undefined,
        ([x], _, rows, m, first) =>
          peakRows(x, rows, m, (c, rest, i) => {
            y[first + i] = Number.isFinite(c) ? c + Math.log1p(rest) : c;
          }),
      );
    },
    backward: (env) => {
      const { dy } = env;
      return turned(
        env,
        [env.x],
        env.dx,
        ([x], dx, rows, m, first) =>
          expRows(x, dx, rows, m, (c, rest, i) => {
            const dout = dy[first + i];
            return c === Infinity ? dout : dout / (1 + rest);
          }),
      );
    },
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

/** The logarithm of the sum of exponentials along an axis:
 * `Yᵢₖ = log(Σⱼ exp(Xᵢⱼₖ))`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param options The axis, the last one by default, and whether to keep it.
 * @returns The logarithms `Y`, of shape `n×p`.
 *
 * @example Usage
 * ```ts
 * import { logSumExp } from "@adjoint/ops/log-sum-exp";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(logSumExp(tensor([0, 0])), scalar(Math.LN2));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/log-sum-exp
 */
export function logSumExp<
  S extends Shape,
  D extends Float,
  const A extends number = -1,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  options?: ReduceAxisOptions<A, K> & Options<Reduced<S, [A], K>, NoInfer<D>>,
): Tensor<Reduced<S, [A], K>, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode logSumExp}: `∂E/∂Xᵢⱼₖ = ∂E/∂Yᵢₖ exp(Xᵢⱼₖ − Yᵢₖ)`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param dout The gradient of the loss with respect to the logarithms, of shape
 * `n×p`.
 * @param options The axis and `keepDims` of the call of {@linkcode logSumExp}.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/log-sum-exp
 */
export function logSumExpD<
  S extends Shape,
  D extends Float,
  T extends Shape,
  const A extends number = -1,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Reduced<S, [A], K>>, NoInfer<D>>,
  options?: ReduceAxisOptions<A, K> & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode logSumExp} with respect to `x`: `∂E/∂Xᵢⱼₖ =
 * ∂E/∂Yᵢₖ exp(Xᵢⱼₖ − Yᵢₖ)`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param dout The gradient of the loss with respect to the logarithms, of shape
 * `n×p`.
 * @param options The axis and `keepDims` of the call of {@linkcode logSumExp}.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/log-sum-exp
 */
export function logSumExpDx<
  S extends Shape,
  D extends Float,
  T extends Shape,
  const A extends number = -1,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Reduced<S, [A], K>>, NoInfer<D>>,
  options?: ReduceAxisOptions<A, K> & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
