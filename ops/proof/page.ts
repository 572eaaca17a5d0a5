// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Reads the page of an operation out of its module's comments: the table of
 * shapes, and every formula with its line.
 *
 * @module
 */

import { type Dim, PageError } from "./expression.ts";
import {
  FormulaError,
  oneLine,
  parseFormula,
  type Statement,
} from "./formula.ts";

export { PageError } from "./expression.ts";
export { indexTuples, Sizes } from "./sizes.ts";

/** A formula, as it stands on the page. */
export interface Formula {
  /** The TeX. */
  tex: string;
  /** Where in the module it begins, counted from 1. */
  line: number;
  column: number;
  /** What it says, one statement for each part between commas. */
  statements: Statement[];
  /** The function whose documentation it stands in, if not the module's. */
  owner?: string;
}

/** A tensor of the page: an input or the output. */
export interface Variable {
  /** The symbol, `X` or `y`. */
  symbol: string;
  /** The parameter of the code, `x`, where there is one. */
  parameter: string;
  /** The dimensions, as the page names them. */
  shape: Dim[];
}

/** The page of an operation. */
export interface Page {
  /** The inputs, in the order of the forward function. */
  inputs: Variable[];
  /** The output. */
  output: Variable;
  /** Every formula, in order. */
  formulas: Formula[];
  /** Those that define a shape, in the table of shapes. */
  shapes: Formula[];
}

/** The sections of a page, in their order. */
const SECTIONS = [
  "Shapes",
  "Forward",
  "Derivation",
  "Backward",
  "Edge cases",
  "Cost",
  "Example",
  "References",
];

/** Reads the page of a module from its source text. */
export function readPage(source: string): Page {
  const comments = docComments(source);
  const main = comments.find(({ text }) => /^@module\b/m.test(text));
  if (main === undefined) {
    throw new PageError("Cannot read the page as there is no @module comment");
  }
  checkSections(main.text);
  const formulas = comments.flatMap(readFormulas);
  return { ...readShapes(main), formulas, shapes: shapesIn(main, formulas) };
}

export interface Comment {
  text: string;
  line: number;
  /** How many characters of each line stand in front of its text. */
  margins: number[];
  /** The function that it documents. */
  owner?: string;
}

/** The documentation comments of a module without their stars, line for line. */
export function docComments(source: string): Comment[] {
  return [...source.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)].map((match) => {
    const lines = match[0].replace(/\*\/$/, "").split("\n");
    const margins = lines.map((line) =>
      /^([ \t]*(\/\*\*|\*)[ \t]?)?/.exec(line)![0].length
    );
    return {
      text: lines.map((line, i) => line.slice(margins[i])).join("\n"),
      line: lineOf(source, match.index),
      margins,
      owner: /^\s*export function (\w+)/.exec(
        source.slice(match.index + match[0].length),
      )?.[1],
    };
  });
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

function checkSections(text: string): void {
  if (!/^# \S/m.test(text)) {
    throw new PageError("Cannot read the page as it has no title");
  }
  const found = [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  if (found.join() !== SECTIONS.join()) {
    throw new PageError(
      `Cannot read the page as its sections must be ${
        SECTIONS.join(", ")
      }: they are ${found.join(", ")}`,
    );
  }
}

/** Every formula of a comment, fenced or inline; a bare dollar is refused. */
function readFormulas({ text, line, margins, owner }: Comment): Formula[] {
  const found: Formula[] = [];
  const blank = (match: string) => match.replace(/[^\n]/g, " ");
  const take = (match: string, tex: string, index: number) => {
    const row = lineOf(text, index) - 1;
    const at = line + row;
    try {
      found.push({
        tex: oneLine(tex),
        line: at,
        column: margins[row] + index - text.lastIndexOf("\n", index - 1),
        statements: parseFormula(tex),
        owner,
      });
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error;
      throw new PageError(`Line ${at}: ${error.message}`, { cause: error });
    }
    return blank(match);
  };
  const refuse = (index: number, why: string) => {
    const at = lineOf(text, index) - 1;
    throw new PageError(
      `Line ${line + at}: Cannot read ${why}: ${text.split("\n")[at].trim()}`,
    );
  };
  const unfenced = text
    .replace(/^```math\n([\s\S]*?)^```/gm, take)
    .replace(/^(```+)(?!`*[ \t]*(math|latex|tex|katex))[\s\S]*?^\1/gm, blank);
  // The site would typeset these, too.
  const fence = unfenced.search(
    /(`{3,}|~{3,})[ \t]*(math|latex|tex|katex)|language-math/,
  );
  if (fence >= 0) {
    refuse(fence, "the math as its fence must be ```math in the first column");
  }
  const rest = unfenced
    .replace(/\$`([^`]+)`\$/g, take)
    .replace(/`[^`\n]*`/g, blank);
  const dollar = rest.search(/\$|\\[([]|\\begin\{/);
  if (dollar >= 0) {
    refuse(
      dollar,
      "a bare $ or \\( as math must stand in a math fence or in $`…`$",
    );
  }
  return found.sort((a, b) => a.line - b.line || a.column - b.column);
}

/** The rows of the table of shapes, and the line of each. */
function shapeRows(text: string): [row: string, line: number][] {
  const [before, after] = text.split(/^## Shapes$/m);
  const first = lineOf(before, before.length);
  return after.split(/^## /m)[0].split("\n")
    .map((row, i): [string, number] => [row, first + i])
    .filter(([row]) => row.startsWith("|")).slice(2);
}

/** The formulas in the second column of the table of shapes. */
function shapesIn({ text, line, margins }: Comment, formulas: Formula[]) {
  return shapeRows(text).flatMap(([row, at]) => {
    const [, cell] = row.slice(1).split("|");
    const column = margins[at - 1] + row.indexOf(cell, row.indexOf("|", 1));
    return formulas.filter((formula) =>
      formula.line === line + at - 1 && formula.column > column &&
      formula.column <= column + cell.length
    );
  });
}

function readShapes({ text }: Comment): Pick<Page, "inputs" | "output"> {
  const rows = shapeRows(text)
    .map(([row]) => row.split("|").slice(1, -1).map((c) => c.trim()));
  const inputs: Variable[] = [];
  let output: Variable | undefined;
  let dout: Variable | undefined;
  for (const [symbolCell, shapeCell, role] of rows) {
    const [said] = parseFormula(inlineMath(symbolCell));
    const expr = said.kind === "expression" ? said.expr : undefined;
    const shape = readShape(shapeCell);
    const input = /^input `(\w+)`/.exec(role)?.[1];
    if (expr?.kind === "symbol" && input !== undefined) {
      inputs.push({ symbol: expr.name, parameter: input, shape });
    } else if (expr?.kind === "symbol" && role.startsWith("output")) {
      output = { symbol: expr.name, parameter: "", shape };
    } else if (expr?.kind === "partial" && role.startsWith("`dout`")) {
      const { of, by } = expr;
      const isOfLoss = of.kind === "symbol" && of.name === "E";
      dout = {
        symbol: isOfLoss && by.kind === "symbol" ? by.name : "",
        parameter: "dout",
        shape,
      };
    } else {
      throw new PageError(
        `Cannot read the shapes as a role must begin with "input \`name\`", "output" or "\`dout\`": ${symbolCell} is "${role}"`,
      );
    }
  }
  if (output === undefined || inputs.length === 0) {
    throw new PageError(
      "Cannot read the shapes as the table must name the inputs and the output",
    );
  }
  if (
    dout?.symbol !== output.symbol || dout.shape.join() !== output.shape.join()
  ) {
    throw new PageError(
      `Cannot read the shapes as dout must be the gradient with respect to ${output.symbol} and have its shape: it is ${
        dout?.symbol
          ? `that with respect to ${dout.symbol}`
          : "no gradient of E with respect to a tensor"
      }, of shape ${dout?.shape.join("×")}`,
    );
  }
  return { inputs, output };
}

function inlineMath(cell: string): string {
  const tex = /^\$`([^`]+)`\$$/.exec(cell)?.[1];
  if (tex !== undefined) return tex;
  throw new PageError(
    `Cannot read the shapes as the cell must be one formula: it is "${cell}"`,
  );
}

function readShape(cell: string): Dim[] {
  if (cell === "scalar") return [];
  const [said] = parseFormula(inlineMath(cell));
  if (said.kind === "shape") return said.shape;
  if (said.kind === "expression" && said.expr.kind === "symbol") {
    return [said.expr.name];
  }
  throw new PageError(`Cannot read the shapes as "${cell}" is not a shape`);
}
