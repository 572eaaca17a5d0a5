// Copyright 2026 the Adjoint authors. MIT license.

// What a reader has chosen, and the text that stands for it in a link:
// version, dimensions, element type, seed, the filling of each tensor, and, if
// there is any, the broken gradient and the check.
//
//   1_2~3~4_f32_1_r_e1~2~0.5_z_bx-sign_c

import { randomNumbers } from "../../../ops/proof/gradcheck/tensors.ts";
import { tensor } from "../../../mod.ts";
import { exact } from "./numbers.ts";
import { readNumber } from "./numbers.ts";
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

const VERSION = "1";

/** How a tensor can be filled, and the letter that says so in a link. */
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

/** The text that stands for a state. */
export function encode(op: Op, state: State): string {
  const { sizes, any, dtype, seed, fills, broken, checked } = state;
  const fields = [
    VERSION,
    [...sizes, ...any].join("~"),
    dtype === "float64" ? "f64" : "f32",
    String(seed),
    ...fills.map((fill) =>
      typeof fill === "string"
        ? FILLS[fill]
        : `e${fill.map((x) => exact(x, "float64").replace("+", "")).join("~")}`
    ),
  ];
  if (broken !== undefined) {
    const { parameter } = op.data.inputs[broken.input];
    fields.push(`b${parameter}-${broken.mistake}`);
  }
  if (checked) fields.push("c");
  return fields.join("_");
}

/** The state that a text stands for; an error that says what is wrong with it. */
export function decode(op: Op, text: string): State {
  const [version, sizes, dtype, seed, ...rest] = text.split("_");
  const fail = (must: string, found: string) => {
    throw new RangeError(`Cannot open the link as ${must}: ${found}`);
  };
  if (version !== VERSION) {
    fail(`its version must be ${VERSION}`, `it is "${version.slice(0, 20)}"`);
  }
  const numbers = sizes
    ? sizes.split("~").map((n) => /^\d+$/.test(n) ? Number(n) : NaN)
    : [];
  const at = {
    sizes: numbers.slice(0, op.dims.length),
    any: op.anyRank ? numbers.slice(op.dims.length) : [],
  };
  if (
    numbers.some(Number.isNaN) || at.sizes.length !== op.dims.length ||
    !op.anyRank && numbers.length > op.dims.length
  ) {
    fail(
      op.anyRank
        ? "its dimensions must be whole numbers"
        : `its dimensions must be ${op.dims.length} whole numbers`,
      `they are "${(sizes ?? "").slice(0, 40)}"`,
    );
  }
  const names = givenNames(op);
  inputShapes(op, at).forEach((shape, i) => checkSize(names[i], shape));
  const shapes = givenShapes(op, at);
  shapes.forEach((shape, i) => checkSize(names[i], shape));
  if (dtype !== "f32" && dtype !== "f64") {
    fail(
      "its element type must be f32 or f64",
      `it is "${(dtype ?? "").slice(0, 20)}"`,
    );
  }
  if (!/^\d{1,9}$/.test(seed ?? "")) {
    fail(
      "its seed must be a whole number",
      `it is "${(seed ?? "").slice(0, 20)}"`,
    );
  }
  const fills = names.map((name, i): Fill => {
    const field = rest[i] ?? "";
    const size = shapes[i].reduce((a, b) => a * b, 1);
    const known = Object.entries(FILLS).find(([, letter]) => letter === field);
    if (known !== undefined) return known[0] as keyof typeof FILLS;
    const list = /^e(.+)$/.exec(field)?.[1].split("~") ??
      (field === "e" ? [] : undefined);
    if (list === undefined) {
      fail(`it must say what fills ${name}`, `it says "${field.slice(0, 20)}"`);
    }
    if (list!.length !== size) {
      fail(`${name} must have ${size} elements`, `it has ${list!.length}`);
    }
    return list!.map((number) =>
      readNumber(number, "float64") ??
        fail(
          `the elements of ${name} must be numbers`,
          `one is "${number.slice(0, 20)}"`,
        )!
    );
  });
  const state: State = {
    ...at,
    dtype: dtype === "f64" ? "float64" : "float32",
    seed: Number(seed),
    fills,
    checked: false,
  };
  for (const field of rest.slice(names.length)) {
    const [, name, mistake] = /^b(\w+)-(.+)$/.exec(field) ?? [];
    const input = op.data.inputs.findIndex((v) => v.parameter === name);
    if (field === "c") state.checked = true;
    else if (input >= 0) state.broken = { input, mistake };
    else fail("every field must be known", `one is "${field.slice(0, 20)}"`);
  }
  return state;
}
