// Copyright 2026 the Adjoint authors. MIT license.

// The SIMD kernel in AssemblyScript, one source for both element types. The
// page that explains it is `simd.ts`; `deno task wasm` compiles it into
// `_simd_wasm.ts`. Addresses, steps and depths ending in `Bytes` are in bytes.

import { FEW_COLUMNS, multiplyThin } from "./thin.as";

/** Rows of a tile: three pairs. */
export const ROWS: usize = 6;
/** Bytes in a row of a tile: two vectors. */
export const TILE: usize = 32;
/** The depth of a block. */
const KC: usize = 256;
/** Rows in a block of X: 20 tiles. */
const MC: usize = 120;
/** Bytes in a row of a block of Y: 128 tiles. */
const NC: usize = 4096;
/** Bytes in a row of a unit that is packed ahead: 8 tiles. */
const UNIT: usize = 256;

/** A sum of more terms than this is added up in two halves: adding to a sum that is
 * already large would lose digits. */
const WHOLE: usize = 128;

/** Rows that a small product has at least, and bytes that its packed Y has at most. */
const SMALL_ROWS: usize = 4, SMALL_Y: usize = 0x8000;
/** Numbers of an X up to which its rows are read in their place. */
const FEW_NUMBERS: usize = 512;

/** How many terms are added up before they join the total. */
@inline function partOf(depth: usize): usize {
  return depth > WHOLE ? roundUp4((depth + 1) >> 1) : depth;
}

/** The forms in which Y is passed: to be packed, or to be read in place. */
const IN_PLACE: usize = 1;
/** Y was packed ahead: see `packUnit`. */
export const PACKED: usize = 2;

/** The depth of packed panels: what `pack` writes at once is whole in them. */
@inline function roundUp4(depth: usize): usize {
  return (depth + 3) & ~3;
}

// deno-fmt-ignore
@inline export function multiplyAdd<T>(a: v128, b: v128, sum: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD
    ? v128.relaxed_madd<T>(a, b, sum)
    : v128.add<T>(sum, v128.mul<T>(a, b));
}

/** Two numbers of a column of X: (a0, a1), twice in float32. */
@inline function loadPair<T>(a: usize): v128 {
  return sizeof<T>() == 4 ? v128.load64_splat(a) : v128.load(a);
}

/** (a0, a1, …) to (a1, a0, …). */
@inline function swap<T>(a: v128): v128 {
  return sizeof<T>() == 4
    ? v128.shuffle<T>(a, a, 1, 0, 3, 2)
    : v128.shuffle<T>(a, a, 1, 0);
}

/** Takes lanes from `u` and `v` in turn: (u0, v1, …). */
@inline function weave<T>(u: v128, v: v128): v128 {
  return sizeof<T>() == 4
    ? v128.shuffle<T>(u, v, 0, 5, 2, 7)
    : v128.shuffle<T>(u, v, 0, 3);
}

/** Stores two rows of a tile, or only the first if `rows` is 1, plus the numbers at
 * `base` if that is not 0. */
@inline function storePair<T>(
  even0: v128, odd0: v128, even1: v128, odd1: v128,
  z: usize, zStep: usize, base: usize, baseStep: usize, rows: usize,
): void {
  let u0 = weave<T>(even0, odd0), u1 = weave<T>(even1, odd1);
  if (base) {
    u0 = v128.add<T>(u0, v128.load(base));
    u1 = v128.add<T>(u1, v128.load(base, 16));
  }
  v128.store(z, u0);
  v128.store(z, u1, 16);
  if (rows == 1) return;
  let v0 = weave<T>(odd0, even0), v1 = weave<T>(odd1, even1);
  if (base) {
    v0 = v128.add<T>(v0, v128.load(base + baseStep));
    v1 = v128.add<T>(v1, v128.load(base + baseStep, 16));
  }
  v128.store(z + zStep, v0);
  v128.store(z + zStep, v1, 16);
}

/**
 * One tile of Z: twelve sums in registers, the depth in one loop.
 *
 * Each step reads six numbers of `x`, `xStep` bytes further on, and a row of `y`,
 * `yStep` bytes further on, or, if `isListed` is set, at the address in a table that is
 * next, relative to `y`. The last tile may have fewer than six `rows`; the others are not
 * stored.
 */
@inline export function tile<T>(
  x: usize, xStep: usize, y: usize, yStep: usize, depth: usize,
  z: usize, zStep: usize, base: usize, baseStep: usize, rows: usize,
  table: usize = 0, isListed: bool = false,
): void {
  const pair: usize = 2 * sizeof<T>();
  // The first step is outside the loop, so that V8 enters the loop with everything
  // in registers. The sums start at 0, so they are 0 where they would be -0.
  const zero = i64x2.splat(0);
  const from = y;
  if (isListed) y = from + load<u32>(table);
  let b0 = v128.load(y), b1 = v128.load(y, 16);
  let a = loadPair<T>(x);
  let p0 = multiplyAdd<T>(a, b0, zero), p1 = multiplyAdd<T>(a, b1, zero);
  a = swap<T>(a);
  let q0 = multiplyAdd<T>(a, b0, zero), q1 = multiplyAdd<T>(a, b1, zero);
  a = loadPair<T>(x + pair);
  let r0 = multiplyAdd<T>(a, b0, zero), r1 = multiplyAdd<T>(a, b1, zero);
  a = swap<T>(a);
  let s0 = multiplyAdd<T>(a, b0, zero), s1 = multiplyAdd<T>(a, b1, zero);
  a = loadPair<T>(x + 2 * pair);
  let t0 = multiplyAdd<T>(a, b0, zero), t1 = multiplyAdd<T>(a, b1, zero);
  a = swap<T>(a);
  let u0 = multiplyAdd<T>(a, b0, zero), u1 = multiplyAdd<T>(a, b1, zero);
  for (let end = x + depth * xStep; (x += xStep) < end;) {
    if (isListed) y = from + load<u32>(table += 4);
    else y += yStep;
    b0 = v128.load(y);
    b1 = v128.load(y, 16);
    a = loadPair<T>(x);
    p0 = multiplyAdd<T>(a, b0, p0);
    p1 = multiplyAdd<T>(a, b1, p1);
    a = swap<T>(a);
    q0 = multiplyAdd<T>(a, b0, q0);
    q1 = multiplyAdd<T>(a, b1, q1);
    a = loadPair<T>(x + pair);
    r0 = multiplyAdd<T>(a, b0, r0);
    r1 = multiplyAdd<T>(a, b1, r1);
    a = swap<T>(a);
    s0 = multiplyAdd<T>(a, b0, s0);
    s1 = multiplyAdd<T>(a, b1, s1);
    a = loadPair<T>(x + 2 * pair);
    t0 = multiplyAdd<T>(a, b0, t0);
    t1 = multiplyAdd<T>(a, b1, t1);
    a = swap<T>(a);
    u0 = multiplyAdd<T>(a, b0, u0);
    u1 = multiplyAdd<T>(a, b1, u1);
  }
  storePair<T>(p0, q0, p1, q1, z, zStep, base, baseStep, rows);
  if (rows <= 2) return;
  z += 2 * zStep;
  if (base) base += 2 * baseStep;
  storePair<T>(r0, s0, r1, s1, z, zStep, base, baseStep, rows - 2);
  if (rows <= 4) return;
  z += 2 * zStep;
  if (base) base += 2 * baseStep;
  storePair<T>(t0, u0, t1, u1, z, zStep, base, baseStep, rows - 4);
}

/** The same for a last tile of at most four rows. */
@inline export function lowTile<T>(
  x: usize, xStep: usize, y: usize, yStep: usize, depth: usize,
  z: usize, zStep: usize, base: usize, baseStep: usize, rows: usize,
  table: usize = 0, isListed: bool = false,
): void {
  const pair: usize = 2 * sizeof<T>();
  const zero = i64x2.splat(0);
  const from = y;
  if (isListed) y = from + load<u32>(table);
  let b0 = v128.load(y), b1 = v128.load(y, 16);
  let a = loadPair<T>(x);
  let p0 = multiplyAdd<T>(a, b0, zero), p1 = multiplyAdd<T>(a, b1, zero);
  a = swap<T>(a);
  let q0 = multiplyAdd<T>(a, b0, zero), q1 = multiplyAdd<T>(a, b1, zero);
  a = loadPair<T>(x + pair);
  let r0 = multiplyAdd<T>(a, b0, zero), r1 = multiplyAdd<T>(a, b1, zero);
  a = swap<T>(a);
  let s0 = multiplyAdd<T>(a, b0, zero), s1 = multiplyAdd<T>(a, b1, zero);
  for (let end = x + depth * xStep; (x += xStep) < end;) {
    if (isListed) y = from + load<u32>(table += 4);
    else y += yStep;
    b0 = v128.load(y);
    b1 = v128.load(y, 16);
    a = loadPair<T>(x);
    p0 = multiplyAdd<T>(a, b0, p0);
    p1 = multiplyAdd<T>(a, b1, p1);
    a = swap<T>(a);
    q0 = multiplyAdd<T>(a, b0, q0);
    q1 = multiplyAdd<T>(a, b1, q1);
    a = loadPair<T>(x + pair);
    r0 = multiplyAdd<T>(a, b0, r0);
    r1 = multiplyAdd<T>(a, b1, r1);
    a = swap<T>(a);
    s0 = multiplyAdd<T>(a, b0, s0);
    s1 = multiplyAdd<T>(a, b1, s1);
  }
  storePair<T>(p0, q0, p1, q1, z, zStep, base, baseStep, rows);
  if (rows <= 2) return;
  z += 2 * zStep;
  if (base) base += 2 * baseStep;
  storePair<T>(r0, s0, r1, s1, z, zStep, base, baseStep, rows - 2);
}

/** One number in all lanes. */
@inline function splat<T>(at: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(at) : v128.load64_splat(at);
}

/** Stores a row of a tile, plus the numbers at `base` if that is not 0. */
@inline function storeRow<T>(u: v128, v: v128, z: usize, base: usize): void {
  if (base) {
    u = v128.add<T>(u, v128.load(base));
    v = v128.add<T>(v, v128.load(base, 16));
  }
  v128.store(z, u);
  v128.store(z, v, 16);
}

/**
 * One tile of Z from six rows of X in their place, each of which takes a load: less
 * time than to pack what is used twice. Rows beyond the last are the last again.
 */
@inline function rowsTile<T>(
  x: usize, xRowStep: usize, last: usize, y: usize, yStep: usize, depth: usize,
  z: usize, zStep: usize, base: usize, baseStep: usize, rows: usize,
): void {
  const zero = i64x2.splat(0), end = x + depth * sizeof<T>();
  let x1 = min(x + xRowStep, last);
  let x2 = min(x1 + xRowStep, last);
  let x3 = min(x2 + xRowStep, last);
  let x4 = min(x3 + xRowStep, last);
  let x5 = min(x4 + xRowStep, last);
  let b0 = v128.load(y), b1 = v128.load(y, 16);
  let a = splat<T>(x);
  let p0 = multiplyAdd<T>(a, b0, zero), p1 = multiplyAdd<T>(a, b1, zero);
  a = splat<T>(x1);
  let q0 = multiplyAdd<T>(a, b0, zero), q1 = multiplyAdd<T>(a, b1, zero);
  a = splat<T>(x2);
  let r0 = multiplyAdd<T>(a, b0, zero), r1 = multiplyAdd<T>(a, b1, zero);
  a = splat<T>(x3);
  let s0 = multiplyAdd<T>(a, b0, zero), s1 = multiplyAdd<T>(a, b1, zero);
  a = splat<T>(x4);
  let t0 = multiplyAdd<T>(a, b0, zero), t1 = multiplyAdd<T>(a, b1, zero);
  a = splat<T>(x5);
  let u0 = multiplyAdd<T>(a, b0, zero), u1 = multiplyAdd<T>(a, b1, zero);
  while ((x += sizeof<T>()) < end) {
    x1 += sizeof<T>();
    x2 += sizeof<T>();
    x3 += sizeof<T>();
    x4 += sizeof<T>();
    x5 += sizeof<T>();
    y += yStep;
    b0 = v128.load(y);
    b1 = v128.load(y, 16);
    a = splat<T>(x);
    p0 = multiplyAdd<T>(a, b0, p0);
    p1 = multiplyAdd<T>(a, b1, p1);
    a = splat<T>(x1);
    q0 = multiplyAdd<T>(a, b0, q0);
    q1 = multiplyAdd<T>(a, b1, q1);
    a = splat<T>(x2);
    r0 = multiplyAdd<T>(a, b0, r0);
    r1 = multiplyAdd<T>(a, b1, r1);
    a = splat<T>(x3);
    s0 = multiplyAdd<T>(a, b0, s0);
    s1 = multiplyAdd<T>(a, b1, s1);
    a = splat<T>(x4);
    t0 = multiplyAdd<T>(a, b0, t0);
    t1 = multiplyAdd<T>(a, b1, t1);
    a = splat<T>(x5);
    u0 = multiplyAdd<T>(a, b0, u0);
    u1 = multiplyAdd<T>(a, b1, u1);
  }
  storeRow<T>(p0, p1, z, base);
  if (rows == 1) return;
  z += zStep;
  if (base) base += baseStep;
  storeRow<T>(q0, q1, z, base);
  if (rows == 2) return;
  z += zStep;
  if (base) base += baseStep;
  storeRow<T>(r0, r1, z, base);
  if (rows == 3) return;
  z += zStep;
  if (base) base += baseStep;
  storeRow<T>(s0, s1, z, base);
  if (rows == 4) return;
  z += zStep;
  if (base) base += baseStep;
  storeRow<T>(t0, t1, z, base);
  if (rows == 5) return;
  z += zStep;
  if (base) base += baseStep;
  storeRow<T>(u0, u1, z, base);
}

/** The same for a last tile of at most four rows. */
@inline function lowRowsTile<T>(
  x: usize, xRowStep: usize, last: usize, y: usize, yStep: usize, depth: usize,
  z: usize, zStep: usize, base: usize, baseStep: usize, rows: usize,
): void {
  const zero = i64x2.splat(0), end = x + depth * sizeof<T>();
  let x1 = min(x + xRowStep, last);
  let x2 = min(x1 + xRowStep, last);
  let x3 = min(x2 + xRowStep, last);
  let b0 = v128.load(y), b1 = v128.load(y, 16);
  let a = splat<T>(x);
  let p0 = multiplyAdd<T>(a, b0, zero), p1 = multiplyAdd<T>(a, b1, zero);
  a = splat<T>(x1);
  let q0 = multiplyAdd<T>(a, b0, zero), q1 = multiplyAdd<T>(a, b1, zero);
  a = splat<T>(x2);
  let r0 = multiplyAdd<T>(a, b0, zero), r1 = multiplyAdd<T>(a, b1, zero);
  a = splat<T>(x3);
  let s0 = multiplyAdd<T>(a, b0, zero), s1 = multiplyAdd<T>(a, b1, zero);
  while ((x += sizeof<T>()) < end) {
    x1 += sizeof<T>();
    x2 += sizeof<T>();
    x3 += sizeof<T>();
    y += yStep;
    b0 = v128.load(y);
    b1 = v128.load(y, 16);
    a = splat<T>(x);
    p0 = multiplyAdd<T>(a, b0, p0);
    p1 = multiplyAdd<T>(a, b1, p1);
    a = splat<T>(x1);
    q0 = multiplyAdd<T>(a, b0, q0);
    q1 = multiplyAdd<T>(a, b1, q1);
    a = splat<T>(x2);
    r0 = multiplyAdd<T>(a, b0, r0);
    r1 = multiplyAdd<T>(a, b1, r1);
    a = splat<T>(x3);
    s0 = multiplyAdd<T>(a, b0, s0);
    s1 = multiplyAdd<T>(a, b1, s1);
  }
  storeRow<T>(p0, p1, z, base);
  if (rows == 1) return;
  z += zStep;
  if (base) base += baseStep;
  storeRow<T>(q0, q1, z, base);
  if (rows == 2) return;
  z += zStep;
  if (base) base += baseStep;
  storeRow<T>(r0, r1, z, base);
  if (rows == 3) return;
  z += zStep;
  if (base) base += baseStep;
  storeRow<T>(s0, s1, z, base);
}

// Exported, so that the optimizer does not inline them into the loops around
// them: the first long call would then spend all its time in unoptimized code.

export function tile32(
  x: usize, y: usize, yStep: usize, depth: usize,
  z: usize, zStep: usize, base: usize, baseStep: usize, rows: usize,
): void {
  tile<f32>(
    x, ROWS * sizeof<f32>(), y, yStep, depth, z, zStep, base, baseStep, rows,
  );
}

export function tile64(
  x: usize, y: usize, yStep: usize, depth: usize,
  z: usize, zStep: usize, base: usize, baseStep: usize, rows: usize,
): void {
  tile<f64>(
    x, ROWS * sizeof<f64>(), y, yStep, depth, z, zStep, base, baseStep, rows,
  );
}

/**
 * Packs lines into panels of `width` lines: their first numbers side by side,
 * then their second, and so on.
 *
 * Lines beyond the last, and up to three numbers beyond the end of each line,
 * are packed too, whatever they are: they end up in sums that nobody reads, or
 * between the panels.
 */
@inline function pack<T>(
  from: usize, lineStep: usize, depthStep: usize,
  lines: usize, depth: usize, to: usize, width: usize,
): void {
  const panel = roundUp4(depth) * width * sizeof<T>();
  const last = from + (lines - 1) * lineStep;
  for (; from <= last; from += width * lineStep, to += panel) {
    if (depthStep == sizeof<T>()) {
      for (let line: usize = 0; line < width; line += 2) {
        const u = min(from + line * lineStep, last);
        const v = min(u + lineStep, last);
        interleave<T>(u, v, depth, to + line * sizeof<T>(), width * sizeof<T>());
      }
    } else {
      copy<T>(from, depthStep, depth, to, width * sizeof<T>());
    }
  }
}

/** Packs two lines, four numbers (float64: two) of each at a time. */
@inline export function interleave<T>(
  u: usize, v: usize, depth: usize, to: usize, step: usize,
): void {
  for (const end = u + depth * sizeof<T>(); u < end; u += 16, v += 16) {
    const a = v128.load(u), b = v128.load(v);
    if (sizeof<T>() == 4) {
      const low = v128.shuffle<T>(a, b, 0, 4, 1, 5);
      const high = v128.shuffle<T>(a, b, 2, 6, 3, 7);
      v128.store64_lane(to, low, 0);
      v128.store64_lane(to + step, low, 1);
      v128.store64_lane(to + 2 * step, high, 0);
      v128.store64_lane(to + 3 * step, high, 1);
      to += 4 * step;
    } else {
      v128.store(to, v128.shuffle<T>(a, b, 0, 2));
      v128.store(to + step, v128.shuffle<T>(a, b, 1, 3));
      to += 2 * step;
    }
  }
}

/** Packs lines that are already side by side. */
@inline function copy<T>(
  from: usize, fromStep: usize, depth: usize, to: usize, bytes: usize,
): void {
  for (const end = to + depth * bytes; to < end; to += bytes, from += fromStep) {
    v128.store(to, v128.load(from));
    if (bytes == 24) {
      v128.store64_lane(to, v128.load64_splat(from, 16), 0, 16);
    } else {
      v128.store(to, v128.load(from, 16), 16);
      if (bytes == 48) v128.store(to, v128.load(from, 32), 32);
    }
  }
}

export function packX32(
  from: usize, lineStep: usize, depthStep: usize,
  lines: usize, depth: usize, to: usize,
): void {
  pack<f32>(from, lineStep, depthStep, lines, depth, to, ROWS);
}

export function packX64(
  from: usize, lineStep: usize, depthStep: usize,
  lines: usize, depth: usize, to: usize,
): void {
  pack<f64>(from, lineStep, depthStep, lines, depth, to, ROWS);
}

export function packY32(
  from: usize, lineStep: usize, depthStep: usize,
  lines: usize, depth: usize, to: usize,
): void {
  pack<f32>(from, lineStep, depthStep, lines, depth, to, TILE / sizeof<f32>());
}

export function packY64(
  from: usize, lineStep: usize, depthStep: usize,
  lines: usize, depth: usize, to: usize,
): void {
  pack<f64>(from, lineStep, depthStep, lines, depth, to, TILE / sizeof<f64>());
}

// The functions below call those above by element type.

@inline function packX<T>(
  from: usize, lineStep: usize, depthStep: usize,
  lines: usize, depth: usize, to: usize,
): void {
  if (sizeof<T>() == 4) packX32(from, lineStep, depthStep, lines, depth, to);
  else packX64(from, lineStep, depthStep, lines, depth, to);
}

@inline function packY<T>(
  from: usize, lineStep: usize, depthStep: usize,
  lines: usize, depth: usize, to: usize,
): void {
  if (sizeof<T>() == 4) packY32(from, lineStep, depthStep, lines, depth, to);
  else packY64(from, lineStep, depthStep, lines, depth, to);
}

@inline function callTile<T>(
  x: usize, y: usize, yStep: usize, depth: usize,
  z: usize, zStep: usize, base: usize, baseStep: usize, rows: usize,
): void {
  const part = partOf(depth);
  if (sizeof<T>() == 4) tile32(x, y, yStep, part, z, zStep, base, baseStep, rows);
  else tile64(x, y, yStep, part, z, zStep, base, baseStep, rows);
  if (part == depth) return;
  const u = x + part * ROWS * sizeof<T>(), v = y + part * yStep;
  if (sizeof<T>() == 4) tile32(u, v, yStep, depth - part, z, zStep, z, zStep, rows);
  else tile64(u, v, yStep, depth - part, z, zStep, z, zStep, rows);
}

/**
 * Computes a tile at the right edge in the scratch tile, and copies the part that
 * is inside Z, `rows` × `bytes`.
 */
@inline function edgeTile<T>(
  x: usize, y: usize, yStep: usize, depth: usize,
  z: usize, zStep: usize, base: usize, baseStep: usize,
  scratch: usize, rows: usize, bytes: usize,
): void {
  if (base) copyTile<T>(base, baseStep, scratch, TILE, rows, bytes);
  callTile<T>(
    x, y, yStep, depth, scratch, TILE, base ? scratch : 0, TILE, ROWS,
  );
  copyTile<T>(scratch, TILE, z, zStep, rows, bytes);
}

/** Copies a part of a tile. */
@inline function copyTile<T>(
  from: usize, fromStep: usize, to: usize, toStep: usize, rows: usize, bytes: usize,
): void {
  for (let row: usize = 0; row < rows; row++) {
    for (let at: usize = 0; at < bytes; at += sizeof<T>()) {
      store<T>(to + row * toStep + at, load<T>(from + row * fromStep + at));
    }
  }
}

/** The address in a packed Y of row `j` and byte `k` of it. */
@inline function packedAt(
  packed: usize, n: usize, pBytes: usize, j: usize, k: usize,
): usize {
  const block = k / NC * NC;
  const cols = (min(NC, pBytes - block) + TILE - 1) & ~(TILE - 1);
  const depth = roundUp4(min(KC, n - j));
  return packed + block * roundUp4(n) + cols * j + (k - block) * depth;
}

/** How many units there are in Y: a thread packs one at a time. */
@inline export function unitsOf(n: usize, pBytes: usize): usize {
  return ((n + KC - 1) / KC) * ((pBytes + UNIT - 1) / UNIT);
}

/** Packs one unit of Y. */
@inline export function packUnit<T>(
  unit: usize, n: usize, p: usize,
  y: usize, yRowStep: usize, yColStep: usize, packed: usize,
): void {
  const size = sizeof<T>(), pBytes = p * size;
  const across = (pBytes + UNIT - 1) / UNIT;
  const j = unit / across * KC, k = unit % across * UNIT;
  packY<T>(
    y + j * yRowStep + k / size * yColStep, yColStep, yRowStep,
    min(UNIT, pBytes - k) / size, min(KC, n - j),
    packedAt(packed, n, pBytes, j, k),
  );
}

/**
 * As `gemm`, where X and Y are one block each, and no sum is added up in halves: tile
 * after tile, in one function, as each call of another takes a tenth of the time of a
 * tile of 16 terms. An X is read in its place if its columns have adjacent numbers, or
 * its rows have and it is so small that to pack it would take longer. Each sum has the
 * same terms in the same order.
 */
@inline function gemmSmall<T>(
  m: usize, n: usize, p: usize,
  x: usize, xRowStep: usize, xColStep: usize,
  y: usize, yRowStep: usize, yColStep: usize,
  z: usize, zStep: usize, base: usize, baseStep: usize,
  form: usize, space: usize,
): void {
  const size = sizeof<T>(), pBytes = p * size, depth = roundUp4(n);
  const scratch = space + TILE; // Its address may not be 0.
  const xBlock = scratch + ROWS * TILE;
  const yBlock = xBlock + (MC + ROWS) * KC * size;
  let xStep = xColStep, xPanelStep = ROWS * size;
  const byRows = xColStep == size && m * n <= FEW_NUMBERS;
  const last = x + (m - 1) * xRowStep;
  if (byRows) xPanelStep = ROWS * xRowStep;
  else if (xRowStep != size) {
    packX<T>(x, xRowStep, xColStep, m, n, xBlock);
    x = xBlock;
    xStep = ROWS * size;
    xPanelStep *= depth;
  }
  let yStep = yRowStep, yPanelStep = TILE;
  if (form != IN_PLACE) {
    packY<T>(y, yColStep, yRowStep, p, n, yBlock);
    y = yBlock;
    yStep = TILE;
    yPanelStep *= depth;
  }
  for (let c: usize = 0; c < pBytes; c += TILE, y += yPanelStep) {
    const bytes = min(TILE, pBytes - c), isEdge = bytes < TILE;
    let to = z + c, add = base ? base + c : 0, xPanel = x;
    for (let r: usize = 0; r < m; r += ROWS) {
      const rows = min(ROWS, m - r);
      // At the right edge, a tile is computed in the scratch tile.
      let at = to, atStep = zStep, from = add, fromStep = baseStep;
      if (isEdge) {
        at = scratch;
        atStep = TILE;
        if (add) {
          copyTile<T>(add, baseStep, scratch, TILE, rows, bytes);
          from = scratch;
          fromStep = TILE;
        }
      }
      if (byRows) {
        if (rows > 4) {
          rowsTile<T>(
            xPanel, xRowStep, last, y, yStep, n, at, atStep, from, fromStep, rows,
          );
        } else {
          lowRowsTile<T>(
            xPanel, xRowStep, last, y, yStep, n, at, atStep, from, fromStep, rows,
          );
        }
      } else if (rows > 4) {
        tile<T>(xPanel, xStep, y, yStep, n, at, atStep, from, fromStep, rows);
      } else {
        lowTile<T>(xPanel, xStep, y, yStep, n, at, atStep, from, fromStep, rows);
      }
      if (isEdge) copyTile<T>(scratch, TILE, to, zStep, rows, bytes);
      xPanel += xPanelStep;
      to += ROWS * zStep;
      if (add) add += ROWS * baseStep;
    }
  }
}

/**
 * Z = X Y, plus the numbers at `base` if that is not 0: Z itself, or a row that is
 * added to every row (`baseStep` 0). All steps are in bytes. `space` is for the
 * scratch tile and the packed blocks; `form` is the form of Y, whose address is `y`.
 */
@inline function gemm<T>(
  m: usize, n: usize, p: usize,
  x: usize, xRowStep: usize, xColStep: usize,
  y: usize, yRowStep: usize, yColStep: usize,
  z: usize, zStep: usize, base: usize, baseStep: usize,
  form: usize, space: usize,
): void {
  if (form >= FEW_COLUMNS) {
    multiplyThin<T>(
      m, n, p, x, xRowStep, xColStep, y, yRowStep, yColStep,
      z, zStep, base, baseStep, form, space,
    );
    return;
  }
  const size = sizeof<T>(), pBytes = p * size;
  if (
    form != PACKED && m >= SMALL_ROWS && m <= MC && n <= WHOLE &&
    roundUp4(n) * ((pBytes + TILE - 1) & ~(TILE - 1)) <= SMALL_Y
  ) {
    gemmSmall<T>(
      m, n, p, x, xRowStep, xColStep, y, yRowStep, yColStep,
      z, zStep, base, baseStep, form, space,
    );
    return;
  }
  const scratch = space + TILE; // Its address may not be 0.
  const xBlock = scratch + ROWS * TILE;
  const yBlock = xBlock + (MC + ROWS) * KC * size;
  for (let k: usize = 0; k < pBytes; k += NC) {
    const cols = min(NC, pBytes - k);
    let from = base, fromStep = baseStep;
    for (let j: usize = 0; j < n; j += KC) {
      const depth = min(KC, n - j);
      let yAt = y + j * yRowStep + k / size * yColStep;
      if (form == PACKED) {
        yAt = packedAt(y, n, pBytes, j, k);
      } else if (form != IN_PLACE) {
        packY<T>(yAt, yColStep, yRowStep, cols / size, depth, yBlock);
        yAt = yBlock;
      }
      const yPanelStep = form == IN_PLACE ? TILE : roundUp4(depth) * TILE;
      const yStep = form == IN_PLACE ? yRowStep : TILE;
      for (let i: usize = 0; i < m; i += MC) {
        const rows = min(MC, m - i);
        const xAt = x + i * xRowStep + j * xColStep;
        packX<T>(xAt, xRowStep, xColStep, rows, depth, xBlock);
        let yPanel = yAt;
        for (let c: usize = 0; c < cols; c += TILE, yPanel += yPanelStep) {
          let xPanel = xBlock;
          for (let r: usize = 0; r < rows; r += ROWS) {
            const to = z + (i + r) * zStep + k + c;
            const add = from ? from + (i + r) * fromStep + k + c : 0;
            if (c + TILE <= cols) {
              callTile<T>(
                xPanel, yPanel, yStep, depth, to, zStep, add, fromStep,
                min(ROWS, rows - r),
              );
            } else {
              edgeTile<T>(
                xPanel, yPanel, yStep, depth, to, zStep, add, fromStep,
                scratch, min(ROWS, rows - r), cols - c,
              );
            }
            xPanel += ROWS * roundUp4(depth) * size;
          }
        }
      }
      // Later blocks along n are added to the sums so far.
      from = z;
      fromStep = zStep;
    }
  }
}

export function gemm32(
  m: usize, n: usize, p: usize,
  x: usize, xRowStep: usize, xColStep: usize,
  y: usize, yRowStep: usize, yColStep: usize,
  z: usize, zStep: usize, base: usize, baseStep: usize,
  form: usize, space: usize,
): void {
  gemm<f32>(
    m, n, p, x, xRowStep, xColStep, y, yRowStep, yColStep,
    z, zStep, base, baseStep, form, space,
  );
}

export function gemm64(
  m: usize, n: usize, p: usize,
  x: usize, xRowStep: usize, xColStep: usize,
  y: usize, yRowStep: usize, yColStep: usize,
  z: usize, zStep: usize, base: usize, baseStep: usize,
  form: usize, space: usize,
): void {
  gemm<f64>(
    m, n, p, x, xRowStep, xColStep, y, yRowStep, yColStep,
    z, zStep, base, baseStep, form, space,
  );
}
