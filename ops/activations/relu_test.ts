// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { relu, reluD, reluDx } from "./relu.ts";
import * as op from "./relu.ts";
import source from "./relu.ts" with { type: "text" };
import goldens from "../goldens/relu.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

describe("relu()", () => {
  it("keeps what is above 0, bit for bit", () => {
    const x = tensor([[1e-45, 0.1, 3e38], [-1e-45, -0.1, -3e38]]);
    assertEquals(relu(x), tensor([[1e-45, 0.1, 3e38], [0, 0, 0]]));
    const dout = tensor([[-0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]);
    assertEquals(reluDx(x, dout), tensor([[-0.1, 0.2, 0.3], [0, 0, 0]]));
    assertEquals(reluD(x, dout).x, reluDx(x, dout));
  });

  it("has the gradient 0 at the kink, of either sign", () => {
    const zeros = new Float32Array([0, -0]);
    assertEquals(relu(tensor(zeros)).data, zeros);
    assertEquals(reluDx(tensor(zeros), tensor([1, 1])), tensor([0, 0]));
  });

  it("passes NaN on, and the gradient there", () => {
    assertEquals(
      relu(tensor([NaN, Infinity, -Infinity])),
      tensor([NaN, Infinity, 0]),
    );
    assertEquals(reluDx(tensor([NaN]), tensor([5])), tensor([5]));
  });

  it("lets nothing through at and below 0: no NaN, and no infinity", () => {
    for (const dout of [NaN, Infinity, -Infinity]) {
      assertEquals(
        reluDx(tensor([-1, 0, -Infinity, 2]), tensor([dout, dout, dout, dout])),
        tensor([0, 0, 0, dout]),
      );
    }
  });
});

describeProof("ops/activations/relu.ts", source, op, goldens);
