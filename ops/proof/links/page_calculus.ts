// Copyright 2026 the Adjoint authors. MIT license.

/**
 * **page = calculus**: every equation of the page at random points in 64 digits,
 * where gradients and Jacobians are the derivatives of the page's own forward
 * formulas, by mathjs.
 *
 * @module
 */

import { AGREE, apart, attempt, firstDifference, holds } from "../compare.ts";
import { digits, type Number64 } from "../digits.ts";
import { dependencies, type Equation, hasJacobian } from "../equations.ts";
import { draw, FLIPPED, hasFlags, type Mode, Random } from "../inputs.ts";
import { indexRanges, visit } from "../language/evaluate.ts";
import type { Expr } from "../language/expression.ts";
import { writeTex } from "../language/write.ts";
import {
  distinct,
  type Link,
  newLinks,
  newRun,
  raise,
  wrong,
} from "../link.ts";
import type { Operation } from "../operation.ts";
import { Point } from "../point.ts";
import { assignments } from "../scopes.ts";

/** The points: their kinds of numbers, and their sizes. */
const POINTS: readonly (readonly [mode: Mode, variant: number])[] = [
  ["plain", 0],
  ["wide", 0],
  ["plain", 2],
  ["plain", 1],
];

/** Points for branches that have not been reached. */
const MORE: typeof POINTS = [
  ["large", 0],
  ["small", 0],
  ["wide", 4],
  ["wide", 5],
  ["large", 6],
];

/** The proof that a page's gradients are the derivatives of its output. */
export function pageIsCalculus(op: Operation): Link[] {
  const links = newLinks(op, "page = calculus", AGREE);
  const random = new Random(2);
  // At a kink there is no derivative, only what the page says: see page = code.
  const equations = op.definitions.equations.filter(({ sides }) =>
    sides.every(({ kind }) => kind !== "at")
  );
  const runs = new Map(
    equations.map((e) => {
      const run = newRun(op, links[e.target], e);
      run.exact = 0;
      return [e, run] as const;
    }),
  );
  const failed = new Set<Equation>();
  const branches = new Branches(op);
  const seen = new Set<number>();
  const visit = ([mode, variant]: typeof POINTS[number]) => {
    const point = new Point(op, draw(op, mode, variant, random));
    branches.visit(point);
    links[0].tried.push(point.draw.inputs.map(({ shape }) => shape));
    for (const [equation, run] of runs) {
      if (failed.has(equation)) continue;
      // Derivatives of all elements by all elements: at two sizes.
      const isSecond = seen.has(variant) || mode === "wide";
      if (isSecond && equation.sides.some(hasJacobian)) continue;
      const link = links[equation.target];
      if (!seen.has(variant)) run.sizes++;
      const difference = firstDifference(
        equation,
        point.derived,
        point.derived,
        (a, b) => {
          // If there is no value, as for 0 ∕ 0, a special point says what it is.
          if (isNaN(a) && isNaN(b)) return undefined;
          link.values++;
          run.values++;
          const error = apart(a, b);
          if (error === 0) run.exact!++;
          raise(link, error);
          raise(run, error);
          return error <= AGREE
            ? undefined
            : `the page gives ${digits.toNumber(b)}, calculus gives ${
              digits.toNumber(a)
            }`;
        },
      );
      if (difference === undefined) continue;
      failed.add(equation);
      link.failures.push(
        wrong(op, equation.formula, equation.tex) + difference,
      );
    }
    seen.add(variant);
  };
  POINTS.forEach(visit);
  if (hasFlags(op)) visit(["plain", FLIPPED]);
  for (const point of MORE) if (branches.unreached.length > 0) visit(point);
  for (const { equation, condition } of branches.unreached) {
    links[equation.target].failures.push(
      `${
        wrong(op, equation.formula, equation.tex)
      }no point reaches both sides of the condition ${condition}`,
    );
  }
  for (const [equation, run] of runs) {
    if (run.values > 0 || failed.has(equation)) continue;
    links[equation.target].failures.push(
      `${
        wrong(op, equation.formula, equation.tex)
      }it has no value at any of the points`,
    );
  }
  const tried = distinct(links[0].tried);
  for (const link of links) {
    link.tried = tried;
    link.detail = `${link.values} values at ${seen.size} sizes`;
  }
  return links;
}

const isNaN = (x: Number64) => Number.isNaN(digits.toNumber(x));

/** A condition on numbers, and which of its sides have been reached. */
interface Condition {
  equation: Equation;
  expr: Expr;
  /** The cases in front of it, which must not hold. */
  before: readonly Expr[];
  holds: boolean;
  fails: boolean;
}

/** The conditions of piecewise formulas. */
class Branches {
  readonly #conditions = new Map<string, Condition>();

  constructor({ definitions, page }: Operation) {
    const tensors = new Set([
      ...[...page.inputs, ...page.outputs].map(({ symbol }) => symbol),
      ...definitions.symbols,
    ]);
    for (const equation of definitions.equations) {
      for (const side of equation.sides) {
        visit(side, (e) => {
          const all = conditionsOf(e);
          for (const [i, condition] of all.entries()) {
            if (!dependencies(condition).some((d) => tensors.has(d))) continue;
            const before = all.slice(0, i);
            const text = JSON.stringify([condition, before]);
            if (this.#conditions.has(text)) continue;
            this.#conditions.set(text, {
              equation,
              expr: condition,
              before,
              holds: false,
              fails: false,
            });
          }
        });
      }
    }
  }

  visit({ page }: Point): void {
    for (const condition of this.#conditions.values()) {
      const { expr, before } = condition;
      attempt(() => {
        const ranges = new Map(
          [...before, expr].flatMap((e) => [...indexRanges(e, page)]),
        );
        for (const indices of assignments([...ranges.keys()], ranges)) {
          const isHeld = holds(expr, page, indices) &&
            !before.some((e) => holds(e, page, indices));
          condition.holds ||= isHeld;
          condition.fails ||= !isHeld;
        }
      });
    }
  }

  /** The conditions of which one side has not been reached. */
  get unreached(): { equation: Equation; condition: string }[] {
    return [...this.#conditions.values()]
      .filter(({ expr, holds, fails }) => holds !== fails && !isEquality(expr))
      .map(({ equation, expr }) => ({ equation, condition: writeTex(expr) }));
  }
}

/** The conditions in a node. */
function conditionsOf(expr: Expr): Expr[] {
  if (expr.kind === "iverson") return [expr.condition];
  return expr.kind === "cases"
    ? expr.branches.flatMap(({ condition }) => condition ?? [])
    : [];
}

/** Whether a condition is about equal numbers, which no random point has. */
function isEquality(expr: Expr): boolean {
  return expr.kind === "compare" &&
    expr.relations.some((relation) => relation === "=" || relation === "≠");
}
