// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { arena } from "../arena.ts";
import { signature as avg } from "../convolution/avg_pool2d.ts";
import { signature as max } from "../convolution/max_pool2d.ts";
import { withoutKernels } from "../core/op.ts";
import { type Float, type Shape, type Tensor, zeros } from "../tensor.ts";
import { avgPool, avgPoolDx, maxPool, maxPoolDx } from "./pool.ts";

type Pair = readonly [number, number];
type Four = readonly [number, number, number, number];

/** A few numbers, so that there are ties, and among them −0 and those that are none;
 * or many, whose sums have to be rounded. */
function draw(shape: Shape, seed: number, dtype: "float32" | "float64") {
  const few = [0, -0, 1, 2, -1, NaN, -Infinity, Infinity];
  const x = zeros([...shape], { dtype });
  for (let i = 0; i < x.data.length; i++) {
    seed = Math.imul(seed, 48271) + 11 | 0;
    const bits = seed >>> 8;
    x.data[i] = seed % 2 === 0 && shape[0] > 1
      ? few[bits % 8]
      : (bits % 1000 - 500) * 2 ** (bits % 37);
  }
  return x;
}

/** Compares results, bit by bit, with those of the loops. */
function compare(
  shape: Four,
  options: { size: Pair; stride: Pair; padding: Pair },
  seed: number,
  dtype: "float32" | "float64",
) {
  for (const signature of [max, avg]) {
    const loops = withoutKernels(signature);
    const x = draw(shape, seed, dtype);
    const y: Tensor<Shape, Float> = signature.forward([x], options);
    assertEquals(y, loops.forward([x], options));
    const dout = draw(y.shape, seed + 1, dtype);
    assertEquals(
      signature.backward([x, dout], options),
      loops.backward([x, dout], options),
    );
  }
}

describe("the windows of pooling", () => {
  const SIZES: Pair[] = [[2, 2], [3, 3], [1, 4], [4, 1], [3, 5], [5, 2]];
  const STRIDES: Pair[] = [[2, 2], [1, 1], [3, 3], [4, 2], [2, 5], [1, 4]];

  for (const dtype of ["float32", "float64"] as const) {
    it(`are those of the loops: ${dtype}`, () => {
      let seed = 0;
      for (const size of SIZES) {
        for (const stride of STRIDES) {
          seed++;
          const padding = size.map((side) =>
            seed % 2 * Math.floor(side / 2)
          ) as unknown as Pair;
          const shape = [1 + seed % 2, 4, 9 + seed % 5, 13 + seed % 9] as const;
          compare(shape, { size, stride, padding }, seed, dtype);
        }
      }
    });
  }

  it("are those of the loops where the memory has to grow for an image", () => {
    // The first one in this file that needs so much, and none has an arena before it.
    const options = { size: [2, 3], stride: [2, 3], padding: [1, 1] } as const;
    compare([1, 1, 600, 700], options, 4, "float32");
    compare([1, 1, 600, 700], options, 4, "float64");
  });

  it("are those of the loops in many images, and in large ones", () => {
    const options = { size: [3, 2], stride: [2, 2], padding: [1, 1] } as const;
    compare([1, 40, 50, 51], options, 1, "float32");
    compare([1, 2, 300, 301], options, 2, "float64");
    compare([3, 30, 24, 24], { ...options, padding: [0, 0] }, 3, "float32");
  });

  it("are read in an arena where they lie, which nothing else is written to", () => {
    const shape = [2, 8, 20, 22] as const;
    for (const stride of [[2, 2], [1, 1], [3, 65]] as const) {
      const options = { size: [2, 3], stride, padding: [0, 0] } as const;
      arena(() => {
        compare(shape, options, 5, "float32");
        const x = draw(shape, 6, "float32"), before = zeros([64]);
        const y: Tensor<Shape, Float> = max.forward([x], options);
        const out = zeros([...y.shape]), after = zeros([64]);
        max.forward([x], { ...options, out });
        assertEquals(out.data, y.data);
        assertEquals([...before.data, ...after.data].some(Boolean), false);
      });
    }
  });
});

describe("when the loop has to do it", () => {
  const sizes = { n: 1, h: 32, l: 16, r: 2, v: 2, s: 2, t: 2, p: 0, q: 0 };
  const x = new Float32Array(1024), y = new Float32Array(256);
  const all = (sizes: Parameters<typeof maxPool>[0]) => [
    maxPool(sizes, x, y),
    maxPoolDx(sizes, x, y, x.slice()),
    avgPool(sizes, x, y),
    avgPoolDx(sizes, y, x.slice()),
  ];

  it("is below 512 elements of windows", () => {
    assertEquals(all(sizes), [true, true, true, true]);
    assertEquals(all({ ...sizes, h: 30 }), [false, false, false, false]);
    assertEquals(all({ ...sizes, n: 0 }), [false, false, false, false]);
  });

  it("is a mean of fewer than three columns", () => {
    const few = { ...sizes, v: 8, t: 8 };
    const three = { ...sizes, h: 36, v: 5, t: 5 };
    assertEquals(all(few), [true, true, false, false]);
    assertEquals(all(three), [true, true, true, true]);
  });

  it("is an image that the memory has no room for", () => {
    const large = { ...sizes, h: 4000, l: 4000 };
    assertEquals(all(large), [false, false, false, false]);
  });
});
