// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The names of symbols and functions, and which of them a page defines.
 *
 * Whether σ(x) is a call or a product, and whether d_k is a name or an element
 * of d, no formula says by itself; the page as a whole does.
 *
 * @module
 */

import { parseTex } from "./katex.ts";
import type { KnownNames } from "./kind.ts";
import {
  baseOf,
  is,
  lettersOf,
  listOf,
  type Node,
  spaced,
  splitAt,
  wordsOf,
} from "./tex.ts";
import { statementsOf } from "./rows.ts";

/** Letters that KaTeX takes for signs. */
const LETTERS = new Set([
  ..."\\ell \\hbar \\imath \\jmath \\Gamma \\Delta \\Theta \\Lambda".split(" "),
  ..."\\Xi \\Pi \\Sigma \\Upsilon \\Phi \\Psi \\Omega".split(" "),
]);

const FONTS = new Set([
  ..."mathcal boldsymbol mathbf mathbb mathsf mathfrak mathscr".split(" "),
]);

/** A symbol, and what hangs on it that is no part of its name. */
export interface Named {
  name: string;
  rest: Node;
}

/** The symbol that a node is; undefined where it is none. */
export function symbolOf(node: Node, known: KnownNames): Named | undefined {
  let name = bareName(baseOf(node));
  if (name === undefined) return undefined;
  if (node.type !== "supsub") return { name, rest: node };
  let { sub } = node;
  const sup = listOf(node.sup);
  while (is(sup[0], "\\prime")) {
    sup.shift();
    name += "'";
  }
  if (sub !== undefined) {
    const label = labelOf(listOf(sub));
    if (label !== undefined) {
      name = `${name}_${label}`;
      sub = undefined;
    } else {
      const full = subscripted(name, sub);
      if (full !== undefined && known.isSymbol(full)) {
        name = full;
        sub = undefined;
      }
    }
  }
  const hangs = sub !== undefined || sup.length > 0;
  return {
    name,
    rest: hangs
      ? {
        ...node,
        sub,
        sup: sup.length > 0 ? { type: "ordgroup", body: sup } : undefined,
      }
      : baseOf(node),
  };
}

/** The name n_1 of a symbol with its subscript as a part of it. */
export function subscripted(name: string, sub: Node): string | undefined {
  const texts = listOf(sub).map((n) => n.text);
  if (texts.some((t) => t === undefined || !/^(\w|\\[a-zA-Z]+)$/.test(t))) {
    return undefined;
  }
  return texts.length === 1 && texts[0]!.length === 1
    ? `${name}_${texts[0]}`
    : `${name}_{${texts.join("")}}`;
}

/** The upright subscript of W_\mathrm{ih}, which is never an index. */
function labelOf(nodes: Node[]): string | undefined {
  if (nodes.length !== 1) return undefined;
  const letters = wordOf(nodes[0]);
  return letters === undefined ? undefined : `{\\mathrm{${letters}}}`;
}

function bareName(node: Node): string | undefined {
  const inside = () => {
    const nodes = listOf((node.body ?? node.base) as Node);
    return nodes.length === 1 ? bareName(nodes[0]) : undefined;
  };
  switch (node.type) {
    case "mathord":
      return /^([a-zA-Z]|\\[a-zA-Z]+)$/.test(node.text!)
        ? node.text
        : undefined;
    case "textord":
      return LETTERS.has(node.text!) ? node.text : undefined;
    case "accent":
    case "overline": {
      const name = inside();
      const label = node.type === "accent" ? node.label! : "\\overline";
      return name === undefined || !/^\\[a-z]+$/.test(label)
        ? undefined
        : `${label}{${name}}`;
    }
    case "font": {
      if (!FONTS.has(node.font!)) break;
      const name = inside();
      const isSet = node.font === "mathbb" && name === "R";
      return name === undefined || isSet
        ? undefined
        : `\\${node.font}{${name}}`;
    }
  }
  const word = node.type === "op" ? undefined : wordOf(node);
  return word === undefined ? undefined : `\\mathrm{${word}}`;
}

/** The letters of an upright word: \operatorname{erf}, \mathrm{erf}, \text{erf}. */
export function wordOf(node: Node): string | undefined {
  const base = baseOf(node);
  if (base.type === "op") {
    return /^\\[a-z]+$/.test(base.name!) ? base.name!.slice(1) : undefined;
  }
  const letters = base.type === "operatorname"
    ? lettersOf(base)
    : base.type === "font" && (base.font === "mathrm" || base.font === "rm")
    ? lettersOf(base)
    : base.type === "text"
    ? wordsOf(base)
    : "";
  return /^[a-zA-Z][a-zA-Z0-9]*$/.test(letters) ? letters : undefined;
}

/** The function and its parameters where nodes are σ(x). */
export function definedFunction(
  nodes: readonly Node[],
): { name: string; parameters: string[] } | undefined {
  const [head, ...rest] = nodes;
  if (head === undefined) return undefined;
  const name = bareName(head);
  const inside = rest.length === 1 && rest[0].type === "leftright" &&
      rest[0].left === "("
    ? spaced(rest[0].body as Node[])
    : is(rest[0], "(") && is(rest.at(-1), ")")
    ? rest.slice(1, -1)
    : undefined;
  if (name === undefined || inside === undefined) return undefined;
  const parameters = splitAt(
    inside.filter((n) => n.type !== "space"),
    (n) => is(n, ","),
  ).map((part) => part.length === 1 ? bareName(part[0]) : undefined);
  return parameters.some((p) => p === undefined)
    ? undefined
    : { name, parameters: parameters as string[] };
}

/** The names of a page. */
export class Names implements KnownNames {
  readonly #functions = new Set<string>();
  readonly #symbols = new Set<string>();

  isFunction(name: string): boolean {
    return this.#functions.has(name);
  }

  isSymbol(name: string): boolean {
    return this.#symbols.has(name);
  }

  /** Notes what a formula defines, and what its indices and dimensions are. */
  add(tex: string): void {
    const nodes = parseTex(tex);
    for (const { nodes: part } of statementsOf(nodes, tex)) {
      const sides = splitAt(part, (n) => is(n, "=", "\\in"));
      if (sides.length > 1) {
        const defined = definedFunction(sides[0]);
        if (defined !== undefined) this.#functions.add(defined.name);
        else this.#left(sides[0]);
      } else if (part.some((n) => is(n, "\\times"))) this.#shape(part);
      if (part.some((n) => is(n, "\\in"))) {
        for (const node of sides.at(-1)!) {
          if (node.type === "supsub") this.#shape(listOf(node.sup));
        }
      }
      this.#indices(part);
    }
  }

  /** Notes a symbol of the page's table, whose subscript is a part of its name. */
  addSymbol(tex: string): void {
    const nodes = listOf(parseTex(tex));
    if (nodes.length === 1) this.#shape(nodes);
  }

  #left(nodes: readonly Node[]): void {
    if (nodes.length !== 1) return;
    const named = symbolOf(nodes[0], this);
    if (named !== undefined) this.#symbols.add(named.name);
  }

  /** The names in a shape, d_k with its subscript. */
  #shape(nodes: readonly Node[]): void {
    for (const node of nodes) {
      const named = symbolOf(node, this);
      if (named === undefined) continue;
      const { name, rest } = named;
      const full = rest.sub ? subscripted(name, rest.sub) : name;
      if (full !== undefined) this.#symbols.add(full);
    }
  }

  /** Every letter in a subscript is an index or a dimension, not a function. */
  #indices(nodes: unknown): void {
    if (nodes === null || typeof nodes !== "object") return;
    if (Array.isArray(nodes)) return nodes.forEach((n) => this.#indices(n));
    const { loc: _, sub, ...parts } = nodes as Node;
    if (sub !== undefined) this.#letters(sub);
    this.#indices(Object.values(parts));
  }

  #letters(nodes: unknown): void {
    if (nodes === null || typeof nodes !== "object") return;
    if (Array.isArray(nodes)) return nodes.forEach((n) => this.#letters(n));
    const { loc: _, ...parts } = nodes as Node;
    const name = bareName(nodes as Node);
    if (name !== undefined) this.#symbols.add(name);
    this.#letters(Object.values(parts));
  }
}
