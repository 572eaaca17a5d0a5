// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Writes `deno.lock`: every npm package of the workspace with its checksum, and
 * no JSR package, as the checksums of real packages and stand-ins differ.
 *
 * With `--check` it writes nothing, and fails if the file has other packages
 * than that, or other checksums than the registry's files. Deno verifies them
 * only as it downloads, so this is done with an empty cache.
 *
 * @module
 */

import { deno, ROOT, STAND_INS } from "./deno.ts";

const LOCK = new URL("deno.lock", ROOT);

/** Installs by the lock file in `dir`, if there is one; returns the new one. */
async function install(dir: string): Promise<string> {
  const path = `${dir}/deno.lock`;
  const { code, stderr } = await deno(
    ["install", "-q", `--lock=${path}`, "--frozen=false"],
    { capture: true, env: { DENO_DIR: dir, JSR_URL: STAND_INS.href } },
  );
  if (code !== 0) throw new Error(stderr);
  const { jsr: _, ...lock } = JSON.parse(await Deno.readTextFile(path));
  for (const name of Object.keys(lock.specifiers)) {
    if (name.startsWith("jsr:")) delete lock.specifiers[name];
  }
  return JSON.stringify(lock, null, 2) + "\n";
}

const check = Deno.args.includes("--check");
const dir = await Deno.makeTempDir();
try {
  if (check) await Deno.copyFile(LOCK, `${dir}/deno.lock`);
  const lock = await install(dir);
  if (!check) await Deno.writeTextFile(LOCK, lock);
  else if (lock !== await Deno.readTextFile(LOCK)) {
    console.error("deno.lock is stale: run `deno task lock`");
    Deno.exitCode = 1;
  }
} finally {
  await Deno.remove(dir, { recursive: true });
}
