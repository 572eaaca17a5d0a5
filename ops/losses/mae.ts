// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Mean absolute error
 *
 * Measures how far predictions are from their targets: the mean of the absolute
 * differences.
 *
 * ```math
 * \ell = \frac{1}{n} \sum_{i=1}^{n} |P_i - T_i|, \qquad
 * \frac{\partial E}{\partial P_i}
 *   = \frac{1}{n} \frac{\partial E}{\partial \ell} \left( [P_i > T_i] - [P_i < T_i] \right), \qquad
 * \frac{\partial E}{\partial T_i} = -\frac{\partial E}{\partial P_i}
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
 * \ell = \frac{1}{n} \sum_{i=1}^{n} |P_i - T_i|
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
 * $`P_i`$ occurs in one term of the sum. If $`P_i`$ is above $`T_i`$, this is
 * $`P_i - T_i`$, with slope 1; if it is below, $`T_i - P_i`$, with slope −1. A bracket
 * is 1 where its condition holds, and 0 elsewhere:
 *
 * ```math
 * \frac{\partial \ell}{\partial P_i}
 *   = \frac{1}{n} \left( [P_i > T_i] - [P_i < T_i] \right)
 * ```
 *
 * If the two are equal, there is a kink and no derivative. The brackets give 0,
 * the middle of the two slopes, which leaves a right prediction as it is.
 *
 * $`T_i`$ occurs only in the same difference, with the other sign:
 *
 * ```math
 * \frac{\partial \ell}{\partial T_i} = -\frac{\partial \ell}{\partial P_i}
 * ```
 *
 * ## Backward
 *
 * {@linkcode maeDpred}:
 *
 * ```math
 * \frac{\partial E}{\partial P_i}
 *   = \frac{1}{n} \frac{\partial E}{\partial \ell} \left( [P_i > T_i] - [P_i < T_i] \right)
 * ```
 *
 * {@linkcode maeDtarget}:
 *
 * ```math
 * \frac{\partial E}{\partial T_i}
 *   = \frac{1}{n} \frac{\partial E}{\partial \ell} \left( [P_i < T_i] - [P_i > T_i] \right)
 * ```
 *
 * ## Special points
 *
 * The function has a kink where $`P_i`$ and $`T_i`$ are equal; the gradient is 0
 * there. No bracket holds for NaN, so its gradient is 0, too, although the loss
 * is NaN. The mean of no elements is NaN.
 *
 * | at | $`\ell`$ | $`\frac{\partial E}{\partial P}`$ | $`\frac{\partial E}{\partial T}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | -------- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `pred = [1, 2], target = [1, 4]` | `1` | `[0, -0.5]` | `[0, 0.5]` | same | `dpred = [0.5, -0.5], dtarget = [-0.5, 0.5]` | same | |
 * | `pred = [NaN, 1], target = [0, 0]` | `NaN` | `[0, 0.5]` | `[0, -0.5]` | same | `dpred = [-0.5, 0.5], dtarget = [0.5, -0.5]` | `dpred = [NaN, 0.5], dtarget = [NaN, -0.5]` | |
 * | `pred = [-∞, 1], target = [0, 0]` | `∞` | `[-0.5, 0.5]` | `[0.5, -0.5]` | same | same | same | |
 * | `pred = [∞, 1], target = [∞, 0]` | `NaN` | `[0, 0.5]` | `[0, -0.5]` | same | `dpred = [-0.5, 0.5], dtarget = [0.5, -0.5]` | `dpred = [NaN, 0.5], dtarget = [NaN, -0.5]` | |
 * | `pred = [3e38, 3e38], target = [0, 0], dtype = float32` | `3e38` | `[0.5, 0.5]` | `[-0.5, -0.5]` | `loss = ∞` | `loss = ∞` | `loss = ∞` | the differences are summed in float64 |
 * | `pred = [], target = []` | `NaN` | `[]` | `[]` | same | same | same | |
 *
 * ## Cost
 *
 * One subtraction and one addition for each element forward, two comparisons for
 * each element of a gradient backward. Both are limited by memory bandwidth. The
 * backward pass needs $`P`$ and $`T`$.
 *
 * Differences and their sum are computed in float64, and a float32 result is
 * rounded once, when it is stored. Before that, $`\ell`$ differs from the truth
 * by at most about $`\frac{n}{2} + 1`$ units in the last place of float64, as no
 * term is below 0, and a gradient by one. In large float64 tensors, vector
 * instructions add up the terms in blocks, which keeps more digits: see
 * `ops/core/sums.ts`.
 *
 * ## Example
 *
 * ```ts
 * import { mae, maeDpred } from "@adjoint/ops/mae";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const pred = tensor([1, 2]);
 * const target = tensor([1, 4]);
 *
 * assertEquals(mae(pred, target), scalar(1));
 * assertEquals(maeDpred(pred, target, scalar(1)), tensor([0, -0.5]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.l1_loss(pred, target)`
 * - JAX: `jnp.mean(jnp.abs(pred - target))`
 * - TensorFlow: `tf.reduce_mean(tf.abs(pred - target))`
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
import {
  choose,
  each,
  formula,
  greater,
  less,
  magnitude,
  meanEach,
  minus,
  times,
} from "../kernels/elementwise.ts";

const SIZE = formula((x, y) => magnitude(minus(x, y)));
const SLOPE = formula(
  (x, y, slope) =>
    times(slope, choose(greater(x, y), 1, choose(less(x, y), -1, 0))),
  1,
);

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("mae", {
  inputs: { pred: "n…", target: "n…" },
  outputs: { loss: "" },

  forward({ pred, target, loss, n }) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += Math.abs(pred[i] - target[i]);
    loss[0] = sum / n; // ℓ = 1 ∕ n Σᵢ |Pᵢ − Tᵢ|
  },

  backward({ pred, target, dloss, dpred, dtarget, n }) {
    const slope = dloss[0] / n;
    for (let i = 0; i < n; i++) {
      const above = pred[i] > target[i] ? 1 : 0; // [Pᵢ > Tᵢ]
      const below = pred[i] < target[i] ? 1 : 0; // [Pᵢ < Tᵢ]
      if (dpred) dpred[i] = slope * (above - below);
      if (dtarget) dtarget[i] = slope * (below - above);
    }
  },

  kernels: {
    // A float32 result has no use for more digits.
    forward({ pred, target, loss }) {
      return widthOf(pred) === 8 && meanEach(SIZE, loss, [pred, target]);
    },
    backward({ pred, target, dloss, dpred, dtarget, n }) {
      const slope = dloss[0] / n;
      return (!dpred || each(SLOPE, dpred, [pred, target], [slope])) &&
        (!dtarget || each(SLOPE, dtarget, [target, pred], [slope]));
    },
  },
});

/** The mean of the absolute differences: `ℓ = 1∕n Σᵢ |Pᵢ − Tᵢ|`.
 *
 * @param pred The predictions `P`, of any shape.
 * @param target The targets `T`, of the shape of `pred`.
 * @returns The mean `ℓ`, a scalar.
 *
 * @example Usage
 * ```ts
 * import { mae } from "@adjoint/ops/mae";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(mae(tensor([1, 2]), tensor([1, 4])), scalar(1));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/mae
 */
export function mae<S extends Shape, T extends Shape, D extends Float>(
  pred: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<[], NoInfer<D>>,
): Tensor<[], D> {
  return signature.forward([pred, target], options);
}

/** Both gradients of {@linkcode mae}:
 * `∂E/∂Pᵢ = 1∕n ∂E/∂ℓ ([Pᵢ > Tᵢ] − [Pᵢ < Tᵢ])`, and `∂E/∂Tᵢ = −∂E/∂Pᵢ`.
 *
 * @param pred The predictions `P`, of any shape.
 * @param target The targets `T`, of the shape of `pred`.
 * @param dout The gradient of the loss with respect to `ℓ`, a scalar.
 * @returns The gradients with respect to `pred` and `target`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/mae
 */
export function maeD<
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

/** The gradient of {@linkcode mae} with respect to `pred`:
 * `∂E/∂Pᵢ = 1∕n ∂E/∂ℓ ([Pᵢ > Tᵢ] − [Pᵢ < Tᵢ])`.
 *
 * @param pred The predictions `P`, of any shape.
 * @param target The targets `T`, of the shape of `pred`.
 * @param dout The gradient of the loss with respect to `ℓ`, a scalar.
 * @returns The gradient, of the shape of `pred`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/mae
 */
export function maeDpred<S extends Shape, T extends Shape, D extends Float>(
  pred: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  dout: Tensor<[], NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("pred", [pred, target, dout], options);
}

/** The gradient of {@linkcode mae} with respect to `target`: `∂E/∂Tᵢ = 1∕n ∂E/∂ℓ ([Pᵢ < Tᵢ] − [Pᵢ > Tᵢ])`.
 *
 * @param pred The predictions `P`, of any shape.
 * @param target The targets `T`, of the shape of `pred`.
 * @param dout The gradient of the loss with respect to `ℓ`, a scalar.
 * @returns The gradient, of the shape of `target`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/mae
 */
export function maeDtarget<S extends Shape, T extends Shape, D extends Float>(
  pred: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  dout: Tensor<[], NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("target", [pred, target, dout], options);
}
