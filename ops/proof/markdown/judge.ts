// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Judges the formulas of a Markdown page: at random points in 64 digits, every
 * derivative on it is compared with the one that calculus gives for its own
 * forward formulas. A wrong formula gets the smallest counterexample found, and a
 * correction if a small change makes it right.
 *
 * @module
 */

import { Calculus } from "../calculus.ts";
import { AGREE, apart, attempt, firstDifference, holds } from "../compare.ts";
import { digits, type Number64 } from "../digits.ts";
import { dependencies, type Equation, hasJacobian } from "../equations.ts";
import { Random } from "../inputs.ts";
import { evaluate } from "../language/evaluate.ts";
import { EvaluationError, type Value } from "../language/expression.ts";
import { indexNames } from "../language/indices.ts";
import { transpose } from "../language/values.ts";
import { Elements, type Given, PageScope } from "../scopes.ts";
import { indexTuples, Sizes } from "../sizes.ts";
import { writeTex } from "../language/write.ts";
import { derive } from "./derive.ts";
import { agree, type Mend, mendOf } from "./mend.ts";
import { asWritten, nameOf, type Reading } from "./read.ts";

/** The verdict on a formula. */
export interface Verdict {
  /** The formula, on one line. */
  tex: string;
  /** The line that it begins at, counted from 1. */
  line: number;
  /** The column, counted from 1. */
  column: number;
  /**
   * `defines` says what a symbol is, which is true of itself; `holds` and `wrong`
   * are derivatives and equations that were compared; `open` cannot be judged.
   */
  verdict: "defines" | "holds" | "wrong" | "open";
  /** How many sizes it was tried at. */
  sizes: number;
  /** How many numbers were compared. */
  values: number;
  /** Whether all of them are equal to the last of the 64 digits. */
  exact?: boolean;
  /** Whether it holds as its transpose, in numerator layout. */
  transposed?: boolean;
  /** The layout in which it holds, if it holds in only one. */
  layout?: "numerator" | "denominator";
  /** Why it is wrong or cannot be judged. */
  why?: string;
  /** Numbers for which it is wrong. */
  counterexample?: Counterexample;
  /** How it is derived, formula by formula, as TeX, if algebra finds that. */
  derivation?: string[];
  /** What would make it right, in words, with TeX between dollar signs. */
  mend?: string;
  /** The right side that would hold, as TeX. */
  mended?: string;
}

/** Numbers for which a formula is wrong. */
export interface Counterexample {
  /** The inputs and gradients, as nested arrays, by name. */
  given: Record<string, unknown>;
  /** The element, by its indices. */
  at: Record<string, number>;
  /** What the formula gives there. */
  page: number;
  /** What calculus gives there. */
  calculus: number;
}

/** One of the places where formulas are tried. */
interface Try {
  sizes: (dim: number) => number;
  numbers: (random: Random) => number;
  /** Rates and small numbers such as ε. */
  rates?: (random: Random) => number;
  douts?: (random: Random) => number;
}

const TRIES: readonly Try[] = [
  { sizes: (i) => [2, 3, 4][i % 3], numbers: (r) => r.either() },
  { sizes: (i) => [3, 2, 2][i % 3], numbers: (r) => r.either() * 3 },
  { sizes: () => 1, numbers: (r) => r.either() },
  // Where a logarithm or a root has values.
  { sizes: (i) => [2, 3, 4][i % 3], numbers: (r) => 0.25 + r.next() },
  { sizes: (i) => [3, 4, 2][i % 3], numbers: (r) => 0.125 + r.next() * 3 / 4 },
];

const POSITIVE = TRIES[3];

/** From here on, look for a counterexample. */
const SMALL: readonly Try[] = [
  [(): number => 1, [1, 2, 3]] as const,
  [(): number => 1, [-2, -1, 1, 2]] as const,
  [(): number => 2, [1, 2, 3]] as const,
  [(): number => 2, [-2, -1, 1, 2]] as const,
  [(i: number) => [2, 3, 4][i % 3], [1, 2, 3]] as const,
].map(([sizes, numbers]) => ({
  sizes,
  numbers: (r) => r.pick(numbers),
  rates: (r) => r.pick([0.25, 0.5, 0.75]),
  douts: (r) => r.pick([1, 2, 3]),
}));

/** A page at one set of numbers. */
export interface Point {
  given: Given<Number64>;
  derived: PageScope<Number64>;
  /** How many outputs have a value, and how many of the page's conditions hold. */
  working: number;
  /** The same if these symbols are constants that no gradient passes through. */
  without(symbols: readonly string[]): PageScope<Number64>;
  shown: Record<string, unknown>;
}

/** Judges all equations of a page, one after the other. */
export function* judge(
  reading: Reading,
  isLate: () => boolean = () => false,
): Generator<Verdict> {
  const { definitions } = reading;
  const points = new Map<Try, Point | EvaluationError>();
  const pointAt = (t: Try) => {
    let point = points.get(t);
    if (point === undefined) {
      points.set(
        t,
        point = attempt(() => at(reading, t)),
      );
    }
    return point;
  };
  const seen = new Set<string>();
  for (const equation of definitions.equations) {
    const { formula: { line, column }, tex, sides, where } = equation;
    const text = JSON.stringify([sides, where]);
    if (seen.has(text)) continue;
    seen.add(text);
    const verdict: Verdict = {
      tex: asWritten(tex),
      line,
      column,
      verdict: "open",
      sizes: 0,
      values: 0,
    };
    if (isLate()) verdict.why = "time ran out";
    else judgeOne(reading, equation, verdict, pointAt, isLate);
    yield verdict;
  }
}

function judgeOne(
  reading: Reading,
  equation: Equation,
  verdict: Verdict,
  pointAt: (t: Try) => Point | EvaluationError,
  isLate: () => boolean,
): void {
  const { definitions } = reading;
  const { key, sides } = equation;
  if (reading.assumed.has(equation.formula) && sides[0].kind === "reduce") {
    verdict.verdict = "defines";
    return;
  }
  if (key !== undefined && reading.dims.has(key)) {
    verdict.why = `${nameOf(key)} is a size here`;
    return;
  }
  const isItsDefinition = key !== undefined && !key.includes("∂") &&
    definitions.has(key) && definitions.of(key).equation === equation;
  if (isItsDefinition && sides.length === 2) {
    const values = TRIES.map(pointAt).map((point) =>
      point instanceof EvaluationError
        ? point
        : attempt(() => point.derived.symbol(key))
    );
    const error = values.find((v) => v instanceof EvaluationError);
    if (
      error === undefined || values.some((v) => !(v instanceof EvaluationError))
    ) {
      verdict.verdict = "defines";
    } else verdict.why = `${nameOf(key)} has no value as ${error.message}`;
    return;
  }
  const isGiven = reading.page.outputs.some(({ symbol }) =>
    key === `∂E/∂${symbol}`
  );
  if (isGiven && !definitions.has("E")) {
    verdict.why = "it depends on the loss, which the page does not define";
    return;
  }
  const lone = unconnected(reading, equation);
  if (lone !== undefined) {
    verdict.why = lone;
    return;
  }
  const lacking = valueless(reading, equation, TRIES.map(pointAt));
  if (lacking !== undefined) {
    verdict.why = lacking;
    return;
  }
  const sizes = new Set<string>();
  let exact = true;
  let reason: string | undefined;
  const all = TRIES.map(pointAt).filter((p) => !(p instanceof EvaluationError));
  const most = Math.max(...(all as Point[]).map(({ working }) => working));
  for (const t of TRIES) {
    if (isLate()) {
      verdict.why = "time ran out";
      return;
    }
    const point = pointAt(t);
    if (point instanceof EvaluationError) {
      reason ??= point.message;
      continue;
    }
    // If less has a value here than elsewhere, the sizes are at fault.
    if (point.working < most) continue;
    // Derivatives of all elements by all elements take a long time.
    const isLarge = [...point.given.values.values()].some(({ shape }) =>
      shape.reduce((a, b) => a * b, 1) > 40
    );
    if (sizes.size > 1 && isLarge && sides.some(hasJacobian)) continue;
    let compared = 0;
    const difference = firstDifference(
      equation,
      point.derived,
      point.derived,
      (a, b) => {
        // If one has no value, the other may have one by 0 · NaN.
        if (!isNumber(a) || !isNumber(b)) return undefined;
        compared++;
        const error = apart(a, b);
        if (error !== 0) exact = false;
        return error <= AGREE ? undefined : "differs";
      },
    );
    verdict.values += compared;
    if (compared > 0) sizes.add(point.given.sizes.toString());
    if (difference === undefined) continue;
    if (
      /does not say what|nothing is known of the loss|nothing says|^(the (left|right) has no value as )?the power of a tensor/
        .test(
          difference,
        )
    ) {
      reason ??= difference;
      continue;
    }
    if (difference.includes("has no element") && countsFromZero(reading)) {
      verdict.why =
        `the page counts elements from 0, and they are counted from 1 here: ${difference}`;
      return;
    }
    if (isTransposed(equation, point)) {
      verdict.transposed = true;
      continue;
    }
    const other = otherwise(reading, equation);
    if (other !== undefined) {
      verdict.why = other;
      return;
    }
    verdict.verdict = "wrong";
    if (difference.includes("differs")) {
      verdict.counterexample = smallest(reading, equation, pointAt);
    } else verdict.why = difference;
    if (isLate()) return;
    const others = TRIES.map(pointAt).filter((p) =>
      !(p instanceof EvaluationError)
    ) as Point[];
    const mend = mendOf(reading, equation, others, isLate) ??
      assumptionOf(reading, equation);
    Object.assign(verdict, mend);
    verdict.derivation = derivationOf(reading, equation, others);
    return;
  }
  verdict.sizes = sizes.size;
  if (verdict.values === 0 && !verdict.transposed) {
    verdict.why = reason ??
      "it has no value at any of the points tried";
    return;
  }
  verdict.verdict = "holds";
  verdict.exact = exact;
  verdict.layout = verdict.transposed
    ? "numerator"
    : layoutOf(equation, all as Point[]);
  if (isLate() || verdict.transposed) return;
  verdict.derivation = derivationOf(reading, equation, all as Point[]);
}

/** `denominator` where a derivative has the shape of what it is by, and it shows. */
function layoutOf(
  { sides: [left] }: Equation,
  points: readonly Point[],
): Verdict["layout"] {
  if (left.kind !== "partial") return undefined;
  const shows = points.some(({ derived }) => {
    const value = attempt(() => evaluate(left, derived));
    return !(value instanceof EvaluationError) && value.shape.length > 0 &&
      value.shape.length < 3 && !equal(value, transpose(value));
  });
  return shows ? "denominator" : undefined;
}

/** The derivation of a gradient, if calculus confirms each of its formulas. */
function derivationOf(
  reading: Reading,
  equation: Equation,
  points: readonly Point[],
): string[] | undefined {
  const steps = derive(reading, equation);
  const hold = steps?.every((step) =>
    agree([...step], { ...equation, where: undefined }, points)
  );
  return hold
    ? steps!.map((step) => asWritten(step.map(writeTex).join(" = ")))
    : undefined;
}

/** What an equation is a derivative of, where that has no value anywhere, in words. */
function valueless(
  reading: Reading,
  { sides }: Equation,
  points: readonly (Point | EvaluationError)[],
): string | undefined {
  const closure = closures(reading);
  for (const key of sides.flatMap(dependencies)) {
    const [, of, by] = /^∂(.*)\/∂(.*)$/.exec(key) ?? [];
    if (by === undefined) continue;
    const from = of === "E"
      ? reading.page.outputs.map(({ symbol }) => symbol)
      : [of];
    const through = from.filter((name) => closure(name).has(by));
    let why: string | undefined;
    const hasValue = through.some((name) =>
      points.some((point) => {
        if (point instanceof EvaluationError) return false;
        const value = attempt(() => point.derived.symbol(name));
        if (!(value instanceof EvaluationError)) return true;
        why ??= `${nameOf(name)} has no value as ${value.message}`;
        return false;
      })
    );
    if (!hasValue && why !== undefined) return why;
  }
}

/** Why an equation that does not hold is not a mistake, in words. */
function otherwise(reading: Reading, { sides }: Equation): string | undefined {
  const closure = closures(reading);
  const names = new Set(
    sides.flatMap(dependencies).flatMap((key) => key.split("/"))
      .map((key) => key.replace("∂", "")).flatMap((key) => [...closure(key)]),
  );
  const lost = [...reading.lost].find((name) =>
    names.has(name) && !reading.definitions.has(name)
  );
  if (lost !== undefined) return `what ${nameOf(lost)} is cannot be read`;
  // cos θ = −1 says something about θ; it does not claim to hold always.
  const isCondition = sides.some((side) => dependencies(side).length === 0) &&
    !sides.flatMap(dependencies).some((key) => key.includes("∂"));
  return isCondition ? "it is a condition, not a derivative" : undefined;
}

/** Whether a sum of the page takes elements from number 0 on. */
function countsFromZero({ definitions }: Reading): boolean {
  return definitions.equations.some(({ sides }) =>
    JSON.stringify(sides).includes('"from":0')
  );
}

/** An input whose sum must be 1, as that of probabilities is. */
function assumptionOf(
  reading: Reading,
  equation: Equation,
): Mend | undefined {
  for (const { symbol, shape } of reading.page.inputs) {
    if (shape.length !== 1) continue;
    const sumsToOne = new Set([...reading.sumsToOne, symbol]);
    const points = TRIES.slice(0, 2).map((t) =>
      attempt(() => at({ ...reading, sumsToOne }, t))
    );
    if (
      points.every((p) => !(p instanceof EvaluationError)) &&
      agree(equation.sides, equation, points as Point[]) &&
      // Not because they are all above 0.
      !agree(equation.sides, equation, [at(reading, POSITIVE)])
    ) return { mend: `it would hold if ${nameOf(symbol)} summed to 1` };
  }
}

/** Whether the right side of a derivative is the transpose of what calculus gives. */
function isTransposed({ sides }: Equation, { derived }: Point): boolean {
  if (sides.length !== 2 || sides[0].kind !== "partial") return false;
  const values = attempt(() => sides.map((side) => evaluate(side, derived)));
  if (values instanceof EvaluationError) return false;
  const [left, right] = values;
  if (left.shape.length === 0 || left.shape.length > 2) return false;
  if (left.shape.length === 1 && !left.row === !right.row) return false;
  return equal(transpose(left), right);
}

/** Whether two values are equal, element by element. */
export function equal(a: Value<Number64>, b: Value<Number64>): boolean {
  return a.shape.join() === b.shape.join() && !a.row === !b.row &&
    a.data.every((x, i) =>
      !isNumber(x) && !isNumber(b.data[i]) || apart(x, b.data[i]) <= AGREE
    );
}

/** This many points of each kind are tried for the plainest counterexample. */
const PLAIN = 8;

/** The plainest counterexample among the smallest. */
function smallest(
  reading: Reading,
  equation: Equation,
  pointAt: (t: Try) => Point | EvaluationError,
): Counterexample | undefined {
  for (const t of [...SMALL, ...TRIES]) {
    const point = pointAt(t);
    if (point instanceof EvaluationError) continue;
    let best = differenceAt(reading, equation, point);
    if (best === undefined) continue;
    const start = 100 * (1 + SMALL.indexOf(t));
    for (let seed = start; t.rates && seed < start + PLAIN; seed++) {
      const other = attempt(() => drawn(reading, t, seed));
      if (other instanceof EvaluationError || other.working < point.working) {
        continue;
      }
      const found = differenceAt(reading, equation, other);
      if (found !== undefined && length(found) < length(best)) best = found;
    }
    return best;
  }
}

const length = (example: Counterexample) => JSON.stringify(example).length;

/** The first element of an equation that is wrong at a point. */
function differenceAt(
  reading: Reading,
  equation: Equation,
  point: Point,
): Counterexample | undefined {
  let found: Counterexample | undefined;
  firstDifference(equation, point.derived, point.derived, (a, b, place) => {
    if (!isNumber(a) || !isNumber(b) || apart(a, b) <= AGREE) {
      return undefined;
    }
    found = {
      given: usedBy(reading, equation, point.shown),
      at: Object.fromEntries(place.indices),
      page: shown(b),
      calculus: shown(a),
    };
    return "differs";
  });
  return found;
}

/** A number that is 0 except for the rounding of 64 digits is 0. */
function shown(x: Number64): number {
  const number = digits.toNumber(x);
  return Math.abs(number) < 1e-50 ? 0 : number;
}

/** All that a name depends on, by the page's definitions, and itself. */
function closures({ definitions }: Reading) {
  const known = new Map<string, Set<string>>();
  const closure = (name: string): ReadonlySet<string> => {
    let all = known.get(name);
    if (all !== undefined) return all;
    known.set(name, all = new Set([name]));
    if (!definitions.has(name)) return all;
    for (const key of dependencies(definitions.of(name).side)) {
      for (const one of closure(key)) all.add(one);
    }
    return all;
  };
  return closure;
}

/** The given symbols that an equation depends on. */
function usedBy(
  reading: Reading,
  { sides }: Equation,
  shown: Record<string, unknown>,
): Record<string, unknown> {
  const closure = closures(reading);
  const used = new Set<string>();
  for (const key of sides.flatMap(dependencies)) {
    const [, of, by] = /^∂(.*)\/∂(.*)$/.exec(key) ?? [];
    const from = by === undefined
      ? [key]
      : of !== "E"
      ? [of]
      : reading.page.outputs.map(({ symbol }) => symbol).filter((output) =>
        closure(output).has(by)
      );
    for (const name of from) {
      for (const one of closure(name)) used.add(one);
      if (of === "E") used.add(`∂E/∂${name}`);
    }
  }
  return Object.fromEntries(
    Object.entries(shown).filter(([name]) => used.has(name)),
  );
}

/** A derivative on the page that no formula of it connects, in words. */
function unconnected(
  reading: Reading,
  { sides }: Equation,
): string | undefined {
  const closure = closures(reading);
  for (const key of sides.flatMap(dependencies)) {
    const [, of, by] = /^∂(.*)\/∂(.*)$/.exec(key) ?? [];
    if (by === undefined) continue;
    const from = of === "E"
      ? reading.page.outputs.map(({ symbol }) => symbol)
      : [of];
    if (from.some((name) => closure(name).has(by))) continue;
    return `the page has no formula by which ${nameOf(of)} would depend on ${
      nameOf(by)
    }`;
  }
}

/** The page at numbers of one kind. */
function at(reading: Reading, how: Try): Point {
  // Windows that hold only padding, for example, have no maximum: other sizes do
  // better.
  let best: Point | undefined;
  const most = reading.page.outputs.length + reading.conditions.length;
  const first = 100 * (1 + [...TRIES, ...SMALL].indexOf(how));
  for (let seed = first; seed < first + 20; seed++) {
    const point = drawn(reading, how, seed);
    if (best === undefined || point.working > best.working) best = point;
    if (point.working === most) break;
  }
  return best!;
}

function drawn(
  reading: Reading,
  {
    sizes: sizeOf,
    numbers,
    rates = (r) => 0.125 + r.next() * 3 / 4,
    douts = (r) => r.either(),
  }: Try,
  seed: number,
): Point {
  const { page, shapes, integers } = reading;
  const random = new Random(seed);
  const names = new Set([
    ...shapes.free,
    ...[...shapes.of.values()].flatMap((dims) =>
      dims.flatMap((dim) => indexNames(dim))
    ),
    ...[...reading.dims],
  ]);
  const sizes = drawSizes(
    [...names],
    reading,
    seed % 100 === 0 ? sizeOf : (i) => sizeOf(i + random.below(3)),
    random,
  );
  const shown: Record<string, unknown> = {};
  const tensor = (name: string, draw: () => number) => {
    const of = name.replace("∂E/∂", "");
    const shape = sizes.shape(shapes.of.get(of) ?? []);
    const data = indexTuples(shape).map(draw);
    shown[name] = nested(shape, data);
    return new Elements(shape, (place) => digits.constant(data[place]));
  };
  /** Shares of 1, which no doubles are to the last digit. */
  const shares = (name: string) => {
    const shape = sizes.shape(shapes.of.get(name) ?? []);
    const parts = indexTuples(shape).map(() => 1 + random.below(4));
    const sum = parts.reduce((a, b) => a + b);
    shown[name] = nested(shape, parts.map((part) => `${part}/${sum}`));
    return new Elements(
      shape,
      (place) =>
        digits.divide(digits.constant(parts[place]), digits.constant(sum)),
    );
  };
  const values = new Map<string, Elements<Number64>>();
  for (const { symbol } of page.inputs) {
    values.set(
      symbol,
      reading.sumsToOne.has(symbol) ? shares(symbol) : tensor(
        symbol,
        () =>
          reading.choices.has(symbol)
            ? random.pick(reading.choices.get(symbol)!)
            : reading.positive.has(symbol)
            // Rates are below 1.
            ? seed % 200 === 0 ? rates(random) : Math.abs(numbers(random))
            : numbers(random),
      ),
    );
  }
  for (const { symbol } of page.options) {
    const to = integers.get(symbol)!;
    const most = typeof to === "number" ? to : sizes.shape([to])[0];
    values.set(symbol, tensor(symbol, () => 1 + random.below(most)));
  }
  const outputs = new Map(page.outputs.map(({ symbol }) => {
    const dout = tensor(`∂E/∂${symbol}`, () => douts(random));
    return [symbol, dout] as const;
  }));
  const given = { sizes, values, douts: outputs };
  // A formula without a value here must not prevent others from being judged.
  const plain = new PageScope(reading, given, digits);
  const working = page.outputs.filter(({ symbol }) =>
    !(attempt(() => plain.symbol(symbol)) instanceof EvaluationError)
  );
  const held = reading.conditions.filter((condition) =>
    attempt(() => holds(condition, plain, new Map())) === true
  );
  const of = { ...reading, page: { ...page, outputs: working } };
  const scope = (given: Given<Number64>) => {
    const calculus = new Calculus(of, given, digits);
    return new PageScope(of, given, digits, {
      partial: (of, by) => calculus.partial(of, by),
    });
  };
  const derived = scope(given);
  return {
    working: working.length + held.length,
    given,
    derived,
    shown,
    without: (symbols) => {
      const constant = new Map(values);
      for (const symbol of symbols) {
        const { shape, data } = derived.symbol(symbol);
        constant.set(symbol, new Elements(shape, (place) => data[place]));
      }
      return scope({ ...given, values: constant });
    },
  };
}

/** Sizes for which every shape has elements. */
function drawSizes(
  names: readonly string[],
  { shapes: { of }, whole: integers, ends }: Reading,
  sizeOf: (dim: number) => number,
  random: Random,
): Sizes {
  const most = names.length > 6 ? 2 : 4;
  let shapes: number[] | EvaluationError = [];
  for (let tries = 0; tries < 300; tries++) {
    const drawn = new Map(names.map((name, i) => [
      name,
      integers.has(name)
        ? random.below(4)
        : tries === 0
        ? Math.min(most, sizeOf(i))
        : 1 + random.below(most + tries / 50),
    ]));
    for (const [end, dim] of ends) {
      const size = attempt(() => new Sizes([...drawn]).shape([dim])[0]);
      if (typeof size === "number") drawn.set(end, size);
    }
    const sizes = new Sizes([...drawn]);
    shapes = attempt(() =>
      [...of.values()].flatMap((dims) => sizes.shape(dims))
    );
    if (shapes instanceof EvaluationError) continue;
    if (shapes.every((n) => Number.isInteger(n) && n > 0 && n < 50)) {
      return sizes;
    }
  }
  throw shapes instanceof EvaluationError ? shapes : new EvaluationError(
    `no sizes were found at which every tensor has elements`,
  );
}

function nested(shape: readonly number[], data: readonly unknown[]): unknown {
  if (shape.length === 0) return data[0];
  const size = data.length / shape[0];
  return Array.from(
    { length: shape[0] },
    (_, i) => nested(shape.slice(1), data.slice(i * size, (i + 1) * size)),
  );
}

/** Whether it is a number. */
export const isNumber = (x: Number64) => Number.isFinite(digits.toNumber(x));
