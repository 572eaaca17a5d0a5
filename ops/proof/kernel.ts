// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The page of a kernel, whose formulas say what it computes: they are evaluated,
 * and compared with it.
 *
 * @module
 */

import { type Matrix, matrix } from "../kernels/matrix.ts";
import { type Tensor, tensor } from "../tensor.ts";
import { firstDifference } from "./equations.ts";
import type { Dim } from "./expression.ts";
import type { Scope, Value } from "./evaluate.ts";
import { numbers } from "./fields.ts";
import { EvaluationError, FormulaError, parseFormula } from "./formula.ts";
import { Sizes, type Variable } from "./page.ts";

/** Writes a product, plus a bias on every row, to `z`. */
export type Kernel = (
  x: Matrix,
  y: Matrix,
  z: Tensor["data"],
  bias?: Tensor["data"],
) => void;

const variable = (symbol: string, ...shape: string[]): Variable => ({
  symbol,
  parameter: symbol,
  shape,
});

/** What the formulas speak of. */
export const SYMBOLS: { inputs: Variable[]; output: Variable } = {
  inputs: [
    variable("X", "m", "n"),
    variable("Y", "n", "p"),
    variable("b", "p"),
  ],
  output: variable("Z", "m", "p"),
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
  kernel(matrix(X), matrix(Y), Z.data, hasBias ? b.data : undefined);
  const sizes = new Sizes();
  const found: Record<string, Value<number>> = {};
  const axes: Record<string, Dim[]> = {};
  const tensors: Record<string, Tensor> = { X, Y, Z, b };
  for (const { symbol, shape } of [...SYMBOLS.inputs, SYMBOLS.output]) {
    const { shape: dims, data } = tensors[symbol];
    sizes.bind(shape, [...dims], symbol);
    found[symbol] = { shape: [...dims], data: [...data] };
    axes[symbol] = shape;
  }
  const scope: Scope<number> = {
    field: numbers,
    sizes,
    axes: (name) => axes[name] ?? [],
    symbol: (name) => found[name],
    partial: () => {
      throw new EvaluationError("kernels have no derivatives");
    },
  };
  const [said, ...rest] = parseFormula(tex);
  if (said.kind !== "equation" || rest.length > 0) {
    throw new FormulaError(`"${tex}" is no equation`);
  }
  return firstDifference(
    said.sides,
    scope,
    (a, b) => a === b ? undefined : `${a} is not ${b}`,
  );
}
