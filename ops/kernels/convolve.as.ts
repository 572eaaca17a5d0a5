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
  tile,
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

/**
 * Tiles side by side, over `bytes` of some rows of outputs, from the rows whose
 * addresses are in a table, relative to `y`. They are read in place. To the sums is
 * added what is there already, if `isMore` is set, or a bias, if that is not 0.
 */
@inline function tiles<T>(
  height: usize, x: usize, table: usize, y: usize, depth: usize, z: usize,
  zStep: usize, bias: usize, isMore: bool, bytes: usize,
): void {
  const step = ROWS * sizeof<T>(), baseStep = isMore ? zStep : TILE;
  for (const end = z + bytes; z < end; z += TILE, y += TILE) {
    const base = isMore ? z : bias;
    if (height == ROWS) {
      tile<T>(x, step, y, 0, depth, z, zStep, base, baseStep, 6, table, true);
    } else {
      lowTile<T>(x, step, y, 0, depth, z, zStep, base, baseStep, 4, table, true);
    }
  }
}

// They are exported so that they are not inlined: see `simd.as.ts`.

export function six32(
  x: usize, table: usize, y: usize, depth: usize, z: usize, zStep: usize,
  bias: usize, isMore: bool, bytes: usize,
): void {
  tiles<f32>(ROWS, x, table, y, depth, z, zStep, bias, isMore, bytes);
}

export function six64(
  x: usize, table: usize, y: usize, depth: usize, z: usize, zStep: usize,
  bias: usize, isMore: bool, bytes: usize,
): void {
  tiles<f64>(ROWS, x, table, y, depth, z, zStep, bias, isMore, bytes);
}

export function four32(
  x: usize, table: usize, y: usize, depth: usize, z: usize, zStep: usize,
  bias: usize, isMore: bool, bytes: usize,
): void {
  tiles<f32>(4, x, table, y, depth, z, zStep, bias, isMore, bytes);
}

export function four64(
  x: usize, table: usize, y: usize, depth: usize, z: usize, zStep: usize,
  bias: usize, isMore: bool, bytes: usize,
): void {
  tiles<f64>(4, x, table, y, depth, z, zStep, bias, isMore, bytes);
}

@inline function callTiles<T>(
  height: usize, x: usize, table: usize, y: usize, depth: usize, z: usize,
  zStep: usize, bias: usize, isMore: bool, bytes: usize,
): void {
  if (height == ROWS) {
    if (sizeof<T>() == 4) six32(x, table, y, depth, z, zStep, bias, isMore, bytes);
    else six64(x, table, y, depth, z, zStep, bias, isMore, bytes);
  } else {
    if (sizeof<T>() == 4) four32(x, table, y, depth, z, zStep, bias, isMore, bytes);
    else four64(x, table, y, depth, z, zStep, bias, isMore, bytes);
  }
}

/** As `callTiles`, where there are no more than so many rows, and the last tile may be
 * cut off: what would be written beyond goes to `scratch`. */
@inline function line<T>(
  height: usize, x: usize, table: usize, y: usize, depth: usize, z: usize,
  zStep: usize, bias: usize, isMore: bool, bytes: usize, rows: usize,
  scratch: usize,
): void {
  const whole: usize = rows < height ? 0 : bytes & ~(TILE - 1);
  if (whole) {
    callTiles<T>(height, x, table, y, depth, z, zStep, bias, isMore, whole);
  }
  for (let k: usize = whole; k < bytes; k += TILE) {
    callTiles<T>(height, x, table, y + k, depth, scratch, TILE, bias, false, TILE);
    for (let row: usize = 0; row < min(rows, height); row++) {
      for (let at: usize = k; at < min(bytes, k + TILE); at += sizeof<T>()) {
        const to = z + row * zStep + at;
        let sum = load<T>(scratch + row * TILE + at - k);
        if (isMore) sum += load<T>(to);
        store<T>(to, sum);
      }
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

/** Bytes of a row that are worked on at once. */
const WIDTH: usize = 512;

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
 * rows are listed in `table`, relative to `y`. `bias` is 0, or points to a tile's row
 * for each channel. Only the outputs and `space` are written to.
 */
@inline function correlate<T>(
  m: usize, depth: usize, block: usize, rows: usize, cols: usize, w: usize,
  table: usize, y: usize, yLine: usize, z: usize, zStep: usize, zLine: usize,
  bias: usize, space: usize,
): void {
  const bytes = cols * sizeof<T>();
  if (m < FEW && depth <= block && bytes >= TILE) {
    correlateFew<T>(
      m, depth, rows, bytes, w, table, y, yLine, z, zStep, zLine, bias,
    );
    return;
  }
  for (let j: usize = 0; j < depth; j += block) {
    const d = min(block, depth - j), listed = table + 4 * j;
    const step = ROWS * roundUp4(d) * sizeof<T>();
    let x = w;
    for (let a: usize = 0; a < rows; a++) {
      for (let c: usize = 0; c < bytes; c += WIDTH) {
        const width = min(WIDTH, bytes - c), from = y + a * yLine + c;
        let to = z + a * zLine + c;
        x = w;
        for (let r: usize = 0; r < m;) {
          const height = heightOf(m - r);
          // Later parts of the window are added to the sums so far.
          line<T>(
            height, x, listed, from, d, to, zStep,
            bias && !j ? bias + r * TILE : 0, j > 0, width, m - r, space,
          );
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
        if (size == 4) tile32(space, panel, TILE, d, to, zStep, base, zStep, ROWS);
        else tile64(space, panel, TILE, d, to, zStep, base, zStep, ROWS);
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
  table: usize, y: usize, yLine: usize, z: usize, zStep: usize, zLine: usize,
  bias: usize, space: usize,
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
  table: usize, y: usize, yLine: usize, z: usize, zStep: usize, zLine: usize,
  bias: usize, space: usize,
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
