// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { verdictsOf } from "./pages/wrong.ts";
import { WRONG } from "./wrong/formulas.ts";

describe("what is wrong in public", () => {
  for (const entry of WRONG) {
    const { title, wrong, right, source } = entry;
    it(`${title} is refuted, and its mend holds`, () => {
      const found = verdictsOf(entry, wrong)
        .filter(({ verdict }) => verdict === "wrong");
      assert(found.length > 0);
      for (const { counterexample } of found) {
        if (counterexample === undefined) continue;
        assertNotEquals(counterexample.page, counterexample.calculus);
      }
      const held = verdictsOf(entry, right);
      assert(held.length > 0);
      assertEquals(
        held.map(({ verdict }) => verdict),
        held.map(() => "holds"),
      );
      assertEquals(new URL(source.url).protocol, "https:");
    });
  }
});
