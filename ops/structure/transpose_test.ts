// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, scalar, type Tensor, tensor, zeros } from "../tensor.ts";
import { transpose, transposeD, transposeDx } from "./transpose.ts";
import * as op from "./transpose.ts";
import source from "./transpose.ts" with { type: "text" };
import goldens from "../goldens/transpose.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";
import { describeMover } from "../core/testing/mover.ts";

describe("transpose()", () => {
  it("reverses the axes, or puts them in the order that is given", () => {
    const x = tensor([[[1, 2, 3], [4, 5, 6]]]);
    const reversed: Tensor<[3, 2, 1]> = transpose(x);
    assertEquals(reversed, tensor([[[1], [4]], [[2], [5]], [[3], [6]]]));
    const same: Tensor<[1, 2, 3]> = transpose(x, { axes: [0, 1, 2] });
    assertEquals(same, x);
    const last: Tensor<[3, 1, 2]> = transpose(x, { axes: [-1, -3, 1] });
    assertEquals(last, tensor([[[1, 4]], [[2, 5]], [[3, 6]]]));
    const s: Tensor<[]> = transpose(scalar(3));
    assertEquals(s, scalar(3));
    assertEquals(transpose(zeros([0, 3])), zeros([3, 0]));
  });

  it("is right where it goes by squares", () => {
    const x = zeros([70, 97]);
    x.data.forEach((_, i) => x.data[i] = i);
    const y = transpose(x);
    for (let i = 0; i < 70; i++) {
      for (let j = 0; j < 97; j++) {
        assertEquals(y.data[j * 70 + i], x.data[i * 97 + j]);
      }
    }
    assertEquals(transposeD(x, y), { x });
  });

  it("refuses axes that are no order of those of x", () => {
    const x = ones([2, 3]);
    const CASES: [unknown, ErrorConstructor, string][] = [
      [
        [0],
        TypeError,
        "axes must have one number for each axis of x: axes has 1, x has 2",
      ],
      [
        [0, 0],
        RangeError,
        "axes must name each axis of x once: axis 0 is named twice",
      ],
      [
        [0, -2],
        RangeError,
        "axes must name each axis of x once: axis 0 is named twice",
      ],
      [
        [0, 2],
        RangeError,
        "axes[1] must be an axis of x, from -2 to 1: it is 2, x is 2×3",
      ],
      [[0, 0.5], RangeError, "axes[1] must be an integer: it is 0.5"],
      [["1", 0], TypeError, 'axes[0] must be a number: it is "1"'],
      [1, TypeError, "axes must be an array of integers: it is 1"],
    ];
    for (const [axes, kind, message] of CASES) {
      const options = { axes } as never;
      const error = assertThrows(() => transpose(x, options), kind);
      assertEquals(error.message, `Cannot compute transpose as ${message}`);
      assertThrows(() => transposeDx(x, x as never, options), kind);
    }
    assertThrows(
      // @ts-expect-error The gradient has the shape of the output.
      () => transposeDx(x, ones([2, 3])),
      TypeError,
      "dout must have the shape of the output: dout is 2×3, the output is 3×2",
    );
  });
});

describeMover(op, "transpose", (choose, shape) => {
  const axes = shape.map((_, axis) => axis);
  for (let i = axes.length - 1; i > 0; i--) {
    const j = choose(i + 1);
    [axes[i], axes[j]] = [axes[j], axes[i]];
  }
  return {
    args: [],
    options: choose(3) === 0 ? { axes: undefined } : { axes },
  };
});

describeProof("ops/structure/transpose.ts", source, op, goldens);
