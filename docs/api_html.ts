// Copyright 2026 the Adjoint authors. MIT license.

// The pages that `deno doc --html` writes, made fit for the site's own frame,
// and to be read from any place: a server, a folder below one, or a disk.

import { type CheerioAPI, escapeHtml } from "./html.ts";
import { codeBlock } from "./markdown.ts";
import { relative, SITE } from "./site.ts";
import { plainText } from "./typeset.ts";

/**
 * Points every link at a file, as a disk has no index pages, and links that
 * name an entry point (`./matmul`) at the page of that entry point. `renamed`
 * has the pages that got another path.
 */
export function mendLinks(
  $: CheerioAPI,
  page: string,
  entries: readonly string[],
  renamed: ReadonlyMap<string, string> = new Map(),
  source: (url: string, symbol: string) => string | undefined = () => undefined,
): void {
  // Links to the source lead into the folder of whoever built the site.
  for (const link of $("a.sourceButton")) {
    // What is inside of a symbol is where that is.
    const title = $(link).closest(".symbolTitle");
    const symbol = $(link).closest("[id^=symbol_]").attr("id")?.slice(7) ?? "";
    const href = title.length > 0 && source(link.attribs.href, symbol);
    if (!href) $(link).remove();
    else {
      const text = /\.html(#|$)/.test(href) ? "Its code, annotated" : "Source";
      $(link).replaceWith(
        $(`<a class="source" href="${escapeHtml(href)}">${text}</a>`),
      );
    }
  }
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
    const to = entries.includes(path)
      ? `api/${path.replace(/^\.\/?/, "")}/index.html`.replace("//", "/")
      : new URL(path, SITE + page).href.slice(SITE.length)
        .replace(/(^|\/)$/, "$1index.html");
    $(link).attr("href", relative(page, renamed.get(to) ?? to) + hash);
  }
}

/**
 * The paths that differ from another one in capitals only, as `Tensor.html` from
 * `tensor.html`, each with a path that does not: the disks of many systems
 * cannot hold both.
 */
export function renameTwins(paths: readonly string[]): Map<string, string> {
  const taken = new Set<string>();
  const renamed = new Map<string, string>();
  // Small letters sort last, and it is the function whose page keeps its path.
  for (const path of paths.toSorted().toReversed()) {
    let free = path;
    for (let n = 2; taken.has(free.toLowerCase()); n++) {
      free = path.replace(/\.html$/, `-${n}.html`);
    }
    taken.add(free.toLowerCase());
    if (free !== path) renamed.set(path, free);
  }
  return renamed;
}

/** Makes the usage blocks import from the package: `deno doc` has `"matmul"`. */
export function mendUsage(
  $: CheerioAPI,
  name: string,
  entries: readonly string[],
): void {
  $(".usageContent code").text((_, code) =>
    code.replace(/(?<= from ")[^"]*(?=")/, (entry) => {
      if (entry === ".") return name;
      return entries.includes(`./${entry}`) ? `${name}/${entry}` : entry;
    })
  );
}

/** Highlights the code; the frame has a button to copy it. */
export function highlightCode($: CheerioAPI): void {
  $(".copyButton").remove();
  for (const pre of $("pre.highlight")) {
    const code = $(pre).children("code").first();
    const [, language = "text"] =
      /language-(\w+)/.exec(code.attr("class") ?? "") ?? [];
    $(pre).replaceWith(codeBlock(code.text(), language));
  }
}

/**
 * Gives a page the elements and names that people need who do not see it: a
 * heading of the first rank, links that say where they lead, ids that are
 * unique.
 */
export function mendMarkup($: CheerioAPI): void {
  $('[id=""]').removeAttr("id");
  const seen = new Set<string>();
  for (const element of $("[id]")) {
    // Each overload of a function has its own #examples.
    const { id } = element.attribs;
    for (let n = 2; seen.has(element.attribs.id); n++) {
      element.attribs.id = `${id}-${n}`;
    }
    seen.add(element.attribs.id);
  }
  for (const title of $(".symbolTitle > div > div:first-child")) {
    title.name = "h1";
  }
  for (const summary of $(".example-header .markdown")) {
    const text = $(summary).children("p").first().contents();
    $(summary).replaceWith($("<span>").append(text));
  }
  for (const anchor of $("a.anchor")) {
    const heading = $(anchor).closest("h2, h3").first();
    // The title of an example is beside its anchor.
    const place = heading.length > 0 ? heading : $(anchor).next("h3");
    const id = $(anchor).closest("[id]").attr("id")!;
    const what = place.length > 0
      ? plainText(place.contents())
      : id.replace(/^.*_/, "");
    const link = $(
      `<a class="anchor" href="#${escapeHtml(id)}" aria-label="Link to ${
        escapeHtml(what)
      }"></a>`,
    );
    const box = place.length > 0 ? place : $(anchor).parent();
    $(anchor).remove();
    box.append(link);
  }
  $("svg").remove();
}
