// Copyright 2026 the Adjoint authors. MIT license.

// Axes: permuted, shifted, summed over.

import type { F64, Shape } from "../core/types.ts";

/** Longer lists are not permuted, shifted or summed to find a mistake. */
export const LIMIT = 1e6;

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

/** The index of the element at a place of the data. */
export function indexOf(place: number, shape: Shape): number[] {
  return shape.map((_, axis) => indexAlong(shape, axis)(place));
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

/** All orders of this many axes but the given one; if there are many, only the swaps. */
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
  data: F64,
  shape: Shape,
  order: readonly number[],
): F64 {
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
  data: F64,
  shape: Shape,
): Generator<[order: number[], data: F64]> {
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
  data: F64,
  shape: Shape,
  axis: number,
  by: number,
  cyclic = false,
): F64 {
  const at = indexAlong(shape, axis);
  const [n, step] = [shape[axis], stepOf(shape, axis)];
  return data.map((_, place) => {
    const index = at(place);
    const moved = cyclic ? (index + by + n) % n : index + by;
    return moved < 0 || moved >= n ? 0 : data[place + (moved - index) * step];
  });
}

/** What replaces the elements along some axes. */
export type Collapse = (sum: number, count: number, first: number) => number;

/** Each element replaced by what `how` makes of those along some axes. */
export function collapse(
  data: F64,
  shape: Shape,
  axes: readonly number[],
  how: Collapse,
): F64 {
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
  data: F64,
  shape: Shape,
  axes: readonly number[],
): F64 {
  const at = axes.map((axis) => indexAlong(shape, axis));
  return collapse(data, shape, axes, (sum) => sum)
    .filter((_, place) => at.every((at) => at(place) === 0));
}
