// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Every matrix product of the library, forward and backward, is made here.
 *
 * @module
 */

import { allocate, dtypeOf } from "../_checks.ts";
import type { Tensor } from "../tensor.ts";
import { simd } from "./simd.ts";
import type { Matrix } from "./matrix.ts";
import { naive } from "./naive.ts";

/** Below so many multiply-adds, packing costs more than it saves. */
const CROSSOVER = 8 ** 3;

/**
 * The product of two matrices as a new tensor, plus `bias` on every row where
 * there is one. `act` is what the caller is doing, for the message of an error.
 */
export function multiply<M extends number, N extends number, P extends number>(
  act: string,
  x: Matrix<M, N>,
  y: Matrix<N, P>,
  bias?: Tensor<[P]>,
): Tensor<[M, P]> {
  const m = x.rows, n = x.cols, p = y.cols;
  const z = allocate(act, dtypeOf(x), m * p);
  const kernel = m * n * p < CROSSOVER ? naive : simd;
  kernel(x, y, z, bias?.data);
  return { shape: [m, p], data: z };
}
