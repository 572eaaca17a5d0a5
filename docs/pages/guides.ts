// Copyright 2026 the Adjoint authors. MIT license.

// The guides: Markdown files whose code runs in the tests. They are written to
// be read on GitHub, too, so their links lead to files of the repository; here
// they lead to the pages of these files.

import { walk } from "../files.ts";
import {
  codeError,
  FOLDER,
  type Guide,
  inOrder,
  isLearnt,
  readGuide,
} from "../guide.ts";
import { renderMarkdown } from "../markdown.ts";
import type { ReadFile } from "../measured.ts";
import { escapeHtml, type Page, type Project } from "../site.ts";

/** Makes a page of each guide, and a list of them. */
export async function guides({ root }: Project): Promise<Page[]> {
  const [pages] = await Promise.all([makePages(root), runCode(root)]);
  return pages;
}

/** Runs the code of the guides, as the tests do. */
async function runCode(root: URL): Promise<void> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ".ci/tests.ts", "--doc", FOLDER],
    cwd: root,
    env: { NO_COLOR: "1" },
  }).output();
  if (code === 0) return;
  const decoder = new TextDecoder();
  throw codeError(decoder.decode(stdout) + decoder.decode(stderr));
}

async function makePages(root: URL): Promise<Page[]> {
  const files = inOrder(await walk(new URL(FOLDER, root)))
    .map((name) => FOLDER + name);
  const read: ReadFile = (path) => Deno.readTextFile(new URL(path, root));
  const all: Guide[] = [];
  for (const file of files) {
    const text = await read(file);
    all.push(await readGuide(file, text, read, renderMarkdown));
  }
  const common = { section: "guides" as const, styles: ["figures", "guides"] };
  return [
    {
      path: "guides/index.html",
      title: "Guides",
      description: "How to read, check, add and speed up an operation.",
      main: indexHtml(all),
      ...common,
    },
    ...ordered(all).map((guide, i, all) => ({
      path: guide.path,
      title: guide.title,
      description: guide.summary,
      main: guideHtml(guide, all[i - 1], all[i + 1]),
      toc: true,
      ...common,
      styles: [...common.styles, ...toolsOf(guide)],
      scripts: toolsOf(guide),
    })),
  ];
}

/** The scripts of a guide, each of which has a style sheet. */
const toolsOf = ({ exercises, trains }: Guide) => [
  ...exercises > 0 ? ["exercise"] : [],
  ...trains ? ["train"] : [],
];

/** What the path ends in: networks, after what they are made of. */
const isTraining = ({ path }: Guide) => /\/train-/.test(path);

/** The learner's path from its first page to the networks, and then the others. */
function ordered(all: readonly Guide[]): Guide[] {
  const path = [...all.filter(isLearnt), ...all.filter(isTraining)];
  return [...path, ...all.filter((guide) => !path.includes(guide))];
}

function nameOf({ path }: Guide): string {
  return path.split("/").at(-1)!;
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}

function indexHtml(all: readonly Guide[]): string {
  const item = (guide: Guide) =>
    `<li><a href="${nameOf(guide)}">${escapeHtml(guide.title)}</a>
<p>${escapeHtml(guide.summary)} <span class="minutes">${
      count(guide.minutes, "minute")
    }${
      guide.exercises > 0 ? `, ${count(guide.exercises, "exercise")}` : ""
    }.</span></p></li>`;
  const list = (guides: readonly Guide[]) =>
    `<ol class="guide-list">\n${guides.map(item).join("\n")}\n</ol>`;
  const path = ordered(all).filter((guide) =>
    isLearnt(guide) || isTraining(guide)
  );
  return `<div class="guide">
<h1>Guides</h1>
<p class="lead">All code on these pages runs in the tests. The library computes the answers of the exercises
and the data of the figures.</p>
<h2 id="learn">Learn what a backward pass is</h2>
<p>From one number to a network that is trained, in order. You need first-year calculus.</p>
${list(path)}
<h2 id="use">Use, check and extend the library</h2>
${list(all.filter((guide) => !path.includes(guide)))}
</div>`;
}

function guideHtml(guide: Guide, last?: Guide, next?: Guide): string {
  const link = (to: Guide | undefined, rel: string, word: string) =>
    to === undefined
      ? ""
      : `<a rel="${rel}" href="${nameOf(to)}">${word}: ${
        escapeHtml(to.title)
      }</a>`;
  return `<article class="guide">
${guide.html}
<nav class="guide-nav" aria-label="Guides">
${link(last, "prev", "Before")}
${link(next, "next", "Next")}
</nav>
</article>`;
}
