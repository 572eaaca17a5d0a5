// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Sum
 *
 * Adds up the elements of a tensor along some of its axes, or all of them.
 *
 * ```math
 * Y_{ik} = \sum_{j=1}^{m} X_{ijk}, \qquad
 * \frac{\partial E}{\partial X_{ijk}} = \frac{\partial E}{\partial Y_{ik}}
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
 * The page is written for one axis with others before and after it. In general
 * the option `axes` names the axes to reduce, which count as one axis of $`m`$
 * elements; those before and after them count as axes of $`n`$ and $`p`$
 * elements. By default all axes are reduced, so $`n`$ and $`p`$ are 1 and the
 * result is a scalar. With `keepDims`, the reduced axes stay, with size 1.
 *
 * ## Forward
 *
 * ```math
 * Y_{ik} = \sum_{j=1}^{m} X_{ijk}
 * ```
 *
 * ## Derivation
 *
 * Each element occurs in one sum, with the factor 1. With the Kronecker delta,
 * which is 1 where its two indices are equal and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_{ac}}{\partial X_{ijk}} = \delta_{ai} \delta_{ck}
 * ```
 *
 * The chain rule sums over every element of $`Y`$, and the deltas leave one:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{a=1}^{n} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial Y_{ac}} \frac{\partial Y_{ac}}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ik}}
 * ```
 *
 * The gradient of a sum is copied to every element that was summed.
 *
 * ## Backward
 *
 * {@linkcode sumDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}} = \frac{\partial E}{\partial Y_{ik}}
 * ```
 *
 * ## Special points
 *
 * The sum is linear, so it has no kinks. An empty list of axes sums over none, as
 * in NumPy, and returns a copy; PyTorch takes an empty list to mean all axes.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[1, 2, NaN]]], axes = [2]` | `[[NaN]]` | `[[[1, 1, 1]]]` | same | same | same | |
 * | `x = [[[1, ∞, -∞]]], axes = [2]` | `[[NaN]]` | `[[[1, 1, 1]]]` | same | same | same | |
 * | `x = [[[]]], axes = [2]` | `[[0]]` | `[[[]]]` | same | same | same | |
 * | `x = [[[1, 5]]], axes = []` | `[[[1, 5]]]` | `[[[1, 1]]]` | `y = 6` | same | same | an empty list reduces no axis, as in NumPy |
 * | `x = [[[3e38, 3e38, -3e38]]], axes = [2], dtype = float32` | `[[3e38]]` | `[[[1, 1, 1]]]` | `y = [[∞]]` | `y = [[∞]]` | `y = [[∞]]` | the elements are summed in float64 |
 *
 * The gradient is `dout` everywhere, even if the element is NaN. A float32 sum
 * overflows only if its value does: the sum of 3e38, 3e38 and −3e38 is 3e38.
 *
 * ## Cost
 *
 * One addition for each element of $`X`$ forward, one copy for each element
 * backward. Both are limited by memory bandwidth. The backward pass needs only
 * the shape of $`X`$. If the axes are not adjacent, the code first copies $`X`$
 * so that they are.
 *
 * Sums accumulate in float64, and a float32 result is rounded once, when it is
 * stored. Before that, the sum of $`t`$ elements over all axes differs from the
 * truth by at most $`\left( \frac{t}{1024} + 131 \right) \varepsilon`$ times the
 * sum of their absolute values, where $`\varepsilon`$ is the unit roundoff of
 * float64, about 1.1e-16: for 16 million elements this is less than 2e-12 of that
 * sum.
 *
 * ## Example
 *
 * ```ts
 * import { sum, sumDx } from "@adjoint/ops/sum";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 *
 * assertEquals(sum(x), scalar(21));
 * assertEquals(sum(x, { axes: [-1] }), tensor([6, 15]));
 * assertEquals(sum(x, { axes: [0], keepDims: true }), tensor([[5, 7, 9]]));
 * assertEquals(
 *   sumDx(x, tensor([10, 20]), { axes: [-1] }),
 *   tensor([[10, 10, 10], [20, 20, 20]]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.sum(x, dim=axes, keepdim=keepDims)`
 * - JAX: `jnp.sum(x, axis=axes, keepdims=keepDims)`
 * - TensorFlow: `tf.reduce_sum(x, axis=axes, keepdims=keepDims)`
 *
 * @module
 */

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

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("sum", {
  inputs: { x: "n… m… p…" },
  options: { axes: axes("m") },
  outputs: { y: "n… p…" },

  forward({ x, y, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        let sum = 0;
        for (let j = 0; j < m; j++) sum += x[(i * m + j) * p + k];
        y[i * p + k] = sum; // Yᵢₖ = Σⱼ Xᵢⱼₖ
      }
    }
  },

  backward({ dy, dx, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        for (let k = 0; k < p; k++) {
          dx[(i * m + j) * p + k] = dy[i * p + k]; // ∂E/∂Xᵢⱼₖ = ∂E/∂Yᵢₖ
        }
      }
    }
  },

  kernels: {
    forward({ x, y, n, m, p }) {
      sumAxis(x, n, m, p, y);
    },
    backward: ({ dy, dx, n, m, p }) => repeatAlong(dy, dx, n, m, p),
  },
});

/** Adds up elements along some axes: `Yᵢₖ = Σⱼ Xᵢⱼₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m stands for the axes that are
 * summed over.
 * @param options The axes, all of them by default, and whether to keep them.
 * @returns The sums `Y`, of shape `n×p`.
 *
 * @example Usage
 * ```ts
 * import { sum } from "@adjoint/ops/sum";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sum(tensor([[1, 2, 3], [4, 5, 6]])), scalar(21));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/sum
 */
export function sum<
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

/** The gradient of {@linkcode sum}: `∂E/∂Xᵢⱼₖ = ∂E/∂Yᵢₖ`.
 *
 * @param x The tensor, of shape `n×m×p`.
 * @param dout The gradient of the loss with respect to the sums, of shape `n×p`.
 * @param options The axes and `keepDims` of the call of {@linkcode sum}.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/sum
 */
export function sumD<
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

/** The gradient of {@linkcode sum} with respect to `x`: `∂E/∂Xᵢⱼₖ = ∂E/∂Yᵢₖ`.
 *
 * @param x The tensor, of shape `n×m×p`.
 * @param dout The gradient of the loss with respect to the sums, of shape `n×p`.
 * @param options The axes and `keepDims` of the call of {@linkcode sum}.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/sum
 */
export function sumDx<
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
