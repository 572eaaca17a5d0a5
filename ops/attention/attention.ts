// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Attention
 *
 * Compares each query with all keys, and returns the mean of their values,
 * weighted by how well query and key match.
 *
 * ```math
 * L_{ijk} = \frac{1}{\sqrt{d}} \sum_{l=1}^{d} Q_{ijl} K_{ikl} + M_{ijk}, \qquad
 * P_{ijk} = \frac{\chi_{jk} e^{L_{ijk}}}{\sum_{a=1}^{p} \chi_{ja} e^{L_{ija}}}, \qquad
 * Y_{ijl} = \sum_{k=1}^{p} P_{ijk} V_{ikl}
 * ```
 *
 * ```math
 * D_{ijk} = P_{ijk} \left(
 *   \sum_{l=1}^{r} \frac{\partial E}{\partial Y_{ijl}} V_{ikl}
 *   - \sum_{l=1}^{r} \frac{\partial E}{\partial Y_{ijl}} Y_{ijl} \right)
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial Q_{ijl}}
 *   = \frac{1}{\sqrt{d}} \sum_{k=1}^{p} D_{ijk} K_{ikl}, \qquad
 * \frac{\partial E}{\partial K_{ikl}}
 *   = \frac{1}{\sqrt{d}} \sum_{j=1}^{m} D_{ijk} Q_{ijl}, \qquad
 * \frac{\partial E}{\partial V_{ikl}}
 *   = \sum_{j=1}^{m} P_{ijk} \frac{\partial E}{\partial Y_{ijl}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`Q`$ | $`n \times m \times d`$ | input `q`, the queries |
 * | $`K`$ | $`n \times p \times d`$ | input `k`, the keys |
 * | $`V`$ | $`n \times p \times r`$ | input `v`, the values |
 * | $`M`$ | $`n \times m \times p`$ | input `mask`, what is added to the logits |
 * | $`\kappa`$ | flag | option `causal` |
 * | $`Y`$ | $`n \times m \times r`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times m \times r`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The axes before the last two, such as batch and heads, count as one of size
 * $`n`$. They are broadcast as in NumPy: their shapes are aligned at the last of
 * these axes, and where an axis is missing or has size 1, the tensor is repeated
 * along it. So several heads of queries may share the keys and values of one
 * head. The gradient of what is repeated is the sum of the gradients of its
 * repetitions, and the formulas of this page are for the tensors after
 * broadcasting.
 *
 * The option `mask` is zeros by default, and has no gradient. An element of −∞
 * hides a key from a query. A mask of shape m×p masks all heads of all batches
 * alike; one of shape b×1×m×p masks the heads of each batch alike. A mask may
 * have no axis that the other inputs lack. With the option `causal`, false by
 * default, a query sees only the keys up to its own position: the first query
 * sees the first key, however many queries and keys there are.
 *
 * ## Forward
 *
 * A logit says how well a query and a key match. The sum of $`d`$ products of
 * independent numbers of mean 0 and variance 1 has the variance $`d`$; divided by
 * the root of $`d`$, it has the variance 1:
 *
 * ```math
 * L_{ijk} = \frac{1}{\sqrt{d}} \sum_{l=1}^{d} Q_{ijl} K_{ikl} + M_{ijk}
 * ```
 *
 * A key is seen where $`\chi`$ is 1. Here $`\kappa`$ is 1 if the option is true
 * and 0 if it is false, and a bracket is 1 where its condition holds, and 0
 * elsewhere:
 *
 * ```math
 * \chi_{jk} = 1 - \kappa [k > j]
 * ```
 *
 * with $`\chi \in \mathbb{R}^{m \times p}`$. Softmax turns the logits of the keys
 * that are seen into probabilities, and the output is a matrix product:
 *
 * ```math
 * P_{ijk} = \frac{\chi_{jk} e^{L_{ijk}}}{\sum_{a=1}^{p} \chi_{ja} e^{L_{ija}}}
 * ```
 *
 * ```math
 * Y_{ijl} = \sum_{k=1}^{p} P_{ijk} V_{ikl}
 * ```
 *
 * ## Derivation
 *
 * **With respect to $`V`$.** $`V_{ikl}`$ is in column $`l`$ of the output for
 * every query, with the factor $`P_{ijk}`$:
 *
 * ```math
 * \frac{\partial E}{\partial V_{ikl}}
 *   = \sum_{j=1}^{m} P_{ijk} \frac{\partial E}{\partial Y_{ijl}}
 * ```
 *
 * **With respect to the probabilities.** $`P_{ijk}`$ is in the whole row of its
 * query, with the values of its key as factors:
 *
 * ```math
 * \frac{\partial E}{\partial P_{ijk}}
 *   = \sum_{l=1}^{r} \frac{\partial E}{\partial Y_{ijl}} V_{ikl}
 * ```
 *
 * **Through {@link [softmax] softmax}.** As its page derives, the weighted mean
 * is subtracted from each gradient, and the difference is multiplied by the
 * probability. Keys that are not seen have the probability 0, so they change
 * nothing:
 *
 * ```math
 * D_{ijk} = P_{ijk} \left( \frac{\partial E}{\partial P_{ijk}}
 *   - \sum_{a=1}^{p} P_{ija} \frac{\partial E}{\partial P_{ija}} \right)
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial L_{ijk}} = D_{ijk}
 * ```
 *
 * This mean needs no sum over the keys, as exchanging the two sums yields the
 * output itself:
 *
 * ```math
 * \sum_{a=1}^{p} P_{ija} \frac{\partial E}{\partial P_{ija}}
 *   = \sum_{l=1}^{r} \frac{\partial E}{\partial Y_{ijl}}
 *     \sum_{a=1}^{p} P_{ija} V_{ial}
 *   = \sum_{l=1}^{r} \frac{\partial E}{\partial Y_{ijl}} Y_{ijl}
 * ```
 *
 * **With respect to $`Q`$ and $`K`$.** In the logits each is multiplied by the
 * other:
 *
 * ```math
 * \frac{\partial E}{\partial Q_{ijl}}
 *   = \frac{1}{\sqrt{d}} \sum_{k=1}^{p} \frac{\partial E}{\partial L_{ijk}} K_{ikl}, \qquad
 * \frac{\partial E}{\partial K_{ikl}}
 *   = \frac{1}{\sqrt{d}} \sum_{j=1}^{m} \frac{\partial E}{\partial L_{ijk}} Q_{ijl}
 * ```
 *
 * ## Backward
 *
 * The probabilities are not kept from the forward pass, as there are $`nmp`$ of
 * them. They are computed again, some rows at a time, and so is
 *
 * ```math
 * D_{ijk} = P_{ijk} \left(
 *   \sum_{l=1}^{r} \frac{\partial E}{\partial Y_{ijl}} V_{ikl}
 *   - \sum_{l=1}^{r} \frac{\partial E}{\partial Y_{ijl}} Y_{ijl} \right)
 * ```
 *
 * {@linkcode attentionDq}:
 *
 * ```math
 * \frac{\partial E}{\partial Q_{ijl}}
 *   = \frac{1}{\sqrt{d}} \sum_{k=1}^{p} D_{ijk} K_{ikl}
 * ```
 *
 * {@linkcode attentionDk}:
 *
 * ```math
 * \frac{\partial E}{\partial K_{ikl}}
 *   = \frac{1}{\sqrt{d}} \sum_{j=1}^{m} D_{ijk} Q_{ijl}
 * ```
 *
 * {@linkcode attentionDv}:
 *
 * ```math
 * \frac{\partial E}{\partial V_{ikl}}
 *   = \sum_{j=1}^{m} P_{ijk} \frac{\partial E}{\partial Y_{ijl}}
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks, and equal logits are no special case.
 * A query that sees no key, because its row of the mask is −∞, gets zeros, and its
 * gradient is 0, as in PyTorch since 2.5. Keys that `causal` hides have no effect,
 * even if they are NaN. Those that the mask hides have the probability 0, and 0
 * times NaN is NaN.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial Q}`$ | $`\frac{\partial E}{\partial K}`$ | $`\frac{\partial E}{\partial V}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `q = [[0], [5]], k = [[1], [1]], v = [[1], [3]], mask = null` | `[[2], [2]]` | `[[0], [0]]` | `[[-2.5], [2.5]]` | `[[1], [1]]` | same | same | same | |
 * | `q = [[0], [0], [0]], k = [[1], [1]], v = [[1], [3]], mask = null, causal = true` | `[[1], [2], [2]]` | `[[0], [0], [0]]` | `[[0], [0]]` | `[[2], [1]]` | same | same | same | |
 * | `q = [[100], [1]], k = [[100], [-100]], v = [[1], [3]], mask = null, dout = [[1], [0]]` | `[[1], [1]]` | `[[0], [0]]` | `[[0], [0]]` | `[[1], [0]]` | same | same | same | |
 * | `q = [[1], [1]], k = [[1], [2]], v = [[1], [3]], mask = [[-∞, -∞], [0, -∞]]` | `[[0], [1]]` | `[[0], [0]]` | `[[0], [0]]` | `[[1], [0]]` | same | `y = [[NaN], [1]], dq = [[NaN], [0]], dk = [[NaN], [NaN]], dv = [[NaN], [NaN]]` | `y = [[NaN], [1]], dq = [[NaN], [0]], dk = [[NaN], [NaN]], dv = [[NaN], [NaN]]` | |
 * | `q = [[1], [1]], k = [[1], [2]], v = [[1], [NaN]], mask = [[0, -∞], [0, -∞]]` | `[[NaN], [NaN]]` | `[[NaN], [NaN]]` | `[[NaN], [NaN]]` | `[[2], [0]]` | same | same | same | |
 * | `q = [[1], [1]], k = [[1], [2]], v = [[1], [NaN]], mask = null, causal = true` | `[[1], [NaN]]` | `[[0], [NaN]]` | `[[NaN], [NaN]]` | `[[1.26894], [0.731059]]` | `y = [[NaN], [NaN]], dq = [[NaN], [NaN]]` | `y = [[NaN], [NaN]], dq = [[NaN], [NaN]]` | `y = [[NaN], [NaN]], dq = [[NaN], [NaN]]` | hidden keys are never read |
 * | `q = [[0], [0], [0]], k = [[1], [1]], v = [[1], [3]], mask = null, causal = true, dout = [[∞], [1], [1]]` | `[[1], [2], [2]]` | `[[NaN], [0], [0]]` | `[[NaN], [0]]` | `[[∞], [1]]` | `dk = [[NaN], [NaN]], dv = [[∞], [NaN]]` | `dv = [[∞], [NaN]]` | `dv = [[∞], [NaN]]` | hidden keys are never read |
 * | `q = [[∞], [1]], k = [[1], [2]], v = [[1], [3]], mask = null` | `[[NaN], [2.46212]]` | `[[NaN], [0.393224]]` | `[[NaN], [NaN]]` | `[[NaN], [NaN]]` | same | same | same | |
 *
 * ## Stability
 *
 * Above about 709, $`e^{L_{ijk}}`$ overflows in float64. Subtracting the largest
 * logit divides numerator and denominator by the same number, so no exponent is
 * above 0, and one term of the sum is 1:
 *
 * ```math
 * c_{ij} = \max_{a : \chi_{ja} > 0} L_{ija}
 * ```
 *
 * ```math
 * P_{ijk} = \frac{\chi_{jk} e^{L_{ijk} - c_{ij}}}
 *   {\sum_{a=1}^{p} \chi_{ja} e^{L_{ija} - c_{ij}}}
 * ```
 *
 * But the maximum is known only after all keys have been read. The forward loop
 * reads them once, and keeps the largest logit so far and the sums that belong to
 * it:
 *
 * ```math
 * C_{ijb} = \max_{a : a \le b, \chi_{ja} > 0} L_{ija}
 * ```
 *
 * ```math
 * S_{ijb} = \sum_{a : a \le b} \chi_{ja} e^{L_{ija} - C_{ijb}}
 * ```
 *
 * with $`C \in \mathbb{R}^{n \times m \times p}`$ and
 * $`S \in \mathbb{R}^{n \times m \times p}`$. The last index counts the keys read so
 * far. If the next key has a larger logit, the exponents of all terms so far are too
 * large by the difference of the two maxima, so the sum is multiplied by one factor.
 * For $`b`$ from 2 on:
 *
 * ```math
 * S_{ijb} = e^{C_{i, j, b-1} - C_{ijb}} S_{i, j, b-1}
 *   + \chi_{jb} e^{L_{ijb} - C_{ijb}} \quad \text{for } b > 1
 * ```
 *
 * The weighted sum of the values is kept and multiplied in the same way, and at the
 * end it is divided by $`S_{ijp}`$. This is the online softmax.
 *
 * ## Cost
 *
 * Forward $`2nmp(d + r)`$ flops (multiply-adds count as two) and $`nmp`$
 * exponentials, half as many where `causal` hides half. The backward pass
 * computes the logits again, and four more products: $`2nmp(3d + 2r)`$ flops. It
 * needs $`Q`$, $`K`$ and $`V`$, but not $`Y`$.
 *
 * Products of fewer than 512 multiply-adds for each head run in the loops, in
 * float64, and so do those of fewer than 4096 if `d` or `r` is below 8. Larger
 * ones run on the product kernels, 128 queries at a time, or 64 if `causal`, in the
 * element type. The logits of a block are a product, softmax works in place, and
 * the output is another product. In float32, softmax runs on its own kernel if
 * each query sees a key. So the additional memory is at most $`128p`$
 * numbers forward and twice as many backward, however many queries, heads and
 * batches there are.
 *
 * Nothing is copied to be repeated. The gradient of keys or values that several heads
 * share accumulates in float64, which takes two arrays of its size.
 *
 * ## Example
 *
 * ```ts
 * import { attention, attentionD } from "@adjoint/ops/attention";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const q = tensor([[0, 0], [1000, 0]]); // Two queries,
 * const k = tensor([[1, 0], [-1, 0]]); // two keys,
 * const v = tensor([[1], [3]]); // and their values.
 *
 * // The first one fits both alike, the second one the first key alone.
 * assertEquals(attention(q, k, v), tensor([[2], [1]]));
 * assertEquals(attention(q, k, v, { causal: true }), tensor([[1], [1]]));
 * const mask = tensor([[-Infinity, 0], [0, 0]]);
 * assertEquals(attention(q, k, v, { mask }), tensor([[3], [1]]));
 * const { v: dv } = attentionD(q, k, v, ones([2, 1]));
 * assertEquals(dv, tensor([[1.5], [0.5]]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.scaled_dot_product_attention(q, k, v, torch.full((q.shape[-2], k.shape[-2]), -torch.inf, dtype=q.dtype).triu(1) + (0 if mask is None else mask) if causal else mask)`
 * - JAX: `jax.nn.softmax(jnp.where(jnp.tri(q.shape[-2], k.shape[-2]) + (not causal) > 0, q @ jnp.swapaxes(k, -1, -2) / jnp.sqrt(q.shape[-1]) + (0 if mask is None else mask), -jnp.inf), axis=-1) @ v`
 * - TensorFlow: `tf.nn.softmax(tf.where(tf.linalg.band_part(tf.ones((q.shape[-2], k.shape[-2]), bool), -1, 0 if causal else -1), tf.linalg.matmul(q, k, transpose_b=True) / q.shape[-1]**0.5 + (0 if mask is None else mask), -float("inf")), axis=-1) @ v`
 * - A. Vaswani, N. Shazeer, N. Parmar and others, *Attention Is All You Need*, 2017:
 *   [arXiv:1706.03762](https://arxiv.org/abs/1706.03762).
 * - M. Milakov, N. Gimelshein, *Online Normalizer Calculation for Softmax*, 2018:
 *   [arXiv:1805.02867](https://arxiv.org/abs/1805.02867).
 * - T. Dao, D. Fu, S. Ermon, A. Rudra, C. Ré, *FlashAttention*, 2022:
 *   [arXiv:2205.14135](https://arxiv.org/abs/2205.14135).
 *
 * @module
 */

import { fill, view, widthOf } from "../core/arrays.ts";
import type { Numbers } from "../core/arrays.ts";
import { op, type Signature } from "../core/op.ts";
import { flag } from "../core/options.ts";
import { LONG, sumOf } from "../core/sums.ts";
import type {
  Broadcast,
  Broadcastable,
  Float,
  GradientOptions,
  Options,
  SameDim,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { shareRows } from "../kernels/elementary.ts";
import { matrix, transpose } from "../kernels/matrix.ts";
import { multiply } from "../kernels/multiply.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("attention", {
  inputs: {
    q: "n… m d",
    k: "n… p d",
    v: "n… p r",
    mask: { shape: "n… m p", optional: true, option: true },
  },
  options: { causal: flag(false) },
  outputs: { y: "n… m r" },
  broadcast: "n",
  forward,
  backward,
  kernels: {
    forward(frame) {
      if (isSmall(frame)) forward(frame);
      else forwardByBlocks(frame);
    },
    backward(frame) {
      if (isSmall(frame)) backward(frame);
      else backwardByBlocks(frame);
    },
  },
});

/** What both passes see. */
interface Frame {
  q: Float;
  k: Float;
  v: Float;
  mask: Float | undefined;
  causal: boolean;
  n: number;
  m: number;
  p: number;
  d: number;
  r: number;
}

/** What the backward pass sees. */
interface BackwardFrame extends Frame {
  dy: Float;
  dq: Float | undefined;
  dk: Float | undefined;
  dv: Float | undefined;
}

function forward(
  { q, k, v, mask, causal, y, n, m, p, d, r }: Frame & { y: Float },
): void {
  const scale = scaleOf(d), sums = new Float64Array(r);
  for (let h = 0; h < n; h++) {
    for (let i = 0; i < m; i++) {
      let peak = -Infinity, total = 0;
      sums.fill(0);
      for (let j = 0; j < seen(i, p, causal); j++) {
        let dot = 0;
        for (let l = 0; l < d; l++) {
          dot += q[(h * m + i) * d + l] * k[(h * p + j) * d + l];
        }
        const logit = scale * dot + (mask ? mask[(h * m + i) * p + j] : 0);
        if (logit > peak) { // All terms so far have an exponent that is too large.
          const factor = Math.exp(peak - logit);
          total *= factor;
          for (let l = 0; l < r; l++) sums[l] *= factor;
          peak = logit;
        }
        const e = weight(logit, peak);
        total += e; // Sᵢⱼ = Σₖ exp(Lᵢⱼₖ − cᵢⱼ)
        for (let l = 0; l < r; l++) sums[l] += e * v[(h * p + j) * r + l];
      }
      for (let l = 0; l < r; l++) { // Yᵢⱼₗ = Σₖ Pᵢⱼₖ Vᵢₖₗ
        y[(h * m + i) * r + l] = total === 0 ? sums[l] : sums[l] / total;
      }
    }
  }
}

function backward(
  { q, k, v, mask, causal, dy, dq, dk, dv, n, m, p, d, r }: BackwardFrame,
): void {
  const scale = scaleOf(d);
  const P = new Float64Array(p), dP = new Float64Array(p);
  const dQ = new Float64Array(d);
  const dK = new Float64Array(p * d), dV = new Float64Array(p * r);
  for (let h = 0; h < n; h++) {
    dK.fill(0);
    dV.fill(0);
    for (let i = 0; i < m; i++) {
      const count = seen(i, p, causal);
      for (let j = 0; j < count; j++) {
        let dot = 0, d2 = 0;
        for (let l = 0; l < d; l++) {
          dot += q[(h * m + i) * d + l] * k[(h * p + j) * d + l];
        }
        for (let l = 0; l < r; l++) {
          d2 += dy[(h * m + i) * r + l] * v[(h * p + j) * r + l];
        }
        P[j] = scale * dot + (mask ? mask[(h * m + i) * p + j] : 0);
        dP[j] = d2; // ∂E/∂Pᵢⱼₖ = Σₗ ∂E/∂Yᵢⱼₗ Vᵢₖₗ
      }
      softmax(P, 0, count);
      softmaxD(P, dP, 0, count); // Dᵢⱼₖ = Pᵢⱼₖ (∂E/∂Pᵢⱼₖ − Σₐ Pᵢⱼₐ ∂E/∂Pᵢⱼₐ)
      dQ.fill(0);
      for (let j = 0; j < count; j++) {
        for (let l = 0; l < d; l++) {
          dQ[l] += dP[j] * k[(h * p + j) * d + l];
          dK[j * d + l] += dP[j] * q[(h * m + i) * d + l];
        }
        for (let l = 0; l < r; l++) {
          dV[j * r + l] += P[j] * dy[(h * m + i) * r + l];
        }
      }
      for (let l = 0; dq && l < d; l++) {
        dq[(h * m + i) * d + l] = scale * dQ[l]; // ∂E/∂Qᵢⱼₗ = 1 ∕ √d Σₖ Dᵢⱼₖ Kᵢₖₗ
      }
    }
    for (let a = 0; dk && a < p * d; a++) {
      dk[h * p * d + a] = scale * dK[a]; // ∂E/∂Kᵢₖₗ = 1 ∕ √d Σⱼ Dᵢⱼₖ Qᵢⱼₗ
    }
    for (let a = 0; dv && a < p * r; a++) {
      dv[h * p * r + a] = dV[a]; // ∂E/∂Vᵢₖₗ = Σⱼ Pᵢⱼₖ ∂E/∂Yᵢⱼₗ
    }
  }
}

/** How many keys a query sees. */
function seen(i: number, p: number, causal: boolean): number {
  return causal ? Math.min(i + 1, p) : p;
}

/** `1 ∕ √d`; where d is 0, there is nothing to scale. */
function scaleOf(d: number): number {
  return d === 0 ? 1 : 1 / Math.sqrt(d);
}

/** The exponential, 0 of −∞ also where the peak is −∞. */
function weight(logit: number, peak: number): number {
  return logit === -Infinity ? 0 : Math.exp(logit - peak);
}

/** Turns the logits of a row into probabilities. */
function softmax(x: Numbers, from: number, count: number): void {
  let peak = -Infinity, total = 0;
  for (let j = from; j < from + count; j++) if (x[j] > peak) peak = x[j];
  for (let j = from; j < from + count; j++) {
    total += x[j] = weight(x[j], peak);
  }
  if (count > LONG) total = sumOf(x, from, from + count);
  if (total === 0) return; // No key is seen.
  for (let j = from; j < from + count; j++) x[j] /= total;
}

/**
 * Turns the gradients of probabilities into those of logits. The gradient at the
 * largest probability is subtracted from all of them first. This does not change
 * the result, but if that probability is nearly 1, the mean is nearly its
 * gradient, and no digit is lost.
 */
function softmaxD(
  P: Numbers,
  dP: Numbers,
  from: number,
  count: number,
): void {
  let at = from, mean = 0;
  for (let j = from; j < from + count; j++) if (P[j] > P[at]) at = j;
  const base = count > 0 && Number.isFinite(dP[at]) ? dP[at] : 0;
  for (let j = from; j < from + count;) {
    let sum = 0; // of so few numbers that rounding errors do not add up
    for (const end = Math.min(j + LONG, from + count); j < end; j++) {
      sum += P[j] * (dP[j] -= base);
    }
    mean += sum;
  }
  for (let j = from; j < from + count; j++) dP[j] = P[j] * (dP[j] - mean);
}

/** Queries that are worked on at once: two blocks of logits stay in the cache. With a
 * causal mask, half of the block at the end of each row of blocks is hidden, so it is
 * smaller. */
const blockOf = (causal: boolean) => causal ? 64 : 128;

/** With fewer multiply-adds for each head, the loops are used, in float64; for short
 * vectors up to a larger number, because the sums of the loops are more exact. */
const SMALL = 8 ** 3, SMALL_IF_SHORT = 16 ** 3, SHORT = 8;

/**
 * Whether to use the loops: for small inputs, and where a number that is not
 * finite could pass from a hidden key to a query, through a product with 0.
 */
function isSmall(frame: Frame & { dy?: Float }): boolean {
  const { q, k, v, dy, causal, m, p, d, r } = frame;
  const small = Math.min(d, r) < SHORT ? SMALL_IF_SHORT : SMALL;
  if (m * p * Math.max(d, r) < small) return true;
  return causal && !(isFinite(q) && isFinite(k) && isFinite(v) &&
    (dy === undefined || isFinite(dy)));
}

function isFinite(x: Float): boolean {
  let zero = 0; // 0 times what is not finite is NaN.
  for (let i = 0; i < x.length; i++) zero += x[i] * 0;
  return zero === 0;
}

/** Whether a query sees any of its keys. */
function hasKey(L: Numbers, from: number, count: number): boolean {
  for (let j = from; j < from + count; j++) if (L[j] > -Infinity) return true;
  return false;
}

/** Turns the products of a block of queries and keys of head h into probabilities. */
function softmaxRows(
  P: Numbers,
  h: number,
  first: number,
  rows: number,
  cols: number,
  { mask, causal, m, p, d }: Frame,
): void {
  const scale = scaleOf(d);
  let isWhole = true;
  for (let i = 0; i < rows; i++) {
    const from = i * cols, count = seen(first + i, cols, causal);
    const shift = (h * m + first + i) * p;
    for (let j = 0; mask && j < count; j++) {
      P[from + j] = scale * P[from + j] + mask[shift + j];
    }
    for (let j = 0; !mask && j < count; j++) P[from + j] *= scale;
    for (let j = count; j < cols; j++) P[from + j] = -Infinity;
    isWhole &&= hasKey(P, from, count);
  }
  if (isWhole && shareRows(P, P, rows, cols)) return;
  for (let i = 0; i < rows; i++) {
    const from = i * cols, count = seen(first + i, cols, causal);
    softmax(P, from, count);
    for (let j = count; j < cols; j++) P[from + j] = 0;
  }
}

function forwardByBlocks(frame: Frame & { y: Float }): void {
  const { q, k, v, y, causal, n, m, p, d, r } = frame;
  const block = blockOf(causal), room = roomFor(q, Math.min(m, block) * p);
  for (let h = 0; h < n; h++) {
    for (let i = 0; i < m; i += block) {
      const rows = Math.min(block, m - i), cols = seen(i + rows - 1, p, causal);
      const at = h * m + i, keys = h * p;
      const P = view(room, 0, rows * cols);
      const Q = matrix(view(q, at * d, (at + rows) * d), rows, d);
      const K = matrix(view(k, keys * d, (keys + cols) * d), cols, d);
      const V = matrix(view(v, keys * r, (keys + cols) * r), cols, r);
      multiply(Q, transpose(K), P); // L = Q Kᵀ
      softmaxRows(P, h, i, rows, cols, frame);
      multiply(matrix(P, rows, cols), V, view(y, at * r, (at + rows) * r)); // Y = P V
    }
  }
}

function backwardByBlocks(frame: BackwardFrame): void {
  const { q, k, v, dy, dq, dk, dv, causal, n, m, p, d, r } = frame;
  const scale = scaleOf(d), block = blockOf(causal);
  const most = Math.min(m, block) * p;
  const room = roomFor(q, most), roomD = roomFor(q, most);
  const part = roomFor(q, p * Math.max(d, r));
  for (let h = 0; h < n; h++) {
    const keys = h * p;
    if (dk) fill(view(dk, keys * d, (keys + p) * d), 0);
    if (dv) fill(view(dv, keys * r, (keys + p) * r), 0);
    for (let i = 0; i < m; i += block) {
      const rows = Math.min(block, m - i), cols = seen(i + rows - 1, p, causal);
      const at = h * m + i;
      const P = matrix(view(room, 0, rows * cols), rows, cols);
      const Q = matrix(view(q, at * d, (at + rows) * d), rows, d);
      const K = matrix(view(k, keys * d, (keys + cols) * d), cols, d);
      const V = matrix(view(v, keys * r, (keys + cols) * r), cols, r);
      const dY = matrix(view(dy, at * r, (at + rows) * r), rows, r);
      multiply(Q, transpose(K), P.data);
      softmaxRows(P.data, h, i, rows, cols, frame);
      if (dv) {
        const sum = view(part, 0, cols * r);
        multiply(transpose(P), dY, sum); // ∂E/∂V = Pᵀ ∂E/∂Y
        addTo(dv, keys * r, sum, cols * r);
      }
      if (!dq && !dk) continue;
      const D = matrix(view(roomD, 0, rows * cols), rows, cols);
      multiply(dY, transpose(V), D.data); // ∂E/∂P = ∂E/∂Y Vᵀ
      for (let a = 0; a < rows; a++) {
        const from = a * cols, count = seen(i + a, cols, causal);
        softmaxD(P.data, D.data, from, count);
        for (let j = count; j < cols; j++) D.data[from + j] = 0;
        for (let j = 0; j < count; j++) D.data[from + j] *= scale;
      }
      if (dq) multiply(D, K, view(dq, at * d, (at + rows) * d)); // ∂E/∂Q = D K ∕ √d
      if (dk) {
        const sum = view(part, 0, cols * d);
        multiply(transpose(D), Q, sum); // ∂E/∂K = Dᵀ Q ∕ √d
        addTo(dk, keys * d, sum, cols * d);
      }
    }
  }
}

/** Room for numbers of the element type. */
function roomFor(like: Numbers, count: number): Numbers {
  return widthOf(like) === 8
    ? new Float64Array(count)
    : new Float32Array(count);
}

/** Adds numbers to those of a tensor. */
function addTo(to: Numbers, at: number, x: Numbers, count: number): void {
  for (let i = 0; i < count; i++) to[at + i] += x[i];
}

/** The options of {@linkcode attention}.
 *
 * @example Usage
 * ```ts
 * import type { AttentionOptions } from "@adjoint/ops/attention";
 * import { tensor } from "@adjoint/ops/tensor";
 *
 * const options: AttentionOptions = {
 *   causal: true,
 *   mask: tensor([[0, 0], [-Infinity, 0]]), // The second query sees itself alone.
 * };
 * ```
 */
export interface AttentionOptions<F extends Float = Float> {
  /** Whether a query sees the keys up to its own position only; false by default. */
  causal?: boolean | undefined;
  /** The mask `M`, added to the logits, of shape `n×m×p`; −∞ hides a key from a query;
   * none by default. */
  mask?: Tensor<readonly [...number[], number, number], F> | null | undefined;
}

/** The gradients of {@linkcode attention}, by the names of its inputs. */
export interface AttentionGradients<
  A extends Shape,
  B extends Shape,
  C extends Shape,
  M extends number,
  K extends number,
  D extends number,
  R extends number,
  F extends Float,
> {
  /** `∂E/∂Q`. */
  q: Tensor<readonly [...A, M, D], F>;
  /** `∂E/∂K`. */
  k: Tensor<readonly [...B, K, D], F>;
  /** `∂E/∂V`. */
  v: Tensor<readonly [...C, K, R], F>;
}

/** Scaled dot-product attention: `Yᵢⱼₗ = Σₖ Pᵢⱼₖ Vᵢₖₗ`, where `P` is the
 * softmax over the keys of `Lᵢⱼₖ = 1∕√d Σₗ Qᵢⱼₗ Kᵢₖₗ + Mᵢⱼₖ`.
 *
 * @param q The queries `Q`, of shape `n×m×d`, where n stands for any leading axes,
 * which are broadcast.
 * @param k The keys `K`, of shape `n×p×d`.
 * @param v The values `V`, of shape `n×p×r`.
 * @param options Whether a query sees the keys up to its own position only, false by
 * default; what is added to the logits, of shape `n×m×p`, nothing by default.
 * @returns The output `Y`, of shape `n×m×r`.
 *
 * @example Usage
 * ```ts
 * import { attention } from "@adjoint/ops/attention";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const q = tensor([[0, 0], [0, 0]]); // They fit all keys alike.
 * const v = tensor([[2], [4]]);
 *
 * assertEquals(attention(q, q, v), tensor([[3], [3]]));
 * assertEquals(attention(q, q, v, { causal: true }), tensor([[2], [3]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/attention
 */
export function attention<
  A extends Shape,
  B extends Shape,
  C extends Shape,
  M extends number,
  K extends number,
  D extends number,
  R extends number,
  P extends number,
  F extends Float,
>(
  q: Tensor<readonly [...A, M, D], F>,
  k: Tensor<readonly [...Broadcastable<B, A>, K, SameDim<P, D>], NoInfer<F>>,
  v: Tensor<
    readonly [...Broadcastable<C, Broadcast<A, B>>, K, R],
    NoInfer<F>
  >,
  options?:
    & AttentionOptions<NoInfer<F>>
    & Options<
      NoInfer<readonly [...Broadcast<Broadcast<A, B>, C>, M, R]>,
      NoInfer<F>
    >,
): Tensor<readonly [...Broadcast<Broadcast<A, B>, C>, M, R], F> {
  return signature.forward([q, k, v], options);
}

/** All gradients of {@linkcode attention}, for which the probabilities are computed
 * once.
 *
 * @param q The queries `Q`, of shape `n×m×d`, where n stands for any leading axes,
 * which are broadcast.
 * @param k The keys `K`, of shape `n×p×d`.
 * @param v The values `V`, of shape `n×p×r`.
 * @param dout The gradient of the loss with respect to the output, of shape `n×m×r`.
 * @param options Whether a query sees the keys up to its own position only, false by
 * default; what is added to the logits, of shape `n×m×p`, nothing by default.
 * @returns The gradients with respect to `q`, `k` and `v`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/attention
 */
export function attentionD<
  A extends Shape,
  B extends Shape,
  C extends Shape,
  M extends number,
  K extends number,
  D extends number,
  R extends number,
  P extends number,
  S extends Shape,
  F extends Float,
  G extends "q" | "k" | "v" = "q" | "k" | "v",
>(
  q: Tensor<readonly [...A, M, D], F>,
  k: Tensor<readonly [...Broadcastable<B, A>, K, SameDim<P, D>], NoInfer<F>>,
  v: Tensor<
    readonly [...Broadcastable<C, Broadcast<A, B>>, K, R],
    NoInfer<F>
  >,
  dout: Tensor<
    SameShape<S, readonly [...Broadcast<Broadcast<A, B>, C>, M, R]>,
    NoInfer<F>
  >,
  options?:
    & AttentionOptions<NoInfer<F>>
    & GradientOptions<AttentionGradients<A, B, C, M, K, D, R, F>, G>,
): Pick<AttentionGradients<A, B, C, M, K, D, R, F>, G> {
  return signature.backward([q, k, v, dout], options);
}

/** The gradient of {@linkcode attention} with respect to `q`:
 * `∂E/∂Qᵢⱼₗ = 1∕√d Σₖ Dᵢⱼₖ Kᵢₖₗ`, with the gradient of the logits `D`.
 *
 * @param q The queries `Q`, of shape `n×m×d`, where n stands for any leading axes,
 * which are broadcast.
 * @param k The keys `K`, of shape `n×p×d`.
 * @param v The values `V`, of shape `n×p×r`.
 * @param dout The gradient of the loss with respect to the output, of shape `n×m×r`.
 * @param options Whether a query sees the keys up to its own position only, false by
 * default; what is added to the logits, of shape `n×m×p`, nothing by default.
 * @returns The gradient, of shape `n×m×d`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/attention
 */
export function attentionDq<
  A extends Shape,
  B extends Shape,
  C extends Shape,
  M extends number,
  K extends number,
  D extends number,
  R extends number,
  P extends number,
  S extends Shape,
  F extends Float,
>(
  q: Tensor<readonly [...A, M, D], F>,
  k: Tensor<readonly [...Broadcastable<B, A>, K, SameDim<P, D>], NoInfer<F>>,
  v: Tensor<
    readonly [...Broadcastable<C, Broadcast<A, B>>, K, R],
    NoInfer<F>
  >,
  dout: Tensor<
    SameShape<S, readonly [...Broadcast<Broadcast<A, B>, C>, M, R]>,
    NoInfer<F>
  >,
  options?:
    & AttentionOptions<NoInfer<F>>
    & Options<NoInfer<readonly [...A, M, D]>, NoInfer<F>>,
): Tensor<readonly [...A, M, D], F> {
  return signature.gradient("q", [q, k, v, dout], options);
}

/** The gradient of {@linkcode attention} with respect to `k`:
 * `∂E/∂Kᵢₖₗ = 1∕√d Σⱼ Dᵢⱼₖ Qᵢⱼₗ`, with the gradient of the logits `D`.
 *
 * @param q The queries `Q`, of shape `n×m×d`, where n stands for any leading axes,
 * which are broadcast.
 * @param k The keys `K`, of shape `n×p×d`.
 * @param v The values `V`, of shape `n×p×r`.
 * @param dout The gradient of the loss with respect to the output, of shape `n×m×r`.
 * @param options Whether a query sees the keys up to its own position only, false by
 * default; what is added to the logits, of shape `n×m×p`, nothing by default.
 * @returns The gradient, of shape `n×p×d`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/attention
 */
export function attentionDk<
  A extends Shape,
  B extends Shape,
  C extends Shape,
  M extends number,
  K extends number,
  D extends number,
  R extends number,
  P extends number,
  S extends Shape,
  F extends Float,
>(
  q: Tensor<readonly [...A, M, D], F>,
  k: Tensor<readonly [...Broadcastable<B, A>, K, SameDim<P, D>], NoInfer<F>>,
  v: Tensor<
    readonly [...Broadcastable<C, Broadcast<A, B>>, K, R],
    NoInfer<F>
  >,
  dout: Tensor<
    SameShape<S, readonly [...Broadcast<Broadcast<A, B>, C>, M, R]>,
    NoInfer<F>
  >,
  options?:
    & AttentionOptions<NoInfer<F>>
    & Options<NoInfer<readonly [...B, K, D]>, NoInfer<F>>,
): Tensor<readonly [...B, K, D], F> {
  return signature.gradient("k", [q, k, v, dout], options);
}

/** The gradient of {@linkcode attention} with respect to `v`:
 * `∂E/∂Vᵢₖₗ = Σⱼ Pᵢⱼₖ ∂E/∂Yᵢⱼₗ`, with the probabilities `P`.
 *
 * @param q The queries `Q`, of shape `n×m×d`, where n stands for any leading axes,
 * which are broadcast.
 * @param k The keys `K`, of shape `n×p×d`.
 * @param v The values `V`, of shape `n×p×r`.
 * @param dout The gradient of the loss with respect to the output, of shape `n×m×r`.
 * @param options Whether a query sees the keys up to its own position only, false by
 * default; what is added to the logits, of shape `n×m×p`, nothing by default.
 * @returns The gradient, of shape `n×p×r`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/attention
 */
export function attentionDv<
  A extends Shape,
  B extends Shape,
  C extends Shape,
  M extends number,
  K extends number,
  D extends number,
  R extends number,
  P extends number,
  S extends Shape,
  F extends Float,
>(
  q: Tensor<readonly [...A, M, D], F>,
  k: Tensor<readonly [...Broadcastable<B, A>, K, SameDim<P, D>], NoInfer<F>>,
  v: Tensor<
    readonly [...Broadcastable<C, Broadcast<A, B>>, K, R],
    NoInfer<F>
  >,
  dout: Tensor<
    SameShape<S, readonly [...Broadcast<Broadcast<A, B>, C>, M, R]>,
    NoInfer<F>
  >,
  options?:
    & AttentionOptions<NoInfer<F>>
    & Options<NoInfer<readonly [...C, K, R]>, NoInfer<F>>,
): Tensor<readonly [...C, K, R], F> {
  return signature.gradient("v", [q, k, v, dout], options);
}
