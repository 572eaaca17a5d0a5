// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Shapes in letters
 *
 * The shape of an input or output, as a signature declares it: axes in the
 * letters of the page, with spaces between them.
 *
 * | axis | meaning |
 * | ---- | ------- |
 * | `m` | one axis |
 * | `n…` | any number of axes, even none; a loop sees their product |
 * | `3` | an axis of this size |
 * | `p+r-1`, `s*(p-1)+r` | an axis whose size follows from others |
 * | `(h-r)/s+1` | a number of windows: rounded down, and at least 1, as `h` must be |
 * | `(h-1)*s+r` | the gaps between `h` windows; `h` must be at least 1 |
 * | `n… ∨ m…` | the broadcast of two groups |
 *
 * A letter that occurs twice has one size. The empty string is a scalar. If a
 * signature names a letter as its `broadcast`, such as the `b` of `b… m n`, each
 * input has its own axes in its place, and the outputs have their broadcast.
 *
 * @module
 */

import type { Shape } from "./types.ts";

/** One axis, or several, of a declared shape. */
export type Axis =
  | { readonly kind: "one"; readonly letter: string }
  | { readonly kind: "many"; readonly letter: string }
  | { readonly kind: "size"; readonly text: string; readonly value: Size };

/** The size of an axis that is not a letter, as a function of the letters. */
export interface Size {
  /** The letters that it depends on. */
  readonly letters: readonly string[];
  /** The least that it may be: 1 where it counts windows, as it is divided. */
  readonly least: 0 | 1;
  /** The letters that must be at least 1: of what windows lie on, and of gaps. */
  readonly full: readonly string[];
  /** The size where these are the letters' sizes. */
  of(sizes: Record<string, number>): number;
}

/** A declared shape. */
export interface Axes {
  /** As it is declared: `n… m`. */
  readonly text: string;
  /** Its axes, in order. */
  readonly axes: readonly Axis[];
  /** The groups whose broadcast the shape is, if it is one. */
  readonly broadcast?: readonly [string, string];
}

/** Reads a declared shape. */
export function parseAxes(text: string): Axes {
  const words = text.split(" ").filter((word) => word !== "");
  if (words[1] === "∨" && words.length === 3) {
    const [a, b] = [one(words[0]), one(words[2])];
    if (a.kind === "many" && b.kind === "many") {
      return { text, axes: [], broadcast: [a.letter, b.letter] };
    }
  }
  return { text, axes: words.map(one) };
}

function one(word: string): Axis {
  const [, letter, dots] = /^([A-Za-z]\w*)(…?)$/.exec(word) ?? [];
  if (letter !== undefined) return { kind: dots ? "many" : "one", letter };
  return { kind: "size", text: word, value: parseSize(word) };
}

/** Reads a sum of products of letters, numbers and brackets; quotients are rounded
 * down. */
export function parseSize(text: string): Size {
  const tokens: string[] = text.match(/[A-Za-z]\w*|\d+|\S/g) ?? [];
  const letters: string[] = [];
  let at = 0;
  const unexpected = () =>
    new SyntaxError(
      `Cannot read the size "${text}" as "${
        tokens[at] ?? "its end"
      }" is not expected there`,
    );
  type Value = Size["of"];
  const sum = (): Value => {
    let left = product();
    while (tokens[at] === "+" || tokens[at] === "-") {
      const [a, sign, b] = [left, tokens[at++] === "+" ? 1 : -1, product()];
      left = (sizes) => a(sizes) + sign * b(sizes);
    }
    return left;
  };
  const product = (): Value => {
    let left = atom();
    while (tokens[at] === "*" || tokens[at] === "/") {
      const [a, isProduct, b] = [left, tokens[at++] === "*", atom()];
      left = isProduct
        ? (sizes) => a(sizes) * b(sizes)
        : (sizes) => Math.floor(a(sizes) / b(sizes));
    }
    return left;
  };
  const atom = (): Value => {
    const token = tokens[at] ?? "";
    if (/^\d/.test(token)) {
      at++;
      return () => Number(token);
    }
    if (/^[A-Za-z]/.test(token)) {
      at++;
      if (!letters.includes(token)) letters.push(token);
      return (sizes) => sizes[token];
    }
    if (token !== "(") throw unexpected();
    at++;
    const inside = sum();
    if (tokens[at++] !== ")") throw unexpected();
    return inside;
  };
  const of = sum();
  if (at < tokens.length) throw unexpected();
  const isDivided = tokens.includes("/");
  const full = letters.filter((letter, i) =>
    text.includes(`(${letter}-1)`) || isDivided && i === 0
  );
  return { letters, least: isDivided ? 1 : 0, full, of };
}

/** Whether an axis may have the size that follows from these. */
export function fits(
  { of, least, full }: Size,
  sizes: Record<string, number>,
): boolean {
  return full.every((letter) => sizes[letter] >= 1) && of(sizes) >= least;
}

/**
 * The shape that both broadcast to, by NumPy's rule: aligned at their ends, axes
 * are equal, or one of them is 1. Undefined if they do not fit.
 */
export function broadcast(a: Shape, b: Shape): number[] | undefined {
  const rank = Math.max(a.length, b.length);
  const shape: number[] = [];
  for (let axis = -rank; axis < 0; axis++) {
    const m = a[a.length + axis] ?? 1, n = b[b.length + axis] ?? 1;
    if (m !== n && m !== 1 && n !== 1) return undefined;
    shape.push(m === 1 ? n : m);
  }
  return shape;
}
