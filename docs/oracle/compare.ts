// Copyright 2026 the Adjoint authors. MIT license.

// Compares another library with the special points. Nothing here is from this
// repository except the types: it needs only the files.

import type { Oracle, Point, Value, Values } from "./oracle.ts";

/** A tensor as a library takes and returns it. */
export interface Tensor {
  shape: readonly number[];
  data: readonly number[];
}

/** A function of a library: the output, and the gradients by the inputs' names. */
export type Candidate = (
  inputs: Record<string, Tensor | null>,
  dout: Tensor,
  options: Record<string, unknown>,
) => { output: Tensor; gradients: Record<string, Tensor> };

/** A point at which a library does something else. */
export interface Difference {
  op: string;
  at: string;
  /** The output, or `d` and the name of an input. */
  of: string;
  ours: Value[];
  theirs: Value[] | string;
}

/** What a value is as a number. */
export const numberOf = (x: Value): number => Number(x);

/** The points of an operation with one output, and where a library that computes in
 * float32 does something else. Numbers that float32 does not have are left out. */
export function differences(
  { op, points }: Oracle,
  candidate: Candidate,
): { tried: number; found: Difference[] } {
  const found: Difference[] = [];
  let tried = 0;
  for (const point of points) {
    if (!inFloat32(point)) continue;
    tried++;
    const { at, convention: { outputs, gradients } } = point;
    const note = (of: string, ours: Values, theirs: Tensor | string) => {
      const isText = typeof theirs === "string";
      if (!isText && isSame(ours, theirs)) return;
      found.push({
        op,
        at,
        of,
        ours: ours.values,
        theirs: isText ? theirs : theirs.data.map(shown),
      });
    };
    const [name, output] = Object.entries(outputs)[0];
    try {
      const inputs = Object.fromEntries(
        Object.entries(point.inputs).map(([name, x]) => [name, x && lift(x)]),
      );
      const dout = lift(Object.values(point.dout)[0] ?? output);
      const result = candidate(inputs, dout, point.options);
      note(name, output, result.output);
      for (const [input, ours] of Object.entries(gradients)) {
        const theirs = result.gradients[input];
        if (theirs !== undefined) note(`d${input}`, ours, theirs);
      }
    } catch (error) {
      note(name, output, `refuses: ${(error as Error).message}`);
    }
  }
  return { tried, found };
}

const lift = ({ shape, values }: Values): Tensor => ({
  shape,
  data: values.map(numberOf),
});

const shown = (x: number): Value =>
  Object.is(x, -0) ? "-0" : Number.isFinite(x) ? x : `${x}` as Value;

/** Whether float32 has all numbers of a point, except for their last digits. */
function inFloat32({ inputs, dout, convention }: Point): boolean {
  return [
    ...Object.values(inputs),
    ...Object.values(dout),
    ...Object.values(convention.outputs),
    ...Object.values(convention.gradients),
  ].every((x) =>
    x === null || x.values.map(numberOf).every((v) => {
      const rounded = Math.fround(v);
      return !Number.isFinite(v) || v === 0 ||
        Number.isFinite(rounded) && Math.abs(rounded) >= 2 ** -126;
    })
  );
}

/** Whether values agree to five digits, and NaN and infinity are where they are. */
function isSame({ values }: Values, { data }: Tensor): boolean {
  return values.length === data.length &&
    values.map(numberOf).every((v, i) =>
      Number.isFinite(v) && Number.isFinite(data[i])
        ? Math.abs(v - data[i]) <= 1e-5 * Math.max(1, Math.abs(v))
        : Object.is(v, data[i])
    );
}
