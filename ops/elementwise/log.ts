// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Logarithm
 *
 * Takes the natural logarithm of each element.
 *
 * ```math
 * Y_i = \log X_i, \qquad
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \frac{1}{X_i}
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
 * Y_i = \log X_i
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
 * The derivative of the logarithm is the reciprocal. Only the output in the same
 * position depends on $`X_i`$. The Kronecker delta $`\delta_{ai}`$ expresses
 * this: it is 1 where $`a`$ is $`i`$, and 0 elsewhere.
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i} = \delta_{ai} \frac{1}{X_i}
 * ```
 *
 * The delta leaves one term of the chain rule's sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \frac{1}{X_i}
 * ```
 *
 * ## Backward
 *
 * {@linkcode logDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \frac{1}{X_i}
 * ```
 *
 * ## Special points
 *
 * The function is smooth where it is defined, above 0. At 0 its limit is $`-\infty`$,
 * and the gradient has the sign of that 0. Below 0 it has no value, so the output is
 * NaN. The gradient formula has a value there, which all libraries return.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = 1` | `0` | `1` | same | same | same |
 * | `x = 0` | `-∞` | `∞` | same | same | same |
 * | `x = -0` | `-∞` | `-∞` | same | same | same |
 * | `x = 0, dout = 0` | `-∞` | `NaN` | same | same | same |
 * | `x = -4` | `NaN` | `-0.25` | same | same | same |
 * | `x = 5e-324` | `-744.44007192138127` | `∞` | same | `y = -∞` | `y = -∞` |
 * | `x = 1e4` | `9.2103403719761827` | `1e-4` | same | same | same |
 * | `x = ∞` | `∞` | `0` | same | same | same |
 * | `x = -∞` | `NaN` | `-0` | same | same | same |
 * | `x = NaN` | `NaN` | `NaN` | same | same | same |
 *
 * ## Cost
 *
 * One logarithm for each element forward, one division backward. The backward pass needs
 * $`X`$, but not $`Y`$.
 *
 * ## Example
 *
 * ```ts
 * import { log, logDx } from "@adjoint/ops/log";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 0]);
 * const dout = tensor([3, 3]);
 *
 * assertEquals(log(x), tensor([0, -Infinity]));
 * assertEquals(logDx(x, dout), tensor([3, Infinity]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.log(x)`
 * - JAX: `jnp.log(x)`
 * - TensorFlow: `tf.math.log(x)`
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
import { map } from "../kernels/elementary.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("log", {
  inputs: { x: { shape: "n…", domain: "positive" } },
  outputs: { y: "n…" },

  forward({ x, y, n }) {
    for (let i = 0; i < n; i++) y[i] = Math.log(x[i]); // Yᵢ = log Xᵢ
  },

  backward({ x, dy, dx, n }) {
    for (let i = 0; i < n; i++) dx[i] = dy[i] / x[i]; // ∂E/∂Xᵢ = ∂E/∂Yᵢ ∕ Xᵢ
  },

  kernels: {
    forward: ({ x, y }) => map("log", x, y),
  },
});

/** The natural logarithm of each element: `Yᵢ = log(Xᵢ)`.
 *
 * @param x The tensor, of any shape.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { log } from "@adjoint/ops/log";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(log(tensor([1, 0])), tensor([0, -Infinity]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/log
 */
export function log<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode log}: `∂E/∂Xᵢ = ∂E/∂Yᵢ ∕ Xᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/log
 */
export function logD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode log} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ ∕ Xᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/log
 */
export function logDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
