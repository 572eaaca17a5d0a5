// Copyright 2026 the Adjoint authors. MIT license.
/// <reference lib="dom" />

// Numbers as colors, curves and tables.

import { h } from "../live/dom.ts";
import { brief } from "../live/numbers.ts";
import type { Numbers } from "./messages.ts";

/** Positive and negative numbers; both can be seen on light and on dark. */
const COLORS = [[222, 118, 24], [38, 122, 214]] as const;

/** Draws numbers, each a pixel: the largest of them in full color. */
export function drawMap(
  canvas: HTMLCanvasElement,
  { rows, columns, data }: Numbers,
): void {
  const context = canvas.getContext("2d")!;
  const image = context.createImageData(columns, rows);
  const largest = data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  data.forEach((value, i) => {
    image.data.set(COLORS[Number(value < 0)], 4 * i);
    image.data[4 * i + 3] = largest === 0
      ? 0
      : Math.round(255 * Math.abs(value) / largest);
  });
  context.putImageData(image, 0, 0);
}

/** A point of a curve: how far on, and how high, from 0 to 1. */
type At = readonly [x: number, y: number];

/** The size of a chart, and where its curve is. */
export const CHART = {
  width: 300,
  height: 130,
  left: 40,
  right: 294,
  top: 8,
  bottom: 110,
} as const;

/** A path through points. */
export function pathOf(points: readonly At[]): string {
  const { left, right, top, bottom } = CHART;
  return points.map(([x, y], i) =>
    `${i === 0 ? "M" : "L"}${(left + x * (right - left)).toFixed(1)} ${
      (bottom - y * (bottom - top)).toFixed(1)
    }`
  ).join("");
}

/** Numbers in a table, of rows and columns that are counted from 1. */
export function table(
  { rows, columns, data }: Numbers,
  caption: string,
): HTMLTableElement {
  const cells = (row: number) =>
    Array.from(
      data.subarray(row * columns, (row + 1) * columns),
      (value) => h("td", {}, brief(value, 3)),
    );
  return h(
    "table",
    {},
    h("caption", {}, caption),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("td", {}),
        ...Array.from(
          { length: columns },
          (_, i) => h("th", { scope: "col" }, `${i + 1}`),
        ),
      ),
    ),
    h(
      "tbody",
      {},
      ...Array.from(
        { length: rows },
        (_, row) =>
          h("tr", {}, h("th", { scope: "row" }, `${row + 1}`), ...cells(row)),
      ),
    ),
  );
}
