// Copyright 2026 the Adjoint authors. MIT license.

// An op of the library, as the panel uses it. Page and signature say what the
// inputs are and how their dimensions hang together, so an op needs no entry of
// its own.

import * as library from "../../../mod.ts";
import type {
  Arrays,
  DType,
  Shape,
  Tensor as AnyTensor,
} from "../../../mod.ts";
import { checkShape, showShape } from "../../../ops/core/checks.ts";
import { namedIn } from "../../../ops/core/options.ts";
import { Sizes } from "../../../ops/proof/sizes.ts";
import type { PanelData } from "./data.ts";

export type { DType, Shape };

/** A tensor of any element type. */
export type Tensor = AnyTensor<Shape, Arrays[DType]>;

/** The largest dimension, and the most elements, that the panel shows. */
export const LIMITS = { dim: 8, rank: 4, elements: 512 };

/** What a reader chose of the dimensions and options. */
export interface Chosen {
  /** The sizes of the letters, in the order of the page. */
  sizes: readonly number[];
  options: Readonly<Record<string, number | boolean>>;
}

/** An op, with its functions. */
export interface Op {
  data: PanelData;
  /** The places of the inputs that have a gradient. */
  floats: number[];
  /** The outputs. */
  forward(inputs: readonly Tensor[], chosen: Chosen): Tensor[];
  /** The gradient with respect to one of the floats, given inputs and douts. */
  gradient(k: number, given: readonly Tensor[], chosen: Chosen): Tensor;
}

/** A tensor in the element type of another one, as gradcheck works in float64. */
function typedAs({ data }: Tensor, x: Tensor): Tensor {
  return data instanceof Float64Array && x.data instanceof Float32Array
    ? { shape: x.shape, data: Float64Array.from(x.data) }
    : x;
}

type AnyFunction = (...args: unknown[]) => unknown;

/** Finds the functions of an op in the library, by their names. */
export function findOp(data: PanelData): Op {
  const functions = library as unknown as Record<string, AnyFunction>;
  const { name, inputs, outputs, fixed, floats, list } = data;
  /** The arguments of a call: some inputs may be given among the options. */
  const argumentsOf = (
    given: readonly Tensor[],
    dout: readonly unknown[],
    chosen: Chosen,
  ) => {
    const tensors = given.slice(0, inputs.length);
    const lists = list === undefined
      ? { shape: [], options: chosen.options }
      // The shapes are those of the tensors, whatever was chosen before.
      : listsOf(op, {
        ...chosen,
        sizes: sizesFor(op, tensors.map(({ shape }) => shape), chosen),
      });
    const named = {
      ...fixed,
      ...lists.options,
      ...Object.fromEntries(
        inputs.flatMap(({ parameter, isOption }, i) =>
          isOption ? [[parameter, typedAs(given[0], given[i])]] : []
        ),
      ),
    };
    return [
      ...list === "inputs"
        ? [tensors]
        : tensors.filter((_, i) => !inputs[i].isOption),
      ...lists.shape,
      ...dout,
      ...Object.keys(named).length > 0 ? [named] : [],
    ];
  };
  const single = outputs.length === 1;
  const op: Op = {
    data,
    floats,
    forward(given, chosen) {
      const result = functions[name](...argumentsOf(given, [], chosen));
      return list === "outputs"
        ? [...result as Tensor[]]
        : single
        ? [result as Tensor]
        : outputs.map(({ parameter }) =>
          (result as Record<string, Tensor>)[parameter]
        );
    },
    gradient(k, given, chosen) {
      const douts = given.slice(inputs.length);
      const dout = single
        ? douts[0]
        : list === "outputs"
        ? douts
        : Object.fromEntries(
          outputs.map(({ parameter }, i) => [parameter, douts[i]]),
        );
      const result = functions[gradientName(data, k)](
        ...argumentsOf(given, [dout], chosen),
      );
      return (list === "inputs" ? (result as Tensor[])[k] : result) as Tensor;
    },
  };
  return op;
}

/** The function of a gradient; a list of inputs has one for all of them. */
export function gradientName(
  { name, inputs, floats, list }: PanelData,
  k: number,
): string {
  return `${name}D${inputs[list === "inputs" ? 0 : floats[k]].parameter}`;
}

/** What a call has in place of the page's options, and the shape that it asks for. */
export function listsOf(
  op: Op,
  chosen: Chosen,
): { shape: Shape[]; options: Record<string, unknown> } {
  const { list, outputs } = op.data;
  const sizes = sizesOf(op, chosen);
  const [first, second] = outputs;
  switch (list) {
    case "shape":
      return { shape: [sizes.shape(first.shape)], options: {} };
    case "options":
      return {
        shape: [],
        options: Object.fromEntries(
          Object.entries(chosen.options).map((
            [name, value],
          ) => [name, [value]]),
        ),
      };
    case "outputs": {
      const axis = first.shape.findIndex((dim, i) => dim !== second.shape[i]);
      return {
        shape: [],
        options: {
          axis,
          sizes: outputs.map(({ shape }) => sizes.shape(shape)[axis]),
        },
      };
    }
  }
  return { shape: [], options: { ...chosen.options } };
}

/** The numbers that the page has symbols for, of options. */
export function optionValues(
  { data: { declared, optionSymbols } }: Op,
  { options }: Chosen,
): Map<string, { value: number; isWhole: boolean }> {
  const values = namedIn(declared, options);
  return new Map(optionSymbols.map(({ name, symbol, shift, isWhole }) => [
    symbol,
    { value: values[name] + shift, isWhole },
  ]));
}

/** The numbers of the dimensions, whole options included. */
export function sizesOf(op: Op, chosen: Chosen): Sizes {
  return new Sizes([
    ...op.data.dims.map((dim, i) => [dim, chosen.sizes[i]] as const),
    ...[...optionValues(op, chosen)].flatMap(([symbol, { value, isWhole }]) =>
      isWhole ? [[symbol, value] as const] : []
    ),
  ]);
}

/** The shapes of the inputs. */
export function inputShapes(op: Op, chosen: Chosen): Shape[] {
  const sizes = sizesOf(op, chosen);
  return op.data.inputs.map(({ shape }) => sizes.shape(shape));
}

/** The outputs whose gradients are given; none where there is nothing to find. */
function differentiated({ data, floats }: Op): PanelData["outputs"] {
  return floats.length > 0 ? data.outputs : [];
}

/** The shapes of the inputs, then of the gradients of the outputs. */
export function givenShapes(op: Op, chosen: Chosen): Shape[] {
  const sizes = sizesOf(op, chosen);
  return [...op.data.inputs, ...differentiated(op)]
    .map(({ shape }) => sizes.shape(shape));
}

/** The sizes of the letters for which the inputs have these shapes. */
export function sizesFor(
  op: Op,
  shapes: readonly Shape[],
  chosen: Chosen,
): number[] {
  const { inputs, dims } = op.data;
  const refuse = (i: number, must: string) => {
    throw new RangeError(
      `Cannot show ${
        inputs[i].parameter
      } as it must have the shape that the page has, ${must}: it is ${
        showShape(shapes[i])
      }`,
    );
  };
  const sizes = [...chosen.sizes];
  inputs.forEach(({ shape }, i) => {
    if (shape.length !== shapes[i].length) {
      refuse(i, `which has rank ${shape.length}`);
    }
    shape.forEach((dim, axis) => {
      const letter = dims.indexOf(dim as string);
      if (letter >= 0) sizes[letter] = shapes[i][axis];
    });
  });
  inputShapes(op, { ...chosen, sizes }).forEach((found, i) => {
    if (String(found) !== String(shapes[i])) {
      refuse(i, `here ${showShape(found)}`);
    }
  });
  return sizes;
}

/** What a tensor is called: an input, or the gradient of an output. */
export function givenNames(op: Op): string[] {
  const { inputs, outputs, list } = op.data;
  return [
    ...inputs.map(({ parameter }) => parameter),
    ...differentiated(op).map(({ parameter }, i) =>
      outputs.length === 1
        ? "dout"
        : list === "outputs"
        ? `dout[${i}]`
        : `dout.${parameter}`
    ),
  ];
}

/** The symbols of the inputs, then of the gradients of the outputs. */
export function givenSymbols(op: Op): string[] {
  return [
    ...op.data.inputs.map(({ symbol }) => symbol),
    ...differentiated(op).map(({ symbol }) => `∂E/∂${symbol}`),
  ];
}

/**
 * The numbers of the axes of a tensor, which stand for their colors; none where
 * an axis has no letter of its own.
 */
export function axesOf({ data }: Op, symbol: string): (number | undefined)[] {
  const name = symbol.replace(/^∂E\/∂/, "");
  const tensor = [...data.inputs, ...data.outputs]
    .find((tensor) => tensor.symbol === name) ?? data.formulas[symbol];
  return (tensor?.shape ?? []).map((dim) => data.axes[dim as string]);
}

/** The outputs, then the gradients, as the page names them. */
export function targetsOf({ data: { inputs, outputs }, floats }: Op): string[] {
  return [
    ...outputs.map(({ symbol }) => symbol),
    ...floats.map((i) => `∂E/∂${inputs[i].symbol}`),
  ];
}

/** The range of an input of integers: from, and below. */
export function rangeOf(op: Op, input: number, chosen: Chosen) {
  const { from = 0, below } = op.data.inputs[input].integer!;
  const number = (bound: number | string) =>
    typeof bound === "number"
      ? bound
      : Number(chosen.options[bound] ?? sizesOf(op, chosen).of(bound));
  const first = number(from);
  // What has no bound is a mask: only 0 and the rest differ.
  return [first, below === undefined ? first + 2 : number(below)] as const;
}

/** Checks a shape as the library does, and that the panel has room for it. */
export function checkSize(name: string, shape: Shape): void {
  checkShape("create a tensor", `the shape of ${name}`, shape);
  const large = shape.find((n) => n > LIMITS.dim);
  if (large !== undefined) {
    throw new RangeError(
      `Cannot show ${name} as the panel has room for dimensions of at most ${LIMITS.dim}: one is ${large}`,
    );
  }
  if (shape.length > LIMITS.rank) {
    throw new RangeError(
      `Cannot show ${name} as the panel has room for at most ${LIMITS.rank} dimensions: there are ${shape.length}`,
    );
  }
  const size = shape.reduce((a, b) => a * b, 1);
  if (size > LIMITS.elements) {
    throw new RangeError(
      `Cannot show ${name} as the panel has room for at most ${LIMITS.elements} elements: there are ${size}`,
    );
  }
}

/** All that there is to see for given tensors. */
export interface Values {
  /** The inputs, then the gradients of the outputs. */
  given: Tensor[];
  outputs: Tensor[];
  /** The gradients; an error where a broken one throws. */
  gradients: (Tensor | Error)[];
}
