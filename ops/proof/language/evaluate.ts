// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Evaluates a formula over any kind of number.
 *
 * The same walk serves floating point, 64 digits, algebra, error bounds and
 * derivatives: they differ only in the field.
 *
 * What depends on the same names is computed once for the same values of these: a
 * scope must not change the meaning of its symbols.
 *
 * @module
 */

import {
  type Dim,
  EvaluationError,
  type Expr,
  type Field,
  type Index,
  type Indices,
  type Scope,
  type Value,
} from "./expression.ts";
import { indexValue } from "./indices.ts";
import type { Evaluation, Kind } from "./kind.ts";
import { KINDS } from "./table.ts";
import { entryOf, freeIndicesOf, namesOf, partsOf } from "./walk.ts";

/** The value of a formula, given those of its symbols and free indices. */
export function evaluate<T>(
  expr: Expr,
  scope: Scope<T>,
  indices: Indices = new Map(),
): Value<T> {
  return new Evaluator(scope, new Map(indices)).value(expr);
}

/** The value of an index, given those of the indices in it. */
export function evaluateIndex<T>(
  index: Index,
  scope: Scope<T>,
  indices: Indices,
): number {
  return new Evaluator(scope, new Map(indices)).index(index);
}

/** What must be known about a node whenever it is evaluated. */
interface Plan {
  kind: Kind<never>;
  /** The same for nodes that are written equally. */
  id: number;
  /** The names that it depends on. */
  names: readonly string[];
  /** Whether it may be worth remembering. */
  isLong: boolean;
}

const plans = new WeakMap<Expr, Plan>();
const ids = new Map<string, number>();

function planOf(expr: Expr): Plan {
  let plan = plans.get(expr);
  if (plan === undefined) {
    const key = JSON.stringify(expr);
    const id = ids.get(key) ?? ids.size;
    ids.set(key, id);
    plan = {
      kind: entryOf(expr, KINDS) as unknown as Kind<never>,
      id,
      names: [...namesOf(expr, KINDS)],
      isLong: LONG.has(expr.kind),
    };
    plans.set(expr, plan);
  }
  return plan;
}

/** What may take a long time. */
const LONG = new Set<Expr["kind"]>([
  "reduce",
  "call",
  "product",
  "power",
  "fraction",
  "cases",
  "norm",
]);

/** What is known of nodes in one scope, by their plans' `id`. */
interface Memory {
  /** Their values, by those of the indices that they depend on. */
  values: Map<number, Map<number | string, unknown>>;
  /** What an index runs over. */
  ranges: Map<number, Map<string, Dim | undefined>>;
}

/** What scopes remember. */
const memories = new WeakMap<object, Memory>();

class Evaluator<T> implements Evaluation<T> {
  readonly scope: Scope<T>;
  readonly field: Field<T>;
  readonly indices: Map<string, number>;
  readonly #memory: Memory;

  constructor(scope: Scope<T>, indices: Map<string, number>) {
    this.scope = scope;
    this.field = scope.field;
    this.indices = indices;
    let memory = memories.get(scope);
    if (memory === undefined) {
      memories.set(scope, memory = { values: new Map(), ranges: new Map() });
    }
    this.#memory = memory;
  }

  value(expr: Expr): Value<T> {
    const { kind, id, names, isLong } = planOf(expr);
    if (!isLong) return kind.value(expr as never, this);
    const { indices } = this;
    // The numbers of up to three indices make one key.
    let key: number | string = 0;
    let count = 0;
    for (const name of names) {
      const index = indices.get(name);
      if (index === undefined) continue;
      count++;
      key = typeof key === "number" && count <= 3 && index >= 0 && index < 65536
        ? key * 65536 + index
        : `${key},${index}`;
    }
    // What depends on every index is not asked for again, unless it takes a long
    // time.
    if (count === indices.size && count > 0 && expr.kind !== "reduce") {
      return kind.value(expr as never, this);
    }
    const { values } = this.#memory;
    let known = values.get(id);
    if (known === undefined) values.set(id, known = new Map());
    let value = known.get(key) as Value<T> | undefined;
    if (value === undefined) {
      value = kind.value(expr as never, this) as Value<T>;
      known.set(key, value);
    }
    return value;
  }

  number(expr: Expr, what: string): T {
    const { shape, data } = this.value(expr);
    if (shape.length === 0) return data[0];
    throw new EvaluationError(what);
  }

  holds(condition: Expr): boolean {
    const { field } = this;
    const held = this.number(
      condition,
      "a condition here must be one of numbers",
    );
    return field.compare(held, field.constant(0)) !== 0;
  }

  index = (index: Index): number =>
    indexValue(index, this.#name, (of) => {
      const at = this.field.toInteger(
        this.number(of, "an index must be a number"),
      );
      if (Number.isInteger(at)) return at;
      throw new EvaluationError("an index that is data must be a whole number");
    });

  #name = (name: string): number => {
    const at = this.indices.get(name);
    if (at !== undefined) return at;
    const { sizes } = this.scope;
    if (sizes.has(name)) return sizes.of(name);
    throw new EvaluationError(`nothing says what the index ${name} is`);
  };

  bound<R>(name: string, at: number, run: () => R): R {
    const before = this.indices.get(name);
    this.indices.set(name, at);
    try {
      return run();
    } finally {
      if (before === undefined) this.indices.delete(name);
      else this.indices.set(name, before);
    }
  }

  range(index: string, within: readonly Expr[]): number {
    for (const expr of within) {
      const { ranges } = this.#memory;
      const { id } = planOf(expr);
      let known = ranges.get(id);
      if (known === undefined) ranges.set(id, known = new Map());
      let range = known.get(index);
      if (range === undefined && !known.has(index)) {
        range = rangeIn(index, expr, this.scope);
        known.set(index, range);
      }
      if (range !== undefined) return this.index(range);
    }
    throw new EvaluationError(
      `nothing says what the index ${index} runs over: write its range, \\sum_{${index}=1}^{n}`,
    );
  }

  within(scope: Scope<T>, keepIndices = false): Evaluation<T> {
    return new Evaluator(scope, keepIndices ? this.indices : new Map());
  }
}

/** The dimension that an index runs over: that of an axis that has it alone. */
export function rangeIn(
  index: string,
  expr: Expr,
  scope: Pick<Scope<unknown>, "axes">,
): Dim | undefined {
  if (expr.kind === "element") {
    const found = rangeAt(index, expr.indices, axesOf(expr.of, scope));
    if (found !== undefined) return found;
  }
  if (entryOf(expr, KINDS).binds(expr as never).includes(index)) {
    return undefined;
  }
  for (const part of partsOf(expr, KINDS)) {
    const found = rangeIn(index, part, scope);
    if (found !== undefined) return found;
  }
  return undefined;
}

function rangeAt(
  index: string,
  indices: readonly Index[],
  axes: readonly Dim[],
): Dim | undefined {
  const axis = indices.indexOf(index);
  return axis < 0 ? undefined : axes[axis];
}

/** The dimensions of what indices are applied to, as far as symbols say them. */
export function axesOf(
  of: Expr,
  scope: Pick<Scope<unknown>, "axes">,
): readonly Dim[] {
  switch (of.kind) {
    case "symbol":
      return scope.axes(of.name);
    case "transpose":
      return axesOf(of.of, scope).toReversed();
    case "partial":
      return [...axesOf(of.of, scope), ...axesOf(of.by, scope)];
    case "element":
      return axesOf(of.of, scope).slice(of.indices.length);
    case "negative":
      return axesOf(of.of, scope);
    case "add":
      return axesOfFirst(of.terms, scope);
    case "hadamard":
      return axesOfFirst([of.left, of.right], scope);
    case "fraction":
      return axesOf(of.above, scope);
    case "reduce":
      return axesOf(of.body, scope);
    case "product": {
      const axes = of.factors.map((f) => axesOf(f, scope)).filter((a) =>
        a.length > 0
      );
      if (axes.length === 0) return [];
      const [first, last] = [axes[0], axes.at(-1)!];
      return axes.length === 1
        ? first
        : [...first.slice(0, 1), ...last.slice(1)];
    }
    case "call":
      return axesOfFirst(of.of, scope);
    case "ones":
      return of.shape;
    default:
      return [];
  }
}

/** Those of the first operand that is not a number: of X in 1 − X. */
function axesOfFirst(
  all: readonly Expr[],
  scope: Pick<Scope<unknown>, "axes">,
): readonly Dim[] {
  return all.map((of) => axesOf(of, scope)).find((axes) => axes.length > 0) ??
    [];
}

/** The indices that a formula leaves open, in the order in which they occur. */
export function freeIndices(
  expr: Expr,
  sizes?: { has(name: string): boolean },
): string[] {
  return [...freeIndicesOf(expr, KINDS)].filter((name) => !sizes?.has(name));
}

/**
 * The range of each free index, from 1, by the axis that it alone indexes.
 */
export function indexRanges<T>(
  expr: Expr,
  scope: Scope<T>,
): Map<string, number> {
  const ranges = new Map<string, number>();
  for (const index of freeIndices(expr, scope.sizes)) {
    const range = rangeIn(index, expr, scope);
    if (range !== undefined) {
      ranges.set(index, new Evaluator(scope, new Map()).index(range));
    }
  }
  return ranges;
}

/**
 * Calls `seen` for a formula and its parts, with the indices that are bound
 * there; where it answers `false`, the parts are left out.
 */
export function visit(
  expr: Expr,
  seen: (expr: Expr, bound: ReadonlySet<string>) => boolean | void,
  bound: ReadonlySet<string> = new Set(),
): void {
  const binds = entryOf(expr, KINDS).binds(expr as never);
  const inner = binds.length > 0 ? new Set([...bound, ...binds]) : bound;
  // The bounds of a sum are outside the sum.
  if (seen(expr, bound) === false) return;
  for (const part of partsOf(expr, KINDS)) visit(part, seen, inner);
}
