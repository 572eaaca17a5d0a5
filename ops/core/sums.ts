// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Long sums
 *
 * Every addition rounds, and the error grows with the number of additions that a
 * term goes through. If all terms are alike, so are the errors: a plain sum of a
 * million equal float64 numbers has lost five of its sixteen digits. So the
 * numbers are taken in blocks, and the sums of the blocks are added up: in a sum
 * of $`t`$ numbers no term goes through more than about $`t / 1024 + 131`$
 * additions. Each block has several chains, which do not wait for each other, so
 * this takes less time than a plain sum, too. The page of `kernels/stream.ts`
 * draws them.
 *
 * Up to {@linkcode LONG} numbers, a plain loop keeps thirteen digits, as many as
 * a page promises. For longer sums, a page has two nested loops, or leaves the
 * rest to the functions here after a plain loop, so that short rows do not pay
 * for a call. Sums down the columns of a matrix are taken in blocks of rows.
 *
 * @module
 */

import type { Float } from "./types.ts";

/** Up to this many numbers, or rows, a plain loop that adds them up keeps thirteen
 * digits of float64. */
export const LONG = 4096;

/** Numbers in a block. */
const BLOCK = 1024;

/** The sum of the numbers of a range, in blocks, so that rounding errors do not add up.
 *
 * @param x The numbers.
 * @param from The index of the first.
 * @param to The index after the last.
 * @returns Their sum; 0 if there are none.
 *
 * @example Usage
 * ```ts
 * import { sumOf } from "@adjoint/ops/op";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const x = new Float64Array(1e6).fill(0.1);
 *
 * assertAlmostEquals(sumOf(x, 0, 1e6), 1e5, 1e-8);
 * ```
 */
export function sumOf(x: ArrayLike<number>, from: number, to: number): number {
  let total = 0;
  for (let i = from; i < to; i += BLOCK) {
    const end = Math.min(i + BLOCK, to);
    const half = Math.min(i + Math.ceil((end - i) / 8) * 4, to);
    total += sumRange(x, i, half) + sumRange(x, half, end);
  }
  return total;
}

/** The sum of a range, in four chains. */
export function sumRange(
  x: ArrayLike<number>,
  from: number,
  to: number,
): number {
  let a = 0, b = 0, c = 0, d = 0;
  let i = from;
  for (; i + 3 < to; i += 4) {
    a += x[i];
    b += x[i + 1];
    c += x[i + 2];
    d += x[i + 3];
  }
  if (i < to) a += x[i];
  if (i + 1 < to) b += x[i + 1];
  if (i + 2 < to) c += x[i + 2];
  return (a + c) + (b + d);
}

/** Sums down the rows of matrices, one for each column, to which a loop adds row by row:
 * every {@linkcode LONG} rows, they are put aside and begin again at 0.
 *
 * @example Usage
 * ```ts
 * import { Blocks } from "@adjoint/ops/op";
 * import { assertEquals } from "@std/assert";
 *
 * const sums = new Float64Array(2), blocks = new Blocks(sums);
 * for (let i = 0; i < 10_000; i++) {
 *   for (let j = 0; j < 2; j++) sums[j]! += j + 1;
 *   blocks.next();
 * }
 * blocks.end();
 *
 * assertEquals([...sums], [10_000, 20_000]);
 * ```
 */
export class Blocks {
  readonly #sums: readonly Float[];
  readonly #totals: Float64Array[] = [];
  #rows = 0;

  /** Takes the arrays that the loop adds to.
   *
   * @param sums The arrays; all begin at 0.
   */
  constructor(...sums: Float[]) {
    this.#sums = sums;
  }

  /** Takes note of the end of a row. */
  next(): void {
    if (++this.#rows === LONG) this.#settle();
  }

  /** Makes the sums those of all rows. */
  end(): void {
    if (this.#totals.length === 0) return;
    this.#settle();
    this.#sums.forEach((sum, s) => sum.set(this.#totals[s]));
  }

  #settle(): void {
    this.#rows = 0;
    this.#sums.forEach((sum, s) => {
      const total = this.#totals[s] ??= new Float64Array(sum.length);
      for (let j = 0; j < sum.length; j++) {
        total[j] += sum[j];
        sum[j] = 0;
      }
    });
  }
}
