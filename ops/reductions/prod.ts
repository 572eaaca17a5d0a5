// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Product of elements
 *
 * Multiplies the elements of a tensor along some of its axes, or all of them.
 *
 * ```math
 * Y_{ik} = \prod_{j=1}^{m} X_{ijk}, \qquad
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ik}} \prod_{a \ne j} X_{iak}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m \times p`$ | input `x` |
 * | $`Y`$ | $`n \times p`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page is written for one axis with others before and after it. In general the
 * option `axes` names the axes to reduce, which count as one axis of $`m`$ elements;
 * those before and after them count as axes of $`n`$ and $`p`$ elements. By default
 * all axes are reduced, so $`n`$ and $`p`$ are 1 and the result is a scalar. With
 * `keepDims`, the reduced axes stay, with size 1.
 *
 * ## Forward
 *
 * ```math
 * Y_{ik} = \prod_{j=1}^{m} X_{ijk}
 * ```
 *
 * ## Derivation
 *
 * The product is $`X_{ijk}`$ times the product of all others, in which it does not
 * occur. So its derivative is that product. An element acts on the one output that
 * has its $`i`$ and $`k`$. With the Kronecker delta, which is 1 where its two indices
 * are equal and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_{ac}}{\partial X_{ijk}}
 *   = \delta_{ai} \delta_{ck} \prod_{b \ne j} X_{ibk}
 * ```
 *
 * The chain rule sums over every element of $`Y`$, and the deltas leave one:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{a=1}^{n} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial Y_{ac}} \frac{\partial Y_{ac}}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ik}} \prod_{b \ne j} X_{ibk}
 * ```
 *
 * If one element is 0, the gradients of the others are 0, and its own is `dout`
 * times the product of the others. If two are 0, all gradients are 0: changing one
 * element does not change the product.
 *
 * ## Backward
 *
 * {@linkcode prodDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ik}} \prod_{a \ne j} X_{iak}
 * ```
 *
 * ## Special points
 *
 * The product is smooth, so it has no kinks. The product of no elements is 1. The
 * gradient of an element does not contain the element itself, so that of a NaN may
 * be a number.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[2, 0, 4]]], axes = [2]` | `[[0]]` | `[[[0, 8, 0]]]` | same | same | same | |
 * | `x = [[[0, 0, 4]]], axes = [2]` | `[[0]]` | `[[[0, 0, 0]]]` | same | same | same | |
 * | `x = [[[]]], axes = [2]` | `[[1]]` | `[[[]]]` | same | same | same | |
 * | `x = [[[0, ∞]]], axes = [2]` | `[[NaN]]` | `[[[∞, 0]]]` | same | same | same | |
 * | `x = [[[NaN, 0, 2]]], axes = [2]` | `[[NaN]]` | `[[[0, NaN, NaN]]]` | same | same | same | |
 * | `x = [[[NaN, 3]]], axes = [2]` | `[[NaN]]` | `[[[3, NaN]]]` | `dx = [[[NaN, NaN]]]` | same | same | PyTorch divides by the element if none is 0 |
 * | `x = [[[∞, 2]]], axes = [2]` | `[[∞]]` | `[[[2, ∞]]]` | `dx = [[[NaN, ∞]]]` | same | same | PyTorch divides by the element if none is 0 |
 * | `x = [[[-∞, 2]]], axes = [2]` | `[[-∞]]` | `[[[2, -∞]]]` | `dx = [[[NaN, -∞]]]` | same | same | PyTorch divides by the element if none is 0 |
 * | `x = [[[0, 2]]], axes = [2], dout = [[∞]]` | `[[0]]` | `[[[∞, NaN]]]` | same | same | same | |
 * | `x = [[[1e200, 1e200, 1e-200]]], axes = [2]` | `[[1e200]]` | `[[[1, 1, ∞]]]` | `y = [[∞]], dx = [[[∞, ∞, ∞]]]` | same | `y = [[∞]]` | the product is finite |
 * | `x = [[[1e-200, 1e-200, 1e200, 1e200]]], axes = [2]` | `[[1]]` | `[[[1e200, 1e200, 1e-200, 1e-200]]]` | `y = [[0]], dx = [[[0, 0, 0, 0]]]` | same | `dx = [[[∞, ∞, 0, 0]]]` | the product is not 0 |
 * | `x = [[[0, 5]]], axes = []` | `[[[0, 5]]]` | `[[[1, 1]]]` | `dx = [[[5, 0]]]` | same | same | an empty list reduces no axis; PyTorch differentiates the product of all elements |
 *
 * ## Stability
 *
 * If no element is 0, the product of the others is the whole product divided by the
 * element, which takes one division instead of many products:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ik}} \frac{Y_{ik}}{X_{ijk}}
 *   \quad \text{if } X_{ijk} \ne 0
 * ```
 *
 * At a zero this is 0 divided by 0, and if the whole product overflows or
 * underflows, all gradients are lost. The code multiplies the product of the
 * elements before this one by the product of those after it. Each of the two
 * takes one multiplication from one element to the next:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}} = \frac{\partial E}{\partial Y_{ik}}
 *   \left( \prod_{a=1}^{j-1} X_{iak} \right)
 *   \left( \prod_{a=j+1}^{m} X_{iak} \right)
 * ```
 *
 * A partial product may leave the range of float64 although the result does not,
 * so the code keeps its exponent separately until the end.
 *
 * ## Cost
 *
 * One multiplication for each element forward; four backward, and memory for the
 * products of one row. The backward pass needs only $`X`$. If the axes are not
 * adjacent, the code first copies $`X`$ so that they are.
 *
 * Products accumulate in float64, and a float32 result is rounded once, when it
 * is stored.
 *
 * ## Example
 *
 * ```ts
 * import { prod, prodDx } from "@adjoint/ops/prod";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[2, 3, 4], [5, 0, 6]]);
 *
 * assertEquals(prod(x), scalar(0));
 * assertEquals(prod(x, { axes: [-1] }), tensor([24, 0]));
 * assertEquals(prod(x, { axes: [0], keepDims: true }), tensor([[10, 0, 24]]));
 * assertEquals(
 *   prodDx(x, tensor([1, 1]), { axes: [-1] }),
 *   tensor([[12, 8, 6], [0, 30, 0]]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.masked.prod(x, dim=axes, keepdim=keepDims)`; `torch.prod` takes
 *   one axis, or none for all of them
 * - JAX: `jnp.prod(x, axis=axes, keepdims=keepDims)`
 * - TensorFlow: `tf.reduce_prod(x, axis=axes, keepdims=keepDims)`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { axes } from "../core/options.ts";
import { isTame, Scaled } from "../core/scaled.ts";
import type {
  Float,
  GradientOptions,
  Options,
  Reduced,
  ReduceOptions,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { eachLine, multiplyAlong, multiplyFourD } from "../kernels/along.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("prod", {
  inputs: { x: "n… m… p…" },
  options: { axes: axes("m") },
  outputs: { y: "n… p…" },

  forward({ x, y, n, m, p }) {
    const product = new Scaled();
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        product.set(1);
        for (let j = 0; j < m; j++) product.times(x[(i * m + j) * p + k]);
        y[i * p + k] = product.value; // Yᵢₖ = ∏ⱼ Xᵢⱼₖ
      }
    }
  },

  backward({ x, dy, dx, n, m, p }) {
    const before = new Scaled(), product = new Scaled();
    const after = { q: new Float64Array(m), e: new Float64Array(m) };
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const at = (j: number) => (i * m + j) * p + k;
        product.set(1);
        for (let j = m - 1; j >= 0; j--) {
          after.q[j] = product.q; // Xᵢₐₖ multiplied from a = j + 1 to m
          after.e[j] = product.e;
          product.times(x[at(j)]);
        }
        before.set(1); // and from a = 1 to j − 1
        for (let j = 0; j < m; j++) {
          product.set(before.q, before.e);
          product.times(after.q[j], after.e[j]);
          product.times(dy[i * p + k]);
          dx[at(j)] = product.value; // ∂E/∂Xᵢⱼₖ = ∂E/∂Yᵢₖ ∏ Xᵢₐₖ over a ≠ j
          before.times(x[at(j)]);
        }
      }
    }
  },

  kernels: {
    forward({ x, y, n, m, p }) {
      multiplyAlong(x, n, m, p, y);
      const product = new Scaled();
      for (let i = 0; i < n; i++) {
        for (let k = 0; k < p; k++) {
          if (Number.isFinite(y[i * p + k])) continue;
          const start = i * m * p + k;
          product.set(1);
          for (let j = 0; j < m; j++) product.times(x[start + j * p]);
          y[i * p + k] = product.value;
        }
      }
    },
    backward({ x, dy, dx, n, m, p }) {
      const before = new Scaled(), product = new Scaled();
      const q = new Float64Array(4 * m), e = new Float64Array(m);
      const one = (start: number, at: number) => {
        const dout = dy[at], size = Math.abs(dout) || 1;
        if (isTame(x, start, p, m, size, size)) {
          let plain = 1;
          for (let j = m - 1; j >= 0; j--) {
            q[j] = plain;
            plain *= x[start + j * p];
          }
          plain = 1;
          for (let j = 0; j < m; j++) {
            dx[start + j * p] = plain * q[j] * dout;
            plain *= x[start + j * p];
          }
          return;
        }
        product.set(1);
        for (let j = m - 1; j >= 0; j--) {
          q[j] = product.q;
          e[j] = product.e;
          product.times(x[start + j * p]);
        }
        before.set(1);
        for (let j = 0; j < m; j++) {
          product.set(before.q, before.e);
          product.times(q[j], e[j]);
          product.times(dout);
          dx[start + j * p] = product.value;
          before.times(x[start + j * p]);
        }
      };
      eachLine(
        n,
        m,
        p,
        (start, apart, at) =>
          multiplyFourD(x, dy, dx, start, apart, p, m, at, q),
        one,
      );
    },
  },
});

/** Multiplies elements along some axes: `Yᵢₖ = ∏ⱼ Xᵢⱼₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m stands for the axes that are
 * multiplied over.
 * @param options The axes, all of them by default, and whether to keep them.
 * @returns The products `Y`, of shape `n×p`.
 *
 * @example Usage
 * ```ts
 * import { prod } from "@adjoint/ops/prod";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(prod(tensor([[1, 2], [3, 4]])), scalar(24));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/prod
 */
export function prod<
  S extends Shape,
  D extends Float,
  const A extends Shape | undefined = undefined,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  options?: ReduceOptions<A, K> & Options<Reduced<S, A, K>, NoInfer<D>>,
): Tensor<Reduced<S, A, K>, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode prod}: `∂E/∂Xᵢⱼₖ = ∂E/∂Yᵢₖ ∏[a ≠ j] Xᵢₐₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m stands for the axes that are
 * multiplied over.
 * @param dout The gradient of the loss with respect to the products, of shape
 * `n×p`.
 * @param options The axes and `keepDims` of the call of {@linkcode prod}.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/prod
 */
export function prodD<
  S extends Shape,
  D extends Float,
  T extends Shape,
  const A extends Shape | undefined = undefined,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Reduced<S, A, K>>, NoInfer<D>>,
  options?: ReduceOptions<A, K> & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode prod} with respect to `x`:
 * `∂E/∂Xᵢⱼₖ = ∂E/∂Yᵢₖ ∏[a ≠ j] Xᵢₐₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m stands for the axes that are
 * multiplied over.
 * @param dout The gradient of the loss with respect to the products, of shape
 * `n×p`.
 * @param options The axes and `keepDims` of the call of {@linkcode prod}.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/prod
 */
export function prodDx<
  S extends Shape,
  D extends Float,
  T extends Shape,
  const A extends Shape | undefined = undefined,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Reduced<S, A, K>>, NoInfer<D>>,
  options?: ReduceOptions<A, K> & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
