// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Derives gradients in the letters of the page: from ∂E∕∂y to the inputs, one
 * formula for each thing that the page defines on the way.
 *
 * If X occurs in y = … with indices, ∂E∕∂X is the sum, over all places where it
 * occurs and all indices that are not its own, of ∂E∕∂y times the slope there. A
 * formula that is unknown here has no derivation; a derivation is compared with
 * calculus before it is shown.
 *
 * @module
 */

import type { Equation } from "../equations.ts";
import { indicesOf, keyOf } from "../equations.ts";
import type { Expr, ExprOf, Index } from "../language/expression.ts";
import { indexNames } from "../language/indices.ts";
import { KINDS } from "../language/table.ts";
import { entryOf, freeIndicesOf } from "../language/walk.ts";
import type { Reading } from "./read.ts";

/** A gradient and what it is, both in the page's letters. */
export type Step = readonly [left: Expr, right: Expr];

/** A place at which a symbol occurs, and how what contains it grows with it. */
interface Place {
  /** Its indices there. */
  at: readonly Index[];
  /** The sums that it is in. */
  sums: readonly ExprOf<"reduce">[];
  slope: Slope;
}

/** A product and what it is divided by. */
interface Slope {
  negative: boolean;
  above: readonly Expr[];
  below: readonly Expr[];
}

/** What the derivation does not know. */
class Unknown extends Error {}

/** The formulas that lead to the left side of an equation; the last is its own. */
export function derive(
  reading: Reading,
  { sides: [left] }: Equation,
): Step[] | undefined {
  const [, of, by] = /^∂(.*)\/∂(.*)$/.exec(keyOf(left) ?? "") ?? [];
  if (by === undefined) return undefined;
  try {
    return new Derivation(reading, of).steps(by, indicesOf(left));
  } catch (error) {
    if (error instanceof Unknown) return undefined;
    throw error;
  }
}

class Derivation {
  readonly #reading: Reading;
  /** What is differentiated: E, or a number that the page defines. */
  readonly #of: string;
  readonly #ends: ReadonlySet<string>;

  constructor(reading: Reading, of: string) {
    this.#reading = reading;
    this.#of = of;
    this.#ends = new Set(
      of === "E" ? reading.page.outputs.map(({ symbol }) => symbol) : [of],
    );
    if (of !== "E" && this.#rank(of) > 0) throw new Unknown();
  }

  steps(by: string, indices: readonly Index[]): Step[] {
    const steps: Step[] = [];
    // What depends on it and leads to the end, without the ends.
    const seen = new Set<string>();
    const visit = (name: string) => {
      if (seen.has(name) || (this.#ends.has(name) && name !== by)) return;
      seen.add(name);
      const users = this.#users(name).filter((user) => this.#leads(user));
      for (const user of users) visit(user);
      steps.push(this.#step(name, users, name === by ? indices : []));
    };
    visit(by);
    return steps;
  }

  #rank(name: string): number {
    return this.#reading.shapes.of.get(name)?.length ?? 0;
  }

  #definition(name: string) {
    const { definitions } = this.#reading;
    return definitions.has(name) ? definitions.of(name) : undefined;
  }

  /** What the page computes from it directly. */
  #users(name: string): string[] {
    const { definitions, page } = this.#reading;
    const all = [
      ...definitions.symbols,
      ...page.outputs.map(({ symbol }) => symbol),
    ];
    return [...new Set(all)].filter((user) => {
      const side = this.#definition(user)?.side;
      return side !== undefined && user !== name && speaksOf(side, name);
    });
  }

  #leads(name: string): boolean {
    return this.#ends.has(name) ||
      this.#users(name).some((user) => this.#leads(user));
  }

  #step(by: string, users: readonly string[], asked: readonly Index[]): Step {
    const letters = this.#letters();
    const isAsked = asked.length === this.#rank(by) &&
      asked.every((index) => typeof index === "string") &&
      new Set(asked).size === asked.length;
    const own = isAsked
      ? asked as string[]
      : this.#definition(by)?.indices.length === this.#rank(by)
      ? this.#definition(by)!.indices
      : Array.from({ length: this.#rank(by) }, () => letters.next());
    letters.taken(own);
    const terms = users.flatMap((user) => this.#terms(user, by, own));
    if (terms.length === 0) throw new Unknown();
    return [
      partial(this.#of, element(by, own)),
      terms.length === 1 ? terms[0] : { kind: "add", terms },
    ];
  }

  /** A term for each place at which a symbol occurs in what is computed from it. */
  #terms(user: string, by: string, own: readonly string[]): Expr[] {
    const letters = this.#letters();
    letters.taken(own);
    const { side, indices } = this.#definition(user)!;
    const rank = this.#rank(user);
    const names = Array.from({ length: rank }, () => letters.next());
    // The indices of both get names of their own, so that none is taken twice.
    const body = indices.length === rank
      ? renamed(side, new Map(indices.map((index, i) => [index, names[i]])))
      : indices.length === 0
      ? this.#elementOf(side, names, letters)
      : unknown();
    const ready = this.#plain(fresh(body, letters));
    return this.#places(ready, by).map(({ at, sums, slope }) => {
      const to = new Map<string, string>();
      for (const [axis, index] of at.entries()) {
        if (typeof index !== "string" || to.has(index)) throw new Unknown();
        to.set(index, own[axis]);
      }
      const rest = names.filter((name) => !to.has(name));
      // The letters of the page that are free again.
      const back = new Map(to);
      const used = new Set(own);
      const wanted = new Map(indices.map((index, i) => [names[i], index]));
      for (const name of [...rest, ...sums.flatMap((sum) => sum.indices)]) {
        if (to.has(name)) continue;
        const letter = [wanted.get(name), ...this.#letters().all].find((l) =>
          l !== undefined && !used.has(l)
        )!;
        used.add(letter);
        back.set(name, letter);
      }
      const rename = (expr: Expr) => tidied(renamed(expr, back), used, letters);
      const { negative, above, below } = reduced(slope);
      const gain = user === this.#of
        ? []
        : [partial(this.#of, element(user, names))];
      const top = product(above.map(rename));
      const inside = product([
        ...gain.map(rename),
        below.length === 0
          ? top
          : { kind: "fraction", above: top, below: product(below.map(rename)) },
      ]);
      const summed = [...sums].reverse().reduce<Expr>(
        (body, sum) => {
          const left = sum.indices.filter((index) => !to.has(index));
          const renameIndex = (index: string) => back.get(index) ?? index;
          if (left.length === 0) return body;
          const { from, to: end, where } = sum;
          return {
            kind: "reduce",
            operation: "sum",
            indices: left.map(renameIndex),
            ...from !== undefined ? { from } : {},
            ...end !== undefined ? { to: end } : {},
            ...where !== undefined ? { where: rename(where) } : {},
            body,
          };
        },
        inside,
      );
      // A sum whose indices are all given leaves its condition to the one around it.
      const conditions = sums.flatMap(({ indices, where }) =>
        where !== undefined && indices.every((index) => to.has(index))
          ? rename(where)
          : []
      );
      if (conditions.length > Math.min(rest.length, 1)) throw new Unknown();
      const all: Expr = rest.length === 0 ? summed : {
        kind: "reduce",
        operation: "sum",
        indices: rest.map((name) => back.get(name)!),
        ...conditions.length > 0 ? { where: conditions[0] } : {},
        body: summed,
      };
      return negative ? { kind: "negative", of: all } : all;
    });
  }

  /** An element of a formula of whole tensors. */
  #elementOf(
    expr: Expr,
    indices: readonly string[],
    letters: Letters,
  ): Expr {
    const of = (part: Expr) => this.#elementOf(part, indices, letters);
    const rank = this.#rankOf(expr);
    if (rank === 0 && indices.length === 0) return expr;
    // What has fewer axes is aligned at the last ones.
    const at = indices.slice(indices.length - rank);
    switch (expr.kind) {
      case "symbol":
        return element(expr.name, at);
      case "transpose":
        if (rank !== 2) throw new Unknown();
        return this.#elementOf(expr.of, at.toReversed(), letters);
      case "add":
        return { ...expr, terms: expr.terms.map(of) };
      case "negative":
      case "call":
      case "hadamard":
      case "fraction": {
        const kind = entryOf(expr, KINDS);
        return kind.with(expr as never, kind.parts(expr as never).map(of));
      }
      case "product": {
        const tensors = expr.factors.filter((f) => this.#rankOf(f) > 0);
        const numbers = expr.factors.filter((f) => this.#rankOf(f) === 0);
        const sums: string[] = [];
        let before: string | undefined;
        const factors = tensors.map((factor, i) => {
          const ranks = this.#rankOf(factor);
          const isLast = i === tensors.length - 1;
          const row = before ?? (ranks === 2 || isLast ? at[0] : undefined);
          if (row === undefined) throw new Unknown();
          if (ranks === 1) {
            if (!isLast) throw new Unknown();
            return this.#elementOf(factor, [row], letters);
          }
          const column = isLast ? at.at(-1)! : letters.next();
          if (!isLast) sums.push(column);
          before = column;
          return this.#elementOf(factor, [row, column], letters);
        });
        return sums.reduceRight<Expr>(
          (body, index) => ({
            kind: "reduce",
            operation: "sum",
            indices: [index],
            body,
          }),
          product([...numbers, ...factors]),
        );
      }
      default:
        if (rank > 0) throw new Unknown();
        return expr;
    }
  }

  #rankOf(expr: Expr): number {
    return KINDS[expr.kind].rank(expr as never, {
      symbol: (name) => this.#rank(name),
      of: (part) => this.#rankOf(part),
    });
  }

  /** The page's own functions, as what they are. */
  #plain(expr: Expr): Expr {
    const kind = entryOf(expr, KINDS);
    const parts = kind.parts(expr as never).map((part) => this.#plain(part));
    const own = expr.kind === "call"
      ? this.#reading.definitions.functions.get(expr.name)
      : undefined;
    if (own === undefined) return kind.with(expr as never, parts);
    return replaced(
      own.body,
      new Map(own.parameters.map((name, i) => [name, parts[i]])),
    );
  }

  /** Where a symbol occurs, and the slope at each place. */
  #places(expr: Expr, by: string): Place[] {
    const of = (part: Expr) => this.#places(part, by);
    const times = (
      part: Expr,
      above: readonly Expr[],
      below: readonly Expr[] = [],
      minus = false,
    ) =>
      of(part).map((place): Place => ({
        ...place,
        slope: {
          negative: place.slope.negative !== minus,
          above: [...above, ...place.slope.above],
          below: [...below, ...place.slope.below],
        },
      }));
    if (!speaksOf(expr, by)) return [];
    const here = (at: readonly Index[]): Place[] => [{
      at,
      sums: [],
      slope: { negative: false, above: [], below: [] },
    }];
    switch (expr.kind) {
      case "symbol":
        return this.#rank(by) === 0 ? here([]) : unknown();
      case "element":
        if (expr.of.kind !== "symbol" || expr.of.name !== by) {
          throw new Unknown();
        }
        return expr.indices.length === this.#rank(by)
          ? here(expr.indices)
          : unknown();
      case "add":
        return expr.terms.flatMap(of);
      case "negative":
        return times(expr.of, [], [], true);
      case "hadamard":
        return expr.divide ? this.#quotient(expr.left, expr.right, times) : [
          ...times(expr.left, [expr.right]),
          ...times(expr.right, [expr.left]),
        ];
      case "product":
        return expr.factors.flatMap((factor, i) =>
          times(factor, expr.factors.toSpliced(i, 1))
        );
      case "fraction":
        return this.#quotient(expr.above, expr.below, times);
      case "power": {
        const { base, exponent } = expr;
        return [
          ...times(base, [
            exponent,
            power(base, plus(exponent, -1)),
          ]),
          ...times(exponent, [expr, call("log", base)]),
        ];
      }
      case "call": {
        const slope = slopeOf(expr);
        return times(expr.of[0], slope.above, slope.below, slope.negative);
      }
      case "reduce":
        if (
          expr.operation !== "sum" || expr.where && speaksOf(expr.where, by)
        ) {
          throw new Unknown();
        }
        return of(expr.body).map((place) => ({
          ...place,
          sums: [expr, ...place.sums],
        }));
      case "cases": {
        const [first, second] = expr.branches;
        if (
          expr.branches.length !== 2 || first.condition === undefined ||
          speaksOf(second.value, by)
        ) throw new Unknown();
        return times(first.value, [{
          kind: "iverson",
          condition: first.condition,
        }]);
      }
      default:
        return unknown();
    }
  }

  #quotient(
    above: Expr,
    below: Expr,
    times: (p: Expr, a: Expr[], b?: Expr[], minus?: boolean) => Place[],
  ): Place[] {
    return [
      ...times(above, [], [below]),
      ...times(below, [above], [power(below, number(2))], true),
    ];
  }

  /** Letters for indices that mean nothing else on the page. */
  #letters(): Letters {
    const { shapes, dims, integers, page } = this.#reading;
    return new Letters(
      new Set([
        ...shapes.of.keys(),
        ...[...shapes.of.values()].flat().flatMap((dim) => indexNames(dim)),
        ...dims,
        ...integers.keys(),
      ]),
      page.formulas.flatMap(({ statements }) =>
        statements.flatMap((said) =>
          said.kind === "equation"
            ? said.sides.flatMap((side) => [...freeIndicesOf(side, KINDS)])
            : []
        )
      ),
    );
  }
}

/** Letters that can be indices. */
class Letters {
  readonly all: readonly string[];
  readonly #taken = new Set<string>();

  constructor(used: ReadonlySet<string>, first: readonly string[]) {
    const all = new Set([...first, ..."ijklabcdrstuvpqnm"]);
    this.all = [...all].filter((letter) =>
      /^[a-z]$/.test(letter) && !used.has(letter)
    );
  }

  taken(letters: Iterable<string>): void {
    for (const letter of letters) this.#taken.add(letter);
  }

  /** A letter that was not given before, with primes if all were. */
  next(): string {
    for (let primes = 0; primes < 4; primes++) {
      for (const letter of this.all) {
        const name = letter + "'".repeat(primes);
        if (this.#taken.has(name)) continue;
        this.#taken.add(name);
        return name;
      }
    }
    throw new Unknown();
  }
}

/** The slope of a function of one number. */
function slopeOf(expr: ExprOf<"call">): Partial<Slope> & Pick<Slope, "above"> {
  const [x] = expr.of;
  if (expr.of.length > 1) return unknown();
  switch (expr.name) {
    case "exp":
      return { above: [expr] };
    case "log":
    case "ln":
      return { above: [], below: [x] };
    case "sqrt":
      return { above: [], below: [number(2), expr] };
    case "tanh": {
      const square: Expr = { kind: "negative", of: power(expr, number(2)) };
      return { above: [{ kind: "add", terms: [number(1), square] }] };
    }
    case "sin":
      return { above: [call("cos", x)] };
    case "cos":
      return { above: [call("sin", x)], negative: true };
    default:
      return unknown();
  }
}

function unknown(): never {
  throw new Unknown();
}

const number = (value: number): Expr => ({ kind: "number", value });
const call = (name: string, x: Expr): Expr => ({ kind: "call", name, of: [x] });
const power = (base: Expr, exponent: Expr): Expr =>
  exponent.kind === "number" && exponent.value === 1
    ? base
    : { kind: "power", base, exponent };
const plus = (x: Expr, y: number): Expr =>
  x.kind === "number"
    ? number(x.value + y)
    : { kind: "add", terms: [x, { kind: "negative", of: number(-y) }] };

function element(name: string, indices: readonly Index[]): Expr {
  const of: Expr = { kind: "symbol", name };
  return indices.length === 0
    ? of
    : { kind: "element", of, indices: [...indices] };
}

function partial(of: string, by: Expr): Expr {
  return { kind: "partial", of: { kind: "symbol", name: of }, by };
}

function product(factors: readonly Expr[]): Expr {
  const flat = factors.flatMap((f) => f.kind === "product" ? f.factors : [f])
    .filter((f) => f.kind !== "number" || f.value !== 1);
  return flat.length === 0
    ? number(1)
    : flat.length === 1
    ? flat[0]
    : { kind: "product", factors: flat };
}

/** Without what is in both the numerator and the denominator. */
function reduced({ negative, above, below }: Slope): Slope {
  const top: Expr[] = [];
  const bottom: Expr[] = [];
  const take = (factor: Expr, to: Expr[], other: Expr[]) => {
    const { kind } = factor;
    if (kind === "product") {
      for (const part of factor.factors) take(part, to, other);
    } else if (kind === "fraction") {
      take(factor.above, to, other);
      take(factor.below, other, to);
    } else if (
      kind === "power" && factor.exponent.kind === "number" &&
      factor.exponent.value === 2 && factor.base.kind === "call" &&
      factor.base.name === "sqrt"
    ) take(factor.base.of[0], to, other);
    else {
      const text = JSON.stringify(factor);
      const found = other.findIndex((e) => JSON.stringify(e) === text);
      if (found >= 0) other.splice(found, 1);
      // Numbers are first.
      else if (kind === "number") to.unshift(factor);
      else to.push(factor);
    }
  };
  for (const factor of above) take(factor, top, bottom);
  for (const factor of below) take(factor, bottom, top);
  const one = (e: Expr) => e.kind === "number" && e.value === 1;
  return {
    negative,
    above: top.filter((e) => !one(e)),
    below: bottom.filter((e) => !one(e)),
  };
}

function speaksOf(expr: Expr, name: string): boolean {
  return expr.kind === "symbol"
    ? expr.name === name
    : KINDS[expr.kind].parts(expr as never).some((part) =>
      speaksOf(part, name)
    );
}

/** An expression with other things in place of some symbols. */
function replaced(expr: Expr, by: ReadonlyMap<string, Expr>): Expr {
  if (expr.kind === "symbol") return by.get(expr.name) ?? expr;
  const kind = entryOf(expr, KINDS);
  return kind.with(
    expr as never,
    kind.parts(expr as never).map((part) => replaced(part, by)),
  );
}

function renamedIndex(index: Index, to: ReadonlyMap<string, string>): Index {
  if (typeof index === "string") return to.get(index) ?? index;
  if (typeof index === "number") return index;
  return index.kind === "data" ? { ...index, of: renamed(index.of, to) } : {
    ...index,
    left: renamedIndex(index.left, to),
    right: renamedIndex(index.right, to),
  };
}

/** An expression with other names for its free indices. */
function renamed(expr: Expr, names: ReadonlyMap<string, string>): Expr {
  if (expr.kind === "reduce") {
    const inner = new Map(names);
    for (const index of expr.indices) inner.delete(index);
    return {
      ...expr,
      ...expr.from === undefined
        ? {}
        : { from: renamedIndex(expr.from, names) },
      ...expr.to === undefined ? {} : { to: renamedIndex(expr.to, names) },
      ...expr.where && { where: renamed(expr.where, inner) },
      body: renamed(expr.body, inner),
    };
  }
  const kind = entryOf(expr, KINDS);
  const parts = kind.parts(expr as never).map((part) => renamed(part, names));
  const whole = kind.with(expr as never, parts);
  if (whole.kind === "element") {
    return {
      ...whole,
      indices: whole.indices.map((index) => renamedIndex(index, names)),
    };
  }
  if (whole.kind === "delta") {
    const [a, b] = whole.indices;
    return {
      ...whole,
      indices: [renamedIndex(a, names), renamedIndex(b, names)],
    };
  }
  return whole;
}

/** Every sum, with unique names for its indices. */
function fresh(expr: Expr, letters: Letters): Expr {
  const kind = entryOf(expr, KINDS);
  const parts = kind.parts(expr as never).map((part) => fresh(part, letters));
  const whole = kind.with(expr as never, parts);
  if (whole.kind !== "reduce") return whole;
  const names = new Map(whole.indices.map((index) => [index, letters.next()]));
  return {
    ...whole,
    indices: [...names.values()],
    ...whole.where && { where: renamed(whole.where, names) },
    body: renamed(whole.body, names),
  };
}

/** Sums with the plainest names that are free in what they are in. */
function tidied(
  expr: Expr,
  used: ReadonlySet<string>,
  letters: Letters,
): Expr {
  if (expr.kind === "reduce") {
    const names = new Map<string, string>();
    const taken = new Set(used);
    for (const index of expr.indices) {
      const letter = letters.all.find((l) => !taken.has(l)) ?? index;
      taken.add(letter);
      names.set(index, letter);
    }
    return {
      ...expr,
      indices: [...names.values()],
      ...expr.where &&
        { where: tidied(renamed(expr.where, names), taken, letters) },
      body: tidied(renamed(expr.body, names), taken, letters),
    };
  }
  const kind = entryOf(expr, KINDS);
  return kind.with(
    expr as never,
    kind.parts(expr as never).map((part) => tidied(part, used, letters)),
  );
}
