// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The figures of this repository's proof, with the notebook's, as text for people
 * and for machines.
 *
 * @module
 */

import type { Link } from "../../proof/chain.ts";
import {
  type FormulaReport,
  formulasOf,
  type Proof as OpProof,
  show,
  type Style,
  table,
} from "../../proof/report.ts";
import { type NotebookLine, VERSIONS } from "./notebook.ts";

/** Everything that was found out about one operation. */
export interface Proof extends OpProof {
  notebook: NotebookLine[];
}

/** What was found out about all operations, for machines. */
export interface Report {
  /** Whether everything holds. */
  ok: boolean;
  versions: Record<string, string>;
  links: Omit<Link, "runs">[];
  notebook: NotebookLine[];
  formulas: FormulaReport[];
}

/** Whether everything holds. */
export function holds({ links, notebook }: Proof): boolean {
  return links.every(({ failures }) => failures.length === 0) &&
    notebook.every(({ ok }) => ok);
}

/** The notebook's distances beside ours, line by line. */
export function formatNotebook(proofs: Proof[], style: Style): string {
  const lines = proofs.flatMap(({ notebook }) => notebook);
  if (lines.length === 0) return "";
  const { torch } = VERSIONS;
  const rows = lines.map((line, i) => [
    line.op === lines[i - 1]?.op ? "" : line.op,
    line.target,
    line.notebook === 0 ? "0.0" : line.notebook.toExponential(),
    show(line.ours, 3),
    `${line.ok ? "✓" : "✗"} ≤ ${show(2 * line.pytorch, 3)}`,
    show(line.error, 3),
    show(line.pytorch, 3),
  ]);
  return `${style.strong("the notebook")}  ${
    style.faint(`np.random.seed(12), E = Σ z²: distances to PyTorch ${torch}`)
  }
${
    table([
      [
        "",
        "",
        "it printed",
        "ours",
        "bound",
        "ours from the truth",
        "PyTorch from the truth",
      ],
      ...rows,
    ], style)
  }
${
    style.faint(`\
The bound is twice PyTorch's own distance from the truth, which is computed in 64
digits. The notebook printed zeros where NumPy and PyTorch shared one BLAS: they
shared its rounding errors. Our sums are rounded once, so most of the distance
that is left there is PyTorch's own, as the last two columns show.`)
  }
`;
}

/** What does not hold, and the count of what does. */
export function formatEnd(proofs: Proof[], style: Style): string {
  const links = proofs.flatMap(({ links }) => links)
    .filter(({ figure }) => figure !== undefined);
  const lines = proofs.flatMap(({ notebook }) => notebook);
  const failures = [
    ...links.flatMap(({ link, failures }) =>
      failures.map((failure) => `${link}: ${failure}`)
    ),
    ...lines.filter(({ ok }) => !ok).map(({ op, target, ours, pytorch }) =>
      `notebook: ${op} ${target} is ${ours} away from PyTorch, which is ${pytorch} away from the truth`
    ),
  ];
  const held = links.filter(({ failures }) => failures.length === 0).length;
  return [
    ...failures.map((failure) => `${style.bad("✗")} ${failure}`),
    `${held} of ${links.length} links hold, ${
      lines.filter(({ ok }) => ok).length
    } of ${lines.length} notebook distances`,
  ].join("\n");
}

/** The versions of what an operation is compared with. */
export function versionsOf(proofs: Proof[]): Record<string, string> {
  const libraries = proofs.flatMap(({ op }) =>
    Object.entries(op.goldens?.libraries ?? {})
      .map(([name, { version }]) => [name, version])
  );
  return { Deno: Deno.version.deno, ...Object.fromEntries(libraries) };
}

/** All figures as JSON, which has no infinity. */
export function toJson(proofs: Proof[]): string {
  const json: Report = {
    ok: proofs.every(holds),
    versions: versionsOf(proofs),
    links: proofs.flatMap(({ links }) => links)
      .map(({ runs: _, ...link }) => link),
    notebook: proofs.flatMap(({ notebook }) => notebook),
    formulas: proofs.flatMap(formulasOf),
  };
  const replacer = (_: string, value: unknown) =>
    value === Infinity ? "Infinity" : value;
  return JSON.stringify(json, replacer, 2);
}
