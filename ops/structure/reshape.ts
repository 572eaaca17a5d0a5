// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Reshape
 *
 * Gives a tensor another shape, with the same elements in the same order.
 *
 * ```math
 * Y_k = X_{\lfloor (k - 1) / m \rfloor + 1,\, (k - 1) \bmod m + 1}, \qquad
 * \frac{\partial E}{\partial X_{ij}} = \frac{\partial E}{\partial Y_{(i - 1) m + j}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m`$ | input `x` |
 * | $`Y`$ | $`n m`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n m`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page turns a matrix into a vector. Any shape becomes any other of the same
 * number of elements by way of this vector, which is what a tensor has in memory:
 * the last axis varies fastest. One of the new dimensions may be −1, and is
 * computed from the others.
 *
 * ## Forward
 *
 * ```math
 * Y_k = X_{\lfloor (k - 1) / m \rfloor + 1,\, (k - 1) \bmod m + 1}
 * ```
 *
 * ## Derivation
 *
 * Row $`i`$ begins after the $`m`$ elements of each row before it, so its element
 * $`j`$ has the number $`(i - 1) m + j`$. With the Kronecker delta, which is 1
 * where its two indices are equal and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_k}{\partial X_{ij}} = \delta_{k,\,(i - 1) m + j}
 * ```
 *
 * The chain rule sums over every element of $`Y`$, and the delta leaves one:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}}
 *   = \sum_{k=1}^{n m} \frac{\partial E}{\partial Y_k} \frac{\partial Y_k}{\partial X_{ij}}
 *   = \frac{\partial E}{\partial Y_{(i - 1) m + j}}
 * ```
 *
 * So the gradient is `dout` in the shape of $`X`$.
 *
 * ## Backward
 *
 * {@linkcode reshapeDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}} = \frac{\partial E}{\partial Y_{(i - 1) m + j}}
 * ```
 *
 * ## Special points
 *
 * Elements keep their values, NaN and infinity included.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [[1, NaN], [∞, 4]], dout = [5, NaN, 7, -∞]` | `[1, NaN, ∞, 4]` | `[[5, NaN], [7, -∞]]` | same | same | same |
 *
 * ## Cost
 *
 * Nothing is copied, forward or backward: the result has the same `data` as $`X`$,
 * and the gradient the same as `dout`. This is the only operation whose results
 * share memory with its arguments, so it has no option `out`.
 *
 * ## Example
 *
 * ```ts
 * import { reshape, reshapeDx } from "@adjoint/ops/reshape";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals, assertStrictEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * const y = reshape(x, [-1]);
 *
 * assertEquals(y, tensor([1, 2, 3, 4, 5, 6]));
 * assertStrictEquals(y.data, x.data);
 * assertEquals(reshapeDx(x, [-1], y), x);
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.reshape(x, (-1,))`
 * - JAX: `jnp.reshape(x, (-1,))`
 * - TensorFlow: `tf.reshape(x, (-1,))`
 *
 * @module
 */

import {
  badType,
  checkNoOptions,
  checkSameShape,
  read,
} from "../core/checks.ts";
import { checkFloats } from "../core/lists.ts";
import { askedOf, checkKeys, op, type Signature } from "../core/op.ts";
import type { Float, SameShape, Shape, Tensor } from "../core/types.ts";
import { withShape } from "../core/views.ts";
import { reshape, type Reshaped } from "../tensor.ts";

export { reshape, type Reshaped };

/** The signature that the proof uses, for the page's matrix.
 *
 * @internal
 */
export const signature: Signature = op("reshape", {
  inputs: { x: "n m" },
  outputs: { y: "n*m" },

  forward({ x, y, n, m }) {
    for (let k = 0; k < n * m; k++) y[k] = x[k]; // What a tensor is in memory.
  },

  backward({ dy, dx, n, m }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) dx[i * m + j] = dy[i * m + j]; // ∂E/∂Xᵢⱼ
    }
  },
});

/** The gradient: `dout` must be what the forward function gave, in its shape. */
function back(act: string, x: unknown, shape: Shape, dout: unknown) {
  const { shape: from, dtype, data } = checkFloats(act, "x", x);
  const { shape: to } = withShape(act, { shape: from, data }, shape);
  const found = checkFloats(act, "dout", dout);
  checkSameShape(act, "dout", found.shape, "the output", to);
  if (found.dtype !== dtype) {
    throw badType(act, "x", dtype, "dout", found.dtype);
  }
  return withShape(act, found, from);
}

const flat: Shape = [-1];

/** The functions for the page's matrix.
 *
 * @internal
 */
export const asOnPage: object = {
  reshape: (x: Tensor) => reshape(x, flat),
  reshapeD: (x: Tensor, dout: Tensor) => reshapeD(x, flat, dout),
  reshapeDx: (x: Tensor, dout: Tensor) => reshapeDx(x, flat, dout),
};

/** The gradient of {@linkcode reshape}, without a copy:
 * `∂E/∂Xᵢⱼ = ∂E/∂Y[(i − 1) m + j]` for a matrix `X`.
 *
 * @param x The tensor `X`, of any shape.
 * @param shape The new dimensions, as {@linkcode reshape} takes them.
 * @param dout The gradient of the loss with respect to `Y`, of its shape.
 * @param options What is asked for, as all gradients take it.
 * @returns The gradient with respect to `x`, which shares its memory with `dout`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/reshape
 */
export function reshapeD<
  S extends Shape,
  const T extends Shape,
  U extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  shape: T,
  dout: Tensor<SameShape<U, Reshaped<T>>, NoInfer<D>>,
  options?: { wrt?: readonly "x"[] | undefined },
): { x: Tensor<S, D> } {
  const act = "compute reshapeD";
  checkKeys(act, options, ["wrt"], "", "the options");
  const wrt = options && read(act, "the options", options, "wrt");
  const dx = back(act, x, shape, dout) as Tensor<S, D>;
  return (askedOf(act, wrt, ["x"]).length > 0 ? { x: dx } : {}) as {
    x: typeof dx;
  };
}

/** The gradient of {@linkcode reshape} with respect to `x`, without a copy:
 * `∂E/∂Xᵢⱼ = ∂E/∂Y[(i − 1) m + j]` for a matrix `X`.
 *
 * @param x The tensor `X`, of any shape.
 * @param shape The new dimensions, as {@linkcode reshape} takes them.
 * @param dout The gradient of the loss with respect to `Y`, of its shape.
 * @returns The gradient, of the shape of `x`, which shares its memory with `dout`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/reshape
 */
export function reshapeDx<
  S extends Shape,
  const T extends Shape,
  U extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  shape: T,
  dout: Tensor<SameShape<U, Reshaped<T>>, NoInfer<D>>,
): Tensor<S, D> {
  const act = "compute reshapeDx";
  checkNoOptions(act, arguments[3]);
  return back(act, x, shape, dout) as Tensor<S, D>;
}
