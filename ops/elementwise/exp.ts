// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Exponential
 *
 * Raises Euler's number to the power of each element.
 *
 * ```math
 * Y_i = e^{X_i}, \qquad
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} Y_i
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
 * Y_i = e^{X_i}
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
 * The exponential is its own derivative. Only the output in the same position
 * depends on $`X_i`$. The Kronecker delta $`\delta_{ai}`$ expresses this: it is 1
 * where $`a`$ is $`i`$, and 0 elsewhere.
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i} = \delta_{ai} e^{X_i} = \delta_{ai} Y_i
 * ```
 *
 * The delta leaves one term of the chain rule's sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} Y_i
 * ```
 *
 * ## Backward
 *
 * {@linkcode expDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} Y_i
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks. It overflows to infinity above about 709.78
 * in float64 and 88.72 in float32, and so does its gradient.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = 0` | `1` | `1` | same | same | same |
 * | `x = 709` | `8.21840746155497e307` | `8.21840746155497e307` | same | same | same |
 * | `x = 710` | `∞` | `∞` | same | same | same |
 * | `x = 88.8, dtype = float32` | `∞` | `∞` | same | same | same |
 * | `x = -740` | `4.2e-322` | `4.2e-322` | same | `y = 0, dx = 0` | `y = 0, dx = 0` |
 * | `x = 1e4` | `∞` | `∞` | same | same | same |
 * | `x = 1e4, dout = 0` | `∞` | `NaN` | same | same | same |
 * | `x = -1e4` | `0` | `0` | same | same | same |
 * | `x = ∞` | `∞` | `∞` | same | same | same |
 * | `x = -∞` | `0` | `0` | same | same | same |
 * | `x = NaN` | `NaN` | `NaN` | same | same | same |
 *
 * ## Cost
 *
 * One exponential for each element, forward and backward. The backward pass computes it
 * again and needs $`X`$, but not $`Y`$.
 *
 * ## Example
 *
 * ```ts
 * import { exp, expDx } from "@adjoint/ops/exp";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([-1000, 0]);
 * const dout = tensor([3, 3]);
 *
 * assertEquals(exp(x), tensor([0, 1]));
 * assertEquals(expDx(x, dout), tensor([0, 3]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.exp(x)`
 * - JAX: `jnp.exp(x)`
 * - TensorFlow: `tf.exp(x)`
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
export const signature: Signature = op("exp", {
  inputs: { x: "n…" },
  outputs: { y: "n…" },

  forward({ x, y, n }) {
    for (let i = 0; i < n; i++) y[i] = Math.exp(x[i]); // Yᵢ = exp(Xᵢ)
  },

  backward({ x, dy, dx, n }) {
    for (let i = 0; i < n; i++) dx[i] = dy[i] * Math.exp(x[i]); // ∂E/∂Xᵢ = ∂E/∂Yᵢ Yᵢ
  },

  kernels: {
    forward: ({ x, y }) => map("exp", x, y),
    backward: ({ x, dy, dx }) => mapD("expDx", x, dy, dx),
  },
});

/** The exponential of each element: `Yᵢ = exp(Xᵢ)`.
 *
 * @param x The tensor, of any shape.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { exp } from "@adjoint/ops/exp";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(exp(tensor([0, 1000])), tensor([1, Infinity]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/exp
 */
export function exp<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode exp}: `∂E/∂Xᵢ = ∂E/∂Yᵢ Yᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/exp
 */
export function expD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode exp} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ Yᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/exp
 */
export function expDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
