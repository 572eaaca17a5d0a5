// Copyright 2026 the Adjoint authors. MIT license.

// The figures on the pages: those of this very build.

import type { Report } from "../ops/core/testing/report.ts";

const root = new URL("../", import.meta.url);
let report: Promise<Report> | undefined;

/**
 * Proves every operation, once for a build. A site that says that its pages are
 * proved is not built where a proof fails.
 */
export function proofReport(): Promise<Report> {
  return report ??= prove();
}

async function prove(): Promise<Report> {
  // In a process of its own, it runs while the other pages are made.
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "-q", "verify", "--json"],
    cwd: root,
    stdout: "piped",
    stderr: "piped",
  }).output();
  return readReport(
    new TextDecoder().decode(stdout),
    new TextDecoder().decode(stderr),
  );
}

/** Reads what `verify --json` printed; throws unless everything holds. */
export function readReport(stdout: string, stderr: string): Report {
  // Nothing is printed where the proof could not be tried.
  const report: Report | undefined = stdout === ""
    ? undefined
    : JSON.parse(stdout);
  if (report?.ok) return report;
  const reasons = report === undefined ? [stderr.trim()] : [
    ...report.links.flatMap(({ link, failures }) =>
      failures.map((failure) => `${link}: ${failure}`)
    ),
    ...report.notebook.filter(({ ok }) => !ok).map(({ op, target }) =>
      `notebook: ${op} ${target} is too far away from PyTorch`
    ),
  ];
  throw new Error(
    `Cannot build the documentation as every proof must hold: ${
      reasons.join("\n")
    }`,
  );
}
