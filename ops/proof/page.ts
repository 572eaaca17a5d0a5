// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Reads the page of an operation out of its module's comments: the table of
 * shapes, and every formula with its line.
 *
 * @module
 */

import {
  ALL,
  type Dim,
  EvaluationError,
  FormulaError,
  oneLine,
  parseFormula,
} from "./formula.ts";
import type { Statement } from "./formula.ts";
import type { Shape } from "../tensor.ts";

/** A formula, as it stands on the page. */
export interface Formula {
  /** The TeX. */
  tex: string;
  /** The line of the module where it begins, counted from 1. */
  line: number;
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
}

/** A page that does not have the form of a page. */
export class PageError extends Error {
  override name = "PageError";
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
  return { ...readShapes(main.text), formulas };
}

export interface Comment {
  text: string;
  line: number;
  /** The function that it documents. */
  owner?: string;
}

/** The documentation comments of a module without their stars, line for line. */
export function docComments(source: string): Comment[] {
  return [...source.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)].map((match) => ({
    text: match[0].replace(/\*\/$/, "").split("\n")
      .map((line) => line.replace(/^[ \t]*(\/\*\*|\*)[ \t]?/, "")).join("\n"),
    line: lineOf(source, match.index),
    owner: /^\s*export function (\w+)/.exec(
      source.slice(match.index + match[0].length),
    )?.[1],
  }));
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
function readFormulas({ text, line, owner }: Comment): Formula[] {
  const found: Formula[] = [];
  const blank = (match: string) => match.replace(/[^\n]/g, " ");
  const take = (match: string, tex: string, index: number) => {
    const at = line + lineOf(text, index) - 1;
    try {
      found.push({
        tex: oneLine(tex),
        line: at,
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
  return found.sort((a, b) => a.line - b.line);
}

function readShapes(text: string): Pick<Page, "inputs" | "output"> {
  const section = text.split(/^## Shapes$/m)[1].split(/^## /m)[0];
  const rows = section.split("\n").filter((row) => row.startsWith("|"))
    .slice(2).map((row) => row.split("|").slice(1, -1).map((c) => c.trim()));
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
      const { by } = expr;
      dout = {
        symbol: by.kind === "symbol" ? by.name : "",
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
      `Cannot read the shapes as dout must be the gradient with respect to ${output.symbol} and have its shape: it is that with respect to ${dout?.symbol}, of shape ${
        dout?.shape.join("×")
      }`,
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

/** The dimensions of a page at one size: the value of each symbol. */
export class Sizes {
  #sizes = new Map<Dim, number>();
  #any: { symbols: string; shape: Shape } | undefined;

  /** Notes that the shape, as the page writes it, is this one. */
  bind(symbols: readonly Dim[], shape: Shape, what: string): void {
    if (symbols.includes(ALL)) {
      this.#any ??= { symbols: symbols.join(), shape };
      if (this.#any.shape.join() === shape.join()) return;
    } else if (symbols.length === shape.length) {
      const clash = symbols.findIndex((dim, axis) => {
        if (typeof dim === "number") return dim !== shape[axis];
        const size = this.#sizes.get(dim) ?? shape[axis];
        this.#sizes.set(dim, size);
        return size !== shape[axis];
      });
      if (clash < 0) return;
    }
    throw new PageError(
      `The page says that ${what} has the shape ${
        symbols.length > 0 ? symbols.join("×") : "of a scalar"
      }: it is ${shape.length > 0 ? shape.join("×") : "a scalar"}${
        this.#sizes.size > 0
          ? ` where ${
            [...this.#sizes].map(([dim, size]) => `${dim} = ${size}`).join(", ")
          }`
          : ""
      }`,
    );
  }

  /** The size of a dimension. */
  of(dim: Dim): number {
    const size = typeof dim === "number" ? dim : this.#sizes.get(dim);
    if (size === undefined) {
      throw new EvaluationError(
        `the table of shapes has no dimension ${dim}`,
      );
    }
    return size;
  }

  /** Whether it is the symbol of a dimension. */
  has(dim: Dim): boolean {
    return this.#sizes.has(dim);
  }

  /** A shape as numbers. */
  shape(symbols: readonly Dim[]): Shape {
    if (!symbols.includes(ALL)) return symbols.map((dim) => this.of(dim));
    return this.#anyRank(symbols).shape;
  }

  #anyRank(symbols: readonly Dim[]): { shape: Shape } {
    if (this.#any === undefined) {
      throw new EvaluationError(
        "the table of shapes has no tensor of any rank",
      );
    }
    if (symbols.length > 1 && symbols.join() !== this.#any.symbols) {
      throw new EvaluationError(
        `the table of shapes has no shape ${symbols.join("×")}`,
      );
    }
    return this.#any;
  }

  /** The index tuples that a sum runs over. */
  range(to: Dim): number[][] {
    return to === ALL
      ? indexTuples(this.shape([ALL]))
      : indexTuples([this.of(to)]);
  }
}

/** All index tuples of a shape, from 0, the last index fastest. */
export function indexTuples(shape: Shape): number[][] {
  let tuples: number[][] = [[]];
  for (const n of shape) {
    tuples = tuples.flatMap((tuple) =>
      Array.from({ length: n }, (_, i) => [...tuple, i])
    );
  }
  return tuples;
}
