// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Every operation of the library, found by itself: an entry point of the package
 * whose module exports a signature is one.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };
import type { Signature } from "../core/op.ts";

/** An operation, and the module that it is. */
export interface Found {
  /** The entry point, such as `./add-bias`. */
  entry: string;
  /** The file, from the root of the repository. */
  path: string;
  url: URL;
  exports: Readonly<Record<string, unknown>>;
  signature: Signature;
}

const ROOT = new URL("../../", import.meta.url);

/** All operations, in the order of the entry points. */
export const OPERATIONS: readonly Found[] = (await Promise.all(
  Object.entries(config.exports).filter(([entry]) => entry !== ".").map(
    async ([entry, path]): Promise<Found> => {
      const url = new URL(path, ROOT);
      const exports = await import(url.href);
      const file = url.href.slice(ROOT.href.length);
      const { signature } = exports;
      return { entry, path: file, url, exports, signature };
    },
  ),
)).filter(({ signature }) => signature !== undefined);
