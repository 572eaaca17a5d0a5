// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { geluTanh, geluTanhD, geluTanhDx } from "./gelu_tanh.ts";
import * as op from "./gelu_tanh.ts";
import source from "./gelu_tanh.ts" with { type: "text" };
import goldens from "../goldens/gelu_tanh.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

/** x, geluTanh at x and its derivative there, rounded from 60 digits by mpmath. */
const KNOWN = [
  [0, 0, 0.5],
  [1e-7, 5.00000039894228e-8, 0.5000000797884561],
  [-1e-7, -4.9999996010577195e-8, 0.49999992021154394],
  [0.3, 0.18537092354275925, 0.7322954516388018],
  [-0.3, -0.11462907645724076, 0.26770454836119817],
  [-0.6, -0.16458480076918525, 0.07450846666751695],
  [0.7, 0.5305701347051167, 0.9763572186561039],
  [1, 0.8411919906082767, 1.0829640838457826],
  [-1, -0.1588080093917233, -0.08296408384578255],
  [3, 2.996362607918227, 1.0115841666309697],
  [-3, -0.003637392081773019, -0.011584166630969726],
  [-5.3, -2.7393488128634274e-8, -2.0326407046872284e-7],
  [9, 9, 1],
  [-9, -1.3364595947348725e-28, -2.515735285067425e-27],
  [-20, -3.3754509563109673e-261, -2.9424328724945027e-259],
  [40, 40, 1],
  [1e4, 10000, 1],
  [-1e4, -0, -0],
] as const;

const f64 = (...values: number[]) => tensor(values, { dtype: "float64" });

/** A few units in the last place, times the condition number. */
const near = (actual: number, expected: number, x: number) =>
  assertAlmostEquals(
    actual,
    expected,
    2 ** -50 * (1 + Math.abs(x) ** 3 / 4) * Math.abs(expected) + 1e-323,
  );

describe("geluTanh()", () => {
  it("is right to a few units in the last place, near 0 and far from it", () => {
    for (const [x, y, dx] of KNOWN) {
      near(geluTanh(f64(x)).data[0], y, x);
      near(geluTanhDx(f64(x), f64(1)).data[0], dx, x);
      near(geluTanhDx(f64(x), f64(-3)).data[0], -3 * dx, x);
    }
  });

  it("has a derivative that crosses 0 at the minimum, and no digit sooner", () => {
    const [x] = geluTanhDx(f64(-0.7524614220710163), f64(1)).data;
    assertAlmostEquals(x, 0, 2 ** -53);
    assertAlmostEquals(
      geluTanhDx(f64(-0.75), f64(1)).data[0],
      0.0010617438625857023,
      2 ** -54,
    );
  });

  it("computes float32 in float64, and rounds once", () => {
    for (const [x] of KNOWN) {
      const [a, b] = [tensor([x]), f64(Math.fround(x))];
      assertEquals(geluTanh(a).data[0], Math.fround(geluTanh(b).data[0]));
      const dx = geluTanhDx(b, f64(1)).data[0];
      assertEquals(geluTanhDx(a, tensor([1])).data[0], Math.fround(dx));
    }
  });

  it("passes NaN on, and keeps what is multiplied by an infinity", () => {
    assertEquals(
      geluTanh(tensor([NaN, Infinity, -Infinity, -0])),
      tensor([NaN, Infinity, NaN, -0]),
    );
    assertEquals(
      geluTanhD(tensor([NaN, 0, 0]), tensor([0, NaN, Infinity])).x,
      tensor([NaN, NaN, Infinity]),
    );
  });
});

describe("geluTanhDx()", () => {
  it("has a number where the square of x overflows", () => {
    assertEquals(
      geluTanhDx(f64(1e155, -1e155, 1e308), f64(1, 1, 1)),
      f64(1, 0, 1),
    );
  });
});

describeProof("ops/activations/gelu_tanh.ts", source, op, goldens);
