// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Along an axis, in the order of memory
 *
 * The loop of a page goes along the axis and keeps one number, a maximum or a sum. If
 * the axis is not the last, its elements lie a whole row apart, and each step touches
 * another cache line:
 *
 * ```text
 *         k →                      k →
 *   j   1 4 7 …             j   1 2 3 …
 *   ↓   2 5 8 …             ↓   4 5 6 …
 *       3 6 9 …                 7 8 9 …
 *   along the axis       in the order of memory
 * ```
 *
 * The functions here keep a whole row of numbers, and read memory once, from one end to
 * the other. Each number sees the same elements in the same order, so it has the bits
 * of the loop.
 *
 * **Maxima.** A new maximum is rare: of m random numbers in turn, about ln m are the
 * largest so far. So the processor nearly always guesses the comparison right, and
 * `Math.max`, which must look for NaN and −0, is rarely called.
 *
 * **Gradients of maxima** go to all elements that equal the maximum, in equal
 * shares. Maxima, ties and shares are rows, too. Along the last axis, ties are
 * counted during the search for the maximum.
 *
 * **Products.** A product may leave the range of float64 on its way and come
 * back, so the loop keeps an exponent beside it. A product that has become
 * infinite does not come back by itself. So a product that ends finite, and was
 * never near 0, has the bits of a plain one. A multiplication takes several
 * cycles, for which the next one to the same product waits, so four products, or
 * a row of them, are computed at once.
 *
 * **Repetition.** The gradient of a sum repeats a number, or a row. It is written once
 * and copied behind itself, then both are, and so on, twice as much each time.
 *
 * **Rows.** If there is a kernel for rows, as for softmax, the tensor is turned
 * so that the axis is the last, and the result is turned back, in parts that stay
 * in the cache: two copies take less time than exponentials one by one.
 * `stream.ts` has a kernel that turns tensors of an arena in place, and others
 * after a copy.
 *
 * @module
 */

import { fill, type Numbers, piece, widthOf } from "../core/arrays.ts";
import { allocate } from "../core/checks.ts";
import { LEAST, MOST } from "../core/scaled.ts";
import { move } from "../core/views.ts";
import {
  choose,
  each,
  equal,
  fold,
  folding,
  formula,
  greater,
  magnitude,
  repeat,
  type Term,
  times,
} from "./elementwise.ts";
import { extremesAlong, placesAlong, sumAxis, turner } from "./stream.ts";

/** Whether a maximum is found faster here: along the last axis, or where the elements
 * lie so far apart that they have left the cache when the next row is read. In
 * between, the loop keeps what it compares with in a register. */
export function isFar(m: number, p: number): boolean {
  return p === 1 || m * p >= 2 ** 19;
}

/** Whether there are enough elements for sums to be faster in this order: the loop
 * waits for each sum, whereas here the sums of a row do not wait for each other. */
export function isLong(m: number, p: number): boolean {
  return p > 1 && m * p >= 2 ** 16;
}

/** Writes to `y` the maxima over the middle axis of an n×m×p tensor, or with a sign of
 * −1 the minima; false where the loop is faster. */
export function extremes(
  x: Numbers,
  n: number,
  m: number,
  p: number,
  y: Numbers,
  sign: 1 | -1,
): boolean {
  if (extremesAlong(x, n, m, p, y, sign)) return true;
  if (!isFar(m, p)) return false;
  extremesInOrder(x, n, m, p, y, sign);
  return true;
}

/** As {@linkcode extremes}, for any size. */
export function extremesInOrder(
  x: Numbers,
  n: number,
  m: number,
  p: number,
  y: Numbers,
  sign: 1 | -1,
): void {
  if (p === 1) {
    for (let i = 0; i < n; i++) {
      let best = -Infinity;
      for (let j = i * m; j < i * m + m; j++) {
        const value = sign * x[j];
        if (!(value < best)) best = Math.max(best, value);
      }
      y[i] = sign * best;
    }
    return;
  }
  const best = allocate("find extremes", "float64", p);
  for (let i = 0; i < n; i++) {
    fill(best, -Infinity);
    for (let j = 0; j < m; j++) raise(best, x, (i * m + j) * p, p, sign);
    for (let k = 0; k < p; k++) y[i * p + k] = sign * best[k];
  }
}

/** Raises the largest so far to those of a row. */
function raise(
  best: Numbers,
  x: Numbers,
  row: number,
  p: number,
  sign: number,
): void {
  for (let k = 0; k < p; k++) {
    const value = sign * x[row + k];
    if (!(value < best[k])) best[k] = Math.max(best[k], value);
  }
}

const HIT = formula((x, best) => choose(equal(x, best), 1, 0));
const share = (x: Term, best: Term, share: Term, other: Term) =>
  choose(equal(x, best), share, other);
const SHARED = formula(share);
const SHARED_ROW = formula(share, 3);

/** The length of a row from which a call for each row pays. */
const VECTORS_FROM = 2 ** 8;

/** Writes to `dx` the gradient of the maxima over the middle axis of an n×m×p tensor, or
 * with a sign of −1 of the minima: what equals an extreme gets an equal share of its
 * gradient. False where the loop is faster. */
export function shareExtremes(
  x: Numbers,
  dy: Numbers,
  dx: Numbers,
  n: number,
  m: number,
  p: number,
  sign: 1 | -1,
): boolean {
  if (p === 1) {
    for (let i = 0; i < n; i++) shareRow(x, dy[i], dx, i * m, m, sign);
    return true;
  }
  if (!isLong(m, p)) return false;
  const dtype = widthOf(x) === 8 ? "float64" : "float32";
  const make = () => allocate("find extremes", dtype, p);
  const best = make(), ties = make(), shares = make(), others = make();
  for (let i = 0; i < n; i++) {
    const start = i * m * p, end = start + m * p;
    const from = piece(x, start, end), to = piece(dx, start, end);
    if (!extremes(from, 1, m, p, best, sign)) return false;
    if (each(HIT, to, [from, best])) sumAxis(to, 1, m, p, ties);
    else {
      fill(ties, 0);
      for (let row = 0; row < m * p; row += p) {
        for (let k = 0; k < p; k++) if (from[row + k] === best[k]) ties[k]++;
      }
    }
    for (let k = 0; k < p; k++) {
      shares[k] = dy[i * p + k] / ties[k];
      others[k] = ties[k] === 0 ? NaN : 0; // Nothing equals a NaN.
    }
    if (each(SHARED, to, [from, best, shares, others])) continue;
    for (let row = 0; row < m * p; row += p) {
      for (let k = 0; k < p; k++) {
        to[row + k] = from[row + k] === best[k] ? shares[k] : others[k];
      }
    }
  }
  return true;
}

/** Writes the gradient of the largest of m numbers, or of the smallest. */
function shareRow(
  x: Numbers,
  dy: number,
  dx: Numbers,
  row: number,
  m: number,
  sign: number,
): void {
  let best = -Infinity, ties = 0;
  for (let j = row; j < row + m; j++) {
    const value = sign * x[j];
    if (value < best) continue;
    if (value > best) ties = 0;
    // A NaN stays, and ties with nothing.
    best = Math.max(best, value);
    if (value === best) ties++;
  }
  const extreme = sign * best, other = Number.isNaN(best) ? NaN : 0;
  dx[row] = dy / ties; // As it is rounded.
  const share = dx[row];
  if (m >= VECTORS_FROM) {
    const from = piece(x, row, row + m), to = piece(dx, row, row + m);
    if (each(SHARED_ROW, to, [from], [extreme, share, other])) return;
  }
  for (let j = row; j < row + m; j++) dx[j] = x[j] === extreme ? share : other;
}

/** Writes to `y` where the maxima over the middle axis are: the first of several, or
 * the first NaN. False where a loop is faster. */
export function places(
  x: Numbers,
  n: number,
  m: number,
  p: number,
  y: Int32Array<ArrayBuffer>,
): boolean {
  if (placesAlong(x, n, m, p, y)) return true;
  if (!isFar(m, p)) return false;
  placesInOrder(x, n, m, p, y);
  return true;
}

/** As {@linkcode places}, for any size. */
export function placesInOrder(
  x: Numbers,
  n: number,
  m: number,
  p: number,
  y: Int32Array<ArrayBuffer>,
): void {
  if (p === 1) {
    for (let i = 0; i < n; i++) {
      const row = i * m;
      let b = 0, c = x[row];
      for (let j = 1; j < m; j++) {
        const value = x[row + j];
        if (value <= c) continue;
        if (Number.isNaN(c)) break;
        c = value;
        b = j;
      }
      y[i] = b;
    }
    return;
  }
  const best = allocate("find extremes", "float64", p);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < p; k++) {
      best[k] = x[i * m * p + k];
      y[i * p + k] = 0;
    }
    for (let j = 1; j < m; j++) place(best, x, (i * m + j) * p, p, y, i * p, j);
  }
}

/** Notes the elements of row j that are larger than the largest so far. */
function place(
  best: Numbers,
  x: Numbers,
  row: number,
  p: number,
  y: Int32Array<ArrayBuffer>,
  at: number,
  j: number,
): void {
  for (let k = 0; k < p; k++) {
    const value = x[row + k], c = best[k];
    if (value <= c || Number.isNaN(c)) continue;
    best[k] = value;
    y[at + k] = j;
  }
}

/** Writes to `y` the sums so far along the middle axis of an n×m×p tensor, from its
 * start, or backwards from its end. */
export function cumulate(
  x: Numbers,
  n: number,
  m: number,
  p: number,
  y: Numbers,
  isBackwards: boolean,
): void {
  const sums = allocate("add up", "float64", p);
  for (let i = 0; i < n; i++) {
    fill(sums, 0);
    for (let j = 0; j < m; j++) {
      addRow(sums, x, (i * m + (isBackwards ? m - 1 - j : j)) * p, p, y);
    }
  }
}

/** Adds a row to the sums so far, and writes them. */
function addRow(
  sums: Numbers,
  x: Numbers,
  row: number,
  p: number,
  y: Numbers,
): void {
  for (let k = 0; k < p; k++) y[row + k] = sums[k] += x[row + k];
}

/** The length of a row, or of rows that are alike, from which it is copied, unless there
 * are fewer copies than `FEW`. */
const COPY_FROM = 2 ** 7;
const FEW = 4;

/** Writes each number of `dy`, divided by another, to its m places along the middle
 * axis of an n×m×p tensor; false if a loop is faster. */
export function repeatAlong(
  dy: Numbers,
  dx: Numbers,
  n: number,
  m: number,
  p: number,
  divisor = 1,
): boolean {
  const size = m * p;
  if (size < COPY_FROM || m < FEW) return false;
  const dtype = widthOf(dx) === 8 ? "float64" : "float32";
  const row = allocate("repeat rows", dtype, p);
  for (let i = 0; i < n; i++) {
    if (p === 1) fill(piece(dx, i * m, i * m + m), dy[i] / divisor);
    else {
      for (let k = 0; k < p; k++) row[k] = dy[i * p + k] / divisor;
      repeat(row, dx, i * size, size);
    }
  }
  return true;
}

/** A product as small as this is near to 0: four float32 numbers, of which none but 0
 * is below 2⁻¹⁴⁹, take no larger one below the normal numbers of float64. */
const NEAR_ZERO = 2 ** -400;

/** NaN instead of a number near to 0. */
const farFrom0 = (x: Term) => choose(greater(magnitude(x), NEAR_ZERO), x, NaN);

const PRODUCT32 = folding(1, (product, x) => times(product, x), farFrom0);
const PRODUCT64 = folding(1, (product, x) => farFrom0(times(product, x)));

/** Writes to `y` the products over the middle axis of an n×m×p tensor, or NaN where a
 * product comes near to 0 on its way. */
export function multiplyAlong(
  x: Numbers,
  n: number,
  m: number,
  p: number,
  y: Numbers,
): void {
  const folding = widthOf(x) === 8 ? PRODUCT64 : PRODUCT32;
  if (fold(folding, y, x, n, m, p)) return;
  eachLine(
    n,
    m,
    p,
    (start, apart, at) => multiplyFour(x, start, apart, p, m, y, at),
    (start, at) => y[at] = multiply(x, start, p, m),
  );
}

/** The product of some numbers; NaN if it comes near to 0 on its way. */
function multiply(x: Numbers, start: number, step: number, m: number): number {
  let product = 1;
  for (let j = 0; j < m; j++) {
    product *= x[start + j * step];
    if (!(Math.abs(product) > NEAR_ZERO)) return NaN;
  }
  return product;
}

/** Which products are checked: those whose index has none of these bits. In float64
 * every product is, as one factor may take it anywhere. */
const skipped = (x: Numbers) => widthOf(x) === 8 ? 0 : 3;

/** Writes four products, whose numbers are `apart`; false if one comes near to 0. */
function multiplyFour(
  x: Numbers,
  start: number,
  apart: number,
  step: number,
  m: number,
  y: Numbers,
  at: number,
): boolean {
  const b0 = start + apart, c0 = b0 + apart, d0 = c0 + apart, skip = skipped(x);
  let a = 1, b = 1, c = 1, d = 1;
  for (let j = m - 1, from = 0; j >= 0; j--, from += step) {
    a *= x[start + from];
    b *= x[b0 + from];
    c *= x[c0 + from];
    d *= x[d0 + from];
    if ((j & skip) > 0) continue;
    const isFar = Math.abs(a) > NEAR_ZERO && Math.abs(b) > NEAR_ZERO &&
      Math.abs(c) > NEAR_ZERO && Math.abs(d) > NEAR_ZERO;
    if (!isFar) return false;
  }
  y[at] = a;
  y[at + 1] = b;
  y[at + 2] = c;
  y[at + 3] = d;
  return true;
}

/** Writes the gradients of the products of four lines, whose numbers are `apart`, if
 * plain products have the bits of those with an exponent: see `isTame`. `q` has room
 * for four lines. */
export function multiplyFourD(
  x: Numbers,
  dy: Numbers,
  dx: Numbers,
  start: number,
  apart: number,
  step: number,
  m: number,
  at: number,
  q: Float64Array,
): boolean {
  let least = LEAST, most = MOST;
  for (let k = at; k < at + 4; k++) {
    const size = Math.abs(dy[k]) || 1;
    least = Math.max(least, LEAST / size);
    most = Math.min(most, MOST / size);
  }
  const b0 = start + apart, c0 = b0 + apart, d0 = c0 + apart, skip = skipped(x);
  let a = 1, b = 1, c = 1, d = 1;
  for (let j = m - 1; j >= 0; j--) {
    const from = j * step, k = 4 * j;
    q[k] = a;
    q[k + 1] = b;
    q[k + 2] = c;
    q[k + 3] = d;
    a *= x[start + from];
    b *= x[b0 + from];
    c *= x[c0 + from];
    d *= x[d0 + from];
    if ((j & skip) > 0) continue;
    const p = Math.abs(a), r = Math.abs(b), s = Math.abs(c), t = Math.abs(d);
    const isTame = p > least && p < most && r > least && r < most &&
      s > least && s < most && t > least && t < most;
    if (!isTame) return false;
  }
  const da = dy[at], db = dy[at + 1], dc = dy[at + 2], dd = dy[at + 3];
  a =
    b =
    c =
    d =
      1;
  for (let j = 0; j < m; j++) {
    const to = j * step, k = 4 * j;
    dx[start + to] = a * q[k] * da;
    dx[b0 + to] = b * q[k + 1] * db;
    dx[c0 + to] = c * q[k + 2] * dc;
    dx[d0 + to] = d * q[k + 3] * dd;
    a *= x[start + to];
    b *= x[b0 + to];
    c *= x[c0 + to];
    d *= x[d0 + to];
  }
  return true;
}

/** Visits the lines along the middle axis of an n×m×p tensor: four that lie side by
 * side, or one by one where there are no four, or `four` says false. Visitors get where
 * a line begins, how far apart four lines are, and the place of the first among all. */
export function eachLine(
  n: number,
  m: number,
  p: number,
  four: (start: number, apart: number, at: number) => boolean,
  one: (start: number, at: number) => void,
): void {
  const [blocks, count, apart] = p === 1 ? [1, n, m] : [n, p, 1];
  for (let i = 0; i < blocks; i++) {
    for (let k = 0; k < count;) {
      const start = i * m * p + k * apart, at = i * p + k;
      const end = Math.min(k + 4, count);
      if (end === k + 4 && four(start, apart, at)) k = end;
      for (let l = 0; k < end; k++, l++) one(start + l * apart, at + l);
    }
  }
}

/** The number of elements from which turning a tensor pays. */
const TURN_FROM = 2 ** 8;

/** How many numbers are turned at once, so that they stay in the cache of a core; or
 * at least this many columns, if their numbers stay in the cache that all cores share.
 * Columns that do not fill whole cache lines would be read again and again. */
const TURNED = 2 ** 15;
const WIDE = 48;
const MORE_TURNED = 2 ** 18;
const LINE = 16;

/**
 * Calls a kernel for rows of m numbers with n×m×p tensors whose middle axis is made
 * the last, some of the n·p rows at a time, and writes what it has made of them to
 * `z`, if that is given; false where there is no such kernel. It gets the rows, where
 * to write the result, how many they are, m, and which is the first.
 */
export function turned(
  { n, m, p }: Readonly<Record<"n" | "m" | "p", number>>,
  inputs: readonly Numbers[],
  z: Numbers | undefined,
  kernel: (
    inputs: readonly Numbers[],
    z: Numbers,
    rows: number,
    m: number,
    first: number,
  ) => boolean,
): boolean {
  if (m < 2) return false; // A row of one number takes as long as one of several.
  if (p === 1) return kernel(inputs, z ?? inputs[0], n, m, 0);
  // Kernels for rows are of float32.
  if (widthOf(inputs[0]) === 8 || n * m * p < TURN_FROM) return false;
  // Whole slices, or columns of one.
  const lines = (numbers: number) => Math.floor(numbers / m / LINE) * LINE;
  const wide = Math.min(WIDE, lines(MORE_TURNED));
  const most = Math.max(LINE, lines(TURNED), wide);
  const slices = Math.max(1, Math.min(n, Math.floor(most / p)));
  const cols = Math.min(p, most), count = slices * cols * m;
  const tool = turner(count);
  const arrays = z === undefined ? inputs : [...inputs, z],
    last = inputs.length;
  const rows = arrays.map((_, k) =>
    tool?.rows(k, count) ?? allocate("turn a tensor", "float32", count)
  );
  const result = z === undefined ? 0 : last;
  for (let i = 0; i < n; i += slices) {
    const part = { slices: Math.min(slices, n - i), m, p, first: 0, cols };
    const from = i * m * p, numbers = part.slices * m * p;
    const places = arrays.map((x, k) => tool?.place(k, x, from, numbers) ?? 0);
    for (let first = 0; first < p; first += cols) {
      part.first = first;
      part.cols = Math.min(cols, p - first);
      const shape = [part.slices, part.cols, m], size = part.slices * part.cols;
      const there = (data: Numbers) => {
        return { data, at: from + first, steps: [m * p, 1, p] };
      };
      const turn = (data: Numbers) => {
        return { data, at: 0, steps: [part.cols * m, m, 1] };
      };
      const own = (data: Numbers) => piece(data, 0, size * m);
      inputs.forEach((x, k) => {
        if (places[k] > 0) tool!.turn(k, places[k], part);
        else move(shape, there(x), turn(rows[k]));
      });
      const given = rows.slice(0, last).map(own);
      if (!kernel(given, own(rows[result]), size, m, i * p + first)) {
        return false;
      }
      if (z === undefined) continue;
      if (places[last] > 0) tool!.turnBack(last, places[last], part);
      else move(shape, turn(rows[last]), there(z));
    }
    if (z !== undefined && places[last] > 0) {
      tool!.writeBack(last, z, from, numbers);
    }
  }
  return true;
}
