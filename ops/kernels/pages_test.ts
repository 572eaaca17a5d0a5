// Copyright 2026 the Adjoint authors. MIT license.

// The formulas on the pages of the kernels, evaluated and compared with what the
// kernels compute.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { firstDifference } from "../proof/equations.ts";
import type { Scope, Value } from "../proof/evaluate.ts";
import { numbers } from "../proof/fields.ts";
import { EvaluationError, parseFormula } from "../proof/formula.ts";
import { Sizes } from "../proof/page.ts";
import { tensor } from "../tensor.ts";
import { matrix } from "./matrix.ts";
import { naive } from "./naive.ts";
import naivePage from "./naive.ts" with { type: "text" };
import { simd } from "./simd.ts";
import simdPage from "./simd.ts" with { type: "text" };

const KERNELS = [[naive, naivePage], [simd, simdPage]] as const;

const X = tensor([[1, 2, 3, -4], [5, -6, 7, 8]]);
const Y = tensor([
  [2, -1, 0],
  [3, 5, -7],
  [-2, 4, 1],
  [9, 6, -3],
]);
const b = tensor([10, -20, 30]);

/** The formulas in the fences of a page. */
function fences(page: string): string[] {
  return [...page.matchAll(/^ \* ```math\n([\s\S]*?)^ \* ```/gm)]
    .map(([, body]) => body.replace(/^ \* ?/gm, ""));
}

/** Where a formula differs from what the kernel computes. */
function difference(kernel: typeof naive, tex: string): string | undefined {
  const hasBias = /\bb_/.test(tex);
  const Z = new Float32Array(2 * 3);
  kernel(matrix(X), matrix(Y), Z, hasBias ? b.data : undefined);
  const sizes = new Sizes();
  const found: Record<string, Value<number>> = {};
  const axes: Record<string, string[]> = {};
  const bind = (name: string, dims: string[], data: Iterable<number>) => {
    const shape = dims.map((dim) => ({ m: 2, n: 4, p: 3 })[dim]!);
    sizes.bind(dims, shape, name);
    found[name] = { shape, data: [...data] };
    axes[name] = dims;
  };
  bind("X", ["m", "n"], X.data);
  bind("Y", ["n", "p"], Y.data);
  bind("Z", ["m", "p"], Z);
  bind("b", ["p"], b.data);
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
  assertEquals(rest, []);
  assert(said.kind === "equation", `"${tex}" is no equation`);
  return firstDifference(
    said.sides,
    scope,
    (a, b) => a === b ? undefined : `${a} is not ${b}`,
  );
}

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
    assertThrows(() => difference(naive, "X_{ij} Y_{jk}"), Error);
  });
});
