// Copyright 2026 the Adjoint authors. MIT license.

// The prover's page: two boxes, and examples for them. What it does is in
// `docs/browser/prover.ts`.

import { escapeHtml, type Page } from "../site.ts";
import { renderMath } from "../typeset.ts";

/** Formulas to try the prover with. */
export interface Example {
  title: string;
  /** One formula a line. */
  forward: string;
  backward: string;
  /** Whether calculus agrees. */
  holds: boolean;
}

const { raw: tex } = String;

const LAYER_NORM = tex`\mu = \frac{1}{n} \sum_{i=1}^{n} x_i
\sigma^2 = \frac{1}{n} \sum_{i=1}^{n} (x_i - \mu)^2
y_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}`;

/** What is shown first is the first. */
export const EXAMPLES: readonly Example[] = [{
  title: "Softmax without its sum",
  forward: tex`y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}`,
  backward:
    tex`\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial y_i} y_i (1 - y_i)`,
  holds: false,
}, {
  title: "Softmax",
  forward: tex`y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}`,
  backward:
    tex`\frac{\partial L}{\partial x_i} = y_i \left( \frac{\partial L}{\partial y_i} - \sum_j \frac{\partial L}{\partial y_j} y_j \right)`,
  holds: true,
}, {
  title: "A linear layer without a transpose",
  forward: tex`Y = X W`,
  backward:
    tex`\frac{\partial L}{\partial X} = \frac{\partial L}{\partial Y} W`,
  holds: false,
}, {
  title: "A linear layer",
  forward: tex`Y = X W`,
  backward:
    tex`\frac{\partial L}{\partial X} = \frac{\partial L}{\partial Y} W^T
\frac{\partial L}{\partial W} = X^T \frac{\partial L}{\partial Y}`,
  holds: true,
}, {
  title: "Layer norm with constant statistics",
  forward: LAYER_NORM,
  backward:
    tex`\frac{\partial L}{\partial x_i} = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \frac{\partial L}{\partial y_i}`,
  holds: false,
}, {
  title: "Layer norm",
  forward: LAYER_NORM,
  backward:
    tex`\frac{\partial L}{\partial x_i} = \frac{1}{\sqrt{\sigma^2 + \epsilon}} \left( \frac{\partial L}{\partial y_i} - \frac{1}{n} \sum_j \frac{\partial L}{\partial y_j} - y_i \frac{1}{n} \sum_j \frac{\partial L}{\partial y_j} y_j \right)`,
  holds: true,
}, {
  title: "Cross-entropy of logits",
  forward: tex`p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}
L = -\sum_i t_i \log p_i
\sum_i t_i = 1`,
  backward: tex`\frac{\partial L}{\partial z_i} = p_i - t_i`,
  holds: true,
}];

/** The address of the prover with these formulas in its boxes. */
export function proverLink(
  { forward, backward }: Pick<Example, "forward" | "backward">,
): string {
  return `prover.html?${new URLSearchParams({ forward, backward })}`;
}

/** The lines of a box, typeset. */
export function typesetLines(text: string, where: string): string {
  return text.split("\n").map((line) => renderMath(line, true, where))
    .join("\n");
}

/** Makes `prover.html`. */
export function prover(): Promise<Page[]> {
  return Promise.resolve([{
    path: "prover.html",
    title: "Prover",
    description:
      "Write a formula and its gradient, and see whether calculus agrees.",
    section: "prover",
    styles: ["prover"],
    scripts: ["prover"],
    main: html(),
  }]);
}

const LABELS = {
  forward: "Forward formulas, in TeX, one a line",
  backward: "Their gradients",
};

function html(): string {
  const boxes = Object.entries(LABELS).map(([box, label], i) =>
    `<div class="prover-box">
<label for="prover-${box}">${label}</label>
<textarea id="prover-${box}" data-prover="${box}" rows="${
      6 - 2 * i
    }" spellcheck="false" autocapitalize="off" autocomplete="off" aria-describedby="prover-help"></textarea>
<div class="prover-typeset" data-prover="typeset-${box}"></div>
</div>`
  ).join("\n");
  return `<div class="prover">
<h1>Prover</h1>
<p class="lead">Write a forward formula and a gradient. The gradient is compared with the one that calculus
gives, in 64 digits, at several sizes; a wrong one gets a counterexample. All of it runs in this page.</p>
<noscript><p>The prover needs JavaScript. In a clone, <code>deno task prove page.md</code> does the same.</p></noscript>
<form id="prover" aria-label="Prover">
<div class="prover-boxes">
${boxes}
</div>
<div class="prover-result" role="region" aria-label="Verdict">
<p class="prover-verdict" data-prover="verdict" role="status"></p>
<div class="prover-buttons">
<button type="button" class="button" data-prover="stop" disabled>Stop</button>
<button type="button" class="button" data-prover="link">Copy a link to this</button>
<span class="prover-status" data-prover="status" role="status"></span>
</div>
<div class="prover-details" data-prover="details"></div>
</div>
<p class="small" id="prover-help">The loss may have any name, and so may its gradients. Nothing that you write here is
sent anywhere. Each formula has five seconds. If a shape cannot be inferred, state it. Gradients may be abbreviated:</p>
<pre class="prover-notation">X \\in \\mathbb{R}^{m \\times n}
\\frac{\\partial L}{\\partial X} = \\dots
dX = \\dots</pre>
</form>
<h2 id="examples">Examples</h2>
<p>More of them, from libraries, notes and books: <a href="wrong.html">Wrong in public</a>.</p>
<ul class="prover-examples">
${EXAMPLES.map(exampleHtml).join("\n")}
</ul>
</div>`;
}

function exampleHtml(example: Example): string {
  const { title, forward, backward } = example;
  return `<li><button type="button" class="prover-example" data-forward="${
    escapeHtml(forward)
  }" data-backward="${escapeHtml(backward)}">${escapeHtml(title)}</button>
${typesetLines(backward, "docs/pages/prover.ts")}</li>`;
}
