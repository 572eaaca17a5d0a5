// Copyright 2026 the Adjoint authors. MIT license.

// A second point near the first, with another `dout`: a result that is right at
// only one of them is not the gradient, or was kept from an earlier call.

import { isSameShape } from "../core/checks.ts";
import type { F64 } from "../core/types.ts";
import { explain, type Known } from "./explain.ts";
import { compareDirections } from "./directions.ts";
import type { How } from "./elements.ts";
import { ownScales, scaleOf } from "./numbers.ts";
import type { Point } from "./resolution.ts";
import { transpose } from "./shapes.ts";
import {
  difference,
  isSameForm,
  type Output,
  Problem,
  type Value,
} from "./subject.ts";

/** Its distance, as a fraction of each element. */
const AWAY = 1 / 8;

/** Another point, at which the inputs that have gradients differ. */
export function elsewhere(
  { point, gradients }: Known,
  how: How,
): Known | undefined {
  const { subject, output } = point;
  const inputs = point.inputs.map(({ shape, data }, k) => {
    if (gradients[k] === undefined) return { shape, data };
    const x = data as F64;
    const by = ownScales(x, scaleOf(x));
    return { shape, data: x.map((x, i) => x + AWAY * by[i] * how.random()) };
  });
  try {
    const moved = subject.output(inputs);
    const isUsable = isSameForm(moved, output) &&
      moved.data.every((z, i) =>
        Number.isFinite(z) === Number.isFinite(output.data[i])
      );
    if (!isUsable) return undefined;
    // Of the other sign, so that a gradient that lost its sign does not pass.
    const dout = {
      ...output,
      data: point.dout.data.map((d) => {
        const other = how.random();
        return d === 0 ? other : -Math.sign(d) * Math.abs(other);
      }),
    };
    return {
      point: { ...point, inputs, output: moved, dout, noises: new Map() },
      gradients: subject.gradients(inputs, dout, () => {}),
      found: [],
    };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return undefined;
  }
}

/** Describes what is wrong with a gradient that is right at the first point. */
export function compareElsewhere(
  { point, gradients }: Known,
  other: Known,
  k: number,
  how: How,
): string | undefined {
  const { subject } = point;
  const label = subject.labelOf(k);
  const again = subject.gradient(k, point.inputs, point.dout);
  const change = again && difference(gradients[k]!, again);
  if (change !== undefined) {
    return `${label} gives another result once it has been called with other arguments: ${change}`;
  }
  const gradient = other.gradients[k];
  if (
    gradient === undefined ||
    !isSameShape(gradient.shape, point.inputs[k].shape)
  ) return undefined;
  const isRight = (point: Point, gradient: F64) => {
    const { findings, worst } = compareDirections(point, k, gradient, 1, how);
    // If the check cannot tell, it says nothing.
    return worst === undefined &&
      findings.every(({ verdict, error, size }) =>
        verdict === "right" && error < size / 16
      );
  };
  if (!compareDirections(other.point, k, gradient.data, 1, how).worst) {
    return undefined;
  }
  const known = { ...point, noises: new Map() };
  const isPlain = point.dout.data.every((d) => d === point.dout.data[0]);
  const kept: [what: string, inputs: readonly Value[], dout: Output][] = [
    ["its inputs", point.inputs, other.point.dout],
    ...isPlain ? [] : [
      ["dout", other.point.inputs, point.dout],
      ["its result", point.inputs, point.dout],
    ] as [string, readonly Value[], Output][],
  ];
  for (const [what, inputs, dout] of kept) {
    const { output } = inputs === point.inputs ? point : other.point;
    if (isRight({ ...known, inputs, output, dout }, gradient.data)) {
      return `${label} keeps ${what} from an earlier call: it is wrong with others`;
    }
  }
  const only = (what: string) =>
    `${label} is right only where ${what}, as at the given inputs`;
  const gradientAt = (inputs: readonly Value[], dout: Output) => {
    try {
      const output = subject.output(inputs);
      const found = subject.gradient(k, inputs, dout);
      return found !== undefined &&
        isRight({ ...known, inputs, output, dout }, found.data);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return false;
    }
  };
  const plain = {
    ...other.point.dout,
    data: other.point.dout.data.map(() => point.dout.data[0]),
  };
  if (isPlain && gradientAt(other.point.inputs, plain)) {
    return only(`dout is ${point.dout.data[0]} everywhere`);
  }
  for (const [j, x] of point.inputs.entries()) {
    const y = symmetric(other.point.inputs[j]);
    if (y === undefined || !isSymmetric(x)) continue;
    if (gradientAt(other.point.inputs.with(j, y), other.point.dout)) {
      return only(`${subject.names[j]} is symmetric`);
    }
  }
  const [cause] = explain(other, k, undefined, 0).causes;
  return `${label} is right at the given inputs, but wrong near them${
    cause === undefined ? "" : `: ${cause}`
  }`;
}

/** The symmetric part of a square matrix. */
function symmetric({ shape, data }: Value): Value | undefined {
  if (shape.length !== 2 || shape[0] !== shape[1] || shape[0] < 2) {
    return undefined;
  }
  if (!(data instanceof Float64Array)) return undefined;
  const flipped = transpose(data, shape, [1, 0]);
  return { shape, data: data.map((v, i) => (v + flipped[i]) / 2) };
}

function isSymmetric(x: Value): boolean {
  const y = symmetric(x);
  return y !== undefined && difference(x, y) === undefined;
}
