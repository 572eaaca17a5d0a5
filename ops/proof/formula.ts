// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Reads a formula, in the TeX of a page, as mathematics.
 *
 * KaTeX parses the TeX, so that what is executed is what is typeset: its parse
 * tree is walked here, and becomes an expression over tensors. Whatever is not
 * known here is an error, never skipped.
 *
 * | notation | meaning |
 * | -------- | ------- |
 * | `X`, `X_{ij}`, `X_i` | a tensor, an element of it, a slice of it |
 * | `\frac{\partial E}{\partial X_{ij}}` | a partial derivative |
 * | `X Y`, `a \cdot b` | the product of matrices, vectors and numbers |
 * | `Y^{\mathsf{T}}`, `Y^T`, `Y^\top` | the transpose |
 * | `\sum_{j=1}^{n} …` | a sum over what follows, as far as the next `+` |
 * | `\sum_{i \in \mathcal{I}} …` | a sum over all index tuples |
 * | `\mathbf{1}_{p}`, `\mathbf{1}_{m \times n}` | a tensor of ones |
 * | `\delta_{ij}` | the Kronecker delta |
 * | `\langle A, B \rangle` | the sum of the products of the elements |
 * | `A \in \mathbb{R}^{m \times n}` | a shape |
 *
 * @module
 */

import katex from "katex";
import { ALL, type Dim, type Expr } from "./expression.ts";

export { ALL, type Dim, EvaluationError, type Expr } from "./expression.ts";

/** What a formula says, and the part of its TeX that says it. */
export type Statement = { tex: string } & Said;

type Said =
  | { kind: "equation"; sides: Expr[] }
  | { kind: "membership"; of: Expr; shape: Dim[] }
  | { kind: "shape"; shape: Dim[] }
  | { kind: "expression"; expr: Expr };

/** A formula that is not understood. */
export class FormulaError extends Error {
  override name = "FormulaError";
}

/** KaTeX's nodes, as far as they are used here. */
interface Node {
  type: string;
  loc?: { start: number };
  text?: string;
  name?: string;
  font?: string;
  family?: string;
  left?: string;
  right?: string;
  body?: Node | Node[];
  base?: Node;
  sub?: Node;
  sup?: Node;
  numer?: Node;
  denom?: Node;
}

/** Reads a formula; several statements are separated by commas. */
export function parseFormula(tex: string): Statement[] {
  let nodes: Node[];
  try {
    const parse = (katex as unknown as {
      __parse(tex: string, settings: unknown): Node[];
    }).__parse;
    nodes = parse(tex, { displayMode: true, strict: "error" });
  } catch (cause) {
    throw new FormulaError(
      `Cannot parse the formula "${oneLine(tex)}": ${
        (cause as Error).message.replace(/^KaTeX parse error: /, "")
      }`,
      { cause },
    );
  }
  try {
    const commas: number[] = [];
    const parts = splitAt(
      nodes.filter((n) => !isSpace(n)),
      ",",
      (comma) => commas.push(comma.loc!.start),
    );
    return parts.map((part, i) => {
      const source = tex.slice((commas[i - 1] ?? -1) + 1, commas[i]);
      return { tex: oneLine(withoutSpace(source)), ...statement(part) };
    });
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    throw new FormulaError(
      `Cannot parse the formula "${oneLine(tex)}": ${error.message}`,
    );
  }
}

/** A formula on one line, for messages. */
export function oneLine(tex: string): string {
  return tex.trim().replace(/\s+/g, " ");
}

/** TeX without the commands for space in front. */
function withoutSpace(tex: string): string {
  return tex.replace(/^(\s|\\q?quad\b|\\space\b|\\[,;: ])+/, "");
}

function statement(nodes: Node[]): Said {
  const membership = split(nodes, (n) => n.text === "\\in");
  if (membership.length === 2) {
    return {
      kind: "membership",
      of: whole(membership[0]),
      shape: realSpace(membership[1]),
    };
  }
  const sides = split(nodes, (n) => n.text === "=");
  if (sides.length > 1) return { kind: "equation", sides: sides.map(whole) };
  if (nodes.some((n) => n.text === "\\times")) {
    return { kind: "shape", shape: shapeOf(nodes) };
  }
  return { kind: "expression", expr: whole(nodes) };
}

/** The shape of `\mathbb{R}^{m \times n}`; `\mathbb{R}` alone is a scalar's. */
function realSpace(nodes: Node[]): Dim[] {
  const [node] = nodes;
  const base = node?.type === "supsub" ? node.base : node;
  const isReal = base?.font === "mathbb" && isOnly(base.body, "R");
  if (nodes.length !== 1 || !isReal || node.sub) {
    throw new FormulaError("after ∈ there must be \\mathbb{R}^{…}");
  }
  return node.sup ? shapeOf(listOf(node.sup)) : [];
}

function shapeOf(nodes: Node[]): Dim[] {
  return split(nodes, isTimes).map(([node, ...rest]) => {
    if (node === undefined || rest.length > 0) {
      throw new FormulaError("a shape must be dimensions with × between them");
    }
    if (node.text === "\\@cdots" || node.text === "\\dots") return ALL;
    return dim(node);
  });
}

function dim(node: Node): Dim {
  if (node.type === "textord" && /^\d$/.test(node.text ?? "")) {
    return Number(node.text);
  }
  if (node.type === "mathord") return node.text!;
  if (node.type === "supsub" && node.base?.type === "mathord" && !node.sup) {
    return `${node.base.text}_${indexNames(node.sub!).join("")}`;
  }
  throw new FormulaError(`${describe(node)} is not a dimension`);
}

/** The expression that takes up all the nodes. */
function whole(nodes: Node[]): Expr {
  const cursor = new Cursor(nodes);
  const expr = cursor.addition();
  cursor.end();
  return expr;
}

/** Recursive descent over a list of nodes. */
class Cursor {
  #nodes: Node[];
  #at = 0;

  constructor(nodes: Node[]) {
    this.#nodes = nodes.filter((n) => !isSpace(n));
  }

  get #next(): Node | undefined {
    return this.#nodes[this.#at];
  }

  end(): void {
    if (this.#next) {
      throw new FormulaError(`${describe(this.#next)} is not expected there`);
    }
  }

  addition(): Expr {
    const terms: Expr[] = [];
    do {
      const sign = ["+", "-"].includes(this.#next?.text ?? "")
        ? this.#nodes[this.#at++].text
        : "+";
      const term = this.product();
      terms.push(sign === "-" ? { kind: "negative", of: term } : term);
    } while (this.#next?.text === "+" || this.#next?.text === "-");
    return terms.length === 1 ? terms[0] : { kind: "add", terms };
  }

  product(): Expr {
    const factors: Expr[] = [];
    while (this.#next && !this.#endsProduct(this.#next)) {
      if (["\\cdot", "*", "\\ast"].includes(this.#next.text ?? "")) {
        if (factors.length === 0) break;
        this.#at++;
      }
      factors.push(this.#factor());
    }
    if (factors.length === 0) {
      throw new FormulaError(
        this.#next
          ? `${describe(this.#next)} is not expected there`
          : "something is missing at the end",
      );
    }
    return factors.length === 1 ? factors[0] : { kind: "product", factors };
  }

  #endsProduct(node: Node): boolean {
    const base = node.type === "supsub" ? node.base : node;
    return base?.family === "close" || base?.family === "punct" ||
      base?.text === "+" || base?.text === "-";
  }

  #factor(): Expr {
    const node = this.#nodes[this.#at++];
    if (node === undefined) {
      throw new FormulaError("something is missing at the end");
    }
    const base = node.type === "supsub" ? node.base! : node;
    if (base.type === "op" && base.name === "\\sum") return this.#sum(node);
    if (base.text === "\\delta") return delta(node);
    if (base.type === "font" && isOne(base)) return ones(node);
    if (base.family === "open") return this.#group(base);
    if (base.type === "textord" && /^\d$/.test(base.text!)) {
      return this.#number(node);
    }
    return postfix(primary(base), node);
  }

  /** Digits are nodes of their own. */
  #number(first: Node): Expr {
    let digits = first.text;
    if (first.type === "supsub") {
      throw new FormulaError(
        "a number must have neither indices nor exponents",
      );
    }
    while (
      this.#next?.type === "textord" && /^[\d.]$/.test(this.#next.text ?? "")
    ) digits += this.#nodes[this.#at++].text!;
    return { kind: "number", value: Number(digits) };
  }

  #sum(node: Node): Expr {
    const [sub, sup] = [listOf(node.sub), listOf(node.sup)];
    const over = split(sub, (n) => n.text === "=" || n.text === "\\in");
    const index = over[0]?.[0];
    if (over.length !== 2 || over[0].length !== 1 || index.type !== "mathord") {
      throw new FormulaError(
        "a sum must say its index and range, \\sum_{j=1}^{n} or \\sum_{i \\in \\mathcal{I}}",
      );
    }
    let to: Dim;
    if (
      over[1].length === 1 && over[1][0].font === "mathcal" &&
      isOnly(over[1][0].body, "I")
    ) {
      to = ALL;
    } else if (
      over[1].length === 1 && over[1][0].text === "1" && sup.length === 1
    ) {
      to = dim(sup[0]);
    } else {
      throw new FormulaError("a sum must run from 1 to a dimension");
    }
    return { kind: "sum", index: index.text!, to, body: this.product() };
  }

  /** `( … )` and `⟨ … , … ⟩`; indices and exponents hang on the closing one. */
  #group(open: Node): Expr {
    const start = this.#at;
    let depth = 1;
    for (; this.#next; this.#at++) {
      const node = this.#next.type === "supsub" ? this.#next.base! : this.#next;
      if (node.family === "open") depth++;
      if (node.family === "close" && --depth === 0) break;
    }
    const close = this.#nodes[this.#at++];
    if (close === undefined) {
      throw new FormulaError(`${describe(open)} is not closed`);
    }
    const inside = this.#nodes.slice(start, this.#at - 1);
    return postfix(bracket(open.text!, inside), close);
  }
}

function primary(node: Node): Expr {
  switch (node.type) {
    case "mathord":
      return { kind: "symbol", name: node.text! };
    case "ordgroup":
      return whole(listOf(node));
    case "leftright":
      return bracket(node.left!, node.body as Node[]);
    case "font": // A set, such as that of all index tuples.
      if (node.font !== "mathcal" || listOf(node.body).length > 1) break;
      return {
        kind: "symbol",
        name: `\\mathcal{${listOf(node.body)[0].text}}`,
      };
    case "genfrac":
      return fraction(listOf(node.numer), listOf(node.denom));
  }
  throw new FormulaError(`${describe(node)} has no meaning here`);
}

function bracket(open: string, inside: Node[]): Expr {
  if (open === "(") return whole(inside);
  const parts = splitAt(inside, ",");
  if (open !== "\\langle" || parts.length !== 2) {
    throw new FormulaError(`the bracket ${open} has no meaning here`);
  }
  return { kind: "inner", left: whole(parts[0]), right: whole(parts[1]) };
}

function fraction(above: Node[], below: Node[]): Expr {
  const isPartial = (nodes: Node[]) => nodes[0]?.text === "\\partial";
  if (isPartial(above) !== isPartial(below)) {
    throw new FormulaError("a partial derivative must have ∂ above and below");
  }
  if (!isPartial(above)) {
    return { kind: "fraction", above: whole(above), below: whole(below) };
  }
  const variable = (nodes: Node[]): Expr => {
    const expr = whole(nodes.slice(1));
    const of = expr.kind === "element" ? expr.of : expr;
    if (of.kind === "symbol") return expr;
    throw new FormulaError("∂ must stand before one variable");
  };
  return { kind: "partial", of: variable(above), by: variable(below) };
}

/** Applies the indices and the transpose that hang on a node. */
function postfix(expr: Expr, node: Node): Expr {
  if (node.type !== "supsub") return expr;
  if (node.sub) {
    expr = { kind: "element", of: expr, indices: indexNames(node.sub) };
  }
  return node.sup ? transposed(expr, node.sup) : expr;
}

function transposed(of: Expr, sup: Node): Expr {
  const [mark, ...rest] = listOf(sup);
  const isT = mark?.type === "font"
    ? isOnly(mark.body, "T")
    : mark?.text === "T" || mark?.text === "\\top";
  if (rest.length > 0 || !isT) {
    throw new FormulaError("the only exponent known is the transpose");
  }
  return { kind: "transpose", of };
}

function indexNames(sub: Node): string[] {
  return listOf(sub).filter((n) => n.text !== ",").map((node) => {
    if (node.type === "mathord" || /^\d$/.test(node.text ?? "")) {
      return node.text!;
    }
    throw new FormulaError(`${describe(node)} is not an index`);
  });
}

function delta(node: Node): Expr {
  const indices = node.sub ? indexNames(node.sub) : [];
  if (indices.length !== 2 || node.sup) {
    throw new FormulaError("the Kronecker delta must have two indices");
  }
  return { kind: "delta", indices: indices as [string, string] };
}

function isOne(font: Node): boolean {
  return (font.font === "mathbf" || font.font === "mathbb") &&
    isOnly(font.body, "1");
}

/** Whether a body is this one sign, and nothing beside it. */
function isOnly(body: Node | Node[] | undefined, text: string): boolean {
  const nodes = listOf(body);
  return nodes.length === 1 && nodes[0].text === text;
}

function ones(node: Node): Expr {
  if (!node.sub) {
    throw new FormulaError("a tensor of ones must have its shape as subscript");
  }
  const expr: Expr = { kind: "ones", shape: shapeOf(listOf(node.sub)) };
  return node.sup ? transposed(expr, node.sup) : expr;
}

function isSpace(node: Node): boolean {
  return node.type === "kern" || node.type === "spacing";
}

function isTimes(node: Node): boolean {
  return node.text === "\\times" || node.text === "*";
}

function listOf(node: Node | Node[] | undefined): Node[] {
  if (node === undefined) return [];
  const nodes = Array.isArray(node)
    ? node
    : node.type === "ordgroup"
    ? node.body as Node[]
    : [node];
  return nodes.filter((n) => !isSpace(n));
}

function split(nodes: Node[], at: (node: Node) => boolean): Node[][] {
  const parts: Node[][] = [[]];
  for (const node of nodes) {
    if (at(node)) parts.push([]);
    else parts.at(-1)!.push(node);
  }
  return parts;
}

/** Splits at a text outside of all brackets. */
function splitAt(
  nodes: Node[],
  text: string,
  seen: (at: Node) => void = () => {},
): Node[][] {
  let depth = 0;
  return split(nodes, (node) => {
    const { family } = node.type === "supsub" ? node.base! : node;
    if (family === "open") depth++;
    if (family === "close") depth--;
    const found = depth === 0 && node.text === text;
    if (found) seen(node);
    return found;
  });
}

function describe(node: Node): string {
  const { text, name, type } = node.type === "supsub" ? node.base! : node;
  return `"${text ?? name ?? type}"`;
}
