// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Transpose
 *
 * Reorders the axes of a tensor: the rows of a matrix become its columns.
 *
 * ```math
 * Y_{ji} = X_{ij}, \qquad
 * \frac{\partial E}{\partial X_{ij}} = \frac{\partial E}{\partial Y_{ji}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m`$ | input `x` |
 * | $`Y`$ | $`m \times n`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`m \times n`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page is written for a matrix, whose two axes are swapped. For a tensor with any
 * number of axes, the option `axes` names the axis of $`X`$ for each axis of $`Y`$;
 * by default their order is reversed. Negative axes count from the end. Any order is
 * a sequence of swaps of two axes.
 *
 * ## Forward
 *
 * ```math
 * Y_{ji} = X_{ij}
 * ```
 *
 * ## Derivation
 *
 * Each element of $`Y`$ is one of $`X`$. With the Kronecker delta, which is 1 where
 * its two indices are equal and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_{ba}}{\partial X_{ij}} = \delta_{ai} \delta_{bj}
 * ```
 *
 * The chain rule sums over every element of $`Y`$, and the deltas leave one:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}}
 *   = \sum_{a=1}^{n} \sum_{b=1}^{m}
 *     \frac{\partial E}{\partial Y_{ba}} \frac{\partial Y_{ba}}{\partial X_{ij}}
 *   = \frac{\partial E}{\partial Y_{ji}}
 * ```
 *
 * So the gradient is `dout` with its axes put back in the order of $`X`$.
 *
 * ## Backward
 *
 * {@linkcode transposeDx}, by elements and as a matrix:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ij}} = \frac{\partial E}{\partial Y_{ji}}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X} = \frac{\partial E}{\partial Y}^\mathsf{T}
 * ```
 *
 * ## Special points
 *
 * Elements are copied unchanged, NaN and infinity included.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [[1, NaN, ∞]], dout = [[5], [-∞], [NaN]]` | `[[1], [NaN], [∞]]` | `[[5, -∞, NaN]]` | same | same | same |
 *
 * ## Cost
 *
 * Each element is read and written once, forward and backward, in blocks that fit
 * into the cache. The result is a new tensor: unlike PyTorch's, it shares no memory
 * with $`X`$. The products of this library need no transposed copy for their own
 * gradients. The backward pass needs only the shape of $`X`$.
 *
 * ## Example
 *
 * ```ts
 * import { transpose, transposeDx } from "@adjoint/ops/transpose";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * const y = transpose(x);
 *
 * assertEquals(y, tensor([[1, 4], [2, 5], [3, 6]]));
 * assertEquals(transposeDx(x, y), x);
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.transpose(x, 0, 1)`, and `torch.permute(x, axes)`
 * - JAX: `jnp.transpose(x)`
 * - TensorFlow: `tf.transpose(x)`
 *
 * @module
 */

import type { Checked } from "../core/checks.ts";
import {
  checkFloats,
  checkPerAxis,
  kept,
  mover,
  readOptions,
} from "../core/lists.ts";
import { op, type Signature } from "../core/op.ts";
import { checkAxis } from "../core/options.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { stepsOf } from "../core/views.ts";
import { move } from "../kernels/move.ts";

/** The signature that the proof uses, for the page's matrix.
 *
 * @internal
 */
export const signature: Signature = op("transpose", {
  inputs: { x: "n m" },
  outputs: { y: "m n" },

  forward({ x, y, n, m }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) y[j * n + i] = x[i * m + j]; // Yⱼᵢ = Xᵢⱼ
    }
  },

  backward({ dy, dx, n, m }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m; j++) dx[i * m + j] = dy[j * n + i]; // ∂E/∂Xᵢⱼ = ∂E/∂Yⱼᵢ
    }
  },
});

/** The operation for tensors of a shape and an order of their axes. */
const transposing = kept(
  ({ shape, axes }: { shape: Shape; axes: readonly number[] }) => {
    const to = axes.map((axis) => shape[axis]);
    const xSteps = stepsOf(shape), ySteps = stepsOf(to);
    const steps = axes.map((axis) => xSteps[axis]);
    return mover(
      "transpose",
      { x: shape },
      { y: to },
      ({ x, y }) =>
        move(to, { data: x!, at: 0, steps }, {
          data: y!,
          at: 0,
          steps: ySteps,
        }),
      ({ dy, dx }) =>
        move(to, { data: dy!, at: 0, steps: ySteps }, {
          data: dx!,
          at: 0,
          steps,
        }),
    );
  },
);

/** The operation that a call uses. */
function seen(
  act: string,
  given: unknown,
  options: unknown,
  more: "" | "wrt" = "",
): { of: Signature; x: Checked<Shape, Float>; rest: object } {
  const x = checkFloats(act, "x", given);
  const { values, rest } = readOptions(act, options, ["axes"], more);
  const axes = orderOf(act, values.axes, x.shape);
  return {
    of: transposing(`${x.shape}|${axes}`, { shape: x.shape, axes }),
    x,
    rest,
  };
}

/** The axis of `x` that each axis of the result is. */
function orderOf(act: string, value: unknown, shape: Shape): number[] {
  if (value === undefined) return shape.map((_, axis) => axis).reverse();
  const axes = checkPerAxis(act, "axes", value, shape.length)
    .map((axis, i) => checkAxis(act, `axes[${i}]`, axis, "x", shape));
  const twice = axes.find((axis, i) => axes.indexOf(axis) < i);
  if (twice === undefined) return axes;
  throw new RangeError(
    `Cannot ${act} as axes must name each axis of x once: axis ${twice} is named twice`,
  );
}

/** The functions for the page's matrix.
 *
 * @internal
 */
export const asOnPage: object = { transpose, transposeD, transposeDx };

/** The options of {@linkcode transpose}.
 *
 * @typeParam A The axes.
 *
 * @example Usage
 * ```ts
 * import type { TransposeOptions } from "@adjoint/ops/transpose";
 *
 * const options: TransposeOptions = { axes: [0, 2, 1] };
 * ```
 */
export interface TransposeOptions<
  A extends Shape | undefined = Shape | undefined,
> {
  /** The axis of `x` for each axis of the result; in reverse order by default. */
  axes?: A | undefined;
}

/** The shape with its axes in another order, reversed where none is given.
 *
 * @typeParam S The shape.
 * @typeParam A The axes.
 *
 * @example Usage
 * ```ts
 * import type { Transposed } from "@adjoint/ops/transpose";
 *
 * const reversed: Transposed<[2, 3, 4]> = [4, 3, 2];
 * const swapped: Transposed<[2, 3, 4], [0, -1, 1]> = [2, 4, 3];
 * ```
 */
export type Transposed<
  S extends Shape,
  A extends Shape | undefined = undefined,
> = number extends S["length"] ? Shape
  : A extends Shape
    ? number extends A["length"] | A[number] ? { [I in keyof S]: number }
    : { -readonly [I in keyof A]: SizeAt<S, A[I] & number> }
  : Reversed<S>;

/** The shape with its axes reversed.
 *
 * @typeParam S The shape.
 *
 * @example Usage
 * ```ts
 * import type { Reversed } from "@adjoint/ops/transpose";
 *
 * const reversed: Reversed<[2, 3, 4]> = [4, 3, 2];
 * ```
 */
export type Reversed<S extends Shape> = S extends
  readonly [infer N extends number, ...infer Rest extends number[]]
  ? [...Reversed<Rest>, N]
  : [];

/** The size of an axis, which is counted from the end if negative.
 *
 * @typeParam S The shape.
 * @typeParam A The axis.
 *
 * @example Usage
 * ```ts
 * import type { SizeAt } from "@adjoint/ops/transpose";
 *
 * const last: SizeAt<[2, 3, 4], -1> = 4;
 * ```
 */
export type SizeAt<S extends Shape, A extends number> = `${A}` extends
  `-${infer P}`
  ? P extends keyof [0, ...Reversed<S>] ? [0, ...Reversed<S>][P] & number
  : number
  : `${A}` extends keyof S ? S[`${A}`] & number
  : number;

/** Reorders axes: `Yⱼᵢ = Xᵢⱼ`.
 *
 * @param x The tensor `X`, of any shape, `n×m` on the page.
 * @param options The axis of `x` that each axis of the result is; reversed by
 * default.
 * @returns The tensor `Y` with its axes in that order, `m×n` on the page.
 *
 * @example Usage
 * ```ts
 * import { transpose } from "@adjoint/ops/transpose";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[1, 2, 3], [4, 5, 6]]]);
 *
 * assertEquals(
 *   transpose(x, { axes: [0, 2, 1] }),
 *   tensor([[[1, 4], [2, 5], [3, 6]]]),
 * );
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/transpose
 */
export function transpose<
  S extends Shape,
  D extends Float,
  const A extends Shape | undefined = undefined,
>(
  x: Tensor<S, D>,
  options?: TransposeOptions<A> & Options<Transposed<S, A>, NoInfer<D>>,
): Tensor<Transposed<S, A>, D> {
  const { of, x: checked, rest } = seen("compute transpose", x, options);
  return of.forward([checked], rest);
}

/** The gradient of {@linkcode transpose}: `∂E/∂Xᵢⱼ = ∂E/∂Yⱼᵢ`.
 *
 * @param x The tensor `X`, of any shape, `n×m` on the page.
 * @param dout The gradient of the loss with respect to `Y`, of its shape.
 * @param options The axes of the call of {@linkcode transpose}.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/transpose
 */
export function transposeD<
  S extends Shape,
  D extends Float,
  T extends Shape,
  const A extends Shape | undefined = undefined,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Transposed<S, A>>, NoInfer<D>>,
  options?: TransposeOptions<A> & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  const act = "compute transposeD";
  const { of, x: checked, rest } = seen(act, x, options, "wrt");
  return of.backward([checked, dout], rest);
}

/** The gradient of {@linkcode transpose} with respect to `x`:
 * `∂E/∂Xᵢⱼ = ∂E/∂Yⱼᵢ`.
 *
 * @param x The tensor `X`, of any shape, `n×m` on the page.
 * @param dout The gradient of the loss with respect to `Y`, of its shape.
 * @param options The axes of the call of {@linkcode transpose}.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/transpose
 */
export function transposeDx<
  S extends Shape,
  D extends Float,
  T extends Shape,
  const A extends Shape | undefined = undefined,
>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Transposed<S, A>>, NoInfer<D>>,
  options?: TransposeOptions<A> & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  const act = "compute transposeDx";
  const { of, x: checked, rest } = seen(act, x, options);
  return of.gradient("x", [checked, dout], rest);
}
