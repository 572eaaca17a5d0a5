// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno run -R jsr:@adjoint/proof/cli page.md`: reads the formulas of any Markdown
 * page and says of each derivative whether it is that of the page's own forward
 * formulas. Here: `deno task prove page.md`.
 *
 * The exit code is 0 where all that was read holds, 1 where something is wrong,
 * and 2 where nothing could be judged.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { PageError } from "./language/expression.ts";
import type { Verdict } from "./markdown/judge.ts";
import { type PageReport, provePage } from "./markdown/prove.ts";
import { nameOf } from "./markdown/read.ts";
import { COLORS, PLAIN, type Style } from "./report.ts";

const USAGE =
  `deno run -R jsr:@adjoint/proof/cli PAGE.md… [--json] [--seconds N]

Reads the formulas of Markdown pages, differentiates the forward ones, and says of
every gradient whether it holds.

  --json       verdicts for machines
  --seconds N  stop after so many seconds on a page (60)
  --help       this text

Exit code: 0 if all that was read holds, 1 if something is wrong, 2 if nothing
could be judged.`;

/** What the command needs of the world around it. */
export interface World {
  /** The text of a file. */
  read(path: string): Promise<string>;
  /** Prints lines. */
  print(text: string): void;
  /** Prints lines on what went wrong. */
  error(text: string): void;
  /** The time in milliseconds. */
  now(): number;
  style: Style;
}

/** 0 where all that was read holds, 1 where something is wrong, 2 where nothing was judged. */
export function exitCodeOf(reports: readonly PageReport[]): 0 | 1 | 2 {
  const verdicts = reports.flatMap((report) => report.verdicts);
  if (verdicts.some(({ verdict }) => verdict === "wrong")) return 1;
  return reports.every(({ verdicts }) =>
      verdicts.some(({ verdict }) => verdict === "holds")
    )
    ? 0
    : 2;
}

/** Runs the command; the result is its exit code. */
export async function prove(args: string[], world: World): Promise<number> {
  const { positionals, values: { json, help, seconds } } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      help: { type: "boolean" },
      seconds: { type: "string", default: "60" },
    },
  });
  if (help || positionals.length === 0) {
    (help ? world.print : world.error)(USAGE);
    return help ? 0 : 2;
  }
  const limit = Number(seconds) * 1000;
  if (!(limit > 0)) {
    throw new RangeError(
      `Cannot stop after ${seconds} seconds as that must be a number above 0`,
    );
  }
  const reports: PageReport[] = [];
  let areAllRead = true;
  for (const file of positionals) {
    const text = await world.read(file);
    try {
      const report = provePage(text, file, limit, world.now);
      reports.push(report);
      if (!json) world.print(formatReport(report, world.style));
    } catch (error) {
      // The other pages can be judged all the same.
      if (!(error instanceof PageError)) throw error;
      world.error(`error: ${error.message}`);
      areAllRead = false;
    }
  }
  const code = areAllRead ? exitCodeOf(reports) : exitCodeOf(reports) || 2;
  if (json) {
    world.print(JSON.stringify({ ok: code === 0, pages: reports }, null, 2));
  }
  return code;
}

/** A report as text: one line for each formula, more for a wrong one. */
export function formatReport(
  { file, inferred, verdicts, unread }: PageReport,
  style: Style,
): string {
  const lines: string[] = [style.strong(file)];
  for (const text of inferred) lines.push(style.faint(`  inferred: ${text}`));
  const places = [
    ...verdicts.map((verdict) => ({ ...verdict, text: show(verdict, style) })),
    ...unread.map((u) => ({
      ...u,
      text: `${style.bad("?")} cannot be read: ${u.why}\n    ${u.tex}`,
    })),
  ].sort((a, b) => a.line - b.line || a.column - b.column);
  for (const { line, column, text } of places) {
    lines.push(`${file}:${line}:${column} ${text}`);
  }
  const count = (verdict: Verdict["verdict"]) =>
    verdicts.filter((v) => v.verdict === verdict).length;
  lines.push(
    [
      `${count("holds")} hold`,
      `${count("wrong")} wrong`,
      `${count("defines")} definitions`,
      `${count("open")} not judged`,
      `${unread.length} cannot be read`,
    ].join(", "),
  );
  return lines.join("\n");
}

function show(verdict: Verdict, style: Style): string {
  const { tex, values, sizes, exact, transposed, why } = verdict;
  switch (verdict.verdict) {
    case "defines":
      return style.faint(`  defines\n    ${tex}`);
    case "open":
      return `${style.faint("–")} not judged: ${why}\n    ${tex}`;
    case "holds":
      return `${style.good("✓")} holds${
        transposed ? " as its transpose, in numerator layout" : ""
      }${
        style.faint(
          values > 0
            ? ` (${values} values at ${sizes} sizes${
              exact ? ", equal to the last of 64 digits" : ""
            })`
            : "",
        )
      }\n    ${tex}`;
    case "wrong":
      return [
        `${style.bad("✗")} is wrong${why ? `: ${why}` : ""}`,
        `    ${tex}`,
        ...example(verdict),
        ...verdict.mend
          ? [`    ${mendOf(verdict)}`]
          : (verdict.derivation ?? []).map((step) => `    derived: ${step}`),
      ].join("\n");
  }
}

/** The mend as a line: its words, and the right side that would hold. */
export function mendOf({ mend = "", mended }: Verdict): string {
  const words = mend.replaceAll("$", "");
  return mended === undefined ? words : `${words}: ${mended}`;
}

function example({ counterexample }: Verdict): string[] {
  if (counterexample === undefined) return [];
  const { given, at, page, calculus } = counterexample;
  const values = Object.entries(given).map(([name, value]) =>
    `${nameOf(name)} = ${JSON.stringify(value)}`
  );
  const place = Object.entries(at).map(([name, i]) => `${name} = ${i}`);
  return [
    `    for ${values.join(", ")}`,
    `    ${
      place.length > 0 ? `at ${place.join(", ")} ` : ""
    }the page gives ${page}, calculus gives ${calculus}`,
  ];
}

/** Runs the command on the files of this machine. */
export async function main(
  args: string[],
  { log, error }: Pick<Console, "log" | "error"> = console,
): Promise<number> {
  try {
    return await prove(args, {
      read: (path) => Deno.readTextFile(path),
      print: log,
      error,
      now: () => performance.now(),
      style: Deno.stdout.isTerminal() && !Deno.noColor ? COLORS : PLAIN,
    });
  } catch (cause) {
    error(`error: ${(cause as Error).message}`);
    return 2;
  }
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
