// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What a formula must be beyond being true. A slip of the pen can leave a formula
 * that is true of anything, or true by a fact that the reader was not told; these
 * are the rules that such formulas break.
 *
 * @module
 */

import { targets } from "./equations.ts";
import { visit } from "./evaluate.ts";
import type { Expr, Statement } from "./formula.ts";
import type { Operation } from "./operation.ts";

/** Every formula that says too little, and why, one message each. */
export function flaws(op: Operation): string[] {
  const found: string[] = [];
  const shapes = new Map<string, number>();
  for (const { line, statements } of op.page.formulas) {
    for (const statement of statements) {
      const flaw = flawOf(op, statement, shapes);
      if (flaw === undefined) continue;
      found.push(`${op.file}:${line}: "${statement.tex}" is wrong: ${flaw}`);
    }
    for (const statement of statements) {
      if (statement.kind !== "membership") continue;
      shapes.set(keyOf(statement.of), line);
    }
  }
  // A page that says what shape one gradient has says it of all.
  const silent = targets(op).slice(1).filter((_, i) => {
    const of: Expr = { kind: "symbol", name: "E" };
    const by: Expr = { kind: "symbol", name: op.page.inputs[i].symbol };
    return !shapes.has(keyOf({ kind: "partial", of, by }));
  });
  if (silent.length < op.page.inputs.length) {
    for (const target of silent) {
      found.push(`${op.file}: The page does not say what shape ${target} has`);
    }
  }
  return found;
}

function flawOf(
  { page }: Operation,
  statement: Statement,
  shapes: ReadonlyMap<string, number>,
): string | undefined {
  if (statement.kind === "membership") {
    const line = shapes.get(keyOf(statement.of));
    return line === undefined ? undefined : `line ${line} says it already`;
  }
  if (statement.kind !== "equation") return undefined;
  const [left, ...rights] = statement.sides;
  const keys = statement.sides.map(keyOf);
  if (new Set(keys).size < keys.length) {
    return "it says nothing, as two of its sides are the same";
  }
  const indices = indicesOf(left);
  const twice = indices.find((index, i) => indices.indexOf(index) < i);
  if (twice !== undefined) {
    return `the left has the index ${twice} twice, so it speaks of a diagonal only`;
  }
  const inputs = page.inputs.map(({ symbol }) => symbol);
  const known = rights.flatMap(partialsOf).find(({ of, by }) =>
    nameOf(of) === "E" && inputs.includes(nameOf(by))
  );
  if (known !== undefined) {
    return `it has ∂E/∂${nameOf(known.by)} on the right, which is not given`;
  }
  return statement.sides.map(brokenChain).find((flaw) => flaw !== undefined);
}

type Partial = Extract<Expr, { kind: "partial" }>;

function partialsOf(expr: Expr): Partial[] {
  const found: Partial[] = [];
  visit(expr, (e) => {
    if (e.kind === "partial") found.push(e);
    return e.kind !== "partial";
  });
  return found;
}

/** ∂E/∂Z ∂Y/∂X is no chain, be it equal to one or not. */
function brokenChain(expr: Expr): string | undefined {
  let flaw: string | undefined;
  visit(expr, (e) => {
    if (e.kind !== "product") return true;
    for (const [i, a] of e.factors.entries()) {
      const b = e.factors[i + 1];
      if (a.kind !== "partial" || b?.kind !== "partial") continue;
      if (keyOf(a.by) === keyOf(b.of)) continue;
      flaw ??=
        "in a chain of derivatives, the variable below must be the next one above";
    }
    return true;
  });
  return flaw;
}

/** The indices of an element, or of the two in a derivative. */
function indicesOf(expr: Expr): string[] {
  if (expr.kind === "element") return expr.indices;
  return expr.kind === "partial"
    ? [...indicesOf(expr.of), ...indicesOf(expr.by)]
    : [];
}

function nameOf(expr: Expr): string {
  if (expr.kind === "element") return nameOf(expr.of);
  return expr.kind === "symbol" ? expr.name : "";
}

function keyOf(expr: Expr): string {
  return JSON.stringify(expr);
}
