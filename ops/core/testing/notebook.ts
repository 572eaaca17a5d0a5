// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The notebook that the project started from, line by line.
 *
 * @module
 */

import json from "../../goldens/notebook.json" with { type: "json" };
import type { Drawn } from "../../goldens/random.ts";
import { readNotebook } from "../../goldens/read.ts";
import { digits } from "../../proof/digits.ts";
import { pageCode } from "../../proof/loops.ts";
import type { FloatTensor, Operation } from "../../proof/operation.ts";
import type { Kind } from "../../proof/truth.ts";
import { showName } from "../../proof/language/unicode.ts";

const NOTEBOOK = readNotebook(json);

/** The versions that wrote the notebook's results anew. */
export const VERSIONS: { torch: string; numpy: string } = {
  torch: json.torch,
  numpy: json.numpy,
};

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

/** The Euclidean distance, as the notebook's `metrics.tdist`. */
export function tdist(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum);
}

/**
 * The notebook's section on an operation: the same arrays, the loss Σz², and the
 * distance of each result to PyTorch's.
 */
export function notebook(op: Operation): NotebookLine[] {
  const section = NOTEBOOK[op.name];
  if (section === undefined) return [];
  const given = op.inputs.map((v) => section.inputs[v.parameter]);
  const twice = ({ shape, data }: FloatTensor) =>
    ({ shape, data: data.map((v) => 2 * v) }) as FloatTensor;
  const [z] = op.functions.forward(given, {});
  const results = [z, ...op.functions.backward(given, [twice(z)], {})];
  const page = pageCode(op, EXACT, (key, data, scope) => {
    scope.define(key).data.forEach((x, i) => data[i] = digits.toNumber(x));
  });
  const exact = given.map(({ shape, data }): Drawn => ({
    shape,
    data: Float64Array.from(data),
  }));
  const [truth] = page.forward(exact, {});
  const truths = [truth, ...page.backward(exact, [twice(truth)], {})];
  const theirs = [
    section.output,
    ...op.floats.map((v) => section.gradients[v.parameter]),
  ];
  const printed = [
    section.printed.output,
    ...op.floats.map((v) => section.printed[v.parameter]),
  ];
  return results.map((result, t) => {
    const ours = tdist(result.data, theirs[t].data);
    const pytorch = tdist(theirs[t].data, truths[t].data);
    return {
      op: op.name,
      target: showName(op.definitions.targets[t]),
      notebook: printed[t],
      ours,
      error: tdist(result.data, truths[t].data),
      pytorch,
      ok: ours <= 2 * pytorch,
    };
  });
}

const EXACT: Kind<ReturnType<typeof digits.constant>> = {
  field: digits,
  given: digits.constant,
  exact: digits.constant,
};
