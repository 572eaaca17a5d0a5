// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { linear, linearD, linearDb, linearDw, linearDx } from "./linear.ts";
import { ones, reshape, tensor, zeros } from "../tensor.ts";
import * as op from "./linear.ts";
import source from "./linear.ts" with { type: "text" };
import goldens from "../goldens/linear.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const x = tensor([[1, 2, 3], [4, 5, 6]]);
const w = tensor([[1, 0, -1], [2, 1, 0], [0, 0, 3], [1, 1, 1]]);
const b = tensor([10, 20, 30, 40]);
const dout = tensor([[1, 0, 2, -1], [0, 3, 1, 1]]);

describe("linear()", () => {
  it("refuses a bias that is longer or shorter than the rows of w", () => {
    for (const length of [3, 5] as number[]) {
      assertThrows(
        () => linear(x, w, zeros([length])),
        TypeError,
        `Cannot compute linear as the rows of w must equal the length of b: w is 4×3, b is [${length}]`,
      );
    }
  });

  it("multiplies by the transposed weights and adds the bias", () => {
    assertEquals(linear(x, w, b), tensor([[8, 24, 39, 46], [8, 33, 48, 55]]));
  });

  it("takes any leading axes, and no bias", () => {
    const batches = reshape(x, [1, 2, 1, 3]);
    assertEquals(linear(batches, w, b), reshape(linear(x, w, b), [1, 2, 1, 4]));
    assertEquals(linear(tensor([1, 2, 3]), w, b), tensor([8, 24, 39, 46]));
    const none = zeros([4]);
    assertEquals(linear(x, w, null), linear(x, w, none));
    const { x: dx, w: dw } = linearD(x, w, none, dout, { wrt: ["x", "w"] });
    assertEquals(Object.keys(linearD(x, w, null, dout)), ["x", "w"]);
    assertEquals(linearDx(x, w, null, dout), dx);
    assertEquals(linearDw(x, w, null, dout), dw);
  });
});

describe("linearDx()", () => {
  it("multiplies dout by the weights", () => {
    assertEquals(linearDx(x, w, b, dout), tensor([[0, -1, 4], [7, 4, 4]]));
  });
});

describe("linearDw()", () => {
  it("multiplies the transpose of dout by x, and has the shape of w", () => {
    assertEquals(
      linearDw(x, w, b, dout),
      tensor([[1, 2, 3], [12, 15, 18], [6, 9, 12], [3, 3, 3]]),
    );
  });
});

describe("linearDb()", () => {
  it("sums dout over the batch", () => {
    assertEquals(linearDb(x, w, b, dout), tensor([1, 3, 3, 0]));
  });
});

describe("the edge cases of the linear layer", () => {
  it("Empty dimensions: no inputs leave the bias, no batch leaves zeros", () => {
    const [x0, w0] = [zeros([2, 0]), zeros([4, 0])];
    assertEquals(
      linear(x0, w0, b),
      tensor([[10, 20, 30, 40], [10, 20, 30, 40]]),
    );
    assertEquals(linearDx(x0, w0, b, dout), x0);
    assertEquals(linearDw(x0, w0, b, dout), w0);
    assertEquals(linearDb(x0, w0, b, dout), tensor([1, 3, 3, 0]));

    const [none, noOutput] = [zeros([0, 3]), zeros([0, 4])];
    assertEquals(linear(none, w, b), noOutput);
    assertEquals(linearDx(none, w, b, noOutput), none);
    assertEquals(linearDw(none, w, b, noOutput), zeros([4, 3]));
    assertEquals(linearDb(none, w, b, noOutput), zeros([4]));

    const [noWeights, noBias] = [zeros([0, 3]), zeros([0])];
    assertEquals(linear(x, noWeights, noBias), zeros([2, 0]));
    assertEquals(linearDx(x, noWeights, noBias, zeros([2, 0])), zeros([2, 3]));
    assertEquals(linearDw(x, noWeights, noBias, zeros([2, 0])), noWeights);
    assertEquals(linearDb(x, noWeights, noBias, zeros([2, 0])), noBias);
  });

  it("NaN and infinity: 0 times NaN, and 0 times infinity, is NaN", () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const [x, w, b] = [tensor([[value, 1]]), zeros([1, 2]), ones([1])];
      assertEquals(linear(x, w, b), tensor([[NaN]]));
      assertEquals(linear(zeros([1, 2]), w, tensor([value])).data[0], value);
      assertEquals(linearDx(x, x, b, tensor([[0]])), tensor([[NaN, 0]]));
      assertEquals(linearDw(x, w, b, tensor([[0]])), tensor([[NaN, 0]]));
      assertEquals(linearDb(x, w, b, tensor([[value]])).data[0], value);
    }
  });

  it("Aliasing: x, w, b and dout may share memory, the results share none", () => {
    const data = new Float32Array([1, 2, 3, 4]);
    const a = tensor(data, [2, 2]);
    const bias = tensor(data.subarray(1, 3));
    const results = [
      linear(a, a, bias),
      linearDx(a, a, bias, a),
      linearDw(a, a, bias, a),
      linearDb(a, a, bias, a),
    ];
    assertEquals(results.map((result) => [...result.data]), [
      [7, 14, 13, 28],
      [7, 10, 15, 22],
      [10, 14, 14, 20],
      [4, 6],
    ]);
    assert(results.every((result) => result.data.buffer !== data.buffer));
    assertEquals([...data], [1, 2, 3, 4]);
  });

  it("Ties and kinks: there are none, as each input is linear", () => {
    const twice = tensor([[2, 4, 6], [8, 10, 12]]);
    assertEquals(linearDx(twice, w, b, dout), linearDx(x, w, b, dout));
    assertEquals(linearDb(twice, w, b, dout), linearDb(x, w, b, dout));
    assertEquals(
      [...linearDw(twice, w, b, dout).data],
      [...linearDw(x, w, b, dout).data].map((value) => 2 * value),
    );
  });

  it("Sums run in float64 and are rounded once, the bias among their terms", () => {
    const tiny = 2 ** -24; // Lost where it is added to a float32 of 1.
    const terms = tensor([[tiny, tiny]]);
    const y = linear(terms, ones([1, 2]), ones([1]));
    assertEquals(y.data[0], 1 + 2 * tiny);
    const column = tensor([[1], [tiny], [tiny]]);
    const db = linearDb(ones([3, 2]), ones([1, 2]), ones([1]), column);
    assertEquals(db.data[0], 1 + 2 * tiny);
    const dw = linearDw(ones([3, 1]), ones([1, 1]), ones([1]), column);
    assertEquals(dw.data[0], 1 + 2 * tiny);
  });
});

describeProof("ops/products/linear.ts", source, op, goldens);
