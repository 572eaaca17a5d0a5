// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Every way to break a formula of a page once: the slips that the prover's table
 * of kinds lists for each notation.
 *
 * @module
 */

import type { Statement } from "../../ops/proof/language/expression.ts";
import type { Mistakes } from "../../ops/proof/language/kind.ts";
import { broken, mistakesIn } from "../../ops/proof/language/mutants.ts";
import { Names, parseFormula } from "../../ops/proof/language/parse.ts";
import { writeStatement } from "../../ops/proof/language/write.ts";
import type { Mutation } from "./mutators.ts";

/** This many mistakes of one sort are made at one place. */
const ALIKE = 2;

/** A formula of a page, and the place of its TeX. */
interface Place {
  tex: string;
  start: number;
  end: number;
}

/** All ways to break the formulas of a module's comments, each once. */
export function formulaMutations(source: string): Mutation[] {
  const places = [...formulasOf(source)];
  const names = new Names();
  for (const [, tex] of source.matchAll(/^ \* \| \$`([^`]+)`\$ \|/gm)) {
    names.addSymbol(tex);
  }
  for (const { tex } of places) names.add(tex);
  const read = places.map((place) => ({
    ...place,
    statements: parseFormula(place.tex, names),
  }));
  const mistakes = mistakesIn(read.flatMap(({ statements }) => statements));
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

/** The formulas that claim something: those in blocks of their own. */
function* formulasOf(source: string): Generator<Place> {
  for (const match of source.matchAll(/^ \* ```math\n([^]*?)^ \* ```/gm)) {
    const start = match.index + " * ```math\n * ".length;
    const end = start + match[1].length - " * \n".length;
    yield { tex: match[1].replaceAll(/^ \* ?/gm, ""), start, end };
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
      for (const { operator, mutant } of broken(side, mistakes, ALIKE)) {
        const sides = statement.sides.with(i, mutant);
        yield { operator, mutant: { ...statement, sides } };
      }
    }
  }
  if (statement.kind === "function") {
    for (
      const { operator, mutant } of broken(statement.body, mistakes, ALIKE)
    ) {
      yield { operator, mutant: { ...statement, body: mutant } };
    }
  }
}
