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

/** Words after which there is a condition on what stands before them. */
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
    const start = offset(part, tex) ?? last;
    const stop = (end && offset(end, tex)) ?? offset(part, tex, "end") ??
      tex.length;
    const plain = withoutStop(part);
    if (plain.length > 0) {
      parts.push({ nodes: plain, restricts, start, end: stop });
    }
    last = stop;
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
        push(nodes[i + 1]);
      }
      continue;
    }
    if (opens(node)) depth++;
    if (closes(node)) depth--;
    const words = depth === 0 && node.type === "text" ? wordsOf(node) : "";
    if (depth === 0 && (is(node, ",", ";") || node.type === "row")) push(node);
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
