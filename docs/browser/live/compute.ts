// Copyright 2026 the Adjoint authors. MIT license.

// The library at work: the numbers of a state, and the check of its gradients.

import { tensor, zeros } from "../../../mod.ts";
import {
  gradcheck,
  type GradcheckReport,
  type TensorFunction,
} from "../../../ops/gradcheck.ts";
import { type Mistake, mistakesOf } from "./mistakes.ts";
import { givenShapes, type Op, type Tensor, type Values } from "./op.ts";
import { givenTensors, type State } from "./state.ts";

/** The mistake that a state has, if it is one that the gradient can have. */
export function mistakeOf(op: Op, { broken }: State): Mistake | undefined {
  return broken &&
    mistakesOf(op, broken.gradient)
      .find(({ name }) => name === broken.mistake);
}

/** A gradient of a state, which is broken if so chosen. */
function gradientOf(op: Op, state: State, k: number, given: readonly Tensor[]) {
  const mistake = state.broken?.gradient === k
    ? mistakeOf(op, state)
    : undefined;
  return mistake?.apply(given, state) ?? op.gradient(k, given, state);
}

/** All tensors of a state. */
export function compute(op: Op, state: State): Values {
  const given = givenTensors(op, state);
  return {
    given,
    outputs: op.forward(given.slice(0, op.data.inputs.length), state),
    gradients: op.floats.map((_, k) => {
      try {
        return gradientOf(op, state, k, given);
      } catch (error) {
        if (state.broken === undefined) throw error;
        return error as Error;
      }
    }),
  };
}

/** A gradient in two ways, element by element; both in float64. */
export interface Compared {
  analytic: Tensor | Error;
  numeric: Tensor;
}

/** What the check of a state's gradients found. */
export interface Checked {
  report: GradcheckReport;
  gradients: Compared[];
}

/** Runs `gradcheck`, and takes both sides of its comparison for every element. */
export function check(op: Op, state: State): Checked {
  const { inputs } = op.data;
  const given = givenTensors(op, state);
  const wide = given.map(({ shape, data }, i): Tensor =>
    inputs[i]?.integer === undefined
      ? tensor(Float64Array.from(data), shape)
      : given[i]
  );
  const douts = given.slice(inputs.length);
  /** The inputs, with these in the places of those that have a gradient. */
  const all = (floats: readonly Tensor[]) =>
    inputs.map((_, i) =>
      op.floats.includes(i) ? floats[op.floats.indexOf(i)] : given[i]
    );
  /** A tensor, or several where the op has several outputs. */
  const one = <T>(of: readonly T[]) => of.length === 1 ? of[0] : of;
  // By these names the report of the check calls them: bundled, they have others.
  const named = (name: string, f: (...args: Tensor[]) => unknown) =>
    Object.defineProperty(f as TensorFunction, "name", { value: name });
  const report = gradcheck(
    named(op.data.name, (...floats) => one(op.forward(all(floats), state))),
    op.floats.map((i, k) =>
      named(
        `${op.data.name}D${inputs[i].parameter}`,
        (...args) =>
          gradientOf(op, state, k, [
            ...all(args.slice(0, -1)),
            ...[args.at(-1)!].flat(),
          ]),
      )
    ),
    op.floats.map((i) => given[i] as never),
    {
      dout: one(douts) as never,
      names: op.floats.map((i) => inputs[i].parameter),
    },
  );
  return {
    report,
    gradients: op.floats.map((_, k) => {
      const numeric = differentiate(op, state, k, wide);
      try {
        return { analytic: gradientOf(op, state, k, wide), numeric };
      } catch (error) {
        return { analytic: error as Error, numeric };
      }
    }),
  };
}

/** The slope of the loss along each element of an input, from both sides. */
function differentiate(
  op: Op,
  state: State,
  k: number,
  given: readonly Tensor[],
): Tensor {
  const at = op.floats[k];
  const count = op.data.inputs.length;
  const { shape, data } = given[at];
  const outputsAt = (element: number, x: number) => {
    const moved = given.slice(0, count);
    moved[at] = {
      shape,
      data: data.map((v, i) => i === element ? x : v),
    } as Tensor;
    return op.forward(moved, state);
  };
  const step = (x: number) => 2 ** -17 * Math.max(Math.abs(x), 0.1);
  const slopes = Array.from(data, (x, element) => {
    const [low, high] = [x - step(x), x + step(x)];
    const before = outputsAt(element, low);
    let change = 0; // What does not move cancels exactly.
    outputsAt(element, high).forEach(({ data }, output) => {
      const dout = given[count + output].data;
      for (let i = 0; i < data.length; i++) {
        change += dout[i] * (data[i] - before[output].data[i]);
      }
    });
    return change / (high - low);
  });
  return tensor(slopes, shape, { dtype: "float64" });
}

/**
 * Dimensions for which a broken gradient that throws does not: one is made equal
 * to another, as in a square matrix, where a forgotten transpose goes unseen.
 */
export function fitting(
  op: Op,
  state: State,
): { dim: string; value: number; sizes: number[] } | undefined {
  const mistake = mistakeOf(op, state);
  for (const j of state.sizes.keys()) {
    for (const value of new Set(state.sizes)) {
      const sizes = state.sizes.with(j, value);
      const chosen = { ...state, sizes };
      try {
        mistake?.apply(
          givenShapes(op, chosen).map((shape) => zeros(shape)),
          chosen,
        );
        return { dim: op.data.dims[j], value, sizes };
      } catch {
        // These do not fit, either.
      }
    }
  }
}
