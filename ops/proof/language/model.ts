// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The world of a page: what is given, what its equations define, and the
 * derivatives of anything that is defined with respect to anything, over any
 * field.
 *
 * A symbol may have several definitions, one for each right side that the page
 * has for it; they are used in the order of the page, but where something is
 * differentiated with respect to a symbol that the page defines, such as the
 * normalised X̂, those that hang on it come first. That they all agree is what the
 * proof shows of them as equations.
 *
 * @module
 */

import {
  type Dim,
  type Dimensions,
  EvaluationError,
  type Expr,
  type Field,
  type FunctionDefinition,
  type Index,
  type Scope,
  type Statement,
  type Value,
} from "./expression.ts";
import { axesOf, evaluate, rangeIn, visit } from "./evaluate.ts";
import { sizeOf } from "./indices.ts";
import { KINDS } from "./table.ts";
import { Tape, type Tracked } from "./tape.ts";
import { mapValue, scalar, slice, total, tuplesOf } from "./values.ts";
import { namesOf } from "./walk.ts";

/** What an equation says that a symbol is: μ_i = …, ε = 10^{-5}, Y = X W. */
export interface Definition {
  name: string;
  /** The indices on the left: names, or numbers where it is of one element. */
  indices: readonly Index[];
  body: Expr;
  /** For which indices it holds. */
  where?: Expr;
}

/** The definitions that a statement makes, one for each right side. */
export function definitionsOf(statement: Statement): Definition[] {
  if (statement.kind !== "equation") return [];
  const [left, ...rights] = statement.sides;
  const indices = left.kind === "element" ? left.indices : [];
  const symbol = left.kind === "element" ? left.of : left;
  const arePlain = indices.every((index, i) =>
    typeof index === "number" ||
    typeof index === "string" && indices.indexOf(index) === i
  );
  if (symbol.kind !== "symbol" || !arePlain) return [];
  const { where } = statement;
  return rights.map((body) => ({
    name: symbol.name,
    indices,
    body,
    ...where === undefined ? {} : { where },
  }));
}

/** What a model is made of. */
export interface World<T> {
  field: Field<T>;
  sizes: Dimensions;
  /** The inputs and options, by their symbols. */
  given: ReadonlyMap<string, Value<T>>;
  /** The dimensions of what the table of shapes or a membership says them of. */
  axes: ReadonlyMap<string, readonly Dim[]>;
  definitions: readonly Definition[];
  functions: ReadonlyMap<string, FunctionDefinition>;
  /** The loss, and its derivatives with respect to the outputs. */
  loss: { name: string; outputs: ReadonlyMap<string, Value<T>> };
  /** The symbol whose use definitions must prefer, if it is given. */
  prefer?: string;
}

/** The values of a page's symbols, by its definitions alone. */
export class Model<T> implements Scope<T> {
  readonly field: Field<T>;
  readonly sizes: Dimensions;
  readonly #world: World<T>;
  /** One for each symbol that definitions must prefer; "" where none. */
  readonly #graphs = new Map<string, Graph<T>>();
  readonly #partials = new Map<string, Value<T>>();

  constructor(world: World<T>) {
    this.#world = world;
    this.field = world.field;
    this.sizes = world.sizes;
  }

  #graph(by = ""): Graph<T> {
    const { given, prefer = "" } = this.#world;
    const name = given.has(by) || prefer !== "" ? prefer : by;
    let graph = this.#graphs.get(name);
    if (graph === undefined) {
      this.#graphs.set(name, graph = new Graph(this.#world, name));
    }
    return graph;
  }

  axes = (name: string): readonly Dim[] => this.#graph().axes(name);

  symbol = (name: string): Value<T> =>
    this.#once(
      name,
      () => mapValue(this.#graph().symbol(name), (x) => x.value),
    );

  element = (name: string, at: readonly number[]): T | undefined =>
    this.#graph().element(name, at)?.value;

  function = (name: string): FunctionDefinition | undefined =>
    this.#world.functions.get(name);

  partial = (of: string, by: string): Value<T> => {
    const { loss } = this.#world;
    const dout = of === loss.name ? loss.outputs.get(by) : undefined;
    return dout ??
      this.#once(`∂${of}∕∂${by}`, () => this.#graph(by).derivatives(of, by));
  };

  /** The same where every element of these symbols has this value. */
  at = (values: ReadonlyMap<string, T>): Model<T> => {
    const given = new Map(this.#world.given);
    for (const [name, value] of values) {
      given.set(name, mapValue(this.symbol(name), () => value));
    }
    return new Model({ ...this.#world, given });
  };

  #once(name: string, make: () => Value<T>): Value<T> {
    let value = this.#partials.get(name);
    if (value === undefined) this.#partials.set(name, value = make());
    return value;
  }
}

/** A definition that needs what it defines. */
class Circle extends EvaluationError {}

/** The numbers of a world, each of which remembers what it was computed from. */
class Graph<T> implements Scope<Tracked<T>> {
  readonly field: Tape<T>;
  readonly sizes: Dimensions;
  readonly #world: World<T>;
  readonly #definitions = new Map<string, Definition[]>();
  readonly #symbols = new Map<string, Value<Tracked<T>>>();
  readonly #elements = new Map<string, Value<Tracked<T>>>();
  readonly #axes = new Map<string, readonly Dim[]>();
  /** What is being computed. */
  readonly #pending = new Set<string>();

  constructor(world: World<T>, prefer: string) {
    this.#world = world;
    this.field = new Tape(world.field);
    this.sizes = world.sizes;
    for (const definition of world.definitions) {
      const { name, body } = definition;
      if (world.given.has(name) || hasPartial(body)) continue;
      const known = this.#definitions.get(name);
      if (known === undefined) this.#definitions.set(name, [definition]);
      else known.push(definition);
    }
    if (prefer === "") return;
    for (const all of this.#definitions.values()) {
      all.sort((a, b) =>
        Number(this.#hangsOn(b, prefer)) - Number(this.#hangsOn(a, prefer))
      );
    }
  }

  /** Whether a definition needs a symbol, itself or by what it needs. */
  #hangsOn(
    { body }: Definition,
    name: string,
    seen = new Set<string>(),
  ): boolean {
    const names = namesOf(body, KINDS);
    if (names.has(name)) return true;
    return [...names].some((other) => {
      if (seen.has(other)) return false;
      seen.add(other);
      return (this.#definitions.get(other) ?? []).some((d) =>
        this.#hangsOn(d, name, seen)
      );
    });
  }

  function = (name: string): FunctionDefinition | undefined =>
    this.#world.functions.get(name);

  axes = (name: string): readonly Dim[] => {
    const known = this.#world.axes.get(name) ?? this.#axes.get(name);
    if (known !== undefined) return known;
    this.#axes.set(name, []); // Where it needs itself, another definition says it.
    for (const { indices, body } of this.#definitions.get(name) ?? []) {
      if (indices.some((i) => typeof i === "number")) continue;
      const rest = axesOf(body, this);
      const own = indices.map((index) => rangeIn(index as string, body, this));
      if (own.some((dim) => dim === undefined)) continue;
      const axes = [...own as Dim[], ...rest];
      this.#axes.set(name, axes);
      return axes;
    }
    this.#axes.delete(name);
    return [];
  };

  symbol = (name: string): Value<Tracked<T>> => {
    const known = this.#symbols.get(name);
    if (known !== undefined) return known;
    const value = this.#make(name);
    this.#symbols.set(name, value);
    return value;
  };

  #make(name: string): Value<Tracked<T>> {
    const { given, loss, sizes } = this.#world;
    const input = given.get(name);
    if (input !== undefined) return mapValue(input, this.field.variable);
    if (name === loss.name) return scalar(this.#loss());
    const definitions = this.#definitions.get(name);
    if (definitions === undefined) {
      if (sizes.has(name)) return scalar(this.field.constant(sizes.of(name)));
      throw new EvaluationError(`the page does not say what ${name} is`);
    }
    if (definitions.every(({ indices }) => indices.length === 0)) {
      return this.#slice(name, []);
    }
    const axes = this.axes(name);
    const most = Math.max(...definitions.map(({ indices }) => indices.length));
    if (axes.length < most) {
      throw new EvaluationError(
        `nothing says what the indices of ${name} run over: write its shape, ${name} \\in \\mathbb{R}^{…}`,
      );
    }
    const shape = axes.map((dim) => sizeOf(dim, (n) => sizes.of(n)));
    const outer = shape.slice(0, most);
    return {
      shape,
      data: tuplesOf(outer).flatMap((at) => this.#slice(name, at).data),
    };
  }

  #loss(): Tracked<T> {
    const { outputs } = this.#world.loss;
    const terms = [...outputs].flatMap(([output, dout]) => {
      const { data } = this.symbol(output);
      return dout.data.map((d, i) =>
        this.field.multiply(this.field.fixed(d), data[i])
      );
    });
    return total(this.field, terms);
  }

  element = (name: string, at: readonly number[]): Tracked<T> | undefined => {
    if (this.#symbols.has(name)) return undefined;
    const definitions = this.#definitions.get(name);
    // Only a single element is less work than all.
    if (definitions?.[0].indices.length !== at.length) return undefined;
    const { shape, data } = this.#slice(name, at);
    return shape.length === 0 ? data[0] : undefined;
  };

  /** What stands at the first indices of a symbol that the page defines. */
  #slice(name: string, at: readonly number[]): Value<Tracked<T>> {
    const key = `${name} ${at.join()}`;
    const known = this.#elements.get(key);
    if (known !== undefined) return known;
    if (this.#pending.has(key)) {
      throw new Circle(`${name} is defined by itself`);
    }
    this.#pending.add(key);
    try {
      const value = mapValue(this.#defined(name, at), this.field.named);
      this.#elements.set(key, value);
      return value;
    } finally {
      this.#pending.delete(key);
    }
  }

  #defined(name: string, at: readonly number[]): Value<Tracked<T>> {
    let circle: Circle | undefined;
    for (const definition of this.#definitions.get(name)!) {
      const { indices, body, where } = definition;
      const bound = new Map<string, number>();
      const fits = indices.length <= at.length && indices.every((index, i) => {
        if (typeof index === "string") bound.set(index, at[i]);
        return typeof index === "string" || index === at[i];
      });
      if (!fits) continue;
      try {
        if (where !== undefined && !this.#holds(where, bound)) continue;
        if (indices.length === at.length) return evaluate(body, this, bound);
        const [outer, inner] = [
          at.slice(0, indices.length),
          at.slice(indices.length),
        ];
        return slice(this.#slice(name, outer), inner, name);
      } catch (error) {
        // Another definition may do without.
        if (!(error instanceof Circle)) throw error;
        circle = error;
      }
    }
    throw circle ??
      new EvaluationError(
        `the page does not say what ${name}_{${at.join()}} is`,
      );
  }

  #holds(where: Expr, indices: ReadonlyMap<string, number>): boolean {
    const { data } = evaluate(where, this, indices);
    return this.field.compare(data[0], this.field.constant(0)) !== 0;
  }

  partial = (of: string, by: string): Value<never> => {
    throw new EvaluationError(
      `a definition must not hang on the derivative ∂${of}∕∂${by}`,
    );
  };

  /** The derivatives of all elements of one with respect to all of the other. */
  derivatives(of: string, by: string): Value<T> {
    const above = this.symbol(of);
    const below = this.symbol(by);
    const one = this.#world.field.constant(1);
    return {
      shape: [...above.shape, ...below.shape],
      data: above.data.flatMap((x) =>
        this.field.gradient([x], [one], below.data)
      ),
    };
  }
}

/** Whether an expression has a derivative in it. */
export function hasPartial(expr: Expr): boolean {
  let found = false;
  visit(expr, (e) => {
    found ||= e.kind === "partial";
  });
  return found;
}
