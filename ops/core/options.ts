// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The options of an operation, as its signature declares them, and the checks of
 * their values.
 *
 * @module
 */

import { parseSize, type Size } from "./axes.ts";
import { lengthOfArray, read, show, showShape } from "./checks.ts";
import type { Shape } from "./types.ts";

/** A declared option. */
export type Option =
  | NumberOption
  | PairOption
  | FlagOption
  | AxisOption
  | AxesOption;

/** A number in a range. */
export interface NumberOption {
  /** What it is. */
  readonly kind: "number";
  /** Its default; undefined if a call must give a value. */
  readonly default: number | undefined;
  /** Whether it must be an integer. */
  readonly integer: boolean;
  /** Its range. */
  readonly range: Range;
}

/** Bounds of a number: those of `from` and `to` belong to it. A bound may be an
 * expression of other options, such as `"max"` or `"size/2"`. */
export interface Range {
  /** It must be above this. */
  readonly above?: number | string;
  /** It must be this or more. */
  readonly from?: number | string;
  /** It must be below this. */
  readonly below?: number | string;
  /** It must be this or less. */
  readonly to?: number | string;
}

/** Two integers in a range, for height and width; a call may give one for both. */
export interface PairOption<
  A extends string = string,
  B extends string = string,
> {
  /** What it is. */
  readonly kind: "pair";
  /** The names of the two in shapes and loops. */
  readonly names: readonly [A, B];
  /** Their default: a number, or the name of another pair; undefined if a call must
   * give a value. */
  readonly default: number | string | undefined;
  /** Pairs are integers. */
  readonly integer: true;
  /** The range of both. */
  readonly range: Range;
}

/** Yes or no. */
export interface FlagOption {
  /** What it is. */
  readonly kind: "flag";
  /** Its default. */
  readonly default: boolean;
}

/** The axis of the first input that a letter of its shape denotes. */
export interface AxisOption {
  /** What it is. */
  readonly kind: "axis";
  /** The letter of the axis. */
  readonly letter: string;
  /** The default. */
  readonly default: number;
  /** Whether the outputs lack it, unless the option `keepDims` keeps it. */
  readonly reduced: boolean;
  /** Whether it must have an element. */
  readonly nonEmpty: boolean;
}

/** The axes of the first input that a letter of its shape denotes; all by default. */
export interface AxesOption {
  /** What it is. */
  readonly kind: "axes";
  /** The letter of the axes. */
  readonly letter: string;
}

/** A real number.
 *
 * @param value The default; undefined if a call must give a value.
 * @param range Its range.
 * @returns The declaration.
 *
 * @example Usage
 * ```ts
 * import { number } from "@adjoint/ops/op";
 *
 * const declared = number(1e-5, { above: 0 });
 * ```
 */
export function number(
  value: number | undefined,
  range: Range = {},
): NumberOption {
  return { kind: "number", default: value, integer: false, range };
}

/** An integer.
 *
 * @param value The default; undefined if a call must give a value.
 * @param range Its range.
 * @returns The declaration.
 *
 * @example Usage
 * ```ts
 * import { integer } from "@adjoint/ops/op";
 *
 * const declared = integer(1, { from: 1 });
 * ```
 */
export function integer(
  value: number | undefined,
  range: Range = {},
): NumberOption {
  return { kind: "number", default: value, integer: true, range };
}

/** Two integers, for height and width, such as the stride of a convolution: a call
 * gives one number for both, or `[h, w]`; shapes and loops see them by two names.
 *
 * @typeParam A The name of the first.
 * @typeParam B The name of the second.
 * @param names The names of the two.
 * @param value The default of both: a number, or the name of another pair whose
 * value it is; undefined where a call must give one.
 * @param range The range of both.
 * @returns The declaration.
 *
 * @example Usage
 * ```ts
 * import { pair } from "@adjoint/ops/op";
 *
 * const stride = pair(["s", "t"], 1, { from: 1 });
 * ```
 */
export function pair<const A extends string, const B extends string>(
  names: readonly [A, B],
  value: number | string | undefined,
  range: Range = {},
): PairOption<A, B> {
  return { kind: "pair", names, default: value, integer: true, range };
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

/** The axis that a letter of the first input's shape denotes.
 *
 * @param letter The letter.
 * @param value The default.
 * @param options `reduced`: whether the outputs lack the axis. Then there is an
 * option `keepDims`, by which it stays, with the size 1. `nonEmpty`: whether the
 * axis must have an element.
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
  { reduced = false, nonEmpty = false }: {
    reduced?: boolean;
    nonEmpty?: boolean;
  } = {},
): AxisOption {
  return { kind: "axis", letter, default: value, reduced, nonEmpty };
}

/** The axes that a letter of the first input's shape denotes; all by default.
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

/** An option that does not choose axes of an input. */
export type ValueOption = NumberOption | PairOption | FlagOption;

/** What such an option may be. */
export type Value = number | boolean | readonly [number, number];

/** Values of options, by name. */
export type Values = Readonly<Record<string, unknown>>;

/** Checks what is given for an option, but for the bounds that are options; of
 * those before it, the values are known. */
export function checkOption(
  act: string,
  name: string,
  option: ValueOption,
  value: unknown,
  values: Values = {},
): Value {
  if (value === undefined) {
    const found = defaultOf(option, values);
    if (found !== undefined) return found;
    throw new TypeError(
      `Cannot ${act} as ${name} must be given: it is undefined`,
    );
  }
  if (option.kind === "flag") {
    if (typeof value === "boolean") return value;
    throw new TypeError(
      `Cannot ${act} as ${name} must be true or false: it is ${show(value)}`,
    );
  }
  if (option.kind === "number") return checkNumber(act, name, option, value);
  if (typeof value === "number") {
    const both = checkNumber(act, name, option, value);
    return [both, both];
  }
  if (lengthOfArray(act, name, value) !== 2) {
    throw new TypeError(
      `Cannot ${act} as ${name} must be a number or two, [h, w]: it is ${
        show(value)
      }`,
    );
  }
  const [h, w] = [0, 1].map((i) =>
    checkNumber(
      act,
      `${name}[${i}]`,
      option,
      read(act, name, value as unknown[], i),
    )
  );
  return [h, w];
}

function defaultOf(option: ValueOption, values: Values): Value | undefined {
  const { kind, default: value } = option;
  if (typeof value === "string") return values[value] as Value;
  return kind === "pair" && value !== undefined ? [value, value] : value;
}

function checkNumber(
  act: string,
  name: string,
  option: NumberOption | PairOption,
  value: unknown,
): number {
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot ${act} as ${name} must be a number: it is ${show(value)}`,
    );
  }
  if (!isWithin(option, value)) {
    throw new RangeError(
      `Cannot ${act} as ${name} must be ${describe(option)}: it is ${value}`,
    );
  }
  return value + 0; // -0 is 0.
}

const sizes = new Map<string, Size>();

/** A bound that is an expression of options, which is read once. */
function sizeOf(bound: string): Size {
  let size = sizes.get(bound);
  if (size === undefined) sizes.set(bound, size = parseSize(bound));
  return size;
}

/** Whether a number lies in the range of an option: where no others are given, in
 * that part of it which is known without. */
function isWithin(
  { integer, range: { above, from, below, to } }: NumberOption | PairOption,
  value: number,
  others?: Record<string, number>,
): boolean {
  const known = (bound: number | string) =>
    typeof bound === "number"
      ? bound
      : others === undefined
      ? undefined
      : sizeOf(bound).of(others);
  const holds = (
    bound: number | string | undefined,
    test: (bound: number) => boolean,
  ) => {
    const at = bound === undefined ? undefined : known(bound);
    return at === undefined || test(at);
  };
  return !Number.isNaN(value) &&
    (!integer || Number.isSafeInteger(value)) &&
    holds(above, (bound) => value > bound) &&
    holds(from, (bound) => value >= bound) &&
    holds(below, (bound) => value < bound) &&
    holds(to, (bound) => value <= bound);
}

/** The other options in the bounds of an option. */
function othersIn(option: Option): string[] {
  if (option.kind !== "number" && option.kind !== "pair") return [];
  return Object.values(option.range).flatMap((bound) =>
    typeof bound === "string" ? sizeOf(bound).letters : []
  );
}

/** Whether a bound of an option follows from others. */
export function isBounded(option: Option): boolean {
  return othersIn(option).length > 0;
}

/** The message for options that do not fit each other; undefined if they do. */
export function misfitOf(
  act: string,
  name: string,
  option: Option,
  values: Values,
): string | undefined {
  if (option.kind !== "number" && option.kind !== "pair") return undefined;
  const letters = othersIn(option);
  if (letters.length === 0) return undefined;
  const isPair = option.kind === "pair";
  for (let i = 0; i < (isPair ? 2 : 1); i++) {
    // The first of a pair is bounded by the first of another, so is the second.
    const of = (key: string) => {
      const value = values[key];
      return Array.isArray(value) ? value[i] as number : value as number;
    };
    const others = Object.fromEntries(letters.map((key) => [key, of(key)]));
    if (isWithin(option, of(name), others)) continue;
    const found = [name, ...letters].map((key) =>
      `${key}${Array.isArray(values[key]) ? `[${i}]` : ""} is ${of(key)}`
    );
    return `Cannot ${act} as ${name}${isPair ? `[${i}]` : ""} must be ${
      describe(option)
    }: ${found.join(", ")}`;
  }
  return undefined;
}

/** The bounds that are numbers. */
export function fixedIn(range: Range): { [K in keyof Range]?: number } {
  return Object.fromEntries(
    Object.entries(range).filter(([, bound]) => typeof bound === "number"),
  );
}

/** A finite number for an option: its default, if that is finite, else 2, as a factor
 * of 1 often changes nothing. */
export function usualOf(option: NumberOption | PairOption): number {
  const { default: value, range } = option;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value === -Infinity) return -1;
  if (value === Infinity) return 1;
  const { from, to } = fixedIn(range);
  return Math.max(from ?? 2, Math.min(to ?? 2, 2));
}

/** Whether values are in the ranges of their options. */
export function areRight(
  options: Readonly<Record<string, Option>>,
  values: Values,
): boolean {
  return Object.entries(options).every(([name, option]) => {
    const value = values[name];
    if (option.kind === "number" || option.kind === "pair") {
      const all = [value].flat() as number[];
      return all.every((value) => isWithin(option, value)) &&
        misfitOf("", name, option, values) === undefined;
    }
    return true;
  });
}

/** Values for all options but axes: those given, else the defaults. */
export function settle(
  options: Readonly<Record<string, Option>>,
  given: Values,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(options)) {
    if (option.kind === "axis" || option.kind === "axes") continue;
    const value = given[name] ?? defaultOf(option, values);
    values[name] = option.kind === "pair" && typeof value === "number"
      ? [value, value]
      : value;
  }
  return values;
}

/** A value that shapes, loops and pages have a name for. */
export interface Part {
  /** Its name in shapes and loops. */
  readonly name: string;
  /** What the page and the messages call it: `beta`, `stride[0]`. */
  readonly path: string;
  /** What it is where the option has this value. */
  of(value: unknown): number | boolean;
}

/** The values of an option: two if it is a pair. */
export function partsOf(name: string, option: Option): Part[] {
  if (option.kind === "axis" || option.kind === "axes") return [];
  if (option.kind !== "pair") {
    return [{ name, path: name, of: (value) => value as number | boolean }];
  }
  return option.names.map((part, i) => ({
    name: part,
    path: `${name}[${i}]`,
    of: (value) => typeof value === "number" ? value : (value as number[])[i],
  }));
}

/** The values of options, by the names that shapes and loops have for them. */
export function namedIn(
  options: Readonly<Record<string, Option>>,
  given: Values,
): Record<string, number> {
  const values = settle(options, given);
  return Object.fromEntries(
    Object.entries(options).flatMap(([key, option]) =>
      partsOf(key, option).map((part): [string, number] => [
        part.name,
        Number(part.of(values[key])),
      ])
    ),
  );
}

/** What a number must be, in words. */
function describe({ integer, range }: NumberOption | PairOption): string {
  const { above, from, below, to } = range;
  const bounds = [
    above !== undefined && above !== -Infinity ? `above ${above}` : "",
    from !== undefined ? `at least ${from}` : "",
    below !== undefined && below !== Infinity ? `below ${below}` : "",
    to !== undefined ? `at most ${to}` : "",
  ].filter((bound) => bound !== "").join(" and ");
  const of = below === Infinity ? "a finite number" : "a number";
  const kind = integer ? "an integer" : of;
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
