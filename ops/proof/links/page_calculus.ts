// Copyright 2026 the Adjoint authors. MIT license.

/**
 * **page = calculus**: every equation of the page at random points in 64 digits,
 * where gradients and Jacobians are the derivatives of the page's own forward
 * formulas, by mathjs.
 *
 * @module
 */

import { firstDifference } from "../compare.ts";
import { digits, type Number64 } from "../digits.ts";
import type { Equation } from "../equations.ts";
import { draw, Random } from "../inputs.ts";
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

/** Right formulas differ by 1e-60 or so, wrong ones by far more. */
export const AGREE = 1e-50;

/** The sizes that the points are drawn for: two points at the first. */
const VARIANTS = [0, 0, 2, 1, 3];

/** The proof that a page's gradients are the derivatives of its output. */
export function pageIsCalculus(op: Operation): Link[] {
  const links = newLinks(op, "page = calculus", AGREE);
  const random = new Random(2);
  const runs = new Map(
    op.definitions.equations.map((e) => {
      const run = newRun(op, links[e.target], e);
      run.exact = 0;
      return [e, run] as const;
    }),
  );
  const failed = new Set<Equation>();
  for (const [i, variant] of VARIANTS.entries()) {
    const point = new Point(op, draw(op, "plain", variant, random));
    links[0].tried.push(point.draw.inputs.map(({ shape }) => shape));
    for (const [equation, run] of runs) {
      if (failed.has(equation)) continue;
      const link = links[equation.target];
      if (VARIANTS.indexOf(variant) === i) run.sizes++;
      const difference = firstDifference(
        equation,
        point.derived,
        point.derived,
        (a, b) => {
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
  }
  const tried = distinct(links[0].tried);
  for (const link of links) {
    link.tried = tried;
    link.detail = `${link.values} values at ${VARIANTS.length} points`;
  }
  return links;
}

/** The difference of two numbers, relative where they are above 1. */
function apart(a: Number64, b: Number64): number {
  const minus = digits.multiply(digits.constant(-1), b);
  const difference = Math.abs(digits.toNumber(digits.add(a, minus)));
  const size = Math.max(
    1,
    Math.abs(digits.toNumber(a)),
    Math.abs(digits.toNumber(b)),
  );
  return difference / size;
}
