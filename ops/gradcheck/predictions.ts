// Copyright 2026 the Adjoint authors. MIT license.

// The numbers that a mistake would give.

import { isSameShape } from "../core/checks.ts";
import type { Tensor } from "./floats.ts";
import { type Facts, LIMIT } from "./facts.ts";
import {
  collapse,
  indexAlong,
  ones,
  reorders,
  shapeOf,
  shifts,
  subsets,
} from "./shapes.ts";
import { be, describeAxes, describeOrder } from "./words.ts";

/** Other values of `dout`, each the signature of a mistake. */
export function* otherDouts(
  { shape, data }: Tensor,
): Generator<[dout: Float64Array, text: string]> {
  const dout = Float64Array.from(data);
  yield [ones(dout.length), "dout is not used, as if it were 1 everywhere"];
  yield [dout.map((d) => d * d), "dout enters squared"];
  yield [dout.map(Math.abs), "the sign of dout is lost"];
  if (dout.length > LIMIT) return;
  for (const axes of subsets(shape)) {
    const its = axes.length > 1 ? "their" : "its";
    const at = axes.map((axis) => indexAlong(shape, axis));
    for (const [which, edge] of EDGES) {
      yield [
        dout.map((d, i) =>
          at.every((at, a) => at(i) === edge(shape[axes[a]])) ? d : 0
        ),
        `${describeAxes(axes)} of dout ${
          be(axes)
        } not summed: only ${its} ${which} index is used`,
      ];
    }
    for (const [verb, how] of COLLAPSES) {
      yield [
        collapse(dout, shape, axes, how),
        `${describeAxes(axes)} of dout ${be(axes)} ${verb} too early`,
      ];
    }
  }
  for (const [axis, n] of shape.entries()) {
    const at = indexAlong(shape, axis);
    for (const [which, edge] of EDGES) {
      yield [
        dout.map((d, i) => at(i) === edge(n) ? 0 : d),
        `a loop bound along axis ${axis} of dout is off by one: its ${which} index is left out`,
      ];
    }
    yield* shifts(dout, shape, axis, "dout");
  }
  for (const [order, moved] of reorders(dout, shape)) {
    yield [moved, describeOrder("dout", order)];
  }
}

/** How many inputs are tried in each other's place: their pairs are many. */
const PEERS = 16;

/** The places of the inputs around the one in question, and its own. */
function peers({ inputs, input }: Facts): number[] {
  const from = Math.max(Math.min(input - PEERS / 2, inputs.length - PEERS), 0);
  return Array.from(inputs.keys()).slice(from, from + PEERS);
}

/** Other inputs; the mistake is undone where the gradient becomes right. */
export function* otherInputs(
  facts: Facts,
): Generator<[inputs: Tensor[], text: string]> {
  const { names, inputs, output, dout } = facts;
  const places = peers(facts);
  for (const k of places) {
    const x = inputs[k];
    for (const l of places) {
      const y = inputs[l];
      if (l === k || !isSameShape(y.shape, x.shape)) continue;
      yield [
        inputs.with(k, y),
        `it reads ${names[k]} where ${names[l]} is meant`,
      ];
      if (k < l) {
        yield [
          inputs.with(k, y).with(l, x),
          `${names[k]} and ${names[l]} are exchanged`,
        ];
      }
    }
    for (const [name, y] of [["the output", output], ["dout", dout]] as const) {
      if (!isSameShape(y.shape, x.shape)) continue;
      yield [inputs.with(k, y), `it reads ${names[k]} where ${name} is meant`];
    }
    if (x.data.length > LIMIT) continue;
    const values = Float64Array.from(x.data);
    for (const [, data] of reorders(values, x.shape)) {
      yield [
        inputs.with(k, { shape: x.shape, data }),
        `${
          names[k]
        } is used without its transpose, or transposed where it should not be`,
      ];
    }
    for (const axis of x.shape.keys()) {
      for (const [data, text] of shifts(values, x.shape, axis, names[k])) {
        yield [inputs.with(k, { shape: x.shape, data }), text];
      }
    }
  }
}

/** Known tensors of the shape of the input. */
export function sameShape(
  facts: Facts,
): [name: string, values: Float64Array][] {
  const shape = shapeOf(facts);
  return [
    ...peers(facts).map((k) => [facts.names[k], facts.inputs[k]] as const),
    ["dout", facts.dout] as const,
    ["the output", facts.output] as const,
  ]
    .filter(([, x]) => isSameShape(x.shape, shape))
    .map(([name, x]) => [name, Float64Array.from(x.data)]);
}

/** The gradients with respect to the inputs of the same shape. */
export function gradients(
  facts: Facts,
): [name: string, values: Float64Array][] {
  const shape = shapeOf(facts);
  return facts.inputs.flatMap((x, k) => {
    const gradient = k === facts.input ? undefined : facts.gradientBy(k);
    return gradient === undefined || !isSameShape(x.shape, shape)
      ? []
      : [[`the gradient with respect to ${facts.names[k]}`, gradient] as [
        string,
        Float64Array,
      ]];
  });
}

const EDGES: readonly [name: string, index: (n: number) => number][] = [
  ["first", () => 0],
  ["last", (n) => n - 1],
];

export type Collapse = (sum: number, count: number, first: number) => number;
export const total: Collapse = (sum) => sum;

/** What an axis can wrongly be replaced by. */
export const COLLAPSES: readonly [verb: string, how: Collapse][] = [
  ["summed", total],
  ["averaged", (sum, count) => sum / count],
  ["read at index 0 only", (_sum, _count, first) => first],
];

export const POWERS: readonly [
  power: number,
  text: (name: string) => string,
][] = [
  [1, (name) => `there is a factor ${name} too many`],
  [-1, (name) => `a factor ${name} is missing`],
  [2, (name) => `there is a factor ${name}² too many`],
  [-2, (name) => `a factor ${name}² is missing`],
];
