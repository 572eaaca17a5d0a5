// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Blocks, LONG, sumOf } from "./sums.ts";

describe("sumOf()", () => {
  it("is the sum of a range", () => {
    const x = Float64Array.from({ length: 5000 }, (_, i) => i);
    const ranges = Array.from({ length: 20 }, (_, n) => [3, 3 + n]);
    ranges.push([0, 5000], [7, 1031], [7, 3000], [1, 1022]);
    for (const [from, to] of ranges) {
      const right = (to * (to - 1) - from * (from - 1)) / 2;
      assertEquals(sumOf(x, from, to), right, `${from} ${to}`);
    }
  });

  it("has four chains in each half of a block", () => {
    // Beside a 1 in another chain, two half units are lost one by one, and are kept where
    // they meet in a chain of their own.
    const lost = 2 ** -53;
    for (const length of [7, 11, 14, 15, 29, 1021, 1022, 1023, 1024]) {
      const half = Math.ceil(length / 8) * 4;
      for (const [from, to] of [[0, half], [half, length]]) {
        for (let i = Math.max(from + 4, to - 8); i < to; i++) {
          for (let one = from; one < from + 4; one++) {
            if ((i - one) % 4 === 0) continue;
            const x = new Float64Array(length);
            x[one] = 1;
            x[i] = x[i - 4] = lost;
            const what = `${length} ${i} ${one}`;
            assertEquals(sumOf(x, 0, length), 1 + 2 * lost, what);
          }
        }
      }
    }
  });

  it("keeps its digits", () => {
    const sum = sumOf(new Float64Array(1e6).fill(0.1), 0, 1e6);
    assertAlmostEquals(sum, 1e5, 1e-13 * 1e5);
  });
});

describe("Blocks", () => {
  /** The sums of so many rows that are alike. */
  function sumsOf(rows: number, row: readonly number[]) {
    const a = new Float64Array(row.length), b = new Float32Array(1);
    const blocks = new Blocks(a, b);
    for (let i = 0; i < rows; i++) {
      row.forEach((value, j) => a[j] += value);
      b[0]++;
      blocks.next();
    }
    blocks.end();
    return { a: [...a], b: b[0] };
  }

  it("adds up all rows", () => {
    for (const rows of [0, 1, LONG - 1, LONG, LONG + 1, 2 * LONG, 20_000]) {
      const right = { a: [rows, 2 * rows, -rows], b: rows };
      assertEquals(sumsOf(rows, [1, 2, -1]), right, `${rows}`);
    }
  });

  it("keeps the digits of long sums", () => {
    assertAlmostEquals(sumsOf(1e6, [0.1]).a[0], 1e5, 1e-13 * 1e5);
  });
});
