// Copyright 2026 the Adjoint authors. MIT license.

// Copies, comparisons and sizes of the tensors that gradcheck works on.

import { lengthOf, write } from "../core/arrays.ts";
import { allocate, isSameShape, showShape } from "../core/checks.ts";
import { dtypeOf, type Tensor } from "./floats.ts";
import { ACT } from "./functions.ts";
import { dot } from "./shapes.ts";
import { showIndex } from "./words.ts";

/** A copy, which no one else can write to. */
export function copy({ shape, data }: Tensor): Tensor {
  return { shape: [...shape], data: data.slice() };
}

/** A copy in float64. */
export function lift({ shape, data }: Tensor): Tensor {
  return { shape: [...shape], data: copyData(data, "float64") };
}

/** A copy of numbers, in memory of their own. */
export function copyData(
  data: Tensor["data"],
  dtype: "float32" | "float64" = dtypeOf({ data }),
): Tensor["data"] {
  const copy = allocate(ACT, dtype, lengthOf(data), "a copy of a tensor");
  write(copy, data);
  return copy;
}

/** In words, where two tensors first differ; every bit counts. */
export function difference(before: Tensor, after: Tensor): string | undefined {
  if (!isSameShape(before.shape, after.shape)) {
    return `its shape was ${showShape(before.shape)}, is ${
      showShape(after.shape)
    }`;
  }
  const i = before.data.findIndex((v, i) => !Object.is(v, after.data[i]));
  if (i < 0) return undefined;
  const show = (v: number) => Object.is(v, -0) ? "-0" : `${v}`;
  return `element ${showIndex(i, before.shape)} was ${
    show(before.data[i])
  }, is ${show(after.data[i])}`;
}

/** The size of each element, or the typical size where that is larger. */
export function scaleOf(values: Tensor["data"]): Float64Array {
  const data = Float64Array.from(values);
  const largest = data.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  // Below, a step would be lost to underflow.
  if (largest < 1e-290) return data.fill(1);
  const rms = norm(data) / Math.sqrt(data.length);
  return data.map((x) => Math.max(Math.abs(x), rms));
}

/** The size of each element alone; of a zero, the given scale. */
export function ownScales(
  values: Tensor["data"],
  scales: Float64Array,
): Float64Array {
  return scales.map((scale, i) => Math.abs(values[i]) || scale);
}

/** The Euclidean norm, also where the squares are out of range. */
export function norm(data: Float64Array): number {
  const largest = data.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  if (!(largest > 0 && largest < Infinity)) return largest;
  const unit = data.map((x) => x / largest);
  return largest * Math.sqrt(dot(unit, unit));
}

/** Numbers between 0.5 and 1.5 of either sign, by the generator mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  const next = () => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, state | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
  return () => (0.5 + next()) * (next() < 0.5 ? -1 : 1);
}
