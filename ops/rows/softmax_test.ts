// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { softmax, softmaxD, softmaxDx } from "./softmax.ts";
import { ones, reshape, scalar, tensor, zeros } from "../tensor.ts";
import * as op from "./softmax.ts";
import source from "./softmax.ts" with { type: "text" };
import goldens from "../goldens/softmax.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const float64 = { dtype: "float64" } as const;

describe("softmax()", () => {
  it("makes a row of equal numbers equal probabilities, however large", () => {
    for (const value of [0, -1e4, 1e4, 1e300]) {
      const x = tensor([value, value, value, value], float64);
      assertEquals(softmax(x), tensor([0.25, 0.25, 0.25, 0.25], float64));
    }
  });

  it("gives equal numbers of float32 the nearest probabilities", () => {
    for (const value of [0, 0.3, -7.7, 20]) {
      for (let m = 1; m < 400; m++) {
        const share = softmax(tensor(Array(m).fill(value)));
        assertEquals(share, tensor(Array(m).fill(1 / m)));
      }
    }
  });

  it("has the probabilities of logarithms", () => {
    const x = tensor([Math.log(1), Math.log(2), Math.log(5)], float64);
    const { data } = softmax(x);
    [1 / 8, 2 / 8, 5 / 8].forEach((p, j) =>
      assertAlmostEquals(data[j], p, 1e-16)
    );
  });

  it("keeps the tiny probability of what is far below the maximum", () => {
    const { data } = softmax(tensor([0, -700], float64));
    // e^−700, from mpmath.
    assertAlmostEquals(data[1], 9.8596765437597708e-305, 2e-320);
  });

  it("works along any axis, counted from either end", () => {
    const row = [1, 3, -2];
    const x = tensor(row, [1, 3, 1]);
    const y = softmax(tensor(row));
    assertEquals(softmax(x, { axis: 1 }), reshape(y, [1, 3, 1]));
    assertEquals(softmax(x, { axis: -2 }), reshape(y, [1, 3, 1]));
    assertEquals(softmax(x), ones([1, 3, 1])); // The last axis has one number.
  });

  it("refuses an axis that is not there", () => {
    assertThrows(
      () => softmax(zeros([2, 3]), { axis: 2 }),
      RangeError,
      "Cannot compute softmax as axis must be an axis of x, from -2 to 1: it is 2, x is 2×3",
    );
    assertThrows(() => softmax(scalar(1)), TypeError, "rank 1 or more");
  });
});

describe("softmax() of a long row", () => {
  const m = 300_007, x = { shape: [m] as const, data: new Float64Array(m) };
  x.data.fill(0.1)[0] = 0.13;
  const e = Math.exp(x.data[1] - x.data[0]), s = 1 + (m - 1) * e;

  it("keeps its digits", () => {
    const { data } = softmax(x);
    assertAlmostEquals(data[0], 1 / s, 1e-13 / s);
    assertAlmostEquals(data[m - 1], e / s, 1e-13 / s);
  });

  it("keeps those of its gradient", () => {
    const dout = { shape: [m] as const, data: new Float64Array(m).fill(0.3) };
    dout.data[0] = 1.3;
    const right = -e / s / s, { data } = softmaxDx(x, dout);
    // The gradient is 1 less nearly 1.
    assertAlmostEquals(data[m - 1], right, 3e-8 * -right);
  });
});

describe("softmaxDx()", () => {
  it("is 0 where the loss is the sum of the probabilities", () => {
    const x = tensor([[1, 2, 4], [0, -3, 9]], float64);
    const dx = softmaxDx(x, ones([2, 3], float64));
    assert(dx.data.every((v) => Math.abs(v) < 1e-16));
  });

  it("is what a hand can compute", () => {
    const x = tensor([Math.log(1), Math.log(3)], float64); // ¼ and ¾
    const dx = softmaxDx(x, tensor([4, 0], float64));
    assertAlmostEquals(dx.data[0], 0.75, 1e-15); // ¼ (4 − 1)
    assertAlmostEquals(dx.data[1], -0.75, 1e-15); // ¾ (0 − 1)
    assertEquals(softmaxD(x, tensor([4, 0], float64)), { x: dx });
  });

  it("keeps its digits where one probability is nearly 1", () => {
    const dx = softmaxDx(tensor([40, 0], float64), tensor([1, 0], float64));
    // e^−40 ∕ (1 + e^−40)², from mpmath.
    assertAlmostEquals(dx.data[0], 4.2483542552915889e-18, 1e-33);
    assertAlmostEquals(dx.data[1], -4.2483542552915889e-18, 1e-33);
  });
});

describe("the special points of softmax", () => {
  it("A mask of −∞ gives the probability 0, and a row of them NaN", () => {
    const masked = tensor([[1, -Infinity], [-Infinity, -Infinity]]);
    assertEquals(softmax(masked), tensor([[1, 0], [NaN, NaN]]));
    assertEquals(
      [...softmaxDx(masked, tensor([[3, 5], [1, 1]])).data].map((v) => v + 0),
      [0, 0, NaN, NaN],
    );
  });

  it("A row of no numbers is empty", () => {
    for (const shape of [[0], [3, 0], [0, 3]]) {
      assertEquals(softmax(zeros(shape)), zeros(shape));
      assertEquals(softmaxDx(zeros(shape), zeros(shape)), zeros(shape));
    }
  });
});

describeProof("ops/rows/softmax.ts", source, op, goldens);
