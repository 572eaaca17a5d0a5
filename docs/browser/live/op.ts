// Copyright 2026 the Adjoint authors. MIT license.

// An op of the library, as the panel uses it. The page says what the inputs are
// and how their dimensions hang together, so an op needs no entry of its own.

import * as library from "../../../mod.ts";
import { checkShape } from "../../../ops/core/checks.ts";
import { ALL, type Dim } from "../../../ops/proof/expression.ts";
import type { TensorFunction } from "../../../ops/gradcheck.ts";
import { Sizes } from "../../../ops/proof/sizes.ts";
import { type DType, type Shape, type Tensor, zeros } from "../../../mod.ts";
import type { PanelData } from "./data.ts";

/** The largest dimension, and the most elements, that the panel shows. */
export const LIMITS = { dim: 8, rank: 4, elements: 512 };

/** An op, with its functions. */
export interface Op {
  data: PanelData;
  forward: TensorFunction;
  backward: TensorFunction[];
  /** The symbols of the dimensions, in the order of the page. */
  dims: string[];
  /** Whether there is a tensor of any rank. */
  anyRank: boolean;
}

/** The dimensions at hand: of each symbol, and of the tensor of any rank. */
export interface Dimensions {
  sizes: readonly number[];
  any: Shape;
}

/** Finds the functions of an op in the library, by their names. */
export function findOp(data: PanelData): Op {
  const functions = library as unknown as Record<string, TensorFunction>;
  // Bundled, a function has a short name; in messages it must have its own.
  const find = (name: string) => {
    const f: TensorFunction = (...inputs) => functions[name](...inputs);
    return Object.defineProperty(f, "name", { value: name });
  };
  const shapes = data.inputs.map(({ shape }) => shape);
  const isFree = (dim: Dim) => typeof dim === "string" && dim !== ALL;
  return {
    data,
    forward: find(data.name),
    backward: data.inputs.map(({ parameter }) =>
      find(`${data.name}D${parameter}`)
    ),
    dims: [
      ...new Set(
        shapes.filter((shape) => !shape.includes(ALL)).flat().filter(isFree),
      ),
    ] as string[],
    anyRank: shapes.some((shape) => shape.includes(ALL)),
  };
}

/** The shapes of the inputs. */
export function inputShapes({ data, dims }: Op, at: Dimensions): Shape[] {
  return data.inputs.map(({ shape }) =>
    shape.includes(ALL)
      ? at.any
      : shape.map((dim) =>
        typeof dim === "number" ? dim : at.sizes[dims.indexOf(dim)]
      )
  );
}

/** What the page's symbols are for inputs of these shapes. */
export function sizesOf({ data }: Op, shapes: readonly Shape[]): Sizes {
  const sizes = new Sizes();
  data.inputs.forEach(({ symbol, shape }, i) =>
    sizes.bind(shape, shapes[i], symbol)
  );
  return sizes;
}

/** The dimensions for which the inputs have these shapes. */
export function dimensionsOf(op: Op, shapes: readonly Shape[]): Dimensions {
  const sizes = sizesOf(op, shapes);
  const any = op.data.inputs.findIndex(({ shape }) => shape.includes(ALL));
  return {
    sizes: op.dims.map((dim) => sizes.of(dim)),
    any: any < 0 ? [] : shapes[any],
  };
}

/** The shape of the output, which the library says, not the page. */
export function outputShape(op: Op, shapes: readonly Shape[]): Shape {
  return op.forward(...shapes.map((shape) => zeros(shape))).shape;
}

/** The names of the inputs, then `dout`. */
export function givenNames({ data }: Op): string[] {
  return [...data.inputs.map(({ parameter }) => parameter), "dout"];
}

/** Checks a shape as the library does, and that the panel has room for it. */
export function checkSize(name: string, shape: Shape): void {
  checkShape("create a tensor", `the shape of ${name}`, shape);
  const large = shape.find((n) => n > LIMITS.dim);
  if (large !== undefined) {
    throw new RangeError(
      `Cannot show ${name} as the panel has room for dimensions of at most ${LIMITS.dim}: one is ${large}`,
    );
  }
  if (shape.length > LIMITS.rank) {
    throw new RangeError(
      `Cannot show ${name} as the panel has room for at most ${LIMITS.rank} dimensions: there are ${shape.length}`,
    );
  }
  const size = shape.reduce((a, b) => a * b, 1);
  if (size > LIMITS.elements) {
    throw new RangeError(
      `Cannot show ${name} as the panel has room for at most ${LIMITS.elements} elements: there are ${size}`,
    );
  }
}

/** The symbol of a given tensor: of an input, or of `dout`. */
export function symbolOf({ data }: Op, given: number): string {
  return data.inputs[given]?.symbol ?? `∂E/∂${data.output.symbol}`;
}

/** All that there is to see for given tensors. */
export interface Values {
  /** The inputs, then `dout`. */
  given: Tensor[];
  output: Tensor;
  /** The gradients; an error where a broken one throws. */
  gradients: (Tensor | Error)[];
}

export type { DType, Shape, Tensor };
