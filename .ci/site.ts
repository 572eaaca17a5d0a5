// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Builds the site and tests it, the builder by itself and the pages in Chromium:
 * `deno task test:site`. With `--built` it tests the site that is there. Other
 * arguments are passed to `deno test`: `--filter=search`
 *
 * @module
 */

import { deno, ROOT, withJsr } from "./deno.ts";

async function main(args: readonly string[]): Promise<number> {
  const rest = args.filter((arg) => arg !== "--built");
  if (rest.length === args.length) {
    const { code } = await deno(["task", "-q", "docs"]);
    if (code !== 0) return code;
  }
  await Deno.mkdir(new URL("coverage/", ROOT), { recursive: true });
  return await withJsr([
    "test",
    "-A",
    "--parallel",
    "--junit-path=coverage/site.xml",
    ...rest,
    // Not all of docs: docs/train has packages of its own.
    ...[...Deno.readDirSync(new URL("docs/", ROOT))]
      .filter(({ name }) => name.endsWith("_test.ts"))
      .map(({ name }) => `docs/${name}`).sort(),
    "docs/peers",
    // They have no `_test` in their names, as they need the site.
    ...[
      "pages",
      "op_pages",
      "live",
      "prover",
      "train",
      "reading",
      "slow",
      "screenshots",
    ]
      .map((name) => `docs/browser_tests/${name}.ts`),
  ], "docs/");
}

Deno.exit(await main(Deno.args));
