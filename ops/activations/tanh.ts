// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Tanh
 *
 * Maps each element to a number between −1 and 1, with the hyperbolic tangent.
 *
 * ```math
 * Y_i = \tanh X_i, \qquad
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} (1 - Y_i^2)
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
 * Y_i = \tanh X_i = \frac{e^{X_i} - e^{-X_i}}{e^{X_i} + e^{-X_i}}
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
 * Call the numerator $`u_i`$ and the denominator $`v_i`$:
 *
 * ```math
 * u_i = e^{X_i} - e^{-X_i}, \qquad v_i = e^{X_i} + e^{-X_i}
 * ```
 *
 * The derivative of $`e^{-X_i}`$ is $`-e^{-X_i}`$, so that of $`u_i`$ is $`v_i`$,
 * and that of $`v_i`$ is $`u_i`$. The quotient rule for $`Y_i = u_i / v_i`$
 * contains both. Only the output in the same position depends on $`X_i`$. The
 * Kronecker delta $`\delta_{ai}`$ expresses this: it is 1 where $`a`$ is $`i`$,
 * and 0 elsewhere.
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i}
 *   = \delta_{ai} \frac{v_i v_i - u_i u_i}{v_i^2}
 * ```
 *
 * Term by term, this is 1 minus the square of $`u_i / v_i`$:
 *
 * ```math
 * \frac{v_i v_i - u_i u_i}{v_i^2} = 1 - \left( \frac{u_i}{v_i} \right)^2 = 1 - Y_i^2
 * ```
 *
 * The delta leaves one term of the chain rule's sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} (1 - Y_i^2)
 * ```
 *
 * ## Backward
 *
 * {@linkcode tanhDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} (1 - Y_i^2)
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks. It saturates: far from 0 the output
 * is −1 or 1 to the last bit, and the gradient vanishes, though later than if it
 * were computed from the output.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = 0` | `0` | `1` | same | same | same | |
 * | `x = -0` | `-0` | `1` | same | same | same | |
 * | `x = 0, dout = ∞` | `0` | `∞` | same | `dx = NaN` | same | |
 * | `x = 20` | `1` | `1.6993417021166355e-17` | `dx = 0` | `dx = 0` | `dx = 0` | PyTorch rounds 1 − Y² to 0 |
 * | `x = -20` | `-1` | `1.6993417021166355e-17` | `dx = 0` | `dx = 0` | `dx = 0` | PyTorch rounds 1 − Y² to 0 |
 * | `x = 20, dout = ∞` | `1` | `∞` | `dx = NaN` | `dx = NaN` | `dx = NaN` | PyTorch rounds 1 − Y² to 0, and 0 · ∞ is NaN |
 * | `x = 1e4` | `1` | `0` | same | same | same | |
 * | `x = ∞` | `1` | `0` | same | same | same | |
 * | `x = -∞` | `-1` | `0` | same | same | same | |
 * | `x = NaN` | `NaN` | `NaN` | same | same | same | |
 *
 * ## Stability
 *
 * The quotient of exponentials cannot be computed as written: near 0 the difference in
 * the numerator loses its digits, and from 710 on both parts overflow in float64, so
 * that their quotient is NaN. `Math.tanh` is exact to the last digit or two everywhere.
 *
 * Nor can the gradient be computed as written: $`1 - Y_i^2`$ has half of its digits at
 * 9, and none above 19, where $`Y_i`$ is rounded to 1. But the difference of the
 * squares of $`v_i`$ and $`u_i`$ is known: in both, the outer terms are
 * $`e^{2 X_i} + e^{-2 X_i}`$, and the middle one is twice $`e^{X_i} e^{-X_i} = 1`$,
 * added in the first and subtracted in the second.
 *
 * ```math
 * v_i^2 = u_i^2 + 4
 * ```
 *
 * So the derivative, in the derivation $`1 - u_i^2 / v_i^2`$, is $`4 / v_i^2`$. Half of
 * $`v_i`$ is the hyperbolic cosine:
 *
 * ```math
 * \cosh X_i = \frac{e^{X_i} + e^{-X_i}}{2}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \frac{1}{\cosh^2 X_i}
 * ```
 *
 * No difference is left, and this is what the code computes. It divides by the
 * cosine twice, because the square overflows before the cosine does.
 *
 * ## Cost
 *
 * One hyperbolic tangent for each element forward, one hyperbolic cosine and two
 * divisions backward. The backward pass needs $`X`$, but not $`Y`$.
 *
 * ## Example
 *
 * ```ts
 * import { tanh, tanhDx } from "@adjoint/ops/tanh";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([0, -1000]);
 *
 * assertEquals(tanh(x), tensor([0, -1]));
 * assertEquals(tanhDx(x, tensor([1, 1])), tensor([1, 0]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.tanh(x)`
 * - JAX: `jnp.tanh(x)`
 * - TensorFlow: `tf.math.tanh(x)`
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
export const signature: Signature = op("tanh", {
  inputs: { x: "n…" },
  outputs: { y: "n…" },

  forward({ x, y, n }) {
    for (let i = 0; i < n; i++) y[i] = Math.tanh(x[i]); // Yᵢ = tanh Xᵢ
  },

  backward({ x, dy, dx, n }) {
    for (let i = 0; i < n; i++) {
      const cosh = Math.cosh(x[i]);
      dx[i] = dy[i] / cosh / cosh; // ∂E/∂Xᵢ = ∂E/∂Yᵢ ∕ cosh² Xᵢ
    }
  },

  kernels: {
    forward: ({ x, y }) => map("tanh", x, y),
    backward: ({ x, dy, dx }) => mapD("tanhDx", x, dy, dx),
  },
});

/** The hyperbolic tangent of each element: `Yᵢ = tanh(Xᵢ)`.
 *
 * @param x The tensor, of any shape.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { tanh } from "@adjoint/ops/tanh";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tanh(tensor([0, 1000])), tensor([0, 1]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/tanh
 */
export function tanh<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode tanh}: `∂E/∂Xᵢ = ∂E/∂Yᵢ (1 − Yᵢ²)`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/tanh
 */
export function tanhD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode tanh} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ (1 − Yᵢ²)`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/tanh
 */
export function tanhDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
