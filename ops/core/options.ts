// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What an operation may take besides tensors, as its signature declares it, and
 * the checks of what is given.
 *
 * @module
 */

import { lengthOfArray, read, show, showShape } from "./checks.ts";
import type { Shape } from "./types.ts";

/** A declared option. */
export type Option =
  | NumberOption
  | FlagOption
  | AxisOption
  | AxesOption;

/** A number in a range. */
export interface NumberOption {
  /** What it is. */
  readonly kind: "number";
  /** Its value where none is given. */
  readonly default: number;
  /** Whether it must be an integer. */
  readonly integer: boolean;
  /** What it must lie in. */
  readonly range: Range;
}

/** Bounds of a number: those of `from` and `to` belong to it. */
export interface Range {
  /** It must be above this. */
  readonly above?: number;
  /** It must be this or more. */
  readonly from?: number;
  /** It must be below this. */
  readonly below?: number;
  /** It must be this or less. */
  readonly to?: number;
}

/** Yes or no. */
export interface FlagOption {
  /** What it is. */
  readonly kind: "flag";
  /** Its value where none is given. */
  readonly default: boolean;
}

/** Which axis of the first input a letter of its shape is. */
export interface AxisOption {
  /** What it is. */
  readonly kind: "axis";
  /** The letter of the axis. */
  readonly letter: string;
  /** The axis where none is given. */
  readonly default: number;
  /** Whether the outputs lack it, unless the option `keepDims` keeps it. */
  readonly reduced: boolean;
}

/** Which axes of the first input a letter of its shape is; all by default. */
export interface AxesOption {
  /** What it is. */
  readonly kind: "axes";
  /** The letter of the axes. */
  readonly letter: string;
}

/** A real number.
 *
 * @param value The default.
 * @param range What it must lie in.
 * @returns The declaration.
 *
 * @example Usage
 * ```ts
 * import { number } from "@adjoint/ops/op";
 *
 * const declared = number(1e-5, { above: 0 });
 * ```
 */
export function number(value: number, range: Range = {}): NumberOption {
  return { kind: "number", default: value, integer: false, range };
}

/** An integer.
 *
 * @param value The default.
 * @param range What it must lie in.
 * @returns The declaration.
 *
 * @example Usage
 * ```ts
 * import { integer } from "@adjoint/ops/op";
 *
 * const declared = integer(1, { from: 1 });
 * ```
 */
export function integer(value: number, range: Range = {}): NumberOption {
  return { kind: "number", default: value, integer: true, range };
}

/** Yes or no.
 *
 * @param value The default.
 * @returns The declaration.
 *
 * @example Usage
 * ```ts
 * import { flag } from "@adjoint/ops/op";
 *
 * const declared = flag(false);
 * ```
 */
export function flag(value: boolean): FlagOption {
  return { kind: "flag", default: value };
}

/** The axis that a letter of the first input's shape is.
 *
 * @param letter The letter.
 * @param value The default.
 * @param options `reduced`: whether the outputs lack the axis. Then there is an
 * option `keepDims`, by which it stays, with the size 1.
 * @returns The declaration.
 *
 * @example Usage
 * ```ts
 * import { axis } from "@adjoint/ops/op";
 *
 * const declared = axis("m", -1);
 * ```
 */
export function axis(
  letter: string,
  value: number,
  { reduced = false }: { reduced?: boolean } = {},
): AxisOption {
  return { kind: "axis", letter, default: value, reduced };
}

/** The axes that a letter of the first input's shape is; all by default.
 *
 * @param letter The letter.
 * @returns The declaration.
 *
 * @example Usage
 * ```ts
 * import { axes } from "@adjoint/ops/op";
 *
 * const declared = axes("m");
 * ```
 */
export function axes(letter: string): AxesOption {
  return { kind: "axes", letter };
}

/** Whether an operation has the option `keepDims`: whether one of its own options
 * says what is reduced. */
export function hasKeepDims(
  options: Readonly<Record<string, Option>> = {},
): boolean {
  return Object.values(options).some((option) =>
    option.kind === "axes" || option.kind === "axis" && option.reduced
  );
}

/** Checks the value given for an option that has nothing to do with shapes. */
export function checkOption(
  act: string,
  name: string,
  option: NumberOption | FlagOption,
  value: unknown,
): number | boolean {
  if (value === undefined) return option.default;
  if (option.kind === "flag") {
    if (typeof value === "boolean") return value;
    throw new TypeError(
      `Cannot ${act} as ${name} must be true or false: it is ${show(value)}`,
    );
  }
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot ${act} as ${name} must be a number: it is ${show(value)}`,
    );
  }
  const { above, from, below, to } = option.range;
  if (
    option.integer && !Number.isSafeInteger(value) ||
    Number.isNaN(value) ||
    above !== undefined && !(value > above) ||
    from !== undefined && !(value >= from) ||
    below !== undefined && !(value < below) ||
    to !== undefined && !(value <= to)
  ) {
    throw new RangeError(
      `Cannot ${act} as ${name} must be ${describe(option)}: it is ${value}`,
    );
  }
  return value + 0; // -0 is 0.
}

/** What a number must be, in words. */
function describe({ integer, range }: NumberOption): string {
  const { above, from, below, to } = range;
  const bounds = [
    above !== undefined ? `above ${above}` : "",
    from !== undefined ? `at least ${from}` : "",
    below !== undefined ? `below ${below}` : "",
    to !== undefined ? `at most ${to}` : "",
  ].filter((bound) => bound !== "").join(" and ");
  const kind = integer ? "an integer" : "a number";
  return bounds === "" ? kind : `${kind} ${bounds}`;
}

/** Checks the number of an axis, and counts it from the front. */
export function checkAxis(
  act: string,
  what: string,
  value: unknown,
  input: string,
  shape: Shape,
): number {
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot ${act} as ${what} must be a number: it is ${show(value)}`,
    );
  }
  const rank = shape.length;
  if (!Number.isInteger(value) || value < -rank || value >= rank) {
    throw new RangeError(
      rank === 0
        ? `Cannot ${act} as ${what} must be an axis of ${input}: ${input} is a scalar, which has none`
        : `Cannot ${act} as ${what} must be an axis of ${input}, from ${-rank} to ${
          rank - 1
        }: it is ${value}, ${input} is ${showShape(shape)}`,
    );
  }
  return (value < 0 ? value + rank : value) + 0;
}

/** Checks a list of axes, or one; the result is in ascending order. */
export function checkAxes(
  act: string,
  value: unknown,
  input: string,
  shape: Shape,
): number[] {
  if (value === undefined) return shape.map((_, axis) => axis);
  const length = lengthOfArray(act, "axes", value);
  if (length === undefined) {
    throw new TypeError(
      `Cannot ${act} as axes must be an array of axes: it is ${show(value)}`,
    );
  }
  const found: number[] = [];
  for (let i = 0; i < length; i++) {
    const given = read(act, "axes", value as unknown[], i);
    const axis = checkAxis(act, `axes[${i}]`, given, input, shape);
    if (found.includes(axis)) {
      throw new RangeError(
        `Cannot ${act} as axes must name each axis once: axis ${axis} of ${input} is given twice`,
      );
    }
    found.push(axis);
  }
  return found.sort((a, b) => a - b);
}
