// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { scalar, tensor, zeros } from "../tensor.ts";
import { huber, huberD, huberDpred, huberDtarget } from "./huber.ts";
import { mae } from "./mae.ts";
import { mse } from "./mse.ts";
import * as op from "./huber.ts";
import source from "./huber.ts" with { type: "text" };
import goldens from "../goldens/huber.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";
import { describeLongMean } from "../core/testing/long.ts";

const one = scalar(1);

describe("huber()", () => {
  const pred = tensor([[3, -1, 0.5], [1e4, 0, 2]]);
  const target = tensor([[1, 1, 0.25], [0, 0, 1]]);

  it("squares what is near, and counts what is far off, over all axes", () => {
    const terms = [1.5, 1.5, 0.03125, 9999.5, 0, 0.5];
    assertEquals(
      huber(pred, target),
      scalar(terms.reduce((a, b) => a + b) / 6),
    );
    assertEquals(huber(scalar(3), scalar(1)), scalar(1.5));
  });

  it("is half the mean squared error where delta is large", () => {
    const near = huber(pred, target, { delta: 1e5 });
    assertEquals(near, scalar(mse(pred, target).data[0] / 2));
    assertEquals(huber(pred, target, { delta: Infinity }), near);
  });

  it("is delta times the mean absolute error where delta is small", () => {
    const delta = 1e-9;
    const [x, y] = [tensor([3, -1]), zeros([2])];
    assertAlmostEquals(
      huber(x, y, { delta }).data[0] / delta,
      mae(x, y).data[0],
      1e-6,
    );
  });

  it("sums float32 in float64", () => {
    // In float32, 1 ∕ 2 is less than half a unit in the last place of 2²⁴.
    const pred = tensor([2 ** 24 + 2, 1, 1, 1]);
    assertEquals(
      huber(pred, zeros([4])).data[0],
      Math.fround((2 ** 24 + 1.5 + 1.5) / 4),
    );
  });

  it("refuses a delta that is not above 0", () => {
    for (const delta of [0, -1, NaN]) {
      assertThrows(
        () => huber(pred, target, { delta }),
        RangeError,
        `Cannot compute huber as delta must be a number above 0: it is ${delta}`,
      );
    }
  });
});

describeLongMean(huber, 1e-13);

describe("huberD()", () => {
  const pred = tensor([3, -1, 0.5, 2]);
  const target = tensor([1, 1, 0.25, 1]);
  const expected = tensor([1, -1, 0.25, 1]);

  it("is the difference, clamped", () => {
    const dout = scalar(4);
    assertEquals(huberDpred(pred, target, dout), expected);
    assertEquals(huberDtarget(target, pred, dout), expected);
    assertEquals(
      huberDpred(pred, target, dout, { delta: 0.5 }),
      tensor([0.5, -0.5, 0.25, 0.5]),
    );
  });

  it("computes what is asked for", () => {
    const all = huberD(pred, target, one);
    assertEquals(all, {
      pred: huberDpred(pred, target, one),
      target: huberDtarget(pred, target, one),
    });
    assertEquals(huberD(pred, target, one, { wrt: ["target"] }), {
      target: all.target,
    });
  });
});

describeProof("ops/losses/huber.ts", source, op, goldens);
