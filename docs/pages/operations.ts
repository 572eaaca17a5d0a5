// Copyright 2026 the Adjoint authors. MIT license.

// The page of all operations, each with its formula and its functions.

import { escapeHtml } from "../html.ts";
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
      "Every operation by family, with its formula, its forward function and its gradients.",
    section: "ops",
    // What it shows is on the operations' own pages.
    search: "none",
    styles: ["front"],
    main: `<h1>Operations</h1>
<p class="lead">Each title leads to the page that derives the gradients, each function to its documentation.</p>
<table class="operations">
<thead><tr><th scope="col">operation</th><th scope="col">formula</th><th scope="col">forward</th><th scope="col">gradients</th></tr></thead>
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
  const { name, entry, page, inputs, outputs, floats, definitions } = op;
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
  const { tex } = definitions.equations
    .find(({ key }) => key === outputs[0].symbol)!;
  return `<tr><th scope="row"><a href="${to(pathOf(op, pages))}">${
    escapeHtml(page.title)
  }</a></th><td>${renderMath(tex, false, op.file)}</td><td>${
    link(name, call)
  }</td><td>${
    floats.map(({ parameter }) => `D${parameter}`)
      .filter((d) => !op.takesLists || isExported(name + d))
      .map((d) => link(name + d, d)).join(" ")
  }</td></tr>`;
}
