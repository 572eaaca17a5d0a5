// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # One formula for each element
 *
 * Many operations compute each number of their result from one number of each input:
 * a sum, a comparison, a choice between two numbers. A loop computes one number at a
 * time. Where it chooses by the sign of a number, the processor guesses the choice, and
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
 *          next, unless it is the last
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
 * **Rows.** An input that is shorter than the result, such as a bias, is repeated. A
 * chunk consists of whole rows, so the repetition is as long as a chunk, and serves all
 * of them.
 *
 * **Folds.** The sum of the rows of a matrix is a formula, too: of the row of sums so
 * far and the next row. The formula is applied four times in one pass, so the sums are
 * loaded and stored once for four rows. Sums and products stay in float64 from row to
 * row, and take the numbers in the same order as the loop.
 *
 * **The end.** The loop computes whole vectors. If numbers are left over, the last four
 * numbers, or two, are computed as one more vector, some of them for the second time. So
 * nothing is written beyond a result in an arena. A fold writes to memory of its own, so
 * its last vector may be longer than the row.
 *
 * **What limits it.** Without an arena, a kernel reads copies of its inputs, and its
 * result is copied to another array. On two cores of an AMD EPYC, the absolute values
 * of 1e5 float32 numbers take 25 µs where they lie, which is the speed of the second
 * level of the cache, and 43 µs with both copies; a plain loop takes 42 to 66 µs. A
 * sum of two arrays takes 30, 57 and 66 to 88 µs. So there is no size from 64 numbers
 * on at which a plain loop would be faster. But a new array for the result takes 40 µs
 * more, as it is cleared, and its memory has left the cache since it was last used.
 * Peers that manage their memory themselves need no new array, and neither does a call
 * in an arena, or with `out`.
 *
 * @module
 */

import {
  type Data,
  fill,
  lengthOf,
  type Numbers,
  piece,
  view,
  widthOf,
  write,
} from "../core/arrays.ts";
import {
  bytesFor,
  type Heap,
  heapOf,
  platform,
  type Wasm,
} from "./platform.ts";
import { pass, resident, START } from "./resident.ts";

/** A number of a formula: how it is computed, on the stack. */
export interface Term {
  /** The bytes that leave it on the stack, as four float32 or as two float64. */
  readonly code: (wide: boolean) => readonly number[];
  /** How often it has been rounded at most. */
  readonly rounded: number;
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
  kernels?: Kernels | undefined;
  /** The memory that they compute in. */
  heap?: Heap | undefined;
}

/** Writes to `out` up to `end` bytes, from the inputs, whose addresses come next, and
 * the parameters. */
type Kernel = (out: number, end: number, ...more: number[]) => void;

interface Kernels {
  float32: Kernel;
  float64: Kernel;
}

/** From so many numbers on the vectors are faster. */
const FROM = 64;

/** Bytes of a chunk of one array. */
const CHUNK = 2 ** 16;

/** Bytes of a vector. */
const VECTOR = 16;

/** From one array to the next: not a power of 2, as such addresses share a place in
 * the cache. */
const STRIDE = CHUNK + 192;

/** Where the chunks stand of the result and of up to four inputs. */
const SLOTS = [0, 1, 2, 3, 4].map((k) => START + k * STRIDE);
const BYTES = 6 * CHUNK;

// Instructions; those after 0xfd are of vectors.
const [GET, SET, LOOP, BREAK_IF, END] = [0x20, 0x21, 0x03, 0x0d, 0x0b];
const [ADD_I32, LESS_I32, CONST_I32] = [0x6a, 0x49, 0x41];
const [I32, F64, V128] = [0x7f, 0x7c, 0x7b];
const vector = (code: number) => [0xfd, ...leb(code)];
const [LOAD, LOAD64, STORE, STORE64] = [0, 0x5d, 0x0b, 0x5b].map(vector);
const [DEMOTE, PROMOTE] = [0x5e, 0x5f].map(vector), DEMOTE_F64 = 0xb6;
const [AND, OR, SELECT] = [0x4e, 0x50, 0x52].map(vector);
const [CONST, SPLAT32, SPLAT64] = [0x0c, 0x13, 0x14].map(vector);

/** An instruction of two numbers, or of one: of float32, and of float64. */
function instruction(
  code32: number,
  code64: number,
  roundedOf: (rounded: number) => number,
): (...values: Value[]) => Term {
  const [narrow, wide] = [vector(code32), vector(code64)];
  return (...values) => {
    const terms = values.map(termOf);
    return {
      code: (isWide) => [
        ...terms.flatMap(({ code }) => code(isWide)),
        ...isWide ? wide : narrow,
      ],
      rounded: roundedOf(Math.max(...terms.map(({ rounded }) => rounded))),
    };
  };
}

/** A number that is written in the formula. */
function termOf(value: Value): Term {
  if (typeof value !== "number") return value;
  const bytes = (isWide: boolean) =>
    new Uint8Array(
      isWide
        ? Float64Array.of(value, value).buffer
        : Float32Array.of(value, value, value, value).buffer,
    );
  return {
    code: (isWide) => [...CONST, ...bytes(isWide)],
    rounded: Math.fround(value) === value ? 0 : NOT_NARROW,
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
export const root = instruction(0xe3, 0xef, more);
/** `−a`. */
export const negative = instruction(0xe1, 0xed, same);
/** `|a|`. */
export const magnitude = instruction(0xe0, 0xec, same);
/** `Math.max(a, b)`: NaN if one is NaN, and −0 is below 0. It takes seven instructions of
 * the processor. */
export const most = instruction(0xe9, 0xf5, same);
/** `b < a ? b : a`: a if one is NaN. It takes one instruction of the processor. */
export const lowered = instruction(0xea, 0xf6, exact);
/** `a < b ? b : a`. */
export const raised = instruction(0xeb, 0xf7, exact);

/**
 * `Math.min(a, b)`, in three instructions of the processor: the bits that are in either
 * of the two ways to compare. Both are the smaller number; or one is 0 and the other
 * −0, which together are −0; or one is NaN, which further bits leave NaN.
 */
export function least(a: Value, b: Value): Term {
  const [x, y] = [lowered(a, b), lowered(b, a)];
  return {
    code: (isWide) => [...x.code(isWide), ...y.code(isWide), ...OR],
    rounded: Math.max(termOf(a).rounded, termOf(b).rounded),
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
    code: (isWide) => [
      ...x.code(isWide),
      ...y.code(isWide),
      ...mask.code(isWide),
      ...SELECT,
    ],
    rounded: Math.max(x.rounded, y.rounded, mask.rounded),
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
      code: (
        isWide,
      ) => [...a.mask.code(isWide), ...b.mask.code(isWide), ...how],
      rounded: Math.max(a.mask.rounded, b.mask.rounded),
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
  }));
  const of = (rounded: number): Formula => {
    const others = Array.from({ length: parameters }, (_, i): Term => ({
      code: () => [GET, first + inputs + i],
      rounded,
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

/** A formula of what is left so far and the next number, for {@linkcode fold}. */
export function folding(
  start: number,
  step: (left: Term, next: Term) => Term,
): Folding {
  const four = formula((c, x, y, z, t) =>
    step(step(step(step(c, x), y), z), t)
  );
  return {
    start,
    one: { ...formula((c, x) => step(c, x)), isFold: true },
    four: { ...four, isFold: true },
  };
}

const heap = resident((memory) => heapOf(platform.WebAssembly, BYTES, memory));

/**
 * Writes to `z` what a formula says of the inputs and of the parameters; false where
 * there are no vectors, or it does not pay. An input that is shorter than others is
 * repeated. Where `z` is shorter, it gets the sums over what would be repeated.
 */
export function each(
  formula: Formula,
  z: Numbers,
  inputs: readonly Data[],
  parameters: readonly number[] = [],
): boolean {
  return eachBy(platform.WebAssembly, heap(), formula, z, inputs, parameters);
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
  const p = lengthOf(z);
  let n = p, isEven = true;
  for (let k = 0; k < inputs.length; k++) {
    const length = lengthOf(inputs[k]);
    if (length === 0) return false; // There is nothing to repeat.
    if (length !== p) isEven = false;
    if (length > n) n = length;
  }
  if (n < FROM) return false;
  // Sums are of numbers that have not been rounded to float32.
  const width = n > p ? 8 : widthOf(z), most = CHUNK / width;
  const { exact = formula } = formula;
  const kernel = kernelOf(
    wasm,
    heap,
    parameters.every(isFloat32) ? exact : formula,
    width,
  );
  if (kernel === undefined) return false;
  const own = width === 8 ? heap!.heap64 : heap!.heap32;
  const arrays: (Data | undefined)[] = [z, ...inputs];
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
    repeat(x, own, SLOTS[k] / width, Math.min(n, chunk + VECTOR));
    arrays[k] = undefined;
  }
  // Those of a chunk are added up first: in long sums, rounding errors add up, too.
  const sums = n > p ? new Float64Array(p) : undefined;
  const part = n > chunk ? sums?.slice() : sums;
  if (sums) arrays[0] = undefined;
  const args = [0, 0];
  for (let k = 0; k < inputs.length; k++) args.push(0);
  for (let k = 0; k < parameters.length; k++) args.push(parameters[k]);
  pass(own, n, chunk, arrays, SLOTS, (count, at) => {
    for (let k = 0; k < inputs.length; k++) args[k + 2] = at[k + 1];
    run(kernel, count * width, at[0], inputs.length, args);
    const first = SLOTS[0] / width;
    for (let i = 0; part && i < count; i += p) addRow(part, own, first + i, p);
    if (!sums || !part || part === sums) return;
    addRow(sums, part, 0, p);
    fill(part, 0);
  });
  if (sums) write(z, sums);
  return true;
}

function addRow(sums: Numbers, x: Numbers, row: number, p: number): void {
  for (let k = 0; k < p; k++) sums[k] += x[row + k];
}

function isFloat32(value: number): boolean {
  return Math.fround(value) === value;
}

/** From so many numbers along an axis and behind it on a fold pays. */
const FOLD_FROM = 2 ** 12;

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
  const width = widthOf(x);
  // What is rounded is float64 until it is written.
  const isWide = width === 8 || one.term.rounded > 0;
  if (p < FROM || m * p < FOLD_FROM || p * (isWide ? 8 : width) > CHUNK) {
    return false;
  }
  const step = kernelOf(wasm, heap, one, width);
  const stepFour = kernelOf(wasm, heap, four, width);
  if (step === undefined || stepFour === undefined) return false;
  const { heap32, heap64 } = heap!;
  const own = width === 8 ? heap64 : heap32, sums = isWide ? heap64 : heap32;
  const at = SLOTS[0], first = at / widthOf(sums), row = p * width;
  const left = view(sums, first, first + p);
  const chunk = Math.floor(CHUNK / row) * p;
  for (let i = 0; i < n; i++) {
    fill(left, start);
    const part = piece(x, i * m * p, (i + 1) * m * p);
    pass(own, m * p, chunk, [undefined, part], SLOTS, (count, [, from]) => {
      const end = from + count * width;
      for (; from + 4 * row <= end; from += 4 * row) {
        const [b, c, d] = [from + row, from + 2 * row, from + 3 * row];
        stepFour(at, row, at, from, b, c, d);
      }
      for (; from < end; from += row) step(at, row, at, from);
    });
    write(z, left, i * p);
  }
  return true;
}

/** A kernel of a formula; undefined where it has none. */
function kernelOf(
  wasm: Wasm | undefined,
  heap: Heap | undefined,
  formula: Formula,
  width: number,
): Kernel | undefined {
  if (wasm === undefined || heap === undefined) return undefined;
  if (formula.heap !== heap) {
    formula.kernels = compile(wasm, heap, formula);
    formula.heap = heap;
  }
  return width === 8 ? formula.kernels?.float64 : formula.kernels?.float32;
}

/** Runs a kernel on so many bytes: of `args`, the first two are set, and then come the
 * addresses of the inputs. */
function run(
  kernel: Kernel,
  bytes: number,
  out: number,
  inputs: number,
  args: number[],
): void {
  const rest = bytes % VECTOR;
  args[0] = out;
  args[1] = bytes - rest;
  kernel(...args as Parameters<Kernel>);
  if (rest === 0) return;
  const last = bytes - VECTOR;
  args[0] = out + last;
  args[1] = VECTOR;
  for (let k = 2; k < inputs + 2; k++) args[k] += last;
  kernel(...args as Parameters<Kernel>);
}

/** Writes numbers again and again, from a place on, until there are enough. */
export function repeat(x: Data, to: Numbers, at: number, count: number): void {
  write(to, x, at);
  for (let made = lengthOf(x); made < count; made *= 2) {
    write(to, view(to, at, at + Math.min(made, count - made)), at + made);
  }
}

/** Makes the kernels of a formula, unless the page forbids it. */
function compile(
  wasm: Wasm,
  { memory }: Heap,
  formula: Formula,
): Kernels | undefined {
  try {
    const module = new wasm.Module(bytesFor(assemble(formula), memory));
    const { exports } = new wasm.Instance(module, { env: { memory } });
    return exports as Kernels;
  } catch {
    return undefined;
  }
}

/** The bytes of a module with a kernel for each element type. */
export function assemble(
  { inputs, parameters, term, isFold }: Formula,
): Uint8Array<ArrayBuffer> {
  const types = [I32, I32, ...Array(inputs).fill(I32)];
  types.push(...Array(parameters).fill(F64));
  const place = types.length, first = place + 1;
  const body = (isFloat64: boolean) => {
    const isWide = isFloat64 || term.rounded > (isFold ? 0 : 1);
    const isWidened = isWide && !isFloat64;
    // Of a fold, the result and the first input stay wide.
    const isNarrow = (local: number) =>
      isWidened && !(isFold && (local === 0 || local === 2));
    const next = [GET, place, ADD_I32];
    const address = (local: number) => [
      ...[GET, local, ...next],
      ...isWidened && !isNarrow(local) ? next : [],
    ];
    const code = [
      ...[2, 1, I32, inputs + parameters, V128],
      ...Array.from({ length: parameters }, (_, i) => [
        ...[GET, 2 + inputs + i],
        ...isWide ? SPLAT64 : [DEMOTE_F64, ...SPLAT32],
        ...[SET, first + inputs + i],
      ]).flat(),
      ...[LOOP, 0x40],
      ...Array.from({ length: inputs }, (_, i) => [
        ...address(2 + i),
        ...isNarrow(2 + i) ? [...LOAD64, 0, 0, ...PROMOTE] : [...LOAD, 0, 0],
        ...[SET, first + i],
      ]).flat(),
      ...address(0),
      ...term.code(isWide),
      ...isNarrow(0) ? [...DEMOTE, ...STORE64, 0, 0, 0] : [...STORE, 0, 0],
      ...[GET, place, CONST_I32, isWidened ? 8 : 16, ADD_I32, SET, place],
      ...[GET, place, GET, 1, LESS_I32, BREAK_IF, 0],
      ...[END, END],
    ];
    return [...leb(code.length), ...code];
  };
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
    ...section(1, [1, 0x60, types.length, ...types, 0]),
    ...section(2, [1, ...text("env"), ...text("memory"), 2, 0, 1]),
    ...section(3, [2, 0, 0]),
    ...section(7, [2, ...text("float32"), 0, 0, ...text("float64"), 0, 1]),
    ...section(10, [2, ...body(false), ...body(true)]),
  ]);
}

/** An unsigned integer, seven bits a byte, the lowest first. */
function leb(n: number): number[] {
  return n < 128 ? [n] : [n & 127 | 128, ...leb(n >>> 7)];
}
