// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The operations of the library, with their signatures.
 *
 * @module
 */

import type { Signature } from "../op.ts";
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

const ROOT = new URL("../../../", import.meta.url);

type Exports = Readonly<Record<string, unknown>>;

/** All operations that have a page with formulas, in the order of `mod.ts`. */
export const PAGES: readonly Found[] = LIBRARY.flatMap((module) => {
  const exports: Exports = module.exports;
  if (exports.signature === undefined) return [];
  const signature = exports.signature as Signature;
  return [{ ...module, exports, url: new URL(module.path, ROOT), signature }];
});

/** Those whose functions are called as their signatures say, without lists. */
export const OPERATIONS: readonly Found[] = PAGES.filter(({ exports }) =>
  exports.asOnPage === undefined
);
