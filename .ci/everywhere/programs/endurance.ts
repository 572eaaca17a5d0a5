// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The library over a long time: whether memory stays flat, threads come and go,
 * workers that die are replaced, and two users at once do not meet.
 *
 * What a runtime cannot measure is skipped: pages have no `gc`, and only Linux
 * has the threads of a process in `/proc`.
 *
 * @module
 */

import { death, DEATHS, memories } from "./record.ts"; // Before the library.
import {
  arena,
  linear,
  matmul,
  matmulDy,
  reshape,
  startThreads,
  stopThreads,
  sum,
  type Tensor,
  zeros,
} from "@adjoint/ops";
import type { Signature } from "../../../ops/core/op.ts";
import { drawCall, hash } from "../../../ops/core/testing/draw.ts";
import { functionsOnPage } from "../../../ops/proof/positional.ts";
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

/** The exports of the entry points. */
type Entries = Record<string, Record<string, unknown>>;

export async function main(entries: Entries): Promise<Endurance> {
  const found: Endurance = { figures: [], failures: [] };
  if (platform.gc !== undefined) {
    findLeaks(found);
    const calls = small(entries);
    checkMemory(found, "small call", 1_000_000, calls);
    checkMemory(found, "small call in an arena", 1_000_000, inArena(calls));
    checkMemory(found, "large call", 3000, large());
    await startThreads(2);
    checkMemory(found, "large call on 2 threads", 3000, large());
    checkMemory(
      found,
      "large call on 2 threads in an arena",
      3000,
      inArena(large()),
    );
    stopThreads();
  }
  await checkPools(found);
  for (const [name, how] of Object.entries(DEATHS)) {
    await checkDeath(found, name, how);
  }
  await checkTwo(found);
  return found;
}

/** Calls of several functions in turn. */
interface Calls {
  /** How many functions there are: one alone may leak. */
  functions: number;
  call: (i: number) => void;
}

function inTurn(functions: number, calls: (() => unknown)[]): Calls {
  return { functions, call: (i) => calls[i % calls.length]() };
}

/** The same calls, each in an arena of its own. */
function inArena({ functions, call }: Calls): Calls {
  return {
    functions,
    call: (i) => {
      const step = arena();
      call(i);
      step.end();
    },
  };
}

/** So many functions are called: of more, a leak in one would be lost in noise. */
const MOST = 24;

/** Functions of all kinds of operations, with and without `out`. */
function small(entries: Entries): Calls {
  const calls: (() => unknown)[][] = [];
  for (const [entry, exports] of Object.entries(entries)) {
    if (entry === "." || !("signature" in exports)) continue;
    const signature = exports.signature as Signature;
    let count = 0;
    const { inputs, douts, shapes: { options } } = drawCall(
      signature,
      (bound) => hash(1, 0, count++) % bound,
      { sizes: [2, 3], rank: 2, nulls: false, dtypes: ["float32"] },
    );
    const given = Object.values(inputs);
    const [dout, ...more] = Object.values(douts);
    const all = [...given, more.length === 0 ? dout : douts];
    for (const [name, f] of Object.entries(functionsOnPage(exports))) {
      if (f === undefined) continue;
      const args = name === signature.name ? given : all;
      const out = f(...args, options);
      const plain = () => f(...args, options);
      // Functions that take lists have no out as the page calls them.
      calls.push([
        plain,
        "asOnPage" in exports ? plain : () => f(...args, { ...options, out }),
      ]);
    }
  }
  const step = Math.ceil(calls.length / MOST);
  const some = calls.filter((_, i) => i % step === 0);
  return inTurn(some.length, some.flat());
}

/** Products on both sides of the size where threads take over, and a long sum. */
function large(): Calls {
  const x = rough(150, 150), y = rough(200, 200);
  const b = reshape(rough(200, 1), [200]);
  return inTurn(4, [
    () => matmul(x, x),
    () => matmulDy(y, y, y),
    () => linear(y, y, b),
    () => sum(y),
  ]);
}

function rough(rows: number, cols: number): Tensor<[number, number]> {
  const x = zeros([rows, cols]);
  for (let i = 0; i < x.data.length; i++) x.data[i] = 1 / (i % 97 - 31.4);
  return x;
}

/** The places of memory. The system gives and takes the memory of the process by
 * the page. */
const PLACES = ["heap", "external", "wasm", "rss"] as const;

/** Bytes, in the order of the places. */
type Memory = Float64Array;

/**
 * Writes down the memory in use after everything else was collected. Nothing is
 * awaited, because that takes memory, too.
 */
function measure(memory: Memory = new Float64Array(4)): Memory {
  for (let i = 0; i < 3; i++) platform.gc!();
  const { heapUsed, external, rss } = platform.process!.memoryUsage();
  memory[0] = heapUsed;
  memory[1] = external;
  memory[2] = 0;
  for (const found of memories) {
    memory[2] += found.deref()?.buffer.byteLength ?? 0;
  }
  memory[3] = rss;
  return memory;
}

/** This many calls until everything is compiled and has grown as it does once. */
const WARM_UP = 4000;

const ROUNDS = 11;
const HALF = ROUNDS >> 1;

/**
 * How many bytes a call leaves behind, by where they are, over several rounds of
 * calls. A leak is in every round, and is lost in none; what an engine does once
 * in a while is one or the other. So it is the median of what the rounds add, or
 * the difference between the least of the first rounds and of the last,
 * whichever is less.
 */
function leaks(
  count: number,
  call: (i: number) => void,
): { perCall: number[]; rounds: Memory[] } {
  const each = Math.ceil(count / ROUNDS);
  // The measurements themselves must take no memory later.
  const rounds = Array.from({ length: ROUNDS + 1 }, () => new Float64Array(4));
  for (let i = 0; i < WARM_UP; i++) call(i);
  for (const [round, memory] of rounds.entries()) {
    for (let i = 0; round > 0 && i < each; i++) call(i);
    measure(memory);
  }
  const perCall = PLACES.map((_, place) => {
    const bytes = rounds.map((memory) => memory[place]);
    const added = bytes.slice(1).map((after, i) => after - bytes[i])
      .sort((a, b) => a - b);
    const least = Math.min(...bytes.slice(-HALF)) -
      Math.min(...bytes.slice(0, HALF));
    return Math.min(added[HALF], least / (ROUNDS + 1 - HALF)) / each;
  });
  return { perCall, rounds };
}

const MEGABYTE = 2 ** 20;

/** What half of the calls may add to the memory of the process. */
const MOST_RSS = 4 * MEGABYTE;

const mb = (bytes: number) => (bytes / MEGABYTE).toFixed(2);

/** Checks that calls leave nothing behind: half of 16 bytes in one is too much. */
function checkMemory(
  { figures, failures }: Endurance,
  what: string,
  count: number,
  { functions, call }: Calls,
): void {
  const most = 8 / functions;
  const isLeak = (bytes: number, place: number) =>
    PLACES[place] !== "rss" && bytes > most;
  const { perCall, rounds } = leaks(count, call);
  // Of half a million calls that leak 16 bytes each, half of this; before those,
  // code is still compiled.
  const growth = (rounds: Memory[]) => rounds[ROUNDS][3] - rounds[HALF][3];
  let grown = growth(rounds);
  // A leak is in every run, and what an engine or the system does once is not.
  for (let again = 0; again < 2; again++) {
    if (grown <= MOST_RSS && !perCall.some(isLeak)) break;
    const other = leaks(count, call);
    grown = Math.min(grown, growth(other.rounds));
    for (const [place, bytes] of other.perCall.entries()) {
      perCall[place] = Math.min(perCall[place], bytes);
    }
  }
  const before = rounds[0], during = rounds[HALF], after = rounds[ROUNDS];
  for (const [i, place] of PLACES.entries()) {
    figures.push(
      `${count} times a ${what}: ${place} ${mb(before[i])} MB before, ${
        mb(during[i])
      } during, ${mb(after[i])} after: ${perCall[i].toFixed(2)} bytes a call`,
    );
    if (isLeak(perCall[i], i)) {
      failures.push(
        `A ${what} leaks ${perCall[i]} bytes of ${place}, above ${most}`,
      );
    }
  }
  if (grown > MOST_RSS) {
    failures.push(
      `Half of ${count} times a ${what} cost ${mb(grown)} MB of rss`,
    );
  }
}

/** Leaks of 16 bytes a call, made on purpose: each must be seen. */
function findLeaks({ figures, failures }: Endurance): void {
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
  for (const [i, place] of PLACES.entries()) {
    if (!(place in deliberate)) continue;
    const { perCall } = leaks(COUNT, deliberate[place]);
    figures.push(
      `A leak in ${place}, made on purpose: ${
        perCall[i].toFixed(2)
      } bytes a call are seen`,
    );
    if (!(perCall[i] > 8)) failures.push(`A leak in ${place} is not seen`);
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
  const settled = async () => {
    if (platform.gc === undefined) return undefined;
    platform.gc(); // What is gone is known to be gone one turn later.
    await new Promise((resolve) => setTimeout(resolve, 20));
    return measure();
  };
  const before = await settled();
  const threads = countThreads();
  for (let i = 0; i < POOLS; i++) await cycle();
  const areGone = await until(() => (countThreads() ?? 0) <= (threads ?? 0));
  let line = `${POOLS} times 3 threads`;
  if (threads !== undefined) {
    line += `: ${threads} threads before, ${countThreads()} after`;
    if (!areGone) failures.push(`${line}: some have not ended`);
  }
  const after = await settled();
  if (before !== undefined && after !== undefined) {
    for (const [i, place] of PLACES.entries()) {
      line += `, ${place} ${mb(before[i])} and ${mb(after[i])} MB`;
    }
    const [heap, external, wasm] = after.map((bytes, i) => bytes - before[i]);
    if (wasm > 0) failures.push(`${line}: memories are kept`);
    if (heap + external > MEGABYTE) failures.push(`${line}: memory is kept`);
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
      matmul(x, x, { out });
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

/** Runs a program in its own worker. */
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
