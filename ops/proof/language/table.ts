// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The table of kinds: all that is known of each notation, one entry each.
 *
 * The order is that in which the beginnings are tried when TeX is read.
 *
 * @module
 */

import type { KindTable } from "./kind.ts";
import {
  add,
  fraction,
  hadamard,
  negative,
  power,
  product,
} from "./kinds/arithmetic.ts";
import { call } from "./kinds/calls.ts";
import { at, cases, compare, iverson, logic } from "./kinds/conditions.ts";
import {
  delta,
  element,
  number,
  ones,
  partial,
  symbol,
  transpose,
} from "./kinds/leaves.ts";
import { inner, norm, reduce } from "./kinds/reductions.ts";

/** Every kind of node. */
export const KINDS: KindTable = {
  number,
  partial,
  fraction,
  reduce,
  call,
  delta,
  ones,
  iverson,
  cases,
  at,
  inner,
  norm,
  symbol,
  element,
  transpose,
  power,
  logic,
  compare,
  add,
  negative,
  hadamard,
  product,
};
