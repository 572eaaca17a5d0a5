// Copyright 2026 the Adjoint authors. MIT license.

/**
 * **page = code**: every equation of the page in 64 digits, compared with what
 * the exported functions give for the same numbers. The bound is the rounding
 * error that the page's own formula must expect.
 *
 * @module
 */

import { namedIn } from "@adjoint/ops/signature";
import { attempt, firstDifference, holds } from "../compare.ts";
import { digits, type Number64 } from "../digits.ts";
import { type Equation, hasJacobian, indicesOf, keyOf } from "../equations.ts";
import { flaws, missing } from "../form.ts";
import {
  draw,
  drawOptions,
  FLIPPED,
  hasFlags,
  type Mode,
  MODES,
  Random,
  thresholds,
} from "../inputs.ts";
import {
  evaluate,
  evaluateIndex,
  freeIndices,
  indexRanges,
} from "../language/evaluate.ts";
import {
  EvaluationError,
  type Index,
  type Scope,
  type Statement,
} from "../language/expression.ts";
import { showShape } from "../language/values.ts";
import {
  distinct,
  type Link,
  newLinks,
  newRun,
  raise,
  type Run,
} from "../link.ts";
import { wrong } from "../link.ts";
import { loopCode, type PageCode } from "../loops.ts";
import type { FloatTensor, Operation } from "../operation.ts";
import type { Formula } from "../page.ts";
import { Point } from "../point.ts";
import { assignments } from "../scopes.ts";
import { epsilon, tiny } from "../truth.ts";
import { dimension, indexTuples } from "../sizes.ts";
import { showName } from "../language/unicode.ts";

/** Numbers that are equal, or 0, where a step of a derivation need not hold. */
const TIES: readonly Mode[] = [
  ...["mixed", "equal", "close", "zero", "ties", "options"] as const,
];

/** Numbers so large that σ is 1, where a claim that it is less need not hold. */
const SATURATED: readonly Mode[] = ["wide", "mixed", "large", "huge"];

/** At which sizes each kind of numbers is tried; those of 0 come with the defaults. */
function variantsOf(op: Operation, mode: Mode): number[] {
  const hasThresholds = thresholds(op, drawOptions(op, 0)).length > 0;
  if (mode === "plain") {
    return hasFlags(op) ? [0, 1, 2, 3, FLIPPED] : [0, 1, 2, 3];
  }
  if (mode === "wide") return [0, 4];
  if (mode === "options") return hasThresholds ? [0, 0, 0, 1, 4, 5] : [];
  if (!TIES.includes(mode)) return [2];
  return hasThresholds ? [0, 1] : [0];
}

/** The proof that a page says what its code does. */
export function pageIsCode(op: Operation): Link[] {
  const links = newLinks(op, "page = code", 1);
  const runs = new Map(
    op.definitions.equations.map((e) => [e, newRun(op, links[e.target], e)]),
  );
  const failed = new Set<Equation>();
  const definitions = [
    ...op.page.shapes.map((formula) => newShape(formula)),
    ...op.page.formulas.flatMap((formula) =>
      formula.statements.filter(({ kind }) => kind === "function")
        .map(({ tex }) => newShape(formula, tex))
    ),
  ];
  links[0].runs.push(...definitions);
  const random = new Random(1), loops = loopCode(op);
  for (const mode of MODES) {
    for (const variant of variantsOf(op, mode)) {
      const point = new Point(op, draw(op, mode, variant, random));
      if (!takesShapes(op, point, links)) return finish(op, links);
      links[0].tried.push(point.draw.inputs.map(({ shape }) => shape));
      for (const run of definitions) run.values = ++run.sizes;
      if (!SATURATED.includes(mode)) checkClaims(op, links[0], point);
      if (mode === "plain") {
        checkShapes(op, links[0], point, variant === 0);
        if (variant === 0) checkProjections(op, links, point);
        if (loops !== undefined) checkLoops(op, loops, links, point);
      }
      for (const [equation, run] of runs) {
        if (failed.has(equation)) continue;
        if (!isTried(equation, mode, variant)) continue;
        const link = links[equation.target];
        run.sizes++;
        const difference = compareEquation(op, equation, point, [link, run]);
        if (difference === undefined) continue;
        failed.add(equation);
        link.failures.push(
          `${wrong(op, equation.formula, equation.tex)}${difference}${
            mode === "plain" ? "" : ` (${WORDS[mode]})`
          }`,
        );
      }
    }
  }
  return finish(op, links);
}

/** Whether an equation is tried on such numbers, at this size. */
function isTried(
  { sides: [left, ...rights] }: Equation,
  mode: Mode,
  variant: number,
): boolean {
  // What calculus says there: no formula of it need hold at a kink.
  if (rights.some(hasJacobian)) return mode === "plain" && variant === 0;
  // Derivatives of all elements by all elements: the tiny case only.
  return !hasJacobian(left) ||
    variant < 2 && (variant === 0 && mode === "plain" || TIES.includes(mode));
}

/** The kinds of numbers in words. */
const WORDS: Record<Mode, string> = {
  plain: "numbers about 1",
  wide: "numbers from 1∕16 to 16",
  mixed: "numbers from 0 to 1e4 together",
  large: "numbers about 1e3",
  huge: "numbers about 1e4",
  small: "numbers about 1e-7",
  equal: "all numbers equal",
  close: "numbers that differ by 1e-7",
  zero: "all numbers 0",
  ties: "numbers of which some are equal",
  options: "numbers of which some are options",
};

function finish(op: Operation, links: Link[]): Link[] {
  links[0].failures.push(...flaws(op), ...missing(op));
  const tried = distinct(links[0].tried);
  for (const link of links) {
    link.tried = tried;
    link.detail = `${link.values} values at ${tried.length} sizes`;
  }
  return links;
}

/** Whether the code takes the shapes of the page and gives those it should. */
function takesShapes(op: Operation, point: Point, [link]: Link[]): boolean {
  const { inputs, sizes } = point.draw;
  const show = (shape: readonly number[]) => shape.join("×") || "a scalar";
  try {
    const given = [
      ...op.outputs.map((output, i) => ({
        row: output,
        what: showName(output.symbol),
        found: show(point.outputs[i].shape),
        right: show(sizes.shape(output.shape)),
      })),
      ...op.floats.map((input, i) => ({
        row: input,
        what: `the gradient of ${input.parameter}`,
        found: show(point.gradients[i].shape),
        right: show(inputs[op.inputs.indexOf(input)].shape),
      })),
    ];
    const bad = given.find(({ found, right }) => found !== right);
    if (bad === undefined) return true;
    const { row: { line, column }, what, found, right } = bad;
    link.failures.push(
      `${op.file}:${line}:${column}: The page says that ${what} has the shape ${right}: it is ${found} where ${sizes}`,
    );
  } catch (error) {
    link.failures.push(
      `${op.file}: The code does not take the shapes of the page: ${
        (error as Error).message
      } (${sizes})`,
    );
  }
  return false;
}

/** Compares the sides of an equation; where it begins with what is the code's. */
function compareEquation(
  op: Operation,
  equation: Equation,
  point: Point,
  to: Pick<Link, "figure" | "values">[],
  isPlace = false,
): string | undefined {
  const { key, sides } = equation;
  const place = sides.findIndex(({ kind }) => kind === "at");
  const [first, ...others] = place > 0
    ? [sides[place], ...sides.toSpliced(place, 1)]
    : sides;
  if (first.kind === "at") {
    // At a kink the page says what the code does, not what calculus finds.
    const values = new Map(first.assignments.map(({ left, right }) => [
      keyOf(left)!,
      digits.toNumber(evaluate(right, point.page).data[0]),
    ]));
    return compareEquation(
      op,
      { ...equation, sides: [first.of, ...others], key: keyOf(first.of) },
      point.at(values, (x) => x),
      to,
      true,
    );
  }
  const output = op.outputs.findIndex(({ symbol }) => symbol === key);
  const isGradient = op.definitions.targets.includes(key ?? "") && output < 0;
  const [, of, by] = /^∂(.*)\/∂(.*)$/.exec(key ?? "") ?? [];
  const row = op.outputs.findIndex(({ symbol }) => symbol === of);
  const isJacobian = row >= 0 && op.floats.some(({ symbol }) => symbol === by);
  if (output < 0 && !isGradient && !isJacobian) {
    return firstDifference(equation, point.page, point.page, (a, b) => {
      for (const one of to) one.values++;
      return areClose(a, b)
        ? undefined
        : `the left is ${digits.toNumber(a)}, the right is ${
          digits.toNumber(b)
        }`;
    });
  }
  const target = isJacobian ? `∂E/∂${by}` : key!;
  const rank = isJacobian ? op.outputs[row].shape.length : 0;
  const left: Scope<number> = point.code;
  const shape = isJacobian ? point.outputs[row].shape : [];
  return firstDifference(
    equation,
    left,
    point.page,
    (a: number, b: Number64, { indices, element, side }) => {
      const right = digits.toNumber(b);
      if (Number.isNaN(right)) {
        return isPlace && !Number.isNaN(a)
          ? `the page gives ${right}, the code gives ${a}`
          : undefined;
      }
      const at = placeOf(indicesOf(sides[0]), indices, () => {
        const all = point.page.shapeOf(target);
        const whole = isJacobian ? [...shape, ...all] : all;
        const open = whole.slice(indicesOf(sides[0]).length);
        return indexTuples(open)[element].map((i) => i + 1);
      }, point);
      const bound = point.bound(
        target,
        at.slice(rank),
        isJacobian
          ? { output: row, at: flat(at.slice(0, rank), shape) }
          : undefined,
      );
      for (const one of to) one.values++;
      const allowed = bound === undefined
        ? undefined
        : 2 * bound * epsilon("float64") + 2 * tiny("float64");
      if (a === right) return undefined;
      if (allowed === undefined) {
        return point.draw.mode === "plain" || !Number.isFinite(a)
          ? `the page gives ${right}, the code gives ${a}, and nothing says how far they may be apart`
          : undefined;
      }
      const error = distance(a, b);
      if (error > allowed) {
        const { mode } = point.draw;
        const unsure = mode === "plain"
          ? 0
          : point.uncertainty(side, indices, element);
        if (!(error > unsure) || unsure === Infinity) return undefined;
      }
      for (const one of to) raise(one, error / allowed);
      return error <= allowed
        ? undefined
        : `the page gives ${right}, the code gives ${a}`;
    },
  );
}

/** How far a number is from one of 64 digits. */
function distance(a: number, b: Number64): number {
  const minus = digits.multiply(digits.constant(-1), b);
  return Math.abs(digits.toNumber(digits.add(digits.constant(a), minus)));
}

/** Whether numbers of 64 digits are equal, but for their rounding. */
function areClose(a: Number64, b: Number64): boolean {
  const [x, y] = [digits.toNumber(a), digits.toNumber(b)];
  if (Object.is(x, y) || !Number.isFinite(x) && !Number.isFinite(y)) {
    return true;
  }
  const minus = digits.multiply(digits.constant(-1), b);
  const apart = Math.abs(digits.toNumber(digits.add(a, minus)));
  return apart <= 1e-40 * Math.max(1, Math.abs(x), Math.abs(y));
}

/** Where an element is: the values of its indices, and of the axes left open. */
function placeOf(
  names: readonly Index[],
  indices: ReadonlyMap<string, number>,
  open: () => number[],
  point: Point,
): number[] {
  const at = names.map((index) => evaluateIndex(index, point.page, indices));
  return [...at, ...open()];
}

function flat(at: readonly number[], shape: readonly number[]): number {
  return shape.reduce((place, size, axis) => place * size + at[axis] - 1, 0);
}

/** The loops, which the page shows, must give what the kernels give. */
function checkLoops(
  { file, outputs, floats, definitions, signature: { spec } }: Operation,
  loops: PageCode,
  links: Link[],
  point: Point,
): void {
  const { inputs, douts, options } = point.draw;
  const check = (key: string, ours: FloatTensor, loop: FloatTensor) => {
    const link = links[definitions.targets.indexOf(key)];
    const what = `${file}: the loop gives another ${showName(key)}`;
    if (link.failures.some((failure) => failure.startsWith(what))) return;
    indexTuples(ours.shape).forEach((at, i) => {
      const a = loop.data[i] + (spec.indices ? 1 : 0), b = ours.data[i];
      const place = at.map((index) => index + 1);
      if (Object.is(a, b) || link.failures.at(-1)?.startsWith(what)) return;
      const bound = spec.indices ? 0 : point.bound(key, place);
      // Each may be off by what the comparison with the page allows.
      const allowed = 4 * (bound ?? NaN) * epsilon("float64") +
        4 * tiny("float64");
      if (!(Math.abs(a - b) > allowed) && !Number.isNaN(a)) return;
      link.failures.push(
        `${what} than the kernel that runs in its place: ${a} and ${b}${
          place.length === 0 ? "" : ` at (${place.join(", ")})`
        }`,
      );
    });
  };
  const results = loops.forward(inputs, options);
  outputs.forEach(({ symbol }, i) =>
    check(symbol, point.outputs[i], results[i])
  );
  if (floats.length === 0) return;
  const gradients = loops.backward(inputs, douts, options);
  floats.forEach(({ symbol }, i) =>
    check(`∂E/∂${symbol}`, point.gradients[i], gradients[i])
  );
}

/** fDx must be what fD gives for x. */
function checkProjections(op: Operation, links: Link[], point: Point): void {
  const { inputs, douts, options } = point.draw;
  op.floats.forEach(({ parameter, symbol }, i) => {
    const { data } = op.functions.gradient(i, inputs, douts, options);
    const same = point.gradients[i].data.every((x, j) => Object.is(x, data[j]));
    if (same) return;
    links[op.definitions.targets.indexOf(`∂E/∂${symbol}`)].failures.push(
      `${op.file}: ${op.name}D${parameter} is not what ${op.name}D gives for ${parameter}`,
    );
  });
}

/** Every X ∈ ℝ^{m×n} and every t ∈ {1, …, n} must be as the code has it. */
function checkShapes(
  op: Operation,
  link: Link,
  point: Point,
  isFirst: boolean,
): void {
  for (const formula of op.page.formulas) {
    for (const statement of formula.statements) {
      if (statement.kind !== "membership" && statement.kind !== "range") {
        continue;
      }
      const found = attempt(() =>
        statement.kind === "membership"
          ? wrongShape(statement, point)
          : wrongRange(op, statement, point)
      );
      if (isFirst) {
        link.runs.push({
          ...newShape(formula, statement.tex),
          kind: "shape",
          sizes: 1,
          values: 1,
        });
      }
      if (found === undefined) continue;
      const what = found instanceof EvaluationError ? found.message : found;
      const message = wrong(op, formula, statement.tex) + what;
      const prefix = wrong(op, formula, statement.tex);
      if (!link.failures.some((failure) => failure.startsWith(prefix))) {
        link.failures.push(message);
      }
    }
  }
}

/** A condition in a block of its own, such as 0 < Y_i < 1, must hold. */
function checkClaims(op: Operation, link: Link, { page }: Point): void {
  for (const formula of op.page.formulas) {
    for (const statement of formula.statements) {
      if (statement.kind !== "condition" || !formula.isBlock) continue;
      const { condition, tex } = statement;
      const prefix = wrong(op, formula, tex);
      if (link.failures.some((failure) => failure.startsWith(prefix))) continue;
      const found = attempt(() => {
        const free = freeIndices(condition, page.sizes);
        const places = assignments(free, indexRanges(condition, page));
        return places.find((indices) => !holds(condition, page, indices));
      });
      if (found === undefined) continue;
      link.failures.push(
        prefix +
          (found instanceof EvaluationError
            ? found.message
            : `it does not hold${
              found.size === 0
                ? ""
                : ` at ${
                  [...found].map(([name, at]) => `${name} = ${at}`).join(", ")
                }`
            }`),
      );
    }
  }
}

function wrongShape(
  { of, shape }: Extract<Statement, { kind: "membership" }>,
  { page, draw: { sizes } }: Point,
): string | undefined {
  const ranges = indexRanges(of, page);
  const indices = new Map(
    freeIndices(of, sizes).map((name) => {
      if (ranges.has(name)) return [name, 1] as const;
      throw new EvaluationError(
        `nothing says what the index ${name} runs over`,
      );
    }),
  );
  const found = showShape(evaluate(of, page, indices));
  const right = showShape({ shape: sizes.shape(shape), data: [] });
  return found === right ? undefined : `it says ${right}, it is ${found}`;
}

function wrongRange(
  op: Operation,
  { of, from, to }: Extract<Statement, { kind: "range" }>,
  { draw: { sizes, options } }: Point,
): string | undefined {
  const name = of.kind === "element" ? of.of : of;
  const input = op.inputs.find(({ symbol }) =>
    name.kind === "symbol" && name.name === symbol
  );
  if (input?.integer === undefined) {
    return "it is not about an input of integers";
  }
  const named = namedIn(op.options, options);
  const number = (bound: number | string) =>
    typeof bound === "number" ? bound : named[bound] ?? sizes.of(bound);
  const shift = input.isIndex ? 1 : 0;
  const { from: first = 0, below } = input.integer;
  const right = [
    number(first) + shift,
    below === undefined ? Infinity : number(below) - 1 + shift,
  ];
  const said = [dimension(from, sizes), dimension(to, sizes)];
  return said.join() === right.join()
    ? undefined
    : `it says ${said.join(" to ")}, the code takes ${
      right.join(" to ")
    } (counted from ${shift})`;
}

function newShape(formula: Formula, tex = formula.tex): Run {
  const none = { sizes: 0, values: 0, figure: 0, bound: 0 };
  return { formula, tex, kind: "definition", ...none };
}
