// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Declare an operation
 *
 * Declares an operation as this library does: by a signature, and the loops that
 * compute it. The checks of each call, their messages, `out`, axes and
 * broadcasting follow from the signature, for your operations as for ours.
 *
 * A signature names the inputs, the options and the outputs, and gives each tensor
 * its shape in letters:
 *
 * | axes | meaning |
 * | ---- | ------- |
 * | `m` | one axis |
 * | `n…` | any number of axes, even none; the loop sees their product |
 * | `3` | an axis of this size |
 * | `p+r-1` | an axis whose size follows from others |
 * | `(h-r)/s+1` | a number of windows: rounded down, and at least 1 |
 * | `n… ∨ m…` | the broadcast of two groups of axes |
 *
 * A letter that occurs twice has one size, and the empty string is a scalar. The
 * loops get the data of each tensor under its name, its gradient under `d` and
 * that name, and sizes and options under theirs. An output that has the name of
 * an input, such as the state `h` of a cell, is called `hNext` there.
 *
 * @example An operation of your own
 * ```ts
 * import { op } from "@adjoint/ops/op";
 * import { type Tensor, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const cube = op("cube", {
 *   inputs: { x: "n…" },
 *   outputs: { y: "n…" },
 *   forward({ x, y, n }) {
 *     for (let i = 0; i < n; i++) y[i] = x[i]! ** 3;
 *   },
 *   backward({ x, dy, dx, n }) {
 *     for (let i = 0; i < n; i++) dx[i] = 3 * x[i]! ** 2 * dy[i]!;
 *   },
 * });
 *
 * const x = tensor([1, 2]);
 * const y: Tensor<[2]> = cube.forward([x]);
 * const dx: Tensor<[2]> = cube.gradient("x", [x, tensor([1, 10])]);
 *
 * assertEquals([y, dx], [tensor([1, 8]), tensor([3, 120])]);
 * assertThrows(
 *   () => cube.forward([7]),
 *   TypeError,
 *   "Cannot compute cube as x must be a tensor",
 * );
 * ```
 *
 * @module
 */

export { op } from "./core/op.ts";
export { Blocks, LONG, sumOf } from "./core/sums.ts";
export type {
  BackwardEnv,
  Domain,
  Env,
  ForwardEnv,
  Halves,
  InLoop,
  Input,
  IntegerRange,
  IsUnion,
  Letters,
  Signature,
  Spec,
} from "./core/op.ts";
export { axes, axis, flag, integer, number, pair } from "./core/options.ts";
export type {
  AxesOption,
  AxisOption,
  FlagOption,
  NumberOption,
  Option,
  PairOption,
  Range,
} from "./core/options.ts";
