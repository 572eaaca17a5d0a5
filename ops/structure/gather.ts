// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Gather
 *
 * Takes elements along an axis, each by an index of its own.
 *
 * ```math
 * Y_{ijk} = X_{i\,t_{ijk}\,k}, \qquad
 * \frac{\partial E}{\partial X_{iak}}
 *   = \sum_{j=1}^{q} [t_{ijk} = a] \frac{\partial E}{\partial Y_{ijk}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m \times p`$ | input `x` |
 * | $`t`$ | $`n \times q \times p`$ | input `indices` |
 * | $`Y`$ | $`n \times q \times p`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times q \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The option `axis` may name any axis, by default the last; it counts as the middle one
 * of three, of size $`m`$. Along it the indices have any size $`q`$, the number of
 * elements to take; along all others they have the sizes of $`X`$. This is
 * `torch.gather` for sizes that agree, and `take_along_axis` of NumPy and JAX without
 * broadcasting. To take whole rows by one index each, use {@link [embedding]
 * embedding}. The code counts indices from 0, the page from 1. They are integers, so
 * they have no gradient.
 *
 * ## Forward
 *
 * ```math
 * Y_{ijk} = X_{i\,t_{ijk}\,k}
 * ```
 *
 * This is a sum over the axis that has one term left:
 *
 * ```math
 * Y_{ijk} = \sum_{a=1}^{m} [t_{ijk} = a] X_{iak}
 * ```
 *
 * ## Derivation
 *
 * In this sum, $`X_{iak}`$ has the factor 1 where the index is $`a`$, and 0
 * elsewhere; no other $`i`$ or $`k`$ occurs. With the Kronecker delta, which is 1
 * where its two indices are equal and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_{bjc}}{\partial X_{iak}}
 *   = \delta_{a\,t_{bjc}} \delta_{bi} \delta_{ck}
 * ```
 *
 * The chain rule sums over every element of $`Y`$, and the last two deltas leave
 * the sum over $`j`$:
 *
 * ```math
 * \frac{\partial E}{\partial X_{iak}}
 *   = \sum_{b=1}^{n} \sum_{j=1}^{q} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial Y_{bjc}} \frac{\partial Y_{bjc}}{\partial X_{iak}}
 *   = \sum_{j=1}^{q} [t_{ijk} = a] \frac{\partial E}{\partial Y_{ijk}}
 * ```
 *
 * An element that is taken several times gets a gradient from each position; one
 * that is never taken has a gradient of 0. So the gradient is
 * {@link [scatter-add] scatterAdd} of `dout` to zeros.
 *
 * ## Backward
 *
 * {@linkcode gatherDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{iak}}
 *   = \sum_{j : t_{ijk} = a} \frac{\partial E}{\partial Y_{ijk}}
 * ```
 *
 * ## Special points
 *
 * The output is linear in $`X`$, so there are no kinks. NaN and infinity affect
 * only the outputs that take them. An index below 0 or beyond the axis is an
 * error, as in PyTorch and TensorFlow; JAX counts negative ones from the end, and
 * gives NaN for those that are too large.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [[1, 2, 3]], indices = [[2, 0, 2, 2]], dout = [[1, 10, 100, 1000]]` | `[[3, 1, 3, 3]]` | `[[10, 0, 1101]]` | same | same | same |
 * | `x = [[1, 2], [3, 4]], indices = [[1, 0]], axis = 0` | `[[3, 2]]` | `[[0, 1], [1, 0]]` | same | same | — |
 * | `x = [[1, NaN, ∞]], indices = [[0, 2]]` | `[[1, ∞]]` | `[[1, 0, 1]]` | same | same | same |
 * | `x = [[1, 2]], indices = [[0, 0]], dout = [[∞, -∞]]` | `[[1, 1]]` | `[[NaN, 0]]` | same | same | same |
 *
 * ## Cost
 *
 * One index and one element are read for each element of the output. The backward
 * pass needs the indices and the shape of $`X`$. It adds along the axis in float64
 * and in the order of $`j`$, so that the same call gives the same bits, and rounds
 * a float32 result once. The sums take memory for $`m`$ numbers.
 *
 * ## Example
 *
 * The logit of each row's class:
 *
 * ```ts
 * import { gather, gatherDx } from "@adjoint/ops/gather";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const logits = tensor([[1, 2, 3], [4, 5, 6]]);
 * const classes = tensor([[2], [0]], { dtype: "int32" });
 *
 * assertEquals(gather(logits, classes), tensor([[3], [4]]));
 * assertEquals(
 *   gatherDx(logits, classes, ones([2, 1])),
 *   tensor([[0, 0, 1], [1, 0, 0]]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.gather(x, axis, indices)`
 * - JAX: `jnp.take_along_axis(x, indices, axis=axis)`
 * - TensorFlow: `tf.gather(x, indices, axis=axis, batch_dims=x.shape.rank - 1)`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { axis } from "../core/options.ts";
import type {
  AxisOptions,
  Float,
  GradientOptions,
  Integers,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("gather", {
  inputs: {
    x: "n… m p…",
    indices: { shape: "n… q p…", integer: { from: 0, below: "m" } },
  },
  options: { axis: axis("m", -1) },
  outputs: { y: "n… q p…" },

  forward({ x, indices, y, n, m, q, p }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < q; j++) {
        for (let k = 0; k < p; k++) {
          const at = (i * q + j) * p + k, t = indices[at];
          y[at] = x[(i * m + t) * p + k]; // Yᵢⱼₖ = Xᵢₜₖ
        }
      }
    }
  },

  backward({ indices, dy, dx, n, m, q, p }) {
    const sums = new Float64Array(m);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        sums.fill(0);
        for (let j = 0; j < q; j++) {
          const at = (i * q + j) * p + k, t = indices[at];
          sums[t] += dy[at];
        }
        for (let a = 0; a < m; a++) {
          dx[(i * m + a) * p + k] = sums[a]; // ∂E/∂Xᵢₐₖ = Σⱼ ∂E/∂Yᵢⱼₖ
        }
      }
    }
  },

  kernels: {
    forward({ x, indices, y, n, m, q, p }) {
      if (p > 1) return false;
      for (let i = 0; i < n; i++) {
        const row = i * m, end = i * q + q;
        for (let at = i * q; at < end; at++) y[at] = x[row + indices[at]];
      }
    },
  },
});

/** The elements along an axis that indices name: `Yᵢⱼₖ = X[i, tᵢⱼₖ, k]`, where
 * `t` holds the indices.
 *
 * @param x The tensor `X`, of shape `n×m×p`, where m is the axis.
 * @param indices The places `t` along the axis, of shape `n×q×p`, at least 0 and
 * below m.
 * @param options The axis, the last one by default.
 * @returns The elements `Y`, of shape `n×q×p`.
 *
 * @example Usage
 * ```ts
 * import { gather } from "@adjoint/ops/gather";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * const indices = tensor([[2, 0], [1, 1]], { dtype: "int32" });
 *
 * assertEquals(gather(x, indices), tensor([[3, 1], [5, 5]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/gather
 */
export function gather<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  indices: Tensor<SameShape<T, { [I in keyof S]: number }>, Integers>,
  options?: AxisOptions & Options<NoInfer<T>, NoInfer<D>>,
): Tensor<T, D> {
  return signature.forward([x, indices], options);
}

/** The gradient of {@linkcode gather}: `∂E/∂Xᵢₐₖ = Σ[j: tᵢⱼₖ = a] ∂E/∂Yᵢⱼₖ`.
 *
 * @param x The tensor `X`, of shape `n×m×p`, where m is the axis.
 * @param indices The places `t` along the axis, of shape `n×q×p`, at least 0 and
 * below m.
 * @param dout The gradient of the loss with respect to `Y`, of shape `n×q×p`.
 * @param options The axis, the last one by default.
 * @returns The gradient with respect to `x`; indices have none.
 *
 * @see https://jsr.io/@adjoint/ops/doc/gather
 */
export function gatherD<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  indices: Tensor<SameShape<T, { [I in keyof S]: number }>, Integers>,
  dout: Tensor<SameShape<U, NoInfer<T>>, NoInfer<D>>,
  options?: AxisOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, indices, dout], options);
}

/** The gradient of {@linkcode gather} with respect to `x`: `∂E/∂Xᵢₐₖ = Σ[j: tᵢⱼₖ = a] ∂E/∂Yᵢⱼₖ`.
 *
 * @param x The tensor `X`, of shape `n×m×p`, where m is the axis.
 * @param indices The places `t` along the axis, of shape `n×q×p`, at least 0 and
 * below m.
 * @param dout The gradient of the loss with respect to `Y`, of shape `n×q×p`.
 * @param options The axis, the last one by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/gather
 */
export function gatherDx<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  indices: Tensor<SameShape<T, { [I in keyof S]: number }>, Integers>,
  dout: Tensor<SameShape<U, NoInfer<T>>, NoInfer<D>>,
  options?: AxisOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, indices, dout], options);
}
