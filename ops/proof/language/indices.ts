// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Indices and dimensions: how they are read, written and computed.
 *
 * Letters side by side are one index each, X_{ij}, unless there are commas or
 * signs of arithmetic: then they are products, X_{n, c, si + a}.
 *
 * @module
 */

import {
  type Dim,
  EvaluationError,
  type Expr,
  type Index,
  type IndexOperation,
} from "./expression.ts";
import type { Reader } from "./kind.ts";
import { subscripted, symbolOf } from "./names.ts";
import {
  baseOf,
  describe,
  is,
  listOf,
  type Node,
  spaced,
  splitAt,
} from "./tex.ts";

const isDigit = (node: Node | undefined) =>
  node?.type === "textord" && /^\d$/.test(node.text ?? "");

const isOperator = (node: Node) =>
  is(node, "+", "-", "/", "\\cdot", "\\bmod") || node.family === "open" ||
  node.type === "leftright" || node.type === "genfrac";

/** The indices of a subscript. */
export function readIndices(sub: Node | undefined, reader: Reader): Index[] {
  const lists = splitAt(spaced(sub), (n) => is(n, ","));
  const parts = lists.flatMap((list) => apart(list));
  if (parts.length === 1 && parts[0].length === 0) {
    reader.refuse("an index is missing", sub);
  }
  const hasCommas = lists.length > 1;
  return parts.flatMap((part) =>
    hasCommas || part.some(isOperator)
      ? [readIndex(part, reader)]
      : part.map((node) => readIndex([node], reader))
  );
}

/** A space the author put between two letters separates them. */
function apart(nodes: Node[]): Node[][] {
  const parts: Node[][] = [[]];
  for (const [i, node] of nodes.entries()) {
    if (node.type !== "space") parts.at(-1)!.push(node);
    else if (
      i > 0 && i + 1 < nodes.length &&
      ![nodes[i - 1], nodes[i + 1]].some((n) =>
        n.type === "space" || is(n, "+", "-", "/", "\\cdot", "\\bmod")
      )
    ) parts.push([]);
  }
  return parts;
}

/** A shape: dimensions with × between them. */
export function readShape(nodes: readonly Node[], reader: Reader): Dim[] {
  const inside = listOf(nodes);
  return splitAt(inside, (n) => is(n, "\\times")).map((part) => {
    if (part.length === 0) {
      reader.refuse(
        "a shape must be dimensions with × between them",
        inside[0],
      );
    }
    if (part.some((n) => is(n, "\\ldots", "\\@cdots", "*"))) {
      reader.refuse(
        "a shape must have one letter for each axis, or for any number of axes together, with × between them",
        part[0],
      );
    }
    return readIndex(part, reader, true);
  });
}

/** One index or dimension. */
export function readIndex(
  nodes: readonly Node[],
  reader: Reader,
  isDim = false,
): Index {
  const list = listOf(nodes);
  let at = 0;
  const join = (kind: IndexOperation, left: Index, right: Index): Index => ({
    kind,
    left,
    right,
  });
  function sum(): Index {
    let left: Index = is(list[at], "-")
      ? (at++, negated(product()))
      : product();
    while (is(list[at], "+", "-")) {
      const kind = list[at++].text === "+" ? "add" : "subtract";
      left = join(kind, left, product());
    }
    return left;
  }

  function negated(of: Index): Index {
    return typeof of === "number" ? -of : join("subtract", 0, of);
  }

  function product(): Index {
    let left = factor();
    while (at < list.length && !is(list[at], "+", "-")) {
      if (is(list[at], "\\bmod")) {
        at++;
        left = join("mod", left, factor());
      } else if (is(list[at], "/")) {
        at++;
        left = join("divide", left, factor());
        if (at < list.length && !is(list[at], "+", "-")) {
          reader.refuse(
            "a/bc is ambiguous: add brackets",
            list[at],
          );
        }
      } else {
        if (is(list[at], "\\cdot")) at++;
        left = join("multiply", left, factor());
      }
    }
    return left;
  }

  function factor(): Index {
    const node = list[at];
    if (node === undefined) reader.refuse("an index is missing", list.at(-1));
    if (isDigit(node)) {
      let digits = "";
      while (isDigit(list[at])) digits += list[at++].text;
      return Number(digits);
    }
    const open = baseOf(node);
    if (open.type === "leftright") {
      at++;
      return bracketed(open.left!, listOf(open.body as Node[]), node);
    }
    if (open.family === "open") {
      const start = ++at;
      for (let depth = 1; at < list.length; at++) {
        if (baseOf(list[at]).family === "open") depth++;
        if (baseOf(list[at]).family === "close" && --depth === 0) break;
      }
      if (at === list.length) {
        reader.refuse(`the bracket ${describe(open)} is not closed`, node);
      }
      return bracketed(open.text!, list.slice(start, at++), node);
    }
    if (node.type === "genfrac" && node.hasBarLine) {
      at++;
      return join("divide", inside(node.numer), inside(node.denom));
    }
    if (
      node.type === "op" && (node.name === "\\max" || node.name === "\\min")
    ) {
      at++;
      return extreme(node.name === "\\max" ? "max" : "min", node);
    }
    return named(list[at++]);
  }

  /** \max(i, j) */
  function extreme(kind: "max" | "min", node: Node): Index {
    const open = list[at];
    const isOpen = open !== undefined && is(baseOf(open), "(");
    let depth = 0;
    const end = list.findIndex((n, i) => {
      if (i < at) return false;
      if (is(baseOf(n), "(")) depth++;
      return is(baseOf(n), ")") && --depth === 0;
    });
    const group = open?.type === "leftright"
      ? listOf(open.body as Node[])
      : isOpen && end > 0
      ? list.slice(at + 1, end)
      : [];
    at = open?.type === "leftright" ? at + 1 : end + 1;
    const parts = splitAt(group, (n) => is(n, ","));
    if (parts.length !== 2) {
      reader.refuse(`\\${kind} must have two numbers in an index`, node);
    }
    return join(kind, inside(parts[0]), inside(parts[1]));
  }

  function inside(of: Node | readonly Node[] | undefined): Index {
    return readIndex(listOf(of), reader, isDim);
  }

  function bracketed(open: string, nodes: Node[], node: Node): Index {
    if (open === "(") return inside(nodes);
    if (open !== "\\lfloor" && open !== "\\lceil") {
      reader.refuse(`the bracket "${open}" has no meaning in an index`, node);
    }
    const of = inside(nodes);
    if (typeof of !== "object" || of.kind !== "divide") {
      reader.refuse("⌊ ⌋ and ⌈ ⌉ must hold a division in an index", node);
    }
    return join(open === "\\lfloor" ? "floor" : "ceil", of.left, of.right);
  }

  function named(node: Node): Index {
    const found = symbolOf(node, reader.names);
    if (found === undefined) {
      return reader.refuse(`${describe(node)} is not an index`, node);
    }
    const { name, rest } = found;
    if (rest.type !== "supsub") return name;
    if (rest.sup !== undefined) {
      reader.refuse("an index must have no exponent", node);
    }
    if (isDim) {
      return subscripted(name, rest.sub!) ??
        reader.refuse(`${describe(node)} is not a dimension`, node);
    }
    const of: Expr = {
      kind: "element",
      of: { kind: "symbol", name },
      indices: reader.indices(rest.sub),
    };
    return { kind: "data", of };
  }

  return sum();
}

const SIGNS = { divide: " / ", mod: " \\bmod " };

/** An index as TeX, given how data is written. */
export function writeIndex(index: Index, data: (of: Expr) => string): string {
  if (typeof index !== "object") return String(index);
  if (index.kind === "data") return data(index.of);
  const { kind, left, right } = index;
  const write = (i: Index) => writeIndex(i, data);
  const looser = (i: Index, ...kinds: string[]) =>
    typeof i === "object" && kinds.includes(i.kind) ||
      typeof i === "number" && i < 0
      ? `(${write(i)})`
      : write(i);
  const sums = ["add", "subtract"];
  const all = [...sums, "multiply", "divide", "mod"];
  switch (kind) {
    case "add":
      return `${write(left)} + ${looser(right, ...sums)}`;
    case "subtract":
      return left === 0
        ? `-${looser(right, ...sums)}`
        : `${write(left)} - ${looser(right, ...sums)}`;
    case "max":
    case "min":
      return `\\${kind}(${write(left)}, ${write(right)})`;
    case "floor":
    case "ceil":
      return `\\l${kind} ${looser(left, ...all)} / ${
        looser(right, ...all)
      } \\r${kind}`;
    case "multiply": {
      const [a, b] = [
        looser(left, ...sums, "divide", "mod"),
        looser(right, ...all),
      ];
      return /\d$/.test(a) && /^\d/.test(b) ? `${a} \\cdot ${b}` : `${a} ${b}`;
    }
    default:
      return `${looser(left, ...all)}${SIGNS[kind]}${looser(right, ...all)}`;
  }
}

/** Indices as a subscript, with commas if they would run together. */
export function writeIndices(
  indices: readonly Index[],
  data: (of: Expr) => string,
): string {
  const written = indices.map((i) => writeIndex(i, data));
  const plain = indices.every((i) =>
    typeof i === "string" || typeof i === "number" && i >= 0 && i < 10
  );
  if (!plain) return written.join(", ");
  return written.reduce(
    (all, next) =>
      /\\[a-zA-Z]+$/.test(all) && /^[a-zA-Z]/.test(next)
        ? `${all} ${next}`
        : all + next,
    "",
  );
}

/** A shape as TeX. */
export function writeShape(
  shape: readonly Dim[],
  data: (of: Expr) => string,
): string {
  return shape.map((dim) => {
    const tex = writeIndex(dim, data);
    return typeof dim === "object" ? `(${tex})` : tex;
  }).join(" \\times ");
}

/** The value of an index, given those of its names and its data. */
export function indexValue(
  index: Index,
  name: (name: string) => number,
  data: (of: Expr) => number,
): number {
  if (typeof index === "number") return index;
  if (typeof index === "string") return name(index);
  if (index.kind === "data") return data(index.of);
  const a = indexValue(index.left, name, data);
  const b = indexValue(index.right, name, data);
  switch (index.kind) {
    case "add":
      return a + b;
    case "subtract":
      return a - b;
    case "multiply":
      return a * b;
    case "max":
      return Math.max(a, b);
    case "min":
      return Math.min(a, b);
    case "floor":
      return Math.floor(a / b);
    case "ceil":
      return Math.ceil(a / b);
    case "mod":
      return ((a % b) + b) % b;
    case "divide":
      if (a % b === 0) return a / b;
      throw new EvaluationError(
        `${
          writeIndex(index, () => "…")
        } is not a whole number: it is ${a} ∕ ${b}`,
      );
  }
}

/** The names in an index; those in its data are left to `data`. */
export function indexNames(
  index: Index,
  data: (of: Expr) => string[] = () => [],
): string[] {
  if (typeof index === "number") return [];
  if (typeof index === "string") return [index];
  if (index.kind === "data") return data(index.of);
  return [...indexNames(index.left, data), ...indexNames(index.right, data)];
}
