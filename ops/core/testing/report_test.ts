// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import goldens from "../../goldens/sum.json" with { type: "json" };
import { readGoldens } from "../../goldens/read.ts";
import * as sum from "../../reductions/sum.ts";
import source from "../../reductions/sum.ts" with { type: "text" };
import { type Link, LINK_NAMES, prove } from "../../proof/chain.ts";
import { notebook } from "./notebook.ts";
import { operation } from "../../proof/operation.ts";
import { COLORS, formatProof, formulasOf, PLAIN } from "../../proof/report.ts";
import {
  formatEnd,
  formatNotebook,
  holds,
  type Proof,
  toJson,
} from "./report.ts";

const op = operation(
  "ops/reductions/sum.ts",
  source,
  sum,
  readGoldens(goldens),
);
const proof: Proof = {
  op,
  links: LINK_NAMES.flatMap((name) => prove(op, name)),
  notebook: notebook(op),
};

/** The same proof, with one link and one notebook line that do not hold. */
const broken: Proof = {
  op,
  links: proof.links.map((link, i) =>
    i === 1 ? { ...link, figure: 0.5, failures: ["it does not hold"] } : link
  ),
  notebook: proof.notebook.map((line) => ({ ...line, ours: 1, ok: false })),
};

describe("formatProof()", () => {
  it("has a row for each target and a column for each link", () => {
    const [title, head, ...rows] = formatProof(proof, PLAIN).trimEnd().split(
      "\n",
    );
    assertStringIncludes(title, "sum  ops/reductions/sum.ts, ");
    assertEquals(head.trim().split(/ {2,}/), [...LINK_NAMES]);
    assertEquals(rows.map((row) => row.split(" ")[0]), ["Y", "∂E/∂X"]);
    // Each link has a figure but the gradient check of the output.
    assertEquals(rows.map((row) => row.match(/✓/g)?.length), [5, 6]);
    const columns = rows.map((row) => row.lastIndexOf("✓"));
    assertEquals(columns[0], columns[1]);
  });

  it("marks what does not hold", () => {
    assertStringIncludes(formatProof(broken, PLAIN), "✗ 0.5 ≤ 1");
  });

  it("has colors where they are wanted", () => {
    assertStringIncludes(formatProof(proof, COLORS), "\x1b[32m✓\x1b[0m");
    assertStringIncludes(formatProof(broken, COLORS), "\x1b[31m✗\x1b[0m");
    assert(!formatProof(proof, PLAIN).includes("\x1b"));
  });
});

describe("formatNotebook()", () => {
  it("has the notebook's figures beside ours", () => {
    const text = formatNotebook([proof], PLAIN);
    assertStringIncludes(text, "9.536743e-7");
    assertStringIncludes(text, "1.6184389828183307e-5");
    assert(!text.includes("✗"));
    assertStringIncludes(formatNotebook([broken], PLAIN), "✗ ≤ ");
  });

  it("is empty where the notebook has nothing", () => {
    assertEquals(formatNotebook([{ ...proof, notebook: [] }], PLAIN), "");
  });
});

describe("formatEnd()", () => {
  it("counts what holds and says what does not", () => {
    assertEquals(
      formatEnd([proof], PLAIN),
      "11 of 11 links hold, 2 of 2 notebook distances",
    );
    const lines = formatEnd([broken], PLAIN).split("\n");
    assertEquals(lines[0], "✗ page = code: it does not hold");
    assertStringIncludes(lines[1], "✗ notebook: sum Y is 1 away from PyTorch");
    assertEquals(
      lines.at(-1),
      "10 of 11 links hold, 0 of 2 notebook distances",
    );
  });
});

describe("toJson()", () => {
  it("has every figure", () => {
    const json = JSON.parse(toJson([proof]));
    assertEquals(json.ok, true);
    assertEquals(json.links.length, 12);
    assertEquals(Object.keys(json.versions)[0], "Deno");
    assertEquals(json.notebook.length, 2);
    const none = json.links.filter((link: Link) => link.figure === undefined);
    assertEquals(none.length, 1);
    assertEquals(none[0].link, "code = calculus");
    const endless = proof.links.map((link) => ({ ...link, figure: Infinity }));
    const { links } = JSON.parse(toJson([{ ...proof, links: endless }]));
    assertEquals(links[0].figure, "Infinity");
    assertEquals(JSON.parse(toJson([broken])).ok, false);
  });
});

describe("formulasOf()", () => {
  const tex = String.raw;
  const formulas = formulasOf(proof);
  const lines = source.split("\n");

  it("has every formula of the page, with its place in the module", () => {
    assertEquals(formulas.length, op.page.formulas.length);
    for (const { tex, line, column } of formulas) {
      const first = lines[line - 1].slice(column - 1);
      const text = [first, ...lines.slice(line, line + 5)].join(" ")
        .replaceAll(" * ", " ").replace(/\s+/g, " ");
      assertEquals(text.replace(/^(```math |\$`)/, "").indexOf(tex), 0, text);
    }
  });

  const cases: [string, string, string | undefined][] = [
    [tex`Y_{ik} = \sum_{j=1}^{m} X_{ijk}`, "elements", "Y"],
    [
      tex`\frac{\partial E}{\partial X_{ijk}} = \frac{\partial E}{\partial Y_{ik}}`,
      "elements",
      "∂E/∂X",
    ],
    [tex`n \times m \times p`, "definition", undefined],
  ];
  for (const [tex, kind, target] of cases) {
    it(`knows a formula of the kind "${kind}"`, () => {
      const { statements } = formulas.find((f) => f.tex === tex)!;
      assertEquals(
        statements.map((s) => [s.tex, s.kind, s.target]),
        [[tex, kind, target]],
      );
      for (const { sizes, values } of statements[0].runs) {
        assert(sizes > 0 && values >= sizes);
      }
    });
  }

  it("has no run of a symbol in prose", () => {
    const symbols = formulas.filter(({ tex }) => tex === "X");
    assert(symbols.length > 0);
    assertEquals(symbols.flatMap(({ statements }) => statements), []);
  });

  it("adds up to the figures of the links", () => {
    const runs = formulas.flatMap(({ statements }) => statements)
      .flatMap(({ target, runs }) => runs.map((run) => ({ target, ...run })));
    for (const link of proof.links.slice(0, 4)) {
      const own = runs.filter((run) =>
        run.link === link.link && run.target === link.target
      );
      const sum = own.reduce((sum, { values }) => sum + values, 0);
      assertEquals(sum, link.values);
      assertEquals(Math.max(...own.map(({ figure }) => figure)), link.figure);
      assertEquals(Math.max(...own.map(({ bound }) => bound)), link.bound);
    }
  });
});

describe("holds()", () => {
  it("is true where every link and every distance holds", () => {
    assertEquals([holds(proof), holds(broken)], [true, false]);
  });
});
