// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertEquals,
  assertNotStrictEquals,
  assertStrictEquals,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ELEMENTARY } from "./_elementary_wasm.ts";
import { POOL } from "./_pool_wasm.ts";
import { PLAIN, RELAXED } from "./_simd_wasm.ts";
import { STREAM } from "./_stream_wasm.ts";
import {
  bytesFor,
  bytesOf,
  compile,
  exportsIn,
  heapOf,
  instantiate,
  type Memory,
  PAGE,
  platform,
  type Wasm,
} from "./platform.ts";

const wasm = platform.WebAssembly!;

const memoryOf = (shared: boolean, maximum = 65536): Memory =>
  new wasm.Memory({ initial: 64, maximum, shared });

/** A kernel that sums numbers from an address on. */
interface Sums {
  sum32(at: number, count: number, total: number): number;
}

describe("bytesOf()", () => {
  it("is what atob makes of it, of any length", () => {
    for (let n = 0; n < 30; n++) {
      const text = String.fromCharCode(
        ...Array.from({ length: n }, (_, i) => 255 - i * 37 & 255),
      );
      assertEquals(String.fromCharCode(...bytesOf(btoa(text))), text);
    }
  });
});

describe("bytesFor()", () => {
  it("leaves a module as it is for a memory of one thread", () => {
    const bytes = bytesOf(STREAM);
    assertStrictEquals(bytesFor(bytes, undefined), bytes);
    assertStrictEquals(bytesFor(bytes, memoryOf(false)), bytes);
  });

  it("says in a module that its memory is shared, and changes nothing else", () => {
    for (const text of [STREAM, POOL, ELEMENTARY, PLAIN, RELAXED]) {
      const before = bytesOf(text), memory = memoryOf(true);
      const bytes = bytesFor(before, memory);
      assertEquals(bytes.length, before.length + 3);
      const from = bytes.findIndex((byte, i) => byte !== before[i]);
      assertEquals(bytes.subarray(from + 40), before.subarray(from + 37));
      // It is valid, and takes the largest memory that there can be.
      new wasm.Instance(new wasm.Module(bytes), { env: { memory } });
    }
  });
});

describe("compile()", () => {
  it("takes the first build that can be run", () => {
    assert(compile(wasm, [btoa("none"), STREAM]) !== undefined);
    assertEquals(compile(wasm, [btoa("none")]), undefined);
    assertEquals(compile(undefined, [STREAM]), undefined);
    const asked: Uint8Array[] = [];
    const choosy = {
      Module: class {
        constructor(bytes: Uint8Array) {
          asked.push(bytes);
        }
      },
      validate: (bytes: Uint8Array) => bytes.length > 3,
    } as unknown as Wasm;
    assert(compile(choosy, [btoa("abc"), btoa("abcd"), btoa("abcde")]));
    assertEquals(asked, [new TextEncoder().encode("abcd")]);
  });
});

describe("heapOf()", () => {
  it("is a memory of the given size, or the given memory, with views of all of it", () => {
    const { memory, heap32, heap64 } = heapOf(wasm, 3 * PAGE)!;
    assertEquals(memory.buffer.byteLength, 3 * PAGE);
    assertStrictEquals(heap32.buffer, memory.buffer);
    assertStrictEquals(heap64.buffer, memory.buffer);
    assertEquals([heap32.byteLength, heap64.byteLength], [3 * PAGE, 3 * PAGE]);
    const given = memoryOf(false);
    assertStrictEquals(heapOf(wasm, PAGE, given)!.memory, given);
  });

  it("is undefined if there is none", () => {
    assertEquals(heapOf(undefined, PAGE), undefined);
    assertEquals(heapOf(undefined, PAGE, memoryOf(false)), undefined);
    assertEquals(heapOf(wasm, 2 ** 40), undefined);
  });
});

describe("instantiate()", () => {
  it("computes in its own memory, or in memory shared by threads", () => {
    for (const given of [undefined, memoryOf(true), memoryOf(false)]) {
      const made = instantiate<Sums>(wasm, [STREAM], 2 * PAGE, given)!;
      if (given) assertStrictEquals(made.memory, given);
      else assertEquals(made.memory.buffer.byteLength, 2 * PAGE);
      made.heap32.fill(2, 16, 16 + 64);
      assertEquals(made.sum32(64, 64, 1), 129);
    }
  });

  it("is undefined where nothing can be run", () => {
    assertEquals(instantiate(wasm, [btoa("none")], PAGE), undefined);
    assertEquals(instantiate(undefined, [STREAM], PAGE), undefined);
    const forbidding = {
      ...wasm,
      validate: (bytes: Uint8Array) => wasm.validate(bytes),
      Module: wasm.Module,
      Memory: wasm.Memory,
      Instance: class {
        constructor() {
          throw new EvalError("Refused by the content security policy");
        }
      },
    } as unknown as Wasm;
    assertEquals(instantiate(forbidding, [STREAM], PAGE), undefined);
  });
});

describe("exportsIn()", () => {
  it("are made once for a memory, and again for another, even a shared one", () => {
    const get = exportsIn<Sums>([btoa("none"), STREAM]);
    let before: Sums | undefined;
    for (const memory of [memoryOf(false), memoryOf(true), memoryOf(false)]) {
      const found = get({ memory });
      assertStrictEquals(get({ memory }), found);
      assertNotStrictEquals(found, before);
      new Float32Array(memory.buffer, 64, 64).fill(3);
      assertEquals(found.sum32(64, 64, 0), 192);
      before = found;
    }
  });
});
