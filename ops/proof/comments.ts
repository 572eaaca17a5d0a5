// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The documentation comments of a module, and the formulas in them.
 *
 * @module
 */

import { PageError } from "./language/expression.ts";

/** A documentation comment without its stars, line for line. */
export interface Comment {
  text: string;
  /** The line of the module that it begins at, counted from 1. */
  line: number;
  /** The number of characters before the text of each line. */
  margins: number[];
  /** The function, or the constant, that it documents. */
  owner?: string;
}

/** TeX, and its place. */
export interface Tex {
  tex: string;
  comment: Comment;
  /** Where in the text of the comment the TeX begins. */
  index: number;
  /** Whether it is in a fence, not in a line of text. */
  isBlock?: boolean;
}

/** The documentation comments of a module. */
export function docComments(source: string): Comment[] {
  return [...source.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)].map((match) => {
    const lines = match[0].replace(/\*\/$/, "").split("\n");
    const margins = lines.map((line) =>
      /^([ \t]*(\/\*\*|\*)[ \t]?)?/.exec(line)![0].length
    );
    return {
      text: lines.map((line, i) => line.slice(margins[i])).join("\n"),
      line: lineOf(source, match.index),
      margins,
      owner: /^\s*export (?:async )?(?:function|const) (\w+)/.exec(
        source.slice(match.index + match[0].length),
      )?.[1],
    };
  });
}

/** The line of an index of a text, counted from 1. */
export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** The line and column in the module of an index of a comment. */
export function placeOf(
  { text, line, margins }: Comment,
  index: number,
): { line: number; column: number } {
  const row = lineOf(text, index) - 1;
  const column = index - text.lastIndexOf("\n", index - 1);
  return { line: line + row, column: column + margins[row] };
}

/** An error with the file, line and column of an index of a comment. */
export function errorAt(
  file: string,
  comment: Comment,
  index: number,
  message: string,
  options?: ErrorOptions,
): PageError {
  const { line, column } = placeOf(comment, index);
  return new PageError(`${file}:${line}:${column}: ${message}`, options);
}

/** Every formula of a comment, fenced or inline; a bare dollar is an error. */
export function texOf(comment: Comment, file: string): Tex[] {
  const { text } = comment;
  const found: Tex[] = [];
  const blank = (match: string) => match.replace(/[^\n]/g, " ");
  const take = (match: string, tex: string, at: number) => {
    const isBlock = match.startsWith("```");
    found.push({ tex, comment, index: at + match.indexOf(tex, 2), isBlock });
    return blank(match);
  };
  const unfenced = text
    .replace(/^```math\n([\s\S]*?)^```/gm, take)
    .replace(/^(```+)(?!`*[ \t]*(math|latex|tex|katex)\b)[\s\S]*?^\1/gm, blank);
  // The site would typeset these, too.
  const fence = unfenced.search(
    /(`{3,}|~{3,})[ \t]*(math|latex|tex|katex)\b|language-math/,
  );
  if (fence >= 0) {
    throw errorAt(
      file,
      comment,
      fence,
      `Cannot read the math as its fence must be \`\`\`math in the first column: it is "${
        lineAt(text, fence)
      }"`,
    );
  }
  const rest = unfenced
    .replace(/\$`([^`]+)`\$/g, take)
    .replace(/`[^`\n]*`/g, blank);
  const dollar = rest.search(/\$|\\[([]|\\begin\{/);
  if (dollar >= 0) {
    throw errorAt(
      file,
      comment,
      dollar,
      `Cannot read a bare $ or \\( as math must be in a math fence or in $\`…\`$: "${
        lineAt(text, dollar)
      }"`,
    );
  }
  return found.sort((a, b) => a.index - b.index);
}

function lineAt(text: string, index: number): string {
  return text.split("\n")[lineOf(text, index) - 1].trim();
}

/** A section that a comment has: the text below its heading, and where it begins. */
export function sectionOf(
  { text }: Comment,
  title: string,
): { text: string; index: number } | undefined {
  const head = new RegExp(`^## ${title}$`, "m").exec(text);
  if (head === null) return undefined;
  const index = head.index + head[0].length;
  const end = text.slice(index).search(/^## /m);
  return { text: text.slice(index, end < 0 ? undefined : index + end), index };
}

/** A row of a table: its cells, each with the index where its text begins. */
export type Row = { text: string; index: number }[];

/** The first table of a text without its heading, whose cells are trimmed. */
export function rowsOf(text: string, index: number): Row[] {
  const rows: Row[] = [];
  for (const match of text.matchAll(/^.*$/gm)) {
    if (!match[0].startsWith("|")) {
      if (rows.length > 0) break;
      continue;
    }
    let at = index + match.index + 1;
    rows.push(
      match[0].slice(1).replace(/\|\s*$/, "").split("|").map((cell) => {
        const start = at + cell.search(/\S|$/);
        at += cell.length + 1;
        return { text: cell.trim(), index: start };
      }),
    );
  }
  return rows.slice(2);
}
