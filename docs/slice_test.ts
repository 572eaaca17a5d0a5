// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parse } from "./html.ts";
import { Builder } from "./literate/page.ts";
import { readSource } from "./literate/source.ts";

/** An operation whose backward loop is this one, and a function of its own. */
const module = (loop: string, own = "") =>
  `/**
 * # Op
 *
 * Does.
 *
 * ## Backward
 *
 * {@linkcode fDx}:
 *
 * {@linkcode fDw}:
 *
 * @module
 */

export const signature = op("f", {
  inputs: { x: "n", w: "n" },
  forward() {},
  backward({ x, w, dy, dx, dw, n }) {
${loop}
  },
});
${own}`;

/** What the page shows beside each gradient. */
function beside(loop: string, own?: string): string[] {
  const source = readSource("ops/f.ts", module(loop, own));
  const { main } = new Builder(source, { href: () => "#" }).build();
  const $ = parse(main);
  return $("[aria-labelledby=backward] .row:not(.title) .code-cell").get()
    .map((cell) => $(cell).find(".listing").text().trimEnd());
}

describe("the code beside a gradient", () => {
  it("is the loop that computes it", () => {
    assertEquals(
      beside(`
for (let i = 0; dx && i < n; i++) dx[i] = dy[i] * w[i];
for (let i = 0; dw && i < n; i++) dw[i] = dy[i] * x[i];`),
      [
        "for (let i = 0; dx && i < n; i++) dx[i] = dy[i] * w[i];",
        "for (let i = 0; dw && i < n; i++) dw[i] = dy[i] * x[i];",
      ],
    );
  });

  it("is what it needs of a loop that computes both", () => {
    assertEquals(
      beside(`
let sum = 0;
for (let i = 0; i < n; i++) {
  if (w[i] === 0) continue;
  // Of x alone.
  const a = Math.max(x[i], 0);
  sum += a;
  if (dx === undefined) continue;
  const b = Math.max(w[i], 0);
  dx[i] = dy[i] * b;
}
if (dw) dw[0] = sum;`),
      [
        `for (let i = 0; i < n; i++) {
  if (w[i] === 0) continue;
  const b = Math.max(w[i], 0);
  dx[i] = dy[i] * b;
}`,
        `let sum = 0;
for (let i = 0; i < n; i++) {
  if (w[i] === 0) continue;
  // Of x alone.
  const a = Math.max(x[i], 0);
  sum += a;
}
if (dw) dw[0] = sum;`,
      ],
    );
  });

  it("tells variables of one name apart", () => {
    assertEquals(
      beside(`
for (let i = 0; i < n; i++) {
  const s = x[i];
  if (dx) dx[i] = s;
}
for (let i = 0; i < n; i++) {
  const s = w[i];
  if (dw) dw[i] = s;
}`),
      [
        "for (let i = 0; i < n; i++) {\n  const s = x[i];\n  if (dx) dx[i] = s;\n}",
        "for (let i = 0; i < n; i++) {\n  const s = w[i];\n  if (dw) dw[i] = s;\n}",
      ],
    );
  });

  it("has what functions write, its own by what they do", () => {
    assertEquals(
      beside(
        `
const hat = new Float64Array(n), d = new Float64Array(n);
fillIt(x, hat);
other(d, hat);
if (dx) elsewhere(d, dx);
if (dw) dw.set(hat);`,
        `
function fillIt(from, to) {
  for (let i = 0; i < from.length; i++) to[i] = from[i];
}

function other(to, from) {
  to[0] = from[0];
}`,
      ),
      [
        `const hat = new Float64Array(n), d = new Float64Array(n);
fillIt(x, hat);
other(d, hat);
if (dx) elsewhere(d, dx);`,
        `const hat = new Float64Array(n), d = new Float64Array(n);
fillIt(x, hat);
if (dw) dw.set(hat);`,
      ],
    );
  });

  it("is the function that does all of the work", () => {
    assertEquals(
      beside(
        `
const { a } = sizes;
if (dx) forX(a, dx);
if (dw) forW(a, dw);`,
        `
function forX(a, dx) {
  dx[0] = a;
}

function forW(a, dw) {
  dw[0] = 2 * a; // dw = 2 a
}`,
      ),
      [
        "function forX(a, dx) {\n  dx[0] = a;\n}",
        "function forW(a, dw) {\n  dw[0] = 2 * a; // dw = 2 a\n}",
      ],
    );
  });
});
