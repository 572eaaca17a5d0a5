// Copyright 2026 the Adjoint authors. MIT license.

// What an element is computed from: the page's formula, evaluated over terms
// that stay written out. The proof evaluates the same formula over numbers.

import {
  evaluate,
  type Field,
  type Scope,
} from "../../../ops/proof/evaluate.ts";
import { ALL, EvaluationError } from "../../../ops/proof/expression.ts";
import { indexTuples } from "../../../ops/proof/sizes.ts";
import { type Op, type Shape, sizesOf } from "./op.ts";

/** A number that is not worked out. */
export type Term =
  | { kind: "constant"; value: number }
  /** An element of a given tensor: an input, or `dout` after the inputs. */
  | { kind: "element"; given: number; at: number }
  | { kind: "sum"; terms: Term[] }
  | { kind: "product"; factors: Term[] }
  | { kind: "fraction"; above: Term; below: Term };

const isConstant = (term: Term, value: number) =>
  term.kind === "constant" && term.value === value;

/** What can be done with terms; only a plain 0 or 1 is left out. */
const written: Field<Term> = {
  constant: (value) => ({ kind: "constant", value }),
  add: (a, b) => {
    if (isConstant(a, 0)) return b;
    if (isConstant(b, 0)) return a;
    const terms = [a, b].flatMap((t) => t.kind === "sum" ? t.terms : [t]);
    return { kind: "sum", terms };
  },
  multiply: (a, b) => {
    if (isConstant(a, 1)) return b;
    if (isConstant(b, 1)) return a;
    const factors = [a, b].flatMap((t) =>
      t.kind === "product" ? t.factors : [t]
    );
    return { kind: "product", factors };
  },
  divide: (above, below) => ({ kind: "fraction", above, below }),
};

/**
 * What an element of the output (target 0) or of the gradient with respect to
 * input `target - 1` is computed from, for inputs of these shapes.
 */
export function explain(
  op: Op,
  shapes: readonly Shape[],
  target: number,
  index: readonly number[],
): Term {
  const { inputs, output } = op.data;
  const sizes = sizesOf(op, shapes);
  const variables = [...inputs, output];
  const symbols = variables.map((_, given) => {
    const shape = given < inputs.length
      ? shapes[given]
      : sizes.shape(output.shape);
    const data = indexTuples(shape).map((_, at): Term => ({
      kind: "element",
      given,
      at,
    }));
    return { shape, data };
  });
  const dout = symbols.at(-1)!;
  const find = (name: string) =>
    inputs.findIndex(({ symbol }) => symbol === name);
  const scope: Scope<Term> = {
    field: written,
    sizes,
    axes: (name) => {
      const shape = variables.find(({ symbol }) => symbol === name)?.shape ??
        [];
      return shape.includes(ALL) ? [ALL] : shape;
    },
    symbol: (name) => {
      if (find(name) >= 0) return symbols[find(name)];
      return { shape: [], data: [written.constant(sizes.of(name))] };
    },
    partial: (of, by) => {
      if (of === "E" && by === output.symbol) return dout;
      throw new EvaluationError(`∂${of}∕∂${by} is not given`);
    },
  };
  const { indices, expr } = op.data.formulas[target];
  const axes = target === 0 ? output.shape : inputs[target - 1].shape;
  const place = (axis: number) => axes.includes(ALL) ? index : [index[axis]];
  return evaluate(
    expr,
    scope,
    new Map(indices.map((name, axis) => [name, place(axis)])),
  )
    .data[0];
}

/** The elements of a given tensor that occur in a term. */
export function sources(term: Term, given: number): Set<number> {
  const found = new Set<number>();
  const none = () => "";
  const element = (k: number, at: number) => {
    if (k === given) found.add(at);
    return "";
  };
  write(term, { constant: none, element, times: "" }, Infinity);
  return found;
}

/** How to write the pieces of a term. */
export interface Writer {
  constant(value: number): string;
  element(given: number, at: number): string;
  /** What stands between factors. */
  times: string;
}

/** A term as text; of a long sum the first terms, and how many more there are. */
export function write(term: Term, writer: Writer, most: number): string {
  const inner = (t: Term) =>
    t.kind === "sum" && t.terms.length > 1
      ? `(${write(t, writer, most)})`
      : write(t, writer, most);
  switch (term.kind) {
    case "constant":
      return writer.constant(term.value);
    case "element":
      return writer.element(term.given, term.at);
    case "sum": {
      const { terms } = term;
      const shown = terms.slice(0, most).map((t) => write(t, writer, most));
      const rest = terms.length - shown.length;
      if (rest > 0) {
        shown.push(`… (${rest} more ${rest === 1 ? "term" : "terms"})`);
      }
      return shown.join(" + ");
    }
    case "product":
      return term.factors.map(inner).join(writer.times);
    case "fraction":
      return `${inner(term.above)} / ${inner(term.below)}`;
  }
}
