// Copyright 2026 the Adjoint authors. MIT license.

// Pages for the tests of the language: a few formulas, random inputs.

import { type Digits, digits64, exactly } from "./digits.ts";
import type { Dim, Expr, Statement, Value } from "./expression.ts";
import { evaluate, freeIndices, indexRanges } from "./evaluate.ts";
import { definitionsOf, Model, type World } from "./model.ts";
import { Names, parseFormula } from "./parse.ts";
import { tuplesOf } from "./values.ts";

/** Numbers that are always the same, from −1 to 1. */
export function drawing(seed = 1): () => number {
  let state = seed * 2654435 % 2147483647;
  for (let i = 0; i < 3; i++) state = state * 16807 % 2147483647;
  return () => {
    state = state * 16807 % 2147483647;
    return state / 2147483647 * 2 - 1;
  };
}

/** A page: inputs and the output with their dimensions, and formulas. */
export interface TestPage {
  inputs: Record<string, Dim[]>;
  output: [symbol: string, axes: Dim[]];
  sizes: Record<string, number>;
  formulas: string[];
  /** Inputs that are not drawn. */
  given?: Record<string, number[]>;
}

/** The names of a page. */
export function namesOf({ inputs, output, sizes, formulas }: TestPage): Names {
  const names = new Names();
  for (
    const name of [...Object.keys(inputs), output[0], ...Object.keys(sizes)]
  ) {
    names.addSymbol(name);
  }
  for (const tex of formulas) names.add(tex);
  return names;
}

/** The statements of a page. */
export function statementsOf(page: TestPage): Statement[] {
  const names = namesOf(page);
  return page.formulas.flatMap((tex) => parseFormula(tex, names));
}

/** What the page says, at random inputs in 77 digits. */
export function worldOf(page: TestPage, seed = 1): World<Digits> {
  const random = drawing(seed);
  const { sizes } = page;
  const tensor = (axes: Dim[], data?: number[]): Value<Digits> => {
    const shape = axes.map((dim) =>
      typeof dim === "string" ? sizes[dim] : Number(dim)
    );
    return {
      shape,
      data: tuplesOf(shape).map((_, i) => exactly(data?.[i] ?? random())),
    };
  };
  const statements = statementsOf(page);
  const [output, axes] = page.output;
  return {
    field: digits64,
    sizes: { has: (name) => name in sizes, of: (name) => sizes[name] },
    given: new Map(
      Object.entries(page.inputs).map(([name, axes]) => [
        name,
        tensor(axes, page.given?.[name]),
      ]),
    ),
    axes: new Map([...Object.entries(page.inputs), [output, axes]]),
    definitions: statements.flatMap(definitionsOf),
    functions: new Map(
      statements.flatMap((s) => s.kind === "function" ? [[s.name, s]] : []),
    ),
    loss: { name: "E", outputs: new Map([[output, tensor(axes)]]) },
  };
}

/** The model of a page in 77 digits. */
export function modelOf(page: TestPage, seed = 1): Model<Digits> {
  return new Model(worldOf(page, seed));
}

/** All values of the indices that the sides of an equation leave open. */
export function assignments<T>(
  sides: readonly Expr[],
  model: Model<T>,
): Map<string, number>[] {
  const ranges = new Map(
    sides.toReversed().flatMap((side) => [...indexRanges(side, model)]),
  );
  return freeIndices(sides[0], model.sizes).reduce<Map<string, number>[]>(
    (all, name) =>
      all.flatMap((indices) =>
        Array.from(
          { length: ranges.get(name) ?? 0 },
          (_, i) => new Map(indices).set(name, i + 1),
        )
      ),
    [new Map()],
  );
}

/** The values of both sides of an equation, for all indices, side by side. */
export function sidesOf<T>(
  statement: Statement,
  model: Model<T>,
): [left: T, right: T][] {
  if (statement.kind !== "equation") return [];
  const { sides: [left, ...rights], where } = statement;
  const { field } = model;
  return assignments([left, ...rights], model).flatMap((indices) => {
    const holds = where === undefined ||
      field.compare(
          evaluate(where, model, indices).data[0],
          field.constant(0),
        ) !== 0;
    if (!holds) return [];
    const { data } = evaluate(left, model, indices);
    return rights.flatMap((right) => {
      const other = evaluate(right, model, indices).data;
      return data.map((x, i): [T, T] => [x, other[i]]);
    });
  });
}
