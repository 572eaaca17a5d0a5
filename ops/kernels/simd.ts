// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # The SIMD kernel
 *
 * @module
 */

import type { Tensor } from "../tensor.ts";
import { PLAIN, RELAXED } from "./_simd_wasm.ts";
import { blocked } from "./blocked.ts";
import { type Matrix, transpose } from "./matrix.ts";
import { type Memory, platform } from "./platform.ts";

/** What the WebAssembly module exports; all steps are in bytes. */
type Gemm = (
  m: number,
  n: number,
  p: number,
  x: number,
  xRowStep: number,
  xColStep: number,
  y: number,
  yRowStep: number,
  yColStep: number,
  z: number,
  zStep: number,
  base: number,
  baseStep: number,
  inPlace: boolean,
  space: number,
) => void;

/** Bytes of the packed blocks and the scratch tile; see `simd.as.ts`. */
const SPACE = 0x160000;
/** Bytes of one piece of the operands and the result, at most. */
const LIMIT = 1 << 26;
/** Numbers between two operands: no load leaves the memory. */
const SLACK = 64;

const memory = new platform.WebAssembly!.Memory({ initial: SPACE / 65536 + 4 });
const module = new platform.WebAssembly!.Module(
  Uint8Array.from(
    platform.atob(
      platform.WebAssembly!.validate(bytes(RELAXED)) ? RELAXED : PLAIN,
    ),
    (c) => c.charCodeAt(0),
  ),
);
function bytes(base64: string) {
  return Uint8Array.from(platform.atob(base64), (c) => c.charCodeAt(0));
}
const { gemm32, gemm64 } = new platform.WebAssembly!.Instance(module, {
  env: { memory },
}).exports as { gemm32: Gemm; gemm64: Gemm };
let heap32 = new Float32Array(memory.buffer);
let heap64 = new Float64Array(memory.buffer);

/** Makes room for so many bytes. */
function reserve(bytes: number): void {
  memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / 65536));
  heap32 = new Float32Array(memory.buffer);
  heap64 = new Float64Array(memory.buffer);
}

/** Writes the product of `x` and `y`, plus `bias` on every row, into `z`. */
export function simd(
  x: Matrix,
  y: Matrix,
  z: Tensor["data"],
  bias?: Tensor["data"],
): void {
  const size = x.data.BYTES_PER_ELEMENT;
  let m = x.rows, n = x.cols, p = y.cols;
  while ((m * n + n * p + m * p) * size > LIMIT) {
    if (m >= n && m >= p) m = Math.ceil(m / 2);
    else if (n >= p) n = Math.ceil(n / 2);
    else p = Math.ceil(p / 2);
  }
  const xAt = SPACE / size;
  const yAt = align(xAt + m * n);
  const zAt = align(yAt + n * p);
  const bAt = align(zAt + m * p + 6 * p);
  const end = (bAt + p + SLACK) * size;
  if (end > heap32.length * 4) reserve(end);
  const heap = size === 4 ? heap32 : heap64;
  const gemm = size === 4 ? gemm32 : gemm64;
  for (let k = 0; k < y.cols; k += p) {
    const cols = Math.min(p, y.cols - k);
    if (bias !== undefined) {
      heap.set(cols === y.cols ? bias : bias.subarray(k, k + cols), bAt);
    }
    for (let i = 0; i < x.rows; i += m) {
      const rows = Math.min(m, x.rows - i);
      for (let j = 0; j < x.cols; j += n) {
        const depth = Math.min(n, x.cols - j);
        const xStored = copyIn(heap, xAt, x, i, j, rows, depth);
        const yStored = copyIn(heap, yAt, y, j, k, depth, cols);
        const base = j > 0 ? zAt : bias !== undefined ? bAt : 0;
        // deno-fmt-ignore
        gemm(
          rows, depth, cols,
          xAt * size, xStored ? depth * size : size, xStored ? size : rows * size,
          yAt * size, yStored ? cols * size : size, yStored ? size : depth * size,
          zAt * size, cols * size, base * size, j > 0 ? cols * size : 0,
          yStored && (rows <= 24 || depth * cols <= 16384), 0,
        );
      }
      if (cols === y.cols) {
        z.set(heap.subarray(zAt, zAt + rows * cols), i * cols);
      } else {
        for (let r = 0; r < rows; r++) {
          const from = zAt + r * cols;
          z.set(heap.subarray(from, from + cols), (i + r) * y.cols + k);
        }
      }
    }
  }
}

function align(at: number): number {
  return (at + SLACK + 15) & -16;
}

/** Copies a piece as it is stored; false if that is the transpose. */
function copyIn(
  heap: Tensor["data"],
  at: number,
  a: Matrix,
  i: number,
  j: number,
  rows: number,
  cols: number,
): boolean {
  if (a.colStep !== 1) {
    copyIn(heap, at, transpose(a), j, i, cols, rows);
    return false;
  }
  const from = i * a.rowStep + j;
  if (a.rowStep !== cols) {
    for (let r = 0; r < rows; r++) {
      const line = from + r * a.rowStep;
      heap.set(a.data.subarray(line, line + cols), at + r * cols);
    }
  } else if (a.data.length === rows * cols) heap.set(a.data, at);
  else heap.set(a.data.subarray(from, from + rows * cols), at);
  return true;
}
