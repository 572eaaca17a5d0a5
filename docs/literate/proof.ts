// Copyright 2026 the Adjoint authors. MIT license.

// The proof of an operation as a figure and a table: its links, and what the
// build of this page found for each.

import type { Accuracy, LinkName } from "../../ops/proof/chain.ts";
import type { Report } from "../../ops/core/testing/report.ts";
import { escapeHtml } from "../html.ts";
import { count, showFigure } from "./mark.ts";

/** What was found for one link and one output or gradient. */
type Found = Report["links"][number];

type Versions = Report["versions"];

/** What a link means, to a reader with first-year calculus. */
const MEANINGS: Record<LinkName, (versions: Versions) => string> = {
  "page = code": () =>
    "Every equation of this page, from its own TeX, is worked out in 64 digits and compared with what the functions return, on random numbers and on large, tiny, equal and nearly equal ones. The figure is the difference as a share of the rounding error that the formula must expect: 1 is the limit.",
  "page = calculus": () =>
    "Every equation is worked out a second time, in 64 digits: each gradient in it is the symbolic derivative of the page’s own forward formula. Right formulas differ in the last of these digits, wrong ones in the first.",
  "code = calculus": () =>
    "The functions without their formulas: the input is moved a little, and the slope of the output is compared with the gradient, element by element and along random directions. The figure is relative to the length of the gradient.",
  "code = PyTorch": ({ PyTorch }) =>
    `The functions get what PyTorch ${
      escapeHtml(PyTorch)
    } got, in float32 and float64, with NaN, infinity and −0 among the numbers. The figure is the distance between both results, as a share of what rounding allows: 1 is the limit.`,
  "code = truth": () =>
    "The page’s formula is worked out in 64 decimal digits. The figure is how far our float32 result is from that, as a multiple of PyTorch’s distance, in the worst case: 2 is the limit, and in nine cases of ten it must be 1 at most.",
  "code = convention": ({ PyTorch, JAX, TensorFlow }) =>
    `Each row of the special points is executed, and what it says of PyTorch ${
      escapeHtml(PyTorch)
    }, JAX ${escapeHtml(JAX)} and TensorFlow ${
      escapeHtml(TensorFlow)
    } was measured.`,
};

/** The links of an operation, checked to be all there, and to hold. */
export interface Chain {
  op: string;
  /** The outputs, then the gradients. */
  targets: string[];
  links: { name: LinkName; found: Found[] }[];
  versions: Report["versions"];
}

/** Takes the links of an operation from the report of the build's own proof. */
export function chainOf(report: Report, op: string): Chain {
  const own = report.links.filter((link) => link.op === op);
  const targets = [...new Set(own.map(({ target }) => target))];
  const names = Object.keys(MEANINGS) as LinkName[];
  const fail = (what: string): never => {
    throw new Error(
      `Cannot show the proof of ${op} as every link must have a figure within its bound: ${what}`,
    );
  };
  if (targets.length === 0) fail("there are none");
  const links = names.map((name) => ({
    name,
    found: targets.map((target) => {
      const link = own.find((l) => l.link === name && l.target === target) ??
        fail(`${name} has none for ${target}`);
      // An output has no gradient that could be checked.
      const none = name === "code = calculus" && !target.startsWith("∂");
      // Not every gradient has something special.
      const holds = link.failures.length === 0 && link.figure !== undefined &&
        link.figure <= link.bound &&
        (link.values > 0 || name === "code = convention");
      if (!holds && !(none && link.figure === undefined)) {
        fail(
          `${name} has ${link.figure} for ${target}, the bound is ${link.bound}`,
        );
      }
      return link;
    }),
  }));
  return { op, targets, links, versions: report.versions };
}

/** The section of the page. `symbols` typesets the name of a target. */
export function proofSection(
  chain: Chain,
  symbols: (target: string) => string,
  inputs: readonly string[],
): string {
  const { targets, links, versions } = chain;
  const rows = links.map(({ name, found }) =>
    `<tr>
<th scope="row"><span class="link-name">${name}</span>
<p>${MEANINGS[name](versions)}</p>
${tried(found, inputs)}</th>
${found.map((link, i) => cell(link, targets[i], symbols)).join("\n")}
</tr>`
  );
  return `<section id="proof" class="proof" aria-labelledby="proof-title">
<h2 id="proof-title">Proof</h2>
<p>When this page was built, its formulas and its functions were proved to agree,
link by link, and the build would have stopped had one link not held: with ${
    escapeHtml(
      Object.entries(versions).map((parts) => parts.join(" ")).join(", ")
        .replace(/, ([^,]*)$/, " and $1"),
    )
  }.</p>
<table class="chain">
<thead>
<tr><th scope="col">Link</th>${
    targets.map((target) =>
      `<th scope="col"><span class="visually-hidden">${
        escapeHtml(target)
      }</span><span aria-hidden="true">${symbols(target)}</span></th>`
    ).join("")
  }</tr>
</thead>
<tbody>
${rows.join("\n")}
</tbody>
</table>
</section>`;
}

const PASS = '<span class="pass" role="img" aria-label="holds">✓</span>';

function cell(
  link: Found,
  target: string,
  symbols: (target: string) => string,
): string {
  const label = `<span class="cell-label">${symbols(target)}</span>`;
  if (link.figure === undefined) {
    return `<td class="none">${label}<span>no gradient to check</span></td>`;
  }
  if (link.link === "code = convention") {
    return link.values === 0
      ? `<td class="none">${label}<span>nothing special stated</span></td>`
      : `<td>${label}<span class="figure">${PASS} ${
        escapeHtml(link.detail)
      }</span>
<span class="values">${count(link.values, "value")}</span></td>`;
  }
  const more = "notAbove" in link
    ? `; at most 1 in ${
      (link as unknown as Accuracy).notAbove.join(" of ")
    } cases`
    : "";
  return `<td>${label}<span class="figure">${PASS} ${
    showFigure(link.figure)
  } ≤ ${showFigure(link.bound)}</span>
<span class="values">${count(link.values, "value")}${more}</span></td>`;
}

/** The shapes that a link was tried on, all of them. */
function tried(found: readonly Found[], inputs: readonly string[]): string {
  if (found.every(({ tried }) => tried.length === 0)) return "";
  const shapes = new Set(
    found.flatMap(({ tried }) => tried).map((shapes) =>
      shapes.map((shape, i) => `${inputs[i]} ${shape.join("×") || "scalar"}`)
        .join(", ")
    ),
  );
  return `<details><summary>${
    shapes.size === 1 ? "One size" : `${shapes.size} sizes`
  }</summary>\n<ul class="sizes">${
    [...shapes].map((text) => `<li>${escapeHtml(text)}</li>`).join("")
  }</ul></details>`;
}

/** The places of the nodes of the figure. */
const NODES = {
  page: [74, 34],
  calculus: [346, 34],
  code: [210, 118],
  PyTorch: [64, 202],
  truth: [210, 202],
  convention: [356, 202],
} as const;

/** The chain as a drawing. */
export function chainFigure({ links, targets }: Chain): string {
  const edges = links.map(({ name }) => {
    const [a, b] = name.split(" = ") as (keyof typeof NODES)[];
    const [[x1, y1], [x2, y2]] = [NODES[a], NODES[b]];
    const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
    return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>
<circle cx="${x}" cy="${y}" r="13"/><path d="m${x - 5.5} ${
      y + 0.5
    } 4 4.5 7-9"/>`;
  });
  const nodes = Object.entries(NODES).map(([name, [x, y]]) =>
    `<rect x="${x - 60}" y="${
      y - 20
    }" width="120" height="40" rx="8"/><text x="${x}" y="${
      y + 5
    }">${name}</text>`
  );
  const all = links.flatMap(({ found }) => found)
    .filter(({ figure }) => figure !== undefined);
  const values = all.reduce((sum, { values }) => sum + values, 0);
  return `<figure class="chain-figure">
<svg viewBox="0 0 420 236" role="img" aria-label="The links, and all hold: ${
    links.map(({ name }) => name).join(", ")
  }">
<g class="edges">
${edges.join("\n")}
</g>
<g class="nodes">
${nodes.join("\n")}
</g>
</svg>
<figcaption>Proved when this page was built: ${all.length} links between six
things, for ${targets.join(", ").replace(/, ([^,]*)$/, " and $1")}, on ${
    values.toLocaleString("en")
  } values. <a href="#proof">Every figure</a></figcaption>
</figure>`;
}
