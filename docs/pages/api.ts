// Copyright 2026 the Adjoint authors. MIT license.

// The pages of the API, which `deno doc --html` writes: each formula typeset,
// each link fit for a disk.

import {
  linkStyles,
  mapSearchIndex,
  mendLinks,
  mendSearch,
  mendUsage,
  parse,
} from "../api_html.ts";
import type { Project } from "../site.ts";
import { plainText, typeset } from "../typeset.ts";
import { walk } from "../files.ts";

/** Writes the pages of the API into the folder `api/` of the site. */
export async function writeApi(
  { root, name, exports }: Project,
  site: URL,
): Promise<void> {
  const api = new URL("api/", site);
  await generate(root, name, exports, api);
  const entries = Object.keys(exports);
  for (const file of await walk(api)) {
    if (!/\.(html|js)$/.test(file)) continue;
    const url = new URL(file, api);
    const path = `api/${file}`;
    const text = await Deno.readTextFile(url);
    if (file.endsWith(".html")) {
      const $ = parse(text);
      linkStyles($, path);
      mendLinks($, path, entries);
      mendUsage($, name, entries);
      typeset($, path);
      await Deno.writeTextFile(url, $.html());
    } else if (file === "search.js") {
      await Deno.writeTextFile(url, mendSearch(text));
    } else if (file === "search_index.js") {
      const index = mapSearchIndex(text, (node) => {
        node.doc = plainText(node.doc, path);
      });
      await Deno.writeTextFile(url, index);
    }
  }
}

async function generate(
  root: URL,
  name: string,
  exports: Project["exports"],
  output: URL,
): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "doc",
      "--html",
      `--name=${name}`,
      `--output=${output.href.slice(root.href.length)}`,
      ...Object.values(exports),
    ],
    cwd: root,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code !== 0) {
    throw new Error(
      `Cannot build the documentation as deno doc must succeed: ${
        new TextDecoder().decode(stderr)
      }`,
    );
  }
}
