// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Read a signature
 *
 * A signature says, in letters, what an operation takes and returns. The checks
 * of its calls follow from it, and so may other tools: code that draws inputs,
 * writes a table or proves a page can read the signature with these functions, as
 * `@adjoint/proof` does.
 *
 * @example The axes of an input
 * ```ts
 * import { parseAxes } from "@adjoint/ops/signature";
 * import { assertEquals } from "@std/assert";
 *
 * const { axes } = parseAxes("n… 3 p+r-1");
 *
 * assertEquals(axes.map(({ kind }) => kind), ["many", "size", "size"]);
 * assertEquals(axes[2]!.kind === "size" && axes[2]!.value.of({ p: 4, r: 2 }), 5);
 * ```
 *
 * @module
 */

export { parseAxes } from "./core/axes.ts";
export type { Axes, Axis, Size } from "./core/axes.ts";
export { inLoop } from "./core/op.ts";
export {
  areRight,
  fixedIn,
  hasKeepDims,
  namedIn,
  partsOf,
  settle,
  usualOf,
} from "./core/options.ts";
export type { Part, Values } from "./core/options.ts";
