// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Writes expressions and statements as TeX; what is read again is the same.
 *
 * @module
 */

import type { Dim, Expr, Index, Said } from "./expression.ts";
import { writeIndex, writeIndices, writeShape } from "./indices.ts";
import { type Level, LEVELS, type Writer } from "./kind.ts";
import { KINDS } from "./table.ts";
import { entryOf } from "./walk.ts";

const writer: Writer = {
  at(level: Level, expr: Expr): string {
    const kind = entryOf(expr, KINDS);
    const tex = kind.write(expr as never, writer);
    const own = LEVELS.indexOf(kind.level(expr as never));
    return own >= LEVELS.indexOf(level) ? tex : `\\left( ${tex} \\right)`;
  },
  index: (index: Index) => writeIndex(index, writeTex),
  indices: (indices: readonly Index[]) => writeIndices(indices, writeTex),
  shape: (shape: readonly Dim[]) => writeShape(shape, writeTex),
};

/** An expression as TeX. */
export function writeTex(expr: Expr): string {
  return writer.at("logic", expr);
}

/** A statement as TeX. */
export function writeStatement(said: Said): string {
  switch (said.kind) {
    case "equation": {
      const sides = said.sides.map((side) => writer.at("sum", side)).join(
        " = ",
      );
      return said.where === undefined
        ? sides
        : `${sides} \\quad \\text{if } ${writeTex(said.where)}`;
    }
    case "function":
      return `${said.name}(${said.parameters.join(", ")}) = ${
        writer.at("sum", said.body)
      }`;
    case "membership": {
      const power = said.shape.length > 0
        ? `^{${writer.shape(said.shape)}}`
        : "";
      return `${writeTex(said.of)} \\in \\mathbb{R}${power}`;
    }
    case "range":
      return `${writeTex(said.of)} \\in \\{ ${
        writer.index(said.from)
      }, \\dots, ${writer.index(said.to)} \\}`;
    case "condition":
      return writeTex(said.condition);
    case "shape":
      return writer.shape(said.shape);
    case "expression":
      return writeTex(said.expr);
  }
}
