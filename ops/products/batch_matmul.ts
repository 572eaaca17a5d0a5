// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Batched matrix multiplication
 *
 * Multiplies the matrices of two batches pairwise, or all matrices of a batch
 * by one.
 *
 * ```math
 * Z_{aik} = \sum_{j=1}^{n} X_{aij} Y_{ajk}, \qquad
 * \frac{\partial E}{\partial X_{aij}}
 *   = \sum_{k=1}^{p} \frac{\partial E}{\partial Z_{aik}} Y_{ajk}, \qquad
 * \frac{\partial E}{\partial Y_{ajk}}
 *   = \sum_{i=1}^{m} X_{aij} \frac{\partial E}{\partial Z_{aik}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`b \times m \times n`$ | input `x` |
 * | $`Y`$ | $`b \times n \times p`$ | input `y` |
 * | $`Z`$ | $`b \times m \times p`$ | output |
 * | $`\frac{\partial E}{\partial Z}`$ | $`b \times m \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The last two axes are those of the matrices. All axes before them, however
 * many, count as one of size $`b`$, along which $`a`$ counts the matrices. They
 * are broadcast as in NumPy: their shapes are aligned at the last of these axes,
 * and where an axis is missing or has size 1, the matrices are repeated along it.
 * The product of a 5×1×2×3 and a 4×3×7 tensor is 5×4×2×7. If a factor is a single
 * matrix, all matrices of the other are multiplied by it.
 *
 * The gradient of a matrix that is repeated is the sum of the gradients of its
 * repetitions. So the formulas of this page are for the factors after
 * broadcasting, and their results are summed over the repetitions.
 *
 * ## Forward
 *
 * In each pair of matrices, row $`i`$ of the first times column $`k`$ of the second:
 *
 * ```math
 * Z_{aik} = \sum_{j=1}^{n} X_{aij} Y_{ajk}
 * ```
 *
 * ## Derivation
 *
 * **With respect to $`X`$.** The loss depends on $`X_{aij}`$ through the elements
 * of $`Z`$, so the chain rule sums over them all:
 *
 * ```math
 * \frac{\partial E}{\partial X_{aij}}
 *   = \sum_{c=1}^{b} \sum_{h=1}^{m} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Z_{chk}} \frac{\partial Z_{chk}}{\partial X_{aij}}
 * ```
 *
 * No matrix acts on the product of another pair. In its own product the element
 * $`X_{aij}`$ occurs once in each element of row $`i`$, with the factor
 * $`Y_{ajk}`$. The Kronecker delta $`\delta_{ca}`$ is 1 where $`c`$ is $`a`$, and
 * 0 elsewhere:
 *
 * ```math
 * \frac{\partial Z_{chk}}{\partial X_{aij}}
 *   = \delta_{ca} \delta_{hi} Y_{ajk}
 * ```
 *
 * One term of the sums over $`c`$ and $`h`$ remains:
 *
 * ```math
 * \frac{\partial E}{\partial X_{aij}}
 *   = \sum_{c=1}^{b} \sum_{h=1}^{m} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Z_{chk}} \delta_{ca} \delta_{hi} Y_{ajk}
 *   = \sum_{k=1}^{p} \frac{\partial E}{\partial Z_{aik}} Y_{ajk}
 * ```
 *
 * The index $`k`$ is last in both factors. In a matrix product it is last in the
 * first and first in the second, so each matrix of $`Y`$ is transposed: it is the
 * gradient of {@link [matmul] matrix multiplication}, matrix by matrix.
 *
 * **With respect to $`Y`$**, by the same steps:
 *
 * ```math
 * \frac{\partial Z_{cih}}{\partial Y_{ajk}} = \delta_{ca} \delta_{hk} X_{aij}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial Y_{ajk}}
 *   = \sum_{c=1}^{b} \sum_{i=1}^{m} \sum_{h=1}^{p}
 *     \frac{\partial E}{\partial Z_{cih}} \frac{\partial Z_{cih}}{\partial Y_{ajk}}
 *   = \sum_{i=1}^{m} X_{aij} \frac{\partial E}{\partial Z_{aik}}
 * ```
 *
 * Now $`i`$ is first in both factors, so the matrices of $`X`$ are transposed.
 *
 * ## Backward
 *
 * {@linkcode batchMatmulDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{aij}}
 *   = \sum_{k=1}^{p} \frac{\partial E}{\partial Z_{aik}} Y_{ajk}
 * ```
 *
 * {@linkcode batchMatmulDy}:
 *
 * ```math
 * \frac{\partial E}{\partial Y_{ajk}}
 *   = \sum_{i=1}^{m} X_{aij} \frac{\partial E}{\partial Z_{aik}}
 * ```
 *
 * Both are summed over the repetitions of each matrix.
 *
 * ## Special points
 *
 * The product is smooth, so it has no kinks.
 *
 * | at | $`Z`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial Y}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [[[0, 1]], [[2, 3]]], y = [[[NaN], [2]], [[4], [5]]]` | `[[[NaN]], [[23]]]` | `[[[NaN, 2]], [[4, 5]]]` | `[[[0], [1]], [[2], [3]]]` | same | same | same |
 * | `x = [[[0, 1]], [[2, 3]]], y = [[[∞], [2]], [[4], [5]]]` | `[[[NaN]], [[23]]]` | `[[[∞, 2]], [[4, 5]]]` | `[[[0], [1]], [[2], [3]]]` | same | same | same |
 * | `x = [[[0, 1]], [[2, 3]]], y = [[NaN], [2]]` | `[[[NaN]], [[NaN]]]` | `[[[NaN, 2]], [[NaN, 2]]]` | `[[2], [4]]` | same | same | same |
 * | `x = [[1, 2]], y = [[[3], [4]], [[5], [6]]], dout = [[[1]], [[10]]]` | `[[[11]], [[17]]]` | `[[53, 64]]` | `[[[1], [2]], [[10], [20]]]` | same | same | same |
 * | `x = [[[1, 2]]], y = [[[3], [4]], [[5], [6]]], dout = [[[1]], [[10]]]` | `[[[11]], [[17]]]` | `[[[53, 64]]]` | `[[[1], [2]], [[10], [20]]]` | same | same | same |
 *
 * No zero is skipped, so 0 times NaN or infinity is NaN. NaN and infinity in one
 * matrix do not reach the product of another, unless the matrix is repeated. If
 * $`n`$ is 0, each element is an empty sum, so $`Z`$ is zeros. If $`b`$ is 0, the
 * gradient of a matrix that is repeated 0 times is zeros, too.
 *
 * ## Cost
 *
 * Forward $`2bmnp`$ flops (multiply-adds count as two), and the same again for each
 * gradient. The backward pass needs $`X`$ and $`Y`$, but not $`Z`$.
 *
 * Every product runs on the kernels of {@link [matmul] matrix multiplication},
 * with their rounding errors. No matrix is copied to be transposed or repeated.
 * Sums over repetitions, and the products in them, are in float64 and are rounded
 * once; they take two float64 arrays of the size of the factor. If all matrices
 * of $`X`$ are multiplied by one, {@link [linear] linear} computes one larger
 * product, which is faster for small matrices.
 *
 * ## Example
 *
 * ```ts
 * import { batchMatmul, batchMatmulDy } from "@adjoint/ops/batch-matmul";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2]], [[3, 4]], [[5, 6]]]); // Three matrices of 1×2.
 * const y = tensor([[1, 0], [1, 1]]); // One of 2×2 for all of them.
 *
 * assertEquals(batchMatmul(x, y), tensor([[[3, 2]], [[7, 4]], [[11, 6]]]));
 * // It is used three times, so its gradient is a sum of three.
 * const dy = batchMatmulDy(x, y, ones([3, 1, 2]));
 * assertEquals(dy, tensor([[9, 9], [12, 12]]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.matmul(x, y)`
 * - JAX: `jnp.matmul(x, y)`
 * - TensorFlow: `tf.linalg.matmul(x, y)`
 * - M. B. Giles, *Collected Matrix Derivative Results for Forward and Reverse
 *   Mode Algorithmic Differentiation*, 2008, section 2.2.2:
 *   [NA-08-01](https://people.maths.ox.ac.uk/gilesm/files/NA-08-01.pdf).
 *
 * @module
 */

import { piece } from "../core/arrays.ts";
import { op, type Signature } from "../core/op.ts";
import type {
  Broadcast,
  Broadcastable,
  Float,
  GradientOptions,
  Options,
  SameDim,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { type Matrix, matrix, transpose } from "../kernels/matrix.ts";
import { CROSSOVER, multiply } from "../kernels/multiply.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("batchMatmul", {
  does: "multiply x by y",
  inputs: { x: "b… m n", y: "b… n p" },
  outputs: { z: "b… m p" },
  broadcast: "b",

  forward({ x, y, z, b, m, n, p }) {
    for (let a = 0; a < b; a++) {
      for (let i = 0; i < m; i++) {
        for (let k = 0; k < p; k++) {
          let sum = 0;
          for (let j = 0; j < n; j++) {
            sum += x[(a * m + i) * n + j] * y[(a * n + j) * p + k];
          }
          z[(a * m + i) * p + k] = sum; // Zₐᵢₖ = Σⱼ Xₐᵢⱼ Yₐⱼₖ
        }
      }
    }
  },

  backward({ x, y, dz, dx, dy, b, m, n, p }) {
    for (let a = 0; a < b; a++) {
      for (let i = 0; dx && i < m; i++) {
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let k = 0; k < p; k++) {
            sum += dz[(a * m + i) * p + k] * y[(a * n + j) * p + k];
          }
          dx[(a * m + i) * n + j] = sum; // ∂E/∂Xₐᵢⱼ = Σₖ ∂E/∂Zₐᵢₖ Yₐⱼₖ
        }
      }
      for (let j = 0; dy && j < n; j++) {
        for (let k = 0; k < p; k++) {
          let sum = 0;
          for (let i = 0; i < m; i++) {
            sum += x[(a * m + i) * n + j] * dz[(a * m + i) * p + k];
          }
          dy[(a * n + j) * p + k] = sum; // ∂E/∂Yₐⱼₖ = Σᵢ Xₐᵢⱼ ∂E/∂Zₐᵢₖ
        }
      }
    }
  },

  kernels: {
    forward({ x, y, z, b, m, n, p }) {
      if (m * n * p < CROSSOVER) return false;
      for (let a = 0; a < b; a++) {
        multiply(
          matrixAt(x, a, m, n),
          matrixAt(y, a, n, p),
          partAt(z, a, m * p),
        );
      }
    },
    backward({ x, y, dz, dx, dy, b, m, n, p }) {
      if (m * n * p < CROSSOVER) return false;
      for (let a = 0; a < b; a++) {
        const X = matrixAt(x, a, m, n), Y = matrixAt(y, a, n, p);
        const dZ = matrixAt(dz, a, m, p);
        if (dx) multiply(dZ, transpose(Y), partAt(dx, a, m * n)); // ∂E/∂Z Yᵀ
        if (dy) multiply(transpose(X), dZ, partAt(dy, a, n * p)); // Xᵀ ∂E/∂Z
      }
    },
  },
});

/** The numbers of the matrix with number a, of so many elements. */
function partAt(data: Float, a: number, size: number): Float {
  return piece(data, a * size, (a + 1) * size);
}

function matrixAt<R extends number, C extends number>(
  data: Float,
  a: number,
  rows: R,
  cols: C,
): Matrix<R, C> {
  return matrix(partAt(data, a, rows * cols), rows, cols);
}

/** Multiplies matrices in pairs: `Zₐᵢₖ = Σⱼ Xₐᵢⱼ Yₐⱼₖ`.
 *
 * @param x The first factors, of shape `b×m×n`, where b stands for any leading
 * axes.
 * @param y The second factors, of shape `b×n×p`, where b stands for any leading
 * axes that broadcast with those of `x`.
 * @returns The products `Z`, of shape `b×m×p`.
 *
 * @example Usage
 * ```ts
 * import { batchMatmul } from "@adjoint/ops/batch-matmul";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2]], [[3, 4]]]);
 * const y = tensor([[[1], [1]], [[10], [100]]]);
 *
 * assertEquals(batchMatmul(x, y), tensor([[[3]], [[430]]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-matmul
 */
export function batchMatmul<
  A extends Shape,
  B extends Shape,
  M extends number,
  N extends number,
  P extends number,
  K extends number,
  D extends Float,
>(
  x: Tensor<readonly [...A, M, N], D>,
  y: Tensor<readonly [...Broadcastable<B, A>, SameDim<K, N>, P], NoInfer<D>>,
  options?: Options<NoInfer<readonly [...Broadcast<A, B>, M, P]>, NoInfer<D>>,
): Tensor<readonly [...Broadcast<A, B>, M, P], D> {
  return signature.forward([x, y], options);
}

/** Both gradients of {@linkcode batchMatmul}: `∂E/∂Xₐᵢⱼ = Σₖ ∂E/∂Zₐᵢₖ Yₐⱼₖ`,
 * `∂E/∂Yₐⱼₖ = Σᵢ Xₐᵢⱼ ∂E/∂Zₐᵢₖ`, each summed over the axes that are broadcast.
 *
 * @param x The first factors, of shape `b×m×n`.
 * @param y The second factors, of shape `b×n×p`.
 * @param dout The gradient of the loss with respect to the products, of shape
 * `b×m×p`.
 * @returns The gradients with respect to `x` and `y`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-matmul
 */
export function batchMatmulD<
  A extends Shape,
  B extends Shape,
  M extends number,
  N extends number,
  P extends number,
  K extends number,
  S extends Shape,
  D extends Float,
  W extends "x" | "y" = "x" | "y",
>(
  x: Tensor<readonly [...A, M, N], D>,
  y: Tensor<readonly [...Broadcastable<B, A>, SameDim<K, N>, P], NoInfer<D>>,
  dout: Tensor<SameShape<S, readonly [...Broadcast<A, B>, M, P]>, NoInfer<D>>,
  options?: GradientOptions<BatchMatmulGradients<A, B, M, N, P, D>, W>,
): Pick<BatchMatmulGradients<A, B, M, N, P, D>, W> {
  return signature.backward([x, y, dout], options);
}

/** The gradients of {@linkcode batchMatmul}. */
export interface BatchMatmulGradients<
  A extends Shape,
  B extends Shape,
  M extends number,
  N extends number,
  P extends number,
  D extends Float,
> {
  /** `∂E/∂X`. */
  x: Tensor<readonly [...A, M, N], D>;
  /** `∂E/∂Y`. */
  y: Tensor<readonly [...B, N, P], D>;
}

/** The gradient of {@linkcode batchMatmul} with respect to `x`:
 * `∂E/∂Xₐᵢⱼ = Σₖ ∂E/∂Zₐᵢₖ Yₐⱼₖ`, summed over the axes that are broadcast.
 *
 * @param x The first factors, of shape `b×m×n`.
 * @param y The second factors, of shape `b×n×p`.
 * @param dout The gradient of the loss with respect to the products, of shape
 * `b×m×p`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-matmul
 */
export function batchMatmulDx<
  A extends Shape,
  B extends Shape,
  M extends number,
  N extends number,
  P extends number,
  K extends number,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...A, M, N], D>,
  y: Tensor<readonly [...Broadcastable<B, A>, SameDim<K, N>, P], NoInfer<D>>,
  dout: Tensor<SameShape<S, readonly [...Broadcast<A, B>, M, P]>, NoInfer<D>>,
  options?: Options<NoInfer<readonly [...A, M, N]>, NoInfer<D>>,
): Tensor<readonly [...A, M, N], D> {
  return signature.gradient("x", [x, y, dout], options);
}

/** The gradient of {@linkcode batchMatmul} with respect to `y`:
 * `∂E/∂Yₐⱼₖ = Σᵢ Xₐᵢⱼ ∂E/∂Zₐᵢₖ`, summed over the axes that are broadcast.
 *
 * @param x The first factors, of shape `b×m×n`.
 * @param y The second factors, of shape `b×n×p`.
 * @param dout The gradient of the loss with respect to the products, of shape
 * `b×m×p`.
 * @returns The gradient, of the shape of `y`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/batch-matmul
 */
export function batchMatmulDy<
  A extends Shape,
  B extends Shape,
  M extends number,
  N extends number,
  P extends number,
  K extends number,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...A, M, N], D>,
  y: Tensor<readonly [...Broadcastable<B, A>, SameDim<K, N>, P], NoInfer<D>>,
  dout: Tensor<SameShape<S, readonly [...Broadcast<A, B>, M, P]>, NoInfer<D>>,
  options?: Options<NoInfer<readonly [...B, N, P]>, NoInfer<D>>,
): Tensor<readonly [...B, N, P], D> {
  return signature.gradient("y", [x, y, dout], options);
}
