// Copyright 2026 the Adjoint authors. MIT license.

// What the forward function can resolve along a line through the point: the
// slope at many steps, and how far the best estimate of its limit can be off. The
// page of gradcheck has the formulas.

import { showShape } from "../core/checks.ts";
import type { F64 } from "../core/types.ts";
import { hypot, largest, randomNumbers, scaleOf } from "./numbers.ts";
import {
  isSameForm,
  type Output,
  Problem,
  type Subject,
  type Value,
} from "./subject.ts";

/** The point at which the functions are examined. */
export interface Point {
  readonly subject: Subject;
  readonly inputs: readonly Value[];
  readonly output: Output;
  readonly dout: Output;
  /** The relative distance of the numbers that the forward function works with. */
  readonly epsilon: number;
  /** For each input, what {@linkcode noiseOf} has found. */
  readonly noises: Map<number, number>;
  /** For each input, what {@linkcode roughnessOf} has found. */
  readonly roughness: Map<number, number>;
}

/** The step of the first look, which balances truncation and rounding. */
export const STEP: number = Math.cbrt(Number.EPSILON);

/** Steps shrink by this factor. */
export const RATIO = 4;
/** The largest step, with a long mantissa, so that few sums of it are exact. */
const FARTHEST = 7.3078243;
/** The number of steps, down to 1e-13. */
const STEPS = 24;
/** Beyond, only whether the output moves at all counts. */
const BEYOND = [60, 30, 12].map((power) => FARTHEST * 2 ** power);
/** How much larger the rounding may be than it is seen to be. */
const CAUTION = 4;

/** How many points of a line show where two polynomials meet. */
const POINTS = 64;
/** The most roundings that polynomials are off by: more are a kink or a jump. */
const ROUGHEST = 64;
/** They may be off by so much over a tenth of the scale. */
const GAIN = 10;

/** A direction in which some inputs move, and what a gradient says of it. */
export interface Line {
  /** Which input moves. */
  readonly input: number;
  /** From which of its elements on. */
  readonly from: number;
  /** How far each moves, for a step of 1. */
  readonly v: F64;
  /** The gradient, of the elements that move. */
  readonly a: F64;
}

/** The outputs on both sides of the point, and what follows from them. */
export interface Look {
  readonly t: number;
  /** The slope of the output, by the central difference. */
  readonly slope: number;
  /** How far that is from what the gradient says. */
  readonly residual: number;
  /** The difference of the slopes ahead and behind. */
  readonly bend: number;
  /** The size of the slopes ahead and behind, without regard to signs. */
  readonly reach: number;
  /** What rounding of the outputs that move adds to them. */
  readonly rounding: number;
  /** What polynomials in the place of functions add to the slope. */
  readonly bias: number;
  /** What it adds to those that do not, but do so at a larger step. */
  readonly still: number;
  /** How much those have moved at the smallest step at which they did. */
  readonly lastRise: number;
  /** How far each moves, after the rounding of its ends. */
  readonly moved: F64;
}

/** How an output changes; one that stays infinite or NaN does not. */
function change(from: number, to: number): number {
  const isSame = from === to || Number.isNaN(from) && Number.isNaN(to);
  return isSame ? 0 : to - from;
}

/** The outputs of both ends of a step. */
function ends(
  { subject, inputs, output }: Point,
  { input, from, v }: Line,
  t: number,
): { ahead: F64; behind: F64; moved: F64 } {
  const { shape, data } = inputs[input];
  const x = data as F64;
  const plus = x.slice();
  const minus = x.slice();
  const moved = new Float64Array(v.length);
  for (let i = 0; i < v.length; i++) {
    if (v[i] === 0) continue;
    const place = from + i;
    plus[place] += t * v[i];
    // As far as the other end after its rounding, so that a minimum is flat.
    minus[place] = x[place] - (plus[place] - x[place]);
    moved[i] = (plus[place] - minus[place]) / (2 * t);
  }
  const at = (data: F64) => {
    const there = inputs.with(input, { shape: [...shape], data });
    const found = subject.output(there, undefined, input);
    if (!isSameForm(found, output)) {
      throw new Problem(
        `${subject.forward.label} gives outputs of different shapes for inputs of one shape: ${
          showShape(output.shape)
        }, then ${showShape(found.shape)}`,
      );
    }
    return found.data;
  };
  return { ahead: at(plus), behind: at(minus), moved };
}

/** How fast each output rises along a line, by the central difference. */
export function rise(point: Point, line: Line, t: number): F64 {
  const { ahead, behind } = ends(point, line, t);
  return ahead.map((a, i) => change(behind[i], a) / (2 * t));
}

/** What is known of the outputs from larger steps in the same direction. */
export class Memory {
  /** How far each has moved at the smallest step at which it did. */
  readonly rise: F64;
  /** The size of each that moves, at steps of up to the scale. */
  readonly size: F64;

  constructor({ output }: Point) {
    this.rise = new Float64Array(output.data.length);
    this.size = new Float64Array(output.data.length);
  }
}

/** Looks along a line, at smaller and smaller steps where it has a memory. */
export class View {
  readonly #point: Point;
  readonly #memory: Memory | undefined;
  readonly line: Line;
  /** The looks at which all is finite, from the largest step. */
  looks: Look[] = [];
  /** What the function threw last, if it did. */
  problem: Problem | undefined;

  constructor(point: Point, line: Line, memory?: Memory) {
    this.#point = point;
    this.#memory = memory;
    this.line = line;
  }

  /** One more look; none where the function throws or is not finite. */
  look(t: number): Look | undefined {
    const point = this.#point;
    const known = this.#memory;
    const { dout, output: { data: z }, epsilon } = point;
    let found: ReturnType<typeof ends>;
    try {
      found = ends(point, this.line, t);
    } catch (error) {
      if (!(error instanceof Problem && Object.hasOwn(error, "cause"))) {
        throw error;
      }
      this.problem = error;
      return undefined;
    }
    const { ahead, behind, moved } = found;
    let [sum, bend, reach, sizes] = [0, 0, 0, 0];
    // Of the outputs that do not move, but do so at a larger step.
    let [last, most] = [0, 0];
    for (let i = 0; i < z.length; i++) {
      const w = dout.data[i];
      const [a, b] = [ahead[i], behind[i]];
      const [right, left] = [change(z[i], a), change(b, z[i])];
      if (right === 0 && left === 0) {
        if (!known || known.rise[i] === 0) continue;
        last = hypot(last, w * known.rise[i]);
        most = hypot(most, w * known.size[i]);
        continue;
      }
      const size = Math.max(Math.abs(a), Math.abs(b), Math.abs(z[i]));
      if (known) {
        known.size[i] = t > FARTHEST / 2 ? size : Math.max(known.size[i], size);
        known.rise[i] = Math.max(Math.abs(right), Math.abs(left));
      }
      sum += w * change(b, a);
      bend += w * (right - left);
      reach += Math.abs(w) * (Math.abs(right) + Math.abs(left));
      sizes = hypot(sizes, w * size);
    }
    const slope = sum / (2 * t);
    let said = 0;
    for (let i = 0; i < moved.length; i++) said += this.line.a[i] * moved[i];
    const look: Look = {
      t,
      slope,
      residual: slope - said,
      bend: bend / t,
      reach: reach / (2 * t),
      // Below the normal numbers, the distance no longer shrinks.
      rounding: epsilon * sizes + Number.MIN_VALUE,
      bias: GAIN * roughnessOf(point, this.line.input) * epsilon * sizes,
      still: epsilon * most,
      lastRise: last,
      moved,
    };
    if (Number.isFinite(slope) && Number.isFinite(look.bend)) {
      this.looks = [...this.looks, look];
      return look;
    }
    return undefined;
  }
}

/** The limit of the residual for steps to 0. */
export interface Limit {
  /** How far the slope is from what the gradient says. */
  readonly residual: number;
  /** The slope itself, which errors are relative to. */
  readonly slope: number;
  /** How far both can be off: the sum that the page has. */
  readonly error: number;
  /** What the last power of the step has changed. */
  readonly cut: number;
  /** How far a kink can have turned the slope. */
  readonly kink: number;
  /** What rounding adds to the outputs that move. */
  readonly noise: number;
  /** What it can hide of those that do not. */
  readonly hidden: number;
  /** What polynomials in the place of functions add. */
  readonly bias: number;
  /** The smallest step that went into it. */
  readonly t: number;
}

const NOTHING: Limit = {
  residual: NaN,
  slope: NaN,
  error: Infinity,
  cut: Infinity,
  kink: 0,
  noise: 0,
  hidden: 0,
  bias: 0,
  t: STEP,
};

/** The relative error from which a slope could as well be 0. */
const VAGUE = 0.1;

/**
 * What rounding adds to the output, whichever of the elements of an input move:
 * what is seen of it in a random direction, and what it adds to an output that is
 * a difference of numbers of the size of the input.
 */
export function noiseOf(point: Point, input: number): number {
  const known = point.noises.get(input);
  if (known !== undefined) return known;
  const data = point.inputs[input].data as F64;
  const random = randomNumbers(0);
  const v = scaleOf(data).map((scale) => scale * random());
  const line = { input, from: 0, v, a: new Float64Array(v.length) };
  const view = new View(point, line, new Memory(point));
  for (const _ of looksAt(view));
  const most = largest(data.filter(Number.isFinite)) *
    largest(point.dout.data);
  const noise = Math.max(estimate(view.looks).noise, point.epsilon * most);
  point.noises.set(input, noise);
  return noise;
}

/**
 * How many roundings a function in float32 is off by, that may have polynomials in
 * the place of its elementary functions. Within each of them it is smooth, so that
 * no step shows it; but it jumps where two meet. Sixth differences along a line
 * see jumps and hardly anything else.
 */
export function roughnessOf(point: Point, input: number): number {
  const { subject, inputs, output, epsilon } = point;
  if (epsilon === Number.EPSILON) return 0;
  const known = point.roughness.get(input);
  if (known !== undefined) return known;
  const { shape, data } = inputs[input];
  const x = data as F64;
  const random = randomNumbers(0);
  const v = scaleOf(x).map((scale) => scale * random());
  const list = () => new Float64Array(output.data.length);
  // Of each order, the difference that ends at the last point.
  const differences = Array.from({ length: 6 }, list);
  const [jump, size] = [list(), list()];
  for (let k = 0; k < POINTS; k++) {
    const t = k / POINTS - 0.5;
    const there = { shape, data: x.map((x, i) => x + t * v[i]) };
    const z = subject.tryOutput(inputs.with(input, there))?.data ??
      list().fill(NaN);
    for (let i = 0; i < z.length; i++) {
      let next = z[i];
      for (const row of differences) [row[i], next] = [next, next - row[i]];
      if (Number.isFinite(z[i])) size[i] = Math.max(size[i], Math.abs(z[i]));
      if (k < differences.length || !Number.isFinite(next)) continue;
      jump[i] = Math.max(jump[i], Math.abs(next));
    }
  }
  // A step in the output is ten times as high in its sixth differences.
  const most = largest(
    jump.map((jump, i) => jump / (10 * epsilon * size[i]) || 0),
  );
  const roughness = Math.min(most, ROUGHEST);
  point.roughness.set(input, roughness);
  return roughness;
}

/** The columns of the extrapolation: more only add rounding. */
const COLUMNS = 5;

/**
 * The limit by Ridders' method: of all extrapolations, the one whose error is
 * relatively least. Absolute errors would favor the far side of a pole, where
 * slopes are small; they decide only where the slope cannot be told from 0.
 */
export function estimate(looks: readonly Look[], floor = 0): Limit {
  const angle = looks.map(({ bend }, j) =>
    j + 1 < looks.length ? Math.abs(RATIO * looks[j + 1].bend - bend) / 6 : NaN
  );
  const kinkOf = (j: number) => {
    const [here, next] = [angle[j], angle[j + 1]];
    if (next >= 0) return Math.min(here, next);
    return here >= 0 ? here : angle[j - 1] ?? 0;
  };
  let best = NOTHING;
  let quality = Infinity;
  // The estimates without this many powers of the step, at it and at the last one.
  let row = new Float64Array(COLUMNS + 1);
  let previous = row.slice();
  let columns = 0;
  for (const [j, look] of looks.entries()) {
    const { t, residual, slope, rounding, bias, still, lastRise } = look;
    // What does not move may do so by less than rounding shows.
    const hidden = Math.min(lastRise, CAUTION * (still + floor));
    const isNext = j > 0 && looks[j - 1].t < 1.01 * RATIO * t;
    [row, previous] = [previous, row];
    row[0] = residual;
    columns = isNext ? Math.min(columns + 1, COLUMNS) : 0;
    const kink = kinkOf(j);
    for (let i = 1; i <= columns; i++) {
      const next = row[i - 1] +
        (row[i - 1] - previous[i - 1]) / (RATIO ** (2 * i) - 1);
      row[i] = next;
      const cut = Math.max(
        Math.abs(next - row[i - 1]),
        Math.abs(next - previous[i - 1]),
      );
      const limit = slope + next - residual;
      const known = cut + kink + bias + (CAUTION * rounding + hidden) / t;
      if (quality < VAGUE && known >= quality * Math.abs(limit)) continue;
      // What smaller steps contradict can only be rounding.
      let seen = 0;
      for (let k = j + 1; k < looks.length; k++) {
        seen = Math.max(seen, Math.abs(looks[k].residual - next) * looks[k].t);
      }
      const noise = seen + rounding;
      const error = known + CAUTION * seen / t;
      const relative = error / Math.abs(limit);
      const isTold = relative < VAGUE;
      if (
        isTold ? relative < quality : quality >= VAGUE && error < best.error
      ) {
        quality = isTold ? relative : VAGUE;
        best = {
          residual: next,
          slope: limit,
          error,
          cut,
          kink,
          noise,
          hidden,
          bias,
          t,
        };
      }
    }
  }
  return best;
}

/** All looks, from far away. */
export function* looksAt(view: View): Generator<Look> {
  for (let j = 0; j < STEPS; j++) {
    const look = view.look(FARTHEST / RATIO ** j);
    if (look) yield look;
  }
}

/** Looks so far away that only whether the output moves at all counts. */
export function lookBeyond(view: View): void {
  for (const t of BEYOND) view.look(t);
  view.looks = [];
}

/** How many steps in a row show a jump or a kink. */
const ROW = 5;

/**
 * A small step at which the output differs by as much on the two sides as at any
 * other: rounding goes up and down.
 */
export function jumpAt(looks: readonly Look[]): number | undefined {
  const last = looks.slice(-ROW);
  return last.length === ROW &&
      isConstant(last.map(({ slope, t }) => slope * t), 1e-3) &&
      last.every(({ slope, t, rounding }) =>
        Math.abs(slope) * t > 1e3 * rounding
      )
    ? last[0].t
    : undefined;
}

/**
 * A small step at which the slopes on the two sides differ by as much as at any
 * other, as far as rounding lets it be seen: of a smooth function they differ by
 * less, the smaller the step, and so they do close to a kink.
 */
export function kinkAt(looks: readonly Look[]): number | undefined {
  const bends = looks.map(({ bend }) => bend);
  for (let j = looks.length - ROW; j >= 0; j--) {
    if (!isConstant(bends.slice(j, j + ROW), 0.1)) continue;
    const isLess = ({ bend, reach }: Look) =>
      reach > 0 && Math.abs(bend) < Math.abs(bends[j]) / 4;
    const isClose = looks.slice(j + ROW).filter(isLess).length >= 3;
    return isClose ? undefined : looks[j + ROW - 1].t;
  }
}

/** Whether numbers are the same, up to a part of them, and not 0. */
function isConstant(values: readonly number[], share: number): boolean {
  const most = Math.max(...values.map(Math.abs));
  return most > 0 &&
    values.every((v) => Math.abs(v - values[0]) <= share * most);
}
