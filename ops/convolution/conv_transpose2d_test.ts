// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  convTranspose2d,
  convTranspose2dD,
  convTranspose2dDb,
  convTranspose2dDw,
  convTranspose2dDx,
  signature,
} from "./conv_transpose2d.ts";
import { conv2d, conv2dDw, conv2dDx } from "./conv2d.ts";
import { withoutKernels } from "../core/op.ts";
import { ones, type Tensor, tensor, zeros } from "../tensor.ts";
import * as op from "./conv_transpose2d.ts";
import source from "./conv_transpose2d.ts" with { type: "text" };
import goldens from "../goldens/conv_transpose2d.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

type Four = Tensor<[number, number, number, number]>;

/** Small integers, whose sums are exact in any order. */
function integers(shape: readonly number[], seed: number): number[] {
  const size = shape.reduce((a, b) => a * b, 1);
  return Array.from({ length: size }, () => {
    seed = Math.imul(seed, 48271) + 11 | 0;
    return (seed >>> 16) % 7 - 3;
  });
}

const row = (...values: number[]): Four => tensor([[[values]]]);

describe("convTranspose2d()", () => {
  const x = row(1, 2, 3), w = row(1, 10, 100);
  const options = {
    stride: [1, 2],
    padding: [0, 1],
    outputPadding: [0, 1],
  } as const;
  const dout = row(1, 2, 3, 4, 5, 6);

  it("spreads each element over its window, as in the drawing", () => {
    assertEquals(
      convTranspose2d(x, w, null, options),
      row(10, 102, 20, 203, 30, 300),
    );
    assertEquals(
      convTranspose2dDx(x, w, null, dout, options),
      row(210, 432, 654),
    );
    assertEquals(
      convTranspose2dDw(x, w, null, dout, options),
      row(2 * 2 + 3 * 4, 1 + 2 * 3 + 3 * 5, 2 + 2 * 4 + 3 * 6),
    );
    assertEquals(
      convTranspose2dDb(x, w, tensor([7]), dout, options),
      tensor([21]),
    );
    const all = convTranspose2dD(x, w, tensor([7]), dout, options);
    assertEquals(Object.keys(all), ["x", "w", "b"]);
  });

  it("adds rows, not zeros, with output padding", () => {
    const long = { stride: [1, 3], outputPadding: [0, 2] } as const;
    assertEquals(
      convTranspose2d(row(1, 2), row(1, 10), tensor([5]), long),
      row(6, 15, 5, 7, 25, 5, 5),
    );
  });

  it("keeps groups apart", () => {
    const two = tensor([[[[1]], [[2]], [[3]], [[4]]]]);
    const weights = tensor([[[[1]], [[10]]], [[[1]], [[100]]], [[[5]], [[6]]], [
      [[7]],
      [[8]],
    ]]);
    assertEquals(
      convTranspose2d(two, weights, null, { groups: 2 }),
      tensor([[[[3]], [[210]], [[43]], [[50]]]]),
    );
  });

  it("is the gradient of a convolution, which is its gradient", () => {
    const stride = [2, 3] as const, padding = [1, 2] as const;
    const dilation = [2, 1] as const;
    const small = tensor(integers([2, 6, 3, 3], 1), [2, 6, 3, 3]);
    const weights = tensor(integers([6, 4, 3, 4], 2), [6, 4, 3, 4]);
    for (const outputPadding of [[0, 0], [1, 0], [0, 2], [1, 1]] as const) {
      const options = { stride, padding, dilation, outputPadding, groups: 1 };
      const back = { stride, padding, dilation, groups: 1 };
      const y = convTranspose2d(small, weights, null, options);
      assertEquals(y, conv2dDx(zeros(y.shape), weights, null, small, back));
      const dout = tensor(integers(y.shape, 3), y.shape);
      assertEquals(
        convTranspose2dDx(small, weights, null, dout, options),
        conv2d(dout, weights, null, back),
      );
      assertEquals(
        convTranspose2dDw(small, weights, null, dout, options),
        conv2dDw(dout, weights, null, small, back),
      );
    }
  });

  it("refuses what does not fit, in the symbols of the page", () => {
    const x = zeros([1, 4, 5, 5]), w = zeros([4, 6, 3, 3]);
    const refuse = (options: object, why: string) => {
      const error = assertThrows(
        () => convTranspose2d(x, w, null, options),
        Error,
      );
      assertEquals(error.message, `Cannot compute convTranspose2d as ${why}`);
    };
    refuse({ stride: 0 }, "stride must be an integer at least 1: it is 0");
    refuse(
      { dilation: [1, 0] },
      "dilation[1] must be an integer at least 1: it is 0",
    );
    refuse(
      { stride: 2, outputPadding: [0, 2] },
      "outputPadding[1] must be an integer at least 0 and below stride: outputPadding[1] is 2, stride[1] is 2",
    );
    refuse(
      { padding: 4 },
      "axis 2 of the result, (h-1)*s-2*p+d*(r-1)+u+1, must be at least 0: it is -1 where h is 5, s is 1, p is 4, d is 1, r is 3, u is 0",
    );
    assertThrows(
      () => convTranspose2d(zeros([1, 4, 0, 5]), w, null),
      RangeError,
      "as h must be at least 1 where axis 2 of the result is (h-1)*s-2*p+d*(r-1)+u+1: it is 0",
    );
    assertThrows(
      () => convTranspose2d(x, zeros([4, 6, 3, 0]), null),
      RangeError,
      "as v must be at least 1 where axis 3",
    );
    assertThrows(
      () => convTranspose2d(x, zeros([5, 6, 3, 3]), null),
      TypeError,
      "as axis 0 of w must be groups*c where groups is 1 and c is 4: w is 5×6×3×3",
    );
    assertThrows(
      () => convTranspose2d(x, w, zeros([5])),
      TypeError,
      "axis 0 of b must be groups*k where groups is 1 and k is 6: b is [5]",
    );
  });
});

describe("the kernels of convTranspose2d", () => {
  const loops = withoutKernels(signature);
  const CASES: [title: string, x: number[], w: number[], options: object][] = [
    ["3×3", [2, 9, 13, 14], [9, 7, 3, 3], { padding: 1 }],
    ["twice as large", [1, 12, 11, 9], [12, 8, 4, 4], {
      stride: 2,
      padding: 1,
    }],
    ["output padding, dilation", [1, 8, 10, 12], [8, 8, 3, 2], {
      stride: [3, 2],
      outputPadding: [2, 1],
      dilation: [2, 3],
      padding: [1, 2],
    }],
    ["output padding behind the last window", [2, 8, 12, 11], [8, 8, 2, 2], {
      stride: [2, 3],
      outputPadding: [1, 2],
    }],
    ["groups", [2, 12, 9, 9], [12, 4, 3, 3], { groups: 3, stride: 2 }],
  ];
  for (const [title, xs, ws, options] of CASES) {
    for (const dtype of ["float32", "float64"] as const) {
      it(`have the loop's results: ${title}, ${dtype}`, () => {
        const x = tensor(integers(xs, 1), xs, { dtype });
        const w = tensor(integers(ws, 2), ws, { dtype });
        const { groups = 1 } = options as { groups?: number };
        const bs = [groups * ws[1]];
        const b = tensor(integers(bs, 4), bs, { dtype });
        const y: Four = signature.forward([x, w, b], options);
        assertEquals(y, loops.forward([x, w, b], options));
        const dout = tensor(integers(y.shape, 3), y.shape, { dtype });
        assertEquals(
          signature.backward([x, w, b, dout], options),
          loops.backward([x, w, b, dout], options),
        );
      });
    }
  }

  it("multiply nothing that is cut off", () => {
    const x = ones([1, 8, 12, 12]), w = ones([8, 8, 3, 3]);
    w.data[0] = Infinity;
    const options = { padding: 1 };
    const y: Four = signature.forward([x, w, null], options);
    assertEquals(y, loops.forward([x, w, null], options));
    assertEquals(y.data.includes(NaN), false);
  });
});

describeProof("ops/convolution/conv_transpose2d.ts", source, op, goldens);
