// Copyright 2026 the Adjoint authors. MIT license.

// What a kernel reads, in its order: the kernel itself runs, over arrays that
// record every index.

import { naive } from "../ops/kernels/naive.ts";
import type { Matrix } from "../ops/kernels/matrix.ts";

/** One read of an element. */
export interface Read {
  /** The array: `x`, `y`, or a block of the blocked kernel. */
  of: string;
  /** The place in memory, in elements. */
  at: number;
}

/** One number that was written. */
export interface Write extends Read {
  value: number;
}

/** What is read and written, in its order. */
export interface Trace {
  reads: Read[];
  writes: Write[];
}

/** An array that records each index that is read or written. */
function recorded<T extends Float32Array | Float64Array>(
  of: string,
  data: T,
  { reads, writes }: Trace,
): T {
  return new Proxy(data, {
    get(target, key) {
      if (typeof key === "string" && /^\d+$/.test(key)) {
        reads.push({ of, at: Number(key) });
      }
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set(target, key, value) {
      writes.push({ of, at: Number(key), value });
      return Reflect.set(target, key, value, target);
    },
  });
}

/** A matrix in which each number is its place. */
function square(of: string, n: number, trace: Trace): Matrix {
  const places = Float32Array.from({ length: n * n }, (_, at) => at);
  const data = recorded(of, places, trace);
  return { data, rows: n, cols: n, rowStep: n, colStep: 1 };
}

/** What the naive kernel reads to multiply two n×n matrices. */
export function traceNaive(n: number): Read[] {
  const trace: Trace = { reads: [], writes: [] };
  naive(square("x", n, trace), square("y", n, trace), new Float32Array(n * n));
  return trace.reads;
}

let count = 0;

/** The sizes of the blocked kernel's blocks. */
export interface Blocks {
  ROWS: number;
  DEPTH: number;
  COLS: number;
}

/**
 * What the blocked kernel does: it reads its operands and writes the packed
 * blocks, and reads those while it multiplies. It is loaded again, from its
 * source, with blocks that record each access, and that may be small enough to be
 * drawn.
 */
export async function traceBlocked(
  source: string,
  n: number,
  blocks?: Blocks,
): Promise<Trace> {
  let text = source.replaceAll(/^import type .*\n/gm, "");
  const replace = (from: RegExp, to: string) => {
    if (!from.test(text)) {
      throw new Error(
        `Cannot draw what the blocked kernel reads as ops/kernels/blocked.ts must match ${from}: it does not`,
      );
    }
    text = text.replace(from, to);
  };
  for (const [name, value] of Object.entries(blocks ?? {})) {
    replace(
      new RegExp(`^const ${name} = .*;$`, "m"),
      `const ${name} = ${value};`,
    );
  }
  for (const name of ["xBlock", "yBlock"]) {
    replace(
      new RegExp(`^const ${name} = (.*);$`, "m"),
      `const ${name} = recorded("${name}", $1, trace);`,
    );
  }
  const trace: Trace = { reads: [], writes: [] };
  const scope = globalThis as Record<symbol, unknown>;
  const key = Symbol.for("adjoint.trace");
  scope[key] = { recorded, trace };
  const module = `type Tensor = any; type Matrix = any;
const { recorded, trace } = (globalThis as any)[Symbol.for("${key.description}")];
${text}
// ${count++}: a module of the same text would be the one that is loaded.`;
  try {
    const { blocked } = await import(
      `data:application/typescript,${encodeURIComponent(module)}`
    );
    const [x, y] = [square("x", n, trace), square("y", n, trace)];
    blocked(x, y, new Float32Array(n * n));
    return trace;
  } finally {
    delete scope[key];
  }
}

/**
 * How many reads find their cache line gone, in a cache that keeps this many of
 * the most recently used lines; `perLine` is the elements of a line.
 */
export function misses(
  reads: readonly Read[],
  perLine: number,
  lines: number,
): number {
  const cache = new Map<string, true>();
  let count = 0;
  for (const { of, at } of reads) {
    const line = `${of}${Math.floor(at / perLine)}`;
    if (!cache.delete(line)) {
      count++;
      if (cache.size === lines) cache.delete(cache.keys().next().value!);
    }
    cache.set(line, true); // The last is the youngest.
  }
  return count;
}

/** The cache lines that some reads touch. */
export function linesTouched(reads: readonly Read[], perLine: number): number {
  return new Set(reads.map(({ of, at }) => `${of}${Math.floor(at / perLine)}`))
    .size;
}
