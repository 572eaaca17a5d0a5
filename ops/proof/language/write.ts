// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Writes expressions and statements: as TeX that reads back as the same, and on
 * one line of Unicode, for editors and terminals.
 *
 * @module
 */

import type { Dim, Expr, Index, Said } from "./expression.ts";
import { indexNames, writeIndex, writeIndices, writeShape } from "./indices.ts";
import { type Level, LEVELS, type UnicodeWriter, type Writer } from "./kind.ts";
import { KINDS } from "./table.ts";
import { showIndex, subscript } from "./unicode.ts";
import { entryOf, partsOf } from "./walk.ts";

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

/** An equation in Unicode: `∂E/∂Wⱼₗ = Σᵢ ∂E/∂Yᵢⱼ Xᵢₗ`. */
export function writeUnicode(sides: readonly Expr[], where?: Expr): string {
  const indices = new Set(sides.flatMap(indicesIn));
  const writer: UnicodeWriter = {
    at(level, expr) {
      const kind = entryOf(expr, KINDS);
      const text = kind.unicode(expr as never, writer);
      const own = (kind.unicodeLevel ?? kind.level)(expr as never);
      return LEVELS.indexOf(own) >= LEVELS.indexOf(level) ? text : `(${text})`;
    },
    index: (index) =>
      showIndex(writeIndex(index, (of) => writer.at("atom", of))),
    indices(list) {
      const all = list.map(writer.index);
      const isPlain = list.length === 1 ||
        all.every((text) => [...text].length === 1);
      const hung = isPlain ? subscript(all.join("")) : undefined;
      return hung ?? `[${all.join(", ")}]`;
    },
    shape: (shape) => shape.map(writer.index).join("×"),
    isIndex: (name) => indices.has(name),
  };
  const text = sides.map((side) => writer.at("logic", side)).join(" = ");
  return where === undefined ? text : `${text} if ${writer.at("logic", where)}`;
}

/** The names that are an index somewhere in an expression. */
function indicesIn(expr: Expr): string[] {
  const kind = entryOf(expr, KINDS);
  const own = expr.kind === "element" || expr.kind === "delta"
    ? expr.indices.flatMap((index) => indexNames(index))
    : kind.binds(expr as never);
  return [...own, ...partsOf(expr, KINDS).flatMap(indicesIn)];
}
