// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Evaluates a formula over any kind of number.
 *
 * The same walk serves floating point, 64 digits, symbolic algebra, and the
 * counting of terms: they differ only in the {@linkcode Field}.
 *
 * @module
 */

import { type Dim, EvaluationError, type Expr } from "./expression.ts";
import { indexTuples, type Sizes } from "./sizes.ts";
import type { Shape } from "../tensor.ts";

/** What numbers must be able to do. */
export interface Field<T> {
  /** The number for a constant in a formula. */
  constant(value: number): T;
  /** a + b */
  add(a: T, b: T): T;
  /** a · b */
  multiply(a: T, b: T): T;
  /** a ∕ b */
  divide(a: T, b: T): T;
}

/** The value of a formula: numbers in row-major order. */
export interface Value<T> {
  shape: Shape;
  data: readonly T[];
  /** A vector that was transposed; vectors are columns otherwise. */
  row?: boolean;
}

/** What the symbols of a formula stand for. */
export interface Scope<T> {
  field: Field<T>;
  sizes: Sizes;
  /** The dimensions of a tensor as the page writes them. */
  axes(name: string): readonly Dim[];
  /** The tensor, dimension or loss of this name. */
  symbol(name: string): Value<T>;
  /** The derivatives of one with respect to the other, of both their shapes. */
  partial(of: string, by: string): Value<T>;
}

/** The values of the indices, from 0; a tuple where the rank is any. */
export type Indices = ReadonlyMap<string, readonly number[]>;

/** The values of products that hang on no index, which are many elements'. */
const whole = new WeakMap<object, Map<Expr, unknown>>();

/** The value of a formula, given those of its symbols and free indices. */
export function evaluate<T>(
  expr: Expr,
  scope: Scope<T>,
  indices: Indices,
): Value<T> {
  if (expr.kind !== "product" || freeIndices(expr).length > 0) {
    return compute(expr, scope, indices);
  }
  const known = whole.get(scope) ?? new Map<Expr, Value<T>>();
  whole.set(scope, known);
  const value = known.get(expr) as Value<T> | undefined ??
    compute(expr, scope, indices);
  known.set(expr, value);
  return value;
}

function compute<T>(
  expr: Expr,
  scope: Scope<T>,
  indices: Indices,
): Value<T> {
  const { field } = scope;
  const value = (e: Expr) => evaluate(e, scope, indices);
  switch (expr.kind) {
    case "number":
      return scalar(field.constant(expr.value));
    case "symbol":
      return scope.symbol(expr.name);
    case "element":
      return slice(value(expr.of), places(expr.indices, indices), expr);
    case "partial":
      return partial(expr, scope, indices);
    case "add":
      return expr.terms.map(value).reduce((a, b) => {
        sameShape("be added", a, b);
        return {
          ...a,
          data: a.data.map((x, i) => field.add(x, b.data[i])),
        };
      });
    case "negative":
      return scale(field, field.constant(-1), value(expr.of));
    case "product":
      return expr.factors.map(value).reduce((a, b) => product(field, a, b));
    case "fraction": {
      const [above, below] = [value(expr.above), value(expr.below)];
      if (below.shape.length > 0) {
        throw new EvaluationError("a fraction must have a number below");
      }
      return {
        ...above,
        data: above.data.map((x) => field.divide(x, below.data[0])),
      };
    }
    case "sum":
      return sum(expr, scope, indices);
    case "transpose":
      return transpose(value(expr.of));
    case "inner": {
      const [a, b] = [value(expr.left), value(expr.right)];
      sameShape("have an inner product", a, b);
      return scalar(dot(field, a.data, b.data));
    }
    case "delta": {
      const [a, b] = expr.indices.map((i) => places([i], indices).join());
      return scalar(field.constant(a === b ? 1 : 0));
    }
    case "ones": {
      const shape = scope.sizes.shape(expr.shape);
      return {
        shape,
        data: indexTuples(shape).map(() => field.constant(1)),
      };
    }
  }
}

/** The indices that a formula leaves open, in the order in which they occur. */
export function freeIndices(expr: Expr): string[] {
  const found = new Set<string>();
  visit(expr, (e, bound) => {
    if (e.kind !== "element" && e.kind !== "delta") return;
    for (const index of e.indices) {
      if (!/^\d$/.test(index) && !bound.has(index)) found.add(index);
    }
  });
  return [...found];
}

/** The range of each free index, by the axis that it stands at. */
export function indexRanges<T>(
  expr: Expr,
  scope: Scope<T>,
): Map<string, number[][]> {
  const ranges = new Map<string, number[][]>();
  visit(expr, (e) => {
    if (e.kind !== "element" || e.of.kind !== "symbol") return;
    const axes = scope.axes(e.of.name);
    e.indices.forEach((index, axis) => {
      if (axis < axes.length && !ranges.has(index)) {
        ranges.set(index, scope.sizes.range(axes[axis]));
      }
    });
  });
  return ranges;
}

/**
 * Calls `seen` for a formula and its parts, with the indices that are summed
 * over; where it answers `false`, the parts are left out.
 */
export function visit(
  expr: Expr,
  seen: (expr: Expr, bound: ReadonlySet<string>) => boolean | void,
  bound: ReadonlySet<string> = new Set(),
): void {
  if (seen(expr, bound) === false) return;
  const inner = expr.kind === "sum" ? new Set([...bound, expr.index]) : bound;
  for (const part of Object.values(expr)) {
    for (const e of Array.isArray(part) ? part : [part]) {
      if (typeof e === "object") visit(e as Expr, seen, inner);
    }
  }
}

function scalar<T>(x: T): Value<T> {
  return { shape: [], data: [x] };
}

function places(names: readonly string[], indices: Indices): number[] {
  return names.flatMap((name) => {
    if (/^\d$/.test(name)) return [Number(name) - 1];
    const place = indices.get(name);
    if (place !== undefined) return place;
    throw new EvaluationError(`nothing says what the index ${name} is`);
  });
}

/** The element, or the slice of the axes that the indices leave open. */
function slice<T>(of: Value<T>, at: readonly number[], expr: Expr): Value<T> {
  const name = expr.kind === "element" && expr.of.kind === "symbol"
    ? expr.of.name
    : "the tensor";
  if (at.length > of.shape.length || of.row) {
    throw new EvaluationError(
      `${name} has ${of.shape.length} axes, and ${at.length} indices here`,
    );
  }
  let start = 0;
  let size = of.data.length;
  at.forEach((i, axis) => {
    if (i >= of.shape[axis]) {
      throw new EvaluationError(
        `${name} is ${of.shape.join("×")} and has no element (${
          at.map((i) => i + 1).join(", ")
        })`,
      );
    }
    size /= of.shape[axis];
    start += i * size;
  });
  return {
    shape: of.shape.slice(at.length),
    data: of.data.slice(start, start + size),
  };
}

function partial<T>(
  { of, by }: Extract<Expr, { kind: "partial" }>,
  scope: Scope<T>,
  indices: Indices,
): Value<T> {
  const split = (e: Expr): [string, number[]] => {
    const at = e.kind === "element" ? places(e.indices, indices) : [];
    const symbol = e.kind === "element" ? e.of : e;
    return [symbol.kind === "symbol" ? symbol.name : "", at];
  };
  const [[above, i], [below, j]] = [split(of), split(by)];
  return slice(scope.partial(above, below), [...i, ...j], {
    kind: "element",
    of: { kind: "symbol", name: `∂${above}∕∂${below}` },
    indices: [],
  });
}

function sum<T>(
  { index, to, body }: Extract<Expr, { kind: "sum" }>,
  scope: Scope<T>,
  indices: Indices,
): Value<T> {
  const terms = scope.sizes.range(to).map((place) =>
    evaluate(body, scope, new Map(indices).set(index, place))
  );
  if (terms.length === 0) return scalar(scope.field.constant(0));
  return {
    ...terms[0],
    data: terms[0].data.map((_, i) =>
      terms.map(({ data }) => data[i]).reduce(scope.field.add)
    ),
  };
}

/** The product of matrices, columns, rows and numbers, as their shapes say. */
function product<T>(field: Field<T>, a: Value<T>, b: Value<T>): Value<T> {
  if (a.shape.length === 0) return scale(field, a.data[0], b);
  if (b.shape.length === 0) return scale(field, b.data[0], a);
  const [m, n] = matrixShape(a);
  const [n2, p] = matrixShape(b);
  if (n !== n2) {
    throw new EvaluationError(`${m}×${n} times ${n2}×${p} has no product`);
  }
  const columns = transpose({ shape: [n, p], data: b.data }).data;
  const data = indexTuples([m, p]).map(([i, k]) =>
    dot(
      field,
      a.data.slice(i * n, (i + 1) * n),
      columns.slice(k * n, (k + 1) * n),
    )
  );
  if (a.row && !b.row && b.shape.length === 1) return scalar(data[0]);
  if (a.row) return { shape: [p], data, row: true };
  return b.shape.length === 1 && !b.row
    ? { shape: [m], data }
    : { shape: [m, p], data };
}

function matrixShape<T>({ shape, row }: Value<T>): Shape {
  if (shape.length === 1) return row ? [1, shape[0]] : [shape[0], 1];
  if (shape.length === 2) return shape;
  throw new EvaluationError(
    `a tensor of shape ${shape.join("×")} is not a matrix`,
  );
}

function transpose<T>(a: Value<T>): Value<T> {
  if (a.shape.length < 2) {
    return a.row || a.shape.length === 0
      ? { shape: a.shape, data: a.data }
      : { ...a, row: true };
  }
  const [m, n] = matrixShape(a);
  return {
    shape: [n, m],
    data: indexTuples([n, m]).map(([j, i]) => a.data[i * n + j]),
  };
}

function scale<T>(field: Field<T>, factor: T, a: Value<T>): Value<T> {
  return { ...a, data: a.data.map((x) => field.multiply(factor, x)) };
}

function dot<T>(field: Field<T>, a: readonly T[], b: readonly T[]): T {
  return a.length === 0
    ? field.constant(0)
    : a.map((x, i) => field.multiply(x, b[i])).reduce(field.add);
}

function sameShape<T>(what: string, a: Value<T>, b: Value<T>): void {
  if (a.shape.join() !== b.shape.join() || !a.row !== !b.row) {
    throw new EvaluationError(
      `${showShape(a)} and ${showShape(b)} cannot ${what}`,
    );
  }
}

function showShape<T>({ shape, row }: Value<T>): string {
  if (shape.length === 0) return "a number";
  return row ? `a row of ${shape[0]}` : shape.join("×");
}
