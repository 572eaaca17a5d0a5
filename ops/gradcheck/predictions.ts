// Copyright 2026 the Adjoint authors. MIT license.

// The numbers that a mistake would give.

import { dtypeOf, isFloat, isSameShape } from "../core/checks.ts";
import type { F64, Shape } from "../core/types.ts";
import { type Facts, shapeOf } from "./facts.ts";
import {
  type Collapse,
  collapse,
  indexAlong,
  LIMIT,
  reorders,
  shift,
  subsets,
} from "./shapes.ts";
import type { Value } from "./subject.ts";
import { be, describeAxes, describeOrder } from "./words.ts";

/** Other values of `dout`, each the signature of a mistake. */
export function* otherDouts(
  { shape, data: dout }: Value<F64>,
): Generator<[dout: F64, text: string]> {
  yield [dout.map(() => 1), "dout is not used, as if it were 1 everywhere"];
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

/** Shifted by one along an axis, in all ways. */
function* shifts(
  data: F64,
  shape: Shape,
  axis: number,
  name: string,
): Generator<[data: F64, text: string]> {
  if (shape[axis] < 2) return;
  for (const by of [1, -1]) {
    for (const cyclic of [true, false]) {
      yield [
        shift(data, shape, axis, by, cyclic),
        `${name} is read one index off along axis ${axis}`,
      ];
    }
  }
}

/** Whether a tensor can take the place of another: floats of its shape. */
function isLike(x: Value, y: Value): boolean {
  return isSameShape(x.shape, y.shape) && isFloat(dtypeOf(x)) &&
    isFloat(dtypeOf(y));
}

/** How many inputs are tried in each other's place: their pairs are many. */
const PEERS = 16;

/** The places of the inputs around the one in question, and its own. */
function peers({ inputs, input }: Facts): number[] {
  const from = Math.max(Math.min(input - PEERS / 2, inputs.length - PEERS), 0);
  return Array.from(inputs.keys()).slice(from, from + PEERS);
}

/** Other inputs; the mistake is undone if the gradient becomes right. */
export function* otherInputs(
  facts: Facts,
): Generator<[inputs: Value[], text: string]> {
  const { names, inputs, output, dout } = facts;
  const places = peers(facts);
  for (const k of places) {
    const x = inputs[k];
    for (const l of places) {
      const y = inputs[l];
      if (l === k || !isLike(y, x)) continue;
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
      if (!isLike(y, x)) continue;
      yield [inputs.with(k, y), `it reads ${names[k]} where ${name} is meant`];
    }
    if (x.data.length > LIMIT || !(x.data instanceof Float64Array)) continue;
    const values = x.data;
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
): [name: string, values: F64][] {
  const { input, inputs, names, dout, output } = facts;
  return [
    ...peers(facts).map((k) => [names[k], inputs[k]] as const),
    ["dout", dout] as const,
    ["the output", output] as const,
  ]
    .filter(([, x]) => isLike(x, inputs[input]))
    .map(([name, x]) => [name, x.data as F64]);
}

/** The gradients with respect to the inputs of the same shape. */
export function gradients(
  facts: Facts,
): [name: string, values: F64][] {
  const shape = shapeOf(facts);
  return facts.inputs.flatMap((x, k) => {
    const gradient = k === facts.input ? undefined : facts.gradientBy(k);
    return gradient === undefined || !isSameShape(x.shape, shape)
      ? []
      : [[`the gradient with respect to ${facts.names[k]}`, gradient] as [
        string,
        F64,
      ]];
  });
}

const EDGES: readonly [name: string, index: (n: number) => number][] = [
  ["first", () => 0],
  ["last", (n) => n - 1],
];

/** What an axis can wrongly be replaced by. */
export const COLLAPSES: readonly [verb: string, how: Collapse][] = [
  ["summed", (sum) => sum],
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
