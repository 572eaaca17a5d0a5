// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The most that one core can multiply and add with vectors of 128 bits, the
 * widest that WebAssembly has: the limit that every product is compared with.
 *
 * A multiply-add takes several cycles, and a core starts a new one in each, or
 * two. Twelve sums that do not wait for each other keep it busy; a single one
 * would measure the wait.
 *
 * @module
 */

const CHAINS = 12;

/** Multiply-adds count as two, and a vector holds four numbers, or two. */
export const FLOPS_PER_STEP = {
  float32: CHAINS * 4 * 2,
  float64: CHAINS * 2 * 2,
};

const [V128, I32] = [0x7b, 0x7f];
const [GET, SET, TEE] = [0x20, 0x21, 0x22];
const RELAXED_MADD = {
  float32: [0xfd, 0x85, 0x02],
  float64: [0xfd, 0x87, 0x02],
};
const ANY_TRUE = [0xfd, 0x53];
const OR = [0xfd, 0x50];

/** Makes a function that does this many steps, each one a multiply-add on every
 * chain; undefined where the engine has no relaxed multiply-add. */
export function peakLoop(
  dtype: "float32" | "float64",
): ((steps: number) => number) | undefined {
  const bytes = assemble(RELAXED_MADD[dtype]);
  if (!WebAssembly.validate(bytes)) return undefined;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return exports.run as (steps: number) => number;
}

function assemble(madd: number[]): Uint8Array<ArrayBuffer> {
  // Local 0 counts the steps down, 1 is both factors, the others are the sums.
  const chains = Array.from({ length: CHAINS }, (_, i) => i + 2);
  const body = [
    ...[1, CHAINS + 1, V128],
    ...[0x03, 0x40], // loop
    ...chains.flatMap((sum) => [
      ...[GET, 1, GET, 1, GET, sum, ...madd, SET, sum],
    ]),
    ...[GET, 0, 0x41, 1, 0x6b, TEE, 0, 0x0d, 0], // steps - 1, again unless 0
    0x0b, // end
    // All sums are part of the result, so that none of them is optimized away.
    ...[GET, 2],
    ...chains.slice(1).flatMap((sum) => [GET, sum, ...OR]),
    ...ANY_TRUE,
    0x0b,
  ];
  const section = (id: number, content: number[]) => [
    id,
    ...leb(content.length),
    ...content,
  ];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 1, I32]),
    ...section(3, [1, 0]),
    ...section(7, [1, 3, ...new TextEncoder().encode("run"), 0, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
}

/** An unsigned integer, seven bits a byte, the lowest first. */
function leb(n: number): number[] {
  return n < 128 ? [n] : [n & 127 | 128, ...leb(n >>> 7)];
}
