// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Plausible slips of the pen: every statement that is a given one with one
 * mistake. A proof that lets one of them pass is none.
 *
 * @module
 */

import type { Dim, Expr, Said } from "./expression.ts";
import type { Mistakes, Mutant } from "./kind.ts";
import { lists } from "./kinds/leaves.ts";
import { KINDS } from "./table.ts";
import { entryOf, freeIndicesOf, partsOf } from "./walk.ts";

/** The tensors of a page, and their dimensions. */
export type Shapes = ReadonlyMap<string, readonly Dim[]>;

/** A statement with one mistake. */
export interface Slip {
  /** The kind of mistake, in one word. */
  operator: string;
  mutant: Said;
}

/** Every way to break a statement once. */
export function* mutantsOf(said: Said, shapes: Shapes): Generator<Slip> {
  const mistakes = new Confusion(said, shapes);
  const { kind } = said;
  switch (kind) {
    case "equation":
      for (const [i, side] of said.sides.entries()) {
        for (const { operator, mutant } of broken(side, mistakes)) {
          const sides = said.sides.with(i, mutant);
          yield { operator, mutant: { ...said, sides } };
        }
        const sides = said.sides.with(i, twice(side));
        yield { operator: "factor", mutant: { ...said, sides } };
      }
      if (said.where !== undefined) {
        const { where, ...all } = said;
        yield { operator: "condition", mutant: all };
        for (const { operator, mutant } of broken(where, mistakes, true)) {
          yield { operator, mutant: { ...said, where: mutant } };
        }
      }
      return;
    case "function":
      for (const { operator, mutant } of broken(said.body, mistakes)) {
        yield { operator, mutant: { ...said, body: mutant } };
      }
      yield { operator: "factor", mutant: { ...said, body: twice(said.body) } };
      return;
    case "membership":
      for (const { operator, mutant } of broken(said.of, mistakes, true)) {
        yield { operator, mutant: { ...said, of: mutant } };
      }
      for (const shape of lists<Dim>(said.shape, mistakes.dims)) {
        yield { operator: "shape", mutant: { ...said, shape } };
      }
      return;
    case "range":
      for (const dim of mistakes.dims) {
        if (dim !== said.to) {
          yield { operator: "bound", mutant: { ...said, to: dim } };
        }
      }
      return;
    case "condition":
      for (
        const { operator, mutant } of broken(said.condition, mistakes, true)
      ) {
        yield { operator, mutant: { ...said, condition: mutant } };
      }
      return;
    case "shape":
      for (const shape of lists<Dim>(said.shape, mistakes.dims)) {
        if (shape.length > 0) {
          yield { operator: "shape", mutant: { ...said, shape } };
        }
      }
      return;
    case "expression":
      for (const { operator, mutant } of broken(said.expr, mistakes)) {
        yield { operator, mutant: { ...said, expr: mutant } };
      }
  }
}

function twice(of: Expr): Expr {
  const factors = of.kind === "product" ? of.factors : [of];
  return {
    kind: "product",
    factors: [{ kind: "number", value: 2 }, ...factors],
  };
}

/** Every expression that is this one with one mistake. */
export function* broken(
  expr: Expr,
  mistakes: Mistakes,
  isSaid = false,
): Generator<Mutant> {
  const kind = entryOf(expr, KINDS);
  const isCondition = expr.kind === "compare" || expr.kind === "logic";
  if (!isSaid && !isCondition) {
    yield { operator: "sign", mutant: { kind: "negative", of: expr } };
    if (mistakes.of(expr) > 0 && expr.kind !== "transpose") {
      yield { operator: "transpose", mutant: { kind: "transpose", of: expr } };
    }
  }
  yield* kind.mutants(expr as never, mistakes);
  const parts = kind.parts(expr as never);
  for (const [i, part] of parts.entries()) {
    // The variables of a derivative have no sign.
    const isName = isSaid || expr.kind === "partial" || expr.kind === "element";
    for (const { operator, mutant } of broken(part, mistakes, isName)) {
      const isVariable = mutant.kind === "symbol" || mutant.kind === "element";
      if (expr.kind === "partial" && !isVariable) continue;
      const other = parts.with(i, mutant);
      yield { operator, mutant: kind.with(expr as never, other) };
    }
  }
}

/** What may be confused on a page, and the ranks of its symbols. */
class Confusion implements Mistakes {
  readonly symbols: readonly string[];
  readonly dims: readonly Dim[];
  readonly indices: readonly string[];
  readonly #shapes: Shapes;

  constructor(said: Said, shapes: Shapes) {
    this.#shapes = shapes;
    this.symbols = [...shapes.keys()];
    this.dims = [
      ...new Map(
        [...shapes.values()].flat().map((dim) => [JSON.stringify(dim), dim]),
      ).values(),
    ];
    const found = new Set<string>();
    const see = (expr: Expr) => {
      for (const index of freeIndicesOf(expr, KINDS)) found.add(index);
      for (const index of entryOf(expr, KINDS).binds(expr as never)) {
        found.add(index);
      }
      partsOf(expr, KINDS).forEach(see);
    };
    if (said.kind === "equation") said.sides.forEach(see);
    if (said.kind === "membership" || said.kind === "range") see(said.of);
    if (said.kind === "function") see(said.body);
    if (said.kind === "condition") see(said.condition);
    if (said.kind === "expression") see(said.expr);
    const dims = new Set(this.dims);
    this.indices = [...found].filter((name) => !dims.has(name));
  }

  symbol = (name: string): number => this.#shapes.get(name)?.length ?? 0;

  of = (expr: Expr): number => entryOf(expr, KINDS).rank(expr as never, this);
}
