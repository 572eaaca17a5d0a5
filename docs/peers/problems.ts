// Copyright 2026 the Adjoint authors. MIT license.

/**
 * An entry of the table at one size: numbers to compute with, and what must come out,
 * which the loops of the operation's page say.
 *
 * @module
 */

import * as library from "../../mod.ts";
import { withoutKernels } from "../../ops/core/op.ts";
import { functionsOf } from "../../ops/core/testing/functions.ts";
import { PAGES } from "../../ops/core/testing/operations.ts";
import { functionsOnPage } from "../../ops/proof/positional.ts";
import { type Attempt, attempt, type Contender } from "./contender.ts";
import { type Entry, type Line, TABLE } from "./operations.ts";
import { IN_ARENA, LOOP, OURS, STEPS } from "./names.ts";
import { type Entrant, type Pace, takeTurns } from "./race.ts";
import type { Timing } from "./report.ts";

/** A tensor as this library has it. */
export interface Value {
  shape: readonly number[];
  data:
    | Float32Array<ArrayBuffer>
    | Int32Array<ArrayBuffer>
    | Uint8Array<ArrayBuffer>;
}

/** One function at one size. */
export interface Problem {
  /** The function: `softmaxDx`, and what is special about the entry. */
  name: string;
  entry: Entry;
  size: number;
  inputs: Readonly<Record<string, Value | null>>;
  options: Readonly<Record<string, unknown>>;
  /** The inputs whose gradients are asked for; undefined for the forward function. */
  wrt?: readonly string[];
  /** The gradient of the loss with respect to the output, where there is one. */
  dout?: Value;
  /** The names of what is computed, whose numbers follow one another. */
  results: readonly string[];
  expected: Float32Array<ArrayBuffer>;
}

type Result = Readonly<Record<string, Value>>;

type Call = () => Result;

/** The functions of an entry: their names and suffixes, and what they give. */
export interface Row {
  name: string;
  suffix: string;
  wrt?: readonly string[];
}

/** The rows of an entry: its forward function and its gradients. */
export function rowsOf(key: string): Row[] {
  const { op = key, gradients = [] } = TABLE[key];
  const { signature } = pageOf(op);
  const all = signature.differentiable;
  const name = (suffix: string) => op + suffix + key.slice(op.length);
  const row = (suffix: string, wrt: readonly string[]) => ({
    name: name(suffix),
    suffix,
    wrt,
  });
  return [
    { name: key, suffix: "" },
    ...all.length === 0 ? [] : [row("D", all)],
    ...gradients.map((input) => row(`D${input}`, [input])),
  ];
}

function pageOf(op: string) {
  const found = PAGES.find(({ signature }) => signature.name === op);
  if (found === undefined) throw new Error(`There is no operation ${op}`);
  return found;
}

/** Makes a problem, and who of this library solves it. */
export function pose(
  key: string,
  { name, suffix, wrt }: Row,
  size: number,
): { problem: Problem; ours: Entrant[] } {
  const entry = TABLE[key], op = entry.op ?? key;
  const { signature, exports } = pageOf(op);
  const { spec } = signature;
  const options = entry.options?.(size) ?? {};
  const inputs: Record<string, Value | null> = {};
  Object.entries(entry.shapes(size)).forEach(([name, shape], i) => {
    inputs[name] = shape && draw(spec, name, shape, entry, size, i + 1);
  });
  const values = Object.values(inputs);
  const loops = functionsOf(withoutKernels(signature));
  const loop = (suffix: string) =>
    loops.find((f) => f.name === op + suffix)!.f as (
      ...x: unknown[]
    ) => unknown;
  const outputs = Object.keys(spec.outputs);
  const record = (result: unknown, names: readonly string[]) =>
    (names.length === 1 && "shape" in (result as Value)
      ? { [names[0]]: result }
      : result) as Result;
  const douts = wrt && Object.entries(
    record(loop("")(...values, options), outputs),
  ).map(([name, { shape }], i) =>
    [name, { shape, data: numbers(product(shape), 90 + i, [-2, 2]) }] as const
  );
  const dout = douts &&
    (douts.length === 1 ? douts[0][1] : Object.fromEntries(douts));
  const args = [...values, ...dout ? [dout] : [], options];
  const results = wrt?.filter((name) => inputs[name] !== null) ?? outputs;
  const call = (f: (...args: unknown[]) => unknown): Call => () =>
    record(f(...args), results);
  const own = functionsOnPage(exports)[op + suffix]!;
  const ours = call(own);
  const page = call(loop(suffix));
  const expected = flat(page(), results);
  const steps = suffix === ""
    ? entry.steps
    : suffix === "D"
    ? entry.stepsD
    : undefined;
  const entrants: [string, Call | undefined][] = [
    [OURS, ours],
    [LOOP, spec.kernels?.[wrt ? "backward" : "forward"] && page],
    [
      STEPS,
      steps && call(by(steps, suffix === "" ? values.length : args.length - 1)),
    ],
  ];
  return {
    problem: {
      name,
      entry,
      size,
      inputs,
      options,
      wrt: wrt && results,
      dout: douts?.length === 1 ? douts[0][1] : undefined,
      results,
      expected,
    },
    ours: [
      ...entrants.map(([name, run]) => ({
        name,
        start: () =>
          run && attempt({ run, data: (result) => flat(result, results) }),
      })),
      {
        name: IN_ARENA,
        start: () =>
          inArena(() => {
            const here = args.map(copied);
            return () => record(own(...here), results);
          }, (result) => flat(result, results)),
      },
    ],
  };
}

/** Bytes for the largest problems. */
const BYTES = 2 ** 30;

/** An attempt whose inputs are copied to an arena, in which each call has one of its
 * own. The copies are not part of the time. */
function inArena(
  prepare: () => Call,
  data: (result: Result) => Float32Array<ArrayBuffer>,
): Attempt {
  const within = <T>(f: (run: Call) => T) =>
    library.arena(() => f(prepare()), { bytes: BYTES });
  return {
    time: (calls) =>
      within((run) => {
        const start = performance.now();
        for (let i = 0; i < calls; i++) {
          const step = library.arena();
          run();
          step.end();
        }
        return performance.now() - start;
      }),
    result: () => within((run) => data(run())),
    close() {},
  };
}

/** A tensor, or several by name or in a list, in the arena that is open; anything else
 * as it is. */
function copied(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copied);
  const { shape, data } = value as Value;
  if (!ArrayBuffer.isView(data)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [key, copied(part)]),
    );
  }
  const dtype = data instanceof Float32Array
    ? "float32"
    : data instanceof Int32Array
    ? "int32"
    : "uint8";
  const copy = library.zeros(shape, { dtype });
  copy.data.set(data);
  return copy;
}

/** The fastest turn: that is the one that nothing else has interrupted. */
export const fastest = (times: readonly number[]) => Math.min(...times);

/** There are hundreds of functions, so each has less time than a curve; and many
 * short turns, as what else the machine does misses some of them. */
const LENGTH = {
  rounds: 25,
  turn: 1,
  warmUp: 120,
  most: 500,
  pick: fastest,
};

/** A call of so many numbers takes as long as many turns. */
const LONG = { ...LENGTH, rounds: 5, warmUp: 1 };

/** Races everyone who has a function, at one size. */
export async function raceAt(
  key: string,
  row: Row,
  size: number,
  contenders: readonly Contender[],
  pace: Pace,
): Promise<Timing[]> {
  const { problem, ours } = pose(key, row, size);
  const entrants: Entrant[] = [
    ...ours,
    ...contenders.map(({ name, operation }) => ({
      name,
      start: () => operation?.(problem),
    })),
  ];
  for (const entrant of entrants) {
    entrant.expected = size * (pace.get(entrant.name) ?? 0);
  }
  const times = await takeTurns(
    entrants,
    (result) => agree(problem.expected, result),
    size < 1e6 ? LENGTH : LONG,
  );
  return [...times].map(([name, { ms, reason }]) => {
    if (ms) pace.set(name, ms / size);
    return { name, ms, reason };
  });
}

function by(steps: Line, count: number) {
  return (...args: unknown[]) => steps(library, ...args.slice(0, count));
}

/** Throws unless the numbers are those expected, but for rounding in float32. At a
 * tie, which is one in a million, conventions may differ. */
export function agree(
  expected: ArrayLike<number>,
  found: ArrayLike<number>,
): void {
  const n = expected.length;
  if (found.length !== n) {
    throw new Error(`it computes ${found.length} numbers, not ${n}`);
  }
  let squares = 0;
  for (let i = 0; i < n; i++) squares += expected[i] ** 2;
  const least = Math.sqrt(squares / n);
  let wrong = 0, first = 0;
  for (let i = 0; i < n; i++) {
    const bound = 2e-4 * Math.max(Math.abs(expected[i]), least);
    if (!(Math.abs(found[i] - expected[i]) <= bound) && wrong++ === 0) {
      first = i;
    }
  }
  if (wrong > n / 1e6) {
    throw new Error(
      `it computes something else: number ${first} is ${found[first]}, not ${
        expected[first]
      }`,
    );
  }
}

/** All numbers of several tensors, one after the other. */
function flat(result: Result, names: readonly string[]) {
  return join(names.map((name) => result[name].data));
}

/** The numbers of several arrays, one after the other. */
export function join(
  arrays: readonly ArrayLike<number>[],
): Float32Array<ArrayBuffer> {
  const all = new Float32Array(arrays.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const data of arrays) {
    all.set(data, at);
    at += data.length;
  }
  return all;
}

/** A tensor whose axes have another order. */
export function permuted(
  { shape, data }: Value,
  axes: readonly number[] | undefined,
): Value {
  if (axes === undefined) return { shape, data };
  const x = { shape, data: data as Float32Array<ArrayBuffer> };
  return library.transpose(x, { axes }) as Value;
}

/** The order of axes that undoes another. */
export function inverse(axes: readonly number[]): number[] {
  return axes.map((_, axis) => axes.indexOf(axis));
}

export function product(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

type Spec = (typeof PAGES)[number]["signature"]["spec"];

/** An input, as the operation takes it. */
function draw(
  spec: Spec,
  name: string,
  shape: readonly number[],
  { between, below = () => 2 }: Entry,
  n: number,
  seed: number,
): Value {
  const input = spec.inputs[name], size = product(shape);
  const { integer, domain } = typeof input === "string"
    ? { integer: undefined, domain: undefined }
    : input;
  if (integer) {
    const count = below(n);
    const data = new (count === 2 ? Uint8Array : Int32Array)(size);
    for (let i = 0; i < size; i++) data[i] = fraction(i, seed) * count;
    return { shape, data };
  }
  const range = between ??
    (domain === "positive"
      ? [0.5, 2] as const
      : domain === "probability"
      ? [0, 1] as const
      : [-2, 2] as const);
  return { shape, data: numbers(size, seed, range) };
}

function numbers(
  size: number,
  seed: number,
  [from, to]: readonly [number, number],
): Float32Array<ArrayBuffer> {
  const data = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    data[i] = from + (to - from) * fraction(i, seed);
  }
  return data;
}

/** From 0 and below 1: it looks random, and of 16 million no two are the same. */
function fraction(i: number, seed: number): number {
  let bits = i + seed * 1299709 & 0xffffff;
  for (let round = 0; round < 3; round++) {
    bits ^= bits >>> 11;
    bits = Math.imul(bits, 0x9e3779) & 0xffffff;
  }
  return bits / 2 ** 24;
}
