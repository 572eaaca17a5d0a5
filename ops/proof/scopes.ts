// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What the symbols of a page stand for: the code's tensors at random inputs,
 * variables and their derivatives, or nothing but what is given.
 *
 * @module
 */

import type { MathNode } from "mathjs";
import type { GoldenCase } from "../goldens/goldens.ts";
import type { Tensor } from "../tensor.ts";
import { sizesOf } from "./cases.ts";
import type { Random } from "./cases.ts";
import { define } from "./equations.ts";
import type { Field, Scope, Value } from "./evaluate.ts";
import {
  algebra,
  algebraVariable,
  derivative,
  type Magnitude,
  magnitudes,
  numbers,
  valueAt,
} from "./fields.ts";
import { ALL, EvaluationError } from "./formula.ts";
import type { Operation } from "./operation.ts";
import { indexTuples, type Page, type Sizes } from "./page.ts";

/** A tensor's elements as a value of a formula. */
function valueOf(x: Tensor): Value<number> {
  return { shape: x.shape, data: [...x.data] };
}

/** A value with its numbers replaced. */
function mapValue<T, U>(a: Value<T>, f: (x: T) => U): Value<U> {
  return { ...a, data: a.data.map(f) };
}

/** What the tensors and derivatives of a page are. */
export interface Meanings<T> {
  inputs: Value<T>[];
  dout: Value<T>;
  output(): Value<T>;
  /** The gradient of the loss with respect to an input. */
  gradient(input: number): Value<T>;
  /** The derivatives of the output with respect to an input. */
  jacobian(input: number): Value<T>;
}

/** The scope of a page's formulas, given what its tensors are. */
function scopeOf<T>(
  page: Page,
  sizes: Sizes,
  field: Field<T>,
  meanings: Meanings<T>,
): Scope<T> {
  const { inputs, output } = page;
  const unknown = (name: string) =>
    new EvaluationError(`the page does not say what ${name} is`);
  const cache = new Map<string, Value<T>>();
  const once = (name: string, make: () => Value<T>) => {
    const value = cache.get(name) ?? make();
    cache.set(name, value);
    return value;
  };
  const symbol = (name: string): Value<T> => {
    const input = inputs.findIndex((v) => v.symbol === name);
    if (input >= 0) return meanings.inputs[input];
    if (name === output.symbol) return once(name, meanings.output);
    if (name === "E") {
      const [{ data: a }, { data: b }] = [meanings.dout, symbol(output.symbol)];
      const terms = a.map((x, i) => field.multiply(x, b[i]));
      return { shape: [], data: [terms.reduce(field.add, field.constant(0))] };
    }
    if (!sizes.has(name)) throw unknown(name);
    return { shape: [], data: [field.constant(sizes.of(name))] };
  };
  return {
    field,
    sizes,
    symbol,
    axes: (name) => {
      const found = [...inputs, output].find((v) => v.symbol === name);
      if (found === undefined) return [];
      return found.shape.includes(ALL) ? [ALL] : found.shape;
    },
    partial: (of, by) => {
      if (of === "E" && by === output.symbol) return meanings.dout;
      const input = inputs.findIndex((v) => v.symbol === by);
      if (input < 0) throw unknown(`∂${of}∕∂${by}`);
      if (of === "E") return once(`∂E∕∂${by}`, () => meanings.gradient(input));
      if (of !== output.symbol) throw unknown(`∂${of}∕∂${by}`);
      return once(`∂${of}∕∂${by}`, () => meanings.jacobian(input));
    },
  };
}

/** The page's symbols as the code has them, at random inputs. */
export function codeScope(
  op: Operation,
  sizes: Sizes,
  inputs: Tensor[],
  random: Random,
): Scope<number> {
  const z = op.forward(...inputs);
  const dout = random.tensor(z.shape);
  const { output } = op.page;
  sizes.bind(output.shape, z.shape, output.symbol);
  const meanings: Meanings<number> = {
    inputs: inputs.map(valueOf),
    dout: valueOf(dout),
    output: () => valueOf(z),
    gradient: (i) => valueOf(op.backward[i](...inputs, dout)),
    jacobian: (i) => {
      const symbolic = algebraScope(op, sizes);
      const variables: Record<string, number> = {};
      symbolic.inputs.forEach(({ data }, input) =>
        data.forEach((x, at) =>
          variables[x.toString()] = inputs[input].data[at]
        )
      );
      return mapValue(
        symbolic.partial(output.symbol, op.page.inputs[i].symbol),
        (x) => valueAt(x, variables),
      );
    },
  };
  return scopeOf(op.page, sizes, numbers, meanings);
}

/** A scope of algebra, with its variables. */
export interface AlgebraScope extends Scope<MathNode> {
  inputs: Value<MathNode>[];
  dout: Value<MathNode>;
}

/** The page's symbols as variables; the gradients by differentiation. */
export function algebraScope(op: Operation, sizes: Sizes): AlgebraScope {
  const { page } = op;
  const variable = (name: string, shape: readonly number[]) => ({
    shape,
    data: indexTuples(shape).map((at) => algebraVariable(name, at)),
  });
  const inputs = page.inputs.map(({ symbol, shape }) =>
    variable(symbol, sizes.shape(shape))
  );
  const dout = variable("dout", sizes.shape(page.output.shape));
  const meanings: Meanings<MathNode> = {
    inputs,
    dout,
    output: () => define(op, 0, scope),
    gradient: (i) => {
      // Term by term, as mathjs takes its time with one long sum.
      const z = scope.symbol(page.output.symbol);
      const terms = z.data.map((z, at) => algebra.multiply(dout.data[at], z));
      return mapValue(
        inputs[i],
        (x) => terms.map((term) => derivative(term, x)).reduce(algebra.add),
      );
    },
    jacobian: (i) => {
      const z = scope.symbol(page.output.symbol);
      return {
        shape: [...z.shape, ...inputs[i].shape],
        data: z.data.flatMap((y) =>
          inputs[i].data.map((x) => derivative(y, x))
        ),
      };
    },
  };
  const scope = scopeOf(page, sizes, algebra, meanings);
  return { ...scope, inputs, dout };
}

/** The scope of what is given: the inputs and `dout`. */
export function givenScope<T>(
  op: Operation,
  golden: GoldenCase,
  field: Scope<T>["field"],
  lift: (x: number) => T,
  dout?: readonly T[],
): Scope<T> {
  const inputs = op.page.inputs.map((v) => golden.inputs[v.parameter]);
  const none = () => {
    throw new EvaluationError("only the inputs and dout are given");
  };
  const given = mapValue(valueOf(golden.dout), lift);
  return scopeOf(op.page, sizesOf(op, inputs.map((x) => x.shape)), field, {
    inputs: inputs.map((x) => mapValue(valueOf(x), lift)),
    dout: dout === undefined ? given : { ...given, data: dout },
    output: none,
    gradient: none,
    jacobian: none,
  });
}

/** The scope in which the formulas tell how large their terms are. */
export function magnitudeScope(scope: Scope<number>): Scope<Magnitude> {
  const cache = new Map<Value<number>, Value<Magnitude>>();
  const lift = (value: Value<number>) => {
    const lifted = cache.get(value) ?? mapValue(value, magnitudes.constant);
    cache.set(value, lifted);
    return lifted;
  };
  return {
    ...scope,
    field: magnitudes,
    symbol: (name) => lift(scope.symbol(name)),
    partial: (of, by) => lift(scope.partial(of, by)),
  };
}
