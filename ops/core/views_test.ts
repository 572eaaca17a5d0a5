// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { copyParts, move } from "./views.ts";

const count = (n: number) => Float32Array.from({ length: n }, (_, i) => i + 1);

// Rows of 127 elements are copied one by one, those of 128 and 129 at once.
for (const m of [127, 128, 129]) {
  describe(`rows of ${m}`, () => {
    it("are moved to where they belong, and nothing else", () => {
      const x = count(3 * m), y = new Float32Array(4 * (m + 5));
      move([3, m], { data: x, at: 0, steps: [m, 1] }, {
        data: y,
        at: m + 5 + 2,
        steps: [m + 5, 1],
      });
      const expected = y.map((_, at) => {
        const i = Math.floor(at / (m + 5)) - 1, j = at % (m + 5) - 2;
        return i >= 0 && j >= 0 && j < m ? x[i * m + j] : 0;
      });
      assertEquals(y, expected);
    });

    it("are joined to a whole, and taken apart again", () => {
      const parts = [count(2 * m), count(2 * 3).map((x) => -x)];
      const whole = new Float32Array(2 * (m + 3));
      copyParts(whole, 2, [m, 3], (i) => parts[i], true);
      assertEquals(
        whole,
        whole.map((_, at) => {
          const i = Math.floor(at / (m + 3)), j = at % (m + 3);
          return j < m ? parts[0][i * m + j] : parts[1][i * 3 + j - m];
        }),
      );
      const back = parts.map(({ length }) => new Float32Array(length));
      copyParts(whole, 2, [m, 3], (i) => back[i], false);
      assertEquals(back, parts);
    });
  });
}
