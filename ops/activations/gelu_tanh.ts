// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # GELU with tanh
 *
 * Approximates {@link [gelu] GELU}, with a hyperbolic tangent instead of the
 * error function.
 *
 * ```math
 * Y_i = \frac{X_i}{2} (1 + T_i), \qquad
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \left(
 *   \frac{1 + T_i}{2} + \frac{X_i}{2} (1 - T_i^2) c (1 + 3 k X_i^2)
 * \right)
 * ```
 *
 * ```math
 * T_i = \tanh u_i, \qquad u_i = c (X_i + k X_i^3), \qquad
 * c = \sqrt{\frac{2}{\pi}}, \qquad k = 0.044715
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
 * Y_i = \frac{X_i}{2} (1 + T_i)
 * ```
 *
 * The constants are those of the paper: $`c`$ gives $`T`$ the slope of
 * $`\operatorname{erf} \frac{X_i}{\sqrt 2}`$ at 0, and $`k`$ keeps the output
 * within 0.0005 of GELU.
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
 * The derivative of $`\tanh u_i`$ is $`1 - T_i^2`$, as its {@link [tanh] own page}
 * derives, and that of $`u_i`$ follows from the power rule:
 *
 * ```math
 * \frac{\partial u_i}{\partial X_i} = c (1 + 3 k X_i^2)
 * ```
 *
 * ```math
 * \frac{\partial T_i}{\partial X_i} = (1 - T_i^2) c (1 + 3 k X_i^2)
 * ```
 *
 * The product rule for $`\frac{X_i}{2} (1 + T_i)`$ has two terms. Only the output
 * in the same position depends on $`X_i`$. The Kronecker delta $`\delta_{ai}`$
 * expresses this: it is 1 where $`a`$ is $`i`$, and 0 elsewhere.
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i} = \delta_{ai} \left(
 *   \frac{1 + T_i}{2} + \frac{X_i}{2} (1 - T_i^2) c (1 + 3 k X_i^2)
 * \right)
 * ```
 *
 * The delta leaves one term of the chain rule's sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \left(
 *   \frac{1 + T_i}{2} + \frac{X_i}{2} (1 - T_i^2) c (1 + 3 k X_i^2)
 * \right)
 * ```
 *
 * ## Backward
 *
 * {@linkcode geluTanhDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \left(
 *   \frac{1 + T_i}{2} + \frac{X_i}{2} (1 - T_i^2) c (1 + 3 k X_i^2)
 * \right)
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks. Its minimum is at about −0.75246,
 * where the gradient is 0; for smaller elements the output approaches 0 again. At
 * an infinity the formulas multiply infinity by 0, so all libraries, ours
 * included, give NaN there, although the limits exist.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = 0` | `0` | `0.5` | same | same | same | |
 * | `x = -0` | `-0` | `0.5` | same | same | same | |
 * | `x = 1` | `0.841191990608277` | `1.08296408384578` | same | same | `y = 0.841191990278676, dx = 1.08296408293444` | |
 * | `x = -8` | `-3.10778293750e-21` | `-4.71478450411e-20` | `y = -0, dx = 0` | `y = -0, dx = 0` | `y = -0, dx = 0` | PyTorch rounds 1 + tanh to 0 |
 * | `x = -8, dout = ∞` | `-3.10778293750e-21` | `-∞` | `y = -0, dx = NaN` | `y = -0, dx = NaN` | `y = -0, dx = NaN` | PyTorch rounds 1 + tanh to 0, and 0 · ∞ is NaN |
 * | `x = 1e4` | `1e4` | `1` | same | same | same | |
 * | `x = -1e4` | `-0` | `0` | same | same | same | |
 * | `x = 1e200` | `1e200` | `1` | `dx = NaN` | `dx = NaN` | `dx = NaN` | in PyTorch the square overflows and is multiplied by 0 |
 * | `x = -1e200` | `-0` | `0` | `dx = NaN` | `dx = NaN` | `dx = NaN` | in PyTorch the square overflows and is multiplied by 0 |
 * | `x = ∞` | `∞` | `NaN` | same | same | same | |
 * | `x = -∞` | `NaN` | `NaN` | same | same | same | |
 * | `x = NaN` | `NaN` | `NaN` | same | same | same | |
 *
 * ## Stability
 *
 * Far below 0 the tangent is nearly −1, so $`1 + T_i`$ has few digits left, and
 * none below about −7.3 in float64 or −5.5 in float32, in all libraries.
 * $`1 - T_i^2`$ has the same fault on both sides. Both can be computed from an
 * exponential that is never above 1:
 *
 * ```math
 * h_i = e^{-|u_i|}, \qquad a_i = h_i^2
 * ```
 *
 * ```math
 * \frac{1 + T_i}{2} = \begin{cases}
 *   \frac{1}{1 + a_i} & X_i \ge 0 \\
 *   \frac{a_i}{1 + a_i} & X_i < 0
 * \end{cases}
 * ```
 *
 * ```math
 * \frac12 (1 - T_i^2) = \frac{2 a_i}{(1 + a_i)^2}
 * ```
 *
 * If $`a_i`$ is so small that it has few digits left, so does a product with it. The
 * code therefore multiplies by its root $`h_i`$ twice, and by $`X_i`$ in between. That
 * also keeps the gradient where $`X_i^2`$ overflows: $`X_i h_i`$ is 0 there, and so are
 * its products with $`X_i`$, which are computed one after the other.
 *
 * ```math
 * w_i = X_i h_i
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \left(
 *   \frac{1 + T_i}{2} + \frac{2 c (w_i + 3 k w_i X_i X_i)}{(1 + a_i)^2} h_i
 * \right)
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
 * import { geluTanh, geluTanhDx } from "@adjoint/ops/gelu-tanh";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([-1000, 0, 1000]);
 *
 * assertEquals(geluTanh(x), tensor([-0, 0, 1000]));
 * assertEquals(geluTanhDx(x, tensor([1, 1, 1])), tensor([0, 0.5, 1]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.gelu(x, approximate="tanh")`
 * - JAX: `jax.nn.gelu(x, approximate=True)`
 * - TensorFlow: `tf.nn.gelu(x, approximate=True)`
 * - D. Hendrycks, K. Gimpel, *Gaussian Error Linear Units*, 2016:
 *   [arXiv:1606.08415](https://arxiv.org/abs/1606.08415).
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

const C = Math.sqrt(2 / Math.PI);
const K = 0.044715;

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("geluTanh", {
  inputs: { x: "n…" },
  outputs: { y: "n…" },

  forward({ x, y, n }) {
    for (let i = 0; i < n; i++) {
      const u = C * (x[i] + K * x[i] * x[i] * x[i]); // uᵢ = c (Xᵢ + k Xᵢ³)
      const h = Math.exp(-Math.abs(u)), a = h * h; // aᵢ = exp(−2 |uᵢ|)
      // Yᵢ = Xᵢ ∕ (1 + aᵢ), Xᵢ aᵢ ∕ (1 + aᵢ) below 0
      y[i] = x[i] < 0 ? x[i] * h / (1 + a) * h : x[i] / (1 + a);
    }
  },

  backward({ x, dy, dx, n }) {
    for (let i = 0; i < n; i++) {
      const u = C * (x[i] + K * x[i] * x[i] * x[i]); // uᵢ = c (Xᵢ + k Xᵢ³)
      const h = Math.exp(-Math.abs(u)), a = h * h, b = 1 + a;
      const half = (x[i] < 0 ? a : 1) / b; // (1 + Tᵢ) ∕ 2
      const w = x[i] * h; // wᵢ = Xᵢ hᵢ
      // ∂E/∂Xᵢ = ∂E/∂Yᵢ ((1 + Tᵢ) ∕ 2 + 2 c (wᵢ + 3 k wᵢ Xᵢ Xᵢ) ∕ (1 + aᵢ)² hᵢ)
      dx[i] = dy[i] *
        (half + 2 * C * (w + 3 * K * w * x[i] * x[i]) / (b * b) * h);
    }
  },

  kernels: {
    forward: ({ x, y }) => map("geluTanh", x, y),
    backward: ({ x, dy, dx }) => mapD("geluTanhDx", x, dy, dx),
  },
});

/** An approximation of GELU: `Yᵢ = Xᵢ∕2 (1 + Tᵢ)`, where `Tᵢ = tanh(uᵢ)`,
 * `uᵢ = c (Xᵢ + k Xᵢ³)`, `c = √(2 ∕ π)` and `k = 0.044715`.
 *
 * @param x The tensor, of any shape.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { geluTanh } from "@adjoint/ops/gelu-tanh";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(geluTanh(tensor([0, 1000])), tensor([0, 1000]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/gelu-tanh
 */
export function geluTanh<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode geluTanh}:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ ((1 + Tᵢ) ∕ 2 + Xᵢ∕2 (1 − Tᵢ²) c (1 + 3 k Xᵢ²))`, with the
 * `T`, `c` and `k` of {@linkcode geluTanh}.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/gelu-tanh
 */
export function geluTanhD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode geluTanh} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ ((1 + Tᵢ) ∕ 2 + Xᵢ∕2 (1 − Tᵢ²) c (1 + 3 k Xᵢ²))`, with the
 * `T`, `c` and `k` of {@linkcode geluTanh}.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/gelu-tanh
 */
export function geluTanhDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
