// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Show a tensor
 *
 * Displays a tensor as a heatmap in a notebook: the last expression of a cell, in
 * Jupyter with Deno's kernel. Each number is in a cell whose color says how large
 * it is compared with the others: blue below 0, orange above. A tensor with more
 * than two axes is shown matrix by matrix, along the last two; of a large tensor,
 * only the beginning is shown.
 *
 * @example Usage
 * ```ts
 * import { show } from "@adjoint/ops/show";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const shown = show(tensor([[1, -2], [0, 0.5]]));
 *
 * assertEquals(`${shown}`, "2×2 float32\n1 -2\n0 0.5");
 * ```
 *
 * @module
 */

import { checkTensor, showShape } from "./core/checks.ts";
import type { Arrays, DType, Shape, Tensor } from "./core/types.ts";

/** The symbol by which a notebook asks a value how to display it:
 * `Jupyter.display`.
 *
 * @example Usage
 * ```ts
 * import { display, show } from "@adjoint/ops/show";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const media = show(tensor([7]))[display]();
 *
 * assertEquals(Object.keys(media), ["text/plain", "text/html"]);
 * ```
 */
export const display: unique symbol = Symbol.for("Jupyter.display");

/** A tensor, ready to be displayed by a notebook, or as text. */
export interface Shown {
  /** The tensor by the media types that a notebook chooses from. */
  [display](): { "text/plain": string; "text/html": string };
  /** The tensor as text, a line for each row. */
  toString(): string;
}

/** The most rows, columns and matrices that are shown. */
const MOST = 24;

/** The digits of a number that are shown. */
const DIGITS = 3;

/** Displays a tensor as a heatmap in a notebook.
 *
 * @param x The tensor, of any shape and element type.
 * @returns The tensor, ready to be displayed.
 *
 * @example Usage
 * ```ts
 * import { show } from "@adjoint/ops/show";
 * import { tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(`${show(tensor([1, 2]))}`, "[2] float32\n1 2");
 * ```
 */
export function show<S extends Shape, D extends Arrays[DType]>(
  x: Tensor<S, D>,
): Shown {
  const { shape, data, dtype, size } = checkTensor("show x", "x", x);
  const title = `${showShape(shape)} ${dtype}`;
  const [rows, cols] = [shape.at(-2) ?? 1, shape.at(-1) ?? 1];
  let largest = 0;
  for (let i = 0; i < size; i++) {
    const a = Math.abs(data[i]);
    if (a > largest && a < Infinity) largest = a;
  }
  const matrices = Array.from(
    { length: Math.min(MOST, size / (rows * cols) || 0) },
    (_, m) =>
      Array.from({ length: Math.min(MOST, rows) }, (_, i) => {
        const from = (m * rows + i) * cols;
        const length = Math.min(MOST, cols);
        return Array.from({ length }, (_, j) => data[from + j]);
      }),
  );
  const shown = matrices.flat().reduce((sum, row) => sum + row.length, 0);
  const rest = shown < size ? `${size - shown} more` : "";
  const text = [
    title,
    ...matrices.map((matrix) =>
      matrix.map((row) => row.map(written).join(" ")).join("\n")
    ),
    rest,
  ].filter((part) => part !== "").join("\n");
  const html = [
    title,
    ...matrices.map((matrix) =>
      `<table>${
        matrix.map((row) =>
          `<tr>${row.map((v) => cell(v, largest)).join("")}</tr>`
        ).join("")
      }</table>`
    ),
    rest,
  ].join("");
  return {
    [display]: () => ({ "text/plain": text, "text/html": html }),
    toString: () => text,
  };
}

/** A number as it is written: few digits, and NaN and infinity by their signs. */
function written(v: number): string {
  if (Math.abs(v) === Infinity) return v < 0 ? "-∞" : "∞";
  return `${Number(v.toPrecision(DIGITS))}`;
}

/** A cell; the closer its number is to the largest, the more opaque it is. */
function cell(v: number, largest: number): string {
  const share = Math.min(1, Math.abs(v) / largest) / 2 || 0;
  const color = v < 0 ? "0 96 168" : "230 120 0";
  return `<td style="background: rgb(${color} / ${share.toFixed(2)})">${
    written(v)
  }</td>`;
}
