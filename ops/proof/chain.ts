// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The proof of an operation: six links, each by different means.
 *
 * 1. **page = code**: every equation of the page in 64 digits, against the
 *    exported functions, within the rounding error that the formula must expect.
 * 2. **page = calculus**: every equation of the page at random points in 64
 *    digits, where gradients are the symbolic derivatives of $`E`$, the inner
 *    product of `dout` and the page's forward formula.
 * 3. **code = calculus**: `gradcheck`, element by element.
 * 4. **code = PyTorch**: the golden cases, in both element types, with NaN and
 *    infinity.
 * 5. **code = truth**: the float32 results and PyTorch's, each against the page's
 *    formula in 64 digits.
 * 6. **code = convention**: the special points of the page, against the code and
 *    what PyTorch, JAX and TensorFlow were measured to do.
 *
 * No link restates the code: the formulas come from the page, the numbers are
 * drawn according to the signature.
 *
 * @module
 */

import type { Link, LinkName } from "./link.ts";
import { newLinks } from "./link.ts";
import { codeIsCalculus } from "./links/code_calculus.ts";
import { codeIsConvention } from "./links/code_convention.ts";
import { codeIsPyTorch } from "./links/code_pytorch.ts";
import { codeIsTruth } from "./links/code_truth.ts";
import { pageIsCalculus } from "./links/page_calculus.ts";
import { pageIsCode } from "./links/page_code.ts";
import type { Operation } from "./operation.ts";

export type { Link, LinkName, Run } from "./link.ts";
export type { Accuracy } from "./links/code_truth.ts";

const LINKS: Record<LinkName, (op: Operation) => Link[]> = {
  "page = code": pageIsCode,
  "page = calculus": pageIsCalculus,
  "code = calculus": codeIsCalculus,
  "code = PyTorch": codeIsPyTorch,
  "code = truth": codeIsTruth,
  "code = convention": codeIsConvention,
};

/** The names of the links, in order. */
export const LINK_NAMES = Object.keys(LINKS) as LinkName[];

/** The links that can be proved for an operation: for a user's own, nothing was
 * measured. */
export function linksOf({ isForeign, page }: Operation): LinkName[] {
  return LINK_NAMES.filter((name) =>
    !isForeign ||
    name !== "code = PyTorch" && name !== "code = truth" &&
      (name !== "code = convention" || page.special.length > 0)
  );
}

/** Proves one link, for each output and every gradient. */
export function prove(op: Operation, link: LinkName): Link[] {
  try {
    return LINKS[link](op);
  } catch (error) {
    // A page that is wrong enough can stop a link anywhere, even in the code.
    const { message } = error as Error;
    const failure = message.startsWith(op.file)
      ? message
      : `${op.file}: ${message}`;
    return newLinks(op, link).map((link) => ({
      ...link,
      figure: Infinity,
      failures: [failure],
    }));
  }
}
