// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # The platform
 *
 * What the kernels use of the platform, beyond the language itself. Much of it
 * is absent somewhere, so it is optional here, and looked for before it is used.
 *
 * @module
 */

/** Bytes of a page of WebAssembly's memory. */
export const PAGE = 0x10000;

/** A memory of WebAssembly. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The part of WebAssembly that is used. */
export interface Wasm {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (
    module: object,
    imports: { env: { memory: Memory } },
  ) => { exports: unknown };
  Memory: new (
    limits: {
      __proto__?: null;
      initial: number;
      maximum?: number;
      shared?: boolean;
    },
  ) => Memory;
}

/** A worker of the Web. */
export interface WebWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  /** Bun's; not in a browser. */
  unref?(): void;
  onmessage: (() => void) | null;
  onerror: ((event: { message: string }) => void) | null;
}

/** A worker of Node, which Deno and Bun have as well. */
export interface NodeWorker {
  postMessage(message: unknown): void;
  terminate(): unknown;
  unref(): void;
  on(event: string, listener: (value: unknown) => void): void;
}

/** The globals that are used. */
interface Platform {
  WebAssembly?: Wasm;
  Worker?: new (
    url: string,
    options: { __proto__: null; type: "module" },
  ) => WebWorker;
  Blob: new (parts: string[], options: { type: string }) => object;
  URL: { createObjectURL(blob: object): string };
  crossOriginIsolated?: boolean;
  navigator?: { hardwareConcurrency?: number };
  performance?: { now?(): number };
  process?: {
    getBuiltinModule?(name: "node:os"): { availableParallelism(): number };
    getBuiltinModule?(name: "node:worker_threads"): {
      Worker: new (
        source: string,
        options: {
          __proto__: null;
          eval: true;
          execArgv: string[];
          env: Record<string, string>;
        },
      ) => NodeWorker;
    };
  };
}

/** The globals of this runtime. */
export const platform = globalThis as unknown as Platform;

/**
 * Compiles the first of some builds, each in base64, that the runtime can run in a
 * memory; nothing where it can run none, or forbids WebAssembly.
 */
export function compile(
  wasm: Wasm | undefined,
  builds: readonly string[],
  memory?: Memory,
): object | undefined {
  for (const text of builds) {
    try {
      const bytes = bytesFor(bytesOf(text), memory);
      if (wasm?.validate(bytes)) return new wasm.Module(bytes);
    } catch {
      // The page forbids it.
    }
  }
}

/** How a module imports its memory as "env" "memory": of one page at least. */
const IMPORT = [3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2, 0, 1];
/** The same of a memory that threads share, which must have a limit: 65,536 pages. */
const SHARED_IMPORT = [...IMPORT.slice(0, -2), 3, 1, 0x80, 0x80, 4];

/** The bytes of a module as its memory needs them: a module that imports a memory
 * says whether threads share it. */
export function bytesFor(
  bytes: Uint8Array,
  memory: Memory | undefined,
): Uint8Array {
  if (memory === undefined || memory.buffer instanceof ArrayBuffer) {
    return bytes;
  }
  const at = bytes.findIndex((_, i) =>
    IMPORT.every((byte, k) => bytes[i + k] === byte)
  );
  const rest = bytes.subarray(at + IMPORT.length);
  const made = Uint8Array.of(
    ...bytes.subarray(0, at),
    ...SHARED_IMPORT,
    ...rest,
  );
  // Before the import is how many there are, and before that their bytes.
  made[at - 2] += SHARED_IMPORT.length - IMPORT.length;
  return made;
}

const DIGITS =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The bytes of base64. `atob` is not everywhere: an audio worklet has none. */
export function bytesOf(base64: string): Uint8Array {
  const digits = base64.replace(/=+$/, "");
  const bytes = new Uint8Array(digits.length * 3 >> 2);
  for (let i = 0, at = 0, bits = 0; i < digits.length; i++) {
    bits = bits << 6 | DIGITS.indexOf(digits[i]);
    // Of every four digits, all but the first complete a byte.
    if (i % 4 > 0) bytes[at++] = bits >> 6 - i % 4 * 2;
  }
  return bytes;
}

/** A memory, and views of all of it. */
export interface Heap {
  memory: Memory;
  heap32: Float32Array<ArrayBuffer>;
  heap64: Float64Array<ArrayBuffer>;
}

/** A memory of this many bytes, or the given one; undefined where there is none to be had. */
export function heapOf(
  wasm: Wasm | undefined,
  bytes: number,
  given?: Memory,
): Heap | undefined {
  if (wasm === undefined) return undefined;
  try {
    const memory = given ?? new wasm.Memory({
      __proto__: null, // Others may have polluted it.
      initial: bytes / PAGE,
    });
    return {
      memory,
      heap32: new Float32Array(memory.buffer),
      heap64: new Float64Array(memory.buffer),
    };
  } catch {
    return undefined;
  }
}

/**
 * The exports of the first build that the runtime can run, a memory of this many bytes
 * or the given one, and views of it; undefined if it can run none, or lacks the
 * memory.
 */
export function instantiate<E extends object>(
  wasm: Wasm | undefined,
  builds: readonly string[],
  bytes: number,
  given?: Memory,
): E & Heap | undefined {
  const module = compile(wasm, builds, given);
  const heap = module && heapOf(wasm, bytes, given);
  if (heap === undefined) return undefined;
  try {
    const { memory } = heap;
    const { exports } = new wasm!.Instance(module!, { env: { memory } });
    return { ...exports as E, ...heap };
  } catch {
    // The page forbids it: WebKit compiles even there, and throws only here.
  }
}

/** Makes the exports of the first build that the runtime can run, in the memory of an
 * engine: anew where that is another. There is an engine, so the runtime can run one. */
export function exportsIn<E extends object>(
  builds: readonly string[],
): (engine: { readonly memory: Memory }) => E {
  let made: { exports: E; memory: Memory } | undefined;
  return ({ memory }) => {
    if (made?.memory !== memory) {
      const wasm = platform.WebAssembly!;
      const module = compile(wasm, builds, memory)!;
      const { exports } = new wasm.Instance(module, { env: { memory } });
      made = { exports: exports as E, memory };
    }
    return made.exports;
  };
}
