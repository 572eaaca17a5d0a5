// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Layer norm
 *
 * Normalizes each row to a mean of 0 and a variance of 1, then scales and shifts
 * each column.
 *
 * ```math
 * \hat{X}_{ij} = \frac{X_{ij} - \mu_i}{s_i}, \qquad
 * Y_{ij} = \gamma_j \hat{X}_{ij} + \beta_j
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}} = \frac{1}{s_i} \left(
 *   \frac{\partial E}{\partial \hat{X}_{ij}}
 *   - \frac{1}{m} \sum_{a=1}^{m} \frac{\partial E}{\partial \hat{X}_{ia}}
 *   - \frac{\hat{X}_{ij}}{m}
 *     \sum_{a=1}^{m} \frac{\partial E}{\partial \hat{X}_{ia}} \hat{X}_{ia}
 *   \right), \qquad
 * \frac{\partial E}{\partial \hat{X}_{ij}}
 *   = \frac{\partial E}{\partial Y_{ij}} \gamma_j
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial \gamma_j}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial Y_{ij}} \hat{X}_{ij}, \qquad
 * \frac{\partial E}{\partial \beta_j}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial Y_{ij}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m`$ | input `x` |
 * | $`\gamma`$ | $`m`$ | input `gamma` |
 * | $`\beta`$ | $`m`$ | input `beta` |
 * | $`\varepsilon`$ | number | option `eps` |
 * | $`Y`$ | $`n \times m`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times m`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The last axis is normalized. All axes before it, however many, count as one of
 * size $`n`$. The scale $`\gamma`$ and the shift $`\beta`$ may be null, which
 * stands for ones and for zeros. The option `eps` is 0.00001 by default.
 *
 * ## Forward
 *
 * The mean and the variance of each row:
 *
 * ```math
 * \mu_i = \frac{1}{m} \sum_{j=1}^{m} X_{ij}
 * ```
 *
 * ```math
 * v_i = \frac{1}{m} \sum_{j=1}^{m} (X_{ij} - \mu_i)^2
 * ```
 *
 * The standard deviation would be the root of $`v_i`$. $`\varepsilon`$ is added
 * inside the root, so that no row is divided by 0. It makes the variance of the
 * normalized row a little less than 1, $`\frac{v_i}{v_i + \varepsilon}`$, and
 * changes nothing else:
 *
 * ```math
 * s_i = \sqrt{v_i + \varepsilon}
 * ```
 *
 * ```math
 * \hat{X}_{ij} = \frac{X_{ij} - \mu_i}{s_i}
 * ```
 *
 * ```math
 * Y_{ij} = \gamma_j \hat{X}_{ij} + \beta_j
 * ```
 *
 * ## Derivation
 *
 * **With respect to the scale and the shift.** $`\gamma_j`$ occurs in column
 * $`j`$ of the output, with the factor $`\hat{X}_{ij}`$, and $`\beta_j`$ with the
 * factor 1. The chain rule sums over the rows:
 *
 * ```math
 * \frac{\partial E}{\partial \gamma_j}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial Y_{ij}} \hat{X}_{ij}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial \beta_j}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial Y_{ij}}
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
 * normalized row, in three ways: as the element itself, through the mean, and
 * through the deviation. It is one of the $`m`$ terms of the mean:
 *
 * ```math
 * \frac{\partial \mu_i}{\partial X_{ij}} = \frac{1}{m}
 * ```
 *
 * In the variance, the difference $`X_{ib} - \mu_i`$ has the derivative
 * $`\delta_{bj} - \frac{1}{m}`$, with the Kronecker delta, which is 1 where
 * $`b`$ is $`j`$ and 0 elsewhere. The derivative of a square $`u^2`$ is $`2u`$:
 *
 * ```math
 * \frac{\partial v_i}{\partial X_{ij}}
 *   = \frac{2}{m} \sum_{b=1}^{m} (X_{ib} - \mu_i)
 *     \left( \delta_{bj} - \frac{1}{m} \right)
 *   = \frac{2}{m} (X_{ij} - \mu_i)
 * ```
 *
 * The delta leaves one term, and the part with $`\frac{1}{m}`$ is 0, since the
 * differences from a mean add up to 0. The derivative of $`\sqrt{u}`$ is
 * $`\frac{1}{2 \sqrt{u}}`$. The twos cancel:
 *
 * ```math
 * \frac{\partial s_i}{\partial X_{ij}}
 *   = \frac{1}{2 s_i} \frac{\partial v_i}{\partial X_{ij}}
 *   = \frac{X_{ij} - \mu_i}{m s_i} = \frac{1}{m} \hat{X}_{ij}
 * ```
 *
 * $`\hat{X}_{ib}`$ is a quotient. By the quotient rule, its derivative is that of
 * the numerator divided by $`s_i`$, minus that of $`s_i`$ times the quotient
 * divided by $`s_i`$:
 *
 * ```math
 * \frac{\partial \hat{X}_{ib}}{\partial X_{ij}}
 *   = \frac{1}{s_i} \left( \delta_{bj} - \frac{1}{m} \right)
 *     - \frac{\hat{X}_{ib}}{s_i} \frac{\partial s_i}{\partial X_{ij}}
 *   = \frac{1}{s_i} \left( \delta_{bj} - \frac{1}{m}
 *     - \frac{1}{m} \hat{X}_{ib} \hat{X}_{ij} \right)
 * ```
 *
 * The three terms correspond to the three ways. The chain rule sums over the
 * row, and the delta leaves one term of its sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}}
 *   = \sum_{b=1}^{m} \frac{\partial E}{\partial \hat{X}_{ib}}
 *     \frac{\partial \hat{X}_{ib}}{\partial X_{ij}}
 *   = \frac{1}{s_i} \left(
 *     \frac{\partial E}{\partial \hat{X}_{ij}}
 *     - \frac{1}{m} \sum_{a=1}^{m} \frac{\partial E}{\partial \hat{X}_{ia}}
 *     - \frac{\hat{X}_{ij}}{m}
 *       \sum_{a=1}^{m} \frac{\partial E}{\partial \hat{X}_{ia}} \hat{X}_{ia}
 *     \right)
 * ```
 *
 * The subtracted terms are the mean of the gradient and its component along the
 * row. Apart from the effect of $`\varepsilon`$, shifting or stretching a row
 * does not change the result, so the gradient has no such components.
 *
 * **A common mistake.** The middle term, the path through the mean, is easily
 * forgotten. The result without it is off by exactly that mean, and is not the
 * gradient of this function:
 *
 * ```math
 * \frac{1}{s_i} \left(
 *   \frac{\partial E}{\partial \hat{X}_{ij}}
 *   - \frac{\hat{X}_{ij}}{m}
 *     \sum_{a=1}^{m} \frac{\partial E}{\partial \hat{X}_{ia}} \hat{X}_{ia}
 *   \right)
 *   = \frac{\partial E}{\partial X_{ij}}
 *   + \frac{1}{m s_i} \sum_{a=1}^{m} \frac{\partial E}{\partial \hat{X}_{ia}}
 * ```
 *
 * Over a row it does not add up to 0, as the gradient must, since shifting a row
 * does not change the result. The tests include a page that gives it as the
 * gradient, with code that agrees: calculus rejects that page, and gradcheck
 * rejects the code.
 *
 * If $`\frac{\partial E}{\partial \hat{X}}`$ is the same in a whole row, as it is
 * if $`E`$ is the sum of $`\hat{X}`$, the gradient is 0: such a loss is a poor
 * test of it.
 *
 * ## Backward
 *
 * {@linkcode layerNormDx}, through the normalized row:
 *
 * ```math
 * \frac{\partial E}{\partial \hat{X}_{ij}}
 *   = \frac{\partial E}{\partial Y_{ij}} \gamma_j
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}} = \frac{1}{s_i} \left(
 *   \frac{\partial E}{\partial \hat{X}_{ij}}
 *   - \frac{1}{m} \sum_{a=1}^{m} \frac{\partial E}{\partial \hat{X}_{ia}}
 *   - \frac{\hat{X}_{ij}}{m}
 *     \sum_{a=1}^{m} \frac{\partial E}{\partial \hat{X}_{ia}} \hat{X}_{ia}
 *   \right)
 * ```
 *
 * {@linkcode layerNormDgamma}:
 *
 * ```math
 * \frac{\partial E}{\partial \gamma_j}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial Y_{ij}} \hat{X}_{ij}
 * ```
 *
 * {@linkcode layerNormDbeta}:
 *
 * ```math
 * \frac{\partial E}{\partial \beta_j}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial Y_{ij}}
 * ```
 *
 * ## Special points
 *
 * With $`\varepsilon`$ above 0 the function is smooth, so it has no kinks. A row
 * whose elements are equal has a variance of 0: it becomes exactly $`\beta`$, and
 * its gradient is large, as it is divided by $`\sqrt{\varepsilon}`$. A row of one
 * element is such a row, and has a gradient of 0. An element of $`X`$ that is not
 * finite makes its whole row NaN, and no other.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial \gamma}`$ | $`\frac{\partial E}{\partial \beta}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[1, 3]], gamma = [1, 1], beta = [0, 0], eps = 0, dout = [[1, 0]]` | `[[-1, 1]]` | `[[0, 0]]` | `[-1, 0]` | `[1, 0]` | same | same | same | |
 * | `x = [[5, 5]], gamma = [1, 1], beta = [2, 3], dout = [[1, 0]]` | `[[2, 3]]` | `[[158.114, -158.114]]` | `[0, 0]` | `[1, 0]` | same | same | same | |
 * | `x = [[5, 5]], gamma = [1, 1], beta = [2, 3], eps = 0, dout = [[1, 0]]` | `[[NaN, NaN]]` | `[[NaN, NaN]]` | `[NaN, NaN]` | `[1, 0]` | same | same | same | |
 * | `x = [[7]], gamma = [1], beta = [2]` | `[[2]]` | `[[0]]` | `[0]` | `[1]` | same | same | same | |
 * | `x = [[NaN, 1], [1, 3]], gamma = [1, 1], beta = [0, 0], eps = 0` | `[[NaN, NaN], [-1, 1]]` | `[[NaN, NaN], [0, 0]]` | `[NaN, NaN]` | `[2, 2]` | same | same | same | |
 * | `x = [[∞, 1], [1, 3]], gamma = [1, 1], beta = [0, 0], eps = 0` | `[[NaN, NaN], [-1, 1]]` | `[[NaN, NaN], [0, 0]]` | `[NaN, NaN]` | `[2, 2]` | same | same | same | |
 * | `x = [[1000000, 1000001]], gamma = [1, 1], beta = [0, 0], dout = [[1, 0]], dtype = float32` | `[[-0.99998, 0.99998]]` | `[[3.99976e-5, -3.99976e-5]]` | `[-0.99998, 0]` | `[1, 0]` | `dx = [[0, 0]], dgamma = [-1.05432, 0]` | `y = [[-0.001953125, 0.001953125]], dx = [[0.00195312, -0.00195312]], dgamma = [-0.001953125, 0]` | `y = [[-1, 1]], dx = [[4.00543e-5, -4.00543e-5]]` | differences and sums are computed in float64 |
 * | `x = [[1e30, -1e30]], gamma = [1, 1], beta = [0, 0], dout = [[1, 0]], dtype = float32` | `[[1, -1]]` | `[[0, 0]]` | `[1, 0]` | `[1, 0]` | `y = [[0, 0]], dgamma = [0, 0]` | `y = [[0, 0]], dgamma = [0, 0]` | `y = [[0, 0]], dgamma = [0, 0]` | the squares are summed in float64 |
 * | `x = [[1, 2, 6]], gamma = [∞, 1, 1], beta = [0, 0, 0], eps = 0` | `[[-∞, -0.46291, 1.38873]]` | `[[NaN, -∞, NaN]]` | `[-0.92582, -0.46291, 1.38873]` | `[1, 1, 1]` | `dx = [[NaN, NaN, NaN]]` | `dx = [[NaN, NaN, NaN]]` | `y = [[NaN, -0.46291, 1.38873]]` | PyTorch sums in a different order and meets ∞ − ∞ |
 * | `x = [[1, 2, 6]], gamma = [-∞, 1, 1], beta = [0, 0, 0], eps = 0` | `[[∞, -0.46291, 1.38873]]` | `[[NaN, ∞, NaN]]` | `[-0.92582, -0.46291, 1.38873]` | `[1, 1, 1]` | `dx = [[NaN, NaN, NaN]]` | `dx = [[NaN, NaN, NaN]]` | `y = [[NaN, -0.46291, 1.38873]]` | PyTorch sums in a different order and meets ∞ − ∞ |
 * | `x = [[1, 2, 6]], gamma = [1, 1, 1], beta = [0, 0, 0], eps = 0, dout = [[∞, 0, 0]]` | `[[-0.92582, -0.46291, 1.38873]]` | `[[NaN, -∞, NaN]]` | `[-∞, 0, 0]` | `[∞, 0, 0]` | `dx = [[NaN, NaN, NaN]]` | `dx = [[NaN, NaN, NaN]]` | `dx = [[NaN, NaN, NaN]], dgamma = [NaN, 0, 0]` | PyTorch sums in a different order and meets ∞ − ∞ |
 *
 * ## Stability
 *
 * The variance is also the mean of the squares minus the square of the mean,
 * which needs one pass over the row:
 *
 * ```math
 * v_i = \frac{1}{m} \sum_{j=1}^{m} X_{ij}^2 - \mu_i^2
 * ```
 *
 * But if the mean is large compared with the deviation, the two are nearly equal,
 * and their difference has few correct digits or none. The mean of the squared
 * differences avoids this cancellation. The rounding error of the mean itself
 * shows in the mean of the differences, which would otherwise be 0, so that mean
 * is subtracted from them:
 *
 * ```math
 * r_i = \frac{1}{m} \sum_{j=1}^{m} (X_{ij} - \mu_i)
 * ```
 *
 * ```math
 * \hat{X}_{ij} = \frac{(X_{ij} - \mu_i) - r_i}{s_i}
 * ```
 *
 * So a row whose elements are equal becomes exactly 0. This is what the code
 * computes.
 *
 * One small difference of large terms is left. If a gradient lies along its row, as
 * it does, apart from its mean, in a row of two elements, all of it cancels except
 * for the effect of $`\varepsilon`$:
 *
 * ```math
 * \frac{s_i}{m} \sum_{a=1}^{m} \frac{\partial E}{\partial X_{ia}} \hat{X}_{ia}
 *   = \frac{\varepsilon}{s_i^2} \cdot \frac{1}{m}
 *     \sum_{a=1}^{m} \frac{\partial E}{\partial \hat{X}_{ia}} \hat{X}_{ia}
 * ```
 *
 * The right side contains no difference. So the loop computes both, and subtracts
 * from the gradient, along the row, the excess of the left side, which is only
 * rounding error. The mean of the gradient is rounding error, too, and is
 * subtracted first.
 *
 * ## Cost
 *
 * Three passes over each row for its mean, $`r`$ and variance, one more for the
 * output. The backward pass computes $`\hat{X}`$ again, once for all gradients,
 * from $`X`$: it needs $`\gamma`$ for ∂E/∂X, but neither $`\beta`$ nor $`Y`$. For
 * float32 tensors one pass with vector instructions is enough for the mean and
 * the variance, as `ops/kernels/moments.ts` explains.
 *
 * Sums accumulate in float64, and a float32 result is rounded once, when it is
 * stored.
 *
 * ## Example
 *
 * ```ts
 * import { layerNorm, layerNormDx } from "@adjoint/ops/layer-norm";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const x = tensor([[1, 3], [1000, 1002]]);
 * const gamma = tensor([1, 2]);
 * const beta = tensor([0, 10]);
 * const y = layerNorm(x, gamma, beta);
 *
 * [-1, 12, -1, 12].forEach((value, i) =>
 *   assertAlmostEquals(y.data[i], value, 1e-4)
 * );
 * // The sum of X̂ is 0, whatever X is.
 * const dx = layerNormDx(x, null, null, ones([2, 2]));
 * dx.data.forEach((value) => assertAlmostEquals(value, 0, 1e-6));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.layer_norm(x, x.shape[-1:], gamma, beta, eps)`
 * - JAX: `jax.nn.standardize(x, epsilon=eps) * gamma + beta`
 * - TensorFlow: `tf.keras.ops.layer_normalization(x, gamma, beta, epsilon=eps)`
 * - J. L. Ba, J. R. Kiros, G. E. Hinton, *Layer Normalization*, 2016:
 *   [arXiv:1607.06450](https://arxiv.org/abs/1607.06450).
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
export const signature: Signature = op("layerNorm", {
  inputs: {
    x: "n… m",
    gamma: { shape: "m", optional: true },
    beta: { shape: "m", optional: true },
  },
  options: { eps: number(1e-5, { from: 0 }) },
  outputs: { y: "n… m" },

  forward({ x, gamma, beta, eps, y, n, m }) {
    const hat = new Float64Array(m);
    for (let i = 0; i < n; i++) {
      normalize(x, i * m, eps, hat);
      for (let j = 0; j < m; j++) { // Yᵢⱼ = γⱼ X̂ᵢⱼ + βⱼ
        y[i * m + j] = (gamma ? gamma[j] : 1) * hat[j] + (beta ? beta[j] : 0);
      }
    }
  },

  backward({ x, gamma, eps, dy, dx, dgamma, dbeta, n, m }) {
    const hat = new Float64Array(m), dhat = new Float64Array(m);
    const scales = new Float64Array(m), shifts = new Float64Array(m);
    const blocks = new Blocks(scales, shifts);
    for (let i = 0; i < n; i++) {
      const s = normalize(x, i * m, eps, hat);
      let mean = 0, along = 0;
      for (let j = 0; j < m; j++) {
        scales[j] += dy[i * m + j] * hat[j];
        shifts[j] += dy[i * m + j];
        dhat[j] = dy[i * m + j] * (gamma ? gamma[j] : 1); // ∂E/∂X̂ᵢⱼ = ∂E/∂Yᵢⱼ γⱼ
        mean += dhat[j];
        along += dhat[j] * hat[j];
      }
      blocks.next();
      mean /= m; // 1 ∕ m Σⱼ ∂E/∂X̂ᵢⱼ, the path through μᵢ
      along /= m; // 1 ∕ m Σⱼ ∂E/∂X̂ᵢⱼ X̂ᵢⱼ, the path through sᵢ
      if (dx === undefined) continue;
      for (let j = 0; j < m; j++) dhat[j] = dhat[j] - mean - hat[j] * along;
      takeRest(dhat, hat, along * (eps / s ** 2));
      for (let j = 0; j < m; j++) dx[i * m + j] = dhat[j] / s;
    }
    blocks.end();
    for (let j = 0; j < m; j++) {
      if (dgamma) dgamma[j] = scales[j]; // ∂E/∂γⱼ = Σᵢ ∂E/∂Yᵢⱼ X̂ᵢⱼ
      if (dbeta) dbeta[j] = shifts[j]; // ∂E/∂βⱼ = Σᵢ ∂E/∂Yᵢⱼ
    }
  },

  kernels: {
    forward({ x, gamma, beta, eps, y, n, m }) {
      return scaleRows(x, y, n, m, {
        factor: (squares) => 1 / Math.sqrt(squares / m + eps),
        gamma: gamma ?? 1,
        beta: beta ?? 0,
        isCentered: true,
      });
    },
    backward({ x, gamma, eps, dy, dx, dgamma, dbeta, n, m }) {
      const found = scaleRowsD(x, dy, dx, n, m, {
        factor: (squares) => 1 / Math.sqrt(squares / m + eps),
        gamma: gamma ?? 1,
        isCentered: true,
      });
      if (found === undefined) return false;
      if (dgamma) write(dgamma, found.scales);
      if (dbeta) write(dbeta, found.shifts);
    },
  },
});

/** Writes a row's X̂ᵢⱼ = (Xᵢⱼ − μᵢ) ∕ sᵢ to `hat`, and returns sᵢ = √(vᵢ + ε). */
function normalize(x: Float, row: number, eps: number, hat: Float64Array) {
  const m = hat.length;
  let mean = 0, rest = 0, v = 0;
  for (let j = 0; j < m; j++) mean += x[row + j];
  mean /= m; // μᵢ = 1 ∕ m Σⱼ Xᵢⱼ
  for (let j = 0; j < m; j++) rest += hat[j] = x[row + j] - mean;
  rest /= m; // rᵢ = 1 ∕ m Σⱼ (Xᵢⱼ − μᵢ)
  for (let j = 0; j < m;) {
    let sum = 0; // of so few numbers that rounding errors do not add up
    for (const end = Math.min(j + LONG, m); j < end; j++) {
      sum += (hat[j] -= rest) ** 2;
    }
    v += sum;
  }
  const s = Math.sqrt(v / m + eps);
  for (let j = 0; j < m; j++) hat[j] /= s;
  return s;
}

/** Removes what rounding has left in a gradient: its mean, which should be 0, and
 * the excess of its component along the row. */
function takeRest(d: Float64Array, hat: Float64Array, right: number): void {
  const m = d.length;
  let mean = 0, along = 0, squares = 0;
  for (let j = 0; j < m; j++) mean += d[j];
  mean = finite(mean / m);
  for (let j = 0; j < m; j++) {
    d[j] -= mean;
    along += d[j] * hat[j];
    squares += hat[j] ** 2;
  }
  const rest = finite((along - right * m) / squares);
  for (let j = 0; j < m; j++) d[j] -= hat[j] * rest;
}

/** A rest; where numbers are not finite, there is none. */
function finite(x: number): number {
  return Number.isFinite(x) ? x : 0;
}

/** The gradients of {@linkcode layerNorm}. */
export interface LayerNormGradients<
  N extends Shape,
  M extends number,
  D extends Float,
> {
  /** `∂E/∂X`. */
  x: Tensor<readonly [...N, M], D>;
  /** `∂E/∂γ`. */
  gamma: Tensor<[M], D>;
  /** `∂E/∂β`. */
  beta: Tensor<[M], D>;
}

/** The options of {@linkcode layerNorm}.
 *
 * @example Usage
 * ```ts
 * import type { LayerNormOptions } from "@adjoint/ops/layer-norm";
 *
 * const options: LayerNormOptions = { eps: 1e-6 };
 * ```
 */
export interface LayerNormOptions {
  /** The number `ε` added to the variance, 0 or more; 0.00001 by default. */
  eps?: number | undefined;
}

/** Normalizes each row: `Yᵢⱼ = γⱼ X̂ᵢⱼ + βⱼ`, where `X̂ᵢⱼ = (Xᵢⱼ − μᵢ) ∕ sᵢ`
 * and `sᵢ = √(vᵢ + ε)`, with the row's mean `μᵢ` and variance `vᵢ`.
 *
 * @param x The rows `X`, of shape `n×m`, where n stands for any leading axes.
 * @param gamma The scale `γ` of each column, of shape `m`, or null for ones.
 * @param beta The shift `β` of each column, of shape `m`, or null for zeros.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { layerNorm } from "@adjoint/ops/layer-norm";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 3], [1000, 1002]]);
 *
 * assertEquals(layerNorm(x, null, null, { eps: 0 }), tensor([[-1, 1], [-1, 1]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/layer-norm
 */
export function layerNorm<
  N extends Shape,
  M extends number,
  G extends Shape,
  B extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, M], D>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  options?: LayerNormOptions & Options<NoInfer<readonly [...N, M]>, NoInfer<D>>,
): Tensor<readonly [...N, M], D> {
  return signature.forward([x, gamma, beta], options);
}

/** The gradients of {@linkcode layerNorm}, with the statistics of each row
 * computed once for all of them.
 *
 * @param x The rows `X`, of shape `n×m`.
 * @param gamma The scale `γ`, of shape `m`, or null, which has no gradient.
 * @param beta The shift `β`, of shape `m`, or null, which has no gradient.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The gradients with respect to `x`, `gamma` and `beta`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/layer-norm
 */
export function layerNormD<
  N extends Shape,
  M extends number,
  G extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
  W extends "x" | "gamma" | "beta" = "x" | "gamma" | "beta",
>(
  x: Tensor<readonly [...N, M], D>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: LayerNormOptions & GradientOptions<LayerNormGradients<N, M, D>, W>,
): Pick<LayerNormGradients<N, M, D>, W> {
  return signature.backward([x, gamma, beta, dout], options);
}

/** The gradient of {@linkcode layerNorm} with respect to `x`:
 * `∂E/∂Xᵢⱼ = 1∕sᵢ (∂E/∂X̂ᵢⱼ − 1∕m Σₐ ∂E/∂X̂ᵢₐ − X̂ᵢⱼ∕m Σₐ ∂E/∂X̂ᵢₐ X̂ᵢₐ)`,
 * where `∂E/∂X̂ᵢⱼ = ∂E/∂Yᵢⱼ γⱼ`.
 *
 * @param x The rows `X`, of shape `n×m`.
 * @param gamma The scale `γ`, of shape `m`, or null for ones.
 * @param beta The shift `β`, of shape `m`, or null for zeros.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/layer-norm
 */
export function layerNormDx<
  N extends Shape,
  M extends number,
  G extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, M], D>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: LayerNormOptions & Options<NoInfer<readonly [...N, M]>, NoInfer<D>>,
): Tensor<readonly [...N, M], D> {
  return signature.gradient("x", [x, gamma, beta, dout], options);
}

/** The gradient of {@linkcode layerNorm} with respect to `gamma`:
 * `∂E/∂γⱼ = Σᵢ ∂E/∂Yᵢⱼ X̂ᵢⱼ`.
 *
 * @param x The rows `X`, of shape `n×m`.
 * @param gamma The scale `γ`, of shape `m`.
 * @param beta The shift `β`, of shape `m`, or null for zeros.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The gradient, of shape `m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/layer-norm
 */
export function layerNormDgamma<
  N extends Shape,
  M extends number,
  G extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, M], D>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>>,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: LayerNormOptions & Options<[M], NoInfer<D>>,
): Tensor<[M], D> {
  return signature.gradient("gamma", [x, gamma, beta, dout], options);
}

/** The gradient of {@linkcode layerNorm} with respect to `beta`:
 * `∂E/∂βⱼ = Σᵢ ∂E/∂Yᵢⱼ`.
 *
 * @param x The rows `X`, of shape `n×m`.
 * @param gamma The scale `γ`, of shape `m`, or null for ones.
 * @param beta The shift `β`, of shape `m`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The gradient, of shape `m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/layer-norm
 */
export function layerNormDbeta<
  N extends Shape,
  M extends number,
  G extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, M], D>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>>,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: LayerNormOptions & Options<[M], NoInfer<D>>,
): Tensor<[M], D> {
  return signature.gradient("beta", [x, gamma, beta, dout], options);
}
