// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { arena } from "../arena.ts";
import * as views from "../core/views.ts";
import { concat, concatD } from "../structure/concat.ts";
import { pad } from "../structure/pad.ts";
import { split } from "../structure/split.ts";
import { type Tensor, tensor, zeros } from "../tensor.ts";
import { copyParts, move, moveRows } from "./move.ts";

type Dtype = "float32" | "float64";

/** Numbers in the arena that is open, from a place on that is no vector's. */
function inArena(n: number, dtype: Dtype) {
  const { data } = zeros([n + 5], { dtype: dtype as "float32" });
  return data.subarray(3, n + 3);
}

describe("move()", () => {
  /** Moves m rows of n numbers, and compares all that could be written. */
  function check(
    dtype: Dtype,
    [m, n]: readonly number[],
    from: readonly number[],
    to: readonly number[],
  ): void {
    using _ = arena();
    const size = 40 + (m - 1) * Math.max(from[0], to[0]) +
      (n - 1) * Math.max(from[1], to[1]);
    const x = inArena(size, dtype), y = inArena(size, dtype);
    for (let i = 0; i < size; i++) x[i] = i + 1;
    y.fill(-1);
    const places = (data: typeof x, steps: readonly number[]) => {
      return { data, at: 7, steps };
    };
    const expected = y.slice();
    views.move([m, n], places(x, from), places(expected, to));
    move([m, n], places(x, from), places(y, to));
    assertEquals(y, expected, `${dtype} ${m} ${n} ${from} ${to}`);
    assertEquals(x[size - 1], size);
  }

  it("copies rows of any length, which lie apart", () => {
    for (const dtype of ["float32", "float64"] as const) {
      for (let n = 1; n < 40; n++) {
        check(dtype, [70, n], [n, 1], [n + 3, 1]);
        check(dtype, [70, n], [n + 5, 1], [n + 1, 1]);
      }
      check(dtype, [3, 2047], [2049, 1], [2050, 1]);
      check(dtype, [3, 2048], [2049, 1], [2050, 1]);
    }
  });

  it("turns rows into columns, from and to tensors of any width", () => {
    for (const dtype of ["float32", "float64"] as const) {
      for (let m = 1; m < 38; m++) {
        for (const n of [1, 2, 3, 4, 5, 15, 16, 33]) {
          check(dtype, [m, n], [n, 1], [1, m]);
          check(dtype, [m, n], [n + 2, 1], [1, m + 3]);
          check(dtype, [m, n], [1, m + 1], [n + 2, 1]);
        }
      }
    }
  });

  it("leaves other steps to the loop", () => {
    for (const dtype of ["float32", "float64"] as const) {
      check(dtype, [9, 20], [40, 2], [20, 1]);
      check(dtype, [9, 20], [20, 1], [40, 2]);
      check(dtype, [9, 20], [2, 18], [20, 1]);
      check(dtype, [9, 20], [40, 2], [1, 9]);
      check(dtype, [9, 20], [20, 1], [2, 18]);
      check(dtype, [9, 20], [1, 0], [1, 9]);
      check(dtype, [9, 20], [0, 1], [20, 1]);
      check(dtype, [9, 20], [1, 0], [20, 1]);
    }
  });
});

describe("moveRows()", () => {
  it("is for what lies in one memory, has one type, and is not too small", () => {
    const out = new Float32Array(100);
    const isTaken = (x: typeof out, y: typeof out, n = 64, m = 1) =>
      moveRows(x, y, m, n, n, 1, n, 1, 0, 0);
    assert(!isTaken(out, out.slice()));
    using _ = arena();
    const [x, y] = [zeros([4096]).data, zeros([4096]).data];
    const words = zeros([4096], { dtype: "int32" }).data as unknown;
    assert(isTaken(x, y));
    assert(!isTaken(x, y, 63));
    assert(isTaken(x, y, 16, 4));
    assert(isTaken(x, y, 2047));
    assert(!isTaken(x, y, 2048));
    const [long, last] = [zeros([2 ** 20]).data, zeros([2 ** 20]).data];
    assert(!isTaken(long, last, 2 ** 20 - 1));
    assert(isTaken(long, last, 2 ** 20));
    assert(!isTaken(out, y) && !isTaken(x, out));
    assert(!isTaken(words as typeof x, y) && !isTaken(x, words as typeof x));
    assert(!isTaken(words as typeof x, words as typeof x));
    assert(moveRows(x, y, 8, 9, 9, 1, 1, 8, 0, 0));
    assert(moveRows(x, y, 8, 9, 1, 8, 9, 1, 0, 0));
    assert(!moveRows(x, y, 8, 9, 9, 1, 2, 16, 0, 0));
    const wide = zeros([100], { dtype: "float64" }).data;
    const other = zeros([100], { dtype: "float64" }).data;
    const isWideTaken = (c: number, d: number) =>
      moveRows(wide, other, 8, 9, 9, 1, c, d, 0, 0);
    assert(isWideTaken(9, 1));
    assert(!isWideTaken(1, 8));
  });
});

describe("copyParts()", () => {
  it("copies parts to the whole and back", () => {
    const sizes = [3, 1, 0, 6];
    for (const dtype of ["float32", "float64"] as const) {
      using _ = arena();
      const parts = sizes.map((size) => inArena(40 * size, dtype));
      parts.forEach((part, k) => part.forEach((_, i) => part[i] = 100 * k + i));
      const whole = inArena(400, dtype), expected = whole.slice();
      const part = (k: number) => k === 1 ? undefined : parts[k];
      copyParts(whole, 40, sizes, part, true);
      views.copyParts(expected, 40, sizes, part, true);
      assertEquals(whole, expected);
      assert(expected.some((value) => value > 300));
      const before = parts.map((part) => part.slice());
      parts.forEach((part) => part.fill(-1));
      copyParts(whole, 40, sizes, part, false);
      assertEquals(parts[0], before[0]);
      assertEquals(parts[1], before[1].fill(-1));
      assertEquals(parts[3], before[3]);
    }
  });
});

describe("operations that move", () => {
  it("give in an arena what they give elsewhere", () => {
    const make = () => {
      const x = zeros([31, 9]), y = zeros([31, 4]), dout = zeros([31, 13]);
      [x, y, dout].forEach(({ data }, k) =>
        data.forEach((_, i) => data[i] = k * 1000 + i)
      );
      return {
        joined: concat([x, y], { axis: 1 }),
        gradients: concatD([x, y] as [Tensor, Tensor], dout, { axis: 1 }).x,
        parts: split(dout, { sizes: [6, 7], axis: 1 }),
        zeros: [[2, 0], [0, 3], [1, 1], [0, 0]].map((before) =>
          pad(x, { before, after: before.toReversed() })
        ),
      };
    };
    assertEquals(arena(make), make());
  });

  it("put zeros before and after, also where memory has been used", () => {
    const y = { shape: [5, 2], data: new Float32Array(10).fill(NaN) } as const;
    pad(tensor([[1, 2], [3, 4]]), { before: [1, 0], after: [2, 0], out: y });
    assertEquals([...y.data], [0, 0, 1, 2, 3, 4, 0, 0, 0, 0]);
  });
});
