// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Checks the types of everything, folder by folder, each with its lock file.
 *
 * @module
 */

import { LOCKED, type Locked, modulesOf, withJsr } from "./deno.ts";

/** This many folders are checked at once, as the compiler has one thread. */
const LANES = 2;

async function check(folder: Locked): Promise<void> {
  // Deno keeps the verdict on a set of modules: as the tests load this one, with the
  // examples of the documentation, they need not check it again.
  const args = folder === ""
    ? ["test", "--doc", "--no-run"]
    : ["check", ...await modulesOf(folder)];
  const code = await withJsr(args, folder);
  if (code !== 0) Deno.exitCode = code;
}

const rest = LOCKED.values();
await Promise.all(Array.from({ length: LANES }, async () => {
  for (const folder of rest) await check(folder);
}));
