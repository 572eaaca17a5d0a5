// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Thin products
 *
 * If one matrix of a product has only a few rows or columns, each number of the
 * other is used only a few times, and is best read in memory order. Tiles do not
 * do that: they go down some columns, and then down the next ones.
 *
 * The lines of the large matrix are its rows or its columns, whichever are
 * contiguous in memory. There are two ways to use them, for each row or column of
 * the thin matrix (the kernels are in `thin.as.ts`):
 *
 * ```text
 *   a line is a factor of each sum:        a line is a term of all sums:
 *   four lines at a time, down the terms   four lines at a time, along the sums
 *
 *   ├─────────→ · x  =  z₀                   ├─────────→ x₀
 *   ├─────────→ · x  =  z₁                 + ├─────────→ x₁
 *   ├─────────→ · x  =  z₂                 + ├─────────→ x₂
 *   ├─────────→ · x  =  z₃                 + ├─────────→ x₃  =  z
 * ```
 *
 * In both, some terms are added up on their own before they go to the result, 256 and
 * 128, as in a tile: how a sum is grouped follows from the sizes alone.
 *
 * **What it gains.** On a Zen 4, 3000×3000 by a column takes a fifth of the time that
 * tiles take, and by eight columns half. From about twelve columns on, and with two
 * already if the large matrix is small or its sums are short, tiles are faster.
 *
 * @module
 */

/** How the kernel is told that Y has few columns, or X few rows. */
export const FEW_COLUMNS = 3;
export const FEW_ROWS = 4;

/** Lines, and terms of each, that a thin product has at least. */
const LINES = 32, TERMS = 16;

/** How many rows or columns are always few, and how many are if the terms are more
 * and the lines take so many bytes that the nearest caches do not hold them. */
const FEW = 2, SOME = 8, MANY_TERMS = 64, LARGE = 2 ** 20;

/** Whether a product of this many rows or columns by lines of this many terms, of `size`
 * bytes each, is thin. */
export function isThin(
  count: number,
  terms: number,
  lines: number,
  size: number,
): boolean {
  if (lines < LINES || terms < TERMS) return false;
  return count <= FEW ||
    count <= SOME && terms >= MANY_TERMS && lines * terms * size > LARGE;
}
