// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Float32 in lanes of float64
 *
 * The programs that accumulate in float64 widen four float32 numbers to two pairs of
 * float64, and round the results. These are their common parts, in AssemblyScript.
 *
 * @module
 */

/** The two low numbers of four, as float64. */
@inline export function low(v: v128): v128 { return f64x2.promote_low_f32x4(v); }

/** The two high numbers of four, as float64. */
@inline export function high(v: v128): v128 {
  return low(i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
}

/** Two pairs of float64, rounded. */
@inline export function joined(a: v128, b: v128): v128 {
  return v128.shuffle<f64>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 2);
}

/** The sum of two float64 numbers. */
@inline export function both(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}
