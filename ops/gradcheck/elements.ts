// Copyright 2026 the Adjoint authors. MIT license.

// The gradient with respect to one input, element by element.

import type { F64 } from "../core/types.ts";
import {
  compareElement,
  type ElementFinding,
  type Finding,
  type Obstacle,
  type Tolerance,
} from "./compare.ts";
import { scaleOf } from "./numbers.ts";
import { type Point, STEP, View } from "./resolution.ts";
import { LIMIT } from "./shapes.ts";

/** How to compare. */
export interface How extends Tolerance {
  readonly random: () => number;
}

/** What was found for one input. */
export interface Found {
  readonly checked: "elements" | "directions";
  readonly findings: readonly Finding[];
  /** The numeric gradient, if every element was compared. */
  readonly numeric: F64 | undefined;
  /** The places of the wrong elements, as far as they are known. */
  readonly wrong: readonly number[];
  /** The places of elements without a slope, as far as they are known. */
  readonly skipped: ReadonlyMap<number, Obstacle>;
  /** The numeric value of the worst element. */
  readonly worst: { place: number; numeric: number } | undefined;
  /** Why directions that disagree could not be traced to an element. */
  readonly isUntraced: boolean;
}

/** The number of elements compared thoroughly before the others are trusted. */
const THOROUGH = 64;

/** Compares every element. */
export function compareElements(
  point: Point,
  input: number,
  gradient: F64,
  how: How,
): Found {
  const data = point.inputs[input].data as F64;
  const scales = scaleOf(data);
  const look = (place: number, isThorough: boolean) =>
    scales[place] === 0 // It is not finite.
      ? EDGE
      : compareElement(
        point,
        input,
        place,
        scales[place],
        gradient[place],
        how,
        isThorough,
      );
  const findings = Array.from(gradient.keys(), (place) => look(place, false));
  const gap = (place: number) => {
    const { residual } = findings[place];
    return Number.isFinite(residual) ? Math.abs(residual) : Infinity;
  };
  // A wrong element found on the quick path is compared again with care, unless
  // very many of very many are wrong.
  const doubted = Array.from(findings.keys())
    .filter((i) => findings[i].verdict === "wrong" && findings[i].isQuick)
    .sort((a, b) => gap(b) - gap(a));
  const half = THOROUGH / 2;
  const first = new Set(
    doubted.length > THOROUGH
      ? [...doubted.slice(0, half), ...doubted.slice(-half)]
      : doubted,
  );
  const again = new Map(Array.from(first, (i) => [i, look(i, true)]));
  const isBelieved = Array.from(again.values())
    .every(({ verdict }) => verdict === "wrong");
  const final = findings.map((finding, i) =>
    again.get(i) ??
      (!isBelieved && finding.verdict === "wrong" && finding.isQuick
        ? look(i, true)
        : finding)
  );
  const wrong = Array.from(final.keys())
    .filter((i) => final[i].verdict === "wrong");
  const skipped = new Map(
    final.flatMap(({ verdict }, i) =>
      verdict === "wrong" || verdict === "right" ? [] : [[i, verdict] as const]
    ),
  );
  const badness = (i: number) => {
    const { residual } = final[i];
    return Number.isFinite(residual) ? Math.abs(residual) : Infinity;
  };
  const worst = wrong.reduce<number | undefined>(
    (worst, i) =>
      worst === undefined || badness(i) > badness(worst) ? i : worst,
    undefined,
  );
  const numeric = Float64Array.from(final, (f) => f.numeric);
  return {
    checked: "elements",
    findings: final,
    numeric,
    wrong,
    skipped,
    worst: worst === undefined
      ? undefined
      : { place: worst, numeric: numeric[worst] },
    isUntraced: false,
  };
}

const EDGE: ElementFinding = {
  verdict: "edge",
  residual: NaN,
  slope: NaN,
  numeric: NaN,
  error: Infinity,
  size: 0,
  reach: 0,
  t: STEP,
  isQuick: false,
  problem: undefined,
};

/** Whether the elements of an input can be compared if directions fail. */
export function isSmall({ inputs, output }: Point, input: number): boolean {
  const size = inputs[input].data.length;
  return size * Math.max(size, output.data.length) <= LIMIT;
}

/** The numeric gradient alone, by one look at each element. */
export function differentiate(point: Point, input: number): F64 {
  const scales = scaleOf(point.inputs[input].data as F64);
  return scales.map((scale, place) => {
    const line = {
      input,
      from: place,
      v: Float64Array.of(scale),
      a: Float64Array.of(0),
    };
    return (new View(point, line).look(STEP)?.slope ?? NaN) / scale;
  });
}
