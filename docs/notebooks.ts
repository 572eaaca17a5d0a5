// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Writes the page of each operation as a notebook for Deno's Jupyter kernel:
 * `deno task notebooks`, into `notebooks/`, or into the folder that is named. With
 * `--local`, they import this clone instead of the published package.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import { fromJsr, notebookOf, type Resolve } from "./notebook.ts";
import { readOps } from "./ops.ts";

const root = new URL("../", import.meta.url);

/** Imports the modules of this clone, and stand-ins for those of JSR. */
export const fromClone: Resolve = (specifier) => {
  const [scope, rest] = [`${config.name}/`, "@std/"];
  if (specifier.startsWith(rest)) {
    return new URL(
      `.ci/jsr/${specifier}/1.0.0/mod.ts`,
      root,
    ).href;
  }
  const entry = specifier.startsWith(scope)
    ? `./${specifier.slice(scope.length)}`
    : ".";
  const path = (config.exports as Record<string, string>)[entry];
  return new URL(path, root).href;
};

/** The notebooks of all operations, as text, by the names of their files. */
export async function notebooks(
  resolve: Resolve = fromJsr(config.name, config.version),
): Promise<Map<string, string>> {
  const ops = await readOps();
  return new Map(ops.map((op) => [
    fileOf(op.file),
    `${JSON.stringify(notebookOf(op, config.name, resolve), null, 1)}\n`,
  ]));
}

/** `softmax.ipynb` for `ops/rows/softmax.ts`. */
export function fileOf(module: string): string {
  return module.replace(/^.*\//, "").replace(/\.ts$/, ".ipynb");
}

if (import.meta.main) {
  const isLocal = Deno.args.includes("--local");
  const [name = "notebooks"] = Deno.args.filter((arg) => !arg.startsWith("--"));
  const all = await notebooks(isLocal ? fromClone : undefined);
  await Deno.mkdir(name, { recursive: true });
  for (const [file, text] of all) {
    await Deno.writeTextFile(`${name}/${file}`, text);
  }
  console.log(`Wrote ${all.size} notebooks to ${name}/`);
}
