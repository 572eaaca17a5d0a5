// Copyright 2026 the Adjoint authors. MIT license.

// The pages of the API, which `deno doc --html` writes. Their content is taken
// as it is; frame, theme, search and highlighting are the site's own.

import { pathToFileURL } from "node:url";
import {
  highlightCode,
  mendLinks,
  mendMarkup,
  mendUsage,
  renameTwins,
} from "../api_html.ts";
import { walk } from "../files.ts";
import { places } from "../places.ts";
import { type CheerioAPI, escapeHtml, parse } from "../html.ts";
import { type Page, type Project, relative, SITE } from "../site.ts";
import { plainText, typeset } from "../typeset.ts";

/** The page of all symbols of all entry points. */
const ALL = "api/all_symbols.html";

/** Makes the pages of the API, with links to the other pages where they fit. */
export async function api(
  project: Project,
  pages: readonly Page[],
): Promise<Page[]> {
  const files = await generate(project);
  const twice = copies([...files.keys()]);
  const own = [...files].filter(([path]) => !twice.has(path));
  const renamed = renameTwins(own.map(([path]) => path));
  for (const [copy, path] of twice) {
    renamed.set(copy, renamed.get(path) ?? path);
  }
  const entries = Object.keys(project.exports);
  const all = parse(files.get(ALL)!);
  const place = places(project.address, project.files, pages);
  const mains = new Map(pages.map(({ path, main }) => [path, main]));
  const source = (path: string, url: string, symbol: string) => {
    const root = project.root.href;
    if (!url.startsWith(root)) return undefined;
    const href = place(path, url.slice(root.length));
    if (href === undefined || !href.endsWith(".html")) return href;
    const page = new URL(href, SITE + path).href.slice(SITE.length);
    const isThere = mains.get(page)?.includes(` id="${symbol}"`);
    return isThere ? `${href}#${symbol}` : href;
  };
  return own.map(([path, html]) => {
    const $ = parse(html);
    const entry = entryOf(path);
    if (path === `api/${entry}/index.html`) {
      listSymbols($, path, all);
      const page = annotated(entry!, pages);
      if (page?.section === "ops") shorten($);
    }
    if (path === ALL) removeCopies($);
    mendLinks(
      $,
      path,
      entries,
      renamed,
      (url, symbol) => source(path, url, symbol),
    );
    mendUsage($, project.name, entries);
    highlightCode($);
    typeset($, path);
    mendMarkup($);
    const page = toPage($, path, project, pages);
    return { ...page, path: renamed.get(path) ?? path };
  });
}

/**
 * The pages of the symbols that the whole package exports, which are copies of
 * those of the entry points, each with the page that it is a copy of.
 */
export function copies(paths: readonly string[]): Map<string, string> {
  const originals = new Map<string, string>();
  for (const path of paths) {
    const [, entry, name] = /^api\/([^~/]+)\/~\/(.+)$/.exec(path) ?? [];
    if (entry === undefined) continue;
    // What several export is documented where its types are, or in the first.
    if (!originals.has(name) || entry === "tensor") originals.set(name, path);
  }
  return new Map(paths.flatMap((path) => {
    const original = originals.get(/^api\/~\/(.+)$/.exec(path)?.[1] ?? "");
    return original === undefined ? [] : [[path, original]];
  }));
}

/** Takes from the symbols of the whole package those that an entry point lists. */
function removeCopies($: CheerioAPI): void {
  for (const item of $(".namespaceItem")) {
    const link = $(item).find(".namespaceItemContent > a").first();
    const lists = $(item).closest("div.ml-4").siblings("a").attr("href");
    const href = link.attr("href") ?? "";
    if (lists === "./" && !/^(\.\/)*~\//.test(href)) $(item).remove();
  }
  for (const section of $("section.section")) {
    const isList = $(section).find(".namespaceSection").length > 0;
    if (isList && $(section).find(".namespaceItem").length === 0) {
      $(section).remove();
    }
  }
}

/**
 * Leaves the title, the first sentence and the formulas of an operation: its
 * page has the rest, with the proof beside it.
 */
function shorten($: CheerioAPI): void {
  const doc = $("#module_doc > .markdown").first();
  doc.children("h2").first().nextAll().addBack().remove();
  for (const section of $("section.section")) {
    if ($(section).find(".namespaceItem").length === 0) $(section).remove();
  }
  for (const link of $(".documentNavigation a")) {
    const id = (link.attribs.href ?? "").slice(1);
    if ($(`[id="${id}"]`).length === 0) $(link).closest("li").remove();
  }
}

/** The pages of `deno doc`, by their path in the site. */
async function generate(
  { root, name, exports }: Project,
): Promise<Map<string, string>> {
  const output = await Deno.makeTempDir();
  try {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "doc",
        "--html",
        `--name=${name}`,
        `--output=${output}`,
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
    const files = new Map<string, string>();
    const folder = pathToFileURL(`${output}/`);
    for (const file of await walk(folder)) {
      if (!file.endsWith(".html")) continue;
      const html = await Deno.readTextFile(new URL(file, folder));
      files.set(`api/${file}`, html);
    }
    return files;
  } finally {
    await Deno.remove(output, { recursive: true });
  }
}

function toPage(
  $: CheerioAPI,
  path: string,
  project: Project,
  pages: readonly Page[],
): Page {
  const common = { path, section: "api" as const, styles: ["api"] };
  if ($("meta[http-equiv=refresh]").length > 0) {
    const link = $("body a").first();
    const to = link.attr("href")!;
    return {
      ...common,
      title: "Moved",
      description: "This page has moved.",
      search: "none",
      main: `<h1>Moved</h1>\n<p>See <a href="${escapeHtml(to)}">${
        escapeHtml(to.replace(/^.*\/|\.html$/g, ""))
      }</a>.</p>`,
    };
  }

  const names = breadcrumbs($, project);
  const title = names.map(({ name }) => name).reverse();
  if (title.length > 1) title.pop();
  const content = $("#content main").first();
  // The first entry point has a copy of every symbol of the others.
  const isCopy = /^api\/~\//.test(path) || path === ALL;
  const page = annotated(entryOf(path) ?? "", pages);
  if (path === ALL) {
    // The titles of the entry points, each of which is a heading here.
    for (const heading of content.find("h1")) heading.name = "h2";
    content.find("a.text-xl").first().text(project.name);
  }
  if (content.find("h1").length === 0) {
    content.prepend(`<h1>${escapeHtml(names.at(-1)!.name)}</h1>`);
  }
  const note = !page
    ? ""
    : `<p class="api-note" data-no-search>The page <a href="${
      relative(path, page.path)
    }">${escapeHtml(page.title)}</a> has the code beside the text${
      page.section === "ops"
        ? ", the derivation, the conventions and the proof"
        : ""
    }.</p>\n`;
  return {
    ...common,
    title: title.length > 1 ? title.slice(0, 2).join(" · ") : `API: ${title}`,
    description: plainText(content.find(".markdown p").first().contents()) ||
      `The API of ${project.name}.`,
    search: isCopy || (page && /\/index\.html$/.test(path)) ? "none" : "whole",
    main: `<nav aria-label="Breadcrumbs">
<ol class="breadcrumbs">
${
      names.map(({ name, href }, i) =>
        i === names.length - 1
          ? `<li aria-current="page">${escapeHtml(name)}</li>`
          : `<li><a href="${href}">${escapeHtml(name)}</a></li>`
      ).join("\n")
    }
</ol>
</nav>
<div class="with-toc">
<div class="prose api">
${note}${content.html()}
</div>
${aside($)}</div>`,
  };
}

/** The entry point that a page is about, where it is about one. */
function entryOf(path: string): string | undefined {
  return /^api\/([^~/]+)\//.exec(path)?.[1];
}

/**
 * Lists the symbols of an entry point on its page, where `deno doc` has the
 * first of the whole package. `all` is the page of all symbols.
 */
function listSymbols($: CheerioAPI, page: string, all: CheerioAPI): void {
  const folder = page.replace("index.html", "~/");
  const seen = new Set<string>();
  const items = all(".namespaceItem").get().flatMap((item) => {
    const link = all(item).find(".namespaceItemContent > a").first();
    const to = new URL(link.attr("href")!, `${SITE}${ALL}`).href
      .slice(SITE.length);
    if (!to.startsWith(folder) || seen.has(to)) return [];
    seen.add(to);
    const icon = all(item).find(".docNodeKindIcon").first();
    const name = link.attr("title")!;
    return [
      `<li><a href="${relative(page, to)}" title="${name}">${
        all.html(icon)
      }<span>${name}</span></a></li>`,
    ];
  });
  $(".topSymbols > ul").html(items.join("\n"));
  // It counts those of all entry points, of which the package has copies.
  $(".topSymbols > a").text("All symbols");
}

/** The way to a page, from the first page of the API to its own name. */
function breadcrumbs($: CheerioAPI, { name }: Project) {
  const found: { name: string; href?: string }[] = [];
  $(".breadcrumbs span").remove();
  const collect = (nodes: ReturnType<CheerioAPI>) => {
    for (const node of nodes.contents()) {
      if (node.type === "text") {
        const text = node.data.trim();
        if (text !== "") found.push({ name: text });
      } else if ("attribs" in node && node.name === "a") {
        found.push({ name: $(node).text(), href: node.attribs.href });
      } else collect($(node));
    }
  };
  collect($(".breadcrumbs"));
  return found.length > 0 ? found : [{ name }];
}

/** How to import it, and what is on the page. */
function aside($: CheerioAPI): string {
  const toc = $(".toc > div");
  if (toc.length === 0) return "";
  for (const heading of toc.find("h3")) heading.name = "p";
  toc.find("nav.topSymbols").attr("aria-label", "Symbols");
  toc.find("nav.documentNavigation").attr("aria-label", "On this page")
    .children("p").text("On this page");
  return `<div class="toc">\n${toc.html()}\n</div>\n`;
}

/** The annotated page of an entry point, `add-bias`, where there is one. */
export function annotated(entry: string, pages: readonly Page[]) {
  const plain = (name: string) => name.replaceAll(/[-_]/g, "").toLowerCase();
  return pages.find(({ path }) =>
    plain(path.replace(/^(ops|modules)\//, "")) === plain(`${entry}.html`)
  );
}
