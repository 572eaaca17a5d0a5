// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Softplus
 *
 * Maps each element to a number above 0, as a smooth {@link [relu] ReLU}: nearly
 * 0 far below 0, and nearly $`X_i`$ far above it.
 *
 * ```math
 * Y_i = \frac{1}{\beta} \log(1 + e^{\beta X_i}), \qquad
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial Y_i} \frac{1}{1 + e^{-\beta X_i}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n`$ | input `x` |
 * | $`\beta`$ | number | option `beta` |
 * | $`Y`$ | $`n`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The function acts on each element separately, so the page treats a tensor of
 * any shape as the vector of its $`n`$ elements. The factor $`\beta`$ is 1 by
 * default; the larger it is, the sharper the bend at 0.
 *
 * ## Forward
 *
 * ```math
 * Y_i = \frac{1}{\beta} \log(1 + e^{\beta X_i})
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
 * The derivative of $`\log u_i`$ is $`1 / u_i`$, that of
 * $`u_i = 1 + e^{\beta X_i}`$ is $`\beta e^{\beta X_i}`$, and in their product
 * $`\beta`$ cancels. Only the output in the same position depends on $`X_i`$. The
 * Kronecker delta $`\delta_{ai}`$ expresses this: it is 1 where $`a`$ is $`i`$,
 * and 0 elsewhere.
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i}
 *   = \delta_{ai} \frac{1}{\beta} \frac{\beta e^{\beta X_i}}{1 + e^{\beta X_i}}
 *   = \delta_{ai} \frac{e^{\beta X_i}}{1 + e^{\beta X_i}}
 * ```
 *
 * Dividing numerator and denominator by $`e^{\beta X_i}`$ gives the {@link
 * [sigmoid] sigmoid} of $`\beta X_i`$:
 *
 * ```math
 * \frac{e^{\beta X_i}}{1 + e^{\beta X_i}} = \frac{1}{1 + e^{-\beta X_i}}
 * ```
 *
 * The delta leaves one term of the chain rule's sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial Y_i} \frac{1}{1 + e^{-\beta X_i}}
 * ```
 *
 * ## Backward
 *
 * {@linkcode softplusDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial Y_i} \frac{1}{1 + e^{-\beta X_i}}
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks. If $`\beta X_i`$ is above 20,
 * PyTorch returns $`X_i`$ as the output and 1 as the derivative. In float32 these
 * are the nearest numbers; in float64 the derivative is wrong from the ninth
 * digit on. A $`\beta`$ below 0 mirrors the graph in the origin, and with 0 the
 * formula divides by 0.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = 0` | `0.69314718055994531` | `0.5` | same | same | same | |
 * | `x = 20.1` | `20.100000001865011` | `0.99999999813499` | `y = 20.1000000000000, dx = 1` | same | same | PyTorch replaces the function by a line above βX = 20 |
 * | `x = 10.1, beta = 2` | `10.100000000843764` | `0.99999999831247` | `y = 10.1000000000000, dx = 1` | same | same | PyTorch replaces the function by a line above βX = 20 |
 * | `x = 20.1, dtype = float32` | `20.1000004` | `1` | same | same | same | |
 * | `x = -40` | `4.2483542552915889e-18` | `4.2483542552915889e-18` | same | same | same | |
 * | `x = -745` | `5e-324` | `5e-324` | same | `y = 0, dx = 0` | `y = 0, dx = 0` | |
 * | `x = 1e4` | `1e4` | `1` | same | same | same | |
 * | `x = -1e4` | `0` | `0` | same | same | same | |
 * | `x = ∞` | `∞` | `1` | same | same | same | |
 * | `x = -∞` | `0` | `0` | same | same | same | |
 * | `x = NaN` | `NaN` | `NaN` | same | same | same | |
 * | `x = 1, beta = -1` | `-0.31326168751822283` | `0.2689414213699951` | same | same | same | |
 * | `x = 1, beta = 0` | `∞` | `0.5` | same | `dx = NaN` | `dx = NaN` | |
 *
 * ## Stability
 *
 * If $`\beta X_i`$ is above about 709, its exponential overflows in float64, and
 * the output is infinite. If it is below about −37, the sum of 1 and its
 * exponential is rounded to 1, and the output is 0. Taking the factor
 * $`e^{\beta X_i}`$ out of the logarithm changes the sign of the exponent, which
 * avoids the first problem:
 *
 * ```math
 * \log(1 + e^{\beta X_i}) = \beta X_i + \log(1 + e^{-\beta X_i})
 * ```
 *
 * The function log1p, in JavaScript `Math.log1p`, avoids the second. It computes
 * the logarithm of 1 plus a number without rounding the sum:
 *
 * ```math
 * \operatorname{log1p}(e^{\beta X_i}) = \log(1 + e^{\beta X_i})
 * ```
 *
 * Together, with an exponential that is never above 1:
 *
 * ```math
 * a_i = e^{-|\beta X_i|}
 * ```
 *
 * ```math
 * Y_i = \frac{1}{\beta} \operatorname{log1p}(a_i) + \begin{cases}
 *   X_i & \beta X_i > 0 \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * The derivative is a sigmoid, and takes the same two forms:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \frac{\partial E}{\partial Y_i} \begin{cases}
 *   \frac{1}{1 + a_i} & \beta X_i > 0 \\
 *   \frac{a_i}{1 + a_i} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * This is what the code computes.
 *
 * ## Cost
 *
 * One exponential, one logarithm and one division for each element forward, one
 * exponential and one division backward. The backward pass needs $`X`$, but not
 * $`Y`$.
 *
 * ## Example
 *
 * ```ts
 * import { softplus, softplusDx } from "@adjoint/ops/softplus";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([0, 1000, -1000]);
 * const dout = tensor([1, 1, 1]);
 *
 * assertEquals(softplus(x), tensor([Math.log(2), 1000, 0]));
 * assertEquals(softplusDx(x, dout), tensor([0.5, 1, 0]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.softplus(x, beta)`
 * - JAX: `jax.nn.softplus(beta * x) / beta`
 * - TensorFlow: `tf.math.softplus(beta * x) / beta`
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

/** The options of {@linkcode softplus}.
 *
 * @example Usage
 * ```ts
 * import type { SoftplusOptions } from "@adjoint/ops/softplus";
 *
 * const options: SoftplusOptions = { beta: 2 };
 * ```
 */
export interface SoftplusOptions {
  /** The factor `β`: the larger, the sharper the bend at 0; 1 by default. */
  beta?: number | undefined;
}

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("softplus", {
  inputs: { x: "n…" },
  options: { beta: number(1) },
  outputs: { y: "n…" },

  forward({ x, y, n, beta }) {
    for (let i = 0; i < n; i++) {
      const z = beta * x[i];
      const a = Math.exp(-Math.abs(z)); // aᵢ = exp(−|β Xᵢ|)
      y[i] = Math.log1p(a) / beta + (z > 0 ? x[i] : 0); // Yᵢ = log(1 + exp(β Xᵢ)) ∕ β
    }
  },

  backward({ x, dy, dx, n, beta }) {
    for (let i = 0; i < n; i++) {
      const z = beta * x[i];
      const a = Math.exp(-Math.abs(z)); // aᵢ = exp(−|β Xᵢ|)
      dx[i] = dy[i] * ((z > 0 ? 1 : a) / (1 + a)); // ∂E/∂Xᵢ = ∂E/∂Yᵢ ∕ (1 + exp(−β Xᵢ))
    }
  },

  kernels: {
    forward: ({ x, y, beta }) => beta === 1 && map("softplus", x, y),
    backward: ({ x, dy, dx, beta }) =>
      beta === 1 && mapD("softplusDx", x, dy, dx),
  },
});

/** A smooth ReLU of each element: `Yᵢ = 1∕β log(1 + exp(β Xᵢ))`.
 *
 * @param x The tensor, of any shape.
 * @param options The factor β, 1 by default.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { softplus } from "@adjoint/ops/softplus";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(softplus(tensor([0, 1000])), tensor([Math.log(2), 1000]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/softplus
 */
export function softplus<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: SoftplusOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode softplus}: `∂E/∂Xᵢ = ∂E/∂Yᵢ ∕ (1 + exp(−β Xᵢ))`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The factor β, 1 by default.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/softplus
 */
export function softplusD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: SoftplusOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode softplus} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ ∕ (1 + exp(−β Xᵢ))`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The factor β, 1 by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/softplus
 */
export function softplusDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: SoftplusOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
