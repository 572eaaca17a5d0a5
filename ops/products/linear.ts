// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Linear layer
 *
 * Maps each row of a batch, $`p`$ inputs, to $`k`$ outputs: a fully connected
 * layer, with the weights stored one row for each output, as PyTorch does.
 *
 * ```math
 * Y = X W^{\mathsf{T}} + \mathbf{1}_N b^{\mathsf{T}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`N \times p`$ | input `x`, a batch of $`N`$ rows |
 * | $`W`$ | $`k \times p`$ | input `w`, the weights |
 * | $`b`$ | $`k`$ | input `b`, the bias |
 * | $`Y`$ | $`N \times k`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`N \times k`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The loss $`E`$ is any number that is computed from $`Y`$. Its gradient with
 * respect to a tensor has that tensor's shape, so
 * $`\frac{\partial E}{\partial X} \in \mathbb{R}^{N \times p}`$,
 * $`\frac{\partial E}{\partial W} \in \mathbb{R}^{k \times p}`$ and
 * $`\frac{\partial E}{\partial b} \in \mathbb{R}^{k}`$.
 *
 * ## Forward
 *
 * For row $`i`$ of the batch and output $`j`$, with $`l`$ over the inputs:
 *
 * ```math
 * Y_{ij} = \sum_{l=1}^{p} X_{il} W_{jl} + b_j
 * ```
 *
 * As matrices: the index $`l`$ stands last in both factors, so $`W`$ is
 * transposed. The outer product with $`\mathbf{1}_N`$, the vector of $`N`$
 * ones, repeats the bias in every row, which code calls broadcasting.
 *
 * ```math
 * Y = X W^{\mathsf{T}} + \mathbf{1}_N b^{\mathsf{T}}
 * ```
 *
 * ## Derivation
 *
 * Each gradient is the chain rule over every element of $`Y`$, and each partial
 * derivative is read off the forward formula. The Kronecker delta
 * $`\delta_{ai}`$ is 1 where $`a`$ is $`i`$, and 0 elsewhere.
 *
 * **With respect to the input.** $`X_{il}`$ occurs in row $`i`$ of $`Y`$, with
 * the factor $`W_{jl}`$ at output $`j`$:
 *
 * ```math
 * \frac{\partial Y_{aj}}{\partial X_{il}} = \delta_{ai} W_{jl}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{il}}
 *   = \sum_{a=1}^{N} \sum_{j=1}^{k}
 *     \frac{\partial E}{\partial Y_{aj}} \frac{\partial Y_{aj}}{\partial X_{il}}
 *   = \sum_{j=1}^{k} \frac{\partial E}{\partial Y_{ij}} W_{jl}
 * ```
 *
 * The index $`j`$ stands last in the first factor and first in the second, as in
 * a matrix product:
 *
 * ```math
 * \frac{\partial E}{\partial X_{il}}
 *   = \left( \frac{\partial E}{\partial Y} W \right)_{il}
 * ```
 *
 * **With respect to the weights.** $`W_{jl}`$ occurs in column $`j`$ of $`Y`$,
 * with the factor $`X_{il}`$ in row $`i`$:
 *
 * ```math
 * \frac{\partial Y_{ic}}{\partial W_{jl}} = \delta_{cj} X_{il}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial W_{jl}}
 *   = \sum_{i=1}^{N} \sum_{c=1}^{k}
 *     \frac{\partial E}{\partial Y_{ic}} \frac{\partial Y_{ic}}{\partial W_{jl}}
 *   = \sum_{i=1}^{N} \frac{\partial E}{\partial Y_{ij}} X_{il}
 * ```
 *
 * Here the index $`i`$ stands *first* in both factors, so it is the gradient
 * with respect to the output that is transposed, and the product has the shape
 * of the weights: with
 * $`\left( \frac{\partial E}{\partial Y} \right)^{\mathsf{T}} \in \mathbb{R}^{k \times N}`$
 * and $`X \in \mathbb{R}^{N \times p}`$ it is
 * $`\left( \frac{\partial E}{\partial Y} \right)^{\mathsf{T}} X \in \mathbb{R}^{k \times p}`$.
 * (With the transpose on the other factor,
 * $`X^{\mathsf{T}} \frac{\partial E}{\partial Y} \in \mathbb{R}^{p \times k}`$
 * would be the gradient of a layer whose weights are stored one column for each
 * output.)
 *
 * ```math
 * \frac{\partial E}{\partial W_{jl}}
 *   = \left( \left( \frac{\partial E}{\partial Y} \right)^{\mathsf{T}} X \right)_{jl}
 * ```
 *
 * **With respect to the bias.** $`b_j`$ occurs in every row of column $`j`$,
 * with the factor 1:
 *
 * ```math
 * \frac{\partial Y_{ic}}{\partial b_j} = \delta_{cj}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial b_j}
 *   = \sum_{i=1}^{N} \sum_{c=1}^{k}
 *     \frac{\partial E}{\partial Y_{ic}} \frac{\partial Y_{ic}}{\partial b_j}
 *   = \sum_{i=1}^{N} \frac{\partial E}{\partial Y_{ij}}
 * ```
 *
 * ## Backward
 *
 * {@linkcode linearDx}, by elements and as a matrix:
 *
 * ```math
 * \frac{\partial E}{\partial X_{il}}
 *   = \sum_{j=1}^{k} \frac{\partial E}{\partial Y_{ij}} W_{jl}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X} = \frac{\partial E}{\partial Y} W
 * ```
 *
 * {@linkcode linearDw}, by elements and as a matrix:
 *
 * ```math
 * \frac{\partial E}{\partial W_{jl}}
 *   = \sum_{i=1}^{N} \frac{\partial E}{\partial Y_{ij}} X_{il}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial W}
 *   = \left( \frac{\partial E}{\partial Y} \right)^{\mathsf{T}} X
 * ```
 *
 * {@linkcode linearDb}, by elements and as a vector:
 *
 * ```math
 * \frac{\partial E}{\partial b_j} = \sum_{i=1}^{N} \frac{\partial E}{\partial Y_{ij}}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial b}
 *   = \left( \frac{\partial E}{\partial Y} \right)^{\mathsf{T}} \mathbf{1}_N
 * ```
 *
 * ## Edge cases
 *
 * - **Empty dimensions.** Where $`N`$ or $`k`$ is 0, $`Y`$ is empty. Where only
 *   $`p`$ is 0, every row of $`Y`$ is the bias. Where $`N`$ is 0, the gradients
 *   with respect to $`W`$ and $`b`$ are sums of nothing: zeros. So is the one
 *   with respect to $`X`$ where $`k`$ is 0.
 * - **NaN and infinity** go through as IEEE 754 says. No zero is skipped, so
 *   0 times NaN, and 0 times infinity, is NaN.
 * - **Aliasing.** `x`, `w`, `b` and `dout` may share memory. None of them is
 *   written to, and no result shares memory with them: an `out` that does is
 *   refused, and nothing is written.
 * - **Ties and kinks.** There are none: the layer is smooth everywhere.
 *
 * ## Cost
 *
 * Forward $`2Npk`$ flops (multiply-adds count as two; the bias is added as
 * the elements are stored). The gradients with respect to $`X`$ and $`W`$ take $`2Npk`$
 * each, the gradient with respect to $`b`$ takes $`Nk`$. The forward pass reads and
 * writes $`Np + kp + k + Nk`$ elements of 4 bytes (float32) or 8 (float64). The
 * backward pass needs $`X`$ and $`W`$, but neither $`b`$ nor $`Y`$.
 *
 * Where the product takes less than 4096 multiply-adds, the sums run in float64,
 * and a float32 element is rounded once, when it is stored. Larger products run
 * in the element type on the SIMD kernel: a multiply-add is rounded once, or
 * twice where the engine has no fused one, and after every 256 of them their sum
 * is added to the element. So the error of an
 * element that sums `t` products is at most about `min(t, 256) + t/256` half units
 * in the last place, of the sum of their absolute values.
 *
 * Every function takes an `out` as its last argument: a tensor to write to. The
 * memory of a new one must be found, cleared and collected again. For a result
 * of many elements and few flops each, such as a thin matrix times a flat one,
 * this takes longer than the product itself.
 *
 * ## Example
 *
 * ```ts
 * import { linear, linearDb, linearDw, linearDx } from "@adjoint/ops/linear";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]); // Two rows of three inputs.
 * const w = tensor([[1, 0, 1], [0, 1, 0]]); // Two outputs.
 * const b = tensor([10, 20]);
 * const dout = tensor([[1, 0], [1, 2]]);
 *
 * assertEquals(linear(x, w, b), tensor([[14, 22], [20, 25]]));
 * assertEquals(linearDx(x, w, b, dout), tensor([[1, 0, 1], [1, 2, 1]]));
 * assertEquals(linearDw(x, w, b, dout), tensor([[5, 7, 9], [8, 10, 12]]));
 * assertEquals(linearDb(x, w, b, dout), tensor([2, 2]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.linear(x, w, b)`; `linear` and `addmm` in its
 *   [derivatives.yaml](https://github.com/pytorch/pytorch/blob/v1.13.1/tools/autograd/derivatives.yaml).
 *
 * @module
 */

import {
  checkLength,
  checkMatrix,
  checkSameType,
  checkTensor,
  resultOf,
  showShape,
} from "../core/checks.ts";
import { type Matrix, transpose } from "../kernels/matrix.ts";
import { multiply } from "../kernels/multiply.ts";
import { sumChannels } from "../kernels/stream.ts";
import type { SameDim, SameShape, Shape, Tensor } from "../tensor.ts";

/** What messages call the inputs. */
const INPUTS = ["x", "w", "b", "dout"];

/** Applies a linear layer to a batch of rows.
 *
 * ```math
 * Y = X W^{\mathsf{T}} + \mathbf{1}_N b^{\mathsf{T}}
 * ```
 *
 * @typeParam N The rows of `x`, the batch.
 * @typeParam P The columns of `x`, the inputs.
 * @typeParam K The rows of `w`, the outputs.
 * @typeParam Q The columns of `w`, equal to `P`.
 * @typeParam B The shape of `b`, equal to `[K]`.
 * @typeParam O The shape of `out`, equal to `[N, K]`.
 * @param x The batch, of shape `N×p`.
 * @param w The weights, of shape `k×p`.
 * @param b The bias, of shape `k`.
 * @param out Where to write the result, a tensor of its shape and element type
 * that shares no memory with an input; a new tensor where it is not given.
 * @returns The outputs, of shape `N×k`.
 * @throws {TypeError} If `x` or `w` is not a tensor of rank 2 or `b` not one of
 * rank 1, if their element types differ, if the columns of `w` are not as many
 * as those of `x`, if the length of `b` is not the number of rows of `w`, or if
 * `out` is not such a tensor.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if there
 * is no memory for the result.
 *
 * @example Usage
 * ```ts
 * import { linear } from "@adjoint/ops/linear";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3]]);
 * const w = tensor([[1, 0, 1], [0, 1, 0]]);
 * const b = tensor([10, 20]);
 *
 * assertEquals(linear(x, w, b), tensor([[14, 22]]));
 * ```
 */
export function linear<
  N extends number,
  P extends number,
  K extends number,
  Q extends number,
  B extends Shape,
  O extends Shape,
>(
  x: Tensor<[N, P]>,
  w: Tensor<[K, SameDim<Q, P>]>,
  b: Tensor<SameShape<B, [K]>>,
  out?: Tensor<SameShape<O, [N, K]>>,
): Tensor<[N, K]> {
  const act = "compute linear";
  const [X, W, B] = operands(act, x, w, b);
  const Y = resultOf(act, out, [X.rows, W.rows], INPUTS, X, W, B);
  return multiply(act, X, transpose(W), Y, B); // Y = X Wᵀ + 1 bᵀ
}

/** The gradient of the loss with respect to the input of {@linkcode linear}.
 *
 * ```math
 * \frac{\partial E}{\partial X} = \frac{\partial E}{\partial Y} W
 * ```
 *
 * @typeParam N The rows of `x`, the batch.
 * @typeParam P The columns of `x`, the inputs.
 * @typeParam K The rows of `w`, the outputs.
 * @typeParam Q The columns of `w`, equal to `P`.
 * @typeParam B The shape of `b`, equal to `[K]`.
 * @typeParam D The shape of `dout`, equal to `[N, K]`.
 * @typeParam O The shape of `out`, equal to `[N, P]`.
 * @param x The batch, of shape `N×p`.
 * @param w The weights, of shape `k×p`.
 * @param b The bias, of shape `k`.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `N×k`.
 * @param out Where to write the result, a tensor of its shape and element type
 * that shares no memory with an input; a new tensor where it is not given.
 * @returns The gradient with respect to `x`, of shape `N×p`.
 * @throws {TypeError} As {@linkcode linear} does, and if `dout` is not a tensor
 * of the output's shape and element type, or if `out` is not such a tensor.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if there
 * is no memory for the result.
 *
 * @example Usage
 * ```ts
 * import { linearDx } from "@adjoint/ops/linear";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3]]);
 * const w = tensor([[1, 0, 1], [0, 1, 0]]);
 * const b = tensor([10, 20]);
 * const dout = tensor([[1, 2]]);
 *
 * assertEquals(linearDx(x, w, b, dout), tensor([[1, 2, 1]]));
 * ```
 */
export function linearDx<
  N extends number,
  P extends number,
  K extends number,
  Q extends number,
  B extends Shape,
  D extends Shape,
  O extends Shape,
>(
  x: Tensor<[N, P]>,
  w: Tensor<[K, SameDim<Q, P>]>,
  b: Tensor<SameShape<B, [K]>>,
  dout: Tensor<SameShape<D, [N, K]>>,
  out?: Tensor<SameShape<O, [N, P]>>,
): Tensor<[N, P]> {
  const act = "compute linearDx";
  const [X, W, B] = operands(act, x, w, b);
  const dY = gradient(act, dout, X, W);
  const dX = resultOf(act, out, [X.rows, X.cols], INPUTS, X, W, B, dY);
  return multiply(act, dY, W, dX); // ∂E/∂X = ∂E/∂Y W
}

/** The gradient of the loss with respect to the weights of {@linkcode linear}.
 *
 * ```math
 * \frac{\partial E}{\partial W}
 *   = \left( \frac{\partial E}{\partial Y} \right)^{\mathsf{T}} X
 * ```
 *
 * @typeParam N The rows of `x`, the batch.
 * @typeParam P The columns of `x`, the inputs.
 * @typeParam K The rows of `w`, the outputs.
 * @typeParam Q The columns of `w`, equal to `P`.
 * @typeParam B The shape of `b`, equal to `[K]`.
 * @typeParam D The shape of `dout`, equal to `[N, K]`.
 * @typeParam O The shape of `out`, equal to `[K, P]`.
 * @param x The batch, of shape `N×p`.
 * @param w The weights, of shape `k×p`.
 * @param b The bias, of shape `k`.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `N×k`.
 * @param out Where to write the result, a tensor of its shape and element type
 * that shares no memory with an input; a new tensor where it is not given.
 * @returns The gradient with respect to `w`, of shape `k×p`.
 * @throws {TypeError} As {@linkcode linear} does, and if `dout` is not a tensor
 * of the output's shape and element type, or if `out` is not such a tensor.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if there
 * is no memory for the result.
 *
 * @example Usage
 * ```ts
 * import { linearDw } from "@adjoint/ops/linear";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3]]);
 * const w = tensor([[1, 0, 1], [0, 1, 0]]);
 * const b = tensor([10, 20]);
 * const dout = tensor([[1, 2]]);
 *
 * assertEquals(linearDw(x, w, b, dout), tensor([[1, 2, 3], [2, 4, 6]]));
 * ```
 */
export function linearDw<
  N extends number,
  P extends number,
  K extends number,
  Q extends number,
  B extends Shape,
  D extends Shape,
  O extends Shape,
>(
  x: Tensor<[N, P]>,
  w: Tensor<[K, SameDim<Q, P>]>,
  b: Tensor<SameShape<B, [K]>>,
  dout: Tensor<SameShape<D, [N, K]>>,
  out?: Tensor<SameShape<O, [K, P]>>,
): Tensor<[K, P]> {
  const act = "compute linearDw";
  const [X, W, B] = operands(act, x, w, b);
  const dY = gradient(act, dout, X, W);
  const dW = resultOf(act, out, [W.rows, W.cols], INPUTS, X, W, B, dY);
  return multiply(act, transpose(dY), X, dW); // ∂E/∂W = (∂E/∂Y)ᵀ X
}

/** The gradient of the loss with respect to the bias of {@linkcode linear}:
 * `dout`, summed over the batch.
 *
 * ```math
 * \frac{\partial E}{\partial b_j} = \sum_{i=1}^{N} \frac{\partial E}{\partial Y_{ij}}
 * ```
 *
 * @typeParam N The rows of `x`, the batch.
 * @typeParam P The columns of `x`, the inputs.
 * @typeParam K The rows of `w`, the outputs.
 * @typeParam Q The columns of `w`, equal to `P`.
 * @typeParam B The shape of `b`, equal to `[K]`.
 * @typeParam D The shape of `dout`, equal to `[N, K]`.
 * @typeParam O The shape of `out`, equal to `[K]`.
 * @param x The batch, of shape `N×p`.
 * @param w The weights, of shape `k×p`.
 * @param b The bias, of shape `k`.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `N×k`.
 * @param out Where to write the result, a tensor of its shape and element type
 * that shares no memory with an input; a new tensor where it is not given.
 * @returns The gradient with respect to `b`, of shape `k`.
 * @throws {TypeError} As {@linkcode linear} does, and if `dout` is not a tensor
 * of the output's shape and element type, or if `out` is not such a tensor.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if there
 * is no memory for the result.
 *
 * @example Usage
 * ```ts
 * import { linearDb } from "@adjoint/ops/linear";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * const w = tensor([[1, 0, 1], [0, 1, 0]]);
 * const b = tensor([10, 20]);
 * const dout = tensor([[1, 2], [3, 4]]);
 *
 * assertEquals(linearDb(x, w, b, dout), tensor([4, 6]));
 * ```
 */
export function linearDb<
  N extends number,
  P extends number,
  K extends number,
  Q extends number,
  B extends Shape,
  D extends Shape,
  O extends Shape,
>(
  x: Tensor<[N, P]>,
  w: Tensor<[K, SameDim<Q, P>]>,
  b: Tensor<SameShape<B, [K]>>,
  dout: Tensor<SameShape<D, [N, K]>>,
  out?: Tensor<SameShape<O, [K]>>,
): Tensor<[K]> {
  const act = "compute linearDb";
  const [X, W, B] = operands(act, x, w, b);
  const dY = gradient(act, dout, X, W);
  const { rows, cols } = dY;
  const db = resultOf(act, out, [cols], INPUTS, X, W, B, dY);
  checkLength(act, dY.data, rows * cols);
  sumChannels(act, dY.data, rows, cols, 1, db.data); // ∂E/∂bⱼ = Σᵢ ∂E/∂Yᵢⱼ
  return db.tensor;
}

/** Checks the inputs; from here on, the types know that their shapes fit. */
function operands<N extends number, P extends number, K extends number>(
  act: string,
  x: Tensor<[N, P]>,
  w: Tensor<[K, number]>,
  b: Tensor,
): [Matrix<N, P>, Matrix<K, P>, Tensor<[K]>] {
  const X = checkMatrix(act, "x", x);
  const W = checkMatrix(act, "w", w);
  const B = checkTensor(act, "b", b, 1);
  checkSameType(act, "x", X, "w", W);
  checkSameType(act, "x", X, "b", B);
  if (X.cols as number !== W.cols) {
    throw new TypeError(
      `Cannot ${act} as the columns of x must equal the columns of w: x is ${
        showShape([X.rows, X.cols])
      }, w is ${showShape([W.rows, W.cols])}`,
    );
  }
  if (B.shape[0] !== W.rows) {
    throw new TypeError(
      `Cannot ${act} as the length of b must equal the rows of w: b is ${
        showShape(B.shape)
      }, w is ${showShape([W.rows, W.cols])}`,
    );
  }
  return [X, W as Matrix<K, number> as Matrix<K, P>, B as Tensor<[K]>];
}

/** Checks `dout` against the shape of the output. */
function gradient<N extends number, P extends number, K extends number>(
  act: string,
  dout: Tensor,
  X: Matrix<N, P>,
  W: Matrix<K, P>,
): Matrix<N, K> {
  const dY = checkMatrix(act, "dout", dout as Tensor<[N, K]>, X.rows, W.rows);
  checkSameType(act, "x", X, "dout", dY);
  return dY;
}
