// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Variance
 *
 * Computes the variance of the elements of a tensor along some of its axes, or
 * all of them: the mean of their squared differences from their mean.
 *
 * ```math
 * Y_{ik} = \frac{1}{d} \sum_{j=1}^{m} (X_{ijk} - \mu_{ik})^2, \qquad
 * \mu_{ik} = \frac{1}{m} \sum_{j=1}^{m} X_{ijk}, \qquad
 * d = \max(m - c, 0)
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{2}{d} \frac{\partial E}{\partial Y_{ik}} (X_{ijk} - \mu_{ik})
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m \times p`$ | input `x` |
 * | $`c`$ | number | option `correction` |
 * | $`Y`$ | $`n \times p`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page is written for one axis with others before and after it. In general the
 * option `axes` names the axes to reduce, which count as one axis of $`m`$
 * elements; those before and after them count as axes of $`n`$ and $`p`$ elements.
 * By default all axes are reduced, so $`n`$ and $`p`$ are 1 and the result is a
 * scalar. With `keepDims`, the reduced axes stay, with size 1.
 *
 * The option `correction` is 1 by default, as in PyTorch. With 0 the result is the
 * variance of the elements themselves; with 1 it is an unbiased estimate of the
 * variance of the population that they are samples of. Samples lie a little nearer to
 * their own mean than to that of the population, and dividing by $`m - 1`$ instead of
 * $`m`$ makes up for this on average.
 *
 * ## Forward
 *
 * ```math
 * \mu_{ik} = \frac{1}{m} \sum_{j=1}^{m} X_{ijk}
 * ```
 *
 * ```math
 * Y_{ik} = \frac{1}{d} \sum_{j=1}^{m} (X_{ijk} - \mu_{ik})^2
 * ```
 *
 * ## Derivation
 *
 * $`X_{ijk}`$ acts on the variance in two ways: as the element itself, and through
 * the mean. It is one of the $`m`$ terms of the mean:
 *
 * ```math
 * \frac{\partial \mu_{ik}}{\partial X_{ijk}} = \frac{1}{m}
 * ```
 *
 * So the difference $`X_{ibk} - \mu_{ik}`$ has the derivative
 * $`\delta_{bj} - \frac{1}{m}`$, with the Kronecker delta, which is 1 where $`b`$ is
 * $`j`$ and 0 elsewhere. The derivative of a square $`u^2`$ is $`2u`$:
 *
 * ```math
 * \frac{\partial Y_{ik}}{\partial X_{ijk}}
 *   = \frac{2}{d} \sum_{b=1}^{m} (X_{ibk} - \mu_{ik})
 *     \left( \delta_{bj} - \frac{1}{m} \right)
 *   = \frac{2}{d} (X_{ijk} - \mu_{ik})
 * ```
 *
 * The delta leaves one term, and the part with $`\frac{1}{m}`$ is 0, since the
 * differences from a mean add up to 0. So the path through the mean adds nothing
 * here. Every element acts on one output, so the chain rule has one term:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial Y_{ik}} \frac{\partial Y_{ik}}{\partial X_{ijk}}
 *   = \frac{2}{d} \frac{\partial E}{\partial Y_{ik}} (X_{ijk} - \mu_{ik})
 * ```
 *
 * The gradients add up to 0 along the axis, since shifting all elements alike does
 * not change the variance.
 *
 * ## Backward
 *
 * {@linkcode varianceDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \frac{2}{d} \frac{\partial E}{\partial Y_{ik}} (X_{ijk} - \mu_{ik})
 * ```
 *
 * ## Special points
 *
 * The function is smooth, so it has no kinks: if all elements are equal, the
 * variance and the gradient are 0. If the correction is not less than the number
 * of elements, the code divides by 0, as PyTorch does: the variance of one
 * element with a correction of 1 is 0 divided by 0, which is NaN. An empty list of
 * axes reduces none, so every element is a sample of its own; PyTorch takes an
 * empty list to mean all axes.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [[[1, 2, 3, 4]]], axes = [2], correction = 0` | `[[1.25]]` | `[[[-0.75, -0.25, 0.25, 0.75]]]` | same | same | same | |
 * | `x = [[[5, 5]]], axes = [2], correction = 0` | `[[0]]` | `[[[0, 0]]]` | same | same | same | |
 * | `x = [[[5]]], axes = [2], correction = 0` | `[[0]]` | `[[[0]]]` | same | same | same | |
 * | `x = [[[5]]], axes = [2]` | `[[NaN]]` | `[[[NaN]]]` | same | same | `y = [[0]], dx = [[[0]]]` | |
 * | `x = [[[1, 3]]], axes = [2], correction = 2` | `[[∞]]` | `[[[-∞, ∞]]]` | same | `y = [[NaN]], dx = [[[NaN, NaN]]]` | `y = [[1]], dx = [[[-1, 1]]]` | |
 * | `x = [[[1, 3]]], axes = [2], correction = 3` | `[[∞]]` | `[[[-∞, ∞]]]` | `dx = [[[2, -2]]]` | `y = [[NaN]], dx = [[[0, 0]]]` | `y = [[1]], dx = [[[-1, 1]]]` | the divisor is 0 for the value, and so it is for the gradient |
 * | `x = [[[]]], axes = [2]` | `[[NaN]]` | `[[[]]]` | same | same | same | |
 * | `x = [[[1, NaN]]], axes = [2]` | `[[NaN]]` | `[[[NaN, NaN]]]` | same | same | same | |
 * | `x = [[[1, ∞]]], axes = [2]` | `[[NaN]]` | `[[[-∞, NaN]]]` | same | `dx = [[[NaN, NaN]]]` | `dx = [[[NaN, NaN]]]` | |
 * | `x = [[[1000000, 1000000.001, 1000000.002]]], axes = [2], correction = 0` | `[[6.66666652386e-7]]` | `[[[-6.666666725e-4, 2.587e-11, 6.666666466e-4]]]` | `dx = [[[-6.666666983e-4, 0, 6.666666207e-4]]]` | same | same | PyTorch rounds the mean before it subtracts it |
 * | `x = [[[1e30, -1e30]]], axes = [2], dtype = float32` | `[[∞]]` | `[[[2e30, -2e30]]]` | same | same | `dx = [[[1e30, -1e30]]]` | |
 * | `x = [[[1, 5]]], axes = [], correction = 0` | `[[[0, 0]]]` | `[[[0, 0]]]` | `y = 4, dx = [[[-4, 4]]]` | same | same | an empty list reduces no axis, as in NumPy |
 *
 * ## Stability
 *
 * The variance is also the mean of the squares minus the square of the mean. With
 * a correction of 0:
 *
 * ```math
 * M_{ik} = \frac{1}{m} \sum_{j=1}^{m} X_{ijk}^2
 * ```
 *
 * ```math
 * v_{ik} = M_{ik} - \mu_{ik}^2
 * ```
 *
 * This needs one pass over the elements. But if the mean is large compared with the
 * differences, the two terms are nearly equal, and their difference has few correct
 * digits or none: for float64 numbers near 1000000 that differ by 0.001 it may even
 * be negative. The squared differences from the mean avoid this cancellation.
 *
 * The rounding error of the mean itself remains, and shifts all differences alike.
 * Their mean, which would otherwise be 0, is that shift, so it is subtracted from
 * them:
 *
 * ```math
 * r_{ik} = \frac{1}{m} \sum_{j=1}^{m} (X_{ijk} - \mu_{ik})
 * ```
 *
 * ```math
 * Y_{ik} = \frac{1}{d}
 *   \sum_{j=1}^{m} \left( (X_{ijk} - \mu_{ik}) - r_{ik} \right)^2
 * ```
 *
 * This is what the code computes.
 *
 * ## Cost
 *
 * Three passes over the elements, for the mean, $`r`$ and the squares; backward,
 * three passes as well, the last of which writes. The backward pass needs only
 * $`X`$. If the axes are not adjacent, the code first copies $`X`$ so that they
 * are. For large float32 tensors one pass with vector instructions is enough, as
 * `ops/kernels/moments.ts` explains.
 *
 * Sums accumulate in float64, and a float32 result is rounded once, when it is
 * stored.
 *
 * ## Example
 *
 * ```ts
 * import { variance, varianceDx } from "@adjoint/ops/variance";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [10, 10, 40]]);
 *
 * assertEquals(variance(x, { axes: [-1] }), tensor([1, 300]));
 * assertEquals(variance(x, { axes: [-1], correction: 0 }).data[1], 200);
 * assertEquals(
 *   varianceDx(tensor([1, 2, 3]), scalar(1)),
 *   tensor([-1, 0, 1]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.var(x, dim=axes, correction=correction, keepdim=keepDims)`
 * - JAX: `jnp.var(x, axis=axes, ddof=correction, keepdims=keepDims)`
 * - TensorFlow: `tf.math.reduce_variance(x, axis=axes, keepdims=keepDims)`, which has
 *   the correction 0
 * - T. F. Chan, G. H. Golub, R. J. LeVeque, *Algorithms for computing the sample
 *   variance*, 1983:
 *   [doi:10.1080/00031305.1983.10483115](https://doi.org/10.1080/00031305.1983.10483115).
 *
 * @module
 */

import { piece } from "../core/arrays.ts";
import { op, type Signature } from "../core/op.ts";
import { axes, number } from "../core/options.ts";
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
import { mix, momentsOf, scaleRows, squaresAlong } from "../kernels/moments.ts";

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("variance", {
  inputs: { x: "n… m… p…" },
  options: { axes: axes("m"), correction: number(1) },
  outputs: { y: "n… p…" },

  forward({ x, correction, y, n, m, p }) {
    const d = Math.max(m - correction, 0);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const at = (j: number) => (i * m + j) * p + k;
        const { mu, r } = meanOf(x, at, m);
        let sum = 0; // Σⱼ ((Xᵢⱼₖ − μᵢₖ) − rᵢₖ)²
        for (let j = 0; j < m; j++) sum += (x[at(j)] - mu - r) ** 2;
        y[i * p + k] = sum / d; // Yᵢₖ = 1 ∕ d Σⱼ (Xᵢⱼₖ − μᵢₖ)²
      }
    }
  },

  backward({ x, correction, dy, dx, n, m, p }) {
    const d = Math.max(m - correction, 0);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        const at = (j: number) => (i * m + j) * p + k;
        const { mu, r } = meanOf(x, at, m);
        const scale = 2 / d * dy[i * p + k];
        for (let j = 0; j < m; j++) {
          dx[at(j)] = scale * (x[at(j)] - mu - r); // ∂E/∂Xᵢⱼₖ = 2 ∕ d ∂E/∂Yᵢₖ (Xᵢⱼₖ − μᵢₖ)
        }
      }
    }
  },

  kernels: {
    forward({ x, correction, y, n, m, p }) {
      const d = Math.max(m - correction, 0);
      return squaresAlong(x, n, m, p, (squares, at) => y[at] = squares / d);
    },
    backward({ x, correction, dy, dx, n, m, p }) {
      const d = Math.max(m - correction, 0);
      if (p === 1) {
        return scaleRows(x, dx, n, m, {
          factor: (_, i) => 2 / d * dy[i],
          gamma: 1,
          beta: -0, // It leaves the sign of a 0 as it is.
          isCentered: true,
        });
      }
      const columns = { n: m, m: p, p: 1 };
      for (let i = 0; i < n; i++) {
        const [from, to] = [i * m * p, (i + 1) * m * p];
        const X = piece(x, from, to), found = momentsOf(X, columns);
        if (found === undefined) return false;
        const ofX = found.means.map((_, k) => 2 / d * dy[i * p + k]);
        const how = { from: found.means, ofX };
        if (!mix(X, undefined, piece(dx, from, to), columns, how)) return false;
      }
    },
  },
});

/** The mean of a row, and the mean of the differences that its rounding leaves.
 */
function meanOf(
  x: Float,
  at: (j: number) => number,
  m: number,
): { mu: number; r: number } {
  let mu = 0, r = 0;
  for (let j = 0; j < m; j++) mu += x[at(j)];
  mu /= m; // μᵢₖ = 1 ∕ m Σⱼ Xᵢⱼₖ
  for (let j = 0; j < m; j++) r += x[at(j)] - mu;
  r /= m; // rᵢₖ = 1 ∕ m Σⱼ (Xᵢⱼₖ − μᵢₖ)
  return { mu, r: Number.isFinite(r) ? r : 0 };
}

/** The options of {@linkcode variance}.
 *
 * @typeParam A The axes.
 * @typeParam K Whether they are kept.
 *
 * @example Usage
 * ```ts
 * import type { VarianceOptions } from "@adjoint/ops/variance";
 *
 * const options: VarianceOptions = { axes: [0], correction: 0 };
 * ```
 */
export interface VarianceOptions<
  A extends Shape | undefined = Shape | undefined,
  K extends boolean = boolean,
> extends ReduceOptions<A, K> {
  /** The number `c` subtracted from the number of elements; 1 by default. */
  correction?: number | undefined;
}

/** The variance of elements along some axes: `Yᵢₖ = 1∕d Σⱼ (Xᵢⱼₖ − μᵢₖ)²`,
 * where `μᵢₖ` is their mean and `d = max(m − c, 0)`.
 *
 * @param x The tensor, of shape `n×m×p`, where m stands for the axes that are
 * reduced.
 * @param options The correction `c`, 1 by default; the axes, all of them by
 * default, and whether to keep them.
 * @returns The variances `Y`, of shape `n×p`.
 *
 * @example Usage
 * ```ts
 * import { variance } from "@adjoint/ops/variance";
 * import { scalar, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(variance(tensor([1, 2, 3])), scalar(1));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/variance
 */
export function variance<
  S extends Shape,
  D extends Float,
  const A extends Shape | undefined = undefined,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  options?: VarianceOptions<A, K> & Options<Reduced<S, A, K>, NoInfer<D>>,
): Tensor<Reduced<S, A, K>, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode variance}: `∂E/∂Xᵢⱼₖ = 2∕d ∂E/∂Yᵢₖ (Xᵢⱼₖ − μᵢₖ)`.
 *
 * @param x The tensor, of shape `n×m×p`, where m stands for the axes that are
 * reduced.
 * @param dout The gradient of the loss with respect to the variances, of shape
 * `n×p`.
 * @param options The correction, the axes and `keepDims` of the call of
 * {@linkcode variance}.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/variance
 */
export function varianceD<
  S extends Shape,
  D extends Float,
  T extends Shape,
  const A extends Shape | undefined = undefined,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Reduced<S, A, K>>, NoInfer<D>>,
  options?: VarianceOptions<A, K> & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode variance} with respect to `x`:
 * `∂E/∂Xᵢⱼₖ = 2∕d ∂E/∂Yᵢₖ (Xᵢⱼₖ − μᵢₖ)`.
 *
 * @param x The tensor, of shape `n×m×p`, where m stands for the axes that are
 * reduced.
 * @param dout The gradient of the loss with respect to the variances, of shape
 * `n×p`.
 * @param options The correction, the axes and `keepDims` of the call of
 * {@linkcode variance}.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/variance
 */
export function varianceDx<
  S extends Shape,
  D extends Float,
  T extends Shape,
  const A extends Shape | undefined = undefined,
  K extends boolean = false,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Reduced<S, A, K>>, NoInfer<D>>,
  options?: VarianceOptions<A, K> & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
