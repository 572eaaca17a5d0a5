// Copyright 2026 the Adjoint authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  batchNormInference,
  batchNormInferenceD,
  batchNormInferenceDbeta,
  batchNormInferenceDgamma,
  batchNormInferenceDmean,
  batchNormInferenceDvariance,
  batchNormInferenceDx,
} from "./batch_norm_inference.ts";
import { batchNorm, batchNormDx } from "./batch_norm.ts";
import { ones, tensor, zeros } from "../tensor.ts";
import * as op from "./batch_norm_inference.ts";
import source from "./batch_norm_inference.ts" with { type: "text" };
import goldens from "../goldens/batch_norm_inference.json" with {
  type: "json",
};
import { describeNearLoops } from "../core/testing/near_loops.ts";
import { describeProof } from "../core/testing/describe_proof.ts";
import { ofTwo } from "../core/testing/long.ts";

const f64 = { dtype: "float64" } as const;

function assertNear(found: Iterable<number>, right: number[]) {
  const largest = Math.max(...right.map(Math.abs));
  for (const [i, value] of [...found].entries()) {
    assertAlmostEquals(value, right[i], 1e-14 * largest, `element ${i}`);
  }
}

// Two examples of two channels of two: 18 digits by mpmath.
const x = tensor([[[1, 2], [5, 7]], [[6, 3], [-1, 4]]], f64);
const mean = tensor([2, -1], f64);
const variance = tensor([3, 0.25], f64);
const gamma = tensor([2, -1], f64);
const beta = tensor([0.5, 10], f64);
const dout = tensor([[[1, -2], [0, 3]], [[0.5, 4], [1, -1]]], f64);
const Y = [
  -0.654698613883165469,
  0.5,
  -1.99976000719976001,
  -5.99968000959968001,
  5.11879445553266188,
  1.65469861388316547,
  10.0,
  0.000199994000199993017,
];
const DX = [
  1.15469861388316547,
  -2.30939722776633094,
  0.0,
  -5.99988000359988,
  0.577349306941582735,
  4.61879445553266188,
  -1.99996000119996,
  1.99996000119996,
];
const DMEAN = [-4.04144514859107914, 5.99988000359988];
const DVARIANCE = [-0.962245637417179834, 75.9954402279893605];
const DGAMMA = [2.88674653470791367, 37.99924002279924];

describe("batchNormInference()", () => {
  it("shifts and scales each channel by what is given", () => {
    assertNear(batchNormInference(x, mean, variance, gamma, beta).data, Y);
  });

  it("is batch norm, where the statistics are the batch's own", () => {
    const pair = tensor([[1, 4], [3, 2], [5, 9]], f64);
    const m = tensor([3, 5], f64), v = tensor([8 / 3, 26 / 3], f64);
    const y = batchNormInference(pair, m, v, gamma, beta);
    assertNear(y.data, [...batchNorm(pair, gamma, beta).data]);
  });

  it("takes null for ones, and for zeros", () => {
    assertEquals(
      batchNormInference(x, mean, variance, null, null),
      batchNormInference(x, mean, variance, ones([2], f64), zeros([2], f64)),
    );
  });

  it("refuses what does not fit", () => {
    const batch = zeros([2, 3, 4]), three = zeros([3]);
    assertThrows(
      // @ts-expect-error Two variances for three channels.
      () => batchNormInference(batch, three, zeros([2]), null, null),
      TypeError,
      "the axis m of x must equal the length of variance: x is 2×3×4, variance is [2]",
    );
    assertThrows(
      // @ts-expect-error A mean must be given.
      () => batchNormInference(batch, null, three, null, null),
      TypeError,
      "mean must be a tensor",
    );
    assertThrows(
      () => batchNormInference(batch, three, three, null, null, { eps: -1 }),
      RangeError,
      "eps must be a number at least 0: it is -1",
    );
  });
});

describe("batchNormInferenceD()", () => {
  it("is right in all gradients", () => {
    const all = [x, mean, variance, gamma, beta, dout] as const;
    const found = batchNormInferenceD(...all);
    assertNear(found.x.data, DX);
    assertNear(found.mean.data, DMEAN);
    assertNear(found.variance.data, DVARIANCE);
    assertNear(found.gamma.data, DGAMMA);
    assertEquals([...found.beta.data], [3.5, 3]);
    assertEquals(batchNormInferenceDx(...all), found.x);
    assertEquals(batchNormInferenceDmean(...all), found.mean);
    assertEquals(batchNormInferenceDvariance(...all), found.variance);
    assertEquals(batchNormInferenceDgamma(...all), found.gamma);
    assertEquals(batchNormInferenceDbeta(...all), found.beta);
  });

  it("gives no gradient of what is null", () => {
    const found = batchNormInferenceD(x, mean, variance, null, null, dout);
    assertEquals(Object.keys(found), ["x", "mean", "variance"]);
    assertThrows(
      // @ts-expect-error A shift that is null has no gradient.
      () => batchNormInferenceDbeta(x, mean, variance, gamma, null, dout),
      TypeError,
      "it is null",
    );
  });

  it("is with its paths through the statistics the gradient of batch norm", () => {
    const batch = tensor([[1], [3], [8]], f64),
      dy = tensor([[1], [0], [5]], f64);
    const m = tensor([4], f64), v = tensor([26 / 3], f64);
    const part = batchNormInferenceD(batch, m, v, null, null, dy);
    const whole = batchNormDx(batch, null, null, dy);
    batch.data.forEach((value, i) => {
      const path = part.mean.data[0] / 3 +
        part.variance.data[0] * 2 / 3 * (value - 4);
      assertAlmostEquals(part.x.data[i] + path, whole.data[i], 1e-14);
    });
  });
});

describe("the edge cases of batch norm for inference", () => {
  it("Results go to out, where it is given", () => {
    const all = zeros([2, 2, 2], f64), one = zeros([2], f64);
    const given = [x, mean, variance, gamma, beta] as const;
    assertStrictEquals(batchNormInference(...given, { out: all }), all);
    assertNear(all.data, Y);
    batchNormInferenceDx(...given, dout, { out: all });
    assertNear(all.data, DX);
    batchNormInferenceDvariance(...given, dout, { out: one });
    assertNear(one.data, DVARIANCE);
  });

  it("A variance of 0: ε keeps the channel finite", () => {
    const one = tensor([[3]], f64), none = zeros([1], f64);
    const y = batchNormInference(one, none, none, null, null);
    assertAlmostEquals(y.data[0], 3 / Math.sqrt(1e-5), 1e-10);
    const exactly = { eps: 0 };
    assertEquals(
      batchNormInference(one, none, none, null, null, exactly).data[0],
      Infinity,
    );
  });

  it("NaN and infinity: each spoils its own element", () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const batch = tensor([[value, 1], [1, 3]]);
      const zero = zeros([2]), one = ones([2]);
      const y = batchNormInference(batch, zero, one, null, null, { eps: 0 });
      assertEquals([...y.data], [value, 1, 1, 3]);
      const dx = batchNormInferenceDx(batch, zero, one, null, null, y);
      assert(Number.isFinite(dx.data[1]));
    }
  });

  it("Empty: no examples, no channels, and channels of nothing", () => {
    const two = ones([2]);
    const found = batchNormInferenceD(
      zeros([0, 2]),
      two,
      two,
      two,
      two,
      zeros([0, 2]),
    );
    assertEquals(found.x, zeros([0, 2]));
    for (const name of ["mean", "variance", "gamma", "beta"] as const) {
      assertEquals([...found[name].data].map(Math.abs), [0, 0]);
    }
    const none = zeros([0]);
    const y = batchNormInference(zeros([2, 0]), none, none, null, null);
    assertEquals(y, zeros([2, 0]));
  });
});

describe("batchNormInferenceD() of many float64 numbers", () => {
  it("keeps the digits of long sums, in any shape", () => {
    const many = 300_008;
    type Shape = readonly [number, number, ...number[]];
    const shapes: Shape[] = [[many, 1], [many / 2, 1, 2], [1, 1, many]];
    for (const shape of shapes) {
      const x = ofTwo(shape, 4, 0.1, -0.07), d = ofTwo(shape, 4, 0.1, 0.7);
      const c = tensor([1], f64);
      const zero = tensor([0], f64);
      const all = batchNormInferenceD(x, zero, c, c, c, d, { eps: 0 });
      const right = many / 4 * (3 * 0.1 * 0.1 - 0.07 * 0.7);
      assertAlmostEquals(all.beta.data[0], many / 4, 1e-13 * many);
      assertAlmostEquals(all.gamma.data[0], right, 1e-14 * many);
    }
  });
});

describeProof("ops/normalization/batch_norm_inference.ts", source, op, goldens);

// Rows, columns, many, long and few of them.
// deno-fmt-ignore
const CHANNELS = [[1100, 1], [401, 3], [60, 16, 2], [25, 7, 31], [9, 4, 33], [2, 2, 9000], [2, 3, 4, 50], [2, 2049], [3, 2]];

describeNearLoops(
  op.signature,
  CHANNELS.flatMap((x) => {
    const [mean, variance, gamma, beta] = [1, 2, 3, 4].map(() => [x[1]]);
    return [
      { inputs: { x, mean, variance, gamma, beta } },
      {
        inputs: { x, mean, variance, gamma: null, beta: null },
        options: { eps: 0.5 },
      },
    ];
  }),
);
