// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Rehearses publishing, and demands that each package holds exactly what users
 * need: the modules that the exports reach, and the documents below.
 *
 * @module
 */

import { deno, ROOT } from "./deno.ts";

/** The folders of the packages, and the documents that each publishes. */
export const MEMBERS = {
  "": ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "deno.json"],
  "ops/proof/": ["README.md", "deno.json"],
};

/** The folder of a package. */
export type Member = keyof typeof MEMBERS;

/** The entry points of a package, from the root, by the names of the exports. */
export async function entryPoints(
  member: Member = "",
): Promise<Record<string, string>> {
  const { exports } = JSON.parse(
    await Deno.readTextFile(new URL(`${member}deno.json`, ROOT)),
  );
  return Object.fromEntries(
    Object.entries<string>(exports).map((
      [name, path],
    ) => [name, member === "" ? path : path.replace("./", `./${member}`)]),
  );
}

/**
 * What a dry run warns of and what is meant: the prover loads the module that
 * somebody names.
 */
const MEANT =
  /^warning\[unanalyzable-dynamic-import\].*\n.*\/ops\/proof\/worker\.ts:/gm;

/** The files of a package, by a dry run, which also refuses slow types. */
export async function rehearse(
  member: Member = "",
): Promise<{ ok: boolean; files: string[] }> {
  // A dirty tree is fine here: the package is checked before the commit.
  const { code, stderr } = await deno(
    ["publish", "--dry-run", "--allow-dirty"],
    { capture: true, env: { NO_COLOR: "1" }, cwd: new URL(member, ROOT) },
  );
  const warned = /^warning/im.test(stderr.replaceAll(MEANT, ""));
  if (code !== 0 || warned) console.error(stderr);
  const files = [...stderr.matchAll(/^ +(file:\S+) \(.*\)$/gm)]
    .map(([, url = ""]) => relative(url));
  return { ok: code === 0 && !warned, files };
}

/** The local modules that the exports reach. */
async function reachable(member: Member): Promise<Set<string>> {
  const modules = new Set<string>();
  for (const path of Object.values(await entryPoints(member))) {
    const { code, stdout, stderr } = await deno(["info", "--json", path], {
      capture: true,
    });
    if (code !== 0) throw new Error(stderr);
    for (const { specifier } of JSON.parse(stdout).modules) {
      const file = relative(specifier);
      // The other package is imported by its name, and npm's by theirs.
      if (/^\w+:/.test(file) || ownerOf(file) !== member) continue;
      modules.add(file);
    }
  }
  return modules;
}

/** The package that publishes a file. */
function ownerOf(file: string): Member {
  return file.startsWith("ops/proof/") ? "ops/proof/" : "";
}

function relative(url: string): string {
  return url.startsWith(ROOT.href) ? url.slice(ROOT.href.length) : url;
}

if (import.meta.main) {
  for (const member of Object.keys(MEMBERS) as Member[]) {
    const { ok, files } = await rehearse(member);
    if (!ok) Deno.exit(1);
    const shipped = new Set(files);
    const documents = MEMBERS[member].map((file) => member + file);
    const needed = (await reachable(member)).union(new Set(documents));
    for (const file of files) console.log(file);
    const problems = [
      ...[...needed.difference(shipped)].map((f) => `${f} is not published`),
      ...[...shipped.difference(needed)].map((f) =>
        `${f} is of no use to users`
      ),
    ];
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) Deno.exitCode = 1;
  }
}
