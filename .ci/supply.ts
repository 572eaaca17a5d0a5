// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Proves what SECURITY.md promises of the published files: they import nothing
 * but each other, use nothing of the platform except what is listed here, and
 * evaluate no text. Demands a checksum for everything in the lock files, too.
 *
 * @module
 */

import { stop, transform } from "npm:esbuild@0.28.2";
import { deno, LOCKED, ROOT } from "./deno.ts";
import { copy } from "./everywhere/package.ts";
import { entryPoints, rehearse } from "./publish.ts";

/** What is used here of the output of `deno info --json`. */
interface Graph {
  modules: {
    specifier: string;
    error?: string;
    dependencies?: { specifier: string; isDynamic?: boolean }[];
  }[];
}

/** What is asked of Node's modules where they are, and why. */
const BUILT_IN: Record<string, string> = {
  "node:worker_threads": "threads, in Node, Deno and Bun",
  "node:os": "the number of cores, in Node before 21",
};

/** What no published module may name. */
const FORBIDDEN = new RegExp(
  String.raw`\b(${
    [
      "eval(?=[(])",
      "Function(?=[(])",
      "import(?=[(])",
      "require",
      "importScripts",
      "Deno",
      "Bun",
      "fetch",
      "XMLHttpRequest",
      "WebSocket",
      "EventSource",
      "RTCPeerConnection",
      "sendBeacon",
      "localStorage",
      "sessionStorage",
      "indexedDB",
      "caches",
      "document",
      "cookie",
      String.raw`(?<=\.)env`, // Of process; a loop may call its arguments so.
      String.raw`env(?=[^{}=;]*\}\s*=[^=>])`,
      "setInterval",
      "Date",
      String.raw`Math\.random`,
      "crypto",
      String.raw`__proto__(?!: null\b)`, // With null, nothing pollutes it.
    ].join("|")
  })\b`,
  "g",
);

/** Every local module that the exports reach must import local modules only. */
async function checkGraph(
  dir: string,
  files: ReadonlySet<string>,
): Promise<string[]> {
  const problems: string[] = [];
  const base = new URL(`file://${dir}/`).href;
  const exports = Object.values(await entryPoints());
  const reached = new Set<string>();
  for (const path of exports) {
    const { code, stdout, stderr } = await deno(
      ["info", "--json", "--no-config", "--no-lock", path],
      { capture: true, cwd: dir },
    );
    if (code !== 0) throw new Error(stderr);
    const { modules }: Graph = JSON.parse(stdout);
    for (const { specifier, error, dependencies = [] } of modules) {
      const file = specifier.startsWith(base)
        ? specifier.slice(base.length)
        : specifier;
      reached.add(file);
      if (error !== undefined) problems.push(`${file}: ${error}`);
      if (!files.has(file)) problems.push(`${file} is not published`);
      for (const { specifier, isDynamic } of dependencies) {
        if (!/^\.\.?\//.test(specifier)) {
          problems.push(`${file} depends on ${specifier}`);
        }
        if (isDynamic) problems.push(`${file} imports as it runs`);
      }
    }
  }
  console.log(
    `${exports.length} entry points, ${reached.size} modules, which import nothing but each other`,
  );
  return problems;
}

/** The code, without comments and types, must name nothing that is forbidden. */
async function checkCode(files: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  const asked = new Set<string>();
  for (const file of files.filter((f) => f.endsWith(".ts"))) {
    const source = await Deno.readTextFile(new URL(file, ROOT));
    const { code } = await transform(source, {
      loader: "ts",
      legalComments: "none",
    });
    const names = code.replaceAll(/"[\w+/=]{500,}"/g, '""'); // WebAssembly.
    for (const [found] of names.matchAll(FORBIDDEN)) {
      problems.push(`${file} names ${found}`);
    }
    for (const [found] of names.matchAll(/\b(node|npm|jsr|https?):[\w/]+/g)) {
      asked.add(found);
      if (!(found in BUILT_IN)) problems.push(`${file} names ${found}`);
    }
  }
  for (const [name, why] of Object.entries(BUILT_IN)) {
    console.log(`Asked for where it is: ${name}, for ${why}`);
    if (!asked.has(name)) problems.push(`Nothing asks for ${name}`);
  }
  return problems;
}

/** Each package that the checks use must have a checksum. */
async function checkLocks(): Promise<string[]> {
  const problems: string[] = [];
  const names = new Set<string>();
  for (const folder of LOCKED) {
    const file = `${folder}deno.lock`;
    const { npm }: { npm: Record<string, { integrity?: string }> } = JSON.parse(
      await Deno.readTextFile(new URL(file, ROOT)),
    );
    for (const [name, { integrity }] of Object.entries(npm)) {
      names.add(name);
      if (integrity?.startsWith("sha512-")) continue;
      problems.push(`${file} has no SHA-512 of ${name}`);
    }
  }
  console.log(
    `${names.size} npm packages in ${LOCKED.length} lock files, used by the checks and the site only`,
  );
  return problems;
}

const { ok, files } = await rehearse();
if (!ok) Deno.exit(1); // Without the list of files, there is nothing to prove.
const dir = await Deno.makeTempDir();
try {
  await copy(files, new URL(`file://${dir}/`));
  const problems = [
    ...await checkGraph(dir, new Set(files)),
    ...await checkCode(files),
    ...await checkLocks(),
  ];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) Deno.exitCode = 1;
} finally {
  await stop();
  await Deno.remove(dir, { recursive: true });
}
