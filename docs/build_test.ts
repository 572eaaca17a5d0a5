// Copyright 2026 the Adjoint authors. MIT license.

import {
  assertEquals,
  assertFalse,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import MiniSearch from "npm:minisearch@7.2.0";
import {
  highlightCode,
  mendLinks,
  mendMarkup,
  mendUsage,
  renameTwins,
} from "./api_html.ts";
import { type Address, addressOf, fileAt } from "./address.ts";
import { check, firstPageSize, locate, show } from "./check.ts";
import { finish } from "./finish.ts";
import { parse } from "./html.ts";
import { layout } from "./layout.ts";
import { renderMarkdown } from "./markdown.ts";
import { copies } from "./pages/api.ts";
import { missing } from "./pages/missing.ts";
import { releasesOf, versions } from "./pages/versions.ts";
import { linkFiles, places } from "./places.ts";
import { serve } from "./serve.ts";
import { keepVersions, published } from "./versions.ts";
import { readReport } from "./proof.ts";
import { entries, searchScript } from "./search_index.ts";
import { type Entry, excerpt, find, mark, OPTIONS } from "./search.ts";
import { type Page, type Project, relative } from "./site.ts";
import { checkFormulas } from "./sources.ts";
import { bindPunctuation, plainTex, typeset } from "./typeset.ts";

/** The page as a reader sees it, and the TeX of its formulas in their order. */
function typesetHtml(html: string) {
  const $ = parse(html);
  const count = typeset($, "page.html");
  const page = $.html();
  const formulas = $("annotation").get().map((e) => $(e).text());
  assertEquals(count, formulas.length);
  $(".math-inline").replaceWith("●");
  $(".math").replaceWith("■");
  return { page, formulas, rest: $.html() };
}

const display = (tex: string) =>
  `<pre><code class="language-math" data-math-style="display">${tex}\n</code></pre>`;

describe("typeset()", () => {
  it("typesets a math fence on a line of its own", () => {
    const { page, formulas, rest } = typesetHtml(display("Z = X Y"));

    assertEquals(formulas, ["Z = X Y"]);
    assertEquals(rest, "■");
    assertStringIncludes(page, '<div class="math" data-tex="Z = X Y">');
    assertStringIncludes(page, "<math");
    assertStringIncludes(page, "katex-html");
  });

  it("typesets a math fence whose info string goes on", () => {
    const html =
      '<pre class="highlight"><code class="language-math">q\n</code><button data-copy="q\n"></button></pre>';

    assertEquals(typesetHtml(html).rest, "■");
  });

  it("typesets several inline formulas and keeps what is beside them", () => {
    const { formulas, rest } = typesetHtml(
      "<td>($<code>X</code>$), <b>$<code>Y_{ij}</code>$</b>: $<code>a</code>$$<code>b</code>$-th.</td>",
    );

    assertEquals(formulas, ["X", "Y_{ij}", "a", "b"]);
    assertEquals(rest, "<td>(●), <b>●</b>: ●●-th.</td>");
  });

  it("keeps a formula on one line with the punctuation beside it", () => {
    const $ = parse(
      "<p>of (all $<code>i</code>$-th &lt;$<code>j</code>$&gt;, or</p>",
    );
    typeset($, "page.html");
    bindPunctuation($);
    $(".math-inline").replaceWith("●");

    assertEquals(
      $.html(),
      '<p>of (all <span class="nobreak">●-th</span> <span class="nobreak">&lt;●&gt;,</span> or</p>',
    );
  });

  it("decodes entities in formulas", () => {
    const { formulas } = typesetHtml(
      `${
        display("\\begin{matrix} a &amp; b \\end{matrix}")
      }<p>$<code>c &lt; d</code>$</p>`,
    );

    assertEquals(formulas, ["\\begin{matrix} a & b \\end{matrix}", "c < d"]);
  });

  it("keeps the entities around formulas", () => {
    assertEquals(
      typesetHtml("<p>a &lt; &amp;amp; $<code>x</code>$ &gt; ∂</p>").rest,
      "<p>a &lt; &amp;amp; ● &gt; ∂</p>",
    );
  });

  it("leaves code alone that only has dollar signs in it or near it", () => {
    for (
      const html of [
        "<p><code>$</code>x<code>$</code></p>",
        "<p>costs $5 or <code>$HOME</code> or $6</p>",
        "<p>$<code>open</code> end</p>",
        "<p>start <code>close</code>$</p>",
        '<pre><code class="language-ts">`${x}`; // $`y`$ \\frac\n</code></pre>',
        "<pre>$<code>shown</code>$</pre>",
      ]
    ) {
      assertEquals(typesetHtml(html).page, html);
    }
  });

  it("typesets the table of contents, and makes titles plain text", () => {
    const { rest } = typesetHtml(
      '<nav class="documentNavigation"><a href="#a" title="By $\\frac{\\partial E}{\\partial X}$">By $\\frac{\\partial E}{\\partial X}$ &amp; $5</a></nav>',
    );

    assertEquals(
      rest,
      '<nav class="documentNavigation"><a href="#a" title="By ∂E/∂X">By ● &amp; $5</a></nav>',
    );
  });

  it("gives headings an id without TeX, and their links with it", () => {
    const { rest } = typesetHtml(
      '<h2 id="by-$x^\\mathsft$"><a href="#by-$x^\\mathsft$"></a>By $<code>X^{\\mathsf{T}}</code>$</h2>',
    );

    assertEquals(rest, '<h2 id="by-xt"><a href="#by-xt"></a>By ●</h2>');
  });

  it("fails on a formula that KaTeX refuses, and quotes it", () => {
    for (const tex of ["\\frac{a", "\\unknown", "a ∑ \\text{é} % open"]) {
      for (const html of [display(tex), `<p>$<code>${tex}</code>$</p>`]) {
        const error = assertThrows(
          () => typesetHtml(html),
          SyntaxError,
          "Cannot typeset page.html as KaTeX must accept every formula: ",
        );
        assertStringIncludes(error.message, tex);
        assertMatch(error.message, /KaTeX parse error|LaTeX-incompatible/);
      }
    }
  });
});

describe("plainTex()", () => {
  const cases = {
    "The $x$ of $m \\times n$.": "The x of m × n.",
    "$\\frac{\\partial E}{\\partial X_{ij}} = Y_{ic} X$": "∂E/∂Xᵢⱼ = Y_(ic) X",
    "$\\left( \\frac{\\partial E}{\\partial Y} \\right)^{\\mathsf{T}} X$":
      "(∂E/∂Y)ᵀ X",
    "$\\sum_{i=1}^{n} \\sqrt{a_i + 1}, 10^{-2}$": "∑ᵢ₌₁ⁿ √(aᵢ + 1), 10⁻²",
    "$2Npk (X Y)_{ij}$": "2Npk(XY)ᵢⱼ",
    "$5 or $6": "$5 or $6",
    "a $ b $ c": "a $ b $ c",
  };
  for (const [text, plain] of Object.entries(cases)) {
    it(`makes ${plain} of ${text}`, () => {
      assertEquals(plainTex(text, "page.html"), plain);
    });
  }
});

describe("mendLinks()", () => {
  const mend = (html: string, page: string) => {
    const $ = parse(html);
    mendLinks($, page, [".", "./add-bias", "./matmul"]);
    return $.html();
  };
  const a = (href: string) => `<a href="${href}">x</a>`;

  it("points links at files", () => {
    assertEquals(mend(a("../"), "sum/index.html"), a("../index.html"));
    assertEquals(mend(a(""), "index.html"), a("index.html"));
  });

  it("points the name of an entry point at its page, from every page", () => {
    assertEquals(
      mend(a("./matmul"), "api/index.html"),
      a("matmul/index.html"),
    );
    assertEquals(
      mend(a("./add-bias#cost"), "api/sum/~/sum.html"),
      a("../../add-bias/index.html#cost"),
    );
  });

  it("leaves other links alone", () => {
    for (
      const href of ["#cost", "https://a.b/", "mailto:a@b.c", "../x.html#y"]
    ) {
      assertEquals(mend(a(href), "sum/index.html"), a(href));
    }
  });

  it("links the title of a symbol, and nothing inside of it, to its code", () => {
    const button = '<a class="sourceButton" href="file:///x.ts"></a>';
    const $ = parse(
      `<main id="symbol_f"><div class="symbolTitle">${button}</div>${button}</main>`,
    );
    const asked: string[][] = [];
    mendLinks($, "a.html", [], new Map(), (...args) => {
      asked.push(args);
      return "x.html#f";
    });
    assertEquals(asked, [["file:///x.ts", "f"]]);
    assertEquals(
      $.html(),
      '<main id="symbol_f"><div class="symbolTitle"><a class="source" href="x.html#f">Its code, annotated</a></div></main>',
    );
  });

  it("takes away links to the source on the disk, and to no anchor", () => {
    const html =
      '<a class="sourceButton" href="file:///x.ts"></a><a href="#type_param_i">I</a><a href="#type_param_s">S</a><p id="type_param_s"></p>';

    assertEquals(
      mend(html, "index.html"),
      '<span>I</span><a href="#type_param_s">S</a><p id="type_param_s"></p>',
    );
  });
});

describe("mendUsage()", () => {
  const usage = (from: string) =>
    `<div class="usageContent"><code>import { f } from "${from}";</code></div>`;
  const mend = (html: string) => {
    const $ = parse(html);
    mendUsage($, "@a/b", [".", "./matmul"]);
    return $.html();
  };

  it("imports from the package", () => {
    assertEquals(mend(usage("matmul")), usage("@a/b/matmul"));
    assertEquals(mend(usage(".")), usage("@a/b"));
  });

  it("leaves other code alone", () => {
    const html = '<code>import { f } from "matmul";</code>';
    assertEquals(mend(html), html);
  });
});

describe("check()", () => {
  const found = (files: Record<string, string>) =>
    check(new Map(Object.entries(files)))
      .map(({ file, what, excerpt }) => ({ file, what, excerpt }));
  const inPage = (html: string) =>
    found({ "p/page.html": html, "other.html": '<p id="there"></p>' });

  it("passes a page that is typeset", () => {
    const $ = parse(
      `<h2 id="a">A</h2><a href="#a">a</a> <a href="../other.html#there">b</a>
<a href="https://example.com/">c</a> $5 and $6 ${display("\\frac{a}{b}")}
<p>$<code>x^{2}</code>$ <code>$HOME</code> <code>\\n</code></p>
<pre><code>\`\${a}\${b}\` \\frac $x$</code></pre>`,
    );
    typeset($, "p/page.html");

    assertEquals(inPage($.html()), []);
  });

  const tex = {
    "a math fence": display("Z = X"),
    "a math fence of one symbol": display("Z"),
    "an inline formula": "<p>The $<code>x</code>$ of</p>",
    "half an inline formula": "<p>The $<code>x</code> of</p>",
    "the other half": "<p>The <code>x</code>$ of</p>",
    "a formula without dollar signs": "<p>The <code>\\frac{a}{b}</code> of</p>",
    "a bare formula": "<p>The $x_1 + x_2$ of</p>",
    "a bare symbol": "<p>The $x$ of</p>",
    "\\frac in the text": "<p>The \\frac 1 2 of</p>",
    "\\sum in the text": "<p>The \\sum x of</p>",
    "\\mathbb in the text": "<p>The \\mathbb R of</p>",
    "\\partial in the text": "<p>The \\partial x of</p>",
    "a script in the text": "<p>The X_{ij} of</p>",
    "a title": "<title>The $x$</title>",
    "a title attribute": '<a title="The $x$">y</a>',
    "a description": '<meta name="description" content="The \\sum of">',
    "an id": '<h2 id="the-$\\frac12$">y</h2>',
  };
  for (const [what, html] of Object.entries(tex)) {
    it(`finds TeX: ${what}`, () => {
      const [problem, ...more] = inPage(html);
      assertEquals(more, []);
      assertEquals(problem.file, "p/page.html");
      assertEquals(problem.what, "TeX that is not typeset");
      assertMatch(problem.excerpt, /x|X|Z|\\/);
    });
  }

  const network = {
    "a style sheet": '<link rel="stylesheet" href="https://a.b/c.css">',
    "a script": '<script src="//a.b/c.js"></script>',
    "an image": '<img src="http://a.b/c.png" alt="">',
    "a set of images": '<img srcset="//a.b/c.png 1x, //a.b/d.png 2x" alt="">',
    "a style": "<style>p { background: url(https://a.b/c.png) }</style>",
    "an import": '<style>@import "https://a.b/c.css";</style>',
    "a style attribute": "<p style=\"background: url('//a.b/c.png')\"></p>",
  };
  for (const [what, html] of Object.entries(network)) {
    it(`finds the network URL of ${what}`, () => {
      const problems = inPage(html);
      assertFalse(problems.length === 0);
      for (const problem of problems) {
        assertEquals(problem.what, "network URL");
        assertStringIncludes(problem.excerpt, "//a.b/");
      }
    });
  }

  it("finds a network URL, and a missing font, in a style sheet", () => {
    const css = "@font-face { src: url(fonts/a.woff2), url(//a.b/c.woff2) }";

    assertEquals(found({ "k/k.css": css, "k/fonts/a.woff2": "" }), [
      { file: "k/k.css", what: "network URL", excerpt: "//a.b/c.woff2" },
    ]);
    assertEquals(found({ "k/k.css": "p { src: url(fonts/a.woff2) }" }), [
      {
        file: "k/k.css",
        what: "link to a missing file",
        excerpt: "fonts/a.woff2",
      },
    ]);
  });

  const links = {
    "missing.html": "link to a missing file",
    "../p/": "link to a missing file",
    "file:///other.html": "link out of the site",
    "../../other.html": "link out of the site",
    "../other.html#here": "link to a missing anchor",
    "#there": "link to a missing anchor",
  };
  for (const [href, what] of Object.entries(links)) {
    it(`finds the ${what} ${href}`, () => {
      assertEquals(inPage(`<a href="${href}">x</a>`), [
        { file: "p/page.html", what, excerpt: href },
      ]);
    });
  }

  it("finds an id that occurs twice", () => {
    assertEquals(inPage('<i id="a"></i><b id="a"></b>'), [
      { file: "p/page.html", what: "id that is not unique", excerpt: "a" },
    ]);
  });

  it("finds a formula that a screen reader cannot read", () => {
    const $ = parse(display("Z = X Y"));
    typeset($, "p/page.html");
    $(".katex-mathml").remove();

    const [{ what }, ...more] = inPage($.html());
    assertEquals(what, "formula without MathML");
    assertEquals(more, []);
  });

  it("finds a first page of 200 kB, with all it loads but the fonts", () => {
    const page =
      '<link rel="stylesheet" href="a.css"><script src="b.js"></script>';
    const files = (script: number) => ({
      "index.html": page,
      "a.css": "p {}",
      "b.js": " ".repeat(script),
      "later.js": " ".repeat(200_000),
    });
    const rest = page.length + "p {}".length;

    assertEquals(found(files(200_000 - rest)), []);
    const [{ file, excerpt }] = found(files(200_001 - rest));
    assertEquals([file, excerpt], ["index.html", "200001"]);
    assertEquals(
      firstPageSize(new Map(Object.entries(files(1)))),
      rest + 1,
    );
  });
});

describe("locate()", () => {
  it("says where a dead link is, rather in the source of its page", () => {
    const problems = check(
      new Map([[
        "guides/read-a-page.html",
        '<a href="gone.html">x</a> <a href="made-up.html">y</a>',
      ]]),
    );
    const sources = new Map([
      ["docs/guides/other.md", "[x](gone.html)"],
      ["docs/guides/read_a_page.md", "# Read\n\nSee [x](gone.html)."],
    ]);

    assertEquals(
      show(locate(problems, sources)),
      `docs/guides/read_a_page.md:3 (guides/read-a-page.html): link to a missing file: gone.html
guides/read-a-page.html: link to a missing file: made-up.html`,
    );
  });
});

describe("checkFormulas()", () => {
  const module = (line: string) =>
    `// License.\n\n/**\n * # Title\n *\n * ${line}\n *\n * @module\n */\n`;
  const refused = (file: string, text: string, where: string) => {
    const { message } = assertThrows(
      () => checkFormulas(new Map([[file, text]])),
      SyntaxError,
    );
    assertStringIncludes(
      message,
      `Cannot typeset ${where} as KaTeX must accept every formula: `,
    );
    assertStringIncludes(message, "\\frac{a");
    assertStringIncludes(message, "KaTeX parse error");
  };

  it("names file and line of a formula that cannot be typeset", () => {
    refused("ops/a.ts", module("The $`\\frac{a`$."), "ops/a.ts:6");
    refused(
      "ops/a.ts",
      module("Text\n * that goes on\n * with $`\\frac{a`$."),
      "ops/a.ts:8",
    );
    refused(
      "ops/a.ts",
      module("```math\n * \\frac{a\n * ```"),
      "ops/a.ts:6",
    );
    refused(
      "docs/g.md",
      "# G\n\n| a |\n| - |\n| $`\\frac{a`$ |",
      "docs/g.md:5",
    );
    refused(
      "docs/g.md",
      "# G\n\n- a\n\n  ```math\n  \\frac{a\n  ```",
      "docs/g.md:5",
    );
  });

  it("passes formulas that can, and what is not a formula", () => {
    checkFormulas(
      new Map([
        ["ops/a.ts", module("The $`\\frac{a}{b}`$ of `\\frac{a`.")],
        ["docs/g.md", "```ts\n// $`\\frac{a`$\n```"],
      ]),
    );
  });
});

describe("renderMarkdown()", () => {
  it("typesets formulas, and has code line by line", () => {
    const html = renderMarkdown(
      "The $`x < 1`$.\n\n```math\ny\n```\n\n```ts\nconst a = 1;\n```\n",
      "a.md",
    );
    const $ = parse(html);

    assertEquals($(".math-inline").attr("data-tex"), "x < 1");
    assertEquals($(".math").attr("data-tex"), "y");
    assertEquals($(".code > pre .line").text(), "const a = 1;");
  });

  it("takes HTML for text", () => {
    assertStringIncludes(renderMarkdown("a <b>c</b>", "a.md"), "&lt;b&gt;");
  });
});

describe("relative()", () => {
  const cases = [
    ["index.html", "api/index.html", "api/index.html"],
    ["api/linear/index.html", "ops/linear.html", "../../ops/linear.html"],
    ["api/linear/index.html", "api/linear/~/a.html", "~/a.html"],
    ["api/a.html", "api/a.html", "a.html"],
  ];
  for (const [from, to, link] of cases) {
    it(`leads from ${from} to ${to}`, () => {
      assertEquals(relative(from, to), link);
    });
  }
});

describe("renameTwins()", () => {
  it("renames what differs in capitals only, and the function stays", () => {
    const paths = ["a/Tensor.data.html", "a/Tensor.html", "a/tensor.html"];
    const renamed = renameTwins([...paths, "b/tensor.html"]);

    assertEquals(Object.fromEntries(renamed), {
      "a/Tensor.html": "a/Tensor-2.html",
    });
    const $ = parse('<a href="../Tensor.html#x">x</a>');
    mendLinks($, "a/b/c.html", [], renamed);
    assertEquals($("a").attr("href"), "../Tensor-2.html#x");
  });
});

describe("highlightCode()", () => {
  it("keeps the code and leaves the button to the frame", () => {
    const $ = parse(
      '<pre class="highlight"><code class="language-ts">a &lt; b\n</code><button class="copyButton" data-copy="a"></button><code></code></pre>',
    );
    highlightCode($);

    assertEquals($(".code > pre").text(), "a < b");
    assertEquals($("button").length, 0);
  });
});

describe("mendMarkup()", () => {
  const mend = (html: string) => {
    const $ = parse(html);
    mendMarkup($);
    return $.html();
  };

  it("makes ids unique, as overloads have the same, and their anchors follow", () => {
    const section =
      '<section id="examples"><h2><a class="anchor" href="#examples"><svg></svg></a>Examples</h2></section>';
    const $ = parse(mend(section + section));

    assertEquals($("section").get().map((e) => e.attribs.id), [
      "examples",
      "examples-2",
    ]);
    assertEquals($("a").get().map((e) => e.attribs.href), [
      "#examples",
      "#examples-2",
    ]);
    assertEquals($("a").attr("aria-label"), "Link to Examples");
    assertEquals($("svg").length, 0);
  });

  it("makes the title a heading, and puts the anchor of an example into its own", () => {
    assertEquals(
      mend(
        '<div class="symbolTitle"><div><div>function f</div></div></div><div id="example_0"><a class="anchor" href="#example_0"></a><h3 class="example-header"><div class="markdown"><p>Usage</p></div></h3></div>',
      ),
      '<div class="symbolTitle"><div><h1>function f</h1></div></div><div id="example_0"><h3 class="example-header"><span>Usage</span><a class="anchor" href="#example_0" aria-label="Link to Usage"></a></h3></div>',
    );
  });
});

describe("finish()", () => {
  const page = (main: string, toc = false): Page => ({
    path: "guides/a.html",
    title: "A",
    description: "A.",
    main,
    toc,
  });

  it("gives ids and links to headings", () => {
    const html = finish(
      page(
        '<h2>Edge cases</h2><h2>Edge <code>cases</code></h2><h3 id="own">By ∂E</h3>',
      ),
    );
    const $ = parse(html);

    assertEquals($("h2, h3").get().map((e) => e.attribs.id), [
      "edge-cases",
      "edge-cases-2",
      "own",
    ]);
    assertEquals($("a").get().map((e) => e.attribs.href), [
      "#edge-cases",
      "#edge-cases-2",
      "#own",
    ]);
    assertEquals($("#own a").attr("aria-label"), "Link to By ∂E");
  });

  it("names a column that is headed by a formula alone", () => {
    const head = renderMarkdown("| $`Y_i`$ | at $`x`$ |\n| - | - |", "a.md");
    const $ = parse(finish(page(head)));
    assertEquals(
      $("th math").get().map((e) => e.attribs["aria-label"]),
      ["Yᵢ", undefined],
    );
  });

  it("lists the headings where that is wanted", () => {
    const main =
      "<h2>A</h2><h3>A1</h3><h3>A2</h3><h2>B</h2><h2>C</h2><h3>C1</h3>";
    const $ = parse(finish(page(main, true)));

    assertEquals($(".toc a").get().map((e) => e.attribs.href), [
      "#a",
      "#a1",
      "#a2",
      "#b",
      "#c",
      "#c1",
    ]);
    assertEquals($(".toc > ul > li").length, 3);
    assertEquals($(".toc > ul > li > ul > li").length, 3);
    assertThrows(
      () => finish(page("<p>No section</p>", true)),
      Error,
      "Cannot build guides/a.html",
    );
  });

  it("puts tables into boxes that scroll", () => {
    assertEquals(
      finish(page("<table></table>")),
      '<div class="table"><table></table></div>',
    );
  });
});

describe("layout()", () => {
  const project = {
    name: "@a/b",
    version: "1.2.3",
    license: "MIT",
    address: { revision: "HEAD" },
    unreleased: true,
  } as Project;
  const page: Page = {
    path: "guides/a.html",
    title: "A < B",
    description: 'Says "A".',
    section: "api",
    main: "",
  };

  it("has a frame that passes the check wherever the page is", () => {
    const html = layout(page, "<p>Content</p>", project, "A note");
    const $ = parse(html);

    assertEquals($("title").text(), "A < B · Adjoint");
    assertEquals($("meta[name=description]").attr("content"), 'Says "A".');
    assertEquals($("main").text().trim(), "Content");
    assertEquals($("nav [aria-current]").text(), "API");
    assertStringIncludes(
      $("footer").text(),
      "@a/b 1.2.3, not yet released, MIT license",
    );
    assertStringIncludes($("footer").text(), "A note");
    const files = new Map([["guides/a.html", html]]);
    for (
      const name of [
        "katex/katex.min.css",
        "tokens.css",
        "site.css",
        "search.css",
        "site.js",
      ]
    ) {
      files.set(`assets/${name}`, "");
    }
    for (const a of $("nav a, .brand, footer a:not([href^=http])")) {
      const { pathname } = new URL(a.attribs.href, "file:///guides/a.html");
      files.set(pathname.slice(1), '<h2 id="ops"></h2>');
    }
    assertEquals(check(files), []);
  });
});

describe("a page with its style sheets inside", () => {
  it("asks for no other, and for fonts where they are", () => {
    const page: Page = {
      path: "guides/a.html",
      title: "A",
      description: "A.",
      styles: ["guides"],
      main: "",
    };
    const project = {
      name: "@a/b",
      version: "1.0.0",
      license: "MIT",
      address: { revision: "HEAD" },
    } as Project;
    const sheets = new Map([
      ["katex/katex.min.css", "@font-face { src: url(fonts/a.woff2) }"],
      ...["tokens", "site", "search", "guides", "front"].map((name) =>
        [`${name}.css`, `.${name} {}\n`] as const
      ),
    ]);
    const $ = parse(layout(page, "", project, "", sheets));
    assertEquals($("link[rel=stylesheet]").length, 0);
    assertEquals(
      $("style").text(),
      `@font-face { src: url(../assets/katex/fonts/a.woff2) }
.tokens {}
.site {}
.search {}
.guides {}`,
    );
  });
});

describe("the head of a page", () => {
  const page: Page = {
    path: "guides/index.html",
    title: "Guides",
    description: "How to.",
    main: "",
  };
  const head = (address: Address, of = page) =>
    parse(
      layout(
        of,
        "",
        { name: "@a/b", version: "1.0.0", license: "MIT", address } as Project,
        "",
      ),
    );

  it("has no address where the site has none", () => {
    const $ = head({ revision: "HEAD" });
    assertEquals($("link[rel=canonical], [property='og:image']").length, 0);
    assertEquals($("[property='og:title']").attr("content"), "Guides");
  });

  it("names its address and a picture where it has", () => {
    const $ = head({ revision: "HEAD", site: "https://a.b/c/" });
    assertEquals($("[rel=canonical]").attr("href"), "https://a.b/c/guides/");
    assertEquals(
      $("[property='og:image']").attr("content"),
      "https://a.b/c/assets/share.png",
    );
  });

  it("lets nobody find the page for what is missing, whose links begin at the root", () => {
    const project = { address: { revision: "HEAD", site: "https://a.b/c/" } };
    const $ = head(project.address, missing(project as Project));
    assertEquals($("[name=robots]").attr("content"), "noindex");
    assertEquals($("[rel=canonical]").length, 0);
    assertStringIncludes($("script").first().text(), "https://a.b/c/");
  });
});

describe("addressOf()", () => {
  const of = (env: Record<string, string>, config = {}) =>
    addressOf(config, (name) => env[name]);

  it("is known to a workflow of GitHub", () => {
    const env = {
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_REPOSITORY: "Owner/name",
      GITHUB_SHA: "abc",
    };
    assertEquals(of(env), {
      repository: "https://github.com/Owner/name",
      revision: "abc",
      site: "https://owner.github.io/name/",
    });
    assertEquals(
      fileAt(of(env), "ops/a.ts", 7),
      "https://github.com/Owner/name/blob/abc/ops/a.ts#L7",
    );
  });

  it("is what is said, and may be unknown", () => {
    const env = { REPOSITORY_URL: "https://a.b/c/", SITE_URL: "https://d.e" };
    const { repository, site } = of(env, { repository: "https://x.y" });
    assertEquals([repository, site], ["https://a.b/c", "https://d.e/"]);
    assertEquals(
      of({}, { repository: "https://x.y" }).repository,
      "https://x.y",
    );
    assertEquals(of({}).site, undefined);
    assertEquals(fileAt(of({}), "ops/a.ts"), undefined);
  });

  it("refuses what is not an address", () => {
    assertThrows(() => of({ SITE_URL: "javascript:1" }), Error, "javascript:1");
  });
});

describe("links to files", () => {
  const files = new Set([
    "ops/a/b.ts",
    "ops/core/c.ts",
    "docs/guides/1-d.md",
    "README.md",
  ]);
  const pages = ["ops/b.html", "guides/d.html"].map((path) =>
    ({ path }) as Page
  );
  const linked = (text: string, address: Address, from = "guides/d.html") => {
    const $ = parse(`<p><code>${text}</code></p>`);
    linkFiles($, from, places(address, files, pages));
    return $("a").attr("href");
  };
  const known = { repository: "https://a.b/c", revision: "HEAD" };
  const unknown = { revision: "HEAD" };

  it("lead to the page of a file, at its line", () => {
    assertEquals(linked("ops/a/b.ts:12", unknown), "../ops/b.html#L12");
    assertEquals(
      linked("docs/guides/1-d.md", unknown, "a.html"),
      "guides/d.html",
    );
  });

  it("lead to the repository, if it is known, when there is no page", () => {
    const url = "https://a.b/c/blob/HEAD/ops/core/c.ts#L3";
    assertEquals(linked("ops/core/c.ts:3", known), url);
    assertEquals(linked("ops/core/c.ts:3", unknown), undefined);
    assertEquals(linked("README.md", known)?.endsWith("/README.md"), true);
    assertEquals(
      linked("ops/a/b.ts", known, "ops/b.html")?.slice(0, 11),
      "https://a.b",
    );
  });

  it("leave alone what is not a file, and what is a link", () => {
    assertEquals(linked("ops/none.ts", known), undefined);
    const $ = parse('<a href="x"><code>README.md</code></a>');
    linkFiles($, "a.html", places(known, files, pages));
    assertEquals($("a").length, 1);
  });
});

describe("the versions", () => {
  it("are the tags of releases, the newest first", () => {
    assertEquals(
      releasesOf("v0.9.0\nv0.10.1\nnext\nv0.10.0-rc\nv1.0.0"),
      ["1.0.0", "0.10.1", "0.9.0"],
    );
  });

  it("are listed, and lead to what comes beside the site", () => {
    const { main } = versions({
      name: "@a/b",
      version: "1.1.0",
      unreleased: true,
      releases: ["1.0.0"],
      address: { revision: "HEAD" },
    } as unknown as Project);
    const files = new Map([["versions.html", main]]);
    assertEquals(check(files).map(({ excerpt }) => excerpt), [
      "v1.0.0/index.html",
    ]);
    assertEquals(check(files, ["v1.0.0/index.html"]), []);
  });

  it("are kept from one deployment to the next", async () => {
    const temp = new URL(`file://${await Deno.makeTempDir()}/`);
    const site = (name: string) => new URL(`${name}/`, temp);
    let builds = 0;
    const build = async (_: string, into: URL) => {
      await Deno.writeTextFile(new URL("index.html", into), `${++builds}`);
      return true;
    };
    const none = () => Promise.resolve(false);
    await keepVersions(["1.0.0"], [none, build], site("first"));
    const { address, close } = await serve(site("first"), 0);
    await keepVersions(["1.0.0"], [published(address), build], site("second"));
    close();

    const text = await Deno.readTextFile(
      new URL("second/v1.0.0/index.html", temp),
    );
    assertEquals([text, builds], ["1", 1]);
    await assertRejects(
      () =>
        keepVersions(["2.0.0"], [published(undefined), none], site("third")),
      Error,
      "Cannot keep the documentation of 2.0.0",
    );
    await Deno.remove(temp, { recursive: true });
  });
});

describe("copies()", () => {
  it("are the symbols of the whole package that an entry point has", () => {
    assertEquals(
      [...copies([
        "api/~/sum.html",
        "api/~/only.html",
        "api/~/Tensor.html",
        "api/sum/~/sum.html",
        "api/sum/~/Tensor.html",
        "api/tensor/~/Tensor.html",
      ])],
      [
        ["api/~/sum.html", "api/sum/~/sum.html"],
        ["api/~/Tensor.html", "api/tensor/~/Tensor.html"],
      ],
    );
  });
});

describe("other names that people use", () => {
  const index = new MiniSearch<Entry>(OPTIONS);
  const SECTIONS = ["", "derivation", "backward"];
  const ops = [
    "Linear layer",
    "Softmax",
    "Cross-entropy",
    "Layer norm",
    "GELU",
  ];
  const files = ["linear", "softmax", "cross_entropy", "layer_norm", "gelu"];
  index.addAll([
    ...ops.flatMap((page, i) =>
      SECTIONS.map((id) => ({
        title: id === "" ? page : id[0].toUpperCase() + id.slice(1),
        page,
        kind: "Op",
        url: `ops/${files[i]}.html${id && `#${id}`}`,
        text: `The gradient of the ${page}`,
      }))
    ),
    ...["softmax", "linear"].map((name) => ({
      title: `${name} · ${name}`,
      page: name,
      kind: "API",
      url: `api/${name}.html`,
      text: `softmax ${name} gradient softmax derivative dense`,
    })),
    {
      title: "Softmax derivative",
      page: "The kernel",
      kind: "Kernel",
      url: "kernels/softmax.html",
      text: "softmax gradient of softmax",
    },
    {
      title: "What a backward pass is",
      page: "What a backward pass is",
      kind: "Guide",
      url: "guides/backward.html",
      text: "One number.",
    },
    {
      title: "Install and import",
      page: "Front",
      kind: "Start",
      url: "index.html#import",
      text: "How to install it.",
    },
  ].map((entry, id) => ({ id, ...entry })));
  const CASES: Record<string, string> = {
    "softmax": "ops/softmax.html",
    "linear": "ops/linear.html",
    "derivative of softmax": "ops/softmax.html#derivation",
    "gradient of layer norm": "ops/layer_norm.html#derivation",
    "softmax backprop": "ops/softmax.html#derivation",
    "vjp of gelu": "ops/gelu.html#derivation",
    "layer normalization gradient": "ops/layer_norm.html#derivation",
    "fully connected": "ops/linear.html",
    "dense layer derivative": "ops/linear.html#derivation",
    "cross entropy": "ops/cross_entropy.html",
    "backprop": "guides/backward.html",
    "vjp": "guides/backward.html",
    "how to install": "index.html#import",
    "npm": "index.html#import",
  };
  for (const [query, url] of Object.entries(CASES)) {
    it(`is found: ${query}`, () => {
      assertEquals(find(index, query).found[0]?.url, url);
    });
  }
});

describe("search", () => {
  const pages: Page[] = [
    {
      path: "ops/linear.html",
      title: "Linear layer",
      description: "",
      section: "ops",
      main:
        `<h1>Linear layer</h1><p>Maps rows.</p><h2 id="backward">Backward <a>API</a></h2><p>Here <code>linearDw</code> is:</p>${
          renderMarkdown(
            "```math\n\\frac{\\partial E}{\\partial W_{jl}} = \\left( \\frac{\\partial E}{\\partial Y} \\right)^{\\mathsf{T}} X\n```",
            "a.md",
          )
        }<pre>hidden</pre><h2 id="cost"><a>Cost</a></h2><p>Multiplications and additions.</p>`,
    },
    {
      path: "api/linear/~/linearDb.html",
      title: "linearDb · linear",
      description: "",
      section: "api",
      search: "whole",
      main: '<h2 id="throws">Throws</h2><p>The gradient.</p>',
    },
    {
      path: "index.html",
      title: "Front",
      description: "",
      search: "none",
      main: "<p>linearDw, multiplications</p>",
    },
  ];
  const finished = pages.map((page) => ({ page, content: page.main }));
  const globals: { adjointSearchIndex?: never } = {};
  new Function("globalThis", searchScript(finished))(globals);
  const index = MiniSearch.loadJS<Entry>(globals.adjointSearchIndex!, OPTIONS);
  const urls = (query: string) =>
    find(index, query).found.map(({ url }) => url);

  it("takes a page apart at its headings, with formulas as plain text", () => {
    assertEquals(
      entries(finished).map(({ url, title, text }) => [url, title, text]),
      [
        ["ops/linear.html", "Linear layer", "Maps rows."],
        [
          "ops/linear.html#backward",
          "Backward",
          "Here linearDw is: ∂E/∂Wⱼₗ = (∂E/∂Y)ᵀ X",
        ],
        ["ops/linear.html#cost", "Cost", "Multiplications and additions."],
        [
          "api/linear/~/linearDb.html",
          "linearDb · linear",
          "Throws The gradient.",
        ],
      ],
    );
  });

  const backward = "ops/linear.html#backward";
  const cost = "ops/linear.html#cost";
  const queries: Record<string, string> = {
    "dW": backward,
    "∂E/∂W": backward,
    "dE/dW": backward,
    "linearDw": backward,
    "lineardw": backward,
    "Yᵀ": "",
    "multiplications": cost,
    "multipl": cost,
    "mulitplications": cost,
    "multiplications quaternion": cost,
    "additions multiplications": cost,
    "Db": "api/linear/~/linearDb.html",
    "layer": "ops/linear.html",
    "hidden": "",
    "quaternion": "",
  };
  for (const [query, url] of Object.entries(queries)) {
    it(`finds ${url || "nothing"} for ${query}`, () => {
      assertEquals(urls(query)[0] ?? "", url);
    });
  }

  it("has what a module has for itself last", () => {
    const [op] = pages;
    const main = `<h1>Attention</h1><h2 id="derivation">Derivation</h2><p>${
      "All of the chain rule. ".repeat(9)
    }The chain of gradients.</p><h3 id="Chain" class="internal">Chain</h3><p>The chain.</p>`;
    const own = { ...op, path: "ops/attention.html", main };
    const index = new MiniSearch<Entry>(OPTIONS);
    index.addAll(entries([{ page: own, content: main }]));
    assertEquals(find(index, "chain").found.map(({ url }) => url), [
      "ops/attention.html#derivation",
      "ops/attention.html#Chain",
    ]);
  });

  it("has the section of that very name first", () => {
    const index = new MiniSearch<Entry>(OPTIONS);
    const titles = ["tensorOf · tensor", "tensor · tensor", "Tensor · tensor"];
    index.addAll(titles.map((title, id) => ({
      id,
      title,
      page: title,
      kind: "API",
      url: `${id}`,
      text: "Tensor, tensor",
    })));
    const first = (query: string) => find(index, query).found[0].title;

    assertEquals(first("Tensor"), "Tensor · tensor");
    assertEquals(first("tensor"), "tensor · tensor");
  });

  it("says where no section has all of a query", () => {
    assertEquals(find(index, "multiplications rows").partly, true);
    assertEquals(find(index, "multiplications additions").partly, false);
    assertEquals(find(index, "").found, []);
  });

  it("marks what matches, whole names and derivatives", () => {
    const { text, terms } = find(index, "dW").found[0];
    assertEquals(mark(text, terms), [
      ["Here ", false],
      ["linearDw", true],
      [" is: ", false],
      ["∂E/∂Wⱼₗ", true],
      [" = (∂E/∂Y)ᵀ X", false],
    ]);
  });

  it("shows the part of a text around the first match", () => {
    const words = Array.from({ length: 99 }, (_, i) => `word${i}`).join(" ");
    const shown = excerpt(`${words} here ${words}`, ["here"], 60);
    const text = shown.map(([piece]) => piece).join("");

    assertMatch(text, /^… word\d+ .* here word0 .* …$/);
    assertEquals(shown.filter(([, isMatch]) => isMatch), [["here", true]]);
    assertEquals(text.length < 70, true);
    assertEquals(excerpt("short", []), [["short", false]]);
  });
});

describe("readReport()", () => {
  const report = {
    ok: true,
    versions: {},
    links: [{ link: "page = code", failures: [] as string[] }],
    notebook: [{ ok: true }],
  };

  it("has the figures of a proof that holds", () => {
    assertEquals(readReport(JSON.stringify(report), "") as unknown, report);
  });

  it("fails with the reasons where a proof does not hold", () => {
    const links = [{
      link: "page = code",
      failures: ["ops/a.ts:3: 1 is not 2"],
    }];
    const notebook = [{ op: "sum", target: "y", ok: false }];
    assertThrows(
      () => readReport(JSON.stringify({ ok: false, links, notebook }), ""),
      Error,
      "every proof must hold: page = code: ops/a.ts:3: 1 is not 2\nnotebook: sum y is too far",
    );
    assertThrows(
      () => readReport("", "error: ops/a.ts: there is no title\n"),
      Error,
      "every proof must hold: error: ops/a.ts: there is no title",
    );
  });
});
