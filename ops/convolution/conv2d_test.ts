// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  conv2d,
  conv2dD,
  conv2dDb,
  conv2dDw,
  conv2dDx,
  signature,
} from "./conv2d.ts";
import { withoutKernels } from "../core/op.ts";
import {
  type Float,
  ones,
  type Shape,
  type Tensor,
  tensor,
  zeros,
} from "../tensor.ts";
import { arena } from "../arena.ts";
import * as op from "./conv2d.ts";
import source from "./conv2d.ts" with { type: "text" };
import goldens from "../goldens/conv2d.json" with { type: "json" };
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

describe("conv2d()", () => {
  it("multiplies each window by the weights, unturned", () => {
    assertEquals(conv2d(row(1, 2, 4, 8), row(1, 10), null), row(21, 42, 84));
    assertEquals(
      conv2d(row(1, 2, 4, 8), row(1, 10), tensor([100])),
      row(121, 142, 184),
    );
  });

  it("has separate rows and columns for each pair", () => {
    const x = tensor(integers([1, 1, 7, 9], 5), [1, 1, 7, 9]);
    const w = tensor(integers([1, 1, 2, 3], 6), [1, 1, 2, 3]);
    const options = { stride: [2, 3], padding: [1, 0], dilation: [3, 2] };
    const { shape, data } = conv2d(x, w, null, options as object);
    assertEquals(shape, [1, 1, 3, 2]);
    const at = (i: number, j: number) =>
      i < 0 || i >= 7 ? 0 : x.data[i * 9 + j];
    const expected = [0, 1, 2].flatMap((a) =>
      [0, 1].map((m) =>
        [0, 1].flatMap((i) =>
          [0, 1, 2].map((j) =>
            at(2 * a + 3 * i - 1, 3 * m + 2 * j) * w.data[i * 3 + j]
          )
        ).reduce((a, b) => a + b)
      )
    );
    assertEquals([...data], expected);
  });

  it("takes one number for both of a pair", () => {
    const [x, w] = [ones([2, 3, 8, 8]), ones([4, 3, 3, 3])];
    assertEquals(
      conv2d(x, w, null, { stride: 2, padding: 1, dilation: 2 }),
      conv2d(x, w, null, { stride: [2, 2], padding: [1, 1], dilation: [2, 2] }),
    );
  });

  it("keeps groups apart", () => {
    const x = tensor([[[[1, 2]], [[3, 4]], [[5, 6]], [[7, 8]]]]);
    const w = tensor([[[[1]], [[10]]], [[[1]], [[100]]]]);
    assertEquals(
      conv2d(x, w, null, { groups: 2 }),
      tensor([[[[31, 42]], [[705, 806]]]]),
    );
    // As many groups as channels: each has its own window.
    const each = tensor([[[[1]]], [[[2]]], [[[3]]], [[[4]]]]);
    assertEquals(
      conv2d(x, each, null, { groups: 4 }),
      tensor([[[[1, 2]], [[6, 8]], [[15, 18]], [[28, 32]]]]),
    );
  });

  it("refuses what does not fit, in the symbols of the page", () => {
    const [x, w] = [zeros([1, 4, 5, 5]), zeros([6, 4, 3, 3])];
    const refuse = (why: string, run: () => unknown) => {
      const error = assertThrows(run, Error);
      assertEquals(error.message, `Cannot compute conv2d as ${why}`);
    };
    for (const key of ["stride", "dilation"]) {
      refuse(
        `${key} must be an integer at least 1: it is 0`,
        () => conv2d(x, w, null, { [key]: 0 }),
      );
      refuse(
        `${key}[1] must be an integer at least 1: it is -2`,
        () => conv2d(x, w, null, { [key]: [1, -2] }),
      );
    }
    refuse(
      "padding must be an integer at least 0: it is -1",
      () => conv2d(x, w, null, { padding: -1 }),
    );
    refuse(
      "groups must be an integer at least 1: it is 0",
      () => conv2d(x, w, null, { groups: 0 }),
    );
    refuse(
      "axis 1 of x must be groups*c where groups is 1 and c is 3: x is 1×4×5×5",
      () => conv2d(x, zeros([6, 3, 3, 3]), null),
    );
    refuse(
      "axis 0 of w must be groups*k where groups is 4: w is 6×1×3×3",
      () => conv2d(x, zeros([6, 1, 3, 3]), null, { groups: 4 }),
    );
    refuse(
      "axis 0 of b must be groups*k where groups is 1 and k is 6: b is [5]",
      () => conv2d(x, w, zeros([5 as number])),
    );
    refuse(
      "r must be at least 1 where axis 2 of the result is (h+2*p-d*(r-1)-1)/s+1: it is 0",
      () => conv2d(x, zeros([6, 4, 0, 3]), null),
    );
    refuse(
      "l must be at least 1 where axis 3 of the result is (l+2*q-e*(v-1)-1)/t+1: it is 0",
      () => conv2d(zeros([1, 4, 5, 0]), w, null, { padding: 2 }),
    );
    refuse(
      "axis 2 of the result, (h+2*p-d*(r-1)-1)/s+1, must be at least 1: it is -1 where h is 5, p is 0, d is 3, r is 3, s is 1",
      () => conv2d(x, w, null, { dilation: 3 }),
    );
  });
});

describe("the gradients of conv2d", () => {
  const x = row(1, 2, 3, 4, 5, 6), w = row(1, 10, 100);
  const options = { stride: [1, 2], padding: [0, 1] } as const;
  const dout = row(1, 2, 3);

  it("are those of the drawing", () => {
    assertEquals(conv2d(x, w, null, options), row(210, 432, 654));
    assertEquals(
      conv2dDx(x, w, null, dout, options),
      row(10, 102, 20, 203, 30, 300),
    );
    assertEquals(
      conv2dDw(x, w, null, dout, options),
      row(2 * 2 + 3 * 4, 1 + 2 * 3 + 3 * 5, 2 + 2 * 4 + 3 * 6),
    );
    assertEquals(conv2dDb(x, w, tensor([7]), dout, options), tensor([6]));
  });

  it("are 0 in what a stride leaves", () => {
    assertEquals(
      conv2dDx(x, w, null, row(1, 2), { stride: [1, 2] }),
      row(1, 10, 102, 20, 200, 0),
    );
    assertEquals(
      conv2dDx(x, w, null, row(1), { stride: [1, 7] }),
      row(1, 10, 100, 0, 0, 0),
    );
  });

  it("come together, without that of a bias that is null", () => {
    const all = conv2dD(x, w, tensor([7]), dout, options);
    assertEquals(Object.keys(all), ["x", "w", "b"]);
    assertEquals(all.x, conv2dDx(x, w, null, dout, options));
    assertEquals(Object.keys(conv2dD(x, w, null, dout, options)), ["x", "w"]);
  });
});

describe("the kernel of conv2d", () => {
  const loops = withoutKernels(signature);

  /** Compares all results, bit by bit, with those of the loop. */
  function compare(
    x: Tensor<Shape, Float>,
    w: Tensor<Shape, Float>,
    b: Tensor<Shape, Float> | null,
    options: object,
    dtype: "float32" | "float64",
    dout?: Tensor<Shape, Float>,
  ) {
    const y: Tensor<Shape, Float> = signature.forward([x, w, b], options);
    assertEquals(y, loops.forward([x, w, b], options));
    dout ??= tensor(integers(y.shape, 3), y.shape, { dtype });
    const found = signature.backward([x, w, b, dout], options);
    assertEquals(found, loops.backward([x, w, b, dout], options));
  }

  const CASES: [
    title: string,
    x: number[],
    w: number[],
    options?: object,
  ][] = [
    ["3×3", [2, 9, 13, 14], [7, 9, 3, 3], { padding: 1 }],
    ["1×1", [2, 16, 12, 11], [9, 16, 1, 1]],
    ["1×1 of many channels", [1, 60, 9, 10], [10, 60, 1, 1]],
    ["1×1 of images of a power of 2", [1, 7, 32, 32], [9, 7, 1, 1]],
    ["1×1 in several tiles", [1, 12, 180, 91], [12, 6, 1, 1], { groups: 2 }],
    ["1×1 of every second", [1, 16, 21, 22], [17, 16, 1, 1], { stride: 2 }],
    ["strides with a rest", [1, 5, 24, 19], [8, 5, 3, 4], { stride: [2, 3] }],
    ["windows beside each other with a rest", [2, 12, 9, 11], [31, 12, 2, 2], {
      stride: 2,
    }],
    ["windows beside each other, rows left", [1, 9, 14, 12], [32, 9, 3, 3], {
      stride: 3,
    }],
    ["a window of one, a stride with a rest", [1, 16, 25, 24], [17, 16, 1, 1], {
      stride: [3, 5],
    }],
    ["gaps with a rest", [2, 8, 28, 31], [16, 8, 2, 3], { stride: [5, 4] }],
    ["a stride longer than the window", [2, 8, 30, 31], [8, 8, 2, 1], {
      stride: [5, 4],
      padding: [1, 0],
    }],
    ["dilation", [1, 8, 20, 23], [8, 8, 3, 2], {
      dilation: [2, 5],
      stride: [3, 2],
      padding: [4, 3],
    }],
    ["groups", [2, 12, 15, 15], [9, 4, 3, 3], { groups: 3, padding: 2 }],
    ["several tiles", [1, 4, 180, 130], [4, 4, 3, 3], { padding: 1 }],
    ["several tiles with strides", [1, 4, 231, 153], [4, 4, 5, 3], {
      padding: [2, 0],
      stride: [2, 2],
      dilation: [2, 1],
    }],
    ["each channel alone", [1, 6, 130, 130], [6, 1, 3, 3], { groups: 6 }],
    ["two outputs of long rows", [2, 2, 4, 600], [4, 1, 2, 3], { groups: 2 }],
    ["longer sums than are made at once", [1, 70, 9, 9], [70, 70, 3, 3]],
    ["padding beyond the image", [1, 16, 2, 3], [16, 16, 3, 3], { padding: 9 }],
  ];
  for (const [title, ...shapes] of CASES) {
    for (const dtype of ["float32", "float64"] as const) {
      it(`has the loop's results: ${title}, ${dtype}`, () => {
        const [xs, ws, options = {}] = shapes;
        const x = tensor(integers(xs, 1), xs, { dtype });
        const w = tensor(integers(ws, 2), ws, { dtype });
        const b = dtype === "float32"
          ? tensor(integers([ws[0]], 4), [ws[0]])
          : null;
        compare(x, w, b, options, dtype);
      });
    }
  }

  it("has them for any number of outputs left for the last tiles", () => {
    for (let k = 1; k <= 14; k++) {
      const xs = [1, 3, 37, 37], ws = [k, 3, 3, 3];
      const x = tensor(integers(xs, k), xs), w = tensor(integers(ws, 2), ws);
      compare(x, w, tensor(integers([k], 4), [k]), {}, "float32");
    }
  });

  it("has them in an arena, where it writes to nothing but the result", () => {
    const cases: [x: number[], w: number[], options?: object][] = [
      [[2, 16, 11, 11], [9, 16, 1, 1]],
      [[1, 8, 200, 131], [5, 8, 1, 1]],
      [[2, 8, 40, 41], [10, 4, 1, 1], { groups: 2 }],
      [[1, 8, 20, 23], [9, 8, 3, 2], { stride: [2, 3], padding: [1, 0] }],
      [[2, 6, 30, 30], [6, 1, 3, 3], { groups: 6, padding: 1 }],
    ];
    const made = (shape: Shape, seed: number) => {
      const x = zeros([...shape]);
      x.data.set(integers(shape, seed));
      return x;
    };
    for (const [xs, ws, options = {}] of cases) {
      const plain = [made(xs, 1), made(ws, 2)];
      const y = loops.forward([...plain, null], options) as Four;
      const dout = made(y.shape, 3);
      const gradients: Record<string, Four> = loops.backward(
        [...plain, null, dout],
        options,
      );
      arena(() => {
        const [x, w, dy] = [made(xs, 1), made(ws, 2), made(y.shape, 3)];
        const shapes = [y.shape, xs, ws];
        const around = [zeros([64])];
        const outs = shapes.map((shape) => {
          const out = zeros([...shape]);
          around.push(zeros([64]));
          return out;
        });
        const [out, dx, dw] = outs;
        signature.forward([x, w, null], { ...options, out });
        assertEquals(out.data, y.data);
        signature.backward([x, w, null, dy], {
          ...options,
          out: { x: dx, w: dw },
        });
        assertEquals(dx.data, gradients.x.data);
        assertEquals(dw.data, gradients.w.data);
        for (const { data } of around) assertEquals(data.some(Boolean), false);
      });
    }
  });

  it("has them with NaN and infinity, too, in the padding and beside it", () => {
    const xs = [1, 8, 12, 12], ws = [8, 8, 3, 3], ys = [1, 8, 12, 12];
    for (const value of [NaN, Infinity]) {
      for (const where of ["x", "w", "dout"]) {
        for (const at of [0, 143, 500]) {
          const [x, w, dout] = [xs, ws, ys].map((shape, i) =>
            tensor(integers(shape, i), shape)
          );
          ({ x, w, dout })[where]!.data[at] = value;
          compare(x, w, null, { padding: 1 }, "float32", dout);
        }
      }
    }
  });
});

describeProof("ops/convolution/conv2d.ts", source, op, goldens);
