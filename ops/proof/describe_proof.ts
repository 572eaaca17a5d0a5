// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The proof of an operation as tests, one for each link.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { decodeGoldens } from "../goldens/goldens.ts";
import { LINK_NAMES, prove } from "./chain.ts";
import { notebook } from "./notebook.ts";
import { operation } from "./operation.ts";

/** Declares the tests of the page `file`, which is its module's source text. */
export function describeProof(
  file: string,
  source: string,
  exports: object,
  goldens: unknown,
): void {
  const op = operation(file, source, exports, decodeGoldens(goldens));
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

    const lines = notebook(op);
    if (lines.length === 0) return; // Only the first four were in the notebook.
    it("the notebook's distances, at most twice PyTorch's own", () => {
      assertEquals(lines.length, op.page.inputs.length + 1);
      assertEquals(lines.filter(({ ok }) => !ok), []);
    });
  });
}
