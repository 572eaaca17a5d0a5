// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What became of the mutants, as tables and lists.
 *
 * @module
 */

import type { Result } from "./campaign.ts";
import type { Equivalent, Equivalents } from "./equivalents.ts";

/** The results, told apart. */
export interface Verdict {
  results: Result[];
  survivors: Result[];
  /** Survivors with the reason why they are no mistakes. */
  equivalent: { result: Result; entry: Equivalent }[];
  /** Entries of the list that are wrong, in words. */
  wrong: string[];
}

/** Compares the results with the list of equivalent mutants. */
export function judge(
  results: Result[],
  equivalents: Equivalents,
  files: ReadonlySet<string>,
): Verdict {
  const verdict: Verdict = {
    results,
    survivors: [],
    equivalent: [],
    wrong: [],
  };
  for (const result of results) {
    const { mutant, killed } = result;
    const entry = equivalents.find(mutant);
    if (entry === undefined) {
      if (killed === undefined) verdict.survivors.push(result);
    } else if (killed === undefined || killed.how === "hang") {
      // That it takes long on a busy machine says nothing.
      verdict.equivalent.push({ result, entry });
    } else {
      verdict.wrong.push(
        `${where(result)} is listed as equivalent, and noticed by ${
          killed.name ?? killed.how
        }: ${killed.error}`,
      );
    }
  }
  for (const { file, from, to } of equivalents.stale(files)) {
    verdict.wrong.push(
      `${file}: An equivalent mutant is listed that is none any more:\n${
        difference(from, to)
      }`,
    );
  }
  return verdict;
}

function where({ mutant }: Result): string {
  return `${mutant.file}:${mutant.line}`;
}

function difference(from: string, to: string): string {
  const mark = (sign: string, text: string) =>
    text.split("\n").map((line) => `    ${sign} ${line}`).join("\n");
  return `${mark("-", from)}\n${mark("+", to)}`;
}

/** What noticed a mutant, as a column of the table. */
function columnOf({ killed, mutant }: Result): string {
  if (killed === undefined) return "survived";
  if (killed.how === "proof" || killed.name?.startsWith("the proof of ")) {
    return "proof";
  }
  if (killed.how !== "assertion") return "no end or start";
  const own = mutant.file.replace(/\.ts$/, "_test.ts");
  return killed.file === own ? "own tests" : "other tests";
}

const COLUMNS = [
  "own tests",
  "other tests",
  "proof",
  "no end or start",
  "equivalent",
  "survived",
];

/** The table of all files, formulas apart from code. */
export function formatTable({ results, equivalent }: Verdict): string {
  const explained = new Set(equivalent.map(({ result }) => result));
  const name = ({ mutant }: Result) =>
    mutant.code ? mutant.file : `${mutant.file} (page)`;
  const rows = [...Map.groupBy(results, name)].map(([name, own]) => {
    const columns = own.map((result) =>
      explained.has(result) ? "equivalent" : columnOf(result)
    );
    return [
      name,
      own.length,
      ...COLUMNS.map((column) => columns.filter((c) => c === column).length),
    ];
  });
  const total = rows.reduce(
    (sum, row) => sum.map((n, i) => i === 0 ? n : Number(n) + Number(row[i])),
    ["all", ...Array(COLUMNS.length + 1).fill(0)] as (string | number)[],
  );
  const table = [["file", "mutants", ...COLUMNS], ...rows, total]
    .map((row) => row.map(String));
  const widths = table[0].map((_, i) =>
    Math.max(...table.map((row) => row[i].length))
  );
  return table.map((row) =>
    row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])
    ).join("  ")
  ).join("\n");
}

/** A mutant that nothing noticed, with what it changes. */
export function formatSurvivor(result: Result): string {
  const { mutant: { operator, from, to, in: owner }, reached } = result;
  const tests = reached === 0
    ? "no test reaches it"
    : reached === 1
    ? "one test reaches it"
    : `${reached} tests reach it`;
  return `${where(result)} (${operator}, in ${owner}; ${tests})\n${
    difference(from, to)
  }`;
}
