// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ones, reshape, tensor, zeros } from "../tensor.ts";
import { logSoftmax, logSoftmaxD, logSoftmaxDx } from "./log_softmax.ts";
import { softmax } from "./softmax.ts";
import * as op from "./log_softmax.ts";
import source from "./log_softmax.ts" with { type: "text" };
import goldens from "../goldens/log_softmax.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const float64 = { dtype: "float64" } as const;

describe("logSoftmax()", () => {
  it("is the logarithm of softmax", () => {
    const x = tensor([[1, 2, 4], [0, -3, 9]], float64);
    const y = logSoftmax(x), probabilities = softmax(x);
    y.data.forEach((v, i) =>
      assertAlmostEquals(v, Math.log(probabilities.data[i]), 1e-14)
    );
  });

  it("works along any axis, counted from either end", () => {
    const row = [1, 3, -2];
    const x = tensor(row, [1, 3, 1]);
    const y = reshape(logSoftmax(tensor(row)), [1, 3, 1]);
    assertEquals(logSoftmax(x, { axis: 1 }), y);
    assertEquals(logSoftmax(x, { axis: -2 }), y);
    assertEquals(logSoftmax(x), zeros([1, 3, 1])); // The last axis has one number.
  });

  it("has a logarithm where the probability is too small for a number", () => {
    const { data } = logSoftmax(tensor([1e4, -1e4, 0], float64));
    assertEquals([...data].map((v) => v + 0), [0, -2e4, -1e4]);
    // e^−700, from mpmath.
    const [near] = logSoftmax(tensor([0, -700], float64)).data;
    assertAlmostEquals(near, -9.8596765437597708e-305, 2e-320);
  });
});

describe("logSoftmax() of a long row", () => {
  const m = 300_007, x = { shape: [m] as const, data: new Float64Array(m) };
  x.data.fill(0.1)[5000] = 0.13;
  const d = x.data[5000] - x.data[0], e = Math.exp(-d), s = 1 + (m - 1) * e;

  it("keeps its digits", () => {
    const { data } = logSoftmax(x);
    assertAlmostEquals(data[5000], -Math.log(s), 1e-14 * Math.log(s));
    assertAlmostEquals(data[m - 1], -Math.log(s) - d, 1e-14 * Math.log(s));
  });

  it("keeps those of its gradient", () => {
    const dout = { shape: [m] as const, data: new Float64Array(m).fill(0.3) };
    dout.data[5000] = 1.3;
    const right = (0.3 - 1.3 * e) / s, { data } = logSoftmaxDx(x, dout);
    // The gradient is 0.3 less nearly 0.3.
    assertAlmostEquals(data[m - 1], right, 3e-8 * -right);
  });
});

describe("logSoftmaxDx()", () => {
  it("adds up to 0 in each row", () => {
    const x = tensor([[1, 2, 4], [0, -3, 9]], float64);
    const dout = tensor([[3, -1, 2], [0.5, 7, -2]], float64);
    const dx = logSoftmaxDx(x, dout);
    for (const row of [dx.data.slice(0, 3), dx.data.slice(3)]) {
      assert(Math.abs(row.reduce((a, b) => a + b)) < 1e-14);
    }
    assertEquals(logSoftmaxD(x, dout), { x: dx });
  });

  it("keeps its digits where one probability is nearly 1", () => {
    // e^−40 ∕ (1 + e^−40), from mpmath.
    const small = 4.2483542552915889e-18;
    for (const [x, dout] of [[[40, 0], [1, 0]], [[0, 40], [0, 1]]]) {
      const dx = logSoftmaxDx(tensor(x, float64), tensor(dout, float64));
      const b = x.indexOf(40);
      assertAlmostEquals(dx.data[b], small, 1e-33);
      assertAlmostEquals(dx.data[1 - b], -small, 1e-33);
    }
  });
});

describe("the special points of logSoftmax", () => {
  it("A mask of −∞ stays −∞, and a row of them is NaN, as is one with ∞ or NaN", () => {
    const rows = [[1, -Infinity], [-Infinity, -Infinity], [0, Infinity]];
    const x = tensor([...rows, [NaN, 1], [1, NaN]]);
    const nan = [NaN, NaN];
    assertEquals(
      logSoftmax(x),
      tensor([[0, -Infinity], nan, nan, nan, nan]),
    );
    assertEquals(
      logSoftmaxDx(x, ones([5, 2])),
      tensor([[-1, 1], nan, nan, nan, nan]),
    );
  });

  it("A row of no numbers is empty", () => {
    for (const shape of [[0], [3, 0], [0, 3]]) {
      assertEquals(logSoftmax(zeros(shape)), zeros(shape));
      assertEquals(logSoftmaxDx(zeros(shape), zeros(shape)), zeros(shape));
    }
  });
});

describeProof("ops/rows/log_softmax.ts", source, op, goldens);
