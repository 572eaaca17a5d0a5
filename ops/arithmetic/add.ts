// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Addition
 *
 * Adds two tensors element by element, and broadcasts them as NumPy does.
 *
 * ```math
 * Z_{ij} = X_{ij} + y_j, \qquad
 * \frac{\partial E}{\partial X_{ij}} = \frac{\partial E}{\partial Z_{ij}}, \qquad
 * \frac{\partial E}{\partial y_j} = \sum_{i=1}^{n} \frac{\partial E}{\partial Z_{ij}}
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
 * Z_{ij} = X_{ij} + y_j
 * ```
 *
 * ## Derivation
 *
 * **With respect to $`X`$.** Each element of $`Z`$ contains one element of $`X`$,
 * the one in the same position, with the factor 1. The Kronecker delta is 1 where
 * its two indices are equal, and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Z_{ab}}{\partial X_{ij}} = \delta_{ai} \delta_{bj}
 * ```
 *
 * The chain rule sums over every element of $`Z`$, and the deltas leave one:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}}
 *   = \sum_{a=1}^{n} \sum_{b=1}^{m}
 *     \frac{\partial E}{\partial Z_{ab}} \frac{\partial Z_{ab}}{\partial X_{ij}}
 *   = \frac{\partial E}{\partial Z_{ij}}
 * ```
 *
 * **With respect to $`y`$.** $`y_j`$ occurs in every element of column $`j`$, with
 * the factor 1:
 *
 * ```math
 * \frac{\partial Z_{ab}}{\partial y_j} = \delta_{bj}
 * ```
 *
 * The delta leaves the sum over the rows, along which $`y`$ was repeated:
 *
 * ```math
 * \frac{\partial E}{\partial y_j}
 *   = \sum_{a=1}^{n} \sum_{b=1}^{m}
 *     \frac{\partial E}{\partial Z_{ab}} \frac{\partial Z_{ab}}{\partial y_j}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial Z_{ij}}
 * ```
 *
 * The same holds for every operand: its gradient is summed over the axes along
 * which the operand was repeated, so it has the operand's own shape.
 *
 * ## Backward
 *
 * {@linkcode addDx}, to be summed where $`X`$ is repeated:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}} = \frac{\partial E}{\partial Z_{ij}}
 * ```
 *
 * {@linkcode addDy}, to be summed where $`y`$ is repeated:
 *
 * ```math
 * \frac{\partial E}{\partial y_j} = \sum_{i=1}^{n} \frac{\partial E}{\partial Z_{ij}}
 * ```
 *
 * ## Special points
 *
 * The sum is smooth, so it has no kinks. The gradients do not depend on the
 * operands, so a NaN or an infinity in an operand does not reach them.
 *
 * | at | $`Z`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial y}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ----- | ------- | --- | ---------- |
 * | `x = NaN, y = 2` | `NaN` | `1` | `1` | same | same | same |
 * | `x = ∞, y = -∞` | `NaN` | `1` | `1` | same | same | same |
 * | `x = 1, y = 2, dout = NaN` | `3` | `NaN` | `NaN` | same | same | same |
 * | `x = [[1, 2], [3, 4]], y = [10, 100]` | `[[11, 102], [13, 104]]` | `[[1, 1], [1, 1]]` | `[2, 2]` | same | same | same |
 * | `x = [[1], [2]], y = [3, 4]` | `[[4, 5], [5, 6]]` | `[[2], [2]]` | `[2, 2]` | same | same | same |
 * | `x = [[]], y = [1]` | `[[]]` | `[[]]` | `[0]` | same | same | same |
 *
 * ## Cost
 *
 * One addition for each element of $`Z`$, and about as much for each gradient.
 * All are limited by memory bandwidth. The backward pass needs neither input,
 * only their shapes.
 *
 * Kernels repeat an operand such as a row without a copy; others are first
 * expanded to the shape of $`Z`$. The gradient of a repeated operand is summed in
 * float64 and rounded once, when it is stored.
 *
 * ## Example
 *
 * ```ts
 * import { add, addDx, addDy } from "@adjoint/ops/add";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * const y = tensor([10, 100]);
 * const dout = ones([2, 2]); // The gradient of E = the sum of z.
 *
 * assertEquals(add(x, y), tensor([[11, 102], [13, 104]]));
 * assertEquals(addDx(x, y, dout), tensor([[1, 1], [1, 1]]));
 * assertEquals(addDy(x, y, dout), tensor([2, 2]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.add(x, y)`
 * - JAX: `jnp.add(x, y)`
 * - TensorFlow: `tf.add(x, y)`
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
import { each, formula, plus } from "../kernels/elementwise.ts";
import { spread } from "../kernels/stream.ts";

const FORWARD = formula((x, y) => plus(x, y));

/** @internal The declaration from which the checks, the tests and the proof are
 * derived. */
export const signature: Signature = op("add", {
  inputs: { x: "n…", y: "m…" },
  outputs: { z: "n… ∨ m…" },

  // A repeated operand arrives expanded, and its gradient is summed afterwards.
  forward({ x, y, z, n }) {
    for (let i = 0; i < n; i++) {
      z[i] = x[i] + y[i]; // Zᵢⱼ = Xᵢⱼ + yⱼ
    }
  },

  backward({ dz, dx, dy, n }) {
    for (let i = 0; dx && i < n; i++) {
      dx[i] = dz[i]; // ∂E/∂Xᵢⱼ = ∂E/∂Zᵢⱼ
    }
    for (let i = 0; dy && i < n; i++) {
      dy[i] = dz[i]; // ∂E/∂yⱼ = Σᵢ ∂E/∂Zᵢⱼ
    }
  },

  kernels: {
    forward: ({ x, y, z }) => each(FORWARD, z, [x, y]),
    backward: ({ dz, dx, dy }) => {
      if (dx) spread(dz, dx, 1);
      if (dy) spread(dz, dy, 1);
    },
  },
});

/** Adds element by element: `Zᵢⱼ = Xᵢⱼ + yⱼ`.
 *
 * @param x The tensor `X`, of any shape.
 * @param y The tensor `y`, of any shape that broadcasts with that of `x`.
 * @returns The sum `Z`, of the shape that both broadcast to.
 *
 * @example Usage
 * ```ts
 * import { add } from "@adjoint/ops/add";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 *
 * assertEquals(add(x, tensor([10, 100])), tensor([[11, 102], [13, 104]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/add
 */
export function add<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  y: Tensor<Broadcastable<T, S>, NoInfer<D>>,
  options?: Options<NoInfer<Broadcast<S, T>>, NoInfer<D>>,
): Tensor<Broadcast<S, T>, D> {
  return signature.forward([x, y], options);
}

/** Both gradients of {@linkcode add}: `∂E/∂Xᵢⱼ = ∂E/∂Zᵢⱼ`, and
 * `∂E/∂yⱼ = Σᵢ ∂E/∂Zᵢⱼ`.
 *
 * @param x The tensor `X`, of any shape.
 * @param y The tensor `y`, of any shape that broadcasts with that of `x`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * that both broadcast to.
 * @returns The gradients with respect to `x` and `y`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/add
 */
export function addD<
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

/** The gradient of {@linkcode add} with respect to `x`:
 * `∂E/∂Xᵢⱼ = ∂E/∂Zᵢⱼ`.
 *
 * @param x The tensor `X`, of any shape.
 * @param y The tensor `y`, of any shape that broadcasts with that of `x`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * that both broadcast to.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/add
 */
export function addDx<
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

/** The gradient of {@linkcode add} with respect to `y`:
 * `∂E/∂yⱼ = Σᵢ ∂E/∂Zᵢⱼ`.
 *
 * @param x The tensor `X`, of any shape.
 * @param y The tensor `y`, of any shape that broadcasts with that of `x`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * that both broadcast to.
 * @returns The gradient, of the shape of `y`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/add
 */
export function addDy<
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
