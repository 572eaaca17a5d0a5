// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as sigmoid from "../ops/activations/sigmoid.ts";
import sigmoidText from "../ops/activations/sigmoid.ts" with { type: "text" };
import sigmoidGoldens from "../ops/goldens/sigmoid.json" with { type: "json" };
import { readGoldens } from "../ops/goldens/read.ts";
import blockedText from "../ops/kernels/blocked.ts" with { type: "text" };
import simdText from "../ops/kernels/simd.as.ts" with { type: "text" };
import threadedText from "../ops/kernels/threaded.ts" with { type: "text" };
import matmulText from "../ops/products/matmul.ts" with { type: "text" };
import { LINK_NAMES, prove } from "../ops/proof/chain.ts";
import gradcheckText from "../ops/gradcheck.ts" with { type: "text" };
import { operation } from "../ops/proof/operation.ts";
import { type Report, toJson } from "../ops/core/testing/report.ts";
import { formulasOf } from "../ops/proof/report.ts";
import tensorText from "../ops/tensor.ts" with { type: "text" };
import { parse } from "./html.ts";
import { linesOf, markOf, showFigure } from "./literate/mark.ts";
import { Builder, firstSentence } from "./literate/page.ts";
import { chainOf, chainTicks, proofSection } from "./literate/proof.ts";
import { blocksOf, Prose } from "./literate/prose.ts";
import { readSource, splitTags } from "./literate/source.ts";

const MODULES = {
  "ops/kernels/blocked.ts": blockedText,
  "ops/kernels/simd.as.ts": simdText,
  "ops/kernels/threaded.ts": threadedText,
  "ops/products/matmul.ts": matmulText,
  "ops/gradcheck.ts": gradcheckText,
  "ops/activations/sigmoid.ts": sigmoidText,
  "ops/tensor.ts": tensorText,
};

const FILE = "ops/activations/sigmoid.ts";
const op = operation(FILE, sigmoidText, sigmoid, readGoldens(sigmoidGoldens));
const proof = {
  op,
  links: LINK_NAMES.flatMap((name) => prove(op, name)),
  notebook: [],
};
const formulas = formulasOf(proof);
const report: Report = JSON.parse(toJson([proof]));

/** A module with a comment that says what it is. */
const module = (code: string) =>
  `// Copyright 2026.\n\n/** What it is.\n *\n * @module\n */\n\n${code}`;

/** What is said, and the code that it is said of, line for line. */
function pieces(code: string) {
  const { pieces, lines } = readSource("ops/a.ts", module(code));
  return pieces.map(({ comment, code }) => [
    comment?.text,
    code && lines.slice(code.from - 1, code.to).join("\n"),
  ]);
}

describe("readSource()", () => {
  for (const [path, text] of Object.entries(MODULES)) {
    it(`has every line of ${path} once, as prose or as code`, () => {
      const { page, pieces, lines } = readSource(path, text);
      const seen = new Map<number, number>();
      const see = (from: number, to: number) => {
        for (let n = from; n <= to; n++) seen.set(n, (seen.get(n) ?? 0) + 1);
      };
      see(page.from, page.to);
      for (const { comment, code } of pieces) {
        if (comment) see(comment.from, comment.to);
        if (code) see(code.from, code.to);
      }
      lines.forEach((line, i) => {
        const expected = line === "" || /^\/\/ Copyright/.test(line) ? 0 : 1;
        assert((seen.get(i + 1) ?? 0) >= expected, `line ${i + 1}: ${line}`);
        assert((seen.get(i + 1) ?? 0) <= 1, `line ${i + 1} twice`);
      });
    });

    it(`has the comments of ${path} word for word`, () => {
      const { page, pieces, lines } = readSource(path, text);
      for (
        const { from, to, text } of [
          page,
          ...pieces.flatMap((p) => p.comment ?? []),
        ]
      ) {
        const own = text.split("\n");
        assertEquals(own.length, to - from + 1);
        own.forEach((line, i) =>
          assertStringIncludes(lines[from - 1 + i], line)
        );
      }
    });
  }

  it("cuts a function where it says something", () => {
    assertEquals(
      pieces(
        "/** Adds. */\nfunction f(x) {\n  g();\n  // First\n  // this.\n  h(); // Beside.\n}\n",
      ),
      [
        ["Adds.", "function f(x) {\n  g();"],
        ["First\nthis.", "  h(); // Beside.\n}"],
      ],
    );
  });

  it("leaves what is for tools, or all of a block, in the code", () => {
    const code =
      "// deno-fmt-ignore\nconst a = 1;\ntry {\n  b();\n} catch {\n  // It may fail.\n}";
    assertEquals(pieces(code), [[undefined, code]]);
  });

  it("leaves what only looks like a comment in the code", () => {
    const code = "const a = `\n// no\n/** no */\n${b}`;";
    assertEquals(pieces(code), [[undefined, code]]);
  });

  it("joins a comment and its code across an empty line", () => {
    assertEquals(pieces("// Both of these.\n\nconst a = 1;\n\nconst b = 2;"), [
      ["Both of these.", "const a = 1;"],
      [undefined, "const b = 2;"],
    ]);
  });

  it("knows what is declared, and what is imported", () => {
    const { declarations, imports } = readSource(
      "ops/kernels/a.ts",
      module(
        'import { x } from "../b.ts";\n\nexport const y = 1;\n\nexport function f(\n): void {\n}\n\ninterface I {}',
      ),
    );
    assertEquals(declarations.map(({ name, exported }) => [name, exported]), [
      ["y", true],
      ["f", true],
      ["I", false],
    ]);
    assertEquals(declarations[1].signature, declarations[1].from + 1);
    assertEquals(imports, [{ path: "ops/b.ts", names: ["x"] }]);
  });

  it("knows what a signature declares, and its loops", () => {
    const { signature, lines } = readSource(FILE, sigmoidText);
    const { head, forward, backward } = signature!;
    const first = ({ from }: { from: number }) => lines[from - 1].trim();
    const last = ({ to }: { to: number }) => lines[to - 1];
    assertMatch(first(head), /^export const signature: Signature = op\(/);
    assertEquals(signature!.name, "sigmoid");
    assertEquals(first(forward.lines), "forward({ x, y, n }) {");
    assertEquals(first(backward!.lines), "backward({ x, dy, dx, n }) {");
    assertEquals([last(forward.lines), last(backward!.lines)], [
      "  },",
      "  },",
    ]);
    assert(head.to < forward.lines.from);
    assertEquals(readSource("ops/a.ts", module("f();")).signature, undefined);
  });

  it("takes a first comment as the page where none is marked", () => {
    const { page } = readSource(
      "ops/a.as.ts",
      "// Copyright 2026.\n\n// What it\n// is.\n\n@inline function f(): void {}\n",
    );
    assertEquals(page, { from: 3, to: 4, text: "What it\nis." });
  });

  it("refuses a module that says nothing, and what is no module", () => {
    assertThrows(
      () => readSource("ops/a.ts", "// Copyright 2026.\n\nf();\n"),
      SyntaxError,
      "Cannot make a page of ops/a.ts as a comment must say",
    );
    assertThrows(
      () => readSource("ops/a.ts", "function ("),
      SyntaxError,
      "Cannot make a page of ops/a.ts as it must be TypeScript: ",
    );
  });
});

describe("splitTags()", () => {
  it("splits at the tags, each with its lines", () => {
    const { body, tags } = splitTags({
      from: 10,
      to: 19,
      text:
        "Says\nit.\n\n@param x The\nfirst.\n@throws {TypeError} If not.\n@example Usage\n```ts\n@not a tag\n```",
    });
    assertEquals(body, { from: 10, to: 12, text: "Says\nit.\n" });
    assertEquals(tags, [
      {
        tag: "param",
        name: "x",
        comment: { from: 13, to: 14, text: "The\nfirst." },
      },
      {
        tag: "throws",
        name: "TypeError",
        comment: { from: 15, to: 15, text: "If not." },
      },
      {
        tag: "example",
        name: "",
        comment: { from: 16, to: 19, text: "Usage\n```ts\n@not a tag\n```" },
      },
    ]);
  });
});

describe("blocksOf()", () => {
  it("tells headings, formulas, code, tables and text apart", () => {
    const text =
      "# T\nA\nb.\n\n- c\n\n  d\n- e\n\n```math\nZ\n\n```\nf\n```ts\n# no\n```\n\n| a |\n| - |";
    const blocks = blocksOf({ from: 1, to: 20, text });
    assertEquals(blocks.map(({ kind, from, to }) => [kind, from, to]), [
      ["heading", 1, 1],
      ["text", 2, 3],
      ["text", 5, 8],
      ["math", 10, 13],
      ["text", 14, 14],
      ["code", 15, 17],
      ["table", 19, 20],
    ]);
  });
});

describe("firstSentence()", () => {
  it("ends at a full stop, not at a point in a name", () => {
    assertEquals(
      firstSentence("Reads `a.ts`, at\nonce. Then more."),
      "Reads `a.ts`, at once.",
    );
    assertEquals(firstSentence("As follows:"), "As follows:");
  });
});

describe("showFigure()", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [1, "1"],
    [0.183, "0.18"],
    [2.2e-14, "2.2 · 10⁻¹⁴"],
    [1e-12, "10⁻¹²"],
    [1.26e5, "1.3 · 10⁵"],
  ];
  for (const [x, text] of cases) {
    it(`shows ${x} as ${text}`, () => assertEquals(showFigure(x), text));
  }
});

describe("markOf()", () => {
  it("marks what was executed, and nothing else", () => {
    for (const formula of formulas) {
      assertEquals(
        markOf(formula) === undefined,
        formula.statements.length === 0,
      );
    }
  });

  it("says what the report says of each formula", () => {
    const marked = formulas.filter(({ statements }) => statements.length > 0);
    assert(marked.length > 5);
    for (const formula of marked) {
      const { tip } = markOf(formula)!;
      const text = parse(tip).root().text();
      assertStringIncludes(text, `Line ${formula.line} of ${FILE}`);
      for (const { kind, runs } of formula.statements) {
        for (const { link, sizes, values, figure, bound, exact } of runs) {
          if (bound === 0) continue;
          if (kind === "shape") continue;
          assertStringIncludes(
            text,
            `${link}: ${values} values at ${sizes} size`,
          );
          if (exact !== values) {
            assertStringIncludes(
              text,
              `difference ${showFigure(figure)}`
                .replace(
                  "difference",
                  exact === undefined ? "difference is" : "difference",
                ),
            );
          }
        }
      }
    }
  });

  it("says other figures where the report has others", () => {
    const formula = formulas.find(({ statements }) =>
      statements[0]?.kind === "elements"
    )!;
    const [statement] = formula.statements;
    const [code, calculus] = statement.runs;
    assertEquals(
      linesOf({
        ...statement,
        runs: [
          { ...code, values: 12, sizes: 1, figure: 0.31 },
          { ...calculus, values: 9, sizes: 2, exact: 8, figure: 1e-77 },
          { ...calculus, values: 1, sizes: 2, exact: 1 },
        ],
      }),
      [
        "page = code: 12 values at 1 size, random and special inputs; the largest difference is 0.31 of what rounding allows.",
        "page = calculus: 9 values at 2 sizes, in 64 digits; largest difference 10⁻⁷⁷, at most 10⁻⁵⁰ allowed.",
        "page = calculus: 1 value at 2 sizes, in 64 digits; all are equal.",
      ],
    );
  });

  it("says of a definition that it is one", () => {
    const shape = formulas.find(({ statements }) =>
      statements[0]?.kind === "definition"
    )!;
    const { button, tip } = markOf(shape)!;
    assertStringIncludes(button, "def.");
    assertStringIncludes(tip, "A definition: the shape of a symbol");
    assertStringIncludes(
      tip,
      `at all ${shape.statements[0].runs[0].sizes} sizes tried`,
    );
    const [statement] = shape.statements;
    assertMatch(
      linesOf({ ...statement, tex: "f(x) = x" })[0],
      /^Nothing to compare: other formulas were executed with it/,
    );
    const symbol = formulas.flatMap(({ statements }) => statements)
      .find(({ tex }) => tex === "a_i = e^{-|X_i|}")!;
    assertMatch(linesOf(symbol)[0], /^page = code: \d+ values at/);
  });

  it("opens what it tells, by its id", () => {
    const { button, tip } = markOf(
      formulas.find((f) => f.statements.length > 0)!,
    )!;
    const [, id] = /popovertarget="([^"]+)"/.exec(button)!;
    assertStringIncludes(tip, `id="${id}" popover `);
  });
});

/** The page of the sigmoid, with what is beside its sections. */
function sigmoidPage(text = sigmoidText, marks = formulas) {
  const builder = new Builder(readSource(FILE, text), {
    href: (name) => /^sigmoid/.test(name) ? `#${name}` : undefined,
    api: (name) => `../api/sigmoid/~/${name}.html`,
    formulas: marks,
    answer: "<p>Answer.</p>",
    after: (section) => section === "Cost" ? "<p>After.</p>" : "",
  });
  const page = builder.build();
  return { ...page, $: parse(page.main) };
}

describe("Builder", () => {
  const { title, description, $ } = sigmoidPage();

  it("takes title and description from the module", () => {
    assertEquals([title, description], [
      "Sigmoid",
      "Maps each element to a number between 0 and 1, with the logistic function.",
    ]);
  });

  it("makes formulas of a description plain text", () => {
    const text = sigmoidText.replace(
      "a number between",
      () => "$`\\frac{a}{b}`$ between",
    );
    assertMatch(
      sigmoidPage(text, []).description,
      /^Maps each element to a\/b between/,
    );
  });

  it("has an anchor for every line of the file, in order", () => {
    const lines = $("[id]").get().map((e) => e.attribs.id)
      .filter((id) => /^L\d+$/.test(id));
    const count = sigmoidText.trimEnd().split("\n").length;
    assertEquals(lines.length, count);
    assertEquals(new Set(lines).size, count);
  });

  it("shows all of the code once, as it is in the file", () => {
    const lines = sigmoidText.split("\n");
    for (const line of $(".line[id]")) {
      assertEquals(
        $(line).text().trimEnd(),
        lines[Number(line.attribs.id.slice(1)) - 1],
      );
    }
    const shown = $(".line[id]").text();
    assertStringIncludes(shown, "export function sigmoidDx<S extends Shape");
    assert(!shown.includes("@param"));
  });

  const section = (title: string) =>
    $("section").filter((_, e) => $(e).find("h2").text() === title);

  it("puts the parts of the signature beside what they compute", () => {
    const [shapes, forward, backward] = ["Shapes", "Forward", "Backward"]
      .map((title) => section(title).find(".code-cell .listing").text());
    assertStringIncludes(shapes, 'inputs: { x: "n…" },');
    assert(!shapes.includes("forward"));
    assertStringIncludes(forward, "// Yᵢ = 1 ∕ (1 + aᵢ)");
    assertStringIncludes(backward, "dx[i] = dy[i] * ");
  });

  it("leaves no half of a row empty", () => {
    const example = section("Example").find("pre");
    assertEquals(example.length, 1);
    assertEquals(example.closest(".prose-cell").length, 1);
    const beside = $("section:not(.code-section) .row.paired > .prose-cell");
    assert(beside.length > 2);
    for (const cell of beside.get()) assertMatch($(cell).text(), /\S/);
  });

  it("gives the special points the whole width, and a section its end", () => {
    const table = section("Special points").find(".wide table");
    assertEquals(table.find("tbody tr").length, op.page.special.length);
    assertEquals(table.find("td.same").first().text(), "same");
    assertMatch(section("Cost").text(), /After\.\s*$/);
  });

  it("marks every fence, and opens something from every mark", () => {
    const fences = sigmoidText.match(/^ \* ```math$/gm)!.length;
    assertEquals($(".equations, div.math.checked").length, fences);
    assertEquals($(":is(.equations, div.math) > .check").length, fences);
    const ids = $("[popover]").get().map((e) => e.attribs.id);
    const targets = $(".check").get().map((e) => e.attribs.popovertarget);
    assertEquals(targets.toSorted(), ids.toSorted());
    assertEquals(new Set(ids).size, ids.length);
    const executed = formulas.filter((f) => f.statements.length > 0).length;
    assertEquals(ids.length, executed);
  });

  it("leads from a function to its API, and from the contents to it", () => {
    assertEquals(
      $("#sigmoidDx a").attr("href"),
      "../api/sigmoid/~/sigmoidDx.html",
    );
    const contents = $(".contents a").get().map((a) => a.attribs.href);
    assertEquals(contents.slice(0, 2), ["#shapes", "#forward"]);
    assert(contents.includes("#sigmoidDx"));
    for (const href of contents) assertEquals($(href).length, 1);
  });

  it("lists parameters, and shows the example beside them", () => {
    const row = $("#sigmoid").closest(".row");
    assertEquals(row.find("dt").get().map((dt) => $(dt).text()), ["x"]);
    assertStringIncludes(row.find(".code-cell .sample").text(), "[0, 1000]");
  });

  it("fails where a formula was not executed, or is another", () => {
    const without = formulas.map((formula, i) =>
      i === 0 ? { ...formula, statements: [] } : formula
    );
    assertThrows(
      () => sigmoidPage(sigmoidText, without),
      Error,
      `Cannot mark the formula of ${FILE}:9 as the proof must have executed it`,
    );
    assertThrows(
      () => sigmoidPage(sigmoidText.replace("$`X`$", "$`Y`$")),
      Error,
      `Cannot mark the formulas of ${FILE}:15 as the page must show those that the proof has read`,
    );
  });

  it("fails where a link leads nowhere, and says where", () => {
    for (const link of ["{@linkcode sigmoidDx}", "{@linkcode sigmoid}"]) {
      const line = sigmoidText.slice(0, sigmoidText.indexOf(link))
        .split("\n").length;
      const error = assertThrows(
        () => sigmoidPage(sigmoidText.replace(link, "{@linkcode nope}")),
        Error,
        "it must name something",
      );
      assertStringIncludes(error.message, `${FILE}:${line} `);
    }
  });
});

describe("Prose", () => {
  it("resolves the links of JSDoc, and the names of modules", () => {
    const prose = new Prose(
      readSource("ops/a.ts", module("f();")),
      (name) => ({ f: "#f", "matmul": "m.html", "b.ts": "b.html" })[name],
      [],
    );
    const html = prose.render({
      from: 1,
      to: 1,
      text: "{@linkcode f}, {@link [matmul] the product}, `b.ts`, `c.ts`",
    });
    assertEquals(
      html,
      '<p><a href="#f"><code>f</code></a>, <a href="m.html">the product</a>, <a href="b.html"><code>b.ts</code></a>, <code>c.ts</code></p>',
    );
  });
});

describe("the proof on the page", () => {
  const chain = chainOf(report, "sigmoid");
  const html = proofSection(chain, (target) => target, ["X"]);
  const $ = parse(html);

  it("has a verdict for each link, and a figure for each target below it", () => {
    const rows = $(".verdicts > li").get();
    for (const row of rows) assertMatch($(row).find(".verdict").text(), /\.$/);
    assertEquals(
      rows.map((row) => $(row).find("details .link-name").text()),
      [...LINK_NAMES],
    );
    for (const link of report.links) {
      const row = rows[LINK_NAMES.indexOf(link.link)];
      const cell = $(row).find("td").eq(link.target === "Y" ? 0 : 1);
      if (link.figure === undefined) {
        assertStringIncludes(cell.text(), "no gradient to check");
        continue;
      }
      assertStringIncludes(
        cell.text(),
        link.link === "code = convention"
          ? `${op.page.special.length} rows`
          : `${showFigure(link.figure)} ≤ ${showFigure(link.bound)}`,
      );
      assertStringIncludes(cell.text(), `${link.values} value`);
    }
  });

  it("names the versions and every shape that was tried", () => {
    for (const [name, version] of Object.entries(report.versions)) {
      assertStringIncludes($.root().text(), `${name} ${version}`);
    }
    assertStringIncludes($(".sizes").first().text(), "X 2");
    const ticks = parse(chainTicks(chain));
    assertEquals(ticks("li").length, LINK_NAMES.length);
    assertEquals(ticks("a").attr("href"), "#proof");
  });

  const broken: [string, (link: Report["links"][number]) => object][] = [
    ["fails", () => ({ failures: ["no"] })],
    ["is above its bound", ({ bound }) => ({ figure: 2 * bound + 1 })],
    ["has no figure", () => ({ figure: undefined })],
    ["was tried on nothing", () => ({ values: 0 })],
    ["is of another target", () => ({ target: "∂E/∂W" })],
  ];
  for (const [what, change] of broken) {
    it(`stops the build where a link ${what}`, () => {
      const links = report.links.map((link, i) =>
        i === 1 ? { ...link, ...change(link) } : link
      );
      assertThrows(
        () => chainOf({ ...report, links }, "sigmoid"),
        Error,
        "Cannot show the proof of sigmoid as every link must have a figure within its bound: page = code has ",
      );
    });
  }
});
