// Copyright 2026 the Adjoint authors. MIT license.

// The functions under test, in one form whatever they take and return: how they
// are called, and what they must not do.

import {
  checkTensor,
  dtypeOf,
  isFloat,
  isSameShape,
  show,
  showShape,
} from "../core/checks.ts";
import type { Arrays, DType, F64, Shape } from "../core/types.ts";
import type { Verdict } from "./types.ts";
import { ACT, cut, showIndex } from "./words.ts";

/** The most that is shown of what a function says when it throws. */
const MAX_MESSAGE = 1000;
/** The most outputs or gradients that a function may return. */
const MAX_RESULTS = 2 ** 16;

/** A tensor of any element type. */
export interface Value<D extends Arrays[DType] = Arrays[DType]> {
  readonly shape: Shape;
  readonly data: D;
}

// deno-lint-ignore no-explicit-any -- functions of others, which may be anything
type AnyFunction = (...args: any[]) => unknown;

/** A function, and what messages call it. */
export interface Named {
  readonly f: AnyFunction;
  readonly label: string;
}

/** What a function under test did that it must not do, or what stops a check. */
export class Problem extends Error {
  /** Whether it proves a mistake, or only leaves the check without an answer. */
  readonly verdict: Exclude<Verdict, "right">;

  constructor(
    message: string,
    verdict: Exclude<Verdict, "right"> = "wrong",
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.verdict = verdict;
  }
}

/** One of several outputs. */
interface Part {
  readonly key: string | number | undefined;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly from: number;
  readonly to: number;
}

/**
 * What the forward function returns, as one list of numbers: the elements of the
 * only output, or of all of them one after the other. Outputs of integers have no
 * gradient and are left out.
 */
export interface Output {
  readonly parts: readonly Part[];
  /** The shape of the only output; of several, their elements as a vector. */
  readonly shape: Shape;
  readonly data: F64;
}

/** How the gradients are had: a function for each input, or one for all. */
export type Backward =
  | { readonly kind: "each"; readonly functions: readonly (Named | null)[] }
  | {
    readonly kind: "all";
    readonly function: Named;
    /** Whether it takes `dout` alone, and the rest from the forward function. */
    readonly isStateful: boolean;
  };

/** A forward function with its gradients. */
export class Subject {
  readonly forward: Named;
  readonly backward: Backward;
  /** What the inputs are called. */
  names: readonly string[];
  /** Whether the names were given, so that a record of gradients has them. */
  readonly #isNamed: boolean;
  /** How often the forward function has been called. */
  calls = 0;
  /** Is told the number of calls now and then. */
  readonly #progress: (calls: number) => void;

  constructor(
    forward: Named,
    backward: Backward,
    names: readonly string[],
    isNamed: boolean,
    progress: (calls: number) => void = () => {},
  ) {
    this.forward = forward;
    this.backward = backward;
    this.names = names;
    this.#isNamed = isNamed;
    this.#progress = progress;
  }

  /** What messages call the function that computes a gradient. */
  labelOf(k: number): string {
    return this.backward.kind === "all"
      ? this.backward.function.label
      : this.backward.functions[k]?.label ?? "";
  }

  /** The output, of copies of the inputs but one that nobody else needs. */
  output(inputs: readonly Value[], changed?: Changed, own?: number): Output {
    if (++this.calls % 1024 === 0) this.#progress(this.calls);
    const result = call(this.forward, inputs, changed, "cannot tell", own);
    return flatten(this.forward.label, result);
  }

  /** The output elsewhere, where the function may well refuse to work. */
  tryOutput(inputs: readonly Value[]): Output | undefined {
    try {
      return this.output(inputs);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return undefined;
    }
  }

  /** The gradient with respect to one input, if the functions bear it. */
  gradient(
    k: number,
    inputs: readonly Value[],
    dout: Output,
  ): Value<F64> | undefined {
    return this.gradients(inputs, dout, () => {}, undefined, k)[k];
  }

  /**
   * The gradients, those that there are, or one of them. Each problem is told, and
   * does not keep the others from being computed.
   */
  gradients(
    inputs: readonly Value[],
    dout: Output,
    tell: (problem: Problem) => void,
    changed?: Changed,
    only?: number,
  ): (Value<F64> | undefined)[] {
    const given = unflatten(dout);
    const tried = <T>(part: () => T): T | undefined => {
      try {
        return part();
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        tell(error);
        return undefined;
      }
    };
    const { backward } = this;
    if (backward.kind === "each") {
      return backward.functions.map((f, k) =>
        f === null || k !== (only ?? k)
          ? undefined
          : tried(() => toValue(f.label, call(f, [...inputs, given], changed)))
      );
    }
    const f = backward.function;
    return tried(() => {
      if (backward.isStateful) this.output(inputs);
      const args = backward.isStateful ? [given] : [...inputs, given];
      const result = call(f, args, changed);
      return this.#sort(f.label, result, inputs);
    }) ?? inputs.map(() => undefined);
  }

  /** Which gradient belongs to which input, of those that one function returns. */
  #sort(
    label: string,
    result: unknown,
    inputs: readonly Value[],
  ): (Value<F64> | undefined)[] {
    const floats = Array.from(inputs.keys())
      .filter((k) => isFloat(dtypeOf(inputs[k])));
    const toGradient = (value: unknown) =>
      value === null || value === undefined ? undefined : toValue(label, value);
    if (isValue(result)) {
      if (floats.length !== 1) {
        throw new Problem(
          `${label} must return a gradient for each input, in a list or a record: it returns one for ${floats.length}`,
        );
      }
      return inputs.map((_, k) =>
        k === floats[0] ? toGradient(result) : undefined
      );
    }
    const entries = entriesOf(result);
    if (entries === undefined) {
      ignore(result);
      throw new Problem(
        `${label} must return gradients, a tensor { shape, data } for each input: it returns ${
          show(result)
        }`,
      );
    }
    if (Array.isArray(result)) {
      // Nothing for the inputs without a gradient, or none for those of integers.
      const places = entries.length === inputs.length
        ? Array.from(inputs.keys())
        : floats;
      if (entries.length !== places.length) {
        throw new Problem(
          `${label} must return a gradient for each input: it returns ${entries.length} for ${inputs.length}`,
        );
      }
      return inputs.map((_, k) => {
        const at = places.indexOf(k);
        return at < 0 ? undefined : toGradient(entries[at][1]);
      });
    }
    const keys = entries.map(([key]) => `${key}`);
    if (!this.#isNamed) {
      if (keys.length !== floats.length) {
        throw new Problem(
          `${label} must return a gradient for each input, or names must be given: it returns ${
            cut(keys.slice(0, 9).map((key) => cut(key)).join(", "))
          } for ${floats.length}`,
        );
      }
      this.names = this.names.map((name, k) =>
        floats.includes(k) ? cut(keys[floats.indexOf(k)]) : name
      );
    }
    const strange = keys.find((key) => !this.names.includes(cut(key)));
    if (strange !== undefined) {
      throw new Problem(
        `${label} must return gradients by the names of the inputs, ${
          this.names.join(", ")
        }: it returns one for ${cut(strange)}`,
      );
    }
    return this.names.map((name) => {
      const found = entries.find(([key]) => cut(`${key}`) === name);
      return toGradient(found?.[1]);
    });
  }
}

/** Is told what a function made of an argument, by its place. */
type Changed = (label: string, place: number, how: string) => void;

/** Calls a function with copies of the tensors, and says which of them it changed. */
function call(
  { f, label }: Named,
  args: readonly unknown[],
  changed: Changed | undefined,
  verdict: Problem["verdict"] = "wrong",
  own?: number,
): unknown {
  const copies = args.map((x, place) => place === own ? x : copyOf(x));
  let result: unknown;
  try {
    result = f(...copies);
  } catch (cause) {
    const message = `${label} throws ${showThrown(cause)}`;
    throw new Problem(message, verdict, { cause });
  }
  for (const [place, arg] of changed ? args.entries() : []) {
    const how = changeOf(arg, copies[place]);
    if (how !== undefined) changed!(label, place, how);
  }
  return result;
}

/** A copy of a tensor, or of a list or a record of them. */
function copyOf(value: unknown): unknown {
  if (isValue(value)) {
    return { shape: [...value.shape], data: value.data.slice() };
  }
  if (Array.isArray(value)) return value.map(copyOf);
  return Object.fromEntries(
    Object.entries(value as object).map(([key, x]) => [key, copyOf(x)]),
  );
}

/** Whether something has the form of a tensor; it may still be none. */
function isValue(value: unknown): value is Value {
  try {
    return typeof value === "object" && value !== null &&
      ("shape" in value && "data" in value);
  } catch {
    return false;
  }
}

/** The elements of a list or a plain record; undefined for anything else. */
function entriesOf(
  value: unknown,
): [key: string | number, value: unknown][] | undefined {
  try {
    if (Array.isArray(value)) {
      const { length } = value;
      return length <= MAX_RESULTS
        ? Array.from({ length }, (_, i) => [i, value[i]])
        : undefined;
    }
    const isRecord = typeof value === "object" && value !== null &&
      !ArrayBuffer.isView(value) &&
      Object.prototype.toString.call(value) === "[object Object]";
    return isRecord ? Object.entries(value) : undefined;
  } catch {
    return undefined; // A proxy, or a getter that throws.
  }
}

/** A gradient, copied into float64: the same buffer may be returned every time. */
function toValue(label: string, result: unknown): Value<F64> {
  const { shape, data } = checked(`the result of ${label}`, result);
  return { shape, data: new Float64Array(data) };
}

function checked(what: string, value: unknown) {
  try {
    return checkTensor(ACT, what, value as Value);
  } catch (error) {
    ignore(value);
    throw new Problem((error as Error).message);
  }
}

/** The outputs as one list; a list or a record may hold several. */
function flatten(label: string, result: unknown): Output {
  const several = isValue(result) ? undefined : entriesOf(result);
  const isSeveral = several !== undefined && several.length > 0 &&
    several.every(([, value]) => isValue(value));
  const values = (isSeveral ? several : [[undefined, result]] as const)
    .map(([key, value]) => {
      const what = key === undefined
        ? `the result of ${label}`
        : `result ${key} of ${label}`;
      return [key, checked(what, value)] as const;
    });
  let size = 0;
  const parts = values.map(([key, { shape, dtype, size: own }]): Part => {
    const from = size;
    if (isFloat(dtype)) size += own;
    return { key, shape, dtype, from, to: size };
  });
  const data = new Float64Array(size);
  for (const [p, { from, to }] of parts.entries()) {
    if (to > from) data.set(values[p][1].data, from);
  }
  return { parts, shape: isSeveral ? [size] : parts[0].shape, data };
}

/** A `dout` in the form of the outputs. */
function unflatten({ parts, data }: Output): unknown {
  const values = parts.map(({ key, shape, from, to, dtype }) =>
    [key, {
      shape,
      data: isFloat(dtype)
        ? data.slice(from, to)
        : new Float64Array(shape.reduce((n, d) => n * d, 1)),
    }] as const
  );
  if (parts[0].key === undefined) return values[0][1];
  return typeof parts[0].key === "number"
    ? values.map(([, value]) => value)
    : Object.fromEntries(values);
}

/** Reads a `dout` that was given, which must have the form of the outputs. */
export function readDout(given: unknown, output: Output): Output {
  const dout = withMessage(() => flatten("dout", given));
  const describe = ({ parts }: Output) =>
    parts.map(({ key, shape }) =>
      `${key === undefined ? "" : `${key}: `}${showShape(shape)}`
    ).join(", ");
  if (!isSameForm(dout, output)) {
    throw new TypeError(
      `Cannot ${ACT} as dout must have the shape of the output: dout is ${
        describe(dout)
      }, the output is ${describe(output)}`,
    );
  }
  const bad = dout.data.findIndex((d) => !Number.isFinite(d));
  if (bad >= 0) {
    throw new RangeError(
      `Cannot ${ACT} as every element of dout must be finite: element ${
        showIndex(bad, dout.shape)
      } is ${dout.data[bad]}`,
    );
  }
  if (dout.data.length > 0 && dout.data.every((d) => d === 0)) {
    throw new RangeError(
      `Cannot ${ACT} as dout must not be zero everywhere: every gradient would be right`,
    );
  }
  return { ...output, data: dout.data };
}

/** A problem of what was given is an error of the caller. */
function withMessage<T>(part: () => T): T {
  try {
    return part();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new TypeError(error.message.replace("the result of dout", "dout"));
  }
}

/** Whether two outputs are of the same shapes, under the same names. */
export function isSameForm(a: Output, b: Output): boolean {
  return a.parts.length === b.parts.length &&
    a.parts.every(({ key, shape }, p) =>
      key === b.parts[p].key && isSameShape(shape, b.parts[p].shape)
    );
}

/** In words, where two values first differ; every bit counts. */
export function difference(
  before: Value,
  after: Value,
): string | undefined {
  if (!isSameShape(before.shape, after.shape)) {
    return `its shape was ${showShape(before.shape)}, is ${
      showShape(after.shape)
    }`;
  }
  const i = before.data.findIndex((v, i) => !Object.is(v, after.data[i]));
  if (i < 0) return undefined;
  const show = (v: number) => Object.is(v, -0) ? "-0" : `${v}`;
  return `element ${showIndex(i, before.shape)} was ${
    show(before.data[i])
  }, is ${show(after.data[i])}`;
}

/** In words, what a function made of an argument, which may be anything now. */
function changeOf(given: unknown, left: unknown): string | undefined {
  try {
    if (isValue(given)) {
      return difference(given, checkTensor(ACT, "it", left as Value));
    }
    return difference(flatten("it", given), flatten("it", left));
  } catch {
    return "it is no longer a tensor";
  }
}

/**
 * The report says of an asynchronous function that it returns a promise. Nobody waits
 * for the promise, so its rejection must not end the process.
 */
function ignore(result: unknown): void {
  try {
    if (result instanceof Promise) result.then(undefined, () => {});
  } catch {
    // A proxy, or a promise that does not say what it is.
  }
}

/** What was thrown, which may be anything, in a few words. */
function showThrown(cause: unknown): string {
  try {
    if (cause instanceof Error) {
      const { name, message } = cause;
      return `${cut(`${name}`)}: ${cut(`${message}`, MAX_MESSAGE)}`;
    }
  } catch {
    // Its name or message cannot be read.
  }
  return show(cause);
}

/** The name of a function; nothing where it has none that is a text. */
export function nameOf(f: unknown): string {
  try {
    const name: unknown = (f as AnyFunction | null)?.name;
    return typeof name === "string" ? cut(name) : "";
  } catch {
    return ""; // A proxy, or a getter that throws.
  }
}
