// Copyright 2026 the Adjoint authors. MIT license.

// What a kernel reads, in its order: the kernel itself runs, over arrays that
// take down every index.

import { naive } from "../ops/kernels/naive.ts";
import type { Matrix } from "../ops/kernels/matrix.ts";

/** One read of an element. */
export interface Read {
  /** The array: `x`, `y`, or a block of the blocked kernel. */
  of: string;
  /** The place in memory, in elements. */
  at: number;
}

/** An array that takes down each index that is read. */
function recorded<T extends Float32Array | Float64Array>(
  of: string,
  data: T,
  reads: Read[],
): T {
  return new Proxy(data, {
    get(target, key) {
      if (typeof key === "string" && /^\d+$/.test(key)) {
        reads.push({ of, at: Number(key) });
      }
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function square(of: string, n: number, reads: Read[]): Matrix {
  const data = recorded(of, new Float32Array(n * n).fill(1), reads);
  return { data, rows: n, cols: n, rowStep: n, colStep: 1 };
}

/** What the naive kernel reads to multiply two n×n matrices. */
export function traceNaive(n: number): Read[] {
  const reads: Read[] = [];
  naive(square("x", n, reads), square("y", n, reads), new Float32Array(n * n));
  return reads;
}

/** The sizes of the blocked kernel's blocks. */
export interface Blocks {
  ROWS: number;
  DEPTH: number;
  COLS: number;
}

/**
 * What the blocked kernel reads: of its operands while it packs them, and of the
 * packed blocks while it multiplies. It is loaded anew, from its source, with
 * blocks that take down their reads, and that may be small enough to be drawn.
 */
export async function traceBlocked(
  source: string,
  n: number,
  blocks?: Blocks,
): Promise<Read[]> {
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
      `const ${name} = recorded("${name}", $1, reads);`,
    );
  }
  const types = "type Tensor = any, Matrix = any;".replace(", ", "; type ");
  const module = `${types}
export const reads: any[] = [];
const recorded: any = (globalThis as any)[Symbol.for("recorded")];
${text}`;
  const scope = globalThis as Record<symbol, unknown>;
  scope[Symbol.for("recorded")] = recorded;
  try {
    const { blocked, reads } = await import(
      `data:application/typescript,${encodeURIComponent(module)}`
    );
    const start = reads.length;
    blocked(
      square("x", n, reads),
      square("y", n, reads),
      new Float32Array(n * n),
    );
    return reads.slice(start);
  } finally {
    delete scope[Symbol.for("recorded")];
  }
}

/**
 * How many reads find their cache line gone, in a cache that keeps so many of
 * the lines that were used last; `perLine` is the elements of a line.
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
