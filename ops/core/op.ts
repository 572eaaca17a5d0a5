// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # From a signature to functions
 *
 * An operation's module declares one signature: its inputs, options and outputs
 * in the letters of its page, and the loops that compute them. What every call
 * needs besides follows from it: the checks of kinds, ranks, shapes, element
 * types and options, their messages, `out`, overlap, broadcasting, axes counted
 * from either end, and the choice of a kernel.
 *
 * ```text
 *   softmax(x, { axis: 0 })
 *     │ check            x is a tensor of floats; axis 0 is one of its axes
 *     │ bind   "n… m p…" n = 1, m = 4, p = 3 for a tensor of 4×3
 *     │ out              a new tensor, or options.out, which must fit
 *     ▼
 *   forward({ x, y, n, m, p })    the loop of the page
 * ```
 *
 * Every check is made before any work, and nothing is written before the last of
 * them. An argument may be anything that JavaScript can make: a getter or a proxy
 * may throw, or answer otherwise when it is asked again. So every property is
 * read once, and the work is done with what was read.
 *
 * @module
 */

import { type Axes, type Axis, broadcast, parseAxes } from "./axes.ts";
import {
  allocate,
  badType,
  checkApart,
  type Checked,
  checkLength,
  checkSameShape,
  checkTensor,
  isFloat,
  isOptions,
  lengthOfArray,
  product,
  read,
  show,
  showShape,
  sizeOf,
} from "./checks.ts";
import {
  checkAxes,
  checkAxis,
  checkOption,
  hasKeepDims,
  isBounded,
  misfitOf,
  type Option,
  type PairOption,
  partsOf,
} from "./options.ts";
import { fill, piece, write } from "./arrays.ts";
import {
  addAt,
  eachPart,
  expand,
  permute,
  sumInto,
  unpermute,
} from "./views.ts";
import type { DType, Float, Integers, Shape, Tensor } from "./types.ts";

/** How tests draw an input, where not every number will do: above 0, no two
 * equal, in [0, 1], or between two bounds. No call checks it. */
export type Domain =
  | "positive"
  | "distinct"
  | "probability"
  | readonly [from: number, to: number];

/** The range of an integer input; bounds may be letters or options. */
export interface IntegerRange {
  /** The least value. */
  readonly from?: number | string;
  /** The value that all must be below. */
  readonly below?: number | string;
  /** A value that is exempt from the range. */
  readonly except?: number | string;
}

/** A declared input: its shape alone, or more. */
export type Input = string | {
  /** The axes, in letters. */
  readonly shape: string;
  /** Integers, which have no gradient. */
  readonly integer?: IntegerRange;
  /** Whether it may be null. */
  readonly optional?: boolean;
  /** How tests draw it; any numbers by default. */
  readonly domain?: Domain;
};

/** What an operation declares.
 *
 * @typeParam I The inputs, by name.
 * @typeParam O The shapes of the outputs, by name.
 * @typeParam P The options, by name.
 */
export interface Spec<
  I extends Readonly<Record<string, Input>> = Readonly<Record<string, Input>>,
  O extends Readonly<Record<string, string>> = Readonly<Record<string, string>>,
  P extends Readonly<Record<string, Option>> = Readonly<Record<string, Option>>,
> {
  /** What it is doing, in its messages: "compute softmax" by default. */
  readonly does?: string;
  /** The inputs, in the order of the parameters. */
  readonly inputs: I;
  /** What it takes besides tensors. */
  readonly options?: P;
  /** The outputs; where there is one, it is the result itself. One that has the
   * name of an input, `h`, is `hNext` in the loops. */
  readonly outputs: O;
  /** The letter of leading axes, `b` of `b… m n`, that inputs need not share: each
   * has its own, or none, and they are broadcast. Nothing is copied for it: where
   * they differ, the loops run once for each part that all tensors have in full,
   * and what an input has in several parts gets the sum of its gradients. */
  readonly broadcast?: string;
  // Methods, as an environment is checked where the loops are written.
  /** Writes the outputs. */
  forward(frame: ForwardEnv<I, O, P>): void;
  /** Writes those gradients that are asked for: the others are undefined. */
  backward?(frame: BackwardEnv<I, O, P>): void;
  /** Faster ways to the same results, used in place of the loops. */
  readonly kernels?: {
    forward?(frame: ForwardEnv<I, O, P>): void;
    backward?(frame: BackwardEnv<I, O, P>): void;
  };
}

/** The letters of a declared shape.
 *
 * @typeParam S The shape, or a list of inputs' shapes as a union.
 */
export type Letters<S> = S extends
  | `${infer A} ${infer B}`
  | `${infer A}+${infer B}`
  | `${infer A}-${infer B}`
  | `${infer A}*${infer B}`
  | `${infer A}/${infer B}`
  | `${infer A}(${infer B}`
  | `${infer A})${infer B}` ? Letters<A> | Letters<B>
  : S extends `${infer L}…` ? L
  : S extends "∨" ? never
  : S extends `${number}` | "" ? never
  : S & string;

/** The names of the two values of a pair.
 *
 * @typeParam P The option, or several as a union.
 */
export type Halves<P> = P extends PairOption<infer A, infer B> ? A | B : never;

/** What both loops see: arrays of the inputs, sizes and options, by name.
 *
 * @typeParam I The inputs.
 * @typeParam O The outputs.
 * @typeParam P The options.
 */
export type Env<
  I extends Readonly<Record<string, Input>>,
  O extends Readonly<Record<string, string>>,
  P extends Readonly<Record<string, Option>>,
> =
  & {
    [K in keyof I]:
      | (I[K] extends { integer: IntegerRange } ? Integers : Float)
      | (I[K] extends { optional: true } ? undefined : never);
  }
  & Record<
    | Letters<
      {
        [K in keyof I]: I[K] extends { shape: infer S } ? S : I[K];
      }[keyof I]
    >
    | Letters<O[keyof O]>,
    number
  >
  & {
    [
      K in keyof P as P[K]["kind"] extends "axis" | "axes" | "pair" ? never : K
    ]: P[K]["kind"] extends "flag" ? boolean : number;
  }
  & Record<Halves<P[keyof P]>, number>;

/** What the forward loop sees: the outputs, to write to, besides.
 *
 * @typeParam I The inputs.
 * @typeParam O The outputs.
 * @typeParam P The options.
 */
export type ForwardEnv<
  I extends Readonly<Record<string, Input>>,
  O extends Readonly<Record<string, string>>,
  P extends Readonly<Record<string, Option>>,
> = Env<I, O, P> & { [K in keyof O as InLoop<K, I>]: Float };

/** What a loop calls an output: by its name, but where an input has that name,
 * too, as a cell's state `h` becomes the next one, `hNext`.
 *
 * @typeParam K The name of the output.
 * @typeParam I The inputs.
 */
export type InLoop<K, I> = K extends keyof I ? `${K & string}Next` : K;

/** Whether a type is a union of several.
 *
 * @typeParam T The type.
 * @typeParam U The same; not to be given.
 */
export type IsUnion<T, U = T> = T extends unknown
  ? [U] extends [T] ? false : true
  : never;

/** What the backward loop sees: `dy` for the output y, `dx` to write to, besides.
 *
 * @typeParam I The inputs.
 * @typeParam O The outputs.
 * @typeParam P The options.
 */
export type BackwardEnv<
  I extends Readonly<Record<string, Input>>,
  O extends Readonly<Record<string, string>>,
  P extends Readonly<Record<string, Option>>,
> =
  & Env<I, O, P>
  & { [K in keyof O as `d${InLoop<K, I> & string}`]: Float }
  & {
    [
      K in keyof I as I[K] extends { integer: IntegerRange } ? never
        : `d${K & string}`
    ]: IsUnion<
      {
        [L in keyof I]: I[L] extends { integer: IntegerRange } ? never : L;
      }[keyof I]
    > extends true ? Float | undefined : Float;
  };

// Between declaration and call, names are only strings.
type Names = Record<string, Float | Integers | number | boolean | undefined>;
type Loop = (frame: Names) => void;

/** An operation that has been declared: its functions, and what tests read. */
export interface Signature {
  /** The name of its forward function. */
  readonly name: string;
  /** What it declared. */
  readonly spec: Spec;
  /** The outputs: a tensor, or a record where there are several. */
  forward<T>(inputs: readonly unknown[], options?: object): T;
  /** The gradients, by the names of the inputs; the last input is dout. */
  backward<T>(inputs: readonly unknown[], options?: object): T;
  /** One gradient. */
  gradient<T>(
    input: string,
    inputs: readonly unknown[],
    options?: object,
  ): T;
}

/** A declared input that has been read. */
interface Parameter {
  readonly name: string;
  readonly axes: Axes;
  readonly integer: IntegerRange | undefined;
  readonly optional: boolean;
}

/** What a call has bound: sizes and options by name, and groups of axes. */
interface Bound {
  readonly frame: Names;
  readonly groups: Record<string, readonly number[]>;
  /** The axes that are reduced, where there is such an option. */
  readonly reduced: readonly number[] | undefined;
  /** The order of axes that brings the reduced ones together, if they are apart. */
  readonly order: readonly number[] | undefined;
}

/** Declares an operation.
 *
 * @typeParam I The inputs.
 * @typeParam O The outputs.
 * @typeParam P The options.
 * @param name The name of its forward function.
 * @param spec Its inputs, options, outputs and loops.
 * @returns The functions that all operations have.
 * @throws {SyntaxError} If a shape cannot be read, or a name has two meanings.
 *
 * @example Usage
 * ```ts
 * import { op } from "@adjoint/ops/op";
 * import { type Tensor, tensor } from "@adjoint/ops/tensor";
 * import { assertEquals } from "@std/assert";
 *
 * const twice = op("twice", {
 *   inputs: { x: "n…" },
 *   outputs: { y: "n…" },
 *   forward({ x, y, n }) {
 *     for (let i = 0; i < n; i++) y[i] = 2 * x[i];
 *   },
 * });
 * const y: Tensor<[2]> = twice.forward([tensor([1, 2])]);
 *
 * assertEquals(y, tensor([2, 4]));
 * ```
 */
export function op<
  const I extends Readonly<Record<string, Input>>,
  const O extends Readonly<Record<string, string>>,
  const P extends Readonly<Record<string, Option>> = Record<never, never>,
>(name: string, spec: Spec<I, O, P>): Signature {
  return declare(name, spec as unknown as Spec);
}

/** What loops call an output: see {@linkcode InLoop}. */
export function inLoop(name: string, { inputs }: Spec): string {
  return Object.hasOwn(inputs, name) ? `${name}Next` : name;
}

/** The same operation without its kernels: by the loops of its page alone. */
export function withoutKernels({ name, spec }: Signature): Signature {
  return declare(name, { ...spec, kernels: undefined });
}

function declare(name: string, spec: Spec): Signature {
  const parameters = Object.entries(spec.inputs).map(([name, input]) => ({
    name,
    axes: parseAxes(typeof input === "string" ? input : input.shape),
    integer: typeof input === "string" ? undefined : input.integer,
    optional: typeof input !== "string" && input.optional === true,
  }));
  const outputs = Object.entries(spec.outputs).map(([name, text]) => ({
    name,
    inLoop: inLoop(name, spec),
    axes: parseAxes(text),
  }));
  const options = Object.entries(spec.options ?? {});
  const known = options.map(([key]) => key);
  const parts = options.flatMap(([key, option]) =>
    partsOf(key, option).map((part) => ({ key, ...part }))
  );
  const bounded = options.filter(([, option]) => isBounded(option));
  const axisOption = options.find(([, { kind }]) => kind === "axis");
  const axesOption = options.find(([, { kind }]) => kind === "axes");
  const keepsDims = hasKeepDims(spec.options);
  if (keepsDims) known.push("keepDims");
  const hasSizes = parameters.some(({ axes }) =>
    axes.axes.some(({ kind }) => kind === "size")
  );
  const broadcasts = outputs.some(({ axes }) => axes.broadcast !== undefined);
  const shared = spec.broadcast;
  const isShared = parameters.map(({ axes: { axes } }) =>
    hasLetter(axes, shared)
  );
  if (shared !== undefined) checkLeading(name, shared, parameters, outputs);
  const single = outputs.length === 1;
  const does = spec.does ?? `compute ${name}`;
  const names = namesOf(parameters, outputs, parts.map(({ name }) => name));
  const Environment = environment(names);
  const newFrame = () => new Environment(names.map(() => undefined));
  const hasIntegers = parameters.some(({ integer }) => integer !== undefined);
  const letters = [
    ...new Set(
      parameters.flatMap(({ axes: { axes } }) =>
        axes.map((axis) => axis.kind === "one" ? axis.letter : "")
      ),
    ),
  ];
  const slotsOf = ({ axes }: Axes) =>
    axes.map((axis) => axis.kind === "one" ? letters.indexOf(axis.letter) : -1);
  const inputSlots = parameters.map(({ axes }) => slotsOf(axes));
  const letterAt = letters.map((letter) => names.indexOf(letter));
  const inputAt = parameters.map(({ name }) => names.indexOf(name));
  const outputAt = names.indexOf(outputs[0].inLoop);
  const outputSlots = slotsOf(outputs[0].axes);
  const isPlain = single && parameters.every(({ optional }) => !optional) &&
    !letters.includes("") && options.length === 0 &&
    !hasIntegers && !outputSlots.includes(-1) && outputSlots.length > 0;
  const gradients = spec.backward === undefined
    ? []
    : parameters.filter(({ integer }) => integer === undefined)
      .map(({ name }) => name);
  const forwardLoop = (spec.kernels?.forward ?? spec.forward) as Loop;
  const backwardLoop = (spec.kernels?.backward ?? spec.backward) as Loop;

  function inputsOf(act: string, given: readonly unknown[]) {
    // An array that grows takes longer.
    const inputs = new Array<Checked | undefined>(parameters.length);
    let first: Checked | undefined, firstName = "";
    for (let i = 0; i < parameters.length; i++) {
      const { name, integer, optional } = parameters[i];
      const value = given[i];
      if (optional && value === null) {
        inputs[i] = undefined;
        continue;
      }
      const x = checkTensor(act, name, value as Tensor);
      if (integer !== undefined) {
        if (isFloat(x.dtype)) throw noIntegers(act, name, x.dtype);
      } else if (first === undefined) {
        if (!isFloat(x.dtype)) throw noFloats(act, name, x.dtype);
        first = x;
        firstName = name;
      } else if (x.dtype !== first.dtype) {
        throw badType(act, firstName, first.dtype, name, x.dtype);
      }
      inputs[i] = x;
    }
    return inputs;
  }

  /** The values of the options; those of axes are still as they were given. */
  function valuesOf(
    act: string,
    given: object | undefined,
    more: string,
  ): Record<string, unknown> {
    const values: Record<string, unknown> = Object.create(null);
    if (given === undefined && options.length === 0) return values;
    if (given !== undefined) {
      checkKeys(act, given, known, more);
      for (const key of known) {
        values[key] = read(
          act,
          "options",
          given as Record<string, unknown>,
          key,
        );
      }
      values.out = read(act, "options", given as { out?: unknown }, "out");
      if (more !== "") {
        values.wrt = read(act, "options", given as { wrt?: unknown }, "wrt");
      }
    }
    for (const [key, option] of options) {
      if (option.kind !== "axis" && option.kind !== "axes") {
        values[key] = checkOption(act, key, option, values[key], values);
      }
    }
    for (const [key, option] of bounded) {
      const wrong = misfitOf(act, key, option, values);
      if (wrong !== undefined) throw new RangeError(wrong);
    }
    if (keepsDims) {
      values.keepDims = checkOption(
        act,
        "keepDims",
        { kind: "flag", default: false },
        values.keepDims,
      );
    }
    return values;
  }

  /** Gives every letter its size, and refuses shapes that do not fit. */
  function bind(
    act: string,
    inputs: readonly (Checked | undefined)[],
    values: Record<string, unknown>,
  ): Bound {
    const frame = newFrame();
    const groups: Record<string, readonly number[]> = Object.create(null);
    for (let i = 0; i < parts.length; i++) {
      const { key, name, of } = parts[i];
      frame[name] = of(values[key]);
    }
    let reduced: number[] | undefined, order: number[] | undefined;
    for (let i = 0; i < parameters.length; i++) {
      const x = inputs[i];
      if (x === undefined) continue;
      const { name, axes } = parameters[i];
      const { shape } = x;
      if (i === 0 && axisOption !== undefined) {
        const [key, option] = axisOption as [string, AxisLike];
        if (shape.length === 0) throw badRank(act, name, axes, shape);
        const at = checkAxis(
          act,
          key,
          values[key] === undefined ? option.default : values[key],
          name,
          shape,
        );
        const letter = axes.axes.findIndex((a) =>
          a.kind !== "size" && a.letter === option.letter
        );
        match(
          act,
          i,
          axes.axes.slice(0, letter),
          shape.slice(0, at),
          inputs,
          frame,
          groups,
        );
        if (option.nonEmpty && shape[at] === 0) {
          throw new TypeError(
            `Cannot ${act} as axis ${at} of ${name} must not be empty: ${name} is ${
              showShape(shape)
            }`,
          );
        }
        frame[option.letter] = shape[at];
        if (option.reduced) reduced = [at];
        match(
          act,
          i,
          axes.axes.slice(letter + 1),
          shape.slice(at + 1),
          inputs,
          frame,
          groups,
        );
      } else if (i === 0 && axesOption !== undefined) {
        reduced = checkAxes(act, values[axesOption[0]], name, shape);
        const kept = shape.map((_, axis) => axis)
          .filter((axis) => !reduced!.includes(axis));
        const from = reduced[0] ?? shape.length, m = reduced.length;
        const together = reduced.every((axis, k) => axis === from + k);
        if (!together) order = [...kept, ...reduced];
        const before = together ? kept.filter((axis) => axis < from) : kept;
        const after = together ? kept.filter((axis) => axis >= from + m) : [];
        const [n, middle, p] = axes.axes as LetterAxis[];
        groups[n.letter] = before.map((axis) => shape[axis]);
        groups[middle.letter] = reduced.map((axis) => shape[axis]);
        groups[p.letter] = after.map((axis) => shape[axis]);
        for (const { letter } of [n, middle, p]) {
          frame[letter] = product(groups[letter]);
        }
      } else {
        match(act, i, axes.axes, shape, inputs, frame, groups);
      }
    }
    if (hasSizes) solve(act, inputs, frame, groups);
    return { frame, groups, reduced, order };
  }

  /** Binds axes to sizes; at most one group of them may be of unknown rank. */
  function match(
    act: string,
    input: number,
    axes: readonly Axis[],
    shape: Shape,
    inputs: readonly (Checked | undefined)[],
    frame: Names,
    groups: Record<string, readonly number[]>,
  ): void {
    let rank = 0, open = "";
    for (let a = 0; a < axes.length; a++) {
      const axis = axes[a];
      if (axis.kind !== "many") rank++;
      else if (groups[axis.letter] !== undefined && axis.letter !== shared) {
        rank += groups[axis.letter].length;
      } else open = axis.letter;
    }
    if (open === "" ? shape.length !== rank : shape.length < rank) {
      const { name, axes: declared } = parameters[input];
      const group = axes.find(({ kind }) => kind === "many") as LetterAxis;
      throw open === "" && group !== undefined
        ? misfit(act, input, group.letter, inputs)
        : badRank(act, name, declared, inputs[input]!.shape);
    }
    let at = 0;
    for (let a = 0; a < axes.length; a++) {
      const axis = axes[a];
      if (axis.kind === "one") {
        const size = shape[at++];
        const known = frame[axis.letter];
        if (known === undefined) frame[axis.letter] = size;
        else if (known !== size) {
          throw misfit(act, input, axis.letter, inputs, known as number);
        }
      } else if (axis.kind === "size") at++;
      else if (axis.letter === shared) {
        const group = ownOf(input, inputs);
        groups[shared] = groups[shared] === undefined
          ? group
          : broadcast(groups[shared], group) ?? noBroadcast(act, input, inputs);
        frame[shared] = product(groups[shared]);
        at = group.length;
      } else {
        const known = groups[axis.letter];
        const end = at +
          (known === undefined ? shape.length - rank : known.length);
        const group = shape.slice(at, end);
        if (known === undefined) {
          groups[axis.letter] = group;
          frame[axis.letter] = product(group);
        } else if (known.some((size, k) => size !== group[k])) {
          throw misfit(act, input, axis.letter, inputs);
        }
        at = end;
      }
    }
  }

  /** Its own of the axes that are broadcast, which stand first. */
  function ownOf(
    input: number,
    inputs: readonly (Checked | undefined)[],
  ): Shape {
    const x = inputs[input], { axes } = parameters[input].axes;
    if (x === undefined || !isShared[input]) return NONE;
    return x.shape.slice(0, x.shape.length - axes.length + 1);
  }

  function noBroadcast(
    act: string,
    input: number,
    inputs: readonly (Checked | undefined)[],
  ): never {
    const own = ownOf(input, inputs);
    const other = parameters.findIndex((_, i) =>
      broadcast(ownOf(i, inputs), own) === undefined
    );
    const [x, y] = [parameters[other].name, parameters[input].name];
    throw new TypeError(
      `Cannot ${act} as the axes ${shared} of ${x} and ${y} must broadcast, each axis equal or 1, counted from the last: ${x} is ${
        showShape(inputs[other]!.shape)
      }, ${y} is ${showShape(inputs[input]!.shape)}`,
    );
  }

  /**
   * Runs a loop, once where every tensor has all axes that are broadcast in full,
   * else once for each part of them that is of one piece in all tensors. Of the
   * gradients of an input that is in several parts, the sum is written.
   */
  function runParts(
    act: string,
    loop: Loop,
    { frame, groups }: Bound,
    inputs: readonly (Checked | undefined)[],
    full: readonly { name: string; data: Float; size: number }[],
    written: readonly { name: string; data: Float; size: number }[],
  ): void {
    const letter = shared as string, joined = groups[letter];
    const cells = product(joined);
    // An input without these axes is whole in every part.
    const own = parameters.map((_, i) =>
      isShared[i] && inputs[i] !== undefined ? ownOf(i, inputs) : joined
    );
    if (own.every((shape) => product(shape) === cells)) return loop(frame);
    // Of nothing, the gradient is 0: there may be ever so many parts of it.
    if (full.every(({ size }) => size === 0)) {
      for (const { data } of written) fill(data, 0);
      return;
    }
    const pieceOf = <T extends Checked["data"]>(
      data: T,
      i: number,
      at: number,
      count: number,
    ): T => {
      if (!isShared[i]) return data;
      const one = inputs[i]!.size / product(own[i]);
      return piece(data, at * one, (at + count) * one);
    };
    const gradients = written.map(({ name, data, size }) => {
      const i = parameters.findIndex((p) => p.name === name);
      if (isShared[i] && product(own[i]) === cells) return { name, i, data };
      const sum = allocate(act, "float64", size, `∂E/∂${name}`) as Float;
      const one = isShared[i] ? size / product(own[i]) : 0;
      return { name, i, data, sum, one };
    });
    const parts: (Float | undefined)[] = [];
    eachPart(own, joined, (from, at, count) => {
      frame[letter] = count;
      for (let i = 0; i < parameters.length; i++) {
        const x = inputs[i];
        if (x === undefined) continue;
        frame[parameters[i].name] = pieceOf(x.data, i, from[i], count);
      }
      for (const { name, data, size } of full) {
        const one = size / cells;
        frame[name] = piece(data, at * one, (at + count) * one);
      }
      gradients.forEach(({ name, i, data, sum, one }, k) => {
        frame[`d${name}`] = sum === undefined
          ? pieceOf(data, i, from[i], count)
          : parts[k] ??= new Float64Array(one * count || sum.length);
      });
      loop(frame);
      gradients.forEach(({ i, sum, one }, k) => {
        if (sum !== undefined) addAt(sum, from[i] * one, parts[k]!);
      });
    });
    for (const { data, sum } of gradients) {
      if (sum !== undefined) write(data, sum);
    }
  }

  /** Finds the letters that occur in expressions only, and checks the others. */
  function solve(
    act: string,
    inputs: readonly (Checked | undefined)[],
    frame: Names,
    groups: Record<string, readonly number[]>,
  ): void {
    const sizes = frame as Record<string, number>;
    for (let i = 0; i < parameters.length; i++) {
      const x = inputs[i];
      if (x === undefined) continue;
      const { name, axes: { axes } } = parameters[i];
      for (let a = 0, at = -1; a < axes.length; a++) {
        const axis = axes[a];
        at += axis.kind === "many" ? groups[axis.letter].length : 1;
        if (axis.kind !== "size") continue;
        const { letters, of } = axis.value;
        const size = x.shape[at];
        const unknown = letters.filter((letter) => frame[letter] === undefined);
        if (unknown.length === 1) {
          const [letter] = unknown;
          const sizeAt = (value: number) => {
            frame[letter] = value;
            return of(sizes);
          };
          const found = (size - sizeAt(0)) / (sizeAt(1) - sizeAt(0));
          if (Number.isSafeInteger(found) && found >= 0) {
            frame[letter] = found;
            continue;
          }
          frame[letter] = undefined;
        } else if (unknown.length === 0 && of(sizes) === size) continue;
        throw new TypeError(
          `Cannot ${act} as axis ${at} of ${name} must be ${axis.text}${
            letters.length > unknown.length
              ? ` where ${
                letters.filter((l) => !unknown.includes(l))
                  .map((l) =>
                    `${l} is ${frame[l]}`
                  ).join(" and ")
              }`
              : ""
          }: ${name} is ${showShape(x.shape)}`,
        );
      }
    }
  }

  /** The letter's size in this input is not what it was in an earlier one. */
  function misfit(
    act: string,
    input: number,
    letter: string,
    inputs: readonly (Checked | undefined)[],
    known?: number,
  ): TypeError {
    const has = ({ axes: { axes } }: Parameter) =>
      axes.some((axis) => axis.kind !== "size" && axis.letter === letter);
    const first = parameters.findIndex((p, i) =>
      inputs[i] !== undefined && has(p)
    );
    const place = (i: number, not?: number) =>
      placeOf(parameters[i], letter, inputs[i]!, not);
    const { name } = parameters[input], { name: other } = parameters[first];
    if (first === input) {
      return new TypeError(
        `Cannot ${act} as the axes ${letter} of ${name} must be equal: ${name} is ${
          showShape(inputs[input]!.shape)
        }`,
      );
    }
    return new TypeError(
      `Cannot ${act} as ${place(first)} must equal ${
        place(input, known)
      }: ${other} is ${showShape(inputs[first]!.shape)}, ${name} is ${
        showShape(inputs[input]!.shape)
      }`,
    );
  }

  /** The shape of an output. */
  function shapeOf(
    act: string,
    { axes, broadcast: groupsOf }: Axes,
    { frame, groups, reduced }: Bound,
    inputs: readonly (Checked | undefined)[],
    keepDims: unknown,
  ): number[] {
    if (reduced !== undefined && axes.length === 2) {
      const { shape } = inputs[0]!;
      const kept = shape.map((size, axis) => reduced.includes(axis) ? 1 : size);
      return keepDims
        ? kept
        : kept.filter((_, axis) => !reduced.includes(axis));
    }
    if (groupsOf !== undefined) {
      const [a, b] = groupsOf.map((letter) => groups[letter]);
      const shape = broadcast(a, b);
      if (shape === undefined) {
        const [x, y] = groupsOf.map((letter) =>
          parameters.find(({ axes: { axes } }) =>
            axes.some((axis) => axis.kind === "many" && axis.letter === letter)
          )!.name
        );
        throw new TypeError(
          `Cannot ${act} as the shapes of ${x} and ${y} must broadcast, each axis equal or 1, counted from the last: ${x} is ${
            showShape(a)
          }, ${y} is ${showShape(b)}`,
        );
      }
      return shape;
    }
    const shape: number[] = [];
    for (let a = 0; a < axes.length; a++) {
      const axis = axes[a];
      if (axis.kind === "one") shape.push(frame[axis.letter] as number);
      else if (axis.kind === "many") shape.push(...groups[axis.letter]);
      else shape.push(sizeAt(act, axis, shape.length, frame));
    }
    return shape;
  }

  /** Where a result goes: to `out`, which must fit, or to a new tensor. */
  function resultOf(
    act: string,
    name: string,
    out: unknown,
    shape: number[],
    dtype: "float32" | "float64",
    inputs: readonly (Checked | undefined)[],
    douts: readonly Checked[],
  ): { tensor: Tensor<Shape, Float>; data: Float } {
    if (out === undefined) {
      const size = sizeOf(act, "the result", shape);
      const data = allocate(act, dtype, size);
      return { tensor: { shape, data }, data };
    }
    const { shape: found, data, dtype: type } = checkTensor(
      act,
      name,
      out as Tensor<Shape, Float>,
    );
    checkSameShape(act, name, found, "result", shape);
    if (type !== dtype) throw otherType(act, dtype, name, type, inputs);
    for (let i = 0; i < parameters.length; i++) {
      const x = inputs[i];
      if (x !== undefined) {
        checkApart(act, name, data, parameters[i].name, x.data);
      }
    }
    for (let i = 0; i < douts.length; i++) {
      checkApart(act, name, data, doutName(i), douts[i].data);
    }
    return { tensor: out as Tensor<Shape, Float>, data };
  }

  const doutName = (output: number) =>
    single ? "dout" : `dout.${outputs[output].name}`;

  /** Everything that was read must still be there: getters may have shrunk it. */
  function checkAll(
    act: string,
    inputs: readonly (Checked | undefined)[],
    douts: readonly Checked[],
  ): void {
    for (let i = 0; i < inputs.length; i++) {
      const x = inputs[i];
      if (x !== undefined) checkLength(act, x.data, x.size);
    }
    for (let i = 0; i < douts.length; i++) {
      checkLength(act, douts[i].data, douts[i].size);
    }
  }

  /** Checks the numbers of integer inputs. */
  function checkIntegers(
    act: string,
    inputs: readonly (Checked | undefined)[],
    frame: Names,
  ): void {
    for (let i = 0; i < parameters.length; i++) {
      const { name, integer } = parameters[i];
      const x = inputs[i];
      if (x === undefined || integer === undefined) continue;
      const bound = (b: number | string | undefined, none: number) =>
        typeof b === "string" ? frame[b] as number : b ?? none;
      const from = bound(integer.from, -Infinity);
      const below = bound(integer.below, Infinity);
      const except = bound(integer.except, NaN);
      for (let k = 0; k < x.size; k++) {
        const value = x.data[k];
        if (value >= from && value < below || value === except) continue;
        throw new RangeError(
          `Cannot ${act} as every element of ${name} must be from ${from} to ${
            below - 1
          }${
            Number.isNaN(except) ? "" : `, or ${except}`
          }: element ${k} is ${value}`,
        );
      }
    }
  }

  /**
   * Where tensors are empty, letters may be ever so large that only they have:
   * no loop must run over them.
   */
  function shorten(
    frame: Names,
    inputs: readonly (Checked | undefined)[],
    outs: readonly number[],
  ): void {
    const full = new Set<string>();
    const add = (axes: Axes) => {
      for (const axis of axes.axes) {
        if (axis.kind !== "size") full.add(axis.letter);
        else for (const letter of axis.value.letters) full.add(letter);
      }
    };
    parameters.forEach(({ axes }, i) => {
      if (inputs[i] !== undefined && inputs[i]!.size > 0) add(axes);
    });
    outputs.forEach(({ axes }, i) => {
      if (outs[i] > 0) add(axes);
    });
    for (const { axes } of parameters) {
      for (const axis of axes.axes) {
        if (axis.kind !== "size" && !full.has(axis.letter)) {
          frame[axis.letter] = 0;
        }
      }
    }
  }

  function forward<T>(
    given: readonly unknown[],
    options: object | undefined,
  ): T {
    const act = does;
    const inputs = inputsOf(act, given);
    const values = valuesOf(act, options, "");
    const bound = bind(act, inputs, values);
    const { frame } = bound;
    const dtype = dtypeOfAll(inputs);
    const outs = outsOf(act, values.out);
    const results: { tensor: Tensor<Shape, Float>; data: Float }[] = [];
    const sizes: number[] = [];
    let first: Shape = [];
    for (let i = 0; i < outputs.length; i++) {
      const { name, inLoop, axes } = outputs[i];
      const shape = shapeOf(act, axes, bound, inputs, values.keepDims);
      if (i === 0) first = shape;
      const result = resultOf(
        act,
        single ? "out" : `out.${name}`,
        outs[i],
        shape,
        dtype,
        inputs,
        NONE,
      );
      results.push(result);
      sizes.push(product(shape));
      frame[inLoop] = result.data;
    }
    if (!single) checkOuts(act, results, outputs, outs);
    checkAll(act, inputs, NONE);
    for (let i = 0; i < results.length; i++) {
      checkLength(act, results[i].data, sizes[i]);
    }
    if (hasIntegers) checkIntegers(act, inputs, frame);
    for (let i = 0; i < parameters.length; i++) {
      frame[parameters[i].name] = inputs[i]?.data;
    }
    if (isAnyAbove0(sizes)) {
      if (broadcasts) stretch(act, bound, inputs, first);
      if (bound.order !== undefined) {
        const x = inputs[0]!;
        frame[parameters[0].name] = permute(
          act,
          x as Checked<Shape, Float>,
          bound.order,
        );
      }
      if (hasEmpty(inputs)) shorten(frame, inputs, sizes);
      if (shared === undefined) forwardLoop(frame);
      else {
        const full = results.map(({ data }, i) => ({
          name: outputs[i].inLoop,
          data,
          size: sizes[i],
        }));
        runParts(act, forwardLoop, bound, inputs, full, NONE);
      }
    }
    if (single) return results[0].tensor as T;
    return Object.fromEntries(
      results.map(({ tensor }, i) => [outputs[i].name, tensor]),
    ) as T;
  }

  /**
   * As {@linkcode forward}, where each axis is a letter: a small product takes
   * little longer than its checks, and this takes half as long as the general
   * way.
   */
  function plainForward<T>(
    given: readonly unknown[],
    options: object | undefined,
  ): T {
    const act = does;
    const inputs = inputsOf(act, given);
    let out: unknown;
    if (options !== undefined) {
      checkKeys(act, options, known, "");
      out = read(act, "options", options as { out?: unknown }, "out");
    }
    const sizes = new Array<number>(letters.length);
    let seen = 0; // Letters are numbered as they come.
    for (let i = 0; i < inputs.length; i++) {
      const { shape } = inputs[i]!, slots = inputSlots[i];
      let fits = shape.length === slots.length;
      for (let a = 0; fits && a < slots.length; a++) {
        const slot = slots[a];
        if (slot === seen) sizes[seen++] = shape[a];
        else fits = sizes[slot] === shape[a];
      }
      if (!fits) bind(act, inputs, {}); // It says why not.
    }
    const shape = new Array<number>(outputSlots.length);
    for (let a = 0; a < shape.length; a++) shape[a] = sizes[outputSlots[a]];
    const dtype = dtypeOfAll(inputs);
    const { tensor, data } = resultOf(
      act,
      "out",
      out,
      shape,
      dtype,
      inputs,
      NONE,
    );
    const size = product(shape);
    checkAll(act, inputs, NONE);
    checkLength(act, data, size);
    if (size === 0) return tensor as T;
    const values = new Array<unknown>(names.length);
    for (let i = 0; i < sizes.length; i++) values[letterAt[i]] = sizes[i];
    for (let i = 0; i < inputs.length; i++) {
      values[inputAt[i]] = inputs[i]!.data;
    }
    values[outputAt] = data;
    const frame = new Environment(values);
    if (hasEmpty(inputs)) shorten(frame, inputs, [size]);
    forwardLoop(frame);
    return tensor as T;
  }

  /** The tensors given to write to, by output. */
  function outsOf(act: string, out: unknown): unknown[] {
    if (single) return [out];
    if (out === undefined) return [];
    checkKeys(act, out, outputs.map(({ name }) => name), "", "out");
    return outputs.map(({ name }) => part(act, "out", out, name));
  }

  /** Copies of the inputs that have not the shape they are broadcast to. */
  function stretch(
    act: string,
    { frame, groups }: Bound,
    inputs: readonly (Checked | undefined)[],
    shape: Shape,
  ): void {
    const size = product(shape);
    for (let i = 0; i < parameters.length; i++) {
      const x = inputs[i];
      if (x === undefined) continue;
      const { name, axes: { axes } } = parameters[i];
      if (x.size !== size) frame[name] = expand(act, x, shape);
      for (const axis of axes) {
        if (axis.kind === "many" && groups[axis.letter]) {
          frame[axis.letter] = size;
        }
      }
    }
  }

  function backward(
    act: string,
    given: readonly unknown[],
    options: object | undefined,
    only: string | undefined,
  ): Record<string, Tensor<Shape, Float> | undefined> {
    if (!gradients.includes(only ?? gradients[0])) throw noGradient(act, only);
    const inputs = inputsOf(act, given);
    const values = valuesOf(act, options, only === undefined ? "wrt" : "");
    const bound = bind(act, inputs, values);
    const { frame } = bound;
    const dtype = dtypeOfAll(inputs);
    const douts: Checked[] = [];
    const dout = given[parameters.length];
    for (let i = 0; i < outputs.length; i++) {
      const { name, inLoop, axes } = outputs[i];
      const value = single ? dout : part(act, "dout", dout, name);
      const checked = checkTensor(
        act,
        doutName(i),
        value as Tensor<Shape, Float>,
      );
      const shape = shapeOf(act, axes, bound, inputs, values.keepDims);
      checkSameShape(act, doutName(i), checked.shape, "output", shape);
      if (checked.dtype !== dtype) {
        throw otherType(act, dtype, doutName(i), checked.dtype, inputs);
      }
      douts.push(checked);
      frame[`d${inLoop}`] = checked.data;
    }
    const asked = only === undefined ? askedOf(act, values.wrt) : [only];
    const results: Record<string, Tensor<Shape, Float>> = {};
    const written: {
      name: string;
      shape: Shape;
      data: Float;
      size: number;
    }[] = [];
    if (only === undefined && values.out !== undefined) {
      checkKeys(act, values.out, asked, "", "out");
    }
    for (let i = 0; i < parameters.length; i++) {
      const { name, integer } = parameters[i];
      const x = inputs[i];
      if (integer !== undefined || !asked.includes(name)) continue;
      if (x === undefined) {
        if (only === undefined) continue;
        throw new TypeError(
          `Cannot ${act} as ${name} must be a tensor { shape, data }: it is null`,
        );
      }
      const out = only !== undefined || values.out === undefined
        ? values.out
        : part(act, "out", values.out, name);
      const { tensor, data } = resultOf(
        act,
        only === undefined ? `out.${name}` : "out",
        out,
        [...x.shape],
        dtype,
        inputs,
        douts,
      );
      for (const other of written) {
        checkApart(act, `out.${name}`, data, `out.${other.name}`, other.data);
      }
      results[name] = tensor;
      written.push({ name, shape: x.shape, data, size: x.size });
      frame[`d${name}`] = data;
    }
    checkAll(act, inputs, douts);
    for (const { data, size } of written) checkLength(act, data, size);
    if (hasIntegers) checkIntegers(act, inputs, frame);
    for (let i = 0; i < parameters.length; i++) {
      frame[parameters[i].name] = inputs[i]?.data;
    }
    if (written.every(({ size }) => size === 0)) return results;
    if (broadcasts) {
      const shape = douts[0].shape, size = douts[0].size;
      stretch(act, bound, inputs, shape);
      for (const { name, size: own } of written) {
        if (own !== size) {
          frame[`d${name}`] = allocate(act, "float64", size, `∂E/∂${name}`);
        }
      }
    }
    const { order } = bound;
    if (order !== undefined) {
      const x = inputs[0] as Checked<Shape, Float>;
      const name = parameters[0].name;
      frame[name] = permute(act, x, order);
      frame[`d${name}`] = allocate(act, dtype, x.size, `∂E/∂${name}`);
    }
    if (hasEmpty(inputs)) shorten(frame, inputs, douts.map(({ size }) => size));
    if (shared !== undefined) {
      const full = douts.map(({ data, size }, i) => ({
        name: `d${outputs[i].inLoop}`,
        data: data as Float,
        size,
      }));
      runParts(act, backwardLoop, bound, inputs, full, written);
      return results;
    }
    backwardLoop(frame);
    for (const { name, shape, data, size } of written) {
      const made = frame[`d${name}`] as Float;
      if (made === data) continue;
      if (order !== undefined) unpermute(made, shape, order, data);
      else sumInto(made, douts[0].shape, shape, data, size);
    }
    return results;
  }

  /** The inputs whose gradients are asked for. */
  function askedOf(act: string, wrt: unknown): readonly string[] {
    if (wrt === undefined) return gradients;
    const length = lengthOfArray(act, "wrt", wrt);
    if (length === undefined) {
      throw new TypeError(
        `Cannot ${act} as wrt must be an array of names of inputs: it is ${
          show(wrt)
        }`,
      );
    }
    const asked: string[] = [];
    for (let i = 0; i < length; i++) {
      const name = read(act, "wrt", wrt as string[], i);
      if (!gradients.includes(name) || asked.includes(name)) {
        throw new RangeError(
          `Cannot ${act} as wrt must name inputs that have a gradient (${
            gradients.join(", ")
          }), each once: wrt[${i}] is ${show(name)}`,
        );
      }
      asked.push(name);
    }
    return asked;
  }

  function gradient<T>(
    input: string,
    given: readonly unknown[],
    options: object | undefined,
  ): T {
    return backward(
      `compute ${name}D${input}`,
      given,
      options,
      input,
    )[input] as T;
  }

  return {
    name,
    spec,
    forward: isPlain ? plainForward : forward,
    backward: (given, options) =>
      backward(`compute ${name}D`, given, options, undefined) as never,
    gradient,
  };

  function noGradient(act: string, input: string | undefined): TypeError {
    return new TypeError(
      `Cannot ${act} as ${
        input === undefined ? name : show(input)
      } must have a gradient: ${
        gradients.length === 0
          ? `${name} has none`
          : `of the inputs, these have one: ${gradients.join(", ")}`
      }`,
    );
  }

  /** A tensor has not the element type of the inputs, of the first as a rule. */
  function otherType(
    act: string,
    dtype: DType,
    name: string,
    found: DType,
    inputs: readonly (Checked | undefined)[],
  ): TypeError {
    const first = inputs.findIndex((x) => x !== undefined && isFloat(x.dtype));
    if (first >= 0) {
      return badType(act, parameters[first].name, dtype, name, found);
    }
    return new TypeError(
      `Cannot ${act} as ${name} must be ${dtype}: it is ${found}`,
    );
  }

  function dtypeOfAll(inputs: readonly (Checked | undefined)[]) {
    for (let i = 0; i < inputs.length; i++) {
      const x = inputs[i];
      if (x !== undefined && isFloat(x.dtype)) return x.dtype;
    }
    return "float32";
  }
}

const NONE: readonly never[] = [];

/** The size of an axis of a result that is an expression. */
function sizeAt(
  act: string,
  { text, value: { of, letters, least } }: Axis & { kind: "size" },
  at: number,
  frame: Names,
): number {
  const size = of(frame as Record<string, number>);
  if (size >= least) return size + 0;
  throw new RangeError(
    `Cannot ${act} as axis ${at} of the result, ${text}, must be at least ${least}: it is ${size} where ${
      letters.map((letter) => `${letter} is ${frame[letter]}`).join(", ")
    }`,
  );
}

function hasLetter(axes: readonly Axis[], letter: string | undefined): boolean {
  return axes.some((axis) => axis.kind === "many" && axis.letter === letter);
}

/** The axes that are broadcast must come first, and every output has them. */
function checkLeading(
  name: string,
  letter: string,
  parameters: readonly Parameter[],
  outputs: readonly { axes: Axes }[],
): void {
  const isRight =
    parameters.every(({ axes: { axes } }) =>
      !hasLetter(axes.slice(1), letter)
    ) &&
    outputs.every(({ axes: { axes } }) => hasLetter(axes.slice(0, 1), letter));
  if (isRight) return;
  throw new SyntaxError(
    `Cannot declare ${name} as the axes ${letter} must come first, and be in every output`,
  );
}

/** All names that a loop can ask for, each of which must have one meaning. */
function namesOf(
  parameters: readonly Parameter[],
  outputs: readonly { inLoop: string; axes: Axes }[],
  options: readonly string[],
): string[] {
  const names = new Set<string>();
  for (const { axes } of [...parameters, ...outputs]) {
    for (const axis of axes.axes) {
      if (axis.kind !== "size") names.add(axis.letter);
      else for (const letter of axis.value.letters) names.add(letter);
    }
    for (const letter of axes.broadcast ?? []) names.add(letter);
  }
  const tensors = [
    ...parameters.map(({ name }) => name),
    ...outputs.map(({ inLoop }) => inLoop),
  ].flatMap((name) => [name, `d${name}`]);
  for (const name of tensors) {
    if (names.has(name)) {
      throw new SyntaxError(`Cannot declare ${name} as it has two meanings`);
    }
    names.add(name);
  }
  for (const name of options) names.add(name);
  return [...names];
}

/**
 * Makes the class of an operation's environments: an array of values, and an
 * accessor for each name. To set the properties of an object whose names are
 * known only when the code runs takes 20 ns each; an element of an array takes
 * one, and so does an accessor that is always the same.
 */
function environment(
  names: readonly string[],
): new (values: unknown[]) => Names {
  class Environment {
    constructor(readonly values: unknown[]) {}
  }
  names.forEach((name, i) =>
    Object.defineProperty(Environment.prototype, name, {
      get(this: Environment) {
        return this.values[i];
      },
      set(this: Environment, value: unknown) {
        this.values[i] = value;
      },
    })
  );
  return Environment as unknown as new (values: unknown[]) => Names;
}

function isAnyAbove0(sizes: readonly number[]): boolean {
  for (let i = 0; i < sizes.length; i++) if (sizes[i] > 0) return true;
  return false;
}

type LetterAxis = Exclude<Axis, { kind: "size" }>;
type AxisLike = {
  letter: string;
  default: number;
  reduced: boolean;
  nonEmpty: boolean;
};

/** Outputs are written to one after the other, so they must be apart. */
function checkOuts(
  act: string,
  results: readonly { data: Float }[],
  outputs: readonly { name: string }[],
  outs: readonly unknown[],
): void {
  for (let i = 1; i < results.length; i++) {
    for (let j = 0; j < i; j++) {
      if (outs[i] === undefined || outs[j] === undefined) continue;
      checkApart(
        act,
        `out.${outputs[i].name}`,
        results[i].data,
        `out.${outputs[j].name}`,
        results[j].data,
      );
    }
  }
}

function hasEmpty(inputs: readonly (Checked | undefined)[]): boolean {
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    if (x !== undefined && x.size === 0) return true;
  }
  return false;
}

/** One tensor of a record of them. */
function part(
  act: string,
  what: string,
  record: unknown,
  name: string,
): unknown {
  if (typeof record !== "object" || record === null) {
    throw new TypeError(
      `Cannot ${act} as ${what} must be an object of tensors by name: it is ${
        show(record)
      }`,
    );
  }
  return read(act, what, record as Record<string, unknown>, name);
}

/**
 * Refuses what is no object of options, and keys that are none. `for…in` takes 10
 * ns, `Reflect.ownKeys` 170.
 */
export function checkKeys(
  act: string,
  given: unknown,
  known: readonly string[],
  more: string,
  what = "options",
): void {
  if (!isOptions(act, what, given as object)) {
    throw new TypeError(
      `Cannot ${act} as ${what} must be an object such as { ${
        example(known, what)
      } }: it is ${show(given)}`,
    );
  }
  let stranger: string | undefined;
  try {
    for (const key in given as object) {
      if (
        what === "options" && (key === "out" || key === more) ||
        known.includes(key) || !Object.hasOwn(given as object, key)
      ) continue;
      stranger = key;
      break;
    }
  } catch (cause) {
    throw new TypeError(
      `Cannot ${act} as ${what} must be readable: reading it throws`,
      { cause },
    );
  }
  if (stranger === undefined) return;
  throw new TypeError(
    `Cannot ${act} as ${what} must be an object such as { ${
      example(known, what)
    } }: it has ${show(stranger)}`,
  );
}

function example(known: readonly string[], what: string): string {
  return what === "options" ? [...known, "out"].join(", ") : known.join(", ");
}

function noIntegers(act: string, name: string, dtype: DType): TypeError {
  return new TypeError(
    `Cannot ${act} as ${name} must hold integers, in an Int32Array for example: it is ${dtype}`,
  );
}

function noFloats(act: string, name: string, dtype: DType): TypeError {
  return new TypeError(
    `Cannot ${act} as ${name} must be float32 or float64: it is ${dtype}`,
  );
}

/**
 * An axis as a message names it: the rows and columns of a matrix. Where a letter
 * occurs twice, it is the axis that has not the size `not`.
 */
function placeOf(
  { name, axes: { axes } }: Parameter,
  letter: string,
  { shape }: Checked,
  not?: number,
): string {
  const isFixed = axes.length === shape.length;
  const at = axes.findIndex((axis, a) =>
    axis.kind !== "size" && axis.letter === letter &&
    !(isFixed && shape[a] === not)
  );
  const many = axes[at].kind === "many";
  if (many && axes.length === 1) return `the shape of ${name}`;
  if (many) return `the axes ${letter} of ${name}`;
  if (axes.some(({ kind }) => kind === "many")) {
    return `the axis ${letter} of ${name}`;
  }
  if (shape.length === 1) return `the length of ${name}`;
  if (shape.length === 2) return `the ${["rows", "columns"][at]} of ${name}`;
  return `axis ${at} of ${name}`;
}

function badRank(
  act: string,
  name: string,
  { axes, text }: Axes,
  shape: Shape,
): TypeError {
  const rank = axes.filter(({ kind }) => kind !== "many").length;
  const any = axes.some(({ kind }) => kind === "many");
  return new TypeError(
    `Cannot ${act} as ${name} must have ${
      any ? `rank ${rank} or more, as ${text}` : `rank ${rank}`
    }: ${name} is ${showShape(shape)}`,
  );
}
