// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Leaky ReLU
 *
 * Keeps the elements above 0, and multiplies the others by a small slope, so that the
 * gradient does not vanish there.
 *
 * ```math
 * Y_i = \begin{cases}
 *   X_i & X_i > 0 \\
 *   s X_i & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \begin{cases}
 *   \frac{\partial E}{\partial Y_i} & X_i > 0 \\
 *   s \frac{\partial E}{\partial Y_i} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n`$ | input `x` |
 * | $`s`$ | number | option `slope` |
 * | $`Y`$ | $`n`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The function acts on each element separately, so the page treats a tensor of
 * any shape as the vector of its $`n`$ elements. The slope $`s`$ is 0.01 by
 * default, and may be any number.
 *
 * ## Forward
 *
 * ```math
 * Y_i = \begin{cases}
 *   X_i & X_i > 0 \\
 *   s X_i & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Derivation
 *
 * The chain rule sums over every output that $`X_i`$ may act on:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \sum_{a=1}^{n} \frac{\partial E}{\partial Y_a} \frac{\partial Y_a}{\partial X_i}
 * ```
 *
 * On either side of 0 the function is a line, and its derivative is the slope of
 * the line. Only the output in the same position depends on $`X_i`$. The
 * Kronecker delta $`\delta_{ai}`$ expresses this: it is 1 where $`a`$ is $`i`$,
 * and 0 elsewhere.
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i} = \delta_{ai} \begin{cases}
 *   1 & X_i > 0 \\
 *   s & \text{otherwise}
 * \end{cases}
 * ```
 *
 * At 0, where the lines meet at an angle, there is no derivative. The slopes from
 * the left and from the right are $`s`$ and 1, and either works for descent: the
 * second line takes the one from the left, as PyTorch does. The delta leaves one
 * term of the sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \begin{cases}
 *   1 & X_i > 0 \\
 *   s & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Backward
 *
 * {@linkcode leakyReluDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \begin{cases}
 *   \frac{\partial E}{\partial Y_i} & X_i > 0 \\
 *   s \frac{\partial E}{\partial Y_i} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Special points
 *
 * The function has a kink at 0, where the gradient is that of the left side. NaN is
 * not above 0, so it counts as the left side, too. TensorFlow rounds the slope to
 * float32 even if the tensor is float64.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = 0` | `0` | `0.01` | same | `dx = 1` | `dx = 0.00999999977648` |
 * | `x = -0` | `-0` | `0.01` | same | `dx = 1` | `dx = 0.00999999977648` |
 * | `x = -1` | `-0.01` | `0.01` | same | same | `y = -0.00999999977648, dx = 0.00999999977648` |
 * | `x = ∞` | `∞` | `1` | same | same | same |
 * | `x = -∞` | `-∞` | `0.01` | same | same | `dx = 0.00999999977648` |
 * | `x = NaN` | `NaN` | `0.01` | same | same | `dx = 0.00999999977648` |
 * | `x = -∞, slope = 0` | `NaN` | `0` | same | same | same |
 * | `x = NaN, slope = 0` | `NaN` | `0` | same | same | same |
 * | `x = 0, slope = -1` | `-0` | `-1` | same | `y = 0, dx = 1` | same |
 * | `x = -2, slope = -1` | `2` | `-1` | same | same | same |
 * | `x = -1, slope = 2` | `-2` | `2` | same | same | same |
 *
 * ## Cost
 *
 * One comparison and at most one multiplication for each element, forward and
 * backward. The backward pass needs the signs of $`X`$.
 *
 * ## Example
 *
 * ```ts
 * import { leakyRelu, leakyReluDx } from "@adjoint/ops/leaky-relu";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([-2, 0, 3]);
 * const dout = tensor([8, 8, 8]);
 *
 * assertEquals(leakyRelu(x, { slope: 0.25 }), tensor([-0.5, 0, 3]));
 * assertEquals(leakyReluDx(x, dout, { slope: 0.25 }), tensor([2, 2, 8]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.leaky_relu(x, slope)`
 * - JAX: `jax.nn.leaky_relu(x, slope)`
 * - TensorFlow: `tf.nn.leaky_relu(x, slope)`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { number } from "../core/options.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import {
  choose,
  each,
  formula,
  greater,
  times,
} from "../kernels/elementwise.ts";

/** The options of {@linkcode leakyRelu}.
 *
 * @example Usage
 * ```ts
 * import type { LeakyReluOptions } from "@adjoint/ops/leaky-relu";
 *
 * const options: LeakyReluOptions = { slope: 0.2 };
 * ```
 */
export interface LeakyReluOptions {
  /** The slope `s` below 0, any number; 0.01 by default. */
  slope?: number | undefined;
}

const FORWARD = formula((x, s) => choose(greater(x, 0), x, times(s, x)), 1);
const BACKWARD = formula(
  (x, dy, s) => choose(greater(x, 0), dy, times(s, dy)),
  1,
);

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("leakyRelu", {
  inputs: { x: "n…" },
  options: { slope: number(0.01) },
  outputs: { y: "n…" },

  forward({ x, y, n, slope: s }) {
    for (let i = 0; i < n; i++) {
      y[i] = x[i] > 0 ? x[i] : s * x[i]; // Yᵢ = Xᵢ if Xᵢ > 0, else s Xᵢ
    }
  },

  backward({ x, dy, dx, n, slope: s }) {
    for (let i = 0; i < n; i++) {
      dx[i] = x[i] > 0 ? dy[i] : s * dy[i]; // ∂E/∂Xᵢ = ∂E/∂Yᵢ if Xᵢ > 0, else s ∂E/∂Yᵢ
    }
  },

  kernels: {
    forward: ({ x, y, slope }) => each(FORWARD, y, [x], [slope]),
    backward: ({ x, dy, dx, slope }) => each(BACKWARD, dx, [x, dy], [slope]),
  },
});

/** The elements above 0, and the others times a slope:
 * `Yᵢ = Xᵢ if Xᵢ > 0, else s Xᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param options The slope, 0.01 by default.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { leakyRelu } from "@adjoint/ops/leaky-relu";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(leakyRelu(tensor([-2, 3]), { slope: 0.5 }), tensor([-1, 3]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/leaky-relu
 */
export function leakyRelu<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: LeakyReluOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode leakyRelu}: `∂E/∂Xᵢ = ∂E/∂Yᵢ if Xᵢ > 0, else s ∂E/∂Yᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The slope, 0.01 by default.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/leaky-relu
 */
export function leakyReluD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: LeakyReluOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode leakyRelu} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ if Xᵢ > 0, else s ∂E/∂Yᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The slope, 0.01 by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/leaky-relu
 */
export function leakyReluDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: LeakyReluOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
