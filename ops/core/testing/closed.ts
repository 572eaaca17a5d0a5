// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Arrays of which nothing can be read but their elements: all properties that typed
 * arrays have are overridden, as a subclass or an owner may do, by ones that throw.
 *
 * @module
 */

import { ARRAYS, copyOfData, dtypeOfData, lengthOf } from "../arrays.ts";
import type { AnyTensor } from "./draw.ts";

const inherited = Object.getPrototypeOf(Float32Array.prototype);
const KEYS = new Set(
  [inherited, Float32Array.prototype].flatMap(Reflect.ownKeys),
);

/** A tensor of the same numbers, in such an array. */
export function closed<T extends Pick<AnyTensor, "data">>(x: T): T {
  const copy = copyOfData(x.data);
  for (const key of KEYS) {
    Object.defineProperty(copy, key, {
      get() {
        throw new Error(`the property ${String(key)} of an array is read`);
      },
    });
  }
  return { ...x, data: copy };
}

/** A tensor of the same numbers, in an ordinary array. */
export function opened<T extends Pick<AnyTensor, "data">>(x: T): T {
  const copy = new ARRAYS[dtypeOfData(x.data)!](lengthOf(x.data));
  for (let i = 0; i < copy.length; i++) copy[i] = x.data[i];
  return { ...x, data: copy };
}
