// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { normal as below } from "../core/normal.ts";
import { zeros } from "../tensor.ts";
import { normal } from "./normal.ts";
import { uniform } from "./uniform.ts";

const COUNT = 2 ** 16;

describe("normal()", () => {
  it("has the moments of the normal distribution", () => {
    // Of 3000 seeds, 10 have a second moment that is off by 3 deviations or more,
    // where 8 are to be expected.
    for (const seed of [1, 3, 2 ** 40 + 3]) {
      const { data } = normal([COUNT], { seed, dtype: "float64" });
      const moment = (k: number) =>
        data.reduce((sum, v) => sum + v ** k, 0) / COUNT;
      // The k-th moment, and the variance of vᵏ.
      const MOMENTS = [[1, 0, 1], [2, 1, 2], [3, 0, 15], [4, 3, 96], [
        6,
        15,
        10170,
      ]];
      for (const [k, expected, variance] of MOMENTS) {
        const off = (moment(k) - expected) / Math.sqrt(variance / COUNT);
        assert(Math.abs(off) < 3.5, `seed ${seed}, moment ${k}: ${off}`);
      }
    }
  });

  it("has its share below every number", () => {
    // Kolmogorov and Smirnov: above 1.95 once in 1000 times.
    for (const seed of [1, 2, 3]) {
      const { data } = normal([COUNT], { seed, dtype: "float64" });
      let most = 0;
      data.sort().forEach((v, i) => {
        const share = below(v, 1);
        most = Math.max(most, share - i / COUNT, (i + 1) / COUNT - share);
      });
      const found = most * Math.sqrt(COUNT);
      assert(found > 0.3 && found < 1.95, `seed ${seed}: ${found}`);
    }
  });

  it("has elements that are independent of each other and of uniform ones", () => {
    const x = normal([COUNT], { seed: 5, dtype: "float64" }).data;
    const u = uniform([COUNT], { seed: 5, dtype: "float64" }).data;
    const correlation = (of: (i: number) => number) => {
      let sum = 0;
      for (let i = 0; i < COUNT - 64; i++) sum += x[i] * of(i);
      return sum / Math.sqrt(COUNT); // Its deviation is 1.
    };
    for (const lag of [1, 2, 3, 4, 5, 16, 64]) {
      const found = correlation((i) => x[i + lag]);
      assert(Math.abs(found) < 3.5, `lag ${lag}: ${found}`);
    }
    const between = correlation((i) => (u[i] - 0.5) * Math.sqrt(12));
    assert(Math.abs(between) < 3.5, `uniform: ${between}`);
  });

  it("gives these bits, on every machine", () => {
    // FNV-1a of the bytes.
    const { data } = normal([4096], { seed: 12, dtype: "float64" });
    let hash = 0x811c9dc5;
    for (const byte of new Uint8Array(data.buffer)) {
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    assertEquals(hash >>> 0, 2875939521);
  });

  it("is, in float32, what it is in float64, rounded", () => {
    const options = { seed: 7, mean: 3, std: 0.02 };
    const wide = normal([100], { ...options, dtype: "float64" });
    assertEquals(normal([100], options).data, Float32Array.from(wide.data));
    const plain = normal([100], { seed: 7, dtype: "float64" });
    assertEquals(wide.data, plain.data.map((v) => 3 + 0.02 * v));
    assertEquals(normal([2], { seed: 7, mean: 3, std: 0 }).data[0], 3);
  });

  it("writes to out, and begins as the smaller tensor of the seed", () => {
    const out = zeros([2, 2]);
    assertStrictEquals(normal([2, 2], { seed: 0, out }), out);
    assertEquals(out.data, normal([9], { seed: 0 }).data.slice(0, 4));
  });

  it("refuses a deviation below 0, and what is not a number", () => {
    const CASES: [object, string][] = [
      [
        { std: -1 },
        "std must be a finite number at least 0: it is -1",
      ],
      [
        { mean: NaN },
        "mean must be a finite number: it is NaN",
      ],
    ];
    for (const [options, message] of CASES) {
      const error = assertThrows(
        () => normal([2], { seed: 1, ...options }),
        RangeError,
      );
      assertEquals(error.message, `Cannot draw normal numbers as ${message}`);
    }
    // @ts-expect-error A seed must be given.
    assertThrows(() => normal([2], {}), TypeError, "seed must be given");
  });
});
