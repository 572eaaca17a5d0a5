// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The names of symbols and functions.
 *
 * @module
 */

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

/** Letters that KaTeX takes for signs. */
const LETTERS = new Set([
  ..."\\ell \\hbar \\imath \\jmath \\Gamma \\Delta \\Theta \\Lambda".split(" "),
  ..."\\Xi \\Pi \\Sigma \\Upsilon \\Phi \\Psi \\Omega".split(" "),
]);

const FONTS = new Set([
  ..."mathcal boldsymbol mathbf mathbb mathsf mathfrak mathscr".split(" "),
]);

/** A symbol, and what is attached to it that is not part of its name. */
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

/** The name that a node is, without what is attached to it. */
export function bareName(node: Node): string | undefined {
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
