// Copyright 2026 the Adjoint authors. MIT license.

/**
 * The functions of a user's own page, found among what its module exports.
 *
 * They are one value that `op()` made, or functions `f`, `fD` and `fDx` for each
 * input `x`, as this library names them; either `fD`, all gradients in a record,
 * or those of single inputs suffice. If no signature is exported, it follows from
 * the table of shapes: then the functions are plain ones, which take tensors, or
 * flat arrays where the table says so, and return tensors, arrays or a number.
 *
 * @module
 */

import {
  integer,
  number,
  op as declare,
  type Option,
  type Signature,
} from "@adjoint/ops/op";
import {
  type Dim,
  EvaluationError,
  type IndexOperation,
} from "./language/expression.ts";
import { type Page, PageError, type Variable } from "./page.ts";
import type { PageFunction } from "./positional.ts";
import { showDim, Sizes } from "./sizes.ts";

/** A signature, and functions by the names that it gives them. */
export interface Module {
  signature: Signature;
  exports: Record<string, unknown>;
}

type Exports = Record<string, unknown>;

/** The signature and the functions of a page. */
export function moduleOf(
  file: string,
  page: Page,
  owner: string | undefined,
  all: object,
): Module {
  const exports = all as Exports;
  const refuse = (why: string) =>
    new PageError(`${file}:1:1: Cannot find the functions of the page ${why}`);
  const signatures = Object.values(exports).filter(isSignature);
  const made = owner === undefined ? undefined : exports[owner];
  if (isSignature(made)) return { signature: made, exports: callsOf(made) };
  const name = owner ?? nameOf(exports, signatures, refuse);
  const signature = signatures.find((signature) => signature.name === name);
  if (signature !== undefined) {
    const functions = typeof exports[name] === "function"
      ? completed(exports, name, signature.differentiable)
      : callsOf(signature);
    return { signature, exports: functions };
  }
  if (typeof exports[name] !== "function") {
    throw refuse(`as the module does not export a function ${name}`);
  }
  return plainModule(page, name, exports, refuse);
}

function isSignature(value: unknown): value is Signature {
  return typeof value === "object" && value !== null && "spec" in value &&
    "differentiable" in value && "gradient" in value;
}

/** The one function that has gradients, if the page is the module's. */
function nameOf(
  exports: Exports,
  signatures: readonly Signature[],
  refuse: (why: string) => PageError,
): string {
  const names = [
    ...new Set([
      ...signatures.map(({ name }) => name),
      ...Object.keys(exports).filter((name) =>
        Object.keys(exports).some((other) =>
          other !== name && other.startsWith(`${name}D`) &&
          typeof exports[other] === "function"
        )
      ),
    ]),
  ];
  if (names.length === 1) return names[0];
  throw refuse(
    names.length === 0
      ? `as no function f has a gradient fD or fDx: the module exports ${
        Object.keys(exports).join(", ") || "nothing"
      }`
      : `of the module as there are ${
        names.join(", ")
      }: each needs a page in its own comment`,
  );
}

/** What `op()` made as functions. */
function callsOf(signature: Signature): Exports {
  const { name, spec, differentiable } = signature;
  const count =
    Object.values(spec.inputs).filter((input) =>
      typeof input === "string" || !input.option
    ).length;
  const call = (
    f: (args: readonly unknown[], options?: object) => unknown,
    count: number,
  ): PageFunction =>
  (...args) => f(args.slice(0, count), args[count] as object | undefined);
  return {
    [name]: call((args, options) => signature.forward(args, options), count),
    [`${name}D`]: call(
      (args, options) => signature.backward(args, options),
      count + 1,
    ),
    ...Object.fromEntries(differentiable.map((input) => [
      `${name}D${input}`,
      call(
        (args, options) => signature.gradient(input, args, options),
        count + 1,
      ),
    ])),
  };
}

/** The functions with those that follow from others: `fDx` from `fD`, and `fD` from
 * all `fDx`. */
function completed(
  exports: Exports,
  name: string,
  inputs: readonly string[],
): Exports {
  const all = exports[`${name}D`] as PageFunction | undefined;
  const one = (input: string) =>
    exports[`${name}D${input}`] as PageFunction | undefined;
  const functions: Exports = { ...exports };
  if (typeof all !== "function" && inputs.every(one)) {
    functions[`${name}D`] = (...args: unknown[]) =>
      Object.fromEntries(inputs.map((input) => [input, one(input)!(...args)]));
  }
  if (typeof all === "function") {
    for (const input of inputs) {
      functions[`${name}D${input}`] ??= (...args: unknown[]) =>
        (all(...args) as Record<string, unknown>)[input];
    }
  }
  return functions;
}

/** A signature that follows from the table of shapes, and plain functions. */
function plainModule(
  page: Page,
  name: string,
  exports: Exports,
  refuse: (why: string) => PageError,
): Module {
  const inputs = page.inputs.map(({ parameter }) => parameter);
  const given = completed(exports, name, inputs);
  const names = [name, `${name}D`, ...inputs.map((x) => `${name}D${x}`)];
  const missing = names.filter((key) => typeof given[key] !== "function");
  if (missing.length > 0) {
    throw refuse(
      `as the module must export ${name}D, or ${
        inputs.map((x) => `${name}D${x}`).join(", ")
      }: there is no ${missing.join(", no ")}`,
    );
  }
  page.outputs.forEach((output, i) =>
    output.parameter ||= page.outputs.length === 1 ? "result" : `result${i}`
  );
  const signature = declare(name, {
    inputs: Object.fromEntries(
      page.inputs.map(({ parameter, shape }) => [parameter, textOf(shape)]),
    ),
    outputs: Object.fromEntries(
      page.outputs.map(({ parameter, shape }) => [parameter, textOf(shape)]),
    ),
    options: Object.fromEntries(
      page.options.map(({ parameter, isInteger }): [string, Option] => [
        parameter,
        isInteger
          ? integer(undefined, { from: 1 })
          : number(undefined, { above: 0 }),
      ]),
    ),
    forward() {},
    backward() {},
  });
  return { signature, exports: adapted(page, name, given) };
}

const SIGNS: Partial<Record<IndexOperation, string>> = {
  add: "+",
  subtract: "-",
  multiply: "*",
};

/** A shape as a signature declares it. */
function textOf(shape: readonly Dim[]): string {
  const text = (dim: Dim): string => {
    if (typeof dim !== "object") return `${dim}`;
    if (dim.kind !== "data" && SIGNS[dim.kind] !== undefined) {
      return `(${text(dim.left)}${SIGNS[dim.kind]}${text(dim.right)})`;
    }
    throw new EvaluationError(
      `the sizes of plain functions are sums and products: declare the operation by op() for ${
        showDim(dim)
      }`,
    );
  };
  return shape.map((dim) => text(dim).replace(/^\((.*)\)$/, "$1")).join(" ");
}

/** Plain functions as the proof calls them: with tensors alone. */
function adapted(page: Page, name: string, given: Exports): Exports {
  const results = Object.fromEntries(
    page.inputs.map((input) => [input.parameter, input]),
  );
  const outputs = Object.fromEntries(
    page.outputs.map((output) => [output.parameter, output]),
  );
  const [single, ...more] = page.outputs;
  const call = (
    key: string,
    take: (result: unknown, sizes: Sizes) => unknown,
  ): PageFunction =>
  (...args) => {
    const tensors = args.slice(0, page.inputs.length) as Tensor[];
    const sizes = sizesOf(page.inputs, tensors);
    const passed = args.map((x, i) => {
      const variable = i < page.inputs.length
        ? page.inputs[i]
        : i === page.inputs.length && key !== name && more.length === 0
        ? page.douts?.[0]
        : undefined;
      return variable?.isArray ? (x as Tensor).data : x;
    });
    const f = given[key] as PageFunction;
    return take(f(...passed), sizes);
  };
  const each = (variables: Record<string, Variable>, of: string) =>
  (
    result: unknown,
    sizes: Sizes,
  ) =>
    Object.fromEntries(
      Object.entries(variables).map(([parameter, variable]) => {
        const found = (result as Record<string, unknown> | undefined)?.[
          parameter
        ];
        return [
          parameter,
          tensorOf(found, variable, sizes, `${parameter} of ${of}`),
        ];
      }),
    );
  return {
    [name]: call(
      name,
      more.length === 0
        ? (result, sizes) => tensorOf(result, single, sizes, name)
        : each(outputs, name),
    ),
    [`${name}D`]: call(`${name}D`, each(results, `${name}D`)),
    ...Object.fromEntries(page.inputs.map((input) => {
      const key = `${name}D${input.parameter}`;
      return [
        key,
        call(key, (result, sizes) => tensorOf(result, input, sizes, key)),
      ];
    })),
  };
}

interface Tensor {
  shape: readonly number[];
  data: ArrayLike<number>;
}

/** The sizes of the letters that stand for an axis of an input. */
function sizesOf(
  inputs: readonly Variable[],
  tensors: readonly Tensor[],
): Sizes {
  return new Sizes(
    inputs.flatMap(({ shape }, i) =>
      shape.flatMap((dim, axis): [string, number][] =>
        typeof dim === "string" ? [[dim, tensors[i].shape[axis]]] : []
      )
    ),
  );
}

/** What a function returned as a tensor: arrays have the shape of the page. */
function tensorOf(
  result: unknown,
  { shape }: Variable,
  sizes: Sizes,
  what: string,
): Tensor {
  if (typeof result === "object" && result !== null && "data" in result) {
    return result as Tensor;
  }
  const data = typeof result === "number" ? [result] : result;
  const known = sizes.shape(shape);
  const count = known.reduce((a, b) => a * b, 1);
  if (
    (Array.isArray(data) || ArrayBuffer.isView(data)) &&
    (data as unknown as ArrayLike<number>).length === count
  ) {
    const numbers = Float64Array.from(data as unknown as ArrayLike<number>);
    return { shape: known, data: numbers };
  }
  throw new TypeError(
    `${what} must return a tensor, or ${count} ${
      count === 1 ? "number" : "numbers"
    } for the shape ${known.join("×") || "of a scalar"}: it returned ${
      show(result)
    }`,
  );
}

function show(result: unknown): string {
  if (result === undefined) return "undefined";
  const text = ArrayBuffer.isView(result)
    ? `${(result as unknown as ArrayLike<number>).length} numbers`
    : JSON.stringify(result) ?? typeof result;
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
