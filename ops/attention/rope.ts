// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Rotary position embedding
 *
 * Rotates each pair of features by an angle that grows with the position, so
 * that the products of queries and keys depend on the distance between them.
 *
 * ```math
 * \theta_{tj} = (t - 1 + o) \beta^{-(j-1)/m}, \qquad
 * Y_{itl} = \sum_{j=1}^{m} \left(
 *   [l = 2j-1] \left( X_{i,t,2j-1} \cos \theta_{tj} - X_{i,t,2j} \sin \theta_{tj} \right)
 *   + [l = 2j] \left( X_{i,t,2j-1} \sin \theta_{tj} + X_{i,t,2j} \cos \theta_{tj} \right)
 *   \right)
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{itl}} = \sum_{j=1}^{m} \left(
 *   [l = 2j-1] \left( \frac{\partial E}{\partial Y_{i,t,2j-1}} \cos \theta_{tj}
 *     + \frac{\partial E}{\partial Y_{i,t,2j}} \sin \theta_{tj} \right)
 *   + [l = 2j] \left( \frac{\partial E}{\partial Y_{i,t,2j}} \cos \theta_{tj}
 *     - \frac{\partial E}{\partial Y_{i,t,2j-1}} \sin \theta_{tj} \right)
 *   \right)
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times p \times 2m`$ | input `x` |
 * | $`\beta`$ | number | option `base` |
 * | $`o`$ | integer | option `offset` |
 * | $`Y`$ | $`n \times p \times 2m`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times p \times 2m`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The second-to-last axis is the position, the last one the features, whose number
 * is even. All axes before these, such as batch and heads, count as one of size
 * $`n`$. Adjacent features form a pair: the first and the second, the third and the
 * fourth. The option `base` is 10000 by default. The option `offset`, 0 by default,
 * is the position of the first row, for the continuation of a sequence.
 *
 * ## Forward
 *
 * The first pair is rotated by one radian for each position, the later ones by
 * less and less. The code counts positions from 0, the page from 1, as it does
 * all indices:
 *
 * ```math
 * \theta_{tj} = (t - 1 + o) \beta^{-(j-1)/m}
 * ```
 *
 * with $`\theta \in \mathbb{R}^{p \times m}`$. Pair $`j`$ is rotated by this angle,
 * as a point in the plane:
 *
 * ```math
 * Y_{i,t,2j-1} = X_{i,t,2j-1} \cos \theta_{tj} - X_{i,t,2j} \sin \theta_{tj}
 * ```
 *
 * ```math
 * Y_{i,t,2j} = X_{i,t,2j-1} \sin \theta_{tj} + X_{i,t,2j} \cos \theta_{tj}
 * ```
 *
 * Both in one formula, with brackets that are 1 where their condition holds, and 0
 * elsewhere:
 *
 * ```math
 * Y_{itl} = \sum_{j=1}^{m} \left(
 *   [l = 2j-1] \left( X_{i,t,2j-1} \cos \theta_{tj} - X_{i,t,2j} \sin \theta_{tj} \right)
 *   + [l = 2j] \left( X_{i,t,2j-1} \sin \theta_{tj} + X_{i,t,2j} \cos \theta_{tj} \right)
 *   \right)
 * ```
 *
 * The scalar product of a query and a key is a sum over pairs, and rotating two
 * points by the same angle does not change their scalar product. So it depends
 * only on the difference of the two angles, that is, on the distance between the
 * two positions.
 *
 * ## Derivation
 *
 * The first feature of a pair is in both of its outputs, once with the factor
 * $`\cos \theta_{tj}`$ and once with $`\sin \theta_{tj}`$. The chain rule adds the
 * two ways:
 *
 * ```math
 * \frac{\partial E}{\partial X_{i,t,2j-1}}
 *   = \frac{\partial E}{\partial Y_{i,t,2j-1}} \cos \theta_{tj}
 *   + \frac{\partial E}{\partial Y_{i,t,2j}} \sin \theta_{tj}
 * ```
 *
 * The second one has the factors $`-\sin \theta_{tj}`$ and $`\cos \theta_{tj}`$:
 *
 * ```math
 * \frac{\partial E}{\partial X_{i,t,2j}}
 *   = \frac{\partial E}{\partial Y_{i,t,2j}} \cos \theta_{tj}
 *   - \frac{\partial E}{\partial Y_{i,t,2j-1}} \sin \theta_{tj}
 * ```
 *
 * These are the formulas of the forward pass with the opposite angle: the gradient
 * is rotated back.
 *
 * ## Backward
 *
 * {@linkcode ropeDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{itl}} = \sum_{j=1}^{m} \left(
 *   [l = 2j-1] \left( \frac{\partial E}{\partial Y_{i,t,2j-1}} \cos \theta_{tj}
 *     + \frac{\partial E}{\partial Y_{i,t,2j}} \sin \theta_{tj} \right)
 *   + [l = 2j] \left( \frac{\partial E}{\partial Y_{i,t,2j}} \cos \theta_{tj}
 *     - \frac{\partial E}{\partial Y_{i,t,2j-1}} \sin \theta_{tj} \right)
 *   \right)
 * ```
 *
 * ## Special points
 *
 * The function is linear, so it has no kinks. Position 0 is not rotated. None of
 * the libraries has this as one function: their columns are the results of the
 * expressions under References.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [[1, 2]]` | `[[1, 2]]` | `[[1, 1]]` | same | same | same |
 * | `x = [[1, 0], [1, 0]]` | `[[1, 0], [0.540302, 0.841471]]` | `[[1, 1], [1.38177, -0.301169]]` | same | same | same |
 * | `x = [[1, 0, 1, 0]], offset = 3, base = 100` | `[[-0.989992, 0.14112, 0.955336, 0.29552]]` | `[[-0.848872, -1.13111, 1.25086, 0.659816]]` | same | same | same |
 * | `x = [[1, 0]], offset = 1000000, dtype = float32` | `[[0.936752, -0.349994]]` | `[[0.586759, 1.28675]]` | same | same | same |
 * | `x = [[∞, 0]]` | `[[∞, NaN]]` | `[[1, 1]]` | same | same | same |
 * | `x = [[NaN, 0, 1, 0]]` | `[[NaN, NaN, 1, 0]]` | `[[1, 1, 1, 1]]` | same | same | same |
 *
 * ## Stability
 *
 * The angle of a far position is large, and its sine is only as accurate as the
 * angle. In float32 an angle near 1e6 is off by up to 0.03. So the angles and
 * everything computed from them are in float64, and a float32 result is rounded
 * once, when it is stored.
 *
 * ## Cost
 *
 * Six flops for each pair. Powers, sines and cosines are computed once for each
 * position and pair, $`pm`$ of them, whatever $`n`$ is. The backward pass needs
 * only the shape of $`X`$.
 *
 * ## Example
 *
 * ```ts
 * import { rope, ropeDx } from "@adjoint/ops/rope";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const x = tensor([[3, 4], [3, 4], [3, 4]]); // The same at three positions,
 * const y = rope(x);
 * const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = y.data;
 *
 * assertEquals([a, b], [3, 4]);
 * // so neighbors have the same product wherever they are.
 * assertAlmostEquals(a * c + b * d, c * e + d * f, 1e-5);
 * // Rotating back undoes the rotation.
 * ropeDx(x, y).data.forEach((value, i) =>
 *   assertAlmostEquals(value, x.data[i], 1e-6)
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `(lambda a: torch.stack((x[..., 0::2] * a.cos().to(x.dtype) - x[..., 1::2] * a.sin().to(x.dtype), x[..., 0::2] * a.sin().to(x.dtype) + x[..., 1::2] * a.cos().to(x.dtype)), -1).flatten(-2))(torch.arange(offset, offset + x.shape[-2], dtype=torch.float64)[:, None] * base ** (torch.arange(0, x.shape[-1], 2, dtype=torch.float64) / -x.shape[-1]))`
 * - JAX: `(lambda a: jnp.stack((x[..., 0::2] * jnp.cos(a).astype(x.dtype) - x[..., 1::2] * jnp.sin(a).astype(x.dtype), x[..., 0::2] * jnp.sin(a).astype(x.dtype) + x[..., 1::2] * jnp.cos(a).astype(x.dtype)), -1).reshape(x.shape))(jnp.arange(offset, offset + x.shape[-2], dtype="float64")[:, None] * base ** (jnp.arange(0, x.shape[-1], 2, dtype="float64") / -x.shape[-1]))`
 * - TensorFlow: `(lambda a: tf.reshape(tf.stack((x[..., 0::2] * tf.cast(tf.cos(a), x.dtype) - x[..., 1::2] * tf.cast(tf.sin(a), x.dtype), x[..., 0::2] * tf.cast(tf.sin(a), x.dtype) + x[..., 1::2] * tf.cast(tf.cos(a), x.dtype)), -1), x.shape))(tf.range(offset, offset + x.shape[-2], dtype=tf.float64)[:, None] * tf.cast(base, tf.float64) ** (tf.range(0, x.shape[-1], 2, dtype=tf.float64) / -x.shape[-1]))`
 * - J. Su, Y. Lu, S. Pan and others, *RoFormer: Enhanced Transformer with Rotary
 *   Position Embedding*, 2021: [arXiv:2104.09864](https://arxiv.org/abs/2104.09864).
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { integer, number } from "../core/options.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("rope", {
  inputs: { x: "n… p 2*m" },
  options: { base: number(10000, { above: 0 }), offset: integer(0) },
  outputs: { y: "n… p 2*m" },

  forward({ x, y, base, offset, n, p, m }) {
    turn(x, y, base, offset, n, p, m, 1);
  },

  backward({ dy, dx, base, offset, n, p, m }) {
    turn(dy, dx, base, offset, n, p, m, -1); // The opposite angle.
  },
});

/** Rotates each pair by its angle, forward or back. */
function turn(
  x: Float,
  y: Float,
  base: number,
  offset: number,
  n: number,
  p: number,
  m: number,
  sign: number,
): void {
  const powers = new Float64Array(m);
  for (let j = 0; j < m; j++) powers[j] = base ** (-j / m); // β^(−j ∕ m)
  const cos = new Float64Array(m), sin = new Float64Array(m);
  for (let t = 0; t < p; t++) {
    for (let j = 0; j < m; j++) {
      const angle = (t + offset) * powers[j]; // θₜⱼ = t β^(−j ∕ m)
      cos[j] = Math.cos(angle);
      sin[j] = sign * Math.sin(angle);
    }
    for (let i = 0; i < n; i++) {
      const row = (i * p + t) * 2 * m;
      for (let j = 0; j < m; j++) {
        const a = x[row + 2 * j], b = x[row + 2 * j + 1];
        y[row + 2 * j] = a * cos[j] - b * sin[j];
        y[row + 2 * j + 1] = a * sin[j] + b * cos[j];
      }
    }
  }
}

/** The options of {@linkcode rope}.
 *
 * @example Usage
 * ```ts
 * import type { RopeOptions } from "@adjoint/ops/rope";
 *
 * const options: RopeOptions = { offset: 128 }; // 128 positions came before.
 * ```
 */
export interface RopeOptions {
  /** The base of the angles, above 0: the larger it is, the more slowly later pairs
   * rotate; 10000 by default. */
  base?: number | undefined;
  /** The position of the first row, an integer; 0 by default. */
  offset?: number | undefined;
}

/** Rotates pairs of features by angles that grow with the position:
 * `Y[i, t, 2j − 1] = X[i, t, 2j − 1] cos(θₜⱼ) − X[i, t, 2j] sin(θₜⱼ)`,
 * `Y[i, t, 2j] = X[i, t, 2j − 1] sin(θₜⱼ) + X[i, t, 2j] cos(θₜⱼ)`, where
 * `θₜⱼ = (t − 1 + o) β^(−(j − 1) ∕ m)`.
 *
 * @param x The features, of shape `n×p×2*m`, where n stands for any leading axes.
 * @param options The base, 10000 by default, and the position of the first row, 0 by
 * default.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { rope } from "@adjoint/ops/rope";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3, 4]]);
 *
 * assertEquals(rope(x), x); // Position 0 is not rotated.
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/rope
 */
export function rope<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: RopeOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode rope}, which rotates `∂E/∂Y` back:
 * `∂E/∂X[i, t, 2j − 1] = ∂E/∂Y[i, t, 2j − 1] cos(θₜⱼ) + ∂E/∂Y[i, t, 2j]
 * sin(θₜⱼ)`,
 * `∂E/∂X[i, t, 2j] = ∂E/∂Y[i, t, 2j] cos(θₜⱼ) − ∂E/∂Y[i, t, 2j − 1] sin(θₜⱼ)`.
 *
 * @param x The features, of shape `n×p×2*m`, of which only the shape is read.
 * @param dout The gradient of the loss with respect to the output, of the shape of
 * `x`.
 * @param options The base, 10000 by default, and the position of the first row, 0 by
 * default.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/rope
 */
export function ropeD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: RopeOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode rope} with respect to `x`, which rotates `∂E/∂Y`
 * back:
 * `∂E/∂X[i, t, 2j − 1] = ∂E/∂Y[i, t, 2j − 1] cos(θₜⱼ) + ∂E/∂Y[i, t, 2j]
 * sin(θₜⱼ)`,
 * `∂E/∂X[i, t, 2j] = ∂E/∂Y[i, t, 2j] cos(θₜⱼ) − ∂E/∂Y[i, t, 2j − 1] sin(θₜⱼ)`.
 *
 * @param x The features, of shape `n×p×2*m`, of which only the shape is read.
 * @param dout The gradient of the loss with respect to the output, of the shape of
 * `x`.
 * @param options The base, 10000 by default, and the position of the first row, 0 by
 * default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/rope
 */
export function ropeDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: RopeOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
