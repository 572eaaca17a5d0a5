// Copyright 2026 the Adjoint authors. MIT license.

// The page of all operations, each with its formula and its functions.

import { escapeHtml } from "../html.ts";
import { firstSentence } from "../literate/page.ts";
import { renderMarkdown } from "../markdown.ts";
import type { Op } from "../ops.ts";
import { type Page, type Project, relative } from "../site.ts";
import { renderMath } from "../typeset.ts";
import { annotated } from "./api.ts";

/** Where it is. */
export const OPERATIONS_PAGE = "ops/index.html";

/** Makes the page, with links to the other pages that there are. */
export function operations(
  { ops }: Project,
  pages: readonly Page[],
): Page {
  const bodies = [...byFamily(ops)].map(([family, ops]) =>
    `<tbody>
<tr class="family"><th scope="rowgroup" colspan="4">${family}</th></tr>
${ops.map((op) => rowHtml(op, pages)).join("\n")}
</tbody>`
  );
  return {
    path: OPERATIONS_PAGE,
    title: "Operations",
    description:
      "Every operation by family, with its formula, its gradients, and what they are at kinks.",
    section: "ops",
    // What it shows is on the operations' own pages.
    search: "none",
    styles: ["front"],
    scripts: ["operations"],
    main: `<h1>Operations</h1>
<p class="lead">A title links to the page that derives the gradients, a function to its documentation.</p>
<p class="filter" hidden><label>Filter <input type="search" autocomplete="off" spellcheck="false"></label> <span role="status"></span></p>
<table class="operations">
<thead><tr><th scope="col">operation</th><th scope="col">formula</th><th scope="col">gradients</th><th scope="col">at special points</th></tr></thead>
${bodies.join("\n")}
</table>`,
  };
}

/** The operations of each family, under its title. */
export function byFamily(ops: readonly Op[]): Map<string, Op[]> {
  return Map.groupBy(
    ops,
    ({ family }) => escapeHtml(family[0].toUpperCase() + family.slice(1)),
  );
}

/** The page of an operation, from the root of the site. */
export function pathOf({ entry }: Op, pages: readonly Page[]): string {
  return annotated(entry, pages)?.path ?? `api/${entry}/index.html`;
}

function rowHtml(op: Op, pages: readonly Page[]): string {
  const { name, entry, page, inputs, outputs, floats } = op;
  const to = (path: string) => relative(OPERATIONS_PAGE, path);
  const link = (name: string, text: string) =>
    `<a href="${to(`api/${entry}/~/${name}.html`)}"><code>${
      escapeHtml(text)
    }</code></a>`;
  const given = inputs.filter(({ option }) => !option)
    .map(({ parameter }) => parameter);
  const call = `${name}(${op.takesLists ? "…" : given.join(", ")})`;
  // A list has one gradient, however many tensors the page sees in it.
  const isExported = (name: string) =>
    op.text.includes(`\nexport function ${name}<`);
  const formula = (key: string) =>
    renderMath(shortest(op, key), false, op.file);
  const gradients = floats.map(({ symbol, parameter }) => {
    const own = name + `D${parameter}`;
    return `<p>${formula(`∂E/∂${symbol}`)}${
      op.takesLists && !isExported(own) ? "" : ` ${link(own, own)}`
    }</p>`;
  });
  return `<tr><th scope="row"><a href="${to(pathOf(op, pages))}">${
    escapeHtml(page.title)
  }</a></th><td><p>${
    outputs.map(({ symbol }) => formula(symbol)).join("</p><p>")
  }</p><p>${link(name, call)}</p></td><td>${
    gradients.join("") || "none"
  }</td><td>${specialSentence(op)}</td></tr>`;
}

/** What the page says that something is, in the fewest signs. */
function shortest({ definitions, file }: Op, key: string): string {
  const [found] = definitions.equations
    .filter((equation) => equation.key === key)
    .map(({ tex }) => tex)
    .sort((a, b) => a.length - b.length);
  if (found !== undefined) return found;
  throw new Error(
    `Cannot list the operations as each page must say what its outputs and gradients are: ${file} does not say what ${key} is`,
  );
}

/** The first sentence of a page's special points: its convention at kinks. */
function specialSentence({ text, file }: Op): string {
  const lines = text.split("\n").map((line) => line.replace(/^ \* ?/, ""));
  const start = lines.indexOf("## Special points") + 1;
  const end = lines.findIndex((line, i) => i > start && /^[|#]/.test(line));
  const prose = lines.slice(start, end).join("\n").trim();
  const sentence = firstSentence(prose)
    .replaceAll(/\{@link\w*\s+([^}]+)\}/g, "`$1`");
  return renderMarkdown(sentence, file, start + 1);
}
