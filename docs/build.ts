// Copyright 2026 the Adjoint authors. MIT license.

// Builds `docs/site/`: all of it, or nothing if anything is wrong.

import { readSheets, writeAssets } from "./assets.ts";
import { check, firstPageSize, locate, show } from "./check.ts";
import { addressOf } from "./address.ts";
import { git, remove, walk, write } from "./files.ts";
import { finish } from "./finish.ts";
import { layout } from "./layout.ts";
import { searchScript } from "./search_index.ts";
import { checkFormulas, readSources } from "./sources.ts";
import { loadHighlighter } from "./markdown.ts";
import { api } from "./pages/api.ts";
import { benchmark } from "./pages/benchmark.ts";
import { writeOracle } from "./oracle/write.ts";
import { front } from "./pages/front.ts";
import { guides } from "./pages/guides.ts";
import { literate } from "./pages/literate.ts";
import { missing } from "./pages/missing.ts";
import { notebooks } from "./notebooks.ts";
import { operations } from "./pages/operations.ts";
import { oracle } from "./pages/oracle.ts";
import { folderOf, releasesOf, versions } from "./pages/versions.ts";
import { places } from "./places.ts";
import { prover } from "./pages/prover.ts";
import { wrong } from "./pages/wrong.ts";
import { proofReport } from "./proof.ts";
import { readOps } from "./ops.ts";
import type { PageMaker, Project } from "./site.ts";

/** The makers of the pages in the site's own frame, besides the API and the front
 * page. */
const MAKERS: readonly PageMaker[] = [
  literate,
  guides,
  prover,
  wrong,
  oracle,
  benchmark,
];

const root = new URL("../", import.meta.url);
export const SITE_FOLDER = new URL("site/", import.meta.url);
/** It is made here, and moved when it is complete. */
const draft = new URL("site.new/", import.meta.url);

/** Builds the site; the result says what was built. */
export async function build(): Promise<string> {
  const start = performance.now();
  await remove(SITE_FOLDER);
  await remove(draft);
  try {
    const project = await readProject();
    await loadHighlighter();
    const sources = await readSources(root);
    checkFormulas(sources);
    const [report, pages] = await Promise.all([
      proofReport(),
      makePages(project),
    ]);
    const formulas = pages.reduce(
      (sum, { main }) => sum + main.split("<math ").length - 1,
      0,
    );
    const { Deno: deno, PyTorch: torch } = report.versions;
    const links = report.links.filter(({ figure }) => figure !== undefined);
    const note =
      `${formulas} formulas, typeset as the site was built; ${links.length} of ${links.length} links of the proof hold (Deno ${deno}, PyTorch ${torch})`;
    const place = places(project.address, project.files, pages);
    const finished = pages.map((page) => ({
      page,
      content: finish(page, place),
    }));
    const sheets = await readSheets();
    for (const { page, content } of finished) {
      // The pages of the API are most of the site: they share their style sheets.
      const inside = page.section === "api" ? undefined : sheets;
      const html = layout(page, content, project, note, inside);
      await write(new URL(page.path, draft), html);
    }
    const index = searchScript(finished);
    await write(new URL("assets/search_index.js", draft), index);
    await writeAssets(draft, sheets);
    await writeOracle(new URL("oracle/", draft));
    for (const [file, text] of await notebooks()) {
      await write(new URL(`notebooks/${file}`, draft), text);
    }
    const size = await checkDraft(sources, project);
    await Deno.rename(draft, SITE_FOLDER);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    return `Built docs/site/index.html: ${pages.length} pages, the first of ${
      Math.round(size / 1000)
    } kB, in ${seconds} s`;
  } finally {
    await remove(draft);
  }
}

async function readProject(): Promise<Project> {
  const read = (file: string) => Deno.readTextFile(new URL(file, root));
  const config = JSON.parse(await read("deno.json"));
  const { name, version, license, exports } = config;
  const unreleased = (await read("CHANGELOG.md"))
    .split("\n").includes(`## ${version} (unreleased)`);
  return {
    root,
    name,
    version,
    license,
    exports,
    unreleased,
    address: addressOf(config, Deno.env.get),
    // A copy without its history has none.
    releases: releasesOf(await git("tag", "--list").catch(() => "")),
    files: await readFiles(),
    ops: await readOps(),
  };
}

/** The files that a page may name. */
async function readFiles(): Promise<Set<string>> {
  const files = new Set<string>();
  for await (const { name, isFile } of Deno.readDir(root)) {
    if (isFile) files.add(name);
  }
  for (const folder of [".ci/", ".github/", "docs/", "ops/"]) {
    for (const file of await walk(new URL(folder, root))) {
      if (!/^site(\.new)?\//.test(file)) files.add(folder + file);
    }
  }
  return files;
}

async function makePages(project: Project) {
  const pages = (await Promise.all(MAKERS.map((make) => make(project)))).flat();
  pages.push(...await api(project, pages));
  pages.push(
    operations(project, pages),
    versions(project),
    missing(project),
    await front(project, pages),
  );
  return pages;
}

/** Checks the files of the draft; the result is the size of the first page. */
async function checkDraft(
  sources: ReadonlyMap<string, string>,
  { releases }: Project,
): Promise<number> {
  const files = new Map<string, string>();
  for (const file of await walk(draft)) {
    const read = /\.(html|css|js)$/.test(file);
    files.set(file, read ? await Deno.readTextFile(new URL(file, draft)) : "");
  }
  // They are added when it is published.
  const elsewhere = releases.map((release) => `${folderOf(release)}index.html`);
  const problems = check(files, elsewhere);
  if (problems.length > 0) {
    throw new Error(
      `Cannot build the documentation as the site must pass its check: ${
        problems.length === 1 ? "a problem" : `${problems.length} problems`
      }\n${show(locate(problems, sources))}`,
    );
  }
  return firstPageSize(files);
}

if (import.meta.main) {
  try {
    console.log(await build());
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
