// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The equations of a page: what each defines, and where its sides differ.
 *
 * @module
 */

import {
  evaluate,
  freeIndices,
  indexRanges,
  type Indices,
  type Scope,
  type Value,
  visit,
} from "./evaluate.ts";
import { ALL, type Dim, EvaluationError, type Expr } from "./formula.ts";
import type { Operation } from "./operation.ts";
import { type Formula, indexTuples, type Page, PageError } from "./page.ts";

/** An equation of a page, or a chain of them. */
export interface Equation {
  /** The TeX, and the formula that it is a part of. */
  tex: string;
  formula: Formula;
  /** What stands between the equals signs. */
  sides: Expr[];
  /** What it speaks of: the output is 0, the gradients are 1 and up. */
  target: number;
  /** Whether it says what that is, and not what its derivatives are. */
  defines: boolean;
  /** Whether it speaks of single elements, not of tensors as a whole. */
  byElements: boolean;
}

/** An operation as far as its page says what it is. */
export type Described = Pick<Operation, "name" | "file" | "page">;

/** The output and the gradients of an operation, as its page names them. */
export function targets({ page }: Described): string[] {
  return [
    page.output.symbol,
    ...page.inputs.map(({ symbol }) => `∂E/∂${symbol}`),
  ];
}

/** The dimensions of a target, as the page names them. */
function targetShape({ page }: Described, target: number): Dim[] {
  return (target === 0 ? page.output : page.inputs[target - 1]).shape;
}

/** All equations of a page, in order. */
export function equations(op: Described): Equation[] {
  return op.page.formulas.flatMap((formula) =>
    formula.statements.flatMap((statement) => {
      if (statement.kind !== "equation") return [];
      const { tex, sides } = statement;
      const [left, right] = sides;
      const variable = left.kind === "partial" ? left.by : left;
      const found = targetOf(op.page, left);
      const itself = (right: Expr) =>
        !hasJacobian(right) &&
        someIn(right, (e) =>
          (e.kind === "partial" || e.kind === "symbol") &&
          targetOf(op.page, e) === found);
      const target = Math.max(0, found);
      const axes = targetShape(op, target);
      const count = axes.includes(ALL) ? 1 : axes.length;
      return {
        tex,
        formula,
        sides,
        target,
        defines: found >= 0 && !hasJacobian(left) &&
          !sides.slice(1).every(itself),
        byElements: count === 0
          ? right.kind === "sum"
          : variable.kind === "element" && variable.indices.length === count,
      };
    })
  );
}

/** Which output or gradient an expression is; -1 if none. */
function targetOf({ inputs, output }: Page, expr: Expr): number {
  if (expr.kind !== "partial") return nameOf(expr) === output.symbol ? 0 : -1;
  const input = inputs.findIndex((v) => v.symbol === nameOf(expr.by));
  return input < 0 ? -1 : input + 1;
}

/**
 * What the page does not say of a target, and should: its formula by elements,
 * its formula as a whole, and one of them in the documentation of its function,
 * which has no formula of another one.
 */
export function missing(op: Operation, target: number): string[] {
  const all = equations(op).filter((e) => e.defines);
  const own = all.filter((e) => e.target === target);
  const name = targets(op)[target];
  const owner = functionName(op, target);
  const documented = all.filter((e) => e.formula.owner === owner);
  const lacks: string[] = [];
  if (!own.some((e) => e.byElements)) {
    lacks.push(`The page has no formula for the elements of ${name}`);
  }
  if (!own.some((e) => !e.byElements)) {
    lacks.push(`The page has no formula for ${name} as a whole`);
  }
  if (
    documented.length === 0 || documented.some((e) => e.target !== target)
  ) {
    lacks.push(`The documentation of ${owner} must have a formula for ${name}`);
  }
  return lacks.map((lack) => `${op.file}: ${lack}`);
}

function functionName({ name, page }: Operation, target: number): string {
  return target === 0 ? name : `${name}D${page.inputs[target - 1].parameter}`;
}

/**
 * The elements of a target, all or those asked for, by the page's formula of
 * inputs and `dout` alone.
 */
export function define<T>(
  op: Operation,
  target: number,
  scope: Scope<T>,
  at?: readonly number[],
): Value<T> {
  const [names, side] = definition(op, target);
  const axes = targetShape(op, target);
  const shape = scope.sizes.shape(axes);
  const tuples = indexTuples(shape);
  const data = (at ?? tuples.keys().toArray()).map((i) => {
    const place = (axis: number) =>
      axes.includes(ALL) ? tuples[i] : [tuples[i][axis]];
    const indices = new Map(names.map((name, axis) => [name, place(axis)]));
    return evaluate(side, scope, indices).data[0];
  });
  return { shape, data };
}

/**
 * The page's formula for the elements of a target by the inputs and `dout`
 * alone: its free indices, one for each axis, and its right side.
 */
export function definition(
  op: Described,
  target: number,
): [string[], Expr] {
  for (const equation of equations(op)) {
    if (
      equation.target !== target || !equation.defines || !equation.byElements
    ) continue;
    const [left, ...rights] = equation.sides;
    const side = rights.find((right) => isExplicit(right, op.page));
    if (side !== undefined) return [freeIndices(left), side];
  }
  throw new PageError(
    `${op.file}: The page has no formula for the elements of ${
      targets(op)[target]
    } by the inputs and dout`,
  );
}

/** Whether a formula differentiates anything but the loss. */
export function hasJacobian(expr: Expr): boolean {
  return someIn(
    expr,
    (e) => e.kind === "partial" && nameOf(e.of) !== "E",
  );
}

/** Whether a test holds for some part; the variables of a derivative are none. */
function someIn(expr: Expr, test: (e: Expr) => boolean): boolean {
  let found = false;
  visit(expr, (e) => {
    found ||= test(e);
    return e.kind !== "partial";
  });
  return found;
}

/** Whether a formula computes its value from the inputs and `dout` alone. */
function isExplicit(expr: Expr, { output }: Page): boolean {
  let explicit = !hasJacobian(expr);
  visit(expr, (e) => {
    if (e.kind === "partial") {
      explicit &&= nameOf(e.by) === output.symbol;
      return false; // E and Z stand there only as names.
    }
    const name = nameOf(e);
    if (name === output.symbol || name === "E" || e.kind === "delta") {
      explicit = false;
    }
    return true;
  });
  return explicit;
}

/** The symbol of a variable, with or without indices. */
function nameOf(expr: Expr): string {
  if (expr.kind === "element") return nameOf(expr.of);
  return expr.kind === "symbol" ? expr.name : "";
}

/**
 * Says where two elements of an equation differ, or `undefined` where they are
 * equal: the left side's, and the right side's at the same place.
 */
export type Differ<T> = (left: T, right: T, at: Place) => string | undefined;

/** Where an equation is looked at. */
export interface Place {
  /** The right side. */
  side: Expr;
  /** The values of the free indices. */
  indices: Indices;
  /** The element of the right side's value, in row-major order. */
  element: number;
}

/**
 * Compares the sides of an equation with its first one, for all values of the
 * free indices, element by element; says where they differ first.
 */
export function firstDifference<T>(
  sides: Expr[],
  scope: Scope<T>,
  differ: Differ<T>,
): string | undefined {
  return attempt(() => compareSides(sides, scope, differ));
}

function compareSides<T>(
  [left, ...rights]: Expr[],
  scope: Scope<T>,
  differ: Differ<T>,
): string | undefined {
  const free = freeIndices(left);
  const stray = [
    ...new Set(rights.flatMap(freeIndices).filter((i) => !free.includes(i))),
  ];
  const flaw = stray.length === 0
    ? undefined
    : `the index ${stray.join(", ")} is neither summed over nor on the left`;
  const ranges = new Map(
    [left, ...rights].toReversed().flatMap((e) => [...indexRanges(e, scope)]),
  );
  for (const indices of assignments(free, ranges)) {
    // To give an element in any case, a stray index is taken at its first value.
    for (const name of stray) indices.set(name, ranges.get(name)?.[0] ?? [0]);
    const value = attempt(() => evaluate(left, scope, indices));
    if (typeof value === "string") return `${where(indices)}${value}`;
    for (const side of rights) {
      const other = attempt(() => evaluate(side, scope, indices));
      if (typeof other === "string") {
        const first = indexTuples(value.shape)[0];
        return `${where(indices, first)}the left is ${
          value.data[0]
        }, the right has no value as ${other}`;
      }
      const difference = elementsDiffer(
        value,
        other,
        (a, b, element) => differ(a, b, { side, indices, element }),
      );
      const what = [...difference, ...shapesDiffer(value, other)];
      if (what.length > 0) {
        if (flaw !== undefined) what.push(flaw);
        return `${where(indices)}${what.join("; ")}`;
      }
    }
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

/** All values of the indices together. */
function assignments(
  names: readonly string[],
  ranges: ReadonlyMap<string, number[][]>,
): Map<string, number[]>[] {
  return names.reduce<Map<string, number[]>[]>(
    (found, name) =>
      found.flatMap((indices) =>
        rangeOf(name, ranges).map((place) => new Map(indices).set(name, place))
      ),
    [new Map()],
  );
}

function rangeOf(
  name: string,
  ranges: ReadonlyMap<string, number[][]>,
): number[][] {
  const range = ranges.get(name);
  if (range !== undefined) return range;
  throw new EvaluationError(`nothing says what the index ${name} runs over`);
}

/** Where the shape of a formula is not the one that is said, in words. */
export function wrongShape<T>(
  of: Expr,
  said: readonly Dim[],
  scope: Scope<T>,
): string | undefined {
  return attempt(() => {
    const ranges = indexRanges(of, scope);
    const indices = new Map(
      freeIndices(of).map((name) => [name, rangeOf(name, ranges)[0]] as const),
    );
    const show = (shape: readonly number[]) => shape.join("×") || "a scalar";
    const found = show(evaluate(of, scope, indices).shape);
    const right = show(scope.sizes.shape(said));
    return found === right
      ? undefined
      : `it says ${right}, the code has ${found}`;
  });
}

/** The first difference among the elements that both have. */
function elementsDiffer<T>(
  left: Value<T>,
  right: Value<T>,
  differ: (a: T, b: T, element: number) => string | undefined,
): string[] {
  for (const [i, tuple] of indexTuples(left.shape).entries()) {
    const inside = right.shape.every((n, axis) => (tuple[axis] ?? 0) < n);
    if (!inside) continue;
    const at = right.shape.reduce(
      (at, n, axis) => at * n + (tuple[axis] ?? 0),
      0,
    );
    const difference = differ(left.data[i], right.data[at], at);
    if (difference !== undefined) {
      return [
        tuple.length === 0
          ? difference
          : `element (${tuple.map((i) => i + 1).join(", ")}): ${difference}`,
      ];
    }
  }
  return [];
}

function shapesDiffer<T>(left: Value<T>, right: Value<T>): string[] {
  const show = ({ shape, row }: Value<T>) =>
    shape.length === 0
      ? "a number"
      : row
      ? `a row of ${shape[0]}`
      : shape.join("×");
  return show(left) === show(right)
    ? []
    : [`the left is ${show(left)}, the right is ${show(right)}`];
}

function attempt<T>(value: () => T): T | string {
  try {
    return value();
  } catch (error) {
    if (error instanceof EvaluationError) return error.message;
    throw error;
  }
}

function where(indices: Indices, tuple: readonly number[] = []): string {
  const names = [...indices].map(([name, at]) =>
    `${name} = ${at.length === 1 ? at[0] + 1 : `(${at.map((i) => i + 1)})`}`
  );
  if (tuple.length > 0) {
    names.push(`element (${tuple.map((i) => i + 1).join(", ")})`);
  }
  return names.length > 0 ? `at ${names.join(", ")}: ` : "";
}
