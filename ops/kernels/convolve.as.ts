// Copyright 2026 the Adjoint authors. MIT license.

// The products of a convolution, in AssemblyScript. The page that explains them is
// `convolve.ts`; the tile that does the work is in `simd.as.ts`. All addresses and
// steps are in bytes.

import {
  interleave,
  lowTile,
  multiplyAdd,
  packX32,
  packX64,
  packY32,
  packY64,
  ROWS,
  TILE,
  tile32,
  tile64,
} from "./simd.as";

/** Positions that are summed at once for the gradient of the weights. */
const KC: usize = 256;

@inline function roundUp4(depth: usize): usize {
  return (depth + 3) & ~3;
}

/**
 * How many rows the next tile has when this many are left: 4 if that wastes fewer
 * rows than 6 would, since 8 rows make two tiles of 4.
 */
@inline function heightOf(left: usize): usize {
  return left > 8 || left == 6 || left == 5 ? ROWS : 4;
}

/** The first four rows of a panel. */
@inline function four<T>(
  x: usize, y: usize, yStep: usize, depth: usize, z: usize, zStep: usize,
  base: usize, baseStep: usize,
): void {
  lowTile<T>(x, ROWS * sizeof<T>(), y, yStep, depth, z, zStep, base, baseStep, 4);
}

// They are exported so that they are not inlined: see `simd.as.ts`.

export function four32(
  x: usize, y: usize, yStep: usize, depth: usize, z: usize, zStep: usize,
  base: usize, baseStep: usize,
): void {
  four<f32>(x, y, yStep, depth, z, zStep, base, baseStep);
}

export function four64(
  x: usize, y: usize, yStep: usize, depth: usize, z: usize, zStep: usize,
  base: usize, baseStep: usize,
): void {
  four<f64>(x, y, yStep, depth, z, zStep, base, baseStep);
}

@inline function callTile<T>(
  height: usize, x: usize, y: usize, yStep: usize, depth: usize, z: usize,
  zStep: usize, base: usize, baseStep: usize,
): void {
  if (height == ROWS) {
    if (sizeof<T>() == 4) tile32(x, y, yStep, depth, z, zStep, base, baseStep, ROWS);
    else tile64(x, y, yStep, depth, z, zStep, base, baseStep, ROWS);
  } else {
    if (sizeof<T>() == 4) four32(x, y, yStep, depth, z, zStep, base, baseStep);
    else four64(x, y, yStep, depth, z, zStep, base, baseStep);
  }
}

/** Computes a tile and writes at most `rows` by `bytes` of it. */
@inline function part<T>(
  height: usize, x: usize, y: usize, yStep: usize, depth: usize, z: usize,
  zStep: usize, base: usize, baseStep: usize, scratch: usize, rows: usize,
  bytes: usize,
): void {
  if (rows >= height && bytes >= TILE) {
    callTile<T>(height, x, y, yStep, depth, z, zStep, base, baseStep);
    return;
  }
  callTile<T>(height, x, y, yStep, depth, scratch, TILE, 0, 0);
  for (let row: usize = 0; row < min(rows, height); row++) {
    for (let at: usize = 0; at < min(bytes, TILE); at += sizeof<T>()) {
      let sum = load<T>(scratch + row * TILE + at);
      if (base) sum += load<T>(base + row * baseStep + at);
      store<T>(z + row * zStep + at, sum);
    }
  }
}

/** Packs the weights, tile by tile, in blocks of `block` numbers of a window. */
@inline function pack<T>(
  w: usize, rowStep: usize, colStep: usize, m: usize, depth: usize,
  block: usize, to: usize,
): void {
  for (let j: usize = 0; j < depth; j += block) {
    const d = min(block, depth - j);
    for (let r: usize = 0; r < m;) {
      const height = heightOf(m - r);
      const from = w + r * rowStep + j * colStep, lines = min(height, m - r);
      if (sizeof<T>() == 4) packX32(from, rowStep, colStep, lines, d, to);
      else packX64(from, rowStep, colStep, lines, d, to);
      to += ROWS * roundUp4(d) * sizeof<T>();
      r += height;
    }
  }
}

/** The most tiles of depth 1 that are gathered at once, as in `convolve.ts`, and the
 * most pairs of tiles side by side: two fill a cache line. */
const DEEP: usize = 1280, PAIRS: usize = 8;

/** Copies `bytes`, rounded up to pairs of tiles, of the rows whose addresses are in a
 * table, tile by tile; the copies are `next` apart. */
@inline function gather(
  table: usize, y: usize, depth: usize, bytes: usize, to: usize, next: usize,
): void {
  for (const end = to + depth * TILE; to < end; to += TILE, table += 4) {
    let from = y + load<u32>(table), put = to;
    for (const last = from + bytes; from < last; from += 2 * TILE) {
      v128.store(put, v128.load(from));
      v128.store(put, v128.load(from, 16), 16);
      put += next;
      v128.store(put, v128.load(from, 32));
      v128.store(put, v128.load(from, 48), 16);
      put += next;
    }
  }
}

/** Up to this many channels are computed one by one: they have too few rows for a
 * tile. */
const FEW: usize = 4;

@inline function splat<T>(at: usize): v128 {
  return sizeof<T>() == 4 ? v128.load32_splat(at) : v128.load64_splat(at);
}

/**
 * The same as `correlate` for few channels, with sums no longer than a block: the
 * columns are read in place. The last ones overlap those before them.
 */
@inline function correlateFew<T>(
  m: usize, depth: usize, rows: usize, bytes: usize, w: usize, table: usize,
  y: usize, yLine: usize, z: usize, zStep: usize, zLine: usize, bias: usize,
): void {
  const end = table + 4 * depth;
  for (let r: usize = 0; r < m; r++) {
    for (let a: usize = 0; a < rows; a++) {
      for (let from: usize = 0; from < bytes; from += TILE) {
        const c = min(from, bytes - TILE);
        let x = w + r * sizeof<T>(), u = i64x2.splat(0), v = u;
        for (let at = table; at < end; at += 4) {
          const b = y + load<u32>(at) + a * yLine + c, weight = splat<T>(x);
          u = multiplyAdd<T>(weight, v128.load(b), u);
          v = multiplyAdd<T>(weight, v128.load(b, 16), v);
          x += ROWS * sizeof<T>();
        }
        if (bias) {
          u = v128.add<T>(u, v128.load(bias + r * TILE));
          v = v128.add<T>(v, v128.load(bias + r * TILE));
        }
        const to = z + r * zStep + a * zLine + c;
        v128.store(to, u);
        v128.store(to, v, 16);
      }
    }
  }
}

/**
 * Computes rows of outputs of `m` channels: the packed weights times the matrix whose
 * rows are listed in `table`, relative to `y`. If `yStep` is not 0, the rows begin at
 * `y`, so many bytes apart, and are read in place. `bias` is 0, or points to a tile's
 * row for each channel. Only the outputs and `space` are written to.
 */
@inline function correlate<T>(
  m: usize, depth: usize, block: usize, rows: usize, cols: usize, w: usize,
  table: usize, y: usize, yStep: usize, yLine: usize, z: usize, zStep: usize,
  zLine: usize, bias: usize, space: usize,
): void {
  const bytes = cols * sizeof<T>();
  if (m < FEW && depth <= block && bytes >= TILE) {
    correlateFew<T>(
      m, depth, rows, bytes, w, table, y, yLine, z, zStep, zLine, bias,
    );
    return;
  }
  const panel = space + ROWS * TILE;
  for (let j: usize = 0; j < depth; j += block) {
    const d = min(block, depth - j), next = yStep ? TILE : d * TILE;
    const most = (yStep ? PAIRS : min(PAIRS, DEEP / 2 / d)) * 2 * TILE;
    const step = ROWS * roundUp4(d) * sizeof<T>();
    let x = w;
    for (let a: usize = 0; a < rows; a++) {
      for (let c: usize = 0; c < bytes; c += most) {
        const width = min(most, bytes - c), from = y + a * yLine + c;
        if (!yStep) gather(table + 4 * j, from, d, width, panel, next);
        let to = z + a * zLine + c;
        x = w;
        for (let r: usize = 0; r < m;) {
          const height = heightOf(m - r);
          let columns = yStep ? from + j * yStep : panel;
          for (let k: usize = 0; k < width; k += TILE, columns += next) {
            // Later parts of the window are added to the sums so far.
            part<T>(
              height, x, columns, yStep ? yStep : TILE, d, to + k, zStep,
              j ? to + k : bias ? bias + r * TILE : 0, j ? zStep : TILE,
              space, m - r, width - k,
            );
          }
          x += step;
          to += height * zStep;
          r += height;
        }
      }
    }
    w = x;
  }
}

/** Packs six of the rows listed in a table, `d` numbers of each from column `at` on,
 * one row of outputs after the other. */
@inline function packRows<T>(
  table: usize, last: usize, y: usize, yLine: usize, at: usize, cols: usize,
  d: usize, to: usize,
): void {
  for (let line: usize = 0; line < ROWS; line += 2, table += 8) {
    const u = y + load<u32>(min(table, last));
    const v = y + load<u32>(min(table + 4, last));
    let put = to + line * sizeof<T>(), from = at / cols * yLine;
    let col = at % cols;
    for (let left = d; left > 0; from += yLine, col = 0) {
      const n = min(left, cols - col), start = from + col * sizeof<T>();
      interleave<T>(u + start, v + start, n, put, ROWS * sizeof<T>());
      put += n * ROWS * sizeof<T>();
      left -= n;
    }
  }
}

/** The sum of the numbers of a vector. */
@inline function sumOf<T>(x: v128): f64 {
  const sum = <f64> v128.extract_lane<T>(x, 0) + <f64> v128.extract_lane<T>(x, 1);
  if (sizeof<T>() == 8) return sum;
  return sum + <f64> f32x4.extract_lane(x, 2) + <f64> f32x4.extract_lane(x, 3);
}

/**
 * The same as `weigh` for few channels: each sum is computed alone, from rows that are
 * read in place. Eight partial sums (float64: four) cover a row of outputs, or `KC`
 * products if it is longer; they are added up in float64.
 */
@inline function weighFew<T>(
  m: usize, k: usize, rows: usize, cols: usize, table: usize, y: usize,
  yLine: usize, dz: usize, dzStep: usize, z: usize, zStep: usize, isFirst: bool,
): void {
  const size = sizeof<T>(), zero = i64x2.splat(0);
  for (let r: usize = 0; r < m; r++, table += 4, z += zStep) {
    let d = dz, to = z;
    for (let o: usize = 0; o < k; o++, d += dzStep, to += size) {
      let line = y + load<u32>(table), by = d;
      let sum: f64 = isFirst ? 0 : load<T>(to);
      for (let a: usize = 0; a < rows; a++, line += yLine) {
        let from = line;
        for (let left = cols; left > 0;) {
          const n = min(left, KC), end = from + n * size;
          let u = zero, v = zero;
          for (; from + TILE <= end; from += TILE, by += TILE) {
            u = multiplyAdd<T>(v128.load(from), v128.load(by), u);
            v = multiplyAdd<T>(v128.load(from, 16), v128.load(by, 16), v);
          }
          sum += sumOf<T>(v128.add<T>(u, v));
          for (; from < end; from += size, by += size) {
            sum += <f64> load<T>(from) * <f64> load<T>(by);
          }
          left -= n;
        }
      }
      store<T>(to, <T> sum);
    }
  }
}

/**
 * Computes the gradient of the weights, m numbers of a window by k channels of
 * outputs. It sums the products of the rows listed in `table` and the gradients at
 * `dz`, one row of outputs after the other, and adds them to the result so far unless
 * `isFirst` is set.
 */
@inline function weigh<T>(
  m: usize, k: usize, rows: usize, cols: usize, table: usize, y: usize,
  yLine: usize, dz: usize, dzStep: usize, z: usize, zStep: usize, isFirst: bool,
  space: usize,
): void {
  if (k < FEW) {
    weighFew<T>(
      m, k, rows, cols, table, y, yLine, dz, dzStep, z, zStep, isFirst,
    );
    return;
  }
  const size = sizeof<T>(), count = rows * cols, last = table + 4 * (m - 1);
  const block = space + ROWS * roundUp4(KC) * size + ROWS * TILE;
  for (let at: usize = 0; at < count; at += KC) {
    const d = min(KC, count - at);
    const from = dz + at * size;
    if (size == 4) packY32(from, dzStep, size, k, d, block);
    else packY64(from, dzStep, size, k, d, block);
    for (let r: usize = 0; r < m; r += ROWS) {
      packRows<T>(table + 4 * r, last, y, yLine, at, cols, d, space);
      let panel = block, to = z + r * zStep;
      for (let c: usize = 0; c < k * size; c += TILE, to += TILE) {
        const base = isFirst && at == 0 ? 0 : to;
        callTile<T>(ROWS, space, panel, TILE, d, to, zStep, base, zStep);
        panel += roundUp4(d) * TILE;
      }
    }
  }
}

export function pack32(
  w: usize, rowStep: usize, colStep: usize, m: usize, depth: usize,
  block: usize, to: usize,
): void {
  pack<f32>(w, rowStep, colStep, m, depth, block, to);
}

export function pack64(
  w: usize, rowStep: usize, colStep: usize, m: usize, depth: usize,
  block: usize, to: usize,
): void {
  pack<f64>(w, rowStep, colStep, m, depth, block, to);
}

export function correlate32(
  m: usize, depth: usize, block: usize, rows: usize, cols: usize, w: usize,
  table: usize, y: usize, yStep: usize, yLine: usize, z: usize, zStep: usize,
  zLine: usize, bias: usize, space: usize,
): void {
  correlate<f32>(
    m,
    depth,
    block,
    rows,
    cols,
    w,
    table,
    y,
    yStep,
    yLine,
    z,
    zStep,
    zLine,
    bias,
    space,
  );
}

export function correlate64(
  m: usize, depth: usize, block: usize, rows: usize, cols: usize, w: usize,
  table: usize, y: usize, yStep: usize, yLine: usize, z: usize, zStep: usize,
  zLine: usize, bias: usize, space: usize,
): void {
  correlate<f64>(
    m,
    depth,
    block,
    rows,
    cols,
    w,
    table,
    y,
    yStep,
    yLine,
    z,
    zStep,
    zLine,
    bias,
    space,
  );
}

export function weigh32(
  m: usize, k: usize, rows: usize, cols: usize, table: usize, y: usize,
  yLine: usize, dz: usize, dzStep: usize, z: usize, zStep: usize, isFirst: bool,
  space: usize,
): void {
  weigh<f32>(
    m,
    k,
    rows,
    cols,
    table,
    y,
    yLine,
    dz,
    dzStep,
    z,
    zStep,
    isFirst,
    space,
  );
}

export function weigh64(
  m: usize, k: usize, rows: usize, cols: usize, table: usize, y: usize,
  yLine: usize, dz: usize, dzStep: usize, z: usize, zStep: usize, isFirst: bool,
  space: usize,
): void {
  weigh<f64>(
    m,
    k,
    rows,
    cols,
    table,
    y,
    yLine,
    dz,
    dzStep,
    z,
    zStep,
    isFirst,
    space,
  );
}

/**
 * Copies lines of numbers that are `fromStep` bytes apart to places `toStep` bytes
 * apart. The lines begin `fromLine` and `toLine` bytes apart. Nothing else is written
 * to.
 */
@inline function copyLines<T>(
  from: usize, fromLine: usize, fromStep: usize, to: usize, toLine: usize,
  toStep: usize, lines: usize, count: usize,
): void {
  const size = sizeof<T>(), bytes = count * size;
  const isDense = fromStep == size && toStep == size && bytes >= 16;
  for (let line: usize = 0; line < lines; line++) {
    if (isDense) {
      const last = bytes - 16; // The last vector overlaps the one before it.
      for (let at: usize = 0; at < last; at += 16) {
        v128.store(to + at, v128.load(from + at));
      }
      v128.store(to + last, v128.load(from + last));
    } else {
      for (let i: usize = 0; i < count; i++) {
        store<T>(to + i * toStep, load<T>(from + i * fromStep));
      }
    }
    from += fromLine;
    to += toLine;
  }
}

export function lines32(
  from: usize, fromLine: usize, fromStep: usize, to: usize, toLine: usize,
  toStep: usize, lines: usize, count: usize,
): void {
  copyLines<f32>(from, fromLine, fromStep, to, toLine, toStep, lines, count);
}

export function lines64(
  from: usize, fromLine: usize, fromStep: usize, to: usize, toLine: usize,
  toStep: usize, lines: usize, count: usize,
): void {
  copyLines<f64>(from, fromLine, fromStep, to, toLine, toStep, lines, count);
}
