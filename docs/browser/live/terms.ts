// Copyright 2026 the Adjoint authors. MIT license.

// What an element is computed from: the page's formula, evaluated over terms
// that stay written out. The proof evaluates the same formula over numbers.

import { evaluate } from "../../../ops/proof/language/evaluate.ts";
import {
  EvaluationError,
  type Field,
  type FunctionName,
  type Scope,
  type Value,
} from "../../../ops/proof/language/expression.ts";
import { numbers } from "../../../ops/proof/language/fields.ts";
import { tuplesOf } from "../../../ops/proof/language/values.ts";
import type { Sizes } from "../../../ops/proof/sizes.ts";
import {
  type Op,
  optionValues,
  sizesOf,
  type Tensor,
  type Values,
} from "./op.ts";
import type { State } from "./state.ts";

/** A number, and what it was computed from. */
export type Term = { value: number } & Written;

/** An element of a tensor. */
export type Element = Extract<Term, { kind: "element" }>;

type Written =
  | { kind: "constant" }
  /**
   * An element of a tensor, counted from 1 and in its memory; `from` is what it is
   * computed from, where that tensor is not to be seen.
   */
  | { kind: "element"; name: string; at: number[]; place: number; from?: Term }
  | { kind: "sum"; terms: Term[] }
  | { kind: "product"; factors: Term[] }
  | { kind: "fraction"; above: Term; below: Term }
  | { kind: "power"; base: Term; exponent: Term }
  | { kind: "call"; name: FunctionName; of: Term };

const constant = (value: number): Term => ({ kind: "constant", value });

const isConstant = (term: Term, value?: number) =>
  term.kind === "constant" && (value === undefined || term.value === value);

/** Whether a sum is one with a minus in it, which stays together. */
const isDifference = (term: Term) =>
  term.kind === "sum" && term.terms.some(isNegative);

/** What can be done with terms; only plain numbers are worked out. */
const written: Field<Term> = {
  constant,
  add: (a, b) => written.sum!([a, b]),
  sum(all) {
    const terms = all
      .flatMap((t) => t.kind === "sum" && !isDifference(t) ? t.terms : [t])
      .filter((t) => !isConstant(t, 0));
    const value = terms.reduce((sum, t) => sum + t.value, 0);
    if (terms.every((t) => isConstant(t))) return constant(value);
    return terms.length === 1 ? terms[0] : { kind: "sum", terms, value };
  },
  multiply(a, b) {
    const all = [a, b].flatMap((t) => t.kind === "product" ? t.factors : [t]);
    const plain = all.filter((t) => isConstant(t))
      .reduce((product, { value }) => product * value, 1);
    const others = all.filter((t) => !isConstant(t));
    if (plain === 0 || others.length === 0) return constant(plain);
    const factors = plain === 1 ? others : [constant(plain), ...others];
    if (factors.length === 1) return factors[0];
    return { kind: "product", factors, value: a.value * b.value };
  },
  divide(above, below) {
    if (isConstant(below, 1)) return above;
    const value = above.value / below.value;
    return { kind: "fraction", above, below, value };
  },
  power: (base, exponent) => ({
    kind: "power",
    base,
    exponent,
    value: base.value ** exponent.value,
  }),
  integerPower: (base, n) => n === 1 ? base : written.power(base, constant(n)),
  call: (name, of) => ({
    kind: "call",
    name,
    of,
    value: numbers.call(name, of.value),
  }),
  compare: (a, b) => numbers.compare(a.value, b.value),
  toInteger: ({ value }) => numbers.toInteger(value),
};

/** The symbols of a page, as terms. */
class Terms implements Scope<Term> {
  /** What was compared, or chose an element, on the way to a result. */
  readonly compared: Term[] = [];
  readonly field: Field<Term> = {
    ...written,
    compare: (a, b) => {
      this.compared.push(a, b);
      return written.compare(a, b);
    },
    toInteger: (a) => {
      this.compared.push(a);
      return written.toInteger(a);
    },
  };
  readonly sizes: Sizes;
  readonly #op: Op;
  /** What is to be seen, by symbol. */
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #elements = new Map<string, Term>();
  readonly #options: ReturnType<typeof optionValues>;

  constructor(op: Op, state: State, tensors: ReadonlyMap<string, Tensor>) {
    this.#op = op;
    this.#tensors = tensors;
    this.sizes = sizesOf(op, state);
    this.#options = optionValues(op, state);
  }

  axes(name: string) {
    const { inputs, formulas } = this.#op.data;
    return inputs.find(({ symbol }) => symbol === name)?.shape ??
      formulas[name]?.shape ?? [];
  }

  symbol(name: string): Value<Term> {
    const { formulas } = this.#op.data;
    if (this.#tensors.has(name) || name in formulas) {
      const shape = this.#tensors.get(name)?.shape ??
        this.sizes.shape(formulas[name].shape);
      return {
        shape,
        data: tuplesOf(shape).map((at) => this.element(name, at)!),
      };
    }
    const value = this.#options.get(name)?.value ?? this.sizes.of(name);
    return { shape: [], data: [constant(value)] };
  }

  element(name: string, at: readonly number[]): Term | undefined {
    const { inputs, formulas } = this.#op.data;
    const tensor = this.#tensors.get(name);
    const shape = tensor?.shape ??
      (name in formulas ? this.sizes.shape(formulas[name].shape) : undefined);
    const inside = shape?.length === at.length &&
      at.every((i, axis) => i >= 1 && i <= shape[axis]);
    if (!inside) return undefined;
    const key = `${name} ${at}`;
    let term = this.#elements.get(key);
    if (term === undefined) {
      const place = shape.reduce((sum, n, axis) => sum * n + at[axis] - 1, 0);
      const from = tensor === undefined
        ? this.explain(name, at, place)
        : undefined;
      const { shift = 0 } = inputs.find(({ symbol }) => symbol === name) ?? {};
      term = {
        kind: "element",
        name,
        at: [...at],
        place,
        from,
        value: from?.value ?? tensor!.data[place] + shift,
      };
      this.#elements.set(key, term);
    }
    return term;
  }

  partial(of: string, by: string): Value<Term> {
    const key = `∂${of}/∂${by}`;
    if (this.#tensors.has(key) || key in this.#op.data.formulas) {
      return this.symbol(key);
    }
    throw new EvaluationError(`the page does not say what ${key} is`);
  }

  function(name: string) {
    return this.#op.data.functions[name];
  }

  /** What the formula of an element makes of it. */
  explain(name: string, at: readonly number[], place: number): Term {
    const { indices, expr } = this.#op.data.formulas[name];
    const bound = new Map(indices.map((index, axis) => [index, at[axis]]));
    const { data } = evaluate(expr, this, bound);
    return data[indices.length > 0 ? 0 : place];
  }
}

/** What an element is computed from, and what was compared to choose that. */
export interface Explained {
  term: Term;
  compared: Term[];
}

/**
 * What an element of an output, `Y`, or of a gradient, `∂E/∂X`, is computed from;
 * its index counts from 1.
 */
export function explain(
  op: Op,
  state: State,
  { given, outputs, gradients }: Values,
  target: string,
  at: readonly number[],
): Explained {
  const { data, floats } = op;
  const tensors = new Map<string, Tensor>();
  data.inputs.forEach(({ symbol }, i) => tensors.set(symbol, given[i]));
  data.outputs.forEach(({ symbol }, i) => {
    tensors.set(symbol, outputs[i]);
    tensors.set(`∂E/∂${symbol}`, given[data.inputs.length + i]);
  });
  floats.forEach((input, k) => {
    const gradient = gradients[k];
    if (gradient instanceof Error) return;
    tensors.set(`∂E/∂${data.inputs[input].symbol}`, gradient);
  });
  const { shape } = tensors.get(target)!;
  const place = shape.reduce((sum, n, axis) => sum * n + at[axis] - 1, 0);
  const terms = new Terms(op, state, tensors);
  return {
    term: terms.explain(target, at, place),
    compared: terms.compared,
  };
}

/** The places of a tensor's elements that occur in terms. */
export function sources(terms: readonly Term[], name: string): Set<number> {
  return new Set(
    elementsOf(terms).filter((element) => element.name === name)
      .map(({ place }) => place),
  );
}

/** The elements that occur in terms, each once, without those of definitions. */
export function elementsOf(terms: readonly Term[]): Element[] {
  const found = new Set<Element>();
  const visit = (t: Term): void => {
    if (t.kind === "element" && t.from === undefined) found.add(t);
    partsOf(t).forEach(visit);
  };
  terms.forEach(visit);
  return [...found];
}

/** What a term is made of. */
export function partsOf(term: Term): Term[] {
  switch (term.kind) {
    case "constant":
      return [];
    case "element":
      return term.from === undefined ? [] : [term.from];
    case "sum":
      return term.terms;
    case "product":
      return term.factors;
    case "fraction":
      return [term.above, term.below];
    case "power":
      return [term.base, term.exponent];
    case "call":
      return [term.of];
  }
}

/** How to write the pieces of a term, as HTML. */
export interface Writer {
  constant(value: number): string;
  element(term: Element): string;
  /** What is between factors. */
  times: string;
}

/** A term as HTML; of a long sum the first terms, and how many more there are. */
export function write(term: Term, writer: Writer, most: number): string {
  const of = (t: Term) => write(t, writer, most);
  const within = (t: Term, kinds: Term["kind"][]) =>
    kinds.includes(t.kind) || isNegative(t) ? `(${of(t)})` : of(t);
  switch (term.kind) {
    case "constant":
      return writer.constant(term.value);
    case "element":
      return writer.element(term);
    case "sum": {
      const { terms } = term;
      const rest = terms.length - most;
      const shown = terms.slice(0, most).map((t, i) =>
        i > 0 && isNegative(t)
          ? ` − ${within(opposite(t), ["sum"])}`
          : `${i > 0 ? " + " : ""}${t.kind === "sum" ? `(${of(t)})` : of(t)}`
      ).join("");
      return rest > 0
        ? `${shown} + … (${rest} more ${rest === 1 ? "term" : "terms"})`
        : shown;
    }
    case "product":
      return isNegative(term)
        ? `−${within(opposite(term), ["sum", "fraction"])}`
        : term.factors.map((t) => within(t, ["sum", "fraction"]))
          .join(writer.times);
    case "fraction":
      return `${within(term.above, ["sum", "fraction"])} ∕ ${
        within(term.below, ["sum", "product", "fraction"])
      }`;
    case "power":
      return `${
        within(term.base, ["sum", "product", "fraction", "power"])
      }<sup>${of(term.exponent)}</sup>`;
    case "call":
      return `${term.name}(${of(term.of)})`;
  }
}

/** Whether a term is written with a minus in front. */
function isNegative(term: Term): boolean {
  return term.kind === "constant"
    ? term.value < 0
    : term.kind === "product" && isNegative(term.factors[0]);
}

function opposite(term: Term): Term {
  if (term.kind !== "product") return constant(-term.value);
  return written.multiply(constant(-1), term);
}
