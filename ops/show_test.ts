// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { closed } from "./core/testing/closed.ts";
import { display, show } from "./show.ts";
import { scalar, tensor, zeros } from "./tensor.ts";

/** The heatmap, as a notebook asks for it. */
function html(x: Parameters<typeof show>[0]): string {
  assertEquals(Symbol.keyFor(display), "Jupyter.display");
  const media = show(x)[display]();
  assertEquals(Object.keys(media), ["text/plain", "text/html"]);
  assertEquals(media["text/plain"], `${show(x)}`);
  return media["text/html"];
}

const text = (x: Parameters<typeof show>[0]) => `${show(x)}`;

/** The colors of the cells. */
const colors = (x: Parameters<typeof show>[0]) =>
  [...html(x).matchAll(/rgb\((\d+) \d+ \d+ \/ ([\d.]+)\)/g)]
    .map(([, red, alpha]) => [Number(red) > 99 ? "orange" : "blue", alpha]);

describe("show()", () => {
  it("is a table of colored cells in a notebook, and lines of text", () => {
    const x = tensor([[1, -2], [0, 0.5]]);
    assertEquals(text(x), "2×2 float32\n1 -2\n0 0.5");
    assertEquals(
      html(x),
      "2×2 float32<table>" +
        '<tr><td style="background: rgb(230 120 0 / 0.25)">1</td>' +
        '<td style="background: rgb(0 96 168 / 0.50)">-2</td></tr>' +
        '<tr><td style="background: rgb(230 120 0 / 0.00)">0</td>' +
        '<td style="background: rgb(230 120 0 / 0.13)">0.5</td></tr></table>',
    );
  });

  it("writes three digits, NaN, and infinity with its sign", () => {
    const x = tensor([1 / 3, 12345, NaN, Infinity, -Infinity]);
    assertEquals(text(x), "[5] float32\n0.333 12300 NaN ∞ -∞");
    assertEquals(colors(x), [
      ["orange", "0.00"],
      ["orange", "0.50"],
      ["orange", "0.00"],
      ["orange", "0.50"],
      ["blue", "0.50"],
    ]);
    assertEquals(colors(tensor([Infinity, 4])).at(-1), ["orange", "0.50"]);
  });

  it("shows scalars, integers, zeros, and nothing", () => {
    assertEquals(text(scalar(7)), "[] float32\n7");
    assertEquals(text(tensor([1, 2], { dtype: "int32" })), "[2] int32\n1 2");
    assertEquals(colors(zeros([2])), [["orange", "0.00"], ["orange", "0.00"]]);
    assertEquals(text(zeros([0, 3])), "0×3 float32");
    assertEquals(text(zeros([3, 0])), "3×0 float32");
  });

  it("shows matrix by matrix", () => {
    const x = tensor([[[1, 2]], [[3, 4]]]);
    assertEquals(text(x), "2×1×2 float32\n1 2\n3 4");
    assertEquals(html(x).split("<table>").length, 3);
  });

  it("shows the beginning of what is large, and says how much is left", () => {
    assertEquals(text(zeros([24])).split("\n").length, 2);
    assertEquals(text(zeros([25])).split("\n").at(-1), "1 more");
    const lines = text(zeros([25, 25])).split("\n");
    assertEquals([lines.length, lines.at(-1)], [26, `${625 - 24 * 24} more`]);
    assertEquals(html(zeros([25, 1, 1])).split("<table>").length, 25);
    assertEquals(html(zeros([25])).endsWith("</table>1 more"), true);
  });

  it("looks at no property of an array", () => {
    const x = tensor([[1, -2], [0, 0.5]]);
    assertEquals(html(closed(x)), html(x));
  });

  it("refuses what is not a tensor", () => {
    assertThrows(
      () => show([1] as never),
      TypeError,
      "Cannot show x as x must be a tensor { shape, data }",
    );
  });
});
