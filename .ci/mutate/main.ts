// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno task mutate`: breaks the operations, the kernels and the formulas of
 * the pages, one place at a time, and demands that the tests notice.
 *
 * ```sh
 * deno task mutate                                # everything
 * deno task mutate matmul                         # one operation and its page
 * deno task mutate --file ops/kernels/blocked.ts  # one module
 * deno task mutate --line 9 matmul                # one line
 * deno task mutate --quick                        # quick tests only: a first look
 * deno task mutate --test ops/threads_test.ts     # the tests of one file only
 * ```
 *
 * The exit code is 1 if a mutant survives that is not listed in
 * `equivalents.json`, or if something is listed there that is not so.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { ROOT } from "../deno.ts";
import { runCampaign } from "./campaign.ts";
import { Equivalents } from "./equivalents.ts";
import list from "./equivalents.json" with { type: "json" };
import type { PageKind } from "./formulas.ts";
import { mutantsOf } from "./plan.ts";
import { formatSurvivor, formatTable, judge } from "./report.ts";
import { createSandbox } from "./sandbox.ts";

/** What is no module of the library's own code, or is compiled. */
const EXCLUDED = /_test\.ts$|_wasm\.ts$|\.as\.ts$/;

/** Modules whose tests are run, and which are broken themselves. */
const FOLDERS = ["ops/", "ops/kernels/"];

/** The kernels that have an equation on their page. */
const KERNELS = ["ops/kernels/naive.ts", "ops/kernels/simd.ts"];

/** It uses modules that the operations do not. */
const GRADCHECK = "ops/gradcheck_test.ts";

/** Before the state of a module is put back, what it started is stopped. */
const CLEAR = {
  // A mutant may have left anything there.
  "ops/kernels/threaded.ts": "try { stop(); } catch {}",
};

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    op: { type: "string" },
    file: { type: "string", multiple: true, default: [] },
    line: { type: "string" },
    test: { type: "string", multiple: true, default: [] },
    workers: { type: "string", default: "2" },
    quick: { type: "boolean", default: false },
    json: { type: "boolean" },
  },
});

async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isFile } of Deno.readDir(new URL(folder, ROOT))) {
    if (isFile && name.endsWith(".ts")) found.push(folder + name);
  }
  return found.sort();
}

/** The pages of operations are the entry points that have goldens. */
async function pageOf(file: string): Promise<PageKind | undefined> {
  if (KERNELS.includes(file)) return "kernel";
  const goldens = file.replace(/[^/]+\/([^/]+)\.ts$/, "goldens/$1.json");
  try {
    await Deno.stat(new URL(goldens, ROOT));
    return "operation";
  } catch {
    return undefined;
  }
}

const start = performance.now();
const all = (await Promise.all(FOLDERS.map(filesIn))).flat();
const tests = [...all.filter((file) => file.endsWith("_test.ts")), GRADCHECK]
  .filter((file) => values.test.length === 0 || values.test.includes(file));
const modules = all.filter((file) => !EXCLUDED.test(file));

const op = values.op ?? positionals[0];
const wanted = [...values.file];
if (op !== undefined) {
  wanted.push(`ops/${op.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`)}.ts`);
}
const unknown = wanted.find((file) => !modules.includes(file));
if (unknown !== undefined) {
  console.error(
    `error: Cannot break ${unknown} as it must be one of ${modules.join(", ")}`,
  );
  Deno.exit(2);
}
const chosen = wanted.length === 0 ? modules : wanted;

const equivalents = new Equivalents(list);
const sandbox = await createSandbox(
  all.filter((file) => !/_test\.ts$|\.as\.ts$/.test(file)),
);
const isTerminal = Deno.stderr.isTerminal();
let told = performance.now();
try {
  const mutants = (await Promise.all(chosen.map(async (file) =>
    mutantsOf(
      file,
      await Deno.readTextFile(new URL(file, ROOT)),
      await pageOf(file),
    )
  ))).flat().filter(({ line }) =>
    values.line === undefined || line === Number(values.line)
  );
  const results = await runCampaign({
    sandbox,
    tests,
    mutants,
    clear: CLEAR,
    isQuick: (mutant) => values.quick || equivalents.has(mutant),
    workers: Number(values.workers),
    survived(result) {
      if (values.json || equivalents.has(result.mutant)) {
        return;
      }
      console.log(formatSurvivor(result));
    },
    progress(text) {
      if (!isTerminal) {
        if (performance.now() - told < 30_000) {
          return;
        }
        told = performance.now();
        console.error(text);
        return;
      }
      Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}`));
    },
  });
  const files = new Set(values.line === undefined ? chosen : []);
  const verdict = judge(results, equivalents, files);
  if (values.json) {
    console.log(JSON.stringify(verdict.results, null, 2));
  } else {
    console.log(`\n${formatTable(verdict)}`);
  }
  for (const problem of verdict.wrong) {
    console.error(problem);
  }
  const seconds = (performance.now() - start) / 1000;
  console.error(
    `${results.length} mutants in ${
      seconds.toFixed(0)
    } s: ${verdict.survivors.length} survived`,
  );
  if (verdict.survivors.length + verdict.wrong.length > 0) {
    Deno.exitCode = 1;
  }
} finally {
  await sandbox.remove();
}
