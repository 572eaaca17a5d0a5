// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # One-hot
 *
 * Writes each index as a row of zeros with a 1 at the index.
 *
 * ```math
 * Y_{ij} = [t_i = j]
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`t`$ | $`n`$ | input `indices` |
 * | $`c`$ | integer | option `classes` |
 * | $`Y`$ | $`n \times c`$ | output |
 *
 * The indices may have any number of axes, which count as one of size $`n`$;
 * the output has these axes, followed by one of size $`c`$. The code counts
 * indices from 0, the page from 1. The number of classes is required: PyTorch
 * can take it from the largest index, but then the shape of the result depends
 * on the values of the indices.
 *
 * ## Forward
 *
 * ```math
 * Y_{ij} = [t_i = j]
 * ```
 *
 * The bracket is 1 where the index is $`j`$, and 0 elsewhere. So each row adds up
 * to 1, and its product with a matrix is a row of that matrix, which
 * {@link [embedding] embedding} looks up without multiplying by zeros.
 *
 * ## Derivation
 *
 * The inputs are integers, so the output has no derivative, and no gradient
 * passes through it.
 *
 * ## Backward
 *
 * There is none.
 *
 * ## Special points
 *
 * An index below 0 or beyond the last class is an error, as in PyTorch; JAX and
 * TensorFlow write a row of zeros for it.
 *
 * | at | $`Y`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ------- | --- | ---------- |
 * | `indices = [2, 0], classes = 3` | `[[0, 0, 1], [1, 0, 0]]` | same | same | same |
 * | `indices = [0, 0], classes = 1` | `[[1], [1]]` | same | same | same |
 *
 * ## Cost
 *
 * One number is written for each index and class.
 *
 * ## Example
 *
 * ```ts
 * import { oneHot } from "@adjoint/ops/one-hot";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = tensor([2, 0], { dtype: "int32" });
 *
 * assertEquals(
 *   oneHot(labels, { classes: 3 }),
 *   tensor([[0, 0, 1], [1, 0, 0]]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.one_hot(indices, classes).float()`
 * - JAX: `jax.nn.one_hot(indices, classes, dtype=jnp.float32)`
 * - TensorFlow: `tf.one_hot(indices, classes)`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { integer } from "../core/options.ts";
import type { F32, Integers, Options, Shape, Tensor } from "../core/types.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("oneHot", {
  inputs: { indices: { shape: "n…", integer: { from: 0, below: "classes" } } },
  options: { classes: integer(undefined, { from: 1 }) },
  outputs: { y: "n… classes" },
  cleared: "outputs",

  forward({ indices, y, n, classes }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < classes; j++) {
        y[i * classes + j] = indices[i] === j ? 1 : 0; // Yᵢⱼ = [tᵢ = j]
      }
    }
  },

  kernels: {
    forward({ indices, y, n, classes }) {
      for (let i = 0; i < n; i++) y[i * classes + indices[i]] = 1;
    },
  },
});

/** The options of {@linkcode oneHot}.
 *
 * @typeParam C The number, where it is a literal.
 *
 * @example Usage
 * ```ts
 * import type { OneHotOptions } from "@adjoint/ops/one-hot";
 *
 * const options: OneHotOptions = { classes: 10 };
 * ```
 */
export interface OneHotOptions<C extends number = number> {
  /** The number of classes, 1 or more, above all indices; required. */
  classes: C;
}

/** Rows of zeros with a 1 at the index: `Yᵢⱼ = [tᵢ = j]`.
 *
 * @typeParam S The shape of the indices.
 * @typeParam C The number of classes.
 * @param indices The places `t` of the ones, of any shape, at least 0 and below
 * the number of classes.
 * @param options The number of classes.
 * @returns The rows `Y` in float32, of shape `n×classes`, where n stands for the
 * axes of the indices.
 *
 * @example Usage
 * ```ts
 * import { oneHot } from "@adjoint/ops/one-hot";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = tensor([1, 0], { dtype: "uint8" });
 *
 * assertEquals(oneHot(labels, { classes: 2 }), tensor([[0, 1], [1, 0]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/one-hot
 */
export function oneHot<S extends Shape, C extends number>(
  indices: Tensor<S, Integers>,
  options: OneHotOptions<C> & Options<[...S, C], F32>,
): Tensor<[...S, C]> {
  return signature.forward([indices], options);
}
