// Copyright 2026 the Adjoint authors. MIT license.

// The library at work: the numbers of a state, and the check of its gradients.

import { compare, differentiate } from "../../../ops/gradcheck/comparisons.ts";
import type { Point } from "../../../ops/gradcheck/functions.ts";
import {
  lift,
  randomNumbers,
  scaleOf,
} from "../../../ops/gradcheck/tensors.ts";
import {
  gradcheck,
  type GradcheckReport,
  type TensorFunction,
} from "../../../ops/gradcheck.ts";
import { type Mistake, mistakesOf } from "./mistakes.ts";
import type { Dimensions, Op, Tensor, Values } from "./op.ts";
import { givenShapes, givenTensors, type State } from "./state.ts";
import { zeros } from "../../../mod.ts";

/** The mistake that a state has, if it is one that the gradient can have. */
export function mistakeOf(op: Op, { broken }: State): Mistake | undefined {
  return broken &&
    mistakesOf(op, broken.input).find(({ name }) => name === broken.mistake);
}

/** The backward functions of a state, one of them broken if so chosen. */
function backwardOf(op: Op, state: State): TensorFunction[] {
  const mistake = mistakeOf(op, state);
  if (mistake === undefined) return op.backward;
  const { input } = state.broken!;
  const broken = (...given: Tensor[]) => mistake.apply(given);
  // By this name the report of the check calls it.
  Object.defineProperty(broken, "name", { value: op.backward[input].name });
  return op.backward.with(input, broken);
}

/** All tensors of a state. */
export function compute(op: Op, state: State): Values {
  const given = givenTensors(op, state);
  return {
    given,
    output: op.forward(...given.slice(0, -1)),
    gradients: backwardOf(op, state).map((f) => {
      try {
        return f(...given);
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
  const backward = backwardOf(op, state);
  const given = givenTensors(op, state);
  const inputs = given.slice(0, -1);
  const names = op.data.inputs.map(({ parameter }) => parameter);
  const report = gradcheck(op.forward, backward, inputs, {
    dout: given.at(-1)!,
    names,
  });
  const lifted = given.map(lift);
  const dout = lifted.pop()!;
  const point: Point = {
    forward: { f: op.forward, label: op.data.name },
    backward: backward.map((f) => ({ f, label: f.name })),
    names,
    inputs: lifted,
    scales: lifted.map(({ data }) => scaleOf(data)),
    rtol: 1e-6,
    atol: undefined,
    random: randomNumbers(0),
    problems: new Set(),
    output: op.forward(...lifted),
    dout,
  };
  return {
    report,
    gradients: backward.map((f, k) => {
      const { shape } = lifted[k];
      try {
        const analytic = f(...lifted, dout);
        const result = { ...report.inputs[k] };
        const { numeric } = compare(point, k, analytic, 0, result);
        return { analytic, numeric: { shape, data: numeric! } };
      } catch (error) {
        return {
          analytic: error as Error,
          numeric: { shape, data: differentiate(point, k) },
        };
      }
    }),
  };
}

/**
 * Dimensions for which a broken gradient that throws does not: one is made equal
 * to another, as in a square matrix, where a forgotten transpose goes unseen.
 */
export function fitting(
  op: Op,
  state: State,
): { dim: string; value: number; to: Dimensions } | undefined {
  const mistake = mistakeOf(op, state);
  const { sizes, any } = state;
  for (const j of sizes.keys()) {
    for (const value of new Set(sizes)) {
      const to = { any, sizes: sizes.with(j, value) };
      try {
        mistake?.apply(givenShapes(op, to).map((shape) => zeros(shape)));
        return { dim: op.dims[j], value, to };
      } catch {
        // These do not fit, either.
      }
    }
  }
}
