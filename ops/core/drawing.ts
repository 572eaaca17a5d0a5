// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What all functions that draw random tensors share: the checks of their arguments,
 * and the bits that each element is made of.
 *
 * @module
 */

import {
  badType,
  checkSameShape,
  checkShape,
  product,
  show,
  showShape,
  sizeOf,
} from "./checks.ts";
import { checkFloats, readOptions } from "./lists.ts";
import { checkOption, integer, type NumberOption } from "./options.ts";
import { type Stream, streamOf } from "./philox.ts";
import { quantile } from "./quantile.ts";
import { allocateResult } from "./results.ts";
import type { Arrays, Float, Shape, Tensor } from "./types.ts";

/** The names of the element types that can be drawn.
 *
 * @example Usage
 * ```ts
 * import { type FloatName, uniform } from "@adjoint/ops/uniform";
 *
 * const dtype: FloatName = "float64";
 * const x = uniform([2], { seed: 1, dtype });
 * ```
 */
export type FloatName = "float32" | "float64";

/** The array of an element type that is asked for, of float32 where none is.
 *
 * @typeParam T The name of the element type.
 *
 * @example Usage
 * ```ts
 * import type { DrawnData } from "@adjoint/ops/uniform";
 *
 * const data: DrawnData<undefined> = new Float32Array(2);
 * ```
 */
export type DrawnData<T extends FloatName | undefined> = T extends FloatName
  ? Arrays[T]
  : Arrays["float32"];

/** The options of all functions that draw numbers.
 *
 * @typeParam S The shape.
 * @typeParam T The name of the element type.
 *
 * @example Usage
 * ```ts
 * import type { RandomOptions } from "@adjoint/ops/uniform";
 *
 * const options: RandomOptions = { seed: 7 };
 * ```
 */
export interface RandomOptions<
  S extends Shape = Shape,
  T extends FloatName | undefined = FloatName | undefined,
> {
  /** The seed, which determines all bits: an integer from 0 to 2⁵³ − 1; required. */
  seed: number;
  /** The element type; float32 by default. */
  dtype?: T | undefined;
  /** A tensor to write to and to return; a new one by default. */
  out?: Tensor<S, DrawnData<T>> | undefined;
}

/** A tensor to be filled, and what with. */
export interface Drawing {
  readonly shape: readonly number[];
  readonly tensor: Tensor<Shape, Float>;
  readonly data: Float;
  readonly size: number;
  readonly isWide: boolean;
  /** The random words of the seed. */
  readonly words: Stream;
  /** The values of the options that are numbers. */
  readonly values: Readonly<Record<string, number>>;
}

const SEED = integer(undefined, { from: 0 });

/** Checks the arguments of a call; each sequence of a seed has its own stream. */
export function drawing(
  act: string,
  shape: unknown,
  options: unknown,
  numbers: Readonly<Record<string, NumberOption>>,
  stream: number,
): Drawing {
  const dims = checkShape(act, "shape", shape);
  const size = sizeOf(act, "shape", dims);
  const names = Object.keys(numbers);
  const known = ["seed", ...names, "dtype"];
  const { values: given, rest } = readOptions(act, options, known, "");
  const seed = checkOption(act, "seed", SEED, given.seed) as number;
  const values = Object.fromEntries(
    names.map((name) => [
      name,
      checkOption(act, name, numbers[name], given[name]) as number,
    ]),
  );
  const dtype = given.dtype ?? "float32";
  if (dtype !== "float32" && dtype !== "float64") {
    throw new TypeError(
      `Cannot ${act} as dtype must be float32 or float64: it is ${show(dtype)}`,
    );
  }
  const words = streamOf(seed, stream), isWide = dtype === "float64";
  const common = { shape: dims, size, isWide, words, values };
  if (rest.out === undefined) {
    const data = allocateResult(act, dtype, size);
    return { ...common, tensor: { shape: dims, data }, data };
  }
  const out = checkFloats(act, "out", rest.out);
  checkSameShape(act, "out", out.shape, "the result", dims);
  if (out.dtype !== dtype) {
    throw badType(act, "the result", dtype, "out", out.dtype);
  }
  const tensor = rest.out as Tensor<Shape, Float>;
  return { ...common, tensor, data: out.data };
}

/** 53 random bits for the element `i`, a whole number below 2⁵³. */
export function bitsOf(words: Stream, i: number): number {
  return words(2 * i) * 2 ** 21 + (words(2 * i + 1) >>> 11);
}

/**
 * Fills a tensor with uniform numbers from `low` and below `high`: of as many bits
 * as its element type has.
 */
export function fillUniform(
  { data, size, isWide, words }: Drawing,
  low: number,
  high: number,
): void {
  for (let i = 0; i < size; i++) {
    const u = isWide ? bitsOf(words, i) / 2 ** 53 : (words(i) >>> 8) / 2 ** 24;
    data[i] = low + (high - low) * u;
    // Rounded to the number that must not be reached.
    if (data[i] >= high && low < high) data[i] = low;
  }
}

/** Fills a tensor with normal numbers of a mean and a standard deviation. */
export function fillNormal(
  { data, size, words }: Drawing,
  mean: number,
  std: number,
): void {
  for (let i = 0; i < size; i++) {
    data[i] = mean + std * quantile(bitsOf(words, i));
  }
}

/**
 * How many numbers go into an output of a layer with weights of this shape, and how
 * many outputs an input goes into: the weights are outputs × inputs × window.
 */
export function fansOf(
  act: string,
  shape: readonly number[],
): { into: number; outOf: number } {
  if (shape.length < 2) {
    throw new TypeError(
      `Cannot ${act} as shape must have two dimensions or more, those of the outputs and of the inputs first: it is ${
        showShape(shape)
      }`,
    );
  }
  const window = product(shape.slice(2));
  return { into: shape[1] * window, outOf: shape[0] * window };
}
