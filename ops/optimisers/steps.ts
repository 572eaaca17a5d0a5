// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What all optimisers share: which tensors are parameters, which gradient belongs to
 * which, and what is remembered between steps.
 *
 * @module
 */

import { dtypeOfData, lengthOf } from "../core/arrays.ts";
import {
  allocate,
  badType,
  checkSameShape,
  checkTensor,
  isFloat,
  show,
} from "../core/checks.ts";
import { checkKeys } from "../core/op.ts";
import {
  checkOption,
  type FlagOption,
  type NumberOption,
} from "../core/options.ts";
import type { Float, Shape, Tensor } from "../core/types.ts";
import { map } from "../reverse/trees.ts";

/** What an optimiser remembers between steps. */
export interface State {
  steps: number;
  readonly tensors: Readonly<Record<string, Tensor<Shape, Float>>>;
}

/** Checks options, and gives the default of each that is not given. */
export function checkOptions<
  const O extends Readonly<Record<string, NumberOption | FlagOption>>,
>(
  act: string,
  given: object,
  declared: O,
): { [K in keyof O]: O[K] extends FlagOption ? boolean : number } {
  checkKeys(act, given, Object.keys(declared), "", "the options");
  return Object.fromEntries(
    Object.entries(declared).map(([key, option]) => {
      const value = (given as Record<string, unknown>)[key];
      return [key, checkOption(act, key, option, value)];
    }),
  ) as never;
}

/** The tensors of floats of a list or a record, by where they are: `.w[0]`. */
export function floatsIn(
  act: string,
  what: string,
  x: unknown,
): Map<string, Tensor<Shape, Float>> {
  const found = new Map<string, Tensor<Shape, Float>>();
  map(x, (x, path) => {
    const { shape, data, dtype } = checkTensor(act, what + path, x);
    if (!isFloat(dtype)) return;
    if (found.has(path)) {
      throw new TypeError(
        `Cannot ${act} as each of ${what} must have a name of its own: two are ${what}${path}`,
      );
    }
    found.set(path, { shape, data: data as Float });
  }, (x, path) => {
    if (typeof x !== "object" || x === null) return x;
    throw new TypeError(
      `Cannot ${act} as ${what}${path} must be a tensor, a list or a plain record of them, or a constant: it is ${
        show(x)
      }`,
    );
  });
  return found;
}

/** Checks that no tensor is written to twice. */
export function checkOnce(
  act: string,
  what: string,
  tensors: ReadonlyMap<string, Tensor<Shape, Float>>,
): void {
  const seen = new Map<unknown, string>();
  for (const [path, { data }] of tensors) {
    const before = seen.get(data);
    if (before !== undefined) {
      throw new TypeError(
        `Cannot ${act} as each of ${what} must be given once: ${what}${path} has the data of ${what}${before}`,
      );
    }
    seen.set(data, path);
  }
}

/**
 * An optimiser: `update` writes to the data of a parameter, with the data of its
 * gradient and of what is remembered of it, by these names. All gradients are checked
 * before any parameter is written to.
 */
export function optimiser(
  act: string,
  params: unknown,
  names: readonly string[],
  update: (steps: number, theta: Float, g: Float, memory: Float[]) => void,
): ((gradients: unknown) => void) & { readonly state: State } {
  const given = floatsIn(act, "params", params);
  checkOnce(act, "params", given);
  if (given.size === 0) {
    throw new TypeError(
      `Cannot ${act} as params must hold a tensor of floats: it is ${
        show(params)
      }`,
    );
  }
  const all = [...given];
  const tensors: Record<string, Tensor<Shape, Float>> = {};
  for (const name of names) {
    for (const [path, { shape, data }] of all) {
      const what = name + path, dtype = dtypeOfData(data) as "float32";
      tensors[what] = {
        shape,
        data: allocate(act, dtype, lengthOf(data), what),
      };
    }
  }
  const state = { steps: 0, tensors };
  const step = (gradients: unknown) => {
    const found = floatsIn(act, "gradients", gradients);
    const checked = all.map(([path, theta]) => {
      const [p, g] = [`params${path}`, `gradients${path}`];
      const gradient = found.get(path);
      const { shape, dtype } = checkTensor(act, g, gradient!);
      checkSameShape(act, g, shape, p, theta.shape);
      const { dtype: type } = checkTensor(act, p, theta);
      if (dtype !== type) throw badType(act, p, type, g, dtype);
      const memory = names.map((name) => tensors[name + path].data);
      return [theta.data, gradient!.data, memory] as const;
    });
    state.steps++;
    for (const [theta, g, memory] of checked) {
      update(state.steps, theta, g, memory);
    }
  };
  return Object.assign(step, { state });
}
