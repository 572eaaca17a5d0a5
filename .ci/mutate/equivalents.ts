// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The mutants that change nothing that anybody could notice, each with the
 * reason, in `equivalents.json`.
 *
 * An entry names its mutant by the lines that it changes, before and after, so it
 * goes stale as soon as they change, which is an error.
 *
 * @module
 */

/** A mutant in words. */
export interface Change {
  file: string;
  /** The function or variable that holds it, or `page`. */
  in: string;
  /** The lines that it changes, before and after. */
  from: string;
  to: string;
}

/** A mutant that is no mistake. */
export interface Equivalent extends Change {
  why: string;
}

/** Where entries and mutants meet; two mutants may be the same change. */
export class Equivalents {
  readonly #entries: Map<string, Equivalent>;
  readonly #met = new Set<string>();

  constructor(entries: readonly Equivalent[]) {
    this.#entries = new Map(entries.map((entry) => [keyOf(entry), entry]));
    if (this.#entries.size < entries.length) {
      throw new TypeError(
        "Cannot read the equivalent mutants as each must be listed once: one is listed twice",
      );
    }
  }

  /** Whether a mutant has an entry. */
  has(change: Change): boolean {
    return this.#entries.has(keyOf(change));
  }

  /** The entry of a mutant that was tried, if it has one. */
  find(change: Change): Equivalent | undefined {
    const key = keyOf(change);
    this.#met.add(key);
    return this.#entries.get(key);
  }

  /** The entries of files that were looked at that no mutant belongs to. */
  stale(files: ReadonlySet<string>): Equivalent[] {
    return [...this.#entries].filter(([key, { file }]) =>
      files.has(file) && !this.#met.has(key)
    ).map(([, entry]) => entry);
  }
}

function keyOf(change: Change): string {
  return JSON.stringify([change.file, change.in, change.from, change.to]);
}

/** The lines that an edit changes, before and after, without their indent. */
export function changedLines(
  text: string,
  { start, end, text: by }: { start: number; end: number; text: string },
): { line: number; from: string; to: string } {
  const first = text.lastIndexOf("\n", start - 1) + 1;
  const next = text.indexOf("\n", end);
  const last = next < 0 ? text.length : next;
  const trim = (lines: string) => lines.replace(/^\s+/gm, "").trim();
  return {
    line: text.slice(0, start).split("\n").length,
    from: trim(text.slice(first, last)),
    to: trim(text.slice(first, start) + by + text.slice(end, last)),
  };
}
