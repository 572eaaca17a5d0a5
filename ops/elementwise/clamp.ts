// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Clamp
 *
 * Limits each element to the range between two bounds.
 *
 * ```math
 * Y_i = \begin{cases}
 *   a & X_i < a \\
 *   b & X_i > b \\
 *   X_i & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \begin{cases}
 *   \frac{\partial E}{\partial Y_i} & a < X_i < b \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n`$ | input `x` |
 * | $`a`$ | number | option `min` |
 * | $`b`$ | number | option `max` |
 * | $`Y`$ | $`n`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The function acts on each element separately, so the page treats a tensor of
 * any shape as the vector of its $`n`$ elements. By default $`a`$ is $`-\infty`$
 * and $`b`$ is $`\infty`$, so either may be omitted. An infinite bound limits
 * nothing: every number lies within it, infinity included, so on this page
 * $`-\infty < -\infty`$ and $`\infty < \infty`$ count as true. If $`a`$ is above
 * $`b`$, the call throws.
 *
 * ## Forward
 *
 * ```math
 * Y_i = \begin{cases}
 *   a & X_i < a \\
 *   b & X_i > b \\
 *   X_i & \text{otherwise}
 * \end{cases}
 * ```
 *
 * The same in one line, as $`a \le b`$:
 *
 * ```math
 * Y_i = \max(a, \min(X_i, b))
 * ```
 *
 * ## Derivation
 *
 * The chain rule sums over every output that $`X_i`$ may act on:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \sum_{k=1}^{n} \frac{\partial E}{\partial Y_k} \frac{\partial Y_k}{\partial X_i}
 * ```
 *
 * Between the bounds the output is $`X_i`$ itself, and its slope is 1. Outside,
 * it is a bound, which does not depend on $`X_i`$, and its slope is 0. Only the
 * output in the same position depends on $`X_i`$. The Kronecker delta
 * $`\delta_{ki}`$ is 1 where $`k`$ is $`i`$, and 0 elsewhere. A bracket is 1
 * where its condition holds, and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_k}{\partial X_i} = \delta_{ki} [a < X_i] [X_i < b]
 * ```
 *
 * At a bound the slope is 1 from one side and 0 from the other, and there is no
 * derivative. The brackets give 0, as PyTorch does: an element that has reached a
 * bound stays there. The delta leaves one term of the sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \frac{\partial E}{\partial Y_i} [a < X_i] [X_i < b]
 * ```
 *
 * ## Backward
 *
 * {@linkcode clampDx} selects instead of multiplying by the brackets, so that an
 * infinite `dout` leaves no NaN outside the bounds:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \begin{cases}
 *   \frac{\partial E}{\partial Y_i} & a < X_i < b \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Special points
 *
 * The function has a kink at each bound, where the gradient is that of the outer
 * side. JAX halves the gradient there, twice if the bounds are equal, and
 * TensorFlow takes that of the inner side. NaN is neither below nor above a
 * bound, so it stays; it is not between them either, so its gradient is 0. A zero
 * keeps its sign at a bound of 0. JAX multiplies by the slope; the others select.
 *
 * If there is no bound, the gradient of an infinite element is `dout`. PyTorch
 * does the same if the bound is omitted, but not if it is given as infinite.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow | why |
 * | -- | ----- | ----- | ------- | --- | ---------- | --- |
 * | `x = [-1, 0.5, 2], min = 0, max = 1` | `[0, 0.5, 1]` | `[0, 1, 0]` | same | same | same | |
 * | `x = [-2, 0, 2], min = -1` | `[-1, 0, 2]` | `[0, 1, 1]` | same | same | same | |
 * | `x = [-2, 0, 2], max = 1` | `[-2, 0, 1]` | `[1, 1, 0]` | same | same | same | |
 * | `x = -1, min = -1, max = 1` | `-1` | `0` | same | `dx = 0.5` | `dx = 1` | |
 * | `x = 1, min = -1, max = 1` | `1` | `0` | same | `dx = 0.5` | `dx = 1` | |
 * | `x = 1, min = 1, max = 1` | `1` | `0` | same | `dx = 0.25` | `dx = 1` | |
 * | `x = -0, min = 0` | `-0` | `0` | same | `y = 0, dx = 0.5` | `dx = 1` | |
 * | `x = 0, min = -1, max = -0` | `0` | `0` | same | `dx = 0.5` | `dx = 1` | |
 * | `x = NaN, min = -1, max = 1` | `NaN` | `0` | same | same | same | |
 * | `x = NaN` | `NaN` | `0` | same | same | same | |
 * | `x = [-∞, ∞], min = -1, max = 1` | `[-1, 1]` | `[0, 0]` | same | same | same | |
 * | `x = [-∞, ∞]` | `[-∞, ∞]` | `[1, 1]` | `dx = [0, 0]` | `dx = [0.5, 0.5]` | same | infinity lies within an infinite bound |
 * | `x = [-2, 0, 2], min = -1, max = 1, dout = [∞, NaN, NaN]` | `[-1, 0, 1]` | `[0, NaN, 0]` | same | `dx = [NaN, NaN, NaN]` | same | |
 *
 * ## Cost
 *
 * Two comparisons for each element, forward and backward. The backward pass needs
 * $`X`$, but not $`Y`$.
 *
 * ## Example
 *
 * ```ts
 * import { clamp, clampDx } from "@adjoint/ops/clamp";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([-2, 0.5, 3]);
 * const dout = tensor([4, 5, 6]);
 *
 * assertEquals(clamp(x, { min: 0, max: 1 }), tensor([0, 0.5, 1]));
 * assertEquals(clamp(x, { min: 0 }), tensor([0, 0.5, 3]));
 * assertEquals(clampDx(x, dout, { min: 0, max: 1 }), tensor([0, 5, 0]));
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.clamp(x, min, max)`
 * - JAX: `jnp.clip(x, min, max)`
 * - TensorFlow: `tf.clip_by_value(x, min, max)`
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { number } from "../core/options.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import {
  both,
  choose,
  each,
  either,
  equal,
  formula,
  less,
  lowered,
  raised,
} from "../kernels/elementwise.ts";

/** The options of {@linkcode clamp}.
 *
 * @example Usage
 * ```ts
 * import type { ClampOptions } from "@adjoint/ops/clamp";
 *
 * const options: ClampOptions = { min: 0 };
 * ```
 */
export interface ClampOptions {
  /** The lower bound `a`; −∞ by default. */
  min?: number | undefined;
  /** The upper bound `b`, not below the lower one; ∞ by default. */
  max?: number | undefined;
}

const FORWARD = formula(
  (x, min, max) => lowered(raised(x, min), max),
  2,
);
const BACKWARD = formula((x, dy, min, max) => {
  const above = either(
    less(min, x),
    both(equal(min, -Infinity), equal(x, min)),
  );
  const below = either(
    less(x, max),
    both(equal(max, Infinity), equal(x, max)),
  );
  return choose(both(above, below), dy, 0);
}, 2);

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("clamp", {
  inputs: { x: "n…" },
  options: {
    min: number(-Infinity, { to: "max" }),
    max: number(Infinity),
  },
  outputs: { y: "n…" },

  forward({ x, y, n, min, max }) {
    for (let i = 0; i < n; i++) {
      y[i] = x[i] < min ? min : x[i] > max ? max : x[i]; // Yᵢ = max(a, min(Xᵢ, b))
    }
  },

  backward({ x, dy, dx, n, min, max }) {
    for (let i = 0; i < n; i++) {
      // Infinity lies within an infinite bound.
      const above = min < x[i] || min === -Infinity && x[i] === min;
      const below = x[i] < max || max === Infinity && x[i] === max;
      dx[i] = above && below ? dy[i] : 0; // ∂E/∂Xᵢ = ∂E/∂Yᵢ if a < Xᵢ < b, else 0
    }
  },

  kernels: {
    forward: ({ x, y, min, max }) => each(FORWARD, y, [x], [min, max]),
    backward: ({ x, dy, dx, min, max }) =>
      each(BACKWARD, dx, [x, dy], [min, max]),
  },
});

/** Each element, kept between two bounds: `Yᵢ = a if Xᵢ < a, b if Xᵢ > b, else Xᵢ`.
 *
 * @param x The tensor, of any shape.
 * @param options The bounds: `min` is −∞ by default, `max` is ∞.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { clamp } from "@adjoint/ops/clamp";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(clamp(tensor([-2, 3]), { min: 0, max: 1 }), tensor([0, 1]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/clamp
 */
export function clamp<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: ClampOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x], options);
}

/** The gradient of {@linkcode clamp}: `∂E/∂Xᵢ = ∂E/∂Yᵢ if a < Xᵢ < b, else 0`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The bounds of the call of {@linkcode clamp}.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/clamp
 */
export function clampD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: ClampOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, dout], options);
}

/** The gradient of {@linkcode clamp} with respect to `x`:
 * `∂E/∂Xᵢ = ∂E/∂Yᵢ if a < Xᵢ < b, else 0`.
 *
 * @param x The tensor, of any shape.
 * @param dout The gradient of the loss with respect to the output, of the shape
 * of `x`.
 * @param options The bounds of the call of {@linkcode clamp}.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/clamp
 */
export function clampDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, S>, NoInfer<D>>,
  options?: ClampOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, dout], options);
}
