// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Rehearses publishing, and demands that the package holds exactly what users
 * need: the modules that the exports reach, and the documents below.
 *
 * @module
 */

import { deno, ROOT } from "./deno.ts";

const DOCUMENTS = [
  "CHANGELOG.md",
  "LICENSE",
  "README.md",
  "SECURITY.md",
  "deno.json",
];

/** The entry points of the package, by the names of the exports. */
export async function entryPoints(): Promise<Record<string, string>> {
  const { exports } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  return exports;
}

/** The files of the package, by a dry run, which also refuses slow types. */
export async function rehearse(): Promise<{ ok: boolean; files: string[] }> {
  // A dirty tree is no fault here: the package is checked before the commit.
  const { code, stderr } = await deno(
    ["publish", "--dry-run", "--allow-dirty"],
    { capture: true, env: { NO_COLOR: "1" } },
  );
  const warned = /^warning/im.test(stderr);
  if (code !== 0 || warned) console.error(stderr);
  const files = [...stderr.matchAll(/^ +(file:\S+) \(.*\)$/gm)]
    .map(([, url = ""]) => relative(url));
  return { ok: code === 0 && !warned, files };
}

/** The local modules that the exports reach. */
async function reachable(): Promise<Set<string>> {
  const modules = new Set<string>();
  for (const path of Object.values(await entryPoints())) {
    const { code, stdout, stderr } = await deno(["info", "--json", path], {
      capture: true,
    });
    if (code !== 0) throw new Error(stderr);
    for (const { specifier } of JSON.parse(stdout).modules) {
      modules.add(relative(specifier));
    }
  }
  return modules;
}

function relative(url: string): string {
  return url.startsWith(ROOT.href) ? url.slice(ROOT.href.length) : url;
}

if (import.meta.main) {
  const { ok, files } = await rehearse();
  if (!ok) Deno.exit(1);
  const shipped = new Set(files);
  const needed = (await reachable()).union(new Set(DOCUMENTS));
  for (const file of files) console.log(file);
  const problems = [
    ...[...needed.difference(shipped)].map((f) => `${f} is not published`),
    ...[...shipped.difference(needed)].map((f) => `${f} is of no use to users`),
  ];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) Deno.exitCode = 1;
}
