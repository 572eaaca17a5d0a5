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
 * All checks come before any work, and nothing is written until the last of them
 * has passed. An argument may be anything that JavaScript can make: a getter or a
 * proxy may throw, or return something else when it is read again. So every
 * property is read once, and the work is done with what was read.
 *
 * @module
 */

import { areApart, areBelow, fill, piece, write } from "./arrays.ts";
import { type Axes, type Axis, broadcast, parseAxes } from "./axes.ts";
import {
  allocate,
  badType,
  blank,
  checkApart,
  type Checked,
  checkLength,
  checkOpen,
  checkSameShape,
  isFloat,
  isOptions,
  isSameShape,
  lengthOfArray,
  MAX_RANK,
  newSlot,
  noFloats,
  product,
  read,
  readTensor,
  show,
  showShape,
  sizeOf,
  type Slot,
  unreadable,
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
  type Values,
} from "./options.ts";
import { isServing } from "./memory.ts";
import { allocateResult, endings } from "./results.ts";
import {
  addAt,
  eachPart,
  expand,
  permute,
  sumInto,
  unpermute,
} from "./views.ts";
import type { DType, Float, Integers, Shape, Tensor } from "./types.ts";

/** The numbers that tests draw for an input: positive ones, distinct ones, ones in
 * [0, 1], or ones between two bounds. Calls do not check it. */
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
  /** Whether it is given among the options, by its name, and has no gradient. Such
   * inputs come last, and are optional. */
  readonly option?: boolean;
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
  /** What the operation does, for its messages: "compute softmax" by default. */
  readonly does?: string;
  /** The inputs, in the order of the parameters. */
  readonly inputs: I;
  /** The options, besides those that every operation has. */
  readonly options?: P;
  /** The outputs; a single output is the result itself. The loops call an output
   * `hNext` if an input has its name, `h`. */
  readonly outputs: O;
  /** Whether the outputs are indices, in an `Int32Array`. They begin at 0, although
   * the page counts from 1, and have no gradient. */
  readonly indices?: boolean;
  /** What holds zeros when the loops begin, so that they need not write those: not
   * where inputs are broadcast, or an option chooses axes. */
  readonly cleared?: "outputs" | "gradients";
  /** The letter of leading axes that are broadcast, such as the `b` of `b… m n`.
   * Each input has its own, or none. If they differ, small inputs are written out;
   * for large ones, the loops run once for each part that all tensors have in full,
   * and the gradients of a part that occurs several times are added up. An input
   * among the options must not enlarge the result. */
  readonly broadcast?: string;
  // Methods, as an environment is checked where the loops are written.
  /** Writes the outputs. */
  forward(frame: ForwardEnv<I, O, P>): void;
  /** Writes the gradients that the call asks for; the others are undefined. */
  backward?(frame: BackwardEnv<I, O, P>): void;
  /** Faster ways to the same results, which run instead of the loops. If a kernel
   * returns `false`, the loop runs. Inputs whose broadcast repeats them as a whole
   * are passed as they are; if the kernel returns `false` for these, it runs again
   * when they are written out. */
  readonly kernels?: {
    forward?(frame: ForwardEnv<I, O, P>): boolean | void;
    backward?(frame: BackwardEnv<I, O, P>): boolean | void;
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

/** What the forward loop sees besides: the outputs, to write to.
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

/** The name of an output in a loop: its own, or `hNext` if an input is called `h`,
 * as the state of a recurrent cell is.
 *
 * @typeParam K The name of the output.
 * @typeParam I The inputs.
 */
export type InLoop<K, I> = K extends keyof I ? `${K & string}Next` : K;

/** Whether a type is a union of several.
 *
 * @typeParam T The type.
 * @typeParam U The same type; leave it out.
 */
export type IsUnion<T, U = T> = T extends unknown
  ? [U] extends [T] ? false : true
  : never;

/** What the backward loop sees besides: `dy` for the output y, and `dx` to write to.
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
      K in keyof I as I[K] extends { integer: IntegerRange } | { option: true }
        ? never
        : `d${K & string}`
    ]: IsUnion<
      {
        [L in keyof I]: I[L] extends
          { integer: IntegerRange } | { option: true } ? never
          : L;
      }[keyof I]
    > extends true ? Float | undefined : Float;
  };

// Between declaration and call, names are only strings.
type Names = Record<string, Float | Integers | number | boolean | undefined>;
type Loop = (frame: Names) => void;
type Kernel = (frame: Names) => boolean | void;

/** An operation that has been declared: its functions, and what tests read. */
export interface Signature {
  /** The name of its forward function. */
  readonly name: string;
  /** What it declared. */
  readonly spec: Spec;
  /** The inputs that have a gradient, in their order. */
  readonly differentiable: readonly string[];
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

/**
 * The letters and options that a loop sees, in the order of their names: an element of
 * an array takes a fraction of the time of a property whose name is known only when the
 * code runs.
 */
type Cells = unknown[];

type MaybeFloat = Float | undefined;

/** The element types of results. */
type ResultType = "float32" | "float64" | "int32";

/** An axis, and the cell of its letter; -1 where it has none. */
type Placed = Axis & { readonly cell: number };

interface PlacedAxes extends Axes {
  readonly axes: readonly Placed[];
  /** The cells of the letters, where all axes are letters. */
  readonly letters: readonly number[] | undefined;
}

/** A declared input that has been read. */
interface Parameter {
  readonly name: string;
  readonly axes: PlacedAxes;
  /** What messages call a tensor for its gradient, and the work that computes it. */
  readonly out: string;
  readonly act: string;
  readonly integer: IntegerRange | undefined;
  readonly optional: boolean;
  readonly option: boolean;
}

/** A declared output that has been read. */
interface Output {
  readonly name: string;
  readonly axes: PlacedAxes;
  /** What messages call a tensor to write it to, and its gradient. */
  readonly out: string;
  readonly dout: string;
}

/**
 * What a call has read and bound. Calls of an operation use the same memory, one
 * after the other: collecting what is made anew each time would take longer than the
 * checks. Most calls have the shapes and options of the call before them, so the
 * sizes that follow from these stay where they are.
 */
interface Call {
  /** What the call does, for its messages. */
  act: string;
  /** How many arenas had ended when it began. */
  endings: number;
  readonly cells: Cells;
  /** What loops see: the cells and the arrays in the slots, by their names. */
  readonly frame: Names;
  /** Whether the letters and the outputs have the sizes that follow from the shapes
   * in the slots and the options. */
  isBound: boolean;
  /** The sizes of several axes, by the cell of their letter. */
  readonly groups: (Shape | undefined)[];
  /** The inputs as they were read; undefined where there is none. */
  readonly inputs: (Checked | undefined)[];
  /** The slots of the inputs, of the gradients of the outputs, and of what is written
   * to: outputs, and gradients of the inputs. And all of them. Loops see the arrays in
   * them; a slot without one has none. */
  readonly slots: readonly Slot[];
  readonly douts: readonly Slot[];
  readonly outs: readonly Slot[];
  readonly gradients: readonly Slot[];
  readonly all: readonly Slot[];
  /** The shapes of the outputs, and their products. */
  readonly shapes: number[][];
  readonly sizes: number[];
  /** Whether an input has no elements, and whether an output has some. */
  hasEmpty: boolean;
  isAny: boolean;
  /** The element type of the inputs. */
  dtype: "float32" | "float64";
  /** The options, by name, and those that all functions have. */
  values: Values;
  out: unknown;
  wrt: unknown;
  /** The axes that are reduced, if an option chooses them. */
  reduced: readonly number[] | undefined;
  /** The order of axes that brings the reduced ones together, if they are apart. */
  order: readonly number[] | undefined;
}

/** Declares an operation.
 *
 * @typeParam I The inputs.
 * @typeParam O The outputs.
 * @typeParam P The options.
 * @param name The name of its forward function.
 * @param spec Its inputs, options, outputs and loops.
 * @returns The functions that all operations have.
 * @throws {SyntaxError} If a shape cannot be read, a name has two meanings, or no
 * input or option has a letter.
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
  const declared = Object.entries(spec.inputs).map(([name, input]) => ({
    name,
    axes: parseAxes(typeof input === "string" ? input : input.shape),
    integer: typeof input === "string" ? undefined : input.integer,
    optional: typeof input !== "string" && input.optional === true,
    option: typeof input !== "string" && input.option === true,
  }));
  const results = Object.entries(spec.outputs).map(([name, text]) => ({
    name,
    inLoop: inLoop(name, spec),
    axes: parseAxes(text),
  }));
  const options = Object.entries(spec.options ?? {});
  // Inputs that are arguments: those among the options come after them.
  const count = declared.filter(({ option }) => !option).length;
  const known = [
    ...options.map(([key]) => key),
    ...declared.slice(count).map(({ name }) => name),
  ];
  const values = options.flatMap(([key, option]) =>
    partsOf(key, option).map((part) => ({ key, ...part }))
  );
  const letters = lettersOf(declared, results);
  checkNames([...letters, ...values.map(({ name }) => name)], [
    ...declared.map(({ name }) => name),
    ...results.map(({ inLoop }) => inLoop),
  ]);
  const taken = known.find((key) => key === "out" || key === "wrt");
  if (taken !== undefined) throw hasTwoMeanings(taken);
  checkSizes(
    [...lettersOf(declared, []), ...values.map(({ name }) => name)],
    [
      ...lettersOf([], results),
      ...declared.flatMap(({ integer: { from, below, except } = {} }) =>
        [from, below, except].filter((bound) => typeof bound === "string")
      ),
    ],
  );
  // The cells of letters come first, then those of options, which may be letters.
  const names = [...new Set([...letters, ...values.map(({ name }) => name)])];
  const cellOf = (name: string) => names.indexOf(name);
  const placed = (declared: Axes): PlacedAxes => {
    const axes = declared.axes.map((axis) => ({
      ...axis,
      cell: axis.kind === "size" ? -1 : cellOf(axis.letter),
    }));
    const isFixed = declared.broadcast === undefined &&
      axes.every(({ kind }) => kind === "one");
    const letters = isFixed ? axes.map(({ cell }) => cell) : undefined;
    return { ...declared, axes, letters };
  };
  const single = results.length === 1;
  const hasOptional = count < declared.length;
  const parameters = declared.map((parameter): Parameter => ({
    ...parameter,
    axes: placed(parameter.axes),
    out: `out.${parameter.name}`,
    act: `compute ${name}D${parameter.name}`,
  }));
  const outputs = results.map(({ name, axes }): Output => ({
    name,
    axes: placed(axes),
    out: `out.${name}`,
    dout: single ? "dout" : `dout.${name}`,
  }));
  const parts = values.map((part) => ({ ...part, cell: cellOf(part.name) }));
  const bounded = options.filter(([, option]) => isBounded(option));
  const axisOption = options.find(([, { kind }]) => kind === "axis");
  const axesOption = options.find(([, { kind }]) => kind === "axes");
  const axesAt = known.indexOf(axesOption?.[0] ?? "");
  const keepsDims = hasKeepDims(spec.options);
  if (keepsDims) known.push("keepDims");
  const firstAxes = parameters[0]?.axes.axes ?? [];
  const chosen = (axisOption?.[1] as AxisLike | undefined)?.letter;
  const axisAt = firstAxes.findIndex((axis) =>
    axis.kind !== "size" && axis.letter === chosen
  );
  const axisCell = firstAxes[axisAt]?.cell ?? -1;
  const axesBefore = firstAxes.slice(0, axisAt);
  const axesAfter = firstAxes.slice(axisAt + 1);
  const hasSizes = parameters.some(({ axes }) =>
    axes.axes.some(({ kind }) => kind === "size")
  );
  const broadcasts = outputs.some(({ axes }) => axes.broadcast !== undefined);
  const shared = spec.broadcast;
  const { cleared } = spec;
  // Whether loops may see copies or parts of the arrays of the call.
  const isApart = broadcasts || shared !== undefined ||
    axesOption !== undefined;
  if (cleared !== undefined && isApart) {
    throw new SyntaxError(
      `Cannot declare ${name} as loops that see copies or parts of its ${cleared} must write all of them: cleared is given`,
    );
  }
  const sharedCell = cellOf(shared ?? "");
  const isShared = parameters.map(({ axes: { axes } }) =>
    hasLetter(axes, shared)
  );
  if (shared !== undefined) checkLeading(name, shared, parameters, outputs);
  const givesIndices = spec.indices === true;
  const does = spec.does ?? `compute ${name}`;
  const hasIntegers = parameters.some(({ integer }) => integer !== undefined);
  const differentiable = spec.backward === undefined
    ? []
    : parameters.filter(({ integer, option }) =>
      integer === undefined && !option
    ).map(({ name }) => name);
  const places = differentiable.map((input) =>
    parameters.findIndex(({ name }) => name === input)
  );
  const { kernels } = spec;
  const forwardLoop = eitherOf(kernels?.forward, spec.forward);
  const backwardLoop = eitherOf(kernels?.backward, spec.backward);

  // A call takes the memory of one that has ended, or new memory, and gives it back
  // without arrays. No other call uses it meanwhile, although a getter of an argument,
  // or a loop, may call the same operation. Most calls create only what they return.
  let idle: Call | undefined;

  function take(): Call {
    const call = idle ?? newCall();
    idle = undefined;
    return call;
  }

  function newCall(): Call {
    const cells = blank(names.length);
    const slots = parameters.map(newSlot), gradients = parameters.map(newSlot);
    const outs = outputs.map(newSlot), douts = outputs.map(newSlot);
    const tensors = [
      ...declared.map(({ name }, i) => [name, slots[i], gradients[i]]),
      ...results.map(({ inLoop }, i) => [inLoop, outs[i], douts[i]]),
    ] as [string, Slot, Slot][];
    const call: Call = {
      act: "",
      endings: 0,
      cells,
      // A loop may change a letter, as in `while (frame.n-- > 0)`.
      frame: frameOf(names, cells, tensors, () => {
        call.isBound = false;
      }),
      isBound: false,
      groups: blank(letters.length) as Call["groups"],
      inputs: blank(parameters.length) as Call["inputs"],
      slots,
      douts,
      outs,
      gradients,
      all: [...slots, ...douts, ...outs, ...gradients],
      shapes: outputs.map(() => []),
      sizes: outputs.map(() => 0),
      hasEmpty: false,
      isAny: false,
      dtype: "float32",
      values: NOTHING,
      out: undefined,
      wrt: undefined,
      reduced: undefined,
      order: undefined,
    };
    return call;
  }

  function giveBack(call: Call, isBackward: boolean): void {
    const { inputs } = call;
    empty(call.slots);
    empty(isBackward ? call.gradients : call.outs);
    if (isBackward) empty(call.douts);
    for (let i = count; i < inputs.length; i++) inputs[i] = undefined;
    if (call.values !== defaults && call.values !== settled) {
      call.values = NOTHING;
    }
    call.out = call.wrt = undefined;
    idle = call;
  }

  /** Reads the inputs; says whether they have the shapes and element types of the last
   * call, if all of that call's were right. */
  function readInputs(
    call: Call,
    given: readonly unknown[],
    isBound: boolean,
  ): boolean {
    const { act, inputs, slots } = call;
    let isSame = isBound;
    for (let i = 0; i < count; i++) {
      const { name, optional } = parameters[i];
      const value = given[i], slot = slots[i];
      if (optional && value === null) {
        if (inputs[i] !== undefined) isSame = false;
        inputs[i] = undefined;
        continue;
      }
      const { shape, dtype } = slot;
      readTensor(act, name, value, slot);
      if (slot.shape !== shape || slot.dtype !== dtype) isSame = false;
      if (inputs[i] === undefined) {
        inputs[i] = slot;
        isSame = false;
      }
      if (!isSame) checkFirst(call, i);
    }
    if (!isSame && firstFloat(inputs, count) === count) call.dtype = "float32";
    return isSame;
  }

  /** The place of the first input of floats before another, or that place. */
  function firstFloat(inputs: Call["inputs"], before: number): number {
    let i = 0;
    while (
      i < before &&
      (inputs[i] === undefined || parameters[i].integer !== undefined)
    ) i++;
    return i;
  }

  /** Checks an input of another shape or element type than that of the last call. */
  function checkFirst(call: Call, i: number): void {
    const { act, inputs } = call;
    checkLength(act, call.slots[i]);
    const { name, integer } = parameters[i], { dtype } = inputs[i]!;
    if (integer !== undefined) {
      if (isFloat(dtype)) throw noIntegers(act, name, dtype);
      return;
    }
    const first = firstFloat(inputs, i);
    if (first < i) {
      if (dtype !== call.dtype) {
        throw badType(act, parameters[first].name, call.dtype, name, dtype);
      }
    } else {
      if (!isFloat(dtype)) throw noFloats(act, name, dtype);
      call.dtype = dtype;
    }
  }

  /** Takes the inputs that are given among the options. */
  function takeOptions(call: Call): void {
    const { act, inputs, slots, dtype, values } = call;
    for (let i = count; i < parameters.length; i++) {
      const { name } = parameters[i], value = values[name];
      if (value === undefined || value === null) continue;
      const x = inputs[i] = readTensor(act, name, value, slots[i]);
      if (x.dtype !== dtype) {
        throw badType(act, parameters[0].name, dtype, name, x.dtype);
      }
    }
  }

  /** The options of a call without any, once there has been one. */
  let defaults: Values | undefined;

  /** The options of the last call that had some: as they were given, and checked.
   * Undefined if there was more than numbers, flags and a list of axes. */
  let last: readonly unknown[] | undefined;
  let settled: Values | undefined;

  /** Reads the options; the values of those of axes are still as they were given. */
  function readOptions(
    call: Call,
    given: object | undefined,
    more: string,
  ): void {
    const { act } = call;
    if (given === undefined) {
      call.values = defaults ??= settle(act, NONE);
      return;
    }
    if (known.length === 0 && more === "" && hasOnlyOut(given)) {
      call.out = outOf(act, given);
      call.values = NOTHING;
      return;
    }
    checkKeys(act, given, known, more);
    const found = blank(known.length);
    // A getter may call the same operation.
    const before = last, values = settled;
    let isSame = before !== undefined, isSimple = true;
    for (let i = 0; i < known.length; i++) {
      let value = read(
        act,
        "options",
        given as Record<string, unknown>,
        known[i],
      );
      if (typeof value === "object" && value !== null) {
        const list = i === axesAt
          ? copyOfList(act, known[i], value, before?.[i])
          : undefined;
        if (list === undefined) isSimple = false;
        else value = list;
      }
      if (isSame && !Object.is(value, before![i])) isSame = false;
      found[i] = value;
    }
    call.out = outOf(act, given);
    if (more !== "") {
      call.wrt = read(act, "options", given as { wrt?: unknown }, "wrt");
    }
    if (isSame && isSimple) {
      call.values = values!;
      return;
    }
    call.values = settle(act, found);
    last = isSimple ? found : undefined;
    settled = isSimple ? call.values : undefined;
  }

  /** Checks options, in the order of their names. */
  function settle(act: string, found: readonly unknown[]): Values {
    if (known.length === 0) return NOTHING;
    const values: Record<string, unknown> = {};
    for (let i = 0; i < known.length; i++) values[known[i]] = found[i];
    for (let i = 0; i < options.length; i++) {
      const [key, option] = options[i];
      if (option.kind === "axis" || option.kind === "axes") continue;
      values[key] = checkOption(act, key, option, values[key], values);
    }
    for (let i = 0; i < bounded.length; i++) {
      const [key, option] = bounded[i];
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

  /** Reads the inputs and the options, gives every letter and output its size, and
   * refuses shapes that do not fit. */
  function begin(
    call: Call,
    given: readonly unknown[],
    options: object | undefined,
    more: string,
  ): void {
    const { isBound, values } = call;
    call.endings = endings;
    call.isBound = false;
    const isSame = readInputs(call, given, isBound);
    readOptions(call, options, more);
    if (!isSame || call.values !== values) {
      if (hasOptional && options !== undefined) takeOptions(call);
      bind(call);
    }
    call.isBound = true;
  }

  /** Gives every letter and output its size. */
  function bind(call: Call): void {
    const { act, cells, groups, inputs, values } = call;
    for (let i = 0; i < letters.length; i++) cells[i] = undefined;
    for (let i = 0; i < groups.length; i++) groups[i] = undefined;
    for (let i = 0; i < parts.length; i++) {
      const { key, cell, of } = parts[i];
      cells[cell] = of(values[key]);
    }
    call.hasEmpty = call.isAny = false;
    for (let i = 0; i < call.all.length; i++) call.all[i].fits = false;
    for (let i = 0; i < parameters.length; i++) {
      const x = inputs[i];
      if (x === undefined) continue;
      if (x.size === 0) call.hasEmpty = true;
      const { axes, letters } = parameters[i].axes;
      if (letters !== undefined && bindLetters(cells, letters, x.shape)) {
        continue;
      }
      if (i === 0 && axisOption !== undefined) bindAlong(call);
      else if (i === 0 && axesOption !== undefined) bindOver(call, x.shape);
      else match(call, i, axes, x.shape);
    }
    if (hasSizes) solve(call);
    for (let i = 0; i < outputs.length; i++) {
      const size = sizeOf(act, "the result", shapeOf(call, i));
      call.sizes[i] = size;
      if (size > 0) call.isAny = true;
    }
  }

  // The next two are not part of `bind`, because every call would create the
  // variables that their closures capture, even without such an option.

  /** Binds the first input, one axis of which an option chooses. */
  function bindAlong(call: Call): void {
    const [key, option] = axisOption as [string, AxisLike];
    const { act, cells, inputs, values } = call;
    const { name, axes } = parameters[0];
    const { shape } = inputs[0]!;
    if (shape.length === 0) throw badRank(act, name, axes, shape);
    const given = values[key] === undefined ? option.default : values[key];
    const at = checkAxis(act, key, given, name, shape);
    const before = shape.slice(0, at), after = shape.slice(at + 1);
    match(call, 0, axesBefore, before);
    if (option.nonEmpty && shape[at] === 0) {
      throw new TypeError(
        `Cannot ${act} as axis ${at} of ${name} must not be empty: ${name} is ${
          showShape(shape)
        }`,
      );
    }
    setSize(cells, axisCell, shape[at]);
    if (option.reduced) call.reduced = [at];
    match(call, 0, axesAfter, after);
  }

  /** Binds the first input, of which an option chooses some axes. */
  function bindOver(call: Call, shape: Shape): void {
    const { name, axes } = parameters[0];
    const given = call.values[axesOption![0]];
    const reduced = checkAxes(call.act, given, name, shape);
    const kept = shape.map((_, axis) => axis)
      .filter((axis) => !reduced.includes(axis));
    const from = reduced[0] ?? shape.length, m = reduced.length;
    const together = reduced.every((axis, k) => axis === from + k);
    call.reduced = reduced;
    call.order = together ? undefined : [...kept, ...reduced];
    const before = together ? kept.filter((axis) => axis < from) : kept;
    const after = together ? kept.filter((axis) => axis >= from + m) : [];
    const found = [before, reduced, after];
    for (let a = 0; a < found.length; a++) {
      const { cell } = axes.axes[a];
      const group = found[a].map((axis) => shape[axis]);
      call.groups[cell] = group;
      setSize(call.cells, cell, product(group));
    }
  }

  /** Binds axes to sizes; at most one group of them may be of unknown rank. */
  function match(
    call: Call,
    input: number,
    axes: readonly Placed[],
    shape: Shape,
  ): void {
    const { act, cells, groups, inputs } = call;
    let rank = 0, open = "";
    for (let a = 0; a < axes.length; a++) {
      const axis = axes[a];
      if (axis.kind !== "many") rank++;
      else {
        const known = axis.letter === shared ? undefined : groups[axis.cell];
        if (known !== undefined) rank += known.length;
        else open = axis.letter;
      }
    }
    if (open === "" ? shape.length !== rank : shape.length < rank) {
      const { name, axes: declared } = parameters[input];
      const group = axes.find(({ kind }) => kind === "many") as LetterAxis;
      throw open === "" && group !== undefined
        ? misfit(call, input, group.letter)
        : badRank(act, name, declared, inputs[input]!.shape);
    }
    let at = 0;
    for (let a = 0; a < axes.length; a++) {
      const axis = axes[a];
      if (axis.kind === "one") {
        const size = shape[at++];
        const known = cells[axis.cell];
        if (known === undefined) setSize(cells, axis.cell, size);
        else if (known !== size) {
          throw misfit(call, input, axis.letter, known as number);
        }
      } else if (axis.kind === "size") at++;
      else if (axis.letter === shared) {
        const group = ownOf(input, inputs), known = groups[axis.cell];
        const joined = known === undefined
          ? group
          : broadcast(known, group) ?? noBroadcast(call, input);
        if (parameters[input].option && !isSameShape(joined, known!)) {
          throw tooWide(call, input);
        }
        groups[axis.cell] = joined;
        setSize(cells, axis.cell, product(joined));
        at = group.length;
      } else {
        const known = groups[axis.cell];
        const end = at +
          (known === undefined ? shape.length - rank : known.length);
        const isWhole = at === 0 && end === shape.length;
        const group = isWhole ? shape : shape.slice(at, end);
        if (known === undefined) {
          groups[axis.cell] = group;
          setSize(cells, axis.cell, product(group));
        } else if (!isSameShape(known, group)) {
          throw misfit(call, input, axis.letter);
        }
        at = end;
      }
    }
  }

  /** The leading axes of an input that are broadcast. */
  function ownOf(
    input: number,
    inputs: readonly (Checked | undefined)[],
  ): Shape {
    const x = inputs[input], { axes } = parameters[input].axes;
    if (x === undefined || !isShared[input]) return NONE;
    return x.shape.slice(0, x.shape.length - axes.length + 1);
  }

  /** An input among the options must not make the result larger. */
  function tooWide({ act, inputs }: Call, input: number): TypeError {
    const all = parameters.map(({ name }, i) => ({ name, x: inputs[i] }))
      .filter(({ x }, i) => i <= input && x !== undefined && isShared[i]);
    const names = all.slice(0, -1).map(({ name }) => name);
    return new TypeError(
      `Cannot ${act} as the axes ${shared} of ${
        parameters[input].name
      } must broadcast to those of ${names.join(", ")}: ${
        all.map(({ name, x }) => `${name} is ${showShape(x!.shape)}`).join(", ")
      }`,
    );
  }

  function noBroadcast({ act, inputs }: Call, input: number): never {
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
   * Runs a loop once if every tensor has all axes that are broadcast in full, else
   * once for each part that is contiguous in all tensors. If a part of an input occurs
   * several times, its gradients are added up.
   */
  function runParts(
    call: Call,
    loop: Loop,
    isBackward: boolean,
    written: readonly MaybeFloat[],
  ): void {
    const { act, cells, frame, groups, inputs, slots, sizes } = call;
    const joined = groups[sharedCell]!, count = product(joined);
    // An input without these axes is whole in every part.
    const own = parameters.map((_, i) =>
      isShared[i] && inputs[i] !== undefined ? ownOf(i, inputs) : joined
    );
    if (own.every((shape) => product(shape) === count)) return loop(frame);
    const full = (isBackward ? call.douts : call.outs).map((slot, i) => ({
      slot,
      data: slot.data as Float,
      size: sizes[i],
    }));
    const wholes = slots.map(({ data }) => data);
    // An empty result has gradients of 0; its parts may be too many to visit.
    if (full.every(({ size }) => size === 0)) {
      for (const data of written) if (data) fill(data, 0);
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
    const gradients = parameters.flatMap(({ name }, i) => {
      const data = written[i];
      if (data === undefined) return [];
      const { size } = inputs[i]!;
      const isWhole = isShared[i] && product(own[i]) === count;
      const sum = isWhole
        ? undefined
        : allocate(act, "float64", size, `∂E/∂${name}`) as Float;
      const one = isShared[i] ? size / product(own[i]) : 0;
      return [{ slot: call.gradients[i], i, data, sum, one }];
    });
    const parts: (Float | undefined)[] = [];
    eachPart(own, joined, (from, at, length) => {
      cells[sharedCell] = length;
      for (let i = 0; i < parameters.length; i++) {
        if (inputs[i] === undefined) continue;
        slots[i].data = pieceOf(wholes[i], i, from[i], length);
      }
      for (const { slot, data, size } of full) {
        const one = size / count;
        slot.data = piece(data, at * one, (at + length) * one);
      }
      gradients.forEach(({ slot, i, data, sum, one }, k) => {
        slot.data = sum === undefined
          ? pieceOf(data, i, from[i], length)
          : parts[k] ??= new Float64Array(one * length || sum.length);
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
  function solve({ act, frame, groups, inputs }: Call): void {
    const sizes = frame as Record<string, number>;
    for (let i = 0; i < parameters.length; i++) {
      const x = inputs[i];
      if (x === undefined) continue;
      const { name, axes: { axes } } = parameters[i];
      for (let a = 0, at = -1; a < axes.length; a++) {
        const axis = axes[a];
        at += axis.kind === "many" ? groups[axis.cell]!.length : 1;
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

  /** The error for a letter whose size differs from that in an earlier input. */
  function misfit(
    { act, inputs }: Call,
    input: number,
    letter: string,
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

  function reducedShape({ inputs, reduced, values }: Call): number[] {
    const { shape } = inputs[0]!;
    const kept = shape.map((size, axis) => reduced!.includes(axis) ? 1 : size);
    return values.keepDims
      ? kept
      : kept.filter((_, axis) => !reduced!.includes(axis));
  }

  function joinedShape(
    { act, groups }: Call,
    letters: readonly [string, string],
  ): number[] {
    const [a, b] = letters.map((letter) => groups[cellOf(letter)]!);
    const shape = broadcast(a, b);
    if (shape !== undefined) return shape;
    const [x, y] = letters.map((letter) =>
      parameters.find(({ axes: { axes } }) => hasLetter(axes, letter))!.name
    );
    throw new TypeError(
      `Cannot ${act} as the shapes of ${x} and ${y} must broadcast, each axis equal or 1, counted from the last: ${x} is ${
        showShape(a)
      }, ${y} is ${showShape(b)}`,
    );
  }

  /** Finds the shape of an output. */
  function shapeOf(call: Call, i: number): number[] {
    const { act, cells, groups, shapes } = call;
    const { axes, letters, broadcast: joined } = outputs[i].axes;
    if (letters !== undefined) {
      const shape = sized(shapes, i, letters.length);
      for (let a = 0; a < letters.length; a++) {
        shape[a] = cells[letters[a]] as number;
      }
      return shape;
    }
    if (call.reduced !== undefined && axes.length === 2) {
      return shapes[i] = reducedShape(call);
    }
    if (joined !== undefined) return shapes[i] = joinedShape(call, joined);
    let rank = 0;
    for (let a = 0; a < axes.length; a++) {
      const { kind, cell } = axes[a];
      rank += kind === "many" ? groups[cell]!.length : 1;
    }
    const shape = sized(shapes, i, rank);
    for (let a = 0, at = 0; a < axes.length; a++) {
      const axis = axes[a];
      if (axis.kind === "one") shape[at++] = cells[axis.cell] as number;
      else if (axis.kind === "many") {
        const group = groups[axis.cell]!;
        for (let k = 0; k < group.length; k++) shape[at++] = group[k];
      } else {
        shape[at] = sizeAt(act, axis, at, call.frame);
        at++;
      }
    }
    return shape;
  }

  /** Reads a tensor to write a result to, which must fit it. */
  function readOut(
    call: Call,
    name: string,
    out: unknown,
    slot: Slot,
    shape: Shape,
    dtype: ResultType,
  ): void {
    const { act, inputs, slots, douts } = call;
    readTensor(act, name, out, slot);
    const data = slot.data as Float;
    if (!slot.fits) {
      checkLength(act, slot);
      checkSameShape(act, name, slot.shape, "the result", shape);
      if (slot.dtype !== dtype) {
        throw givesIndices
          ? mustBe(act, name, dtype, slot.dtype)
          : otherType(call, dtype, name, slot.dtype);
      }
      slot.fits = true;
    }
    const width = dtype === "float64" ? 8 : 4;
    for (let i = 0; i < slots.length; i++) {
      const x = slots[i];
      if (inputs[i] === undefined) continue;
      if (x.dtype === dtype && areApart(data, x.data, width)) continue;
      checkApart(act, name, data, x.name, x.data);
    }
    for (let i = 0; i < douts.length; i++) {
      const dout = douts[i].data as MaybeFloat;
      if (dout === undefined || areApart(data, dout, width)) continue;
      checkApart(act, name, data, outputs[i].dout, dout);
    }
  }

  /** Checks what can only be checked when everything has been read: a getter of the
   * last argument may have shrunk the memory of the first, or ended its arena. */
  function checkRead(call: Call, isBackward: boolean): void {
    const { act } = call;
    if (call.endings !== endings) checkAllOpen(call);
    checkLengths(act, call.slots);
    if (isBackward) checkLengths(act, call.douts);
    if (call.out !== undefined) {
      checkLengths(act, isBackward ? call.gradients : call.outs);
    }
    if (hasIntegers) checkIntegers(call);
  }

  /** The only result: `out`, or a new tensor. */
  function resultOf(
    call: Call,
    slot: Slot,
    shape: Shape,
    size: number,
    dtype: ResultType,
    isBackward: boolean,
  ): unknown {
    const { out } = call;
    if (out !== undefined) readOut(call, "out", out, slot, shape, dtype);
    checkRead(call, isBackward);
    return out ?? newResult(call, slot, shape, size, dtype);
  }

  /** A new tensor for a result. */
  function newResult(
    { act }: Call,
    slot: Slot,
    shape: Shape,
    size: number,
    dtype: ResultType,
  ): Tensor<Shape, Float> {
    const data = allocateResult(act, dtype, size) as Float;
    slot.data = data;
    return { shape: shape.slice(), data };
  }

  /** Checks the numbers of integer inputs. */
  function checkIntegers({ act, frame, inputs }: Call): void {
    for (let i = 0; i < parameters.length; i++) {
      const { name, integer } = parameters[i];
      const x = inputs[i];
      if (x === undefined || integer === undefined) continue;
      const bound = (b: number | string | undefined, none: number) =>
        typeof b === "string" ? frame[b] as number : b ?? none;
      const from = bound(integer.from, -Infinity);
      const below = bound(integer.below, Infinity);
      const except = bound(integer.except, NaN);
      // All integers are between infinities.
      if (from === -Infinity && below === Infinity) continue;
      if (from === 0 && areBelow(x.data, below)) continue;
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
   * Sets letters that only empty tensors have to 0. They may have any size, and no
   * loop must run over it.
   */
  function shorten(call: Call): void {
    const { cells, inputs, sizes } = call;
    call.isBound = false; // The next call has the letters' sizes to check, too.
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
      if (sizes[i] > 0) add(axes);
    });
    for (const { axes } of parameters) {
      for (const axis of axes.axes) {
        if (axis.kind !== "size" && !full.has(axis.letter)) {
          cells[axis.cell] = 0;
        }
      }
    }
  }

  /** Checks that what has been read is in no arena that has ended since. */
  function checkAllOpen({ act, all }: Call): void {
    for (const { name, data } of all) {
      if (data !== undefined) checkOpen(act, name, data);
    }
  }

  /**
   * Refuses a call, and gives its memory back. A call like the one before it leaves the
   * lengths of arrays to {@linkcode checkRead}, so that of several things that are wrong
   * it finds another first. What it says must not depend on the call before, though.
   */
  function refuse(call: Call, isBackward: boolean, error: unknown): never {
    const { act, slots, all } = call;
    try {
      checkLengths(act, slots);
      checkLengths(act, all.filter(({ fits }) => fits));
    } finally {
      giveBack(call, isBackward);
    }
    throw error;
  }

  // A call that the checks refuse gives its memory back. After an error in a loop, which is
  // rare, the next call takes new memory.
  function forward<T>(
    given: readonly unknown[],
    options: object | undefined,
  ): T {
    const call = take();
    let result: unknown;
    try {
      call.act = does;
      begin(call, given, options, "");
      const { outs: [slot], shapes: [shape], sizes: [size] } = call;
      const dtype = givesIndices ? "int32" : call.dtype;
      result = single
        ? resultOf(call, slot, shape, size, dtype, false)
        : outputsOf(call, dtype);
    } catch (error) {
      refuse(call, false, error);
    }
    if (call.isAny) run(call, forwardLoop, false);
    giveBack(call, false);
    return result as T;
  }

  /** The outputs by name. */
  function outputsOf(call: Call, dtype: ResultType): unknown {
    const { act, out, outs, shapes, sizes } = call;
    const given = blank(outputs.length);
    if (out !== undefined) {
      checkKeys(act, out, outputs.map(({ name }) => name), "", "out");
      outputs.forEach(({ name, out: what }, i) => {
        const value = given[i] = part(act, "out", out, name);
        if (value === undefined) return;
        readOut(call, what, value, outs[i], shapes[i], dtype);
        checkApartFrom(act, outs, i);
      });
    }
    checkRead(call, false);
    return Object.fromEntries(outputs.map(({ name }, i) => [
      name,
      given[i] ?? newResult(call, outs[i], shapes[i], sizes[i], dtype),
    ]));
  }

  /** Runs a loop: nothing is checked from here on. */
  function run(call: Call, loop: Loop, isBackward: boolean): void {
    if (isApart) return runApart(call, loop, isBackward);
    if (cleared !== undefined) clear(call);
    if (call.hasEmpty) shorten(call);
    loop(call.frame);
  }

  /** Writes zeros to the results that loops find them in. What is new has them, except
   * in an arena. */
  function clear(call: Call): void {
    if (call.out === undefined && !isServing()) return;
    for (const { data } of cleared === "outputs" ? call.outs : call.gradients) {
      if (data !== undefined) fill(data, 0);
    }
  }

  /** As {@linkcode run}, where loops may see other arrays than those of the call. */
  function runApart(call: Call, loop: Loop, isBackward: boolean): void {
    const { act, frame, inputs, slots, order } = call;
    const gradients = call.gradients.map(({ data }) => data as MaybeFloat);
    if (broadcasts) {
      const kernel = isBackward ? kernels?.backward : kernels?.forward;
      if (kernel && areRepeated(call) && kernel(frame as never) !== false) {
        return;
      }
      writeOut(call, parameters.map(() => call.shapes[0]));
    }
    if (order !== undefined) {
      const x = inputs[0] as Checked<Shape, Float>;
      const { name } = parameters[0];
      slots[0].data = permute(act, x, order);
      if (isBackward) {
        call.gradients[0].data = allocate(act, x.dtype, x.size, `∂E/∂${name}`);
      }
    }
    if (call.hasEmpty) shorten(call);
    const fulls = shared === undefined ? undefined : fullShapes(call);
    if (fulls !== undefined) {
      if (fulls.some((shape) => product(shape) > SMALL)) {
        return runParts(call, loop, isBackward, gradients);
      }
      writeOut(call, fulls);
    }
    loop(frame);
    for (let i = 0; i < gradients.length; i++) {
      const data = gradients[i];
      const whole = call.gradients[i].data as Float;
      if (data === undefined || whole === data) continue;
      const { shape, size } = inputs[i]!;
      if (order !== undefined) unpermute(whole, shape, order, data);
      else sumInto(whole, fulls?.[i] ?? call.shapes[0], shape, data, size);
    }
  }

  /** Whether there are inputs smaller than the output, and the broadcast repeats each
   * of them as a whole, so that a kernel can take them as they are. */
  function areRepeated(
    { inputs, shapes: [shape], sizes: [size] }: Call,
  ): boolean {
    if (inputs.every((x) => x!.size === size)) return false;
    return inputs.every((x) => {
      const own = x!.shape, lead = shape.length - own.length;
      let axis = 0;
      while (own[axis] === 1) axis++;
      while (axis < own.length && own[axis] === shape[lead + axis]) axis++;
      return axis === own.length;
    });
  }

  /** The shapes of inputs that have all axes that are broadcast in full. */
  function fullShapes({ groups, inputs }: Call): Shape[] {
    const joined = groups[sharedCell]!;
    return parameters.map((_, i) => {
      const shape = inputs[i]?.shape ?? NONE;
      if (!isShared[i] || inputs[i] === undefined) return shape;
      return [...joined, ...shape.slice(ownOf(i, inputs).length)];
    });
  }

  /** Copies each input to the shape that it is broadcast to, if that is another, and
   * allocates its gradient in that shape. */
  function writeOut(call: Call, fulls: readonly Shape[]): void {
    const { act, cells, groups, inputs, slots, gradients } = call;
    for (let i = 0; i < parameters.length; i++) {
      const x = inputs[i], size = product(fulls[i]);
      if (x === undefined) continue;
      const { name, axes: { axes } } = parameters[i];
      for (const axis of broadcasts ? axes : NONE) {
        if (axis.kind !== "many" || !groups[axis.cell]) continue;
        if (cells[axis.cell] !== size) call.isBound = false;
        cells[axis.cell] = size;
      }
      if (x.size === size) continue;
      slots[i].data = expand(act, x, fulls[i]);
      if (gradients[i].data === undefined) continue;
      gradients[i].data = allocate(act, "float64", size, `∂E/∂${name}`);
    }
  }

  /** One gradient, of the input in this place, or those that are asked for. */
  function backward(
    act: string,
    given: readonly unknown[],
    options: object | undefined,
    only: number,
  ): unknown {
    const call = take();
    let result: unknown;
    try {
      call.act = act;
      begin(call, given, options, only < 0 ? "wrt" : "");
      readDout(call, given[count]);
      result = only < 0 ? gradientsOf(call) : gradientOf(call, only);
    } catch (error) {
      refuse(call, true, error);
    }
    const { inputs, gradients } = call;
    for (let i = 0; i < inputs.length; i++) {
      if (gradients[i].data === undefined || inputs[i]!.size === 0) continue;
      run(call, backwardLoop, true);
      break;
    }
    giveBack(call, true);
    return result;
  }

  function readDout(call: Call, dout: unknown): void {
    const { act, douts, dtype, shapes } = call;
    if (!single && typeof dout === "object" && dout !== null) {
      checkKeys(act, dout, outputs.map(({ name }) => name), "", "dout");
    }
    for (let i = 0; i < outputs.length; i++) {
      const { name, dout: what } = outputs[i];
      const value = single ? dout : part(act, "dout", dout, name);
      const slot = readTensor(act, what, value, douts[i]);
      if (!slot.fits) {
        checkLength(act, slot);
        checkSameShape(act, what, slot.shape, "the output", shapes[i]);
        if (slot.dtype !== dtype) {
          throw otherType(call, dtype, what, slot.dtype);
        }
        slot.fits = true;
      }
    }
  }

  function gradientOf(call: Call, i: number): unknown {
    const { act, inputs, gradients: { [i]: slot }, dtype } = call;
    const x = inputs[i];
    if (x === undefined) {
      const { name } = parameters[i];
      throw new TypeError(
        `Cannot ${act} as ${name} must be a tensor { shape, data }: it is null`,
      );
    }
    return resultOf(call, slot, x.shape, x.size, dtype, true);
  }

  /** The gradients by name. */
  function gradientsOf(call: Call): Record<string, unknown> {
    const { act, inputs, gradients, dtype, out } = call;
    const asked = askedOf(act, call.wrt, differentiable);
    if (out !== undefined) checkKeys(act, out, asked, "", "out");
    const given = blank(parameters.length);
    for (let i = 0; out !== undefined && i < given.length; i++) {
      const { name, out: what } = parameters[i], x = inputs[i];
      if (x === undefined || !asked.includes(name)) continue;
      const value = given[i] = part(act, "out", out, name);
      if (value === undefined) continue;
      readOut(call, what, value, gradients[i], x.shape, dtype);
      checkApartFrom(act, gradients, i);
    }
    checkRead(call, true);
    const made: Record<string, unknown> = {};
    for (let i = 0; i < parameters.length; i++) {
      const { name } = parameters[i], x = inputs[i];
      if (x === undefined || !asked.includes(name)) continue;
      made[name] = given[i] ??
        newResult(call, gradients[i], x.shape, x.size, dtype);
    }
    return made;
  }

  return {
    name,
    spec,
    differentiable,
    forward,
    backward: (given, options) => {
      const act = `compute ${name}D`;
      if (differentiable.length === 0) throw noGradient(act, name);
      return backward(act, given, options, -1) as never;
    },
    gradient: (input, given, options) => {
      for (let i = 0; i < places.length; i++) {
        const at = places[i];
        if (parameters[at].name === input) {
          return backward(parameters[at].act, given, options, at) as never;
        }
      }
      throw noGradient(`compute ${name}D${input}`, show(input));
    },
  };

  function noGradient(act: string, what: string): TypeError {
    return new TypeError(
      `Cannot ${act} as ${what} must have a gradient: ${
        differentiable.length === 0
          ? `${name} has none`
          : `of the inputs, these have one: ${differentiable.join(", ")}`
      }`,
    );
  }

  /** The error for a tensor whose element type is not that of the inputs. */
  function otherType(
    { act, inputs }: Call,
    dtype: DType,
    name: string,
    found: DType,
  ): TypeError {
    const first = inputs.findIndex((x) => x !== undefined && isFloat(x.dtype));
    if (first >= 0) {
      return badType(act, parameters[first].name, dtype, name, found);
    }
    return mustBe(act, name, dtype, found);
  }
}

/** The inputs whose gradients are asked for. */
export function askedOf(
  act: string,
  wrt: unknown,
  differentiable: readonly string[],
): readonly string[] {
  if (wrt === undefined) return differentiable;
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
    if (!differentiable.includes(name) || asked.includes(name)) {
      throw new RangeError(
        `Cannot ${act} as wrt must name inputs that have a gradient (${
          differentiable.join(", ")
        }), each once: wrt[${i}] is ${show(name)}`,
      );
    }
    asked.push(name);
  }
  return asked;
}

/** Lets slots keep no array alive. Writing something that is not an object takes a
 * fraction of the time. */
function empty(slots: readonly Slot[]): void {
  for (let i = 0; i < slots.length; i++) slots[i].data = undefined as never;
}

/** Checks the lengths of what has been read into slots. */
function checkLengths(act: string, slots: readonly Slot[]): void {
  for (let i = 0; i < slots.length; i++) {
    if (slots[i].data !== undefined) checkLength(act, slots[i]);
  }
}

/** Checks that a result to write to shares no memory with those before it. */
function checkApartFrom(act: string, slots: readonly Slot[], i: number): void {
  const { name, data } = slots[i];
  for (let j = 0; j < i; j++) {
    const other = slots[j];
    if (other.data === undefined) continue;
    checkApart(act, name, data, other.name, other.data);
  }
}

/** Runs a kernel, and then the loop if the kernel returns false. */
function eitherOf(kernel: unknown, loop: unknown): Loop {
  if (kernel === undefined) return loop as Loop;
  return (frame) => {
    if ((kernel as Kernel)(frame) === false) (loop as Loop)(frame);
  };
}

const NONE: never[] = [];

/** The most numbers of an input that is written out to be broadcast. Beyond this, a
 * loop for each part takes less time. */
const SMALL = 2 ** 12;

/** The values of no options. */
const NOTHING: Record<string, never> = {};

/** The size of an axis of a result that is an expression. */
function sizeAt(
  act: string,
  { text, value: { of, letters, least, full } }: Axis & { kind: "size" },
  at: number,
  frame: Names,
): number {
  for (let i = 0; i < full.length; i++) {
    if (frame[full[i]] as number >= 1) continue;
    throw new RangeError(
      `Cannot ${act} as ${
        full[i]
      } must be at least 1 where axis ${at} of the result is ${text}: it is ${
        frame[full[i]]
      }`,
    );
  }
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

/** The letters of the shapes. */
function lettersOf(
  parameters: readonly { axes: Axes }[],
  outputs: readonly { axes: Axes }[],
): readonly string[] {
  const letters = new Set<string>();
  for (const { axes } of [...parameters, ...outputs]) {
    for (const axis of axes.axes) {
      if (axis.kind !== "size") letters.add(axis.letter);
      else for (const letter of axis.value.letters) letters.add(letter);
    }
    for (const letter of axes.broadcast ?? []) letters.add(letter);
  }
  return [...letters];
}

/** Checks that every letter of an output, or of a range, is one of an input, or an
 * option. */
function checkSizes(
  known: readonly string[],
  used: readonly string[],
): void {
  const unknown = used.find((letter) => !known.includes(letter));
  if (unknown === undefined) return;
  throw new SyntaxError(
    `Cannot declare ${unknown} as a size as no input or option says what it is`,
  );
}

/** Checks that all that a loop can read has one meaning: letters and options, and
 * tensors and their gradients. */
function checkNames(
  letters: readonly string[],
  tensors: readonly string[],
): void {
  const names = new Set(letters);
  for (const name of tensors.flatMap((name) => [name, `d${name}`])) {
    if (names.has(name)) {
      throw hasTwoMeanings(name);
    }
    names.add(name);
  }
}

function hasTwoMeanings(name: string): SyntaxError {
  return new SyntaxError(`Cannot declare ${name} as it has two meanings`);
}

/**
 * An object with the cells, and the arrays in slots, by their names. Setting a property
 * whose name is known only at run time takes 20 ns; setting an element of an array takes
 * one, and so does reading through an accessor that never changes. The class gives each
 * frame a hidden class of its own: if frames with different accessors shared one, the
 * engine would look up every name.
 */
function frameOf(
  names: readonly string[],
  cells: Cells,
  tensors: readonly [name: string, slot: Slot, gradient: Slot][],
  onChange: () => void,
): Names {
  const frame = new (class Frame {})();
  names.forEach((name, cell) =>
    Object.defineProperty(frame, name, {
      get: () => cells[cell],
      set: (value: unknown) => {
        cells[cell] = value;
        onChange();
      },
    })
  );
  for (const [name, slot, gradient] of tensors) {
    Object.defineProperty(frame, name, { get: () => slot.data });
    Object.defineProperty(frame, `d${name}`, { get: () => gradient.data });
  }
  return frame as Names;
}

type LetterAxis = Exclude<Axis, { kind: "size" }>;
type AxisLike = {
  letter: string;
  default: number;
  reduced: boolean;
  nonEmpty: boolean;
};

/** Binds letters to sizes; false if they do not fit. */
function bindLetters(
  cells: Cells,
  letters: readonly number[],
  shape: Shape,
): boolean {
  if (shape.length !== letters.length) return false;
  for (let a = 0; a < letters.length; a++) {
    const known = cells[letters[a]];
    if (known === undefined) setSize(cells, letters[a], shape[a]);
    else if (known !== shape[a]) return false;
  }
  return true;
}

/** Sets a letter to its size. The engine may have computed that as a float64, and loops
 * up to a boxed float64 take three times as long as up to a small integer. */
function setSize(cells: Cells, cell: number, size: number): void {
  if ((size | 0) === size) cells[cell] = size | 0;
  else cells[cell] = size;
}

/** A copy of a short list, each element read once, or `known` if that is equal;
 * undefined for anything else. */
function copyOfList(
  act: string,
  name: string,
  value: unknown,
  known: unknown,
): unknown[] | undefined {
  const length = lengthOfArray(act, name, value);
  if (length === undefined || length > MAX_RANK) return undefined;
  const copy = blank(length);
  let isSame = Array.isArray(known) && known.length === length;
  for (let i = 0; i < length; i++) {
    const element = read(act, name, value as unknown[], i);
    if (isSame && !Object.is(element, (known as unknown[])[i])) isSame = false;
    copy[i] = element;
  }
  return isSame ? known as unknown[] : copy;
}

/** The list at an index, or a new one there if its length differs. */
function sized(lists: number[][], i: number, length: number): number[] {
  const list = lists[i];
  return list.length === length ? list : lists[i] = blank(length) as number[];
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

/** Refuses what is not an object of options, and unknown keys. `for…in` takes 10 ns,
 * `Reflect.ownKeys` 170. */
export function checkKeys(
  act: string,
  given: unknown,
  known: readonly string[],
  more: string,
  what = "options",
): void {
  if (!isOptions(act, what, given as object)) {
    throw badKeys(act, known, what, `it is ${show(given)}`);
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
  throw badKeys(act, known, what, `it has ${show(stranger)}`);
}

/** Whether something is an object with nothing but `out`, as most options are. */
function hasOnlyOut(given: unknown): boolean {
  if (typeof given !== "object" || given === null) return false;
  try {
    if (Array.isArray(given) || ArrayBuffer.isView(given)) return false;
    for (const key in given) if (key !== "out") return false;
    return true;
  } catch {
    return false; // The check of all keys will say so.
  }
}

/** The option that all operations have. */
function outOf(act: string, given: object): unknown {
  try {
    return (given as { out?: unknown }).out;
  } catch (cause) {
    throw unreadable(act, "options", cause);
  }
}

/** The error for what is no object of these keys. Only `out` may have none: where no
 * gradient is asked for. */
function badKeys(
  act: string,
  known: readonly string[],
  what: string,
  found: string,
): TypeError {
  const keys = what === "options" ? [...known, "out"] : known;
  return new TypeError(
    `Cannot ${act} as ${what} must ${
      keys.length === 0
        ? "be left out where wrt names no input"
        : `be an object such as { ${keys.join(", ")} }`
    }: ${found}`,
  );
}

function mustBe(
  act: string,
  name: string,
  dtype: DType,
  found: DType,
): TypeError {
  return new TypeError(
    `Cannot ${act} as ${name} must be ${dtype}: it is ${found}`,
  );
}

function noIntegers(act: string, name: string, dtype: DType): TypeError {
  return new TypeError(
    `Cannot ${act} as ${name} must hold integers, in an Int32Array for example: it is ${dtype}`,
  );
}

/**
 * The name of an axis in a message, such as the rows of a matrix. If a letter occurs
 * twice, the axis is the one whose size is not `not`.
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
