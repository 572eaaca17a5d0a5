// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The sizes and numbers that the links are tried on.
 *
 * @module
 */

import type { GoldenCase } from "../goldens/goldens.ts";
import type { Shape, Tensor } from "../tensor.ts";
import { ALL, type Dim } from "./formula.ts";
import type { Operation } from "./operation.ts";
import { Sizes } from "./page.ts";

/** Random numbers that are the same in every run; none is close to 0. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** The next number, of size ½ to 3∕2 and either sign. */
  next(): number {
    // The generator "mulberry32", of Tommy Ettinger, in the public domain.
    let t = this.#state = (this.#state + 0x6d2b79f5) | 0;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    const uniform = ((t ^ (t >>> 14)) >>> 0) / 2 ** 31;
    return uniform < 1 ? uniform - 1.5 : uniform - 0.5;
  }

  tensor(shape: readonly number[]): Tensor {
    const size = shape.reduce((a, b) => a * b, 1);
    return {
      shape,
      data: Float64Array.from({ length: size }, () => this.next()),
    };
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

/** The float64 golden case of a name; the first of that kind, if of any rank. */
export function golden(op: Operation, name: string): GoldenCase {
  const found = op.goldens.cases.findLast((c) =>
    c.dtype === "float64" && c.name.split(",")[0] === name
  );
  if (found) return found;
  throw new RangeError(
    `Cannot prove ${op.name} as the goldens must have a case "${name}": run deno task goldens`,
  );
}
