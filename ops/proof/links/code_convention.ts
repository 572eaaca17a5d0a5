// Copyright 2026 the Adjoint authors. MIT license.

/**
 * **code = convention**: the special points of the page. Each row is executed by
 * the code, and what it says of PyTorch, JAX and TensorFlow is compared with what
 * was measured of them.
 *
 * Which rows there must be follows from the formulas: where one of them bends or
 * ties (a bracket, a case, a maximum, an absolute value), or has no value (0 ∕ 0),
 * a row must be there, and so must one for integers that are exempt.
 *
 * @module
 */

import { bindPoint } from "../bind.ts";
import {
  agrees,
  type Library,
  SpecialPointError,
  type Written,
  type WrittenNumber,
} from "../special.ts";
import { LIBRARIES, type LibraryName, type Measured } from "../goldens.ts";
import { attempt } from "../compare.ts";
import { type AnyTensor, draw, Random } from "../inputs.ts";
import { EvaluationError, type Field } from "../language/expression.ts";
import { numbers } from "../language/fields.ts";
import { parseFormula } from "../language/parse.ts";
import { type Link, newLinks } from "../link.ts";
import { pageCode } from "../loops.ts";
import type { FloatTensor, Operation } from "../operation.ts";
import { keyOf } from "../equations.ts";
import type { Kind } from "../truth.ts";
import { showName } from "../language/unicode.ts";

type Row = Operation["page"]["special"][number];

/** The proof that the code does what the page says at special points. */
export function codeIsConvention(op: Operation): Link[] {
  const links = newLinks(op, "code = convention");
  const kinks = new Kinks(op);
  for (const row of op.page.special) {
    const at = `${op.file}:${row.line}:${row.column}:`;
    const place = `${at} \`${row.at}\``;
    const fail = (target: number, what: string) =>
      links[target].failures.push(`${place} ${what}`);
    try {
      const given = argumentsAt(op, row);
      checkRow(op, row, given, links, fail);
      kinks.visit(given);
    } catch (error) {
      const { message } = error as Error;
      links[0].failures.push(
        error instanceof SpecialPointError
          ? `${at} ${message}`
          : `${place} cannot be computed: ${message}`,
      );
    }
  }
  if (!op.isForeign) {
    links[0].failures.push(...kinks.missing(), ...exemptMissing(op));
  }
  for (const link of links) {
    link.figure = link.failures.length;
    link.detail = `${op.page.special.length} rows`;
  }
  return links;
}

/** The arguments that a row gives a function. */
interface Arguments {
  dtype: "float32" | "float64";
  inputs: (AnyTensor | null)[];
  options: Record<string, unknown>;
  douts: AnyTensor[];
}

function argumentsAt(op: Operation, row: Row): Arguments {
  const { dtype, inputs, options, dout } = bindPoint(op.signature.spec, row);
  const given = op.inputs.map(({ parameter }) => inputs[parameter]);
  const outputs = op.functions.forward(given, options);
  const douts = op.outputs.map(({ parameter }, i): AnyTensor => {
    const value = dout[parameter] ?? 1;
    if (typeof value !== "number") return value;
    const { shape, data } = outputs[i];
    return { shape, data: data.map(() => value) };
  });
  return { dtype, inputs: given, options, douts };
}

function checkRow(
  op: Operation,
  row: Row,
  { dtype, inputs, options, douts }: Arguments,
  links: Link[],
  fail: (target: number, what: string) => void,
): void {
  const results = [
    ...op.functions.forward(inputs, options),
    ...op.floats.length > 0
      ? op.functions.backward(inputs, douts, options)
      : [],
  ];
  const names = namesOf(op);
  if (row.stated.every(({ value }) => value === undefined)) {
    fail(0, "states nothing");
  }
  for (const { heading, value } of row.stated) {
    const target = op.definitions.targets.indexOf(keyIn(heading));
    if (target < 0) {
      fail(
        0,
        `has a column $\`${heading}\`$, which is not an output or gradient`,
      );
      continue;
    }
    if (value === undefined) continue;
    links[target].values += results[target].data.length;
    const wrong = differs(value, results[target], dtype);
    if (wrong !== undefined) {
      fail(target, `says that ${showName(keyIn(heading))} is ${wrong}`);
    }
  }
  if (op.isForeign) return;
  const measured = op.goldens?.conventions.find(({ at }) => at === row.at);
  if (measured === undefined) {
    fail(0, `has not been measured: run deno task goldens ${op.name}`);
    return;
  }
  for (const name of LIBRARIES) {
    const says = row[LIBRARY[name]];
    const found = measured.libraries[name];
    const wrong = libraryDiffers(op, says, found, results, dtype);
    if (wrong !== undefined) fail(0, `says of ${name} ${wrong}`);
  }
  const theirs = measured.libraries.PyTorch;
  if (
    theirs?.refuses === undefined && theirs !== undefined && row.why === "" &&
    names.some((name, i) =>
      theirs.values[name] !== undefined &&
      isOther(theirs.values[name], results[i])
    )
  ) {
    fail(0, "must say why it differs from PyTorch, in a column `why`");
  }
}

/** What rows call the outputs and gradients. */
function namesOf({ outputs, floats }: Operation): string[] {
  return [
    ...outputs.map(({ parameter }) => parameter),
    ...floats.map(({ parameter }) => `d${parameter}`),
  ];
}

const LIBRARY = {
  PyTorch: "pytorch",
  JAX: "jax",
  TensorFlow: "tensorflow",
} as const satisfies Record<LibraryName, keyof Row>;

/** The output or gradient that a heading names. */
function keyIn(heading: string): string {
  const [said] = parseFormula(heading);
  return said.kind === "expression" ? keyOf(said.expr) ?? heading : heading;
}

function numbersIn(value: Written): readonly WrittenNumber[] {
  return value.kind === "number"
    ? [value]
    : value.kind === "array"
    ? value.numbers
    : [];
}

/** What a cell says and what the code gives, if they differ. */
function differs(
  value: Written,
  { shape, data }: FloatTensor,
  dtype: "float32" | "float64",
): string | undefined {
  const written = numbersIn(value);
  const isShape = value.kind === "array"
    ? value.shape.join() === shape.join()
    : data.length === 1;
  const isSame = isShape &&
    written.every((number, i) => agrees(number, data[i], dtype));
  return isSame ? undefined : `${value.text}: it is ${show(data, shape)}`;
}

/** Numbers in brackets, as the table writes them. */
function show(data: FloatTensor["data"], shape: readonly number[]): string {
  const text = (x: number) =>
    Object.is(x, -0) ? "-0" : `${x}`.replace("Infinity", "∞");
  const part = (axis: number, at: number): string =>
    axis === shape.length ? text(data[at]) : `[${
      Array.from(
        { length: shape[axis] },
        (_, i) => part(axis + 1, at * shape[axis] + i),
      ).join(", ")
    }]`;
  return part(0, 0);
}

/** Whether a library's value differs from ours by more than some digits. */
function isFar(theirs: number, ours: number): boolean {
  if (!Number.isFinite(theirs) || !Number.isFinite(ours)) {
    return !Object.is(theirs, ours);
  }
  return Math.abs(theirs - ours) >
    1e-5 * Math.max(Math.abs(theirs), Math.abs(ours));
}

/** Whether what a library gives is another value, and not a less exact one. */
function isOther(theirs: Written, { data }: FloatTensor): boolean {
  return numbersIn(theirs).some(({ value }, i) =>
    isFar(value, data[i]) &&
    !(Math.abs(value - data[i]) <= 1e-3 * Math.max(1, Math.abs(data[i])))
  );
}

/** What is wrong with what a row says of a library. */
function libraryDiffers(
  op: Operation,
  says: Library,
  measured: Measured | undefined,
  results: readonly FloatTensor[],
  dtype: "float32" | "float64",
): string | undefined {
  if (says.says === "nothing") return undefined;
  if (measured === undefined) {
    return `what has not been measured: write —, or run deno task goldens ${op.name}`;
  }
  const names = namesOf(op);
  if (measured.refuses !== undefined) {
    return says.says === "refuses"
      ? undefined
      : `that it gives values: it refuses (${measured.refuses})`;
  }
  if (says.says === "refuses") return "that it refuses: it gives values";
  const apart = names.filter((name, i) => {
    const theirs = measured.values[name];
    return theirs !== undefined &&
      numbersIn(theirs).some(({ value }, j) =>
        isFar(value, results[i].data[j])
      );
  });
  const list = (of: readonly string[]) =>
    of.map((name) => `${name} = ${measured.values[name].text}`).join(", ");
  if (says.says === "same") {
    return apart.length === 0
      ? undefined
      : `that it is the same: it gives ${list(apart)}`;
  }
  for (const [name, value] of Object.entries(says.values)) {
    const theirs = measured.values[name];
    if (theirs === undefined) return `what ${name} is, which it does not give`;
    const found = numbersIn(theirs);
    const isSame = numbersIn(value).length === found.length &&
      numbersIn(value).every((number, i) =>
        agrees(number, found[i].value, dtype)
      );
    if (!isSame) {
      return `that ${name} is ${value.text}: it gives ${theirs.text}`;
    }
  }
  const silent = apart.filter((name) => !Object.hasOwn(says.values, name));
  return silent.length === 0
    ? undefined
    : `nothing of ${silent.join(", ")}: it gives ${list(silent)}`;
}

/** A number that knows whether it depends on an input. */
interface Mark {
  x: number;
  varies: boolean;
}

/** Where the formulas of a page bend, tie, or have no value. */
class Kinks {
  readonly #op: Operation;
  /** The formulas that compare numbers, and those that met a tie. */
  readonly #compare = new Set<string>();
  readonly #ties = new Set<string>();
  /** The formulas without a value at finite numbers: seen, and met by a row. */
  readonly #undefined = new Set<string>();
  readonly #met = new Set<string>();
  #key = "";

  constructor(op: Operation) {
    this.#op = op;
    const random = new Random(6);
    for (const mode of ["plain", "zero", "equal", "ties"] as const) {
      const { inputs, options, douts } = draw(op, mode, 0, random);
      this.#run({ dtype: "float64", inputs, options, douts }, this.#undefined);
    }
    this.#ties.clear(); // Rows alone count.
  }

  /** Evaluates the formulas at a row. */
  visit(given: Arguments): void {
    this.#run(given, this.#met);
  }

  #run(given: Arguments, without: Set<string>): void {
    const { floats } = this.#op;
    const lift = <T extends AnyTensor | null>(x: T): T =>
      x?.data instanceof Float32Array
        ? { ...x, data: Float64Array.from(x.data) }
        : x;
    const isFinite = given.inputs.every((x) =>
      x === null || x.data.every((v) => Number.isFinite(v))
    );
    const page = pageCode(this.#op, this.#kind(), (key, data, scope) => {
      this.#key = key;
      const found = attempt(() => scope.define(key).data);
      const values = found instanceof EvaluationError ? [] : found;
      if (isFinite && !values.every(({ x }) => !Number.isNaN(x))) {
        without.add(key);
      }
      values.forEach(({ x }, i) => data[i] = x);
    });
    const inputs = given.inputs.map(lift);
    page.forward(inputs, given.options);
    if (floats.length > 0) {
      page.backward(inputs, given.douts.map(lift), given.options);
    }
  }

  #kind(): Kind<Mark> {
    const with1 =
      (f: (a: number) => number) => ({ x, varies }: Mark): Mark => ({
        x: f(x),
        varies,
      });
    const with2 =
      (f: (a: number, b: number) => number) => (a: Mark, b: Mark): Mark => ({
        x: f(a.x, b.x),
        varies: a.varies || b.varies,
      });
    const field: Field<Mark> = {
      constant: (x) => ({ x, varies: false }),
      add: with2(numbers.add),
      multiply: with2(numbers.multiply),
      divide: with2(numbers.divide),
      power: with2(numbers.power),
      integerPower: (a, n) => with1((x) => numbers.integerPower(x, n))(a),
      call: (name, a) => with1((x) => numbers.call(name, x))(a),
      compare: (a, b) => {
        if (a.varies || b.varies) {
          this.#compare.add(this.#key);
          if (a.x === b.x) this.#ties.add(this.#key);
        }
        return numbers.compare(a.x, b.x);
      },
      toInteger: ({ x }) => numbers.toInteger(x),
    };
    return {
      field,
      given: (x) => ({ x, varies: true }),
      exact: (x) => ({ x, varies: false }),
    };
  }

  /** The rows that are missing. */
  missing(): string[] {
    const { file } = this.#op;
    const lacks = (keys: Set<string>, met: Set<string>, why: string) =>
      [...keys].filter((key) => !met.has(key)).map((key) =>
        `${file}: The special points have no row where the formula for ${
          showName(key)
        } ${why}`
      );
    return [
      ...lacks(this.#compare, this.#ties, "bends or ties"),
      ...lacks(this.#undefined, this.#met, "has no value"),
    ];
  }
}

/** The inputs with exempt integers that no row has. */
function exemptMissing({ inputs, options, page, file }: Operation): string[] {
  return inputs.flatMap(({ parameter, integer }) => {
    if (integer?.except === undefined) return [];
    const { except } = integer;
    const isThere = page.special.some(({ given }) => {
      const value = given[parameter];
      const option = typeof except === "string" ? options[except] : undefined;
      const set = typeof except === "string" ? given[except] : undefined;
      const exempt = typeof except === "number"
        ? except
        : set?.kind === "number"
        ? set.value
        : option?.kind === "number"
        ? option.default
        : NaN;
      return value !== undefined &&
        numbersIn(value).some(({ value }) => value === exempt);
    });
    return isThere ? [] : [
      `${file}: The special points have no row where ${parameter} has an exempt value`,
    ];
  });
}
