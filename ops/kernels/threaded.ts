// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # The threads
 *
 * The SIMD kernel on several threads that share one memory. Every thread makes
 * some rows of $`Z`$, or some columns where there are more of them, whole tiles
 * of both:
 *
 * ```text
 *               ┌───────────┐                       ┌───────────┐
 *               │     Y     │    all read it        │  Y  │  Y  │
 *               └───────────┘                       └───────────┘
 *   ┌───┐       ┌───────────┐                ┌───┐  ┌───────────┐
 *   │ X │  ───→ │     Z     │   thread 0     │   │  │     │     │
 *   ├───┤       ├───────────┤                │ X │  │  Z  │  Z  │
 *   │ X │  ───→ │     Z     │   thread 1     │   │  │  0  │  1  │
 *   └───┘       └───────────┘                └───┘  └───────────┘
 * ```
 *
 * No element of $`Z`$ is shared, and each is the sum of the same numbers in the
 * same order as on one thread: the bits are the same. Each thread packs what it
 * needs into blocks of its own, so nobody waits for anybody until the end.
 *
 * A call stays synchronous. The calling thread copies the operands in, counts up
 * a word that the workers wait for, makes its own part, waits until no worker is
 * pending, and copies the result out. It waits and they wait by looking at the
 * word again and again for a moment, which takes a fraction of a microsecond to
 * notice a change, and then in `Atomics.wait`, which takes longer, but no
 * processor time.
 *
 * @module
 */

import type { Tensor } from "../tensor.ts";
import {
  compute,
  type Engine,
  type Gemm,
  LIMIT,
  PAGE,
  SPACE,
} from "./engine.ts";
import type { Matrix } from "./matrix.ts";
import { platform } from "./platform.ts";
import { compile, instantiate, simd } from "./simd.ts";

/** Below so many multiply-adds, one thread is done sooner. */
const CROSSOVER = 192 ** 3;

/** Rows and bytes in a row of a tile: the work is split between tiles. */
const TILE_ROWS = 6;
const TILE_BYTES = 32;

// The first page of the memory holds 32-bit words: how many jobs there were, how
// many workers are not done with the last, whether one has failed; and from word
// 16 on a job for each worker.
const JOBS = 0;
const PENDING = 1;
const FAILED = 2;
const ENDED = 3;
const WORDS = 16;

/** How many milliseconds a worker may take longer than this thread, at least. */
const PATIENCE = 2000;

/** Whether this thread may wait for others in `Atomics.wait`. */
let canWait = true;

const now = () => platform.performance.now();

/**
 * What a worker runs. It tells that it is ready, and then serves jobs for ever:
 * as long as it waits in `Atomics.wait`, it takes no processor time. Waking up
 * takes long, so it first looks out for the next job for 0.1 ms.
 */
const WORKER = `function work({ module, memory, index }, ready) {
  const { gemm32, gemm64 } =
    new WebAssembly.Instance(module, { env: { memory } }).exports;
  const control = new Int32Array(memory.buffer, 0, 8192);
  const job = control.subarray(${WORDS} * index, ${WORDS} * (index + 1));
  let jobs = 0;
  ready();
  for (;;) {
    const end = performance.now() + 0.1;
    while (Atomics.load(control, ${JOBS}) === jobs && performance.now() < end);
    Atomics.wait(control, ${JOBS}, jobs);
    jobs = Atomics.load(control, ${JOBS});
    if (Atomics.load(control, ${ENDED}) === 1) return;
    const [size, ...args] = job;
    try {
      (size === 4 ? gemm32 : gemm64)(...args);
    } catch {
      Atomics.store(control, ${FAILED}, 1);
    }
    if (Atomics.sub(control, ${PENDING}, 1) === 1) {
      Atomics.notify(control, ${PENDING});
    }
  }
}
`;
// No `require`: with `--input-type=module` this is a module, too.
const ON_NODE = `const { parentPort } =
  process.getBuiltinModule("node:worker_threads");
parentPort.once("message", (task) => work(task, () => parentPort.postMessage(0)));
`;
const ON_THE_WEB = `onmessage = ({ data }) => work(data, () => postMessage(0));
`;

/** A worker of either kind. */
interface Worker {
  terminate(): void;
}

/** The address of what a worker of the Web runs. */
let url: string | undefined;

/** Starts a worker; `died` is called when it ends. */
function createWorker(
  task: object,
  ready: () => void,
  died: (cause: unknown) => void,
): Worker {
  const node = platform.process?.getBuiltinModule?.("node:worker_threads");
  if (node !== undefined) {
    const worker = new node.Worker(WORKER + ON_NODE, { eval: true });
    worker.on("message", () => {
      worker.unref(); // From here on, it does not keep the process alive.
      ready();
    });
    worker.on("error", died);
    worker.on("exit", died);
    worker.postMessage(task);
    return worker;
  }
  url ??= platform.URL.createObjectURL(
    new platform.Blob([WORKER + ON_THE_WEB], { type: "text/javascript" }),
  );
  const worker = new platform.Worker!(url, { type: "module" });
  worker.onmessage = ready;
  worker.onerror = died;
  worker.postMessage(task);
  return {
    terminate() {
      worker.terminate();
      died(undefined); // On the Web, no event tells it.
    },
  };
}

/** An engine that computes on several threads, this one included. */
interface Pool extends Engine {
  readonly module: object;
  readonly count: number;
  readonly workers: Worker[];
}

/** Kept between pools, with the machine code that V8 optimizes as it runs. */
let compiled: object | undefined;

/** The pool that is running. */
let pool: Pool | undefined;
/** The pool that is about to run. */
let next: Pool & { done?: Promise<number> } | undefined;

/** Starts so many threads, this one included. */
export function start(count: number): Promise<number> {
  if (pool?.count === count) return Promise.resolve(count);
  if (next?.done !== undefined && next.count === count) return next.done;
  stop();
  if (count === 1) return Promise.resolve(1);
  next = createPool(count);
  return next.done = run(next);
}

async function run(created: Pool): Promise<number> {
  try {
    await startWorkers(created);
  } catch (error) {
    if (next === created) {
      stop();
      throw error;
    }
  }
  if (next !== created) {
    throw new Error(
      "Cannot start threads as they must not be stopped meanwhile: they were",
    );
  }
  [pool, next] = [created, undefined];
  return created.count;
}

/** Stops the threads, also those that are not ready yet. */
export function stop(): void {
  const stopped = [pool, next];
  pool = next = undefined;
  for (const { memory, workers } of stopped.filter((p) => p !== undefined)) {
    // In Deno, a thread that waits does not end before it has woken up.
    const control = new Int32Array(memory.buffer, 0, WORDS);
    Atomics.store(control, ENDED, 1);
    Atomics.add(control, JOBS, 1);
    Atomics.notify(control, JOBS);
    for (const worker of workers) worker.terminate();
  }
}

/** Replaces the workers, one of which has died; until then, one thread works. */
function recover({ count }: Pool): void {
  stop();
  (async () => await start(count))().catch(() => {
    // There are no threads any more, and everything goes on without.
  });
}

function createPool(count: number): Pool {
  const wasm = platform.WebAssembly;
  const module = compiled ??= compile(wasm, true);
  if (wasm === undefined || module === undefined) {
    throw new Error(
      "Cannot start threads as WebAssembly with SIMD and threads must be there, and the page must allow it: it is not, or does not",
    );
  }
  if (platform.crossOriginIsolated === false) {
    throw new Error(
      "Cannot start threads as the page must be cross-origin isolated to share memory: it is not",
    );
  }
  const start = PAGE + count * SPACE;
  const memory = new wasm.Memory({
    initial: start / PAGE,
    maximum: (start + LIMIT) / PAGE + 1,
    shared: true,
  });
  const { gemm32, gemm64 } = instantiate(wasm, module, memory);
  const created: Pool = {
    count,
    workers: [],
    module,
    memory,
    gemm32: (...job) => runJob(created, 4, gemm32, job),
    gemm64: (...job) => runJob(created, 8, gemm64, job),
    start,
    heap32: new Float32Array(memory.buffer),
    heap64: new Float64Array(memory.buffer),
  };
  return created;
}

async function startWorkers(created: Pool): Promise<void> {
  const { module, memory, workers, count } = created;
  const all = Array.from(
    { length: count - 1 },
    (_, i) =>
      new Promise<void>((ready, failed) => {
        const task = { module, memory, index: i + 1 };
        const died = (cause: unknown) => {
          failed(
            new Error(
              "Cannot start threads as every worker must start, which the page or the permissions must allow: one did not",
              { cause },
            ),
          );
          if (pool === created) recover(created);
        };
        try {
          workers.push(createWorker(task, ready, died));
        } catch (error) {
          died(error);
        }
      }),
  );
  await Promise.all(all);
}

type Job = Parameters<Gemm>;

/** Splits a job between the threads, and waits until it is done. */
function runJob(pool: Pool, size: number, gemm: Gemm, job: Job): void {
  const control = new Int32Array(pool.memory.buffer, 0, PAGE / 4);
  const { count } = pool;
  for (let t = 1; t < count; t++) {
    control[WORDS * t] = size;
    control.set(share(job, size, t, count), WORDS * t + 1);
  }
  Atomics.store(control, PENDING, count - 1);
  Atomics.add(control, JOBS, 1);
  Atomics.notify(control, JOBS);
  const begin = now();
  gemm(...share(job, size, 0, count));
  const patience = 20 * (now() - begin) + PATIENCE;
  if (!isDone(control, patience) || Atomics.load(control, FAILED) !== 0) {
    recover(pool);
    throw new Error(
      "Cannot multiply on several threads as every thread must finish: a worker died",
    );
  }
}

/** What thread `t` does: some rows of tiles of Z, or some columns of tiles. */
function share(job: Readonly<Job>, size: number, t: number, count: number) {
  const part: Job = [...job];
  const [m, , p, , xRowStep, , , , yColStep, , zStep, base, baseStep] = job;
  const byRows = m >= p;
  const all = byRows ? m : p;
  const unit = byRows ? TILE_ROWS : TILE_BYTES / size;
  const length = Math.ceil(all / unit / count) * unit;
  const from = Math.min(t * length, all);
  part[byRows ? 0 : 2] = Math.min(length, all - from);
  part[byRows ? 3 : 6] += from * (byRows ? xRowStep : yColStep);
  part[9] += from * (byRows ? zStep : size);
  if (base !== 0) part[11] += from * (byRows ? baseStep : size);
  part[14] = PAGE + t * SPACE;
  return part;
}

/** Waits until no worker is pending; false if that takes too long. */
function isDone(control: Int32Array, patience: number): boolean {
  const begin = now();
  for (;;) {
    const pending = Atomics.load(control, PENDING);
    if (pending === 0) return true;
    const waited = now() - begin;
    if (waited > patience) return false;
    if (waited > 0.2 && canWait) {
      try {
        Atomics.wait(control, PENDING, pending, patience - waited);
      } catch {
        canWait = false; // On the main thread of a browser.
      }
    }
  }
}

/** Whether there are threads, and the product is large enough for them. */
export function areWorth(flops: number): boolean {
  return pool !== undefined && flops >= CROSSOVER;
}

/** Writes the product of `x` and `y`, plus `bias` on every row, into `z`. */
export function threaded(
  x: Matrix,
  y: Matrix,
  z: Tensor["data"],
  bias?: Tensor["data"],
): void {
  if (pool === undefined || !compute(pool, x, y, z, bias)) simd(x, y, z, bias);
}
