// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The sizes and numbers that the links are tried on.
 *
 * @module
 */

import type { GoldenCase } from "../goldens/goldens.ts";
import type { Shape, Tensor } from "../tensor.ts";
import { ALL, type Dim } from "./formula.ts";
import { randomNumbers } from "../gradcheck/tensors.ts";
import type { Operation } from "./operation.ts";
import { Sizes } from "./page.ts";

/** Random tensors, the same in every run. */
export class Random {
  /** The next number, of size ½ to 3∕2 and either sign. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = randomNumbers(seed);
  }

  tensor(shape: Shape): Tensor {
    const size = shape.reduce((a, b) => a * b, 1);
    return { shape, data: Float64Array.from({ length: size }, this.next) };
  }
}

/** The smallest shapes that tell the dimensions apart: 2, 3, 4 and so on. */
export function tinyShapes({ page }: Operation): number[][] {
  const found = new Map<Dim, number>();
  return page.inputs.map(({ shape }) => {
    if (shape.includes(ALL)) return [2, 3];
    return shape.map((dim) => {
      if (typeof dim === "number") return dim;
      if (!found.has(dim)) found.set(dim, 2 + found.size);
      return found.get(dim)!;
    });
  });
}

/** The shapes of the golden cases that are not empty and small enough. */
export function smallShapes(op: Operation): Shape[][] {
  const seen = new Set<string>();
  return op.goldens.cases.map((golden) => shapesOf(op, golden))
    .filter((shapes) => {
      const sizes = shapes.map((shape) => shape.reduce((a, b) => a * b, 1));
      const fits = Math.min(...sizes) > 0 && Math.max(...sizes) <= 300;
      const isNew = !seen.has(JSON.stringify(shapes));
      seen.add(JSON.stringify(shapes));
      return fits && isNew;
    });
}

/** The shapes of the inputs of a case. */
export function shapesOf({ page }: Operation, golden: GoldenCase): Shape[] {
  return page.inputs.map(({ parameter }) => golden.inputs[parameter].shape);
}

/** The gradients of a case, in the order of the inputs. */
export function gradientsOf({ page }: Operation, golden: GoldenCase): Tensor[] {
  return page.inputs.map(({ parameter }) => golden.gradients[parameter]);
}

/** What the page's dimensions are for inputs of these shapes. */
export function sizesOf(
  { page }: Operation,
  shapes: readonly Shape[],
): Sizes {
  const sizes = new Sizes();
  page.inputs.forEach(({ symbol, shape }, i) =>
    sizes.bind(shape, shapes[i], symbol)
  );
  return sizes;
}

/** The output and every gradient, by the code. */
export function runCode(op: Operation, golden: GoldenCase): Tensor[] {
  const inputs = op.page.inputs.map((v) => golden.inputs[v.parameter]);
  return [
    op.forward(...inputs),
    ...op.backward.map((d) => d(...inputs, golden.dout)),
  ];
}

/** The float64 golden case of a name; of any rank, the one of the highest. */
export function golden(op: Operation, name: string): GoldenCase {
  const found = op.goldens.cases.findLast((c) =>
    c.dtype === "float64" && c.name.split(",")[0] === name
  );
  if (found) return found;
  throw new RangeError(
    `Cannot prove ${op.name} as the goldens must have a case "${name}": run deno task goldens`,
  );
}
