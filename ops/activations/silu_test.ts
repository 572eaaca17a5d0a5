// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { silu, siluD, siluDx } from "./silu.ts";
import * as op from "./silu.ts";
import source from "./silu.ts" with { type: "text" };
import goldens from "../goldens/silu.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

/** x, silu at x and its derivative there, rounded from 60 digits by mpmath. */
const KNOWN = [
  [0, 0, 0.5],
  [1e-7, 5.00000025e-8, 0.50000005],
  [-1e-7, -4.9999997499999995e-8, 0.49999995],
  [0.3, 0.17233275504349768, 0.6477800103188828],
  [-0.3, -0.1276672449565023, 0.3522199896811173],
  [-0.6, -0.21260621626452272, 0.21707314950021017],
  [0.7, 0.46773144051771626, 0.8233867834733424],
  [1, 0.7310585786300049, 0.9276705118714867],
  [-1, -0.2689414213699951, 0.07232948812851327],
  [3, 2.8577223804672998, 1.0881041060151697],
  [-3, -0.14227761953270035, -0.08810410601516962],
  [-5.3, -0.026324048745301892, -0.021226500766500588],
  [9, 8.998889448816124, 1.0009870195718975],
  [-9, -0.0011105511838760856, -0.0009870195718974083],
  [-20, -4.122307236380407e-8, -3.9161918660646786e-8],
  [40, 40, 1.0000000000000002],
  [-300, -1.5444600667236042e-128, -1.5393118665011922e-128],
  [-740, -3.09967e-319, -3.09547e-319],
  [-745, -2.105e-321, -2.1e-321],
  [1e4, 10000, 1],
  [-1e4, -0, -0],
] as const;

const f64 = (...values: number[]) => tensor(values, { dtype: "float64" });

/** A few units in the last place. */
const near = (actual: number, expected: number) =>
  assertAlmostEquals(actual, expected, 2 ** -50 * Math.abs(expected) + 1e-323);

describe("silu()", () => {
  it("is right to a few units in the last place, near 0 and far from it", () => {
    for (const [x, y, dx] of KNOWN) {
      near(silu(f64(x)).data[0], y);
      near(siluDx(f64(x), f64(1)).data[0], dx);
      near(siluDx(f64(x), f64(-3)).data[0], -3 * dx);
    }
  });

  it("has a derivative that crosses 0 at the minimum, and no digit sooner", () => {
    const [x] = siluDx(f64(-1.2784645427610738), f64(1)).data;
    assertAlmostEquals(x, 0, 2 ** -53);
    assertAlmostEquals(
      siluDx(f64(-1.278), f64(1)).data[0],
      0.00010121449986772214,
      2 ** -54,
    );
  });

  it("computes float32 in float64, and rounds once", () => {
    for (const [x] of KNOWN) {
      const [a, b] = [tensor([x]), f64(Math.fround(x))];
      assertEquals(silu(a).data[0], Math.fround(silu(b).data[0]));
      const dx = siluDx(b, f64(1)).data[0];
      assertEquals(siluDx(a, tensor([1])).data[0], Math.fround(dx));
    }
  });

  it("passes NaN on, and keeps what is multiplied by an infinity", () => {
    assertEquals(
      silu(tensor([NaN, Infinity, -Infinity, -0])),
      tensor([NaN, Infinity, NaN, -0]),
    );
    assertEquals(
      siluD(tensor([NaN, 0, 0]), tensor([0, NaN, Infinity])).x,
      tensor([NaN, NaN, Infinity]),
    );
  });
});

describeProof("ops/activations/silu.ts", source, op, goldens);
