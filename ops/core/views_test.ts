// Copyright 2026 the Adjoint authors. MIT license.

import {
  assertAlmostEquals,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, scalar, type Tensor, zeros } from "../tensor.ts";
import { ARRAYS } from "./arrays.ts";
import { copyParts, eachPart, move, sumInto, withShape } from "./views.ts";

const count = (n: number) => Float32Array.from({ length: n }, (_, i) => i + 1);

// Rows of 95 elements are copied one by one, those of 96 and 97 at once.
for (const m of [95, 96, 97]) {
  describe(`rows of ${m}`, () => {
    it("are moved to where they belong, and nothing else", () => {
      const x = count(3 * m), y = new Float32Array(4 * (m + 5));
      move([3, m], { data: x, at: 0, steps: [m, 1] }, {
        data: y,
        at: m + 5 + 2,
        steps: [m + 5, 1],
      });
      const expected = y.map((_, at) => {
        const i = Math.floor(at / (m + 5)) - 1, j = at % (m + 5) - 2;
        return i >= 0 && j >= 0 && j < m ? x[i * m + j] : 0;
      });
      assertEquals(y, expected);
    });

    it("that cross are, four rows at a time or one by one, not changed", () => {
      const made = Object.values(ARRAYS).map((Kind) => new Kind(3 * m * 70));
      for (const x of made) {
        for (let i = 0; i < x.length; i++) x[i] = i % 251 - 100;
        if (x instanceof Float32Array) new Int32Array(x.buffer)[5] = 0x7f800001;
        const y = x.slice().fill(7);
        // The axes are m, 3, 70 there, and 70, 3, m here.
        move([3, 70, m], { data: x, at: 0, steps: [70, 1, 210] }, {
          data: y,
          at: 0,
          steps: [m, 3 * m, 1],
        });
        const bits = (data: typeof x) => new Uint8Array(data.buffer);
        const [a, b] = [bits(x), bits(y)], width = x.BYTES_PER_ELEMENT;
        let wrong = 0;
        for (let i = 0; i < m; i++) {
          for (let j = 0; j < 3; j++) {
            for (let k = 0; k < 70; k++) {
              for (let byte = 0; byte < width; byte++) {
                const from = ((i * 3 + j) * 70 + k) * width + byte;
                const to = ((k * 3 + j) * m + i) * width + byte;
                if (a[from] !== b[to]) wrong++;
              }
            }
          }
        }
        assertEquals(wrong, 0, x.constructor.name);
      }
    });

    it("that lie apart, of any type, are not changed", () => {
      for (const Kind of Object.values(ARRAYS)) {
        const x = new Kind(70 * (m + 3)), y = new Kind(9 + 70 * (m + 1));
        const bytes = new Uint8Array(x.buffer);
        for (let i = 0; i < bytes.length; i++) bytes[i] = i * 7;
        move([70, m], { data: x, at: 2, steps: [m + 3, 1] }, {
          data: y,
          at: 5,
          steps: [m + 1, 1],
        });
        const expected = new Kind(y.length);
        for (let i = 0; i < 70; i++) {
          const from = i * (m + 3) + 2;
          expected.set(x.subarray(from, from + m), i * (m + 1) + 5);
        }
        assertEquals(
          new Uint8Array(y.buffer),
          new Uint8Array(expected.buffer),
          Kind.name,
        );
      }
    });

    it("that cross become numbers of the other type", () => {
      const x = Int32Array.from({ length: m * 70 }, (_, i) => i - 99);
      for (const Kind of [Float32Array, Float64Array]) {
        const y = new Kind(m * 70);
        move([70, m], { data: x, at: 0, steps: [1, 70] }, {
          data: y,
          at: 0,
          steps: [m, 1],
        });
        assertEquals([y[0], y[1], y[m * 70 - 1]], [-99, -29, m * 70 - 100]);
      }
    });

    it("are joined to a whole, and taken apart again", () => {
      for (const rows of [2, 200]) {
        const parts = [count(rows * m), count(rows * 3).map((x) => -x)];
        const whole = new Float32Array(rows * (m + 3));
        copyParts(whole, rows, [m, 3], (i) => parts[i], true);
        assertEquals(
          whole,
          whole.map((_, at) => {
            const i = Math.floor(at / (m + 3)), j = at % (m + 3);
            return j < m ? parts[0][i * m + j] : parts[1][i * 3 + j - m];
          }),
        );
        const back = parts.map(({ length }) => new Float32Array(length));
        copyParts(whole, rows, [m, 3], (i) => back[i], false);
        assertEquals(back, parts);
      }
    });
  });
}

/** The indices of a shape, in row-major order. */
function indicesOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, n) =>
      all.flatMap((at) => Array.from({ length: n }, (_, i) => [...at, i])),
    [[]],
  );
}

/** The place in a tensor that is broadcast of what is at an index. */
const placeIn = (shape: readonly number[], index: readonly number[]) =>
  shape.reduce((at, n, axis) => at * n + (n === 1 ? 0 : index[axis]), 0);

describe("what is broadcast", () => {
  const to = [2, 3, 2, 2];

  it("has as its gradient the sums over where it was repeated", () => {
    const data = count(24);
    for (const shape of [[2, 1, 2, 1], [1, 3, 1, 2], [2, 3, 1, 1], to]) {
      const size = shape.reduce((a, b) => a * b), sums = new Float32Array(size);
      indicesOf(to).forEach((index, at) =>
        sums[placeIn(shape, index)] += data[at]
      );
      const out = new Float32Array(size);
      sumInto(data, to, shape, out, size);
      assertEquals(out, sums);
    }
  });

  it("is summed with the error of few, however often it was repeated", () => {
    for (const own of [[1, 1, 1], [1, 1, 8], [1, 512, 1], [256, 1, 1], []]) {
      const whole = [256, 512, 8], count = 256 * 512 * 8;
      const size = own.reduce((a, b) => a * b, 1);
      const out = new Float64Array(size), each = count / size;
      sumInto(new Float64Array(count).fill(0.1), whole, own, out, size);
      for (const sum of out) assertAlmostEquals(sum, each * 0.1, 1e-14 * each);
    }
  });

  it("is visited in parts that are of one piece in all tensors", () => {
    for (
      const [shapes, one] of [
        [[[2, 1, 2, 1], [1, 3, 1, 2]], 1],
        [[[2, 3, 1, 2], [1, 3, 2, 2]], 2],
        [[[1, 3, 2, 2], [2, 1, 2, 2]], 4],
      ] as const
    ) {
      const found: unknown[] = [];
      eachPart(
        shapes,
        to,
        (from, at, size) => found.push([[...from], at, size]),
      );
      const expected = indicesOf(to)
        .map((index, at) => [shapes.map((s) => placeIn(s, index)), at, one])
        .filter((_, at) => at % one === 0);
      assertEquals(found, expected);
    }
  });
});

describe("withShape()", () => {
  const of = (x: Tensor, shape: number[]) => withShape("try", x, shape);

  it("has the same elements, and finds the dimension that is open", () => {
    const x = ones([2, 3]);
    assertStrictEquals(of(x, [3, 2]).data, x.data);
    assertEquals(of(x, [3, -1]).shape, [3, 2]);
    assertEquals(of(x, [-1, 1, 2]).shape, [3, 1, 2]);
    assertEquals(of(scalar(1), [-1]).shape, [1]);
    assertEquals(of(zeros([0, 3]), [2, -1]).shape, [2, 0]);
  });

  it("refuses what does not fit, in its caller's name", () => {
    const x = ones([2, 3]);
    // deno-fmt-ignore
    const cases: [Tensor, number[], typeof TypeError | typeof RangeError, string][] = [
      [x, [5], TypeError, "the number of elements must stay the same: x is 2×3, shape is [5]"],
      [x, [4, -1], TypeError, "the number of elements must stay the same: x is 2×3, shape is 4×-1"],
      [zeros([0]), [0, -1], TypeError, "the number of elements must stay the same: x is [0], shape is 0×-1"],
      [x, [-1, 2, -1], RangeError, "only one dimension in shape may be -1: shape is -1×2×-1"],
      [x, [-2], RangeError, "every dimension in shape must be a non-negative integer: dimension 0 is -2"],
      [x, [2 ** 30, 2 ** 30], RangeError, "the number of elements must be below 2^53: shape is 1073741824×1073741824, which is 1.15e+18"],
    ];
    for (const [x, shape, Class, message] of cases) {
      const error = assertThrows(() => of(x, shape), Class);
      assertStrictEquals(error.message, `Cannot try as ${message}`);
    }
  });

  it("refuses an x whose memory is lost while the shape is read", () => {
    for (const length of [0, 6]) {
      const data = new Float32Array(length);
      const shape = Object.defineProperty([length], 0, {
        get() {
          data.buffer.transfer();
          return length;
        },
      });
      const error = assertThrows(
        () => of({ shape: [length], data }, shape),
        TypeError,
      );
      assertStrictEquals(
        error.message,
        "Cannot try as the data of x must have a buffer: it has been transferred or has shrunk",
      );
    }
  });
});
