// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What a formula is made of: numbers, symbols, elements, derivatives, δ and 𝟏.
 *
 * @module
 */

import {
  type Dim,
  EvaluationError,
  type Expr,
  type ExprOf,
  type Index,
} from "../expression.ts";
import type {
  Evaluation,
  Kind,
  Mutant,
  Reader,
  UnicodeWriter,
  Writer,
} from "../kind.ts";
import { symbolOf } from "../names.ts";
import { baseOf, describe, is, isOnly, listOf, type Node } from "../tex.ts";
import { showName, subscript } from "../unicode.ts";
import { scalar, slice, transpose as turned, tuplesOf } from "../values.ts";

/** No parts, no indices. */
export const leaf = {
  parts: () => [],
  with: <E>(expr: E) => expr,
  indices: () => [],
  binds: () => [],
};

const isDigit = (node: Node) => /^[\d.]$/.test(node.text ?? "");

const CONSTANTS: Record<string, number> = {
  "\\infty": Infinity,
  "\\pi": Math.PI,
};

export const number: Kind<"number"> = {
  ...leaf,
  read: {
    prefix(reader) {
      const first = baseOf(reader.next!);
      if (first.text! in CONSTANTS && !reader.names.isSymbol(first.text!)) {
        const expr: Expr = first.text === "\\infty"
          ? { kind: "number", value: Infinity }
          : { kind: "number", value: CONSTANTS[first.text!], text: first.text };
        return reader.postfix(expr, reader.take());
      }
      if (first.type !== "textord" || !isDigit(first)) return undefined;
      let digits = "";
      let node: Node;
      do {
        node = reader.take();
        digits += baseOf(node).text;
        // The exponent of 10^{-5} is attached to its last digit.
      } while (
        node.type !== "supsub" && reader.next && isDigit(baseOf(reader.next))
      );
      if (!/^\d+(\.\d+)?$/.test(digits)) {
        reader.refuse(`${digits} is not a number`, node);
      }
      if (node.type === "supsub" && node.sub) {
        reader.refuse("a number must have no index", node);
      }
      return reader.postfix(decimal(digits), node);
    },
  },
  write: ({ value, text }) => {
    if (text !== undefined) return text;
    if (value === Infinity) return "\\infty";
    const [digits, exponent] = String(value).split("e");
    return exponent === undefined
      ? digits
      : `${digits} \\cdot 10^{${Number(exponent)}}`;
  },
  level: ({ value }) => value < 0 || /e/.test(String(value)) ? "sum" : "atom",
  unicode: ({ value, text }) =>
    value === Infinity ? "∞" : showName(text ?? String(value)),
  value: ({ value, text }, { field }) => scalar(field.constant(value, text)),
  rank: () => 0,
  *mutants({ value }) {
    if (!Number.isFinite(value)) return;
    yield { operator: "number", mutant: decimal(String(value + 1)) };
  },
};

/** A decimal number; its digits are kept if the nearest double is not exact. */
function decimal(digits: string): ExprOf<"number"> {
  const value = Number(digits);
  return Number.isInteger(value) || Number.isInteger(value * 2 ** 20)
    ? { kind: "number", value }
    : { kind: "number", value, text: digits };
}

export const symbol: Kind<"symbol"> = {
  ...leaf,
  read: {
    prefix(reader) {
      const node = reader.next!;
      const named = symbolOf(node, reader.names);
      if (named === undefined) return undefined;
      const { name, rest } = named;
      // Words in a formula say something, unless the page defines them.
      if (baseOf(node).type === "text" && !reader.names.isSymbol(name)) {
        return undefined;
      }
      if (name === "e" || name === "\\mathrm{e}") {
        if (!reader.names.isSymbol(name)) {
          reader.refuse(
            "e alone is not defined on the page: write \\exp(1) for the number",
          );
        }
      }
      reader.take();
      if (
        rest.type !== "supsub" && is(opening(reader.next), "(") &&
        !reader.names.isSymbol(name)
      ) {
        reader.refuse(
          `${name}(…) can be a product or a call: define the function, ${name}(x) = …, or write ${name} \\cdot (…)`,
          node,
        );
      }
      return reader.postfix({ kind: "symbol", name }, rest);
    },
  },
  write: ({ name }) => name,
  level: () => "atom",
  unicode: ({ name }) => unicodeName(name),
  value: ({ name }, { field, indices, scope }) => {
    const index = indices.get(name);
    return index === undefined
      ? scope.symbol(name)
      : scalar(field.constant(index));
  },
  rank: ({ name }, ranks) => ranks.symbol(name),
  *mutants({ name }, { symbols }) {
    if (!symbols.includes(name)) return;
    for (const other of symbols) {
      if (other === name) continue;
      yield { operator: "symbol", mutant: { kind: "symbol", name: other } };
    }
  },
};

function opening(node: Node | undefined): Node | undefined {
  if (node === undefined) return undefined;
  const base = baseOf(node);
  return base.type === "leftright" ? { ...base, text: base.left } : base;
}

export const element: Kind<"element"> = {
  read: {
    postfix(of, node, reader) {
      if (!node.sub) return undefined;
      const { kind } = of;
      if (kind === "number" || kind === "element") {
        reader.refuse(
          kind === "number"
            ? "a number must have no index"
            : "an element must have no further index",
          node,
        );
      }
      return { kind: "element", of, indices: reader.indices(node.sub) };
    },
  },
  write: ({ of, indices }, w) => `${base(of, w)}_{${w.indices(indices)}}`,
  level: () => "atom",
  unicode: ({ of, indices }, w) => `${w.at("atom", of)}${w.indices(indices)}`,
  parts: ({ of }) => [of],
  with: (expr, [of]) => ({ ...expr, of }),
  indices: ({ indices }) => indices,
  binds: () => [],
  value({ of, indices }, e) {
    const at = indices.map((i) => e.index(i));
    if (of.kind !== "symbol") {
      return slice(e.value(of), at, "what is in brackets");
    }
    const found = e.scope.element?.(of.name, at);
    if (found !== undefined) return scalar(found);
    // b in Σ_b X_b b_k is the tensor, not the index.
    return slice(e.scope.symbol(of.name), at, of.name);
  },
  rank: ({ of, indices }, ranks) => Math.max(0, ranks.of(of) - indices.length),
  *mutants(expr, { indices }) {
    for (const others of lists(expr.indices, indices)) {
      yield {
        operator: "index",
        mutant: others.length === 0 ? expr.of : { ...expr, indices: others },
      };
    }
    yield* shifted(expr.indices, (indices) => ({ ...expr, indices }));
  },
};

const BARE = new Set<Expr["kind"]>([
  ..."symbol ones delta norm call iverson inner".split(" ") as Expr["kind"][],
]);

/** What an index or exponent may be attached to, without brackets where it is short. */
export function base(of: Expr, w: Writer): string {
  return BARE.has(of.kind) ||
      of.kind === "number" && /^[\d.]+$/.test(w.at("atom", of))
    ? w.at("atom", of)
    : `\\left( ${w.at("logic", of)} \\right)`;
}

/** The same in Unicode. */
export function unicodeBase(of: Expr, w: UnicodeWriter): string {
  const text = w.at("atom", of);
  return of.kind === "power" || of.kind === "transpose" ? `(${text})` : text;
}

/** A name in Unicode, with its label: dₖ, W_ih, d′. */
export function unicodeName(name: string): string {
  return showName(name).replaceAll("'", "′")
    .replace(/_\{?(\w)\}?$/, (all, label) => subscript(label) ?? all);
}

/** Lists with two neighbors exchanged, one replaced, or one missing. */
export function* lists<T>(
  list: readonly T[],
  others: readonly T[],
  swap = true,
): Generator<T[]> {
  for (const [i, item] of list.entries()) {
    if (swap && i + 1 < list.length) {
      yield list.toSpliced(i, 2, list[i + 1], item);
    }
    for (const other of others) if (other !== item) yield list.with(i, other);
    yield list.toSpliced(i, 1);
  }
}

/** Shifts that are off by one: X_{i+a} for X_{i+a-1}. */
function* shifted(
  list: readonly Index[],
  make: (indices: Index[]) => Expr,
): Generator<Mutant> {
  for (const [i, index] of list.entries()) {
    if (typeof index !== "object" || index.kind === "data") continue;
    for (const kind of ["add", "subtract"] as const) {
      yield {
        operator: "shift",
        mutant: make(list.with(i, { kind, left: index, right: 1 })),
      };
    }
    if (index.kind === "add" || index.kind === "subtract") {
      for (const part of [index.left, index.right]) {
        yield { operator: "shift", mutant: make(list.with(i, part)) };
      }
    }
  }
}

export const partial: Kind<"partial"> = {
  read: {
    prefix(reader) {
      const node = baseOf(reader.next!);
      if (node.type !== "genfrac" || !node.hasBarLine) return undefined;
      const [above, below] = [listOf(node.numer), listOf(node.denom)];
      const has = [above, below].map((nodes) => is(nodes[0], "\\partial"));
      if ([above, below].every((nodes) => nodes.length > 1 && isD(nodes[0]))) {
        reader.refuse("a derivative must be written with ∂");
      }
      if (!has[0] && !has[1] && !isPower(above)) return undefined;
      if (isPower(above)) {
        reader.refuse(
          "only first derivatives have a meaning here: ∂ has no exponent",
        );
      }
      if (!has[0] || !has[1]) {
        reader.refuse("a partial derivative must have ∂ above and below");
      }
      const expr: Expr = {
        kind: "partial",
        of: variable(above, reader),
        by: variable(below, reader),
      };
      return reader.postfix(expr, reader.take());
    },
  },
  write: ({ of, by }, w) =>
    `\\frac{\\partial ${w.at("atom", of)}}{\\partial ${w.at("atom", by)}}`,
  level: () => "atom",
  unicode: ({ of, by }, w) => `∂${w.at("atom", of)}/∂${w.at("atom", by)}`,
  unicodeLevel: () => "factor",
  parts: ({ of, by }) => [of, by],
  with: (expr, [of, by]) => ({ ...expr, of, by }),
  indices: () => [],
  binds: () => [],
  value({ of, by }, e) {
    const [above, i] = split(of, e);
    const [below, j] = split(by, e);
    return slice(
      e.scope.partial(above, below),
      [...i, ...j],
      `∂${above}∕∂${below}`,
    );
  },
  rank: ({ of, by }, ranks) => ranks.of(of) + ranks.of(by),
  *mutants() {},
};

/** The d of dy∕dx. */
function isD(node: Node): boolean {
  return is(node, "d") || node.font === "mathrm" && isOnly(node.body, "d");
}

/** ∂² */
function isPower([node]: Node[]): boolean {
  return node?.type === "supsub" && is(baseOf(node), "\\partial");
}

function variable(nodes: Node[], reader: Reader): Expr {
  const expr = reader.whole(nodes.slice(1), "atom");
  const of = expr.kind === "element" ? expr.of : expr;
  if (of.kind === "symbol") return expr;
  return reader.refuse("∂ must be in front of one variable", nodes[0]);
}

/** The symbol of a variable, and its indices. */
function split<T>(expr: Expr, e: Evaluation<T>): [string, number[]] {
  const at = expr.kind === "element" ? expr.indices.map((i) => e.index(i)) : [];
  const symbol = expr.kind === "element" ? expr.of : expr;
  return [symbol.kind === "symbol" ? symbol.name : "", at];
}

export const delta: Kind<"delta"> = {
  ...leaf,
  read: {
    prefix(reader) {
      const node = reader.next!;
      if (!is(baseOf(node), "\\delta")) return undefined;
      if (node.type !== "supsub" || !node.sub) {
        if (reader.names.isSymbol("\\delta")) return undefined;
        reader.refuse("the Kronecker delta must have two indices");
      }
      const indices = reader.indices(node.sub);
      if (indices.length !== 2) {
        // δ_1 may be a symbol of the page as a whole.
        const named = symbolOf(node, reader.names)!.name;
        if (reader.names.isSymbol(named)) return undefined;
        reader.refuse("the Kronecker delta must have two indices");
      }
      const [a, b] = indices;
      reader.take();
      return reader.postfix({ kind: "delta", indices: [a, b] }, {
        ...node,
        sub: undefined,
      });
    },
  },
  write: ({ indices }, w) => `\\delta_{${w.indices(indices)}}`,
  level: () => "atom",
  unicode: ({ indices }, w) => `δ${w.indices(indices)}`,
  indices: ({ indices }) => indices,
  value: ({ indices: [a, b] }, e) =>
    scalar(e.field.constant(e.index(a) === e.index(b) ? 1 : 0)),
  rank: () => 0,
  *mutants(expr, { indices }) {
    for (const [a, b, ...rest] of lists<Index>(expr.indices, indices, false)) {
      if (b === undefined || rest.length > 0) continue;
      yield { operator: "index", mutant: { ...expr, indices: [a, b] } };
    }
  },
};

export const ones: Kind<"ones"> = {
  ...leaf,
  read: {
    prefix(reader) {
      const node = reader.next!;
      if (!isOne(baseOf(node))) return undefined;
      const sub = listOf(node.sub);
      if (
        sub.length === 0 || sub.some((n) => n.family === "rel" || is(n, "\\{"))
      ) {
        return undefined;
      }
      reader.take();
      const expr: Expr = { kind: "ones", shape: reader.shape(sub) };
      return reader.postfix(expr, { ...node, sub: undefined });
    },
  },
  write: ({ shape }, w) => `\\mathbf{1}_{${w.shape(shape)}}`,
  level: () => "atom",
  unicode: ({ shape }, w) => `𝟏[${w.shape(shape)}]`,
  indices: ({ shape }) => shape,
  value({ shape }, e) {
    const sizes = shape.map((dim) => e.index(dim));
    const one = e.field.constant(1);
    return { shape: sizes, data: tuplesOf(sizes).map(() => one) };
  },
  rank: ({ shape }) => shape.length,
  *mutants(expr, { dims }) {
    for (const shape of lists<Dim>(expr.shape, dims)) {
      if (shape.length > 0) {
        yield { operator: "shape", mutant: { ...expr, shape } };
      }
    }
  },
};

/** 𝟏, of tensors and conditions. */
export function isOne(font: Node): boolean {
  return (font.font === "mathbf" || font.font === "mathbb") &&
    isOnly(font.body, "1");
}

export const transpose: Kind<"transpose"> = {
  read: {
    postfix(of, node, reader) {
      if (!node.sup || !isTranspose(node.sup, reader)) return undefined;
      return { kind: "transpose", of };
    },
  },
  write: ({ of }, w) =>
    `${of.kind === "element" ? w.at("atom", of) : base(of, w)}^{\\mathsf{T}}`,
  level: () => "atom",
  unicode: ({ of }, w) => `${unicodeBase(of, w)}ᵀ`,
  parts: ({ of }) => [of],
  with: (expr, [of]) => ({ ...expr, of }),
  indices: () => [],
  binds: () => [],
  value({ of }, e) {
    const value = e.value(of);
    if (value.shape.length > 2) {
      throw new EvaluationError(
        `a tensor of shape ${value.shape.join("×")} has no transpose`,
      );
    }
    return turned(value);
  },
  rank: ({ of }, ranks) => ranks.of(of),
  *mutants({ of }) {
    yield { operator: "transpose", mutant: of };
  },
};

function isTranspose(sup: Node, reader: Reader): boolean {
  const [mark, ...rest] = listOf(sup);
  const is = mark?.type === "font"
    ? isOnly(mark.body, "T")
    : ["T", "\\top", "\\intercal"].includes(mark?.text ?? "");
  if (is && rest.length > 0) {
    reader.refuse(`${describe(rest[0])} is not expected here`, rest[0]);
  }
  return is;
}
