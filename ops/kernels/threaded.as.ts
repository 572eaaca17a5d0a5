// Copyright 2026 the Adjoint authors. MIT license.

// What each thread does, in AssemblyScript. The page that explains it is
// `threaded.ts`; the kernel that does the work is in `simd.as.ts`.

import {
  gemm32,
  gemm64,
  PACKED,
  packUnit,
  ROWS,
  TILE,
  unitsOf,
} from "./simd.as";

export { gemm32, gemm64 };

// A job consists of 32-bit words. These are their addresses, in bytes.

/** The next unit of Y to pack. */
const NEXT_UNIT: usize = 0;
/** How many units are packed; X being ready counts as one more. */
const READY: usize = 4;
/** The next row or column of Z to compute. */
const NEXT: usize = 8;
/** How many threads there are, and whether each computes rows or columns. */
const THREADS: usize = 12, BY_ROWS: usize = 16;
/** The address of the packed Y. */
const PACKED_AT: usize = 20;
/** The first of the arguments of `gemm`. */
const ARGUMENTS: usize = 24;

/** Results of `step`: no work is left, it did some, or others must finish first. */
const NONE: i32 = 0, SOME: i32 = 1, LATER: i32 = 2;

/** The fewest tiles that a thread takes at once, down Z and across it. */
const FEWEST_DOWN: usize = 2, FEWEST_ACROSS: usize = 8;

@inline function argument(job: usize, index: usize): usize {
  return load<usize>(job + ARGUMENTS + 4 * index);
}

/**
 * The end of the piece of rows or columns that begins at `from`. A piece is half of
 * a thread's share of what is left, so pieces become smaller and all threads finish
 * at about the same time.
 */
@inline function endOf(
  from: usize, all: usize, tile: usize, fewest: usize, threads: usize,
): usize {
  const share = (all - from) / (2 * tile * threads);
  return min(from + max(share, fewest) * tile, all);
}

/** Does a piece of the job, if one is left. */
@inline function step<T>(job: usize, space: usize): i32 {
  const size = sizeof<T>();
  const m = argument(job, 0), n = argument(job, 1), p = argument(job, 2);
  const x = argument(job, 3), xRowStep = argument(job, 4);
  const y = argument(job, 6), yRowStep = argument(job, 7);
  const yColStep = argument(job, 8);
  const z = argument(job, 9), zStep = argument(job, 10);
  const base = argument(job, 11), baseStep = argument(job, 12);
  const form = argument(job, 13), packed = load<usize>(job, PACKED_AT);

  const units = form == PACKED ? unitsOf(n, p * size) : 0;
  if (atomic.load<usize>(job, NEXT_UNIT) < units) {
    const unit = atomic.add<usize>(job, 1, NEXT_UNIT);
    if (unit < units) {
      packUnit<T>(unit, n, p, y, yRowStep, yColStep, packed);
      atomic.add<usize>(job, 1, READY);
      return SOME;
    }
  }
  if (atomic.load<usize>(job, READY) <= units) return LATER;

  const byRows = load<usize>(job, BY_ROWS) != 0;
  const threads = load<usize>(job, THREADS);
  const all = byRows ? m : p;
  const tile = byRows ? ROWS : TILE / size;
  const fewest = byRows ? FEWEST_DOWN : FEWEST_ACROSS;
  let from = atomic.load<usize>(job, NEXT), to: usize = 0;
  for (;;) {
    if (from >= all) return NONE;
    to = endOf(from, all, tile, fewest, threads);
    const found = atomic.cmpxchg<usize>(job, from, to, NEXT);
    if (found == from) break;
    from = found; // Another thread was faster.
  }
  const length = to - from;
  multiply<T>(
    byRows ? length : m,
    n,
    byRows ? p : length,
    byRows ? x + from * xRowStep : x,
    xRowStep,
    argument(job, 5),
    form == PACKED ? packed : byRows ? y : y + from * yColStep,
    yRowStep,
    yColStep,
    z + from * (byRows ? zStep : size),
    zStep,
    base ? base + from * (byRows ? baseStep : size) : 0,
    baseStep,
    form,
    space,
  );
  return SOME;
}

@inline function multiply<T>(
  m: usize, n: usize, p: usize,
  x: usize, xRowStep: usize, xColStep: usize,
  y: usize, yRowStep: usize, yColStep: usize,
  z: usize, zStep: usize, base: usize, baseStep: usize,
  form: usize, space: usize,
): void {
  if (sizeof<T>() == 4) {
    gemm32(
      m, n, p, x, xRowStep, xColStep, y, yRowStep, yColStep,
      z, zStep, base, baseStep, form, space,
    );
  } else {
    gemm64(
      m, n, p, x, xRowStep, xColStep, y, yRowStep, yColStep,
      z, zStep, base, baseStep, form, space,
    );
  }
}

export function step32(job: usize, space: usize): i32 {
  return step<f32>(job, space);
}

export function step64(job: usize, space: usize): i32 {
  return step<f64>(job, space);
}
