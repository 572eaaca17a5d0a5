// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Batch norm for inference
 *
 * Normalizes each channel with a given mean and variance, then scales and shifts
 * it.
 *
 * ```math
 * \hat{X}_{ijk} = \frac{X_{ijk} - \mu_j}{\sqrt{v_j + \varepsilon}}, \qquad
 * Y_{ijk} = \gamma_j \hat{X}_{ijk} + \beta_j
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{\gamma_j}{s_j} \frac{\partial E}{\partial Y_{ijk}}, \qquad
 * \frac{\partial E}{\partial \mu_j}
 *   = -\frac{\gamma_j}{s_j} \sum_{i=1}^{n} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Y_{ijk}}, \qquad
 * s_j = \sqrt{v_j + \varepsilon}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial v_j}
 *   = -\frac{\gamma_j}{2 s_j^2} \sum_{i=1}^{n} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Y_{ijk}} \hat{X}_{ijk}
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
 * | $`\mu`$ | $`m`$ | input `mean` |
 * | $`v`$ | $`m`$ | input `variance` |
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
 * The mean and the variance are inputs, usually those collected in training. If
 * they are computed from $`X`$ itself, the operation is
 * {@link [batch-norm] batch norm}, whose gradient goes through them.
 *
 * ## Forward
 *
 * $`\varepsilon`$ is added inside the root, so that a channel with a variance of
 * 0 is not divided by 0:
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
 * **With respect to the channel itself.** Neither $`\mu_j`$ nor $`s_j`$ depends
 * on $`X_{ijk}`$. So it acts on one element only, and one of the three terms of
 * batch norm is left:
 *
 * ```math
 * \frac{\partial \hat{X}_{ijk}}{\partial X_{ijk}} = \frac{1}{s_j}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial \hat{X}_{ijk}}
 *     \frac{\partial \hat{X}_{ijk}}{\partial X_{ijk}}
 *   = \frac{\gamma_j}{s_j} \frac{\partial E}{\partial Y_{ijk}}
 * ```
 *
 * **With respect to the mean.** $`\mu_j`$ is subtracted from all elements of the
 * channel:
 *
 * ```math
 * \frac{\partial \hat{X}_{ijk}}{\partial \mu_j} = -\frac{1}{s_j}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial \mu_j}
 *   = \sum_{i=1}^{n} \sum_{k=1}^{p} \frac{\partial E}{\partial \hat{X}_{ijk}}
 *     \frac{\partial \hat{X}_{ijk}}{\partial \mu_j}
 *   = -\frac{\gamma_j}{s_j} \sum_{i=1}^{n} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Y_{ijk}}
 * ```
 *
 * **With respect to the variance.** The derivative of $`\sqrt{u}`$ is
 * $`\frac{1}{2 \sqrt{u}}`$, and that of $`\frac{1}{u}`$ is $`-\frac{1}{u^2}`$:
 *
 * ```math
 * \frac{\partial s_j}{\partial v_j} = \frac{1}{2 s_j}
 * ```
 *
 * ```math
 * \frac{\partial \hat{X}_{ijk}}{\partial v_j}
 *   = -\frac{X_{ijk} - \mu_j}{s_j^2} \frac{\partial s_j}{\partial v_j}
 *   = -\frac{\hat{X}_{ijk}}{2 s_j^2}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial v_j}
 *   = \sum_{i=1}^{n} \sum_{k=1}^{p} \frac{\partial E}{\partial \hat{X}_{ijk}}
 *     \frac{\partial \hat{X}_{ijk}}{\partial v_j}
 *   = -\frac{\gamma_j}{2 s_j^2} \sum_{i=1}^{n} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Y_{ijk}} \hat{X}_{ijk}
 * ```
 *
 * ## Backward
 *
 * {@linkcode batchNormInferenceDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{\gamma_j}{s_j} \frac{\partial E}{\partial Y_{ijk}}
 * ```
 *
 * {@linkcode batchNormInferenceDmean}:
 *
 * ```math
 * \frac{\partial E}{\partial \mu_j}
 *   = -\frac{\gamma_j}{s_j} \sum_{i=1}^{n} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Y_{ijk}}
 * ```
 *
 * {@linkcode batchNormInferenceDvariance}:
 *
 * ```math
 * \frac{\partial E}{\partial v_j}
 *   = -\frac{\gamma_j}{2 s_j^2} \sum_{i=1}^{n} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Y_{ijk}} \hat{X}_{ijk}
 * ```
 *
 * {@linkcode batchNormInferenceDgamma}:
 *
 * ```math
 * \frac{\partial E}{\partial \gamma_j}
 *   = \sum_{i=1}^{n} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Y_{ijk}} \hat{X}_{ijk}
 * ```
 *
 * {@linkcode batchNormInferenceDbeta}:
 *
 * ```math
 * \frac{\partial E}{\partial \beta_j}
 *   = \sum_{i=1}^{n} \sum_{k=1}^{p} \frac{\partial E}{\partial Y_{ijk}}
 * ```
 *
 * ## Special points
 *
 * If $`v_j + \varepsilon`$ is above 0, the function is smooth, so it has no kinks.
 * If it is 0, the channel is divided by 0; if it is below 0, its root is NaN. The
 * code does not check the variance. An element of $`X`$ that is not finite affects
 * only its own output, and the gradients that sum over its channel.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial \mu}`$ | $`\frac{\partial E}{\partial v}`$ | $`\frac{\partial E}{\partial \gamma}`$ | $`\frac{\partial E}{\partial \beta}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ----- | ----- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[1, 3]]], mean = [1], variance = [4], gamma = [2], beta = [10], eps = 0` | `[[[10, 12]]]` | `[[[1, 1]]]` | `[-2]` | `[-0.25]` | `[1]` | `[2]` | same | same | same | |
 * | `x = [[[1, 3]]], mean = [1], variance = [0], gamma = [2], beta = [10]` | `[[[10, 1274.91]]]` | `[[[632.456, 632.456]]]` | `[-1264.91]` | `[-6.32456e7]` | `[632.456]` | `[2]` | same | same | same | |
 * | `x = [[[1, 3]]], mean = [1], variance = [0], gamma = [2], beta = [10], eps = 0` | `[[[NaN, ∞]]]` | `[[[∞, ∞]]]` | `[-∞]` | `[NaN]` | `[NaN]` | `[2]` | same | same | `y = [[[NaN, NaN]]], dvariance = [-∞], dgamma = [∞]` | |
 * | `x = [[[1, 3]]], mean = [1], variance = [-1], gamma = [2], beta = [10]` | `[[[NaN, NaN]]]` | `[[[NaN, NaN]]]` | `[NaN]` | `[NaN]` | `[NaN]` | `[2]` | same | same | same | |
 * | `x = [[[NaN, 3]]], mean = [1], variance = [4], gamma = [2], beta = [10], eps = 0` | `[[[NaN, 12]]]` | `[[[1, 1]]]` | `[-2]` | `[NaN]` | `[NaN]` | `[2]` | same | same | same | |
 * | `x = [[[∞, 3]]], mean = [1], variance = [4], gamma = [2], beta = [10], eps = 0` | `[[[∞, 12]]]` | `[[[1, 1]]]` | `[-2]` | `[-∞]` | `[∞]` | `[2]` | same | same | same | |
 * | `x = [[[1, 3]]], mean = [∞], variance = [4], gamma = [2], beta = [10], eps = 0` | `[[[-∞, -∞]]]` | `[[[1, 1]]]` | `[-2]` | `[∞]` | `[-∞]` | `[2]` | same | same | same | |
 * | `x = [[[1, 3]]], mean = [1], variance = [∞], gamma = [2], beta = [10], eps = 0` | `[[[10, 10]]]` | `[[[0, 0]]]` | `[-0]` | `[-0]` | `[0]` | `[2]` | same | same | same | |
 * | `x = [[[1, 3]]], mean = [2], variance = [4], gamma = [∞], beta = [10], eps = 0, dout = [[[1, -2]]]` | `[[[-∞, ∞]]]` | `[[[∞, -∞]]]` | `[∞]` | `[∞]` | `[-1.5]` | `[-1]` | `dmean = [NaN]` | `dmean = [NaN]` | `y = [[[NaN, NaN]]]` | the sum is computed before it is scaled; PyTorch adds ∞ and −∞ |
 * | `x = [[[1, 3]]], mean = [2], variance = [4], gamma = [-∞], beta = [10], eps = 0, dout = [[[1, -2]]]` | `[[[∞, -∞]]]` | `[[[-∞, ∞]]]` | `[-∞]` | `[-∞]` | `[-1.5]` | `[-1]` | `dmean = [NaN]` | `dmean = [NaN]` | `y = [[[NaN, NaN]]]` | the sum is computed before it is scaled; PyTorch adds ∞ and −∞ |
 * | `x = [[[1000000, 1000001]]], mean = [1000000], variance = [4], gamma = [2], beta = [10], eps = 0, dtype = float32` | `[[[10, 11]]]` | `[[[1, 1]]]` | `[-2]` | `[-0.125]` | `[0.5]` | `[2]` | same | same | same | |
 *
 * ## Cost
 *
 * Two additions, one multiplication and one division for each element forward,
 * and about as much backward. The backward pass needs all inputs except
 * $`\beta`$, but not $`Y`$. The operation is often folded into the layer before
 * it, since it only multiplies each channel by one number and adds another.
 *
 * Sums accumulate in float64, and a float32 result is rounded once, when it is
 * stored.
 *
 * ## Example
 *
 * ```ts
 * import {
 *   batchNormInference,
 *   batchNormInferenceDmean,
 * } from "@adjoint/ops/batch-norm-inference";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 1000], [3, 1008]]); // Two examples of two channels.
 * const mean = tensor([2, 1000]), variance = tensor([1, 16]);
 * const y = batchNormInference(x, mean, variance, null, null, { eps: 0 });
 *
 * assertEquals(y, tensor([[-1, 0], [1, 2]]));
 * const dmean = batchNormInferenceDmean(
 *   x,
 *   mean,
 *   variance,
 *   null,
 *   null,
 *   ones([2, 2]),
 *   { eps: 0 },
 * );
 * assertEquals(dmean, tensor([-2, -0.5]));
 * ```
 *
 * ## References
 *
 * - PyTorch:
 * `((x.movedim(1, -1) - mean) / torch.sqrt(variance + eps) * (1 if gamma is None else gamma) + (0 if beta is None else beta)).movedim(-1, 1)`,
 * which is `torch.nn.functional.batch_norm` outside of training, but with gradients
 * with respect to the mean and the variance as well
 * - JAX:
 *   `(x - mean[:, None]) / jnp.sqrt(variance + eps)[:, None] * gamma[:, None] + beta[:, None]`
 * - TensorFlow:
 *   `tf.keras.ops.batch_normalization(x, mean, variance, 1, beta, gamma, eps)`
 * - S. Ioffe, C. Szegedy, *Batch Normalization: Accelerating Deep Network Training
 *   by Reducing Internal Covariate Shift*, 2015, section 3.1:
 *   [arXiv:1502.03167](https://arxiv.org/abs/1502.03167).
 *
 * @module
 */

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
import { areForKernels, dotsOf, mix } from "../kernels/moments.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("batchNormInference", {
  inputs: {
    x: "n m p…",
    mean: "m",
    variance: { shape: "m", domain: "positive" },
    gamma: { shape: "m", optional: true },
    beta: { shape: "m", optional: true },
  },
  options: { eps: number(1e-5, { from: 0 }) },
  outputs: { y: "n m p…" },

  forward({ x, mean, variance, gamma, beta, eps, y, n, m, p }) {
    for (let i = 0, at = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        const s = Math.sqrt(variance[j] + eps); // sⱼ = √(vⱼ + ε)
        const scale = gamma ? gamma[j] : 1, shift = beta ? beta[j] : 0;
        for (let k = 0; k < p; k++, at++) { // Yᵢⱼₖ = γⱼ (Xᵢⱼₖ − μⱼ) ∕ sⱼ + βⱼ
          y[at] = scale * ((x[at] - mean[j]) / s) + shift;
        }
      }
    }
  },

  backward(frame) {
    const { x, mean, variance, gamma, eps, dy, n, m, p } = frame;
    const { dx, dmean, dvariance, dgamma, dbeta } = frame;
    const scales = new Float64Array(m), shifts = new Float64Array(m);
    const blocks = new Blocks(scales, shifts);
    for (let i = 0, at = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        const s = Math.sqrt(variance[j] + eps);
        const scale = gamma ? gamma[j] : 1;
        for (let k = 0; k < p; k += LONG) {
          let along = 0, sum = 0; // of so few that rounding errors do not add up
          for (const end = at + Math.min(LONG, p - k); at < end; at++) {
            along += dy[at] * ((x[at] - mean[j]) / s);
            sum += dy[at];
            if (dx) dx[at] = scale * dy[at] / s; // ∂E/∂Xᵢⱼₖ = γⱼ ∕ sⱼ ∂E/∂Yᵢⱼₖ
          }
          scales[j] += along; // Σᵢₖ ∂E/∂Yᵢⱼₖ X̂ᵢⱼₖ
          shifts[j] += sum; // Σᵢₖ ∂E/∂Yᵢⱼₖ
        }
      }
      blocks.next();
    }
    blocks.end();
    for (let j = 0; j < m; j++) {
      const s = Math.sqrt(variance[j] + eps);
      const scale = gamma ? gamma[j] : 1;
      if (dmean) dmean[j] = -scale * shifts[j] / s;
      if (dvariance) dvariance[j] = -scale * scales[j] / (2 * s * s);
      if (dgamma) dgamma[j] = scales[j];
      if (dbeta) dbeta[j] = shifts[j];
    }
  },

  kernels: {
    forward({ x, mean, variance, gamma, beta, eps, y, n, m, p }) {
      if (!areForKernels(x, { n, m, p })) return false;
      const ofX = new Float64Array(m);
      for (let j = 0; j < m; j++) {
        ofX[j] = (gamma ? gamma[j] : 1) / Math.sqrt(variance[j] + eps);
      }
      return mix(x, undefined, y, { n, m, p }, {
        from: mean,
        ofX,
        added: beta ?? undefined,
      });
    },
    backward(frame) {
      const { x, mean, variance, gamma, eps, dy, n, m, p } = frame;
      const { dx, dmean, dvariance, dgamma, dbeta } = frame;
      const found = dotsOf(x, dy, { n, m, p }, mean);
      if (found === undefined) return false;
      const f = new Float64Array(m);
      for (let j = 0; j < m; j++) f[j] = 1 / Math.sqrt(variance[j] + eps);
      const ofX = f.map((f, j) => (gamma ? gamma[j] : 1) * f);
      const from = new Float64Array(m);
      if (dx && !mix(dy, undefined, dx, { n, m, p }, { from, ofX })) {
        return false;
      }
      for (let j = 0; j < m; j++) {
        if (dmean) dmean[j] = -ofX[j] * found.sums[j];
        if (dvariance) dvariance[j] = -ofX[j] * f[j] * f[j] * found.dots[j] / 2;
        if (dgamma) dgamma[j] = found.dots[j] * f[j];
        if (dbeta) dbeta[j] = found.sums[j];
      }
    },
  },
});

/** The gradients of {@linkcode batchNormInference}. */
export interface BatchNormInferenceGradients<
  N extends number,
  M extends number,
  P extends Shape,
  D extends Float,
> {
  /** `∂E/∂X`. */
  x: Tensor<readonly [N, M, ...P], D>;
  /** `∂E/∂μ`. */
  mean: Tensor<[M], D>;
  /** `∂E/∂v`. */
  variance: Tensor<[M], D>;
  /** `∂E/∂γ`. */
  gamma: Tensor<[M], D>;
  /** `∂E/∂β`. */
  beta: Tensor<[M], D>;
}

/** The options of {@linkcode batchNormInference}.
 *
 * @example Usage
 * ```ts
 * import type { BatchNormInferenceOptions } from "@adjoint/ops/batch-norm-inference";
 *
 * const options: BatchNormInferenceOptions = { eps: 1e-3 };
 * ```
 */
export interface BatchNormInferenceOptions {
  /** The number `ε` added to the variance, 0 or more; 0.00001 by default. */
  eps?: number | undefined;
}

/** Normalizes each channel by a given mean `μⱼ` and variance `vⱼ`:
 * `Yᵢⱼₖ = γⱼ X̂ᵢⱼₖ + βⱼ`, where `X̂ᵢⱼₖ = (Xᵢⱼₖ − μⱼ) ∕ √(vⱼ + ε)`.
 *
 * @param x The batch `X`, of shape `n×m×p`, where p stands for any axes after the
 * channels.
 * @param mean The mean `μ` of each channel, of shape `m`.
 * @param variance The variance `v` of each channel, of shape `m`.
 * @param gamma The scale `γ` of each channel, of shape `m`, or null for ones.
 * @param beta The shift `β` of each channel, of shape `m`, or null for zeros.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { batchNormInference } from "@adjoint/ops/batch-norm-inference";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 1000], [3, 1008]]);
 * const mean = tensor([2, 1000]), variance = tensor([1, 16]);
 * const y = batchNormInference(x, mean, variance, null, null, { eps: 0 });
 *
 * assertEquals(y, tensor([[-1, 0], [1, 2]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-norm-inference
 */
export function batchNormInference<
  N extends number,
  M extends number,
  P extends Shape,
  U extends Shape,
  V extends Shape,
  G extends Shape,
  B extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [N, M, ...P], D>,
  mean: Tensor<SameShape<U, [M]>, NoInfer<D>>,
  variance: Tensor<SameShape<V, [M]>, NoInfer<D>>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  options?:
    & BatchNormInferenceOptions
    & Options<NoInfer<readonly [N, M, ...P]>, NoInfer<D>>,
): Tensor<readonly [N, M, ...P], D> {
  return signature.forward([x, mean, variance, gamma, beta], options);
}

/** The gradients of {@linkcode batchNormInference}, with each sum over a channel
 * computed once for all of them.
 *
 * @param x The batch `X`, of shape `n×m×p`.
 * @param mean The mean `μ` of each channel, of shape `m`.
 * @param variance The variance `v` of each channel, of shape `m`.
 * @param gamma The scale `γ` of each channel, of shape `m`, or null, which has no gradient.
 * @param beta The shift `β` of each channel, of shape `m`, or null, which has no gradient.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The gradients with respect to `x`, `mean`, `variance`, `gamma` and
 * `beta`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-norm-inference
 */
export function batchNormInferenceD<
  N extends number,
  M extends number,
  P extends Shape,
  U extends Shape,
  V extends Shape,
  G extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
  W extends keyof BatchNormInferenceGradients<N, M, P, D> =
    keyof BatchNormInferenceGradients<N, M, P, D>,
>(
  x: Tensor<readonly [N, M, ...P], D>,
  mean: Tensor<SameShape<U, [M]>, NoInfer<D>>,
  variance: Tensor<SameShape<V, [M]>, NoInfer<D>>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [N, M, ...P]>, NoInfer<D>>,
  options?:
    & BatchNormInferenceOptions
    & GradientOptions<BatchNormInferenceGradients<N, M, P, D>, W>,
): Pick<BatchNormInferenceGradients<N, M, P, D>, W> {
  return signature.backward([x, mean, variance, gamma, beta, dout], options);
}

/** The gradient of {@linkcode batchNormInference} with respect to `x`:
 * `∂E/∂Xᵢⱼₖ = γⱼ∕sⱼ ∂E/∂Yᵢⱼₖ`, where `sⱼ = √(vⱼ + ε)`.
 *
 * @param x The batch `X`, of shape `n×m×p`.
 * @param mean The mean `μ` of each channel, of shape `m`.
 * @param variance The variance `v` of each channel, of shape `m`.
 * @param gamma The scale `γ` of each channel, of shape `m`, or null for ones.
 * @param beta The shift `β` of each channel, of shape `m`, or null for zeros.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-norm-inference
 */
export function batchNormInferenceDx<
  N extends number,
  M extends number,
  P extends Shape,
  U extends Shape,
  V extends Shape,
  G extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [N, M, ...P], D>,
  mean: Tensor<SameShape<U, [M]>, NoInfer<D>>,
  variance: Tensor<SameShape<V, [M]>, NoInfer<D>>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [N, M, ...P]>, NoInfer<D>>,
  options?:
    & BatchNormInferenceOptions
    & Options<NoInfer<readonly [N, M, ...P]>, NoInfer<D>>,
): Tensor<readonly [N, M, ...P], D> {
  return signature.gradient(
    "x",
    [x, mean, variance, gamma, beta, dout],
    options,
  );
}

/** The gradient of {@linkcode batchNormInference} with respect to `mean`:
 * `∂E/∂μⱼ = −γⱼ∕sⱼ Σᵢ Σₖ ∂E/∂Yᵢⱼₖ`, where `sⱼ = √(vⱼ + ε)`.
 *
 * @param x The batch `X`, of shape `n×m×p`.
 * @param mean The mean `μ` of each channel, of shape `m`.
 * @param variance The variance `v` of each channel, of shape `m`.
 * @param gamma The scale `γ` of each channel, of shape `m`, or null for ones.
 * @param beta The shift `β` of each channel, of shape `m`, or null for zeros.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The gradient, of shape `m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-norm-inference
 */
export function batchNormInferenceDmean<
  N extends number,
  M extends number,
  P extends Shape,
  U extends Shape,
  V extends Shape,
  G extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [N, M, ...P], D>,
  mean: Tensor<SameShape<U, [M]>, NoInfer<D>>,
  variance: Tensor<SameShape<V, [M]>, NoInfer<D>>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [N, M, ...P]>, NoInfer<D>>,
  options?: BatchNormInferenceOptions & Options<[M], NoInfer<D>>,
): Tensor<[M], D> {
  return signature.gradient(
    "mean",
    [x, mean, variance, gamma, beta, dout],
    options,
  );
}

/** The gradient of {@linkcode batchNormInference} with respect to `variance`:
 * `∂E/∂vⱼ = −(γⱼ ∕ (2 sⱼ²)) Σᵢ Σₖ ∂E/∂Yᵢⱼₖ X̂ᵢⱼₖ`, where `sⱼ = √(vⱼ + ε)`.
 *
 * @param x The batch `X`, of shape `n×m×p`.
 * @param mean The mean `μ` of each channel, of shape `m`.
 * @param variance The variance `v` of each channel, of shape `m`.
 * @param gamma The scale `γ` of each channel, of shape `m`, or null for ones.
 * @param beta The shift `β` of each channel, of shape `m`, or null for zeros.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The gradient, of shape `m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-norm-inference
 */
export function batchNormInferenceDvariance<
  N extends number,
  M extends number,
  P extends Shape,
  U extends Shape,
  V extends Shape,
  G extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [N, M, ...P], D>,
  mean: Tensor<SameShape<U, [M]>, NoInfer<D>>,
  variance: Tensor<SameShape<V, [M]>, NoInfer<D>>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [N, M, ...P]>, NoInfer<D>>,
  options?: BatchNormInferenceOptions & Options<[M], NoInfer<D>>,
): Tensor<[M], D> {
  return signature.gradient(
    "variance",
    [x, mean, variance, gamma, beta, dout],
    options,
  );
}

/** The gradient of {@linkcode batchNormInference} with respect to `gamma`:
 * `∂E/∂γⱼ = Σᵢ Σₖ ∂E/∂Yᵢⱼₖ X̂ᵢⱼₖ`.
 *
 * @param x The batch `X`, of shape `n×m×p`.
 * @param mean The mean `μ` of each channel, of shape `m`.
 * @param variance The variance `v` of each channel, of shape `m`.
 * @param gamma The scale `γ` of each channel, of shape `m`.
 * @param beta The shift `β` of each channel, of shape `m`, or null for zeros.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The gradient, of shape `m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-norm-inference
 */
export function batchNormInferenceDgamma<
  N extends number,
  M extends number,
  P extends Shape,
  U extends Shape,
  V extends Shape,
  G extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [N, M, ...P], D>,
  mean: Tensor<SameShape<U, [M]>, NoInfer<D>>,
  variance: Tensor<SameShape<V, [M]>, NoInfer<D>>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>>,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [N, M, ...P]>, NoInfer<D>>,
  options?: BatchNormInferenceOptions & Options<[M], NoInfer<D>>,
): Tensor<[M], D> {
  return signature.gradient(
    "gamma",
    [x, mean, variance, gamma, beta, dout],
    options,
  );
}

/** The gradient of {@linkcode batchNormInference} with respect to `beta`:
 * `∂E/∂βⱼ = Σᵢ Σₖ ∂E/∂Yᵢⱼₖ`.
 *
 * @param x The batch `X`, of shape `n×m×p`.
 * @param mean The mean `μ` of each channel, of shape `m`.
 * @param variance The variance `v` of each channel, of shape `m`.
 * @param gamma The scale `γ` of each channel, of shape `m`, or null for ones.
 * @param beta The shift `β` of each channel, of shape `m`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The number ε added to the variance, 0.00001 by default.
 * @returns The gradient, of shape `m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-norm-inference
 */
export function batchNormInferenceDbeta<
  N extends number,
  M extends number,
  P extends Shape,
  U extends Shape,
  V extends Shape,
  G extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [N, M, ...P], D>,
  mean: Tensor<SameShape<U, [M]>, NoInfer<D>>,
  variance: Tensor<SameShape<V, [M]>, NoInfer<D>>,
  gamma: Tensor<SameShape<G, [M]>, NoInfer<D>> | null,
  beta: Tensor<SameShape<B, [M]>, NoInfer<D>>,
  dout: Tensor<SameShape<S, readonly [N, M, ...P]>, NoInfer<D>>,
  options?: BatchNormInferenceOptions & Options<[M], NoInfer<D>>,
): Tensor<[M], D> {
  return signature.gradient(
    "beta",
    [x, mean, variance, gamma, beta, dout],
    options,
  );
}
