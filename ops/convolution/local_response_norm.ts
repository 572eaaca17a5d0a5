// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Local response norm
 *
 * Divides each element by a power of a sum of squares over the channels around it:
 * large values in one channel make its neighbors smaller.
 *
 * ```math
 * Y_{ijl} = X_{ijl} S_{ijl}^{-\beta}, \qquad
 * S_{ijl} = k + \frac{\alpha}{m} \sum_{a=\max(1, j - \lfloor m / 2 \rfloor)}^{\min(c, j + \lfloor (m - 1) / 2 \rfloor)} X_{ial}^2
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijl}}
 *   = S_{ijl}^{-\beta} \frac{\partial E}{\partial Y_{ijl}}
 *     - \frac{2 \alpha \beta}{m} X_{ijl}
 *       \sum_{b=\max(1, j - \lfloor (m - 1) / 2 \rfloor)}^{\min(c, j + \lfloor m / 2 \rfloor)}
 *       T_{ibl}
 * ```
 *
 * ```math
 * T_{ijl} = X_{ijl} S_{ijl}^{-\beta - 1} \frac{\partial E}{\partial Y_{ijl}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times c \times p`$ | input `x` |
 * | $`m`$ | integer | option `size` |
 * | $`\alpha`$ | number | option `alpha` |
 * | $`\beta`$ | number | option `beta` |
 * | $`k`$ | number | option `k` |
 * | $`Y`$ | $`n \times c \times p`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times c \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The second axis is the $`c`$ channels, as in PyTorch. The axes after it, such as
 * the rows and columns of images, count as one of size $`p`$. The number of channels
 * that are added up, `size`, is required; `alpha` is 0.0001 by default, `beta` 0.75,
 * and `k` 1.
 *
 * The loss $`E`$ is any number that is computed from $`Y`$.
 *
 * ## Forward
 *
 * The sum for channel $`j`$ is over $`m`$ channels, $`j`$ among them. If $`m`$ is
 * even, there is one more before $`j`$ than after it. Channels beyond the first
 * and the last add nothing, but the divisor is $`m`$ everywhere.
 * $`S \in \mathbb{R}^{n \times c \times p}`$ is
 *
 * ```math
 * S_{ijl} = k + \frac{\alpha}{m} \sum_{a=\max(1, j - \lfloor m / 2 \rfloor)}^{\min(c, j + \lfloor (m - 1) / 2 \rfloor)} X_{ial}^2
 * ```
 *
 * ```math
 * Y_{ijl} = X_{ijl} S_{ijl}^{-\beta}
 * ```
 *
 * ```text
 *    m = 4                   channels that are added up
 *       j = 1                1 2
 *       j = 2                1 2 3
 *       j = 3                1 2 3 4
 *       j = 4                  2 3 4 5
 * ```
 *
 * In the paper, and in TensorFlow, $`\alpha`$ is not divided by $`m`$.
 *
 * ## Derivation
 *
 * $`X_{ijl}`$ acts on its own output as a factor, and on those around it through
 * their sums. It is in $`S_{ibl}`$ if channel $`j`$ is among those around $`b`$, with
 * the derivative of a square:
 *
 * ```math
 * \frac{\partial S_{ijl}}{\partial X_{ijl}} = \frac{2 \alpha}{m} X_{ijl}
 * ```
 *
 * The derivative of $`u^{-\beta}`$ is $`-\beta u^{-\beta - 1}`$. So the output itself has
 * two terms:
 *
 * ```math
 * \frac{\partial Y_{ijl}}{\partial X_{ijl}}
 *   = S_{ijl}^{-\beta}
 *     - \beta X_{ijl} S_{ijl}^{-\beta - 1} \frac{\partial S_{ijl}}{\partial X_{ijl}}
 *   = S_{ijl}^{-\beta}
 *     - \frac{2 \alpha \beta}{m} X_{ijl}^2 S_{ijl}^{-\beta - 1}
 * ```
 *
 * In the chain rule, the second term occurs for each channel $`b`$ around which $`j`$
 * lies, with a factor that belongs to that channel,
 * $`T \in \mathbb{R}^{n \times c \times p}`$:
 *
 * ```math
 * T_{ijl} = X_{ijl} S_{ijl}^{-\beta - 1} \frac{\partial E}{\partial Y_{ijl}}
 * ```
 *
 * The ⌊m ∕ 2⌋ channels before a channel and the ⌊(m − 1) ∕ 2⌋ after it lie around
 * it. Conversely, $`j`$ lies around the ⌊(m − 1) ∕ 2⌋ channels before it and the
 * ⌊m ∕ 2⌋ after it, so the two bounds are exchanged:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijl}}
 *   = S_{ijl}^{-\beta} \frac{\partial E}{\partial Y_{ijl}}
 *     - \frac{2 \alpha \beta}{m} X_{ijl}
 *       \sum_{b=\max(1, j - \lfloor (m - 1) / 2 \rfloor)}^{\min(c, j + \lfloor m / 2 \rfloor)}
 *       T_{ibl}
 * ```
 *
 * ## Backward
 *
 * {@linkcode localResponseNormDx}:
 *
 * ```math
 * T_{ijl} = X_{ijl} S_{ijl}^{-\beta - 1} \frac{\partial E}{\partial Y_{ijl}}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijl}}
 *   = S_{ijl}^{-\beta} \frac{\partial E}{\partial Y_{ijl}}
 *     - \frac{2 \alpha \beta}{m} X_{ijl}
 *       \sum_{b=\max(1, j - \lfloor (m - 1) / 2 \rfloor)}^{\min(c, j + \lfloor m / 2 \rfloor)}
 *       T_{ibl}
 * ```
 *
 * ## Special points
 *
 * If $`k`$ is above 0, the function is smooth, so it has no kinks. If $`k`$ is 0,
 * an element with only zeros around it is divided by 0. NaN and infinity affect
 * only the channels around them.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | why |
 * | -- | ----- | ----- | ------- | --- | --- |
 * | `x = [[[0], [0]]], size = 2` | `[[[0], [0]]]` | `[[[1], [1]]]` | same | same | |
 * | `x = [[[1], [0], [0]]], size = 2, alpha = 6, beta = 1` | `[[[0.25], [0], [0]]]` | `[[[-0.125], [0.25], [1]]]` | same | same | |
 * | `x = [[[1], [1]]], size = 5, alpha = 5, beta = 1` | `[[[0.3333333333333333], [0.3333333333333333]]]` | `[[[-0.1111111111111111], [-0.1111111111111111]]]` | same | same | |
 * | `x = [[[NaN], [1], [1]]], size = 2, alpha = 2, beta = 1` | `[[[NaN], [NaN], [0.3333333333333333]]]` | `[[[NaN], [NaN], [0.1111111111111111]]]` | same | same | |
 * | `x = [[[0], [2]]], size = 1, alpha = 1, beta = 1, k = 0` | `[[[NaN], [0.5]]]` | `[[[NaN], [-0.25]]]` | same | same | |
 * | `x = [[[1e30]]], size = 1, alpha = 1, beta = 0.5, dtype = float32` | `[[[1]]]` | `[[[0]]]` | `y = [[[0]]]` | `y = [[[0]]]` | the squares are summed in float64 |
 *
 * ## Cost
 *
 * $`m`$ multiply-adds and one power for each element; if $`\beta`$ is 0.75, two
 * roots replace the power. The backward pass computes the sums again and keeps
 * those of one image at a time. It needs $`X`$, but not $`Y`$. All intermediate
 * values are in float64, and a float32 result is rounded once.
 *
 * ## Example
 *
 * ```ts
 * import { localResponseNorm } from "@adjoint/ops/local-response-norm";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * // Three channels of one pixel, with S = 1 + 2 ∕ 2 · (1 + 4), for example.
 * const x = tensor([[[1], [2], [0]]]);
 * const y = localResponseNorm(x, { size: 2, alpha: 2, beta: 1 });
 *
 * assertEquals(y, tensor([[[1 / 2], [2 / 6], [0]]]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.local_response_norm(x, size, alpha, beta, k)`
 * - JAX: `x / (k + alpha / size * jax.lax.reduce_window(x * x, 0.0, jax.lax.add, (1, size) + (1,) * (x.ndim - 2), (1,) * x.ndim, [(0, 0), (size // 2, (size - 1) // 2)] + [(0, 0)] * (x.ndim - 2))) ** beta`
 * - A. Krizhevsky, I. Sutskever, G. E. Hinton, *ImageNet Classification with Deep
 *   Convolutional Neural Networks*, 2012, section 3.3.
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { integer, number } from "../core/options.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("localResponseNorm", {
  inputs: { x: "n c p…" },
  options: {
    size: integer(undefined, { from: 1 }),
    alpha: number(1e-4),
    beta: number(0.75),
    k: number(1),
  },
  outputs: { y: "n c p…" },

  forward({ x, y, size, alpha, beta, k, n, c, p }) {
    const S = new Float64Array(p);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < c; j++) {
        sums(x, i, j, size, alpha, k, c, p, S);
        const at = (i * c + j) * p;
        for (let l = 0; l < p; l++) { // Yᵢⱼₗ = Xᵢⱼₗ Sᵢⱼₗ^−β
          y[at + l] = x[at + l] * fall(S[l], beta);
        }
      }
    }
  },

  backward({ x, dy, dx, size, alpha, beta, k, n, c, p }) {
    const S = new Float64Array(p), sum = new Float64Array(p);
    const powers = new Float64Array(c * p), T = new Float64Array(c * p);
    const scale = 2 * alpha * beta / size;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < c; j++) {
        sums(x, i, j, size, alpha, k, c, p, S);
        const at = (i * c + j) * p;
        for (let l = 0; l < p; l++) {
          const power = fall(S[l], beta);
          powers[j * p + l] = power;
          T[j * p + l] = x[at + l] * dy[at + l] * power / S[l]; // Tᵢⱼₗ
        }
      }
      for (let j = 0; j < c; j++) {
        sum.fill(0);
        const last = Math.min(c - 1, j + Math.floor(size / 2));
        for (
          let b = Math.max(0, j - Math.floor((size - 1) / 2));
          b <= last;
          b++
        ) {
          for (let l = 0; l < p; l++) sum[l] += T[b * p + l];
        }
        const at = (i * c + j) * p;
        for (let l = 0; l < p; l++) { // ∂E/∂Xᵢⱼₗ = Sᵢⱼₗ^−β ∂E/∂Yᵢⱼₗ − 2αβ ∕ m Xᵢⱼₗ Σ_b Tᵢ_bₗ
          const own = dy[at + l] * powers[j * p + l];
          // S⁰ is 1 whatever S is.
          const others = beta === 0 ? 0 : scale * x[at + l] * sum[l];
          dx[at + l] = own - others;
        }
      }
    }
  },
});

/** What the channels around channel j add up to, at each place of an image. */
function sums(
  x: Float,
  i: number,
  j: number,
  size: number,
  alpha: number,
  k: number,
  c: number,
  p: number,
  S: Float64Array,
): void {
  S.fill(0);
  const last = Math.min(c - 1, j + Math.floor((size - 1) / 2));
  for (let a = Math.max(0, j - Math.floor(size / 2)); a <= last; a++) {
    const at = (i * c + a) * p;
    for (let l = 0; l < p; l++) S[l] += x[at + l] * x[at + l];
  }
  // Sᵢⱼₗ = k + α ∕ m Σₐ Xᵢₐₗ²
  for (let l = 0; l < p; l++) S[l] = k + alpha / size * S[l];
}

/** S^−β: at the usual β, two roots take a fraction of the time of a power. */
function fall(S: number, beta: number): number {
  if (beta !== 0.75) return Math.pow(S, -beta);
  const root = Math.sqrt(S);
  return 1 / (root * Math.sqrt(root));
}

/** The options of {@linkcode localResponseNorm}.
 *
 * @example Usage
 * ```ts
 * import type { LocalResponseNormOptions } from "@adjoint/ops/local-response-norm";
 *
 * const options: LocalResponseNormOptions = { size: 5, k: 2 };
 * ```
 */
export interface LocalResponseNormOptions {
  /** The number of channels `m` in each sum; required. */
  size: number;
  /** The factor `α` of their mean square; 0.0001 by default. */
  alpha?: number | undefined;
  /** The exponent `β`; 0.75 by default. */
  beta?: number | undefined;
  /** The number `k` added to the scaled mean square; 1 by default. */
  k?: number | undefined;
}

/** Normalizes each element by the channels around it: `Yᵢⱼₗ = Xᵢⱼₗ Sᵢⱼₗ^(−β)`,
 * where
 * `Sᵢⱼₗ = k + α∕m Σ[a = max(1, j − ⌊m / 2⌋)…min(c, j + ⌊(m − 1) / 2⌋)] Xᵢₐₗ²`.
 *
 * @param x The images, of shape `n×c×p`, where c is the number of channels, and p
 * stands for any axes after them.
 * @param options The number of channels `size`, and `alpha`, `beta` and `k`.
 * @returns The normalized images `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { localResponseNorm } from "@adjoint/ops/local-response-norm";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1], [3]]]);
 *
 * assertEquals(
 *   localResponseNorm(x, { size: 1, alpha: 1, beta: 1 }),
 *   tensor([[[0.5], [0.3]]]),
 * );
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/local-response-norm
 */
export function localResponseNorm<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options: LocalResponseNormOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode localResponseNorm}:
 * `∂E/∂Xᵢⱼₗ = Sᵢⱼₗ^(−β) ∂E/∂Yᵢⱼₗ − (2 α β ∕ m) Xᵢⱼₗ Σ[b = max(1, j − ⌊(m − 1) /
 * 2⌋)…min(c, j + ⌊m / 2⌋)] T[i, b, l]`, where
 * `Tᵢⱼₗ = Xᵢⱼₗ Sᵢⱼₗ^(−β − 1) ∂E/∂Yᵢⱼₗ`.
 *
 * @param x The images, of shape `n×c×p`.
 * @param dout The gradient of the loss with respect to the normalized images, of the
 * shape of `x`.
 * @param options The number of channels `size`, and `alpha`, `beta` and `k`.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/local-response-norm
 */
export function localResponseNormD<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options: LocalResponseNormOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode localResponseNorm} with respect to `x`:
 * `∂E/∂Xᵢⱼₗ = Sᵢⱼₗ^(−β) ∂E/∂Yᵢⱼₗ − (2 α β ∕ m) Xᵢⱼₗ Σ[b = max(1, j − ⌊(m − 1) /
 * 2⌋)…min(c, j + ⌊m / 2⌋)] T[i, b, l]`, where
 * `Tᵢⱼₗ = Xᵢⱼₗ Sᵢⱼₗ^(−β − 1) ∂E/∂Yᵢⱼₗ`.
 *
 * @param x The images, of shape `n×c×p`.
 * @param dout The gradient of the loss with respect to the normalized images, of the
 * shape of `x`.
 * @param options The number of channels `size`, and `alpha`, `beta` and `k`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/local-response-norm
 */
export function localResponseNormDx<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options: LocalResponseNormOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
