// Copyright 2026 the Adjoint authors. MIT license.

// What the builder tells the live panel about the op of its page.

import type { Domain, IntegerRange } from "../../../ops/core/op.ts";
import type { Option } from "../../../ops/core/options.ts";
import type {
  Dim,
  Expr,
  FunctionDefinition,
} from "../../../ops/proof/language/expression.ts";

/** A tensor of the page. */
export interface Variable {
  /** The symbol as the formulas name it: `X`, `\gamma`. */
  symbol: string;
  /** What it is in the code: `x`, `gamma`. */
  parameter: string;
  /** The dimensions, as the page writes them. */
  shape: readonly Dim[];
}

/** An input. */
export interface Input extends Variable {
  /** The range of integers, which have no gradient. */
  integer?: IntegerRange;
  /** 1 where the page counts from 1 what the code counts from 0. */
  shift: number;
  domain?: Domain;
  /** Whether a call has it among the options. */
  isOption?: boolean;
}

/** An output. */
export interface Output extends Variable {
  /** As that of an input. */
  shift: number;
}

/** An option that a reader can choose. */
export interface Choice {
  name: string;
  /** What the panel begins with. */
  default: number | boolean;
  /** Whether a call must say it even then, as its own default is another. */
  isSaid: boolean;
  /** Whether it is a whole number. */
  isWhole: boolean;
}

/** The symbol of an option, or of a half of a pair. */
export interface OptionSymbol {
  /** What shapes and loops call it. */
  name: string;
  symbol: string;
  /** Whether it is a whole number, which dimensions may hang on. */
  isWhole: boolean;
  /** As that of an input. */
  shift: number;
}

/** What the page says that the elements of something are. */
export interface Formula {
  /** The free indices, one for each axis; none where it is of the whole. */
  indices: string[];
  expr: Expr;
  /** The dimensions. */
  shape: readonly Dim[];
}

/** What people may forget in a gradient, as its formulas have it. */
export interface Forgettable {
  /** The factors, as given tensors, of a product of which one is transposed. */
  product?: [number, number];
  /** Indices that are summed over, the output that they run along, and its axis. */
  sums: [index: string, output: number, axis: number][];
}

/** An op as its page and its signature describe it. */
export interface PanelData {
  /** The package to import from. */
  package: string;
  /** The forward function. */
  name: string;
  inputs: Input[];
  /** The places of the inputs that have a gradient. */
  floats: number[];
  outputs: Output[];
  /**
   * What the functions have as lists: all inputs; all outputs, which are parts of
   * the input; the number of each option, one for each axis; or the shape of the
   * output, behind the input.
   */
  list?: "inputs" | "outputs" | "options" | "shape";
  options: Choice[];
  /** What the signature declares of all options but axes. */
  declared: Record<string, Option>;
  optionSymbols: OptionSymbol[];
  /** Options that are the same in every call: the axis that the page has. */
  fixed: Record<string, number | number[]>;
  /** The letters of the dimensions, in the order of the page. */
  dims: string[];
  /** Of the outputs, the gradients, and of what these are made of: by `Y`, `∂E/∂X`. */
  formulas: Record<string, Formula>;
  functions: Record<string, FunctionDefinition>;
  /** For each gradient. */
  forgettable: Forgettable[];
  /** HTML of the symbols, by their names: `X`, `∂E/∂X`, `m`. */
  symbols: Record<string, string>;
  /** The numbers of the axes, by size and index, that stand for their colors. */
  axes: Record<string, number>;
}
