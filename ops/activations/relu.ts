// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # ReLU
 *
 * Keeps the elements above 0 and sets the others to 0: the rectified linear unit.
 *
 * ```math
 * Y_i = \max(0, X_i), \qquad
 * \frac{\partial E}{\partial X_i} = \begin{cases}
 *   0 & X_i \le 0 \\
 *   \frac{\partial E}{\partial Y_i} & \text{otherwise}
 * \end{cases}
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
 * Y_i = \max(0, X_i)
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
 * Above 0 the output is $`X_i`$ itself, and its slope is 1. Below 0 the output is
 * constant, and its slope is 0. The bracket $`[X_i > 0]`$ is 1 where its
 * condition holds, and 0 elsewhere. Only the output in the same position depends
 * on $`X_i`$. The Kronecker delta $`\delta_{ai}`$ expresses this: it is 1 where
 * $`a`$ is $`i`$, and 0 elsewhere.
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i} = \delta_{ai} [X_i > 0]
 * ```
 *
 * At 0 there is no derivative: the slope is 0 from the left and 1 from the right.
 * Each number between the two is a subgradient, the slope of a line that touches the
 * graph there and is nowhere above it, and any of them works for descent. The
 * bracket takes 0, as all libraries do. With it, the delta leaves one term of the
 * sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} [X_i > 0]
 * ```
 *
 * ## Backward
 *
 * {@linkcode reluDx} selects instead of multiplying by the bracket, because 0
 * times an infinite gradient is NaN:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \begin{cases}
 *   0 & X_i \le 0 \\
 *   \frac{\partial E}{\partial Y_i} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Special points
 *
 * The function has a kink at 0, where the gradient is 0. NaN is neither below 0 nor
 * equal to it, so the gradient passes: a NaN input shows in the output, and no
 * gradient of 0 hides it.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = 0` | `0` | `0` | same | same | same |
 * | `x = -0` | `-0` | `0` | same | `y = 0` | same |
 * | `x = ∞` | `∞` | `1` | same | same | same |
 * | `x = -∞` | `0` | `0` | same | same | same |
 * | `x = NaN` | `NaN` | `1` | same | `dx = 0` | `dx = 0` |
 * | `x = 1, dout = NaN` | `1` | `NaN` | same | same | same |
 * | `x = -1, dout = NaN` | `0` | `0` | same | same | `dx = NaN` |
 * | `x = -1, dout = ∞` | `0` | `0` | same | same | `dx = NaN` |
 * | `x = 0, dout = ∞` | `0` | `0` | same | same | `dx = NaN` |
 *
 * ## Cost
 *
 * One comparison for each element, forward and backward. The backward pass needs
 * the signs of $`X`$.
 *
 * ## Example
 *
 * ```ts
 * import { relu, reluDx } from "@adjoint/ops/relu";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([-2, 0, 3]);
 *
 * assertEquals(relu(x), tensor([0, 0, 3]));
 * assertEquals(reluDx(x, tensor([5, 5, 5])), tensor([0, 0, 5]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.relu(x)`
 * - JAX: `jax.nn.relu(x)`
 * - TensorFlow: `tf.nn.relu(x)`
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
  atMost,
  choose,
  each,
  formula,
  raised,
} from "../kernels/elementwise.ts";

const FORWARD = formula((x) => raised(x, 0));
const BACKWARD = formula((x, dy) => choose(atMost(x, 0), 0, dy));

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("relu", {
  inputs: { x: "n…" },
  outputs: { y: "n…" },

  forward({ x, y, n }) {
    for (let i = 0; i < n; i++) {
      y[i] = x[i] < 0 ? 0 : x[i]; // Yᵢ = max(0, Xᵢ)
    }
  },

  backward({ x, dy, dx, n }) {
    for (let i = 0; i < n; i++) {
      dx[i] = x[i] <= 0 ? 0 : dy[i]; // ∂E/∂Xᵢ = 0 if Xᵢ ≤ 0, else ∂E/∂Yᵢ
    }
  },

  kernels: {
    forward: ({ x, y }) => each(FORWARD, y, [x]),
    backward: ({ x, dy, dx }) => each(BACKWARD, dx, [x, dy]),
  },
});

/** The elements above 0, and 0 for the others: `Yᵢ = max(0, Xᵢ)`.
 *
 * @param x The tensor, of any shape.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { relu } from "@adjoint/ops/relu";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(relu(tensor([-2, 3])), tensor([0, 3]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/relu
 */
export function relu<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode relu}: `∂E/∂Xᵢ = 0 if Xᵢ ≤ 0, else ∂E/∂Yᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/relu
 */
export function reluD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode relu} with respect to `x`:
 * `∂E/∂Xᵢ = 0 if Xᵢ ≤ 0, else ∂E/∂Yᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/relu
 */
export function reluDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
