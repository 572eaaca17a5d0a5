// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type F64, ones, type Tensor, zeros } from "../tensor.ts";
import { uniform } from "./uniform.ts";

const COUNT = 2 ** 16;

describe("uniform()", () => {
  it("is made of the known words of its generator", () => {
    // The known answer of Philox4x32-10 for the counter 0 and the key 0.
    const words = [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8];
    const x: Tensor<readonly [2, 2]> = uniform([2, 2], { seed: 0 });
    assertEquals(
      [...x.data],
      words.map((word) => (word >>> 8) / 2 ** 24),
    );
    const y: Tensor<readonly [2], F64> = uniform([2], {
      seed: 0,
      dtype: "float64",
    });
    const pair = (high: number, low: number) =>
      (high * 2 ** 21 + (low >>> 11)) / 2 ** 53;
    assertEquals([...y.data], [
      pair(words[0], words[1]),
      pair(words[2], words[3]),
    ]);
  });

  it("has equally many numbers everywhere, in each of its bits", () => {
    for (const dtype of ["float32", "float64"] as const) {
      for (const seed of [1, 2, 2 ** 40 + 3]) {
        const { data } = uniform([COUNT], { seed, dtype });
        assert(data.every((v) => v >= 0 && v < 1));
        // Of 255 degrees of freedom: between 190 and 330 but once in 1000 times.
        for (const scale of [1, 256, 2 ** 16]) {
          const counts = new Uint32Array(256);
          data.forEach((v) => counts[Math.floor(v * scale * 256) % 256]++);
          const expected = COUNT / 256;
          const chi = counts.reduce(
            (sum, n) => sum + (n - expected) ** 2 / expected,
            0,
          );
          assert(chi > 190 && chi < 330, `${dtype}, ${seed}: χ² is ${chi}`);
        }
      }
    }
  });

  it("has elements that know nothing of each other", () => {
    const x = uniform([COUNT], { seed: 5, dtype: "float64" }).data;
    const y = uniform([COUNT], { seed: 6, dtype: "float64" }).data;
    const correlation = (of: (i: number) => number) => {
      let sum = 0;
      for (let i = 0; i < COUNT - 64; i++) sum += (x[i] - 0.5) * of(i);
      return 12 * sum / Math.sqrt(COUNT); // Its deviation is 1.
    };
    for (const lag of [1, 2, 3, 4, 5, 16, 64]) {
      const found = correlation((i) => x[i + lag] - 0.5);
      assert(Math.abs(found) < 3.5, `lag ${lag}: ${found}`);
    }
    const between = correlation((i) => y[i] - 0.5);
    assert(Math.abs(between) < 3.5, `seeds: ${between}`);
  });

  it("begins as the smaller tensor of the same seed", () => {
    const all = uniform([10], { seed: 3 }).data;
    assertEquals(uniform([2, 3], { seed: 3 }).data, all.slice(0, 6));
    assertEquals(uniform([], { seed: 3 }).data, all.slice(0, 1));
    assertEquals(uniform([0], { seed: 3 }).data.length, 0);
  });

  it("is between its bounds, and never reaches the upper one", () => {
    const x = uniform([1000], { seed: 1, low: -3, high: -1 }).data;
    assert(x.every((v) => v >= -3 && v < -1));
    assertEquals(uniform([3], { seed: 1, low: 2, high: 2 }), {
      shape: [3],
      data: Float32Array.of(2, 2, 2),
    });
    const wide = { seed: 1, low: 1e39, high: 2e39, dtype: "float64" } as const;
    assert(uniform([9], wide).data.every((v) => v >= 1e39 && v < 2e39));
    const most = 2 ** 128 - 2 ** 104;
    const z = uniform([9], { seed: 1, low: -most, high: most }).data;
    assert(z.every(Number.isFinite));
    // 1 and the next number of float32 have none between them.
    const high = 1 + 2 ** -23;
    const y = uniform([1000], { seed: 1, low: 1, high }).data;
    assert(y.every((v) => v === 1));
  });

  it("writes to out", () => {
    const out = zeros([2, 2]);
    assertStrictEquals(uniform([2, 2], { seed: 0, out }), out);
    assertEquals(out, uniform([2, 2], { seed: 0 }));
  });

  it("refuses invalid seeds, shapes and bounds, and writes nothing then", () => {
    const out = ones([2]);
    const f64 = ones([2], { dtype: "float64" });
    const CASES: [unknown, unknown, ErrorConstructor, string][] = [
      [[2], undefined, TypeError, "seed must be given: it is undefined"],
      [[2], { seed: "1" }, TypeError, 'seed must be a number: it is "1"'],
      [
        [2],
        { seed: -1 },
        RangeError,
        "seed must be an integer at least 0: it is -1",
      ],
      [
        [2],
        { seed: 0.5 },
        RangeError,
        "seed must be an integer at least 0: it is 0.5",
      ],
      [
        [2],
        { seed: 2 ** 53 },
        RangeError,
        "seed must be an integer at least 0: it is 9007199254740992",
      ],
      [
        [-1],
        { seed: 1 },
        RangeError,
        "every dimension in shape must be a non-negative integer: dimension 0 is -1",
      ],
      [
        2,
        { seed: 1 },
        TypeError,
        "shape must be an array of dimensions: it is 2",
      ],
      [
        [2],
        { seed: 1, low: 2, out },
        RangeError,
        "high must be at least low, and not too far from it: low is 2, high is 1",
      ],
      [
        [2],
        { seed: 1, low: -1e308, high: 1e308 },
        RangeError,
        "high must be at least low, and not too far from it: low is -1e+308, high is 1e+308",
      ],
      [
        [2],
        { seed: 1, high: 1e39, out },
        RangeError,
        "float32 must hold the bounds: low is 0, high is 1e+39",
      ],
      [
        [2],
        { seed: 1, low: -1e39, high: 0, out },
        RangeError,
        "float32 must hold the bounds: low is -1e+39, high is 0",
      ],
      [
        [2],
        { seed: 1, low: NaN },
        RangeError,
        "low must be a finite number: it is NaN",
      ],
      [
        [2],
        { seed: 1, dtype: "int32" },
        TypeError,
        'dtype must be float32 or float64: it is "int32"',
      ],
      [
        [2],
        { seed: 1, max: 2 },
        TypeError,
        'options must be an object such as { seed, low, high, dtype, out }: it has "max"',
      ],
      [
        [3],
        { seed: 1, out },
        TypeError,
        "out must have the shape of the result: out is [2], the result is [3]",
      ],
      [
        [2],
        { seed: 1, out: f64 },
        TypeError,
        "the result and out must have the same element type: the result is float32, out is float64",
      ],
      [
        [2 ** 50],
        { seed: 1 },
        RangeError,
        "there is no memory for the result: 1125899906842624 elements of float32 are 4503599627370496 bytes",
      ],
    ];
    for (const [shape, options, kind, message] of CASES) {
      const error = assertThrows(
        () => uniform(shape as number[], options as never),
        kind,
      );
      assertEquals(error.message, `Cannot draw uniform numbers as ${message}`);
    }
    assertEquals(out, ones([2]));
  });
});
