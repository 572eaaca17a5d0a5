// Copyright 2026 the Adjoint authors. MIT license.

// Builds `docs/site/`: the pages of `deno doc --html` over every entry point,
// with each formula typeset. A site that does not pass the check is not left.

import { check, show } from "./check.ts";
import {
  linkStyles,
  mapSearchIndex,
  mendLinks,
  mendSearch,
  mendUsage,
  parse,
} from "./page.ts";
import { plainText, typeset } from "./typeset.ts";

const start = performance.now();
const root = new URL("../", import.meta.url);
const site = new URL("site/", import.meta.url);

const { name, exports } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", root)),
) as { name: string; exports: Record<string, string> };
for (const [entry, path] of Object.entries(exports)) {
  try {
    await Deno.lstat(new URL(path, root));
  } catch (cause) {
    throw new Error(
      `Cannot build the documentation as every entry point must exist: ${entry} is ${path}`,
      { cause },
    );
  }
}

await remove(site);
await generate();
try {
  await copyKatex();
  await Deno.copyFile(
    new URL("site.css", import.meta.url),
    new URL("site.css", site),
  );
  const { pages, formulas } = await finish();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `Built docs/site/index.html: ${pages} pages, ${formulas} formulas, ${seconds} s`,
  );
} catch (error) {
  await remove(site);
  throw error;
}

async function generate(): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "doc",
      "--html",
      `--name=${name}`,
      "--output=docs/site",
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

/** Copies KaTeX's style sheet, and its fonts in the one format all browsers have. */
async function copyKatex(): Promise<void> {
  const sheet = new URL(import.meta.resolve("katex/dist/katex.min.css"));
  const css = (await Deno.readTextFile(sheet))
    .replaceAll(/,url\([^)]*\.(?:woff|ttf)\) format\("[a-z]+"\)/g, "");
  await Deno.mkdir(new URL("katex/fonts/", site), { recursive: true });
  await Deno.writeTextFile(new URL("katex/katex.min.css", site), css);
  for (const [font] of css.matchAll(/fonts\/[\w-]+\.woff2/g)) {
    await Deno.copyFile(new URL(font, sheet), new URL(`katex/${font}`, site));
  }
}

async function finish(): Promise<{ pages: number; formulas: number }> {
  const entries = Object.keys(exports);
  const files = new Map<string, string>();
  let pages = 0;
  let formulas = 0;
  for await (const file of walk(site)) {
    if (!/\.(html|css|js)$/.test(file)) {
      files.set(file, "");
      continue;
    }
    let text = await Deno.readTextFile(new URL(file, site));
    if (file.endsWith(".html")) {
      const $ = parse(text);
      linkStyles($, file);
      mendLinks($, file, entries);
      mendUsage($, name, entries);
      formulas += typeset($, file);
      text = $.html();
      pages++;
    } else if (file === "search.js") {
      text = mendSearch(text);
    } else if (file === "search_index.js") {
      text = mapSearchIndex(text, (node) => {
        node.doc = plainText(node.doc, file);
      });
    }
    files.set(file, text);
    await Deno.writeTextFile(new URL(file, site), text);
  }

  const problems = check(files);
  if (problems.length > 0) {
    throw new Error(
      `Cannot build the documentation as the site must pass its check: ${problems.length} problems\n${
        show(problems)
      }`,
    );
  }
  return { pages, formulas };
}

/** The paths of all files below a folder, relative to it. */
async function* walk(folder: URL, prefix = ""): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) {
      yield* walk(new URL(`${name}/`, folder), `${prefix}${name}/`);
    } else yield prefix + name;
  }
}

async function remove(folder: URL): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
