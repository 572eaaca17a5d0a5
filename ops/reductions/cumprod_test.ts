// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { withoutKernels } from "../core/op.ts";
import { ones, reshape, scalar, tensor, zeros } from "../tensor.ts";
import { cumprod, cumprodD, cumprodDx } from "./cumprod.ts";
import * as op from "./cumprod.ts";
import source from "./cumprod.ts" with { type: "text" };
import goldens from "../goldens/cumprod.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const float64 = { dtype: "float64" } as const;

describe("cumprod()", () => {
  it("works along any axis, counted from either end", () => {
    const x = tensor([[[1, 2], [3, 4], [5, 6]]]);
    const along = tensor([[[1, 2], [3, 8], [15, 48]]]);
    assertEquals(cumprod(x, { axis: 1 }), along);
    assertEquals(cumprod(x, { axis: -2 }), along);
    assertEquals(cumprod(x), tensor([[[1, 2], [3, 12], [5, 30]]]));
    assertEquals(cumprod(x, { axis: 0 }), x);
    assertThrows(() => cumprod(scalar(1)), TypeError, "rank 1 or more");
    assertEquals(cumprod(zeros([2, 0])), zeros([2, 0]));
  });

  it("comes back from where no number is", () => {
    const up = [2 ** 1000, 2 ** 1000, 2 ** -1000, 2 ** -999];
    assertEquals(
      [...cumprod(tensor(up, float64)).data],
      [2 ** 1000, Infinity, 2 ** 1000, 2],
    );
  });
});

describe("cumprodDx()", () => {
  it("is right with one zero, wherever it is, and with two", () => {
    const of = (...x: number[]) => [
      ...cumprodDx(tensor(x), ones([x.length])).data,
    ];
    assertEquals(of(2, 3, 5), [1 + 3 + 15, 2 + 10, 6]);
    assertEquals(of(0, 3, 5), [1 + 3 + 15, 0, 0]);
    assertEquals(of(2, 0, 5), [1, 2 + 10, 0]);
    assertEquals(of(2, 3, 0), [1 + 3, 2, 6]);
    assertEquals(of(0, 3, 0), [1 + 3, 0, 0]);
    assertEquals(of(2, 0, 0, 7), [1, 2, 0, 0]);
    assertEquals(of(0, 0, 0), [1, 0, 0]);
  });

  it("takes zeros of each row for themselves, along any axis", () => {
    const x = tensor([[1, 0], [2, 3], [0, 4]]), dout = ones([3, 2]);
    const dx = tensor([[3, 16], [1, 0], [2, 0]]);
    assertEquals(cumprodDx(x, dout, { axis: 0 }), dx);
    assertEquals(cumprodD(x, dout, { axis: 0 }), { x: dx });
    assertEquals(
      cumprodDx(reshape(x, [1, 3, 2]), reshape(dout, [1, 3, 2]), { axis: -2 }),
      reshape(dx, [1, 3, 2]),
    );
  });

  it("is finite where what comes after is not", () => {
    const x = tensor([2 ** -1000, 2 ** 1000, 2 ** 1000, 2 ** 20], float64);
    const dout = tensor([0, 0, 0, 1], float64);
    assertEquals(
      [...cumprodDx(x, dout).data],
      [Infinity, 2 ** 20, 2 ** 20, 2 ** 1000],
    );
  });
});

describe("the kernels of cumprod", () => {
  it("have the bits of the loops, whether products leave the range or not", () => {
    const rows = [
      [1.5, -0.7, 3, 0.1],
      [1e200, 1e200, 1e-200, 3],
      [-1e-200, 1e-200, 0, 1e300],
      [5e-324, -1e308, 7, Infinity],
      [-0, 0.3, NaN, 2],
      [1e-300, 1e-300, 1e300, 1e300],
      [1e-160, 1.1e-160, 1e200, 1e200],
      [3, 1e200, 1e-200, 2],
    ];
    const x = tensor(rows, float64);
    const dout = tensor(rows.map((row) => row.map((v) => 1 / v)), float64);
    const options = { axis: 1 };
    const loops = withoutKernels(op.signature);
    assertEquals(cumprod(x, options), loops.forward([x], options));
    assertEquals(
      cumprodDx(x, dout, options),
      loops.gradient("x", [x, dout], options),
    );
  });
});

describeProof("ops/reductions/cumprod.ts", source, op, goldens);
