// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Moving numbers
 *
 * A slice, a part of a concatenation or a transposed matrix computes nothing: numbers
 * go from one place to another. Loops move them one by one. In an arena, a kernel moves
 * four at a time: rows, however short they are, and squares of four rows and four
 * columns, which eight shuffles turn.
 *
 * ```text
 *   a b c d          a e i m
 *   e f g h    →     b f j n
 *   i j k l          c g k o
 *   m n o p          d h l p
 * ```
 *
 * Sixteen rows are turned together, so that whole cache lines are written.
 *
 * Tensors outside an arena would have to be copied to the kernel and back, which
 * takes longer than the loop.
 *
 * @module
 */

import { bufferOf, kindOf, offsetOf } from "../core/arrays.ts";
import { reserved } from "../core/memory.ts";
import {
  copyParts as copyPartsBy,
  move as moveBy,
  type MoveRows,
  type Places,
} from "../core/views.ts";
import type { Float, Shape } from "../core/types.ts";
import { MOVE } from "./_move_wasm.ts";
import { instantiate, platform } from "./platform.ts";
import { resident } from "./resident.ts";

/** What the WebAssembly module exports. */
type Kernels = Record<
  "copyRows" | "turn",
  (x: number, z: number, m: number, n: number, a: number, c: number) => void
>;

const loaded = resident((memory) =>
  memory && instantiate<Kernels>(platform.WebAssembly, [MOVE], 0, memory)
);

/** The number of elements from which the kernels are faster. If rows are as long as
 * this, copying each is faster, unless the caches do not hold them. */
const FROM = 64;
const LONG = 2 ** 11, HUGE = 2 ** 20;

/** Copies rows in an arena; false if they are not for the kernels. */
export const moveRows: MoveRows = (x, y, m, n, a, b, c, d, at, into) => {
  const isRow = b === 1 && d === 1, isTurned = a === 1 && d === 1;
  if (m * n < FROM || !isRow && !isTurned && !(b === 1 && c === 1)) {
    return false;
  }
  if (reserved === undefined) return false;
  if (isRow && n >= LONG && n < HUGE) return false;
  const { buffer } = reserved, kind = kindOf(x);
  if (bufferOf(x) !== buffer || bufferOf(y) !== buffer || kindOf(y) !== kind) {
    return false;
  }
  const isWide = kind === "Float64Array";
  if (isWide ? !isRow : kind !== "Float32Array") return false;
  const kernels = loaded();
  if (kernels === undefined) return false;
  const size = isWide ? 8 : 4;
  const from = offsetOf(x) + at * size, to = offsetOf(y) + into * size;
  if (isRow) kernels.copyRows(from, to, m, n * size, a * size, c * size);
  else if (isTurned) kernels.turn(from, to, n, m, b * size, c * size);
  else kernels.turn(from, to, m, n, a * size, d * size);
  return true;
};

/** As `move` of `views.ts`, in an arena by kernels. */
export function move(shape: Shape, from: Places, to: Places): void {
  moveBy(shape, from, to, moveRows);
}

/** As `copyParts` of `views.ts`, in an arena by kernels. */
export function copyParts(
  whole: Float,
  before: number,
  sizes: readonly number[],
  part: (i: number) => Float | undefined,
  isInto: boolean,
): void {
  copyPartsBy(whole, before, sizes, part, isInto, moveRows);
}
