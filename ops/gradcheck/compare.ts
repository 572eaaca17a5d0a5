// Copyright 2026 the Adjoint authors. MIT license.

// Compares a gradient with the differences along a line: an element, or a
// direction of many.

import type { F64 } from "../core/types.ts";
import {
  estimate,
  jumpAt,
  kinkAt,
  type Limit,
  type Line,
  lookBeyond,
  looksAt,
  Memory,
  noiseOf,
  NOTHING,
  type Point,
  RATIO,
  STEP,
  View,
} from "./resolution.ts";
import type { Problem } from "./subject.ts";

/** The relative and the absolute tolerance. */
export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
}

/** Why there is nothing to compare at a place. */
export type Obstacle = "kink" | "jump" | "edge";

/** What was found along a line. */
export interface Finding {
  readonly verdict: "right" | "wrong" | Obstacle;
  /** How far the numeric slope is from what the gradient says. */
  readonly residual: number;
  readonly slope: number;
  /** How far both can be off, where that is more than the tolerance. */
  readonly error: number;
  /** The size of what the slope was compared with. */
  readonly size: number;
  /** How steep the output is around the point. */
  readonly reach: number;
  /** The step that shows it. */
  readonly t: number;
  /** Whether the shortest way has led to it. */
  readonly isQuick: boolean;
  /** What the function threw on both sides, if that is in the way. */
  readonly problem: Problem | undefined;
}

/** The part of the tolerance within which one look is enough. */
const SURE = 1e-2;
/** How many times its error a gap must be to be clear at once. */
const CLEAR = 1e3;
/** The step at which the slopes around the point are taken. */
const AROUND = 0.1;

/** Compares along a line; `size` is that of the gradient's part in it. */
export function compareLine(
  point: Point,
  line: Line,
  { rtol, atol }: Tolerance,
  size: number,
  unit: number,
  isThorough = false,
  memory: Memory = new Memory(point),
  hint: number = STEP,
): Finding {
  const allowed = (slope: number) =>
    atol * unit + rtol * Math.max(size, Math.abs(slope));
  const within = (residual: number, slope: number, share: number) =>
    Math.abs(residual) <= share * allowed(slope);
  const result = (
    { residual, slope, error, t }: Pick<
      Limit,
      "residual" | "slope" | "error" | "t"
    >,
    verdict: Finding["verdict"],
    reach: number,
    isQuick = false,
  ): Finding => ({
    residual,
    slope,
    error,
    t,
    verdict,
    size,
    reach,
    isQuick,
    problem: undefined,
  });

  if (!isThorough) {
    const first = new View(point, line).look(hint);
    const share = hint === STEP ? SURE : 1 / 4;
    if (first && within(first.residual, first.slope, share)) {
      // Where the sides differ, the mean of both may agree by chance.
      const second = Math.abs(first.bend) > SURE * first.reach
        ? new View(point, line).look(hint / RATIO)
        : undefined;
      const isKink = second !== undefined &&
        Math.abs(second.bend - first.bend) < Math.abs(first.bend) / 10;
      return result(
        { ...first, error: 0 },
        isKink ? "kink" : "right",
        first.reach,
        true,
      );
    }
  }
  const view = new View(point, line, memory);
  let limit = NOTHING;
  let reach = 0;
  const run = () => {
    let count = 0;
    for (limit of looksAt(view)) {
      const look = view.looks.at(-1)!;
      if (look.t > AROUND) reach = look.reach;
      if (isThorough) continue;
      if (within(limit.residual, limit.slope, SURE)) {
        return result({ ...limit, error: 0 }, "right", reach, true);
      }
      const isClear = ++count > 8 && look.slope !== 0 &&
        limit.t > 60 * look.t &&
        view.looks.every(({ lastRise }) => lastRise === 0) &&
        Math.abs(limit.residual) > CLEAR * limit.error &&
        !within(limit.residual, limit.slope, CLEAR);
      if (isClear) return result(limit, "wrong", reach, true);
    }
  };
  const quick = run();
  if (quick !== undefined) return quick;
  if (view.looks.every(({ slope }) => slope === 0)) {
    lookBeyond(view);
    const found = run();
    if (found !== undefined) return found;
  }
  if (view.looks.some(({ lastRise }) => lastRise > 0)) {
    limit = estimate(view.looks, noiseOf(point, line.input));
  }
  const isSharp = limit.error <= allowed(limit.slope);
  const found = isSharp ? { ...limit, error: 0 } : limit;
  const isRight = within(limit.residual, limit.slope, 1);
  if (isRight && isSharp) return result(found, "right", reach);
  if (limit.error === Infinity) {
    return { ...result(found, "edge", reach), problem: view.problem };
  }
  const [jump, kink] = [jumpAt(view.looks), kinkAt(view.looks)];
  if (jump) return result({ ...found, t: jump }, "jump", reach);
  if (kink) return result({ ...found, t: kink }, "kink", reach);
  const isBeyond = Math.abs(limit.residual) >
    limit.error + allowed(limit.slope);
  return result(found, isBeyond ? "wrong" : "right", reach);
}

/** One element as a line: a step of 1 is its scale. */
export function elementLine(
  input: number,
  place: number,
  scale: number,
  a: number,
): Line {
  return {
    input,
    from: place,
    v: Float64Array.of(scale),
    a: Float64Array.of(a),
  };
}

/** Compares one element; all numbers are in units of the gradient. */
export function compareElement(
  point: Point,
  input: number,
  place: number,
  scale: number,
  a: number,
  tolerance: Tolerance,
  isThorough = false,
): Finding & { readonly numeric: number } {
  const said = Number.isFinite(a) ? a : 0;
  const memory = new Memory(point);
  const at = (scale: number) => {
    const line = elementLine(input, place, scale, said);
    const found = compareLine(
      point,
      line,
      tolerance,
      0,
      scale,
      isThorough,
      memory,
    );
    const numeric = said + found.residual / scale;
    return {
      ...found,
      numeric,
      residual: found.residual / scale,
      slope: found.slope / scale,
      error: found.error / scale,
      reach: found.reach / scale,
      size: Math.abs(numeric),
    };
  };
  const own = Math.abs((point.inputs[input].data as F64)[place]);
  let best = at(scale);
  // Steps may be too long for an element that is much smaller than others, or
  // too short for one that is much smaller than what it is added to.
  for (const other of [own, 1]) {
    const isOther = other === own
      ? own > 0 && own < scale / 16
      : scale < 2 ** -12;
    if (!isOther || best.verdict === "right" && best.error === 0) continue;
    const found = at(other);
    if (quality(found) < quality(best)) best = found;
  }
  return Number.isFinite(a) || best.verdict === "edge"
    ? best
    : { ...best, verdict: "wrong", residual: a - best.numeric };
}

/** How much of a slope is unknown. */
export function quality({ error, slope, reach, verdict }: Finding): number {
  if (verdict === "edge" || slope === 0 && reach === 0) return Infinity;
  return error / Math.max(Math.abs(slope), reach);
}
