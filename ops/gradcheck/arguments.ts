// Copyright 2026 the Adjoint authors. MIT license.

// The checks of what gradcheck is called with.

import {
  isOptions,
  isSameShape,
  lengthOfArray,
  read,
  show,
  showShape,
  strangerIn,
} from "../core/checks.ts";
import type { Shape } from "../core/types.ts";
import { checkTensor, type Tensor } from "./floats.ts";
import type { GradcheckOptions, TensorFunction } from "../gradcheck.ts";
import { ACT, cut, nameOf } from "./functions.ts";
import { copyData } from "./tensors.ts";
import { showIndex } from "./words.ts";

const OPTIONS: readonly (keyof GradcheckOptions)[] = [
  "dout",
  "fast",
  "directions",
  "seed",
  "rtol",
  "atol",
  "names",
];

/** The most directions: more than anyone waits for. */
const MAX_DIRECTIONS = 2 ** 16;
/** The most inputs: a function of more cannot be called. */
const MAX_INPUTS = 2 ** 16;

/** The arguments as they were when they were read, which is once. */
export interface Arguments {
  readonly backward: readonly (TensorFunction | null)[];
  readonly inputs: readonly Tensor[];
  readonly options: GradcheckOptions;
}

export function checkArguments(
  forward: TensorFunction,
  givenBackward: readonly (TensorFunction | null)[],
  givenInputs: readonly Tensor[],
  givenOptions: GradcheckOptions | undefined,
): Arguments {
  const kind: Demand = (ok, must, is) => {
    if (!ok) throw new TypeError(`Cannot ${ACT} as ${must}: ${is()}`);
  };
  const range: Demand = (ok, must, is) => {
    if (!ok) throw new RangeError(`Cannot ${ACT} as ${must}: ${is()}`);
  };
  const it = (value: unknown) => () => `it is ${show(value)}`;

  kind(
    typeof forward === "function",
    "forward must be a function",
    it(forward),
  );
  const count = lengthOfArray(ACT, "backward", givenBackward);
  kind(
    count !== undefined,
    "backward must be an array of functions",
    it(givenBackward),
  );
  const inputCount = lengthOfArray(ACT, "inputs", givenInputs);
  kind(
    inputCount !== undefined,
    "inputs must be an array of tensors",
    it(givenInputs),
  );
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
  const backward = elements("backward", givenBackward, count);
  for (const [k, f] of backward.entries()) {
    kind(
      typeof f === "function" || f === null,
      "every backward function must be a function or null",
      () => `number ${k} is ${show(f)}`,
    );
  }
  const inputs = elements("inputs", givenInputs, count);
  kind(
    isOptions(ACT, "options", givenOptions),
    "options must be an object such as { fast: true }",
    it(givenOptions),
  );
  for (const name of keysOf(givenOptions)) {
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
      givenOptions && read(ACT, "options", givenOptions, name),
    ]),
  );
  if (givenOptions && OPTIONS.every((name) => options[name] === undefined)) {
    const found = strangerIn(ACT, "options", givenOptions, OPTIONS);
    kind(
      found === undefined,
      "options must be an object such as { fast: true }",
      () => found!,
    );
  }
  const { fast, directions, seed, rtol, atol } = options;
  kind(
    fast === undefined || typeof fast === "boolean",
    "fast must be a boolean",
    it(fast),
  );
  for (
    const [name, value] of Object.entries({ directions, seed, rtol, atol })
  ) {
    if (value === undefined) continue;
    kind(typeof value === "number", `${name} must be a number`, it(value));
    if (name === "directions" || name === "seed") {
      range(
        Number.isInteger(value),
        `${name} must be an integer`,
        it(value),
      );
    } else {
      range(
        value >= 0 && value < Infinity,
        `${name} must be finite and not negative`,
        it(value),
      );
    }
  }
  range(
    directions === undefined || directions > 0,
    "directions must be positive",
    it(directions),
  );
  range(
    directions === undefined || directions <= MAX_DIRECTIONS,
    `directions must be at most ${MAX_DIRECTIONS}`,
    it(directions),
  );
  let names: string[] | undefined;
  if (options.names !== undefined) {
    const length = lengthOfArray(ACT, "names", options.names);
    kind(
      length !== undefined,
      "names must be an array of strings",
      it(options.names),
    );
    kind(
      length === count,
      "there must be one name for each input",
      () => `there are ${length} for ${count}`,
    );
    names = elements("names", options.names, count).map((name, k) => {
      kind(
        typeof name === "string",
        "every name must be a string",
        () => `number ${k} is ${show(name)}`,
      );
      return cut(name);
    });
  }

  const copyFinite = (name: string, x: Tensor): Tensor => {
    const { shape, data: given } = checkTensor(ACT, name, x);
    const data = copyData(given);
    const i = data.findIndex((v) => !Number.isFinite(v));
    range(
      i < 0,
      `every element of ${name} must be finite`,
      () => `element ${showIndex(i, shape)} is ${data[i]}`,
    );
    return { shape, data };
  };
  const copies = inputs.map((x, k) =>
    copyFinite(names?.[k] ?? `input ${k}`, x)
  );
  const dout = options.dout === undefined
    ? undefined
    : copyFinite("dout", options.dout);
  return {
    backward,
    inputs: copies,
    options: { ...options, dout: dout as GradcheckOptions["dout"], names },
  };
}

/** Throws unless something holds. */
type Demand = (
  ok: boolean,
  must: string,
  is: () => string,
) => asserts ok;

/** So many elements of an array, each read once; a hole is undefined. */
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

export function checkDout(dout: Tensor, shape: Shape): Tensor {
  if (!isSameShape(dout.shape, shape)) {
    throw new TypeError(
      `Cannot ${ACT} as dout must have the shape of the output: dout is ${
        showShape(dout.shape)
      }, the output is ${showShape(shape)}`,
    );
  }
  if (dout.data.length > 0 && dout.data.every((d) => d === 0)) {
    throw new RangeError(
      `Cannot ${ACT} as dout must not be zero everywhere: every gradient would be right`,
    );
  }
  return dout;
}

/** What stands after the last `D` of each name, where that tells them apart. */
export function nameInputs(
  backward: readonly (TensorFunction | null)[],
): string[] {
  const names = backward.map((f) => /D([a-z]\w*)$/.exec(nameOf(f))?.[1]);
  return names.map((name, k) =>
    name === undefined || names.indexOf(name) !== names.lastIndexOf(name)
      ? `input ${k}`
      : name
  );
}
