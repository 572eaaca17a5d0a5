// Copyright 2026 the Adjoint authors. MIT license.

/**
 * ONNX Runtime runs models only, so an operation has to be one: a graph of a
 * single node, written as the protocol buffer that `onnx.proto` describes.
 *
 * @module
 */

const [IR_VERSION, OPSET, FLOAT] = [8, 13, 1];

/** An input or output of the graph. */
export interface Port {
  name: string;
  shape: readonly number[];
}

/** A model whose one node is `op`. */
export function model(op: string, inputs: Port[], output: Port): Uint8Array {
  const node = [
    ...inputs.flatMap(({ name }) => text(1, name)),
    ...text(2, output.name),
    ...text(4, op),
  ];
  const graph = [
    ...message(1, node),
    ...text(2, op),
    ...inputs.flatMap((input) => message(11, valueInfo(input))),
    ...message(12, valueInfo(output)),
  ];
  return new Uint8Array([
    ...integer(1, IR_VERSION),
    ...message(7, graph),
    ...message(8, integer(2, OPSET)),
  ]);
}

function valueInfo({ name, shape }: Port): number[] {
  const dims = shape.flatMap((n) => message(1, integer(1, n)));
  const tensor = [...integer(1, FLOAT), ...message(2, dims)];
  return [...text(1, name), ...message(2, message(1, tensor))];
}

// A field is its number and kind, then its value; lengths are in bytes.

function integer(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

function message(field: number, content: number[]): number[] {
  return [...varint(field << 3 | 2), ...varint(content.length), ...content];
}

function text(field: number, value: string): number[] {
  return message(field, [...new TextEncoder().encode(value)]);
}

function varint(n: number): number[] {
  return n < 128 ? [n] : [n & 127 | 128, ...varint(n >>> 7)];
}
