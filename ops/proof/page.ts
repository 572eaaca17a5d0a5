// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Reads the page of an operation out of its module's comments: the table of
 * shapes, every formula with its place, the special points, and what the
 * operation is called elsewhere.
 *
 * @module
 */

import {
  type Comment,
  docComments,
  errorAt,
  placeOf,
  rowsOf,
  sectionOf,
  type Tex,
  texOf,
} from "./comments.ts";
import {
  readSpecialPoints,
  type SpecialPoint,
  SpecialPointError,
} from "./special.ts";
import {
  type Dim,
  type Expr,
  FormulaError,
  PageError,
  type Statement,
} from "./language/expression.ts";
import { Names, parseFormula } from "./language/parse.ts";

export { docComments } from "./comments.ts";
export { PageError } from "./language/expression.ts";

/** A formula of the page. */
export interface Formula {
  /** The TeX, on one line. */
  tex: string;
  /** The line and column of its beginning, counted from 1. */
  line: number;
  column: number;
  /** Whether it is in a block of its own. */
  isBlock: boolean;
  /** What it says, one statement for each part between commas. */
  statements: Statement[];
  /** The function whose documentation contains it, if not the module's. */
  owner?: string;
  /** The section of the page that contains it; "" above all of them. */
  section?: string;
}

/** A row of the table of shapes: an input, output or option, or `dout`. */
export interface Variable {
  /** The symbol as the formulas name it, `X` or `\gamma`. */
  symbol: string;
  /** What it is in the code, `x` or `gamma`; "" of an output without a name. */
  parameter: string;
  /** The dimensions, as the page writes them. */
  shape: Dim[];
  /** Whether a user's plain function takes it as a flat array. */
  isArray?: true;
  /** Whether it is an option that must be a whole number. */
  isInteger?: true;
  /** The place of its row. */
  line: number;
  column: number;
}

/** The page of an operation. */
export interface Page {
  title: string;
  /** The inputs, in the order of the forward function. */
  inputs: Variable[];
  outputs: Variable[];
  options: Variable[];
  /** The gradients that are given, one for each output. */
  douts?: Variable[];
  /** Every formula, in order. */
  formulas: Formula[];
  /** Those that define a shape, in the table of shapes. */
  shapes: Formula[];
  /** The special points, with the line and column of each. */
  special: (SpecialPoint & { line: number; column: number })[];
  /** What to call in Python, by library: `torch.softmax(x, axis)`. */
  references: Record<string, string>;
}

/** The sections of a page in their order; those with `?` may be missing. */
const SECTIONS = [
  "Shapes",
  "Forward",
  "Derivation?",
  "Backward?",
  "Special points",
  "Stability?",
  "Cost",
  "Example",
  "References",
];

/** Reads the page of a module of this library from its source text. */
export function readPage(source: string, file = "page"): Page {
  const comments = docComments(source);
  const main = comments.find(isModule);
  if (main === undefined) {
    throw new PageError(
      `${file}:1:1: Cannot read the page as there is no @module comment`,
    );
  }
  checkSections(main, file);
  return pageOf(comments, main, file);
}

/** A page of a user's own module, and the function whose comment it is. */
export interface OwnPage {
  page: Page;
  /** `undefined` where it is the comment of the module. */
  owner?: string;
}

/**
 * Reads the pages of a user's own module: each comment with a section Shapes is
 * one, with the formulas in it, and those in the comments of its gradients. Other
 * sections are as the author likes.
 */
export function readPages(source: string, file: string): OwnPage[] {
  const comments = docComments(source);
  const pages = comments.filter(({ text }) => /^## Shapes$/m.test(text));
  if (pages.length === 0) {
    throw new PageError(
      `${file}:1:1: Cannot find a page as no comment has a section "## Shapes"`,
    );
  }
  return pages.map((main) => {
    const owner = isModule(main) ? undefined : main.owner;
    if (owner === undefined && !isModule(main)) {
      throw errorAt(
        file,
        main,
        0,
        "Cannot tell what the page is about as no exported function or constant follows it",
      );
    }
    const own = comments.filter((comment) =>
      comment === main || !pages.includes(comment) &&
        (owner === undefined
          ? pages.length === 1
          : comment.owner?.startsWith(`${owner}D`))
    );
    return { page: pageOf(own, main, file), owner };
  });
}

const isModule = ({ text }: Comment) => /^@module\b/m.test(text);

function pageOf(
  comments: readonly Comment[],
  main: Comment,
  file: string,
): Page {
  const title = /^# (\S.*)$/m.exec(main.text)?.[1] ?? main.owner ?? "";
  const all = comments.flatMap((comment) => texOf(comment, file));
  const rows = shapeRows(main, file);
  const names = new Names();
  for (const { index, text } of rows.map(([symbol]) => symbol)) {
    const tex = inlineMath(text, (why) => errorAt(file, main, index, why));
    inPlace(
      file,
      { tex, comment: main, index: index + 2 },
      () => names.addSymbol(tex),
    );
  }
  for (const tex of all) inPlace(file, tex, () => names.add(tex.tex));
  const formulas = all.map((tex): Formula => ({
    tex: oneLine(tex.tex),
    ...placeOf(tex.comment, tex.index),
    isBlock: tex.isBlock ?? false,
    statements: inPlace(
      file,
      tex,
      () => parseFormula(tex.tex, names),
    ),
    owner: tex.comment.owner,
    section: tex.comment === main ? sectionAt(main, tex.index) : undefined,
  }));
  return {
    title,
    ...readShapes(main, file, rows, names),
    formulas,
    shapes: shapesIn(main, rows, formulas),
    special: readSpecial(main, file),
    references: readReferences(main),
  };
}

/** Where the table of shapes has an output or a gradient, as messages begin. */
export function rowOf(
  { inputs, outputs }: Pick<Page, "inputs" | "outputs">,
  file: string,
  key: string,
): string {
  const row = [...outputs, ...inputs].find(({ symbol }) =>
    key === symbol || key === `∂E/∂${symbol}`
  );
  return row === undefined
    ? `${file}: `
    : `${file}:${row.line}:${row.column}: `;
}

/** A formula on one line, for messages. */
export function oneLine(tex: string): string {
  return tex.trim().replace(/\s+/g, " ");
}

/** Runs what reads TeX; its errors get the file, line and column. */
function inPlace<T>(file: string, { tex, comment, index }: Tex, read: () => T) {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    throw errorAt(
      file,
      comment,
      index + error.offset,
      oneLine(
        error.message.startsWith("Cannot ")
          ? error.message
          : `Cannot parse the formula "${oneLine(tex)}": ${error.message}`,
      ),
      { cause: error },
    );
  }
}

function checkSections(main: Comment, file: string): void {
  const { text } = main;
  if (!/^# \S/m.test(text)) {
    throw errorAt(file, main, 0, "Cannot read the page as it has no title");
  }
  const found = [...text.matchAll(/^## (.+)$/gm)];
  let next = 0;
  for (const { index, 1: name } of found) {
    const at = SECTIONS.findIndex((s, i) => i >= next && plain(s) === name);
    if (at < 0 || SECTIONS.slice(next, at).some((s) => !s.endsWith("?"))) {
      throw badSections(main, file, index, `"${name}" is not expected here`);
    }
    next = at + 1;
  }
  const missing = SECTIONS.slice(next).find((s) => !s.endsWith("?"));
  if (missing !== undefined) {
    throw badSections(main, file, 0, `there is no "${missing}"`);
  }
}

function plain(section: string): string {
  return section.replace("?", "");
}

function badSections(main: Comment, file: string, index: number, why: string) {
  return errorAt(
    file,
    main,
    index,
    `Cannot read the page as its sections must be ${
      SECTIONS.map(plain).join(", ")
    }, in this order: ${why}`,
  );
}

/** The section that contains an index of the page. */
function sectionAt({ text }: Comment, index: number): string {
  return [...text.slice(0, index).matchAll(/^## (.+)$/gm)].at(-1)?.[1] ?? "";
}

type Cell = { text: string; index: number };

/** The role of what a plain function takes as an array. */
const IS_ARRAY = /^(input )?`[\w.]+`, an array\b/;

/** The rows of the table of shapes: symbol, shape and role. */
function shapeRows(main: Comment, file: string): Cell[][] {
  const { text, index } = sectionOf(main, "Shapes")!;
  const rows = rowsOf(text, index);
  for (const row of rows) {
    if (row.length !== 3) {
      throw errorAt(
        file,
        main,
        row[0].index,
        `Cannot read the table of shapes as its rows must be | symbol | shape | role |: this one has ${row.length} cells`,
      );
    }
  }
  return rows;
}

/** The formulas in the second column of the table of shapes. */
function shapesIn(
  main: Comment,
  rows: Cell[][],
  formulas: Formula[],
): Formula[] {
  const places = rows.map(([, { index }]) => placeOf(main, index + 2));
  return formulas.filter((formula) =>
    places.some(({ line, column }) =>
      formula.line === line && formula.column === column
    )
  );
}

function readShapes(
  main: Comment,
  file: string,
  rows: Cell[][],
  names: Names,
): Pick<Page, "inputs" | "outputs" | "options" | "douts"> {
  const inputs: Variable[] = [];
  const outputs: Variable[] = [];
  const options: Variable[] = [];
  const douts: Variable[] = [];
  for (const [symbolCell, shapeCell, { text: role, index }] of rows) {
    const refuse = (at: number) => (why: string) =>
      errorAt(file, main, at, why);
    const tex = inlineMath(symbolCell.text, refuse(symbolCell.index));
    const place = { tex, comment: main, index: symbolCell.index + 2 };
    const [said] = inPlace(file, place, () => parseFormula(tex, names));
    const expr: Expr | undefined = said.kind === "expression"
      ? said.expr
      : undefined;
    const [, kind, name] =
      /^(?:(input|option|output) `(\w+(?:\[[01]\])?)`|(?:output)\b|`dout(?:\.\w+)?`)/
        .exec(role) ?? [];
    const variable: Variable = {
      symbol: expr?.kind === "symbol" ? expr.name : "",
      parameter: name ?? "",
      ...placeOf(main, symbolCell.index),
      ...readShape(shapeCell, file, main, names, kind === "option"),
      ...IS_ARRAY.test(role) ? { isArray: true } : {},
      ...kind === "option" && /^(an )?integer\b/.test(shapeCell.text)
        ? { isInteger: true }
        : {},
    };
    if (role.startsWith("`dout") && expr?.kind === "partial") {
      const { of, by } = expr;
      const isOfLoss = of.kind === "symbol" && of.name === "E";
      variable.symbol = isOfLoss && by.kind === "symbol" ? by.name : "";
      variable.parameter = /^`dout(?:\.(\w+))?`/.exec(role)?.[1] ?? "";
      douts.push(variable);
    } else if (expr?.kind !== "symbol") {
      throw refuse(symbolCell.index)(
        `Cannot read the table of shapes as the first cell must be a symbol: it is "${symbolCell.text}"`,
      );
    } else if (kind === "input") inputs.push(variable);
    else if (kind === "option") options.push(variable);
    else if (role.startsWith("output")) outputs.push(variable);
    else {
      throw refuse(index)(
        `Cannot read the table of shapes as a role must begin with "input \`name\`", "option \`name\`", "output" or "\`dout\`": ${symbolCell.text} is "${role}"`,
      );
    }
  }
  const head = sectionOf(main, "Shapes")!.index;
  if (outputs.length === 0) {
    throw errorAt(
      file,
      main,
      head,
      "Cannot read the table of shapes as it must name the outputs",
    );
  }
  for (const dout of douts) checkDout(dout, outputs, file);
  const bare = outputs.find(({ symbol }) =>
    douts.every((dout) => dout.symbol !== symbol)
  );
  if (bare !== undefined && douts.length > 0) {
    throw errorAt(
      file,
      main,
      head,
      `Cannot read the table of shapes as it has no row for the gradient with respect to ${bare.symbol}`,
    );
  }
  return { inputs, outputs, options, douts };
}

function checkDout(dout: Variable, outputs: Variable[], file: string): void {
  const output = outputs.find(({ symbol }) => symbol === dout.symbol);
  const key = ({ shape }: Variable) => JSON.stringify(shape);
  if (
    output !== undefined && key(output) === key(dout) &&
    (output.parameter === dout.parameter || outputs.length === 1)
  ) return;
  throw new PageError(
    `${file}:${dout.line}:${dout.column}: Cannot read the table of shapes as dout must be the gradient of E with respect to an output, and have its shape and name`,
  );
}

/** The TeX of a cell that is one formula. */
function inlineMath(cell: string, refuse: (why: string) => PageError): string {
  const tex = /^\$`([^`]+)`\$$/.exec(cell)?.[1];
  if (tex !== undefined) return tex;
  throw refuse(
    `Cannot read the table of shapes as this cell must be one formula: it is "${cell}"`,
  );
}

function readShape(
  { text, index }: Cell,
  file: string,
  main: Comment,
  names: Names,
  isOption: boolean,
): Pick<Variable, "shape"> {
  const refuse = (why: string) => errorAt(file, main, index, why);
  const words = isOption ? /^(a )?(number|integer|flag)\b/ : /^(a )?scalar$/;
  if (words.test(text)) return { shape: [] };
  if (isOption) {
    throw refuse(
      `Cannot read the table of shapes as an option must be a number, integer or flag: it is "${text}"`,
    );
  }
  const tex = inlineMath(text, refuse);
  const place = { tex, comment: main, index: index + 2 };
  const [said, ...rest] = inPlace(file, place, () => parseFormula(tex, names));
  if (rest.length === 0) {
    if (said.kind === "shape") return { shape: said.shape };
    const dim = said.kind === "expression" ? dimOf(said.expr) : undefined;
    if (dim !== undefined) return { shape: [dim] };
  }
  throw refuse(
    `Cannot read the table of shapes as "${text}" is not a shape`,
  );
}

/** A dimension that was read as an expression, as it is alone. */
export function dimOf(expr: Expr): Dim | undefined {
  switch (expr.kind) {
    case "number":
      return expr.value;
    case "symbol":
      return expr.name;
    case "add":
    case "product": {
      const parts = expr.kind === "add" ? expr.terms : expr.factors;
      return parts.slice(1).reduce((left: Dim | undefined, part) => {
        const kind = expr.kind === "product"
          ? "multiply"
          : part.kind === "negative"
          ? "subtract"
          : "add";
        const right = dimOf(part.kind === "negative" ? part.of : part);
        return left === undefined || right === undefined
          ? undefined
          : { kind, left, right };
      }, dimOf(parts[0]));
    }
  }
  return undefined;
}

function readSpecial(main: Comment, file: string): Page["special"] {
  const { text, index } = sectionOf(main, "Special points") ??
    { text: "", index: 0 };
  const start = Math.max(0, text.search(/^\|\s*at\s*\|/m));
  const rows = rowsOf(text.slice(start), index + start);
  try {
    return readSpecialPoints(text).map((point, i) => ({
      ...point,
      ...placeOf(main, rows[i][0].index),
    }));
  } catch (error) {
    if (!(error instanceof SpecialPointError)) throw error;
    // The row that cannot be read alone, or the second of two that are the same.
    const lines = text.slice(start).split("\n");
    const row = rows.findLast((_, i) => {
      try {
        const upTo = lines.slice(0, 3 + i);
        readSpecialPoints([...upTo.slice(0, 2), upTo[2 + i]].join("\n"));
        return error.message.includes("two rows") &&
          error.message.includes(rows[i][0].text.replaceAll("`", ""));
      } catch {
        return true;
      }
    });
    throw errorAt(file, main, row?.[0].index ?? index, error.message, {
      cause: error,
    });
  }
}

function readReferences(main: Comment): Record<string, string> {
  const { text } = sectionOf(main, "References") ?? { text: "" };
  return Object.fromEntries(
    [...text.matchAll(/\b(PyTorch|JAX|TensorFlow): `([^`]+)`/g)]
      .map(([, library, call]) => [library, call]),
  );
}
