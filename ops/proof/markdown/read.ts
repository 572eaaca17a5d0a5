// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Reads any Markdown page as mathematics: which of its formulas define something,
 * which are gradients of that, and what shapes its symbols have. Nothing is
 * executed here, and nothing on the page is ever run as code.
 *
 * @module
 */

import { Definitions, dependencies, keyOf } from "../equations.ts";
import {
  type Dim,
  type Expr,
  FormulaError,
  type Index,
  PageError,
  type Statement,
} from "../language/expression.ts";
import { indexNames } from "../language/indices.ts";
import { Names, parseFormula } from "../language/parse.ts";
import { partsOf } from "../language/walk.ts";
import { KINDS } from "../language/table.ts";
import { lineOf, rowsOf } from "../comments.ts";
import type { Formula, Page, Variable } from "../page.ts";
import { dimOf, oneLine } from "../page.ts";
import { showDims } from "../sizes.ts";
import { showName } from "../language/unicode.ts";
import { writeTex } from "../language/write.ts";
import { derive } from "./derive.ts";
import { type Found, mathIn, rewritten } from "./math.ts";
import { explained } from "./notations.ts";
import { inferShapes, type Shapes } from "./shapes.ts";

/** The largest page that is read, in characters. */
export const LARGEST = 2 ** 20;

/** The most formulas that a page may have. */
const MOST = 5000;

/** A formula that cannot be read. */
export interface Unread {
  /** The formula, on one line. */
  tex: string;
  /** The line that it begins at, counted from 1. */
  line: number;
  /** The column, counted from 1. */
  column: number;
  /** Why it cannot be read. */
  why: string;
}

/** A Markdown page as mathematics. */
export interface Reading {
  file: string;
  page: Page;
  definitions: Definitions;
  shapes: Shapes;
  /** The names that stand for sizes. */
  dims: ReadonlySet<string>;
  /** The integer tensors in indices, and what they count. */
  integers: ReadonlyMap<string, Dim>;
  /** What the page says of its numbers beside the formulas: a ≤ b. */
  conditions: readonly Expr[];
  /** The symbols that formulas which cannot be read would define. */
  lost: ReadonlySet<string>;
  /** The sizes that are those of an axis, as only gradients speak of them. */
  ends: ReadonlyMap<string, Dim>;
  /** The names of whole numbers that are not sizes. */
  whole: ReadonlySet<string>;
  /** The numbers that inputs are compared with: a mask is 1 or something else. */
  choices: ReadonlyMap<string, readonly number[]>;
  /** The inputs that are drawn above 0. */
  positive: ReadonlySet<string>;
  /** The inputs whose elements sum to 1, and the formulas that say so. */
  sumsToOne: ReadonlySet<string>;
  assumed: ReadonlySet<Formula>;
  /** What was inferred, one sentence each. */
  inferred: string[];
  unread: Unread[];
}

type Equation = Extract<Statement, { kind: "equation" }>;

/** A symbol or derivative as a person writes it; σ² is a symbol of its own here. */
export function nameOf(name: string): string {
  return showName(name.replace(SQUARE, "$1²"));
}

/** TeX as it is on the page. */
export function asWritten(tex: string): string {
  return oneLine(tex.replace(SQUARE, "$1^2"));
}

/** How the square of a letter is named where the page defines it. */
const SQUARE = /\\breve\{((?:[^{}]|\{[^{}]*\})+)\}/g;

/** Reads a page; a page with nothing to judge is an error. */
export function readMarkdown(text: string, file = "page.md"): Reading {
  if (text.length > LARGEST) {
    throw new PageError(
      `${file}:1:1: Cannot read the page as it may have at most ${LARGEST} characters: it has ${text.length}`,
    );
  }
  const all = mathIn(text);
  const squares = squaresIn(all);
  const found = explained(
    all.map((one) => withSquares(one, squares)),
    slopeOf,
  );
  if (found.length > MOST) {
    const { line, column } = placeIn(text, found[MOST].places[0]);
    throw new PageError(
      `${file}:${line}:${column}: Cannot read the page as it may have at most ${MOST} formulas: it has ${found.length}`,
    );
  }
  const unread: Unread[] = [];
  const inferred: string[] = [];
  const { formulas, table } = parse(text, found, unread);
  const equations = () =>
    formulas.flatMap(({ statements }) =>
      statements.filter((s): s is Equation => s.kind === "equation")
    );
  formulas.forEach(takeConditions);
  nameGradients(formulas, inferred);
  nameLoss(formulas, inferred);
  nameSquares(formulas, squares, inferred);

  const defined = new Set(
    equations().map(({ sides: [left] }) => keyOf(left))
      .filter((key) => key !== undefined && !key.includes("∂")) as string[],
  );
  const dims = dimensionsOf(formulas, table);
  const indices = new Set(formulas.flatMap(indicesIn));
  const used = new Set(
    equations().flatMap(({ sides, where }) =>
      [...sides, ...where ? [where] : []].flatMap(symbolsIn)
    ),
  );
  for (const f of formulas.flatMap(({ statements }) => statements)) {
    if (f.kind !== "function") continue;
    for (const name of symbolsIn(f.body)) {
      if (!f.parameters.includes(name)) used.add(name);
    }
  }
  used.delete("E");
  const counts = countsIn(equations(), used, dims, defined);
  for (const [index, name] of counts) {
    dims.add(name);
    inferred.push(`${nameOf(name)} is the number of values of ${index}`);
  }
  for (const { symbol, isInteger } of table) if (isInteger) dims.add(symbol);
  const symbols = [...used].filter((name) =>
    !dims.has(name) && (!indices.has(name) || defined.has(name))
  );
  const functions = new Set(
    formulas.flatMap(({ statements }) =>
      statements.flatMap((s) => s.kind === "function" ? [s.name] : [])
    ),
  );
  const stated = statedShapes(formulas, table);
  const isForward = ({ sides: [left] }: Equation) => {
    const key = keyOf(left);
    return key !== undefined && !key.includes("∂");
  };
  const shapes = inferShapes({
    stated,
    symbols,
    dims,
    counts,
    forward: equations().filter(isForward),
    backward: equations().filter((e) => !isForward(e)),
  });
  if (shapes === undefined) {
    throw new PageError(
      `${file}:1:1: Cannot infer the shapes as no choice of them fits the formulas of ${
        [...defined].map(showName).join(", ")
      }: state them, $X \\in \\mathbb{R}^{m \\times n}$`,
    );
  }
  const integers = new Map([...shapes.integers, ...integersIn(formulas)]);
  const inputs = symbols.filter((name) =>
    !defined.has(name) && !functions.has(name)
  );
  const variable = (symbol: string): Variable => ({
    symbol,
    parameter: "",
    shape: shapes.of.get(symbol) ?? [],
    line: 1,
    column: 1,
  });
  // E depends on what it is differentiated by and nothing else gives a gradient of.
  const above = new Set(
    equations().flatMap(({ sides: [, ...rights] }) =>
      rights.flatMap(gradientsIn)
    ),
  );
  const given = new Set(
    equations().map(({ sides: [left] }) => keyOf(left) ?? "")
      .filter((key) => key.startsWith("∂E/")),
  );
  const ends = new Set(last(defined, equations()));
  const outputs = [...defined].filter((name) =>
    above.has(name) &&
    // The loss may follow the last output, unseen: ∂E∕∂Y = Y − T.
    (!given.has(`∂E/∂${name}`) || ends.has(name)) &&
    equations().some(({ sides: [left, ...rights] }) =>
      keyOf(left) === name &&
      rights.some((right) => !symbolsIn(right).includes(name))
    )
  );
  const page: Page = {
    title: /^#\s+(.+)$/m.exec(text)?.[1] ?? file,
    inputs: inputs.filter((name) => !integers.has(name)).map(variable),
    outputs: (outputs.length > 0 ? outputs : last(defined, equations()))
      .map(variable),
    options: inputs.filter((name) => integers.has(name)).map(variable),
    formulas: [...formulas, shapesOf(defined, shapes)],
    shapes: [],
    special: [],
    references: {},
  };
  if (page.outputs.length > 0 && equations().some((e) => speaksOf(e, "E"))) {
    inferred.push(
      `E is a function of ${
        page.outputs.map(({ symbol }) => nameOf(symbol)).join(", ")
      }, whose gradient is drawn at random`,
    );
  }
  const { names: sums, from } = sumsToOne(
    formulas,
    (name) => inputs.includes(name),
  );
  for (const name of sums) inferred.push(`${nameOf(name)} sums to 1`);
  sayShapes(symbols, dims, stated, shapes, inferred);
  return {
    file,
    page,
    definitions: new Definitions(
      page,
      file,
      page.inputs.map(({ symbol }) => symbol),
    ),
    shapes,
    dims,
    integers,
    conditions: formulas.flatMap(({ statements }) =>
      statements.flatMap((said) =>
        said.kind === "condition" &&
          symbolsIn(said.condition).every((name) =>
            symbols.includes(name) && shapes.of.get(name)?.length === 0
          )
          ? [said.condition]
          : []
      )
    ),
    ends: endsIn(
      equations().filter((e) => !isForward(e)),
      shapes,
      JSON.stringify([
        ...equations().filter(isForward),
        ...stated.values(),
      ]),
    ),
    lost: new Set(
      unread.flatMap(({ tex }) => {
        const [left] = /^[^=]*(?==)/.exec(tex) ?? [""];
        return symbols.filter((name) =>
          left.replace(/[\s&]|_(\{[^{}]*\}|\w)/g, "") ===
            name.replace(/\s/g, "")
        );
      }),
    ),
    whole: new Set(
      table.filter(({ isInteger }) => isInteger).map(({ symbol }) => symbol),
    ),
    choices: choicesIn(formulas),
    positive: positiveIn(formulas, table, symbols),
    sumsToOne: sums,
    assumed: from,
    inferred,
    unread,
  };
}

/** The slope of a function of one number, derived in its own letters. */
function slopeOf(body: string, parameter: string): string | undefined {
  const y = `\\tilde{${parameter}}`;
  const reading = attempt(() =>
    readMarkdown(
      `$${y} = ${body}$\n\n$\\frac{\\partial ${y}}{\\partial ${parameter}} = 0$`,
    )
  );
  const equation = reading?.definitions.equations.find(({ key }) =>
    key?.includes("∂")
  );
  const steps = equation && derive(reading!, equation);
  return steps?.length === 1 ? writeTex(steps[0][1]) : undefined;
}

/** A shape that a table states. */
interface TableRow {
  symbol: string;
  shape: Dim[];
  isInteger?: boolean;
  /** A number beside the tensors. */
  isOption?: boolean;
}

/** Reads all formulas; those without a relation only name something. */
function parse(text: string, found: readonly Found[], unread: Unread[]) {
  const names = new Names();
  for (const symbol of numberedIn(found)) {
    attempt(() => names.addSymbol(symbol));
  }
  const cells = tableCells(text, found);
  for (const { symbol } of cells) attempt(() => names.addSymbol(symbol.tex));
  for (const { tex } of found) attempt(() => names.add(tex));
  for (const symbol of bareIn(found)) attempt(() => names.addSymbol(symbol));
  const formulas: Formula[] = [];
  for (const { tex, places, isBlock } of found.map(continued)) {
    const states = /=|\\in\b|\\coloneqq/.test(tex);
    const label = /\^\s*(?:[([]|\{\s*[([]\s*\w+\s*[)\]]\s*\})/.exec(tex);
    if (label !== null && states) {
      const place = placeIn(text, places[label.index]);
      unread.push({ tex: oneLine(tex), ...place, why: LABEL });
      continue;
    }
    try {
      const statements = parseFormula(tex, names);
      checkLengths(statements);
      const { line, column } = placeIn(text, places[0]);
      formulas.push({ tex: asWritten(tex), line, column, isBlock, statements });
    } catch (error) {
      if (!states) continue;
      const [why, offset] = reasonOf(error);
      const at = places[Math.min(offset, places.length - 1)];
      unread.push({ tex: asWritten(tex), ...placeIn(text, at), why });
    }
  }
  const table = cells.flatMap(({ symbol, shape, isOption }): TableRow[] => {
    const [said] = attempt(() => parseFormula(symbol.tex, names)) ?? [];
    if (said?.kind !== "expression" || said.expr.kind !== "symbol") return [];
    const { name } = said.expr;
    if (typeof shape === "string") {
      return [{
        symbol: name,
        shape: [],
        isInteger: shape === "integer",
        isOption,
      }];
    }
    const [size] = attempt(() => parseFormula(shape.tex, names)) ?? [];
    if (size?.kind === "shape") return [{ symbol: name, shape: size.shape }];
    const dim = size?.kind === "expression" ? dimOf(size.expr) : undefined;
    return dim === undefined ? [] : [{ symbol: name, shape: [dim] }];
  });
  return { formulas, table };
}

const SYMBOL = String
  .raw`\\(?:math\w+|boldsymbol|hat|bar|tilde|vec)\{\\?[A-Za-z]+\}|\\[A-Za-z]+|[A-Za-z]`;

const LABEL =
  "a superscript in brackets is a label, of a sample or a layer: write it as an index";

/** A block that begins with = continues the one before. */
function continued(found: Found, at: number, all: readonly Found[]): Found {
  const { tex, places } = found;
  if (!/^\s*=/.test(tex)) return found;
  const first = all.slice(0, at).findLast(({ tex }) => /^\s*[^=\s]/.test(tex));
  const [, left] = /^([^=]*)=/.exec(first?.tex ?? "") ?? [];
  if (left === undefined) return found;
  return {
    ...found,
    tex: left + tex,
    places: [...Array<number>(left.length).fill(places[0]), ...places],
  };
}

/** W in W (A + B) is a factor, as it stands alone in another equation. */
function bareIn(found: readonly Found[]): Set<string> {
  const pattern = new RegExp(
    String.raw`(?<![\\A-Za-z{])(${SYMBOL})(?![A-Za-z]|\s*(?:\\left\s*)?\()`,
    "g",
  );
  return new Set(
    found.filter(({ tex }) => tex.includes("=")).flatMap(({ tex }) =>
      [...tex.matchAll(pattern)].map(([, symbol]) => symbol)
    ).filter((symbol) =>
      // The base of exponentials, and the d of a derivative.
      symbol !== "e" && symbol !== "d" &&
      (!symbol.startsWith("\\") || symbol.includes("{") ||
        GREEK.test(symbol))
    ),
  );
}

const GREEK =
  /^\\(alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|rho|sigma|tau|phi|varphi|chi|psi|omega)$/;

/** W_1 and W_2 are two matrices where W has no other subscript anywhere. */
function numberedIn(found: readonly Found[]): Set<string> {
  const numbered = new Map<string, Set<string>>();
  const indexed = new Set<string>();
  const pattern = new RegExp(`(${SYMBOL})_(\\{[^{}]*\\}|\\\\?\\w+?)`, "g");
  for (const { tex } of found) {
    for (const [, symbol, sub] of tex.matchAll(pattern)) {
      if (/^\{?\d+\}?$/.test(sub)) {
        const all = numbered.get(symbol) ?? new Set();
        numbered.set(symbol, all.add(`${symbol}_${sub}`));
      } else indexed.add(symbol);
    }
  }
  return new Set(
    [...numbered].flatMap(([symbol, all]) =>
      indexed.has(symbol) ? [] : [...all]
    ),
  );
}

/** The most terms that a sum with numbers as its bounds may have. */
const TERMS = 1000;

function checkLengths(statements: readonly Statement[]): void {
  for (const expr of statements.flatMap(expressionsOf)) {
    each(expr, (e) => {
      if (e.kind !== "reduce" || typeof e.to !== "number") return;
      if (typeof e.from === "number" && e.to - e.from < TERMS) return;
      throw new FormulaError(
        `a sum or product may have at most ${TERMS} terms where its bounds are numbers`,
      );
    });
  }
}

/** What went wrong while reading, and where in the TeX. */
function reasonOf(error: unknown): [why: string, offset: number] {
  if (error instanceof FormulaError) {
    return [
      oneLine(error.message).replace(/^Cannot parse the formula ".*?": /, ""),
      error.offset,
    ];
  }
  // Brackets within brackets without end.
  if (error instanceof RangeError) return ["it is nested too deeply", 0];
  throw error;
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    reasonOf(error);
  }
}

/** A row of a table of shapes: a symbol, and its shape as a formula or a word. */
interface Cells {
  symbol: Found;
  shape: Found | "number" | "integer";
  isOption: boolean;
}

function tableCells(text: string, found: readonly Found[]): Cells[] {
  const cells: Cells[] = [];
  for (const { index, 0: table } of text.matchAll(/(^\|.*\n)+/gm)) {
    for (const [first, second, third] of rowsOf(table, index)) {
      if (second === undefined) continue;
      const at = ({ text: cell, index }: typeof first) =>
        found.filter(({ places: [place] }) =>
          place >= index && place < index + cell.length
        );
      const [[symbol, other], [formula]] = [at(first), at(second)];
      const [, word] =
        /^(?:an? )?(number|scalar|integer|flag)\b/.exec(second.text) ??
          [];
      const shape = formula ??
        (word === undefined ? undefined : word === "integer" ? word : "number");
      const isOption = /^option\b/.test(third?.text ?? "");
      if (symbol && shape && !other) cells.push({ symbol, shape, isOption });
    }
  }
  return cells;
}

function placeIn(text: string, index: number) {
  return {
    line: lineOf(text, index),
    column: index - text.lastIndexOf("\n", index - 1),
  };
}

/** i = j behind an equation says where that holds. */
function takeConditions(formula: Formula): void {
  const kept: Statement[] = [];
  for (const said of formula.statements) {
    const before = kept.at(-1);
    const indices = before?.kind === "equation"
      ? indicesIn({ ...formula, statements: [before] })
      : [];
    const isCondition = said.kind === "equation" &&
      said.sides.every((side) =>
        side.kind === "symbol" && indices.includes(side.name) ||
        side.kind === "number"
      );
    if (isCondition && before?.kind === "equation") {
      const condition: Expr = {
        kind: "compare",
        sides: said.sides,
        relations: said.sides.slice(1).map(() => "="),
      };
      before.where = before.where === undefined ? condition : {
        kind: "logic",
        operation: "and",
        conditions: [before.where, condition],
      };
    } else kept.push(said);
  }
  formula.statements = kept;
}

/** dW, as lecture notes have it, is ∂E∕∂W, unless d means something else. */
function nameGradients(formulas: Formula[], inferred: string[]): void {
  const equations = formulas.flatMap(({ statements }) =>
    statements.filter((s): s is Equation => s.kind === "equation")
  );
  const symbolOf = (expr: Expr): string | undefined => {
    const of = expr.kind === "element" ? expr.of : expr;
    return of.kind === "symbol" ? of.name : undefined;
  };
  const lefts = equations.flatMap(({ sides: [left] }) =>
    left.kind === "product" && left.factors.length === 2 &&
      left.factors[0].kind === "symbol" && left.factors[0].name === "d"
      ? [symbolOf(left.factors[1])]
      : []
  );
  const hasOther = equations.some(({ sides: [left] }) =>
    symbolOf(left) === "d"
  );
  if (hasOther || lefts.every((name) => name === undefined)) return;
  const named = new Set<string>();
  const rewrite = (expr: Expr): Expr => {
    if (expr.kind !== "product") return mapParts(expr, rewrite);
    const factors: Expr[] = [];
    for (let i = 0; i < expr.factors.length; i++) {
      const [factor, next] = expr.factors.slice(i, i + 2);
      const by = next && (next.kind === "transpose" ? next.of : next);
      const name = by && symbolOf(by);
      if (factor.kind === "symbol" && factor.name === "d" && name) {
        named.add(name);
        const partial: Expr = {
          kind: "partial",
          of: { kind: "symbol", name: "E" },
          by,
        };
        factors.push(
          next.kind === "transpose"
            ? { kind: "transpose", of: partial }
            : partial,
        );
        i++;
      } else factors.push(rewrite(factor));
    }
    return factors.length === 1 ? factors[0] : { kind: "product", factors };
  };
  for (const equation of equations) {
    equation.sides = equation.sides.map(rewrite);
  }
  inferred.push(
    [...named].map((name) => `d${nameOf(name)} is ∂E∕∂${nameOf(name)}`)
      .join(", "),
  );
}

/** A page that defines σ² means its root by σ. */
function nameSquares(
  formulas: Formula[],
  squares: ReadonlySet<string>,
  inferred: string[],
): void {
  if (squares.size === 0) return;
  const used = new Set<string>();
  const rewrite = (expr: Expr): Expr => {
    if (expr.kind !== "symbol" && expr.kind !== "element") {
      return mapParts(expr, rewrite);
    }
    const key = keyOf(expr);
    if (key === undefined || !squares.has(key)) return expr;
    used.add(key);
    const square: Expr = { kind: "symbol", name: `\\breve{${key}}` };
    const of: Expr = expr.kind === "element" ? { ...expr, of: square } : square;
    return { kind: "call", name: "sqrt", of: [of] };
  };
  for (const { statements } of formulas) {
    for (const said of statements) {
      if (said.kind === "equation") said.sides = said.sides.map(rewrite);
    }
  }
  for (const name of used) {
    inferred.push(`${nameOf(name)} is the root of ${nameOf(name)}²`);
  }
}

/** The letters whose square the page defines, σ² = …, as it has none of σ. */
function squaresIn(found: readonly Found[]): Set<string> {
  const head = (suffix: string) =>
    new RegExp(
      String.raw`(?:^|[,;&]|\\\\|\\quad)\s*(${SYMBOL})${suffix}\s*&?\s*=`,
      "g",
    );
  const all = (pattern: RegExp) =>
    found.flatMap(({ tex }) =>
      [...tex.matchAll(pattern)].map(([, symbol]) => symbol)
    );
  const sub = String.raw`(?:_(?:\{[^{}]*\}|\w))?`;
  const squares = new Set(all(head(String.raw`${sub}\^\{?2\}?${sub}`)));
  for (const symbol of all(head(sub))) squares.delete(symbol);
  return squares;
}

/** TeX where such a square is a symbol of its own. */
function withSquares(found: Found, squares: ReadonlySet<string>): Found {
  let { tex, places } = found;
  for (const symbol of squares) {
    const escaped = symbol.replace(/[\\{}]/g, "\\$&");
    const sub = String.raw`((?:_(?:\{[^{}]*\}|\w))?)`;
    const pattern = new RegExp(
      String
        .raw`(?<![\\A-Za-z])${escaped}(?![A-Za-z])${sub}\^(?:\{2\}|2)${sub}`,
      "g",
    );
    ({ tex, places } = rewritten(
      tex,
      places,
      pattern,
      (_, before, after) => `\\breve{${symbol}}${before || after}`,
    ));
  }
  return { ...found, tex, places };
}

/** What sums to 1 by the page's own word: Σᵢ yᵢ = 1, where y is given. */
function sumsToOne(
  formulas: readonly Formula[],
  isGiven: (name: string) => boolean,
): { names: Set<string>; from: Set<Formula> } {
  const names = new Set<string>();
  const from = new Set<Formula>();
  for (const formula of formulas) {
    for (const said of formula.statements) {
      if (said.kind !== "equation" || said.sides.length !== 2) continue;
      const [left, right] = said.sides;
      if (
        left.kind !== "reduce" || left.operation !== "sum" ||
        right.kind !== "number" || right.value !== 1 ||
        left.body.kind !== "element" || left.body.of.kind !== "symbol" ||
        left.body.indices.length !== 1 || !isGiven(left.body.of.name)
      ) continue;
      names.add(left.body.of.name);
      from.add(formula);
    }
  }
  return { names, from };
}

/** The numbers that elements are compared with by = or ≠, and others. */
function choicesIn(formulas: readonly Formula[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const said of formulas.flatMap(({ statements }) => statements)) {
    for (const expr of expressionsOf(said)) {
      each(expr, (e) => {
        if (e.kind !== "compare" || e.sides.length !== 2) return;
        if (e.relations[0] !== "=" && e.relations[0] !== "≠") return;
        const [left, right] = e.sides;
        const key = keyOf(left);
        if (right.kind !== "number" || key === undefined) return;
        found.set(key, [
          ...found.get(key) ?? [],
          right.value,
          right.value - 1,
        ]);
      });
    }
  }
  return found;
}

/** What the page says is positive, options, and what keeps a denominator from 0. */
function positiveIn(
  formulas: readonly Formula[],
  table: readonly TableRow[],
  symbols: readonly string[],
): Set<string> {
  const said = formulas.flatMap(({ statements }) =>
    statements.flatMap((said) => {
      if (said.kind !== "condition" || said.condition.kind !== "compare") {
        return [];
      }
      const { sides: [left, right], relations: [relation] } = said.condition;
      const name = keyOf(left);
      const isAbove = (relation === ">" || relation === "≥") &&
        right.kind === "number" && right.value >= 0;
      return isAbove && name !== undefined ? [name] : [];
    })
  );
  return new Set([
    ...said,
    ...table.filter(({ isOption }) => isOption).map(({ symbol }) => symbol),
    ...symbols.filter((name) => /^\\(var)?epsilon/.test(name)),
  ]);
}

/** What losses are called. */
const LOSS =
  /^(E|L|J|C|R|l|\\ell|\\math\w+\{([ELJCR]|[Ll]oss|[Cc]ost|[Ee]rr(or)?)\})$/;

/** What the page calls the loss is E here, unless it has a formula for it. */
function nameLoss(formulas: Formula[], inferred: string[]): void {
  const numerators = new Set<string>();
  const equations = formulas.flatMap(({ statements }) =>
    statements.filter((s): s is Equation => s.kind === "equation")
  );
  for (const { sides } of equations) {
    for (const side of sides) {
      each(side, (e) => {
        if (e.kind !== "partial") return;
        const of = e.of.kind === "element" ? e.of.of : e.of;
        if (of.kind === "symbol") numerators.add(of.name);
      });
    }
  }
  const defined = new Set(
    equations.map(({ sides: [left] }) => keyOf(left)),
  );
  const losses = [...numerators].filter((name) =>
    !defined.has(name) && LOSS.test(name)
  );
  const rename = new Map(losses.map((name) => [name, "E"]));
  // A loss E with a formula is a tensor as any other.
  if (defined.has("E")) rename.set("E", "\\mathrm{E}");
  const renamed = (expr: Expr): Expr =>
    expr.kind === "symbol" && rename.has(expr.name)
      ? { ...expr, name: rename.get(expr.name)! }
      : mapParts(expr, renamed);
  for (const equation of equations) {
    equation.sides = equation.sides.map(renamed);
  }
  for (const name of losses) {
    if (name !== "E") inferred.push(`${nameOf(name)} is the loss E`);
  }
}

function mapParts(expr: Expr, map: (expr: Expr) => Expr): Expr {
  const kind = KINDS[expr.kind];
  const parts = kind.parts(expr as never);
  return parts.length === 0
    ? expr
    : kind.with(expr as never, parts.map((part: Expr) => map(part)));
}

function each(expr: Expr, seen: (expr: Expr) => void): void {
  seen(expr);
  for (const part of partsOf(expr, KINDS)) each(part, seen);
}

/** The symbols of an expression that no sum binds. */
function symbolsIn(expr: Expr): string[] {
  if (expr.kind === "symbol") return [expr.name];
  const bound: readonly string[] = expr.kind === "reduce" ? expr.indices : [];
  return partsOf(expr, KINDS).flatMap(symbolsIn).filter((name) =>
    !bound.includes(name)
  );
}

/** The symbols that E is differentiated by. */
function gradientsIn(expr: Expr): string[] {
  const found: string[] = [];
  each(expr, (e) => {
    if (e.kind !== "partial" || e.of.kind !== "symbol" || e.of.name !== "E") {
      return;
    }
    const by = e.by.kind === "element" ? e.by.of : e.by;
    if (by.kind === "symbol") found.push(by.name);
  });
  return found;
}

function speaksOf({ sides }: Equation, name: string): boolean {
  return sides.some((side) =>
    dependencies(side).some((d) => d === name || d.startsWith(`∂${name}/`))
  );
}

/** What is defined and nothing else depends on. */
function last(defined: ReadonlySet<string>, equations: Equation[]): string[] {
  const used = new Set(
    equations.filter(({ sides: [left] }) => !(keyOf(left) ?? "∂").includes("∂"))
      .flatMap(({ sides: [, ...rights] }) => rights.flatMap(symbolsIn)),
  );
  return [...defined].filter((name) => !used.has(name));
}

/** The names that stand for sizes: bounds of sums, and dimensions of shapes. */
function dimensionsOf(
  formulas: readonly Formula[],
  table: readonly TableRow[],
): Set<string> {
  const dims = new Set<string>();
  const indices = new Set(formulas.flatMap(indicesIn));
  const take = (dim: Index | undefined) => {
    if (dim === undefined) return;
    for (const name of indexNames(dim)) {
      if (!indices.has(name)) dims.add(name);
    }
  };
  for (const { shape } of table) shape.forEach(take);
  for (const { statements } of formulas) {
    for (const said of statements) {
      if (said.kind === "membership") said.shape.forEach(take);
      if (said.kind === "range") [said.from, said.to].forEach(take);
      for (const expr of expressionsOf(said)) {
        each(expr, (e) => {
          if (e.kind === "reduce") [e.from, e.to].forEach(take);
          if (e.kind === "ones") e.shape.forEach(take);
        });
      }
    }
  }
  return dims;
}

function expressionsOf(said: Statement): Expr[] {
  switch (said.kind) {
    case "equation":
      return [...said.sides, ...said.where ? [said.where] : []];
    case "function":
      return [said.body];
    case "condition":
      return [said.condition];
    case "expression":
      return [said.expr];
    case "membership":
    case "range":
      return [said.of];
    case "shape":
      return [];
  }
}

/** Every name that stands as an index at a tensor, or that a sum binds. */
function indicesIn({ statements }: Formula): string[] {
  return statements.filter(({ kind }) =>
    kind === "equation" || kind === "range"
  )
    .flatMap(expressionsOf).flatMap((expr) => {
      const found: string[] = [];
      each(expr, (e) => {
        if (e.kind === "element") {
          found.push(...e.indices.flatMap((index) => indexNames(index)));
        }
        if (e.kind === "reduce") found.push(...e.indices);
        if (e.kind === "delta") {
          found.push(...e.indices.flatMap((index) => indexNames(index)));
        }
      });
      return found;
    });
}

/** The integer tensors whose range the page states. */
function integersIn(formulas: readonly Formula[]): Map<string, Dim> {
  return new Map(
    formulas.flatMap(({ statements }) =>
      statements.flatMap((said): [string, Dim][] => {
        if (said.kind !== "range") return [];
        const of = said.of.kind === "element" ? said.of.of : said.of;
        return of.kind === "symbol" ? [[of.name, said.to]] : [];
      })
    ),
  );
}

/** N is the number of i in 1∕N Σᵢ xᵢ, where the sum says no bound. */
function countsIn(
  equations: readonly Equation[],
  used: ReadonlySet<string>,
  dims: ReadonlySet<string>,
  defined: ReadonlySet<string>,
): Map<string, string> {
  const counts = new Map<string, string>();
  const isCount = (e: Expr): e is Extract<Expr, { kind: "symbol" }> =>
    e.kind === "symbol" && used.has(e.name) && !dims.has(e.name) &&
    !defined.has(e.name) && /^[A-Za-z]$/.test(e.name);
  const note = (below: Expr, of: Expr) => {
    const sum = of.kind === "reduce" ? of : undefined;
    if (
      !isCount(below) || sum?.operation !== "sum" || sum.to !== undefined ||
      sum.indices.length !== 1
    ) return;
    counts.set(sum.indices[0], below.name);
  };
  for (const { sides } of equations) {
    for (const side of sides) {
      each(side, (e) => {
        if (e.kind === "fraction") note(e.below, e.above);
        if (e.kind !== "product") return;
        for (const [i, factor] of e.factors.entries()) {
          if (factor.kind === "fraction" && i + 1 < e.factors.length) {
            note(factor.below, e.factors[i + 1]);
          }
        }
      });
    }
  }
  return counts;
}

/** The sizes that only gradients sum up to: those of what they sum over. */
function endsIn(
  equations: readonly Equation[],
  { of }: Shapes,
  known: string,
): Map<string, Dim> {
  const ends = new Map<string, Dim>();
  for (const side of equations.flatMap(({ sides }) => sides)) {
    each(side, (sum) => {
      if (sum.kind !== "reduce" || sum.from !== 1) return;
      const { to, indices: [index], body } = sum;
      if (typeof to !== "string" || known.includes(`"${to}"`)) return;
      each(body, (e) => {
        if (e.kind !== "element" || e.of.kind !== "symbol") return;
        const dim = of.get(e.of.name)?.[e.indices.indexOf(index)];
        if (dim !== undefined && !ends.has(to)) ends.set(to, dim);
      });
    });
  }
  return ends;
}

/** The shapes that the page states, in tables and by ∈. */
function statedShapes(
  formulas: readonly Formula[],
  table: readonly TableRow[],
): Map<string, readonly Dim[]> {
  return new Map([
    ...table.map(({ symbol, shape }) => [symbol, shape] as const),
    ...formulas.flatMap(({ statements }) =>
      statements.flatMap((said) =>
        said.kind === "membership" && said.of.kind === "symbol"
          ? [[said.of.name, said.shape] as const]
          : []
      )
    ),
  ]);
}

/** The inferred shapes of what is defined, as if the page stated them. */
function shapesOf(defined: ReadonlySet<string>, { of }: Shapes): Formula {
  return {
    tex: "",
    line: 1,
    column: 1,
    isBlock: false,
    statements: [...defined].filter((name) => of.has(name)).map((name) => ({
      kind: "membership",
      tex: "",
      offset: 0,
      of: { kind: "symbol", name },
      shape: of.get(name)!,
    })),
  };
}

/** One sentence for all shapes that the page does not state. */
function sayShapes(
  symbols: readonly string[],
  dims: ReadonlySet<string>,
  stated: ReadonlyMap<string, unknown>,
  { of, runs }: Shapes,
  inferred: string[],
): void {
  const taken = new Set([...symbols, ...dims]);
  const letters = [..."mnpqrstuvw"].filter((letter) => !taken.has(letter));
  const named = new Map<Dim, string>();
  const show = (dim: Dim) => {
    if (typeof dim !== "string" || !runs.has(dim)) return showDims([dim]);
    const [index] = runs.get(dim)!;
    if (!named.has(dim)) {
      named.set(dim, index ? `|${nameOf(index)}|` : letters.shift() ?? dim);
    }
    return named.get(dim)!;
  };
  const said = symbols.filter((name) => !stated.has(name)).map((name) => {
    const dims = of.get(name) ?? [];
    return `${nameOf(name)} is ${
      dims.length === 0 ? "a number" : dims.map(show).join("×")
    }`;
  });
  if (said.length > 0) inferred.push(said.join(", "));
}
