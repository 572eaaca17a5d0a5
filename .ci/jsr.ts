// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Keeps the stand-ins in `.ci/jsr`, a folder in the layout of JSR's registry.
 *
 * Writes its `meta.json` files from the modules beside them. With `--check` it
 * writes nothing, and fails if they are stale or if a stand-in exports what
 * nothing uses.
 *
 * @module
 */

import { ROOT, STAND_INS } from "./deno.ts";

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

/** The TypeScript files of the project, tests included. */
async function* sources(dir = ROOT): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    if (name.startsWith(".") || name === "node_modules") continue;
    if (isDirectory) yield* sources(new URL(`${name}/`, dir));
    else if (name.endsWith(".ts")) {
      yield await Deno.readTextFile(new URL(name, dir));
    }
  }
}

/** The names that the project imports from an entry point. */
async function used(specifier: string): Promise<Set<string>> {
  const imports = new RegExp(
    String.raw`import\s+(?:type\s+)?\{([^}]*)\}\s+from\s+"${specifier}"`,
    "g",
  );
  const names = new Set<string>();
  for await (const source of sources()) {
    for (const [, list = ""] of source.matchAll(imports)) {
      for (const item of list.split(",")) {
        // In a doc comment each line of the list starts with a star.
        const name = item.replace(/[\s*]+/, " ").trim()
          .replace(/^type /, "").split(" as ")[0];
        if (name) names.add(name);
      }
    }
  }
  return names;
}

async function check(): Promise<string[]> {
  const problems: string[] = [];
  for (const [path, text] of await metadata()) {
    if (await Deno.readTextFile(new URL(path)).catch(() => "") !== text) {
      problems.push(`${path} is stale: run \`deno task jsr\``);
    }
  }
  for (const [name, exports] of Object.entries(PACKAGES)) {
    for (const [entry, path] of Object.entries(exports)) {
      const specifier = `@std/${name}${entry.slice(1)}`;
      const names = await used(specifier);
      const source = await Deno.readTextFile(
        new URL(`${name}/${VERSION}/${path}`, REGISTRY),
      );
      for (
        const [, exported = ""] of source.matchAll(
          /^export (?:async )?(?:function|class|type|interface|const) (\w+)/gm,
        )
      ) {
        if (!names.has(exported)) {
          problems.push(`Nothing uses ${exported} of ${specifier}`);
        }
      }
    }
  }
  return problems;
}

if (Deno.args.includes("--check")) {
  const problems = await check();
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) Deno.exitCode = 1;
} else {
  for (const [path, text] of await metadata()) {
    await Deno.writeTextFile(new URL(path), text);
  }
}
