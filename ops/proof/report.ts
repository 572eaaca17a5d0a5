// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The figures of the proof as text, for people and for machines.
 *
 * @module
 */

import { type Accuracy, type Link, LINK_NAMES, type Run } from "./chain.ts";
import type { Operation } from "./operation.ts";

/** What was found out about one operation. */
export interface Proof {
  op: Operation;
  links: Link[];
}

/** A formula of a page, and how it was executed. */
export interface FormulaReport {
  /** The forward function. */
  op: string;
  /** Its place: the file, and the line and column, counted from 1. */
  file: string;
  line: number;
  column: number;
  /** The TeX, on one line. */
  tex: string;
  /** The function whose documentation contains it, if not the module's. */
  owner?: string;
  /** The statements in it that were executed: none where it states nothing. */
  statements: StatementReport[];
}

/** A statement of a formula, and how each link executed it. */
export interface StatementReport extends Pick<Run, "tex" | "kind" | "target"> {
  runs:
    (Omit<Run, "formula" | "tex" | "kind" | "target"> & Pick<Link, "link">)[];
}

/** Paints text, or leaves it as it is. */
export interface Style {
  strong(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

/** No colors. */
export const PLAIN: Style = style(() => (text) => text);

/** The colors of a terminal. */
export const COLORS: Style = style((code) => (text) =>
  `\x1b[${code}m${text}\x1b[0m`
);

function style(paint: (code: number) => (text: string) => string): Style {
  return {
    strong: paint(1),
    faint: paint(2),
    good: paint(32),
    bad: paint(31),
  };
}

/** The links of one operation: a row for each output or gradient. */
export function formatProof({ op, links }: Proof, style: Style): string {
  const targets = [...new Set(links.map(({ target }) => target))];
  const title = `${style.strong(op.name)}  ${
    style.faint(`${op.file}, ${op.page.formulas.length} formulas`)
  }`;
  return `${title}\n${
    table([
      ["", ...LINK_NAMES],
      ...targets.map((target) => [
        target,
        ...LINK_NAMES.map((name) =>
          cell(links.find((l) => l.target === target && l.link === name))
        ),
      ]),
    ], style)
  }`;
}

function cell(link: Link | undefined): string {
  if (link?.figure === undefined) return "";
  const sign = link.failures.length > 0 ? "✗" : "✓";
  if (link.link === "code = convention") return `${sign} ${link.detail}`;
  const figures = `${show(link.figure)} ≤ ${show(link.bound)}`;
  const distances = "ours" in link
    ? ` (${showAccuracy(link as Accuracy)})`
    : "";
  return `${sign} ${figures}${distances}`;
}

function showAccuracy({ ours, pytorch, notAbove }: Accuracy): string {
  return `${notAbove.join("∕")}, ${show(ours)} : ${show(pytorch)}`;
}

/** What the columns mean. */
export const LEGEND = `\
page = code        every equation of the page in 64 digits, against the code: the
                   largest difference, as a share of the rounding error that the
                   formula must expect
page = calculus    every equation of the page in 64 digits at random points, against
                   the symbolic derivatives of the forward formula
code = calculus    gradcheck in float64, relative to the norm of the gradient
code = PyTorch     golden cases in both element types: the largest distance to
                   PyTorch, as a share of what rounding allows
code = truth       float32 golden cases: our Euclidean distance from the page's
                   formula in 64 digits, as a multiple of PyTorch's, in the worst
                   case; nine cases of ten must be at most 1 (how many are; both
                   distances over all cases)
code = convention  the special points of the page, against the code and what
                   PyTorch, JAX and TensorFlow were measured to do
`;

/** How each formula of the page was executed, in the order of the page. */
export function formulasOf({ op, links }: Proof): FormulaReport[] {
  const found = new Map(op.page.formulas.map((formula) => {
    const { line, column, tex, owner } = formula;
    const place = { op: op.name, file: op.file, line, column };
    const report: FormulaReport = { ...place, tex, owner, statements: [] };
    return [formula, report];
  }));
  for (const { link, runs } of links) {
    for (const { formula, tex, kind, target, ...run } of runs) {
      const { statements } = found.get(formula)!;
      let statement = statements.find((s) => s.tex === tex);
      if (statement === undefined) {
        statement = { tex, kind, target, runs: [] };
        statements.push(statement);
      }
      statement.runs.push({ link, ...run });
    }
  }
  return [...found.values()];
}

/** A figure without the zeros that `toExponential` and `toPrecision` pad. */
export function show(x: number, digits = 2): string {
  if (x === 0) return "0";
  return x >= 0.01 && x < 1000
    ? `${Number(x.toPrecision(digits))}`
    : x.toExponential(digits - 1);
}

/** Rows in columns; the first is the head. */
export function table(rows: string[][], style: Style): string {
  const widths = rows[0].map((_, i) =>
    Math.max(...rows.map((row) => row[i].length))
  );
  // The colors come last: their codes would count as width.
  return rows.map((row, i) => {
    const line = row.map((text, column) => text.padEnd(widths[column]))
      .join("   ").trimEnd();
    return i === 0 ? style.faint(line) : line
      .replaceAll("✓", style.good("✓")).replaceAll("✗", style.bad("✗"));
  }).join("\n") + "\n";
}
