// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Matrices, as the kernels see them
 *
 * To the kernels, a matrix is an array of numbers and the two steps between them.
 *
 * Element $`A_{ij}`$ is `data[i * rowStep + j * colStep]`. A row-major
 * matrix of $`p`$ columns has the steps $`p`$ and 1; its transpose is the same
 * data with the two steps exchanged, so no operand is ever copied to transpose
 * it.
 *
 * The dimensions are in the type: `multiply(dZ, transpose(Y))` compiles only
 * where the shapes of the formula fit.
 *
 * @module
 */

import type { Numbers } from "../core/arrays.ts";

/** Numbers as a matrix of `R` rows and `C` columns, transposed or not. */
export interface Matrix<R extends number = number, C extends number = number> {
  readonly data: Numbers;
  readonly rows: R;
  readonly cols: C;
  readonly rowStep: number;
  readonly colStep: number;
}

/** Row-major numbers as a matrix. */
export function matrix<R extends number, C extends number>(
  data: Numbers,
  rows: R,
  cols: C,
): Matrix<R, C> {
  return { data, rows, cols, rowStep: cols, colStep: 1 };
}

/** The transpose, over the same data. */
export function transpose<R extends number, C extends number>(
  a: Matrix<R, C>,
): Matrix<C, R> {
  const { data, rows, cols, rowStep, colStep } = a;
  return {
    data,
    rows: cols,
    cols: rows,
    rowStep: colStep,
    colStep: rowStep,
  };
}
