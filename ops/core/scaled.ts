// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Products that come back
 *
 * A product of many numbers may leave the range of float64 on its way and come back
 * into it: 1e200 · 1e200 · 1e-200 is 1e200, but the first two make ∞. So it is kept
 * as q · 2ᵉ, with a q far from both ends of the range, and becomes one number when
 * it is done. Multiplying by a power of 2 rounds nothing, so the digits are those of
 * a product that never leaves the range.
 *
 * @module
 */

import type { Float } from "./types.ts";

/** What the exponent is a multiple of. */
const STEP = 512;

const UP = 2 ** STEP, DOWN = 2 ** -STEP;

/** What q lies between, unless it is 0, NaN or infinite. */
export const LEAST = 2 ** -256, MOST = 2 ** 256;

/**
 * Whether the products of the numbers of a row so far, but for zeros, stay far from
 * the ends of the range, also times a factor between `smallest` and `largest` in size.
 * Then so do those of all consecutive numbers, and of all but one: plain arithmetic has
 * the very same bits, and takes much less time.
 */
export function isTame(
  x: Float,
  start: number,
  step: number,
  m: number,
  largest = 1,
  smallest = 1,
): boolean {
  const most = MOST / Math.max(largest, 1);
  const least = LEAST / Math.min(smallest, 1);
  let product = 1;
  for (let j = 0; j < m; j++) {
    product *= Math.abs(x[start + j * step]) || 1;
    if (!(product < most && product > least)) return false;
  }
  return true;
}

/** A number q · 2ᵉ, which is changed in place. */
export class Scaled {
  q = 1;
  e = 0;

  /** Makes it another number. */
  set(q: number, e = 0): void {
    this.q = q;
    this.e = e;
    this.#settle();
  }

  /** Multiplies it by a number, or by q · 2ᵉ. */
  times(q: number, e = 0): void {
    const size = Math.abs(q);
    if (size >= UP && size < Infinity) {
      q *= DOWN;
      e += STEP;
    } else if (size > 0 && size < DOWN) {
      q *= UP;
      e -= STEP;
    }
    this.set(this.q * q, this.e + e);
  }

  /** Adds a number to it. */
  plus(x: number): void {
    // It may be too small to be written without e; but −0 + 0 is 0.
    if (x === 0 && this.q !== 0) return;
    for (; this.e < 0; this.e += STEP) this.q *= DOWN;
    for (let e = this.e; e > 0 && x !== 0 && Number.isFinite(x); e -= STEP) {
      x *= DOWN;
    }
    this.set(this.q + x, this.e);
  }

  /** The number that is nearest to it. */
  get value(): number {
    let { q, e } = this;
    for (; e > 0 && Number.isFinite(q); e -= STEP) q *= UP;
    for (; e < 0 && q !== 0; e += STEP) q *= DOWN;
    return q;
  }

  #settle(): void {
    const size = Math.abs(this.q);
    if (size >= LEAST && size < MOST) return;
    if (size > 0 && size < Infinity) {
      for (; Math.abs(this.q) >= MOST; this.e += STEP) this.q *= DOWN;
      for (; Math.abs(this.q) < LEAST; this.e -= STEP) this.q *= UP;
    } else this.e = 0; // 0, NaN and ∞ are what they are.
  }
}
