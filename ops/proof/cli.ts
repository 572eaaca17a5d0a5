// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Prove pages on the command line
 *
 * `deno run -R jsr:@adjoint/proof/cli page.md`: reads the formulas of any
 * Markdown page and says of each gradient whether it follows from the page's own
 * forward formulas. `… module.ts` proves the pages of a literate module: page =
 * code, page = calculus, code = calculus. Only the module is run as code. In the
 * repository of Adjoint: `deno task prove page.md`.
 *
 * The exit code is 0 if everything that was read holds, 1 if something is wrong,
 * and 2 if nothing could be judged.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";
import { PageError } from "./language/expression.ts";
import type { Verdict } from "./markdown/judge.ts";
import { type PageReport, provePage } from "./markdown/prove.ts";
import { nameOf } from "./markdown/read.ts";
import type { Finding, ModuleReport } from "./prove_module.ts";
import { COLORS, PLAIN, type Style } from "./report.ts";
import type { Message, Task } from "./worker.ts";

const USAGE =
  `deno run -R jsr:@adjoint/proof/cli PAGE.md… MODULE.ts… [--json] [--seconds N]

Reads the formulas of Markdown pages, differentiates the forward formulas, and says
whether each gradient holds. If a page is a literate module, its code is run, too.

  --json       verdicts for machines
  --seconds N  stop after so many seconds on a page (60)
  --help       this text

Exit code: 0 if all that was read holds, 1 if something is wrong, 2 if nothing
could be judged.`;

/** What the command needs from its environment.
 *
 * @internal
 */
export interface World {
  /** The text of a file. */
  read(path: string): Promise<string>;
  /** Prints lines. */
  print(text: string): void;
  /** Prints lines on what went wrong. */
  error(text: string): void;
  /** Proves a module in a thread; fails after so many milliseconds. */
  proveModule(task: Task, milliseconds: number): Promise<ModuleReport>;
  /** The time in milliseconds. */
  now(): number;
  style: Style;
}

/** Whether a file is a module and not Markdown. */
const IS_MODULE = /\.[cm]?[jt]sx?$/;

/** 0 if everything that was read holds, 1 if something is wrong, 2 if nothing was
 * judged.
 *
 * @internal
 */
export function exitCodeOf(
  reports: readonly (PageReport | ModuleReport)[],
): 0 | 1 | 2 {
  const isWrong = reports.some((report) =>
    "findings" in report
      ? !report.holds
      : report.verdicts.some(({ verdict }) => verdict === "wrong")
  );
  if (isWrong) return 1;
  return reports.every((report) =>
      "findings" in report ||
      report.verdicts.some(({ verdict }) => verdict === "holds")
    )
    ? 0
    : 2;
}

/** Runs the command; the result is its exit code.
 *
 * @internal
 */
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
  const reports: (PageReport | ModuleReport)[] = [];
  let areAllRead = true;
  for (const file of positionals) {
    const text = await world.read(file);
    try {
      if (IS_MODULE.test(file)) {
        const url = pathToFileURL(file).href;
        const report = await world.proveModule(
          { file, url, source: text },
          limit,
        );
        reports.push(report);
        if (!json) world.print(formatModule(report, world.style));
        continue;
      }
      const report = provePage(text, file, limit, world.now);
      reports.push(report);
      if (!json) world.print(formatReport(report, world.style));
    } catch (error) {
      // The other pages can still be judged.
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

/** A report as text: one line for each formula, more for a wrong one.
 *
 * @internal
 */
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

/** A report on a module as text: one line for each link, more for what fails.
 *
 * @internal
 */
export function formatModule(
  { file, findings }: ModuleReport,
  style: Style,
): string {
  const lines = [style.strong(file)];
  for (const [name, own] of Map.groupBy(findings, ({ name }) => name)) {
    lines.push(`  ${name}`);
    // An output has no derivative to compare.
    for (
      const finding of own.filter(({ values, failures }) =>
        values > 0 || failures.length > 0
      )
    ) lines.push(...lineOf(finding, style));
  }
  const failed = findings.filter(({ failures }) => failures.length > 0);
  lines.push(
    `${findings.length - failed.length} of ${findings.length} links hold`,
  );
  return lines.join("\n");
}

function lineOf(
  { link, target, values, figure, bound, failures }: Finding,
  style: Style,
): string[] {
  const digits = (x: number) => x === 0 ? "0" : x.toExponential(1);
  const figures = figure === undefined
    ? ""
    : style.faint(` (${values} values, ${digits(figure)} ≤ ${digits(bound)})`);
  return failures.length === 0
    ? [`  ${style.good("✓")} ${link}: ${target}${figures}`]
    : [
      `  ${style.bad("✗")} ${link}: ${target}`,
      ...failures.map((failure) => `    ${failure}`),
    ];
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

/** The correction as a line: its words, and the right side that would hold.
 *
 * @internal
 */
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

/** Proves a module in a thread, which is stopped after so many milliseconds. */
function proveInThread(
  task: Task,
  milliseconds: number,
): Promise<ModuleReport> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url).href, {
    type: "module",
  });
  const { promise, resolve, reject } = Promise.withResolvers<ModuleReport>();
  const fail = (why: string) => reject(new PageError(why));
  let doing = "loading the module";
  const timer = setTimeout(
    () =>
      fail(
        `${task.file}: It did not finish within ${
          milliseconds / 1000
        } s, while ${doing}: --seconds allows more`,
      ),
    milliseconds,
  );
  worker.onmessage = ({ data }: MessageEvent<Message>) => {
    if ("progress" in data) doing = data.progress;
    else if ("report" in data) resolve(data.report);
    else fail(data.error);
  };
  // What is thrown outside of the module's own evaluation, in a timer.
  worker.onerror = (event) => {
    event.preventDefault();
    fail(`${task.file}: The module threw: ${event.message}`);
  };
  worker.postMessage(task);
  return promise.finally(() => {
    clearTimeout(timer);
    worker.terminate();
  });
}

/** Runs the command on the files of this machine.
 *
 * @param args The arguments: files, and options.
 * @param to Prints lines, and errors.
 * @returns The exit code.
 *
 * @example Usage
 * ```ts ignore
 * import { main } from "@adjoint/proof/cli";
 *
 * Deno.exitCode = await main(["page.md", "--json"]);
 * ```
 */
export async function main(
  args: string[],
  to: {
    /** Prints the verdicts. */
    log(text: string): void;
    /** Prints what went wrong. */
    error(text: string): void;
  } = console,
): Promise<number> {
  try {
    return await prove(args, {
      read: (path) => Deno.readTextFile(path),
      print: (text) => to.log(text),
      error: (text) => to.error(text),
      proveModule: proveInThread,
      now: () => performance.now(),
      style: Deno.stdout.isTerminal() && !Deno.noColor ? COLORS : PLAIN,
    });
  } catch (cause) {
    to.error(`error: ${(cause as Error).message}`);
    return 2;
  }
}

// A thread that is stopped while it computes would keep the process alive.
if (import.meta.main) Deno.exit(await main(Deno.args));
