// Copyright 2026 the Adjoint authors. MIT license.

// The pages that `deno doc --html` writes, made fit to be read from any place:
// a server, a folder below one, or a disk.

import { type CheerioAPI, load } from "cheerio/slim";
import { rootOf } from "./site.ts";

/** Parses a page; what is not changed is written back as it was. */
export function parse(html: string): CheerioAPI {
  return load(html, { xml: { xmlMode: false, encodeEntities: "utf8" } });
}

/** Adds the style sheets of the formulas, after those of `deno doc`. */
export function linkStyles($: CheerioAPI, page: string): void {
  for (const sheet of ["assets/katex/katex.min.css", "assets/api.css"]) {
    $("head").append(`<link rel="stylesheet" href="${rootOf(page)}${sheet}">`);
  }
}

/**
 * Points every link at a file, as a disk has no index pages, and links that
 * name an entry point (`./matmul`) at the page of that entry point.
 */
export function mendLinks(
  $: CheerioAPI,
  page: string,
  entries: readonly string[],
): void {
  // Links to the source lead into the folder of whoever built the site.
  $("a.sourceButton").remove();
  // The parameter of a mapped type has no anchor to lead to.
  for (const link of $('a[href^="#type_param_"]')) {
    if ($(`[id="${link.attribs.href.slice(1)}"]`).length === 0) {
      $(link).replaceWith($("<span>").append($(link).contents()));
    }
  }

  for (const link of $("a[href]")) {
    const href = $(link).attr("href")!;
    if (/^(#|[a-z][a-z0-9+.-]*:)/i.test(href)) continue;
    const [path, hash = ""] = href.split(/(?=#)/);
    $(link).attr("href", mendPath(path, page, entries) + hash);
  }
}

function mendPath(
  path: string,
  page: string,
  entries: readonly string[],
): string {
  if (path === "") return page.split("/").at(-1)!;
  if (entries.includes(path)) {
    return `${rootOf(page)}api/${path.replace("./", "")}/index.html`;
  }
  return path.endsWith("/") ? `${path}index.html` : path;
}

/** Makes the usage blocks import from the package: `deno doc` has `"matmul"`. */
export function mendUsage(
  $: CheerioAPI,
  name: string,
  entries: readonly string[],
): void {
  const mend = (code: string) =>
    code.replace(/(?<= from ")[^"]*(?=")/, (entry) => {
      if (entry === ".") return name;
      return entries.includes(`./${entry}`) ? `${name}/${entry}` : entry;
    });
  const usage = $(".usageContent");
  usage.find("code").text((_, code) => mend(code));
  usage.find("[data-copy]").attr("data-copy", (_, code) => mend(code));
}

/**
 * Makes the search script find the root of the site from its own URL. It counts
 * the folders in the name of the entry point, which is wrong on the page of
 * every entry point, and on those of the symbols of the first.
 */
export function mendSearch(script: string): string {
  const root = /const pathToRoot = [^;]*;/;
  if (!root.test(script)) {
    throw new Error(
      'Cannot mend search.js as it must declare "pathToRoot": it does not',
    );
  }
  return script.replace(
    root,
    'const pathToRoot = document.currentScript.getAttribute("src").replace(/search\\.js$/, "");',
  );
}

/** The nodes of `search_index.js`, each passed through `change`. */
export function mapSearchIndex(
  script: string,
  change: (node: { doc: string }) => void,
): string {
  const start = script.indexOf("{", script.indexOf("DENO_DOC_SEARCH_INDEX"));
  const end = script.lastIndexOf("};") + 1;
  const index = JSON.parse(script.slice(start, end));
  index.nodes.forEach(change);
  return script.slice(0, start) + JSON.stringify(index) + script.slice(end);
}
