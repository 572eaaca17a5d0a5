// Copyright 2026 the Adjoint authors. MIT license.

// The front page. What it shows is taken from the modules and from the proof
// that runs while the site is built.

import { docComments, readPage } from "../../ops/proof/page.ts";
import type { Report } from "../../ops/proof/report.ts";
import { escapeHtml } from "../html.ts";
import { showFigure } from "../literate/mark.ts";
import { codeBlock, highlight } from "../markdown.ts";
import { proofReport } from "../proof.ts";
import type { Page, Project } from "../site.ts";
import { renderMath } from "../typeset.ts";
import { annotated } from "./api.ts";

/** The gradient that stands for all of them: its formula is often got wrong. */
const SHOWN = {
  op: "linear",
  entry: "./linear",
  function: "linearDw",
  target: "∂E/∂W",
};

/** Makes the front page, with links to the other pages that there are. */
export async function front(
  project: Project,
  pages: readonly Page[],
): Promise<Page> {
  const sources = new Map(
    await Promise.all(
      Object.entries(project.exports).map(async ([entry, path]) =>
        [entry, await Deno.readTextFile(new URL(path, project.root))] as const
      ),
    ),
  );
  const changes = await Deno.readTextFile(
    new URL("CHANGELOG.md", project.root),
  );
  const has = (path: string) => pages.some((page) => page.path === path);
  return {
    path: "index.html",
    title: "Tensor operations whose gradients are proven",
    description:
      "Differentiable tensor operations in TypeScript, each a page of mathematics beside the code that computes it, and every formula proven.",
    // What it shows stands on the other pages, too.
    search: "none",
    styles: ["front"],
    main: `<div class="hero">
<h1>Tensor operations whose gradients are proven</h1>
<p class="lead">Each operation is a page of mathematics beside the TypeScript that computes it. Each time this site is
built, every formula is executed against the code and derived again by symbolic algebra, and the code is compared with PyTorch.</p>
</div>
${showcase(project, sources.get(SHOWN.entry)!, pages, await proofReport())}
<div class="start">
<section aria-labelledby="ops">
<h2 id="ops">Operations</h2>
${operations(sources, pages)}
</section>
<section aria-labelledby="import">
<h2 id="import">Import</h2>
${imports(project, changes)}
</section>
</div>
${more(has, pages)}`,
  };
}

/** A formula, its code and its proof, side by side. */
function showcase(
  { exports }: Project,
  source: string,
  pages: readonly Page[],
  { links, versions }: Report,
): string {
  const file = exports[SHOWN.entry].replace(/^\.\//, "");
  const formulas = formulasOf(source, SHOWN.function).map(({ tex, line }) =>
    renderMath(tex, true, `${file}:${line}`)
  );
  const { name, code } = bodyOf(source, SHOWN.function);
  const proof = links.filter(({ op, target }) =>
    op === SHOWN.op && target === SHOWN.target
  );
  if (formulas.length === 0 || code === "" || proof.length === 0) {
    throw new Error(
      `Cannot build the front page as there must be formulas, code and proof of ${SHOWN.function}: of ${file} there are ${formulas.length} formulas, ${code.length} characters of code and ${proof.length} links`,
    );
  }
  const rows = proof.map(({ link, figure, bound, detail }) =>
    `<tr><th scope="row">${
      escapeHtml(link)
    }</th><td class="ok"><span class="tick">✓<span class="visually-hidden"> holds</span></span></td><td title="${
      escapeHtml(detail)
    }">${showFigure(figure!)} ≤ ${showFigure(bound)}</td></tr>`
  ).join("\n");
  const page = annotated(SHOWN.op, pages);
  const all = page === undefined
    ? ""
    : ` <a href="${page.path}">The whole page of ${SHOWN.op}</a>`;
  return `<div class="showcase">
<section aria-labelledby="formula">
<h2 id="formula">A formula</h2>
<p>The gradient of the loss with respect to the weights of a linear layer, by elements and as a matrix.</p>
${formulas.join("\n")}
</section>
<section aria-labelledby="code">
<h2 id="code">Its code</h2>
<p><code>${escapeHtml(name)}</code></p>
<div class="code">${highlight(code, "typescript")}</div>
</section>
<section aria-labelledby="proof">
<h2 id="proof">Its proof</h2>
<p>How far the two sides of each link differ, and how far they may.</p>
<table>
${rows}
</table>
<p class="small">PyTorch ${escapeHtml(versions.torch)}.${all}</p>
</section>
</div>`;
}

/** The formulas that the page has under the name of a function. */
function formulasOf(source: string, name: string) {
  const { text, line } = docComments(source)
    .find(({ text }) => /^@module\b/m.test(text))!;
  const [before, backward] = text.split(/(?<=^## Backward$)/m);
  const start = before.length + backward.indexOf(`{@linkcode ${name}}`);
  if (start < before.length) return [];
  const rest = text.slice(start);
  const end = rest.slice(1).search(/\{@linkcode|^## /m);
  const fences = rest.slice(0, end < 0 ? undefined : end)
    .matchAll(/^```math\n([\s\S]*?)^```/gm);
  return [...fences].map(({ 1: tex, index }) => ({
    tex: tex.trim(),
    line: line + text.slice(0, start + index).split("\n").length - 1,
  }));
}

/** How a function is called, and what stands in its braces. */
function bodyOf(source: string, name: string) {
  const start = source.indexOf(`export function ${name}<`);
  if (start < 0) return { name, code: "" };
  const text = source.slice(start, source.indexOf("\n}\n", start));
  const parameters = [...text.matchAll(/^ {2}(\w+)(\?)?: Tensor/gm)]
    .map(([, name, optional = ""]) => name + optional);
  const body = text.slice(text.search(/^\).*\{$/m)).split("\n").slice(1);
  return {
    name: `${name}(${parameters.join(", ")})`,
    code: body.map((line) => line.replace(/^ {2}/, "")).join("\n"),
  };
}

/** The table of operations, from their modules. */
function operations(
  sources: ReadonlyMap<string, string>,
  pages: readonly Page[],
): string {
  const rows = [...sources].filter(([, source]) =>
    /^ \* ## Shapes$/m.test(source)
  ).map(([entry, source]) => {
    const { inputs } = readPage(source);
    const [, formula] = /^ \* ```math\n([\s\S]*?)^ \* ```$/m.exec(source)!;
    const [, title] = /^ \* # (.+)$/m.exec(source)!;
    const names = [...source.matchAll(/^export function (\w+)/gm)]
      .map(([, name]) => name);
    const [op, ...backward] = names;
    const folder = `api/${entry.slice(2)}`;
    const call = `${op}(${
      inputs.map(({ parameter }) => parameter.toLowerCase()).join(", ")
    })`;
    const link = (name: string, text = name) =>
      `<a href="${folder}/~/${name}.html"><code>${escapeHtml(text)}</code></a>`;
    const page = annotated(entry.slice(2), pages)?.path ??
      `${folder}/index.html`;
    return `<tr><th scope="row"><a href="${page}">${
      escapeHtml(title)
    }</a></th><td>${
      renderMath(formula.replaceAll(/^ \* /gm, "").trim(), false, entry)
    }</td><td>${link(op, call)}</td><td>${
      backward.map((name) => link(name)).join(" ")
    }</td></tr>`;
  });
  return `<table>
<thead><tr><th scope="col">operation</th><th scope="col">formula</th><th scope="col">forward</th><th scope="col">backward</th></tr></thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>`;
}

/** How to get the package. */
function imports({ name, version }: Project, changes: string): string {
  // The commands are true from the release on.
  const note = new RegExp(`^## ${version} \\(unreleased\\)$`, "m").test(changes)
    ? `<p class="small">Once version ${version} is released:</p>\n`
    : "";
  return `${note}${
    codeBlock(
      `deno add jsr:${name}   # Deno
npx jsr add ${name}    # Node`,
      "shellscript",
    )
  }${
    codeBlock(`import { linear, linearDw } from "${name}";`, "typescript")
  }<p class="small">No dependency, no permission. Each operation is an entry point of its own: <code>${name}/linear</code>.</p>`;
}

/** Links to what there is beside the operations. */
function more(
  has: (path: string) => boolean,
  pages: readonly Page[],
): string {
  const guides = pages.filter(({ path }) => /^guides\/(?!index)/.test(path));
  const cards = [
    ...guides.map(({ path, title, description }) =>
      card(path, title, description)
    ),
    ...pages.filter(({ path }) =>
      path === "benchmark.html" || path === "kernels/index.html"
    ).map(({ path, title, description }) => card(path, title, description)),
    card(
      "api/index.html",
      "API",
      "Every function and type, as deno doc has them.",
    ),
  ];
  const all = has("guides/index.html")
    ? ' <a class="all" href="guides/index.html">All guides</a>'
    : "";
  return `<section aria-labelledby="read">
<h2 id="read">Read on${all}</h2>
<ul class="cards">
${cards.join("\n")}
</ul>
</section>`;
}

function card(path: string, title: string, description: string): string {
  return `<li><a href="${path}">${escapeHtml(title)}</a><p>${
    escapeHtml(description)
  }</p></li>`;
}
