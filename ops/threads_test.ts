// Copyright 2026 the Adjoint authors. MIT license.

// How many threads are asked for; what they do is tested in
// `ops/kernels/threaded_test.ts`.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { afterEach, describe, it } from "@std/testing/bdd";
import { startThreads, stopThreads } from "./threads.ts";

/** Defines a global variable anew; the result takes it back. */
function define(global: Record<string, unknown>): () => void {
  const [[name, value]] = Object.entries(global);
  const before = Object.getOwnPropertyDescriptor(globalThis, name)!;
  Object.defineProperty(globalThis, name, { value, configurable: true });
  return () => Object.defineProperty(globalThis, name, before);
}

/** As Bun loads its modules where prototypes are frozen. */
function fail(): never {
  throw new TypeError("Attempted to assign to readonly property.");
}

/** There is no memory to be had. */
class NoMemory {
  constructor() {
    throw new RangeError("could not allocate memory");
  }
}

describe("startThreads()", () => {
  afterEach(stopThreads);

  it("says how many threads there are, one for each core by default", async () => {
    assertEquals(await startThreads(3), 3);
    assertEquals(await startThreads(), navigator.hardwareConcurrency);
  });

  it("starts one for each core that the platform knows of, and 256 at most", async () => {
    const os = {
      getBuiltinModule: (name: string) =>
        name === "node:os" ? { availableParallelism: () => 7 } : undefined,
    };
    // deno-fmt-ignore
    const cases = [
      [{ hardwareConcurrency: 5 }, os, 5],
      [{ hardwareConcurrency: 5 }, undefined, 5],
      [{ hardwareConcurrency: 1000 }, os, 256],
      [{}, os, 7],
      [undefined, os, 7],
      ...[Infinity, 300.5].map((lie) =>
        [{ hardwareConcurrency: lie }, os, 256] as const
      ),
      ...[0, -1, NaN, 1.5, 2n, Symbol()].map((lie) =>
        [{ hardwareConcurrency: lie }, os, 1] as const
      ),
      [undefined, { getBuiltinModule: () => undefined }, 1],
      [undefined, { getBuiltinModule: fail }, 1],
      [undefined, {}, 1],
      [undefined, undefined, 1],
    ] as const;
    const { validate, Module, Instance } = WebAssembly;
    const wasm = { validate, Module, Instance, Memory: NoMemory };
    for (const [navigator, process, count] of cases) {
      const restore = [
        define({ navigator }),
        define({ process }),
        define({ WebAssembly: wasm }),
      ];
      try {
        if (count === 1) assertEquals(await startThreads(), 1);
        else {
          const error = await assertRejects(() => startThreads(), RangeError);
          assertMatch(error.message, RegExp(`: ${count} threads take`));
        }
      } finally {
        for (const f of restore) f();
      }
    }
  });

  it("refuses a count that is none", async () => {
    const must =
      "Cannot start threads as count must be an integer from 1 to 256: it is";
    for (const count of [0, -1, 1.5, NaN, Infinity, 257]) {
      const error = await assertRejects(() => startThreads(count), RangeError);
      assertEquals(error.message, `${must} ${count}`);
    }
    const error = await assertRejects(
      // @ts-expect-error A string.
      () => startThreads("2"),
      TypeError,
    );
    assertEquals(error.message, `${must} "2"`);
  });
});
