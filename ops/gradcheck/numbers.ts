// Copyright 2026 the Adjoint authors. MIT license.

// Lists of numbers: their sizes, and random ones.

import type { F64 } from "../core/types.ts";

/** The inner product of two lists. */
export function dot(a: F64, b: F64): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The largest absolute value; 0 of nothing. */
export function largest(values: F64): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    most = Math.max(most, Math.abs(values[i]));
  }
  return most;
}

/** The root of the sum of two squares, faster than `Math.hypot`. */
export function hypot(a: number, b: number): number {
  const sum = a * a + b * b;
  return sum > 1e-280 && sum < Infinity ? Math.sqrt(sum) : Math.hypot(a, b);
}

/** The Euclidean norm, also where the squares are out of range. */
export function norm(data: F64): number {
  const most = largest(data);
  if (!(most > 0 && most < Infinity)) return most;
  const unit = data.map((x) => x / most);
  return most * Math.sqrt(dot(unit, unit));
}

/** The size of each element, or the typical size where that is larger. */
export function scaleOf(values: F64): F64 {
  const finite = values.filter(Number.isFinite);
  // Below, a step would be lost to underflow.
  if (largest(finite) < 1e-290) return values.map(() => 1);
  const rms = norm(finite) / Math.sqrt(finite.length);
  return values.map((x) => Number.isFinite(x) ? Math.max(Math.abs(x), rms) : 0);
}

/** The size of each element alone; of a zero, the given scale. */
export function ownScales(values: F64, scales: F64): F64 {
  return scales.map((scale, i) =>
    scale === 0 ? 0 : Math.abs(values[i]) || scale
  );
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
