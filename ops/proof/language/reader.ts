// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Recursive descent over TeX: it finds what comes next, and lets the table of
 * kinds decide what that is.
 *
 * @module
 */

import { type Dim, type Expr, type Index, placed } from "./expression.ts";
import { readIndex, readIndices, readShape } from "./indices.ts";
import { freeIndicesOf } from "./walk.ts";
import {
  type KindTable,
  type KnownNames,
  type Level,
  LEVELS,
  type Reader,
  type Reading,
} from "./kind.ts";
import {
  baseOf,
  closes,
  describe,
  is,
  listOf,
  type Node,
  offset,
  opens,
  refuse,
} from "./tex.ts";

/** What no longer belongs to a product. */
const ENDS = [
  ..."+ - \\pm \\mp \\odot \\oslash \\circ \\times \\land \\lor \\wedge \\vee"
    .split(" "),
];

/** Bars open and close alike. */
const BARS = ["|", "\\|", "\\vert", "\\Vert"];

/** The brackets that close others. */
const CLOSING: Record<string, readonly string[]> = {
  "(": [")"],
  "[": ["]", "\\rbrack"],
  "\\lbrack": ["]", "\\rbrack"],
  "\\{": ["\\}", "\\rbrace"],
  "\\lbrace": ["\\}", "\\rbrace"],
};

/** A list of nodes, and how far it has been read. */
export class Cursor implements Reader {
  readonly names: KnownNames;
  readonly #table: KindTable;
  readonly #tex: string;
  readonly #nodes: Node[];
  #at = 0;

  constructor(
    nodes: readonly Node[],
    table: KindTable,
    names: KnownNames,
    tex: string,
  ) {
    this.#nodes = listOf(nodes);
    this.#table = table;
    this.names = names;
    this.#tex = tex;
  }

  get next(): Node | undefined {
    return this.#nodes[this.#at];
  }

  get second(): Node | undefined {
    return this.#nodes[this.#at + 1];
  }

  take(): Node {
    const node = this.#nodes[this.#at++];
    return node ?? this.refuse("something is missing at the end");
  }

  takes(...texts: string[]): Node | undefined {
    return is(this.next, ...texts) ? this.#nodes[this.#at++] : undefined;
  }

  get atEnd(): boolean {
    if (this.next === undefined) return true;
    const { family, text, type } = baseOf(this.next);
    return family === "close" || family === "punct" || family === "rel" ||
      type === "text" && !this.#isName(this.next) || ENDS.includes(text ?? "");
  }

  #isName(node: Node): boolean {
    const words = `\\mathrm{${
      listOf(baseOf(node).body as Node[]).map((n) => n.text).join("")
    }}`;
    return this.names.isFunction(words) || this.names.isSymbol(words);
  }

  offset(node: Node | undefined): number | undefined {
    return offset(node, this.#tex);
  }

  refuse(message: string, at: Node | number | undefined = this.next): never {
    refuse(message, typeof at === "number" ? at : this.#placeOf(at));
  }

  /** KaTeX does not say where commands are: then it is the place after the node before. */
  #placeOf(node: Node | undefined): number {
    const found = offset(node, this.#tex);
    if (found !== undefined) return found;
    const at = node === undefined ? -1 : this.#nodes.indexOf(node);
    const before = at < 0 ? this.#nodes : this.#nodes.slice(0, at);
    return offset(before, this.#tex, "end") ??
      offset(this.#nodes, this.#tex) ?? this.#tex.length;
  }

  isFree(index: string, expr: Expr): boolean {
    return freeIndicesOf(expr, this.#table).has(index);
  }

  whole(nodes: readonly Node[], level: Level = "sum"): Expr {
    const cursor = new Cursor(nodes, this.#table, this.names, this.#tex);
    const expr = cursor.read(level);
    if (cursor.next !== undefined) {
      cursor.refuse(`${describe(cursor.next)} is not expected here`);
    }
    return expr;
  }

  read(level: Level): Expr {
    const start = this.next;
    const expr = this.#read(LEVELS.indexOf(level));
    const at = offset(start, this.#tex);
    return at === undefined ? expr : placed(expr, at);
  }

  #read(level: number): Expr {
    const join = LEVELS.slice(level).map((l) => this.#joins(l)).find((j) => j);
    if (join === undefined) return this.#factor();
    return join.join(
      this,
      () => this.read(LEVELS[LEVELS.indexOf(join.level) + 1]),
    );
  }

  #joins(level: Level) {
    return this.#readings().find((r): r is Extract<Reading, { level: Level }> =>
      "level" in r && r.level === level
    );
  }

  #readings(): Reading[] {
    return Object.values(this.#table).map(({ read }) => read);
  }

  #factor(): Expr {
    if (this.next === undefined) {
      this.refuse("something is missing at the end");
    }
    for (const reading of this.#readings()) {
      if (!("prefix" in reading)) continue;
      const expr = reading.prefix(this);
      if (expr !== undefined) return expr;
    }
    const node = baseOf(this.next);
    if (is(node, "(") || node.type === "leftright" && node.left === "(") {
      const { inside, close } = this.bracket();
      return this.postfix(this.whole(inside), close);
    }
    // {X_i}_j attaches an index to an element.
    if (node.type === "ordgroup" || node.type === "supsub") {
      this.refuse(
        "braces alone group nothing that a reader sees: write \\left( … \\right)",
      );
    }
    const isRounded = /^\\l(floor|ceil)$/.test(node.left ?? node.text ?? "");
    this.refuse(
      this.atEnd
        ? `${describe(node)} is not expected here`
        : isRounded
        ? "⌊ ⌋ and ⌈ ⌉ can only be in an index or a dimension: write the quotient where the index is used"
        : `${describe(node)} has no meaning here`,
    );
  }

  postfix(of: Expr, node: Node): Expr {
    if (node.type !== "supsub") return of;
    for (
      const hanging of [
        { ...node, sup: undefined },
        { ...node, sub: undefined },
      ]
    ) {
      if (hanging.sub === undefined && hanging.sup === undefined) continue;
      let found: Expr | undefined;
      for (const reading of this.#readings()) {
        if ("postfix" in reading) found ??= reading.postfix(of, hanging, this);
      }
      const at = this.offset(node);
      of = found ??
        this.refuse("what is attached to it has no meaning here", node);
      if (at !== undefined) placed(of, at);
    }
    return of;
  }

  bracket(): { open: string; inside: Node[]; close: Node } {
    const first = this.take();
    const open = baseOf(first);
    if (open.type === "leftright") {
      this.#checkBracket(open.left!, open.right!, first);
      return {
        open: open.left!,
        inside: listOf(open.body as Node[]),
        close: first,
      };
    }
    const start = this.#at;
    const isBar = BARS.includes(open.text!);
    let depth = 1;
    for (; this.next !== undefined; this.#at++) {
      if (isBar && depth === 1 && is(baseOf(this.next), open.text!)) depth = 0;
      else if (opens(this.next)) depth++;
      else if (closes(this.next)) depth--;
      if (depth === 0) break;
    }
    const close = this.#nodes[this.#at++];
    if (close === undefined) {
      this.refuse(
        isBar && first.type === "supsub"
          ? "a value at a place must be written \\left. … \\right|_{X = 0}"
          : `the bracket ${describe(open)} is not closed`,
        first,
      );
    }
    this.#checkBracket(open.text!, baseOf(close).text!, close);
    return {
      open: open.text!,
      inside: this.#nodes.slice(start, this.#at - 1),
      close,
    };
  }

  #checkBracket(open: string, close: string, at: Node): void {
    const right = BARS.includes(open) ? [open] : CLOSING[open];
    if (right === undefined || right.includes(close)) return;
    this.refuse(`the bracket "${open}" is closed by "${close}"`, at);
  }

  indices(sub: Node | undefined): Index[] {
    return readIndices(sub, this);
  }

  index(nodes: readonly Node[]): Index {
    return readIndex(nodes, this);
  }

  shape(nodes: readonly Node[]): Dim[] {
    return readShape(nodes, this);
  }
}
