// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Glorot's initial weights
 *
 * Draws the initial weights of a layer, scaled so that neither its outputs nor
 * its gradients grow or shrink: for layers whose activation is close to the
 * identity near 0, such as tanh. It is also called Xavier initialization.
 *
 * ```math
 * \sigma = g \sqrt{\frac{2}{m + n}}
 * ```
 *
 * Here $`m`$ is the number of inputs that each output depends on, $`n`$ the
 * number of outputs that each input acts on, and $`g`$ the `gain`, 1 by default.
 * The weights have a mean of 0 and a standard deviation of $`\sigma`$:
 * {@linkcode glorotNormal} draws them from the normal distribution,
 * {@linkcode glorotUniform} from the uniform one between $`-\sqrt 3 \sigma`$ and
 * $`\sqrt 3 \sigma`$, which has that deviation.
 *
 * ## Why
 *
 * An output is a sum of $`m`$ products. If all factors are independent and have a
 * mean of 0, its variance is the sum of theirs:
 *
 * ```math
 * \operatorname{Var} Y = m \, \operatorname{Var} W \, \operatorname{Var} X
 * ```
 *
 * This is the variance of the input if the weights have the variance $`1 / m`$. A
 * gradient in the backward pass is a sum of $`n`$ products, and needs $`1 / n`$. Both
 * hold only if $`m`$ and $`n`$ are equal. The compromise is one over their mean.
 *
 * ## Shapes
 *
 * The weights of `linear` are outputs × inputs, those of `conv2d` outputs × inputs ×
 * window, as in PyTorch: $`m`$ is the size of the second axis, and $`n`$ that of the
 * first, both times the size of the window.
 *
 * ## Where the bits come from
 *
 * The bits come from the seed, as those of {@link [uniform] uniform} and
 * {@link [normal] normal}, and are the same on every machine and runtime.
 *
 * ## Example
 *
 * ```ts
 * import { glorotUniform } from "@adjoint/ops/glorot";
 * import { assertEquals } from "@std/assert";
 *
 * const w = glorotUniform([20, 30], { seed: 1 });
 * const bound = Math.sqrt(6 / (20 + 30));
 *
 * assertEquals(w.data.every((v) => Math.abs(v) <= bound), true);
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.init.xavier_uniform_`, `torch.nn.init.xavier_normal_`
 * - JAX: `jax.nn.initializers.glorot_uniform`, `jax.nn.initializers.glorot_normal`,
 *   which cuts the tails
 * - TensorFlow: `tf.keras.initializers.GlorotUniform`,
 *   `tf.keras.initializers.GlorotNormal`, which cuts the tails
 * - X. Glorot, Y. Bengio, *Understanding the Difficulty of Training Deep Feedforward
 *   Neural Networks*, Proceedings of AISTATS 2010, 249–256.
 *
 * @module
 */

import {
  type Drawing,
  drawing,
  type DrawnData,
  fansOf,
  fillNormal,
  fillUniform,
  type FloatName,
  type RandomOptions,
} from "../core/drawing.ts";
import { number } from "../core/options.ts";
import { root } from "../core/quantile.ts";
import type { Shape, Tensor } from "../core/types.ts";

export type { DrawnData, FloatName, RandomOptions };

const NUMBERS = { gain: number(1, { from: 0, to: 1e30 }) };

/** The options of {@linkcode glorotNormal} and {@linkcode glorotUniform}.
 *
 * @example Usage
 * ```ts
 * import type { GlorotOptions } from "@adjoint/ops/glorot";
 *
 * const options: GlorotOptions = { gain: 5 / 3 };
 * ```
 */
export interface GlorotOptions {
  /** The factor `g` of the standard deviation; 1 by default. */
  gain?: number | undefined;
}

/** `√(of ∕ (m + n))` times the gain; empty weights have none. */
function scaleOf(act: string, { shape, values }: Drawing, of: number): number {
  const { into, outOf } = fansOf(act, shape);
  return into + outOf === 0 ? 0 : values.gain * root(of / (into + outOf));
}

/** Uniform weights: `Wᵢ = b (2 uᵢ − 1)`, where `b = g √(6 ∕ (m + n))` and
 * `0 ≤ uᵢ < 1`.
 *
 * @typeParam S The shape.
 * @typeParam T The name of the element type.
 * @param shape The dimensions: outputs, inputs, and those of a window.
 * @param options The seed, which must be given; the gain `g`, 1 by default; and the
 * element type, float32 by default.
 * @returns The weights.
 *
 * @example Usage
 * ```ts
 * import { glorotUniform } from "@adjoint/ops/glorot";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(glorotUniform([2, 3], { seed: 1 }).shape, [2, 3]);
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/glorot
 */
export function glorotUniform<
  const S extends Shape,
  T extends FloatName | undefined = undefined,
>(
  shape: S,
  options: GlorotOptions & RandomOptions<NoInfer<S>, T>,
): Tensor<S, DrawnData<T>> {
  const act = "draw uniform weights";
  const drawn = drawing(act, shape, options, NUMBERS, 0);
  const bound = scaleOf(act, drawn, 6);
  fillUniform(drawn, -bound, bound);
  return drawn.tensor as Tensor<S, DrawnData<T>>;
}

/** Normal weights: `Wᵢ = σ Φ⁻¹(uᵢ)`, where `σ = g √(2 ∕ (m + n))` and `0 < uᵢ < 1`.
 *
 * @typeParam S The shape.
 * @typeParam T The name of the element type.
 * @param shape The dimensions: outputs, inputs, and those of a window.
 * @param options The seed, which must be given; the gain `g`, 1 by default; and the
 * element type, float32 by default.
 * @returns The weights.
 *
 * @example Usage
 * ```ts
 * import { glorotNormal } from "@adjoint/ops/glorot";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(glorotNormal([2, 3], { seed: 1 }).shape, [2, 3]);
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/glorot
 */
export function glorotNormal<
  const S extends Shape,
  T extends FloatName | undefined = undefined,
>(
  shape: S,
  options: GlorotOptions & RandomOptions<NoInfer<S>, T>,
): Tensor<S, DrawnData<T>> {
  const act = "draw normal weights";
  const drawn = drawing(act, shape, options, NUMBERS, 1);
  fillNormal(drawn, 0, scaleOf(act, drawn, 2));
  return drawn.tensor as Tensor<S, DrawnData<T>>;
}
