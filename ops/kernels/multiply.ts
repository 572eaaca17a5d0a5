// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Every matrix product of the library, forward and backward, is made here.
 *
 * @module
 */

import { checkLength, type Result } from "../_checks.ts";
import type { Tensor } from "../tensor.ts";
import { simd } from "./simd.ts";
import { areWorth, threaded } from "./threaded.ts";
import type { Matrix } from "./matrix.ts";
import { naive } from "./naive.ts";

/**
 * Below so many multiply-adds the plain loop takes a few microseconds, and its
 * sums are in float64: there is little to win, and accuracy to lose.
 */
const CROSSOVER = 16 ** 3;

/**
 * Writes the product of two matrices, plus `bias` on every row where there is
 * one, to `z`. `act` is what the caller is doing, for the message of an error.
 */
export function multiply<M extends number, N extends number, P extends number>(
  act: string,
  x: Matrix<M, N>,
  y: Matrix<N, P>,
  z: Result<[M, P]>,
  bias?: Tensor<[P]>,
): Tensor<[M, P]> {
  const m = x.rows, n = x.cols, p = y.cols;
  checkLength(act, x.data, m * n);
  checkLength(act, y.data, n * p);
  checkLength(act, z.data, m * p);
  if (bias !== undefined) checkLength(act, bias.data, p);
  if (m * p === 0) return z.tensor; // n may be huge, as there is nothing to read.
  const size = m * n * p;
  const kernel = size < CROSSOVER ? naive : areWorth(size) ? threaded : simd;
  kernel(x, y, z.data, bias?.data);
  return z.tensor;
}
