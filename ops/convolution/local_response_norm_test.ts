// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  localResponseNorm,
  localResponseNormD,
  localResponseNormDx,
} from "./local_response_norm.ts";
import { ones, tensor, zeros } from "../tensor.ts";
import * as op from "./local_response_norm.ts";
import source from "./local_response_norm.ts" with { type: "text" };
import goldens from "../goldens/local_response_norm.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const f64 = { dtype: "float64" } as const;

describe("localResponseNorm()", () => {
  it("adds up the channels of the drawing", () => {
    // Powers of 10 show which channels are in a sum.
    const x = tensor([[1, 10, 100, 1000, 1e4]], f64);
    const options = { size: 4, alpha: 4, beta: -1, k: 0 };
    const { data } = localResponseNorm(x, options);
    assertEquals([...data].map((y, j) => y / x.data[j]), [
      101,
      10101,
      1010101,
      101010100,
      101010000,
    ]);
  });

  it("divides by the size, not by how many channels there are", () => {
    const one = tensor([[[3]]], f64);
    const { data } = localResponseNorm(one, { size: 9, alpha: 1, beta: 1 });
    assertEquals([...data], [1.5]);
  });

  it("has the channels on axis 1, and any axes after it", () => {
    const x = tensor([[[[1, 2]], [[3, 4]], [[5, 6]]]], f64);
    const { shape, data } = localResponseNorm(x, {
      size: 3,
      alpha: 3,
      beta: 1,
    });
    assertEquals(shape, [1, 3, 1, 2]);
    const expected = [1 / 11, 2 / 21, 3 / 36, 4 / 57, 5 / 35, 6 / 53];
    data.forEach((y, i) => assertAlmostEquals(y, expected[i], 1e-15));
    const rows = tensor([[1, 3, 5], [2, 4, 6]], f64);
    const flat = localResponseNorm(rows, { size: 3, alpha: 3, beta: 1 });
    assertEquals([...flat.data], [0, 2, 4, 1, 3, 5].map((i) => data[i]));
  });

  it("hands gradients back the other way round where the size is even", () => {
    // Channel 1 is beside channel 2, but 3 is not.
    const x = tensor([[1, 1, 1]], f64);
    const options = { size: 2, alpha: 2, beta: 1, k: 1 };
    const dout = tensor([[0, 1, 0]], f64);
    // S = 3 in channel 2: 1 ∕ 3 − 2 ∕ 9 for itself, −2 ∕ 9 for channel 1.
    const { x: { data } } = localResponseNormD(x, dout, options);
    [-2 / 9, 1 / 9, 0].forEach((dx, j) =>
      assertAlmostEquals(data[j], dx, 1e-15)
    );
  });

  it("does not overflow in float32", () => {
    const x = tensor([[1e30, -1e30]]);
    const options = { size: 1, alpha: 1, beta: 0.5 };
    assertEquals(localResponseNorm(x, options), tensor([[1, -1]]));
    assertEquals(
      localResponseNormDx(x, ones([1, 2]), options),
      tensor([[0, 0]]),
    );
  });

  it("refuses what is not a size", () => {
    const x = zeros([1, 2, 3]);
    const refuse = (options: object, why: string) =>
      assertThrows(() => localResponseNorm(x, options as never), Error, why);
    refuse({}, "size must be given");
    refuse({ size: 0 }, "size must be an integer at least 1: it is 0");
    refuse({ size: 1.5 }, "size must be an integer at least 1: it is 1.5");
    refuse({ size: 1, alpha: "1" }, "alpha must be a number");
    refuse({ size: 1, k: NaN }, "k must be a number: it is NaN");
    assertThrows(
      () => localResponseNorm(zeros([3]), { size: 1 }),
      TypeError,
      "x must have rank 2 or more, as n c p…: x is [3]",
    );
  });
});

describeProof("ops/convolution/local_response_norm.ts", source, op, goldens);
