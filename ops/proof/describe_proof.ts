// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The proof of an operation as tests, one for each link.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readGoldens } from "../goldens/read.ts";
import { LINK_NAMES, prove } from "./chain.ts";
import { operation } from "./operation.ts";

/** Declares the tests of the page `file`, which is its module's source text. */
export function describeProof(
  file: string,
  source: string,
  exports: object,
  goldens: unknown,
): void {
  const op = operation(file, source, exports, readGoldens(goldens));
  describe(`the proof of ${op.name}()`, () => {
    for (const name of LINK_NAMES) {
      it(name, () => {
        const links = prove(op, name);
        assertEquals(links.flatMap(({ failures }) => failures), []);
        const above = links.filter(({ figure = 0, bound }) =>
          !(figure <= bound)
        );
        assertEquals(above, []);
      });
    }
  });
}
