// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Walks over expressions, by what the table of kinds says of their parts.
 *
 * @module
 */

import type { Expr, Index } from "./expression.ts";
import { indexNames } from "./indices.ts";
import type { Kind, KindTable } from "./kind.ts";

/** The entry of an expression's kind. */
export function entryOf<E extends Expr>(
  expr: E,
  table: KindTable,
): Kind<E["kind"]> {
  return table[expr.kind] as unknown as Kind<E["kind"]>;
}

/** The parts of an expression, those in its indices (data) included. */
export function partsOf(expr: Expr, table: KindTable): Expr[] {
  const kind = entryOf(expr, table);
  return [
    ...kind.parts(expr as never),
    ...kind.indices(expr as never).flatMap(dataOf),
  ];
}

function dataOf(index: Index): Expr[] {
  if (typeof index !== "object") return [];
  if (index.kind === "data") return [index.of];
  return [...dataOf(index.left), ...dataOf(index.right)];
}

const names = new WeakMap<Expr, ReadonlySet<string>>();

/**
 * The names that an expression depends on, of symbols, indices and dimensions,
 * without the indices that it binds itself.
 */
export function namesOf(expr: Expr, table: KindTable): ReadonlySet<string> {
  const known = names.get(expr);
  if (known !== undefined) return known;
  const found = new Set<string>();
  if (expr.kind === "symbol") found.add(expr.name);
  const kind = entryOf(expr, table);
  for (const index of kind.indices(expr as never)) {
    for (const name of indexNames(index)) found.add(name);
  }
  for (const part of partsOf(expr, table)) {
    for (const name of namesOf(part, table)) found.add(name);
  }
  for (const bound of kind.binds(expr as never)) found.delete(bound);
  names.set(expr, found);
  return found;
}

const free = new WeakMap<Expr, ReadonlySet<string>>();

/** The indices in an expression that it does not bind itself, dimensions included. */
export function freeIndicesOf(
  expr: Expr,
  table: KindTable,
): ReadonlySet<string> {
  const known = free.get(expr);
  if (known !== undefined) return known;
  const kind = entryOf(expr, table);
  const found = new Set(
    expr.kind === "ones"
      ? []
      : kind.indices(expr as never).flatMap((index) => indexNames(index)),
  );
  for (const part of partsOf(expr, table)) {
    for (const name of freeIndicesOf(part, table)) found.add(name);
  }
  for (const bound of kind.binds(expr as never)) found.delete(bound);
  free.set(expr, found);
  return found;
}
