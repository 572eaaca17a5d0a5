// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What this library's contenders in the table of all operations are called.
 *
 * @module
 */

/** A call with a new result. */
export const OURS = "Adjoint";

/** The same, with inputs and result in an arena. */
export const IN_ARENA = "Adjoint, arena";

/** The readable loop, where there is a kernel. */
export const LOOP = "loop of the page";

/** Other operations of this library, one by one. */
export const STEPS = "step by step";
