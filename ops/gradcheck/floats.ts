// Copyright 2026 the Adjoint authors. MIT license.

// What gradcheck works on: tensors of either float type, over any memory.

import type { Numbers } from "../core/arrays.ts";
import { checkTensor as checkAny, isFloat } from "../core/checks.ts";
import { kindOf } from "../core/arrays.ts";
import type { Shape, Tensor as AnyTensor } from "../core/types.ts";

/** A tensor of float32 or float64. */
export interface Tensor<S extends Shape = Shape> {
  readonly shape: Readonly<S>;
  readonly data: Numbers;
}

/** Checks that `x` is a tensor of floats. */
export function checkTensor(act: string, name: string, x: unknown): Tensor {
  const { shape, data, dtype } = checkAny(act, name, x as AnyTensor);
  if (isFloat(dtype)) return { shape, data: data as Numbers };
  throw new TypeError(
    `Cannot ${act} as ${name} must be float32 or float64: it is ${dtype}`,
  );
}

/** The element type of a tensor of floats. */
export function dtypeOf(x: { readonly data: Numbers }): "float32" | "float64" {
  return kindOf(x.data) === "Float64Array" ? "float64" : "float32";
}
