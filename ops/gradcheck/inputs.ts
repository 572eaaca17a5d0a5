// Copyright 2026 the Adjoint authors. MIT license.

// The gradient with respect to one input: all its elements, or directions.

import type { F64 } from "../core/types.ts";
import {
  compareElement,
  compareLine,
  type Finding,
  type Obstacle,
  quality,
  type Tolerance,
} from "./compare.ts";
import { largest, norm, ownScales, scaleOf } from "./numbers.ts";
import { type Line, Memory, type Point, STEP, View } from "./resolution.ts";
import { LIMIT } from "./shapes.ts";

/** How to compare. */
export interface How extends Tolerance {
  readonly random: () => number;
}

/** What was found for one input. */
export interface Found {
  readonly checked: "elements" | "directions";
  readonly findings: readonly Finding[];
  /** The numeric gradient, where every element was compared. */
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

/** How many elements are looked at thoroughly before the others are believed. */
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
  // The quick way to a wrong element is gone again with all care, unless very
  // many of very many are wrong.
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

const EDGE: Finding & { numeric: number } = {
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

function isObstacle(verdict: Finding["verdict"]): verdict is Obstacle {
  return verdict !== "right" && verdict !== "wrong";
}

/** How many values at which a function has kinks are left out. */
const ROUNDS = 8;

/** How many elements are tried where a direction disagrees. */
const TRIES = 4;

/** Compares random directions. */
export function compareDirections(
  point: Point,
  input: number,
  gradient: F64,
  count: number,
  how: How,
): Found {
  const data = point.inputs[input].data as F64;
  const scales = scaleOf(data);
  const frozen = new Map<number, Obstacle>();
  const broken = gradient.findIndex((a, i) =>
    !Number.isFinite(a) && scales[i] > 0
  );
  const a = gradient.map((v) => Number.isFinite(v) ? v : 0);
  const groups = [
    ...Array.from({ length: count }, () => scales),
    ...smaller(data, scales, a),
  ];
  let worst: Found["worst"] = undefined;
  let isUntraced = false;
  let hint = STEP;
  const along = (v: F64, isThorough: boolean, memory?: Memory): Finding =>
    compareLine(
      point,
      { input, from: 0, v, a },
      how,
      norm(a.map((a, i) => a * v[i])),
      norm(v),
      isThorough,
      memory,
      hint,
    );
  const compare = (v: F64, memory?: Memory): Finding => {
    const found = along(v, false, memory);
    // What is wrong at first sight is looked at again, with all steps.
    return found.verdict === "wrong" && found.isQuick && worst === undefined
      ? along(v, true, memory)
      : found;
  };
  const findings = groups.map((own): Finding => {
    const r = own.map(how.random);
    const mine = own.map((v, i) => v === 0 ? 0 : scales[i]);
    const memory = new Memory(point);
    let v: F64 = new Float64Array();
    let found: Finding | undefined;
    // Steps may be too long for elements that are much smaller than others, or
    // too short for those that are much smaller than what they are added to.
    for (
      const lengths of [
        own,
        ...own === scales ? [] : [mine, own],
        ownScales(data, own),
        ...largest(own) < 2 ** -12 ? [own.map(Math.sign)] : [],
      ]
    ) {
      const next = r.map((r, i) => frozen.has(i) ? 0 : r * lengths[i]);
      const other = compare(next, memory);
      if (
        found === undefined || quality(other) < quality(found) ||
        // What was not known of larger steps may have misled the first look.
        lengths === mine
      ) {
        found = other;
        v = next;
      }
      const isSure = found.verdict === "right"
        ? found.error === 0
        : found.verdict === "wrong" && own === scales && quality(found) === 0;
      if (isSure) break;
    }
    found = found!;
    for (
      let round = 0;
      round < ROUNDS && isObstacle(found.verdict);
      round++
    ) {
      const { t } = found;
      const verdict = found.verdict as Obstacle;
      const culprit = locate({ input, from: 0, v, a }, (line) => {
        const look = new View(point, line).look(t);
        if (verdict === "edge") return look === undefined ? 1 : 0;
        return (verdict === "kink" ? look?.bend : look?.slope) ?? 0;
      });
      // Where one is at a kink, those of the same value are.
      for (const [i, x] of data.entries()) {
        if (x === data[culprit]) frozen.set(i, verdict);
      }
      v = v.map((v, i) => frozen.has(i) ? 0 : v);
      if (v.every((v) => v === 0)) break;
      found = compare(v);
    }
    if (found.verdict === "right") hint = found.t;
    let rest = v;
    let left = found;
    for (let tries = 0; left.verdict === "wrong" && !worst; tries++) {
      if (tries === TRIES) break;
      const { t } = left;
      const place = locate(
        { input, from: 0, v: rest, a },
        (line) => new View(point, line).look(t)?.residual ?? 0,
      );
      const scale = scales[place];
      const element = compareElement(
        point,
        input,
        place,
        scale,
        a[place],
        how,
        true,
      );
      if (element.verdict === "wrong") {
        worst = { place, numeric: element.numeric };
        break;
      }
      rest = rest.map((v, i) => i === place ? 0 : v);
      left = compare(rest);
    }
    if (found.verdict !== "wrong" || worst) return found;
    // Each element may be within the tolerance, and their sum beyond that of one.
    const { rtol, atol } = how;
    const most = v.reduce(
      (sum, v, i) => sum + Math.abs(v) * (atol + rtol * Math.abs(a[i])),
      found.error,
    );
    if (Math.abs(found.residual) <= most) return { ...found, verdict: "right" };
    isUntraced = true;
    return found;
  });
  if (broken >= 0) {
    const { verdict, numeric } = compareElement(
      point,
      input,
      broken,
      scales[broken],
      gradient[broken],
      how,
      true,
    );
    if (verdict === "wrong") worst = { place: broken, numeric };
  }
  return {
    checked: "directions",
    findings,
    wrong: worst === undefined ? [] : [worst.place],
    skipped: frozen,
    worst,
    numeric: undefined,
    isUntraced: isUntraced && worst === undefined,
  };
}

/**
 * The element that does most to a number that is additive along a line, by
 * halving it.
 */
function locate(line: Line, measure: (line: Line) => number): number {
  const part = (from: number, to: number) =>
    measure({
      input: line.input,
      from,
      v: line.v.subarray(from, to),
      a: line.a.subarray(from, to),
    });
  let [from, to] = [0, line.v.length];
  let whole = part(from, to);
  while (to - from > 1) {
    const middle = from + to >> 1;
    const half = part(from, middle);
    // What the lower half does not account for, the upper half does.
    if (Math.abs(half) >= Math.abs(whole - half)) {
      [to, whole] = [middle, half];
    } else {
      [from, whole] = [middle, whole - half];
    }
  }
  return from;
}

/**
 * The scales of the elements whose part in a direction is far below the
 * largest, which would hide them: one group for each order of magnitude.
 */
function smaller(data: F64, scales: F64, gradient: F64): F64[] {
  const parts = gradient.map((a, i) => Math.abs(a * scales[i]));
  const most = largest(parts);
  if (!(most < Infinity)) return [];
  const groups = new Map<number, Set<number>>();
  for (const [i, part] of parts.entries()) {
    const order = Math.floor(Math.log2(most / part) / 16) || 0;
    if (order === 0 || scales[i] === 0) continue;
    const places = groups.get(order);
    if (places === undefined) groups.set(order, new Set([i]));
    else places.add(i);
  }
  return Array.from(groups.values(), (places) => {
    const own = scaleOf(Float64Array.from(places, (i) => data[i]));
    const group = new Float64Array(parts.length);
    let n = 0;
    for (const i of places) group[i] = own[n++];
    return group;
  });
}

/** Whether the elements of an input can be compared where directions fail. */
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
