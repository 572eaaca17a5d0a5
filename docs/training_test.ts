// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { heightOf, HIGHEST, LOWEST, means } from "./browser/train/scale.ts";
import { centered, type Point, raster, SIDE } from "./browser/train/strokes.ts";

/** Where the mass of an image is, and between which rows and columns. */
function placeOf(image: Float32Array) {
  let mass = 0, across = 0, down = 0;
  const rows: number[] = [], columns: number[] = [];
  image.forEach((v, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    mass += v;
    across += v * (x + 0.5);
    down += v * (y + 0.5);
    if (v > 0.5) rows.push(y), columns.push(x);
  });
  const extent = (all: number[]) => Math.max(...all) - Math.min(...all) + 1;
  return {
    middle: [across / mass, down / mass],
    size: [extent(columns), extent(rows)],
  };
}

describe("what is drawn", () => {
  const seven: Point[][] = [[[2, 1], [7, 1], [4, 9]]];

  it("is bright under the pen, and dark elsewhere", () => {
    const image = raster([[[4, 14.5], [24, 14.5]]]);
    for (let column = 4; column < 24; column++) {
      assertEquals(image[14 * SIDE + column], 1);
      assertEquals(image[11 * SIDE + column], 0);
    }
    assertEquals(image[14 * SIDE + 27], 0);
    assertEquals(raster([]), new Float32Array(SIDE * SIDE));
  });

  it("is as large as the digits of the data, in their middle", () => {
    const { middle, size } = placeOf(centered(seven));
    for (const at of middle) assertAlmostEquals(at, SIDE / 2, 0.1);
    assert(Math.max(...size) >= 19 && Math.max(...size) <= 21, `${size}`);
  });

  it("is the same wherever and however large it is drawn", () => {
    const other = seven.map((stroke) =>
      stroke.map(([x, y]): Point => [2 * x + 9, 2 * y + 3])
    );
    const [a, b] = [centered(seven), centered(other)];
    a.forEach((v, i) => assertAlmostEquals(v, b[i], 1e-5));
  });

  it("may be a dot, or nothing", () => {
    const { middle, size } = placeOf(centered([[[3, 3]]]));
    for (const at of middle) assertAlmostEquals(at, SIDE / 2, 1e-3);
    assert(Math.max(...size) <= 4, `${size}`);
    assertEquals(centered([]), raster([]));
  });
});

describe("the curve of the loss", () => {
  it("has as many points as fit", () => {
    assertEquals(means([]), []);
    assertEquals(means([1, 2, 3]).map(({ value }) => value), [1, 2, 3]);
    assertEquals(means([1, 3, 5, 7], 2), [
      { step: 1, value: 2 },
      { step: 3, value: 6 },
    ]);
    assertEquals(means(Array(1001).fill(2), 100).length, 91);
  });

  it("is on a logarithmic scale, and ends where the chart does", () => {
    assertEquals(heightOf(HIGHEST), 1);
    assertEquals(heightOf(LOWEST), 0);
    assertAlmostEquals(heightOf(Math.sqrt(HIGHEST * LOWEST)), 0.5);
    assertEquals(heightOf(100), 1);
    assertEquals(heightOf(1e-9), 0);
  });
});
