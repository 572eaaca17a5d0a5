// Copyright 2026 the Adjoint authors. MIT license.

// The live panel's place on the page of an op, and what the panel must know of
// the page. The panel itself is made in the browser, by `browser/live.ts`.

import {
  definition,
  type Described,
  equations,
  targets,
} from "../ops/proof/equations.ts";
import { ALL, type Dim } from "../ops/proof/expression.ts";
import type { PanelData } from "./browser/live/data.ts";
import { escapeHtml } from "./site.ts";
import { renderMath } from "./typeset.ts";

/** What the panel must know of an op, read from its page. */
export function panelData(op: Described, packageName: string): PanelData {
  const { inputs, output } = op.page;
  const all = equations(op);
  const names = targets(op);
  const tex = (name: string) => name.replace(/^(\w)_(\w+)$/, "$1_{$2}");
  const symbols: Record<string, string> = {};
  const typeset = (name: string, tex: string) =>
    symbols[name] ??= renderMath(tex, false, op.file);
  for (const { symbol, shape } of [...inputs, output]) {
    typeset(symbol, symbol);
    typeset(`∂E/∂${symbol}`, `\\partial E / \\partial ${symbol}`);
    for (const dim of shape) if (isSymbol(dim)) typeset(dim, tex(dim));
  }
  return {
    package: packageName,
    name: op.name,
    inputs,
    output,
    formulas: names.map((_, target) => {
      const [indices, expr] = definition(op, target);
      return { indices, expr };
    }),
    wholes: inputs.map((_, i) =>
      all.filter((e) => e.target === i + 1 && e.defines && !e.byElements)
        .flatMap(({ sides }) => sides.slice(1))
    ),
    symbols,
  };
}

function isSymbol(dim: Dim): dim is string {
  return typeof dim === "string" && dim !== ALL;
}

/** The section of a page that holds the panel; without scripts, a sentence. */
export function liveSection(op: Described, packageName: string): string {
  const json = JSON.stringify(panelData(op, packageName))
    .replaceAll("<", "\\u003c");
  return `<section id="live" data-op="${escapeHtml(op.name)}">
<h2>Try it</h2>
<p class="live-fallback">Here the functions of this page run in your browser, on numbers that you choose. That needs JavaScript, which is switched off, or did not load.</p>
<script type="application/json" class="live-data">${json}</script>
</section>`;
}
