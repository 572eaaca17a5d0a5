// Copyright 2026 the Adjoint authors. MIT license.

// The text that stands for a state in a link: version, dimensions, element type,
// seed, what fills each tensor; then, where they are not what they are at first,
// options, the broken gradient, and whether the check was run. Every character
// stays as it is in an address.
//
//   1_2~3~4_f32_1_r_e1~2~0.5_z_obeta~2_bx-sign_c

import { mistakesOf } from "./mistakes.ts";
import { exact, readNumber } from "./numbers.ts";
import {
  checkSize,
  givenNames,
  givenShapes,
  type Op,
  type Shape,
} from "./op.ts";
import {
  type Broken,
  type Fill,
  FILLS,
  initialState,
  type State,
} from "./state.ts";

const VERSION = "1";

const DTYPES = { f32: "float32", f64: "float64" } as const;

/** The text of a state. */
export function encode(op: Op, state: State): string {
  const { sizes, options, dtype, seed, fills, broken, checked } = state;
  return [
    VERSION,
    sizes.join("~"),
    dtype === "float64" ? "f64" : "f32",
    seed,
    ...fills.map((fill) =>
      typeof fill === "string" ? FILLS[fill] : `e${fill.map(write).join("~")}`
    ),
    ...op.data.options.flatMap((option) => {
      const value = options[option.name];
      return value === option.default
        ? []
        : [`o${option.name}~${write(Number(value))}`];
    }),
    ...broken === undefined
      ? []
      : [`b${nameOf(op, broken.gradient)}-${broken.mistake}`],
    ...checked ? ["c"] : [],
  ].join("_");
}

/** A number without the sign that an address would take for a space. */
function write(x: number): string {
  return exact(x, "float64").replace("+", "");
}

/** The input that a gradient is with respect to. */
function nameOf({ data, floats }: Op, gradient: number): string {
  return data.inputs[floats[gradient]].parameter;
}

/** The state of a text; throws if there is none. */
export function decode(op: Op, text: string): State {
  const [version, sizes = "", dtype = "", seed = "", ...rest] = text.split("_");
  if (version !== VERSION) {
    refuse(`its version must be ${VERSION}`, `it is ${quote(version)}`);
  }
  const names = givenNames(op);
  const state: State = { ...initialState(op), sizes: readSizes(op, sizes) };
  if (dtype !== "f32" && dtype !== "f64") {
    refuse("its element type must be f32 or f64", `it is ${quote(dtype)}`);
  }
  if (!/^\d{1,9}$/.test(seed)) {
    refuse("its seed must be a whole number", `it is ${quote(seed)}`);
  }
  for (const field of rest.slice(names.length)) {
    if (field === "c") state.checked = true;
    else if (field.startsWith("o")) {
      state.options = { ...state.options, ...readOption(op, field) };
    } else state.broken = readBroken(op, field);
  }
  // Before a tensor of such a shape is made.
  const shapes = givenShapes(op, state);
  shapes.forEach((shape, i) => checkSize(names[i], shape));
  return {
    ...state,
    dtype: DTYPES[dtype],
    seed: Number(seed),
    fills: names.map((name, i) => readFill(name, shapes[i], rest[i] ?? "")),
  };
}

function readSizes({ data: { dims } }: Op, text: string): number[] {
  const sizes = text === "" ? [] : text.split("~");
  if (!sizes.every((n) => /^\d+$/.test(n)) || sizes.length !== dims.length) {
    refuse(
      `its dimensions must be ${dims.length} whole numbers`,
      `they are ${quote(text)}`,
    );
  }
  return sizes.map(Number);
}

function readOption({ data: { options } }: Op, text: string) {
  const [, name, value = ""] = /^o(\w+)~(.+)$/.exec(text) ?? [];
  const option = options.find((option) => option.name === name) ??
    refuse("every field must be known", `one is ${quote(text)}`);
  const number = readNumber(value, "float64") ??
    refuse(`${name} must be a number`, `it is ${quote(value)}`);
  const isFlag = typeof option.default === "boolean";
  return { [option.name]: isFlag ? number !== 0 : number };
}

function readFill(name: string, shape: Shape, text: string): Fill {
  for (const fill of Object.keys(FILLS) as (keyof typeof FILLS)[]) {
    if (FILLS[fill] === text) return fill;
  }
  const numbers = /^e(.+)$/.exec(text)?.[1].split("~") ??
    refuse(`it must say what fills ${name}`, `it says ${quote(text)}`);
  const size = shape.reduce((a, b) => a * b, 1);
  if (numbers.length !== size) {
    refuse(`${name} must have ${size} elements`, `it has ${numbers.length}`);
  }
  return numbers.map((number) =>
    readNumber(number, "float64") ??
      refuse(
        `the elements of ${name} must be numbers`,
        `one is ${quote(number)}`,
      )
  );
}

function readBroken(op: Op, text: string): Broken {
  const [, name, mistake = ""] = /^b(\w+)-(.+)$/.exec(text) ?? [];
  const gradient = op.floats.findIndex((_, k) => nameOf(op, k) === name);
  if (gradient < 0) {
    refuse("every field must be known", `one is ${quote(text)}`);
  }
  if (!mistakesOf(op, gradient).some(({ name }) => name === mistake)) {
    refuse(
      `the mistake in d${name} must be one that it can have`,
      `it is ${quote(mistake)}`,
    );
  }
  return { gradient, mistake };
}

function refuse(must: string, found: string): never {
  throw new RangeError(`Cannot open the link as ${must}: ${found}`);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 20));
}
