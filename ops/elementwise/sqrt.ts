// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Square root
 *
 * Takes the square root of each element.
 *
 * ```math
 * Y_i = \sqrt{X_i}, \qquad
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \frac{1}{2 Y_i}
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
 * Y_i = \sqrt{X_i}
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
 * The root is the power with exponent ½, and the power rule gives its derivative.
 * Only the output in the same position depends on $`X_i`$. The Kronecker delta
 * $`\delta_{ai}`$ expresses this: it is 1 where $`a`$ is $`i`$, and 0 elsewhere.
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i} = \delta_{ai} \frac{1}{2 \sqrt{X_i}}
 * ```
 *
 * The delta leaves one term of the chain rule's sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \frac{1}{2 Y_i}
 * ```
 *
 * ## Backward
 *
 * {@linkcode sqrtDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \frac{1}{2 Y_i}
 * ```
 *
 * ## Special points
 *
 * The function is smooth above 0. At 0 its graph is vertical, and the gradient is
 * infinite in all libraries. If `dout` is 0 there, the gradient is NaN in all but
 * TensorFlow. To take the root of something that may be 0, such as a variance or
 * a sum of squares, add a small number first. Below 0 there is no value and no
 * gradient.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = 4` | `2` | `0.25` | same | same | same |
 * | `x = 0` | `0` | `∞` | same | same | same |
 * | `x = -0` | `-0` | `-∞` | same | same | same |
 * | `x = 0, dout = 0` | `0` | `NaN` | same | same | `dx = 0` |
 * | `x = -4` | `NaN` | `NaN` | same | same | same |
 * | `x = 1e-308` | `1e-154` | `5e153` | same | `y = 0, dx = ∞` | `y = 0, dx = ∞` |
 * | `x = 1e4` | `100` | `0.005` | same | same | same |
 * | `x = ∞` | `∞` | `0` | same | same | same |
 * | `x = -∞` | `NaN` | `NaN` | same | same | same |
 * | `x = NaN` | `NaN` | `NaN` | same | same | same |
 *
 * ## Cost
 *
 * One root for each element forward, one root and one division backward. The backward
 * pass computes the root again and needs $`X`$, but not $`Y`$.
 *
 * ## Example
 *
 * ```ts
 * import { sqrt, sqrtDx } from "@adjoint/ops/sqrt";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([4, 0]);
 * const dout = tensor([8, 8]);
 *
 * assertEquals(sqrt(x), tensor([2, 0]));
 * assertEquals(sqrtDx(x, dout), tensor([2, Infinity]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.sqrt(x)`
 * - JAX: `jnp.sqrt(x)`
 * - TensorFlow: `tf.sqrt(x)`
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
import { mapD } from "../kernels/elementary.ts";
import { each, formula, root } from "../kernels/elementwise.ts";

const FORWARD = formula((x) => root(x));

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("sqrt", {
  inputs: { x: { shape: "n…", domain: "positive" } },
  outputs: { y: "n…" },

  forward({ x, y, n }) {
    for (let i = 0; i < n; i++) y[i] = Math.sqrt(x[i]); // Yᵢ = √Xᵢ
  },

  backward({ x, dy, dx, n }) {
    for (let i = 0; i < n; i++) dx[i] = dy[i] / (2 * Math.sqrt(x[i])); // ∂E/∂Xᵢ = ∂E/∂Yᵢ ∕ 2Yᵢ
  },

  kernels: {
    forward: ({ x, y }) => each(FORWARD, y, [x]),
    // For fewer elements, calling the kernel takes longer than the loop.
    backward: ({ x, dy, dx, n }) => n >= 128 && mapD("sqrtDx", x, dy, dx),
  },
});

/** The square root of each element: `Yᵢ = √Xᵢ`.
 *
 * @param x The tensor, of any shape.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { sqrt } from "@adjoint/ops/sqrt";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sqrt(tensor([4, 9])), tensor([2, 3]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/sqrt
 */
export function sqrt<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode sqrt}: `∂E/∂Xᵢ = ∂E/∂Yᵢ ∕ (2 Yᵢ)`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/sqrt
 */
export function sqrtD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode sqrt} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ ∕ (2 Yᵢ)`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/sqrt
 */
export function sqrtDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
