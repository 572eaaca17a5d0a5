// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Prove a page
 *
 * Reads the formulas of a page, runs them, and differentiates them: does each
 * gradient follow from the forward formula, and does the code compute it?
 *
 * {@linkcode proveMarkdown} judges any Markdown page by its formulas alone.
 * {@linkcode proveModule} proves a literate TypeScript module, page = code, page =
 * calculus and code = calculus, and {@linkcode describeProof} declares the same as
 * tests. On the command line, both are `jsr:@adjoint/proof/cli`.
 *
 * @example A wrong gradient
 * ```ts
 * import { proveMarkdown } from "@adjoint/proof";
 * import { assertEquals } from "@std/assert";
 *
 * const page = `
 * $$ Y_i = X_i^2 $$
 * $$ \\frac{\\partial E}{\\partial X_i} = X_i \\frac{\\partial E}{\\partial Y_i} $$
 * `;
 * const { verdicts } = proveMarkdown(page, "page.md");
 *
 * assertEquals(verdicts.map(({ verdict }) => verdict), ["defines", "wrong"]);
 * ```
 *
 * @module
 */

export type { Suite } from "./describe_proof.ts";
export {
  describeProof,
  type Finding,
  type ModuleReport,
  proveModule,
} from "./prove_module.ts";

import { type PageReport, provePage } from "./markdown/prove.ts";

export type { Counterexample, Verdict } from "./markdown/judge.ts";
export type { PageReport } from "./markdown/prove.ts";
export type { Unread } from "./markdown/read.ts";

/** Judges the formulas of any Markdown page: those that say what a symbol is are
 * differentiated, and every gradient is compared with that.
 *
 * @param text The text of the page.
 * @param file The name of its file, for messages.
 * @param milliseconds When to stop: what is left is said not to be judged.
 * @returns A verdict for each formula, what was inferred, and what cannot be read.
 * @throws {Error} If nothing of the page can be judged; the message begins with file,
 * line and column.
 *
 * @example A right gradient
 * ```ts
 * import { proveMarkdown } from "@adjoint/proof";
 * import { assertEquals } from "@std/assert";
 *
 * const page = `
 * $$ Y_i = X_i^2 $$
 * $$ \\frac{\\partial E}{\\partial X_i} = 2 X_i \\frac{\\partial E}{\\partial Y_i} $$
 * `;
 * const [, gradient] = proveMarkdown(page, "page.md").verdicts;
 *
 * assertEquals(gradient!.verdict, "holds");
 * ```
 */
export function proveMarkdown(
  text: string,
  file: string,
  milliseconds: number = 60_000,
): PageReport {
  return provePage(text, file, milliseconds);
}
