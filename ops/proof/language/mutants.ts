// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Plausible slips: every expression that differs from a given one by one mistake.
 * A proof that lets one of them pass is not a proof.
 *
 * @module
 */

import type { Dim, Expr, Statement } from "./expression.ts";
import type { Mistakes, Mutant } from "./kind.ts";
import { KINDS } from "./table.ts";
import { entryOf, partsOf } from "./walk.ts";

/**
 * Every expression that is this one with one mistake, in itself or in one of its
 * parts; at each place this many of each sort.
 */
export function* broken(
  expr: Expr,
  mistakes: Mistakes,
  alike = Infinity,
): Generator<Mutant> {
  const kind = entryOf(expr, KINDS);
  const seen = new Map<string, number>();
  for (const found of kind.mutants(expr as never, mistakes)) {
    const count = seen.get(found.operator) ?? 0;
    if (count < alike) yield found;
    seen.set(found.operator, count + 1);
  }
  const parts = kind.parts(expr as never);
  for (const [i, part] of parts.entries()) {
    for (const { operator, mutant } of broken(part, mistakes, alike)) {
      yield {
        operator,
        mutant: kind.with(expr as never, parts.with(i, mutant)),
      };
    }
  }
}

/** What may be confused with what, where these are all statements of a page. */
export function mistakesIn(statements: readonly Statement[]): Mistakes {
  const symbols = new Map<string, number>();
  const indices = new Set<string>();
  const dims = new Map<string, Dim>();
  const see = (expr: Expr): void => {
    if (expr.kind === "element" && expr.of.kind === "symbol") {
      symbols.set(expr.of.name, expr.indices.length);
      for (const index of expr.indices) {
        if (typeof index === "string") indices.add(index);
      }
    }
    if (expr.kind === "reduce" && typeof expr.to === "string") {
      dims.set(expr.to, expr.to);
    }
    partsOf(expr, KINDS).forEach(see);
  };
  for (const said of statements) {
    if (said.kind === "equation") said.sides.forEach(see);
    if (said.kind === "function") see(said.body);
    if (said.kind !== "membership") continue;
    for (const dim of said.shape) dims.set(JSON.stringify(dim), dim);
    if (said.of.kind === "symbol") symbols.set(said.of.name, said.shape.length);
  }
  const mistakes: Mistakes = {
    symbols: [...symbols.keys()],
    indices: [...indices],
    dims: [...dims.values()],
    symbol: (name) => symbols.get(name) ?? 0,
    of: (expr) => entryOf(expr, KINDS).rank(expr as never, mistakes),
  };
  return mistakes;
}
