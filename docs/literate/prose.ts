// Copyright 2026 the Adjoint authors. MIT license.

// Comments as prose: Markdown, with the links of JSDoc, and the marks of the
// formulas that were executed.

import { parse } from "../html.ts";
import { renderMarkdown } from "../markdown.ts";
import type { FormulaReport } from "../../ops/proof/report.ts";
import { markOf } from "./mark.ts";
import { type Comment, part, type Source } from "./source.ts";

/** A block of Markdown: a paragraph, a list, a fence, a heading. */
export interface Block extends Comment {
  kind: "heading" | "math" | "code" | "table" | "text";
  /** The rank of a heading. */
  rank?: number;
}

/** The blocks of a text, one after the other, each with its lines. */
export function blocksOf(comment: Comment): Block[] {
  const lines = comment.text.split("\n");
  const blocks: Block[] = [];
  let start = 0;
  const take = (end: number) => {
    const own = lines.slice(start, end);
    const from = own.findIndex((line) => line.trim() !== "");
    if (from >= 0) {
      blocks.push({
        ...part(comment, start + from, own.slice(from)),
        ...kindOf(own[from]),
      });
    }
    start = end;
  };
  let fence = "";
  lines.forEach((line, i) => {
    const mark = /^(`{3,}|~{3,})/.exec(line)?.[1] ?? "";
    if (fence !== "") {
      if (mark !== fence) return;
      fence = "";
      take(i + 1);
    } else if (mark !== "") {
      take(i);
      fence = mark;
    } else if (/^#/.test(line)) {
      take(i);
      take(i + 1);
    } else if (line.trim() === "" && !/^\s/.test(lines[i + 1] ?? "")) {
      // An item of a list may have more than one paragraph.
      take(i);
    }
  });
  take(lines.length);
  return blocks;
}

function kindOf(first: string): Pick<Block, "kind" | "rank"> {
  if (first.startsWith("```math")) return { kind: "math" };
  if (/^(```|~~~)/.test(first)) return { kind: "code" };
  if (first.startsWith("|")) return { kind: "table" };
  const rank = /^#+(?= )/.exec(first)?.[0].length;
  return rank === undefined ? { kind: "text" } : { kind: "heading", rank };
}

/** Renders the comments of one module. */
export class Prose {
  #source: Source;
  #href: (name: string) => string | undefined;
  #formulas: FormulaReport[];
  /** What the marks open. */
  readonly tips: string[] = [];

  /**
   * `href` knows where a name leads, that of a function or of a file; `formulas`
   * are those of the module that the proof has read.
   */
  constructor(
    source: Source,
    href: (name: string) => string | undefined,
    formulas: readonly FormulaReport[],
  ) {
    this.#source = source;
    this.#href = href;
    this.#formulas = [...formulas];
  }

  /** A comment, or a part of one, as HTML. */
  render(comment: Comment): string {
    const { path } = this.#source;
    const $ = parse(renderMarkdown(this.#links(comment), path, comment.from));
    const inside = this.#formulas.filter(({ line }) =>
      line >= comment.from && line <= comment.to
    );
    const math = $(".math, .math-inline").get();
    if (this.#formulas.length > 0) {
      const said = inside.map(({ tex }) => tex).join("\n");
      const shown = math.map((e) =>
        e.attribs["data-tex"].trim().replace(/\s+/g, " ")
      ).join("\n");
      if (said !== shown) {
        throw new Error(
          `Cannot mark the formulas of ${path}:${comment.from} as the page must show those that the proof has read: it has\n${said}\nthe page shows\n${shown}`,
        );
      }
    }
    for (const [i, element] of math.entries()) {
      const mark = inside[i] && markOf(inside[i]);
      if (mark === undefined) {
        if (inside[i] === undefined || element.name !== "div") continue;
        throw new Error(
          `Cannot mark the formula of ${path}:${
            inside[i].line
          } as the proof must have executed it: ${inside[i].tex}`,
        );
      }
      $(element).addClass("checked").append(mark.button);
      this.tips.push(mark.tip);
    }
    for (const cell of $("td")) {
      const text = $(cell).text();
      if (/^(same|refuses)$/.test(text)) $(cell).addClass(text);
    }
    for (const code of $(":not(pre, a) > code")) {
      const href = /\.ts$/.test($(code).text()) && this.#href($(code).text());
      if (href) $(code).wrap(`<a href="${href}"></a>`);
    }
    return $.html().trim();
  }

  /** A comment whose JSDoc links are those of Markdown. */
  #links({ text, from }: Comment): string {
    return text.replace(
      /\{@(link(?:code|plain)?)\s+(?:\[([^\]]+)\]|([^\s}]+))\s*([^}]*)\}/g,
      (all, tag, entry, name, words) => {
        const to = entry ?? name;
        const href = /^https?:/.test(to) ? to : this.#href(to);
        if (href === undefined) {
          throw new Error(
            `Cannot make a link of ${this.#source.path}:${from} as it must name something that the package exports: ${all}`,
          );
        }
        const label = words.trim() || to;
        return `[${tag === "linkcode" ? `\`${label}\`` : label}](${href})`;
      },
    );
  }
}
