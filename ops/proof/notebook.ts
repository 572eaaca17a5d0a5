// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The notebook that the project started from, line by line.
 *
 * @module
 */

import { gradientsOf } from "./cases.ts";
import { targets } from "./equations.ts";
import { digits64, exactly } from "./fields.ts";
import type { Operation } from "./operation.ts";
import { tdist, truth } from "./truth.ts";

/** A line of the notebook: one distance to PyTorch. */
export interface NotebookLine {
  op: string;
  target: string;
  /** The distance that the notebook printed. */
  notebook: number;
  /** Our distance to PyTorch. */
  ours: number;
  /** Our distance from the truth. */
  error: number;
  /** PyTorch's own distance from the truth. */
  pytorch: number;
  ok: boolean;
}

/**
 * The notebook's section on an operation: the same arrays, the loss Σz², and the
 * distance of each result to PyTorch's.
 */
export function notebook(op: Operation): NotebookLine[] {
  const golden = op.goldens.cases.find(({ name }) => name === "notebook");
  if (golden?.printed === undefined) return [];
  const inputs = op.page.inputs.map((v) => golden.inputs[v.parameter]);
  const z = op.forward(...inputs);
  const dz = { shape: z.shape, data: z.data.map((v) => 2 * v) };
  const results = [z, ...op.backward.map((d) => d(...inputs, dz))];
  const theirs = [golden.output, ...gradientsOf(op, golden)];
  const printed = [
    golden.printed.output,
    ...op.page.inputs.map((v) => golden.printed![v.parameter]),
  ];
  const exactZ = truth(op, 0, golden, Infinity).values;
  const exactDout = exactZ.map((v) => digits64.multiply(exactly(2), v));
  return results.map((result, t) => {
    const values = truth(op, t, golden, Infinity, exactDout).values
      .map((value) => value.toNumber());
    const ours = tdist(result.data, theirs[t].data);
    const pytorch = tdist(theirs[t].data, values);
    return {
      op: op.name,
      target: targets(op)[t],
      notebook: printed[t],
      ours,
      error: tdist(result.data, values),
      pytorch,
      ok: ours <= 2 * pytorch,
    };
  });
}
