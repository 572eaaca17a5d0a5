// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno task mutate`: breaks the operations, the kernels and the formulas of
 * the pages, one place at a time, and demands that the tests beside them notice.
 *
 * ```sh
 * deno task mutate                             # everything, which takes hours
 * deno task mutate --part 1/4                  # a quarter of the modules
 * deno task mutate softmax ops/core/checks.ts  # operations and modules
 * deno task mutate --line 9 softmax            # one line
 * deno task mutate --since HEAD^               # what has changed since, and a sample
 * ```
 *
 * The exit code is 1 if too many mutants of a module survive: more than 2 and one
 * in eight, as some change nothing that anybody could notice. With `--since`,
 * only those count that the change reaches; the sample changes every day, and its
 * survivors are reported.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { ROOT } from "../deno.ts";
import { type Mutant, type Result, runCampaign, testsOf } from "./campaign.ts";
import { changedSince } from "./changes.ts";
import { formulaMutations } from "./formulas.ts";
import { changedLines, mutations } from "./mutators.ts";
import { report } from "./report.ts";
import { Sandbox } from "./sandbox.ts";

/** This many mutants are tried with `--since`, at most half of them in the
 * change. */
const BUDGET = 200;

/** What failed, in a few lines, for whoever runs this among other checks. */
const BRIEF = new URL("coverage/mutants.txt", ROOT);

/** The sample comes from this many modules. */
const SAMPLED = 6;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    budget: { type: "string", default: `${BUDGET}` },
    line: { type: "string" },
    part: { type: "string", default: "1/1" },
    seed: { type: "string", default: `${Math.floor(Date.now() / 864e5)}` },
    since: { type: "string" },
    workers: { type: "string", default: `${navigator.hardwareConcurrency}` },
  },
});
const start = performance.now();
await Deno.remove(BRIEF).catch(() => {});
const files = await filesOf(ROOT);
const modules = files.filter((file) =>
  /^ops\/.*\.ts$/.test(file) && !/_test\.ts$|_wasm\.ts$|\.as\.ts$/.test(file) &&
  !/^ops\/(proof|goldens|core\/testing)\//.test(file) &&
  testsOf(file, files).length > 0
);
const [part, parts] = values.part.split("/").map(Number);
const chosen = positionals.length > 0
  ? positionals.map(moduleOf)
  : modules.filter((_, i) => i % parts === part - 1);

await using sandbox = await Sandbox.create(files);
const all = (await Promise.all(chosen.map(mutantsOf))).flat().filter(
  ({ line }) => values.line === undefined || line === Number(values.line),
);
const { judged, sample } = values.since === undefined
  ? { judged: all, sample: [] }
  : await choose(all, values.since, Number(values.budget));
const mutants = [...judged, ...sample];
console.log(
  `${mutants.length} of ${all.length} mutants` + (
    values.since === undefined
      ? ""
      : `: ${judged.length} that the change reaches, and a sample, --seed=${values.seed}`
  ),
);
let told = performance.now();
const results: Result[] = [];
try {
  await runCampaign(sandbox, files, mutants, {
    workers: Number(values.workers),
    tell(result) {
      results.push(result);
      if (performance.now() - told < 30_000) return;
      told = performance.now();
      console.log(`${results.length} of ${mutants.length}`);
    },
  });
  const { text, brief, ok } = report(results, new Set(judged));
  console.log(text);
  console.log(`${((performance.now() - start) / 1000).toFixed(0)} s`);
  if (!ok) await fail(brief);
} catch (error) {
  const { message } = error as Error;
  console.error(`error: ${message}`);
  await fail(message);
}

async function fail(brief: string): Promise<void> {
  Deno.exitCode = 1;
  await Deno.mkdir(new URL(".", BRIEF), { recursive: true });
  await Deno.writeTextFile(BRIEF, brief);
}

/** The files that the tests need, which may read anything. */
async function filesOf(root: URL): Promise<string[]> {
  const git = new Deno.Command("git", {
    args: ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd: root,
  });
  const listed = new TextDecoder().decode((await git.output()).stdout);
  const found = [];
  for (const file of listed.split("\0")) {
    const isThere = file !== "" && !file.startsWith(".") &&
      await Deno.stat(new URL(file, root)).then((s) => s.isFile, () => false);
    if (isThere) found.push(file);
  }
  return found;
}

function moduleOf(name: string): string {
  const snake = name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
  const found = modules.find((file) =>
    file === name || file.endsWith(`/${snake}.ts`)
  );
  if (found !== undefined) return found;
  console.error(
    `error: Cannot break ${name} as it must be an operation or one of ${
      modules.join(", ")
    }`,
  );
  Deno.exit(2);
}

async function mutantsOf(file: string): Promise<Mutant[]> {
  const text = await sandbox.read(file);
  const isPage = text.includes("export const signature");
  return [...mutations(text), ...isPage ? formulaMutations(text) : []]
    .map((mutation) => ({
      ...mutation,
      file,
      ...changedLines(text, mutation),
    }));
}

/** The mutants that a change reaches, and a sample of all others. */
async function choose(
  all: readonly Mutant[],
  since: string,
  budget: number,
): Promise<{ judged: Mutant[]; sample: Mutant[] }> {
  const changes = await changedSince(since);
  const order = new Map(
    all.map((
      mutant,
    ) => [mutant, hash(`${values.seed} ${JSON.stringify(mutant)}`)]),
  );
  const shuffled = all.toSorted((a, b) => order.get(a)! - order.get(b)!);
  const isReached = ({ file, line }: Mutant) =>
    changes.get(file)?.has(line) === true ||
    testsOf(file, files).length === 1 && changes.has(testsOf(file, files)[0]);
  const judged = shuffled.filter(isReached).slice(0, budget / 2);
  // All tests of a module are run once, so the sample is one of a few modules.
  const others = chosen.toSorted((a, b) =>
    hash(`${values.seed} ${a}`) - hash(`${values.seed} ${b}`)
  ).slice(0, SAMPLED);
  const sample = shuffled.filter((mutant) =>
    !isReached(mutant) && others.includes(mutant.file)
  ).slice(0, budget - judged.length);
  return { judged, sample };
}

/** FNV-1a: the same everywhere. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    h = Math.imul(h ^ byte, 0x01000193) >>> 0;
  }
  return h;
}
