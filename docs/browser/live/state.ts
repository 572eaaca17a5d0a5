// Copyright 2026 the Adjoint authors. MIT license.

// What a reader has chosen, and the numbers that come of it.

import { randomNumbers } from "../../../ops/gradcheck/tensors.ts";
import { tensor } from "../../../mod.ts";
import {
  checkSize,
  type Dimensions,
  type DType,
  givenNames,
  inputShapes,
  LIMITS,
  type Op,
  outputShape,
  type Shape,
  type Tensor,
} from "./op.ts";

/** How a tensor can be filled, and the letter for it in a link. */
export const FILLS = {
  random: "r",
  zeros: "z",
  ones: "o",
  arange: "a",
  special: "s",
} as const;

/** A way to fill a tensor, or its numbers. */
export type Fill = keyof typeof FILLS | readonly number[];

/** A gradient that is broken on purpose: of which input, and how. */
export interface Broken {
  input: number;
  mistake: string;
}

/** What a reader has chosen. */
export interface State extends Dimensions {
  dtype: DType;
  seed: number;
  /** Of each input, then of `dout`. */
  fills: readonly Fill[];
  broken?: Broken;
  checked: boolean;
}

/** NaN, infinities, zeros, and numbers of very different size. */
const SPECIAL = [1, NaN, -1, Infinity, 0, -0, -Infinity, 1e-3, 1e3];

/** What a reader sees first: dimensions that can be told apart. */
export function initialState(op: Op): State {
  return {
    sizes: op.dims.map((_, i) => Math.min(2 + i, LIMITS.dim)),
    any: op.anyRank ? [2, 3] : [],
    dtype: "float32",
    seed: 1,
    fills: givenNames(op).map(() => "random"),
    checked: false,
  };
}

/** The shapes of the inputs, then of `dout`. */
export function givenShapes(op: Op, state: Dimensions): Shape[] {
  const shapes = inputShapes(op, state);
  return [...shapes, outputShape(op, shapes)];
}

/** The inputs, then `dout`. */
export function givenTensors(op: Op, state: State): Tensor[] {
  return givenShapes(op, state).map((shape, i) =>
    tensor(numbersOf(state, i, shape), shape, { dtype: state.dtype })
  );
}

/** The numbers of a tensor, before they are rounded to the element type. */
export function numbersOf(
  { fills, seed }: State,
  given: number,
  shape: Shape,
): number[] {
  const fill = fills[given];
  const length = shape.reduce((a, b) => a * b, 1);
  const make = (of: (i: number) => number) =>
    Array.from({ length }, (_, i) => of(i));
  switch (fill) {
    case "random": {
      const next = randomNumbers(seed * 1000 + given);
      return make(() => Math.round(100 * next()) / 100);
    }
    case "zeros":
      return make(() => 0);
    case "ones":
      return make(() => 1);
    case "arange":
      return make((i) => i);
    case "special":
      return make((i) => SPECIAL[i % SPECIAL.length]);
    default:
      return [...fill];
  }
}

/**
 * The state with other dimensions. Numbers that were edited stay in their
 * places; where there is a new place, a random one comes.
 */
export function resize(op: Op, state: State, to: Dimensions): State {
  const before = givenShapes(op, state);
  const after = givenShapes(op, to);
  const names = givenNames(op);
  after.forEach((shape, i) => checkSize(names[i], shape));
  const fills = state.fills.map((fill, i): Fill => {
    if (typeof fill === "string" || String(before[i]) === String(after[i])) {
      return fill;
    }
    const random = {
      ...state,
      fills: state.fills.map(() => "random" as const),
    };
    const numbers = numbersOf(random, i, after[i]);
    if (numbers.length === 0) return "random";
    return numbers.map((number, at) => {
      const old = placeOf(indexOf(at, after[i]), before[i]);
      return old === undefined ? number : fill[old];
    });
  });
  return { ...state, ...to, fills };
}

/** The index of an element, from its place in row-major order. */
export function indexOf(at: number, shape: Shape): number[] {
  const index: number[] = [];
  for (const n of shape.toReversed()) {
    index.unshift(at % n);
    at = Math.floor(at / n);
  }
  return index;
}

function placeOf(index: readonly number[], shape: Shape): number | undefined {
  if (index.length !== shape.length || index.some((i, k) => i >= shape[k])) {
    return undefined;
  }
  return index.reduce((at, i, k) => at * shape[k] + i, 0);
}
