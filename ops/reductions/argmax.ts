// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Argmax
 *
 * Finds the index of the largest element along an axis.
 *
 * ```math
 * Y_{ik} = \operatorname*{argmax}_{j} X_{ijk}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m \times p`$ | input `x` |
 * | $`Y`$ | $`n \times p`$ | output |
 *
 * The page is written for the middle axis of three. In general the option `axis`
 * names the axis, the last by default; the axes before it count as one of size
 * $`n`$, those after it as one of size $`p`$. With `keepDims`, the axis stays,
 * with size 1. An axis without elements has no largest one, so the call throws,
 * as in NumPy and PyTorch.
 *
 * The indices are integers, in an `Int32Array`. The code counts them from 0, the page
 * from 1, as it does all indices.
 *
 * ## Forward
 *
 * Along the axis, with the other two indices fixed:
 *
 * ```math
 * Y_{ik} = \operatorname*{argmax}_{j} X_{ijk}
 * ```
 *
 * The element at that index is the maximum, which {@link [max] max} returns:
 *
 * ```math
 * \max_{j} X_{ijk} = \sum_{j=1}^{m} [j = Y_{ik}] X_{ijk}
 * ```
 *
 * ## Derivation
 *
 * The output is an integer. Moving an element a little either changes nothing or
 * makes the index jump: the derivative is 0 almost everywhere, and does not exist
 * where two elements tie. So no gradient passes through the index. The gradient
 * of the largest element itself is that of {@link [max] max}.
 *
 * ## Backward
 *
 * There is none.
 *
 * ## Special points
 *
 * If several elements are equally large, the first is taken, as in PyTorch, JAX
 * and TensorFlow. A NaN counts as larger than every number, as it does for the
 * maximum; of several, the first is taken.
 *
 * | at | $`Y`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ------- | --- | ---------- |
 * | `x = [[[1], [3], [3]]], axis = 1` | `[[1]]` | same | same | same |
 * | `x = [[[-0], [0]]], axis = 1` | `[[0]]` | same | same | same |
 * | `x = [[[-∞], [-∞]]], axis = 1` | `[[0]]` | same | same | same |
 * | `x = [[[1], [∞], [∞]]], axis = 1` | `[[1]]` | same | same | same |
 * | `x = [[[1], [NaN], [2], [NaN]]], axis = 1` | `[[1]]` | same | same | `y = [[2]]` |
 * | `x = [[[∞], [NaN]]], axis = 1` | `[[1]]` | same | same | `y = [[0]]` |
 *
 * ## Cost
 *
 * One comparison for each element, in one pass along the axis.
 *
 * ## Example
 *
 * ```ts
 * import { argmax } from "@adjoint/ops/argmax";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const scores = tensor([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3]]);
 *
 * assertEquals(argmax(scores), tensor([1, 0], { dtype: "int32" }));
 * assertEquals([...argmax(scores, { axis: 0 }).data], [1, 0, 1]);
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.argmax(x, axis, keepDims)`
 * - JAX: `jnp.argmax(x, axis=axis, keepdims=keepDims)`
 * - TensorFlow: `tf.argmax(x, axis=axis)`, which always drops the axis
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { axis } from "../core/options.ts";
import type {
  Arrays,
  Float,
  Options,
  ReduceAxisOptions,
  Reduced,
  Shape,
  Tensor,
} from "../core/types.ts";
import { places } from "../kernels/along.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("argmax", {
  inputs: { x: "n… m p…" },
  options: { axis: axis("m", -1, { reduced: true, nonEmpty: true }) },
  outputs: { y: "n… p…" },
  indices: true,

  forward({ x, y, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const at = (j: number) => (i * m + j) * p + k;
        let b = 0;
        for (let j = 1; j < m && !Number.isNaN(x[at(b)]); j++) {
          if (!(x[at(j)] <= x[at(b)])) b = j; // It is larger, or NaN.
        }
        y[i * p + k] = b; // Yᵢₖ = argmaxⱼ Xᵢⱼₖ
      }
    }
  },

  kernels: {
    forward: ({ x, y, n, m, p }) =>
      places(x, n, m, p, y as unknown as Int32Array<ArrayBuffer>),
  },
});

/** The index of the largest element along an axis: `Yᵢₖ = argmaxⱼ Xᵢⱼₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param options The axis, the last one by default, and whether to keep it.
 * @returns The indices `Y`, integers from 0 on, of shape `n×p`.
 *
 * @example Usage
 * ```ts
 * import { argmax } from "@adjoint/ops/argmax";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const y = argmax(tensor([[1, 5], [4, 2]]));
 *
 * assertEquals(y, tensor([1, 0], { dtype: "int32" }));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/argmax
 */
export function argmax<
  S extends Shape,
  const A extends number = -1,
  K extends boolean = false,
>(
  x: Tensor<S, Float>,
  options?:
    & ReduceAxisOptions<A, K>
    & Options<Reduced<S, [A], K>, Arrays["int32"]>,
): Tensor<Reduced<S, [A], K>, Arrays["int32"]> {
  return signature.forward([x], options);
}
