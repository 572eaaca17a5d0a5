// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Binary cross-entropy with logits
 *
 * Measures how well logits predict a yes or no: minus the logarithm of the
 * probability that the logistic function gives to the right answer, averaged over
 * all elements.
 *
 * ```math
 * \sigma(x) = \frac{1}{1 + e^{-x}}
 * ```
 *
 * ```math
 * \ell = -\frac{1}{n} \sum_{i=1}^{n} \left(
 *   T_i \log \sigma(X_i) + (1 - T_i) \log \sigma(-X_i) \right)
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \frac{1}{n} \frac{\partial E}{\partial \ell} (\sigma(X_i) - T_i), \qquad
 * \frac{\partial E}{\partial T_i}
 *   = -\frac{1}{n} \frac{\partial E}{\partial \ell} X_i
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n`$ | input `logits` |
 * | $`T`$ | $`n`$ | input `target` |
 * | $`\ell`$ | a scalar | output |
 * | $`\frac{\partial E}{\partial \ell}`$ | a scalar | `dout`, the gradient of the loss with respect to the output |
 *
 * A logit is any number: the larger it is, the more probable a yes. A target is the
 * right probability of a yes, most often 0 or 1. All elements have the same weight, so
 * the page treats two tensors of any shape as the vectors of their $`n`$ elements. The
 * loss $`E`$ is most often $`\ell`$ itself; then `dout` is 1.
 *
 * ## Forward
 *
 * The logistic function turns a logit into the probability of a yes:
 *
 * ```math
 * \sigma(x) = \frac{1}{1 + e^{-x}}
 * ```
 *
 * The probability of a no is 1 minus that of a yes. It is the same function of
 * $`-X_i`$, $`\frac{1}{1 + e^{X_i}}`$, with numerator and denominator multiplied
 * by $`e^{-X_i}`$:
 *
 * ```math
 * 1 - \sigma(X_i) = \frac{e^{-X_i}}{1 + e^{-X_i}} = \sigma(-X_i)
 * ```
 *
 * The targets weight the two logarithms:
 *
 * ```math
 * \ell = -\frac{1}{n} \sum_{i=1}^{n} \left(
 *   T_i \log \sigma(X_i) + (1 - T_i) \log \sigma(-X_i) \right)
 * ```
 *
 * ## Derivation
 *
 * **A shorter form.** The fraction above is $`e^{-X_i} \sigma(X_i)`$, and its
 * logarithm is a sum:
 *
 * ```math
 * \log \sigma(-X_i) = \log \sigma(X_i) - X_i
 * ```
 *
 * In the term of $`i`$, including its minus sign, $`\log \sigma(X_i)`$ remains
 * once, as $`T_i`$ and $`1 - T_i`$ add up to 1:
 *
 * ```math
 * q_i = (1 - T_i) X_i - \log \sigma(X_i)
 *   = (1 - T_i) X_i + \log \left( 1 + e^{-X_i} \right)
 * ```
 *
 * ```math
 * \ell = \frac{1}{n} \sum_{i=1}^{n} q_i
 * ```
 *
 * **With respect to the logits.** The first part of $`q_i`$ has the slope
 * $`1 - T_i`$. The derivative of $`\log u`$ is $`1 / u`$, and that of
 * $`1 + e^{-X_i}`$ is $`-e^{-X_i}`$. With the Kronecker delta $`\delta_{ai}`$,
 * which is 1 where $`a`$ is $`i`$ and 0 elsewhere:
 *
 * ```math
 * \frac{\partial q_a}{\partial X_i}
 *   = \delta_{ai} \left( 1 - T_i - \frac{e^{-X_i}}{1 + e^{-X_i}} \right)
 * ```
 *
 * The fraction is $`1 - \sigma(X_i)`$, so the two ones cancel. Only the term of
 * $`i`$ in the mean remains, and the chain rule has one term, as $`\ell`$ is one
 * number:
 *
 * ```math
 * \frac{\partial \ell}{\partial X_i}
 *   = \frac{1}{n} \sum_{a=1}^{n} \frac{\partial q_a}{\partial X_i}
 *   = \frac{1}{n} (\sigma(X_i) - T_i)
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial \ell} \frac{\partial \ell}{\partial X_i}
 * ```
 *
 * So the gradient with respect to a logit is proportional to the difference
 * between its probability and the target.
 *
 * **With respect to the targets.** $`T_i`$ occurs in $`q_i`$ once, with the factor
 * $`-X_i`$:
 *
 * ```math
 * \frac{\partial \ell}{\partial T_i} = -\frac{1}{n} X_i
 * ```
 *
 * ## Backward
 *
 * {@linkcode bceWithLogitsDlogits}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \frac{1}{n} \frac{\partial E}{\partial \ell} (\sigma(X_i) - T_i)
 * ```
 *
 * {@linkcode bceWithLogitsDtarget}:
 *
 * ```math
 * \frac{\partial E}{\partial T_i}
 *   = -\frac{1}{n} \frac{\partial E}{\partial \ell} X_i
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks. Far from 0 it is a straight line on
 * the wrong side, and vanishes on the right one. At an infinite logit it takes
 * the limit: certain and right costs nothing, certain and wrong costs ∞. A target
 * outside the range from 0 to 1 is used unchanged. The mean of no elements is
 * NaN.
 *
 * | at | $`\ell`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial T}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | -------- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `logits = 0, target = 1` | `0.69314718055994531` | `-0.5` | `0` | same | same | same | |
 * | `logits = [1e4, -1e4], target = [1, 1]` | `5e3` | `[0, -0.5]` | `[-5e3, 5e3]` | same | same | same | |
 * | `logits = [40, -40], target = [1, 0]` | `4.248354e-18` | `[-2.124177e-18, 2.124177e-18]` | `[-20, 20]` | `loss = 2.124177e-18, dlogits = [0, 2.124177e-18]` | same | same | PyTorch rounds 1 + e⁻⁴⁰ to 1 |
 * | `logits = [40, -40], target = [1, 0], dout = ∞` | `4.248354e-18` | `[-∞, ∞]` | `[-∞, ∞]` | `loss = 2.124177e-18, dlogits = [NaN, ∞]` | `dlogits = [NaN, NaN], dtarget = [NaN, NaN]` | `dlogits = [NaN, NaN]` | PyTorch rounds 1 + e⁻⁴⁰ to 1, and 0 · ∞ is NaN |
 * | `logits = ∞, target = 1` | `0` | `0` | `-∞` | `loss = NaN` | `loss = NaN` | `loss = NaN` | the limit; PyTorch multiplies 0 by ∞ |
 * | `logits = ∞, target = 0` | `∞` | `1` | `-∞` | same | same | `loss = NaN` | |
 * | `logits = -∞, target = 0` | `0` | `0` | `∞` | `loss = NaN` | `loss = NaN` | `loss = NaN` | the limit; PyTorch multiplies 0 by ∞ |
 * | `logits = -∞, target = 1` | `∞` | `-1` | `∞` | `loss = NaN` | same | same | the limit; PyTorch subtracts ∞ from ∞ |
 * | `logits = NaN, target = 0` | `NaN` | `NaN` | `NaN` | same | same | same | |
 * | `logits = 0, target = NaN` | `NaN` | `NaN` | `0` | same | same | same | |
 * | `logits = [], target = []` | `NaN` | `[]` | `[]` | same | same | same | |
 *
 * ## Stability
 *
 * For a logit of −1000 and a yes, $`e^{-X_i}`$ overflows, $`\sigma(X_i)`$ is 0,
 * and its logarithm −∞, although the loss is 1000. For one of 40, $`\sigma(X_i)`$
 * is rounded to 1, and the loss to 0. The shorter form needs one change: if
 * $`X_i`$ is not above 0, $`e^{-X_i}`$ is taken out of the logarithm, as
 * $`-X_i`$. Then no exponent is above 0:
 *
 * ```math
 * q_i = X_i ([X_i > 0] - T_i) + \log \left( 1 + e^{-|X_i|} \right)
 * ```
 *
 * Neither part is below 0 if the target is a probability, so nothing cancels.
 * `Math.log1p` computes the logarithm, since $`1 + e^{-|X_i|}`$ would be rounded
 * to 1 from 37 on.
 *
 * The gradient contains a difference that cancels if the loss is small: for a
 * logit of 40 and a target of 1 it is $`\sigma(40) - 1`$. Computing the distance
 * of the probability from the nearer of 0 and 1 avoids this:
 *
 * ```math
 * a_i = \frac{e^{-|X_i|}}{1 + e^{-|X_i|}}
 * ```
 *
 * ```math
 * \sigma(X_i) - T_i = \begin{cases}
 *   (1 - T_i) - a_i & X_i > 0 \\
 *   a_i - T_i & X_i \le 0
 * \end{cases}
 * ```
 *
 * This is what the code computes.
 *
 * ## Cost
 *
 * One exponential and one logarithm for each element forward, one exponential and
 * one division for each element of ∂E/∂X backward. The backward pass needs $`X`$,
 * and $`T`$ for ∂E/∂X.
 *
 * All intermediate values are in float64, and a float32 result is rounded once,
 * when it is stored.
 *
 * ## Example
 *
 * ```ts
 * import {
 *   bceWithLogits,
 *   bceWithLogitsDlogits,
 * } from "@adjoint/ops/bce-with-logits";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const logits = tensor([1000, 1000]);
 * const target = tensor([1, 0]);
 *
 * assertEquals(bceWithLogits(logits, target), scalar(500));
 * assertEquals(
 *   bceWithLogitsDlogits(logits, target, scalar(1)),
 *   tensor([0, 0.5]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.binary_cross_entropy_with_logits(logits, target)`
 * - JAX: `-jnp.mean(target * jax.nn.log_sigmoid(logits) + (1 - target) * jax.nn.log_sigmoid(-logits))`
 * - TensorFlow: `tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=logits))`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { LONG } from "../core/sums.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { lossesD, sumOfLosses } from "../kernels/elementary.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("bceWithLogits", {
  inputs: { logits: "n…", target: { shape: "n…", domain: "probability" } },
  outputs: { loss: "" },

  forward({ logits, target, loss, n }) {
    let total = 0; // Σᵢ Xᵢ ([Xᵢ > 0] − Tᵢ) + log(1 + exp(−|Xᵢ|))
    for (let i = 0; i < n;) {
      let sum = 0; // of so few numbers that rounding errors do not add up
      for (const end = Math.min(i + LONG, n); i < end; i++) {
        const miss = (logits[i] > 0 ? 1 : 0) - target[i];
        if (miss !== 0) sum += logits[i] * miss; // No 0 times ∞.
        sum += Math.log1p(Math.exp(-Math.abs(logits[i])));
      }
      total += sum;
    }
    loss[0] = total / n;
  },

  backward({ logits, target, dloss, dlogits, dtarget, n }) {
    const scale = dloss[0] / n;
    for (let i = 0; dlogits && i < n; i++) {
      const e = Math.exp(-Math.abs(logits[i]));
      const a = e / (1 + e);
      dlogits[i] = scale * // ∂E/∂Xᵢ = 1 ∕ n ∂E/∂ℓ (σ(Xᵢ) − Tᵢ)
        (logits[i] > 0 ? 1 - target[i] - a : a - target[i]);
    }
    for (let i = 0; dtarget && i < n; i++) {
      dtarget[i] = -scale * logits[i]; // ∂E/∂Tᵢ = −1 ∕ n ∂E/∂ℓ Xᵢ
    }
  },

  kernels: {
    forward({ logits, target, loss, n }) {
      const sum = sumOfLosses(logits, target);
      if (sum === undefined) return false;
      loss[0] = sum / n;
    },
    backward(env) {
      const { logits, target, dloss, dlogits, dtarget, n } = env;
      const scale = dloss[0] / n;
      if (!dlogits) return false;
      if (!lossesD(logits, target, dlogits, scale)) return false;
      for (let i = 0; dtarget && i < n; i++) dtarget[i] = -scale * logits[i];
    },
  },
});

/** The mean cross-entropy of logits and probabilities:
 * `ℓ = −1∕n Σᵢ (Tᵢ log(σ(Xᵢ)) + (1 − Tᵢ) log(σ(−Xᵢ)))`.
 *
 * @param logits The logits `X`, of any shape.
 * @param target The probabilities `T`, of the shape of `logits`.
 * @returns The mean `ℓ`, a scalar.
 *
 * @example Usage
 * ```ts
 * import { bceWithLogits } from "@adjoint/ops/bce-with-logits";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const loss = bceWithLogits(tensor([0, 0]), tensor([1, 0]));
 *
 * assertEquals(loss, scalar(Math.log(2)));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/bce-with-logits
 */
export function bceWithLogits<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  logits: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: Options<[], NoInfer<D>>,
): Tensor<[], D> {
  return signature.forward([logits, target], options);
}

/** Both gradients of {@linkcode bceWithLogits}:
 * `∂E/∂Xᵢ = 1∕n ∂E/∂ℓ (σ(Xᵢ) − Tᵢ)`, and `∂E/∂Tᵢ = −1∕n ∂E/∂ℓ Xᵢ`.
 *
 * @param logits The logits `X`, of any shape.
 * @param target The probabilities `T`, of the shape of `logits`.
 * @param dout The gradient of the loss with respect to `ℓ`, a scalar.
 * @returns The gradients with respect to `logits` and `target`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/bce-with-logits
 */
export function bceWithLogitsD<
  S extends Shape,
  T extends Shape,
  D extends Float,
  W extends "logits" | "target" = "logits" | "target",
>(
  logits: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  dout: Tensor<[], NoInfer<D>>,
  options?: GradientOptions<
    { logits: Tensor<S, D>; target: Tensor<S, D> },
    W
  >,
): Pick<{ logits: Tensor<S, D>; target: Tensor<S, D> }, W> {
  return signature.backward([logits, target, dout], options);
}

/** The gradient of {@linkcode bceWithLogits} with respect to `logits`:
 * `∂E/∂Xᵢ = 1∕n ∂E/∂ℓ (σ(Xᵢ) − Tᵢ)`.
 *
 * @param logits The logits `X`, of any shape.
 * @param target The probabilities `T`, of the shape of `logits`.
 * @param dout The gradient of the loss with respect to `ℓ`, a scalar.
 * @returns The gradient, of the shape of `logits`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/bce-with-logits
 */
export function bceWithLogitsDlogits<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  logits: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  dout: Tensor<[], NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("logits", [logits, target, dout], options);
}

/** The gradient of {@linkcode bceWithLogits} with respect to `target`:
 * `∂E/∂Tᵢ = −1∕n ∂E/∂ℓ Xᵢ`.
 *
 * @param logits The logits `X`, of any shape.
 * @param target The probabilities `T`, of the shape of `logits`.
 * @param dout The gradient of the loss with respect to `ℓ`, a scalar.
 * @returns The gradient, of the shape of `target`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/bce-with-logits
 */
export function bceWithLogitsDtarget<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  logits: Tensor<S, D>,
  target: Tensor<SameShape<T, S>, NoInfer<D>>,
  dout: Tensor<[], NoInfer<D>>,
  options?: Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("target", [logits, target, dout], options);
}
