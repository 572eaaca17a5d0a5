// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Draws the tensors that PyTorch's results are stored for, so that only their
 * seed has to be stored.
 *
 * The same seed must give the same bits on every machine, so there is no
 * logarithm and no sine here: libraries differ in their last bits. All numbers
 * are dyadic uniforms k/2ʲ, or made of them by arithmetic that IEEE 754 rounds in
 * one way only. Those of float32 have 24 significant bits, those of float64 53.
 *
 * @module
 */

import type { Drawn, FloatType } from "../proof/goldens.ts";

export type { Drawn, FloatType } from "../proof/goldens.ts";

/** A stream of integers below 2³². */
export type Random = () => number;

/**
 * SplitMix with 32-bit arithmetic: a counter in steps of the golden ratio, each
 * value of which is hashed.
 */
export function randomFrom(seed: number): Random {
  let counter = seed | 0;
  return () => {
    counter = counter + 0x9e3779b9 | 0;
    let z = counter;
    z = Math.imul(z ^ z >>> 16, 0x21f0aaad);
    z = Math.imul(z ^ z >>> 15, 0x735a2d97);
    return (z ^ z >>> 15) >>> 0;
  };
}

/** A seed made of words (FNV-1a), so that a new case changes no other one. */
export function seedOf(...words: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const char of words.join("\n")) {
    hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  }
  return hash >>> 0;
}

/** The domain of an input's numbers; any number by default. */
export type Domain =
  | "any"
  | "positive"
  | "distinct"
  | "probability"
  | readonly [from: number, to: number]
  | Integers;

/** Integers of a range, and one value that is exempt from it. */
export interface Integers {
  readonly from: number;
  readonly below: number;
  readonly except?: number;
}

/**
 * What is special about all tensors of a case, as far as their domains allow it.
 *
 * | variant      | numbers                                                  |
 * | ------------ | -------------------------------------------------------- |
 * | `plain`      | [−4, 4)                                                  |
 * | `large`      | [−2¹⁴, 2¹⁴)                                              |
 * | `tiny`       | [−2⁻¹⁸, 2⁻¹⁸)                                            |
 * | `saturating` | [−64, 64)                                                |
 * | `ties`       | −2, −1, −0, 0, 1 and 2                                   |
 * | `cancelling` | the same number but for its last bits                    |
 * | `exempt`     | plain, but every third label has the exempt value        |
 * | `all exempt` | plain, but all labels have the exempt value              |
 * | `zeros`      | −0                                                       |
 *
 * There are also `NaN in x`, `∞ in x`, `-∞ in x` and `±∞ in x`, for each input
 * and for `dout`: ties, and these values at one place of the tensor that is
 * named.
 */
export const VARIANTS = [
  "plain",
  "large",
  "tiny",
  "saturating",
  "ties",
  "cancelling",
  "exempt",
  "all exempt",
  "zeros",
] as const;

/** The values of special variants. */
export const SPECIALS = {
  "NaN": [NaN],
  "∞": [Infinity],
  "-∞": [-Infinity],
  "±∞": [Infinity, -Infinity],
} as const;

/** One of them. */
export type Variant =
  | typeof VARIANTS[number]
  | `${keyof typeof SPECIALS} in ${string}`;

/** The variant of one tensor of a case, and the special values to put into it. */
export function variantOf(variant: Variant, tensor: string): {
  variant: Variant;
  values: readonly number[];
} {
  const [special, named] = variant.split(" in ");
  if (named === undefined) return { variant, values: [] };
  const values = SPECIALS[special as keyof typeof SPECIALS];
  return { variant: "ties", values: named === tensor ? values : [] };
}

/** Tells whether a text is the name of a variant. */
export function isVariant(text: unknown): text is Variant {
  if (typeof text !== "string") return false;
  return VARIANTS.some((known) => known === text) ||
    Object.keys(SPECIALS).some((special) => text.startsWith(`${special} in `));
}

/** How much larger than plain numbers those of a variant are. */
const SCALE: Partial<Record<Variant, number>> = {
  large: 2 ** 12,
  tiny: 2 ** -20,
  saturating: 2 ** 4,
};

/**
 * Draws a tensor. Integers are int32, whatever the element type is.
 *
 * @param values The special values to put into it, one after another, at random
 * places.
 */
export function draw(
  seed: number,
  shape: readonly number[],
  dtype: FloatType,
  domain: Domain = "any",
  variant: Variant = "plain",
  values: readonly number[] = [],
): Drawn {
  const random = randomFrom(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  if (isIntegers(domain)) {
    const data = new Int32Array(size);
    for (let i = 0; i < size; i++) {
      data[i] = integer(random, domain, variant, i);
    }
    return { shape: [...shape], data };
  }
  const data = dtype === "float32"
    ? new Float32Array(size)
    : new Float64Array(size);
  if (domain === "distinct") {
    const spacing = 2 ** (Math.clz32(size) - 29);
    const scale = spacing * (SCALE[variant] ?? 1);
    const order = permutation(random, size);
    for (let i = 0; i < size; i++) {
      data[i] = (order[i] - Math.floor(size / 2)) * scale;
    }
  } else {
    for (let i = 0; i < size; i++) {
      data[i] = number(random, dtype, domain, variant);
    }
  }
  const place = below(random, size);
  values.forEach((value, i) => data[(place + i) % size] = value);
  return { shape: [...shape], data };
}

function isIntegers(domain: Domain): domain is Integers {
  return typeof domain === "object" && "below" in domain;
}

/** An integer of [0, count). */
export function below(random: Random, count: number): number {
  return Math.floor(random() * count / 2 ** 32); // exact while count ≤ 2²¹
}

/** A number in [0, 1) with as many bits as its type can hold. */
function unit(random: Random, dtype: FloatType): number {
  const high = random();
  if (dtype === "float32") return (high >>> 8) / 2 ** 24;
  return (high * 2 ** 21 + (random() >>> 11)) / 2 ** 53;
}

function integer(
  random: Random,
  { from, below: end, except }: Integers,
  variant: Variant,
  i: number,
): number {
  const value = from + below(random, end - from);
  if (except === undefined) return value;
  const exempt = variant === "all exempt" || end <= from ||
    variant === "exempt" && i % 3 === 1;
  return exempt ? except : value;
}

function number(
  random: Random,
  dtype: FloatType,
  domain: Exclude<Domain, Integers | "distinct">,
  variant: Variant,
): number {
  const pick = (...values: number[]) => values[below(random, values.length)];
  const scale = SCALE[variant] ?? 1;
  if (typeof domain === "object") {
    const [from, to] = domain;
    if (variant === "ties") return pick(from, to);
    return from + (to - from) * unit(random, dtype);
  }
  if (domain === "probability") {
    if (variant === "ties") return pick(0, 0.5, 1);
    return unit(random, dtype) * Math.min(scale, 1);
  }
  if (variant === "cancelling") {
    const step = below(random, 16);
    return dtype === "float32" ? 1 + step * 2 ** -23 : 8192 + step * 2 ** -24;
  }
  if (domain === "positive") {
    if (variant === "ties") return pick(1, 2);
    return 4 * scale * (1 - unit(random, dtype));
  }
  if (variant === "ties") return pick(-2, -1, -0, 0, 1, 2);
  if (variant === "zeros") return -0;
  return scale * (8 * unit(random, dtype) - 4);
}

/** The numbers below a count, in a random order. */
function permutation(random: Random, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = below(random, i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/**
 * The places of the elements to keep of a tensor: all of them, or `kept`, one at
 * random from each of as many equal parts.
 */
export function placesOf(
  seed: number,
  size: number,
  kept: number,
): Uint32Array {
  if (size <= kept) return Uint32Array.from({ length: size }, (_, i) => i);
  const random = randomFrom(seed);
  const start = (part: number) => Math.ceil(part * size / kept);
  return Uint32Array.from(
    { length: kept },
    (_, part) => start(part) + below(random, start(part + 1) - start(part)),
  );
}
