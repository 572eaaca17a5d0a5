// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # The best polynomials
 *
 * Among all polynomials of one degree, a single one has the smallest maximal error over
 * an interval. Chebyshev showed how to recognize it: with $`n + 1`$ coefficients, its
 * weighted error reaches the same two bounds in turn, $`n + 2`$ times.
 *
 * ```text
 *    +h ┐  ╭╮      ╭╮      ╭
 *       │ ╱  ╲    ╱  ╲    ╱
 *     0 ┼╯────╲──╱────╲──╱──
 *    −h ┘      ╰╯      ╰╯
 * ```
 *
 * The algorithm of Remez finds it: for some points near the peaks, the
 * coefficients and the bound are the solution of linear equations. The peaks of
 * the remaining error are better points, and so on, until they no longer move.
 * All of this is done in float64, for functions that are known to some 15 digits,
 * and most coefficients are rounded to float32, whose error is larger than that
 * of the polynomial: `elementary.ts` says which error matters where.
 *
 * `deno task wasm` writes them to `coefficients.as.ts`.
 *
 * @module
 */

/** What a polynomial is to approximate. */
export interface Target {
  /** The interval. */
  readonly from: number;
  readonly to: number;
  readonly degree: number;
  /** The function. */
  of(x: number): number;
  /** What an error of the polynomial is multiplied by. */
  weight(x: number): number;
  /** Whether it is computed in float64. */
  readonly isWide?: boolean;
}

/** A polynomial, the constant term first, and its largest weighted error. */
export interface Polynomial {
  readonly coefficients: readonly number[];
  readonly error: number;
}

/** The value of a polynomial, the constant term first. */
export function valueOf(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, c) => sum * x + c, 0);
}

/** How finely the error is looked at. */
const GRID = 2000;

/** The polynomial of least largest error, by Remez's exchange of points. */
export function remez({ from, to, degree, of, weight }: Target): Polynomial {
  const center = (from + to) / 2, radius = (to - from) / 2;
  const at = (z: number) => center + radius * z;
  const grid = Array.from(
    { length: GRID + 1 },
    (_, i) => -Math.cos(Math.PI * i / GRID),
  );
  let points = Array.from(
    { length: degree + 2 },
    (_, i) => -Math.cos(Math.PI * i / (degree + 1)),
  );
  let scaled: number[] = [], error = Infinity;
  for (let round = 0; round < 20; round++) {
    const solution = solve(points.map((z, i) => [
      ...Array.from({ length: degree + 1 }, (_, k) => z ** k),
      (-1) ** i / weight(at(z)),
      of(at(z)),
    ]));
    scaled = solution.slice(0, -1);
    const errors = grid.map((z) =>
      (valueOf(scaled, z) - of(at(z))) * weight(at(z))
    );
    points = peaksOf(errors).map((i) => grid[i]);
    const largest = Math.max(...errors.map(Math.abs));
    const isDone = largest >= error * (1 - 1e-6);
    error = largest;
    if (isDone || points.length !== degree + 2) break;
  }
  return { coefficients: shifted(scaled, center, radius), error };
}

/** Where the error is largest between two changes of its sign. */
function peaksOf(errors: readonly number[]): number[] {
  const peaks: number[] = [];
  errors.forEach((error, i) => {
    const last = peaks.at(-1);
    if (last === undefined || errors[last] * error < 0) peaks.push(i);
    else if (Math.abs(error) > Math.abs(errors[last])) {
      peaks[peaks.length - 1] = i;
    }
  });
  return peaks;
}

/** The polynomial in x of one in (x − center) ∕ radius. */
function shifted(
  scaled: readonly number[],
  center: number,
  radius: number,
): number[] {
  let result: number[] = [];
  for (const c of scaled.toReversed()) {
    const next = new Array(result.length + 1).fill(0);
    result.forEach((r, k) => {
      next[k] -= r * center / radius;
      next[k + 1] += r / radius;
    });
    next[0] += c;
    result = next.slice(0, scaled.length);
  }
  return result;
}

/** Solves linear equations: each row has its right-hand side last. */
function solve(rows: number[][]): number[] {
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) {
      if (Math.abs(rows[i][k]) > Math.abs(rows[pivot][k])) pivot = i;
    }
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    for (let i = k + 1; i < n; i++) {
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j <= n; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  const x = new Array<number>(n);
  for (let k = n - 1; k >= 0; k--) {
    let sum = rows[k][n];
    for (let j = k + 1; j < n; j++) sum -= rows[k][j] * x[j];
    x[k] = sum / rows[k][k];
  }
  return x;
}

/** Σₖ term(k), from the smallest term up, until they no longer count. */
function series(term: (k: number) => number): number {
  let sum = 0;
  for (let k = 60; k >= 0; k--) sum += term(k);
  return sum;
}

const FACTORIALS = Array.from({ length: 70 }).reduce<number[]>(
  (all, _, k) => [...all, all[k] * (k + 1)],
  [1],
);

/** The share of the normal distribution above t, divided by exp(−t² ∕ 2). */
export function tailOf(t: number): number {
  if (t < 3) {
    // ½ exp(t² ∕ 2) − 1 ∕ √(2π) Σₖ t²ᵏ⁺¹ ∕ (2k + 1)!!
    let sum = 0, term = t;
    for (let k = 1; k < 100; k++) {
      sum += term;
      term *= t * t / (2 * k + 1);
    }
    return Math.exp(t * t / 2) / 2 - sum / Math.sqrt(2 * Math.PI);
  }
  // 1 ∕ (t + 1 ∕ (t + 2 ∕ (t + 3 ∕ …)))
  let fraction = t;
  for (let k = 200; k > 0; k--) fraction = t + k / fraction;
  return 1 / (fraction * Math.sqrt(2 * Math.PI));
}

/** Where the variable of the tail is 0. */
const CENTER = 4;

/** Above it, Φ(−t) is less than half the smallest float32. */
const LAST = 14.25;

const toTail = (s: number) => CENTER * (1 + s) / (1 - s);

/** The parts of the functions that polynomials stand for. */
export const TARGETS: Readonly<Record<string, Target>> = {
  // exp(r) = 1 + r + r² q(r)
  EXP: {
    from: -Math.LN2 / 2,
    to: Math.LN2 / 2,
    degree: 4,
    of: (r) => series((k) => r ** k / FACTORIALS[k + 2]),
    weight: (r) => Math.abs(r) + 1e-9,
  },
  // exp(r) = 1 + r + r² ∕ 2 + r³ q(r)
  EXPM1: {
    from: -Math.LN2 / 2,
    to: Math.LN2 / 2,
    degree: 4,
    of: (r) => series((k) => r ** k / FACTORIALS[k + 3]),
    weight: (r) => r * r + 1e-9,
  },
  // log(1 + f) = f − f² ∕ 2 + f³ q(f)
  LOG: {
    from: Math.SQRT1_2 - 1,
    to: Math.SQRT2 - 1,
    degree: 8,
    of: (f) =>
      Math.abs(f) < 0.1
        ? series((k) => (-f) ** k / (k + 3))
        : (Math.log1p(f) - f + f * f / 2) / f ** 3,
    weight: (f) => f * f + 1e-9,
  },
  // Φ(−t) = exp(−t² ∕ 2) q((t − c) ∕ (t + c)) ∕ (t + c)
  TAIL: {
    from: -1,
    to: (LAST - CENTER) / (LAST + CENTER),
    degree: 9,
    of: (s) => tailOf(toTail(s)) * (toTail(s) + CENTER),
    weight: (s) => 1 / (tailOf(toTail(s)) * (toTail(s) + CENTER)),
  },
  // exp(r) = 1 + r + r² q(r), in float64
  EXP64: {
    from: -Math.LN2 / 2,
    to: Math.LN2 / 2,
    degree: 9,
    of: (r) => series((k) => r ** k / FACTORIALS[k + 2]),
    weight: (r) => r * r + 1e-9,
    isWide: true,
  },
  // log₂((1 + s) ∕ (1 − s)) = s q(s²)
  LOG2: {
    from: 0,
    to: ((Math.SQRT2 - 1) / (Math.SQRT2 + 1)) ** 2,
    degree: 4,
    of: (t) => 2 / Math.LN2 * series((k) => t ** k / (2 * k + 1)),
    weight: () => Math.LN2 / 2,
    isWide: true,
  },
  // 2ᶠ = 1 + f q(f)
  EXP2: {
    from: -1 / 2,
    to: 1 / 2,
    degree: 6,
    of: (f) => series((k) => Math.LN2 ** (k + 1) * f ** k / FACTORIALS[k + 1]),
    weight: (f) => Math.abs(f) + 1e-9,
    isWide: true,
  },
};

/** The source that the kernels import. */
export function source(): string {
  let text = `// Copyright 2026 the Adjoint authors. MIT license.

// Written by \`deno task wasm\` from \`coefficients.ts\`.
`;
  for (const [name, target] of Object.entries(TARGETS)) {
    text += "\n";
    remez(target).coefficients.forEach((c, k) =>
      text += target.isWide
        ? `export const ${name}_${k}: f64 = ${c};\n`
        : `export const ${name}_${k}: f32 = ${Math.fround(c)};\n`
    );
  }
  return text;
}
