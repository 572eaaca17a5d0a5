// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Division
 *
 * Divides one tensor by another element by element, and broadcasts them as NumPy
 * does.
 *
 * ```math
 * Z_{ij} = \frac{X_{ij}}{y_j}, \qquad
 * \frac{\partial E}{\partial X_{ij}} = \frac{\partial E}{\partial Z_{ij}} \frac{1}{y_j}, \qquad
 * \frac{\partial E}{\partial y_j} = -\sum_{i=1}^{n} \frac{\partial E}{\partial Z_{ij}} \frac{X_{ij}}{y_j^2}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m`$ | input `x` |
 * | $`y`$ | $`m`$ | input `y` |
 * | $`Z`$ | $`n \times m`$ | output |
 * | $`\frac{\partial E}{\partial Z}`$ | $`n \times m`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * Two tensors of compatible shapes are broadcast: their shapes are aligned at the
 * last axes, and where an axis is missing or has size 1, the tensor is repeated
 * along it. The page shows it for a matrix and a row, which is repeated $`n`$
 * times. For tensors of the same shape, $`n`$ is 1: no element is repeated, and
 * each sum has one term. Either operand may be repeated, or both, such as a
 * column and a row.
 *
 * ## Forward
 *
 * ```math
 * Z_{ij} = \frac{X_{ij}}{y_j}
 * ```
 *
 * ## Derivation
 *
 * **With respect to $`X`$.** Each element of $`Z`$ contains one element of $`X`$,
 * the one in the same position, with the factor $`1 / y_j`$. The Kronecker delta
 * is 1 where its two indices are equal, and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Z_{ab}}{\partial X_{ij}} = \delta_{ai} \delta_{bj} \frac{1}{y_j}
 * ```
 *
 * The chain rule sums over every element of $`Z`$, and the deltas leave one:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}}
 *   = \sum_{a=1}^{n} \sum_{b=1}^{m}
 *     \frac{\partial E}{\partial Z_{ab}} \frac{\partial Z_{ab}}{\partial X_{ij}}
 *   = \frac{\partial E}{\partial Z_{ij}} \frac{1}{y_j}
 * ```
 *
 * **With respect to $`y`$.** $`y_j`$ occurs in every element of column $`j`$. The
 * derivative of $`1 / u`$ is $`-1 / u^2`$:
 *
 * ```math
 * \frac{\partial Z_{ab}}{\partial y_j} = -\delta_{bj} \frac{X_{aj}}{y_j^2}
 * ```
 *
 * The delta leaves the sum over the rows, along which $`y`$ was repeated:
 *
 * ```math
 * \frac{\partial E}{\partial y_j}
 *   = \sum_{a=1}^{n} \sum_{b=1}^{m}
 *     \frac{\partial E}{\partial Z_{ab}} \frac{\partial Z_{ab}}{\partial y_j}
 *   = -\sum_{i=1}^{n} \frac{\partial E}{\partial Z_{ij}} \frac{X_{ij}}{y_j^2}
 * ```
 *
 * The same holds for every operand: its gradient is summed over the axes along
 * which the operand was repeated, so it has the operand's own shape.
 *
 * ## Backward
 *
 * {@linkcode divDx}, to be summed where $`X`$ is repeated:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}} = \frac{\partial E}{\partial Z_{ij}} \frac{1}{y_j}
 * ```
 *
 * {@linkcode divDy}, to be summed where $`y`$ is repeated:
 *
 * ```math
 * \frac{\partial E}{\partial y_j} = -\sum_{i=1}^{n} \frac{\partial E}{\partial Z_{ij}} \frac{X_{ij}}{y_j^2}
 * ```
 *
 * ## Special points
 *
 * The quotient has no value where the divisor is 0. By IEEE 754, any other number
 * divided by 0 is infinite, with the product of the signs, and 0 divided by 0 is
 * NaN. The gradients follow from the same divisions, so a `dout` of 0 gives NaN
 * there, not 0.
 *
 * | at | $`Z`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial y}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ----- | ------- | --- | ---------- |
 * | `x = 1, y = 0` | `∞` | `∞` | `-∞` | same | same | same |
 * | `x = 1, y = -0` | `-∞` | `-∞` | `-∞` | same | same | same |
 * | `x = 0, y = 0` | `NaN` | `∞` | `NaN` | same | same | same |
 * | `x = 1, y = 0, dout = 0` | `∞` | `NaN` | `NaN` | same | same | same |
 * | `x = 1, y = ∞` | `0` | `0` | `-0` | same | same | same |
 * | `x = ∞, y = ∞` | `NaN` | `0` | `NaN` | same | same | same |
 * | `x = NaN, y = 2` | `NaN` | `0.5` | `NaN` | same | same | same |
 * | `x = 1e-200, y = 1e-200` | `1` | `1e200` | `-1e200` | same | `dy = -∞` | same |
 * | `x = 1e200, y = 1e200` | `1` | `1e-200` | `-1e-200` | same | `dy = -0` | same |
 * | `x = [[1, 2], [3, 4]], y = [2, 4]` | `[[0.5, 0.5], [1.5, 1]]` | `[[0.5, 0.25], [0.5, 0.25]]` | `[-1, -0.375]` | same | same | same |
 * | `x = [[4], [8]], y = [1, 2]` | `[[4, 2], [8, 4]]` | `[[1.5], [1.5]]` | `[-12, -3]` | same | same | same |
 * | `x = [[]], y = [1]` | `[[]]` | `[[]]` | `[0]` | same | same | same |
 *
 * ## Stability
 *
 * The square $`y_j^2`$ overflows or underflows long before the gradient does: in
 * float64 it is 0 where $`y_j`$ is 1e-200, and infinite where it is 1e200.
 * Dividing twice gives the same result and needs no square:
 *
 * ```math
 * \frac{\partial E}{\partial y_j}
 *   = -\sum_{i=1}^{n} \frac{\partial E}{\partial Z_{ij}} \frac{X_{ij} / y_j}{y_j}
 * ```
 *
 * This is what the code computes.
 *
 * ## Cost
 *
 * One division for each element of $`Z`$, and about as much for each gradient.
 * All are limited by memory bandwidth. The backward pass needs $`y`$ for the
 * gradient with respect to $`X`$, and both inputs for that with respect to $`y`$.
 *
 * Kernels repeat an operand such as a row without a copy; others are first
 * expanded to the shape of $`Z`$. The gradient of a repeated operand is summed in
 * float64 and rounded once, when it is stored.
 *
 * ## Example
 *
 * ```ts
 * import { div, divDx, divDy } from "@adjoint/ops/div";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * const y = tensor([2, 4]);
 * const dout = ones([2, 2]); // The gradient of E = the sum of z.
 *
 * assertEquals(div(x, y), tensor([[0.5, 0.5], [1.5, 1]]));
 * assertEquals(divDx(x, y, dout), tensor([[0.5, 0.25], [0.5, 0.25]]));
 * assertEquals(divDy(x, y, dout), tensor([-1, -0.375]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.div(x, y)`
 * - JAX: `jnp.divide(x, y)`
 * - TensorFlow: `tf.divide(x, y)`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import type {
  Broadcast,
  Broadcastable,
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import {
  each,
  formula,
  negative,
  over,
  times,
} from "../kernels/elementwise.ts";

const QUOTIENT = formula((x, y) => over(x, y));
const BACKWARD_Y = formula((x, y, dz) =>
  times(negative(dz), over(over(x, y), y))
);

/** @internal The declaration from which the checks, the tests and the proof are
 * derived. */
export const signature: Signature = op("div", {
  inputs: { x: "n…", y: "m…" },
  outputs: { z: "n… ∨ m…" },

  // A repeated operand arrives expanded, and its gradient is summed afterwards.
  forward({ x, y, z, n }) {
    for (let i = 0; i < n; i++) {
      z[i] = x[i] / y[i]; // Zᵢⱼ = Xᵢⱼ ∕ yⱼ
    }
  },

  backward({ x, y, dz, dx, dy, n }) {
    for (let i = 0; dx && i < n; i++) {
      dx[i] = dz[i] / y[i]; // ∂E/∂Xᵢⱼ = ∂E/∂Zᵢⱼ 1 ∕ yⱼ
    }
    for (let i = 0; dy && i < n; i++) {
      dy[i] = -dz[i] * (x[i] / y[i] / y[i]); // ∂E/∂yⱼ = −Σᵢ ∂E/∂Zᵢⱼ Xᵢⱼ ∕ yⱼ²
    }
  },

  kernels: {
    forward: ({ x, y, z }) => each(QUOTIENT, z, [x, y]),
    backward: ({ x, y, dz, dx, dy }) =>
      (!dx || each(QUOTIENT, dx, [dz, y])) &&
      (!dy || each(BACKWARD_Y, dy, [x, y, dz])),
  },
});

/** Divides element by element: `Zᵢⱼ = Xᵢⱼ ∕ yⱼ`.
 *
 * @param x The tensor `X`, of any shape.
 * @param y The tensor `y`, of any shape that broadcasts with that of `x`.
 * @returns The quotient `Z`, of the shape that both broadcast to.
 *
 * @example Usage
 * ```ts
 * import { div } from "@adjoint/ops/div";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 *
 * assertEquals(div(x, tensor([2, 4])), tensor([[0.5, 0.5], [1.5, 1]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/div
 */
export function div<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  y: Tensor<Broadcastable<T, S>, NoInfer<D>>,
  options?: Options<NoInfer<Broadcast<S, T>>, NoInfer<D>>,
): Tensor<Broadcast<S, T>, D> {
  return signature.forward([x, y], options);
}

/** Both gradients of {@linkcode div}: `∂E/∂Xᵢⱼ = ∂E/∂Zᵢⱼ ∕ yⱼ`, and
 * `∂E/∂yⱼ = −Σᵢ ∂E/∂Zᵢⱼ Xᵢⱼ ∕ yⱼ²`.
 *
 * @param x The tensor `X`, of any shape.
 * @param y The tensor `y`, of any shape that broadcasts with that of `x`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * that both broadcast to.
 * @returns The gradients with respect to `x` and `y`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/div
 */
export function divD<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  D extends Float,
  W extends "x" | "y" = "x" | "y",
>(
  x: Tensor<S, D>,
  y: Tensor<Broadcastable<T, S>, NoInfer<D>>,
  dout: Tensor<SameShape<U, Broadcast<S, T>>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D>; y: Tensor<T, D> }, W>,
): Pick<{ x: Tensor<S, D>; y: Tensor<T, D> }, W> {
  return signature.backward([x, y, dout], options);
}

/** The gradient of {@linkcode div} with respect to `x`:
 * `∂E/∂Xᵢⱼ = ∂E/∂Zᵢⱼ ∕ yⱼ`.
 *
 * @param x The tensor `X`, of any shape.
 * @param y The tensor `y`, of any shape that broadcasts with that of `x`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * that both broadcast to.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/div
 */
export function divDx<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  y: Tensor<Broadcastable<T, S>, NoInfer<D>>,
  dout: Tensor<SameShape<U, Broadcast<S, T>>, NoInfer<D>>,
  options?: Options<NoInfer<S>, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, y, dout], options);
}

/** The gradient of {@linkcode div} with respect to `y`:
 * `∂E/∂yⱼ = −Σᵢ ∂E/∂Zᵢⱼ Xᵢⱼ ∕ yⱼ²`.
 *
 * @param x The tensor `X`, of any shape.
 * @param y The tensor `y`, of any shape that broadcasts with that of `x`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * that both broadcast to.
 * @returns The gradient, of the shape of `y`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/div
 */
export function divDy<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  y: Tensor<Broadcastable<T, S>, NoInfer<D>>,
  dout: Tensor<SameShape<U, Broadcast<S, T>>, NoInfer<D>>,
  options?: Options<NoInfer<T>, NoInfer<D>>,
): Tensor<T, D> {
  return signature.gradient("y", [x, y, dout], options);
}
