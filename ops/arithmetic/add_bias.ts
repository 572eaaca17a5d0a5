// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Add bias
 *
 * Adds a vector to a tensor along axis 1: one bias for each channel.
 *
 * ```math
 * Z_{ijk} = X_{ijk} + y_j, \qquad
 * \frac{\partial E}{\partial X_{ijk}} = \frac{\partial E}{\partial Z_{ijk}}, \qquad
 * \frac{\partial E}{\partial y_j}
 *   = \sum_{i=1}^{n} \sum_{k=1}^{p} \frac{\partial E}{\partial Z_{ijk}}
 * ```
 *
 * The axes after the channels count as one: $`p`$ is 1 for a batch of vectors,
 * and the height times the width for a batch of images.
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
 * **With respect to $`X`$.** Each element of $`Z`$ contains one element of $`X`$,
 * the one in the same position, with the factor 1. With the Kronecker delta,
 * which is 1 where its two indices are equal and 0 elsewhere:
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
 * **With respect to $`y`$.** $`y_j`$ occurs in every element of $`Z`$ whose
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
 * ## Special points
 *
 * The sum is smooth, so it has no kinks. The gradients do not depend on the
 * inputs, so a NaN or an infinity in an input does not reach them.
 *
 * | at | $`Z`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial y}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [[[NaN, 1], [2, 3]]], y = [1, 1]` | `[[[NaN, 2], [3, 4]]]` | `[[[1, 1], [1, 1]]]` | `[2, 2]` | same | same | same |
 * | `x = [[[∞, 1], [2, 3]]], y = [-∞, 1]` | `[[[NaN, -∞], [3, 4]]]` | `[[[1, 1], [1, 1]]]` | `[2, 2]` | same | same | same |
 *
 * A NaN in `dout` makes the gradient of the bias NaN in its own channel, and in
 * no other. If $`n`$ or $`p`$ is 0, the gradient with respect to $`y`$ is an
 * empty sum: zeros.
 *
 * ## Cost
 *
 * Forward $`nmp`$ additions, which read and write $`2nmp + m`$ elements. The
 * gradient with respect to $`X`$ is a copy; the gradient with respect to $`y`$
 * takes $`nmp`$ additions, which read and write $`nmp + m`$ elements. All are
 * limited by memory bandwidth. The backward pass needs neither $`X`$ nor $`y`$,
 * only their shapes.
 *
 * The sums run in float64, and a float32 result is rounded once, when it is
 * stored. Each slice of a channel is summed in four chains, and the slices are
 * added in order, so the result has the same bits on every machine. Before it is
 * rounded, it differs from the truth by at most
 * $`\left( n + \frac{p}{4} + 3 \right) \varepsilon`$ times the sum of the
 * absolute values of its terms, where $`\varepsilon`$ is the unit roundoff of
 * float64, about 1.1e-16.
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
 * - PyTorch: `x + y.reshape(-1, *[1] * (x.ndim - 2))`
 * - JAX: `x + y.reshape(-1, *[1] * (x.ndim - 2))`
 * - TensorFlow: `x + tf.reshape(y, [-1] + [1] * (len(x.shape) - 2))`
 *
 * @module
 */

import { write } from "../core/arrays.ts";
import { op, type Signature } from "../core/op.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { addBias as addRows, sumChannels } from "../kernels/stream.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("addBias", {
  inputs: { x: "n m p…", y: "m" },
  outputs: { z: "n m p…" },

  forward({ x, y, z, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) {
        const row = (i * m + j) * p;
        for (let k = 0; k < p; k++) z[row + k] = x[row + k] + y[j]; // Zᵢⱼₖ = Xᵢⱼₖ + yⱼ
      }
    }
  },

  backward({ dz, dx, dy, n, m, p }) {
    for (let i = 0; dx && i < n * m * p; i++) dx[i] = dz[i]; // ∂E/∂X = ∂E/∂Z
    for (let j = 0; dy && j < m; j++) {
      let sum = 0;
      for (let i = 0; i < n; i++) {
        const row = (i * m + j) * p;
        for (let k = 0; k < p; k++) sum += dz[row + k];
      }
      dy[j] = sum; // ∂E/∂yⱼ = Σᵢ Σₖ ∂E/∂Zᵢⱼₖ
    }
  },

  kernels: {
    forward({ x, y, z, p }) {
      addRows(x, y, p, z);
    },
    backward({ dz, dx, dy, n, m, p }) {
      if (dx) write(dx, dz);
      if (dy) sumChannels(dz, n, m, p, dy);
    },
  },
});

/** The gradients of {@linkcode addBias}, by the names of its inputs. */
export interface AddBiasGradients<
  S extends readonly [number, number, ...number[]],
  D extends Float,
> {
  /** `∂E/∂X`. */
  x: Tensor<S, D>;
  /** `∂E/∂y`. */
  y: Tensor<[S[1]], D>;
}

/** Adds a bias to each channel: `Zᵢⱼₖ = Xᵢⱼₖ + yⱼ`.
 *
 * @param x The tensor, of shape `n×m×p`, where p stands for any axes.
 * @param y The bias, of shape `m`.
 * @returns The sum `Z`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { addBias } from "@adjoint/ops/add-bias";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2], [3, 4]]]); // One slice of two channels.
 *
 * assertEquals(addBias(x, tensor([10, 20])), tensor([[[11, 12], [23, 24]]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/add-bias
 */
export function addBias<
  S extends readonly [number, number, ...number[]],
  B extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  y: Tensor<SameShape<B, [S[1]]>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x, y], options);
}

/** Both gradients of {@linkcode addBias}: `∂E/∂X = ∂E/∂Z`,
 * `∂E/∂yⱼ = Σᵢ Σₖ ∂E/∂Zᵢⱼₖ`.
 *
 * @param x The tensor, of shape `n×m×p`.
 * @param y The bias, of shape `m`.
 * @param dout The gradient of the loss with respect to the sum, of the shape of
 * `x`.
 * @returns The gradients with respect to `x` and `y`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/add-bias
 */
export function addBiasD<
  S extends readonly [number, number, ...number[]],
  B extends Shape,
  T extends Shape,
  D extends Float,
  W extends "x" | "y" = "x" | "y",
>(
  x: Tensor<S, D>,
  y: Tensor<SameShape<B, [S[1]]>, NoInfer<D>>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: GradientOptions<AddBiasGradients<S, D>, W>,
): Pick<AddBiasGradients<S, D>, W> {
  return signature.backward([x, y, dout], options);
}

/** The gradient of {@linkcode addBias} with respect to `x`: `∂E/∂X = ∂E/∂Z`.
 *
 * @param x The tensor, of shape `n×m×p`.
 * @param y The bias, of shape `m`.
 * @param dout The gradient of the loss with respect to the sum, of the shape of
 * `x`.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/add-bias
 */
export function addBiasDx<
  S extends readonly [number, number, ...number[]],
  B extends Shape,
  T extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  y: Tensor<SameShape<B, [S[1]]>, NoInfer<D>>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, y, dout], options);
}

/** The gradient of {@linkcode addBias} with respect to `y`: `∂E/∂yⱼ = Σᵢ Σₖ ∂E/∂Zᵢⱼₖ`.
 *
 * @param x The tensor, of shape `n×m×p`.
 * @param y The bias, of shape `m`.
 * @param dout The gradient of the loss with respect to the sum, of the shape of
 * `x`.
 * @returns The gradient, of shape `m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/add-bias
 */
export function addBiasDy<
  S extends readonly [number, number, ...number[]],
  B extends Shape,
  T extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  y: Tensor<SameShape<B, [S[1]]>, NoInfer<D>>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<NoInfer<[S[1]]>, NoInfer<D>>,
): Tensor<[S[1]], D> {
  return signature.gradient("y", [x, y, dout], options);
}
