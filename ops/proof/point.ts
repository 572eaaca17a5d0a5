// Copyright 2026 the Adjoint authors. MIT license.

/**
 * A page and its code at one set of inputs: what the formulas give in 64 digits,
 * what calculus says of them, what the code gives, and how far it may be off.
 *
 * @module
 */

import type { Bounded } from "./bounds.ts";
import { Calculus } from "./calculus.ts";
import { digits, type Number64 } from "./digits.ts";
import type { AnyTensor, Draw } from "./inputs.ts";
import { attempt } from "./compare.ts";
import { evaluate } from "./language/evaluate.ts";
import {
  type Dim,
  EvaluationError,
  type Expr,
  type Indices,
  type Scope,
  type Value,
} from "./language/expression.ts";
import { numbers } from "./language/fields.ts";
import { mapValue } from "./language/values.ts";
import type { FloatTensor, Operation } from "./operation.ts";
import { type Given, PageScope } from "./scopes.ts";
import { BOUNDED, bounds, givenOf, ROUNDING, truthAt } from "./truth.ts";

/** A page and its code at one set of inputs. */
export class Point {
  readonly draw: Draw;
  readonly #op: Operation;
  readonly #given: Given<Number64>;
  #scope?: PageScope<Number64>;
  #derived?: PageScope<Number64>;
  #calculus?: Calculus<Number64>;
  #code?: Scope<number>;
  #outputs?: FloatTensor[];
  #gradients?: FloatTensor[];
  readonly #bounds = new Map<string, PageScope<Bounded<Number64>>>();
  readonly #places = new Map<string, Point>();

  constructor(op: Operation, draw: Draw) {
    this.#op = op;
    this.draw = draw;
    this.#given = givenOf(op, draw, digits.constant);
  }

  /** The page in 64 digits; its gradients are those of its formulas. */
  get page(): PageScope<Number64> {
    return this.#scope ??= new PageScope(this.#op, this.#given, digits, {
      partial: (of, by) =>
        of === "E" && this.#op.definitions.has(`∂E/∂${by}`)
          ? undefined
          : this.calculus.partial(of, by),
      at: (values) => this.at(values, digits.toNumber).page,
    });
  }

  /** The page in 64 digits; its gradients are derivatives. */
  get derived(): PageScope<Number64> {
    return this.#derived ??= new PageScope(this.#op, this.#given, digits, {
      partial: (of, by) => this.calculus.partial(of, by),
      at: (values) => this.at(values, digits.toNumber).derived,
    });
  }

  /** The same where every element of these inputs has this value. */
  at<T>(values: ReadonlyMap<string, T>, toNumber: (x: T) => number): Point {
    const key = [...values].map(([name, x]) => `${name}=${toNumber(x)}`).join();
    let point = this.#places.get(key);
    if (point === undefined) {
      const inputs = this.#op.inputs.map(({ symbol }, i) => {
        const input = this.draw.inputs[i];
        const value = values.get(symbol);
        if (value === undefined) return input;
        const data = Float64Array.from(input.data, () => toNumber(value));
        return { shape: input.shape, data };
      });
      point = new Point(this.#op, { ...this.draw, inputs });
      this.#places.set(key, point);
    }
    return point;
  }

  get calculus(): Calculus<Number64> {
    return this.#calculus ??= new Calculus(this.#op, this.#given, digits);
  }

  /** What the code gives for the outputs; indices are counted from 1 here. */
  get outputs(): FloatTensor[] {
    const { functions, signature: { spec } } = this.#op;
    const { inputs, options } = this.draw;
    return this.#outputs ??= functions.forward(inputs, options).map((y) =>
      spec.indices
        ? { shape: y.shape, data: Float64Array.from(y.data, (i) => i + 1) }
        : y
    );
  }

  /** What the code gives for the gradients. */
  get gradients(): FloatTensor[] {
    return this.#gradients ??= this.gradientsAt(this.draw.douts);
  }

  gradientsAt(douts: readonly AnyTensor[]): FloatTensor[] {
    return this.#op.functions.backward(
      this.draw.inputs,
      douts,
      this.draw.options,
    );
  }

  /** The outputs, gradients and Jacobians of the code. */
  get code(): Scope<number> {
    if (this.#code !== undefined) return this.#code;
    const { page } = this;
    const { outputs, floats } = this.#op;
    const jacobians = new Map<string, Value<number>>();
    const numberOf = (name: string) =>
      outputs.findIndex(({ symbol }) => symbol === name);
    return this.#code = {
      field: numbers,
      at: (values) => this.at(values, (x) => x).code,
      sizes: this.draw.sizes,
      axes: (name): readonly Dim[] => page.axes(name),
      symbol: (name) => {
        const output = numberOf(name);
        // Labels, too, occur in indices.
        return output < 0
          ? mapValue(page.symbol(name), digits.toNumber)
          : valueOf(this.outputs[output]);
      },
      partial: (of, by) => {
        const input = floats.findIndex(({ symbol }) => symbol === by);
        if (of === "E") return valueOf(this.gradients[input]);
        const key = `${of}|${by}`;
        const known = jacobians.get(key) ??
          this.#jacobian(numberOf(of), input);
        jacobians.set(key, known);
        return known;
      },
    };
  }

  /** A row of the Jacobian is the gradient where dout is 1 in one place. */
  #jacobian(output: number, input: number): Value<number> {
    const { shape, data } = this.outputs[output];
    const rows = Array.from(
      data,
      (_, at) => this.gradientsAt(this.#unit(output, at))[input],
    );
    return {
      shape: [
        ...shape,
        ...this.draw.inputs[
          this.#op.inputs.indexOf(this.#op.floats[input])
        ].shape,
      ],
      data: rows.flatMap((row) => [...row.data]),
    };
  }

  #unit(output: number, at: number): AnyTensor[] {
    return this.draw.douts.map(({ shape, data }, i) => {
      const zeros = new Float64Array(data.length);
      if (i === output) zeros[at] = 1;
      return { shape, data: zeros };
    });
  }

  /**
   * How far an element of an output or gradient of the code may be from the
   * truth, in units of ε: as far as the best of the page's formulas for it.
   * `row` is an element of an output whose derivative is meant.
   */
  bound(
    key: string,
    at: readonly number[],
    row?: { output: number; at: number },
  ): number | undefined {
    const scope = this.#boundScope(row);
    const error = truthAt(this.#op, BOUNDED, scope, key, at)?.error;
    return Number.isNaN(error) ? undefined : error;
  }

  /**
   * How far a side of an equation may be off although it is computed in 64
   * digits: log(1 − σ(1000)) has no digit that is right.
   */
  uncertainty(side: Expr, indices: Indices, element: number): number {
    const value = attempt(() =>
      evaluate(side, this.#boundScope(), indices).data[element]
    );
    if (value instanceof EvaluationError) return 0;
    const error = digits.toNumber(bounds.error(value));
    return Number.isNaN(error) ? Infinity : error * ROUNDING;
  }

  #boundScope(row?: { output: number; at: number }) {
    const name = row === undefined ? "" : `${row.output}|${row.at}`;
    let scope = this.#bounds.get(name);
    if (scope === undefined) {
      const draw = row === undefined
        ? this.draw
        : { ...this.draw, douts: this.#unit(row.output, row.at) };
      const given = givenOf(this.#op, draw, BOUNDED.given, BOUNDED.exact);
      scope = new PageScope(this.#op, given, BOUNDED.field);
      this.#bounds.set(name, scope);
    }
    return scope;
  }
}

/** A tensor's elements as a value of a formula. */
export function valueOf({ shape, data }: AnyTensor): Value<number> {
  return { shape, data: Array.from(data) };
}
