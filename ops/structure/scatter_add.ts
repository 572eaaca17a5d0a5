// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Scatter-add
 *
 * Adds each element of one tensor to the element of another that its index names.
 *
 * ```math
 * Z_{iak} = X_{iak} + \sum_{j=1}^{q} [t_{ijk} = a] Y_{ijk}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{iak}} = \frac{\partial E}{\partial Z_{iak}},
 * \qquad
 * \frac{\partial E}{\partial Y_{ijk}}
 *   = \frac{\partial E}{\partial Z_{i\,t_{ijk}\,k}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m \times p`$ | input `x` |
 * | $`t`$ | $`n \times q \times p`$ | input `indices` |
 * | $`Y`$ | $`n \times q \times p`$ | input `y` |
 * | $`Z`$ | $`n \times m \times p`$ | output |
 * | $`\frac{\partial E}{\partial Z}`$ | $`n \times m \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The option `axis` may name any axis, by default the last; it counts as the
 * middle one of three, of size $`m`$ in $`X`$ and of any size $`q`$ in the
 * indices and in $`Y`$, which have the same shape. Along all other axes they have
 * the sizes of $`X`$. The code counts indices from 0, the page from 1. They are
 * integers, so they have no gradient. $`X`$ is not written to: the result is a
 * new tensor, or `out`.
 *
 * ## Forward
 *
 * ```math
 * Z_{iak} = X_{iak} + \sum_{j : t_{ijk} = a} Y_{ijk}
 * ```
 *
 * ## Derivation
 *
 * $`X_{iak}`$ is one of the terms of $`Z_{iak}`$ and of nothing else, and
 * $`Y_{ijk}`$ is one of those of the element that its index names. With the
 * Kronecker delta, which is 1 where its two indices are equal and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Z_{bac}}{\partial X_{idk}} = \delta_{bi} \delta_{ad} \delta_{ck},
 * \qquad
 * \frac{\partial Z_{bac}}{\partial Y_{ijk}}
 *   = \delta_{bi} \delta_{a\,t_{ijk}} \delta_{ck}
 * ```
 *
 * The chain rule sums over every element of $`Z`$, and the deltas leave one:
 *
 * ```math
 * \frac{\partial E}{\partial X_{idk}}
 *   = \sum_{b=1}^{n} \sum_{a=1}^{m} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial Z_{bac}} \frac{\partial Z_{bac}}{\partial X_{idk}}
 *   = \frac{\partial E}{\partial Z_{idk}}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial Y_{ijk}}
 *   = \sum_{b=1}^{n} \sum_{a=1}^{m} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial Z_{bac}} \frac{\partial Z_{bac}}{\partial Y_{ijk}}
 *   = \frac{\partial E}{\partial Z_{i\,t_{ijk}\,k}}
 * ```
 *
 * So the gradient with respect to $`Y`$ is {@link [gather] gather} of `dout`.
 *
 * ## Backward
 *
 * {@linkcode scatterAddDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{iak}} = \frac{\partial E}{\partial Z_{iak}}
 * ```
 *
 * {@linkcode scatterAddDy}:
 *
 * ```math
 * \frac{\partial E}{\partial Y_{ijk}}
 *   = \frac{\partial E}{\partial Z_{i\,t_{ijk}\,k}}
 * ```
 *
 * ## Special points
 *
 * The output is linear in $`X`$ and $`Y`$, so there are no kinks. An index that
 * occurs several times adds several times. An index below 0 or beyond the axis is
 * an error, as in PyTorch; JAX counts negative ones from the end, and leaves out
 * those that are too large.
 *
 * | at | $`Z`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial Y}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [1, 2, 3], indices = [2, 0, 2, 2], y = [1, 10, 100, 1000], dout = [5, 6, 7]` | `[11, 2, 1104]` | `[5, 6, 7]` | `[7, 5, 7, 7]` | same | same | same |
 * | `x = [NaN, 2], indices = [1], y = [∞]` | `[NaN, ∞]` | `[1, 1]` | `[1]` | same | same | same |
 * | `x = [0, 2], indices = [0, 0], y = [∞, -∞]` | `[NaN, 2]` | `[1, 1]` | `[1, 1]` | same | same | same |
 * | `x = [1, 2], indices = [1, 1], y = [3, 4], dout = [NaN, ∞]` | `[1, 9]` | `[NaN, ∞]` | `[∞, ∞]` | same | same | same |
 *
 * ## Stability
 *
 * The code adds in float64 and in the order of $`j`$: the same call gives the
 * same bits, and a float32 result is rounded once. If a float32 sum is rounded at
 * each step, 2²⁴ plus sixteen times 1 is 2²⁴; and if threads add in no fixed
 * order, each call may give different bits.
 *
 * ## Cost
 *
 * One index is read and one addition is made for each element of $`Y`$; each
 * element of $`Z`$ is written once. The sums along the axis take memory for $`m`$
 * numbers. The backward pass needs only the indices and the shapes.
 *
 * ## Example
 *
 * A histogram:
 *
 * ```ts
 * import { scatterAdd, scatterAddDy } from "@adjoint/ops/scatter-add";
 * import { ones, tensor, zeros } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const bins = tensor([2, 0, 2, 2], { dtype: "int32" });
 *
 * assertEquals(scatterAdd(zeros([3]), bins, ones([4])), tensor([1, 0, 3]));
 * assertEquals(
 *   scatterAddDy(zeros([3]), bins, ones([4]), tensor([5, 6, 7])),
 *   tensor([7, 5, 7, 7]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.scatter_add(x, axis, indices, y)`
 * - JAX: `x.at[indices].add(y)` of vectors
 * - TensorFlow: `tf.tensor_scatter_nd_add(x, indices[:, None], y)` of vectors
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
export const signature: Signature = op("scatterAdd", {
  inputs: {
    x: "n… m p…",
    indices: { shape: "n… q p…", integer: { from: 0, below: "m" } },
    y: "n… q p…",
  },
  options: { axis: axis("m", -1) },
  outputs: { z: "n… m p…" },

  forward({ x, indices, y, z, n, m, q, p }) {
    const sums = new Float64Array(m);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        for (let a = 0; a < m; a++) sums[a] = x[(i * m + a) * p + k];
        for (let j = 0; j < q; j++) {
          const at = (i * q + j) * p + k, t = indices[at];
          sums[t] += y[at];
        }
        for (let a = 0; a < m; a++) {
          z[(i * m + a) * p + k] = sums[a]; // Zᵢₐₖ = Xᵢₐₖ + Σⱼ Yᵢⱼₖ
        }
      }
    }
  },

  backward({ indices, dz, dx, dy, n, m, q, p }) {
    if (dx) {
      for (let i = 0; i < n * m * p; i++) dx[i] = dz[i]; // ∂E/∂Xᵢₐₖ = ∂E/∂Zᵢₐₖ
    }
    if (dy === undefined) return;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < q; j++) {
        for (let k = 0; k < p; k++) {
          const at = (i * q + j) * p + k, t = indices[at];
          dy[at] = dz[(i * m + t) * p + k]; // ∂E/∂Yᵢⱼₖ = ∂E/∂Zᵢₜₖ
        }
      }
    }
  },
});

/** Adds elements at indices: `Zᵢₐₖ = Xᵢₐₖ + Σ[j: tᵢⱼₖ = a] Yᵢⱼₖ`, where `t` holds
 * the indices.
 *
 * @param x The tensor `X` to add to, of shape `n×m×p`, where m is the axis.
 * @param indices The places `t` along the axis, of shape `n×q×p`, at least 0 and
 * below m.
 * @param y The elements `Y` to add, of shape `n×q×p`.
 * @param options The axis, the last one by default.
 * @returns The sums `Z`, of shape `n×m×p`.
 *
 * @example Usage
 * ```ts
 * import { scatterAdd } from "@adjoint/ops/scatter-add";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3]);
 * const indices = tensor([2, 0, 2], { dtype: "int32" });
 * const y = tensor([10, 20, 30]);
 *
 * assertEquals(scatterAdd(x, indices, y), tensor([21, 2, 43]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/scatter-add
 */
export function scatterAdd<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  indices: Tensor<SameShape<T, { [I in keyof S]: number }>, Integers>,
  y: Tensor<SameShape<U, NoInfer<T>>, NoInfer<D>>,
  options?: AxisOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x, indices, y], options);
}

/** Both gradients of {@linkcode scatterAdd}: `∂E/∂Xᵢₐₖ = ∂E/∂Zᵢₐₖ`,
 * `∂E/∂Yᵢⱼₖ = ∂E/∂Z[i, tᵢⱼₖ, k]`, where `t` holds the indices.
 *
 * @param x The tensor `X` to add to, of shape `n×m×p`, where m is the axis.
 * @param indices The places `t` along the axis, of shape `n×q×p`, at least 0 and
 * below m.
 * @param y The elements `Y` to add, of shape `n×q×p`.
 * @param dout The gradient of the loss with respect to `Z`, of shape `n×m×p`.
 * @param options The axis, the last one by default.
 * @returns The gradients with respect to `x` and `y`; indices have none.
 *
 * @see https://jsr.io/@adjoint/ops/doc/scatter-add
 */
export function scatterAddD<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  V extends Shape,
  D extends Float,
  W extends "x" | "y" = "x" | "y",
>(
  x: Tensor<S, D>,
  indices: Tensor<SameShape<T, { [I in keyof S]: number }>, Integers>,
  y: Tensor<SameShape<U, NoInfer<T>>, NoInfer<D>>,
  dout: Tensor<SameShape<V, S>, NoInfer<D>>,
  options?:
    & AxisOptions
    & GradientOptions<
      { x: Tensor<S, D>; y: Tensor<NoInfer<T>, NoInfer<D>> },
      W
    >,
): Pick<{ x: Tensor<S, D>; y: Tensor<T, D> }, W> {
  return signature.backward([x, indices, y, dout], options);
}

/** The gradient of {@linkcode scatterAdd} with respect to `x`:
 * `∂E/∂Xᵢₐₖ = ∂E/∂Zᵢₐₖ`.
 *
 * @param x The tensor `X` to add to, of shape `n×m×p`, where m is the axis.
 * @param indices The places `t` along the axis, of shape `n×q×p`, at least 0 and
 * below m.
 * @param y The elements `Y` to add, of shape `n×q×p`.
 * @param dout The gradient of the loss with respect to `Z`, of shape `n×m×p`.
 * @param options The axis, the last one by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/scatter-add
 */
export function scatterAddDx<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  V extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  indices: Tensor<SameShape<T, { [I in keyof S]: number }>, Integers>,
  y: Tensor<SameShape<U, NoInfer<T>>, NoInfer<D>>,
  dout: Tensor<SameShape<V, S>, NoInfer<D>>,
  options?: AxisOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, indices, y, dout], options);
}

/** The gradient of {@linkcode scatterAdd} with respect to `y`:
 * `∂E/∂Yᵢⱼₖ = ∂E/∂Z[i, tᵢⱼₖ, k]`, where `t` holds the indices.
 *
 * @param x The tensor `X` to add to, of shape `n×m×p`, where m is the axis.
 * @param indices The places `t` along the axis, of shape `n×q×p`, at least 0 and
 * below m.
 * @param y The elements `Y` to add, of shape `n×q×p`.
 * @param dout The gradient of the loss with respect to `Z`, of shape `n×m×p`.
 * @param options The axis, the last one by default.
 * @returns The gradient, of the shape of `y`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/scatter-add
 */
export function scatterAddDy<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  V extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  indices: Tensor<SameShape<T, { [I in keyof S]: number }>, Integers>,
  y: Tensor<SameShape<U, NoInfer<T>>, NoInfer<D>>,
  dout: Tensor<SameShape<V, S>, NoInfer<D>>,
  options?: AxisOptions & Options<NoInfer<T>, NoInfer<D>>,
): Tensor<T, D> {
  return signature.gradient("y", [x, indices, y, dout], options);
}
