// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Mean and squares in one pass
 *
 * The squares of the differences from a mean need the mean first, so a loop reads the
 * numbers twice, and three times if it removes what rounding has left in the mean. But
 * the differences $`d_j = x_j - c`$ from any number $`c`$ give both. Their mean is what
 * $`c`$ lacks to be the mean $`\mu`$ of the numbers, and
 *
 * ```text
 *   Σ (xⱼ − μ)² = Σ dⱼ² − (Σ dⱼ)² ∕ m
 * ```
 *
 * If $`c`$ is 0, the two terms on the right may be nearly equal, and their
 * difference has few correct digits or none. If $`c`$ is one of the numbers, the
 * second is at most $`m`$ times the left side, as that is a sum which contains
 * $`(c - \mu)^2`$. So at most $`\log_2 m`$ bits are lost, even if this one number
 * is far from all others, and usually less than one bit.
 *
 * **float32.** Differences, squares and sums are float64, which has 29 bits more. So
 * $`c`$ is the first number, and each number is read once. After a chunk of a long row,
 * $`c`$ becomes the mean of the chunk, and the sums are changed to what they would have
 * been with it.
 *
 * **float64.** No bit may be lost. Rows are read three times, as in the loop, but
 * with vectors, and a chunk at a time, which is in the cache after the first
 * time. $`c`$ is the mean of a row's first chunk in two parts, the second of
 * which is what rounding has left in the first.
 *
 * **Columns.** If the numbers do not follow one another, there are sums for each
 * column of a matrix: of four columns at a time, which stay in registers down the
 * matrix. $`c`$ is the first number of a column for one chunk, and then a mean; in
 * float64 that chunk is read again with the mean.
 *
 * **Scaling.** Rows that are in the cache are normalized there:
 *
 * ```text
 *   zⱼ = γⱼ ((xⱼ − μ) f) + βⱼ
 * ```
 *
 * where the operation says which factor $`f`$ a row has, given its squares. All of it
 * is float64, and rounded once.
 *
 * **Gradients.** The gradient of a normalization of rows is, with $`u_j = (x_j - \mu) f`$
 * and two means over the row,
 *
 * ```text
 *   ∂E/∂xⱼ = f (γⱼ ∂E/∂yⱼ − mean(γ ∂E/∂y) − uⱼ mean(γ ∂E/∂y u))
 * ```
 *
 * So a row is read three times: for $`\mu`$ and $`f`$; for the two means, while the
 * gradients of $`\gamma`$ and $`\beta`$ are added to those of the rows before; and for the
 * result, in which each row has three numbers, a factor of $`\partial E / \partial y`$, one of
 * $`x`$, and what is added. What is left of cancellation in float64, which the loops
 * remove, is far below the rounding to float32. So float64 numbers are left to the loops.
 *
 * **Channels.** Batch norm, its gradients, and those of a variance or a length along an
 * axis do the same with other sets of numbers: each channel of a tensor has its mean, its
 * two sums and its three numbers. If a channel has 32 numbers or more that follow one
 * another, they are a row; otherwise there is a column for each number of a slice. What
 * several rows or columns say of one channel is put together in float64: the mean of the
 * first is what all others are measured from.
 *
 * **What is not finite** is left to the loops, which define the results. So are
 * small tensors, and all tensors if there are no vectors.
 *
 * @module
 */

import {
  fill,
  lengthOf,
  type Numbers,
  piece,
  view,
  widthOf,
  write,
} from "../core/arrays.ts";
import { MOMENTS } from "./_moments_wasm.ts";
import { instantiate, type Memory, platform, type Wasm } from "./platform.ts";
import { pass, resident, START } from "./resident.ts";

type SumRows = (
  x: number,
  n: number,
  m: number,
  isNew: boolean,
  sums: number,
  step: number,
) => void;

type SumColumns = (
  x: number,
  m: number,
  p: number,
  sums: number,
  step: number,
) => void;

type ScaleRows = (
  x: number,
  z: number,
  n: number,
  m: number,
  sums: number,
  step: number,
  gamma: number,
  beta: number,
) => void;

type Dot = (
  x: number,
  y: number,
  n: number,
  m: number,
  sums: number,
  step: number,
) => void;

type Mix = (
  x: number,
  y: number,
  z: number,
  n: number,
  m: number,
  sums: number,
  step: number,
) => void;

/** What the WebAssembly module exports. */
interface Kernels {
  dotRows32: Dot;
  dotRowsD32: (
    ...args: [...Parameters<Dot>, gamma: number, to: number]
  ) => void;
  dotColumns32: Dot;
  mixRows32: Mix;
  mixRowsD32: (...args: [...Parameters<Mix>, gamma: number]) => void;
  mixColumns32: Mix;
  sumRows32: SumRows;
  sumRows64: SumRows;
  sumColumns32: SumColumns;
  sumColumns64: SumColumns;
  scaleRows32: ScaleRows;
  scaleRows64: ScaleRows;
}

/** The number of elements from which the vectors are faster. */
const FROM = 256;

/** The same for columns, for numbers without a mean to find, and for channels. */
const MORE_FROM = 512;
const CHANNELS_FROM = 1024;

/** Shorter rows take the loop less time than the vectors. */
const ROW = 4;

/** After this many rows, sums down a matrix are added to those of the rows before. */
const BLOCK = 1024;

/** Bytes of a chunk of one array. */
const CHUNK = 2 ** 16;

/** From one array to the next: not a power of 2, as such addresses share a place in
 * the cache. */
const STRIDE = CHUNK + 192;

/** The places of chunks of z, x, γ and β. */
const SLOTS = [0, 1, 2, 3].map((k) => START + k * STRIDE);

/** The place of the sums, for this many rows or columns at once, and a few more. */
const SUMS = START + 4 * STRIDE;
const MOST = 2 ** 11;
const STEP = 8 * (MOST + 4);

/** The place of the sums of columns, two for each number of a row. */
const COLUMNS = SUMS + 6 * STEP;
const BYTES = Math.ceil((COLUMNS + 4 * CHUNK) / 2 ** 16) * 2 ** 16;

/** The rows of the sums, by numbers: c and the rest of it, then Σ d and Σ d². */
const C = SUMS / 8, Q = C + STEP / 8, R = Q + STEP / 8, S = R + STEP / 8;

/** The same where numbers are scaled: c, what is added, and the factors of y and x. */
const ADDED = Q, OF_Y = R, OF_X = S;

/** The sums of gradients, and of their products. */
const SUM = S + STEP / 8, DOT = SUM + STEP / 8;

/** The kernels, and views of their memory. */
type Loaded = Kernels & Record<"heap32" | "heap64", Numbers>;

/** Makes the kernels; undefined where the platform has no such thing. */
export function load(
  wasm: Wasm | undefined,
  memory?: Memory,
): Loaded | undefined {
  return instantiate<Kernels>(wasm, [MOMENTS], BYTES, memory);
}

const loaded = resident((memory) => load(platform.WebAssembly, memory));

/** The kernels for numbers of one width, and their memory. */
function kernelsOf(of: Loaded, width: number) {
  return width === 8
    ? {
      heap: of.heap64,
      sumRows: of.sumRows64,
      sumColumns: of.sumColumns64,
      scaleRows: of.scaleRows64,
    }
    : {
      heap: of.heap32,
      sumRows: of.sumRows32,
      sumColumns: of.sumColumns32,
      scaleRows: of.scaleRows32,
    };
}

/** Adds to c, or to the rest of it, what it lacks to be the mean of the m numbers that
 * have been added, for this many rows. */
function recenter(sums: Numbers, count: number, m: number, part: number) {
  for (let k = 0; k < count; k++) {
    const c = sums[part + k], r = sums[R + k];
    sums[part + k] += r / m;
    const moved = sums[part + k] - c; // As it is rounded.
    sums[S + k] -= moved * (2 * r - m * moved);
    sums[R + k] -= m * moved;
  }
}

/** Finds the sums of one long row. */
function sumRow(of: Loaded, x: Numbers, isCentered: boolean): void {
  const width = widthOf(x), { heap, sumRows } = kernelsOf(of, width);
  const sums = of.heap64, m = lengthOf(x);
  clear(sums, 0, 0);
  pass(heap, m, CHUNK / width, [undefined, x], SLOTS, (count, at, from) => {
    sumRows(at[1], 1, count, isCentered && from === 0, SUMS, STEP);
    if (isCentered && from === 0) recenter(sums, 1, count, C);
  });
}

/** Adds this many sums to others, and sets them to 0. */
function addTo(sums: Numbers, to: number, from: number, count: number): void {
  for (let k = 0; k < count; k++) {
    sums[to + k] += sums[from + k];
    sums[from + k] = 0;
  }
}

/** The sum of the squares of a row, from its mean, or from 0. */
function squaresOf(sums: Numbers, k: number, m: number, isCentered: boolean) {
  const r = sums[R + k];
  return isCentered ? Math.max(sums[S + k] - r * (r / m), 0) : sums[S + k];
}

/**
 * Calls `each` with the sum of the squared differences from the mean along the middle
 * axis of an n×m×p tensor, for each of its n·p places; false where it does not pay, or
 * something is not finite.
 */
export function squaresAlong(
  x: Numbers,
  n: number,
  m: number,
  p: number,
  each: (squares: number, place: number) => void,
  given?: Loaded | null,
): boolean {
  if (n * m * p < FROM) return false;
  const of = given === undefined ? loaded() : given;
  if (!of) return false;
  const width = widthOf(x), sums = of.heap64;
  const { heap, sumRows, sumColumns } = kernelsOf(of, width);
  let isTame = true;
  const tell = (count: number, first: number) => {
    for (let k = 0; k < count; k++) {
      const squares = squaresOf(sums, k, m, true);
      if (!Number.isFinite(squares)) isTame = false;
      each(squares, first + k);
    }
  };
  const most = CHUNK / width;
  if (p > 1) {
    if (p > MOST || m * p < MORE_FROM) return false;
    const chunk = Math.floor(most / p) * p;
    for (let i = 0; i < n; i++) {
      const slice = piece(x, i * m * p, (i + 1) * m * p);
      for (let k = 0; k < p; k++) clear(sums, k, slice[k]);
      let added = 0;
      pass(heap, m * p, chunk, [undefined, slice], SLOTS, (count, at, from) => {
        const rows = count / p;
        sumColumns(at[1], rows, p, SUMS, STEP);
        if (from === 0) {
          recenter(sums, p, rows, C);
          // Now that c is near to them, the differences have all their digits.
          for (let again = 0; width === 8 && again < 2; again++) {
            for (let k = 0; k < p; k++) sums[R + k] = sums[S + k] = 0;
            sumColumns(at[1], rows, p, SUMS, STEP);
            recenter(sums, p, rows, Q);
          }
        }
        added += rows;
        if (added < BLOCK || count + from === m * p) return;
        addTo(sums, SUM, R, p);
        addTo(sums, DOT, S, p);
        added = 0;
      });
      if (m > BLOCK) {
        addTo(sums, R, SUM, p);
        addTo(sums, S, DOT, p);
      }
      tell(p, i * p);
    }
  } else if (m > most) {
    for (let i = 0; i < n; i++) {
      sumRow(of, piece(x, i * m, (i + 1) * m), true);
      tell(1, i);
    }
  } else {
    const chunk = rowsOf(m, width) * m;
    pass(heap, n * m, chunk, [undefined, x], SLOTS, (count, at, from) => {
      sumRows(at[1], count / m, m, true, SUMS, STEP);
      tell(count / m, from / m);
    });
  }
  return isTame;
}

/** How many rows of m numbers are taken at once. */
function rowsOf(m: number, width: number): number {
  return Math.min(MOST, Math.floor(CHUNK / width / m));
}

/** How rows are scaled. */
export interface Scaling {
  /** The factor of a row, given its sum of squares. */
  factor(squares: number, row: number): number;
  /** By what each column is multiplied after that, and what is added to it: an array,
   * or one number for all. */
  gamma: Numbers | number;
  beta: Numbers | number;
  /** Whether the squares are of differences from the mean, which is subtracted. */
  isCentered: boolean;
}

/** Writes n rows of m numbers, scaled, to `z`; false where it does not pay, or something
 * is not finite. */
export function scaleRows(
  x: Numbers,
  z: Numbers,
  n: number,
  m: number,
  { factor, gamma, beta, isCentered }: Scaling,
  given?: Loaded | null,
): boolean {
  if (n * m < (isCentered ? FROM : MORE_FROM) || m < ROW) return false;
  const of = given === undefined ? loaded() : given;
  if (!of) return false;
  const width = widthOf(x), sums = of.heap64;
  const { heap, sumRows, scaleRows } = kernelsOf(of, width);
  const most = CHUNK / width, [, , gammaAt, betaAt] = SLOTS;
  let isTame = true;
  const scale = (count: number, first: number) => {
    for (let k = 0; k < count; k++) {
      const squares = squaresOf(sums, k, m, isCentered);
      if (!Number.isFinite(squares)) isTame = false;
      if (isCentered) sums[Q + k] += sums[R + k] / m;
      sums[R + k] = factor(squares, first + k);
    }
  };
  // What is to be found in its slot, and otherwise where it lies.
  const placed = (value: Numbers | number, slot: number) => {
    const at = slot / width;
    if (typeof value === "number") {
      fill(view(heap, at, at + Math.min(m, most + 4)), value);
    } else if (m > most) return value;
    else write(heap, value, at);
  };
  const columns = [placed(gamma, gammaAt), placed(beta, betaAt)];
  if (m > most) {
    for (let i = 0; i < n && isTame; i++) {
      const [from, to] = [i * m, (i + 1) * m];
      sumRow(of, piece(x, from, to), isCentered);
      scale(1, i);
      const arrays = [piece(z, from, to), piece(x, from, to), ...columns];
      pass(heap, m, most, arrays, SLOTS, (count, [zAt, xAt, g, b]) => {
        scaleRows(xAt, zAt, 1, count, SUMS, STEP, g, b);
      });
    }
    return isTame;
  }
  pass(heap, n * m, rowsOf(m, width) * m, [z, x], SLOTS, (count, at, from) => {
    const rows = count / m;
    for (let k = 0; !isCentered && k < rows; k++) clear(sums, k, 0);
    sumRows(at[1], rows, m, isCentered, SUMS, STEP);
    scale(rows, from / m);
    scaleRows(at[1], at[0], rows, m, SUMS, STEP, gammaAt, betaAt);
  });
  return isTame;
}

/** Of one or two numbers, nothing is left of the gradient but what ε makes of it, in which
 * each digit of the loop counts: so it is with the shortest rows. */
const SHORTEST = 8;

/** How the gradient passes through a normalization of rows. */
export interface ScalingD {
  /** The factor of a row, given its sum of squares. */
  factor(squares: number): number;
  /** By what each column was multiplied after that: an array, or one number for all. */
  gamma: Numbers | number;
  /** Whether the mean was subtracted. */
  isCentered: boolean;
}

/**
 * Writes the gradient of n rows of m float32 numbers that are scaled to `dx`, if there is
 * one, and returns those of γ and β; undefined where it does not pay, or something is not
 * finite.
 */
export function scaleRowsD(
  x: Numbers,
  dy: Numbers,
  dx: Numbers | undefined,
  n: number,
  m: number,
  { factor, gamma, isCentered }: ScalingD,
  given?: Loaded | null,
): { scales: Numbers; shifts: Numbers } | undefined {
  const most = CHUNK / 4, [, , , gammaAt] = SLOTS;
  const of = kernelsFor(x, n * m, MORE_FROM, given);
  if (of === undefined || m < SHORTEST || m > most) return undefined;
  const { heap32, heap64: sums } = of;
  if (typeof gamma === "number") {
    fill(view(heap32, gammaAt / 4, gammaAt / 4 + m), gamma);
  } else write(heap32, gamma, gammaAt / 4);
  const columns = view(sums, COLUMNS / 8, COLUMNS / 8 + 2 * m);
  fill(columns, 0);
  let isTame = true;
  const arrays = [dx, x, dy];
  pass(heap32, n * m, rowsOf(m, 4) * m, arrays, SLOTS, (count, at) => {
    const rows = count / m, [to, xAt, yAt] = at;
    for (let k = 0; !isCentered && k < rows; k++) clear(sums, k, 0);
    of.sumRows32(xAt, rows, m, isCentered, SUMS, STEP);
    for (let k = 0; k < rows; k++) {
      const f = factor(squaresOf(sums, k, m, isCentered));
      sums[ADDED + k] = isCentered ? -sums[R + k] / m * f : 0;
      sums[OF_Y + k] = f;
    }
    of.dotRowsD32(xAt, yAt, rows, m, SUMS, STEP, gammaAt, COLUMNS);
    for (let k = 0; k < rows; k++) {
      const f = sums[OF_Y + k], h = sums[ADDED + k];
      const mean = isCentered ? sums[SUM + k] / m : 0,
        along = sums[DOT + k] / m;
      const ofX = -along * f * f, added = -(mean + along * h) * f;
      if (!Number.isFinite(sums[SUM + k] + ofX + added)) isTame = false;
      sums[OF_X + k] = ofX;
      sums[ADDED + k] = added;
    }
    if (dx !== undefined) {
      of.mixRowsD32(xAt, yAt, to, rows, m, SUMS, STEP, gammaAt);
    }
  });
  if (!isTame) return undefined;
  const all = Float64Array.from(columns);
  return { scales: view(all, 0, m), shifts: view(all, m, 2 * m) };
}

/** Sets what is subtracted from the numbers of a row or column, and its sums to 0. */
function clear(sums: Numbers, k: number, c: number): void {
  sums[C + k] = c;
  sums[Q + k] =
    sums[R + k] =
    sums[S + k] =
    sums[SUM + k] =
    sums[DOT + k] =
      0;
}

/** The kernels for as many float32 numbers as x has, if there are any. */
function kernelsFor(
  x: Numbers,
  n: number,
  least: number,
  given: Loaded | null | undefined,
): Loaded | undefined {
  if (n < least || widthOf(x) === 8) return undefined;
  return (given === undefined ? loaded() : given) ?? undefined;
}

/** A tensor of n slices of m channels of p numbers each. */
export interface Channels {
  readonly n: number;
  readonly m: number;
  readonly p: number;
}

/** This many numbers that follow one another, or more, are a row. Fewer are columns
 * of the matrix whose rows are the slices, if there are this many slices. */
const ROW_FROM = 32;
const SLICES_FROM = 24;

/** The kernels for channels of float32 numbers, where they pay: not for columns that are
 * too many, or too short. */
function kernelsIf(
  x: Numbers,
  { n, m, p }: Channels,
  given: Loaded | null | undefined,
): Loaded | undefined {
  if (p < ROW_FROM && (m * p > MOST || n < SLICES_FROM)) return undefined;
  return kernelsFor(x, n * m * p, CHANNELS_FROM, given);
}

/** Whether the kernels pay for such channels. */
export function areForKernels(x: Numbers, channels: Channels): boolean {
  return kernelsIf(x, channels, undefined) !== undefined;
}

/**
 * Takes channels through the memory as rows, or as columns. It calls `run` with how many
 * there are beside each other, of how many numbers each; the channel of the first; and
 * where the arrays are.
 */
function byChannels(
  { heap32 }: Loaded,
  { n, m, p }: Channels,
  arrays: readonly (Numbers | undefined)[],
  inRows: (rows: number, length: number, row: number, at: Places) => void,
  inColumns: (
    rows: number,
    columns: number,
    isFirst: boolean,
    at: Places,
  ) => void,
): void {
  const most = CHUNK / 4, columns = m * p;
  if (p < ROW_FROM) {
    const chunk = Math.floor(most / columns) * columns;
    pass(heap32, n * columns, chunk, arrays, SLOTS, (count, at, from) => {
      inColumns(count / columns, columns, from === 0, at);
    });
  } else if (p <= most) {
    pass(
      heap32,
      n * columns,
      rowsOf(p, 4) * p,
      arrays,
      SLOTS,
      (count, at, from) => {
        inRows(count / p, p, from / p, at);
      },
    );
  } else {
    for (let row = 0; row < n * m; row++) {
      const parts = arrays.map((x) => x && piece(x, row * p, (row + 1) * p));
      pass(heap32, p, most, parts, SLOTS, (count, at) => {
        inRows(1, count, row, at);
      });
    }
  }
}

type Places = readonly number[];

/** The means of channels of float32 numbers, and the sums of the squares of their
 * differences from them; undefined where it does not pay, or something is not finite. */
export function momentsOf(
  x: Numbers,
  channels: Channels,
  given?: Loaded | null,
): { means: Float64Array; squares: Float64Array } | undefined {
  const { n, m, p } = channels,
    of = kernelsIf(x, channels, given);
  if (of === undefined) return undefined;
  const sums = of.heap64, isNew: boolean[] = Array(m).fill(true);
  const means = new Float64Array(m), squares = new Float64Array(m);
  const rests = new Float64Array(m);
  // The mean of the first part is what the others are measured from.
  const add = (j: number, k: number, count: number) => {
    const r = sums[R + k] / count;
    if (isNew[j]) means[j] = sums[C + k] + r;
    isNew[j] = false;
    const d = sums[C + k] - means[j] + r;
    rests[j] += count * d;
    squares[j] += sums[S + k] - sums[R + k] * r + count * d * d;
  };
  byChannels(
    of,
    channels,
    [undefined, x],
    (rows, length, row, at) => {
      of.sumRows32(at[1], rows, length, true, SUMS, STEP);
      for (let k = 0; k < rows; k++) add((row + k) % m, k, length);
    },
    (rows, columns, isFirst, at) => {
      for (let k = 0; isFirst && k < columns; k++) clear(sums, k, x[k]);
      of.sumColumns32(at[1], rows, columns, SUMS, STEP);
      if (isFirst) recenter(sums, columns, rows, C);
    },
  );
  for (let k = 0; p < ROW_FROM && k < m * p; k++) add(Math.floor(k / p), k, n);
  for (let j = 0; j < m; j++) {
    const r = rests[j] / (n * p);
    means[j] += r;
    squares[j] = Math.max(squares[j] - rests[j] * r, 0);
    if (!Number.isFinite(squares[j])) return undefined;
  }
  return { means, squares };
}

/** The sums over channels of dy, and of dy times the differences of x from some numbers;
 * undefined where it does not pay, or something is not finite. */
export function dotsOf(
  x: Numbers,
  dy: Numbers,
  channels: Channels,
  from: Numbers,
  given?: Loaded | null,
): { sums: Float64Array; dots: Float64Array } | undefined {
  const { m, p } = channels,
    of = kernelsIf(x, channels, given);
  if (of === undefined) return undefined;
  const heap = of.heap64;
  const sums = new Float64Array(m), dots = new Float64Array(m);
  const add = (j: number, k: number) => {
    sums[j] += heap[SUM + k];
    dots[j] += heap[DOT + k];
  };
  byChannels(
    of,
    channels,
    [undefined, x, dy],
    (rows, length, row, at) => {
      for (let k = 0; k < rows; k++) heap[C + k] = from[(row + k) % m];
      of.dotRows32(at[1], at[2], rows, length, SUMS, STEP);
      for (let k = 0; k < rows; k++) add((row + k) % m, k);
    },
    (rows, columns, isFirst, at) => {
      for (let k = 0; isFirst && k < columns; k++) {
        clear(heap, k, from[Math.floor(k / p)]);
      }
      of.dotColumns32(at[1], at[2], rows, columns, SUMS, STEP);
    },
  );
  for (let k = 0; p < ROW_FROM && k < m * p; k++) add(Math.floor(k / p), k);
  for (let j = 0; j < m; j++) {
    if (!Number.isFinite(sums[j] + dots[j])) return undefined;
  }
  return { sums, dots };
}

/** How channels are mixed. */
export interface Mixing {
  /** What is subtracted from x, and its factor then. */
  from: Numbers;
  ofX: Numbers;
  /** The factor of y, if there is one. */
  ofY?: Numbers;
  /** What is added. */
  added?: Numbers | undefined;
}

/** Writes (x − from) ofX + y ofY + added to `z`, with numbers for each channel, of float32
 * numbers; false where it does not pay, or one of these is not finite. */
export function mix(
  x: Numbers,
  y: Numbers | undefined,
  z: Numbers,
  channels: Channels,
  { from, ofX, ofY, added }: Mixing,
  given?: Loaded | null,
): boolean {
  const { m, p } = channels,
    of = kernelsIf(x, channels, given);
  if (of === undefined) return false;
  const sums = of.heap64;
  for (let j = 0; j < m; j++) {
    const all = from[j] + ofX[j] + (ofY ? ofY[j] : 0) + (added ? added[j] : 0);
    if (!Number.isFinite(all)) return false;
  }
  const set = (k: number, j: number) => {
    sums[C + k] = from[j];
    sums[OF_X + k] = ofX[j];
    sums[OF_Y + k] = ofY ? ofY[j] : 0;
    sums[ADDED + k] = added ? added[j] : -0; // It leaves the sign of a 0 as it is.
  };
  const yAt = (at: Places) => y === undefined ? 0 : at[2];
  byChannels(
    of,
    channels,
    [z, x, y],
    (rows, length, row, at) => {
      for (let k = 0; k < rows; k++) set(k, (row + k) % m);
      of.mixRows32(at[1], yAt(at), at[0], rows, length, SUMS, STEP);
    },
    (rows, columns, isFirst, at) => {
      for (let k = 0; isFirst && k < columns; k++) set(k, Math.floor(k / p));
      of.mixColumns32(at[1], yAt(at), at[0], rows, columns, SUMS, STEP);
    },
  );
  return true;
}
