// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { gelu, geluD, geluDx } from "./gelu.ts";
import * as op from "./gelu.ts";
import source from "./gelu.ts" with { type: "text" };
import goldens from "../goldens/gelu.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

/** x, gelu at x and its derivative there, rounded from 60 digits by mpmath. */
const KNOWN = [
  [0, 0, 0.5],
  [1e-7, 5.00000039894228e-8, 0.5000000797884561],
  [-1e-7, -4.9999996010577195e-8, 0.49999992021154394],
  [0.3, 0.1853734266566858, 0.7323277668271099],
  [-0.3, -0.1146265733433142, 0.26767223317289013],
  [-0.6, -0.16455187065004415, 0.07431835601499381],
  [0.7, 0.5306254434438489, 0.9766141011336599],
  [1, 0.8413447460685429, 1.0833154705876864],
  [-1, -0.15865525393145705, -0.0833154705876863],
  [3, 2.99595030590511, 1.011945647204184],
  [-3, -0.0040496940948902835, -0.011945647204183927],
  [-5.3, -3.068771041181235e-7, -1.6229137444598225e-6],
  [-5.7, -3.414511698606211e-8, -1.943050690037012e-7],
  [9, 9, 1],
  [-9, -1.0157295653584566e-18, -9.138937373906639e-18],
  [-20, -5.507248237212468e-88, -1.1014360483133464e-86],
  [-37.5, -1.7270073785932332e-306, -6.476271143055812e-305],
  [-38, -1.096462777e-314, -4.1665545693e-313],
  [-38.3, -1.17355e-319, -4.49466e-318],
  [-40, -0, -0],
  [1e4, 10000, 1],
  [-1e4, -0, -0],
] as const;

const f64 = (...values: number[]) => tensor(values, { dtype: "float64" });

/** A few units in the last place. */
const near = (actual: number, expected: number) =>
  assertAlmostEquals(actual, expected, 2 ** -50 * Math.abs(expected) + 1e-323);

describe("gelu()", () => {
  it("is right to a few units in the last place, near 0 and far from it", () => {
    for (const [x, y, dx] of KNOWN) {
      near(gelu(f64(x)).data[0], y);
      near(geluDx(f64(x), f64(1)).data[0], dx);
      near(geluDx(f64(x), f64(-3)).data[0], -3 * dx);
    }
  });

  it("has a derivative that crosses 0 at the minimum, and no digit sooner", () => {
    const [x] = geluDx(f64(-0.7517915246935645), f64(1)).data;
    assertAlmostEquals(x, 0, 2 ** -53);
    assertAlmostEquals(
      geluDx(f64(-0.75), f64(1)).data[0],
      0.0007742782607648957,
      2 ** -54,
    );
  });

  it("computes float32 in float64, and rounds once", () => {
    for (const [x] of KNOWN) {
      const [a, b] = [tensor([x]), f64(Math.fround(x))];
      assertEquals(gelu(a).data[0], Math.fround(gelu(b).data[0]));
      const dx = geluDx(b, f64(1)).data[0];
      assertEquals(geluDx(a, tensor([1])).data[0], Math.fround(dx));
    }
  });

  it("passes NaN on, and keeps what is multiplied by an infinity", () => {
    assertEquals(
      gelu(tensor([NaN, Infinity, -Infinity, -0])),
      tensor([NaN, Infinity, NaN, -0]),
    );
    assertEquals(
      geluD(tensor([NaN, 0, 0]), tensor([0, NaN, Infinity])).x,
      tensor([NaN, NaN, Infinity]),
    );
  });
});

describeProof("ops/activations/gelu.ts", source, op, goldens);
