// Copyright 2026 the Adjoint authors. MIT license.

// What the builder tells the live panel about the op of its page.

import type { Expr } from "../../../ops/proof/expression.ts";
import type { Variable } from "../../../ops/proof/page.ts";

/** A page's formula for the elements of its output, or of a gradient. */
export interface ElementFormula {
  /** The free indices, one for each axis; one for all where the rank is any. */
  indices: string[];
  expr: Expr;
}

/** An op as its page describes it. */
export interface PanelData {
  /** The package to import from. */
  package: string;
  /** The forward function. */
  name: string;
  inputs: Variable[];
  output: Variable;
  /** Of the output, then of the gradient with respect to each input. */
  formulas: ElementFormula[];
  /** What the page says each gradient is as a whole: products, transposes. */
  wholes: Expr[][];
  /** HTML of the symbols, by their names: `X`, `∂E/∂X`, `m`. */
  symbols: Record<string, string>;
}
