// Copyright 2026 the Adjoint authors. MIT license.

// Which memory arenas lie in: that of this thread, or that of the threads. Its
// bounds are tested here, what arenas promise in `ops/arena_test.ts`.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { afterEach, describe, it } from "@std/testing/bdd";
import { LIMIT, SPACE } from "../kernels/engine.ts";
import { type Memory, PAGE, platform } from "../kernels/platform.ts";
import {
  allocate,
  close,
  FROM,
  isEnded,
  isServing,
  isShared,
  isWithin,
  note,
  offer,
  open,
  reserve,
  reserved,
  roomWanted,
  stateOf,
  take,
  USUAL,
} from "./memory.ts";

const ROOM = 2 ** 22;

/** A memory of threads, with room for so many bytes of tensors. */
const shared = (bytes = roomWanted()) => reserve(FROM + PAGE, bytes, true)!;

/** The memory of an arena that begins now, and ends. */
function memoryOf(bytes?: number) {
  const frame = open(bytes, false, false);
  const found = reserved!;
  close(frame);
  return found;
}

describe("reserve()", () => {
  it("has room for tensors from one place to another, and a page after them", () => {
    const { memory, buffer, from, end, isShared } = reserve(
      FROM,
      ROOM + 1,
      false,
    )!;
    assertStrictEquals(memory.buffer, buffer);
    assertEquals([from, end, isShared], [FROM, FROM + ROOM + 1, false]);
    assertEquals(buffer.byteLength, FROM + ROOM + 2 * PAGE);
    assert(buffer instanceof ArrayBuffer);
    assertEquals(FROM, SPACE + LIMIT + PAGE);
  });

  it("may be shared, and never grows", () => {
    const { buffer, memory } = reserve(FROM, ROOM, true)!;
    assert(buffer as ArrayBufferLike instanceof SharedArrayBuffer);
    let grown = true;
    try {
      memory.grow(1);
    } catch {
      grown = false;
    }
    assert(!grown);
    assertEquals(
      allocate(platform.WebAssembly!, PAGE + 1).buffer.byteLength,
      2 * PAGE,
    );
  });

  it("takes half if there is too little, and nothing below a megabyte", () => {
    const wasm = platform.WebAssembly!;
    const asked: number[] = [];
    let most = 0;
    platform.WebAssembly = {
      ...wasm,
      Memory: class {
        constructor(limits: { initial: number }) {
          const bytes = (limits.initial - 1) * PAGE - FROM;
          asked.push(bytes);
          if (bytes > most) throw new RangeError();
          return { buffer: new ArrayBuffer(0) } as Memory;
        }
      } as unknown as new () => Memory,
    };
    try {
      most = ROOM / 4;
      assertEquals(reserve(FROM, ROOM, false)!.end, FROM + ROOM / 4);
      assertEquals(asked, [ROOM, ROOM / 2, ROOM / 4]);
      asked.length = most = 0;
      assertEquals(reserve(FROM, ROOM, false), undefined);
      assertEquals(asked, [ROOM, ROOM / 2, ROOM / 4]);
      asked.length = 0;
      assertEquals(reserve(FROM, PAGE, false), undefined);
      assertEquals(asked, [PAGE]);
    } finally {
      platform.WebAssembly = wasm;
    }
  });
});

describe("an arena's memory", () => {
  afterEach(() => offer(undefined));

  it("is that of one thread, the same again, of 128 MB", () => {
    const first = memoryOf();
    assert(!first.isShared && !isShared());
    assertEquals(first.end - first.from, roomWanted());
    assertEquals(USUAL, 2 ** 27);
    assertStrictEquals(memoryOf(), first);
    assertStrictEquals(memoryOf(1), first);
  });

  it("is that of the threads while they run, and another before and after", () => {
    const before = memoryOf(), threads = shared();
    offer(threads);
    const frame = open(undefined, false, false);
    assertStrictEquals(reserved, threads);
    assert(isShared());
    const x = take("float32", 5)!;
    assertEquals(x.byteOffset, threads.from);
    assertStrictEquals(x.buffer, threads.buffer);
    offer(undefined); // They stop.
    const inner = open(undefined, false, false);
    assertStrictEquals(take("int8", 5)!.buffer, threads.buffer);
    close(inner);
    assert(!isEnded(x));
    close(frame);
    assert(isEnded(x));
    const after = memoryOf();
    assert(after !== before && after !== threads && !isShared());
    assert(isEnded(x), "It lies in a memory that is not in use");
  });

  it("stays what it is while an arena is open", () => {
    const frame = open(undefined, false, false), before = reserved;
    offer(shared());
    assertStrictEquals(memoryOf(), before);
    close(frame);
    assert(memoryOf() !== before);
  });

  it("is not that of the threads where it has not as many bytes", () => {
    const asked = roomWanted(), threads = shared(asked);
    offer(threads);
    assertStrictEquals(memoryOf(asked), threads);
    const larger = memoryOf(asked + 1);
    assert(!larger.isShared);
    assertEquals(larger.end - larger.from, asked + 1);
    assertStrictEquals(memoryOf(1), larger);
    assertEquals(roomWanted(), asked + 1);
    assertEquals(roomWanted(asked + 2), asked + 2);
    offer(shared());
    assert(memoryOf().isShared);
  });

  it("serves up to the first await, or on, and says so", async () => {
    assert(!isServing());
    const outer = open(undefined, false, true);
    const inner = open(undefined, false, false);
    assert(isServing() && isWithin(outer, take("int8", 1)!));
    assertEquals([outer, inner].map(stateOf), ["outer", "last"]);
    await null;
    assert(!isServing());
    assertEquals(take("int8", 1), undefined);
    close(inner);
    assertEquals([outer, inner].map(stateOf), ["last", "ended"]);
    assert(isServing());
    // Each is noticed, also one that begins later.
    const late = open(undefined, false, false);
    await null;
    assert(!isServing());
    close(late);
    close(outer);
    assert(!isServing());
    assertEquals(take("int8", 1), undefined);
  });

  it("is never used again below the top where an arena was checked", () => {
    const outer = open(undefined, false, false);
    const before = take("float32", 3)!;
    const stale: typeof before[] = [];
    for (let i = 0; i < 3; i++) {
      const inner = open(undefined, true, false);
      stale.push(take("float32", 3)!, take("float32", 3)!);
      const innermost = open(undefined, false, false);
      stale.push(take("float32", 3)!);
      close(innermost);
      close(inner);
    }
    const between = take("float32", 3)!;
    const last = open(undefined, true, false);
    stale.push(take("float32", 3)!);
    close(last);
    const after = take("float32", 3)!;
    assert(![before, between, after].some(isEnded));
    assert(stale.every(isEnded) && stale.every((x) => Number.isNaN(x[2])));
    close(outer);
    assert([before, between, after, ...stale].every(isEnded));
    const next = open(undefined, false, false);
    const live = Array.from({ length: 20 }, () => take("float32", 3)!);
    assert(!live.some(isEnded));
    assert([between, after, ...stale].every(isEnded));
    close(next);
  });

  it("has room up to its end, and none beyond it", () => {
    const outer = open(undefined, false, false);
    const from = outer.at, size = reserved!.end - from;
    assertEquals(take("uint8", size + 1), undefined);
    assertEquals(take("float32", Math.floor(size / 4) + 1), undefined);
    assertEquals(take("uint8", 0), undefined);
    const inner = open(undefined, false, false);
    assertEquals(take("uint8", size)!.byteOffset, from);
    assertEquals(take("uint8", 1), undefined);
    close(inner);
    // Each tensor begins at a cache line.
    assertEquals(take("int8", 1)!.byteOffset, from);
    assertEquals(take("int8", 64)!.byteOffset, from + 64);
    assertEquals(take("int8", 1)!.byteOffset, from + 128);
    close(outer);
  });

  it("is used again behind a checked arena, where no other was checked", () => {
    const outer = open(undefined, false, false);
    const checked = open(undefined, true, false);
    const stale = take("float32", 3)!;
    close(checked);
    const places = [1, 2].map(() => {
      const inner = open(undefined, false, false);
      const { byteOffset } = take("float32", 3)!;
      close(inner);
      return byteOffset;
    });
    assertEquals(places, [stale.byteOffset + 64, stale.byteOffset + 64]);
    close(outer);
  });

  it("makes NaN what found no room, where it is checked", () => {
    const made = [true, false].map((isChecked) => {
      const data = [new Float32Array(3), new Float64Array(2)];
      const frame = open(undefined, isChecked, false);
      data.forEach(note);
      const gone = new Float32Array(1);
      note(gone);
      gone.buffer.transfer();
      const inner = open(undefined, false, false);
      const nested = new Float32Array(1);
      note(nested);
      close(inner);
      assertEquals([...nested], [isChecked ? NaN : 0]);
      assertEquals(isWithin(frame, data[0]), isChecked);
      assertEquals([...data[0]], [0, 0, 0]);
      close(frame);
      return data.map((x) => [...x]);
    });
    assertEquals(made, [[[NaN, NaN, NaN], [NaN, NaN]], [[0, 0, 0], [0, 0]]]);
  });

  it("is not that of the threads once checked arenas have used half of it", () => {
    const threads = shared();
    offer(threads);
    const use = (bytes: number) => {
      const frame = open(undefined, true, false);
      assertStrictEquals(reserved, threads);
      assertStrictEquals(take("uint8", bytes)!.buffer, threads.buffer);
      close(frame);
    };
    const half = (threads.end - threads.from) / 2 & ~63;
    use(half);
    use(64);
    assert(!memoryOf().isShared);
  });
});
