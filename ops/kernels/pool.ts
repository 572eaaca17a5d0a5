// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Pooling windows
 *
 * A loop over windows takes the elements of each window one by one. Neighboring
 * windows are equally far apart everywhere, so vectors can take four windows at
 * once (two in float64): their first elements, then their second ones, and so on.
 * If the distance is 2, the usual one, two loads and a shuffle bring four such
 * elements; where it is larger, it takes four loads.
 *
 * ```text
 *   windows of 2, 2 apart        x   a b │ c d │ e f │ g h
 *                                     first  a c e g ┐ max
 *                                    second  b d f h ┘
 * ```
 *
 * **Maxima** are taken along the rows first, and then across them, because every window
 * that covers a row needs the largest of the same columns of it. The first of several
 * equal elements still wins, because a later one must be larger, and a NaN replaces
 * everything. The usual windows, two columns wide and 2 apart, are taken at once if no
 * two of them have a row in common. In the backward pass, the columns of the maxima go
 * through the same choices. Then each gradient is added at its place, in float64;
 * windows that do not overlap need no sums.
 *
 * **Means** are sums in float64, of the elements in their order, so they have the
 * bits of the loop. In the backward pass, an element has the sum of the gradients
 * of the windows that cover it. Columns that are equally far from the beginning
 * of a window, every t-th, are covered by neighboring windows.
 *
 * **Padding** at the sides is written beside the rows, as −∞ or 0, which change no
 * maximum and no sum; padding above and below is skipped. About 256 kB of images are
 * copied in at once. Images in an arena are read where they lie, unless they are
 * padded.
 *
 * @module
 */

import { type Numbers, piece, view, widthOf, write } from "../core/arrays.ts";
import { POOL } from "./_pool_wasm.ts";
import { addressIn, after, hasRoom, LIMIT } from "./engine.ts";
import { exportsIn } from "./platform.ts";
import { simdEngine } from "./simd.ts";
import { windows } from "./windows.ts";

/** The sizes of a pooling, in the letters of its page. */
export interface Sizes {
  readonly n: number;
  readonly h: number;
  readonly l: number;
  readonly r: number;
  readonly v: number;
  readonly s: number;
  readonly t: number;
  readonly p: number;
  readonly q: number;
}

/** What the module of WebAssembly exports: see `pool.as.ts`. */
type Kernels = Record<
  `${"max" | "maxDx" | "avg" | "avgDx" | "pad"}${32 | 64}`,
  (...sizesAndPlaces: number[]) => void
>;

/** What is read of each image: lines. Longer ones, of `width` numbers, begin with as
 * many as `before`, which are `value`, and so are those behind the line. */
interface Source {
  readonly data: Numbers;
  readonly lines: number;
  readonly cols: number;
  readonly width: number;
  readonly before?: number;
  readonly value?: number;
}

/** What a kernel gets: the addresses of what is read, of what it works with, and of
 * the result. */
type Run = (
  kernels: Kernels,
  bits: 32 | 64,
  images: number,
  from: readonly number[],
  work: number,
  to: number,
) => void;

/** With fewer elements than this in all windows, the loop is done before a copy is. */
const FROM = 512;
/** With fewer columns of windows, most of a vector is wasted: the loop computes a
 * mean faster. */
const FEW = 3;
/** Bytes that are worked on at once, if an image does not take more. */
const CHUNK = 2 ** 18;
/** For windows that are farther apart, more would be read behind an image than there
 * may be memory. */
const NEAR = 64;
/** Bytes of a vector, as a kernel may write so much behind its lines. */
const VECTOR = 16;

const kernelsIn = exportsIn<Kernels>([POOL]);

/** Writes the largest of each window of x to y; false if that is left to the loop. */
export function maxPool(sizes: Sizes, x: Numbers, y: Numbers): boolean {
  const { h, r, v, s, t, p } = sizes, { rows, cols } = outputOf(sizes);
  if (isSmall(sizes, rows * cols)) return false;
  const image = imageOf(sizes, x, -Infinity), { width } = image;
  return run(sizes, [image], y, rows * cols, h * cols, (...given) => {
    const [kernels, bits, n, [from], work, to] = given;
    // deno-fmt-ignore
    kernels[`max${bits}`](
      n, h, width, r, v, s, t, p, rows, cols, from, work, to,
    );
  });
}

/** Writes the gradients of the largest of each window to dx; false if that is left to
 * the loop. */
export function maxPoolDx(
  sizes: Sizes,
  x: Numbers,
  dy: Numbers,
  dx: Numbers,
): boolean {
  const { h, l, r, v, s, t, p, q } = sizes, { rows, cols } = outputOf(sizes);
  if (isSmall(sizes, rows * cols)) return false;
  const image = imageOf(sizes, x, -Infinity), { width } = image;
  const each = rows * cols;
  // The sums, which are in float64; the largest of the rows and their columns; and
  // the places of the largest of all.
  const sums = 2 * h * l, work = sums + 2 * (h * cols + VECTOR) + each;
  const sources = [image, linesOf(dy, 1, each)];
  return run(sizes, sources, dx, h * l, work, (...given) => {
    const [kernels, bits, n, [from, out], work, to] = given;
    // deno-fmt-ignore
    kernels[`maxDx${bits}`](
      n, h, l, width, r, v, s, t, p, q, rows, cols, from, work + 4 * sums, out, to, work,
    );
  });
}

/** Writes the mean of each window of x to y; false if that is left to the loop. */
export function avgPool(sizes: Sizes, x: Numbers, y: Numbers): boolean {
  const { h, r, v, s, t, p } = sizes, { rows, cols } = outputOf(sizes);
  if (cols < FEW || isSmall(sizes, rows * cols)) return false;
  const image = imageOf(sizes, x, 0), { width } = image;
  return run(sizes, [image], y, rows * cols, 0, (...given) => {
    const [kernels, bits, n, [from], , to] = given;
    // deno-fmt-ignore
    kernels[`avg${bits}`](n, h, width, r, v, s, t, p, rows, cols, from, to);
  });
}

/** Writes the gradients of the means to dx; false if that is left to the loop. */
export function avgPoolDx(sizes: Sizes, dy: Numbers, dx: Numbers): boolean {
  const { h, l, r, v, s, t, p, q } = sizes, { rows, cols } = outputOf(sizes);
  if (cols < FEW || isSmall(sizes, rows * cols)) return false;
  // The windows that a column may lie in besides the last one that begins before it.
  const before = Math.ceil(v / t) - 1;
  const last = Math.floor((l - 1 + q) / t);
  const width = before + Math.max(cols, last + 1);
  const source = { ...linesOf(dy, rows, cols), width, before, value: 0 };
  return run(sizes, [source], dx, h * l, 0, (...given) => {
    const [kernels, bits, n, [from], , to] = given;
    // deno-fmt-ignore
    kernels[`avgDx${bits}`](
      n, h, l, r, v, s, t, p, q, rows, width, before, from, to,
    );
  });
}

/** Whether there are too few elements in all windows, of which an image has so many. */
function isSmall({ n, r, v }: Sizes, windows: number): boolean {
  return n * windows * r * v < FROM;
}

/** The rows and columns of the output. */
function outputOf({ h, l, r, v, s, t, p, q }: Sizes) {
  return { rows: windows(h, r, s, p), cols: windows(l, v, t, q) };
}

/** The images, whose padding is a value. */
function imageOf({ h, l, q }: Sizes, x: Numbers, value: number): Source {
  return { ...linesOf(x, h, l), width: l + 2 * q, before: q, value };
}

/** Lines that are not padded. */
function linesOf(data: Numbers, lines: number, cols: number): Source {
  return { data, lines, cols, width: cols };
}

/** Runs a kernel on some images after the other, each of whose results has `each`
 * numbers, and with so much to work with. */
function run(
  sizes: Sizes,
  sources: readonly Source[],
  result: Numbers,
  each: number,
  work: number,
  call: Run,
): boolean {
  const { n, v, t } = sizes, engine = simdEngine();
  if (engine === undefined) return false;
  const size = widthOf(result), bits = size === 4 ? 32 : 64;
  const image = sources.reduce(
    (sum, { lines, width }) => sum + lines * width,
    each,
  );
  const many = Math.max(1, Math.min(n, Math.floor(CHUNK / size / image)));
  let end = after(engine.start / size);
  const room = (count: number) => {
    const at = end;
    end = after(at + count);
    return at;
  };
  const places = sources.map(({ data, lines, cols, width }) => {
    const isPadded = width > cols;
    const own = isPadded || t > NEAR ? 0 : addressIn(engine, data, size);
    const copied = own > 0 ? 0 : room(many * lines * cols);
    return { own, copied, at: isPadded ? room(many * lines * width) : copied };
  });
  const workAt = room(work), resultAt = room(many * each);
  end = after(end + VECTOR * t + v); // What may be read and written behind it.
  if (end * size > LIMIT || !hasRoom(engine, end * size)) return false;
  const heap = size === 4 ? engine.heap32 : engine.heap64;
  const kernels = kernelsIn(engine), pad = kernels[`pad${bits}`];
  for (let i = 0; i < n; i += many) {
    const images = Math.min(many, n - i);
    const from = sources.map(
      ({ data, lines, cols, width, before, value }, k) => {
        const { own, copied, at } = places[k], plane = lines * cols;
        if (own > 0) return own + i * plane * size;
        write(heap, piece(data, i * plane, (i + images) * plane), copied);
        if (at !== copied) {
          // deno-fmt-ignore
          pad(copied * size, cols, images * lines, at * size, width, before!, value!);
        }
        return at * size;
      },
    );
    call(kernels, bits, images, from, workAt * size, resultAt * size);
    write(result, view(heap, resultAt, resultAt + images * each), i * each);
  }
  return true;
}
