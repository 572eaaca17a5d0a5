// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # He's initial weights
 *
 * Draws the initial weights of a layer, scaled so that the signal neither grows
 * nor shrinks from layer to layer: for layers whose activation is ReLU or leaky
 * ReLU. It is also called Kaiming initialization.
 *
 * ```math
 * \sigma = \sqrt{\frac{2}{(1 + a^2) \, m}}
 * ```
 *
 * Here $`m`$ is the number of inputs that each output depends on, and $`a`$ the
 * `slope` of the activation below 0: 0 by default, that of ReLU. The weights have
 * a mean of 0 and a standard deviation of $`\sigma`$: {@linkcode heNormal} draws
 * them from the normal distribution, {@linkcode heUniform} from the uniform one
 * between $`-\sqrt 3 \sigma`$ and $`\sqrt 3 \sigma`$, which has that deviation.
 *
 * ## Why
 *
 * An output is a sum of $`m`$ products of weights, whose mean is 0, and inputs,
 * whose mean is not 0 after a ReLU. So what matters is their mean square:
 *
 * ```math
 * \operatorname{Var} Y = m \, \operatorname{Var} W \, \operatorname{E} X^2
 * ```
 *
 * $`X`$ is the activation of an output of the layer before, which is as often above 0
 * as below. Above 0, its square is kept; below 0, it is multiplied by $`a^2`$. So the
 * mean square of $`X`$ is
 *
 * ```math
 * \frac{1 + a^2}{2}
 * ```
 *
 * times the variance of that output. The variance is preserved if that of the
 * weights is $`2 / ((1 + a^2) m)`$. Glorot's weights do not account for the half
 * that ReLU drops: between layers of equal size, the signal fades by $`\sqrt 2`$
 * in each.
 *
 * ## Shapes
 *
 * The weights of `linear` are outputs × inputs, those of `conv2d` outputs × inputs ×
 * window, as in PyTorch: $`m`$ is the size of the second axis times the size of the
 * window.
 *
 * ## Where the bits come from
 *
 * The bits come from the seed, as those of {@link [uniform] uniform} and
 * {@link [normal] normal}, and are the same on every machine and runtime.
 *
 * ## Example
 *
 * ```ts
 * import { heUniform } from "@adjoint/ops/he";
 * import { assertEquals } from "@std/assert";
 *
 * const w = heUniform([20, 30], { seed: 1 });
 * const bound = Math.sqrt(6 / 30);
 *
 * assertEquals(w.data.every((v) => Math.abs(v) <= bound), true);
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.init.kaiming_uniform_`, `torch.nn.init.kaiming_normal_`
 * - JAX: `jax.nn.initializers.he_uniform`, `jax.nn.initializers.he_normal`, which
 *   cuts the tails
 * - TensorFlow: `tf.keras.initializers.HeUniform`, `tf.keras.initializers.HeNormal`,
 *   which cuts the tails
 * - K. He, X. Zhang, S. Ren, J. Sun, *Delving Deep into Rectifiers: Surpassing
 *   Human-Level Performance on ImageNet Classification*, Proceedings of ICCV 2015,
 *   1026–1034.
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

const NUMBERS = { slope: number(0, { above: -Infinity, below: Infinity }) };

/** The options of {@linkcode heNormal} and {@linkcode heUniform}.
 *
 * @example Usage
 * ```ts
 * import type { HeOptions } from "@adjoint/ops/he";
 *
 * const options: HeOptions = { slope: 0.01 };
 * ```
 */
export interface HeOptions {
  /** The slope `a` of the activation below 0; 0 by default. */
  slope?: number | undefined;
}

/** `√(of ∕ ((1 + a²) m))`; empty weights have none. */
function scaleOf(act: string, { shape, values }: Drawing, of: number): number {
  const { into } = fansOf(act, shape);
  const share = (1 + values.slope * values.slope) * into;
  return into === 0 || share === Infinity ? 0 : root(of / share);
}

/** Uniform weights: `Wᵢ = b (2 uᵢ − 1)`, where `b = √(6 ∕ ((1 + a²) m))` and
 * `0 ≤ uᵢ < 1`.
 *
 * @typeParam S The shape.
 * @typeParam T The name of the element type.
 * @param shape The dimensions: outputs, inputs, and those of a window.
 * @param options The seed, which must be given; the slope `a`, 0 by default; and the
 * element type, float32 by default.
 * @returns The weights.
 *
 * @example Usage
 * ```ts
 * import { heUniform } from "@adjoint/ops/he";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(heUniform([2, 3], { seed: 1 }).shape, [2, 3]);
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/he
 */
export function heUniform<
  const S extends Shape,
  T extends FloatName | undefined = undefined,
>(
  shape: S,
  options: HeOptions & RandomOptions<NoInfer<S>, T>,
): Tensor<S, DrawnData<T>> {
  const act = "draw uniform weights";
  const drawn = drawing(act, shape, options, NUMBERS, 0);
  const bound = scaleOf(act, drawn, 6);
  fillUniform(drawn, -bound, bound);
  return drawn.tensor as Tensor<S, DrawnData<T>>;
}

/** Normal weights: `Wᵢ = σ Φ⁻¹(uᵢ)`, where `σ = √(2 ∕ ((1 + a²) m))` and
 * `0 < uᵢ < 1`.
 *
 * @typeParam S The shape.
 * @typeParam T The name of the element type.
 * @param shape The dimensions: outputs, inputs, and those of a window.
 * @param options The seed, which must be given; the slope `a`, 0 by default; and the
 * element type, float32 by default.
 * @returns The weights.
 *
 * @example Usage
 * ```ts
 * import { heNormal } from "@adjoint/ops/he";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(heNormal([2, 3], { seed: 1 }).shape, [2, 3]);
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/he
 */
export function heNormal<
  const S extends Shape,
  T extends FloatName | undefined = undefined,
>(
  shape: S,
  options: HeOptions & RandomOptions<NoInfer<S>, T>,
): Tensor<S, DrawnData<T>> {
  const act = "draw normal weights";
  const drawn = drawing(act, shape, options, NUMBERS, 1);
  fillNormal(drawn, 0, scaleOf(act, drawn, 2));
  return drawn.tensor as Tensor<S, DrawnData<T>>;
}
