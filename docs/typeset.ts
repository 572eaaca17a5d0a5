// Copyright 2026 the Adjoint authors. MIT license.

// The formulas of a page, typeset while the site is built: a reader needs no
// script, and a formula that KaTeX refuses stops the build.

import type { CheerioAPI } from "cheerio/slim";
import katex from "katex";
import { parse } from "./api_html.ts";
import { escapeHtml } from "./site.ts";

/** What Markdown leaves of inline formulas where it keeps no markup. */
const DOLLARS = /\$([^\s$](?:[^$]*[^\s$])?)\$/g;

const cache = new Map<string, string>();

/**
 * Typesets every formula of a page, in place; the result is their number.
 *
 * Markdown turns a `math` fence into `<pre><code class="language-math">`, and
 * an inline formula into a dollar sign, `<code>` and a dollar sign. The table
 * of contents has plain text, with TeX between dollar signs.
 */
export function typeset($: CheerioAPI, page: string): number {
  const text = (data: string) => $("<i>").text(data).contents();
  let count = 0;

  for (const code of $("pre > code.language-math")) {
    const math = render($(code).text().trim(), true, page);
    $(code).parent().replaceWith(`<div class="math">${math}</div>`);
    count++;
  }

  for (const code of $("code")) {
    const { prev, next } = code;
    if (prev?.type !== "text" || next?.type !== "text") continue;
    if (!prev.data.endsWith("$") || !next.data.startsWith("$")) continue;
    if ($(code).closest("pre").length > 0) continue;
    const math = $(render($(code).text(), false, page));
    const [, before, opening] = /^(.*?)([^\s$]*)\$$/s.exec(prev.data)!;
    const [, closing, after] = /^\$([^\s$]*)(.*)$/s.exec(next.data)!;
    prev.data = before;
    next.data = after;
    // A line may break inside a formula, where KaTeX begins a new base, but not
    // between its last base and the comma behind it.
    math.find(".katex-base").slice(0, -1).wrapAll('<span class="loose">');
    $(code).replaceWith(
      $('<span class="nobreak">').append(text(opening), math, text(closing)),
    );
    count++;
  }

  for (const link of $(".documentNavigation a")) {
    $(link).attr("title", (_, title) => title && plainText(title, page));
    for (const node of link.children) {
      if (node.type !== "text") continue;
      // The odd parts are formulas.
      const parts = node.data.split(DOLLARS).map((part, i) =>
        i % 2 === 0 ? text(part) : $(render(part, false, page))
      );
      $(node).replaceWith($("<i>").append(...parts).contents());
      count += (parts.length - 1) / 2;
    }
  }

  // The id of a heading with a formula has its TeX.
  for (const element of $('[id*="$"]')) {
    const { id } = element.attribs;
    const clean = plain(element.children).trim().toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, "-");
    $(element).attr("id", clean);
    $("a[href]").filter((_, a) => $(a).attr("href") === `#${id}`)
      .attr("href", `#${clean}`);
  }
  return count;
}

/** A text with its formulas as plain text: `∂E/∂X` for a fraction. */
export function plainText(text: string, page: string): string {
  return text.replace(DOLLARS, (_, tex) => {
    const $ = parse(render(tex, false, page));
    return plain($.root()[0].children);
  });
}

/** A formula in the element that pages of the site's own frame have it in. */
export function renderMath(
  tex: string,
  displayMode: boolean,
  source: string,
): string {
  const math = render(tex, displayMode, source);
  const data = `data-tex="${escapeHtml(tex)}"`;
  return displayMode
    ? `<div class="math" ${data}>${math}</div>\n`
    : `<span class="math-inline" ${data}>${math}</span>`;
}

function render(tex: string, displayMode: boolean, page: string): string {
  const key = `${displayMode} ${tex}`;
  let html = cache.get(key);
  if (html === undefined) {
    try {
      html = katex.renderToString(tex, {
        displayMode,
        output: "htmlAndMathml",
        strict: "error",
        throwOnError: true,
      });
    } catch (error) {
      if (!(error instanceof katex.ParseError)) throw error;
      throw new SyntaxError(
        `Cannot typeset ${page} as KaTeX must accept every formula: ${tex}\n${error.message}`,
      );
    }
    cache.set(key, html);
  }
  return html;
}

type Node = ReturnType<CheerioAPI["root"]>[number]["children"][number];

/** The text of nodes, with the formulas in it read from their MathML. */
function plain(nodes: readonly Node[]): string {
  return nodes.map(plainOf).join("");
}

function plainOf(node: Node): string {
  if (node.type === "text") return node.data;
  if (!("attribs" in node)) return "";
  const [base, a, b] = node.children.map(plainOf);
  switch (node.name) {
    case "annotation":
      return "";
    case "mfrac":
      return `${group(base)}/${group(a)}`;
    case "msqrt":
      return `√${group(plain(node.children))}`;
    case "mspace":
      return " ";
    case "msub":
    case "munder":
      return `${base}_${group(a)}`;
    case "msup":
    case "mover":
      return `${base}^${group(a)}`;
    case "msubsup":
    case "munderover":
      return `${base}_${group(a)}^${group(b)}`;
  }
  // KaTeX's other rendering of the same formula.
  return node.attribs.class === "katex-html" ? "" : plain(node.children);
}

/** Parentheses where more than a symbol, or ∂ and a symbol, stands together. */
function group(text: string): string {
  return /^∂?.?$/u.test(text) ? text : `(${text})`;
}
