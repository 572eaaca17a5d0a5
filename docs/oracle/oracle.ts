// Copyright 2026 the Adjoint authors. MIT license.

// The special points of the pages as data: what goes in, what the page's formulas
// give in 64 digits, what this library does there, and what others were measured
// to do.

import type { Convention, Goldens } from "../../ops/goldens/read.ts";
import { bindPoint } from "../../ops/proof/bind.ts";
import { attempt } from "../../ops/proof/compare.ts";
import { digits, type Number64 } from "../../ops/proof/digits.ts";
import { toDecimal } from "../../ops/proof/language/digits.ts";
import { EvaluationError } from "../../ops/proof/language/expression.ts";
import { pageCode } from "../../ops/proof/loops.ts";
import type { FloatTensor, Operation } from "../../ops/proof/operation.ts";
import type { Written } from "../../ops/proof/special.ts";
import type { Kind } from "../../ops/proof/truth.ts";

/** The version of the format: another number is another format. */
export const FORMAT = 1;

/** A number; what JSON has no number for is a string. */
export type Value = number | "NaN" | "Infinity" | "-Infinity" | "-0";

/** A tensor with the values that code takes or gives. */
export interface Values {
  shape: number[];
  values: Value[];
}

/** A tensor with decimals of 64 digits, "NaN" or "Infinity". */
export interface Exact {
  shape: number[];
  digits: string[];
}

/** What a library does at a special point. */
export type Measured = { refuses: string } | { values: Record<string, Values> };

/** A special point of an operation. */
export interface Point {
  /** The row's first cell on the page. */
  at: string;
  dtype: "float32" | "float64";
  inputs: Record<string, Values | null>;
  options: Record<string, unknown>;
  dout: Record<string, Values>;
  /** What the formulas of the page give; outputs and gradients without a value there
   * are missing. */
  exact: { outputs: Record<string, Exact>; gradients: Record<string, Exact> };
  /** What this library does, which is the convention of its page. */
  convention: {
    outputs: Record<string, Values>;
    gradients: Record<string, Values>;
  };
  /** Why it differs from PyTorch, if the page says so. */
  why?: string;
  /** What others do, by the names of outputs, and `d` and those of inputs. */
  libraries: Record<string, Measured>;
}

/** The file of one operation. */
export interface Oracle {
  $schema: string;
  format: number;
  /** The version of this library. */
  version: string;
  op: string;
  page: string;
  /** Which version of a library was asked, when, and for which expression. */
  libraries: Goldens["libraries"];
  points: Point[];
}

/** The special points of an operation as data. */
export function oracleOf(
  op: Operation,
  { libraries, conventions }: Goldens,
  version: string,
): Oracle {
  return {
    $schema: "schema.json",
    format: FORMAT,
    version,
    op: op.name,
    page: op.file,
    libraries,
    points: op.page.special.map((row) =>
      pointOf(op, row, conventions.find(({ at }) => at === row.at))
    ),
  };
}

function pointOf(
  op: Operation,
  row: Operation["page"]["special"][number],
  measured: Convention | undefined,
): Point {
  const { dtype, inputs, options, dout } = bindPoint(op.signature.spec, row);
  const given = op.inputs.map(({ parameter }) => inputs[parameter]);
  const outputs = op.functions.forward(given, options);
  const douts = op.outputs.map(({ parameter }, i): FloatTensor => {
    const value = dout[parameter] ?? 1;
    if (typeof value !== "number") return value as FloatTensor;
    const { shape, data } = outputs[i];
    return { shape, data: data.map(() => value) } as FloatTensor;
  });
  const hasGradients = op.floats.length > 0;
  const gradients = hasGradients
    ? op.functions.backward(given, douts, options)
    : [];
  const named = <T>(names: readonly string[], all: readonly T[]) =>
    Object.fromEntries(
      names.flatMap((name, i) =>
        all[i] === undefined ? [] : [[name, all[i]] as const]
      ),
    );
  const outputNames = op.outputs.map(({ parameter }) => parameter);
  const inputNames = op.floats.map(({ parameter }) => parameter);
  const exact = exactOf(op, given, douts, options);
  const point: Point = {
    at: row.at,
    dtype,
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, x]) => [name, x && valuesOf(x)]),
    ),
    options: JSON.parse(
      JSON.stringify(options, (_, x) => typeof x === "number" ? value(x) : x),
    ),
    dout: hasGradients ? named(outputNames, douts.map(valuesOf)) : {},
    exact: {
      outputs: defined(named(outputNames, exact.slice(0, outputs.length))),
      gradients: defined(named(inputNames, exact.slice(outputs.length))),
    },
    convention: {
      outputs: named(outputNames, outputs.map(valuesOf)),
      gradients: named(inputNames, gradients.map((x) => x && valuesOf(x))),
    },
    libraries: Object.fromEntries(
      Object.entries(measured?.libraries ?? {}).map(([name, found]) => [
        name,
        found.refuses !== undefined ? { refuses: found.refuses } : {
          values: Object.fromEntries(
            Object.entries(found.values).map(([name, x]) => [name, written(x)]),
          ),
        },
      ]),
    ),
  };
  if (row.why !== "") point.why = row.why;
  return point;
}

function defined<T>(record: Record<string, T | undefined>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(record).flatMap(([name, x]) =>
      x === undefined ? [] : [[name, x]]
    ),
  );
}

/** A number as JSON has it. */
export function value(x: number): Value {
  if (Object.is(x, -0)) return "-0";
  return Number.isFinite(x) ? x : `${x}` as Value;
}

function valuesOf(
  { shape, data }: {
    shape: readonly number[];
    data: Iterable<number>;
  },
): Values {
  return { shape: [...shape], values: Array.from(data, value) };
}

function written(x: Written): Values {
  if (x.kind === "number") return { shape: [], values: [value(x.value)] };
  if (x.kind === "word") throw new TypeError(`${x.text} is not a number`);
  return {
    shape: x.shape,
    values: x.numbers.map(({ value: v }) => value(v)),
  };
}

const EXACT: Kind<Number64> = {
  field: digits,
  given: digits.constant,
  exact: digits.constant,
};

/**
 * What the page's formulas give, outputs first. Where an element of the page goes,
 * and where several are summed, as a gradient of what was broadcast, shows in runs in
 * which one of them is 1 and all others are 0.
 */
function exactOf(
  op: Operation,
  given: readonly unknown[],
  douts: readonly FloatTensor[],
  options: object,
): (Exact | undefined)[] {
  const lift = (x: unknown) => {
    const tensor = x as FloatTensor | null;
    return tensor?.data instanceof Float32Array
      ? { ...tensor, data: Float64Array.from(tensor.data) }
      : tensor;
  };
  const run = (
    fill: (
      key: string,
      data: FloatTensor["data"],
      define: () => Number64[],
    ) => void,
  ) => {
    const page = pageCode(
      op,
      EXACT,
      (key, data, scope) => fill(key, data, () => [...scope.define(key).data]),
    );
    return [
      ...page.forward(given.map(lift), options),
      ...op.floats.length > 0
        ? page.backward(given.map(lift), douts.map(lift), options)
        : [],
    ];
  };
  const elements: (Number64 | undefined)[] = [];
  const shift = op.signature.spec.indices ? digits.constant(-1) : undefined;
  const shaped = run((_, data, define) => {
    const found = attempt(define);
    for (let i = 0; i < data.length; i++) {
      const x = found instanceof EvaluationError ? undefined : found[i];
      elements.push(x && shift ? digits.add(x, shift) : x);
    }
  });
  const sums = shaped.map((tensor) =>
    Array.from(tensor?.data ?? [], (): Number64 | undefined => ZERO)
  );
  elements.forEach((element, one) => {
    let at = 0;
    const moved = run((_, data) => {
      for (let i = 0; i < data.length; i++) data[i] = at++ === one ? 1 : 0;
    });
    moved.forEach((tensor, t) =>
      tensor?.data.forEach((x, i) => {
        if (x === 0) return;
        const sum = sums[t][i];
        sums[t][i] = sum && element && digits.add(sum, element);
      })
    );
  });
  return shaped.map((tensor, t) => {
    if (tensor === undefined || sums[t].some((x) => x === undefined)) {
      return undefined;
    }
    return {
      shape: [...tensor.shape],
      digits: sums[t].map((x) => decimal(x!)),
    };
  });
}

const ZERO = digits.constant(0);

function decimal(x: Number64): string {
  const nearest = digits.toNumber(x);
  return Number.isNaN(x.e) || x.e === Infinity ? `${nearest}` : toDecimal(x);
}
