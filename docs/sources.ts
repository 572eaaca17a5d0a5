// Copyright 2026 the Adjoint authors. MIT license.

// What the pages are made from: modules and Markdown.

import { docComments } from "../ops/proof/page.ts";
import { walk } from "./files.ts";
import { checkMath } from "./markdown.ts";

/** The text of every module and every Markdown file, by its path. */
export async function readSources(root: URL): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  const add = async (path: string) => {
    sources.set(path, await Deno.readTextFile(new URL(path, root)));
  };
  await add("mod.ts");
  for (const file of await walk(new URL("ops/", root))) {
    if (/(?<!_test|\.as)\.ts$/.test(file)) await add(`ops/${file}`);
  }
  for (const file of await walk(new URL("docs/", root))) {
    if (file.endsWith(".md")) await add(`docs/${file}`);
  }
  return sources;
}

/**
 * Typesets the formulas of every module and every Markdown file. `deno doc`
 * does not say where a formula comes from; here an error names file and line.
 */
export function checkFormulas(sources: ReadonlyMap<string, string>): void {
  for (const [file, text] of sources) {
    if (file.endsWith(".md")) checkMath(text, file);
    else {
      for (const comment of docComments(text)) {
        checkMath(comment.text, file, comment.line);
      }
    }
  }
}
