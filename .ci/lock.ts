// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Writes the lock files: every npm package that the modules of a folder use,
 * with its checksum, and no JSR package, as the checksums of real packages and
 * stand-ins differ. With `--check` it fails if one would change.
 *
 * @module
 */

import { deno, LOCKED, modulesOf, PACKAGES, ROOT, STAND_INS } from "./deno.ts";

const check = Deno.args.includes("--check");
const dir = await Deno.makeTempDir();
try {
  for (const folder of LOCKED) {
    const url = new URL(`${folder}deno.lock`, ROOT);
    const old = await Deno.readTextFile(url).catch(() => undefined);
    const path = `${dir}/${folder.replaceAll("/", "-")}deno.lock`;
    if (old !== undefined) await Deno.writeTextFile(path, old);
    const packages = folder in PACKAGES
      ? PACKAGES[folder as keyof typeof PACKAGES]
      : [];
    const { code, stderr } = await deno([
      "cache",
      "-q",
      `--lock=${path}`,
      "--frozen=false",
      ...await modulesOf(folder),
      ...packages,
    ], { capture: true, env: { JSR_URL: STAND_INS.href } });
    if (code !== 0) {
      console.error(stderr);
      Deno.exitCode = 1;
      continue;
    }
    const { jsr: _, ...lock } = JSON.parse(await Deno.readTextFile(path));
    for (const name of Object.keys(lock.specifiers)) {
      if (name.startsWith("jsr:")) delete lock.specifiers[name];
    }
    const now = JSON.stringify(lock, null, 2) + "\n";
    if (!check) await Deno.writeTextFile(url, now);
    else if (now !== old) {
      console.error(`${folder}deno.lock is stale: run \`deno task lock\``);
      Deno.exitCode = 1;
    }
  }
} finally {
  await Deno.remove(dir, { recursive: true });
}
