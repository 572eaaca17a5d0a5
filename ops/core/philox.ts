// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Random words from a counter
 *
 * The generator Philox4x32-10 makes four words of 32 bits from a counter of four
 * words and a key of two. It has no state: what is random is a function of the
 * place and the seed, so each element of a tensor can be drawn alone, in any
 * order, and with integers only, which are the same on every machine.
 *
 * In each of ten rounds, two words are multiplied by constants to 64 bits. The upper
 * halves of the products, mixed with the other words and the key, and the lower
 * halves are the next four words; and the key goes on by a constant, a Weyl sequence.
 *
 * ```text
 *   c₀ ──×──┬─ low ───────────────→ c₃      c₂ ──×──┬─ low ───────────────→ c₁
 *           └─ high ⊕ c₃ ⊕ k₁ ───→ c₂               └─ high ⊕ c₁ ⊕ k₀ ───→ c₀
 * ```
 *
 * - J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, *Parallel Random Numbers: As
 *   Easy as 1, 2, 3*, Proceedings of SC '11, and the known answers that come with
 *   its code, Random123. PyTorch, JAX and TensorFlow have this generator, too.
 *
 * @module
 */

/** The upper half of the product of two words. */
function upper(a: number, b: number): number {
  // Halves of a, so that every product has less than 53 bits.
  const low = (a & 0xffff) * b, high = (a >>> 16) * b;
  return Math.floor((high + Math.floor(low / 0x10000)) / 0x10000);
}

/** Writes the four words of a counter and a key to `words`. */
export function philox(
  words: Uint32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  for (let round = 0; round < 10; round++) {
    const a = upper(0xd2511f53, c0), b = Math.imul(0xd2511f53, c0) >>> 0;
    const c = upper(0xcd9e8d57, c2), d = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (c ^ c1 ^ k0) >>> 0;
    c1 = d;
    c2 = (a ^ c3 ^ k1) >>> 0;
    c3 = b;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

/** A sequence of random words of its own: no two streams of a seed are alike. */
export type Stream = (place: number) => number;

/**
 * The words of a seed, a whole number below 2⁵³, and of a stream of it, by their
 * place.
 */
export function streamOf(seed: number, stream: number): Stream {
  const k0 = seed >>> 0, k1 = Math.floor(seed / 2 ** 32);
  const words = new Uint32Array(4);
  let made = -1;
  return (place) => {
    const block = place < 2 ** 32 ? place >>> 2 : Math.floor(place / 4);
    if (block !== made) {
      philox(
        words,
        block >>> 0,
        Math.floor(block / 2 ** 32),
        stream,
        0,
        k0,
        k1,
      );
      made = block;
    }
    return words[place - 4 * block];
  };
}
