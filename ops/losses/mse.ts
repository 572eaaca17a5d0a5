// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Mean squared error
 *
 * Measures how far predictions are from their targets: the mean of the squared
 * differences.
 *
 * ```math
 * \ell = \frac{1}{n} \sum_{i=1}^{n} (P_i - T_i)^2, \qquad
 * \frac{\partial E}{\partial P_i}
 *   = \frac{2}{n} \frac{\partial E}{\partial \ell} (P_i - T_i), \qquad
 * \frac{\partial E}{\partial T_i}
 *   = \frac{2}{n} \frac{\partial E}{\partial \ell} (T_i - P_i)
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`P`$ | $`n`$ | input `pred` |
 * | $`T`$ | $`n`$ | input `target` |
 * | $`\ell`$ | a scalar | output |
 * | $`\frac{\partial E}{\partial \ell}`$ | a scalar | `dout`, the gradient of the loss with respect to the output |
 *
 * All elements have the same weight, so the page treats two tensors of any shape as the
 * vectors of their $`n`$ elements. The loss $`E`$ is most often $`\ell`$ itself; then
 * `dout` is 1.
 *
 * ## Forward
 *
 * ```math
 * \ell = \frac{1}{n} \sum_{i=1}^{n} (P_i - T_i)^2
 * ```
 *
 * ## Derivation
 *
 * The output is one number, so the chain rule has one term:
 *
 * ```math
 * \frac{\partial E}{\partial P_i}
 *   = \frac{\partial E}{\partial \ell} \frac{\partial \ell}{\partial P_i}
 * ```
 *
 * $`P_i`$ occurs in one term of the sum. The derivative of $`u^2`$ is $`2u`$, and
 * that of $`P_i - T_i`$ with respect to $`P_i`$ is 1:
 *
 * ```math
 * \frac{\partial \ell}{\partial P_i} = \frac{2}{n} (P_i - T_i)
 * ```
 *
 * With respect to $`T_i`$ it is −1, which reverses the difference:
 *
 * ```math
 * \frac{\partial \ell}{\partial T_i} = -\frac{2}{n} (P_i - T_i)
 *   = \frac{2}{n} (T_i - P_i)
 * ```
 *
 * ## Backward
 *
 * {@linkcode mseDpred}:
 *
 * ```math
 * \frac{\partial E}{\partial P_i}
 *   = \frac{2}{n} \frac{\partial E}{\partial \ell} (P_i - T_i)
 * ```
 *
 * {@linkcode mseDtarget}:
 *
 * ```math
 * \frac{\partial E}{\partial T_i}
 *   = \frac{2}{n} \frac{\partial E}{\partial \ell} (T_i - P_i)
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks. The mean of no elements is NaN.
 *
 * | at | $`\ell`$ | $`\frac{\partial E}{\partial P}`$ | $`\frac{\partial E}{\partial T}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | -------- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `pred = [1, 2], target = [1, 4]` | `2` | `[0, -2]` | `[0, 2]` | same | same | same | |
 * | `pred = [NaN, 1], target = [0, 0]` | `NaN` | `[NaN, 1]` | `[NaN, -1]` | same | same | same | |
 * | `pred = [-∞, 1], target = [0, 0]` | `∞` | `[-∞, 1]` | `[∞, -1]` | same | same | same | |
 * | `pred = [∞, 1], target = [∞, 0]` | `NaN` | `[NaN, 1]` | `[NaN, -1]` | same | same | same | |
 * | `pred = [1e200, 0], target = [0, 0]` | `∞` | `[1e200, 0]` | `[-1e200, 0]` | same | same | same | |
 * | `pred = [2e19, 0], target = [0, 0], dtype = float32` | `2e38` | `[2e19, 0]` | `[-2e19, 0]` | `loss = ∞` | `loss = ∞` | `loss = ∞` | the squares are summed in float64 |
 * | `pred = [], target = []` | `NaN` | `[]` | `[]` | same | same | same | |
 *
 * ## Cost
 *
 * One subtraction and one multiply-add for each element forward, one subtraction
 * and one multiplication for each element of a gradient backward. Both are
 * limited by memory bandwidth. The backward pass needs $`P`$ and $`T`$.
 *
 * Differences, squares and their sum are computed in float64, and a float32
 * result is rounded once, when it is stored. Before that, $`\ell`$ differs from
 * the truth by at most about $`\frac{n}{2} + 2`$ units in the last place of
 * float64, as no term is below 0, and a gradient by two. In large float64
 * tensors, vector instructions add up the terms in blocks, which keeps more
 * digits: see `ops/core/sums.ts`.
 *
 * ## Example
 *
 * ```ts
 * import { mse, mseDpred } from "@adjoint/ops/mse";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const pred = tensor([1, 2]);
 * const target = tensor([1, 4]);
 *
 * assertEquals(mse(pred, target), scalar(2));
 * assertEquals(mseDpred(pred, target, scalar(1)), tensor([0, -2]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.mse_loss(pred, target)`
 * - JAX: `jnp.mean((pred - target) ** 2)`
 * - TensorFlow: `tf.reduce_mean(tf.square(pred - target))`
 *
 * @module
 */

import { widthOf } from "../core/arrays.ts";
import { op, type Signature } from "../core/op.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { formula, meanEach, minus, times } from "../kernels/elementwise.ts";

const SQUARE = formula((x, y) => times(minus(x, y), minus(x, y)));

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("mse", {
  inputs: { pred: "n…", target: "n…" },
  outputs: { loss: "" },

  forward({ pred, target, loss, n }) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (pred[i] - target[i]) ** 2;
    loss[0] = sum / n; // ℓ = 1 ∕ n Σᵢ (Pᵢ − Tᵢ)²
  },

  backward({ pred, target, dloss, dpred, dtarget, n }) {
    const scale = 2 / n * dloss[0];
    for (let i = 0; dpred && i < n; i++) {
      dpred[i] = scale * (pred[i] - target[i]); // ∂E/∂Pᵢ = 2 ∕ n ∂E/∂ℓ (Pᵢ − Tᵢ)
    }
    for (let i = 0; dtarget && i < n; i++) {
      dtarget[i] = scale * (target[i] - pred[i]); // ∂E/∂Tᵢ = 2 ∕ n ∂E/∂ℓ (Tᵢ − Pᵢ)
    }
  },

  kernels: {
    // A float32 result has no use for more digits.
    forward({ pred, target, loss }) {
      return widthOf(pred) === 8 && meanEach(SQUARE, loss, [pred, target]);
    },
  },
});

/** The mean of the squared differences: `ℓ = 1∕n Σᵢ (Pᵢ − Tᵢ)²`.
 *
 * @param pred The predictions `P`, of any shape.
 * @param target The targets `T`, of the shape of `pred`.
 * @returns The mean `ℓ`, a scalar.
 *
 * @example Usage
 * ```ts
 * import { mse } from "@adjoint/ops/mse";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(mse(tensor([1, 2]), tensor([1, 4])), scalar(2));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/mse
 */
export function mse<S extends Shape, T extends Shape, D extends Float>(
  pred: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<[], NoInfer<D>>,
): Tensor<[], D> {
  return signature.forward([pred, target], options);
}

/** Both gradients of {@linkcode mse}: `∂E/∂Pᵢ = 2∕n ∂E/∂ℓ (Pᵢ − Tᵢ)`, and
 * `∂E/∂Tᵢ = 2∕n ∂E/∂ℓ (Tᵢ − Pᵢ)`.
 *
 * @param pred The predictions `P`, of any shape.
 * @param target The targets `T`, of the shape of `pred`.
 * @param dout The gradient of the loss with respect to `ℓ`, a scalar.
 * @returns The gradients with respect to `pred` and `target`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/mse
 */
export function mseD<
  S extends Shape,
  T extends Shape,
  D extends Float,
  W extends "pred" | "target" = "pred" | "target",
>(
  pred: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  dout: Tensor<[], NoInfer<D>>,
  options?: GradientOptions<
    { pred: Tensor<S, D>; target: Tensor<S, D> },
    W
  >,
): Pick<{ pred: Tensor<S, D>; target: Tensor<S, D> }, W> {
  return signature.backward([pred, target, dout], options);
}

/** The gradient of {@linkcode mse} with respect to `pred`:
 * `∂E/∂Pᵢ = 2∕n ∂E/∂ℓ (Pᵢ − Tᵢ)`.
 *
 * @param pred The predictions `P`, of any shape.
 * @param target The targets `T`, of the shape of `pred`.
 * @param dout The gradient of the loss with respect to `ℓ`, a scalar.
 * @returns The gradient, of the shape of `pred`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/mse
 */
export function mseDpred<S extends Shape, T extends Shape, D extends Float>(
  pred: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  dout: Tensor<[], NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("pred", [pred, target, dout], options);
}

/** The gradient of {@linkcode mse} with respect to `target`:
 * `∂E/∂Tᵢ = 2∕n ∂E/∂ℓ (Tᵢ − Pᵢ)`.
 *
 * @param pred The predictions `P`, of any shape.
 * @param target The targets `T`, of the shape of `pred`.
 * @param dout The gradient of the loss with respect to `ℓ`, a scalar.
 * @returns The gradient, of the shape of `target`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/mse
 */
export function mseDtarget<S extends Shape, T extends Shape, D extends Float>(
  pred: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  dout: Tensor<[], NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("target", [pred, target, dout], options);
}
