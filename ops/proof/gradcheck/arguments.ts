// Copyright 2026 the Adjoint authors. MIT license.

// The checks of what gradcheck is called with.

import { checkTensor, show, showShape } from "../../_checks.ts";
import type { Shape, Tensor } from "../../tensor.ts";
import type { GradcheckOptions, TensorFunction } from "../gradcheck.ts";
import { ACT } from "./functions.ts";
import { showIndex } from "./words.ts";

const OPTIONS: readonly string[] = [
  "dout",
  "fast",
  "directions",
  "seed",
  "rtol",
  "atol",
  "names",
] satisfies (keyof GradcheckOptions)[];

export function checkArguments(
  forward: TensorFunction,
  backward: readonly (TensorFunction | null)[],
  inputs: readonly Tensor[],
  options: GradcheckOptions,
): void {
  const kind = (ok: boolean, must: string, is: () => string) => {
    if (!ok) throw new TypeError(`Cannot ${ACT} as ${must}: ${is()}`);
  };
  const range = (ok: boolean, must: string, is: () => string) => {
    if (!ok) throw new RangeError(`Cannot ${ACT} as ${must}: ${is()}`);
  };
  const it = (value: unknown) => () => `it is ${show(value)}`;

  kind(
    typeof forward === "function",
    "forward must be a function",
    it(forward),
  );
  kind(
    Array.isArray(backward),
    "backward must be an array of functions",
    it(backward),
  );
  kind(Array.isArray(inputs), "inputs must be an array of tensors", it(inputs));
  kind(
    backward.length === inputs.length,
    "there must be one backward function for each input",
    () => `there are ${backward.length} for ${inputs.length}`,
  );
  for (const [k, f] of backward.entries()) {
    kind(
      typeof f === "function" || f === null,
      "every backward function must be a function or null",
      () => `number ${k} is ${show(f)}`,
    );
  }
  kind(
    typeof options === "object" && options !== null,
    "options must be an object",
    it(options),
  );

  for (const name of Object.keys(options)) {
    kind(
      OPTIONS.includes(name),
      `the options must be ${OPTIONS.slice(0, -1).join(", ")} or ${
        OPTIONS.at(-1)
      }`,
      () => `there is ${show(name)}`,
    );
  }
  const { dout, fast, directions, seed, rtol, atol, names } = options;
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
        Number.isSafeInteger(value),
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
  if (names !== undefined) {
    kind(
      Array.isArray(names) &&
        Array.from(names).every((name) => typeof name === "string"),
      "names must be an array of strings",
      it(names),
    );
    kind(
      names.length === inputs.length,
      "there must be one name for each input",
      () => `there are ${names.length} for ${inputs.length}`,
    );
  }

  // A hole in the array is undefined here.
  const tensors = Array.from(
    inputs,
    (x, k) => [names?.[k] ?? `input ${k}`, x] as const,
  );
  if (dout !== undefined) tensors.push(["dout", dout]);
  for (const [name, x] of tensors) {
    checkTensor(ACT, name, x);
    const i = x.data.findIndex((v) => !Number.isFinite(v));
    range(
      i < 0,
      `every element of ${name} must be finite`,
      () => `element ${showIndex(i, x.shape)} is ${x.data[i]}`,
    );
  }
}

export function checkDout(dout: Tensor, shape: Shape): Tensor {
  if (showShape(dout.shape) !== showShape(shape)) {
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
  const names = backward.map((f) => /D([a-z]\w*)$/.exec(f?.name ?? "")?.[1]);
  return names.map((name, k) =>
    name === undefined || names.indexOf(name) !== names.lastIndexOf(name)
      ? `input ${k}`
      : name
  );
}
