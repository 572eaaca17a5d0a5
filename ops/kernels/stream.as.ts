// Copyright 2026 the Adjoint authors. MIT license.

// The kernels of one pass over memory, in AssemblyScript. The page that
// explains them is `stream.ts`; `deno task wasm` compiles them into
// `_stream_wasm.ts`. Addresses are in bytes, everything else in numbers.

import { both, low } from "./lanes.as";

/** Numbers in a block of a sum. */
const BLOCK: usize = 1024;

/** The sum of a block of any length, in two halves of four chains. */
@inline function sumBlock(x: usize, count: usize): f64 {
  const half = min((count + 7) / 8 * 4, count) * sizeof<f32>();
  let ab = f64x2.splat(0), cd = ab, ef = ab, gh = ab, y = x + half;
  const middle = y, end = x + count * sizeof<f32>();
  for (; y + 16 <= end; x += 16, y += 16) {
    ab = f64x2.add(ab, low(v128.load64_zero(x)));
    cd = f64x2.add(cd, low(v128.load64_zero(x, 8)));
    ef = f64x2.add(ef, low(v128.load64_zero(y)));
    gh = f64x2.add(gh, low(v128.load64_zero(y, 8)));
  }
  for (; x + 16 <= middle; x += 16) {
    ab = f64x2.add(ab, low(v128.load64_zero(x)));
    cd = f64x2.add(cd, low(v128.load64_zero(x, 8)));
  }
  // The first half is no whole number of vectors only if it is all there is.
  if (x < middle) {
    y = x;
    ef = ab;
    gh = cd;
    ab = f64x2.splat(0);
    cd = ab;
  }
  if (y < end) ef = f64x2.add(ef, low(v128.load32_zero(y)));
  if (y + 4 < end) {
    ef = f64x2.add(ef, f64x2.replace_lane(f64x2.splat(0), 1, <f64> load<f32>(y, 4)));
  }
  if (y + 8 < end) gh = f64x2.add(gh, low(v128.load32_zero(y, 8)));
  return both(f64x2.add(ab, cd)) + both(f64x2.add(ef, gh));
}

/** Adds `count` numbers to `total`, block by block. */
export function sum32(x: usize, count: usize, total: f64): f64 {
  for (; count; x += BLOCK * sizeof<f32>()) {
    const block = min(BLOCK, count);
    total += sumBlock(x, block);
    count -= block;
  }
  return total;
}

/** Writes the sums of `n` rows of `m` numbers to `sums`, as float64. */
export function sumRows32(x: usize, n: usize, m: usize, sums: usize): void {
  for (let i: usize = 0; i < n; i++, x += m * sizeof<f32>(), sums += 8) {
    store<f64>(sums, sum32(x, m, 0));
  }
}

/** The smaller of two numbers: −0 is below 0, and NaN below all. Both of the comparisons
 * give it, but for 0 beside −0 and NaN: those are in the bits of either. */
@inline function least<T>(a: v128, b: v128): v128 {
  return v128.or(v128.pmin<T>(a, b), v128.pmin<T>(b, a));
}

/**
 * Writes the smallest of each of `n` rows of `m` numbers to `z`: in the order of the
 * numbers, or, with `isOpposite`, of their opposites.
 */
@inline function leastRows<T>(x: usize, z: usize, n: usize, m: usize, isOpposite: bool): void {
  const flip = v128.splat<T>(isOpposite ? -0.0 : 0.0);
  for (; n; n--, z += sizeof<T>()) {
    let a = v128.splat<T>(Infinity), b = a, c = a, d = a;
    const end = x + m * sizeof<T>();
    for (; x + 64 <= end; x += 64) {
      a = least<T>(a, v128.xor(v128.load(x), flip));
      b = least<T>(b, v128.xor(v128.load(x, 16), flip));
      c = least<T>(c, v128.xor(v128.load(x, 32), flip));
      d = least<T>(d, v128.xor(v128.load(x, 48), flip));
    }
    for (; x + 16 <= end; x += 16) a = least<T>(a, v128.xor(v128.load(x), flip));
    for (; x < end; x += sizeof<T>()) b = least<T>(b, v128.xor(v128.splat<T>(load<T>(x)), flip));
    a = least<T>(least<T>(a, b), least<T>(c, d));
    a = least<T>(a, v128.shuffle<f64>(a, a, 1, 0));
    if (sizeof<T>() == 4) a = least<T>(a, v128.shuffle<f32>(a, a, 1, 0, 3, 2));
    store<T>(z, v128.extract_lane<T>(v128.xor(a, flip), 0));
  }
}

/**
 * Makes `p` numbers at `z` the smallest of themselves and of each column of `m` rows, in
 * the order of `leastRows`. They are at least a vector; the last may overlap the one
 * before.
 */
@inline function leastColumns<T>(x: usize, z: usize, m: usize, p: usize, isOpposite: bool): void {
  const flip = v128.splat<T>(isOpposite ? -0.0 : 0.0);
  const row = p * sizeof<T>(), end = z + row;
  for (; z + 64 <= end; z += 64, x += 64) {
    let a = v128.xor(v128.load(z), flip), b = v128.xor(v128.load(z, 16), flip);
    let c = v128.xor(v128.load(z, 32), flip), d = v128.xor(v128.load(z, 48), flip);
    for (let j = m, at = x; j; j--, at += row) {
      a = least<T>(a, v128.xor(v128.load(at), flip));
      b = least<T>(b, v128.xor(v128.load(at, 16), flip));
      c = least<T>(c, v128.xor(v128.load(at, 32), flip));
      d = least<T>(d, v128.xor(v128.load(at, 48), flip));
    }
    v128.store(z, v128.xor(a, flip));
    v128.store(z, v128.xor(b, flip), 16);
    v128.store(z, v128.xor(c, flip), 32);
    v128.store(z, v128.xor(d, flip), 48);
  }
  for (; z < end; z += 16, x += 16) {
    if (z + 16 > end) {
      x -= z + 16 - end;
      z = end - 16;
    }
    let a = v128.xor(v128.load(z), flip);
    for (let j = m, at = x; j; j--, at += row) a = least<T>(a, v128.xor(v128.load(at), flip));
    v128.store(z, v128.xor(a, flip));
  }
}

export function leastColumns32(x: usize, z: usize, m: usize, p: usize, isOpposite: bool): void {
  leastColumns<f32>(x, z, m, p, isOpposite);
}

export function leastColumns64(x: usize, z: usize, m: usize, p: usize, isOpposite: bool): void {
  leastColumns<f64>(x, z, m, p, isOpposite);
}

export function leastRows32(x: usize, z: usize, n: usize, m: usize, isOpposite: bool): void {
  leastRows<f32>(x, z, n, m, isOpposite);
}

export function leastRows64(x: usize, z: usize, n: usize, m: usize, isOpposite: bool): void {
  leastRows<f64>(x, z, n, m, isOpposite);
}

/** Turns a square of four rows and columns. */
@inline function turn4(x: usize, xRow: usize, z: usize, zRow: usize): void {
  const a = v128.load(x), b = v128.load(x + xRow);
  const c = v128.load(x + 2 * xRow), d = v128.load(x + 3 * xRow);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7), CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(z, v128.shuffle<f64>(ab, cd, 0, 2));
  v128.store(z + zRow, v128.shuffle<f64>(ab, cd, 1, 3));
  v128.store(z + 2 * zRow, v128.shuffle<f64>(AB, CD, 0, 2));
  v128.store(z + 3 * zRow, v128.shuffle<f64>(AB, CD, 1, 3));
}

/**
 * Writes `m` numbers of each of `n` rows to the columns of `z`. From one row to the next it
 * is `xRow` and `zRow` bytes. The longer of the two is gone along once only, so that the
 * lines of memory beside each other stay in the cache.
 */
export function turn32(x: usize, n: usize, m: usize, xRow: usize, z: usize, zRow: usize): void {
  const rows = n & ~3, columns = m & ~3;
  if (rows > columns) {
    for (let i: usize = 0; i < rows; i += 4) {
      for (let j: usize = 0; j < columns; j += 4) {
        turn4(x + i * xRow + j * 4, xRow, z + j * zRow + i * 4, zRow);
      }
    }
  } else {
    for (let j: usize = 0; j < columns; j += 4) {
      for (let i: usize = 0; i < rows; i += 4) {
        turn4(x + i * xRow + j * 4, xRow, z + j * zRow + i * 4, zRow);
      }
    }
  }
  for (let i: usize = 0; i < n; i++) {
    for (let j = i < rows ? columns : 0; j < m; j++) {
      store<f32>(z + j * zRow + i * 4, load<f32>(x + i * xRow + j * 4));
    }
  }
}

/**
 * Writes to `places` where each of `n` rows of `m` numbers has first what was found in it,
 * or has first NaN.
 */
@inline function placeRows<T>(x: usize, n: usize, m: usize, found: usize, places: usize): void {
  for (; n; n--, x += m * sizeof<T>(), found += sizeof<T>(), places += 8) {
    const value = load<T>(found), v = v128.splat<T>(value);
    let at = x;
    const end = x + m * sizeof<T>();
    if (value == value) {
      for (; at + 64 <= end; at += 64) {
        const ab = v128.or(v128.eq<T>(v128.load(at), v), v128.eq<T>(v128.load(at, 16), v));
        const cd = v128.or(v128.eq<T>(v128.load(at, 32), v), v128.eq<T>(v128.load(at, 48), v));
        if (v128.any_true(v128.or(ab, cd))) break;
      }
      while (at < end && load<T>(at) != value) at += sizeof<T>();
    } else {
      while (at < end && load<T>(at) == load<T>(at)) at += sizeof<T>();
    }
    store<f64>(places, <f64> ((at - x) / sizeof<T>()));
  }
}

/** Raises `found` and `places` to the numbers and rows of what is larger, or NaN. */
@inline function raise<T>(x: usize, found: usize, places: usize, m: usize, row: usize, from: f64): void {
  const one = v128.splat<T>(<T> 1);
  let a = v128.load(found), b = v128.load(places), j = v128.splat<T>(<T> from);
  for (; m; m--, x += row) {
    const v = v128.load(x);
    const isNew = v128.andnot(v128.eq<T>(a, a), v128.le<T>(v, a));
    a = v128.bitselect(v, a, isNew);
    b = v128.bitselect(j, b, isNew);
    j = v128.add<T>(j, one);
  }
  v128.store(found, a);
  v128.store(places, b);
}

/**
 * Makes `found` the largest of themselves and of each of `p` columns of `m` rows, the first
 * of which has the number `from`, and `places` their rows. The last vector may overlap
 * the one before.
 */
@inline function placeColumns<T>(x: usize, m: usize, p: usize, found: usize, places: usize, from: f64): void {
  const row = p * sizeof<T>(), end = found + row;
  for (; found < end; found += 16, places += 16, x += 16) {
    if (found + 16 > end) {
      const back = found + 16 - end;
      found -= back;
      places -= back;
      x -= back;
    }
    raise<T>(x, found, places, m, row, from);
  }
}

export function placeRows32(x: usize, n: usize, m: usize, found: usize, places: usize): void {
  placeRows<f32>(x, n, m, found, places);
}

export function placeRows64(x: usize, n: usize, m: usize, found: usize, places: usize): void {
  placeRows<f64>(x, n, m, found, places);
}

export function placeColumns32(x: usize, m: usize, p: usize, found: usize, places: usize, from: f64): void {
  placeColumns<f32>(x, m, p, found, places, from);
}

export function placeColumns64(x: usize, m: usize, p: usize, found: usize, places: usize, from: f64): void {
  placeColumns<f64>(x, m, p, found, places, from);
}

/**
 * Writes `count` numbers at `x` plus a bias to `z`. Rows have `p` numbers; row `j` of
 * `m` has the bias `y[j]`, and row 0 follows the last. The first number is number `k`
 * of row `j`.
 */
@inline function addBias<T>(
  x: usize, z: usize, count: usize, y: usize, m: usize, p: usize, j: usize, k: usize,
): void {
  const from = z - x;
  if (p == 1) {
    for (let rest = count; rest; j = 0) {
      const run = min(m - j, rest);
      x = addRun<T>(x, from, run, y + j * sizeof<T>());
      rest -= run;
    }
    return;
  }
  for (let rest = count; rest; k = 0) {
    const run = min(p - k, rest);
    x = addSplat<T>(x, from, run, load<T>(y + j * sizeof<T>()));
    rest -= run;
    if (++j == m) j = 0;
  }
}

/** Adds `run` numbers at `y` to those at `x`, writes the sums to `x` plus an offset in
 * bytes, and returns the address after them. */
@inline function addRun<T>(x: usize, to: usize, run: usize, y: usize): usize {
  const end = x + run * sizeof<T>();
  for (; x + 16 <= end; x += 16, y += 16) {
    v128.store(x + to, v128.add<T>(v128.load(x), v128.load(y)));
  }
  for (; x < end; x += sizeof<T>(), y += sizeof<T>()) {
    store<T>(x + to, load<T>(x) + load<T>(y));
  }
  return x;
}

/** The same with one number for all. */
@inline function addSplat<T>(x: usize, to: usize, run: usize, value: T): usize {
  const b = v128.splat<T>(value);
  const end = x + run * sizeof<T>();
  for (; x + 64 <= end; x += 64) {
    v128.store(x + to, v128.add<T>(v128.load(x), b));
    v128.store(x + to, v128.add<T>(v128.load(x, 16), b), 16);
    v128.store(x + to, v128.add<T>(v128.load(x, 32), b), 32);
    v128.store(x + to, v128.add<T>(v128.load(x, 48), b), 48);
  }
  for (; x + 16 <= end; x += 16) v128.store(x + to, v128.add<T>(v128.load(x), b));
  for (; x < end; x += sizeof<T>()) store<T>(x + to, load<T>(x) + value);
  return x;
}

export function addBias32(x: usize, z: usize, count: usize, y: usize, m: usize, p: usize, j: usize, k: usize): void {
  addBias<f32>(x, z, count, y, m, p, j, k);
}

export function addBias64(x: usize, z: usize, count: usize, y: usize, m: usize, p: usize, j: usize, k: usize): void {
  addBias<f64>(x, z, count, y, m, p, j, k);
}
