// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Minimum
 *
 * Takes the smaller of two numbers in each position, and broadcasts the tensors
 * as NumPy does.
 *
 * ```math
 * Z_{ij} = \min(X_{ij}, y_j), \qquad
 * \frac{\partial E}{\partial X_{ij}} = \begin{cases}
 *   0 & X_{ij} > y_j \\
 *   \frac{1}{2} \frac{\partial E}{\partial Z_{ij}} & X_{ij} = y_j \\
 *   \frac{\partial E}{\partial Z_{ij}} & \text{otherwise}
 * \end{cases}, \qquad
 * \frac{\partial E}{\partial y_j} = \sum_{i=1}^{n} \begin{cases}
 *   0 & X_{ij} < y_j \\
 *   \frac{1}{2} \frac{\partial E}{\partial Z_{ij}} & X_{ij} = y_j \\
 *   \frac{\partial E}{\partial Z_{ij}} & \text{otherwise}
 * \end{cases}
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
 * Z_{ij} = \min(X_{ij}, y_j)
 * ```
 *
 * ## Derivation
 *
 * **With respect to $`X`$.** An element of $`Z`$ contains one element of $`X`$,
 * the one in the same position. If that is the smaller number, the slope is 1; if
 * it is the larger one, the slope is 0. If both are equal, there is no
 * derivative: the slope is 0 from one side and 1 from the other. Any number
 * between them is a supergradient, the slope of a line that touches the graph
 * there and is nowhere below it, and ½ treats the two operands alike, so that
 * their gradients add up to `dout`. The bracket $`[X_{ij} < y_j]`$ is 1 where the
 * condition in it holds, and 0 elsewhere. The Kronecker delta is 1 where its two
 * indices are equal, and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Z_{ab}}{\partial X_{ij}}
 *   = \delta_{ai} \delta_{bj} \left( [X_{ij} < y_j] + \frac{1}{2} [X_{ij} = y_j] \right)
 * ```
 *
 * The chain rule sums over every element of $`Z`$, and the deltas leave one:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}}
 *   = \sum_{a=1}^{n} \sum_{b=1}^{m}
 *     \frac{\partial E}{\partial Z_{ab}} \frac{\partial Z_{ab}}{\partial X_{ij}}
 *   = \frac{\partial E}{\partial Z_{ij}} \left( [X_{ij} < y_j] + \frac{1}{2} [X_{ij} = y_j] \right)
 * ```
 *
 * **With respect to $`y`$.** $`y_j`$ occurs in every element of column $`j`$, and
 * counts where it is the smaller number:
 *
 * ```math
 * \frac{\partial Z_{ab}}{\partial y_j}
 *   = \delta_{bj} \left( [X_{aj} > y_j] + \frac{1}{2} [X_{aj} = y_j] \right)
 * ```
 *
 * The delta leaves the sum over the rows, along which $`y`$ was repeated:
 *
 * ```math
 * \frac{\partial E}{\partial y_j}
 *   = \sum_{a=1}^{n} \sum_{b=1}^{m}
 *     \frac{\partial E}{\partial Z_{ab}} \frac{\partial Z_{ab}}{\partial y_j}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial Z_{ij}} \left( [X_{ij} > y_j] + \frac{1}{2} [X_{ij} = y_j] \right)
 * ```
 *
 * The same holds for every operand: its gradient is summed over the axes along
 * which the operand was repeated, so it has the operand's own shape.
 *
 * ## Backward
 *
 * {@linkcode minimumDx}, to be summed where $`X`$ is repeated:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}} = \begin{cases}
 *   0 & X_{ij} > y_j \\
 *   \frac{1}{2} \frac{\partial E}{\partial Z_{ij}} & X_{ij} = y_j \\
 *   \frac{\partial E}{\partial Z_{ij}} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * {@linkcode minimumDy}, to be summed where $`y`$ is repeated:
 *
 * ```math
 * \frac{\partial E}{\partial y_j} = \sum_{i=1}^{n} \begin{cases}
 *   0 & X_{ij} < y_j \\
 *   \frac{1}{2} \frac{\partial E}{\partial Z_{ij}} & X_{ij} = y_j \\
 *   \frac{\partial E}{\partial Z_{ij}} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Special points
 *
 * The function has a kink where the two numbers are equal, and each of them gets
 * half of the gradient. NaN is neither greater than a number nor equal to it, so
 * the gradient passes to both: a NaN input shows in the output, and no gradient
 * of 0 hides it. Elsewhere the code selects instead of multiplying by 0, because
 * 0 times an infinite gradient is NaN.
 *
 * | at | $`Z`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial y}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ----- | ------- | --- | ---------- |
 * | `x = 2, y = 2` | `2` | `0.5` | `0.5` | same | same | `dx = 1, dy = 0` |
 * | `x = 0, y = -0` | `-0` | `0.5` | `0.5` | same | same | `dx = 1, dy = 0` |
 * | `x = NaN, y = 2` | `NaN` | `1` | `1` | same | `dx = 0, dy = 0` | `dx = 0` |
 * | `x = 2, y = NaN` | `NaN` | `1` | `1` | same | `dx = 0, dy = 0` | `dx = 0` |
 * | `x = -∞, y = -∞` | `-∞` | `0.5` | `0.5` | same | same | `dx = 1, dy = 0` |
 * | `x = ∞, y = 1` | `1` | `0` | `1` | same | same | same |
 * | `x = 2, y = 1, dout = NaN` | `1` | `0` | `NaN` | same | `dx = NaN` | same |
 * | `x = 2, y = 1, dout = ∞` | `1` | `0` | `∞` | same | `dx = NaN` | same |
 * | `x = [[1, 4], [3, 2]], y = [2, 2]` | `[[1, 2], [2, 2]]` | `[[1, 0], [0, 0.5]]` | `[1, 1.5]` | same | same | `dx = [[1, 0], [0, 1]], dy = [1, 1]` |
 * | `x = [[1], [2]], y = [1, 3]` | `[[1, 1], [1, 2]]` | `[[1.5], [1]]` | `[1.5, 0]` | same | same | `dx = [[2], [1]], dy = [1, 0]` |
 * | `x = [[]], y = [1]` | `[[]]` | `[[]]` | `[0]` | same | same | same |
 *
 * ## Cost
 *
 * One comparison for each element of $`Z`$, and about as much for each gradient.
 * All are limited by memory bandwidth. The backward pass needs both inputs, which
 * it compares.
 *
 * Kernels repeat an operand such as a row without a copy; others are first
 * expanded to the shape of $`Z`$. The gradient of a repeated operand is summed in
 * float64 and rounded once, when it is stored.
 *
 * ## Example
 *
 * ```ts
 * import { minimum, minimumDx, minimumDy } from "@adjoint/ops/minimum";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 4], [3, 2]]);
 * const y = tensor([2, 2]);
 * const dout = ones([2, 2]); // The gradient of E = the sum of z.
 *
 * assertEquals(minimum(x, y), tensor([[1, 2], [2, 2]]));
 * assertEquals(minimumDx(x, y, dout), tensor([[1, 0], [0, 0.5]]));
 * assertEquals(minimumDy(x, y, dout), tensor([1, 1.5]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.minimum(x, y)`
 * - JAX: `jnp.minimum(x, y)`
 * - TensorFlow: `tf.minimum(x, y)`
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
  choose,
  each,
  equal,
  formula,
  greater,
  least,
  less,
  type Term,
  times,
} from "../kernels/elementwise.ts";

/** Half the gradient where both are equal. */
const half = (x: Term, y: Term, dz: Term) =>
  choose(equal(x, y), times(dz, 0.5), dz);

const FORWARD = formula((x, y) => least(x, y));
const BACKWARD_X = formula((x, y, dz) =>
  choose(greater(x, y), 0, half(x, y, dz))
);
const BACKWARD_Y = formula((x, y, dz) => choose(less(x, y), 0, half(x, y, dz)));

/** @internal The declaration from which the checks, the tests and the proof are
 * derived. */
export const signature: Signature = op("minimum", {
  inputs: { x: "n…", y: "m…" },
  outputs: { z: "n… ∨ m…" },

  // A repeated operand arrives expanded, and its gradient is summed afterwards.
  forward({ x, y, z, n }) {
    for (let i = 0; i < n; i++) {
      z[i] = Math.min(x[i], y[i]); // Zᵢⱼ = min(Xᵢⱼ, yⱼ)
    }
  },

  backward({ x, y, dz, dx, dy, n }) {
    for (let i = 0; dx && i < n; i++) {
      // ∂E/∂Xᵢⱼ = 0 if Xᵢⱼ > yⱼ, ½ ∂E/∂Zᵢⱼ if Xᵢⱼ = yⱼ, else ∂E/∂Zᵢⱼ
      dx[i] = x[i] > y[i] ? 0 : x[i] === y[i] ? dz[i] / 2 : dz[i];
    }
    for (let i = 0; dy && i < n; i++) {
      // ∂E/∂yⱼ = Σᵢ (0 if Xᵢⱼ < yⱼ, ½ ∂E/∂Zᵢⱼ if Xᵢⱼ = yⱼ, else ∂E/∂Zᵢⱼ)
      dy[i] = x[i] < y[i] ? 0 : x[i] === y[i] ? dz[i] / 2 : dz[i];
    }
  },

  kernels: {
    forward: ({ x, y, z }) => each(FORWARD, z, [x, y]),
    backward: ({ x, y, dz, dx, dy }) =>
      (!dx || each(BACKWARD_X, dx, [x, y, dz])) &&
      (!dy || each(BACKWARD_Y, dy, [x, y, dz])),
  },
});

/** The smaller of two numbers, element by element: `Zᵢⱼ = min(Xᵢⱼ, yⱼ)`.
 *
 * @param x The tensor `X`, of any shape.
 * @param y The tensor `y`, of any shape that broadcasts with that of `x`.
 * @returns The tensor `Z`, of the shape that both broadcast to.
 *
 * @example Usage
 * ```ts
 * import { minimum } from "@adjoint/ops/minimum";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 4], [3, 2]]);
 *
 * assertEquals(minimum(x, tensor([2, 2])), tensor([[1, 2], [2, 2]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/minimum
 */
export function minimum<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  y: Tensor<Broadcastable<T, S>, NoInfer<D>>,
  options?: Options<NoInfer<Broadcast<S, T>>, NoInfer<D>>,
): Tensor<Broadcast<S, T>, D> {
  return signature.forward([x, y], options);
}

/** Both gradients of {@linkcode minimum}: `∂E/∂Xᵢⱼ = 0 if Xᵢⱼ > yⱼ, ½ ∂E/∂Zᵢⱼ if Xᵢⱼ = yⱼ, else ∂E/∂Zᵢⱼ`, and
 * `∂E/∂yⱼ = Σᵢ (0 if Xᵢⱼ < yⱼ, ½ ∂E/∂Zᵢⱼ if Xᵢⱼ = yⱼ, else ∂E/∂Zᵢⱼ)`.
 *
 * @param x The tensor `X`, of any shape.
 * @param y The tensor `y`, of any shape that broadcasts with that of `x`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * that both broadcast to.
 * @returns The gradients with respect to `x` and `y`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/minimum
 */
export function minimumD<
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

/** The gradient of {@linkcode minimum} with respect to `x`:
 * `∂E/∂Xᵢⱼ = 0 if Xᵢⱼ > yⱼ, ½ ∂E/∂Zᵢⱼ if Xᵢⱼ = yⱼ, else ∂E/∂Zᵢⱼ`.
 *
 * @param x The tensor `X`, of any shape.
 * @param y The tensor `y`, of any shape that broadcasts with that of `x`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * that both broadcast to.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/minimum
 */
export function minimumDx<
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

/** The gradient of {@linkcode minimum} with respect to `y`:
 * `∂E/∂yⱼ = Σᵢ (0 if Xᵢⱼ < yⱼ, ½ ∂E/∂Zᵢⱼ if Xᵢⱼ = yⱼ, else ∂E/∂Zᵢⱼ)`.
 *
 * @param x The tensor `X`, of any shape.
 * @param y The tensor `y`, of any shape that broadcasts with that of `x`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * that both broadcast to.
 * @returns The gradient, of the shape of `y`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/minimum
 */
export function minimumDy<
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
