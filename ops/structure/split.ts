// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Split
 *
 * Cuts a tensor into parts along an axis.
 *
 * ```math
 * Y_{ijk} = X_{ijk}, \qquad Z_{ijk} = X_{i,\,m + j,\,k}
 * ```
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}} = \begin{cases}
 *   \frac{\partial E}{\partial Y_{ijk}} & j \le m \\
 *   \frac{\partial E}{\partial Z_{i,\,j - m,\,k}} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Shapes
 *
 * | symbol | shape | role |
 * | ------ | ----- | ---- |
 * | $`X`$ | $`n \times (m + q) \times p`$ | input `x` |
 * | $`m`$ | integer | option `m`, the first of the sizes |
 * | $`Y`$ | $`n \times m \times p`$ | output `y` |
 * | $`Z`$ | $`n \times q \times p`$ | output `z` |
 * | $`\frac{\partial E}{\partial Y}`$ | $`n \times m \times p`$ | `dout.y`, the gradient of the loss with respect to the first part |
 * | $`\frac{\partial E}{\partial Z}`$ | $`n \times q \times p`$ | `dout.z`, the gradient of the loss with respect to the second part |
 *
 * The page is written for two parts, of the sizes $`m`$ and $`q`$: the option
 * `sizes` is `[m, q]`. The function returns a list of as many tensors as there are
 * sizes, which must add up to the size of the axis; its gradient takes such a list.
 * The option `axis` may name any axis, by default the first, as in PyTorch; it
 * counts as the middle one of three.
 *
 * ## Forward
 *
 * ```math
 * Y_{ijk} = X_{ijk}, \qquad Z_{ijk} = X_{i,\,m + j,\,k}
 * ```
 *
 * ## Derivation
 *
 * Each element of $`X`$ is in one part. With the Kronecker delta, which is 1 where
 * its two indices are equal and 0 elsewhere:
 *
 * ```math
 * \frac{\partial Y_{bac}}{\partial X_{ijk}} = \delta_{bi} \delta_{aj} \delta_{ck},
 * \qquad
 * \frac{\partial Z_{bac}}{\partial X_{ijk}}
 *   = \delta_{bi} \delta_{m + a,\,j} \delta_{ck}
 * ```
 *
 * The chain rule sums over every element of both. The deltas leave one term: of the
 * first part if $`j`$ is at most $`m`$, otherwise of the second:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}}
 *   = \sum_{b=1}^{n} \sum_{a=1}^{m} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial Y_{bac}} \frac{\partial Y_{bac}}{\partial X_{ijk}}
 *   + \sum_{b=1}^{n} \sum_{a=1}^{q} \sum_{c=1}^{p}
 *     \frac{\partial E}{\partial Z_{bac}} \frac{\partial Z_{bac}}{\partial X_{ijk}}
 * ```
 *
 * So the gradients are joined: the gradient of `split` is
 * {@link [concat] concat}.
 *
 * ## Backward
 *
 * {@linkcode splitDx}:
 *
 * ```math
 * \frac{\partial E}{\partial X_{ijk}} = \begin{cases}
 *   \frac{\partial E}{\partial Y_{ijk}} & j \le m \\
 *   \frac{\partial E}{\partial Z_{i,\,j - m,\,k}} & \text{otherwise}
 * \end{cases}
 * ```
 *
 * ## Special points
 *
 * Elements are copied unchanged, NaN and infinity included. A part may be
 * empty.
 *
 * | at | $`Y`$ | $`Z`$ | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX | TensorFlow |
 * | -- | ----- | ----- | ----- | ------- | --- | ---------- |
 * | `x = [[[1], [NaN], [∞]]], m = 2, dout.y = [[[1], [1]]], dout.z = [[[NaN]]]` | `[[[1], [NaN]]]` | `[[[∞]]]` | `[[[1], [1], [NaN]]]` | same | same | same |
 *
 * ## Cost
 *
 * Each element is read and written once, forward and backward. The results are new
 * tensors: unlike PyTorch's, they share no memory with $`X`$. The backward pass
 * needs only the shapes.
 *
 * ## Example
 *
 * ```ts
 * import { split, splitDx } from "@adjoint/ops/split";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * const options = { axis: 1, sizes: [1, 2] } as const;
 * const [y, z] = split(x, options);
 *
 * assertEquals(y, tensor([[1], [4]]));
 * assertEquals(z, tensor([[2, 3], [5, 6]]));
 * assertEquals(splitDx(x, [y, z], options), x);
 * ```
 *
 * ## References
 *
 * - PyTorch: `torch.split(x, (m, x.shape[1] - m), 1)`
 * - JAX: `jnp.split(x, [m], axis=1)`
 * - TensorFlow: `tf.split(x, [m, x.shape[1] - m], axis=1)`
 *
 * @module
 */

import { type Checked, product, showShape } from "../core/checks.ts";
import {
  checkFloats,
  checkIntegers,
  kept,
  mover,
  numbered,
  readOptions,
  recordOf,
} from "../core/lists.ts";
import { op, type Signature } from "../core/op.ts";
import { checkAxis, integer } from "../core/options.ts";
import type {
  Float,
  GradientOptions,
  Options,
  Shape,
  Tensor,
} from "../core/types.ts";
import { copyParts } from "../kernels/move.ts";
import type { Resized } from "./concat.ts";

/** The signature that the proof uses, for the page's two parts.
 *
 * @internal
 */
export const signature: Signature = op("split", {
  inputs: { x: "n m+q p" },
  options: { m: integer(1, { from: 1 }) },
  outputs: { y: "n m p", z: "n q p" },

  forward({ x, y, z, n, m, q, p }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m + q; j++) {
        for (let k = 0; k < p; k++) {
          const value = x[(i * (m + q) + j) * p + k];
          if (j < m) y[(i * m + j) * p + k] = value; // Yᵢⱼₖ = Xᵢⱼₖ
          else z[(i * q + j - m) * p + k] = value; // Zᵢⱼₖ = Xᵢ,ₘ₊ⱼ,ₖ
        }
      }
    }
  },

  backward({ dy, dz, dx, n, m, q, p }) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < m + q; j++) {
        for (let k = 0; k < p; k++) {
          dx[(i * (m + q) + j) * p + k] = j < m
            ? dy[(i * m + j) * p + k] // ∂E/∂Xᵢⱼₖ = ∂E/∂Yᵢⱼₖ if j ≤ m
            : dz[(i * q + j - m) * p + k]; // ∂E/∂Xᵢⱼₖ = ∂E/∂Zᵢ,ⱼ₋ₘ,ₖ otherwise
        }
      }
    }
  },
});

/** The operation for a shape, an axis and the sizes of the parts. */
const splitting = kept(
  (
    { shape, axis, sizes }: {
      shape: Shape;
      axis: number;
      sizes: readonly number[];
    },
  ) => {
    const before = product(shape.slice(0, axis));
    const after = product(shape.slice(axis + 1));
    const lengths = sizes.map((size) => size * after);
    const names = numbered("y", sizes.length);
    return mover(
      "split",
      { x: shape },
      Object.fromEntries(
        names.map((name, i) => [name, shape.with(axis, sizes[i])]),
      ),
      (frame) =>
        copyParts(frame.x!, before, lengths, (i) => frame[names[i]], false),
      (frame) =>
        copyParts(
          frame.dx!,
          before,
          lengths,
          (i) => frame[`d${names[i]}`],
          true,
        ),
    );
  },
);

/** The operation that a call uses. */
function seen(
  act: string,
  given: unknown,
  options: unknown,
  more: "" | "wrt" = "",
): {
  of: Signature;
  x: Checked<Shape, Float>;
  count: number;
  rest: { out?: unknown; wrt?: unknown };
} {
  const x = checkFloats(act, "x", given);
  const { shape } = x;
  const { values, rest } = readOptions(act, options, ["axis", "sizes"], more);
  const axis = checkAxis(
    act,
    "axis",
    values.axis === undefined ? 0 : values.axis,
    "x",
    shape,
  );
  const sizes = checkIntegers(act, "sizes", values.sizes);
  const wrong = sizes.findIndex((size) => size < 0);
  if (wrong >= 0) {
    throw new RangeError(
      `Cannot ${act} as sizes[${wrong}] must be at least 0: it is ${
        sizes[wrong]
      }`,
    );
  }
  const sum = sizes.reduce((sum, size) => sum + size, 0);
  if (sum !== shape[axis] || sizes.length === 0) {
    throw new RangeError(
      `Cannot ${act} as sizes must be at least one, and add up to axis ${axis} of x: they add up to ${sum}, x is ${
        showShape(shape)
      }`,
    );
  }
  const of = splitting(`${shape}|${axis}|${sizes}`, { shape, axis, sizes });
  return { of, x, count: sizes.length, rest };
}

/** What an operation with one output has in place of a record. */
const onlyOf = (count: number, record: Readonly<Record<string, unknown>>) =>
  count === 1 ? record["y[0]"] : record;

type Two = { y: Tensor; z: Tensor };
const listsOf = (x: Tensor, { m = 1 }: { m?: number }): SplitOptions => ({
  axis: 1,
  sizes: [m, x.shape[1] - m],
});

/** The functions for the page's two parts.
 *
 * @internal
 */
export const asOnPage: object = {
  split: (x: Tensor, options: object) => {
    const [y, z] = split(x, listsOf(x, options));
    return { y, z };
  },
  splitD: (x: Tensor, { y, z }: Two, options: object) =>
    splitD(x, [y, z], listsOf(x, options)),
  splitDx: (x: Tensor, { y, z }: Two, options: object) =>
    splitDx(x, [y, z], listsOf(x, options)),
};

/** The options of {@linkcode split}.
 *
 * @typeParam A The axis.
 * @typeParam Z The sizes.
 *
 * @example Usage
 * ```ts
 * import type { SplitOptions } from "@adjoint/ops/split";
 *
 * const options: SplitOptions = { axis: -1, sizes: [3, 1] };
 * ```
 */
export interface SplitOptions<
  A extends number = number,
  Z extends Shape = Shape,
> {
  /** The axis, counted from the end if negative; the first one by default. */
  axis?: A | undefined;
  /** The sizes of the parts along the axis, which add up to its own; required. */
  sizes: Z;
}

/** The parts of a tensor that is cut.
 *
 * @typeParam S The shape of the tensor.
 * @typeParam A The axis.
 * @typeParam Z The sizes.
 * @typeParam D The element type.
 *
 * @example Usage
 * ```ts
 * import type { Parts } from "@adjoint/ops/split";
 * import { type F32, zeros } from "@adjoint/ops/tensor";
 *
 * const parts: Parts<[2, 3], 1, [1, 2], F32> = [zeros([2, 1]), zeros([2, 2])];
 * ```
 */
export type Parts<
  S extends Shape,
  A extends number,
  Z extends Shape,
  D extends Float,
> = { -readonly [I in keyof Z]: Tensor<Resized<S, A, Z[I]>, D> };

/** Cuts a tensor into parts along an axis: `Yᵢⱼₖ = Xᵢⱼₖ` and
 * `Zᵢⱼₖ = X[i, m + j, k]` for two parts.
 *
 * @param x The tensor `X`, of any shape but that of a scalar.
 * @param options The axis, the first one by default, and the sizes of the parts;
 * `out` is a list, too.
 * @returns The parts, `Y` and `Z` on the page, a list of tensors.
 *
 * @example Usage
 * ```ts
 * import { split } from "@adjoint/ops/split";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   split(tensor([1, 2, 3, 4]), { sizes: [1, 3] }),
 *   [tensor([1]), tensor([2, 3, 4])],
 * );
 * ```
 *
 * @see https://jsr.io/@adjoint/ops/doc/split
 */
export function split<
  S extends Shape,
  D extends Float,
  const Z extends Shape,
  const A extends number = 0,
>(
  x: Tensor<S, D>,
  options: SplitOptions<A, Z> & {
    out?: Parts<S, A, Z, NoInfer<D>> | undefined;
  },
): Parts<S, A, Z, D> {
  const act = "compute split";
  const { of, x: checked, count, rest } = seen(act, x, options);
  const out = rest.out === undefined
    ? {}
    : { out: onlyOf(count, recordOf(act, "out", "y", count, rest.out)) };
  const found: unknown = of.forward([checked], out);
  const parts = count === 1
    ? [found]
    : Object.values(found as Record<string, unknown>);
  return parts as unknown as Parts<S, A, Z, D>;
}

/** The gradient of {@linkcode split}:
 * `∂E/∂Xᵢⱼₖ = ∂E/∂Yᵢⱼₖ if j ≤ m, else ∂E/∂Z[i, j − m, k]` for two parts.
 *
 * @param x The tensor `X`, of any shape but that of a scalar.
 * @param dout The gradients of the loss with respect to the parts, a list of
 * tensors of their shapes.
 * @param options The axis and the sizes of the call of {@linkcode split}.
 * @returns The gradient with respect to `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/split
 */
export function splitD<
  S extends Shape,
  D extends Float,
  const Z extends Shape,
  const A extends number = 0,
>(
  x: Tensor<S, D>,
  dout: Readonly<Parts<S, A, NoInfer<Z>, NoInfer<D>>>,
  options: SplitOptions<A, Z> & GradientOptions<{ x: Tensor<S, D> }>,
): { x: Tensor<S, D> } {
  const act = "compute splitD";
  const { of, x: checked, count, rest } = seen(act, x, options, "wrt");
  const douts = onlyOf(count, recordOf(act, "dout", "y", count, dout));
  return of.backward([checked, douts], rest);
}

/** The gradient of {@linkcode split} with respect to `x`:
 * `∂E/∂Xᵢⱼₖ = ∂E/∂Yᵢⱼₖ if j ≤ m, else ∂E/∂Z[i, j − m, k]` for two parts.
 *
 * @param x The tensor `X`, of any shape but that of a scalar.
 * @param dout The gradients of the loss with respect to the parts, a list of
 * tensors of their shapes.
 * @param options The axis and the sizes of the call of {@linkcode split}.
 * @returns The gradient, of the shape of `x`.
 *
 * @see https://jsr.io/@adjoint/ops/doc/split
 */
export function splitDx<
  S extends Shape,
  D extends Float,
  const Z extends Shape,
  const A extends number = 0,
>(
  x: Tensor<S, D>,
  dout: Readonly<Parts<S, A, NoInfer<Z>, NoInfer<D>>>,
  options: SplitOptions<A, Z> & Options<S, NoInfer<D>>,
): Tensor<S, D> {
  const act = "compute splitDx";
  const { of, x: checked, count, rest } = seen(act, x, options);
  const douts = onlyOf(count, recordOf(act, "dout", "y", count, dout));
  return of.gradient("x", [checked, douts], rest);
}
