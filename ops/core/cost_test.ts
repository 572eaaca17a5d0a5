// Copyright 2026 the Adjoint authors. MIT license.

// The Cost section of a page counts flops and elements. Nothing executes its
// formulas, so they are counted here from the shapes that the page gives.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import addBias from "../arithmetic/add_bias.ts" with { type: "text" };
import linear from "../products/linear.ts" with { type: "text" };
import matmul from "../products/matmul.ts" with { type: "text" };
import { readPage } from "../proof/page.ts";

const DIMS: Record<string, number> = { m: 2, n: 3, p: 5, N: 7, k: 11 };

const product = (factors: readonly (string | number)[]) =>
  factors.reduce<number>((sum, n) => sum * (DIMS[n] ?? Number(n)), 1);

/** A sum of products such as `2mn + p`; NaN for what has other symbols. */
function count(tex: string): number {
  const terms = tex.replaceAll(/\s/g, "").split("+");
  return terms.reduce((sum, term) => sum + product([...term]), 0);
}

/** The counts in the first paragraph of the Cost section, in their order. */
function costs(source: string): number[] {
  const [, paragraph] = /\n \* ## Cost\n \*\n((?: \* .+\n)+)/.exec(source)!;
  return [...paragraph.matchAll(/\$`([^`]+)`\$/g)].map(([, tex]) => count(tex))
    .filter((value) => !Number.isNaN(value));
}

/** What the shapes of a page say of its op. */
function shapesOf(source: string) {
  const { inputs, output } = readPage(source);
  const shapes = [...inputs, output].map(({ shape }) => shape);
  return {
    /** The elements of each input, and of the output. */
    sizes: shapes.map(product),
    /** The combinations of all indices: each is one multiply-add. */
    all: product([...new Set(shapes.flat())]),
  };
}

const total = (sizes: number[]) => sizes.reduce((sum, size) => sum + size, 0);

describe("the cost of", () => {
  it("matmul is what its shapes say", () => {
    const { sizes, all } = shapesOf(matmul);
    assertEquals(costs(matmul), [2 * all, total(sizes)]);
  });

  it("addBias and its gradients is what its shapes say", () => {
    const { sizes } = shapesOf(addBias);
    const [, y, z] = sizes;
    assertEquals(costs(addBias), [z, total(sizes), z, z + y]);
  });

  it("linear and its gradients is what its shapes say", () => {
    const { sizes, all } = shapesOf(linear);
    const z = sizes.at(-1)!;
    assertEquals(costs(linear), [2 * all, 2 * all, z, total(sizes)]);
  });
});
