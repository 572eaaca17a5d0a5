// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Every way to break a formula of a page once: the slips of the pen that the
 * prover's table of kinds lists for each notation.
 *
 * @module
 */

import type {
  Dim,
  Expr,
  Statement,
} from "../../ops/proof/language/expression.ts";
import type { Mistakes } from "../../ops/proof/language/kind.ts";
import { Names, parseFormula } from "../../ops/proof/language/parse.ts";
import { KINDS } from "../../ops/proof/language/table.ts";
import { entryOf, partsOf } from "../../ops/proof/language/walk.ts";
import { writeStatement } from "../../ops/proof/language/write.ts";
import type { Mutation } from "./mutators.ts";

/** So many mistakes of one sort are made at one place. */
const ALIKE = 2;

/** A formula of a page, and where its TeX stands. */
interface Place {
  tex: string;
  start: number;
  end: number;
}

/** All ways to break the formulas of a module's comments, each once. */
export function formulaMutations(source: string): Mutation[] {
  const places = [...formulasOf(source)];
  const names = new Names();
  for (const { tex } of places) names.add(tex);
  const read = places.map((place) => ({
    ...place,
    statements: parseFormula(place.tex, names),
  }));
  const mistakes = mistakesOf(read.flatMap(({ statements }) => statements));
  return read.flatMap(({ tex, start, end, statements }) => {
    const found = new Map<string, Mutation>();
    const before = statements.map(writeStatement);
    for (const [i, statement] of statements.entries()) {
      for (const { operator, mutant } of breakStatement(statement, mistakes)) {
        const after = before.with(i, writeStatement(mutant));
        if (after[i] === before[i]) continue;
        const text = after.join(", ");
        found.set(text, { start, end, text, operator, name: "page" });
      }
    }
    found.delete(tex);
    return [...found.values()];
  });
}

/** The formulas that claim something: those that stand by themselves. */
function* formulasOf(source: string): Generator<Place> {
  for (const match of source.matchAll(/^ \* ```math\n([^]*?)^ \* ```/gm)) {
    const start = match.index + " * ```math\n * ".length;
    const end = start + match[1].length - " * \n".length;
    yield { tex: match[1].replaceAll(/^ \* ?/gm, ""), start, end };
  }
}

/** What may be confused with what, on this page. */
function mistakesOf(statements: readonly Statement[]): Mistakes {
  const symbols = new Map<string, number>();
  const indices = new Set<string>();
  const dims = new Set<Dim>();
  const visit = (expr: Expr) => {
    if (expr.kind === "element" && expr.of.kind === "symbol") {
      symbols.set(expr.of.name, expr.indices.length);
      for (const index of expr.indices) {
        if (typeof index === "string") indices.add(index);
      }
    }
    if (expr.kind === "reduce" && typeof expr.to === "string") {
      dims.add(expr.to);
    }
    for (const part of partsOf(expr, KINDS)) visit(part);
  };
  for (const statement of statements) sidesOf(statement).forEach(visit);
  const mistakes: Mistakes = {
    symbols: [...symbols.keys()],
    indices: [...indices],
    dims: [...dims],
    symbol: (name) => symbols.get(name) ?? 0,
    of: (expr) => entryOf(expr, KINDS).rank(expr as never, mistakes),
  };
  return mistakes;
}

function sidesOf(statement: Statement): Expr[] {
  switch (statement.kind) {
    case "equation":
      return statement.sides;
    case "function":
      return [statement.body];
    default:
      return [];
  }
}

/** A statement with one mistake, which is never on the left. */
function* breakStatement(
  statement: Statement,
  mistakes: Mistakes,
): Generator<{ operator: string; mutant: Statement }> {
  if (statement.kind === "equation") {
    for (const [i, side] of statement.sides.entries()) {
      if (i === 0) continue;
      for (const { operator, mutant } of breakExpr(side, mistakes)) {
        const sides = statement.sides.with(i, mutant);
        yield { operator, mutant: { ...statement, sides } };
      }
    }
  }
  if (statement.kind === "function") {
    for (const { operator, mutant } of breakExpr(statement.body, mistakes)) {
      yield { operator, mutant: { ...statement, body: mutant } };
    }
  }
}

/** An expression with one mistake, in itself or in one of its parts. */
function* breakExpr(
  expr: Expr,
  mistakes: Mistakes,
): Generator<{ operator: string; mutant: Expr }> {
  const kind = entryOf(expr, KINDS);
  const seen = new Map<string, number>();
  for (const found of kind.mutants(expr as never, mistakes)) {
    const count = seen.get(found.operator) ?? 0;
    if (count < ALIKE) yield found;
    seen.set(found.operator, count + 1);
  }
  const parts = kind.parts(expr as never);
  for (const [i, part] of parts.entries()) {
    for (const { operator, mutant } of breakExpr(part, mistakes)) {
      yield {
        operator,
        mutant: kind.with(expr as never, parts.with(i, mutant)),
      };
    }
  }
}
