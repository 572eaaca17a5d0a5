// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Min
 *
 * Takes the smallest element along an axis.
 *
 * ```math
 * Y_{ik} = \min_{j} X_{ijk}, \qquad
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{[X_{ijk} = Y_{ik}]}{t_{ik}} \frac{\partial E}{\partial Y_{ik}}, \qquad
 * t_{ik} = \sum_{j=1}^{m} [X_{ijk} = Y_{ik}]
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m \times p`$ | input `x` |
 * | $`Y`$ | $`n \times p`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page is written for the middle axis of three. In general the option `axis`
 * names the axis, the last by default; the axes before it count as one of size
 * $`n`$, those after it as one of size $`p`$. With `keepDims`, the axis stays,
 * with size 1. An axis without elements has no smallest one, so the call throws,
 * as in NumPy and PyTorch.
 *
 * ## Forward
 *
 * Along the axis, with the other two indices fixed:
 *
 * ```math
 * Y_{ik} = \min_{j} X_{ijk}
 * ```
 *
 * ## Derivation
 *
 * If one element is smaller than all others, the output moves with it: its derivative
 * is 1, and the derivatives of the others are 0.
 *
 * If several elements are the smallest, there is a kink: lowering one of them
 * lowers the output, but raising it does nothing, as another one takes its place.
 * No derivative exists there. The code favors none of them: they share the
 * gradient equally. A bracket is 1 where its condition holds, and 0 elsewhere, so
 * there are
 *
 * ```math
 * t_{ik} = \sum_{j=1}^{m} [X_{ijk} = Y_{ik}]
 * ```
 *
 * of them. An element acts on the one output that has its $`i`$ and $`k`$. With
 * the Kronecker delta, which is 1 where its two indices are equal and 0
 * elsewhere:
 *
 * ```math
 * \frac{\partial Y_{ac}}{\partial X_{ijk}}
 *   = \delta_{ai} \delta_{ck} \frac{[X_{ijk} = Y_{ik}]}{t_{ik}}
 * ```
 *
 * The chain rule sums over every element of $`Y`$, and the deltas leave one:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{a=1}^{n} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial Y_{ac}} \frac{\partial Y_{ac}}{\partial X_{ijk}}
 *   = \frac{[X_{ijk} = Y_{ik}]}{t_{ik}} \frac{\partial E}{\partial Y_{ik}}
 * ```
 *
 * This is the mean of the gradients that arise if each tied element in turn is
 * taken as the only smallest one, and so it is a supergradient.
 *
 * ## Backward
 *
 * {@linkcode minDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{[X_{ijk} = Y_{ik}]}{t_{ik}} \frac{\partial E}{\partial Y_{ik}}
 * ```
 *
 * ## Special points
 *
 * Tied elements share the gradient, as in `torch.amin`, JAX and TensorFlow. But
 * `torch.min` along an axis gives the whole gradient to the element whose index it
 * returns, which is the first of the smallest: for `[1, 1, 3]` it is `[1, 0, 0]`,
 * where this is `[0.5, 0.5, 0]`. Without an axis `torch.min` shares.
 *
 * A NaN makes the minimum NaN. It equals nothing, not even itself, so no element
 * has a share of the gradient, and the gradients of the whole row are NaN. In
 * rows without NaN the code selects instead of multiplying by 0, which would turn
 * an infinite gradient into NaN.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[1], [1], [3]]], axis = 1` | `[[1]]` | `[[[0.5], [0.5], [0]]]` | same | same | same | |
 * | `x = [[[0], [-0]]], axis = 1` | `[[0]]` | `[[[0.5], [0.5]]]` | same | same | same | |
 * | `x = [[[-∞], [-∞], [0]]], axis = 1` | `[[-∞]]` | `[[[0.5], [0.5], [0]]]` | same | same | same | |
 * | `x = [[[∞], [∞]]], axis = 1` | `[[∞]]` | `[[[0.5], [0.5]]]` | same | same | same | |
 * | `x = [[[NaN], [1]]], axis = 1` | `[[NaN]]` | `[[[NaN], [NaN]]]` | same | same | same | |
 * | `x = [[[1], [2]]], axis = 1, dout = [[∞]]` | `[[1]]` | `[[[∞], [0]]]` | `dx = [[[∞], [NaN]]]` | `dx = [[[∞], [NaN]]]` | `dx = [[[∞], [NaN]]]` | larger elements have no part in the minimum; PyTorch multiplies by 0 |
 * | `x = [[[1], [2]]], axis = 1, dout = [[NaN]]` | `[[1]]` | `[[[NaN], [0]]]` | `dx = [[[NaN], [NaN]]]` | `dx = [[[NaN], [NaN]]]` | `dx = [[[NaN], [NaN]]]` | larger elements have no part in the minimum; PyTorch multiplies by 0 |
 *
 * ## Cost
 *
 * One comparison for each element. The backward pass finds the smallest again,
 * counts those that equal it, and writes every element once: three passes along
 * the axis. It needs $`X`$, but not $`Y`$.
 *
 * ## Example
 *
 * ```ts
 * import { min, minDx } from "@adjoint/ops/min";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[7, 2, 2], [1, 3, 4]]);
 *
 * assertEquals(min(x), tensor([2, 1]));
 * assertEquals(min(x, { axis: 0, keepDims: true }), tensor([[1, 2, 2]]));
 * assertEquals(minDx(x, tensor([8, 7])), tensor([[0, 4, 4], [7, 0, 0]]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.amin(x, axis, keepDims)`
 * - JAX: `jnp.min(x, axis=axis, keepdims=keepDims)`
 * - TensorFlow: `tf.reduce_min(x, axis=axis, keepdims=keepDims)`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { axis } from "../core/options.ts";
import type {
  Float,
  GradientOptions,
  Options,
  ReduceAxisOptions,
  Reduced,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { extremes, shareExtremes } from "../kernels/along.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("min", {
  inputs: { x: "n… m p…" },
  options: { axis: axis("m", -1, { reduced: true, nonEmpty: true }) },
  outputs: { y: "n… p…" },

  forward({ x, y, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        let c = Infinity;
        for (let j = 0; j < m; j++) c = Math.min(c, x[(i * m + j) * p + k]);
        y[i * p + k] = c; // Yᵢₖ = minⱼ Xᵢⱼₖ
      }
    }
  },

  backward({ x, dy, dx, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const at = (j: number) => (i * m + j) * p + k;
        let c = Infinity; // Yᵢₖ = minⱼ Xᵢⱼₖ
        for (let j = 0; j < m; j++) c = Math.min(c, x[at(j)]);
        let t = 0; // tᵢₖ = Σⱼ [Xᵢⱼₖ = Yᵢₖ]
        for (let j = 0; j < m; j++) if (x[at(j)] === c) t++;
        const other = t === 0 ? NaN : 0; // Nothing equals a NaN.
        for (let j = 0; j < m; j++) {
          // ∂E/∂Xᵢⱼₖ = [Xᵢⱼₖ = Yᵢₖ] ∕ tᵢₖ ∂E/∂Yᵢₖ
          dx[at(j)] = x[at(j)] === c ? dy[i * p + k] / t : other;
        }
      }
    }
  },

  kernels: {
    forward: ({ x, y, n, m, p }) => extremes(x, n, m, p, y, -1),
    backward: ({ x, dy, dx, n, m, p }) => shareExtremes(x, dy, dx, n, m, p, -1),
  },
});

/** The smallest element along an axis: `Yᵢₖ = minⱼ Xᵢⱼₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param options The axis, the last one by default, and whether to keep it.
 * @returns The smallest elements `Y`, of shape `n×p`.
 *
 * @example Usage
 * ```ts
 * import { min } from "@adjoint/ops/min";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(min(tensor([[1, 5], [4, 2]])), tensor([1, 2]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/min
 */
export function min<
  S extends Shape,
  D extends Float,
  const A extends number = -1,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  options?: ReduceAxisOptions<A, K> & Options<Reduced<S, [A], K>, NoInfer<D>>,
): Tensor<Reduced<S, [A], K>, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode min}: `∂E/∂Xᵢⱼₖ = ([Xᵢⱼₖ = Yᵢₖ] ∕ tᵢₖ) ∂E/∂Yᵢₖ`,
 * where `tᵢₖ = Σⱼ [Xᵢⱼₖ = Yᵢₖ]` counts the elements that share the minimum.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param dout The gradient of the loss with respect to the smallest elements, of
 * shape `n×p`.
 * @param options The axis and `keepDims` of the call of {@linkcode min}.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/min
 */
export function minD<
  S extends Shape,
  D extends Float,
  T extends Shape,
  const A extends number = -1,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Reduced<S, [A], K>>, NoInfer<D>>,
  options?: ReduceAxisOptions<A, K> & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode min} with respect to `x`:
 * `∂E/∂Xᵢⱼₖ = ([Xᵢⱼₖ = Yᵢₖ] ∕ tᵢₖ) ∂E/∂Yᵢₖ`, where `tᵢₖ = Σⱼ [Xᵢⱼₖ = Yᵢₖ]`
 * counts the elements that share the minimum.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param dout The gradient of the loss with respect to the smallest elements, of
 * shape `n×p`.
 * @param options The axis and `keepDims` of the call of {@linkcode min}.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/min
 */
export function minDx<
  S extends Shape,
  D extends Float,
  T extends Shape,
  const A extends number = -1,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Reduced<S, [A], K>>, NoInfer<D>>,
  options?: ReduceAxisOptions<A, K> & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
