// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # SiLU
 *
 * Multiplies each element by its {@link [sigmoid] sigmoid}: the sigmoid linear unit, also
 * called swish.
 *
 * ```math
 * Y_i = X_i S_i, \qquad
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial Y_i} S_i (1 + X_i (1 - S_i)), \qquad
 * S_i = \frac{1}{1 + e^{-X_i}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n`$ | input `x` |
 * | $`Y`$ | $`n`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The function acts on each element separately, so the page treats a tensor of
 * any shape as the vector of its $`n`$ elements.
 *
 * ## Forward
 *
 * ```math
 * Y_i = X_i S_i = \frac{X_i}{1 + e^{-X_i}}
 * ```
 *
 * ## Derivation
 *
 * The chain rule sums over every output that $`X_i`$ may act on:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \sum_{a=1}^{n} \frac{\partial E}{\partial Y_a} \frac{\partial Y_a}{\partial X_i}
 * ```
 *
 * The derivative of the sigmoid is $`S_i (1 - S_i)`$, as its own page derives:
 *
 * ```math
 * \frac{\partial S_i}{\partial X_i} = S_i (1 - S_i)
 * ```
 *
 * The product rule for $`X_i S_i`$ has two terms. Only the output in the same
 * position depends on $`X_i`$. The Kronecker delta $`\delta_{ai}`$ expresses
 * this: it is 1 where $`a`$ is $`i`$, and 0 elsewhere.
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i}
 *   = \delta_{ai} (S_i + X_i S_i (1 - S_i))
 *   = \delta_{ai} S_i (1 + X_i (1 - S_i))
 * ```
 *
 * The delta leaves one term of the chain rule's sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial Y_i} S_i (1 + X_i (1 - S_i))
 * ```
 *
 * ## Backward
 *
 * {@linkcode siluDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial Y_i} S_i (1 + X_i (1 - S_i))
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks. Its minimum is at about −1.27846,
 * where the gradient is 0; for smaller elements the output approaches 0 again. At
 * an infinity the formulas multiply infinity by 0, so all libraries, ours
 * included, give NaN there, although the limits exist.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = 0` | `0` | `0.5` | same | same | same | |
 * | `x = -0` | `-0` | `0.5` | same | same | same | |
 * | `x = 1` | `0.731058578630005` | `0.927670511871487` | same | same | same | |
 * | `x = -20` | `-4.12230723638041e-8` | `-3.91619186606468e-8` | same | same | same | |
 * | `x = -740` | `-3.09967e-319` | `-3.09547e-319` | `y = -0, dx = -0` | `y = -0, dx = 0` | `y = -0, dx = 0` | in PyTorch e⁷⁴⁰ overflows |
 * | `x = -740, dout = ∞` | `-3.09967e-319` | `-∞` | `y = -0, dx = NaN` | `y = -0, dx = NaN` | `y = -0, dx = NaN` | in PyTorch e⁷⁴⁰ overflows, and 0 · ∞ is NaN |
 * | `x = 1e4` | `1e4` | `1` | same | same | same | |
 * | `x = -1e4` | `-0` | `0` | same | same | same | |
 * | `x = ∞` | `∞` | `NaN` | same | same | same | |
 * | `x = -∞` | `NaN` | `NaN` | same | same | same | |
 * | `x = NaN` | `NaN` | `NaN` | same | same | same | |
 *
 * ## Stability
 *
 * Below about −709, $`e^{-X_i}`$ overflows in float64, and the output is 0 where it
 * should be tiny. The exponential of $`-|X_i|`$ is never above 1, and serves both
 * sides, as for the sigmoid. If it is so small that it has few digits left, so does its
 * product with $`X_i`$. The code therefore multiplies by its root twice:
 *
 * ```math
 * h_i = e^{-\frac{|X_i|}{2}}, \qquad a_i = h_i^2
 * ```
 *
 * ```math
 * Y_i = \begin{cases}
 *   \frac{X_i}{1 + a_i} & X_i \ge 0 \\
 *   \frac{X_i h_i}{1 + a_i} h_i & X_i < 0
 * \end{cases}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \begin{cases}
 *   \frac{1}{1 + a_i} \left( 1 + \frac{X_i a_i}{1 + a_i} \right) & X_i \ge 0 \\
 *   \frac{h_i}{1 + a_i} \left( 1 + \frac{X_i}{1 + a_i} \right) h_i & X_i < 0
 * \end{cases}
 * ```
 *
 * ## Cost
 *
 * One exponential for each element, and one division forward, two backward. The backward
 * pass computes the exponential again and needs $`X`$, but not $`Y`$.
 *
 * ## Example
 *
 * ```ts
 * import { silu, siluDx } from "@adjoint/ops/silu";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([-1000, 0, 1000]);
 *
 * assertEquals(silu(x), tensor([-0, 0, 1000]));
 * assertEquals(siluDx(x, tensor([1, 1, 1])), tensor([-0, 0.5, 1]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.silu(x)`
 * - JAX: `jax.nn.silu(x)`
 * - TensorFlow: `tf.nn.silu(x)`
 * - S. Elfwing, E. Uchibe, K. Doya, *Sigmoid-Weighted Linear Units for Neural Network
 *   Function Approximation in Reinforcement Learning*, 2017:
 *   [arXiv:1702.03118](https://arxiv.org/abs/1702.03118).
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { map, mapD } from "../kernels/elementary.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("silu", {
  inputs: { x: "n…" },
  outputs: { y: "n…" },

  forward({ x, y, n }) {
    for (let i = 0; i < n; i++) {
      const h = Math.exp(-Math.abs(x[i]) / 2), a = h * h; // aᵢ = exp(−|Xᵢ|)
      // Yᵢ = Xᵢ ∕ (1 + aᵢ), Xᵢ aᵢ ∕ (1 + aᵢ) below 0
      y[i] = x[i] < 0 ? x[i] * h / (1 + a) * h : x[i] / (1 + a);
    }
  },

  backward({ x, dy, dx, n }) {
    for (let i = 0; i < n; i++) {
      const h = Math.exp(-Math.abs(x[i]) / 2), a = h * h; // aᵢ = exp(−|Xᵢ|)
      // ∂E/∂Xᵢ = ∂E/∂Yᵢ Sᵢ (1 + Xᵢ (1 − Sᵢ))
      dx[i] = dy[i] *
        (x[i] < 0
          ? h / (1 + a) * (1 + x[i] / (1 + a)) * h
          : (1 + x[i] * a / (1 + a)) / (1 + a));
    }
  },

  kernels: {
    forward: ({ x, y }) => map("silu", x, y),
    backward: ({ x, dy, dx }) => mapD("siluDx", x, dy, dx),
  },
});

/** Each element, times its sigmoid: `Yᵢ = Xᵢ ∕ (1 + exp(−Xᵢ))`.
 *
 * @param x The tensor, of any shape.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { silu } from "@adjoint/ops/silu";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(silu(tensor([0, 1000])), tensor([0, 1000]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/silu
 */
export function silu<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode silu}: `∂E/∂Xᵢ = ∂E/∂Yᵢ Sᵢ (1 + Xᵢ (1 − Sᵢ))`,
 * where `Sᵢ = 1 ∕ (1 + exp(−Xᵢ))`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/silu
 */
export function siluD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode silu} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ Sᵢ (1 + Xᵢ (1 − Sᵢ))`, where `Sᵢ = 1 ∕ (1 + exp(−Xᵢ))`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/silu
 */
export function siluDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
