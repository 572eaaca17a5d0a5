// Copyright 2026 the Adjoint authors. MIT license.

/**
 * **code = calculus**: `gradcheck`, element by element on small tensors, and by
 * random directions on larger ones.
 *
 * @module
 */

import { gradcheck } from "@adjoint/ops/gradcheck";
import { type AnyTensor, type Draw, draw, Random } from "../inputs.ts";
import { type Link, made, newLinks, raise } from "../link.ts";
import type { FloatTensor, Operation } from "../operation.ts";

/** The gradient check must agree this well, relative to the gradient's norm. */
const CALCULUS = 1e-7;

/** The proof that the backward functions are the forward function's slopes. */
export function codeIsCalculus(op: Operation): Link[] {
  const links = newLinks(op, "code = calculus", CALCULUS);
  for (const link of links.slice(0, op.outputs.length)) delete link.figure;
  const random = new Random(3);
  for (const variant of op.floats.length > 0 ? [0, 2, 3] : []) {
    const drawn = draw(op, "plain", variant, random);
    const { forward, backward, inputs } = single(op, drawn);
    const report = gradcheck(forward, backward, inputs, {
      names: op.floats.map(({ parameter }) => parameter),
      seed: variant,
    });
    report.inputs.forEach((input, i) => {
      const link = links[op.outputs.length + i];
      raise(link, input.relativeError);
      link.values += input.compared;
      link.tried.push(drawn.inputs.map(({ shape }) => shape));
      if (input.wrong > 0 || report.problems.length > 0) {
        link.failures.push(`${op.file}: ${report.message}`);
      } else if (!(input.relativeError <= CALCULUS)) {
        link.failures.push(
          `${
            made(op, op.outputs.length + i)
          } differs from the differences of the forward function by ${input.relativeError} of its norm`,
        );
      }
    });
  }
  for (const link of links) link.detail = `${link.values} elements one by one`;
  return links;
}

/** An operation as gradcheck sees it: only floats, and one output. */
export function single(
  { functions, inputs: declared, floats }: Operation,
  { inputs, options, douts }: Draw,
) {
  const places = floats.map((input) => declared.indexOf(input));
  const all = (some: readonly FloatTensor[]) =>
    inputs.map((input, i) =>
      places.includes(i) ? some[places.indexOf(i)] : input
    );
  const isSingle = douts.length === 1;
  return {
    inputs: places.map((i) => inputs[i] as FloatTensor),
    forward: (...some: FloatTensor[]) =>
      joined(functions.forward(all(some), options)),
    backward: floats.map((_, k) => (...given: FloatTensor[]) => {
      const dout = given[given.length - 1];
      const parts = isSingle ? [dout] : parted(dout, douts);
      return functions.gradient(k, all(given.slice(0, -1)), parts, options);
    }),
  };
}

/** Several tensors as one vector. */
function joined(tensors: readonly FloatTensor[]): FloatTensor {
  if (tensors.length === 1) return tensors[0];
  const data = tensors.flatMap(({ data }) => [...data]);
  return { shape: [data.length], data: Float64Array.from(data) } as never;
}

function parted(dout: FloatTensor, like: readonly AnyTensor[]): AnyTensor[] {
  let from = 0;
  return like.map(({ shape, data }) => {
    const part = dout.data.slice(from, from += data.length);
    return { shape, data: part };
  });
}
