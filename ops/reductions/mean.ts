// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Mean
 *
 * Averages the elements of a tensor along some of its axes, or all of them.
 *
 * ```math
 * Y_{ik} = \frac{1}{m} \sum_{j=1}^{m} X_{ijk}, \qquad
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{1}{m} \frac{\partial E}{\partial Y_{ik}}
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
 * The page is written for one axis with others before and after it. In general the
 * option `axes` names the axes to reduce, which count as one axis of $`m`$
 * elements; those before and after them count as axes of $`n`$ and $`p`$ elements.
 * By default all axes are reduced, so $`n`$ and $`p`$ are 1 and the result is a
 * scalar. With `keepDims`, the reduced axes stay, with size 1.
 *
 * ## Forward
 *
 * ```math
 * Y_{ik} = \frac{1}{m} \sum_{j=1}^{m} X_{ijk}
 * ```
 *
 * ## Derivation
 *
 * Each element occurs in one mean, with the factor $`\frac{1}{m}`$. With the
 * Kronecker delta, which is 1 where its two indices are equal and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_{ac}}{\partial X_{ijk}}
 *   = \frac{1}{m} \delta_{ai} \delta_{ck}
 * ```
 *
 * The chain rule sums over every element of $`Y`$, and the deltas leave one:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{a=1}^{n} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial Y_{ac}} \frac{\partial Y_{ac}}{\partial X_{ijk}}
 *   = \frac{1}{m} \frac{\partial E}{\partial Y_{ik}}
 * ```
 *
 * All elements that were averaged get equal parts of the gradient of their
 * mean.
 *
 * ## Backward
 *
 * {@linkcode meanDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{1}{m} \frac{\partial E}{\partial Y_{ik}}
 * ```
 *
 * ## Special points
 *
 * The mean is linear, so it has no kinks. The mean of no elements is 0 divided by
 * 0, which is NaN. An empty list of axes averages over none: every element is its
 * own mean. PyTorch takes an empty list to mean all axes.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[1, 2, NaN, 4]]], axes = [2]` | `[[NaN]]` | `[[[0.25, 0.25, 0.25, 0.25]]]` | same | same | same | |
 * | `x = [[[1, ∞]]], axes = [2]` | `[[∞]]` | `[[[0.5, 0.5]]]` | same | same | same | |
 * | `x = [[[∞, -∞]]], axes = [2]` | `[[NaN]]` | `[[[0.5, 0.5]]]` | same | same | same | |
 * | `x = [[[]]], axes = [2]` | `[[NaN]]` | `[[[]]]` | same | same | same | |
 * | `x = [[[1e308, 1e308]]], axes = [2]` | `[[∞]]` | `[[[0.5, 0.5]]]` | same | same | same | |
 * | `x = [[[3e38, 3e38]]], axes = [2], dtype = float32` | `[[3e38]]` | `[[[0.5, 0.5]]]` | `y = [[∞]]` | `y = [[∞]]` | `y = [[∞]]` | the elements are summed in float64 |
 * | `x = [[[1, 5]]], axes = []` | `[[[1, 5]]]` | `[[[1, 1]]]` | `y = 3, dx = [[[0.5, 0.5]]]` | same | same | an empty list reduces no axis, as in NumPy |
 *
 * If the sum of float64 elements overflows, the result is infinite, as in PyTorch,
 * although the mean itself is in range.
 *
 * ## Cost
 *
 * One addition for each element of $`X`$ and one division for each mean forward,
 * one division for each element backward. Both are limited by memory bandwidth.
 * The backward pass needs only the shape of $`X`$. If the axes are not adjacent,
 * the code first copies $`X`$ so that they are.
 *
 * Sums accumulate in float64, as in {@link [sum] sum}, and a float32 result is
 * rounded once, after the division.
 *
 * ## Example
 *
 * ```ts
 * import { mean, meanDx } from "@adjoint/ops/mean";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 9]]);
 *
 * assertEquals(mean(x), scalar(4));
 * assertEquals(mean(x, { axes: [-1] }), tensor([2, 6]));
 * assertEquals(mean(x, { axes: [0], keepDims: true }), tensor([[2.5, 3.5, 6]]));
 * assertEquals(
 *   meanDx(x, tensor([3, 6]), { axes: [-1] }),
 *   tensor([[1, 1, 1], [2, 2, 2]]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.mean(x, dim=axes, keepdim=keepDims)`
 * - JAX: `jnp.mean(x, axis=axes, keepdims=keepDims)`
 * - TensorFlow: `tf.reduce_mean(x, axis=axes, keepdims=keepDims)`
 *
 * @module
 */

import { allocate } from "../core/checks.ts";
import { op, type Signature } from "../core/op.ts";
import { axes } from "../core/options.ts";
import type {
  Float,
  GradientOptions,
  Options,
  Reduced,
  ReduceOptions,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { repeatAlong } from "../kernels/along.ts";
import { sumAxis } from "../kernels/stream.ts";

/** Room for the sums of a call that has few: making an array takes half a microsecond. */
const FEW = new Float64Array(2 ** 10);

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("mean", {
  inputs: { x: "n… m… p…" },
  options: { axes: axes("m") },
  outputs: { y: "n… p…" },

  forward({ x, y, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        let sum = 0;
        for (let j = 0; j < m; j++) sum += x[(i * m + j) * p + k];
        y[i * p + k] = sum / m; // Yᵢₖ = 1 ∕ m Σⱼ Xᵢⱼₖ
      }
    }
  },

  backward({ dy, dx, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        for (let k = 0; k < p; k++) {
          dx[(i * m + j) * p + k] = dy[i * p + k] / m; // ∂E/∂Xᵢⱼₖ = 1 ∕ m ∂E/∂Yᵢₖ
        }
      }
    }
  },

  kernels: {
    forward({ x, y, n, m, p }) {
      const sums = n * p <= FEW.length
        ? FEW
        : allocate("compute mean", "float64", n * p, "the sums");
      sumAxis(x, n, m, p, sums);
      for (let i = 0; i < n * p; i++) y[i] = sums[i] / m;
    },
    backward: ({ dy, dx, n, m, p }) => repeatAlong(dy, dx, n, m, p, m),
  },
});

/** Averages elements along some axes: `Yᵢₖ = 1∕m Σⱼ Xᵢⱼₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m stands for the axes that are
 * averaged over.
 * @param options The axes, all of them by default, and whether to keep them.
 * @returns The means `Y`, of shape `n×p`.
 *
 * @example Usage
 * ```ts
 * import { mean } from "@adjoint/ops/mean";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(mean(tensor([[1, 2], [3, 6]])), scalar(3));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/mean
 */
export function mean<
  S extends Shape,
  D extends Float,
  const A extends Shape | undefined = undefined,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  options?: ReduceOptions<A, K> & Options<Reduced<S, A, K>, NoInfer<D>>,
): Tensor<Reduced<S, A, K>, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode mean}: `∂E/∂Xᵢⱼₖ = 1∕m ∂E/∂Yᵢₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m stands for the axes that are
 * averaged over.
 * @param dout The gradient of the loss with respect to the means, of shape
 * `n×p`.
 * @param options The axes and `keepDims` of the call of {@linkcode mean}.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/mean
 */
export function meanD<
  S extends Shape,
  D extends Float,
  T extends Shape,
  const A extends Shape | undefined = undefined,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Reduced<S, A, K>>, NoInfer<D>>,
  options?: ReduceOptions<A, K> & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode mean} with respect to `x`:
 * `∂E/∂Xᵢⱼₖ = 1∕m ∂E/∂Yᵢₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m stands for the axes that are
 * averaged over.
 * @param dout The gradient of the loss with respect to the means, of shape
 * `n×p`.
 * @param options The axes and `keepDims` of the call of {@linkcode mean}.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/mean
 */
export function meanDx<
  S extends Shape,
  D extends Float,
  T extends Shape,
  const A extends Shape | undefined = undefined,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Reduced<S, A, K>>, NoInfer<D>>,
  options?: ReduceOptions<A, K> & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
