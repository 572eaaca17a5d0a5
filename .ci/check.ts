// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Checks the types of everything, folder by folder, each with its lock file.
 *
 * @module
 */

import { LOCKED, modulesOf, withJsr } from "./deno.ts";

for (const folder of LOCKED) {
  const modules = await modulesOf(folder);
  const code = await withJsr(["check", ...modules], folder);
  if (code !== 0) Deno.exitCode = code;
}
