// Copyright 2026 the Adjoint authors. MIT license.

// Which outputs an input without a gradient feeds: labels, indices, masks, and
// every input of an op that only chooses. No derivative shows it, so it is read
// from what each element of the outputs is computed from.

import { type Fed, Feeds } from "./feeds.ts";
import type { Values } from "./op.ts";
import { indexOf, type State } from "./state.ts";
import { explain, sources } from "./terms.ts";

/** What the elements of each input feed, with a gradient or without. */
export class Reach extends Feeds<Fed> {
  protected override compute(
    state: State,
    values: Values,
    input: number,
  ): Fed[][] {
    const { inputs, outputs } = this.op.data;
    const { symbol } = inputs[input];
    const fed = Array.from(values.given[input].data, (): Fed[] => []);
    values.outputs.forEach(({ shape, data }, output) => {
      for (let place = 0; place < data.length; place++) {
        const index = indexOf(place, shape).map((i) => i + 1);
        const { term, compared } = explain(
          this.op,
          state,
          values,
          outputs[output].symbol,
          index,
        );
        for (const at of sources([term, ...compared], symbol)) {
          fed[at].push({ output, place });
        }
      }
    });
    return fed;
  }
}
