// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Every operation of the library, with its signature.
 *
 * @module
 */

import type { Signature } from "../core/op.ts";
import { LIBRARY } from "./library.ts";

/** An operation, and the module that it is. */
export interface Found {
  /** The entry point, such as `./add-bias`. */
  entry: string;
  /** The file, from the root of the repository. */
  path: string;
  url: URL;
  /** The text of the file. */
  source: string;
  exports: Readonly<Record<string, unknown>>;
  signature: Signature;
}

const ROOT = new URL("../../", import.meta.url);

/** All operations, in the order of `mod.ts`. */
export const OPERATIONS: readonly Found[] = LIBRARY.map((module) => ({
  ...module,
  url: new URL(module.path, ROOT),
  signature: module.exports.signature,
}));
