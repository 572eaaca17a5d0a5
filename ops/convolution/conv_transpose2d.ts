// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Transposed convolution
 *
 * Spreads each element of an image over a window of weights, and adds up where
 * windows overlap, as the gradient of a convolution does.
 *
 * ```math
 * Y_{ioyx} = b_o + \sum_{j=1}^{c}
 *   \sum_{a, \alpha : \rho_{a\alpha} = y} \sum_{m, \mu : \kappa_{m\mu} = x}
 *   X_{i,\, c \lfloor (o - 1) / k \rfloor + j,\, a,\, m}
 *   W_{c \lfloor (o - 1) / k \rfloor + j,\, (o - 1) \bmod k + 1,\, \alpha,\, \mu}
 * ```
 *
 * ```math
 * \rho_{a\alpha} = (a - 1) s + (\alpha - 1) d + 1 - p, \qquad
 * \kappa_{m\mu} = (m - 1) t + (\mu - 1) e + 1 - q
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ifam}} = \sum_{\omega=1}^{k}
 *   \sum_{\alpha : 1 \le \rho_{a\alpha} \le H} \sum_{\mu : 1 \le \kappa_{m\mu} \le L}
 *   \frac{\partial E}
 *     {\partial Y_{i,\, k \lfloor (f - 1) / c \rfloor + \omega,\, \rho_{a\alpha},\, \kappa_{m\mu}}}
 *   W_{f\omega\alpha\mu}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial W_{f\omega\alpha\mu}} = \sum_{i=1}^{n}
 *   \sum_{a : 1 \le \rho_{a\alpha} \le H} \sum_{m : 1 \le \kappa_{m\mu} \le L}
 *   X_{ifam} \frac{\partial E}
 *     {\partial Y_{i,\, k \lfloor (f - 1) / c \rfloor + \omega,\, \rho_{a\alpha},\, \kappa_{m\mu}}}, \qquad
 * \frac{\partial E}{\partial b_o}
 *   = \sum_{i=1}^{n} \sum_{y, x} \frac{\partial E}{\partial Y_{ioyx}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times g c \times h \times l`$ | input `x`, $`n`$ images of $`g c`$ channels |
 * | $`W`$ | $`g c \times k \times r \times v`$ | input `w`, the weights |
 * | $`b`$ | $`g k`$ | input `b`, the bias |
 * | $`s`$ | integer | option `stride[0]` |
 * | $`t`$ | integer | option `stride[1]` |
 * | $`p`$ | integer | option `padding[0]` |
 * | $`q`$ | integer | option `padding[1]` |
 * | $`u`$ | integer | option `outputPadding[0]` |
 * | $`z`$ | integer | option `outputPadding[1]` |
 * | $`d`$ | integer | option `dilation[0]` |
 * | $`e`$ | integer | option `dilation[1]` |
 * | $`g`$ | integer | option `groups` |
 * | $`Y`$ | $`n \times g k \times ((h - 1) s - 2 p + d (r - 1) + u + 1) \times ((l - 1) t - 2 q + e (v - 1) + z + 1)`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times g k \times ((h - 1) s - 2 p + d (r - 1) + u + 1) \times ((l - 1) t - 2 q + e (v - 1) + z + 1)`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The options are those of `conv2d`, with the same defaults, and `outputPadding`,
 * 0 by default, which is a pair or one number, too. But here the stride is the
 * distance between the windows in the output, and the padding is the number of
 * rows and of columns that are cut off on each side of it. The weights have one
 * row for each channel of $`X`$. The bias may be null, which stands for zeros.
 *
 * The loss $`E`$ is any number that is computed from $`Y`$.
 *
 * ## Forward
 *
 * Row $`\alpha`$ of the window that row $`a`$ of the image is spread over lies on row
 * $`\rho_{a\alpha}`$ of the output, and column $`\mu`$ of the window of column $`m`$ on
 * column $`\kappa_{m\mu}`$:
 *
 * ```math
 * \rho_{a\alpha} = (a - 1) s + (\alpha - 1) d + 1 - p
 * ```
 *
 * ```math
 * \kappa_{m\mu} = (m - 1) t + (\mu - 1) e + 1 - q
 * ```
 *
 * The shapes are $`\rho \in \mathbb{R}^{h \times r}`$ and
 * $`\kappa \in \mathbb{R}^{l \times v}`$. The output has as many rows $`H`$ and
 * columns $`L`$ as the windows cover, without the padding, but with the output
 * padding:
 *
 * ```math
 * H = (h - 1) s - 2 p + d (r - 1) + u + 1
 * ```
 *
 * ```math
 * L = (l - 1) t - 2 q + e (v - 1) + z + 1
 * ```
 *
 * **Output padding.** A convolution with stride $`s`$ may leave a remainder of up
 * to $`s - 1`$ rows, so images of $`s`$ different heights give outputs of the
 * same height. On the way back $`u`$, from 0 to $`s - 1`$, selects one of these
 * heights. It adds rows at the bottom: not zeros, but rows that windows may
 * reach.
 *
 * Each output is the sum of what the windows add to it. Before the group of output
 * $`o`$ there are ⌊(o − 1) ∕ k⌋ others, each of $`c`$ channels:
 *
 * ```math
 * Y_{ioyx} = b_o + \sum_{j=1}^{c}
 *   \sum_{a, \alpha : \rho_{a\alpha} = y} \sum_{m, \mu : \kappa_{m\mu} = x}
 *   X_{i,\, c \lfloor (o - 1) / k \rfloor + j,\, a,\, m}
 *   W_{c \lfloor (o - 1) / k \rfloor + j,\, (o - 1) \bmod k + 1,\, \alpha,\, \mu}
 * ```
 *
 * Which input meets which output, for one row of 3 elements, windows of 3 that are 2
 * apart, padding 1 and output padding 1:
 *
 * ```text
 *              X₁      X₂      X₃
 *
 *                Y₁  Y₂  Y₃  Y₄  Y₅  Y₆
 *         X₁     W₂  W₃                       W₁ is cut off
 *         X₂         W₁  W₂  W₃
 *         X₃                 W₁  W₂  W₃       Y₆ is there by output padding
 * ```
 *
 * This is the table of {@link [conv2d] conv2d}, with $`X`$ and $`Y`$ exchanged:
 * the output is now the sum down a column.
 *
 * ## Derivation
 *
 * **With respect to $`X`$.** The table is read the other way, along a row: an
 * element is multiplied by each weight of its window, and the product is in the
 * output above it in the table, if there is one. So the gradient is a convolution
 * of that of the output, with the same stride, padding and dilation:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ifam}} = \sum_{\omega=1}^{k}
 *   \sum_{\alpha : 1 \le \rho_{a\alpha} \le H} \sum_{\mu : 1 \le \kappa_{m\mu} \le L}
 *   \frac{\partial E}
 *     {\partial Y_{i,\, k \lfloor (f - 1) / c \rfloor + \omega,\, \rho_{a\alpha},\, \kappa_{m\mu}}}
 *   W_{f\omega\alpha\mu}
 * ```
 *
 * **With respect to $`W`$.** A weight occurs once in each row of the table. It
 * meets the element of its row, and the output of its column:
 *
 * ```math
 * \frac{\partial E}{\partial W_{f\omega\alpha\mu}} = \sum_{i=1}^{n}
 *   \sum_{a : 1 \le \rho_{a\alpha} \le H} \sum_{m : 1 \le \kappa_{m\mu} \le L}
 *   X_{ifam} \frac{\partial E}
 *     {\partial Y_{i,\, k \lfloor (f - 1) / c \rfloor + \omega,\, \rho_{a\alpha},\, \kappa_{m\mu}}}
 * ```
 *
 * **With respect to $`b`$.** A bias is in each output of its channel once:
 *
 * ```math
 * \frac{\partial Y_{ioyx}}{\partial b_o} = 1
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial b_o}
 *   = \sum_{i=1}^{n} \sum_{y, x} \frac{\partial E}{\partial Y_{ioyx}}
 * ```
 *
 * So convolution and transposed convolution are each other's gradient with respect to
 * the input, and the gradient with respect to the weights is the same for both.
 *
 * ## Backward
 *
 * {@linkcode convTranspose2dDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ifam}} = \sum_{\omega=1}^{k}
 *   \sum_{\alpha : 1 \le \rho_{a\alpha} \le H} \sum_{\mu : 1 \le \kappa_{m\mu} \le L}
 *   \frac{\partial E}
 *     {\partial Y_{i,\, k \lfloor (f - 1) / c \rfloor + \omega,\, \rho_{a\alpha},\, \kappa_{m\mu}}}
 *   W_{f\omega\alpha\mu}
 * ```
 *
 * {@linkcode convTranspose2dDw}:
 *
 * ```math
 * \frac{\partial E}{\partial W_{f\omega\alpha\mu}} = \sum_{i=1}^{n}
 *   \sum_{a : 1 \le \rho_{a\alpha} \le H} \sum_{m : 1 \le \kappa_{m\mu} \le L}
 *   X_{ifam} \frac{\partial E}
 *     {\partial Y_{i,\, k \lfloor (f - 1) / c \rfloor + \omega,\, \rho_{a\alpha},\, \kappa_{m\mu}}}
 * ```
 *
 * {@linkcode convTranspose2dDb}:
 *
 * ```math
 * \frac{\partial E}{\partial b_o}
 *   = \sum_{i=1}^{n} \sum_{y, x} \frac{\partial E}{\partial Y_{ioyx}}
 * ```
 *
 * ## Special points
 *
 * The function is linear in each input, so it has no kinks. An output that no window
 * reaches, as between windows that are shorter than the stride, is the bias. Products
 * that would lie outside the output are not computed.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial W}`$ | $`\frac{\partial E}{\partial b}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[[1, 2]]]], w = [[[[1, 10]]]], b = [5], stride = [1, 3]` | `[[[[6, 15, 5, 7, 25]]]]` | `[[[[11, 11]]]]` | `[[[[3, 3]]]]` | `[5]` | same | same | same | |
 * | `x = [[[[1, 2]]]], w = [[[[1, 10, 100]]]], b = [0], stride = [1, 2], padding = [0, 1], outputPadding = [0, 1]` | `[[[[10, 102, 20, 200]]]]` | `[[[[110, 111]]]]` | `[[[[2, 3, 3]]]]` | `[4]` | same | same | same | |
 * | `x = [[[[0, NaN]]]], w = [[[[0, 1]]]], b = [0]` | `[[[[0, NaN, NaN]]]]` | `[[[[1, 1]]]]` | `[[[[NaN, NaN]]]]` | `[3]` | same | same | same | |
 * | `x = [[[[1, 2]]]], w = [[[[∞, 2, 3]]]], b = [0], padding = [0, 1]` | `[[[[∞, 7]]]]` | `[[[[5, ∞]]]]` | `[[[[2, 3, 1]]]]` | `[2]` | `dx = [[[[NaN, ∞]]]]` | same | `dx = [[[[NaN, ∞]]]]` | what falls outside the output is skipped; PyTorch multiplies zeros there |
 *
 * ## Cost
 *
 * As much as the convolution that it transposes: one multiply-add for each
 * element of $`X`$, each weight of its window and each of the $`k`$ outputs, and
 * the same for each of the two large gradients. The backward pass needs $`W`$ for
 * the gradient of the input and $`X`$ for that of the weights, but not $`Y`$.
 *
 * The kernels are those of `conv2d`: the forward pass is its gradient with
 * respect to the input, and the gradient is its forward pass. Transposed
 * convolutions of fewer than 32,768 multiply-adds are computed by the loop, in
 * float64, and rounded once.
 *
 * ## Example
 *
 * ```ts
 * import { convTranspose2d } from "@adjoint/ops/conv-transpose2d";
 * import { conv2dDx } from "@adjoint/ops/conv2d";
 * import { tensor, zeros } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[[1, 2, 3]]]]);
 * const w = tensor([[[[1, 10, 100]]]]);
 * const options = { stride: [1, 2], padding: [0, 1] } as const;
 * const y = convTranspose2d(x, w, null, { ...options, outputPadding: [0, 1] });
 *
 * assertEquals(y, tensor([[[[10, 102, 20, 203, 30, 300]]]]));
 * // The same as the gradient of a convolution whose output is x.
 * assertEquals(y, conv2dDx(zeros([1, 1, 1, 6]), w, null, x, options));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.conv_transpose2d(x, w, b, stride, padding, outputPadding, groups, dilation)`
 * - JAX: `jax.lax.conv_general_dilated(x, jnp.flip(w, (2, 3)).swapaxes(0, 1), (1, 1), [(dilation[i] * (w.shape[2 + i] - 1) - padding[i], dilation[i] * (w.shape[2 + i] - 1) - padding[i] + outputPadding[i]) for i in (0, 1)], lhs_dilation=stride, rhs_dilation=dilation) + b[:, None, None]`
 * - TensorFlow: `tf.transpose(tf.nn.conv2d_transpose(tf.transpose(x, [0, 2, 3, 1]), tf.transpose(w, [2, 3, 1, 0]), [x.shape[0]] + [(x.shape[2 + i] - 1) * stride[i] + w.shape[2 + i] + outputPadding[i] for i in (0, 1)] + [w.shape[1]], stride, "VALID") + b, [0, 3, 1, 2])[:, :, padding[0]:-padding[0] or None, padding[1]:-padding[1] or None]`
 * - V. Dumoulin, F. Visin, *A guide to convolution arithmetic for deep learning*,
 *   2016: [arXiv:1603.07285](https://arxiv.org/abs/1603.07285).
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { integer, pair } from "../core/options.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import {
  convolve,
  convolveDw,
  convolveDx,
  type Sizes,
} from "../kernels/convolve.ts";
import { sumChannels } from "../kernels/stream.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("convTranspose2d", {
  inputs: {
    x: "n groups*c h l",
    w: "groups*c k r v",
    b: { shape: "groups*k", optional: true },
  },
  options: {
    stride: pair(["s", "t"], 1, { from: 1 }),
    padding: pair(["p", "q"], 0, { from: 0 }),
    outputPadding: pair(["u", "z"], 0, { from: 0, below: "stride" }),
    dilation: pair(["d", "e"], 1, { from: 1 }),
    groups: integer(1, { from: 1 }),
  },
  outputs: {
    y: "n groups*k (h-1)*s-2*p+d*(r-1)+u+1 (l-1)*t-2*q+e*(v-1)+z+1",
  },

  forward(sizes) {
    forward(sizes, sizes.x, sizes.w, sizes.b, sizes.y);
  },

  backward(sizes) {
    const { x, w, dy, dx, dw, db } = sizes;
    if (dx) backwardX(sizes, w, dy, dx);
    if (dw) backwardW(sizes, x, dy, dw);
    if (db) backwardB(sizes, dy, db);
  },

  kernels: {
    forward(sizes) {
      const { x, w, b, y, n, groups, k } = sizes;
      if (!convolveDx(convolution(sizes), w, x, y)) {
        forward(sizes, x, w, b, y);
      } else if (b) {
        const { H, L } = outputOf(sizes);
        for (let i = 0, at = 0; i < n; i++) {
          for (let o = 0; o < groups * k; o++) {
            for (let m = 0; m < H * L; m++) y[at++] += b[o];
          }
        }
      }
    },
    backward(sizes) {
      const { x, w, dy, dx, dw, db, n, groups, k } = sizes;
      const of = convolution(sizes), { H, L } = outputOf(sizes);
      if (dx && !convolve(of, dy, w, undefined, dx)) {
        backwardX(sizes, w, dy, dx);
      }
      if (dw && !convolveDw(of, dy, x, dw)) backwardW(sizes, x, dy, dw);
      if (db) sumChannels(dy, n, groups * k, H * L, db);
    },
  },
});

/** The sizes of the page, and those that have no letter there. */
type All = Sizes & { readonly u: number; readonly z: number };

/** The rows and columns of the output. */
function outputOf({ h, l, r, v, s, t, p, q, d, e, u, z }: All) {
  return {
    H: (h - 1) * s - 2 * p + d * (r - 1) + u + 1,
    L: (l - 1) * t - 2 * q + e * (v - 1) + z + 1,
  };
}

/** The convolution whose transpose this is: it takes the output and gives `x`. */
function convolution(sizes: All): Sizes {
  const { n, groups, c, k, r, v, s, t, p, q, d, e } = sizes;
  const { H, L } = outputOf(sizes);
  return { n, groups, c: k, k: c, h: H, l: L, r, v, s, t, p, q, d, e };
}

function forward(
  sizes: All,
  x: Float,
  w: Float,
  b: Float | undefined,
  out: Float,
): void {
  const { n, groups, c, k, h, l, r, v, s, t, p, q, d, e } = sizes;
  const { H, L } = outputOf(sizes);
  for (let i = 0, at = 0; i < n; i++) {
    for (let o = 0; o < groups * k; o++) {
      const first = Math.floor(o / k) * c; // The group's channels.
      for (let y = 0; y < H; y++) {
        for (let col = 0; col < L; col++) {
          let sum = b ? b[o] : 0;
          for (let f = first; f < first + c; f++) {
            for (let α = 0; α < r; α++) {
              const a = (y + p - α * d) / s; // The row whose window has α here.
              if (a < 0 || a >= h || !Number.isInteger(a)) continue;
              for (let μ = 0; μ < v; μ++) {
                const m = (col + q - μ * e) / t;
                if (m < 0 || m >= l || !Number.isInteger(m)) continue;
                sum += x[((i * groups * c + f) * h + a) * l + m] *
                  w[((f * k + o % k) * r + α) * v + μ];
              }
            }
          }
          out[at++] = sum; // Yᵢₒyx = bₒ + Σⱼ Σₐ_α Σₘ_μ Xᵢⱼₐₘ Wⱼₒαμ
        }
      }
    }
  }
}

function backwardX(sizes: All, w: Float, dy: Float, dx: Float): void {
  const { n, groups, c, k, h, l, r, v, s, t, p, q, d, e } = sizes;
  const { H, L } = outputOf(sizes);
  for (let i = 0, at = 0; i < n; i++) {
    for (let f = 0; f < groups * c; f++) {
      const first = (i * groups + Math.floor(f / c)) * k; // The group's outputs.
      for (let a = 0; a < h; a++) {
        for (let m = 0; m < l; m++) {
          let sum = 0;
          for (let ω = 0; ω < k; ω++) {
            for (let α = 0; α < r; α++) {
              const ρ = a * s + α * d - p; // The row of the output.
              if (ρ < 0 || ρ >= H) continue;
              for (let μ = 0; μ < v; μ++) {
                const κ = m * t + μ * e - q;
                if (κ < 0 || κ >= L) continue;
                sum += dy[((first + ω) * H + ρ) * L + κ] *
                  w[((f * k + ω) * r + α) * v + μ];
              }
            }
          }
          dx[at++] = sum; // ∂E/∂Xᵢfₐₘ = Σω Σ_α Σ_μ ∂E/∂Yᵢωρκ Wfωαμ
        }
      }
    }
  }
}

function backwardW(sizes: All, x: Float, dy: Float, dw: Float): void {
  const { n, groups, c, k, h, l, r, v, s, t, p, q, d, e } = sizes;
  const { H, L } = outputOf(sizes);
  for (let f = 0, at = 0; f < groups * c; f++) {
    for (let ω = 0; ω < k; ω++) {
      for (let α = 0; α < r; α++) {
        for (let μ = 0; μ < v; μ++) {
          let sum = 0;
          for (let i = 0; i < n; i++) {
            const o = (i * groups + Math.floor(f / c)) * k + ω;
            for (let a = 0; a < h; a++) {
              const ρ = a * s + α * d - p;
              if (ρ < 0 || ρ >= H) continue;
              for (let m = 0; m < l; m++) {
                const κ = m * t + μ * e - q;
                if (κ < 0 || κ >= L) continue;
                sum += x[((i * groups * c + f) * h + a) * l + m] *
                  dy[(o * H + ρ) * L + κ];
              }
            }
          }
          dw[at++] = sum; // ∂E/∂Wfωαμ = Σᵢ Σₐ Σₘ Xᵢfₐₘ ∂E/∂Yᵢωρκ
        }
      }
    }
  }
}

function backwardB(sizes: All, dy: Float, db: Float): void {
  const { n, groups, k } = sizes, { H, L } = outputOf(sizes);
  for (let o = 0; o < groups * k; o++) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const at = (i * groups * k + o) * H * L;
      for (let m = at; m < at + H * L; m++) sum += dy[m];
    }
    db[o] = sum; // ∂E/∂bₒ = Σᵢ Σyx ∂E/∂Yᵢₒyx
  }
}

/** The options of {@linkcode convTranspose2d}. A pair `[h, w]` is for rows and
 * columns, a number for both.
 *
 * @example Usage
 * ```ts
 * import type { ConvTranspose2dOptions } from "@adjoint/ops/conv-transpose2d";
 *
 * const options: ConvTranspose2dOptions = { stride: 2, outputPadding: 1 };
 * ```
 */
export interface ConvTranspose2dOptions {
  /** The distance between windows in the output; 1 by default. */
  stride?: number | readonly [h: number, w: number] | undefined;
  /** The number of rows and columns cut off on each side; 0 by default. */
  padding?: number | readonly [h: number, w: number] | undefined;
  /** The number of rows and columns added at the bottom and right, less than the
   * stride; 0 by default. */
  outputPadding?: number | readonly [h: number, w: number] | undefined;
  /** The distance between the elements of a window; 1 by default. */
  dilation?: number | readonly [h: number, w: number] | undefined;
  /** The number of groups that the channels are divided into; 1 by default. */
  groups?: number | undefined;
}

/** The gradients of {@linkcode convTranspose2d}, by the names of its inputs.
 *
 * @typeParam X The shape of the images.
 * @typeParam W The shape of the weights.
 * @typeParam D The element type.
 */
export interface ConvTranspose2dGradients<
  X extends Shape,
  W extends Shape,
  D extends Float,
> {
  /** `∂E/∂X`. */
  x: Tensor<X, D>;
  /** `∂E/∂W`. */
  w: Tensor<W, D>;
  /** `∂E/∂b`. */
  b: Tensor<[number], D>;
}

/** Spreads images over windows of weights:
 * `Y[i, o, y, x] = bₒ + Σⱼ₌₁ᶜ Σ[a, α: ρ[a, α] = y] Σ[m, μ: κ[m, μ] = x] X[i, c
 * ⌊(o − 1) / k⌋ + j, a, m] W[c ⌊(o − 1) / k⌋ + j, (o − 1) mod k + 1, α, μ]`.
 * Row `α` and column `μ` of the window lie on row
 * `ρ[a, α] = (a − 1) s + (α − 1) d + 1 − p` and column
 * `κ[m, μ] = (m − 1) t + (μ − 1) e + 1 − q` of the output.
 *
 * @param x The images, of shape `n×groups*c×h×l`.
 * @param w The weights, of shape `groups*c×k×r×v`.
 * @param b The bias, of shape `groups*k`, or null for none.
 * @param options Stride, padding, output padding, dilation and groups.
 * @returns The outputs `Y`, of shape
 * `n×groups*k×(h-1)*s-2*p+d*(r-1)+u+1×(l-1)*t-2*q+e*(v-1)+z+1`.
 *
 * @example Usage
 * ```ts
 * import { convTranspose2d } from "@adjoint/ops/conv-transpose2d";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[[1, 2], [3, 4]]]]);
 * const w = tensor([[[[1, 1]]]]);
 *
 * assertEquals(
 *   convTranspose2d(x, w, null, { stride: [1, 2] }),
 *   tensor([[[[1, 1, 2, 2], [3, 3, 4, 4]]]]),
 * );
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/conv-transpose2d
 */
export function convTranspose2d<
  N extends number,
  D extends Float,
>(
  x: Tensor<readonly [N, number, number, number], D>,
  w: Tensor<readonly [number, number, number, number], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  options?:
    & ConvTranspose2dOptions
    & Options<NoInfer<[N, number, number, number]>, NoInfer<D>>,
): Tensor<[N, number, number, number], D> {
  return signature.forward([x, w, b], options);
}

/** All gradients of {@linkcode convTranspose2d}: those with respect to `x`, `w` and `b`.
 *
 * @param x The images, of shape `n×groups*c×h×l`.
 * @param w The weights, of shape `groups*c×k×r×v`.
 * @param b The bias, of shape `groups*k`, or null for none, which has no gradient.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `n×groups*k×(h-1)*s-2*p+d*(r-1)+u+1×(l-1)*t-2*q+e*(v-1)+z+1`.
 * @param options Stride, padding, output padding, dilation and groups.
 * @returns The gradients with respect to `x`, `w` and `b`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/conv-transpose2d
 */
export function convTranspose2dD<
  X extends readonly [number, number, number, number],
  K extends readonly [number, number, number, number],
  S extends Shape,
  D extends Float,
  W extends "x" | "w" | "b" = "x" | "w" | "b",
>(
  x: Tensor<X, D>,
  w: Tensor<K, NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  dout: Tensor<SameShape<S, [X[0], number, number, number]>, NoInfer<D>>,
  options?:
    & ConvTranspose2dOptions
    & GradientOptions<ConvTranspose2dGradients<X, K, D>, W>,
): Pick<ConvTranspose2dGradients<X, K, D>, W> {
  return signature.backward([x, w, b, dout], options);
}

/** The gradient of {@linkcode convTranspose2d} with respect to `x`, a
 * convolution:
 * `∂E/∂X[i, f, a, m] = Σ[ω = 1…k] Σ[α: 1 ≤ ρ[a, α] ≤ H] Σ[μ: 1 ≤ κ[m, μ] ≤ L]
 * ∂E/∂Y[i, k ⌊(f − 1) / c⌋ + ω, ρ[a, α], κ[m, μ]] W[f, ω, α, μ]`, with `ρ` and
 * `κ` as in {@linkcode convTranspose2d}.
 *
 * @param x The images, of shape `n×groups*c×h×l`.
 * @param w The weights, of shape `groups*c×k×r×v`.
 * @param b The bias, of shape `groups*k`, or null for none.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `n×groups*k×(h-1)*s-2*p+d*(r-1)+u+1×(l-1)*t-2*q+e*(v-1)+z+1`.
 * @param options Stride, padding, output padding, dilation and groups.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/conv-transpose2d
 */
export function convTranspose2dDx<
  X extends readonly [number, number, number, number],
  S extends Shape,
  D extends Float,
>(
  x: Tensor<X, D>,
  w: Tensor<readonly [number, number, number, number], NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  dout: Tensor<SameShape<S, [X[0], number, number, number]>, NoInfer<D>>,
  options?: ConvTranspose2dOptions & Options<X, NoInfer<D>>,
): Tensor<X, D> {
  return signature.gradient("x", [x, w, b, dout], options);
}

/** The gradient of {@linkcode convTranspose2d} with respect to `w`, a
 * correlation:
 * `∂E/∂W[f, ω, α, μ] = Σᵢ Σ[a: 1 ≤ ρ[a, α] ≤ H] Σ[m: 1 ≤ κ[m, μ] ≤ L] X[i, f,
 * a, m] ∂E/∂Y[i, k ⌊(f − 1) / c⌋ + ω, ρ[a, α], κ[m, μ]]`, with `ρ` and `κ` as
 * in {@linkcode convTranspose2d}.
 *
 * @param x The images, of shape `n×groups*c×h×l`.
 * @param w The weights, of shape `groups*c×k×r×v`.
 * @param b The bias, of shape `groups*k`, or null for none.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `n×groups*k×(h-1)*s-2*p+d*(r-1)+u+1×(l-1)*t-2*q+e*(v-1)+z+1`.
 * @param options Stride, padding, output padding, dilation and groups.
 * @returns The gradient, of the shape of `w`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/conv-transpose2d
 */
export function convTranspose2dDw<
  X extends readonly [number, number, number, number],
  K extends readonly [number, number, number, number],
  S extends Shape,
  D extends Float,
>(
  x: Tensor<X, D>,
  w: Tensor<K, NoInfer<D>>,
  b: Tensor<readonly [number], NoInfer<D>> | null,
  dout: Tensor<SameShape<S, [X[0], number, number, number]>, NoInfer<D>>,
  options?: ConvTranspose2dOptions & Options<K, NoInfer<D>>,
): Tensor<K, D> {
  return signature.gradient("w", [x, w, b, dout], options);
}

/** The gradient of {@linkcode convTranspose2d} with respect to `b`:
 * `∂E/∂bₒ = Σᵢ Σ[y, x] ∂E/∂Y[i, o, y, x]`.
 *
 * @param x The images, of shape `n×groups*c×h×l`.
 * @param w The weights, of shape `groups*c×k×r×v`.
 * @param b The bias, of shape `groups*k`.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `n×groups*k×(h-1)*s-2*p+d*(r-1)+u+1×(l-1)*t-2*q+e*(v-1)+z+1`.
 * @param options Stride, padding, output padding, dilation and groups.
 * @returns The gradient, of the shape of `b`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/conv-transpose2d
 */
export function convTranspose2dDb<
  X extends readonly [number, number, number, number],
  B extends readonly [number],
  S extends Shape,
  D extends Float,
>(
  x: Tensor<X, D>,
  w: Tensor<readonly [number, number, number, number], NoInfer<D>>,
  b: Tensor<B, NoInfer<D>>,
  dout: Tensor<SameShape<S, [X[0], number, number, number]>, NoInfer<D>>,
  options?: ConvTranspose2dOptions & Options<B, NoInfer<D>>,
): Tensor<B, D> {
  return signature.gradient("b", [x, w, b, dout], options);
}
