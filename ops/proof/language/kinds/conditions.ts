// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Cases, conditions, and brackets that are 1 where a condition holds.
 *
 * @module
 */

import {
  type Branch,
  EvaluationError,
  type Expr,
  type Relation,
} from "../expression.ts";
import type { Evaluation, Kind, Reader } from "../kind.ts";
import { baseOf, is, listOf, type Node, splitAt, wordsOf } from "../tex.ts";
import { mapValue, zip } from "../values.ts";
import { isOne } from "./leaves.ts";

const unindexed = {
  indices: () => [],
  binds: () => [],
};

const RELATIONS: Record<string, Relation> = {
  "=": "=",
  "\\ne": "≠",
  "\\neq": "≠",
  "<": "<",
  "\\lt": "<",
  "\\le": "≤",
  "\\leq": "≤",
  "\\leqslant": "≤",
  ">": ">",
  "\\gt": ">",
  "\\ge": "≥",
  "\\geq": "≥",
  "\\geqslant": "≥",
};

/** The relation that a sign is. */
export function relationOf(node: Node): Relation | undefined {
  return RELATIONS[node.text ?? ""];
}

const TEX: Record<Relation, string> = {
  "=": "=",
  "≠": "\\ne",
  "<": "<",
  "≤": "\\le",
  ">": ">",
  "≥": "\\ge",
};

/** Whether a relation holds, of the sign of a − b; of NaN only ≠ does. */
function holds(relation: Relation, order: number): boolean {
  switch (relation) {
    case "=":
      return order === 0;
    case "≠":
      return order !== 0;
    case "<":
      return order < 0;
    case "≤":
      return order <= 0;
    case ">":
      return order > 0;
    case "≥":
      return order >= 0;
  }
}

/** The number that indices and dimensions make; it needs no field, and is fast. */
function wholeOf<T>(expr: Expr, e: Evaluation<T>): number | undefined {
  switch (expr.kind) {
    case "number":
      return Number.isInteger(expr.value) ? expr.value : undefined;
    case "symbol":
      return e.indices.get(expr.name) ??
        (e.scope.sizes.has(expr.name)
          ? e.scope.sizes.of(expr.name)
          : undefined);
    case "negative": {
      const of = wholeOf(expr.of, e);
      return of === undefined ? undefined : -of;
    }
    case "add":
    case "product": {
      const isSum = expr.kind === "add";
      let all = isSum ? 0 : 1;
      for (const part of isSum ? expr.terms : expr.factors) {
        const whole = wholeOf(part, e);
        if (whole === undefined) return undefined;
        all = isSum ? all + whole : all * whole;
      }
      return all;
    }
  }
}

export const compare: Kind<"compare"> = {
  ...unindexed,
  read: {
    level: "condition",
    join(reader, tighter) {
      const sides = [tighter()];
      const relations: Relation[] = [];
      while (reader.next?.family === "rel") {
        const relation = relationOf(reader.next);
        if (relation === undefined) return sides[0]; // It is not expected.
        reader.take();
        relations.push(relation);
        sides.push(tighter());
      }
      return relations.length === 0
        ? sides[0]
        : { kind: "compare", sides, relations };
    },
  },
  write: ({ sides, relations }, w) =>
    sides.map((side, i) =>
      i === 0
        ? w.at("sum", side)
        : `${TEX[relations[i - 1]]} ${w.at("sum", side)}`
    ).join(" "),
  level: () => "condition",
  unicode: ({ sides, relations }, w) =>
    sides.map((side, i) =>
      i === 0 ? w.at("sum", side) : `${relations[i - 1]} ${w.at("sum", side)}`
    ).join(" "),
  parts: ({ sides }) => sides,
  with: (expr, sides) => ({ ...expr, sides: [...sides] }),
  value({ sides, relations }, e) {
    const { field } = e;
    const wholes = sides.map((side) => wholeOf(side, e));
    if (wholes.every((whole) => whole !== undefined)) {
      const all = relations.every((relation, i) =>
        holds(relation, wholes[i] - wholes[i + 1])
      );
      return { shape: [], data: [field.constant(all ? 1 : 0)] };
    }
    const values = sides.map((side) => e.value(side));
    if (values.every(({ shape }) => shape.length === 0)) {
      const all = relations.every((relation, i) =>
        holds(
          relation,
          field.compare(values[i].data[0], values[i + 1].data[0]),
        )
      );
      return { shape: [], data: [field.constant(all ? 1 : 0)] };
    }
    const masks = relations.map((relation, i) =>
      zip(
        "be compared",
        values[i],
        values[i + 1],
        (a, b) => Number(holds(relation, field.compare(a, b))),
      )
    );
    const all = masks.reduce((a, b) => zip("be compared", a, b, Math.min));
    return mapValue(all, (x) => field.constant(x));
  },
  rank: ({ sides }, ranks) => Math.max(...sides.map((s) => ranks.of(s))),
  *mutants(expr) {
    const { sides, relations } = expr;
    const others: Record<Relation, Relation[]> = {
      "=": ["≠"],
      "≠": ["="],
      "<": ["≤", ">"],
      "≤": ["<", "≥"],
      ">": ["≥", "<"],
      "≥": [">", "≤"],
    };
    for (const [i, relation] of relations.entries()) {
      for (const other of others[relation]) {
        yield {
          operator: "relation",
          mutant: { ...expr, relations: relations.with(i, other) },
        };
      }
    }
    if (sides.length > 2) {
      for (const [i] of [0, sides.length - 1].entries()) {
        const at = i === 0 ? 0 : sides.length - 1;
        yield {
          operator: "condition",
          mutant: {
            ...expr,
            sides: sides.toSpliced(at, 1),
            relations: relations.toSpliced(
              i === 0 ? 0 : relations.length - 1,
              1,
            ),
          },
        };
      }
    }
  },
};

export const logic: Kind<"logic"> = {
  ...unindexed,
  read: {
    level: "logic",
    join(reader, tighter) {
      const conditions = [tighter()];
      let operation: "and" | "or" | undefined;
      while (reader.next !== undefined) {
        const next = joint(reader.next);
        if (next === undefined) break;
        if (operation !== undefined && next !== operation) {
          reader.refuse(
            "and and or together are ambiguous: add brackets",
          );
        }
        operation = next;
        reader.take();
        conditions.push(tighter());
      }
      return operation === undefined
        ? conditions[0]
        : { kind: "logic", operation, conditions };
    },
  },
  write: ({ operation, conditions }, w) =>
    conditions.map((c) => w.at("condition", c)).join(
      operation === "and" ? " \\land " : " \\lor ",
    ),
  level: () => "logic",
  unicode: ({ operation, conditions }, w) =>
    conditions.map((c) => w.at("condition", c)).join(` ${operation} `),
  parts: ({ conditions }) => conditions,
  with: (expr, conditions) => ({ ...expr, conditions: [...conditions] }),
  value({ operation, conditions }, e) {
    const held = (c: Expr) => e.holds(c);
    const all = operation === "and"
      ? conditions.every(held)
      : conditions.some(held);
    return { shape: [], data: [e.field.constant(all ? 1 : 0)] };
  },
  rank: () => 0,
  *mutants(expr) {
    const { operation, conditions } = expr;
    for (const i of conditions.keys()) {
      const rest = conditions.toSpliced(i, 1);
      yield {
        operator: "condition",
        mutant: rest.length === 1 ? rest[0] : { ...expr, conditions: rest },
      };
    }
    yield {
      operator: "condition",
      mutant: { ...expr, operation: operation === "and" ? "or" : "and" },
    };
  },
};

function joint(node: Node): "and" | "or" | undefined {
  if (is(node, ",", "\\land", "\\wedge")) return "and";
  if (is(node, "\\lor", "\\vee")) return "or";
  const words = node.type === "text" ? wordsOf(node) : "";
  return words === "and" || words === "or" ? words : undefined;
}

export const iverson: Kind<"iverson"> = {
  ...unindexed,
  read: {
    prefix(reader) {
      const node = reader.next!;
      const base = baseOf(node);
      if (isOne(base)) return indicator(node, reader);
      const open = base.type === "leftright" ? base.left : base.text;
      if (open !== "[" && open !== "\\lbrack") return undefined;
      const { inside, close } = reader.bracket();
      const condition = conditionIn(inside, reader, close);
      return reader.postfix({ kind: "iverson", condition }, close);
    },
  },
  write: ({ condition, one }, w) =>
    one
      ? `\\mathbf{1}\\left[ ${w.at("logic", condition)} \\right]`
      : `\\left[ ${w.at("logic", condition)} \\right]`,
  level: () => "atom",
  unicode: ({ condition, one }, w) =>
    `${one ? "𝟏" : ""}[${w.at("logic", condition)}]`,
  parts: ({ condition }) => [condition],
  with: (expr, [condition]) => ({ ...expr, condition }),
  value: ({ condition }, e) => e.value(condition),
  rank: ({ condition }, ranks) => ranks.of(condition),
  *mutants(expr) {
    yield {
      operator: "condition",
      mutant: {
        kind: "add",
        terms: [
          { kind: "number", value: 1 },
          { kind: "negative", of: expr },
        ],
      },
    };
  },
};

/** 𝟏[…], 𝟏(…), 𝟏_{…} and 𝟏_{\{…\}} */
function indicator(node: Node, reader: Reader): Expr {
  reader.take();
  if (node.type === "supsub" && node.sub) {
    const sub = listOf(node.sub);
    const inside = is(sub[0], "\\{", "\\lbrace", "[") ? sub.slice(1, -1) : sub;
    const condition = conditionIn(inside, reader, node);
    return reader.postfix({ kind: "iverson", condition, one: true }, {
      ...node,
      sub: undefined,
    });
  }
  const next = reader.next && baseOf(reader.next);
  const open = next?.type === "leftright" ? next.left : next?.text;
  if (node.type === "supsub" || !["[", "(", "\\{"].includes(open ?? "")) {
    reader.refuse(
      "a tensor of ones must have its shape as subscript, and 𝟏[…] a condition",
      node,
    );
  }
  const { inside, close } = reader.bracket();
  const condition = conditionIn(inside, reader, close);
  return reader.postfix({ kind: "iverson", condition, one: true }, close);
}

function conditionIn(inside: Node[], reader: Reader, at: Node): Expr {
  const condition = reader.whole(inside, "logic");
  if (condition.kind === "compare" || condition.kind === "logic") {
    return condition;
  }
  return reader.refuse(
    "square brackets hold a condition, [x > 0]: write ( ) to group",
    at,
  );
}

export const cases: Kind<"cases"> = {
  ...unindexed,
  read: {
    prefix(reader) {
      const node = reader.next!;
      const base = baseOf(node);
      if (base.type !== "leftright" || base.left !== "\\{") return undefined;
      const [array, ...rest] = listOf(base.body as Node[]);
      if (array?.type !== "array" || rest.length > 0) return undefined;
      const rows = (array.body as Node[][]).map((cells) =>
        cells.map((c) => listOf(c))
      );
      const branches = rows.filter((cells) => cells.some((c) => c.length > 0))
        .map((cells) => branch(cells, reader));
      const open = branches.findIndex((b) => b.condition === undefined);
      if (open >= 0 && open < branches.length - 1) {
        reader.refuse("only the last of the cases may be without a condition");
      }
      return reader.postfix({ kind: "cases", branches }, reader.take());
    },
  },
  write: ({ branches }, w) =>
    `\\begin{cases} ${
      branches.map(({ value, condition }) =>
        `${w.at("sum", value)} & ${
          condition === undefined
            ? "\\text{otherwise}"
            : `\\text{if } ${w.at("logic", condition)}`
        }`
      ).join(" \\\\ ")
    } \\end{cases}`,
  level: () => "atom",
  unicode: ({ branches }, w) =>
    branches.map(({ value, condition }, i) =>
      condition !== undefined
        ? `${w.at("sum", value)} if ${w.at("logic", condition)}`
        : `${i > 0 ? "else " : ""}${w.at("sum", value)}`
    ).join(", "),
  unicodeLevel: () => "logic",
  parts: ({ branches }) =>
    branches.flatMap(({ value, condition }) =>
      condition === undefined ? [value] : [value, condition]
    ),
  with({ branches }, parts) {
    const left = [...parts];
    return {
      kind: "cases",
      branches: branches.map(({ condition }): Branch =>
        condition === undefined
          ? { value: left.shift()! }
          : { value: left.shift()!, condition: left.shift()! }
      ),
    };
  },
  value({ branches }, e) {
    const branch = branches.find(({ condition }) =>
      condition === undefined || e.holds(condition)
    );
    if (branch !== undefined) return e.value(branch.value);
    throw new EvaluationError("none of the cases holds");
  },
  rank: ({ branches }, ranks) =>
    Math.max(...branches.map((b) => ranks.of(b.value))),
  *mutants({ branches }) {
    for (const i of branches.keys()) {
      if (branches.length > 1) {
        yield {
          operator: "case",
          mutant: { kind: "cases", branches: branches.toSpliced(i, 1) },
        };
      }
      for (const j of branches.keys()) {
        if (j <= i) continue;
        const swapped = branches
          .with(i, { ...branches[i], value: branches[j].value })
          .with(j, { ...branches[j], value: branches[i].value });
        yield {
          operator: "case",
          mutant: { kind: "cases", branches: swapped },
        };
      }
    }
  },
};

const IF = /^,?\s*(if|for|when|where)$/;
const ELSE = /^,?\s*(otherwise|else)\.?$/;

/** One line of cases: a value, and in the same or the next cell its condition. */
function branch(cells: Node[][], reader: Reader): Branch {
  const nodes = cells.flatMap((cell, i) =>
    i === 1 && !(cell[0]?.type === "text")
      ? [{ type: "text", body: [{ type: "textord", text: "if" }] }, ...cell]
      : cell
  );
  const at = nodes.findIndex((n) =>
    n.type === "text" && (IF.test(wordsOf(n)) || ELSE.test(wordsOf(n)))
  );
  if (at < 0 && cells.length > 1 && cells[1].length > 0) {
    reader.refuse(
      "the second column of cases must begin with \\text{if} or be \\text{otherwise}",
      cells[1][0],
    );
  }
  const value = withoutComma(at < 0 ? nodes : nodes.slice(0, at));
  const rest = at < 0 ? [] : nodes.slice(at + 1);
  const word = at < 0 ? "otherwise" : wordsOf(nodes[at]);
  if (ELSE.test(word)) {
    if (rest.filter((n) => !is(n, ".", ",")).length > 0) {
      reader.refuse("nothing may follow \\text{otherwise}", rest[0]);
    }
    return { value: reader.whole(value) };
  }
  const said = withoutComma(rest);
  const condition = said.length > 0 ? reader.whole(said, "logic") : undefined;
  if (condition?.kind !== "compare" && condition?.kind !== "logic") {
    reader.refuse("a case must have a condition, x > 0", said[0] ?? nodes[at]);
  }
  return { value: reader.whole(value), condition };
}

function withoutComma(nodes: Node[]): Node[] {
  return is(nodes.at(-1), ",", ".", ";") ? nodes.slice(0, -1) : nodes;
}

export const at: Kind<"at"> = {
  ...unindexed,
  read: {
    prefix(reader) {
      const node = reader.next!;
      const base = baseOf(node);
      if (
        base.type !== "leftright" || base.left !== "." || base.right !== "|"
      ) {
        return undefined;
      }
      reader.take();
      const sub = node.type === "supsub" ? listOf(node.sub) : [];
      const assignments = splitAt(sub, (n) => is(n, ",")).map((part) => {
        const sides = splitAt(part, (n) => is(n, "="));
        if (sides.length !== 2) {
          reader.refuse(
            "a bar at the right must have the place, |_{X = 0}",
            node,
          );
        }
        const left = reader.whole(sides[0]);
        const symbol = left.kind === "element" ? left.of : left;
        if (symbol.kind !== "symbol") {
          reader.refuse("a place must be given by symbols, |_{X = 0}", node);
        }
        return { left, right: reader.whole(sides[1]) };
      });
      const of = reader.whole(listOf(base.body as Node[]));
      return reader.postfix({ kind: "at", of, assignments }, {
        ...node,
        sub: undefined,
      });
    },
  },
  write: ({ of, assignments }, w) =>
    `\\left. ${w.at("sum", of)} \\right|_{${
      assignments.map(({ left, right }) =>
        `${w.at("sum", left)} = ${w.at("sum", right)}`
      ).join(", ")
    }}`,
  level: () => "atom",
  unicode: ({ of, assignments }, w) =>
    `${w.at("atom", of)}|[${
      assignments.map(({ left, right }) =>
        `${w.at("sum", left)} = ${w.at("sum", right)}`
      ).join(", ")
    }]`,
  parts: ({ of, assignments }) => [of, ...assignments.map((a) => a.right)],
  with: (expr, [of, ...rights]) => ({
    ...expr,
    of,
    assignments: expr.assignments.map((a, i) => ({ ...a, right: rights[i] })),
  }),
  value({ of, assignments }, e) {
    const values = new Map(assignments.map(({ left, right }) => {
      const symbol = left.kind === "element" ? left.of : left;
      const name = symbol.kind === "symbol" ? symbol.name : "";
      return [name, e.number(right, "a place must be a number")] as const;
    }));
    const scope = e.scope.at?.(values);
    if (scope === undefined) {
      throw new EvaluationError("a value at a place is not known here");
    }
    return e.within(scope, true).value(of);
  },
  rank: ({ of }, ranks) => ranks.of(of),
  *mutants({ of }) {
    yield { operator: "place", mutant: of };
  },
};
