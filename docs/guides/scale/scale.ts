// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Scale
 *
 * Multiplies every element of a tensor by the same number.
 *
 * ```math
 * Z_i = s X_i, \qquad
 * \frac{\partial E}{\partial X_i} = s \frac{\partial E}{\partial Z_i}, \qquad
 * \frac{\partial E}{\partial s} = \sum_{i=1}^{n} \frac{\partial E}{\partial Z_i} X_i
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n`$ | input `x` |
 * | $`s`$ | scalar | input `s` |
 * | $`Z`$ | $`n`$ | output |
 * | $`\frac{\partial E}{\partial Z}`$ | $`n`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page sees a tensor of any shape as the vector of its $`n`$ elements.
 *
 * ## Forward
 *
 * ```math
 * Z_i = s X_i
 * ```
 *
 * ## Derivation
 *
 * Only $`Z_i`$ has $`X_i`$ in it, with the factor $`s`$, so the chain rule has one
 * term:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial Z_i} \frac{\partial Z_i}{\partial X_i}
 *   = s \frac{\partial E}{\partial Z_i}
 * ```
 *
 * But $`s`$ is in every element of $`Z`$, and the chain rule sums over them all:
 *
 * ```math
 * \frac{\partial E}{\partial s}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial Z_i} \frac{\partial Z_i}{\partial s}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial Z_i} X_i
 * ```
 *
 * ## Backward
 *
 * {@linkcode scaleDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = s \frac{\partial E}{\partial Z_i}
 * ```
 *
 * {@linkcode scaleDs}:
 *
 * ```math
 * \frac{\partial E}{\partial s} = \sum_{i=1}^{n} \frac{\partial E}{\partial Z_i} X_i
 * ```
 *
 * ## Special points
 *
 * The product is smooth, so it has no kinks.
 *
 * | at | $`Z`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial s}`$ | PyTorch |
 * | -- | ----- | ----- | ----- | ------- |
 * | `x = [NaN, 1], s = 0` | `[NaN, 0]` | `[0, 0]` | `NaN` | same |
 * | `x = [], s = 2` | `[]` | `[]` | `0` | same |
 *
 * ## Cost
 *
 * One multiplication for each element, and the same for each gradient. The
 * backward pass needs both inputs.
 *
 * ## Example
 *
 * ```ts ignore
 * import { scale, scaleDs } from "@adjoint/ops/scale";
 * import { ones, scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2], [3, 4]]);
 * const s = scalar(10);
 *
 * assertEquals(scale(x, s), tensor([[10, 20], [30, 40]]));
 * assertEquals(scaleDs(x, s, ones([2, 2])), scalar(10));
 * ```
 *
 * ## References
 *
 * - PyTorch: `x * s`
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
export const signature: Signature = op("scale", {
  inputs: { x: "n…", s: "" },
  outputs: { z: "n…" },

  forward({ x, s, z, n }) {
    for (let i = 0; i < n; i++) z[i] = s[0] * x[i]; // Zᵢ = s Xᵢ
  },

  backward({ x, s, dz, dx, ds, n }) {
    for (let i = 0; dx && i < n; i++) dx[i] = s[0] * dz[i]; // ∂E/∂Xᵢ = s ∂E/∂Zᵢ
    if (ds) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += dz[i] * x[i];
      ds[0] = sum; // ∂E/∂s = Σᵢ ∂E/∂Zᵢ Xᵢ
    }
  },
});

/** Multiplies each element by a number: `Zᵢ = s Xᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param s The number, a scalar.
 * @returns The product `Z`, of the shape of `x`.
 */
export function scale<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  s: Tensor<[], NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x, s], options);
}

/** Both gradients of {@linkcode scale}: `∂E/∂Xᵢ = s ∂E/∂Zᵢ`,
 * `∂E/∂s = Σᵢ ∂E/∂Zᵢ Xᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param s The number, a scalar.
 * @param dout The gradient of the loss with respect to the product, of the shape
 * of `x`.
 * @returns The gradients with respect to `x` and `s`.
 */
export function scaleD<
  S extends Shape,
  D extends Float,
  W extends "x" | "s" = "x" | "s",
>(
  x: Tensor<S, D>,
  s: Tensor<[], NoInfer<D>>,
  dout: Tensor<S, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D>; s: Tensor<[], D> }, W>,
): Pick<{ x: Tensor<S, D>; s: Tensor<[], D> }, W> {
  return signature.backward([x, s, dout], options);
}

/** The gradient of {@linkcode scale} with respect to `x`: `∂E/∂Xᵢ = s ∂E/∂Zᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param s The number, a scalar.
 * @param dout The gradient of the loss with respect to the product, of the shape
 * of `x`.
 * @returns The gradient, of the shape of `x`.
 */
export function scaleDx<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  s: Tensor<[], NoInfer<D>>,
  dout: Tensor<S, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, s, dout], options);
}

/** The gradient of {@linkcode scale} with respect to `s`:
 * `∂E/∂s = Σᵢ ∂E/∂Zᵢ Xᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param s The number, a scalar.
 * @param dout The gradient of the loss with respect to the product, of the shape
 * of `x`.
 * @returns The gradient, a scalar.
 */
export function scaleDs<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  s: Tensor<[], NoInfer<D>>,
  dout: Tensor<S, NoInfer<D>>,
  options?: Options<[], NoInfer<D>>,
): Tensor<[], D> {
  return signature.gradient("s", [x, s, dout], options);
}
