// Copyright 2026 the Adjoint authors. MIT license.

import { allocate } from "./checks.ts";
import type { Arrays } from "./types.ts";

/**
 * The array of a result, where a call has no `out`: the only place where the
 * memory of results comes from. What loops need besides is from
 * {@linkcode allocate}.
 */
export function allocateResult<T extends "float32" | "float64" | "int32">(
  act: string,
  dtype: T,
  size: number,
): Arrays[T] {
  return allocate(act, dtype, size);
}
