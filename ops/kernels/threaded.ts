// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Products on several threads
 *
 * The SIMD kernel on several threads that share one memory. Every thread makes
 * some rows of $`Z`$, or some columns where there are few rows, whole tiles of
 * both:
 *
 * ```text
 *               ┌───────────┐                       ┌─────┬───┬─┐
 *               │     Y     │    all read it        │  Y  │ Y │…│
 *               └───────────┘                       └─────┴───┴─┘
 *   ┌───┐       ┌───────────┐                ┌───┐  ┌─────┬───┬─┐
 *   │   │       │           │   thread 0     │   │  │     │   │ │
 *   │ X │  ───→ │     Z     │                │ X │  │  Z  │ Z │…│
 *   ├───┤       ├───────────┤                │   │  │  0  │ 1 │ │
 *   │ X │  ───→ │     Z     │   thread 1     │   │  │     │   │ │
 *   ├───┤       ├───────────┤                └───┘  └─────┴───┴─┘
 *   │ … │       │     …     │   who is free
 *   └───┘       └───────────┘
 * ```
 *
 * No element of $`Z`$ is shared, and each is the sum of the same numbers in the
 * same order as on one thread: the bits are the same.
 *
 * **A free thread takes the next piece.** A core may be busy with something else,
 * so the rows are not dealt out beforehand. If $`r`$ rows are left, one of
 * $`t`$ threads takes
 *
 * ```math
 * \frac{r}{2 t}
 * ```
 *
 * so the pieces become smaller, down to two tiles, and all threads are done at
 * about the same time. $`Y`$ is packed once for all, in units of 256 rows and 256
 * bytes, by whichever threads are free. Meanwhile the calling thread copies
 * $`X`$.
 *
 * ```text
 *   calling thread  │ copy Y │ copy X │ pack │ make rows of Z │ copy Z
 *   other threads            │ pack Y        │ make rows of Z │
 * ```
 *
 * A call stays synchronous. The calling thread opens the job, works until no
 * piece is left, closes it, and waits for the threads that have joined. It does
 * not wait for the others: a thread that wakes up late finds the job closed. A
 * waiting thread looks at a word again and again for a moment, which takes a
 * fraction of a microsecond to notice a change, and then waits in `Atomics.wait`,
 * which takes longer, but no processor time.
 *
 * **What it gains.** On two free cores of a Zen 4 a whole call is 1.6 times as
 * fast as on one at 192×192, 1.8 times at 256×256, and 1.9 times from 320×320 on.
 * What is left of the second core is spent on copying $`Y`$ and $`Z`$, which only
 * the calling thread can do: ordinary arrays are its own.
 *
 * **Tensors of an arena** are not copied where the arena lies in the memory that the
 * threads share: behind the part of the kernels, each thread reads and writes its
 * rows in their place.
 *
 * ```text
 *   ┌─────────────────────────────────────┬───────┬──────────────────┬────────┐
 *   │ blocks of this thread, what it      │ words │ blocks of the    │ arenas │
 *   │ copies in, and the packed Y         │       │ other threads    │        │
 *   └─────────────────────────────────────┴───────┴──────────────────┴────────┘
 * ```
 *
 * @module
 */

import type { Numbers } from "../core/arrays.ts";
import {
  allocate,
  offer,
  reserve,
  type Reserved,
  roomWanted,
} from "../core/memory.ts";
import { PLAIN_SHARED, RELAXED_SHARED } from "./_threaded_wasm.ts";
import {
  type Ahead,
  compute,
  copyIn,
  DEPTH,
  type Engine,
  type Gemm,
  LIMIT,
  ROWS_PER_THREAD,
  SPACE,
  TO_PACK,
} from "./engine.ts";
import type { Matrix } from "./matrix.ts";
import { compile, type Memory, PAGE, platform } from "./platform.ts";
import { simd } from "./simd.ts";

/** Below this number of multiply-adds, one thread is faster. */
const CROSSOVER = 192 ** 3;

// A page of the memory, at `CONTROL`, holds 32-bit words: how many jobs there were,
// whether the last is open, how many workers are at it, whether one has failed,
// of what size its numbers are, and whether there will be no other; and from word
// 16 on the job, whose words `threaded.as.ts` names.
export const JOBS = 0;
export const OPEN = 1;
export const WORKING = 2;
export const FAILED = 3;
const SIZE = 4;
const ENDED = 5;
const JOB = 16;
const READY = JOB + 1;

/** What a step says if no work is left, and if others must finish first. */
const NONE = 0, LATER = 2;

/** The form of Y that was packed ahead, and where a job has its form. */
const PACKED = 2, FORM = 13;

/** Bytes of the operands and the result, and of the packed Y, at most. */
const MOST = 2 * LIMIT;

/** The place of the words, between what the kernels of one thread use, too, and the
 * blocks of the other threads. */
export const CONTROL = SPACE + MOST + PAGE;

/** How many milliseconds a worker may take longer than this thread, at least. */
const PATIENCE = 2000;

/** The clock, if there is one: a bare context has none. */
export function clockOf(
  { performance }: Pick<typeof platform, "performance">,
): (() => number) | undefined {
  return performance?.now?.bind(performance);
}

// As it was when this module was loaded: a test that fakes the time later does
// not make this thread wait for ever.
const clock = clockOf(platform);
const time = clock as () => number; // Without one, there are no threads.

/**
 * What a worker runs. It reports that it is ready, and then serves jobs for ever: as
 * long as it waits in `Atomics.wait`, it takes no processor time. Waking up takes
 * long, so it first looks out for the next job for 0.1 ms.
 */
const WORKER = `function work({ module, memory, space }, ready) {
  const { step32, step64 } =
    new WebAssembly.Instance(module, { env: { memory } }).exports;
  const control = new Int32Array(memory.buffer, ${CONTROL}, ${JOB});
  let jobs = 0;
  ready();
  for (;;) {
    const end = performance.now() + 0.1;
    while (Atomics.load(control, ${JOBS}) === jobs && performance.now() < end);
    Atomics.wait(control, ${JOBS}, jobs);
    jobs = Atomics.load(control, ${JOBS});
    if (Atomics.load(control, ${ENDED}) === 1) return;
    Atomics.add(control, ${WORKING}, 1);
    if (Atomics.load(control, ${OPEN}) === 1) {
      const step = control[${SIZE}] === 4 ? step32 : step64;
      try {
        while (step(${CONTROL + 4 * JOB}, space) !== ${NONE});
      } catch {
        Atomics.store(control, ${FAILED}, 1);
      }
    }
    if (Atomics.sub(control, ${WORKING}, 1) === 1) {
      Atomics.notify(control, ${WORKING});
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

/** Node's module of workers, where there is one that can be loaded. */
function nodeWorkers() {
  try {
    return platform.process!.getBuiltinModule!("node:worker_threads");
  } catch {
    // There is none; or in Bun, a frozen or polluted prototype keeps it from
    // being loaded.
  }
}

/** The address of what a worker of the Web runs. */
let url: string | undefined;

/** Makes such an address; a browser runs no module of another type. */
export function createUrl(): string {
  return platform.URL.createObjectURL(
    new platform.Blob([WORKER + ON_THE_WEB], { type: "text/javascript" }),
  );
}

/** Starts a worker; `died` is called when it ends. */
function createWorker(
  task: object,
  ready: () => void,
  died: (cause: unknown) => void,
): Worker {
  const node = nodeWorkers();
  if (node !== undefined) {
    const worker = new node.Worker(WORKER + ON_NODE, {
      __proto__: null, // Others may have polluted it.
      eval: true,
      // A module that every thread loads first may be the one that starts them.
      execArgv: [],
      env: {},
    });
    worker.on("message", () => {
      worker.unref(); // From here on, it does not keep the process alive.
      ready();
    });
    worker.on("error", died);
    worker.on("exit", died);
    worker.postMessage(task);
    return worker;
  }
  url ??= createUrl();
  const worker = new platform.Worker!(url, {
    __proto__: null,
    type: "module",
  });
  worker.onmessage = () => {
    worker.unref?.(); // As above.
    ready();
  };
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
  /** The words that all threads look at, and then those of the job. */
  readonly control: Int32Array;
  readonly count: number;
  readonly workers: Worker[];
  /** Its memory as an arena has it, where there is room for tensors. */
  readonly room: Reserved | undefined;
  /** Whether this thread may wait for the others in `Atomics.wait`. */
  canWait: boolean;
  /** Whether a job has not come to its end. */
  isBusy: boolean;
  /** What it is to be when it is ready. */
  done: Promise<number> | undefined;
}

/** Kept between pools, with the machine code that V8 optimizes as it runs. */
let compiled: object | undefined;

/** The pool that is running. */
let pool: Pool | undefined;
/** The pool that is about to run. */
let next: Pool | undefined;

/** Starts this many threads, this one included. */
export function start(count: number): Promise<number> {
  if (pool?.count === count) return Promise.resolve(count);
  if (next?.done !== undefined && next.count === count) return next.done;
  stop();
  if (count === 1) return Promise.resolve(1);
  next = createPool(count, clock);
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
  offer(created.room);
  return created.count;
}

/** Stops the threads, also those that are not ready yet. */
export function stop(): void {
  const stopped = [pool, next];
  pool = next = undefined;
  offer(undefined);
  for (const { control, workers } of stopped.filter((p) => p !== undefined)) {
    // In Deno, a thread that waits does not end before it has woken up.
    Atomics.store(control, ENDED, 1);
    Atomics.add(control, JOBS, 1);
    Atomics.notify(control, JOBS);
    for (const worker of workers) worker.terminate();
  }
}

/** Replaces the workers, where one has died or all were left alone in the middle
 * of a job; until then, one thread works. */
function recover({ count }: Pool): void {
  stop();
  (async () => await start(count))().catch(() => {
    // There are no threads any more, and everything goes on without.
  });
}

/** A pool of this many threads, whose workers are yet to start. */
export function createPool(count: number, clock?: () => number): Pool {
  const wasm = platform.WebAssembly;
  const module = compiled ??= compile(wasm, [RELAXED_SHARED, PLAIN_SHARED]);
  if (wasm === undefined || module === undefined) throw noWasm();
  const Worker = nodeWorkers()?.Worker ?? platform.Worker;
  if (Worker === undefined || clock === undefined) {
    throw new Error(
      "Cannot start threads as there must be workers and a clock, as in browsers and in Node from 20.16 on: there are not",
    );
  }
  if (platform.crossOriginIsolated === false) {
    throw new Error(
      "Cannot start threads as the page must be cross-origin isolated to share memory: it is not",
    );
  }
  const from = CONTROL + PAGE + (count - 1) * SPACE + PAGE;
  let memory: Memory, room: Reserved | undefined;
  try {
    room = reserve(from, roomWanted(), true);
    memory = room?.memory ?? allocate(wasm, from, true);
  } catch (cause) {
    throw new RangeError(
      `Cannot start threads as there is no memory for them: ${count} threads take ${from} bytes`,
      { cause },
    );
  }
  let exports;
  try {
    ({ exports } = new wasm.Instance(module, { env: { memory } }));
  } catch (cause) {
    throw noWasm({ cause }); // WebKit compiles where the page forbids it.
  }
  const { step32, step64 } = exports as Record<string, Step>;
  const created: Pool = {
    count,
    workers: [],
    canWait: true,
    done: undefined,
    module,
    memory,
    control: new Int32Array(memory.buffer, CONTROL, PAGE / 4),
    room,
    hasThreads: true,
    depth: DEPTH,
    isBusy: false,
    gemm32: (...job) => runJob(created, 4, step32, job),
    gemm64: (...job) => runJob(created, 8, step64, job),
    start: SPACE,
    limit: LIMIT,
    from: room === undefined ? Infinity : from,
    plans: [],
    heap32: new Float32Array(memory.buffer),
    heap64: new Float64Array(memory.buffer),
  };
  return created;
}

function noWasm(options?: ErrorOptions): Error {
  return new Error(
    "Cannot start threads as WebAssembly with SIMD and threads must be there, and the page must allow it: it is not, or does not",
    options,
  );
}

async function startWorkers(created: Pool): Promise<void> {
  const { module, memory, workers, count } = created;
  const all = Array.from(
    { length: count - 1 },
    (_, i) =>
      new Promise<void>((ready, failed) => {
        const task = { module, memory, space: CONTROL + PAGE + i * SPACE };
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

/** Does a piece of a job with the blocks at `space`; says what is left. */
export type Step = (job: number, space: number) => number;

type Job = [...Parameters<Gemm>, ...Ahead];

/** Opens a job to all threads, and waits until it is done. */
function runJob(pool: Pool, size: number, step: Step, job: Job): void {
  const { control, count } = pool;
  const [m, n, , xAt] = job;
  const [packedAt, x, i, j] = job.slice(-4) as Ahead;
  const byRows = m >= count * ROWS_PER_THREAD;
  if (byRows && packedAt > 0 && job[FORM] === TO_PACK) job[FORM] = PACKED;
  // deno-fmt-ignore
  control.set([0, 0, 0, count, byRows ? 1 : 0, packedAt, ...job.slice(0, FORM + 1) as number[]], JOB);
  control[SIZE] = size;
  pool.isBusy = true;
  Atomics.store(control, OPEN, 1);
  Atomics.add(control, JOBS, 1);
  Atomics.notify(control, JOBS);

  const begin = time();
  const heap = size === 4 ? pool.heap32 : pool.heap64;
  if (x !== undefined) copyIn(heap, xAt / size, x, i, j, m, n);
  Atomics.add(control, READY, 1);
  let isWhole = work(step);
  Atomics.store(control, OPEN, 0);
  const patience = 20 * (time() - begin) + PATIENCE;
  isWhole &&= isDone(pool, patience);
  if (!isWhole || Atomics.load(control, FAILED) !== 0) {
    recover(pool);
    throw new Error(
      "Cannot multiply on several threads as every thread must finish: a worker died",
    );
  }
  pool.isBusy = false;
}

/** Works until no piece is left; false if another thread keeps it waiting. */
export function work(step: Step, now = time): boolean {
  let since: number | undefined;
  for (;;) {
    const result = step(CONTROL + 4 * JOB, 0);
    if (result === NONE) return true;
    if (result !== LATER) since = undefined;
    else if (now() - (since ??= now()) > PATIENCE) return false;
  }
}

/** Waits until no worker is at the job; false if that takes too long. */
export function isDone(
  pool: Pick<Pool, "control" | "canWait">,
  patience: number,
  now = time,
): boolean {
  const { control } = pool;
  const begin = now();
  for (;;) {
    const working = Atomics.load(control, WORKING);
    if (working === 0) return true;
    const waited = now() - begin;
    if (waited > patience) return false;
    if (waited > 0.2 && pool.canWait) {
      try {
        Atomics.wait(control, WORKING, working, patience - waited);
      } catch {
        pool.canWait = false; // On the main thread of a browser.
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
  z: Numbers,
  bias?: Numbers,
): void {
  // If this thread was cut off in a job, as by the time limit of `node:vm`,
  // the workers may still be at it.
  if (pool?.isBusy) recover(pool);
  if (pool === undefined || !compute(pool, x, y, z, bias)) simd(x, y, z, bias);
}
