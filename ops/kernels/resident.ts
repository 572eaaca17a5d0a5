// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Where kernels find their numbers
 *
 * A kernel of WebAssembly sees one memory. Before there is an arena, that is one of
 * its own; from then on it is that of the arenas, in which all kernels compute. What
 * lies there already is used in its place, and the rest is copied in, and the result
 * out, in chunks that stay in the cache:
 *
 * ```text
 *   x, an array       ├────────┼────────┼── …
 *                        │ set
 *   the kernels' part ├────────┤
 *                        │ z = f(x, y)
 *   y, z in an arena  ├────────┼────────┼── …
 * ```
 *
 * What a chunk is copied to is used during a call and not after it, so the kernels
 * share that part of the memory.
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

/** What is made for the memory that is in use: made when it is first asked for, and
 * anew when there is another memory. */
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

/** Where an array lies in a memory, in bytes, with elements of the same type; 0 where
 * it lies elsewhere. */
export function placeIn(heap: Numbers, data: Data): number {
  return reserved !== undefined && bufferOf(data) === bufferOf(heap) &&
      kindOf(data) === kindOf(heap)
    ? offsetOf(data)
    : 0;
}

/**
 * Where chunks begin, in bytes: not where a page of memory does. On some processors
 * (AMD's Zen 4), a copy takes fifteen times as long if its target begins 8 to 16 bytes
 * behind its source, be there whole pages between them or not. Large arrays begin 16
 * bytes behind the start of a page, so a chunk at a page's start would be such a source.
 */
export const START = 256;

/** A kernel stores whole vectors, of so many numbers at most. */
const VECTOR = 4;

/**
 * Takes `n` numbers of each array through a memory, some at a time: to `run` it says
 * how many, where those of each array are, and which is the first. The first array is
 * the result, if there is one; `slots` are where the others' chunks are copied to, or
 * where something stands already, and no array comes there. No chunk is shorter than
 * a vector, if all are not, and one may be that much longer.
 */
export function pass(
  heap: Numbers,
  n: number,
  chunk: number,
  arrays: readonly (Data | undefined)[],
  slots: readonly number[],
  run: (count: number, at: readonly number[], from: number) => void,
): void {
  const width = widthOf(heap), at = slots.slice(), z = arrays[0];
  for (let i = 0, end = 0; i < n; i = end) {
    end = n - i - chunk < VECTOR ? n : i + chunk;
    for (let k = 0; k < arrays.length; k++) {
      const data = arrays[k];
      if (data === undefined) continue;
      const place = placeIn(heap, data);
      if (place > 0) at[k] = place + i * width;
      else if (k > 0) write(heap, piece(data, i, end), slots[k] / width);
    }
    run(end - i, at, i);
    if (z !== undefined && at[0] === slots[0]) {
      const from = at[0] / width;
      write(z, view(heap, from, from + end - i), i);
    }
  }
}
