// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Embedding
 *
 * Looks up the row of a table for each index, such as the vector of each word.
 *
 * ```math
 * Y_{ij} = W_{t_i\,j}, \qquad
 * \frac{\partial E}{\partial W_{aj}}
 *   = \sum_{i=1}^{n} [t_i = a] \frac{\partial E}{\partial Y_{ij}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`W`$ | $`v \times d`$ | input `w` |
 * | $`t`$ | $`n`$ | input `indices` |
 * | $`Y`$ | $`n \times d`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times d`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The table $`W`$ has $`v`$ rows of $`d`$ numbers. The indices may have any number
 * of axes, which count as one of size $`n`$; the output has these axes, followed
 * by that of the rows. The code counts indices from 0, the page from 1. They are
 * integers, so they have no gradient.
 *
 * ## Forward
 *
 * ```math
 * Y_{ij} = W_{t_i\,j}
 * ```
 *
 * This is the product of a matrix that has a single 1 in each row with $`W`$,
 * without multiplying by its zeros:
 *
 * ```math
 * Y_{ij} = \sum_{a=1}^{v} [t_i = a] W_{aj}
 * ```
 *
 * ## Derivation
 *
 * In this sum, $`W_{aj}`$ has the factor 1 where the index is $`a`$, and 0
 * elsewhere. With the Kronecker delta, which is 1 where its two indices are equal
 * and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_{ib}}{\partial W_{aj}} = \delta_{a\,t_i} \delta_{bj}
 * ```
 *
 * The chain rule sums over every element of $`Y`$, and the second delta leaves the
 * column $`j`$:
 *
 * ```math
 * \frac{\partial E}{\partial W_{aj}}
 *   = \sum_{i=1}^{n} \sum_{b=1}^{d}
 *     \frac{\partial E}{\partial Y_{ib}} \frac{\partial Y_{ib}}{\partial W_{aj}}
 *   = \sum_{i=1}^{n} [t_i = a] \frac{\partial E}{\partial Y_{ij}}
 * ```
 *
 * A row that is looked up several times gets a gradient from each position. A
 * common mistake is to overwrite them instead of adding them up. A row that is
 * not looked up has a gradient of 0.
 *
 * ## Backward
 *
 * {@linkcode embeddingDw}:
 *
 * ```math
 * \frac{\partial E}{\partial W_{aj}}
 *   = \sum_{i : t_i = a} \frac{\partial E}{\partial Y_{ij}}
 * ```
 *
 * ## Special points
 *
 * The output is linear in the table, so there are no kinks. NaN and infinity
 * affect only the outputs that look up their rows. An index below 0 or above the
 * last row is an error, as in PyTorch and TensorFlow; JAX counts negative ones
 * from the end, and gives NaN for those that are too large.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial W}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `w = [[1, 2], [3, 4]], indices = [1, 1, 1], dout = [[1, 2], [10, 20], [100, 200]]` | `[[3, 4], [3, 4], [3, 4]]` | `[[0, 0], [111, 222]]` | same | same | same |
 * | `w = [[1, 2], [NaN, ∞]], indices = [0, 1]` | `[[1, 2], [NaN, ∞]]` | `[[1, 1], [1, 1]]` | same | same | same |
 * | `w = [[1], [NaN]], indices = [0, 0]` | `[[1], [1]]` | `[[2], [0]]` | same | same | same |
 * | `w = [[1], [2]], indices = [0, 0], dout = [[∞], [-∞]]` | `[[1], [1]]` | `[[NaN], [0]]` | same | same | same |
 * | `w = [[1], [2]], indices = [0, 1], dout = [[NaN], [1]]` | `[[1], [2]]` | `[[NaN], [1]]` | same | same | same |
 *
 * ## Cost
 *
 * Each number of the output is copied once. The backward pass needs the indices
 * and the size of the table. It sorts the positions by their indices, which takes
 * two passes over the indices, and then adds up each row in float64 and in the
 * order of the positions, so that the same call gives the same bits. A float32
 * result is rounded once.
 *
 * ## Example
 *
 * ```ts
 * import { embedding, embeddingDw } from "@adjoint/ops/embedding";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const w = tensor([[1, 2], [3, 4], [5, 6]]);
 * const indices = tensor([2, 0, 2], { dtype: "int32" });
 *
 * assertEquals(embedding(w, indices), tensor([[5, 6], [1, 2], [5, 6]]));
 * assertEquals(
 *   embeddingDw(w, indices, ones([3, 2])),
 *   tensor([[1, 1], [0, 0], [2, 2]]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.embedding(indices, w)`
 * - JAX: `jnp.take(w, indices, axis=0)`
 * - TensorFlow: `tf.gather(w, indices)`
 *
 * @module
 */

import { occurrences } from "../core/occurrences.ts";
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

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("embedding", {
  inputs: {
    w: "v d",
    indices: { shape: "n…", integer: { from: 0, below: "v" } },
  },
  outputs: { y: "n… d" },
  cleared: "gradients",

  forward({ w, indices, y, n, d }) {
    for (let i = 0; i < n; i++) {
      const t = indices[i];
      for (let j = 0; j < d; j++) y[i * d + j] = w[t * d + j]; // Yᵢⱼ = Wₜⱼ
    }
  },

  backward({ indices, dy, dw, n, v, d }) {
    const { places, starts } = occurrences(indices, n, v);
    const sums = new Float64Array(d);
    for (let a = 0; a < v; a++) {
      if (starts[a] === starts[a + 1]) continue; // No index is a: the sum is 0.
      sums.fill(0);
      for (let k = starts[a]; k < starts[a + 1]; k++) {
        const i = places[k]; // tᵢ = a
        for (let j = 0; j < d; j++) sums[j] += dy[i * d + j];
      }
      for (let j = 0; j < d; j++) dw[a * d + j] = sums[j]; // ∂E/∂Wₐⱼ = Σᵢ ∂E/∂Yᵢⱼ
    }
  },
});

/** The rows of a table that indices name: `Yᵢⱼ = W[tᵢ, j]`, where `t` holds the
 * indices.
 *
 * @param w The table `W`, of shape `v×d`.
 * @param indices The rows `t`, of any shape, at least 0 and below v.
 * @returns The rows `Y`, of shape `n×d`, where n stands for the axes of the indices.
 *
 * @example Usage
 * ```ts
 * import { embedding } from "@adjoint/ops/embedding";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const w = tensor([[1, 2], [3, 4], [5, 6]]);
 * const indices = tensor([2, 0], { dtype: "int32" });
 *
 * assertEquals(embedding(w, indices), tensor([[5, 6], [1, 2]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/embedding
 */
export function embedding<
  V extends number,
  N extends number,
  T extends Shape,
  D extends Float,
>(
  w: Tensor<[V, N], D>,
  indices: Tensor<T, Integers>,
  options?: Options<[...T, N], NoInfer<D>>,
): Tensor<[...T, N], D> {
  return signature.forward([w, indices], options);
}

/** The gradient of {@linkcode embedding}: `∂E/∂Wₐⱼ = Σ[i: tᵢ = a] ∂E/∂Yᵢⱼ`.
 *
 * @param w The table `W`, of shape `v×d`.
 * @param indices The rows `t`, of any shape, at least 0 and below v.
 * @param dout The gradient of the loss with respect to `Y`, of shape `n×d`.
 * @returns The gradient with respect to `w`; indices have none.
 *
 * @see https://jsr.io/@adjoint/ops/doc/embedding
 */
export function embeddingD<
  V extends number,
  N extends number,
  T extends Shape,
  U extends Shape,
  D extends Float,
>(
  w: Tensor<[V, N], D>,
  indices: Tensor<T, Integers>,
  dout: Tensor<SameShape<U, [...T, N]>, NoInfer<D>>,
  options?: GradientOptions<{ w: Tensor<[V, N], D> }>,
): { w: Tensor<[V, N], D> } {
  return signature.backward([w, indices, dout], options);
}

/** The gradient of {@linkcode embedding} with respect to `w`: `∂E/∂Wₐⱼ = Σ[i: tᵢ = a] ∂E/∂Yᵢⱼ`.
 *
 * @param w The table `W`, of shape `v×d`.
 * @param indices The rows `t`, of any shape, at least 0 and below v.
 * @param dout The gradient of the loss with respect to `Y`, of shape `n×d`.
 * @returns The gradient, of the shape of `w`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/embedding
 */
export function embeddingDw<
  V extends number,
  N extends number,
  T extends Shape,
  U extends Shape,
  D extends Float,
>(
  w: Tensor<[V, N], D>,
  indices: Tensor<T, Integers>,
  dout: Tensor<SameShape<U, [...T, N]>, NoInfer<D>>,
  options?: Options<[V, N], NoInfer<D>>,
): Tensor<[V, N], D> {
  return signature.gradient("w", [w, indices, dout], options);
}
