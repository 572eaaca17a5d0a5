// Copyright 2026 the Adjoint authors. MIT license.

// What the elements of an input feed. Whether by calculus (`chain.ts`) or by
// reading the formula (`reach.ts`), it takes a while, so it is kept.

import type { Op, Values } from "./op.ts";
import type { State } from "./state.ts";

/** An element of an output, by the output's number and its place in it. */
export interface Fed {
  output: number;
  place: number;
}

/** What each element of an input feeds, computed once for a state. */
export abstract class Feeds<T extends Fed> {
  protected readonly op: Op;
  readonly #kept: Map<number, T[][]> = new Map();
  #values: Values | undefined;

  constructor(op: Op) {
    this.op = op;
  }

  /** The elements of the outputs that an element of an input feeds, in order. */
  of(state: State, values: Values, input: number, place: number): T[] {
    if (values !== this.#values) this.#kept.clear();
    this.#values = values;
    let fed = this.#kept.get(input);
    if (fed === undefined) {
      fed = this.compute(state, values, input);
      this.#kept.set(input, fed);
    }
    return fed[place] ?? [];
  }

  /** The same of all elements of an input, in their order. */
  protected abstract compute(
    state: State,
    values: Values,
    input: number,
  ): T[][];
}
