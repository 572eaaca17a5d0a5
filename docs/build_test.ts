// Copyright 2026 the Adjoint authors. MIT license.

import {
  assertEquals,
  assertFalse,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { check } from "./check.ts";
import {
  mapSearchIndex,
  mendLinks,
  mendSearch,
  mendUsage,
  parse,
} from "./api_html.ts";
import { readReport } from "./proof.ts";
import { plainText, typeset } from "./typeset.ts";

/** The page as a reader sees it, and the TeX of its formulas in their order. */
function typesetHtml(html: string) {
  const $ = parse(html);
  const count = typeset($, "page.html");
  const page = $.html();
  const formulas = $("annotation").get().map((e) => $(e).text());
  assertEquals(count, formulas.length);
  $(".katex").replaceWith("●");
  for (const e of $(".nobreak")) $(e).replaceWith($(e).contents());
  return { page, formulas, rest: $.html() };
}

const display = (tex: string) =>
  `<pre><code class="language-math" data-math-style="display">${tex}\n</code></pre>`;

describe("typeset()", () => {
  it("typesets a math fence on a line of its own", () => {
    const { page, formulas, rest } = typesetHtml(display("Z = X Y"));

    assertEquals(formulas, ["Z = X Y"]);
    assertEquals(
      rest,
      '<div class="math"><span class="katex-display">●</span></div>',
    );
    assertStringIncludes(page, "<math");
    assertStringIncludes(page, "katex-html");
  });

  it("typesets a math fence whose info string goes on", () => {
    const html =
      '<pre class="highlight"><code class="language-math">q\n</code><button data-copy="q\n"></button></pre>';

    assertEquals(
      typesetHtml(html).rest,
      '<div class="math"><span class="katex-display">●</span></div>',
    );
  });

  it("typesets several inline formulas and keeps what stands beside them", () => {
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
    $(".katex").replaceWith("●");

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

    assertEquals(rest, '<h2 id="by-x-t"><a href="#by-x-t"></a>By ●</h2>');
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

describe("plainText()", () => {
  const cases = {
    "The $x$ of $m \\times n$.": "The x of m×n.",
    "$\\frac{\\partial E}{\\partial X_{ij}}$": "∂E/(∂X_(ij))",
    "$X^{\\mathsf{T}}$": "X^T",
    "$\\sum_{i=1}^{n} \\sqrt{a_i}$": "∑_(i=1)^n√(a_i)",
    "$5 or $6": "$5 or $6",
    "a $ b $ c": "a $ b $ c",
  };
  for (const [text, plain] of Object.entries(cases)) {
    it(`makes ${plain} of ${text}`, () => {
      // KaTeX puts U+2061, an invisible sign, behind the names of functions.
      assertEquals(
        plainText(text, "page.html").replaceAll("\u2061", ""),
        plain,
      );
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
      a("../api/matmul/index.html"),
    );
    assertEquals(
      mend(a("./add-bias#cost"), "api/sum/~/sum.html"),
      a("../../../api/add-bias/index.html#cost"),
    );
  });

  it("leaves other links alone", () => {
    for (const href of ["#cost", "https://a.b/", "mailto:a@b.c", "../x.html"]) {
      assertEquals(mend(a(href), "sum/index.html"), a(href));
    }
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
    `<div class="usageContent"><code>import { f } from "${from}";</code><button data-copy="import { f } from &quot;${from}&quot;;"></button></div>`;
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

describe("mendSearch()", () => {
  it("finds the root from the URL of the script", () => {
    const script = mendSearch(
      'const pathToRoot = "../".repeat(\n  n ? 1 : 0,\n);\nreturn pathToRoot;',
    );
    const run = new Function("document", script);

    for (const root of ["", "../", "../../"]) {
      const currentScript = { getAttribute: () => `${root}search.js` };
      assertEquals(run({ currentScript }), root);
    }
  });

  it("fails where there is nothing to mend", () => {
    assertThrows(() => mendSearch("const root = 1;"), Error, "Cannot mend");
  });
});

describe("mapSearchIndex()", () => {
  it("changes the nodes and nothing else", () => {
    const script = (doc: string) =>
      `(function () {\n  window.DENO_DOC_SEARCH_INDEX = {"nodes":[{"doc":"${doc}"}]};\n})()`;

    assertEquals(
      mapSearchIndex(script("a"), (node) => {
        node.doc += "b";
      }),
      script("ab"),
    );
  });
});

describe("check()", () => {
  const found = (files: Record<string, string>) =>
    check(new Map(Object.entries(files)));
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

  it("finds TeX in the search index", () => {
    const index =
      'window.DENO_DOC_SEARCH_INDEX = {"nodes":[{"doc":"Fine."},{"doc":"The $\\\\alpha$."}]};';

    assertEquals(found({ "search_index.js": index }), [{
      file: "search_index.js",
      what: "TeX that is not typeset",
      excerpt: "The $\\alpha$.",
    }]);
  });

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
