// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What there is to know about a kind of node: an entry of the table of kinds.
 *
 * @module
 */

import type {
  Dim,
  Expr,
  ExprOf,
  Field,
  Index,
  Indices,
  KindName,
  Scope,
  Value,
} from "./expression.ts";
import type { Node } from "./tex.ts";

/** Everything known about one kind of node; nothing may be omitted. */
export interface Kind<K extends KindName> {
  /** How it is recognized in TeX. */
  read: Reading;
  /** How it is written in TeX. */
  write(expr: ExprOf<K>, writer: Writer): string;
  /** How tightly it binds as written, so that brackets are put where needed. */
  level(expr: ExprOf<K>): Level;
  /** How it is written in Unicode, on one line. */
  unicode(expr: ExprOf<K>, writer: UnicodeWriter): string;
  /** How tightly it binds there, if not as in TeX. */
  unicodeLevel?(expr: ExprOf<K>): Level;
  /** The expressions that it consists of, and the same node with others. */
  parts(expr: ExprOf<K>): readonly Expr[];
  with(expr: ExprOf<K>, parts: readonly Expr[]): Expr;
  /** The indices and dimensions in it. */
  indices(expr: ExprOf<K>): readonly Index[];
  /** The indices that it binds in its parts. */
  binds(expr: ExprOf<K>): readonly string[];
  /** The value over any field. */
  value<T>(expr: ExprOf<K>, evaluation: Evaluation<T>): Value<T>;
  /** The number of axes of the value, as far as it can be told. */
  rank(expr: ExprOf<K>, ranks: Ranks): number;
  /** Plausible slips: this node with one mistake. */
  mutants(expr: ExprOf<K>, mistakes: Mistakes): Iterable<Mutant>;
}

/** The table of kinds. */
export type KindTable = { [K in KindName]: Kind<K> };

/**
 * How tightly something binds, from loosest to tightest: and, conditions, sums,
 * ⊙, products, factors (which may run on to the right), and what stands alone.
 */
export const LEVELS = [
  "logic",
  "condition",
  "sum",
  "hadamard",
  "product",
  "factor",
  "atom",
] as const;

/** See {@linkcode LEVELS}. */
export type Level = (typeof LEVELS)[number];

/** How a kind is recognized; undefined where it is not this kind. */
export type Reading =
  /** It begins with a sign of its own. */
  | { prefix(reader: Reader): Expr | undefined }
  /** It belongs to what precedes it: an index or exponent of the node. */
  | { postfix(of: Expr, node: Node, reader: Reader): Expr | undefined }
  /** It joins what binds more tightly. */
  | {
    level: Exclude<Level, "factor" | "atom">;
    join(reader: Reader, tighter: () => Expr): Expr;
  }
  /** It is read together with another kind. */
  | { with: KindName };

/** What reads a list of nodes from left to right. */
export interface Reader {
  /** The node that comes next. */
  readonly next: Node | undefined;
  /** The one after that. */
  readonly second: Node | undefined;
  /** Takes the next node. */
  take(): Node;
  /** Takes the next node if it is one of these signs. */
  takes(...texts: string[]): Node | undefined;
  /** Reads on at a level, as far as it extends. */
  read(level: Level): Expr;
  /** The expression that takes up all of these nodes. */
  whole(nodes: readonly Node[], level?: Level): Expr;
  /** What is in brackets, whose opening sign is next, and the closing node. */
  bracket(): { open: string; inside: Node[]; close: Node };
  /** Whether the next node ends a product. */
  readonly atEnd: boolean;
  /** Applies what is attached to a node: indices, exponents. */
  postfix(of: Expr, node: Node): Expr;
  /** The indices of a subscript. */
  indices(sub: Node | undefined): Index[];
  /** One index that takes up all of these nodes. */
  index(nodes: readonly Node[]): Index;
  /** A shape: dimensions with × between them. */
  shape(nodes: readonly Node[]): Dim[];
  /** What the page defines. */
  readonly names: KnownNames;
  /** The place of a node. */
  offset(node: Node | undefined): number | undefined;
  /** Whether an index is used in an expression that does not bind it. */
  isFree(index: string, expr: Expr): boolean;
  /** Refuses a node or a place; without one, the next node. */
  refuse(message: string, at?: Node | number): never;
}

/** What is known of the names of a page before its formulas are read. */
export interface KnownNames {
  isFunction(name: string): boolean;
  isSymbol(name: string): boolean;
}

/** What writes TeX. */
export interface Writer {
  /** TeX that binds at least as tightly as this, in brackets where it must. */
  at(level: Level, expr: Expr): string;
  index(index: Index): string;
  /** A subscript: indices, with commas where they would run together. */
  indices(indices: readonly Index[]): string;
  shape(shape: readonly Dim[]): string;
}

/** What writes Unicode. */
export interface UnicodeWriter extends Writer {
  /** Whether a name is an index somewhere in the formula, and not a dimension. */
  isIndex(name: string): boolean;
}

/** What evaluates an expression. */
export interface Evaluation<T> {
  readonly field: Field<T>;
  readonly scope: Scope<T>;
  /** The value of an expression. */
  value(expr: Expr): Value<T>;
  /** The value of one that must be a number. */
  number(expr: Expr, what: string): T;
  /** Whether a condition holds; of NaN only ≠ does. */
  holds(condition: Expr): boolean;
  /** The values of the indices that are bound. */
  readonly indices: Indices;
  index(index: Index): number;
  /** Runs with an index bound. */
  bound<R>(name: string, at: number, run: () => R): R;
  /** The range of an index by the axes that have it. */
  range(index: string, within: readonly Expr[]): number;
  /** In another scope; the indices are bound there only if it says so. */
  within(scope: Scope<T>, keepIndices?: boolean): Evaluation<T>;
}

/** What is known of the ranks of a page's symbols. */
export interface Ranks {
  symbol(name: string): number;
  of(expr: Expr): number;
}

/** What a slip may confuse. */
export interface Mistakes extends Ranks {
  /** The tensors of the page. */
  symbols: readonly string[];
  /** The indices of the formula. */
  indices: readonly string[];
  /** The dimensions of the page. */
  dims: readonly Dim[];
}

/** An expression with one mistake. */
export interface Mutant {
  /** The kind of mistake, in one word. */
  operator: string;
  mutant: Expr;
}
