// Copyright 2026 the Adjoint authors. MIT license.

// The page of gradients that are wrong in public: `docs/wrong/formulas.ts`, each
// judged as the site is built.

import type {
  Counterexample,
  Verdict,
} from "../../ops/proof/markdown/judge.ts";
import { provePage } from "../../ops/proof/markdown/prove.ts";
import { asWritten } from "../../ops/proof/markdown/read.ts";
import { formulasOf, pageOf } from "../browser/prover/page.ts";
import { escapeHtml, type Page } from "../site.ts";
import { renderMath } from "../typeset.ts";
import { WRONG, type WrongFormula } from "../wrong/formulas.ts";
import { proverLink, typesetLines } from "./prover.ts";

const WHERE = "docs/wrong/formulas.ts";

/** What the prover says of the gradients of an entry, one after the other. */
export function verdictsOf(
  { forward }: WrongFormula,
  backward: string,
): Verdict[] {
  const formulas = formulasOf({ forward, backward });
  const { verdicts, unread } = provePage(pageOf(formulas), WHERE);
  for (const { tex, why } of unread) {
    throw new Error(`Cannot judge ${tex} as it must be read: ${why}`);
  }
  return verdicts.filter(({ verdict }) => verdict !== "defines");
}

/** Makes `wrong.html`. */
export function wrong(): Promise<Page[]> {
  return Promise.resolve([{
    path: "wrong.html",
    title: "Wrong in public",
    description:
      "Wrong gradients from libraries, notes and books, each with a counterexample and a correction.",
    section: "prover",
    styles: ["prover"],
    main: `<div class="prover">
<h1>Wrong in public</h1>
<p class="lead">Even experts get backward passes wrong, and nobody runs the formulas on a page. Authors or readers found the
mistakes below, and most have been fixed. Each gradient is restated in one notation, refuted by the
<a href="prover.html">prover</a> when this site is built, and shown beside the gradient that holds.</p>
${WRONG.map(entryHtml).join("\n")}
</div>`,
  }]);
}

function entryHtml(entry: WrongFormula): string {
  const { title, source, mistake, forward, wrong, right } = entry;
  const found = verdictsOf(entry, wrong)
    .find(({ verdict }) => verdict === "wrong");
  const holds = verdictsOf(entry, right)
    .every(({ verdict }) => verdict === "holds");
  if (found === undefined || !holds) {
    throw new Error(
      `Cannot show ${title} as the one must be wrong and the other hold`,
    );
  }
  const link = (backward: string) =>
    escapeHtml(proverLink({ forward, backward }));
  return `<section class="wrong">
<h2>${escapeHtml(title)}</h2>
<p>${escapeHtml(mistake)} <span class="small">Source: <a href="${
    escapeHtml(source.url)
  }">${escapeHtml(source.name)}</a>.</span></p>
${typesetLines(forward, WHERE)}
<div class="wrong-pair">
<div>
<h3>As published</h3>
${typesetLines(wrong, WHERE)}
${
    found.counterexample === undefined
      ? `<p>${escapeHtml(found.why ?? "")}</p>`
      : counterexampleHtml(found.counterexample)
  }
<p><a href="${link(wrong)}">Refute it yourself</a></p>
</div>
<div>
<h3>Corrected</h3>
${typesetLines(right, WHERE)}
<p><a href="${link(right)}">Try it</a></p>
</div>
</div>
</section>`;
}

function counterexampleHtml(
  { given, at, page, calculus }: Counterexample,
): string {
  const name = (key: string) =>
    renderMath(
      asWritten(key).replace(
        /^∂(.*)\/∂(.*)$/,
        "\\partial $1 / \\partial $2",
      ),
      false,
      WHERE,
    );
  const place = Object.entries(at).map(([index, i]) => `${index} = ${i}`);
  const where = place.length > 0 ? ` at ${place.join(", ")}` : "";
  const rows = [
    ...Object.entries(given).map(([key, value]) => [name(key), show(value)]),
    [`the formula gives${where}`, show(page)],
    [`calculus gives${where}`, show(calculus)],
  ].map(([name, value]) =>
    `<tr><th scope="row">${name}</th><td>${value}</td></tr>`
  );
  return `<table>
<tbody>
${rows.join("\n")}
</tbody>
</table>`;
}

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  return typeof value === "number"
    ? String(Number(value.toPrecision(6))).replace("-", "−")
    : String(value);
}
