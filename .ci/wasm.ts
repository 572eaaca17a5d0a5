// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Compiles the SIMD kernel and writes its bytes into a TypeScript module: a
 * package can be imported from everywhere only if its modules are all TypeScript.
 *
 * With `--check` it writes nothing, and fails if the module differs by a byte.
 *
 * @module
 */

import asc from "assemblyscript/asc";
import { ROOT } from "./deno.ts";

const SOURCE = new URL("ops/kernels/simd.as.ts", ROOT);
const TARGET = new URL("ops/kernels/_simd_wasm.ts", ROOT);

const BUILDS: Record<string, string[]> = {
  RELAXED: ["--enable=relaxed-simd"],
  PLAIN: [],
};
const SHARED = ["--enable=threads", "--sharedMemory", "--maximumMemory=65536"];

async function compile(options: readonly string[]): Promise<string> {
  const source = await Deno.readTextFile(SOURCE);
  let bytes = new Uint8Array();
  const { error, stderr } = await asc.main([
    "simd.ts",
    "--outFile=simd.wasm",
    "-O3",
    "--noAssert",
    "--runtime=stub",
    "--importMemory",
    "--initialMemory=1",
    "--enable=simd",
    ...options,
  ], {
    readFile: (name) => name === "simd.ts" ? source : null,
    writeFile: (_, contents) => {
      bytes = new Uint8Array(contents as Uint8Array);
    },
    listFiles: () => [],
  });
  if (error) throw new Error(stderr.toString());
  return btoa(String.fromCharCode(...bytes));
}

let text = `// Copyright 2026 the Adjoint authors. MIT license.

// Written by \`deno task wasm\` from \`simd.as.ts\`.
`;
for (const [name, options] of Object.entries(BUILDS)) {
  for (const shared of [false, true]) {
    const base64 = await compile([...options, ...shared ? SHARED : []]);
    text += `\nexport const ${name}${
      shared ? "_SHARED" : ""
    } =\n  "${base64}";\n`;
  }
}

if (!Deno.args.includes("--check")) await Deno.writeTextFile(TARGET, text);
else if (text !== await Deno.readTextFile(TARGET)) {
  console.error("_simd_wasm.ts is stale: run `deno task wasm`");
  Deno.exitCode = 1;
}
