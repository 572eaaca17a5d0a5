// Copyright 2026 the Adjoint authors. MIT license.

/**
 * Digits in few bytes, for a page to load: a pixel has sixteen shades.
 *
 * @module
 */

import { type Digits, PIXELS } from "./digits.ts";

/** The shades above black. */
const SHADES = 15;

/** Labels, then two pixels a byte; compressed, in base 64. */
export interface Packed {
  /** How many digits there are. */
  count: number;
  data: string;
}

/** Packs digits. */
export async function pack({ images, labels }: Digits): Promise<Packed> {
  const count = labels.length;
  const bytes = new Uint8Array(count + images.length / 2);
  bytes.set(labels);
  for (let i = 0; i < images.length; i++) {
    bytes[count + (i >> 1)] |= Math.round(images[i] * SHADES) << 4 * (i & 1);
  }
  const stream = new CompressionStream("deflate-raw");
  const packed = await through(bytes, stream);
  let data = "";
  for (const byte of packed) data += String.fromCharCode(byte);
  return { count, data: btoa(data) };
}

/** The digits that were packed. */
export async function unpack({ count, data }: Packed): Promise<Digits> {
  const packed = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const bytes = await through(packed, new DecompressionStream("deflate-raw"));
  const images = new Float32Array(count * PIXELS);
  if (bytes.length !== count + images.length / 2) {
    throw new Error(
      `Cannot read the digits as ${count} must be there: they have ${bytes.length} bytes`,
    );
  }
  for (let i = 0; i < images.length; i++) {
    const shade = bytes[count + (i >> 1)] >> 4 * (i & 1) & SHADES;
    images[i] = shade / SHADES;
  }
  return { images, labels: bytes.slice(0, count) };
}

async function through(
  bytes: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const all = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(all).arrayBuffer());
}
