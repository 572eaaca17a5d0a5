// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Runs the tests and the doc examples, and demands that the tests execute 98 % of
 * the lines of `ops/`, and load every module there that has something to execute.
 *
 * With arguments it passes them to `deno test`, and leaves coverage aside:
 * `deno task test ops/products/matmul_test.ts`
 *
 * @module
 */

import { stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { deno, modulesOf, ROOT, withJsr } from "./deno.ts";

const REQUIRED = 98;
const REPORTS = new URL("coverage/", ROOT);

/**
 * Tests that run without coverage, as the examples do: counting doubles the time
 * of a loop, and delays the end of each worker by up to two seconds. Nearly all
 * that these execute is executed by others, too.
 */
const UNCOUNTED = [
  "ops/gradcheck/corpus_test.ts",
  "ops/kernels/kernels_test.ts",
  "ops/kernels/threaded_test.ts",
];

/** Lines found and hit, by file. */
type Coverage = Map<string, { found: number; hit: number }>;

/** Reads the records of an lcov report. */
function parseLcov(lcov: string): Coverage {
  const files: Coverage = new Map();
  for (const record of lcov.split("end_of_record\n")) {
    const field = (name: string) =>
      record.match(new RegExp(`^${name}:(.*)$`, "m"))?.[1];
    const path = field("SF");
    if (!path) continue;
    files.set(path, { found: Number(field("LF")), hit: Number(field("LH")) });
  }
  return files;
}

/** The modules under a folder, tests aside. */
async function modules(dir: URL): Promise<URL[]> {
  const urls: URL[] = [];
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    if (isDirectory) urls.push(...await modules(new URL(`${name}/`, dir)));
    else if (/(?<!_test|\.as)\.ts$/.test(name)) {
      urls.push(new URL(name, dir));
    }
  }
  return urls.sort((a, b) => a.href < b.href ? -1 : 1);
}

/** Whether a module must be loaded: it has code, and no task that runs it. */
async function isDue(url: URL, name: string): Promise<boolean> {
  const isScript = Object.values(config.tasks).some((task) =>
    (typeof task === "string" ? task : task.command).split(" ").includes(name)
  );
  if (isScript) return false;
  const code = stripTypeScriptTypes(await Deno.readTextFile(url));
  return code.replace(/\/\*[^]*?\*\/|\/\/.*/g, "").trim() !== "";
}

/** The modules that occur in a profile: `deno coverage` loses some. */
async function loadedIn(profile: string): Promise<Set<string>> {
  const loaded = new Set<string>();
  const start = new Uint8Array(1024);
  for await (const { name } of Deno.readDir(profile)) {
    using file = await Deno.open(`${profile}/${name}`);
    const length = await file.read(start) ?? 0;
    const text = new TextDecoder().decode(start.subarray(0, length));
    const url = /"url": *"([^"]+)"/.exec(text)?.[1];
    if (url !== undefined) loaded.add(url);
  }
  return loaded;
}

/** Prints the coverage of each module; true if it suffices. */
async function report(
  lcov: string,
  loaded: ReadonlySet<string>,
): Promise<boolean> {
  const coverage = parseLcov(lcov);
  let [found, hit] = [0, 0];
  const absent: string[] = [];
  for (const url of await modules(new URL("ops/", ROOT))) {
    const lines = coverage.get(fileURLToPath(url));
    const name = url.href.slice(ROOT.href.length);
    if (!lines) {
      if (loaded.has(url.href)) console.log(`${name}: no figures`);
      else if (await isDue(url, name)) absent.push(name);
      continue;
    }
    found += lines.found;
    hit += lines.hit;
    if (lines.hit < lines.found) {
      console.log(`${name}: ${lines.found - lines.hit} lines not executed`);
    }
  }
  for (const name of absent) console.log(`${name}: no test loads it`);
  const percent = 100 * hit / found;
  console.log(
    `Line coverage of ops/: ${
      percent.toFixed(2)
    } % (${hit} of ${found}), at least ${REQUIRED} % demanded`,
  );
  return percent >= REQUIRED && absent.length === 0;
}

async function main(args: readonly string[]): Promise<number> {
  if (args.length > 0) return await withJsr(["test", ...args]);
  const profile = await Deno.makeTempDir();
  try {
    await Deno.remove(REPORTS, { recursive: true }).catch(() => {});
    await Deno.mkdir(REPORTS, { recursive: true });
    // The verdict on all of it at once is the one that `deno task check` leaves.
    const types = await withJsr(["test", "--doc", "--no-run"]);
    if (types !== 0) return types;
    const test = ["test", "--no-check", "--parallel"];
    const counted = (await modulesOf("")).filter((path) =>
      path.endsWith("_test.ts") && !UNCOUNTED.includes(path)
    );
    const codes = [
      await withJsr([
        ...test,
        `--ignore=${UNCOUNTED.join()}`,
        `--coverage=${profile}`,
        "--coverage-raw-data-only",
        "--junit-path=coverage/junit.xml",
      ]),
      await withJsr([
        ...test,
        "--doc",
        `--ignore=${counted.join()}`,
        "--junit-path=coverage/uncounted.xml",
      ]),
    ];
    const code = Math.max(...codes);
    if (code !== 0) return code;
    const lcov = await deno(["coverage", "--lcov", profile], { capture: true });
    if (lcov.code !== 0) throw new Error(lcov.stderr);
    await Deno.writeTextFile(new URL("lcov.info", REPORTS), lcov.stdout);
    return await report(lcov.stdout, await loadedIn(profile)) ? 0 : 1;
  } finally {
    await Deno.remove(profile, { recursive: true });
  }
}

Deno.exit(await main(Deno.args));
