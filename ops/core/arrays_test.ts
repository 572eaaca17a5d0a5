// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  areApart,
  areBelow,
  bufferOf,
  copyOf,
  copyOfData,
  dtypeOfData,
  fill,
  hasLength,
  hasMemory,
  piece,
  sharedBytes,
  view,
  write,
} from "./arrays.ts";
import { closed, opened } from "./testing/closed.ts";

const ARRAYS = [Float32Array, Float64Array];

/** Another object over the same memory, as another thread would get it. */
const clone = (buffer: SharedArrayBuffer): SharedArrayBuffer =>
  structuredClone(buffer);

describe("sharedBytes()", () => {
  // Where two arrays of 16 numbers each begin, and how many they share.
  const cases = [[0, 0, 16], [0, 15, 1], [0, 8, 8], [4, 20, 0], [0, 30, 0]];

  /** The bytes that arrays over two buffers have in common, either way. */
  function assertShared(
    p: ArrayBufferLike,
    q: ArrayBufferLike,
    of: (numbers: number) => number,
  ): void {
    for (const kind of ARRAYS) {
      const size = kind.BYTES_PER_ELEMENT;
      for (const [from, to, count] of cases) {
        const a = new kind(p as ArrayBuffer, size * from, 16);
        const b = new kind(q as ArrayBuffer, size * to, 16);
        for (const [out, input] of [[a, b], [b, a]]) {
          const before = [p, q].map((buffer) => new Uint8Array(buffer).slice());
          assertStrictEquals(sharedBytes(out, input), of(count) * size);
          const after = [p, q].map((buffer) => new Uint8Array(buffer));
          assertEquals(after, before, "It leaves the memory changed");
        }
      }
    }
  }

  it("counts what two views of one buffer have in common", () => {
    for (const Buffer of [ArrayBuffer, SharedArrayBuffer]) {
      const buffer = new Buffer(512);
      assertShared(buffer, buffer, (numbers) => numbers);
    }
  });

  it("recognizes memory by two objects, whatever it holds, and does not change it", () => {
    for (const value of [0, 1, 255]) {
      const buffer = new SharedArrayBuffer(512);
      new Uint8Array(buffer).fill(value);
      assertShared(buffer, clone(buffer), (numbers) => numbers);
    }
  });

  it("finds one number, also the last of the memory", () => {
    const buffer = new SharedArrayBuffer(64);
    for (const other of [buffer, clone(buffer)]) {
      for (const at of [0, 4, 60]) {
        const all = new Float32Array(buffer);
        const one = new Float32Array(other, at, 1);
        assertStrictEquals(sharedBytes(all, one), 4);
        assertStrictEquals(sharedBytes(one, all), 4);
      }
    }
  });

  it("finds nothing in common between different memory", () => {
    const [a, b] = [new ArrayBuffer(512), new ArrayBuffer(512)];
    const [c, d] = [new SharedArrayBuffer(512), new SharedArrayBuffer(512)];
    const pairs = [[a, b], [c, d], [a, c], [d, b]];
    for (const [p, q] of pairs) {
      assertShared(p, q, () => 0);
      new Uint8Array(p).fill(7); // Alike, or not.
      assertShared(p, q, () => 0);
    }
  });

  it("finds nothing in common with memory that another thread writes to meanwhile", () => {
    const [p, q] = [new SharedArrayBuffer(16), new SharedArrayBuffer(16)];
    const [a, b] = [p, q].map((buffer) => new Float32Array(buffer));
    const { xor } = Atomics;
    // That it does so 32 times, to and fro, is not to be expected.
    for (const [writes, bytes] of [[2, 0], [8, 0], [31 * 2, 0], [32 * 2, 16]]) {
      let changes = 0;
      Atomics.xor = ((array: Uint8Array, at: number, value: number) => {
        // As that thread would, and at the worst of all times.
        if (changes++ < writes) xor(new Uint8Array(q), at, value);
        return xor(array, at, value);
      }) as typeof xor;
      try {
        assertStrictEquals(sharedBytes(a, b), bytes);
      } finally {
        Atomics.xor = xor;
      }
      assertEquals([...a, ...b], Array(8).fill(0));
    }
  });

  it("finds nothing in an empty array, wherever it is", () => {
    const buffer = new SharedArrayBuffer(64);
    const all = new Float32Array(buffer);
    for (const other of [buffer, clone(buffer)]) {
      for (const at of [0, 32, 64]) {
        const none = new Float32Array(other, at, 0);
        assertStrictEquals(sharedBytes(all, none), 0);
        assertStrictEquals(sharedBytes(none, all), 0);
      }
    }
  });
});

describe("areApart()", () => {
  const of = (...numbers: number[]) => Float32Array.from(numbers);

  it("is true only where a number differs that would be in both", () => {
    assert(areApart(of(1, 2), of(2, 1), 4));
    assert(areApart(of(1, 2), of(NaN, 2), 4));
    assert(areApart(of(NaN, 2), of(1, 2), 4));
    assert(!areApart(of(1, 2), of(1, 3), 4));
    assert(!areApart(of(NaN), of(NaN), 4));
    assert(!areApart(of(), of(), 4));
    assert(!areApart(of(0), of(-0), 4));
  });

  for (const Kind of [Float32Array, Float64Array]) {
    it(`is false of what overlaps, wherever it begins: ${Kind.name}`, () => {
      const all = Kind.of(0, 1, 2, 3, NaN, 5, 6, 7, 8);
      const width = Kind.BYTES_PER_ELEMENT;
      for (let i = 0; i < 6; i++) {
        for (let j = 0; j < 6; j++) {
          const a = all.subarray(i, i + 3), b = all.subarray(j, j + 3);
          assertEquals(areApart(a, b, width), Math.abs(i - j) > 2);
        }
      }
    });
  }
});

describe("areBelow()", () => {
  it("is false of one byte that is not, wherever it is", () => {
    for (let n = 64; n < 72; n++) {
      const bytes = Uint8Array.from({ length: n + 4 }, (_, i) => i % 2)
        .subarray(4);
      assert(areBelow(bytes, 2));
      for (let i = 0; i < n; i++) {
        for (const value of [2, 128, 255]) {
          const other = bytes.slice();
          other[i] = value;
          assert(!areBelow(other, value), `${value} at ${i} of ${n}`);
          assert(areBelow(other, 256));
        }
      }
    }
  });

  it("is false where it takes more than a glance", () => {
    assert(!areBelow(new Uint8Array(63), 2));
    assert(!areBelow(new Int8Array(64), 2));
    assert(!areBelow(new Uint8Array(65).subarray(1), 2));
    assert(!areBelow(new Uint8Array(64).fill(1).fill(2, 9), 3));
    assert(!areBelow(new Int32Array(63), 2));
  });

  it("is exact of integers of 32 bits", () => {
    const most = 2 ** 31 - 1;
    for (const below of [1, 2, 1000, most, 2 ** 31, 2 ** 40, Infinity]) {
      const last = Math.min(below - 1, most);
      const words = Int32Array.from({ length: 67 }, (_, i) => i % 2 * last);
      assert(areBelow(words, below), `${below}`);
      for (const i of [0, 33, 66]) {
        for (const value of [-1, -most, -most - 1, below, most]) {
          const other = words.with(i, value);
          const isIn = other[i] >= 0 && other[i] < below;
          assertEquals(areBelow(other, below), isIn, `${value} at ${i}`);
        }
      }
    }
  });
});

describe("copies and views", () => {
  it("have the numbers, in memory of their own or the same", () => {
    for (const kind of ARRAYS) {
      const data = new kind(
        new kind([1, 2, 3, 4, 5]).buffer,
        kind.BYTES_PER_ELEMENT,
      );
      assertStrictEquals(bufferOf(data), data.buffer);
      const copy = copyOf(data);
      assertEquals(copy, new kind([2, 3, 4, 5]));
      assert(copy.buffer !== data.buffer);
      const part = view(data, 1, 3);
      assertEquals(part, new kind([3, 4]));
      assertStrictEquals(part.buffer as unknown, data.buffer);
    }
  });

  it("of a strange array ask nothing of it", () => {
    class Strange extends Float32Array {
      override get length(): number {
        throw new Error("Asked for its length");
      }
      override [Symbol.iterator](): never {
        throw new Error("Asked for its numbers");
      }
      override set(): never {
        throw new Error("Asked to write");
      }
      override fill(): never {
        throw new Error("Asked to fill");
      }
    }
    const strange = Object.setPrototypeOf(
      new Float32Array([1, 2, 3]),
      Strange.prototype,
    );
    assertEquals(copyOf(strange), new Float32Array([1, 2, 3]));
    assertEquals(view(strange, 1, 2), new Float32Array([2]));
    fill(strange, 7);
    write(strange, new Float32Array([8, 9]), 1);
    const z = new Float32Array(3);
    write(z, strange);
    assertEquals(z, new Float32Array([7, 8, 9]));
  });
});

describe("dtypeOfData() and copyOfData()", () => {
  const types = {
    float32: Float32Array,
    float64: Float64Array,
    int8: Int8Array,
    int16: Int16Array,
    int32: Int32Array,
    uint8: Uint8Array,
    uint16: Uint16Array,
    uint32: Uint32Array,
  };

  it("tell an array by its kind, and copy it", () => {
    for (const [dtype, kind] of Object.entries(types)) {
      const data = kind.of(1, 2, 3);
      assertStrictEquals(dtypeOfData(data), dtype);
      const copy = copyOfData(data);
      assertEquals(copy, data);
      assertStrictEquals(copy.constructor, kind);
      assert(copy.buffer !== data.buffer);
    }
  });

  it("find no element type in anything else", () => {
    const others = [new Uint8ClampedArray(3), new BigInt64Array(3), [1], null];
    for (const other of others) {
      assertStrictEquals(dtypeOfData(other), undefined);
    }
  });
});

describe("hasMemory()", () => {
  it("says whether there is memory, even for no elements", () => {
    const data = new Float32Array(3);
    assertStrictEquals(hasMemory(data), true);
    assertStrictEquals(hasMemory(new Float64Array()), true);
    data.buffer.transfer();
    assertStrictEquals(hasMemory(data), false);
  });
});

describe("hasLength()", () => {
  it("is true of the number of elements, and of no other", () => {
    for (const kind of ARRAYS) {
      for (const length of [0, 1, 2, 7]) {
        const data = new kind(length);
        for (let n = 0; n < 10; n++) {
          assertStrictEquals(hasLength(data, n), n === length);
        }
      }
    }
  });
});

describe("write() and fill()", () => {
  /** An array whose memory is gone. */
  function gone(): Float32Array {
    const data = new Float32Array(3);
    data.buffer.transfer();
    return data;
  }

  it("write every number, from a place on, and nothing beside them", () => {
    for (const kind of ARRAYS) {
      const data = new kind([1, 2, 3, 4, 5]);
      write(data, new kind([8, 9]), 2);
      assertEquals(data, new kind([1, 2, 8, 9, 5]));
      write(data, new kind([6, 7]));
      assertEquals(data, new kind([6, 7, 8, 9, 5]));
      fill(data.subarray(1, 4), -1);
      assertEquals(data, new kind([6, -1, -1, -1, 5]));
    }
  });

  it("do nothing if there is nothing to write, even if the memory is gone", () => {
    const data = new Float32Array([1, 2]);
    write(data, gone());
    write(data, new Float32Array(), 3);
    write(gone(), new Float32Array());
    fill(gone(), 7);
    assertEquals(data, new Float32Array([1, 2]));
  });
});

describe("piece()", () => {
  it("is a view of some elements, whatever the array says of itself", () => {
    const kinds = [...ARRAYS, Int8Array, Int16Array, Uint8Array, Uint32Array];
    for (const Kind of kinds) {
      const room = Kind.from([0, 1, 2, 3, 4, 5]);
      for (const data of [room.subarray(1), closed({ data: room }).data]) {
        const part = piece(data, 2, 4), { length } = part;
        const first = data[2];
        assertEquals([length, part[0], part[1]], [2, first, first + 1]);
        part[0] = 9;
        assertEquals(data[2], 9);
      }
    }
  });

  it("is the array itself where it is all", () => {
    const { data } = closed({ data: Int16Array.of(1, 2, 3) });
    assertStrictEquals(piece(data, 0, 3), data);
    assertEquals(opened({ data: piece(data, 0, 2) }).data, Int16Array.of(1, 2));
  });
});
