// Copyright 2026 the Adjoint authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { addBias, addBiasDx, addBiasDy } from "./add_bias.ts";
import { ones, reshape, tensor, zeros } from "../tensor.ts";
import * as op from "./add_bias.ts";
import source from "./add_bias.ts" with { type: "text" };
import goldens from "../goldens/add_bias.json" with { type: "json" };
import { describeProof } from "../core/testing/describe_proof.ts";

const x = tensor([[[1, 2], [3, 4], [5, 6]], [[-1, -2], [-3, -4], [-5, -6]]]);
const y = tensor([10, 20, 30]);
const dout = tensor([[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]]);

describe("addBias()", () => {
  it("adds one number to each channel", () => {
    assertEquals(
      addBias(x, y),
      tensor([[[11, 12], [23, 24], [35, 36]], [[9, 8], [17, 16], [25, 24]]]),
    );
  });

  it("adds the bias of a batch of vectors, and of one of images", () => {
    const vectors = tensor([[1, 2, 3], [4, 5, 6]]);
    assertEquals(addBias(vectors, y), tensor([[11, 22, 33], [14, 25, 36]]));
    const images = reshape(x, [2, 3, 1, 2]);
    assertEquals(addBias(images, y), reshape(addBias(x, y), [2, 3, 1, 2]));
  });

  it("needs an axis of channels", () => {
    assertThrows(
      // @ts-expect-error A vector has no axis 1.
      () => addBias(y, y),
      TypeError,
      "Cannot compute addBias as x must have rank 2 or more, as n m p…: x is [3]",
    );
  });
});

describe("addBiasDx()", () => {
  it("is dout", () => {
    assertEquals(addBiasDx(x, y, dout), dout);
  });
});

describe("addBiasDy()", () => {
  it("sums dout over the batch and the last axis", () => {
    assertEquals(addBiasDy(x, y, dout), tensor([18, 26, 34]));
  });
});

describe("the edge cases of add bias", () => {
  it("Empty dimensions: an empty sum, and zeros for its bias", () => {
    for (const shape of [[0, 3, 2], [2, 3, 0], [0, 3, 0]] as const) {
      const empty = zeros(shape);
      assertEquals(addBias(empty, y), empty);
      assertEquals(addBiasDx(empty, y, empty), empty);
      assertEquals(addBiasDy(empty, y, empty), zeros([3]));
    }
    const empty = zeros([2, 0, 2]);
    assertEquals(addBias(empty, zeros([0])), empty);
    assertEquals(addBiasDx(empty, zeros([0]), empty), empty);
    assertEquals(addBiasDy(empty, zeros([0]), empty), zeros([0]));
  });

  it("NaN and infinity: a NaN in dout stays in its channel", () => {
    const poisoned = tensor([[[1, NaN], [3, Infinity], [5, 6]]]);
    const input = ones([1, 3, 2]);
    assertEquals(addBiasDx(input, y, poisoned), poisoned);
    assertEquals(addBiasDy(input, y, poisoned), tensor([NaN, Infinity, 11]));
    assertEquals(
      addBias(poisoned, tensor([0, -Infinity, NaN])),
      tensor([[[1, NaN], [-Infinity, NaN], [NaN, NaN]]]),
    );
  });

  it("Aliasing: x, y and dout may share memory, the results share none", () => {
    const data = Float32Array.from({ length: 12 }, (_, i) => i);
    const a = tensor(data, [2, 3, 2]);
    const b = tensor(data.subarray(4, 7));
    const z = addBias(a, b);
    assertEquals([...z.data], [4, 5, 7, 8, 10, 11, 10, 11, 13, 14, 16, 17]);
    const dx = addBiasDx(a, b, a);
    assertEquals(dx, a);
    assert(dx.data.buffer !== data.buffer);
    assertEquals(addBiasDy(a, b, a), tensor([14, 22, 30]));
    assertEquals([...data], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it("Ties and kinks: there are none, as the gradients need no x and no y", () => {
    const other = [zeros([2, 3, 2]), zeros([3])] as const;
    assertEquals(addBiasDx(...other, dout), addBiasDx(x, y, dout));
    assertEquals(addBiasDy(...other, dout), addBiasDy(x, y, dout));
  });

  it("Sums run in float64 and are rounded once", () => {
    const tiny = 2 ** -24; // Lost where it is added to a float32 of 1.
    const terms = tensor([[[1, tiny, tiny]]]);
    const dy = addBiasDy(ones([1, 1, 3]), ones([1]), terms);
    assertEquals(dy.data[0], 1 + 2 * tiny);
    const bigs = tensor([[[3e38, 3e38, -3e38]]]);
    assertEquals(addBiasDy(bigs, ones([1]), bigs), tensor([3e38]));
  });
});

describeProof("ops/arithmetic/add_bias.ts", source, op, goldens);
