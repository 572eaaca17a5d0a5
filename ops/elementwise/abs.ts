// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Absolute value
 *
 * Takes the absolute value of each element, its distance from 0.
 *
 * ```math
 * Y_i = |X_i|, \qquad
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} ([X_i > 0] - [X_i < 0])
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
 * Y_i = |X_i|
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
 * Above 0 the output is $`X_i`$ itself, and its slope is 1. Below 0 it is
 * $`-X_i`$, and its slope is −1. The bracket $`[X_i > 0]`$ is 1 where the
 * condition in it holds, and 0 elsewhere. Only the output in the same position
 * depends on $`X_i`$. The Kronecker delta $`\delta_{ai}`$ expresses this: it is 1
 * where $`a`$ is $`i`$, and 0 elsewhere.
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i} = \delta_{ai} ([X_i > 0] - [X_i < 0])
 * ```
 *
 * At 0 there is no derivative: the slope is −1 from the left and 1 from the
 * right. Each number between the two is a subgradient, the slope of a line that
 * touches the graph there and is nowhere above it. The brackets take the one in
 * the middle, 0, as PyTorch and TensorFlow do. The delta leaves one term of the
 * chain rule's sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} ([X_i > 0] - [X_i < 0])
 * ```
 *
 * ## Backward
 *
 * {@linkcode absDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} ([X_i > 0] - [X_i < 0])
 * ```
 *
 * ## Special points
 *
 * The function has a kink at 0, where the gradient is 0. NaN is neither above nor below 0,
 * so its gradient is 0, too, as in PyTorch.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = 2` | `2` | `1` | same | same | same |
 * | `x = -2` | `2` | `-1` | same | same | same |
 * | `x = 0` | `0` | `0` | same | `dx = 1` | same |
 * | `x = -0` | `0` | `0` | same | `dx = 1` | same |
 * | `x = 0, dout = ∞` | `0` | `NaN` | same | `dx = ∞` | same |
 * | `x = 0, dout = NaN` | `0` | `NaN` | same | same | same |
 * | `x = 5e-324` | `5e-324` | `1` | same | same | `dx = 0` |
 * | `x = ∞` | `∞` | `1` | same | same | same |
 * | `x = -∞` | `∞` | `-1` | same | same | same |
 * | `x = NaN` | `NaN` | `0` | same | `dx = -1` | `dx = NaN` |
 *
 * ## Cost
 *
 * One change of sign at most for each element forward, two comparisons backward.
 * The backward pass needs the signs of $`X`$.
 *
 * ## Example
 *
 * ```ts
 * import { abs, absDx } from "@adjoint/ops/abs";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([-2, 0, 3]);
 *
 * assertEquals(abs(x), tensor([2, 0, 3]));
 * assertEquals(absDx(x, tensor([5, 5, 5])), tensor([-5, 0, 5]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.abs(x)`
 * - JAX: `jnp.abs(x)`
 * - TensorFlow: `tf.abs(x)`
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
import {
  choose,
  each,
  formula,
  greater,
  less,
  magnitude,
  times,
} from "../kernels/elementwise.ts";

const FORWARD = formula((x) => magnitude(x));
const BACKWARD = formula((x, dy) =>
  times(dy, choose(greater(x, 0), 1, choose(less(x, 0), -1, 0)))
);

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("abs", {
  inputs: { x: "n…" },
  outputs: { y: "n…" },

  forward({ x, y, n }) {
    for (let i = 0; i < n; i++) y[i] = Math.abs(x[i]); // Yᵢ = |Xᵢ|
  },

  backward({ x, dy, dx, n }) {
    for (let i = 0; i < n; i++) {
      const sign = Number(x[i] > 0) - Number(x[i] < 0);
      dx[i] = dy[i] * sign; // ∂E/∂Xᵢ = ∂E/∂Yᵢ ([Xᵢ > 0] − [Xᵢ < 0])
    }
  },

  kernels: {
    forward: ({ x, y }) => each(FORWARD, y, [x]),
    backward: ({ x, dy, dx }) => each(BACKWARD, dx, [x, dy]),
  },
});

/** The absolute value of each element: `Yᵢ = |Xᵢ|`.
 *
 * @param x The tensor, of any shape.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { abs } from "@adjoint/ops/abs";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(abs(tensor([-2, 3])), tensor([2, 3]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/abs
 */
export function abs<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode abs}: `∂E/∂Xᵢ = ∂E/∂Yᵢ ([Xᵢ > 0] − [Xᵢ < 0])`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/abs
 */
export function absD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode abs} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ ([Xᵢ > 0] − [Xᵢ < 0])`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/abs
 */
export function absDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
