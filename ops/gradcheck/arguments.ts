// Copyright 2026 the Adjoint authors. MIT license.

// Checks the arguments of gradcheck.

import { copyOfData } from "../core/arrays.ts";
import {
  allocate,
  checkTensor,
  isFloat,
  isOptions,
  lengthOfArray,
  read,
  show,
  strangerIn,
} from "../core/checks.ts";
import { type Backward, type Named, nameOf, type Value } from "./subject.ts";
import type { GradcheckOptions } from "./types.ts";
import { ACT, cut, showIndex } from "./words.ts";

/** The most directions: more than anyone would wait for. */
const MAX_DIRECTIONS = 2 ** 16;
/** The most inputs: a function of more cannot be called. */
const MAX_INPUTS = 2 ** 16;

/** The options that are numbers, and which: integers, and from 0 or 1 on. */
const NUMBERS = {
  budget: { isInteger: true, from: 0 },
  directions: { isInteger: true, from: 1 },
  seed: { isInteger: true, from: -Infinity },
  rtol: { isInteger: false, from: 0 },
  atol: { isInteger: false, from: 0 },
} as const;

const OPTIONS: readonly (keyof GradcheckOptions)[] = [
  "dout",
  "fast",
  "budget",
  "directions",
  "seed",
  "rtol",
  "atol",
  "names",
];

/** The arguments as they were read, once. */
export interface Arguments {
  readonly forward: Named;
  readonly backward: Backward;
  readonly inputs: readonly Value[];
  readonly names: readonly string[];
  readonly isNamed: boolean;
  readonly options: GradcheckOptions;
}

/** Throws unless something holds. */
type Demand = (ok: boolean, must: string, is: () => string) => asserts ok;

const kind: Demand = (ok, must, is) => {
  if (!ok) throw new TypeError(`Cannot ${ACT} as ${must}: ${is()}`);
};

const range: Demand = (ok, must, is) => {
  if (!ok) throw new RangeError(`Cannot ${ACT} as ${must}: ${is()}`);
};

type Sized = { length: unknown };

const it = (value: unknown) => () => `it is ${show(value)}`;

/** Checks the arguments: functions, or an object that has them, and inputs. */
export function checkArguments(args: readonly unknown[]): Arguments {
  const [first] = args;
  if (typeof first !== "object" || first === null) {
    const [forward, backward, inputs, options] = args;
    return checkAll(forward, backward, undefined, inputs, options);
  }
  const [, inputs, options] = args;
  const pair = first as { forward: unknown; backward: unknown };
  const forward = read(ACT, "forward", pair, "forward");
  const backward = read(ACT, "backward", pair, "backward");
  return checkAll(forward, backward, pair, inputs, options);
}

function checkAll(
  givenForward: unknown,
  givenBackward: unknown,
  owner: object | undefined,
  givenInputs: unknown,
  givenOptions: unknown,
): Arguments {
  const named = (f: unknown, label: string): Named => ({
    // A method may read what belongs to its object.
    f: (...args) => Reflect.apply(f as () => unknown, owner, args),
    label,
  });
  kind(
    typeof givenForward === "function",
    "forward must be a function",
    it(givenForward),
  );
  const functionCount = typeof givenBackward === "function"
    ? undefined
    : lengthOfArray(ACT, "backward", givenBackward);
  kind(
    typeof givenBackward === "function" || functionCount !== undefined,
    "backward must be a function for all inputs, or an array of one for each",
    it(givenBackward),
  );
  const inputCount = lengthOfArray(ACT, "inputs", givenInputs);
  kind(
    inputCount !== undefined,
    "inputs must be an array of tensors",
    it(givenInputs),
  );
  const count = functionCount ?? inputCount;
  kind(
    count === inputCount,
    "there must be one backward function for each input",
    () => `there are ${count} for ${inputCount}`,
  );
  range(
    count <= MAX_INPUTS,
    `there must be at most ${MAX_INPUTS} inputs`,
    () => `there are ${count}`,
  );
  const functions = functionCount === undefined
    ? undefined
    : elements("backward", givenBackward as unknown[], count);
  for (const [k, f] of functions?.entries() ?? []) {
    kind(
      typeof f === "function" || f === null,
      "every backward function must be a function or null",
      () => `number ${k} is ${show(f)}`,
    );
  }
  const given = elements("inputs", givenInputs as unknown[], count);
  const options = checkOptions(givenOptions);
  const givenNames = options.names === undefined
    ? undefined
    : checkNames(options.names, count);
  // Each name is read once.
  const label = nameOf(givenForward) || "the forward function";
  const labels = functions?.map(nameOf);
  const names = givenNames ?? nameInputs(labels ?? given.map(() => ""));
  const inputs = given.map((x, k) => {
    const name = givenNames?.[k] ?? `input ${k}`;
    const hasGradient = functions !== undefined && functions[k] !== null;
    return lift(name, x, hasGradient);
  });
  const backward: Backward = functions === undefined
    ? {
      kind: "all",
      function: named(
        givenBackward,
        nameOf(givenBackward) || "the backward function",
      ),
      isStateful: read(ACT, "backward", givenBackward as Sized, "length") === 1,
    }
    : {
      kind: "each",
      functions: functions.map((f, k) =>
        f === null
          ? null
          : named(f, labels![k] || `the backward function of ${names[k]}`)
      ),
    };
  return {
    forward: named(givenForward, label),
    backward,
    inputs,
    names,
    isNamed: givenNames !== undefined,
    options,
  };
}

function checkOptions(given: unknown): GradcheckOptions {
  const must = "options must be an object such as { fast: true }";
  kind(isOptions(ACT, "options", given as object | undefined), must, it(given));
  const readable = given as GradcheckOptions | undefined;
  for (const name of keysOf(readable)) {
    kind(
      (OPTIONS as readonly string[]).includes(name),
      `the options must be ${OPTIONS.slice(0, -1).join(", ")} or ${
        OPTIONS.at(-1)
      }`,
      () => `there is ${show(name)}`,
    );
  }
  // They may be inherited, as those of a class are.
  const options: GradcheckOptions = Object.fromEntries(
    OPTIONS.map((name) => [
      name,
      readable && read(ACT, "options", readable, name),
    ]),
  );
  if (readable && OPTIONS.every((name) => options[name] === undefined)) {
    const found = strangerIn(ACT, "options", readable, OPTIONS);
    kind(found === undefined, must, () => found!);
  }
  const { fast } = options;
  kind(
    fast === undefined || typeof fast === "boolean",
    "fast must be a boolean",
    it(fast),
  );
  for (const name of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
    const value: unknown = options[name];
    const { isInteger, from } = NUMBERS[name];
    if (value === undefined) continue;
    kind(typeof value === "number", `${name} must be a number`, it(value));
    range(
      !isInteger || Number.isInteger(value),
      `${name} must be an integer`,
      it(value),
    );
    range(
      value >= from && value < Infinity,
      from === 1
        ? `${name} must be positive`
        : `${name} must be finite and not negative`,
      it(value),
    );
  }
  const { directions = 1 } = options;
  range(
    directions <= MAX_DIRECTIONS,
    `directions must be at most ${MAX_DIRECTIONS}`,
    it(directions),
  );
  return options;
}

function checkNames(given: readonly string[], count: number): string[] {
  const length = lengthOfArray(ACT, "names", given);
  kind(length !== undefined, "names must be an array of strings", it(given));
  kind(
    length === count,
    "there must be one name for each input",
    () => `there are ${length} for ${count}`,
  );
  return elements("names", given, count).map((name, k) => {
    kind(
      typeof name === "string",
      "every name must be a string",
      () => `number ${k} is ${show(name)}`,
    );
    return cut(name);
  });
}

/** A copy of an input, in float64 unless it holds integers. */
function lift(name: string, given: unknown, hasGradient: boolean): Value {
  const { shape, data, dtype, size } = checkTensor(ACT, name, given as Value);
  if (!isFloat(dtype)) {
    kind(
      !hasGradient,
      `the backward function of ${name} must be null, since integers have no gradient`,
      () => `it holds ${dtype}`,
    );
    return { shape, data: copyOfData(data) };
  }
  const copy = allocate(ACT, "float64", size, "a copy of a tensor");
  if (size > 0) copy.set(data);
  const i = hasGradient ? copy.findIndex((v) => !Number.isFinite(v)) : -1;
  range(
    i < 0,
    `every element of ${name} must be finite`,
    () => `element ${showIndex(i, shape)} is ${copy[i]}`,
  );
  return { shape, data: copy };
}

/** The first elements of an array, each read once; a hole is undefined. */
function elements<T>(name: string, values: readonly T[], count: number): T[] {
  return Array.from(
    { length: count },
    (_, k) => read(ACT, `element ${k} of ${name}`, values, k),
  );
}

function keysOf(options: GradcheckOptions | undefined): string[] {
  try {
    return Object.keys(options ?? {});
  } catch (cause) {
    throw new TypeError(
      `Cannot ${ACT} as options must be readable: reading them throws`,
      { cause },
    );
  }
}

/** The part after the last `D` of each name, if that tells them apart. */
function nameInputs(labels: readonly string[]): string[] {
  const names = labels.map((label) => /D([a-z]\w*)$/.exec(label)?.[1]);
  return names.map((name, k) =>
    name === undefined || names.indexOf(name) !== names.lastIndexOf(name)
      ? `input ${k}`
      : name
  );
}
