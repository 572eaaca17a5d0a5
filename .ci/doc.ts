// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Lints the documentation of every entry point of both packages, and checks the
 * types of `@adjoint/ops` without the library of any runtime, because only then
 * can all of them use it.
 *
 * @module
 */

import { deno } from "./deno.ts";
import { entryPoints } from "./publish.ts";

const paths = Object.values(await entryPoints());
const proof = Object.values(await entryPoints("ops/proof/"));
const lint = await deno(["doc", "--lint", ...paths, ...proof]);
const config = await Deno.makeTempFile({ suffix: ".json" });
try {
  await Deno.writeTextFile(
    config,
    JSON.stringify({ compilerOptions: { lib: ["es2023"] }, lock: false }),
  );
  const check = await deno(["check", "-q", `--config=${config}`, ...paths]);
  if (lint.code !== 0 || check.code !== 0) Deno.exitCode = 1;
} finally {
  await Deno.remove(config);
}
