// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The proof of an operation as tests, one for each link.
 *
 * @module
 */

import { linksOf, prove } from "./chain.ts";
import type { Operation } from "./operation.ts";

/** The functions that declare tests: those of `@std/testing/bdd`, `node:test`,
 * Vitest or Bun.
 *
 * @example Usage
 * ```ts
 * import type { Suite } from "@adjoint/proof";
 * import { describe, it } from "@std/testing/bdd";
 *
 * const suite: Suite = { describe, it };
 * ```
 */
export interface Suite {
  /** Declares a group of tests. */
  describe(name: string, body: () => void): unknown;
  /** Declares a test, which fails if its body throws. */
  it(name: string, body: () => void): unknown;
}

/** Declares the tests of one operation. */
export function describeOperation(
  { describe, it }: Suite,
  op: Operation,
): void {
  describe(`the proof of ${op.name}()`, () => {
    for (const name of linksOf(op)) {
      it(name, () => {
        const failures = prove(op, name).flatMap((
          { failures, target, figure = 0, bound },
        ) =>
          failures.length > 0 || figure <= bound ? failures : [
            `${op.file}: ${target} is off by ${figure}, and ${bound} is allowed`,
          ]
        );
        if (failures.length > 0) throw new Error(failures.join("\n"));
      });
    }
  });
}
