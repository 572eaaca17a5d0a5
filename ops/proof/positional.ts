// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Inputs that are given among the options, as if they were arguments: so tests and
 * proofs see one list of inputs.
 *
 * @module
 */

import type { Spec } from "../core/op.ts";

type AnyFunction = (...args: unknown[]) => unknown;

/** The names of the inputs that are given among the options. */
export function optionInputs({ inputs }: Spec): string[] {
  return Object.entries(inputs).flatMap(([name, input]) =>
    typeof input !== "string" && input.option ? [name] : []
  );
}

/**
 * A function that takes all inputs of an operation one after the other, then
 * `others`, such as dout, then options.
 */
export function positional(
  spec: Spec,
  f: AnyFunction,
  others: number,
): AnyFunction {
  const names = optionInputs(spec);
  if (names.length === 0) return f;
  const count = Object.keys(spec.inputs).length, plain = count - names.length;
  return (...args) => {
    const tensors = args.slice(plain, count);
    const rest = args.slice(count, count + others);
    const more = args.slice(count + others);
    const moved = Object.fromEntries(
      tensors.flatMap((x, i) => x === null ? [] : [[names[i], x]]),
    );
    if (args.length > plain && Object.keys(moved).length > 0) {
      const [options = {}] = more;
      if (typeof options === "object" && options !== null) {
        more[0] = joined(options, moved);
      }
    }
    return f(...args.slice(0, plain), ...rest, ...more);
  };
}

/** The options with more of them, however they answer: each is still read where the
 * function reads it. */
function joined(options: object, more: Record<string, unknown>): object {
  let target = options;
  try {
    if (!Object.isExtensible(options)) target = { ...options };
  } catch {
    return options; // What cannot be read is for the function to refuse.
  }
  return new Proxy(target, {
    get: (target, key) =>
      Object.hasOwn(more, key)
        ? more[key as string]
        : Reflect.get(target, key, target),
    ownKeys: (target) => [...Reflect.ownKeys(target), ...Object.keys(more)],
    getOwnPropertyDescriptor: (target, key) =>
      Reflect.getOwnPropertyDescriptor(
        Object.hasOwn(more, key) ? more : target,
        key,
      ),
  });
}
