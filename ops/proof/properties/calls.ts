// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Random calls: every shape, both element types, and all ways in which tensors
 * lie in memory.
 *
 * @module
 */

import fc from "fast-check";
import type { Contract } from "../contracts.ts";
import type { DType, Tensor } from "../../tensor.ts";
import { type Call, toCode } from "./snippet.ts";

export const ARRAYS = { float32: Float32Array, float64: Float64Array };

/** Half a unit in the last place of 1, in each element type. */
export const UNIT: Record<DType, number> = {
  float32: 2 ** -24,
  float64: 2 ** -53,
};

/** The size of each letter of a contract. */
export type Dims = Record<string, number>;

export type Args = Record<string, Tensor>;

export const shapeOf = (letters: string, dims: Dims): number[] =>
  Array.from(letters, (letter) => dims[letter]);

export const product = (ns: readonly number[]): number =>
  ns.reduce((a, b) => a * b, 1);

/** A number below 2^32 for each place, the same in every run. */
export function hash(salt: number, tensor: number, i: number): number {
  let h = Math.imul(salt + 1, 0x9e3779b1) ^ Math.imul(tensor + 1, 0x85ebca6b) ^
    Math.imul(i + 1, 0xc2b2ae35);
  h = Math.imul(h ^ h >>> 15, 0x2c1b3c6d);
  h = Math.imul(h ^ h >>> 12, 0x297a2d39);
  return (h ^ h >>> 15) >>> 0;
}

/** How numbers come from hashes. */
export const CONTENTS = {
  /** Small integers: all sums of 64000 products of two are exact in float32. */
  integers: (h: number) => h % 31 - 15,
  /** Real numbers of either sign, from 2^-8 to 2^4. */
  reals: (h: number) =>
    (h & 1 ? 1 : -1) * (1 + (h >>> 8) / 2 ** 24) * 2 ** ((h >>> 1) % 12 - 8),
  /** All that IEEE 754 treats in a way of its own, among a few plain numbers. */
  specials: (h: number, dtype: DType) =>
    SPECIALS[dtype][h % SPECIALS[dtype].length],
};
export type Content = keyof typeof CONTENTS;

const SPECIALS: Record<DType, readonly number[]> = {
  float32: [0, -0, 1, -1, 2, NaN, Infinity, -Infinity]
    .concat([2 ** -149, -(2 ** -149), 2 ** -130, 2 ** -75, 2 ** 64, -(2 ** 64)])
    .concat([(2 - 2 ** -23) * 2 ** 127, -(2 - 2 ** -23) * 2 ** 127]),
  float64: [0, -0, 1, -1, 2, NaN, Infinity, -Infinity]
    .concat([5e-324, -5e-324, 2 ** -1050, 2 ** -538, 2 ** 512, -(2 ** 512)])
    .concat([Number.MAX_VALUE, -Number.MAX_VALUE]),
};

/** How tensors lie in memory. */
export interface Layout {
  /**
   * Each alone; each as a view with numbers around it; side by side in one
   * buffer; all beginning at the same number of one buffer.
   */
  kind: "alone" | "views" | "together" | "aliased";
  shared: boolean;
  /** Numbers before and between. */
  gap: number;
}

/** A call of a function of the table. */
export interface RandomCall {
  contract: Contract;
  dims: Dims;
  dtype: DType;
  args: Args;
  /** All buffers, and a copy of their bytes. */
  buffers: Map<ArrayBufferLike, Uint8Array>;
}

/** Puts numbers into memory. */
export function place(
  shapes: Record<string, number[]>,
  dtype: DType,
  { kind, shared, gap }: Layout,
  value: (tensor: number, i: number) => number,
): Args {
  const Data = ARRAYS[dtype];
  const memory = (length: number) => {
    const bytes = length * Data.BYTES_PER_ELEMENT;
    const buffer = shared
      ? new SharedArrayBuffer(bytes)
      : new ArrayBuffer(bytes);
    return new Data(buffer as ArrayBuffer);
  };
  const names = Object.keys(shapes);
  const sizes = names.map((name) => product(shapes[name]));
  const room = kind === "together"
    ? sizes.reduce((a, b) => a + b + gap, gap)
    : Math.max(0, ...sizes) + 2 * gap;
  const one = kind === "together" || kind === "aliased"
    ? memory(room)
    : undefined;
  one?.forEach((_, i) => one[i] = value(9, i));
  let end = gap;
  return Object.fromEntries(names.map((name, k) => {
    const around = kind === "alone" ? 0 : gap;
    const all = one ?? memory(sizes[k] + 2 * around);
    const from = kind === "together" ? end : around;
    end += sizes[k] + gap;
    const data = all.subarray(from, from + sizes[k]);
    if (kind !== "aliased") data.forEach((_, i) => data[i] = value(k, i));
    return [name, { shape: shapes[name], data }];
  }));
}

/** A copy of the bytes of every buffer. */
export function bytesOf(args: Args): Map<ArrayBufferLike, Uint8Array> {
  return new Map(
    Object.values(args).map(({ data: { buffer } }) => [
      buffer,
      new Uint8Array(buffer).slice(),
    ]),
  );
}

const layouts: fc.Arbitrary<Layout> = fc.record({
  kind: fc.constantFrom("alone", "views", "together", "aliased"),
  shared: fc.boolean(),
  gap: fc.integer({ min: 1, max: 5 }),
});

const side = (max: number) => fc.oneof(fc.nat(Math.min(4, max)), fc.nat(max));

/** Sizes for all letters. */
export function dimsUpTo(max: number): fc.Arbitrary<Dims> {
  return fc.record({ k: side(max), m: side(max), n: side(max), p: side(max) });
}

export const dtypes: fc.Arbitrary<DType> = fc.constantFrom(
  "float32",
  "float64",
);

/** Calls of a function with numbers of the given kinds. */
export function calls(
  contract: Contract,
  contents: readonly Content[],
  max = 40,
): fc.Arbitrary<RandomCall> {
  return fc.record({
    dims: dimsUpTo(max),
    dtype: dtypes,
    layout: layouts,
    content: fc.constantFrom(...contents),
    salt: fc.nat(),
  }).map(({ dims, dtype, layout, content, salt }) => {
    const shapes = Object.fromEntries(
      Object.entries(contract.takes).map((
        [name, letters],
      ) => [name, shapeOf(letters, dims)]),
    );
    const args = place(
      shapes,
      dtype,
      layout,
      (tensor, i) => CONTENTS[content](hash(salt, tensor, i), dtype),
    );
    return { contract, dims, dtype, args, buffers: bytesOf(args) };
  });
}

/** Calls the function of a contract. */
export function run(
  { f }: Contract,
  args: Readonly<Record<string, unknown>>,
): Tensor {
  return f(...Object.values(args) as never[]);
}

/** A random call as code. */
export function callToCode({ contract, args }: RandomCall): string {
  return toCode({ name: contract.f.name, args } satisfies Call);
}
