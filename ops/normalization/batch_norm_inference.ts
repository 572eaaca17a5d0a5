// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # TODO: Title
 *
 * TODO: What it does, in one sentence.
 *
 * ```math
 * Y_i = TODO, \qquad
 * \frac{\partial E}{\partial X_i} = TODO
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n`$ | input `x` |
 * | $`Y`$ | $`n`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * TODO: A row for each input and option, and how the page sees their shapes. This
 * one sees a tensor of any shape as the vector of its $`n`$ elements. The middle
 * axis of $`n \times m \times p`$ is any axis.
 *
 * ## Forward
 *
 * ```math
 * Y_i = TODO
 * ```
 *
 * ## Derivation
 *
 * TODO: Small steps, each with its reason. The chain rule sums over every output
 * that $`X_i`$ acts on:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \sum_{a=1}^{n} \frac{\partial E}{\partial Y_a} \frac{\partial Y_a}{\partial X_i}
 * ```
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i} = \delta_{ai} TODO
 * ```
 *
 * ## Backward
 *
 * {@linkcode batchNormInferenceDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = TODO
 * ```
 *
 * ## Special points
 *
 * TODO: Kinks, ties, large numbers, and why the values there are what they are.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = 0` | `TODO` | `TODO` | same | same | same |
 * | `x = ∞` | `TODO` | `TODO` | same | same | same |
 * | `x = -∞` | `TODO` | `TODO` | same | same | same |
 * | `x = NaN` | `NaN` | `NaN` | same | same | same |
 *
 * ## Stability
 *
 * TODO: Where the formula above fails in floating point, and the one that does
 * not. Without such a place, there is no such section.
 *
 * ## Cost
 *
 * TODO: How many operations, and what the backward pass needs.
 *
 * ## Example
 *
 * ```ts
 * import { batchNormInference, batchNormInferenceDx } from "@adjoint/ops/batch-norm-inference";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([0, 1]);
 *
 * assertEquals(batchNormInference(x), tensor([0, 1])); // TODO
 * assertEquals(batchNormInferenceDx(x, tensor([1, 1])), tensor([1, 1])); // TODO
 * ```
 *
 * ## References
 *
 * - PyTorch: `TODO(x)`
 * - JAX: `TODO(x)`
 * - TensorFlow: `TODO(x)`
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

/** What the checks, the tests and the proof derive from.
 *
 * @internal
 */
export const signature: Signature = op("batchNormInference", {
  inputs: { x: "n…" },
  outputs: { y: "n…" },

  forward({ x, y, n }) {
    for (let i = 0; i < n; i++) {
      y[i] = x[i]; // TODO: Yᵢ = …
    }
  },

  backward({ dy, dx, n }) {
    for (let i = 0; i < n; i++) {
      dx[i] = dy[i]; // TODO: ∂E/∂Xᵢ = …
    }
  },
});

/** TODO: What it does: `Yᵢ = …`.
 *
 * @param x The tensor, of any shape.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { batchNormInference } from "@adjoint/ops/batch-norm-inference";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(batchNormInference(tensor([0])), tensor([0])); // TODO
 * ```
 */
export function batchNormInference<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode batchNormInference}: `∂E/∂Xᵢ = TODO`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient with respect to `x`.
 */
export function batchNormInferenceD<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode batchNormInference} with respect to `x`:
 * `∂E/∂Xᵢ = TODO`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @returns The gradient, of the shape of `x`.
 */
export function batchNormInferenceDx<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
