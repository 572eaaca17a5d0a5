// Copyright 2026 the Adjoint authors. MIT license.

/**
 * An operation as the proof sees it: its page, the signature of its code, and
 * that both speak of the same tensors.
 *
 * @module
 */

import { type Axes, parseAxes } from "@adjoint/ops/signature";
import type { IntegerRange, Signature } from "@adjoint/ops/op";
import type { Option } from "@adjoint/ops/op";
import { partsOf } from "@adjoint/ops/signature";
import type { Float, Shape, Tensor } from "@adjoint/ops/tensor";
import type { Goldens } from "./goldens.ts";
import { Definitions } from "./equations.ts";
import type { Dim } from "./language/expression.ts";
import {
  type Page,
  PageError,
  readPage,
  readPages,
  type Variable,
} from "./page.ts";
import { moduleOf } from "./foreign.ts";
import { functionsOnPage } from "./positional.ts";
import { dimension, showDims, Sizes } from "./sizes.ts";

/** A tensor of either element type. */
export type FloatTensor = Tensor<Shape, Float>;

/** An input, as its page and its signature have it. */
export interface Input extends Variable {
  /** The axes that the signature declares. */
  axes: Axes;
  /** The range of integers, which have no gradient. */
  integer?: IntegerRange;
  /** Whether the integers are indices, which the page counts from 1. */
  isIndex: boolean;
  optional: boolean;
  /** Whether it is given among the options. */
  option: boolean;
  domain?: "positive" | "distinct" | "probability" | readonly [number, number];
}

/** A page and the code that it describes. */
export interface Operation {
  /** The name of the forward function. */
  name: string;
  /** The file of the module, for messages. */
  file: string;
  page: Page;
  signature: Signature;
  inputs: Input[];
  outputs: Variable[];
  /** The options that have a symbol on the page, by the names that loops have for
   * them. */
  symbols: ReadonlyMap<string, Variable>;
  /** Every option that the signature declares. */
  options: Readonly<Record<string, Option>>;
  /** Whether inputs are broadcast: those of the page are one example. */
  broadcasts: boolean;
  /** Whether its functions take lists, which the page sees as letters. */
  takesLists: boolean;
  /** The inputs that have a gradient. */
  floats: Input[];
  definitions: Definitions;
  functions: Functions;
  /** What PyTorch computed, and what libraries do at the special points. */
  goldens: Goldens | undefined;
  /** Whether it is a user's own: its page may have any form, and nothing was
   * measured of it. */
  isForeign: boolean;
}

/** The functions that a module exports: f, fD, and fDx for each input x. */
export interface Functions {
  /** The outputs, in the order of the page. */
  forward(inputs: readonly unknown[], options: object): FloatTensor[];
  /** The gradients by fD, in the order of the inputs that have one. */
  backward(
    inputs: readonly unknown[],
    douts: readonly unknown[],
    options: object,
  ): FloatTensor[];
  /** One of them, by its own function. */
  gradient(
    input: number,
    inputs: readonly unknown[],
    douts: readonly unknown[],
    options: object,
  ): FloatTensor;
}

/**
 * Puts an operation of this library together from the text and the exports of its
 * module. No page has letters for lists, so functions that take lists are seen
 * through those in `asOnPage`, which call them as the signature says.
 */
export function operation(
  file: string,
  source: string,
  exports: object,
  goldens?: Goldens,
): Operation {
  const page = readPage(source, file);
  const { signature } = exports as { signature?: Signature };
  if (signature === undefined) {
    throw new PageError(
      `${file}:1:1: Cannot find the operation as the module must export its signature`,
    );
  }
  return assemble(file, page, signature, exports, { goldens });
}

/**
 * The operations of a user's own module, one for each page in it. Their functions
 * may be made by `op()`, or be plain ones.
 */
export function operationsIn(
  file: string,
  source: string,
  exports: object,
): Operation[] {
  return readPages(source, file).map(({ page, owner }) => {
    const found = moduleOf(file, page, owner, exports);
    return assemble(file, page, found.signature, found.exports, {
      isForeign: true,
    });
  });
}

function assemble(
  file: string,
  page: Page,
  signature: Signature,
  exports: object,
  { goldens, isForeign = false }: { goldens?: Goldens; isForeign?: boolean },
): Operation {
  const { asOnPage } = exports as { asOnPage?: object };
  const { spec } = signature;
  const refuse =
    ({ line, column }: { line: number; column: number }) => (why: string) =>
      new PageError(
        `${file}:${line}:${column}: The table of shapes is not that of the signature: ${why}`,
      );
  const row = page.shapes[0] ?? page.inputs[0] ?? page.outputs[0];
  const declared = Object.entries(spec.inputs);
  sameNames(
    "inputs",
    page.inputs,
    declared.map(([name]) => name),
    refuse(row),
  );
  const outputs = Object.entries(spec.outputs);
  if (outputs.length === 1 && page.outputs.length === 1) {
    page.outputs[0].parameter ||= outputs[0][0];
  }
  sameNames(
    "outputs",
    page.outputs,
    outputs.map(([name]) => name),
    refuse(row),
  );
  const options: Record<string, Option> = spec.options ?? {};
  const parts = Object.entries(options).flatMap(([key, option]) =>
    partsOf(key, option).map((part) => ({ kind: option.kind, ...part }))
  );
  const symbols = new Map(page.options.map((variable) => {
    const part = parts.find(({ path }) => path === variable.parameter);
    if (part !== undefined) return [part.name, variable];
    throw refuse(variable)(
      `there is no option ${variable.parameter} that is a number or a flag`,
    );
  }));
  for (const { kind, name, path } of parts) {
    if (kind === "flag" || symbols.has(name)) continue;
    throw refuse(row)(`there is no row for the option ${path}`);
  }
  const broadcasts = outputs.some(([, text]) =>
    parseAxes(text).broadcast !== undefined
  );
  const inputs = page.inputs.map((variable, i): Input => {
    const input = declared[i][1];
    const { shape, ...rest } = typeof input === "string"
      ? { shape: input }
      : input;
    const axes = parseAxes(shape);
    if (!broadcasts) {
      checkShape(variable, axes, page, symbols, refuse(variable));
    }
    const below = rest.integer?.below;
    return {
      ...variable,
      axes,
      integer: rest.integer,
      isIndex: typeof below === "string",
      optional: rest.optional ?? false,
      option: rest.option ?? false,
      domain: rest.domain,
    };
  });
  page.outputs.forEach((variable, i) =>
    checkShape(
      variable,
      parseAxes(outputs[i][1]),
      page,
      symbols,
      refuse(variable),
    )
  );
  const floats = inputs.filter(({ parameter }) =>
    signature.differentiable.includes(parameter)
  );
  return {
    name: signature.name,
    file,
    page,
    signature,
    inputs,
    outputs: page.outputs,
    symbols,
    options,
    broadcasts,
    takesLists: asOnPage !== undefined,
    floats,
    definitions: new Definitions(
      page,
      file,
      floats.map(({ symbol }) => symbol),
    ),
    functions: functionsOf(
      file,
      { ...exports, signature },
      page.outputs.map(({ parameter }) => parameter),
      floats.map(({ parameter }) => parameter),
    ),
    goldens,
    isForeign,
  };
}

function functionsOf(
  file: string,
  exports: object,
  outputs: string[],
  inputs: string[],
): Functions {
  const found = functionsOnPage(exports);
  const functions = Object.values(found).filter((f) => f !== undefined);
  const names = Object.keys(found);
  if (functions.length < names.length) {
    throw new PageError(
      `${file}:1:1: Cannot find the operation as the module must export ${
        names.join(", ")
      }: it exports ${Object.keys(exports).join(", ")}`,
    );
  }
  const [forward, backward, ...gradients] = functions;
  const single = outputs.length === 1;
  const together = (douts: readonly unknown[]) =>
    single
      ? douts[0]
      : Object.fromEntries(outputs.map((name, i) => [name, douts[i]]));
  return {
    forward(given, options) {
      const result = forward(...given, options);
      return single
        ? [result as FloatTensor]
        : outputs.map((name) => (result as Record<string, FloatTensor>)[name]);
    },
    backward(given, douts, options) {
      const result = backward(...given, together(douts), options);
      return inputs.map((name) =>
        (result as Record<string, FloatTensor>)[name]
      );
    },
    gradient: (input, given, douts, options) =>
      gradients[input](...given, together(douts), options) as FloatTensor,
  };
}

function sameNames(
  what: string,
  variables: Variable[],
  names: string[],
  refuse: (why: string) => PageError,
): void {
  const found = variables.map(({ parameter }) => parameter);
  if (found.join() === names.join()) return;
  throw refuse(
    `the ${what} are ${names.join(", ")}, in the table ${
      found.join(", ") || "there are none"
    }`,
  );
}

/** The shape of the table must be that of the signature without the dots. */
function checkShape(
  { symbol, shape }: Variable,
  { axes, text, broadcast }: Axes,
  page: Page,
  symbols: Operation["symbols"],
  refuse: (why: string) => PageError,
): void {
  const wrong = () =>
    refuse(
      `${symbol} is ${showDims(shape)} in the table, ${
        text || "a scalar"
      } in the code`,
    );
  if (broadcast !== undefined) {
    if (showDims(shape) !== showDims(broadcastDims(page.inputs))) throw wrong();
    return;
  }
  if (axes.length !== shape.length) throw wrong();
  axes.forEach((axis, i) => {
    const dim = shape[i];
    if (axis.kind !== "size") {
      const option = symbols.get(axis.letter);
      if (dim !== (option?.symbol ?? axis.letter)) throw wrong();
      return;
    }
    // Expressions are equal where they are at a few numbers.
    for (const seed of [3, 8, 21]) {
      const letters = axis.value.letters.map((letter, i) =>
        [letter, (seed * (i + 2)) % 13 + 5 * i + 2] as const
      );
      const sizes = new Sizes(
        letters.map(([letter, size]) =>
          [symbols.get(letter)?.symbol ?? letter, size] as const
        ),
      );
      const right = axis.value.of(Object.fromEntries(letters));
      try {
        if (dimension(dim, sizes) === right) continue;
      } catch {
        // A symbol that the signature does not have.
      }
      throw wrong();
    }
  });
}

/** What shapes broadcast to: aligned at their ends, the dimension that is not 1. */
function broadcastDims(inputs: readonly Variable[]): Dim[] {
  return inputs.map(({ shape }) => shape.toReversed()).reduce((a, b) =>
    Array.from(
      { length: Math.max(a.length, b.length) },
      (_, i) => (a[i] ?? 1) === 1 ? b[i] ?? 1 : a[i],
    )
  ).toReversed();
}

/** The names of dimensions in shapes, each once. */
export function lettersOf(inputs: readonly { shape: readonly Dim[] }[]) {
  const found = new Set<string>();
  const walk = (dim: Dim): void => {
    if (typeof dim === "string") found.add(dim);
    else if (typeof dim === "object" && dim.kind !== "data") {
      walk(dim.left);
      walk(dim.right);
    }
  };
  for (const { shape } of inputs) shape.forEach(walk);
  return [...found];
}
