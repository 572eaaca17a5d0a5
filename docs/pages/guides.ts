// Copyright 2026 the Adjoint authors. MIT license.

// The guides: Markdown files whose code runs in the tests. They are written to
// be read on GitHub, too, so their links lead to files of the repository; here
// they lead to the pages of these files.

import { parse } from "../html.ts";
import { makeFigure } from "../figures.ts";
import { walk } from "../files.ts";
import { renderMarkdown } from "../markdown.ts";
import { escapeHtml, type Page, type Project } from "../site.ts";

const FOLDER = "docs/guides/";

/** How many words a minute has. */
const PACE = 200;

interface Guide {
  /** `docs/guides/1-read-an-op-page.md` */
  file: string;
  /** `guides/read-an-op-page.html` */
  path: string;
  title: string;
  /** The first sentence. */
  summary: string;
  minutes: number;
  html: string;
}

/** Makes a page of each guide, and a list of them. */
export async function guides({ root }: Project): Promise<Page[]> {
  const files = (await walk(new URL(FOLDER, root)))
    .filter((name) => /^[^/]+\.md$/.test(name)).map((name) => FOLDER + name);
  const all: Guide[] = [];
  for (const file of files) {
    const text = await Deno.readTextFile(new URL(file, root));
    all.push(await readGuide(file, text, root));
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
    ...all.map((guide, i) => ({
      path: guide.path,
      title: guide.title,
      description: guide.summary,
      main: guideHtml(guide, all[i - 1], all[i + 1]),
      ...common,
    })),
  ];
}

function nameOf({ path }: Guide): string {
  return path.split("/").at(-1)!;
}

function indexHtml(all: readonly Guide[]): string {
  const items = all.map((guide) =>
    `<li><a href="${nameOf(guide)}">${escapeHtml(guide.title)}</a>
<p>${
      escapeHtml(guide.summary)
    } <span class="minutes">${guide.minutes} minutes.</span></p></li>`
  );
  return `<div class="guide">
<h1>Guides</h1>
<p class="lead">All code on these pages runs in the tests, and all pictures are
drawn from what the code does.</p>
<ol class="guide-list">
${items.join("\n")}
</ol>
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

/** Renders a guide; an error names the file and the line. */
export async function readGuide(
  file: string,
  text: string,
  root: URL,
): Promise<Guide> {
  const at = (index: number) =>
    `${file}:${text.slice(0, index).split("\n").length}`;

  const figures: string[] = [];
  let marked = "";
  let end = 0;
  for (const match of text.matchAll(/^```figure (\S+)\n([\s\S]*?)^```$/gm)) {
    const [all, name, caption] = match;
    try {
      const { html, facts } = await makeFigure(name, root);
      figures.push(`<figure id="figure-${name}">
<div class="scroll" tabindex="0" role="region" aria-label="Figure, can scroll">${html}</div>
<figcaption>${
        renderMarkdown(`${caption.trim()} ${facts}`, at(match.index))
      }</figcaption>
</figure>`);
    } catch (cause) {
      throw new Error(`${at(match.index)}: ${(cause as Error).message}`, {
        cause,
      });
    }
    // A paragraph to be replaced, as Markdown is rendered without HTML.
    marked += `${text.slice(end, match.index)}FIGURE${figures.length - 1}.`;
    end = match.index + all.length;
  }
  marked += text.slice(end);
  const rendered = renderMarkdown(marked, file)
    .replaceAll(/<p>FIGURE(\d+)\.<\/p>/g, (_, i) => figures[i]);

  const $ = parse(rendered);
  for (const link of $("a[href]")) {
    const href = $(link).attr("href")!;
    const index = text.indexOf(`](${href})`);
    $(link).attr("href", await mendLink(href, file, at(index), root));
  }
  const title = $("h1").first().text();
  const first = $("p").first().text().replaceAll(/\s+/g, " ");
  const summary = /^.*?[.](?=\s|$)/.exec(first)?.[0];
  if (title === "" || summary === undefined) {
    throw new Error(
      `${file}:1: Cannot list the guide as it must begin with a title and a sentence: it begins with ${
        JSON.stringify(text.slice(0, 60))
      }`,
    );
  }
  const words = $.root().text().split(/\s+/).length;
  return {
    file,
    path: `guides/${file.slice(FOLDER.length).replace(/^\d+-/, "")}`
      .replace(/md$/, "html"),
    title,
    summary,
    minutes: Math.round(words / PACE),
    html: $.html(),
  };
}

/** The page of a file of the repository, as a link from a guide. */
async function mendLink(
  href: string,
  file: string,
  at: string,
  root: URL,
): Promise<string> {
  if (/^(#|[a-z][a-z0-9+.-]*:)/i.test(href)) return href;
  const url = new URL(href, new URL(file, root));
  const hash = url.hash;
  url.hash = "";
  try {
    await Deno.lstat(url);
  } catch (cause) {
    throw new Error(
      `${at}: Cannot link to ${href} as the file must be there: ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
  const path = url.href.slice(root.href.length);
  return pageOf(path, at) + hash;
}

/** Where the site has a file, seen from `guides/`. */
function pageOf(path: string, at: string): string {
  const guide = /^docs\/guides\/(?:\d+-)?(.*)\.md$/.exec(path)?.[1];
  if (guide !== undefined) return `${guide}.html`;
  if (path === "docs/bench.json") return "../benchmark.html";
  if (path === "ops/proof/gradcheck.ts") return "../api/gradcheck/index.html";
  if (path === "ops/tensor.ts") return "../api/tensor/index.html";
  if (path === "ops/threads.ts") return "../api/threads/index.html";
  if (path === "mod.ts") return "../api/index.html";
  const module = /^ops\/((?:kernels\/)?\w+)\.ts$/.exec(path)?.[1];
  if (module !== undefined) {
    return module.startsWith("kernels/")
      ? `../${module}.html`
      : `../ops/${module}.html`;
  }
  throw new Error(
    `${at}: Cannot link to ${path} as it must have a page on the site: it has none`,
  );
}
