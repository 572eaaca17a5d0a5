// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # The quantiles of the normal distribution, the same on every machine
 *
 * The number that a normal variable is below with the probability $`p`$, the
 * inverse of $`\Phi`$. Applied to uniform numbers, it makes them normal.
 * JavaScript leaves the last bits of `Math.log` and `Math.sqrt` to the engine, so
 * everything here is made of additions, multiplications and divisions in float64,
 * each of which has one correctly rounded result.
 *
 * Wichura's AS 241 has quotients of polynomials for three regions: in the middle, where
 * $`\lvert p - \frac12 \rvert \le 0.425`$, in $`p - \frac12`$; outside, where 15 % are,
 * in $`\sqrt{-\log q}`$, of the smaller side $`q`$ of $`p`$ and $`1 - p`$.
 *
 * - M. J. Wichura, *Algorithm AS 241: The Percentage Points of the Normal
 *   Distribution*, Applied Statistics 37 (1988), 477–484.
 *
 * @module
 */

/** The value of a polynomial, its coefficients from the highest power down. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i++) sum = sum * x + coefficients[i];
  return sum;
}

// deno-fmt-ignore
const MIDDLE = [
  [2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080],
  [5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1],
];

// deno-fmt-ignore
const NEAR = [
  [7.7454501427834140764e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258, 3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734],
  [1.05075007164441684324e-9, 5.4759380849953449460e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1],
];

// deno-fmt-ignore
const FAR = [
  [2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720],
  [2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1],
];

const quotient = ([above, below]: readonly number[][], x: number) =>
  polynomial(above, x) / polynomial(below, x);

/** `Φ⁻¹((k + ½) ∕ 2⁵³)`, for a whole number `k` below 2⁵³. */
export function quantile(k: number): number {
  const q = (k - 2 ** 52 + 0.5) / 2 ** 53; // p − ½, exactly
  if (Math.abs(q) <= 0.425) {
    return q * quotient(MIDDLE, 0.180625 - q * q);
  }
  const side = (q < 0 ? k : 2 ** 53 - 1 - k) + 0.5;
  const r = root(-log(side / 2 ** 53));
  const z = r <= 5 ? quotient(NEAR, r - 1.6) : quotient(FAR, r - 5);
  return q < 0 ? -z : z;
}

/** `√x` for `x` above 0, by Newton’s method. */
export function root(x: number): number {
  let scale = 1;
  for (; x < 1; x *= 4) scale /= 2;
  for (; x >= 4; x /= 4) scale *= 2;
  let y = (x + 2) / 3;
  for (let i = 0; i < 5; i++) y = (y + x / y) / 2;
  return scale * y;
}

const LN2 = 0.69314718055994530942;

/** `log x` for `0 < x < 1`, by the series of the area tangent of (m − 1) ∕ (m + 1). */
export function log(x: number): number {
  let exponent = 0;
  for (; x < 0.70710678118654752; x *= 2) exponent--;
  const s = (x - 1) / (x + 1), t = s * s;
  let sum = 0;
  for (let n = 23; n >= 3; n -= 2) sum = (sum + 1 / n) * t;
  return exponent * LN2 + (2 * s + 2 * s * sum);
}
