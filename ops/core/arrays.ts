// Copyright 2026 the Adjoint authors. MIT license.

// Typed arrays are recognized by what they are, not by what they say: by their own
// slots, read with the getters and methods that this module found when it was
// loaded. So an array of another realm (an iframe, `node:vm`, Jest) counts as one,
// and an object that has only the prototype of one does not. Properties of an
// instance or of a subclass may be anything, and are never looked at.

import type { Arrays, DType } from "./types.ts";

/** Floats over memory of any kind, also shared. */
export type Numbers = Float32Array | Float64Array;

/** Elements of any type. */
export type Data = Arrays[DType] | Numbers;

/** The typed arrays, by their element types. */
export const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
};

const { prototype } = Object.getPrototypeOf(Uint8Array);

function getter<T>(name: PropertyKey): { call(data: unknown): T } {
  return Object.getOwnPropertyDescriptor(prototype, name)!
    .get as unknown as { call(data: unknown): T };
}

const tag = getter<string | undefined>(Symbol.toStringTag);
const length = getter<number>("length");
const byteLength = getter<number>("byteLength");
const byteOffset = getter<number>("byteOffset");
const buffer = getter<ArrayBuffer>("buffer");
const { set, fill: fillWith, keys } = prototype;
const bufferLength = Object.getOwnPropertyDescriptor(
  ArrayBuffer.prototype,
  "byteLength",
)!.get!;

/** `Float32Array` and so on; undefined for anything but a typed array. */
export function kindOf(data: unknown): string | undefined {
  return tag.call(data);
}

/** The number of elements; 0 where the memory has been transferred away. */
export function lengthOf(data: Data): number {
  return length.call(data);
}

/**
 * Whether there are this many elements. An index of a typed array looks at its
 * memory and nowhere else, and takes a fraction of the time of the getter.
 */
export function hasLength(data: Data, length: number): boolean {
  return data[length] === undefined &&
    (length === 0 || data[length - 1] !== undefined);
}

/** Bytes of an element. */
export function widthOf(data: Numbers): 4 | 8 {
  return tag.call(data) === "Float64Array" ? 8 : 4;
}

/** The number of bytes from which it pays to look at four at once. */
const FROM = 64;

/** Whether a glance shows that bytes, or integers of 32 bits, are at least 0 and
 * below a number. */
export function areBelow(data: Data, below: number): boolean {
  const at = byteOffset.call(data), n = lengthOf(data);
  if (n < FROM) return false;
  if (kindOf(data) === "Int32Array") {
    const last = Math.min(below - 1, 2 ** 31 - 1);
    return areWordsUpTo(data as Int32Array, n, last);
  }
  if (kindOf(data) !== "Uint8Array" || at % 4 > 0) return false;
  // So are the bits that occur in any of them, taken together.
  const words = new Int32Array(buffer.call(data), at, n >> 2);
  let bits = 0;
  for (let k = 0; k < words.length; k++) bits |= words[k];
  for (let k = n & ~3; k < n; k++) bits |= data[k];
  bits |= bits >>> 16;
  return ((bits | bits >>> 8) & 255) < below;
}

/** Whether n integers are from 0 to another, without a branch for each: neither they
 * nor their differences from it are negative. */
function areWordsUpTo(words: Int32Array, n: number, last: number): boolean {
  let bits = 0;
  for (let k = 0; k < n; k++) bits |= words[k] | last - words[k];
  return bits >= 0;
}

/** Whether there is memory behind an array, even an empty one. */
export function hasMemory(data: Data): boolean {
  try {
    keys.call(data);
    return true;
  } catch {
    return false; // Its buffer is detached, or has shrunk to before its start.
  }
}

/** A view of some of the elements. */
export function view(data: Numbers, from: number, to: number): Numbers {
  const at = byteOffset.call(data) + from * widthOf(data);
  return widthOf(data) === 8
    ? new Float64Array(buffer.call(data), at, to - from)
    : new Float32Array(buffer.call(data), at, to - from);
}

/** The same of elements of any type. */
function viewOfAny(data: Data, from: number, to: number): Data {
  const Kind = ARRAYS[dtypeOfData(data)!];
  const at = byteOffset.call(data) + from * Kind.BYTES_PER_ELEMENT;
  return new Kind(buffer.call(data), at, to - from);
}

/** A view of the elements as integers of 32 bits, one or two each; undefined for types
 * other than the three usual ones. */
export function bitsOf(data: Data): Int32Array | undefined {
  const kind = tag.call(data);
  return kind === "Float32Array" || kind === "Float64Array" ||
      kind === "Int32Array"
    ? new Int32Array(
      buffer.call(data),
      byteOffset.call(data),
      byteLength.call(data) / 4,
    )
    : undefined;
}

/** Some of the elements: a view of them, or the array itself where it is all. */
export function piece<T extends Data>(data: T, from: number, to: number): T {
  if (from === 0 && hasLength(data, to)) return data;
  const part = isFloat(data) ? view : viewOfAny;
  return part(data as Numbers, from, to) as T;
}

function isFloat(data: Data): data is Numbers {
  const kind = tag.call(data);
  return kind === "Float32Array" || kind === "Float64Array";
}

/** Writes the elements of one array, if there are any, into another. */
export function write(to: Data, from: Data, at = 0): void {
  if (!hasLength(from, 0)) set.call(to, from, at);
}

/** As {@linkcode write}, where there are elements. */
export function copy(to: Data, from: Data, at: number): void {
  set.call(to, from, at);
}

/** Writes a number to every element, if there are any. */
export function fill(to: Data, value: number): void {
  if (!hasLength(to, 0)) fillWith.call(to, value);
}

/** A copy, in memory of its own. */
export function copyOf(data: Numbers): Numbers {
  return widthOf(data) === 8 ? new Float64Array(data) : new Float32Array(data);
}

/** The element types, by the names of their typed arrays. */
const DTYPES: ReadonlyMap<string | undefined, DType> = new Map(
  (Object.keys(ARRAYS) as DType[]).map((dtype) => [ARRAYS[dtype].name, dtype]),
);

/** The element type of an array; undefined for anything that cannot be data. */
export function dtypeOfData(data: unknown): DType | undefined {
  return DTYPES.get(kindOf(data));
}

/** A copy of an array of any kind, in memory of its own. */
export function copyOfData<T extends Data>(data: T): T {
  const Kind = ARRAYS[dtypeOfData(data)!];
  return new (Kind as unknown as new (data: T) => T)(data);
}

/** The memory of an array. */
export function bufferOf(data: Data): ArrayBuffer {
  return buffer.call(data);
}

/** Where an array begins in its memory, in bytes. */
export function offsetOf(data: Data): number {
  return byteOffset.call(data);
}

/**
 * Whether a glance shows that two arrays of one type, of this many bytes an element,
 * share no memory: if they did, they would have the same number at the same place.
 * Their elements are read first, as the engine then knows what they are, and the
 * getters take no time; that of the buffer always does.
 */
export function areApart(a: Data, b: Data, width: number): boolean {
  const x = a[0], y = b[0];
  const p = byteOffset.call(a), q = byteOffset.call(b);
  if (p !== q) return areApartAt(a, b, p, q, width);
  return x !== y && (x === x || y === y);
}

/** The same, of arrays that begin at different places. */
function areApartAt(
  a: Data,
  b: Data,
  p: number,
  q: number,
  width: number,
): boolean {
  const x = p < q ? a[(q - p) / width] : a[0];
  const y = p < q ? b[0] : b[(p - q) / width];
  return x !== y && (x === x || y === y);
}

/** How many bytes of memory an array to write to has in common with another. */
export function sharedBytes(a: Data, b: Data): number {
  const p = buffer.call(a), q = buffer.call(b);
  if (p !== q && (!isShared(p) || !isShared(q))) return 0;
  const start = Math.max(byteOffset.call(a), byteOffset.call(b));
  const end = Math.min(
    byteOffset.call(a) + byteLength.call(a),
    byteOffset.call(b) + byteLength.call(b),
  );
  if (start >= end || p !== q && !(isShared(q) && isOneMemory(p, q, start))) {
    return 0;
  }
  return end - start;
}

function isShared(buffer: ArrayBufferLike): boolean {
  if (buffer instanceof ArrayBuffer) return false; // The getter takes longer.
  try {
    bufferLength.call(buffer);
    return false;
  } catch {
    return true;
  }
}

/** How often a byte must follow before it is the same. */
const PROBES = 32;

/**
 * Whether a byte of two shared buffers is one byte of memory: a clone of a
 * `SharedArrayBuffer` is another object over the same memory, and nothing but a
 * write can tell it. The byte of the first, which is to be written to, is changed
 * for a moment, and only where it is equal in both; again and again, as another
 * thread that writes to the second may do so at that moment.
 */
function isOneMemory(p: ArrayBuffer, q: ArrayBuffer, at: number): boolean {
  const [a, b] = [new Uint8Array(p, at, 1), new Uint8Array(q, at, 1)];
  for (let i = 0; i < PROBES; i++) {
    const before = Atomics.load(b, 0);
    if (before !== Atomics.load(a, 0)) return false;
    Atomics.xor(a, 0, 1);
    const after = Atomics.load(b, 0);
    Atomics.xor(a, 0, 1);
    if (before === after) return false;
  }
  return true;
}
