// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Right calls of an operation, drawn as its signature says
 *
 * A signature has all that a call must heed: which axes have one size, which axes
 * there may be any number of, what options there are and what range they have,
 * which integers are labels. So right calls are drawn from it alone.
 *
 * ```text
 *   x: "N… p", w: "k p", b: { shape: "k", optional: true }
 *     │ letters    N: [2, 3], p: [4], k: [5]
 *     │ shapes     x: [2, 3, 4], w: [5, 4], b: [5], or null
 *     ▼ numbers    as the content and the domain say
 *   linear(x, w, b)
 * ```
 *
 * Every choice is an integer below a bound, and the smaller it is, the simpler is
 * what is drawn: who makes the choices can make them at random, or make a call
 * smaller by choosing smaller numbers.
 *
 * @module
 */

import { ARRAYS } from "../arrays.ts";
import { type Axes, fits, parseAxes } from "../axes.ts";
import type { Domain, Input, IntegerRange, Signature } from "../op.ts";
import {
  areRight,
  fixedIn,
  hasKeepDims,
  namedIn,
  type NumberOption,
  type PairOption,
  settle,
  usualOf,
  type ValueOption,
} from "../options.ts";
import type { Arrays, DType } from "../types.ts";

/** Chooses an integer, from 0 and below a bound. */
export type Choose = (bound: number) => number;

/** A tensor of any element type. */
export interface AnyTensor {
  shape: number[];
  data: Arrays[DType];
}

/** The shapes of a right call, and its options. */
export interface Shapes {
  /** What each letter stands for: the size of one axis, or those of several. */
  letters: Record<string, number[]>;
  /** The options of the call; those left out have their defaults. */
  options: Record<string, unknown>;
  inputs: Record<string, number[]>;
  outputs: Record<string, number[]>;
}

/** How large what is drawn may be. */
export interface Limits {
  /** The sizes of an axis, the simplest first. */
  sizes?: readonly number[];
  /** The most axes that a letter with dots stands for. */
  rank?: number;
  /** The most steps of a loop over all letters. */
  steps?: number;
  /** Whether inputs may have less of the axes that are broadcast; they may. */
  broadcast?: boolean;
}

/** The sizes that axes have, where nothing else is said. */
export const SIZES: readonly number[] = [1, 2, 3, 0, 4, 5, 7, 8, 13];

/** A declared input in full. */
export function declared(input: Input): Exclude<Input, string> {
  return typeof input === "string" ? { shape: input } : input;
}

/** The numbers of elements that shapes have room for. */
export function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

const parsed = new Map<string, Axes>();

/** A declared shape, which is read once. */
function axesOf(text: string): Axes {
  let axes = parsed.get(text);
  if (axes === undefined) parsed.set(text, axes = parseAxes(text));
  return axes;
}

/** The letters of declared shapes, and whether each stands for several axes. */
function lettersOf(all: readonly Axes[]): Map<string, boolean> {
  const found = new Map<string, boolean>();
  for (const { axes } of all) {
    for (const axis of axes) {
      if (axis.kind !== "size") found.set(axis.letter, axis.kind === "many");
    }
  }
  for (const axis of all.flatMap(({ axes }) => axes)) {
    if (axis.kind !== "size") continue;
    for (const letter of axis.value.letters) {
      if (!found.has(letter)) found.set(letter, false);
    }
  }
  return found;
}

/** Draws the shapes and the options of a right call. */
export function drawShapes(
  { name, spec }: Signature,
  choose: Choose,
  limits: Limits = {},
): Shapes {
  for (let tries = 0; tries < 1000; tries++) {
    const shapes = tryShapes(spec, choose, limits);
    if (shapes !== undefined) return shapes;
  }
  throw new RangeError(
    `Cannot draw a call of ${name} as no sizes are right: its shapes or its ranges contradict each other`,
  );
}

function tryShapes(
  spec: Signature["spec"],
  choose: Choose,
  { sizes = SIZES, rank = 3, steps = 20_000, broadcast = true }: Limits,
): Shapes | undefined {
  const inputs = Object.entries(spec.inputs)
    .map(([name, input]) => ({ name, ...declared(input) }));
  const all = [
    ...inputs.map(({ shape }) => shape),
    ...Object.values(spec.outputs),
  ].map(axesOf);
  const options: Record<string, unknown> = {};
  const keepsDims = hasKeepDims(spec.options);
  let along = "", gone = "", over: string | undefined;
  for (const [key, option] of Object.entries(spec.options ?? {})) {
    if (option.kind === "axis") {
      along = option.letter;
      if (option.reduced) gone = along;
    } else if (option.kind === "axes") over = gone = option.letter;
    else {
      const value = option.default === undefined || choose(2) === 1
        ? drawOption(option, choose)
        : undefined;
      if (value !== undefined) options[key] = value;
    }
  }
  if (!areRight(spec.options ?? {}, settle(spec.options ?? {}, options))) {
    return undefined;
  }
  const values = namedIn(spec.options ?? {}, options); // And of letters.

  const letters: Record<string, number[]> = {};
  const size = () => sizes[choose(sizes.length)];
  for (const [letter, isMany] of lettersOf(all)) {
    if (letter in values) continue;
    const count = isMany ? choose(rank + 1) : 1;
    letters[letter] = Array.from({ length: count }, size);
  }
  const outputs = Object.values(spec.outputs).map((text) => axesOf(text));
  // Two groups that are broadcast are what is left of one shape.
  for (const { broadcast } of outputs) {
    if (broadcast === undefined) continue;
    const [a, b] = broadcast;
    const full = letters[a];
    const drop = choose(2) === 1 ? choose(full.length + 1) : 0;
    letters[b] = full.slice(drop).map((n) => choose(4) === 3 ? 1 : n);
    letters[a] = full.map((n, axis) => axis >= drop && choose(4) === 3 ? 1 : n);
    if (choose(2) === 1) [letters[a], letters[b]] = [letters[b], letters[a]];
  }
  while (product(Object.values(letters).flat().filter((n) => n > 0)) > steps) {
    for (const axes of Object.values(letters)) {
      axes.forEach((n, i) => axes[i] = Math.ceil(n / 2));
    }
  }
  for (const [letter, axes] of Object.entries(letters)) {
    values[letter] = product(axes);
  }

  // The reduced axes lie anywhere among the others; where they are not next to
  // each other, all others are seen as before them.
  let reduced: number[] | undefined, whole: number[] = [];
  if (over !== undefined) {
    const [before, , after] = axesOf(inputs[0].shape).axes.map((axis) =>
      axis.kind === "size" ? "" : axis.letter
    );
    whole = [before, over, after].flatMap((letter) => letters[letter]);
    const isAll = choose(3) === 0;
    reduced = whole.flatMap((_, at) => isAll || choose(2) === 1 ? [at] : []);
    const from = reduced[0] ?? whole.length, end = from + reduced.length;
    const isApart = reduced.some((at, i) => at !== from + i);
    letters[over] = reduced.map((at) => whole[at]);
    letters[before] = whole.filter((_, at) =>
      !reduced!.includes(at) && (isApart || at < from)
    );
    letters[after] = isApart ? [] : whole.slice(end);
    for (const letter of [before, over, after]) {
      values[letter] = product(letters[letter]);
    }
  }
  const shapeOf = ({ axes, broadcast }: Axes): number[] => {
    if (broadcast !== undefined) {
      const [a, b] = broadcast.map((letter) => letters[letter]);
      const rank = Math.max(a.length, b.length);
      return Array.from({ length: rank }, (_, i) => {
        const m = a[a.length - rank + i] ?? 1, n = b[b.length - rank + i] ?? 1;
        return m === 1 ? n : m;
      });
    }
    return axes.flatMap((axis) =>
      axis.kind === "size"
        ? [axis.value.of(values)]
        : letters[axis.letter] ?? [values[axis.letter]] // An option, perhaps.
    );
  };

  const shapes: Shapes = { letters, options, inputs: {}, outputs: {} };
  inputs.forEach(({ name, shape }, i) => {
    shapes.inputs[name] = i === 0 && over !== undefined
      ? whole
      : shapeOf(axesOf(shape));
  });
  // All inputs but one may have less of the axes that are broadcast.
  if (broadcast && spec.broadcast !== undefined) {
    const group = letters[spec.broadcast];
    const having = inputs.filter(({ shape }) =>
      shape.startsWith(`${spec.broadcast}…`)
    );
    const whole = having.filter(({ optional }) => !optional);
    const full = whole[choose(whole.length)];
    for (const input of having) {
      if (input === full || choose(2) === 0) continue;
      const drop = choose(group.length + 1);
      shapes.inputs[input.name] = [
        ...group.slice(drop).map((n) => choose(4) === 3 ? 1 : n),
        ...shapes.inputs[input.name].slice(group.length),
      ];
    }
  }
  // Where the axis along which it works is.
  const axesOfFirst = axesOf(inputs[0]?.shape ?? "").axes;
  const at = axesOfFirst.slice(
    0,
    axesOfFirst.findIndex((axis) =>
      axis.kind !== "size" && axis.letter === along
    ),
  ).reduce(
    (sum, axis) =>
      sum + (axis.kind === "many" ? letters[axis.letter].length : 1),
    0,
  );
  if (gone !== "" && gone === along) {
    whole = shapes.inputs[inputs[0].name];
    reduced = [at];
  }
  const keepDims = keepsDims && choose(2) === 1;
  Object.keys(spec.outputs).forEach((name, i) => {
    const axes = outputs[i];
    const isReduced = reduced !== undefined &&
      !axes.axes.some((axis) => axis.kind !== "size" && axis.letter === gone);
    const kept = whole.map((n, at) => reduced?.includes(at) ? 1 : n);
    shapes.outputs[name] = !isReduced
      ? shapeOf(axes)
      : keepDims
      ? kept
      : kept.filter((_, at) => !reduced!.includes(at));
  });
  const every = [
    ...Object.values(shapes.inputs),
    ...Object.values(shapes.outputs),
  ].flat();
  if (!every.every((n) => Number.isInteger(n) && n >= 0)) return undefined;
  const mustHave = Object.values(spec.options ?? {}).some((option) =>
    option.kind === "axis" && option.nonEmpty
  );
  if (mustHave && values[along] === 0) return undefined;
  for (const { axes } of all) {
    for (const axis of axes) {
      if (axis.kind !== "size") continue;
      if (!fits(axis.value, values)) return undefined;
    }
  }

  for (const [key, option] of Object.entries(spec.options ?? {})) {
    if (option.kind === "axis") {
      const rank = shapes.inputs[inputs[0].name].length;
      const isDefault = (option.default + rank) % rank === at;
      if (!isDefault || choose(2) === 1) {
        options[key] = choose(2) === 1 ? at - rank : at;
      }
    } else if (option.kind === "axes") {
      const rank = whole.length;
      const given = reduced!.map((at) => choose(2) === 1 ? at - rank : at);
      shuffle(given, choose);
      if (given.length < rank || choose(2) === 1) options[key] = given;
    }
  }
  if (keepsDims && (keepDims || choose(2) === 1)) options.keepDims = keepDims;

  const full = { ...values };
  for (const { name, integer, optional } of inputs) {
    if (integer === undefined || optional) continue;
    const { from, below, except } = rangeOf(integer, full);
    if (
      product(shapes.inputs[name]) > 0 && !(from < below) && except === null
    ) {
      return undefined;
    }
  }
  return shapes;
}

function shuffle<T>(items: T[], choose: Choose): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = i - choose(i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
}

/** A value of an option that is no axis. */
function drawOption(
  option: ValueOption,
  choose: Choose,
): number | boolean | number[] {
  if (option.kind === "flag") {
    return choose(2) === 1 ? !option.default : option.default;
  }
  const { above, from, below, to } = fixedIn(option.range);
  const [low, high] = spanOf(option);
  const integer = () => low + choose(high - low + 1);
  if (option.kind === "pair") {
    return choose(2) === 1 ? [integer(), integer()] : integer();
  }
  if (option.integer) return integer();
  const values = [
    option.default ?? usualOf(option),
    (low + high) / 2,
    low,
    high,
  ];
  if (above !== undefined) values[2] = low + (high - low) / 64;
  if (below !== undefined) values[3] = high - (high - low) / 64;
  if (from === undefined && above === undefined) values[2] = low;
  if (to === undefined && below === undefined) values[3] = high;
  return values[choose(values.length)];
}

/** Numbers around the default that belong to the range, bounds included. */
function spanOf(option: NumberOption | PairOption) {
  const { integer } = option, value = usualOf(option);
  const { above, from, below, to } = fixedIn(option.range);
  const first = from ?? (above !== undefined && integer ? above + 1 : above);
  const last = to ?? (below !== undefined && integer ? below - 1 : below);
  const size = integer ? 2 : Math.max(Math.abs(value), 1) * 2;
  const low = first ?? Math.min(value, last ?? value) - size;
  const high = last ?? Math.max(value, low) + size;
  return integer ? [low, Math.min(high, low + 4)] : [low, high];
}

/** The range of an integer input at the given sizes and options. */
export function rangeOf(
  { from, below, except }: IntegerRange,
  values: Readonly<Record<string, number>>,
): { from: number; below: number; except: number | null } {
  const number = (bound: number | string | undefined) =>
    typeof bound === "string" ? values[bound] : bound;
  return {
    from: number(from) ?? -8,
    below: number(below) ?? 8,
    except: number(except) ?? null,
  };
}

/** The sizes of the letters, and the options that are numbers, of a call. */
export function valuesOf(
  { spec }: Signature,
  { letters, options }: Shapes,
): Record<string, number> {
  const values = namedIn(spec.options ?? {}, options);
  for (const [letter, axes] of Object.entries(letters)) {
    values[letter] = product(axes);
  }
  return values;
}

/** A number below 2^32 for each place, the same in every run. */
export function hash(salt: number, tensor: number, i: number): number {
  let h = Math.imul(salt + 1, 0x9e3779b1) ^ Math.imul(tensor + 1, 0x85ebca6b) ^
    Math.imul(i + 1, 0xc2b2ae35);
  h = Math.imul(h ^ h >>> 15, 0x2c1b3c6d);
  h = Math.imul(h ^ h >>> 12, 0x297a2d39);
  return (h ^ h >>> 15) >>> 0;
}

/** All that IEEE 754 treats in a way of its own, among a few plain numbers. */
const SPECIALS: readonly number[] = [
  ...[0, -0, 1, -1, 2, 0.5, NaN, Infinity, -Infinity],
];

/** Numbers that lose their neighbors, vanish, or grow too large. */
const EXTREMES: Record<"float32" | "float64", readonly number[]> = {
  float32: [2 ** -149, -(2 ** -149), 2 ** -130, 2 ** -75, 2 ** 64, -(2 ** 64)]
    .concat([(2 - 2 ** -23) * 2 ** 127, -(2 - 2 ** -23) * 2 ** 127]),
  float64: [5e-324, -5e-324, 2 ** -1050, 2 ** -538, 2 ** 512, -(2 ** 512)]
    .concat([Number.MAX_VALUE, -Number.MAX_VALUE]),
};

/** How numbers come from hashes. */
const CONTENTS = {
  /** Small integers: all sums of 64000 products of two are exact in float32. */
  integers: (h: number) => h % 31 - 15,
  /** Real numbers of either sign, from 2^-8 to 2^4. */
  reals: (h: number) =>
    (h & 1 ? 1 : -1) * (1 + (h >>> 8) / 2 ** 24) * 2 ** ((h >>> 1) % 12 - 8),
  /** Real numbers of either sign, from 2^-20 to 2^13. */
  wide: (h: number) =>
    (h & 1 ? 1 : -1) * (1 + (h >>> 8) / 2 ** 24) * 2 ** ((h >>> 1) % 33 - 20),
  /** NaN, infinities and signed zeros among plain numbers. */
  specials: (h: number) => SPECIALS[h % SPECIALS.length],
  /** Also the largest and the smallest numbers that there are. */
  extremes: (h: number, dtype: "float32" | "float64") => {
    const all = [...SPECIALS, ...EXTREMES[dtype]];
    return all[h % all.length];
  },
};
export type Content = keyof typeof CONTENTS;

/** A number as a domain has it. */
function within(
  domain: Domain | undefined,
  content: Content,
  h: number,
  value: number,
): number {
  // What is drawn to be special is that in every domain: no call checks it.
  if (domain === undefined || domain === "distinct") return value;
  if (content === "specials" || content === "extremes") return value;
  if (domain === "positive") return Math.abs(value) || 1;
  const [from, to] = domain === "probability" ? [0, 1] : domain;
  return from +
    (to - from) * (content === "integers" ? h % 3 / 2 : h / 2 ** 32);
}

/** The numbers of a float tensor. */
export function floats(
  size: number,
  dtype: "float32" | "float64",
  content: Content,
  salt: number,
  tensor: number,
  domain?: Domain,
): number[] {
  const hashes = Array.from({ length: size }, (_, i) => hash(salt, tensor, i));
  if (
    domain === "distinct" && content !== "specials" && content !== "extremes"
  ) {
    const order = hashes.map((h, i) => [h, i]).sort(([a], [b]) => a - b);
    const values: number[] = Array(size);
    order.forEach(([, i], rank) => values[i] = (rank - (size >> 1)) / 4);
    return values;
  }
  return hashes.map((h) =>
    within(domain, content, h >>> 3, CONTENTS[content](h, dtype))
  );
}

/** The range of each type of integers. */
const INTEGERS: Record<
  Exclude<DType, "float32" | "float64">,
  [number, number]
> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint8: [0, 255],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint32: [0, 2 ** 32 - 1],
  int8: [-128, 127],
  uint16: [0, 2 ** 16 - 1],
};

/** Draws integers in their range, in an array that can hold them. */
function drawIntegers(
  size: number,
  integer: IntegerRange,
  values: Readonly<Record<string, number>>,
  choose: Choose,
  salt: number,
  tensor: number,
): Arrays[DType] {
  const { from, below, except } = rangeOf(integer, values);
  const all = [
    from,
    Math.max(below - 1, from),
    ...except === null ? [] : [except],
  ];
  const types = Object.entries(INTEGERS).filter(([, [low, high]]) =>
    all.every((value) => value >= low && value <= high)
  );
  const dtype = types[choose(types.length)][0] as keyof typeof INTEGERS;
  const data = new ARRAYS[dtype](size);
  for (let i = 0; i < size; i++) {
    const h = hash(salt, tensor, i);
    const isExempt = except !== null && (from >= below || h % 5 === 4);
    data[i] = isExempt ? except! : from + (h >>> 3) % (below - from);
  }
  return data;
}

/** A right call: tensors by the names of the inputs, gradients by the outputs'. */
export interface Call {
  signature: Signature;
  shapes: Shapes;
  dtype: "float32" | "float64";
  content: Content;
  inputs: Record<string, AnyTensor | null>;
  /** The gradient of the loss with respect to each output. */
  douts: Record<string, AnyTensor>;
}

/** What a call is drawn from, besides its signature. */
export interface Wanted extends Limits {
  contents?: readonly Content[];
  dtypes?: readonly ("float32" | "float64")[];
  /** Whether optional inputs may be null. */
  nulls?: boolean;
}

/** Draws a right call of an operation. */
export function drawCall(
  signature: Signature,
  choose: Choose,
  wanted: Wanted = {},
): Call {
  const {
    contents = ["integers", "reals"],
    dtypes = ["float32", "float64"],
    nulls = true,
  } = wanted;
  const drawn = dtypes[choose(dtypes.length)];
  const isFloat = Object.values(signature.spec.inputs)
    .some((input) => declared(input).integer === undefined);
  const dtype = isFloat ? drawn : "float32";
  const content = contents[choose(contents.length)];
  const shapes = drawShapes(signature, choose, wanted);
  const values = valuesOf(signature, shapes);
  const salt = choose(2 ** 16);
  const call: Call = {
    signature,
    shapes,
    dtype,
    content,
    inputs: {},
    douts: {},
  };
  Object.entries(signature.spec.inputs).forEach(([name, input], at) => {
    const { optional, integer, domain } = declared(input);
    const shape = [...shapes.inputs[name]], size = product(shape);
    if (optional && nulls && choose(4) === 3) call.inputs[name] = null;
    else if (integer !== undefined) {
      const data = drawIntegers(size, integer, values, choose, salt, at);
      call.inputs[name] = { shape, data };
    } else {
      const numbers = floats(size, dtype, content, salt, at, domain);
      call.inputs[name] = { shape, data: ARRAYS[dtype].from(numbers) };
    }
  });
  Object.entries(shapes.outputs).forEach(([name, shape], at) => {
    const numbers = floats(product(shape), dtype, content, salt, 16 + at);
    const data = ARRAYS[dtype].from(numbers);
    call.douts[name] = { shape: [...shape], data };
  });
  return call;
}
