// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertNotStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { arena } from "../arena.ts";
import { roomWanted } from "../core/memory.ts";
import type { Numbers } from "../core/arrays.ts";
import { zeros } from "../tensor.ts";
import { map, mapD, softmaxDRows, sumOfLosses } from "./elementary.ts";
import { choose, eachBy, formula, heap, less, times } from "./elementwise.ts";
import { platform } from "./platform.ts";
import { pass, placeIn, resident, START } from "./resident.ts";
import { addBias, sumAll } from "./stream.ts";

const ARRAYS = { float32: Float32Array, float64: Float64Array };

/** Numbers in the arena that is open, the first of them at any place. */
function inArena(x: Numbers, shift: number): Numbers {
  const dtype = x instanceof Float32Array ? "float32" : "float64";
  const data = zeros([x.length + 9], { dtype: dtype as "float32" }).data;
  data.fill(7);
  data.set(x, shift);
  return data.subarray(shift, shift + x.length);
}

/** Whether nothing has been written beside a part of an array of sevens. */
function isAlone(part: Numbers, shift: number): boolean {
  const whole = part instanceof Float32Array
    ? new Float32Array(part.buffer, part.byteOffset - 4 * shift)
    : new Float64Array(part.buffer, part.byteOffset - 8 * shift);
  return [
    ...whole.subarray(0, shift),
    ...whole.subarray(shift + part.length, part.length + 9),
  ].every((value) => value === 7);
}

const rough = (kind: typeof ARRAYS["float32" | "float64"], n: number) =>
  new kind(n).map((_, i) => 3 * Math.sin(i * i));

const each = (f: typeof STEP, z: Numbers, inputs: readonly Numbers[]) =>
  eachBy(platform.WebAssembly, heap(), f, z, inputs);

const STEP = formula((x, y) => choose(less(x, 0), times(x, y), y));
const WIDE = formula((x, y) => times(times(x, y), 0.1));

/** What kernels compute, of two arrays, to a third. */
const KERNELS: Record<string, (x: Numbers, y: Numbers, z: Numbers) => void> = {
  narrow: (x, y, z) => assert(each(STEP, z, [x, y])),
  wide: (x, y, z) => assert(each(WIDE, z, [x, y])),
  map: (x, _, z) => assert(map("tanh", x, z) || z.fill(0)),
  mapD: (x, y, z) => assert(mapD("geluDx", x, y, z) || z.fill(0)),
  rows: (x, y, z) => {
    if (!softmaxDRows(x, y, z, 1, x.length)) z.fill(0);
  },
  bias: (x, y, z) => addBias(x, y.subarray(0, 1), 1, z),
  long: (x, y, z) => addBias(x, y.subarray(0, 1), x.length, z),
  sum: (x, _, z) => z.fill(sumAll(x)),
  loss: (x, y, z) => z.fill(sumOfLosses(x, y) ?? 0),
};

describe("kernels in an arena", () => {
  for (const [name, run] of Object.entries(KERNELS)) {
    it(`compute what they compute elsewhere, and write nothing beside: ${name}`, () => {
      for (const kind of Object.values(ARRAYS)) {
        // Chunks have 8192, 16,384 or 32,768 numbers.
        for (const n of [64, 67, 1023, 16_386, 16_388, 40_001]) {
          const x = rough(kind, n), y = rough(kind, n).reverse();
          const expected = new kind(n);
          run(x, y, expected);
          using _ = arena();
          for (let where = 0; where < 8; where++) {
            const shift = 1 + (where + n) % 5;
            const put = (data: Numbers, bit: number) =>
              where & bit ? data.slice() : inArena(data, shift);
            const z = put(new kind(n), 1);
            run(put(x, 2), put(y, 4), z);
            assertEquals(z.findIndex((v, i) => !Object.is(v, expected[i])), -1);
            if (!(where & 1)) assert(isAlone(z, shift), `${n} ${where}`);
          }
        }
      }
    });
  }
});

describe("pass()", () => {
  it("uses what is in the memory in place, and copies the rest to its slot", () => {
    using _ = arena();
    const x = zeros([100]).data, z = zeros([100]).data;
    const heap = new Float32Array(x.buffer);
    const y = Float32Array.from(x, (_, i) => i);
    const seen: number[][] = [];
    pass(heap, 100, 48, [z, x, y], [0, 0, 1024], (count, at, from) => {
      seen.push([count, from, ...at]);
      heap.copyWithin(at[0] / 4, at[2] / 4, at[2] / 4 + count);
    });
    const [zAt, xAt] = [z.byteOffset, x.byteOffset];
    // What would be less than a vector is in the chunk before.
    assertEquals(seen, [
      [48, 0, zAt, xAt, 1024],
      [48, 48, zAt + 192, xAt + 192, 1024],
      [4, 96, zAt + 384, xAt + 384, 1024],
    ]);
    assertEquals(z, y);
    seen.length = 0;
    pass(heap, 99, 48, [undefined, y], [512, 1024], (...call) => {
      seen.push(call.flat());
    });
    assertEquals(seen, [[48, 512, 1024, 0], [51, 512, 1024, 48]]);
  });

  it("is not where copies to or from large arrays are slow", () => {
    const behind = (to: number, from: number) => (to - from + 4096) % 4096;
    const array = 16; // Where it begins in a page.
    assert(behind(array, START) > 63 && behind(START, array) > 63);
    assertEquals(START % 64, 0);
  });

  it("finds no array of another type in its place", () => {
    using _ = arena();
    const x = zeros([8]), i = zeros([8], { dtype: "int32" });
    const heap = new Float32Array(x.data.buffer);
    assertEquals(placeIn(heap, x.data), x.data.byteOffset);
    assertEquals(placeIn(heap, i.data), 0);
    assertEquals(placeIn(heap, new Float32Array(heap.subarray(0, 8))), 0);
    assertEquals(placeIn(new Float64Array(heap.buffer), x.data), 0);
  });
});

describe("resident()", () => {
  it("makes one for a memory, and another for the next", () => {
    // Another test may have asked for more than is usual.
    const asked = roomWanted();
    let made = 0;
    const get = resident((memory) => ({ memory, made: ++made }));
    arena({ bytes: asked + 2 ** 20 }).end();
    const first = get();
    assertEquals(get(), first);
    assertEquals(made, 1);
    arena({ bytes: asked + 2 ** 21 }).end();
    assertNotStrictEquals(get().memory, first.memory);
    assertEquals(made, 2);
  });
});
