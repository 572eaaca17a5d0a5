// Copyright 2026 the Adjoint authors. MIT license.

// The formulas of a page, typeset while the site is built: a reader needs no
// script, and a formula that KaTeX refuses stops the build.

import katex from "katex";
import { type CheerioAPI, escapeHtml, parse } from "./html.ts";

/** What Markdown leaves of inline formulas where it keeps no markup. */
const DOLLARS = /\$([^\s$](?:[^$]*[^\s$])?)\$/g;

const cache = new Map<string, string>();

/**
 * Typesets a formula: `<div class="math" data-tex="…">`, or, inline,
 * `<span class="math-inline" data-tex="…">`. `where` names its place in an
 * error: `ops/products/matmul.ts:12`.
 */
export function renderMath(
  tex: string,
  displayMode: boolean,
  where: string,
): string {
  const math = render(tex, displayMode, where);
  const data = `data-tex="${escapeHtml(tex)}"`;
  return displayMode
    ? `<div class="math" ${data}>${math}</div>`
    : `<span class="math-inline" ${data}>${math}</span>`;
}

function render(tex: string, displayMode: boolean, where: string): string {
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
        `Cannot typeset ${where} as KaTeX must accept every formula: ${tex}\n${error.message}`,
      );
    }
    cache.set(key, html);
  }
  return html;
}

/**
 * Typesets every formula of a page of `deno doc`, in place; the result is their
 * number.
 *
 * Markdown turns a `math` fence into `<pre><code class="language-math">`, and
 * an inline formula into a dollar sign, `<code>` and a dollar sign. The table
 * of contents has plain text, with TeX between dollar signs.
 */
export function typeset($: CheerioAPI, page: string): number {
  const text = (data: string) => $("<i>").text(data).contents();
  let count = 0;

  for (const code of $("pre > code.language-math")) {
    $(code).parent().replaceWith(renderMath($(code).text().trim(), true, page));
    count++;
  }

  for (const code of $("code")) {
    const { prev, next } = code;
    if (prev?.type !== "text" || next?.type !== "text") continue;
    if (!prev.data.endsWith("$") || !next.data.startsWith("$")) continue;
    if ($(code).closest("pre").length > 0) continue;
    prev.data = prev.data.slice(0, -1);
    next.data = next.data.slice(1);
    $(code).replaceWith(renderMath($(code).text(), false, page));
    count++;
  }

  for (const link of $(".documentNavigation a")) {
    $(link).attr("title", (_, title) => title && plainTex(title, page));
    for (const node of link.children) {
      if (node.type !== "text") continue;
      // The odd parts are formulas.
      const parts = node.data.split(DOLLARS).map((part, i) =>
        i % 2 === 0 ? text(part) : $(renderMath(part, false, page))
      );
      $(node).replaceWith($("<i>").append(...parts).contents());
      count += (parts.length - 1) / 2;
    }
  }

  // The id of a heading with a formula has its TeX.
  for (const element of $('[id*="$"]')) {
    const { id } = element.attribs;
    const clean = plain(element.children).trim().normalize("NFKD").toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, "-");
    $(element).attr("id", clean);
    $("a[href]").filter((_, a) => $(a).attr("href") === `#${id}`)
      .attr("href", `#${clean}`);
  }
  return count;
}

/**
 * Keeps formulas on one line with what is right beside them: a line breaks
 * inside a formula, where KaTeX begins a new base, but not between its last
 * base and the comma behind it.
 */
export function bindPunctuation($: CheerioAPI): void {
  for (const math of $(".math-inline")) {
    const { prev, next } = math;
    const [, before, opening] = prev?.type === "text"
      ? /^(.*?)([^\s]*)$/s.exec(prev.data)!
      : ["", "", ""];
    const [, closing, after] = next?.type === "text"
      ? /^([^\s]*)(.*)$/s.exec(next.data)!
      : ["", "", ""];
    if (opening === "" && closing === "") continue;
    if (prev?.type === "text") prev.data = before;
    if (next?.type === "text") next.data = after;
    $(math).find(".katex-base").slice(0, -1).wrapAll('<span class="loose">');
    const text = (data: string) => $("<i>").text(data).contents();
    const bound = $('<span class="nobreak">');
    $(math).replaceWith(bound);
    bound.append(text(opening), $(math), text(closing));
  }
}

/** A text with TeX between dollar signs as plain text: `∂E/∂X` for a fraction. */
export function plainTex(text: string, page: string): string {
  return text.replace(DOLLARS, (_, tex) => {
    const $ = parse(render(tex, false, page));
    return plainText($.root().contents());
  });
}

type Node = ReturnType<CheerioAPI["root"]>[number]["children"][number];

/** The text of nodes, with the formulas in it as plain text. */
export function plainText(nodes: Iterable<Node>): string {
  return plain(nodes).replaceAll(/\s+/g, " ").trim();
}

function plain(nodes: Iterable<Node>): string {
  return [...nodes].map(plainOf).join("");
}

/** What is side by side in a formula, with spaces as they would be typed. */
function row(nodes: readonly Node[]): string {
  let text = "";
  let last = "sign";
  for (const node of nodes) {
    const next = plainOf(node);
    const kind = kindOf(node, next);
    // Letters stand together, `2Npk`; what is more than a letter does not.
    const apart = kind === "relation"
      ? text !== ""
      : last === "relation" || kind !== "sign" && last !== "sign" &&
          !(kind === "letter" && last === "letter") && !/^[)\]}⟩]/.test(next);
    text += (apart ? " " : "") + next;
    if (next === ",") text += " ";
    last = kind === "relation" && text === next || next === "," ? "sign" : kind;
  }
  return text;
}

function kindOf(node: Node, text: string) {
  if (!("name" in node)) return "sign";
  if (node.name === "mo" && SPACED.test(text)) return "relation";
  if (node.name === "mo" || text === "∂") return "sign";
  return /^m[in]$/.test(node.name) ? "letter" : "term";
}

/** Signs with a space on both sides. */
const SPACED = /^[=≠≤≥<>≈∈∉⊂←→↦+−±×·⋅∗∘∼]$/;

function plainOf(node: Node): string {
  // KaTeX puts U+2061, an invisible sign, behind the names of functions.
  if (node.type === "text") return node.data.replaceAll("\u2061", "");
  if (!("attribs" in node)) return "";
  // A child of MathML is an argument; elsewhere there may be any number.
  const [base, a, b] = /^m/.test(node.name) ? node.children.map(plainOf) : [];
  switch (node.name) {
    case "annotation":
    case "script":
    case "style":
      return "";
    case "mfrac":
      return `${group(base)}/${group(a)}`;
    case "msqrt":
      return `√${group(row(node.children))}`;
    case "mspace":
      return " ";
    case "mrow":
    case "mstyle":
      return row(node.children);
    case "msub":
    case "munder":
      return `${base}${low(a)}`;
    case "msup":
    case "mover":
      return `${base}${high(a)}`;
    case "msubsup":
    case "munderover":
      return `${base}${low(a)}${high(b)}`;
  }
  // KaTeX's other rendering of the same formula.
  return node.attribs.class === "katex-html" ? "" : plain(node.children);
}

// deno-fmt-ignore
const LOW: Record<string, string> = {
  0: "₀", 1: "₁", 2: "₂", 3: "₃", 4: "₄", 5: "₅", 6: "₆", 7: "₇", 8: "₈", 9: "₉",
  "+": "₊", "−": "₋", "=": "₌", "(": "₍", ")": "₎", a: "ₐ", e: "ₑ", h: "ₕ",
  i: "ᵢ", j: "ⱼ", k: "ₖ", l: "ₗ", m: "ₘ", n: "ₙ", o: "ₒ", p: "ₚ", r: "ᵣ",
  s: "ₛ", t: "ₜ", u: "ᵤ", v: "ᵥ", x: "ₓ",
};

// deno-fmt-ignore
const HIGH: Record<string, string> = {
  0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹",
  "+": "⁺", "−": "⁻", "=": "⁼", "(": "⁽", ")": "⁾", i: "ⁱ", k: "ᵏ", m: "ᵐ",
  n: "ⁿ", p: "ᵖ", t: "ᵗ", T: "ᵀ", N: "ᴺ",
};

/** As an index, where Unicode has all of it. */
function low(text: string): string {
  return small(text, LOW) ?? `_${group(text)}`;
}

/** As an exponent, where Unicode has all of it. */
function high(text: string): string {
  return small(text, HIGH) ?? `^${group(text)}`;
}

function small(text: string, alphabet: Record<string, string>) {
  const signs = [...text.replaceAll(" ", "")].map((sign) => alphabet[sign]);
  return signs.includes(undefined as never) ? undefined : signs.join("");
}

/** Parentheses around more than one factor. */
function group(text: string): string {
  return /^∂?.?[\p{Lm}\p{No}₊₋₌₍₎⁺⁻⁼⁽⁾]*$/u.test(text) ? text : `(${text})`;
}
