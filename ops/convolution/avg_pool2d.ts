// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Average pooling
 *
 * Takes the mean of each window of an image.
 *
 * ```math
 * Y_{iam} = \frac{1}{r v} \sum_{y, x : \rho_a < y \le \rho_a + r,\, \kappa_m < x \le \kappa_m + v} X_{iyx}, \qquad
 * \frac{\partial E}{\partial X_{iyx}} = \frac{1}{r v}
 *   \sum_{a, m : \rho_a < y \le \rho_a + r,\, \kappa_m < x \le \kappa_m + v} \frac{\partial E}{\partial Y_{iam}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times h \times l`$ | input `x` |
 * | $`r`$ | integer | option `size[0]` |
 * | $`v`$ | integer | option `size[1]` |
 * | $`s`$ | integer | option `stride[0]` |
 * | $`t`$ | integer | option `stride[1]` |
 * | $`p`$ | integer | option `padding[0]` |
 * | $`q`$ | integer | option `padding[1]` |
 * | $`Y`$ | $`n \times (\lfloor (h + 2 p - r) / s \rfloor + 1) \times (\lfloor (l + 2 q - v) / t \rfloor + 1)`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times (\lfloor (h + 2 p - r) / s \rfloor + 1) \times (\lfloor (l + 2 q - v) / t \rfloor + 1)`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The last two axes are the rows and columns of an image. All axes before them,
 * usually those of images and channels, count as one of size $`n`$. The options
 * `size` of the window, `stride`, the distance between windows, and `padding` are
 * each a pair, for rows and for columns, or one number for both. The size is
 * required; the stride is the size by default, so that windows lie side by side, and
 * the padding 0. The padding is at most half of the size, so that no window lies in
 * the padding alone.
 *
 * The loss $`E`$ is any number that is computed from $`Y`$.
 *
 * ## Forward
 *
 * The window of output row $`a`$ begins after row $`\rho_a`$ of the image, and that
 * of output column $`m`$ after column $`\kappa_m`$. The number of windows that fit
 * into the padded image gives the shapes
 * $`\rho \in \mathbb{R}^{(\lfloor (h + 2 p - r) / s \rfloor + 1)}`$ and
 * $`\kappa \in \mathbb{R}^{(\lfloor (l + 2 q - v) / t \rfloor + 1)}`$:
 *
 * ```math
 * \rho_a = (a - 1) s - p
 * ```
 *
 * ```math
 * \kappa_m = (m - 1) t - q
 * ```
 *
 * The mean is over all $`r v`$ elements of a window. Those in the padding count as 0,
 * so a window at the border has fewer elements in its sum, but the same divisor:
 *
 * ```math
 * Y_{iam} = \frac{1}{r v} \sum_{y, x : \rho_a < y \le \rho_a + r,\, \kappa_m < x \le \kappa_m + v} X_{iyx}
 * ```
 *
 * ```text
 *    one row of 4, padded by 1, windows of 2 that are 2 apart
 *
 *         ·   X₁  X₂  X₃  X₄   ·
 *       └─ Y₁ ─┘└─ Y₂ ─┘└─ Y₃ ─┘        Y₁ = X₁ ∕ 2, not X₁
 * ```
 *
 * ## Derivation
 *
 * An element is in the sum of each window that it lies in, with the factor
 * $`\frac{1}{r v}`$. The chain rule sums over these windows:
 *
 * ```math
 * \frac{\partial E}{\partial X_{iyx}} = \frac{1}{r v}
 *   \sum_{a, m : \rho_a < y \le \rho_a + r,\, \kappa_m < x \le \kappa_m + v} \frac{\partial E}{\partial Y_{iam}}
 * ```
 *
 * The condition is the same as in the forward pass. There it selects the elements of
 * a window, here the windows of an element.
 *
 * ## Backward
 *
 * {@linkcode avgPool2dDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{iyx}} = \frac{1}{r v}
 *   \sum_{a, m : \rho_a < y \le \rho_a + r,\, \kappa_m < x \le \kappa_m + v} \frac{\partial E}{\partial Y_{iam}}
 * ```
 *
 * ## Special points
 *
 * The mean is linear, so it has no kinks. An element that no window covers, which
 * a stride may cause, has a gradient of 0. The padding counts in the mean, as in
 * PyTorch, where `count_include_pad` is true by default.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [[[6, 2]]], size = [1, 2], padding = [0, 1]` | `[[[3, 1]]]` | `[[[0.5, 0.5]]]` | same | same | same |
 * | `x = [[[6, 2, 9]]], size = [1, 2]` | `[[[4]]]` | `[[[0.5, 0.5, 0]]]` | same | same | same |
 * | `x = [[[NaN, 2, 4, 6]]], size = [1, 2]` | `[[[NaN, 5]]]` | `[[[0.5, 0.5, 0.5, 0.5]]]` | same | same | same |
 * | `x = [[[∞, -∞]]], size = [1, 2]` | `[[[NaN]]]` | `[[[0.5, 0.5]]]` | same | same | same |
 * | `x = [[[1, 2, 3]]], size = [1, 2], stride = 1, dout = [[[∞, 1]]]` | `[[[1.5, 2.5]]]` | `[[[∞, ∞, 0.5]]]` | same | same | same |
 *
 * ## Cost
 *
 * One addition for each element of each window, forward and backward. The
 * backward pass needs only the shape of $`X`$. Sums accumulate in float64, and a
 * float32 result is rounded once.
 *
 * ## Example
 *
 * ```ts
 * import { avgPool2d, avgPool2dDx } from "@adjoint/ops/avg-pool2d";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[[1, 5, 2, 0], [3, 7, 4, 6]]]]);
 *
 * assertEquals(avgPool2d(x, { size: 2 }), tensor([[[[4, 3]]]]));
 * assertEquals(
 *   avgPool2dDx(x, ones([1, 1, 1, 2]), { size: 2 }),
 *   tensor([[[[0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]]]]),
 * );
 * assertEquals(
 *   avgPool2d(x, { size: 2, padding: [0, 1] }),
 *   tensor([[[[1, 4.5, 1.5]]]]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.avg_pool2d(x, size, stride, padding)`
 * - JAX: `jax.lax.reduce_window(x, 0.0, jax.lax.add, (1,) * (x.ndim - 2) + tuple(size), (1,) * (x.ndim - 2) + tuple(stride), [(0, 0)] * (x.ndim - 2) + [(m, m) for m in padding]) / (size[0] * size[1])`
 * - TensorFlow: `tf.nn.avg_pool2d(tf.pad(x[..., None], [(0, 0)] + [(m, m) for m in padding] + [(0, 0)]), size, stride, "VALID")[..., 0]`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { pair } from "../core/options.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { avgPool, avgPoolDx } from "../kernels/pool.ts";
import { windows } from "../kernels/windows.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("avgPool2d", {
  inputs: { x: "n… h l" },
  options: {
    size: pair(["r", "v"], undefined, { from: 1 }),
    stride: pair(["s", "t"], "size", { from: 1 }),
    padding: pair(["p", "q"], 0, { from: 0, to: "size/2" }),
  },
  outputs: { y: "n… (h+2*p-r)/s+1 (l+2*q-v)/t+1" },

  forward({ x, y, n, h, l, r, v, s, t, p, q }) {
    const rows = windows(h, r, s, p), cols = windows(l, v, t, q);
    for (let i = 0, at = 0; i < n; i++) {
      for (let a = 0; a < rows; a++) {
        const top = Math.max(a * s - p, 0), bottom = Math.min(a * s - p + r, h);
        for (let m = 0; m < cols; m++) {
          const left = Math.max(m * t - q, 0);
          const right = Math.min(m * t - q + v, l);
          let sum = 0;
          for (let y = top; y < bottom; y++) {
            for (let x_ = left; x_ < right; x_++) {
              sum += x[(i * h + y) * l + x_];
            }
          }
          y[at++] = sum / (r * v); // Yᵢₐₘ = 1 ∕ rv Σ Xᵢyx
        }
      }
    }
  },

  backward({ dy, dx, n, h, l, r, v, s, t, p, q }) {
    const rows = windows(h, r, s, p), cols = windows(l, v, t, q);
    const sums = new Float64Array(h * l);
    for (let i = 0, at = 0; i < n; i++) {
      sums.fill(0);
      for (let a = 0; a < rows; a++) {
        const top = Math.max(a * s - p, 0), bottom = Math.min(a * s - p + r, h);
        for (let m = 0; m < cols; m++) {
          const left = Math.max(m * t - q, 0);
          const right = Math.min(m * t - q + v, l);
          const dout = dy[at++];
          for (let y = top; y < bottom; y++) {
            for (let x = left; x < right; x++) sums[y * l + x] += dout;
          }
        }
      }
      for (let k = 0; k < h * l; k++) {
        dx[i * h * l + k] = sums[k] / (r * v); // ∂E/∂Xᵢyx = 1 ∕ rv Σₐₘ ∂E/∂Yᵢₐₘ
      }
    }
  },

  kernels: {
    forward: (call) => avgPool(call, call.x, call.y),
    backward: (call) => avgPoolDx(call, call.dy, call.dx),
  },
});

/** The options of {@linkcode avgPool2d}. A pair `[h, w]` is for rows and columns, a
 * number for both.
 *
 * @example Usage
 * ```ts
 * import type { AvgPool2dOptions } from "@adjoint/ops/avg-pool2d";
 *
 * const options: AvgPool2dOptions = { size: 3, stride: 2, padding: [1, 0] };
 * ```
 */
export interface AvgPool2dOptions {
  /** The number of rows and columns of a window; required. */
  size: number | readonly [h: number, w: number];
  /** The distance between windows; the size by default. */
  stride?: number | readonly [h: number, w: number] | undefined;
  /** The number of rows and columns added on each side; 0 by default. */
  padding?: number | readonly [h: number, w: number] | undefined;
}

/** Takes the mean of each window:
 * `Yᵢₐₘ = (1 ∕ (r v)) Σ[y, x: ρₐ < y ≤ ρₐ + r and κₘ < x ≤ κₘ + v] X[i, y, x]`.
 * The window begins after row `ρₐ = (a − 1) s − p` and column
 * `κₘ = (m − 1) t − q`.
 *
 * @param x The images, of shape `n×h×l`, where n stands for any leading axes.
 * @param options The size of a window, its stride and its padding.
 * @returns The means `Y`, of shape `n×…×…`.
 *
 * @example Usage
 * ```ts
 * import { avgPool2d } from "@adjoint/ops/avg-pool2d";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[[1, 2, 3, 4], [5, 6, 7, 8]]]]);
 *
 * assertEquals(avgPool2d(x, { size: 2 }), tensor([[[[3.5, 5.5]]]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/avg-pool2d
 */
export function avgPool2d<N extends Shape, D extends Float>(
  x: Tensor<readonly [...N, number, number], D>,
  options:
    & AvgPool2dOptions
    & Options<NoInfer<readonly [...N, number, number]>, NoInfer<D>>,
): Tensor<readonly [...N, number, number], D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode avgPool2d}:
 * `∂E/∂X[i, y, x] = (1 ∕ (r v)) Σ[a, m: ρₐ < y ≤ ρₐ + r and κₘ < x ≤ κₘ + v]
 * ∂E/∂Yᵢₐₘ`, with `ρ` and `κ` as in {@linkcode avgPool2d}.
 *
 * @param x The images, of shape `n×h×l`.
 * @param dout The gradient of the loss with respect to the means, of shape
 * `n×…×…`.
 * @param options The size of a window, its stride and its padding.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/avg-pool2d
 */
export function avgPool2dD<
  N extends Shape,
  H extends number,
  L extends number,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, H, L], D>,
  dout: Tensor<SameShape<S, readonly [...N, number, number]>, NoInfer<D>>,
  options:
    & AvgPool2dOptions
    & GradientOptions<{ x: Tensor<readonly [...N, H, L], D> }>,
): { x: Tensor<readonly [...N, H, L], D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode avgPool2d} with respect to `x`:
 * `∂E/∂X[i, y, x] = (1 ∕ (r v)) Σ[a, m: ρₐ < y ≤ ρₐ + r and κₘ < x ≤ κₘ + v]
 * ∂E/∂Yᵢₐₘ`, with `ρ` and `κ` as in {@linkcode avgPool2d}.
 *
 * @param x The images, of shape `n×h×l`.
 * @param dout The gradient of the loss with respect to the means, of shape
 * `n×…×…`.
 * @param options The size of a window, its stride and its padding.
 * @returns The gradient, of shape `n×h×l`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/avg-pool2d
 */
export function avgPool2dDx<
  N extends Shape,
  H extends number,
  L extends number,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, H, L], D>,
  dout: Tensor<SameShape<S, readonly [...N, number, number]>, NoInfer<D>>,
  options:
    & AvgPool2dOptions
    & Options<NoInfer<readonly [...N, H, L]>, NoInfer<D>>,
): Tensor<readonly [...N, H, L], D> {
  return signature.gradient("x", [x, dout], options);
}
