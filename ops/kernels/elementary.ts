// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Elementary functions
 *
 * A processor adds and multiplies four float32 numbers at once, but it has no
 * exponential. So an exponential is made of sums and products, by WebAssembly, for
 * four numbers at a time, and so are the other functions that activations, softmax
 * and losses need. Every function is made in the same way:
 *
 * 1. **Reduction.** An identity, such as $`e^{x + y} = e^x e^y`$, leaves a small
 *    interval. It must lose nothing, so what rounding takes is computed, too.
 * 2. **Polynomial.** On that interval a polynomial of few terms is as exact as the
 *    numbers are. `coefficients.ts` finds the best one of its degree.
 * 3. **Reconstruction.** The result is a large term that is exact plus a small one:
 *    the errors of the small one hardly count.
 *
 * There are no branches: where a function has two formulas, both are computed, and
 * a mask takes one of them. Products and sums are rounded separately, and never
 * fused, although a fused multiply-add would save time: so all machines give
 * the same bits. The constants of the polynomials are loaded once for a call, and stay
 * in registers or on the stack: V8 takes three instructions to make a constant, and
 * would make each of them anew for every four numbers.
 *
 * ## How exact they are
 *
 * The distance from the exact value, in units in the last place, is not estimated:
 * `deno task exhaust` tries all $`2^{32}`$ numbers. The largest errors are
 *
 * | function | at most | for |
 * | -------- | ------- | --- |
 * | `exp` | 0.819 | -87.63453674316406 |
 * | `expm1` | 1.012 | 17.080347061157227 |
 * | `log` | 0.866 | 0.6996715068817139 |
 * | `tanh` | 0.701 | 0.18533837795257568 |
 * | `logistic` | 1.717 | -1.1050151586532593 |
 * | `softplus` | 1.715 | -0.8503972291946411 |
 *
 * NaN gives NaN, signed zeros keep their sign, and numbers below the normal ones
 * are as exact as the others. The tests try every 20,011th number again.
 *
 * ## The exponential
 *
 * With $`n`$ the integer nearest to $`x / \ln 2`$, what is left is at most half of
 * $`\ln 2`$:
 *
 * ```text
 *   r = x − n ln 2,   e^x = 2ⁿ e^r,   e^r = 1 + (r + r² q(r))
 * ```
 *
 * The integer is found without a conversion: beside $`2^{23} + 2^{22}`$ the last
 * digit of a number is worth 1, so a sum with it is rounded to an integer. The integer
 * is in the lowest bits, and is shifted from there to the exponent of $`2^n`$. The
 * product $`n \ln 2`$ would be rounded, so $`\ln 2`$ is two numbers: the first has 9
 * bits, its product with $`n`$ is exact, and so is its difference $`a`$ from $`x`$. The
 * second product, $`b`$, is small. The difference $`r = a - b`$ is rounded, but serves
 * only the terms from $`r^2`$ on; the first term uses $`a`$ and $`b`$:
 *
 * ```text
 *   e^r − 1 = a + (r² q(r) − b)
 * ```
 *
 * A processor that begins several operations at once waits for results. In Horner's
 * scheme each step waits for the one before it, so terms are added in pairs, and the
 * pairs multiplied by $`r^2`$: as many operations, in half the time. All polynomials
 * are computed like this.
 *
 * The best polynomial $`q`$ of degree 4 is off by $`2^{-26}`$ of $`r`$. In
 * $`1 + (e^r - 1)`$ two sums are rounded, but what the first loses can be computed: with
 * $`s`$ the rounded $`1 + a`$, it is $`a - (s - 1)`$, exactly, because $`a`$ is less than 1.
 * Added to the small term, it makes the last sum the only rounding that counts:
 *
 * ```text
 *   e^r = s + ((a − (s − 1)) + (r² q(r) − b)),   s = 1 + a
 * ```
 *
 * Softmax, the logistic function and GELU do without these three operations, because a
 * quarter of a unit does not count there.
 *
 * $`2^n`$ is multiplied in two steps: half of $`n`$ fits into an exponent where
 * $`n`$ itself does not, which is where results overflow, or have few digits.
 *
 * In float64, $`q`$ has degree 9 and the first part of $`\ln 2`$ 33 bits. There are too
 * many numbers to try them all. Of a million, none is off by more than 0.913 units; that
 * is at 40.56075682435028.
 *
 * `expm1`, of which ELU is made, is $`e^x - 1`$, but if $`x`$ is near 0, $`e^x`$ is near 1, and the
 * difference has no digits left. The small term is already without the 1:
 *
 * ```text
 *   e^x − 1 = (2ⁿ − 1) + 2ⁿ (r + r² ∕ 2 + r³ q(r))
 * ```
 *
 * If $`n`$ is 0, the result is hardly larger than $`r`$, and even the rounding of
 * $`r^2 / 2`$ counts. With $`c`$ the upper twelve bits of $`r`$, $`c^2`$ is exact, and
 * $`r^2 - c^2 = (r - c)(r + c)`$ is small.
 *
 * ## The logistic function and tanh
 *
 * The reduction serves the logistic function itself. With $`x = n \ln 2 + r`$,
 *
 * ```text
 *   σ(x) = 1 ∕ (1 + 2⁻ⁿ e^−r) = 2ⁿ ∕ ((2ⁿ + 1) + (e^−r − 1))
 * ```
 *
 * for both signs. There is one division, its numerator is exact, and the small term of
 * the denominator is already without the 1. So two roundings count, of the denominator
 * and of the quotient. The sum $`2^n + 1`$ is exact from $`n = -23`$ to 23. What it
 * loses below, at most one unit of the denominator, is put into $`b`$; above it, all
 * results are 1. The numerator is multiplied by $`2^{34}`$ and the quotient divided by
 * it, so that even the smallest quotient is an ordinary number.
 *
 * SiLU is $`x`$ times $`\sigma(x)`$, and the approximation of GELU is $`x`$ times
 * $`\sigma`$ of a polynomial. The factor $`x`$ is one of the numerator, where the product
 * with a power of 2 is exact, and the division by $`2^{34}`$ is the last: the result may be an
 * ordinary number where $`\sigma`$ is not.
 *
 * Far above 0, the factor of GELU's approximation is near 1, where the denominator is
 * rounded most. There $`x \sigma(v)`$ is $`x - x \sigma(-v)`$.
 *
 * The hyperbolic tangent is a quotient of two such sums. With $`-2 x = n \ln 2 + r`$,
 *
 * ```text
 *   tanh x = (1 − e^−2x) ∕ (1 + e^−2x) = ((1 − 2ⁿ) + (e^−r − 1)) ∕ ((1 + 2ⁿ) + (e^−r − 1))
 * ```
 *
 * If $`n`$ is 0, the numerator is $`e^{-r} - 1`$, which has all digits near 0. Both sums are
 * rounded, and so is the quotient. But what the sums lose is known, as above, and what a
 * quotient of twelve bits leaves is, too: its product with the upper half of the
 * denominator is exact. That, divided by the denominator, is added, so only one rounding
 * counts.
 *
 * ## Logarithms
 *
 * A number is $`2^k (1 + f)`$ with $`1 + f`$ between $`\sqrt{1/2}`$ and
 * $`\sqrt 2`$: $`k`$ and $`f`$ are read off its bits, and are exact.
 *
 * ```text
 *   log x = (k ln 2 + f) + (−f² ∕ 2 + f³ q(f))
 * ```
 *
 * The first sum is of two exact terms, the larger first, so what it loses is
 * $`f`$ less what has arrived of it. That goes into the second sum.
 *
 * `softplus`, $`\log(1 + e^x)`$, is the larger of $`x`$ and 0, plus $`\log(1 + a)`$, where
 * $`a = e^{-\lvert x \rvert}`$ is at most 1: $`k`$ is 0 or 1, and $`f`$ is
 * $`a`$ or half of $`a - 1`$, exact again. What their sum loses goes into the small term.
 *
 * ## The normal distribution
 *
 * The function $`\Phi`$ of GELU is a bell times a tail:
 *
 * ```text
 *   Φ(−t) = e^(−t² ∕ 2) T(t),   T(t) = q(s) ∕ (t + 4),   s = (t − 4) ∕ (t + 4)
 * ```
 *
 * $`T`$ falls slowly, and one polynomial of degree 9 in $`s`$ is exact to
 * $`2^{-26}`$ for all $`t`$ up to 14.25, behind which all is 0. The exponent must be
 * exact: its error is a relative error of the result. With $`c`$ the upper twelve
 * bits of $`t`$, $`c^2`$ is exact, and
 *
 * ```text
 *   t² = c² + (t − c) (t + c)
 * ```
 *
 * ## Powers
 *
 * A power is $`x^p = 2^{p \log_2 x}`$. Here an error of the logarithm is multiplied by
 * up to 150, the largest exponent of 2 in float32, and is then a relative error of the
 * result. So powers are computed in float64, two at a time, which also has exponents
 * enough for all numbers on the way. With $`\lvert x \rvert = 2^k m`$, where $`m`$ is
 * between $`\sqrt{1/2}`$ and $`\sqrt 2`$, and with $`z = p \log_2 \lvert x \rvert`$,
 * $`n`$ the integer nearest to $`z`$, and $`f`$ the rest,
 *
 * ```text
 *   log₂ |x| = k + s q(s²),   s = (m − 1) ∕ (m + 1)
 *   2ᶻ = 2ⁿ (1 + f q(f))
 * ```
 *
 * The first polynomial is off by $`2^{-37}`$ of the logarithm, the second by
 * $`2^{-34}`$ of the power: so the result is rounded, and hardly anything more. Zeros,
 * infinities and NaN are their own powers, or the reciprocals of them where $`p`$ is
 * below 0. The sign of $`x`$ is kept where $`p`$ is odd, and numbers below 0 have no power
 * where $`p`$ is no integer.
 *
 * ## Gradients
 *
 * A gradient is an exponential, a factor of about 1, and $`\partial E / \partial Y`$.
 * The product may be an ordinary number where the exponential alone is 0 or
 * infinite. So $`2^n`$ is taken in three parts: two of them are factors of
 * $`\partial E / \partial Y`$, one is of the rest, and the product of both is rounded last.
 * The exponential is 0, and 0 times ∞ NaN, only where that of float64 is. The loops of the
 * pages compute in float64 and round once, whereas a gradient here has four or five
 * roundings: the tests allow 5 units in the last place.
 *
 * A sum $`s = 1 + w`$ that is rounded has lost $`w - (s - 1)`$. The gradient
 * of the logistic function takes it into account: its square is
 * $`s^2 + 2 s (w - (s - 1))`$. That of the hyperbolic tangent is computed from
 * $`d = 1 - \tanh \lvert x \rvert`$, which is a multiple of $`2^{-12}`$ and a small rest, so
 * that most of $`1 - \tanh^2 x = d (2 - d)`$ is exact.
 *
 * The slopes of softplus, SiLU and the approximation of GELU are one function, the last
 * with another $`f`$ and $`g`$:
 *
 * ```text
 *   σ(f) + g σ(f) σ(−f),   with g = 0, g = x, or g = x ∂f ∕ ∂x
 * ```
 *
 * At $`f`$ and $`-f`$, with $`g`$ and $`-g`$, they add up to 1, so the small one is computed,
 * and is subtracted from 1 for $`f`$ above 0: then its roundings hardly count.
 *
 * ## Rows
 *
 * Softmax, its logarithm and the losses need $`e^{x_j - c}`$ with the largest number
 * $`c`$ of a row, and their sum. But $`x_j - c`$ is rounded, and to find what it loses
 * takes five operations. Any number near to $`c`$ serves as well, as it only makes all
 * numbers of a row larger or smaller alike. With $`N`$ the integer nearest to
 * $`c / \ln 2`$,
 *
 * ```text
 *   e^x ∕ 2ᴺ = 2ⁿ⁻ᴺ e^r
 * ```
 *
 * costs nothing: the constant that rounds $`x / \ln 2`$ to $`n`$ is another for each row,
 * and so the lowest bits are $`n - N`$. The factor $`e^{N \ln 2 - c}`$ that is missing is
 * computed once for each row, in float64. If $`c`$ is above 48, or below −48, the numbers
 * $`n`$ may be so large that $`b`$ is no longer small. Then $`x_j - c`$ is computed, and
 * its rounding put into $`b`$.
 *
 * The exponentials are multiplied by $`2^{60}`$, in one product with a power of 2: those
 * below $`e^{-127}`$, far less than the smallest float32, are 0. The sums are of float64
 * numbers, without the first $`c`$: for the logarithm of a sum near 1, all digits are in
 * the rest. What is done with a row then is a second pass in float64, rounded once.
 *
 * Softmax itself divides by the sum, so no factor is missing. Its exponentials take
 * most of its time, so it saves some corrections of roundings that hardly count: the
 * first term is $`a - b`$, too, and two numbers are added before they become float64.
 * Equal numbers get the nearest float32 numbers. Of 200,000 normal numbers in rows of 500,
 * none is off by more than 1.6 units in the last place; on average they are off by 0.36.
 *
 * ## Memory
 *
 * Numbers that lie elsewhere are copied in, and results out, in chunks that stay in
 * the cache: see `resident.ts`. Few numbers, and all of float64 but exponentials, are
 * left to the loops of the pages.
 *
 * @module
 */

import { lengthOf, type Numbers, widthOf } from "../core/arrays.ts";
import { ELEMENTARY } from "./_elementary_wasm.ts";
import { instantiate, type Memory, platform, type Wasm } from "./platform.ts";
import { pass, resident } from "./resident.ts";

/** z = f(x) */
type Map = (x: number, z: number, count: number, alpha: number) => void;

/** dx = f′(x) dy, or another function of two numbers. */
type MapD = (
  x: number,
  dy: number,
  dx: number,
  count: number,
  alpha: number,
) => void;

/** A total, and what x and t add to it. */
type Loss = (x: number, t: number, count: number, total: number) => number;

/** The functions of one number. */
export type Name =
  | "exp"
  | "expm1"
  | "log"
  | "tanh"
  | "logistic"
  | "softplus"
  | "silu"
  | "gelu"
  | "geluTanh"
  | "elu"
  | "power";

/** The gradients of some of them. */
export type NameD =
  | "expDx"
  | "tanhDx"
  | "sigmoidDx"
  | "softplusDx"
  | "sqrtDx"
  | "siluDx"
  | "geluDx"
  | "geluTanhDx"
  | "eluDx"
  | "powerDx";

/** What the WebAssembly module exports. */
type Kernels =
  & Record<Name | "exp64", Map>
  & Record<NameD | "lossD", MapD>
  & Record<"softmaxDRows" | "logSoftmaxDRows", RowsD>
  & {
    expRows: ExpRows;
    scaleRows: ScaleRows;
    shiftRows: ShiftRows;
    lossOf: Loss;
  };

// Functions of rows, with three numbers for each row.

type ExpRows = (
  x: number,
  e: number,
  n: number,
  m: number,
  sums: number,
  isShare: boolean,
) => void;

type ScaleRows = (z: number, n: number, m: number, sums: number) => void;

type ShiftRows = (
  x: number,
  z: number,
  n: number,
  m: number,
  sums: number,
) => void;

type RowsD = (
  x: number,
  e: number,
  dy: number,
  n: number,
  m: number,
  sums: number,
) => void;

/** The number of elements from which the vectors are faster. */
const FROM = 32;

/** Numbers of a chunk, so that all of its arrays are in the cache. */
const CHUNK = 2 ** 14;

/** The longest row. */
const LONGEST = 2 ** 17;

/** The places of the arrays of a chunk, and of three numbers for each row, of which
 * there may be a few more. */
const X = 0;
const Y = 8 * LONGEST + 64;
const Z = 2 * Y;
const ROWS = CHUNK + 4;
const SUMS = 3 * Y;
const BYTES = Math.ceil((SUMS + 24 * ROWS) / 2 ** 16) * 2 ** 16;

/** The same as numbers, and how many there are for a row. */
const FIRST = SUMS / 8;
const EACH = 3;

/** The kernels, and views of their memory. */
type Loaded = Kernels & Record<"heap32" | "heap64", Numbers>;

/** Makes the kernels; undefined where the platform has no such thing. */
export function load(
  wasm: Wasm | undefined,
  memory?: Memory,
): Loaded | undefined {
  return instantiate<Kernels>(wasm, [ELEMENTARY], BYTES, memory);
}

/** The kernels; null where there are none. To make them takes milliseconds, so it is
 * done when they are first used. */
const loaded = resident((memory) => load(platform.WebAssembly, memory) ?? null);

/** The kernels for so many numbers as those of x, if there are any. */
function kernelsFor(
  x: Numbers,
  n: number,
  given: Loaded | null | undefined,
  isForFloat64 = false,
): Loaded | null {
  if (n < FROM || (widthOf(x) === 8 && !isForFloat64)) return null;
  return given === undefined ? loaded() : given;
}

/** Writes f(xᵢ) to z, if there is a kernel for these arrays. */
export function map(
  name: Name,
  x: Numbers,
  z: Numbers,
  alpha = 0,
  given?: Loaded | null,
): boolean {
  const n = lengthOf(x);
  const isExp64 = name === "exp" && widthOf(x) === 8;
  const kernels = kernelsFor(x, n, given, isExp64);
  if (kernels === null) return false;
  const { heap32, heap64, [isExp64 ? "exp64" : name]: f } = kernels;
  pass(
    isExp64 ? heap64 : heap32,
    n,
    CHUNK,
    [z, x],
    [Z, X],
    (count, [zAt, xAt]) => f(xAt, zAt, count, alpha),
  );
  return true;
}

/** Writes f′(xᵢ) dyᵢ to dx, if there is a kernel for these arrays. */
export function mapD(
  name: NameD,
  x: Numbers,
  dy: Numbers,
  dx: Numbers,
  alpha = 0,
  given?: Loaded | null,
): boolean {
  return mapTwo(name, x, dy, dx, alpha, given);
}

/** Writes the gradient of the cross-entropies of logits x and probabilities t with
 * respect to x, times a factor, to dx, if there is a kernel for these arrays. */
export function lossesD(
  x: Numbers,
  t: Numbers,
  dx: Numbers,
  scale: number,
): boolean {
  return mapTwo("lossD", x, t, dx, scale);
}

function mapTwo(
  name: NameD | "lossD",
  x: Numbers,
  y: Numbers,
  z: Numbers,
  alpha: number,
  given?: Loaded | null,
): boolean {
  const n = lengthOf(x);
  const kernels = kernelsFor(x, n, given);
  if (kernels === null) return false;
  const { heap32, [name]: f } = kernels;
  pass(
    heap32,
    n,
    CHUNK,
    [z, x, y],
    [Z, X, Y],
    (count, [zAt, xAt, yAt]) => f(xAt, yAt, zAt, count, alpha),
  );
  return true;
}

/** The sum of the cross-entropies of logits and probabilities; undefined if there is
 * no kernel for these arrays. */
export function sumOfLosses(
  x: Numbers,
  t: Numbers,
  given?: Loaded | null,
): number | undefined {
  const n = lengthOf(x);
  const kernels = kernelsFor(x, n, given);
  if (kernels === null) return undefined;
  const { heap32, lossOf } = kernels;
  let total = 0;
  pass(
    heap32,
    n,
    CHUNK,
    [undefined, x, t],
    [Z, X, Y],
    (count, [, xAt, tAt]) => {
      total = lossOf(xAt, tAt, count, total);
    },
  );
  return total;
}

/**
 * What is known of a row after its first pass: its largest number c, NaN if there
 * is one, and the sum of exp(x − c) without the 1 of the first c, which is NaN where
 * c is not finite.
 */
type OfRow<T> = (c: number, rest: number, row: number) => T;

/** Calls a function for each of n rows of x, if there is a kernel for them. */
export function peakRows(
  x: Numbers,
  n: number,
  m: number,
  each: OfRow<void>,
  given?: Loaded | null,
): boolean {
  return byRows([undefined, x], n, m, given, ({ heap64 }, first, count) => {
    for (let k = 0, at = FIRST; k < count; k++, at += EACH) {
      each(heap64[at], heap64[at + 1], first + k);
    }
  });
}

/** Writes exp(x − c) times a factor for each row to z. */
export function expRows(
  x: Numbers,
  z: Numbers,
  n: number,
  m: number,
  factor: OfRow<number>,
  given?: Loaded | null,
): boolean {
  return byRows([z, x], n, m, given, (kernels, first, count, [zAt]) => {
    const { heap64 } = kernels;
    for (let k = 0, at = FIRST; k < count; k++, at += EACH) {
      heap64[at + 2] *= factor(heap64[at], heap64[at + 1], first + k);
    }
    kernels.scaleRows(zAt, count, m, SUMS);
  });
}

/** Writes the shares of exp(x) in the sum of its row to z: softmax. */
export function shareRows(
  x: Numbers,
  z: Numbers,
  n: number,
  m: number,
  given?: Loaded | null,
): boolean {
  return byRows([z, x], n, m, given, undefined);
}

/** Writes x − c less a number for each row to z. */
export function shiftRows(
  x: Numbers,
  z: Numbers,
  n: number,
  m: number,
  shift: OfRow<number>,
  given?: Loaded | null,
): boolean {
  return byRows([z, x], n, m, given, (kernels, first, count, [zAt, xAt]) => {
    const { heap64 } = kernels;
    for (let k = 0, at = FIRST; k < count; k++, at += EACH) {
      heap64[at + 1] = shift(heap64[at], heap64[at + 1], first + k);
    }
    kernels.shiftRows(xAt, zAt, count, m, SUMS);
  });
}

/** The gradient of softmax, for each of n rows. */
export function softmaxDRows(
  x: Numbers,
  dy: Numbers,
  dx: Numbers,
  n: number,
  m: number,
  given?: Loaded | null,
): boolean {
  return byRows([dx, x, dy], n, m, given, (kernels, _, count, at) => {
    kernels.softmaxDRows(at[1], at[0], at[2], count, m, SUMS);
  });
}

/** The gradient of the logarithm of softmax, for each of n rows. */
export function logSoftmaxDRows(
  x: Numbers,
  dy: Numbers,
  dx: Numbers,
  n: number,
  m: number,
  given?: Loaded | null,
): boolean {
  return byRows([dx, x, dy], n, m, given, (kernels, _, count, at) => {
    kernels.logSoftmaxDRows(at[1], at[0], at[2], count, m, SUMS);
  });
}

/** Takes rows through the memory, as many as are in the cache. The exponentials of
 * those of the second array stand where the first is to be, if there is one: divided
 * by their sum, unless something is left to do. */
function byRows(
  arrays: readonly [z: Numbers | undefined, x: Numbers, y?: Numbers],
  n: number,
  m: number,
  given: Loaded | null | undefined,
  rest:
    | ((
      kernels: Loaded,
      first: number,
      count: number,
      at: readonly number[],
    ) => void)
    | undefined,
): boolean {
  const kernels = m > LONGEST ? null : kernelsFor(arrays[1], n * m, given);
  if (kernels === null) return false;
  const chunk = Math.ceil(CHUNK / m) * m;
  pass(kernels.heap32, n * m, chunk, arrays, [Z, X, Y], (count, at, from) => {
    kernels.expRows(at[1], at[0], count / m, m, SUMS, rest === undefined);
    rest?.(kernels, from / m, count / m, at);
  });
  return true;
}
