// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Notations that only the whole page explains, written as our pages write them:
 * sums from 0, gates such as W_f, and σ′, the slope of a function of the page.
 *
 * @module
 */

import { type Found, rewritten } from "./math.ts";

/** The slope of a function, given as TeX of its parameter; undefined if unknown. */
export type SlopeOf = (body: string, parameter: string) => string | undefined;

const SYMBOL = String
  .raw`\\(?:math\w+|boldsymbol|hat|bar|tilde|vec)\{\\?[A-Za-z]+\}|\\[A-Za-z]+|[A-Za-z]`;

/** All formulas of a page, in the notation of our pages. */
export function explained(found: Found[], slopeOf: SlopeOf): Found[] {
  return withSlopes(withGates(fromOne(found)), slopeOf);
}

function everywhere(
  found: readonly Found[],
  pattern: RegExp,
  write: (...groups: string[]) => string,
): Found[] {
  return found.map((one) => ({
    ...one,
    ...rewritten(one.tex, one.places, pattern, write),
  }));
}

/**
 * \sum_{i=0}^{n-1} is \sum_{i=1}^{n} where i only numbers elements: then it does
 * not matter from where a page counts.
 */
function fromOne(found: Found[]): Found[] {
  const sum =
    /\\(sum|prod)_\{\s*([a-z])\s*=\s*0\s*\}\s*\^\{\s*([A-Za-z](?:_\w)?)\s*-\s*1\s*\}/g;
  const letters = new Set(
    found.flatMap(({ tex }) => [...tex.matchAll(sum)].map(([, , i]) => i)),
  );
  const counts = [...letters].filter((letter) =>
    found.every(({ tex }) => {
      const rest = tex.replace(sum, "")
        // In a subscript of letters alone it numbers.
        .replace(/_(?:[a-z]|\{[a-z\s,]*\})/g, "")
        .replace(/\\[A-Za-z]+/g, " ");
      return !new RegExp(`(?<![A-Za-z])${letter}(?![A-Za-z])`).test(rest);
    })
  );
  return everywhere(
    found,
    sum,
    (all, kind, letter, to) =>
      counts.includes(letter) ? `\\${kind}_{${letter}=1}^{${to}}` : all,
  );
}

/** W_f is a matrix of its own where f is a symbol that the page defines. */
function withGates(found: Found[]): Found[] {
  const defined = new Set(
    found.flatMap(({ tex }) =>
      /^\s*&?\s*([a-z])(?:_\{?t\}?)?\s*&?\s*=/.exec(tex)?.[1] ?? []
    ),
  );
  const bound = new Set(
    found.flatMap(({ tex }) =>
      [...tex.matchAll(
        /\\(?:sum|prod|max|min)_\{?\s*([a-z](?:\s*,\s*[a-z])*)/g,
      )]
        .flatMap(([, list]) => list.split(/[\s,]+/))
    ),
  );
  const gates = [...defined].filter((letter) => !bound.has(letter));
  // W_q is beside W_k where Q is defined.
  const capitals = new Set(
    found.flatMap(({ tex }) =>
      /^\s*&?\s*([A-Z])\s*&?\s*=/.exec(tex)?.[1].toLowerCase() ?? []
    ),
  );
  const subscripts = new Map<string, Set<string>>();
  const pattern = new RegExp(`(${SYMBOL})_(?:\\{([^{}]*)\\}|([A-Za-z]))`, "g");
  for (const { tex } of found) {
    for (const [, symbol, braced, bare] of tex.matchAll(pattern)) {
      const all = subscripts.get(symbol) ?? new Set();
      subscripts.set(symbol, all.add((braced ?? bare).trim()));
    }
  }
  // Some gates may be of letters that are not defined here: W_o beside W_f.
  const isSummed = (symbol: string, sub: string) =>
    found.some(({ tex }) =>
      new RegExp(`\\\\(?:sum|prod|max|min)_\\{?\\s*${sub}`).test(tex) &&
      new RegExp(`${RegExp.escape(symbol)}_\\{?\\s*${sub}`).test(tex)
    );
  const labelled = new Set(
    [...subscripts].filter(([symbol, all]) => {
      const subs = [...all];
      if (defined.has(symbol) || !subs.every((sub) => /^[a-z]$/.test(sub))) {
        return false;
      }
      if (
        subs.some((sub) => gates.includes(sub)) &&
        subs.every((sub) => !bound.has(sub))
      ) return true;
      return /^[A-Z]$/.test(symbol) && subs.length > 1 &&
        subs.some((sub) => capitals.has(sub)) &&
        subs.every((sub) => !isSummed(symbol, sub));
    }).map(([symbol]) => symbol),
  );
  return everywhere(
    found,
    pattern,
    (all, symbol, braced, bare) =>
      labelled.has(symbol)
        ? `${symbol}_{\\mathrm{${(braced ?? bare).trim()}}}`
        : all,
  );
}

/** σ′(z), where the page says what σ is. */
function withSlopes(found: Found[], slopeOf: SlopeOf): Found[] {
  const prime = new RegExp(
    `(${SYMBOL})(?:'|\\^\\{?\\s*\\\\prime\\s*\\}?)\\s*(\\\\left\\s*)?\\(`,
    "g",
  );
  const wanted = new Set(
    found.flatMap(({ tex }) => [...tex.matchAll(prime)].map(([, f]) => f)),
  );
  const known = new Map<string, string>();
  const added: Found[] = [];
  for (const one of found) {
    const [, name, parameter, body] =
      /^\s*([\s\S]+?)\s*(?:\\left\s*)?\(\s*([a-z])\s*(?:\\right\s*)?\)\s*&?=([\s\S]+?)[\s.,;]*$/
        .exec(one.tex) ?? [];
    if (!wanted.has(name) || known.has(name)) continue;
    const word = `\\mathrm{slope${"abcdefgh"[known.size]}}`;
    const says = new RegExp(
      `^\\s*${
        RegExp.escape(name)
      }(?:'|\\^\\{?\\s*\\\\prime\\s*\\}?)\\s*(?:\\\\left\\s*)?\\(\\s*[a-z]\\s*(?:\\\\right\\s*)?\\)\\s*=`,
    );
    // The slope that the page states is used: if that is wrong, so are the
    // gradients that contain it.
    const isSaid = found.some(({ tex }) => says.test(tex));
    const slope = isSaid ? "" : slopeOf(body, parameter);
    if (slope === undefined) continue;
    known.set(name, word);
    if (isSaid) continue;
    const tex = `${word}(${parameter}) = ${slope}`;
    const places = Array<number>(tex.length + 1).fill(one.places[0]);
    added.push({ tex, places, isBlock: false });
  }
  if (known.size === 0) return found;
  const all = everywhere(
    found,
    prime,
    (match, name, left = "") =>
      known.has(name) ? `${known.get(name)}${left}(` : match,
  );
  return [...added, ...all];
}
