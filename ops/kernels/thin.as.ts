// Copyright 2026 the Adjoint authors. MIT license.

// Thin products in AssemblyScript. The page that explains them is `thin.ts`.
// Addresses and steps are in bytes.
//
// One matrix is large: its lines are rows or columns whose numbers are adjacent. The
// other has a few thin lines, `t` of them. Either a result is the product of a line
// and a thin line (`dots`), or lines are added up, each times a number of a thin line
// (`sums`). Each result adds the same terms in the same order, however many lines or
// thin lines there are.

import { multiplyAdd } from "./simd.as";

/** The large matrix is X if Y has few columns, and Y if X has few rows. */
export const FEW_COLUMNS: usize = 3;
export const FEW_ROWS: usize = 4;

/** Terms of a line that are added up before they join the result. */
const DEPTH: usize = 256;
/** Lines that are added up before they join the results. */
const LINES: usize = 128;
/** Terms of the thin lines that are packed at once. */
const CHUNK: usize = 8192;
/** Bytes of the sums of all thin lines. */
const SUMS: usize = 0x8000;

@inline function zero(): v128 {
  return i64x2.splat(0);
}

/** The last numbers of a line, fewer than a vector, followed by zeros. */
@inline function last<T>(at: usize, count: usize): v128 {
  if (sizeof<T>() == 8) return v128.load64_zero(at);
  if (count == 1) return v128.load32_zero(at);
  const two = v128.load64_zero(at);
  return count == 2 ? two : v128.load32_lane(at + 8, two, 2);
}

/** Stores the sums of the lanes of four vectors. */
@inline function storeTotals<T>(
  to: usize, a: v128, b: v128, c: v128, d: v128,
): void {
  if (sizeof<T>() == 4) {
    const u = v128.add<T>(
      v128.shuffle<T>(a, b, 0, 4, 1, 5), v128.shuffle<T>(a, b, 2, 6, 3, 7),
    );
    const v = v128.add<T>(
      v128.shuffle<T>(c, d, 0, 4, 1, 5), v128.shuffle<T>(c, d, 2, 6, 3, 7),
    );
    v128.store(
      to,
      v128.add<T>(
        v128.shuffle<T>(u, v, 0, 1, 4, 5), v128.shuffle<T>(u, v, 2, 3, 6, 7),
      ),
    );
  } else {
    v128.store(
      to,
      v128.add<T>(v128.shuffle<T>(a, b, 0, 2), v128.shuffle<T>(a, b, 1, 3)),
    );
    v128.store(
      to,
      v128.add<T>(v128.shuffle<T>(c, d, 0, 2), v128.shuffle<T>(c, d, 1, 3)),
      16,
    );
  }
}

/** Writes the products of four lines and one thin line to `to`. */
@inline function dot<T>(
  a: usize, b: usize, c: usize, d: usize, u: usize, count: usize, to: usize,
): void {
  let p = zero(), q = zero(), r = zero(), s = zero();
  const lanes = 16 / sizeof<T>(), rest = count % lanes;
  for (const end = a + (count - rest) * sizeof<T>(); a < end; a += 16) {
    const w = v128.load(u);
    p = multiplyAdd<T>(v128.load(a), w, p);
    q = multiplyAdd<T>(v128.load(b), w, q);
    r = multiplyAdd<T>(v128.load(c), w, r);
    s = multiplyAdd<T>(v128.load(d), w, s);
    b += 16;
    c += 16;
    d += 16;
    u += 16;
  }
  if (rest > 0) {
    const w = v128.load(u);
    p = multiplyAdd<T>(last<T>(a, rest), w, p);
    q = multiplyAdd<T>(last<T>(b, rest), w, q);
    r = multiplyAdd<T>(last<T>(c, rest), w, r);
    s = multiplyAdd<T>(last<T>(d, rest), w, s);
  }
  storeTotals<T>(to, p, q, r, s);
}

/** The same with two thin lines, the second `next` bytes after the first. */
@inline function dotTwo<T>(
  a: usize, b: usize, c: usize, d: usize,
  u: usize, next: usize, count: usize, to: usize,
): void {
  let p = zero(), q = zero(), r = zero(), s = zero();
  let p1 = zero(), q1 = zero(), r1 = zero(), s1 = zero();
  const lanes = 16 / sizeof<T>(), rest = count % lanes;
  let v = u + next, x = zero();
  for (const end = a + (count - rest) * sizeof<T>(); a < end; a += 16) {
    const w = v128.load(u), w1 = v128.load(v);
    x = v128.load(a);
    p = multiplyAdd<T>(x, w, p);
    p1 = multiplyAdd<T>(x, w1, p1);
    x = v128.load(b);
    q = multiplyAdd<T>(x, w, q);
    q1 = multiplyAdd<T>(x, w1, q1);
    x = v128.load(c);
    r = multiplyAdd<T>(x, w, r);
    r1 = multiplyAdd<T>(x, w1, r1);
    x = v128.load(d);
    s = multiplyAdd<T>(x, w, s);
    s1 = multiplyAdd<T>(x, w1, s1);
    b += 16;
    c += 16;
    d += 16;
    u += 16;
    v += 16;
  }
  if (rest > 0) {
    const w = v128.load(u), w1 = v128.load(v);
    x = last<T>(a, rest);
    p = multiplyAdd<T>(x, w, p);
    p1 = multiplyAdd<T>(x, w1, p1);
    x = last<T>(b, rest);
    q = multiplyAdd<T>(x, w, q);
    q1 = multiplyAdd<T>(x, w1, q1);
    x = last<T>(c, rest);
    r = multiplyAdd<T>(x, w, r);
    r1 = multiplyAdd<T>(x, w1, r1);
    x = last<T>(d, rest);
    s = multiplyAdd<T>(x, w, s);
    s1 = multiplyAdd<T>(x, w1, s1);
  }
  storeTotals<T>(to, p, q, r, s);
  storeTotals<T>(to + 4 * sizeof<T>(), p1, q1, r1, s1);
}

/** Adds numbers of `count` lines to results that are `zStep` apart. */
@inline function addTo<T>(
  from: usize, count: usize, z: usize, zStep: usize, base: usize, baseStep: usize,
): void {
  for (const end = from + count * sizeof<T>(); from < end; from += sizeof<T>()) {
    const sum = load<T>(from);
    store<T>(z, base ? load<T>(base) + sum : sum);
    z += zStep;
    if (base) base += baseStep;
  }
}

// They are exported so that the optimizer does not inline them: see `simd.as.ts`.

export function dot32(
  a: usize, b: usize, c: usize, d: usize, u: usize, count: usize, to: usize,
): void {
  dot<f32>(a, b, c, d, u, count, to);
}

export function dot64(
  a: usize, b: usize, c: usize, d: usize, u: usize, count: usize, to: usize,
): void {
  dot<f64>(a, b, c, d, u, count, to);
}

export function dotTwo32(
  a: usize, b: usize, c: usize, d: usize,
  u: usize, next: usize, count: usize, to: usize,
): void {
  dotTwo<f32>(a, b, c, d, u, next, count, to);
}

export function dotTwo64(
  a: usize, b: usize, c: usize, d: usize,
  u: usize, next: usize, count: usize, to: usize,
): void {
  dotTwo<f64>(a, b, c, d, u, next, count, to);
}

/** Computes the products of `lines` lines and `t` thin lines. */
@inline function dots<T>(
  lines: usize, n: usize, t: usize,
  large: usize, lineStep: usize,
  thin: usize, thinStep: usize, depthStep: usize,
  z: usize, zLineStep: usize, zThinStep: usize,
  base: usize, baseLineStep: usize, baseThinStep: usize,
  space: usize,
): void {
  const size = sizeof<T>(), totals = space + 16, packed = totals + 128;
  const next = CHUNK * size + 16;
  for (let j: usize = 0; j < n; j += CHUNK) {
    const depth = min(CHUNK, n - j);
    for (let i: usize = 0; i < t; i++) {
      let from = thin + i * thinStep + j * depthStep, to = packed + i * next;
      for (const end = to + depth * size; to < end; to += size) {
        store<T>(to, load<T>(from));
        from += depthStep;
      }
      v128.store(to, zero());
    }
    for (let l: usize = 0; l < lines; l += 4) {
      const count = min(4, lines - l);
      let a = large + l * lineStep + j * size;
      let b = count > 1 ? a + lineStep : a;
      let c = count > 2 ? b + lineStep : a;
      let d = count > 3 ? c + lineStep : a;
      let from = base ? base + l * baseLineStep : 0;
      let fromLine = baseLineStep, fromThin = baseThinStep;
      for (let k: usize = 0; k < depth; k += DEPTH) {
        const terms = min(DEPTH, depth - k), bytes = terms * size;
        let u = packed + k * size;
        for (let i: usize = 0; i < t; i += 2) {
          const isTwo = i + 1 < t;
          if (isTwo) {
            if (size == 4) dotTwo32(a, b, c, d, u, next, terms, totals);
            else dotTwo64(a, b, c, d, u, next, terms, totals);
          } else if (size == 4) dot32(a, b, c, d, u, terms, totals);
          else dot64(a, b, c, d, u, terms, totals);
          const to = z + l * zLineStep + i * zThinStep;
          const add = from ? from + i * fromThin : 0;
          addTo<T>(totals, count, to, zLineStep, add, fromLine);
          if (isTwo) {
            addTo<T>(
              totals + 4 * size, count, to + zThinStep, zLineStep,
              add ? add + fromThin : 0, fromLine,
            );
          }
          u += 2 * next;
        }
        a += bytes;
        b += bytes;
        c += bytes;
        d += bytes;
        from = z + l * zLineStep;
        fromLine = zLineStep;
        fromThin = zThinStep;
      }
    }
    // Later blocks along n are added to the sums so far.
    base = z;
    baseLineStep = zLineStep;
    baseThinStep = zThinStep;
  }
}

@inline function splat<T>(at: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(at) : v128.load64_splat(at);
}

/** Adds four lines, times numbers at `u` that are `step` apart, to some sums. */
@inline function addFour<T>(
  line: usize, lineStep: usize, u: usize, step: usize, to: usize, bytes: usize,
): void {
  const p = splat<T>(u), q = splat<T>(u + step);
  const r = splat<T>(u + 2 * step), s = splat<T>(u + 3 * step);
  let b = line + lineStep, c = b + lineStep, d = c + lineStep;
  for (const end = to + bytes; to < end; to += 16) {
    let sum = multiplyAdd<T>(v128.load(line), p, v128.load(to));
    sum = multiplyAdd<T>(v128.load(b), q, sum);
    sum = multiplyAdd<T>(v128.load(c), r, sum);
    v128.store(to, multiplyAdd<T>(v128.load(d), s, sum));
    line += 16;
    b += 16;
    c += 16;
    d += 16;
  }
}

/** The same for two thin lines, whose numbers and sums are `next` bytes apart. */
@inline function addFourTwice<T>(
  line: usize, lineStep: usize, u: usize, step: usize, nextThin: usize,
  to: usize, next: usize, bytes: usize,
): void {
  const v = u + nextThin;
  const p = splat<T>(u), q = splat<T>(u + step);
  const r = splat<T>(u + 2 * step), s = splat<T>(u + 3 * step);
  const p1 = splat<T>(v), q1 = splat<T>(v + step);
  const r1 = splat<T>(v + 2 * step), s1 = splat<T>(v + 3 * step);
  let b = line + lineStep, c = b + lineStep, d = c + lineStep;
  for (const end = to + bytes; to < end; to += 16) {
    let x = v128.load(line);
    let sum = multiplyAdd<T>(x, p, v128.load(to));
    let other = multiplyAdd<T>(x, p1, v128.load(to + next));
    x = v128.load(b);
    sum = multiplyAdd<T>(x, q, sum);
    other = multiplyAdd<T>(x, q1, other);
    x = v128.load(c);
    sum = multiplyAdd<T>(x, r, sum);
    other = multiplyAdd<T>(x, r1, other);
    x = v128.load(d);
    v128.store(to, multiplyAdd<T>(x, s, sum));
    v128.store(to + next, multiplyAdd<T>(x, s1, other));
    line += 16;
    b += 16;
    c += 16;
    d += 16;
  }
}

/** Adds one line. */
@inline function addOne<T>(line: usize, u: usize, to: usize, bytes: usize): void {
  const p = splat<T>(u);
  for (const end = to + bytes; to < end; to += 16) {
    v128.store(to, multiplyAdd<T>(v128.load(line), p, v128.load(to)));
    line += 16;
  }
}

export function addFour32(
  line: usize, lineStep: usize, u: usize, step: usize, to: usize, bytes: usize,
): void {
  addFour<f32>(line, lineStep, u, step, to, bytes);
}

export function addFour64(
  line: usize, lineStep: usize, u: usize, step: usize, to: usize, bytes: usize,
): void {
  addFour<f64>(line, lineStep, u, step, to, bytes);
}

export function addFourTwice32(
  line: usize, lineStep: usize, u: usize, step: usize, nextThin: usize,
  to: usize, next: usize, bytes: usize,
): void {
  addFourTwice<f32>(line, lineStep, u, step, nextThin, to, next, bytes);
}

export function addFourTwice64(
  line: usize, lineStep: usize, u: usize, step: usize, nextThin: usize,
  to: usize, next: usize, bytes: usize,
): void {
  addFourTwice<f64>(line, lineStep, u, step, nextThin, to, next, bytes);
}

/** Computes the sums of `n` lines of `length` numbers, each line times a number of each
 * of `t` thin lines. */
@inline function sums<T>(
  length: usize, n: usize, t: usize,
  large: usize, lineStep: usize,
  thin: usize, thinStep: usize, depthStep: usize,
  z: usize, zStep: usize, zThinStep: usize,
  base: usize, baseStep: usize, baseThinStep: usize,
  space: usize,
): void {
  const size = sizeof<T>(), made = space + 16;
  const next = SUMS / t & ~15;
  for (let k: usize = 0; k < length * size; k += next) {
    const bytes = min(next, length * size - k);
    let from = base, fromStep = baseStep, fromThin = baseThinStep;
    const place = k / size;
    for (let j: usize = 0; j < n; j += LINES) {
      for (let at = made; at < made + t * next; at += 16) v128.store(at, zero());
      const end = min(j + LINES, n);
      let line = large + j * lineStep + k, u = thin + j * depthStep, l = j;
      for (; l + 4 <= end; l += 4) {
        let i: usize = 0, v = u, to = made;
        for (; i + 1 < t; i += 2) {
          if (size == 4) {
            addFourTwice32(line, lineStep, v, depthStep, thinStep, to, next, bytes);
          } else {
            addFourTwice64(line, lineStep, v, depthStep, thinStep, to, next, bytes);
          }
          v += 2 * thinStep;
          to += 2 * next;
        }
        if (i < t) {
          if (size == 4) addFour32(line, lineStep, v, depthStep, to, bytes);
          else addFour64(line, lineStep, v, depthStep, to, bytes);
        }
        line += 4 * lineStep;
        u += 4 * depthStep;
      }
      for (; l < end; l++) {
        for (let i: usize = 0; i < t; i++) {
          addOne<T>(line, u + i * thinStep, made + i * next, bytes);
        }
        line += lineStep;
        u += depthStep;
      }
      for (let i: usize = 0; i < t; i++) {
        addTo<T>(
          made + i * next, bytes / size, z + i * zThinStep + place * zStep, zStep,
          from ? from + i * fromThin + place * fromStep : 0, fromStep,
        );
      }
      // Later blocks along n are added to the sums so far.
      from = z;
      fromStep = zStep;
      fromThin = zThinStep;
    }
  }
}

/** The same as `gemm` for a thin matrix. */
@inline export function multiplyThin<T>(
  m: usize, n: usize, p: usize,
  x: usize, xRowStep: usize, xColStep: usize,
  y: usize, yRowStep: usize, yColStep: usize,
  z: usize, zStep: usize, base: usize, baseStep: usize,
  form: usize, space: usize,
): void {
  const size = sizeof<T>(), isX = form == FEW_COLUMNS;
  const lines = isX ? m : p, t = isX ? p : m;
  const large = isX ? x : y, thin = isX ? y : x;
  const across = isX ? xRowStep : yColStep, along = isX ? xColStep : yRowStep;
  const thinStep = isX ? yColStep : xRowStep;
  const depthStep = isX ? yRowStep : xColStep;
  const lineTo = isX ? zStep : size, thinTo = isX ? size : zStep;
  const lineFrom = isX ? baseStep : size, thinFrom = isX ? size : baseStep;
  // A line of one number is both a row and a column.
  if (across == size) {
    sums<T>(
      lines, n, t, large, along, thin, thinStep, depthStep,
      z, lineTo, thinTo, base, lineFrom, thinFrom, space,
    );
  } else {
    dots<T>(
      lines, n, t, large, across, thin, thinStep, depthStep,
      z, lineTo, thinTo, base, lineFrom, thinFrom, space,
    );
  }
}
