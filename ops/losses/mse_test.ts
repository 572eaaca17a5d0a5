// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { mse, mseD, mseDpred, mseDtarget } from "./mse.ts";
import { scalar, tensor, zeros } from "../tensor.ts";
import * as op from "./mse.ts";
import source from "./mse.ts" with { type: "text" };
import goldens from "../goldens/mse.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";
import { describeLongMean } from "../core/testing/long.ts";

const one = scalar(1);

describe("mse()", () => {
  it("is the mean of the squared differences, over all axes", () => {
    assertEquals(mse(tensor([1, 2]), tensor([1, 4])), scalar(2));
    const pred = tensor([[1, 2, 3], [4, 5, 6]]);
    const target = tensor([[1, 0, 3], [4, 5, 2]]);
    assertEquals(mse(pred, target), scalar(20 / 6));
    assertEquals(mse(scalar(3), scalar(1)), scalar(4));
  });

  it("keeps small differences of large numbers", () => {
    const pred = tensor([1e4], { dtype: "float64" });
    const target = tensor([9999.9999999], { dtype: "float64" });
    // 40 digits of the difference of these two doubles, squared.
    assertAlmostEquals(
      mse(pred, target).data[0],
      1.0000152290447206e-14,
      4e-30,
    );
  });

  it("sums float32 in float64", () => {
    // In float32, 1 is less than half a unit in the last place of 2²⁴, squared.
    const pred = tensor([4096, 1, 1, 0]);
    assertEquals(mse(pred, zeros([4])).data[0], Math.fround((2 ** 24 + 2) / 4));
    assertEquals(mse(tensor([2e19, 0]), zeros([2])).data[0], Math.fround(2e38));
  });

  it("refuses shapes that differ, and element types", () => {
    assertThrows(
      // @ts-expect-error The shapes differ.
      () => mse(zeros([2, 3]), zeros([3, 2])),
      TypeError,
      "pred is 2×3, target is 3×2",
    );
    // Nothing is broadcast, as nearly always this is a mistake.
    assertThrows(
      // @ts-expect-error The shapes differ.
      () => mse(zeros([4, 1]), zeros([4])),
      TypeError,
    );
    assertThrows(
      // @ts-expect-error The element types differ.
      () => mse(zeros([2]), zeros([2], { dtype: "float64" })),
      TypeError,
    );
  });
});

describeLongMean(mse, 1e-13);

describe("mseD()", () => {
  const pred = tensor([1, 2]);
  const target = tensor([1, 4]);

  it("is the difference, times 2 ∕ n", () => {
    assertEquals(mseDpred(pred, target, one), tensor([0, -2]));
    assertEquals(mseDtarget(pred, target, one), tensor([0, 2]));
    assertEquals(mseDpred(pred, target, scalar(-3)).data[1], 6);
  });

  it("computes what is asked for", () => {
    assertEquals(mseD(pred, target, one), {
      pred: tensor([0, -2]),
      target: tensor([0, 2]),
    });
    assertEquals(mseD(pred, target, one, { wrt: ["target"] }), {
      target: tensor([0, 2]),
    });
  });

  it("neither overflows nor vanishes where the loss does", () => {
    for (const value of [1e200, 1e-200]) {
      const x = tensor([value, 0], { dtype: "float64" });
      const y = tensor([0, 0], { dtype: "float64" });
      const dout = scalar(1, { dtype: "float64" });
      assertEquals([...mseDpred(x, y, dout).data], [value, 0]);
    }
  });
});

describe("the edge cases of the mean squared error", () => {
  it("Results go to out, where it is given", () => {
    const pred = tensor([1, 2]), target = tensor([1, 4]);
    const loss = zeros([]), dx = zeros([2]);
    assertStrictEquals(mse(pred, target, { out: loss }), loss);
    assertEquals(loss, scalar(2));
    assertStrictEquals(mseDpred(pred, target, one, { out: dx }), dx);
    assertEquals([...dx.data], [0, -2]);
    assertStrictEquals(mseDtarget(pred, target, one, { out: dx }), dx);
    assertEquals([...dx.data], [0, 2]);
  });

  it("Empty: the mean of nothing is NaN, and its gradients are empty", () => {
    for (const shape of [[0], [2, 0]]) {
      const x = zeros(shape);
      assertEquals(mse(x, x), scalar(NaN));
      assertEquals(mseD(x, x, one), { pred: x, target: x });
    }
  });

  it("NaN and infinity: each stays in its element's gradient", () => {
    const pred = tensor([NaN, Infinity, 1]);
    const target = tensor([0, 0, 0]);
    assertEquals(mse(pred, target), scalar(NaN));
    assertEquals(
      mseDpred(pred, target, scalar(1.5)),
      tensor([NaN, Infinity, 1]),
    );
    assertEquals(mse(tensor([-Infinity]), tensor([0])), scalar(Infinity));
    const infinities = tensor([Infinity]);
    assertEquals(mse(infinities, infinities), scalar(NaN));
  });

  it("Aliasing: pred and target may be the same tensor", () => {
    const x = tensor([1, 2]);
    assert(Object.is(mse(x, x).data[0], 0));
    assertEquals(mseDpred(x, x, one), tensor([0, 0]));
  });
});

describeProof("ops/losses/mse.ts", source, op, goldens);
