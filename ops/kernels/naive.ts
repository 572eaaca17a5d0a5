// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # The naive kernel
 *
 * The definition of the product, as three loops:
 *
 * ```math
 * Z_{ik} = b_k + \sum_{j=1}^{n} X_{ij} Y_{jk}
 * ```
 *
 * Without a bias, $`b`$ is zero. The sum runs in float64 whatever the element
 * type, in the order of $`j`$, and is rounded once, when it is stored. The
 * blocked kernel adds the same numbers in the same order, and has the same bits;
 * the SIMD kernel sums in the element type, and differs by its rounding. This one
 * is the reference for both, and stays as plain as the formula.
 *
 * It is slow for two reasons. Each multiply-add loads two numbers, so loading
 * bounds it, not arithmetic; and it walks down the columns of $`Y`$, where each
 * step lands on another cache line, which is gone before the next column comes
 * back to it.
 *
 * @module
 */

import type { Numbers } from "../core/arrays.ts";
import type { Matrix } from "./matrix.ts";

/** Writes the product of `x` and `y`, plus `bias` on every row, into `z`. */
export function naive(
  x: Matrix,
  y: Matrix,
  z: Numbers,
  bias?: Numbers,
): void {
  const [m, n, p] = [x.rows, x.cols, y.cols];
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < p; k++) {
      let sum = bias === undefined ? 0 : bias[k];
      for (let j = 0; j < n; j++) {
        sum += x.data[i * x.rowStep + j * x.colStep] *
          y.data[j * y.rowStep + k * y.colStep];
      }
      z[i * p + k] = sum;
    }
  }
}
