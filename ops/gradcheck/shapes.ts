// Copyright 2026 the Adjoint authors. MIT license.

// Axes: permuted, shifted, summed over.

import type { Shape } from "../core/types.ts";
import type { Tensor } from "./floats.ts";
import { type Facts, LIMIT } from "./facts.ts";
import { type Collapse, total } from "./predictions.ts";

export function shapeOf({ inputs, input }: Facts): Shape {
  return inputs[input].shape;
}

/** The dimensions that are not 1. */
export function long(shape: Shape): Shape {
  return shape.filter((n) => n !== 1);
}

/** From a place in the data to the index along one axis. */
export function indexAlong(
  shape: Shape,
  axis: number,
): (place: number) => number {
  const step = stepOf(shape, axis);
  return (place) => Math.floor(place / step) % shape[axis];
}

/** How far apart in the data neighbors along an axis are. */
function stepOf(shape: Shape, axis: number): number {
  return shape.slice(axis + 1).reduce((step, n) => step * n, 1);
}

/** All sets of axes that are longer than 1, single axes first. */
export function subsets(shape: Shape): number[][] {
  const axes = Array.from(shape.keys()).filter((axis) => shape[axis] > 1)
    .slice(0, 5);
  return Array.from(
    { length: 2 ** axes.length - 1 },
    (_, bits) => axes.filter((_, k) => (bits + 1) >> k & 1),
  )
    .sort((a, b) => a.length - b.length);
}

/** All orders of so many axes but the given one; of many, only the swaps. */
export function permutations(rank: number): number[][] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  if (rank > 4) {
    return axes.flatMap((a) =>
      axes.slice(a + 1).map((b) => axes.with(a, b).with(b, a))
    );
  }
  const orders = (left: number[]): number[][] =>
    left.length === 0
      ? [[]]
      : left.flatMap((axis) =>
        orders(left.filter((k) => k !== axis)).map((rest) => [axis, ...rest])
      );
  return orders(axes).slice(1);
}

/** The elements of the tensor whose axis `k` is axis `order[k]` of this one. */
export function transpose(
  data: Float64Array,
  shape: Shape,
  order: readonly number[],
): Float64Array {
  const target = order.map((k) => shape[k]);
  const at = target.map((_, k) => indexAlong(target, k));
  const steps = order.map((k) => stepOf(shape, k));
  return data.map((_, place) => {
    let source = 0;
    for (let k = 0; k < at.length; k++) source += at[k](place) * steps[k];
    return data[source];
  });
}

/** The same shape over the data in another order of axes, both ways. */
export function* reorders(
  data: Float64Array,
  shape: Shape,
): Generator<[order: number[], data: Float64Array]> {
  // A permutation of one axis, or of a long tensor, is not worth trying.
  if (data.length > LIMIT) return;
  for (const order of permutations(shape.length)) {
    const inverse = order.map((_, k) => order.indexOf(k));
    yield [order, transpose(data, shape, order)];
    yield [order, transpose(data, order.map((k) => shape[k]), inverse)];
  }
}

/** Every element replaced by the one `by` further on, zero past the edge. */
export function shift(
  data: Float64Array,
  shape: Shape,
  axis: number,
  by: number,
  cyclic = false,
): Float64Array {
  const at = indexAlong(shape, axis);
  const [n, step] = [shape[axis], stepOf(shape, axis)];
  return data.map((_, place) => {
    const index = at(place);
    const moved = cyclic ? (index + by + n) % n : index + by;
    return moved < 0 || moved >= n ? 0 : data[place + (moved - index) * step];
  });
}

export function* shifts(
  data: Float64Array,
  shape: Shape,
  axis: number,
  name: string,
): Generator<[data: Float64Array, text: string]> {
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

/** Each element replaced by what `how` makes of those along some axes. */
export function collapse(
  data: Float64Array,
  shape: Shape,
  axes: readonly number[],
  how: Collapse,
): Float64Array {
  const at = axes.map((axis) => indexAlong(shape, axis));
  const steps = axes.map((axis) => stepOf(shape, axis));
  const count = axes.reduce((count, axis) => count * shape[axis], 1);
  const home = data.map((_, place) =>
    at.reduce((home, at, k) => home - at(place) * steps[k], place)
  );
  const sums = new Float64Array(data.length);
  for (const [place, value] of data.entries()) sums[home[place]] += value;
  return home.map((first) => how(sums[first], count, data[first]));
}

/** The sums along some axes, without those axes. */
export function sumOver(
  data: Tensor["data"],
  shape: Shape,
  axes: readonly number[],
): Float64Array {
  const at = axes.map((axis) => indexAlong(shape, axis));
  return collapse(Float64Array.from(data), shape, axes, total)
    .filter((_, place) => at.every((at) => at(place) === 0));
}

export function ones(length: number): Float64Array {
  return new Float64Array(length).fill(1);
}

/** The inner product of two tensors as lists. */
export function dot(a: Tensor["data"], b: Tensor["data"]): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The largest absolute value; 0 of nothing. */
export function largest(values: Float64Array): number {
  return values.reduce((largest, v) => Math.max(largest, Math.abs(v)), 0);
}
