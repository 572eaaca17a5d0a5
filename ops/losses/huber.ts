// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Huber loss
 *
 * Measures how far predictions are from their targets: the loss is quadratic for
 * small differences, like the mean squared error, and linear for large ones, like
 * the mean absolute error, so that a few outliers do not outweigh all others.
 *
 * ```math
 * \ell = \frac{1}{n} \sum_{i=1}^{n} \begin{cases}
 *   \frac{1}{2} (P_i - T_i)^2 & |P_i - T_i| \le \delta \\
 *   \delta \left( |P_i - T_i| - \frac{1}{2} \delta \right) & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial P_i}
 *   = \frac{1}{n} \frac{\partial E}{\partial \ell} \max(-\delta, \min(P_i - T_i, \delta)), \qquad
 * \frac{\partial E}{\partial T_i} = -\frac{\partial E}{\partial P_i}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`P`$ | $`n`$ | input `pred` |
 * | $`T`$ | $`n`$ | input `target` |
 * | $`\delta`$ | number | option `delta` |
 * | $`\ell`$ | a scalar | output |
 * | $`\frac{\partial E}{\partial \ell}`$ | a scalar | `dout`, the gradient of the loss with respect to the output |
 *
 * All elements have the same weight, so the page treats two tensors of any shape as the
 * vectors of their $`n`$ elements. The option `delta` is the difference up to which the
 * loss is quadratic, 1 by default; it must be above 0. The loss $`E`$ is most often
 * $`\ell`$ itself; then `dout` is 1.
 *
 * ## Forward
 *
 * Let $`D_i`$ be the difference:
 *
 * ```math
 * D_i = P_i - T_i
 * ```
 *
 * ```math
 * \ell = \frac{1}{n} \sum_{i=1}^{n} \begin{cases}
 *   \frac{1}{2} D_i^2 & |D_i| \le \delta \\
 *   \delta \left( |D_i| - \frac{1}{2} \delta \right) & \text{otherwise}
 * \end{cases}
 * ```
 *
 * For a difference of $`\delta`$ both are $`\frac{1}{2} \delta^2`$: the line
 * continues the parabola with the same slope.
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
 * $`P_i`$ occurs in one term of the sum. The derivative of $`\frac{1}{2} u^2`$ is
 * $`u`$. That of $`\delta |u|`$ is $`\delta`$ above 0 and $`-\delta`$ below it, and
 * $`\frac{1}{2} \delta^2`$ is a constant. The derivative of $`P_i - T_i`$ with respect
 * to $`P_i`$ is 1:
 *
 * ```math
 * \frac{\partial \ell}{\partial P_i} = \frac{1}{n} \begin{cases}
 *   -\delta & D_i < -\delta \\
 *   \delta & D_i > \delta \\
 *   D_i & \text{otherwise}
 * \end{cases}
 * ```
 *
 * That is the difference, clamped between $`-\delta`$ and $`\delta`$:
 *
 * ```math
 * \frac{\partial \ell}{\partial P_i} = \frac{1}{n} \max(-\delta, \min(D_i, \delta))
 * ```
 *
 * $`T_i`$ occurs only in the same difference, with the other sign:
 *
 * ```math
 * \frac{\partial \ell}{\partial T_i} = -\frac{\partial \ell}{\partial P_i}
 * ```
 *
 * ## Backward
 *
 * {@linkcode huberDpred}:
 *
 * ```math
 * \frac{\partial E}{\partial P_i}
 *   = \frac{1}{n} \frac{\partial E}{\partial \ell} \max(-\delta, \min(P_i - T_i, \delta))
 * ```
 *
 * {@linkcode huberDtarget}:
 *
 * ```math
 * \frac{\partial E}{\partial T_i}
 *   = \frac{1}{n} \frac{\partial E}{\partial \ell} \max(-\delta, \min(T_i - P_i, \delta))
 * ```
 *
 * ## Special points
 *
 * At a difference of $`\delta`$ the slope does not jump, so the function has no
 * kinks. A difference of NaN makes the loss and its own gradient NaN. The mean of
 * no elements is NaN. JAX and TensorFlow compute both formulas for every element,
 * and the one that is not used leaves NaN in the gradient if it overflows.
 *
 * | at | $`\ell`$ | $`\frac{\partial E}{\partial P}`$ | $`\frac{\partial E}{\partial T}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | -------- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `pred = [1, 2], target = [1, 4]` | `0.75` | `[0, -0.5]` | `[0, 0.5]` | same | same | same | |
 * | `pred = [1, 2], target = [0, 3]` | `0.5` | `[0.5, -0.5]` | `[-0.5, 0.5]` | same | same | same | |
 * | `pred = [1, 2], target = [0, 4], delta = 2` | `1.25` | `[0.5, -1]` | `[-0.5, 1]` | same | same | same | |
 * | `pred = [NaN, 1], target = [0, 0]` | `NaN` | `[NaN, 0.5]` | `[NaN, -0.5]` | same | same | same | |
 * | `pred = [-∞, 1], target = [0, 0]` | `∞` | `[-0.5, 0.5]` | `[0.5, -0.5]` | same | `dpred = [NaN, 0.5], dtarget = [NaN, -0.5]` | `dpred = [NaN, 0.5], dtarget = [NaN, -0.5]` | |
 * | `pred = [∞, 1], target = [∞, 0]` | `NaN` | `[NaN, 0.5]` | `[NaN, -0.5]` | same | same | same | |
 * | `pred = [1e200, 0], target = [0, 0]` | `5e199` | `[0.5, 0]` | `[-0.5, 0]` | same | same | same | |
 * | `pred = [3e38, 3e38], target = [0, 0], dtype = float32` | `3e38` | `[0.5, 0.5]` | `[-0.5, -0.5]` | `loss = ∞` | `loss = ∞, dpred = [NaN, NaN], dtarget = [NaN, NaN]` | `loss = ∞, dpred = [NaN, NaN], dtarget = [NaN, NaN]` | the terms are summed in float64 |
 * | `pred = [], target = []` | `NaN` | `[]` | `[]` | same | same | same | |
 *
 * ## Cost
 *
 * One subtraction, one comparison and two multiply-adds for each element forward;
 * one subtraction, two comparisons and one multiplication for each element of a
 * gradient backward. Both are limited by memory bandwidth. The backward pass
 * needs $`P`$ and $`T`$.
 *
 * Differences, squares and their sum are computed in float64, and a float32
 * result is rounded once, when it is stored. Before that, $`\ell`$ differs from
 * the truth by at most about $`\frac{n}{2} + 4`$ units in the last place of
 * float64, as no term is below 0, and a gradient by three. In large tensors,
 * vector instructions add up the terms in blocks, which keeps more digits: see
 * `ops/core/sums.ts`.
 *
 * ## Example
 *
 * ```ts
 * import { huber, huberDpred } from "@adjoint/ops/huber";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const pred = tensor([1, 2, 100]);
 * const target = tensor([1, 4, 0]);
 *
 * assertEquals(huber(pred, target, { delta: 3 }), scalar((0 + 2 + 295.5) / 3));
 * assertEquals(
 *   huberDpred(pred, target, scalar(3), { delta: 3 }),
 *   tensor([0, -2, 3]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.huber_loss(pred, target, delta=delta)`
 * - JAX: `jnp.mean(jnp.where(jnp.abs(pred - target) <= delta, 0.5 * (pred - target) ** 2, delta * (jnp.abs(pred - target) - 0.5 * delta)))`
 * - TensorFlow: `tf.reduce_mean(tf.keras.losses.huber(target, pred, delta))`
 * - P. J. Huber, *Robust Estimation of a Location Parameter*, 1964:
 *   [doi:10.1214/aoms/1177703732](https://doi.org/10.1214/aoms/1177703732).
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
  atMost,
  choose,
  each,
  formula,
  least,
  magnitude,
  meanEach,
  minus,
  most,
  negative,
  times,
} from "../kernels/elementwise.ts";

/** The options of {@linkcode huber}.
 *
 * @example Usage
 * ```ts
 * import type { HuberOptions } from "@adjoint/ops/huber";
 *
 * const options: HuberOptions = { delta: 2 };
 * ```
 */
export interface HuberOptions {
  /** The difference `δ` up to which the loss is quadratic, above 0; 1 by default. */
  delta?: number | undefined;
}

const VALUE = formula((x, y, delta) => {
  const d = magnitude(minus(x, y));
  return choose(
    atMost(d, delta),
    times(times(d, d), 0.5),
    times(delta, minus(d, times(delta, 0.5))),
  );
}, 1);
const SLOPE = formula(
  (x, y, scale, delta) =>
    times(scale, most(negative(delta), least(minus(x, y), delta))),
  2,
);

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("huber", {
  inputs: { pred: "n…", target: "n…" },
  options: { delta: number(1, { above: 0 }) },
  outputs: { loss: "" },

  forward({ pred, target, loss, n, delta }) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const d = Math.abs(pred[i] - target[i]);
      // ½ Dᵢ² if |Dᵢ| ≤ δ, else δ (|Dᵢ| − ½ δ)
      sum += d <= delta ? d * d / 2 : delta * (d - delta / 2);
    }
    loss[0] = sum / n;
  },

  backward({ pred, target, dloss, dpred, dtarget, n, delta }) {
    const scale = dloss[0] / n;
    for (let i = 0; dpred && i < n; i++) {
      // ∂E/∂Pᵢ = 1 ∕ n ∂E/∂ℓ max(−δ, min(Pᵢ − Tᵢ, δ))
      dpred[i] = scale * Math.max(-delta, Math.min(pred[i] - target[i], delta));
    }
    for (let i = 0; dtarget && i < n; i++) {
      // ∂E/∂Tᵢ = 1 ∕ n ∂E/∂ℓ max(−δ, min(Tᵢ − Pᵢ, δ))
      dtarget[i] = scale *
        Math.max(-delta, Math.min(target[i] - pred[i], delta));
    }
  },

  kernels: {
    forward({ pred, target, loss, delta }) {
      return meanEach(VALUE, loss, [pred, target], [delta]);
    },
    backward({ pred, target, dloss, dpred, dtarget, n, delta }) {
      const scale = dloss[0] / n;
      return (!dpred || each(SLOPE, dpred, [pred, target], [scale, delta])) &&
        (!dtarget || each(SLOPE, dtarget, [target, pred], [scale, delta]));
    },
  },
});

/** The mean of a loss that is quadratic for small differences and linear for large ones:
 * `ℓ = 1∕n Σᵢ (½ (Pᵢ − Tᵢ)² if |Pᵢ − Tᵢ| ≤ δ, else δ (|Pᵢ − Tᵢ| − ½ δ))`.
 *
 * @param pred The predictions `P`, of any shape.
 * @param target The targets `T`, of the shape of `pred`.
 * @param options The difference δ up to which the loss is quadratic, 1 by
 * default.
 * @returns The mean `ℓ`, a scalar.
 *
 * @example Usage
 * ```ts
 * import { huber } from "@adjoint/ops/huber";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(huber(tensor([1, 2]), tensor([1, 4])), scalar(0.75));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/huber
 */
export function huber<S extends Shape, T extends Shape, D extends Float>(
  pred: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: HuberOptions & Options<[], NoInfer<D>>,
): Tensor<[], D> {
  return signature.forward([pred, target], options);
}

/** Both gradients of {@linkcode huber}:
 * `∂E/∂Pᵢ = 1∕n ∂E/∂ℓ max(−δ, min(Pᵢ − Tᵢ, δ))`, and `∂E/∂Tᵢ = −∂E/∂Pᵢ`.
 *
 * @param pred The predictions `P`, of any shape.
 * @param target The targets `T`, of the shape of `pred`.
 * @param dout The gradient of the loss with respect to `ℓ`, a scalar.
 * @param options The difference δ up to which the loss is quadratic, 1 by
 * default.
 * @returns The gradients with respect to `pred` and `target`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/huber
 */
export function huberD<
  S extends Shape,
  T extends Shape,
  D extends Float,
  W extends "pred" | "target" = "pred" | "target",
>(
  pred: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  dout: Tensor<[], NoInfer<D>>,
  options?:
    & HuberOptions
    & GradientOptions<{ pred: Tensor<S, D>; target: Tensor<S, D> }, W>,
): Pick<{ pred: Tensor<S, D>; target: Tensor<S, D> }, W> {
  return signature.backward([pred, target, dout], options);
}

/** The gradient of {@linkcode huber} with respect to `pred`:
 * `∂E/∂Pᵢ = 1∕n ∂E/∂ℓ max(−δ, min(Pᵢ − Tᵢ, δ))`.
 *
 * @param pred The predictions `P`, of any shape.
 * @param target The targets `T`, of the shape of `pred`.
 * @param dout The gradient of the loss with respect to `ℓ`, a scalar.
 * @param options The difference δ up to which the loss is quadratic, 1 by
 * default.
 * @returns The gradient, of the shape of `pred`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/huber
 */
export function huberDpred<S extends Shape, T extends Shape, D extends Float>(
  pred: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  dout: Tensor<[], NoInfer<D>>,
  options?: HuberOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("pred", [pred, target, dout], options);
}

/** The gradient of {@linkcode huber} with respect to `target`: `∂E/∂Tᵢ = 1∕n ∂E/∂ℓ max(−δ, min(Tᵢ − Pᵢ, δ))`.
 *
 * @param pred The predictions `P`, of any shape.
 * @param target The targets `T`, of the shape of `pred`.
 * @param dout The gradient of the loss with respect to `ℓ`, a scalar.
 * @param options The difference δ up to which the loss is quadratic, 1 by
 * default.
 * @returns The gradient, of the shape of `target`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/huber
 */
export function huberDtarget<S extends Shape, T extends Shape, D extends Float>(
  pred: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  dout: Tensor<[], NoInfer<D>>,
  options?: HuberOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("target", [pred, target, dout], options);
}
