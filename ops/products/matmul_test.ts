// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { matmul, matmulDx, matmulDy } from "./matmul.ts";
import { ones, reshape, type Tensor, tensor, zeros } from "../tensor.ts";
import * as op from "./matmul.ts";
import source from "./matmul.ts" with { type: "text" };
import goldens from "../goldens/matmul.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const x = tensor([[1, 2, 3], [4, 5, 6]]);
const y = tensor([[1, -1], [2, 0], [0, 3]]);
const dout = tensor([[1, 2], [3, 4]]);

describe("matmul()", () => {
  it("multiplies rows by columns", () => {
    assertEquals(matmul(x, y), tensor([[5, 8], [14, 14]]));
    assertEquals(matmul(y, x).shape, [3, 3]);
    assertEquals(matmul(tensor([[3]]), tensor([[-4]])), tensor([[-12]]));
  });

  it("does nothing where a factor is the identity", () => {
    assertEquals(matmul(x, tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1]])), x);
    assertEquals(matmul(tensor([[1, 0], [0, 1]]), x), x);
  });

  it("gives a row of the product the same bits whatever the other rows are", () => {
    const n = 50; // Two rows of it are a product for the SIMD kernel.
    const data = Float64Array.from({ length: n * n }, (_, i) => 1 / (i - 9.5));
    const square = tensor(data, [n, n]);
    const pairs = Array.from({ length: n / 2 }, (_, i) => {
      const pair = tensor(data.subarray(2 * i * n, 2 * (i + 1) * n), [2, n]);
      return [...matmul(pair, square).data];
    });
    assertEquals([...matmul(square, square).data], pairs.flat());
  });

  it("names both shapes where they do not fit", () => {
    const error = assertThrows(
      // @ts-expect-error The columns of x (6) are not the rows of y (7).
      () => matmul(zeros([4, 6]), zeros([7, 9])),
      TypeError,
    );
    assertEquals(
      error.message,
      "Cannot multiply x by y as the columns of x must equal the rows of y: x is 4×6, y is 7×9",
    );
  });

  it("refuses more columns in x than rows in y", () => {
    assertThrows(
      // @ts-expect-error The columns of x (7) are not the rows of y (6).
      () => matmul(zeros([4, 7]), zeros([6, 9])),
      TypeError,
      "x is 4×7, y is 6×9",
    );
  });

  it("refuses dimensions below 0, and no elements where their memory is gone", () => {
    const one = tensor([[1]]);
    const negative = { ...one, shape: [-1, -1] } as const;
    assertThrows(
      () => matmul(negative, one as Tensor<[number, 1]>),
      RangeError,
    );
    const gone: Tensor<[number, number]> = zeros([0, 1]);
    structuredClone(gone.data, { transfer: [gone.data.buffer as ArrayBuffer] });
    assertThrows(() => matmul(gone, one), TypeError, "must have a buffer");
  });

  it("refuses a product that no memory can hold", () => {
    const error = assertThrows(
      () => matmul(zeros([2 ** 26, 0]), zeros([0, 2 ** 26])),
      RangeError,
    );
    assertEquals(
      error.message,
      "Cannot multiply x by y as there is no memory for the result: 4503599627370496 elements of float32 are 18014398509481984 bytes",
    );
  });
});

describe("matmulDx()", () => {
  it("multiplies dout by the transpose of y", () => {
    assertEquals(matmulDx(x, y, dout), tensor([[-1, 2, 6], [-1, 6, 12]]));
  });
});

describe("matmulDy()", () => {
  it("multiplies the transpose of x by dout", () => {
    assertEquals(matmulDy(x, y, dout), tensor([[13, 18], [17, 24], [21, 30]]));
  });
});

describe("the edge cases of matrix multiplication", () => {
  it("Empty dimensions: a sum of nothing is 0, and the rest is empty", () => {
    const cases: [Tensor<[number, number]>, Tensor<[number, number]>][] = [
      [zeros([0, 3]), ones([3, 2])],
      [ones([2, 3]), zeros([3, 0])],
      [zeros([2, 0]), zeros([0, 3])],
      [zeros([0, 0]), zeros([0, 0])],
    ];
    for (const [x, y] of cases) {
      const [m, p] = [x.shape[0], y.shape[1]];
      assertEquals(matmul(x, y), zeros([m, p]));
      assertEquals(matmulDx(x, y, ones([m, p])), zeros(x.shape));
      assertEquals(matmulDy(x, y, ones([m, p])), zeros(y.shape));
    }
  });

  it("NaN and infinity: 0 times NaN, and 0 times infinity, is NaN", () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const [a, b] = [tensor([[0, 1]]), tensor([[value], [1]])];
      assertEquals(matmul(a, b), tensor([[NaN]]));
      assertEquals(
        matmulDx(a, b, tensor([[0]])),
        tensor([[NaN, 0]]),
      );
      assertEquals(
        matmulDy(tensor([[value, 1]]), b, tensor([[0]])),
        tensor([[NaN], [0]]),
      );
    }
    const infinities = tensor([[Infinity], [-Infinity]]);
    assertEquals(matmul(ones([1, 2]), infinities), tensor([[NaN]]));
    assertEquals(matmul(tensor([[1, -1]]), infinities), tensor([[Infinity]]));
  });

  it("Aliasing: x, y and dout may be the same tensor", () => {
    const a = tensor([[1, 2], [3, 4]]);
    assertEquals(matmul(a, a), tensor([[7, 10], [15, 22]]));
    assertEquals(matmulDx(a, a, a), tensor([[5, 11], [11, 25]]));
    assertEquals(matmulDy(a, a, a), tensor([[10, 14], [14, 20]]));
    const flat = [reshape(a, [1, 4]), reshape(a, [4, 1])] as const;
    assertEquals(matmul(...flat), tensor([[30]]));
    assertEquals(a, tensor([[1, 2], [3, 4]]));
  });

  it("Ties and kinks: there are none, as each factor is linear", () => {
    const twice = tensor([[2, 4, 6], [8, 10, 12]]);
    const { data } = matmul(x, y);
    assertEquals([...matmul(twice, y).data], [...data].map((z) => 2 * z));
    assertEquals(matmulDx(twice, y, dout), matmulDx(x, y, dout));
  });

  it("Sums run in float64 and are rounded once", () => {
    // Float32 sums lose both small terms, float32 products their last bit.
    const tiny = 2 ** -24;
    const z = matmul(tensor([[1, tiny, tiny]]), ones([3, 1]));
    assertEquals(z.data[0], 1 + 2 * tiny);
    const a = 1 + 2 ** -12;
    const square = matmul(tensor([[a, 1]]), tensor([[a], [-1 - 2 ** -11]]));
    assertEquals(square.data[0], tiny);
    const big = matmul(tensor([[3e38, 3e38]]), tensor([[1], [-1]]));
    assert(Object.is(big.data[0], 0));
  });
});

describeProof("ops/products/matmul.ts", source, op, goldens);
