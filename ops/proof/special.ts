// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Reads the table **Special points** of a page: kinks, ties, saturation and
 * values that are not finite, with what the operation and three libraries return
 * there.
 *
 * ```md
 * | at                               | $`Y`$        | $`\frac{\partial E}{\partial X}`$ | PyTorch | JAX  | TensorFlow      |
 * | -------------------------------- | ------------ | --------------------------------- | ------- | ---- | --------------- |
 * | `x = [1, 1], dout = [1, 0]`      | `[0.5, 0.5]` | `[0.25, -0.25]`                   | same    | same | `dx = [0.3, 0]` |
 * | `x = [1, -∞], dtype = float32`   | `[1, 0]`     | `[0, NaN]`                        | same    | same | refuses         |
 * ```
 *
 * A first cell assigns inputs, options, `dtype` (`float64` where none is given)
 * and `dout` (ones where none is given; `dout.h` where an operation has several
 * outputs), in any order. A value is a number, or numbers in brackets, as JSON
 * has them, and besides `NaN`, `∞`, `-∞` and `-0`; an option may also be `true`,
 * `false`, `null` or a word. A plain number given for an input is a tensor of one
 * element.
 *
 * In the other cells a number of three or more significant digits is the value
 * rounded to these digits; a number of fewer digits is exact, except for a few
 * ulp: `0.5` is a half, and not 0.54. `-0` is the negative zero, `0` either zero.
 *
 * @module
 */

/** A number of a cell, and the digits it was written with. */
export interface WrittenNumber {
  kind: "number";
  text: string;
  value: number;
}

/** Brackets: one axis of a tensor. */
export interface WrittenArray {
  kind: "array";
  text: string;
  shape: number[];
  /** The numbers in row-major order. */
  numbers: WrittenNumber[];
}

/** `true`, `false`, `null`, or the value of an option that is a word. */
export interface WrittenWord {
  kind: "word";
  text: string;
}

/** What a cell gives for a name. */
export type Written = WrittenNumber | WrittenArray | WrittenWord;

/** What a column of a library says. */
export type Library =
  /** The same as ours. */
  | { says: "same" }
  /** The library refuses such inputs. */
  | { says: "refuses" }
  /** Nothing: the library has no such operation. */
  | { says: "nothing" }
  /** Values that differ, by name: an output's, or `d` and an input's. */
  | { says: "differs"; values: Record<string, Written> };

/** A column that states values of ours, by its heading, such as $`Y`$. */
export interface Stated {
  /** The heading, without `$` and backquotes: the page's TeX. */
  heading: string;
  /** What it says, or `undefined` for `—`. */
  value: Written | undefined;
}

/** A row of the table. */
export interface SpecialPoint {
  /** The first cell, without backquotes: the name of the row. */
  at: string;
  /** Its assignments, in their order. */
  given: Record<string, Written>;
  /** What the page says of the output and the gradients. */
  stated: Stated[];
  pytorch: Library;
  jax: Library;
  tensorflow: Library;
  /** Why ours differs from PyTorch, where the page says so. */
  why: string;
}

/** A table, or a cell of it, that cannot be read. */
export class SpecialPointError extends Error {
  override name = "SpecialPointError";
}

const LIBRARIES = {
  PyTorch: "pytorch",
  JAX: "jax",
  TensorFlow: "tensorflow",
} as const;

/**
 * Reads the table in the section **Special points** of a page.
 *
 * @param section The text of the section, or of a whole page.
 * @returns Its rows. None, if there is no table whose first heading is `at`.
 * @throws {SpecialPointError} If the table cannot be read; the message holds the
 * cell.
 */
export function readSpecialPoints(section: string): SpecialPoint[] {
  const lines = section.split("\n").map((line) => line.trim());
  const start = lines.findIndex((line) => /^\|\s*at\s*\|/.test(line));
  if (start < 0) return [];
  const headings = cells(lines[start]);
  if (!/^\|[\s:|-]+\|$/.test(lines[start + 1] ?? "")) {
    throw new SpecialPointError(
      "Special points: the line below the headings must be | --- | --- | …",
    );
  }
  const points: SpecialPoint[] = [];
  for (let i = start + 2; lines[i]?.startsWith("|"); i++) {
    points.push(readRow(headings, cells(lines[i]), lines[i]));
  }
  for (const [i, { at }] of points.entries()) {
    if (points.findIndex((point) => point.at === at) < i) {
      throw new SpecialPointError(`Special points: there are two rows ${at}`);
    }
  }
  return points;
}

function readRow(
  headings: string[],
  row: string[],
  line: string,
): SpecialPoint {
  if (row.length !== headings.length) {
    throw new SpecialPointError(
      `Special points: a row must have ${headings.length} cells, as many as there are headings: ${line} has ${row.length}`,
    );
  }
  const at = code(row[0]);
  const point: SpecialPoint = {
    at,
    given: readAssignments(at),
    stated: [],
    pytorch: { says: "nothing" },
    jax: { says: "nothing" },
    tensorflow: { says: "nothing" },
    why: "",
  };
  for (let i = 1; i < row.length; i++) {
    const heading = headings[i];
    if (Object.hasOwn(LIBRARIES, heading)) {
      const library = heading as keyof typeof LIBRARIES;
      point[LIBRARIES[library]] = readLibrary(row[i]);
    } else if (heading === "why") {
      point.why = row[i] === "—" ? "" : row[i];
    } else {
      if (row[i] === "") {
        throw new SpecialPointError(
          `Special points: the row \`${at}\` must have a value for ${heading}, or —: it has nothing`,
        );
      }
      point.stated.push({
        heading: code(heading.replace(/^\$(.*)\$$/, "$1")),
        value: isEmpty(row[i]) ? undefined : readWritten(code(row[i])),
      });
    }
  }
  return point;
}

function readLibrary(cell: string): Library {
  if (cell === "same" || cell === "refuses") return { says: cell };
  if (isEmpty(cell)) return { says: "nothing" };
  return { says: "differs", values: readAssignments(code(cell)) };
}

function cells(line: string): string[] {
  return line.replace(/^\|/, "").replace(/\|$/, "").split("|")
    .map((cell) => cell.trim());
}

function code(cell: string): string {
  return cell.replace(/^`(.*)`$/, "$1").trim();
}

function isEmpty(cell: string): boolean {
  return cell === "—" || cell === "";
}

/**
 * Reads assignments, such as `x = [1, NaN], axis = 0`.
 *
 * @throws {SpecialPointError} If the text cannot be read, or has a name twice.
 */
export function readAssignments(text: string): Record<string, Written> {
  const reader = new Reader(text);
  const given: Record<string, Written> = {};
  do {
    const name = reader.take(/[A-Za-z]\w*(\.\w+)?/y, "a name");
    if (Object.hasOwn(given, name)) {
      reader.refuse(`${name} once, and not twice`);
    }
    reader.take(/=/y, `= after ${name}`);
    given[name] = readValue(reader);
  } while (reader.tryTake(/[,;]/y));
  reader.end("a comma, or the end");
  return given;
}

/**
 * Reads one value: a number, numbers in brackets, or a word.
 *
 * @throws {SpecialPointError} If the text cannot be read.
 */
export function readWritten(text: string): Written {
  const reader = new Reader(text);
  const value = readValue(reader);
  reader.end("the end of the value");
  return value;
}

const NUMBER = /[+−-]?(?:∞|NaN|\d+(?:\.\d+)?(?:e[+−-]?\d+)?)(?![\w.])/y;

function readValue(reader: Reader): Written {
  const start = reader.position();
  const text = reader.tryTake(NUMBER);
  if (text !== undefined) return written(text);
  if (reader.tryTake(/\[/y) === undefined) {
    return {
      kind: "word",
      text: reader.take(/[A-Za-z]\w*/y, "a number, brackets or a word"),
    };
  }
  const items: (WrittenNumber | WrittenArray)[] = [];
  if (reader.tryTake(/\]/y) === undefined) {
    do {
      const item = readValue(reader);
      if (item.kind === "word") {
        return reader.refuse(`a number, as ${item.text} is not one`);
      }
      items.push(item);
    } while (reader.tryTake(/,/y));
    reader.take(/\]/y, "a comma or ]");
  }
  const inner = items.map((item) => item.kind === "array" ? item.shape : []);
  if (inner.some((shape) => shape.join() !== inner[0].join())) {
    return reader.refuse("brackets of one length at each depth");
  }
  return {
    kind: "array",
    text: reader.since(start),
    shape: [items.length, ...inner[0] ?? []],
    numbers: items.flatMap((item) =>
      item.kind === "array" ? item.numbers : [item]
    ),
  };
}

function written(text: string): WrittenNumber {
  const plain = text.replaceAll("−", "-").replace("∞", "Infinity");
  return { kind: "number", text, value: Number(plain) };
}

/**
 * Tells whether a value is the number that a cell has.
 *
 * @param number The number of the cell.
 * @param value The value, of the element type `dtype`.
 */
export function agrees(
  number: WrittenNumber,
  value: number,
  dtype: "float32" | "float64" = "float64",
): boolean {
  const expected = number.value;
  if (!Number.isFinite(expected) || expected === 0 || !Number.isFinite(value)) {
    return Object.is(expected, value) || Object.is(expected, 0) && value === 0;
  }
  const [, whole, fraction = "", exponent = "0"] =
    /(\d+)(?:\.(\d+))?(?:e(.+))?$/.exec(number.text.replaceAll("−", "-"))!;
  const digits = (whole + fraction).replace(/^0+/, "").length;
  const ulp = Math.abs(expected) * (dtype === "float32" ? 2 ** -23 : 2 ** -52);
  const unit = 10 ** (Number(exponent) - fraction.length);
  const allowed = digits < 3 ? 0 : unit / 2;
  return Math.abs(value - expected) <= allowed + 4 * ulp;
}

/** A text and the place that reading it has come to. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  position(): number {
    this.#skip();
    return this.#at;
  }

  since(start: number): string {
    return this.#text.slice(start, this.#at);
  }

  /** The text that a sticky pattern matches here, if any. */
  tryTake(pattern: RegExp): string | undefined {
    this.#skip();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  take(pattern: RegExp, what: string): string {
    return this.tryTake(pattern) ?? this.refuse(what);
  }

  end(what: string): void {
    this.#skip();
    if (this.#at < this.#text.length) this.refuse(what);
  }

  refuse(what: string): never {
    const rest = this.#text.slice(this.#at).trim();
    throw new SpecialPointError(
      `Special points: \`${this.#text}\` must have ${what} ${
        rest === "" ? "at its end" : `at \`${rest}\``
      }`,
    );
  }

  #skip(): void {
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
  }
}
