// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Choosing the kernel of a product
 *
 * Every matrix product of the library, forward and backward, is made here. What
 * decides is the number of multiply-adds, $`mnp`$:
 *
 * | $`mnp`$ from | kernel | why |
 * | ------------ | ------ | --- |
 * | 0 | `naive` | it is done before a copy into WebAssembly is |
 * | 5³ | `simdPrecise` | in float64: fast, and rounded once |
 * | 16³ | `simd` | in the element type, twice as fast in float32 |
 * | 192³ | `threaded` | where threads run: it takes longer than to wake them |
 *
 * One or two results, which are dot products, are made by `naive` whatever their
 * length: a tile of the SIMD kernel would be all but empty.
 *
 * Without SIMD, `blocked` makes all of them from 5³ on.
 *
 * @module
 */

import type { Numbers } from "../core/arrays.ts";
import { simd, simdPrecise } from "./simd.ts";
import { areWorth, threaded } from "./threaded.ts";
import type { Matrix } from "./matrix.ts";
import { naive } from "./naive.ts";

/** Below so many multiply-adds the plain loop is done before a copy is. */
export const CROSSOVER = 5 ** 3;

/**
 * Below so many multiply-adds the sums are in float64, which takes a fraction of
 * a microsecond more: people look at every digit of a small product.
 */
const PRECISE = 16 ** 3;

/** Of so many results, one or two, the plain loop is the fastest, whatever their
 * length: a tile has 48. */
const FEW = 2;

/** Writes the product of two matrices, plus `bias` on every row where there is
 * one, to `z`. */
export function multiply<M extends number, N extends number, P extends number>(
  x: Matrix<M, N>,
  y: Matrix<N, P>,
  z: Numbers,
  bias?: Numbers,
): void {
  kernelFor(x.rows * y.cols, x.cols)(x, y, z, bias);
}

/** The fastest kernel for so many results, of so many terms each. */
function kernelFor(results: number, terms: number): typeof naive {
  const size = results * terms;
  if (results <= FEW || size < CROSSOVER) return naive;
  if (size < PRECISE) return simdPrecise;
  return areWorth(size) ? threaded : simd;
}
