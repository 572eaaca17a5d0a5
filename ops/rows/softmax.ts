// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Softmax
 *
 * Turns the numbers along an axis into probabilities: positive numbers that sum
 * to 1.
 *
 * ```math
 * Y_{ijk} = \frac{e^{X_{ijk}}}{\sum_{a=1}^{m} e^{X_{iak}}}, \qquad
 * \frac{\partial E}{\partial X_{ijk}} = Y_{ijk} \left(
 *   \frac{\partial E}{\partial Y_{ijk}}
 *   - \sum_{a=1}^{m} \frac{\partial E}{\partial Y_{iak}} Y_{iak} \right)
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
 * Along the axis, with the other two indices fixed:
 *
 * ```math
 * Y_{ijk} = \frac{e^{X_{ijk}}}{\sum_{a=1}^{m} e^{X_{iak}}}
 * ```
 *
 * ## Derivation
 *
 * Call the sum in the denominator $`s_{ik}`$. One of its terms contains
 * $`X_{ijk}`$, and the derivative of $`e^{X_{ijk}}`$ is $`e^{X_{ijk}}`$ itself:
 *
 * ```math
 * s_{ik} = \sum_{a=1}^{m} e^{X_{iak}}
 * ```
 *
 * ```math
 * \frac{\partial s_{ik}}{\partial X_{ijk}} = e^{X_{ijk}}
 * ```
 *
 * An output $`Y_{ibk} = e^{X_{ibk}} / s_{ik}`$ depends on $`X_{ijk}`$ in two ways:
 * always in the denominator, through the sum, and in the numerator if $`b`$ is $`j`$.
 * The Kronecker delta $`\delta_{bj}`$ is 1 then, and 0 otherwise. By the quotient rule,
 * and with the fractions written as outputs again:
 *
 * ```math
 * \frac{\partial Y_{ibk}}{\partial X_{ijk}}
 *   = \frac{\delta_{bj} e^{X_{ijk}} s_{ik} - e^{X_{ibk}} e^{X_{ijk}}}{s_{ik}^2}
 *   = \delta_{bj} Y_{ijk} - Y_{ibk} Y_{ijk}
 * ```
 *
 * The loss depends on $`X_{ijk}`$ through every output along the axis, so the
 * chain rule sums over them all. The delta leaves one term of the first sum, and
 * $`Y_{ijk}`$ is common to both:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{b=1}^{m} \frac{\partial E}{\partial Y_{ibk}}
 *     \left( \delta_{bj} Y_{ijk} - Y_{ibk} Y_{ijk} \right)
 *   = Y_{ijk} \left( \frac{\partial E}{\partial Y_{ijk}}
 *     - \sum_{b=1}^{m} \frac{\partial E}{\partial Y_{ibk}} Y_{ibk} \right)
 * ```
 *
 * The subtracted term is the mean of the gradient, weighted by the probabilities.
 * If the gradient is the same for all outputs, the result is 0: the outputs sum
 * to 1, whatever $`X`$ is.
 *
 * ## Backward
 *
 * {@linkcode softmaxDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}} = Y_{ijk} \left(
 *   \frac{\partial E}{\partial Y_{ijk}}
 *   - \sum_{a=1}^{m} \frac{\partial E}{\partial Y_{iak}} Y_{iak} \right)
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks, and equal numbers are no special
 * case. An element of −∞ gets a probability of 0, which is how masks work. If all
 * are −∞, there is no distribution, and the result is NaN, as in PyTorch. A row
 * without elements stays empty.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[2], [2]]], axis = 1, dout = [[[1], [0]]]` | `[[[0.5], [0.5]]]` | `[[[0.25], [-0.25]]]` | same | same | same | |
 * | `x = [[[1e4], [-1e4]]], axis = 1, dout = [[[1], [0]]]` | `[[[1], [0]]]` | `[[[0], [0]]]` | same | same | same | |
 * | `x = [[[40], [0]]], axis = 1, dout = [[[1], [0]]]` | `[[[1], [4.25e-18]]]` | `[[[4.25e-18], [-4.25e-18]]]` | `dx = [[[0], [-4.25e-18]]]` | `dx = [[[0], [-4.25e-18]]]` | `dx = [[[0], [-4.25e-18]]]` | PyTorch rounds the larger Y to 1 |
 * | `x = [[[0], [-∞]]], axis = 1, dout = [[[1], [2]]]` | `[[[1], [0]]]` | `[[[0], [0]]]` | same | same | same | |
 * | `x = [[[-∞], [-∞]]], axis = 1` | `[[[NaN], [NaN]]]` | `[[[NaN], [NaN]]]` | same | same | same | |
 * | `x = [[[∞], [0]]], axis = 1` | `[[[NaN], [NaN]]]` | `[[[NaN], [NaN]]]` | same | same | same | |
 * | `x = [[[NaN], [0]]], axis = 1` | `[[[NaN], [NaN]]]` | `[[[NaN], [NaN]]]` | same | same | same | |
 * | `x = [[[2], [2]]], axis = 1, dout = [[[∞], [0]]]` | `[[[0.5], [0.5]]]` | `[[[NaN], [-∞]]]` | same | same | same | |
 * | `x = [[[]]], axis = 2` | `[[[]]]` | `[[[]]]` | same | same | same | |
 *
 * ## Stability
 *
 * Above about 709, $`e^{X_{ijk}}`$ overflows in float64, above 88 in float32, and
 * the quotient is NaN. Subtracting the maximum $`c_{ik}`$ divides numerator and
 * denominator by $`e^{c_{ik}}`$: the value does not change, no exponent is above
 * 0, and one term of the sum is 1.
 *
 * ```math
 * c_{ik} = \max_{a} X_{iak}
 * ```
 *
 * ```math
 * Y_{ijk} = \frac{e^{X_{ijk} - c_{ik}}}{\sum_{a=1}^{m} e^{X_{iak} - c_{ik}}}
 * ```
 *
 * The gradient has a subtraction, too. If one probability is nearly 1, the mean is
 * nearly the gradient there, and their difference has few correct digits or none.
 * Subtracting a number $`d_{ik}`$ from the whole gradient subtracts it from the
 * mean as well, and does not change the result.
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}} = Y_{ijk} \left(
 *   \left( \frac{\partial E}{\partial Y_{ijk}} - d_{ik} \right)
 *   - \sum_{a=1}^{m} \left( \frac{\partial E}{\partial Y_{iak}} - d_{ik} \right)
 *     Y_{iak} \right)
 * ```
 *
 * The code chooses the gradient at the maximum. Then the first difference is 0
 * there, and only the other, small probabilities are left in the sum:
 *
 * ```math
 * d_{ik} = \sum_{a=1}^{m} [X_{iak} = c_{ik}] \frac{\partial E}{\partial Y_{iak}}
 * ```
 *
 * If several maxima are equal, it takes the first.
 *
 * ## Cost
 *
 * One exponential and one division for each element, in three passes along the
 * axis: the maximum, the sum, the quotient. The exponentials of one row are kept
 * in memory. The backward pass computes $`Y`$ again from $`X`$, and takes two
 * more passes. Large float32 tensors are computed with vector instructions, a row
 * at a time, as `ops/kernels/elementary.ts` explains.
 *
 * ## Example
 *
 * ```ts
 * import { softmax, softmaxDx } from "@adjoint/ops/softmax";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1000, 1000], [0, -Infinity]]);
 * const dout = tensor([[1, 0], [1, 0]]);
 *
 * assertEquals(softmax(x), tensor([[0.5, 0.5], [1, 0]]));
 * assertEquals(softmaxDx(x, dout), tensor([[0.25, -0.25], [0, 0]]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.softmax(x, axis)`
 * - JAX: `jax.nn.softmax(x, axis)`
 * - TensorFlow: `tf.nn.softmax(x, axis)`
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
import { shareRows, softmaxDRows } from "../kernels/elementary.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("softmax", {
  inputs: { x: "n… m p…" },
  options: { axis: axis("m", -1) },
  outputs: { y: "n… m p…" },

  forward({ x, y, n, m, p }) {
    const e = new Float64Array(m);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const at = (j: number) => (i * m + j) * p + k;
        let c = -Infinity; // cᵢₖ = maxⱼ Xᵢⱼₖ
        for (let j = 0; j < m; j++) c = Math.max(c, x[at(j)]);
        let s = 0; // sᵢₖ = Σⱼ exp(Xᵢⱼₖ − cᵢₖ)
        for (let j = 0; j < m; j++) s += e[j] = Math.exp(x[at(j)] - c);
        if (m > LONG) s = sumOf(e, 0, m);
        for (let j = 0; j < m; j++) {
          y[at(j)] = e[j] / s; // Yᵢⱼₖ = exp(Xᵢⱼₖ − cᵢₖ) ∕ sᵢₖ
        }
      }
    }
  },

  backward({ x, dy, dx, n, m, p }) {
    const y = new Float64Array(m), shares = new Float64Array(m);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const at = (j: number) => (i * m + j) * p + k;
        let b = 0; // where Xᵢⱼₖ is largest
        for (let j = 1; j < m; j++) if (x[at(j)] > x[at(b)]) b = j;
        const c = x[at(b)];
        const d = Number.isFinite(dy[at(b)]) ? dy[at(b)] : 0; // no ∞ − ∞
        let s = 0;
        for (let j = 0; j < m; j++) s += y[j] = Math.exp(x[at(j)] - c);
        if (m > LONG) s = sumOf(y, 0, m);
        for (let j = 0; j < m; j++) y[j] /= s;
        let mean = 0; // Σₐ (∂E/∂Yᵢₐₖ − dᵢₖ) Yᵢₐₖ
        for (let j = 0; j < m; j++) {
          mean += shares[j] = (dy[at(j)] - d) * y[j];
        }
        if (m > LONG) mean = sumOf(shares, 0, m);
        for (let j = 0; j < m; j++) {
          dx[at(j)] = y[j] * (dy[at(j)] - d - mean); // ∂E/∂Xᵢⱼₖ
        }
      }
    }
  },

  kernels: {
    forward: (env) =>
      turned(env, [env.x], env.y, ([x], y, rows, m) => {
        return shareRows(x, y, rows, m);
      }),
    backward: (env) =>
      turned(env, [env.x, env.dy], env.dx, ([x, dy], dx, rows, m) => {
        return softmaxDRows(x, dy, dx, rows, m);
      }),
  },
});

/** Turns the numbers along an axis into probabilities:
 * `Yᵢⱼₖ = exp(Xᵢⱼₖ) ∕ Σₐ exp(Xᵢₐₖ)`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param options The axis, the last one by default.
 * @returns The probabilities `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { softmax } from "@adjoint/ops/softmax";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(softmax(tensor([7, 7])), tensor([0.5, 0.5]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/softmax
 */
export function softmax<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: AxisOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode softmax}:
 * `∂E/∂Xᵢⱼₖ = Yᵢⱼₖ (∂E/∂Yᵢⱼₖ − Σₐ ∂E/∂Yᵢₐₖ Yᵢₐₖ)`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param dout The gradient of the loss with respect to the probabilities, of the
 * shape of `x`.
 * @param options The axis, the last one by default.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/softmax
 */
export function softmaxD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: AxisOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode softmax} with respect to `x`:
 * `∂E/∂Xᵢⱼₖ = Yᵢⱼₖ (∂E/∂Yᵢⱼₖ − Σₐ ∂E/∂Yᵢₐₖ Yᵢₐₖ)`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param dout The gradient of the loss with respect to the probabilities, of the
 * shape of `x`.
 * @param options The axis, the last one by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/softmax
 */
export function softmaxDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: AxisOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
