// Copyright 2026 the Adjoint authors. MIT license.

// Builds `docs/site/`. A site that does not pass the check is not left.

import { writeAssets } from "./assets.ts";
import { check, show } from "./check.ts";
import { remove, walk, write } from "./files.ts";
import { layout } from "./layout.ts";
import { writeApi } from "./pages/api.ts";
import { benchmark } from "./pages/benchmark.ts";
import { front } from "./pages/front.ts";
import { guides } from "./pages/guides.ts";
import type { PageMaker, Project } from "./site.ts";

/** Who makes the pages in the site's own frame. */
const MAKERS: readonly PageMaker[] = [front, guides, benchmark];

const start = performance.now();
const root = new URL("../", import.meta.url);
const site = new URL("site/", import.meta.url);
const { name, version, exports } = JSON.parse(
  await Deno.readTextFile(new URL("deno.json", root)),
);
const project: Project = { root, name, version, exports };
for (const [entry, path] of Object.entries(project.exports)) {
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
await Deno.mkdir(site);
try {
  await writeApi(project, site);
  for (const make of MAKERS) {
    for (const page of await make(project)) {
      await write(new URL(page.path, site), layout(page));
    }
  }
  await writeAssets(site);
  const pages = await checkSite();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`Built docs/site/index.html: ${pages} pages, ${seconds} s`);
} catch (error) {
  await remove(site);
  throw error;
}

/** Checks the files of the site; the result is the number of pages. */
async function checkSite(): Promise<number> {
  const files = new Map<string, string>();
  for (const file of await walk(site)) {
    const read = /\.(html|css|js)$/.test(file);
    files.set(file, read ? await Deno.readTextFile(new URL(file, site)) : "");
  }
  const problems = check(files);
  if (problems.length > 0) {
    throw new Error(
      `Cannot build the documentation as the site must pass its check: ${problems.length} problems\n${
        show(problems)
      }`,
    );
  }
  return [...files.keys()].filter((file) => file.endsWith(".html")).length;
}
