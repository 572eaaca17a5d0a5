// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Cumulative product
 *
 * Multiplies the elements along an axis, and returns the product at every step.
 *
 * ```math
 * Y_{ijk} = \prod_{a=1}^{j} X_{iak}, \qquad
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \left( \prod_{a=1}^{j-1} X_{iak} \right)
 *     \sum_{b=j}^{m} \frac{\partial E}{\partial Y_{ibk}} \prod_{a=j+1}^{b} X_{iak}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m \times p`$ | input `x` |
 * | $`Y`$ | $`n \times m \times p`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times m \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page is written for the middle axis of three. In general the option
 * `axis` names the axis, the last by default; the axes before it count as one
 * of size $`n`$, those after it as one of size $`p`$.
 *
 * ## Forward
 *
 * Along the axis, with the other two indices fixed:
 *
 * ```math
 * Y_{ijk} = \prod_{a=1}^{j} X_{iak}
 * ```
 *
 * ## Derivation
 *
 * An element is a factor of the product at its own index and of all later ones. The
 * derivative of each is the product of its other factors, those before the element
 * and those after it. A bracket is 1 where its condition holds, and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_{ibk}}{\partial X_{ijk}}
 *   = [b \ge j] \left( \prod_{a=1}^{j-1} X_{iak} \right)
 *     \left( \prod_{a=j+1}^{b} X_{iak} \right)
 * ```
 *
 * The loss depends on the element through all of these products, and the chain rule
 * adds them up. The bracket leaves those from $`j`$ on, and the factors before the
 * element are common to them:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{b=1}^{m} \frac{\partial E}{\partial Y_{ibk}}
 *     \frac{\partial Y_{ibk}}{\partial X_{ijk}}
 *   = \left( \prod_{a=1}^{j-1} X_{iak} \right)
 *     \sum_{b=j}^{m} \frac{\partial E}{\partial Y_{ibk}} \prod_{a=j+1}^{b} X_{iak}
 * ```
 *
 * In the first term of the sum the product has no factors, and is 1.
 *
 * ## Backward
 *
 * {@linkcode cumprodDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \left( \prod_{a=1}^{j-1} X_{iak} \right)
 *     \sum_{b=j}^{m} \frac{\partial E}{\partial Y_{ibk}} \prod_{a=j+1}^{b} X_{iak}
 * ```
 *
 * ## Special points
 *
 * The products are smooth, so there are no kinks. From the first zero on, all
 * products are 0, so the elements after it have a gradient of 0. The zero itself
 * has a gradient, which comes from the products up to the next zero. NaN and
 * infinite elements are multiplied like any others.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[2], [0], [4], [5]]], axis = 1` | `[[[2], [0], [0], [0]]]` | `[[[1], [50], [0], [0]]]` | same | same | `dx = [[[1], [0], [0], [0]]]` | |
 * | `x = [[[2], [0], [3], [0], [5]]], axis = 1, dout = [[[1], [2], [3], [4], [5]]]` | `[[[2], [0], [0], [0], [0]]]` | `[[[1], [22], [0], [0], [0]]]` | same | same | `dx = [[[1], [0], [0], [0], [0]]]` | |
 * | `x = [[[0], [0], [4]]], axis = 1` | `[[[0], [0], [0]]]` | `[[[1], [0], [0]]]` | same | same | `dx = [[[0], [0], [0]]]` | |
 * | `x = [[[NaN], [0], [2]]], axis = 1` | `[[[NaN], [NaN], [NaN]]]` | `[[[1], [NaN], [NaN]]]` | `dx = [[[NaN], [NaN], [0]]]` | same | `dx = [[[NaN], [0], [NaN]]]` | the gradient of an element does not depend on the element itself |
 * | `x = [[[∞], [2]]], axis = 1` | `[[[∞], [∞]]]` | `[[[3], [∞]]]` | `dx = [[[NaN], [∞]]]` | same | `dx = [[[NaN], [∞]]]` | PyTorch divides by the element if none is 0 |
 * | `x = [[[-∞], [2]]], axis = 1` | `[[[-∞], [-∞]]]` | `[[[3], [-∞]]]` | `dx = [[[NaN], [-∞]]]` | same | `dx = [[[NaN], [-∞]]]` | PyTorch divides by the element if none is 0 |
 * | `x = [[[0], [1], [2]]], axis = 1, dout = [[[1], [1], [NaN]]]` | `[[[0], [0], [0]]]` | `[[[NaN], [NaN], [NaN]]]` | `dx = [[[NaN], [0], [0]]]` | same | `dx = [[[0], [NaN], [NaN]]]` | 0 · NaN is NaN; PyTorch writes 0 after the first zero |
 * | `x = [[[0], [1], [2]]], axis = 1, dout = [[[1], [1], [∞]]]` | `[[[0], [0], [0]]]` | `[[[∞], [NaN], [NaN]]]` | `dx = [[[∞], [0], [0]]]` | same | `dx = [[[0], [NaN], [NaN]]]` | 0 · ∞ is NaN; PyTorch writes 0 after the first zero |
 * | `x = [[[1e200], [1e200], [1e-200]]], axis = 1` | `[[[1e200], [∞], [1e200]]]` | `[[[1e200], [1e200], [∞]]]` | `y = [[[1e200], [∞], [∞]]], dx = [[[∞], [∞], [∞]]]` | `y = [[[1e200], [∞], [∞]]]` | `y = [[[1e200], [∞], [∞]]], dx = [[[∞], [∞], [∞]]]` | the last product is finite |
 * | `x = [[[]]], axis = 2` | `[[[]]]` | `[[[]]]` | same | same | same | |
 *
 * ## Stability
 *
 * If no element is 0, a product without one of its factors is the product divided by
 * that factor, so a sum from the end and one division would be enough:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{1}{X_{ijk}} \sum_{b=j}^{m} \frac{\partial E}{\partial Y_{ibk}} Y_{ibk}
 *   \quad \text{if } X_{ijk} \ne 0
 * ```
 *
 * At a zero this is 0 divided by 0, and if a product overflows or underflows, the
 * result is lost. The formula of the backward pass needs no division. The code
 * evaluates it by Horner's rule: from the end, the sum so far is multiplied by
 * the element, and the gradient of the output before it is added. Intermediate
 * products and sums may leave the range of float64 although the result does not,
 * so the code keeps their exponents separately until the end.
 *
 * ## Cost
 *
 * One multiplication for each element forward; three multiplications and one
 * addition backward, and memory for the sums of one row. The backward pass needs
 * only $`X`$.
 *
 * Products and sums accumulate in float64, and a float32 result is rounded once,
 * when it is stored.
 *
 * ## Example
 *
 * ```ts
 * import { cumprod, cumprodDx } from "@adjoint/ops/cumprod";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [2, 0, 5]]);
 *
 * assertEquals(cumprod(x), tensor([[1, 2, 6], [2, 0, 0]]));
 * assertEquals(cumprod(x, { axis: 0 }), tensor([[1, 2, 3], [2, 0, 15]]));
 * assertEquals(cumprodDx(x, ones([2, 3])), tensor([[9, 4, 2], [1, 12, 0]]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.cumprod(x, axis)`
 * - JAX: `jnp.cumprod(x, axis=axis)`
 * - TensorFlow: `tf.math.cumprod(x, axis=axis)`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { axis } from "../core/options.ts";
import { isTame, LEAST, MOST, Scaled } from "../core/scaled.ts";
import type {
  AxisOptions,
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("cumprod", {
  inputs: { x: "n… m p…" },
  options: { axis: axis("m", -1) },
  outputs: { y: "n… m p…" },

  forward({ x, y, n, m, p }) {
    const product = new Scaled();
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        product.set(1);
        for (let j = 0; j < m; j++) {
          product.times(x[(i * m + j) * p + k]);
          y[(i * m + j) * p + k] = product.value; // Yᵢⱼₖ = ∏ₐ Xᵢₐₖ from a = 1 to j
        }
      }
    }
  },

  backward({ x, dy, dx, n, m, p }) {
    const sum = new Scaled(), before = new Scaled();
    const sums = { q: new Float64Array(m), e: new Float64Array(m) };
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const at = (j: number) => (i * m + j) * p + k;
        sum.set(0);
        for (let j = m - 1; j >= 0; j--) {
          if (j < m - 1) sum.times(x[at(j + 1)]);
          sum.plus(dy[at(j)]);
          sums.q[j] = sum.q; // Σ ∂E/∂Yᵢᵦₖ ∏ Xᵢₐₖ over b ≥ j and j < a ≤ b
          sums.e[j] = sum.e;
        }
        before.set(1); // ∏ Xᵢₐₖ over a < j
        for (let j = 0; j < m; j++) {
          sum.set(before.q, before.e);
          sum.times(sums.q[j], sums.e[j]);
          dx[at(j)] = sum.value; // ∂E/∂Xᵢⱼₖ
          before.times(x[at(j)]);
        }
      }
    }
  },

  kernels: {
    forward({ x, y, n, m, p }) {
      const product = new Scaled();
      for (let i = 0; i < n; i++) {
        for (let k = 0; k < p; k++) {
          const end = (i * m + m) * p + k;
          let plain = 1, at = i * m * p + k;
          // As long as it is far from both ends of the range.
          for (; at < end; at += p) {
            const next = plain * x[at], size = Math.abs(next);
            if (!(size > LEAST && size < MOST)) break;
            y[at] = plain = next;
          }
          product.set(plain);
          for (; at < end; at += p) {
            product.times(x[at]);
            y[at] = product.value;
          }
        }
      }
    },
    backward({ x, dy, dx, n, m, p }) {
      const sum = new Scaled(), before = new Scaled();
      const q = new Float64Array(m), e = new Float64Array(m);
      for (let i = 0; i < n; i++) {
        for (let k = 0; k < p; k++) {
          const start = i * m * p + k;
          let largest = 0, smallest = 1;
          for (let j = 0; j < m; j++) {
            const size = Math.abs(dy[start + j * p]);
            largest = Math.max(largest, size);
            if (size > 0) smallest = Math.min(smallest, size);
          }
          // There are sums of up to m such products.
          if (isTame(x, start, p, m, m * largest, smallest)) {
            let plain = 0;
            for (let j = m - 1; j >= 0; j--) {
              if (j < m - 1) plain *= x[start + (j + 1) * p];
              q[j] = plain += dy[start + j * p];
            }
            plain = 1;
            for (let j = 0; j < m; j++) {
              dx[start + j * p] = plain * q[j];
              plain *= x[start + j * p];
            }
            continue;
          }
          sum.set(0);
          for (let j = m - 1; j >= 0; j--) {
            if (j < m - 1) sum.times(x[start + (j + 1) * p]);
            sum.plus(dy[start + j * p]);
            q[j] = sum.q;
            e[j] = sum.e;
          }
          before.set(1);
          for (let j = 0; j < m; j++) {
            sum.set(before.q, before.e);
            sum.times(q[j], e[j]);
            dx[start + j * p] = sum.value;
            before.times(x[start + j * p]);
          }
        }
      }
    },
  },
});

/** The products along an axis at every step: `Yᵢⱼₖ = ∏ₐ₌₁ʲ Xᵢₐₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param options The axis, the last one by default.
 * @returns The products `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { cumprod } from "@adjoint/ops/cumprod";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(cumprod(tensor([2, 3, 4])), tensor([2, 6, 24]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/cumprod
 */
export function cumprod<
  S extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  options?: AxisOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode cumprod}:
 * `∂E/∂Xᵢⱼₖ = (∏ₐ₌₁ʲ⁻¹ Xᵢₐₖ) Σ[b = j…m] ∂E/∂Y[i, b, k] ∏ₐ₌ⱼ₊₁ᵇ Xᵢₐₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param dout The gradient of the loss with respect to the products, of the
 * shape of `x`.
 * @param options The axis, the last one by default.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/cumprod
 */
export function cumprodD<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: AxisOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode cumprod} with respect to `x`:
 * `∂E/∂Xᵢⱼₖ = (∏ₐ₌₁ʲ⁻¹ Xᵢₐₖ) Σ[b = j…m] ∂E/∂Y[i, b, k] ∏ₐ₌ⱼ₊₁ᵇ Xᵢₐₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m is the axis.
 * @param dout The gradient of the loss with respect to the products, of the
 * shape of `x`.
 * @param options The axis, the last one by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/cumprod
 */
export function cumprodDx<
  S extends Shape,
  T extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: AxisOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
