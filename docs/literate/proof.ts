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

/** What a check found, in a sentence, and how it was made. */
interface Verdict {
  /** What was checked, for the row of ticks. */
  brief: string;
  says: string;
  how: string;
}

const VERDICTS: Record<LinkName, (versions: Versions) => Verdict> = {
  "page = code": () => ({
    brief: "formulas",
    says: "The functions return what the formulas of this page say.",
    how:
      "Every equation of this page, from its own TeX, is evaluated in 64 digits and compared with what the functions return, on random numbers and on large, tiny, equal and nearly equal ones. The figure is the largest difference as a share of the rounding error that the formula must expect: 1 is the limit.",
  }),
  "page = calculus": () => ({
    brief: "derivatives",
    says:
      "Each gradient on this page is the derivative of the page’s own forward formula.",
    how:
      "The forward formula is differentiated symbolically, and both sides of every equation are evaluated in 64 digits at random points. Right formulas differ in the last of these digits, wrong ones in the first. The figure is the largest relative difference.",
  }),
  "code = calculus": () => ({
    brief: "slopes",
    says: "The gradients agree with the measured slopes of the function.",
    how:
      "No formula takes part: each input is moved a little, and the change of the output is compared with the gradient, element by element and along random directions. The figure is the difference relative to the length of the gradient.",
  }),
  "code = PyTorch": ({ PyTorch }) => ({
    brief: `PyTorch ${PyTorch}`,
    says: `The results agree with those of PyTorch ${PyTorch}, up to rounding.`,
    how:
      `The functions get what PyTorch ${PyTorch}, the version that the results were recorded with, got, in float32 and float64, with NaN, infinity and −0 among the numbers. The figure is the largest distance between both results as a share of what rounding allows: 1 is the limit.`,
  }),
  "code = truth": () => ({
    brief: "precision",
    says:
      "In float32, the results are about as close to the truth as PyTorch’s, or closer.",
    how:
      "Truth is the page’s formula, evaluated in 64 decimal digits. The figure is the distance of our float32 result from it, as a multiple of PyTorch’s distance, in the worst case: 2 is the limit, and in nine cases of ten it must be 1 at most.",
  }),
  "code = convention": ({ PyTorch, JAX, TensorFlow }) => ({
    brief: "special points",
    says: "Each row of the table of special points holds for the functions.",
    how:
      `Each row is executed. What it says of PyTorch ${PyTorch}, JAX ${JAX} and TensorFlow ${TensorFlow} was measured with these versions.`,
  }),
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
  const names = Object.keys(VERDICTS) as LinkName[];
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
  const items = links.map(({ name, found }) => {
    const { says, how } = VERDICTS[name](versions);
    const values = found.reduce((sum, { values }) => sum + values, 0);
    return `<li>
<p class="verdict">${PASS}${escapeHtml(says)}</p>
<details><summary><span class="link-name">${name}</span>: ${
      count(values, name === "code = convention" ? "number" : "value")
    } compared</summary>
<p>${escapeHtml(how)}</p>
<table class="chain">
<tbody>
${
      found.map((link, i) =>
        `<tr><th scope="row">${symbols(targets[i])}</th>${cell(link)}</tr>`
      ).join("\n")
    }
</tbody>
</table>
${tried(found, inputs)}</details>
</li>`;
  });
  return `<section id="proof" class="proof" aria-labelledby="proof-title">
<h2 id="proof-title">How it was checked</h2>
<p>Six checks ran when this page was built, each by another means, and the build
would have stopped had one failed. They used ${
    escapeHtml(
      Object.entries(versions).map((parts) => parts.join(" ")).join(", ")
        .replace(/, ([^,]*)$/, " and $1"),
    )
  }.</p>
<ul class="verdicts">
${items.join("\n")}
</ul>
</section>`;
}

const PASS = '<span class="pass" role="img" aria-label="holds">✓</span>';

function cell(link: Found): string {
  if (link.figure === undefined) {
    return '<td class="none">no gradient to check</td>';
  }
  if (link.link === "code = convention") {
    return link.values === 0
      ? '<td class="none">nothing special stated</td>'
      : `<td><span class="figure">${escapeHtml(link.detail)}</span>
<span class="values">${count(link.values, "value")}</span></td>`;
  }
  const more = "notAbove" in link
    ? `; at most 1 in ${
      (link as unknown as Accuracy).notAbove.join(" of ")
    } cases`
    : "";
  return `<td><span class="figure">${showFigure(link.figure)} ≤ ${
    showFigure(link.bound)
  }</span>
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
  return `<p>Tried at ${
    shapes.size === 1 ? "one size" : `${shapes.size} sizes`
  }:</p>\n<ul class="sizes">${
    [...shapes].map((text) => `<li>${escapeHtml(text)}</li>`).join("")
  }</ul>`;
}

/** The checks as a row of ticks, with a link to what each found. */
export function chainTicks({ links, versions }: Chain): string {
  const ticks = links.map(({ name }) =>
    `<li>${PASS} ${VERDICTS[name](versions).brief}</li>`
  );
  return `<div class="ticks">
<p>Checked when built:</p>
<ul>
${ticks.join("\n")}
</ul>
<a href="#proof">How?</a>
</div>`;
}
