// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Choosing the kernel of a product
 *
 * Every matrix product of the library, forward and backward, is computed here.
 * The number of multiply-adds, $`mnp`$, decides:
 *
 * | $`mnp`$ from | kernel | why |
 * | ------------ | ------ | --- |
 * | 0 | `naive` | takes less time than a copy into WebAssembly |
 * | 5³ | `simdPrecise` | computes in float64: fast, and rounded once |
 * | 16³ | `simd` | computes in the element type: twice as fast in float32 |
 * | 192³ | `threaded` | if threads run: the product takes longer than waking them |
 *
 * `naive` computes one or two results, which are dot products, whatever their
 * length: a tile of the SIMD kernel would be almost empty.
 *
 * Without SIMD, `blocked` computes all products from 5³ on.
 *
 * @module
 */

import type { Numbers } from "../core/arrays.ts";
import { simd, simdPrecise } from "./simd.ts";
import { areWorth, threaded } from "./threaded.ts";
import type { Matrix } from "./matrix.ts";
import { naive } from "./naive.ts";

/** Below this number of multiply-adds, the plain loop is done before a copy is. */
export const CROSSOVER = 5 ** 3;

/**
 * Below this number of multiply-adds, the sums are in float64, which takes a fraction
 * of a microsecond more: people look at every digit of a small product.
 */
const PRECISE = 16 ** 3;

/** For this many results or fewer, the plain loop is the fastest, whatever their
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

/** The fastest kernel for this many results, of this many terms each. */
function kernelFor(results: number, terms: number): typeof naive {
  const size = results * terms;
  if (results <= FEW || size < CROSSOVER) return naive;
  if (size < PRECISE) return simdPrecise;
  return areWorth(size) ? threaded : simd;
}
