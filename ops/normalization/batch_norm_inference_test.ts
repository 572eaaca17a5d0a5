// Copyright 2026 the Adjoint authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../tensor.ts";
import { batchNormInference } from "./batch_norm_inference.ts";
import * as op from "./batch_norm_inference.ts";
import source from "./batch_norm_inference.ts" with { type: "text" };
import goldens from "../goldens/batch_norm_inference.json" with {
  type: "json",
};
import { describeProof } from "../proof/describe_proof.ts";

describe("batchNormInference()", () => {
  it("TODO: keeps what the page promises in words", () => {
    assertEquals(batchNormInference(tensor([0])), tensor([0]));
  });
});

describeProof("ops/normalization/batch_norm_inference.ts", source, op, goldens);
