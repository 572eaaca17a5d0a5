// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { softplus, softplusD, softplusDx } from "./softplus.ts";
import * as op from "./softplus.ts";
import source from "./softplus.ts" with { type: "text" };
import goldens from "../goldens/softplus.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

/** x, softplus at x and its derivative there, rounded from 60 digits by mpmath. */
const KNOWN = [
  [0, 0.6931471805599453, 0.5],
  [1e-7, 0.6931472305599465, 0.500000025],
  [-1e-7, 0.6931471305599466, 0.499999975],
  [0.3, 0.8543552444685271, 0.574442516811659],
  [-1, 0.3132616875182228, 0.2689414213699951],
  [3, 3.048587351573742, 0.9525741268224333],
  [9, 9.000123402189724, 0.9998766054240138],
  [19.5, 19.500000003398267, 0.9999999966017322],
  [20.1, 20.10000000186501, 0.9999999981349911],
  [-40, 4.248354255291589e-18, 4.248354255291589e-18],
  [100, 100, 1],
  [-300, 5.148200222412013e-131, 5.148200222412013e-131],
  [360, 360, 1],
  [700, 700, 1],
  [-745, 5e-324, 5e-324],
  [1e4, 10000, 1],
  [-1e4, 0, 0],
] as const;

const f64 = (...values: number[]) => tensor(values, { dtype: "float64" });

/** A few units in the last place. */
const near = (actual: number, expected: number) =>
  assertAlmostEquals(actual, expected, 2 ** -50 * Math.abs(expected));

describe("softplus()", () => {
  it("is right to a few units in the last place, near 0 and far from it", () => {
    for (const [x, y, dx] of KNOWN) {
      near(softplus(f64(x)).data[0], y);
      near(softplusDx(f64(x), f64(1)).data[0], dx);
      near(softplusDx(f64(x), f64(-3)).data[0], -3 * dx);
    }
  });

  it("computes float32 in float64, and rounds once", () => {
    for (const [x] of KNOWN) {
      const [a, b] = [tensor([x]), f64(Math.fround(x))];
      assertEquals(softplus(a).data[0], Math.fround(softplus(b).data[0]));
      const dx = softplusDx(b, f64(1)).data[0];
      assertEquals(softplusDx(a, tensor([1])).data[0], Math.fround(dx));
    }
  });

  it("is the same function with another beta, of another scale", () => {
    for (const beta of [2, 0.25, -1, -0.5]) {
      for (const [x, y, dx] of KNOWN) {
        // A power of two neither rounds x nor y.
        near(softplus(f64(x / beta), { beta }).data[0], y / beta);
        near(softplusDx(f64(x / beta), f64(1), { beta }).data[0], dx);
      }
    }
    const beta = 2.5;
    near(softplus(f64(-1), { beta }).data[0], 0.03155589371701985);
    near(softplus(f64(9), { beta }).data[0], 9.000000000067676);
    near(softplusDx(f64(-1), f64(1), { beta }).data[0], 0.07585818002124355);
  });

  it("has no threshold from which on it is the identity", () => {
    for (let x = 20; x < 33; x += 0.5) {
      const y = softplus(f64(x)).data[0];
      assert(y > x);
      near(softplusDx(f64(x), f64(1)).data[0], 1 - Math.exp(-x));
    }
  });

  it("is infinite with a beta of 0, its derivative a half", () => {
    const x = tensor([-1, 0, 1]);
    const beta = 0;
    assertEquals(
      softplus(x, { beta }),
      tensor([Infinity, Infinity, Infinity]),
    );
    assertEquals(
      softplusDx(x, tensor([1, 1, 1]), { beta }),
      tensor([0.5, 0.5, 0.5]),
    );
  });

  it("passes NaN on, and has a place for infinities", () => {
    assertEquals(
      softplus(tensor([NaN, Infinity, -Infinity])),
      tensor([NaN, Infinity, 0]),
    );
    assertEquals(
      softplus(tensor([Infinity, -Infinity]), { beta: -1 }).data,
      new Float32Array([-0, -Infinity]),
    );
    assertEquals(
      softplusD(
        tensor([NaN, Infinity, -Infinity, 0, Infinity]),
        tensor([0, 1, 1, NaN, Infinity]),
      ).x,
      tensor([NaN, 1, 0, NaN, Infinity]),
    );
  });
});

describeProof("ops/activations/softplus.ts", source, op, goldens);
