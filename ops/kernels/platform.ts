// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What the kernels use of the platform, beyond the language itself. Much of it
 * is absent somewhere, so it is optional here, and looked for before it is used.
 *
 * @module
 */

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
    limits: { initial: number; maximum?: number; shared?: boolean },
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
  Worker?: new (url: string, options: { type: "module" }) => WebWorker;
  Blob: new (parts: string[], options: { type: string }) => object;
  URL: { createObjectURL(blob: object): string };
  crossOriginIsolated?: boolean;
  navigator?: { hardwareConcurrency?: number };
  performance?: { now?(): number };
  process?: {
    getBuiltinModule?(name: "node:os"): { availableParallelism(): number };
    getBuiltinModule?(name: "node:worker_threads"): {
      Worker: new (source: string, options: { eval: true }) => NodeWorker;
    };
  };
  atob(base64: string): string;
}

/** The globals of this runtime. */
export const platform = globalThis as unknown as Platform;
