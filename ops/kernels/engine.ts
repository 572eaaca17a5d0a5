// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Calling the SIMD kernel
 *
 * WebAssembly computes in a memory of its own, so the operands are copied in and
 * the result is copied out:
 *
 * ```text
 *   ┌───────────────┬─────┬─────┬─────┬──────┐
 *   │ packed blocks │  X  │  Y  │  Z  │ bias │
 *   └───────────────┴─────┴─────┴─────┴──────┘
 *                      ↑     ↑     ↓     ↑
 *                    x.data y.data z.data bias
 * ```
 *
 * For $`m \times n`$ by $`n \times p`$ that is $`mn + np + mp`$ numbers copied
 * for $`mnp`$ multiply-adds: a few percent of the time of a large product, but a
 * third at 16×16. Each operand is copied in its own layout, even a transposed
 * one. A copy may change the element type: float32 numbers that become float64 on
 * the way are summed in float64, and rounded once, when the result is copied out.
 *
 * Tensors that lie in the memory already, as those of an arena do, are used in
 * place.
 *
 * The sizes determine the place of everything. For small products the places are
 * kept, because a training step computes the same products again and again.
 *
 * The memory grows to what the largest product needed, up to 64 MB. Larger
 * products are worked through in pieces, and pieces that follow one another along
 * $`n`$ are added up: some columns of $`X`$ times as many rows of $`Y`$, and then
 * the next. Thin matrices, whose numbers are used a few times only, are worked
 * through in pieces of 1 MB, which are still in the cache when they are read.
 *
 * Pieces along $`n`$ are whole blocks of 256, so how a sum is grouped follows from the sizes
 * alone, and the bits are the same with any number of threads.
 *
 * If the memory cannot grow, the blocked kernel takes over.
 *
 * @module
 */

import {
  bufferOf,
  copy,
  hasLength,
  offsetOf,
  view,
  widthOf,
  write,
} from "../core/arrays.ts";
import type { Numbers } from "../core/arrays.ts";
import { type Matrix, transpose } from "./matrix.ts";
import { type Memory, PAGE } from "./platform.ts";
import { FEW_COLUMNS, FEW_ROWS, isThin } from "./thin.ts";

/**
 * The product of an `m×n` and an `n×p` matrix in the memory of WebAssembly; all
 * addresses and steps are in bytes. The numbers at `base` are added, unless it is
 * 0: it is the result so far, or a row that is added to every row.
 */
export type Gemm = (
  m: number,
  n: number,
  p: number,
  x: number,
  xRowStep: number,
  xColStep: number,
  y: number,
  yRowStep: number,
  yColStep: number,
  z: number,
  zStep: number,
  base: number,
  baseStep: number,
  form: number,
  space: number,
) => void;

/** What threads need besides: room for the packed Y, 0 where there is none, and the
 * piece of `x` that begins at row `i` and column `j`, as they copy it in themselves,
 * unless it lies in the memory. */
export type Ahead = [
  packedAt: number,
  x: Matrix | undefined,
  i: number,
  j: number,
];

type Multiply = (...job: [...Parameters<Gemm>, ...Ahead]) => void;

/** A memory, and what multiplies in it. */
export interface Engine {
  readonly memory: Memory;
  readonly gemm32: Multiply;
  readonly gemm64: Multiply;
  /** Whether it has threads, which pack all of Y while X is copied. */
  readonly hasThreads: boolean;
  /** How many terms of a sum its kernel adds up before it stores them: pieces are
   * some of these. */
  readonly depth: number;
  /** The place of the operands: before it is the space of the packed blocks. */
  readonly start: number;
  /** The first place of tensors that are used in place; infinite if there are none. */
  readonly from: number;
  /** Bytes of operands and result that are worked on at once, at most. */
  readonly limit: number;
  heap32: Float32Array;
  heap64: Float64Array;
  /** The plans of small products that were made last. */
  readonly plans: (Plan | undefined)[];
}

/** The plan of a small product: what follows from its sizes and layouts. Working it
 * out each time would take a tenth of the time of a product of 16×16. */
interface Plan {
  /** What it is for. */
  readonly heap: Numbers;
  readonly m: number;
  readonly n: number;
  readonly p: number;
  readonly xAsIs: boolean;
  readonly yAsIs: boolean;
  /** The places of the operands if they are copied, and a view of the result. */
  readonly xAt: number;
  readonly yAt: number;
  readonly biasAt: number;
  readonly result: Numbers;
  /** The buffer of the heap: asking for it takes 20 ns. */
  readonly buffer: ArrayBuffer;
  /** What the kernel is told, in bytes. */
  readonly x: number;
  readonly xRowStep: number;
  readonly xColStep: number;
  readonly y: number;
  readonly yRowStep: number;
  readonly yColStep: number;
  readonly z: number;
  readonly zStep: number;
  readonly bias: number;
  readonly form: number;
}

/** How many plans are kept, and how many numbers of operands and result are few. */
const PLANS = 16, FEW = 2 ** 14;

/** Bytes of the packed blocks and of the tile at the edge: see `simd.as.ts`. */
export const SPACE = 0x160000;

/** The limit of every engine. */
export const LIMIT = 2 ** 26;

/** The depth of a block of the kernel: see `simd.as.ts`. */
export const DEPTH = 256;
/** With fewer multiply-adds than this for each number that is copied, a piece has at
 * most this many bytes: what is copied in is then still in the cache when it is read. */
const THIN = 8, CHUNK = 2 ** 20;
/** Shorter rows are copied number by number: a view takes longer. */
const SHORT = 32;

/** Numbers that the packed Y may have beyond each of its rows and columns. */
const PADDING = 8;

/** With fewer rows than this for each thread, threads make columns instead, and
 * nothing is packed ahead. */
export const ROWS_PER_THREAD = 24;

/** Rows of X, and numbers in Y, up to which packing Y would cost more than it
 * saves. */
const SOME_ROWS = 24, SMALL = 2 ** 14;
/** The forms of Y, as in `simd.as.ts`: to be packed, or read in place. */
export const TO_PACK = 0;
export const IN_PLACE = 1;

/** Numbers between two operands, or up to 15 less: at its end, the kernel loads
 * whole vectors. */
const SLACK = 64;

/**
 * Writes the product of `x` and `y`, plus `bias` on every row, into `z`; false
 * if there is no memory to do it in. The work is done on numbers of `size` bytes:
 * where that is 8, float32 numbers become float64 as they are copied in, and are
 * rounded as they are copied out.
 */
export function compute(
  engine: Engine,
  x: Matrix,
  y: Matrix,
  z: Numbers,
  bias: Numbers | undefined,
  size: number = widthOf(z),
): boolean {
  if (computeSmall(engine, x, y, z, bias, size)) return true;
  if (computeInPlace(engine, x, y, z, bias, size)) return true;
  // A piece of the work, m×n by n×p. Halving the longest side keeps the most
  // flops for each byte that is copied. Along n, a piece is some blocks, which the
  // kernel adds up one after the other anyway: the bits are those of one piece,
  // whatever room there is.
  let m = x.rows, n = x.cols, p = y.cols;
  const { hasThreads, depth } = engine;
  const isThin = m * n * p < THIN * (m * n + n * p + m * p);
  const limit = isThin ? Math.min(CHUNK, engine.limit) : engine.limit;
  while ((m * n + n * p + (m + 1) * p) * size > limit) {
    if (n > depth && n >= m && n >= p) n = Math.ceil(n / 2 / depth) * depth;
    else if (m >= p) m = Math.ceil(m / 2);
    else p = Math.ceil(p / 2);
  }
  const xAt = engine.start / size;
  const yAt = after(xAt + m * n);
  const zAt = after(yAt + n * p);
  const biasAt = after(zAt + m * p);
  const packedAt = after(biasAt + p);
  const end = (packedAt + (hasThreads ? packedSize(m, n, p) : 0)) * size;
  // Without asking for a length, which others may have patched.
  if (engine.heap32[end / 4 - 1] === undefined && !grow(engine, end)) {
    return false;
  }
  const xAsIs = isRowMajor(x), yAsIs = isRowMajor(y);
  const heap = size === 4 ? engine.heap32 : engine.heap64;
  const gemm = size === 4 ? engine.gemm32 : engine.gemm64;

  for (let k = 0; k < y.cols; k += p) {
    const cols = Math.min(p, y.cols - k);
    if (bias !== undefined) {
      write(heap, cols === y.cols ? bias : view(bias, k, k + cols), biasAt);
    }
    for (let i = 0; i < x.rows; i += m) {
      const rows = Math.min(m, x.rows - i);
      for (let j = 0; j < x.cols; j += n) {
        const terms = Math.min(n, x.cols - j);
        const base = j > 0 ? zAt : bias !== undefined ? biasAt : 0;
        copyIn(heap, yAt, y, j, k, terms, cols);
        if (!hasThreads) copyIn(heap, xAt, x, i, j, rows, terms);
        // deno-fmt-ignore
        gemm(
          rows, terms, cols,
          xAt * size, (xAsIs ? terms : 1) * size, (xAsIs ? 1 : rows) * size,
          yAt * size, (yAsIs ? cols : 1) * size, (yAsIs ? 1 : terms) * size,
          zAt * size, cols * size,
          base * size, j > 0 ? cols * size : 0,
          formOf(x, y, size, rows, terms, cols), 0,
          packedAt * size, x, i, j,
        );
      }
      copyOut(heap, zAt, z, i, k, rows, cols, y.cols);
    }
  }
  return true;
}

/** As {@linkcode compute}, for a product of few numbers on one thread; else false. */
function computeSmall(
  engine: Engine,
  x: Matrix,
  y: Matrix,
  z: Numbers,
  bias: Numbers | undefined,
  size: number,
): boolean {
  const plan = planOf(engine, x, y, size);
  if (plan === undefined) return false;
  const { heap, buffer } = plan;
  let xIn = 0, yIn = 0, zIn = 0;
  if (engine.from !== Infinity) { // Most have no such tensors.
    xIn = addressIn(engine, x.data, size, buffer);
    yIn = addressIn(engine, y.data, size, buffer);
    zIn = addressIn(engine, z, size, buffer);
  }
  if (xIn === 0) copyWhole(heap, plan.xAt, x);
  if (yIn === 0) copyWhole(heap, plan.yAt, y);
  if (bias !== undefined) copy(heap, bias, plan.biasAt);
  const gemm = size === 4 ? engine.gemm32 : engine.gemm64;
  // deno-fmt-ignore
  gemm(
    plan.m, plan.n, plan.p,
    xIn === 0 ? plan.x : xIn,
    xIn === 0 ? plan.xRowStep : x.rowStep * size, xIn === 0 ? plan.xColStep : x.colStep * size,
    yIn === 0 ? plan.y : yIn,
    yIn === 0 ? plan.yRowStep : y.rowStep * size, yIn === 0 ? plan.yColStep : y.colStep * size,
    zIn === 0 ? plan.z : zIn, plan.zStep,
    bias === undefined ? 0 : plan.bias, 0,
    plan.form, 0,
    0, xIn === 0 ? x : undefined, 0, 0,
  );
  if (zIn === 0) copy(z, plan.result, 0);
  return true;
}

/** Copies all of a matrix as it is stored. */
function copyWhole(heap: Numbers, at: number, a: Matrix): void {
  // If there are more numbers, they may lie between the rows.
  if (a.data[a.rows * a.cols] === undefined) copy(heap, a.data, at);
  else copyIn(heap, at, a, 0, 0, a.rows, a.cols);
}

/** The plan of a product; undefined if it is not small, or there is no room. */
function planOf(
  engine: Engine,
  x: Matrix,
  y: Matrix,
  size: number,
): Plan | undefined {
  const { plans } = engine;
  const m = x.rows, n = x.cols, p = y.cols;
  const xAsIs = isRowMajor(x), yAsIs = isRowMajor(y);
  const at = (m + 3 * n + 5 * p + (xAsIs ? 0 : 2) + (yAsIs ? 0 : 4)) % PLANS;
  const plan = plans[at];
  const heap = size === 4 ? engine.heap32 : engine.heap64;
  if (
    plan !== undefined && plan.heap === heap && plan.m === m && plan.n === n &&
    plan.p === p && plan.xAsIs === xAsIs && plan.yAsIs === yAsIs
  ) return plan;
  const numbers = m * n + n * p + (m + 1) * p;
  if (
    engine.hasThreads || numbers > FEW || numbers * size > engine.limit
  ) return undefined;
  return plans[at] = planFor(engine, x, y, size);
}

/** A new plan. */
function planFor(
  engine: Engine,
  x: Matrix,
  y: Matrix,
  size: number,
): Plan | undefined {
  const m = x.rows, n = x.cols, p = y.cols;
  const xAsIs = isRowMajor(x), yAsIs = isRowMajor(y);
  const xAt = engine.start / size;
  const yAt = after(xAt + m * n);
  const zAt = after(yAt + n * p);
  const biasAt = after(zAt + m * p);
  if (!hasRoom(engine, after(biasAt + p) * size)) return undefined;
  const heap = size === 4 ? engine.heap32 : engine.heap64;
  // deno-fmt-ignore
  return {
    heap, m, n, p, xAsIs, yAsIs, xAt, yAt, biasAt,
    result: view(heap, zAt, zAt + m * p), buffer: bufferOf(heap),
    x: xAt * size, xRowStep: (xAsIs ? n : 1) * size, xColStep: (xAsIs ? 1 : m) * size,
    y: yAt * size, yRowStep: (yAsIs ? p : 1) * size, yColStep: (yAsIs ? 1 : n) * size,
    z: zAt * size, zStep: p * size, bias: biasAt * size,
    form: formOf(x, y, size, m, n, p),
  };
}

/** As {@linkcode compute}, where some of the operands and the result lie in the
 * memory already, and there is room for the others; else false. */
function computeInPlace(
  engine: Engine,
  x: Matrix,
  y: Matrix,
  z: Numbers,
  bias: Numbers | undefined,
  size: number,
): boolean {
  if (engine.from === Infinity) return false; // Most have no such tensors.
  const buffer = bufferOf(engine.heap32); // Asking for it takes 20 ns.
  const xIn = addressIn(engine, x.data, size, buffer);
  const yIn = addressIn(engine, y.data, size, buffer);
  const zIn = addressIn(engine, z, size, buffer);
  if (xIn === 0 && yIn === 0 && zIn === 0) return false;
  const m = x.rows, n = x.cols, p = y.cols;
  const heap = size === 4 ? engine.heap32 : engine.heap64;
  const xAt = engine.start / size;
  const yAt = after(xAt + (xIn === 0 ? m * n : 0));
  const zAt = after(yAt + (yIn === 0 ? n * p : 0));
  const biasAt = after(zAt + (zIn === 0 ? m * p : 0));
  if ((biasAt + p) * size > engine.start + engine.limit) return false;
  const { hasThreads } = engine;
  const packedAt = after(biasAt + p);
  const packedEnd = (packedAt + packedSize(m, n, p)) * size;
  const isRoom = hasThreads && packedEnd <= engine.start + 2 * engine.limit;
  const xAsIs = isRowMajor(x), yAsIs = isRowMajor(y);
  if (xIn === 0 && !hasThreads) copyIn(heap, xAt, x, 0, 0, m, n);
  if (yIn === 0) copyIn(heap, yAt, y, 0, 0, n, p);
  if (bias !== undefined) write(heap, bias, biasAt);
  const gemm = size === 4 ? engine.gemm32 : engine.gemm64;
  // deno-fmt-ignore
  gemm(
    m, n, p,
    xIn === 0 ? xAt * size : xIn,
    (xIn > 0 ? x.rowStep : xAsIs ? n : 1) * size, (xIn > 0 ? x.colStep : xAsIs ? 1 : m) * size,
    yIn === 0 ? yAt * size : yIn,
    (yIn > 0 ? y.rowStep : yAsIs ? p : 1) * size, (yIn > 0 ? y.colStep : yAsIs ? 1 : n) * size,
    zIn === 0 ? zAt * size : zIn, p * size,
    bias === undefined ? 0 : biasAt * size, 0,
    formOf(x, y, size, m, n, p), 0,
    isRoom ? packedAt * size : 0, xIn === 0 ? x : undefined, 0, 0,
  );
  if (zIn === 0) copyOut(heap, zAt, z, 0, 0, m, p, p);
  return true;
}

/** How the kernel is to read Y, of a piece of this many rows, terms and columns. */
function formOf(
  x: Matrix,
  y: Matrix,
  size: number,
  rows: number,
  terms: number,
  cols: number,
): number {
  if (isThin(y.cols, x.cols, x.rows, size)) return FEW_COLUMNS;
  if (isThin(x.rows, x.cols, y.cols, size)) return FEW_ROWS;
  const isSmall = rows <= SOME_ROWS || terms * cols <= SMALL;
  return isRowMajor(y) && isSmall ? IN_PLACE : TO_PACK;
}

/** The place of numbers of this many bytes each in the memory, or 0; its buffer, if it
 * has been read already. */
export function addressIn(
  { from, heap32 }: Pick<Engine, "from" | "heap32">,
  data: Numbers,
  size: number,
  buffer?: ArrayBuffer,
): number {
  const at = offsetOf(data);
  return at >= from && bufferOf(data) === (buffer ?? bufferOf(heap32)) &&
      widthOf(data) === size
    ? at
    : 0;
}

/** Numbers that the packed Y takes at most: where it is packed ahead, for two
 * threads or more that make rows, no more than all the rest. */
function packedSize(m: number, n: number, p: number): number {
  return m < 2 * ROWS_PER_THREAD ? 0 : (n + PADDING) * (p + PADDING);
}

/** The next place for an operand, at the start of a cache line. */
export function after(at: number): number {
  return (at + SLACK) & ~15;
}

/** Whether there is room for this many bytes, or can be made. */
export function hasRoom(engine: Engine, bytes: number): boolean {
  // Without asking for a length, which others may have patched.
  return engine.heap32[bytes / 4 - 1] !== undefined || grow(engine, bytes);
}

/** Makes room for this many bytes; false if there is none. */
export function grow(engine: Engine, bytes: number): boolean {
  const { memory } = engine;
  try {
    memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / PAGE));
  } catch {
    return false;
  }
  engine.heap32 = new Float32Array(memory.buffer);
  engine.heap64 = new Float64Array(memory.buffer);
  return true;
}

/** Whether a row is stored as it is: if not, then a column is. */
function isRowMajor(a: Matrix): boolean {
  return a.colStep === 1;
}

/** Copies a piece as it is stored. */
export function copyIn(
  heap: Numbers,
  at: number,
  a: Matrix,
  i: number,
  j: number,
  rows: number,
  cols: number,
): void {
  if (!isRowMajor(a)) copyIn(heap, at, transpose(a), j, i, cols, rows);
  else if (hasLength(a.data, rows * cols)) write(heap, a.data, at);
  else {
    copyRows(a.data, i * a.rowStep + j, a.rowStep, heap, at, cols, rows, cols);
  }
}

/** Copies rows of numbers; of those that follow one another, all at once. */
function copyRows(
  from: Numbers,
  at: number,
  step: number,
  to: Numbers,
  toAt: number,
  toStep: number,
  rows: number,
  cols: number,
): void {
  if (step === cols && toStep === cols) {
    write(to, view(from, at, at + rows * cols), toAt);
  } else if (cols < SHORT) {
    for (let r = 0; r < rows; r++, at += step, toAt += toStep) {
      for (let c = 0; c < cols; c++) to[toAt + c] = from[at + c];
    }
  } else {
    for (let r = 0; r < rows; r++, at += step, toAt += toStep) {
      write(to, view(from, at, at + cols), toAt);
    }
  }
}

/** Copies a piece of the result, of rows that have `p` columns. */
function copyOut(
  heap: Numbers,
  at: number,
  z: Numbers,
  i: number,
  k: number,
  rows: number,
  cols: number,
  p: number,
): void {
  if (cols === p) {
    write(z, view(heap, at, at + rows * cols), i * p);
    return;
  }
  copyRows(heap, at, cols, z, i * p + k, p, rows, cols);
}
