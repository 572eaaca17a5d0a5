// Copyright 2026 the Adjoint authors. MIT license.

// The checks that every operation makes before any work, and the grammar of
// their messages: `Cannot <act> as <what must hold>: <what was found>`.

import {
  ARRAYS,
  dtypeOfData,
  hasLength,
  hasMemory,
  kindOf,
  lengthOf,
  sharedBytes,
} from "./arrays.ts";
import { isEnded } from "./memory.ts";
import type { Arrays, DType, Shape, Tensor } from "./types.ts";

// An argument may be anything that JavaScript can make: a getter or a proxy may
// throw, or return something else when it is read again. So a check reads every
// property once, and the work is done with what the check returns.

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

/** Describes a value that is refused, in a few words. */
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

/** What an object says that it is, if that is words such as `Array Iterator`. */
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

// The errors are created in functions of their own, so that the checks are short
// enough for the engine to inline.

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

/** The error for what throws when it is read. */
export function unreadable(
  act: string,
  what: string,
  cause: unknown,
): TypeError {
  return new TypeError(
    `Cannot ${act} as ${what} must be readable: reading it throws`,
    { cause },
  );
}

/** Whether a value can be options: undefined, or an object that is not a list. */
export function isOptions<T extends object>(
  act: string,
  name: string,
  value: T | readonly unknown[] | undefined,
): value is T | undefined {
  return value === undefined ||
    typeof value === "object" && value !== null &&
      !isArray(act, name, value) && !ArrayBuffer.isView(value);
}

/** What is wrong with options: a key that is not an option, or a value that cannot
 * be options; undefined if nothing is. */
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

/** Refuses options of a function that has none, as they would have no effect. */
export function checkNoOptions(act: string, given: unknown): void {
  if (given === undefined) return;
  throw new TypeError(
    `Cannot ${act} as there must be no options: options is ${show(given)}`,
  );
}

/** Whether a value is an array; a revoked proxy throws when it is tested. */
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

/** The length of an array; undefined for anything else. */
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

/** Whether a value can be the length of an array: a proxy may report anything. */
function isLength(value: unknown): value is number {
  return Number.isSafeInteger(value) && value as number >= 0;
}

/**
 * Checks a list of dimensions, which messages call by its name after `of`; the
 * result is a copy. `rank` is the length if it has been read already, and `open`
 * stands for an open dimension.
 */
export function checkShape(
  act: string,
  name: string,
  shape: unknown,
  of = "",
  rank?: unknown,
  open = NaN,
): number[] {
  const what = of + name;
  return checkDims(act, what, copyOfArray(act, what, shape, rank), open);
}

/** Checks dimensions that have been read; the result is the same list. */
function checkDims(
  act: string,
  what: string,
  dims: unknown[],
  open = NaN,
): number[] {
  for (let axis = 0; axis < dims.length; axis++) {
    const n = dims[axis];
    if (!isLength(n) && n !== open) throw badDimension(act, what, axis, n);
    // -0 equals 0 wherever dimensions are compared, so it is taken for 0.
    dims[axis] = (n as number) + 0;
  }
  return dims as number[];
}

/** The elements of a short array, each read once. */
function copyOfArray(
  act: string,
  what: string,
  value: unknown,
  length: unknown,
): unknown[] {
  try {
    if (Array.isArray(value)) {
      if (length === undefined) length = value.length;
      if (isLength(length) && length <= MAX_RANK) {
        const copy = blank(length);
        for (let i = 0; i < length; i++) copy[i] = value[i];
        return copy;
      }
    }
  } catch (cause) {
    throw unreadable(act, what, cause);
  }
  throw badShape(act, what, value, length);
}

/** A list without holes, in which one could see what others have put on the
 * prototype; a copy of such a list takes ten times as long. It is a literal, as an
 * assignment to a new element would call a setter of the prototype. And it is one of
 * null first: V8 may keep a list of nothing but numbers and undefined as float64, and
 * what is read from it is not an index. */
export function blank(count: number): unknown[] {
  const list = nulls(count);
  for (let i = 0; i < count; i++) list[i] = undefined;
  return list;
}

function nulls(count: number): unknown[] {
  if (count === 2) return [null, null];
  if (count === 3) return [null, null, null];
  let list: null[] = [];
  while (list.length < count) list = [...list, null];
  return list;
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

/** The product of dimensions; 0 if one of them is 0, however large the others are. */
export function product(shape: Shape): number {
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

/** Whether the numbers of an element type have gradients. */
export function isFloat(dtype: DType): dtype is "float32" | "float64" {
  return dtype === "float32" || dtype === "float64";
}

/** Checks that an array can be the data of a tensor; says its element type. */
export function checkData(
  act: string,
  name: string,
  data: unknown,
  of = "",
): DType {
  const kind = kindOf(data);
  // The usual two come first, as looking up a name takes longer.
  if (kind === "Float32Array") return "float32";
  if (kind === "Float64Array") return "float64";
  const dtype = dtypeOfData(data);
  if (dtype !== undefined) return dtype;
  throw badData(act, of + name, data);
}

function badData(act: string, what: string, data: unknown): TypeError {
  return new TypeError(
    `Cannot ${act} as ${what} must be a typed array of numbers, such as a Float32Array or an Int32Array: it is ${
      show(data)
    }`,
  );
}

/** A tensor as it was read: a copy of its shape, and its data. */
export interface Checked<
  S extends Shape = Shape,
  D extends Arrays[DType] = Arrays[DType],
> {
  readonly shape: S;
  readonly data: D;
  readonly dtype: DType;
  readonly size: number;
}

/** A slot that tensors are read into, again and again. */
export interface Slot extends Checked {
  /** What messages call the tensor. */
  name: string;
  shape: number[];
  data: Arrays[DType];
  dtype: DType;
  size: number;
  /** Whether its shape and element type are what a call demands. Reading others makes
   * it false, and so does demanding others. */
  fits: boolean;
}

/** A slot to which nothing has been read: that of a number. */
export function newSlot(): Slot {
  return {
    name: "",
    shape: [],
    data: NONE,
    dtype: "float32",
    size: 1,
    fits: false,
  };
}

/** The data of a slot that keeps no array alive. */
const NONE = undefined as never;

/**
 * Checks that `x` is a tensor, of any element type. Every property is read once;
 * the result is what they were then.
 */
export function checkTensor<S extends Shape, D extends Arrays[DType]>(
  act: string,
  name: string,
  x: Tensor<S, D>,
): Checked<S, D> {
  const slot = readTensor(act, name, x, newSlot());
  checkLength(act, slot);
  return slot as Checked as Checked<S, D>;
}

/**
 * As {@linkcode checkTensor}, but for the number of elements, which {@linkcode
 * checkLength} checks when all arguments have been read. The result is the slot, whose
 * shape is the same list as before if it is equal.
 */
export function readTensor(
  act: string,
  name: string,
  x: unknown,
  slot: Slot,
): Slot {
  if (typeof x !== "object" || x === null) throw noTensor(act, name, x);
  let given: unknown;
  let data: Arrays[DType];
  try {
    given = (x as Tensor).shape;
    data = (x as Tensor).data;
  } catch (cause) {
    throw unreadable(act, name, cause);
  }
  const known = slot.shape;
  let rank: unknown, axis = 0, element: unknown;
  try {
    if (Array.isArray(given)) {
      rank = given.length;
      if (rank === known.length) {
        while (
          axis < known.length && (element = given[axis]) === known[axis]
        ) axis++;
      }
    }
  } catch (cause) {
    throw unreadable(act, `the shape of ${name}`, cause);
  }
  if (axis < known.length || rank !== known.length) {
    if (given === undefined && data === undefined) {
      throw noTensor(act, name, x);
    }
    setShape(act, name, given, slot, rank, axis, element);
  }
  const { size } = slot;
  const kind = kindOf(data);
  // The usual two come first, as looking up a name takes longer.
  const dtype = kind === "Float32Array"
    ? "float32"
    : kind === "Float64Array"
    ? "float64"
    : checkData(act, name, data, "the data of ");
  if (size === 0) checkMemory(act, name, data, "the data of ");
  if (isEnded(data)) throw hasEnded(act, name);
  slot.data = data;
  // Comparing takes less time than writing to an object that lives long.
  if (slot.name !== name) slot.name = name;
  if (slot.dtype !== dtype) {
    slot.dtype = dtype;
    slot.fits = false;
  }
  return slot;
}

/** Sets the shape of a slot to a list of which the length has been read, and elements
 * up to that at `axis`: all before it are those of the slot. */
function setShape(
  act: string,
  name: string,
  given: unknown,
  slot: Slot,
  rank: unknown,
  axis: number,
  element: unknown,
): void {
  const of = "the shape of ", known = slot.shape;
  const shape = rank !== known.length
    ? checkShape(act, name, given, of, rank)
    : checkDims(
      act,
      of + name,
      restOf(act, of + name, given as unknown[], known, axis, element),
    );
  const size = sizeOf(act, name, shape, of);
  // The engine may compute a size as a float64, which is not an index.
  slot.size = (size | 0) === size ? size | 0 : size;
  slot.shape = shape;
  slot.fits = false;
}

/** A list whose first elements are known, and the next has been read. */
function restOf(
  act: string,
  what: string,
  list: unknown[],
  known: unknown[],
  axis: number,
  element: unknown,
): unknown[] {
  const copy = known.slice();
  copy[axis++] = element;
  try {
    for (; axis < copy.length; axis++) copy[axis] = list[axis];
  } catch (cause) {
    throw unreadable(act, what, cause);
  }
  return copy;
}

/** Checks that data are in no arena that has ended. */
export function checkOpen(
  act: string,
  name: string,
  data: Arrays[DType],
): void {
  if (isEnded(data)) throw hasEnded(act, name);
}

function hasEnded(act: string, name: string): TypeError {
  return new TypeError(
    `Cannot ${act} as the arena of ${name} must be open: it has ended`,
  );
}

/** The error for a tensor of integers where there must be floats. */
export function noFloats(act: string, name: string, dtype: DType): TypeError {
  return new TypeError(
    `Cannot ${act} as ${name} must be float32 or float64: it is ${dtype}`,
  );
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
  data: Arrays[DType],
): TypeError {
  return new TypeError(
    `Cannot ${act} as the data of ${name} must have as many elements as its shape: ${name} is ${
      showShape(shape)
    }, its data has ${lengthOf(data)}`,
  );
}

/** Checks that an empty array is not one whose memory has been taken away. */
export function checkMemory(
  act: string,
  name: string,
  data: Arrays[DType],
  of = "",
): void {
  if (hasMemory(data)) return;
  throw new TypeError(
    `Cannot ${act} as ${of}${name} must have a buffer: it has been transferred or has shrunk`,
  );
}

/** Checks that the data of a tensor that has been read have as many elements as its
 * shape. */
export function checkLength(
  act: string,
  { name, shape, data, size }: Slot,
): void {
  if (!hasLength(data, size)) throw badLength(act, name, shape, data);
}

/** The error for two tensors of different element types. */
export function badType(
  act: string,
  xName: string,
  x: DType,
  yName: string,
  y: DType,
): TypeError {
  return new TypeError(
    `Cannot ${act} as ${xName} and ${yName} must have the same element type: ${xName} is ${x}, ${yName} is ${y}`,
  );
}

/** Checks that a tensor has the shape of `what`, such as "the output". */
export function checkSameShape(
  act: string,
  name: string,
  found: Shape,
  what: string,
  shape: Shape,
): void {
  if (isSameShape(found, shape)) return;
  throw new TypeError(
    `Cannot ${act} as ${name} must have the shape of ${what}: ${name} is ${
      showShape(found)
    }, ${what} is ${showShape(shape)}`,
  );
}

/** Checks that an array to write to shares no memory with another. */
export function checkApart(
  act: string,
  outName: string,
  out: Arrays[DType],
  name: string,
  data: Arrays[DType],
): void {
  const bytes = sharedBytes(out, data);
  if (bytes === 0) return;
  throw new TypeError(
    `Cannot ${act} as ${outName} must not share memory with ${name}: they share ${bytes} bytes`,
  );
}

/** New zeros; if there is no room for them, the error says how many bytes they need. */
export function allocate<T extends DType>(
  act: string,
  dtype: T,
  size: number,
  what = "the result",
): Arrays[T] {
  try {
    return make(dtype, size) as Arrays[T];
  } catch (cause) {
    const bytes = size * ARRAYS[dtype].BYTES_PER_ELEMENT;
    throw new RangeError(
      `Cannot ${act} as there is no memory for ${what}: ${size} elements of ${dtype} are ${bytes} bytes`,
      { cause },
    );
  }
}

/** The names of the element types. */
export const DTYPE_NAMES = Object.keys(ARRAYS) as DType[];

function make(dtype: DType, size: number): Arrays[DType] {
  // The usual two come first, as looking up a name takes longer.
  if (dtype === "float32") return new Float32Array(size);
  if (dtype === "float64") return new Float64Array(size);
  return new ARRAYS[dtype](size);
}

/** The element type of a tensor, by the kind of its data. */
export function dtypeOf(x: { readonly data: Arrays[DType] }): DType {
  return dtypeOfData(x.data)!;
}
