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

/** The module that this engine runs, or nothing where it runs none. */
export function compile(
  wasm: Wasm | undefined,
  shared: boolean,
): object | undefined {
  const { RELAXED, PLAIN, RELAXED_SHARED, PLAIN_SHARED } = builds;
  const texts = shared ? [RELAXED_SHARED, PLAIN_SHARED] : [RELAXED, PLAIN];
  for (const text of texts) {
    const bytes = Uint8Array.from(
      platform.atob(text),
      (char) => char.charCodeAt(0),
    );
    if (wasm?.validate(bytes)) return new wasm.Module(bytes);
  }
}

/** An engine on one thread, or nothing where there is no SIMD. */
export function createEngine(
  wasm: Wasm | undefined = platform.WebAssembly,
): Engine | undefined {
  const module = compile(wasm, false);
  if (wasm === undefined || module === undefined) return undefined;
  const memory = new wasm.Memory({ initial: SPACE / PAGE });
  return createIn(wasm, module, memory);
}

export function createIn(wasm: Wasm, module: object, memory: Memory): Engine {
  const { gemm32, gemm64 } = new wasm.Instance(module, { env: { memory } })
    .exports as { gemm32: Gemm; gemm64: Gemm };
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
