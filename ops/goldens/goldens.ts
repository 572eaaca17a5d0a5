// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Reads the golden files: what PyTorch computed, for every op.
 *
 * `write.py` writes them. A tensor is its shape, and the little-endian bytes of
 * its elements in base64, so that every bit of every element is kept.
 *
 * ```ts ignore
 * import json from "./matmul.json" with { type: "json" };
 * import { decodeGoldens } from "./goldens.ts";
 *
 * for (const { name, inputs, output } of decodeGoldens(json).cases) {
 *   // …
 * }
 * ```
 *
 * @module
 */

import { checkShape, show, showShape, sizeOf } from "../core/checks.ts";
import type { DType, Tensor } from "../tensor.ts";

/** What PyTorch computed for one set of inputs. */
export interface GoldenCase {
  /** The kind of shapes, such as `primes`, or the special value. */
  name: string;
  /** The element type of every tensor of the case. */
  dtype: DType;
  /** The inputs by name, in the order of the op's parameters. */
  inputs: Record<string, Tensor>;
  /** The gradient of the loss with respect to the output. */
  dout: Tensor;
  /** The output. */
  output: Tensor;
  /** The gradient of the loss with respect to each input. */
  gradients: Record<string, Tensor>;
  /**
   * The distances that the notebook printed, of its own result from PyTorch's,
   * by `output` and by input. Only the case `notebook` has them.
   */
  printed?: Record<string, number>;
}

/** The golden file of one op. */
export interface Goldens {
  /** The version of PyTorch. */
  torch: string;
  /** The version of NumPy. */
  numpy: string;
  /** The op in Python. */
  expression: string;
  /** Cases with finite values. */
  cases: GoldenCase[];
  /**
   * Cases with NaN, infinities and negative zeros. Which elements of a result
   * are NaN or infinite is to be compared; norms mean nothing here.
   */
  special: GoldenCase[];
}

const ACT = "decode goldens";

/**
 * Decodes a golden file.
 *
 * @param json The parsed JSON.
 * @returns Its cases, with tensors in place of their encoded form.
 * @throws {TypeError} If something is missing or of the wrong kind, if data is
 * not base64, or if it has not as many bytes as the shape and the element type
 * need.
 * @throws {RangeError} If a dimension is not a non-negative integer.
 */
export function decodeGoldens(json: unknown): Goldens {
  const file = object("the file", json);
  return {
    torch: string("torch", file.torch),
    numpy: string("numpy", file.numpy),
    expression: string("expression", file.expression),
    cases: array("cases", file.cases).map((value, i) =>
      decodeCase(`cases[${i}]`, value)
    ),
    special: array("special", file.special).map((value, i) =>
      decodeCase(`special[${i}]`, value)
    ),
  };
}

function decodeCase(path: string, value: unknown): GoldenCase {
  const encoded = object(path, value);
  const dtype = encoded.dtype;
  if (dtype !== "float32" && dtype !== "float64") {
    throw malformed(`${path}.dtype`, "float32 or float64", dtype);
  }
  const tensor = (path: string, value: unknown) =>
    decodeTensor(path, value, dtype);
  const decoded: GoldenCase = {
    name: string(`${path}.name`, encoded.name),
    dtype,
    inputs: record(`${path}.inputs`, encoded.inputs, tensor),
    dout: tensor(`${path}.dout`, encoded.dout),
    output: tensor(`${path}.output`, encoded.output),
    gradients: record(`${path}.gradients`, encoded.gradients, tensor),
  };
  for (const name of Object.keys(decoded.inputs)) {
    if (!Object.hasOwn(decoded.gradients, name)) {
      throw malformed(`${path}.gradients.${name}`, "an object", undefined);
    }
  }
  if (encoded.printed !== undefined) {
    decoded.printed = record(`${path}.printed`, encoded.printed, number);
  }
  return decoded;
}

function decodeTensor(path: string, value: unknown, dtype: DType): Tensor {
  const encoded = object(path, value);
  const shape = checkShape(ACT, `${path}.shape`, encoded.shape);
  const size = sizeOf(ACT, `${path}.shape`, shape);
  const bytes = decodeBase64(
    `${path}.data`,
    string(`${path}.data`, encoded.data),
  );
  const width = dtype === "float64" ? 8 : 4;
  if (bytes.length !== size * width) {
    throw new TypeError(
      `Cannot ${ACT} as ${path}.data must have ${width} bytes for each element of its shape: the shape is ${
        showShape(shape)
      }, the data has ${bytes.length} bytes`,
    );
  }
  // DataView, as a typed array over the bytes would have the byte order of the
  // host; integers, as a number would lose the payload of a NaN.
  const view = new DataView(bytes.buffer);
  if (dtype === "float64") {
    const bits = new BigUint64Array(size);
    for (let i = 0; i < size; i++) bits[i] = view.getBigUint64(8 * i, true);
    return { shape, data: new Float64Array(bits.buffer) };
  }
  const bits = new Uint32Array(size);
  for (let i = 0; i < size; i++) bits[i] = view.getUint32(4 * i, true);
  return { shape, data: new Float32Array(bits.buffer) };
}

function decodeBase64(path: string, text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch (cause) {
    throw new TypeError(
      `Cannot ${ACT} as ${path} must be base64: it is ${show(text)}`,
      { cause },
    );
  }
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

function record<T>(
  path: string,
  value: unknown,
  decode: (path: string, value: unknown) => T,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(object(path, value)).map((
      [name, entry],
    ) => [name, decode(`${path}.${name}`, entry)]),
  );
}

function object(path: string, value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw malformed(path, "an object", value);
  }
  return value as Record<string, unknown>;
}

function array(path: string, value: unknown): unknown[] {
  if (!Array.isArray(value)) throw malformed(path, "an array", value);
  return value;
}

function string(path: string, value: unknown): string {
  if (typeof value !== "string") throw malformed(path, "a string", value);
  return value;
}

function number(path: string, value: unknown): number {
  if (typeof value !== "number") throw malformed(path, "a number", value);
  return value;
}

function malformed(path: string, expected: string, found: unknown): TypeError {
  return new TypeError(
    `Cannot ${ACT} as ${path} must be ${expected}: it is ${
      found === undefined ? "missing" : show(found)
    }`,
  );
}
