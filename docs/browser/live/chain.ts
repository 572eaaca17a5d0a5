// Copyright 2026 the Adjoint authors. MIT license.

// The chain rule in numbers: which outputs an element of an input feeds, and
// what each of them adds to its gradient. It holds for every operation, as the
// gradient for a `dout` of one 1 and zeros is the derivative of one output.

import { type Fed, Feeds } from "./feeds.ts";
import type { Tensor, Values } from "./op.ts";
import type { State } from "./state.ts";

/** What one element of an output adds to a gradient. */
export interface Link extends Fed {
  /** ∂Z/∂X: how far the output moves with the input. */
  slope: number;
  /** ∂E/∂Z: how far the loss moves with the output. */
  dout: number;
}

/**
 * The links of each element of an input with a gradient, by its number among those:
 * to the elements that move with it at the numbers of the state.
 */
export class Chain extends Feeds<Link> {
  protected override compute(
    state: State,
    { given, outputs }: Values,
    k: number,
  ): Link[][] {
    const { inputs } = this.op.data;
    const count = inputs.length;
    const size = given[this.op.floats[k]].data.length;
    const links = Array.from({ length: size }, (): Link[] => []);
    const none = given.map((x, i) => i < count ? x : filled(x, -1));
    outputs.forEach((y, output) => {
      for (let place = 0; place < y.data.length; place++) {
        const one = none.with(
          count + output,
          filled(given[count + output], place),
        );
        const slopes = this.op.gradient(k, one, state).data;
        const dout = given[count + output].data[place];
        slopes.forEach((slope, at) => {
          if (slope !== 0) links[at].push({ output, place, slope, dout });
        });
      }
    });
    return links;
  }
}

/** A tensor of zeros with a 1 at a place. */
function filled({ shape, data }: Tensor, place: number): Tensor {
  return { shape, data: data.map((_, i) => i === place ? 1 : 0) } as Tensor;
}
