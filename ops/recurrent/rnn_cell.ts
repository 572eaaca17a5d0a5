// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Recurrent cell
 *
 * Takes one step of a recurrent network: the next state is the hyperbolic tangent
 * of a linear layer of the input and the state.
 *
 * ```math
 * A_{ij} = \sum_{l=1}^{k} X_{il} W_{jl} + \sum_{l=1}^{m} H_{il} U_{jl} + b_j, \qquad
 * H'_{ij} = \tanh A_{ij}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial A_{ij}}
 *   = \frac{\partial E}{\partial H'_{ij}} \left( 1 - (H'_{ij})^2 \right)
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{il}}
 *   = \sum_{j=1}^{m} \frac{\partial E}{\partial A_{ij}} W_{jl}, \qquad
 * \frac{\partial E}{\partial W_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}} X_{il}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial H_{il}}
 *   = \sum_{j=1}^{m} \frac{\partial E}{\partial A_{ij}} U_{jl}, \qquad
 * \frac{\partial E}{\partial U_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}} H_{il}, \qquad
 * \frac{\partial E}{\partial b_j} = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times k`$ | input `x`, the inputs of this step |
 * | $`H`$ | $`n \times m`$ | input `h`, the states before it |
 * | $`W`$ | $`m \times k`$ | input `w`, the weights of the inputs |
 * | $`U`$ | $`m \times m`$ | input `u`, the weights of the states |
 * | $`b`$ | $`m`$ | input `b`, the bias |
 * | $`H'`$ | $`n \times m`$ | output `h`, the states after it |
 * | $`\frac{\partial E}{\partial H'}`$ | $`n \times m`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * Each of the $`n`$ rows belongs to a sequence of its own. Any number of leading
 * axes counts as one, and there may be none. The bias may be null, which stands
 * for zeros. PyTorch's cell has a second bias, which is added to the first: here
 * $`b`$ is the sum of the two.
 *
 * ## Forward
 *
 * A linear layer of the input, and another one of the state, whose weights are
 * stored one row for each output:
 *
 * ```math
 * A_{ij} = \sum_{l=1}^{k} X_{il} W_{jl} + \sum_{l=1}^{m} H_{il} U_{jl} + b_j
 * ```
 *
 * The hyperbolic tangent keeps the next state between −1 and 1, however many steps
 * there are:
 *
 * ```math
 * H'_{ij} = \tanh A_{ij}
 * ```
 *
 * ## Derivation
 *
 * **Through the tangent.** $`A_{ij}`$ is in one element of the output. The
 * derivative of $`\tanh u`$ is $`1 - \tanh^2 u`$, and the tangent is the output
 * itself:
 *
 * ```math
 * \frac{\partial E}{\partial A_{ij}}
 *   = \frac{\partial E}{\partial H'_{ij}} \left( 1 - \tanh^2 A_{ij} \right)
 *   = \frac{\partial E}{\partial H'_{ij}} \left( 1 - (H'_{ij})^2 \right)
 * ```
 *
 * **Through the layers.** Two linear layers with a common sum are left, so each
 * gradient is that of a linear layer. $`X_{il}`$ is in every element of row $`i`$
 * of $`A`$, with the factor $`W_{jl}`$, and $`W_{jl}`$ in every element of column
 * $`j`$, with the factor $`X_{il}`$. With the Kronecker delta $`\delta_{ai}`$,
 * which is 1 where $`a`$ is $`i`$ and 0 elsewhere:
 *
 * ```math
 * \frac{\partial A_{aj}}{\partial X_{il}} = \delta_{ai} W_{jl}, \qquad
 * \frac{\partial A_{ic}}{\partial W_{jl}} = \delta_{cj} X_{il}
 * ```
 *
 * The chain rule sums over all of $`A`$, and the delta leaves one row or one
 * column:
 *
 * ```math
 * \frac{\partial E}{\partial X_{il}}
 *   = \sum_{a=1}^{n} \sum_{j=1}^{m} \frac{\partial E}{\partial A_{aj}}
 *     \frac{\partial A_{aj}}{\partial X_{il}}
 *   = \sum_{j=1}^{m} \frac{\partial E}{\partial A_{ij}} W_{jl}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial W_{jl}}
 *   = \sum_{i=1}^{n} \sum_{c=1}^{m} \frac{\partial E}{\partial A_{ic}}
 *     \frac{\partial A_{ic}}{\partial W_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}} X_{il}
 * ```
 *
 * The state and its weights take the same places:
 *
 * ```math
 * \frac{\partial A_{aj}}{\partial H_{il}} = \delta_{ai} U_{jl}, \qquad
 * \frac{\partial A_{ic}}{\partial U_{jl}} = \delta_{cj} H_{il}, \qquad
 * \frac{\partial A_{ic}}{\partial b_j} = \delta_{cj}
 * ```
 *
 * The gradient with respect to the state is passed on to the step before. Each
 * step multiplies it by $`U`$ and by numbers from 0 to 1, so over many steps it
 * vanishes, or grows if $`U`$ is large. The gates of {@link [lstm-cell] lstmCell}
 * and {@link [gru-cell] gruCell} are a remedy.
 *
 * ## Backward
 *
 * All gradients need the one with respect to $`A`$, which is computed once:
 *
 * ```math
 * \frac{\partial E}{\partial A_{ij}}
 *   = \frac{\partial E}{\partial H'_{ij}} \left( 1 - (H'_{ij})^2 \right)
 * ```
 *
 * {@linkcode rnnCellDx} and {@linkcode rnnCellDw}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{il}}
 *   = \sum_{j=1}^{m} \frac{\partial E}{\partial A_{ij}} W_{jl}, \qquad
 * \frac{\partial E}{\partial W_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}} X_{il}
 * ```
 *
 * {@linkcode rnnCellDh}, {@linkcode rnnCellDu} and {@linkcode rnnCellDb}:
 *
 * ```math
 * \frac{\partial E}{\partial H_{il}}
 *   = \sum_{j=1}^{m} \frac{\partial E}{\partial A_{ij}} U_{jl}, \qquad
 * \frac{\partial E}{\partial U_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}} H_{il}, \qquad
 * \frac{\partial E}{\partial b_j} = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}}
 * ```
 *
 * ## Special points
 *
 * The cell is smooth, so it has no kinks. It saturates: if $`A_{ij}`$ is far from
 * 0, the state is 1 or −1, and almost no gradient passes. No zero is skipped, so
 * 0 times NaN or infinity is NaN.
 *
 * | at | $`H'`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial H}`$ | $`\frac{\partial E}{\partial W}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[0]], h = [[0]], w = [[2]], u = [[3]], b = [0]` | `[[0]]` | `[[2]]` | `[[3]]` | `[[0]]` | same | same | same | |
 * | `x = [[1e4]], h = [[1]], w = [[1]], u = [[-1]], b = [0]` | `[[1]]` | `[[0]]` | `[[0]]` | `[[0]]` | same | same | same | |
 * | `x = [[20]], h = [[0]], w = [[1]], u = [[1]], b = [0]` | `[[1]]` | `[[1.69934e-17]]` | `[[1.69934e-17]]` | `[[3.39868e-16]]` | `dx = [[0]], dh = [[0]], dw = [[0]], du = [[0]], db = [0]` | `dx = [[0]], dh = [[0]], dw = [[0]], du = [[0]], db = [0]` | `dx = [[0]], dh = [[0]], dw = [[0]], du = [[0]], db = [0]` | PyTorch rounds 1 − tanh² to 0 |
 * | `x = [[20]], h = [[0]], w = [[1]], u = [[1]], b = [0], dout = [[∞]]` | `[[1]]` | `[[∞]]` | `[[∞]]` | `[[∞]]` | `dx = [[NaN]], dh = [[NaN]], dw = [[NaN]], db = [NaN]` | `dx = [[NaN]], dh = [[NaN]], dw = [[NaN]], db = [NaN]` | `dx = [[NaN]], dh = [[NaN]], dw = [[NaN]], db = [NaN]` | PyTorch rounds 1 − tanh² to 0, and 0 · ∞ is NaN |
 * | `x = [[∞]], h = [[0]], w = [[1]], u = [[1]], b = [0]` | `[[1]]` | `[[0]]` | `[[0]]` | `[[NaN]]` | same | same | same | |
 * | `x = [[∞]], h = [[-∞]], w = [[1]], u = [[1]], b = [0]` | `[[NaN]]` | `[[NaN]]` | `[[NaN]]` | `[[NaN]]` | same | same | same | |
 * | `x = [[0]], h = [[1]], w = [[NaN]], u = [[1]], b = [0]` | `[[NaN]]` | `[[NaN]]` | `[[NaN]]` | `[[NaN]]` | same | same | same | |
 *
 * ## Stability
 *
 * If the state is nearly 1 or −1, $`1 - (H'_{ij})^2`$ has few correct digits or
 * none: in float64 it is 0 if $`A_{ij}`$ is 20 or more. Dividing by the square
 * of $`\cosh A_{ij}`$ needs no subtraction. This is what the code computes:
 *
 * ```math
 * \frac{\partial E}{\partial A_{ij}}
 *   = \frac{\partial E}{\partial H'_{ij}} \frac{1}{\cosh^2 A_{ij}}
 * ```
 *
 * ## Cost
 *
 * Forward $`2nm(k + m)`$ flops (multiply-adds count as two) and $`nm`$ hyperbolic
 * tangents. The backward pass computes $`A`$ again, once for all gradients, and
 * then as much again for the gradients of the inputs and states, and for those of
 * the weights. It needs all inputs, but not $`H'`$.
 *
 * The sums of $`A`$ are in float64. The gradients are products of matrices, whose
 * sums are like those of a linear layer: in float64 below 4096 multiply-adds,
 * otherwise in the element type.
 *
 * ## Example
 *
 * ```ts
 * import { rnnCell, rnnCellD } from "@adjoint/ops/rnn-cell";
 * import { ones, tensor, zeros } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const w = tensor([[0.5, -0.5], [1, 1]]);
 * const u = tensor([[0.5, 0], [0, 0.5]]);
 * const steps = [tensor([[1, 1]]), tensor([[0, 2]]), tensor([[3, -3]])];
 *
 * let h = zeros([1, 2]);
 * for (const x of steps) h = rnnCell(x, h, w, u, null);
 * const d = rnnCellD(steps[2]!, h, w, u, null, ones([1, 2]));
 *
 * assertEquals(h.shape, [1, 2]);
 * assertEquals(Object.keys(d), ["x", "h", "w", "u"]); // There is no bias.
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.rnn_tanh_cell(torch.atleast_2d(x).flatten(0, -2), torch.atleast_2d(h).flatten(0, -2), w, u, b).reshape(h.shape)`
 * - JAX: `jnp.tanh(x @ w.T + h @ u.T + b)`
 * - TensorFlow: `tf.tanh(tf.linalg.matmul(x, w, transpose_b=True) + tf.linalg.matmul(h, u, transpose_b=True) + b)`
 * - J. L. Elman, *Finding Structure in Time*, Cognitive Science 14, 1990:
 *   [doi:10.1207/s15516709cog1402_1](https://doi.org/10.1207/s15516709cog1402_1).
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { add, fastLayer, fastLayerD, layer, layerD, tanhD } from "./gates.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("rnnCell", {
  inputs: {
    x: "n… k",
    h: "n… m",
    w: "m k",
    u: "m m",
    b: { shape: "m", optional: true },
  },
  outputs: { h: "n… m" },

  forward({ x, h, w, u, b, hNext, n, k, m }) {
    const a = add(layer(x, w, b, n, k, m), layer(h, u, undefined, n, m, m));
    next(a, hNext);
  },

  backward({ x, h, w, u, b, dhNext, dx, dh, dw, du, db, n, k, m }) {
    const a = add(layer(x, w, b, n, k, m), layer(h, u, undefined, n, m, m));
    nextD(a, dhNext);
    layerD(a, x, w, { x: dx, w: dw, b: db }, n, k, m);
    layerD(a, h, u, { x: dh, w: du }, n, m, m);
  },

  kernels: {
    forward({ x, h, w, u, b, hNext, n, k, m }) {
      const a = fastLayer(x, w, b, n, k, m);
      next(add(a, fastLayer(h, u, undefined, n, m, m)), hNext);
    },
    backward({ x, h, w, u, b, dhNext, dx, dh, dw, du, db, n, k, m }) {
      const a = fastLayer(x, w, b, n, k, m);
      nextD(add(a, fastLayer(h, u, undefined, n, m, m)), dhNext);
      fastLayerD(a, x, w, { x: dx, w: dw, b: db }, n, k, m);
      fastLayerD(a, h, u, { x: dh, w: du }, n, m, m);
    },
  },
});

/** Writes the states after the step. */
function next(a: Float64Array, h: Float): void {
  for (let i = 0; i < a.length; i++) h[i] = Math.tanh(a[i]); // H′ᵢⱼ = tanh Aᵢⱼ
}

/** Replaces A by the gradient with respect to it. */
function nextD(a: Float64Array, dh: Float): void {
  for (let i = 0; i < a.length; i++) {
    a[i] = dh[i] * tanhD(a[i]); // ∂E/∂Aᵢⱼ = ∂E/∂H′ᵢⱼ (1 − H′ᵢⱼ²)
  }
}

/** The gradients of {@linkcode rnnCell}, by the names of its inputs. */
export interface RnnCellGradients<
  N extends Shape,
  K extends number,
  M extends number,
  D extends Float,
> {
  /** `∂E/∂X`. */
  x: Tensor<readonly [...N, K], D>;
  /** `∂E/∂H`. */
  h: Tensor<readonly [...N, M], D>;
  /** `∂E/∂W`. */
  w: Tensor<[M, K], D>;
  /** `∂E/∂U`. */
  u: Tensor<[M, M], D>;
  /** `∂E/∂b`. */
  b: Tensor<[M], D>;
}

/** The next state of a recurrent cell: `H′ᵢⱼ = tanh(Aᵢⱼ)`, where
 * `Aᵢⱼ = Σₗ Xᵢₗ Wⱼₗ + Σₗ Hᵢₗ Uⱼₗ + bⱼ`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `m×k`.
 * @param u The weights of the states `U`, of shape `m×m`.
 * @param b The bias, of shape `m`, or null for none.
 * @returns The next states `H′`, of shape `n×m`.
 *
 * @example Usage
 * ```ts
 * import { rnnCell } from "@adjoint/ops/rnn-cell";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2]]), h = tensor([[0]]);
 * const w = tensor([[2, -1]]), u = tensor([[0.5]]);
 *
 * assertEquals(rnnCell(x, h, w, u, null), tensor([[0]]));
 * assertEquals(rnnCell(x, h, w, u, tensor([100])), tensor([[1]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/rnn-cell
 */
export function rnnCell<
  N extends Shape,
  K extends number,
  M extends number,
  P extends Shape,
  Q extends Shape,
  B extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<SameShape<P, [M, K]>, NoInfer<D>>,
  u: Tensor<SameShape<Q, [M, M]>, NoInfer<D>>,
  b: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  options?: Options<NoInfer<readonly [...N, M]>, NoInfer<D>>,
): Tensor<readonly [...N, M], D> {
  return signature.forward([x, h, w, u, b], options);
}

/** All gradients of {@linkcode rnnCell}, from
 * `∂E/∂Aᵢⱼ = ∂E/∂H′ᵢⱼ (1 − H′ᵢⱼ²)`, which is computed once.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `m×k`.
 * @param u The weights of the states `U`, of shape `m×m`.
 * @param b The bias, of shape `m`, or null for none, which has no gradient.
 * @param dout The gradient of the loss with respect to the next states, of shape
 * `n×m`.
 * @returns The gradients with respect to `x`, `h`, `w`, `u` and `b`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/rnn-cell
 */
export function rnnCellD<
  N extends Shape,
  K extends number,
  M extends number,
  P extends Shape,
  Q extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
  G extends "x" | "h" | "w" | "u" | "b" = "x" | "h" | "w" | "u" | "b",
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<SameShape<P, [M, K]>, NoInfer<D>>,
  u: Tensor<SameShape<Q, [M, M]>, NoInfer<D>>,
  b: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: GradientOptions<RnnCellGradients<N, K, M, D>, G>,
): Pick<RnnCellGradients<N, K, M, D>, G> {
  return signature.backward([x, h, w, u, b, dout], options);
}

/** The gradient of {@linkcode rnnCell} with respect to `x`:
 * `∂E/∂Xᵢₗ = Σⱼ ∂E/∂Aᵢⱼ Wⱼₗ`, where `∂E/∂Aᵢⱼ = ∂E/∂H′ᵢⱼ (1 − H′ᵢⱼ²)`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `m×k`.
 * @param u The weights of the states `U`, of shape `m×m`.
 * @param b The bias, of shape `m`, or null for none.
 * @param dout The gradient of the loss with respect to the next states, of shape
 * `n×m`.
 * @returns The gradient, of shape `n×k`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/rnn-cell
 */
export function rnnCellDx<
  N extends Shape,
  K extends number,
  M extends number,
  P extends Shape,
  Q extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<SameShape<P, [M, K]>, NoInfer<D>>,
  u: Tensor<SameShape<Q, [M, M]>, NoInfer<D>>,
  b: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: Options<NoInfer<readonly [...N, K]>, NoInfer<D>>,
): Tensor<readonly [...N, K], D> {
  return signature.gradient("x", [x, h, w, u, b, dout], options);
}

/** The gradient of {@linkcode rnnCell} with respect to `h`:
 * `∂E/∂Hᵢₗ = Σⱼ ∂E/∂Aᵢⱼ Uⱼₗ`, where `∂E/∂Aᵢⱼ = ∂E/∂H′ᵢⱼ (1 − H′ᵢⱼ²)`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `m×k`.
 * @param u The weights of the states `U`, of shape `m×m`.
 * @param b The bias, of shape `m`, or null for none.
 * @param dout The gradient of the loss with respect to the next states, of shape
 * `n×m`.
 * @returns The gradient, of shape `n×m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/rnn-cell
 */
export function rnnCellDh<
  N extends Shape,
  K extends number,
  M extends number,
  P extends Shape,
  Q extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<SameShape<P, [M, K]>, NoInfer<D>>,
  u: Tensor<SameShape<Q, [M, M]>, NoInfer<D>>,
  b: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: Options<NoInfer<readonly [...N, M]>, NoInfer<D>>,
): Tensor<readonly [...N, M], D> {
  return signature.gradient("h", [x, h, w, u, b, dout], options);
}

/** The gradient of {@linkcode rnnCell} with respect to `w`:
 * `∂E/∂Wⱼₗ = Σᵢ ∂E/∂Aᵢⱼ Xᵢₗ`, where `∂E/∂Aᵢⱼ = ∂E/∂H′ᵢⱼ (1 − H′ᵢⱼ²)`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `m×k`.
 * @param u The weights of the states `U`, of shape `m×m`.
 * @param b The bias, of shape `m`, or null for none.
 * @param dout The gradient of the loss with respect to the next states, of shape
 * `n×m`.
 * @returns The gradient, of shape `m×k`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/rnn-cell
 */
export function rnnCellDw<
  N extends Shape,
  K extends number,
  M extends number,
  P extends Shape,
  Q extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<SameShape<P, [M, K]>, NoInfer<D>>,
  u: Tensor<SameShape<Q, [M, M]>, NoInfer<D>>,
  b: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: Options<NoInfer<[M, K]>, NoInfer<D>>,
): Tensor<[M, K], D> {
  return signature.gradient("w", [x, h, w, u, b, dout], options);
}

/** The gradient of {@linkcode rnnCell} with respect to `u`:
 * `∂E/∂Uⱼₗ = Σᵢ ∂E/∂Aᵢⱼ Hᵢₗ`, where `∂E/∂Aᵢⱼ = ∂E/∂H′ᵢⱼ (1 − H′ᵢⱼ²)`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `m×k`.
 * @param u The weights of the states `U`, of shape `m×m`.
 * @param b The bias, of shape `m`, or null for none.
 * @param dout The gradient of the loss with respect to the next states, of shape
 * `n×m`.
 * @returns The gradient, of shape `m×m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/rnn-cell
 */
export function rnnCellDu<
  N extends Shape,
  K extends number,
  M extends number,
  P extends Shape,
  Q extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<SameShape<P, [M, K]>, NoInfer<D>>,
  u: Tensor<SameShape<Q, [M, M]>, NoInfer<D>>,
  b: Tensor<SameShape<B, [M]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: Options<NoInfer<[M, M]>, NoInfer<D>>,
): Tensor<[M, M], D> {
  return signature.gradient("u", [x, h, w, u, b, dout], options);
}

/** The gradient of {@linkcode rnnCell} with respect to `b`:
 * `∂E/∂bⱼ = Σᵢ ∂E/∂Aᵢⱼ`, where `∂E/∂Aᵢⱼ = ∂E/∂H′ᵢⱼ (1 − H′ᵢⱼ²)`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `m×k`.
 * @param u The weights of the states `U`, of shape `m×m`.
 * @param b The bias, of shape `m`.
 * @param dout The gradient of the loss with respect to the next states, of shape
 * `n×m`.
 * @returns The gradient, of shape `m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/rnn-cell
 */
export function rnnCellDb<
  N extends Shape,
  K extends number,
  M extends number,
  P extends Shape,
  Q extends Shape,
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<SameShape<P, [M, K]>, NoInfer<D>>,
  u: Tensor<SameShape<Q, [M, M]>, NoInfer<D>>,
  b: Tensor<SameShape<B, [M]>, NoInfer<D>>,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: Options<NoInfer<[M]>, NoInfer<D>>,
): Tensor<[M], D> {
  return signature.gradient("b", [x, h, w, u, b, dout], options);
}
