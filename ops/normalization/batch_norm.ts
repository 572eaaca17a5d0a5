// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Batch norm
 *
 * Normalizes each channel to a mean of 0 and a variance of 1 over the batch, then
 * scales and shifts it.
 *
 * ```math
 * \hat{X}_{ijk} = \frac{X_{ijk} - \mu_j}{s_j}, \qquad
 * Y_{ijk} = \gamma_j \hat{X}_{ijk} + \beta_j
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}} = \frac{1}{s_j} \left(
 *   \frac{\partial E}{\partial \hat{X}_{ijk}}
 *   - \frac{1}{np} \sum_{a=1}^{n} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial \hat{X}_{ajc}}
 *   - \frac{\hat{X}_{ijk}}{np} \sum_{a=1}^{n} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial \hat{X}_{ajc}} \hat{X}_{ajc}
 *   \right), \qquad
 * \frac{\partial E}{\partial \hat{X}_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ijk}} \gamma_j
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial \gamma_j}
 *   = \sum_{i=1}^{n} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Y_{ijk}} \hat{X}_{ijk}, \qquad
 * \frac{\partial E}{\partial \beta_j}
 *   = \sum_{i=1}^{n} \sum_{k=1}^{p} \frac{\partial E}{\partial Y_{ijk}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m \times p`$ | input `x` |
 * | $`\gamma`$ | $`m`$ | input `gamma` |
 * | $`\beta`$ | $`m`$ | input `beta` |
 * | $`\varepsilon`$ | number | option `eps` |
 * | $`Y`$ | $`n \times m \times p`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times m \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The first axis is the batch, the second the channels. All axes after them,
 * however many, count as one of size $`p`$: the height and the width of images,
 * for example. If there are none, $`p`$ is 1. The scale $`\gamma`$ and the shift
 * $`\beta`$ may be null, which stands for ones and for zeros. The option `eps` is
 * 0.00001 by default.
 *
 * These are the statistics of the batch itself, as they are used in training. With
 * given statistics, {@link [batch-norm-inference] batch norm for inference} is a
 * separate operation, since its gradients differ.
 *
 * ## Forward
 *
 * The mean and the variance of each channel, over all $`np`$ of its elements:
 *
 * ```math
 * \mu_j = \frac{1}{np} \sum_{i=1}^{n} \sum_{k=1}^{p} X_{ijk}
 * ```
 *
 * ```math
 * v_j = \frac{1}{np} \sum_{i=1}^{n} \sum_{k=1}^{p} (X_{ijk} - \mu_j)^2
 * ```
 *
 * The standard deviation would be the root of $`v_j`$. $`\varepsilon`$ is added
 * inside the root, so that no channel is divided by 0. It makes the variance of
 * the normalized channel a little less than 1, $`\frac{v_j}{v_j + \varepsilon}`$,
 * and changes nothing else:
 *
 * ```math
 * s_j = \sqrt{v_j + \varepsilon}
 * ```
 *
 * ```math
 * \hat{X}_{ijk} = \frac{X_{ijk} - \mu_j}{s_j}
 * ```
 *
 * ```math
 * Y_{ijk} = \gamma_j \hat{X}_{ijk} + \beta_j
 * ```
 *
 * ## Derivation
 *
 * **With respect to the scale and the shift.** $`\gamma_j`$ occurs in all elements
 * of channel $`j`$, with the factor $`\hat{X}_{ijk}`$, and $`\beta_j`$ with the
 * factor 1. The chain rule sums over them:
 *
 * ```math
 * \frac{\partial E}{\partial \gamma_j}
 *   = \sum_{i=1}^{n} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Y_{ijk}} \hat{X}_{ijk}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial \beta_j}
 *   = \sum_{i=1}^{n} \sum_{k=1}^{p} \frac{\partial E}{\partial Y_{ijk}}
 * ```
 *
 * **With respect to the normalized channel.** $`\hat{X}_{ijk}`$ occurs once, with
 * the factor $`\gamma_j`$:
 *
 * ```math
 * \frac{\partial E}{\partial \hat{X}_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ijk}} \gamma_j
 * ```
 *
 * **With respect to the channel itself.** $`X_{ijk}`$ acts on every element of its
 * normalized channel, including those of all other examples, in three ways: as the
 * element itself, through the mean, and through the deviation. It is one of the
 * $`np`$ terms of the mean:
 *
 * ```math
 * \frac{\partial \mu_j}{\partial X_{ijk}} = \frac{1}{np}
 * ```
 *
 * In the variance, the difference $`X_{ajc} - \mu_j`$ has the derivative
 * $`\delta_{ai} \delta_{ck} - \frac{1}{np}`$, with Kronecker deltas, which are 1
 * where their indices are equal and 0 elsewhere. The derivative of a square
 * $`u^2`$ is $`2u`$:
 *
 * ```math
 * \frac{\partial v_j}{\partial X_{ijk}}
 *   = \frac{2}{np} \sum_{a=1}^{n} \sum_{c=1}^{p} (X_{ajc} - \mu_j)
 *     \left( \delta_{ai} \delta_{ck} - \frac{1}{np} \right)
 *   = \frac{2}{np} (X_{ijk} - \mu_j)
 * ```
 *
 * The deltas leave one term, and the part with $`\frac{1}{np}`$ is 0, since the
 * differences from a mean add up to 0. The derivative of $`\sqrt{u}`$ is
 * $`\frac{1}{2 \sqrt{u}}`$. The twos cancel:
 *
 * ```math
 * \frac{\partial s_j}{\partial X_{ijk}}
 *   = \frac{1}{2 s_j} \frac{\partial v_j}{\partial X_{ijk}}
 *   = \frac{X_{ijk} - \mu_j}{np s_j} = \frac{1}{np} \hat{X}_{ijk}
 * ```
 *
 * $`\hat{X}_{ajc}`$ is a quotient. By the quotient rule, its derivative is that of
 * the numerator divided by $`s_j`$, minus that of $`s_j`$ times the quotient
 * divided by $`s_j`$:
 *
 * ```math
 * \frac{\partial \hat{X}_{ajc}}{\partial X_{ijk}}
 *   = \frac{1}{s_j} \left( \delta_{ai} \delta_{ck} - \frac{1}{np} \right)
 *     - \frac{\hat{X}_{ajc}}{s_j} \frac{\partial s_j}{\partial X_{ijk}}
 *   = \frac{1}{s_j} \left( \delta_{ai} \delta_{ck} - \frac{1}{np}
 *     - \frac{1}{np} \hat{X}_{ajc} \hat{X}_{ijk} \right)
 * ```
 *
 * The three terms correspond to the three ways. The chain rule sums over the
 * channel, and the deltas leave one term of its sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{a=1}^{n} \sum_{c=1}^{p} \frac{\partial E}{\partial \hat{X}_{ajc}}
 *     \frac{\partial \hat{X}_{ajc}}{\partial X_{ijk}}
 *   = \frac{1}{s_j} \left(
 *     \frac{\partial E}{\partial \hat{X}_{ijk}}
 *     - \frac{1}{np} \sum_{a=1}^{n} \sum_{c=1}^{p}
 *       \frac{\partial E}{\partial \hat{X}_{ajc}}
 *     - \frac{\hat{X}_{ijk}}{np} \sum_{a=1}^{n} \sum_{c=1}^{p}
 *       \frac{\partial E}{\partial \hat{X}_{ajc}} \hat{X}_{ajc}
 *     \right)
 * ```
 *
 * The subtracted terms are the mean of the gradient and its component along the
 * channel. Apart from the effect of $`\varepsilon`$, shifting or stretching a channel
 * does not change the result, so the gradient has no such components. Treating
 * $`\mu_j`$ and $`s_j`$ as constants loses both terms, and gives the gradient of {@link
 * [batch-norm-inference] inference}. If $`\frac{\partial E}{\partial \hat{X}}`$ is the
 * same in a whole channel, as it is if $`E`$ is the sum of the output, the gradient is
 * 0: such a loss is a poor test of it.
 *
 * ## Backward
 *
 * {@linkcode batchNormDx}, through the normalized channel:
 *
 * ```math
 * \frac{\partial E}{\partial \hat{X}_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ijk}} \gamma_j
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}} = \frac{1}{s_j} \left(
 *   \frac{\partial E}{\partial \hat{X}_{ijk}}
 *   - \frac{1}{np} \sum_{a=1}^{n} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial \hat{X}_{ajc}}
 *   - \frac{\hat{X}_{ijk}}{np} \sum_{a=1}^{n} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial \hat{X}_{ajc}} \hat{X}_{ajc}
 *   \right)
 * ```
 *
 * {@linkcode batchNormDgamma}:
 *
 * ```math
 * \frac{\partial E}{\partial \gamma_j}
 *   = \sum_{i=1}^{n} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Y_{ijk}} \hat{X}_{ijk}
 * ```
 *
 * {@linkcode batchNormDbeta}:
 *
 * ```math
 * \frac{\partial E}{\partial \beta_j}
 *   = \sum_{i=1}^{n} \sum_{k=1}^{p} \frac{\partial E}{\partial Y_{ijk}}
 * ```
 *
 * ## Special points
 *
 * With $`\varepsilon`$ above 0 the function is smooth, so it has no kinks. A
 * channel whose elements are equal has a variance of 0: it becomes exactly
 * $`\beta`$, and its gradient is large, as it is divided by
 * $`\sqrt{\varepsilon}`$. A channel of one element is such a channel, and has a
 * gradient of 0; PyTorch rejects it. PyTorch also rejects an `eps` of 0. Here, as
 * in layer norm, 0 is allowed, and gives NaN only if all elements of a channel
 * are equal. An element of $`X`$ that is not finite makes its whole channel NaN,
 * and no other.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial \gamma}`$ | $`\frac{\partial E}{\partial \beta}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[1, 3]], [[2, 6]]], gamma = [2], beta = [10], dout = [[[1, 0]], [[0, 0]]]` | `[[[7.86191, 10]], [[8.93096, 13.2071]]]` | `[[[0.496342, -0.267261]], [[-0.419981, 0.190899]]]` | `[-1.06904]` | `[1]` | same | same | same | |
 * | `x = [[[1]], [[3]]], gamma = [1], beta = [0], eps = 0, dout = [[[1]], [[0]]]` | `[[[-1]], [[1]]]` | `[[[0]], [[0]]]` | `[-1]` | `[1]` | refuses | same | same | PyTorch requires a positive ε in training |
 * | `x = [[[5, 5]]], gamma = [1], beta = [2], dout = [[[1, 0]]]` | `[[[2, 2]]]` | `[[[158.114, -158.114]]]` | `[0]` | `[1]` | same | same | same | |
 * | `x = [[[5, 5]]], gamma = [1], beta = [2], eps = 0, dout = [[[1, 0]]]` | `[[[NaN, NaN]]]` | `[[[NaN, NaN]]]` | `[NaN]` | `[1]` | refuses | same | same | PyTorch requires a positive ε in training |
 * | `x = [[[7]]], gamma = [1], beta = [2]` | `[[[2]]]` | `[[[0]]]` | `[0]` | `[1]` | refuses | same | same | the variance of one element is 0; PyTorch requires two |
 * | `x = [[[NaN, 1], [5, 5]]], gamma = [1, 1], beta = [0, 2]` | `[[[NaN, NaN], [2, 2]]]` | `[[[NaN, NaN], [0, 0]]]` | `[NaN, 0]` | `[2, 2]` | same | same | same | |
 * | `x = [[[∞, 1], [5, 5]]], gamma = [1, 1], beta = [0, 2]` | `[[[NaN, NaN], [2, 2]]]` | `[[[NaN, NaN], [0, 0]]]` | `[NaN, 0]` | `[2, 2]` | same | same | same | |
 * | `x = [[[1000000, 1000001]]], gamma = [1], beta = [0], dout = [[[1, 0]]], dtype = float32` | `[[[-0.99998, 0.99998]]]` | `[[[3.99976e-5, -3.99976e-5]]]` | `[-0.99998]` | `[1]` | `y = [[[-1.05432, 0.945639]]], dx = [[[4.00535e-5, -4.00535e-5]]]` | `y = [[[-0.00195313, 0.00195313]]], dx = [[[0.00195312, -0.00195312]]], dgamma = [-0.00195313]` | `y = [[[-1, 1]]], dx = [[[4.00543e-5, -4.00543e-5]]]` | differences and sums are computed in float64 |
 * | `x = [[[1e30, -1e30]]], gamma = [1], beta = [0], dout = [[[1, 0]]], dtype = float32` | `[[[1, -1]]]` | `[[[0, 0]]]` | `[1]` | `[1]` | `y = [[[0, 0]]], dgamma = [0]` | `y = [[[0, 0]]], dgamma = [0]` | `y = [[[0, 0]]], dgamma = [0]` | the squares are summed in float64 |
 * | `x = [[[1, 2, 6]]], gamma = [∞], beta = [0]` | `[[[-∞, -∞, ∞]]]` | `[[[NaN, NaN, NaN]]]` | `[0]` | `[3]` | `y = [[[NaN, NaN, NaN]]]` | same | `y = [[[NaN, NaN, NaN]]]` | PyTorch adds β − μ γ ∕ s to X γ ∕ s, which is ∞ − ∞ |
 * | `x = [[[1, 2, 6]]], gamma = [-∞], beta = [0]` | `[[[∞, ∞, -∞]]]` | `[[[NaN, NaN, NaN]]]` | `[0]` | `[3]` | `y = [[[NaN, NaN, NaN]]]` | same | `y = [[[NaN, NaN, NaN]]]` | PyTorch adds β − μ γ ∕ s to X γ ∕ s, which is ∞ − ∞ |
 * | `x = [[[1, 2, 6]]], gamma = [1], beta = [0], dout = [[[∞, 0, 0]]]` | `[[[-0.925819, -0.462910, 1.38873]]]` | `[[[NaN, -∞, NaN]]]` | `[-∞]` | `[∞]` | same | `dx = [[[NaN, NaN, NaN]]]` | `dx = [[[NaN, NaN, NaN]]], dgamma = [NaN]` | |
 *
 * ## Stability
 *
 * The variance is also the mean of the squares minus the square of the mean,
 * which needs one pass over the channel:
 *
 * ```math
 * v_j = \frac{1}{np} \sum_{i=1}^{n} \sum_{k=1}^{p} X_{ijk}^2 - \mu_j^2
 * ```
 *
 * But if the mean is large compared with the deviation, the two are nearly equal,
 * and their difference has few correct digits or none. The mean of the squared
 * differences avoids this cancellation. The rounding error of the mean itself
 * shows in the mean of the differences, which would otherwise be 0, so that mean
 * is subtracted from them:
 *
 * ```math
 * r_j = \frac{1}{np} \sum_{i=1}^{n} \sum_{k=1}^{p} (X_{ijk} - \mu_j)
 * ```
 *
 * ```math
 * \hat{X}_{ijk} = \frac{(X_{ijk} - \mu_j) - r_j}{s_j}
 * ```
 *
 * So a channel whose elements are equal becomes exactly 0. This is what the code
 * computes.
 *
 * One gradient has few digits: that of a channel of two elements. Normalized, they
 * are −1 and 1, so only the effect of $`\varepsilon`$ is left of their gradient, as
 * a small difference of large terms. One more pass would restore the digits, as in
 * layer norm; here it would take half as long again.
 *
 * ## Cost
 *
 * Three passes over each channel for its mean, $`r`$ and variance, one more for
 * the output. The backward pass computes $`\hat{X}`$ again, once for all
 * gradients, from $`X`$: it needs $`\gamma`$ for ∂E/∂X, but neither $`\beta`$ nor
 * $`Y`$. All passes read the numbers in memory order. For float32 tensors one
 * pass with vector instructions is enough for the mean and the variance, as
 * `ops/kernels/moments.ts` explains.
 *
 * Sums accumulate in float64, and a float32 result is rounded once, when it is
 * stored.
 *
 * ## Example
 *
 * ```ts
 * import { batchNorm, batchNormDx } from "@adjoint/ops/batch-norm";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 1000], [3, 1002]]); // Two examples of two channels.
 * const y = batchNorm(x, tensor([1, 2]), tensor([0, 10]), { eps: 0 });
 *
 * assertEquals(y, tensor([[-1, 8], [1, 12]]));
 * // The sum of X̂ is 0, whatever X is.
 * const dx = batchNormDx(x, null, null, ones([2, 2]));
 * assertEquals([...dx.data], [0, 0, 0, 0]);
 * ```
 *
 * ## References
 *
 * - PyTorch:
 *   `torch.nn.functional.batch_norm(x, None, None, gamma, beta, True, eps=eps)`
 * - JAX:
 *   `jax.nn.standardize(x, (0, 2), epsilon=eps) * gamma[:, None] + beta[:, None]`
 * - TensorFlow:
 *   `tf.keras.ops.batch_normalization(x, *tf.nn.moments(x, [0, 2]), 1, beta, gamma, eps)`
 * - S. Ioffe, C. Szegedy, *Batch Normalization: Accelerating Deep Network Training
 *   by Reducing Internal Covariate Shift*, 2015:
 *   [arXiv:1502.03167](https://arxiv.org/abs/1502.03167).
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
import { dotsOf, mix, momentsOf } from "../kernels/moments.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("batchNorm", {
  inputs: {
    x: "n m p…",
    gamma: { shape: "m", optional: true },
    beta: { shape: "m", optional: true },
  },
  options: { eps: number(1e-5, { from: 0 }) },
  outputs: { y: "n m p…" },

  forward({ x, gamma, beta, eps, y, n, m, p }) {
    const { mean, rest, s } = statistics(x, n, m, p, eps);
    for (let i = 0, at = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        const scale = gamma ? gamma[j] : 1, shift = beta ? beta[j] : 0;
        for (let k = 0; k < p; k++, at++) { // Yᵢⱼₖ = γⱼ X̂ᵢⱼₖ + βⱼ
          const hat = (x[at] - mean[j] - rest[j]) / s[j];
          y[at] = scale * hat + shift;
        }
      }
    }
  },

  backward({ x, gamma, eps, dy, dx, dgamma, dbeta, n, m, p }) {
    const { mean, rest, s } = statistics(x, n, m, p, eps);
    const scales = new Float64Array(m), shifts = new Float64Array(m);
    const blocks = new Blocks(scales, shifts);
    for (let i = 0, at = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        for (let k = 0; k < p; k += LONG) {
          let along = 0, sum = 0; // of so few that rounding errors do not add up
          for (const end = at + Math.min(LONG, p - k); at < end; at++) {
            const hat = (x[at] - mean[j] - rest[j]) / s[j];
            along += dy[at] * hat;
            sum += dy[at];
          }
          scales[j] += along; // ∂E/∂γⱼ = Σᵢₖ ∂E/∂Yᵢⱼₖ X̂ᵢⱼₖ
          shifts[j] += sum; // ∂E/∂βⱼ = Σᵢₖ ∂E/∂Yᵢⱼₖ
        }
      }
      blocks.next();
    }
    blocks.end();
    for (let i = 0, at = 0; dx && i < n; i++) {
      for (let j = 0; j < m; j++) {
        const scale = gamma ? gamma[j] : 1; // ∂E/∂X̂ᵢⱼₖ = ∂E/∂Yᵢⱼₖ γⱼ
        const shift = scale * shifts[j] / (n * p); // the path through μⱼ
        const stretch = scale * scales[j] / (n * p); // the path through sⱼ
        for (let k = 0; k < p; k++, at++) {
          const hat = (x[at] - mean[j] - rest[j]) / s[j];
          dx[at] = (dy[at] * scale - shift - hat * stretch) / s[j];
        }
      }
    }
    for (let j = 0; j < m; j++) {
      if (dgamma) dgamma[j] = scales[j];
      if (dbeta) dbeta[j] = shifts[j];
    }
  },

  kernels: {
    forward({ x, gamma, beta, eps, y, n, m, p }) {
      const found = momentsOf(x, { n, m, p });
      if (found !== undefined) {
        const from = found.means;
        const ofX = found.squares.map((squares, j) =>
          (gamma ? gamma[j] : 1) / Math.sqrt(squares / (n * p) + eps)
        );
        const added = beta ?? undefined;
        if (mix(x, undefined, y, { n, m, p }, { from, ofX, added })) return;
      }
      // For channels of single numbers, side by side.
      if (p > 1) return false;
      const { mean, rest, s } = statistics(x, n, m, p, eps);
      const scale = filled(gamma, m, 1), shift = filled(beta, m, 0);
      for (let i = 0, at = 0; i < n; i++) {
        for (let j = 0; j < m; j++, at++) {
          const hat = (x[at] - mean[j] - rest[j]) / s[j];
          y[at] = scale[j] * hat + shift[j];
        }
      }
    },
    backward({ x, gamma, eps, dy, dx, dgamma, dbeta, n, m, p }) {
      const found = momentsOf(x, { n, m, p });
      const sums = found && dotsOf(x, dy, { n, m, p }, found.means);
      if (sums !== undefined) {
        const from = found!.means, count = n * p;
        const f = found!.squares.map((squares) =>
          1 / Math.sqrt(squares / count + eps)
        );
        const ofY = f.map((f, j) => (gamma ? gamma[j] : 1) * f);
        const ofX = f.map((f, j) => -ofY[j] * f * f * sums.dots[j] / count);
        const added = ofY.map((factor, j) => -factor * sums.sums[j] / count);
        const how = { from, ofX, ofY, added };
        if (!dx || mix(x, dy, dx, { n, m, p }, how)) {
          if (dgamma) write(dgamma, sums.dots.map((dot, j) => dot * f[j]));
          if (dbeta) write(dbeta, sums.sums);
          return;
        }
      }
      if (p > 1) return false;
      const { mean, rest, s } = statistics(x, n, m, p, eps);
      const scale = filled(gamma, m, 1);
      const scales = new Float64Array(m), shifts = new Float64Array(m);
      const blocks = new Blocks(scales, shifts);
      for (let i = 0, at = 0; i < n; i++) {
        for (let j = 0; j < m; j++, at++) {
          const hat = (x[at] - mean[j] - rest[j]) / s[j], dout = dy[at];
          scales[j] += dout * hat;
          shifts[j] += dout;
        }
        blocks.next();
      }
      blocks.end();
      const middle = new Float64Array(m), along = new Float64Array(m);
      for (let j = 0; j < m; j++) {
        middle[j] = scale[j] * shifts[j] / n;
        along[j] = scale[j] * scales[j] / n;
      }
      for (let i = 0, at = 0; dx && i < n; i++) {
        for (let j = 0; j < m; j++, at++) {
          const hat = (x[at] - mean[j] - rest[j]) / s[j];
          dx[at] = (dy[at] * scale[j] - middle[j] - hat * along[j]) / s[j];
        }
      }
      if (dgamma) write(dgamma, scales);
      if (dbeta) write(dbeta, shifts);
    },
  },
});

/** A scale or a shift in float64, or the same number for all channels if there is
 * none. */
function filled(x: Float | undefined, m: number, number: number) {
  return x ? new Float64Array(x) : new Float64Array(m).fill(number);
}

/** The statistics of each channel: μⱼ, rⱼ, and sⱼ = √(vⱼ + ε). The elements are
 * read in memory order. */
function statistics(x: Float, n: number, m: number, p: number, eps: number) {
  const mean = new Float64Array(m), rest = new Float64Array(m);
  const s = new Float64Array(m);
  for (const to of [mean, rest, s]) {
    const sums = new Float64Array(m), power = to === s ? 2 : 1;
    const blocks = new Blocks(sums);
    for (let i = 0, at = 0; i < n; i++) {
      // Single numbers need no loop of their own.
      for (let j = 0; p === 1 && j < m; j++, at++) {
        const difference = x[at] - mean[j] - rest[j];
        sums[j] += power === 2 ? difference * difference : difference;
      }
      for (let j = 0; p > 1 && j < m; j++) {
        const shift = mean[j], more = rest[j];
        for (let k = 0; k < p; k += LONG) {
          let sum = 0;
          for (const end = at + Math.min(LONG, p - k); at < end; at++) {
            const difference = x[at] - shift - more;
            sum += power === 2 ? difference * difference : difference;
          }
          sums[j] += sum;
        }
      }
      blocks.next();
    }
    blocks.end();
    for (let j = 0; j < m; j++) to[j] = sums[j] / (n * p);
  }
  for (let j = 0; j < m; j++) s[j] = Math.sqrt(s[j] + eps);
  return { mean, rest, s };
}

/** The gradients of {@linkcode batchNorm}. */
export interface BatchNormGradients<
  N extends number,
  M extends number,
  P extends Shape,
  D extends Float,
> {
  /** `∂E/∂X`. */
  x: Tensor<readonly [N, M, ...P], D>;
  /** `∂E/∂γ`. */
  gamma: Tensor<[M], D>;
  /** `∂E/∂β`. */
  beta: Tensor<[M], D>;
}

/** The options of {@linkcode batchNorm}.
 *
 * @example Usage
 * ```ts
 * import type { BatchNormOptions } from "@adjoint/ops/batch-norm";
 *
 * const options: BatchNormOptions = { eps: 1e-3 };
 * ```
 */
export interface BatchNormOptions {
  /** The number `ε` added to the variance, 0 or more; 0.00001 by default. */
  eps?: number | undefined;
}

/** Normalizes each channel: `Yᵢⱼₖ = γⱼ X̂ᵢⱼₖ + βⱼ`, where
 * `X̂ᵢⱼₖ = (Xᵢⱼₖ − μⱼ) ∕ sⱼ` and `sⱼ = √(vⱼ + ε)`, with the channel's mean `μⱼ`
 * and variance `vⱼ` in this batch.
 *
 * @param x The batch `X`, of shape `n×m×p`, where p stands for any axes after the
 * channels.
 * @param gamma The scale `γ` of each channel, of shape `m`, or null for ones.
 * @param beta The shift `β` of each channel, of shape `m`, or null for zeros.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { batchNorm } from "@adjoint/ops/batch-norm";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 1000], [3, 1002]]);
 *
 * assertEquals(batchNorm(x, null, null, { eps: 0 }), tensor([[-1, -1], [1, 1]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-norm
 */
export function batchNorm<
  N extends number,
  M extends number,
  P extends Shape,
  G extends Shape,
  B extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [N, M, ...P], D>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  options?:
    & BatchNormOptions
    & Options<NoInfer<readonly [N, M, ...P]>, NoInfer<D>>,
): Tensor<readonly [N, M, ...P], D> {
  return signature.forward([x, gamma, beta], options);
}

/** The gradients of {@linkcode batchNorm}, with the statistics of each channel
 * computed once for all of them.
 *
 * @param x The batch `X`, of shape `n×m×p`.
 * @param gamma The scale `γ`, of shape `m`, or null, which has no gradient.
 * @param beta The shift `β`, of shape `m`, or null, which has no gradient.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The gradients with respect to `x`, `gamma` and `beta`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-norm
 */
export function batchNormD<
  N extends number,
  M extends number,
  P extends Shape,
  G extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
  W extends "x" | "gamma" | "beta" = "x" | "gamma" | "beta",
>(
  x: Tensor<readonly [N, M, ...P], D>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [N, M, ...P]>, NoInfer<D>>,
  options?:
    & BatchNormOptions
    & GradientOptions<BatchNormGradients<N, M, P, D>, W>,
): Pick<BatchNormGradients<N, M, P, D>, W> {
  return signature.backward([x, gamma, beta, dout], options);
}

/** The gradient of {@linkcode batchNorm} with respect to `x`:
 * `∂E/∂Xᵢⱼₖ = 1∕sⱼ (∂E/∂X̂ᵢⱼₖ − (1 ∕ (n p)) Σₐ Σ[c] ∂E/∂X̂[a, j, c] − (X̂ᵢⱼₖ ∕
 * (n p)) Σₐ Σ[c] ∂E/∂X̂[a, j, c] X̂[a, j, c])`, where
 * `∂E/∂X̂ᵢⱼₖ = ∂E/∂Yᵢⱼₖ γⱼ`.
 *
 * @param x The batch `X`, of shape `n×m×p`.
 * @param gamma The scale `γ`, of shape `m`, or null for ones.
 * @param beta The shift `β`, of shape `m`, or null for zeros.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-norm
 */
export function batchNormDx<
  N extends number,
  M extends number,
  P extends Shape,
  G extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [N, M, ...P], D>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [N, M, ...P]>, NoInfer<D>>,
  options?:
    & BatchNormOptions
    & Options<NoInfer<readonly [N, M, ...P]>, NoInfer<D>>,
): Tensor<readonly [N, M, ...P], D> {
  return signature.gradient("x", [x, gamma, beta, dout], options);
}

/** The gradient of {@linkcode batchNorm} with respect to `gamma`:
 * `∂E/∂γⱼ = Σᵢ Σₖ ∂E/∂Yᵢⱼₖ X̂ᵢⱼₖ`.
 *
 * @param x The batch `X`, of shape `n×m×p`.
 * @param gamma The scale `γ`, of shape `m`.
 * @param beta The shift `β`, of shape `m`, or null for zeros.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The gradient, of shape `m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-norm
 */
export function batchNormDgamma<
  N extends number,
  M extends number,
  P extends Shape,
  G extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [N, M, ...P], D>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>>,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [N, M, ...P]>, NoInfer<D>>,
  options?: BatchNormOptions & Options<[M], NoInfer<D>>,
): Tensor<[M], D> {
  return signature.gradient("gamma", [x, gamma, beta, dout], options);
}

/** The gradient of {@linkcode batchNorm} with respect to `beta`:
 * `∂E/∂βⱼ = Σᵢ Σₖ ∂E/∂Yᵢⱼₖ`.
 *
 * @param x The batch `X`, of shape `n×m×p`.
 * @param gamma The scale `γ`, of shape `m`, or null for ones.
 * @param beta The shift `β`, of shape `m`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The gradient, of shape `m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-norm
 */
export function batchNormDbeta<
  N extends number,
  M extends number,
  P extends Shape,
  G extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [N, M, ...P], D>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>>,
  dout: Tensor<SameShape<S, readonly [N, M, ...P]>, NoInfer<D>>,
  options?: BatchNormOptions & Options<[M], NoInfer<D>>,
): Tensor<[M], D> {
  return signature.gradient("beta", [x, gamma, beta, dout], options);
}
