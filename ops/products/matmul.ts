// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Matrix multiplication
 *
 * Multiplies two matrices: each element of the product is a row of the first
 * times a column of the second.
 *
 * ```math
 * Z = X Y, \qquad
 * \frac{\partial E}{\partial X} = \frac{\partial E}{\partial Z} Y^{\mathsf{T}}, \qquad
 * \frac{\partial E}{\partial Y} = X^{\mathsf{T}} \frac{\partial E}{\partial Z}
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
 * **With respect to $`X`$.** The loss depends on $`X_{ij}`$ through every element
 * of $`Z`$, so the chain rule sums over them all:
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
 * Of the sum over $`a`$, only the term where $`a`$ is $`i`$ remains:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}}
 *   = \sum_{a=1}^{m} \sum_{k=1}^{p}
 *     \frac{\partial E}{\partial Z_{ak}} \delta_{ai} Y_{jk}
 *   = \sum_{k=1}^{p} \frac{\partial E}{\partial Z_{ik}} Y_{jk}
 * ```
 *
 * The index $`k`$ is last in both factors. In a matrix product it is last in the
 * first factor and first in the second, so $`Y`$ is transposed:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}}
 *   = \sum_{k=1}^{p} \frac{\partial E}{\partial Z_{ik}} (Y^{\mathsf{T}})_{kj}
 *   = \left( \frac{\partial E}{\partial Z} Y^{\mathsf{T}} \right)_{ij}
 * ```
 *
 * **With respect to $`Y`$**, by the same steps. $`Y_{jk}`$ occurs once in each
 * element of column $`k`$ of $`Z`$, with the factor $`X_{ij}`$:
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
 * Now $`i`$ is first in both factors, so $`X`$ is transposed:
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
 * ## Special points
 *
 * The product is smooth, so it has no kinks.
 *
 * | at | $`Z`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial Y}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [[0, 1]], y = [[NaN], [2]]` | `[[NaN]]` | `[[NaN, 2]]` | `[[0], [1]]` | same | same | same |
 * | `x = [[0, 1]], y = [[∞], [2]]` | `[[NaN]]` | `[[∞, 2]]` | `[[0], [1]]` | same | same | same |
 *
 * No zero is skipped, so 0 times NaN or infinity is NaN. If $`n`$ is 0, each
 * element is an empty sum, so $`Z`$ is zeros.
 *
 * ## Cost
 *
 * Forward $`2mnp`$ flops (multiply-adds count as two), and the same again for
 * each gradient: both gradients together cost twice the forward pass. Each
 * product reads and writes $`mn + np + mp`$ elements of 4 bytes (float32) or 8
 * (float64). The backward pass needs $`X`$ and $`Y`$, but not $`Z`$.
 *
 * Products of fewer than 4096 multiply-adds accumulate in float64, and a float32
 * element is rounded once, when it is stored. Larger products run in the element
 * type on the SIMD kernel: a multiply-add is rounded once, or twice if the engine
 * has no fused one, and after 128 of them or fewer their sum is added to the
 * element. So the error of an element that is a sum of `t` products is at most
 * about `min(t, 128) + t/128` half units in the last place of the sum of their
 * absolute values.
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
 * - PyTorch: `torch.matmul(x, y)`
 * - JAX: `jnp.matmul(x, y)`
 * - TensorFlow: `tf.linalg.matmul(x, y)`
 * - M. B. Giles, *Collected Matrix Derivative Results for Forward and Reverse
 *   Mode Algorithmic Differentiation*, 2008, section 2.2.2:
 *   [NA-08-01](https://people.maths.ox.ac.uk/gilesm/files/NA-08-01.pdf).
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameDim,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { matrix, transpose } from "../kernels/matrix.ts";
import { multiply } from "../kernels/multiply.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("matmul", {
  does: "multiply x by y",
  inputs: { x: "m n", y: "n p" },
  outputs: { z: "m p" },

  forward({ x, y, z, m, n, p }) {
    for (let i = 0; i < m; i++) {
      for (let k = 0; k < p; k++) {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += x[i * n + j] * y[j * p + k];
        z[i * p + k] = sum; // Zᵢₖ = Σⱼ Xᵢⱼ Yⱼₖ
      }
    }
  },

  backward({ x, y, dz, dx, dy, m, n, p }) {
    for (let i = 0; dx && i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < p; k++) sum += dz[i * p + k] * y[j * p + k];
        dx[i * n + j] = sum; // ∂E/∂Xᵢⱼ = Σₖ ∂E/∂Zᵢₖ Yⱼₖ
      }
    }
    for (let j = 0; dy && j < n; j++) {
      for (let k = 0; k < p; k++) {
        let sum = 0;
        for (let i = 0; i < m; i++) sum += x[i * n + j] * dz[i * p + k];
        dy[j * p + k] = sum; // ∂E/∂Yⱼₖ = Σᵢ Xᵢⱼ ∂E/∂Zᵢₖ
      }
    }
  },

  kernels: {
    forward({ x, y, z, m, n, p }) {
      multiply(matrix(x, m, n), matrix(y, n, p), z); // Z = X Y
    },
    backward({ x, y, dz, dx, dy, m, n, p }) {
      const X = matrix(x, m, n), Y = matrix(y, n, p), dZ = matrix(dz, m, p);
      if (dx) multiply(dZ, transpose(Y), dx); // ∂E/∂X = ∂E/∂Z Yᵀ
      if (dy) multiply(transpose(X), dZ, dy); // ∂E/∂Y = Xᵀ ∂E/∂Z
    },
  },
});

/** Multiplies two matrices: `Zᵢₖ = Σⱼ Xᵢⱼ Yⱼₖ`.
 *
 * @param x The first factor, of shape `m×n`.
 * @param y The second factor, of shape `n×p`.
 * @returns The product `Z`, of shape `m×p`.
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
 *
 * @see https://jsr.io/@adjoint/ops/doc/matmul
 */
export function matmul<
  M extends number,
  N extends number,
  P extends number,
  K extends number,
  D extends Float,
>(
  x: Tensor<[M, N], D>,
  y: Tensor<[SameDim<K, N>, P], NoInfer<D>>,
  options?: Options<NoInfer<[M, P]>, NoInfer<D>>,
): Tensor<[M, P], D> {
  return signature.forward([x, y], options);
}

/** Both gradients of {@linkcode matmul}: `∂E/∂X = ∂E/∂Z Yᵀ`, `∂E/∂Y = Xᵀ ∂E/∂Z`.
 *
 * @param x The first factor, of shape `m×n`.
 * @param y The second factor, of shape `n×p`.
 * @param dout The gradient of the loss with respect to the product, of shape
 * `m×p`.
 * @returns The gradients with respect to `x` and `y`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/matmul
 */
export function matmulD<
  M extends number,
  N extends number,
  P extends number,
  K extends number,
  S extends Shape,
  D extends Float,
  W extends "x" | "y" = "x" | "y",
>(
  x: Tensor<[M, N], D>,
  y: Tensor<[SameDim<K, N>, P], NoInfer<D>>,
  dout: Tensor<SameShape<S, [M, P]>, NoInfer<D>>,
  options?: GradientOptions<
    { x: Tensor<[M, N], D>; y: Tensor<[N, P], D> },
    W
  >,
): Pick<{ x: Tensor<[M, N], D>; y: Tensor<[N, P], D> }, W> {
  return signature.backward([x, y, dout], options);
}

/** The gradient of {@linkcode matmul} with respect to `x`: `∂E/∂X = ∂E/∂Z Yᵀ`.
 *
 * @param x The first factor, of shape `m×n`.
 * @param y The second factor, of shape `n×p`.
 * @param dout The gradient of the loss with respect to the product, of shape
 * `m×p`.
 * @returns The gradient, of shape `m×n`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/matmul
 */
export function matmulDx<
  M extends number,
  N extends number,
  P extends number,
  K extends number,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<[M, N], D>,
  y: Tensor<[SameDim<K, N>, P], NoInfer<D>>,
  dout: Tensor<SameShape<S, [M, P]>, NoInfer<D>>,
  options?: Options<NoInfer<[M, N]>, NoInfer<D>>,
): Tensor<[M, N], D> {
  return signature.gradient("x", [x, y, dout], options);
}

/** The gradient of {@linkcode matmul} with respect to `y`: `∂E/∂Y = Xᵀ ∂E/∂Z`.
 *
 * @param x The first factor, of shape `m×n`.
 * @param y The second factor, of shape `n×p`.
 * @param dout The gradient of the loss with respect to the product, of shape
 * `m×p`.
 * @returns The gradient, of shape `n×p`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/matmul
 */
export function matmulDy<
  M extends number,
  N extends number,
  P extends number,
  K extends number,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<[M, N], D>,
  y: Tensor<[SameDim<K, N>, P], NoInfer<D>>,
  dout: Tensor<SameShape<S, [M, P]>, NoInfer<D>>,
  options?: Options<NoInfer<[N, P]>, NoInfer<D>>,
): Tensor<[N, P], D> {
  return signature.gradient("y", [x, y, dout], options);
}
