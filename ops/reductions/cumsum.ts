// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Cumulative sum
 *
 * Adds up the elements along an axis, and returns the sum at every step.
 *
 * ```math
 * Y_{ijk} = \sum_{a=1}^{j} X_{iak}, \qquad
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{b=j}^{m} \frac{\partial E}{\partial Y_{ibk}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m \times p`$ | input `x` |
 * | $`Y`$ | $`n \times m \times p`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times m \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page is written for the middle axis of three. In general the option
 * `axis` names the axis, the last by default; the axes before it count as one
 * of size $`n`$, those after it as one of size $`p`$.
 *
 * ## Forward
 *
 * Along the axis, with the other two indices fixed:
 *
 * ```math
 * Y_{ijk} = \sum_{a=1}^{j} X_{iak}
 * ```
 *
 * ## Derivation
 *
 * An element is a term of the sum at its own index and of all later ones. A bracket
 * is 1 where its condition holds, and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_{ibk}}{\partial X_{ijk}} = [b \ge j]
 * ```
 *
 * The loss depends on the element through all of these sums, and the chain rule adds
 * them up. The bracket leaves those from $`j`$ on:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{b=1}^{m} \frac{\partial E}{\partial Y_{ibk}} [b \ge j]
 *   = \sum_{b=j}^{m} \frac{\partial E}{\partial Y_{ibk}}
 * ```
 *
 * This is a cumulative sum, too, but from the end.
 *
 * ## Backward
 *
 * {@linkcode cumsumDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{b=j}^{m} \frac{\partial E}{\partial Y_{ibk}}
 * ```
 *
 * ## Special points
 *
 * The sums are linear, so there are no kinks. A NaN element makes its own sum and
 * all later ones NaN; a NaN in `dout` makes the gradients of its own and all
 * earlier elements NaN.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[1], [NaN], [3]]], axis = 1` | `[[[1], [NaN], [NaN]]]` | `[[[3], [2], [1]]]` | same | same | same | |
 * | `x = [[[1], [∞], [-∞], [1]]], axis = 1` | `[[[1], [∞], [NaN], [NaN]]]` | `[[[4], [3], [2], [1]]]` | same | same | same | |
 * | `x = [[[1], [1], [1]]], axis = 1, dout = [[[1], [NaN], [2]]]` | `[[[1], [2], [3]]]` | `[[[NaN], [NaN], [2]]]` | same | same | same | |
 * | `x = [[[3e38], [3e38], [-3e38]]], axis = 1, dtype = float32` | `[[[3e38], [∞], [3e38]]]` | `[[[3], [2], [1]]]` | same | `y = [[[3e38], [∞], [∞]]]` | `y = [[[3e38], [∞], [∞]]]` | |
 * | `x = [[[]]], axis = 2` | `[[[]]]` | `[[[]]]` | same | same | same | |
 *
 * ## Cost
 *
 * One addition for each element, forward and backward. The backward pass needs
 * only the shape of $`X`$.
 *
 * Sums accumulate in float64, and a float32 result is rounded once, when it is
 * stored.
 *
 * ## Example
 *
 * ```ts
 * import { cumsum, cumsumDx } from "@adjoint/ops/cumsum";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 *
 * assertEquals(cumsum(x), tensor([[1, 3, 6], [4, 9, 15]]));
 * assertEquals(cumsum(x, { axis: 0 }), tensor([[1, 2, 3], [5, 7, 9]]));
 * assertEquals(cumsumDx(tensor([1, 2]), tensor([10, 1])), tensor([11, 1]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.cumsum(x, axis)`
 * - JAX: `jnp.cumsum(x, axis=axis)`
 * - TensorFlow: `tf.math.cumsum(x, axis=axis)`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { axis } from "../core/options.ts";
import type {
  AxisOptions,
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { cumulate, isLong } from "../kernels/along.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("cumsum", {
  inputs: { x: "n… m p…" },
  options: { axis: axis("m", -1) },
  outputs: { y: "n… m p…" },

  forward({ x, y, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        let sum = 0;
        for (let j = 0; j < m; j++) {
          sum += x[(i * m + j) * p + k];
          y[(i * m + j) * p + k] = sum; // Yᵢⱼₖ = Σₐ Xᵢₐₖ from a = 1 to j
        }
      }
    }
  },

  backward({ dy, dx, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        let sum = 0;
        for (let j = m - 1; j >= 0; j--) {
          sum += dy[(i * m + j) * p + k];
          dx[(i * m + j) * p + k] = sum; // ∂E/∂Xᵢⱼₖ = Σ ∂E/∂Yᵢᵦₖ from b = j to m
        }
      }
    }
  },

  kernels: {
    forward: ({ x, y, n, m, p }) =>
      isLong(m, p) && cumulate(x, n, m, p, y, false),
    backward: ({ dy, dx, n, m, p }) =>
      isLong(m, p) && cumulate(dy, n, m, p, dx, true),
  },
});

/** The sums along an axis at every step: `Yᵢⱼₖ = Σₐ₌₁ʲ Xᵢₐₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param options The axis, the last one by default.
 * @returns The sums `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { cumsum } from "@adjoint/ops/cumsum";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(cumsum(tensor([1, 2, 3])), tensor([1, 3, 6]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/cumsum
 */
export function cumsum<
  S extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  options?: AxisOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode cumsum}: `∂E/∂Xᵢⱼₖ = Σ[b = j…m] ∂E/∂Y[i, b, k]`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param dout The gradient of the loss with respect to the sums, of the shape
 * of `x`.
 * @param options The axis, the last one by default.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/cumsum
 */
export function cumsumD<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: AxisOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode cumsum} with respect to `x`:
 * `∂E/∂Xᵢⱼₖ = Σ[b = j…m] ∂E/∂Y[i, b, k]`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param dout The gradient of the loss with respect to the sums, of the shape
 * of `x`.
 * @param options The axis, the last one by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/cumsum
 */
export function cumsumDx<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: AxisOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
