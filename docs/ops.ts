// Copyright 2026 the Adjoint authors. MIT license.

// The operations of the package, as the site shows them.

import { type Operation, operation } from "../ops/proof/operation.ts";
import { PAGES } from "../ops/core/testing/operations.ts";

/** An operation, and its place in the package. */
export interface Op extends Operation {
  /** The entry point: `softmax`. */
  entry: string;
  /** The family, by the folder of its module: `rows`. */
  family: string;
  /** The text of its module. */
  text: string;
}

let ops: Promise<Op[]> | undefined;

/** All operations, family by family, read once for a build. */
export function readOps(): Promise<Op[]> {
  return ops ??= read();
}

async function read(): Promise<Op[]> {
  const ops = await Promise.all(
    PAGES.map(async ({ entry, path, url, exports }): Promise<Op> => {
      const text = await Deno.readTextFile(url);
      return {
        ...operation(path, text, exports),
        entry: entry.replace("./", ""),
        family: path.split("/")[1],
        text,
      };
    }),
  );
  return [...Map.groupBy(ops, ({ family }) => family).values()].flat();
}
