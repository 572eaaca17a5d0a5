// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Numbers of 77 digits: binary floating point over `BigInt`, with 256 bits and an
 * unbounded exponent, so that nothing finite overflows.
 *
 * It is the field of truth: 64 digits of a formula are right, with some to spare.
 * mathjs's decimal numbers would do, but one exponential takes them 0.2 to 0.7
 * ms, here 10 µs, and they have no erf. Its tests compare each function with
 * mathjs and with values of mpmath.
 *
 * Within a function numbers are fixed point, with 64 bits more.
 *
 * @module
 */

import type { Field, FunctionName } from "./expression.ts";

/** m · 2^e. Infinity is ±1 · 2^∞ and NaN 0 · 2^NaN; 0 has no sign. */
export interface Digits {
  readonly m: bigint;
  readonly e: number;
}

const BITS = 256;
/** The bits after the point of a fixed-point number. */
const POINT = BITS + 64;
const F = BigInt(POINT);
const UNIT = 1n << F;

const ZERO: Digits = { m: 0n, e: 0 };
const ONE: Digits = { m: 1n, e: 0 };
const NAN: Digits = { m: 0n, e: NaN };
const INFINITY: Digits = { m: 1n, e: Infinity };
const MINUS_INFINITY: Digits = { m: -1n, e: Infinity };

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);

/** The number of bits of an integer, or one more where it is just below 2^bits. */
function bitsOf(m: bigint): number {
  float[0] = Number(m);
  const exponent = words[1] >>> 20 & 0x7ff;
  if (exponent === 0x7ff) {
    const hex = (m < 0n ? -m : m).toString(16);
    return hex.length * 4 + 28 - Math.clz32(parseInt(hex[0], 16));
  }
  return m === 0n ? 0 : exponent - 1022;
}

/** Rounded to 256 bits. */
function rounded(m: bigint, e: number): Digits {
  const over = bitsOf(m) - BITS;
  if (over <= 0) return m === 0n ? ZERO : { m, e };
  const by = BigInt(over);
  return { m: (m + (1n << (by - 1n))) >> by, e: e + over };
}

const isFinite = ({ e }: Digits) => e - e === 0;
const isNaN = ({ e }: Digits) => e !== e;

/** The exact number that the bits of a double hold. */
export function exactly(x: number): Digits {
  if (Number.isInteger(x) && Math.abs(x) < 2 ** 53) {
    return x === 0 ? ZERO : { m: BigInt(x), e: 0 };
  }
  if (x !== x) return NAN;
  if (x === Infinity) return INFINITY;
  if (x === -Infinity) return MINUS_INFINITY;
  float[0] = x;
  const [low, high] = words;
  const exponent = high >>> 20 & 0x7ff;
  const top = (high & 0xfffff) + (exponent === 0 ? 0 : 0x100000);
  const m = BigInt(top) * 4294967296n + BigInt(low);
  return { m: x < 0 ? -m : m, e: Math.max(exponent, 1) - 1075 };
}

/** The nearest double. */
export function toNumber({ m, e }: Digits): number {
  if (e === Infinity) return m > 0n ? Infinity : -Infinity;
  if (e !== e) return NaN;
  const n = Number(m);
  if (Math.abs(e) < 700) return n * 2 ** e;
  if (Math.abs(e) > 4000) return e < 0 ? 0 : n * Infinity || 0;
  // 2^e may be out of range where n · 2^e is not.
  const third = Math.trunc(e / 3);
  return n * 2 ** third * 2 ** third * 2 ** (e - 2 * third);
}

/** A decimal number as written. */
export function decimal(text: string): Digits {
  const match = /^(-?)(\d+)(?:\.(\d*))?(?:e([-+]?\d+))?$/.exec(text);
  if (match === null) throw new SyntaxError(`${text} is not a decimal number`);
  const [, sign, whole, part = "", exponent = "0"] = match;
  const m = BigInt(sign + whole + part);
  const power = Number(exponent) - part.length;
  const ten = integerPower(exactly(10), Math.abs(power));
  const of = rounded(m, 0);
  return power < 0 ? divide(of, ten) : multiply(of, ten);
}

export function negate(a: Digits): Digits {
  return { m: -a.m, e: a.e };
}

export function add(a: Digits, b: Digits): Digits {
  if (a.m === 0n || b.m === 0n || !isFinite(a) || !isFinite(b)) {
    if (isNaN(a) || isNaN(b)) return NAN;
    if (!isFinite(a)) return !isFinite(b) && a.m !== b.m ? NAN : a;
    return !isFinite(b) || a.m === 0n ? b : a;
  }
  const [high, low] = a.e >= b.e ? [a, b] : [b, a];
  const apart = high.e - low.e;
  // A number that is smaller by 256 bits or more does not count.
  if (apart > BITS + 2) {
    const [x, y] = [high.e + bitsOf(high.m), low.e + bitsOf(low.m)];
    if (x - y > BITS + 2) return high;
  }
  return rounded((high.m << BigInt(apart)) + low.m, low.e);
}

export function subtract(a: Digits, b: Digits): Digits {
  return add(a, negate(b));
}

export function multiply(a: Digits, b: Digits): Digits {
  if (!isFinite(a) || !isFinite(b)) {
    return isNaN(a) || isNaN(b) || a.m === 0n || b.m === 0n
      ? NAN
      : a.m > 0n === b.m > 0n
      ? INFINITY
      : MINUS_INFINITY;
  }
  return rounded(a.m * b.m, a.e + b.e);
}

export function divide(a: Digits, b: Digits): Digits {
  if (isNaN(a) || isNaN(b)) return NAN;
  if (!isFinite(b)) return isFinite(a) ? ZERO : NAN;
  if (b.m === 0n) {
    return a.m === 0n ? NAN : a.m > 0n ? INFINITY : MINUS_INFINITY;
  }
  if (!isFinite(a)) return b.m > 0n ? a : negate(a);
  const by = Math.max(0, BITS + 2 + bitsOf(b.m) - bitsOf(a.m));
  return rounded((a.m << BigInt(by)) / b.m, a.e - by - b.e);
}

/** −1, 0 or 1; NaN where one of them is none. */
export function compare(a: Digits, b: Digits): number {
  if (isNaN(a) || isNaN(b)) return NaN;
  if (!isFinite(a) || !isFinite(b)) {
    const rank = (x: Digits) => isFinite(x) ? 0 : x.m > 0n ? 1 : -1;
    return Math.sign(rank(a) - rank(b));
  }
  const { m } = subtract(a, b);
  return m > 0n ? 1 : m < 0n ? -1 : 0;
}

export function abs(a: Digits): Digits {
  return a.m < 0n ? negate(a) : a;
}

/** A power by whole numbers. */
export function integerPower(a: Digits, n: number): Digits {
  if (n < 0) return divide(ONE, integerPower(a, -n));
  let result = ONE;
  for (let square = a; n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) result = multiply(result, square);
    if (n > 1) square = multiply(square, square);
  }
  return result;
}

export function power(a: Digits, b: Digits): Digits {
  if (b.m === 0n && isFinite(b)) return ONE;
  if (a.m === 0n && isFinite(a) && isFinite(b)) {
    return b.m > 0n ? ZERO : INFINITY;
  }
  return exp(multiply(b, log(a)));
}

export function sqrt(a: Digits): Digits {
  if (a.m < 0n || isNaN(a)) return NAN;
  if (a.m === 0n || !isFinite(a)) return a;
  let by = Math.max(0, 2 * BITS + 2 - bitsOf(a.m));
  if ((a.e - by) % 2 !== 0) by++;
  return rounded(root(a.m << BigInt(by)), (a.e - by) / 2);
}

/** ⌊√n⌋, by Newton's method from above. */
function root(n: bigint): bigint {
  let x = 1n << BigInt(Math.ceil(bitsOf(n) / 2));
  while (true) {
    const next = (x + n / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}

/** The fixed-point number with this many bits after the point. */
function fixed({ m, e }: Digits, bits = POINT): bigint {
  const by = e + bits;
  return by >= 0 ? m << BigInt(by) : m >> BigInt(-by);
}

const times = (a: bigint, b: bigint) => (a * b) >> F;

/** 1 + r + r²∕2! + …, for |r| < 1, in fixed point. */
function expSeries(r: bigint): bigint {
  // r∕2⁸ needs 30 terms; squared eight times, that is e^r.
  const small = r >> 8n;
  let term = UNIT;
  let sum = UNIT;
  for (let n = 1n; term !== 0n && term !== -1n; n++) {
    term = times(term, small) / n;
    sum += term;
  }
  for (let i = 0; i < 8; i++) sum = times(sum, sum);
  return sum;
}

/** Σ zⁿ∕(2n + 1), the arc tangents' series: 1 + z∕3 + z²∕5 + … */
function oddSeries(z: bigint): bigint {
  let term = UNIT;
  let sum = UNIT;
  for (let n = 3n; term !== 0n && term !== -1n; n += 2n) {
    term = times(term, z);
    sum += term / n;
  }
  return sum;
}

/** More bits of the constants than of numbers, for large arguments. */
const MORE = 128;
const LN2 = (() => {
  // ln 2 = 2 artanh ⅓ = ⅔ Σ 9⁻ⁿ∕(2n + 1)
  let term = (1n << BigInt(POINT + MORE)) * 2n / 3n;
  let sum = 0n;
  for (let n = 1n; term > 0n; n += 2n, term /= 9n) sum += term / n;
  return sum;
})();
const PI = (() => {
  // Machin: π∕4 = 4 arctan ⅕ − arctan 1∕239
  const arctan = (of: bigint) => {
    let term = (1n << BigInt(POINT + MORE + 8)) / of;
    let sum = 0n;
    for (let n = 1n; term !== 0n; n += 2n, term /= -(of * of)) sum += term / n;
    return sum;
  };
  return (4n * (4n * arctan(5n) - arctan(239n))) >> 8n;
})();

/** π */
export const pi: Digits = rounded(PI, -POINT - MORE);
const halfPi: Digits = { ...pi, e: pi.e - 1 };
const rootPi = sqrt(pi);

export function exp(x: Digits): Digits {
  if (!isFinite(x)) return isNaN(x) ? NAN : x.m > 0n ? INFINITY : ZERO;
  const size = x.e + bitsOf(x.m);
  if (size > 50) return x.m > 0n ? INFINITY : ZERO;
  if (size < -BITS) return ONE;
  const wide = fixed(x, POINT + MORE);
  const k = (wide + LN2 / 2n) / LN2 - (wide < 0n ? 1n : 0n);
  return rounded(
    expSeries((wide - k * LN2) >> BigInt(MORE)),
    Number(k) - POINT,
  );
}

export function expm1(x: Digits): Digits {
  if (!isFinite(x) || x.e + bitsOf(x.m) > -3) return subtract(exp(x), ONE);
  // x (1 + x∕2! + x²∕3! + …), for |x| < ⅛
  const r = fixed(x);
  let term = UNIT;
  let sum = UNIT;
  for (let n = 2n; term !== 0n && term !== -1n; n++) {
    term = times(term, r) / n;
    sum += term;
  }
  return multiply(x, { m: sum, e: -POINT });
}

export function log(x: Digits): Digits {
  if (x.m < 0n || isNaN(x)) return NAN;
  if (x.m === 0n) return MINUS_INFINITY;
  if (!isFinite(x)) return x;
  const less = subtract(x, ONE);
  if (less.m === 0n || less.e + bitsOf(less.m) <= -4) return log1p(less);
  const k = x.e + bitsOf(x.m);
  const part = { m: x.m, e: x.e - k };
  // The double's logarithm y leaves log(x e^{−y}), tiny.
  const near = exactly(Math.log(toNumber(part)));
  const rest = log1p(subtract(multiply(part, exp(negate(near))), ONE));
  const twos = rounded(LN2 * BigInt(k), -POINT - MORE);
  return add(add(twos, near), rest);
}

export function log1p(x: Digits): Digits {
  if (x.m === 0n && isFinite(x)) return ZERO;
  if (!isFinite(x) || x.e + bitsOf(x.m) > -4) return log(add(ONE, x));
  // 2 artanh z, with z = x∕(2 + x)
  const z = divide(x, add(exactly(2), x));
  const series = oddSeries(fixed(multiply(z, z)));
  return multiply(z, { m: series, e: 1 - POINT });
}

export function tanh(x: Digits): Digits {
  if (x.m < 0n) return negate(tanh(negate(x)));
  const t = expm1({ m: -x.m, e: x.e + 1 });
  return divide(negate(t), add(t, exactly(2)));
}

export function sinh(x: Digits): Digits {
  if (!isFinite(x)) return x;
  if (x.m < 0n) return negate(sinh(negate(x)));
  const t = expm1(x);
  const sum = add(t, divide(t, add(t, ONE)));
  return { m: sum.m, e: sum.e - 1 };
}

export function cosh(x: Digits): Digits {
  const t = exp(abs(x));
  const sum = add(t, divide(ONE, t));
  return { m: sum.m, e: sum.e - 1 };
}

/** The sine and cosine of x, which is taken modulo π∕2 first. */
function sinCos(x: Digits): [sin: Digits, cos: Digits] {
  if (!isFinite(x) || x.e + bitsOf(x.m) > 100) return [NAN, NAN];
  const wide = fixed(x, POINT + MORE);
  const half = PI >> 1n;
  const q = (wide + (half >> 1n)) / half -
    (wide + (half >> 1n) < 0n ? 1n : 0n);
  // Without multiples of π∕2 a small x keeps all of its bits.
  const r = q === 0n ? x : rounded(wide - q * half, -POINT - MORE);
  const square = times(fixed(r), fixed(r));
  let [term, sinSum, cosSum] = [UNIT, UNIT, UNIT];
  for (let n = 1n; term !== 0n && term !== -1n; n += 2n) {
    const next = -times(term, square) / (n * (n + 1n));
    cosSum += next;
    term = next;
  }
  term = UNIT;
  for (let n = 2n; term !== 0n && term !== -1n; n += 2n) {
    term = -times(term, square) / (n * (n + 1n));
    sinSum += term;
  }
  const sin = multiply(r, { m: sinSum, e: -POINT });
  const cos = rounded(cosSum, -POINT);
  const turns: [Digits, Digits][] = [
    [sin, cos],
    [cos, negate(sin)],
    [negate(sin), negate(cos)],
    [negate(cos), sin],
  ];
  return turns[Number(((q % 4n) + 4n) % 4n)];
}

export function atan(x: Digits): Digits {
  if (isNaN(x)) return NAN;
  if (!isFinite(x)) return x.m > 0n ? halfPi : negate(halfPi);
  const near = exactly(Math.atan(toNumber(x)));
  const [sin, cos] = sinCos(near);
  // arctan x − near = arctan of (x − t)∕(1 + x t), with t = tan near
  const z = divide(
    subtract(multiply(x, cos), sin),
    add(cos, multiply(x, sin)),
  );
  if (z.m === 0n) return near;
  const series = oddSeries(-fixed(multiply(z, z)));
  return add(near, multiply(z, { m: series, e: -POINT }));
}

/** Where 1 − erf is below 2⁻²⁵⁶. */
const FAR = 14;

/** e^{−x²} 2∕√π Σ 2ⁿ x^{2n+1}∕(2n + 1)!!, whose terms are all positive. */
export function erf(x: Digits): Digits {
  if (x.m < 0n) return negate(erf(negate(x)));
  if (isNaN(x) || x.m === 0n) return x;
  if (toNumber(x) > FAR) return ONE;
  const square = multiply(x, x);
  const twice = fixed(square) * 2n;
  let term = UNIT;
  let sum = UNIT;
  for (let n = 3n; term !== 0n; n += 2n) {
    term = times(term, twice) / n;
    sum += term;
  }
  const series = multiply(x, { m: sum, e: 1 - POINT });
  return divide(multiply(series, exp(negate(square))), rootPi);
}

export function erfc(x: Digits): Digits {
  if (isNaN(x)) return x;
  const size = toNumber(x);
  // Up to 5, the difference loses 40 bits at most.
  if (size < 5) return subtract(ONE, erf(x));
  if (!isFinite(x)) return ZERO;
  const square = multiply(x, x);
  const scale = divide(exp(negate(square)), rootPi);
  // e^{−x²}∕(x√π) · 1∕(1 + q∕(1 + 2q∕(1 + 3q∕…))), with q = 1∕(2x²)
  const q = divide(ONE, { m: square.m, e: square.e + 1 });
  const terms = Math.ceil(40 + 6000 / (size * size));
  let fraction = ONE;
  for (let n = terms; n > 0; n--) {
    fraction = add(ONE, divide(multiply(exactly(n), q), fraction));
  }
  return divide(scale, multiply(x, fraction));
}

const CALLS: Record<FunctionName, (x: Digits) => Digits> = {
  exp,
  log,
  log1p,
  expm1,
  sqrt,
  sin: (x) => sinCos(x)[0],
  cos: (x) => sinCos(x)[1],
  tan: (x) => divide(...sinCos(x)),
  atan,
  sinh,
  cosh,
  tanh,
  erf,
  erfc,
};

const CONSTANTS: Record<string, Digits> = {
  "\\pi": pi,
  "2/sqrt(pi)": divide(exactly(2), rootPi),
  "-2/sqrt(pi)": divide(exactly(-2), rootPi),
};

/** The field of 64 digits and more. */
export const digits64: Field<Digits> = {
  constant: (value, text) =>
    text === undefined ? exactly(value) : CONSTANTS[text] ?? decimal(text),
  add,
  multiply,
  divide,
  power,
  integerPower,
  call: (name, x) => CALLS[name](x),
  compare,
  toInteger: (x) => {
    const n = toNumber(x);
    return Number.isInteger(n) && compare(x, exactly(n)) === 0 ? n : NaN;
  },
};

/** How far two numbers are apart, relative to the larger one; 0 where equal. */
export function relativeDifference(a: Digits, b: Digits): number {
  if (isNaN(a) && isNaN(b)) return 0;
  const order = compare(a, b);
  if (order === 0) return 0;
  if (!isFinite(a) || !isFinite(b)) return Infinity;
  const larger = compare(abs(a), abs(b)) > 0 ? abs(a) : abs(b);
  return toNumber(divide(abs(subtract(a, b)), larger));
}

/** The first digits of a number, for messages and tests: 1.2345e-6. */
export function toDecimal(x: Digits, digits = 64): string {
  if (!isFinite(x) || x.m === 0n) return String(toNumber(x));
  // Scaled by a power of ten to an integer of that many digits.
  const log10 = (x.e + bitsOf(x.m)) * Math.LOG10E * Math.LN2;
  const by = digits - 1 - Math.floor(log10);
  const ten = integerPower(exactly(10), Math.abs(by));
  const scaled = by < 0 ? divide(x, ten) : multiply(x, ten);
  const half = add(abs(scaled), { m: 1n, e: -1 });
  const whole = fixed(half, 0).toString();
  const exponent = whole.length - 1 - by;
  const shown = whole.slice(0, digits);
  const sign = x.m < 0n ? "-" : "";
  const tail = exponent === 0 ? "" : `e${exponent}`;
  return `${sign}${shown[0]}.${
    shown.slice(1).replace(/0+$/, "") || "0"
  }${tail}`;
}
