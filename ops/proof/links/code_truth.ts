// Copyright 2026 the Adjoint authors. MIT license.

/**
 * **code = truth**: the float32 results and PyTorch's, each against the page's
 * formula in 64 digits.
 *
 * Ours may be above PyTorch's in one case of ten, and never above twice. A result
 * that is rounded once is as good as can be, however exact PyTorch's is by chance.
 *
 * @module
 */

import { distinct, type Link, made, newLinks, raise } from "../link.ts";
import { argumentsOf, measuredOf } from "../measured.ts";
import type { Operation } from "../operation.ts";
import { epsilon } from "../truth.ts";

/** How far float32 results are from the truth, over all golden cases. */
export interface Accuracy extends Link {
  /** The Euclidean distance of our results. */
  ours: number;
  /** That of PyTorch's. */
  pytorch: number;
  /** In how many cases ours is not above PyTorch's, and of how many. */
  notAbove: [count: number, cases: number];
}

/** The proof that our float32 results are as close to the truth as PyTorch's. */
export function codeIsTruth(op: Operation): Accuracy[] {
  const links = newLinks(op, "code = truth", 2).map((link): Accuracy => ({
    ...link,
    ours: 0,
    pytorch: 0,
    notAbove: [0, 0],
  }));
  const tried: Link["tried"] = [];
  for (const { target, golden, ours, theirs, truth } of measuredOf(op)) {
    if (golden.dtype !== "float32" || truth.length === 0) continue;
    const known = truth.filter(({ at, value, isSure }) =>
      isSure && [value, ours[at], theirs[at]].every(Number.isFinite)
    );
    if (known.length === 0) continue;
    const link = links[target];
    const error = (of: readonly number[]) =>
      Math.hypot(...known.map(({ at, value }) => of[at] - value));
    const once = Math.hypot(
      ...known.map(({ value }) => value * epsilon("float32")),
    );
    const [our, their] = [error(ours), error(theirs)];
    const least = Math.max(their, once);
    link.values += known.length;
    link.ours = Math.hypot(link.ours, our);
    link.pytorch = Math.hypot(link.pytorch, their);
    link.notAbove[1]++;
    if (our <= least) link.notAbove[0]++;
    if (our > 0) raise(link, our / least);
    if (!(our <= 2 * least)) {
      link.failures.push(
        `${
          made(op, target)
        } is ${our} away from the truth, PyTorch's is ${their}: case "${golden.name}"`,
      );
    }
    const { inputs } = argumentsOf(golden);
    tried.push(inputs.flatMap((x) => x === null ? [] : [x.shape]));
  }
  const shapes = distinct(tried);
  for (const [target, link] of links.entries()) {
    const [count, cases] = link.notAbove;
    link.tried = shapes;
    link.detail = `not above PyTorch's in ${count} of ${cases} cases`;
    if (cases - count > cases / 10) {
      link.failures.push(`${made(op, target)} is ${link.detail}`);
    }
  }
  return links;
}
