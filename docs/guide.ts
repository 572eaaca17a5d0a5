// Copyright 2026 the Adjoint authors. MIT license.

// A guide: Markdown that reads well on GitHub, and here gets its figures, and
// links that lead to pages instead of files.

import { exerciseHtml, readExercise } from "./exercise.ts";
import { makeFigure } from "./figures.ts";
import { parse } from "./html.ts";
import type { ReadFile } from "./measured.ts";
import { trainingHtml } from "./training.ts";

/** Where the guides are. */
export const FOLDER = "docs/guides/";

/** The folder of the learner's path, inside. */
const LEARN = "learn/";

/** A figure with its name, an exercise, or where the page trains. */
const FENCE = /^```(?:figure (\S+)|(exercise|training))\n([\s\S]*?)^```$/gm;

/** The guides among files of that folder, in the order of their numbers. */
export function inOrder(files: readonly string[]): string[] {
  const number = (name: string) => parseInt(name.replace(LEARN, ""));
  return files.filter((name) => /^(learn\/)?[^/]+\.md$/.test(name)).sort((
    a,
    b,
  ) =>
    Number(a.startsWith(LEARN)) - Number(b.startsWith(LEARN)) ||
    number(a) - number(b)
  );
}

/** How many words a minute has. */
const PACE = 200;

/** A guide, ready to be shown. */
export interface Guide {
  /** `docs/guides/1-read-an-op-page.md` */
  file: string;
  /** `guides/read-an-op-page.html` */
  path: string;
  title: string;
  /** The first sentence. */
  summary: string;
  minutes: number;
  html: string;
  /** How many exercises it has. */
  exercises: number;
  /** Whether its page trains a network. */
  trains: boolean;
}

/** Renders a guide; an error names the file and the line. */
export async function readGuide(
  file: string,
  text: string,
  read: ReadFile,
  render: (markdown: string, source: string) => string,
): Promise<Guide> {
  const at = (index: number) =>
    `${file}:${text.slice(0, index).split("\n").length}`;

  const figures: string[] = [];
  let marked = "";
  let end = 0;
  let exercises = 0, trains = false;
  // A paragraph to be replaced, as Markdown is rendered without HTML, and as
  // many lines, for the errors.
  const mark = ({ 0: all, index }: RegExpExecArray) => {
    marked += text.slice(end, index) + `FIGURE${figures.length - 1}.` +
      all.replaceAll(/[^\n]/g, "");
    end = index + all.length;
  };
  for (const match of text.matchAll(FENCE)) {
    const [, name, kind, inside] = match;
    try {
      if (kind === "training") {
        figures.push(trainingHtml(render(inside, file)));
        trains = true;
        mark(match);
        continue;
      }
      if (name === undefined) {
        figures.push(exerciseHtml(
          readExercise(inside),
          ++exercises,
          (markdown) => render(markdown, file),
        ));
        mark(match);
        continue;
      }
      const { html, facts } = await makeFigure(name, read);
      figures.push(`<figure id="figure-${name}">
<div class="table">${html}</div>
<figcaption>${render(`${inside.trim()} ${facts}`, file)}</figcaption>
</figure>`);
    } catch (cause) {
      throw new Error(`${at(match.index)}: ${(cause as Error).message}`, {
        cause,
      });
    }
    mark(match);
  }
  marked += text.slice(end);
  const rendered = render(marked, file)
    .replaceAll(/<p>FIGURE(\d+)\.<\/p>/g, (_, i) => figures[i]);

  const $ = parse(rendered);
  for (const link of $("a[href]")) {
    const href = $(link).attr("href")!;
    const index = text.indexOf(`](${href})`);
    $(link).attr("href", await mendLink(href, file, at(index), read));
  }
  const title = $("h1").first().text();
  const first = $("p").first().text().replaceAll(/\s+/g, " ");
  const summary = /^.*?[.?](?=\s|$)/.exec(first)?.[0];
  if (title === "" || summary === undefined) {
    throw new Error(
      `${file}:1: Cannot list the guide as it must begin with a title and a sentence: it begins with ${
        JSON.stringify(text.slice(0, 60))
      }`,
    );
  }
  const words = text.split(/\s+/).length;
  return {
    file,
    path: `guides/${nameOf(file)}.html`,
    title,
    summary,
    minutes: Math.round(words / PACE),
    html: $.html(),
    exercises,
    trains,
  };
}

/** The name of a guide's page: `one-number` of `docs/guides/learn/1-one-number.md`. */
function nameOf(file: string): string {
  return file.replace(/^.*\//, "").replace(/^\d+-|\.md$/g, "");
}

/** Whether a guide belongs to the learner's path. */
export function isLearnt({ file }: Guide): boolean {
  return file.startsWith(FOLDER + LEARN);
}

/** The page of a file of the repository, as a link from a guide. */
async function mendLink(
  href: string,
  file: string,
  at: string,
  read: ReadFile,
): Promise<string> {
  if (/^(#|[a-z][a-z0-9+.-]*:)/i.test(href)) return href;
  const { pathname, hash } = new URL(href, `file:///${file}`);
  const path = pathname.slice(1);
  try {
    await read(path);
  } catch (cause) {
    throw new Error(
      `${at}: Cannot link to ${href} as the file must be there: ${
        (cause as Error).message
      }`,
      { cause },
    );
  }
  return pageOf(path, at) + hash;
}

/** Where the site has a file, seen from `guides/`. */
function pageOf(path: string, at: string): string {
  if (/^docs\/guides\/.*\.md$/.test(path)) return `${nameOf(path)}.html`;
  if (path === "docs/bench.json") return "../benchmark.html";
  const entry = /^ops\/(\w+)\.ts$/.exec(path)?.[1];
  if (entry !== undefined) return `../api/${entry}/index.html`;
  if (path === "mod.ts") return "../api/index.html";
  const [, folder, module] = /^ops\/(\w+)\/(\w+)\.ts$/.exec(path) ?? [];
  if (module !== undefined) {
    return `../${folder === "kernels" ? folder : "ops"}/${module}.html`;
  }
  throw new Error(
    `${at}: Cannot link to ${path} as it must have a page on the site: it has none`,
  );
}

/** What `deno test` says about code that fails, in short: where, and why. */
export function codeError(output: string): Error {
  const found = /^(?:error|TS\d+ \[ERROR\]): ([^]*?)^ +at /m.exec(output);
  const place = /(docs\/guides\/[^#\s]+)#(\d+)-/.exec(
    output.slice(found?.index),
  );
  return found === null || place === null
    ? new Error(`Cannot show the guides as their code must run:\n${output}`)
    : new Error(
      `${place[1]}:${place[2]}: Cannot show the guide as this code must run: ${
        found[1].replace(/\n +throw [^]*$/, "").trim()
      }`,
    );
}
