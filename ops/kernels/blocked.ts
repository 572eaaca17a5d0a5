// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # The blocked kernel
 *
 * The same sum as the naive kernel's, in an order that suits the memory.
 *
 * **Registers.** Sixteen elements of $`Z`$, a tile of 4×4, are summed at once.
 * Each step of $`j`$ loads four numbers of $`X`$ and four of $`Y`$ and makes
 * sixteen multiply-adds of them: half a load for each, where the naive kernel
 * has two.
 *
 * ```text
 *                 Y:  b0 b1 b2 b3   ← row j
 *                      │  │  │  │
 *   X:  column j  a0 ──┼──┼──┼──┼──
 *                 a1 ──┼──┼──┼──┼──   16 sums,
 *                 a2 ──┼──┼──┼──┼──   8 loads a step
 *                 a3 ──┼──┼──┼──┼──
 * ```
 *
 * **Caches.** A block of $`X`$, `ROWS` × `DEPTH`, and one of $`Y`$, `DEPTH` ×
 * `COLS`, are *packed*: copied once, in the order in which the tile loop reads
 * them, so that every load of the inner loop is the next one in memory. Both
 * stay in the second-level cache while all their tiles are computed. Packing
 * also does the transposing and the conversion to float64, so the inner loop
 * knows nothing of them; nor does it know where the matrix ends, as what it sums
 * beyond is not stored.
 *
 * The sums of a block of $`Z`$ stay in float64 until the last block of the
 * depth is done, and $`j`$ runs upwards in every tile. The result is therefore
 * the naive kernel's, bit for bit.
 *
 * Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication",
 * ACM TOMS 34 (2008), is the source of the scheme.
 *
 * @module
 */

import type { Numbers } from "../core/arrays.ts";
import type { Matrix } from "./matrix.ts";

/** The side of a tile: 16 sums, about as many as there are registers. */
const TILE = 4;
const DEPTH = 128;
const ROWS = 96;
const COLS = 256;

// One block each, kept between calls: V8 reads typed arrays fastest when they
// are constants of the module, and a call then allocates nothing.
const xBlock = new Float64Array(ROWS * DEPTH);
const yBlock = new Float64Array(DEPTH * COLS);
const sums = new Float64Array(ROWS * COLS);

/** Writes the product of `x` and `y`, plus `bias` on every row, into `z`. */
export function blocked(
  x: Matrix,
  y: Matrix,
  z: Numbers,
  bias?: Numbers,
): void {
  const [m, n, p] = [x.rows, x.cols, y.cols];
  for (let k = 0; k < p; k += COLS) {
    const cols = Math.min(COLS, p - k);
    for (let i = 0; i < m; i += ROWS) {
      const rows = Math.min(ROWS, m - i);
      clear(rows, cols, bias, k);
      for (let j = 0; j < n; j += DEPTH) {
        const depth = Math.min(DEPTH, n - j);
        packX(x, i, j, rows, depth);
        packY(y, j, k, depth, cols);
        multiplyTiles(rows, cols, depth);
      }
      store(z, p, i, k, rows, cols);
    }
  }
}

// In `sums`, tile follows tile along a row of tiles; in a tile, row follows row.

function clear(
  rows: number,
  cols: number,
  bias: Numbers | undefined,
  k: number,
): void {
  if (bias === undefined) {
    const used = Math.ceil(rows / TILE) * Math.ceil(cols / TILE) * TILE * TILE;
    sums.fill(0, 0, used);
    return;
  }
  let to = 0;
  for (let i = 0; i < rows; i += TILE) {
    for (let c = 0; c < cols; c += TILE) {
      for (let e = 0; e < TILE * TILE; e++) {
        const col = c + e % TILE;
        sums[to++] = col < cols ? bias[k + col] : 0;
      }
    }
  }
}

function store(
  z: Numbers,
  p: number,
  i: number,
  k: number,
  rows: number,
  cols: number,
): void {
  const tiles = Math.ceil(cols / TILE);
  for (let r = 0; r < rows; r++) {
    const tileRow = (r / TILE | 0) * tiles * TILE * TILE + (r % TILE) * TILE;
    const to = (i + r) * p + k;
    for (let c = 0; c < cols; c++) {
      z[to + c] = sums[tileRow + (c / TILE | 0) * TILE * TILE + c % TILE];
    }
  }
}

/** Four rows of X side by side: the column of a tile is four numbers in a row. */
function packX(
  x: Matrix,
  i: number,
  j: number,
  rows: number,
  depth: number,
): void {
  pack(
    x.data,
    i * x.rowStep + j * x.colStep,
    x.rowStep,
    x.colStep,
    rows,
    depth,
    xBlock,
  );
}

/** Four columns of Y side by side. */
function packY(
  y: Matrix,
  j: number,
  k: number,
  depth: number,
  cols: number,
): void {
  pack(
    y.data,
    j * y.rowStep + k * y.colStep,
    y.colStep,
    y.rowStep,
    cols,
    depth,
    yBlock,
  );
}

/**
 * Packs `count` lines of `depth` numbers, four lines at a time; what stands in
 * place of lines beyond the last makes sums that are not stored.
 */
function pack(
  from: Numbers,
  start: number,
  lineStep: number,
  depthStep: number,
  count: number,
  depth: number,
  to: Float64Array,
): void {
  for (let line = 0; line < count; line += TILE) {
    const lines = Math.min(TILE, count - line);
    const base = line * depth;
    for (let l = 0; l < lines; l++) {
      let at = start + (line + l) * lineStep;
      for (let j = 0; j < depth; j++) {
        to[base + j * TILE + l] = from[at];
        at += depthStep;
      }
    }
  }
}

/** sums += xBlock · yBlock, tile by tile. */
function multiplyTiles(rows: number, cols: number, depth: number): void {
  let at = 0;
  for (let i = 0; i < rows; i += TILE) {
    for (let k = 0; k < cols; k += TILE) {
      tile(i * depth, k * depth, at, depth);
      at += TILE * TILE;
    }
  }
}

/** One tile: sixteen sums in registers, the depth in one loop. */
// deno-fmt-ignore
function tile(a: number, b: number, at: number, depth: number): void {
  let z00 = sums[at], z01 = sums[at + 1], z02 = sums[at + 2], z03 = sums[at + 3];
  let z10 = sums[at + 4], z11 = sums[at + 5], z12 = sums[at + 6], z13 = sums[at + 7];
  let z20 = sums[at + 8], z21 = sums[at + 9], z22 = sums[at + 10], z23 = sums[at + 11];
  let z30 = sums[at + 12], z31 = sums[at + 13], z32 = sums[at + 14], z33 = sums[at + 15];
  for (const end = a + depth * TILE; a < end; a += TILE, b += TILE) {
    const b0 = yBlock[b], b1 = yBlock[b + 1], b2 = yBlock[b + 2], b3 = yBlock[b + 3];
    const a0 = xBlock[a];
    z00 += a0 * b0; z01 += a0 * b1; z02 += a0 * b2; z03 += a0 * b3;
    const a1 = xBlock[a + 1];
    z10 += a1 * b0; z11 += a1 * b1; z12 += a1 * b2; z13 += a1 * b3;
    const a2 = xBlock[a + 2];
    z20 += a2 * b0; z21 += a2 * b1; z22 += a2 * b2; z23 += a2 * b3;
    const a3 = xBlock[a + 3];
    z30 += a3 * b0; z31 += a3 * b1; z32 += a3 * b2; z33 += a3 * b3;
  }
  sums[at] = z00; sums[at + 1] = z01; sums[at + 2] = z02; sums[at + 3] = z03;
  sums[at + 4] = z10; sums[at + 5] = z11; sums[at + 6] = z12; sums[at + 7] = z13;
  sums[at + 8] = z20; sums[at + 9] = z21; sums[at + 10] = z22; sums[at + 11] = z23;
  sums[at + 12] = z30; sums[at + 13] = z31; sums[at + 14] = z32; sums[at + 15] = z33;
}
