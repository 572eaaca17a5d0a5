// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The types that every operation shares: tensors, shapes, element types, and
 * the options that all operations have.
 *
 * @module
 */

// Typed arrays are generic only since TypeScript 5.7. These names mean the same
// before it and after.

/** A `Float32Array` over an `ArrayBuffer`.
 *
 * @example Usage
 * ```ts
 * import type { F32 } from "@adjoint/ops/tensor";
 *
 * const data: F32 = new Float32Array(6);
 * ```
 */
export type F32 = ReturnType<typeof Float32Array.of>;

/** A `Float64Array` over an `ArrayBuffer`.
 *
 * @example Usage
 * ```ts
 * import type { F64 } from "@adjoint/ops/tensor";
 *
 * const data: F64 = new Float64Array(6);
 * ```
 */
export type F64 = ReturnType<typeof Float64Array.of>;

/** The element types that have gradients.
 *
 * @example Usage
 * ```ts
 * import type { Float, Tensor } from "@adjoint/ops/tensor";
 *
 * const size = <D extends Float>(x: Tensor<[number], D>): number => x.shape[0];
 * ```
 */
export type Float = F32 | F64;

/** The typed array of each element type, by its name.
 *
 * @example Usage
 * ```ts
 * import type { Arrays } from "@adjoint/ops/tensor";
 *
 * const labels: Arrays["int32"] = new Int32Array([0, 2]);
 * ```
 */
export interface Arrays {
  /** 32-bit floating point, the default. */
  float32: F32;
  /** 64-bit floating point. */
  float64: F64;
  /** 8-bit integers with a sign. */
  int8: ReturnType<typeof Int8Array.of>;
  /** 16-bit integers with a sign. */
  int16: ReturnType<typeof Int16Array.of>;
  /** 32-bit integers with a sign. */
  int32: ReturnType<typeof Int32Array.of>;
  /** 8-bit integers without a sign; masks. */
  uint8: ReturnType<typeof Uint8Array.of>;
  /** 16-bit integers without a sign. */
  uint16: ReturnType<typeof Uint16Array.of>;
  /** 32-bit integers without a sign. */
  uint32: ReturnType<typeof Uint32Array.of>;
}

/** The name of an element type, as NumPy and PyTorch call it.
 *
 * @example Usage
 * ```ts
 * import { type DType, zeros } from "@adjoint/ops/tensor";
 *
 * const dtype: DType = "float64";
 * const x = zeros([2, 3], { dtype });
 * ```
 */
export type DType = keyof Arrays;

/** The element types of labels, indices and masks, which have no gradient.
 *
 * @example Usage
 * ```ts
 * import type { Integers, Tensor } from "@adjoint/ops/tensor";
 *
 * const first = (labels: Tensor<[number], Integers>) => labels.data[0];
 * ```
 */
export type Integers = Arrays[Exclude<DType, "float32" | "float64">];

/** The dimensions of a tensor, non-negative integers, outermost first.
 *
 * @example Usage
 * ```ts
 * import type { Shape } from "@adjoint/ops/tensor";
 *
 * const image: Shape = [224, 224, 3];
 * ```
 */
export type Shape = readonly number[];

/** A shape, and the elements in row-major order.
 *
 * @typeParam S The shape, as a tuple type.
 * @typeParam D The typed array that holds the elements, `Float32Array` where
 * nothing else is said.
 *
 * @example A tensor is a plain value
 * ```ts
 * import type { Tensor } from "@adjoint/ops/tensor";
 *
 * const x: Tensor<[2, 3]> = { shape: [2, 3], data: new Float32Array(6) };
 * ```
 */
export interface Tensor<
  S extends Shape = Shape,
  D extends Arrays[DType] = F32,
> {
  /** The dimensions, outermost first; `[]` is a scalar. */
  readonly shape: Readonly<S>;
  /** The elements in row-major order, as many as the product of the shape. */
  readonly data: D;
}

/** A dimension `K` that must agree with the dimension `N` of another tensor.
 *
 * Equal literals agree, and `number` agrees with every dimension: it is checked
 * when the code runs.
 *
 * @typeParam K The dimension found.
 * @typeParam N The dimension it must agree with.
 *
 * @example Usage
 * ```ts
 * import type { SameDim } from "@adjoint/ops/tensor";
 *
 * const unknown: SameDim<number, 6> = 6 as number;
 * // @ts-expect-error 7 rows where 6 are needed.
 * const wrong: SameDim<7, 6> = 7;
 * ```
 */
export type SameDim<K extends number, N extends number> = number extends K ? K
  : NoInfer<N>;

/** A shape `T` that must agree with the shape `S`, dimension by dimension.
 *
 * @typeParam T The shape found.
 * @typeParam S The shape it must agree with.
 *
 * @example Usage
 * ```ts
 * import type { SameShape } from "@adjoint/ops/tensor";
 *
 * const found = [4, 8] as const;
 * const same: SameShape<readonly [4, number], [4, 8]> = found;
 * // @ts-expect-error 8 columns where 9 are needed.
 * const wrong: SameShape<[4, 8], [4, 9]> = found;
 * ```
 */
export type SameShape<T extends Shape, S extends Shape> = T extends {
  readonly [I in keyof S]: I extends keyof T ? number extends T[I] ? T[I] : S[I]
    : S[I];
} ? T
  : NoInfer<S>;

/** The shape that two shapes broadcast to, by NumPy's rule: aligned at their last
 * axes, dimensions are equal, or one of them is 1 or not there.
 *
 * It is `never` where literal dimensions do not fit, and known by its rank, or not
 * at all, where the shapes are.
 *
 * @typeParam A A shape.
 * @typeParam B Another one.
 * @typeParam Result What has been found from the end; not to be given.
 *
 * @example Usage
 * ```ts
 * import type { Broadcast } from "@adjoint/ops/tensor";
 *
 * const shape: Broadcast<[2, 1, 3], [4, 1]> = [2, 4, 3];
 * ```
 */
export type Broadcast<
  A extends Shape,
  B extends Shape,
  Result extends number[] = [],
> = number extends A["length"] ? Shape
  : number extends B["length"] ? Shape
  : A extends readonly [...infer C extends number[], infer M extends number]
    ? B extends readonly [...infer D extends number[], infer N extends number]
      ? [BroadcastDim<M, N>] extends [never] ? never
      : Broadcast<C, D, [BroadcastDim<M, N>, ...Result]>
    : [...A, ...Result]
  : [...B, ...Result];

/** The dimension that two dimensions broadcast to; `never` if they do not fit.
 *
 * @typeParam M A dimension.
 * @typeParam N Another one.
 *
 * @example Usage
 * ```ts
 * import type { BroadcastDim } from "@adjoint/ops/tensor";
 *
 * const repeated: BroadcastDim<1, 5> = 5;
 * const known: BroadcastDim<number, 5> = 5; // The number is 1 or 5.
 * ```
 */
export type BroadcastDim<M extends number, N extends number> = M extends 1 ? N
  : N extends 1 ? M
  : number extends M ? N
  : number extends N ? M
  : M extends N ? M
  : never;

/** A shape `T` that must broadcast with the shape `S`.
 *
 * @typeParam T The shape found.
 * @typeParam S The shape it must broadcast with.
 *
 * @example Usage
 * ```ts
 * import type { Broadcastable } from "@adjoint/ops/tensor";
 *
 * const row: Broadcastable<[3], [2, 3]> = [3];
 * // @ts-expect-error 2 columns where 3 are needed, or 1.
 * const wrong: Broadcastable<[2], [2, 3]> = [2];
 * ```
 */
export type Broadcastable<T extends Shape, S extends Shape> =
  [Broadcast<S, T>] extends [never] ? NoInfer<S> : T;

/** The option of every operation: where to write its result.
 *
 * @typeParam S The shape of the result.
 * @typeParam D Its element type.
 *
 * @example Usage
 * ```ts
 * import { matmul } from "@adjoint/ops/matmul";
 * import { ones, zeros } from "@adjoint/ops/tensor";
 *
 * const z = zeros([2, 2]);
 * matmul(ones([2, 3]), ones([3, 2]), { out: z });
 * ```
 */
export interface Options<
  S extends Shape = Shape,
  D extends Arrays[DType] = Float,
> {
  /**
   * A tensor to write the result to, and to return: of the result's shape and
   * element type, sharing no memory with an input. Without it, the result is a
   * new tensor. Use it in loops over large tensors, where to allocate and clear
   * memory takes longer than the arithmetic.
   */
  out?: Tensor<S, D> | undefined;
}

/** The options of every function that computes all gradients.
 *
 * @typeParam G The gradients, by the names of the inputs.
 * @typeParam W The names of those that are asked for.
 *
 * @example Usage
 * ```ts
 * import { matmulD } from "@adjoint/ops/matmul";
 * import { ones } from "@adjoint/ops/tensor";
 *
 * const [x, y, dout] = [ones([2, 3]), ones([3, 2]), ones([2, 2])];
 * const { x: dx } = matmulD(x, y, dout, { wrt: ["x"] }); // Only ∂E/∂X.
 * ```
 */
export interface GradientOptions<G, W extends keyof G = keyof G> {
  /** The names of the inputs whose gradients are computed; all of them by default. */
  wrt?: readonly W[] | undefined;
  /** Tensors to write gradients to, by the names of the inputs; new ones by default. */
  out?: { readonly [K in keyof G]?: NoInfer<G[K]> | undefined } | undefined;
}

/** What is left of a shape when it is reduced over some axes.
 *
 * Literal axes are followed exactly, negative ones included. Otherwise the
 * result is known by its rank, or not at all.
 *
 * @typeParam S The shape.
 * @typeParam A The axes; `undefined` means all of them.
 * @typeParam Keep Whether the axes are kept, with the size 1.
 * @typeParam Done The axes that have been looked at; not to be given.
 * @typeParam Result What is left of them; not to be given.
 *
 * @example Usage
 * ```ts
 * import type { Reduced } from "@adjoint/ops/tensor";
 *
 * const rows: Reduced<[2, 3, 4], [-1], false> = [2, 3];
 * const kept: Reduced<[2, 3, 4], [0, 2], true> = [1, 3, 1];
 * ```
 */
export type Reduced<
  S extends Shape,
  A extends Shape | undefined,
  Keep extends boolean,
  Done extends number[] = [],
  Result extends number[] = [],
> = boolean extends Keep ? Shape
  : A extends Shape ? number extends S["length"] ? Shape
    : number extends A["length"] | A[number]
      ? Keep extends true ? { [I in keyof S]: number } : Shape
    : S extends
      readonly [infer N extends number, ...infer Rest extends number[]]
      ? true extends
        | (Done["length"] extends A[number] ? true : false)
        | (`-${S["length"]}` extends `${A[number]}` ? true : false) ? Reduced<
          Rest,
          A,
          Keep,
          [...Done, 0],
          Keep extends true ? [...Result, 1] : Result
        >
      : Reduced<Rest, A, Keep, [...Done, 0], [...Result, N]>
    : Result
  : Keep extends true ? { [I in keyof S]: 1 }
  : [];

/** The option of operations along an axis.
 *
 * @example Usage
 * ```ts
 * import type { AxisOptions } from "@adjoint/ops/tensor";
 *
 * const options: AxisOptions = { axis: -1 };
 * ```
 */
export interface AxisOptions {
  /** The axis, counted from the end if negative; each operation has its default. */
  axis?: number | undefined;
}

/** The options of reductions along one axis.
 *
 * @typeParam A The axis.
 * @typeParam K Whether it is kept.
 *
 * @example Usage
 * ```ts
 * import type { ReduceAxisOptions } from "@adjoint/ops/tensor";
 *
 * const options: ReduceAxisOptions = { axis: -1, keepDims: true };
 * ```
 */
export interface ReduceAxisOptions<
  A extends number = number,
  K extends boolean = boolean,
> {
  /** The axis, counted from the end if negative; the last one by default. */
  axis?: A | undefined;
  /** Whether the axis is kept, with size 1; false by default. */
  keepDims?: K | undefined;
}

/** The options of reductions over several axes.
 *
 * @typeParam A The axes.
 * @typeParam K Whether they are kept.
 *
 * @example Usage
 * ```ts
 * import type { ReduceOptions } from "@adjoint/ops/tensor";
 *
 * const options: ReduceOptions = { axes: [0, -1], keepDims: true };
 * ```
 */
export interface ReduceOptions<
  A extends Shape | undefined = Shape | undefined,
  K extends boolean = boolean,
> {
  /** The axes, counted from the end if negative; all of them by default. */
  axes?: A | undefined;
  /** Whether the axes are kept, with size 1; false by default. */
  keepDims?: K | undefined;
}
