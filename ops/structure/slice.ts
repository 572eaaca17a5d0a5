// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Slice
 *
 * Takes a part of a tensor: along each axis, the elements from one index up to
 * another.
 *
 * ```math
 * Y_i = X_{a + i}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_j} = \begin{cases}
 *   \frac{\partial E}{\partial Y_{j - a}} & a < j \text{ and } j \le b \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`b + c`$ | input `x` |
 * | $`a`$ | integer | option `start` |
 * | $`b`$ | integer | option `end` |
 * | $`Y`$ | $`b - a`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`b - a`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page is written for one axis: $`a`$ elements lie before the part, and $`c`$
 * after it. For a tensor with several, `start` and `end` have one number for each
 * axis, and each axis is cut as on this page. By default the part begins at the
 * first element and ends with the last. Negative numbers count from the end of
 * their axis, as in Python. Unlike in Python, a part that reaches beyond an axis
 * is an error.
 *
 * ## Forward
 *
 * ```math
 * Y_i = X_{a + i}
 * ```
 *
 * ## Derivation
 *
 * Each element of $`Y`$ is one of $`X`$, $`a`$ positions later. With the
 * Kronecker delta, which is 1 where its two indices are equal and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_i}{\partial X_j} = \delta_{a + i,\,j}
 * ```
 *
 * The chain rule sums over every element of $`Y`$. The delta leaves the one whose
 * index $`i`$ is $`j - a`$, if there is one:
 *
 * ```math
 * \frac{\partial E}{\partial X_j}
 *   = \sum_{i=1}^{b - a} \frac{\partial E}{\partial Y_i} \frac{\partial Y_i}{\partial X_j}
 *   = \begin{cases}
 *     \frac{\partial E}{\partial Y_{j - a}} & a < j \text{ and } j \le b \\
 *     0 & \text{otherwise}
 *   \end{cases}
 * ```
 *
 * Elements that are left out do not affect the loss. So the gradient is `dout`
 * surrounded by zeros: the gradient of a slice is {@link [pad] pad}, and the
 * gradient of `pad` is a slice.
 *
 * ## Backward
 *
 * {@linkcode sliceDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_j} = \begin{cases}
 *   \frac{\partial E}{\partial Y_{j - a}} & a < j \text{ and } j \le b \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Special points
 *
 * Elements are copied unchanged, NaN and infinity included. An element that is
 * left out has no effect, even if it is NaN or infinite.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [NaN, 1, ∞, NaN], start = 1, end = 3` | `[1, ∞]` | `[0, 1, 1, 0]` | same | same | same |
 * | `x = [1, 2, 3], start = 0, end = 2, dout = [NaN, -∞]` | `[1, 2]` | `[NaN, -∞, 0]` | same | same | same |
 *
 * ## Cost
 *
 * Each element of $`Y`$ is read and written once. The backward pass writes each
 * element of the gradient, and needs only the shape of $`X`$. The result is a new
 * tensor: unlike PyTorch's, it shares no memory with $`X`$.
 *
 * ## Example
 *
 * ```ts
 * import { slice, sliceDx } from "@adjoint/ops/slice";
 * import { ones, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * const part = { start: [0, 1], end: [2, -1] }; // All rows, without the margins.
 *
 * assertEquals(slice(x, part), tensor([[2], [5]]));
 * assertEquals(
 *   sliceDx(x, ones([2, 1]), part),
 *   tensor([[0, 1, 0], [0, 1, 0]]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `x[start:end]`
 * - JAX: `x[start:end]`
 * - TensorFlow: `x[start:end]`
 *
 * @module
 */

import { type Checked, showShape } from "../core/checks.ts";
import {
  checkFloats,
  checkPerAxis,
  kept,
  mover,
  readOptions,
} from "../core/lists.ts";
import { op, type Signature } from "../core/op.ts";
import { integer } from "../core/options.ts";
import type {
  Float,
  GradientOptions,
  Options,
  SameShape,
  Shape,
  Tensor,
} from "../core/types.ts";
import { placeOf, stepsOf } from "../core/views.ts";
import { move } from "../kernels/move.ts";

/** The signature that the proof uses, for the page's one axis.
 *
 * @internal
 */
export const signature: Signature = op("slice", {
  inputs: { x: "end+c" },
  options: {
    start: integer(0, { from: 0 }),
    end: integer(undefined, { from: "start+1" }),
  },
  outputs: { y: "end-start" },

  forward({ x, y, start, end }) {
    for (let i = 0; i < end - start; i++) y[i] = x[start + i]; // Yᵢ = Xₐ₊ᵢ
  },

  backward({ dy, dx, start, end, c }) {
    for (let j = 0; j < end + c; j++) {
      dx[j] = start <= j && j < end ? dy[j - start] : 0; // ∂E/∂Xⱼ = ∂E/∂Yⱼ₋ₐ
    }
  },
});

/** The operation for a shape and a part of it. */
const slicing = kept(
  (
    { shape, start, to }: {
      shape: Shape;
      start: readonly number[];
      to: readonly number[];
    },
  ) => {
    const steps = stepsOf(shape), at = placeOf(start, steps);
    const ySteps = stepsOf(to);
    return mover(
      "slice",
      { x: shape },
      { y: to },
      ({ x, y }) =>
        move(to, { data: x!, at, steps }, { data: y!, at: 0, steps: ySteps }),
      ({ dy, dx }) =>
        move(to, { data: dy!, at: 0, steps: ySteps }, { data: dx!, at, steps }),
      "gradients",
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
  const { shape } = x;
  const { values, rest } = readOptions(act, options, ["start", "end"], more);
  const start = placesIn(act, "start", values.start, shape, shape.map(() => 0));
  const end = placesIn(act, "end", values.end, shape, shape);
  const to = end.map((b, axis) => b - start[axis]);
  const wrong = to.findIndex((n) => n < 0);
  if (wrong >= 0) {
    throw new RangeError(
      `Cannot ${act} as end[${wrong}] must not be before start[${wrong}]: it is ${
        end[wrong]
      }, start[${wrong}] is ${start[wrong]}`,
    );
  }
  return {
    of: slicing(`${shape}|${start}|${to}`, { shape, start, to }),
    x,
    rest,
  };
}

/** A position on each axis, counted from its end if negative. */
function placesIn(
  act: string,
  name: string,
  value: unknown,
  shape: Shape,
  none: Shape,
): readonly number[] {
  if (value === undefined) return none;
  return checkPerAxis(act, name, value, shape.length).map((given, axis) => {
    const place = given < 0 ? given + shape[axis] : given;
    if (place >= 0 && place <= shape[axis]) return place;
    throw new RangeError(
      `Cannot ${act} as ${name}[${axis}] must be a place on axis ${axis} of x, from ${
        0 - shape[axis]
      } to ${shape[axis]}: it is ${given}, x is ${showShape(shape)}`,
    );
  });
}

type OnPage = { start?: number; end: number };
const lists = ({ start, end }: OnPage): SliceOptions => ({
  start: start === undefined ? undefined : [start],
  end: [end],
});

/** The functions for the page's one axis.
 *
 * @internal
 */
export const asOnPage: object = {
  slice: (x: Tensor, options: OnPage) => slice(x, lists(options)),
  sliceD: (x: Tensor, dout: Tensor, options: OnPage) =>
    sliceD(x, dout, lists(options)),
  sliceDx: (x: Tensor, dout: Tensor, options: OnPage) =>
    sliceDx(x, dout, lists(options)),
};

/** The options of {@linkcode slice}.
 *
 * @example Usage
 * ```ts
 * import type { SliceOptions } from "@adjoint/ops/slice";
 *
 * const options: SliceOptions = { start: [0, 1], end: [2, -1] };
 * ```
 */
export interface SliceOptions {
  /** The first index along each axis, counted from the end if negative; 0 by default. */
  start?: readonly number[] | undefined;
  /** The index after the last along each axis, counted from the end if negative; the
   * size of the axis by default. */
  end?: readonly number[] | undefined;
}

/** A shape with as many axes, of unknown sizes.
 *
 * @typeParam S A shape.
 *
 * @example Usage
 * ```ts
 * import type { Ranked } from "@adjoint/ops/slice";
 *
 * const shape: Ranked<[2, 3]> = [1, 1];
 * ```
 */
export type Ranked<S extends Shape> = { -readonly [I in keyof S]: number };

/** Takes a part of a tensor: `Yᵢ = Xₐ₊ᵢ` along each axis, where `a` is its start.
 *
 * @param x The tensor `X`, of any shape.
 * @param options Where the part begins and ends along each axis; by default at
 * the first and the last element.
 * @returns The part `Y`.
 *
 * @example Usage
 * ```ts
 * import { slice } from "@adjoint/ops/slice";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 *
 * assertEquals(slice(x, { start: [1, 0], end: [2, 2] }), tensor([[4, 5]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/slice
 */
export function slice<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: SliceOptions & Options<Ranked<S>, NoInfer<D>>,
): Tensor<Ranked<S>, D> {
  const { of, x: checked, rest } = seen("compute slice", x, options);
  return of.forward([checked], rest);
}

/** The gradient of {@linkcode slice}:
 * `∂E/∂Xⱼ = ∂E/∂Yⱼ₋ₐ if a < j and j ≤ b, else 0`, along each axis.
 *
 * @param x The tensor `X`, of any shape.
 * @param dout The gradient of the loss with respect to `Y`, of its shape.
 * @param options The start `a` and the end `b` along each axis, of the call of
 * {@linkcode slice}.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/slice
 */
export function sliceD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Ranked<S>>, NoInfer<D>>,
  options?: SliceOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  const { of, x: checked, rest } = seen("compute sliceD", x, options, "wrt");
  return of.backward([checked, dout], rest);
}

/** The gradient of {@linkcode slice} with respect to `x`:
 * `∂E/∂Xⱼ = ∂E/∂Yⱼ₋ₐ if a < j and j ≤ b, else 0`, along each axis.
 *
 * @param x The tensor `X`, of any shape.
 * @param dout The gradient of the loss with respect to `Y`, of its shape.
 * @param options The start `a` and the end `b` along each axis, of the call of
 * {@linkcode slice}.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/slice
 */
export function sliceDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Ranked<S>>, NoInfer<D>>,
  options?: SliceOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  const { of, x: checked, rest } = seen("compute sliceDx", x, options);
  return of.gradient("x", [checked, dout], rest);
}
