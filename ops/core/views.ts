// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Copies of tensors in another order of axes, or broadcast to a larger shape, and
 * the way back for their gradients.
 *
 * @module
 */

import {
  bitsOf,
  type Data,
  fill,
  kindOf,
  lengthOf,
  piece,
  write,
} from "./arrays.ts";
import {
  allocate,
  type Checked,
  checkMemory,
  checkOpen,
  checkShape,
  checkTensor,
  product,
  showShape,
  sizeOf,
} from "./checks.ts";
import { endings } from "./results.ts";
import type { Arrays, DType, Float, Shape, Tensor } from "./types.ts";

/** The steps in memory of the axes of a shape. */
export function stepsOf(shape: Shape): number[] {
  const steps: number[] = Array(shape.length);
  for (let axis = shape.length - 1, step = 1; axis >= 0; axis--) {
    steps[axis] = step;
    step *= shape[axis];
  }
  return steps;
}

/**
 * Calls `visit` for each row along the last axis of `shape`, in row-major order,
 * with where it begins in a memory of the given steps.
 */
function eachRow(
  shape: Shape,
  steps: readonly number[],
  visit: (from: number, at: number) => void,
): void {
  const rank = shape.length;
  const row = rank === 0 ? 1 : shape[rank - 1];
  const index = Array(Math.max(rank - 1, 0)).fill(0);
  const size = product(shape);
  for (let at = 0, from = 0; at < size; at += row) {
    visit(from, at);
    for (let axis = rank - 2; axis >= 0; axis--) {
      from += steps[axis];
      if (++index[axis] < shape[axis]) break;
      from -= shape[axis] * steps[axis];
      index[axis] = 0;
    }
  }
}

/** The place of the element with these indices in a memory of these steps. */
export function placeOf(
  index: readonly number[],
  steps: readonly number[],
): number {
  let at = 0;
  for (let axis = 0; axis < steps.length; axis++) {
    at += index[axis] * steps[axis];
  }
  return at;
}

/** The places of the elements of a part of a tensor in its memory. */
export interface Places {
  readonly data: Data;
  /** The place of the first of them. */
  readonly at: number;
  /** From one to the next along each axis; 0 where one is repeated. */
  readonly steps: readonly number[];
}

/** The side of the squares in which what crosses is copied, to stay in the cache. */
const SQUARE = 32;

/** The number of elements from which copying a view of them is faster. */
const RUN = 96;

/** The number of elements from which it pays to see them as words. */
const WORDS_FROM = 512;

/** Places up to this fit in a word, too. */
const LAST_PLACE = 2 ** 31 - 1;

/** How many numbers are summed before their sum is added to that of others. */
const BLOCK = 1024;

/** Copies m rows of n elements, the one in row i and column j from `at + i a + j b` to
 * `into + i c + j d`; false if that is left to loops. */
export type MoveRows = (
  x: Data,
  y: Data,
  m: number,
  n: number,
  a: number,
  b: number,
  c: number,
  d: number,
  at: number,
  into: number,
) => boolean;

/** Copies elements of one tensor, that are of this shape, to places of another, by a
 * faster way where there is one. */
export function move(
  shape: Shape,
  from: Places,
  to: Places,
  fast?: MoveRows,
): void {
  // Axes that follow one another in both are one.
  const sizes: number[] = [], steps: number[] = [], toSteps: number[] = [];
  for (let axis = 0; axis < shape.length; axis++) {
    const n = shape[axis], a = from.steps[axis], b = to.steps[axis];
    if (n === 0) return;
    if (n === 1) continue;
    const last = sizes.length - 1;
    if (last >= 0 && steps[last] === n * a && toSteps[last] === n * b) {
      sizes[last] *= n;
      steps[last] = a;
      toSteps[last] = b;
    } else {
      sizes.push(n);
      steps.push(a);
      toSteps.push(b);
    }
  }
  while (sizes.length < 2) {
    sizes.unshift(1);
    steps.unshift(0);
    toSteps.unshift(0);
  }
  const x = from.data, y = to.data, rank = sizes.length;
  const [m, n] = sizes.slice(-2), [a, b] = steps.slice(-2);
  const [c, d] = toSteps.slice(-2);
  const index = Array(rank).fill(0);
  const words = wordsOf(x, y, m * n);
  let at = from.at, into = to.at;
  for (;;) {
    if (!fast?.(x, y, m, n, a, b, c, d, at, into)) {
      copyRows(x, y, words, m, n, a, b, c, d, at, into);
    }
    let axis = rank - 3;
    for (; axis >= 0; axis--) {
      at += steps[axis];
      into += toSteps[axis];
      if (++index[axis] < sizes[axis]) break;
      at -= sizes[axis] * steps[axis];
      into -= sizes[axis] * toSteps[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/** Two arrays of one type as words, and how many of these an element has. */
interface Words {
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly each: number;
}

/** Two arrays of one type as words; undefined for other types, for too few elements to
 * copy, and for arrays so long that a place in them is no word. */
function wordsOf(x: Data, y: Data, count: number): Words | undefined {
  const kind = kindOf(x), each = kind === "Float64Array" ? 2 : 1;
  const last = each * Math.max(lengthOf(x), lengthOf(y));
  if (count < WORDS_FROM || kind !== kindOf(y) || last > LAST_PLACE) {
    return undefined;
  }
  const from = bitsOf(x), to = bitsOf(y);
  return from && to && { x: from, y: to, each };
}

/** Copies m rows of n elements. */
function copyRows(
  x: Data,
  y: Data,
  words: Words | undefined,
  m: number,
  n: number,
  a: number,
  b: number,
  c: number,
  d: number,
  at: number,
  into: number,
): void {
  const isRow = b === 1 && d === 1, each = words?.each;
  if (isRow && n >= RUN) {
    for (let i = 0; i < m; i++, at += a, into += c) {
      write(y, piece(x, at, at + n), into);
    }
  } else if (each === 1) {
    copyWords(words!.x, words!.y, m, n, a, b, c, d, at, into);
  } else if (each === 2 && isRow) {
    // deno-fmt-ignore
    copyWords(words!.x, words!.y, m, 2 * n, 2 * a, b, 2 * c, d, 2 * at, 2 * into);
  } else copySquares(x, y, m, n, a, b, c, d, at, into);
}

/** Copies m rows of n elements, in squares. */
function copySquares(
  x: Data,
  y: Data,
  m: number,
  n: number,
  a: number,
  b: number,
  c: number,
  d: number,
  at: number,
  into: number,
): void {
  for (let top = 0; top < m; top += SQUARE) {
    const bottom = Math.min(top + SQUARE, m);
    for (let left = 0; left < n; left += SQUARE) {
      const right = Math.min(left + SQUARE, n);
      for (let i = top; i < bottom; i++) {
        let p = at + i * a + left * b, q = into + i * c + left * d;
        for (let j = left; j < right; j++) {
          y[q] = x[p];
          p += b;
          q += d;
        }
      }
    }
  }
}

/**
 * Copies m rows of n words: four rows at a time, so that where they cross, four words
 * of each cache line are used at once. It is only ever called with arrays of one type,
 * so that the engine compiles it for that type, and each place is made a word, which
 * the engine would otherwise have to find out: both halve the time.
 */
function copyWords(
  x: Int32Array,
  y: Int32Array,
  m: number,
  n: number,
  a: number,
  b: number,
  c: number,
  d: number,
  at: number,
  into: number,
): void {
  for (let left = 0; left < n; left += 2 * SQUARE) {
    const right = Math.min(left + 2 * SQUARE, n);
    let i = 0;
    for (; i + 3 < m; i += 4) {
      let p = at + i * a + left * b | 0, q = into + i * c + left * d | 0;
      for (let j = left; j < right; j++) {
        y[q] = x[p];
        y[q + c | 0] = x[p + a | 0];
        y[q + 2 * c | 0] = x[p + 2 * a | 0];
        y[q + 3 * c | 0] = x[p + 3 * a | 0];
        p = p + b | 0;
        q = q + d | 0;
      }
    }
    for (; i < m; i++) {
      let p = at + i * a + left * b | 0, q = into + i * c + left * d | 0;
      for (let j = left; j < right; j++) {
        y[q] = x[p];
        p = p + b | 0;
        q = q + d | 0;
      }
    }
  }
}

/** A copy whose axis k is the axis `order[k]` of `x`. */
export function permute(
  act: string,
  { shape, data, dtype, size }: Checked<Shape, Float>,
  order: readonly number[],
): Float {
  const copy = allocate(act, dtype, size, "a copy of x") as Float;
  const to = order.map((axis) => shape[axis]);
  move(to, inOrder(data, shape, order), whole(copy, to));
  return copy;
}

/** Writes what is in the order of {@linkcode permute} back in that of `shape`. */
export function unpermute(
  data: Float,
  shape: Shape,
  order: readonly number[],
  out: Float,
): void {
  const to = order.map((axis) => shape[axis]);
  move(to, whole(data, to), inOrder(out, shape, order));
}

/** A tensor as it lies in memory. */
function whole(data: Arrays[DType], shape: Shape): Places {
  return { data, at: 0, steps: stepsOf(shape) };
}

/** A tensor whose axes are seen in another order. */
function inOrder(data: Float, shape: Shape, order: readonly number[]): Places {
  const steps = stepsOf(shape);
  return { data, at: 0, steps: order.map((axis) => steps[axis]) };
}

/** The steps of a tensor that is broadcast to a shape: 0 where it is repeated. */
export function broadcastSteps(from: Shape, to: Shape): number[] {
  const steps = stepsOf(from), lead = to.length - from.length;
  return to.map((_, axis) =>
    axis < lead || from[axis - lead] === 1 ? 0 : steps[axis - lead]
  );
}

/** A copy of `x` that is broadcast to a shape. */
export function expand(
  act: string,
  { shape, data, dtype }: Checked,
  to: Shape,
): Arrays[DType] {
  const copy = allocate(act, dtype, product(to), "a copy of an input");
  move(to, { data, at: 0, steps: broadcastSteps(shape, to) }, whole(copy, to));
  return copy;
}

/**
 * The gradient of what was broadcast: the sums over the places where each number
 * was repeated, in float64.
 */
export function sumInto(
  data: Float,
  shape: Shape,
  to: Shape,
  out: Float,
  size: number,
): void {
  const sums = new Float64Array(size);
  const steps = broadcastSteps(to, shape);
  const row = shape[shape.length - 1] ?? 1;
  const step = steps[shape.length - 1] ?? 0;
  // In long sums, rounding errors add up, too: those of blocks are added up first.
  const most = Math.max(BLOCK, Math.ceil(size / row));
  const part = product(shape) > most * row ? new Float64Array(size) : sums;
  let rows = 0;
  eachRow(shape, steps, (from, at) => {
    for (let k = 0; k < row; k += BLOCK) {
      const end = Math.min(k + BLOCK, row);
      if (step === 0) part[from] += sumOfRange(data, at + k, at + end);
      else for (let j = k; j < end; j++) part[from + j] += data[at + j];
    }
    if (part === sums || ++rows < most) return;
    addAt(sums, 0, part);
    fill(part, 0);
    rows = 0;
  });
  if (part !== sums) addAt(sums, 0, part);
  write(out, sums);
}

function sumOfRange(data: Float, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += data[i];
  return sum;
}

/** Adds numbers to others, from a place on. */
export function addAt(sums: Float, at: number, data: Float): void {
  for (let k = 0; k < data.length; k++) sums[at + k] += data[k];
}

/**
 * Visits the parts of a shape that are of one piece in tensors which are broadcast
 * to it: the last axes that all of them have in full. `from` is where the part
 * begins in each of them, `at` where it begins in the shape, `count` its size.
 */
export function eachPart(
  shapes: readonly Shape[],
  to: Shape,
  visit: (from: readonly number[], at: number, count: number) => void,
): void {
  let rank = to.length, count = 1;
  const isFull = (axis: number) =>
    shapes.every((shape) =>
      (shape[shape.length - to.length + axis] ?? 1) === to[axis]
    );
  while (rank > 0 && isFull(rank - 1)) count *= to[--rank];
  const steps = shapes.map((shape) => broadcastSteps(shape, to));
  const from = shapes.map(() => 0), index = Array(rank).fill(0);
  const size = product(to);
  for (let at = 0; at < size; at += count) {
    visit(from, at, count);
    for (let axis = rank - 1; axis >= 0; axis--) {
      const isLast = ++index[axis] === to[axis];
      const by = isLast ? 1 - to[axis] : 1;
      for (let i = 0; i < from.length; i++) from[i] += by * steps[i][axis];
      if (!isLast) break;
      index[axis] = 0;
    }
  }
}

/**
 * Copies parts that lie one behind the other along an axis of `whole`, to there or
 * from there. There are `before` rows of them, and in each row the part i has
 * `sizes[i]` elements. A part that is undefined is left out.
 */
export function copyParts(
  whole: Float,
  before: number,
  sizes: readonly number[],
  part: (i: number) => Float | undefined,
  isInto: boolean,
  fast?: MoveRows,
): void {
  const row = sizes.reduce((sum, size) => sum + size, 0);
  for (let i = 0, start = 0; i < sizes.length; i++) {
    const data = part(i), size = sizes[i];
    const [from, to, step, next, at, into] = isInto
      ? [data, whole, size, row, 0, start]
      : [whole, data, row, size, start, 0];
    start += size;
    if (
      from === undefined || to === undefined || size === 0 ||
      fast?.(from, to, before, size, step, 1, next, 1, at, into)
    ) continue;
    const words = wordsOf(from, to, before * size);
    copyRows(from, to, words, before, size, step, 1, next, 1, at, into);
  }
}

/** The elements of `x` in another shape, one dimension of which may be -1. */
export function withShape<D extends Arrays[DType]>(
  act: string,
  x: Tensor<Shape, D>,
  shape: Shape,
): Tensor<Shape, D> {
  const { shape: found, data } = checkTensor(act, "x", x), before = endings;
  const dims = checkShape(act, "shape", shape, "", undefined, -1);
  const length = lengthOf(data);
  // Reading the shape may have taken the memory of x away, or ended its arena.
  if (length === 0) checkMemory(act, "x", data, "the data of ");
  if (endings !== before) checkOpen(act, "x", data);
  const open = dims.indexOf(-1);
  if (open >= 0) {
    if (dims.includes(-1, open + 1)) {
      throw new RangeError(
        `Cannot ${act} as only one dimension in shape may be -1: shape is ${
          showShape(dims)
        }`,
      );
    }
    const rest = sizeOf(act, "shape", dims.with(open, 1));
    // If the others leave nothing, any number would do.
    const size = length / rest;
    if (Number.isInteger(size)) dims[open] = size;
  }
  if (dims.includes(-1) || sizeOf(act, "shape", dims) !== length) {
    throw new TypeError(
      `Cannot ${act} as the number of elements must stay the same: x is ${
        showShape(found)
      }, shape is ${showShape(dims)}`,
    );
  }
  return { shape: dims, data };
}
