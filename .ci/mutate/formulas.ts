// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Every way to break a formula of a page once: indices exchanged, sums dropped,
 * signs turned, factors removed, and so on.
 *
 * The project's own parser reads the formulas, and each mutant is written as TeX
 * again. Only what claims something can be wrong: equations, shapes of tensors,
 * and the table of shapes. A symbol in a sentence claims nothing.
 *
 * @module
 */

import {
  ALL,
  type Dim,
  type Expr,
  parseFormula,
  type Statement,
} from "../../ops/proof/formula.ts";
import { SYMBOLS } from "../../ops/proof/kernel.ts";
import { type Page, readPage } from "../../ops/proof/page.ts";
import type { Edit } from "./mutators.ts";

/** One way to break a page. */
export interface FormulaMutation extends Edit {
  operator: string;
  line: number;
  /** The function whose documentation it is, or `page`. */
  name: string;
  /** The formula before and after, in TeX. */
  from: string;
  to: string;
}

type Symbols = Pick<Page, "inputs" | "output">;

/** Whether a module's comment is the page of an operation, or of a kernel. */
export type PageKind = "operation" | "kernel";

/** All ways to break the formulas of a page, each once. */
export function formulaMutations(
  source: string,
  kind: PageKind = "operation",
): FormulaMutation[] {
  const page = kind === "operation" ? readPage(source) : SYMBOLS;
  const found: FormulaMutation[] = [];
  for (const { tex, start, end, write, inTable } of formulasOf(source, kind)) {
    const line = source.slice(0, start).split("\n").length;
    const name = ownerOf(source, start);
    const statements = parseFormula(tex);
    const from = statements.map(print).join(", ");
    const seen = new Set([from]);
    for (const [i, statement] of statements.entries()) {
      for (
        const { operator, mutant } of breakStatement(statement, page, inTable)
      ) {
        const to = statements.with(i, { tex: "", ...mutant } as Statement)
          .map(print).join(", ");
        if (seen.has(to)) continue;
        seen.add(to);
        found.push({
          operator,
          line,
          name,
          from,
          to,
          start,
          end,
          text: write(to),
        });
      }
    }
  }
  return found;
}

interface Place {
  tex: string;
  start: number;
  end: number;
  /** The text of the module with another formula in this place. */
  write: (tex: string) => string;
  inTable: boolean;
}

/** The formulas of a page that claim something, and where they stand. */
function* formulasOf(source: string, kind: PageKind): Generator<Place> {
  const fences = /^ \* ```math\n([\s\S]*?)^ \* ```/gm;
  for (const { 0: all, 1: body, index } of source.matchAll(fences)) {
    yield {
      tex: body.replace(/^ \* ?/gm, ""),
      start: index,
      end: index + all.length,
      write: (tex) => ` * \`\`\`math\n * ${tex}\n * \`\`\``,
      inTable: false,
    };
  }
  if (kind === "kernel") return; // In its sentences, there are names and counts.
  for (const { 0: all, 1: tex, index } of source.matchAll(/\$`([^`]+)`\$/g)) {
    const lineStart = source.lastIndexOf("\n", index) + 1;
    yield {
      tex: tex.replace(/\n \* ?/g, " "),
      start: index,
      end: index + all.length,
      write: (tex) => `$\`${tex}\`$`,
      // The third column, of roles, is prose.
      inTable: /^ \* (\|[^|]*){1,2}$/.test(source.slice(lineStart, index)),
    };
  }
}

function ownerOf(source: string, at: number): string {
  const end = source.indexOf("*/", at);
  return /^\*\/\s*export function (\w+)/.exec(source.slice(end))?.[1] ?? "page";
}

interface Broken<T> {
  operator: string;
  mutant: T;
}

type Said = Omit<Statement, "tex">;

function* breakStatement(
  statement: Statement,
  page: Symbols,
  inTable: boolean,
): Generator<Broken<Said>> {
  const breaker = new Breaker(page, statement);
  switch (statement.kind) {
    case "equation":
      for (const [i, side] of statement.sides.entries()) {
        for (const { operator, mutant } of breaker.all(side)) {
          const sides = statement.sides.with(i, mutant);
          yield { operator, mutant: { kind: "equation", sides } as Said };
        }
        const two = { kind: "number", value: 2 } as const;
        const twice: Expr = {
          kind: "product",
          factors: [two, ...side.kind === "product" ? side.factors : [side]],
        };
        const sides = statement.sides.with(i, twice);
        yield {
          operator: "factor",
          mutant: { kind: "equation", sides } as Said,
        };
      }
      return;
    case "membership":
      for (const { operator, mutant } of breaker.all(statement.of, true)) {
        yield { operator, mutant: { ...statement, of: mutant } as Said };
      }
      for (const shape of breaker.shapes(statement.shape)) {
        yield { operator: "shape", mutant: { ...statement, shape } as Said };
      }
      return;
    case "shape":
      if (!inTable) return;
      for (const shape of breaker.shapes(statement.shape)) {
        yield { operator: "shape", mutant: { ...statement, shape } as Said };
      }
      return;
    case "expression": {
      if (!inTable) return;
      const { expr } = statement;
      if (expr.kind === "symbol" && breaker.dims.includes(expr.name)) {
        for (const [dim] of breaker.shapes([expr.name])) {
          if (typeof dim !== "string") continue;
          const mutant = { kind: "symbol", name: dim } as const;
          yield {
            operator: "shape",
            mutant: { ...statement, expr: mutant } as Said,
          };
        }
        return;
      }
      for (const { operator, mutant } of breaker.all(expr)) {
        if (operator !== "symbol") continue;
        yield { operator, mutant: { ...statement, expr: mutant } as Said };
      }
    }
  }
}

/** Breaks expressions of one statement of a page. */
class Breaker {
  readonly dims: Dim[];
  readonly #symbols: string[];
  readonly #indices: string[];
  readonly #ranks: Map<string, number>;

  constructor({ inputs, output }: Symbols, statement: Statement) {
    const variables = [...inputs, output];
    this.dims = [...new Set(variables.flatMap(({ shape }) => shape))];
    this.#ranks = new Map(
      variables.map(({ symbol, shape }) => [symbol, shape.length]),
    );
    this.#symbols = [...this.#ranks.keys()];
    const indices = new Set<string>();
    walk(statement, (e) => {
      if (e.kind === "element" || e.kind === "delta") {
        for (const index of e.indices) indices.add(index);
      }
      if (e.kind === "sum") indices.add(e.index);
    });
    this.#indices = [...indices];
  }

  /** The axes of a value, where 0 is a number. */
  #rank(expr: Expr): number {
    switch (expr.kind) {
      case "symbol":
        return this.#ranks.get(expr.name) ?? 0;
      case "element": {
        const rank = this.#rank(expr.of);
        return this.#isAny(expr.of)
          ? 0
          : Math.max(0, rank - expr.indices.length);
      }
      case "partial":
        return this.#rank(expr.of) + this.#rank(expr.by);
      case "transpose":
      case "negative":
        return this.#rank(expr.of);
      case "sum":
        return this.#rank(expr.body);
      case "ones":
        return expr.shape.length;
      case "product":
        return Math.max(...expr.factors.map((e) => this.#rank(e)));
      case "add":
        return this.#rank(expr.terms[0]);
      default:
        return 0;
    }
  }

  /** Whether it is a tensor of any rank, whose index is a tuple. */
  #isAny(expr: Expr): boolean {
    return expr.kind === "symbol" && this.dims.includes(ALL) &&
      (this.#ranks.get(expr.name) ?? 0) > 0;
  }

  /** Every expression that is this one with one mistake. */
  *all(expr: Expr, isSaid = false): Generator<Broken<Expr>> {
    yield* this.#here(expr, isSaid);
    for (const [child, put] of children(expr)) {
      for (const { operator, mutant } of this.all(child, isSaid)) {
        yield { operator, mutant: put(mutant) };
      }
    }
  }

  *#here(expr: Expr, isSaid: boolean): Generator<Broken<Expr>> {
    const rank = this.#rank(expr);
    if (!isSaid) {
      yield { operator: "sign", mutant: { kind: "negative", of: expr } };
      if (rank > 0 && expr.kind !== "transpose") {
        yield {
          operator: "transpose",
          mutant: { kind: "transpose", of: expr },
        };
      }
    }
    switch (expr.kind) {
      case "number":
        yield {
          operator: "number",
          mutant: { ...expr, value: expr.value + 1 },
        };
        return;
      case "symbol":
        for (const name of this.#symbols) {
          if (name === expr.name) continue;
          yield { operator: "symbol", mutant: { ...expr, name } };
        }
        return;
      case "element":
        for (const indices of lists(expr.indices, this.#indices)) {
          if (indices.length === 0) {
            yield { operator: "index", mutant: expr.of };
          } else yield { operator: "index", mutant: { ...expr, indices } };
        }
        return;
      case "delta":
        for (const indices of lists(expr.indices, this.#indices, false)) {
          if (indices.length !== 2) continue;
          const [a, b] = indices;
          yield { operator: "index", mutant: { ...expr, indices: [a, b] } };
        }
        return;
      case "ones":
        for (const shape of this.shapes(expr.shape)) {
          yield { operator: "shape", mutant: { ...expr, shape } };
        }
        return;
      case "negative":
        yield { operator: "sign", mutant: expr.of };
        return;
      case "add":
        for (const i of expr.terms.keys()) {
          const terms = expr.terms.toSpliced(i, 1);
          yield { operator: "term", mutant: joined("add", terms) };
        }
        return;
      case "product": {
        const { factors } = expr;
        for (const i of factors.keys()) {
          yield {
            operator: "factor",
            mutant: joined("product", factors.toSpliced(i, 1)),
          };
          const pair = factors.slice(i, i + 2);
          if (pair.length < 2 || pair.some((e) => this.#rank(e) === 0)) {
            continue;
          }
          yield {
            operator: "order",
            mutant: {
              ...expr,
              factors: factors.toSpliced(i, 2, pair[1], pair[0]),
            },
          };
        }
        return;
      }
      case "fraction":
        yield {
          operator: "fraction",
          mutant: { ...expr, above: expr.below, below: expr.above },
        };
        return;
      case "sum":
        yield { operator: "sum", mutant: expr.body };
        for (const to of this.dims) {
          if (to === expr.to || expr.to === ALL || to === ALL) continue;
          yield { operator: "bound", mutant: { ...expr, to } };
        }
        for (const index of this.#indices) {
          if (index === expr.index) continue;
          yield { operator: "index", mutant: { ...expr, index } };
        }
        return;
      case "transpose":
        yield { operator: "transpose", mutant: expr.of };
        return;
    }
  }

  /** Shapes with one mistake. */
  *shapes(shape: Dim[]): Generator<Dim[]> {
    for (const other of lists(shape, this.dims)) {
      if (other.length > 0) yield other;
    }
  }
}

/** Lists with two neighbours exchanged, one replaced, or one missing. */
function* lists<T>(
  list: readonly T[],
  others: T[],
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

function joined(kind: "add" | "product", parts: Expr[]): Expr {
  if (parts.length === 1) return parts[0];
  return kind === "add"
    ? { kind, terms: parts }
    : { kind: "product", factors: parts };
}

/** The parts of an expression, and the expression with another part. */
function* children(expr: Expr): Generator<[Expr, (part: Expr) => Expr]> {
  const names = ["of", "by", "above", "below", "body", "left", "right"];
  for (const [name, part] of Object.entries(expr)) {
    if (names.includes(name)) {
      yield [part as Expr, (other) => ({ ...expr, [name]: other }) as Expr];
    } else if (name === "terms" || name === "factors") {
      for (const [i, item] of (part as Expr[]).entries()) {
        yield [
          item,
          (other) =>
            ({ ...expr, [name]: (part as Expr[]).with(i, other) }) as Expr,
        ];
      }
    }
  }
}

function walk(statement: Statement, see: (expr: Expr) => void): void {
  const visit = (expr: Expr) => {
    see(expr);
    for (const [child] of children(expr)) visit(child);
  };
  if (statement.kind === "equation") statement.sides.forEach(visit);
  if (statement.kind === "membership") visit(statement.of);
  if (statement.kind === "expression") visit(statement.expr);
}

/** A statement as TeX. */
export function print(statement: Statement): string {
  switch (statement.kind) {
    case "equation":
      return statement.sides.map((side) => tex(side)).join(" = ");
    case "membership": {
      const { of, shape } = statement;
      const power = shape.length > 0 ? `^{${shapeTex(shape)}}` : "";
      return `${tex(of)} \\in \\mathbb{R}${power}`;
    }
    case "shape":
      return shapeTex(statement.shape);
    case "expression":
      return tex(statement.expr);
  }
}

function shapeTex(shape: readonly Dim[]): string {
  return shape.map((dim) => dim === ALL ? "\\cdots" : dim).join(" \\times ");
}

function tex(expr: Expr): string {
  switch (expr.kind) {
    case "number":
      return String(expr.value);
    case "symbol":
      return expr.name;
    case "element":
      return `${atom(expr.of)}_{${expr.indices.join("")}}`;
    case "partial":
      return `\\frac{\\partial ${tex(expr.of)}}{\\partial ${tex(expr.by)}}`;
    case "add":
      return expr.terms.map((term, i) =>
        term.kind === "negative" || i === 0 ? tex(term) : `+ ${tex(term)}`
      ).join(" ");
    case "negative":
      return `-${factor(expr.of, true)}`;
    case "product":
      return expr.factors.map((e, i) => {
        const isLast = i === expr.factors.length - 1;
        const dot = i > 0 && e.kind === "number" ? "\\cdot " : "";
        return dot + factor(e, isLast);
      }).join(" ");
    case "fraction":
      return `\\frac{${tex(expr.above)}}{${tex(expr.below)}}`;
    case "sum": {
      const { index, to, body } = expr;
      const range = to === ALL
        ? `_{${index} \\in \\mathcal{I}}`
        : `_{${index}=1}^{${to}}`;
      const inside = body.kind === "product" ? tex(body) : factor(body, true);
      return `\\sum${range} ${inside}`;
    }
    case "transpose":
      return expr.of.kind === "element"
        ? `${tex(expr.of)}^{\\mathsf{T}}`
        : `${atom(expr.of)}^{\\mathsf{T}}`;
    case "inner":
      return `\\langle ${tex(expr.left)}, ${tex(expr.right)} \\rangle`;
    case "delta":
      return `\\delta_{${expr.indices.join("")}}`;
    case "ones":
      return `\\mathbf{1}_{${shapeTex(expr.shape)}}`;
  }
}

/** An expression as a factor; what runs on to the right must be the last. */
function factor(expr: Expr, isLast: boolean): string {
  const isOpen = expr.kind === "add" || expr.kind === "negative" ||
    expr.kind === "product" || expr.kind === "sum" && !isLast;
  return isOpen ? `\\left( ${tex(expr)} \\right)` : tex(expr);
}

/** An expression that indices or an exponent may hang on. */
function atom(expr: Expr): string {
  return expr.kind === "symbol" || expr.kind === "ones"
    ? tex(expr)
    : `\\left( ${tex(expr)} \\right)`;
}
