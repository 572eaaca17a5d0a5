// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Where NaN first appears.
 *
 * @module
 */

import { lengthOf } from "../core/arrays.ts";
import { type Step, valuesOf } from "./recording.ts";
import { tensorsIn } from "./trees.ts";

/** Whether a number of its tensors is NaN. */
export function hasNaN(x: unknown): boolean {
  return tensorsIn(valuesOf(x)).some(({ data }) => {
    const n = lengthOf(data);
    for (let i = 0; i < n; i++) if (isNaN(data[i])) return true;
    return false;
  });
}

/** The error that says which call it is of. */
export function foundNaN(what: string, at: number, steps: readonly Step[]) {
  return new RangeError(
    `Cannot differentiate as the loss and its gradients must be numbers: NaN first appears in ${what}, of call ${
      at + 1
    } of ${steps.length}`,
  );
}

/** Throws if there is NaN in a step that was recorded, or in what went in. */
export function checkForward(steps: readonly Step[]): void {
  for (const [at, { pair: { name }, args, result }] of steps.entries()) {
    if (!hasNaN(result)) continue;
    const what = hasNaN(args) ? "an input" : "the result";
    throw foundNaN(`${what} of ${name}`, at, steps);
  }
}
