// Copyright 2026 the Adjoint authors. MIT license.

// The mark beside a formula that was executed, and what it says.

import type { FormulaReport, StatementReport } from "../../ops/proof/report.ts";
import { escapeHtml } from "../html.ts";

/** A figure for people: `2.2 · 10⁻¹⁴`. */
export function showFigure(x: number): string {
  if (x === 0) return "0";
  if (x >= 0.01 && x < 1000) return `${Number(x.toPrecision(2))}`;
  const [digits, power] = x.toExponential(1).split("e");
  const raised = [...power.replace("+", "")].map((c) =>
    c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(c)]
  ).join("");
  return Number(digits) === 1
    ? `10${raised}`
    : `${Number(digits)} · 10${raised}`;
}

/** `1 value`, `2625 values` */
export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

/** Whether a statement is only what others are computed with. */
function isBare({ kind, runs }: StatementReport): boolean {
  return kind === "definition" && runs.every(({ bound }) => bound === 0);
}

/** What a statement is, in words. */
function titleOf(statement: StatementReport): string {
  const { kind, target, tex } = statement;
  if (isBare(statement)) {
    return `A definition: ${
      tex.includes("=") ? "a function" : "the shape of a symbol"
    }`;
  }
  switch (kind) {
    case "elements":
      return `The elements of ${target}, executed`;
    case "whole":
      return `${target} as a whole, executed`;
    case "step":
      return "A step of the derivation, executed";
    case "shape":
      return "A shape, compared with the code’s";
    case "definition":
      return "What a symbol stands for, executed";
  }
}

/** How each link executed a statement: one line of text for each. */
export function linesOf(statement: StatementReport): string[] {
  return statement.runs.map((run) => {
    const sizes = count(run.sizes, "size");
    if (isBare(statement)) {
      return statement.tex.includes("=")
        ? `Nothing to compare: other formulas were executed with it, at ${sizes}.`
        : `Nothing to compute. The code took, or gave, tensors of this shape at ${
          run.sizes === 1 ? "the one size" : `all ${sizes}`
        } tried.`;
    }
    if (statement.kind === "shape") {
      return `${run.link}: the code has this shape, at ${sizes}.`;
    }
    const figure = showFigure(run.figure);
    return `${run.link}: ${count(run.values, "value")} at ${sizes}, ${
      run.exact === undefined
        ? `random and special inputs; the largest difference is ${figure} of what rounding allows`
        : run.exact === run.values
        ? "in 64 digits; all are equal"
        : `in 64 digits; largest difference ${figure}, at most ${
          showFigure(run.bound)
        } allowed`
    }.`;
  });
}

/** A mark and what it tells, or nothing where nothing was executed. */
export interface Mark {
  /** The button. */
  button: string;
  /** What it opens. It stands elsewhere, as a paragraph cannot hold it. */
  tip: string;
}

/** The mark of a formula. */
export function markOf(formula: FormulaReport): Mark | undefined {
  const { file, line, column, statements } = formula;
  if (statements.length === 0) return undefined;
  const id = `check-${line}-${column}`;
  const isDefinition = statements.every(isBare);
  // What is seen is a part of what is heard.
  const label = `${isDefinition ? "def. " : ""}How it was checked: ${
    titleOf(statements[0])
  }`;
  const lists = statements.map((statement) =>
    `<p class="check-title">${escapeHtml(titleOf(statement))}</p>\n<ul>${
      linesOf(statement).map((text) => `<li>${emphasize(text)}</li>`).join("")
    }</ul>`
  );
  return {
    button: `<button type="button" class="check${
      isDefinition ? " is-definition" : ""
    }" popovertarget="${id}" data-check="${id}" aria-label="${
      escapeHtml(label)
    }"><span aria-hidden="true">${isDefinition ? "def." : "✓"}</span></button>`,
    tip:
      `<div class="check-tip" id="${id}" popover data-no-search role="note" aria-label="How a formula was checked">${
        lists.join("\n")
      }<p class="check-place">Line ${line} of ${
        escapeHtml(file)
      }, when this page was built</p></div>`,
  };
}

/** The name of the link is emphasized. */
function emphasize(text: string): string {
  return escapeHtml(text).replace(/^(\w+ = \w+):/, "<b>$1</b>:");
}
