// Copyright 2026 the Adjoint authors. MIT license.

// The front page. What it shows is taken from the modules and from the proof
// that runs while the site is built.

import type { Report } from "../../ops/core/testing/report.ts";
import { escapeHtml } from "../html.ts";
import { showFigure } from "../literate/mark.ts";
import { readSource } from "../literate/source.ts";
import { codeBlock, highlight } from "../markdown.ts";
import type { Op } from "../ops.ts";
import { proofReport } from "../proof.ts";
import type { Page, Project } from "../site.ts";
import { renderMath } from "../typeset.ts";
import { annotated } from "./api.ts";
import { byFamily, OPERATIONS_PAGE, pathOf } from "./operations.ts";

/** The gradient that stands for all of them: its formula is often got wrong. */
const SHOWN = {
  op: "linear",
  target: "∂E/∂W",
  of: "the weights of a linear layer",
};

/** Makes the front page, with links to the other pages that there are. */
export async function front(
  project: Project,
  pages: readonly Page[],
): Promise<Page> {
  const has = (path: string) => pages.some((page) => page.path === path);
  return {
    path: "index.html",
    title: "Tensor operations whose gradients are checked",
    description:
      "Differentiable tensor operations in TypeScript, each a page of mathematics beside the code that computes it. Every formula is executed and compared with the code and with calculus.",
    // What it shows is on the other pages, too.
    search: "none",
    found: [{
      id: "import",
      title: "Install and import",
      text:
        `How to install ${project.name}: deno add jsr:${project.name} for Deno, npx jsr add ${project.name} for Node, bunx jsr add ${project.name} for Bun, a URL of esm.sh for the browser.`,
    }],
    styles: ["front"],
    main: `<div class="hero">
<h1>Tensor operations whose gradients are checked</h1>
<p class="lead">Each operation is a page of mathematics beside the TypeScript that computes it. Each time this site is
built, every formula is executed and compared with the code, every gradient with the symbolic derivative of the forward formula, and the code with PyTorch.</p>
<p class="try"><a href="${
      pathOf(shownOp(project), pages)
    }#live">Try an operation in your browser</a> <span>Change a number and the gradients follow. Point at a gradient to see the sum behind it. Break one, and see the check fail.</span></p>
</div>
${showcase(project, pages, await proofReport())}
<div class="start">
<section aria-labelledby="ops">
<h2 id="ops">Operations <a class="all" href="${OPERATIONS_PAGE}">Their formulas</a></h2>
${operations(project.ops, pages)}
</section>
<section aria-labelledby="import">
<h2 id="import">Import</h2>
${imports(project)}
</section>
</div>
${more(has, pages)}`,
  };
}

/** The operation that is shown. */
function shownOp({ ops }: Project): Op {
  const op = ops.find(({ name }) => name === SHOWN.op);
  if (op !== undefined) return op;
  throw new Error(
    `Cannot build the front page as it shows ${SHOWN.op}: there is no such operation`,
  );
}

/** A formula, its code and its proof, side by side. */
function showcase(
  { ops }: Project,
  pages: readonly Page[],
  { links, versions }: Report,
): string {
  const op = ops.find(({ name }) => name === SHOWN.op);
  const equations =
    op?.definitions.equations.filter(({ key, formula }) =>
      key === SHOWN.target && formula.section === "Backward"
    ) ?? [];
  const formulas = equations.map(({ tex, formula: { line } }) =>
    renderMath(tex, true, `${op!.file}:${line}`)
  );
  const code = op === undefined ? "" : loopOf(op, SHOWN.target);
  const proof = links.filter(({ op, target }) =>
    op === SHOWN.op && target === SHOWN.target
  );
  if (formulas.length === 0 || code === "" || proof.length === 0) {
    throw new Error(
      `Cannot build the front page as there must be formulas, code and proof of ${SHOWN.target} of ${SHOWN.op}: there are ${formulas.length} formulas, ${code.length} characters of code and ${proof.length} links`,
    );
  }
  const rows = proof.map(({ link, figure, bound, detail }) =>
    `<tr><th scope="row">${
      escapeHtml(link)
    }</th><td class="ok"><span class="tick">✓<span class="visually-hidden"> holds</span></span></td><td title="${
      escapeHtml(detail)
    }">${
      link === "code = convention"
        ? escapeHtml(detail)
        : `${showFigure(figure!)} ≤ ${showFigure(bound)}`
    }</td></tr>`
  ).join("\n");
  const page = annotated(op!.entry, pages);
  const all = page === undefined
    ? ""
    : ` <a href="${page.path}">The whole page of ${SHOWN.op}</a>`;
  return `<div class="showcase">
<section aria-labelledby="formula">
<h2 id="formula">A formula</h2>
<p>The gradient of the loss with respect to ${SHOWN.of}, by elements and as a matrix.</p>
${formulas.join("\n")}
</section>
<section aria-labelledby="code">
<h2 id="code">Its code</h2>
<p>The loop on the page. The tests compare the faster kernels with it.</p>
<div class="code">${highlight(code, "typescript")}</div>
</section>
<section aria-labelledby="proof">
<h2 id="proof">Its proof</h2>
<p>All six checks hold. The figures say how far the two sides differ, and how far they may.</p>
<table>
${rows}
</table>
<p class="small">PyTorch is version ${
    escapeHtml(versions.PyTorch)
  }; truth is the formula evaluated in 64 digits.${all}</p>
</section>
</div>`;
}

/** The lines of the backward loop that compute a gradient. */
function loopOf({ file, text, inputs, floats }: Op, target: string): string {
  const { signature, lines } = readSource(file, text);
  const { parameter } = inputs.find(({ symbol }) =>
    target === `∂E/∂${symbol}`
  )!;
  const { loop } = signature!.backward!;
  const results = new Set(floats.map(({ parameter }) => `d${parameter}`));
  return loop.lines(loop.slice(new Set([`d${parameter}`]), results))
    .map((n) => lines[n - 1].slice(4)).join("\n");
}

/** The operations by name, family by family. */
function operations(ops: readonly Op[], pages: readonly Page[]): string {
  const families = [...byFamily(ops)].map(([family, ops]) =>
    `<dt>${family}</dt>
<dd>${
      ops.map((op) =>
        `<a href="${pathOf(op, pages)}"><code>${escapeHtml(op.name)}</code></a>`
      ).join(" ")
    }</dd>`
  );
  return `<dl class="families">
${families.join("\n")}
</dl>`;
}

/** How to get the package. */
function imports({ name, version, unreleased }: Project): string {
  // The commands are true from the release on.
  const note = unreleased
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
  }<p class="small">No dependencies, no permissions. Each operation has its own entry point, such as <code>${name}/linear</code>. <a href="https://jsr.io/${name}">${name} on JSR</a></p>`;
}

/** Links to what there is beside the operations. */
function more(
  has: (path: string) => boolean,
  pages: readonly Page[],
): string {
  // Of the chapters with exercises the first, which leads to the others.
  const isChapter = ({ scripts }: Page) => scripts?.includes("exercise");
  const first = pages.find(isChapter);
  const guides = pages.filter((page) =>
    /^guides\/(?!index)/.test(page.path) && (page === first || !isChapter(page))
  );
  const cards = [
    ...guides.map(({ path, title, description }) =>
      card(path, title, description)
    ),
    ...pages.filter(({ path }) =>
      path === "prover.html" || path === "wrong.html" ||
      path === "benchmark.html" || path === "oracle.html" ||
      path === "kernels/index.html"
    ).map(({ path, title, description }) => card(path, title, description)),
    card(
      "api/index.html",
      "API",
      "Every function and type, with signatures and examples.",
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
