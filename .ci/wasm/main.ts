// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Compiles the WebAssembly kernels and writes their bytes into TypeScript
 * modules: a package can be imported from everywhere only if its modules are all
 * TypeScript.
 *
 * With `--check` it writes nothing, and fails if a module differs by a byte.
 *
 * @module
 */

import asc from "npm:assemblyscript@0.28.20/asc";
import binaryen from "npm:binaryen@131.0.0-nightly.20260721";
import { source as coefficients } from "../../ops/kernels/coefficients.ts";
import { ROOT } from "../deno.ts";
import { hoist } from "./hoist.ts";

const KERNELS = new URL("ops/kernels/", ROOT);

const RELAXED = ["--enable=relaxed-simd"];
const SHARED = ["--enable=threads", "--sharedMemory", "--maximumMemory=65536"];

/** The builds of each source, by the names of their bytes. */
const SOURCES: Record<string, Record<string, string[]>> = {
  simd: { RELAXED, PLAIN: [] },
  threaded: { RELAXED_SHARED: [...RELAXED, ...SHARED], PLAIN_SHARED: SHARED },
  convolve: { RELAXED, PLAIN: [] },
  pool: { POOL: [] },
  stream: { STREAM: [] },
  move: { MOVE: [] },
  moments: { MOMENTS: [] },
  elementary: { ELEMENTARY: [] },
};

/** The source whose constants are moved out of its loops: others have few. */
const HOISTED = "elementary.as.ts";

/** The bytes of a module in WebAssembly's text format. */
function assemble(text: string): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  return new Uint8Array(module.emitBinary());
}

/** Compiles a source to base64. */
async function compile(
  file: string,
  options: readonly string[],
): Promise<string> {
  let bytes = new Uint8Array(), text = "";
  const { error, stderr } = await asc.main([
    file,
    "--outFile=kernel.wasm",
    "--textFile=kernel.wat",
    "-O3",
    "--noAssert",
    "--runtime=stub",
    "--importMemory",
    "--initialMemory=1",
    "--enable=simd",
    ...options,
  ], {
    // The compiler looks for it in other places, too.
    readFile: (name) =>
      /^\w+\.as\.ts$/.test(name)
        ? Deno.readTextFile(new URL(name, KERNELS))
        : null,
    writeFile: (_, contents) => {
      if (typeof contents === "string") text = contents;
      else bytes = new Uint8Array(contents);
    },
    listFiles: () => [],
  });
  if (error) throw new Error(stderr.toString());
  if (file === HOISTED) bytes = assemble(hoist(text));
  return btoa(String.fromCharCode(...bytes));
}

const check = Deno.args.includes("--check");

/** Writes a file, or demands that it is up to date. */
async function put(name: string, text: string): Promise<void> {
  const url = new URL(name, KERNELS);
  if (!check) await Deno.writeTextFile(url, text);
  else if (text !== await Deno.readTextFile(url)) {
    console.error(`${name} is stale: run \`deno task wasm\``);
    Deno.exitCode = 1;
  }
}

await put("coefficients.as.ts", coefficients());
for (const [name, builds] of Object.entries(SOURCES)) {
  const source = `${name}.as.ts`;
  const target = `_${name}_wasm.ts`;
  let text = `// Copyright 2026 the Adjoint authors. MIT license.

// Written by \`deno task wasm\` from \`${source}\`.
`;
  for (const [bytes, options] of Object.entries(builds)) {
    const base64 = await compile(source, options);
    text += `\nexport const ${bytes} =\n  "${base64}";\n`;
  }
  await put(target, text);
}
