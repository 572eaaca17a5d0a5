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

import { compile, filesOf, KERNELS, SOURCES } from "./assembly.ts";

const read = (file: string) => Deno.readTextFile(new URL(file, KERNELS));

const check = Deno.args.includes("--check");
for (const [name, builds] of Object.entries(SOURCES)) {
  const [source, target] = filesOf(name);
  let text = `// Copyright 2026 the Adjoint authors. MIT license.

// Written by \`deno task wasm\` from \`${source}\`.
`;
  for (const [bytes, options] of Object.entries(builds)) {
    const base64 = await compile(source, ["-O3", ...options], read);
    text += `\nexport const ${bytes} =\n  "${base64}";\n`;
  }
  const url = new URL(target, KERNELS);
  if (!check) await Deno.writeTextFile(url, text);
  else if (text !== await Deno.readTextFile(url)) {
    console.error(`${target} is stale: run \`deno task wasm\``);
    Deno.exitCode = 1;
  }
}
