// Copyright 2026 the Adjoint authors. MIT license.

// The text that stands for a state in a link: version, dimensions, element type,
// seed, what fills each tensor; then, if there is one, the broken gradient, and
// whether the check was run. Every character stays as it is in an address.
//
//   1_2~3~4_f32_1_r_e1~2~0.5_z_bx-sign_c

import { mistakesOf } from "./mistakes.ts";
import { exact, readNumber } from "./numbers.ts";
import {
  checkSize,
  type Dimensions,
  givenNames,
  inputShapes,
  type Op,
  type Shape,
} from "./op.ts";
import {
  type Broken,
  type Fill,
  FILLS,
  givenShapes,
  type State,
} from "./state.ts";

const VERSION = "1";

const DTYPES = { f32: "float32", f64: "float64" } as const;

/** The text that stands for a state. */
export function encode(op: Op, state: State): string {
  const { sizes, any, dtype, seed, fills, broken, checked } = state;
  return [
    VERSION,
    [...sizes, ...any].join("~"),
    dtype === "float64" ? "f64" : "f32",
    seed,
    ...fills.map((fill) =>
      typeof fill === "string"
        ? FILLS[fill]
        : `e${fill.map((x) => exact(x, "float64").replace("+", "")).join("~")}`
    ),
    ...broken === undefined
      ? []
      : [`b${op.data.inputs[broken.input].parameter}-${broken.mistake}`],
    ...checked ? ["c"] : [],
  ].join("_");
}

/** The state that a text stands for; throws if there is none. */
export function decode(op: Op, text: string): State {
  const [version, sizes = "", dtype = "", seed = "", ...rest] = text.split("_");
  if (version !== VERSION) {
    refuse(`its version must be ${VERSION}`, `it is ${quote(version)}`);
  }
  const at = readDimensions(op, sizes);
  if (dtype !== "f32" && dtype !== "f64") {
    refuse("its element type must be f32 or f64", `it is ${quote(dtype)}`);
  }
  if (!/^\d{1,9}$/.test(seed)) {
    refuse("its seed must be a whole number", `it is ${quote(seed)}`);
  }
  const names = givenNames(op);
  const shapes = givenShapes(op, at);
  shapes.forEach((shape, i) => checkSize(names[i], shape));
  const state: State = {
    ...at,
    dtype: DTYPES[dtype],
    seed: Number(seed),
    fills: names.map((name, i) => readFill(name, shapes[i], rest[i] ?? "")),
    checked: false,
  };
  for (const field of rest.slice(names.length)) {
    if (field === "c") state.checked = true;
    else state.broken = readBroken(op, field);
  }
  return state;
}

function readDimensions(op: Op, text: string): Dimensions {
  const dims = text === "" ? [] : text.split("~");
  const count = op.dims.length;
  if (
    !dims.every((dim) => /^\d+$/.test(dim)) || dims.length < count ||
    dims.length > count && !op.anyRank
  ) {
    refuse(
      `its dimensions must be ${op.anyRank ? "" : `${count} `}whole numbers`,
      `they are ${quote(text)}`,
    );
  }
  const numbers = dims.map(Number);
  const at = { sizes: numbers.slice(0, count), any: numbers.slice(count) };
  // Before a tensor of such a shape is made.
  inputShapes(op, at).forEach((shape, i) =>
    checkSize(givenNames(op)[i], shape)
  );
  return at;
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
  const input = op.data.inputs.findIndex((v) => v.parameter === name);
  if (input < 0) refuse("every field must be known", `one is ${quote(text)}`);
  if (!mistakesOf(op, input).some(({ name }) => name === mistake)) {
    refuse(
      `the mistake in d${name} must be one that it can have`,
      `it is ${quote(mistake)}`,
    );
  }
  return { input, mistake };
}

function refuse(must: string, found: string): never {
  throw new RangeError(`Cannot open the link as ${must}: ${found}`);
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 20));
}
