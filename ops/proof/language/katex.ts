// Copyright 2026 the Adjoint authors. MIT license.

/**
 * KaTeX's parse tree of a formula, so that what is executed is what is typeset.
 *
 * @module
 */

import katex from "katex";
import { FormulaError } from "./expression.ts";
import type { Node } from "./tex.ts";

/** KaTeX's nodes. */
export function parseTex(tex: string): Node[] {
  const { __parse: parse } = katex as unknown as {
    __parse(tex: string, settings: unknown): Node[];
  };
  try {
    return parse(tex, { displayMode: true, strict: "error" });
  } catch (cause) {
    const { message, position } = cause as Error & { position?: number };
    throw new FormulaError(
      message.replace(/^KaTeX parse error: /, ""),
      position,
      { cause },
    );
  }
}
