// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # GELU
 *
 * Multiplies each element by the share of the standard normal distribution that
 * lies below it: the Gaussian error linear unit.
 *
 * ```math
 * Y_i = X_i \Phi_i, \qquad
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial Y_i} (\Phi_i + X_i \varphi_i)
 * ```
 *
 * ```math
 * \Phi_i = \frac12 \left( 1 + \operatorname{erf} \frac{X_i}{\sqrt 2} \right), \qquad
 * \varphi_i = \frac{1}{\sqrt{2 \pi}} e^{-\frac{X_i^2}{2}}
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
 * Y_i = X_i \Phi_i = \frac{X_i}{2} \left( 1 + \operatorname{erf} \frac{X_i}{\sqrt 2} \right)
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
 * The derivative of $`\operatorname{erf} u_i`$ is $`\frac{2}{\sqrt \pi} e^{-u_i^2}`$, and
 * that of $`u_i = \frac{X_i}{\sqrt 2}`$ is $`\frac{1}{\sqrt 2}`$. So the derivative of
 * $`\Phi_i`$ is $`\varphi_i`$, the density of the normal distribution:
 *
 * ```math
 * \frac{\partial \Phi_i}{\partial X_i}
 *   = \frac12 \frac{2}{\sqrt \pi} e^{-u_i^2} \frac{1}{\sqrt 2}
 *   = \frac{1}{\sqrt{2 \pi}} e^{-\frac{X_i^2}{2}} = \varphi_i
 * ```
 *
 * The product rule for $`X_i \Phi_i`$ has two terms. Only the output in the same
 * position depends on $`X_i`$. The Kronecker delta $`\delta_{ai}`$ expresses
 * this: it is 1 where $`a`$ is $`i`$, and 0 elsewhere.
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i} = \delta_{ai} (\Phi_i + X_i \varphi_i)
 * ```
 *
 * The delta leaves one term of the chain rule's sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial Y_i} (\Phi_i + X_i \varphi_i)
 * ```
 *
 * ## Backward
 *
 * {@linkcode geluDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial Y_i} (\Phi_i + X_i \varphi_i)
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks. Its minimum is at about −0.75179,
 * where the gradient is 0; for smaller elements the output approaches 0 again. At
 * an infinity the formulas multiply infinity by 0, so all libraries, ours
 * included, give NaN there, although the limits exist.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = 0` | `0` | `0.5` | same | same | same | |
 * | `x = -0` | `-0` | `0.5` | same | same | same | |
 * | `x = 1` | `0.8413447460685429` | `1.083315470587686` | same | same | `y = 0.84134474192739, dx = 1.08331546644653` | |
 * | `x = -0.75` | `-0.1699705142826511` | `0.00077427826076490` | `dx = 0.00077427826076482` | same | `y = -0.169970517181634, dx = 0.000774283817149` | near the minimum PyTorch cancels digits |
 * | `x = -8` | `-4.97676845941743e-15` | `-3.97960726108680e-14` | `y = -4.884981308350689e-15, dx = -3.98075460047513e-14` | same | `y = -4.97677399324e-15, dx = -3.9796115498e-14` | PyTorch computes 1 + erf, which cancels |
 * | `x = -20` | `-5.50724823721247e-88` | `-1.10143604831335e-86` | `y = -0, dx = -1.10418967243195e-86` | same | `y = -5.507286032e-88, dx = -1.10144356950e-86` | PyTorch computes 1 + erf, which cancels |
 * | `x = -38` | `-1.096462777e-314` | `-4.1665545693e-313` | `y = -0, dx = -4.1694399976e-313` | `y = -0, dx = 0` | `y = -0, dx = 0` | PyTorch computes 1 + erf, which cancels |
 * | `x = 1e4` | `1e4` | `1` | same | same | same | |
 * | `x = -1e4` | `-0` | `0` | same | same | same | |
 * | `x = ∞` | `∞` | `NaN` | same | same | same | |
 * | `x = -∞` | `NaN` | `NaN` | same | same | same | |
 * | `x = NaN` | `NaN` | `NaN` | same | same | same | |
 *
 * ## Stability
 *
 * Below 0 the error function is nearly −1, and its sum with 1 has few digits left: at
 * −8 it is wrong by 1.8 %, and below about −8.3 it is 0, as in PyTorch. The function
 * erfc avoids the sum:
 *
 * ```math
 * \operatorname{erfc}(z) = 1 - \operatorname{erf}(z)
 * ```
 *
 * ```math
 * \Phi_i = \frac12 \operatorname{erfc} \left( -\frac{X_i}{\sqrt 2} \right)
 * ```
 *
 * But its argument is still rounded, and the relative error of the argument is
 * multiplied by $`X_i^2`$: TensorFlow rounds the root of 2 to float32, and has
 * eight digits at 1, five at −20. Our code therefore computes $`\Phi_i`$ without
 * erfc, from an exponential whose exponent is exact and a quotient that changes
 * slowly: `ops/core/normal.ts` explains how.
 *
 * The gradient is a sum of two terms of different signs below 0. They cancel near the
 * minimum, as they must, and nowhere else.
 *
 * ## Cost
 *
 * One or two exponentials for each element and a quotient of polynomials, forward and
 * backward. The backward pass needs $`X`$, but not $`Y`$.
 *
 * ## Example
 *
 * ```ts
 * import { gelu, geluDx } from "@adjoint/ops/gelu";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([-1000, 0, 1000]);
 *
 * assertEquals(gelu(x), tensor([-0, 0, 1000]));
 * assertEquals(geluDx(x, tensor([1, 1, 1])), tensor([0, 0.5, 1]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.gelu(x)`
 * - JAX: `jax.nn.gelu(x, approximate=False)`
 * - TensorFlow: `tf.nn.gelu(x)`
 * - D. Hendrycks, K. Gimpel, *Gaussian Error Linear Units*, 2016:
 *   [arXiv:1606.08415](https://arxiv.org/abs/1606.08415).
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { density, normal } from "../core/normal.ts";
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
export const signature: Signature = op("gelu", {
  inputs: { x: "n…" },
  outputs: { y: "n…" },

  forward({ x, y, n }) {
    for (let i = 0; i < n; i++) y[i] = normal(x[i], x[i]); // Yᵢ = Xᵢ Φ(Xᵢ)
  },

  backward({ x, dy, dx, n }) {
    for (let i = 0; i < n; i++) {
      // ∂E/∂Xᵢ = ∂E/∂Yᵢ (Φ(Xᵢ) + Xᵢ φ(Xᵢ))
      dx[i] = dy[i] * (normal(x[i], 1) + density(x[i], x[i]));
    }
  },

  kernels: {
    forward: ({ x, y }) => map("gelu", x, y),
    backward: ({ x, dy, dx }) => mapD("geluDx", x, dy, dx),
  },
});

/** Each element, times the share of the standard normal distribution below it:
 * `Yᵢ = Xᵢ Φᵢ`, where `Φᵢ = ½ (1 + erf(Xᵢ ∕ √2))`.
 *
 * @param x The tensor, of any shape.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { gelu } from "@adjoint/ops/gelu";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(gelu(tensor([0, 1000])), tensor([0, 1000]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/gelu
 */
export function gelu<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode gelu}: `∂E/∂Xᵢ = ∂E/∂Yᵢ (Φᵢ + Xᵢ φᵢ)`, where
 * `φᵢ = (1 ∕ √(2 π)) exp(−Xᵢ² ∕ 2)` is the density of the normal distribution.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/gelu
 */
export function geluD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode gelu} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ (Φᵢ + Xᵢ φᵢ)`, where `φᵢ = (1 ∕ √(2 π)) exp(−Xᵢ² ∕ 2)` is
 * the density of the normal distribution.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/gelu
 */
export function geluDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
