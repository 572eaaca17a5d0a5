// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Matrix multiplication
 *
 * Multiplies two matrices: each element of the product is a row of the first
 * times a column of the second.
 *
 * ```math
 * Z = X Y
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`m \times n`$ | input `x` |
 * | $`Y`$ | $`n \times p`$ | input `y` |
 * | $`Z`$ | $`m \times p`$ | output |
 * | $`\frac{\partial E}{\partial Z}`$ | $`m \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The loss $`E`$ is any number that is computed from $`Z`$. Its gradient with
 * respect to a tensor has that tensor's shape, so
 * $`\frac{\partial E}{\partial X} \in \mathbb{R}^{m \times n}`$ and
 * $`\frac{\partial E}{\partial Y} \in \mathbb{R}^{n \times p}`$.
 *
 * ## Forward
 *
 * Row $`i`$ of $`X`$ times column $`k`$ of $`Y`$, for $`i`$ up to $`m`$ and
 * $`k`$ up to $`p`$:
 *
 * ```math
 * Z_{ik} = \sum_{j=1}^{n} X_{ij} Y_{jk}
 * ```
 *
 * As matrices, with $`X \in \mathbb{R}^{m \times n}`$,
 * $`Y \in \mathbb{R}^{n \times p}`$ and $`Z \in \mathbb{R}^{m \times p}`$:
 *
 * ```math
 * Z = X Y
 * ```
 *
 * ## Derivation
 *
 * **With respect to the first factor.** The loss depends on $`X_{ij}`$ through
 * every element of $`Z`$, so the chain rule sums over them all:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}}
 *   = \sum_{a=1}^{m} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Z_{ak}} \frac{\partial Z_{ak}}{\partial X_{ij}}
 * ```
 *
 * In $`Z_{ak} = \sum_{b=1}^{n} X_{ab} Y_{bk}`$ the element $`X_{ij}`$ occurs
 * once, where $`a`$ is $`i`$ and $`b`$ is $`j`$, with the factor $`Y_{jk}`$.
 * The Kronecker delta $`\delta_{ai}`$ is 1 where $`a`$ is $`i`$, and 0
 * elsewhere:
 *
 * ```math
 * \frac{\partial Z_{ak}}{\partial X_{ij}} = \delta_{ai} Y_{jk}
 * ```
 *
 * Of the sum over $`a`$ only the term of $`i`$ is left:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}}
 *   = \sum_{a=1}^{m} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Z_{ak}} \delta_{ai} Y_{jk}
 *   = \sum_{k=1}^{p} \frac{\partial E}{\partial Z_{ik}} Y_{jk}
 * ```
 *
 * The index $`k`$ stands last in both factors. In a matrix product it stands
 * last in the first and first in the second, so $`Y`$ is transposed:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}}
 *   = \sum_{k=1}^{p} \frac{\partial E}{\partial Z_{ik}} (Y^{\mathsf{T}})_{kj}
 *   = \left( \frac{\partial E}{\partial Z} Y^{\mathsf{T}} \right)_{ij}
 * ```
 *
 * **With respect to the second factor**, in the same steps. $`Y_{jk}`$ occurs
 * once in each element of column $`k`$ of $`Z`$, with the factor $`X_{ij}`$:
 *
 * ```math
 * \frac{\partial Z_{ic}}{\partial Y_{jk}} = X_{ij} \delta_{kc}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial Y_{jk}}
 *   = \sum_{i=1}^{m} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial Z_{ic}} \frac{\partial Z_{ic}}{\partial Y_{jk}}
 *   = \sum_{i=1}^{m} X_{ij} \frac{\partial E}{\partial Z_{ik}}
 * ```
 *
 * Now $`i`$ stands first in both factors, and it is $`X`$ that is transposed:
 *
 * ```math
 * \frac{\partial E}{\partial Y_{jk}}
 *   = \left( X^{\mathsf{T}} \frac{\partial E}{\partial Z} \right)_{jk}
 * ```
 *
 * ## Backward
 *
 * {@linkcode matmulDx}, by elements and as a matrix:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}}
 *   = \sum_{k=1}^{p} \frac{\partial E}{\partial Z_{ik}} Y_{jk}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X} = \frac{\partial E}{\partial Z} Y^{\mathsf{T}}
 * ```
 *
 * {@linkcode matmulDy}, by elements and as a matrix:
 *
 * ```math
 * \frac{\partial E}{\partial Y_{jk}}
 *   = \sum_{i=1}^{m} X_{ij} \frac{\partial E}{\partial Z_{ik}}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial Y} = X^{\mathsf{T}} \frac{\partial E}{\partial Z}
 * ```
 *
 * ## Edge cases
 *
 * - **Empty dimensions.** Where $`m`$ or $`p`$ is 0, $`Z`$ is empty. Where only
 *   $`n`$ is 0, each element is a sum of nothing, so $`Z`$ is zeros. The
 *   gradients have the shapes of their inputs, with the same rule.
 * - **NaN and infinity** go through as IEEE 754 says. No zero is skipped, so
 *   0 times NaN, and 0 times infinity, is NaN.
 * - **Aliasing.** `x`, `y` and `dout` may share memory, and may be the same
 *   tensor. None of them is written to, and no result shares memory with them:
 *   an `out` that does is refused, and nothing is written.
 * - **Ties and kinks.** There are none: the product is linear in each factor.
 *
 * ## Cost
 *
 * Forward $`2mnp`$ flops (multiply-adds count as two), and the same again for
 * each gradient: a backward pass costs twice its forward pass. Read and written
 * are $`mn + np + mp`$ elements of 4 bytes (float32) or 8 (float64). The
 * backward pass needs $`X`$ and $`Y`$, but not $`Z`$.
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
 * import { matmul, matmulDx, matmulDy } from "@adjoint/ops/matmul";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * const y = tensor([[1, 0], [0, 1], [1, 1]]);
 * const dout = ones([2, 2]); // The gradient of E = the sum of z.
 *
 * assertEquals(matmul(x, y), tensor([[4, 5], [10, 11]]));
 * assertEquals(matmulDx(x, y, dout), tensor([[1, 1, 2], [1, 1, 2]]));
 * assertEquals(matmulDy(x, y, dout), tensor([[5, 5], [7, 7], [9, 9]]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.matmul(x, y)`, for two matrices; `mm` in its
 *   [derivatives.yaml](https://github.com/pytorch/pytorch/blob/v1.13.1/tools/autograd/derivatives.yaml).
 * - M. B. Giles, *Collected Matrix Derivative Results for Forward and Reverse
 *   Mode Algorithmic Differentiation*, 2008, section 2.2.2:
 *   [NA-08-01](https://people.maths.ox.ac.uk/gilesm/files/NA-08-01.pdf).
 *
 * @module
 */

import {
  checkMatrix,
  checkSameType,
  resultOf,
  showShape,
} from "../core/checks.ts";
import { type Matrix, transpose } from "../kernels/matrix.ts";
import { multiply } from "../kernels/multiply.ts";
import type { SameDim, SameShape, Shape, Tensor } from "../tensor.ts";

/** What messages call the inputs. */
const INPUTS = ["x", "y", "dout"];

/** Multiplies two matrices.
 *
 * ```math
 * Z = X Y
 * ```
 *
 * @typeParam M The rows of `x`.
 * @typeParam N The columns of `x`.
 * @typeParam P The columns of `y`.
 * @typeParam K The rows of `y`, equal to `N`.
 * @typeParam O The shape of `out`, equal to `[M, P]`.
 * @param x The first factor, of shape `m×n`.
 * @param y The second factor, of shape `n×p`.
 * @param out Where to write the result, a tensor of its shape and element type
 * that shares no memory with an input; a new tensor where it is not given.
 * @returns The product, of shape `m×p`.
 * @throws {TypeError} If `x` or `y` is not a tensor of rank 2, if their element
 * types differ, if the columns of `x` are not as many as the rows of `y`, or if
 * `out` is not such a tensor.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if there
 * is no memory for the result.
 *
 * @example Usage
 * ```ts
 * import { matmul } from "@adjoint/ops/matmul";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * const y = tensor([[5, 6], [7, 8]]);
 *
 * assertEquals(matmul(x, y), tensor([[19, 22], [43, 50]]));
 * ```
 */
export function matmul<
  M extends number,
  N extends number,
  P extends number,
  K extends number,
  O extends Shape,
>(
  x: Tensor<[M, N]>,
  y: Tensor<[SameDim<K, N>, P]>,
  out?: Tensor<SameShape<O, [M, P]>>,
): Tensor<[M, P]> {
  const act = "multiply x by y";
  const [X, Y] = factors(act, x, y);
  const Z = resultOf(act, out, [X.rows, Y.cols], INPUTS, X, Y);
  return multiply(act, X, Y, Z); // Z = X Y
}

/** The gradient of the loss with respect to the first factor of
 * {@linkcode matmul}.
 *
 * ```math
 * \frac{\partial E}{\partial X} = \frac{\partial E}{\partial Z} Y^{\mathsf{T}}
 * ```
 *
 * @typeParam M The rows of `x`.
 * @typeParam N The columns of `x`.
 * @typeParam P The columns of `y`.
 * @typeParam K The rows of `y`, equal to `N`.
 * @typeParam D The shape of `dout`, equal to `[M, P]`.
 * @typeParam O The shape of `out`, equal to `[M, N]`.
 * @param x The first factor, of shape `m×n`.
 * @param y The second factor, of shape `n×p`.
 * @param dout The gradient of the loss with respect to the product, of shape
 * `m×p`.
 * @param out Where to write the result, a tensor of its shape and element type
 * that shares no memory with an input; a new tensor where it is not given.
 * @returns The gradient with respect to `x`, of shape `m×n`.
 * @throws {TypeError} As {@linkcode matmul} does, and if `dout` is not a tensor
 * of the product's shape and element type, or if `out` is not such a tensor.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if there
 * is no memory for the result.
 *
 * @example Usage
 * ```ts
 * import { matmulDx } from "@adjoint/ops/matmul";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * const y = tensor([[5, 6], [7, 8]]);
 * const dout = tensor([[1, 0], [0, 1]]);
 *
 * assertEquals(matmulDx(x, y, dout), tensor([[5, 7], [6, 8]]));
 * ```
 */
export function matmulDx<
  M extends number,
  N extends number,
  P extends number,
  K extends number,
  D extends Shape,
  O extends Shape,
>(
  x: Tensor<[M, N]>,
  y: Tensor<[SameDim<K, N>, P]>,
  dout: Tensor<SameShape<D, [M, P]>>,
  out?: Tensor<SameShape<O, [M, N]>>,
): Tensor<[M, N]> {
  const act = "compute matmulDx";
  const [X, Y] = factors(act, x, y);
  const dZ = gradient(act, dout, X, Y);
  const dX = resultOf(act, out, [X.rows, X.cols], INPUTS, X, Y, dZ);
  return multiply(act, dZ, transpose(Y), dX); // ∂E/∂X = ∂E/∂Z Yᵀ
}

/** The gradient of the loss with respect to the second factor of
 * {@linkcode matmul}.
 *
 * ```math
 * \frac{\partial E}{\partial Y} = X^{\mathsf{T}} \frac{\partial E}{\partial Z}
 * ```
 *
 * @typeParam M The rows of `x`.
 * @typeParam N The columns of `x`.
 * @typeParam P The columns of `y`.
 * @typeParam K The rows of `y`, equal to `N`.
 * @typeParam D The shape of `dout`, equal to `[M, P]`.
 * @typeParam O The shape of `out`, equal to `[N, P]`.
 * @param x The first factor, of shape `m×n`.
 * @param y The second factor, of shape `n×p`.
 * @param dout The gradient of the loss with respect to the product, of shape
 * `m×p`.
 * @param out Where to write the result, a tensor of its shape and element type
 * that shares no memory with an input; a new tensor where it is not given.
 * @returns The gradient with respect to `y`, of shape `n×p`.
 * @throws {TypeError} As {@linkcode matmul} does, and if `dout` is not a tensor
 * of the product's shape and element type, or if `out` is not such a tensor.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if there
 * is no memory for the result.
 *
 * @example Usage
 * ```ts
 * import { matmulDy } from "@adjoint/ops/matmul";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * const y = tensor([[5, 6], [7, 8]]);
 * const dout = tensor([[1, 0], [0, 1]]);
 *
 * assertEquals(matmulDy(x, y, dout), tensor([[1, 3], [2, 4]]));
 * ```
 */
export function matmulDy<
  M extends number,
  N extends number,
  P extends number,
  K extends number,
  D extends Shape,
  O extends Shape,
>(
  x: Tensor<[M, N]>,
  y: Tensor<[SameDim<K, N>, P]>,
  dout: Tensor<SameShape<D, [M, P]>>,
  out?: Tensor<SameShape<O, [N, P]>>,
): Tensor<[N, P]> {
  const act = "compute matmulDy";
  const [X, Y] = factors(act, x, y);
  const dZ = gradient(act, dout, X, Y);
  const dY = resultOf(act, out, [Y.rows, Y.cols], INPUTS, X, Y, dZ);
  return multiply(act, transpose(X), dZ, dY); // ∂E/∂Y = Xᵀ ∂E/∂Z
}

/** Checks the factors; from here on, the types know that their shapes fit. */
function factors<M extends number, N extends number, P extends number>(
  act: string,
  x: Tensor<[M, N]>,
  y: Tensor<[number, P]>,
): [Matrix<M, N>, Matrix<N, P>] {
  const X = checkMatrix(act, "x", x);
  const Y = checkMatrix(act, "y", y);
  checkSameType(act, "x", X, "y", Y);
  if (X.cols as number !== Y.rows) {
    throw new TypeError(
      `Cannot ${act} as the columns of x must equal the rows of y: x is ${
        showShape([X.rows, X.cols])
      }, y is ${showShape([Y.rows, Y.cols])}`,
    );
  }
  return [X, Y as Matrix<N, P>];
}

/** Checks `dout` against the shape of the product. */
function gradient<M extends number, N extends number, P extends number>(
  act: string,
  dout: Tensor,
  X: Matrix<M, N>,
  Y: Matrix<N, P>,
): Matrix<M, P> {
  const dZ = checkMatrix(act, "dout", dout as Tensor<[M, P]>, X.rows, Y.cols);
  checkSameType(act, "x", X, "dout", dZ);
  return dZ;
}
