// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { reshape, scalar, type Tensor, tensor, zeros } from "../tensor.ts";
import { logSumExp, logSumExpD, logSumExpDx } from "./log_sum_exp.ts";
import * as op from "./log_sum_exp.ts";
import source from "./log_sum_exp.ts" with { type: "text" };
import goldens from "../goldens/log_sum_exp.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const float64 = { dtype: "float64" } as const;

describe("logSumExp()", () => {
  it("is the logarithm of what was put in as logarithms", () => {
    const x = tensor([Math.log(1), Math.log(2), Math.log(5)], float64);
    assertAlmostEquals(logSumExp(x).data[0], Math.log(8), 1e-15);
  });

  it("works along any axis, which goes, or stays with the size 1", () => {
    const row = tensor([0, Math.log(3), -Infinity], float64);
    const y = logSumExp(row);
    assertAlmostEquals(y.data[0], Math.log(4), 1e-15);
    const x = reshape(row, [1, 3, 1]);
    const kept: Tensor<[1, 1, 1], typeof x.data> = logSumExp(x, {
      axis: 1,
      keepDims: true,
    });
    const gone: Tensor<[1, 1], typeof x.data> = logSumExp(x, { axis: -2 });
    assertEquals(kept, reshape(y, [1, 1, 1]));
    assertEquals(gone, reshape(y, [1, 1]));
    assertEquals(logSumExp(x), tensor([...row.data], [1, 3], float64)); // One number each.
  });

  it("neither overflows nor vanishes, and keeps what is far below the maximum", () => {
    const of = (...x: number[]) => logSumExp(tensor(x, float64)).data[0];
    assertEquals(of(1e4, 1e4), 1e4 + Math.LN2);
    assertEquals(of(-1e4, -1e4), -1e4 + Math.LN2);
    assertEquals(of(1e308, -1e308), 1e308);
    // e^−700, from mpmath: where the 1 of the maximum were added, it would be 0.
    assertAlmostEquals(of(0, -700), 9.8596765437597708e-305, 2e-320);
    assertAlmostEquals(of(-700, 0), 9.8596765437597708e-305, 2e-320);
  });
});

describe("logSumExp() of a long row", () => {
  it("keeps its digits, and those of its gradient", () => {
    const m = 300_007, x = { shape: [m] as const, data: new Float64Array(m) };
    x.data.fill(0.1)[5000] = 0.13;
    const e = Math.exp(x.data[0] - x.data[5000]), s = 1 + (m - 1) * e;
    const right = x.data[5000] + Math.log(s);
    assertAlmostEquals(logSumExp(x).data[0], right, 1e-14 * right);
    const { data } = logSumExpDx(x, scalar(1, float64));
    assertAlmostEquals(data[5000], 1 / s, 1e-13 / s);
    assertAlmostEquals(data[m - 1], e / s, 1e-13 / s);
  });
});

describe("logSumExpDx()", () => {
  it("shares dout out as softmax has it", () => {
    const x = tensor([Math.log(1), Math.log(3)], float64);
    const dx = logSumExpDx(x, scalar(4, float64));
    assertAlmostEquals(dx.data[0], 1, 1e-15);
    assertAlmostEquals(dx.data[1], 3, 1e-15);
    assertEquals(logSumExpD(x, scalar(4, float64)), { x: dx });
  });

  it("keeps its digits where the elements are large", () => {
    const x = tensor([1e6, 1e6, 1e6, 1e6]);
    const quarter = tensor([0.25, 0.25, 0.25, 0.25]);
    assertEquals(logSumExpDx(x, scalar(1)), quarter);
    assertEquals(logSumExpDx(x, tensor([1]), { keepDims: true }), quarter);
  });
});

describe("the special points of logSumExp", () => {
  it("The sum of nothing is 0, and its logarithm −∞", () => {
    assertEquals(logSumExp(zeros([2, 0])), tensor([-Infinity, -Infinity]));
    assertEquals(logSumExp(zeros([0, 2])), zeros([0]));
    assertEquals(logSumExpDx(zeros([2, 0]), zeros([2])), zeros([2, 0]));
  });

  it("NaN wins over ∞, wherever it is", () => {
    for (const x of [[NaN, Infinity, 1], [Infinity, 1, NaN], [1, NaN, 2]]) {
      assertEquals(logSumExp(tensor(x)), scalar(NaN));
      const { data } = logSumExpDx(tensor(x), scalar(1));
      assert(data.every(Number.isNaN));
    }
  });
});

describeProof("ops/reductions/log_sum_exp.ts", source, op, goldens);
