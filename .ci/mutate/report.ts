// Copyright 2026 the Adjoint authors. MIT license.

import type { Mutant, Result } from "./campaign.ts";

/** How many of this many mutants may survive. */
export const allowance = (mutants: number) => 2 + Math.floor(mutants / 8);

/** The most modules, and survivors of each, in the summary. */
const MODULES = 4;
const SURVIVORS = 2;

/**
 * What became of the mutants; not well where too many of those judged survive. The
 * modules where they do are named in `brief`.
 */
export function report(
  results: readonly Result[],
  judged: ReadonlySet<Mutant>,
): { text: string; brief: string; ok: boolean } {
  const lines: string[] = [], bad: string[] = [];
  const rows = [["module", "mutants", "survived", ""]];
  let ok = true;
  const files = Map.groupBy(results, ({ mutant }) => mutant.file);
  for (const [file, own] of [...files].sort(([a], [b]) => a < b ? -1 : 1)) {
    const survivors = own.filter(({ killed }) => killed === undefined)
      .map(({ mutant }) => mutant).sort((a, b) => a.start - b.start);
    lines.push(...survivors.map(describe));
    const counted = own.filter(({ mutant }) => judged.has(mutant)).length;
    const isBad = survivors.filter((mutant) => judged.has(mutant)).length >
      allowance(counted);
    if (isBad) {
      ok = false;
      bad.push(
        [
          `${file}: ${survivors.length} of ${own.length} mutants survived, at most ${
            allowance(counted)
          } may:`,
          ...survivors.slice(0, SURVIVORS).map(describeInBrief),
        ].join("\n"),
      );
    }
    rows.push([
      file,
      `${own.length}`,
      `${survivors.length}`,
      isBad ? `too many: at most ${allowance(counted)}` : "",
    ]);
  }
  const widths = rows[0].map((_, i) =>
    Math.max(...rows.map((row) => row[i].length))
  );
  const table = rows.map((row) =>
    row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])
    ).join("  ").trimEnd()
  );
  return {
    text: [...lines, "", ...table].join("\n"),
    brief: bad.slice(0, MODULES).join("\n"),
    ok,
  };
}

function describe({ file, line, operator, name, from, to }: Mutant): string {
  const mark = (sign: string, text: string) =>
    text.split("\n").map((line) => `    ${sign} ${line}`).join("\n");
  return `${file}:${line} (${operator}, in ${name}) survived:\n${
    mark("-", from)
  }\n${mark("+", to)}`;
}

function describeInBrief({ line, from, to }: Mutant): string {
  const cut = (text: string) => text.replaceAll(/\s+/g, " ").slice(0, 80);
  return `  ${line}: ${cut(from)} → ${cut(to)}`;
}
