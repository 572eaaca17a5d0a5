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

export function isObstacle(verdict: Finding["verdict"]): verdict is Obstacle {
  return verdict !== "right" && verdict !== "wrong";
}

/** What was found along a line. */
export interface Finding {
  readonly verdict: "right" | "wrong" | Obstacle;
  /** How far the numeric slope is from what the gradient says. */
  readonly residual: number;
  readonly slope: number;
  /** How far both can be off, if that is more than the tolerance. */
  readonly error: number;
  /** The size of what the slope was compared with. */
  readonly size: number;
  /** How steep the output is around the point. */
  readonly reach: number;
  /** The step that shows it. */
  readonly t: number;
  /** Whether the shortest path led to it. */
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

/** A line, and by how much the gradient may be off there. */
export interface Comparison extends Tolerance {
  readonly point: Point;
  readonly line: Line;
  /** The size of the gradient's part in it. */
  readonly size: number;
  /** How much 1 in all elements of the gradient would be. */
  readonly unit: number;
}

/** By how much a gradient may be off, in a line. */
function allowed(
  { rtol, atol, size, unit }: Comparison,
  slope: number,
): number {
  return atol * unit + rtol * Math.max(size, Math.abs(slope));
}

function finding(
  { size }: Comparison,
  { residual, slope, error, t }: Pick<
    Limit,
    "residual" | "slope" | "error" | "t"
  >,
  verdict: Finding["verdict"],
  reach: number,
  isQuick = false,
): Finding {
  const problem = undefined;
  return {
    residual,
    slope,
    error,
    t,
    verdict,
    size,
    reach,
    isQuick,
    problem,
  };
}

/**
 * Compares at one step: what clearly agrees there is right. Returns nothing if
 * that does not decide.
 */
export function glance(
  comparison: Comparison,
  t: number = STEP,
): Finding | undefined {
  const { point, line } = comparison;
  const look = new View(point, line).look(t);
  if (look === undefined) return undefined;
  const { residual, slope, bend, reach } = look;
  // At another step than the usual one, rounding may be larger.
  const share = t === STEP ? SURE : 1 / 4;
  if (Math.abs(residual) > share * allowed(comparison, slope)) return undefined;
  // If the sides differ, the mean of both may agree by chance.
  const next = Math.abs(bend) > SURE * reach
    ? new View(point, line).look(t / RATIO)
    : undefined;
  const isKink = next !== undefined &&
    Math.abs(next.bend - bend) < Math.abs(bend) / 10;
  const found = { ...look, error: 0 };
  return finding(comparison, found, isKink ? "kink" : "right", reach, true);
}

/**
 * Compares at as many steps as it takes to be sure, or at all of them to be
 * thorough.
 */
export function compareLine(
  comparison: Comparison,
  memory: Memory,
  isThorough: boolean,
): Finding {
  const { point, line } = comparison;
  const view = new View(point, line, memory);
  let reach = 0;
  const run = (): Finding | undefined => {
    let count = 0;
    for (const look of looksAt(view)) {
      if (look.t > AROUND) reach = look.reach;
      if (isThorough) continue;
      const limit = estimate(view.looks);
      const { residual, slope, error } = limit;
      const most = allowed(comparison, slope);
      if (Math.abs(residual) <= SURE * most) {
        return finding(
          comparison,
          { ...limit, error: 0 },
          "right",
          reach,
          true,
        );
      }
      const isClear = ++count > 8 && look.slope !== 0 &&
        limit.t > 60 * look.t &&
        view.looks.every(({ lastRise }) => lastRise === 0) &&
        Math.abs(residual) > CLEAR * (error + most);
      if (isClear) return finding(comparison, limit, "wrong", reach, true);
    }
  };
  const first = run();
  if (first !== undefined) return first;
  if (view.looks.every(({ slope }) => slope === 0)) {
    lookBeyond(view);
    const found = run();
    if (found !== undefined) return found;
  }
  const isStill = view.looks.some(({ lastRise }) => lastRise > 0);
  const limit = estimate(view.looks, isStill ? noiseOf(point, line.input) : 0);
  const most = allowed(comparison, limit.slope);
  const isSharp = limit.error <= most;
  const found = isSharp ? { ...limit, error: 0 } : limit;
  const gap = Math.abs(limit.residual);
  if (isSharp && gap <= most) return finding(comparison, found, "right", reach);
  if (limit.error === Infinity) {
    const edge = finding(comparison, found, "edge", reach);
    return { ...edge, problem: view.problem };
  }
  const [jump, kink] = [jumpAt(view.looks), kinkAt(view.looks)];
  if (jump) return finding(comparison, { ...found, t: jump }, "jump", reach);
  if (kink) return finding(comparison, { ...found, t: kink }, "kink", reach);
  const verdict = gap > limit.error + most ? "wrong" : "right";
  return finding(comparison, found, verdict, reach);
}

/** What was found of an element, in units of the gradient. */
export interface ElementFinding extends Finding {
  readonly numeric: number;
}

/** Compares one element. */
export function compareElement(
  point: Point,
  input: number,
  place: number,
  scale: number,
  a: number,
  tolerance: Tolerance,
  isThorough = false,
): ElementFinding {
  const said = Number.isFinite(a) ? a : 0;
  const memory = new Memory(point);
  const lineOf = (scale: number): Comparison => ({
    ...tolerance,
    point,
    line: {
      input,
      from: place,
      v: Float64Array.of(scale),
      a: Float64Array.of(said),
    },
    size: 0,
    unit: scale,
  });
  const inUnits = (found: Finding, scale: number): ElementFinding => {
    const residual = found.residual / scale;
    return {
      ...found,
      residual,
      slope: found.slope / scale,
      error: found.error / scale,
      reach: found.reach / scale,
      size: Math.abs(said + residual),
      numeric: said + residual,
    };
  };
  // Steps may be too long for an element that is much smaller than others, or
  // too short for one that is much smaller than what it is added to.
  const own = Math.abs((point.inputs[input].data as F64)[place]);
  const smaller = own > 0 && own < scale / 16 ? [own] : [];
  const larger = scale < 2 ** -12 ? [1] : [];
  for (const length of isThorough ? [] : [scale, ...smaller]) {
    const found = glance(lineOf(length));
    if (found && said === a) return inUnits(found, length);
  }
  let best: ElementFinding | undefined;
  for (const length of [scale, ...smaller, ...larger]) {
    const found = inUnits(
      compareLine(lineOf(length), memory, isThorough),
      length,
    );
    if (best === undefined || quality(found) < quality(best)) best = found;
    if (best.verdict === "right" && best.error === 0) break;
  }
  return said === a || best!.verdict === "edge"
    ? best!
    : { ...best!, verdict: "wrong", residual: a - best!.numeric };
}

/** How much of a slope is unknown. */
export function quality({ error, slope, reach, verdict }: Finding): number {
  if (verdict === "edge" || slope === 0 && reach === 0) return Infinity;
  return error / Math.max(Math.abs(slope), reach);
}
