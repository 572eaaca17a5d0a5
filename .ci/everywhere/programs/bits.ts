// Copyright 2026 the Adjoint authors. MIT license.

/**
 * A busy user of the library: products large and small, on two threads and on
 * one, again and again.
 *
 * @module
 */

import { matmul, startThreads, stopThreads, zeros } from "@adjoint/ops";

/** Every bit of the results, as far as a hash tells. */
export async function main(): Promise<{ bits: string }> {
  let hash = 0x811c9dc5; // Of Fowler, Noll and Vo, over 32-bit words.
  for (let i = 0; i < 20; i++) {
    if (i % 5 === 0) await startThreads(2).catch(() => {});
    for (const side of [5, 40, 201]) {
      const x = zeros([side, side]);
      for (let j = 0; j < x.data.length; j++) {
        x.data[j] = 1 / (j % 97 - 31.4 + i);
      }
      const z = matmul(matmul(x, x), x);
      for (const word of new Int32Array(z.data.buffer)) {
        hash = Math.imul(hash ^ word, 0x01000193);
      }
    }
    if (i % 5 === 4) stopThreads();
    await new Promise((resolve) => setTimeout(resolve)); // Lets others run.
  }
  return { bits: (hash >>> 0).toString(16).padStart(8, "0") };
}
