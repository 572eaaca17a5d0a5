// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import sumGoldens from "../ops/goldens/sum.json" with { type: "json" };
import { decodeGoldens } from "../ops/goldens/goldens.ts";
import blockedText from "../ops/kernels/blocked.ts" with { type: "text" };
import simdText from "../ops/kernels/simd.as.ts" with { type: "text" };
import threadedText from "../ops/kernels/threaded.ts" with { type: "text" };
import matmulText from "../ops/products/matmul.ts" with { type: "text" };
import { LINK_NAMES, prove } from "../ops/proof/chain.ts";
import gradcheckText from "../ops/gradcheck.ts" with { type: "text" };
import { operation } from "../ops/proof/operation.ts";
import { formulasOf, type Report, toJson } from "../ops/proof/report.ts";
import * as sum from "../ops/reductions/sum.ts";
import sumText from "../ops/reductions/sum.ts" with { type: "text" };
import tensorText from "../ops/tensor.ts" with { type: "text" };
import { parse } from "./html.ts";
import { linesOf, markOf, showFigure } from "./literate/mark.ts";
import { Builder, firstSentence } from "./literate/page.ts";
import { chainFigure, chainOf, proofSection } from "./literate/proof.ts";
import { blocksOf, Prose } from "./literate/prose.ts";
import { readSource, splitTags } from "./literate/source.ts";

const MODULES = {
  "ops/kernels/blocked.ts": blockedText,
  "ops/kernels/simd.as.ts": simdText,
  "ops/kernels/threaded.ts": threadedText,
  "ops/products/matmul.ts": matmulText,
  "ops/gradcheck.ts": gradcheckText,
  "ops/reductions/sum.ts": sumText,
  "ops/tensor.ts": tensorText,
};

const op = operation(
  "ops/reductions/sum.ts",
  sumText,
  sum,
  decodeGoldens(sumGoldens),
);
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

  it("takes a first comment as the page where none is marked", () => {
    const { page } = readSource(
      "ops/a.as.ts",
      "// Copyright 2026.\n\n// What it\n// is.\n\n@inline function f(): void {}\n",
    );
    assertEquals(page, { from: 3, to: 4, text: "What it\nis." });
  });

  it("refuses a module that says nothing, and one that is none", () => {
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
  it("tells headings, formulas, code and text apart", () => {
    const text =
      "# T\nA\nb.\n\n- c\n\n  d\n- e\n\n```math\nZ\n\n```\nf\n```ts\n# no\n```";
    const blocks = blocksOf({ from: 1, to: 17, text });
    assertEquals(blocks.map(({ kind, from, to }) => [kind, from, to]), [
      ["heading", 1, 1],
      ["text", 2, 3],
      ["text", 5, 8],
      ["math", 10, 13],
      ["text", 14, 14],
      ["code", 15, 17],
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
      assertStringIncludes(
        text,
        `Line ${formula.line} of ops/reductions/sum.ts`,
      );
      for (const { kind, runs } of formula.statements) {
        for (const { link, sizes, values, figure, bound } of runs) {
          assertStringIncludes(
            text,
            `${sizes} size`.repeat(link === "page = code" && sizes > 1 ? 1 : 0),
          );
          if (kind === "definition" || kind === "shape") continue;
          assertStringIncludes(text, `${link}: ${values} `);
          assertStringIncludes(text, `difference ${showFigure(figure)}`);
          if (link === "page = code") {
            assertStringIncludes(text, `at most ${showFigure(bound)} allowed`);
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
          { ...code, values: 12, sizes: 1, figure: 3e-16, bound: 4e-15 },
          { ...calculus, values: 9, exact: 8, figure: 1e-16, bound: 1e-12 },
          { ...calculus, values: 1, exact: 1 },
        ],
      }),
      [
        "page = code: 12 values at 1 size, random inputs; largest difference 3 · 10⁻¹⁶, at most 4 · 10⁻¹⁵ allowed.",
        "page = calculus: 9 expressions, 8 equal by algebra, the others at a random point; largest difference 10⁻¹⁶, at most 10⁻¹² allowed.",
        "page = calculus: 1 expression, equal by algebra; largest difference 0.",
      ],
    );
  });

  it("says of a definition that it is one", () => {
    const shape = formulas.find(({ statements }) =>
      statements[0]?.kind === "definition"
    )!;
    const { button, tip } = markOf(shape)!;
    assertStringIncludes(button, "checked: A definition");
    assertStringIncludes(tip, "A definition: the shape of a symbol");
    assertStringIncludes(
      tip,
      `at all ${shape.statements[0].runs[0].sizes} sizes tried`,
    );
  });

  it("opens what it tells, by its id", () => {
    const { button, tip } = markOf(
      formulas.find((f) => f.statements.length > 0)!,
    )!;
    const [, id] = /popovertarget="([^"]+)"/.exec(button)!;
    assertStringIncludes(tip, `id="${id}" popover `);
  });
});

/** The page of the sum, with what stands beside its sections. */
function sumPage(text = sumText, marks = formulas) {
  const builder = new Builder(readSource("ops/reductions/sum.ts", text), {
    href: (name) => /^sum/.test(name) ? `#${name}` : undefined,
    api: (name) => `../api/sum/~/${name}.html`,
    formulas: marks,
    figure: "<svg></svg>",
    functionOf: (section) => section === "Forward" ? "sum" : undefined,
  });
  const page = builder.build();
  return { ...page, $: parse(page.main) };
}

describe("Builder", () => {
  const { title, description, $ } = sumPage();

  it("takes title and description from the module", () => {
    assertEquals([title, description], [
      "Sum",
      "Adds up all elements of a tensor of any rank.",
    ]);
  });

  it("has an anchor for every line of the file, in order", () => {
    const lines = $("[id]").get().map((e) => e.attribs.id)
      .filter((id) => /^L\d+$/.test(id));
    const count = sumText.trimEnd().split("\n").length;
    assertEquals(lines.length, count);
    assertEquals(new Set(lines).size, count);
  });

  it("shows all of the code once, as it stands in the file", () => {
    const lines = sumText.split("\n");
    for (const line of $(".line[id]")) {
      assertEquals(
        $(line).text().trimEnd(),
        lines[Number(line.attribs.id.slice(1)) - 1],
      );
    }
    const shown = $(".line[id]").text();
    assertStringIncludes(shown, "export function sumDx<S extends Shape");
    assert(!shown.includes("@param"));
  });

  it("puts the code of a function beside its formulas", () => {
    const besides = ["Forward", "Backward"].map((section) =>
      $("section").filter((_, e) => $(e).find("h2").text() === section)
        .find(".code-cell .listing").text()
    );
    assertStringIncludes(besides[0], "y.data[0] = sumOf(X.data);");
    assertStringIncludes(besides[1], "fill(dX.data, dY.data[0]);");
    assert(!besides[0].includes("dX.data"));
  });

  it("marks every fence, and opens something from every mark", () => {
    const fences = sumText.match(/^ \* ```math$/gm)!.length;
    assertEquals($("div.math").length, fences);
    assertEquals($("div.math > .check").length, fences);
    const ids = $("[popover]").get().map((e) => e.attribs.id);
    const targets = $(".check").get().map((e) => e.attribs.popovertarget);
    assertEquals(targets.toSorted(), ids.toSorted());
    assertEquals(new Set(ids).size, ids.length);
    const executed = formulas.filter((f) => f.statements.length > 0).length;
    assertEquals(ids.length, executed);
  });

  it("leads from a function to its API, and from the contents to it", () => {
    assertEquals($("#sumDx a").attr("href"), "../api/sum/~/sumDx.html");
    const contents = $(".contents a").get().map((a) => a.attribs.href);
    assertEquals(contents.slice(0, 2), ["#shapes", "#forward"]);
    assert(contents.includes("#sumDx"));
    for (const href of contents) assertEquals($(href).length, 1);
  });

  it("lists parameters, and shows the example beside them", () => {
    const row = $("#sum").closest(".row");
    assertEquals(row.find("dt").get().map((dt) => $(dt).text()), [
      "O",
      "x",
      "out",
      "TypeError",
      "RangeError",
    ]);
    assertStringIncludes(row.find(".code-cell .sample").text(), "scalar(21)");
  });

  it("fails where a formula was not executed, or is another", () => {
    const without = formulas.map((formula, i) =>
      i === 0 ? { ...formula, statements: [] } : formula
    );
    assertThrows(
      () => sumPage(sumText, without),
      Error,
      "Cannot mark the formula of ops/reductions/sum.ts:8 as the proof must have executed it",
    );
    assertThrows(
      () => sumPage(sumText.replace("$`X`$", "$`Y`$")),
      Error,
      "Cannot mark the formulas of ops/reductions/sum.ts:14 as the page must show those that the proof has read",
    );
  });

  it("fails where a link leads nowhere, and says where", () => {
    const line = (text: string) =>
      sumText.slice(0, sumText.indexOf(text)).split("\n").length;
    const links = {
      "{@linkcode sumDx}": "there is no nope",
      "{@linkcode sum}": "it must name something",
    };
    for (const [link, why] of Object.entries(links)) {
      const error = assertThrows(
        () => sumPage(sumText.replace(link, "{@linkcode nope}")),
        Error,
        why,
      );
      assertMatch(
        error.message,
        new RegExp(`ops/reductions/sum\\.ts:${line(link)} `),
      );
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
    const { html } = prose.render({
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
  const chain = chainOf(report, "sum");
  const html = proofSection(chain, (target) => target, ["X"]);
  const $ = parse(html);

  it("has a row for each link, and a figure for each target in it", () => {
    const rows = $("tbody tr").get();
    assertEquals(
      rows.map((row) => $(row).find(".link-name").text()),
      [...LINK_NAMES],
    );
    for (const link of report.links) {
      const row = rows[LINK_NAMES.indexOf(link.link)];
      const cell = $(row).find("td").eq(link.target === "y" ? 0 : 1);
      if (link.figure === undefined) {
        assertStringIncludes(cell.text(), "no gradient to check");
        continue;
      }
      assertStringIncludes(
        cell.text(),
        `${showFigure(link.figure)} ≤ ${showFigure(link.bound)}`,
      );
      assertMatch(
        cell.text(),
        new RegExp(`\\b${link.values} (value|expression)`),
      );
    }
  });

  it("names the versions and every shape that was tried", () => {
    const { torch, numpy } = report.versions;
    assertStringIncludes(
      $.root().text(),
      `PyTorch\n${torch}`.replace("\n", " "),
    );
    assertStringIncludes($.root().text(), `NumPy ${numpy}`);
    assertStringIncludes($(".sizes").first().text(), "X 2×3");
    assertStringIncludes(chainFigure(chain), "9 links");
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
        () => chainOf({ ...report, links }, "sum"),
        Error,
        "Cannot show the proof of sum as every link must have a figure within its bound: page = code has ",
      );
    });
  }
});
