// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Sigmoid
 *
 * Maps each element to a number between 0 and 1, with the logistic function.
 *
 * ```math
 * Y_i = \frac{1}{1 + e^{-X_i}}, \qquad
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \, Y_i (1 - Y_i)
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
 * Y_i = \frac{1}{1 + e^{-X_i}}
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
 * The output is $`1 / u_i`$ with $`u_i = 1 + e^{-X_i}`$. The derivative of
 * $`1 / u_i`$ is $`-1 / u_i^2`$, that of $`u_i`$ is $`-e^{-X_i}`$, and in their
 * product, by the chain rule for functions of one number, the two signs cancel.
 * Only the output in the same position depends on $`X_i`$. The Kronecker delta
 * $`\delta_{ai}`$ expresses this: it is 1 where $`a`$ is $`i`$, and 0 elsewhere.
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i} = \delta_{ai} \frac{e^{-X_i}}{(1 + e^{-X_i})^2}
 * ```
 *
 * The fraction is the product of two. The first is $`Y_i`$:
 *
 * ```math
 * \frac{e^{-X_i}}{(1 + e^{-X_i})^2}
 *   = \frac{1}{1 + e^{-X_i}} \cdot \frac{e^{-X_i}}{1 + e^{-X_i}}
 * ```
 *
 * The second is $`1 - Y_i`$, as adding 1 to the numerator and subtracting it again
 * shows:
 *
 * ```math
 * \frac{e^{-X_i}}{1 + e^{-X_i}}
 *   = \frac{(1 + e^{-X_i}) - 1}{1 + e^{-X_i}}
 *   = 1 - Y_i
 * ```
 *
 * The delta leaves one term of the chain rule's sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial Y_i} \, Y_i (1 - Y_i)
 * ```
 *
 * ## Backward
 *
 * {@linkcode sigmoidDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \, Y_i (1 - Y_i)
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks. It saturates: far from 0 the output
 * is 0 or 1 to the last bit, and the gradient vanishes.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = 0` | `0.5` | `0.25` | same | same | same | |
 * | `x = 40` | `1` | `4.2483542552915889e-18` | `dx = 0` | `dx = 0` | `dx = 0` | PyTorch rounds 1 − Y to 0 |
 * | `x = 40, dout = ∞` | `1` | `∞` | `dx = NaN` | `dx = NaN` | `dx = NaN` | PyTorch rounds 1 − Y to 0, and 0 · ∞ is NaN |
 * | `x = -745` | `5e-324` | `5e-324` | `y = 0, dx = 0` | `y = 0, dx = 0` | `y = 0, dx = 0` | in PyTorch e⁷⁴⁵ overflows |
 * | `x = -1e4` | `0` | `0` | same | same | same | |
 * | `x = 1e4` | `1` | `0` | same | same | same | |
 * | `x = -∞` | `0` | `0` | same | same | same | |
 * | `x = ∞` | `1` | `0` | same | same | same | |
 * | `x = NaN` | `NaN` | `NaN` | same | same | same | |
 *
 * ## Stability
 *
 * Two things go wrong in floating point. Below about −709, $`e^{-X_i}`$ overflows
 * in float64, and $`Y_i`$ is 0 where it should be tiny. And the larger $`X_i`$ is,
 * the fewer digits $`1 - Y_i`$ has: half of them at 18, and none above 37, where
 * $`Y_i`$ is rounded to 1. The exponential of $`-|X_i|`$ is never above 1:
 *
 * ```math
 * a_i = e^{-|X_i|}
 * ```
 *
 * For a negative $`X_i`$ this is $`e^{X_i}`$, and multiplying numerator and
 * denominator by it changes nothing:
 *
 * ```math
 * Y_i = \begin{cases}
 *   \frac{1}{1 + a_i} & X_i \ge 0 \\
 *   \frac{a_i}{1 + a_i} & X_i < 0
 * \end{cases}
 * ```
 *
 * In both cases one of $`Y_i`$ and $`1 - Y_i`$ is the first fraction, and the
 * other is the second. Their product needs neither cases nor a difference:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial Y_i} \frac{a_i}{(1 + a_i)^2}
 * ```
 *
 * This is what the code computes.
 *
 * ## Cost
 *
 * One exponential and one division for each element, forward and backward. The
 * backward pass computes the exponential again and needs $`X`$, but not $`Y`$.
 *
 * ## Example
 *
 * ```ts
 * import { sigmoid, sigmoidDx } from "@adjoint/ops/sigmoid";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([0, -1000]);
 *
 * assertEquals(sigmoid(x), tensor([0.5, 0]));
 * assertEquals(sigmoidDx(x, tensor([1, 1])), tensor([0.25, 0]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.sigmoid(x)`
 * - JAX: `jax.nn.sigmoid(x)`
 * - TensorFlow: `tf.math.sigmoid(x)`
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
export const signature: Signature = op("sigmoid", {
  inputs: { x: "n…" },
  outputs: { y: "n…" },

  forward({ x, y, n }) {
    for (let i = 0; i < n; i++) {
      const a = Math.exp(-Math.abs(x[i])); // aᵢ = exp(−|Xᵢ|)
      y[i] = (x[i] < 0 ? a : 1) / (1 + a); // Yᵢ = 1 ∕ (1 + aᵢ), aᵢ ∕ (1 + aᵢ) below 0
    }
  },

  backward({ x, dy, dx, n }) {
    for (let i = 0; i < n; i++) {
      const a = Math.exp(-Math.abs(x[i])); // aᵢ = exp(−|Xᵢ|)
      dx[i] = dy[i] * (a / ((1 + a) * (1 + a))); // ∂E/∂Xᵢ = ∂E/∂Yᵢ aᵢ ∕ (1 + aᵢ)²
    }
  },

  kernels: {
    forward: ({ x, y }) => map("logistic", x, y),
    backward: ({ x, dy, dx }) => mapD("sigmoidDx", x, dy, dx),
  },
});

/** The logistic function of each element: `Yᵢ = 1 ∕ (1 + exp(−Xᵢ))`.
 *
 * @param x The tensor, of any shape.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { sigmoid } from "@adjoint/ops/sigmoid";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sigmoid(tensor([0, 1000])), tensor([0.5, 1]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/sigmoid
 */
export function sigmoid<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode sigmoid}: `∂E/∂Xᵢ = ∂E/∂Yᵢ Yᵢ (1 − Yᵢ)`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/sigmoid
 */
export function sigmoidD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode sigmoid} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ Yᵢ (1 − Yᵢ)`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/sigmoid
 */
export function sigmoidDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
