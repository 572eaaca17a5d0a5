// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Where kernels find their numbers
 *
 * A WebAssembly kernel sees one memory. Until the first arena begins, each kernel has
 * a memory of its own; from then on, all kernels compute in the memory of the arenas. A
 * kernel uses an array of that memory where it lies. It copies any other array in, and
 * any other result out, in chunks that stay in the cache:
 *
 * ```text
 *   x, an array       ├────────┼────────┼── …
 *                        │ set
 *   the kernels' part ├────────┤
 *                        │ z = f(x, y)
 *   y, z in an arena  ├────────┼────────┼── …
 * ```
 *
 * A chunk is needed during one call only, so all kernels use the same part of the
 * memory for their chunks.
 *
 * @module
 */

import {
  bufferOf,
  type Data,
  kindOf,
  type Numbers,
  offsetOf,
  piece,
  view,
  widthOf,
  write,
} from "../core/arrays.ts";
import { type Reserved, reserved } from "../core/memory.ts";
import type { Memory } from "./platform.ts";

/** Makes something for the memory in use: when it is first asked for, and again
 * whenever the memory has changed. */
export function resident<T>(make: (memory?: Memory) => T): () => T {
  let made: T;
  let madeFor: Reserved | undefined | null = null;
  return () => {
    if (madeFor !== reserved) {
      made = make(reserved?.memory);
      madeFor = reserved;
    }
    return made;
  };
}

/** A memory as elements of one type, and the bytes of each. */
export interface Elements {
  readonly heap: Data;
  readonly width: number;
}

/** The address of an array in a memory; 0 if it lies elsewhere, or its elements are of
 * another type. */
export function placeIn(heap: Data, data: Data): number {
  return reserved !== undefined && bufferOf(data) === bufferOf(heap) &&
      kindOf(data) === kindOf(heap)
    ? offsetOf(data)
    : 0;
}

/**
 * Where chunks begin, in bytes: not where a page of memory does. On some processors
 * (AMD's Zen 4), a copy takes fifteen times as long if its target begins 8 to 16
 * bytes behind its source, even if whole pages lie between them. Large arrays begin
 * 16 bytes behind the start of a page, so a chunk at a page's start would be such a
 * source.
 */
export const START = 256;

/** A kernel stores whole vectors, of this many numbers at most. */
const VECTOR = 4;

/**
 * Takes `n` numbers of each array through a memory, one chunk after another. It calls
 * `run` for each chunk, with the count of its numbers, the address of each array's
 * chunk, and the index of the first number. The first array is the result, if there is
 * one. `slots` are the addresses that chunks are copied to; where an array is
 * undefined, something is at its slot already. A chunk is shorter than a vector only if
 * `n` is, so the last but one may be a little longer. Where arrays have several element
 * types, the memory is given as those of each array.
 */
export function pass(
  heap: Numbers | readonly Elements[],
  n: number,
  chunk: number,
  arrays: readonly (Data | undefined)[],
  slots: readonly number[],
  run: (count: number, at: readonly number[], from: number) => void,
): void {
  const at = slots.slice(), z = arrays[0];
  const views = Array.isArray(heap) ? heap as readonly Elements[] : undefined;
  let own = heap as Data, width = views ? 0 : widthOf(heap as Numbers);
  for (let i = 0, end = 0; i < n; i = end) {
    end = n - i - chunk < VECTOR ? n : i + chunk;
    for (let k = 0; k < arrays.length; k++) {
      const data = arrays[k];
      if (data === undefined) continue;
      if (views) ({ heap: own, width } = views[k]);
      const place = placeIn(own, data);
      if (place > 0) at[k] = place + i * width;
      else if (k > 0) write(own, piece(data, i, end), slots[k] / width);
    }
    run(end - i, at, i);
    if (z !== undefined && at[0] === slots[0]) {
      if (views) ({ heap: own, width } = views[0]);
      const from = at[0] / width;
      write(z, view(own as Numbers, from, from + end - i), i);
    }
  }
}
