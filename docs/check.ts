// Copyright 2026 the Adjoint authors. MIT license.

// What must hold for every file of the site. A reader never meets TeX that was
// not typeset, a link that leads nowhere, or a page that needs the network.

import { parse } from "./html.ts";
import { SITE } from "./site.ts";

/** Something wrong in a file of the site. */
export interface Problem {
  file: string;
  what: string;
  excerpt: string;
  /** What is wrong, in the form in which a source may contain it. */
  text: string;
  /** Its place: `docs/guides/blocking.md:12`. */
  source?: string;
}

/** Bytes of the first page, with its style sheets and scripts, without fonts. */
const BUDGET = 200_000;

/** TeX in prose: a command, a braced script, or text between dollar signs. */
const TEX = /\\[a-zA-Z]{2,}|[_^]\{|\$\S[^$]*\S\$|\$\S\$/;
const TEX_IN_CODE = /\\[a-zA-Z]{2,}|[_^]\{/;

/**
 * The problems of a site, given as the text of its files by their paths; the text
 * of a file that is not HTML, CSS or JavaScript is not read. Links may also lead
 * to what is `elsewhere`.
 */
export function check(
  files: ReadonlyMap<string, string>,
  elsewhere: readonly string[] = [],
): Problem[] {
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
    const report = (what: string, excerpt: string, text = excerpt) =>
      problems.push({ file, what, excerpt: shorten(excerpt), text });
    const findTex = (text: string, tex = TEX) => {
      const found = tex.exec(text);
      if (found === null) return;
      const start = Math.max(0, found.index - 20);
      const excerpt = text.slice(start, found.index + 60);
      report("TeX that is not typeset", excerpt, found[0]);
    };
    const findFile = (url: string) => {
      const { href, hash } = new URL(url, SITE + file);
      if (!href.startsWith(SITE)) return report("link out of the site", url);
      const path = decodeURIComponent(href.slice(SITE.length).split(/[?#]/)[0]);
      if (elsewhere.includes(path)) return;
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
    const $ = pages.get(file);
    if ($ === undefined) continue;

    for (const a of $("a[href]")) {
      const href = a.attribs.href;
      if (/^(https?|mailto):/i.test(href)) continue;
      findFile(href);
    }
    for (
      const element of $(
        "link:not([rel=canonical]), script, img, source, iframe, object",
      )
    ) {
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

    const seen = new Set<string>();
    for (const { attribs: { id } } of $("[id]")) {
      if (seen.has(id)) report("id that is not unique", id);
      seen.add(id);
    }

    for (const formula of $(".katex")) {
      if ($(formula).find("math annotation").length === 0) {
        report("formula without MathML", $(formula).text());
      }
    }
    $("annotation, script, style").remove();
    for (const code of $(".language-math")) {
      report("TeX that is not typeset", $(code).text());
    }
    for (const element of $("[title], [alt], [aria-label], [content], [id]")) {
      const { title, alt, content, id } = element.attribs;
      const values = [title, alt, element.attribs["aria-label"], content, id];
      for (const value of values) if (value !== undefined) findTex(value);
    }
    // Types may be templates, `${infer A}`.
    $("pre, .td-str").remove();
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
          $(code).text(),
        );
      } else {
        findTex($(code).text(), TEX_IN_CODE);
      }
    }
    $("code").replaceWith("\n\n");
    // A paragraph at a time, as two dollar signs far apart are no formula.
    for (const text of $.root().text().split(/\n\s*\n/)) findTex(text);
  }
  const size = firstPageSize(files);
  if (size > BUDGET) {
    const what = `more than ${BUDGET} bytes with its styles and scripts`;
    problems.push({ file: FIRST, what, excerpt: `${size}`, text: "" });
  }
  return problems;
}

const FIRST = "index.html";

/** Bytes of the first page with what it loads at once, without fonts. */
export function firstPageSize(files: ReadonlyMap<string, string>): number {
  const html = files.get(FIRST) ?? "";
  const $ = parse(html);
  const loaded = $("link[rel=stylesheet], script[src]").get()
    .map(({ attribs: { href, src } }) => files.get(href ?? src) ?? "");
  return [html, ...loaded].reduce(
    (sum, text) => sum + new TextEncoder().encode(text).length,
    0,
  );
}

/**
 * Says for each problem where it is in the sources, given as their text by
 * their paths, where that can be found.
 */
export function locate(
  problems: readonly Problem[],
  sources: ReadonlyMap<string, string>,
): Problem[] {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_]/g, "");
  return problems.map((problem) => {
    const { file, text } = problem;
    const found = [...sources].filter(([, source]) =>
      text !== "" && source.includes(text)
    ).map(([path, source]) => ({
      line: source.slice(0, source.indexOf(text)).split("\n").length,
      path,
      // Of several, the one that the page is made of.
      near: plain(file).includes(plain(path.replace(/^.*\/|\.\w+$/g, ""))),
    })).sort((a, b) => Number(b.near) - Number(a.near));
    if (found.length === 0) return problem;
    return { ...problem, source: `${found[0].path}:${found[0].line}` };
  });
}

/** The problems as lines to read. */
export function show(problems: readonly Problem[]): string {
  return problems.map(({ file, what, excerpt, source }) =>
    `${source ? `${source} (${file})` : file}: ${what}: ${excerpt}`
  ).join("\n");
}

function shorten(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().slice(0, 160);
}
