// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Broadcast
 *
 * Repeats a tensor along new axes, and along axes of size 1, to a given shape.
 *
 * ```math
 * Y_{ij} = X_j, \qquad
 * \frac{\partial E}{\partial X_j} = \sum_{i=1}^{m} \frac{\partial E}{\partial Y_{ij}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n`$ | input `x` |
 * | $`m`$ | integer | option `m` |
 * | $`Y`$ | $`m \times n`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`m \times n`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page repeats a vector $`m`$ times, to the shape $`m \times n`$. In general
 * shapes are aligned at their last axes, as in NumPy: axes that $`X`$ lacks, or
 * that have size 1, are repeated; all others must have the requested size.
 * Repeating along several axes means repeating along one after another.
 *
 * ## Forward
 *
 * ```math
 * Y_{ij} = X_j
 * ```
 *
 * ## Derivation
 *
 * Each element of $`X`$ is in the output $`m`$ times. With the Kronecker delta, which
 * is 1 where its two indices are equal and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_{ib}}{\partial X_j} = \delta_{bj}
 * ```
 *
 * The chain rule sums over every element of $`Y`$, and the delta leaves the column
 * $`j`$:
 *
 * ```math
 * \frac{\partial E}{\partial X_j}
 *   = \sum_{i=1}^{m} \sum_{b=1}^{n}
 *     \frac{\partial E}{\partial Y_{ib}} \frac{\partial Y_{ib}}{\partial X_j}
 *   = \sum_{i=1}^{m} \frac{\partial E}{\partial Y_{ij}}
 * ```
 *
 * The gradients of all copies of an element are added up: the gradient of a
 * broadcast is a {@link [sum] sum}, and the gradient of a sum is a broadcast.
 *
 * ## Backward
 *
 * {@linkcode broadcastToDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_j} = \sum_{i=1}^{m} \frac{\partial E}{\partial Y_{ij}}
 * ```
 *
 * ## Special points
 *
 * Elements are copied unchanged, NaN and infinity included. If an axis of size 1
 * is broadcast to size 0, the output is empty, and the gradient is 0.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [NaN, -∞], m = 2` | `[[NaN, -∞], [NaN, -∞]]` | `[2, 2]` | same | same | same |
 * | `x = [1, 2], m = 2, dout = [[∞, NaN], [-∞, 1]]` | `[[1, 2], [1, 2]]` | `[NaN, NaN]` | same | same | same |
 *
 * ## Cost
 *
 * Each element of $`Y`$ is written once. The result is a new tensor: unlike
 * PyTorch's, it shares no memory with $`X`$. The arithmetic functions of this
 * library broadcast by themselves; this function is for the others. The backward
 * pass adds in float64, rounds a float32 result once, and needs only the shape of
 * $`X`$.
 *
 * ## Example
 *
 * ```ts
 * import { broadcastTo, broadcastToDx } from "@adjoint/ops/broadcast-to";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1], [2]]);
 *
 * assertEquals(
 *   broadcastTo(x, [2, 3]),
 *   tensor([[1, 1, 1], [2, 2, 2]]),
 * );
 * assertEquals(
 *   broadcastToDx(x, [2, 3], ones([2, 3])),
 *   tensor([[3], [3]]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.broadcast_to(x, (m, *x.shape))`
 * - JAX: `jnp.broadcast_to(x, (m, *x.shape))`
 * - TensorFlow: `tf.broadcast_to(x, (m, *x.shape))`
 *
 * @module
 */

import {
  type Checked,
  checkShape,
  isSameShape,
  product,
  showShape,
} from "../core/checks.ts";
import { broadcast } from "../core/axes.ts";
import { checkFloats, kept, mover, readOptions } from "../core/lists.ts";
import { op, type Signature } from "../core/op.ts";
import { integer } from "../core/options.ts";
import type {
  Broadcastable,
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { broadcastSteps, move, stepsOf, sumInto } from "../core/views.ts";

/** The signature that the proof uses, for the page's vector.
 *
 * @internal
 */
export const signature: Signature = op("broadcastTo", {
  inputs: { x: "n" },
  options: { m: integer(2, { from: 1 }) },
  outputs: { y: "m n" },

  forward({ x, y, m, n }) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) y[i * n + j] = x[j]; // Yᵢⱼ = Xⱼ
    }
  },

  backward({ dy, dx, m, n }) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let i = 0; i < m; i++) sum += dy[i * n + j];
      dx[j] = sum; // ∂E/∂Xⱼ = Σᵢ ∂E/∂Yᵢⱼ
    }
  },
});

/** The operation for the shape of a tensor and its target shape. */
const broadcasting = kept(({ shape, to }: { shape: Shape; to: Shape }) => {
  const steps = broadcastSteps(shape, to), ySteps = stepsOf(to);
  const size = product(shape);
  return mover(
    "broadcastTo",
    { x: shape },
    { y: to },
    ({ x, y }) =>
      move(to, { data: x!, at: 0, steps }, { data: y!, at: 0, steps: ySteps }),
    ({ dy, dx }) => sumInto(dy!, to, shape, dx!, size),
  );
});

/** The operation that a call uses. */
function seen(
  act: string,
  given: unknown,
  shape: unknown,
  options: unknown,
  more: "" | "wrt" = "",
): { of: Signature; x: Checked<Shape, Float>; rest: object } {
  const x = checkFloats(act, "x", given);
  const to = checkShape(act, "shape", shape);
  const { rest } = readOptions(act, options, [], more);
  const found = broadcast(x.shape, to);
  if (found === undefined || !isSameShape(found, to)) {
    throw new TypeError(
      `Cannot ${act} as each axis of x must be 1 or that of shape, counted from the last: x is ${
        showShape(x.shape)
      }, shape is ${showShape(to)}`,
    );
  }
  return {
    of: broadcasting(`${x.shape}|${to}`, { shape: x.shape, to }),
    x,
    rest,
  };
}

type OnPage = { m?: number };
const shapeOf = (x: Tensor, { m = 2 }: OnPage) => [m, ...x.shape];

/** The functions for the page's vector.
 *
 * @internal
 */
export const asOnPage: object = {
  broadcastTo: (x: Tensor, options: OnPage) =>
    broadcastTo(x, shapeOf(x, options)),
  broadcastToD: (x: Tensor, dout: Tensor, options: OnPage) =>
    broadcastToD(x, shapeOf(x, options), dout),
  broadcastToDx: (x: Tensor, dout: Tensor, options: OnPage) =>
    broadcastToDx(x, shapeOf(x, options), dout),
};

/** Repeats a tensor to a shape: `Yᵢⱼ = Xⱼ`, where `i` counts along what is repeated.
 *
 * @param x The tensor `X`, of any shape.
 * @param shape The shape of the result, which that of `x` must broadcast to.
 * @returns The tensor `Y`, of that shape.
 *
 * @example Usage
 * ```ts
 * import { broadcastTo } from "@adjoint/ops/broadcast-to";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   broadcastTo(tensor([1, 2]), [3, 2]),
 *   tensor([[1, 2], [1, 2], [1, 2]]),
 * );
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/broadcast-to
 */
export function broadcastTo<
  S extends Shape,
  const T extends Shape,
  D extends Float,
>(
  x: Tensor<Broadcastable<S, NoInfer<T>>, D>,
  shape: T,
  options?: Options<NoInfer<T>, NoInfer<D>>,
): Tensor<T, D> {
  const { of, x: checked, rest } = seen(
    "compute broadcastTo",
    x,
    shape,
    options,
  );
  return of.forward([checked], rest);
}

/** The gradient of {@linkcode broadcastTo}: `∂E/∂Xⱼ = Σᵢ ∂E/∂Yᵢⱼ`, over what was
 * repeated.
 *
 * @param x The tensor `X`, of any shape.
 * @param shape The shape of the result.
 * @param dout The gradient of the loss with respect to `Y`, of its shape.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/broadcast-to
 */
export function broadcastToD<
  S extends Shape,
  const T extends Shape,
  U extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  shape: T,
  dout: Tensor<SameShape<U, NoInfer<T>>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  const { of, x: checked, rest } = seen(
    "compute broadcastToD",
    x,
    shape,
    options,
    "wrt",
  );
  return of.backward([checked, dout], rest);
}

/** The gradient of {@linkcode broadcastTo} with respect to `x`:
 * `∂E/∂Xⱼ = Σᵢ ∂E/∂Yᵢⱼ`, over what was repeated.
 *
 * @param x The tensor `X`, of any shape.
 * @param shape The shape of the result.
 * @param dout The gradient of the loss with respect to `Y`, of its shape.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/broadcast-to
 */
export function broadcastToDx<
  S extends Shape,
  const T extends Shape,
  U extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  shape: T,
  dout: Tensor<SameShape<U, NoInfer<T>>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  const { of, x: checked, rest } = seen(
    "compute broadcastToDx",
    x,
    shape,
    options,
  );
  return of.gradient("x", [checked, dout], rest);
}
