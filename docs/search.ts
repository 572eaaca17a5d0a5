// Copyright 2026 the Adjoint authors. MIT license.

// What the search looks for, shared by those who fill its index and the page
// that asks: both must take a text apart in the same way.

import type MiniSearch from "npm:minisearch@7.2.0";
import type {
  Options,
  SearchOptions,
  SearchResult,
} from "npm:minisearch@7.2.0";

/** A section of a page. */
export interface Entry {
  id: number;
  /** The heading; of a page as a whole its title. */
  title: string;
  /** The title of the page. */
  page: string;
  /** Its kind: `Op`. */
  kind: string;
  /** Its place below the root of the site: `ops/linear.html#cost`. */
  url: string;
  text: string;
}

/** A word, also one of a formula: `linearDw`, `∂Wⱼₗ`, `1.13`. */
const WORD = /[\p{L}\p{N}∂][\p{L}\p{N}\p{M}_∂]*(?:[.-]\p{N}+)*/gu;
/** A derivative: `∂E/∂W`. */
const DERIVATIVE = /[∂d][\p{L}\p{M}]+\/[∂d][\p{L}\p{N}\p{M}]+/gu;

/** A word as it is compared: `∂Wⱼₗ` is `dwjl`, as people type it. */
function plain(word: string): string {
  return word.normalize("NFKD").replaceAll(/\p{M}/gu, "").replaceAll("∂", "d")
    .toLowerCase();
}

/** The parts of a name: `linear` and `Dw` of `linearDw`. */
function parts(word: string): string[] {
  const found = word.match(/\p{Lu}?\p{Ll}+|\p{Lu}+(?!\p{Ll})|\p{N}+/gu) ?? [];
  return found.length > 1 ? found.filter((part) => part.length > 1) : [];
}

/** The terms of a query. */
export function termsOfQuery(text: string): string[] {
  return [...text.match(WORD) ?? [], ...text.match(DERIVATIVE) ?? []]
    .map(plain);
}

/** The terms under which a text is found: those, and the parts of its names. */
export function termsOfText(text: string): string[] {
  const names = (text.match(WORD) ?? []).flatMap(parts).map(plain);
  return [...termsOfQuery(text), ...names];
}

/** Options of the index. */
export const OPTIONS: Options<Entry> = {
  fields: ["title", "page", "text"],
  storeFields: ["title", "page", "kind", "url", "text"],
  tokenize: termsOfText,
  processTerm: (term) => term,
  searchOptions: {
    tokenize: termsOfQuery,
    combineWith: "AND",
    boost: { title: 6, page: 3 },
    prefix: true,
    boostDocument: (_id, _term, stored) => BOOST[String(stored?.kind)] ?? 1,
  },
};

const BOOST: Record<string, number> = { Op: 1.5, API: 1.2, Guide: 1.2 };

/** A section that was found, and the terms for which. */
export type Found = SearchResult & Entry;

/** Words of a question that say nothing of what is looked for. */
const FILLERS = new Set(
  "a an and are do does for how i in is it my of on the to what why with"
    .split(" "),
);

/** Fewer sections than this are followed by those with some of the words. */
const FEW = 5;

/**
 * Finds the sections with all words of a query, or words that begin so; if
 * there is none, with all but for typing errors. If there are few, those with
 * any of the words follow.
 */
export function find(
  index: MiniSearch<Entry>,
  query: string,
): { found: Found[]; partly: boolean } {
  // Short words differ from each other in a letter.
  const fuzzy = (term: string) => term.length > 3 ? 0.25 : false;
  const words = query.split(/\s+/)
    .filter((word) => !FILLERS.has(word.toLowerCase())).join(" ") || query;
  const search = (options: SearchOptions) => {
    const found = index.search(words, options) as Found[];
    return found.sort((a, b) => named(b, query) - named(a, query));
  };
  let found = search({});
  if (found.length === 0) found = search({ fuzzy });
  if (found.length >= FEW) return { found, partly: false };
  const ids = new Set(found.map(({ id }) => id));
  const more = search({ fuzzy, combineWith: "OR" })
    .filter(({ id }) => !ids.has(id));
  return {
    found: [...found, ...more],
    partly: found.length === 0 && more.length > 0,
  };
}

/** Whether a section has the very name that is looked for; a page's counts. */
function named({ title }: Entry, query: string): number {
  const [name] = title.split(" · ");
  if (name === query) return 2;
  return name.toLowerCase() === query.toLowerCase() ? 1 : 0;
}

/** A piece of a text that is a match, or is not. */
export type Piece = [text: string, isMatch: boolean];

/** A text in pieces, of which those match that have one of the terms. */
export function mark(text: string, terms: readonly string[]): Piece[] {
  const wanted = new Set(terms);
  const pieces: Piece[] = [];
  let end = 0;
  const matches = [
    ...text.matchAll(DERIVATIVE),
    ...text.matchAll(WORD),
  ].filter(([word]) => termsOfText(word).some((term) => wanted.has(term)))
    .sort((a, b) => a.index - b.index || b[0].length - a[0].length);
  for (const { 0: word, index } of matches) {
    if (index < end) continue;
    if (index > end) pieces.push([text.slice(end, index), false]);
    pieces.push([word, true]);
    end = index + word.length;
  }
  if (end < text.length) pieces.push([text.slice(end), false]);
  return pieces;
}

/** The part of a text around its first match, some `length` characters long. */
export function excerpt(
  text: string,
  terms: readonly string[],
  length = 150,
): Piece[] {
  const pieces = mark(text, terms);
  const first = pieces.findIndex(([, isMatch]) => isMatch);
  const before = pieces.slice(0, Math.max(first, 0))
    .reduce((sum, [piece]) => sum + piece.length, 0);
  // Whole words, with some of what comes before the match.
  const start = before < length / 2
    ? 0
    : text.indexOf(" ", before - length / 3) + 1;
  const cut = text.length - start <= length
    ? text.length
    : Math.max(text.lastIndexOf(" ", start + length), start + 1);
  const shown = mark(text.slice(start, cut), terms);
  if (start > 0) shown.unshift(["… ", false]);
  if (cut < text.length) shown.push([" …", false]);
  return shown;
}
