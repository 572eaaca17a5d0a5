// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { afterEach, describe, it } from "@std/testing/bdd";
import { arena } from "../arena.ts";
import type { Numbers } from "../core/arrays.ts";
import { compute, SPACE } from "./engine.ts";
import { type Matrix, matrix, transpose } from "./matrix.ts";
import {
  type Memory,
  type NodeWorker,
  PAGE,
  platform,
  type Wasm,
} from "./platform.ts";
import { simd } from "./simd.ts";
import {
  areWorth,
  clockOf,
  CONTROL,
  createPool,
  createUrl,
  FAILED,
  isDone,
  JOBS,
  OPEN,
  type Step,
  threaded,
  work,
  WORKING,
} from "./threaded.ts";
import { matmul } from "../products/matmul.ts";
import { type Tensor, zeros } from "../tensor.ts";
import { startThreads, stopThreads } from "../threads.ts";

const LARGE = 400;

const ARRAYS = [Float32Array, Float64Array];

const NO_WASM =
  "Cannot start threads as WebAssembly with SIMD and threads must be there, and the page must allow it: it is not, or does not";
const NO_WORKER =
  "Cannot start threads as every worker must start, which the page or the permissions must allow: one did not";

/** The words of the memory that threads share. */
const wordsOf = ({ buffer }: Memory) => new Int32Array(buffer, CONTROL);

/** What a step says where no work is left, and where others must finish first. */
const DONE = 0, WAIT = 2;

/** Split between rows or columns; with one unit of Y to pack, and with many. */
// deno-fmt-ignore
const SHAPES = [[61, 300, 41], [5, 99, 130], [1, 9, 1], [7, 600, 5], [399, 515, 1101], [203, 3, 77], [2, 300, 401], [401, 300, 1], [8, 700, 401], [401, 700, 7]];

/** Of these, Y is so large that there is not much room left. */
// deno-fmt-ignore
const WIDE: [typeof Float32Array | typeof Float64Array, number, number, number][] = [[Float64Array, 2, 2100, 2000], [Float64Array, 60, 2100, 2000], [Float32Array, 1, 3000, 3000], [Float32Array, 50, 5000, 3500]];

/** Numbers whose sums round, so that a sum in another order has other bits. */
function rough<M extends number, N extends number>(
  m: M,
  n: N,
  kind: typeof Float32Array | typeof Float64Array = Float32Array,
): Tensor<[M, N]> {
  const data = new kind(m * n).map((_, i) => 1 / (i % 97 - 31.4));
  return { shape: [m, n], data: data as Float32Array<ArrayBuffer> };
}

/** Such numbers as a matrix of a kernel. */
function matrixOf(
  m: number,
  n: number,
  kind: typeof Float32Array | typeof Float64Array = Float32Array,
): Matrix {
  return matrix(rough(m, n, kind).data, m, n);
}

function isRunning(): boolean {
  return areWorth(LARGE ** 3);
}

/** Calls `f` where Node's workers are those that `replace` makes of them. */
async function withWorkers(
  replace: (node: NonNullable<ReturnType<GetModule>>) => unknown,
  f: () => Promise<void>,
): Promise<void> {
  const process = platform.process!;
  const before = process.getBuiltinModule!;
  const node = before.call(process, "node:worker_threads")!;
  const other = (name: string) =>
    name === "node:worker_threads"
      ? replace(node)
      : before.call(process, name as never);
  process.getBuiltinModule = other as GetModule;
  try {
    await f();
  } finally {
    process.getBuiltinModule = before;
  }
}

type GetModule = NonNullable<
  NonNullable<typeof platform.process>["getBuiltinModule"]
>;

/** Defines a global variable anew; the result takes it back. */
function define(global: Record<string, unknown>): () => void {
  const [[name, value]] = Object.entries(global);
  const before = Object.getOwnPropertyDescriptor(globalThis, name)!;
  Object.defineProperty(globalThis, name, { value, configurable: true });
  return () => Object.defineProperty(globalThis, name, before);
}

/** Calls `f` where a part of WebAssembly is another. */
async function withWasm(
  parts: { Memory?: unknown; Instance?: unknown },
  f: () => Promise<void>,
): Promise<void> {
  const wasm = platform.WebAssembly!;
  platform.WebAssembly = {
    validate: (bytes) => wasm.validate(bytes),
    Module: wasm.Module,
    Instance: wasm.Instance,
    Memory: wasm.Memory,
    ...parts as Partial<Wasm>,
  };
  try {
    await f();
  } finally {
    platform.WebAssembly = wasm;
  }
}

/**
 * Calls `f` where this thread's part of the work is what `replace` makes of it;
 * `words` are those of the memory that the threads share.
 */
async function withSteps(
  replace: (step: Step, words: Int32Array) => Step,
  f: () => Promise<void>,
): Promise<void> {
  const wasm = platform.WebAssembly!;
  class Instance {
    exports: Record<string, Step>;
    constructor(module: object, imports: { env: { memory: Memory } }) {
      const { exports } = new wasm.Instance(module, imports);
      const words = wordsOf(imports.env.memory);
      const { step32, step64 } = exports as Record<string, Step>;
      this.exports = {
        step32: replace(step32, words),
        step64: replace(step64, words),
      };
    }
  }
  await withWasm({ Instance }, f);
}

/** A worker that is ready, and never does anything else. */
class Idle {
  on(event: string, listener: (value: unknown) => void) {
    if (event === "message") queueMicrotask(() => listener(0));
  }
  postMessage(_task: unknown) {}
  unref() {}
  terminate() {}
}

/** There is no memory to be had. */
class NoMemory {
  constructor() {
    throw new RangeError("could not allocate memory");
  }
}

/** As Bun loads its modules where prototypes are frozen. */
function fail(): never {
  throw new TypeError("Attempted to assign to readonly property.");
}

describe("startThreads()", () => {
  afterEach(stopThreads);

  it("says how many threads there are, one for each core by default", async () => {
    assertEquals(await startThreads(3), 3);
    assert(isRunning());
    assertEquals(await startThreads(), navigator.hardwareConcurrency);
  });

  it("needs no other thread for one", async () => {
    await startThreads(2);
    assertEquals(await startThreads(1), 1);
    assert(!isRunning());
  });

  it("does nothing where as many threads are running, or starting", async () => {
    let started = 0;
    await withWorkers(({ Worker }) => ({
      Worker: class extends Worker {
        constructor(...args: ConstructorParameters<typeof Worker>) {
          super(...args);
          started++;
        }
      },
    }), async () => {
      assertEquals(await Promise.all([startThreads(3), startThreads(3)]), [
        3,
        3,
      ]);
      assertEquals(await startThreads(3), 3);
    });
    assertEquals(started, 2);
  });

  it("says so to all who ask, and when they run", async () => {
    const first = startThreads(3);
    assertEquals(await startThreads(3), 3);
    assert(isRunning());
    assertEquals(await first, 3);
  });

  it("starts as many as were asked for last", async () => {
    const [three, two] = [startThreads(3), startThreads(2)];
    await assertRejects(() => three, Error, "they must not be stopped");
    assertEquals(await two, 2);
  });

  it("says so if there is no WebAssembly", async () => {
    await startThreads(2); // From here on, there is a module.
    stopThreads();
    const restore = define({ WebAssembly: undefined });
    try {
      await assertRejects(() => startThreads(2), Error, NO_WASM);
    } finally {
      restore();
    }
  });

  it("takes the workers that there are", async () => {
    for (
      const absent of [
        { Worker: undefined },
        { process: {} },
        { process: undefined },
        { process: { getBuiltinModule: fail } },
      ]
    ) {
      const restore = define(absent);
      try {
        assertEquals(await startThreads(2), 2);
      } finally {
        stopThreads();
        restore();
      }
    }
  });

  it("says why where a worker cannot be made", async () => {
    class None {
      constructor() {
        throw new Error("no more");
      }
    }
    await withWorkers(() => ({ Worker: None }), async () => {
      const error = await assertRejects(
        () => startThreads(2),
        Error,
        NO_WORKER,
      );
      assertEquals((error.cause as Error).message, "no more");
    });
  });

  it("keeps no process alive", async () => {
    let unrefs = 0;
    await withWorkers(({ Worker }) => ({
      Worker: class extends Worker {
        override unref() {
          unrefs++;
          super.unref();
        }
      },
    }), async () => {
      assertEquals(await startThreads(3), 3);
    });
    assertEquals(unrefs, 2);
  });

  it("changes no bit, be there just enough room without a packed Y", async () => {
    const cases = WIDE.map(([kind, m, n, p]) => {
      const x = rough(m, n, kind), y = rough(n, p, kind);
      return { x, y, z: matmul(x, y) };
    });
    assertEquals(await startThreads(2), 2);
    for (const { x, y, z } of cases) {
      const found = matmul(x, y).data;
      const at = found.findIndex((value, i) => value !== z.data[i]);
      assertEquals(at, -1, `${x.shape} by ${y.shape}`);
    }
  });

  it("is not misled by a polluted prototype", async () => {
    const x = rough(LARGE, LARGE);
    const z = matmul(x, x);
    for (
      const name of ["done", "result", "limit", "canWait", "isBusy", "address"]
    ) {
      Object.defineProperty(Object.prototype, name, {
        get: () => 1, // There is no setter: to write it throws.
        configurable: true,
      });
      try {
        assertEquals(await startThreads(2), 2);
        assertEquals(matmul(x, x), z);
        assert(isRunning());
        stopThreads();
      } finally {
        delete (Object.prototype as Record<string, unknown>)[name];
      }
    }
  });

  it("starts workers that load nothing else, whatever this thread loads", async () => {
    const options: object[] = [];
    await withWorkers(({ Worker }) => ({
      Worker: class extends Worker {
        constructor(...args: ConstructorParameters<typeof Worker>) {
          super(...args);
          options.push(args[1]);
        }
      },
    }), async () => {
      await startThreads(2);
    });
    assertEquals(Object.getPrototypeOf(options[0]), null);
    assertEquals({ ...options[0] }, { eval: true, execArgv: [], env: {} });
  });

  it("says why where threads cannot be had, and leaves one", async () => {
    const wasm = platform.WebAssembly!;
    try {
      platform.crossOriginIsolated = false;
      await assertRejects(
        () => startThreads(2),
        Error,
        "Cannot start threads as the page must be cross-origin isolated to share memory: it is not",
      );
    } finally {
      delete platform.crossOriginIsolated;
    }
    assertEquals(platform.WebAssembly, wasm);
    await withWorkers(() => ({
      Worker: class {
        on(event: string, listener: (value: unknown) => void) {
          if (event === "error") queueMicrotask(() => listener("no more"));
        }
        postMessage() {}
        terminate() {}
      },
    }), async () => {
      const error = await assertRejects(
        () => startThreads(2),
        Error,
        NO_WORKER,
      );
      assertEquals(error.cause, "no more");
    });
    assert(!isRunning());
    assertEquals(await startThreads(2), 2);
  });

  it("says so where the page lets modules be compiled, but no more", async () => {
    class Instance {
      constructor() {
        throw new EvalError("Refused by the content security policy");
      }
    }
    await withWasm({ Instance }, async () => {
      const error = await assertRejects(
        () => startThreads(2),
        Error,
        NO_WASM,
      );
      assert(error.cause instanceof EvalError);
    });
    assert(!isRunning());
  });

  it("says so where there are no workers, as in a service worker", async () => {
    const restore = define({ Worker: undefined });
    try {
      await withWorkers(() => undefined, async () => {
        await assertRejects(
          () => startThreads(2),
          Error,
          "Cannot start threads as there must be workers and a clock, as in browsers and in Node from 20.16 on: there are not",
        );
      });
    } finally {
      restore();
    }
    assert(!isRunning());
  });

  it("says so if there is no clock, as in a context of `node:vm`", () => {
    assertEquals(clockOf({}), undefined);
    assertEquals(clockOf({ performance: {} }), undefined);
    assertEquals(clockOf({ performance: { now: () => 7 } })!(), 7);
    assertThrows(
      () => createPool(2, undefined),
      Error,
      "Cannot start threads as there must be workers and a clock, as in browsers and in Node from 20.16 on: there are not",
    );
  });

  it("does not keep a process alive by a worker of the Web", async () => {
    let unrefs = 0;
    class Unref extends Worker {
      unref() {
        unrefs++;
      }
    }
    const restore = define({ Worker: Unref });
    try {
      await withWorkers(() => undefined, async () => {
        assertEquals(await startThreads(3), 3);
      });
      assertEquals(unrefs, 2);
    } finally {
      restore();
    }
  });

  it("says how much memory there is not", async () => {
    await withWasm({ Memory: NoMemory }, async () => {
      const error = await assertRejects(
        () => startThreads(3),
        RangeError,
        "Cannot start threads as there is no memory for them: 3 threads take 138739712 bytes",
      );
      assert(error.cause instanceof RangeError);
      const most = await assertRejects(() => startThreads(256), RangeError);
      assertMatch(most.message, /: 256 threads take/);
    });
    assert(!isRunning());
  });

  it("makes threads that do not ask what time it is where others fake it", async () => {
    const { performance } = platform;
    const x = rough(LARGE, LARGE);
    const z = matmul(x, x);
    await startThreads(2);
    delete platform.performance;
    try {
      assertEquals(matmul(x, x), z);
    } finally {
      platform.performance = performance;
    }
  });

  it("gives up where the threads are stopped meanwhile", async () => {
    const started = startThreads(2);
    stopThreads();
    await assertRejects(
      () => started,
      Error,
      "Cannot start threads as they must not be stopped meanwhile: they were",
    );
    assert(!isRunning());
  });

  it("works with the workers of the Web", async () => {
    const x = rough(LARGE, LARGE);
    const z = matmul(x, x);
    await withWorkers(() => undefined, async () => {
      assertEquals(await startThreads(2), 2);
      assert(isRunning());
      assertEquals(matmul(x, x), z);
      const started = startThreads(3);
      stopThreads();
      await assertRejects(
        () => started,
        Error,
        "Cannot start threads as they must not be stopped meanwhile: they were",
      );
    });
  });
});

describe("the workers of the Web", () => {
  afterEach(stopThreads);

  /** Workers that do nothing by themselves. */
  const workers: Silent[] = [];
  class Silent {
    onmessage?: () => void;
    onerror?: (event: unknown) => void;
    isTerminated = false;
    constructor(readonly url: string, readonly options: object) {
      workers.push(this);
    }
    postMessage() {}
    terminate() {
      this.isTerminated = true;
    }
  }

  async function withSilent(f: () => Promise<void>): Promise<void> {
    const restore = define({ Worker: Silent });
    workers.length = 0;
    try {
      await withWorkers(() => undefined, f);
    } finally {
      restore();
    }
  }

  it("run a text that says its type and occurs once", async () => {
    const types: string[] = [];
    const restore = define({
      Blob: class extends Blob {
        constructor(parts: BlobPart[], options: BlobPropertyBag) {
          super(parts, options);
          types.push(this.type);
        }
      },
    });
    try {
      URL.revokeObjectURL(createUrl());
    } finally {
      restore();
    }
    assertEquals(types, ["text/javascript"]);
    await withSilent(async () => {
      for (let i = 0; i < 2; i++) {
        const started = startThreads(3);
        for (const worker of workers) worker.onmessage!();
        assertEquals(await started, 3);
        stopThreads();
      }
    });
    assertEquals(new Set(workers.map(({ url }) => url)).size, 1);
    assertEquals({ ...workers[0].options }, { type: "module" });
    assertEquals(Object.getPrototypeOf(workers[0].options), null);
  });

  it("are an error where one fails, and end where they are stopped", async () => {
    await withSilent(async () => {
      const started = startThreads(3);
      workers[1].onerror!("no more");
      const error = await assertRejects(() => started, Error, NO_WORKER);
      assertEquals(error.cause, "no more");
      assert(workers.every(({ isTerminated }) => isTerminated));

      const again = startThreads(2); // Never ready.
      stopThreads();
      await assertRejects(() => again, Error, "they must not be stopped");
      assert(workers.every(({ isTerminated }) => isTerminated));
    });
  });
});

describe("stopThreads()", () => {
  afterEach(stopThreads);

  it("terminates all workers", async () => {
    let terminated = 0;
    let words = new Int32Array(1);
    class Counted extends Idle {
      override postMessage({ memory }: { memory: Memory }) {
        words = wordsOf(memory);
      }
      override terminate() {
        terminated++;
      }
    }
    await withWorkers(() => ({ Worker: Counted }), async () => {
      await startThreads(4);
      stopThreads();
      assertEquals(terminated, 3);
      assert(words[JOBS] !== 0, "Who is about to wait would not notice");
      const started = startThreads(3);
      stopThreads();
      assertEquals(terminated, 5, "They were about to run");
      await assertRejects(() => started, Error, "they must not be stopped");
    });
  });

  it("lets workers end by themselves, awake or waiting", async () => {
    // They say so when what they run, which serves jobs for ever, has returned.
    const saysSo =
      'parentPort.once("message", () => parentPort.postMessage("ended"));';
    for (const isWaiting of [false, true]) {
      const { promise: ended, resolve } = Promise.withResolvers<void>();
      let end = () => {};
      await withWorkers(({ Worker }) => ({
        Worker: class extends Worker {
          constructor(...args: ConstructorParameters<typeof Worker>) {
            super(args[0] + saysSo, args[1]);
            super.on("message", (text) => text === "ended" && resolve());
            end = () => super.terminate();
          }
          override terminate() {}
          override unref() {}
        },
      }), async () => {
        await startThreads(2);
      });
      if (isWaiting) await new Promise((resolve) => setTimeout(resolve, 20));
      stopThreads();
      await ended;
      end();
    }
  });
});

describe("a product on several threads", () => {
  afterEach(stopThreads);

  it("has the bits that it has on one thread", async () => {
    const products: [Matrix, Matrix, Numbers, Numbers][] = [];
    for (const kind of ARRAYS) {
      for (const [m, n, p] of SHAPES) {
        const bias = rough(1, p, kind).data;
        const [x, xt] = [matrixOf(m, n, kind), matrixOf(n, m, kind)];
        const [y, yt] = [matrixOf(n, p, kind), matrixOf(p, n, kind)];
        for (const [u, v] of [[x, y], [transpose(xt), y], [x, transpose(yt)]]) {
          const one = new kind(m * p);
          simd(u, v, one, bias);
          products.push([u, v, bias, one]);
        }
      }
    }
    for (const count of [2, 3, 7]) {
      await startThreads(count);
      for (const [u, v, bias, one] of products) {
        const several = one.map(() => NaN);
        threaded(u, v, several, bias);
        assertEquals(several, one);
      }
    }
  });
});

/** The words of a job, by `threaded.as.ts`. */
const [NEXT_UNIT, READY, NEXT, BY_ROWS] = [0, 1, 2, 4];

describe("the threads", () => {
  afterEach(stopThreads);

  /** What a product leaves in the words of its job, as who makes it sees it. */
  async function jobOf(
    [m, n, p]: readonly number[],
    kind: typeof ARRAYS[number],
    wait = false,
  ): Promise<Int32Array> {
    let seen: Int32Array | undefined;
    let all: Int32Array | undefined;
    const [x, y] = [matrixOf(m, n, kind), matrixOf(n, p, kind)];
    const [z, expected] = [new kind(m * p), new kind(m * p)];
    simd(x, y, expected);
    await withSteps((step, words) => (job, space) => {
      all = words;
      assertEquals(words[OPEN], 1);
      seen = words.subarray((job - CONTROL) / 4);
      const end = seen[BY_ROWS] ? m : p;
      if (!wait) return step(job, space);
      return Atomics.load(seen, NEXT) < end ? WAIT : DONE;
    }, async () => {
      await startThreads(3);
      for (const jobs of [1, 2]) {
        threaded(x, y, z.fill(0));
        assertEquals(z, expected);
        assertEquals([all![JOBS], all![OPEN]], [jobs, 0]);
      }
      stopThreads();
    });
    return seen!;
  }

  it("make all of a product where the calling one makes nothing of it", async () => {
    for (const kind of ARRAYS) {
      for (const shape of [[200, 300, 100], [3, 300, 200]]) {
        await jobOf(shape, kind, true);
      }
    }
  });

  it("pack Y once for all where all make rows, in units of 256 by 256 bytes", async () => {
    for (const [m, n, p] of [[200, 300, 100], [90, 513, 65]]) {
      for (const kind of ARRAYS) {
        const words = await jobOf([m, n, p], kind);
        const bytes = p * kind.BYTES_PER_ELEMENT;
        const units = Math.ceil(n / 256) * Math.ceil(bytes / 256);
        assert(words[NEXT_UNIT] >= units);
        assertEquals(words[READY], units + 1, "X is there as well");
      }
    }
    for (const shape of [[200, 30, 20], [3, 300, 200]]) {
      const words = await jobOf(shape, Float32Array);
      assertEquals(words[READY], 1, "Y is small, or they make columns");
    }
  });

  it("are given the tensors of an arena in their places, and the others' copies", async () => {
    const [m, n, p] = [250, 301, 100];
    const x = rough(m, n), y = rough(n, p), z = matmul(x, y);
    let seen = new Int32Array();
    await withSteps((step, words) => (job, space) => {
      assertEquals(space, 0);
      const at = (job - CONTROL) / 4;
      seen = words.slice(at, at + 20);
      return step(job, space);
    }, async () => {
      await startThreads(3);
    });
    using step = arena();
    assert(step.isShared);
    const put = (data: Float32Array): Float32Array<ArrayBuffer> => {
      const copy = zeros([data.length]).data;
      copy.set(data);
      return copy;
    };
    const X = { ...x, data: put(x.data) }, Y = { ...y, data: put(y.data) };
    assert(X.data.byteOffset >= CONTROL + 2 * PAGE + 2 * SPACE);
    for (const [u, v] of [[X, Y], [x, Y], [X, y], [x, y]]) {
      const out = zeros([m, p]);
      matmul(u, v, { out });
      assertEquals(out.data, z.data);
      // The addresses of x, y and z are arguments 3, 6 and 9, and 13 is the form.
      const [packedAt, ...args] = seen.subarray(5);
      const places = [args[3], args[6], args[9]];
      [u, v, out].forEach(({ data }, i) => {
        if (data.buffer === X.data.buffer) {
          assertEquals(places[i], data.byteOffset);
        } else assert(places[i] >= SPACE && places[i] < CONTROL);
      });
      assertEquals(args[13], 2, "Y is packed ahead");
      assert(packedAt > SPACE && packedAt < CONTROL);
    }
    // Few rows are made as one thread makes them.
    const row = { shape: [1, m * n] as [number, number], data: X.data };
    const many = zeros([m * n, 100]);
    many.data.fill(1);
    assertEquals(
      matmul(row, many).data,
      (stopThreads(), matmul(row, many)).data,
    );
    assertEquals(seen[5 + 14], 4);
  });

  it("make columns where there are few rows for each", async () => {
    for (const kind of ARRAYS) {
      assertEquals((await jobOf([72, 40, 50], kind))[BY_ROWS], 1);
      assertEquals((await jobOf([71, 40, 50], kind))[BY_ROWS], 0);
    }
  });

  it("are waited for in Atomics.wait, and without where that is forbidden", async () => {
    const { wait } = Atomics;
    const x = rough(LARGE, LARGE), z = matmul(x, x);
    for (const isForbidden of [false, true]) {
      let words = new Int32Array(1);
      class Late extends Idle {
        override postMessage({ memory }: { memory: Memory }) {
          words = wordsOf(memory);
          Atomics.add(words, WORKING, 1);
        }
      }
      await withWorkers(() => ({ Worker: Late }), async () => {
        await startThreads(2);
      });
      let waits = 0;
      Atomics.wait = (_words, _at, _value, timeout): "ok" => {
        assert(timeout! > 1000, "It has two seconds of patience");
        waits++;
        Atomics.sub(words, WORKING, 1); // It is done.
        if (isForbidden) throw new TypeError("It cannot be called here");
        return "ok";
      };
      try {
        assertEquals(matmul(x, x), z);
      } finally {
        Atomics.wait = wait;
      }
      assertEquals(waits, 1);
      stopThreads();
    }
  });

  it("have room for what 64 MB hold, and work through more in pieces", () => {
    // deno-fmt-ignore
    const shapes = [[8_388_564, 1, 1], [4100, 4300, 1], [1, 4300, 4100]];
    for (const [m, n, p] of shapes) {
      const [x, y] = [[m, n], [n, p]].map(([rows, cols]) => {
        const data = new Float32Array(rows * cols);
        for (let i = 0; i < data.length; i++) data[i] = i % 7 - 3;
        return matrix(data, rows, cols);
      });
      const [z, expected] = [1, 2].map(() => new Float32Array(m * p));
      const pool = createPool(2, () => 0);
      assert(compute(pool, x, y, z, undefined));
      simd(x, y, expected);
      assertEquals(z.findIndex((v, i) => v !== expected[i]), -1);
    }
  });

  it("do not wait forever for a thread that dies while it packs", async () => {
    const x = rough(LARGE, LARGE), z = matmul(x, x);
    await withSteps((step, words) => (job, space) => {
      // It takes a piece of Y, and is never seen again.
      Atomics.compareExchange(words, (job - CONTROL) / 4 + NEXT_UNIT, 0, 1);
      return step(job, space);
    }, async () => {
      await withWorkers(() => ({ Worker: Idle }), async () => {
        await startThreads(2);
      });
      assertThrows(
        () => matmul(x, x),
        Error,
        "Cannot multiply on several threads as every thread must finish: a worker died",
      );
    });
    assertEquals(matmul(x, x), z);
  });
});

describe("areWorth()", () => {
  afterEach(stopThreads);

  it("is where threads run, from 192³ multiply-adds on", async () => {
    assert(!areWorth(192 ** 3));
    await startThreads(2);
    assertEquals([192 ** 3 - 1, 192 ** 3].map(areWorth), [false, true]);
  });
});

describe("work()", () => {
  /** Works where a step takes so long and says this. */
  function works(...steps: [milliseconds: number, says: number][]): boolean {
    let now = 0;
    const rest = steps.values();
    return work(() => {
      const [milliseconds, says] = rest.next().value!;
      now += milliseconds;
      return says;
    }, () => now);
  }

  it("gives up where nothing goes on for two seconds", () => {
    const SOME = 1;
    assert(works([9000, DONE]));
    assert(works([9000, SOME], [1, DONE]));
    assert(works([9000, WAIT], [2000, WAIT], [9000, DONE]));
    assert(works([1, WAIT], [1500, WAIT], [1, SOME], [1500, WAIT], [1, DONE]));
    assert(works([1, WAIT], [1, SOME], [1500, WAIT], [1500, WAIT], [1, DONE]));
    assert(!works([1, WAIT], [1500, WAIT], [501, WAIT], [1, DONE]));
  });
});

describe("isDone()", () => {
  const { wait } = Atomics;
  afterEach(() => {
    Atomics.wait = wait;
  });

  /** Waits for one worker, looking at these times; what it asks for meanwhile. */
  function waits(times: number[], does: (words: Int32Array) => void) {
    const words = new Int32Array(new SharedArrayBuffer(256));
    words[WORKING] = 1;
    const asked: unknown[][] = [];
    Atomics.wait = (...args: unknown[]) => {
      const [given, ...rest] = args;
      assert(given === words);
      asked.push(rest);
      does(words);
      return "ok";
    };
    const pool = { control: words, canWait: true };
    const rest = times.values();
    const is = isDone(pool, 10, () => rest.next().value!);
    return { is, asked, canWait: pool.canWait };
  }

  it("looks for a moment, then waits for as long as it has patience", () => {
    const done = (words: Int32Array) => words[WORKING] = 0;
    assertEquals(waits([0, 0, 0.2, 0.25], done), {
      is: true,
      asked: [[WORKING, 1, 9.75]],
      canWait: true,
    });
    assertEquals(waits([0, 0, 4, 8, 10, 10.5], () => {}), {
      is: false,
      asked: [[WORKING, 1, 6], [WORKING, 1, 2], [WORKING, 1, 0]],
      canWait: true,
    });
  });

  it("looks on where it may not wait, and does not ask again", () => {
    const found = waits([0, 1, 2, 3, 11], () => {
      throw new TypeError("It cannot be called here");
    });
    assertEquals(found, {
      is: false,
      asked: [[WORKING, 1, 9]],
      canWait: false,
    });
  });
});

describe("a product that is cut off", () => {
  afterEach(stopThreads);

  it("does not get into the next, which is made on one thread", async () => {
    const x = rough(LARGE, LARGE);
    const z = matmul(x, x);
    let steps = 0, cutAt = 0;
    await withSteps((step) => (...args) => {
      if (++steps === cutAt) throw new Error("cut off"); // As by a time limit.
      return step(...args);
    }, async () => {
      await startThreads(2);
    });
    for (let i = 0; i < 3; i++) {
      assertEquals(matmul(x, x), z);
      assert(steps > 0);
      assert(isRunning());
    }
    cutAt = steps + 2;
    assertThrows(() => matmul(x, x), Error, "cut off");

    steps = 0;
    assertEquals(matmul(x, x), z);
    assertEquals(steps, 0);
    assert(!isRunning());
    await startThreads(2);
    assertEquals(matmul(x, x), z);
    assert(isRunning());
  });
});

describe("a product where threads were", () => {
  afterEach(stopThreads);

  const [x, y] = [matrixOf(130, 200), matrixOf(200, 110)];
  const bias = rough(1, 110).data;
  const z = new Float32Array(130 * 110);
  simd(x, y, z, bias);

  it("is made on one thread, with the same bits", async () => {
    const several = new Float32Array(z.length);
    threaded(x, y, several, bias);
    assertEquals(several, z, "They were never started");

    await startThreads(2);
    stopThreads();
    threaded(x, y, several.fill(0), bias);
    assertEquals(several, z, "They are stopped");
  });
});

describe("a worker that dies", () => {
  afterEach(stopThreads);

  const x = rough(LARGE, LARGE);
  const z = matmul(x, x);
  const workers: NodeWorker[] = [];

  function record(
    { Worker }: { Worker: new (...args: never[]) => NodeWorker },
  ) {
    return {
      Worker: class extends (Worker as new (...args: unknown[]) => NodeWorker) {
        constructor(...args: unknown[]) {
          super(...args);
          workers.push(this);
        }
      },
    };
  }

  it("is replaced where nobody waits for it", async () => {
    workers.length = 0;
    await withWorkers(record, async () => {
      await startThreads(2);
      await workers.at(-1)!.terminate();
      while (workers.length < 2 || !isRunning()) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      assertEquals(matmul(x, x), z);
    });
  });

  it("is not missed where it has not begun", async () => {
    await withWorkers(() => ({ Worker: Idle }), async () => {
      await startThreads(2);
    });
    assertEquals(matmul(x, x), z);
  });

  /** Workers that die in the middle of a job. */
  const DEATHS = {
    "is at work for ever": WORKING,
    "says that it has failed": FAILED,
  };

  for (const [how, word] of Object.entries(DEATHS)) {
    it(`is an error for the call where it ${how}, and is replaced`, async () => {
      class Dead extends Idle {
        override postMessage({ memory }: { memory: Memory }) {
          Atomics.add(wordsOf(memory), word, 1);
        }
      }
      const ofSmall = matmul(rough(150, 150), rough(150, 150));
      await withWorkers(() => ({ Worker: Dead }), async () => {
        await startThreads(2);
      });
      const small = rough(150, 150);
      assertEquals(matmul(small, small), ofSmall, "It needs no other thread");
      const out = rough(LARGE, LARGE);
      const error = assertThrows(() => matmul(x, x, { out }), Error);
      assertEquals(
        error.message,
        "Cannot multiply on several threads as every thread must finish: a worker died",
      );
      assertEquals(out, rough(LARGE, LARGE));
      assert(!isRunning(), "It is not left as it is until the next call");
      assertEquals(matmul(x, x), z);
      while (!isRunning()) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      assertEquals(matmul(x, x), z);
    });
  }
});
