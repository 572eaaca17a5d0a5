// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The proof of an operation of this library as tests, with its golden values.
 *
 * @module
 */

import { describe, it } from "@std/testing/bdd";
import { readGoldens } from "../../goldens/read.ts";
import { describeOperation } from "../../proof/describe_proof.ts";
import { operation } from "../../proof/operation.ts";

/** Declares the tests of the page `file`, which is its module's source text. */
export function describeProof(
  file: string,
  source: string,
  exports: object,
  goldens: unknown,
): void {
  describeOperation(
    { describe, it },
    operation(file, source, exports, readGoldens(goldens)),
  );
}
