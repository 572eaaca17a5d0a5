// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tableOf } from "./conventions.ts";
import { parse } from "./html.ts";
import { readOps } from "./ops.ts";

const ops = await readOps();
const { html, facts } = tableOf(ops);

describe("the table of conventions", () => {
  const rowsOf = (which: string) => {
    const $ = parse(html);
    return $(`tbody tr${which}`).toArray()
      .filter((row) => $(row).find("td").length > 0)
      .map((row) =>
        [$(row).find("th").text(), $(row).find("td").first().text()].join(
          " at ",
        )
      );
  };

  it("has every special point of every page", () => {
    assertEquals(
      rowsOf(""),
      ops.flatMap(({ name, page }) =>
        page.special.map(({ at }) => `${name} at ${at}`)
      ),
    );
  });

  it("shows those at which a library differs, and hides the others", () => {
    const rows = rowsOf(":not(.agreed)");
    const disputed = ops.flatMap(({ name, page }) =>
      page.special.filter(({ pytorch, jax, tensorflow }) =>
        [pytorch, jax, tensorflow].some(({ says }) =>
          says === "differs" || says === "refuses"
        )
      ).map(({ at }) => `${name} at ${at}`)
    );
    assertEquals(rows, disputed);
    assert(rows.includes("relu at x = NaN"));
    assert(!rows.includes("relu at x = ∞"));
  });

  it("names what a value is of, and links to the page", () => {
    assertMatch(
      html,
      /<a href="\.\.\/\.\.\/ops\/activations\/relu\.ts#special-points">relu<\/a><\/th><td><code>x = NaN<\/code><\/td><td><code>y = NaN, dx = /,
    );
    assert(!html.includes("undefined"));
  });

  it("counts", () => {
    const [count, all, agreed, left] = facts.match(/\d+/g)!.map(Number);
    assertEquals(count, ops.length);
    assertEquals(all, agreed + left);
  });
});
