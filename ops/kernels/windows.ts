// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Windows
 *
 * Counts the windows that lie side by side on an axis.
 *
 * @module
 */

/** How many windows lie side by side on an axis. */
export function windows(
  size: number,
  window: number,
  stride: number,
  padding: number,
  dilation = 1,
): number {
  const room = size + 2 * padding - dilation * (window - 1) - 1;
  return Math.floor(room / stride) + 1;
}
