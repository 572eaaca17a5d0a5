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
import { source as coefficients } from "../../ops/kernels/coefficients.ts";
import { ROOT } from "../deno.ts";

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
  elementary: { ELEMENTARY: [] },
};

/** Compiles a source to base64. */
async function compile(
  file: string,
  options: readonly string[],
): Promise<string> {
  let bytes = new Uint8Array();
  const { error, stderr } = await asc.main([
    file,
    "--outFile=kernel.wasm",
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
      bytes = new Uint8Array(contents as Uint8Array);
    },
    listFiles: () => [],
  });
  if (error) throw new Error(stderr.toString());
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
