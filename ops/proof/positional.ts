// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Functions as the pages of their operations call them. Inputs that are given among
 * the options are seen as if they were arguments, and lists as the letters that the
 * page has for them: so tests and proofs see one list of inputs.
 *
 * @module
 */

import type { Signature, Spec } from "@adjoint/ops/op";

/** A function that takes the inputs, dout where it is a gradient, and options. */
export type PageFunction = (...args: unknown[]) => unknown;

/**
 * The functions f, fD, and fDx for each input x that has a gradient, by name and in
 * this order. Those that the module does not export are undefined.
 */
export function functionsOnPage(
  exports: object,
): Record<string, PageFunction | undefined> {
  const { signature, asOnPage } = exports as {
    signature: Signature;
    asOnPage?: object;
  };
  const { name, spec, differentiable } = signature;
  const names = differentiable.length === 0
    ? [name]
    : [name, `${name}D`, ...differentiable.map((input) => `${name}D${input}`)];
  const all = { ...exports, ...asOnPage } as Record<string, unknown>;
  return Object.fromEntries(names.map((key) => {
    const f = all[key];
    return [
      key,
      typeof f === "function"
        ? positional(spec, f as PageFunction, key === name ? 0 : 1)
        : undefined,
    ];
  }));
}

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
  f: PageFunction,
  others: number,
): PageFunction {
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
export function joined(options: object, more: Record<string, unknown>): object {
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
