// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Mutants of the kernels in AssemblyScript: each is compiled, and its bytes take
 * the place of those in the module that holds them.
 *
 * @module
 */

import { compile, filesOf, SOURCES } from "../assembly.ts";
import type { Codes } from "./agent.ts";
import { initializers } from "./instrument.ts";
import { applyEdit, type Edit, parse } from "./mutators.ts";

const FOLDER = "ops/kernels/";

/** What was made of the bytes when a module was loaded is made of them anew. */
const AGAIN = {
  [`${FOLDER}stream.ts`]: "loaded = load(platform.WebAssembly);",
};

/** The module and the first constant that hold what is made of a source. */
export function bytesOf(source: string): [module: string, constant: string] {
  const name = nameOf(source);
  return [FOLDER + filesOf(name)[1], Object.keys(SOURCES[name])[0]];
}

function nameOf(source: string): string {
  return source.slice(FOLDER.length).replace(/\.as\.ts$/, "");
}

/** The codes that make a mutant of a source; nothing where it is no program. */
export async function assemble(
  root: string,
  source: string,
  edit: Edit,
): Promise<Codes | undefined> {
  const [module] = bytesOf(source);
  const builds = Object.entries(SOURCES[nameOf(source)]);
  const read = async (file: string) => {
    const text = await Deno.readTextFile(new URL(FOLDER + file, root));
    return FOLDER + file === source ? applyEdit(text, edit) : text;
  };
  let bytes: string;
  try {
    // The optimizer takes ten times as long, and changes no number.
    bytes = await compile(source.slice(FOLDER.length), builds[0][1], read);
  } catch {
    return undefined;
  }
  const assign = builds.map(([name]) => `${name} = ${JSON.stringify(bytes)};`);
  const text = await Deno.readTextFile(new URL(module, root));
  const before = initializers(parse(text.slice(0, text.indexOf("globalThis"))));
  return {
    apply: { [module]: assign.join("\n"), ...AGAIN },
    revert: { [module]: before!, ...AGAIN },
  };
}
