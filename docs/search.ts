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

/** A page that derives is wanted before one that lists, and internals last. */
const BOOST: Record<string, number> = {
  Start: 4,
  Op: 2.5,
  Guide: 2,
  Prover: 1.2,
  API: 1,
  Module: 1,
  Benchmark: 0.8,
  Kernel: 0.5,
  Internal: 0.2,
};

/** What people call what has another name here. */
const SYNONYMS: readonly [RegExp, string][] = ([
  [
    "fully[ -]?connected( layer)?|fc layer|dense( layer)?|affine( layer)?",
    "linear",
  ],
  ["(negative )?log[ -]?likelihood|nll( ?loss)?|softmax loss", "cross entropy"],
  ["binary cross[ -]?entropy|bce( loss)?|log ?loss", "bceWithLogits"],
  ["mean squared error|l2 loss|squared error", "mse"],
  ["mean absolute error|l1 loss", "mae"],
  ["smooth l1( loss)?", "huber"],
  ["logistic function|logistic", "sigmoid"],
  ["swish", "silu"],
  ["rectifier|rectified linear unit", "relu"],
  ["gemm|dot product|matrix product|matrix multiply|matmult", "matmul"],
  ["bmm|batched product", "batchMatmul"],
  ["(batch|layer|rms)[ -]?normali[sz]ation", "$1 norm"],
  ["lrn", "local response norm"],
  [
    "transposed convolution|deconvolution|deconv|conv ?transpose",
    "convTranspose2d",
  ],
  ["convolution(al)?( layer)?|conv layer|cnn", "conv2d"],
  ["max ?pool(ing)?", "maxPool2d"],
  ["(average|avg|mean) ?pool(ing)?", "avgPool2d"],
  [
    "(multi[ -]?head|self|scaled dot[ -]product)[ -]?attention|transformer|sdpa",
    "attention",
  ],
  ["rotary( embeddings?)?", "rope"],
  ["lstm", "lstmCell"],
  ["gru", "gruCell"],
  ["(vanilla )?rnn|recurrent", "rnnCell"],
  ["average", "mean"],
  ["standard deviation|std", "variance"],
  ["l2 norm|euclidean norm", "norm"],
  ["concatenat(e|ion)|stack", "concat"],
  ["look ?up table|lookup", "embedding"],
  ["leaky relu", "leakyRelu"],
  ["square root", "sqrt"],
  ["absolute value", "abs"],
  ["logarithm", "log"],
  ["log ?sum ?exp", "logSumExp"],
  ["one[ -]hot", "oneHot"],
  ["grad ?check|numerical gradients?|finite differences?", "gradcheck"],
  ["autograd|auto ?diff|automatic differentiation|tape", "reverse mode"],
  ["optimi[sz]er|adam|stochastic gradient descent", "optimisers"],
  ["npm|npx|download|set ?up|getting started|jsr", "install"],
] as const).map((
  [words, name],
) => [new RegExp(`\\b(?:${words})\\b`, "i"), name]);

/** Words for what every page of an operation derives. */
const DERIVATIVES =
  /\b(?:back[ -]?prop(?:agation)?|back(?:ward)?[ -]?pass|backwards?|derivatives?|differentiate|gradients?|grad|jacobian|vjp|vector[ -]jacobian products?|pull ?back|adjoint)\b/gi;

/** What is meant where nothing but such a word is asked for. */
const BACKWARD = "backward pass";

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
  const isFull = (word: string) => !FILLERS.has(word.toLowerCase());
  const words = query.split(/\s+/).filter(isFull).join(" ") || query;
  const meant = meaningOf(words);
  const search = (options: SearchOptions, text = words) => {
    const found = index.search(text, options) as Found[];
    const rank = (entry: Found) => named(entry, text, meant.derives);
    return found.sort((a, b) => rank(b) - rank(a));
  };
  let found = meant.text === words
    ? search({})
    : merge(search({}, meant.text), search({}));
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

/** A query in the words of the site, and whether it asks for a derivative. */
function meaningOf(words: string): { text: string; derives: boolean } {
  let text = words.replaceAll(DERIVATIVES, " ").replaceAll(/\s+/g, " ").trim();
  const derives = text !== words;
  if (text === "") return { text: derives ? BACKWARD : words, derives: false };
  for (const [pattern, name] of SYNONYMS) {
    if (!pattern.test(text)) continue;
    text = text.replace(pattern, name);
    break;
  }
  return { text, derives };
}

function merge(first: readonly Found[], more: readonly Found[]): Found[] {
  const ids = new Set(first.map(({ id }) => id));
  return [...first, ...more.filter(({ id }) => !ids.has(id))];
}

/**
 * Whether a section has the very name that is looked for; a page's counts. An
 * operation has two, its title and that of its function.
 */
function named(
  { title, page, kind, url }: Entry,
  query: string,
  derives: boolean,
): number {
  const squash = (text: string) =>
    text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
  const wanted = squash(query);
  if (wanted === "") return 0;
  const [path, section] = url.split("#");
  const file = path.replace(/^.*\/|\.html$/g, "");
  const isPage = kind === "Op" &&
    (squash(page) === wanted || squash(file) === wanted);
  if (isPage && derives && section === "derivation") return 5;
  if (isPage && derives && section === "backward") return 4;
  if (isPage && section === undefined) return 3;
  const [name] = title.split(" · ");
  if (kind === "Internal") return 0;
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
