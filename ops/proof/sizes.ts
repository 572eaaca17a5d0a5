// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The dimensions of a page as numbers.
 *
 * @module
 */

import {
  type Dim,
  type Dimensions,
  EvaluationError,
} from "./language/expression.ts";
import { indexValue } from "./language/indices.ts";

/** The dimensions of a page, and its whole options, at one size. */
export class Sizes implements Dimensions {
  readonly #sizes: ReadonlyMap<string, number>;

  constructor(sizes: Iterable<readonly [string, number]>) {
    this.#sizes = new Map(sizes);
  }

  has(name: string): boolean {
    return this.#sizes.has(name);
  }

  of(name: string): number {
    const size = this.#sizes.get(name);
    if (size !== undefined) return size;
    throw new EvaluationError(`the table of shapes has no dimension ${name}`);
  }

  /** A shape as numbers. */
  shape(dims: readonly Dim[]): number[] {
    return dims.map((dim) => dimension(dim, this));
  }

  /** The sizes for messages, `m = 2, n = 3`. */
  toString(): string {
    return [...this.#sizes].map(([name, size]) => `${name} = ${size}`)
      .join(", ");
  }
}

/** What a dimension is. */
export function dimension(dim: Dim, sizes: Dimensions): number {
  return indexValue(dim, (name) => sizes.of(name), () => {
    throw new EvaluationError("a dimension must not depend on an element");
  });
}

/** A dimension as the page writes it. */
export function showDim(dim: Dim): string {
  if (typeof dim !== "object") return `${dim}`;
  if (dim.kind === "data") return "data";
  const signs = {
    add: " + ",
    subtract: " - ",
    multiply: "·",
    divide: "∕",
    floor: "∕",
    ceil: "∕",
    mod: " mod ",
  };
  const part = (dim: Dim) =>
    typeof dim === "object" ? `(${showDim(dim)})` : showDim(dim);
  if (dim.kind === "max" || dim.kind === "min") {
    return `${dim.kind}(${showDim(dim.left)}, ${showDim(dim.right)})`;
  }
  const text = `${part(dim.left)}${signs[dim.kind]}${part(dim.right)}`;
  return dim.kind === "floor"
    ? `⌊${text}⌋`
    : dim.kind === "ceil"
    ? `⌈${text}⌉`
    : text;
}

/** A shape as the page writes it. */
export function showDims(dims: readonly Dim[]): string {
  return dims.length === 0 ? "a scalar" : dims.map(showDim).join("×");
}

/** All index tuples of a shape, from 0, the last index fastest. */
export function indexTuples(shape: readonly number[]): number[][] {
  let tuples: number[][] = [[]];
  for (const n of shape) {
    tuples = tuples.flatMap((tuple) =>
      Array.from({ length: n }, (_, i) => [...tuple, i])
    );
  }
  return tuples;
}
