// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The types of reverse mode: what an operation must say of itself, and what the
 * gradients of arguments are.
 *
 * @module
 */

import type { Float, Tensor } from "../core/types.ts";

/** An operation, and what is needed to walk back over it.
 *
 * @typeParam F The operation.
 *
 * @example Usage
 * ```ts
 * import { linear, linearD } from "@adjoint/ops/linear";
 * import type { Pair } from "@adjoint/ops/reverse";
 *
 * const pair: Pair<typeof linear> = {
 *   op: linear,
 *   opD: linearD,
 *   inputs: ["x", "w", "b"],
 * };
 * ```
 */
export interface Pair<F = (...args: never[]) => unknown> {
  /** The forward function. Its result is a tensor, or a list or a record of them. */
  readonly op: F;
  /**
   * The gradients: called with what `op` was called with, with `dout`, which is as
   * the result is, before the options, and `wrt` among the options: the names of the
   * inputs whose gradients are needed. It returns these by their names, and may
   * return more. Without it the result has no gradient, as that of `argmax`.
   */
  readonly opD?: ((...args: never[]) => object) | undefined;
  /** The names of the arguments that come before the options, in their order. */
  readonly inputs: readonly string[];
  /** What messages call the operation; by default the name that `op` has. */
  readonly name?: string | undefined;
}

/** The gradient of an argument: a tensor of its shape for a tensor of floats, a list
 * or a record of gradients for a list or a record, and `undefined` for all else,
 * such as labels.
 *
 * @typeParam A The argument.
 *
 * @example Usage
 * ```ts
 * import type { Gradient } from "@adjoint/ops/reverse";
 * import { type Tensor, zeros } from "@adjoint/ops/tensor";
 *
 * const dparams: Gradient<{ w: Tensor<[10, 784]>; b: Tensor<[10]> }> = {
 *   w: zeros([10, 784]),
 *   b: zeros([10]),
 * };
 * ```
 */
export type Gradient<A> = A extends Tensor<infer S, infer D>
  ? D extends Float ? Tensor<S, D> : undefined
  : A extends string | number | bigint | boolean | symbol | null | undefined
    ? undefined
  : A extends (...args: never[]) => unknown ? undefined
  : { -readonly [K in keyof A]: Gradient<A[K]> };

/** The gradients of arguments: of all of them, or of those that `W` names.
 *
 * @typeParam A The arguments.
 * @typeParam W Their places, from 0 on, or `undefined` for all.
 *
 * @example Usage
 * ```ts
 * import type { Gradients } from "@adjoint/ops/reverse";
 * import { type Tensor, zeros } from "@adjoint/ops/tensor";
 *
 * const grads: Gradients<[Tensor<[2]>, Tensor<[3]>], readonly [1]> = [zeros([3])];
 * ```
 */
export type Gradients<
  A extends readonly unknown[],
  W extends readonly number[] | undefined,
> = W extends readonly number[]
  ? { -readonly [I in keyof W]: Gradient<A[W[I] & keyof A]> }
  : { -readonly [I in keyof A]: Gradient<A[I]> };

/** Which gradients are computed.
 *
 * @typeParam W The places of the arguments.
 *
 * @example Usage
 * ```ts
 * import type { ReverseOptions } from "@adjoint/ops/reverse";
 *
 * const options: ReverseOptions = { wrt: [0] }; // Only of the first argument.
 * ```
 */
export interface ReverseOptions<
  W extends readonly number[] | undefined = readonly number[] | undefined,
> {
  /** The places of the arguments, from 0 on; all of them by default. */
  wrt?: W;
}
