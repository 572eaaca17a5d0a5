// Copyright 2026 the Adjoint authors. MIT license.

// The formulas on the pages of the kernels, evaluated and compared with what the
// kernels compute, and the numbers there, with those that the kernels have.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FormulaError } from "../proof/language/parse.ts";
import { difference, fences } from "../core/testing/kernel.ts";
import { tensor } from "../tensor.ts";
import { PLAIN_SHARED } from "./_threaded_wasm.ts";
import blockedPage from "./blocked.ts" with { type: "text" };
import { LIMIT, SPACE } from "./engine.ts";
import enginePage from "./engine.ts" with { type: "text" };
import { matrix, transpose } from "./matrix.ts";
import matrixPage from "./matrix.ts" with { type: "text" };
import multiplyPage from "./multiply.ts" with { type: "text" };
import { naive } from "./naive.ts";
import naivePage from "./naive.ts" with { type: "text" };
import { compile, PAGE, platform } from "./platform.ts";
import simdSource from "./simd.as.ts" with { type: "text" };
import { simd } from "./simd.ts";
import simdPage from "./simd.ts" with { type: "text" };
import threadedSource from "./threaded.as.ts" with { type: "text" };
import threadedPage from "./threaded.ts" with { type: "text" };

const KERNELS = [[naive, naivePage], [simd, simdPage]] as const;

for (const [kernel, page] of KERNELS) {
  describe(`the page of ${kernel.name}()`, () => {
    it("says what the kernel computes", () => {
      const formulas = fences(page);
      assert(formulas.length > 0);
      for (const tex of formulas) {
        assertEquals(difference(kernel, tex), undefined, tex);
      }
    });
  });
}

describe("a wrong page of a kernel", () => {
  it("is noticed", () => {
    const wrong = [
      String.raw`Z_{ik} = \sum_{j=1}^{n} X_{ij} Y_{kj}`,
      String.raw`Z_{ik} = b_i + \sum_{j=1}^{n} X_{ij} Y_{jk}`,
      String.raw`Z_{ik} = b_k - \sum_{j=1}^{n} X_{ij} Y_{jk}`,
      String.raw`Z_{ik} = \sum_{j=1}^{m} X_{ij} Y_{jk}`,
      String.raw`Z_{ik} = X_{ij} Y_{jk}`,
    ];
    for (const tex of wrong) assert(difference(naive, tex) !== undefined, tex);
    assertThrows(() => difference(naive, "X_{ij} Y_{jk}"), FormulaError);
    assertEquals(
      difference(naive, String.raw`Z = X \frac{\partial Z}{\partial X}`),
      "the right has no value as kernels have no derivatives",
    );
  });
});

/** What a pattern finds on a page, whose lines are joined. */
function find(page: string, pattern: RegExp): string[] {
  const found = pattern.exec(page.replaceAll(/\n \* */g, " "));
  assert(found !== null, `The page says nothing like ${pattern}`);
  return found.slice(1);
}

/** The value of a constant of a source. */
function constant(source: string, name: string): number {
  const text = new RegExp(`\\b${name}(?:: \\w+)? = (\\d+(?: \\*\\* \\d+)?)[;,]`)
    .exec(source)![1];
  return text.split(" ** ").map(Number).reduce((a, b) => a ** b);
}

/** The value of a sum of products such as `mn + p`, at some size. */
function value(sum: string): number {
  const sizes: Record<string, number> = { m: 2, n: 3, p: 5 };
  return sum.split("+").map((term) =>
    [...term.trim()].reduce((product, dim) => product * sizes[dim], 1)
  ).reduce((a, b) => a + b);
}

describe("the page of multiply()", () => {
  it("counts multiply-adds", () => {
    const counts = [...multiplyPage.matchAll(/\$`(.+?)`\$/g)];
    assertEquals(counts.length, 2);
    for (const [, tex] of counts) assertEquals(value(tex), value("mnp"));
  });

  it("has the crossovers and the kernels of the code", () => {
    const rows = [
      ...multiplyPage.matchAll(/^ \* \| (\d+)(³?) \| `(\w+)` \|/gm),
    ];
    assertEquals(rows.map(([, n, cube]) => Number(n) ** (cube ? 3 : 1)), [
      0,
      constant(multiplyPage, "CROSSOVER"),
      constant(multiplyPage, "PRECISE"),
      constant(threadedPage, "CROSSOVER"),
    ]);
    const [chosen] = [
      ...multiplyPage.matchAll(/^function \$?kernelFor\([^]*?^\}/gm),
    ].at(-1)!;
    assertEquals(
      new Set(rows.map(([, , , kernel]) => kernel)),
      new Set(chosen.match(/\b(naive|simdPrecise|threaded|simd)\b/g)),
    );
    const [kernel, from] = find(
      multiplyPage,
      /Without SIMD, `(\w+)` computes all products from (\d)³ on/,
    );
    assertEquals([kernel, from], ["blocked", rows[1][1]]);
  });
});

describe("the page of a matrix", () => {
  it("gives the place of an element, also in a transpose", () => {
    const [i, j, place, p, rowStep, colStep] = find(
      matrixPage,
      /Element \$`A_\{(\w)(\w)\}`\$ is `data\[(.+?)\]`.+?matrix of \$`(\w)`\$ columns has the steps \$`(\w)`\$ and (\d);/,
    );
    const at = new Function(i, j, "rowStep", "colStep", `return ${place}`);
    const X = tensor([[1, 2, 3, 4], [5, 6, 7, 8]]);
    const a = matrix(X.data, 2, 4);
    assertEquals([p, "1"], [rowStep, colStep]);
    assertEquals([a.rowStep, a.colStep], [a.cols, Number(colStep)]);
    const t = transpose(a);
    for (let r = 0; r < 2; r++) {
      for (let c = 0; c < 4; c++) {
        const expected = X.data[4 * r + c];
        assertEquals(a.data[at(r, c, a.rowStep, a.colStep)], expected);
        assertEquals(t.data[at(c, r, t.rowStep, t.colStep)], expected);
      }
    }
  });
});

describe("the page of the engine", () => {
  it("says how many numbers are copied, and for what", () => {
    const [x, y, copied, flops] = find(
      enginePage,
      /For \$`(.+?)`\$ by \$`(.+?)`\$ that is \$`(.+?)`\$ numbers copied for \$`(.+?)`\$/,
    ).map((tex) => tex.replaceAll(/\s|\\times/g, ""));
    assertEquals(x[1], y[0]);
    assertEquals(value(copied), value(x) + value(y) + value(x[0] + y[1]));
    assertEquals(value(flops), value(x + y[1]));
    const [along, ...factors] = find(
      enginePage,
      /follow one another along \$`(\w)`\$ are added up: some columns of \$`(\w)`\$ times as many rows of \$`(\w)`\$/,
    );
    assertEquals([along, ...factors], [x[1], "X", "Y"]);
  });

  it("says how much memory there is", () => {
    const [megabytes] = find(enginePage, /needed, up to (\d+) MB\./);
    assertEquals(Number(megabytes) * 2 ** 20, LIMIT);
  });
});

describe("the page of the SIMD kernel", () => {
  const size = (name: string) => constant(simdSource, name);
  const cols = size("TILE") / 4;

  it("has the sizes of its blocks and tiles", () => {
    const [, loops] = / {3}for ([^]*?) \* ```/.exec(simdPage)!;
    assertEquals(loops.match(/\b\d+/g)!.map(Number), [
      ...[size("NC") / 4, size("NC") / 8],
      size("KC"),
      size("MC"),
      ...[cols, size("KC"), cols],
      ...[size("ROWS"), size("KC") / size("WHOLE"), size("WHOLE")],
    ]);
    assertEquals(
      find(simdPage, /has (\d+) rows and (\d+) columns \((\d+) in float64\)/)
        .map(Number),
      [size("ROWS"), cols, cols / 2],
    );
  });

  it("counts what a step takes", () => {
    const [adds, loads, shuffles, sums, y, x] = find(
      simdPage,
      /A step is (\d+) multiply-adds, (\d+) loads and (\d+) shuffles; it takes (\d+) sums, (\d+) registers of \$`Y`\$ and (\d+) of \$`X`\$, one less/,
    ).map(Number);
    const registers = size("ROWS") * cols / 4;
    assertEquals([adds, sums], [registers, registers]);
    assertEquals([y, x], [cols / 4, 1]);
    // One load for each pair of rows, whose lanes are swapped once.
    assertEquals([loads, shuffles], [
      cols / 4 + size("ROWS") / 2,
      size("ROWS") / 2,
    ]);
  });
});

describe("the page of the threads", () => {
  it("says how many rows a thread takes", () => {
    const [tex] = fences(threadedPage);
    assertEquals(
      find(
        threadedPage,
        /If \$`(\w)`\$ rows are left, one of \$`(\w)`\$ threads/,
      ),
      ["r", "t"],
    );
    const [, above, below] = /^\\frac\{(.+)\}\{(.+)\}$/.exec(tex.trim())!;
    const wasm = platform.WebAssembly!;
    const start = PAGE + SPACE;
    const memory = new wasm.Memory({
      initial: start / PAGE + 1,
      maximum: start / PAGE + 1,
      shared: true,
    });
    const module = compile(wasm, [PLAIN_SHARED])!;
    const { exports } = new wasm.Instance(module, { env: { memory } });
    const { step32 } = exports as Record<
      string,
      (job: number, space: number) => number
    >;
    const tile = constant(simdSource, "ROWS");
    const [words, all, threads] = [new Int32Array(memory.buffer), 1234, 3];
    // deno-fmt-ignore
    words.set([0, 1, 0, threads, 1, 0, all, 1, 1, start, 4, 4, start + 8192, 4, 4, start + 16384, 4, 0, 0, 1]);
    const count = (product: string, r: number) =>
      [...product.replaceAll(/\s/g, "")].reduce(
        (value, factor) =>
          value * ({ r, t: threads }[factor] ?? Number(factor)),
        1,
      );
    let next = 0, taken = 0;
    const fewest = constant(threadedSource, "FEWEST_DOWN");
    while (next < all) {
      assertEquals(step32(0, PAGE), 1);
      [taken, next] = [words[2] - next, words[2]];
      const left = all - next + taken;
      const share = count(above, left) / count(below, left);
      const tiles = Math.max(fewest, Math.floor(share / tile));
      assertEquals(taken, Math.min(left, tiles * tile), `of ${left}`);
    }
    assertEquals(step32(0, PAGE), 0);
    const [least, rows, bytes] = find(
      threadedPage,
      /down to (\w+) tiles, .+? in units of (\d+) rows and (\d+) bytes/,
    );
    assertEquals(["none", "one", "two", "three"][fewest], least);
    assertEquals(Number(rows), constant(simdSource, "KC"));
    assertEquals(Number(bytes), constant(simdSource, "UNIT"));
  });
});

describe("the pages of the kernels", () => {
  it("name nothing but what the product has", () => {
    const known = /^([XYZbmnpijkt]|a_[01]|A_\{ij\}|[mnp]{2,3}|r)$/;
    for (
      const page of [blockedPage, enginePage, naivePage, simdPage, threadedPage]
    ) {
      for (const [, tex] of page.matchAll(/\$`([^`]+)`\$/g)) {
        if (/[ \\]/.test(tex)) continue; // It says more than a name.
        assert(known.test(tex), tex);
      }
    }
  });
});
