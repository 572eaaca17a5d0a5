// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Dropout
 *
 * Sets the elements that a mask drops to 0, and scales up the others, so that
 * the mean over random masks is unchanged.
 *
 * ```math
 * Y_i = \begin{cases}
 *   \frac{X_i}{1 - r} & M_i = 1 \text{ and } r < 1 \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \begin{cases}
 *   \frac{1}{1 - r} \frac{\partial E}{\partial Y_i} & M_i = 1 \text{ and } r < 1 \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n`$ | input `x` |
 * | $`M`$ | $`n`$ | input `mask` |
 * | $`r`$ | number | option `rate` |
 * | $`Y`$ | $`n`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The function acts on each element separately, so the page treats tensors of any
 * common shape as the vectors of their $`n`$ elements. The mask holds integers: 1
 * keeps an element, 0 drops it. The caller draws it, with the probability $`r`$
 * of a 0, and passes it to both functions: the same inputs give the same output,
 * and the backward pass uses the mask of the forward pass. The mask has no
 * gradient. The option `rate`, $`r`$, is 0.5 by default, as in PyTorch.
 *
 * ## Forward
 *
 * ```math
 * Y_i = \begin{cases}
 *   \frac{X_i}{1 - r} & M_i = 1 \text{ and } r < 1 \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * An element is kept with the probability $`1 - r`$, and divided by it. So its mean
 * over all masks is $`X_i`$, and later layers get values of the same mean with and
 * without dropout. With a rate of 1 every element is dropped: the output is 0
 * whatever the mask is.
 *
 * ## Derivation
 *
 * The chain rule sums over every output that $`X_i`$ may act on:
 *
 * ```math
 * \frac{\partial E}{\partial X_i}
 *   = \sum_{a=1}^{n} \frac{\partial E}{\partial Y_a} \frac{\partial Y_a}{\partial X_i}
 * ```
 *
 * Only the output in the same position depends on $`X_i`$, and it is a multiple
 * of it. With the Kronecker delta, which is 1 where its two indices are equal and
 * 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_a}{\partial X_i} = \begin{cases}
 *   \frac{\delta_{ai}}{1 - r} & M_i = 1 \text{ and } r < 1 \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * The delta leaves one term of the sum:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \begin{cases}
 *   \frac{1}{1 - r} \frac{\partial E}{\partial Y_i} & M_i = 1 \text{ and } r < 1 \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * The gradient passes through the same mask and the same scale.
 *
 * ## Backward
 *
 * {@linkcode dropoutDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_i} = \begin{cases}
 *   \frac{1}{1 - r} \frac{\partial E}{\partial Y_i} & M_i = 1 \text{ and } r < 1 \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Special points
 *
 * A dropped element has no effect, even if it is NaN or infinite. PyTorch's own
 * dropout multiplies by its mask, and 0 times NaN is NaN; the expression for
 * PyTorch under References selects, as the dropout of TensorFlow and Flax does.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [1, 2], mask = [1, 0]` | `[2, 0]` | `[2, 0]` | same | same | same |
 * | `x = [1, 2], mask = [1, 0], rate = 0` | `[1, 0]` | `[1, 0]` | same | same | same |
 * | `x = [1, 2], mask = [1, 0], rate = 1` | `[0, 0]` | `[0, 0]` | same | same | same |
 * | `x = [NaN, ∞], mask = [1, 1], rate = 1` | `[0, 0]` | `[0, 0]` | same | same | same |
 * | `x = [NaN, ∞, NaN, -∞], mask = [0, 0, 1, 1]` | `[0, 0, NaN, -∞]` | `[0, 0, 2, 2]` | same | same | same |
 * | `x = [1, 2], mask = [0, 1], dout = [NaN, ∞]` | `[0, 4]` | `[0, ∞]` | same | same | same |
 *
 * ## Cost
 *
 * One division for each element that is kept, forward and backward. The backward
 * pass needs the mask, but not $`X`$.
 *
 * ## Example
 *
 * ```ts
 * import { dropout, dropoutDx } from "@adjoint/ops/dropout";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3, 4]);
 * const mask = tensor([1, 0, 1, 1], { dtype: "uint8" });
 *
 * assertEquals(dropout(x, mask, { rate: 0.75 }), tensor([4, 0, 12, 16]));
 * assertEquals(
 *   dropoutDx(x, mask, tensor([1, 1, 1, 1]), { rate: 0.75 }),
 *   tensor([4, 0, 4, 4]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.where(mask * (1 - rate) != 0, x / (1 - rate or 1), 0)`
 * - JAX: `jnp.where(mask * (1 - rate) != 0, x / (1 - rate or 1), 0)`
 * - TensorFlow: `tf.where(mask * int(rate < 1) != 0, x / (1 - rate or 1), tf.zeros_like(x))`
 * - N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov,
 *   *Dropout: A Simple Way to Prevent Neural Networks from Overfitting*, Journal of
 *   Machine Learning Research 15 (2014), 1929–1958.
 *
 * @module
 */

import { op, type Signature } from "../core/op.ts";
import { number } from "../core/options.ts";
import type {
  Float,
  GradientOptions,
  Integers,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { choose, each, equal, formula, over } from "../kernels/elementwise.ts";

const SCALED = formula(
  (x, mask, keep) => choose(equal(mask, 1), over(x, keep), 0),
  1,
);

/** The declaration from which the checks, the tests and the proof are derived.
 *
 * @internal
 */
export const signature: Signature = op("dropout", {
  inputs: {
    x: "n…",
    mask: { shape: "n…", integer: { from: 0, below: 2 } },
  },
  options: { rate: number(0.5, { from: 0, to: 1 }) },
  outputs: { y: "n…" },

  forward({ x, mask, rate, y, n }) {
    for (let i = 0; i < n; i++) {
      // Yᵢ = Xᵢ ∕ (1 − r) if Mᵢ = 1 and r < 1, else 0
      y[i] = mask[i] === 1 && rate < 1 ? x[i] / (1 - rate) : 0;
    }
  },

  backward({ mask, rate, dy, dx, n }) {
    for (let i = 0; i < n; i++) {
      // ∂E/∂Xᵢ = 1 ∕ (1 − r) ∂E/∂Yᵢ if Mᵢ = 1 and r < 1, else 0
      dx[i] = mask[i] === 1 && rate < 1 ? dy[i] / (1 - rate) : 0;
    }
  },

  kernels: {
    forward: ({ x, mask, rate, y }) =>
      rate < 1 && each(SCALED, y, [x, mask], [1 - rate]),
    backward: ({ mask, rate, dy, dx }) =>
      rate < 1 && each(SCALED, dx, [dy, mask], [1 - rate]),
  },
});

/** The options of {@linkcode dropout}.
 *
 * @example Usage
 * ```ts
 * import type { DropoutOptions } from "@adjoint/ops/dropout";
 *
 * const options: DropoutOptions = { rate: 0.1 };
 * ```
 */
export interface DropoutOptions {
  /** The probability `r` that an element is dropped, from 0 to 1; 0.5 by default. */
  rate?: number | undefined;
}

/** Sets the elements that a mask drops to 0 and scales the others:
 * `Yᵢ = Xᵢ ∕ (1 − r) if Mᵢ = 1 and r < 1, else 0`.
 *
 * @param x The tensor `X`, of any shape.
 * @param mask The mask `M` of integers, of the shape of `x`: 1 for what is kept, 0
 * for what is dropped.
 * @param options The rate `r`, ½ by default.
 * @returns The output `Y`, of the shape of `x`.
 *
 * @example Usage
 * ```ts
 * import { dropout } from "@adjoint/ops/dropout";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const mask = tensor([1, 0, 1], { dtype: "uint8" });
 *
 * assertEquals(dropout(tensor([1, 2, 3]), mask), tensor([2, 0, 6]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/dropout
 */
export function dropout<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  mask: Tensor<SameShape<T, S>, Integers>,
  options?: DropoutOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.forward([x, mask], options);
}

/** The gradient of {@linkcode dropout}:
 * `∂E/∂Xᵢ = (1 ∕ (1 − r)) ∂E/∂Yᵢ if Mᵢ = 1 and r < 1, else 0`.
 *
 * @param x The tensor `X`, of any shape.
 * @param mask The mask `M` of integers, of the shape of `x`: 1 for what is kept, 0
 * for what is dropped.
 * @param dout The gradient of the loss with respect to `Y`, of the shape of `x`.
 * @param options The rate `r`, ½ by default.
 * @returns The gradient with respect to `x`; the mask has none.
 *
 * @see https://jsr.io/@adjoint/ops/doc/dropout
 */
export function dropoutD<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  mask: Tensor<SameShape<T, S>, Integers>,
  dout: Tensor<SameShape<U, S>, NoInfer<D>>,
  options?: DropoutOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  return signature.backward([x, mask, dout], options);
}

/** The gradient of {@linkcode dropout} with respect to `x`:
 * `∂E/∂Xᵢ = (1 ∕ (1 − r)) ∂E/∂Yᵢ if Mᵢ = 1 and r < 1, else 0`.
 *
 * @param x The tensor `X`, of any shape.
 * @param mask The mask `M` of integers, of the shape of `x`: 1 for what is kept, 0
 * for what is dropped.
 * @param dout The gradient of the loss with respect to `Y`, of the shape of `x`.
 * @param options The rate `r`, ½ by default.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/dropout
 */
export function dropoutDx<
  S extends Shape,
  T extends Shape,
  U extends Shape,
  D extends Float,
>(
  x: Tensor<S, D>,
  mask: Tensor<SameShape<T, S>, Integers>,
  dout: Tensor<SameShape<U, S>, NoInfer<D>>,
  options?: DropoutOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  return signature.gradient("x", [x, mask, dout], options);
}
