// Copyright 2026 the Adjoint authors. MIT license.

// What is written in the two boxes of the prover, as a page of Markdown.

/** The two boxes. */
export const BOXES = ["forward", "backward"] as const;

/** One of the boxes. */
export type Box = (typeof BOXES)[number];

/** What is written in them. */
export type Written = Readonly<Record<Box, string>>;

/** A formula of a box. */
export interface Formula {
  box: Box;
  tex: string;
}

/** The formulas of the boxes, in the order in which the page has them. */
export function formulasOf(written: Written): Formula[] {
  return BOXES.flatMap((box) =>
    linesOf(written[box]).map((tex) => ({ box, tex }))
  );
}

/** The page: formula number i stands in line 2 i + 1, from its third character on. */
export function pageOf(formulas: readonly Formula[]): string {
  return formulas.map(({ tex }) => `$$${tex}$$`).join("\n\n");
}

/** The number of the formula that stands in a line of the page. */
export const numberOf = (line: number) => (line - 1) / 2;

/** One formula a line; one that begins with a sign, or within braces, goes on. */
function linesOf(text: string): string[] {
  const lines: string[] = [];
  let depth = 0;
  for (const line of text.split("\n")) {
    // Pasted from a page: the signs around a formula.
    const tex = line.replace(/^\s*(?:\$+|\\\[|\\\()|(?:\$+|\\\]|\\\))\s*$/g, "")
      .replaceAll("$", "").trim();
    if (tex === "") continue;
    if (lines.length > 0 && (depth > 0 || /^[=+&]|^-/.test(tex))) {
      lines.push(`${lines.pop()} ${tex}`);
    } else lines.push(tex);
    for (const [sign] of tex.matchAll(/(?<!\\)[{}]|\\(?:begin|end)\b/g)) {
      depth += sign === "{" || sign === "\\begin" ? 1 : -1;
    }
    depth = Math.max(0, depth);
  }
  return lines;
}
