// Copyright 2026 the Adjoint authors. MIT license.

// Which outputs an input without a gradient feeds: labels, indices, masks, and
// every input of an op that only chooses. No derivative shows it, so it is read
// from what each element of the outputs is computed from.

import type { Op, Values } from "./op.ts";
import { indexOf, type State } from "./state.ts";
import { explain, sources } from "./terms.ts";

/** An element of an output, by the output's number and its place in it. */
export interface Fed {
  output: number;
  place: number;
}

/** What the elements of each input feed, computed once for a state. */
export class Reach {
  readonly #op: Op;
  readonly #fed: Map<number, Map<number, Fed[]>> = new Map();
  #values: Values | undefined;

  constructor(op: Op) {
    this.#op = op;
  }

  /** The elements of the outputs that an element of an input feeds, in order. */
  of(state: State, values: Values, input: number, place: number): Fed[] {
    if (values !== this.#values) this.#fed.clear();
    this.#values = values;
    let fed = this.#fed.get(input);
    if (fed === undefined) {
      fed = this.#compute(state, values, input);
      this.#fed.set(input, fed);
    }
    return fed.get(place) ?? [];
  }

  #compute(state: State, values: Values, input: number): Map<number, Fed[]> {
    const { inputs, outputs } = this.#op.data;
    const fed = new Map<number, Fed[]>();
    values.outputs.forEach(({ shape, data }, output) => {
      for (let place = 0; place < data.length; place++) {
        const index = indexOf(place, shape).map((i) => i + 1);
        const { symbol } = outputs[output];
        const { term, compared } = explain(
          this.#op,
          state,
          values,
          symbol,
          index,
        );
        for (const at of sources([term, ...compared], inputs[input].symbol)) {
          fed.set(at, [...fed.get(at) ?? [], { output, place }]);
        }
      }
    });
    return fed;
  }
}
