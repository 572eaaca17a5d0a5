// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The WebAssembly kernels: their sources in AssemblyScript, and how each is
 * compiled.
 *
 * @module
 */

import { ROOT } from "./deno.ts";

/** Where sources and modules are. */
export const KERNELS = new URL("ops/kernels/", ROOT);

const RELAXED = ["--enable=relaxed-simd"];
const SHARED = ["--enable=threads", "--sharedMemory", "--maximumMemory=65536"];

/** The builds of each source, by the names of their bytes. */
export const SOURCES: Record<string, Record<string, string[]>> = {
  simd: { RELAXED, PLAIN: [] },
  threaded: { RELAXED_SHARED: [...RELAXED, ...SHARED], PLAIN_SHARED: SHARED },
  stream: { STREAM: [] },
};

/** The file of a source, and of the module that holds its bytes. */
export const filesOf = (name: string): [source: string, target: string] => [
  `${name}.as.ts`,
  `_${name}_wasm.ts`,
];

/** Compiles a source, whose text and whose imports' `read` gives, to base64. */
export async function compile(
  file: string,
  options: readonly string[],
  read: (file: string) => Promise<string>,
): Promise<string> {
  const { default: asc } = await import("assemblyscript/asc");
  let bytes = new Uint8Array();
  const { error, stderr } = await asc.main([
    file,
    "--outFile=kernel.wasm",
    "--noAssert",
    "--runtime=stub",
    "--importMemory",
    "--initialMemory=1",
    "--enable=simd",
    ...options,
  ], {
    // The compiler looks for it in other places, too.
    readFile: (name) => /^\w+\.as\.ts$/.test(name) ? read(name) : null,
    writeFile: (_, contents) => {
      bytes = new Uint8Array(contents as Uint8Array);
    },
    listFiles: () => [],
  });
  if (error) throw new Error(stderr.toString());
  return btoa(String.fromCharCode(...bytes));
}
