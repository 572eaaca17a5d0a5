// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Where
 *
 * Takes each element from one of two tensors, chosen by a mask.
 *
 * ```math
 * Z_i = \begin{cases}
 *   X_i & M_i \ne 0 \\
 *   Y_i & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \begin{cases}
 *   \frac{\partial E}{\partial Z_i} & M_i \ne 0 \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial Y_i} = \begin{cases}
 *   0 & M_i \ne 0 \\
 *   \frac{\partial E}{\partial Z_i} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`M`$ | $`n`$ | input `mask` |
 * | $`X`$ | $`n`$ | input `x` |
 * | $`Y`$ | $`n`$ | input `y` |
 * | $`Z`$ | $`n`$ | output |
 * | $`\frac{\partial E}{\partial Z}`$ | $`n`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The function acts on each element separately, so the page treats tensors of any
 * common shape as the vectors of their $`n`$ elements. The mask holds integers: 0
 * means no, any other number yes. It has no gradient.
 *
 * ## Forward
 *
 * ```math
 * Z_i = \begin{cases}
 *   X_i & M_i \ne 0 \\
 *   Y_i & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Derivation
 *
 * The chain rule sums over every output that $`X_i`$ may act on:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \sum_{a=1}^{n} \frac{\partial E}{\partial Z_a} \frac{\partial Z_a}{\partial X_i}
 * ```
 *
 * If the mask is not 0, the output is $`X_i`$ itself, and its slope is 1.
 * Otherwise it does not depend on $`X_i`$ at all. For $`Y_i`$ it is the other way
 * round. A bracket is 1 where its condition holds, and 0 elsewhere. Only the
 * output in the same position depends on $`X_i`$ and $`Y_i`$. The Kronecker delta
 * $`\delta_{ai}`$ expresses this: it is 1 where $`a`$ is $`i`$, and 0 elsewhere.
 *
 * ```math
 * \frac{\partial Z_a}{\partial X_i} = \delta_{ai} [M_i \ne 0], \qquad
 * \frac{\partial Z_a}{\partial Y_i} = \delta_{ai} [M_i = 0]
 * ```
 *
 * The delta leaves one term of the chain rule's sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Z_i} [M_i \ne 0], \qquad
 * \frac{\partial E}{\partial Y_i} = \frac{\partial E}{\partial Z_i} [M_i = 0]
 * ```
 *
 * ## Backward
 *
 * {@linkcode whereDx} and {@linkcode whereDy} select instead of multiplying by
 * the brackets:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \begin{cases}
 *   \frac{\partial E}{\partial Z_i} & M_i \ne 0 \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial Y_i} = \begin{cases}
 *   0 & M_i \ne 0 \\
 *   \frac{\partial E}{\partial Z_i} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Special points
 *
 * An element that is not taken may be NaN or infinite; it affects neither the output
 * nor the gradients. An infinite gradient of the output does not affect the gradient of
 * the tensor that was not taken.
 *
 * | at | $`Z`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial Y}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ----- | ------- | --- | ---------- |
 * | `mask = [1, 0], x = [1, 2], y = [3, 4]` | `[1, 4]` | `[1, 0]` | `[0, 1]` | same | same | same |
 * | `mask = [2, -1], x = [1, 2], y = [3, 4]` | `[1, 2]` | `[1, 1]` | `[0, 0]` | same | same | same |
 * | `mask = [1, 0], x = [1, NaN], y = [NaN, 4]` | `[1, 4]` | `[1, 0]` | `[0, 1]` | same | same | same |
 * | `mask = [1, 0], x = [1, ∞], y = [-∞, 4]` | `[1, 4]` | `[1, 0]` | `[0, 1]` | same | same | same |
 * | `mask = [1, 0], x = [1, 2], y = [3, 4], dout = [NaN, ∞]` | `[1, 4]` | `[NaN, 0]` | `[0, ∞]` | same | same | same |
 * | `mask = [1, 0], x = [NaN, 2], y = [3, -∞]` | `[NaN, -∞]` | `[1, 0]` | `[0, 1]` | same | same | same |
 *
 * ## Stability
 *
 * Multiplying by the brackets gives the same numbers in exact arithmetic, but not
 * in floating point:
 *
 * ```math
 * Z_i = [M_i \ne 0] X_i + [M_i = 0] Y_i
 * ```
 *
 * There 0 times NaN and 0 times infinity are NaN, so a masked element comes
 * through. The same happens if the mask is applied too late: the gradient of a
 * function that is infinite at a masked element, such as the root at 0, is
 * multiplied by the 0 that this page's backward pass returns, which gives NaN.
 * The function must not see that element at all: apply `where` to its input, too,
 * not only to its output.
 *
 * ## Cost
 *
 * One comparison for each element, forward and backward. The backward pass needs the mask,
 * but neither $`X`$ nor $`Y`$.
 *
 * ## Example
 *
 * The root of the elements above 0, and 0 for the others, with a finite gradient:
 *
 * ```ts
 * import { sqrt, sqrtDx } from "@adjoint/ops/sqrt";
 * import { where, whereDx } from "@adjoint/ops/where";
 * import { ones, tensor, zeros } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([4, 0, -1]);
 * const mask = { shape: x.shape, data: Uint8Array.from(x.data, (v) => v > 0 ? 1 : 0) };
 *
 * const safe = where(mask, x, ones([3])); // The root sees no 0.
 * assertEquals(where(mask, sqrt(safe), zeros([3])), tensor([2, 0, 0]));
 *
 * const dout = whereDx(mask, safe, zeros([3]), ones([3]));
 * const dx = whereDx(mask, x, ones([3]), sqrtDx(safe, dout));
 * assertEquals(dx, tensor([0.25, 0, 0]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.where(mask != 0, x, y)`
 * - JAX: `jnp.where(mask != 0, x, y)`
 * - TensorFlow: `tf.where(mask != 0, x, y)`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import type {
  Float,
  GradientOptions,
  Integers,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { choose, each, formula, unequal } from "../kernels/elementwise.ts";

const FORWARD = formula((mask, x, y) => choose(unequal(mask, 0), x, y));
const BACKWARD_X = formula((mask, dz) => choose(unequal(mask, 0), dz, 0));
const BACKWARD_Y = formula((mask, dz) => choose(unequal(mask, 0), 0, dz));

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("where", {
  inputs: { mask: { shape: "n…", integer: {} }, x: "n…", y: "n…" },
  outputs: { z: "n…" },

  forward({ mask, x, y, z, n }) {
    for (let i = 0; i < n; i++) {
      z[i] = mask[i] !== 0 ? x[i] : y[i]; // Zᵢ = Xᵢ if Mᵢ ≠ 0, else Yᵢ
    }
  },

  backward({ mask, dz, dx, dy, n }) {
    for (let i = 0; i < n; i++) {
      if (dx) dx[i] = mask[i] !== 0 ? dz[i] : 0; // ∂E/∂Xᵢ = ∂E/∂Zᵢ if Mᵢ ≠ 0, else 0
      if (dy) dy[i] = mask[i] !== 0 ? 0 : dz[i]; // ∂E/∂Yᵢ = 0 if Mᵢ ≠ 0, else ∂E/∂Zᵢ
    }
  },

  kernels: {
    forward: ({ mask, x, y, z }) => each(FORWARD, z, [mask, x, y]),
    backward: ({ mask, dz, dx, dy }) =>
      (!dx || each(BACKWARD_X, dx, [mask, dz])) &&
      (!dy || each(BACKWARD_Y, dy, [mask, dz])),
  },
});

/** The elements of one tensor or of another: `Zᵢ = Xᵢ if Mᵢ ≠ 0, else Yᵢ`.
 *
 * @param mask The mask, a tensor of integers of the shape of `x`.
 * @param x The tensor to take from where the mask is not 0, of any shape.
 * @param y The tensor to take from where the mask is 0, of the shape of `x`.
 * @returns The output `Z`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { where } from "@adjoint/ops/where";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const mask = tensor([1, 0], { dtype: "uint8" });
 * assertEquals(where(mask, tensor([1, 2]), tensor([3, 4])), tensor([1, 4]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/where
 */
export function where<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  D extends Float,
>(
  mask: Tensor<SameShape<T, S>, Integers>,
  x: Tensor<S, D>,
  y: Tensor<SameShape<U, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([mask, x, y], options);
}

/** Both gradients of {@linkcode where}: `∂E/∂Xᵢ = ∂E/∂Zᵢ if Mᵢ ≠ 0, else 0`,
 * `∂E/∂Yᵢ = 0 if Mᵢ ≠ 0, else ∂E/∂Zᵢ`.
 *
 * @param mask The mask, a tensor of integers of the shape of `x`.
 * @param x The tensor to take from where the mask is not 0, of any shape.
 * @param y The tensor to take from where the mask is 0, of the shape of `x`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradients with respect to `x` and `y`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/where
 */
export function whereD<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  V extends Shape,
  D extends Float,
  W extends "x" | "y" = "x" | "y",
>(
  mask: Tensor<SameShape<T, S>, Integers>,
  x: Tensor<S, D>,
  y: Tensor<SameShape<U, S>, NoInfer<D>>,
  dout: Tensor<SameShape<V, S>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D>; y: Tensor<S, D> }, W>,
): Pick<{ x: Tensor<S, D>; y: Tensor<S, D> }, W> {
  return signature.backward([mask, x, y, dout], options);
}

/** The gradient of {@linkcode where} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Zᵢ if Mᵢ ≠ 0, else 0`.
 *
 * @param mask The mask, a tensor of integers of the shape of `x`.
 * @param x The tensor to take from where the mask is not 0, of any shape.
 * @param y The tensor to take from where the mask is 0, of the shape of `x`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/where
 */
export function whereDx<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  V extends Shape,
  D extends Float,
>(
  mask: Tensor<SameShape<T, S>, Integers>,
  x: Tensor<S, D>,
  y: Tensor<SameShape<U, S>, NoInfer<D>>,
  dout: Tensor<SameShape<V, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [mask, x, y, dout], options);
}

/** The gradient of {@linkcode where} with respect to `y`:
 * `∂E/∂Yᵢ = 0 if Mᵢ ≠ 0, else ∂E/∂Zᵢ`.
 *
 * @param mask The mask, a tensor of integers of the shape of `x`.
 * @param x The tensor to take from where the mask is not 0, of any shape.
 * @param y The tensor to take from where the mask is 0, of the shape of `x`.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/where
 */
export function whereDy<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  V extends Shape,
  D extends Float,
>(
  mask: Tensor<SameShape<T, S>, Integers>,
  x: Tensor<S, D>,
  y: Tensor<SameShape<U, S>, NoInfer<D>>,
  dout: Tensor<SameShape<V, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("y", [mask, x, y, dout], options);
}
