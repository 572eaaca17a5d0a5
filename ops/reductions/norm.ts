// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Norm
 *
 * Computes the Euclidean length of the elements of a tensor along some of its
 * axes, or all of them: the root of the sum of their squares.
 *
 * ```math
 * Y_{ik} = \sqrt{\sum_{j=1}^{m} X_{ijk}^2}, \qquad
 * \frac{\partial E}{\partial X_{ijk}} = \begin{cases}
 *   0 & Y_{ik} = 0 \\
 *   \frac{X_{ijk}}{Y_{ik}} \frac{\partial E}{\partial Y_{ik}} & \text{otherwise}
 * \end{cases}
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
 * option `axes` names the axes to reduce, which count as one axis of $`m`$
 * elements; those before and after them count as axes of $`n`$ and $`p`$ elements.
 * By default all axes are reduced, so $`n`$ and $`p`$ are 1 and the result is a
 * scalar. With `keepDims`, the reduced axes stay, with size 1.
 *
 * ## Forward
 *
 * ```math
 * Y_{ik} = \sqrt{\sum_{j=1}^{m} X_{ijk}^2}
 * ```
 *
 * ## Derivation
 *
 * Call the sum of the squares $`s_{ik}`$. One of its terms contains $`X_{ijk}`$:
 *
 * ```math
 * s_{ik} = \sum_{j=1}^{m} X_{ijk}^2
 * ```
 *
 * ```math
 * \frac{\partial s_{ik}}{\partial X_{ijk}} = 2 X_{ijk}
 * ```
 *
 * The derivative of $`\sqrt{u}`$ is $`\frac{1}{2 \sqrt{u}}`$, and the root is the
 * output itself. The twos cancel:
 *
 * ```math
 * \frac{\partial Y_{ik}}{\partial X_{ijk}}
 *   = \frac{1}{2 Y_{ik}} \frac{\partial s_{ik}}{\partial X_{ijk}}
 *   = \frac{X_{ijk}}{Y_{ik}} \quad \text{if } Y_{ik} \ne 0
 * ```
 *
 * Every element acts on one output, so the chain rule has one term:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ik}} \frac{\partial Y_{ik}}{\partial X_{ijk}}
 *   = \frac{X_{ijk}}{Y_{ik}} \frac{\partial E}{\partial Y_{ik}}
 *   \quad \text{if } Y_{ik} \ne 0
 * ```
 *
 * The gradient has the direction of the elements, and if
 * $`\frac{\partial E}{\partial Y}`$ is 1, its length is 1, however short they
 * are. If all elements are 0, they have no direction, and no derivative exists:
 * every vector of a length of at most 1 is a subgradient. The code takes the one
 * in the middle, 0, which leaves a minimum where it is.
 *
 * ## Backward
 *
 * {@linkcode normDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}} = \begin{cases}
 *   0 & Y_{ik} = 0 \\
 *   \frac{X_{ijk}}{Y_{ik}} \frac{\partial E}{\partial Y_{ik}} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Special points
 *
 * At 0 the quotient is 0 divided by 0; there the gradient is the subgradient 0, as in
 * PyTorch. This 0 is a factor of `dout`, so an infinite `dout` gives NaN. The length
 * of no elements is 0.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[3, 4]]], axes = [2]` | `[[5]]` | `[[[0.6, 0.8]]]` | same | same | same | |
 * | `x = [[[0, 0]]], axes = [2]` | `[[0]]` | `[[[0, 0]]]` | same | `dx = [[[NaN, NaN]]]` | `dx = [[[NaN, NaN]]]` | |
 * | `x = [[[0, 2]]], axes = [2], dout = [[∞]]` | `[[2]]` | `[[[NaN, ∞]]]` | same | same | same | |
 * | `x = [[[0, 0]]], axes = [2], dout = [[∞]]` | `[[0]]` | `[[[NaN, NaN]]]` | same | same | same | |
 * | `x = [[[]]], axes = [2]` | `[[0]]` | `[[[]]]` | same | same | same | |
 * | `x = [[[∞, 1]]], axes = [2]` | `[[∞]]` | `[[[NaN, 0]]]` | same | same | same | |
 * | `x = [[[NaN, ∞]]], axes = [2]` | `[[NaN]]` | `[[[NaN, NaN]]]` | same | same | same | |
 * | `x = [[[3e200, 4e200]]], axes = [2]` | `[[5e200]]` | `[[[0.6, 0.8]]]` | `y = [[∞]], dx = [[[0, 0]]]` | `y = [[∞]], dx = [[[0, 0]]]` | `y = [[∞]], dx = [[[0, 0]]]` | the norm is finite; the squares overflow in PyTorch |
 * | `x = [[[3e-200, 4e-200]]], axes = [2]` | `[[5e-200]]` | `[[[0.6, 0.8]]]` | `y = [[0]], dx = [[[0, 0]]]` | `y = [[0]], dx = [[[∞, ∞]]]` | `y = [[0]], dx = [[[∞, ∞]]]` | the norm is not 0; the squares underflow in PyTorch |
 * | `x = [[[3e30, 4e30]]], axes = [2], dtype = float32` | `[[5e30]]` | `[[[0.6, 0.8]]]` | `y = [[∞]], dx = [[[0, 0]]]` | `y = [[∞]], dx = [[[0, 0]]]` | `y = [[∞]], dx = [[[0, 0]]]` | squares and sums are computed in float64 |
 * | `x = [[[3e-30, 4e-30]]], axes = [2], dtype = float32` | `[[5e-30]]` | `[[[0.6, 0.8]]]` | `y = [[0]], dx = [[[0, 0]]]` | `y = [[0]], dx = [[[∞, ∞]]]` | `y = [[0]], dx = [[[∞, ∞]]]` | squares and sums are computed in float64 |
 * | `x = [[[-3, 4]]], axes = []` | `[[[3, 4]]]` | `[[[-1, 1]]]` | `y = 5, dx = [[[-0.6, 0.8]]]` | same | same | an empty list reduces no axis, as in NumPy |
 *
 * The gradient of an infinite element is ∞ divided by ∞, which is NaN.
 *
 * ## Stability
 *
 * The square of a number above 1.3e154 overflows in float64, and that of one
 * below 1.5e-162 is 0. So the formula gives ∞ for elements near 1e200 and 0 for
 * elements near 1e-200, although the length is about as large as they are. In
 * float32 this happens already at 1e20 and 1e-23. Dividing all elements by the
 * largest absolute value, and multiplying the length by it, leaves squares of at
 * most 1:
 *
 * ```math
 * c_{ik} = \max_{a} |X_{iak}|
 * ```
 *
 * ```math
 * Y_{ik} = c_{ik} \sqrt{\sum_{j=1}^{m} \left( \frac{X_{ijk}}{c_{ik}} \right)^2}
 *   \quad \text{if } c_{ik} \ne 0
 * ```
 *
 * Squares and sums of float32 elements are in float64, where they do not overflow.
 * For float64 elements the code finds the largest absolute value and, only if that is
 * very large or very small, scales the elements by a power of 2, which causes no
 * rounding. In the gradient, numerator and denominator are scaled alike.
 *
 * ## Cost
 *
 * Two passes over the elements, one for the largest and one for the squares;
 * backward, one more, with a division for each element. The backward pass needs
 * only $`X`$. If the axes are not adjacent, the code first copies $`X`$ so that
 * they are. For large float32 tensors one pass with vector instructions is
 * enough, because no square of a float32 number overflows in float64.
 *
 * Sums accumulate in float64, and a float32 result is rounded once, when it is
 * stored.
 *
 * ## Example
 *
 * ```ts
 * import { norm, normDx } from "@adjoint/ops/norm";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[3, 4], [0, 0]]);
 *
 * assertEquals(norm(x), scalar(5));
 * assertEquals(norm(x, { axes: [1] }), tensor([5, 0]));
 * assertEquals(norm(x, { axes: [0], keepDims: true }), tensor([[3, 4]]));
 * assertEquals(
 *   normDx(x, tensor([5, 5]), { axes: [1] }),
 *   tensor([[3, 4], [0, 0]]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.linalg.vector_norm(x, dim=axes, keepdim=keepDims)`
 * - JAX: `jnp.linalg.vector_norm(x, axis=axes, keepdims=keepDims)`
 * - TensorFlow: `tf.math.reduce_euclidean_norm(x, axis=axes, keepdims=keepDims)`
 * - J. L. Blue, *A portable Fortran program to find the Euclidean norm of a vector*,
 *   1978: [doi:10.1145/355769.355771](https://doi.org/10.1145/355769.355771).
 *
 * @module
 */

import { piece } from "../core/arrays.ts";
import { op, type Signature } from "../core/op.ts";
import { axes } from "../core/options.ts";
import { LONG } from "../core/sums.ts";
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
import { areForKernels, dotsOf, mix } from "../kernels/moments.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("norm", {
  inputs: { x: "n… m… p…" },
  options: { axes: axes("m") },
  outputs: { y: "n… p…" },

  forward({ x, y, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const at = (j: number) => (i * m + j) * p + k;
        const c = scaleOf(x, at, m);
        let s = 0; // Σⱼ (c Xᵢⱼₖ)²
        for (let j = 0; j < m;) {
          let sum = 0; // of so few numbers that rounding errors do not add up
          for (const end = Math.min(j + LONG, m); j < end; j++) {
            sum += (c * x[at(j)]) ** 2;
          }
          s += sum;
        }
        y[i * p + k] = Math.sqrt(s) / c; // Yᵢₖ = 1 ∕ c √(Σⱼ (c Xᵢⱼₖ)²)
      }
    }
  },

  backward({ x, dy, dx, n, m, p }) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const at = (j: number) => (i * m + j) * p + k;
        const c = scaleOf(x, at, m);
        let s = 0; // Σⱼ (c Xᵢⱼₖ)²
        for (let j = 0; j < m;) {
          let sum = 0;
          for (const end = Math.min(j + LONG, m); j < end; j++) {
            sum += (c * x[at(j)]) ** 2;
          }
          s += sum;
        }
        const length = Math.sqrt(s); // c Yᵢₖ
        for (let j = 0; j < m; j++) {
          // ∂E/∂Xᵢⱼₖ = Xᵢⱼₖ ∕ Yᵢₖ ∂E/∂Yᵢₖ, or 0
          const share = length === 0 ? 0 : c * x[at(j)] / length;
          dx[at(j)] = share * dy[i * p + k];
        }
      }
    }
  },

  // No square of a float32 number overflows or underflows in float64.
  kernels: {
    forward({ x, y, n, m, p }) {
      for (let i = 0; i < n; i++) {
        const squares = squaresOf(x, i, n, m, p);
        if (squares === undefined) return false;
        squares.forEach((s, k) => y[i * p + k] = Math.sqrt(s));
        if (p === 1) break;
      }
    },
    backward({ x, dy, dx, n, m, p }) {
      for (let i = 0; i < n; i++) {
        const squares = squaresOf(x, i, n, m, p);
        if (squares === undefined) return false;
        const ofX = squares.map((s, k) =>
          s === 0 ? 0 : dy[i * p + k] / Math.sqrt(s)
        );
        const how = { from: new Float64Array(ofX.length), ofX };
        const [X, channels] = partOf(x, i, n, m, p);
        const [dX] = partOf(dx, i, n, m, p);
        if (!mix(X, undefined, dX, channels, how)) return false;
        if (p === 1) break;
      }
    },
  },
});

/** A slice of columns; if all columns have one number, all of them as rows. */
function partOf(x: Float, i: number, n: number, m: number, p: number) {
  return p === 1
    ? [x, { n: 1, m: n, p: m }] as const
    : [piece(x, i * m * p, (i + 1) * m * p), { n: m, m: p, p: 1 }] as const;
}

/** The sums of the squares of such a part, if there is a kernel for it. */
function squaresOf(x: Float, i: number, n: number, m: number, p: number) {
  const [X, channels] = partOf(x, i, n, m, p);
  if (!areForKernels(X, channels)) return undefined;
  return dotsOf(X, X, channels, new Float64Array(channels.m))?.dots;
}

/** A power of 2 that scales a row whose largest number is very large or very
 * small, so that its square neither overflows nor underflows. */
function scaleOf(x: Float, at: (j: number) => number, m: number): number {
  let largest = 0;
  for (let j = 0; j < m; j++) largest = Math.max(largest, Math.abs(x[at(j)]));
  if (largest > 2 ** 490) return 2 ** -600;
  return largest < 2 ** -400 ? 2 ** 600 : 1;
}

/** The Euclidean length of elements along some axes: `Yᵢₖ = √(Σⱼ Xᵢⱼₖ²)`.
 *
 * @param x The tensor, of shape `n×m×p`, where m stands for the axes that are
 * reduced.
 * @param options The axes, all of them by default, and whether to keep them.
 * @returns The lengths `Y`, of shape `n×p`.
 *
 * @example Usage
 * ```ts
 * import { norm } from "@adjoint/ops/norm";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(norm(tensor([3, 4])), scalar(5));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/norm
 */
export function norm<
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

/** The gradient of {@linkcode norm}:
 * `∂E/∂Xᵢⱼₖ = 0 if Yᵢₖ = 0, else Xᵢⱼₖ∕Yᵢₖ ∂E/∂Yᵢₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m stands for the axes that are
 * reduced.
 * @param dout The gradient of the loss with respect to the lengths, of shape
 * `n×p`.
 * @param options The axes and `keepDims` of the call of {@linkcode norm}.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/norm
 */
export function normD<
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

/** The gradient of {@linkcode norm} with respect to `x`:
 * `∂E/∂Xᵢⱼₖ = 0 if Yᵢₖ = 0, else Xᵢⱼₖ∕Yᵢₖ ∂E/∂Yᵢₖ`.
 *
 * @param x The tensor, of shape `n×m×p`, where m stands for the axes that are
 * reduced.
 * @param dout The gradient of the loss with respect to the lengths, of shape
 * `n×p`.
 * @param options The axes and `keepDims` of the call of {@linkcode norm}.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/norm
 */
export function normDx<
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
