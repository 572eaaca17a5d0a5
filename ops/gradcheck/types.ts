// Copyright 2026 the Adjoint authors. MIT license.

// What gradcheck takes and returns.

import type {
  Arrays,
  DType,
  F64,
  Float,
  Shape,
  Tensor,
} from "../core/types.ts";

/** What a check ends with.
 *
 * @example Usage
 * ```ts
 * import { gradcheck, type Verdict } from "@adjoint/ops/gradcheck";
 * import { sum, sumDx } from "@adjoint/ops/sum";
 * import { ones } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const verdict: Verdict = gradcheck(sum, [sumDx], [ones([2, 3])]).verdict;
 * assertEquals(verdict, "right");
 * ```
 */
export type Verdict = "right" | "wrong" | "cannot tell";

/** A tensor of any shape and element type.
 *
 * @example Usage
 * ```ts
 * import type { AnyTensor } from "@adjoint/ops/gradcheck";
 * import { tensor } from "@adjoint/ops/tensor";
 *
 * const inputs: AnyTensor[] = [tensor([1.5, 2]), tensor(new Int32Array(3))];
 * ```
 */
export type AnyTensor = Tensor<Shape, Arrays[DType]>;

/** What a forward function may return: a tensor, or several in a list or a
 * record.
 *
 * @example Usage
 * ```ts
 * import type { Outputs } from "@adjoint/ops/gradcheck";
 * import { ones } from "@adjoint/ops/tensor";
 *
 * const outputs: Outputs = { h: ones([2, 3]), c: ones([2, 3]) };
 * ```
 */
export type Outputs =
  | AnyTensor
  | readonly AnyTensor[]
  | { readonly [name: string]: AnyTensor };

/** What a function for all gradients at once may return: one for each input, by
 * position or by name, in the order of the inputs; of a single input, the gradient
 * alone.
 *
 * @example Usage
 * ```ts
 * import type { Gradients } from "@adjoint/ops/gradcheck";
 * import { matmulD } from "@adjoint/ops/matmul";
 * import { ones } from "@adjoint/ops/tensor";
 *
 * const [x, y, dout] = [ones([2, 3]), ones([3, 2]), ones([2, 2])];
 * const gradients: Gradients = matmulD(x, y, dout);
 * ```
 */
export type Gradients =
  | AnyTensor
  | readonly (AnyTensor | null | undefined)[]
  | { readonly [name: string]: AnyTensor | null | undefined };

/** A function from tensors to a tensor, where nothing more is known of it.
 *
 * @example Usage
 * ```ts
 * import type { TensorFunction } from "@adjoint/ops/gradcheck";
 * import { matmul, matmulDx } from "@adjoint/ops/matmul";
 *
 * const functions: TensorFunction[] = [matmul, matmulDx];
 * ```
 */
// deno-lint-ignore no-explicit-any -- any function of tensors fits
export type TensorFunction = (...inputs: any[]) => Tensor<Shape, Float>;

/** A function of these arguments, or of such as say more or less about them.
 *
 * @typeParam A The arguments.
 * @typeParam R What it returns.
 *
 * @example Usage
 * ```ts
 * import type { FunctionOf } from "@adjoint/ops/gradcheck";
 * import type { Tensor } from "@adjoint/ops/tensor";
 *
 * const rows: FunctionOf<[x: Tensor], number> = (x: Tensor<[number, 3]>) => x.shape[0];
 * ```
 */
export type FunctionOf<A extends readonly unknown[], R> = {
  // A method, as its arguments may be narrower than what is known of them.
  of(...args: A): R;
}["of"];

/** A backward function for each input, or `null`.
 *
 * @typeParam X The inputs.
 * @typeParam Z The output.
 *
 * @example Usage
 * ```ts
 * import type { BackwardFunctions } from "@adjoint/ops/gradcheck";
 * import { matmulDx } from "@adjoint/ops/matmul";
 * import type { Tensor } from "@adjoint/ops/tensor";
 *
 * const functions: BackwardFunctions<
 *   [Tensor<[2, 3]>, Tensor<[3, 2]>],
 *   Tensor<[2, 2]>
 * > = [matmulDx, null];
 * ```
 */
export type BackwardFunctions<X extends readonly unknown[], Z> = {
  readonly [K in keyof X]:
    | FunctionOf<[...X, Z], Tensor<Shape, Float>>
    | null;
};

/** Nothing more if each backward function returns the shape of its input;
 * otherwise something that no list of inputs is.
 *
 * @typeParam B The backward functions.
 * @typeParam X The inputs.
 * @typeParam Z The output.
 *
 * @example Usage
 * ```ts
 * import type { RightShapes } from "@adjoint/ops/gradcheck";
 * import type { matmulDx, matmulDy } from "@adjoint/ops/matmul";
 * import type { Tensor } from "@adjoint/ops/tensor";
 *
 * type Inputs = [Tensor<[2, 3]>, Tensor<[3, 2]>];
 * type Functions = [typeof matmulDx, typeof matmulDy];
 * const right: RightShapes<Functions, Inputs, Tensor<[2, 2]>> = "anything";
 * ```
 */
export type RightShapes<
  B extends readonly unknown[],
  X extends readonly unknown[],
  Z,
> = [WrongShapes<B, X, Z>] extends [never] ? unknown
  : { "a gradient must have the shape of its input": WrongShapes<B, X, Z> };

/** The shapes of the inputs whose gradients have another.
 *
 * @typeParam B The backward functions.
 * @typeParam X The inputs.
 * @typeParam Z The output.
 */
export type WrongShapes<
  B extends readonly unknown[],
  X extends readonly unknown[],
  Z,
> = {
  readonly [K in keyof B]: WrongShape<
    B[K],
    K extends keyof X ? X[K] : unknown,
    X,
    Z
  >;
}[number];

/**
 * The shape of an input, if a function returns that of another or of the output,
 * or a literal one of its own. Of a generic function, TypeScript knows what it
 * returns only by asking whether that is something given.
 *
 * @typeParam F The backward function.
 * @typeParam G The input.
 * @typeParam X All inputs.
 * @typeParam Z The output.
 */
export type WrongShape<F, G, X extends readonly unknown[], Z> = F extends null
  ? never
  : F extends (...args: [...X, Z]) => Shaped<ShapeOf<G> & Shape> ? never
  : F extends (...args: [...X, Z]) => Shaped<LiteralShapeOf<X[number] | Z>>
    ? ShapeOf<G>
  // deno-lint-ignore no-explicit-any -- whatever it takes
  : F extends (...args: any) => Shaped<infer S>
    ? number extends S[number] ? never : ShapeOf<G>
  : never;

/** A tensor of a shape.
 *
 * @typeParam S The shape.
 */
// deno-lint-ignore no-explicit-any -- of any element type
export type Shaped<S extends Shape> = Tensor<S, any>;
/** The shape of a tensor.
 *
 * @typeParam T The tensor.
 */
export type ShapeOf<T> = T extends Shaped<infer S> ? S : never;
/** The shape of a tensor whose dimensions are all literal.
 *
 * @typeParam T The tensor.
 */
export type LiteralShapeOf<T> = T extends Shaped<infer S>
  ? number extends S[number] ? never : S
  : never;

/** How {@linkcode gradcheck} and {@linkcode assertGradcheck} are called.
 *
 * @typeParam R What they return.
 *
 * @example Usage
 * ```ts
 * import { type Gradcheck, gradcheck, type GradcheckReport } from "@adjoint/ops/gradcheck";
 *
 * const check: Gradcheck<GradcheckReport> = gradcheck;
 * ```
 */
export interface Gradcheck<R> {
  /** Checks one backward function for each input.
   *
   * @typeParam X The inputs.
   * @typeParam Z What the forward function returns.
   * @typeParam B The backward functions.
   * @param forward The function from the inputs to the output.
   * @param backward For each input a function of all inputs and `dout` that
   * returns the gradient with respect to that input; `null` for an input without
   * one.
   * @param inputs The point to check at.
   * @param options How to check.
   */
  <
    X extends readonly AnyTensor[],
    Z extends Outputs,
    B extends BackwardFunctions<X, Z>,
  >(
    forward: (...inputs: X) => Z,
    backward: readonly [...B],
    inputs: readonly [...X] & RightShapes<B, X, Z>,
    options?: GradcheckOptions<NoInfer<Z>>,
  ): R;
  /** Checks a function that computes all gradients at once.
   *
   * @typeParam X The inputs.
   * @typeParam Z What the forward function returns.
   * @typeParam B The backward function.
   * @param forward The function from the inputs to the output.
   * @param backward A function of all inputs and `dout` that returns all
   * gradients.
   * @param inputs The point to check at.
   * @param options How to check.
   */
  <
    X extends readonly AnyTensor[],
    Z extends Outputs,
    B extends FunctionOf<[...X, Z], Gradients>,
  >(
    forward: (...inputs: X) => Z,
    backward: B,
    inputs: readonly [...X],
    options?: GradcheckOptions<NoInfer<Z>>,
  ): R;
  /** Checks an object whose `backward` takes `dout` alone, such as a layer: it
   * computes the gradients for the last call of `forward`.
   *
   * @typeParam X The inputs.
   * @typeParam Z What the forward function returns.
   * @typeParam B The backward function.
   * @param functions The object.
   * @param inputs The point to check at.
   * @param options How to check.
   */
  <
    X extends readonly AnyTensor[],
    Z extends Outputs,
    B extends FunctionOf<[Z], Gradients>,
  >(
    functions: { forward: (...inputs: X) => Z; backward: B },
    inputs: readonly [...X],
    options?: GradcheckOptions<NoInfer<Z>>,
  ): R;
  /** Checks an object whose `backward` takes all inputs and `dout`.
   *
   * @typeParam X The inputs.
   * @typeParam Z What the forward function returns.
   * @typeParam B The backward function.
   * @param functions The object.
   * @param inputs The point to check at.
   * @param options How to check.
   */
  <
    X extends readonly AnyTensor[],
    Z extends Outputs,
    B extends FunctionOf<[...X, Z], Gradients>,
  >(
    functions: { forward: (...inputs: X) => Z; backward: B },
    inputs: readonly [...X],
    options?: GradcheckOptions<NoInfer<Z>>,
  ): R;
}

/** Options of {@linkcode gradcheck} and {@linkcode assertGradcheck}.
 *
 * @typeParam Z What the forward function returns.
 *
 * @example Usage
 * ```ts
 * import { assertGradcheck, type GradcheckOptions } from "@adjoint/ops/gradcheck";
 * import { sum, sumDx } from "@adjoint/ops/sum";
 * import { ones } from "@adjoint/ops/tensor";
 *
 * const options: GradcheckOptions = { fast: true, directions: 2 };
 * assertGradcheck(sum, [sumDx], [ones([100, 100])], options);
 * ```
 */
// deno-lint-ignore no-explicit-any -- of whatever is checked
export interface GradcheckOptions<Z = any> {
  /** The gradient of the loss with respect to the output, or to each of several.
   *
   * By default random numbers between 0.5 and 1.5 and of either sign: with
   * ones, a backward function that forgets or transposes `dout` would pass, and
   * the gradient of what is normalized would be 0.
   */
  dout?: Z | undefined;
  /** Whether to compare random directions (`true`) or every element (`false`).
   *
   * By default every element, within the {@linkcode GradcheckOptions.budget}.
   */
  fast?: boolean | undefined;
  /** The number of calls of the forward function for comparing elements. Each
   * element takes two; inputs that would need too many are compared along random
   * directions.
   *
   * @default {10000}
   */
  budget?: number | undefined;
  /** How many random directions to compare for such an input: 65536 at most.
   *
   * Elements whose part is far smaller than the largest get one more. One
   * direction finds almost every mistake; each further one makes it likelier that
   * an error in a single element shows.
   *
   * @default {4}
   */
  directions?: number | undefined;
  /** The seed of all random numbers, an integer.
   *
   * The same seed gives the same numbers, so a failure can be repeated.
   *
   * @default {0}
   */
  seed?: number | undefined;
  /** The relative tolerance.
   *
   * @default {1e-6}
   */
  rtol?: number | undefined;
  /** The absolute tolerance, in the units of the gradient.
   *
   * What the forward function cannot resolve is always allowed in addition.
   *
   * @default {0}
   */
  atol?: number | undefined;
  /** What to call the inputs in the report.
   *
   * By default the names under which gradients are returned, or the backward
   * function's name after its last `D`: `x` for `matmulDx`. Otherwise `input 0`
   * and so on.
   */
  names?: readonly string[] | undefined;
}

/** One element of a gradient, computed in two ways.
 *
 * @example Usage
 * ```ts
 * import { type GradcheckElement, gradcheck } from "@adjoint/ops/gradcheck";
 * import { scalar, type Tensor } from "@adjoint/ops/tensor";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const identity = (x: Tensor<[]>) => x;
 * const twice = (_x: Tensor<[]>, { data }: Tensor<[]>) => scalar(2 * data[0]!);
 *
 * const report = gradcheck(identity, [twice], [scalar(3)], { dout: scalar(1) });
 * const worst: GradcheckElement = report.inputs[0]!.worst!;
 * assertEquals(worst.index, []);
 * assertEquals(worst.analytic, 2);
 * assertAlmostEquals(worst.numeric, 1);
 * ```
 */
export interface GradcheckElement {
  /** The index of the element, counted from 0, one number for each axis. */
  index: number[];
  /** What the backward function computes. */
  analytic: number;
  /** What the differences of the forward function say. */
  numeric: number;
  /** `analytic / numeric`. */
  ratio: number;
}

/** How many elements were not compared because the function has no slope there.
 *
 * @example Usage
 * ```ts
 * import { gradcheck, type GradcheckSkipped } from "@adjoint/ops/gradcheck";
 * import { type Tensor, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const abs = ({ shape, data }: Tensor) => ({ shape, data: data.map(Math.abs) });
 * const absDx = ({ shape, data }: Tensor, dout: Tensor) => ({
 *   shape,
 *   data: data.map((v, i) => Math.sign(v) * dout.data[i]!),
 * });
 *
 * const { ok, inputs } = gradcheck(abs, [absDx], [tensor([-1, 0, 2])]);
 * const skipped: GradcheckSkipped = inputs[0]!.skipped;
 * assertEquals(ok, true);
 * assertEquals(skipped, { kinks: 1, jumps: 0, edges: 0 });
 * ```
 */
export interface GradcheckSkipped {
  /** The number of elements at which the slopes on the two sides differ. */
  kinks: number;
  /** The number of elements at which the outputs on the two sides differ. */
  jumps: number;
  /** The number of elements at which the function is not finite on a side: a
   * pole, or the end of its domain. */
  edges: number;
}

/** What {@linkcode gradcheck} found for one input.
 *
 * @example Usage
 * ```ts
 * import { gradcheck, type GradcheckInput } from "@adjoint/ops/gradcheck";
 * import { sum, sumDx } from "@adjoint/ops/sum";
 * import { ones } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x: GradcheckInput = gradcheck(sum, [sumDx], [ones([2, 3])]).inputs[0]!;
 * assertEquals([x.name, x.verdict, x.elements, x.wrong], ["x", "right", 6, 0]);
 * ```
 */
export interface GradcheckInput {
  /** What the input is called. */
  name: string;
  /** The shape of the input. */
  shape: Shape;
  /** The number of its elements. */
  elements: number;
  /** Whether its gradient is right; an input without a gradient counts as right.
   */
  verdict: Verdict;
  /** Why the check cannot tell, or tells little, and what to do. */
  reason?: string;
  /**
   * What was compared: every element, random directions, or nothing, because
   * there is no gradient or a problem made it impossible. If the directions of a
   * small input disagree, its elements are compared instead.
   */
  checked: "elements" | "directions" | "nothing";
  /** How many elements or directions were compared. */
  compared: number;
  /** How many of them disagree. */
  wrong: number;
  /** The elements that were not compared, by reason. */
  skipped: GradcheckSkipped;
  /**
   * The distance of the analytic from the numeric gradient, relative to the
   * numeric one, as Euclidean norms over everything compared. For directions
   * these are the inner products with them. Right elements that cannot be told
   * from 0 count as having no error.
   */
  relativeError: number;
  /**
   * The part of the gradient that the forward function does not resolve, if that
   * is more than the tolerance: a smaller mistake stays unseen.
   */
  resolution: number;
  /** The largest absolute difference. */
  maxError: number;
  /** The worst element, if one is wrong. */
  worst?: GradcheckElement;
  /**
   * What is likely wrong with the gradient, the most specific first. With each of
   * these undone, the gradient agrees.
   */
  causes: string[];
  /** Where or how it is wrong, if no cause is known. */
  pattern?: string;
  /** The gradient that was checked, in float64. */
  analytic?: F64;
  /** The numeric gradient, if every element was compared. */
  numeric?: F64;
}

/** What {@linkcode gradcheck} found.
 *
 * @example Usage
 * ```ts
 * import { gradcheck, type GradcheckReport } from "@adjoint/ops/gradcheck";
 * import { sum, sumDx } from "@adjoint/ops/sum";
 * import { ones } from "@adjoint/ops/tensor";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const report: GradcheckReport = gradcheck(sum, [sumDx], [ones([2, 3])]);
 * assert(report.ok);
 * assertEquals(report.problems, []);
 * ```
 */
export interface GradcheckReport {
  /** Whether the verdict is that all gradients are right. */
  ok: boolean;
  /** Whether all gradients are right, one is wrong, or neither can be told. */
  verdict: Verdict;
  /** One entry for each input, in order. */
  inputs: GradcheckInput[];
  /** The problems other than wrong numbers, one sentence each. */
  problems: string[];
  /** How often the forward function was called. */
  calls: number;
  /** The whole report as text, several lines. */
  message: string;
  /** The first error that a function under test threw, if any. */
  cause?: unknown;
}
