// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What a formula must be besides true. A slip can leave a formula that holds for
 * anything, or by a fact that the reader was not told; such formulas break these
 * rules.
 *
 * @module
 */

import { dependencies, indicesOf, keyOf } from "./equations.ts";
import { attempt } from "./compare.ts";
import { digits, type Number64 } from "./digits.ts";
import { relativeDifference } from "./language/digits.ts";
import { evaluate, visit } from "./language/evaluate.ts";
import {
  EvaluationError,
  type Expr,
  type Scope,
  type Statement,
} from "./language/expression.ts";
import { knownFunction } from "./language/kinds/calls.ts";
import { scalar } from "./language/values.ts";
import { wrong } from "./link.ts";
import type { Operation } from "./operation.ts";
import { type Formula, rowOf } from "./page.ts";
import { Sizes } from "./sizes.ts";
import { showName } from "./language/unicode.ts";

/** Every formula that says too little, with the reason, one message each. */
export function flaws(op: Operation): string[] {
  const found: string[] = [];
  const shapes = new Map<string, number>();
  const functions = new Map<string, [text: string, line: number]>();
  for (const formula of op.page.formulas) {
    for (const statement of formula.statements) {
      const flaw = flawOf(op, statement, shapes) ??
        otherFunction(statement, formula.line, functions);
      if (flaw !== undefined) {
        found.push(wrong(op, formula, statement.tex) + flaw);
      }
    }
    noteShapes(formula, shapes);
  }
  // A page that states the shape of one gradient must state it for all.
  const silent = op.floats.filter(({ symbol }) => !shapes.has(`∂E/∂${symbol}`));
  if (!op.isForeign && silent.length < op.floats.length) {
    for (const { symbol } of silent) {
      found.push(
        `${
          rowOf(op.page, op.file, `∂E/∂${symbol}`)
        }The page does not say what shape ${
          showName(`∂E/∂${symbol}`)
        } has, as it does of others`,
      );
    }
  }
  return found;
}

/** A function that is defined twice must be the same both times. */
function otherFunction(
  statement: Statement,
  line: number,
  known: Map<string, [text: string, line: number]>,
): string | undefined {
  if (statement.kind !== "function") return undefined;
  const { name, parameters, body } = statement;
  const text = JSON.stringify([parameters, body]);
  const before = known.get(name);
  if (before === undefined) known.set(name, [text, line]);
  return before === undefined || before[0] === text
    ? undefined
    : `line ${before[1]} defines ${showName(name)} in another way`;
}

/** What a page says of erf and the like must be true. */
function otherThanKnown(
  { definitions }: Operation,
  { name, parameters, body }: Extract<Statement, { kind: "function" }>,
): string | undefined {
  const [, word] = /^\\mathrm\{(\w+)\}$/.exec(name) ?? [];
  const known = word && knownFunction(word);
  if (!known) return undefined;
  const of = parameters.map((name): Expr => ({ kind: "symbol", name }));
  for (const x of [-1.25, -0.375, 0.5, 2.75]) {
    const at = (i: number) => digits.constant(x + i);
    const scope: Scope<Number64> = {
      field: digits,
      sizes: new Sizes([]),
      axes: () => [],
      symbol: (name) => {
        const i = parameters.indexOf(name);
        if (i >= 0) return scalar(at(i));
        throw new EvaluationError(
          `${known} already has a meaning, and does not depend on ${
            showName(name)
          }`,
        );
      },
      partial: () => scalar(at(0)),
      function: (name) => definitions.functions.get(name),
    };
    const value = attempt(() =>
      [{ kind: "call", name: known, of } as const, body].map((side) =>
        evaluate(side, scope).data[0]
      )
    );
    if (value instanceof EvaluationError) return value.message;
    const [right, said] = value;
    if (relativeDifference(right, said) > 1e-40) {
      const [a, b] = value.map(digits.toNumber);
      return `${known} already has a meaning: at ${
        parameters.map((name, i) => `${showName(name)} = ${x + i}`).join(", ")
      } it is ${a}, this is ${b}`;
    }
  }
}

function noteShapes({ line, statements }: Formula, to: Map<string, number>) {
  for (const statement of statements) {
    if (statement.kind !== "membership") continue;
    to.set(keyOf(statement.of) ?? JSON.stringify(statement.of), line);
  }
}

/** What the page should say about its outputs and gradients, but does not. */
export function missing(op: Operation): string[] {
  const { definitions } = op;
  const found: string[] = [];
  const own = (key: string) =>
    definitions.equations.filter((e) => e.defines && e.key === key);
  const has = (key: string, section: string) =>
    own(key).some(({ formula }) => formula.section === section);
  // If the output is a product of matrices, so are the gradients.
  const asMatrices = op.outputs.some(({ symbol }) =>
    own(symbol).some((e) => !e.byElements && e.sides.slice(1).some(isProduct))
  );
  for (const key of definitions.targets) {
    const name = showName(key);
    const lacks = (what: string) =>
      found.push(`${rowOf(op.page, op.file, key)}${what}`);
    if (definitions.all(key).length === 0) {
      lacks(
        `The page has no formula for ${name} by the inputs, definitions and dout`,
      );
      continue;
    }
    if (op.isForeign) continue; // Its sections are its author's.
    if (!has(key, "")) {
      lacks(
        `The page must begin with the formulas of the output and of each gradient: there is none for ${name}`,
      );
    }
    const section = key.startsWith("∂") ? "Backward" : "Forward";
    if (!has(key, section)) {
      lacks(`The section ${section} has no formula for ${name}`);
    }
    if (asMatrices && own(key).every((e) => e.byElements)) {
      lacks(`The page has no formula for ${name} as a whole`);
    }
    if (asMatrices && own(key).every((e) => !e.byElements)) {
      lacks(`The page has no formula for the elements of ${name}`);
    }
  }
  return found;
}

/** Whether a formula multiplies matrices. */
function isProduct(expr: Expr): boolean {
  let found = false;
  visit(expr, (e) => {
    if (e.kind === "product") {
      found ||= e.factors.filter((f) => isTensor(f)).length > 1;
    }
    return true;
  });
  return found;
}

function isTensor(expr: Expr): boolean {
  return expr.kind === "transpose" || expr.kind === "symbol" ||
    expr.kind === "partial";
}

function flawOf(
  op: Operation,
  statement: Statement,
  shapes: ReadonlyMap<string, number>,
): string | undefined {
  if (statement.kind === "membership") {
    const key = keyOf(statement.of) ?? JSON.stringify(statement.of);
    const line = shapes.get(key);
    return line === undefined || hasIndices(statement.of)
      ? undefined
      : `line ${line} already says it`;
  }
  if (statement.kind === "function") return otherThanKnown(op, statement);
  if (statement.kind !== "equation") return undefined;
  const [left, ...rights] = statement.sides;
  if (left.kind === "symbol" && isIndex(op, left.name)) {
    return `${showName(left.name)} is an index on this page`;
  }
  const sides = statement.sides.map((side) => JSON.stringify(side));
  if (new Set(sides).size < sides.length) {
    return "it says nothing, as two of its sides are the same";
  }
  const indices = left.kind === "element" ? left.indices : [];
  const twice = indices.find((index, i) => indices.indexOf(index) < i);
  if (twice !== undefined) {
    return `the left has the index ${twice} twice, so it covers only a diagonal`;
  }
  const key = keyOf(left);
  if (key?.startsWith("∂E/")) {
    const known = rights.flatMap(dependencies).find((other) =>
      other === key ||
      op.definitions.targets.includes(other) && /^∂E\//.test(other) &&
        op.definitions.all(other).length === 0
    );
    if (known !== undefined) {
      return `it has ${showName(known)} on the right, which is not given`;
    }
  }
  return statement.sides.map(brokenChain).find((flaw) => flaw !== undefined);
}

/** Whether some element of the page has a name as its index. */
function isIndex({ definitions }: Operation, name: string): boolean {
  let found = false;
  for (const side of definitions.equations.flatMap(({ sides }) => sides)) {
    visit(side, (e) => {
      found ||= e.kind === "element" && e.indices.includes(name);
    });
  }
  return found;
}

function hasIndices(expr: Expr): boolean {
  return indicesOf(expr).length > 0;
}

/** ∂E/∂Z ∂Y/∂X is not a chain, whether or not it equals one. */
function brokenChain(expr: Expr): string | undefined {
  let flaw: string | undefined;
  visit(expr, (e) => {
    if (e.kind !== "product") return true;
    for (const [i, a] of e.factors.entries()) {
      const b = e.factors[i + 1];
      if (a.kind !== "partial" || b?.kind !== "partial") continue;
      if (JSON.stringify(a.by) === JSON.stringify(b.of)) continue;
      flaw ??=
        "in a chain of derivatives, the variable below must be the next one above";
    }
    return true;
  });
  return flaw;
}
