// Copyright 2026 the Adjoint authors. MIT license.

// The checks that every operation makes before any work, and the grammar of
// their messages: `Cannot <act> as <what must hold>: <what was found>`.

import type { DType, Shape, Tensor } from "./tensor.ts";

/** A shape as the messages write it: `4×6×3`, `[5]` for a vector, `[]`. */
export function showShape(shape: Shape): string {
  return shape.length > 1 ? shape.join("×") : `[${shape.join()}]`;
}

/** A value that should have been something else, in a few words. */
export function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.slice(0, 40));
    case "object": {
      if (value === null) return "null";
      const kind = Object.prototype.toString.call(value).slice(8, -1);
      return `${/^[AEIO]/.test(kind) ? "an" : "a"} ${kind}`;
    }
    case "function":
      return "a function";
    case "bigint":
      return `${value}n`;
    default:
      return String(value);
  }
}

/** Checks a list of dimensions; the result is their product. */
export function checkShape(act: string, name: string, shape: unknown): number {
  if (!Array.isArray(shape)) {
    throw new TypeError(
      `Cannot ${act} as ${name} must be an array of dimensions: it is ${
        show(shape)
      }`,
    );
  }
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) {
    const n: unknown = shape[axis];
    if (typeof n !== "number") {
      throw new TypeError(
        `Cannot ${act} as every dimension in ${name} must be a number: dimension ${axis} is ${
          show(n)
        }`,
      );
    }
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new RangeError(
        `Cannot ${act} as every dimension in ${name} must be a non-negative integer: dimension ${axis} is ${n}`,
      );
    }
    size *= n;
  }
  if (!Number.isSafeInteger(size)) {
    throw new RangeError(
      `Cannot ${act} as the number of elements must be below 2^53: ${name} is ${
        showShape(shape)
      }`,
    );
  }
  return size;
}

/** Checks that an array can be the data of a tensor; says its element type. */
export function checkData(act: string, name: string, data: unknown): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  throw new TypeError(
    `Cannot ${act} as ${name} must be a Float32Array or a Float64Array: it is ${
      show(data)
    }`,
  );
}

/** Checks that `x` is a tensor, and of the given rank where there is one. */
export function checkTensor(
  act: string,
  name: string,
  x: Tensor,
  rank?: number,
): void {
  if (typeof x !== "object" || x === null) {
    throw new TypeError(
      `Cannot ${act} as ${name} must be a tensor { shape, data }: it is ${
        show(x)
      }`,
    );
  }
  const { shape, data } = x;
  const size = checkShape(act, `the shape of ${name}`, shape);
  checkData(act, `the data of ${name}`, data);
  if (data.length !== size) {
    throw new TypeError(
      `Cannot ${act} as the data of ${name} must have as many elements as its shape: ${name} is ${
        showShape(shape)
      }, its data has ${data.length}`,
    );
  }
  if (rank !== undefined && shape.length !== rank) {
    throw new TypeError(
      `Cannot ${act} as ${name} must have rank ${rank}: ${name} is ${
        showShape(shape)
      }`,
    );
  }
}

/** Checks that `y` has the element type of `x`. */
export function checkSameType(
  act: string,
  xName: string,
  x: Pick<Tensor, "data">,
  yName: string,
  y: Pick<Tensor, "data">,
): void {
  if (dtypeOf(x) !== dtypeOf(y)) {
    throw new TypeError(
      `Cannot ${act} as ${xName} and ${yName} must have the same element type: ${xName} is ${
        dtypeOf(x)
      }, ${yName} is ${dtypeOf(y)}`,
    );
  }
}

function checkSameShape(
  act: string,
  name: string,
  x: Tensor,
  what: string,
  shape: Shape,
): void {
  if (
    x.shape.length !== shape.length ||
    shape.some((n, axis) => n !== x.shape[axis])
  ) {
    throw new TypeError(
      `Cannot ${act} as ${name} must have the shape of the ${what}: ${name} is ${
        showShape(x.shape)
      }, the ${what} is ${showShape(shape)}`,
    );
  }
}

/**
 * Checks that `dout` is a tensor of the output's shape and of the element type
 * of the first input, `x`.
 */
export function checkDout(
  act: string,
  dout: Tensor,
  shape: Shape,
  x: Pick<Tensor, "data">,
): void {
  checkTensor(act, "dout", dout);
  checkSameShape(act, "dout", dout, "output", shape);
  checkSameType(act, "x", x, "dout", dout);
}

/**
 * Checks that `out` can take a result of the given shape: it has this shape, the
 * element type of the inputs, and no memory of theirs.
 */
export function checkOut(
  act: string,
  out: Tensor,
  shape: Shape,
  inputs: Readonly<Record<string, Tensor>>,
): void {
  checkTensor(act, "out", out);
  checkSameShape(act, "out", out, "result", shape);
  const { x } = inputs;
  checkSameType(act, "x", x, "out", out);
  for (const name in inputs) {
    const bytes = sharedBytes(inputs[name].data, out.data);
    if (bytes > 0) {
      throw new TypeError(
        `Cannot ${act} as out must not share memory with ${name}: they share ${bytes} bytes`,
      );
    }
  }
}

/** How many bytes two views have in common. */
function sharedBytes(a: Tensor["data"], b: Tensor["data"]): number {
  if (a.buffer !== b.buffer) return 0;
  const start = Math.max(a.byteOffset, b.byteOffset);
  const end = Math.min(
    a.byteOffset + a.byteLength,
    b.byteOffset + b.byteLength,
  );
  return Math.max(0, end - start);
}

/** New zeros; an error that says how much was asked for where there is no room. */
export function allocate(
  act: string,
  dtype: DType,
  size: number,
): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  try {
    return dtype === "float64"
      ? new Float64Array(size)
      : new Float32Array(size);
  } catch (cause) {
    const bytes = size * (dtype === "float64" ? 8 : 4);
    throw new RangeError(
      `Cannot ${act} as there is no memory for the result: ${size} elements of ${dtype} are ${bytes} bytes`,
      { cause },
    );
  }
}

/** The element type of a tensor, by the kind of its data. */
export function dtypeOf(x: Pick<Tensor, "data">): DType {
  return x.data instanceof Float64Array ? "float64" : "float32";
}
