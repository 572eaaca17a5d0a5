// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What a formula is once it has been read, apart from the reading, which needs
 * KaTeX.
 *
 * @module
 */

/** A dimension: a symbol, `m` or `n_1`, a number, or `⋯` for any number of them. */
export type Dim = string | number;

/** A formula that stands for a value. */
export type Expr =
  | { kind: "number"; value: number }
  | { kind: "symbol"; name: string }
  | { kind: "element"; of: Expr; indices: string[] }
  | { kind: "partial"; of: Expr; by: Expr }
  | { kind: "add"; terms: Expr[] }
  | { kind: "negative"; of: Expr }
  | { kind: "product"; factors: Expr[] }
  | { kind: "fraction"; above: Expr; below: Expr }
  | { kind: "sum"; index: string; to: Dim; body: Expr }
  | { kind: "transpose"; of: Expr }
  | { kind: "inner"; left: Expr; right: Expr }
  | { kind: "delta"; indices: [string, string] }
  | { kind: "ones"; shape: Dim[] };

/** The end of a sum over a set of index tuples instead of a number. */
export const ALL: Dim = "⋯";

/** A formula that has no value. */
export class EvaluationError extends Error {
  override name = "EvaluationError";
}

/** A page that does not have the form of a page. */
export class PageError extends Error {
  override name = "PageError";
}
