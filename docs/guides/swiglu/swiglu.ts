// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # SwiGLU
 *
 * Multiplies one tensor by the swish of another, which opens and closes as a gate.
 *
 * ```math
 * S_i = \frac{1}{1 + e^{-A_i}}, \qquad
 * Y_i = A_i S_i B_i
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial A_i} = \frac{\partial E}{\partial Y_i} B_i
 *   \left( S_i + A_i S_i (1 - S_i) \right), \qquad
 * \frac{\partial E}{\partial B_i} = \frac{\partial E}{\partial Y_i} A_i S_i
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`A`$ | $`n`$ | input `a`, the gate |
 * | $`B`$ | $`n`$ | input `b`, what it lets through |
 * | $`Y`$ | $`n`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page sees tensors of any shape as vectors of $`n`$ elements.
 *
 * ## Forward
 *
 * Swish is a number times its logistic function:
 *
 * ```math
 * S_i = \frac{1}{1 + e^{-A_i}}
 * ```
 *
 * ```math
 * Y_i = A_i S_i B_i
 * ```
 *
 * ## Derivation
 *
 * $`B_i`$ is in $`Y_i`$ alone, with the factor $`A_i S_i`$:
 *
 * ```math
 * \frac{\partial E}{\partial B_i} = \frac{\partial E}{\partial Y_i} A_i S_i
 * ```
 *
 * $`A_i`$ occurs twice, as a factor and inside $`S_i`$. By the quotient rule,
 * and with the fraction written as $`S_i`$ again:
 *
 * ```math
 * \frac{\partial S_k}{\partial A_i} = \delta_{ki} \frac{e^{-A_k}}{(1 + e^{-A_k})^2}
 *   = \delta_{ki} S_k (1 - S_k)
 * ```
 *
 * The product rule adds the two, and $`B_i`$ is common to both:
 *
 * ```math
 * \frac{\partial E}{\partial A_i}
 *   = \frac{\partial E}{\partial Y_i} \left( S_i B_i + A_i S_i (1 - S_i) B_i \right)
 *   = \frac{\partial E}{\partial Y_i} B_i \left( S_i + A_i S_i (1 - S_i) \right)
 * ```
 *
 * ## Backward
 *
 * {@linkcode swigluDa}:
 *
 * ```math
 * \frac{\partial E}{\partial A_i} = \frac{\partial E}{\partial Y_i} B_i
 *   \left( S_i + A_i S_i (1 - S_i) \right)
 * ```
 *
 * {@linkcode swigluDb}:
 *
 * ```math
 * \frac{\partial E}{\partial B_i} = \frac{\partial E}{\partial Y_i} A_i S_i
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks. A gate that is closed stops no
 * infinity: 0 times infinity is NaN.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial A}`$ | $`\frac{\partial E}{\partial B}`$ | PyTorch |
 * | -- | ----- | ----- | ----- | ------- |
 * | `a = [0, 1], b = [3, 3]` | `[0, 2.19318]` | `[1.5, 2.78301]` | `[0, 0.731059]` | same |
 * | `a = [1e4, -1e4], b = [1, 1]` | `[1e4, 0]` | `[1, 0]` | `[1e4, 0]` | same |
 * | `a = [-1e4], b = [∞]` | `[NaN]` | `[NaN]` | `[0]` | same |
 *
 * ## Stability
 *
 * Below about −709, $`e^{-A_i}`$ overflows in float64. With the absolute value in the
 * exponent nothing does, and one fraction serves each side:
 *
 * ```math
 * S_i = \begin{cases}
 *   \frac{1}{1 + e^{-|A_i|}} & A_i \ge 0 \\
 *   \frac{e^{-|A_i|}}{1 + e^{-|A_i|}} & A_i < 0
 * \end{cases}
 * ```
 *
 * This is what the code computes.
 *
 * ## Cost
 *
 * One exponential and one division for each element, and the same backward, once for
 * both gradients.
 *
 * ## Example
 *
 * ```ts ignore
 * import { swiglu } from "@adjoint/ops/swiglu";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(swiglu(tensor([0, 100]), tensor([5, 5])), tensor([0, 500]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.silu(a) * b`
 * - N. Shazeer, *GLU Variants Improve Transformer*, 2020:
 *   [arXiv:2002.05202](https://arxiv.org/abs/2002.05202).
 *
 * @module
 */

import { op, type Signature } from "../../../ops/core/op.ts";
import type {
  Float,
  GradientOptions,
  Options,
  Shape,
  Tensor,
} from "../../../ops/core/types.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("swiglu", {
  inputs: { a: "n…", b: "n…" },
  outputs: { y: "n…" },

  forward({ a, b, y, n }) {
    for (let i = 0; i < n; i++) y[i] = a[i] * sigmoid(a[i]) * b[i]; // Yᵢ = Aᵢ Sᵢ Bᵢ
  },

  backward({ a, b, dy, da, db, n }) {
    for (let i = 0; i < n; i++) {
      const s = sigmoid(a[i]), rest = sigmoid(-a[i]); // Sᵢ and 1 − Sᵢ
      // ∂E/∂Aᵢ = ∂E/∂Yᵢ Bᵢ (Sᵢ + Aᵢ Sᵢ (1 − Sᵢ))
      if (da) da[i] = dy[i] * b[i] * (s + a[i] * s * rest);
      if (db) db[i] = dy[i] * (a[i] * s); // ∂E/∂Bᵢ = ∂E/∂Yᵢ Aᵢ Sᵢ
    }
  },
});

/** The logistic function, which overflows nowhere. */
function sigmoid(x: number): number {
  const e = Math.exp(-Math.abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/** A tensor behind a gate: `Yᵢ = Aᵢ Sᵢ Bᵢ`, where `Sᵢ` is the logistic function of
 * `Aᵢ`.
 *
 * @param a The gate, of any shape.
 * @param b What it lets through, of the shape of `a`.
 * @returns The output `Y`, of the shape of `a`.
 */
export function swiglu<S extends Shape, D extends Float>(
  a: Tensor<S, D>,
  b: Tensor<S, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([a, b], options);
}

/** Both gradients of {@linkcode swiglu}.
 *
 * @param a The gate, of any shape.
 * @param b What it lets through, of the shape of `a`.
 * @param dout The gradient of the loss with respect to the output, of the shape of
 * `a`.
 * @returns The gradients with respect to `a` and `b`.
 */
export function swigluD<
  S extends Shape,
  D extends Float,
  W extends "a" | "b" = "a" | "b",
>(
  a: Tensor<S, D>,
  b: Tensor<S, NoInfer<D>>,
  dout: Tensor<S, NoInfer<D>>,
  options?: GradientOptions<{ a: Tensor<S, D>; b: Tensor<S, D> }, W>,
): Pick<{ a: Tensor<S, D>; b: Tensor<S, D> }, W> {
  return signature.backward([a, b, dout], options);
}

/** The gradient of {@linkcode swiglu} with respect to `a`:
 * `∂E/∂Aᵢ = ∂E/∂Yᵢ Bᵢ (Sᵢ + Aᵢ Sᵢ (1 − Sᵢ))`.
 *
 * @param a The gate, of any shape.
 * @param b What it lets through, of the shape of `a`.
 * @param dout The gradient of the loss with respect to the output, of the shape of
 * `a`.
 * @returns The gradient, of the shape of `a`.
 */
export function swigluDa<S extends Shape, D extends Float>(
  a: Tensor<S, D>,
  b: Tensor<S, NoInfer<D>>,
  dout: Tensor<S, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("a", [a, b, dout], options);
}

/** The gradient of {@linkcode swiglu} with respect to `b`:
 * `∂E/∂Bᵢ = ∂E/∂Yᵢ Aᵢ Sᵢ`.
 *
 * @param a The gate, of any shape.
 * @param b What it lets through, of the shape of `a`.
 * @param dout The gradient of the loss with respect to the output, of the shape of
 * `a`.
 * @returns The gradient, of the shape of `b`.
 */
export function swigluDb<S extends Shape, D extends Float>(
  a: Tensor<S, D>,
  b: Tensor<S, NoInfer<D>>,
  dout: Tensor<S, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("b", [a, b, dout], options);
}
