// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The page of a kernel, whose formulas say what it computes: they are evaluated,
 * and compared with it.
 *
 * @module
 */

import { firstDifference } from "../../proof/compare.ts";
import {
  type Dim,
  EvaluationError,
  type Scope,
  type Value,
} from "../../proof/language/expression.ts";
import { numbers } from "../../proof/language/fields.ts";
import { FormulaError, parseFormula } from "../../proof/language/parse.ts";
import { type Matrix, matrix } from "../../kernels/matrix.ts";
import { type Tensor, tensor } from "../../tensor.ts";
import { Sizes } from "../../proof/sizes.ts";

/** Writes a product, plus a bias on every row, to `z`. */
export type Kernel = (
  x: Matrix,
  y: Matrix,
  z: Tensor["data"],
  bias?: Tensor["data"],
) => void;

/** What the formulas speak of, and the shape of each. */
export const SYMBOLS: Readonly<Record<string, readonly Dim[]>> = {
  X: ["m", "n"],
  Y: ["n", "p"],
  b: ["p"],
  Z: ["m", "p"],
};

const X = tensor([[1, 2, 3, -4], [5, -6, 7, 8]]);
const Y = tensor([
  [2, -1, 0],
  [3, 5, -7],
  [-2, 4, 1],
  [9, 6, -3],
]);
const b = tensor([10, -20, 30]);

/** The formulas in the fences of a page. */
export function fences(page: string): string[] {
  return [...page.matchAll(/^ \* ```math\n([\s\S]*?)^ \* ```/gm)]
    .map(([, body]) => body.replace(/^ \* ?/gm, ""));
}

/** Where a formula differs from what the kernel computes; it must be an equation. */
export function difference(kernel: Kernel, tex: string): string | undefined {
  const hasBias = /\bb_/.test(tex);
  const Z = tensor(new Float32Array(2 * 3), [2, 3]);
  const [x, y] = [matrix(X.data, 2, 4), matrix(Y.data, 4, 3)];
  kernel(x, y, Z.data, hasBias ? b.data : undefined);
  const tensors: Record<string, Tensor> = { X, Y, Z, b };
  const scope: Scope<number> = {
    field: numbers,
    sizes: new Sizes([["m", 2], ["n", 4], ["p", 3]]),
    axes: (name) => SYMBOLS[name] ?? [],
    symbol: (name): Value<number> => {
      const { shape, data } = tensors[name];
      return { shape, data: [...data] };
    },
    partial: () => {
      throw new EvaluationError("kernels have no derivatives");
    },
  };
  const [said, ...rest] = parseFormula(tex);
  if (said.kind !== "equation" || rest.length > 0) {
    throw new FormulaError(`"${tex}" is no equation`);
  }
  return firstDifference(
    said,
    scope,
    scope,
    (a, b) => a === b ? undefined : `${a} is not ${b}`,
  );
}
