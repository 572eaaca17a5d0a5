// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Pad
 *
 * Surrounds a tensor with zeros: along each axis, some before its elements and
 * some after them.
 *
 * ```math
 * Y_i = \begin{cases}
 *   X_{i - a} & a < i \text{ and } i \le a + n \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_j} = \frac{\partial E}{\partial Y_{a + j}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n`$ | input `x` |
 * | $`a`$ | integer | option `before` |
 * | $`b`$ | integer | option `after` |
 * | $`Y`$ | $`a + n + b`$ | output |
 * | $`\frac{\partial E}{\partial Y}`$ | $`a + n + b`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page is written for one axis. For a tensor with several, `before` and `after`
 * have one number for each axis, and each axis is padded as on this page. Both are
 * 0 by default. PyTorch takes one list instead, in pairs from the last axis.
 *
 * ## Forward
 *
 * ```math
 * Y_i = \begin{cases}
 *   X_{i - a} & a < i \text{ and } i \le a + n \\
 *   0 & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Derivation
 *
 * Each element of $`X`$ is one of $`Y`$, $`a`$ positions later; the zeros are
 * constant. With the Kronecker delta, which is 1 where its two indices are equal
 * and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_i}{\partial X_j} = \delta_{i,\,a + j}
 * ```
 *
 * The chain rule sums over every element of $`Y`$, and the delta leaves one:
 *
 * ```math
 * \frac{\partial E}{\partial X_j}
 *   = \sum_{i=1}^{a + n + b}
 *     \frac{\partial E}{\partial Y_i} \frac{\partial Y_i}{\partial X_j}
 *   = \frac{\partial E}{\partial Y_{a + j}}
 * ```
 *
 * So the gradient is the part of `dout` where $`X`$ lies: the gradient of `pad`
 * is a {@link [slice] slice}, and the gradient of a slice is `pad`.
 *
 * ## Backward
 *
 * {@linkcode padDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_j} = \frac{\partial E}{\partial Y_{a + j}}
 * ```
 *
 * ## Special points
 *
 * Elements are copied unchanged, NaN and infinity included. The values of `dout` at
 * the zeros have no effect.
 *
 * | at | $`Y`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [1, NaN], before = 1, after = 2` | `[0, 1, NaN, 0, 0]` | `[1, 1]` | same | same | same |
 * | `x = [], before = 1, after = 1` | `[0, 0]` | `[]` | same | same | same |
 * | `x = [1], before = 1, after = 1, dout = [NaN, 2, ∞]` | `[0, 1, 0]` | `[2]` | same | same | same |
 *
 * ## Cost
 *
 * Each element of $`Y`$ is written once. The backward pass reads and writes as many
 * elements as $`X`$ has, and needs only its shape.
 *
 * ## Example
 *
 * ```ts
 * import { pad, padDx } from "@adjoint/ops/pad";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2]]);
 * const zeros = { before: [0, 1], after: [1, 0] };
 *
 * assertEquals(pad(x, zeros), tensor([[0, 1, 2], [0, 0, 0]]));
 * assertEquals(
 *   padDx(x, tensor([[1, 2, 3], [4, 5, 6]]), zeros),
 *   tensor([[2, 3]]),
 * );
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.nn.functional.pad(x, (before, after))`
 * - JAX: `jnp.pad(x, (before, after))`
 * - TensorFlow: `tf.pad(x, [[before, after]])`
 *
 * @module
 */

import { fill, lengthOf, piece } from "../core/arrays.ts";
import { type Checked, product } from "../core/checks.ts";
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
import type { Ranked } from "./slice.ts";

/** The signature that the proof uses, for the page's one axis.
 *
 * @internal
 */
export const signature: Signature = op("pad", {
  inputs: { x: "n" },
  options: {
    before: integer(0, { from: 0 }),
    after: integer(0, { from: 0 }),
  },
  outputs: { y: "before+n+after" },

  forward({ x, y, before, after, n }) {
    for (let i = 0; i < before + n + after; i++) {
      y[i] = before <= i && i < before + n ? x[i - before] : 0; // Yᵢ = Xᵢ₋ₐ
    }
  },

  backward({ dy, dx, before, n }) {
    for (let j = 0; j < n; j++) dx[j] = dy[before + j]; // ∂E/∂Xⱼ = ∂E/∂Yₐ₊ⱼ
  },
});

/** The operation for a shape and the zeros around it. */
const padding = kept(
  (
    { shape, before, to }: {
      shape: Shape;
      before: readonly number[];
      to: readonly number[];
    },
  ) => {
    const xSteps = stepsOf(shape);
    const steps = stepsOf(to), at = placeOf(before, steps);
    // If only the first axis is padded, what is not 0 is in one piece.
    const isBlock = shape.every((n, axis) => axis === 0 || n === to[axis]);
    const size = product(shape);
    return mover(
      "pad",
      { x: shape },
      { y: to },
      ({ x, y }) => {
        if (isBlock) {
          fill(piece(y!, 0, at), 0);
          fill(piece(y!, at + size, lengthOf(y!)), 0);
        }
        move(shape, { data: x!, at: 0, steps: xSteps }, {
          data: y!,
          at,
          steps,
        });
      },
      ({ dy, dx }) =>
        move(shape, { data: dy!, at, steps }, {
          data: dx!,
          at: 0,
          steps: xSteps,
        }),
      isBlock ? undefined : "outputs",
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
  const { values, rest } = readOptions(act, options, ["before", "after"], more);
  const before = zerosIn(act, "before", values.before, shape);
  const after = zerosIn(act, "after", values.after, shape);
  const to = shape.map((n, axis) => before[axis] + n + after[axis]);
  const wrong = to.findIndex((n) => !Number.isSafeInteger(n));
  if (wrong >= 0) {
    throw new RangeError(
      `Cannot ${act} as axis ${wrong} of the result must be below 2^53: it is ${
        to[wrong]
      }`,
    );
  }
  return {
    of: padding(`${shape}|${before}|${to}`, { shape, before, to }),
    x,
    rest,
  };
}

/** How many zeros there are on one side of each axis. */
function zerosIn(
  act: string,
  name: string,
  value: unknown,
  shape: Shape,
): readonly number[] {
  if (value === undefined) return shape.map(() => 0);
  const found = checkPerAxis(act, name, value, shape.length);
  const wrong = found.findIndex((n) => n < 0);
  if (wrong < 0) return found;
  throw new RangeError(
    `Cannot ${act} as ${name}[${wrong}] must be at least 0: it is ${
      found[wrong]
    }`,
  );
}

type OnPage = { before?: number; after?: number };
const list = (n: number | undefined) => n === undefined ? undefined : [n];
const lists = ({ before, after }: OnPage): PadOptions => ({
  before: list(before),
  after: list(after),
});

/** The functions for the page's one axis.
 *
 * @internal
 */
export const asOnPage: object = {
  pad: (x: Tensor, options: OnPage) => pad(x, lists(options)),
  padD: (x: Tensor, dout: Tensor, options: OnPage) =>
    padD(x, dout, lists(options)),
  padDx: (x: Tensor, dout: Tensor, options: OnPage) =>
    padDx(x, dout, lists(options)),
};

/** The options of {@linkcode pad}.
 *
 * @example Usage
 * ```ts
 * import type { PadOptions } from "@adjoint/ops/pad";
 *
 * const options: PadOptions = { before: [0, 1], after: [0, 1] };
 * ```
 */
export interface PadOptions {
  /** The number of zeros before the elements of each axis; 0 by default. */
  before?: readonly number[] | undefined;
  /** The number of zeros after the elements of each axis; 0 by default. */
  after?: readonly number[] | undefined;
}

/** Puts zeros around a tensor: `Yᵢ = Xᵢ₋ₐ if a < i and i ≤ a + n, else 0` along
 * each axis, where `a` is the number of zeros before, and `n` the size of the
 * axis.
 *
 * @param x The tensor `X`, of any shape.
 * @param options The numbers of zeros before and after, along each axis.
 * @returns The tensor `Y` with zeros around it.
 *
 * @example Usage
 * ```ts
 * import { pad } from "@adjoint/ops/pad";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2]]);
 *
 * assertEquals(pad(x, { before: [1, 0] }), tensor([[0, 0], [1, 2]]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/pad
 */
export function pad<S extends Shape, D extends Float>(
  x: Tensor<S, D>,
  options?: PadOptions & Options<Ranked<S>, NoInfer<D>>,
): Tensor<Ranked<S>, D> {
  const { of, x: checked, rest } = seen("compute pad", x, options);
  return of.forward([checked], rest);
}

/** The gradient of {@linkcode pad}: `∂E/∂Xⱼ = ∂E/∂Yₐ₊ⱼ`, along each axis.
 *
 * @param x The tensor `X`, of any shape.
 * @param dout The gradient of the loss with respect to `Y`, of its shape.
 * @param options The numbers of zeros of the call of {@linkcode pad}.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/pad
 */
export function padD<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Ranked<S>>, NoInfer<D>>,
  options?: PadOptions & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  const { of, x: checked, rest } = seen("compute padD", x, options, "wrt");
  return of.backward([checked, dout], rest);
}

/** The gradient of {@linkcode pad} with respect to `x`: `∂E/∂Xⱼ = ∂E/∂Yₐ₊ⱼ`, along
 * each axis.
 *
 * @param x The tensor `X`, of any shape.
 * @param dout The gradient of the loss with respect to `Y`, of its shape.
 * @param options The numbers of zeros of the call of {@linkcode pad}.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/pad
 */
export function padDx<S extends Shape, T extends Shape, D extends Float>(
  x: Tensor<S, D>,
  dout: Tensor<SameShape<T, Ranked<S>>, NoInfer<D>>,
  options?: PadOptions & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  const { of, x: checked, rest } = seen("compute padDx", x, options);
  return of.gradient("x", [checked, dout], rest);
}
