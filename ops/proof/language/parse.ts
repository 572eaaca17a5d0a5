// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Reads a formula, in the TeX of a page, as mathematics.
 *
 * KaTeX parses the TeX, so that what is executed is what is typeset: its parse
 * tree is read here, by the table of kinds, as statements about tensors. Anything
 * unknown or ambiguous is an error.
 *
 * @module
 */

import {
  type Expr,
  FormulaError,
  type Said,
  type Statement,
} from "./expression.ts";
import type { KnownNames } from "./kind.ts";
import { parseTex } from "./katex.ts";
import { enumeration } from "./kinds/reductions.ts";
import { Names } from "./known_names.ts";
import { definedFunction } from "./names.ts";
import { Cursor } from "./reader.ts";
import { type Part, statementsOf, withoutRows } from "./rows.ts";
import { KINDS } from "./table.ts";
import { is, isOnly, listOf, type Node, splitAt } from "./tex.ts";

export { FormulaError } from "./expression.ts";
export { Names } from "./known_names.ts";

/**
 * Reads a formula; its statements are separated by commas, rows, or words. The
 * names are those that the page defines; without them, those of the formula.
 */
export function parseFormula(tex: string, names?: KnownNames): Statement[] {
  try {
    return statements(tex, names ?? namesIn(tex));
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    throw new FormulaError(
      `Cannot parse the formula "${oneLine(tex)}": ${error.message}`,
      error.offset,
      { cause: error.cause },
    );
  }
}

function namesIn(tex: string): Names {
  const names = new Names();
  names.add(tex);
  return names;
}

/** A formula on one line, for messages. */
export function oneLine(tex: string): string {
  return tex.trim().replace(/\s+/g, " ");
}

/** The TeX of a statement without what sets it apart from others. */
function sourceOf(tex: string): string {
  return oneLine(withoutRows(tex))
    .replace(/^([\s,;]|\\q?quad\b|\\space\b|\\[,;: ])+/, "")
    .replace(/(\s|\\q?quad\b|\.)+$/, "");
}

function statements(tex: string, names: KnownNames): Statement[] {
  const found: Statement[] = [];
  for (const part of statementsOf(parseTex(tex), tex)) {
    const cursor = (nodes: readonly Node[]) =>
      new Cursor(nodes, KINDS, names, tex);
    const said = statement(part, cursor);
    const source = sourceOf(tex.slice(part.start, part.end));
    const before = found.at(-1);
    if (said.kind === "condition" && before?.kind === "equation") {
      // A condition after an equation says where it holds.
      const conditions = [before.where, said.condition].filter((c) => c);
      before.where = conditions.length === 1
        ? said.condition
        : { kind: "logic", operation: "and", conditions: conditions as Expr[] };
      before.tex = sourceOf(tex.slice(before.offset, part.end));
    } else if (
      part.restricts && said.kind !== "membership" && said.kind !== "range"
    ) {
      cursor(part.nodes).refuse(
        said.kind !== "condition"
          ? "a condition must follow the word, i \\ne j"
          : "a condition must follow an equation; in the definition of a function write cases",
        part.nodes[0],
      );
    } else found.push({ tex: source, offset: part.start, ...said });
  }
  if (found.length === 0) throw new FormulaError("there is nothing in it");
  return found;
}

type Read = (nodes: readonly Node[]) => Cursor;

function statement({ nodes, restricts }: Part, read: Read): Said {
  const [of, set] = splitAt(nodes, (n) => is(n, "\\in"));
  if (set !== undefined) return membership(of, set, read);
  const relations = relationsOf(nodes);
  const isEquation = relations.length > 0 && !restricts &&
    relations.every((n) => n.text === "=");
  if (isEquation) {
    // := is = as well.
    const sides = splitAt(
      nodes.filter((n) => !is(n, ":")),
      (n) => is(n, "="),
    );
    const reader = read(nodes);
    const defined = definedFunction(sides[0]);
    if (defined !== undefined && reader.names.isFunction(defined.name)) {
      if (sides.length > 2) {
        reader.refuse(
          "the definition of a function must have one right side",
          sides[2][0],
        );
      }
      return { kind: "function", ...defined, body: reader.whole(sides[1]) };
    }
    return { kind: "equation", sides: sides.map((side) => reader.whole(side)) };
  }
  if (relations.length > 0) {
    return { kind: "condition", condition: read(nodes).whole(nodes, "logic") };
  }
  const isShape = splitAt(nodes, (n) => is(n, "\\times")).length > 1 ||
    nodes.some(isWhole);
  if (isShape) return { kind: "shape", shape: read(nodes).shape(nodes) };
  return { kind: "expression", expr: read(nodes).whole(nodes) };
}

/** ⌊ or ⌈, which only a dimension has. */
function isWhole(node: Node): boolean {
  const { type, left, text } = node;
  return ["\\lfloor", "\\lceil"].includes(
    (type === "leftright" ? left : text) ?? "",
  );
}

/** The relations outside brackets. */
function relationsOf(nodes: readonly Node[]): Node[] {
  const found: Node[] = [];
  splitAt(
    nodes,
    (n) => n.family === "rel" && !is(n, ":"),
    (n) => found.push(n),
  );
  return found;
}

function membership(of: Node[], set: Node[], read: Read): Said {
  const reader = read(set);
  const expr = reader.whole(of);
  const bounds = enumeration(set, reader);
  if (bounds !== undefined) {
    return { kind: "range", of: expr, from: bounds[0], to: bounds[1] };
  }
  const [node] = set;
  const base = node?.type === "supsub" ? listOf(node.base)[0] : node;
  const isReal = base?.font === "mathbb" && isOnly(base.body, "R");
  if (set.length !== 1 || !isReal || node.sub) {
    reader.refuse(
      "after ∈ there must be \\mathbb{R}^{…} or \\{1, \\dots, n\\}",
      node,
    );
  }
  const shape = node.sup ? reader.shape(listOf(node.sup)) : [];
  return { kind: "membership", of: expr, shape };
}
