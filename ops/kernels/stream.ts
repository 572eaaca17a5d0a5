// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # One pass over memory
 *
 * A sum and a bias do one addition for each number that they read. The arithmetic
 * costs next to nothing: what counts is how many bytes pass in a second, and the
 * yardstick is a plain copy.
 *
 * **Chains.** An addition takes several cycles, and the next one to the same sum
 * waits for it. Eight sums that do not wait for each other keep the core busy.
 * The numbers are taken in blocks of 1024, and each half of a block has four
 * chains:
 *
 * ```text
 *   first half   x0 x1 x2 x3 │ x4 x5 x6 x7 │ …     a + c ┐
 *   chains        a  b  c  d    a  b  c  d         b + d ┴ + ┐
 *                                                            + ── block
 *   second half  x512 …                            likewise ───┘
 * ```
 *
 * The sums of the blocks are added in order, in float64 throughout. In a sum of
 * $`t`$ numbers no term goes through more than about $`t / 1024 + 131`$
 * additions, and the error is at most that many half units in the last place of
 * float64, times $`\sum_i \lvert X_i \rvert`$: for 16 million numbers
 * $`1.8 \cdot 10^{-12}`$ times that sum, far below the rounding of a float32
 * result.
 *
 * **Rows** of at least 32 float32 numbers are summed in the same way, each by
 * itself; shorter rows, and rows of float64, in four chains from one end to the
 * other, 4096 numbers at a time. **Columns** are summed for 4096 rows at a time.
 *
 * **Vectors.** A WebAssembly kernel does the same additions two at a time (a
 * float32 becomes a float64 first), or four at a time where a float32 bias is
 * added, in the very same order: its results have the same bits, and only the
 * size decides who computes them. But it sees one memory only, so other arrays
 * are copied in, and results out, in chunks: see `resident.ts`.
 *
 * From the cache, a sum is half as fast again through the vectors as in
 * TypeScript, and a bias is four times as fast. From main memory, the copy costs a
 * sum as much as the vectors gain; a bias gains even there, with larger chunks, since
 * long copies write whole cache lines without reading them first. float64 numbers need
 * no conversion, and TypeScript sums them where they are.
 *
 * **Extremes.** The largest number of a row takes one comparison for each number,
 * which vectors make four at a time, in four chains. In a matrix, as many columns
 * are taken at a time as stay in registers. `Math.max` must find NaN, and tell 0
 * from −0; so do two comparisons, one each way, and the bits that either of them
 * leaves. A second pass finds where the largest number of a row is, and stops
 * there; for columns, the rows are kept beside the numbers.
 *
 * **Turning.** Turning the columns of a matrix into rows takes no arithmetic at
 * all, but the numbers of a vector lie in four rows. So four vectors are read,
 * exchanged in registers, and written: a square at a time, and the squares in an
 * order in which a line of memory that has been read is used up while it is in
 * the cache.
 *
 * @module
 */

import { fill, lengthOf, piece, view, widthOf, write } from "../core/arrays.ts";
import { allocate } from "../core/checks.ts";
import { Blocks, LONG, sumOf, sumRange } from "../core/sums.ts";
import type { Numbers } from "../core/arrays.ts";
import { STREAM } from "./_stream_wasm.ts";
import { instantiate, type Memory, platform, type Wasm } from "./platform.ts";
import { each, fold, folding, formula, negative, plus } from "./elementwise.ts";
import { pass, placeIn, resident, START } from "./resident.ts";

const NEGATED = formula((x) => negative(x));
const SUM = folding(0, (sum, x) => plus(sum, x));

type Data = Numbers;

/** What the WebAssembly module exports. */
interface Kernels {
  sum32(x: number, count: number, total: number): number;
  sumRows32(x: number, n: number, m: number, sums: number): void;
  leastRows32: Least;
  leastRows64: Least;
  leastColumns32: Least;
  leastColumns64: Least;
  placeRows32: PlaceRows;
  placeRows64: PlaceRows;
  placeColumns32: PlaceColumns;
  placeColumns64: PlaceColumns;
  addBias32: AddBias;
  addBias64: AddBias;
  turn32: Turn;
}

type Least = (
  x: number,
  z: number,
  n: number,
  m: number,
  isOpposite: boolean,
) => void;

type PlaceRows = (
  x: number,
  n: number,
  m: number,
  found: number,
  places: number,
) => void;

type PlaceColumns = (
  x: number,
  m: number,
  p: number,
  found: number,
  places: number,
  from: number,
) => void;

type AddBias = (
  x: number,
  z: number,
  count: number,
  y: number,
  m: number,
  p: number,
  j: number,
  k: number,
) => void;

type Turn = (
  x: number,
  n: number,
  m: number,
  xRow: number,
  z: number,
  zRow: number,
) => void;

/** The number of float32 elements from which the vectors sum faster. */
const SUM_FROM = 512;

/** The length of a row from which the vectors sum it faster. */
const SUM_ROW_FROM = 32;

/** If there are fewer columns, or fewer numbers, the columns are summed one by one, which
 * needs no memory for the sums so far. */
const FEW_COLUMNS = 16, FEW = 2 ** 9;

/** The number of elements from which the vectors find the largest faster, in rows and in
 * columns that are long enough, and wide enough. */
const EXTREMES_FROM = 512;
const ROW_FROM = 16;
const COLUMNS_FROM = 4;

/** The number of elements from which the vectors add a bias faster. */
const BIAS_FROM = 64;

/** Bytes of a chunk, where the tensor is in the cache and where it is not. */
const CHUNK = 2 ** 17;
const LARGE_CHUNK = 2 ** 20;
const CACHE = 2 ** 23;

/** Where the bias stands, and how many bytes it may have. */
const BIAS_AT = LARGE_CHUNK + 2 ** 16;
const BIAS_BYTES = 2 ** 20;

/** The place of the indices that are looked for; what they point to is at the bias. */
const PLACES_AT = BIAS_AT + CHUNK + 2 ** 16;

/** The place at which arrays are turned, and how many numbers they may have: slices
 * that lie elsewhere, then rows. It is behind all that other kernels use at the same time. */
const SLICES_AT = 2 ** 22 + START;
const SLICE = 2 ** 17;
const ROWS_AT = SLICES_AT + 3 * (4 * SLICE + START);
const ROWS = 2 ** 19;
const BYTES = Math.ceil((ROWS_AT + 3 * (4 * ROWS + START)) / 2 ** 16) * 2 ** 16;

/** The kernels, and views of their memory. */
type Loaded = Kernels & Record<"heap32" | "heap64", Data>;

const loaded = resident((memory) => load(platform.WebAssembly, memory));

/** Makes the kernels; undefined where the platform has no such thing. */
export function load(
  wasm: Wasm | undefined,
  memory?: Memory,
): Loaded | undefined {
  return instantiate<Kernels>(wasm, [STREAM], BYTES, memory);
}

/** The sum of all numbers, in float64. */
export function sumAll(x: Data): number {
  return sumBy(loaded(), x);
}

/** As {@linkcode sumAll}, by the given kernels, if there are any. */
export function sumBy(kernels: Loaded | undefined, x: Data): number {
  const n = lengthOf(x);
  if (kernels === undefined || n < SUM_FROM || widthOf(x) === 8) {
    return sumOf(x, 0, n);
  }
  const { heap32, sum32 } = kernels;
  let total = 0;
  pass(heap32, n, CHUNK / 4, [undefined, x], [0, 0], (count, [, at]) => {
    total = sum32(at, count, total);
  });
  return total;
}

/** The sum of a range of any length, in four chains for each 4096 numbers. */
function sumChains(x: Data, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i += LONG) {
    total += sumRange(x, i, Math.min(i + LONG, to));
  }
  return total;
}

/** Writes to `y` the sums of `n` rows of `m` numbers. */
export function sumRows(x: Data, n: number, m: number, y: Data): void {
  sumRowsBy(n * m < SUM_FROM ? undefined : loaded(), x, n, m, y);
}

/** As {@linkcode sumRows}, by the given kernels, if there are any. */
export function sumRowsBy(
  kernels: Loaded | undefined,
  x: Data,
  n: number,
  m: number,
  y: Data,
): void {
  const most = Math.floor(CHUNK / 4 / m);
  if (m < SUM_ROW_FROM || widthOf(x) === 8) {
    for (let i = 0; i < n; i++) y[i] = sumChains(x, i * m, i * m + m);
    return;
  }
  if (kernels === undefined || most === 0) {
    for (let i = 0; i < n; i++) y[i] = sumOf(x, i * m, i * m + m);
    return;
  }
  const { heap32, heap64, sumRows32 } = kernels;
  const sums = BIAS_AT / 8, slots = [START, START];
  pass(
    heap32,
    n * m,
    most * m,
    [undefined, x],
    slots,
    (count, [, at], from) => {
      const rows = count / m;
      sumRows32(at, rows, m, BIAS_AT);
      write(y, view(heap64, sums, sums + rows), from / m);
    },
  );
}

/**
 * Writes to `sums[j]` the sum of channel `j` of a tensor of `n` slices, `m`
 * channels and `p` numbers in each: down the memory, whatever the shape.
 */
export function sumChannels(
  x: Data,
  n: number,
  m: number,
  p: number,
  sums: Data,
): void {
  const totals = allocate("sum channels", "float64", m);
  const slices = lengthOf(x) === 0 ? 0 : n; // There may be ever so many empty ones.
  const blocks = new Blocks(totals);
  for (let i = 0, row = 0; i < slices; i++) {
    for (let j = 0; j < m; j++, row += p) {
      totals[j] += p === 1 ? x[row] : sumChains(x, row, row + p);
    }
    blocks.next();
  }
  blocks.end();
  write(sums, totals);
}

/**
 * Writes to `y` the sums over the middle axis of an n×m×p tensor: down the
 * memory, whatever the shape.
 */
export function sumAxis(
  x: Numbers,
  n: number,
  m: number,
  p: number,
  y: Numbers,
): void {
  if (n === 1 && p === 1) y[0] = sumAll(x);
  else if (p === 1) sumRows(x, n, m, y);
  else if (m <= LONG && (p < FEW_COLUMNS || m * p < FEW)) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < p; k++) {
        let sum = 0;
        for (let j = 0; j < m; j++) sum += x[(i * m + j) * p + k];
        y[i * p + k] = sum;
      }
    }
  } else if (m > LONG || !fold(SUM, y, x, n, m, p)) {
    const totals = allocate("sum over an axis", "float64", p);
    const block = m > LONG ? new Float64Array(p) : totals;
    for (let i = 0; i < n; i++) {
      fill(totals, 0);
      for (let j = 0; j < m; j += LONG) {
        const row = i * m + j, end = row + Math.min(LONG, m - j);
        sumRowsDown(x, row, end, p, block);
        if (block === totals) continue;
        for (let k = 0; k < p; k++) totals[k] += block[k];
      }
      for (let k = 0; k < p; k++) y[i * p + k] = totals[k];
    }
  }
}

/** Writes to `sums` the sums of the columns of some rows of `p` numbers. */
function sumRowsDown(
  x: Numbers,
  from: number,
  to: number,
  p: number,
  sums: Numbers,
): void {
  const rows = piece(x, from * p, to * p);
  if (fold(SUM, sums, rows, 1, to - from, p)) return;
  fill(sums, 0);
  for (let row = from * p; row < to * p; row += p) {
    for (let k = 0; k < p; k++) sums[k] += x[row + k];
  }
}

/** Writes to `y` the largest numbers along the middle axis of an n×m×p tensor, or with a
 * sign of −1 the smallest; false where it does not pay. */
export function extremesAlong(
  x: Data,
  n: number,
  m: number,
  p: number,
  y: Data,
  sign: 1 | -1,
): boolean {
  return n * m * p >= EXTREMES_FROM &&
    extremesBy(loaded(), x, n, m, p, y, sign);
}

/** As {@linkcode extremesAlong}, by the given kernels, if there are any. */
export function extremesBy(
  kernels: Loaded | undefined,
  x: Data,
  n: number,
  m: number,
  p: number,
  y: Data,
  sign: 1 | -1,
): boolean {
  if (kernels === undefined) return false;
  const width = widthOf(x), most = CHUNK / width, isOpposite = sign > 0;
  const [heap, leastRows, leastColumns] = width === 8
    ? [kernels.heap64, kernels.leastRows64, kernels.leastColumns64]
    : [kernels.heap32, kernels.leastRows32, kernels.leastColumns32];
  const found = BIAS_AT / width, slots = [START, START];
  if (p === 1 && m <= most) {
    if (m < ROW_FROM) return false;
    const chunk = Math.floor(most / m) * m;
    pass(heap, n * m, chunk, [undefined, x], slots, (count, [, at], from) => {
      const first = from / m, rows = count / m;
      leastRows(at, BIAS_AT, rows, m, isOpposite);
      write(y, view(heap, found, found + rows), first);
    });
    return true;
  }
  if (p > 1 && (p < COLUMNS_FROM || p > most || m * p < EXTREMES_FROM)) {
    return false;
  }
  // Of columns, fewer rows at once, as they are read by turns.
  const chunk = p > 1 ? Math.max(1, Math.floor(most / 2 / p)) * p : most;
  for (let i = 0; i < n; i++) {
    const part = piece(x, i * m * p, (i + 1) * m * p);
    const left = view(heap, found, found + p);
    fill(left, -sign * Infinity);
    let best = -Infinity;
    pass(heap, m * p, chunk, [undefined, part], slots, (count, [, at]) => {
      if (p > 1) leastColumns(at, BIAS_AT, count / p, p, isOpposite);
      else {
        leastRows(at, BIAS_AT, 1, count, isOpposite);
        best = Math.max(best, sign * left[0]);
        left[0] = sign * best;
      }
    });
    write(y, left, i * p);
  }
  return true;
}

/** Writes to `y` where the maxima along the middle axis of an n×m×p tensor are: the first
 * of several, or the first NaN; false where it does not pay. */
export function placesAlong(
  x: Data,
  n: number,
  m: number,
  p: number,
  y: Int32Array<ArrayBuffer>,
): boolean {
  return n * m * p >= EXTREMES_FROM && placesBy(loaded(), x, n, m, p, y);
}

/** Rows that a float32 number can count. */
const MOST_ROWS = 2 ** 24;

/** As {@linkcode placesAlong}, by the given kernels, if there are any. */
export function placesBy(
  kernels: Loaded | undefined,
  x: Data,
  n: number,
  m: number,
  p: number,
  y: Int32Array<ArrayBuffer>,
): boolean {
  if (kernels === undefined) return false;
  const width = widthOf(x), most = CHUNK / width;
  const { heap64, leastRows32, placeRows32, placeColumns32 } = kernels;
  const [heap, leastRows, placeRows, placeColumns] = width === 8
    ? [heap64, kernels.leastRows64, kernels.placeRows64, kernels.placeColumns64]
    : [kernels.heap32, leastRows32, placeRows32, placeColumns32];
  const slots = [START, START], found = BIAS_AT / width;
  if (p === 1) {
    if (m < ROW_FROM || m > most) return false;
    const chunk = Math.floor(most / m) * m, places = PLACES_AT / 8;
    pass(heap, n * m, chunk, [undefined, x], slots, (count, [, at], from) => {
      const rows = count / m;
      leastRows(at, BIAS_AT, rows, m, true);
      placeRows(at, rows, m, BIAS_AT, PLACES_AT);
      write(y, view(heap64, places, places + rows), from / m);
    });
    return true;
  }
  if (p * width < 16 || p > most || m > MOST_ROWS) return false;
  const chunk = Math.max(1, Math.floor(most / 2 / p)) * p;
  const rows = PLACES_AT / width, places = view(heap, rows, rows + p);
  for (let i = 0; i < n; i++) {
    const part = piece(x, i * m * p, (i + 1) * m * p);
    write(heap, piece(part, 0, p), found);
    fill(places, 0);
    pass(
      heap,
      m * p,
      chunk,
      [undefined, part],
      slots,
      (count, [, at], from) =>
        placeColumns(at, count / p, p, BIAS_AT, PLACES_AT, from / p),
    );
    write(y, places, i * p);
  }
  return true;
}

/** Writes the numbers of `z` to `x`, times a sign; where `x` is shorter, and was
 * repeated, the sums of those of each of its own. */
export function spread(z: Data, x: Data, sign: 1 | -1): void {
  const n = lengthOf(z), p = lengthOf(x);
  if (n !== p) {
    sumAxis(z, 1, n / p, p, x);
    // The sum of zeros is 0 either way.
    if (sign < 0) { for (let i = 0; i < p; i++) x[i] = 0 - x[i]; }
  } else if (sign > 0) write(x, z);
  else if (!each(NEGATED, x, [z])) {
    for (let i = 0; i < p; i++) x[i] = -z[i];
  }
}

/** Some columns of some slices, of m×p float32 numbers each, and their rows. */
export interface Turned {
  slices: number;
  m: number;
  p: number;
  /** The first column, and how many there are. */
  first: number;
  cols: number;
}

/** Turns columns into rows, and rows into columns, for up to three arrays. */
export interface Turner {
  /** Room for the rows of array k. */
  rows(k: number, count: number): Data;
  /** The address of a part of an array that can be turned: its own, or that of a copy
   * in the room for array k; 0 if it is too large for that. */
  place(k: number, x: Data, from: number, count: number): number;
  /** Writes the columns at such a place to the rows of array k. */
  turn(k: number, at: number, part: Turned): void;
  /** Writes the rows of array k to the columns at such a place. */
  turnBack(k: number, at: number, part: Turned): void;
  /** Writes to an array what has been written to room for it. */
  writeBack(k: number, x: Data, from: number, count: number): void;
}

/** What turns arrays whose rows have this many numbers together; undefined where there is
 * nothing that does. */
export function turner(count: number): Turner | undefined {
  return count > ROWS ? undefined : turnerOf(loaded());
}

/** As {@linkcode turner}, by the given kernels, if there are any. */
export function turnerOf(kernels: Loaded | undefined): Turner | undefined {
  if (kernels === undefined) return undefined;
  const { heap32, turn32 } = kernels;
  const rowsAt = (k: number) => ROWS_AT + k * (4 * ROWS + START);
  const sliceAt = (k: number) => SLICES_AT + k * (4 * SLICE + START);
  return {
    rows: (k, count) => view(heap32, rowsAt(k) / 4, rowsAt(k) / 4 + count),
    place(k, x, from, count) {
      const at = placeIn(heap32, x);
      if (at > 0) return at + 4 * from;
      if (count > SLICE) return 0;
      write(heap32, piece(x, from, from + count), sliceAt(k) / 4);
      return sliceAt(k);
    },
    turn(k, at, { slices, m, p, first, cols }) {
      for (let i = 0, to = rowsAt(k); i < slices; i++, to += 4 * cols * m) {
        turn32(at + 4 * (i * m * p + first), m, cols, 4 * p, to, 4 * m);
      }
    },
    turnBack(k, at, { slices, m, p, first, cols }) {
      for (let i = 0, of = rowsAt(k); i < slices; i++, of += 4 * cols * m) {
        turn32(of, cols, m, 4 * m, at + 4 * (i * m * p + first), 4 * p);
      }
    },
    writeBack(k, x, from, count) {
      if (placeIn(heap32, x) > 0) return;
      const at = sliceAt(k) / 4;
      write(x, view(heap32, at, at + count), from);
    },
  };
}

/** Writes to `z` the numbers of `x`, in rows of `p`, plus the bias of each row:
 * those of `y` in turn. */
export function addBias(x: Data, y: Data, p: number, z: Data): void {
  addBiasBy(loaded(), x, y, p, z);
}

/** As {@linkcode addBias}, by the given kernels, if there are any. */
export function addBiasBy(
  kernels: Loaded | undefined,
  x: Data,
  y: Data,
  p: number,
  z: Data,
): void {
  const n = lengthOf(x), m = lengthOf(y), size = widthOf(x);
  if (
    kernels === undefined || n < BIAS_FROM || m * size > BIAS_BYTES
  ) {
    return addBiasRows(x, y, p, z);
  }
  const [heap, add] = size === 8
    ? [kernels.heap64, kernels.addBias64]
    : [kernels.heap32, kernels.addBias32];
  write(heap, y, BIAS_AT / size);
  const chunk = (n * size > CACHE ? LARGE_CHUNK : CHUNK) / size;
  pass(
    heap,
    n,
    chunk,
    [z, x],
    [START, START],
    (count, [zAt, xAt], i) =>
      add(xAt, zAt, count, BIAS_AT, m, p, Math.floor(i / p) % m, i % p),
  );
}

/** As {@linkcode addBias}, where there are no vectors. */
export function addBiasRows(x: Data, y: Data, p: number, z: Data): void {
  const n = lengthOf(x), m = lengthOf(y);
  for (let i = 0, j = 0; i < n; j = (j + 1) % m) {
    const bias = y[j];
    for (const end = i + p; i < end; i++) z[i] = x[i] + bias;
  }
}
