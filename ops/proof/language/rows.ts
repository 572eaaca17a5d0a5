// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The statements of a formula: what stands between its commas, in the rows of
 * `aligned`, and after words such as \text{if}.
 *
 * @module
 */

import {
  closes,
  is,
  type Node,
  offset,
  opens,
  spaced,
  wordsOf,
} from "./tex.ts";

/** The nodes of one statement. */
export interface Part {
  nodes: Node[];
  /** Whether it says where the statement before it holds. */
  restricts: boolean;
  /** Where it begins and ends in the TeX. */
  start: number;
  end: number;
}

/** Words that introduce a condition on what is before them. */
const RESTRICTING = /^(if|for|for all|for every|for each|when|where|with)$/;

/** Words that only join. */
const JOINING = /^(and|,? ?so|or|hence|thus|then)$/;

/** The statements of a formula. */
export function statementsOf(tree: readonly Node[], tex: string): Part[] {
  const nodes = spaced(tree).flatMap((n) =>
    n.type === "array" ? rowsOf(n) : [n]
  );
  const parts: Part[] = [];
  let part: Node[] = [];
  let restricts = false;
  let last = 0;
  const push = (end?: Node) => {
    const inside = offset(part, tex, "end") ?? last;
    const [stop, next] = end !== undefined
      ? boundsOf(end, tex)
      : [endOf(tex, last, inside), undefined];
    const plain = withoutStop(part);
    if (plain.length > 0) {
      parts.push({ nodes: plain, restricts, start: last, end: stop });
    }
    last = next ?? stop;
    part = [];
    restricts = false;
  };
  let depth = 0;
  for (const [i, node] of nodes.entries()) {
    if (node.type === "space") {
      if (
        depth === 0 && isQuad(node) && !joins(nodes[i + 1]) &&
        !joins(part.at(-1))
      ) {
        push();
      }
      continue;
    }
    if (opens(node)) depth++;
    if (closes(node)) depth--;
    const words = depth === 0 && node.type === "text" ? wordsOf(node) : "";
    if (node.type === "row") push();
    else if (depth === 0 && is(node, ",", ";")) push(node);
    else if (JOINING.test(words)) push(node);
    else if (RESTRICTING.test(words)) {
      push(node);
      restricts = true;
    } else part.push(node);
  }
  push();
  return enumerated(parts);
}

/** A space as wide as an em sets statements apart. */
function isQuad({ dimension }: Node): boolean {
  return dimension?.unit === "em" && dimension.number >= 1;
}

/** Whether a sign joins what is on either side of it. */
function joins(node: Node | undefined): boolean {
  return node?.family === "rel" || node?.family === "bin";
}

/** Where what sets statements apart begins and ends. */
function boundsOf(node: Node, tex: string): [start: number, end: number] {
  const start = offset(node, tex) ?? tex.length;
  const end = offset(node, tex, "end") ?? tex.length;
  return node.type === "text"
    ? [tex.lastIndexOf("\\text", start), tex.indexOf("}", end) + 1]
    : [start, end];
}

/** Where a statement ends that goes on at least until `at`, with all its braces. */
function endOf(tex: string, start: number, at: number): number {
  for (const [sign, place] of outerSigns(tex.slice(start))) {
    const isApart = /^(\\q?quad|\\\\|&|\\text|,|;)$/.test(sign);
    if (isApart && start + place >= at) return start + place;
  }
  return tex.length;
}

/** The commands and characters outside of braces, brackets and cases. */
function* outerSigns(tex: string): Generator<[sign: string, at: number]> {
  let depth = 0;
  for (const { 0: sign, index } of tex.matchAll(/\\([a-zA-Z]+|.)|[\s\S]/g)) {
    const isCases = tex.startsWith("{cases}", index + sign.length);
    if (sign === "{" || sign === "\\left" || sign === "\\begin" && isCases) {
      depth++;
    }
    if (sign === "}" || sign === "\\right" || sign === "\\end" && isCases) {
      depth--;
    }
    if (depth === 0) yield [sign, index];
  }
}

/** The TeX of a statement in `aligned` without the signs of rows and columns. */
export function withoutRows(tex: string): string {
  let plain = tex;
  for (const [sign, at] of [...outerSigns(tex)].reverse()) {
    if (sign === "&" || sign === "\\\\") {
      plain = plain.slice(0, at) + plain.slice(at + sign.length);
    }
  }
  return plain.replace(/\\(begin|end)\{(?!cases)\w+\*?\}/g, "");
}

/** A full stop at the end belongs to the sentence. */
function withoutStop(nodes: Node[]): Node[] {
  return is(nodes.at(-1), ".") ? nodes.slice(0, -1) : nodes;
}

/** The rows of `aligned`; one that begins with = or + continues the one before. */
function rowsOf(array: Node): Node[] {
  const rows = (array.body as Node[][]).map((cells) =>
    cells.flatMap((cell) => spaced(cell))
  ).filter((row) => row.some((n) => n.type !== "space"));
  return rows.flatMap((row, i) => {
    const isMore = joins(row.find((n) => n.type !== "space"));
    return i === 0 || isMore ? row : [{ type: "row" }, ...row];
  });
}

/** i = 1, …, n is one statement: 1 ≤ i ≤ n. */
function enumerated(parts: Part[]): Part[] {
  const found: Part[] = [];
  for (let i = 0; i < parts.length; i++) {
    const [part, dots, to] = parts.slice(i, i + 3);
    const isDots = dots?.nodes.length === 1 &&
      is(dots.nodes[0], "\\ldots", "\\dots", "\\@cdots");
    const equals = part.nodes.findIndex((n) => is(n, "="));
    if (!isDots || to === undefined || equals < 1) {
      found.push(part);
      continue;
    }
    const below: Node = { type: "atom", family: "rel", text: "\\le" };
    found.push({
      ...part,
      nodes: [
        ...part.nodes.slice(equals + 1),
        below,
        ...part.nodes.slice(0, equals),
        below,
        ...to.nodes,
      ],
      restricts: true,
      end: to.end,
    });
    i += 2;
  }
  return found;
}
