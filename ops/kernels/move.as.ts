// Copyright 2026 the Adjoint authors. MIT license.

// The kernels that move numbers and compute nothing, in AssemblyScript. The page that
// explains them is `move.ts`; `deno task wasm` compiles them into `_move_wasm.ts`.
// Addresses and steps are in bytes.

/** Rows that are turned together: their columns fill cache lines. */
const ROWS: usize = 16;

/** Copies `m` rows of `n` bytes, a multiple of 4, which do not overlap. */
export function copyRows(x: usize, z: usize, m: usize, n: usize, a: usize, c: usize): void {
  for (; m; m--, x += a, z += c) {
    let from = x, to = z;
    const end = x + n;
    for (; from + 64 <= end; from += 64, to += 64) {
      v128.store(to, v128.load(from));
      v128.store(to, v128.load(from, 16), 16);
      v128.store(to, v128.load(from, 32), 32);
      v128.store(to, v128.load(from, 48), 48);
    }
    for (; from + 16 <= end; from += 16, to += 16) v128.store(to, v128.load(from));
    for (; from < end; from += 4, to += 4) store<u32>(to, load<u32>(from));
  }
}

/** Turns four rows of four numbers. */
@inline function turnTile(x: usize, z: usize, a: usize, d: usize): void {
  const p = v128.load(x), q = v128.load(x + a);
  const r = v128.load(x + 2 * a), s = v128.load(x + 3 * a);
  const pr = v128.shuffle<u32>(p, r, 0, 4, 1, 5), qs = v128.shuffle<u32>(q, s, 0, 4, 1, 5);
  const tu = v128.shuffle<u32>(p, r, 2, 6, 3, 7), vw = v128.shuffle<u32>(q, s, 2, 6, 3, 7);
  v128.store(z, v128.shuffle<u32>(pr, qs, 0, 4, 1, 5));
  v128.store(z + d, v128.shuffle<u32>(pr, qs, 2, 6, 3, 7));
  v128.store(z + 2 * d, v128.shuffle<u32>(tu, vw, 0, 4, 1, 5));
  v128.store(z + 3 * d, v128.shuffle<u32>(tu, vw, 2, 6, 3, 7));
}

/** Turns `m` rows of `n` numbers of 32 bits, `a` apart, into columns of rows `d` apart. */
export function turn(x: usize, z: usize, m: usize, n: usize, a: usize, d: usize): void {
  const whole = n & ~3;
  for (; m; ) {
    const rows = min(m, ROWS), tiles = rows & ~3;
    for (let j: usize = 0; j < n; j++) {
      let from = x + 4 * j, to = z + j * d, i: usize = 0;
      if (j < whole) {
        for (; i < tiles; i += 4, from += 4 * a, to += 16) turnTile(from, to, a, d);
        for (; i < rows; i++, from += a, to += 4) {
          const v = v128.load(from);
          v128.store_lane<u32>(to, v, 0);
          v128.store_lane<u32>(to + d, v, 1);
          v128.store_lane<u32>(to + 2 * d, v, 2);
          v128.store_lane<u32>(to + 3 * d, v, 3);
        }
        j += 3;
      } else {
        for (; i < rows; i++, from += a, to += 4) store<u32>(to, load<u32>(from));
      }
    }
    x += rows * a;
    z += 4 * rows;
    m -= rows;
  }
}
