// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The library over a long time: whether memory stays flat, threads come and go,
 * workers that die are replaced, and two users at once do not meet.
 *
 * What a runtime cannot tell is left out: pages have no `gc`, and only Linux has
 * the threads of a process in `/proc`.
 *
 * @module
 */

import { death, DEATHS, memories } from "./record.ts"; // Before the library.
import {
  matmul,
  startThreads,
  stopThreads,
  type Tensor,
  zeros,
} from "@adjoint/ops";
import type { TensorFunction } from "@adjoint/ops/gradcheck";
import { decodeGoldens } from "../../../ops/goldens/goldens.ts";
import { main as computeBits } from "./bits.ts";

/** What was found, a line each. */
export interface Endurance {
  figures: string[];
  failures: string[];
}

const platform = globalThis as unknown as {
  gc?: () => void;
  process?: {
    memoryUsage(): { rss: number; heapUsed: number; external: number };
    getBuiltinModule(name: string): {
      readdirSync(path: string): string[];
      Worker: new (source: string, options: { eval: true }) => {
        on(event: string, listener: (value: unknown) => void): void;
        terminate(): unknown;
      };
    };
  };
};

export async function main(
  entries: Record<string, Record<string, unknown>>,
  goldens: Record<string, unknown>,
): Promise<Endurance> {
  const found: Endurance = { figures: [], failures: [] };
  if (platform.gc !== undefined) {
    await findLeaks(found);
    const small = callsOf(entries, goldens);
    await checkMemory(found, "small call", 1_000_000, small);
    await checkMemory(found, "large call", 2000, large());
    await startThreads(2);
    await checkMemory(found, "large call on 2 threads", 2000, large());
    stopThreads();
  }
  await checkPools(found);
  for (const [name, how] of Object.entries(DEATHS)) {
    await checkDeath(found, name, how);
  }
  await checkTwo(found);
  return found;
}

/** Calls every function of every operation in turn, with and without `out`. */
function callsOf(
  entries: Record<string, Record<string, unknown>>,
  goldens: Record<string, unknown>,
): (i: number) => void {
  const calls: (() => unknown)[] = [];
  for (const [module, json] of Object.entries(goldens)) {
    const exports = entries[`./${module.replaceAll("_", "-")}`];
    for (const { name, inputs, dout } of decodeGoldens(json).cases) {
      if (!name.startsWith("small")) continue;
      const given = Object.values(inputs);
      for (const [name, value] of Object.entries(exports)) {
        const f = value as TensorFunction;
        const args = /D[a-z]+$/.test(name) ? [...given, dout] : given;
        const { shape, data } = f(...args);
        const out = { shape, data };
        calls.push(() => f(...args), () => f(...args, out));
      }
    }
  }
  return (i) => calls[i % calls.length]();
}

/** Products on both sides of the size where threads take over. */
function large(): (i: number) => void {
  const sides = [150, 200].map((side) => rough(side, side));
  return (i) => matmul(sides[i % 2], sides[i % 2]);
}

function rough(rows: number, cols: number): Tensor<[number, number]> {
  const x = zeros([rows, cols]);
  for (let i = 0; i < x.data.length; i++) x.data[i] = 1 / (i % 97 - 31.4);
  return x;
}

/** Bytes, by where they are. */
interface Memory {
  heap: number;
  external: number;
  wasm: number;
  rss: number;
}

/** The memory that is in use after everything else was collected. */
async function measure(): Promise<Memory> {
  for (let i = 0; i < 3; i++) {
    platform.gc!();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const { heapUsed, external, rss } = platform.process!.memoryUsage();
  let wasm = 0;
  for (const memory of memories) {
    wasm += memory.deref()?.buffer.byteLength ?? 0;
  }
  return { heap: heapUsed, external, wasm, rss };
}

const ROUNDS = 11;

/** Bytes that a call may leave behind: a leak of 16 must be seen. */
const MOST = 4;

/**
 * How many bytes a call leaves behind, by where they are: the median of a few
 * rounds, as what an engine does once in a while is no leak. A leak is in every
 * round.
 */
async function leaks(
  count: number,
  call: (i: number) => void,
): Promise<{ perCall: Memory; before: Memory; during: Memory; after: Memory }> {
  const each = Math.ceil(count / ROUNDS);
  for (let i = 0; i < 5 * each; i++) call(i); // To be compiled, and grow once.
  const rounds: Memory[] = [await measure()];
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < each; i++) call(i);
    rounds.push(await measure());
  }
  const perCall = { heap: 0, external: 0, wasm: 0, rss: 0 };
  for (const where of Object.keys(perCall) as (keyof Memory)[]) {
    const grown = rounds.slice(1).map((after, i) =>
      (after[where] - rounds[i][where]) / each
    );
    perCall[where] = grown.sort((a, b) => a - b)[ROUNDS >> 1];
  }
  const [before] = rounds, during = rounds[ROUNDS >> 1], after = rounds[ROUNDS];
  return { perCall, before, during, after };
}

const MEGABYTE = 2 ** 20;
const mb = (bytes: number) => (bytes / MEGABYTE).toFixed(2);

/** Checks that calls leave nothing behind. */
async function checkMemory(
  { figures, failures }: Endurance,
  what: string,
  count: number,
  call: (i: number) => void,
): Promise<void> {
  const { perCall, before, during, after } = await leaks(count, call);
  for (const where of ["heap", "external", "wasm", "rss"] as const) {
    const figure = perCall[where];
    figures.push(
      `${count} times a ${what}: ${where} ${mb(before[where])} MB before, ${
        mb(during[where])
      } during, ${mb(after[where])} after: ${figure.toFixed(2)} bytes a call`,
    );
    // The system takes memory of a process, and gives it, by the page.
    if (where !== "rss" && figure > MOST) {
      failures.push(`A ${what} leaks ${figure} bytes of ${where}`);
    }
  }
  // Of a million calls that leak 16 bytes each, this is half.
  const grown = after.rss - before.rss;
  if (grown > 8 * MEGABYTE) {
    failures.push(`${count} times a ${what} cost ${mb(grown)} MB of rss`);
  }
}

/** Leaks of 16 bytes a call, made on purpose: each must be seen. */
async function findLeaks({ figures, failures }: Endurance): Promise<void> {
  const COUNT = ROUNDS * 2 ** 14;
  const wasm = new WebAssembly.Memory({ initial: 1 });
  const buffers: ArrayBuffer[] = [];
  let list: object | undefined;
  const deliberate: Record<string, (i: number) => void> = {
    heap: () => list = { list },
    external: (i) => {
      if (i % 64 === 0) buffers.push(new ArrayBuffer(64 * 16));
    },
    wasm: (i) => {
      if (i % 4096 === 0) wasm.grow(1);
    },
  };
  for (const [where, call] of Object.entries(deliberate)) {
    const figure = (await leaks(COUNT, call)).perCall[where as keyof Memory];
    figures.push(
      `A leak in ${where}, made on purpose: ${
        figure.toFixed(2)
      } bytes a call are seen`,
    );
    if (!(figure > MOST)) {
      failures.push(`A leak in ${where} is not seen`);
    }
  }
}

/** How many threads the process has, where the system tells. */
function countThreads(): number | undefined {
  try {
    return platform.process?.getBuiltinModule("node:fs")
      .readdirSync("/proc/self/task").length;
  } catch {
    return undefined;
  }
}

/** Waits for something, as long as a busy machine may take. */
async function until(condition: () => boolean): Promise<boolean> {
  for (let i = 0; i < 400; i++) {
    if (condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}

const POOLS = 100;

/** Threads that start and stop again and again. */
async function checkPools({ figures, failures }: Endurance): Promise<void> {
  const x = rough(200, 200);
  const z = matmul(x, x);
  const cycle = async () => {
    if (await startThreads(3) !== 3) failures.push("There are not 3 threads");
    if (!same(matmul(x, x), z)) failures.push("3 threads give other bits");
    stopThreads();
  };
  for (let i = 0; i < 10; i++) await cycle(); // The runtime's own threads start.
  const canMeasure = platform.gc !== undefined;
  const before = canMeasure ? await measure() : undefined;
  const threads = countThreads();
  for (let i = 0; i < POOLS; i++) await cycle();
  const areGone = await until(() => (countThreads() ?? 0) <= (threads ?? 0));
  let line = `${POOLS} times 3 threads`;
  if (threads !== undefined) {
    line += `: ${threads} threads before, ${countThreads()} after`;
    if (!areGone) failures.push(`${line}: some have not ended`);
  }
  if (before !== undefined) {
    const after = await measure();
    for (const where of ["heap", "external", "wasm", "rss"] as const) {
      line += `, ${where} ${mb(before[where])} and ${mb(after[where])} MB`;
    }
    if (after.wasm > before.wasm) failures.push(`${line}: memories are kept`);
    if (
      after.heap + after.external - before.heap - before.external > MEGABYTE
    ) {
      failures.push(`${line}: memory is kept`);
    }
  }
  figures.push(line);
}

function same(a: Tensor, b: Tensor): boolean {
  return a.data.every((v, i) => Object.is(v, b.data[i]));
}

/** A worker that dies in the middle of a call. */
async function checkDeath(
  { figures, failures }: Endurance,
  name: string,
  how: number,
): Promise<void> {
  const x = rough(400, 400);
  const z = matmul(x, x);
  const out = zeros([400, 400]);
  const fail = (text: string) =>
    failures.push(`A worker that ${name}: ${text}`);
  await startThreads(2);
  Atomics.store(death, 0, how);
  let told = "";
  // On a busy machine a worker may come too late for its share, and lives.
  for (let i = 0; i < 100 && Atomics.load(death, 0) !== 0; i++) {
    try {
      matmul(x, x, out);
    } catch (error) {
      told = String(error);
    }
  }
  figures.push(`A worker that ${name} in the middle of a call: ${told}`);
  if (Atomics.load(death, 0) !== 0) fail("it did not die");
  if (!told.startsWith("Error: Cannot multiply on several threads as ")) {
    fail(`no clear error: ${told}`);
  }
  if (!same(matmul(x, x), z)) fail("the next call has other bits");
  await startThreads(2);
  if (!same(matmul(x, x), z)) fail("the next threads give other bits");
  stopThreads();
}

/** Two workers and this thread use the library at once. */
async function checkTwo({ figures, failures }: Endurance): Promise<void> {
  const alone = await computeBits();
  const url = new URL("./bits.js", import.meta.url).href;
  const together = await Promise.all([
    computeBits(),
    inWorker(url),
    inWorker(url),
  ]);
  const bits = together.map(({ bits }) => bits);
  figures.push(`Bits alone ${alone.bits}, with two workers ${bits.join(", ")}`);
  if (bits.some((b) => b !== alone.bits)) {
    failures.push("Workers that use the library at once disturb each other");
  }
}

/** Runs a program in a worker of its own. */
function inWorker(url: string): Promise<{ bits: string }> {
  return new Promise((resolve, reject) => {
    const told = (text: unknown) => resolve(JSON.parse(String(text)));
    if (platform.process !== undefined) {
      const node = platform.process.getBuiltinModule("node:worker_threads");
      const tell =
        `globalThis.tell = (text) => process.getBuiltinModule("node:worker_threads").parentPort.postMessage(text);`;
      const worker = new node.Worker(`${tell} import("${url}");`, {
        eval: true,
      });
      worker.on("message", (text) => {
        told(text);
        worker.terminate();
      });
      worker.on("error", reject);
      return;
    }
    const source = `globalThis.tell = postMessage; import("${url}");`;
    const blob = new Blob([source], { type: "text/javascript" });
    const worker = new Worker(URL.createObjectURL(blob), { type: "module" });
    worker.onmessage = ({ data }) => {
      told(data);
      worker.terminate();
    };
    worker.onerror = ({ message }) => reject(new Error(message));
  });
}
