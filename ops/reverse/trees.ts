// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Tensors, and lists and plain records of them, however deep.
 *
 * @module
 */

import type { Arrays, DType, Shape, Tensor } from "../core/types.ts";

/** A tensor of any elements. */
export type AnyTensor = Tensor<Shape, Arrays[DType]>;

/** Whether a value is to be taken for a tensor. */
export function isTensor(x: unknown): x is AnyTensor {
  return typeof x === "object" && x !== null && "shape" in x && "data" in x;
}

/**
 * The same lists and records with something else in the place of each tensor, of which
 * `path` says where it is: `.w[0]`. All that is no tensor, list or plain record stays
 * as it is, unless `other` says what it becomes.
 */
export function map(
  x: unknown,
  f: (x: AnyTensor, path: string) => unknown,
  other: (x: unknown, path: string) => unknown = (x) => x,
  path = "",
): unknown {
  if (isTensor(x)) return f(x, path);
  if (Array.isArray(x)) {
    return x.map((part, i) => map(part, f, other, `${path}[${i}]`));
  }
  if (!isRecord(x)) return other(x, path);
  return Object.fromEntries(
    Object.entries(x).map((
      [key, part],
    ) => [key, map(part, f, other, `${path}.${key}`)]),
  );
}

function isRecord(x: unknown): x is Readonly<Record<string, unknown>> {
  if (typeof x !== "object" || x === null) return false;
  const prototype = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}

/** The tensors of it, in their order. */
export function tensorsIn(x: unknown): AnyTensor[] {
  const found: AnyTensor[] = [];
  map(x, (x) => found.push(x));
  return found;
}
