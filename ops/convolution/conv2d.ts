// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Convolution
 *
 * Slides a window of weights over images: each output is the sum of the elements in
 * the window, each times its weight.
 *
 * ```math
 * Y_{ioam} = b_o + \sum_{j=1}^{c}
 *   \sum_{\alpha : 1 \le \rho_{a\alpha} \le h}
 *   \sum_{\mu : 1 \le \kappa_{m\mu} \le l}
 *   X_{i,\, c \lfloor (o - 1) / k \rfloor + j,\, \rho_{a\alpha},\, \kappa_{m\mu}}
 *   W_{oj\alpha\mu}
 * ```
 *
 * ```math
 * \rho_{a\alpha} = (a - 1) s + (\alpha - 1) d + 1 - p, \qquad
 * \kappa_{m\mu} = (m - 1) t + (\mu - 1) e + 1 - q
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{izyx}} = \sum_{f=1}^{k}
 *   \sum_{a, \alpha : \rho_{a\alpha} = y} \sum_{m, \mu : \kappa_{m\mu} = x}
 *   \frac{\partial E}{\partial Y_{i,\, k \lfloor (z - 1) / c \rfloor + f,\, a,\, m}}
 *   W_{k \lfloor (z - 1) / c \rfloor + f,\, (z - 1) \bmod c + 1,\, \alpha,\, \mu}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial W_{oj\alpha\mu}} = \sum_{i=1}^{n}
 *   \sum_{a : 1 \le \rho_{a\alpha} \le h} \sum_{m : 1 \le \kappa_{m\mu} \le l}
 *   \frac{\partial E}{\partial Y_{ioam}}
 *   X_{i,\, c \lfloor (o - 1) / k \rfloor + j,\, \rho_{a\alpha},\, \kappa_{m\mu}},
 *   \qquad
 * \frac{\partial E}{\partial b_o}
 *   = \sum_{i=1}^{n} \sum_{a, m} \frac{\partial E}{\partial Y_{ioam}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times g c \times h \times l`$ | input `x`, $`n`$ images of $`g c`$ channels |
 * | $`W`$ | $`g k \times c \times r \times v`$ | input `w`, the weights |
 * | $`b`$ | $`g k`$ | input `b`, the bias |
 * | $`s`$ | integer | option `stride[0]` |
 * | $`t`$ | integer | option `stride[1]` |
 * | $`p`$ | integer | option `padding[0]` |
 * | $`q`$ | integer | option `padding[1]` |
 * | $`d`$ | integer | option `dilation[0]` |
 * | $`e`$ | integer | option `dilation[1]` |
 * | $`g`$ | integer | option `groups` |
 * | $`Y`$ | $`n \times g k \times (\lfloor (h + 2 p - d (r - 1) - 1) / s \rfloor + 1) \times (\lfloor (l + 2 q - e (v - 1) - 1) / t \rfloor + 1)`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times g k \times (\lfloor (h + 2 p - d (r - 1) - 1) / s \rfloor + 1) \times (\lfloor (l + 2 q - e (v - 1) - 1) / t \rfloor + 1)`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * An image has $`h`$ rows and $`l`$ columns, a window $`r`$ rows and $`v`$
 * columns. The options `stride`, `padding` and `dilation` are each a pair, for
 * rows and for columns, or one number for both. The stride is the distance
 * between windows, the dilation the distance between the elements of a window,
 * both 1 by default; the padding is the number of rows and of columns that are
 * added on each side, 0 by default. The bias may be null, which stands for zeros.
 *
 * With $`g`$ groups, 1 by default, the $`g c`$ channels are divided in order: the
 * first $`k`$ outputs depend on the first $`c`$ channels only, and so on.
 *
 * The loss $`E`$ is any number that is computed from $`Y`$.
 *
 * ## Forward
 *
 * Row $`\alpha`$ of the window whose output is in row $`a`$ lies on row
 * $`\rho_{a\alpha}`$ of the image, and column $`\mu`$ of it on column
 * $`\kappa_{m\mu}`$:
 *
 * ```math
 * \rho_{a\alpha} = (a - 1) s + (\alpha - 1) d + 1 - p
 * ```
 *
 * ```math
 * \kappa_{m\mu} = (m - 1) t + (\mu - 1) e + 1 - q
 * ```
 *
 * The number of windows that fit into the padded image gives the shapes
 * $`\rho \in \mathbb{R}^{(\lfloor (h + 2 p - d (r - 1) - 1) / s \rfloor + 1) \times r}`$
 * and
 * $`\kappa \in \mathbb{R}^{(\lfloor (l + 2 q - e (v - 1) - 1) / t \rfloor + 1) \times v}`$.
 * Elements in the padding add nothing. Before the group of output $`o`$ there are ⌊(o
 * − 1) ∕ k⌋ others, each of $`c`$ channels:
 *
 * ```math
 * Y_{ioam} = b_o + \sum_{j=1}^{c}
 *   \sum_{\alpha : 1 \le \rho_{a\alpha} \le h}
 *   \sum_{\mu : 1 \le \kappa_{m\mu} \le l}
 *   X_{i,\, c \lfloor (o - 1) / k \rfloor + j,\, \rho_{a\alpha},\, \kappa_{m\mu}}
 *   W_{oj\alpha\mu}
 * ```
 *
 * Which input meets which output, for one row of 6 elements, padded by 1, and windows
 * of 3 that are 2 apart:
 *
 * ```text
 *                   1 ┌───── X ──────┐ 6
 *                ·    x   x   x   x   x   x    ·       · is padding
 *              └── window 1 ─┘
 *                        └─ window 2 ─┘
 *                                └─ window 3 ─┘
 *
 *                     X₁  X₂  X₃  X₄  X₅  X₆
 *                Y₁   W₂  W₃                           W₁ lies in the padding
 *                Y₂       W₁  W₂  W₃
 *                Y₃               W₁  W₂  W₃
 * ```
 *
 * A stride may leave a **remainder**: here it is the padding after $`X_6`$.
 * Without padding there would be two windows, and $`X_6`$ would be in neither of
 * them. The output does not depend on such an element, and its gradient is 0.
 * The gradient with respect to $`X`$ has the size of $`X`$, which that of $`Y`$ and
 * the stride do not determine then: the transposed convolution that computes it needs
 * an **output padding**, as on the page of {@link [convTranspose2d] convTranspose2d}.
 *
 * ## Derivation
 *
 * The table is a matrix, and the convolution is its product with $`X`$. All gradients
 * can be read from it.
 *
 * **With respect to $`b`$.** A bias is in each output of its channel once:
 *
 * ```math
 * \frac{\partial Y_{ioam}}{\partial b_o} = 1
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial b_o}
 *   = \sum_{i=1}^{n} \sum_{a, m} \frac{\partial E}{\partial Y_{ioam}}
 * ```
 *
 * **With respect to $`W`$.** A weight occurs once in each row of the table, in
 * the column of the element that it meets, if there is one; that element is its
 * factor:
 *
 * ```math
 * \frac{\partial Y_{ioam}}{\partial W_{oj\alpha\mu}} = \begin{cases}
 *   X_{i,\, c \lfloor (o - 1) / k \rfloor + j,\, \rho_{a\alpha},\, \kappa_{m\mu}}
 *     & 1 \le \rho_{a\alpha} \le h \land 1 \le \kappa_{m\mu} \le l \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * The chain rule sums over all outputs of its channel. So this gradient is a
 * convolution, too, of the image with the gradient of the output as the window: the
 * **correlated product**, in which stride and dilation are exchanged.
 *
 * ```math
 * \frac{\partial E}{\partial W_{oj\alpha\mu}} = \sum_{i=1}^{n}
 *   \sum_{a : 1 \le \rho_{a\alpha} \le h} \sum_{m : 1 \le \kappa_{m\mu} \le l}
 *   \frac{\partial E}{\partial Y_{ioam}}
 *   X_{i,\, c \lfloor (o - 1) / k \rfloor + j,\, \rho_{a\alpha},\, \kappa_{m\mu}}
 * ```
 *
 * **With respect to $`X`$.** In the forward pass, a row of the table is
 * multiplied by $`X`$. The chain rule sums over the outputs, so the gradient is a
 * column multiplied by the gradient of $`Y`$: the **transposed product**. In the
 * table, $`X_2`$ meets $`W_3`$ in the first window and $`W_1`$ in the second, and
 * its gradient is the sum of these two, each times the gradient of its output. In
 * general, row $`y`$ of the image meets row $`\alpha`$ of window $`a`$ if
 * $`\rho_{a\alpha}`$ is $`y`$, and likewise for the columns. Before the group of
 * channel $`z`$ there are ⌊(z − 1) ∕ c⌋ others, each of $`k`$ outputs:
 *
 * ```math
 * \frac{\partial E}{\partial X_{izyx}} = \sum_{f=1}^{k}
 *   \sum_{a, \alpha : \rho_{a\alpha} = y} \sum_{m, \mu : \kappa_{m\mu} = x}
 *   \frac{\partial E}{\partial Y_{i,\, k \lfloor (z - 1) / c \rfloor + f,\, a,\, m}}
 *   W_{k \lfloor (z - 1) / c \rfloor + f,\, (z - 1) \bmod c + 1,\, \alpha,\, \mu}
 * ```
 *
 * If the stride is 1, each element meets all of the window, from its last
 * element to its first: a convolution with the window flipped.
 *
 * ## Backward
 *
 * {@linkcode conv2dDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{izyx}} = \sum_{f=1}^{k}
 *   \sum_{a, \alpha : \rho_{a\alpha} = y} \sum_{m, \mu : \kappa_{m\mu} = x}
 *   \frac{\partial E}{\partial Y_{i,\, k \lfloor (z - 1) / c \rfloor + f,\, a,\, m}}
 *   W_{k \lfloor (z - 1) / c \rfloor + f,\, (z - 1) \bmod c + 1,\, \alpha,\, \mu}
 * ```
 *
 * {@linkcode conv2dDw}:
 *
 * ```math
 * \frac{\partial E}{\partial W_{oj\alpha\mu}} = \sum_{i=1}^{n}
 *   \sum_{a : 1 \le \rho_{a\alpha} \le h} \sum_{m : 1 \le \kappa_{m\mu} \le l}
 *   \frac{\partial E}{\partial Y_{ioam}}
 *   X_{i,\, c \lfloor (o - 1) / k \rfloor + j,\, \rho_{a\alpha},\, \kappa_{m\mu}}
 * ```
 *
 * {@linkcode conv2dDb}:
 *
 * ```math
 * \frac{\partial E}{\partial b_o}
 *   = \sum_{i=1}^{n} \sum_{a, m} \frac{\partial E}{\partial Y_{ioam}}
 * ```
 *
 * ## Special points
 *
 * The function is linear in each input, so it has no kinks. No zero of an input
 * is skipped, so 0 times NaN or infinity is NaN; only the padding is skipped. An
 * element that no window covers has a gradient of 0, whatever `dout` is.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial W}`$ | $`\frac{\partial E}{\partial b}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[[1, 2, 3, 4]]]], w = [[[[1, 2]]]], b = [0], stride = [1, 3]` | `[[[[5]]]]` | `[[[[1, 2, 0, 0]]]]` | `[[[[1, 2]]]]` | `[1]` | same | same | same | |
 * | `x = [[[[1, 2, NaN, 4]]]], w = [[[[1, 2]]]], b = [0], stride = [1, 3], dout = ∞` | `[[[[5]]]]` | `[[[[∞, ∞, 0, 0]]]]` | `[[[[∞, ∞]]]]` | `[∞]` | same | same | same | |
 * | `x = [[[[0, NaN]]]], w = [[[[0, 1]]]], b = [0]` | `[[[[NaN]]]]` | `[[[[0, 1]]]]` | `[[[[0, NaN]]]]` | `[1]` | same | same | same | |
 * | `x = [[[[1, 2]]]], w = [[[[∞, 2, 3]]]], b = [0], padding = [0, 1]` | `[[[[8, ∞]]]]` | `[[[[∞, 5]]]]` | `[[[[1, 3, 2]]]]` | `[2]` | `y = [[[[NaN, ∞]]]]` | same | `y = [[[[NaN, ∞]]]]` | padding is skipped; PyTorch multiplies its zeros |
 * | `x = [[[[1, 2]]]], w = [[[[1, 2, 3]]]], b = [0], padding = [0, 1], dout = [[[[∞, 1]]]]` | `[[[[8, 5]]]]` | `[[[[∞, ∞]]]]` | `[[[[1, ∞, ∞]]]]` | `[∞]` | `dw = [[[[NaN, ∞, ∞]]]]` | same | `dw = [[[[NaN, ∞, ∞]]]]` | padding is skipped; PyTorch multiplies its zeros |
 *
 * ## Cost
 *
 * One multiply-add for each output and each weight of its window that does not
 * lie in the padding: about $`n g k c r v`$ for each position of the window. Each
 * of the two large gradients costs the same. The backward pass needs $`X`$ for
 * the gradient of the weights and $`W`$ for that of the input, but not $`Y`$.
 *
 * Convolutions of fewer than 32,768 multiply-adds are computed by the loop, in
 * float64, and rounded once. Larger ones are matrix products in the element type
 * on the SIMD kernel: the weights of a group, $`k`$ outputs by $`c r v`$ elements
 * of a window, times the matrix of all windows (im2col). That matrix would take
 * $`r v`$ times the memory of the images. The code holds one padded image, or
 * about a megabyte of it, at a time, and about ten thousand numbers of that
 * matrix. On one core, 3×3 windows take about as long as a product of two
 * matrices with as many multiply-adds; if each channel is a group, there is
 * little to compute, and most of the time goes into copying.
 *
 * ## Example
 *
 * ```ts
 * import { conv2d, conv2dDx } from "@adjoint/ops/conv2d";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * // One image of one channel, and how much brighter it gets to the right.
 * const x = tensor([[[[1, 2, 4], [1, 3, 9]]]]);
 * const w = tensor([[[[-1, 1]]]]);
 *
 * assertEquals(conv2d(x, w, null), tensor([[[[1, 2], [2, 6]]]]));
 * assertEquals(
 *   conv2dDx(x, w, null, ones([1, 1, 2, 2])),
 *   tensor([[[[-1, 0, 1], [-1, 0, 1]]]]),
 * );
 * // Every second window, on an image with a border.
 * assertEquals(
 *   conv2d(x, w, null, { stride: [1, 2], padding: [0, 1] }),
 *   tensor([[[[1, 2], [1, 6]]]]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.conv2d(x, w, b, stride, padding, dilation, groups)`
 * - JAX: `jax.lax.conv_general_dilated(x, w, stride, [(m, m) for m in padding], rhs_dilation=dilation, feature_group_count=groups) + b[:, None, None]`
 * - TensorFlow: `tf.transpose(tf.nn.conv2d(tf.pad(tf.transpose(x, [0, 2, 3, 1]), [(0, 0)] + [(m, m) for m in padding] + [(0, 0)]), tf.transpose(w, [2, 3, 1, 0]), stride, "VALID", dilations=dilation) + b, [0, 3, 1, 2])`
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
import { windows } from "../kernels/windows.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("conv2d", {
  inputs: {
    x: "n groups*c h l",
    w: "groups*k c r v",
    b: { shape: "groups*k", optional: true },
  },
  options: {
    stride: pair(["s", "t"], 1, { from: 1 }),
    padding: pair(["p", "q"], 0, { from: 0 }),
    dilation: pair(["d", "e"], 1, { from: 1 }),
    groups: integer(1, { from: 1 }),
  },
  outputs: {
    y: "n groups*k (h+2*p-d*(r-1)-1)/s+1 (l+2*q-e*(v-1)-1)/t+1",
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
      const { x, w, b, y } = sizes;
      if (!convolve(sizes, x, w, b, y)) forward(sizes, x, w, b, y);
    },
    backward(sizes) {
      const { x, w, dy, dx, dw, db, n, groups, k } = sizes;
      const { rows, cols } = outputOf(sizes);
      if (dx && !convolveDx(sizes, w, dy, dx)) backwardX(sizes, w, dy, dx);
      if (dw && !convolveDw(sizes, x, dy, dw)) backwardW(sizes, x, dy, dw);
      if (db) sumChannels(dy, n, groups * k, rows * cols, db);
    },
  },
});

/** The rows and columns of the output. */
function outputOf({ h, l, r, v, s, t, p, q, d, e }: Sizes) {
  return { rows: windows(h, r, s, p, d), cols: windows(l, v, t, q, e) };
}

function forward(
  sizes: Sizes,
  x: Float,
  w: Float,
  b: Float | undefined,
  y: Float,
): void {
  const { n, groups, c, k, h, l, r, v, s, t, p, q, d, e } = sizes;
  const { rows, cols } = outputOf(sizes);
  for (let i = 0, at = 0; i < n; i++) {
    for (let o = 0; o < groups * k; o++) {
      const first = (i * groups + Math.floor(o / k)) * c; // The group's channels.
      for (let a = 0; a < rows; a++) {
        for (let m = 0; m < cols; m++) {
          let sum = b ? b[o] : 0;
          for (let j = 0; j < c; j++) {
            for (let α = 0; α < r; α++) {
              const ρ = a * s + α * d - p; // The row of the image.
              if (ρ < 0 || ρ >= h) continue;
              for (let μ = 0; μ < v; μ++) {
                const κ = m * t + μ * e - q; // The column.
                if (κ < 0 || κ >= l) continue;
                sum += x[((first + j) * h + ρ) * l + κ] *
                  w[((o * c + j) * r + α) * v + μ];
              }
            }
          }
          y[at++] = sum; // Yᵢₒₐₘ = bₒ + Σⱼ Σ_α Σ_μ Xᵢⱼρκ Wₒⱼαμ
        }
      }
    }
  }
}

function backwardX(
  sizes: Sizes,
  w: Float,
  dy: Float,
  dx: Float,
): void {
  const { n, groups, c, k, h, l, r, v, s, t, p, q, d, e } = sizes;
  const { rows, cols } = outputOf(sizes);
  for (let i = 0, at = 0; i < n; i++) {
    for (let z = 0; z < groups * c; z++) {
      const group = Math.floor(z / c), j = z % c;
      for (let y = 0; y < h; y++) {
        for (let x = 0; x < l; x++) {
          let sum = 0;
          for (let o = group * k; o < (group + 1) * k; o++) {
            for (let α = 0; α < r; α++) {
              const a = (y + p - α * d) / s; // The window whose row α is y.
              if (a < 0 || a >= rows || !Number.isInteger(a)) continue;
              for (let μ = 0; μ < v; μ++) {
                const m = (x + q - μ * e) / t;
                if (m < 0 || m >= cols || !Number.isInteger(m)) continue;
                sum += dy[((i * groups * k + o) * rows + a) * cols + m] *
                  w[((o * c + j) * r + α) * v + μ];
              }
            }
          }
          dx[at++] = sum; // ∂E/∂Xᵢ_zyx = Σₒ Σₐ_α Σₘ_μ ∂E/∂Yᵢₒₐₘ Wₒⱼαμ
        }
      }
    }
  }
}

function backwardW(
  sizes: Sizes,
  x: Float,
  dy: Float,
  dw: Float,
): void {
  const { n, groups, c, k, h, l, r, v, s, t, p, q, d, e } = sizes;
  const { rows, cols } = outputOf(sizes);
  for (let o = 0, at = 0; o < groups * k; o++) {
    for (let j = 0; j < c; j++) {
      for (let α = 0; α < r; α++) {
        for (let μ = 0; μ < v; μ++) {
          let sum = 0;
          for (let i = 0; i < n; i++) {
            const channel = (i * groups + Math.floor(o / k)) * c + j;
            for (let a = 0; a < rows; a++) {
              const ρ = a * s + α * d - p;
              if (ρ < 0 || ρ >= h) continue;
              for (let m = 0; m < cols; m++) {
                const κ = m * t + μ * e - q;
                if (κ < 0 || κ >= l) continue;
                sum += dy[((i * groups * k + o) * rows + a) * cols + m] *
                  x[(channel * h + ρ) * l + κ];
              }
            }
          }
          dw[at++] = sum; // ∂E/∂Wₒⱼαμ = Σᵢ Σₐ Σₘ ∂E/∂Yᵢₒₐₘ Xᵢⱼρκ
        }
      }
    }
  }
}

function backwardB(sizes: Sizes, dy: Float, db: Float): void {
  const { n, groups, k } = sizes, { rows, cols } = outputOf(sizes);
  for (let o = 0; o < groups * k; o++) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const at = (i * groups * k + o) * rows * cols;
      for (let m = at; m < at + rows * cols; m++) sum += dy[m];
    }
    db[o] = sum; // ∂E/∂bₒ = Σᵢ Σₐₘ ∂E/∂Yᵢₒₐₘ
  }
}

/** The options of {@linkcode conv2d}. A pair `[h, w]` is for rows and columns, a number
 * for both.
 *
 * @example Usage
 * ```ts
 * import type { Conv2dOptions } from "@adjoint/ops/conv2d";
 *
 * const options: Conv2dOptions = { stride: 2, padding: [1, 0] };
 * ```
 */
export interface Conv2dOptions {
  /** The distance between windows; 1 by default. */
  stride?: number | readonly [h: number, w: number] | undefined;
  /** The number of rows and columns added on each side; 0 by default. */
  padding?: number | readonly [h: number, w: number] | undefined;
  /** The distance between the elements of a window; 1 by default. */
  dilation?: number | readonly [h: number, w: number] | undefined;
  /** The number of groups that the channels are divided into; 1 by default. */
  groups?: number | undefined;
}

/** The gradients of {@linkcode conv2d}, by the names of its inputs.
 *
 * @typeParam X The shape of the images.
 * @typeParam W The shape of the weights.
 * @typeParam D The element type.
 */
export interface Conv2dGradients<
  X extends Shape,
  W extends Shape,
  D extends Float,
> {
  /** `∂E/∂X`. */
  x: Tensor<X, D>;
  /** `∂E/∂W`. */
  w: Tensor<W, D>;
  /** `∂E/∂b`. */
  b: Tensor<[W[0]], D>;
}

/** Convolves images with windows of weights:
 * `Yᵢₒₐₘ = bₒ + Σⱼ₌₁ᶜ Σ[α: 1 ≤ ρ[a, α] ≤ h] Σ[μ: 1 ≤ κ[m, μ] ≤ l] X[i, c ⌊(o
 * − 1) / k⌋ + j, ρ[a, α], κ[m, μ]] W[o, j, α, μ]`. Row `α` and column `μ` of
 * the window lie on row `ρ[a, α] = (a − 1) s + (α − 1) d + 1 − p` and column
 * `κ[m, μ] = (m − 1) t + (μ − 1) e + 1 − q` of the image.
 *
 * @param x The images, of shape `n×groups*c×h×l`.
 * @param w The weights, of shape `groups*k×c×r×v`.
 * @param b The bias, of shape `groups*k`, or null for none.
 * @param options Stride, padding, dilation and groups.
 * @returns The outputs `Y`, of shape `n×groups*k×…×…`.
 *
 * @example Usage
 * ```ts
 * import { conv2d } from "@adjoint/ops/conv2d";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]);
 * const y = conv2d(x, ones([1, 1, 2, 2]), tensor([10]));
 *
 * assertEquals(y, tensor([[[[22, 26], [34, 38]]]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/conv2d
 */
export function conv2d<
  N extends number,
  K extends number,
  B extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [N, number, number, number], D>,
  w: Tensor<readonly [K, number, number, number], NoInfer<D>>,
  b: Tensor<SameShape<B, [K]>, NoInfer<D>> | null,
  options?:
    & Conv2dOptions
    & Options<NoInfer<[N, K, number, number]>, NoInfer<D>>,
): Tensor<[N, K, number, number], D> {
  return signature.forward([x, w, b], options);
}

/** All gradients of {@linkcode conv2d}: those with respect to `x`, `w` and `b`.
 *
 * @param x The images, of shape `n×groups*c×h×l`.
 * @param w The weights, of shape `groups*k×c×r×v`.
 * @param b The bias, of shape `groups*k`, or null for none, which has no gradient.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `n×groups*k×…×…`.
 * @param options Stride, padding, dilation and groups.
 * @returns The gradients with respect to `x`, `w` and `b`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/conv2d
 */
export function conv2dD<
  X extends readonly [number, number, number, number],
  K extends readonly [number, number, number, number],
  B extends Shape,
  S extends Shape,
  D extends Float,
  W extends "x" | "w" | "b" = "x" | "w" | "b",
>(
  x: Tensor<X, D>,
  w: Tensor<K, NoInfer<D>>,
  b: Tensor<SameShape<B, [K[0]]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, [X[0], K[0], number, number]>, NoInfer<D>>,
  options?: Conv2dOptions & GradientOptions<Conv2dGradients<X, K, D>, W>,
): Pick<Conv2dGradients<X, K, D>, W> {
  return signature.backward([x, w, b, dout], options);
}

/** The gradient of {@linkcode conv2d} with respect to `x`, a transposed
 * convolution:
 * `∂E/∂X[i, z, y, x] = Σ[f = 1…k] Σ[a, α: ρ[a, α] = y] Σ[m, μ: κ[m, μ] = x]
 * ∂E/∂Y[i, k ⌊(z − 1) / c⌋ + f, a, m] W[k ⌊(z − 1) / c⌋ + f, (z − 1) mod c + 1,
 * α, μ]`, with `ρ` and `κ` as in {@linkcode conv2d}.
 *
 * @param x The images, of shape `n×groups*c×h×l`.
 * @param w The weights, of shape `groups*k×c×r×v`.
 * @param b The bias, of shape `groups*k`, or null for none.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `n×groups*k×…×…`.
 * @param options Stride, padding, dilation and groups.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/conv2d
 */
export function conv2dDx<
  X extends readonly [number, number, number, number],
  K extends readonly [number, number, number, number],
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<X, D>,
  w: Tensor<K, NoInfer<D>>,
  b: Tensor<SameShape<B, [K[0]]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, [X[0], K[0], number, number]>, NoInfer<D>>,
  options?: Conv2dOptions & Options<X, NoInfer<D>>,
): Tensor<X, D> {
  return signature.gradient("x", [x, w, b, dout], options);
}

/** The gradient of {@linkcode conv2d} with respect to `w`, a correlation:
 * `∂E/∂W[o, j, α, μ] = Σᵢ Σ[a: 1 ≤ ρ[a, α] ≤ h] Σ[m: 1 ≤ κ[m, μ] ≤ l] ∂E/∂Yᵢₒₐₘ
 * X[i, c ⌊(o − 1) / k⌋ + j, ρ[a, α], κ[m, μ]]`, with `ρ` and `κ` as in
 * {@linkcode conv2d}.
 *
 * @param x The images, of shape `n×groups*c×h×l`.
 * @param w The weights, of shape `groups*k×c×r×v`.
 * @param b The bias, of shape `groups*k`, or null for none.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `n×groups*k×…×…`.
 * @param options Stride, padding, dilation and groups.
 * @returns The gradient, of the shape of `w`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/conv2d
 */
export function conv2dDw<
  X extends readonly [number, number, number, number],
  K extends readonly [number, number, number, number],
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<X, D>,
  w: Tensor<K, NoInfer<D>>,
  b: Tensor<SameShape<B, [K[0]]>, NoInfer<D>> | null,
  dout: Tensor<SameShape<S, [X[0], K[0], number, number]>, NoInfer<D>>,
  options?: Conv2dOptions & Options<K, NoInfer<D>>,
): Tensor<K, D> {
  return signature.gradient("w", [x, w, b, dout], options);
}

/** The gradient of {@linkcode conv2d} with respect to `b`:
 * `∂E/∂bₒ = Σᵢ Σₐₘ ∂E/∂Yᵢₒₐₘ`.
 *
 * @param x The images, of shape `n×groups*c×h×l`.
 * @param w The weights, of shape `groups*k×c×r×v`.
 * @param b The bias, of shape `groups*k`.
 * @param dout The gradient of the loss with respect to the outputs, of shape
 * `n×groups*k×…×…`.
 * @param options Stride, padding, dilation and groups.
 * @returns The gradient, of the shape of `b`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/conv2d
 */
export function conv2dDb<
  X extends readonly [number, number, number, number],
  K extends readonly [number, number, number, number],
  B extends Shape,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<X, D>,
  w: Tensor<K, NoInfer<D>>,
  b: Tensor<SameShape<B, [K[0]]>, NoInfer<D>>,
  dout: Tensor<SameShape<S, [X[0], K[0], number, number]>, NoInfer<D>>,
  options?: Conv2dOptions & Options<NoInfer<[K[0]]>, NoInfer<D>>,
): Tensor<[K[0]], D> {
  return signature.gradient("b", [x, w, b, dout], options);
}
