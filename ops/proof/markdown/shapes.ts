// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Infers the shapes of a page's symbols from how its formulas use them.
 *
 * An axis is a class of places that must have one size: where an index stands
 * alone, where matrices meet in a product, where tensors are added. Classes are
 * joined (union and find) until all formulas have been walked through. How many
 * axes a symbol has follows from its indices; one that has none anywhere is tried
 * as its letter suggests (matrices are capital), then otherwise.
 *
 * @module
 */

import type { Dim, Expr, Index, Statement } from "../language/expression.ts";

/** An axis: a class of places that have one size. */
type Axis = number;

interface Shaped {
  axes: readonly Axis[];
  row?: boolean;
}

/** Two shapes that do not fit. */
class Mismatch extends Error {}

/** What the shapes of a page's symbols are. */
export interface Shapes {
  /** The dimensions of each symbol. */
  of: ReadonlyMap<string, Dim[]>;
  /** The integer tensors in indices, and the sizes of the axes there. */
  integers: ReadonlyMap<string, Dim>;
  /** The names of the dimensions that have no size yet. */
  free: readonly string[];
  /** The indices that run over each of those, for messages. */
  runs: ReadonlyMap<string, readonly string[]>;
}

/** What a page says of its symbols before shapes are inferred. */
export interface Known {
  /** The shapes that the page states. */
  stated: ReadonlyMap<string, readonly Dim[]>;
  /** The symbols that need a shape. */
  symbols: readonly string[];
  /** The names that the page uses as dimensions. */
  dims: ReadonlySet<string>;
  /** The indices whose numbers have a name: N is the number of i in 1∕N Σᵢ. */
  counts: ReadonlyMap<string, string>;
  /** The equations that define symbols, and then all others. */
  forward: readonly Equation[];
  backward: readonly Equation[];
}

type Equation = Extract<Statement, { kind: "equation" }>;

/** Numbers of axes, how unlikely they are, and how many gradients do not fit them. */
interface Solution {
  ranks: ReadonlyMap<string, number>;
  cost: number;
  misfits: number;
  solver: Solver;
}

/** The shapes that fit all forward formulas, and the gradients where that leaves a choice. */
export function inferShapes(known: Known): Shapes | undefined {
  // A gradient may be wrong, so it counts only if no other formula decides.
  const counts = new Map<string, number>();
  for (const { sides } of known.forward) {
    for (const side of sides) countIndices(side, counts);
  }
  const said = new Set(
    known.forward.flatMap(({ sides }) => sides.flatMap(namesIn)),
  );
  const others = new Map<string, number>();
  for (const { sides } of known.backward) {
    for (const side of sides) countIndices(side, others);
  }
  for (const [name, count] of others) {
    if (!said.has(name)) counts.set(name, count);
  }
  // What is defined without indices has the shape of what it is.
  const follows = new Set(
    known.forward.flatMap(({ sides: [left] }) =>
      left.kind === "symbol" && !known.stated.has(left.name) &&
        !counts.has(left.name)
        ? [left.name]
        : []
    ),
  );
  const own = known.symbols.filter((s) => !follows.has(s));
  const open = own.filter((s) => !known.stated.has(s) && !counts.has(s));
  const hasMatrix = own.some((s) =>
    isCapital(s) && (counts.get(s) ?? known.stated.get(s)?.length ?? 2) >= 1
  );
  const solve = (ranksOf: RanksOf) => {
    let best: Solution | undefined;
    for (const [ranks, cost] of assignments(open, ranksOf)) {
      if (best !== undefined && cost > best.cost) break;
      const solver = new Solver(known, own, new Map([...counts, ...ranks]));
      if (!solver.define(known.forward)) continue;
      const misfits = solver.misfits(known.backward);
      if (best === undefined || misfits < best.misfits) {
        best = { ranks, cost, misfits, solver };
      }
    }
    return best;
  };
  let best = solve((name) => ranksFor(name, hasMatrix));
  // What is transposed is not a number, nor is the x of x W where W is transposed and
  // the gradient of x is none: if it is not a column either, vectors are rows.
  const turned = new Set<string>();
  const before = new Map<string, string>();
  for (const { sides } of [...known.forward, ...known.backward]) {
    walk(sides, (e) => {
      if (e.kind === "transpose" && e.of.kind === "symbol") {
        turned.add(e.of.name);
      }
      if (e.kind !== "product") return;
      e.factors.slice(1).forEach((right, i) => {
        const left = e.factors[i];
        if (left.kind === "symbol" && right.kind === "symbol") {
          before.set(left.name, right.name);
        }
      });
    });
  }
  const isNoColumn = (name: string) =>
    !isCapital(name) && best?.ranks.get(name) !== 1;
  const areNoColumns = () => open.some((s) => turned.has(s) && isNoColumn(s));
  if (areNoColumns()) {
    best = solve((name) => {
      return !isCapital(name) && turned.has(name)
        ? [[1, 0], [2, 1]]
        : ranksFor(name, true);
    }) ?? best;
  }
  const areRows = areNoColumns();
  if (
    areRows || open.some((s) => turned.has(before.get(s)!) && isNoColumn(s))
  ) {
    const rows = solve((name) => ranksOfRow(name, turned.has(name), hasMatrix));
    const fitsBetter = rows !== undefined &&
      (best === undefined || rows.misfits < best.misfits);
    if (areRows || fitsBetter) best = rows ?? best;
  }
  if (best === undefined) return undefined;
  for (const equation of known.backward) {
    const names = equation.sides.flatMap(namesIn).filter((name) =>
      known.symbols.includes(name)
    );
    if (names.some((name) => !said.has(name))) best.solver.fits(equation);
  }
  return best.solver.shapes();
}

/** How many indices each symbol has at most. */
function countIndices(expr: Expr, counts: Map<string, number>): void {
  const see = (of: Expr, count: number) => {
    if (of.kind !== "symbol") return;
    counts.set(of.name, Math.max(count, counts.get(of.name) ?? 0));
  };
  walk(expr, (e) => {
    if (e.kind === "element") see(e.of, e.indices.length);
  });
}

function walk(expr: unknown, seen: (expr: Expr) => void): void {
  if (expr === null || typeof expr !== "object") return;
  if (Array.isArray(expr)) return expr.forEach((e) => walk(e, seen));
  if ("kind" in expr) seen(expr as Expr);
  for (const part of Object.values(expr)) walk(part, seen);
}

function isCapital(name: string): boolean {
  return /^(\\(hat|bar|tilde|overline|dot|vec|math\w+|boldsymbol)\{)*([A-Z]|\\(Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega)\b)/
    .test(name);
}

function isLatin(name: string): boolean {
  return /^(\\\w+\{)*[a-z]/.test(name);
}

/** The numbers of axes that a symbol is tried with, and how unlikely each is. */
type RanksOf = (name: string) => (readonly [rank: number, cost: number])[];

function ranksFor(name: string, hasMatrix: boolean): ReturnType<RanksOf> {
  if (isCapital(name)) return [[2, 0], [1, 1], [0, 2]];
  const isBold = /\\(mathbf|boldsymbol|vec)\b/.test(name);
  if (isBold) return [[1, 0], [0, 1], [2, 2]];
  return isLatin(name) && hasMatrix
    ? [[1, 0], [0, 0], [2, 2]]
    : [[0, 0], [1, 1], [2, 2]];
}

/** The same where vectors are rows, which are matrices of any number of rows. */
function ranksOfRow(
  name: string,
  isTurned: boolean,
  hasMatrix: boolean,
): ReturnType<RanksOf> {
  if (isCapital(name)) return ranksFor(name, hasMatrix);
  if (isTurned) return [[2, 0], [1, 1]];
  return isLatin(name) ? [[2, 0], [0, 0], [1, 1]] : ranksFor(name, hasMatrix);
}

/** At most this many ways to choose the numbers of axes are tried. */
const MOST = 2000;

/** Every choice of the numbers of axes, the likeliest first. */
function assignments(
  symbols: readonly string[],
  ranksOf: RanksOf,
): [Map<string, number>, cost: number][] {
  let found: [Map<string, number>, number][] = [[new Map(), 0]];
  for (const symbol of symbols) {
    found = found.flatMap(([ranks, cost]) =>
      ranksOf(symbol).map((
        [rank, more],
      ): [Map<string, number>, number] => [
        new Map(ranks).set(symbol, rank),
        cost + more,
      ])
    ).sort((a, b) => a[1] - b[1]).slice(0, MOST);
  }
  return found;
}

function namesIn(expr: Expr): string[] {
  const found: string[] = [];
  walk(expr, (e) => {
    if (e.kind === "symbol") found.push(e.name);
  });
  return found;
}

/** Joins axes until every formula has been seen. */
class Solver {
  readonly #known: Known;
  #parents: Axis[] = [];
  /** What is known of the size of a class. */
  #sizes = new Map<Axis, Dim>();
  readonly #symbols = new Map<string, Shaped>();
  #named = new Map<string, Axis>();
  /** The axes where integer tensors are used as indices. */
  readonly #integers = new Map<string, Axis>();
  /** Axes where an index is computed: x_{i+a−1}. */
  readonly #computed: [Axis, Index, ReadonlyMap<string, Axis>][] = [];
  #runs = new Map<Axis, ReadonlySet<string>>();
  /** The 1 of a column n×1. */
  readonly #one: Axis;

  constructor(
    known: Known,
    symbols: readonly string[],
    ranks: ReadonlyMap<string, number>,
  ) {
    this.#known = known;
    this.#one = this.#axis(1);
    for (const name of symbols) {
      const stated = known.stated.get(name);
      this.#symbols.set(name, {
        axes: stated?.map((dim) => this.#dimension(dim)) ??
          Array.from({ length: ranks.get(name) ?? 0 }, () => this.#axis()),
      });
    }
  }

  #axis(size?: Dim): Axis {
    this.#parents.push(this.#parents.length);
    const axis = this.#parents.length - 1;
    if (size !== undefined) this.#sizes.set(axis, size);
    return axis;
  }

  /** The axis of a dimension; the same one for the same name. */
  #dimension(dim: Dim): Axis {
    const key = JSON.stringify(dim);
    let axis = this.#named.get(key);
    if (axis === undefined) {
      this.#named.set(key, axis = dim === 1 ? this.#one : this.#axis(dim));
    }
    return axis;
  }

  #root(axis: Axis): Axis {
    while (this.#parents[axis] !== axis) axis = this.#parents[axis];
    return axis;
  }

  #join(a: Axis, b: Axis): void {
    [a, b] = [this.#root(a), this.#root(b)];
    if (a === b) return;
    const [m, n] = [this.#sizes.get(a), this.#sizes.get(b)];
    if (m !== undefined && n !== undefined) {
      throw new Mismatch(`${JSON.stringify(m)} is not ${JSON.stringify(n)}`);
    }
    // A column has 1; if anything else has 1, the page must say so.
    if (a === this.#root(this.#one) || b === this.#root(this.#one)) {
      throw new Mismatch("a size of 1");
    }
    this.#parents[a] = b;
    if (m !== undefined) this.#sizes.set(b, m);
    const runs = this.#runs.get(a);
    if (runs !== undefined) {
      this.#runs.set(b, new Set([...this.#runs.get(b) ?? [], ...runs]));
    }
  }

  /** Gives each definition its shape; returns whether all shapes fit. */
  define(forward: readonly Equation[]): boolean {
    let waiting = [...forward];
    while (waiting.length > 0) {
      const later = waiting.filter(({ sides: [, right] }) =>
        namesIn(right).some((name) =>
          !this.#symbols.has(name) && this.#known.symbols.includes(name)
        )
      );
      // Definitions that depend on each other are taken as they are.
      const now = later.length < waiting.length
        ? waiting.filter((e) => !later.includes(e))
        : later;
      for (const equation of now) if (!this.fits(equation)) return false;
      waiting = now === later ? [] : later;
    }
    return true;
  }

  /** How many equations do not go together with what is known; learns nothing. */
  misfits(equations: readonly Equation[]): number {
    return equations.filter((equation) => {
      const [parents, sizes, named] = [this.#parents, this.#sizes, this.#named];
      const [runs, computed] = [this.#runs, this.#computed.length];
      this.#runs = new Map(runs);
      this.#parents = [...parents];
      this.#sizes = new Map(sizes);
      this.#named = new Map(named);
      const fits = this.fits(equation);
      [this.#parents, this.#sizes, this.#named] = [parents, sizes, named];
      this.#runs = runs;
      this.#computed.length = computed;
      return !fits;
    }).length;
  }

  /** Whether the sides of an equation go together; joins what must be one. */
  fits({ sides }: Equation): boolean {
    try {
      const indices = new Map<string, Axis>();
      const [left] = sides;
      const shapes = sides.map((side) =>
        side === left && left.kind === "symbol" && !this.#symbols.has(left.name)
          ? undefined
          : this.#shape(side, indices)
      );
      const [first, second] = shapes;
      if (left.kind === "symbol" && !this.#symbols.has(left.name)) {
        this.#symbols.set(left.name, second ?? { axes: [] });
        return true;
      }
      for (const shape of shapes.slice(1)) {
        if (!shape || !first) continue;
        if (shape.axes.length !== first.axes.length) {
          throw new Mismatch("another number of axes");
        }
        this.#same(first, shape);
      }
      return true;
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      return false;
    }
  }

  /** Element by element, or a number with every element. */
  #same(a: Shaped, b: Shaped): Shaped {
    if (a.axes.length === 0) return b;
    if (b.axes.length === 0) return a;
    if (a.axes.length !== b.axes.length || !a.row !== !b.row) {
      throw new Mismatch(`${a.axes.length} axes and ${b.axes.length}`);
    }
    a.axes.forEach((axis, i) => this.#join(axis, b.axes[i]));
    return a;
  }

  #all(
    parts: readonly Expr[],
    indices: Map<string, Axis>,
  ): Shaped | undefined {
    let all: Shaped | undefined = { axes: [] };
    for (const part of parts) {
      const shape = this.#shape(part, indices);
      all = all && shape && this.#same(all, shape);
    }
    return all;
  }

  /** The shape of an expression; undefined if it cannot be told. */
  #shape(expr: Expr, indices: Map<string, Axis>): Shaped | undefined {
    const of = (e: Expr) => this.#shape(e, indices);
    switch (expr.kind) {
      case "symbol":
        return indices.has(expr.name)
          ? { axes: [] }
          : this.#symbols.get(expr.name) ?? { axes: [] };
      case "element": {
        const shape = of(expr.of);
        expr.indices.forEach((index, k) => {
          const axis = shape?.axes[k] ?? this.#axis();
          if (shape !== undefined && shape.axes.length <= k) {
            throw new Mismatch("more indices than axes");
          }
          this.#stands(index, axis, indices);
        });
        return shape && { axes: shape.axes.slice(expr.indices.length) };
      }
      case "partial": {
        const [above, below] = [of(expr.of), of(expr.by)];
        return above && below &&
          { axes: [...above.axes, ...below.axes] };
      }
      case "add":
        return this.#all(expr.terms, indices);
      case "hadamard":
        return this.#all([expr.left, expr.right], indices);
      case "fraction":
        return this.#all([expr.above, expr.below], indices);
      case "power":
        return this.#all([expr.base, expr.exponent], indices);
      case "negative":
        return of(expr.of);
      case "call":
        if (expr.name === "diag") {
          const shape = of(expr.of[0]);
          return shape && { axes: [...shape.axes, ...shape.axes] };
        }
        if (expr.name === "tr") {
          of(expr.of[0]);
          return { axes: [] };
        }
        return this.#all(expr.of, indices);
      case "product": {
        let left: Shaped | undefined = { axes: [] };
        for (const factor of expr.factors) {
          const right: Shaped | undefined = of(factor);
          left = left && right && this.#product(left, right);
        }
        return left;
      }
      case "transpose": {
        const shape = of(expr.of);
        if (shape === undefined || shape.axes.length === 0) return shape;
        if (shape.axes.length > 2) throw new Mismatch("no matrix");
        return shape.axes.length === 1
          ? { axes: shape.axes, row: !shape.row }
          : { axes: shape.axes.toReversed() };
      }
      case "reduce": {
        const inner = new Map(indices);
        for (const name of expr.indices) {
          const axis = this.#axis();
          inner.set(name, axis);
          this.#note(axis, name);
          const count = this.#known.counts.get(name);
          if (count !== undefined) this.#join(axis, this.#dimension(count));
          if (
            typeof expr.to === "string" && expr.from === 1 &&
            !indices.has(expr.to)
          ) {
            this.#join(axis, this.#dimension(expr.to));
          }
        }
        if (expr.where !== undefined) this.#shape(expr.where, inner);
        const shape = this.#shape(expr.body, inner);
        for (const [name, axis] of inner) {
          if (!expr.indices.includes(name)) indices.set(name, axis);
        }
        return shape;
      }
      case "cases":
        for (const { condition } of expr.branches) {
          if (condition !== undefined) of(condition);
        }
        return this.#all(expr.branches.map(({ value }) => value), indices);
      case "inner":
        this.#all([expr.left, expr.right], indices);
        return { axes: [] };
      case "iverson":
        of(expr.condition);
        return { axes: [] };
      case "compare":
        expr.sides.forEach(of);
        return { axes: [] };
      case "logic":
        expr.conditions.forEach(of);
        return { axes: [] };
      case "norm":
      case "at":
        of(expr.of);
        return expr.kind === "at" ? undefined : { axes: [] };
      case "ones":
        return { axes: expr.shape.map((dim) => this.#dimension(dim)) };
      case "number":
      case "delta":
        return { axes: [] };
    }
  }

  /** Columns, rows and matrices, as the prover multiplies them. */
  #product(a: Shaped, b: Shaped): Shaped {
    if (a.axes.length === 0) return b;
    if (b.axes.length === 0) return a;
    const matrix = ({ axes, row }: Shaped): readonly Axis[] => {
      if (axes.length > 2) throw new Mismatch("no matrix");
      if (axes.length === 2) return axes;
      return row ? [this.#one, axes[0]] : [axes[0], this.#one];
    };
    const [m, n] = matrix(a);
    const [n2, p] = matrix(b);
    this.#join(n, n2);
    if (a.row && !b.row && b.axes.length === 1) return { axes: [] };
    if (a.row) return { axes: [p], row: true };
    return b.axes.length === 1 && !b.row ? { axes: [m] } : { axes: [m, p] };
  }

  /** An index is at an axis. */
  #stands(index: Index, axis: Axis, indices: Map<string, Axis>): void {
    if (typeof index === "number") return;
    if (typeof index === "string") {
      if (this.#known.dims.has(index) && !indices.has(index)) return;
      let of = indices.get(index);
      if (of === undefined) indices.set(index, of = this.#axis());
      this.#note(of, index);
      // Two axes of stated sizes may share an index where conditions say so.
      if (!this.#isStated(of) || !this.#isStated(axis)) this.#join(of, axis);
      return;
    }
    if (index.kind === "data") {
      this.#shape(index.of, indices);
      const name = index.of.kind === "element" ? index.of.of : index.of;
      if (name.kind === "symbol") this.#integers.set(name.name, axis);
      return;
    }
    this.#computed.push([axis, index, indices]);
  }

  #isStated(axis: Axis): boolean {
    return this.#sizes.has(this.#root(axis));
  }

  #note(axis: Axis, index: string): void {
    const root = this.#root(axis);
    this.#runs.set(root, new Set([...this.#runs.get(root) ?? [], index]));
  }

  /** The result; classes without a size get a name. */
  shapes(): Shapes {
    const free: string[] = [];
    const runs = new Map<string, readonly string[]>();
    for (const [axis, index, indices] of this.#computed) {
      const root = this.#root(axis);
      // The largest value that x_{i+a−1} is asked at.
      const size = this.#sizes.has(root) || this.#runs.has(root)
        ? undefined
        : this.#largest(index, indices, free, runs);
      if (size !== undefined) this.#sizes.set(root, size);
    }
    const of = new Map([...this.#symbols].map(([name, { axes }]) => [
      name,
      axes.map((axis) => this.#dim(axis, free, runs)),
    ]));
    const integers = new Map(
      [...this.#integers].map(([name, axis]) => [
        name,
        this.#dim(axis, free, runs),
      ]),
    );
    return { of, integers, free, runs };
  }

  #dim(axis: Axis, free: string[], runs: Map<string, readonly string[]>): Dim {
    const root = this.#root(axis);
    let size = this.#sizes.get(root);
    if (size === undefined) {
      // No name of a page begins so, so that it is none of its indices.
      size = `#${free.length + 1}`;
      this.#sizes.set(root, size);
      free.push(size);
      runs.set(size, [...this.#runs.get(root) ?? []]);
    }
    return size;
  }

  #largest(
    index: Index,
    indices: ReadonlyMap<string, Axis>,
    free: string[],
    runs: Map<string, readonly string[]>,
  ): Dim | undefined {
    if (typeof index === "number") return index;
    if (typeof index === "string") {
      const axis = indices.get(index);
      return axis === undefined ? index : this.#dim(axis, free, runs);
    }
    if (
      index.kind !== "add" && index.kind !== "subtract" &&
      index.kind !== "multiply"
    ) {
      return undefined;
    }
    const left = this.#largest(index.left, indices, free, runs);
    const isIndex = typeof index.right === "string" && indices.has(index.right);
    const right = index.kind === "subtract" && isIndex
      ? 1
      : this.#largest(index.right, indices, free, runs);
    return left === undefined || right === undefined
      ? undefined
      : { kind: index.kind, left, right };
  }
}
