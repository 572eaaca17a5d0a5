// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Runs the test vectors in every runtime, from the files that would be
 * published and no others, and says of each which kernel and how many threads
 * it had. Runtimes with the same kernel must agree in every
 * bit of what it computes.
 *
 * @module
 */

import { make } from "./package.ts";
import type { Outcome } from "./programs/vectors.ts";
import {
  browser,
  NO_SIMD,
  NO_WEBASSEMBLY,
  onDeno,
  onNpm,
  onPage,
  type Runtime,
  serve,
} from "./runtimes.ts";

/** A runtime, and what is expected of it. */
interface Run {
  name: string;
  runtime: () => Runtime | Promise<Runtime>;
  /** Whether it has SIMD. */
  kernel: "SIMD" | "blocked";
  /** Why there is only one thread, if so. */
  notice?: string;
}

const NO_WASM =
  "Cannot start threads as WebAssembly with SIMD and threads must be there, and the page must allow it: it is not, or does not";
const NOT_ISOLATED =
  "Cannot start threads as the page must be cross-origin isolated to share memory: it is not";
const NO_WORKER =
  "Cannot start threads as every worker must start, which the page or the permissions must allow: one did not";

const dir = await Deno.makeTempDir();
const started = performance.now();
const made = await make(dir);
const server = serve(made);
const browsers = {
  simd: browser({ simd: true }),
  noSimd: browser({ simd: false }),
};
// Without it, only its own runs fail.
const launched = Promise.allSettled(Object.values(browsers));

/** Runs in a page, which has the headers of its name. */
async function inPage(
  page: string,
  chromium: keyof typeof browsers = "simd",
): Promise<Runtime> {
  return onPage(await browsers[chromium], server, page);
}

const V8_FLAG = `--v8-flags=${NO_SIMD}`;
// deno-fmt-ignore
const RUNS: Run[] = [
  { name: "Deno, no permission", runtime: () => onDeno(made), kernel: "SIMD" },
  { name: "Deno, no SIMD", runtime: () => onDeno(made, [V8_FLAG]), kernel: "blocked", notice: NO_WASM },
  { name: "Deno, no WebAssembly", runtime: () => onDeno(made, [NO_WEBASSEMBLY]), kernel: "blocked", notice: NO_WASM },
  { name: "Node", runtime: () => onNpm(made, "node", "20"), kernel: "SIMD" },
  { name: "Node, no SIMD", runtime: () => onNpm(made, "node", "20", [NO_SIMD]), kernel: "blocked", notice: NO_WASM },
  { name: "Node, no WebAssembly", runtime: () => onNpm(made, "node", "20", ["--no-expose-wasm"]), kernel: "blocked", notice: NO_WASM },
  { name: "Node, no eval", runtime: () => onNpm(made, "node", "26", ["--disallow-code-generation-from-strings"]), kernel: "SIMD" },
  { name: "Node, no permission", runtime: () => onNpm(made, "node", "26", ["--permission", `--allow-fs-read=${made.npm}`]), kernel: "SIMD", notice: NO_WORKER },
  { name: "Bun", runtime: () => onNpm(made, "bun", "1"), kernel: "SIMD" },
  { name: "Bun, no SIMD", runtime: () => onNpm(made, "bun", "1", [], { BUN_JSC_useWasmSIMD: "0" }), kernel: "blocked", notice: NO_WASM },
  { name: "Chromium, isolated", runtime: () => inPage("isolated"), kernel: "SIMD" },
  { name: "Chromium, not isolated", runtime: () => inPage("not isolated"), kernel: "SIMD", notice: NOT_ISOLATED },
  { name: "Chromium, no worker-src", runtime: () => inPage("no worker-src"), kernel: "SIMD", notice: NO_WORKER },
  { name: "Chromium, trusted types", runtime: () => inPage("trusted types"), kernel: "SIMD", notice: NO_WORKER },
  { name: "Chromium, no wasm-unsafe-eval", runtime: () => inPage("no wasm-unsafe-eval"), kernel: "blocked", notice: NO_WASM },
  { name: "Chromium, no SIMD", runtime: () => inPage("isolated", "noSimd"), kernel: "blocked", notice: NO_WASM },
];

/** What is wrong with an outcome, a line each. */
function problems(run: Run, outcome: Outcome): string[] {
  const { kernel, notice = "" } = run;
  const threads = run.notice === undefined ? 2 : 1;
  const found = [...outcome.failures];
  if (!outcome.kernel.startsWith(kernel)) {
    found.push(`The kernel should be ${kernel}, and is ${outcome.kernel}`);
  }
  if (outcome.threads !== threads) {
    found.push(`There should be ${threads} threads, not ${outcome.threads}`);
  }
  if (outcome.notice !== notice) {
    found.push(`The notice should be "${notice}", and is "${outcome.notice}"`);
  }
  const first = digests.get(outcome.kernel) ?? outcome.digest;
  digests.set(outcome.kernel, first);
  if (outcome.digest !== first) {
    found.push(`Other bits than elsewhere with the kernel ${outcome.kernel}`);
  }
  return found;
}

const digests = new Map<Outcome["kernel"], string>();
let failed = 0;

function print(
  name: string,
  version: string,
  kernel: string,
  threads: string,
  rest: string,
): void {
  console.log(
    `${name.padEnd(30)} ${version.padEnd(14)} ${kernel.padEnd(11)} ${
      threads.padEnd(7)
    } ${rest}`,
  );
}

async function report(run: Run): Promise<void> {
  let version = "?";
  try {
    const runtime = await run.runtime();
    version = runtime.version;
    const outcome = await runtime.run("vectors") as Outcome;
    const found = problems(run, outcome);
    failed += found.length;
    const { kernel, threads, passed, failures } = outcome;
    print(
      run.name,
      version,
      kernel,
      `${threads}`,
      `${passed} passed, ${failures.length} failed`,
    );
    for (const line of found.slice(0, 20)) console.log(`  ${line}`);
  } catch (error) {
    failed++;
    print(run.name, version, "?", "?", `did not run: ${error}`);
  }
}

/** This many run at once. */
const LANES = 2;

try {
  print("runtime", "version", "kernel", "threads", "vectors");
  const rest = RUNS.values();
  await Promise.all(Array.from({ length: LANES }, async () => {
    for (const run of rest) await report(run);
  }));
} finally {
  for (const result of await launched) {
    if (result.status === "fulfilled") await result.value.close();
  }
  await server.shutdown();
  await Deno.remove(dir, { recursive: true });
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  failed === 0
    ? `${RUNS.length} runs in ${seconds} s, with the same bits wherever the kernel was the same`
    : `${RUNS.length} runs in ${seconds} s, ${failed} failures`,
);
Deno.exit(failed === 0 ? 0 : 1);
