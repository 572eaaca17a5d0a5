// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Which names a page defines.
 *
 * Whether σ(x) is a call or a product, and whether d_k is a name or an element of
 * d, cannot be told from one formula; the page as a whole says it.
 *
 * @module
 */

import { parseTex } from "./katex.ts";
import type { KnownNames } from "./kind.ts";
import { bareName, definedFunction, subscripted, symbolOf } from "./names.ts";
import { statementsOf } from "./rows.ts";
import { is, listOf, type Node, splitAt } from "./tex.ts";

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
