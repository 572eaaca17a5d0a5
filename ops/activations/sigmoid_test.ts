// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { sigmoid, sigmoidD, sigmoidDx } from "./sigmoid.ts";
import * as op from "./sigmoid.ts";
import source from "./sigmoid.ts" with { type: "text" };
import goldens from "../goldens/sigmoid.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

/** x, the sigmoid at x and its derivative there, rounded from 60 digits by mpmath. */
const KNOWN = [
  [0, 0.5, 0.25],
  [1e-7, 0.500000025, 0.24999999999999936],
  [-1e-7, 0.499999975, 0.24999999999999936],
  [0.3, 0.574442516811659, 0.24445831169074586],
  [-1, 0.2689414213699951, 0.19661193324148185],
  [3, 0.9525741268224333, 0.04517665973091213],
  [9, 0.9998766054240138, 0.0001233793497648489],
  [19.5, 0.9999999966017322, 3.398267796398623e-9],
  [20.1, 0.9999999981349911, 1.8650089149462504e-9],
  [-40, 4.248354255291589e-18, 4.248354255291589e-18],
  [100, 1, 3.720075976020836e-44],
  [-300, 5.148200222412013e-131, 5.148200222412013e-131],
  [360, 1, 4.508027065606742e-157],
  [700, 1, 9.85967654375977e-305],
  [-745, 5e-324, 5e-324],
  [1e4, 1, 0],
  [-1e4, 0, 0],
] as const;

const f64 = (...values: number[]) => tensor(values, { dtype: "float64" });

/** A few units in the last place. */
const near = (actual: number, expected: number) =>
  assertAlmostEquals(actual, expected, 2 ** -50 * Math.abs(expected));

describe("sigmoid()", () => {
  it("is right to a few units in the last place, near 0 and far from it", () => {
    for (const [x, y, dx] of KNOWN) {
      near(sigmoid(f64(x)).data[0], y);
      near(sigmoidDx(f64(x), f64(1)).data[0], dx);
      near(sigmoidDx(f64(x), f64(-3)).data[0], -3 * dx);
    }
  });

  it("computes float32 in float64, and rounds once", () => {
    for (const [x] of KNOWN) {
      const [a, b] = [tensor([x]), f64(Math.fround(x))];
      assertEquals(sigmoid(a).data[0], Math.fround(sigmoid(b).data[0]));
      const dx = sigmoidDx(b, f64(1)).data[0];
      assertEquals(sigmoidDx(a, tensor([1])).data[0], Math.fround(dx));
    }
  });

  it("has a derivative that is even to the last bit", () => {
    for (const [x] of KNOWN) {
      assertEquals(sigmoidDx(f64(-x), f64(1)), sigmoidDx(f64(x), f64(1)));
    }
  });

  it("passes NaN on, and has a place for infinities", () => {
    assertEquals(
      sigmoid(tensor([NaN, Infinity, -Infinity])),
      tensor([NaN, 1, 0]),
    );
    assertEquals(
      sigmoidD(
        tensor([NaN, Infinity, -Infinity, 0, 0]),
        tensor([0, 1, 1, NaN, Infinity]),
      ).x,
      tensor([NaN, 0, 0, NaN, Infinity]),
    );
  });
});

describeProof("ops/activations/sigmoid.ts", source, op, goldens);
