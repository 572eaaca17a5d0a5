// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The dimensions of a page, and the index tuples of a shape.
 *
 * @module
 */

import type { Shape } from "../tensor.ts";
import { ALL, type Dim, EvaluationError, PageError } from "./expression.ts";

/** The dimensions of a page at one size: the value of each symbol. */
export class Sizes {
  #sizes = new Map<Dim, number>();
  #any: { symbols: string; shape: Shape } | undefined;

  /** Notes that the shape, as the page writes it, is this one. */
  bind(symbols: readonly Dim[], shape: Shape, what: string): void {
    if (symbols.includes(ALL)) {
      this.#any ??= { symbols: symbols.join(), shape };
      if (this.#any.shape.join() === shape.join()) return;
    } else if (symbols.length === shape.length) {
      const clash = symbols.findIndex((dim, axis) => {
        if (typeof dim === "number") return dim !== shape[axis];
        const size = this.#sizes.get(dim) ?? shape[axis];
        this.#sizes.set(dim, size);
        return size !== shape[axis];
      });
      if (clash < 0) return;
    }
    throw new PageError(
      `The page says that ${what} has the shape ${
        symbols.length > 0 ? symbols.join("×") : "of a scalar"
      }: it is ${shape.length > 0 ? shape.join("×") : "a scalar"}${
        this.#sizes.size > 0
          ? ` where ${
            [...this.#sizes].map(([dim, size]) => `${dim} = ${size}`).join(", ")
          }`
          : ""
      }`,
    );
  }

  /** The size of a dimension. */
  of(dim: Dim): number {
    const size = typeof dim === "number" ? dim : this.#sizes.get(dim);
    if (size === undefined) {
      throw new EvaluationError(
        `the table of shapes has no dimension ${dim}`,
      );
    }
    return size;
  }

  /** Whether it is the symbol of a dimension. */
  has(dim: Dim): boolean {
    return this.#sizes.has(dim);
  }

  /** A shape as numbers. */
  shape(symbols: readonly Dim[]): Shape {
    if (!symbols.includes(ALL)) return symbols.map((dim) => this.of(dim));
    return this.#anyRank(symbols).shape;
  }

  #anyRank(symbols: readonly Dim[]): { shape: Shape } {
    if (this.#any === undefined) {
      throw new EvaluationError(
        "the table of shapes has no tensor of any rank",
      );
    }
    if (symbols.length > 1 && symbols.join() !== this.#any.symbols) {
      throw new EvaluationError(
        `the table of shapes has no shape ${symbols.join("×")}`,
      );
    }
    return this.#any;
  }

  /** The index tuples that a sum runs over. */
  range(to: Dim): number[][] {
    return to === ALL
      ? indexTuples(this.shape([ALL]))
      : indexTuples([this.of(to)]);
  }
}

/** All index tuples of a shape, from 0, the last index fastest. */
export function indexTuples(shape: Shape): number[][] {
  let tuples: number[][] = [[]];
  for (const n of shape) {
    tuples = tuples.flatMap((tuple) =>
      Array.from({ length: n }, (_, i) => [...tuple, i])
    );
  }
  return tuples;
}
