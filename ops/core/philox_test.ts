// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { philox, streamOf } from "./philox.ts";

/** Counter, key and answer: the known answers of Random123 for philox4x32 10. */
const KNOWN = [
  [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
  [
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  ],
  [
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  ],
];

describe("philox()", () => {
  it("gives the known answers", () => {
    for (const [[c0, c1, c2, c3], [k0, k1], answer] of KNOWN) {
      const words = new Uint32Array(4);
      philox(words, c0, c1, c2, c3, k0, k1);
      assertEquals([...words], answer);
    }
  });
});

describe("streamOf()", () => {
  it("has words by their place, in any order", () => {
    const at = streamOf(0, 0);
    const [, , answer] = KNOWN[0];
    assertEquals([0, 1, 2, 3].map(at), answer);
    const later = [7, 4, 0, 2 ** 40 + 1].map(at);
    const again = streamOf(0, 0);
    assertEquals([2 ** 40 + 1, 0, 4, 7].map(again), later.reverse());
  });

  it("uses every bit of the seed, and of the stream", () => {
    const first = (seed: number, stream = 0) => streamOf(seed, stream)(0);
    const seeds = [0, 1, 2 ** 31, 2 ** 32, 2 ** 52, 2 ** 53 - 1];
    const words = [...seeds.map((seed) => first(seed)), first(0, 1)];
    assertEquals(new Set(words).size, words.length);
    assertNotEquals(streamOf(0, 0)(2 ** 34), streamOf(0, 0)(0));
  });
});
