// Copyright 2026 the Adjoint authors. MIT license.

// What must hold for every file of the site. A reader never meets TeX that was
// not typeset, a link that leads nowhere, or a page that needs the network.

import { mapSearchIndex, parse } from "./api_html.ts";

/** Something wrong in a file of the site. */
export interface Problem {
  file: string;
  what: string;
  excerpt: string;
}

/** TeX in prose: a command, a braced script, or text between dollar signs. */
const TEX = /\\[a-zA-Z]{2,}|[_^]\{|\$\S[^$]*\S\$|\$\S\$/;
const TEX_IN_CODE = /\\[a-zA-Z]{2,}|[_^]\{/;

/** Where the site lies while its links are resolved: they must not leave it. */
const ROOT = "https://site.invalid/root/";

/**
 * The problems of a site, given as the text of its files by their paths; the
 * text of a file that is not HTML, CSS or JavaScript is not read.
 */
export function check(files: ReadonlyMap<string, string>): Problem[] {
  const problems: Problem[] = [];
  const pages = new Map<string, ReturnType<typeof parse>>();
  const ids = new Map<string, Set<string>>();
  for (const [file, text] of files) {
    if (!file.endsWith(".html")) continue;
    const $ = parse(text);
    pages.set(file, $);
    ids.set(file, new Set($("[id]").get().map((e) => e.attribs.id)));
  }

  for (const [file, text] of files) {
    const report = (what: string, excerpt: string) =>
      problems.push({ file, what, excerpt: shorten(excerpt) });
    const findTex = (text: string, tex = TEX) => {
      const found = tex.exec(text);
      if (found === null) return;
      const start = Math.max(0, found.index - 20);
      report("TeX that is not typeset", text.slice(start, found.index + 60));
    };
    const findFile = (url: string) => {
      const { href, hash } = new URL(url, ROOT + file);
      if (!href.startsWith(ROOT)) return report("link out of the site", url);
      const path = decodeURIComponent(href.slice(ROOT.length).split("#")[0]);
      if (!files.has(path)) return report("link to a missing file", url);
      const id = decodeURIComponent(hash.slice(1));
      if (id !== "" && !ids.get(path)?.has(id)) {
        report("link to a missing anchor", url);
      }
    };
    const findResource = (url: string) => {
      if (/^data:/i.test(url)) return;
      if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(url)) report("network URL", url);
      else findFile(url);
    };
    const findInCss = (css: string) => {
      const urls = /url\(\s*(["']?)(.*?)\1\s*\)|@import\s+(["'])(.*?)\3/gi;
      for (const [, , url, , sheet] of css.matchAll(urls)) {
        findResource(url ?? sheet);
      }
    };

    if (file.endsWith(".css")) findInCss(text);
    if (file.endsWith("search_index.js")) {
      mapSearchIndex(text, (node) => findTex(node.doc));
    }
    const $ = pages.get(file);
    if ($ === undefined) continue;

    for (const a of $("a[href]")) {
      const href = a.attribs.href;
      if (/^(https?|mailto):/i.test(href)) continue;
      findFile(href);
    }
    for (const element of $("link, script, img, source, iframe, object")) {
      const { href, src, srcset, data } = element.attribs;
      for (const url of [href, src, data]) {
        if (url !== undefined) findResource(url);
      }
      for (const url of srcset?.split(",") ?? []) {
        findResource(url.trim().split(/\s/)[0]);
      }
    }
    for (const style of $("style")) findInCss($(style).text());
    for (const element of $("[style]")) findInCss(element.attribs.style);

    $("annotation, script, style").remove();
    for (const code of $(".language-math")) {
      report("TeX that is not typeset", $(code).text());
    }
    for (const element of $("[title], [alt], [aria-label], [content], [id]")) {
      const { title, alt, content, id } = element.attribs;
      const values = [title, alt, element.attribs["aria-label"], content, id];
      for (const value of values) if (value !== undefined) findTex(value);
    }
    $("pre").remove();
    for (const code of $("code")) {
      const { prev, next } = code;
      const before = prev?.type === "text" ? prev.data : "";
      const after = next?.type === "text" ? next.data : "";
      if (before.endsWith("$") || after.startsWith("$")) {
        report(
          "TeX that is not typeset",
          `${before.slice(-20)}<code>${$(code).text()}</code>${
            after.slice(0, 20)
          }`,
        );
      } else {
        findTex($(code).text(), TEX_IN_CODE);
      }
    }
    $("code").replaceWith("\n\n");
    // A paragraph at a time, as two dollar signs far apart are no formula.
    for (const text of $.root().text().split(/\n\s*\n/)) findTex(text);
  }
  return problems;
}

/** The problems as lines to read. */
export function show(problems: readonly Problem[]): string {
  return problems.map(({ file, what, excerpt }) =>
    `${file}: ${what}: ${excerpt}`
  ).join("\n");
}

function shorten(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, 160);
}
