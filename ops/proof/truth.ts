// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What a page says that an element of an output or gradient is, in 64 digits,
 * and how far a correct computation of it may be off.
 *
 * @module
 */

import { partsOf } from "@adjoint/ops/signature";
import { type Bounded, Bounds } from "./bounds.ts";
import { attempt } from "./compare.ts";
import { type Digits, digits, type Number64 } from "./digits.ts";
import type { Definition } from "./equations.ts";
import type { Draw } from "./inputs.ts";
import { evaluate } from "./language/evaluate.ts";
import {
  EvaluationError,
  type Field,
  type Value,
} from "./language/expression.ts";
import { numbers } from "./language/fields.ts";
import type { Operation } from "./operation.ts";
import { Elements, type Given, type PageScope } from "./scopes.ts";

/** Numbers with their bounds. */
export const bounds: Bounds<Number64> = new Bounds(digits);

/** Half a unit in the last place of 1. */
export function epsilon(dtype: "float32" | "float64"): number {
  return dtype === "float64" ? 2 ** -53 : 2 ** -24;
}

/** The smallest number without loss of digits: below, there is no relative error. */
export function tiny(dtype: "float32" | "float64"): number {
  return dtype === "float64" ? 2 ** -1022 : 2 ** -126;
}

/** A page's symbols for the tensors of a draw, as numbers of any kind. */
export function givenOf<T>(
  op: Operation,
  { sizes, inputs, options, douts }: Omit<Draw, "mode">,
  lift: (x: number) => T,
  exactly: (x: number) => T = lift,
): Given<T> {
  const values = new Map<string, Elements<T>>();
  op.inputs.forEach((input, i) => {
    const { shape, data } = inputs[i];
    // The page counts from 1, the code from 0.
    const shift = input.isIndex ? 1 : 0;
    const to = input.integer === undefined ? lift : exactly;
    values.set(
      input.symbol,
      new Elements(shape, (at) => to(data[at] + shift)),
    );
  });
  const exempt = op.inputs.flatMap(({ integer, isIndex }) =>
    isIndex && typeof integer?.except === "string" ? [integer.except] : []
  );
  for (const [key, option] of Object.entries(op.options)) {
    for (const { name, of } of partsOf(key, option)) {
      const symbol = op.symbols.get(name)?.symbol;
      if (symbol === undefined) continue;
      // A loop sees the two of a pair, a call has the pair.
      const given = options[name] ?? of(options[key]);
      const value = Number(given) + (exempt.includes(key) ? 1 : 0);
      values.set(symbol, new Elements([], () => exactly(value)));
    }
  }
  return {
    sizes,
    values,
    douts: new Map(op.outputs.map(({ symbol }, i) => [
      symbol,
      new Elements(douts[i].shape, (at) => lift(douts[i].data[at])),
    ])),
  };
}

/** Numbers of some kind, as the page's formulas take and give them. */
export interface Kind<T> {
  field: Field<T>;
  /** An element of an input. */
  given(x: number): T;
  /** An integer or an option. */
  exact(x: number): T;
}

/** Numbers that know how far they may be off. */
export interface Measure<T> extends Kind<T> {
  /** The rounding of these numbers themselves. */
  epsilon: number;
  read(x: T): Truth;
}

/** What an element is, and its error in units of ε by the best formula. */
export interface Truth {
  value: number;
  error: number;
}

/** The rounding of numbers of 64 digits, which have some to spare. */
export const ROUNDING = 2 ** -250;

/** Numbers of 64 digits with their error bounds. */
export const BOUNDED: Measure<Bounded<Number64>> = measure(
  digits,
  ROUNDING,
  bounds,
);

/** Numbers of float64 with their error bounds: a hundred times as fast. */
export const FLOATS: Measure<Bounded<number>> = measure({
  ...numbers,
  toNumber: (x) => x,
}, epsilon("float64"));

function measure<D>(
  digits: Digits<D>,
  epsilon: number,
  bounds = new Bounds(digits),
): Measure<Bounded<D>> {
  return {
    epsilon,
    field: bounds,
    given: (x) => bounds.input(digits.constant(x)),
    exact: (x) => bounds.exact(digits.constant(x)),
    read: (x) => ({
      value: digits.toNumber(x.value),
      error: digits.toNumber(bounds.error(x)),
    }),
  };
}

/**
 * What the page says that one element is, and the smallest error that one of its
 * formulas must expect. `undefined` where it has no value.
 */
export function truthAt<T>(
  op: Operation,
  { read }: Measure<T>,
  scope: PageScope<T>,
  key: string,
  at: readonly number[],
): Truth | undefined {
  let best: Truth | undefined;
  const first = op.definitions.of(key);
  for (const definition of formulasFor(op, key)) {
    const found = attempt(() => {
      const known = definition === first ? scope.defined(key, at) : undefined;
      return known ?? elementOf(definition, scope, at);
    });
    if (found instanceof EvaluationError) continue;
    const { value, error } = read(found);
    if (!Number.isFinite(error)) best ??= { value, error: NaN };
    else if (!(best !== undefined && best.error <= error)) {
      best = { value, error };
    }
  }
  return best;
}

/** The formulas for a key that are no detour: by elements and without δ. */
function formulasFor(op: Operation, key: string): Definition[] {
  const all = op.definitions.all(key);
  const plain = all.filter(({ isDirect }) => isDirect);
  return plain.length > 0 ? plain : [op.definitions.of(key)];
}

function elementOf<T>(
  { indices, side }: Definition,
  scope: PageScope<T>,
  at: readonly number[],
): T {
  if (indices.length === 0) {
    const { shape, data } = evaluate(side, scope) as Value<T>;
    return data[shape.reduce((p, n, axis) => p * n + at[axis] - 1, 0)];
  }
  const bound = new Map(indices.map((name, axis) => [name, at[axis]]));
  return evaluate(side, scope, bound).data[0];
}

/** The index tuple of a place in row-major order, from 1. */
export function tupleAt(shape: readonly number[], place: number): number[] {
  const at: number[] = Array(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    at[axis] = place % shape[axis] + 1;
    place = Math.floor(place / shape[axis]);
  }
  return at;
}
