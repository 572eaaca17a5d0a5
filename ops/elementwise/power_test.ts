// Copyright 2026 the Adjoint authors. MIT license.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Signature, withoutKernels } from "../core/op.ts";
import { type Tensor, tensor } from "../tensor.ts";
import { power, powerD, powerDx } from "./power.ts";
import * as op from "./power.ts";
import source from "./power.ts" with { type: "text" };
import goldens from "../goldens/power.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const f64 = (...values: number[]) => tensor(values, { dtype: "float64" });

describe("power()", () => {
  it("squares where no exponent is given", () => {
    assertEquals(power(f64(-3, 0.5)), f64(9, 0.25));
    assertEquals(powerDx(f64(-3, 0.5), f64(1, 2)), f64(-6, 2));
  });

  it("has whole powers of numbers below 0, and no others", () => {
    const x = f64(-2, -2, 2);
    assertEquals(power(x, { exponent: 3 }), f64(-8, -8, 8));
    assertEquals(power(x, { exponent: -1 }), f64(-0.5, -0.5, 0.5));
    assertEquals(
      power(x, { exponent: 0.5 }).data.slice(0, 2),
      f64(NaN, NaN).data,
    );
    const dx = powerDx(x, f64(1, 1, 1), { exponent: 1.5 }).data;
    assertEquals(dx.slice(0, 2), f64(NaN, NaN).data);
    assertAlmostEquals(dx[2], 2.1213203435596424, 1e-15);
  });

  it("has a gradient of 0 for the exponent 0, at 0 and NaN, too", () => {
    const x = tensor([0, -0, NaN, Infinity, -2]);
    const dout = tensor([1, Infinity, 1, 1, NaN]);
    assertEquals(power(x, { exponent: 0 }), tensor([1, 1, 1, 1, 1]));
    assertEquals(
      powerD(x, dout, { exponent: 0 }).x,
      tensor([0, 0, 0, 0, 0]),
    );
  });

  it("is vertical at 0 below the exponent 1, and flat above it", () => {
    const slope = (exponent: number) =>
      powerDx(f64(0), f64(1), { exponent }).data[0];
    assertEquals([0.5, 1, 1.5, 2, 3].map(slope), [Infinity, 1, 0, 0, 0]);
    assertEquals([-1, -0.5].map(slope), [-Infinity, -Infinity]);
  });

  it("has the bits of its loop where it is made of products and roots", () => {
    const n = 20_000, bits = new Uint32Array(n);
    bits.forEach((_, i) => bits[i] = i * 214_699); // All sizes, both signs, NaN.
    const x = new Float32Array(bits.buffer);
    x.set([0, -0, Infinity, -Infinity, 1, -1]);
    const dy = x.map((_, i) => (i * 7919 % n - 9000) / 1024);
    const inputs = [x, dy].map((data) => ({ shape: [n], data }));
    const value = (signature: Signature, exponent: number) =>
      signature.forward<Tensor>(inputs.slice(0, 1), { exponent }).data;
    const slope = (signature: Signature, exponent: number) =>
      signature.gradient<Tensor>("x", inputs, { exponent }).data;
    const loops = withoutKernels(op.signature);
    for (const q of [-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2, 3, Infinity]) {
      assertEquals(value(op.signature, q), value(loops, q), `${q}`);
      assertEquals(slope(op.signature, q + 1), slope(loops, q + 1), `${q}`);
    }
  });
});

describeProof("ops/elementwise/power.ts", source, op, goldens);
