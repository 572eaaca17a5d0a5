// Copyright 2026 the Adjoint authors. MIT license.

import { allocate } from "./checks.ts";
import { fill } from "./arrays.ts";
import { note, take } from "./memory.ts";
import type { Arrays, DType } from "./types.ts";

/**
 * The array of a result, where a call has no `out`: the only place where the
 * memory of results comes from. What loops need besides is from
 * {@linkcode allocate}. In an arena it holds whatever it held before.
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
