// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Finds where the sides of an equation differ.
 *
 * @module
 */

import { digits, type Number64 } from "./digits.ts";
import type { Equation } from "./equations.ts";
import { evaluate, freeIndices, indexRanges } from "./language/evaluate.ts";
import {
  EvaluationError,
  type Expr,
  type Indices,
  type Scope,
  type Value,
} from "./language/expression.ts";
import { showShape } from "./language/values.ts";
import { assignments } from "./scopes.ts";
import { indexTuples } from "./sizes.ts";

/** Right formulas differ by 1e-60 or so, wrong ones by far more. */
export const AGREE = 1e-50;

/** The difference of two numbers, relative where they are above 1. */
export function apart(a: Number64, b: Number64): number {
  const minus = digits.multiply(digits.constant(-1), b);
  const difference = Math.abs(digits.toNumber(digits.add(a, minus)));
  const size = Math.max(
    1,
    Math.abs(digits.toNumber(a)),
    Math.abs(digits.toNumber(b)),
  );
  return difference / size;
}

/** The points at which an equation is evaluated. */
export interface Place {
  /** The values of the free indices. */
  indices: Indices;
  /** The element of the value, in row-major order. */
  element: number;
  /** The side that is compared with the first. */
  side: Expr;
}

/** Says where two elements differ, or `undefined` where they agree. */
export type Differ<L, R> = (
  left: L,
  right: R,
  at: Place,
) => string | undefined;

/**
 * Compares the sides of an equation with its first one, for all values of the
 * free indices, element by element; says where they differ first.
 */
export function firstDifference<L, R>(
  { sides, where }: Pick<Equation, "sides" | "where">,
  left: Scope<L>,
  right: Scope<R>,
  differ: Differ<L, R>,
): string | undefined {
  const found = attempt(() => compareSides(sides, where, left, right, differ));
  return found instanceof EvaluationError ? found.message : found;
}

function compareSides<L, R>(
  [first, ...others]: Expr[],
  where: Expr | undefined,
  left: Scope<L>,
  right: Scope<R>,
  differ: Differ<L, R>,
): string | undefined {
  const { sizes } = right;
  const free = freeIndices(first, sizes);
  const stray = [
    ...new Set(
      others.flatMap((e) => freeIndices(e, sizes))
        .filter((i) => !free.includes(i)),
    ),
  ];
  const flaw = stray.length === 0
    ? undefined
    : `the index ${stray.join(", ")} is neither summed over nor on the left`;
  const ranges = new Map(
    [first, ...others].toReversed().flatMap((e) => [...indexRanges(e, right)]),
  );
  for (const found of assignments(free, ranges)) {
    // To get an element in any case, a stray index takes its first value.
    const indices: Indices = new Map([
      ...found,
      ...stray.map((name) => [name, 1] as const),
    ]);
    if (where !== undefined && !holds(where, right, indices)) continue;
    const value = attempt(() => evaluate(first, left, indices));
    if (value instanceof EvaluationError) {
      return flaw ?? `${placeOf(indices)}${value.message}`;
    }
    for (const side of others) {
      const other = attempt(() => evaluate(side, right, indices));
      if (other instanceof EvaluationError) {
        return `${placeOf(indices)}the right has no value as ${other.message}`;
      }
      const difference = elementsDiffer(
        value,
        other,
        (a, b, element) => differ(a, b, { indices, element, side }),
      );
      const what = [...difference, ...shapesDiffer(value, other)];
      if (what.length > 0) {
        if (flaw !== undefined) what.push(flaw);
        return `${placeOf(indices)}${what.join("; ")}`;
      }
    }
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

/** Whether a condition holds. */
export function holds<T>(
  condition: Expr,
  scope: Scope<T>,
  indices: Indices,
): boolean {
  const { data: [value] } = evaluate(condition, scope, indices);
  return scope.field.compare(value, scope.field.constant(0)) !== 0;
}

/** The first difference among the elements that both have. */
function elementsDiffer<L, R>(
  left: Value<L>,
  right: Value<R>,
  differ: (a: L, b: R, element: number) => string | undefined,
): string[] {
  if (left.shape.join() === right.shape.join()) {
    for (let i = 0; i < left.data.length; i++) {
      const difference = differ(left.data[i], right.data[i], i);
      if (difference === undefined) continue;
      const tuple = indexTuples(left.shape)[i];
      return [inElement(tuple, difference)];
    }
    return [];
  }
  for (const [i, tuple] of indexTuples(left.shape).entries()) {
    const inside = right.shape.every((n, axis) => (tuple[axis] ?? 0) < n);
    if (!inside) continue;
    const at = right.shape.reduce(
      (at, n, axis) => at * n + (tuple[axis] ?? 0),
      0,
    );
    const difference = differ(left.data[i], right.data[at], i);
    if (difference !== undefined) return [inElement(tuple, difference)];
  }
  return [];
}

function inElement(tuple: readonly number[], difference: string): string {
  return tuple.length === 0
    ? difference
    : `element (${tuple.map((i) => i + 1).join(", ")}): ${difference}`;
}

function shapesDiffer<L, R>(left: Value<L>, right: Value<R>): string[] {
  const [a, b] = [showShape(left), showShape(right)];
  return a === b ? [] : [`the left is ${a}, the right is ${b}`];
}

/** The value of something, or why it has none. */
export function attempt<T>(value: () => T): T | EvaluationError {
  try {
    return value();
  } catch (error) {
    if (error instanceof EvaluationError) return error;
    throw error;
  }
}

function placeOf(indices: Indices): string {
  const names = [...indices].map(([name, at]) => `${name} = ${at}`);
  return names.length > 0 ? `at ${names.join(", ")}: ` : "";
}
