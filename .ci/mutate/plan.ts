// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The mutants, and the tests that reach each.
 *
 * @module
 */

import { type Change, changedLines } from "./equivalents.ts";
import { formulaMutations, type PageKind } from "./formulas.ts";
import { isUsedAtLoad, type Patch, patch } from "./instrument.ts";
import { type Edit, mutations, parse } from "./mutators.ts";
import type { Measure, Trial } from "./agent.ts";
import type { Users } from "./users.ts";

/** A mutant, of code or of a page. */
export interface Mutant extends Change {
  operator: string;
  line: number;
  edit: Edit;
  /**
   * Where its statement and its declaration begin, and whether only tests that
   * execute it can notice it; a page has none of it.
   */
  code?: { statement: number; owner: number; isFunction: boolean };
}

/**
 * The mutants of a module: of its code, and of its page if it has one.
 */
export function mutantsOf(
  file: string,
  text: string,
  page?: PageKind,
): Mutant[] {
  const tree = parse(text);
  const code = mutations(text).map((mutation): Mutant => {
    const { operator, owner, statement, name } = mutation;
    const isFunction = isFunctionAt(text, owner) && !isUsedAtLoad(tree, name);
    return {
      file,
      in: name,
      operator,
      ...changedLines(text, mutation),
      edit: mutation,
      code: { statement, owner, isFunction },
    };
  });
  if (page === undefined) return code;
  const formulas = formulaMutations(text, page).map((mutation): Mutant => {
    const { operator, line, name, from, to } = mutation;
    return { file, in: name, operator, line, from, to, edit: mutation };
  });
  return [...code, ...formulas];
}

function isFunctionAt(text: string, at: number): boolean {
  return /^(export )?(async )?function\b/.test(text.slice(at, at + 30));
}

/** The code that makes a mutant, and takes it back; none if it is no program. */
export function patchOf(
  text: string,
  { file, edit, operator, code, in: name }: Mutant,
): Patch | undefined {
  return patch(file, text, { ...edit, ...code!, operator, name });
}

/** Loops of a mutant may turn so often without a reason, and times as often. */
const FUEL = 100_000;
const FUEL_FACTOR = 20;

/** The measured tests, and which of them noticed mutants before. */
export class Tests {
  readonly #measures: readonly Measure[];
  readonly #hits: Map<string, Set<number>>[];
  readonly #users: Users;
  readonly #kills = new Map<string, number>();

  constructor(measures: readonly Measure[], users: Users) {
    this.#measures = measures;
    this.#users = users;
    this.#hits = measures.map(({ hits }) =>
      new Map(Object.entries(hits).map(([m, at]) => [m, new Set(at)]))
    );
  }

  milliseconds(test: number): number {
    return this.#measures[test].milliseconds;
  }

  /**
   * The tests that reach a mutant, those first that will soon notice it, and no
   * more of them than take so many milliseconds together.
   */
  trials({ file, in: name, code }: Mutant, most = Infinity): Trial[] {
    const { owner, statement, isFunction } = code!;
    const key = `${file} ${owner}`;
    const places = isFunction
      ? [[file, statement] as const]
      : this.#users.of(file, name);
    const reaches = (test: number) =>
      places.some(([module, at]) => this.#hits[test].get(module)?.has(at));
    const cost = (test: number) => {
      const kills = this.#kills.get(`${key} ${test}`) ?? 0;
      return (this.milliseconds(test) + 0.5) / (1 + kills);
    };
    let total = 0;
    return [...this.#measures.keys()].filter(reaches)
      .map((test) => [test, cost(test)])
      .sort(([, a], [, b]) => a - b)
      .filter(([test]) => (total += this.milliseconds(test)) < most)
      .map(([test]) => {
        const { milliseconds, turns } = this.#measures[test];
        return {
          test,
          fuel: FUEL + FUEL_FACTOR * (turns[key] ?? 0),
          limit: 1000 + 2 * milliseconds,
        };
      });
  }

  /** Notes that a test noticed a mutant. */
  noticed({ file, code }: Mutant, test: number): void {
    const key = `${file} ${code!.owner} ${test}`;
    this.#kills.set(key, (this.#kills.get(key) ?? 0) + 1);
  }
}
