// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Runs every check, and says at the end which of them failed and how long each
 * took.
 *
 * @module
 */

import { deno } from "./deno.ts";

/** The arguments to deno, by the name of the check. */
const CHECKS: Record<string, string[]> = {
  "format": ["fmt", "--check"],
  "lint": ["lint"],
  "types": ["task", "-q", "check"],
  "lock file": ["task", "-q", "lock", "--check"],
  "wasm": ["task", "-q", "wasm", "--check"],
  "stand-ins": ["task", "-q", "jsr", "--check"],
  "doc lint": ["task", "-q", "doc:lint"],
  "tests": ["task", "-q", "test"],
  "verify": ["task", "-q", "verify"],
  "docs": ["task", "-q", "docs"],
  "site": ["task", "-q", "test:site", "--built"],
  "publish": ["task", "-q", "publish:check"],
  "supply chain": ["task", "-q", "supply"],
  "score": ["task", "-q", "score"],
  "everywhere": ["task", "-q", "test:everywhere"],
  "endurance": ["task", "-q", "endure"],
  "mutants": ["task", "-q", "mutate"],
  "bench": ["task", "-q", "bench", "--filter=64×64×64"],
};

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
if (!results.every(({ ok }) => ok)) Deno.exit(1);
