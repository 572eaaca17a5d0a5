// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Convolution by shifted products
 *
 * A convolution is a matrix product in disguise. The usual way to it, im2col,
 * writes what lies in each window in a column of a matrix, which takes as many
 * times the memory of the image as the window has elements: nine times at 3×3. But
 * that matrix holds the same numbers again and again. Two rows of it that belong to
 * neighbouring elements of the window are the same row of the image, shifted by
 * one. So the image is kept once, with its padding, and each element of the window,
 * a **tap**, is a product of its weights with the image from another start:
 *
 * ```text
 *   padded image, one channel            tap (1, 1)     tap (1, 2)     tap (2, 1)
 *   0  0  0  0  0                        0  0  0  0     0  0  0  0     0  A  B  C
 *   0  A  B  C  0      2×2 windows:      0  0  A  B     0  A  B  C     0  0  D  E
 *   0  D  E  F  0                        C  0  0  D     0  0  D  E     F  0  0  0
 *   0  0  0  0  0                        E  F …         F …            0 …
 * ```
 *
 * All channels have the same steps, so the shifted image is a matrix, one row for a
 * channel, that the product kernel reads where it stands. An output row that is
 * shorter than a row of the padded image takes numbers along that belong to no
 * output: they are computed and left out, which costs 2 columns of 58 for 3×3 on a
 * width of 56. With $`W_{\alpha\mu}`$ for the weights of a tap, a matrix of outputs
 * by channels, and $`X_{\alpha\mu}`$ for the image shifted to it:
 *
 * ```text
 *   Y      = Σ W_αμ X_αμ            over the taps
 *   ∂E/∂X at the shift += W_αμᵀ ∂E/∂Y    for each tap
 *   ∂E/∂W_αμ = Σ ∂E/∂Y X_αμᵀ        over the images
 * ```
 *
 * **Strides.** Where windows are `s` rows apart, a tap reads every `s`-th row. So
 * the rows are dealt out to `s` images, the first to the first, the second to the
 * second, and so on, and likewise the columns; then neighbours in an image are
 * neighbours for a tap. A dilation only changes where a tap starts.
 *
 * **Depth.** A product whose sums have few terms spends its time on reading and
 * writing them. Where there are few channels, some taps are put below each other, for
 * 248 columns of the product at a time, until they are about 256 rows: a small part of
 * the matrix that im2col would write.
 *
 * **Memory.** An image is worked through in tiles of some rows of outputs, of two
 * megabytes: so much of the padded image, of the output, and of the image as it is
 * copied in or out. A tile is one row of outputs at least. Besides, there are the
 * weights, and the rows of 248 columns.
 *
 * What is 0 in the padding is multiplied, too, and 0 times infinity is NaN, where
 * the page has no product at all. So weights that are not finite are left to the
 * loop of the page, and so is a gradient that turns out to be NaN.
 *
 * @module
 */

import { fill, lengthOf, view, widthOf, write } from "../core/arrays.ts";
import type { Numbers } from "../core/arrays.ts";
import {
  after,
  type Engine,
  grow,
  IN_PLACE,
  LIMIT,
  TO_PACK,
} from "./engine.ts";
import { simdEngine } from "./simd.ts";
import { windows } from "./windows.ts";

/** The sizes of a convolution, in the letters of its page. */
export interface Sizes {
  readonly n: number;
  readonly groups: number;
  readonly c: number;
  readonly k: number;
  readonly h: number;
  readonly l: number;
  readonly r: number;
  readonly v: number;
  readonly s: number;
  readonly t: number;
  readonly p: number;
  readonly q: number;
  readonly d: number;
  readonly e: number;
}

/** From so many multiply-adds on it is worth to copy the image. */
const FROM = 2 ** 15;
/** From so many weights of a tap, and only if there are more outputs than one. */
const WEIGHTS = 4;
/** Bytes of a tile, if a row does not take more. */
const TILE = 2 ** 21;
/** Columns of a product that stay in the cache while all taps are added up; rows of
 * so many numbers do not fall on the same lines of it. */
const COLS = 248;
/** How many rows a product should have at least, as one with few spends its time on
 * reading and writing sums. */
const DEPTH = 256;
/** Rows below a matrix that the kernel may write to. */
const EDGE = 6;
/** Rows of weights up to which packing the image costs more than it saves. */
const FEW = 64;

/** Writes the convolution of x and w, plus b, to y; false if the loop is to. */
export function convolve(
  sizes: Sizes,
  x: Numbers,
  w: Numbers,
  b: Numbers | undefined,
  y: Numbers,
): boolean {
  const plan = planOf(sizes, y);
  if (plan === undefined || !isFinite(w)) return false;
  const { n, groups, k, c } = sizes, { size, gemm, taps, many, heap } = plan;
  for (let group = 0; group < groups; group++) {
    plan.loadWeights(w, group);
    for (let i = 0; i < n; i++) {
      for (const tile of plan.tiles) {
        plan.load(x, i, group, tile);
        if (b) {
          for (let o = 0; o < k; o++) {
            const row = plan.yAt + o * plan.yStep;
            fill(view(heap, row, row + tile.cols), b[group * k + o]);
          }
        }
        for (let from = 0; from < tile.cols; from += COLS) {
          const cols = Math.min(COLS, tile.cols - from);
          const at = (plan.yAt + from) * size;
          for (let tap = 0; tap < taps.length; tap += many) {
            const end = Math.min(tap + many, taps.length);
            const base = b || tap > 0 ? at : 0;
            const step = plan.gather(tap, end, from, cols);
            // deno-fmt-ignore
            gemm(
              k, (end - tap) * c, cols,
              (plan.wAt + tap * c) * size, plan.wStep * size, size,
              plan.gathered * size, step * size, size,
              at, plan.yStep * size, base, plan.yStep * size,
              k <= FEW ? IN_PLACE : TO_PACK, 0, 0, NOTHING, 0, 0,
            );
          }
        }
        plan.store(y, i, group, tile);
      }
    }
  }
  return true;
}

/** Writes the gradient with respect to x; false if the loop is to. */
export function convolveDx(
  sizes: Sizes,
  w: Numbers,
  dy: Numbers,
  dx: Numbers,
): boolean {
  const plan = planOf(sizes, dx);
  if (plan === undefined || !isFinite(w)) return false;
  const { n, groups, k, c } = sizes, { size, gemm, taps } = plan;
  if (plan.tiles.length > 1) fill(dx, 0); // Tiles are added up there.
  for (let group = 0; group < groups; group++) {
    plan.loadWeights(w, group);
    for (let i = 0; i < n; i++) {
      plan.clear();
      for (const tile of plan.tiles) {
        plan.loadOutput(dy, i, group, tile);
        for (let from = 0; from < tile.cols; from += COLS) {
          const cols = Math.min(COLS, tile.cols - from);
          for (let tap = 0; tap < taps.length; tap++) {
            const at = (plan.xAt + taps[tap] + from) * size;
            // deno-fmt-ignore
            gemm(
              c, k, cols,
              (plan.wAt + tap * c) * size, size, plan.wStep * size,
              (plan.yAt + from) * size, plan.yStep * size, size,
              at, plan.plane * size, at, plan.plane * size,
              c <= FEW ? IN_PLACE : TO_PACK, 0, 0, NOTHING, 0, 0,
            );
          }
        }
        plan.storeInput(dx, i, group, tile);
      }
    }
  }
  return true;
}

/** Writes the gradient with respect to w; false if the loop is to. */
export function convolveDw(
  sizes: Sizes,
  x: Numbers,
  dy: Numbers,
  dw: Numbers,
): boolean {
  const plan = planOf(sizes, dw);
  if (plan === undefined) return false;
  const { n, groups, k, c } = sizes, { size, gemm, taps, many } = plan;
  for (let group = 0; group < groups; group++) {
    let isFirst = true;
    for (let i = 0; i < n; i++) {
      for (const tile of plan.tiles) {
        plan.load(x, i, group, tile);
        plan.loadOutput(dy, i, group, tile);
        for (let from = 0; from < tile.cols; from += COLS) {
          const cols = Math.min(COLS, tile.cols - from);
          for (let tap = 0; tap < taps.length; tap += many) {
            const end = Math.min(tap + many, taps.length);
            const at = (plan.wAt + tap * c) * size;
            const step = plan.gather(tap, end, from, cols);
            // deno-fmt-ignore
            gemm(
              k, cols, (end - tap) * c,
              (plan.yAt + from) * size, plan.yStep * size, size,
              plan.gathered * size, size, step * size,
              at, plan.wStep * size, isFirst ? 0 : at, plan.wStep * size,
              TO_PACK, 0, 0, NOTHING, 0, 0,
            );
          }
          isFirst = false;
        }
      }
    }
    plan.storeWeights(dw, group);
  }
  return isFinite(dw) || !hasNaN(dw);
}

// The engine of one thread asks for no operand to copy.
const NOTHING = undefined as never;

/** Whether all numbers are finite. */
function isFinite(data: Numbers): boolean {
  let sum = 0;
  const count = lengthOf(data);
  for (let i = 0; i < count; i++) sum += data[i] * 0;
  return sum === 0;
}

function hasNaN(data: Numbers): boolean {
  const count = lengthOf(data);
  for (let i = 0; i < count; i++) if (data[i] !== data[i]) return true;
  return false;
}

/** Some rows of outputs, and how many columns of the product they are. */
interface Tile {
  readonly from: number;
  readonly rows: number;
  readonly cols: number;
}

/** One axis: which rows a tap reads. */
interface Line {
  /** The image of every s-th row that a tap is of, and the row it starts at. */
  readonly taps: readonly { image: number; start: number }[];
  /** The first row of each such image. */
  readonly phases: readonly number[];
  /** Rows of an image beyond one for each output. */
  readonly more: number;
}

function lineOf(window: number, stride: number, dilation: number): Line {
  const phases: number[] = [];
  let more = 0;
  const taps = Array.from({ length: window }, (_, a) => {
    const phase = a * dilation % stride;
    const start = Math.floor(a * dilation / stride);
    if (!phases.includes(phase)) phases.push(phase);
    more = Math.max(more, start);
    return { image: phases.indexOf(phase), start };
  });
  return { taps, phases, more };
}

/** Lays out the memory; undefined where the loop is faster, or there is none. */
function planOf(sizes: Sizes, like: Numbers): Plan | undefined {
  const { n, groups, c, k, h, l, r, v, s, t, p, q, d, e } = sizes;
  const u = windows(h, r, s, p, d), z = windows(l, v, t, q, e);
  const work = n * groups * k * u * z * c * r * v;
  if (work < FROM || k * c < WEIGHTS) return undefined;
  const engine = simdEngine();
  if (engine === undefined) return undefined;
  const rows = lineOf(r, s, d), cols = lineOf(v, t, e);
  const size = widthOf(like);
  const width = z + cols.more;
  const images = rows.phases.length * cols.phases.length;
  const most = (tile: number) => {
    const lines = tile + rows.more;
    const raw = Math.min(h, lines * s + r * d);
    return {
      lines,
      plane: images * lines * width,
      raw: Math.max(c * raw * l, k * tile * z),
    };
  };
  const bytesOf = (tile: number) => {
    const { plane, raw } = most(tile);
    return ((c + EDGE) * plane + (k + EDGE) * tile * width + raw) * size;
  };
  let tile = u;
  while (tile > 1 && bytesOf(tile) > TILE) tile = Math.ceil(tile / 2);
  const { lines, plane, raw } = most(tile);
  const wStep = r * v * c;
  const many = Math.ceil(r * v / Math.ceil(r * v * c / DEPTH));
  const wAt = after(engine.start / size);
  const xAt = after(wAt + (k + EDGE) * wStep);
  const yAt = after(xAt + (c + EDGE) * plane);
  const rawAt = after(yAt + (k + EDGE) * tile * width);
  const colAt = after(rawAt + raw);
  const end = after(colAt + (many > 1 ? many * c * COLS : 0)) * size;
  if (end > LIMIT) return undefined;
  if (engine.heap32[end / 4 - 1] === undefined && !grow(engine, end)) {
    return undefined;
  }
  const taps: number[] = [];
  for (const a of rows.taps) {
    for (const b of cols.taps) {
      const image = a.image * cols.phases.length + b.image;
      taps.push((image * lines + a.start) * width + b.start);
    }
  }
  const tiles: Tile[] = [];
  for (let from = 0; from < u; from += tile) {
    const rows = Math.min(tile, u - from);
    tiles.push({ from, rows, cols: (rows - 1) * width + z });
  }
  const heap = size === 4 ? engine.heap32 : engine.heap64;
  const plan = new Plan();
  Object.assign(plan, {
    sizes,
    engine,
    heap,
    size,
    u,
    z,
    rows,
    cols,
    lines,
    width,
    plane,
    taps,
    tiles,
    gemm: size === 4 ? engine.gemm32 : engine.gemm64,
    copy: size === 4 ? engine.lines32 : engine.lines64,
    wAt,
    wStep,
    xAt,
    yAt,
    yStep: tile * width,
    rawAt,
    colAt,
    many,
    isPlain: tiles.length === 1 && r * v * s * t === 1 && p + q === 0,
  });
  plan.clear();
  fill(view(heap, yAt, rawAt), 0);
  return plan;
}

/** Where everything stands, counted in numbers, and how it comes there. */
class Plan {
  declare readonly sizes: Sizes;
  declare readonly heap: Float32Array;
  declare readonly size: number;
  declare readonly gemm: Engine["gemm32"];
  declare readonly copy: NonNullable<Engine["lines32"]>;
  declare readonly u: number;
  declare readonly z: number;
  declare readonly rows: Line;
  declare readonly cols: Line;
  declare readonly lines: number;
  declare readonly width: number;
  declare readonly plane: number;
  declare readonly taps: readonly number[];
  declare readonly tiles: readonly Tile[];
  declare readonly wAt: number;
  declare readonly wStep: number;
  declare readonly xAt: number;
  declare readonly yAt: number;
  declare readonly yStep: number;
  declare readonly rawAt: number;
  declare readonly colAt: number;
  /** Whether the images stand in the memory as they do outside. */
  declare readonly isPlain: boolean;
  /** How many taps make a product. */
  declare readonly many: number;
  /** Where the last {@linkcode gather} has left its rows. */
  gathered = 0;

  /**
   * Puts some columns of the images of some taps below each other, if there are
   * several; the result is the step between rows.
   */
  gather(tap: number, end: number, from: number, cols: number): number {
    const { sizes: { c }, taps, plane, size, xAt, colAt } = this;
    this.gathered = end === tap + 1 ? xAt + taps[tap] + from : colAt;
    if (end === tap + 1) return plane;
    for (let i = tap; i < end; i++) {
      // deno-fmt-ignore
      this.copy(
        (xAt + taps[i] + from) * size, plane * size, size,
        (colAt + (i - tap) * c * COLS) * size, COLS * size, size, c, cols,
      );
    }
    return COLS;
  }

  /** Makes the images 0, padding and all. */
  clear(): void {
    fill(view(this.heap, this.xAt, this.yAt), 0);
  }

  /** Brings in the weights of a group, tap by tap. */
  loadWeights(w: Numbers, group: number): void {
    const { sizes: { k, c }, heap, wAt, wStep, taps: { length } } = this;
    const from = group * k * c * length;
    for (let tap = 0; tap < length; tap++) {
      for (let o = 0; o < k; o++) {
        const to = wAt + o * wStep + tap * c, at = from + o * wStep + tap;
        for (let j = 0; j < c; j++) heap[to + j] = w[at + j * length];
      }
    }
  }

  /** Writes the weights out. */
  storeWeights(w: Numbers, group: number): void {
    const { sizes: { k, c }, heap, wAt, wStep, taps: { length } } = this;
    const to = group * k * c * length;
    for (let tap = 0; tap < length; tap++) {
      for (let o = 0; o < k; o++) {
        const from = wAt + o * wStep + tap * c, at = to + o * wStep + tap;
        for (let j = 0; j < c; j++) w[at + j * length] = heap[from + j];
      }
    }
  }

  /** Brings in the part of an image that a tile of outputs is made of. */
  load(x: Numbers, i: number, group: number, tile: Tile): void {
    const { sizes: { groups, c, h, l }, heap, rawAt } = this;
    const [top, end] = this.#span(tile);
    if (this.tiles.length > 1) this.clear();
    const first = (i * groups + group) * c;
    if (this.isPlain) {
      write(heap, view(x, first * h * l, (first + c) * h * l), this.xAt);
      return;
    }
    if (end - top === h) {
      write(heap, view(x, first * h * l, (first + c) * h * l), rawAt);
    } else {
      for (let j = 0; j < c; j++) {
        const at = (first + j) * h * l;
        write(
          heap,
          view(x, at + top * l, at + end * l),
          rawAt + j * (end - top) * l,
        );
      }
    }
    this.#each(
      tile,
      top,
      end,
      (raw, rawLine, rawStep, at, lines, count) =>
        this.copy(
          raw,
          rawLine,
          rawStep,
          at,
          this.width * this.size,
          this.size,
          lines,
          count,
        ),
    );
  }

  /** Writes out the rows of an image that no later tile adds to. */
  storeInput(dx: Numbers, i: number, group: number, tile: Tile): void {
    const { sizes: { groups, c, h, l, s, t }, heap, rawAt } = this;
    const [top, end] = this.#span(tile);
    const isWhole = this.tiles.length === 1;
    const first = (i * groups + group) * c;
    if (this.isPlain) {
      const { xAt } = this;
      write(dx, view(heap, xAt, xAt + c * h * l), first * h * l);
      return;
    }
    // Where windows are apart, there may be elements in none.
    if (s > 1 || t > 1) fill(view(heap, rawAt, rawAt + c * (end - top) * l), 0);
    this.#each(
      tile,
      top,
      end,
      (raw, rawLine, rawStep, at, lines, count) =>
        this.copy(
          at,
          this.width * this.size,
          this.size,
          raw,
          rawLine,
          rawStep,
          lines,
          count,
        ),
    );
    if (isWhole) {
      write(dx, view(heap, rawAt, rawAt + c * h * l), first * h * l);
      return;
    }
    for (let j = 0; j < c; j++) {
      const to = (first + j) * h * l + top * l;
      const from = rawAt + j * (end - top) * l;
      for (let m = 0; m < (end - top) * l; m++) dx[to + m] += heap[from + m];
    }
    this.clear();
  }

  /** Brings in a tile of the gradient with respect to the output. */
  loadOutput(dy: Numbers, i: number, group: number, tile: Tile): void {
    const { sizes: { groups, k }, heap, u, z, width, size, yAt, yStep } = this;
    const isWhole = tile.rows === u, first = (i * groups + group) * k;
    const to = width === z && isWhole ? yAt : this.rawAt;
    if (isWhole) {
      write(heap, view(dy, first * u * z, (first + k) * u * z), to);
    } else {
      for (let o = 0; o < k; o++) {
        const at = ((first + o) * u + tile.from) * z;
        write(heap, view(dy, at, at + tile.rows * z), to + o * tile.rows * z);
      }
    }
    if (to === yAt) return;
    for (let o = 0; o < k; o++) {
      // deno-fmt-ignore
      this.copy(
        (to + o * tile.rows * z) * size, z * size, size,
        (yAt + o * yStep) * size, width * size, size, tile.rows, z,
      );
    }
  }

  /** Writes out a tile of the output. */
  store(y: Numbers, i: number, group: number, tile: Tile): void {
    const { sizes: { groups, k }, heap, u, z, width, size, yAt, yStep } = this;
    const isWhole = tile.rows === u, first = (i * groups + group) * k;
    const from = width === z && isWhole ? yAt : this.rawAt;
    for (let o = 0; from !== yAt && o < k; o++) {
      // deno-fmt-ignore
      this.copy(
        (yAt + o * yStep) * size, width * size, size,
        (from + o * tile.rows * z) * size, z * size, size, tile.rows, z,
      );
    }
    if (isWhole) {
      write(y, view(heap, from, from + k * u * z), first * u * z);
      return;
    }
    for (let o = 0; o < k; o++) {
      const at = from + o * tile.rows * z;
      write(
        y,
        view(heap, at, at + tile.rows * z),
        ((first + o) * u + tile.from) * z,
      );
    }
  }

  /** The rows of the image that the outputs of a tile see. */
  #span({ from, rows }: Tile): [number, number] {
    if (this.tiles.length === 1) return [0, this.sizes.h];
    const { sizes: { h, p, s }, rows: { phases, more } } = this;
    const last = (from + rows - 1 + more) * s + Math.max(...phases) - p;
    const top = Math.min(h, Math.max(0, from * s - p));
    return [top, Math.max(top, Math.min(h, last + 1))];
  }

  /** Goes through the images of every channel: what stands where. */
  #each(
    { from, rows }: Tile,
    top: number,
    end: number,
    run: (
      raw: number,
      rawLine: number,
      rawStep: number,
      at: number,
      lines: number,
      count: number,
    ) => void,
  ): void {
    const { sizes: { c, l, s, t, p, q }, size } = this;
    const { lines, width, plane, xAt, rawAt } = this;
    const inUse = rows + this.rows.more;
    let image = 0;
    for (const phase of this.rows.phases) {
      const y0 = Math.max(0, Math.ceil((top + p - phase) / s) - from);
      const y1 = Math.min(
        inUse,
        Math.floor((end - 1 + p - phase) / s) + 1 - from,
      );
      for (const side of this.cols.phases) {
        const x0 = Math.max(0, Math.ceil((q - side) / t));
        const x1 = Math.min(width, Math.floor((l - 1 + q - side) / t) + 1);
        const row = (from + y0) * s + phase - p - top, col = x0 * t + side - q;
        for (let j = 0; y1 > y0 && x1 > x0 && j < c; j++) {
          run(
            (rawAt + (j * (end - top) + row) * l + col) * size,
            s * l * size,
            t * size,
            (xAt + j * plane + (image * lines + y0) * width + x0) * size,
            y1 - y0,
            x1 - x0,
          );
        }
        image++;
      }
    }
  }
}
