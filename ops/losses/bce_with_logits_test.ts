// Copyright 2026 the Adjoint authors. MIT license.

import {
  assertAlmostEquals,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  bceWithLogits,
  bceWithLogitsD,
  bceWithLogitsDlogits,
  bceWithLogitsDtarget,
} from "./bce_with_logits.ts";
import { scalar, tensor, zeros } from "../tensor.ts";
import * as op from "./bce_with_logits.ts";
import source from "./bce_with_logits.ts" with { type: "text" };
import goldens from "../goldens/bce_with_logits.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";
import { describeLongMean } from "../core/testing/long.ts";

const f64 = { dtype: "float64" } as const;
const one = scalar(1, f64);

/** The logit, the target, and 20 digits of the loss and of ∂ℓ/∂X, by mpmath. */
const KNOWN = [
  [1.5, 0.7, 0.65141327798275247611, 0.11757447619364370402],
  [2, 0.25, 1.6269280110429724964, 0.63079707797788244406],
  [40, 1, 4.2483542552915889863e-18, -4.2483542552915889773e-18],
  [-40, 0, 4.2483542552915889863e-18, 4.2483542552915889773e-18],
  [40, 1 - 1e-7, 3.9999999978988249631e-6, 9.9999999943116060965e-8],
  [1e4, 1 - 1e-7, 0.0009999999994736441522, 9.999999994736441522e-8],
  [-700, 0, 9.8596765437597708567e-305, 9.8596765437597708567e-305],
] as const;

describe("bceWithLogits()", () => {
  it("is right to a few ulp, however sure the logit", () => {
    for (const [x, t, loss] of KNOWN) {
      const found = bceWithLogits(tensor([x], f64), tensor([t], f64)).data[0];
      assertAlmostEquals(found / loss, 1, 1e-15, `${x}, ${t}`);
      const float32 = bceWithLogits(tensor([x]), tensor([Math.fround(t)]));
      if (t !== 1 - 1e-7 && x !== -700) {
        assertAlmostEquals(float32.data[0] / loss, 1, 1e-6, `${x}, ${t}`);
      }
    }
  });

  it("is the mean over all axes", () => {
    const zero = zeros([2, 2], f64);
    const target = tensor([[0, 1], [0.5, 1]], f64);
    assertEquals(bceWithLogits(zero, target), scalar(Math.LN2, f64));
    const logits = tensor([[1e4, -1e4], [0, 0]], f64);
    const wrong = tensor([[0, 1], [0, 0]], f64);
    const { data } = bceWithLogits(logits, wrong);
    assertAlmostEquals(data[0], (2e4 + 2 * Math.LN2) / 4, 2e-12);
  });

  it("refuses shapes that differ, and element types", () => {
    assertThrows(
      // @ts-expect-error The shapes differ.
      () => bceWithLogits(zeros([2, 3]), zeros([6])),
      TypeError,
      "the shape of logits must equal the shape of target: logits is 2×3, target is [6]",
    );
    assertThrows(
      // @ts-expect-error The element types differ.
      () => bceWithLogits(zeros([2]), zeros([2], f64)),
      TypeError,
    );
    assertThrows(
      // @ts-expect-error Targets are probabilities, not labels.
      () => bceWithLogits(zeros([2]), zeros([2], { dtype: "int32" })),
      TypeError,
    );
  });
});

describeLongMean(bceWithLogits, 5e-13);

describe("bceWithLogitsD()", () => {
  it("is right to a few ulp, however sure the logit", () => {
    for (const [x, t, , dx] of KNOWN) {
      const logits = tensor([x], f64), target = tensor([t], f64);
      const found = bceWithLogitsD(logits, target, one);
      assertAlmostEquals(found.logits.data[0] / dx, 1, 1e-15, `${x}, ${t}`);
      assertEquals(found.target.data[0], -x);
    }
  });

  it("is over n, and times dout", () => {
    const logits = tensor([0, 0]), target = tensor([0, 1]);
    const dout = scalar(-4);
    assertEquals(
      bceWithLogitsDlogits(logits, target, dout),
      tensor([-1, 1]),
    );
    const x = tensor([3, -1]);
    assertEquals(bceWithLogitsDtarget(x, target, dout), tensor([6, -2]));
    assertEquals(bceWithLogitsD(x, target, dout, { wrt: ["target"] }), {
      target: tensor([6, -2]),
    });
  });
});

describe("the edge cases of binary cross-entropy", () => {
  it("Results go to out, where it is given", () => {
    const x = tensor([0, 2]), t = tensor([1, 1]);
    const loss = zeros([]), dx = zeros([2]), dout = scalar(2);
    assertStrictEquals(bceWithLogits(x, t, { out: loss }), loss);
    assertEquals(loss, bceWithLogits(x, t));
    assertStrictEquals(bceWithLogitsDlogits(x, t, dout, { out: dx }), dx);
    assertEquals(dx.data[0], -0.5);
    assertStrictEquals(bceWithLogitsDtarget(x, t, dout, { out: dx }), dx);
    assertEquals(dx.data[1], -2);
  });

  it("Infinity: what is sure and right costs nothing, what is wrong ∞", () => {
    const logits = tensor([Infinity, -Infinity]);
    const right = tensor([1, 0]), wrong = tensor([0, 1]);
    assertEquals(bceWithLogits(logits, right), scalar(0));
    assertEquals(bceWithLogits(logits, wrong), scalar(Infinity));
    assertEquals(
      bceWithLogits(logits, tensor([0.5, 0.5])),
      scalar(Infinity),
    );
    const dout = scalar(2);
    const dx = bceWithLogitsDlogits(logits, right, dout);
    for (const value of dx.data) assertEquals(value === 0, true);
    assertEquals(bceWithLogitsDlogits(logits, wrong, dout), tensor([1, -1]));
  });

  it("NaN: of the logit, and of the target", () => {
    assertEquals(bceWithLogits(tensor([NaN, 1]), tensor([0, 1])), scalar(NaN));
    assertEquals(bceWithLogits(tensor([0, 1]), tensor([NaN, 1])), scalar(NaN));
    assertEquals(
      bceWithLogitsDlogits(tensor([NaN, 0]), tensor([0, 0]), scalar(2)),
      tensor([NaN, 0.5]),
    );
  });

  it("Targets outside of 0 to 1 are taken as they are", () => {
    const found = bceWithLogits(tensor([2], f64), tensor([2], f64));
    assertAlmostEquals(found.data[0], Math.log1p(Math.exp(-2)) - 2, 1e-15);
  });

  it("Empty: the mean of nothing is NaN, and its gradients are empty", () => {
    for (const shape of [[0], [2, 0]]) {
      const x = zeros(shape);
      assertEquals(bceWithLogits(x, x), scalar(NaN));
      assertEquals(bceWithLogitsD(x, x, scalar(1)), { logits: x, target: x });
    }
  });
});

describeProof("ops/losses/bce_with_logits.ts", source, op, goldens);
