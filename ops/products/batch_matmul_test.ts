// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  batchMatmul,
  batchMatmulD,
  batchMatmulDx,
  batchMatmulDy,
} from "./batch_matmul.ts";
import { matmul, matmulDx, matmulDy } from "./matmul.ts";
import { ones, type Tensor, tensor, zeros } from "../tensor.ts";
import * as op from "./batch_matmul.ts";
import source from "./batch_matmul.ts" with { type: "text" };
import goldens from "../goldens/batch_matmul.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

/** Numbers of some size, none of them alike. */
function some<const S extends readonly number[]>(shape: S, salt: number) {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(salt + i)),
    shape,
  );
}

/** The matrix with number a. */
function at(
  { shape, data }: Tensor,
  a: number,
): Tensor<[number, number]> {
  const [m, n] = shape.slice(-2);
  return tensor(data.slice(a * m * n, (a + 1) * m * n), [m, n]);
}

describe("batchMatmul()", () => {
  it("multiplies matrices in pairs, as matmul does each", () => {
    for (const size of [2, 7, 24]) { // On each of the kernels.
      const x = some([3, size, size + 1], 0), y = some([3, size + 1, 5], 1);
      const z = batchMatmul(x, y);
      assertEquals(z.shape, [3, size, 5]);
      for (let a = 0; a < 3; a++) {
        assertEquals(at(z, a), matmul(at(x, a), at(y, a)));
      }
    }
  });

  it("is matmul, where there are no other axes", () => {
    const x = some([2, 3], 0), y = some([3, 4], 1);
    const z: Tensor<readonly [2, 4]> = batchMatmul(x, y);
    assertEquals<Tensor>(z, matmul(x, y));
  });

  it("broadcasts the axes before the matrices", () => {
    const x = some([3, 1, 2, 4], 0), y = some([2, 4, 5], 1);
    const z: Tensor<readonly [3, 2, 2, 5]> = batchMatmul(x, y);
    for (let a = 0; a < 6; a++) {
      assertEquals(at(z, a), matmul(at(x, a >> 1), at(y, a & 1)));
    }
    const one = batchMatmul(some([2, 2], 0), some([3, 2, 2], 1));
    assertEquals(one.shape, [3, 2, 2]);
  });

  it("refuses what does not fit", () => {
    assertThrows(
      // @ts-expect-error 2 matrices and 3.
      () => batchMatmul(zeros([2, 4, 6]), zeros([3, 6, 5])),
      TypeError,
      "Cannot multiply x by y as the axes b of x and y must broadcast, each axis equal or 1, counted from the last: x is 2×4×6, y is 3×6×5",
    );
    assertThrows(
      // @ts-expect-error 6 columns and 7 rows.
      () => batchMatmul(zeros([2, 4, 6]), zeros([2, 7, 5])),
      TypeError,
      "Cannot multiply x by y as the axis n of x must equal the axis n of y: x is 2×4×6, y is 2×7×5",
    );
    assertThrows(
      // @ts-expect-error A vector is no matrix.
      () => batchMatmul(zeros([6]), zeros([6, 5])),
      TypeError,
      "x must have rank 2 or more, as b… m n: x is [6]",
    );
  });
});

describe("batchMatmulD()", () => {
  it("has the shape of a matrix that is repeated, and is a sum over the repetitions (tfjs 8721)", () => {
    // The very call of the report, in which the gradient of y kept an axis too many.
    const x = tensor([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]);
    const y = tensor([[9, 10], [11, 12]]);
    assertEquals(batchMatmulD(x, y, ones([2, 2, 2])), {
      x: tensor([[[19, 23], [19, 23]], [[19, 23], [19, 23]]]),
      y: tensor([[16, 16], [20, 20]]),
    });
  });

  it("is matmulD of each pair", () => {
    for (const size of [2, 7, 24]) {
      const x = some([2, size, 3], 0), y = some([2, 3, size], 1);
      const dout = some([2, size, size], 2);
      const found = batchMatmulD(x, y, dout);
      for (let a = 0; a < 2; a++) {
        const one = [at(x, a), at(y, a), at(dout, a)] as const;
        assertEquals(at(found.x, a), matmulDx(...one));
        assertEquals(at(found.y, a), matmulDy(...one));
      }
      assertEquals(batchMatmulDx(x, y, dout), found.x);
      assertEquals(batchMatmulDy(x, y, dout), found.y);
    }
  });

  it("sums the gradients of a matrix that is repeated, in float64", () => {
    const x = tensor([[[1]], [[1]], [[1]]]), y = tensor([[1]]);
    const tiny = 2 ** -24;
    const dout = tensor([[[1]], [[tiny]], [[tiny]]]);
    assertEquals(batchMatmulDy(x, y, dout), tensor([[1 + 2 * tiny]]));
    const found = batchMatmulD(y, x, dout);
    assertEquals(found, { x: tensor([[1 + 2 * tiny]]), y: dout });
  });

  it("sums over axes of 1 anywhere, and over those that are not there", () => {
    const x = some([2, 1, 3, 2], 0), y = some([1, 4, 2, 3], 1);
    const dout = some([2, 4, 3, 3], 2);
    const found = batchMatmulD(x, y, dout);
    assertEquals(found.x.shape, [2, 1, 3, 2]);
    assertEquals(found.y.shape, [1, 4, 2, 3]);
    for (let a = 0; a < 4; a++) {
      const parts = [0, 1].map((c) =>
        matmulDy(at(x, c), at(y, a), at(dout, 4 * c + a)).data
      );
      at(found.y, a).data.forEach((v, i) =>
        assertAlmostEquals(v, parts[0][i] + parts[1][i], 1e-6)
      );
    }
  });
});

describe("the edge cases of batched products", () => {
  it("Empty: no matrices, and matrices of nothing", () => {
    const cases = [
      [[0, 2, 3], [0, 3, 4]],
      [[2, 0, 3], [2, 3, 4]],
      [[2, 3, 0], [2, 0, 4]],
      [[0, 2, 3], [3, 4]],
      [[2, 3], [0, 3, 4]],
      [[0, 2, 3], [1, 3, 4]],
    ];
    for (const [xs, ys] of cases) {
      const x: Tensor<[number, number, number]> = ones(xs as never);
      const y: Tensor<[number, number, number]> = ones(ys as never);
      const z = batchMatmul(x, y);
      assert(z.data.every((value) => value === 0));
      const found = batchMatmulD(x, y, z);
      assertEquals(found, { x: zeros(x.shape), y: zeros(y.shape) });
    }
  });

  it("NaN and infinity: what is not finite stays in its own matrix", () => {
    const x = tensor([[[NaN]], [[2]]]), y = tensor([[[1]], [[Infinity]]]);
    assertEquals([...batchMatmul(x, y).data], [NaN, Infinity]);
    const { data } = batchMatmulDx(x, y, tensor([[[1]], [[0]]]));
    assertEquals([...data], [1, NaN]);
    const one = batchMatmulDy(x, tensor([[1]]), ones([2, 1, 1]));
    assertEquals([...one.data], [NaN]);
  });

  it("Results go to out if it is given, whatever it held", () => {
    const x = some([3, 2, 4], 0),
      y = some([4, 5], 1),
      dout = some([3, 2, 5], 2);
    const z = batchMatmul(x, y), out = ones([3, 2, 5]);
    batchMatmul(x, y, { out });
    assertEquals<Tensor>(out, z);
    const dy = ones([4, 5]);
    batchMatmulDy(x, y, dout, { out: dy });
    assertEquals<Tensor>(dy, batchMatmulDy(x, y, dout));
  });
});

describeProof("ops/products/batch_matmul.ts", source, op, goldens);
