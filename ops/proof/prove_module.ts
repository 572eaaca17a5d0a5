// Copyright 2026 the Adjoint authors. MIT license.

import { linksOf, prove } from "./chain.ts";
import { describeOperation, type Suite } from "./describe_proof.ts";
import { operationsIn } from "./operation.ts";

/** What one link says of one output or gradient of a page.
 *
 * @example Usage
 * ```ts
 * import type { Finding } from "@adjoint/proof";
 * import { assertEquals } from "@std/assert";
 *
 * const finding: Finding = {
 *   name: "square",
 *   target: "∂E/∂X",
 *   link: "page = calculus",
 *   values: 24,
 *   figure: 0,
 *   bound: 1e-50,
 *   failures: [],
 * };
 *
 * assertEquals(finding.failures.length, 0);
 * ```
 */
export interface Finding {
  /** The forward function. */
  name: string;
  /** The output or gradient, as a person writes it: `∂E/∂γ`. */
  target: string;
  /** What was compared: `page = code`, `page = calculus`, `code = calculus`, and
   * `code = convention` where the page has a table of special points. */
  link: string;
  /** How many values were compared. */
  values: number;
  /** How far apart they are, where there is a figure for it. */
  figure?: number;
  /** What the figure may be. */
  bound: number;
  /** What does not hold, one message each. */
  failures: string[];
}

/** What was found out about a module.
 *
 * @example Usage
 * ```ts
 * import type { ModuleReport } from "@adjoint/proof";
 * import { assertEquals } from "@std/assert";
 *
 * const report: ModuleReport = { file: "square.ts", holds: true, findings: [] };
 *
 * assertEquals(report.holds, true);
 * ```
 */
export interface ModuleReport {
  /** The file, as it was named. */
  file: string;
  /** Whether everything holds. */
  holds: boolean;
  /** Every link of every output and gradient, in the order of the pages. */
  findings: Finding[];
}

/** Proves every page of a literate module: page = code, page = calculus, and
 * code = calculus.
 *
 * @param file The name of the module's file, for messages.
 * @param source The text of the module.
 * @param exports What the module exports.
 * @param progress Is told what is being proved.
 * @returns What holds, and what does not.
 * @throws {Error} If a page cannot be read, or its functions cannot be found; the
 * message begins with file, line and column.
 *
 * @example Usage
 * ```ts ignore
 * import { proveModule } from "@adjoint/proof";
 * import * as layers from "./layers.ts";
 * import source from "./layers.ts" with { type: "text" };
 *
 * const { holds, findings } = proveModule("layers.ts", source, layers);
 * ```
 */
export function proveModule(
  file: string,
  source: string,
  exports: object,
  progress: (what: string) => void = () => {},
): ModuleReport {
  const findings = operationsIn(file, source, exports).flatMap((op) =>
    linksOf(op).flatMap((name) => {
      progress(`${name} of ${op.name}`);
      return prove(op, name).map((
        { target, link, values, figure, bound, failures },
      ): Finding => ({
        name: op.name,
        target,
        link,
        values,
        ...figure === undefined ? {} : { figure },
        bound,
        failures,
      }));
    })
  );
  const holds = findings.every(({ failures }) => failures.length === 0);
  return { file, holds, findings };
}

/** Declares the proof of a literate module as tests, one for each link of each page.
 *
 * @param suite The functions that declare tests.
 * @param file The name of the module's file, for messages.
 * @param source The text of the module.
 * @param exports What the module exports.
 * @throws {Error} If a page cannot be read, or its functions cannot be found; the
 * message begins with file, line and column.
 *
 * @example Usage
 * ```ts ignore
 * import { describeProof } from "@adjoint/proof";
 * import { describe, it } from "@std/testing/bdd";
 * import * as square from "./square.ts";
 * import source from "./square.ts" with { type: "text" };
 *
 * describeProof({ describe, it }, "square.ts", source, square);
 * ```
 */
export function describeProof(
  suite: Suite,
  file: string,
  source: string,
  exports: object,
): void {
  for (const op of operationsIn(file, source, exports)) {
    describeOperation(suite, op);
  }
}
