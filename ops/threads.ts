// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Threads
 *
 * Several threads for large matrix products.
 *
 * After `await startThreads()` you call the operations as before: they are
 * synchronous, and their results have the same bits, but large products take less
 * time the more cores there are. Products that one thread computes faster stay on
 * one thread.
 *
 * Threads share a memory. Deno, Bun, and Node from 20.16 on always allow that, and no
 * permission is needed; a browser allows it on pages that are [cross-origin
 * isolated](https://developer.mozilla.org/docs/Web/API/Window/crossOriginIsolated). Its
 * content security policy, if it has one, must allow `script-src 'wasm-unsafe-eval'`
 * and `worker-src blob:`. Elsewhere {@linkcode startThreads} says what is missing, and
 * everything continues on one thread.
 *
 * Tensors of an {@link [arena] arena} that begins while threads run are in memory
 * that they share, so nothing is copied.
 *
 * Idle threads use no processor time, and do not keep the process alive.
 *
 * @example Usage
 * ```ts
 * import { matmul } from "@adjoint/ops/matmul";
 * import { ones } from "@adjoint/ops/tensor";
 * import { startThreads, stopThreads } from "@adjoint/ops/threads";
 * import { assertEquals } from "@std/assert";
 *
 * const x = ones([500, 500]);
 * const z = matmul(x, x);
 *
 * await startThreads(2);
 * assertEquals(matmul(x, x), z);
 * stopThreads();
 * ```
 *
 * @module
 */

import { show } from "./core/checks.ts";
import { platform } from "./kernels/platform.ts";
import { start, stop } from "./kernels/threaded.ts";

/** Starts the threads that compute large products.
 *
 * If `count` threads are running already, nothing happens; if a different number
 * is running, they are replaced.
 *
 * @param count The number of threads that compute, including the calling one: by
 * default the number of cores, 256 at most. With 1 there is only the calling one.
 * @returns The number of threads, when they are ready.
 * @throws {TypeError} If `count` is not a number.
 * @throws {RangeError} If `count` is not an integer from 1 to 256, or if there is
 * not enough memory for them.
 * @throws {Error} If threads cannot be started here; everything continues on one.
 *
 * @example Usage
 * ```ts
 * import { startThreads, stopThreads } from "@adjoint/ops/threads";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await startThreads(2), 2);
 * stopThreads();
 * ```
 */
export async function startThreads(
  count: number = cores(),
): Promise<number> {
  const must = "Cannot start threads as count must be an integer from 1 to 256";
  if (typeof count !== "number") {
    throw new TypeError(`${must}: it is ${show(count)}`);
  }
  if (!Number.isInteger(count) || count < 1 || count > 256) {
    throw new RangeError(`${must}: it is ${count}`);
  }
  return await start(count);
}

/** How many cores the machine has; Node before 21 has no `navigator`. */
function cores(): number {
  try {
    const count = platform.navigator?.hardwareConcurrency ??
      platform.process!.getBuiltinModule!("node:os").availableParallelism();
    return Math.max(1, Math.min(256, count) | 0); // Some browsers are made to lie.
  } catch {
    return 1; // None of it is there, or can be loaded.
  }
}

/** Stops the threads, if any are running.
 *
 * @example Usage
 * ```ts
 * import { startThreads, stopThreads } from "@adjoint/ops/threads";
 *
 * await startThreads(2);
 * stopThreads();
 * stopThreads(); // Does nothing.
 * ```
 */
export function stopThreads(): void {
  stop();
}
