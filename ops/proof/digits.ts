// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Numbers of 64 digits, as the proof uses them.
 *
 * @module
 */

import {
  type Digits as Number64,
  digits64,
  toNumber,
} from "./language/digits.ts";
import type { Field } from "./language/expression.ts";

export type { Digits as Number64 } from "./language/digits.ts";

/** Numbers of many digits. */
export interface Digits<D> extends Field<D> {
  /** The nearest number in float64. */
  toNumber(x: D): number;
}

/** Numbers of 64 digits: the truth. */
export const digits: Digits<Number64> = { ...digits64, toNumber };
