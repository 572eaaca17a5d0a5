// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { withoutKernels } from "../core/op.ts";
import { scalar, tensor, zeros } from "../tensor.ts";
import { prod, prodD, prodDx } from "./prod.ts";
import * as op from "./prod.ts";
import source from "./prod.ts" with { type: "text" };
import goldens from "../goldens/prod.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const float64 = { dtype: "float64" } as const;

describe("prod()", () => {
  it("is over one axis, some, all or none", () => {
    const x = tensor([[[1, 2], [3, 4]], [[5, 6], [-7, 0]]]);
    assertEquals(prod(x, { axes: [1] }), tensor([[3, 8], [-35, 0]]));
    assertEquals(prod(x, { axes: [2, 0] }), tensor([60, 0]));
    assertEquals(
      prod(x, { axes: [1, 2], keepDims: true }),
      tensor([[[24]], [[0]]]),
    );
    assertEquals(prod(x, { axes: [] }), x);
    assertEquals(prod(tensor([2, 3, 7])), scalar(42));
  });

  it("of nothing is 1", () => {
    assertEquals(prod(zeros([0])), scalar(1));
    assertEquals(prod(zeros([2, 0]), { axes: [1] }), tensor([1, 1]));
    assertEquals(prod(zeros([2, 0]), { axes: [0] }), zeros([0]));
  });

  it("comes back from where no number is", () => {
    const x = [...Array(30).fill(2 ** 100), ...Array(30).fill(2 ** -100), 3];
    assertEquals(prod(tensor(x)), scalar(3));
    assertEquals(prod(tensor(x.reverse(), float64)).data[0], 3);
  });
});

describe("prodDx()", () => {
  const dout = scalar(10);

  it("is right with one zero, wherever it is, and with two", () => {
    assertEquals(prodDx(tensor([0, 2, 3]), dout), tensor([60, 0, 0]));
    assertEquals(prodDx(tensor([2, 0, 3]), dout), tensor([0, 60, 0]));
    assertEquals(prodDx(tensor([2, 3, 0]), dout), tensor([0, 0, 60]));
    assertEquals(prodDx(tensor([0, 2, 0]), dout), zeros([3]));
    assertEquals(prodDx(tensor([0, 0, 0]), dout), zeros([3]));
    assertEquals(prodDx(tensor([0]), dout), tensor([10]));
  });

  it("takes zeros of each row for themselves", () => {
    const x = tensor([[1, 2, 3], [4, 0, 5], [0, 0, 6]]);
    const dx = tensor([[6, 3, 2], [0, 20, 0], [0, 0, 0]]);
    const ones = tensor([1, 1, 1]);
    assertEquals(prodDx(x, ones, { axes: [1] }), dx);
    assertEquals(prodD(x, ones, { axes: [1] }), { x: dx });
  });

  it("is finite where only the whole product is not", () => {
    const x = tensor([2 ** 1000, 2 ** 1000], float64);
    const small = scalar(2 ** -1000, float64);
    assertEquals(prod(x).data[0], Infinity);
    assertEquals([...prodDx(x, small).data], [1, 1]);
  });
});

describe("the kernels of prod", () => {
  it("have the bits of the loops, whether products leave the range or not", () => {
    const rows = [
      [1.5, -0.7, 3, 0.1],
      [1e200, 1e200, 1e-200, 3],
      [-1e-200, 1e-200, 0, 1e300],
      [5e-324, -1e308, 7, Infinity],
      [-0, 0.3, NaN, 2],
      [1e-300, 1e-300, 1e300, 1e300],
      [1e-160, 1.1e-160, 1e200, 1e200],
    ];
    const x = tensor(rows, float64);
    const dout = tensor([2, 1e-200, 0, NaN, -3, 1e200, 7], float64);
    const options = { axes: [1] };
    const loops = withoutKernels(op.signature);
    assertEquals(prod(x, options), loops.forward([x], options));
    assertEquals(
      prodDx(x, dout, options),
      loops.gradient("x", [x, dout], options),
    );
  });
});

describeProof("ops/reductions/prod.ts", source, op, goldens);
