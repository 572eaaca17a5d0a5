// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # The SIMD kernel
 *
 * The blocked kernel's idea with wider registers: four numbers of float32 or two
 * of float64 in each, one instruction for all of them, and a multiply-add that
 * is a single instruction. JavaScript has no such instructions, so this kernel is
 * WebAssembly. Its source is `simd.as.ts`, in AssemblyScript, one text for both
 * element types.
 *
 * **The tile.** A tile of $`Z`$ has 6 rows and 8 columns (4 in float64). Its sums
 * fill twelve registers of four lanes. A step of $`j`$ adds a term to all of them:
 *
 * ```math
 * Z_{ik} = \sum_{j=1}^{n} X_{ij} Y_{jk}
 * ```
 *
 * There are sixteen registers, and the speed depends on the number of other
 * instructions beside the twelve multiply-adds, above all on the loads: the engine
 * checks the bounds of each. To multiply a row of the tile, an element of
 * $`X`$ must be in all four lanes, which takes one load for each of six rows.
 *
 * **Pairs of rows** need half of that. One load brings the elements of two rows,
 * $`a_0`$ and $`a_1`$, in turn. It is multiplied by four columns of $`Y`$; then
 * its lanes are swapped, and it is multiplied again:
 *
 * ```text
 *   a  = a0 a1 a0 a1           a' = a1 a0 a1 a0
 *   b  = b0 b1 b2 b3           b  = b0 b1 b2 b3
 *        ── ── ── ──                ── ── ── ──
 *   p += 00 11 02 13           q += 10 01 12 03   ← row and column of Z
 * ```
 *
 * So `p` and `q` hold two rows of $`Z`$, mixed, and two shuffles at the very end
 * unmix them. A step is 12 multiply-adds, 5 loads and 3 shuffles; it takes 12
 * sums, 2 registers of $`Y`$ and 1 of $`X`$, one less than there are.
 *
 * ```text
 *                  Y: b0 b1 b2 b3 │ b4 b5 b6 b7   ← row j, 2 loads
 *                     ────────────┼────────────
 *   X: column j,  a0 ┐            │
 *      3 loads    a1 ┘    p, q    │    p', q'
 *                 a2 ┐            │
 *                 a3 ┘    r, s    │    r', s'      12 sums
 *                 a4 ┐            │
 *                 a5 ┘    t, u    │    t', u'
 * ```
 *
 * **What is read when.** The loops around the tile are the blocked kernel's, in
 * an order that keeps what is used most in the nearest cache:
 *
 * ```text
 *   for 1024 columns k of Y and Z     (512 in float64)
 *     for 256 rows j of Y             pack that block of Y     second-level cache
 *       for 120 rows i of X and Z     pack that block of X     second-level cache
 *         for 8 of the columns        256×8 numbers of Y       first-level cache
 *           for 6 of the rows         a tile: 2×128 steps      registers
 * ```
 *
 * Packing puts the numbers in the order in which the tile reads them, and does
 * the transposing on the way: $`X Y^{\mathsf{T}}`$ and $`X^{\mathsf{T}} Y`$ cost
 * what $`X Y`$ costs. A small $`Y`$, or one for few rows of $`X`$, is read in its
 * place, as packing it would take longer than it saves.
 *
 * If $`X`$ and $`Y`$ are one block each, and no sum has more than 128 terms, all
 * tiles are made in one function: at $`16 \times 16`$ each is done so soon that
 * calling a function for it would count. There, an $`X^{\mathsf{T}}`$, or an
 * $`X`$ of at most 512 numbers, is read in place, too. Each sum has the same
 * terms in the same order, so the bits are the same.
 *
 * Products of few rows or columns have a kernel of their own: see `thin.ts`.
 *
 * **What it gains.** On a Zen 4 whose cores make 59 GFLOP/s of 128-bit
 * multiply-adds, the tile reaches 95 to 99 % of that on packed blocks, and a whole
 * call at 1024×1024 about 89 %: eleven times the blocked kernel.
 *
 * **What it costs.** The sums run in the element type: a float32 sum is rounded
 * at every step, where the blocked kernel rounds it once. The more terms there
 * are, the larger the sum that is rounded. So if a block has more than 128, each
 * half of them is summed on its own, which takes two or three percent of the
 * time, and the largest errors are those of PyTorch, or smaller: on normal
 * numbers, in the mean of 60 products of 24×24 results, 1.00 times PyTorch's up
 * to 256 terms, 0.78 times at 512, 0.83 times at 2048. Summed all at once they
 * were 1.64, 1.27 and 1.12 times as large. If relaxed multiply-adds are missing,
 * multiplying and adding are two steps, at half the speed, and both round.
 * Without any SIMD, the blocked kernel takes over.
 *
 * @module
 */

import type { Numbers } from "../core/arrays.ts";
import { FROM } from "../core/memory.ts";
import { PLAIN, RELAXED } from "./_simd_wasm.ts";
import { blocked } from "./blocked.ts";
import { compute, DEPTH, type Engine, LIMIT, SPACE } from "./engine.ts";
import type { Matrix } from "./matrix.ts";
import { instantiate, type Memory, platform, type Wasm } from "./platform.ts";
import { resident } from "./resident.ts";

/** An engine that computes on this thread, where the runtime has SIMD: in a memory
 * of its own, or in that of the arenas. */
export function createEngine(
  wasm: Wasm | undefined = platform.WebAssembly,
  memory?: Memory,
): Engine | undefined {
  const made = instantiate<
    Pick<Engine, "gemm32" | "gemm64">
  >(
    wasm,
    [RELAXED, PLAIN],
    SPACE,
    memory,
  );
  if (made === undefined) return undefined;
  return {
    ...made,
    hasThreads: false,
    depth: DEPTH,
    start: SPACE,
    limit: LIMIT,
    from: memory === undefined ? Infinity : FROM,
    plans: [],
  };
}

/** The engine of this thread; undefined where the runtime has no SIMD. */
export const simdEngine: () => Engine | undefined = resident((memory) =>
  createEngine(undefined, memory)
);

/** Writes the product of `x` and `y`, plus `bias` on every row, into `z`. */
export function simd(
  x: Matrix,
  y: Matrix,
  z: Numbers,
  bias?: Numbers,
  size?: number,
): void {
  simdOn(simdEngine(), x, y, z, bias, size);
}

/**
 * As {@linkcode simd}, on the given engine; if there is none, or it lacks the memory,
 * the blocked kernel takes over.
 */
export function simdOn(
  engine: Engine | undefined,
  x: Matrix,
  y: Matrix,
  z: Numbers,
  bias?: Numbers,
  size?: number,
): void {
  if (engine === undefined || !compute(engine, x, y, z, bias, size)) {
    blocked(x, y, z, bias);
  }
}

/** As {@linkcode simd}, with all sums in float64. */
export function simdPrecise(
  x: Matrix,
  y: Matrix,
  z: Numbers,
  bias?: Numbers,
): void {
  simd(x, y, z, bias, 8);
}
