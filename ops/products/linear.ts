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
 * ```math
 * \frac{\partial E}{\partial X} = \frac{\partial E}{\partial Y} W, \qquad
 * \frac{\partial E}{\partial W}
 *   = \left( \frac{\partial E}{\partial Y} \right)^{\mathsf{T}} X, \qquad
 * \frac{\partial E}{\partial b}
 *   = \left( \frac{\partial E}{\partial Y} \right)^{\mathsf{T}} \mathbf{1}_N
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
 * As matrices: the index $`l`$ is last in both factors, so $`W`$ is transposed.
 * The outer product with $`\mathbf{1}_N`$, the vector of $`N`$ ones, repeats the
 * bias in every row; in code this is called broadcasting.
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
 * **With respect to $`X`$.** $`X_{il}`$ occurs in row $`i`$ of $`Y`$, with the
 * factor $`W_{jl}`$ at output $`j`$:
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
 * The index $`j`$ is last in the first factor and first in the second, as in a
 * matrix product:
 *
 * ```math
 * \frac{\partial E}{\partial X_{il}}
 *   = \left( \frac{\partial E}{\partial Y} W \right)_{il}
 * ```
 *
 * **With respect to $`W`$.** $`W_{jl}`$ occurs in column $`j`$ of $`Y`$, with the
 * factor $`X_{il}`$ in row $`i`$:
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
 * Here the index $`i`$ is *first* in both factors, so the gradient with respect to the
 * output is transposed, and the product has the shape of the weights: with
 * $`\left( \frac{\partial E}{\partial Y} \right)^{\mathsf{T}} \in \mathbb{R}^{k \times N}`$
 * and $`X \in \mathbb{R}^{N \times p}`$ it is
 * $`\left( \frac{\partial E}{\partial Y} \right)^{\mathsf{T}} X \in \mathbb{R}^{k \times p}`$.
 * (With the transpose on the other factor,
 * $`X^{\mathsf{T}} \frac{\partial E}{\partial Y} \in \mathbb{R}^{p \times k}`$ would be
 * the gradient of a layer whose weights are stored one column for each output.)
 *
 * ```math
 * \frac{\partial E}{\partial W_{jl}}
 *   = \left( \left( \frac{\partial E}{\partial Y} \right)^{\mathsf{T}} X \right)_{jl}
 * ```
 *
 * **With respect to $`b`$.** $`b_j`$ occurs in every row of column $`j`$, with
 * the factor 1:
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
 * ## Special points
 *
 * The layer is smooth, so it has no kinks.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial W}`$ | $`\frac{\partial E}{\partial b}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ----- | ------- | --- | ---------- | ------- |
 * | `x = [[0, 1]], w = [[NaN, 2]], b = [3]` | `[[NaN]]` | `[[NaN, 2]]` | `[[0, 1]]` | `[1]` | same | same | same |
 * | `x = [[0, 1]], w = [[∞, 2]], b = [3]` | `[[NaN]]` | `[[∞, 2]]` | `[[0, 1]]` | `[1]` | same | same | same |
 * | `x = [[1], [2]], w = [[3]], b = [NaN], dout = [[1], [∞]]` | `[[NaN], [NaN]]` | `[[3], [∞]]` | `[[∞]]` | `[∞]` | same | same | same |
 * | `x = [[]], w = [[]], b = [3]` | `[[3]]` | `[[]]` | `[[]]` | `[1]` | same | same | same |
 *
 * No zero is skipped, so 0 times NaN or infinity is NaN. If $`p`$ is 0, every row
 * of $`Y`$ is the bias. If $`N`$ is 0, the gradients with respect to $`W`$ and
 * $`b`$ are empty sums: zeros.
 *
 * ## Cost
 *
 * Forward $`2Npk`$ flops (multiply-adds count as two; the bias is added as the
 * elements are stored). The gradients with respect to $`X`$ and $`W`$ take
 * $`2Npk`$ flops each, the gradient with respect to $`b`$ takes $`Nk`$. The
 * forward pass reads and writes $`Np + kp + k + Nk`$ elements of 4 bytes
 * (float32) or 8 (float64). The backward pass needs $`X`$ and $`W`$, but neither
 * $`b`$ nor $`Y`$.
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
 * - PyTorch: `torch.nn.functional.linear(x, w, b)`
 * - JAX: `jnp.matmul(x, w.T) + b`
 * - TensorFlow: `tf.linalg.matmul(x, w, transpose_b=True) + b`
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
import { CROSSOVER, multiply } from "../kernels/multiply.ts";
import { sumChannels } from "../kernels/stream.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("linear", {
  inputs: { x: "N… p", w: "k p", b: { shape: "k", optional: true } },
  outputs: { y: "N… k" },

  forward({ x, w, b, y, N, p, k }) {
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < k; j++) {
        let sum = b ? b[j] : 0;
        for (let l = 0; l < p; l++) sum += x[i * p + l] * w[j * p + l];
        y[i * k + j] = sum; // Yᵢⱼ = bⱼ + Σₗ Xᵢₗ Wⱼₗ
      }
    }
  },

  backward({ x, w, dy, dx, dw, db, N, p, k }) {
    for (let i = 0; dx && i < N; i++) {
      for (let l = 0; l < p; l++) {
        let sum = 0;
        for (let j = 0; j < k; j++) sum += dy[i * k + j] * w[j * p + l];
        dx[i * p + l] = sum; // ∂E/∂Xᵢₗ = Σⱼ ∂E/∂Yᵢⱼ Wⱼₗ
      }
    }
    for (let j = 0; dw && j < k; j++) {
      for (let l = 0; l < p; l++) {
        let sum = 0;
        for (let i = 0; i < N; i++) sum += dy[i * k + j] * x[i * p + l];
        dw[j * p + l] = sum; // ∂E/∂Wⱼₗ = Σᵢ ∂E/∂Yᵢⱼ Xᵢₗ
      }
    }
    for (let j = 0; db && j < k; j++) {
      let sum = 0;
      for (let i = 0; i < N; i++) sum += dy[i * k + j];
      db[j] = sum; // ∂E/∂bⱼ = Σᵢ ∂E/∂Yᵢⱼ
    }
  },

  kernels: {
    forward({ x, w, b, y, N, p, k }) {
      multiply(matrix(x, N, p), transpose(matrix(w, k, p)), y, b); // Y = X Wᵀ + 1 bᵀ
    },
    backward({ x, w, dy, dx, dw, db, N, p, k }) {
      if (N * p * k < CROSSOVER) return false;
      const X = matrix(x, N, p), W = matrix(w, k, p), dY = matrix(dy, N, k);
      if (dx) multiply(dY, W, dx); // ∂E/∂X = ∂E/∂Y W
      if (dw) multiply(transpose(dY), X, dw); // ∂E/∂W = (∂E/∂Y)ᵀ X
      if (db) sumChannels(dy, N, k, 1, db); // ∂E/∂b = (∂E/∂Y)ᵀ 1
    },
  },
});

/** The gradients of {@linkcode linear}, by the names of its inputs. */
export interface LinearGradients<
  N extends Shape,
  P extends number,
  K extends number,
  D extends Float,
> {
  /** `∂E/∂X`. */
  x: Tensor<readonly [...N, P], D>;
  /** `∂E/∂W`. */
  w: Tensor<[K, P], D>;
  /** `∂E/∂b`. */
  b: Tensor<[K], D>;
}

/** Applies a linear layer: `Yᵢⱼ = Σₗ Xᵢₗ Wⱼₗ + bⱼ`.
 *
 * @param x The batch, of shape `N×p`, where N stands for any leading axes.
 * @param w The weights, of shape `k×p`.
 * @param b The bias, of shape `k`, or null for none.
 * @returns The outputs `Y`, of shape `N×k`.
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
 *
 * @see https://jsr.io/@adjoint/ops/doc/linear
 */
export function linear<
  N extends Shape,
  P extends number,
  K extends number,
  Q extends number,
  B extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, P], D>,
  w: Tensor<[K, SameDim<Q, P>], NoInfer<D>>,
  b: Tensor<SameShape<B, [K]>, NoInfer<D>> | null,
  options?: Options<NoInfer<readonly [...N, K]>, NoInfer<D>>,
): Tensor<readonly [...N, K], D> {
  return signature.forward([x, w, b], options);
}

/** All gradients of {@linkcode linear}: `∂E/∂X = ∂E/∂Y W`, `∂E/∂W = (∂E/∂Y)ᵀ X`,
 * `∂E/∂bⱼ = Σᵢ ∂E/∂Yᵢⱼ`.
 *
 * @param x The batch, of shape `N×p`.
 * @param w The weights, of shape `k×p`.
 * @param b The bias, of shape `k`, or null for none, which has no gradient.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `N×k`.
 * @returns The gradients with respect to `x`, `w` and `b`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/linear
 */
export function linearD<
  N extends Shape,
  P extends number,
  K extends number,
  Q extends number,
  B extends Shape,
  S extends Shape,
  D extends Float,
  W extends "x" | "w" | "b" = "x" | "w" | "b",
>(
  x: Tensor<readonly [...N, P], D>,
  w: Tensor<[K, SameDim<Q, P>], NoInfer<D>>,
  b: Tensor<SameShape<B, [K]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, K]>, NoInfer<D>>,
  options?: GradientOptions<LinearGradients<N, P, K, D>, W>,
): Pick<LinearGradients<N, P, K, D>, W> {
  return signature.backward([x, w, b, dout], options);
}

/** The gradient of {@linkcode linear} with respect to `x`:
 * `∂E/∂X = ∂E/∂Y W`.
 *
 * @param x The batch, of shape `N×p`.
 * @param w The weights, of shape `k×p`.
 * @param b The bias, of shape `k`, or null for none.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `N×k`.
 * @returns The gradient, of shape `N×p`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/linear
 */
export function linearDx<
  N extends Shape,
  P extends number,
  K extends number,
  Q extends number,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, P], D>,
  w: Tensor<[K, SameDim<Q, P>], NoInfer<D>>,
  b: Tensor<SameShape<B, [K]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, K]>, NoInfer<D>>,
  options?: Options<NoInfer<readonly [...N, P]>, NoInfer<D>>,
): Tensor<readonly [...N, P], D> {
  return signature.gradient("x", [x, w, b, dout], options);
}

/** The gradient of {@linkcode linear} with respect to `w`:
 * `∂E/∂W = (∂E/∂Y)ᵀ X`.
 *
 * @param x The batch, of shape `N×p`.
 * @param w The weights, of shape `k×p`.
 * @param b The bias, of shape `k`, or null for none.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `N×k`.
 * @returns The gradient, of shape `k×p`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/linear
 */
export function linearDw<
  N extends Shape,
  P extends number,
  K extends number,
  Q extends number,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, P], D>,
  w: Tensor<[K, SameDim<Q, P>], NoInfer<D>>,
  b: Tensor<SameShape<B, [K]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, K]>, NoInfer<D>>,
  options?: Options<NoInfer<[K, P]>, NoInfer<D>>,
): Tensor<[K, P], D> {
  return signature.gradient("w", [x, w, b, dout], options);
}

/** The gradient of {@linkcode linear} with respect to `b`:
 * `∂E/∂bⱼ = Σᵢ ∂E/∂Yᵢⱼ`.
 *
 * @param x The batch, of shape `N×p`.
 * @param w The weights, of shape `k×p`.
 * @param b The bias, of shape `k`.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `N×k`.
 * @returns The gradient, of shape `k`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/linear
 */
export function linearDb<
  N extends Shape,
  P extends number,
  K extends number,
  Q extends number,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, P], D>,
  w: Tensor<[K, SameDim<Q, P>], NoInfer<D>>,
  b: Tensor<SameShape<B, [K]>, NoInfer<D>>,
  dout: Tensor<SameShape<S, readonly [...N, K]>, NoInfer<D>>,
  options?: Options<NoInfer<[K]>, NoInfer<D>>,
): Tensor<[K], D> {
  return signature.gradient("b", [x, w, b, dout], options);
}
