// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Keeps the stand-ins in `.ci/jsr`, a folder in the layout of JSR's registry.
 *
 * Writes its `meta.json` files from the modules beside them. With `--check` it
 * writes nothing, and fails if they are stale.
 *
 * @module
 */

import { STAND_INS } from "./deno.ts";

const REGISTRY = new URL("@std/", STAND_INS);
const VERSION = "1.0.0";

/** The entry points of each package. */
const PACKAGES: Record<string, Record<string, string>> = {
  assert: { ".": "./mod.ts" },
  testing: { "./bdd": "./bdd.ts", "./types": "./types.ts" },
};

/** The metadata files, by their URL. */
async function metadata(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const add = (path: string, value: unknown) =>
    files.set(
      new URL(path, REGISTRY).href,
      JSON.stringify(value, null, 2) + "\n",
    );
  for (const [name, exports] of Object.entries(PACKAGES)) {
    const manifest: Record<string, { size: number; checksum: string }> = {};
    for (const path of Object.values(exports)) {
      const source = await Deno.readFile(
        new URL(`${name}/${VERSION}/${path}`, REGISTRY),
      );
      const hash = await crypto.subtle.digest("SHA-256", source);
      manifest[path.slice(1)] = {
        size: source.length,
        checksum: `sha256-${new Uint8Array(hash).toHex()}`,
      };
    }
    add(`${name}/meta.json`, {
      scope: "std",
      name,
      latest: VERSION,
      versions: { [VERSION]: {} },
    });
    add(`${name}/${VERSION}_meta.json`, { manifest, exports });
  }
  return files;
}

const check = Deno.args.includes("--check");
for (const [path, text] of await metadata()) {
  const url = new URL(path);
  if (!check) await Deno.writeTextFile(url, text);
  else if (await Deno.readTextFile(url).catch(() => "") !== text) {
    console.error(`${path} is stale: run \`deno task jsr\``);
    Deno.exitCode = 1;
  }
}
