// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, type Tensor, tensor, zeros } from "../tensor.ts";
import { reshape, reshapeD, reshapeDx } from "./reshape.ts";
import * as op from "./reshape.ts";
import source from "./reshape.ts" with { type: "text" };
import goldens from "../goldens/reshape.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("reshape()", () => {
  it("finds the dimension that is open, and copies nothing", () => {
    const x = tensor([[1, 2, 3], [4, 5, 6]]);
    const y: Tensor<readonly [3, number]> = reshape(x, [3, -1]);
    assertEquals(y, tensor([[1, 2], [3, 4], [5, 6]]));
    assertStrictEquals(y.data, x.data);
    assertEquals(reshape(x, [-1]).shape, [6]);
    assertEquals(reshape(x, [1, -1, 2]).shape, [1, 3, 2]);
    assertEquals(reshape(tensor([7]), [-1, 1]).shape, [1, 1]);
    assertEquals(reshape(zeros([0, 3]), [2, -1]).shape, [2, 0]);
    assertEquals(reshape(zeros([0, 3]), [-1]).shape, [0]);
  });

  it("takes no options, as nothing is written", () => {
    const x = ones([2, 3]), dout = ones([6]);
    const call = (f: (...args: never[]) => unknown, ...args: unknown[]) => () =>
      f(...args as never[]);
    const out = { out: ones([6]) };
    assertThrows(
      call(reshape, x, [6], out),
      TypeError,
      "Cannot reshape x as there must be no options: options is an Object",
    );
    assertThrows(
      call(reshapeDx, x, [6], dout, ones([2, 3])),
      TypeError,
      "Cannot compute reshapeDx as there must be no options: options is an Object",
    );
    assertThrows(
      call(reshapeD, x, [6], dout, out),
      TypeError,
      'Cannot compute reshapeD as the options must be an object such as { wrt }: it has "out"',
    );
    assertThrows(
      call(reshapeD, x, [6], dout, { wrt: ["shape"] }),
      RangeError,
      "Cannot compute reshapeD as wrt must name inputs that have a gradient (x), each once",
    );
    assertEquals(reshapeD(x, [6], dout, { wrt: ["x"] }), { x });
    assertEquals(Object.keys(reshapeD(x, [6], dout, { wrt: [] })), []);
    assertEquals(call(reshape, x, [6], undefined)(), dout);
  });

  it("refuses an open dimension that cannot be found", () => {
    const x = ones([2, 3]);
    const CASES: [Tensor, number[], ErrorConstructor, string][] = [
      [
        x,
        [4, -1],
        TypeError,
        "the number of elements must stay the same: x is 2×3, shape is 4×-1",
      ],
      [
        x,
        [0, -1],
        TypeError,
        "the number of elements must stay the same: x is 2×3, shape is 0×-1",
      ],
      [
        zeros([0]),
        [0, -1],
        TypeError,
        "the number of elements must stay the same: x is [0], shape is 0×-1",
      ],
      [
        x,
        [-1, -1],
        RangeError,
        "only one dimension in shape may be -1: shape is -1×-1",
      ],
      [
        x,
        [-2, 3],
        RangeError,
        "every dimension in shape must be a non-negative integer: dimension 0 is -2",
      ],
    ];
    for (const [x, shape, kind, message] of CASES) {
      const error = assertThrows(() => reshape(x, shape), kind);
      assertEquals(error.message, `Cannot reshape x as ${message}`);
    }
  });
});

describe("reshapeD()", () => {
  it("is the gradient of the output in the shape of x, and copies nothing", () => {
    const x = ones([2, 3]), dout = tensor([[1, 2], [3, 4], [5, 6]]);
    const { x: dx }: { x: Tensor<[2, 3]> } = reshapeD(x, [3, 2], dout);
    assertEquals(dx, tensor([[1, 2, 3], [4, 5, 6]]));
    assertStrictEquals(dx.data, dout.data);
    assertEquals(reshapeDx(x, [-1, 2], dout), dx);
  });

  it("refuses a gradient of another shape or element type", () => {
    const x = ones([2, 3]);
    assertThrows(
      // @ts-expect-error The gradient has the shape of the output.
      () => reshapeDx(x, [3, 2], ones([6])),
      TypeError,
      "dout must have the shape of the output: dout is [6], the output is 3×2",
    );
    assertThrows(
      // @ts-expect-error The gradient has the element type of x.
      () => reshapeDx(x, [6], ones([6], { dtype: "float64" })),
      TypeError,
      "x is float32, dout is float64",
    );
  });
});

describeProof("ops/structure/reshape.ts", source, op, goldens);
