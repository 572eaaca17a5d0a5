// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Reads the golden files: what PyTorch computed, for every operation, and what
 * three libraries do at the special points of its page.
 *
 * `write.ts` writes them: `deno task goldens softmax`. Only results are stored,
 * as the little-endian bytes of their elements in base64, so that every bit is
 * kept; of long tensors a sample of elements. Inputs are drawn again from the
 * seed by `random.ts`.
 *
 * ```ts ignore
 * import json from "../goldens/softmax.json" with { type: "json" };
 * import { readGoldens } from "../goldens/read.ts";
 *
 * for (const { name, inputs, dout, outputs } of readGoldens(json).cases) {
 *   // …
 * }
 * ```
 *
 * @module
 */

import {
  type Domain,
  draw,
  type Drawn,
  isVariant,
  placesOf,
  seedOf,
  type Variant,
  variantOf,
} from "./random.ts";
import {
  type Convention,
  type FloatType,
  type Golden,
  type GoldenCase,
  type Goldens,
  LIBRARIES,
  type LibraryName,
  type Measurement,
} from "../proof/goldens.ts";
import { readAssignments } from "../proof/special.ts";

export {
  type Convention,
  type Golden,
  type GoldenCase,
  type Goldens,
  LIBRARIES,
  type LibraryName,
  type Measured,
  type Measurement,
} from "../proof/goldens.ts";

/** The form of a golden file. */
export interface GoldenFile {
  op: string;
  seed: number;
  /** The number of elements stored of a longer tensor. */
  kept: number;
  /** A hash of all that is drawn. */
  drawn: string;
  /** The inputs of floats that have no gradient, if there are any. */
  constants?: string[];
  libraries: Partial<Record<LibraryName, Measurement>>;
  cases: FileCase[];
  conventions: ({ at: string } & Partial<Record<LibraryName, string>>)[];
}

/** A case of a golden file. */
export interface FileCase {
  name: string;
  variant?: Variant;
  /** A shape, or a shape and a domain, or null. */
  inputs: Record<
    string,
    number[] | { shape: number[]; domain: Domain } | null
  >;
  options?: Record<string, unknown>;
  /** Their shapes. */
  outputs: Record<string, number[]>;
  /** Results in base64, or what PyTorch said when it refused. */
  float32: Record<string, string> | string;
  float64: Record<string, string> | string;
}

/** The element types, in the order of the file. */
export const FLOATS: readonly FloatType[] = ["float32", "float64"];

/** What a column begins with if the library refuses. */
export const REFUSES = "refuses: ";

/**
 * Reads a golden file.
 *
 * @param json The parsed JSON.
 * @returns Its cases, with tensors that are drawn anew.
 * @throws {TypeError} If something is missing or of the wrong kind, if data is
 * not base64 or has not the length that its shape needs, or if what is drawn is
 * not what PyTorch saw.
 */
export function readGoldens(json: unknown): Goldens {
  const file = object("the file", json);
  const op = string("op", file.op);
  const libraries: Goldens["libraries"] = {};
  const measured = object("libraries", file.libraries);
  for (const name of LIBRARIES) {
    if (measured[name] === undefined) continue;
    const path = `libraries.${name}`;
    const given = object(path, measured[name]);
    libraries[name] = {
      version: string(`${path}.version`, given.version),
      date: string(`${path}.date`, given.date),
      expression: string(`${path}.expression`, given.expression),
    };
  }
  const drawer: Drawer = {
    seed: integer("seed", file.seed),
    kept: integer("kept", file.kept),
    op,
    hash: new Hash(),
    constants: file.constants === undefined
      ? []
      : array("constants", file.constants).map((name, i) =>
        string(`constants[${i}]`, name)
      ),
  };
  const cases = array("cases", file.cases).flatMap((value, i) =>
    readCase(`cases[${i}]`, value, drawer)
  );
  const drawn = string("drawn", file.drawn);
  if (drawn !== drawer.hash.toString()) {
    throw new TypeError(
      `Cannot read the goldens of ${op} as what random.ts draws is no longer what PyTorch saw: write them anew with \`deno task goldens ${op}\``,
    );
  }
  return {
    op,
    libraries,
    cases,
    conventions: array("conventions", file.conventions).map((value, i) =>
      readConvention(`conventions[${i}]`, value)
    ),
  };
}

/** A section of the notebook that the project started from. */
export interface NotebookSection {
  inputs: Record<string, Drawn>;
  /** The gradient of the loss Σz² with respect to the output. */
  dout: Drawn;
  /** What PyTorch computed. */
  output: Drawn;
  gradients: Record<string, Drawn>;
  /** The distances that it printed, of its result from PyTorch's. */
  printed: Record<string, number>;
}

/**
 * Reads `notebook.json`: the notebook's arrays, of float32, by operation.
 *
 * @throws {TypeError} If the file is damaged.
 */
export function readNotebook(json: unknown): Record<string, NotebookSection> {
  const { note: _, torch: _t, numpy: _n, ...sections } = object(
    "the notebook",
    json,
  );
  return record("notebook", sections, (path, value) => {
    const given = object(path, value);
    const tensor = (path: string, value: unknown): Drawn => {
      const { shape, data } = object(path, value);
      const sizes = readShape(`${path}.shape`, shape);
      const size = sizes.reduce((a, b) => a * b, 1);
      const text = string(`${path}.data`, data);
      return {
        shape: sizes,
        data: decode(`${path}.data`, text, "float32", size),
      };
    };
    return {
      inputs: record(`${path}.inputs`, given.inputs, tensor),
      dout: tensor(`${path}.dout`, given.dout),
      output: tensor(`${path}.output`, given.output),
      gradients: record(`${path}.gradients`, given.gradients, tensor),
      printed: record(`${path}.printed`, given.printed, (path, value) => {
        if (typeof value === "number") return value;
        throw malformed(path, "a number", value);
      }),
    };
  });
}

/** What drawing needs to know about the file. */
export interface Drawer {
  op: string;
  seed: number;
  kept: number;
  hash: Hash;
  constants?: string[];
}

/** Draws the inputs of an op in a case: writing and reading do the same. */
export function drawCase(
  { op, seed, hash }: Pick<Drawer, "op" | "seed" | "hash">,
  { name, variant = "plain", inputs, outputs }: FileCase,
  dtype: FloatType,
): Pick<GoldenCase, "inputs" | "dout"> {
  const single = Object.keys(outputs).length === 1;
  const drawn = (
    tensor: string,
    shape: readonly number[],
    domain: Domain | undefined,
    variant: Variant,
  ) => {
    const words = seedOf(seed, op, name, dtype, tensor);
    const { variant: own, values } = variantOf(variant, tensor);
    const result = draw(words, shape, dtype, domain, own, values);
    hash.add(result.data);
    return result;
  };
  return {
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, drawing]) => {
        if (drawing === null) return [name, null];
        const { shape, domain } = Array.isArray(drawing)
          ? { shape: drawing, domain: undefined }
          : drawing;
        return [name, drawn(name, shape, domain, variant)];
      }),
    ),
    dout: Object.fromEntries(
      Object.entries(outputs).map(([name, shape]) => [
        name,
        drawn(
          single ? "dout" : `dout.${name}`,
          shape,
          undefined,
          variant === "zeros" || variant.includes(" in ") ? variant : "plain",
        ),
      ]),
    ),
  };
}

/** The places of the stored elements of a result. */
export function storedPlaces(
  { op, kept }: Pick<Drawer, "op" | "kept">,
  name: string,
  result: string,
  size: number,
): Uint32Array {
  return placesOf(seedOf(op, name, result), size, kept);
}

/** FNV-1a over the bits of all that is drawn. */
export class Hash {
  #value = 0x811c9dc5;

  add({ buffer }: { buffer: ArrayBuffer }): void {
    let hash = this.#value;
    const view = new DataView(buffer);
    for (let i = 0; i < view.byteLength; i += 4) {
      hash = Math.imul(hash ^ view.getInt32(i, isLittleEndian), 0x01000193);
    }
    this.#value = hash;
  }

  toString(): string {
    return (this.#value >>> 0).toString(16).padStart(8, "0");
  }
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function readCase(path: string, value: unknown, drawer: Drawer): GoldenCase[] {
  const given = object(path, value);
  const variant = given.variant ?? "plain";
  if (!isVariant(variant)) {
    throw malformed(`${path}.variant`, "the name of a variant", variant);
  }
  const file: FileCase = {
    name: string(`${path}.name`, given.name),
    variant,
    inputs: record(`${path}.inputs`, given.inputs, readDrawing),
    options: given.options === undefined
      ? {}
      : object(`${path}.options`, given.options),
    outputs: record(`${path}.outputs`, given.outputs, readShape),
    float32: readResults(`${path}.float32`, given.float32),
    float64: readResults(`${path}.float64`, given.float64),
  };
  return FLOATS.map((dtype): GoldenCase => {
    const { inputs, dout } = drawCase(drawer, file, dtype);
    const results = file[dtype];
    const common = {
      name: file.name,
      variant,
      dtype,
      inputs,
      options: file.options!,
      dout,
    };
    if (typeof results === "string") {
      return { ...common, outputs: {}, gradients: {}, refuses: results };
    }
    const outputs: Record<string, Golden> = {};
    const gradients: Record<string, Golden> = {};
    const take = (key: string, shape: readonly number[], text: string) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const at = storedPlaces(drawer, file.name, key, size);
      const name = `${path}.${dtype}.${key}`;
      const values = decode(name, text, dtype, at.length);
      return { shape: [...shape], at, values };
    };
    for (const [name, shape] of Object.entries(file.outputs)) {
      outputs[name] = take(
        name,
        shape,
        string(`${path}.${dtype}.${name}`, results[name]),
      );
    }
    // An op without gradients has none of them, others have all.
    const some = Object.keys(results).some((key) => !(key in file.outputs));
    for (const [name, x] of Object.entries(inputs)) {
      if (!some || x === null || x.data instanceof Int32Array) continue;
      if (drawer.constants?.includes(name)) continue;
      const text = string(`${path}.${dtype}.d${name}`, results[`d${name}`]);
      gradients[name] = take(`d${name}`, x.shape, text);
    }
    return { ...common, outputs, gradients };
  });
}

function readDrawing(path: string, value: unknown): FileCase["inputs"][string] {
  if (value === null) return null;
  if (Array.isArray(value)) return readShape(path, value);
  const { shape, domain } = object(path, value);
  if (
    typeof domain !== "string" &&
    (typeof domain !== "object" || domain === null)
  ) throw malformed(`${path}.domain`, "a domain", domain);
  return { shape: readShape(`${path}.shape`, shape), domain: domain as Domain };
}

function readShape(path: string, value: unknown): number[] {
  return array(path, value).map((size, i) => integer(`${path}[${i}]`, size));
}

function readResults(
  path: string,
  value: unknown,
): string | Record<string, string> {
  return typeof value === "string" ? value : record(path, value, string);
}

function readConvention(path: string, value: unknown): Convention {
  const given = object(path, value);
  const libraries: Convention["libraries"] = {};
  for (const name of LIBRARIES) {
    if (given[name] === undefined) continue;
    const text = string(`${path}.${name}`, given[name]);
    libraries[name] = text.startsWith(REFUSES)
      ? { refuses: text.slice(REFUSES.length) }
      : { values: readAssignments(text) };
  }
  return { at: string(`${path}.at`, given.at), libraries };
}

/** The bytes of elements in base64, whatever the byte order of the host is. */
export function encode(data: Drawn["data"]): string {
  const bytes = inFileOrder(
    new Uint8Array(data.buffer.slice(0)),
    data.BYTES_PER_ELEMENT,
  );
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function decode(
  path: string,
  text: string,
  dtype: FloatType,
  count: number,
): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  let binary: string;
  try {
    binary = atob(text);
  } catch (cause) {
    throw malformed(path, "base64", text, { cause });
  }
  const width = dtype === "float64" ? 8 : 4;
  if (binary.length !== count * width) {
    throw new TypeError(
      `Cannot read goldens as ${path} must have ${count} numbers of ${width} bytes: it has ${binary.length} bytes`,
    );
  }
  const bytes = inFileOrder(
    Uint8Array.from(binary, (char) => char.charCodeAt(0)),
    width,
  );
  return dtype === "float64"
    ? new Float64Array(bytes.buffer)
    : new Float32Array(bytes.buffer);
}

/** Bytes of numbers with the lowest byte first, from those of the host or to. */
function inFileOrder(
  bytes: Uint8Array<ArrayBuffer>,
  width: number,
): Uint8Array<ArrayBuffer> {
  if (!isLittleEndian) {
    for (let i = 0; i < bytes.length; i += width) {
      bytes.subarray(i, i + width).reverse();
    }
  }
  return bytes;
}

function record<T>(
  path: string,
  value: unknown,
  read: (path: string, value: unknown) => T,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(object(path, value)).map((
      [name, entry],
    ) => [name, read(`${path}.${name}`, entry)]),
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

function integer(path: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || value as number < 0) {
    throw malformed(path, "an integer, 0 or more", value);
  }
  return value as number;
}

function malformed(
  path: string,
  expected: string,
  found: unknown,
  options?: ErrorOptions,
): TypeError {
  const text = found === undefined ? "missing" : JSON.stringify(found);
  return new TypeError(
    `Cannot read goldens as ${path} must be ${expected}: it is ${
      text.length > 60 ? `${text.slice(0, 60)}…` : text
    }`,
    options,
  );
}
