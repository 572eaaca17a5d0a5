// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Arenas
 *
 * Memory for short-lived results: no allocation, no clearing, no garbage.
 *
 * A training step makes hundreds of tensors, and needs none of them a moment
 * later. As ordinary arrays, each is allocated, zeroed, and eventually collected,
 * which for a small tensor takes longer than computing its elements. In an arena,
 * results are placed one after another in memory that already exists, and the end
 * of the arena frees all of it at once:
 *
 * ```ts
 * import { arena } from "@adjoint/ops/arena";
 * import { linear, linearD } from "@adjoint/ops/linear";
 * import { mseDpred } from "@adjoint/ops/mse";
 * import { sgd } from "@adjoint/ops/optimisers";
 * import { ones, scalar, zeros } from "@adjoint/ops/tensor";
 * import { assert } from "@std/assert";
 *
 * const x = ones([4, 3]), target = zeros([4, 2]);
 * const w = ones([2, 3]), b = zeros([2]);
 * const descend = sgd({ w, b }, { rate: 0.1 });
 *
 * for (let i = 0; i < 10; i++) {
 *   using step = arena();
 *   const z = linear(x, w, b);
 *   const dz = mseDpred(z, target, scalar(1));
 *   descend(linearD(x, w, b, dz, { wrt: ["w", "b"] }));
 * } // Here z and all gradients are gone.
 * assert(Math.abs(linear(x, w, b).data[0]!) < 0.1);
 * ```
 *
 * The kernels compute in the same memory, so tensors in it are used in place, as
 * operands and as `out`, instead of being copied to the kernels and back. Nothing
 * else changes: a tensor is still a plain `{ shape, data }`.
 *
 * ## What goes to an arena
 *
 * The results of all operations and the tensors of `zeros`, `ones`, `scalar`,
 * `tensor`, `uniform` and `normal`, unless `out` is given. A tensor made from a
 * typed array stays in that array.
 *
 * Arenas nest. Results go to the one that began last, and the last must end
 * first: the weights may live in an outer arena, and the tensors of a step in an
 * inner one.
 *
 * ```ts
 * import { arena } from "@adjoint/ops/arena";
 * import { matmul } from "@adjoint/ops/matmul";
 * import { ones } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * using model = arena();
 * const w = ones([2, 2]);
 * const z = arena(() => matmul(matmul(w, w), w));
 * assertEquals([...z.data], [4, 4, 4, 4]);
 * ```
 *
 * `arena(f)` is an arena for the duration of a synchronous function, and needs no
 * `using`. The tensors in its result are copied so that they outlive the arena,
 * and so is a tensor given to `step.keep(x)`. Without `using`, call `step.end()`
 * yourself.
 *
 * ## What is guaranteed
 *
 * - **A tensor whose arena has ended** is rejected by every operation, with a
 *   `TypeError` that names it, until its memory is reused. From then on it holds
 *   the numbers of another tensor, which cannot be detected at no cost. During
 *   development, use `arena({ checked: true })`. Then no memory is used twice,
 *   and memory is filled with NaN when its arena ends, so every operation rejects
 *   such tensors, and code that reads their `data` reads NaN.
 * - **`await`.** An arena serves the code that began it up to the first `await`,
 *   or up to the end of the running task, so that results of other tasks do not
 *   go to it. From there on results are ordinary arrays, and the arena still has
 *   to end. `arena({ acrossAwait: true })` continues: use it only if nothing else
 *   that makes tensors runs meanwhile. Jobs that were waiting already when the
 *   arena began may still run before it notices.
 * - **The buffer.** `z.data.buffer` is the whole memory, the kernels' part
 *   included. `structuredClone` and `postMessage` copy all of it: use `keep` first.
 *   Nobody can transfer it.
 * - **Sizes.** There are 128 MB for tensors, or as much as the first
 *   `arena({ bytes })` asks for, or less if that is not available. They are
 *   reserved, and take no memory until they are used. If they are full, or if the
 *   runtime or the page has no WebAssembly, results are ordinary arrays: slower,
 *   but right.
 * - **Threads.** An arena that begins while {@link [threads] threads} run uses the
 *   memory that they share, so large products are computed there in place, on all
 *   threads. `step.isShared` says whether it does. An arena uses the memory of
 *   one thread if threads start later, if an arena is open that began before
 *   them, or if there is less room than `bytes` asks for. Threads then copy the
 *   tensors in it, as they copy ordinary arrays. `Blob`, `Response`,
 *   `crypto.subtle` and `WebSocket` refuse data in shared memory, and browsers
 *   refuse it in `TextDecoder`, `ImageData` and `crypto.getRandomValues`, too;
 *   `postMessage` and `structuredClone` share it, and copy nothing. A call that
 *   throws because a thread died may leave a part of its result in `out`.
 *
 * No permission is needed.
 *
 * @module
 */

import { copyOfData } from "./core/arrays.ts";
import {
  checkTensor,
  isOptions,
  read,
  show,
  strangerIn,
} from "./core/checks.ts";
import {
  type Frame,
  isShared,
  isWithin,
  mustWait,
  open,
  stateOf,
} from "./core/memory.ts";
import { endArena } from "./core/results.ts";
import type { Arrays, DType, Shape, Tensor } from "./core/types.ts";

/** The options of an arena. */
export interface ArenaOptions {
  /** The number of bytes that there must be room for; by default 128 MB, or as
   * many as an earlier arena asked for. */
  bytes?: number;
  /** Whether no memory is used twice, and the memory of an arena that ends is
   * filled with NaN, so that every later use of its tensors shows. For
   * development: it is slower. */
  checked?: boolean;
  /** Whether the arena continues after an `await`. */
  acrossAwait?: boolean;
}

/** An open arena; `using` ends it automatically, if the runtime and TypeScript's
 * settings support it. */
export type Arena = ArenaMethods & ForUsing;

/** What `using` calls: nothing where the library that TypeScript is told to use has
 * no `Symbol.dispose`. */
export type ForUsing = SymbolConstructor extends
  { readonly dispose: infer K extends symbol }
  ? { readonly [P in K]: () => void }
  : unknown;

/** What an open arena can do. */
export interface ArenaMethods {
  /** Whether its tensors are in memory that threads share: then `data.buffer` is
   * a `SharedArrayBuffer`, which the type of `data` does not say. */
  readonly isShared: boolean;
  /** Copies a tensor of the arena to a new array, which outlives the arena.
   *
   * @typeParam S The shape.
   * @typeParam D The type of the data.
   * @param x A tensor, in an arena or not.
   * @returns A tensor with the same elements.
   * @throws {TypeError} If `x` is not a tensor, or its arena has ended.
   */
  keep<S extends Shape, D extends Arrays[DType]>(
    x: Tensor<S, D>,
  ): Tensor<S, D>;
  /** Ends the arena: its tensors must no longer be used.
   *
   * @throws {Error} If the arena has ended, or an arena that began after it has
   * not.
   */
  end(): void;
}

/** Begins an arena: until it ends, results and new tensors live in it.
 *
 * @param options How large it must be, whether it is checked, and whether it goes
 * on after an `await`.
 * @returns The arena, which `using` ends.
 * @throws {TypeError} If an option is not of its kind, or is unknown.
 * @throws {RangeError} If `bytes` is not an integer from 1 to 4·10⁹, or is more
 * than there are while another arena is open.
 *
 * @example Usage
 * ```ts
 * import { arena } from "@adjoint/ops/arena";
 * import { relu } from "@adjoint/ops/relu";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const x = tensor([-1, 2]);
 * const step = arena();
 * const z = relu(x);
 * const kept = step.keep(z);
 * step.end();
 *
 * assertEquals(kept, tensor([0, 2]));
 * assertThrows(() => relu(z), TypeError, "the arena of x must be open");
 * ```
 */
export function arena(options?: ArenaOptions): Arena;
/** Calls a synchronous function in a new arena.
 *
 * @typeParam T The type of the result.
 * @param f What to call, with the arena.
 * @param options As above.
 * @returns The result. The tensors in it, including those in arrays and in plain
 * objects, are copied if they are in the arena.
 * @throws {TypeError} If the result is a promise, or an option is not of its kind.
 * @throws {RangeError} As above.
 *
 * @example Usage
 * ```ts
 * import { arena } from "@adjoint/ops/arena";
 * import { add } from "@adjoint/ops/add";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2]);
 * assertEquals(arena(() => add(add(x, x), x)), tensor([3, 6]));
 * ```
 */
export function arena<T>(f: (step: Arena) => T, options?: ArenaOptions): T;
export function arena<T>(
  first?: ArenaOptions | ((step: Arena) => T),
  second?: ArenaOptions,
): Arena | T {
  if (typeof first !== "function") return opened(frameOf(first));
  const frame = frameOf(second), step = opened(frame);
  let result: T;
  try {
    result = first(step);
    if (stateOf(frame) === "outer") step.end(); // It says what is wrong.
    if (typeof (result as { then?: unknown } | null)?.then === "function") {
      throw new TypeError(
        "Cannot run a function in an arena as it must be synchronous: its result is a promise",
      );
    }
    return stateOf(frame) === "ended" ? result : kept(frame, result);
  } finally {
    if (stateOf(frame) !== "ended") endArena(frame);
  }
}

class Open implements ArenaMethods {
  readonly isShared: boolean = isShared();
  readonly #frame: Frame;

  constructor(frame: Frame) {
    this.#frame = frame;
  }

  keep<S extends Shape, D extends Arrays[DType]>(
    x: Tensor<S, D>,
  ): Tensor<S, D> {
    const { shape, data } = checkTensor("keep x", "x", x);
    return { shape, data: copyOfData(data) };
  }

  end(): void {
    const state = stateOf(this.#frame);
    if (state !== "last") {
      throw new Error(
        state === "ended"
          ? "Cannot end an arena as it must be open: it has ended"
          : "Cannot end an arena as those begun after it must have ended: one has not",
      );
    }
    endArena(this.#frame);
  }
}

// Not every runtime has it.
const { dispose } = Symbol as { dispose?: symbol };
if (dispose !== undefined) {
  Object.defineProperty(Open.prototype, dispose, { value: Open.prototype.end });
}

function opened(frame: Frame): Arena {
  return new Open(frame) as ArenaMethods as Arena;
}

const ACT = "begin an arena";
const MOST = 4e9;

/** Checks the options, and begins an arena. */
function frameOf(options: ArenaOptions | undefined): Frame {
  if (!isOptions(ACT, "options", options)) {
    throw badOptions(`it is ${show(options)}`);
  }
  if (options === undefined) return open(undefined, false, false);
  const found = strangerIn(ACT, "options", options, [
    "bytes",
    "checked",
    "acrossAwait",
  ]);
  if (found !== undefined) throw badOptions(found);
  const bytes = read(ACT, "options", options, "bytes");
  const isChecked = flag(options, "checked");
  const acrossAwait = flag(options, "acrossAwait");
  if (bytes !== undefined) {
    const must = `Cannot ${ACT} as bytes must be an integer from 1 to ${MOST}`;
    if (typeof bytes !== "number") {
      throw new TypeError(`${must}: it is ${show(bytes)}`);
    }
    if (!Number.isInteger(bytes) || bytes < 1 || bytes > MOST) {
      throw new RangeError(`${must}: it is ${bytes}`);
    }
    if (mustWait(bytes)) {
      throw new RangeError(
        `Cannot ${ACT} as the first one open must ask for as many bytes as those begun after it: bytes is ${bytes}`,
      );
    }
  }
  return open(bytes, isChecked, acrossAwait);
}

function flag(
  options: ArenaOptions,
  name: "checked" | "acrossAwait",
): boolean {
  const value = read(ACT, "options", options, name) ?? false;
  if (typeof value === "boolean") return value;
  throw new TypeError(
    `Cannot ${ACT} as ${name} must be a boolean: it is ${show(value)}`,
  );
}

function badOptions(found: string): TypeError {
  return new TypeError(
    `Cannot ${ACT} as options must be an object such as { bytes, checked, acrossAwait }: ${found}`,
  );
}

/** A result with copies of the tensors that would end with the arena. */
function kept<T>(frame: Frame, result: T): T {
  if (typeof result !== "object" || result === null) return result;
  if (ArrayBuffer.isView(result)) {
    const data = result as unknown as Arrays[DType];
    return (isWithin(frame, data) ? copyOfData(data) : data) as unknown as T;
  }
  if (Array.isArray(result)) {
    return result.map((part) => kept(frame, part)) as unknown as T;
  }
  const prototype = Object.getPrototypeOf(result);
  if (prototype !== null && prototype !== Object.prototype) return result;
  return Object.fromEntries(
    Object.entries(result).map(([key, part]) => [key, kept(frame, part)]),
  ) as T;
}
