// Copyright 2026 the Adjoint authors. MIT license.

// How messages write numbers, places and axes.

import type { Shape } from "../core/types.ts";
import { indexOf } from "./shapes.ts";

/** What is being done, for the message of an error. */
export const ACT = "run gradcheck";

/** The longest part of a name that is shown. */
const MAX_NAME = 100;

/** The part of a foreign text that is shown. */
export function cut(text: string, length: number = MAX_NAME): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** A number as the messages write it: enough digits to see what differs. */
export function showNumber(value: number): string {
  return String(Number(value.toPrecision(9)));
}

/** A size as the messages write it: two digits. */
export function showSize(value: number): string {
  return value.toExponential(1);
}

/** A ratio: two decimals if they are the whole of it. */
export function showRatio(ratio: number): string {
  const plain = ratio.toFixed(2);
  return Math.abs(ratio - Number(plain)) < 1e-8 * Math.abs(ratio)
    ? plain
    : String(Number(ratio.toPrecision(7)));
}

/** The index of an element, as in `[0, 2]`. */
export function showIndex(place: number, shape: Shape): string {
  return `[${indexOf(place, shape).join(", ")}]`;
}

/** So many of a thing. */
export function count(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? "" : "s"}`;
}

export function describeAxes(axes: readonly number[]): string {
  return axes.length === 1
    ? `axis ${axes[0]}`
    : `axes ${axes.slice(0, -1).join(", ")} and ${axes.at(-1)}`;
}

export function be(axes: readonly number[]): string {
  return axes.length === 1 ? "was" : "were";
}

export function describeOrder(what: string, order: readonly number[]): string {
  const moved = order.filter((k, axis) => k !== axis).sort((a, b) => a - b);
  if (order.length === 2) return `${what} is transposed`;
  return moved.length === 2
    ? `${describeAxes(moved)} of ${what} are transposed`
    : `the axes of ${what} are permuted`;
}

export function describeSlice(
  shape: Shape,
  axis: number,
  index: number,
): string {
  if (shape.length !== 2) return `index ${index} of axis ${axis}`;
  return `${axis === 0 ? "row" : "column"} ${index}`;
}
