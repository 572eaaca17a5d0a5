// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Tensors
 *
 * A tensor is a plain value: a shape, and its numbers in row-major order.
 *
 * There is no class, no ownership and nothing to dispose of. A `Float32Array` or
 * `Float64Array` becomes a tensor without copying: `{ shape: [2, 3], data }`.
 *
 * Element `(i, j, k)` of a tensor of shape `n×m×p` is
 * `data[(i * m + j) * p + k]`: the last index varies fastest. A scalar has the
 * shape `[]` and one element; a tensor with a dimension of 0 has none.
 *
 * **Shapes live in the types.** The constructors infer literal dimensions, the
 * operations propagate them, and dimensions that do not match are a compile
 * error. A dimension known only as `number` matches any other, and is checked
 * when the code runs. The rank must be part of the type: {@linkcode reshape}
 * gives a tensor of unknown rank a known one.
 *
 * **Whether a value is a tensor is decided structurally**, when a function is
 * called. Every property is read once, so getters and proxies of tensors are
 * fine, and what they throw is the `cause` of a `TypeError`. Typed arrays are
 * recognized by their memory: those of another realm (an iframe, `node:vm`), of a
 * subclass, or with extra properties are accepted; those whose memory has been
 * transferred away, or has shrunk, are rejected. A shape has at most 64
 * dimensions; -0 counts as 0, which it equals.
 *
 * @example Shapes are inferred and checked
 * ```ts
 * import { tensor } from "@adjoint/ops/tensor";
 * import { matmul } from "@adjoint/ops/matmul";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]); // Tensor<[2, 3]>
 * const y = tensor([1, 0, 0, 1, 1, 1], [3, 2]); // Tensor<[3, 2]>
 * const z = matmul(x, y); // Tensor<[2, 2]>
 *
 * assertEquals(z, { shape: [2, 2], data: new Float32Array([4, 5, 10, 11]) });
 *
 * // @ts-expect-error The columns of x (3) are not the rows of x (2).
 * const wrong = () => matmul(x, x);
 * ```
 *
 * @module
 */

import type { Arrays, DType, F32, Shape, Tensor } from "./core/types.ts";
import { fill, lengthOf } from "./core/arrays.ts";
import {
  checkData,
  checkMemory,
  checkNoOptions,
  checkShape,
  DTYPE_NAMES,
  dtypeOf,
  isFloat,
  isOptions,
  lengthOfArray,
  MAX_RANK,
  read,
  show,
  showShape,
  sizeOf,
  strangerIn,
} from "./core/checks.ts";
import { allocateResult, allocateZeros } from "./core/results.ts";
import { withShape } from "./core/views.ts";

export type {
  Arrays,
  AxisOptions,
  Broadcast,
  Broadcastable,
  BroadcastDim,
  DType,
  F32,
  F64,
  Float,
  GradientOptions,
  Integers,
  Options,
  ReduceAxisOptions,
  Reduced,
  ReduceOptions,
  SameDim,
  SameShape,
  Shape,
  Tensor,
} from "./core/types.ts";

/** The most empty arrays in nested ones: as many elements as an array has. */
const MAX_EMPTY = 2 ** 27;

/** Numbers, nested as deep as the tensor has dimensions.
 *
 * @example Usage
 * ```ts
 * import type { Nested } from "@adjoint/ops/tensor";
 *
 * const matrix: Nested = [[1, 2, 3], [4, 5, 6]];
 * ```
 */
export type Nested = number | readonly Nested[];

/** The shape of nested arrays; a typed array is a vector.
 *
 * @typeParam T The type of the nested arrays.
 *
 * @example Usage
 * ```ts
 * import type { ShapeOf } from "@adjoint/ops/tensor";
 *
 * const shape: ShapeOf<[[1, 2, 3], [4, 5, 6]]> = [2, 3];
 * ```
 */
export type ShapeOf<T> = Nested extends T ? Shape
  : T extends readonly [] ? [0]
  : T extends readonly (infer U)[] ? [T["length"], ...ShapeOf<U>]
  : T extends ArrayBufferView ? [number]
  : [];

/** The typed array that a constructor makes for an element type.
 *
 * @typeParam T The name of the element type; `undefined` means float32.
 *
 * @example Usage
 * ```ts
 * import type { DataOf } from "@adjoint/ops/tensor";
 *
 * const data: DataOf<"float64"> = new Float64Array(6);
 * ```
 */
export type DataOf<T extends DType | undefined> = T extends DType ? Arrays[T]
  : F32;

/** The options of the constructors.
 *
 * @typeParam T The name of the element type.
 *
 * @example Usage
 * ```ts
 * import { type TensorOptions, zeros } from "@adjoint/ops/tensor";
 *
 * const options: TensorOptions<"float64"> = { dtype: "float64" };
 * const x = zeros([2, 3], options);
 * ```
 */
export interface TensorOptions<
  T extends DType | undefined = DType | undefined,
> {
  /** The element type.
   *
   * @default {"float32"}
   */
  dtype?: T | undefined;
}

/** Makes a tensor from nested arrays, whose nesting is its shape.
 *
 * A typed array is a vector, and its elements are not copied.
 *
 * @typeParam V The type of the nested arrays, which holds the shape.
 * @typeParam T The name of the element type.
 * @param values A number, or arrays nested as deep as the tensor has
 * dimensions, all of one length at each depth.
 * @param options The element type, float32 by default.
 * @returns A tensor with these values.
 * @throws {TypeError} If the arrays are ragged, or an element is not a number.
 * @throws {RangeError} If there is no memory for the elements, if an element is
 * not an integer of the requested element type, or if there are more than
 * 134217728 empty arrays.
 *
 * @example From nested arrays
 * ```ts
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]], { dtype: "float64" });
 *
 * assertEquals(x.shape, [2, 3]);
 * assertEquals(x.data, new Float64Array([1, 2, 3, 4, 5, 6]));
 * ```
 */
export function tensor<
  const V extends Nested | Arrays[DType],
  T extends DType | undefined = undefined,
>(
  values: V,
  options?: TensorOptions<T>,
): Tensor<ShapeOf<V>, V extends Arrays[DType] ? V : DataOf<T>>;
/** Makes a tensor of the given shape from a flat list of its elements.
 *
 * A typed array becomes the data of the tensor without a copy, and determines the
 * element type. An array of numbers is copied.
 *
 * @typeParam S The shape.
 * @typeParam V The type of the elements.
 * @typeParam T The name of the element type.
 * @param values The elements in row-major order.
 * @param shape The dimensions, whose product is the number of elements.
 * @param options The element type, float32 unless it or a typed array says
 * otherwise.
 * @returns A tensor with these elements.
 * @throws {TypeError} If the number of elements is not the product of the shape,
 * if an element is not a number, or if a typed array is of another element type
 * than the options request, or holds no numbers.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if an
 * element is not an integer of the requested element type.
 *
 * @example From a flat list and a shape
 * ```ts
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals, assertStrictEquals } from "@std/assert";
 *
 * const data = new Float64Array([1, 2, 3, 4, 5, 6]);
 * const x = tensor(data, [2, 3]);
 *
 * assertStrictEquals(x.data, data);
 * assertEquals(x, tensor([1, 2, 3, 4, 5, 6], [2, 3], { dtype: "float64" }));
 * ```
 */
export function tensor<
  const S extends Shape,
  V extends readonly number[] | Arrays[DType],
  T extends DType | undefined = undefined,
>(
  values: V,
  shape: S,
  options?: TensorOptions<T>,
): Tensor<S, V extends Arrays[DType] ? V : DataOf<T>>;
export function tensor(
  values: Nested | Arrays[DType],
  shapeOrOptions?: Shape | TensorOptions,
  options?: TensorOptions,
): Tensor<Shape, Arrays[DType]> {
  const act = "create a tensor";
  let shape: Shape | undefined;
  if (shapeOrOptions !== undefined) {
    if (isOptions(act, "shape", shapeOrOptions)) options = shapeOrOptions;
    else shape = checkShape(act, "shape", shapeOrOptions);
  }
  const asked = checkDType(act, options);

  if (ArrayBuffer.isView(values)) {
    const dtype = checkData(act, "values", values);
    const length = lengthOf(values);
    shape ??= [length];
    checkLength(act, shape, length);
    if (length === 0) checkMemory(act, "values", values);
    if (asked !== undefined && asked !== dtype) {
      throw new TypeError(
        `Cannot ${act} as values must have the element type asked for: values is ${dtype}, dtype is ${asked}`,
      );
    }
    return { shape, data: values };
  }

  const dtype = asked ?? "float32";
  if (shape === undefined) {
    const { dims, firsts } = nesting(act, values);
    const data = allocateResult(act, dtype, sizeOf(act, "values", dims));
    copyNested(act, data, 0, values, dims, 0, firsts);
    return { shape: dims, data };
  }
  const length = lengthOfArray(act, "values", values);
  if (length === undefined) {
    throw new TypeError(
      `Cannot ${act} as values must be an array where a shape is given: it is ${
        show(values)
      }`,
    );
  }
  checkLength(act, shape, length);
  const data = allocateResult(act, dtype, length);
  for (let i = 0; i < length; i++) {
    const value = read(act, "values", values as unknown[], i);
    put(act, data, i, checkNumber(act, i, value));
  }
  return { shape, data };
}

function checkLength(act: string, shape: Shape, length: number): void {
  if (length !== sizeOf(act, "shape", shape)) {
    throw new TypeError(
      `Cannot ${act} as values must have as many elements as the shape: shape is ${
        showShape(shape)
      }, values has ${length}`,
    );
  }
}

/** Makes a tensor with no dimensions, which holds one number.
 *
 * @typeParam T The name of the element type.
 * @param value The number.
 * @param options The element type, float32 by default.
 * @returns A tensor of shape `[]`.
 * @throws {TypeError} If the value is not a number.
 * @throws {RangeError} If the value is not an integer of the requested element
 * type.
 *
 * @example Usage
 * ```ts
 * import { scalar } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(scalar(2), { shape: [], data: new Float32Array([2]) });
 * ```
 */
export function scalar<T extends DType | undefined = undefined>(
  value: number,
  options?: TensorOptions<T>,
): Tensor<[], DataOf<T>> {
  const act = "create a scalar";
  const dtype = checkDType(act, options) ?? "float32";
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot ${act} as value must be a number: it is ${show(value)}`,
    );
  }
  const data = allocateResult(act, dtype, 1);
  put(act, data, 0, value);
  return { shape: [], data: data as DataOf<T> };
}

/** Makes a tensor of zeros.
 *
 * @typeParam S The shape.
 * @typeParam T The name of the element type.
 * @param shape The dimensions, non-negative integers.
 * @param options The element type, float32 by default.
 * @returns A tensor of this shape whose elements are all 0.
 * @throws {TypeError} If the shape is not an array.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if
 * there is no memory for so many elements.
 *
 * @example Usage
 * ```ts
 * import { zeros } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(zeros([2]), { shape: [2], data: new Float32Array([0, 0]) });
 * ```
 */
export function zeros<
  const S extends Shape,
  T extends DType | undefined = undefined,
>(
  shape: S,
  options?: TensorOptions<T>,
): Tensor<S, DataOf<T>> {
  return filled("zeros", shape, options, 0);
}

/** Makes a tensor of ones.
 *
 * @typeParam S The shape.
 * @typeParam T The name of the element type.
 * @param shape The dimensions, non-negative integers.
 * @param options The element type, float32 by default.
 * @returns A tensor of this shape whose elements are all 1.
 * @throws {TypeError} If the shape is not an array.
 * @throws {RangeError} If a dimension is not a non-negative integer, or if
 * there is no memory for so many elements.
 *
 * @example Usage
 * ```ts
 * import { ones } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ones([2]), { shape: [2], data: new Float32Array([1, 1]) });
 * ```
 */
export function ones<
  const S extends Shape,
  T extends DType | undefined = undefined,
>(
  shape: S,
  options?: TensorOptions<T>,
): Tensor<S, DataOf<T>> {
  return filled("ones", shape, options, 1);
}

/** The shape with a number where it is open, which −1 says.
 *
 * @typeParam S The shape.
 *
 * @example Usage
 * ```ts
 * import type { Reshaped } from "@adjoint/ops/tensor";
 *
 * const shape: Reshaped<[2, -1]> = [2, 3];
 * ```
 */
export type Reshaped<S extends Shape> = {
  [I in keyof S]: S[I] extends -1 ? number : S[I];
};

/** Gives the elements of a tensor another shape, without copying them.
 *
 * The result has the same `data` object as `x`: writing to one writes to both. It
 * is the only function here whose result shares memory with its input. One
 * dimension may be −1: it is computed from the others.
 *
 * @typeParam S The new shape.
 * @typeParam D The element type.
 * @param x The tensor, of any shape.
 * @param shape The new dimensions, with the same product.
 * @returns A tensor of the new shape over the same elements in the same order.
 * @throws {TypeError} If `x` is not a tensor, if the product of the new
 * dimensions is not the number of its elements, or if there are options.
 * @throws {RangeError} If a dimension is not a non-negative integer, except for
 * one that is −1.
 *
 * @example Usage
 * ```ts
 * import { reshape, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals, assertStrictEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * const y = reshape(x, [3, -1]);
 *
 * assertEquals(y, tensor([[1, 2], [3, 4], [5, 6]]));
 * assertStrictEquals(y.data, x.data);
 * ```
 */
export function reshape<const S extends Shape, D extends Arrays[DType]>(
  x: Tensor<Shape, D>,
  shape: S,
): Tensor<Reshaped<S>, D> {
  const act = "reshape x";
  checkNoOptions(act, arguments[2]);
  return withShape(act, x, shape) as Tensor<Reshaped<S>, D>;
}

/**
 * The lengths of nested arrays, by the first one at each depth; and what was
 * found first in each of these, as nothing is read twice.
 */
function nesting(
  act: string,
  values: unknown,
): { dims: number[]; firsts: unknown[] } {
  let dims: number[] = [];
  let firsts: unknown[] = [];
  let first = values;
  for (;;) {
    const length = lengthOfArray(act, "values", first);
    if (length === undefined) {
      // Before memory is asked for: of a long list of holes, say.
      if (!dims.includes(0)) checkNumber(act, 0, first);
      else checkEmpty(act, dims);
      return { dims, firsts };
    }
    if (dims.length === MAX_RANK) { // One that holds itself is endless.
      throw new TypeError(
        `Cannot ${act} as arrays must be nested at most ${MAX_RANK} deep: values is deeper`,
      );
    }
    first = length > 0 ? read(act, "values", first as unknown[], 0) : undefined;
    dims = [...dims, length];
    firsts = [...firsts, first];
  }
}

/**
 * Empty arrays take no memory that would bound their number, and one may occur in
 * any number of places, all of which have to be visited.
 */
function checkEmpty(act: string, dims: readonly number[]): void {
  let count = 1;
  for (let axis = 0; axis < dims.length - 1; axis++) count *= dims[axis];
  if (count > MAX_EMPTY) {
    throw new RangeError(
      `Cannot ${act} as there must be at most ${MAX_EMPTY} empty arrays: values is ${
        showShape(dims)
      }, which has ${count}`,
    );
  }
}

/**
 * Writes nested numbers in row-major order; the result is where they end. For
 * the first array at each depth, `firsts` has what it holds first.
 */
function copyNested(
  act: string,
  data: Arrays[DType],
  at: number,
  values: unknown,
  shape: Shape,
  depth: number,
  firsts?: readonly unknown[],
): number {
  if (depth === shape.length) {
    put(act, data, at, checkNumber(act, at, values));
    return at + 1;
  }
  const length = firsts !== undefined
    ? shape[depth]
    : lengthOfArray(act, "values", values);
  if (length !== shape[depth]) {
    throw new TypeError(
      `Cannot ${act} as nested arrays must not be ragged: at depth ${depth} one is an array of ${
        shape[depth]
      }, another is ${
        length === undefined ? show(values) : `an array of ${length}`
      }`,
    );
  }
  for (let i = 0; i < length; i++) {
    const isFirst = i === 0 && firsts !== undefined;
    const value = isFirst
      ? firsts[depth]
      : read(act, "values", values as unknown[], i);
    const ofFirst = isFirst ? firsts : undefined;
    at = copyNested(act, data, at, value, shape, depth + 1, ofFirst);
  }
  return at;
}

function checkNumber(act: string, at: number, value: unknown): number {
  if (typeof value === "number") return value;
  throw new TypeError(
    `Cannot ${act} as every element must be a number: element ${at} is ${
      show(value)
    }`,
  );
}

/** Writes a number; an integer array would wrap or cut what does not fit. */
function put(
  act: string,
  data: Arrays[DType],
  at: number,
  value: number,
): void {
  data[at] = value;
  if (data[at] === value || isFloat(dtypeOf({ data }))) return;
  const dtype = dtypeOf({ data });
  throw new RangeError(
    `Cannot ${act} as every element must be an integer of ${dtype}: element ${at} is ${value}`,
  );
}

function filled<S extends Shape, T extends DType | undefined>(
  op: string,
  shape: S,
  options: TensorOptions<T> | undefined,
  value: number,
): Tensor<S, DataOf<T>> {
  const act = `create ${op}`;
  const dtype = checkDType(act, options) ?? "float32";
  const dims = checkShape(act, "shape", shape);
  const data = allocateZeros(act, dtype, sizeOf(act, "shape", dims));
  if (value !== 0) fill(data, value);
  return { shape: dims as Shape as S, data: data as DataOf<T> };
}

/** The element type that is asked for, if any is. */
function checkDType(
  act: string,
  options: TensorOptions | undefined,
): DType | undefined {
  if (!isOptions(act, "options", options)) {
    throw badOptions(act, `it is ${show(options)}`);
  }
  if (options === undefined) return undefined;
  const found = strangerIn(act, "options", options, ["dtype"]);
  if (found !== undefined) throw badOptions(act, found);
  const dtype: unknown = read(act, "options", options, "dtype") ?? undefined;
  if (dtype === undefined || DTYPE_NAMES.includes(dtype as DType)) {
    return dtype as DType | undefined;
  }
  throw new TypeError(
    `Cannot ${act} as dtype must be one of ${DTYPE_NAMES.join(", ")}: it is ${
      show(dtype)
    }`,
  );
}

function badOptions(act: string, found: string): TypeError {
  return new TypeError(
    `Cannot ${act} as options must be an object such as { dtype: "float64" }: ${found}`,
  );
}
