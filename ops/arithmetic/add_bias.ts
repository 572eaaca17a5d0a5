// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Add bias
 *
 * Adds a vector to a tensor of rank 3 along its middle axis: one bias for each
 * channel.
 *
 * ```math
 * Z_{ijk} = X_{ijk} + y_j
 * ```
 *
 * A reshape reduces the usual biases to it: a batch of vectors is
 * $`n \times m \times 1`$, a batch of images is $`n \times m \times p`$ with
 * their height and width in $`p`$.
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m \times p`$ | input `x` |
 * | $`y`$ | $`m`$ | input `y`, the bias |
 * | $`Z`$ | $`n \times m \times p`$ | output |
 * | $`\frac{\partial E}{\partial Z}`$ | $`n \times m \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The loss $`E`$ is any number that is computed from $`Z`$. Its gradient with
 * respect to a tensor has that tensor's shape, so
 * $`\frac{\partial E}{\partial X} \in \mathbb{R}^{n \times m \times p}`$ and
 * $`\frac{\partial E}{\partial y} \in \mathbb{R}^{m}`$.
 *
 * ## Forward
 *
 * For $`i`$ up to $`n`$, $`j`$ up to $`m`$ and $`k`$ up to $`p`$:
 *
 * ```math
 * Z_{ijk} = X_{ijk} + y_j
 * ```
 *
 * As matrices: $`X_i \in \mathbb{R}^{m \times p}`$ and
 * $`Z_i \in \mathbb{R}^{m \times p}`$ are the $`i`$-th slices, and
 * $`\mathbf{1}_p`$ is the vector of $`p`$ ones. The outer product repeats the
 * bias in every column:
 *
 * ```math
 * Z_i = X_i + y \, \mathbf{1}_p^{\mathsf{T}}
 * ```
 *
 * ## Derivation
 *
 * **With respect to the tensor.** Each element of $`Z`$ contains one element of
 * $`X`$, the one at the same place, with the factor 1. With the Kronecker
 * delta, which is 1 where its two indices are equal and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Z_{abc}}{\partial X_{ijk}} = \delta_{ai} \delta_{bj} \delta_{ck}
 * ```
 *
 * The chain rule sums over every element of $`Z`$, and the deltas leave one:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{a=1}^{n} \sum_{b=1}^{m} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial Z_{abc}} \frac{\partial Z_{abc}}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial Z_{ijk}}
 * ```
 *
 * **With respect to the bias.** $`y_j`$ occurs in every element of $`Z`$ whose
 * middle index is $`j`$, with the factor 1:
 *
 * ```math
 * \frac{\partial Z_{ibk}}{\partial y_j} = \delta_{bj}
 * ```
 *
 * The delta leaves the sum over the other two axes, those along which the bias
 * was repeated:
 *
 * ```math
 * \frac{\partial E}{\partial y_j}
 *   = \sum_{i=1}^{n} \sum_{b=1}^{m} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Z_{ibk}} \frac{\partial Z_{ibk}}{\partial y_j}
 *   = \sum_{i=1}^{n} \sum_{k=1}^{p} \frac{\partial E}{\partial Z_{ijk}}
 * ```
 *
 * ## Backward
 *
 * {@linkcode addBiasDx}, by elements and as a tensor:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}} = \frac{\partial E}{\partial Z_{ijk}}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X} = \frac{\partial E}{\partial Z}
 * ```
 *
 * {@linkcode addBiasDy}, by elements and by slices:
 *
 * ```math
 * \frac{\partial E}{\partial y_j}
 *   = \sum_{i=1}^{n} \sum_{k=1}^{p} \frac{\partial E}{\partial Z_{ijk}}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial y}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial Z_i} \mathbf{1}_p
 * ```
 *
 * ## Edge cases
 *
 * - **Empty dimensions.** Where $`n`$, $`m`$ or $`p`$ is 0, $`Z`$ and the
 *   gradient with respect to $`X`$ are empty. Where $`n`$ or $`p`$ is 0, the
 *   gradient with respect to $`y`$ is a sum of nothing: $`m`$ zeros.
 * - **NaN and infinity** go through as IEEE 754 says: a NaN in `dout` is a NaN
 *   in the gradient of its channel, and in no other.
 * - **Aliasing.** `x`, `y` and `dout` may share memory. None of them is written
 *   to, and no result shares memory with them: the gradient with respect to
 *   $`X`$ is a copy of `dout`. An `out` that shares memory with an input is
 *   refused, and nothing is written.
 * - **Ties and kinks.** There are none: the sum is smooth everywhere.
 *
 * ## Cost
 *
 * Forward $`nmp`$ additions, for $`2nmp + m`$ elements read and written. The
 * gradient with respect to $`X`$ is a copy, the gradient with respect to $`y`$
 * is $`nmp`$ additions for $`nmp + m`$ elements. All are bound by memory, not
 * by arithmetic. The backward pass needs neither $`X`$ nor $`y`$, only their
 * shapes.
 *
 * The sums run in float64, and a float32 result is rounded once, when it is
 * stored. Each slice of a channel is summed in four chains, and the slices
 * in their order, so the result has the same bits on every machine. Before it is
 * rounded, it differs from the truth by at most
 * $`\left( n + \frac{p}{4} + 3 \right) \varepsilon`$ times the sum of the absolute
 * values of its terms, where $`\varepsilon`$ is the unit roundoff of float64,
 * about 1.1e-16.
 *
 * Every function takes an `out` as its last argument: a tensor to write to. For
 * large tensors this matters more than all else: the memory of a new one must be
 * found, cleared and collected again, which takes several times as long as the
 * additions.
 *
 * ## Example
 *
 * ```ts
 * import { addBias, addBiasDx, addBiasDy } from "@adjoint/ops/add-bias";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2], [3, 4]]]);
 * const y = tensor([10, 20]);
 * const dout = ones([1, 2, 2]); // The gradient of E = the sum of z.
 *
 * assertEquals(addBias(x, y), tensor([[[11, 12], [23, 24]]]));
 * assertEquals(addBiasDx(x, y, dout), tensor([[[1, 1], [1, 1]]]));
 * assertEquals(addBiasDy(x, y, dout), tensor([2, 2]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `x + y.view(1, -1, 1)`, which broadcasts the bias; the backward
 *   pass of a broadcast is `sum_to_size`.
 *
 * @module
 */

import { write } from "../core/arrays.ts";
import {
  checkDout,
  checkLength,
  checkSameType,
  checkTensor,
  resultOf,
  showShape,
} from "../core/checks.ts";
import * as stream from "../kernels/stream.ts";
import type { SameShape, Shape, Tensor } from "../tensor.ts";

/** What messages call the inputs. */
const INPUTS = ["x", "y", "dout"];

/** Adds a bias to every channel of a tensor of rank 3.
 *
 * ```math
 * Z_{ijk} = X_{ijk} + y_j
 * ```
 *
 * @typeParam N The outer dimension of `x`, the batch.
 * @typeParam M The middle dimension of `x`, the channels.
 * @typeParam P The inner dimension of `x`.
 * @typeParam Y The shape of `y`, equal to `[M]`.
 * @typeParam O The shape of `out`, equal to `[N, M, P]`.
 * @param x The tensor, of shape `n×m×p`.
 * @param y The bias, of shape `m`.
 * @param out Where to write the result, a tensor of its shape and element type
 * that shares no memory with an input; a new tensor where it is not given.
 * @returns The sum, of shape `n×m×p`.
 * @throws {TypeError} If `x` is not a tensor of rank 3 or `y` not one of rank
 * 1, if their element types differ, if the length of `y` is not axis 1 of `x`,
 * or if `out` is not such a tensor.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if there
 * is no memory for the result.
 *
 * @example Usage
 * ```ts
 * import { addBias } from "@adjoint/ops/add-bias";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2], [3, 4]]]);
 * const y = tensor([10, 20]);
 *
 * assertEquals(addBias(x, y), tensor([[[11, 12], [23, 24]]]));
 * ```
 */
export function addBias<
  N extends number,
  M extends number,
  P extends number,
  Y extends Shape,
  O extends Shape,
>(
  x: Tensor<[N, M, P]>,
  y: Tensor<SameShape<Y, [M]>>,
  out?: Tensor<SameShape<O, [N, M, P]>>,
): Tensor<[N, M, P]> {
  const act = "compute addBias";
  const [X, Y, n, m, p] = inputs(act, x, y);
  const Z = resultOf(act, out, [n, m, p], INPUTS, X, Y);
  checkLength(act, X.data, n * m * p);
  checkLength(act, Y.data, m);
  stream.addBias(X.data, Y.data, p, Z.data); // Zᵢⱼₖ = Xᵢⱼₖ + yⱼ
  return Z.tensor;
}

/** The gradient of the loss with respect to the tensor of {@linkcode addBias}:
 * a copy of `dout`.
 *
 * ```math
 * \frac{\partial E}{\partial X} = \frac{\partial E}{\partial Z}
 * ```
 *
 * @typeParam N The outer dimension of `x`, the batch.
 * @typeParam M The middle dimension of `x`, the channels.
 * @typeParam P The inner dimension of `x`.
 * @typeParam Y The shape of `y`, equal to `[M]`.
 * @typeParam D The shape of `dout`, equal to `[N, M, P]`.
 * @typeParam O The shape of `out`, equal to `[N, M, P]`.
 * @param x The tensor, of shape `n×m×p`.
 * @param y The bias, of shape `m`.
 * @param dout The gradient of the loss with respect to the sum, of shape
 * `n×m×p`.
 * @param out Where to write the result, a tensor of its shape and element type
 * that shares no memory with an input; a new tensor where it is not given.
 * @returns The gradient with respect to `x`, of shape `n×m×p`.
 * @throws {TypeError} As {@linkcode addBias} does, and if `dout` is not a tensor
 * of the shape and element type of `x`, or if `out` is not such a tensor.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if there
 * is no memory for the result.
 *
 * @example Usage
 * ```ts
 * import { addBiasDx } from "@adjoint/ops/add-bias";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals, assertNotStrictEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2], [3, 4]]]);
 * const y = tensor([10, 20]);
 * const dout = tensor([[[5, 6], [7, 8]]]);
 * const dx = addBiasDx(x, y, dout);
 *
 * assertEquals(dx, dout);
 * assertNotStrictEquals(dx.data, dout.data);
 * ```
 */
export function addBiasDx<
  N extends number,
  M extends number,
  P extends number,
  Y extends Shape,
  D extends Shape,
  O extends Shape,
>(
  x: Tensor<[N, M, P]>,
  y: Tensor<SameShape<Y, [M]>>,
  dout: Tensor<SameShape<D, [N, M, P]>>,
  out?: Tensor<SameShape<O, [N, M, P]>>,
): Tensor<[N, M, P]> {
  const act = "compute addBiasDx";
  const [X, Y, n, m, p] = inputs(act, x, y);
  const dZ = checkDout(act, dout, X.shape, X);
  const dX = resultOf(act, out, [n, m, p], INPUTS, X, Y, dZ);
  checkLength(act, dZ.data, n * m * p);
  write(dX.data, dZ.data); // ∂E/∂X = ∂E/∂Z
  return dX.tensor;
}

/** The gradient of the loss with respect to the bias of {@linkcode addBias}:
 * `dout`, summed over the two axes along which the bias was repeated.
 *
 * ```math
 * \frac{\partial E}{\partial y_j}
 *   = \sum_{i=1}^{n} \sum_{k=1}^{p} \frac{\partial E}{\partial Z_{ijk}}
 * ```
 *
 * @typeParam N The outer dimension of `x`, the batch.
 * @typeParam M The middle dimension of `x`, the channels.
 * @typeParam P The inner dimension of `x`.
 * @typeParam Y The shape of `y`, equal to `[M]`.
 * @typeParam D The shape of `dout`, equal to `[N, M, P]`.
 * @typeParam O The shape of `out`, equal to `[M]`.
 * @param x The tensor, of shape `n×m×p`.
 * @param y The bias, of shape `m`.
 * @param dout The gradient of the loss with respect to the sum, of shape
 * `n×m×p`.
 * @param out Where to write the result, a tensor of its shape and element type
 * that shares no memory with an input; a new tensor where it is not given.
 * @returns The gradient with respect to `y`, of shape `m`.
 * @throws {TypeError} As {@linkcode addBias} does, and if `dout` is not a tensor
 * of the shape and element type of `x`, or if `out` is not such a tensor.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if there
 * is no memory for the result.
 *
 * @example Usage
 * ```ts
 * import { addBiasDy } from "@adjoint/ops/add-bias";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2], [3, 4]]]);
 * const y = tensor([10, 20]);
 * const dout = tensor([[[5, 6], [7, 8]]]);
 *
 * assertEquals(addBiasDy(x, y, dout), tensor([11, 15]));
 * ```
 */
export function addBiasDy<
  N extends number,
  M extends number,
  P extends number,
  Y extends Shape,
  D extends Shape,
  O extends Shape,
>(
  x: Tensor<[N, M, P]>,
  y: Tensor<SameShape<Y, [M]>>,
  dout: Tensor<SameShape<D, [N, M, P]>>,
  out?: Tensor<SameShape<O, [M]>>,
): Tensor<[M]> {
  const act = "compute addBiasDy";
  const [X, Y, n, m, p] = inputs(act, x, y);
  const dZ = checkDout(act, dout, X.shape, X);
  const dY = resultOf(act, out, [m], INPUTS, X, Y, dZ);
  checkLength(act, dZ.data, n * m * p);
  stream.sumChannels(act, dZ.data, n, m, p, dY.data); // ∂E/∂yⱼ = Σᵢ Σₖ ∂E/∂Zᵢⱼₖ
  return dY.tensor;
}

/** Checks the inputs; the result is they, and the dimensions. */
function inputs<N extends number, M extends number, P extends number>(
  act: string,
  x: Tensor<[N, M, P]>,
  y: Tensor,
): [Tensor<[N, M, P]>, Tensor, N, M, P] {
  const X = checkTensor(act, "x", x, 3);
  const Y = checkTensor(act, "y", y, 1);
  checkSameType(act, "x", X, "y", Y);
  const [n, m, p] = X.shape;
  if (m !== Y.shape[0]) {
    throw new TypeError(
      `Cannot ${act} as the length of y must equal axis 1 of x: x is ${
        showShape(X.shape)
      }, y is ${showShape(Y.shape)}`,
    );
  }
  return [X, Y, n, m, p];
}
