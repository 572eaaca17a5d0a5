// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # The SIMD kernel
 *
 * @module
 */

import type { Tensor } from "../tensor.ts";
import * as builds from "./_simd_wasm.ts";
import { blocked } from "./blocked.ts";
import { compute, type Engine, type Gemm, PAGE, SPACE } from "./engine.ts";
import type { Matrix } from "./matrix.ts";
import { type Memory, platform, type Wasm } from "./platform.ts";

/**
 * Compiles the kernel: with relaxed multiply-adds where the runtime has them,
 * else with plain SIMD; nothing where it has neither, or forbids WebAssembly.
 */
export function compile(
  wasm: Wasm | undefined,
  shared: boolean,
): object | undefined {
  const texts = shared
    ? [builds.RELAXED_SHARED, builds.PLAIN_SHARED]
    : [builds.RELAXED, builds.PLAIN];
  for (const text of texts) {
    const bytes = Uint8Array.from(
      platform.atob(text),
      (char) => char.charCodeAt(0),
    );
    try {
      if (wasm?.validate(bytes)) return new wasm.Module(bytes);
    } catch {
      // The content security policy of the page forbids it.
    }
  }
}

/** What the module exports. */
export function instantiate(
  wasm: Wasm,
  module: object,
  memory: Memory,
): { gemm32: Gemm; gemm64: Gemm } {
  return new wasm.Instance(module, { env: { memory } }).exports as {
    gemm32: Gemm;
    gemm64: Gemm;
  };
}

/** An engine that computes on this thread, where the runtime has SIMD. */
export function createEngine(
  wasm: Wasm | undefined = platform.WebAssembly,
): Engine | undefined {
  const module = compile(wasm, false);
  if (wasm === undefined || module === undefined) return undefined;
  const memory = new wasm.Memory({ initial: SPACE / PAGE });
  const { gemm32, gemm64 } = instantiate(wasm, module, memory);
  return {
    memory,
    gemm32,
    gemm64,
    start: SPACE,
    heap32: new Float32Array(memory.buffer),
    heap64: new Float64Array(memory.buffer),
  };
}

let engine: Engine | undefined;
let isLoaded = false;

/** Writes the product of `x` and `y`, plus `bias` on every row, into `z`. */
export function simd(
  x: Matrix,
  y: Matrix,
  z: Tensor["data"],
  bias?: Tensor["data"],
): void {
  if (!isLoaded) {
    engine = createEngine();
    isLoaded = true;
  }
  if (engine === undefined || !compute(engine, x, y, z, bias)) {
    blocked(x, y, z, bias);
  }
}
