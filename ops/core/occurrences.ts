// Copyright 2026 the Adjoint authors. MIT license.

/** Where each number occurs in a list of them. */
export interface Occurrences {
  /** The places, those of 0 first; each number's in ascending order. */
  readonly places: Uint32Array;
  /** Where in `places` those of each number begin, and the last ones end. */
  readonly starts: Uint32Array;
}

/**
 * Sorts the indices of a list by the numbers at them, in one pass each to
 * count and to place. So all that adds up to one element is found in a row, in
 * the order of the list: it can be summed in float64 without a copy of the whole
 * result in float64, and to the same bits each time.
 */
export function occurrences(
  numbers: ArrayLike<number>,
  count: number,
  below: number,
): Occurrences {
  const starts = new Uint32Array(below + 1);
  for (let i = 0; i < count; i++) starts[numbers[i] + 1]++;
  for (let a = 0; a < below; a++) starts[a + 1] += starts[a];
  const places = new Uint32Array(count), next = starts.slice();
  for (let i = 0; i < count; i++) places[next[numbers[i]]++] = i;
  return { places, starts };
}
