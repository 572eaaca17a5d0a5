// Copyright 2026 the Adjoint authors. MIT license.

// What a constant ratio of two gradients may mean.

import { type Facts, isNear } from "./facts.ts";
import { subsets } from "./shapes.ts";
import { describeAxes, showRatio } from "./words.ts";

/** Precedes a constant factor that is wrong as well. */
export const BESIDES = "; besides, ";

/** What a constant ratio of analytic and numeric suggests, if anything. */
export function nameRatio(ratio: number, facts: Facts): string | undefined {
  const near = (a: number, b: number) => isNear(a, b, facts);
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
    const root = Math.sqrt(count);
    if (Number.isInteger(root)) continue;
    if (near(size, root)) {
      return `${prefix}the factor 1/√${count} is missing, for the ${where}${sign}`;
    }
    if (near(size, 1 / root)) {
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
export function sayRatio(
  ratio: number | undefined,
  facts: Facts,
): string | undefined {
  if (ratio === undefined || ratio === 1) return ratio && "";
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

function fraction(numerator: number, denominator: number): string {
  if (denominator === 1) return `${numerator}`;
  return numerator === 1 && denominator === 2
    ? "½"
    : `${numerator}/${denominator}`;
}
