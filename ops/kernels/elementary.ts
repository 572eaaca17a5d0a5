// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Elementary functions
 *
 * PAGE
 *
 * @module
 */

import {
  lengthOf,
  type Numbers,
  view,
  widthOf,
  write,
} from "../core/arrays.ts";
import { ELEMENTARY } from "./_elementary_wasm.ts";
import { instantiate, platform, type Wasm } from "./platform.ts";

/** z = f(x) */
type Map = (x: number, z: number, count: number, alpha: number) => void;

/** dx = f′(x) dy */
type MapD = (
  x: number,
  dy: number,
  dx: number,
  count: number,
  alpha: number,
) => void;

/** The functions of one number. */
export type Name =
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "tanh"
  | "erf"
  | "logistic"
  | "softplus"
  | "rsqrt"
  | "silu"
  | "gelu"
  | "geluTanh"
  | "elu";

/** The gradients of some of them. */
export type NameD =
  | "expDx"
  | "tanhDx"
  | "sigmoidDx"
  | "softplusDx"
  | "sqrtDx"
  | "siluDx"
  | "geluDx"
  | "geluTanhDx"
  | "eluDx";

/** What the WebAssembly module exports. */
type Kernels = Record<Name, Map> & Record<NameD, MapD> & {
  expRows(x: number, e: number, n: number, m: number, sums: number): void;
  scaleRows(x: number, z: number, n: number, m: number, by: number): void;
  shiftRows(x: number, z: number, n: number, m: number, by: number): void;
  subtractRows: Two;
  pullRows: Two;
  dotRows: Two;
};

type Two = (
  x: number,
  y: number,
  z: number,
  n: number,
  m: number,
  by: number,
) => void;

/** From so many numbers on the vectors are faster. */
const FROM = 32;

/** Numbers of a chunk, so that all of its arrays are in the cache. */
const CHUNK = 2 ** 14;

/** The longest row. */
const LONGEST = 2 ** 18;

/** Where the arrays of a chunk stand, and then up to three numbers for each row. */
const X = 0;
const Y = 4 * LONGEST + 64;
const Z = 2 * Y;
const SUMS = 3 * Y;
const BY = SUMS + 16 * CHUNK;
const BYTES = Math.ceil((BY + 24 * CHUNK) / 2 ** 16) * 2 ** 16;

/** The kernels, and views of their memory. */
type Loaded = Kernels & Record<"heap32" | "heap64", Numbers>;

const loaded = load(platform.WebAssembly);

/** Makes the kernels; undefined where the platform has no such thing. */
export function load(wasm: Wasm | undefined): Loaded | undefined {
  return instantiate<Kernels>(wasm, [ELEMENTARY], BYTES);
}

/** Writes f(xᵢ) to z, if there is a kernel for these arrays. */
export function map(
  name: Name,
  x: Numbers,
  z: Numbers,
  alpha = 0,
  kernels = loaded,
): boolean {
  const n = lengthOf(x);
  if (kernels === undefined || n < FROM || widthOf(x) === 8) return false;
  const { heap32, [name]: f } = kernels;
  for (let i = 0; i < n; i += CHUNK) {
    const end = Math.min(i + CHUNK, n);
    write(heap32, part(x, i, end, n));
    f(X, Z, end - i, alpha);
    write(z, view(heap32, Z / 4, Z / 4 + end - i), i);
  }
  return true;
}

/** Writes f′(xᵢ) dyᵢ to dx, if there is a kernel for these arrays. */
export function mapD(
  name: NameD,
  x: Numbers,
  dy: Numbers,
  dx: Numbers,
  alpha = 0,
  kernels = loaded,
): boolean {
  const n = lengthOf(x);
  if (kernels === undefined || n < FROM || widthOf(x) === 8) return false;
  const { heap32, [name]: f } = kernels;
  for (let i = 0; i < n; i += CHUNK) {
    const end = Math.min(i + CHUNK, n);
    write(heap32, part(x, i, end, n));
    write(heap32, part(dy, i, end, n), Y / 4);
    f(X, Y, Z, end - i, alpha);
    write(dx, view(heap32, Z / 4, Z / 4 + end - i), i);
  }
  return true;
}

/** A view of some numbers, or all of them as they are. */
function part(x: Numbers, from: number, to: number, n: number): Numbers {
  return to - from === n ? x : view(x, from, to);
}
