// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Runs every check, and says at the end which of them failed and how long each
 * took.
 *
 * @module
 */

import { deno, ROOT } from "./deno.ts";

/** The arguments to deno, by the name of the check. */
const CHECKS: Record<string, string[]> = {
  "format": ["fmt", "--check"],
  "lint": ["lint"],
  "types": ["task", "-q", "check"],
  "lock file": ["task", "-q", "lock", "--check"],
  "wasm": ["task", "-q", "wasm", "--check"],
  "tables": ["task", "-q", "tables", "--check"],
  "stand-ins": ["task", "-q", "jsr", "--check"],
  "doc lint": ["task", "-q", "doc:lint"],
  "tests": ["task", "-q", "test"],
  // The types of the tests below have been checked above.
  "tools": [
    ...["run", "-A", ".ci/deno.ts", "--in=.ci/"],
    ...["test", "-A", "--no-check", ".ci"],
  ],
  "verify": ["task", "-q", "verify"],
  "docs": ["task", "-q", "docs"],
  "site": ["task", "-q", "test:site", "--built", "--no-check"],
  "training": [
    ...["run", "-A", ".ci/deno.ts", "--in=docs/train/"],
    ...["test", "-A", "--no-check", "docs/train"],
  ],
  "examples": ["task", "-q", "types"],
  "publish": ["task", "-q", "publish:check"],
  "supply chain": ["task", "-q", "supply"],
  "everywhere": ["task", "-q", "test:everywhere"],
  "endurance": ["task", "-q", "endure"],
  "mutants": ["task", "-q", "mutate", "--since", await base()],
  "bench": ["task", "-q", "bench", "--filter=64×64×64"],
};

/** What the change is compared with: where it left main, or what came before. */
async function base(): Promise<string> {
  const git = async (...args: string[]) => {
    const { stdout } = await new Deno.Command("git", {
      args,
      cwd: ROOT,
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  const head = await git("rev-parse", "HEAD");
  for (const branch of ["origin/main", "main"]) {
    const fork = await git("merge-base", branch, "HEAD");
    if (fork !== "" && fork !== head) return fork;
  }
  return "HEAD^";
}

/** The reports of tests and steps, in JUnit's format. */
const REPORTS = ["junit", "uncounted", "site"].map((name) =>
  `coverage/${name}.xml`
);

/** The tests and steps that failed, each with its message. */
async function failures(): Promise<string[]> {
  const failed: string[] = [];
  for (const path of REPORTS) {
    // A report is missing where the tests did not run to their end.
    const xml = await Deno.readTextFile(new URL(path, ROOT)).catch(() => "");
    for (
      const [, name, message] of xml.matchAll(
        /<testcase name="([^"]*)"[^>]*>\s*<failure message="([^"]*)"/g,
      )
    ) failed.push(decode(`${name}: ${message}`));
  }
  return failed;
}

/** The characters that XML writes as entities. */
function decode(xml: string): string {
  const entities = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return xml.replaceAll(
    /&(lt|gt|quot|apos|amp);/g,
    (_, name: keyof typeof entities) => entities[name],
  );
}

const results: { name: string; ok: boolean; seconds: number }[] = [];
for (const [name, args] of Object.entries(CHECKS)) {
  console.log(`\n=== ${name} ===`);
  const start = performance.now();
  const { code } = await deno(args);
  const seconds = (performance.now() - start) / 1000;
  results.push({ name, ok: code === 0, seconds });
}

console.log("\n=== summary ===");
for (const { name, ok, seconds } of results) {
  console.log(
    `${ok ? "ok    " : "FAILED"} ${name.padEnd(12)} ${
      seconds.toFixed(1).padStart(6)
    } s`,
  );
}

// What failed comes last: of a long output only the end may be seen.
const failed = await failures();
const mutants = await Deno.readTextFile(new URL("coverage/mutants.txt", ROOT))
  .catch(() => "");
if (failed.length > 0) console.log("\n=== failures ===");
for (const failure of failed.slice(0, 5)) {
  console.log(failure.replaceAll(/\s+/g, " ").slice(0, 400));
}
if (failed.length > 5) console.log(`and ${failed.length - 5} more`);
if (mutants !== "") console.log(`\n=== mutants ===\n${mutants}`);

if (!results.every(({ ok }) => ok)) Deno.exit(1);
