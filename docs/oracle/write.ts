// Copyright 2026 the Adjoint authors. MIT license.

/**
 * `deno task oracle [FOLDER]`: writes the special points of all operations as data,
 * one file each, an index and the schema; into `docs/site/oracle/`, where the build
 * of the site has them, unless another folder is named.
 *
 * @module
 */

import { readGoldens } from "../../ops/goldens/read.ts";
import { readOps } from "../ops.ts";
import { type Oracle, oracleOf } from "./oracle.ts";
import schema from "./schema.json" with { type: "json" };

const root = new URL("../../", import.meta.url);

/** The files of all operations that have goldens, by name. */
export async function oracles(): Promise<Map<string, Oracle>> {
  const { version } = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", root)),
  );
  const files = new Map<string, Oracle>();
  for (const op of await readOps()) {
    const stem = op.file.split("/").at(-1)!.replace(/\.ts$/, "");
    const json = await Deno.readTextFile(
      new URL(`ops/goldens/${stem}.json`, root),
    );
    const goldens = readGoldens(JSON.parse(json));
    files.set(`${op.entry}.json`, oracleOf(op, goldens, version));
  }
  return files;
}

/** Writes them into a folder. */
export async function writeOracle(folder: URL): Promise<number> {
  await Deno.mkdir(folder, { recursive: true });
  const files = await oracles();
  const write = (name: string, json: unknown) =>
    Deno.writeTextFile(new URL(name, folder), `${JSON.stringify(json)}\n`);
  for (const [name, oracle] of files) await write(name, oracle);
  await write("schema.json", schema);
  await write("index.json", [...files.keys()]);
  return files.size;
}

if (import.meta.main) {
  const [folder = "docs/site/oracle"] = Deno.args;
  const url = new URL(`${folder.replace(/\/$/, "")}/`, `file://${Deno.cwd()}/`);
  console.log(`Wrote ${await writeOracle(url)} operations into ${folder}`);
}
