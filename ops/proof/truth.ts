// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What a golden case should have given: in 64 digits, and within which bound.
 *
 * @module
 */

import type { BigNumber } from "mathjs";
import type { GoldenCase } from "../goldens/goldens.ts";
import { gradientsOf } from "./cases.ts";
import { define } from "./equations.ts";
import { digits64, exactly, magnitudes } from "./fields.ts";
import type { Operation } from "./operation.ts";
import { givenScope } from "./scopes.ts";

/** The truth is computed for so many elements of a result, evenly spread. */
const SAMPLE = 200;

/** The Euclidean distance, as the notebook's `metrics.tdist`. */
export function tdist(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}

/** The truth for a golden case, in 64 digits: which elements, and their values. */
export function truth(
  op: Operation,
  target: number,
  golden: GoldenCase,
  most: number = SAMPLE,
  dout?: readonly BigNumber[],
): { at: number[]; values: readonly BigNumber[] } {
  const at = sample(op, target, golden, most);
  const scope = givenScope(op, golden, digits64, exactly, dout);
  return { at, values: define(op, target, scope, at).data };
}

/**
 * How far two correct results may be apart: k·ε times the sum of the absolute
 * terms, for each of them, as a Euclidean norm over all elements.
 */
export function roundingBound(
  op: Operation,
  target: number,
  golden: GoldenCase,
): number {
  const at = sample(op, target, golden, SAMPLE);
  const scope = givenScope(op, golden, magnitudes, magnitudes.constant);
  const errors = define(op, target, scope, at).data.map(({ size, terms }) =>
    size * terms
  );
  const size = target === 0
    ? golden.output.data.length
    : gradientsOf(op, golden)[target - 1].data.length;
  const norm = Math.hypot(...errors) * Math.sqrt(size / (at.length || 1));
  return 2 * norm * epsilon(golden.dtype);
}

/** Half a unit in the last place of 1. */
export function epsilon(dtype: GoldenCase["dtype"]): number {
  return dtype === "float64" ? 2 ** -53 : 2 ** -24;
}

/** Up to so many elements of a target, evenly spread. */
function sample(
  op: Operation,
  target: number,
  golden: GoldenCase,
  most: number,
): number[] {
  const { data } = target === 0
    ? golden.output
    : gradientsOf(op, golden)[target - 1];
  const count = Math.min(data.length, most);
  return Array.from(
    { length: count },
    (_, i) => Math.floor(i * data.length / count),
  );
}
