// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # ELU
 *
 * Keeps the elements above 0, and lets the others approach $`-\alpha`$: the
 * exponential linear unit.
 *
 * ```math
 * Y_i = \begin{cases}
 *   X_i & X_i > 0 \\
 *   \alpha (e^{X_i} - 1) & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \begin{cases}
 *   \frac{\partial E}{\partial Y_i} & X_i > 0 \\
 *   \alpha e^{X_i} \frac{\partial E}{\partial Y_i} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n`$ | input `x` |
 * | $`\alpha`$ | number | option `alpha` |
 * | $`Y`$ | $`n`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The function acts on each element separately, so the page treats a tensor of
 * any shape as the vector of its $`n`$ elements. The factor $`\alpha`$ is 1 by
 * default, and may be any number.
 *
 * ## Forward
 *
 * ```math
 * Y_i = \begin{cases}
 *   X_i & X_i > 0 \\
 *   \alpha (e^{X_i} - 1) & \text{otherwise}
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
 * Above 0 the output is $`X_i`$ itself, and its slope is 1. Below 0, $`\alpha`$
 * is a constant factor, the derivative of $`e^{X_i}`$ is $`e^{X_i}`$, and that of
 * 1 is 0. Only the output in the same position depends on $`X_i`$. The Kronecker
 * delta $`\delta_{ai}`$ expresses this: it is 1 where $`a`$ is $`i`$, and 0
 * elsewhere.
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i} = \delta_{ai} \begin{cases}
 *   1 & X_i > 0 \\
 *   \alpha e^{X_i} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * At 0 the slope is $`\alpha`$ from the left and 1 from the right. If $`\alpha`$
 * is 1, the two are equal and are the derivative there. Otherwise the function
 * has a kink, and the second line takes the slope from the left, as all libraries
 * do. The delta leaves one term of the sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \begin{cases}
 *   1 & X_i > 0 \\
 *   \alpha e^{X_i} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Backward
 *
 * {@linkcode eluDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \begin{cases}
 *   \frac{\partial E}{\partial Y_i} & X_i > 0 \\
 *   \alpha e^{X_i} \frac{\partial E}{\partial Y_i} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Special points
 *
 * If $`\alpha`$ is not 1, the function has a kink at 0, where the gradient is that of
 * the left side. The gradient at NaN is NaN, as the formula says. In PyTorch it depends
 * on the position: NaN for the elements that vector instructions handle, and `dout` for
 * the few after the last full vector, such as a single element.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = 0` | `0` | `1` | same | same | same | |
 * | `x = -0` | `-0` | `1` | same | same | same | |
 * | `x = 0, alpha = 0.5` | `0` | `0.5` | same | same | same | |
 * | `x = -0, alpha = 2` | `-0` | `2` | same | same | same | |
 * | `x = 0, alpha = -1` | `0` | `-1` | same | same | same | |
 * | `x = -1, alpha = 0` | `-0` | `0` | same | same | same | |
 * | `x = -1e-7` | `-9.9999995000000167e-8` | `0.99999990000000500` | same | same | `y = -9.99999949513608e-8` | |
 * | `x = -40` | `-1` | `4.2483542552915889e-18` | same | `dx = 0` | `dx = 0` | |
 * | `x = -1e4` | `-1` | `0` | same | same | same | |
 * | `x = ∞` | `∞` | `1` | same | same | same | |
 * | `x = -∞` | `-1` | `0` | same | same | same | |
 * | `x = NaN` | `NaN` | `NaN` | `dx = 1` | same | `dx = 1` | in PyTorch the value depends on the position of the element |
 * | `x = NaN, alpha = 0.5` | `NaN` | `NaN` | `dx = 1` | same | `dx = 0.5` | in PyTorch the value depends on the position of the element |
 *
 * ## Stability
 *
 * Near 0, $`e^{X_i}`$ is rounded to a number near 1, and the difference
 * $`e^{X_i} - 1`$ loses digits: at $`-10^{-7}`$ nine of sixteen are left in float64.
 * The function expm1, in JavaScript `Math.expm1`, computes the exponential minus 1
 * without that loss:
 *
 * ```math
 * \operatorname{expm1}(X_i) = e^{X_i} - 1
 * ```
 *
 * ```math
 * Y_i = \begin{cases}
 *   X_i & X_i > 0 \\
 *   \alpha \operatorname{expm1}(X_i) & \text{otherwise}
 * \end{cases}
 * ```
 *
 * The gradient could be computed from the output without another exponential, as
 * $`\alpha e^{X_i} = Y_i + \alpha \text{ where } X_i \le 0`$. But far below 0 the
 * output is nearly $`-\alpha`$, and the sum has no digits left. JAX and TensorFlow
 * compute it this way; our code computes the exponential.
 *
 * ## Cost
 *
 * One exponential for each element that is not above 0, forward and backward. The
 * backward pass needs $`X`$, but not $`Y`$.
 *
 * ## Example
 *
 * ```ts
 * import { elu, eluDx } from "@adjoint/ops/elu";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([-1000, 0, 3]);
 * const dout = tensor([4, 4, 4]);
 *
 * assertEquals(elu(x, { alpha: 0.5 }), tensor([-0.5, 0, 3]));
 * assertEquals(eluDx(x, dout, { alpha: 0.5 }), tensor([0, 2, 4]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.elu(x, alpha)`
 * - JAX: `jax.nn.elu(x, alpha)`
 * - TensorFlow: `tf.keras.ops.elu(x, alpha)`
 * - D.-A. Clevert, T. Unterthiner, S. Hochreiter, *Fast and Accurate Deep Network
 *   Learning by Exponential Linear Units*, 2015:
 *   [arXiv:1511.07289](https://arxiv.org/abs/1511.07289).
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
import { map, mapD } from "../kernels/elementary.ts";

/** The options of {@linkcode elu}.
 *
 * @example Usage
 * ```ts
 * import type { EluOptions } from "@adjoint/ops/elu";
 *
 * const options: EluOptions = { alpha: 0.5 };
 * ```
 */
export interface EluOptions {
  /** The factor `α` of the left side, any number; 1 by default. */
  alpha?: number | undefined;
}

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("elu", {
  inputs: { x: "n…" },
  options: { alpha: number(1) },
  outputs: { y: "n…" },

  forward({ x, y, n, alpha }) {
    for (let i = 0; i < n; i++) {
      // Yᵢ = Xᵢ if Xᵢ > 0, else α (exp(Xᵢ) − 1); both are 0 at 0
      y[i] = x[i] < 0 ? alpha * Math.expm1(x[i]) : x[i];
    }
  },

  backward({ x, dy, dx, n, alpha }) {
    for (let i = 0; i < n; i++) {
      // ∂E/∂Xᵢ = ∂E/∂Yᵢ if Xᵢ > 0, else α exp(Xᵢ) ∂E/∂Yᵢ
      dx[i] = x[i] > 0 ? dy[i] : alpha * Math.exp(x[i]) * dy[i];
    }
  },

  kernels: {
    forward: ({ x, y, alpha }) =>
      Math.fround(alpha) === alpha && map("elu", x, y, alpha),
    backward: ({ x, dy, dx, alpha }) =>
      Math.fround(alpha) === alpha && mapD("eluDx", x, dy, dx, alpha),
  },
});

/** The elements above 0, and an exponential of the others:
 * `Yᵢ = Xᵢ if Xᵢ > 0, else α (exp(Xᵢ) − 1)`.
 *
 * @param x The tensor, of any shape.
 * @param options The factor α, 1 by default.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { elu } from "@adjoint/ops/elu";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(elu(tensor([-1000, 3]), { alpha: 2 }), tensor([-2, 3]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/elu
 */
export function elu<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: EluOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode elu}: `∂E/∂Xᵢ = ∂E/∂Yᵢ if Xᵢ > 0, else α exp(Xᵢ) ∂E/∂Yᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The factor α, 1 by default.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/elu
 */
export function eluD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: EluOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode elu} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ if Xᵢ > 0, else α exp(Xᵢ) ∂E/∂Yᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The factor α, 1 by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/elu
 */
export function eluDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: EluOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
