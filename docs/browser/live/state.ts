// Copyright 2026 the Adjoint authors. MIT license.

// What a reader has chosen, and the numbers that come of it.

import { tensor } from "../../../mod.ts";
import { randomNumbers } from "./numbers.ts";
import {
  checkSize,
  type Chosen,
  type DType,
  givenNames,
  givenShapes,
  type Op,
  rangeOf,
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

/** A gradient that is broken on purpose: which of them, and how. */
export interface Broken {
  gradient: number;
  mistake: string;
}

/** What a reader has chosen. */
export interface State extends Chosen {
  dtype: "float32" | "float64";
  seed: number;
  /** Of each input, then of each gradient of an output. */
  fills: readonly Fill[];
  broken?: Broken;
  checked: boolean;
}

/** NaN, infinities, zeros, and numbers of very different size. */
const SPECIAL = [1, NaN, -1, Infinity, 0, -0, -Infinity, 1e-3, 1e3];

/** What a reader sees first: dimensions that can be told apart. */
export function initialState(op: Op): State {
  const { dims, options } = op.data;
  return {
    sizes: dims.length === 1 ? [6] : dims.map((_, i) => [2, 3, 4, 2][i] ?? 2),
    options: Object.fromEntries(
      options.map((option) => [option.name, option.default]),
    ),
    dtype: "float32",
    seed: 1,
    fills: givenNames(op).map(() => "random"),
    checked: false,
  };
}

/** The element type of a given tensor. */
export function dtypeFor({ data }: Op, { dtype }: State, given: number): DType {
  return data.inputs[given]?.integer === undefined ? dtype : "int32";
}

/** The inputs, then the gradients of the outputs. */
export function givenTensors(op: Op, state: State): Tensor[] {
  return givenShapes(op, state).map((shape, i) =>
    tensor(numbersOf(op, state, i, shape), shape, {
      dtype: dtypeFor(op, state, i),
    })
  );
}

/** The numbers of a tensor, before they are rounded to the element type. */
export function numbersOf(
  op: Op,
  state: State,
  given: number,
  shape: Shape,
): number[] {
  const fill = state.fills[given];
  if (typeof fill !== "string") return [...fill];
  const next = randomNumbers(state.seed * 1000 + given);
  const { integer, domain } = op.data.inputs[given] ?? {};
  const [first, below] = integer ? rangeOf(op, given, state) : [0, 0];
  const inRange = (i: number) => first + i % Math.max(1, below - first);
  const between = ([from, to]: readonly [number, number]) => () =>
    from + (to - from) * cents(next());
  const random = integer
    ? () => inRange(Math.floor(next() * (below - first)))
    : domain === "probability"
    ? between([0, 1])
    : Array.isArray(domain)
    ? between(domain as [number, number])
    // Away from 0, and of either sign where that may be.
    : (i: number) => {
      const size = cents(0.5 + next()) + (domain === "distinct" ? i / 1024 : 0);
      return domain !== "positive" && next() < 0.5 ? -size : size;
    };
  const of: Record<typeof fill, (i: number) => number> = {
    random,
    zeros: () => first,
    ones: () => integer ? inRange(1) : 1,
    arange: (i) => integer ? inRange(i) : i,
    special: (i) => SPECIAL[i % SPECIAL.length],
  };
  const length = shape.reduce((a, b) => a * b, 1);
  return Array.from({ length }, (_, i) => of[fill](i));
}

/** A number with two decimals, which can be read. */
function cents(x: number): number {
  return Math.round(100 * x) / 100;
}

/**
 * The state with other dimensions or options. Numbers that were edited stay in
 * their places; where there is a new place, a random one comes.
 */
export function change(op: Op, state: State, to: Partial<Chosen>): State {
  const changed = { ...state, ...to };
  const before = givenShapes(op, state);
  const after = givenShapes(op, changed);
  const names = givenNames(op);
  after.forEach((shape, i) => checkSize(names[i], shape));
  const random = {
    ...changed,
    fills: state.fills.map(() => "random" as const),
  };
  const fills = state.fills.map((fill, i): Fill => {
    if (typeof fill === "string" || String(before[i]) === String(after[i])) {
      return fill;
    }
    const numbers = numbersOf(op, random, i, after[i]);
    if (numbers.length === 0) return "random";
    return numbers.map((number, at) => {
      const old = placeOf(indexOf(at, after[i]), before[i]);
      return old === undefined ? number : fill[old];
    });
  });
  return { ...changed, fills };
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
