// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # The normal distribution
 *
 * Its density, and the share of it that lies below a number:
 *
 * ```math
 * \varphi(x) = \frac{1}{\sqrt{2 \pi}} e^{-\frac{x^2}{2}}, \qquad
 * \Phi(x) = \frac12 \left( 1 + \operatorname{erf} \frac{x}{\sqrt 2} \right)
 * ```
 *
 * JavaScript has no error function. Even with one, the sum above would have no
 * digits left where $`x`$ is far below 0, as erf is nearly −1 there. So the code
 * does not approximate erf, but these three functions, with quotients of
 * polynomials that W. J. Cody found. On its interval each is right to half a unit
 * in the last place of float64, and what is computed with it to four.
 *
 * | where | what |
 * | ----- | ---- |
 * | $`\lvert x \rvert < 0.6629`$ | $`\Phi(x) - \frac12`$ |
 * | $`0.6629 \le x < \sqrt{32}`$ | $`\Phi(-x) e^{\frac{x^2}{2}}`$ |
 * | $`\sqrt{32} \le x`$ | the same, in powers of $`1 / x^2`$ |
 *
 * The last two fall slowly, like $`1 / x`$. Everything that falls fast is in the
 * exponential, whose exponent must be exact: an error of the exponent is a
 * relative error of the result, and at 38 a rounding of the square costs the last
 * three digits. So the code takes a number $`c`$ near $`x`$ whose square fits
 * into 53 bits, and the rest is small:
 *
 * ```math
 * x^2 = c^2 + (x - c) (x + c)
 * ```
 *
 * - W. J. Cody, *Rational Chebyshev Approximations for the Error Function*,
 *   Mathematics of Computation 23 (1969), 631–637.
 * - W. J. Cody, *Algorithm 715: SPECFUN*, ACM Transactions on Mathematical Software
 *   19 (1993), 22–32, the function `ANORM`.
 *
 * @module
 */

const ROOT = 0.39894228040143267794; // 1 ∕ √(2π)

/** `factor · Φ(x)`. */
export function normal(x: number, factor: number): number {
  if (Math.abs(x) < 0.66291) return factor * (0.5 + center(x));
  if (x < 0) return bell(x, factor * tail(-x));
  return factor * (1 - bell(x, tail(x)));
}

/** `factor · φ(x)`. */
export function density(x: number, factor: number): number {
  return bell(x, factor * ROOT);
}

/**
 * `factor · exp(−x² ∕ 2)`. Only the product need be a number with a full set of
 * digits: the exponential may lie below all of these.
 */
function bell(x: number, factor: number): number {
  if (x * x > 1521) return 0 * factor; // e⁻⁷⁶⁰ · 39 is below all numbers.
  const c = Math.fround(x);
  const scaled = factor * Math.exp((c - x) * (c + x) / 2);
  if (c * c < 1400) return scaled * Math.exp(-c * c / 2);
  const half = Math.exp(-c * c / 4);
  return scaled * half * half;
}

/** `Φ(x) − ½` for `|x| < 0.6629`. */
function center(x: number): number {
  const t = x * x;
  const above = ((((0.065682337918207449113 * t + 2.2352520354606839287) * t +
        161.02823106855587881) * t + 1067.6894854603709582) * t) +
    18154.981253343561249;
  const below = (((t + 47.20258190468824187) * t + 976.09855173777669322) * t +
        10260.932208618978205) * t + 45507.789335026729956;
  return x * (above / below);
}

/** `Φ(−x) · exp(x² ∕ 2)` for `x ≥ 0.6629`. */
function tail(x: number): number {
  if (x >= 5.656854249492381) return farTail(x);
  const above =
    (((((((1.0765576773720192317e-8 * x + 0.39894151208813466764) * x +
                            8.8831497943883759412) * x +
                        93.506656132177855979) * x +
                    597.27027639480026226) * x + 2494.5375852903726711) * x +
            6848.1904505362823326) * x + 11602.651437647350124) * x +
    9842.7148383839780218;
  const below = (((((((x + 22.266688044328115691) * x +
                            235.38790178262499861) * x + 1519.377599407554805) *
                      x +
                    6485.558298266760755) * x + 18615.571640885098091) * x +
            34900.952721145977266) * x + 38912.003286093271411) * x +
    19685.429676859990727;
  return above / below;
}

function farTail(x: number): number {
  const t = 1 / (x * x);
  const above = ((((0.02307344176494017303 * t + 0.21589853405795699) * t +
                0.1274011611602473639) * t + 0.022235277870649807) * t +
        0.001421619193227893466) * t + 2.9112874951168792e-5;
  const below = ((((t + 1.28426009614491121) * t + 0.468238212480865118) * t +
            0.0659881378689285515) * t + 0.00378239633202758244) * t +
    7.29751555083966205e-5;
  return (ROOT - t * (above / below)) / x;
}
