// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Pictures of text: the curve of a loss, and digits.
 *
 * @module
 */

import type { Tensor } from "../../ops/tensor.ts";

const SIDE = 28;

/** The means of as many stretches of a curve as there are columns, over a log scale. */
export function curve(values: readonly number[], columns = 60, rows = 10) {
  const count = Math.min(columns, values.length);
  if (count === 0) return "";
  const means = Array.from({ length: count }, (_, i) => {
    const part = values.slice(
      Math.floor(i * values.length / count),
      Math.floor((i + 1) * values.length / count),
    );
    return part.reduce((a, b) => a + b) / part.length;
  });
  const logs = means.map((mean) => Math.log(Math.max(mean, 1e-12)));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const heights = logs.map((log) =>
    high === low ? 0 : Math.round((rows - 1) * (log - low) / (high - low))
  );
  const lines = Array.from({ length: rows }, (_, row) => {
    const height = rows - 1 - row;
    const label = height === rows - 1
      ? Math.exp(high).toPrecision(2)
      : height === 0
      ? Math.exp(low).toPrecision(2)
      : "";
    const cells = heights.map((h) => h === height ? "•" : " ").join("");
    return `${label.padStart(8)} │${cells}`.trimEnd();
  });
  return [
    ...lines,
    `${" ".repeat(9)}└${"─".repeat(count)} ${values.length}`,
  ].join("\n");
}

/** Images of 28×28 side by side, two rows of an image in a line, with titles. */
export function pictures(
  images: readonly { image: ArrayLike<number>; title: string }[],
): string {
  const lines = [images.map(({ title }) => title.padEnd(SIDE)).join("  ")];
  for (let row = 0; row < SIDE; row += 2) {
    lines.push(
      images.map(({ image }) =>
        Array.from({ length: SIDE }, (_, column) => {
          const isOn = (row: number) => image[row * SIDE + column] > 0.4;
          const key = 2 * Number(isOn(row)) + Number(isOn(row + 1));
          return " ▄▀█"[key];
        }).join("")
      ).join("  "),
    );
  }
  return lines.map((line) => line.trimEnd()).join("\n");
}

/** How much each letter looks at those before it, one map a head, side by side. */
export function weightsMap(
  { shape: [heads, m], data }: Tensor<[number, number, number]>,
  text: string,
  shown = 2,
): string {
  const letters = [...text].map((letter) =>
    letter.trim() === "" ? "·" : letter
  );
  const count = Math.min(heads, shown);
  const lines = [
    Array.from(
      { length: count },
      (_, head) => `  ${`head ${head + 1}`.padEnd(m)}`,
    ).join("  "),
    Array.from({ length: count }, () => `  ${letters.join("")}`).join("  "),
  ];
  for (let row = 0; row < m; row++) {
    lines.push(
      Array.from({ length: count }, (_, head) => {
        const cells = data.subarray(
          (head * m + row) * m,
          (head * m + row + 1) * m,
        );
        const shades = Array.from(
          cells,
          (p, column) =>
            column > row ? " " : "·░▒▓█"[Math.min(4, Math.floor(p * 8))],
        );
        return `${letters[row]} ${shades.join("")}`;
      }).join("  ").trimEnd(),
    );
  }
  return lines.join("\n");
}
