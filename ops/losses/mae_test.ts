// Copyright 2026 the Adjoint authors. MIT license.

import {
  assertAlmostEquals,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mae, maeD, maeDpred, maeDtarget } from "./mae.ts";
import { scalar, tensor, zeros } from "../tensor.ts";
import * as op from "./mae.ts";
import source from "./mae.ts" with { type: "text" };
import goldens from "../goldens/mae.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";
import { describeLongMean } from "../core/testing/long.ts";

const one = scalar(1);

describe("mae()", () => {
  it("is the mean of the absolute differences, over all axes", () => {
    assertEquals(mae(tensor([1, 2]), tensor([1, 4])), scalar(1));
    const pred = tensor([[1, 2, 3], [4, 5, 6]]);
    const target = tensor([[1, 0, 3], [4, 9, 6]]);
    assertEquals(mae(pred, target), scalar(1));
    assertEquals(mae(scalar(3), scalar(5)), scalar(2));
  });

  it("keeps small differences of large numbers", () => {
    const pred = tensor([1e4, 0.1, -3], { dtype: "float64" });
    const target = tensor([9999.9999999, 0.3, -3], { dtype: "float64" });
    // 40 digits of the differences of these doubles, rounded.
    assertAlmostEquals(mae(pred, target).data[0], 0.066666700000253811, 3e-17);
  });

  it("sums float32 in float64", () => {
    const pred = tensor([2 ** 24, 1, 1, 0]);
    assertEquals(mae(pred, zeros([4])).data[0], (2 ** 24 + 2) / 4);
    assertEquals(mae(tensor([3e38, 3e38]), zeros([2])), tensor(3e38));
  });

  it("refuses shapes that differ, and element types", () => {
    assertThrows(
      // @ts-expect-error The shapes differ.
      () => mae(zeros([2, 3]), zeros([2, 1])),
      TypeError,
      "pred is 2×3, target is 2×1",
    );
    assertThrows(
      // @ts-expect-error The element types differ.
      () => mae(zeros([2]), zeros([2], { dtype: "float64" })),
      TypeError,
    );
  });
});

describeLongMean(mae, 1e-13);

describe("maeD()", () => {
  const pred = tensor([1, 2, 5, 7]);
  const target = tensor([1, 4, 2, 9]);

  it("is the sign of the difference, over n", () => {
    assertEquals(maeDpred(pred, target, one), tensor([0, -0.25, 0.25, -0.25]));
    assertEquals(maeDtarget(pred, target, scalar(-4)).data[2], 1);
  });

  it("computes what is asked for", () => {
    const { pred: dpred, target: dtarget } = maeD(pred, target, one);
    assertEquals([...dpred.data], [0, -0.25, 0.25, -0.25]);
    assertEquals([...dtarget.data], [0, 0.25, -0.25, 0.25]);
    const only = maeD(pred, target, one, { wrt: ["target"] });
    assertEquals(only, { target: dtarget });
  });
});

describe("the edge cases of the mean absolute error", () => {
  it("Results go to out, where it is given", () => {
    const pred = tensor([1, 2]), target = tensor([1, 4]);
    const loss = zeros([]), dx = zeros([2]);
    assertStrictEquals(mae(pred, target, { out: loss }), loss);
    assertEquals(loss, scalar(1));
    assertStrictEquals(maeDpred(pred, target, one, { out: dx }), dx);
    assertEquals([...dx.data], [0, -0.5]);
    assertStrictEquals(maeDtarget(pred, target, one, { out: dx }), dx);
    assertEquals([...dx.data], [0, 0.5]);
  });

  it("Ties and kinks: the gradient is 0 where the two are equal", () => {
    const x = tensor([0, -0, 3]), y = tensor([-0, 0, 3]);
    for (const value of [1, -1]) {
      const { pred, target } = maeD(x, y, scalar(value));
      for (const dx of [...pred.data, ...target.data]) {
        assertEquals(dx === 0, true);
      }
    }
  });

  it("Empty: the mean of nothing is NaN, and its gradients are empty", () => {
    for (const shape of [[0], [2, 0]]) {
      const x = zeros(shape);
      assertEquals(mae(x, x), scalar(NaN));
      assertEquals(maeD(x, x, one), { pred: x, target: x });
    }
  });

  it("NaN and infinity: NaN has the gradient 0, infinity a sign", () => {
    const pred = tensor([NaN, Infinity, -Infinity, Infinity]);
    const target = tensor([0, 0, 0, Infinity]);
    assertEquals(mae(pred, target), scalar(NaN));
    const dpred = maeDpred(pred, target, scalar(4));
    assertEquals([...dpred.data], [0, 1, -1, 0]);
    assertEquals(mae(tensor([-Infinity]), tensor([0])), scalar(Infinity));
  });

  it("Aliasing: pred and target may be the same tensor", () => {
    const x = tensor([1, 2]);
    assertEquals(mae(x, x), scalar(0));
    assertEquals(maeDpred(x, x, one), tensor([0, 0]));
  });
});

describeProof("ops/losses/mae.ts", source, op, goldens);
