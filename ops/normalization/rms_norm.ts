// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # RMS norm
 *
 * Normalizes each row to a mean square of 1, then scales each column.
 *
 * ```math
 * \hat{X}_{ij} = \frac{X_{ij}}{r_i}, \qquad
 * r_i = \sqrt{\frac{1}{m} \sum_{j=1}^{m} X_{ij}^2 + \varepsilon}, \qquad
 * Y_{ij} = \gamma_j \hat{X}_{ij}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}} = \frac{1}{r_i} \left(
 *   \frac{\partial E}{\partial \hat{X}_{ij}}
 *   - \frac{\hat{X}_{ij}}{m}
 *     \sum_{a=1}^{m} \frac{\partial E}{\partial \hat{X}_{ia}} \hat{X}_{ia}
 *   \right), \qquad
 * \frac{\partial E}{\partial \hat{X}_{ij}}
 *   = \frac{\partial E}{\partial Y_{ij}} \gamma_j
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial \gamma_j}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial Y_{ij}} \hat{X}_{ij}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m`$ | input `x` |
 * | $`\gamma`$ | $`m`$ | input `gamma` |
 * | $`\varepsilon`$ | number | option `eps` |
 * | $`Y`$ | $`n \times m`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times m`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The last axis is normalized. All axes before it, however many, count as one of
 * size $`n`$. The scale $`\gamma`$ may be null, which stands for ones.
 *
 * The option `eps` is $`2^{-23}`$ by default, the distance from 1 to the next
 * number of float32. PyTorch's default is that of the element type, so in float32
 * it is the same, and in float64 $`2^{-52}`$. Here it does not depend on the type,
 * so that float32 and float64 compute the same function, apart from rounding.
 *
 * ## Forward
 *
 * The root of the mean square of each row gives the operation its name.
 * $`\varepsilon`$ is added inside the root, so that a row of zeros is not divided
 * by 0:
 *
 * ```math
 * r_i = \sqrt{\frac{1}{m} \sum_{j=1}^{m} X_{ij}^2 + \varepsilon}
 * ```
 *
 * ```math
 * \hat{X}_{ij} = \frac{X_{ij}}{r_i}
 * ```
 *
 * $`\varepsilon`$ makes the mean square of the normalized row a little less than
 * 1:
 *
 * ```math
 * \frac{1}{m} \sum_{j=1}^{m} \hat{X}_{ij}^2 = 1 - \frac{\varepsilon}{r_i^2}
 * ```
 *
 * So it matters only for rows whose elements are about as small as
 * $`\sqrt{\varepsilon}`$, or smaller. The scale comes last:
 *
 * ```math
 * Y_{ij} = \gamma_j \hat{X}_{ij}
 * ```
 *
 * RMS norm is {@link [layer-norm] layer norm} without the mean and without the
 * shift.
 *
 * ## Derivation
 *
 * **With respect to the scale.** $`\gamma_j`$ occurs in column $`j`$ of the output,
 * with the factor $`\hat{X}_{ij}`$. The chain rule sums over the rows:
 *
 * ```math
 * \frac{\partial E}{\partial \gamma_j}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial Y_{ij}} \hat{X}_{ij}
 * ```
 *
 * **With respect to the normalized row.** $`\hat{X}_{ij}`$ occurs once, with the
 * factor $`\gamma_j`$:
 *
 * ```math
 * \frac{\partial E}{\partial \hat{X}_{ij}}
 *   = \frac{\partial E}{\partial Y_{ij}} \gamma_j
 * ```
 *
 * **With respect to the row itself.** $`X_{ij}`$ acts on every element of its
 * normalized row, in two ways: as the element itself, and through the root. The
 * derivative of $`\sqrt{u}`$ is $`\frac{1}{2 \sqrt{u}}`$, and one of the $`m`$
 * squares below the root contains $`X_{ij}`$. The twos cancel:
 *
 * ```math
 * \frac{\partial r_i}{\partial X_{ij}}
 *   = \frac{1}{2 r_i} \cdot \frac{2 X_{ij}}{m}
 *   = \frac{1}{m} \hat{X}_{ij}
 * ```
 *
 * $`\hat{X}_{ib}`$ is a quotient. By the quotient rule, its derivative is that of
 * the numerator divided by $`r_i`$, minus that of $`r_i`$ times the quotient
 * divided by $`r_i`$. The Kronecker delta $`\delta_{bj}`$ is 1 where $`b`$ is
 * $`j`$ and 0 elsewhere:
 *
 * ```math
 * \frac{\partial \hat{X}_{ib}}{\partial X_{ij}}
 *   = \frac{1}{r_i} \delta_{bj}
 *     - \frac{\hat{X}_{ib}}{r_i} \frac{\partial r_i}{\partial X_{ij}}
 *   = \frac{1}{r_i} \left( \delta_{bj}
 *     - \frac{1}{m} \hat{X}_{ib} \hat{X}_{ij} \right)
 * ```
 *
 * The chain rule sums over the row, and the delta leaves one term of its sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}}
 *   = \sum_{b=1}^{m} \frac{\partial E}{\partial \hat{X}_{ib}}
 *     \frac{\partial \hat{X}_{ib}}{\partial X_{ij}}
 *   = \frac{1}{r_i} \left(
 *     \frac{\partial E}{\partial \hat{X}_{ij}}
 *     - \frac{\hat{X}_{ij}}{m}
 *       \sum_{a=1}^{m} \frac{\partial E}{\partial \hat{X}_{ia}} \hat{X}_{ia}
 *     \right)
 * ```
 *
 * The subtracted term is the component of the gradient along the row. Apart from
 * the effect of $`\varepsilon`$, stretching a row does not change the result, so
 * the gradient has no such component. Compared with layer norm, the path through the
 * mean is missing: shifting a row does change the result, and the
 * gradient of a row need not add up to 0.
 *
 * ## Backward
 *
 * {@linkcode rmsNormDx}, through the normalized row:
 *
 * ```math
 * \frac{\partial E}{\partial \hat{X}_{ij}}
 *   = \frac{\partial E}{\partial Y_{ij}} \gamma_j
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}} = \frac{1}{r_i} \left(
 *   \frac{\partial E}{\partial \hat{X}_{ij}}
 *   - \frac{\hat{X}_{ij}}{m}
 *     \sum_{a=1}^{m} \frac{\partial E}{\partial \hat{X}_{ia}} \hat{X}_{ia}
 *   \right)
 * ```
 *
 * {@linkcode rmsNormDgamma}:
 *
 * ```math
 * \frac{\partial E}{\partial \gamma_j}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial Y_{ij}} \hat{X}_{ij}
 * ```
 *
 * ## Special points
 *
 * With $`\varepsilon`$ above 0 the function is smooth, so it has no kinks. A row
 * of zeros stays zeros, and its gradient is large, as it is divided by
 * $`\sqrt{\varepsilon}`$. A row of equal elements, such as a row of one element,
 * becomes 1 or −1 throughout, apart from the effect of $`\varepsilon`$. An
 * element of $`X`$ that is not finite affects its own row, and no other.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial \gamma}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[1, 7]], gamma = [1, 1], eps = 0, dout = [[1, 0]]` | `[[0.2, 1.4]]` | `[[0.196, -0.028]]` | `[0.2, 0]` | same | same | same | |
 * | `x = [[0, 0]], gamma = [1, 1], dout = [[1, 0]]` | `[[0, 0]]` | `[[2896.31, 0]]` | `[0, 0]` | same | same | same | |
 * | `x = [[0, 0]], gamma = [1, 1], eps = 0, dout = [[1, 0]]` | `[[NaN, NaN]]` | `[[NaN, NaN]]` | `[NaN, NaN]` | same | same | `dx = [[∞, NaN]]` | |
 * | `x = [[5, 5]], gamma = [2, 3], eps = 0, dout = [[1, 0]]` | `[[2, 3]]` | `[[0.2, -0.2]]` | `[1, 0]` | same | same | same | |
 * | `x = [[-7]], gamma = [2]` | `[[-2.00]]` | `[[6.95e-10]]` | `[-1.00]` | same | same | same | |
 * | `x = [[NaN, 1], [1, 7]], gamma = [1, 1], eps = 0` | `[[NaN, NaN], [0.2, 1.4]]` | `[[NaN, NaN], [0.168, -0.0240]]` | `[NaN, NaN]` | same | same | same | |
 * | `x = [[∞, 1], [1, 7]], gamma = [1, 1], eps = 0` | `[[NaN, 0], [0.2, 1.4]]` | `[[NaN, NaN], [0.168, -0.0240]]` | `[NaN, 1.4]` | same | same | same | |
 * | `x = [[1000000, 1000001]], gamma = [1, 1], dout = [[1, 0]], dtype = float32` | `[[0.9999995, 1.0000005]]` | `[[5.00e-7, -5.00e-7]]` | `[0.9999995, 0]` | same | same | same | |
 * | `x = [[3e30, 4e30]], gamma = [1, 1], dout = [[1, 0]], dtype = float32` | `[[0.848528, 1.13137]]` | `[[1.81019e-31, -1.35764e-31]]` | `[0.848528, 0]` | `y = [[0, 0]], dx = [[0, 0]], dgamma = [0, 0]` | `y = [[0, 0]], dx = [[0, 0]], dgamma = [0, 0]` | `y = [[0, 0]], dx = [[0, 0]], dgamma = [0, 0]` | the squares are summed in float64 |
 * | `x = [[3e-30, 4e-30]], gamma = [1, 1], eps = 0, dout = [[1, 0]], dtype = float32` | `[[0.848528, 1.13137]]` | `[[1.81019e29, -1.35765e29]]` | `[0.848528, 0]` | `y = [[∞, ∞]], dx = [[NaN, NaN]], dgamma = [∞, NaN]` | `y = [[∞, ∞]], dx = [[NaN, NaN]], dgamma = [∞, NaN]` | `y = [[∞, ∞]], dx = [[NaN, NaN]], dgamma = [∞, NaN]` | the squares are summed in float64 |
 * | `x = [[1, 7]], gamma = [∞, 1], eps = 0` | `[[∞, 1.4]]` | `[[NaN, -∞]]` | `[0.2, 1.4]` | same | same | same | |
 * | `x = [[1, 7]], gamma = [1, 1], eps = 0, dout = [[∞, 0]]` | `[[0.2, 1.4]]` | `[[NaN, -∞]]` | `[∞, 0]` | same | same | same | |
 *
 * ## Stability
 *
 * The plain formula is stable: a sum of squares has no differences in it, and an
 * offset that is common to a row costs no digits. In float32, the squares of
 * numbers above $`2^{64}`$ overflow, and those of numbers below $`2^{-75}`$
 * underflow. Here they are summed in float64, so neither happens.
 *
 * One small difference of large terms is left. If a gradient lies along its
 * row, as in a row of one element, all of it cancels except for the effect of
 * $`\varepsilon`$:
 *
 * ```math
 * \frac{r_i}{m} \sum_{a=1}^{m} \frac{\partial E}{\partial X_{ia}} \hat{X}_{ia}
 *   = \frac{\varepsilon}{r_i^2} \cdot \frac{1}{m}
 *     \sum_{a=1}^{m} \frac{\partial E}{\partial \hat{X}_{ia}} \hat{X}_{ia}
 * ```
 *
 * The right side contains no difference. So the loop computes both, and adds to
 * the gradient, along the row, what the left side lacks, which is only rounding
 * error.
 *
 * ## Cost
 *
 * One pass over each row for its mean square, one more for the output. The
 * backward pass computes $`\hat{X}`$ again, once for both gradients, from $`X`$:
 * it needs $`\gamma`$ for ∂E/∂X, but not $`Y`$.
 *
 * Sums accumulate in float64, and a float32 result is rounded once, when it is
 * stored.
 *
 * ## Example
 *
 * ```ts
 * import { rmsNorm, rmsNormDx } from "@adjoint/ops/rms-norm";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 7], [100, -700]]); // The root mean square of 1 and 7 is 5.
 * const y = rmsNorm(x, tensor([1, 10]), { eps: 0 });
 *
 * assertEquals(y, tensor([[0.2, 14], [0.2, -14]]));
 * // Stretching a row changes nothing, so its gradient is 0 along the row.
 * const dx = rmsNormDx(x, null, tensor([[1, 0], [0, 0]]), { eps: 0 });
 * assertEquals(dx, tensor([[0.196, -0.028], [0, 0]]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.rms_norm(x, x.shape[-1:], gamma, eps)`
 * - JAX:
 *   `x * jax.lax.rsqrt(jnp.mean(x**2, -1, keepdims=True) + eps) * gamma`
 * - TensorFlow: `tf.keras.ops.rms_normalization(x, gamma, axis=-1, epsilon=eps)`
 * - B. Zhang, R. Sennrich, *Root Mean Square Layer Normalization*, 2019:
 *   [arXiv:1910.07467](https://arxiv.org/abs/1910.07467).
 *
 * @module
 */

import { write } from "../core/arrays.ts";
import { op, type Signature } from "../core/op.ts";
import { number } from "../core/options.ts";
import { Blocks, LONG } from "../core/sums.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { scaleRows, scaleRowsD } from "../kernels/moments.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("rmsNorm", {
  inputs: { x: "n… m", gamma: { shape: "m", optional: true } },
  options: { eps: number(2 ** -23, { from: 0 }) },
  outputs: { y: "n… m" },

  forward({ x, gamma, eps, y, n, m }) {
    for (let i = 0; i < n; i++) {
      const r = rootMeanSquare(x, i * m, m, eps);
      for (let j = 0; j < m; j++) { // Yᵢⱼ = γⱼ X̂ᵢⱼ, X̂ᵢⱼ = Xᵢⱼ ∕ rᵢ
        y[i * m + j] = (gamma ? gamma[j] : 1) * (x[i * m + j] / r);
      }
    }
  },

  backward({ x, gamma, eps, dy, dx, dgamma, n, m }) {
    const hat = new Float64Array(m), dhat = new Float64Array(m);
    const scales = new Float64Array(m), blocks = new Blocks(scales);
    for (let i = 0; i < n; i++) {
      const r = rootMeanSquare(x, i * m, m, eps);
      let along = 0;
      for (let j = 0; j < m; j++) {
        hat[j] = x[i * m + j] / r;
        scales[j] += dy[i * m + j] * hat[j];
        dhat[j] = dy[i * m + j] * (gamma ? gamma[j] : 1); // ∂E/∂X̂ᵢⱼ = ∂E/∂Yᵢⱼ γⱼ
        along += dhat[j] * hat[j];
      }
      blocks.next();
      along /= m; // 1 ∕ m Σⱼ ∂E/∂X̂ᵢⱼ X̂ᵢⱼ, the path through rᵢ
      if (dx === undefined) continue;
      for (let j = 0; j < m; j++) dhat[j] -= hat[j] * along;
      const rest = restOf(dhat, hat, along * (eps / r ** 2));
      for (let j = 0; j < m; j++) {
        dx[i * m + j] = (dhat[j] + hat[j] * rest) / r;
      }
    }
    blocks.end();
    for (let j = 0; dgamma && j < m; j++) {
      dgamma[j] = scales[j]; // ∂E/∂γⱼ = Σᵢ ∂E/∂Yᵢⱼ X̂ᵢⱼ
    }
  },

  kernels: {
    forward({ x, gamma, eps, y, n, m }) {
      return scaleRows(x, y, n, m, {
        factor: (squares) => 1 / Math.sqrt(squares / m + eps),
        gamma: gamma ?? 1,
        beta: -0, // It leaves the sign of a 0 as it is.
        isCentered: false,
      });
    },
    backward({ x, gamma, eps, dy, dx, dgamma, n, m }) {
      const found = scaleRowsD(x, dy, dx, n, m, {
        factor: (squares) => 1 / Math.sqrt(squares / m + eps),
        gamma: gamma ?? 1,
        isCentered: false,
      });
      if (found === undefined) return false;
      if (dgamma) write(dgamma, found.scales);
    },
  },
});

/** A row's rᵢ = √(1 ∕ m Σⱼ Xᵢⱼ² + ε). */
function rootMeanSquare(x: Float, row: number, m: number, eps: number) {
  let squares = 0;
  for (let j = row; j < row + m;) {
    let sum = 0; // of so few numbers that rounding errors do not add up
    for (const end = Math.min(j + LONG, row + m); j < end; j++) {
      sum += x[j] ** 2;
    }
    squares += sum;
  }
  return Math.sqrt(squares / m + eps);
}

/** The rounding error in what must remain along the row. */
function restOf(d: Float64Array, hat: Float64Array, right: number): number {
  let left = 0, squares = 0;
  for (let j = 0; j < d.length; j++) {
    left += d[j] * hat[j];
    squares += hat[j] ** 2;
  }
  const rest = (right * d.length - left) / squares;
  return Number.isFinite(rest) ? rest : 0;
}

/** The gradients of {@linkcode rmsNorm}. */
export interface RmsNormGradients<
  N extends Shape,
  M extends number,
  D extends Float,
> {
  /** `∂E/∂X`. */
  x: Tensor<readonly [...N, M], D>;
  /** `∂E/∂γ`. */
  gamma: Tensor<[M], D>;
}

/** The options of {@linkcode rmsNorm}.
 *
 * @example Usage
 * ```ts
 * import type { RmsNormOptions } from "@adjoint/ops/rms-norm";
 *
 * const options: RmsNormOptions = { eps: 1e-6 };
 * ```
 */
export interface RmsNormOptions {
  /** The number `ε` added to the mean square, 0 or more; 2⁻²³ by default, for both
   * element types. */
  eps?: number | undefined;
}

/** Scales each row by its root mean square: `Yᵢⱼ = γⱼ X̂ᵢⱼ`, where
 * `X̂ᵢⱼ = Xᵢⱼ ∕ rᵢ` and `rᵢ = √(1∕m Σⱼ Xᵢⱼ² + ε)`.
 *
 * @param x The rows `X`, of shape `n×m`, where n stands for any leading axes.
 * @param gamma The scale `γ` of each column, of shape `m`, or null for ones.
 * @param options The number ε added to the mean square, 2⁻²³ by default.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { rmsNorm } from "@adjoint/ops/rms-norm";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 7], [7, 7]]);
 *
 * assertEquals(rmsNorm(x, null, { eps: 0 }), tensor([[0.2, 1.4], [1, 1]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/rms-norm
 */
export function rmsNorm<
  N extends Shape,
  M extends number,
  G extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, M], D>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  options?: RmsNormOptions & Options<NoInfer<readonly [...N, M]>, NoInfer<D>>,
): Tensor<readonly [...N, M], D> {
  return signature.forward([x, gamma], options);
}

/** Both gradients of {@linkcode rmsNorm}, with the mean square of each row computed
 * once for both.
 *
 * @param x The rows `X`, of shape `n×m`.
 * @param gamma The scale `γ`, of shape `m`, or null, which has no gradient.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the mean square, 2⁻²³ by default.
 * @returns The gradients with respect to `x` and `gamma`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/rms-norm
 */
export function rmsNormD<
  N extends Shape,
  M extends number,
  G extends Shape,
  S extends Shape,
  D extends Float,
  W extends "x" | "gamma" = "x" | "gamma",
>(
  x: Tensor<readonly [...N, M], D>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: RmsNormOptions & GradientOptions<RmsNormGradients<N, M, D>, W>,
): Pick<RmsNormGradients<N, M, D>, W> {
  return signature.backward([x, gamma, dout], options);
}

/** The gradient of {@linkcode rmsNorm} with respect to `x`:
 * `∂E/∂Xᵢⱼ = 1∕rᵢ (∂E/∂X̂ᵢⱼ − X̂ᵢⱼ∕m Σₐ ∂E/∂X̂ᵢₐ X̂ᵢₐ)`, where
 * `∂E/∂X̂ᵢⱼ = ∂E/∂Yᵢⱼ γⱼ`.
 *
 * @param x The rows `X`, of shape `n×m`.
 * @param gamma The scale `γ`, of shape `m`, or null for ones.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the mean square, 2⁻²³ by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/rms-norm
 */
export function rmsNormDx<
  N extends Shape,
  M extends number,
  G extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, M], D>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: RmsNormOptions & Options<NoInfer<readonly [...N, M]>, NoInfer<D>>,
): Tensor<readonly [...N, M], D> {
  return signature.gradient("x", [x, gamma, dout], options);
}

/** The gradient of {@linkcode rmsNorm} with respect to `gamma`:
 * `∂E/∂γⱼ = Σᵢ ∂E/∂Yᵢⱼ X̂ᵢⱼ`.
 *
 * @param x The rows `X`, of shape `n×m`.
 * @param gamma The scale `γ`, of shape `m`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the mean square, 2⁻²³ by default.
 * @returns The gradient, of shape `m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/rms-norm
 */
export function rmsNormDgamma<
  N extends Shape,
  M extends number,
  G extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, M], D>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>>,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: RmsNormOptions & Options<[M], NoInfer<D>>,
): Tensor<[M], D> {
  return signature.gradient("gamma", [x, gamma, dout], options);
}
