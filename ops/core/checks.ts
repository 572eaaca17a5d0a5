// Copyright 2026 the Adjoint authors. MIT license.

// The checks that every operation makes before any work, and the grammar of
// their messages: `Cannot <act> as <what must hold>: <what was found>`.

import {
  hasLength,
  hasMemory,
  kindOf,
  lengthOf,
  sharedBytes,
} from "./arrays.ts";
import { type Matrix, matrix } from "../kernels/matrix.ts";
import type { DType, Shape, Tensor } from "../tensor.ts";

// An argument may be anything that JavaScript can make: a getter or a proxy may
// throw, or answer otherwise when it is asked again. So every property is read
// once, by a check, and the work is done with what the check returns.

/** The most dimensions of a tensor, as in NumPy and PyTorch. */
export const MAX_RANK = 64;

/** Longer texts are cut in messages. */
const MAX_SHOWN = 40;

/** Of shapes of more dimensions, messages write the first and the last few. */
const MAX_SHOWN_RANK = 8;

/** A shape as the messages write it: `4×6×3`, `[5]` for a vector, `[]`. */
export function showShape(shape: Shape): string {
  const rank = shape.length;
  if (rank <= MAX_SHOWN_RANK) {
    return rank > 1 ? shape.join("×") : `[${shape.join()}]`;
  }
  const [first, last] = [shape.slice(0, 3), shape.slice(-3)];
  return `${first.join("×")}×…×${last.join("×")} of ${rank} dimensions`;
}

/** Whether two shapes are the same. */
export function isSameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < b.length; axis++) {
    if (a[axis] !== b[axis]) return false;
  }
  return true;
}

/** A value that should have been something else, in a few words. */
export function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.slice(0, MAX_SHOWN));
    case "object": {
      if (value === null) return "null";
      const kind = kindOfObject(value);
      return `${/^[AEIO]/i.test(kind) ? "an" : "a"} ${kind}`;
    }
    case "function":
      return "a function";
    case "symbol": // Its text may be longer than a string can be.
      return `Symbol(${(value.description ?? "").slice(0, MAX_SHOWN)})`;
    case "bigint": // The digits of a huge one take minutes.
      return BigInt.asIntN(64, value) === value ? `${value}n` : "a huge bigint";
    default:
      return String(value);
  }
}

/** What an object says that it is, where that is words such as `Array Iterator`. */
function kindOfObject(value: object): string {
  try {
    const kind = Object.prototype.toString.call(value).slice(8, -1)
      .slice(0, MAX_SHOWN);
    if (/^\w+([ .]\w+)*$/.test(kind)) return kind;
  } catch {
    // A revoked proxy, or a getter that throws.
  }
  return "Object";
}

// The errors are made in functions of their own: what is left is short, and the
// engine inlines it.

/** A property of a value, which may throw when it is read. */
export function read<T extends object, K extends keyof T>(
  act: string,
  what: string,
  object: T,
  key: K,
): T[K] {
  try {
    return object[key];
  } catch (cause) {
    throw unreadable(act, what, cause);
  }
}

function unreadable(act: string, what: string, cause: unknown): TypeError {
  return new TypeError(
    `Cannot ${act} as ${what} must be readable: reading it throws`,
    { cause },
  );
}

/** Whether a value can be options: an object that is no list, or nothing. */
export function isOptions<T extends object>(
  act: string,
  name: string,
  value: T | readonly unknown[] | undefined,
): value is T | undefined {
  return value === undefined ||
    typeof value === "object" && value !== null &&
      !isArray(act, name, value) && !ArrayBuffer.isView(value);
}

/**
 * What an object has that is no option, or is that has none: where no option is
 * found in it, someone meant something else.
 */
export function strangerIn(
  act: string,
  name: string,
  options: object,
  known: readonly string[],
): string | undefined {
  if (kindOfObject(options) !== "Object") return `it is ${show(options)}`;
  try {
    const key = Reflect.ownKeys(options)
      .find((key) => !known.includes(key as string));
    return key === undefined ? undefined : `it has ${show(key)}`;
  } catch (cause) {
    throw unreadable(act, name, cause);
  }
}

/** Whether a value is an array; nobody knows what a revoked proxy is. */
function isArray(
  act: string,
  what: string,
  value: unknown,
): value is unknown[] {
  try {
    return Array.isArray(value);
  } catch (cause) {
    throw unreadable(act, what, cause);
  }
}

/** The length of an array; undefined for what is none. */
export function lengthOfArray(
  act: string,
  what: string,
  value: unknown,
): number | undefined {
  if (!isArray(act, what, value)) return undefined;
  const length: unknown = read(act, what, value, "length");
  if (isLength(length)) return length;
  throw new TypeError(
    `Cannot ${act} as the length of ${what} must be an integer: it is ${
      show(length)
    }`,
  );
}

/** Whether a value is what the length of an array is; a proxy may say anything. */
function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number >= 0;
}

/**
 * Checks a list of dimensions, which messages call by its name after `of`; the
 * result is a copy. Its length is given where it has been read already.
 */
export function checkShape(
  act: string,
  name: string,
  shape: unknown,
  of = "",
  rank?: unknown,
): number[] {
  const dims = copyOfArray(act, name, shape, of, rank);
  for (let axis = 0; axis < dims.length; axis++) {
    const n = dims[axis];
    if (!isLength(n)) throw badDimension(act, of + name, axis, n);
    // -0 equals 0 wherever dimensions are compared, so it is taken for 0.
    dims[axis] = n + 0;
  }
  return dims as number[];
}

/** The elements of a short array, each read once. */
function copyOfArray(
  act: string,
  name: string,
  value: unknown,
  of: string,
  length: unknown,
): unknown[] {
  try {
    if (Array.isArray(value)) {
      if (length === undefined) length = value.length;
      // A literal asks nothing of a polluted prototype, be it spread.
      if (length === 2) return [value[0], value[1]];
      if (length === 3) return [value[0], value[1], value[2]];
      if (isLength(length) && length <= MAX_RANK) {
        let copy: unknown[] = [];
        for (let i = 0; i < length; i++) copy = [...copy, value[i]];
        return copy;
      }
    }
  } catch (cause) {
    throw unreadable(act, of + name, cause);
  }
  throw badShape(act, of + name, value, length);
}

function badShape(
  act: string,
  what: string,
  shape: unknown,
  rank: unknown,
): TypeError {
  return new TypeError(
    `Cannot ${act} as ${what} must ${
      rank === undefined
        ? `be an array of dimensions: it is ${show(shape)}`
        : `have at most ${MAX_RANK} dimensions: it has ${show(rank)}`
    }`,
  );
}

function badDimension(
  act: string,
  what: string,
  axis: number,
  n: unknown,
): TypeError | RangeError {
  return typeof n === "number"
    ? new RangeError(
      `Cannot ${act} as every dimension in ${what} must be ${
        Number.isInteger(n) && n > 0 ? "below 2^53" : "a non-negative integer"
      }: dimension ${axis} is ${n}`,
    )
    : new TypeError(
      `Cannot ${act} as every dimension in ${what} must be a number: dimension ${axis} is ${
        show(n)
      }`,
    );
}

/** The product of dimensions; 0 where one is, be others ever so large. */
function product(shape: Shape): number {
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 0) return 0;
    size *= shape[axis];
  }
  return size;
}

/** The number of elements that a shape has room for. */
export function sizeOf(
  act: string,
  name: string,
  shape: Shape,
  of = "",
): number {
  const size = product(shape);
  if (Number.isSafeInteger(size)) return size;
  throw tooLarge(act, of + name, shape, size);
}

function tooLarge(
  act: string,
  what: string,
  shape: Shape,
  size: number,
): RangeError {
  return new RangeError(
    `Cannot ${act} as the number of elements must be below 2^53: ${what} is ${
      showShape(shape)
    }, which is ${size.toPrecision(3)}`,
  );
}

/** Checks that an array can be the data of a tensor; says its element type. */
export function checkData(
  act: string,
  name: string,
  data: unknown,
  of = "",
): DType {
  if (!isData(data)) throw badData(act, of + name, data);
  return dtypeOf({ data });
}

function isData(data: unknown): data is Tensor["data"] {
  const kind = kindOf(data);
  return kind === "Float32Array" || kind === "Float64Array";
}

function badData(act: string, what: string, data: unknown): TypeError {
  return new TypeError(
    `Cannot ${act} as ${what} must be a Float32Array or a Float64Array: it is ${
      show(data)
    }`,
  );
}

/**
 * Checks that `x` is a tensor, and of the given rank where there is one. The
 * result is what it was when it was read: a shape of its own, and the data. The
 * length of the shape is given where it has been read already.
 */
export function checkTensor<S extends Shape>(
  act: string,
  name: string,
  x: Tensor<S>,
  rank?: number,
  length?: unknown,
): Tensor<S> {
  if (typeof x !== "object" || x === null) throw noTensor(act, name, x);
  let given: unknown;
  let data: Tensor["data"];
  try {
    given = x.shape;
    data = x.data;
  } catch (cause) {
    throw unreadable(act, name, cause);
  }
  if (given === undefined && data === undefined) throw noTensor(act, name, x);
  const shape = checkShape(act, name, given, "the shape of ", length);
  const size = sizeOf(act, name, shape, "the shape of ");
  checkData(act, name, data, "the data of ");
  if (!hasLength(data, size)) throw badLength(act, name, shape, data);
  if (size === 0) checkMemory(act, name, data, "the data of ");
  if (rank !== undefined && shape.length !== rank) {
    throw badRank(act, name, shape, rank);
  }
  return { shape: shape as Shape as S, data };
}

/**
 * Checks that `x` is a tensor of rank 2; or that `dout` has the shape of an
 * output of so many rows and columns. It says what {@linkcode checkTensor} says,
 * but makes no list of the dimensions: a small product takes little longer than
 * its checks.
 */
export function checkMatrix<R extends number, C extends number>(
  act: string,
  name: string,
  x: Tensor<[R, C]>,
  outputRows?: R,
  outputCols?: C,
): Matrix<R, C> {
  if (typeof x !== "object" || x === null) throw noTensor(act, name, x);
  let shape: readonly [R, C];
  let data: Tensor["data"] | undefined;
  let length: unknown;
  let rows: R | undefined, cols: C | undefined;
  try {
    shape = x.shape;
    data = x.data;
    if (Array.isArray(shape) && (length = shape.length) === 2) {
      rows = shape[0];
      cols = shape[1];
      shape = [rows, cols];
    }
  } catch (cause) {
    throw unreadable(act, data ? `the shape of ${name}` : name, cause);
  }
  if (
    isSize(rows) && isSize(cols) && isData(data) &&
    hasLength(data, rows * cols) &&
    (outputRows === undefined || rows === outputRows && cols === outputCols)
  ) {
    return { data, rows, cols, rowStep: cols, colStep: 1 };
  }
  if (shape === undefined && data === undefined) throw noTensor(act, name, x);
  if (outputRows === undefined) {
    return matrix(checkTensor(act, name, { shape, data }, 2, length));
  }
  const checked = checkTensor(act, name, { shape, data }, undefined, length);
  checkSameShape(act, name, checked.shape, "output", [outputRows, outputCols!]);
  return matrix(checked);
}

/** Whether a value is a dimension, and not 0 or -0. */
function isSize(n: number | undefined): n is number {
  return Number.isSafeInteger(n) && n! > 0;
}

function noTensor(act: string, name: string, x: unknown): TypeError {
  return new TypeError(
    `Cannot ${act} as ${name} must be a tensor { shape, data }: it is ${
      show(x)
    }`,
  );
}

function badLength(
  act: string,
  name: string,
  shape: Shape,
  data: Tensor["data"],
): TypeError {
  return new TypeError(
    `Cannot ${act} as the data of ${name} must have as many elements as its shape: ${name} is ${
      showShape(shape)
    }, its data has ${lengthOf(data)}`,
  );
}

function badRank(
  act: string,
  name: string,
  shape: Shape,
  rank: number,
): TypeError {
  return new TypeError(
    `Cannot ${act} as ${name} must have rank ${rank}: ${name} is ${
      showShape(shape)
    }`,
  );
}

/** Checks that an array of no elements is not one whose memory is gone. */
export function checkMemory(
  act: string,
  name: string,
  data: Tensor["data"],
  of = "",
): void {
  if (hasMemory(data)) return;
  throw new TypeError(
    `Cannot ${act} as ${of}${name} must have a buffer: it has been transferred or has shrunk`,
  );
}

/**
 * Checks that an array still has so many elements: a getter of an argument that
 * was read after it may have shrunk its buffer.
 */
export function checkLength(
  act: string,
  data: Tensor["data"],
  size: number,
): void {
  if (!hasLength(data, size)) throw changed(act, data, size);
}

function changed(act: string, data: Tensor["data"], size: number): TypeError {
  return new TypeError(
    `Cannot ${act} as every tensor must stay as it is: the data of one has now ${
      lengthOf(data)
    } elements instead of ${size}`,
  );
}

/** Checks that `y` has the element type of `x`. */
export function checkSameType(
  act: string,
  xName: string,
  x: Pick<Tensor, "data">,
  yName: string,
  y: Pick<Tensor, "data">,
): void {
  if (kindOf(x.data) !== kindOf(y.data)) throw mixed(act, xName, x, yName, y);
}

function mixed(
  act: string,
  xName: string,
  x: Pick<Tensor, "data">,
  yName: string,
  y: Pick<Tensor, "data">,
): TypeError {
  return new TypeError(
    `Cannot ${act} as ${xName} and ${yName} must have the same element type: ${xName} is ${
      dtypeOf(x)
    }, ${yName} is ${dtypeOf(y)}`,
  );
}

function checkSameShape(
  act: string,
  name: string,
  found: Shape,
  what: string,
  shape: Shape,
): void {
  if (!isSameShape(found, shape)) {
    throw otherShape(act, name, found, what, shape);
  }
}

function otherShape(
  act: string,
  name: string,
  found: Shape,
  what: string,
  shape: Shape,
): TypeError {
  return new TypeError(
    `Cannot ${act} as ${name} must have the shape of the ${what}: ${name} is ${
      showShape(found)
    }, the ${what} is ${showShape(shape)}`,
  );
}

/**
 * Checks that `dout` is a tensor of the output's shape and of the element type
 * of the first input, `x`.
 */
export function checkDout<S extends Shape>(
  act: string,
  dout: Tensor,
  shape: S,
  x: Pick<Tensor, "data">,
): Tensor<S> {
  const checked = checkTensor(act, "dout", dout);
  checkSameShape(act, "dout", checked.shape, "output", shape);
  checkSameType(act, "x", x, "dout", checked);
  return checked as Tensor<S>;
}

/** A tensor that can take a result, and its data as it was when it was read. */
export interface Result<S extends Shape> {
  readonly tensor: Tensor<S>;
  readonly data: Tensor["data"];
}

type Input = Pick<Tensor, "data">;

/**
 * Where a result of the given shape goes: to `out`, where it has this shape, the
 * element type of the inputs, and no memory of theirs; else to a new tensor. The
 * inputs are given one by one, as a list of them would be made for every call.
 */
export function resultOf<S extends Shape>(
  act: string,
  out: Tensor | undefined,
  shape: readonly [...S],
  names: readonly string[],
  x: Input,
  y?: Input,
  z?: Input,
  w?: Input,
): Result<S> {
  if (out === undefined) {
    const data = allocate(act, dtypeOf(x), product(shape));
    return { tensor: { shape: shape as Shape as S, data }, data };
  }
  const { shape: found, data } = checkTensor(act, "out", out);
  checkSameShape(act, "out", found, "result", shape);
  checkSameType(act, names[0], x, "out", { data });
  checkApart(act, data, names[0], x);
  if (y !== undefined) checkApart(act, data, names[1], y);
  if (z !== undefined) checkApart(act, data, names[2], z);
  if (w !== undefined) checkApart(act, data, names[3], w);
  return { tensor: out as Tensor<S>, data };
}

function checkApart(
  act: string,
  out: Tensor["data"],
  name: string,
  input: Input,
): void {
  const bytes = sharedBytes(out, input.data);
  if (bytes > 0) throw overlap(act, name, bytes);
}

function overlap(act: string, name: string, bytes: number): TypeError {
  return new TypeError(
    `Cannot ${act} as out must not share memory with ${name}: they share ${bytes} bytes`,
  );
}

/** New zeros; an error that says how much was asked for where there is no room. */
export function allocate(
  act: string,
  dtype: DType,
  size: number,
  what = "the result",
): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  try {
    return dtype === "float64"
      ? new Float64Array(size)
      : new Float32Array(size);
  } catch (cause) {
    const bytes = size * (dtype === "float64" ? 8 : 4);
    throw new RangeError(
      `Cannot ${act} as there is no memory for ${what}: ${size} elements of ${dtype} are ${bytes} bytes`,
      { cause },
    );
  }
}

/** The element type of a tensor, by the kind of its data. */
export function dtypeOf(x: Pick<Tensor, "data">): DType {
  return kindOf(x.data) === "Float64Array" ? "float64" : "float32";
}
