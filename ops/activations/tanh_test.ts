// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { tanh, tanhD, tanhDx } from "./tanh.ts";
import * as op from "./tanh.ts";
import source from "./tanh.ts" with { type: "text" };
import goldens from "../goldens/tanh.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

/** x, tanh at x and its derivative there, rounded from 60 digits by mpmath. */
const KNOWN = [
  [0, 0, 1],
  [1e-7, 9.999999999999966e-8, 0.99999999999999],
  [-1e-7, -9.999999999999966e-8, 0.99999999999999],
  [0.3, 0.2913126124515909, 0.9151369618266292],
  [-1, -0.7615941559557649, 0.4199743416140261],
  [3, 0.9950547536867305, 0.00986603716544019],
  [9, 0.999999969540041, 6.091991712323229e-8],
  [19.5, 1, 4.6192896692063144e-17],
  [20.1, 1, 1.3913033115107687e-17],
  [-40, -1, 7.219405551381661e-35],
  [100, 1, 5.53558610694695e-87],
  [-300, -1, 1.0601586212017243e-260],
  [350, 1, 3.943870617503908e-304],
  [700, 1, 0],
  [-745, -1, 0],
  [1e4, 1, 0],
  [-1e4, -1, 0],
] as const;

const f64 = (...values: number[]) => tensor(values, { dtype: "float64" });

/** A few units in the last place. */
const near = (actual: number, expected: number) =>
  assertAlmostEquals(actual, expected, 2 ** -50 * Math.abs(expected));

describe("tanh()", () => {
  it("is right to a few units in the last place, near 0 and far from it", () => {
    for (const [x, y, dx] of KNOWN) {
      near(tanh(f64(x)).data[0], y);
      near(tanhDx(f64(x), f64(1)).data[0], dx);
      near(tanhDx(f64(x), f64(-3)).data[0], -3 * dx);
    }
  });

  it("computes float32 in float64, and rounds once", () => {
    for (const [x] of KNOWN) {
      const [a, b] = [tensor([x]), f64(Math.fround(x))];
      assertEquals(tanh(a).data[0], Math.fround(tanh(b).data[0]));
      const dx = tanhDx(b, f64(1)).data[0];
      assertEquals(tanhDx(a, tensor([1])).data[0], Math.fround(dx));
    }
  });

  it("is odd, down to the zeros, and its derivative is even", () => {
    for (const [x] of KNOWN) {
      assertEquals(tanh(f64(-x)).data[0], -tanh(f64(x)).data[0]);
      assertEquals(tanhDx(f64(-x), f64(1)), tanhDx(f64(x), f64(1)));
    }
    assertEquals(tanh(tensor([0, -0])).data, new Float32Array([0, -0]));
  });

  it("keeps the gradient where the cosine's square overflows", () => {
    const dx = tanhDx(f64(400), f64(1e300)).data[0];
    near(dx, 1.467149833671075e-47);
  });

  it("passes NaN on, and has a place for infinities", () => {
    assertEquals(
      tanh(tensor([NaN, Infinity, -Infinity])),
      tensor([NaN, 1, -1]),
    );
    assertEquals(
      tanhD(tensor([NaN, Infinity, 0, 0]), tensor([0, 1, NaN, Infinity])).x,
      tensor([NaN, 0, NaN, Infinity]),
    );
  });
});

describeProof("ops/activations/tanh.ts", source, op, goldens);
