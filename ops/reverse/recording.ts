// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What is written down while a function runs, and the tensors that stand for those
 * that depend on its arguments.
 *
 * @module
 */

import { checkTensor, isFloat, show, showShape } from "../core/checks.ts";
import type { Float, Shape, Tensor } from "../core/types.ts";
import { isTensor, map, tensorsIn } from "./trees.ts";
import type { Pair } from "./types.ts";

/** A call of an operation; the tensors in it are recorded ones, or constants. */
export interface Step {
  readonly pair: Pair;
  readonly args: readonly unknown[];
  readonly result: unknown;
}

/** What one call of a function that is differentiated has done. */
export interface Recording {
  readonly steps: Step[];
  readonly tensors: Recorded[];
  isOver: boolean;
}

/** A tensor that depends on an argument, in the place of the tensor itself. */
export class Recorded {
  /** ∂E/∂V, as far as the walk has come. */
  gradient: Tensor<Shape, Float> | undefined;
  /** Whether nobody else has the memory of the gradient. */
  isOurs = false;
  readonly value: Tensor<Shape, Float>;
  readonly recording: Recording;

  constructor(value: Tensor<Shape, Float>, recording: Recording) {
    this.value = value;
    this.recording = recording;
    recording.tensors.push(this);
  }

  get shape(): Shape {
    return this.value.shape;
  }

  /** An operation that is not recorded would read them. */
  get data(): never {
    throw new TypeError(
      "Cannot read the numbers of a tensor that is recorded as they would have no gradient: call a function made by record, or read those of stopGradient(x)",
    );
  }
}

/** The tensors of it that are recorded. */
export function recordedIn(x: unknown): Recorded[] {
  return tensorsIn(x).filter((x) => x instanceof Recorded);
}

/** The tensors themselves, in the places of recorded ones. */
export function valuesOf(x: unknown): unknown {
  return map(x, (x) => x instanceof Recorded ? x.value : x);
}

/** An argument or a result, with its tensors of floats recorded. */
export function recordAll(
  act: string,
  what: string,
  x: unknown,
  recording: Recording,
): unknown {
  return map(x, (x, path) => {
    if (x instanceof Recorded) {
      throw new TypeError(
        `Cannot ${act} as ${what}${path} must be a plain tensor: it is recorded by another call, and gradients of gradients are not computed`,
      );
    }
    const { shape, data, dtype } = checkTensor(act, what + path, x);
    return isFloat(dtype)
      ? new Recorded({ shape, data } as Tensor<Shape, Float>, recording)
      : x;
  }, (x, path) => {
    if (typeof x !== "object" || x === null) return x;
    throw new TypeError(
      `Cannot ${act} as ${what}${path} must be a tensor, a list or a plain record of them, or a constant: it is ${
        show(x)
      }`,
    );
  });
}

/** The recording that arguments belong to; undefined, if they are constants. */
export function recordingOf(
  act: string,
  args: readonly unknown[],
  count: number,
): Recording | undefined {
  let found: Recording | undefined;
  args.forEach((arg, i) =>
    map(arg, (x, path) => {
      if (!(x instanceof Recorded)) return;
      const must = x.recording.isOver
        ? "belong to the call that runs: it is left from one that is over"
        : found !== undefined && found !== x.recording
        ? "belong to one call: it is of another one than those before it"
        : i >= count
        ? "be a constant there: give stopGradient of it"
        : undefined;
      if (must !== undefined) {
        const where = i < count ? `argument ${i + 1}` : "the options";
        throw new TypeError(`Cannot ${act} as ${where}${path} must ${must}`);
      }
      found = x.recording;
    })
  );
  const out = (args[count] as { out?: unknown } | undefined)?.out;
  if (found === undefined || out === undefined) return found;
  throw new TypeError(
    `Cannot ${act} as its result must stay as it is until the gradients are computed: options.out is given`,
  );
}

/** Checks what is said of an operation. */
export function checkPair({ op, opD, inputs }: Pair): void {
  const check = (what: string, must: string, found: unknown, is: boolean) => {
    if (is) return;
    throw new TypeError(
      `Cannot record as ${what} must be ${must}: it is ${show(found)}`,
    );
  };
  check("op", "a function", op, typeof op === "function");
  check(
    "opD",
    "a function",
    opD,
    opD === undefined || typeof opD === "function",
  );
  const areNames = Array.isArray(inputs) &&
    inputs.every((name) => typeof name === "string");
  check("inputs", "an array of names", inputs, areNames);
}

/** Checks the places of arguments. */
export function checkPlaces(act: string, wrt: unknown): void {
  const arePlaces = Array.isArray(wrt) && new Set(wrt).size === wrt.length &&
    wrt.every((i) => Number.isSafeInteger(i) && i >= 0);
  if (wrt === undefined || arePlaces) return;
  throw new TypeError(
    `Cannot ${act} as wrt must be an array of places, from 0 on, each once: it is ${
      show(wrt)
    }`,
  );
}

/** Checks that what a function has returned is a loss that it has computed. */
export function checkLoss(
  act: string,
  loss: unknown,
  recording: Recording,
): asserts loss is Recorded {
  const wrong = !(loss instanceof Recorded)
    ? isTensor(loss)
      ? "it depends on no argument by functions that record has made"
      : `it is ${show(loss)}`
    : loss.recording !== recording
    ? "it is of another call"
    : !recording.steps.some(({ result }) => recordedIn(result).includes(loss))
    ? "it is an argument of the function, as it was given"
    : loss.shape.length > 0
    ? `it is ${showShape(loss.shape)}`
    : undefined;
  if (wrong === undefined) return;
  throw new TypeError(
    `Cannot ${act} as the function must return a scalar that it has computed: ${wrong}`,
  );
}
