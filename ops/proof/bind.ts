// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Gives the arguments of an operation the values of a special point.
 *
 * @module
 */

import { hasKeepDims, parseAxes } from "@adjoint/ops/signature";
import type { Spec } from "@adjoint/ops/op";
import type { Drawn, FloatType } from "./goldens.ts";
import {
  type SpecialPoint,
  SpecialPointError,
  type Written,
  type WrittenArray,
  type WrittenNumber,
} from "./special.ts";

/** A special point, with values for the arguments of a function. */
export interface Bound {
  dtype: FloatType;
  inputs: Record<string, Drawn | null>;
  options: Record<string, unknown>;
  /** By output: a tensor, or a number for all its elements. */
  dout: Record<string, Drawn | number>;
}

/**
 * Gives the arguments of an operation the values that a row assigns.
 *
 * @param declared The declared part of the operation's signature.
 * @param point The row.
 * @throws {SpecialPointError} If the row has a name that the operation does not have,
 * lacks an input, or gives a value of another kind.
 */
export function bindPoint(
  { inputs, options = {}, outputs }: Pick<
    Spec,
    "inputs" | "options" | "outputs"
  >,
  { at, given }: Pick<SpecialPoint, "at" | "given">,
): Bound {
  const refuse = (what: string): never => {
    throw new SpecialPointError(`Special points: \`${at}\` ${what}`);
  };
  const type = given.dtype;
  const dtype = type === undefined ? "float64" : type.text;
  if (dtype !== "float32" && dtype !== "float64") {
    return refuse("must have a dtype of float32 or float64");
  }
  const bound: Bound = { dtype, inputs: {}, options: {}, dout: {} };
  for (const [name, input] of Object.entries(inputs)) {
    const value = given[name];
    const { shape, integer, optional } = typeof input === "string"
      ? { shape: input, integer: undefined, optional: false }
      : input;
    if (value === undefined && !optional) {
      refuse(`must give a value for ${name}`);
    }
    if (value === undefined || value.kind === "word") {
      if (value !== undefined && !(optional && value.text === "null")) {
        refuse(`must give numbers for ${name}`);
      }
      bound.inputs[name] = null;
      continue;
    }
    const type = integer === undefined ? dtype : "int32";
    bound.inputs[name] = tensorOf(value, type, shape);
  }
  const names = Object.keys(outputs);
  const keepsDims = hasKeepDims(options);
  for (const [name, value] of Object.entries(given)) {
    if (name === "dtype" || Object.hasOwn(inputs, name)) continue;
    if (Object.hasOwn(options, name) || keepsDims && name === "keepDims") {
      bound.options[name] = optionOf(value);
      continue;
    }
    const output = names.length === 1 && name === "dout"
      ? names[0]
      : name.startsWith("dout.")
      ? name.slice("dout.".length)
      : "";
    if (!Object.hasOwn(outputs, output)) {
      refuse(
        `gives a value for ${name}, which is not an input, option or gradient`,
      );
    }
    if (value.kind === "word") return refuse(`must give numbers for ${name}`);
    bound.dout[output] = value.kind === "number"
      ? value.value
      : tensorOf(value, dtype, "");
  }
  return bound;
}

/** A tensor; a plain number has one axis if any number of axes is allowed. */
function tensorOf(
  value: WrittenNumber | WrittenArray,
  dtype: FloatType | "int32",
  declared: string,
): Drawn {
  const { axes } = parseAxes(declared);
  const rank = axes.every(({ kind }) => kind === "many")
    ? Math.min(axes.length, 1)
    : axes.filter(({ kind }) => kind !== "many").length;
  const { shape, numbers } = value.kind === "array"
    ? value
    : { shape: Array(rank).fill(1), numbers: [value] };
  const values = numbers.map(({ value }) => value);
  const data = dtype === "int32"
    ? new Int32Array(values)
    : dtype === "float32"
    ? new Float32Array(values)
    : new Float64Array(values);
  return { shape: [...shape], data };
}

function optionOf(value: Written): unknown {
  if (value.kind === "number") return value.value;
  if (value.kind === "array") return value.numbers.map(({ value }) => value);
  if (value.text === "true" || value.text === "false") {
    return value.text === "true";
  }
  return value.text === "null" ? undefined : value.text;
}
