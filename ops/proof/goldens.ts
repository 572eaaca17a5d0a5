// Copyright 2026 the Adjoint authors. MIT license.

/**
 * What was measured in libraries, for the links to compare with the code: values
 * of PyTorch, and what libraries do at special points.
 *
 * @module
 */

import type { Written } from "./special.ts";

/** A tensor that has been drawn. */
export interface Drawn {
  shape: number[];
  data:
    | Float32Array<ArrayBuffer>
    | Float64Array<ArrayBuffer>
    | Int32Array<ArrayBuffer>;
}

/** The element types that results are stored for. */
export type FloatType = "float32" | "float64";

/** The libraries that are measured. */
export const LIBRARIES = ["PyTorch", "JAX", "TensorFlow"] as const;

/** One of them. */
export type LibraryName = typeof LIBRARIES[number];

/** What was measured in a library, and when. */
export interface Measurement {
  version: string;
  /** The day, such as `2026-11-28`. */
  date: string;
  /** The op in Python, over the names of its inputs and options. */
  expression: string;
}

/** Elements of a tensor that PyTorch computed. */
export interface Golden {
  shape: number[];
  /** The places of the elements in row-major order, ascending. */
  at: Uint32Array;
  /** The element at each of these places. */
  values: Float32Array | Float64Array;
}

/** What PyTorch computed for one set of inputs. */
export interface GoldenCase {
  /** Its shapes, options and variant. */
  name: string;
  variant: string;
  /** The element type of all tensors except integer ones. */
  dtype: FloatType;
  /** The inputs by name, in the order of the op's parameters. */
  inputs: Record<string, Drawn | null>;
  /** The options that are given. */
  options: Record<string, unknown>;
  /** The gradient of the loss with respect to each output. */
  dout: Record<string, Drawn>;
  /** The outputs; none if PyTorch refuses. */
  outputs: Record<string, Golden>;
  /** The gradient of the loss with respect to each input that has one. */
  gradients: Record<string, Golden>;
  /** What PyTorch said, if it refuses such inputs. */
  refuses?: string;
}

/** What a library does at a special point. */
export type Measured =
  | { refuses: string }
  /** Outputs by name, gradients by `d` and the input's name. */
  | { refuses?: undefined; values: Record<string, Written> };

/** What the libraries do at a special point. */
export interface Convention {
  /** The first cell of the row on the page. */
  at: string;
  /** Libraries with no such operation are missing. */
  libraries: Partial<Record<LibraryName, Measured>>;
}

/** The golden file of one op. */
export interface Goldens {
  op: string;
  libraries: Partial<Record<LibraryName, Measurement>>;
  cases: GoldenCase[];
  conventions: Convention[];
}
