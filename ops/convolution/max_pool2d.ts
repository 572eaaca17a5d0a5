// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Max pooling
 *
 * Takes the largest element of each window of an image.
 *
 * ```math
 * Y_{iam} = \max_{y, x : \rho_a < y \le \rho_a + r,\, \kappa_m < x \le \kappa_m + v} X_{iyx}, \qquad
 * \frac{\partial E}{\partial X_{iyx}}
 *   = \sum_{a, m : R_{iam} = y,\, C_{iam} = x} \frac{\partial E}{\partial Y_{iam}}
 * ```
 *
 * Here $`R_{iam}`$ and $`C_{iam}`$ are the row and column of the largest element of
 * the window; of several, the first.
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
 * The rows $`y`$ and columns $`x`$ run over the image only, so the padding has no
 * effect, as if it were −∞.
 *
 * ```math
 * Y_{iam} = \max_{y, x : \rho_a < y \le \rho_a + r,\, \kappa_m < x \le \kappa_m + v} X_{iyx}
 * ```
 *
 * ```text
 *    x         windows of 2×2      y            dout         ∂E/∂X
 *    1  5 │ 2  0                   5  4         1  2         0  1 │ 0  0
 *    3  4 │ 4  4        ────→      7  6                ────→ 0  0 │ 2  0    ← the first 4
 *    ─────┼─────                   ↑            3  4         ─────┼─────
 *    7  0 │ 1  2                                             3  0 │ 0  0
 *    1  2 │ 6  3                                             0  0 │ 4  0
 * ```
 *
 * ## Derivation
 *
 * If one element of a window is larger than all others, the output moves with it:
 * its derivative is 1, and the derivatives of the others are 0. If several are
 * the largest, there is a kink, and no derivative exists. The first of them, row
 * by row, then counts as the largest. Its row is the first whose largest element
 * is that of the window:
 *
 * ```math
 * R_{iam} = \operatorname*{argmax}_{y : \rho_a < y \le \rho_a + r}
 *   \left( \max_{x : \kappa_m < x \le \kappa_m + v} X_{iyx} \right)
 * ```
 *
 * In that row it is the first of the largest:
 *
 * ```math
 * C_{iam} = \operatorname*{argmax}_{x : \kappa_m < x \le \kappa_m + v} X_{i,\, R_{iam},\, x}
 * ```
 *
 * The shapes are
 * $`R \in \mathbb{R}^{n \times (\lfloor (h + 2 p - r) / s \rfloor + 1) \times (\lfloor (l + 2 q - v) / t \rfloor + 1)}`$
 * and
 * $`C \in \mathbb{R}^{n \times (\lfloor (h + 2 p - r) / s \rfloor + 1) \times (\lfloor (l + 2 q - v) / t \rfloor + 1)}`$.
 * The chain rule sums over the outputs. Those whose largest element is this one
 * have a derivative of 1; there may be several, as windows may overlap, or none:
 *
 * ```math
 * \frac{\partial E}{\partial X_{iyx}}
 *   = \sum_{a, m : R_{iam} = y,\, C_{iam} = x} \frac{\partial E}{\partial Y_{iam}}
 * ```
 *
 * So each output passes its whole gradient to one element. {@link [max] max}
 * along an axis follows another rule: tied elements share the gradient.
 *
 * ## Backward
 *
 * {@linkcode maxPool2dDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{iyx}}
 *   = \sum_{a, m : R_{iam} = y,\, C_{iam} = x} \frac{\partial E}{\partial Y_{iam}}
 * ```
 *
 * ## Special points
 *
 * The function has a kink where elements of a window tie, and the first of the
 * largest gets the gradient. A NaN counts as larger than every number, and the
 * last NaN of a window gets the gradient, as in PyTorch. An element that no
 * window covers, which a stride may cause, has a gradient of 0.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [[[3, 3], [3, 3]]], size = 2` | `[[[3]]]` | `[[[1, 0], [0, 0]]]` | same | same | same |
 * | `x = [[[1, 2], [2, 1]]], size = 2` | `[[[2]]]` | `[[[0, 1], [0, 0]]]` | same | same | same |
 * | `x = [[[0, 1, 0]]], size = [1, 2], stride = 1` | `[[[1, 1]]]` | `[[[0, 2, 0]]]` | same | same | same |
 * | `x = [[[-1, -2]]], size = [1, 2], padding = [0, 1]` | `[[[-1, -2]]]` | `[[[1, 1]]]` | same | same | same |
 * | `x = [[[-∞, -∞]]], size = [1, 2]` | `[[[-∞]]]` | `[[[1, 0]]]` | same | same | `y = [[[-1.7976931348623157e308]]]` |
 * | `x = [[[NaN, 1, NaN]]], size = [1, 3]` | `[[[NaN]]]` | `[[[0, 0, 1]]]` | same | same | `y = [[[1]]], dx = [[[1, 0, 0]]]` |
 * | `x = [[[1, NaN, 2]]], size = [1, 3]` | `[[[NaN]]]` | `[[[0, 1, 0]]]` | same | `dx = [[[0, 0, 1]]]` | `y = [[[2]]], dx = [[[0, 0, 1]]]` |
 * | `x = [[[1, 2, 3]]], size = [1, 2], dout = [[[∞]]]` | `[[[2]]]` | `[[[0, ∞, 0]]]` | same | same | same |
 *
 * ## Cost
 *
 * One comparison for each element of each window, forward and backward. The
 * backward pass finds the largest elements again, and needs $`X`$, but not $`Y`$.
 * The gradients of overlapping windows accumulate in float64, and a float32
 * result is rounded once.
 *
 * ## Example
 *
 * ```ts
 * import { maxPool2d, maxPool2dDx } from "@adjoint/ops/max-pool2d";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[[1, 5, 2, 0], [3, 4, 4, 4]]]]);
 *
 * assertEquals(maxPool2d(x, { size: 2 }), tensor([[[[5, 4]]]]));
 * assertEquals(
 *   maxPool2dDx(x, ones([1, 1, 1, 2]), { size: 2 }),
 *   tensor([[[[0, 1, 0, 0], [0, 0, 1, 0]]]]),
 * );
 * assertEquals(
 *   maxPool2d(x, { size: [2, 3], stride: 1, padding: [0, 1] }),
 *   tensor([[[[5, 5, 5, 4]]]]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.max_pool2d(x, size, stride, padding)`
 * - JAX: `jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1,) * (x.ndim - 2) + tuple(size), (1,) * (x.ndim - 2) + tuple(stride), [(0, 0)] * (x.ndim - 2) + [(m, m) for m in padding])`
 * - TensorFlow: `tf.nn.max_pool2d(tf.pad(x[..., None], [(0, 0)] + [(m, m) for m in padding] + [(0, 0)], constant_values=float("-inf")), size, stride, "VALID")[..., 0]`
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
import { maxPool, maxPoolDx } from "../kernels/pool.ts";
import { windows } from "../kernels/windows.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("maxPool2d", {
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
        for (let m = 0; m < cols; m++) {
          const place = largest(x, i, a * s - p, m * t - q, r, v, h, l);
          y[at++] = place < 0 ? -Infinity : x[place]; // Yᵢₐₘ = max X
        }
      }
    }
  },

  backward({ x, dy, dx, n, h, l, r, v, s, t, p, q }) {
    const rows = windows(h, r, s, p), cols = windows(l, v, t, q);
    const sums = new Float64Array(h * l);
    for (let i = 0, at = 0; i < n; i++) {
      sums.fill(0);
      for (let a = 0; a < rows; a++) {
        for (let m = 0; m < cols; m++) {
          const place = largest(x, i, a * s - p, m * t - q, r, v, h, l);
          if (place >= 0) sums[place - i * h * l] += dy[at];
          at++;
        }
      }
      for (let k = 0; k < h * l; k++) {
        dx[i * h * l + k] = sums[k]; // ∂E/∂X = Σₐₘ ∂E/∂Yᵢₐₘ where it is the largest
      }
    }
  },

  kernels: {
    forward: (call) => maxPool(call, call.x, call.y),
    backward: (call) => maxPoolDx(call, call.x, call.dy, call.dx),
  },
});

/** The position of the largest element of the window that begins after a row and
 * a column: the first, or the last NaN; −1 in an image without elements. */
function largest(
  x: Float,
  i: number,
  row: number,
  col: number,
  r: number,
  v: number,
  h: number,
  l: number,
): number {
  const bottom = Math.min(row + r, h), right = Math.min(col + v, l);
  const left = Math.max(col, 0);
  let max = -Infinity, place = -1;
  for (let y = Math.max(row, 0); y < bottom; y++) {
    const from = (i * h + y) * l;
    for (let at = from + left; at < from + right; at++) {
      const value = x[at];
      if (value > max || value !== value || place < 0) {
        max = value;
        place = at;
      }
    }
  }
  return place;
}

/** The options of {@linkcode maxPool2d}. A pair `[h, w]` is for rows and columns, a
 * number for both.
 *
 * @example Usage
 * ```ts
 * import type { MaxPool2dOptions } from "@adjoint/ops/max-pool2d";
 *
 * const options: MaxPool2dOptions = { size: 3, stride: 2, padding: [1, 0] };
 * ```
 */
export interface MaxPool2dOptions {
  /** The number of rows and columns of a window; required. */
  size: number | readonly [h: number, w: number];
  /** The distance between windows; the size by default. */
  stride?: number | readonly [h: number, w: number] | undefined;
  /** The number of rows and columns added on each side; 0 by default. */
  padding?: number | readonly [h: number, w: number] | undefined;
}

/** Takes the largest element of each window:
 * `Yᵢₐₘ = max[y, x: ρₐ < y ≤ ρₐ + r and κₘ < x ≤ κₘ + v] X[i, y, x]`. The
 * window begins after row `ρₐ = (a − 1) s − p` and column `κₘ = (m − 1) t − q`.
 *
 * @param x The images, of shape `n×h×l`, where n stands for any leading axes.
 * @param options The size of a window, its stride and its padding.
 * @returns The maxima `Y`, of shape `n×…×…`.
 *
 * @example Usage
 * ```ts
 * import { maxPool2d } from "@adjoint/ops/max-pool2d";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[[1, 2, 3, 4], [5, 6, 7, 8]]]]);
 *
 * assertEquals(maxPool2d(x, { size: 2 }), tensor([[[[6, 8]]]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/max-pool2d
 */
export function maxPool2d<N extends Shape, D extends Float>(
  x: Tensor<readonly [...N, number, number], D>,
  options:
    & MaxPool2dOptions
    & Options<NoInfer<readonly [...N, number, number]>, NoInfer<D>>,
): Tensor<readonly [...N, number, number], D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode maxPool2d}:
 * `∂E/∂X[i, y, x] = Σ[a, m: Rᵢₐₘ = y and Cᵢₐₘ = x] ∂E/∂Yᵢₐₘ`, where row `R` and
 * column `C` hold the largest element of a window, the first of several.
 *
 * @param x The images, of shape `n×h×l`.
 * @param dout The gradient of the loss with respect to the maxima, of shape
 * `n×…×…`.
 * @param options The size of a window, its stride and its padding.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/max-pool2d
 */
export function maxPool2dD<
  N extends Shape,
  H extends number,
  L extends number,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, H, L], D>,
  dout: Tensor<SameShape<S, readonly [...N, number, number]>, NoInfer<D>>,
  options:
    & MaxPool2dOptions
    & GradientOptions<{ x: Tensor<readonly [...N, H, L], D> }>,
): { x: Tensor<readonly [...N, H, L], D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode maxPool2d} with respect to `x`:
 * `∂E/∂X[i, y, x] = Σ[a, m: Rᵢₐₘ = y and Cᵢₐₘ = x] ∂E/∂Yᵢₐₘ`, where row `R` and
 * column `C` hold the largest element of a window, the first of several.
 *
 * @param x The images, of shape `n×h×l`.
 * @param dout The gradient of the loss with respect to the maxima, of shape
 * `n×…×…`.
 * @param options The size of a window, its stride and its padding.
 * @returns The gradient, of shape `n×h×l`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/max-pool2d
 */
export function maxPool2dDx<
  N extends Shape,
  H extends number,
  L extends number,
  S extends Shape,
  D extends Float,
>(
  x: Tensor<readonly [...N, H, L], D>,
  dout: Tensor<SameShape<S, readonly [...N, number, number]>, NoInfer<D>>,
  options:
    & MaxPool2dOptions
    & Options<NoInfer<readonly [...N, H, L]>, NoInfer<D>>,
): Tensor<readonly [...N, H, L], D> {
  return signature.gradient("x", [x, dout], options);
}
