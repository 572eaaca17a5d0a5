// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What the symbols of a page stand for, over any kind of number: its inputs and
 * `dout` are given, and the rest follows by its formulas.
 *
 * @module
 */

import type { Definitions } from "./equations.ts";
import { evaluate, indexRanges } from "./language/evaluate.ts";
import {
  type Dim,
  EvaluationError,
  type Field,
  type FunctionDefinition,
  type Indices,
  type Scope,
  type Value,
} from "./language/expression.ts";
import type { Operation } from "./operation.ts";
import type { Page } from "./page.ts";
import { indexTuples, type Sizes } from "./sizes.ts";
import { showName } from "./language/unicode.ts";

/** A tensor whose elements are made when they are asked for. */
export class Elements<T> {
  readonly shape: readonly number[];
  readonly #made: T[] = [];
  readonly #make: (place: number) => T;
  #value?: Value<T>;

  constructor(shape: readonly number[], make: (place: number) => T) {
    this.shape = shape;
    this.#make = make;
  }

  /** The element at a place in row-major order. */
  at(place: number): T {
    return this.#made[place] ??= this.#make(place);
  }

  /** All of them. */
  get value(): Value<T> {
    const size = this.shape.reduce((a, b) => a * b, 1);
    return this.#value ??= {
      shape: this.shape,
      data: Array.from({ length: size }, (_, place) => this.at(place)),
    };
  }

  /** The place of an index tuple that counts from 1; undefined if it is none. */
  placeOf(at: readonly number[]): number | undefined {
    if (at.length !== this.shape.length) return undefined;
    let place = 0;
    for (let axis = 0; axis < at.length; axis++) {
      if (!(at[axis] >= 1 && at[axis] <= this.shape[axis])) return undefined;
      place = place * this.shape[axis] + at[axis] - 1;
    }
    return place;
  }
}

/** What is given: the values of inputs, `dout` and options. */
export interface Given<T> {
  sizes: Sizes;
  /** The values of inputs and options, by symbol. */
  values: ReadonlyMap<string, Elements<T>>;
  /** The gradients of the loss with respect to the outputs, by symbol. */
  douts: ReadonlyMap<string, Elements<T>>;
}

/** What a scope takes from elsewhere. */
export interface Hooks<T> {
  /** The derivatives of one symbol with respect to another. */
  partial?(of: string, by: string): Value<T> | undefined;
  /** What becomes of an element that a formula of the page gave. */
  made?(element: T): T;
  /** The scope where every element of these symbols has this value. */
  at?(values: ReadonlyMap<string, T>): Scope<T>;
}

/** What a page's formulas mean where its inputs have these values. */
export class PageScope<T> implements Scope<T> {
  readonly field: Field<T>;
  readonly sizes: Sizes;
  readonly at: Scope<T>["at"];
  readonly #given: Given<T>;
  readonly #definitions: Definitions;
  readonly #shapes: ReadonlyMap<string, readonly Dim[]>;
  readonly #hooks: Hooks<T>;
  readonly #values = new Map<string, Value<T>>();
  readonly #elements = new Map<string, Map<string, T>>();
  readonly #axes = new Map<string, readonly number[]>();

  constructor(
    { page, definitions }: Pick<Operation, "page" | "definitions">,
    given: Given<T>,
    field: Field<T>,
    hooks: Hooks<T> = {},
  ) {
    this.field = field;
    this.sizes = given.sizes;
    this.#given = given;
    this.#definitions = definitions;
    this.#shapes = declaredShapes(page);
    this.#hooks = hooks;
    this.at = hooks.at;
  }

  axes(name: string): readonly Dim[] {
    return this.#shapes.get(name) ?? this.shapeOf(name);
  }

  /** The shape of something that the page defines. */
  shapeOf(key: string): readonly number[] {
    let axes = this.#axes.get(key);
    if (axes === undefined) {
      axes = this.#findShape(key);
      this.#axes.set(key, axes);
    }
    return axes;
  }

  #findShape(key: string): readonly number[] {
    const [, by] = /^∂E\/∂(.*)$/.exec(key) ?? [];
    const name = by ?? key;
    const declared = this.#shapes.get(name);
    if (declared !== undefined) return this.sizes.shape(declared);
    if (!this.#definitions.has(name)) {
      return this.#given.values.get(name)?.shape ?? [];
    }
    const { indices, equation, side } = this.#definitions.of(name);
    if (indices.length === 0) return evaluate(side, this, new Map()).shape;
    const ranges = new Map(
      equation.sides.slice(1).toReversed().flatMap((
        e,
      ) => [...indexRanges(e, this)]),
    );
    return indices.map((index) => {
      const size = ranges.get(index);
      if (size !== undefined) return size;
      throw new EvaluationError(
        `nothing says what the index ${index} of ${
          showName(name)
        } runs over: state the shape, A \\in \\mathbb{R}^{m \\times n}`,
      );
    });
  }

  symbol(name: string): Value<T> {
    const given = this.#given.values.get(name);
    if (given !== undefined) return given.value;
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const value = this.#symbol(name);
    this.#values.set(name, value);
    return value;
  }

  #symbol(name: string): Value<T> {
    const { field } = this;
    if (this.#definitions.has(name)) return this.define(name);
    if (!this.sizes.has(name)) {
      throw new EvaluationError(
        name === "E"
          ? "of the loss E only the derivatives are known"
          : `the page does not say what ${showName(name)} is`,
      );
    }
    return { shape: [], data: [field.constant(this.sizes.of(name))] };
  }

  element(name: string, at: readonly number[]): T | undefined {
    const given = this.#given.values.get(name);
    if (given !== undefined) {
      const place = given.placeOf(at);
      return place === undefined ? undefined : given.at(place);
    }
    return this.#definitions.has(name) ? this.defined(name, at) : undefined;
  }

  /** One element of what the page defines, counted from 1. */
  defined(key: string, at: readonly number[]): T | undefined {
    const { indices, side } = this.#definitions.of(key);
    if (indices.length === 0 || indices.length !== at.length) return undefined;
    const found = this.#elements.get(key) ?? new Map<string, T>();
    this.#elements.set(key, found);
    const place = at.join();
    let value = found.get(place);
    if (value === undefined) {
      const shape = this.shapeOf(key);
      if (at.some((i, axis) => !(i >= 1 && i <= shape[axis]))) {
        throw new EvaluationError(
          `${showName(key)} is ${shape.join("×")} and has no element (${
            at.join(", ")
          })`,
        );
      }
      const bound = new Map(indices.map((name, axis) => [name, at[axis]]));
      value = this.#made(number(evaluate(side, this, bound), key));
      found.set(place, value);
    }
    return value;
  }

  /** All of what the page defines. */
  define(key: string): Value<T> {
    const { indices, side } = this.#definitions.of(key);
    if (indices.length === 0) {
      const value = evaluate(side, this, new Map());
      return { ...value, data: value.data.map((x) => this.#made(x)) };
    }
    const shape = this.shapeOf(key);
    return {
      shape,
      data: indexTuples(shape).map((at) =>
        this.defined(key, at.map((i) => i + 1))!
      ),
    };
  }

  #made(element: T): T {
    return this.#hooks.made?.(element) ?? element;
  }

  partial(of: string, by: string): Value<T> {
    if (of === "E") {
      const dout = this.#given.douts.get(by);
      if (dout !== undefined) return dout.value;
    }
    const key = `∂${of}/∂${by}`;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const value = this.#hooks.partial?.(of, by) ??
      (of === "E" && this.#definitions.has(key) ? this.define(key) : undefined);
    if (value === undefined) {
      throw new EvaluationError(
        `the page does not say what ${showName(`∂${of}∕∂${by}`)} is`,
      );
    }
    this.#values.set(key, value);
    return value;
  }

  function(name: string): FunctionDefinition | undefined {
    return this.#definitions.functions.get(name);
  }
}

/** The one number of a value. */
function number<T>({ shape, data }: Value<T>, key: string): T {
  if (shape.length === 0) return data[0];
  throw new EvaluationError(
    `an element of ${showName(key)} must be a number: it is ${shape.join("×")}`,
  );
}

/** All values of indices together, each within its range, counted from 1. */
export function assignments(
  names: readonly string[],
  ranges: ReadonlyMap<string, number>,
): Indices[] {
  return names.reduce<Map<string, number>[]>(
    (found, name) => {
      const size = ranges.get(name);
      if (size === undefined) {
        throw new EvaluationError(
          `nothing says what the index ${name} runs over`,
        );
      }
      return found.flatMap((indices) =>
        Array.from(
          { length: size },
          (_, i) => new Map(indices).set(name, i + 1),
        )
      );
    },
    [new Map()],
  );
}

/** The shapes that a page states, of inputs, outputs and definitions. */
export function declaredShapes(
  { formulas, inputs, outputs }: Page,
): Map<string, readonly Dim[]> {
  return new Map([
    // \hat{X} ∈ ℝ^{…} says what the indices of a definition run over.
    ...formulas.flatMap(({ statements }) =>
      statements.flatMap((said) =>
        said.kind === "membership" && said.of.kind === "symbol"
          ? [[said.of.name, said.shape] as const]
          : []
      )
    ),
    ...[...inputs, ...outputs].map((v) => [v.symbol, v.shape] as const),
  ]);
}
