// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What a formula is after it has been read, and what it is evaluated over.
 *
 * There are few kinds of nodes, and {@linkcode Kinds} lists them. Everything
 * known about a kind (how it is read and written, its value, its mistakes) is in
 * one entry of the table in `table.ts`.
 *
 * How the parts are used, in order:
 *
 * 1. `Names` (parse.ts): `names.addSymbol(tex)` for each symbol and dimension of
 *    the table of shapes (so that `d_k` is a name and no element), `names.add(tex)`
 *    for each formula of the page, to note which functions it defines.
 * 2. `parseFormula(tex, names)` (parse.ts) reads a formula into statements. A
 *    {@linkcode FormulaError} has the `offset` in the TeX, a statement the `offset`
 *    at which it begins; `offsetOf(expr)` is that of a node.
 * 3. A `Scope` says what symbols stand for, over a `Field` of numbers: `numbers`
 *    (fields.ts), `digits64` (digits.ts), or one of the prover's.
 * 4. `evaluate(expr, scope, indices)` (evaluate.ts) gives the value of a formula;
 *    `freeIndices`, `indexRanges` and `visit` are beside it.
 * 5. `writeStatement` (write.ts) writes TeX, and `mutantsOf` (mutants.ts) mistakes.
 *
 * Indices are integers, counted from 1 as the page does; an integer tensor that
 * indexes (labels) must be given with values from 1, too.
 *
 * @module
 */

/**
 * A whole number in an index, in a dimension or in the bound of a sum: a name
 * (of an index or a dimension, `i`, `i'`, `n_1`), a number, or computed from them.
 */
export type Index =
  | string
  | number
  | { kind: IndexOperation; left: Index; right: Index }
  /** An element of an integer tensor, t_i in X_{i t_i}, counted from 1. */
  | { kind: "data"; of: Expr };

/** `floor` is ⌊left ∕ right⌋ and `ceil` ⌈left ∕ right⌉; `divide` must be exact. */
export type IndexOperation =
  | "add"
  | "subtract"
  | "multiply"
  | "divide"
  | "floor"
  | "ceil"
  | "mod"
  | "max"
  | "min";

/** A dimension: a symbol, a number, or an expression of them, `p + r - 1`. */
export type Dim = Index;

/** What is read from left to right between the sides of a condition. */
export type Relation = "=" | "≠" | "<" | "≤" | ">" | "≥";

/** What a `reduce` does with its terms. */
export type Reduction = "sum" | "prod" | "max" | "min" | "argmax" | "argmin";

/** The kinds of nodes, and what each holds. */
export interface Kinds {
  /** `text` where the decimals say more than the nearest double: 0.1, 10 exact. */
  number: { value: number; text?: string };
  /** A tensor, dimension, option or constant: `X`, `\hat{X}`, `n`, `\varepsilon`. */
  symbol: { name: string };
  /** X_{ij}; with fewer indices than axes, a slice. */
  element: { of: Expr; indices: Index[] };
  /** ∂of ∕ ∂by, where both are a symbol or an element of one. */
  partial: { of: Expr; by: Expr };
  add: { terms: Expr[] };
  negative: { of: Expr };
  /** The product of numbers, vectors and matrices, as their shapes say. */
  product: { factors: Expr[] };
  /** a ⊙ b, and a ⊘ b where `divide` is set: element by element. */
  hadamard: { left: Expr; right: Expr; divide?: true };
  /** above ∕ below, also where it is written with a slash. */
  fraction: { above: Expr; below: Expr; slash?: true };
  /** base^exponent, of numbers; X^2 is not a matrix product, so it is refused. */
  power: { base: Expr; exponent: Expr };
  /** A function, ours (`exp`, `max`) or the page's (`\sigma`), element by element. */
  call: { name: string; of: Expr[] };
  /**
   * \sum_{j=1}^{n}, \max_k, \prod_{j \ne i}: over every index, from `from` to
   * `to` if given, otherwise over the axes that have the index, and where `where`
   * holds.
   */
  reduce: {
    operation: Reduction;
    indices: string[];
    from?: Index;
    to?: Index;
    where?: Expr;
    body: Expr;
  };
  /** The first branch whose condition holds; the last may have none. */
  cases: { branches: Branch[] };
  /** [condition] or 𝟏[condition]: 1 where it holds, else 0. */
  iverson: { condition: Expr; one?: true };
  /** a < b ≤ c. */
  compare: { sides: Expr[]; relations: Relation[] };
  /** Conditions that must all hold (`and`), or at least one (`or`). */
  logic: { operation: "and" | "or"; conditions: Expr[] };
  transpose: { of: Expr };
  /** ⟨left, right⟩ */
  inner: { left: Expr; right: Expr };
  /** δ_{ij} */
  delta: { indices: [Index, Index] };
  /** 𝟏_{m × n} */
  ones: { shape: Dim[] };
  /** ‖of‖_order; 2 by default. */
  norm: { of: Expr; order?: 1 | 2 };
  /** of|_{symbol = value} */
  at: { of: Expr; assignments: { left: Expr; right: Expr }[] };
}

/** A branch of a definition by cases. */
export interface Branch {
  value: Expr;
  /** `undefined` is \text{otherwise}. */
  condition?: Expr;
}

/** The name of a kind of node. */
export type KindName = keyof Kinds;

/** A node of one kind. */
export type ExprOf<K extends KindName> = { kind: K } & Kinds[K];

/** A formula that stands for a value. */
export type Expr = { [K in KindName]: ExprOf<K> }[KindName];

/** What a formula says, and the part of its TeX that says it. */
export type Statement = { tex: string; offset: number } & Said;

/** What a statement says. */
export type Said =
  /**
   * a = b = c, for those indices and values for which all of `where` holds
   * (`\quad \text{if } a \ne i`, or a condition after a comma).
   */
  | { kind: "equation"; sides: Expr[]; where?: Expr }
  /** \sigma(x) = …: what the page means by a function. */
  | { kind: "function"; name: string; parameters: string[]; body: Expr }
  /** A ∈ ℝ^{m × n} */
  | { kind: "membership"; of: Expr; shape: Dim[] }
  /** t_i ∈ {1, …, c} */
  | { kind: "range"; of: Expr; from: Index; to: Index }
  /** x > 0 by itself. */
  | { kind: "condition"; condition: Expr }
  | { kind: "shape"; shape: Dim[] }
  | { kind: "expression"; expr: Expr };

/** A function that a page defines. */
export interface FunctionDefinition {
  parameters: string[];
  body: Expr;
}

/** The functions of one number that every field knows. */
export type FunctionName =
  | "exp"
  | "log"
  | "log1p"
  | "expm1"
  | "sqrt"
  | "sin"
  | "cos"
  | "tan"
  | "atan"
  | "sinh"
  | "cosh"
  | "tanh"
  | "erf"
  | "erfc";

/** What numbers must be able to do. */
export interface Field<T> {
  /** The number for a constant; `text` is its decimals where they say more. */
  constant(value: number, text?: string): T;
  add(a: T, b: T): T;
  multiply(a: T, b: T): T;
  divide(a: T, b: T): T;
  /** base^exponent, where the exponent is not a whole number. */
  power(base: T, exponent: T): T;
  /** base^exponent for a whole exponent. */
  integerPower(base: T, exponent: number): T;
  /** A function of one number. */
  call(name: FunctionName, x: T): T;
  /**
   * Below, at or above 0 where a is below, at or above b; NaN where either is
   * none. It decides the branch of |x|, max, cases and brackets.
   */
  compare(a: T, b: T): number;
  /** The integer that a number is, as an index; NaN where it is none. */
  toInteger(x: T): number;
  /** The sum of some terms, if there is a better way than pairwise. */
  sum?(terms: readonly T[]): T;
}

/** The value of a formula: numbers in row-major order. */
export interface Value<T> {
  shape: readonly number[];
  data: readonly T[];
  /** A vector that was transposed; vectors are columns otherwise. */
  row?: boolean;
}

/** The dimensions and whole options of a page, as numbers. */
export interface Dimensions {
  has(name: string): boolean;
  of(name: string): number;
}

/** What the symbols of a formula stand for. */
export interface Scope<T> {
  field: Field<T>;
  /** The values of names in indices and dimensions that are not indices. */
  sizes: Dimensions;
  /** The dimensions of a tensor as the page writes them; none of a number. */
  axes(name: string): readonly Dim[];
  /** The tensor, dimension, option or constant of this name. */
  symbol(name: string): Value<T>;
  /** One element of it (from 1), if that is less work than the whole. */
  element?(name: string, at: readonly number[]): T | undefined;
  /** The derivatives of one with respect to the other, of both their shapes. */
  partial(of: string, by: string): Value<T>;
  /** A function that the page defines. */
  function?(name: string): FunctionDefinition | undefined;
  /** This scope where every element of these symbols has this value. */
  at?(values: ReadonlyMap<string, T>): Scope<T>;
}

/** The values of the indices, counted from 1. */
export type Indices = ReadonlyMap<string, number>;

/** A formula that the prover does not understand. */
export class FormulaError extends Error {
  override name = "FormulaError";
  /** The place in the TeX, counted from 0. */
  readonly offset: number;

  constructor(message: string, offset = 0, options?: ErrorOptions) {
    super(message, options);
    this.offset = offset;
  }
}

/** A formula that has no value. */
export class EvaluationError extends Error {
  override name = "EvaluationError";
}

/** A page that does not have the form of a page. */
export class PageError extends Error {
  override name = "PageError";
}

const offsets = new WeakMap<object, number>();

/** The place of a node in its TeX, if it is known. */
export function offsetOf(expr: Expr): number | undefined {
  return offsets.get(expr);
}

/** Notes the place of a node in its TeX, outside the node, so that equal nodes
 * stay equal. */
export function placed<E extends Expr>(expr: E, offset: number): E {
  offsets.set(expr, offset);
  return expr;
}
