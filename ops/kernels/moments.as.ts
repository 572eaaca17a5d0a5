// Copyright 2026 the Adjoint authors. MIT license.

// The kernels of means and squares, in AssemblyScript. The page that explains them is
// `moments.ts`; `deno task wasm` compiles them into `_moments_wasm.ts`. Addresses and
// `step` are in bytes, everything else in numbers.
//
// `sums` has rows of float64 numbers, `step` bytes apart. The first four are what is
// subtracted from the numbers, what is subtracted then, the sums of what is left, and those
// of its squares. Where something is scaled, the second is what is added at the end, the
// third a factor of `y`, or of all, and the fourth a factor of `x`. The last two are sums
// of gradients, and of their products with `x`.

import { both, high, joined, low } from "./lanes.as";

/** Two numbers, as float64. */
@inline function pair<T>(x: usize): v128 {
  return sizeof<T>() == 4 ? low(v128.load64_zero(x)) : v128.load(x);
}

/** What is left of numbers. What float64 numbers are near to has two parts, as it would
 * be rounded in one. */
@inline function less<T>(x: v128, c: v128, q: v128): v128 {
  const d = f64x2.sub(x, c);
  return sizeof<T>() == 4 ? d : f64x2.sub(d, q);
}

/** The mean of `m` numbers less `c`. */
@inline function meanLess<T>(x: usize, m: usize, c: f64): f64 {
  const by = f64x2.splat(c);
  let a0 = f64x2.splat(0), a1 = a0, a2 = a0, a3 = a0, sum: f64 = 0;
  const end = x + m * sizeof<T>();
  for (const whole = x + (m & ~7) * sizeof<T>(); x < whole; x += 8 * sizeof<T>()) {
    a0 = f64x2.add(a0, f64x2.sub(pair<T>(x), by));
    a1 = f64x2.add(a1, f64x2.sub(pair<T>(x + 2 * sizeof<T>()), by));
    a2 = f64x2.add(a2, f64x2.sub(pair<T>(x + 4 * sizeof<T>()), by));
    a3 = f64x2.add(a3, f64x2.sub(pair<T>(x + 6 * sizeof<T>()), by));
  }
  for (; x < end; x += sizeof<T>()) sum += (load<T>(x) as f64) - c;
  return (sum + both(f64x2.add(f64x2.add(a0, a1), f64x2.add(a2, a3)))) / (m as f64);
}

/** Adds `n` rows of `m` numbers to the sums of each. In new rows it first finds what
 * their numbers are near to: their mean, or, as float64 has digits to spare for
 * float32 numbers, the first of them. */
@inline function sumRows<T>(x: usize, n: usize, m: usize, isNew: bool, sums: usize, step: usize): void {
  for (; n; n--, sums += 8) {
    if (isNew) {
      const c: f64 = sizeof<T>() == 4 ? load<T>(x) as f64 : meanLess<T>(x, m, 0);
      store<f64>(sums, c);
      store<f64>(sums + step, sizeof<T>() == 4 ? 0 : meanLess<T>(x, m, c));
      store<f64>(sums + 2 * step, 0);
      store<f64>(sums + 3 * step, 0);
    }
    const c = v128.load64_splat(sums), q = v128.load64_splat(sums + step);
    let r0 = f64x2.splat(0), r1 = r0, r2 = r0, r3 = r0, s0 = r0, s1 = r0, s2 = r0, s3 = r0;
    const end = x + m * sizeof<T>();
    for (const whole = x + (m & ~7) * sizeof<T>(); x < whole; x += 8 * sizeof<T>()) {
      const d0 = less<T>(pair<T>(x), c, q);
      const d1 = less<T>(pair<T>(x + 2 * sizeof<T>()), c, q);
      const d2 = less<T>(pair<T>(x + 4 * sizeof<T>()), c, q);
      const d3 = less<T>(pair<T>(x + 6 * sizeof<T>()), c, q);
      r0 = f64x2.add(r0, d0);
      r1 = f64x2.add(r1, d1);
      r2 = f64x2.add(r2, d2);
      r3 = f64x2.add(r3, d3);
      s0 = f64x2.add(s0, f64x2.mul(d0, d0));
      s1 = f64x2.add(s1, f64x2.mul(d1, d1));
      s2 = f64x2.add(s2, f64x2.mul(d2, d2));
      s3 = f64x2.add(s3, f64x2.mul(d3, d3));
    }
    for (; x + sizeof<T>() < end; x += 2 * sizeof<T>()) {
      const d = less<T>(pair<T>(x), c, q);
      r0 = f64x2.add(r0, d);
      s0 = f64x2.add(s0, f64x2.mul(d, d));
    }
    let r = both(f64x2.add(f64x2.add(r0, r1), f64x2.add(r2, r3)));
    let s = both(f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3)));
    if (x < end) {
      const d = f64x2.extract_lane(less<T>(f64x2.splat(load<T>(x) as f64), c, q), 0);
      r += d;
      s += d * d;
      x = end;
    }
    store<f64>(sums + 2 * step, load<f64>(sums + 2 * step) + r);
    store<f64>(sums + 3 * step, load<f64>(sums + 3 * step) + s);
  }
}

/** Adds `m` rows of `p` numbers to the sums of each column. */
@inline function sumColumns<T>(x: usize, m: usize, p: usize, sums: usize, step: usize): void {
  const row = p * sizeof<T>();
  let k: usize = 0;
  for (; k + 3 < p; k += 4, sums += 32) {
    const c0 = v128.load(sums), c1 = v128.load(sums, 16);
    const q0 = v128.load(sums + step), q1 = v128.load(sums + step, 16);
    let r0 = v128.load(sums + 2 * step), r1 = v128.load(sums + 2 * step, 16);
    let s0 = v128.load(sums + 3 * step), s1 = v128.load(sums + 3 * step, 16);
    let at = x + k * sizeof<T>();
    for (let j = m; j; j--, at += row) {
      let a: v128, b: v128;
      if (sizeof<T>() == 4) {
        const v = v128.load(at);
        a = low(v);
        b = high(v);
      } else {
        a = v128.load(at);
        b = v128.load(at, 16);
      }
      const d0 = less<T>(a, c0, q0), d1 = less<T>(b, c1, q1);
      r0 = f64x2.add(r0, d0);
      r1 = f64x2.add(r1, d1);
      s0 = f64x2.add(s0, f64x2.mul(d0, d0));
      s1 = f64x2.add(s1, f64x2.mul(d1, d1));
    }
    v128.store(sums + 2 * step, r0);
    v128.store(sums + 2 * step, r1, 16);
    v128.store(sums + 3 * step, s0);
    v128.store(sums + 3 * step, s1, 16);
  }
  for (; k < p; k++, sums += 8) {
    const c = load<f64>(sums), q = load<f64>(sums + step);
    let r = load<f64>(sums + 2 * step), s = load<f64>(sums + 3 * step);
    let at = x + k * sizeof<T>();
    for (let j = m; j; j--, at += row) {
      const d = (load<T>(at) as f64) - c - q;
      r += d;
      s += d * d;
    }
    store<f64>(sums + 2 * step, r);
    store<f64>(sums + 3 * step, s);
  }
}

/** One number of each lane, scaled, then by the column. */
@inline function scaled(x: v128, c: v128, q: v128, f: v128, g: v128, b: v128): v128 {
  return f64x2.add(f64x2.mul(g, f64x2.mul(f64x2.sub(f64x2.sub(x, c), q), f)), b);
}

/** Writes γ (((x − c) − q) f) + β to `z` for `n` rows of `m` numbers, where the third
 * row of `sums` has a factor f for each. */
@inline function scaleRows<T>(
  x: usize, z: usize, n: usize, m: usize, sums: usize, step: usize, gamma: usize, beta: usize,
): void {
  for (; n; n--, sums += 8) {
    const c = v128.load64_splat(sums), q = v128.load64_splat(sums + step);
    const f = v128.load64_splat(sums + 2 * step);
    const end = x + m * sizeof<T>(), whole = x + (m & ~(16 / sizeof<T>() - 1)) * sizeof<T>();
    let g = gamma, b = beta;
    for (; x < whole; x += 16, z += 16, g += 16, b += 16) {
      const v = v128.load(x), scale = v128.load(g), shift = v128.load(b);
      v128.store(
        z,
        sizeof<T>() == 4
          ? joined(
            scaled(low(v), c, q, f, low(scale), low(shift)),
            scaled(high(v), c, q, f, high(scale), high(shift)),
          )
          : scaled(v, c, q, f, scale, shift),
      );
    }
    for (; x < end; x += sizeof<T>(), z += sizeof<T>(), g += sizeof<T>(), b += sizeof<T>()) {
      const v = scaled(
        f64x2.splat(load<T>(x) as f64), c, q, f,
        f64x2.splat(load<T>(g) as f64), f64x2.splat(load<T>(b) as f64),
      );
      store<T>(z, f64x2.extract_lane(v, 0) as T);
    }
  }
}

/** Adds numbers to those in memory. */
@inline function addTo(at: usize, v: v128): void { v128.store(at, f64x2.add(v128.load(at), v)); }

@inline function addOne(at: usize, v: f64): void { store<f64>(at, load<f64>(at) + v); }

/**
 * Writes to the last two sums, for `n` rows of `m` numbers, Σ y and Σ y (x − c). Or, if
 * there are columns: Σ γ y and Σ γ y u with u = (x − c) f + h, while Σ y u of each column
 * is added to as many numbers at `columns`, and Σ y to those behind them.
 */
@inline function dotRows(
  x: usize, y: usize, n: usize, m: usize, sums: usize, step: usize, hasColumns: bool, gamma: usize, columns: usize,
): void {
  for (; n; n--, sums += 8) {
    const c = v128.load64_splat(sums), h = v128.load64_splat(sums + step);
    const f = v128.load64_splat(sums + 2 * step);
    let s0 = f64x2.splat(0), s1 = s0, t0 = s0, t1 = s0, s: f64 = 0, t: f64 = 0;
    let g = gamma, a = columns, b = columns + 8 * m;
    const end = x + m * 4;
    for (const whole = x + (m & ~3) * 4; x < whole; x += 16, y += 16) {
      const v = v128.load(x), w = v128.load(y), y0 = low(w), y1 = high(w);
      const d0 = f64x2.sub(low(v), c), d1 = f64x2.sub(high(v), c);
      if (hasColumns) {
        const u0 = f64x2.add(f64x2.mul(d0, f), h), u1 = f64x2.add(f64x2.mul(d1, f), h);
        addTo(a, f64x2.mul(y0, u0));
        addTo(a + 16, f64x2.mul(y1, u1));
        addTo(b, y0);
        addTo(b + 16, y1);
        const k = v128.load(g), g0 = f64x2.mul(low(k), y0), g1 = f64x2.mul(high(k), y1);
        s0 = f64x2.add(s0, g0);
        s1 = f64x2.add(s1, g1);
        t0 = f64x2.add(t0, f64x2.mul(g0, u0));
        t1 = f64x2.add(t1, f64x2.mul(g1, u1));
        g += 16;
        a += 32;
        b += 32;
      } else {
        s0 = f64x2.add(s0, y0);
        s1 = f64x2.add(s1, y1);
        t0 = f64x2.add(t0, f64x2.mul(y0, d0));
        t1 = f64x2.add(t1, f64x2.mul(y1, d1));
      }
    }
    for (; x < end; x += 4, y += 4) {
      const w = load<f32>(y) as f64;
      let u = load<f32>(x) as f64 - load<f64>(sums), v = w;
      if (hasColumns) {
        u = u * load<f64>(sums + 2 * step) + load<f64>(sums + step);
        addOne(a, w * u);
        addOne(b, w);
        v *= load<f32>(g) as f64;
        g += 4;
        a += 8;
        b += 8;
      }
      s += v;
      t += v * u;
    }
    store<f64>(sums + 4 * step, s + both(f64x2.add(s0, s1)));
    store<f64>(sums + 5 * step, t + both(f64x2.add(t0, t1)));
  }
}

export function dotRows32(x: usize, y: usize, n: usize, m: usize, sums: usize, step: usize): void {
  dotRows(x, y, n, m, sums, step, false, 0, 0);
}

export function dotRowsD32(
  x: usize, y: usize, n: usize, m: usize, sums: usize, step: usize, gamma: usize, columns: usize,
): void {
  dotRows(x, y, n, m, sums, step, true, gamma, columns);
}

/** Adds Σ y and Σ y (x − c) of each column of `m` rows of `p` numbers to the last two sums. */
export function dotColumns32(x: usize, y: usize, m: usize, p: usize, sums: usize, step: usize): void {
  const row = p * 4;
  let k: usize = 0;
  for (; k + 3 < p; k += 4, sums += 32, x += 16, y += 16) {
    const c0 = v128.load(sums), c1 = v128.load(sums, 16);
    let s0 = v128.load(sums + 4 * step), s1 = v128.load(sums + 4 * step, 16);
    let t0 = v128.load(sums + 5 * step), t1 = v128.load(sums + 5 * step, 16);
    let at = x, by = y;
    for (let j = m; j; j--, at += row, by += row) {
      const v = v128.load(at), w = v128.load(by), y0 = low(w), y1 = high(w);
      s0 = f64x2.add(s0, y0);
      s1 = f64x2.add(s1, y1);
      t0 = f64x2.add(t0, f64x2.mul(y0, f64x2.sub(low(v), c0)));
      t1 = f64x2.add(t1, f64x2.mul(y1, f64x2.sub(high(v), c1)));
    }
    v128.store(sums + 4 * step, s0);
    v128.store(sums + 4 * step, s1, 16);
    v128.store(sums + 5 * step, t0);
    v128.store(sums + 5 * step, t1, 16);
  }
  for (; k < p; k++, sums += 8, x += 4, y += 4) {
    let at = x, by = y;
    for (let j = m; j; j--, at += row, by += row) {
      const w = load<f32>(by) as f64;
      addOne(sums + 4 * step, w);
      addOne(sums + 5 * step, w * (load<f32>(at) as f64 - load<f64>(sums)));
    }
  }
}

/** (x − c) p + q */
@inline function linear(x: v128, c: v128, p: v128, q: v128): v128 {
  return f64x2.add(f64x2.mul(f64x2.sub(x, c), p), q);
}

/** One number of the same, with γ y f, if there is a y. */
@inline function mixedOne(x: usize, y: usize, g: usize, sums: usize, step: usize, hasY: bool, hasGamma: bool): f32 {
  let z = (load<f32>(x) as f64 - load<f64>(sums)) * load<f64>(sums + 3 * step) + load<f64>(sums + step);
  if (hasY) {
    let v = load<f32>(y) as f64;
    if (hasGamma) v *= load<f32>(g) as f64;
    z += v * load<f64>(sums + 2 * step);
  }
  return z as f32;
}

/** Writes γ y f + ((x − c) p + q) to `z` for `n` rows of `m` numbers, where each row has its
 * c, q, f and p. */
@inline function mixRows(
  x: usize, y: usize, z: usize, n: usize, m: usize, sums: usize, step: usize, hasY: bool, hasGamma: bool, gamma: usize,
): void {
  for (; n; n--, sums += 8) {
    const c = v128.load64_splat(sums), q = v128.load64_splat(sums + step);
    const f = v128.load64_splat(sums + 2 * step), p = v128.load64_splat(sums + 3 * step);
    let g = gamma;
    const end = x + m * 4;
    for (const whole = x + (m & ~3) * 4; x < whole; x += 16, z += 16) {
      const v = v128.load(x);
      let a = linear(low(v), c, p, q), b = linear(high(v), c, p, q);
      if (hasY) {
        const w = v128.load(y);
        let y0 = low(w), y1 = high(w);
        if (hasGamma) {
          const k = v128.load(g);
          y0 = f64x2.mul(y0, low(k));
          y1 = f64x2.mul(y1, high(k));
          g += 16;
        }
        a = f64x2.add(a, f64x2.mul(y0, f));
        b = f64x2.add(b, f64x2.mul(y1, f));
        y += 16;
      }
      v128.store(z, joined(a, b));
    }
    for (; x < end; x += 4, y += 4, z += 4, g += 4) {
      store<f32>(z, mixedOne(x, y, g, sums, step, hasY, hasGamma));
    }
  }
}

export function mixRows32(x: usize, y: usize, z: usize, n: usize, m: usize, sums: usize, step: usize): void {
  if (y) mixRows(x, y, z, n, m, sums, step, true, false, 0);
  else mixRows(x, 0, z, n, m, sums, step, false, false, 0);
}

export function mixRowsD32(
  x: usize, y: usize, z: usize, n: usize, m: usize, sums: usize, step: usize, gamma: usize,
): void {
  mixRows(x, y, z, n, m, sums, step, true, true, gamma);
}

/** The same, without γ, for `m` rows of `p` numbers, where each column has its numbers. */
@inline function mixColumns(
  x: usize, y: usize, z: usize, m: usize, p: usize, sums: usize, step: usize, hasY: bool,
): void {
  const row = p * 4;
  let k: usize = 0;
  for (; k + 3 < p; k += 4, sums += 32, x += 16, y += 16, z += 16) {
    const c0 = v128.load(sums), c1 = v128.load(sums, 16);
    const q0 = v128.load(sums + step), q1 = v128.load(sums + step, 16);
    const f0 = v128.load(sums + 2 * step), f1 = v128.load(sums + 2 * step, 16);
    const p0 = v128.load(sums + 3 * step), p1 = v128.load(sums + 3 * step, 16);
    for (let j: usize = 0; j < m * row; j += row) {
      const v = v128.load(x + j);
      let a = linear(low(v), c0, p0, q0), b = linear(high(v), c1, p1, q1);
      if (hasY) {
        const w = v128.load(y + j);
        a = f64x2.add(a, f64x2.mul(low(w), f0));
        b = f64x2.add(b, f64x2.mul(high(w), f1));
      }
      v128.store(z + j, joined(a, b));
    }
  }
  for (; k < p; k++, sums += 8, x += 4, y += 4, z += 4) {
    for (let j: usize = 0; j < m * row; j += row) {
      store<f32>(z + j, mixedOne(x + j, y + j, 0, sums, step, hasY, false));
    }
  }
}

export function mixColumns32(x: usize, y: usize, z: usize, m: usize, p: usize, sums: usize, step: usize): void {
  if (y) mixColumns(x, y, z, m, p, sums, step, true);
  else mixColumns(x, 0, z, m, p, sums, step, false);
}

export function sumRows32(x: usize, n: usize, m: usize, isNew: bool, sums: usize, step: usize): void {
  sumRows<f32>(x, n, m, isNew, sums, step);
}

export function sumRows64(x: usize, n: usize, m: usize, isNew: bool, sums: usize, step: usize): void {
  sumRows<f64>(x, n, m, isNew, sums, step);
}

export function sumColumns32(x: usize, m: usize, p: usize, sums: usize, step: usize): void {
  sumColumns<f32>(x, m, p, sums, step);
}

export function sumColumns64(x: usize, m: usize, p: usize, sums: usize, step: usize): void {
  sumColumns<f64>(x, m, p, sums, step);
}

export function scaleRows32(x: usize, z: usize, n: usize, m: usize, sums: usize, step: usize, gamma: usize, beta: usize): void {
  scaleRows<f32>(x, z, n, m, sums, step, gamma, beta);
}

export function scaleRows64(x: usize, z: usize, n: usize, m: usize, sums: usize, step: usize, gamma: usize, beta: usize): void {
  scaleRows<f64>(x, z, n, m, sums, step, gamma, beta);
}
