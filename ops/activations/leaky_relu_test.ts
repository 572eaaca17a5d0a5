// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { leakyRelu, leakyReluD, leakyReluDx } from "./leaky_relu.ts";
import * as op from "./leaky_relu.ts";
import source from "./leaky_relu.ts" with { type: "text" };
import goldens from "../goldens/leaky_relu.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const slope = 0.25;

describe("leakyRelu()", () => {
  it("keeps what is above 0, and multiplies the rest by the slope", () => {
    const x = tensor([[3, 0.1], [-2, -8]]);
    assertEquals(leakyRelu(x, { slope }), tensor([[3, 0.1], [-0.5, -2]]));
    const dout = tensor([[5, 6], [7, -8]]);
    const dx = tensor([[5, 6], [1.75, -2]]);
    assertEquals(leakyReluDx(x, dout, { slope }), dx);
    assertEquals(leakyReluD(x, dout, { slope }).x, dx);
  });

  it("has the slope 0.01 where none is given", () => {
    const x = tensor([-3, 3], { dtype: "float64" });
    assertEquals([...leakyRelu(x).data], [-0.03, 3]);
    assertEquals([...leakyRelu(x, { slope: undefined }).data], [-0.03, 3]);
    assertEquals([...leakyReluDx(x, x).data], [-0.03, 3]);
  });

  it("takes any slope, also one above 1, 0, or below it", () => {
    const x = tensor([-2, 2]);
    const dout = tensor([1, 1]);
    for (const slope of [2, 1, 0, -1]) {
      // Of a sum with 0, as the sign of a 0 is not what is meant.
      const y = leakyRelu(x, { slope }).data.map((value) => value + 0);
      assertEquals([...y], [-2 * slope + 0, 2]);
      assertEquals([...leakyReluDx(x, dout, { slope }).data], [slope, 1]);
    }
    for (const slope of [NaN, "1", null]) {
      assertThrows(
        // @ts-expect-error Not all of these are numbers.
        () => leakyRelu(x, { slope }),
        slope === null || typeof slope === "string" ? TypeError : RangeError,
        "Cannot compute leakyRelu as slope must be a number",
      );
    }
  });

  it("has the slope of the left side at the kink", () => {
    const zeros = new Float32Array([0, -0]);
    assertEquals(leakyRelu(tensor(zeros), { slope }).data, zeros);
    assertEquals(
      leakyReluDx(tensor(zeros), tensor([1, 1]), { slope }),
      tensor([slope, slope]),
    );
  });

  it("passes NaN and infinities on, and the slope counts there", () => {
    assertEquals(
      leakyRelu(tensor([NaN, Infinity, -Infinity]), { slope }),
      tensor([NaN, Infinity, -Infinity]),
    );
    assertEquals(
      leakyReluDx(
        tensor([NaN, -1, -1, 1]),
        tensor([4, NaN, Infinity, -Infinity]),
        { slope },
      ),
      tensor([1, NaN, Infinity, -Infinity]),
    );
    const zero = { slope: 0 };
    assertEquals(leakyRelu(tensor([-Infinity]), zero), tensor([NaN]));
    assertEquals(leakyReluDx(tensor([NaN]), tensor([1]), zero), tensor([0]));
  });
});

describeProof("ops/activations/leaky_relu.ts", source, op, goldens);
