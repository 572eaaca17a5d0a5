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

/** A worker: one of Node's, or one of the Web's. */
export interface Thread {
  postMessage(message: unknown): void;
  terminate(): unknown;
  /** Only in Node: do not keep the process alive. */
  unref?(): void;
  /** Only in Node. */
  on?(event: "error" | "exit", listener: (error: unknown) => void): void;
  /** Only on the Web. */
  onerror?: ((error: unknown) => void) | null;
}

/** The globals that are used. */
interface Platform {
  WebAssembly?: Wasm;
  SharedArrayBuffer?: typeof SharedArrayBuffer;
  atob(base64: string): string;
  navigator?: { hardwareConcurrency?: number };
  performance: { now(): number };
  process?: object;
  setTimeout(callback: () => void, milliseconds: number): unknown;
  Blob: new (parts: string[], options: { type: string }) => object;
  URL: {
    createObjectURL(blob: object): string;
    revokeObjectURL(url: string): void;
  };
  Worker?: new (url: string) => Thread;
}

/** The globals of this runtime. */
export const platform = globalThis as unknown as Platform;
