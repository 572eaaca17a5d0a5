// Copyright 2026 the Adjoint authors. MIT license.

// How the causes and the numbers are said.

import type { Shape } from "../tensor.ts";
import { type Facts, PRECISION } from "./facts.ts";
import { indexAlong, subsets } from "./shapes.ts";

/** Stands before a constant factor that is wrong as well. */
export const BESIDES = "; besides, ";

/** What a constant ratio of analytic and numeric suggests, if anything. */
export function nameRatio(ratio: number, facts: Facts): string | undefined {
  if (near(ratio, 1)) return undefined;
  const prefix = `ratio ${showRatio(ratio)}: `;
  if (near(ratio, -1)) return `${prefix}the sign is wrong`;
  const size = Math.abs(ratio);
  const sign = ratio < 0 ? ", and the sign is wrong" : "";
  for (const [count, where] of counts(facts)) {
    if (near(size, count)) {
      return `${prefix}the factor ${
        fraction(1, count)
      } is missing, as of a mean over the ${where}${sign}`;
    }
    if (near(size, 1 / count)) {
      return `${prefix}a factor ${count} is missing, as where a mean is taken over the ${where} and a sum is meant${sign}`;
    }
    if (near(size, Math.sqrt(count)) && !Number.isInteger(Math.sqrt(count))) {
      return `${prefix}the factor 1/√${count} is missing, for the ${where}${sign}`;
    }
    if (
      near(size, 1 / Math.sqrt(count)) && !Number.isInteger(Math.sqrt(count))
    ) {
      return `${prefix}a factor √${count} is missing, for the ${where}${sign}`;
    }
  }
  for (let q = 1; q <= 12; q++) {
    const p = Math.round(size * q);
    if (p > 0 && p <= 12 && near(size, p / q)) {
      return `${prefix}a factor ${fraction(q, p)} is missing${sign}`;
    }
  }
}

/** The words for a constant factor besides another mistake. */
export function sayRatio(ratio: number, facts: Facts): string | undefined {
  if (ratio === 1) return "";
  const name = nameRatio(ratio, facts);
  return name === undefined ? undefined : BESIDES + name;
}

/** The numbers of elements over which something could be summed. */
function* counts(
  { input, names, inputs, output }: Facts,
): Generator<[count: number, where: string]> {
  const named = inputs.map((x, k) => [names[k], x.shape] as const);
  const own = named.splice(input, 1);
  for (
    const [name, shape] of [
      ...own,
      ["the output", output.shape] as const,
      ...named,
    ]
  ) {
    for (const axes of subsets(shape)) {
      const count = axes.reduce((count, k) => count * shape[k], 1);
      if (count > 2) {
        yield [count, `${count} elements of ${describeAxes(axes)} of ${name}`];
      }
    }
  }
}

export function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= PRECISION * Math.abs(b);
}

function fraction(numerator: number, denominator: number): string {
  if (denominator === 1) return `${numerator}`;
  return numerator === 1 && denominator === 2
    ? "½"
    : `${numerator}/${denominator}`;
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

/** A number as the messages write it: enough digits to see what differs. */
export function showNumber(value: number): string {
  return String(Number(value.toPrecision(9)));
}

/** A ratio: two decimals if they are the whole of it. */
export function showRatio(ratio: number): string {
  const plain = ratio.toFixed(2);
  return Math.abs(ratio - Number(plain)) < 1e-8 * Math.abs(ratio)
    ? plain
    : String(Number(ratio.toPrecision(7)));
}

/** The index of an element, as in `[0, 2]`. */
export function showIndex(element: number, shape: Shape): string {
  return `[${indexOf(element, shape).join(", ")}]`;
}

/** The index of the element at a place of the data. */
export function indexOf(element: number, shape: Shape): number[] {
  return shape.map((_, axis) => indexAlong(shape, axis)(element));
}
