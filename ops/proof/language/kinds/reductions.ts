// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Sums, products and extremes over indices; inner products and norms.
 *
 * @module
 */

import {
  EvaluationError,
  type Expr,
  type ExprOf,
  type Field,
  type Index,
  type Reduction,
  type Value,
} from "../expression.ts";
import type { Evaluation, Kind, Mutant, Reader } from "../kind.ts";
import { symbolOf, wordOf } from "../names.ts";
import {
  baseOf,
  describe,
  is,
  isOnly,
  listOf,
  type Node,
  splitAt,
} from "../tex.ts";
import { subscript, superscript } from "../unicode.ts";
import { balanced, dot, sameShape, scalar, total } from "../values.ts";
import { most } from "./calls.ts";
import { relationOf } from "./conditions.ts";
import { lists } from "./leaves.ts";

const TEX: Record<Reduction, string> = {
  sum: "\\sum",
  prod: "\\prod",
  max: "\\max",
  min: "\\min",
  argmax: "\\operatorname*{argmax}",
  argmin: "\\operatorname*{argmin}",
};

const UNICODE: Record<Reduction, string> = {
  sum: "Σ",
  prod: "∏",
  max: "max",
  min: "min",
  argmax: "argmax",
  argmin: "argmin",
};

export const reduce: Kind<"reduce"> = {
  read: {
    prefix(reader) {
      const operation = operationOf(reader);
      if (operation === undefined) return undefined;
      const node = reader.take();
      const { ranges, where } = rangesOf(node, reader);
      if (is(reader.next, "+", "-")) {
        reader.refuse(
          `what follows \\${operation} must be in brackets if it begins with a sign`,
        );
      }
      const indices = ranges.flatMap(({ indices }) => indices);
      const body = bodyOf(operation, indices, node, reader);
      // Indices with bounds of their own are one sum within the other.
      return ranges.reduceRight<Expr>(
        (inner, range, i) => ({
          kind: "reduce",
          operation,
          ...range,
          ...where !== undefined && i === ranges.length - 1 ? { where } : {},
          body: inner,
        }),
        body,
      );
    },
  },
  write(expr, w) {
    const { operation, indices, from, to, where, body } = expr;
    const sup = to === undefined || from === undefined
      ? ""
      : `^{${w.index(to)}}`;
    const start = from === undefined ? "" : `=${w.index(from)}`;
    const names = `${indices.join(", ")}${start}`;
    const conditions = where?.kind === "logic" && where.operation === "and"
      ? where.conditions
      : where === undefined
      ? []
      : [where];
    const said = conditions.map((c) => w.at("condition", c)).join(", ");
    const [first] = conditions;
    // j ≠ i says by itself which index it is of.
    const sub = said === ""
      ? names
      : from === undefined && indices.length === 1 &&
          saysItself(first, indices[0])
      ? said
      : from === undefined
      ? `${names} : ${said}`
      : `${names}, ${said}`;
    const isWide = operation === "sum" &&
      (body.kind === "product" || body.kind === "hadamard");
    const inside = w.at(isWide ? "hadamard" : "factor", body);
    return `${TEX[operation]}_{${sub}}${sup} ${inside}`;
  },
  level: () => "factor",
  unicode(expr, w) {
    const { operation, indices, from, to, where, body } = expr;
    // Nothing is said of an index that runs over a whole dimension.
    const isBounded = from !== undefined && to !== undefined &&
      (from !== 1 || typeof to !== "string" || w.isIndex(to));
    const names = indices.map((index) => w.index(index)).join(", ");
    const said = where === undefined ? "" : w.at("logic", where);
    let range = w.indices(indices);
    if (isBounded) {
      const below = subscript(`${names}=${w.index(from)}`);
      const above = superscript(w.index(to));
      range = said === "" && below !== undefined && above !== undefined
        ? below + above
        : `[${names} = ${w.index(from)}…${w.index(to)}${said && `, ${said}`}]`;
    } else if (said !== "") {
      const isPlain = indices.length === 1 && saysItself(where!, indices[0]);
      range = isPlain ? `[${said}]` : `[${names}: ${said}]`;
    }
    const isWide = operation === "sum" &&
      ["product", "hadamard", "fraction"].includes(body.kind);
    return `${UNICODE[operation]}${range} ${
      w.at(isWide ? "hadamard" : "factor", body)
    }`;
  },
  parts: ({ where, body }) => where === undefined ? [body] : [body, where],
  with: (expr, [body, where]) =>
    where === undefined ? { ...expr, body } : { ...expr, body, where },
  indices: ({ from, to }) => [from, to].filter((i) => i !== undefined),
  binds: ({ indices }) => indices,
  value<T>(expr: ExprOf<"reduce">, e: Evaluation<T>): Value<T> {
    const { operation, body } = expr;
    const { field } = e;
    const values: Value<T>[] = [];
    const places: number[] = [];
    each(expr, e, (at) => {
      places.push(at);
      values.push(e.value(body));
    });
    if (values.length === 0) {
      if (operation === "sum") return scalar(field.constant(0));
      if (operation === "prod") return scalar(field.constant(1));
      throw new EvaluationError(`an empty set has no ${operation}imum`);
    }
    const [first] = values;
    if (first.shape.length === 0) {
      const all = values.map(({ data }) => data[0]);
      const areNumbers = values.every(({ shape }) => shape.length === 0);
      if (areNumbers) return scalar(reduced(operation, all, places, field));
    }
    for (const other of values) sameShape("be reduced", first, other);
    if (operation !== "sum") {
      throw new EvaluationError(`\\${operation} must be followed by a number`);
    }
    return {
      ...first,
      data: first.data.map((_, i) =>
        total(field, values.map((v) => v.data[i]))
      ),
    };
  },
  rank: ({ body }, ranks) => ranks.of(body),
  *mutants(expr, mistakes) {
    const { operation, indices, from, to, where, body } = expr;
    yield { operator: operation, mutant: body };
    const others: Record<Reduction, Reduction[]> = {
      sum: ["prod"],
      prod: ["sum"],
      max: ["min", "sum"],
      min: ["max"],
      argmax: ["argmin"],
      argmin: ["argmax"],
    };
    for (const other of others[operation]) {
      yield { operator: operation, mutant: { ...expr, operation: other } };
    }
    if (to !== undefined && from !== undefined) {
      for (const dim of mistakes.dims) {
        if (dim !== to) {
          yield { operator: "bound", mutant: { ...expr, to: dim } };
        }
      }
      yield* off(from, (from) => ({ ...expr, from }));
      yield* off(to, (to) => ({ ...expr, to }));
    }
    if (where !== undefined) {
      const { where: _, ...all } = expr;
      yield { operator: "condition", mutant: all };
    }
    for (const other of lists(indices, mistakes.indices, false)) {
      if (other.length !== indices.length) continue;
      yield { operator: "index", mutant: { ...expr, indices: other } };
    }
    if (indices.length > 1) {
      for (const i of indices.keys()) {
        yield {
          operator: operation,
          mutant: { ...expr, indices: indices.toSpliced(i, 1) },
        };
      }
    }
  },
};

/** What a sum runs over; the end of anything else must be unambiguous. */
function bodyOf(
  operation: Reduction,
  indices: readonly string[],
  node: Node,
  reader: Reader,
): Expr {
  if (operation === "sum") return reader.read("hadamard");
  const first = baseOf(reader.next ?? node);
  const isBracketed = is(first, "(") || first.left === "(";
  const body = reader.read(isBracketed ? "factor" : "hadamard");
  const outside = isBracketed
    ? !reader.atEnd || is(reader.next, "\\odot", "\\oslash")
    : trailing(body).some((e) =>
      !indices.some((i) => reader.isFree(i, e) || isThere(i, e))
    );
  if (outside) {
    reader.refuse(
      `it is ambiguous whether the \\${operation} extends over all that follows: add brackets`,
      node,
    );
  }
  return body;
}

/** An index that stands for its number, j² x. */
function isThere(index: string, expr: Expr): boolean {
  return JSON.stringify(expr).includes(
    JSON.stringify({ kind: "symbol", name: index }),
  );
}

/** Bounds that are off by one. */
function* off(bound: Index, make: (bound: Index) => Expr): Generator<Mutant> {
  if (typeof bound === "number") {
    yield { operator: "bound", mutant: make(bound + 1) };
  } else {
    for (const kind of ["add", "subtract"] as const) {
      yield {
        operator: "bound",
        mutant: make({ kind, left: bound, right: 1 }),
      };
    }
  }
}

function reduced<T>(
  operation: Reduction,
  all: readonly T[],
  places: readonly number[],
  field: Field<T>,
): T {
  switch (operation) {
    case "sum":
      return total(field, all);
    case "prod":
      return balanced(all, field.multiply);
    case "max":
      return most(field, all, 1);
    case "min":
      return most(field, all, -1);
    case "argmax":
    case "argmin": {
      const best = most(field, all, operation === "argmax" ? 1 : -1);
      return field.constant(places[all.indexOf(best)] ?? NaN);
    }
  }
}

/** Runs for all values of the indices for which the condition holds. */
function each<T>(
  { indices, from, to, where, body }: ExprOf<"reduce">,
  e: Evaluation<T>,
  run: (last: number) => void,
): void {
  const within = where === undefined ? [body] : [body, where];
  const loop = (depth: number) => {
    if (depth === indices.length) {
      if (where === undefined || e.holds(where)) {
        run(e.indices.get(indices[depth - 1])!);
      }
      return;
    }
    const index = indices[depth];
    const first = from === undefined ? 1 : e.index(from);
    const last = to === undefined ? e.range(index, within) : e.index(to);
    for (let at = first; at <= last; at++) {
      e.bound(index, at, () => loop(depth + 1));
    }
  };
  loop(0);
}

function operationOf(reader: Reader): Reduction | undefined {
  const base = baseOf(reader.next!);
  const hasSub = reader.next!.sub !== undefined;
  if (base.type === "op" && base.name === "\\arg") {
    const second = reader.second && wordOf(reader.second);
    if (second !== "max" && second !== "min") return undefined;
    reader.take();
    return `arg${second}`;
  }
  const name = base.type === "op" && base.name !== undefined
    ? base.name.slice(1)
    : wordOf(base);
  if (name === "sum" || name === "prod") return name;
  if ((name === "max" || name === "min") && hasSub) return name;
  return name === "argmax" || name === "argmin" ? name : undefined;
}

/** Some indices that run over the same. */
type Range = Pick<ExprOf<"reduce">, "indices" | "from" | "to">;

const HINT =
  "it must say its index, as in \\sum_j, \\sum_{j=1}^{n}, \\sum_{a, b} or \\sum_{j \\ne i}";

/** What is below and above \sum. */
function rangesOf(
  node: Node,
  reader: Reader,
): { ranges: Range[]; where?: Expr } {
  const sup = listOf(node.sup);
  // \substack has rows.
  const sub = listOf(node.sub).flatMap((n) =>
    n.type === "array"
      ? (n.body as Node[][]).flatMap((row, i): Node[] => [
        ...i > 0 ? [{ type: "atom", family: "punct", text: "," }] : [],
        ...row.flatMap((cell) => listOf(cell)),
      ])
      : [n]
  );
  if (sub.length === 0) reader.refuse(HINT, node);
  const ranges: Range[] = [];
  const conditions: Expr[] = [];
  let plain: string[] = [];
  const close = (from: Index, to: Index) => {
    ranges.push({ indices: plain, from, to });
    plain = [];
  };
  let ends = false;
  const [names, such] = splitAt(sub, (n) => is(n, ":", "\\mid", "\\colon"));
  for (const part of splitAt(names, (n) => is(n, ","))) {
    const [relation, ...more] = part.filter((n) => n.family === "rel");
    const at = part.indexOf(relation);
    const first = at === 1 ? indexName(part[0], reader) : undefined;
    if (relation === undefined) {
      const named = part.map((n) => indexName(n, reader));
      if (named.length === 0 || named.includes(undefined)) {
        reader.refuse(HINT, node);
      }
      plain.push(...named as string[]);
    } else if (is(relation, "=") && more.length === 0 && !ends) {
      if (first === undefined) reader.refuse(HINT, node);
      if (sup.length === 0) {
        reader.refuse(
          `it must say where it ends: \\sum_{${first}=…}^{…}`,
          node,
        );
      }
      plain.push(first);
      close(reader.index(part.slice(at + 1)), reader.index(sup));
      ends = true;
    } else if (is(relation, "\\in")) {
      const set = enumeration(part.slice(at + 1), reader);
      if (first === undefined || set === undefined) {
        reader.refuse("a set must have the form \\{1, \\dots, n\\}", node);
      }
      plain.push(first);
      close(...set);
    } else {
      const between = boundsIn(part, reader);
      const isNew = between !== undefined && ![
        ...plain,
        ...ranges.flatMap(({ indices }) => indices),
      ].includes(between.name);
      if (between !== undefined && isNew) {
        if (plain.length > 0) ranges.push({ indices: plain });
        plain = [between.name];
        close(between.from, between.to);
        continue;
      }
      conditions.push(reader.whole(part, "condition"));
      if (plain.length + ranges.length > 0) continue;
      // j ≠ i is of the index on the left.
      if (first === undefined) reader.refuse(HINT, node);
      plain.push(first);
    }
  }
  if (plain.length > 0) ranges.push({ indices: plain });
  if (sup.length > 0 && !ends) {
    reader.refuse(
      `it must say where it begins: \\sum_{${ranges[0].indices[0]}=1}^{…}`,
      node,
    );
  }
  for (const part of splitAt(such ?? [], (n) => is(n, ","))) {
    if (such !== undefined) conditions.push(reader.whole(part, "logic"));
  }
  if (conditions.length === 0) return { ranges };
  const where: Expr = conditions.length > 1
    ? { kind: "logic", operation: "and", conditions }
    : conditions[0];
  return { ranges, where };
}

/** 1 ≤ j < n, which says what j runs over. */
function boundsIn(
  part: readonly Node[],
  reader: Reader,
): { name: string; from: Index; to: Index } | undefined {
  const sides = splitAt(part, (n) => n.family === "rel");
  const [below, above] = part.filter((n) => n.family === "rel").map(relationOf);
  const isBetween = sides.length === 3 && (below === "<" || below === "≤") &&
    (above === "<" || above === "≤");
  const [low, own, high] = sides;
  const name = isBetween && own.length === 1
    ? indexName(own[0], reader)
    : undefined;
  if (name === undefined) return undefined;
  const [from, to] = [reader.index(low), reader.index(high)];
  return {
    name,
    from: below === "≤" ? from : nextTo(from, 1),
    to: above === "≤" ? to : nextTo(to, -1),
  };
}

function nextTo(index: Index, by: 1 | -1): Index {
  if (typeof index === "number") return index + by;
  return { kind: by > 0 ? "add" : "subtract", left: index, right: 1 };
}

function indexName(node: Node, reader: Reader): string | undefined {
  const named = symbolOf(node, reader.names);
  return named?.rest.type === "supsub" ? undefined : named?.name;
}

/** The bounds of \{1, …, n\}. */
export function enumeration(
  nodes: readonly Node[],
  reader: Reader,
): [Index, Index] | undefined {
  const [set] = nodes;
  const isSet = set?.type === "leftright"
    ? set.left === "\\{" && nodes.length === 1
    : is(set, "\\{", "\\lbrace") && is(nodes.at(-1), "\\}", "\\rbrace");
  if (!isSet) return undefined;
  const inside = set.type === "leftright"
    ? listOf(set.body as Node[])
    : nodes.slice(1, -1);
  const parts = splitAt(inside, (n) => is(n, ","));
  const dots = parts.findIndex((part) =>
    part.length === 1 && is(part[0], "\\ldots", "\\@cdots")
  );
  if (dots < 1 || dots !== parts.length - 2) return undefined;
  return [reader.index(parts[0]), reader.index(parts[dots + 1])];
}

/** Whether a condition says which index a sum runs over. */
function saysItself(condition: Expr, index: string): boolean {
  if (condition.kind !== "compare") return false;
  const { sides, relations } = condition;
  const own = sides[sides.length > 2 ? 1 : 0];
  return own.kind === "symbol" && own.name === index && relations[0] !== "=";
}

/** The factors after the first one, which may not be meant. */
function trailing(body: Expr): Expr[] {
  switch (body.kind) {
    case "product":
      return body.factors.slice(1);
    case "hadamard":
      return [...trailing(body.left), body.right];
    case "fraction":
      return body.slash ? [...trailing(body.above), body.below] : [];
    default:
      return [];
  }
}

export const inner: Kind<"inner"> = {
  read: {
    prefix(reader) {
      const base = baseOf(reader.next!);
      const open = base.type === "leftright" ? base.left : base.text;
      if (open !== "\\langle" && open !== "\\lt") return undefined;
      const { inside, close } = reader.bracket();
      const parts = splitAt(inside, (n) => is(n, ","));
      if (parts.length !== 2) {
        reader.refuse(
          "⟨ ⟩ must hold two tensors with a comma between them",
          close,
        );
      }
      const [left, right] = parts.map((part) => reader.whole(part));
      return reader.postfix({ kind: "inner", left, right }, close);
    },
  },
  write: ({ left, right }, w) =>
    `\\langle ${w.at("sum", left)}, ${w.at("sum", right)} \\rangle`,
  level: () => "atom",
  unicode: ({ left, right }, w) =>
    `⟨${w.at("sum", left)}, ${w.at("sum", right)}⟩`,
  parts: ({ left, right }) => [left, right],
  with: (_, [left, right]) => ({ kind: "inner", left, right }),
  indices: () => [],
  binds: () => [],
  value({ left, right }, e) {
    const [a, b] = [e.value(left), e.value(right)];
    sameShape("have an inner product", a, b);
    return scalar(dot(e.field, a.data, b.data));
  },
  rank: () => 0,
  *mutants({ left, right }) {
    yield { operator: "factor", mutant: { kind: "inner", left, right: left } };
    yield { operator: "factor", mutant: { kind: "inner", left: right, right } };
  },
};

export const norm: Kind<"norm"> = {
  read: {
    prefix(reader) {
      const base = baseOf(reader.next!);
      const open = base.type === "leftright" ? base.left : base.text;
      if (!["\\|", "\\Vert", "\\lVert"].includes(open ?? "")) return undefined;
      const { inside, close } = reader.bracket();
      const of = reader.whole(inside);
      const sub = close.type === "supsub" && close.sub ? listOf(close.sub) : [];
      const isFrobenius = isOnly(sub, "F");
      if (
        sub.length > 0 && !isFrobenius && !isOnly(sub, "1") && !isOnly(sub, "2")
      ) {
        reader.refuse(
          `the index of a norm must be 1, 2 or F: it is ${describe(sub[0])}`,
          sub[0],
        );
      }
      const expr: Expr = isOnly(sub, "1")
        ? { kind: "norm", of, order: 1 }
        : isOnly(sub, "2")
        ? { kind: "norm", of, order: 2 }
        : { kind: "norm", of };
      return reader.postfix(
        expr,
        close.type === "supsub" ? { ...close, sub: undefined } : close,
      );
    },
  },
  write: ({ of, order }, w) =>
    `\\left\\lVert ${w.at("sum", of)} \\right\\rVert${
      order === undefined ? "" : `_{${order}}`
    }`,
  level: () => "atom",
  unicode: ({ of, order }, w) =>
    `‖${w.at("sum", of)}‖${order === undefined ? "" : subscript(`${order}`)}`,
  parts: ({ of }) => [of],
  with: (expr, [of]) => ({ ...expr, of }),
  indices: () => [],
  binds: () => [],
  value({ of, order }, e) {
    const { field } = e;
    const { data, shape } = e.value(of);
    if (order === 1) {
      const zero = field.constant(0);
      const minus = field.constant(-1);
      return scalar(
        total(
          field,
          data.map((x) =>
            field.compare(x, zero) < 0 ? field.multiply(minus, x) : x
          ),
        ),
      );
    }
    if (order === 2 && shape.length > 1) {
      throw new EvaluationError(
        "the 2-norm of a matrix is its largest singular value: write ‖ ‖_F or ‖ ‖ for the root of the sum of squares",
      );
    }
    return scalar(field.call("sqrt", dot(field, data, data)));
  },
  rank: () => 0,
  *mutants(expr) {
    yield {
      operator: "norm",
      mutant: { ...expr, order: expr.order === 1 ? 2 : 1 },
    };
    yield {
      operator: "power",
      mutant: {
        kind: "power",
        base: expr,
        exponent: { kind: "number", value: 2 },
      },
    };
  },
};
