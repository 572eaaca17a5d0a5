// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Tensors over any field: numbers, columns, rows, matrices, and more axes.
 *
 * @module
 */

import { EvaluationError, type Field, type Value } from "./expression.ts";

/** A number. */
export function scalar<T>(x: T): Value<T> {
  return { shape: [], data: [x] };
}

/** A value with its numbers replaced. */
export function mapValue<T, U>(
  { shape, data, row }: Value<T>,
  f: (x: T, at: number) => U,
): Value<U> {
  return row ? { shape, data: data.map(f), row } : { shape, data: data.map(f) };
}

/** Element by element; a number goes with every element. */
export function zip<T, U>(
  what: string,
  a: Value<T>,
  b: Value<T>,
  f: (x: T, y: T) => U,
): Value<U> {
  if (a.shape.length === 0 && b.shape.length === 0) {
    return { shape: a.shape, data: [f(a.data[0], b.data[0])] };
  }
  if (a.shape.length === 0) return mapValue(b, (y) => f(a.data[0], y));
  if (b.shape.length === 0) return mapValue(a, (x) => f(x, b.data[0]));
  sameShape(what, a, b);
  return mapValue(a, (x, i) => f(x, b.data[i]));
}

/** The shapes must be the same. */
export function sameShape<T>(what: string, a: Value<T>, b: Value<T>): void {
  if (a.shape.join() === b.shape.join() && !a.row === !b.row) return;
  throw new EvaluationError(
    `${showShape(a)} and ${showShape(b)} cannot ${what}`,
  );
}

/** A shape in words. */
export function showShape<T>({ shape, row }: Value<T>): string {
  if (shape.length === 0) return "a number";
  return row ? `a row of ${shape[0]}` : shape.join("×");
}

/** The sum of the products of elements. */
export function dot<T>(
  field: Field<T>,
  a: readonly T[],
  b: readonly T[],
): T {
  return total(field, a.map((x, i) => field.multiply(x, b[i])));
}

/** A sum as a balanced tree, which keeps symbolic derivatives short. */
export function total<T>(field: Field<T>, terms: readonly T[]): T {
  if (terms.length === 0) return field.constant(0);
  if (terms.length > 2 && field.sum) return field.sum(terms);
  return balanced(terms, field.add);
}

/** A fold as a balanced tree of at least one item. */
export function balanced<T>(
  items: readonly T[],
  join: (a: T, b: T) => T,
  from = 0,
  to = items.length,
): T {
  if (to - from === 1) return items[from];
  const middle = (from + to) >> 1;
  return join(
    balanced(items, join, from, middle),
    balanced(items, join, middle, to),
  );
}

/** The product of matrices, columns, rows and numbers, as their shapes say. */
export function product<T>(
  field: Field<T>,
  a: Value<T>,
  b: Value<T>,
): Value<T> {
  if (a.shape.length === 0) {
    return mapValue(b, (x) => field.multiply(a.data[0], x));
  }
  if (b.shape.length === 0) {
    return mapValue(a, (x) => field.multiply(x, b.data[0]));
  }
  const [m, n] = matrixShape(a);
  const [n2, p] = matrixShape(b);
  if (n !== n2) {
    throw new EvaluationError(`${m}×${n} times ${n2}×${p} has no product`);
  }
  const data: T[] = [];
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < p; k++) {
      const terms: T[] = [];
      for (let j = 0; j < n; j++) {
        terms.push(field.multiply(a.data[i * n + j], b.data[j * p + k]));
      }
      data.push(total(field, terms));
    }
  }
  if (a.row && !b.row && b.shape.length === 1) return scalar(data[0]);
  if (a.row) return { shape: [p], data, row: true };
  return b.shape.length === 1 && !b.row
    ? { shape: [m], data }
    : { shape: [m, p], data };
}

function matrixShape<T>({ shape, row }: Value<T>): readonly number[] {
  if (shape.length === 1) return row ? [1, shape[0]] : [shape[0], 1];
  if (shape.length === 2) return shape;
  throw new EvaluationError(
    `a tensor of shape ${shape.join("×")} is not a matrix`,
  );
}

/** The transpose; of a column, a row. */
export function transpose<T>(a: Value<T>): Value<T> {
  const { shape, data } = a;
  if (shape.length < 2) {
    return a.row || shape.length === 0
      ? { shape, data }
      : { shape, data, row: true };
  }
  const [m, n] = matrixShape(a);
  const turned: T[] = [];
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < m; i++) turned.push(data[i * n + j]);
  }
  return { shape: [n, m], data: turned };
}

/** The element, or the slice of the axes that the indices leave open. */
export function slice<T>(
  of: Value<T>,
  at: readonly number[],
  name: string,
): Value<T> {
  const { shape, data } = of;
  if (at.length > shape.length || of.row) {
    throw new EvaluationError(
      `${name} has ${axesOf(shape.length)}, and ${
        at.length === 1 ? "1 index" : `${at.length} indices`
      } here`,
    );
  }
  let start = 0;
  let size = data.length;
  for (const [axis, i] of at.entries()) {
    if (!(i >= 1 && i <= shape[axis])) {
      throw new EvaluationError(
        `${name} is ${shape.join("×")} and has no element (${at.join(", ")})`,
      );
    }
    size /= shape[axis];
    start += (i - 1) * size;
  }
  return at.length === shape.length
    ? { shape: [], data: [data[start]] }
    : { shape: shape.slice(at.length), data: data.slice(start, start + size) };
}

function axesOf(count: number): string {
  return count === 1 ? "1 axis" : `${count || "no"} axes`;
}

/** All index tuples of a shape, from 1, the last index fastest. */
export function tuplesOf(shape: readonly number[]): number[][] {
  let tuples: number[][] = [[]];
  for (const n of shape) {
    tuples = tuples.flatMap((tuple) =>
      Array.from({ length: n }, (_, i) => [...tuple, i + 1])
    );
  }
  return tuples;
}
