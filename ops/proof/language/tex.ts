// Copyright 2026 the Adjoint authors. MIT license.

/**
 * TeX as KaTeX parses it, simplified: spacing, sizes and colors are removed, and
 * each sign has one form.
 *
 * @module
 */

import { FormulaError } from "./expression.ts";

/** A node of KaTeX's parse tree, as far as it is used here. */
export interface Node {
  type: string;
  loc?: { start: number; end: number; lexer?: { input: string } };
  /** A character or command: of letters, digits, operators and brackets. */
  text?: string;
  name?: string;
  font?: string;
  family?: string;
  label?: string;
  left?: string;
  right?: string;
  delim?: string;
  mclass?: string;
  mathml?: Node[];
  body?: Node | Node[] | Node[][];
  base?: Node;
  sub?: Node;
  sup?: Node;
  numer?: Node;
  denom?: Node;
  index?: Node;
  hasBarLine?: boolean;
  dimension?: { number: number; unit: string };
}

/** The nodes of a group, or the node alone, without the spaces between them. */
export function listOf(node: Node | readonly Node[] | undefined): Node[] {
  return spaced(node).filter((n) => n.type !== "space");
}

/** The same with a node of type `space` where the author put one. */
export function spaced(node: Node | readonly Node[] | undefined): Node[] {
  if (node === undefined || node === null) return [];
  if (!Array.isArray(node) && (node as Node).type === "ordgroup") {
    return spaced((node as Node).body as Node[]);
  }
  const nodes = Array.isArray(node) ? node as Node[] : [node as Node];
  const plain = nodes.flatMap(plainly);
  // What is alone in its braces, as in a cell, is kept without them.
  if (plain.length === 1 && plain[0].type === "ordgroup") {
    return spaced(plain[0]);
  }
  // \not= are two nodes.
  return plain.flatMap((n, i) =>
    n.type === "not"
      ? []
      : plain[i - 1]?.type === "not"
      ? [{ ...n, text: n.text === "=" ? "\\ne" : `\\not${n.text}` }]
      : [n]
  );
}

function plainly(node: Node): Node[] {
  switch (node.type) {
    case "ordgroup": {
      const inside = spaced(node);
      return inside.length < 2 ? inside : [node];
    }
    case "styling":
    case "color":
    case "sizing":
      return spaced(node.body as Node[]);
    case "kern":
    case "spacing":
    case "mathchoice":
      return [{ ...node, type: "space" }];
    case "delimsizing": {
      const family = node.mclass === "mopen"
        ? "open"
        : node.mclass === "mclose"
        ? "close"
        : undefined;
      return [{ ...node, type: "atom", family, text: node.delim }];
    }
    case "htmlmathml": { // ≠ is put together from two signs; MathML has it as one.
      const text = allText(node.mathml);
      if (text === "\u0338") return [{ type: "not" }];
      return [{
        type: "atom",
        family: "rel",
        text: text === "≠" ? "\\ne" : text,
      }];
    }
    case "mclass": {
      const body = node.body as Node[];
      if (allText(body) === "mod") {
        return [{ type: "atom", family: "bin", text: "\\bmod" }];
      }
      return spaced(body);
    }
  }
  return [node];
}

function allText(nodes: unknown): string {
  if (Array.isArray(nodes)) return nodes.map(allText).join("");
  const { text, body = [] } = nodes as Node;
  return text ?? allText(body);
}

/** The words of \text{…}. */
export function wordsOf(node: Node): string {
  return (node.body as Node[]).map((n) => n.text ?? " ").join("").trim();
}

/** What a node is, without its indices and exponents. */
export function baseOf(node: Node): Node {
  if (node.type !== "supsub") return node;
  if (!node.base) return { type: "nothing", text: "{}" };
  const bases = listOf(node.base);
  return bases.length === 1 ? bases[0] : { ...node.base, type: "ordgroup" };
}

/** Whether a node is a bracket that opens. */
export function opens(node: Node): boolean {
  return baseOf(node).family === "open";
}

/** Whether a node is a bracket that closes. */
export function closes(node: Node): boolean {
  return baseOf(node).family === "close";
}

/** Whether a body is this one sign and nothing else. */
export function isOnly(body: unknown, text: string): boolean {
  const nodes = listOf(body as Node);
  return nodes.length === 1 && nodes[0].text === text;
}

/** Whether a node is this one sign. */
export function is(node: Node | undefined, ...texts: string[]): boolean {
  return node?.text !== undefined && texts.includes(node.text);
}

/** Splits where a test holds, outside of all brackets. */
export function splitAt(
  nodes: readonly Node[],
  at: (node: Node) => boolean,
  seen: (at: Node) => void = () => {},
): Node[][] {
  const parts: Node[][] = [[]];
  let depth = 0;
  for (const node of nodes) {
    if (opens(node)) depth++;
    if (closes(node)) depth--;
    if (depth === 0 && at(node)) {
      seen(node);
      parts.push([]);
    } else parts.at(-1)!.push(node);
  }
  return parts;
}

/** Where in the TeX a node begins or ends, if KaTeX says so. */
export function offset(
  node: unknown,
  tex: string,
  which: "start" | "end" = "start",
): number | undefined {
  if (node === null || typeof node !== "object") return undefined;
  if (Array.isArray(node)) {
    const found = node.map((n) => offset(n, tex, which)).filter((n) =>
      n !== undefined
    );
    if (found.length === 0) return undefined;
    return which === "start" ? Math.min(...found) : Math.max(...found);
  }
  const { loc, type: _, mathml: _m, ...parts } = node as Node & {
    html?: unknown;
  };
  if (loc?.lexer?.input === tex) return loc[which];
  delete parts.html;
  return offset(
    Object.values(parts).filter((p) => typeof p === "object"),
    tex,
    which,
  );
}

/** A node in TeX's terms, for messages. */
export function describe(node: Node): string {
  return `"${nameOf(baseOf(node))}"`;
}

function nameOf(node: Node): string {
  const { type, text, name, font, label } = node;
  const said = text === "\\@cdots" ? "\\cdots" : text ?? name;
  if (said !== undefined) return said;
  const inside = () => nameOfAll(node.body ?? node.base);
  if (label !== undefined) return `${label}{${inside()}}`;
  switch (type) {
    case "font":
      return `\\${font}{${inside()}}`;
    case "genfrac":
      return node.hasBarLine ? "\\frac{…}{…}" : "\\binom{…}{…}";
    case "sqrt":
      return "\\sqrt{…}";
    case "leftright":
      return `\\left${node.left} … \\right${node.right}`;
    case "array":
      return "\\begin{…}";
    case "text":
      return `\\text{${wordsOf(node)}}`;
    case "operatorname":
      return `\\operatorname{${inside()}}`;
    case "overline":
      return "\\overline{…}";
  }
  return inside() || `\\${type}`;
}

function nameOfAll(body: unknown): string {
  return listOf(body as Node).map(nameOf).join("");
}

/** The letters of \operatorname{…} or \mathrm{…}. */
export function lettersOf(node: Node): string {
  return listOf(node.body as Node).map((n) => n.text ?? "?").join("");
}

/** A part of the TeX that the prover does not understand. */
export function refuse(message: string, at?: number): never {
  throw new FormulaError(message, at);
}
