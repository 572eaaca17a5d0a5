// Copyright 2026 the Adjoint authors. MIT license.

// What is added to the content of every page: ids, anchors and a list of its
// headings, boxes for what may be too wide.

import { type CheerioAPI, escapeHtml, parse } from "./html.ts";
import { linkFiles, type Place } from "./places.ts";
import type { Page } from "./site.ts";
import { bindPunctuation, plainText } from "./typeset.ts";

/** The content of a page, ready for its frame; `place` knows the files it names. */
export function finish({ main, toc, path }: Page, place?: Place): string {
  const $ = parse(main);
  if (place !== undefined) linkFiles($, path, place);
  nameHeadings($);
  const contents = toc ? tableOfContents($) : "";
  for (const heading of $("h2[id], h3[id], h4[id]")) {
    if ($(heading).find("a.anchor").length > 0) continue;
    const text = plainText($(heading).contents());
    $(heading).append(
      `<a class="anchor" href="#${
        escapeHtml(heading.attribs.id)
      }" aria-label="Link to ${escapeHtml(text)}"></a>`,
    );
  }
  for (const table of $("table")) {
    if ($(table).closest(".table").length === 0) {
      $(table).wrap('<div class="table"></div>');
    }
  }
  // A formula alone is no text to those who look for the name of a row or a column.
  for (const header of $("th")) {
    const all = $(header).clone();
    all.find(".katex, .visually-hidden, [aria-hidden]").remove();
    if (all.text().trim() !== "") continue;
    const name = plainText($(header).contents());
    $(header).find("math").first().attr("aria-label", name);
  }
  bindPunctuation($);
  // The script makes those focusable that scroll.
  $("pre.shiki").removeAttr("tabindex");
  const html = $.html();
  if (!toc) return html;
  if (contents === "") {
    throw new Error(
      `Cannot build ${path} as a page with a table of contents must have sections: there is none`,
    );
  }
  return `<div class="with-toc">\n${contents}\n<div class="prose">\n${html}\n</div>\n</div>`;
}

/** Gives an id to each heading that has none: its words. */
function nameHeadings($: CheerioAPI): void {
  const taken = new Set($("[id]").get().map((e) => e.attribs.id));
  for (const heading of $("h2, h3, h4")) {
    if (heading.attribs.id) continue;
    const slug = slugOf(plainText($(heading).contents()));
    let id = slug;
    for (let n = 2; taken.has(id); n++) id = `${slug}-${n}`;
    taken.add(id);
    $(heading).attr("id", id);
  }
}

/** A text as an id: `Edge cases` is `edge-cases`. */
export function slugOf(text: string): string {
  return text.normalize("NFKD").toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-+|-+$/g, "");
}

/** The headings of the second and third rank, as nested lists of links. */
function tableOfContents($: CheerioAPI): string {
  let list = "";
  let deep = false;
  for (const heading of $("h2, h3")) {
    const link = `<a href="#${escapeHtml(heading.attribs.id)}">${
      $(heading).html()
    }</a>`;
    if (heading.name === "h3") {
      list += deep ? "</li>\n<li>" : "\n<ul>\n<li>";
    } else {
      if (deep) list += "</li>\n</ul>";
      list += list === "" ? "<li>" : "</li>\n<li>";
    }
    deep = heading.name === "h3";
    list += link;
  }
  if (list === "") return "";
  if (deep) list += "</li>\n</ul>";
  return `<nav class="toc" aria-label="On this page">\n<p>On this page</p>\n<ul>\n${list}</li>\n</ul>\n</nav>`;
}
