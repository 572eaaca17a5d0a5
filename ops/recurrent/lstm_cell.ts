// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # LSTM cell
 *
 * Takes one step of a network with long short-term memory: gates decide what a
 * memory keeps, what is added to it, and how much of it is shown.
 *
 * ```math
 * A_{ij} = \sum_{l=1}^{k} X_{il} W_{jl} + \sum_{l=1}^{m} H_{il} U_{jl} + b_j
 * ```
 *
 * ```math
 * I_{ij} = \sigma(A_{ij}), \qquad
 * F_{ij} = \sigma(A_{i, m+j}), \qquad
 * G_{ij} = \tanh A_{i, 2m+j}, \qquad
 * O_{ij} = \sigma(A_{i, 3m+j}), \qquad
 * \sigma(u) = \frac{1}{1 + e^{-u}}
 * ```
 *
 * ```math
 * C'_{ij} = F_{ij} C_{ij} + I_{ij} G_{ij}, \qquad
 * H'_{ij} = O_{ij} \tanh C'_{ij}
 * ```
 *
 * The gradients, with $`D`$ for the whole gradient with respect to the new
 * memory $`C'`$:
 *
 * ```math
 * D_{ij} = \frac{\partial E}{\partial C'_{ij}}
 *   + \frac{\partial E}{\partial H'_{ij}} O_{ij} \left( 1 - \tanh^2 C'_{ij} \right), \qquad
 * \frac{\partial E}{\partial C_{ij}} = D_{ij} F_{ij}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial A_{ij}} = \begin{cases}
 *   D_{ij} G_{ij} I_{ij} (1 - I_{ij}) & j \le m \\
 *   D_{i, j-m} C_{i, j-m} F_{i, j-m} (1 - F_{i, j-m}) & m < j \le 2m \\
 *   D_{i, j-2m} I_{i, j-2m} (1 - G_{i, j-2m}^2) & 2m < j \le 3m \\
 *   \frac{\partial E}{\partial H'_{i, j-3m}} \tanh(C'_{i, j-3m})
 *     O_{i, j-3m} (1 - O_{i, j-3m}) & 3m < j
 * \end{cases}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{il}}
 *   = \sum_{j=1}^{4m} \frac{\partial E}{\partial A_{ij}} W_{jl}, \qquad
 * \frac{\partial E}{\partial W_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}} X_{il}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial H_{il}}
 *   = \sum_{j=1}^{4m} \frac{\partial E}{\partial A_{ij}} U_{jl}, \qquad
 * \frac{\partial E}{\partial U_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}} H_{il}, \qquad
 * \frac{\partial E}{\partial b_j} = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times k`$ | input `x`, the inputs of this step |
 * | $`H`$ | $`n \times m`$ | input `h`, the states before it |
 * | $`C`$ | $`n \times m`$ | input `c`, the memories before it |
 * | $`W`$ | $`4m \times k`$ | input `w`, the weights of the inputs |
 * | $`U`$ | $`4m \times m`$ | input `u`, the weights of the states |
 * | $`b`$ | $`4m`$ | input `b`, the bias |
 * | $`H'`$ | $`n \times m`$ | output `h`, the states after it |
 * | $`C'`$ | $`n \times m`$ | output `c`, the memories after it |
 * | $`\frac{\partial E}{\partial H'}`$ | $`n \times m`$ | `dout.h`, the gradient of the loss with respect to the states |
 * | $`\frac{\partial E}{\partial C'}`$ | $`n \times m`$ | `dout.c`, the gradient of the loss with respect to the memories |
 *
 * Each of the $`n`$ rows belongs to a sequence of its own. Any number of leading
 * axes counts as one, and there may be none. The weights of the four gates are
 * stacked in PyTorch's order: input, forget, candidate, output. The bias may be
 * null, which stands for zeros. PyTorch's cell has a second bias, which is added
 * to the first: here $`b`$ is the sum of the two.
 *
 * ## Forward
 *
 * One linear layer of the input and another one of the state, for all gates at
 * once:
 *
 * ```math
 * A_{ij} = \sum_{l=1}^{k} X_{il} W_{jl} + \sum_{l=1}^{m} H_{il} U_{jl} + b_j
 * ```
 *
 * with $`A \in \mathbb{R}^{n \times 4m}`$. Each quarter of its columns becomes a
 * gate. The values of the logistic function lie between 0 and 1:
 *
 * ```math
 * \sigma(u) = \frac{1}{1 + e^{-u}}
 * ```
 *
 * $`I`$ says how much is added to the memory, $`F`$ how much of it is kept, and
 * $`O`$ how much is shown. What is added, the candidate $`G`$, is between −1 and 1:
 *
 * ```math
 * I_{ij} = \sigma(A_{ij}), \qquad
 * F_{ij} = \sigma(A_{i, m+j}), \qquad
 * G_{ij} = \tanh A_{i, 2m+j}, \qquad
 * O_{ij} = \sigma(A_{i, 3m+j})
 * ```
 *
 * Each gate has the shape of the memory: $`I \in \mathbb{R}^{n \times m}`$,
 * $`F \in \mathbb{R}^{n \times m}`$, $`G \in \mathbb{R}^{n \times m}`$ and
 * $`O \in \mathbb{R}^{n \times m}`$.
 *
 * ```math
 * C'_{ij} = F_{ij} C_{ij} + I_{ij} G_{ij}
 * ```
 *
 * ```math
 * H'_{ij} = O_{ij} \tanh C'_{ij}
 * ```
 *
 * ## Derivation
 *
 * The gradients are derived in the opposite order.
 *
 * **Through the output.** The state is a product, so the gradient of each factor
 * contains the other factor:
 *
 * ```math
 * \frac{\partial E}{\partial O_{ij}}
 *   = \frac{\partial E}{\partial H'_{ij}} \tanh C'_{ij}
 * ```
 *
 * The memory acts on the loss in two ways: directly, as an output, and through
 * the state. The derivative of $`\tanh u`$ is $`1 - \tanh^2 u`$. Call the sum of
 * both ways $`D`$:
 *
 * ```math
 * D_{ij} = \frac{\partial E}{\partial C'_{ij}}
 *   + \frac{\partial E}{\partial H'_{ij}} O_{ij} \left( 1 - \tanh^2 C'_{ij} \right)
 * ```
 *
 * **Through the memory.** Two products are added, and again the gradient of
 * each factor contains the other factor:
 *
 * ```math
 * \frac{\partial E}{\partial F_{ij}} = D_{ij} C_{ij}, \qquad
 * \frac{\partial E}{\partial C_{ij}} = D_{ij} F_{ij}, \qquad
 * \frac{\partial E}{\partial I_{ij}} = D_{ij} G_{ij}, \qquad
 * \frac{\partial E}{\partial G_{ij}} = D_{ij} I_{ij}
 * ```
 *
 * Each step multiplies the gradient of the memory by the forget gate and by
 * nothing else, so it does not vanish if the gate is near 1.
 *
 * **Through the gates.** By the quotient rule the logistic function has the
 * derivative $`\frac{e^{-u}}{(1 + e^{-u})^2}`$, which is its value times one minus
 * its value. Each quarter of $`A`$ has the derivative of its gate:
 *
 * ```math
 * \frac{\partial E}{\partial A_{ij}} = \begin{cases}
 *   \frac{\partial E}{\partial I_{ij}} I_{ij} (1 - I_{ij}) & j \le m \\
 *   \frac{\partial E}{\partial F_{i, j-m}} F_{i, j-m} (1 - F_{i, j-m}) & m < j \le 2m \\
 *   \frac{\partial E}{\partial G_{i, j-2m}} (1 - G_{i, j-2m}^2) & 2m < j \le 3m \\
 *   \frac{\partial E}{\partial O_{i, j-3m}} O_{i, j-3m} (1 - O_{i, j-3m}) & 3m < j
 * \end{cases}
 * ```
 *
 * **Through the layers.** $`X_{il}`$ is in every element of row $`i`$ of $`A`$,
 * with the factor $`W_{jl}`$, and $`W_{jl}`$ in every element of column $`j`$, with
 * the factor $`X_{il}`$. The state and its weights take the same places. With the
 * Kronecker delta $`\delta_{ai}`$, which is 1 where $`a`$ is $`i`$ and 0 elsewhere:
 *
 * ```math
 * \frac{\partial A_{aj}}{\partial X_{il}} = \delta_{ai} W_{jl}, \qquad
 * \frac{\partial A_{ic}}{\partial W_{jl}} = \delta_{cj} X_{il}, \qquad
 * \frac{\partial A_{aj}}{\partial H_{il}} = \delta_{ai} U_{jl}, \qquad
 * \frac{\partial A_{ic}}{\partial U_{jl}} = \delta_{cj} H_{il}, \qquad
 * \frac{\partial A_{ic}}{\partial b_j} = \delta_{cj}
 * ```
 *
 * The chain rule sums over all of $`A`$, and the delta leaves one row or one
 * column:
 *
 * ```math
 * \frac{\partial E}{\partial X_{il}}
 *   = \sum_{a=1}^{n} \sum_{j=1}^{4m} \frac{\partial E}{\partial A_{aj}}
 *     \frac{\partial A_{aj}}{\partial X_{il}}
 *   = \sum_{j=1}^{4m} \frac{\partial E}{\partial A_{ij}} W_{jl}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial W_{jl}}
 *   = \sum_{i=1}^{n} \sum_{c=1}^{4m} \frac{\partial E}{\partial A_{ic}}
 *     \frac{\partial A_{ic}}{\partial W_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}} X_{il}
 * ```
 *
 * ## Backward
 *
 * The gates are computed once for all gradients, and so are $`D`$ and the gradient
 * with respect to $`A`$:
 *
 * ```math
 * \frac{\partial E}{\partial A_{ij}} = \begin{cases}
 *   D_{ij} G_{ij} I_{ij} (1 - I_{ij}) & j \le m \\
 *   D_{i, j-m} C_{i, j-m} F_{i, j-m} (1 - F_{i, j-m}) & m < j \le 2m \\
 *   D_{i, j-2m} I_{i, j-2m} (1 - G_{i, j-2m}^2) & 2m < j \le 3m \\
 *   \frac{\partial E}{\partial H'_{i, j-3m}} \tanh(C'_{i, j-3m})
 *     O_{i, j-3m} (1 - O_{i, j-3m}) & 3m < j
 * \end{cases}
 * ```
 *
 * {@linkcode lstmCellDc}:
 *
 * ```math
 * \frac{\partial E}{\partial C_{ij}} = D_{ij} F_{ij}
 * ```
 *
 * {@linkcode lstmCellDx} and {@linkcode lstmCellDw}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{il}}
 *   = \sum_{j=1}^{4m} \frac{\partial E}{\partial A_{ij}} W_{jl}, \qquad
 * \frac{\partial E}{\partial W_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}} X_{il}
 * ```
 *
 * {@linkcode lstmCellDh}, {@linkcode lstmCellDu} and {@linkcode lstmCellDb}:
 *
 * ```math
 * \frac{\partial E}{\partial H_{il}}
 *   = \sum_{j=1}^{4m} \frac{\partial E}{\partial A_{ij}} U_{jl}, \qquad
 * \frac{\partial E}{\partial U_{jl}}
 *   = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}} H_{il}, \qquad
 * \frac{\partial E}{\partial b_j} = \sum_{i=1}^{n} \frac{\partial E}{\partial A_{ij}}
 * ```
 *
 * ## Special points
 *
 * The cell is smooth, so it has no kinks. Its gates saturate: if all of them are
 * 1, the whole memory is kept, and 1 is added to it. No zero is skipped, so 0
 * times NaN or infinity is NaN: a closed gate does not stop an infinite memory.
 *
 * | at | $`H'`$ | $`C'`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial C}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[0]], h = [[0]], c = [[1]], w = [[1], [1], [1], [1]], u = [[1], [1], [1], [1]], b = [0, 0, 0, 0]` | `[[0.231059]]` | `[[0.5]]` | `[[1.16045]]` | `[[0.696612]]` | same | same | same | |
 * | `x = [[0]], h = [[0]], c = [[3]], w = [[1], [1], [1], [1]], u = [[1], [1], [1], [1]], b = [-1e4, 1e4, 1e4, -1e4]` | `[[0]]` | `[[3]]` | `[[0]]` | `[[1]]` | same | same | same | |
 * | `x = [[0]], h = [[0]], c = [[1]], w = [[0], [1], [0], [0]], u = [[1], [1], [1], [1]], b = [0, 40, 0, 0], dout.h = [[0]]` | `[[0.380797]]` | `[[1]]` | `[[4.248354e-18]]` | `[[1]]` | `dx = [[0]], db = [0, 0, 0.5, 0]` | `dx = [[0]], db = [0, 0, 0.5, 0]` | `dx = [[0]], db = [0, 0, 0.5, 0]` | PyTorch rounds 1 − σ to 0 |
 * | `x = [[1]], h = [[0]], c = [[1]], w = [[1], [1], [1], [1]], u = [[1], [1], [1], [1]], b = [40, 0, 0, 0], dout.c = [[∞]]` | `[[0.660739]]` | `[[1.49265]]` | `[[∞]]` | `[[∞]]` | `dx = [[NaN]], dh = [[NaN]], dw = [[NaN], [∞], [∞], [0.17770016]], db = [NaN, ∞, ∞, 0.17770016]` | `dx = [[NaN]], dh = [[NaN]], dw = [[NaN], [∞], [∞], [0.17770016]], db = [NaN, ∞, ∞, 0.17770016]` | `dx = [[NaN]], dh = [[NaN]], dw = [[NaN], [∞], [∞], [0.17770016]], db = [NaN, ∞, ∞, 0.17770016]` | PyTorch rounds 1 − σ to 0, and 0 · ∞ is NaN |
 * | `x = [[0]], h = [[0]], c = [[∞]], w = [[1], [1], [1], [1]], u = [[1], [1], [1], [1]], b = [0, -1e4, 0, 0]` | `[[NaN]]` | `[[NaN]]` | `[[NaN]]` | `[[NaN]]` | same | same | same | |
 * | `x = [[0]], h = [[0]], c = [[∞]], w = [[1], [1], [1], [1]], u = [[1], [1], [1], [1]], b = [0, 0, 0, 0]` | `[[0.5]]` | `[[∞]]` | `[[∞]]` | `[[0.5]]` | same | `dx = [[NaN]], dh = [[NaN]], db = [0, NaN, 0.5, 0.25]` | `dx = [[NaN]], dh = [[NaN]], db = [0, NaN, 0.5, 0.25]` | |
 * | `x = [[NaN], [0]], h = [[0], [0]], c = [[0], [0]], w = [[1], [1], [1], [1]], u = [[1], [1], [1], [1]], b = [0, 0, 0, 0]` | `[[NaN], [0]]` | `[[NaN], [0]]` | `[[NaN], [0.75]]` | `[[NaN], [0.75]]` | same | same | same | |
 *
 * ## Stability
 *
 * Below about −709, $`e^{-u}`$ overflows in float64. With the absolute value in
 * the exponent, nothing overflows:
 *
 * ```math
 * \sigma(u) = \frac{1}{1 + e^{-u}}
 * ```
 *
 * ```math
 * I_{ij} = \begin{cases}
 *   \frac{1}{1 + e^{-|A_{ij}|}} & A_{ij} \ge 0 \\
 *   \frac{e^{-|A_{ij}|}}{1 + e^{-|A_{ij}|}} & A_{ij} < 0
 * \end{cases}
 * ```
 *
 * If a gate is nearly 1, $`1 - I_{ij}`$ has few correct digits or none. The
 * derivative from the quotient rule contains no such difference, and neither does
 * $`1 - \tanh^2 u`$ if it is computed as one over the square of $`\cosh u`$:
 *
 * ```math
 * I_{ij} (1 - I_{ij}) = \frac{e^{-|A_{ij}|}}{(1 + e^{-|A_{ij}|})^2}
 * ```
 *
 * This is what the code computes.
 *
 * ## Cost
 *
 * Forward $`8nm(k + m)`$ flops (multiply-adds count as two), and five logistic
 * functions or tangents for each element of the memory. The backward pass computes
 * $`A`$ and the gates again, once for all gradients, and then as much again for
 * the gradients of the inputs and states, and for those of the weights. It needs
 * all inputs, but neither $`H'`$ nor $`C'`$.
 *
 * The sums of $`A`$, and all that is computed from them, are in float64. The
 * gradients are products of matrices, whose sums are like those of a linear layer:
 * in float64 below 4096 multiply-adds, otherwise in the element type.
 *
 * ## Example
 *
 * ```ts
 * import { lstmCell, lstmCellD } from "@adjoint/ops/lstm-cell";
 * import { ones, tensor, zeros } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const w = zeros([4, 1]), u = zeros([4, 1]);
 * const b = tensor([100, 100, 100, 100]); // All gates are open.
 * const steps = [tensor([[3]]), tensor([[1]])];
 *
 * let state = { h: zeros([1, 1]), c: zeros([1, 1]) };
 * for (const x of steps) state = lstmCell(x, state.h, state.c, w, u, b);
 * const dout = { h: zeros([1, 1]), c: ones([1, 1]) };
 * const d = lstmCellD(steps[1]!, state.h, state.c, w, u, b, dout);
 *
 * assertEquals(state.c, tensor([[2]])); // 1 was added in each step.
 * assertEquals(d.c, tensor([[1]])); // Nothing is forgotten.
 * ```
 *
 * ## References
 *
 * - PyTorch: `[y.reshape(h.shape) for y in torch.lstm_cell(torch.atleast_2d(x).flatten(0, -2), (torch.atleast_2d(h).flatten(0, -2), torch.atleast_2d(c).flatten(0, -2)), w, u, b)]`
 * - JAX: `(lambda i, f, g, o: (jax.nn.sigmoid(o) * jnp.tanh(jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)), jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)))(*jnp.split(x @ w.T + h @ u.T + b, 4, axis=-1))`
 * - TensorFlow: `(lambda i, f, g, o: (tf.sigmoid(o) * tf.tanh(tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)), tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)))(*tf.split(tf.linalg.matmul(x, w, transpose_b=True) + tf.linalg.matmul(h, u, transpose_b=True) + b, 4, axis=-1))`
 * - S. Hochreiter, J. Schmidhuber, *Long Short-Term Memory*, Neural Computation 9,
 *   1997: [doi:10.1162/neco.1997.9.8.1735](https://doi.org/10.1162/neco.1997.9.8.1735).
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameDim,
  Shape,
  Tensor,
} from "../core/types.ts";
import {
  add,
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
export const signature: Signature = op("lstmCell", {
  inputs: {
    x: "n… k",
    h: "n… m",
    c: "n… m",
    w: "4*m k",
    u: "4*m m",
    b: { shape: "4*m", optional: true },
  },
  outputs: { h: "n… m", c: "n… m" },

  forward({ x, h, c, w, u, b, hNext, cNext, n, k, m }) {
    const a = add(
      layer(x, w, b, n, k, 4 * m),
      layer(h, u, undefined, n, m, 4 * m),
    );
    next(a, c, hNext, cNext, n, m);
  },

  backward(
    { x, h, c, w, u, b, dhNext, dcNext, dx, dh, dc, dw, du, db, n, k, m },
  ) {
    const a = add(
      layer(x, w, b, n, k, 4 * m),
      layer(h, u, undefined, n, m, 4 * m),
    );
    nextD(a, c, dhNext, dcNext, dc, n, m);
    layerD(a, x, w, { x: dx, w: dw, b: db }, n, k, 4 * m);
    layerD(a, h, u, { x: dh, w: du }, n, m, 4 * m);
  },

  kernels: {
    forward({ x, h, c, w, u, b, hNext, cNext, n, k, m }) {
      const a = fastLayer(x, w, b, n, k, 4 * m);
      add(a, fastLayer(h, u, undefined, n, m, 4 * m));
      next(a, c, hNext, cNext, n, m);
    },
    backward(
      { x, h, c, w, u, b, dhNext, dcNext, dx, dh, dc, dw, du, db, n, k, m },
    ) {
      const a = fastLayer(x, w, b, n, k, 4 * m);
      add(a, fastLayer(h, u, undefined, n, m, 4 * m));
      nextD(a, c, dhNext, dcNext, dc, n, m);
      fastLayerD(a, x, w, { x: dx, w: dw, b: db }, n, k, 4 * m);
      fastLayerD(a, h, u, { x: dh, w: du }, n, m, 4 * m);
    },
  },
});

/** Writes the memories and states after the step. */
function next(
  a: Float64Array,
  c: Float,
  h: Float,
  cNext: Float,
  n: number,
  m: number,
): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      const at = 4 * i * m + j;
      const input = sigmoid(a[at]); // Iᵢⱼ = σ(Aᵢⱼ)
      const forget = sigmoid(a[at + m]);
      const candidate = Math.tanh(a[at + 2 * m]);
      const output = sigmoid(a[at + 3 * m]);
      const memory = forget * c[i * m + j] + input * candidate;
      cNext[i * m + j] = memory; // C′ᵢⱼ = Fᵢⱼ Cᵢⱼ + Iᵢⱼ Gᵢⱼ
      h[i * m + j] = output * Math.tanh(memory); // H′ᵢⱼ = Oᵢⱼ tanh C′ᵢⱼ
    }
  }
}

/** Writes `∂E/∂C`, and replaces A by the gradient with respect to it. */
function nextD(
  a: Float64Array,
  c: Float,
  dh: Float,
  dcNext: Float,
  dc: Float | undefined,
  n: number,
  m: number,
): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      const at = 4 * i * m + j, to = i * m + j;
      const [i4, f, g, o] = [a[at], a[at + m], a[at + 2 * m], a[at + 3 * m]];
      const input = sigmoid(i4), forget = sigmoid(f), candidate = Math.tanh(g);
      const memory = forget * c[to] + input * candidate;
      // Dᵢⱼ = ∂E/∂C′ᵢⱼ + ∂E/∂H′ᵢⱼ Oᵢⱼ (1 − tanh² C′ᵢⱼ)
      const d = dcNext[to] + dh[to] * sigmoid(o) * tanhD(memory);
      if (dc) dc[to] = d * forget; // ∂E/∂Cᵢⱼ = Dᵢⱼ Fᵢⱼ
      a[at] = d * candidate * sigmoidD(i4); // Dᵢⱼ Gᵢⱼ Iᵢⱼ (1 − Iᵢⱼ)
      a[at + m] = d * c[to] * sigmoidD(f); // Dᵢⱼ Cᵢⱼ Fᵢⱼ (1 − Fᵢⱼ)
      a[at + 2 * m] = d * input * tanhD(g); // Dᵢⱼ Iᵢⱼ (1 − Gᵢⱼ²)
      a[at + 3 * m] = dh[to] * Math.tanh(memory) * sigmoidD(o); // ∂E/∂H′ᵢⱼ tanh(C′ᵢⱼ) Oᵢⱼ (1 − Oᵢⱼ)
    }
  }
}

/** The states and memories of an LSTM cell.
 *
 * @example Usage
 * ```ts
 * import { lstmCell, type LstmState } from "@adjoint/ops/lstm-cell";
 * import { ones, type Tensor, zeros } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * type State = LstmState<Tensor<[1, 1]>>;
 * let state: State = { h: zeros([1, 1]), c: ones([1, 1]) };
 * const [w, u] = [zeros([4, 2]), zeros([4, 1])];
 * state = lstmCell(ones([1, 2]), state.h, state.c, w, u, null);
 *
 * assertEquals(state.c.data[0], 0.5); // Half of it is kept.
 * ```
 */
export interface LstmState<T> {
  /** The states `H`, what the cell shows. */
  h: T;
  /** The memories `C`. */
  c: T;
}

/** The options of {@linkcode lstmCell}.
 *
 * @example Usage
 * ```ts
 * import type { LstmCellOptions } from "@adjoint/ops/lstm-cell";
 * import { type Tensor, zeros } from "@adjoint/ops/tensor";
 *
 * const options: LstmCellOptions<Tensor<[8]>> = { out: { h: zeros([8]) } };
 * ```
 */
export interface LstmCellOptions<T> {
  /** Tensors to write the next states and memories to; new ones by default. */
  out?:
    | { readonly h?: T | undefined; readonly c?: T | undefined }
    | undefined;
}

/** The gradients of {@linkcode lstmCell}, by the names of its inputs. */
export interface LstmCellGradients<
  N extends Shape,
  K extends number,
  M extends number,
  D extends Float,
> {
  /** `∂E/∂X`. */
  x: Tensor<readonly [...N, K], D>;
  /** `∂E/∂H`. */
  h: Tensor<readonly [...N, M], D>;
  /** `∂E/∂C`. */
  c: Tensor<readonly [...N, M], D>;
  /** `∂E/∂W`. */
  w: Tensor<[number, K], D>;
  /** `∂E/∂U`. */
  u: Tensor<[number, M], D>;
  /** `∂E/∂b`. */
  b: Tensor<[number], D>;
}

/** The next states and memories of an LSTM cell: `C′ᵢⱼ = Fᵢⱼ Cᵢⱼ + Iᵢⱼ Gᵢⱼ`,
 * `H′ᵢⱼ = Oᵢⱼ tanh(C′ᵢⱼ)`, where the gates `I`, `F` and `O` and the candidate
 * `G` are computed from the inputs and the states.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param c The memories `C`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `4*m×k`: input, forget,
 * candidate and output gate, one below the other.
 * @param u The weights of the states `U`, of shape `4*m×m`.
 * @param b The bias, of shape `4*m`, or null for none.
 * @returns The next states and memories `{ h, c }`, both of shape `n×m`.
 *
 * @example Usage
 * ```ts
 * import { lstmCell } from "@adjoint/ops/lstm-cell";
 * import { tensor, zeros } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3]), h = zeros([1]), c = tensor([4]);
 * const w = zeros([4, 3]), u = zeros([4, 1]);
 * const b = tensor([-100, 100, 0, -100]); // It keeps all and shows nothing.
 * const next = lstmCell(x, h, c, w, u, b);
 *
 * assertEquals(next.c, tensor([4]));
 * assertEquals(Math.abs(next.h.data[0]!) < 1e-40, true);
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/lstm-cell
 */
export function lstmCell<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  c: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  options?: LstmCellOptions<Tensor<readonly [...N, M], NoInfer<D>>>,
): LstmState<Tensor<readonly [...N, M], D>> {
  return signature.forward([x, h, c, w, u, b], options);
}

/** All gradients of {@linkcode lstmCell}, for which the gates are computed once.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param c The memories `C`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `4*m×k`: input, forget,
 * candidate and output gate, one below the other.
 * @param u The weights of the states `U`, of shape `4*m×m`.
 * @param b The bias, of shape `4*m`, or null for none, which has no gradient.
 * @param dout The gradients of the loss with respect to the next states and
 * memories `{ h, c }`, both of shape `n×m`.
 * @returns The gradients with respect to `x`, `h`, `c`, `w`, `u` and `b`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/lstm-cell
 */
export function lstmCellD<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  D extends Float,
  G extends "x" | "h" | "c" | "w" | "u" | "b" =
    | "x"
    | "h"
    | "c"
    | "w"
    | "u"
    | "b",
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  c: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  dout: LstmState<Tensor<NoInfer<readonly [...N, M]>, NoInfer<D>>>,
  options?: GradientOptions<LstmCellGradients<N, K, M, D>, G>,
): Pick<LstmCellGradients<N, K, M, D>, G> {
  return signature.backward([x, h, c, w, u, b, dout], options);
}

/** The gradient of {@linkcode lstmCell} with respect to `x`:
 * `∂E/∂Xᵢₗ = Σⱼ₌₁⁴ᵐ ∂E/∂Aᵢⱼ Wⱼₗ`, with the gradient of the gates `∂E/∂A`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param c The memories `C`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `4*m×k`: input, forget,
 * candidate and output gate, one below the other.
 * @param u The weights of the states `U`, of shape `4*m×m`.
 * @param b The bias, of shape `4*m`, or null for none.
 * @param dout The gradients of the loss with respect to the next states and
 * memories `{ h, c }`, both of shape `n×m`.
 * @returns The gradient, of shape `n×k`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/lstm-cell
 */
export function lstmCellDx<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  c: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  dout: LstmState<Tensor<NoInfer<readonly [...N, M]>, NoInfer<D>>>,
  options?: Options<NoInfer<readonly [...N, K]>, NoInfer<D>>,
): Tensor<readonly [...N, K], D> {
  return signature.gradient("x", [x, h, c, w, u, b, dout], options);
}

/** The gradient of {@linkcode lstmCell} with respect to `h`:
 * `∂E/∂Hᵢₗ = Σⱼ₌₁⁴ᵐ ∂E/∂Aᵢⱼ Uⱼₗ`, with the gradient of the gates `∂E/∂A`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param c The memories `C`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `4*m×k`: input, forget,
 * candidate and output gate, one below the other.
 * @param u The weights of the states `U`, of shape `4*m×m`.
 * @param b The bias, of shape `4*m`, or null for none.
 * @param dout The gradients of the loss with respect to the next states and
 * memories `{ h, c }`, both of shape `n×m`.
 * @returns The gradient, of shape `n×m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/lstm-cell
 */
export function lstmCellDh<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  c: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  dout: LstmState<Tensor<NoInfer<readonly [...N, M]>, NoInfer<D>>>,
  options?: Options<NoInfer<readonly [...N, M]>, NoInfer<D>>,
): Tensor<readonly [...N, M], D> {
  return signature.gradient("h", [x, h, c, w, u, b, dout], options);
}

/** The gradient of {@linkcode lstmCell} with respect to `c`:
 * `∂E/∂Cᵢⱼ = Dᵢⱼ Fᵢⱼ`, where `Dᵢⱼ = ∂E/∂C′ᵢⱼ + ∂E/∂H′ᵢⱼ Oᵢⱼ (1 − tanh(C′ᵢⱼ)²)`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param c The memories `C`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `4*m×k`: input, forget,
 * candidate and output gate, one below the other.
 * @param u The weights of the states `U`, of shape `4*m×m`.
 * @param b The bias, of shape `4*m`, or null for none.
 * @param dout The gradients of the loss with respect to the next states and
 * memories `{ h, c }`, both of shape `n×m`.
 * @returns The gradient, of shape `n×m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/lstm-cell
 */
export function lstmCellDc<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  c: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  dout: LstmState<Tensor<NoInfer<readonly [...N, M]>, NoInfer<D>>>,
  options?: Options<NoInfer<readonly [...N, M]>, NoInfer<D>>,
): Tensor<readonly [...N, M], D> {
  return signature.gradient("c", [x, h, c, w, u, b, dout], options);
}

/** The gradient of {@linkcode lstmCell} with respect to `w`:
 * `∂E/∂Wⱼₗ = Σᵢ ∂E/∂Aᵢⱼ Xᵢₗ`,
 * with the gradient of the gates `∂E/∂A`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param c The memories `C`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `4*m×k`: input, forget,
 * candidate and output gate, one below the other.
 * @param u The weights of the states `U`, of shape `4*m×m`.
 * @param b The bias, of shape `4*m`, or null for none.
 * @param dout The gradients of the loss with respect to the next states and
 * memories `{ h, c }`, both of shape `n×m`.
 * @returns The gradient, of shape `4*m×k`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/lstm-cell
 */
export function lstmCellDw<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  c: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  dout: LstmState<Tensor<NoInfer<readonly [...N, M]>, NoInfer<D>>>,
  options?: Options<NoInfer<[number, K]>, NoInfer<D>>,
): Tensor<[number, K], D> {
  return signature.gradient("w", [x, h, c, w, u, b, dout], options);
}

/** The gradient of {@linkcode lstmCell} with respect to `u`:
 * `∂E/∂Uⱼₗ = Σᵢ ∂E/∂Aᵢⱼ Hᵢₗ`,
 * with the gradient of the gates `∂E/∂A`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param c The memories `C`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `4*m×k`: input, forget,
 * candidate and output gate, one below the other.
 * @param u The weights of the states `U`, of shape `4*m×m`.
 * @param b The bias, of shape `4*m`, or null for none.
 * @param dout The gradients of the loss with respect to the next states and
 * memories `{ h, c }`, both of shape `n×m`.
 * @returns The gradient, of shape `4*m×m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/lstm-cell
 */
export function lstmCellDu<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  c: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  dout: LstmState<Tensor<NoInfer<readonly [...N, M]>, NoInfer<D>>>,
  options?: Options<NoInfer<[number, M]>, NoInfer<D>>,
): Tensor<[number, M], D> {
  return signature.gradient("u", [x, h, c, w, u, b, dout], options);
}

/** The gradient of {@linkcode lstmCell} with respect to `b`:
 * `∂E/∂bⱼ = Σᵢ ∂E/∂Aᵢⱼ`,
 * with the gradient of the gates `∂E/∂A`.
 *
 * @param x The inputs `X`, of shape `n×k`, where n stands for any leading axes.
 * @param h The states `H`, of shape `n×m`.
 * @param c The memories `C`, of shape `n×m`.
 * @param w The weights of the inputs `W`, of shape `4*m×k`: input, forget,
 * candidate and output gate, one below the other.
 * @param u The weights of the states `U`, of shape `4*m×m`.
 * @param b The bias, of shape `4*m`.
 * @param dout The gradients of the loss with respect to the next states and
 * memories `{ h, c }`, both of shape `n×m`.
 * @returns The gradient, of shape `4*m`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/lstm-cell
 */
export function lstmCellDb<
  N extends Shape,
  K extends number,
  M extends number,
  P extends number,
  Q extends number,
  D extends Float,
>(
  x: Tensor<readonly [...N, K], D>,
  h: Tensor<readonly [...N, M], NoInfer<D>>,
  c: Tensor<readonly [...N, M], NoInfer<D>>,
  w: Tensor<readonly [number, SameDim<P, K>], NoInfer<D>>,
  u: Tensor<readonly [number, SameDim<Q, M>], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>>,
  dout: LstmState<Tensor<NoInfer<readonly [...N, M]>, NoInfer<D>>>,
  options?: Options<NoInfer<[number]>, NoInfer<D>>,
): Tensor<[number], D> {
  return signature.gradient("b", [x, h, c, w, u, b, dout], options);
}
