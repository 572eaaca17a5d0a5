// Copyright 2026 the Adjoint authors. MIT license.

// The scale of the losses that the chart shows, which is logarithmic.

/** The loss at the top of the chart, and at its bottom. */
export const [HIGHEST, LOWEST] = [3, 0.003];

/** How high a loss is in the chart, from 0 to 1. */
export function heightOf(loss: number): number {
  const height = Math.log(loss / LOWEST) / Math.log(HIGHEST / LOWEST);
  return Math.max(0, Math.min(1, height));
}

/** The means of stretches of a curve, each with the step in its middle. */
export function means(
  values: readonly number[],
  most = 150,
): { step: number; value: number }[] {
  const size = Math.max(1, Math.ceil(values.length / most));
  const found = [];
  for (let from = 0; from < values.length; from += size) {
    const part = values.slice(from, from + size);
    const value = part.reduce((a, b) => a + b) / part.length;
    found.push({ step: from + part.length / 2, value });
  }
  return found;
}
