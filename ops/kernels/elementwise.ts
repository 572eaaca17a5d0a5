// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # One formula for each element
 *
 * Many operations compute each number of their result from one number of each input:
 * a sum, a comparison, a choice between two numbers. A loop computes one number at a
 * time. If it chooses by the sign of a number, the processor guesses the choice, and
 * loses some fifteen cycles whenever the guess is wrong. Vector instructions compute two
 * or four numbers at a time, and choose by a mask, without a guess.
 *
 * The kernels of these operations would differ in one line. So that line is data, a
 * small formula, and the loop around it is written once: as bytes of WebAssembly, when
 * the formula is first used.
 *
 * ```text
 *   formula((x) => raised(x, 0))
 *     │
 *     ▼
 *   loop   load x
 *          x, 0, raised           the formula, on the stack
 *          store y
 *          likewise the next three vectors
 *          next, unless they are the last
 * ```
 *
 * **The same bits as the loop of the page.** JavaScript computes in float64, and
 * rounds to float32 once, when it stores a number. So does a kernel: it widens the
 * numbers, computes, and rounds the result. It stays in float32, which is twice as
 * fast, where the bits are the same either way: where no number is rounded more than
 * once on its way. Comparisons, choices, signs, minima and maxima round nothing. A
 * single sum, product, quotient or root of float32 numbers has the same bits whether it
 * is rounded at once or by way of float64, which has more than twice the digits. A
 * parameter such as 0.5 or −1 is a float32 number, and one such as 0.1 is not, so a
 * formula with parameters has a kernel for each of the two cases.
 *
 * **Integers.** A mask holds integers, of a byte each as a rule. The kernel reads them as
 * they are, and makes four bytes four numbers. So a formula has a kernel for each
 * combination of element types that it meets.
 *
 * **Rows.** An input that is shorter than the result, such as a bias, is repeated. A
 * chunk consists of whole rows, so the repetition is as long as a chunk, and serves all
 * of them.
 *
 * **Folds.** The sum of the rows of a matrix is a formula, too: of the row of sums so
 * far and the next row. The formula is applied four times in one pass, so the sums are
 * loaded and stored once for four rows. Sums and products stay in float64 from row to
 * row, and take the numbers in the same order as the loop.
 *
 * **The end.** The loop computes four vectors at a time, as counting takes as
 * long as the formula of an absolute value, and then the remaining ones one by
 * one. If numbers are left over, the last four numbers, or two, are computed as
 * one more vector, some of them for the second time. So nothing is written beyond
 * a result in an arena. A fold writes to memory of its own, so its last vector
 * may be longer than the row.
 *
 * **What limits it.** Without an arena, a kernel reads copies of its inputs, and its
 * result is copied to another array. On two cores of an AMD EPYC, the absolute values
 * of 1e5 float32 numbers take 25 µs where they lie, which is the speed of the second
 * level of the cache, and 43 µs with both copies; a plain loop takes 42 to 66 µs. A
 * sum of two arrays takes 30, 57 and 66 to 88 µs. Whatever the size, a call takes half a
 * microsecond; and of float64 numbers, there are twice the bytes to copy, and half the
 * numbers in a vector. So choices and roots of fewer than 192 numbers are left to the
 * loop, sums, products and absolute values of fewer than 1024, and those of float64
 * numbers that are not in an arena altogether. A new array for the result takes 40 µs
 * more, as it is cleared, and its memory has left the cache since it was last used. If
 * it were made last, as a copy of a result in the kernel's memory, it would not be
 * cleared, but a call would take only a tenth less, as most of the time is for memory
 * that is not in the cache. Peers that manage their memory themselves need no new array,
 * and neither does a call in an arena, or with `out`.
 *
 * @module
 */

import {
  ARRAYS,
  type Data,
  dtypeOfData,
  fill,
  kindOf,
  lengthOf,
  type Numbers,
  piece,
  view,
  widthOf,
  write,
} from "../core/arrays.ts";
import { LONG, sumOf } from "../core/sums.ts";
import type { DType } from "../core/types.ts";
import {
  bytesFor,
  type Heap,
  heapOf,
  platform,
  type Wasm,
} from "./platform.ts";
import { type Elements, pass, placeIn, resident, START } from "./resident.ts";

/** What a formula is written for. */
interface Scope {
  /** Whether numbers are float64. */
  readonly isWide: boolean;
  /** The local that holds a number, in each place of a vector. */
  local(value: number): number;
}

/** A number of a formula: how it is computed, on the stack. */
export interface Term {
  /** The bytes that leave it on the stack, as four float32 or as two float64. */
  readonly code: (scope: Scope) => readonly number[];
  /** How often it has been rounded at most. */
  readonly rounded: number;
  /** Whether a loop takes but a nanosecond for it: it makes no choice, which the
   * processor would have to guess, and takes no root. */
  readonly isQuick: boolean;
}

/** A number that a formula is written with. */
export type Value = Term | number;

/** A mask of a formula: all bits of a number, or none. */
export interface Mask {
  readonly mask: Term;
}

/** What a formula is made of: the inputs, then the parameters. */
type Write = (...inputs: Term[]) => Term;

/** A formula, and its kernels once there are some. */
export interface Formula {
  readonly inputs: number;
  readonly parameters: number;
  readonly term: Term;
  /** The same, for parameters that are float32 numbers; undefined without any. */
  readonly exact?: Formula | undefined;
  /** Whether the first input is what is left so far: see {@linkcode fold}. */
  readonly isFold?: boolean;
  /** Kernels by element types; undefined where the page forbids them. */
  kernels?: Map<number, Kernel | undefined>;
  /** The memory that they compute in. */
  heap?: Heap | undefined;
}

/** A kernel for some element types, and the memory seen as each of these: that of the
 * result first. */
interface Kernel {
  /** Writes from `out` to `end`, from the inputs, whose addresses come next, and the
   * parameters. */
  readonly run: (out: number, end: number, ...more: number[]) => void;
  readonly views: readonly Elements[];
}

/** The number of elements from which the vectors are faster: than a loop that repeats
 * numbers, than a slow loop, and than a quick one. With their copies, they are never
 * faster than a quick one in float64. */
const FROM = 64;
const SLOW_FROM = 192;
const QUICK_FROM = 1024;

/** Bytes of a chunk of one array. */
const CHUNK = 2 ** 16;

/** Bytes of a vector. */
const VECTOR = 16;

/** How many vectors are computed at a time: more are no faster. */
const UNROLLED = 4;

/** From one array to the next: not a power of 2, as such addresses share a place in
 * the cache. */
const STRIDE = CHUNK + 192;

/** Where the chunks stand of the result and of up to four inputs. */
const SLOTS = [0, 1, 2, 3, 4].map((k) => START + k * STRIDE);
const BYTES = 6 * CHUNK;

// Instructions; those after 0xfd are of vectors.
const [GET, SET, TEE, CONST_I32] = [0x20, 0x21, 0x22, 0x41];
const [LOOP, IF, BREAK_IF, END, NOTHING] = [0x03, 0x04, 0x0d, 0x0b, 0x40];
const [ADD_I32, SUB_I32, SHL_I32, SHR_I32] = [0x6a, 0x6b, 0x74, 0x76];
const [LESS_I32, ABOVE_I32, AT_MOST_I32] = [0x49, 0x4a, 0x4d];
const [I32, F64, V128] = [0x7f, 0x7c, 0x7b];
const vector = (code: number) => [0xfd, ...leb(code)];
const [LOAD, LOAD32, LOAD64] = [0, 0x5c, 0x5d].map(vector);
const [LOAD16X4, LOAD16X4_U] = [0x03, 0x04].map(vector);
const [STORE, STORE64] = [0x0b, 0x5b].map(vector);
const [DEMOTE, PROMOTE] = [0x5e, 0x5f].map(vector), DEMOTE_F64 = 0xb6;
const [EXTEND8, EXTEND8_U] = [0x87, 0x89].map(vector);
const [EXTEND16, EXTEND16_U] = [0xa7, 0xa9].map(vector);
const [CONVERT, CONVERT_U] = [0xfa, 0xfb].map(vector);
const [CONVERT64, CONVERT64_U] = [0xfe, 0xff].map(vector);
const [AND, OR, XOR, SELECT] = [0x4e, 0x50, 0x51, 0x52].map(vector);
const [SUB, SUB64] = [0xe5, 0xf1].map(vector);
const [CONST, SPLAT32, SPLAT64] = [0x0c, 0x13, 0x14].map(vector);

/** How a kernel reads elements of a type: the instruction that loads them, and those
 * that make them four float32 or two float64 numbers. */
interface Kind {
  readonly load: (isWide: boolean) => readonly number[];
  readonly widen: (isWide: boolean) => readonly number[];
}

const signed = (isWide: boolean) => isWide ? CONVERT64 : CONVERT;
const unsigned = (isWide: boolean) => isWide ? CONVERT64_U : CONVERT_U;

/** The element types, in the order of their numbers. More may be loaded than is used. */
const KINDS: Readonly<Record<DType, Kind>> = {
  float32: {
    load: (isWide) => isWide ? LOAD64 : LOAD,
    widen: (isWide) => isWide ? PROMOTE : [],
  },
  float64: { load: () => LOAD, widen: () => [] },
  int8: {
    load: () => LOAD32,
    widen: (isWide) => [...EXTEND8, ...EXTEND16, ...signed(isWide)],
  },
  int16: { load: () => LOAD16X4, widen: signed },
  int32: { load: () => LOAD, widen: signed },
  uint8: {
    load: () => LOAD32,
    widen: (isWide) => [...EXTEND8_U, ...EXTEND16_U, ...unsigned(isWide)],
  },
  uint16: { load: () => LOAD16X4_U, widen: unsigned },
  uint32: { load: () => LOAD, widen: unsigned },
};
const TYPES = Object.keys(KINDS) as DType[];
const [FLOAT32, FLOAT64] = [0, 1];

/** Bytes of an element. */
const bytesOf = (type: number) => ARRAYS[TYPES[type]].BYTES_PER_ELEMENT;

/** The number of an array's element type. */
function typeOf(data: Data): number {
  // The usual one first: looking up a name takes longer.
  return kindOf(data) === "Float32Array"
    ? FLOAT32
    : TYPES.indexOf(dtypeOfData(data)!);
}

/** An instruction of two numbers, or of one: of float32, and of float64. */
function instruction(
  code32: number,
  code64: number,
  roundedOf: (rounded: number) => number,
  isQuick = true,
): (...values: Value[]) => Term {
  const [narrow, wide] = [vector(code32), vector(code64)];
  return (...values) => {
    const terms = values.map(termOf);
    return {
      code: (scope) => [
        ...terms.flatMap(({ code }) => code(scope)),
        ...scope.isWide ? wide : narrow,
      ],
      rounded: roundedOf(Math.max(...terms.map(({ rounded }) => rounded))),
      isQuick: isQuick && terms.every(({ isQuick }) => isQuick),
    };
  };
}

/** A number that is written in the formula. */
function termOf(value: Value): Term {
  if (typeof value !== "number") return value;
  return {
    code: ({ local }) => [GET, local(value)],
    rounded: Math.fround(value) === value ? 0 : NOT_NARROW,
    isQuick: true,
  };
}

/** As if it were rounded so often that only float64 will do. */
const NOT_NARROW = 2;

const more = (rounded: number) => rounded + 1;
const same = (rounded: number) => rounded;
/** What is compared must be exact. */
const exact = (rounded: number) => rounded === 0 ? 0 : NOT_NARROW;

/** `a + b`. */
export const plus = instruction(0xe4, 0xf0, more);
/** `a − b`. */
export const minus = instruction(0xe5, 0xf1, more);
/** `a · b`. */
export const times = instruction(0xe6, 0xf2, more);
/** `a ∕ b`. */
export const over = instruction(0xe7, 0xf3, more);
/** `√a`. */
export const root = instruction(0xe3, 0xef, more, false);
/** `−a`. */
export const negative = instruction(0xe1, 0xed, same);
/** `|a|`. */
export const magnitude = instruction(0xe0, 0xec, same);
/** `b < a ? b : a`: a if one is NaN. It takes one instruction of the processor. */
export const lowered = instruction(0xea, 0xf6, exact, false);
/** `a < b ? b : a`. */
export const raised = instruction(0xeb, 0xf7, exact, false);

/**
 * `Math.min(a, b)`, in three instructions of the processor: the bits that are in either
 * of the two ways to compare. Both are the smaller number; or one is 0 and the other
 * −0, which together are −0; or one is NaN, which further bits leave NaN.
 */
export function least(a: Value, b: Value): Term {
  const [x, y] = [lowered(a, b), lowered(b, a)];
  return {
    code: (scope) => [...x.code(scope), ...y.code(scope), ...OR],
    rounded: Math.max(termOf(a).rounded, termOf(b).rounded),
    isQuick: false,
  };
}

/**
 * `Math.max(a, b)`, in five instructions: one way to compare, and the bits d in which the
 * other differs, are joined, and d is taken from that. Where both are the same number, d
 * is 0. Of 0 and −0, d and the bits of both are −0, and −0 less −0 is 0. What has the
 * bits of a NaN is NaN, less whatever.
 */
export function most(a: Value, b: Value): Term {
  const x = raised(a, b), y = raised(b, a);
  return {
    code(scope) {
      const other = [...x.code(scope), ...y.code(scope), ...XOR];
      const less = scope.isWide ? SUB64 : SUB;
      return [...x.code(scope), ...other, ...OR, ...other, ...less];
    },
    rounded: Math.max(termOf(a).rounded, termOf(b).rounded),
    isQuick: false,
  };
}

function comparison(code32: number, code64: number) {
  const compare = instruction(code32, code64, exact);
  return (a: Value, b: Value): Mask => ({ mask: compare(a, b) });
}

/** `a === b`. */
export const equal = comparison(0x41, 0x47);
/** `a !== b`. */
export const unequal = comparison(0x42, 0x48);
/** `a < b`. */
export const less = comparison(0x43, 0x49);
/** `a > b`. */
export const greater = comparison(0x44, 0x4a);
/** `a <= b`. */
export const atMost = comparison(0x45, 0x4b);

/** `mask ? a : b`. */
export function choose({ mask }: Mask, a: Value, b: Value): Term {
  const [x, y] = [termOf(a), termOf(b)];
  return {
    code: (scope) => [
      ...x.code(scope),
      ...y.code(scope),
      ...mask.code(scope),
      ...SELECT,
    ],
    rounded: Math.max(x.rounded, y.rounded, mask.rounded),
    isQuick: false,
  };
}

/** Both masks. */
export function both(a: Mask, b: Mask): Mask {
  return joined(a, b, AND);
}

/** One of the masks, or both. */
export function either(a: Mask, b: Mask): Mask {
  return joined(a, b, OR);
}

function joined(a: Mask, b: Mask, how: readonly number[]): Mask {
  return {
    mask: {
      code: (scope) => [...a.mask.code(scope), ...b.mask.code(scope), ...how],
      rounded: Math.max(a.mask.rounded, b.mask.rounded),
      isQuick: false,
    },
  };
}

/** A formula of some inputs, and of as many parameters as there are further
 * arguments. */
export function formula(write: Write, parameters = 0): Formula {
  const inputs = write.length - parameters;
  // The locals: the result, its end, the addresses, the parameters; then the place,
  // the numbers of the inputs, and vectors of the parameters.
  const first = 2 + inputs + parameters + 1;
  const numbers = Array.from({ length: inputs }, (_, i): Term => ({
    code: () => [GET, first + i],
    rounded: 0,
    isQuick: true,
  }));
  const of = (rounded: number): Formula => {
    const others = Array.from({ length: parameters }, (_, i): Term => ({
      code: () => [GET, first + inputs + i],
      rounded,
      isQuick: true,
    }));
    return { inputs, parameters, term: write(...numbers, ...others) };
  };
  return { ...of(NOT_NARROW), exact: parameters > 0 ? of(0) : undefined };
}

/** What {@linkcode fold} applies to what is left so far and the next number. */
export interface Folding {
  /** What is left of no number. */
  readonly start: number;
  /** The formula for one row, and for four in turn. */
  readonly one: Formula;
  readonly four: Formula;
}

/** A formula of what is left so far and the next number, for {@linkcode fold}, and what
 * is made of the result after one number, or after four. */
export function folding(
  start: number,
  step: (left: Term, next: Term) => Term,
  finish = (left: Term): Term => left,
): Folding {
  const four = formula((c, x, y, z, t) =>
    finish(step(step(step(step(c, x), y), z), t))
  );
  return {
    start,
    one: { ...formula((c, x) => finish(step(c, x))), isFold: true },
    four: { ...four, isFold: true },
  };
}

/** The memory that the kernels compute in. */
export const heap: () => Heap | undefined = resident((memory) =>
  heapOf(platform.WebAssembly, BYTES, memory)
);

/**
 * Writes to `z` the results of a formula for the inputs and the parameters; false if
 * there are no vectors, or it does not pay. An input that is shorter than others is
 * repeated. If `z` is shorter, it gets the sums over what would be repeated.
 */
export function each(
  formula: Formula,
  z: Numbers,
  inputs: readonly Data[],
  parameters: readonly number[] = [],
): boolean {
  return isWorth(formula, z, inputs) &&
    eachBy(platform.WebAssembly, heap(), formula, z, inputs, parameters);
}

/** Whether the loop would take longer. It does wherever it has to repeat numbers. */
function isWorth(
  { term: { isQuick } }: Formula,
  z: Numbers,
  inputs: readonly Data[],
): boolean {
  const n = lengthOf(z);
  for (let k = 0; k < inputs.length; k++) {
    if (lengthOf(inputs[k]) !== n) return true;
  }
  if (n < (isQuick ? QUICK_FROM : SLOW_FROM)) return false;
  if (!isQuick || widthOf(z) === 4) return true;
  const heap64 = heap()?.heap64;
  return heap64 !== undefined && placeIn(heap64, z) > 0;
}

/** As {@linkcode each}, by what a platform has. */
export function eachBy(
  wasm: Wasm | undefined,
  heap: Heap | undefined,
  formula: Formula,
  z: Numbers,
  inputs: readonly Data[],
  parameters: readonly number[] = [],
): boolean {
  const p = lengthOf(z), types = [typeOf(z)];
  let n = p, isEven = true;
  for (let k = 0; k < inputs.length; k++) {
    const length = lengthOf(inputs[k]);
    if (length === 0) return false; // There is nothing to repeat.
    if (length !== p) isEven = false;
    if (length > n) n = length;
    types.push(typeOf(inputs[k]));
  }
  if (n < FROM) return false;
  // Sums are of numbers that have not been rounded to float32.
  const sums = n > p ? new Float64Array(p) : undefined;
  if (sums) types[0] = FLOAT64;
  const { exact = formula } = formula;
  const kernel = kernelOf(
    wasm,
    heap,
    parameters.every(isFloat32) ? exact : formula,
    types,
  );
  if (kernel === undefined) return false;
  const { run, views } = kernel, [{ heap: own, width }] = views;
  const arrays: (Data | undefined)[] = [z, ...inputs];
  const most = CHUNK / width;
  let chunk = most;
  for (let k = 0; !isEven && k < arrays.length; k++) {
    const length = lengthOf(arrays[k]!);
    if (length === n) continue;
    // Chunks begin where the numbers that are repeated do.
    if (length > most) return false;
    if (chunk === most) chunk -= chunk % length;
    if (chunk % length > 0) return false;
  }
  for (let k = 1; !isEven && k < arrays.length; k++) {
    const x = arrays[k]!;
    if (lengthOf(x) === n) continue;
    const { heap, width } = views[k];
    repeat(x, heap, SLOTS[k] / width, Math.min(n, chunk + VECTOR));
    arrays[k] = undefined;
  }
  // Those of a chunk are added up first: in long sums, rounding errors add up, too.
  const part = sums && n > chunk ? new Float64Array(p) : sums;
  if (sums) arrays[0] = undefined;
  const args = [0, 0];
  for (let k = 0; k < inputs.length; k++) args.push(0);
  for (let k = 0; k < parameters.length; k++) args.push(parameters[k]);
  const first = SLOTS[0] / width;
  pass(views, n, chunk, arrays, SLOTS, (count, at) => {
    args[0] = at[0];
    args[1] = at[0] + count * width;
    for (let k = 0; k < inputs.length; k++) args[k + 2] = at[k + 1];
    run(...args as [number, number]);
    if (part && p === 1) part[0] += sumOf(own as Numbers, first, first + count);
    for (let i = 0; part && p > 1 && i < count; i += p) {
      addRow(part, own as Numbers, first + i, p);
    }
    if (!sums || !part || part === sums) return;
    addRow(sums, part, 0, p);
    fill(part, 0);
  });
  if (sums) write(z, sums);
  return true;
}

/** Writes to `mean` the mean of the results of a formula for many numbers, summed in
 * blocks; false if they are few, or as {@linkcode each}. */
export function meanEach(
  formula: Formula,
  mean: Numbers,
  inputs: readonly Data[],
  parameters: readonly number[] = [],
): boolean {
  if (lengthOf(inputs[0]) <= LONG) return false;
  const sum = new Float64Array(1);
  if (!each(formula, sum, inputs, parameters)) return false;
  mean[0] = sum[0] / lengthOf(inputs[0]);
  return true;
}

function addRow(sums: Numbers, x: Numbers, row: number, p: number): void {
  for (let k = 0; k < p; k++) sums[k] += x[row + k];
}

function isFloat32(value: number): boolean {
  return Math.fround(value) === value;
}

/** How many numbers along an axis, and behind it, a fold needs to pay. */
const FOLD_FROM = 2 ** 9;
const FOLD_ROW = 16;

/**
 * Writes to `z` what is left of the middle axis of an n×m×p tensor when a formula is
 * applied to what is left so far and the next number; false where it does not pay.
 */
export function fold(
  folding: Folding,
  z: Numbers,
  x: Numbers,
  n: number,
  m: number,
  p: number,
): boolean {
  return foldBy(platform.WebAssembly, heap(), folding, z, x, n, m, p);
}

/** As {@linkcode fold}, by what a platform has. */
export function foldBy(
  wasm: Wasm | undefined,
  heap: Heap | undefined,
  { start, one, four }: Folding,
  z: Numbers,
  x: Numbers,
  n: number,
  m: number,
  p: number,
): boolean {
  const width = widthOf(x), type = typeOf(x);
  // A result that is rounded stays in float64 until it is written.
  const ofSums = one.term.rounded > 0 ? FLOAT64 : type;
  const size = ofSums === FLOAT64 ? 8 : 4;
  if (p < FOLD_ROW || m * p < FOLD_FROM || p * size > CHUNK) return false;
  const step = kernelOf(wasm, heap, one, [ofSums, ofSums, type]);
  const fourTypes = [ofSums, ofSums, type, type, type, type];
  const stepFour = kernelOf(wasm, heap, four, fourTypes);
  if (step === undefined || stepFour === undefined) return false;
  const [sums, , own] = step.views;
  const at = SLOTS[0], first = at / size, row = p * width, end = at + p * size;
  const left = view(sums.heap as Numbers, first, first + p);
  const chunk = Math.floor(CHUNK / row) * p, views = [own, own];
  for (let i = 0; i < n; i++) {
    fill(left, start);
    const part = piece(x, i * m * p, (i + 1) * m * p);
    pass(views, m * p, chunk, [undefined, part], SLOTS, (count, [, from]) => {
      const to = from + count * width;
      for (; from + 4 * row <= to; from += 4 * row) {
        const [b, c, d] = [from + row, from + 2 * row, from + 3 * row];
        stepFour.run(at, end, at, from, b, c, d);
      }
      for (; from < to; from += row) step.run(at, end, at, from);
    });
    write(z, left, i * p);
  }
  return true;
}

/** The kernel of a formula for some element types: those of the result and of the
 * inputs. Undefined where there is none. */
function kernelOf(
  wasm: Wasm | undefined,
  heap: Heap | undefined,
  formula: Formula,
  types: readonly number[],
): Kernel | undefined {
  if (wasm === undefined || heap === undefined) return undefined;
  if (formula.kernels === undefined || formula.heap !== heap) {
    formula.kernels = new Map();
    formula.heap = heap;
  }
  let key = 1;
  for (let k = 0; k < types.length; k++) key = 8 * key + types[k];
  let kernel = formula.kernels.get(key);
  if (kernel === undefined && !formula.kernels.has(key)) {
    kernel = compile(wasm, heap, formula, types);
    formula.kernels.set(key, kernel);
  }
  return kernel;
}

/** Writes numbers again and again, from a place on, until there are enough. */
export function repeat(x: Data, to: Data, at: number, count: number): void {
  write(to, x, at);
  for (let made = lengthOf(x); made < count; made *= 2) {
    write(to, piece(to, at, at + Math.min(made, count - made)), at + made);
  }
}

/** Makes a kernel of a formula, unless the page forbids it. */
function compile(
  wasm: Wasm,
  { memory, heap32, heap64 }: Heap,
  formula: Formula,
  types: readonly number[],
): Kernel | undefined {
  try {
    const module = new wasm.Module(bytesFor(assemble(formula, types), memory));
    const { exports } = new wasm.Instance(module, { env: { memory } });
    const { run } = exports as Pick<Kernel, "run">;
    const views = types.map((type) => ({
      heap: [heap32, heap64][type] ?? new ARRAYS[TYPES[type]](memory.buffer),
      width: bytesOf(type),
    }));
    return { run, views };
  } catch {
    return undefined;
  }
}

/** The bytes of a module with a kernel of a formula for some element types. */
export function assemble(
  formula: Formula,
  types: readonly number[],
): Uint8Array<ArrayBuffer> {
  const { inputs, parameters, isFold } = formula;
  const isWide = types.includes(FLOAT64) || formula.term.rounded > 1;
  const kinds = types.map((type) => KINDS[TYPES[type]]);
  // Bytes of a vector's numbers in each array.
  const steps = types.map((type) => (isWide ? 2 : 4) * bytesOf(type));
  // The locals: addresses of the result, of its end and of the inputs; the parameters;
  // another address; the numbers of the inputs, and vectors of the parameters.
  const signature = [I32, I32, ...Array(inputs).fill(I32)];
  signature.push(...Array(parameters).fill(F64));
  const place = signature.length, first = place + 1;
  // Then come the numbers of the formula: V8 would make each of them anew for every
  // vector, in three instructions.
  const constants: number[] = [];
  const scope: Scope = {
    isWide,
    local(value) {
      let at = constants.findIndex((known) => Object.is(known, value));
      if (at < 0) at = constants.push(value) - 1;
      return first + inputs + parameters + at;
    },
  };
  const term = formula.term.code(scope);
  const local = (array: number) => array === 0 ? 0 : array + 1;
  const code: number[] = [];
  const emit = (...bytes: readonly number[]) => {
    for (let i = 0; i < bytes.length; i++) code.push(bytes[i]);
  };
  const constant = (n: number) => emit(CONST_I32, ...signedLeb(n));
  /** Computes one vector, this many after the current one. */
  const compute = (after: number) => {
    for (let array = 1; array < types.length; array++) {
      emit(GET, local(array), ...kinds[array].load(isWide));
      emit(0, ...leb(after * steps[array]), ...kinds[array].widen(isWide));
      emit(SET, first + array - 1);
    }
    emit(GET, 0, ...term);
    const isNarrowed = isWide && types[0] === FLOAT32;
    emit(...isNarrowed ? [...DEMOTE, ...STORE64] : STORE, 0);
    emit(...leb(after * steps[0]), ...isNarrowed ? [0] : []);
  };
  /** Takes all addresses on by this many vectors. */
  const advance = (count: number) => {
    for (let array = 0; array < types.length; array++) {
      emit(GET, local(array));
      constant(count * steps[array]);
      emit(ADD_I32, SET, local(array));
    }
  };
  emit(2, 1, I32, inputs + parameters + constants.length, V128);
  for (const value of constants) {
    emit(...CONST, ...bytesOfVector(value, isWide), SET, scope.local(value));
  }
  for (let i = 0; i < parameters; i++) {
    emit(GET, 2 + inputs + i, ...isWide ? SPLAT64 : [DEMOTE_F64, ...SPLAT32]);
    emit(SET, first + inputs + i);
  }
  // Four vectors at a time.
  emit(GET, 0, GET, 1);
  constant(UNROLLED * steps[0]);
  emit(SUB_I32, TEE, place, AT_MOST_I32, IF, NOTHING, LOOP, NOTHING);
  for (let k = 0; k < UNROLLED; k++) compute(k);
  advance(UNROLLED);
  emit(GET, 0, GET, place, AT_MOST_I32, BREAK_IF, 0, END, END);
  // What is left.
  emit(GET, 0, GET, 1, LESS_I32, IF, NOTHING, LOOP, NOTHING);
  if (!isFold) {
    emit(GET, 0);
    constant(steps[0]);
    emit(ADD_I32, TEE, place, GET, 1, ABOVE_I32, IF, NOTHING);
    // All addresses go back by as much as the vector would be too long.
    emit(GET, place, GET, 1, SUB_I32, SET, place);
    for (let array = 0; array < types.length; array++) {
      const shift = Math.clz32(steps[0]) - Math.clz32(steps[array]);
      emit(GET, local(array), GET, place);
      constant(Math.abs(shift));
      emit(shift < 0 ? SHR_I32 : SHL_I32, SUB_I32, SET, local(array));
    }
    emit(END);
  }
  compute(0);
  advance(1);
  emit(GET, 0, GET, 1, LESS_I32, BREAK_IF, 0, END, END, END);
  const section = (id: number, content: number[]) => [
    id,
    ...leb(content.length),
    ...content,
  ];
  const text = (value: string) => [
    value.length,
    ...[...value].map((letter) => letter.charCodeAt(0)),
  ];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, signature.length, ...signature, 0]),
    ...section(2, [1, ...text("env"), ...text("memory"), 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("run"), 0, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}

/** A vector of one number. */
function bytesOfVector(value: number, isWide: boolean): number[] {
  const Data = isWide ? Float64Array : Float32Array;
  return Array.from(
    new Uint8Array(new Data(isWide ? 2 : 4).fill(value).buffer),
  );
}

/** An unsigned integer, seven bits a byte, the lowest first. */
function leb(n: number): number[] {
  return n < 128 ? [n] : [n & 127 | 128, ...leb(n >>> 7)];
}

/** A small integer that is not negative, as instructions read a signed one. */
function signedLeb(n: number): number[] {
  return n < 64 ? [n] : [n & 127 | 128, ...signedLeb(n >>> 7)];
}
