// Copyright 2026 the Adjoint authors. MIT license.

// What a page says of rounding: the bounds of its errors, and where the sums
// change their type. No formula of the proof has these numbers, so each is read
// from the page here, and met by the input that is worst for it.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { evaluate } from "mathjs";
import { addBiasDy } from "../arithmetic/add_bias.ts";
import addBiasPage from "../arithmetic/add_bias.ts" with { type: "text" };
import streamPage from "../kernels/stream.ts" with { type: "text" };
import { linear } from "../products/linear.ts";
import linearPage from "../products/linear.ts" with { type: "text" };
import { matmul } from "../products/matmul.ts";
import matmulPage from "../products/matmul.ts" with { type: "text" };
import { sum } from "../reductions/sum.ts";
import sumPage from "../reductions/sum.ts" with { type: "text" };
import { type F32, ones, tensor, zeros } from "../tensor.ts";

/** What a pattern finds in the prose of a page, whose lines are joined. */
function find(page: string, pattern: RegExp): string[] {
  const found = pattern.exec(
    page.replaceAll(/\n \*/g, "").replaceAll(/ +/g, " "),
  );
  assert(found !== null, `The page says nothing like ${pattern}`);
  return found.slice(1);
}

/** The value of a formula without sums. */
function valueOf(tex: string, scope: Record<string, number>): number {
  const text = tex.replaceAll(/\\frac\{(\w+)\}\{(\w+)\}/g, "($1) / ($2)")
    .replaceAll(/\\left|\\right/g, "").replaceAll("\\cdot", "*")
    .replaceAll(/\{|\}/g, (brace) => brace === "{" ? "(" : ")")
    .replaceAll("\\varepsilon", "* u");
  return evaluate(text, { u: 1, ...scope });
}

/** Beside 1, half a unit in the last place, which an addition loses. */
const LOST_64 = 2 ** -53;
const LOST_32 = 2 ** -24;

// Two additions of each path are to 0, where nothing can be lost.
const TO_ZERO = 2;

const CHAINS: Record<string, number> = { two: 2, four: 4, eight: 8 };

describe("the error of a sum", () => {
  // On the longest way to the result stands a 1, and every addition on it brings
  // half a unit, which is lost: so many can be lost as there are additions.
  const blocks = 2 ** 10;
  const x = new Float32Array(blocks * 1024);
  x[0] = 1;
  for (let i = 4; i < 512; i += 4) x[i] = LOST_64;
  for (const i of [1, 2, 512]) x[i] = LOST_64;
  for (let i = 1024; i < x.length; i += 1024) x[i] = LOST_64;
  const lost = x.reduce((count, value) => count + (value > 0 ? 1 : 0), -1);

  it("is at most what the page says, and no less at worst", () => {
    assertEquals(sum({ shape: [x.length], data: x }).data[0], 1);
    assertEquals(sum(tensor(Float64Array.from(x))).data[0], 1);
    const formulas = [
      ...find(sumPage, /at most \$`(.+?)`\$ times the sum of their absolute/),
      ...find(streamPage, /no term goes through more than about \$`(.+?)`\$/),
    ];
    for (const tex of formulas) {
      assertEquals(valueOf(tex, { t: x.length }), lost + TO_ZERO, tex);
    }
    const [elements, below] = find(
      sumPage,
      /for (\d+) million elements this is less than (\S+) of that sum/,
    );
    const [numbers, tex] = find(
      streamPage,
      /for (\d+) million numbers \$`(.+?)`\$ times that sum/,
    );
    assertEquals([elements, numbers], ["16", "16"]);
    const error = LOST_64 * valueOf(formulas[0], { t: 2 ** 24 });
    assertEquals(Number(below), Math.ceil(error * 1e12) / 1e12);
    assertEquals(valueOf(tex, {}), Number(error.toPrecision(2)));
  });

  it("has the unit roundoff, the blocks and the chains that the page says", () => {
    for (const page of [sumPage, addBiasPage]) {
      const [unit] = find(page, /unit roundoff of float64, about ([\d.e-]+\d)/);
      assertEquals(unit, LOST_64.toPrecision(2));
    }
    const [size, half] = find(
      streamPage,
      /in blocks of (\d+), and each half of a block has (\w+) chains/,
    );
    assertEquals(x.length / Number(size), blocks);
    const [tex] = find(sumPage, /at most \$`(.+?)`\$ times/);
    // Down a chain, and then from pair to pair of chains.
    const chains = 2 * CHAINS[half];
    const additions = Number(size) / chains + Math.log2(chains);
    assertEquals(valueOf(tex, { t: 0 }), additions);
    const [second] = find(streamPage, /second half x(\d+)/);
    assertEquals(Number(second), Number(size) / 2);
    const [t, i, j] = find(
      streamPage,
      /In a sum of \$`(\w)`\$ numbers .+? float64, times \$`\\sum_(\w) \\lvert X_(\w) \\rvert`\$/,
    );
    assertEquals([t, i], ["t", j]);
    const [few] = find(addBiasPage, /is summed in (\w+) chains/);
    const [bias] = find(addBiasPage, /at most \$`(.+?)`\$ times/);
    const slope = valueOf(bias, { n: 0, p: 1 }) - valueOf(bias, { n: 0, p: 0 });
    assertEquals(slope, 1 / CHAINS[few]);
  });
});

describe("the error of the gradient of a bias", () => {
  it("is at most what the page says, and hardly less at worst", () => {
    const [tex] = find(
      addBiasPage,
      /differs from .+? at most \$`(.+?)`\$ times/,
    );
    const [n, p] = [50, 401];
    const data = new Float64Array(n * p);
    data[0] = 1;
    for (let k = 4; k < p; k += 4) data[k] = LOST_64;
    data[1] = data[2] = LOST_64;
    for (let i = 1; i < n; i++) data[i * p] = LOST_64;
    const dout = tensor(data, [n, 1, p]);
    const options = { dtype: "float64" } as const;
    const dy = addBiasDy(zeros([n, 1, p], options), zeros([1], options), dout);
    assertEquals(dy.data[0], 1);
    const additions = data.filter((v) => v > 0).length - 1 + TO_ZERO;
    const bound = valueOf(tex, { n, p });
    assert(
      bound >= additions && bound < additions + 1,
      `${bound} ${additions}`,
    );
  });
});

describe("the error of a product", () => {
  // One or two results would be made by the plain loop.
  const ROWS = 4;
  const withZeros = (n: number, x: F32) => {
    const data = new Float32Array(ROWS * n);
    data.set(x);
    return tensor(data, [ROWS, n]);
  };
  const PAGES: [string, (n: number, x: F32) => number][] = [
    [matmulPage, (n, x) => {
      return matmul(withZeros(n, x), ones([n, 1])).data[0];
    }],
    [linearPage, (n, x) => {
      return linear(withZeros(n, x), ones([1, n]), zeros([1])).data[0];
    }],
  ];

  it("is at most what the page says, and no less at worst", () => {
    for (const [page, product] of PAGES) {
      const [every, code] = find(
        page,
        /after (\d+) of them or fewer their sum is added .+? at most about `(.+?)`/,
      );
      assertEquals(code, `min(t, ${every}) + t/${every}`);
      const [t, block] = [2 ** 14, Number(every)];
      const x = new Float32Array(t);
      x.fill(LOST_32, 1, block);
      for (let j = block; j < t; j += block) x[j] = LOST_32;
      x[0] = 1;
      assertEquals(product(t, x), 1);
      const lost = x.filter((v) => v > 0).length - 1;
      assertEquals(evaluate(code, { t }), lost + TO_ZERO);
      // More than these are not lost: those of another block are summed first.
      x[block + 1] = LOST_32;
      assert(product(t, x) > 1);
    }
  });

  it("is that of float64 below as many multiply-adds as the page says", () => {
    for (const [page, product] of PAGES) {
      const [below] = find(page, /of fewer than (\d+) multiply-adds/i);
      const n = Number(below) / ROWS;
      const x = new Float32Array(n);
      x.set([1, LOST_32, LOST_32]);
      assertEquals(product(n, x), 1);
      assertEquals(product(n - 1, x.subarray(0, n - 1)), 1 + 2 * LOST_32);
    }
  });
});
