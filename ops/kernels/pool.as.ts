// Copyright 2026 the Adjoint authors. MIT license.

// The windows of pooling, in AssemblyScript. The page that explains them is `pool.ts`;
// `deno task wasm` compiles them into `_pool_wasm.ts`. Addresses are in bytes, sizes in
// numbers. Whole vectors are written: the next row overwrites the surplus of a row, and
// there is room for that of the last.

@inline function lanes<T>(): usize {
  return 16 / sizeof<T>();
}

/** Reads numbers from `at` on that are `step` apart. */
@inline function every<T>(at: usize, step: usize): v128 {
  if (step == 1) return v128.load(at);
  const d = step * sizeof<T>();
  if (sizeof<T>() == 8) return v128.load64_lane(at + d, v128.load64_zero(at), 1);
  const two = v128.load32_lane(at + d, v128.load32_zero(at), 1);
  return v128.load32_lane(
    at + 3 * d,
    v128.load32_lane(at + 2 * d, two, 2),
    3,
  );
}

/** The first of each pair of numbers. */
@inline function even<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 8
    ? v128.shuffle<f64>(a, b, 0, 2)
    : v128.shuffle<f32>(a, b, 0, 2, 4, 6);
}

/** The second of each pair of numbers. */
@inline function odd<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 8
    ? v128.shuffle<f64>(a, b, 1, 3)
    : v128.shuffle<f32>(a, b, 1, 3, 5, 7);
}

/** Where a number is the largest so far: larger than the others, or NaN. */
@inline function isLarger<T>(x: v128, max: v128): v128 {
  return v128.or(v128.gt<T>(x, max), v128.ne<T>(x, x));
}

@inline function pick(mask: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, mask);
}

/** The larger number; NaN if one is NaN, and the first of equal ones. */
@inline function larger<T>(x: v128, max: v128): v128 {
  return v128.or(v128.pmax<T>(max, x), v128.ne<T>(x, x));
}

/** The largest of `v` numbers in each of the windows that are `t` apart. */
@inline function widest<T>(
  x: usize, count: usize, v: usize, t: usize, to: usize,
): void {
  const size = sizeof<T>();
  for (const end = to + count * size; to < end; to += 16) {
    if (t == 2) {
      let a = v128.load(x), b = v128.load(x, 16), max = even<T>(a, b);
      if (v > 1) max = larger<T>(odd<T>(a, b), max);
      for (let u: usize = 2; u < v; u += 2) {
        a = v128.load(x + u * size);
        b = v128.load(x + u * size, 16);
        max = larger<T>(even<T>(a, b), max);
        if (u + 1 < v) max = larger<T>(odd<T>(a, b), max);
      }
      v128.store(to, max);
    } else {
      let max = every<T>(x, t);
      for (let u: usize = 1; u < v; u++) {
        max = larger<T>(every<T>(x + u * size, t), max);
      }
      v128.store(to, max);
    }
    x += lanes<T>() * t * size;
  }
}

/** 0, `step`, 2 `step`, and so on. */
@inline function counted<I>(step: I): v128 {
  const zero = v128.splat<I>(0);
  return sizeof<I>() == 8
    ? v128.replace_lane<I>(zero, 1, step)
    : v128.replace_lane<I>(
      v128.replace_lane<I>(v128.replace_lane<I>(zero, 1, step), 2, <I> (2 * step)),
      3,
      <I> (3 * step),
    );
}

/** The same as `widest` for one row, with the columns of the largest numbers, minus
 * `q`; in the padding, the first column. */
@inline function widestAt<T, I>(
  x: usize, count: usize, v: usize, t: usize, q: usize, to: usize, colsTo: usize,
): void {
  const size = sizeof<T>(), zero = v128.splat<I>(0), one = v128.splat<I>(1);
  let first = v128.sub<I>(counted<I>(<I> t), v128.splat<I>(<I> q));
  const next = v128.splat<I>(<I> (lanes<T>() * t));
  for (const end = to + count * size; to < end; to += 16, colsTo += 16) {
    let max = t == 2 ? even<T>(v128.load(x), v128.load(x, 16)) : every<T>(x, t);
    let col = first;
    let at = pick(v128.gt<I>(first, zero), first, zero);
    for (let u: usize = 1; u < v; u++) {
      const from = x + u * size;
      const other = t == 2
        ? even<T>(v128.load(from), v128.load(from, 16))
        : every<T>(from, t);
      const mask = isLarger<T>(other, max);
      col = v128.add<I>(col, one);
      max = pick(mask, other, max);
      at = pick(mask, col, at);
    }
    v128.store(to, max);
    v128.store(colsTo, at);
    first = v128.add<I>(first, next);
    x += lanes<T>() * t * size;
  }
}

/** The largest of each window of `height` rows, which are `line` bytes apart, and one
 * column or two, as many as windows are apart. */
@inline function largest<T>(
  x: usize, height: usize, line: usize, count: usize, t: usize, to: usize,
): void {
  const size = sizeof<T>(), bytes = height * line;
  for (const end = to + count * size; to < end; to += 16) {
    const last = x + bytes;
    let max = v128.load(x), at = x;
    if (t == 2) {
      const next = v128.load(x, 16);
      max = larger<T>(odd<T>(max, next), even<T>(max, next));
      while ((at += line) < last) {
        const a = v128.load(at), b = v128.load(at, 16);
        max = larger<T>(odd<T>(a, b), larger<T>(even<T>(a, b), max));
      }
    } else {
      while ((at += line) < last) max = larger<T>(v128.load(at), max);
    }
    v128.store(to, max);
    x += lanes<T>() * t * size;
  }
}

/** The largest of each window of some images: of those that are pairs of columns and
 * have no row in common at once, of others row by row first. */
@inline function max<T>(
  n: usize, h: usize, width: usize, r: usize, v: usize, s: usize, t: usize,
  p: usize, rows: usize, cols: usize, x: usize, lines: usize, y: usize,
): void {
  const row = width * sizeof<T>(), line = cols * sizeof<T>();
  const isOnce = r <= s && v == 2 && t == 2;
  for (let i: usize = 0; i < n; i++) {
    let from = x, to = lines;
    for (let left: usize = isOnce ? 0 : h; left > 0; left--) {
      if (t == 1) widest<T>(from, cols, v, 1, to);
      else if (t == 2) widest<T>(from, cols, v, 2, to);
      else widest<T>(from, cols, v, t, to);
      from += row;
      to += line;
    }
    for (let a: usize = 0; a < rows; a++) {
      const top: usize = a * s > p ? a * s - p : 0, height = min(a * s + r - p, h) - top;
      if (isOnce) largest<T>(x + top * row, height, row, cols, 2, y);
      else largest<T>(lines + top * line, height, line, cols, 1, y);
      y += line;
    }
    x += h * row;
  }
}

/** Writes the place of the largest number of each window of an image. */
@inline function places<T, I>(
  h: usize, l: usize, width: usize, r: usize, v: usize, s: usize, t: usize,
  p: usize, q: usize, rows: usize, cols: usize, x: usize, lines: usize, to: usize,
): void {
  const line = cols * sizeof<T>(), far = h * line + 16;
  for (let row: usize = 0; row < h; row++) {
    const at = lines + row * line;
    if (t == 1) widestAt<T, I>(x, cols, v, 1, q, at, at + far);
    else if (t == 2) widestAt<T, I>(x, cols, v, 2, q, at, at + far);
    else widestAt<T, I>(x, cols, v, t, q, at, at + far);
    x += width * sizeof<T>();
  }
  for (let a: usize = 0; a < rows; a++) {
    const top: usize = a * s > p ? a * s - p : 0, bottom = min(a * s + r - p, h);
    const last = lines + bottom * line;
    for (let m: usize = 0; m < line; m += 16) {
      let at = lines + top * line + m, row = <I> (top * l);
      let max = v128.load(at);
      let place = v128.add<I>(v128.load(at + far), v128.splat<I>(row));
      while ((at += line) < last) {
        row += <I> l;
        const other = v128.load(at), mask = isLarger<T>(other, max);
        max = pick(mask, other, max);
        place = pick(
          mask,
          v128.add<I>(v128.load(at + far), v128.splat<I>(row)),
          place,
        );
      }
      v128.store(to + m, place);
    }
    to += line;
  }
}

/** Puts the gradient of each window at the place of its largest element. Windows that
 * do not overlap need no sums. */
@inline function maxDx<T, I>(
  n: usize, h: usize, l: usize, width: usize, r: usize, v: usize, s: usize,
  t: usize, p: usize, q: usize, rows: usize, cols: usize, x: usize, lines: usize,
  dy: usize, dx: usize, sums: usize,
): void {
  const size = sizeof<T>(), at = lines + 2 * (h * cols * size + 16);
  const isApart = s >= r && t >= v;
  if (isApart) memory.fill(dx, 0, n * h * l * size);
  for (let i: usize = 0; i < n; i++) {
    places<T, I>(h, l, width, r, v, s, t, p, q, rows, cols, x, lines, at);
    x += h * width * size;
    if (!isApart) memory.fill(sums, 0, h * l * 8);
    for (let k: usize = 0; k < rows * cols * size; k += size) {
      const place = <usize> load<I>(at + k), d = load<T>(dy + k);
      if (isApart) store<T>(dx + place * size, <T> 0 + d);
      else {
        const to = sums + place * 8;
        store<f64>(to, load<f64>(to) + <f64> d);
      }
    }
    if (!isApart) {
      for (let k: usize = 0; k < h * l; k++) {
        store<T>(dx + k * size, <T> load<f64>(sums + k * 8));
      }
    }
    dy += rows * cols * size;
    dx += h * l * size;
  }
}

/** Two sums of float64 numbers, or four in two vectors, divided and rounded. A divisor
 * that is a power of 2 has `part`, its reciprocal: multiplying is exact and faster. */
@inline function mean<T>(a: v128, b: v128, count: f64, part: f64): v128 {
  if (part > 0) {
    const by = f64x2.splat(part);
    a = f64x2.mul(a, by);
    if (sizeof<T>() == 4) b = f64x2.mul(b, by);
  } else {
    const by = f64x2.splat(count);
    a = f64x2.div(a, by);
    if (sizeof<T>() == 4) b = f64x2.div(b, by);
  }
  if (sizeof<T>() == 8) return a;
  return v128.shuffle<f64>(
    f32x4.demote_f64x2_zero(a),
    f32x4.demote_f64x2_zero(b),
    0,
    2,
  );
}

/** 1 ∕ count if that is exact, and 0 otherwise. */
@inline function partOf(count: usize): f64 {
  return popcnt(count) == 1 ? 1 / <f64> count : 0;
}

/** The first two numbers in float64. */
@inline function low<T>(x: v128): v128 {
  return sizeof<T>() == 8 ? x : f64x2.promote_low_f32x4(x);
}

/** The other two, where there are four. */
@inline function high<T>(x: v128): v128 {
  return sizeof<T>() == 8
    ? x
    : f64x2.promote_low_f32x4(v128.shuffle<f64>(x, x, 1, 0));
}

/** A row of means, from those of the rows at `x` that are inside the image. */
@inline function means<T>(
  x: usize, height: usize, width: usize, v: usize, t: usize, cols: usize,
  count: f64, part: f64, y: usize,
): void {
  const size = sizeof<T>(), zero = f64x2.splat(0);
  for (const end = y + cols * size; y < end; y += 16) {
    let a = zero, b = zero;
    for (let row: usize = 0; row < height; row++) {
      let at = x + row * width * size;
      const last = at + v * size;
      if (t == 2) {
        // Most windows have one pair of columns, which needs no loop.
        for (;;) {
          const u = v128.load(at), w = v128.load(at, 16);
          const first = even<T>(u, w);
          a = f64x2.add(a, low<T>(first));
          if (sizeof<T>() == 4) b = f64x2.add(b, high<T>(first));
          if (v == 2 || at + size < last) {
            const second = odd<T>(u, w);
            a = f64x2.add(a, low<T>(second));
            if (sizeof<T>() == 4) b = f64x2.add(b, high<T>(second));
          }
          if (v == 2) break;
          at += 2 * size;
          if (at >= last) break;
        }
      } else {
        for (; at < last; at += size) {
          const next = every<T>(at, t);
          a = f64x2.add(a, low<T>(next));
          if (sizeof<T>() == 4) b = f64x2.add(b, high<T>(next));
        }
      }
    }
    v128.store(y, mean<T>(a, b, count, part));
    x += lanes<T>() * t * size;
  }
}

/** The mean of each window of some images. */
@inline function avg<T>(
  n: usize, h: usize, width: usize, r: usize, v: usize, s: usize, t: usize,
  p: usize, rows: usize, cols: usize, x: usize, y: usize,
): void {
  const size = sizeof<T>(), count = <f64> (r * v), part = partOf(r * v);
  for (let i: usize = 0; i < n; i++) {
    for (let a: usize = 0; a < rows; a++) {
      const top: usize = a * s > p ? a * s - p : 0, height = min(a * s + r - p, h) - top;
      const from = x + top * width * size;
      if (t == 1) means<T>(from, height, width, v, 1, cols, count, part, y);
      else if (t == 2 && v == 2) means<T>(from, height, width, 2, 2, cols, count, part, y);
      else if (t == 2) means<T>(from, height, width, v, 2, cols, count, part, y);
      else means<T>(from, height, width, v, t, cols, count, part, y);
      y += cols * size;
    }
    x += h * width * size;
  }
}

/** Adds up the windows of some rows in every t-th column, at most `most` windows for
 * each, in order, and divides the sums. */
@inline function shared<T>(
  dy: usize, height: usize, width: usize, most: usize, count: f64, part: f64,
): v128 {
  const size = sizeof<T>(), zero = f64x2.splat(0);
  let a = zero, b = zero;
  for (let row: usize = 0; row < height; row++) {
    let at = dy + row * width * size;
    for (const last = at + most * size; at < last; at += size) {
      const next = v128.load(at);
      a = f64x2.add(a, low<T>(next));
      if (sizeof<T>() == 4) b = f64x2.add(b, high<T>(next));
    }
  }
  return mean<T>(a, b, count, part);
}

/** The largest number of windows that share a column `phase` after the beginning of
 * one. */
@inline function windowsOf(v: usize, t: usize, phase: usize): usize {
  return (v + t - 1 - phase) / t;
}

/** Spreads the gradient of each window equally over its elements. The rows of `dy` are
 * padded by `before` zeros, one for each window that overlaps a column besides its
 * own. */
@inline function avgDx<T>(
  n: usize, h: usize, l: usize, r: usize, v: usize, s: usize, t: usize, p: usize,
  q: usize, rows: usize, width: usize, before: usize, dy: usize, dx: usize,
): void {
  const size = sizeof<T>(), count = <f64> (r * v), part = partOf(r * v);
  const isPair = t == 2 && q % 2 == 0, vector = lanes<T>();
  for (let i: usize = 0; i < n; i++) {
    for (let y: usize = 0; y < h; y++) {
      const low: usize = y + p + 1 > r ? (y + p - r + s) / s : 0;
      const high = min((y + p) / s + 1, rows), height: usize = high > low ? high - low : 0;
      const from = dy + (low * width + before) * size;
      if (isPair) {
        const first = windowsOf(v, 2, 0), second = windowsOf(v, 2, 1);
        let j = q / 2;
        for (let x: usize = 0; x < l; x += 2 * vector, j += vector) {
          const at = from + (j + 1) * size, to = dx + x * size;
          const a = shared<T>(at - first * size, height, width, first, count, part);
          const b = first == second
            ? a
            : shared<T>(at - second * size, height, width, second, count, part);
          if (size == 4) {
            v128.store(to, v128.shuffle<f32>(a, b, 0, 4, 1, 5));
            v128.store(to, v128.shuffle<f32>(a, b, 2, 6, 3, 7), 16);
          } else {
            v128.store(to, v128.shuffle<f64>(a, b, 0, 2));
            v128.store(to, v128.shuffle<f64>(a, b, 1, 3), 16);
          }
        }
      } else {
        for (let phase: usize = 0; phase < t; phase++) {
          const most = windowsOf(v, t, phase);
          let j: usize = phase < q ? (q - phase + t - 1) / t : 0;
          for (
            let x = j * t + phase - q;
            x < l;
            x += vector * t, j += vector
          ) {
            const at = from + (j + 1 - most) * size;
            const sum = shared<T>(at, height, width, most, count, part);
            const to = dx + x * size, d = t * size;
            if (t == 1) v128.store(to, sum);
            else if (size == 8) {
              v128.store64_lane(to, sum, 0);
              v128.store64_lane(to + d, sum, 1);
            } else {
              v128.store32_lane(to, sum, 0);
              v128.store32_lane(to + d, sum, 1);
              v128.store32_lane(to + 2 * d, sum, 2);
              v128.store32_lane(to + 3 * d, sum, 3);
            }
          }
        }
      }
      dx += l * size;
    }
    dy += rows * width * size;
  }
}

/** Copies lines of `count` numbers into lines of `width`, `before` numbers from their
 * start, and fills the rest with `value`. */
@inline function pad<T>(
  from: usize, count: usize, lines: usize, to: usize, width: usize, before: usize,
  value: T,
): void {
  const size = sizeof<T>();
  for (const last = from + lines * count * size; from < last;) {
    for (const end = to + before * size; to < end; to += size) {
      store<T>(to, value);
    }
    let at: usize = 0;
    for (; at + 16 <= count * size; at += 16) {
      v128.store(to + at, v128.load(from + at));
    }
    for (; at < count * size; at += size) store<T>(to + at, load<T>(from + at));
    from += at;
    to += at;
    for (
      const end = to + (width - before - count) * size;
      to < end;
      to += size
    ) {
      store<T>(to, value);
    }
  }
}

export function max32(
  n: usize, h: usize, width: usize, r: usize, v: usize, s: usize, t: usize,
  p: usize, rows: usize, cols: usize, x: usize, lines: usize, y: usize,
): void {
  max<f32>(
    n, h, width, r, v, s, t, p, rows, cols, x, lines, y,
  );
}

export function max64(
  n: usize, h: usize, width: usize, r: usize, v: usize, s: usize, t: usize,
  p: usize, rows: usize, cols: usize, x: usize, lines: usize, y: usize,
): void {
  max<f64>(
    n, h, width, r, v, s, t, p, rows, cols, x, lines, y,
  );
}

export function maxDx32(
  n: usize, h: usize, l: usize, width: usize, r: usize, v: usize, s: usize,
  t: usize, p: usize, q: usize, rows: usize, cols: usize, x: usize, lines: usize,
  dy: usize, dx: usize, sums: usize,
): void {
  maxDx<f32, i32>(
    n, h, l, width, r, v, s, t, p, q, rows, cols, x, lines, dy, dx, sums,
  );
}

export function maxDx64(
  n: usize, h: usize, l: usize, width: usize, r: usize, v: usize, s: usize,
  t: usize, p: usize, q: usize, rows: usize, cols: usize, x: usize, lines: usize,
  dy: usize, dx: usize, sums: usize,
): void {
  maxDx<f64, i64>(
    n, h, l, width, r, v, s, t, p, q, rows, cols, x, lines, dy, dx, sums,
  );
}

export function avg32(
  n: usize, h: usize, width: usize, r: usize, v: usize, s: usize, t: usize,
  p: usize, rows: usize, cols: usize, x: usize, y: usize,
): void {
  avg<f32>(
    n, h, width, r, v, s, t, p, rows, cols, x, y,
  );
}

export function avg64(
  n: usize, h: usize, width: usize, r: usize, v: usize, s: usize, t: usize,
  p: usize, rows: usize, cols: usize, x: usize, y: usize,
): void {
  avg<f64>(
    n, h, width, r, v, s, t, p, rows, cols, x, y,
  );
}

export function avgDx32(
  n: usize, h: usize, l: usize, r: usize, v: usize, s: usize, t: usize, p: usize,
  q: usize, rows: usize, width: usize, before: usize, dy: usize, dx: usize,
): void {
  avgDx<f32>(
    n, h, l, r, v, s, t, p, q, rows, width, before, dy, dx,
  );
}

export function avgDx64(
  n: usize, h: usize, l: usize, r: usize, v: usize, s: usize, t: usize, p: usize,
  q: usize, rows: usize, width: usize, before: usize, dy: usize, dx: usize,
): void {
  avgDx<f64>(
    n, h, l, r, v, s, t, p, q, rows, width, before, dy, dx,
  );
}

export function pad32(
  from: usize, count: usize, lines: usize, to: usize, width: usize,
  before: usize, value: f32,
): void {
  pad<f32>(
    from, count, lines, to, width, before, value,
  );
}

export function pad64(
  from: usize, count: usize, lines: usize, to: usize, width: usize,
  before: usize, value: f64,
): void {
  pad<f64>(
    from, count, lines, to, width, before, value,
  );
}
