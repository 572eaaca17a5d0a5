// Copyright 2026 the Adjoint authors. MIT license.

// Elementary functions of four float32 numbers at a time, in AssemblyScript. The
// page that derives them is `elementary.ts`; `deno task wasm` compiles them into
// `_elementary_wasm.ts`. Addresses are in bytes, everything else in numbers.

import { both, high, joined, low } from "./lanes.as";
import {
  EXP_0, EXP_1, EXP_2, EXP_3, EXP_4,
  EXPM1_0, EXPM1_1, EXPM1_2, EXPM1_3, EXPM1_4,
  EXP64_0, EXP64_1, EXP64_2, EXP64_3, EXP64_4, EXP64_5, EXP64_6, EXP64_7, EXP64_8, EXP64_9,
  EXP2_0, EXP2_1, EXP2_2, EXP2_3, EXP2_4, EXP2_5, EXP2_6,
  LOG2_0, LOG2_1, LOG2_2, LOG2_3, LOG2_4,
  LOG_0, LOG_1, LOG_2, LOG_3, LOG_4, LOG_5, LOG_6, LOG_7, LOG_8,
  TAIL_0, TAIL_1, TAIL_2, TAIL_3, TAIL_4, TAIL_5, TAIL_6, TAIL_7, TAIL_8, TAIL_9,
} from "./coefficients.as";

// Short names: every line here is arithmetic.
@inline function all(x: f32): v128 { return f32x4.splat(x); }
@inline function add(a: v128, b: v128): v128 { return f32x4.add(a, b); }
@inline function sub(a: v128, b: v128): v128 { return f32x4.sub(a, b); }
@inline function mul(a: v128, b: v128): v128 { return f32x4.mul(a, b); }
@inline function div(a: v128, b: v128): v128 { return f32x4.div(a, b); }
@inline function neg(a: v128): v128 { return f32x4.neg(a); }
@inline function abs(a: v128): v128 { return f32x4.abs(a); }
@inline function lt(a: v128, b: v128): v128 { return f32x4.lt(a, b); }
@inline function pick(mask: v128, a: v128, b: v128): v128 { return v128.bitselect(a, b, mask); }
/** x, but at most, or at least, the limit; NaN where x is NaN. */
@inline function most(x: v128, limit: f32): v128 { return f32x4.pmin(x, all(limit)); }
@inline function least(x: v128, limit: f32): v128 { return f32x4.pmax(x, all(limit)); }
/** p x + c, a step of a polynomial. */
@inline function step(p: v128, x: v128, c: f32): v128 { return add(mul(p, x), all(c)); }
/** c + d x + e x² + f x³, where s is x². The sums of two terms wait for nothing, and so
 * take less time than one step after the other. */
@inline function cubic(x: v128, s: v128, c: f32, d: f32, e: f32, f: f32): v128 {
  return add(step(all(d), x, c), mul(step(all(f), x, e), s));
}
/** The magnitude of a with the sign of b. */
@inline function signed(a: v128, b: v128): v128 {
  return v128.or(a, v128.and(b, i32x4.splat(0x80000000)));
}

/** ln 2 in two parts. The first has 9 bits, so its product with an exponent is exact. */
const LN2: f32 = 0.693359375;
const LN2_REST: f32 = -0.00021219444;
const LOG2E: f32 = 1.44269504;

// The exponential has three parts: the power of 2, the factor beside it, and their
// product.

/** 2^23 + 2^22 + 254. A sum with it is rounded to an integer in the lowest bits, plus
 * twice the bias of an exponent. */
const ROUND: f32 = 12583166;

@inline function power2(x: v128): v128 { return add(mul(x, all(LOG2E)), all(ROUND)); }

/** The upper half of the digits, whose square is exact. */
@inline function upper(x: v128): v128 { return v128.and(x, i32x4.splat(0xfffff000)); }

/** exp(r) − 1 − r for small r. */
@inline function beyond(r: v128): v128 {
  const s = mul(r, r);
  const q = add(step(all(EXP_3), r, EXP_2), mul(all(EXP_4), s));
  return mul(add(step(all(EXP_1), r, EXP_0), mul(q, s)), s);
}

/** The same but for r² ∕ 2, where s is r². */
@inline function beyondSquare(r: v128, s: v128): v128 {
  const q = add(step(all(EXPM1_3), r, EXPM1_2), mul(all(EXPM1_4), s));
  return mul(mul(s, r), add(step(all(EXPM1_1), r, EXPM1_0), mul(q, s)));
}

/** exp(a − b) − 1 for small a and b, and r = a − b. The rounding of r matters only in
 * the terms from r² on. */
@inline function short(a: v128, b: v128, r: v128): v128 { return add(a, sub(beyond(r), b)); }

/** c + a + b, where c is 0 or no less than a, and b is small: what the first sum loses is
 * part of the second. */
@inline function three(c: v128, a: v128, b: v128): v128 {
  const sum = add(c, a);
  return add(sum, add(sub(a, sub(sum, c)), b));
}

/** exp(x) ∕ 2ⁿ, as near as a float32 can be but for a tenth of a unit. */
@inline function factor(x: v128, t: v128): v128 {
  const n = sub(t, all(ROUND));
  const a = sub(x, mul(n, all(LN2))), b = mul(n, all(LN2_REST));
  return three(all(1), a, sub(beyond(sub(a, b)), b));
}

/** The same, less exact, in less time. */
@inline function quickFactor(x: v128, t: v128): v128 {
  const n = sub(t, all(ROUND));
  const a = sub(x, mul(n, all(LN2))), b = mul(n, all(LN2_REST));
  return add(short(a, b, sub(a, b)), all(1));
}

/** exp(x + y) ∕ 2ⁿ where y is small. */
@inline function factorOfSum(x: v128, y: v128, t: v128): v128 {
  const n = sub(t, all(ROUND));
  const a = sub(x, mul(n, all(LN2))), b = sub(mul(n, all(LN2_REST)), y);
  return add(short(a, b, sub(a, b)), all(1));
}

/** m exp(x) ∕ 2ⁿ + c − m, where m is a power of 2. */
@inline function less(x: v128, t: v128, m: v128, c: v128): v128 {
  const n = sub(t, all(ROUND));
  const a = sub(x, mul(n, all(LN2))), b = mul(n, all(LN2_REST)), r = sub(a, b);
  // The square is the larger part of what follows a. So it has two parts, one of them exact.
  const h = upper(r), rest = mul(add(r, h), sub(r, h));
  const d = add(mul(rest, all(0.5)), sub(beyondSquare(r, mul(r, r)), b));
  const k = mul(m, a), l = mul(m, mul(mul(h, h), all(0.5))), e = add(c, k), f = add(e, l);
  return add(f, add(add(sub(k, sub(e, c)), sub(l, sub(f, e))), mul(m, d)));
}

/** p 2ⁿ, in two steps because n may exceed the largest exponent. */
@inline function scale(p: v128, t: v128): v128 {
  const h = i32x4.shr_u(t, 1);
  return mul(mul(p, i32x4.shl(h, 23)), i32x4.shl(i32x4.sub(t, h), 23));
}

@inline function expOf(x: v128): v128 {
  x = least(most(x, 89), -104);
  const t = power2(x);
  return scale(factor(x, t), t);
}

/** exp(−|x|). */
@inline function fall(x: v128): v128 {
  x = least(neg(abs(x)), -104);
  const t = power2(x);
  return scale(factor(x, t), t);
}

@inline function expm1Of(x: v128): v128 {
  const v = least(most(x, 89), -18);
  const t = power2(v);
  // Half of it until the end, because 2¹²⁸ overflows.
  const s = i32x4.shl(i32x4.sub(t, i32x4.splat(128)), 23);
  const y = less(v, t, s, sub(s, all(0.5)));
  return pick(lt(abs(x), all(1e-10)), x, add(y, y));
}

/** 2⁻³⁴ */
const DOWN_34: f32 = 5.820766091346741e-11;

/** 2³⁴ σ(x), for x from −111.7, where it is 0, to 20, or that times y. Even the smallest
 * 2³⁴ σ(x) is an ordinary number. */
@inline function raisedLogistic(x: v128, y: v128, hasY: bool): v128 {
  const t = power2(x), n = sub(t, all(ROUND));
  const up = i32x4.shl(i32x4.sub(t, i32x4.splat(127 - 34)), 23);
  const w = mul(up, all(DOWN_34)), sum = add(w, all(1));
  const lost = sub(w, sub(sum, all(1)));
  const a = sub(mul(n, all(LN2)), x), b = mul(n, all(-LN2_REST));
  return div(hasY ? mul(up, y) : up, add(sum, short(a, sub(b, lost), sub(a, b))));
}

@inline function logisticOf(x: v128): v128 {
  return mul(raisedLogistic(least(most(x, 18), -104), x, false), all(DOWN_34));
}

@inline function tanhOf(x: v128): v128 {
  const v = mul(most(abs(x), 10), all(-2)), t = power2(v), n = sub(t, all(ROUND));
  const w = i32x4.shl(i32x4.sub(t, i32x4.splat(127)), 23), c = sub(all(1), w), d = add(all(1), w);
  const a = sub(mul(n, all(LN2)), v), b = mul(n, all(-LN2_REST)), r = sub(a, b), s = mul(r, r);
  const g = add(mul(s, all(0.5)), sub(beyondSquare(r, s), b));
  // exp(−r) − 2ⁿ and exp(−r) + 2ⁿ, each with what is lost where it is rounded
  const e = add(c, a), h = add(sub(a, sub(e, c)), g), y = add(e, h);
  const f = add(d, a), k = add(sub(a, sub(f, d)), g), z = add(f, k);
  // Where c and d are rounded, too, the quotient is as good as 1.
  const lost = sub(sub(d, c), add(w, w));
  return signed(quotient(y, add(sub(h, sub(y, e)), lost), z, sub(k, sub(z, f))), x);
}

/** (y + g) ∕ (z + h), rounded once, where g and h are what the sums y and z lost. The quotient
 * is a number of 12 bits, whose product with the upper half of z is exact, and so is the
 * difference from y, plus a correction. */
@inline function quotient(y: v128, g: v128, z: v128, h: v128): v128 {
  const r = div(all(1), z), q = upper(mul(y, r)), c = upper(z);
  const left = sub(sub(y, mul(q, c)), sub(mul(q, add(sub(z, c), h)), g));
  return add(q, mul(left, r));
}

/** log(2^k (1 + f)), plus y. */
@inline function logSum(k: v128, f: v128, y: v128, hasY: bool): v128 {
  const s = mul(f, f), s2 = mul(s, s);
  const q = add(cubic(f, s, LOG_4, LOG_5, LOG_6, LOG_7), mul(all(LOG_8), s2));
  const p = add(cubic(f, s, LOG_0, LOG_1, LOG_2, LOG_3), mul(q, s2));
  const a = mul(k, all(LN2)), sum = add(a, f);
  const lost = add(sub(f, sub(sum, a)), mul(k, all(LN2_REST)));
  const rest = add(lost, sub(mul(mul(s, f), p), mul(s, all(0.5))));
  if (!hasY) return add(sum, rest);
  // Either of the two may be larger.
  const total = add(sum, y), b = sub(total, sum);
  return add(total, add(add(sub(sum, sub(total, b)), sub(y, b)), rest));
}

/** The bits of √½. */
const ROOT: i32 = 0x3f3504f3;

@inline function logOf(x: v128): v128 {
  const tiny = lt(x, all(1.17549435e-38));
  const v = pick(tiny, mul(x, all(8388608)), x);
  const k = i32x4.shr_s(i32x4.sub(v, i32x4.splat(ROOT)), 23);
  const f = sub(i32x4.sub(v, i32x4.shl(k, 23)), all(1));
  const n = sub(f32x4.convert_i32x4_s(k), v128.and(tiny, all(23)));
  const y = pick(lt(x, all(Infinity)), logSum(n, f, x, false), x); // ∞ and NaN
  return pick(lt(x, all(0)), all(NaN), pick(f32x4.eq(x, all(0)), all(-Infinity), y));
}

/** y + log(1 + a) for a between 0 and 1. */
@inline function logOfSum(a: v128, y: v128, hasY: bool): v128 {
  const isNear = lt(a, all(0.41421356));
  const f = pick(isNear, a, mul(sub(a, all(1)), all(0.5)));
  return logSum(v128.andnot(all(1), isNear), f, y, hasY);
}

@inline function softplusOf(x: v128): v128 {
  return pick(lt(x, all(30)), logOfSum(fall(x), f32x4.pmax(all(0), x), true), x);
}

/** Φ(−t) exp(t² ∕ 2) for t ≥ 0. */
@inline function tail(t: v128): v128 {
  const r = div(all(1), add(t, all(4))), s = mul(sub(t, all(4)), r);
  const s2 = mul(s, s), s4 = mul(s2, s2);
  const p = add(cubic(s, s2, TAIL_4, TAIL_5, TAIL_6, TAIL_7), mul(step(all(TAIL_9), s, TAIL_8), s4));
  return mul(add(cubic(s, s2, TAIL_0, TAIL_1, TAIL_2, TAIL_3), mul(p, s4)), r);
}

// Products with an exponential that may itself overflow or underflow: its power of 2 is
// applied in three steps, two of them to one factor and one to the other, so that neither
// overflows, or loses digits, unless the product does.

/** 2^23 + 2^22 + 127. */
const ROUND_THIRD: f32 = 12583039;

/** The exponent at which 2ⁿ becomes 0 in these steps, and the least and the largest one
 * between 0 and ∞. */
const NOTHING: f32 = -264.09;
const LITTLE: f32 = -261.5;
const MUCH: f32 = 262;

/** b 2ⁿ q, and b 0 q where `isZero`: 0 times ∞ is NaN, so an exponential is 0 only where that
 * of the loop is, which is float64. */
@inline function powered(q: v128, b: v128, t: v128, isZero: v128): v128 {
  const third = add(mul(sub(t, all(ROUND)), all(0.33333333)), all(ROUND_THIRD));
  const s = i32x4.shl(third, 23);
  const rest = i32x4.sub(i32x4.sub(t, third), third);
  const last = i32x4.shl(i32x4.add(rest, i32x4.splat(127)), 23);
  return mul(mul(mul(b, v128.andnot(last, isZero)), s), mul(q, s));
}

/** Where exp(x) is 0 and ∞ in float64. */
const ZERO: f32 = -745.1332;
const INFINITE: f32 = 709.7827;

/** Where other slopes are 0 there: of tanh, SiLU, GELU, and of its approximation. */
const ZERO_COSH: f32 = 710.4758;
const ZERO_SILU: f32 = 751.75;
const ZERO_GELU: f32 = 38.67;
const ZERO_GELU_TANH: f32 = 752.8;

/** Where exp(−u) is 0 in float64, or a function that falls as fast. */
@inline function isZero(u: v128, from: f32): v128 { return lt(all(from), u); }

/** −u, no less than what matters. */
@inline function below(u: v128): v128 { return least(neg(u), LITTLE); }

/** p 2ⁿ for n no larger than 0; 0 instead of what is no ordinary number. */
@inline function small(p: v128, t: v128): v128 {
  const n = i32x4.sub(least(t, ROUND - 127), i32x4.splat(127));
  return mul(p, i32x4.shl(n, 23));
}

/** From here on x σ(v) is computed as x − x σ(−v). */
const FAR: f32 = 0.7;

/** x σ(v), where v is x, or not far from it. */
@inline function weighted(x: v128, v: v128, isBent: bool): v128 {
  const isFar = lt(all(FAR), v), z = isBent ? pick(isFar, neg(v), v) : most(v, 18);
  const y = mul(raisedLogistic(least(z, -111.7), x, true), all(DOWN_34));
  return pick(lt(x, all(1e19)), isBent ? pick(isFar, sub(x, y), y) : y, x);
}

@inline function siluOf(x: v128): v128 { return weighted(x, x, false); }

@inline function geluOf(x: v128): v128 {
  const u = most(abs(x), 23), c = upper(u);
  const e = least(mul(mul(c, c), all(-0.5)), NOTHING), t = power2(e);
  const p = factorOfSum(e, mul(mul(sub(c, u), add(c, u)), all(0.5)), t);
  const isBelow = lt(x, all(0));
  const g = powered(mul(p, tail(u)), pick(isBelow, x, all(1)), t, all(0));
  return pick(isBelow, g, mul(x, sub(all(1), g)));
}

/** √(8 ∕ π), so that geluTanh is x σ(c (x + k x³)). */
const C: f32 = 1.5957691216057308;
const K: f32 = 0.044715;

@inline function geluTanhOf(x: v128): v128 {
  return weighted(x, mul(all(C), add(x, mul(mul(mul(x, x), x), all(K)))), true);
}

@inline function expD(x: v128, dy: v128): v128 {
  // 2ⁿ⁻¹ (2 p), as the second factor is then above 1, and the first does not overflow.
  const v = least(most(x, MUCH), LITTLE), t = power2(v), p = factor(v, t);
  const infinite = v128.and(lt(all(INFINITE), x), all(Infinity));
  return powered(f32x4.pmax(add(p, p), infinite), dy, sub(t, all(1)), lt(x, all(ZERO)));
}

@inline function logisticD(x: v128, dy: v128): v128 {
  const u = abs(x), v = below(u), t = power2(v), p = quickFactor(v, t), w = small(p, t);
  // What is lost where the sum is rounded is part of the square.
  const sum = add(w, all(1)), lost = sub(w, sub(sum, all(1)));
  const square = add(mul(sum, sum), mul(add(sum, sum), lost));
  return powered(div(p, square), dy, t, isZero(u, -ZERO));
}

/** 3 · 2¹⁰. A sum with it is rounded to a multiple of 2⁻¹². */
const ROUND_12: f32 = 3072;

@inline function tanhD(x: v128, dy: v128): v128 {
  const u = abs(x), v = least(mul(u, all(-2)), LITTLE), t = power2(v), n = sub(t, all(ROUND));
  const a = sub(mul(n, all(LN2)), v), b = mul(n, all(-LN2_REST)), w = small(all(1), t);
  const c = add(w, all(1)), e = add(c, a), k = add(sub(a, sub(e, c)), sub(beyond(sub(a, b)), b));
  const sum = add(e, k), h = div(all(1), sum), w2 = add(w, w);
  // d = 1 − tanh |x| is a multiple of 2⁻¹² and a rest, as in `quotient`.
  const d = sub(add(mul(w2, h), all(ROUND_12)), all(ROUND_12)), o = upper(sum);
  const left = sub(sub(w2, mul(d, o)), mul(d, add(sub(sum, o), sub(k, sub(sum, e)))));
  const rest = mul(left, h), y = sub(all(2), d);
  // 1 − tanh² x = d (2 − d), and of this product, too, the larger part is exact.
  const near = mul(add(mul(d, y), mul(rest, sub(sub(y, d), rest))), dy);
  const far = powered(mul(add(h, h), sub(y, rest)), dy, t, isZero(u, ZERO_COSH));
  return pick(lt(u, all(0.7)), near, far);
}

/** The largest number below ∞. */
const LARGEST: f32 = 3.4028234663852886e38;

/** dy (σ(f) + g σ(f) σ(−f)), where g has the sign of f; without g, dy σ(f). */
@inline function logisticSlope(f: v128, g: v128, dy: v128, zero: f32, hasG: bool): v128 {
  const u = abs(f), v = below(u), t = power2(v), n = sub(t, all(ROUND));
  const a = sub(mul(n, all(LN2)), v), b = mul(n, all(-LN2_REST)), w = small(all(1), t);
  const c = add(w, all(1)), e = add(c, a), k = add(sub(a, sub(e, c)), sub(beyond(sub(a, b)), b));
  const sum = add(e, k), h = div(all(1), sum), lost = mul(h, sub(k, sub(sum, e)));
  // The slopes at −|f| and at |f| add up to 1. This is the first, without 2ⁿ.
  const z = sub(h, mul(h, hasG ? add(mul(sub(all(1), mul(w, h)), abs(g)), lost) : lost));
  const finite = least(most(dy, LARGEST), -LARGEST); // no ∞ − ∞
  return pick(
    lt(f, all(0)),
    powered(z, dy, t, isZero(u, zero)),
    sub(dy, mul(finite, mul(w, z))),
  );
}

@inline function softplusD(x: v128, dy: v128): v128 {
  return logisticSlope(x, x, dy, -ZERO, false);
}

@inline function siluD(x: v128, dy: v128): v128 {
  return logisticSlope(x, x, dy, ZERO_SILU, true);
}

/** 1 ∕ √(2π) */
const DENSITY: f32 = 0.3989422804014327;

@inline function geluD(x: v128, dy: v128): v128 {
  const u = most(abs(x), 22.8), c = upper(u);
  const e = mul(mul(c, c), all(-0.5));
  const t = power2(e), p = factorOfSum(e, mul(mul(sub(c, u), add(c, u)), all(0.5)), t);
  const isBelow = lt(x, all(0));
  const slope = sub(tail(u), mul(abs(x), all(DENSITY)));
  const g = powered(mul(slope, p), pick(isBelow, dy, all(1)), t, isZero(abs(x), ZERO_GELU));
  return pick(isBelow, g, mul(dy, sub(all(1), g)));
}

@inline function geluTanhD(x: v128, dy: v128): v128 {
  const bent = mul(all(C), add(x, mul(mul(mul(x, x), x), all(K))));
  // Far out, only the NaN at ±∞ remains.
  const u = add(least(most(x, 100), -100), sub(x, x));
  const g = mul(mul(all(C), u), step(mul(u, u), all(3 * K), 1));
  return logisticSlope(bent, g, dy, ZERO_GELU_TANH, true);
}

@inline function sqrtD(x: v128, dy: v128): v128 {
  const y = f32x4.sqrt(x);
  return div(dy, add(y, y));
}

// The functions over arrays map `count` numbers at `x` to as many at `z`. They read up
// to three numbers past the end, and write none there.

/** Stores only the numbers that are left after the last four. */
@inline function storeRest(z: usize, v: v128, count: usize): void {
  if (count & 2) {
    v128.store64_lane(z, v, 0);
    if (count & 1) v128.store32_lane(z, v, 2, 8);
  } else if (count & 1) v128.store32_lane(z, v, 0);
}

const EXP = 0, EXPM1 = 1, LOG = 2, TANH = 3, LOGISTIC = 4, SOFTPLUS = 5, SQRT = 6, SILU = 7;
const GELU = 8, GELU_TANH = 9;

@inline function value(kind: i32, x: v128): v128 {
  if (kind == EXP) return expOf(x);
  if (kind == EXPM1) return expm1Of(x);
  if (kind == LOG) return logOf(x);
  if (kind == TANH) return tanhOf(x);
  if (kind == LOGISTIC) return logisticOf(x);
  if (kind == SOFTPLUS) return softplusOf(x);
  if (kind == SILU) return siluOf(x);
  if (kind == GELU) return geluOf(x);
  return geluTanhOf(x);
}

@inline function each(kind: i32, x: usize, z: usize, count: usize): void {
  const end = x + (count & ~3) * sizeof<f32>();
  // The loop itself takes less time, which counts if the function is short.
  if (kind == EXP || kind == LOGISTIC || kind == SILU) {
    for (; x + 16 < end; x += 32, z += 32) {
      const a = value(kind, v128.load(x)), b = value(kind, v128.load(x, 16));
      v128.store(z, a);
      v128.store(z, b, 16);
    }
  }
  for (; x < end; x += 16, z += 16) v128.store(z, value(kind, v128.load(x)));
  if (count & 3) storeRest(z, value(kind, v128.load(x)), count);
}

export function exp(x: usize, z: usize, count: usize): void { each(EXP, x, z, count); }
export function expm1(x: usize, z: usize, count: usize): void { each(EXPM1, x, z, count); }
export function log(x: usize, z: usize, count: usize): void { each(LOG, x, z, count); }
export function tanh(x: usize, z: usize, count: usize): void { each(TANH, x, z, count); }
export function logistic(x: usize, z: usize, count: usize): void { each(LOGISTIC, x, z, count); }
export function softplus(x: usize, z: usize, count: usize): void { each(SOFTPLUS, x, z, count); }
export function silu(x: usize, z: usize, count: usize): void { each(SILU, x, z, count); }
export function gelu(x: usize, z: usize, count: usize): void { each(GELU, x, z, count); }
export function geluTanh(x: usize, z: usize, count: usize): void { each(GELU_TANH, x, z, count); }

@inline function slope(kind: i32, x: v128, dy: v128): v128 {
  if (kind == EXP) return expD(x, dy);
  if (kind == TANH) return tanhD(x, dy);
  if (kind == LOGISTIC) return logisticD(x, dy);
  if (kind == SOFTPLUS) return softplusD(x, dy);
  if (kind == SQRT) return sqrtD(x, dy);
  if (kind == SILU) return siluD(x, dy);
  if (kind == GELU) return geluD(x, dy);
  return geluTanhD(x, dy);
}

/** Gradients: those of the outputs, at `y`, times the derivatives at `x`. */
@inline function eachD(kind: i32, x: usize, y: usize, z: usize, count: usize): void {
  const end = x + (count & ~3) * sizeof<f32>();
  for (; x < end; x += 16, y += 16, z += 16) {
    v128.store(z, slope(kind, v128.load(x), v128.load(y)));
  }
  if (count & 3) storeRest(z, slope(kind, v128.load(x), v128.load(y)), count);
}

export function expDx(x: usize, y: usize, z: usize, count: usize): void { eachD(EXP, x, y, z, count); }
export function tanhDx(x: usize, y: usize, z: usize, count: usize): void { eachD(TANH, x, y, z, count); }
export function sigmoidDx(x: usize, y: usize, z: usize, count: usize): void { eachD(LOGISTIC, x, y, z, count); }
export function softplusDx(x: usize, y: usize, z: usize, count: usize): void { eachD(SOFTPLUS, x, y, z, count); }
export function sqrtDx(x: usize, y: usize, z: usize, count: usize): void { eachD(SQRT, x, y, z, count); }
export function siluDx(x: usize, y: usize, z: usize, count: usize): void { eachD(SILU, x, y, z, count); }
export function geluDx(x: usize, y: usize, z: usize, count: usize): void { eachD(GELU, x, y, z, count); }
export function geluTanhDx(x: usize, y: usize, z: usize, count: usize): void { eachD(GELU_TANH, x, y, z, count); }

/** x above 0, α (exp(x) − 1) below. */
@inline function eluOf(x: v128, alpha: v128): v128 {
  const v = least(most(x, 0), -18), t = power2(v);
  const s = i32x4.shl(i32x4.sub(t, i32x4.splat(127)), 23);
  const y = less(v, t, s, sub(s, all(1)));
  return pick(lt(x, all(0)), mul(alpha, y), x);
}

export function elu(x: usize, z: usize, count: usize, alpha: f32): void {
  const a = all(alpha), end = x + (count & ~3) * sizeof<f32>();
  for (; x + 16 < end; x += 32, z += 32) {
    const b = eluOf(v128.load(x), a), c = eluOf(v128.load(x, 16), a);
    v128.store(z, b);
    v128.store(z, c, 16);
  }
  for (; x < end; x += 16, z += 16) v128.store(z, eluOf(v128.load(x), a));
  if (count & 3) storeRest(z, eluOf(v128.load(x), a), count);
}

@inline function eluD(x: v128, dy: v128, alpha: v128): v128 {
  const v = least(most(x, 0), LITTLE), t = power2(v);
  return pick(lt(all(0), x), dy, powered(mul(alpha, factor(v, t)), dy, t, lt(x, all(ZERO))));
}

export function eluDx(x: usize, y: usize, z: usize, count: usize, alpha: f32): void {
  const a = all(alpha), end = x + (count & ~3) * sizeof<f32>();
  for (; x < end; x += 16, y += 16, z += 16) {
    v128.store(z, eluD(v128.load(x), v128.load(y), a));
  }
  if (count & 3) storeRest(z, eluD(v128.load(x), v128.load(y), a), count);
}

// Powers, in float64: there the range is large enough, and a relative error of the
// logarithm, multiplied by up to 150, is still small in float32.

@inline function all64(x: f64): v128 { return f64x2.splat(x); }
@inline function step64(p: v128, x: v128, c: f64): v128 {
  return f64x2.add(f64x2.mul(p, x), all64(c));
}

/** The bits of 1, those of √½ less those of 1, and of 2⁵². */
const ONE_64: i64 = 0x3ff0000000000000;
const ROOT_64: i64 = 0x3fe6a09e667f3bcd - 0x3ff0000000000000;
const PLUS_52: i64 = 0x4330000000000000;

/** log₂ u for ordinary u above 0. */
@inline function log2(u: v128): v128 {
  const mask = i64x2.splat(0xfff0000000000000);
  const whole = v128.and(i64x2.sub(u, i64x2.splat(ROOT_64)), mask);
  const biased = v128.or(i64x2.shr_u(whole, 52), i64x2.splat(PLUS_52));
  const k = f64x2.sub(biased, all64(4503599627370496.0 + 1023.0));
  const m = i64x2.add(i64x2.sub(u, whole), i64x2.splat(ONE_64));
  const s = f64x2.div(f64x2.sub(m, all64(1)), f64x2.add(m, all64(1)));
  const v = f64x2.mul(s, s), v2 = f64x2.mul(v, v);
  const q = f64x2.add(step64(all64(LOG2_3), v, LOG2_2), f64x2.mul(all64(LOG2_4), v2));
  const p = f64x2.add(step64(all64(LOG2_1), v, LOG2_0), f64x2.mul(q, v2));
  return f64x2.add(k, f64x2.mul(s, p));
}

/** 2⁵² + 2⁵¹ */
const ROUND_64: f64 = 6755399441055744.0;

/** 2ᶠ, where f is what rounding to t takes of z. */
@inline function fraction(z: v128, t: v128): v128 {
  const f = f64x2.sub(z, f64x2.sub(t, all64(ROUND_64)));
  const s = f64x2.mul(f, f);
  const c = step64(all64(EXP2_3), f, EXP2_2);
  const a = f64x2.add(step64(all64(EXP2_1), f, EXP2_0), f64x2.mul(c, s));
  const b = f64x2.add(step64(all64(EXP2_5), f, EXP2_4), f64x2.mul(all64(EXP2_6), s));
  const q = f64x2.add(a, f64x2.mul(b, f64x2.mul(s, s)));
  return f64x2.add(f64x2.mul(q, f), all64(1));
}

@inline function within(z: v128, limit: f64): v128 {
  return f64x2.pmax(f64x2.pmin(z, all64(limit)), all64(-limit));
}

/** uᵖ for ordinary u above 0; beyond float32, something as far beyond. */
@inline function narrowPower(u: v128, p: v128): v128 {
  const z = within(f64x2.mul(log2(u), p), 300), t = f64x2.add(z, all64(ROUND_64));
  return i64x2.add(fraction(z, t), i64x2.shl(t, 52));
}

/** p 2ⁿ, in two steps. */
@inline function scale64(p: v128, t: v128): v128 {
  const n = f64x2.sub(t, all64(ROUND_64));
  const h = f64x2.add(f64x2.mul(n, all64(0.5)), all64(ROUND_64));
  const rest = i64x2.add(i64x2.shl(i64x2.sub(t, h), 52), i64x2.splat(ONE_64));
  return f64x2.mul(i64x2.add(p, i64x2.shl(h, 52)), rest);
}

/** uᵖ for ordinary u above 0; it may underflow and overflow. */
@inline function widePower(u: v128, p: v128): v128 {
  const z = within(f64x2.mul(log2(u), p), 2040), t = f64x2.add(z, all64(ROUND_64));
  return scale64(fraction(z, t), t);
}

// What is special about an exponent, as masks of all numbers: whether it is below 0,
// whether it is no whole number, and the sign if it is odd.
@inline function below0(p: f64): v128 { return f64x2.lt(all64(p), all64(0)); }
@inline function fractional(p: f64): v128 { return f64x2.ne(all64(p), f64x2.floor(all64(p))); }
@inline function odd(p: f64): v128 {
  return v128.andnot(fractional(p * 0.5), fractional(p));
}

@inline function power4(x: v128, p: v128, isBelow: v128, isFraction: v128, sign: v128): v128 {
  const u = abs(x), isOrdinary = v128.and(lt(all(0), u), lt(u, all(Infinity)));
  const y = joined(narrowPower(low(u), p), narrowPower(high(u), p));
  const z = pick(isOrdinary, y, pick(isBelow, div(all(1), u), u));
  const isNaN = v128.and(v128.and(lt(x, all(0)), isOrdinary), isFraction);
  return v128.or(v128.or(z, v128.and(x, sign)), isNaN);
}

/** xᵖ for p other than 0, infinities and NaN. */
export function power(x: usize, z: usize, count: usize, p: f64): void {
  const end = x + (count & ~3) * sizeof<f32>(), q = all64(p), isBelow = below0(p);
  const isFraction = fractional(p), sign = v128.and(odd(p), i32x4.splat(0x80000000));
  for (; x < end; x += 16, z += 16) {
    v128.store(z, power4(v128.load(x), q, isBelow, isFraction, sign));
  }
  if (count & 3) storeRest(z, power4(v128.load(x), q, isBelow, isFraction, sign), count);
}

@inline function powerD2(
  x: v128, dy: v128, p: v128, q: v128, isBelow: v128, isFraction: v128, sign: v128,
): v128 {
  const u = f64x2.abs(x);
  const isOrdinary = v128.and(f64x2.lt(all64(0), u), f64x2.lt(u, all64(Infinity)));
  const special = v128.bitselect(f64x2.div(all64(1), u), u, isBelow);
  const y = v128.bitselect(widePower(u, q), special, isOrdinary);
  const isNaN = v128.and(v128.and(f64x2.lt(x, all64(0)), isOrdinary), isFraction);
  const signed = v128.or(y, v128.and(x, sign));
  return f64x2.mul(dy, f64x2.mul(p, v128.or(signed, isNaN)));
}

/** dy p xᵖ⁻¹ for p other than 0, 1, infinities and NaN. */
export function powerDx(x: usize, y: usize, z: usize, count: usize, p: f64): void {
  const a = all64(p), q = all64(p - 1), isBelow = below0(p - 1), isFraction = fractional(p - 1);
  const sign = v128.and(odd(p - 1), i64x2.splat(0x8000000000000000));
  for (const end = x + count * sizeof<f32>(); x < end; x += 16, y += 16, z += 16) {
    const v = v128.load(x), dy = v128.load(y);
    const dx = joined(
      powerD2(low(v), low(dy), a, q, isBelow, isFraction, sign),
      powerD2(high(v), high(dy), a, q, isBelow, isFraction, sign),
    );
    if (x + 16 <= end) v128.store(z, dx);
    else storeRest(z, dx, count);
  }
}

/** ln 2 in two parts, the first of 33 bits. */
const LN2_64: f64 = 0.6931471803691238;
const LN2_REST_64: f64 = 1.9082149292705877e-10;

@inline function expOf64(x: v128): v128 {
  const v = f64x2.pmax(f64x2.pmin(x, all64(710)), all64(-746));
  const t = f64x2.add(f64x2.mul(v, all64(1.4426950408889634)), all64(ROUND_64));
  const n = f64x2.sub(t, all64(ROUND_64));
  const a = f64x2.sub(v, f64x2.mul(n, all64(LN2_64))), b = f64x2.mul(n, all64(LN2_REST_64));
  const r = f64x2.sub(a, b), s = f64x2.mul(r, r), s2 = f64x2.mul(s, s);
  const c = f64x2.add(
    step64(all64(EXP64_1), r, EXP64_0),
    f64x2.mul(step64(all64(EXP64_3), r, EXP64_2), s),
  );
  const d = f64x2.add(
    step64(all64(EXP64_5), r, EXP64_4),
    f64x2.mul(step64(all64(EXP64_7), r, EXP64_6), s),
  );
  const e = f64x2.mul(step64(all64(EXP64_9), r, EXP64_8), s2);
  const q = f64x2.add(c, f64x2.mul(f64x2.add(d, e), s2));
  const p = f64x2.add(a, f64x2.sub(f64x2.mul(q, s), b));
  return scale64(f64x2.add(p, all64(1)), t);
}

/** The exponentials of float64 numbers. */
export function exp64(x: usize, z: usize, count: usize): void {
  const end = x + (count & ~1) * sizeof<f64>();
  for (; x < end; x += 16, z += 16) v128.store(z, expOf64(v128.load(x)));
  if (count & 1) v128.store64_lane(z, expOf64(v128.load(x)), 0);
}

// Functions over `n` rows of `m` numbers each, stored one after the other.
// Exponentials are kept multiplied by 2⁶⁰, so that small ones lose no digits; sums
// and all else are in float64.

const DOWN: f64 = 8.673617379884035e-19;

/** The lanes in use after the last four numbers of a row. */
@inline function restOf(m: usize): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat((m & 3) as i32));
}

/** The largest of all lanes, none of which is NaN. */
@inline function largest(v: v128): f32 {
  v = f32x4.pmax(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.pmax(v, v128.shuffle<f32>(v, v, 1, 0, 3, 2)), 0);
}

/** The largest number of a row, NaN aside. */
@inline function peak(x: usize, m: usize): f32 {
  let a = all(-Infinity), b = a;
  const end = x + (m & ~3) * sizeof<f32>();
  for (; x + 16 < end; x += 32) {
    a = f32x4.pmax(a, v128.load(x));
    b = f32x4.pmax(b, v128.load(x, 16));
  }
  if (x < end) {
    a = f32x4.pmax(a, v128.load(x));
    x += 16;
  }
  if (m & 3) b = f32x4.pmax(b, pick(restOf(m), v128.load(x), all(-Infinity)));
  return largest(f32x4.pmax(a, b));
}

/** Whether a row has a NaN. */
function isOdd(x: usize, m: usize): bool {
  for (const end = x + m * sizeof<f32>(); x < end; x += 4) {
    const v = load<f32>(x);
    if (v != v) return true;
  }
  return false;
}

/** Up to here, and as far below 0, the sum of a number's exponent and n has no more bits
 * than the reduction needs. */
const NEAR: f32 = 48;

/** Numbers so far below the largest have the exponential 0. */
const DEPTH: f32 = 127;

/** What rounds a sum with it to an integer, and leaves the exponent of 2⁶⁰⁻ᴺ in the
 * lowest bits, where N is nearest to c ∕ ln 2. */
@inline function roundFor(c: f32): f32 {
  return ROUND - 254 + (127 + 60) - ((c * LOG2E + ROUND) - ROUND);
}

/** 2⁶⁰⁻ᴺ exp(x); 0 from `limit` down. */
@inline function expFrom(x: v128, limit: v128, round: v128): v128 {
  const t = add(mul(x, all(LOG2E)), round), n = sub(t, round);
  const a = sub(x, mul(n, all(LN2))), b = mul(n, all(LN2_REST));
  const y = mul(add(short(a, b, sub(a, b)), all(1)), i32x4.shl(t, 23));
  return v128.andnot(y, f32x4.le(x, limit));
}

/** The same, a tenth of a unit less exact, where the least there may be is as good as 0. */
@inline function shareFrom(x: v128, limit: v128, round: v128): v128 {
  const v = f32x4.pmax(x, limit), t = add(mul(v, all(LOG2E)), round), n = sub(t, round);
  const r = sub(sub(v, mul(n, all(LN2))), mul(n, all(LN2_REST)));
  return mul(add(add(r, beyond(r)), all(1)), i32x4.shl(t, 23));
}

/** 2⁶⁰ exp(x − c), where c ≥ x, with the rounding of x − c corrected; 0 if it is below
 * 2⁻¹²⁶, so that one product suffices. */
@inline function expBelow(x: v128, c: v128): v128 {
  const d = sub(x, c), b = sub(d, x);
  const lost = sub(sub(x, sub(d, b)), add(c, b));
  const t = power2(d), s = i32x4.shl(i32x4.sub(t, i32x4.splat(127 - 60)), 23);
  return v128.andnot(mul(factorOfSum(d, lost, t), s), f32x4.le(d, all(-129)));
}

/** Writes the exponentials of a row to `e`, and returns their sum. */
@inline function nearRow(x: usize, e: usize, m: usize, limit: v128, round: v128): f64 {
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0;
  const end = x + (m & ~3) * sizeof<f32>();
  for (; x + 16 < end; x += 32, e += 32) {
    const a = expFrom(v128.load(x), limit, round), b = expFrom(v128.load(x, 16), limit, round);
    v128.store(e, a);
    v128.store(e, b, 16);
    s0 = f64x2.add(s0, low(a));
    s1 = f64x2.add(s1, high(a));
    s2 = f64x2.add(s2, low(b));
    s3 = f64x2.add(s3, high(b));
  }
  if (x < end) {
    const a = expFrom(v128.load(x), limit, round);
    v128.store(e, a);
    s0 = f64x2.add(s0, low(a));
    s1 = f64x2.add(s1, high(a));
    x += 16;
    e += 16;
  }
  if (m & 3) {
    const a = expFrom(v128.load(x), limit, round), b = v128.and(a, restOf(m));
    storeRest(e, a, m);
    s2 = f64x2.add(s2, low(b));
    s3 = f64x2.add(s3, high(b));
  }
  return both(f64x2.add(f64x2.add(s0, s2), f64x2.add(s1, s3)));
}

/** Writes the shares of a row to `z`. */
@inline function shareRow(x: usize, z: usize, m: usize, limit: v128, round: v128): void {
  const end = x + (m & ~3) * sizeof<f32>(), first = z;
  let s0 = f64x2.splat(0), s1 = s0;
  for (; x + 16 < end; x += 32, z += 32) {
    const a = shareFrom(v128.load(x), limit, round), b = shareFrom(v128.load(x, 16), limit, round);
    v128.store(z, a);
    v128.store(z, b, 16);
    const c = add(a, b);
    s0 = f64x2.add(s0, low(c));
    s1 = f64x2.add(s1, high(c));
  }
  if (x < end) {
    const a = shareFrom(v128.load(x), limit, round);
    v128.store(z, a);
    s0 = f64x2.add(s0, low(a));
    s1 = f64x2.add(s1, high(a));
    x += 16;
    z += 16;
  }
  if (m & 3) {
    const a = shareFrom(v128.load(x), limit, round), b = v128.and(a, restOf(m));
    storeRest(z, a, m);
    s0 = f64x2.add(s0, low(b));
    s1 = f64x2.add(s1, high(b));
  }
  scaleRow(first, first, m, f64x2.splat(1 / both(f64x2.add(s0, s1))));
}

/** The sum of what is below `top`. */
function sumBelow(e: usize, m: usize, top: f32): f64 {
  let sum: f64 = 0;
  for (const end = e + m * sizeof<f32>(); e < end; e += 4) {
    const v = load<f32>(e);
    if (v < top) sum += v as f64;
  }
  return sum;
}

/** Writes 2⁶⁰ exp(x − c) for a row to `e`, and returns the sum of exp(x − c) without the 1
 * of the first c; NaN where c is not finite. */
@inline function farRow(x: usize, e: usize, m: usize, top: f32): f64 {
  const c = all(top), end = x + (m & ~3) * sizeof<f32>();
  let s0 = f64x2.splat(0), s1 = s0, ties = i32x4.splat(0);
  for (; x < end; x += 16, e += 16) {
    const v = v128.load(x), y = expBelow(v, c), isTop = f32x4.eq(v, c);
    v128.store(e, y);
    const z = v128.andnot(y, isTop);
    ties = i32x4.sub(ties, isTop);
    s0 = f64x2.add(s0, low(z));
    s1 = f64x2.add(s1, high(z));
  }
  if (m & 3) {
    const v = v128.load(x), y = expBelow(v, c), isTop = v128.and(f32x4.eq(v, c), restOf(m));
    storeRest(e, y, m);
    const z = v128.and(v128.andnot(y, isTop), restOf(m));
    ties = i32x4.sub(ties, isTop);
    s0 = f64x2.add(s0, low(z));
    s1 = f64x2.add(s1, high(z));
  }
  const count = i32x4.extract_lane(ties, 0) + i32x4.extract_lane(ties, 1) +
    i32x4.extract_lane(ties, 2) + i32x4.extract_lane(ties, 3);
  return both(f64x2.add(s0, s1)) * DOWN + ((count - 1) as f64) + ((top - top) as f64);
}

/** Multiplies a row by a float64 number. */
@inline function scaleRow(x: usize, z: usize, m: usize, f: v128): void {
  const end = x + (m & ~3) * sizeof<f32>();
  for (; x < end; x += 16, z += 16) {
    const v = v128.load(x);
    v128.store(z, joined(f64x2.mul(low(v), f), f64x2.mul(high(v), f)));
  }
  if (m & 3) {
    const v = v128.load(x);
    storeRest(z, joined(f64x2.mul(low(v), f), f64x2.mul(high(v), f)), m);
  }
}

/**
 * Writes exp(x − c) to `e`, up to a factor for each row, and three numbers for each row to
 * `sums`: its largest number c, NaN if there is one; the sum of exp(x − c) without the 1
 * of the first c; and the factor that is missing. With `isShare` it divides each row by its
 * sum instead.
 */
export function expRows(x: usize, e: usize, n: usize, m: usize, sums: usize, isShare: bool): void {
  const row = m * sizeof<f32>();
  for (; n; n--, x += row, e += row, sums += 24) {
    const top = peak(x, m), limit = all(top - DEPTH), round = all(roundFor(top));
    const isNear = top >= -NEAR && top <= NEAR;
    if (isNear && isShare) {
      shareRow(x, e, m, limit, round);
      continue;
    }
    let c = top, rest: f64, missing: f64 = 1;
    if (isNear) {
      const sum = nearRow(x, e, m, limit, round);
      const first = f32x4.extract_lane(expFrom(all(top), limit, round), 0);
      rest = sum - (first as f64);
      // There the sum has lost digits of what is small.
      if (rest < (first as f64) * 1e-6) rest = sumBelow(e, m, first);
      const power = (top * LOG2E + ROUND) - ROUND;
      const left = (power as f64) * 0.6931471805599453 - (top as f64);
      missing = f64x2.extract_lane(expOf64(f64x2.splat(left)), 0);
      rest *= missing * DOWN;
      if (sum != sum) c = NaN;
    } else {
      if (isOdd(x, m)) c = NaN;
      rest = farRow(x, e, m, c);
    }
    if (isShare) scaleRow(e, e, m, f64x2.splat(DOWN / (1 + rest)));
    else {
      store<f64>(sums, c as f64);
      store<f64>(sums, rest, 8);
      store<f64>(sums, missing * DOWN, 16);
    }
  }
}

/** Multiplies each row by the third of its numbers. */
export function scaleRows(z: usize, n: usize, m: usize, numbers: usize): void {
  for (; n; n--, z += m * sizeof<f32>(), numbers += 24) {
    scaleRow(z, z, m, v128.load64_splat(numbers, 16));
  }
}

/** Writes (x − f) − g for each row to `z`, with the first two of its numbers. */
export function shiftRows(x: usize, z: usize, n: usize, m: usize, numbers: usize): void {
  for (; n; n--, numbers += 24) {
    const f = v128.load64_splat(numbers), g = v128.load64_splat(numbers, 8);
    for (const end = x + (m & ~3) * sizeof<f32>(); x < end; x += 16, z += 16) {
      const v = v128.load(x);
      v128.store(z, joined(f64x2.sub(f64x2.sub(low(v), f), g), f64x2.sub(f64x2.sub(high(v), f), g)));
    }
    if (m & 3) {
      const v = v128.load(x);
      storeRest(z, joined(f64x2.sub(f64x2.sub(low(v), f), g), f64x2.sub(f64x2.sub(high(v), f), g)), m);
      x += (m & 3) * sizeof<f32>();
      z += (m & 3) * sizeof<f32>();
    }
  }
}

/** The index of the first c in a row; m if there is none. */
@inline function placeOf(x: usize, m: usize, c: f32): usize {
  const v = all(c);
  let j: usize = 0;
  while (j + 4 <= m && !v128.any_true(f32x4.eq(v128.load(x + j * sizeof<f32>()), v))) j += 4;
  while (j < m && load<f32>(x + j * sizeof<f32>()) != c) j++;
  return j;
}

/** Makes of rows at `e`, which `expRows` has written, the gradient of softmax, where those
 * of the outputs are at `y`. */
export function softmaxDRows(x: usize, e: usize, y: usize, n: usize, m: usize, sums: usize): void {
  const row = m * sizeof<f32>();
  for (; n; n--, x += row, sums += 24) {
    const b = placeOf(x, m, load<f64>(sums) as f32);
    let shift: f64 = 0;
    if (b < m) shift = load<f32>(y + b * sizeof<f32>()) as f64;
    if (shift - shift != 0) shift = 0; // no ∞ − ∞
    const factor = load<f64>(sums, 16) / (1 + load<f64>(sums, 8));
    const d = f64x2.splat(shift), f = f64x2.splat(factor);
    const end = e + row, whole = e + (m & ~3) * sizeof<f32>(), mask = restOf(m);
    let s0 = f64x2.splat(0), s1 = s0;
    for (let at = e, by = y; at < whole; at += 16, by += 16) {
      const a = v128.load(at), v = v128.load(by);
      s0 = f64x2.add(s0, f64x2.mul(low(a), f64x2.sub(low(v), d)));
      s1 = f64x2.add(s1, f64x2.mul(high(a), f64x2.sub(high(v), d)));
    }
    if (m & 3) {
      const last = y + (m & ~3) * sizeof<f32>();
      const a = v128.load(whole), v = v128.load(last);
      s0 = f64x2.add(s0, v128.and(f64x2.mul(low(a), f64x2.sub(low(v), d)), wide(mask, 0)));
      s1 = f64x2.add(s1, v128.and(f64x2.mul(high(a), f64x2.sub(high(v), d)), wide(mask, 1)));
    }
    const mean = f64x2.splat(both(f64x2.add(s0, s1)) * factor);
    for (; e < whole; e += 16, y += 16) v128.store(e, pulled(v128.load(e), v128.load(y), f, d, mean));
    if (e < end) {
      storeRest(e, pulled(v128.load(e), v128.load(y), f, d, mean), m);
      e = end;
      y += (m & 3) * sizeof<f32>();
    }
  }
}

/** A mask of two of four numbers, for float64. */
@inline function wide(mask: v128, half: i32): v128 {
  return half == 0 ? v128.shuffle<f32>(mask, mask, 0, 0, 1, 1) : v128.shuffle<f32>(mask, mask, 2, 2, 3, 3);
}

/** e f ((y − d) − mean) */
@inline function pulled(e: v128, y: v128, f: v128, d: v128, mean: v128): v128 {
  return joined(
    f64x2.mul(f64x2.mul(low(e), f), f64x2.sub(f64x2.sub(low(y), d), mean)),
    f64x2.mul(f64x2.mul(high(e), f), f64x2.sub(f64x2.sub(high(y), d), mean)),
  );
}

/** The sum of so many numbers. */
@inline function sumOf(y: usize, count: usize): f64 {
  let s0 = f64x2.splat(0), s1 = s0, sum: f64 = 0;
  const end = y + count * sizeof<f32>();
  for (; y + 16 <= end; y += 16) {
    const v = v128.load(y);
    s0 = f64x2.add(s0, low(v));
    s1 = f64x2.add(s1, high(v));
  }
  for (; y < end; y += 4) sum += load<f32>(y) as f64;
  return sum + both(f64x2.add(s0, s1));
}

/** The same of the logarithm of softmax. */
export function logSoftmaxDRows(x: usize, e: usize, y: usize, n: usize, m: usize, sums: usize): void {
  const row = m * sizeof<f32>();
  for (; n; n--, x += row, y += row, e += row, sums += 24) {
    const b = placeOf(x, m, load<f64>(sums) as f32), isFound = b < m;
    const at = b * sizeof<f32>(), rest = load<f64>(sums, 8), s = 1 + rest;
    let own: f64 = NaN, others: f64 = 0;
    if (isFound) {
      own = load<f32>(y + at) as f64;
      others = sumOf(y, b) + sumOf(y + at + 4, m - b - 1);
    }
    const sum = others + own, f = f64x2.splat(sum / s * load<f64>(sums, 16));
    const whole = (m & ~3) * sizeof<f32>();
    for (let k: usize = 0; k < whole; k += 16) {
      v128.store(e + k, without(v128.load(y + k), v128.load(e + k), f));
    }
    if (m & 3) storeRest(e + whole, without(v128.load(y + whole), v128.load(e + whole), f), m);
    // At the number c itself, the difference would lose its digits.
    if (isFound && sum - sum == 0) store<f32>(e + at, ((own * rest - others) / s) as f32);
  }
}

/** y − e f */
@inline function without(y: v128, e: v128, f: v128): v128 {
  return joined(
    f64x2.sub(low(y), f64x2.mul(low(e), f)),
    f64x2.sub(high(y), f64x2.mul(high(e), f)),
  );
}

/** Adds to `total` the cross-entropies of `count` logits at `x` and probabilities
 * at `y`: x ([x > 0] − t) + log(1 + exp(−|x|)). */
export function lossOf(x: usize, y: usize, count: usize, total: f64): f64 {
  let s0 = f64x2.splat(0), s1 = s0, mask = i32x4.splat(-1);
  for (const end = x + count * sizeof<f32>(); x < end; x += 16, y += 16) {
    if (x + 16 > end) mask = restOf(count);
    const v = v128.load(x), t = v128.load(y), log = v128.and(logOfSum(fall(v), v, false), mask);
    const one = v128.and(lt(all(0), v), all(1));
    s0 = f64x2.add(s0, f64x2.add(missed(low(v), low(one), low(t), low(mask)), low(log)));
    s1 = f64x2.add(s1, f64x2.add(missed(high(v), high(one), high(t), high(mask)), high(log)));
  }
  return total + both(f64x2.add(s0, s1));
}

/** x (b − t); 0 where b is t, even if x is infinite, and past the end. */
@inline function missed(x: v128, b: v128, t: v128, mask: v128): v128 {
  const miss = f64x2.sub(b, t);
  return v128.and(v128.and(f64x2.mul(x, miss), f64x2.ne(miss, f64x2.splat(0))), f64x2.ne(mask, mask));
}

/** `scale` times (σ(x) − y). */
export function lossD(x: usize, y: usize, z: usize, count: usize, scale: f64): void {
  const f = f64x2.splat(scale), end = x + (count & ~3) * sizeof<f32>();
  for (; x < end; x += 16, y += 16, z += 16) v128.store(z, excess(v128.load(x), v128.load(y), f));
  if (count & 3) storeRest(z, excess(v128.load(x), v128.load(y), f), count);
}

@inline function excess(x: v128, y: v128, f: v128): v128 {
  const v = least(neg(abs(x)), -146), t = power2(v);
  const e = scale(quickFactor(v, t), i32x4.add(t, i32x4.splat(60)));
  return joined(excess64(low(x), low(y), low(e), f), excess64(high(x), high(y), high(e), f));
}

@inline function excess64(x: v128, t: v128, up: v128, f: v128): v128 {
  const e = f64x2.mul(up, f64x2.splat(DOWN)), one = f64x2.splat(1);
  const a = f64x2.div(e, f64x2.add(one, e));
  const isAbove = f64x2.gt(x, f64x2.splat(0));
  return f64x2.mul(f, v128.bitselect(f64x2.sub(f64x2.sub(one, t), a), f64x2.sub(a, t), isAbove));
}
