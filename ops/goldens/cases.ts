// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The cases that PyTorch computes for an operation, from its signature alone:
 * shapes like those of PyTorch's own tests (OpInfo), values that are plain, large,
 * tiny, tied and cancelling, and every option.
 *
 * @module
 */

import { type Axis, fits, parseAxes } from "../core/axes.ts";
import type { Input, IntegerRange } from "../core/op.ts";
import {
  areRight,
  type AxisOption,
  fixedIn,
  hasKeepDims,
  namedIn,
  type NumberOption,
  type Option,
  type PairOption,
  partsOf,
  settle,
  usualOf,
} from "../core/options.ts";
import type { Domain, Integers, Variant } from "./random.ts";

/** What the cases follow from: the declared part of a signature. */
export interface Declared {
  readonly inputs: Readonly<Record<string, Input>>;
  readonly options?: Readonly<Record<string, Option>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** The letter of axes that are broadcast. */
  readonly broadcast?: string;
  /** Any value: whether there are gradients. */
  readonly backward?: unknown;
}

/** How an input is drawn. */
export interface Drawing {
  shape: number[];
  domain?: Domain;
}

/** The inputs and options of one case, for both element types. */
export interface Case {
  /** Its shapes, its options and its variant: no two cases share all three. */
  name: string;
  variant: Variant;
  /** An optional input may be null. */
  inputs: Record<string, Drawing | null>;
  /** The options that are given; the others have their defaults. */
  options: Record<string, unknown>;
}

/** The most elements that the inputs of a case have together. */
const MOST = 20_000;

/** Sizes for the axes of groups, and for the letters that stand for one axis. */
interface Sizes {
  groups: Record<string, number[]>;
  letters: Record<string, number>;
  /** What inputs have of the broadcast axes, in turn. */
  own?: number[][];
}

/** Lists the cases of an operation. */
export function casesOf(declared: Declared): Case[] {
  const options = Object.entries(declared.options ?? {});
  const kinds = options.map(([, { kind }]) => kind);
  const shapes = kinds.includes("axes")
    ? reductions(declared)
    : Object.values(declared.outputs).some((text) => text.includes("∨"))
    ? broadcasts(declared)
    : ranks(declared);
  const cases = new Map<string, Case>();
  const add = (
    { sizes, given }: Shaped,
    more: Record<string, unknown> = {},
    variant: Variant = "plain",
    absent: readonly string[] = [],
  ) => {
    const found = caseOf(
      declared,
      sizes,
      { ...given, ...more },
      variant,
      absent,
    );
    if (found !== undefined && !cases.has(found.name)) {
      cases.set(found.name, found);
    }
  };
  for (const shaped of shapes.all) add(shaped);

  const { usual } = shapes;
  for (const own of declared.broadcast === undefined ? [] : SHARED) {
    add({ ...usual, sizes: { ...usual.sizes, own } });
  }
  for (const [name, option] of options) {
    for (const value of valuesOf(option)) add(usual, { [name]: value });
  }
  const together = options.map(([name, option]) => [name, valuesOf(option)[0]]);
  add(
    usual,
    Object.fromEntries(together.filter(([, value]) => value !== undefined)),
  );
  if (hasKeepDims(declared.options) && !kinds.includes("axes")) {
    add(usual, { keepDims: true });
  }
  for (const variant of variantsOf(declared)) add(usual, {}, variant);
  const optional = Object.entries(declared.inputs)
    .filter(([, input]) => typeof input === "object" && input.optional)
    .map(([name]) => name);
  for (const name of optional) add(usual, {}, "plain", [name]);
  add(usual, {}, "plain", optional);
  return [...cases.values()];
}

/** Sizes, and the options that they go with. */
interface Shaped {
  sizes: Sizes;
  given: Record<string, unknown>;
}

/** Shapes to try, and the one to try options and variants with. */
interface Shapes {
  all: Shaped[];
  usual: Shaped;
}

/** The letters of one axis, and of groups, in the order of the inputs. */
function lettersOf({ inputs, options = {} }: Declared): {
  single: string[];
  groups: string[];
} {
  const single = new Set<string>(), groups = new Set<string>();
  for (const input of Object.values(inputs)) {
    for (const axis of parseAxes(shapeText(input)).axes) {
      if (axis.kind === "many") groups.add(axis.letter);
      else if (axis.kind === "one") single.add(axis.letter);
      else for (const letter of axis.value.letters) single.add(letter);
    }
  }
  const names = Object.entries(options).flatMap(([name, option]) =>
    partsOf(name, option).map((part) => part.name)
  );
  return {
    single: [...single].filter((letter) => !names.includes(letter)),
    groups: [...groups],
  };
}

function shapeText(input: Input): string {
  return typeof input === "string" ? input : input.shape;
}

/** An operation with axes that have letters, and perhaps groups of axes. */
function ranks(declared: Declared): Shapes {
  const { single, groups } = lettersOf(declared);
  const axis = Object.entries(declared.options ?? {})
    .find((entry): entry is [string, AxisOption] => entry[1].kind === "axis");
  const all: Shaped[] = [];
  let usual: Shaped | undefined, usualCount = 0;
  for (const [i, ranks] of ranksOf(groups.length).entries()) {
    const count = single.length + ranks.reduce((a, b) => a + b, 0);
    if (groups.length > 0 && count > 5) continue;
    const shaped = (sizes: readonly number[]): Shaped => {
      const left = [...sizes];
      const bound: Sizes = { groups: {}, letters: {} };
      // Axes in the order of the letters, so that names read as shapes do.
      for (const [g, group] of groups.entries()) {
        bound.groups[group] = left.splice(0, ranks[g]);
      }
      for (const letter of single) bound.letters[letter] = left.shift()!;
      return {
        sizes: bound,
        given: axis === undefined ? {} : axisGiven(axis, declared, bound, i),
      };
    };
    // One combination of ranks is tried with everything, the others with less.
    const main = usual === undefined && (count > 0 || groups.length === 0);
    const patterns = main ? patternsOf(count) : fewPatternsOf(count, i);
    all.push(...patterns.map(shaped));
    if (main) usual = shaped(usualSizes(count));
    // Two axes show more than one.
    if (count === 2 && usualCount < 2) usual = shaped(usualSizes(count));
    if (main || count === 2) usualCount = Math.max(usualCount, count);
  }
  return { all, usual: usual ?? all[0] };
}

/** The axis option that finds the axis where the letter is. */
function axisGiven(
  [name, option]: [string, AxisOption],
  { inputs }: Declared,
  { groups }: Sizes,
  i: number,
): Record<string, unknown> {
  const { axes } = parseAxes(shapeText(Object.values(inputs)[0]));
  const many = (axis: Axis) =>
    axis.kind === "many" ? groups[axis.letter].length : 1;
  const sum = (axes: readonly Axis[]) =>
    axes.map(many).reduce((a, b) => a + b, 0);
  const at = axes.findIndex((axis) =>
    axis.kind === "one" && axis.letter === option.letter
  );
  const front = sum(axes.slice(0, at)), back = front - sum(axes);
  if (option.default === front || option.default === back) return {};
  return { [name]: i % 2 === 0 ? front : back };
}

/** Ranks for groups: the first combination is the usual one. */
function ranksOf(groups: number): number[][] {
  if (groups === 0) return [[]];
  if (groups === 1) return [[1], [0], [2], [3], [4]];
  if (groups === 2) {
    return [[1, 0], [0, 0], [0, 1], [1, 1], [2, 0], [0, 2], [2, 1], [1, 2]];
  }
  return [
    Array(groups).fill(1),
    Array(groups).fill(0),
    ...Array.from(
      { length: groups },
      (_, g) => Array.from({ length: groups }, (_, i) => i === g ? 2 : 0),
    ),
  ];
}

function usualSizes(count: number): number[] {
  if (count === 1) return [13];
  if (count === 2) return [3, 5];
  return Array.from({ length: count }, (_, i) => 2 + i % 4);
}

const PRIMES = [5, 7, 11, 13];
const SMALL_PRIMES = [3, 2, 5, 7, 2, 3, 2];

function primes(count: number): number[] {
  const sizes = count <= 3 ? PRIMES : SMALL_PRIMES;
  return Array.from({ length: count }, (_, i) => sizes[i % sizes.length]);
}

/** Sizes for this many axes: ones, zeros, primes, one long axis, edges of tiles.
 */
function patternsOf(count: number): number[][] {
  const axes = Array.from({ length: count }, (_, i) => i);
  const small = axes.map((i) => 2 + i % 4), thin = axes.map((i) => 2 + i % 2);
  const patterns = [
    axes.map(() => 1),
    small,
    primes(count),
    axes.map(() => 0),
    ...axes.map((i) => small.with(i, 0)),
    ...axes.map((i) => thin.with(i, 97)),
  ];
  if (count <= 3) {
    patterns.push([9, 17, 25].slice(0, count), [7, 15, 23].slice(0, count));
    patterns.push(count === 1 ? [4099] : [64, 96, 80].slice(0, count));
  }
  return patterns;
}

function fewPatternsOf(count: number, i: number): number[][] {
  const patterns = [primes(count)];
  if (count > 0) {
    const small = usualSizes(count);
    patterns.push(small.with(i % count, 0), small.with((i + 1) % count, 1));
  }
  return patterns;
}

/** Leading axes that broadcast. */
const SHARED: number[][][] = [
  [[3], []],
  [[], [2]],
  [[1], [4]],
  [[2, 1], [3]],
  [[3], [2, 1]],
  [[2, 3], [3]],
  [[2, 1, 3], [4, 1]],
  [[0], [1]],
  [[], [0]],
  [[2, 0], [1]],
];

/** Shapes that broadcast, as in NumPy. */
function broadcasts(declared: Declared): Shapes {
  const { groups } = lettersOf(declared);
  const pairs: number[][][] = [
    [[3, 5], [3, 5]],
    [[], []],
    [[], [3]],
    [[7], []],
    [[1], [5]],
    [[5], [5]],
    [[0], [1]],
    [[3, 0], [3, 1]],
    [[0], []],
    [[4, 1], [1, 5]],
    [[2, 3, 4], [4]],
    [[3], [2, 1, 3]],
    [[2, 1, 3, 1], [4, 1, 5]],
    [[5, 7, 11], [5, 7, 1]],
    [[1, 7, 1], [5, 7, 11]],
    [[97, 2], [97, 1]],
    [[9, 17], [17]],
    [[1, 2, 1, 3], [2, 2, 3, 3]],
    [[64, 96], [96]],
    [[64, 1], [64, 96]],
    [[4099], [1]],
  ];
  const all = pairs.map((pair): Shaped => ({
    // A third input takes turns with the shapes of the first two.
    sizes: {
      groups: Object.fromEntries(
        groups.map((group, g) => [group, pair[g % 2]]),
      ),
      letters: {},
    },
    given: {},
  }));
  return { all, usual: all[0] };
}

/** Shapes, and which of their axes are reduced. */
function reductions({ inputs, options = {} }: Declared): Shapes {
  const [, first] = Object.entries(inputs)[0];
  const [group] = parseAxes(shapeText(first)).axes;
  const [name] = Object.entries(options).find(([, { kind }]) =>
    kind === "axes"
  )!;
  const letter = group.kind === "many" ? group.letter : "";
  const shaped = (
    shape: number[],
    axes?: number[],
    keepDims?: boolean,
  ): Shaped => ({
    sizes: { groups: { [letter]: shape }, letters: {} },
    given: {
      ...axes === undefined ? {} : { [name]: axes },
      ...keepDims === undefined ? {} : { keepDims },
    },
  });
  const all = [
    shaped([]),
    shaped([], [], true),
    ...[[0], [1], [7], [97], [4099]].map((shape) => shaped(shape)),
    shaped([13], [0]),
    shaped([13], [-1], true),
    shaped([0], [0]),
    shaped([3, 5]),
    shaped([3, 5], undefined, true),
    shaped([3, 5], [0]),
    shaped([3, 5], [1]),
    shaped([3, 5], [-2], true),
    shaped([3, 5], [1, 0]),
    shaped([0, 3]),
    shaped([0, 3], [0]),
    shaped([0, 3], [1]),
    shaped([3, 0], [1], true),
    shaped([97, 2], [0]),
    shaped([2, 97], [1]),
    shaped([9, 17], [0]),
    shaped([7, 15], [1]),
    shaped([64, 96], [0]),
    shaped([64, 96], [1]),
    shaped([5, 7, 11], [0]),
    shaped([5, 7, 11], [1]),
    shaped([5, 7, 11], [-1]),
    shaped([5, 7, 11], [0, 1]),
    shaped([5, 7, 11], [2, 0]),
    shaped([5, 7, 11], [1, 2], true),
    shaped([2, 0, 3], [0, 2]),
    shaped([3, 2, 5, 7]),
    shaped([3, 2, 5, 7], [1, 3]),
    shaped([3, 2, 5, 7], [0, 2, 3], true),
    shaped([3, 2, 5, 7], [-2]),
  ];
  return { all, usual: shaped([3, 5], [1]) };
}

/** Values to try for an option, besides its default. */
function valuesOf(option: Option): unknown[] {
  if (option.kind === "flag") return [!option.default];
  if (option.kind !== "number" && option.kind !== "pair") return [];
  const tried = option.integer
    ? [0, 1, 2, 3, -1]
    : [0, 0.5, 1, 2, -0.5, 2 ** -7, 2 ** -20];
  const values = tried.filter((value) =>
    value !== option.default && isWithin(option, value)
  ).slice(0, 4);
  if (option.kind === "number") return values;
  const [h, w] = tried.filter((value) => isWithin(option, value)).slice(-2);
  return [...values.slice(0, 2), [h, w], [w, h]];
}

function isWithin(option: NumberOption | PairOption, value: number): boolean {
  const {
    above = -Infinity,
    from = -Infinity,
    below = Infinity,
    to = Infinity,
  } = fixedIn(option.range);
  return value > above && value >= from && value < below && value <= to;
}

/** The variants that change at least one of the inputs. */
function variantsOf({ inputs, outputs, backward }: Declared): Variant[] {
  const variants = new Set<Variant>();
  const special = new Set<Variant>();
  for (const [name, input] of Object.entries(inputs)) {
    if (typeof input === "object" && input.integer !== undefined) {
      if (input.integer.except !== undefined) {
        variants.add("exempt").add("all exempt");
      }
      continue;
    }
    const domain = typeof input === "object" ? input.domain ?? "any" : "any";
    const all: Variant[] = typeof domain === "object"
      ? ["ties"]
      : domain === "probability"
      ? ["tiny", "ties"]
      : domain === "distinct"
      ? ["large", "tiny", "saturating"]
      : ["large", "tiny", "saturating", "ties", "cancelling"];
    for (const variant of all) variants.add(variant);
    if (domain === "any") variants.add("zeros");
    special.add(`NaN in ${name}`);
    if (domain === "any" || domain === "positive") special.add(`∞ in ${name}`);
    if (domain === "any") special.add(`-∞ in ${name}`).add(`±∞ in ${name}`);
  }
  const names = backward === undefined ? [] : Object.keys(outputs);
  for (const name of names) {
    const dout = names.length === 1 ? "dout" : `dout.${name}`;
    special.add(`NaN in ${dout}`).add(`∞ in ${dout}`).add(`±∞ in ${dout}`);
  }
  return [...variants, ...special];
}

/** A case, unless its sizes make no sense or too many elements. */
function caseOf(
  { inputs, options = {}, outputs, broadcast }: Declared,
  sizes: Sizes,
  given: Record<string, unknown>,
  variant: Variant,
  absent: readonly string[],
): Case | undefined {
  // Required options have their usual value while another is tried.
  given = { ...neededIn(options), ...given };
  if (!areRight(options, settle(options, given))) return;
  const known = { ...sizes.letters, ...namedIn(options, given) };
  const drawn: Record<string, Drawing | null> = {};
  let elements = 0;
  for (const [i, [name, input]] of Object.entries(inputs).entries()) {
    if (absent.includes(name)) {
      drawn[name] = null;
      continue;
    }
    const shape = parseAxes(shapeText(input)).axes.flatMap((axis) =>
      axis.kind === "many" && axis.letter === broadcast && sizes.own
        ? sizes.own[i % sizes.own.length]
        : axis.kind === "many"
        ? sizes.groups[axis.letter] ?? []
        : axis.kind === "one"
        ? known[axis.letter]
        : axis.value.of(known)
    );
    if (shape.some((size) => !Number.isInteger(size) || size < 0)) return;
    const size = shape.reduce((a, b) => a * b, 1);
    elements += size;
    const domain = domainOf(input, known);
    if (
      size > 0 && typeof domain === "object" && "below" in domain &&
      domain.below <= domain.from && domain.except === undefined
    ) return; // There is no such integer.
    drawn[name] = { shape, ...domain === undefined ? {} : { domain } };
  }
  for (const { axes } of Object.values(outputs).map(parseAxes)) {
    for (const axis of axes) {
      if (axis.kind !== "size") continue;
      if (!fits(axis.value, known)) return;
    }
  }
  if (elements > MOST) return;
  return {
    name: nameOf(drawn, given, variant),
    variant,
    inputs: drawn,
    options: given,
  };
}

/** Values for the options that have no default. */
function neededIn(options: Readonly<Record<string, Option>>) {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, option]): [string, number][] =>
      (option.kind === "number" || option.kind === "pair") &&
        option.default === undefined
        ? [[name, usualOf(option)]]
        : []
    ),
  );
}

function domainOf(
  input: Input,
  known: Record<string, number>,
): Domain | undefined {
  if (typeof input === "string") return;
  if (input.integer === undefined) return input.domain;
  return integersOf(input.integer, known);
}

function integersOf(
  { from = 0, below, except }: IntegerRange,
  known: Record<string, number>,
): Integers {
  const value = (bound: number | string) =>
    typeof bound === "string" ? known[bound] : bound;
  return {
    from: value(from),
    below: below === undefined ? value(from) + 10 : value(below),
    ...except === undefined ? {} : { except: value(except) },
  };
}

/** Such as `x 3×5, axis 0, large`. */
function nameOf(
  inputs: Record<string, Drawing | null>,
  given: Record<string, unknown>,
  variant: Variant,
): string {
  const words = Object.entries(inputs).map(([name, drawing]) =>
    drawing === null
      ? `no ${name}`
      : `${name} ${drawing.shape.join("×") || "scalar"}`
  );
  for (const [name, value] of Object.entries(given)) {
    words.push(`${name} ${Array.isArray(value) ? `[${value}]` : value}`);
  }
  if (variant !== "plain") words.push(variant);
  return words.join(", ");
}
