// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The functions of an operation, each seen in one way: what it is called with, and
 * what it gives. A forward function gives the outputs, `opD` the gradients by the
 * names of the inputs, and `opD<input>` one of them.
 *
 * @module
 */

import { ARRAYS } from "../arrays.ts";
import type { Signature } from "../op.ts";
import type { DType } from "../types.ts";
import { optionInputs, positional } from "../../proof/positional.ts";
import { type AnyTensor, type Call, hash, product } from "./draw.ts";
import { OPERATIONS, PAGES } from "./operations.ts";
import { type Argument, toCode } from "./snippet.ts";
import { TOYS } from "./toys.ts";

/** A function of an operation. */
export interface OpFunction {
  /** Its name, such as `softmaxDx`. */
  name: string;
  signature: Signature;
  kind: "forward" | "all" | "one";
  /** The input that its gradient is with respect to, of kind "one". */
  wrt?: string;
  /** What it is doing, as its messages say it. */
  act: string;
  f: (...args: unknown[]) => unknown;
  /** The options that hold lists, which are given; more than one shape fits them. */
  lists?: readonly string[];
}

/** The functions that an operation has, by what its signature says. */
export function functionsOf(
  signature: Signature,
  exports: Readonly<Record<string, unknown>> = {},
): OpFunction[] {
  const { name, spec } = signature;
  const count = Object.keys(spec.inputs).length - optionInputs(spec).length;
  const split = (args: unknown[], count: number) =>
    [
      args.slice(0, count),
      args.length > count ? args[count] as object | undefined : undefined,
    ] as const;
  const make = (
    suffix: string,
    kind: OpFunction["kind"],
    own: OpFunction["f"],
    wrt?: string,
  ): OpFunction => ({
    name: name + suffix,
    signature,
    kind,
    wrt,
    act: kind === "forward"
      ? spec.does ?? `compute ${name}`
      : `compute ${name}${suffix}`,
    f: positional(
      spec,
      (exports[name + suffix] ?? own) as OpFunction["f"],
      kind === "forward" ? 0 : 1,
    ),
  });
  const inputs = signature.differentiable;
  return [
    make(
      "",
      "forward",
      (...args) => signature.forward(...split(args, count)),
    ),
    ...inputs.length === 0 ? [] : [
      make(
        "D",
        "all",
        (...args) => signature.backward(...split(args, count + 1)),
      ),
    ],
    ...inputs.map((input) =>
      make(
        `D${input}`,
        "one",
        (...args) => signature.gradient(input, ...split(args, count + 1)),
        input,
      )
    ),
  ];
}

/** The functions of the library; a module that lacks one is tested elsewhere. */
export const LIBRARY: readonly OpFunction[] = OPERATIONS.flatMap(
  ({ signature, exports }) => functionsOf(signature, exports),
);

/** The functions that take lists, as their pages have them, which read options. */
export const ON_PAGES: readonly OpFunction[] = PAGES.flatMap(
  ({ signature, exports: { asOnPage } }) => {
    if (asOnPage === undefined) return [];
    const count = Object.keys(signature.spec.inputs).length;
    return functionsOf(signature, asOnPage as Record<string, unknown>)
      .map((fn) => ({
        ...fn,
        f: (...args) =>
          fn.f(
            ...args,
            ...args.length > count + +(fn.kind !== "forward") ? [] : [{}],
          ),
      }));
  },
);

/** All functions that must keep the promises of every operation. */
export const FUNCTIONS: readonly OpFunction[] = [
  ...LIBRARY,
  ...TOYS.flatMap((signature) => functionsOf(signature)),
];

/** Whether a function can be called so: there is no gradient of null. */
export function isDefined({ kind, wrt }: OpFunction, { inputs }: Call) {
  return kind !== "one" || inputs[wrt!] !== null;
}

/** The arguments of a call by name, in their order. */
export function argsOf({ kind }: OpFunction, call: Call) {
  const { inputs, douts, signature: { spec } } = call;
  const args: Record<string, Argument> = { ...inputs };
  if (kind !== "forward") {
    const names = Object.keys(spec.outputs);
    args.dout = names.length === 1 ? douts[names[0]] : douts;
  }
  return args;
}

/** The shapes of what a function gives, by name. */
export function resultShapes(
  { kind, wrt, signature }: OpFunction,
  { inputs, shapes }: Call,
): Record<string, number[]> {
  if (kind === "forward") return shapes.outputs;
  const names = kind === "one" ? [wrt!] : signature.differentiable;
  return Object.fromEntries(
    names.filter((name) => inputs[name] !== null)
      .map((name) => [name, inputs[name]!.shape]),
  );
}

/** The element type of what a function gives. */
export function resultType(
  { kind, signature: { spec } }: OpFunction,
  { dtype }: Call,
): "float32" | "float64" | "int32" {
  return kind === "forward" && spec.indices ? "int32" : dtype;
}

/** Whether what a function gives is a record of tensors. */
export function givesRecord({ kind, signature }: OpFunction): boolean {
  return kind === "all" ||
    kind === "forward" && Object.keys(signature.spec.outputs).length > 1;
}

type Tensors = Record<string, AnyTensor>;

/** What a function gives, by name. */
export function resultsOf(fn: OpFunction, result: unknown): Tensors {
  if (givesRecord(fn)) return result as Tensors;
  const name = fn.kind === "one"
    ? fn.wrt!
    : Object.keys(fn.signature.spec.outputs)[0];
  return { [name]: result as AnyTensor };
}

/** `out` as the options of a function take it. */
export function outOf(fn: OpFunction, outs: Tensors): AnyTensor | Tensors {
  return givesRecord(fn) ? outs : Object.values(outs)[0];
}

/** Calls a function; more options may be given, `out` among them. */
export function invoke(
  fn: OpFunction,
  call: Call,
  more: Readonly<Record<string, unknown>> = {},
): Tensors {
  const args: unknown[] = Object.values(argsOf(fn, call));
  const options = { ...call.shapes.options, ...more };
  if (Object.keys(options).length > 0) args.push(options);
  return resultsOf(fn, fn.f(...args));
}

/** The same function of another signature, such as one without kernels. */
export function by(
  signature: Signature,
  { kind, wrt }: OpFunction,
): OpFunction {
  return functionsOf(signature)
    .find((other) => other.kind === kind && other.wrt === wrt)!;
}

/** A call as a program. */
export function callToCode(fn: OpFunction, call: Call): string {
  return toCode({
    name: fn.name,
    args: argsOf(fn, call),
    options: call.shapes.options,
  });
}

/** All tensors of a call, by name. */
export function tensorsOf({ inputs, douts }: Call): Tensors {
  const all: Tensors = {};
  for (const [name, x] of Object.entries(inputs)) if (x !== null) all[name] = x;
  for (const [name, x] of Object.entries(douts)) all[`d${name}`] = x;
  return all;
}

/** The same call of other tensors. */
export function mapTensors(
  call: Call,
  f: (x: AnyTensor, name: string) => AnyTensor,
): Call {
  const { inputs, douts } = call;
  return {
    ...call,
    inputs: Object.fromEntries(
      Object.entries(inputs)
        .map(([name, x]) => [name, x === null ? null : f(x, name)]),
    ),
    douts: Object.fromEntries(
      Object.entries(douts).map(([name, x]) => [name, f(x, `d${name}`)]),
    ),
  };
}

/** Whether the elements are floats. */
export function isFloats({ data }: AnyTensor): boolean {
  return data instanceof Float32Array || data instanceof Float64Array;
}

/** The same call of another element type. */
export function cast(call: Call, dtype: "float32" | "float64"): Call {
  const floats = mapTensors(
    call,
    (x) =>
      isFloats(x) ? { shape: x.shape, data: ARRAYS[dtype].from(x.data) } : x,
  );
  return { ...floats, dtype };
}

/** How tensors lie in memory. */
export interface Layout {
  /**
   * Each alone; each as a view with numbers around it; side by side in one
   * buffer; all beginning at the same number of one buffer.
   */
  kind: "alone" | "views" | "together" | "aliased";
  shared: boolean;
  /** Numbers before and between. */
  gap: number;
}

/** Layouts, the simplest first. */
export const LAYOUTS: readonly Layout["kind"][] = [
  ...["alone", "views", "together", "aliased"] as const,
];

/** The same call with its tensors laid into memory so. */
export function lay(call: Call, { kind, shared, gap }: Layout): Call {
  const memory = (dtype: DType, length: number) => {
    const bytes = length * ARRAYS[dtype].BYTES_PER_ELEMENT;
    return new ARRAYS[dtype](
      (shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(
        bytes,
      )) as ArrayBuffer,
    );
  };
  const floats = Object.values(tensorsOf(call)).filter(isFloats);
  const sizes = floats.map(({ data }) => data.length);
  const room = kind === "together"
    ? sizes.reduce((a, b) => a + b + gap, gap)
    : Math.max(0, ...sizes) + 2 * gap;
  const one = kind === "together" || kind === "aliased"
    ? memory(call.dtype, room).map((_, i) => hash(1, 99, i) % 9)
    : undefined;
  let all = one;
  if (one !== undefined) {
    all = memory(call.dtype, room);
    all.set(one);
  }
  // Numbers that all inputs can have come first, where they share them.
  if (kind === "aliased") {
    for (const { data } of floats.toReversed()) all!.set(data, gap);
  }
  let end = gap;
  return mapTensors(call, (x) => {
    const length = x.data.length;
    if (!isFloats(x)) return x;
    const around = kind === "alone" ? 0 : gap;
    const home = all ?? memory(call.dtype, length + 2 * around);
    const from = kind === "together" ? end : around;
    end += length + gap;
    const data = home.subarray(from, from + length);
    if (kind !== "aliased") data.set(x.data as never);
    return { shape: x.shape, data };
  });
}

/** A copy of the bytes of every buffer of a call. */
export function bytesOf(call: Call): Map<ArrayBufferLike, Uint8Array> {
  return new Map(
    Object.values(tensorsOf(call)).map(({ data: { buffer } }) => [
      buffer,
      new Uint8Array(buffer).slice(),
    ]),
  );
}

/** Fails where a byte of a buffer is not what it was. */
export function assertUntouched(
  before: ReadonlyMap<ArrayBufferLike, Uint8Array>,
): void {
  for (const [buffer, bytes] of before) {
    const now = new Uint8Array(buffer);
    for (let i = 0; i < bytes.length; i++) {
      if (now[i] !== bytes[i]) throw new Error(`byte ${i} was written to`);
    }
  }
}

/** Fails where two results differ in a bit; every NaN equals every other. */
export function assertSameBits(
  actual: Tensors,
  expected: Tensors,
  what: string,
): void {
  const names = Object.keys(expected);
  if (Object.keys(actual).join() !== names.join()) {
    throw new Error(`${what}: there are ${Object.keys(actual)}, not ${names}`);
  }
  for (const name of names) {
    const [x, y] = [actual[name], expected[name]];
    if (x.shape.join() !== y.shape.join()) {
      throw new Error(`${what}: ${name} is ${x.shape}, not ${y.shape}`);
    }
    if (typeName(x) !== typeName(y)) {
      throw new Error(`${what}: ${name} is ${typeName(x)}, not ${typeName(y)}`);
    }
    assertSameNumbers(x.data, y.data, `${what}: ${name}`);
  }
}

const typeName = ({ data }: AnyTensor) =>
  Object.prototype.toString.call(data).slice(8, -1);

/** Fails where numbers differ in a bit. */
export function assertSameNumbers(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  what: string,
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what} has ${actual.length}, not ${expected.length}`);
  }
  for (let i = 0; i < actual.length; i++) {
    if (Object.is(actual[i], expected[i])) continue;
    throw new Error(`${what}[${i}] is ${actual[i]}, not ${expected[i]}`);
  }
}

/** New tensors full of NaN for what a function gives. */
export function emptyOuts(fn: OpFunction, call: Call): Tensors {
  return Object.fromEntries(
    Object.entries(resultShapes(fn, call)).map(([name, shape]) => [
      name,
      {
        shape: [...shape],
        data: new ARRAYS[resultType(fn, call)](product(shape)).fill(NaN),
      },
    ]),
  );
}
