// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # GRU cell
 *
 * Takes one step of a network of gated recurrent units: one gate mixes the state
 * with a candidate for the next state, and another one decides how much of the
 * state the candidate sees.
 *
 * ```math
 * A_{ij} = \sum_{l=1}^{k} X_{il} W_{jl} + b_j, \qquad
 * S_{ij} = \sum_{l=1}^{m} H_{il} U_{jl} + \beta_j
 * ```
 *
 * ```math
 * R_{ij} = \sigma(A_{ij} + S_{ij}), \qquad
 * Z_{ij} = \sigma(A_{i, m+j} + S_{i, m+j}), \qquad
 * G_{ij} = \tanh(A_{i, 2m+j} + R_{ij} S_{i, 2m+j}), \qquad
 * \sigma(u) = \frac{1}{1 + e^{-u}}
 * ```
 *
 * ```math
 * H'_{ij} = (1 - Z_{ij}) G_{ij} + Z_{ij} H_{ij}
 * ```
 *
 * The gradients, with $`D`$ for the gradient with respect to the argument of
 * the hyperbolic tangent:
 *
 * ```math
 * D_{ij} = \frac{\partial E}{\partial H'_{ij}} (1 - Z_{ij}) (1 - G_{ij}^2)
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial A_{ij}} = \begin{cases}
 *   D_{ij} S_{i, 2m+j} R_{ij} (1 - R_{ij}) & j \le m \\
 *   \frac{\partial E}{\partial H'_{i, j-m}} (H_{i, j-m} - G_{i, j-m})
 *     Z_{i, j-m} (1 - Z_{i, j-m}) & m < j \le 2m \\
 *   D_{i, j-2m} & 2m < j
 * \end{cases}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial S_{ij}} = \begin{cases}
 *   \frac{\partial E}{\partial A_{ij}} & j \le 2m \\
 *   D_{i, j-2m} R_{i, j-2m} & 2m < j
 * \end{cases}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{il}}
 *   = \sum_{j=1}^{3m} \frac{\partial E}{\partial A_{ij}} W_{jl}, \qquad
 * \frac{\partial E}{\partial W_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}} X_{il}, \qquad
 * \frac{\partial E}{\partial b_j} = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial H_{il}}
 *   = \frac{\partial E}{\partial H'_{il}} Z_{il}
 *   + \sum_{j=1}^{3m} \frac{\partial E}{\partial S_{ij}} U_{jl}, \qquad
 * \frac{\partial E}{\partial U_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial S_{ij}} H_{il}, \qquad
 * \frac{\partial E}{\partial \beta_j}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial S_{ij}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times k`$ | input `x`, the inputs of this step |
 * | $`H`$ | $`n \times m`$ | input `h`, the states before it |
 * | $`W`$ | $`3m \times k`$ | input `w`, the weights of the inputs |
 * | $`U`$ | $`3m \times m`$ | input `u`, the weights of the states |
 * | $`b`$ | $`3m`$ | input `b`, the bias of the inputs |
 * | $`\beta`$ | $`3m`$ | input `bh`, the bias of the states |
 * | $`H'`$ | $`n \times m`$ | output `h`, the states after it |
 * | $`\frac{\partial E}{\partial H'}`$ | $`n \times m`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * Each of the $`n`$ rows belongs to a sequence of its own. Any number of leading
 * axes counts as one, and there may be none. The weights of the three parts are
 * stacked in PyTorch's order: reset gate, update gate, candidate. Each bias may
 * be null, which stands for zeros. In the gates only the sum of the two matters.
 * In the candidate they differ, as $`\beta`$ is multiplied by the reset gate.
 *
 * ## Forward
 *
 * One linear layer of the input and another one of the state, for all parts at
 * once:
 *
 * ```math
 * A_{ij} = \sum_{l=1}^{k} X_{il} W_{jl} + b_j
 * ```
 *
 * ```math
 * S_{ij} = \sum_{l=1}^{m} H_{il} U_{jl} + \beta_j
 * ```
 *
 * with $`A \in \mathbb{R}^{n \times 3m}`$ and $`S \in \mathbb{R}^{n \times 3m}`$.
 * The first two thirds of their columns become gates, by the logistic function,
 * whose values lie between 0 and 1:
 *
 * ```math
 * \sigma(u) = \frac{1}{1 + e^{-u}}
 * ```
 *
 * ```math
 * R_{ij} = \sigma(A_{ij} + S_{ij}), \qquad
 * Z_{ij} = \sigma(A_{i, m+j} + S_{i, m+j})
 * ```
 *
 * The last third is the candidate. The reset gate multiplies the whole
 * contribution of the state, its bias included, as in PyTorch and cuDNN:
 *
 * ```math
 * G_{ij} = \tanh(A_{i, 2m+j} + R_{ij} S_{i, 2m+j})
 * ```
 *
 * Here $`R \in \mathbb{R}^{n \times m}`$, $`Z \in \mathbb{R}^{n \times m}`$ and
 * $`G \in \mathbb{R}^{n \times m}`$. In the paper the reset gate multiplies the
 * state itself, before the product with $`U`$; that is a different cell. The update
 * gate says how much of the state is kept:
 *
 * ```math
 * H'_{ij} = (1 - Z_{ij}) G_{ij} + Z_{ij} H_{ij}
 * ```
 *
 * ## Derivation
 *
 * **Through the mixture.** The gradient of each factor contains the other factor.
 * The update gate occurs in both terms, with opposite signs:
 *
 * ```math
 * \frac{\partial E}{\partial G_{ij}}
 *   = \frac{\partial E}{\partial H'_{ij}} (1 - Z_{ij}), \qquad
 * \frac{\partial E}{\partial Z_{ij}}
 *   = \frac{\partial E}{\partial H'_{ij}} (H_{ij} - G_{ij})
 * ```
 *
 * **Through the tangent.** The derivative of $`\tanh u`$ is $`1 - \tanh^2 u`$:
 *
 * ```math
 * D_{ij} = \frac{\partial E}{\partial G_{ij}} (1 - G_{ij}^2)
 * ```
 *
 * The argument is a sum, and its second term a product, so
 *
 * ```math
 * \frac{\partial E}{\partial R_{ij}} = D_{ij} S_{i, 2m+j}
 * ```
 *
 * **Through the gates.** By the quotient rule the logistic function has the
 * derivative $`\frac{e^{-u}}{(1 + e^{-u})^2}`$, which is its value times one minus
 * its value. The first two thirds of $`A`$ have the derivative of their gate, the
 * last one that of the sum:
 *
 * ```math
 * \frac{\partial E}{\partial A_{ij}} = \begin{cases}
 *   \frac{\partial E}{\partial R_{ij}} R_{ij} (1 - R_{ij}) & j \le m \\
 *   \frac{\partial E}{\partial Z_{i, j-m}} Z_{i, j-m} (1 - Z_{i, j-m}) & m < j \le 2m \\
 *   D_{i, j-2m} & 2m < j
 * \end{cases}
 * ```
 *
 * In the gates $`S`$ is added to $`A`$, so it has the same gradient. In the
 * candidate the reset gate is its factor:
 *
 * ```math
 * \frac{\partial E}{\partial S_{ij}} = \begin{cases}
 *   \frac{\partial E}{\partial A_{ij}} & j \le 2m \\
 *   D_{i, j-2m} R_{i, j-2m} & 2m < j
 * \end{cases}
 * ```
 *
 * **Through the layers.** $`X_{il}`$ is in every element of row $`i`$ of $`A`$,
 * with the factor $`W_{jl}`$, and $`W_{jl}`$ in every element of column $`j`$, with
 * the factor $`X_{il}`$. With the Kronecker delta $`\delta_{ai}`$, which is 1 where
 * $`a`$ is $`i`$ and 0 elsewhere:
 *
 * ```math
 * \frac{\partial A_{aj}}{\partial X_{il}} = \delta_{ai} W_{jl}, \qquad
 * \frac{\partial A_{ic}}{\partial W_{jl}} = \delta_{cj} X_{il}, \qquad
 * \frac{\partial A_{ic}}{\partial b_j} = \delta_{cj}
 * ```
 *
 * The chain rule sums over all of $`A`$, and the delta leaves one row or one
 * column:
 *
 * ```math
 * \frac{\partial E}{\partial X_{il}}
 *   = \sum_{a=1}^{n} \sum_{j=1}^{3m} \frac{\partial E}{\partial A_{aj}}
 *     \frac{\partial A_{aj}}{\partial X_{il}}
 *   = \sum_{j=1}^{3m} \frac{\partial E}{\partial A_{ij}} W_{jl}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial W_{jl}}
 *   = \sum_{i=1}^{n} \sum_{c=1}^{3m} \frac{\partial E}{\partial A_{ic}}
 *     \frac{\partial A_{ic}}{\partial W_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}} X_{il}
 * ```
 *
 * The state and its weights take the same places in $`S`$:
 *
 * ```math
 * \frac{\partial S_{aj}}{\partial H_{il}} = \delta_{ai} U_{jl}, \qquad
 * \frac{\partial S_{ic}}{\partial U_{jl}} = \delta_{cj} H_{il}, \qquad
 * \frac{\partial S_{ic}}{\partial \beta_j} = \delta_{cj}
 * ```
 *
 * But the state acts in one more way: a part of it is kept. On this path each
 * step multiplies the gradient by the update gate and by nothing else, so it
 * does not vanish if the gate is near 1:
 *
 * ```math
 * \frac{\partial E}{\partial H_{il}}
 *   = \frac{\partial E}{\partial H'_{il}} Z_{il}
 *   + \sum_{a=1}^{n} \sum_{j=1}^{3m} \frac{\partial E}{\partial S_{aj}}
 *     \frac{\partial S_{aj}}{\partial H_{il}}
 *   = \frac{\partial E}{\partial H'_{il}} Z_{il}
 *   + \sum_{j=1}^{3m} \frac{\partial E}{\partial S_{ij}} U_{jl}
 * ```
 *
 * ## Backward
 *
 * The gates are computed once for all gradients, and so are $`D`$ and the gradients
 * with respect to $`A`$ and $`S`$:
 *
 * ```math
 * \frac{\partial E}{\partial A_{ij}} = \begin{cases}
 *   D_{ij} S_{i, 2m+j} R_{ij} (1 - R_{ij}) & j \le m \\
 *   \frac{\partial E}{\partial H'_{i, j-m}} (H_{i, j-m} - G_{i, j-m})
 *     Z_{i, j-m} (1 - Z_{i, j-m}) & m < j \le 2m \\
 *   D_{i, j-2m} & 2m < j
 * \end{cases}
 * ```
 *
 * {@linkcode gruCellDx}, {@linkcode gruCellDw} and {@linkcode gruCellDb}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{il}}
 *   = \sum_{j=1}^{3m} \frac{\partial E}{\partial A_{ij}} W_{jl}, \qquad
 * \frac{\partial E}{\partial W_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}} X_{il}, \qquad
 * \frac{\partial E}{\partial b_j} = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}}
 * ```
 *
 * {@linkcode gruCellDh}, {@linkcode gruCellDu} and {@linkcode gruCellDbh}:
 *
 * ```math
 * \frac{\partial E}{\partial H_{il}}
 *   = \frac{\partial E}{\partial H'_{il}} Z_{il}
 *   + \sum_{j=1}^{3m} \frac{\partial E}{\partial S_{ij}} U_{jl}, \qquad
 * \frac{\partial E}{\partial U_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial S_{ij}} H_{il}, \qquad
 * \frac{\partial E}{\partial \beta_j}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial S_{ij}}
 * ```
 *
 * ## Special points
 *
 * The cell is smooth, so it has no kinks. Its gates saturate: an update gate of 1
 * keeps the whole state, and one of 0 keeps nothing. No zero is skipped, so 0
 * times NaN or infinity is NaN: a closed gate does not stop an infinite state.
 *
 * | at | $`H'`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial H}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[0]], h = [[1]], w = [[1], [1], [1]], u = [[0], [0], [0]], b = [0, 0, 0], bh = [0, 0, 2]` | `[[0.880797]]` | `[[0.374582]]` | `[[0.5]]` | same | same | same | |
 * | `x = [[0]], h = [[3]], w = [[1], [1], [1]], u = [[1], [1], [1]], b = [0, 1e4, 0], bh = [0, 0, 0]` | `[[3]]` | `[[0]]` | `[[1]]` | same | same | same | |
 * | `x = [[0]], h = [[0]], w = [[0], [0], [1]], u = [[0], [0], [0]], b = [0, 40, 0], bh = [0, 0, 0]` | `[[0]]` | `[[4.248354e-18]]` | `[[1]]` | `dx = [[0]], db = [0, 0, 0], dbh = [0, 0, 0]` | `dx = [[0]], db = [0, 0, 0], dbh = [0, 0, 0]` | `dx = [[0]], db = [0, 0, 0], dbh = [0, 0, 0]` | PyTorch rounds 1 − σ to 0 |
 * | `x = [[1]], h = [[1]], w = [[1], [1], [1]], u = [[1], [1], [1]], b = [0, 40, 0], bh = [0, 0, 1], dout = [[∞]]` | `[[1]]` | `[[∞]]` | `[[∞]]` | `dx = [[NaN]], dh = [[NaN]], dw = [[NaN], [NaN], [NaN]], du = [[NaN], [NaN], [NaN]], db = [NaN, NaN, NaN], dbh = [NaN, NaN, NaN]` | `dx = [[NaN]], dh = [[NaN]], dw = [[NaN], [NaN], [NaN]], du = [[NaN], [NaN], [NaN]], db = [NaN, NaN, NaN], dbh = [NaN, NaN, NaN]` | `dx = [[NaN]], dh = [[NaN]], dw = [[NaN], [NaN], [NaN]], du = [[NaN], [NaN], [NaN]], db = [NaN, NaN, NaN], dbh = [NaN, NaN, NaN]` | PyTorch rounds 1 − σ to 0, and 0 · ∞ is NaN |
 * | `x = [[0]], h = [[∞]], w = [[1], [1], [1]], u = [[0], [0], [0]], b = [0, 0, 0], bh = [0, 0, 0]` | `[[NaN]]` | `[[NaN]]` | `[[NaN]]` | same | same | same | |
 * | `x = [[NaN], [0]], h = [[0], [0]], w = [[1], [1], [1]], u = [[1], [1], [1]], b = [0, 0, 0], bh = [0, 0, 0]` | `[[NaN], [0]]` | `[[NaN], [0.5]]` | `[[NaN], [0.75]]` | same | same | same | |
 *
 * ## Stability
 *
 * Below about −709, $`e^{-u}`$ overflows in float64. With the absolute value in
 * the exponent, nothing overflows. Call the sum $`T`$:
 *
 * ```math
 * T_{ij} = A_{ij} + S_{ij}
 * ```
 *
 * ```math
 * R_{ij} = \begin{cases}
 *   \frac{1}{1 + e^{-|T_{ij}|}} & T_{ij} \ge 0 \\
 *   \frac{e^{-|T_{ij}|}}{1 + e^{-|T_{ij}|}} & T_{ij} < 0
 * \end{cases}
 * ```
 *
 * If a gate is nearly 1, one minus the gate has few correct digits or none. But
 * $`1 - \sigma(u)`$ is $`\sigma(-u)`$, and the derivative from the quotient rule
 * contains no difference. Neither does $`1 - \tanh^2 u`$ if it is computed as one
 * over the square of $`\cosh u`$:
 *
 * ```math
 * R_{ij} (1 - R_{ij}) = \frac{e^{-|T_{ij}|}}{(1 + e^{-|T_{ij}|})^2}
 * ```
 *
 * This is what the code computes.
 *
 * ## Cost
 *
 * Forward $`6nm(k + m)`$ flops (multiply-adds count as two), and three logistic
 * functions or tangents for each element of the state. The backward pass computes
 * $`A`$, $`S`$ and the gates again, once for all gradients, and then as much again
 * for the gradients of the inputs and states, and for those of the weights. It needs
 * all inputs, but not $`H'`$.
 *
 * The sums of $`A`$ and $`S`$, and all that is computed from them, are in float64.
 * The gradients are products of matrices, whose sums are like those of a linear
 * layer: in float64 below 4096 multiply-adds, otherwise in the element type.
 *
 * ## Example
 *
 * ```ts
 * import { gruCell, gruCellD } from "@adjoint/ops/gru-cell";
 * import { ones, tensor, zeros } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const w = zeros([3, 1]), u = zeros([3, 1]);
 * const b = tensor([0, 100, 0]); // The update gate is open.
 * const steps = [tensor([[3]]), tensor([[1]])];
 *
 * let h = tensor([[0.5]]);
 * for (const x of steps) h = gruCell(x, h, w, u, b, null);
 * const d = gruCellD(steps[1]!, h, w, u, b, null, ones([1, 1]));
 *
 * assertEquals(h, tensor([[0.5]])); // Nothing is forgotten,
 * assertEquals(d.h, tensor([[1]])); // and no gradient vanishes.
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.gru_cell(torch.atleast_2d(x).flatten(0, -2), torch.atleast_2d(h).flatten(0, -2), w, u, b, bh).reshape(h.shape)`
 * - JAX: `(lambda a, s: (lambda r, z, i: (1 - z) * jnp.tanh(a[i] + r * s[i]) + z * h)(jax.nn.sigmoid(a[0] + s[0]), jax.nn.sigmoid(a[1] + s[1]), 2))(jnp.split(x @ w.T + b, 3, axis=-1), jnp.split(h @ u.T + bh, 3, axis=-1))`
 * - TensorFlow: `(lambda a, s: (lambda r, z, i: (1 - z) * tf.tanh(a[i] + r * s[i]) + z * h)(tf.sigmoid(a[0] + s[0]), tf.sigmoid(a[1] + s[1]), 2))(tf.split(tf.linalg.matmul(x, w, transpose_b=True) + b, 3, axis=-1), tf.split(tf.linalg.matmul(h, u, transpose_b=True) + bh, 3, axis=-1))`
 * - K. Cho, B. van Merriënboer, C. Gulcehre and others, *Learning Phrase
 *   Representations using RNN Encoder–Decoder for Statistical Machine Translation*,
 *   2014: [arXiv:1406.1078](https://arxiv.org/abs/1406.1078).
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameDim,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import {
  fastLayer,
  fastLayerD,
  layer,
  layerD,
  sigmoid,
  sigmoidD,
  tanhD,
} from "./gates.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("gruCell", {
  inputs: {
    x: "n… k",
    h: "n… m",
    w: "3*m k",
    u: "3*m m",
    b: { shape: "3*m", optional: true },
    bh: { shape: "3*m", optional: true },
  },
  outputs: { h: "n… m" },

  forward({ x, h, w, u, b, bh, hNext, n, k, m }) {
    const a = layer(x, w, b, n, k, 3 * m), s = layer(h, u, bh, n, m, 3 * m);
    next(a, s, h, hNext, n, m);
  },

  backward(
    { x, h, w, u, b, bh, dhNext, dx, dh, dw, du, db, dbh, n, k, m },
  ) {
    const a = layer(x, w, b, n, k, 3 * m), s = layer(h, u, bh, n, m, 3 * m);
    const kept = nextD(a, s, h, dhNext, n, m);
    layerD(a, x, w, { x: dx, w: dw, b: db }, n, k, 3 * m);
    layerD(s, h, u, { x: dh, onto: kept, w: du, b: dbh }, n, m, 3 * m);
  },

  kernels: {
    forward({ x, h, w, u, b, bh, hNext, n, k, m }) {
      const a = fastLayer(x, w, b, n, k, 3 * m);
      next(a, fastLayer(h, u, bh, n, m, 3 * m), h, hNext, n, m);
    },
    backward(
      { x, h, w, u, b, bh, dhNext, dx, dh, dw, du, db, dbh, n, k, m },
    ) {
      const a = fastLayer(x, w, b, n, k, 3 * m);
      const s = fastLayer(h, u, bh, n, m, 3 * m);
      const kept = nextD(a, s, h, dhNext, n, m);
      fastLayerD(a, x, w, { x: dx, w: dw, b: db }, n, k, 3 * m);
      fastLayerD(s, h, u, { x: dh, onto: kept, w: du, b: dbh }, n, m, 3 * m);
    },
  },
});

/** Writes the states after the step. */
function next(
  a: Float64Array,
  s: Float64Array,
  h: Float,
  hNext: Float,
  n: number,
  m: number,
): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      const at = 3 * i * m + j, to = i * m + j;
      const reset = sigmoid(a[at] + s[at]); // Rᵢⱼ = σ(Aᵢⱼ + Sᵢⱼ)
      const z = a[at + m] + s[at + m]; // Zᵢⱼ = σ of it, and 1 − Zᵢⱼ = σ of −it
      const candidate = Math.tanh(a[at + 2 * m] + reset * s[at + 2 * m]);
      // H′ᵢⱼ = (1 − Zᵢⱼ) Gᵢⱼ + Zᵢⱼ Hᵢⱼ
      hNext[to] = sigmoid(-z) * candidate + sigmoid(z) * h[to];
    }
  }
}

/** Replaces A and S by the gradients with respect to them; returns what reaches
 * the state through the mixture, `∂E/∂H′ Z`. */
function nextD(
  a: Float64Array,
  s: Float64Array,
  h: Float,
  dh: Float,
  n: number,
  m: number,
): Float64Array {
  const kept = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      const at = 3 * i * m + j, to = i * m + j;
      const r = a[at] + s[at], z = a[at + m] + s[at + m];
      const reset = sigmoid(r), shown = s[at + 2 * m];
      const g = a[at + 2 * m] + reset * shown;
      // Dᵢⱼ = ∂E/∂H′ᵢⱼ (1 − Zᵢⱼ) (1 − Gᵢⱼ²)
      const d = dh[to] * sigmoid(-z) * tanhD(g);
      kept[to] = dh[to] * sigmoid(z);
      a[at] = s[at] = d * shown * sigmoidD(r); // Dᵢⱼ Sᵢⱼ Rᵢⱼ (1 − Rᵢⱼ)
      a[at + m] = s[at + m] = dh[to] * (h[to] - Math.tanh(g)) * sigmoidD(z); // ∂E/∂H′ᵢⱼ (Hᵢⱼ − Gᵢⱼ) Zᵢⱼ (1 − Zᵢⱼ)
      a[at + 2 * m] = d;
      s[at + 2 * m] = d * reset; // Dᵢⱼ Rᵢⱼ
    }
  }
  return kept;
}

/** The gradients of {@linkcode gruCell}, by the names of its inputs. */
export interface GruCellGradients<
  N extends Shape,
  K extends number,
  M extends number,
  D extends Float,
> {
  /** `∂E/∂X`. */
  x: Tensor<readonly [...N, K], D>;
  /** `∂E/∂H`. */
  h: Tensor<readonly [...N, M], D>;
  /** `∂E/∂W`. */
  w: Tensor<[number, K], D>;
  /** `∂E/∂U`. */
  u: Tensor<[number, M], D>;
  /** `∂E/∂b`. */
  b: Tensor<[number], D>;
  /** `∂E/∂β`. */
  bh: Tensor<[number], D>;
}

/** The next states of a GRU cell: `H′ᵢⱼ = (1 − Zᵢⱼ) Gᵢⱼ + Zᵢⱼ Hᵢⱼ`, where the update
 * gate `Z` and the candidate `G` are computed from the inputs and the states.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `3*m×k`: reset gate, update gate
 * and candidate, one below the other.
 * @param u The weights of the states `U`, of shape `3*m×m`.
 * @param b The bias of the inputs, of shape `3*m`, or null for none.
 * @param bh The bias `β` of the states, of shape `3*m`, or null for none.
 * @returns The next states `H′`, of shape `n×m`.
 *
 * @example Usage
 * ```ts
 * import { gruCell } from "@adjoint/ops/gru-cell";
 * import { tensor, zeros } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3]), h = tensor([4]);
 * const w = zeros([3, 3]), u = zeros([3, 1]);
 *
 * assertEquals(gruCell(x, h, w, u, null, null), tensor([2])); // Half of it stays.
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/gru-cell
 */
export function gruCell<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  bh: Tensor<readonly [number], NoInfer<D>> | null,
  options?: Options<NoInfer<readonly [...N, M]>, NoInfer<D>>,
): Tensor<readonly [...N, M], D> {
  return signature.forward([x, h, w, u, b, bh], options);
}

/** All gradients of {@linkcode gruCell}, for which the gates are computed once.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `3*m×k`: reset gate, update gate
 * and candidate, one below the other.
 * @param u The weights of the states `U`, of shape `3*m×m`.
 * @param b The bias of the inputs, of shape `3*m`, or null for none, which has no
 * gradient.
 * @param bh The bias `β` of the states, of shape `3*m`, or null for none, which
 * has no gradient.
 * @param dout The gradient of the loss with respect to the next states, of shape
 * `n×m`.
 * @returns The gradients with respect to `x`, `h`, `w`, `u`, `b` and `bh`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/gru-cell
 */
export function gruCellD<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  S extends Shape,
  D extends Float,
  G extends "x" | "h" | "w" | "u" | "b" | "bh" =
    | "x"
    | "h"
    | "w"
    | "u"
    | "b"
    | "bh",
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  bh: Tensor<readonly [number], NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: GradientOptions<GruCellGradients<N, K, M, D>, G>,
): Pick<GruCellGradients<N, K, M, D>, G> {
  return signature.backward([x, h, w, u, b, bh, dout], options);
}

/** The gradient of {@linkcode gruCell} with respect to `x`:
 * `∂E/∂Xᵢₗ = Σⱼ₌₁³ᵐ ∂E/∂Aᵢⱼ Wⱼₗ`, with the gradient of the inputs' layer
 * `∂E/∂A`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `3*m×k`: reset gate, update gate
 * and candidate, one below the other.
 * @param u The weights of the states `U`, of shape `3*m×m`.
 * @param b The bias of the inputs, of shape `3*m`, or null for none.
 * @param bh The bias `β` of the states, of shape `3*m`, or null for none.
 * @param dout The gradient of the loss with respect to the next states, of shape
 * `n×m`.
 * @returns The gradient, of shape `n×k`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/gru-cell
 */
export function gruCellDx<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  bh: Tensor<readonly [number], NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: Options<NoInfer<readonly [...N, K]>, NoInfer<D>>,
): Tensor<readonly [...N, K], D> {
  return signature.gradient("x", [x, h, w, u, b, bh, dout], options);
}

/** The gradient of {@linkcode gruCell} with respect to `h`:
 * `∂E/∂Hᵢₗ = ∂E/∂H′ᵢₗ Zᵢₗ + Σⱼ₌₁³ᵐ ∂E/∂Sᵢⱼ Uⱼₗ`, with the gradient of the
 * states' layer `∂E/∂S`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `3*m×k`: reset gate, update gate
 * and candidate, one below the other.
 * @param u The weights of the states `U`, of shape `3*m×m`.
 * @param b The bias of the inputs, of shape `3*m`, or null for none.
 * @param bh The bias `β` of the states, of shape `3*m`, or null for none.
 * @param dout The gradient of the loss with respect to the next states, of shape
 * `n×m`.
 * @returns The gradient, of shape `n×m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/gru-cell
 */
export function gruCellDh<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  bh: Tensor<readonly [number], NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: Options<NoInfer<readonly [...N, M]>, NoInfer<D>>,
): Tensor<readonly [...N, M], D> {
  return signature.gradient("h", [x, h, w, u, b, bh, dout], options);
}

/** The gradient of {@linkcode gruCell} with respect to `w`:
 * `∂E/∂Wⱼₗ = Σᵢ ∂E/∂Aᵢⱼ Xᵢₗ`,
 * with the gradient of the inputs' layer `∂E/∂A`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `3*m×k`: reset gate, update gate
 * and candidate, one below the other.
 * @param u The weights of the states `U`, of shape `3*m×m`.
 * @param b The bias of the inputs, of shape `3*m`, or null for none.
 * @param bh The bias `β` of the states, of shape `3*m`, or null for none.
 * @param dout The gradient of the loss with respect to the next states, of shape
 * `n×m`.
 * @returns The gradient, of shape `3*m×k`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/gru-cell
 */
export function gruCellDw<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  bh: Tensor<readonly [number], NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: Options<NoInfer<[number, K]>, NoInfer<D>>,
): Tensor<[number, K], D> {
  return signature.gradient("w", [x, h, w, u, b, bh, dout], options);
}

/** The gradient of {@linkcode gruCell} with respect to `u`:
 * `∂E/∂Uⱼₗ = Σᵢ ∂E/∂Sᵢⱼ Hᵢₗ`,
 * with the gradient of the states' layer `∂E/∂S`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `3*m×k`: reset gate, update gate
 * and candidate, one below the other.
 * @param u The weights of the states `U`, of shape `3*m×m`.
 * @param b The bias of the inputs, of shape `3*m`, or null for none.
 * @param bh The bias `β` of the states, of shape `3*m`, or null for none.
 * @param dout The gradient of the loss with respect to the next states, of shape
 * `n×m`.
 * @returns The gradient, of shape `3*m×m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/gru-cell
 */
export function gruCellDu<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  bh: Tensor<readonly [number], NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: Options<NoInfer<[number, M]>, NoInfer<D>>,
): Tensor<[number, M], D> {
  return signature.gradient("u", [x, h, w, u, b, bh, dout], options);
}

/** The gradient of {@linkcode gruCell} with respect to `b`:
 * `∂E/∂bⱼ = Σᵢ ∂E/∂Aᵢⱼ`,
 * with the gradient of the inputs' layer `∂E/∂A`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `3*m×k`: reset gate, update gate
 * and candidate, one below the other.
 * @param u The weights of the states `U`, of shape `3*m×m`.
 * @param b The bias of the inputs, of shape `3*m`.
 * @param bh The bias `β` of the states, of shape `3*m`, or null for none.
 * @param dout The gradient of the loss with respect to the next states, of shape
 * `n×m`.
 * @returns The gradient, of shape `3*m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/gru-cell
 */
export function gruCellDb<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>>,
  bh: Tensor<readonly [number], NoInfer<D>> | null,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: Options<NoInfer<[number]>, NoInfer<D>>,
): Tensor<[number], D> {
  return signature.gradient("b", [x, h, w, u, b, bh, dout], options);
}

/** The gradient of {@linkcode gruCell} with respect to `bh`:
 * `∂E/∂βⱼ = Σᵢ ∂E/∂Sᵢⱼ`,
 * with the gradient of the states' layer `∂E/∂S`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `3*m×k`: reset gate, update gate
 * and candidate, one below the other.
 * @param u The weights of the states `U`, of shape `3*m×m`.
 * @param b The bias of the inputs, of shape `3*m`, or null for none.
 * @param bh The bias `β` of the states, of shape `3*m`.
 * @param dout The gradient of the loss with respect to the next states, of shape
 * `n×m`.
 * @returns The gradient, of shape `3*m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/gru-cell
 */
export function gruCellDbh<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  bh: Tensor<readonly [number], NoInfer<D>>,
  dout: Tensor<SameShape<S, readonly [...N, M]>, NoInfer<D>>,
  options?: Options<NoInfer<[number]>, NoInfer<D>>,
): Tensor<[number], D> {
  return signature.gradient("bh", [x, h, w, u, b, bh, dout], options);
}
