// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Concatenation
 *
 * Joins tensors along an axis.
 *
 * ```math
 * Z_{ijk} = \begin{cases}
 *   X_{ijk} & j \le m \\
 *   Y_{i,\,j - m,\,k} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}} = \frac{\partial E}{\partial Z_{ijk}},
 * \qquad
 * \frac{\partial E}{\partial Y_{ijk}} = \frac{\partial E}{\partial Z_{i,\,m + j,\,k}}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times m \times p`$ | input `x` |
 * | $`Y`$ | $`n \times q \times p`$ | input `y` |
 * | $`Z`$ | $`n \times (m + q) \times p`$ | output |
 * | $`\frac{\partial E}{\partial Z}`$ | $`n \times (m + q) \times p`$ | `dout`, the gradient of the loss with respect to the output |
 *
 * The page is written for two tensors; the function takes a list of one or more,
 * and joins them in order. The option `axis` may name any axis, by default the
 * first, as in PyTorch; it counts as the middle one of three. Along all others the
 * sizes must agree.
 *
 * ## Forward
 *
 * ```math
 * Z_{ijk} = \begin{cases}
 *   X_{ijk} & j \le m \\
 *   Y_{i,\,j - m,\,k} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Derivation
 *
 * Each element of $`Z`$ comes from $`X`$ or from $`Y`$, whose elements come $`m`$
 * positions later. With the Kronecker delta, which is 1 where its two indices are
 * equal and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Z_{bac}}{\partial X_{ijk}} = \delta_{bi} \delta_{aj} \delta_{ck},
 * \qquad
 * \frac{\partial Z_{bac}}{\partial Y_{ijk}}
 *   = \delta_{bi} \delta_{a,\,m + j} \delta_{ck}
 * ```
 *
 * The chain rule sums over every element of $`Z`$, and the deltas leave one:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{b=1}^{n} \sum_{a=1}^{m + q} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial Z_{bac}} \frac{\partial Z_{bac}}{\partial X_{ijk}}
 *   = \frac{\partial E}{\partial Z_{ijk}}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial Y_{ijk}}
 *   = \sum_{b=1}^{n} \sum_{a=1}^{m + q} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial Z_{bac}} \frac{\partial Z_{bac}}{\partial Y_{ijk}}
 *   = \frac{\partial E}{\partial Z_{i,\,m + j,\,k}}
 * ```
 *
 * So `dout` is cut where the tensors were joined: the gradient of `concat` is
 * {@link [split] split}.
 *
 * ## Backward
 *
 * {@linkcode concatDx} returns a list with the gradient of each tensor:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}} = \frac{\partial E}{\partial Z_{ijk}},
 * \qquad
 * \frac{\partial E}{\partial Y_{ijk}} = \frac{\partial E}{\partial Z_{i,\,m + j,\,k}}
 * ```
 *
 * ## Special points
 *
 * Elements are copied unchanged, NaN and infinity included. A tensor that is empty
 * along the axis adds nothing, but must agree along the others; PyTorch accepts a
 * tensor of shape `[0]` everywhere.
 *
 * | at | $`Z`$ | $`\frac{\partial E}{\partial X}`$ | $`\frac{\partial E}{\partial Y}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [1, NaN], y = [∞], dout = [1, 2, NaN]` | `[1, NaN, ∞]` | `[1, 2]` | `[NaN]` | same | same | same |
 * | `x = [], y = [1, 2], dout = [3, 4]` | `[1, 2]` | `[]` | `[3, 4]` | same | same | same |
 *
 * ## Cost
 *
 * Each element is read and written once, forward and backward. The backward pass
 * needs only the shapes.
 *
 * ## Example
 *
 * ```ts
 * import { concat, concatDx } from "@adjoint/ops/concat";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const [x, y] = [tensor([[1], [2]]), tensor([[3, 4], [5, 6]])];
 * const z = concat([x, y], { axis: 1 });
 *
 * assertEquals(z, tensor([[1, 3, 4], [2, 5, 6]]));
 * assertEquals(concatDx([x, y], z, { axis: 1 }), [x, y]);
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.cat((x, y), axis)`
 * - JAX: `jnp.concatenate((x, y), axis=axis)`
 * - TensorFlow: `tf.concat((x, y), axis)`
 *
 * @module
 */

import {
  type Checked,
  isSameShape,
  product,
  showShape,
} from "../core/checks.ts";
import {
  checkTensors,
  kept,
  listed,
  mover,
  numbered,
  readOptions,
} from "../core/lists.ts";
import { op, type Signature } from "../core/op.ts";
import { axis, checkAxis } from "../core/options.ts";
import type {
  AxisOptions,
  Float,
  GradientOptions,
  Options,
  Shape,
  Tensor,
} from "../core/types.ts";
import { copyParts } from "../kernels/move.ts";

/** The signature that the proof uses, for the page's two tensors.
 *
 * @internal
 */
export const signature: Signature = op("concat", {
  inputs: { x: "n… m p…", y: "n… q p…" },
  options: { axis: axis("m", 0) },
  outputs: { z: "n… m+q p…" },

  forward({ x, y, z, n, m, q, p }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m + q; j++) {
        for (let k = 0; k < p; k++) {
          z[(i * (m + q) + j) * p + k] = j < m
            ? x[(i * m + j) * p + k] // Zᵢⱼₖ = Xᵢⱼₖ if j ≤ m
            : y[(i * q + j - m) * p + k]; // Zᵢⱼₖ = Yᵢ,ⱼ₋ₘ,ₖ otherwise
        }
      }
    }
  },

  backward({ dz, dx, dy, n, m, q, p }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m + q; j++) {
        for (let k = 0; k < p; k++) {
          const d = dz[(i * (m + q) + j) * p + k];
          if (dx && j < m) dx[(i * m + j) * p + k] = d; // ∂E/∂Xᵢⱼₖ
          if (dy && j >= m) dy[(i * q + j - m) * p + k] = d; // ∂E/∂Yᵢ,ⱼ₋ₘ,ₖ
        }
      }
    }
  },
});

/** The operation for tensors of some shapes, and an axis. */
const concatenating = kept(
  ({ shapes, axis }: { shapes: readonly Shape[]; axis: number }) => {
    const [first] = shapes;
    const before = product(first.slice(0, axis));
    const after = product(first.slice(axis + 1));
    const sizes = shapes.map((shape) => shape[axis] * after);
    const size = shapes.reduce((sum, shape) => sum + shape[axis], 0);
    const names = numbered("x", shapes.length);
    return mover(
      "concat",
      Object.fromEntries(names.map((name, i) => [name, shapes[i]])),
      { z: first.map((n, at) => at === axis ? size : n) },
      (frame) =>
        copyParts(frame.z!, before, sizes, (i) => frame[names[i]], true),
      (frame) =>
        copyParts(
          frame.dz!,
          before,
          sizes,
          (i) => frame[`d${names[i]}`],
          false,
        ),
    );
  },
);

/** The operation of the previous call. */
let last: { shapes: readonly Shape[]; axis: number; of: Signature } | undefined;

/** The operation that a call uses. */
function seen(
  act: string,
  given: unknown,
  options: unknown,
  more: "" | "wrt" = "",
): {
  of: Signature;
  x: Checked<Shape, Float>[];
  rest: { out?: unknown; wrt?: unknown };
} {
  const x = checkTensors(act, "x", given);
  const { values, rest } = readOptions(act, options, ["axis"], more);
  const shapes = x.map(({ shape }) => shape), [first] = shapes;
  const axis = checkAxis(
    act,
    "axis",
    values.axis === undefined ? 0 : values.axis,
    "x[0]",
    first,
  );
  const wrong = shapes.findIndex((shape) =>
    shape.length !== first.length ||
    shape.some((n, at) => at !== axis && n !== first[at])
  );
  if (wrong >= 0) {
    throw new TypeError(
      `Cannot ${act} as all tensors of x must have the same sizes but along axis ${axis}: x[0] is ${
        showShape(first)
      }, x[${wrong}] is ${showShape(shapes[wrong])}`,
    );
  }
  // Making a key takes longer than seeing that the previous call had these
  // shapes.
  const isLast = last !== undefined && last.axis === axis &&
    last.shapes.length === shapes.length &&
    shapes.every((shape, i) => isSameShape(shape, last!.shapes[i]));
  if (!isLast) {
    const key = `${axis}|${shapes.join("|")}`;
    last = { shapes, axis, of: concatenating(key, { shapes, axis }) };
  }
  return { of: last!.of, x, rest };
}

type Two = [x: Tensor, y: Tensor];

/** The functions for the page's two tensors.
 *
 * @internal
 */
export const asOnPage: object = {
  concat: (x: Tensor, y: Tensor, options: AxisOptions) =>
    concat([x, y], options),
  concatD: (x: Tensor, y: Tensor, dout: Tensor, options: AxisOptions) => {
    const { x: [dx, dy] } = concatD([x, y] as Two, dout, options);
    return { x: dx, y: dy };
  },
  concatDx: (x: Tensor, y: Tensor, dout: Tensor, options: AxisOptions) =>
    concatDx([x, y] as Two, dout, options)[0],
  concatDy: (x: Tensor, y: Tensor, dout: Tensor, options: AxisOptions) =>
    concatDx([x, y] as Two, dout, options)[1],
};

/** The options of {@linkcode concat}.
 *
 * @typeParam A The axis.
 *
 * @example Usage
 * ```ts
 * import type { ConcatOptions } from "@adjoint/ops/concat";
 *
 * const options: ConcatOptions = { axis: -1 };
 * ```
 */
export interface ConcatOptions<A extends number = number> {
  /** The axis, counted from the end if negative; the first one by default. */
  axis?: A | undefined;
}

/** A shape with a different size along one axis.
 *
 * @typeParam S The shape.
 * @typeParam A The axis, counted from the end if negative.
 * @typeParam N The size.
 * @typeParam Done The axes that have been checked; not to be given.
 * @typeParam Result What has been found; not to be given.
 *
 * @example Usage
 * ```ts
 * import type { Resized } from "@adjoint/ops/concat";
 *
 * const shape: Resized<[2, 3, 4], -1, 5> = [2, 3, 5];
 * ```
 */
export type Resized<
  S extends Shape,
  A extends number,
  N extends number,
  Done extends 0[] = [],
  Result extends number[] = [],
> = number extends S["length"] ? Shape
  : number extends A ? { [I in keyof S]: number }
  : S extends readonly [infer M extends number, ...infer Rest extends number[]]
    ? Resized<
      Rest,
      A,
      N,
      [...Done, 0],
      [
        ...Result,
        Done["length"] extends A ? N
          : `-${S["length"]}` extends `${A}` ? N
          : M,
      ]
    >
  : Result;

/** Joins tensors along an axis: `Zᵢⱼₖ = Xᵢⱼₖ if j ≤ m, else Y[i, j − m, k]` for
 * two tensors.
 *
 * @param x The tensors, `X` and `Y` on the page, of one shape except along the axis.
 * @param options The axis, the first one by default.
 * @returns The tensor `Z` of all their elements.
 *
 * @example Usage
 * ```ts
 * import { concat } from "@adjoint/ops/concat";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const parts = [tensor([1, 2]), tensor([3]), tensor([4])] as const;
 *
 * assertEquals(concat(parts), tensor([1, 2, 3, 4]));
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/concat
 */
export function concat<
  S extends Shape,
  D extends Float,
  const A extends number = 0,
>(
  x: readonly [Tensor<S, D>, ...Tensor<Ranks<NoInfer<S>>, NoInfer<D>>[]],
  options?: ConcatOptions<A> & Options<Resized<S, A, number>, NoInfer<D>>,
): Tensor<Resized<S, A, number>, D> {
  const { of, x: checked, rest } = seen("compute concat", x, options);
  return of.forward(checked, rest);
}

/** As many axes as a shape has, of any size.
 *
 * @typeParam S The shape.
 *
 * @example Usage
 * ```ts
 * import type { Ranks } from "@adjoint/ops/concat";
 *
 * const shape: Ranks<[2, 3]> = [4, 5];
 * ```
 */
export type Ranks<S extends Shape> = { readonly [I in keyof S]: number };

/** The gradients of {@linkcode concat}: `∂E/∂Xᵢⱼₖ = ∂E/∂Zᵢⱼₖ`,
 * `∂E/∂Yᵢⱼₖ = ∂E/∂Z[i, m + j, k]` for two tensors.
 *
 * @param x The tensors, `X` and `Y` on the page, of one shape except along the axis.
 * @param dout The gradient of the loss with respect to `Z`, of its shape.
 * @param options The axis of the call of {@linkcode concat}.
 * @returns The gradients with respect to the tensors of `x`, as a list of that name.
 *
 * @see https://jsr.io/@adjoint/ops/doc/concat
 */
export function concatD<
  const X extends readonly Tensor<Shape, Float>[],
>(
  x: X,
  dout: Tensor<Shape, X[number]["data"]>,
  options?: AxisOptions & GradientOptions<{ x: Gradients<X> }>,
): { x: Gradients<X> } {
  const act = "compute concatD";
  const { of, x: checked, rest } = seen(act, x, options, "wrt");
  return listed(
    act,
    "x",
    checked.length,
    rest,
    (rest) => of.backward([...checked, dout], rest),
  ) as { x: Gradients<X> };
}

/** The gradients of {@linkcode concat} with respect to the tensors of `x`:
 * `∂E/∂Xᵢⱼₖ = ∂E/∂Zᵢⱼₖ`, `∂E/∂Yᵢⱼₖ = ∂E/∂Z[i, m + j, k]` for two.
 *
 * @param x The tensors, `X` and `Y` on the page, of one shape except along the axis.
 * @param dout The gradient of the loss with respect to `Z`, of its shape.
 * @param options The axis of the call of {@linkcode concat}; `out` is a list, too.
 * @returns The gradients, a list of tensors of the shapes of those in `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/concat
 */
export function concatDx<
  const X extends readonly Tensor<Shape, Float>[],
>(
  x: X,
  dout: Tensor<Shape, X[number]["data"]>,
  options?: AxisOptions & { out?: Gradients<X> | undefined },
): Gradients<X> {
  const act = "compute concatDx";
  const { of, x: checked, rest } = seen(act, x, options);
  const given = rest.out === undefined ? {} : { out: { x: rest.out } };
  return listed(
    act,
    "x",
    checked.length,
    given,
    (rest) => of.backward([...checked, dout], rest),
  ).x as Gradients<X>;
}

/** Tensors with the shapes and the element types of those in a list.
 *
 * @typeParam X The list.
 *
 * @example Usage
 * ```ts
 * import type { Gradients } from "@adjoint/ops/concat";
 * import { type Tensor, zeros } from "@adjoint/ops/tensor";
 *
 * const dx: Gradients<[Tensor<[2]>, Tensor<[3]>]> = [zeros([2]), zeros([3])];
 * ```
 */
export type Gradients<X extends readonly Tensor<Shape, Float>[]> = {
  -readonly [I in keyof X]: Tensor<X[I]["shape"], X[I]["data"]>;
};
