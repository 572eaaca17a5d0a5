// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Cross-entropy
 *
 * Measures how well logits predict classes: minus the logarithm of the probability
 * that softmax gives to the right class, averaged over the labels.
 *
 * ```math
 * P_{ijk} = \frac{e^{X_{ijk}}}{\sum_{a=1}^{c} e^{X_{iak}}}, \qquad
 * \ell = -\frac{1}{N} \sum_{i, k : t_{ik} \ne g} \log P_{i\,t_{ik}\,k}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{1}{N} \frac{\partial E}{\partial \ell}
 *     [t_{ik} \ne g] \left( P_{ijk} - \delta_{j\,t_{ik}} \right)
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times c \times p`$ | input `logits` |
 * | $`t`$ | $`n \times p`$ | input `labels` |
 * | $`g`$ | integer | option `ignore` |
 * | $`\ell`$ | a scalar | output |
 * | $`\frac{\partial E}{\partial \ell}`$ | a scalar | `dout`, the gradient of the loss with respect to the output |
 *
 * The $`c`$ classes are on the second axis, as in PyTorch. Axes after it, such as
 * the height and the width of an image in which every pixel has a class, count as
 * one of size $`p`$. If there are none, $`p`$ is 1. A label is the number of the
 * right class: the code counts from 0, the page from 1, as for all indices. A
 * label equal to `ignore`, −100 by default, marks an element that has no class
 * and does not count. The loss $`E`$ is most often $`\ell`$ itself; then `dout`
 * is 1.
 *
 * ## Forward
 *
 * Softmax turns the logits of each $`i`$ and $`k`$ into probabilities:
 *
 * ```math
 * P_{ijk} = \frac{e^{X_{ijk}}}{\sum_{a=1}^{c} e^{X_{iak}}}
 * ```
 *
 * The mean is over the labels that count. A bracket is 1 where its condition
 * holds, and 0 elsewhere, so there are
 *
 * ```math
 * N = \sum_{i=1}^{n} \sum_{k=1}^{p} [t_{ik} \ne g]
 * ```
 *
 * of them:
 *
 * ```math
 * \ell = -\frac{1}{N} \sum_{i, k : t_{ik} \ne g} \log P_{i\,t_{ik}\,k}
 * ```
 *
 * ## Derivation
 *
 * The logarithm of a quotient is a difference, and the logarithm of an exponential
 * is its exponent. Call the sum $`s_{ik}`$ and the logarithms $`L_{ijk}`$:
 *
 * ```math
 * s_{ik} = \sum_{a=1}^{c} e^{X_{iak}}
 * ```
 *
 * ```math
 * L_{ijk} = \log P_{ijk} = X_{ijk} - \log s_{ik}
 * ```
 *
 * $`s_{ik}`$ contains $`e^{X_{ijk}}`$ once, so its derivative is that exponential:
 *
 * ```math
 * \frac{\partial s_{ik}}{\partial X_{ijk}} = e^{X_{ijk}}
 * ```
 *
 * The derivative of $`\log u`$ is $`1 / u`$, and the exponential over the sum is
 * the probability. $`X_{ijk}`$ itself is a term of $`L_{ibk}`$ only if $`b`$ is
 * $`j`$. With the Kronecker delta $`\delta_{bj}`$, which is 1 then and 0
 * otherwise:
 *
 * ```math
 * \frac{\partial L_{ibk}}{\partial X_{ijk}}
 *   = \delta_{bj} - \frac{e^{X_{ijk}}}{s_{ik}} = \delta_{bj} - P_{ijk}
 * ```
 *
 * Only the term of $`i`$ and $`k`$ in the sum depends on $`X_{ijk}`$, and it is
 * there only if its label counts. In it $`b`$ is the label:
 *
 * ```math
 * \frac{\partial \ell}{\partial X_{ijk}}
 *   = -\frac{1}{N} [t_{ik} \ne g] \left( \delta_{j\,t_{ik}} - P_{ijk} \right)
 * ```
 *
 * The output is one number, so the chain rule has one term:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial \ell} \frac{\partial \ell}{\partial X_{ijk}}
 *   = \frac{1}{N} \frac{\partial E}{\partial \ell}
 *     [t_{ik} \ne g] \left( P_{ijk} - \delta_{j\,t_{ik}} \right)
 * ```
 *
 * The gradient is the difference between the probabilities and the ideal ones:
 * 1 for the label, 0 for the others.
 *
 * ## Backward
 *
 * {@linkcode crossEntropyDlogits}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{1}{N} \frac{\partial E}{\partial \ell}
 *     [t_{ik} \ne g] \left( P_{ijk} - \delta_{j\,t_{ik}} \right)
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks, and equal logits are no special
 * case. A logit of −∞ rules a class out. An ignored element has a gradient of 0,
 * whatever its logits are. The mean of no elements is NaN, both if all labels are
 * ignored and if there are none.
 *
 * | at | $`\ell`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | -------- | ----- | ------- | --- | ---------- | --- |
 * | `logits = [[7, 7]], labels = [0]` | `0.69314718055994531` | `[[-0.5, 0.5]]` | same | same | same | |
 * | `logits = [[1e4, 0, -1e4]], labels = [2]` | `2e4` | `[[1, 0, -1]]` | same | same | same | |
 * | `logits = [[40, 0]], labels = [0]` | `4.248354e-18` | `[[-4.248354e-18, 4.248354e-18]]` | `loss = 0, dlogits = [[0, 4.248354e-18]]` | `loss = 0, dlogits = [[0, 4.248354e-18]]` | `loss = 0, dlogits = [[0, 4.248354e-18]]` | PyTorch rounds 1 + e⁻⁴⁰ to 1 |
 * | `logits = [[0, -∞]], labels = [0]` | `0` | `[[0, 0]]` | same | same | same | |
 * | `logits = [[0, -∞]], labels = [1]` | `∞` | `[[1, -1]]` | same | same | same | |
 * | `logits = [[-∞, -∞]], labels = [0]` | `NaN` | `[[NaN, NaN]]` | same | same | same | |
 * | `logits = [[∞, 0]], labels = [1]` | `NaN` | `[[NaN, NaN]]` | same | same | same | |
 * | `logits = [[NaN, 0]], labels = [1]` | `NaN` | `[[NaN, NaN]]` | same | same | same | |
 * | `logits = [[1, 2], [3, 4]], labels = [-100, 1]` | `0.313262` | `[[0, 0], [0.268941, -0.268941]]` | same | `loss = NaN, dlogits = [[0, 0], [0.134471, -0.134471]]` | refuses | |
 * | `logits = [[1, 2], [NaN, 4]], labels = [1, -100]` | `0.313262` | `[[0.268941, -0.268941], [0, 0]]` | `dlogits = [[0.268941, -0.268941], [NaN, NaN]]` | `loss = NaN, dlogits = [[0.134471, -0.134471], [NaN, NaN]]` | refuses | an ignored row has the gradient 0, even if its logits are NaN |
 * | `logits = [[1, 2]], labels = [-100]` | `NaN` | `[[0, 0]]` | same | same | refuses | |
 * | `logits = [[1, 2]], labels = [1], ignore = 1` | `NaN` | `[[0, 0]]` | same | `loss = 0.313262, dlogits = [[0.268941, -0.268941]]` | `loss = 0.313262, dlogits = [[0.268941, -0.268941]]` | |
 * | `logits = [[2, 2]], labels = [0], dout = ∞` | `0.69314718055994531` | `[[-∞, ∞]]` | `dlogits = [[NaN, ∞]]` | `dlogits = [[NaN, ∞]]` | same | the value is −½ · ∞; PyTorch computes ½ · ∞ − ∞ |
 *
 * ## Stability
 *
 * Above about 709, $`e^{X_{ijk}}`$ overflows in float64, above 88 in float32. As
 * in softmax, the maximum $`m_{ik}`$ is subtracted first, so that no exponent is
 * above 0, and added to the logarithm of the sum:
 *
 * ```math
 * m_{ik} = \max_{a} X_{iak}
 * ```
 *
 * ```math
 * \log s_{ik} = m_{ik} + \log \left( \sum_{a=1}^{c} e^{X_{iak} - m_{ik}} \right)
 * ```
 *
 * If the logits clearly favor the right class, the loss is tiny, and this sum is
 * 1 plus a tiny number, which is rounded to 1. So the maximum's own term, which
 * is exactly 1, is left out of the sum:
 *
 * ```math
 * b_{ik} = \operatorname*{argmax}_{a} X_{iak}
 * ```
 *
 * ```math
 * r_{ik} = \sum_{a \ne b_{ik}} e^{X_{iak} - m_{ik}}
 * ```
 *
 * ```math
 * -L_{ijk} = m_{ik} - X_{ijk} + \log(1 + r_{ik})
 * ```
 *
 * Neither the difference nor the logarithm, which `Math.log1p` computes, is below
 * 0, so nothing cancels. The gradient would lose as many digits to the difference
 * of 1 and a probability near 1. Over a common denominator, the two ones cancel:
 *
 * ```math
 * P_{ijk} - \delta_{j\,t_{ik}} = \begin{cases}
 *   \frac{e^{X_{ijk} - m_{ik}} - 1 - r_{ik}}{1 + r_{ik}} & j = t_{ik} \\
 *   \frac{e^{X_{ijk} - m_{ik}}}{1 + r_{ik}} & j \ne t_{ik}
 * \end{cases}
 * ```
 *
 * This is what the code computes.
 *
 * ## Cost
 *
 * One exponential for each logit and one logarithm for each label, in two passes
 * over the classes: the maximum, the sum. The backward pass needs $`X`$ and
 * $`t`$, and a third pass with another exponential for each logit.
 *
 * All intermediate values are in float64, and a float32 result is rounded once,
 * when it is stored.
 *
 * ## Example
 *
 * ```ts
 * import {
 *   crossEntropy,
 *   crossEntropyDlogits,
 * } from "@adjoint/ops/cross-entropy";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const logits = tensor([[7, 7], [1000, 0], [0, 0]]);
 * const labels = tensor([1, 0, -100], { dtype: "int32" });
 *
 * assertEquals(crossEntropy(logits, labels), scalar(Math.log(2) / 2));
 * assertEquals(
 *   crossEntropyDlogits(logits, labels, scalar(1)),
 *   tensor([[0.25, -0.25], [0, 0], [0, 0]]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.cross_entropy(logits, labels, ignore_index=ignore)`
 * - JAX: `-jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits, axis=1), labels[:, None], axis=1))`
 * - TensorFlow: `tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { integer } from "../core/options.ts";
import { LONG, sumOf } from "../core/sums.ts";
import type {
  Float,
  GradientOptions,
  Integers,
  Options,
  Reduced,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { expRows, peakRows } from "../kernels/elementary.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("crossEntropy", {
  inputs: {
    logits: "n c p…",
    labels: {
      shape: "n p…",
      integer: { from: 0, below: "c", except: "ignore" },
    },
  },
  options: { ignore: integer(-100) },
  outputs: { loss: "" },

  forward({ logits, labels, ignore, loss, n, c, p }) {
    const losses = new Float64Array(n * p);
    let count = 0;
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const t = labels[i * p + k];
        if (t === ignore) continue;
        const at = (j: number) => (i * c + j) * p + k;
        const { m, r } = peak(logits, at, c);
        losses[count++] = m - logits[at(t)] + Math.log1p(r); // −log Pᵢₜₖ
      }
    }
    loss[0] = sumOf(losses, 0, count) / count;
  },

  backward({ logits, labels, ignore, dloss, dlogits, n, c, p }) {
    let count = 0;
    for (let i = 0; i < n * p; i++) if (labels[i] !== ignore) count++;
    const scale = dloss[0] / count;
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const t = labels[i * p + k];
        const at = (j: number) => (i * c + j) * p + k;
        if (t === ignore) {
          for (let j = 0; j < c; j++) dlogits[at(j)] = 0;
          continue;
        }
        const { m, r } = peak(logits, at, c);
        for (let j = 0; j < c; j++) {
          const e = Math.exp(logits[at(j)] - m);
          dlogits[at(j)] = scale * // ∂E/∂Xᵢⱼₖ = 1 ∕ N ∂E/∂ℓ (Pᵢⱼₖ − [j = tᵢₖ])
            ((j === t ? e - 1 - r : e) / (1 + r));
        }
      }
    }
  },

  kernels: {
    forward({ logits, labels, ignore, loss, n, c, p }) {
      let sum = 0, count = 0;
      const isDone = p === 1 && peakRows(logits, n, c, (m, r, i) => {
        if (labels[i] === ignore) return;
        sum += m - logits[i * c + labels[i]] + Math.log1p(r);
        count++;
      });
      if (isDone) loss[0] = sum / count;
      return isDone;
    },
    backward({ logits, labels, ignore, dloss, dlogits, n, c, p }) {
      let count = 0;
      for (let i = 0; i < n * p; i++) if (labels[i] !== ignore) count++;
      const scale = dloss[0] / count, own = new Float64Array(n);
      const isDone = p === 1 && expRows(logits, dlogits, n, c, (m, r, i) => {
        const e = Math.exp(logits[i * c + labels[i]] - m);
        own[i] = scale * ((e - 1 - r) / (1 + r));
        return scale / (1 + r);
      });
      for (let i = 0; isDone && i < n; i++) {
        if (labels[i] !== ignore) dlogits[i * c + labels[i]] = own[i];
        else for (let j = 0; j < c; j++) dlogits[i * c + j] = 0;
      }
      return isDone;
    },
  },
});

/** The largest of some logits, and what exp(x − m) of the others adds up to. */
function peak(x: Float, at: (j: number) => number, c: number) {
  let b = 0;
  for (let j = 1; j < c; j++) if (x[at(j)] > x[at(b)]) b = j;
  const m = x[at(b)]; // m = maxⱼ Xⱼ
  let r = m - m; // 0, but NaN of what is infinite, as in PyTorch.
  for (let j = 0; j < c;) {
    let sum = 0; // of so few numbers that rounding errors do not add up
    for (const end = Math.min(j + LONG, c); j < end; j++) {
      if (j !== b) sum += Math.exp(x[at(j)] - m);
    }
    r += sum;
  }
  return { m, r };
}

/** The options of {@linkcode crossEntropy}.
 *
 * @example Usage
 * ```ts
 * import type { CrossEntropyOptions } from "@adjoint/ops/cross-entropy";
 *
 * const options: CrossEntropyOptions = { ignore: 255 };
 * ```
 */
export interface CrossEntropyOptions {
  /** The label of elements that have no class and do not count; −100 by default. */
  ignore?: number | undefined;
}

/** The mean negative log-probability of the right class:
 * `ℓ = −1∕N Σ[i, k: tᵢₖ ≠ g] log(P[i, tᵢₖ, k])`, where `P` is the softmax of the
 * logits, `t` the labels and `g` the label that is ignored.
 *
 * @param logits The logits `X`, of shape `n×c×p`, where c is the number of
 * classes, and p stands for any axes after them.
 * @param labels The classes `t`, of shape `n×p`, at least 0 and below c.
 * @param options The label that does not count, −100 by default.
 * @returns The mean `ℓ`, a scalar.
 *
 * @example Usage
 * ```ts
 * import { crossEntropy } from "@adjoint/ops/cross-entropy";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const logits = tensor([[7, 7], [1000, 0]]);
 * const labels = tensor([1, 0], { dtype: "int32" });
 *
 * assertEquals(crossEntropy(logits, labels), scalar(Math.log(2) / 2));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/cross-entropy
 */
export function crossEntropy<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  logits: Tensor<S, D>,
  labels: Tensor<SameShape<T, Reduced<S, [1], false>>, Integers>,
  options?: CrossEntropyOptions & Options<[], NoInfer<D>>,
): Tensor<[], D> {
  return signature.forward([logits, labels], options);
}

/** The gradient of {@linkcode crossEntropy}:
 * `∂E/∂Xᵢⱼₖ = 1∕N ∂E/∂ℓ [tᵢₖ ≠ g] (Pᵢⱼₖ − δ[j, tᵢₖ])`.
 *
 * @param logits The logits `X`, of shape `n×c×p`.
 * @param labels The classes `t`, of shape `n×p`, at least 0 and below c.
 * @param dout The gradient of the loss with respect to `ℓ`, a scalar.
 * @param options The label that does not count, −100 by default.
 * @returns The gradient with respect to `logits`; labels have none.
 *
 * @see https://jsr.io/@adjoint/ops/doc/cross-entropy
 */
export function crossEntropyD<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  logits: Tensor<S, D>,
  labels: Tensor<SameShape<T, Reduced<S, [1], false>>, Integers>,
  dout: Tensor<[], NoInfer<D>>,
  options?: CrossEntropyOptions & GradientOptions<{ logits: Tensor<S, D> }>,
): { logits: Tensor<S, D> } {
  return signature.backward([logits, labels, dout], options);
}

/** The gradient of {@linkcode crossEntropy} with respect to `logits`:
 * `∂E/∂Xᵢⱼₖ = 1∕N ∂E/∂ℓ [tᵢₖ ≠ g] (Pᵢⱼₖ − δ[j, tᵢₖ])`.
 *
 * @param logits The logits `X`, of shape `n×c×p`.
 * @param labels The classes `t`, of shape `n×p`, at least 0 and below c.
 * @param dout The gradient of the loss with respect to `ℓ`, a scalar.
 * @param options The label that does not count, −100 by default.
 * @returns The gradient, of the shape of `logits`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/cross-entropy
 */
export function crossEntropyDlogits<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  logits: Tensor<S, D>,
  labels: Tensor<SameShape<T, Reduced<S, [1], false>>, Integers>,
  dout: Tensor<[], NoInfer<D>>,
  options?: CrossEntropyOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("logits", [logits, labels, dout], options);
}
