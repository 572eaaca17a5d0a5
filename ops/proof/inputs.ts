// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The sizes, options and numbers that the links are tried on, drawn according to
 * the signature of an operation.
 *
 * @module
 */

import {
  areRight,
  fixedIn,
  namedIn,
  partsOf,
  settle,
  usualOf,
} from "@adjoint/ops/signature";
import type { NumberOption, PairOption } from "@adjoint/ops/op";
import type { Arrays, DType, Shape, Tensor } from "@adjoint/ops/tensor";
import { type Input, lettersOf, type Operation } from "./operation.ts";
import { attempt } from "./compare.ts";
import { EvaluationError } from "./language/expression.ts";
import { Sizes } from "./sizes.ts";

/** Tensors of any element type. */
export type AnyTensor = Tensor<Shape, Arrays[DType]>;

/** What an operation is tried on. */
export interface Draw {
  /** What is special about the numbers. */
  mode: Mode;
  sizes: Sizes;
  inputs: AnyTensor[];
  /** The options of a call. */
  options: Record<string, unknown>;
  /** The gradients of the loss with respect to the outputs. */
  douts: AnyTensor[];
}

/** Kinds of numbers that inputs are drawn from. */
export const MODES = [
  "plain",
  "wide",
  "mixed",
  "large",
  "huge",
  "small",
  "equal",
  "close",
  "zero",
  "ties",
  "options",
] as const;

/** A kind of numbers. */
export type Mode = (typeof MODES)[number];

/** Random numbers, the same in every run, by the generator mulberry32. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed, 0x9e3779b1) | 0;
  }

  /** A number in [0, 1) of 20 bits, so that it is exact in every element type. */
  next(): number {
    this.#state = this.#state + 0x6d2b79f5 | 0;
    let t = Math.imul(this.#state ^ this.#state >>> 15, this.#state | 1);
    t ^= t + Math.imul(t ^ t >>> 7, t | 61);
    return ((t ^ t >>> 14) >>> 12) / 2 ** 20;
  }

  /** An integer from 0, below a bound. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** One of some items. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }

  /** A number of size ½ to 3∕2 and either sign. */
  either(): number {
    return (0.5 + this.next()) * (this.next() < 0.5 ? -1 : 1);
  }
}

/** The variant of the first sizes, in which each flag differs from its default.
 */
export const FLIPPED = 7;

/** Numbers at which something overflows, vanishes, saturates, bends or ties. */
const MIXED = [
  ...[0, 1, -1, 0.5, -0.5, 2, -2, 3, 20, -20, 40, -40, 90, -90, 300, -300],
  ...[1e3, -1e3, 1e4, -1e4, 1e-3, -1e-3, 1e-7, -1e-7, 1 + 1e-7, 1 - 1e-7],
];

/** The numbers of an input or of `dout`. */
function numbersOf(
  mode: Mode,
  count: number,
  random: Random,
  options: readonly number[] = [],
): number[] {
  const same = random.either();
  const few = [random.either(), random.either()];
  const of: Record<Mode, () => number> = {
    plain: () => random.either(),
    wide: () => random.either() * random.pick([1 / 16, 1, 4, 16]),
    mixed: () => random.pick(MIXED),
    large: () => 1e3 * random.either(),
    huge: () => 1e4 * random.either(),
    small: () => 2 ** -23 * random.either(),
    equal: () => same,
    close: () => 1 + 1e-7 * random.below(4),
    zero: () => 0,
    ties: () => random.pick(few),
    // A formula may bend where an input, or a difference, equals an option.
    options: () =>
      random.pick([0, same, ...options, ...options.map((x) => -x)]),
  };
  return Array.from({ length: count }, of[mode]);
}

/** Numbers that an input may have, instead of arbitrary ones. */
function within(
  { domain }: Input,
  mode: Mode,
  values: number[],
  random: Random,
): number[] {
  if (domain === undefined) return values;
  if (domain === "positive") {
    return values.map((v) => Math.abs(v) || 2 ** -20);
  }
  if (domain === "distinct") {
    const seen = new Set<number>();
    return values.map((v) => {
      while (seen.has(v)) v += random.either();
      seen.add(v);
      return v;
    });
  }
  const [from, to] = domain === "probability" ? [0, 1] : domain;
  const unit = (v: number) => {
    if (mode === "zero") return 0;
    if (mode === "mixed") return random.pick([0, 1, 0.5, random.next()]);
    if (mode === "equal" || mode === "ties") return Math.abs(v) / 2;
    return random.next();
  };
  return values.map((v) => from + (to - from) * unit(v));
}

/** Draws integers in the range of an input. */
function integersOf(
  input: Input,
  count: number,
  variant: number,
  letters: (name: number | string) => number,
  random: Random,
): number[] {
  const { from = 0, below, except } = input.integer!;
  const first = letters(from);
  const last = below === undefined ? first + 3 : letters(below);
  // Some are exempt, but not all.
  const isExempt = (i: number) =>
    except !== undefined && count > 1 && i % 3 === variant % 3;
  return Array.from(
    { length: count },
    (_, i) =>
      isExempt(i) ? letters(except!) : first + random.below(last - first),
  );
}

/** Sizes of the dimensions: the first ones are all different, later ones vary. */
export function drawSizes(
  op: Operation,
  variant: number,
  options: Record<string, unknown>,
): Sizes {
  const isFirst = variant === 0 || variant === FLIPPED;
  const symbols = integerSymbols(op, options);
  const letters = lettersOf(op.inputs).filter((name) =>
    !symbols.some(([symbol]) => symbol === name)
  );
  const random = new Random(variant + 1);
  for (let tries = 0; tries < 1000; tries++) {
    const sizes = new Map<string, number>(symbols);
    const found = letters.map((letter, i): [string, number] => [
      letter,
      isFirst
        ? tries === 0 ? [2, 3, 4, 2, 3, 2, 2][i % 7] : 1 + random.below(3)
        : variant === 1
        ? 1 + (tries > 0 ? random.below(3) : 0)
        : random.pick([1, 2, 3, 5]),
    ]);
    for (const [letter, size] of found) sizes.set(letter, size);
    const drawn = new Sizes(sizes);
    // What must be a whole number may not be one: p / 2 where p is 3.
    const shapes = attempt(() =>
      [...op.inputs, ...op.outputs].map(({ shape }) => drawn.shape(shape))
    );
    if (shapes instanceof EvaluationError) continue;
    const volume = found.reduce((product, [, size]) => product * size, 1);
    const isSmall = volume <= (isFirst ? 96 : 150) || tries > 200;
    if (isSmall && shapes.flat().every((n) => Number.isInteger(n) && n > 0)) {
      return drawn;
    }
  }
  const { line, column } = op.inputs[0];
  throw new RangeError(
    `${op.file}:${line}:${column}: Cannot find sizes for ${
      letters.join(", ")
    } that make all dimensions positive whole numbers`,
  );
}

/** The symbols of the page for options that are whole numbers, and their values. */
function integerSymbols(
  { options, symbols }: Operation,
  values: Record<string, unknown>,
): [string, number][] {
  return Object.entries(options).flatMap(([key, option]) =>
    partsOf(key, option).flatMap((part): [string, number][] => {
      const symbol = symbols.get(part.name)?.symbol;
      return option.kind !== "flag" && "integer" in option && option.integer &&
          symbol !== undefined
        ? [[symbol, Number(part.of(values[key]))]]
        : [];
    })
  );
}

/** The values of the options: the defaults first, then others of their ranges. */
export function drawOptions(
  op: Operation,
  variant: number,
): Record<string, unknown> {
  const random = new Random(100 + variant);
  for (let tries = 0; tries < 1000; tries++) {
    const given = Object.fromEntries(
      Object.entries(op.options).map(([name, option]) => {
        if (option.kind === "axis" || option.kind === "axes") {
          const at = op.inputs[0].axes.axes.findIndex((axis) =>
            axis.kind !== "size" && axis.letter === option.letter
          );
          return [name, option.kind === "axis" ? at : [at]];
        }
        if (variant === 0) {
          // An infinite bound would show nothing.
          return [
            name,
            option.default === undefined
              ? valueOf(option, random)
              : Math.abs(Number(option.default)) === Infinity
              ? usualOf(option as NumberOption)
              : undefined,
          ];
        }
        if (option.kind === "flag") {
          return [name, variant % 2 === 1 ? !option.default : option.default];
        }
        return [name, valueOf(option, random)];
      }),
    );
    const values = settle(op.options, given);
    if (areRight(op.options, values)) return { ...given, ...values };
  }
  throw new RangeError(
    `${op.file}: Cannot draw options as their ranges contradict each other`,
  );
}

function valueOf(
  option: NumberOption | PairOption,
  random: Random,
): number | number[] {
  const value = numberOf(option, random);
  if (option.kind === "number") return value;
  // Height and width get different values.
  let other = numberOf(option, random);
  for (let i = 0; i < 20 && other === value; i++) {
    other = numberOf(option, random);
  }
  return [value, other];
}

function numberOf(
  option: NumberOption | PairOption,
  random: Random,
): number {
  const { above, from, below, to } = fixedIn(option.range);
  const value = usualOf(option);
  if (option.integer) {
    const first = from ?? (above === undefined ? value - 1 : above + 1);
    const last = to ?? (below === undefined ? first + 2 : below - 1);
    return first + random.below(Math.min(last, first + 2) - first + 1);
  }
  const first = from ?? above ??
    (value === 0 ? -1 : value - Math.abs(value) / 2);
  const last = to ?? below ?? Math.max(first, Math.abs(value)) * 2 + 0.5;
  return first + (last - first) * (0.125 + 0.75 * random.next());
}

/** Whether an operation has options that are on or off. */
export function hasFlags({ options }: Pick<Operation, "options">): boolean {
  return Object.values(options).some(({ kind }) => kind === "flag");
}

/** The options that are real numbers. */
export function thresholds(
  op: Pick<Operation, "options">,
  options: Record<string, unknown>,
): number[] {
  return Object.entries(op.options).flatMap(([name, option]) =>
    option.kind === "number" && !option.integer &&
      Number.isFinite(options[name])
      ? [options[name] as number]
      : []
  );
}

/** Draws inputs of an operation. */
export function draw(
  op: Operation,
  mode: Mode,
  variant: number,
  random: Random,
): Draw {
  const options = drawOptions(op, variant);
  const sizes = drawSizes(op, variant, options);
  const named = namedIn(op.options, options);
  const number = (name: number | string) =>
    typeof name === "number" ? name : named[name] ?? sizes.of(name);
  const countOf = (shape: Shape) => shape.reduce((a, b) => a * b, 1);
  const inputs = op.inputs.map((input): AnyTensor => {
    const shape = sizes.shape(input.shape);
    const count = countOf(shape);
    if (input.integer !== undefined) {
      const data = integersOf(input, count, variant, number, random);
      return { shape, data: Int32Array.from(data) };
    }
    const values = numbersOf(mode, count, random, thresholds(op, options));
    const data = within(input, mode, values, random);
    return { shape, data: Float64Array.from(data) };
  });
  const douts = op.outputs.map((output): AnyTensor => {
    const shape = sizes.shape(output.shape);
    const values = numbersOf("plain", countOf(shape), random);
    return { shape, data: Float64Array.from(values) };
  });
  return { mode, sizes, inputs, options, douts };
}
