// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What a link of the proof finds out.
 *
 * @module
 */

import type { Shape } from "@adjoint/ops/tensor";
import { type Equation, hasJacobian } from "./equations.ts";
import type { Operation } from "./operation.ts";
import type { Formula } from "./page.ts";
import { showName } from "./language/unicode.ts";

/** The name of a link. */
export type LinkName =
  | "page = code"
  | "page = calculus"
  | "code = calculus"
  | "code = PyTorch"
  | "code = truth"
  | "code = convention";

/** One link for one output or gradient. */
export interface Link {
  /** The forward function. */
  op: string;
  /** The output or gradient, as a person writes it: `∂E/∂γ`. */
  target: string;
  link: LinkName;
  /** The figure that must not exceed the bound, if there is one. */
  figure?: number;
  bound: number;
  /** What the figure measures. */
  detail: string;
  /** How many values were compared. */
  values: number;
  /** The shapes of the inputs that it was tried on. */
  tried: (readonly Shape[])[];
  /** How each formula of the page was executed, if the link does that. */
  runs: Run[];
  /** What does not hold, one message each. */
  failures: string[];
}

/** How a part of a formula was executed: one statement of those it makes. */
export interface Run {
  formula: Formula;
  /** The TeX of the statement. */
  tex: string;
  /**
   * What it says: the elements of the output or of a gradient, such a tensor as
   * a whole, a step of a derivation, the shape of something, or what the page
   * means by a symbol.
   */
  kind: "elements" | "whole" | "step" | "shape" | "definition";
  /** The output or gradient that an equation speaks of. */
  target?: string;
  /** The number of sizes at which it was executed. */
  sizes: number;
  /** How many values were compared. */
  values: number;
  /** How many of them are equal to the last digit, if digits are compared. */
  exact?: number;
  /** The largest difference. */
  figure: number;
  bound: number;
}

/** An empty link for each output and gradient. */
export function newLinks(op: Operation, link: LinkName, bound = 0): Link[] {
  return op.definitions.targets.map((target) => ({
    op: op.name,
    target: showName(target),
    link,
    figure: 0,
    bound,
    detail: "",
    values: 0,
    tried: [],
    runs: [],
    failures: [],
  }));
}

/** Begins the run of an equation as a part of its link. */
export function newRun(
  op: Operation,
  link: Link,
  { formula, tex, key, defines, byElements, sides }: Equation,
): Run {
  const isTarget = key !== undefined && op.definitions.targets.includes(key);
  const run: Run = {
    formula,
    tex,
    kind: !defines || isTarget && sides.some(hasJacobian)
      ? "step"
      : !isTarget
      ? key!.includes("∂") ? "step" : "definition"
      : byElements
      ? "elements"
      : "whole",
    target: link.target,
    sizes: 0,
    values: 0,
    figure: 0,
    bound: link.bound,
  };
  link.runs.push(run);
  return run;
}

/** Makes a figure the larger one; NaN is larger than any number. */
export function raise(link: Pick<Link, "figure">, figure: number): void {
  const value = Number.isNaN(figure) ? Infinity : figure;
  link.figure = Math.max(link.figure ?? 0, value);
}

/** Each list of shapes once. */
export function distinct(
  tried: readonly (readonly Shape[])[],
): (readonly Shape[])[] {
  return [...new Map(tried.map((s) => [JSON.stringify(s), s])).values()];
}

/** The beginning of a message on what the code makes of an output or gradient: where
 * the page says what it is, and its name. */
export function made({ file, definitions }: Operation, target: number): string {
  const key = definitions.targets[target];
  const equation = definitions.equations.find((equation) =>
    equation.key === key && equation.defines
  );
  const { line, column } = equation?.formula ?? {};
  const place = line === undefined ? file : `${file}:${line}:${column}`;
  return `${place}: ${showName(key)}`;
}

/** The beginning of a message on a formula that is wrong. */
export function wrong(
  { file }: Pick<Operation, "file">,
  { line, column }: { line: number; column: number },
  tex: string,
): string {
  return `${file}:${line}:${column}: "${tex}" is wrong: `;
}
