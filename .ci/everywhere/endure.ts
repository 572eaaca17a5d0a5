// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Uses the library for a long time, as published, in Deno, Node and Chromium: a
 * million calls and more leave memory flat, threads start and stop a hundred
 * times, workers die in the middle of a call, and two tabs or workers compute at
 * once. The figures are printed; the check first shows that it sees a leak of 16
 * bytes a call.
 *
 * @module
 */

import { make } from "./package.ts";
import type { Endurance } from "./programs/endurance.ts";
import { browser, onDeno, onNpm, onPage, serve } from "./runtimes.ts";

const dir = await Deno.makeTempDir();
const started = performance.now();
const made = await make(dir);
const server = serve(made);
const chromium = browser({ simd: true });
// Without it, only its own runs fail.
const launched = Promise.allSettled([chromium]);

/** Runs a program in its own page. */
async function inPage(program: string): Promise<unknown> {
  return await onPage(await chromium, server, "isolated").run(program);
}

/** Two tabs that compute at the same time have the bits of one. */
async function tabs(): Promise<Endurance> {
  const bits = async () => (await inPage("bits") as { bits: string }).bits;
  const alone = await bits();
  const together = await Promise.all([bits(), bits()]);
  return {
    figures: [
      `Bits alone ${alone}, in two tabs at once ${together.join(", ")}`,
    ],
    failures: together.some((b) => b !== alone)
      ? ["Tabs that use the library at once disturb each other"]
      : [],
  };
}

const GC = "--expose-gc";
/** The programs have the package in themselves, so that they can come first. */
const ENDURANCE = "../web/endurance";
const RUNS: Record<string, () => Promise<unknown>> = {
  Deno: () => onDeno(made, ["-A", `--v8-flags=${GC}`]).run(ENDURANCE),
  Node: async () => (await onNpm(made, "node", "20", [GC])).run(ENDURANCE),
  Bun: async () => (await onNpm(made, "bun", "1")).run(ENDURANCE),
  Chromium: () => inPage("endurance"),
  "Chromium, two tabs": tabs,
};

let failed = 0;
try {
  for (const [name, run] of Object.entries(RUNS)) {
    console.log(name);
    const { figures, failures } = await run().catch((error): Endurance => ({
      figures: [],
      failures: [`It did not run: ${error}`],
    })) as Endurance;
    for (const line of figures) console.log(`  ${line}`);
    for (const line of failures) console.log(`  FAILED: ${line}`);
    failed += failures.length;
  }
} finally {
  for (const result of await launched) {
    if (result.status === "fulfilled") await result.value.close();
  }
  await server.shutdown();
  await Deno.remove(dir, { recursive: true });
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(`${seconds} s, ${failed} failures`);
Deno.exit(failed === 0 ? 0 : 1);
