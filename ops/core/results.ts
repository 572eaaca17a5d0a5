// Copyright 2026 the Adjoint authors. MIT license.

import { allocate } from "./checks.ts";
import { fill } from "./arrays.ts";
import { close, type Frame, note, take } from "./memory.ts";
import type { Arrays, DType } from "./types.ts";

/**
 * The array of a result, for a call without `out`. The memory of all results comes
 * from here; other arrays that loops need come from {@linkcode allocate}. In an arena
 * the array is not cleared.
 */
export function allocateResult<T extends DType>(
  act: string,
  dtype: T,
  size: number,
): Arrays[T] {
  const data = take(dtype, size);
  if (data !== undefined) return data as Arrays[T];
  const made = allocate(act, dtype, size);
  note(made);
  return made;
}

/** As {@linkcode allocateResult}, and every element is 0. */
export function allocateZeros<T extends DType>(
  act: string,
  dtype: T,
  size: number,
): Arrays[T] {
  const data = take(dtype, size);
  if (data === undefined) return allocateResult(act, dtype, size);
  fill(data, 0);
  return data as Arrays[T];
}

/** How many arenas have ended. Who sees the same number before and after reading
 * arguments knows that none of them has ended meanwhile. */
export let endings = 0;

/** Ends an arena: results take its memory from now on. */
export function endArena(frame: Frame): void {
  endings++;
  close(frame);
}
