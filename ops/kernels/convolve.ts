// Copyright 2026 the Adjoint authors. MIT license.

/**
 * # Convolution as a product
 *
 * A convolution is a matrix product in disguise. The usual method, im2col, writes
 * the elements of each window into a column of a matrix. That takes as many times
 * the memory of the image as the window has elements: nine times at 3×3. But the
 * matrix holds the same numbers again and again: each of its rows, for a channel
 * and an element of the window, a **tap**, is a row of the image from another
 * start.
 *
 * ```text
 *   padded image, one channel            rows of the matrix, for the first outputs
 *   0  0  0  0  0                        tap (1, 1)   0  0  0
 *   0  A  B  C  0      2×2 windows:      tap (1, 2)   0  0  0
 *   0  D  E  F  0                        tap (2, 1)   0  A  B
 *   0  0  0  0  0                        tap (2, 2)   A  B  C
 * ```
 *
 * So the image is kept once, with its padding, and the matrix is a **table** of
 * where its rows start, which is the same for every row of outputs. The product
 * kernel reads the rows where they are: in each step it looks up one address, which
 * takes hardly any time beside twelve multiply-adds. All taps and channels are
 * summed up in registers. If channels were a multiple of 2 kB apart, their numbers
 * would share places in the cache, so some memory is left free between them. If a
 * window has one element, the image itself is the matrix.
 *
 * ```text
 *   weights   k × crv      table → columns        outputs
 *   ┌────────────┐         ┌──┬──┬──┐             ┌─────┬─────┬──┐
 *   │ 6 rows     │    ×    │ 8│ 8│ …│     =       │ 6×8 │ 6×8 │ …│
 *   ├────────────┤         │  │  │  │             ├─────┼─────┼──┤
 *   │ …          │         └──┴──┴──┘             └─────┴─────┴──┘
 * ```
 *
 * The weights are packed once for all images. A tile has six rows, or four where
 * six would leave more of them unused: 32 outputs are four times six and twice four.
 * If there are fewer than four outputs, for example because each channel is a group,
 * each is computed alone, eight columns at a time.
 *
 * **The gradient with respect to the image** is the same product, of the transposed
 * weights with the gradient of the output, in which a tap goes backward: what it read
 * two rows below it gives two rows above.
 *
 * **The gradient with respect to the weights** is the product of that matrix with the
 * gradient of the output, both read along the positions, 256 at a time. Here, too, each
 * of fewer than four outputs is computed alone, from rows that are read in place.
 *
 * **Strides.** If windows are `s` rows apart, a tap reads every `s`-th row. So
 * the rows are dealt out to `s` images, the first to the first, the second to the
 * second, and so on, and likewise the columns; then neighbors in an image are
 * neighbors for a tap. A dilation only changes where a tap starts. In the
 * backward pass every `s`-th row of the result is a product of its own, of the
 * taps that meet it.
 *
 * **Memory.** An image is worked through in tiles of some rows of the result, of
 * one megabyte: so much of the padded image, of the result, and of the image as
 * it is copied in. A tile is at least one row of the result. The weights and the
 * tables come on top of that.
 *
 * Tensors that lie in the memory already, as those of an arena do, are used in
 * place, unless they need padding, are dealt out, or have channels that share
 * places in the cache.
 *
 * The zeros of the padding are multiplied, too, and 0 times infinity is NaN,
 * where the page has no product at all. So weights that are not finite are left
 * to the loop of the page, and so is a gradient that turns out to be NaN.
 *
 * @module
 */

import { fill, lengthOf, view, widthOf, write } from "../core/arrays.ts";
import type { Numbers } from "../core/arrays.ts";
import { PLAIN, RELAXED } from "./_convolve_wasm.ts";
import { addressIn, after, type Engine, grow, LIMIT } from "./engine.ts";
import { exportsIn } from "./platform.ts";
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

/** The number of multiply-adds from which copying the image pays. */
const FROM = 2 ** 15;
/** Bytes of a tile, if a row does not take more. */
const TILE = 2 ** 20;
/** Numbers of a window that are summed at once, so that the weights of a tile stay in the
 * nearest cache. A gradient of an image has fewer, so that it loses no more digits than
 * if the elements of a window were added one by one, as PyTorch does it. */
const DEPTH = 320, DEPTH_DX = 160;
/** Positions that are summed at once for the gradient of the weights, as in
 * `convolve.as.ts`. */
const POSITIONS = 256;
/** More channels than this share places in the cache if they begin a multiple of this many
 * bytes apart. */
const WAYS = 8, APART = 2048;
/** Rows of a product that are made at once, and bytes of each. */
const ROWS = 6, BYTES = 32;

/** Writes the convolution of x and w, plus b, to y; false if that is left to the
 * loop. */
export function convolve(
  sizes: Sizes,
  x: Numbers,
  w: Numbers,
  b: Numbers | undefined,
  y: Numbers,
): boolean {
  const plan = planOf(forwardOf, sizes, x, y);
  if (plan === undefined || !isFinite(w)) return false;
  const { c, r, v } = sizes;
  plan.loadWeights(w, c * r * v, r * v);
  if (b) plan.loadBias(b);
  plan.correlate(b !== undefined);
  return true;
}

/** Writes the gradient with respect to x; false if that is left to the loop. */
export function convolveDx(
  sizes: Sizes,
  w: Numbers,
  dy: Numbers,
  dx: Numbers,
): boolean {
  const plan = planOf(backwardOf, sizes, dy, dx);
  if (plan === undefined || !isFinite(w)) return false;
  const { c, r, v } = sizes;
  plan.loadWeights(w, r * v, c * r * v);
  plan.correlate(false);
  return true;
}

/** Writes the gradient with respect to w; false if that is left to the loop. */
export function convolveDw(
  sizes: Sizes,
  x: Numbers,
  dy: Numbers,
  dw: Numbers,
): boolean {
  const plan = planOf(forwardOf, sizes, x, dy);
  if (plan === undefined) return false;
  plan.weigh(dw);
  return isFinite(dw) || !hasNaN(dw);
}

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

/** An element of a window along an axis: its number, the image that it reads, and
 * how many lines further on. */
interface Tap {
  readonly index: number;
  readonly image: number;
  readonly start: number;
}

/**
 * One axis of a product. Line `i` of image `a` is the row `i apart + phases[a] - before`
 * of what is read; sum `i` of product `b` is the row `i step + b - ahead` of the result.
 */
interface Axis {
  /** How many rows there are to read, and how many to write. */
  readonly size: number;
  readonly out: number;
  readonly window: number;
  readonly apart: number;
  readonly before: number;
  readonly phases: readonly number[];
  readonly step: number;
  readonly ahead: number;
  /** The taps of each product, the least of their starts, and how much larger the
   * greatest is. */
  readonly products: readonly (readonly Tap[])[];
  readonly min: number;
  readonly more: number;
}

/** A convolution, or a transposed one. */
interface Correlation {
  readonly n: number;
  readonly groups: number;
  /** Channels of a group that are read, and that are written. */
  readonly inputs: number;
  readonly outputs: number;
  /** How many of what is read are summed at once. */
  readonly most: number;
  readonly rows: Axis;
  readonly cols: Axis;
}

function forwardOf(sizes: Sizes): Correlation {
  const { n, groups, c, k, h, l, r, v, s, t, p, q, d, e } = sizes;
  const rows = forwardAxis(h, r, s, p, d), cols = forwardAxis(l, v, t, q, e);
  return { n, groups, inputs: c, outputs: k, most: DEPTH, rows, cols };
}

function backwardOf(sizes: Sizes): Correlation {
  const { n, groups, c, k, h, l, r, v, s, t, p, q, d, e } = sizes;
  const rows = backwardAxis(h, r, s, p, d), cols = backwardAxis(l, v, t, q, e);
  return { n, groups, inputs: k, outputs: c, most: DEPTH_DX, rows, cols };
}

function forwardAxis(
  size: number,
  window: number,
  stride: number,
  padding: number,
  dilation: number,
): Axis {
  const phases: number[] = [];
  const taps = Array.from({ length: window }, (_, index) => {
    const phase = index * dilation % stride;
    const start = Math.floor(index * dilation / stride);
    if (!phases.includes(phase)) phases.push(phase);
    return { index, image: phases.indexOf(phase), start };
  });
  return {
    size,
    out: windows(size, window, stride, padding, dilation),
    window,
    apart: stride,
    before: padding,
    phases,
    step: 1,
    ahead: 0,
    products: [taps],
    min: 0,
    more: Math.floor((window - 1) * dilation / stride),
  };
}

/** What was read is written: a row for each stride from the first on, and so on. */
function backwardAxis(
  size: number,
  window: number,
  stride: number,
  padding: number,
  dilation: number,
): Axis {
  const products = Array.from({ length: stride }, (): Tap[] => []);
  for (let index = 0; index < window; index++) {
    const start = -Math.floor(index * dilation / stride);
    products[index * dilation % stride].push({ index, image: 0, start });
  }
  const more = Math.floor((window - 1) * dilation / stride);
  return {
    size: windows(size, window, stride, padding, dilation),
    out: size,
    window,
    apart: 1,
    before: 0,
    phases: [0],
    step: stride,
    ahead: padding,
    products,
    min: -more,
    more,
  };
}

/** The first line that the rows from `from` on read, and how many. */
function linesOf(axis: Axis, from: number, rows: number): [number, number] {
  const { step, ahead, min, more } = axis;
  const first = Math.floor((from + ahead) / step);
  const last = Math.floor((from + rows - 1 + ahead) / step);
  return [first + min, last - first + 1 + more];
}

/** The rows that stand in this many lines from the first on. */
function spanOf(axis: Axis, first: number, lines: number): [number, number] {
  const { size, apart, before, phases } = axis;
  const top = Math.max(0, Math.min(size, first * apart - before));
  const last = (first + lines - 1) * apart + Math.max(...phases) - before;
  return [top, Math.max(top, Math.min(size, last + 1))];
}

/** The sums of a product that are rows from `from` on: the first, and how many. */
function sumsOf(
  { step, ahead }: Axis,
  product: number,
  from: number,
  rows: number,
): [number, number] {
  const first = Math.ceil((from + ahead - product) / step);
  return [first, Math.ceil((from + rows + ahead - product) / step) - first];
}

/** What the module of WebAssembly exports; all addresses and steps are in bytes. */
interface Kernels {
  pack32: Pack;
  pack64: Pack;
  correlate32: Correlate;
  correlate64: Correlate;
  weigh32: Weigh;
  weigh64: Weigh;
  lines32: CopyLines;
  lines64: CopyLines;
}

type Pack = (
  w: number,
  rowStep: number,
  colStep: number,
  m: number,
  depth: number,
  block: number,
  to: number,
) => void;

type Correlate = (
  m: number,
  depth: number,
  block: number,
  rows: number,
  cols: number,
  w: number,
  table: number,
  y: number,
  yLine: number,
  z: number,
  zStep: number,
  zLine: number,
  bias: number,
  space: number,
) => void;

type Weigh = (
  m: number,
  k: number,
  rows: number,
  cols: number,
  table: number,
  y: number,
  yLine: number,
  dz: number,
  dzStep: number,
  z: number,
  zStep: number,
  isFirst: boolean,
  space: number,
) => void;

type CopyLines = (
  from: number,
  fromLine: number,
  fromStep: number,
  to: number,
  toLine: number,
  toStep: number,
  lines: number,
  count: number,
) => void;

const kernelsOn = exportsIn<Kernels>([RELAXED, PLAIN]);

/** Some rows of the result. */
interface Tile {
  readonly from: number;
  readonly rows: number;
}

/** A product: its weights, and the place of what they are multiplied by. */
interface Product {
  readonly row: number;
  readonly col: number;
  readonly depth: number;
  readonly block: number;
  readonly taps: readonly number[];
  readonly weightsAt: number;
  /** Packed weights of a group. */
  readonly weights: number;
  readonly tableAt: number;
}

/** Lays out the memory; undefined where the loop is faster, or there is none. */
function planOf(
  make: (sizes: Sizes) => Correlation,
  sizes: Sizes,
  x: Numbers,
  y: Numbers,
): Plan | undefined {
  const { n, groups, c, k, h, l, r, v, s, t, p, q, d, e } = sizes;
  const places = make === backwardOf && s * t === 1
    ? h * l
    : windows(h, r, s, p, d) * windows(l, v, t, q, e);
  if (n * groups * c * k * places * r * v < FROM) return undefined;
  const engine = simdEngine();
  if (engine === undefined) return undefined;
  const plan = new Plan(make(sizes), engine, x, y);
  const bytes = plan.end * plan.size;
  if (bytes > LIMIT) return undefined;
  if (engine.heap32[bytes / 4 - 1] === undefined && !grow(engine, bytes)) {
    return undefined;
  }
  plan.prepare();
  return plan;
}

/** The place of everything, counted in numbers, and how it gets there. */
class Plan {
  readonly of: Correlation;
  readonly engine: Engine;
  readonly size: number;
  readonly kernels: Kernels;
  /** Groups that are read at once, and how many rows of the result are a tile. */
  readonly many: number;
  readonly tile: number;
  readonly tiles: readonly Tile[];
  /** Whether what is read has the same layout in the memory as outside. */
  readonly isPlain: boolean;
  /** Lines of an image, their numbers, and those of all images of a channel. */
  readonly lines: number;
  readonly width: number;
  readonly plane: number;
  readonly products: readonly Product[];
  readonly spaceAt: number;
  readonly biasAt: number;
  readonly imageAt: number;
  readonly rawAt: number;
  readonly outAt: number;
  /** The places of what is read and of what is written if they lie in the memory
   * already, or 0. */
  readonly x: Numbers;
  readonly y: Numbers;
  readonly xIn: number;
  readonly yIn: number;
  readonly sumsAt: number;
  readonly end: number;
  heap: Numbers;

  constructor(of: Correlation, engine: Engine, x: Numbers, y: Numbers) {
    const { groups, inputs, outputs, rows, cols } = of;
    const size = widthOf(y);
    this.of = of;
    this.engine = engine;
    this.size = size;
    this.x = x;
    this.y = y;
    this.kernels = kernelsOn(engine);
    this.heap = size === 4 ? engine.heap32 : engine.heap64;
    // It also ends where the image does: behind the last window, a stride may leave
    // rows of the result that nothing gives to.
    this.isPlain = [rows, cols].every((axis) =>
      axis.apart === 1 && axis.before === 0 && axis.ahead === 0 &&
      axis.min === 0 && linesOf(axis, 0, axis.out)[1] === axis.size
    );
    const collides = (plane: number) =>
      inputs > WAYS && plane * size % APART === 0;
    const xIn = this.isPlain && !collides(rows.size * cols.size)
      ? addressIn(engine, x, size) / size
      : 0;
    this.xIn = xIn;
    this.yIn = addressIn(engine, y, size) / size;
    const images = rows.phases.length * cols.phases.length;
    [, this.width] = linesOf(cols, 0, cols.out);
    const isDealt = rows.step * cols.step > 1;
    const needed = (tile: number) => {
      const lines = Math.floor((tile - 1) / rows.step) + 2 + rows.more -
        (rows.step === 1 ? 1 : 0);
      const dense = images * (xIn > 0 ? rows.size : lines) * this.width;
      const plane = collides(dense) ? after(dense) : dense;
      const raw = Math.min(rows.size, lines * rows.apart + rows.window) *
        cols.size;
      const out = tile * cols.out;
      return { lines, plane, raw: this.isPlain ? 0 : raw, out };
    };
    const bytesOf = (tile: number, many: number) => {
      const { plane, raw, out } = needed(tile);
      return many * (inputs * (plane + raw) + outputs * out) * size;
    };
    this.many = Math.max(
      1,
      Math.min(groups, Math.floor(TILE / bytesOf(rows.out, 1))),
    );
    let tile = rows.out;
    while (tile > 1 && bytesOf(tile, this.many) > TILE) {
      tile = Math.ceil(tile / 2);
    }
    this.tile = tile;
    const tiles: Tile[] = [];
    for (let from = 0; from < rows.out; from += tile) {
      tiles.push({ from, rows: Math.min(tile, rows.out - from) });
    }
    this.tiles = tiles;
    const { lines, plane, raw, out } = needed(tile);
    this.lines = lines;
    this.plane = plane;

    const bytes = BYTES / size;
    const sums = roundUp(outputs, bytes);
    const depth = inputs * rows.window * cols.window;
    this.spaceAt = after(engine.start / size);
    let at = after(
      this.spaceAt + ROWS * bytes + (POSITIONS + 8) * (ROWS + sums),
    );
    const products: Product[] = [];
    for (let row = 0; row < rows.products.length; row++) {
      for (let col = 0; col < cols.products.length; col++) {
        const taps: number[] = [];
        for (const a of rows.products[row]) {
          for (const b of cols.products[col]) {
            taps.push(a.index * cols.window + b.index);
          }
        }
        const depth = inputs * taps.length;
        const block = roundUp(
          Math.ceil(depth / Math.ceil(depth / of.most)) || 4,
          4,
        );
        const weights = (roundUp(outputs, ROWS) + ROWS) *
          Math.ceil(depth / block) * block;
        const tableAt = after(at + groups * weights);
        products.push({
          row,
          col,
          depth,
          block,
          taps,
          weightsAt: at,
          weights,
          tableAt,
        });
        at = after(tableAt + depth);
      }
    }
    this.products = products;
    this.biasAt = at;
    this.imageAt = after(at + (groups * outputs + ROWS) * bytes);
    this.rawAt = after(
      this.imageAt + (xIn > 0 ? 0 : this.many * inputs * plane) + bytes,
    );
    this.outAt = after(
      this.rawAt + Math.max(this.many * inputs * raw, outputs * depth),
    );
    this.sumsAt = after(
      this.outAt + (this.yIn > 0 ? 0 : this.many * outputs * out),
    );
    this.end = after(
      this.sumsAt +
        Math.max(
          isDealt ? outputs * out : 0,
          this.many * roundUp(depth, ROWS) * sums,
        ),
    );
  }

  /** Makes the images 0, and writes the places of the rows of the products. */
  prepare(): void {
    const { of: { inputs, rows, cols }, engine, size, lines, width } = this;
    this.heap = size === 4 ? engine.heap32 : engine.heap64;
    this.#clear();
    for (const { row, col, depth, tableAt } of this.products) {
      const table = new Uint32Array(
        engine.memory.buffer,
        tableAt * size,
        depth,
      );
      let at = 0;
      for (let j = 0; j < inputs; j++) {
        for (const a of rows.products[row]) {
          for (const b of cols.products[col]) {
            const image = a.image * cols.phases.length + b.image;
            const line = image * lines + a.start - rows.min;
            table[at++] = (j * this.plane + line * width + b.start - cols.min) *
              size;
          }
        }
      }
    }
  }

  /** Brings in the weights; the steps are those of a channel of the result, and of
   * one that is read. */
  loadWeights(w: Numbers, outStep: number, inStep: number): void {
    const { of: { groups, inputs, outputs, rows, cols }, heap, size } = this;
    const { pack32, pack64 } = this.kernels;
    const pack = size === 4 ? pack32 : pack64;
    const all = inputs * outputs * rows.window * cols.window;
    for (const { depth, block, taps, weightsAt, weights } of this.products) {
      for (let group = 0; group < groups; group++) {
        let at = this.rawAt;
        for (let o = 0; o < outputs; o++) {
          for (let j = 0; j < inputs; j++) {
            const from = group * all + o * outStep + j * inStep;
            for (const tap of taps) heap[at++] = w[from + tap];
          }
        }
        // deno-fmt-ignore
        pack(
          this.rawAt * size, depth * size, size, outputs, depth, block,
          (weightsAt + group * weights) * size,
        );
      }
    }
  }

  /** Brings in the bias, as a row of a tile for each channel. */
  loadBias(b: Numbers): void {
    const { of: { groups, outputs }, heap, biasAt, size } = this;
    const bytes = BYTES / size;
    for (let o = 0; o < groups * outputs; o++) {
      for (let i = 0; i < bytes; i++) heap[biasAt + o * bytes + i] = b[o];
    }
  }

  /** Multiplies everything. */
  correlate(hasBias: boolean): void {
    const { of: { n, groups, inputs, outputs }, many, tiles } = this;
    for (let group = 0; group < groups; group += many) {
      const count = Math.min(many, groups - group);
      for (let i = 0; i < n; i++) {
        for (const tile of tiles) {
          const imageAt = this.#load(i, group, count, tile);
          const [outAt, step] = this.#outOf(i, group, tile);
          for (const product of this.products) {
            for (let g = 0; g < count; g++) {
              this.#multiply(
                product,
                group + g,
                imageAt + g * inputs * this.plane,
                outAt + g * outputs * step,
                step,
                tile,
                hasBias,
              );
            }
          }
          if (this.yIn === 0) this.#store(i, group, count, tile);
        }
      }
    }
  }

  #multiply(
    product: Product,
    group: number,
    imageAt: number,
    outAt: number,
    step: number,
    tile: Tile,
    hasBias: boolean,
  ): void {
    const { of: { outputs, rows, cols }, size, width } = this;
    const { correlate32, correlate64, lines32, lines64 } = this.kernels;
    const correlate = size === 4 ? correlate32 : correlate64;
    const [first, count] = sumsOf(rows, product.row, tile.from, tile.rows);
    const [left, across] = sumsOf(cols, product.col, 0, cols.out);
    const isDealt = rows.step * cols.step > 1;
    const zAt = isDealt ? this.sumsAt : outAt;
    const line = first - Math.floor((tile.from + rows.ahead) / rows.step);
    const at = imageAt + line * width + left -
      Math.floor(cols.ahead / cols.step);
    if (count <= 0 || across <= 0) return;
    const isOne = across === width; // The rows follow each other.
    // deno-fmt-ignore
    correlate(
      outputs, product.depth, product.block,
      isOne ? 1 : count, isOne ? count * across : across,
      (product.weightsAt + group * product.weights) * size, product.tableAt * size,
      at * size, width * size,
      zAt * size, (isDealt ? count * across : step) * size, across * size,
      hasBias ? (this.biasAt + group * outputs * BYTES / size) * size : 0,
      this.spaceAt * size,
    );
    if (!isDealt) return;
    const copy = size === 4 ? lines32 : lines64;
    const to = outAt +
      (first * rows.step + product.row - rows.ahead - tile.from) * cols.out +
      left * cols.step + product.col - cols.ahead;
    if (product.depth === 0) {
      fill(view(this.heap, zAt, zAt + outputs * count * across), 0);
    }
    for (let o = 0; o < outputs; o++) {
      // deno-fmt-ignore
      copy(
        (zAt + o * count * across) * size, across * size, size,
        (to + o * step) * size, rows.step * cols.out * size,
        cols.step * size, count, across,
      );
    }
  }

  /** Writes the gradient of the weights. */
  weigh(dw: Numbers): void {
    const { of: { n, groups, inputs, outputs, cols }, many, size } = this;
    const { weigh32, weigh64 } = this.kernels;
    const weigh = size === 4 ? weigh32 : weigh64;
    const [{ depth, tableAt }] = this.products;
    const step = roundUp(outputs, BYTES / size);
    const each = roundUp(depth, ROWS) * step;
    const isOne = cols.out === this.width;
    for (let group = 0; group < groups; group += many) {
      const count = Math.min(many, groups - group);
      for (let i = 0; i < n; i++) {
        for (const tile of this.tiles) {
          const imageAt = this.#load(i, group, count, tile);
          if (this.yIn === 0) this.#loadOut(i, group, count, tile);
          const [outAt, out] = this.#outOf(i, group, tile);
          const places = tile.rows * cols.out;
          for (let g = 0; g < count; g++) {
            // deno-fmt-ignore
            weigh(
              depth, outputs, isOne ? 1 : tile.rows, isOne ? places : cols.out,
              tableAt * size, (imageAt + g * inputs * this.plane) * size,
              this.width * size, (outAt + g * outputs * out) * size, out * size, (this.sumsAt + g * each) * size, step * size,
              i === 0 && tile.from === 0, this.spaceAt * size,
            );
          }
        }
      }
      for (let g = 0; g < count; g++) {
        for (let o = 0; o < outputs; o++) {
          const to = ((group + g) * outputs + o) * depth;
          const from = this.sumsAt + g * each + o;
          for (let j = 0; j < depth; j++) {
            dw[to + j] = this.heap[from + j * step];
          }
        }
      }
    }
  }

  #clear(): void {
    const { heap, imageAt, rawAt, isPlain } = this;
    if (!isPlain) fill(view(heap, imageAt, rawAt), 0);
  }

  /** The place of a tile of the result, and the step between its
   * channels. */
  #outOf(i: number, group: number, tile: Tile): [number, number] {
    const { of: { groups, outputs, rows, cols }, yIn, outAt } = this;
    if (yIn === 0) return [outAt, tile.rows * cols.out];
    const step = rows.out * cols.out;
    const first = (i * groups + group) * outputs;
    return [yIn + first * step + tile.from * cols.out, step];
  }

  /** Brings in what a tile of the result is made of, and returns its place. */
  #load(i: number, group: number, count: number, tile: Tile): number {
    const { of: { groups, inputs, rows, cols }, heap, isPlain, plane } = this;
    const { x, xIn } = this;
    const [first, lines] = linesOf(rows, tile.from, tile.rows);
    const [top, end] = spanOf(rows, first, lines);
    const from = (i * groups + group) * inputs, channels = count * inputs;
    if (xIn > 0) return xIn + from * plane + first * cols.size;
    const to = isPlain ? this.imageAt : this.rawAt;
    const step = isPlain ? plane : (end - top) * cols.size;
    copyRows(heap, to, step, x, from, channels, rows.size, cols.size, top, end);
    if (isPlain) return to;
    if (this.tiles.length > 1) this.#clear();
    const { kernels: { lines32, lines64 }, size, width } = this;
    const copy = size === 4 ? lines32 : lines64;
    const [side] = linesOf(cols, 0, cols.out);
    let image = 0;
    for (const phase of rows.phases) {
      const [y0, y1] = inside(rows, phase, first, lines, top, end);
      for (const colPhase of cols.phases) {
        const [x0, x1] = inside(cols, colPhase, side, width, 0, cols.size);
        const row = (first + y0) * rows.apart + phase - rows.before - top;
        const col = (side + x0) * cols.apart + colPhase - cols.before;
        const at = this.imageAt + (image * this.lines + y0) * width + x0;
        for (let j = 0; y1 > y0 && x1 > x0 && j < channels; j++) {
          // deno-fmt-ignore
          copy(
            (this.rawAt + (j * (end - top) + row) * cols.size + col) * size,
            rows.apart * cols.size * size, cols.apart * size,
            (at + j * plane) * size, width * size, size, y1 - y0, x1 - x0,
          );
        }
        image++;
      }
    }
    return this.imageAt;
  }

  /** Brings in a tile of the gradient with respect to the result. */
  #loadOut(
    i: number,
    group: number,
    count: number,
    { from, rows }: Tile,
  ): void {
    const { of: { groups, outputs, rows: { out }, cols } } = this;
    const first = (i * groups + group) * outputs, channels = count * outputs;
    // deno-fmt-ignore
    copyRows(
      this.heap, this.outAt, rows * cols.out,
      this.y, first, channels, out, cols.out, from, from + rows,
    );
  }

  /** Writes out a tile of the result. */
  #store(
    i: number,
    group: number,
    count: number,
    { from, rows }: Tile,
  ): void {
    const { of: { groups, outputs, rows: { out }, cols }, heap, outAt } = this;
    const first = (i * groups + group) * outputs, channels = count * outputs;
    const each = rows * cols.out;
    const whole = rows === out ? channels : 1;
    for (let o = 0; o < channels; o += whole) {
      const at = outAt + o * each;
      const to = ((first + o) * out + from) * cols.out;
      write(this.y, view(heap, at, at + whole * each), to);
    }
  }
}

/** Copies rows from `top` to `end` of some channels. */
function copyRows(
  heap: Numbers,
  to: number,
  toStep: number,
  x: Numbers,
  first: number,
  channels: number,
  rows: number,
  cols: number,
  top: number,
  end: number,
): void {
  const each = (end - top) * cols;
  const whole = end - top === rows && toStep === each ? channels : 1;
  for (let j = 0; j < channels; j += whole) {
    const at = ((first + j) * rows + top) * cols;
    write(heap, view(x, at, at + whole * each), to + j * toStep);
  }
}

/** Which of some lines are rows from `top` to `end`. */
function inside(
  { apart, before }: Axis,
  phase: number,
  first: number,
  lines: number,
  top: number,
  end: number,
): [number, number] {
  const from = Math.ceil((top + before - phase) / apart) - first;
  const to = Math.floor((end - 1 + before - phase) / apart) + 1 - first;
  return [Math.max(0, from), Math.min(lines, to)];
}

function roundUp(count: number, to: number): number {
  return Math.ceil(count / to) * to;
}
