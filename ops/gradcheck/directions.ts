// Copyright 2026 the Adjoint authors. MIT license.

// The gradient with respect to one input, along random directions.

import type { F64 } from "../core/types.ts";
import {
  compareElement,
  compareLine,
  type Comparison,
  type Finding,
  glance,
  isObstacle,
  type Obstacle,
  quality,
} from "./compare.ts";
import type { Found, How } from "./elements.ts";
import { largest, norm, ownScales, scaleOf } from "./numbers.ts";
import {
  type Line,
  Memory,
  type Point,
  RATIO,
  STEP,
  View,
} from "./resolution.ts";

/** The number of values with kinks that are skipped. */
const ROUNDS = 8;

/** The step of a second look. */
const SHORTER = STEP / RATIO ** 4;

/** The number of elements tried if a direction disagrees. */
const TRIES = 4;

/** Compares random directions. */
export function compareDirections(
  point: Point,
  input: number,
  gradient: F64,
  count: number,
  how: How,
): Found {
  return new Directions(point, input, gradient, how).compare(count);
}

class Directions {
  readonly #point: Point;
  readonly #input: number;
  readonly #how: How;
  readonly #gradient: F64;
  /** The gradient without what is not finite. */
  readonly #a: F64;
  readonly #data: F64;
  readonly #scales: F64;
  /** The elements at a kink and so on, which do not move. */
  readonly #frozen = new Map<number, Obstacle>();
  #worst: Found["worst"] = undefined;
  #isUntraced = false;
  /** The step that was enough for the last direction. */
  #step = STEP;

  constructor(point: Point, input: number, gradient: F64, how: How) {
    this.#point = point;
    this.#input = input;
    this.#how = how;
    this.#gradient = gradient;
    this.#a = gradient.map((v) => Number.isFinite(v) ? v : 0);
    this.#data = point.inputs[input].data as F64;
    this.#scales = scaleOf(this.#data);
  }

  compare(count: number): Found {
    const groups = [
      ...Array.from({ length: count }, () => this.#scales),
      ...smaller(this.#data, this.#scales, this.#a),
    ];
    const findings = groups.map((scales) => this.#compareGroup(scales));
    const broken = this.#gradient.findIndex((a, i) =>
      !Number.isFinite(a) && this.#scales[i] > 0
    );
    if (broken >= 0) this.#compareElement(broken, this.#gradient[broken]);
    const worst = this.#worst;
    return {
      checked: "directions",
      findings,
      wrong: worst === undefined ? [] : [worst.place],
      skipped: this.#frozen,
      worst,
      numeric: undefined,
      isUntraced: this.#isUntraced && worst === undefined,
    };
  }

  /** A random direction in which these elements move this far. */
  #compareGroup(scales: F64): Finding {
    const r = scales.map(this.#how.random);
    const along = (lengths: F64) =>
      this.#along(
        r.map((r, i) => this.#frozen.has(i) ? 0 : r * lengths[i]),
      );
    const memory = new Memory(this.#point);
    const first = along(scales);
    // A shorter step passes fewer kinks.
    for (const step of new Set([this.#step, SHORTER])) {
      const glimpse = glance(first, step);
      if (glimpse) return this.#settle(first, glimpse, memory);
    }

    const all = this.#scales;
    // Steps may be too long for elements that are much smaller than others, or
    // too short for those that are much smaller than what they are added to. The
    // longest show which outputs move.
    let best: { comparison: Comparison; found: Finding } | undefined;
    for (
      const lengths of [
        ...scales === all ? [] : [scales.map((v, i) => v === 0 ? 0 : all[i])],
        scales,
        ownScales(this.#data, scales),
        ...largest(scales) < 2 ** -12 ? [scales.map(Math.sign)] : [],
      ]
    ) {
      const comparison = along(lengths);
      const found = compareLine(comparison, memory, false);
      if (!best || quality(found) < quality(best.found)) {
        best = { comparison, found };
      }
      if (best.found.verdict === "right" && best.found.error === 0) break;
      if (found.verdict === "wrong" && found.isQuick) break;
    }
    return this.#settle(best!.comparison, best!.found, memory);
  }

  /** Skips elements without a slope, and looks for wrong ones. */
  #settle(comparison: Comparison, found: Finding, memory: Memory): Finding {
    for (let round = 0; isObstacle(found.verdict); round++) {
      if (round === ROUNDS || this.#freeze(comparison.line, found)) {
        return found;
      }
      const v = comparison.line.v.map((v, i) => this.#frozen.has(i) ? 0 : v);
      comparison = this.#along(v);
      found = glance(comparison) ??
        compareLine(comparison, new Memory(this.#point), false);
    }
    if (found.verdict === "right") {
      this.#step = found.t;
      return found;
    }
    if (this.#worst || this.#trace(comparison, found)) return found;
    // What was wrong at first sight is looked at again, with all steps.
    const again = compareLine(comparison, memory, true);
    if (again.verdict !== "wrong") return again;
    // Each element may be within the tolerance, and their sum beyond that of one.
    const { rtol, atol } = this.#how;
    const most = comparison.line.v.reduce(
      (sum, v, i) => sum + Math.abs(v) * (atol + rtol * Math.abs(this.#a[i])),
      again.error,
    );
    if (Math.abs(again.residual) <= most) return { ...again, verdict: "right" };
    this.#isUntraced = true;
    return again;
  }

  /**
   * Skips the elements of the value at which the function has no slope; returns
   * whether none is left.
   */
  #freeze({ v }: Line, { verdict, t }: Finding): boolean {
    const culprit = locate(this.#line(v), (line) => {
      const look = new View(this.#point, line).look(t);
      if (verdict === "edge") return look === undefined ? 1 : 0;
      return (verdict === "kink" ? look?.bend : look?.slope) ?? 0;
    });
    // If one is at a kink, so are those of the same value.
    for (const [i, x] of this.#data.entries()) {
      if (x === this.#data[culprit]) this.#frozen.set(i, verdict as Obstacle);
    }
    return v.every((v, i) => v === 0 || this.#frozen.has(i));
  }

  /** Whether an element is found that is wrong by itself. */
  #trace({ line }: Comparison, { t }: Finding): boolean {
    let rest = line.v;
    for (let tries = 0; tries < TRIES; tries++) {
      const place = locate(
        this.#line(rest),
        (line) => new View(this.#point, line).look(t)?.residual ?? 0,
      );
      if (rest[place] === 0) return false;
      if (this.#compareElement(place, this.#a[place])) return true;
      rest = rest.map((v, i) => i === place ? 0 : v);
    }
    return false;
  }

  /** Whether an element is wrong by itself. */
  #compareElement(place: number, a: number): boolean {
    const { verdict, numeric } = compareElement(
      this.#point,
      this.#input,
      place,
      this.#scales[place],
      a,
      this.#how,
      true,
    );
    if (verdict !== "wrong") return false;
    this.#worst = { place, numeric };
    return true;
  }

  #line(v: F64): Line {
    return { input: this.#input, from: 0, v, a: this.#a };
  }

  #along(v: F64): Comparison {
    const { rtol, atol } = this.#how;
    return {
      rtol,
      atol,
      point: this.#point,
      line: this.#line(v),
      size: norm(this.#a.map((a, i) => a * v[i])),
      unit: norm(v),
    };
  }
}

/**
 * The element that contributes most to a number that is additive along a line, by
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
