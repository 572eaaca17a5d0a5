// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Tensors in a file of the safetensors format, which PyTorch and others read: the
 * length of a header in 8 bytes, the header in JSON, and the bytes of the tensors.
 *
 * @module
 */

import type { Shape, Tensor } from "../../ops/tensor.ts";

/** What a file has. */
export interface Saved {
  tensors: Record<string, Tensor<Shape>>;
  /** Texts by name. */
  metadata: Record<string, string>;
}

/** A tensor in the header. */
interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [from: number, to: number];
}

/** A file that is not as it should be. */
export class FormatError extends Error {
  override name = "FormatError";
}

/** The bytes of a file. */
export function encode(
  { tensors, metadata }: Saved,
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let size = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    const to = size + 4 * data.length;
    header[name] = { dtype: "F32", shape, data_offsets: [size, to] };
    size = to;
  }
  let text = new TextEncoder().encode(JSON.stringify(header));
  // Spaces, so that the numbers begin at a multiple of 8.
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(32);
  padded.set(text);
  text = padded;
  const bytes = new Uint8Array(8 + text.length + size);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  let at = 8 + text.length;
  for (const { data } of Object.values(tensors)) {
    for (const value of data) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return bytes;
}

/** What the bytes of a file say. */
export function decode(bytes: Uint8Array<ArrayBuffer>): Saved {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) {
    throw new FormatError(`it is too short: ${bytes.length} bytes`);
  }
  const length = Number(view.getBigUint64(0, true)), start = 8 + length;
  if (start > bytes.length) {
    throw new FormatError(
      `its header should have ${length} bytes, and the whole file has ${bytes.length}`,
    );
  }
  let header: Record<string, Entry>;
  let metadata: Record<string, string>;
  try {
    const text = new TextDecoder("utf-8", { fatal: true })
      .decode(bytes.subarray(8, start));
    ({ __metadata__: metadata = {}, ...header } = JSON.parse(text));
  } catch (cause) {
    throw new FormatError("its header is no JSON", { cause });
  }
  const tensors: Saved["tensors"] = {};
  for (const [name, entry] of Object.entries(header)) {
    const { dtype, shape, data_offsets: [from, to] = [] } = entry;
    if (dtype !== "F32") {
      throw new FormatError(`${name} must be of F32: it is of ${dtype}`);
    }
    const size = Array.isArray(shape) ? shape.reduce((a, b) => a * b, 1) : NaN;
    if (!(from! >= 0 && to! - from! === 4 * size)) {
      throw new FormatError(`${name} has not as many bytes as its shape says`);
    }
    if (start + to! > bytes.length) {
      throw new FormatError(`it ends before ${name} does`);
    }
    const data = new Float32Array(size);
    for (let i = 0; i < size; i++) {
      data[i] = view.getFloat32(start + from! + 4 * i, true);
    }
    tensors[name] = { shape, data };
  }
  return { tensors, metadata };
}

/** Writes a file: the old one stays as it is until the new one is whole. */
export async function write(path: string, saved: Saved): Promise<void> {
  const part = `${path}.part`;
  try {
    await Deno.writeFile(part, encode(saved));
    await Deno.rename(part, path);
  } catch (cause) {
    await Deno.remove(part).catch(() => {});
    throw new Error(
      `Cannot write ${path}, which is as it was: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/** Reads a file. */
export async function read(path: string): Promise<Saved> {
  try {
    return decode(await Deno.readFile(path));
  } catch (cause) {
    throw new Error(
      `Cannot read ${path}${
        cause instanceof FormatError ? " as safetensors" : ""
      }: ${(cause as Error).message}`,
      { cause },
    );
  }
}
