// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The equations of a page: what each is about, and which of them defines a symbol
 * or a gradient.
 *
 * @module
 */

import { visit } from "./language/evaluate.ts";
import { indexNames } from "./language/indices.ts";
import type {
  Expr,
  FunctionDefinition,
  Index,
  Statement,
} from "./language/expression.ts";
import { type Formula, type Page, PageError, rowOf } from "./page.ts";
import { showName } from "./language/unicode.ts";

/** An equation of a page, or a chain of them. */
export interface Equation {
  /** The TeX, and the formula that it is a part of. */
  tex: string;
  formula: Formula;
  /** The sides, between the equals signs. */
  sides: Expr[];
  /** The condition on its indices, if there is one. */
  where?: Expr;
  /** Which output or gradient it is a part of: outputs first, then gradients. */
  target: number;
  /** The left side, in the form of {@linkcode keyOf}. */
  key: string | undefined;
  /** Whether it defines that, for all of its elements. */
  defines: boolean;
  /** Whether it is about single elements, not whole tensors. */
  byElements: boolean;
}

/** The definition of a symbol or a gradient. */
export interface Definition {
  equation: Equation;
  /** The free indices of the left, one for each axis; none for a whole. */
  indices: string[];
  side: Expr;
  /** Whether it is by elements, without a detour through δ or through all
   * elements. */
  isDirect: boolean;
}

/** The equations of a page, and what they define. */
export class Definitions {
  readonly equations: Equation[];
  /** The outputs and the gradients, as keys. */
  readonly targets: string[];
  /** The functions that the page defines. */
  readonly functions: ReadonlyMap<string, FunctionDefinition>;
  /** The symbols that the page defines, except outputs, in order. */
  readonly symbols: string[];
  readonly #page: Page;
  readonly #file: string;
  readonly #given: ReadonlySet<string>;
  readonly #found = new Map<string, Definition[]>();

  /** `inputs` are the symbols of those that have a gradient. */
  constructor(page: Page, file: string, inputs: readonly string[]) {
    this.#page = page;
    this.#file = file;
    const outputs = page.outputs.map(({ symbol }) => symbol);
    this.targets = [...outputs, ...inputs.map((input) => `∂E/∂${input}`)];
    this.#given = new Set([
      ...page.inputs.map(({ symbol }) => symbol),
      ...page.options.map(({ symbol }) => symbol),
      ...outputs.map((output) => `∂E/∂${output}`),
      // A dimension is what the inputs have.
      ...[...page.inputs, ...page.outputs].flatMap(({ shape }) =>
        shape.flatMap((dim) => indexNames(dim))
      ),
    ]);
    this.functions = functionsOf(page);
    this.equations = page.formulas.flatMap((formula) =>
      formula.statements.flatMap((statement) =>
        statement.kind === "equation"
          ? [this.#equation(formula, statement, page)]
          : []
      )
    );
    const own = this.equations
      .filter(({ key, defines }) =>
        defines && key !== undefined && !key.includes("∂")
      )
      .map(({ key }) => key!);
    this.symbols = [...new Set(own)].filter((key) => !outputs.includes(key));
    this.#resolve();
  }

  #equation(
    formula: Formula,
    { tex, sides, where }: Extract<Statement, { kind: "equation" }>,
    page: Page,
  ): Equation {
    const [left, ...rights] = sides;
    const key = keyOf(left);
    const isGiven = key === undefined || key === "E" || this.#given.has(key) ||
      /^∂(?!E\/)/.test(key);
    const indices = indicesOf(left);
    const plain = indices.every((index) => typeof index === "string") &&
      new Set(indices).size === indices.length;
    const variable = [...page.outputs, ...page.inputs].find(({ symbol }) =>
      key === symbol || key === `∂E/∂${symbol}`
    );
    const count = variable?.shape.length ?? indices.length;
    return {
      tex,
      formula,
      sides,
      where,
      target: this.#target(key),
      key,
      defines: !isGiven && plain && where === undefined &&
        (indices.length === 0 || indices.length === count) &&
        !rights.every((right) => dependencies(right).includes(key)),
      byElements: count === 0 || indices.length === count,
    };
  }

  /** The output or gradient that an equation belongs to. */
  #target(key: string | undefined): number {
    if (key === undefined) return 0;
    const found = this.targets.indexOf(key);
    if (found >= 0) return found;
    const [, by] = /^∂.*\/∂(.*)$/.exec(key) ?? [];
    if (by === undefined) return 0;
    const gradient = this.targets.indexOf(`∂E/∂${by}`);
    const first = this.targets.findIndex((target) => target.startsWith("∂"));
    return Math.max(0, gradient >= 0 ? gradient : first);
  }

  /**
   * Finds a definition for each key, one after the other, so that none depends on
   * itself: what is known first is what depends on the inputs and `dout` alone.
   */
  #resolve(): void {
    const keys = new Set(
      this.equations.filter((e) => e.defines).map((e) => e.key!),
    );
    const above = new Map<string, ReadonlySet<string>>();
    const isKnown = (key: string) => this.#given.has(key) || above.has(key);
    // A letter that the page does not define is a dimension or an option.
    const isLetter = (key: string) =>
      !keys.has(key) && !key.includes("∂") && key !== "E";
    const known = (side: Expr) =>
      dependencies(side).every((key) => isKnown(key) || isLetter(key));
    for (let size = -1; size < above.size;) {
      size = above.size;
      const found: [string, ReadonlySet<string>][] = [];
      for (const key of keys) {
        if (above.has(key)) continue;
        const first = this.#candidates(key).find(({ side }) => known(side));
        if (first === undefined) continue;
        this.#found.set(key, [first]);
        const direct = dependencies(first.side);
        found.push([
          key,
          new Set([
            ...direct,
            ...direct.flatMap((d) => [...above.get(d) ?? []]),
          ]),
        ]);
      }
      for (const [key, all] of found) above.set(key, all);
    }
    for (const [key, [first]] of this.#found) {
      const others = this.#candidates(key).filter(({ side }) =>
        known(side) &&
        dependencies(side).every((d) => d !== key && !above.get(d)?.has(key))
      );
      // A definition that is written twice counts once.
      const all = new Map<string, Definition>();
      for (const definition of [first, ...others]) {
        const text = JSON.stringify([definition.indices, definition.side]);
        if (!all.has(text)) all.set(text, definition);
      }
      this.#found.set(key, [...all.values()]);
    }
  }

  /** The right sides that define a key: those by elements first, those without δ
   * first. */
  #candidates(key: string): Definition[] {
    return this.equations.filter((e) => e.defines && e.key === key)
      .flatMap((equation) =>
        equation.sides.slice(1).map((side) => ({
          equation,
          indices: indicesOf(equation.sides[0]) as string[],
          side,
          isDirect: equation.byElements && !isDetour(side),
        }))
      )
      .filter(({ side }) => !dependencies(side).includes(key))
      .toSorted((a, b) => rank(a) - rank(b));
  }

  /**
   * The page's definitions of something, by the inputs, `dout` and other
   * definitions alone.
   */
  all(key: string): readonly Definition[] {
    return this.#found.get(key) ?? [];
  }

  /** The first of them; a page without one is an error. */
  of(key: string): Definition {
    const [first] = this.all(key);
    if (first !== undefined) return first;
    throw new PageError(
      `${rowOf(this.#page, this.#file, key)}The page has no formula for ${
        showName(key)
      } by the inputs, definitions and dout`,
    );
  }

  /** Whether the page defines something. */
  has(key: string): boolean {
    return this.#found.has(key);
  }
}

function functionsOf(page: Page): Map<string, FunctionDefinition> {
  const found = new Map<string, FunctionDefinition>();
  for (const { statements } of page.formulas) {
    for (const statement of statements) {
      if (statement.kind !== "function" || found.has(statement.name)) continue;
      found.set(statement.name, statement);
    }
  }
  return found;
}

/** What a formula is called: `Y` for Y_ij, `∂E/∂X` for ∂E/∂X_ij. */
export function keyOf(expr: Expr): string | undefined {
  if (expr.kind === "element") return keyOf(expr.of);
  if (expr.kind === "symbol") return expr.name;
  if (expr.kind !== "partial") return undefined;
  return `∂${keyOf(expr.of)}/∂${keyOf(expr.by)}`;
}

/** The indices of an element, or of the two in a derivative. */
export function indicesOf(expr: Expr): Index[] {
  if (expr.kind === "element") {
    return [...indicesOf(expr.of), ...expr.indices];
  }
  return expr.kind === "partial"
    ? [...indicesOf(expr.of), ...indicesOf(expr.by)]
    : [];
}

/** The keys of all that a formula is made of. */
export function dependencies(expr: Expr): string[] {
  const found = new Set<string>();
  visit(expr, (e) => {
    if (e.kind === "partial") {
      found.add(keyOf(e)!);
      return false; // E and Z are there only as names.
    }
    if (e.kind === "symbol") found.add(e.name);
    return true;
  });
  return [...found];
}

/** Whether a formula differentiates anything but the loss. */
export function hasJacobian(expr: Expr): boolean {
  return dependencies(expr).some((key) => /^∂(?!E\/)/.test(key));
}

function rank({ equation, isDirect }: Definition): number {
  return isDirect ? 0 : equation.byElements ? 1 : 2;
}

/** Whether a formula computes what it does not need: 0 · X, or all of (X Y)_ij. */
function isDetour(expr: Expr): boolean {
  let found = false;
  visit(expr, (e) => {
    found ||= e.kind === "delta" ||
      e.kind === "element" && e.of.kind !== "symbol";
    return e.kind !== "partial";
  });
  return found;
}
