// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Operations whose shapes follow from lists
 *
 * The shape that `slice` or `transpose` returns follows from the numbers of a
 * list, and the rank of a tensor is the length of the list. The letters of a
 * signature cannot express that. Once the shapes and the lists of a call are
 * known, however, everything is, and in a loop every call has the same. So such
 * an operation is declared for each shape and list that it meets, and the
 * declaration is kept. Its calls are then checked like those of all operations,
 * and `out`, `wrt` and overlap mean the same.
 *
 * @module
 */

import {
  type Checked,
  checkTensor,
  isFloat,
  lengthOfArray,
  MAX_RANK,
  noFloats,
  read,
  show,
} from "./checks.ts";
import { askedOf, checkKeys, op, type Signature } from "./op.ts";
import type { Float, Shape, Tensor } from "./types.ts";

/** The most tensors, or sizes, of a list. */
const MOST_PARTS = 2 ** 16;

/** The most shapes and lists that declarations of an operation are kept for. */
const MOST_KEPT = 1000;

/** What a call gives besides tensors, each property read once. */
export interface Given {
  /** The values of the operation's own options. */
  readonly values: Readonly<Record<string, unknown>>;
  /** `out` and `wrt`, which all operations have. */
  readonly rest: { out?: unknown; wrt?: unknown };
}

/** Reads options; `more` is the name of one that all gradients have: `wrt`. */
export function readOptions(
  act: string,
  options: unknown,
  known: readonly string[],
  more: "" | "wrt",
): Given {
  const values: Record<string, unknown> = {};
  const rest: Record<string, unknown> = {};
  if (options === undefined) return { values, rest };
  checkKeys(act, options, known, more);
  const get = (key: string) =>
    read(act, "options", options as Record<string, unknown>, key);
  for (const key of known) values[key] = get(key);
  for (const key of more === "" ? ["out"] : ["out", more]) {
    const value = get(key);
    if (value !== undefined) rest[key] = value;
  }
  return { values, rest };
}

/** Checks a tensor of floats. */
export function checkFloats(
  act: string,
  name: string,
  x: unknown,
): Checked<Shape, Float> {
  const found = checkTensor(act, name, x as Tensor<Shape, Float>);
  if (isFloat(found.dtype)) return found;
  throw noFloats(act, name, found.dtype);
}

/** The length of a list that is not too long to look at. */
function lengthOfList(
  act: string,
  name: string,
  value: unknown,
  what: string,
  most: number,
): number {
  const length = lengthOfArray(act, name, value);
  if (length === undefined) {
    throw new TypeError(
      `Cannot ${act} as ${name} must be an array of ${what}: it is ${
        show(value)
      }`,
    );
  }
  if (length <= most) return length;
  throw new RangeError(
    `Cannot ${act} as ${name} must have at most ${most} ${what}: it has ${length}`,
  );
}

/** Checks a list of tensors of floats, at least one. */
export function checkTensors(
  act: string,
  name: string,
  value: unknown,
): Checked<Shape, Float>[] {
  const length = lengthOfList(act, name, value, "tensors", MOST_PARTS);
  if (length === 0) {
    throw new TypeError(
      `Cannot ${act} as ${name} must have at least one tensor: it has none`,
    );
  }
  const found: Checked<Shape, Float>[] = [];
  for (let i = 0; i < length; i++) {
    const x = read(act, name, value as unknown[], i);
    found.push(checkFloats(act, `${name}[${i}]`, x));
  }
  return found;
}

/** Checks a list of integers. */
export function checkIntegers(
  act: string,
  name: string,
  value: unknown,
  most = MOST_PARTS,
): number[] {
  const length = lengthOfList(act, name, value, "integers", most);
  const found: number[] = [];
  for (let i = 0; i < length; i++) {
    const n = read(act, name, value as unknown[], i);
    if (typeof n !== "number") {
      throw new TypeError(
        `Cannot ${act} as ${name}[${i}] must be a number: it is ${show(n)}`,
      );
    }
    if (!Number.isSafeInteger(n)) {
      throw new RangeError(
        `Cannot ${act} as ${name}[${i}] must be an integer: it is ${n}`,
      );
    }
    found.push(n + 0); // -0 is 0.
  }
  return found;
}

/** Checks a list that has one integer for each axis of `x`. */
export function checkPerAxis(
  act: string,
  name: string,
  value: unknown,
  rank: number,
): number[] {
  const found = checkIntegers(act, name, value, MAX_RANK);
  if (found.length === rank) return found;
  throw new TypeError(
    `Cannot ${act} as ${name} must have one number for each axis of x: ${name} has ${found.length}, x has ${rank}`,
  );
}

/**
 * Declares operations for the shapes and lists that calls come with, and keeps
 * them. `T` is what such an operation follows from; equal keys must mean equal
 * ones.
 */
export function kept<T>(
  declare: (of: T) => Signature,
): (key: string, of: T) => Signature {
  const all = new Map<string, Signature>();
  return (key, of) => {
    let found = all.get(key);
    if (found === undefined) {
      found = declare(of);
      if (all.size >= MOST_KEPT) all.clear();
      all.set(key, found);
    }
    return found;
  };
}

/** A shape as a signature declares it, all of its sizes being known. */
const declared = (shape: Shape) => shape.join(" ");

/** The arrays of a loop, by name. */
type Frame = Readonly<Record<string, Float | undefined>>;

/** Declares an operation that moves the numbers of tensors of these shapes, among
 * zeros where some are cleared. */
export function mover(
  name: string,
  inputs: Readonly<Record<string, Shape>>,
  outputs: Readonly<Record<string, Shape>>,
  forward: (frame: Frame) => void,
  backward: (frame: Frame) => void,
  cleared?: "outputs" | "gradients",
): Signature {
  const texts = (shapes: Readonly<Record<string, Shape>>) =>
    Object.fromEntries(
      Object.entries(shapes).map(([key, shape]) => [key, declared(shape)]),
    );
  return op(name, {
    inputs: texts(inputs),
    outputs: texts(outputs),
    cleared,
    forward: forward as () => void,
    backward: backward as () => void,
  });
}

/** The names of the tensors of a list: `x[0]`, `x[1]`. */
export function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${name}[${i}]`);
}

/** A list of as many tensors, or undefined ones, as a record by their names. */
export function recordOf(
  act: string,
  what: string,
  name: string,
  count: number,
  list: unknown,
): Record<string, unknown> {
  const length = lengthOfList(act, what, list, "tensors", MOST_PARTS);
  if (length !== count) {
    throw new TypeError(
      `Cannot ${act} as ${what} must have ${count} tensors: it has ${length}`,
    );
  }
  return Object.fromEntries(
    numbered(name, count).map((name, i) => [
      name,
      read(act, what, list as unknown[], i),
    ]),
  );
}

/**
 * Calls a function that has a gradient for each tensor of a list, with `wrt` and
 * `out` that name the list, and makes a list of what it gives.
 */
export function listed(
  act: string,
  name: string,
  count: number,
  { out, wrt }: { out?: unknown; wrt?: unknown },
  call: (rest: object) => Record<string, unknown>,
): Record<string, unknown[]> {
  const names = numbered(name, count);
  const rest: Record<string, unknown> = {};
  const isAsked = askedOf(act, wrt, [name]).length > 0;
  if (!isAsked) rest.wrt = [];
  if (out !== undefined) {
    checkKeys(act, out, isAsked ? [name] : [], "", "out");
    const list = read(act, "out", out as Record<string, unknown>, name);
    if (list !== undefined) {
      rest.out = recordOf(act, `out.${name}`, name, count, list);
    }
  }
  const found = call(rest);
  return isAsked ? { [name]: names.map((key) => found[key]) } : {};
}
