// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The likely mistake in a wrong formula: a small change that makes it right, or a
 * path of the chain rule that it omits.
 *
 * @module
 */

import { AGREE, apart, attempt, firstDifference } from "../compare.ts";
import { dependencies, type Equation } from "../equations.ts";
import { freeIndices } from "../language/evaluate.ts";
import type { Expr } from "../language/expression.ts";
import { broken, mistakesIn } from "../language/mutants.ts";
import { KINDS } from "../language/table.ts";
import { writeTex } from "../language/write.ts";
import { isNumber, type Point } from "./judge.ts";
import { asWritten, nameOf, type Reading } from "./read.ts";

/** A changed right side, and the change in words. */
type Change = readonly [right: Expr, what: string];

/** At most this many changes are tried. */
const MOST = 600;

/** What would make a wrong formula right. */
export interface Mend {
  /** In words, with TeX between dollar signs. */
  mend: string;
  /** The right side that would hold, as TeX. */
  mended?: string;
}

/** What would make a wrong formula right; undefined if no small change does. */
export function mendOf(
  reading: Reading,
  equation: Equation,
  points: readonly Point[],
  isLate: () => boolean,
): Mend | undefined {
  const { sides } = equation;
  if (sides.length !== 2) return undefined;
  const path = missingPath(reading, equation, points);
  if (path !== undefined) return { mend: path };
  let tries = 0;
  const [left, own] = sides.map((side) => JSON.stringify(side));
  const known = new Set([own]);
  for (const [right, what] of changes(reading, equation, points)) {
    const text = JSON.stringify(right);
    // A formula that only restates itself corrects nothing.
    if (known.has(text) || text.includes(left)) continue;
    known.add(text);
    if (tries++ > MOST || isLate()) return undefined;
    if (agree([sides[0], right], equation, points)) {
      return { mend: what, mended: texOf(right) };
    }
  }
}

/** Whether two sides agree at all points, and have a value at some. */
export function agree(
  sides: Expr[],
  { where }: Equation,
  points: readonly Point[],
  scopeOf = ({ derived }: Point) => derived,
): boolean {
  let compared = 0;
  const found = attempt(() =>
    points.every((point) =>
      firstDifference(
        { sides, where },
        scopeOf(point),
        point.derived,
        (a, b) => {
          const error = apart(a, b);
          if (!isNumber(a) || !isNumber(b)) return undefined;
          compared++;
          return error <= AGREE ? undefined : "differs";
        },
      ) === undefined
    )
  );
  return found === true && compared > 0;
}

/** Whether it holds if something in between is taken for a constant. */
function missingPath(
  { definitions }: Reading,
  equation: Equation,
  points: readonly Point[],
): string | undefined {
  const { sides } = equation;
  const [left] = sides;
  if (
    left.kind !== "partial" &&
    !(left.kind === "element" && left.of.kind === "partial")
  ) {
    return undefined;
  }
  const own = dependencies(left).flatMap((key) => key.split("/∂"));
  const between = definitions.symbols.filter((s) => !own.includes(s));
  for (const constants of subsets(between.slice(0, 6))) {
    const holds = agree(
      sides,
      equation,
      points,
      (point) => point.without(constants),
    );
    if (holds) {
      const names = constants.map(nameOf).join(" and ");
      return `the path through ${names} is missing: it would hold if ${names} were constant`;
    }
  }
}

/** An expression as the page would write it. */
const texOf = (expr: Expr) => asWritten(writeTex(expr));

/** Every choice of some items, the fewest first. */
function subsets(items: readonly string[]): string[][] {
  return items.reduce<string[][]>(
    (all, item) => [...all, ...all.map((some) => [...some, item])],
    [[]],
  ).filter(({ length }) => length > 0).sort((a, b) => a.length - b.length);
}

/** Small changes of a right side, the likeliest first. */
function* changes(
  { page }: Reading,
  { sides: [left, right] }: Equation,
  points: readonly Point[],
): Generator<Change> {
  const sizes = points[0]?.given.sizes;
  yield [{ kind: "negative", of: right }, "the sign is wrong"];
  if (right.kind === "negative") yield [right.of, "the sign is wrong"];
  yield [{ kind: "transpose", of: right }, "a transpose is missing"];
  const stray = freeIndices(right, sizes).filter((i) =>
    !freeIndices(left, sizes).includes(i)
  );
  if (stray.length > 0) {
    yield [
      { kind: "reduce", operation: "sum", indices: stray, body: right },
      `the sum over ${stray.join(", ")} is missing`,
    ];
  }
  yield* everywhere(right, additions);
  for (const factor of [2, -2]) {
    const number: Expr = { kind: "number", value: Math.abs(factor) };
    const half: Expr = {
      kind: "product",
      factors: [{
        kind: "fraction",
        above: { kind: "number", value: 1 },
        below: number,
      }, right],
    };
    const twice: Expr = { kind: "product", factors: [number, right] };
    if (factor > 0) {
      yield [twice, "a factor of 2 is missing"];
      yield [half, "there is an extra factor of 2"];
    } else {
      yield [{ kind: "negative", of: twice }, "a factor of −2 is missing"];
      yield [{ kind: "negative", of: half }, "a factor of −½ is missing"];
    }
  }
  const statements = page.formulas.flatMap(({ statements }) => statements);
  for (
    const { operator, mutant } of broken(right, mistakesIn(statements), 12)
  ) {
    yield [mutant, WORDS[operator] ?? `another ${operator}`];
  }
}

const WORDS: Record<string, string> = {
  transpose: "there is an extra transpose",
  order: "the order is wrong",
  sign: "a sign is wrong",
  index: "an index is wrong",
  symbol: "a symbol is wrong",
  term: "there is an extra term",
  factor: "there is an extra factor",
  function: "a function is wrong",
  power: "a power is wrong",
  fraction: "the fraction is wrong",
  bound: "the bound of a sum is wrong",
  sum: "the sum is wrong",
  number: "a number is wrong",
  shift: "an index is off by one",
};

/** The expression with a change in one of its places. */
function* everywhere(
  expr: Expr,
  change: (expr: Expr) => Iterable<Change>,
): Generator<Change> {
  yield* change(expr);
  const kind = KINDS[expr.kind];
  const parts: readonly Expr[] = kind.parts(expr as never);
  if (expr.kind === "partial" || expr.kind === "element") return;
  for (const [i, part] of parts.entries()) {
    for (const [changed, what] of everywhere(part, change)) {
      yield [kind.with(expr as never, parts.with(i, changed)), what];
    }
  }
}

/** What may have been left out in one place. */
function* additions(expr: Expr): Generator<Change> {
  if (expr.kind === "symbol" || expr.kind === "partial") {
    yield [{ kind: "transpose", of: expr }, "a transpose is missing"];
  }
  if (expr.kind === "product") {
    for (let i = 1; i < expr.factors.length; i++) {
      const [left, right] = [expr.factors.slice(0, i), expr.factors.slice(i)]
        .map((factors): Expr =>
          factors.length === 1 ? factors[0] : { kind: "product", factors }
        );
      yield [{ kind: "hadamard", left, right }, "⊙ is missing"];
    }
    if (expr.factors.length === 2) {
      const [a, b] = expr.factors;
      for (const [left, right] of [[a, b], [b, a]]) {
        const turned = (of: Expr): Expr =>
          of.kind === "transpose" ? of.of : { kind: "transpose", of };
        yield [
          { kind: "product", factors: [left, right] },
          "the order is wrong",
        ];
        yield [
          { kind: "product", factors: [left, turned(right)] },
          "a transpose is missing",
        ];
        yield [
          { kind: "product", factors: [turned(left), right] },
          "a transpose is missing",
        ];
      }
    }
  }
  if (expr.kind === "add") {
    for (const [i, term] of expr.terms.entries()) {
      const negated: Expr = term.kind === "negative"
        ? term.of
        : { kind: "negative", of: term };
      yield [
        { ...expr, terms: expr.terms.with(i, negated) },
        "a sign is wrong",
      ];
    }
    // σ + ε for √(σ² + ε), and √σ² + ε.
    if (expr.terms.length === 2) {
      const [a, b] = expr.terms;
      const root = (of: Expr): Expr => ({
        kind: "call",
        name: "sqrt",
        of: [of],
      });
      if (a.kind === "call" && a.name === "sqrt") {
        yield [
          root({ kind: "add", terms: [a.of[0], b] }),
          `$${texOf(b)}$ must be under the root`,
        ];
      }
      const squared: Expr = {
        kind: "power",
        base: a,
        exponent: { kind: "number", value: 2 },
      };
      yield [
        root({ kind: "add", terms: [squared, b] }),
        `$${texOf(b)}$ must be under the root`,
      ];
    }
  }
  if (
    expr.kind === "call" && expr.name === "sqrt" && expr.of[0].kind === "add"
  ) {
    const [a, ...rest] = expr.of[0].terms;
    yield [
      { kind: "add", terms: [{ ...expr, of: [a] }, ...rest] },
      `$${rest.map(texOf).join(", ")}$ must be outside the root`,
    ];
  }
}
