// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What the kernels use of the platform, beyond the language itself. Whatever is
 * absent somewhere is optional here, so no type library is needed, and nothing
 * is used before it is looked for.
 *
 * @module
 */

/** A WebAssembly memory; its buffer is shared where the threads use it. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** A compiled module, which can be posted to a worker. */
export type Module = object;

/** The part of the WebAssembly interface that is used. */
export interface Wasm {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => Module;
  Instance: new (
    module: Module,
    imports: { env: { memory: Memory } },
  ) => { exports: unknown };
  Memory: new (
    limits: { initial: number; maximum?: number; shared?: boolean },
  ) => Memory;
}

/** The globals that are used. */
export interface Platform {
  WebAssembly?: Wasm;
  atob(base64: string): string;
}

/** The globals of this runtime. */
export const platform = globalThis as unknown as Platform;
