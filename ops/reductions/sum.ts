// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Sum
 *
 * Adds up all elements of a tensor of any rank.
 *
 * ```math
 * y = \sum_{i \in \mathcal{I}} X_i
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n_1 \times \cdots \times n_r`$ | input `x` |
 * | $`y`$ | scalar | output |
 * | $`\frac{\partial E}{\partial y}`$ | scalar | `dout`, the gradient of the loss with respect to the output |
 *
 * The rank $`r`$ is 0 or more, and $`i`$ is an index *tuple*, one index for
 * each axis. $`\mathcal{I}`$ is the set of all index tuples of $`X`$, as many
 * as $`X`$ has elements: a scalar has one, the empty tuple.
 *
 * The loss $`E`$ is any number that is computed from $`y`$. Its gradient with
 * respect to $`X`$ has the shape of $`X`$:
 * $`\frac{\partial E}{\partial X} \in \mathbb{R}^{n_1 \times \cdots \times n_r}`$.
 *
 * ## Forward
 *
 * ```math
 * y = \sum_{i \in \mathcal{I}} X_i
 * ```
 *
 * Without indices: the inner product, element times element, with the tensor of
 * ones.
 *
 * ```math
 * y = \langle \mathbf{1}_{n_1 \times \cdots \times n_r}, X \rangle
 * ```
 *
 * ## Derivation
 *
 * Each element occurs in the sum once, with the factor 1. With the Kronecker
 * delta, which is 1 where two index tuples are equal and 0 elsewhere:
 *
 * ```math
 * \frac{\partial y}{\partial X_i} = \sum_{a \in \mathcal{I}} \delta_{ai} = 1
 * ```
 *
 * There is one output, so the chain rule has one term:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial y} \frac{\partial y}{\partial X_i}
 *   = \frac{\partial E}{\partial y}
 * ```
 *
 * ## Backward
 *
 * {@linkcode sumDx}, by elements and as a tensor: the one number `dout`, at every
 * place of $`X`$.
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial y}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X}
 *   = \frac{\partial E}{\partial y} \mathbf{1}_{n_1 \times \cdots \times n_r}
 * ```
 *
 * ## Edge cases
 *
 * - **Empty dimensions.** The sum of nothing is 0, and its gradient is empty.
 * - **Rank 0.** The sum of a scalar is its value, and the gradient is `dout`.
 * - **NaN and infinity** go through as IEEE 754 says: one NaN makes the sum
 *   NaN, and so do infinities of both signs. The gradient is `dout` everywhere,
 *   also where the element is NaN.
 * - **Overflow.** A float32 sum overflows only if its value does: the sum of
 *   3e38, 3e38 and -3e38 is 3e38.
 * - **Aliasing.** `x` and `dout` may share memory. Neither is written to, and no
 *   result shares memory with them: an `out` that does is refused, and nothing is
 *   written.
 * - **Ties and kinks.** There are none: the sum is linear.
 *
 * ## Cost
 *
 * One addition and one element read for each element of $`X`$; backward, one
 * element written for each. Both are bound by memory, not by arithmetic. The
 * backward pass needs only the shape of $`X`$.
 *
 * The sum runs in float64, and a float32 result is rounded once, when it is
 * stored. It runs in blocks of 1024 elements and eight chains in each, always
 * the same, so the result has the same bits on every machine. Before it is
 * rounded, the sum of $`t`$ elements differs from the truth by at most
 * $`\left( \frac{t}{1024} + 131 \right) \varepsilon`$ times the sum of their
 * absolute values, where $`\varepsilon`$ is the unit roundoff of float64, about
 * 1.1e-16: for 16 million elements this is less than 2e-12 of that sum.
 *
 * Both functions take an `out` as their last argument: a tensor to write to. It
 * matters for the gradient, which is as large as $`X`$: the memory of a new
 * tensor must be found, cleared and collected again, which takes longer than to
 * fill it.
 *
 * ## Example
 *
 * ```ts
 * import { sum, sumDx } from "@adjoint/ops/sum";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * const dout = scalar(10);
 *
 * assertEquals(sum(x), scalar(21));
 * assertEquals(sumDx(x, dout), tensor([[10, 10, 10], [10, 10, 10]]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.sum(x)`.
 *
 * @module
 */

import { fill } from "../core/arrays.ts";
import {
  checkDout,
  checkLength,
  checkTensor,
  resultOf,
  sizeOf,
} from "../core/checks.ts";
import { sumOf } from "../kernels/stream.ts";
import type { SameShape, Shape, Tensor } from "../tensor.ts";

/** What messages call the inputs. */
const INPUTS = ["x", "dout"];

/** Adds up all elements of a tensor.
 *
 * ```math
 * y = \sum_{i \in \mathcal{I}} X_i
 * ```
 *
 * @typeParam O The shape of `out`, equal to `[]`.
 * @param x The tensor, of any shape.
 * @param out Where to write the result, a tensor of its shape and element type
 * that shares no memory with an input; a new tensor where it is not given.
 * @returns The sum, a scalar; 0 where `x` has no elements.
 * @throws {TypeError} If `x` is not a tensor, or if `out` is not such a tensor.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if there
 * is no memory for the result.
 *
 * @example Usage
 * ```ts
 * import { sum } from "@adjoint/ops/sum";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sum(tensor([[1, 2, 3], [4, 5, 6]])), scalar(21));
 * ```
 */
export function sum<O extends Shape>(
  x: Tensor,
  out?: Tensor<SameShape<O, []>>,
): Tensor<[]> {
  const act = "compute sum";
  const X = checkTensor(act, "x", x);
  const y = resultOf(act, out, [], INPUTS, X);
  checkLength(act, X.data, sizeOf(act, "x", X.shape));
  y.data[0] = sumOf(X.data); // y = Σᵢ Xᵢ
  return y.tensor;
}

/** The gradient of the loss with respect to the tensor of {@linkcode sum}:
 * `dout` at every place.
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial y}
 * ```
 *
 * @typeParam S The shape of `x`.
 * @typeParam D The shape of `dout`, equal to `[]`.
 * @typeParam O The shape of `out`, equal to `S`.
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the sum, a scalar.
 * @param out Where to write the result, a tensor of its shape and element type
 * that shares no memory with an input; a new tensor where it is not given.
 * @returns The gradient with respect to `x`, of the shape of `x`.
 * @throws {TypeError} If `x` is not a tensor, if `dout` is not a scalar of the
 * same element type, or if `out` is not such a tensor.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if there
 * is no memory for the result.
 *
 * @example Usage
 * ```ts
 * import { sumDx } from "@adjoint/ops/sum";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const dx = sumDx(tensor([[1, 2, 3], [4, 5, 6]]), scalar(10));
 *
 * assertEquals(dx, tensor([[10, 10, 10], [10, 10, 10]]));
 * ```
 */
export function sumDx<S extends Shape, D extends Shape, O extends Shape>(
  x: Tensor<S>,
  dout: Tensor<SameShape<D, []>>,
  out?: Tensor<SameShape<O, S>>,
): Tensor<S> {
  const act = "compute sumDx";
  const X = checkTensor(act, "x", x);
  const dY = checkDout(act, dout, [], X);
  const dX = resultOf<S>(act, out, [...X.shape], INPUTS, X, dY);
  checkLength(act, dY.data, 1);
  fill(dX.data, dY.data[0]); // ∂E/∂Xᵢ = ∂E/∂y
  return dX.tensor;
}
