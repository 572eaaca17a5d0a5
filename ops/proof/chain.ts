// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The proof of an operation: five links, each by other means.
 *
 * 1. **page = code**: every equation of the page is evaluated on random numbers
 *    and compared with the exported functions.
 * 2. **page = calculus**: every equation of the page is evaluated as algebra,
 *    where the gradients are the symbolic derivatives of $`E`$, the inner
 *    product of `dout` and the page's forward formula.
 * 3. **code = calculus**: `gradcheck`, element by element on a small case and
 *    by random directions on the largest.
 * 4. **code = PyTorch**: the golden cases, in both element types.
 * 5. **code = truth**: the float32 results and PyTorch's, each against the
 *    page's formula in 64 digits.
 *
 * No link restates the code: the formulas come from the page.
 *
 * @module
 */

import type { GoldenCase } from "../goldens/goldens.ts";
import type { Shape, Tensor } from "../tensor.ts";
import {
  golden,
  gradientsOf,
  Random,
  runCode,
  shapesOf,
  sizesOf,
  smallShapes,
  tinyShapes,
} from "./cases.ts";
import {
  type Equation,
  equations,
  firstDifference,
  hasJacobian,
  missing,
  targets,
  wrongShape,
} from "./equations.ts";
import { evaluate, type Scope } from "./evaluate.ts";
import { areEqual, digits64, exactly, valueAt } from "./fields.ts";
import { flaws } from "./form.ts";
import { gradcheck } from "../gradcheck.ts";
import type { Operation } from "./operation.ts";
import { type Formula, PageError } from "./page.ts";
import { algebraScope, codeScope, magnitudeScope } from "./scopes.ts";
import { epsilon, roundingBound, tdist, truth } from "./truth.ts";

/** The name of a link. */
export type LinkName =
  | "page = code"
  | "page = calculus"
  | "code = calculus"
  | "code = PyTorch"
  | "code = truth";

/** One link for one output or gradient. */
export interface Link {
  /** The forward function. */
  op: string;
  /** The output or gradient, as the page names it. */
  target: string;
  link: LinkName;
  /** The figure that must not exceed the bound, where there is one. */
  figure?: number;
  bound: number;
  /** What the figure is of. */
  detail: string;
  /** How many values were compared. */
  values: number;
  /** The shapes of the inputs that it was tried on. */
  tried: (readonly Shape[])[];
  /** How each formula of the page was executed, where the link does that. */
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
   * a whole, a step of a derivation, the shape of something, or the shape by
   * which the page defines a symbol.
   */
  kind: "elements" | "whole" | "step" | "shape" | "definition";
  /** The output or gradient that an equation speaks of. */
  target?: string;
  /** At how many sizes it was executed. */
  sizes: number;
  /** How many values were compared. */
  values: number;
  /** How many of them are equal by algebra, where that is what is compared. */
  exact?: number;
  /** The largest difference. */
  figure: number;
  bound: number;
}

const LINKS: Record<LinkName, (op: Operation) => Link[]> = {
  "page = code": pageIsCode,
  "page = calculus": pageIsCalculus,
  "code = calculus": codeIsCalculus,
  "code = PyTorch": codeIsPyTorch,
  "code = truth": codeIsTruth,
};

/** The names of the links, in order. */
export const LINK_NAMES = Object.keys(LINKS) as LinkName[];

/** Proves one link, for the output and for every gradient. */
export function prove(op: Operation, link: LinkName): Link[] {
  try {
    return LINKS[link](op);
  } catch (error) {
    // A page that is wrong enough stops a link anywhere, also in the code.
    const failures = [`${op.file}: ${(error as Error).message}`];
    return newLinks(op, link).map((link) => ({
      ...link,
      figure: Infinity,
      failures,
    }));
  }
}

/** Algebra that `simplify` cannot decide is compared at a random point. */
const ALGEBRA = 1e-12;
/** The gradient check must agree this well, relative to the gradient's norm. */
const CALCULUS = 1e-8;

function newLinks(op: Operation, link: LinkName, bound = 0): Link[] {
  return targets(op).map((target) => ({
    op: op.name,
    target,
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
function newRun(link: Link, { formula, tex, ...equation }: Equation): Run {
  const run: Run = {
    formula,
    tex,
    kind: !equation.defines || equation.sides.some(hasJacobian)
      ? "step"
      : equation.byElements
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
function raise(link: Pick<Link, "figure">, figure: number): void {
  const value = Number.isNaN(figure) ? Infinity : figure;
  link.figure = Math.max(link.figure ?? 0, value);
}

/** Each list of shapes once. */
function distinct(tried: readonly (readonly Shape[])[]): (readonly Shape[])[] {
  return [...new Map(tried.map((s) => [JSON.stringify(s), s])).values()];
}

function wrong(op: Operation, { line }: Formula, tex: string) {
  return `${op.file}:${line}: "${tex}" is wrong: `;
}

/** Link 1: relative to the sum of the absolute terms, at most k·ε. */
function pageIsCode(op: Operation): Link[] {
  const links = newLinks(op, "page = code");
  const failed = new Set<Equation>();
  const all = new Map(
    equations(op).map((e) => [e, newRun(links[e.target], e)]),
  );
  const definitions = op.page.shapes.map((formula) => newShape(formula));
  links[0].runs.push(...definitions);
  const random = new Random(1);
  const cases = [tinyShapes(op), ...smallShapes(op)];
  for (const [i, shapes] of cases.entries()) {
    const inputs = shapes.map((shape) => random.tensor(shape));
    let scope: Scope<number>;
    try {
      scope = codeScope(op, sizesOf(op, shapes), inputs, random);
    } catch (error) {
      const { message } = error as Error;
      links[0].failures.push(
        error instanceof PageError
          ? `${op.file}: ${message}`
          : `${op.file}: The code does not take the shapes of the page: ${message}`,
      );
      continue;
    }
    const magnitudes = magnitudeScope(scope);
    for (const run of definitions) run.values = ++run.sizes;
    if (i === 0) checkShapes(op, links[0], scope);
    for (const [equation, run] of all) {
      // Derivatives of all elements by all elements: the tiny case only.
      if (i > 0 && equation.sides.some(hasJacobian)) continue;
      if (failed.has(equation)) continue;
      const link = links[equation.target];
      run.sizes++;
      const difference = firstDifference(equation.sides, scope, (a, b, at) => {
        const { size, terms } =
          evaluate(at.side, magnitudes, at.indices).data[at.element];
        const bound = 2 * terms * epsilon("float64");
        const error = a === b ? 0 : Math.abs(a - b) / size;
        for (const to of [link, run]) {
          raise(to, error);
          to.bound = Math.max(to.bound, bound);
          to.values++;
        }
        return error <= bound
          ? undefined
          : `the page gives ${b}, the code gives ${a}`;
      });
      if (difference !== undefined) {
        failed.add(equation);
        link.failures.push(
          wrong(op, equation.formula, equation.tex) + difference,
        );
      }
    }
  }
  links[0].failures.push(...flaws(op));
  links.forEach((link, target) => {
    link.failures.push(...missing(op, target));
    link.tried = cases;
    link.detail = `${link.values} values at ${cases.length} sizes`;
  });
  return links;
}

/** Every X ∈ ℝ^{m×n} on the page must be the shape that the code has. */
function checkShapes(op: Operation, link: Link, scope: Scope<number>): void {
  for (const formula of op.page.formulas) {
    for (const { tex, ...statement } of formula.statements) {
      if (statement.kind !== "membership") continue;
      const difference = wrongShape(statement.of, statement.shape, scope);
      link.runs.push({
        ...newShape(formula, tex),
        kind: "shape",
        sizes: 1,
        values: 1,
      });
      if (difference !== undefined) {
        link.failures.push(wrong(op, formula, tex) + difference);
      }
    }
  }
}

function newShape(formula: Formula, tex = formula.tex): Run {
  const none = { sizes: 0, values: 0, figure: 0, bound: 0 };
  return { formula, tex, kind: "definition", ...none };
}

/** Link 2: 0 where algebra decides. */
function pageIsCalculus(op: Operation): Link[] {
  const links = newLinks(op, "page = calculus", ALGEBRA);
  const tiny = tinyShapes(op);
  const scope = algebraScope(op, sizesOf(op, tiny));
  const random = new Random(2);
  const point: Record<string, number> = {};
  for (const { data } of [...scope.inputs, scope.dout]) {
    for (const x of data) point[x.toString()] = random.next();
  }
  for (const equation of equations(op)) {
    const link = links[equation.target];
    const run = newRun(link, equation);
    run.sizes = 1;
    run.exact = 0;
    const difference = firstDifference(equation.sides, scope, (a, b) => {
      link.values++;
      run.values++;
      const [x, y] = [valueAt(a, point), valueAt(b, point)];
      const error = x === y
        ? 0
        : Math.abs(x - y) / Math.max(Math.abs(x), Math.abs(y));
      const agree = error <= ALGEBRA;
      if (agree && areEqual(a, b)) {
        run.exact!++;
        return undefined;
      }
      raise(link, error);
      raise(run, error);
      return agree
        ? undefined
        : `the page gives ${b.toString()}, calculus gives ${a.toString()}`;
    });
    if (difference !== undefined) {
      link.failures.push(
        wrong(op, equation.formula, equation.tex) + difference,
      );
    }
  }
  for (const link of links) {
    link.tried = [tiny];
    link.detail = `${link.values} expressions`;
  }
  return links;
}

/** Link 3: relative to the norm of the gradient. */
function codeIsCalculus(op: Operation): Link[] {
  const links = newLinks(op, "code = calculus", CALCULUS);
  delete links[0].figure; // The gradients are what is checked.
  const random = new Random(3);
  for (const fast of [false, true]) {
    const shapes = shapesOf(op, golden(op, fast ? "larger" : "primes"));
    const inputs = shapes.map((shape) => random.tensor(shape));
    const report = gradcheck(op.forward, op.backward, inputs, { fast });
    report.inputs.forEach((input, i) => {
      const link = links[i + 1];
      raise(link, input.relativeError);
      link.values += input.elements;
      link.tried.push(shapes);
      link.detail += fast
        ? `, ${input.elements} by random directions`
        : `${input.elements} elements one by one`;
      if (input.wrong > 0 || report.problems.length > 0) {
        link.failures.push(report.message);
      }
      if (!(input.relativeError <= CALCULUS)) {
        link.failures.push(
          `${op.name}: ${link.target} differs from the differences of the forward function by ${input.relativeError} of its norm`,
        );
      }
    });
  }
  return links;
}

/** Link 4: the distance, as a share of the bound k·ε. */
function codeIsPyTorch(op: Operation): Link[] {
  const links = newLinks(op, "code = PyTorch", 1);
  const { cases, special, torch } = op.goldens;
  const compare = (
    golden: GoldenCase,
    differ: (ours: Tensor, theirs: Tensor, link: Link) => string | undefined,
  ) => {
    const theirs = [golden.output, ...gradientsOf(op, golden)];
    for (const [t, ours] of runCode(op, golden).entries()) {
      links[t].values += ours.data.length;
      const difference = differ(ours, theirs[t], links[t]);
      if (difference !== undefined) {
        links[t].failures.push(
          `${op.name}: ${
            links[t].target
          } ${difference}: PyTorch ${torch}, case "${golden.name}", ${golden.dtype}`,
        );
      }
    }
  };
  for (const golden of cases) {
    compare(golden, (ours, theirs, link) => {
      const distance = tdist(ours.data, theirs.data);
      const bound = roundingBound(op, links.indexOf(link), golden);
      raise(link, distance === 0 ? 0 : distance / bound);
      return distance <= bound
        ? undefined
        : `is ${distance} away where k·ε allows ${bound}`;
    });
  }
  for (const golden of special) {
    compare(golden, (ours, theirs) => {
      const at = ours.data.findIndex((x, i) => !isLike(x, theirs.data[i]));
      return at < 0
        ? undefined
        : `has ${ours.data[at]} for ${theirs.data[at]} at element ${at}`;
    });
  }
  const tried = distinct([...cases, ...special].map((c) => shapesOf(op, c)));
  for (const link of links) {
    link.tried = tried;
    link.detail = `${cases.length} cases and ${special.length} with NaN, ∞, -0`;
  }
  return links;
}

/** Where one is NaN or infinite, the other must be the same. */
function isLike(a: number, b: number): boolean {
  return Number.isFinite(a) && Number.isFinite(b)
    ? Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(b))
    : Object.is(a, b);
}

/** How far float32 results are from the truth, over all golden cases. */
export interface Accuracy extends Link {
  /** The Euclidean distance of our results. */
  ours: number;
  /** That of PyTorch's. */
  pytorch: number;
  /** In how many cases ours is not above PyTorch's, and of how many. */
  notAbove: [count: number, cases: number];
}

/**
 * Link 5: our distance from the truth as a multiple of PyTorch's, in the worst
 * case. It may be above PyTorch's in one case of ten, and never above twice.
 */
function codeIsTruth(op: Operation): Accuracy[] {
  const links = newLinks(op, "code = truth", 2)
    .map((link): Accuracy => ({
      ...link,
      ours: 0,
      pytorch: 0,
      notAbove: [0, 0],
    }));
  const cases = op.goldens.cases.filter(({ dtype }) => dtype === "float32");
  const above = links.map(() => 0);
  for (const golden of cases) {
    const theirs = [golden.output, ...gradientsOf(op, golden)];
    for (const [t, result] of runCode(op, golden).entries()) {
      const { at, values } = truth(op, t, golden);
      const error = ({ data }: Tensor) =>
        Math.hypot(
          ...at.map((i, j) =>
            digits64.add(exactly(data[i]), values[j].neg()).toNumber()
          ),
        );
      const [ours, pytorch] = [error(result), error(theirs[t])];
      const link = links[t];
      link.values += at.length;
      link.ours = Math.hypot(link.ours, ours);
      link.pytorch = Math.hypot(link.pytorch, pytorch);
      raise(link, ours === 0 ? 0 : ours / pytorch);
      if (!(ours <= pytorch)) above[t]++;
      if (!(ours <= 2 * pytorch)) {
        link.failures.push(
          `${op.name}: ${link.target} is ${ours} away from the truth, PyTorch's is ${pytorch}: case "${golden.name}"`,
        );
      }
    }
  }
  const tried = distinct(cases.map((c) => shapesOf(op, c)));
  links.forEach((link, t) => {
    link.tried = tried;
    link.notAbove = [cases.length - above[t], cases.length];
    link.detail = `not above PyTorch's in ${link.notAbove.join(" of ")} cases`;
    if (above[t] > cases.length / 10) {
      link.failures.push(`${op.name}: ${link.target} is ${link.detail}`);
    }
  });
  return links;
}
